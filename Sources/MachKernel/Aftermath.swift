// What a kernel operation leaves to be done once its last lock is released.

import CMach

/// Threads to wake and notifications to send: neither happens under a lock. Move-only; `finish` does it all.
struct Aftermath: ~Copyable {
  private var first: Waiter?
  private var last: Waiter?
  private var notifications = MessageList()
  /// A guard that was not respected, to be reported last.
  var violation: GuardViolation?

  @inline(__always)
  init() {}

  /// The outcome of a waiter's call is decided and in its record.
  @inline(__always)
  mutating func wake(_ waiter: Waiter) {
    waiter.record.pointee.next = nil
    if let last { last.record.pointee.next = waiter } else { first = waiter }
    last = waiter
  }

  /// Unlinks all waiters of a queue and gives each the same outcome.
  mutating func wakeAll(of queue: inout WaitQueue, outcome: mach_msg_return_t) {
    while let waiter = queue.popFirst() {
      waiter.record.pointee.outcome = outcome
      wake(waiter)
    }
  }

  /// Sends a filled-in notification, after those that came before it.
  mutating func post(_ notification: Message) { notifications.append(notification) }

  /// Does what there is to be done so far: before what comes next.
  mutating func flush() {
    var done = Aftermath()
    swap(&self, &done)
    done.finish()
  }

  @inline(__always)
  consuming func finish() {
    var waiter = first
    while let current = waiter {
      waiter = current.record.pointee.next
      current.finish()
    }
    if !notifications.isEmpty { Aftermath.send(&notifications) }
    if let violation { violation.raise() }
  }

  @inline(never)
  private static func send(_ notifications: inout MessageList) {
    while let message = notifications.first {
      notifications.removeFirst()
      Notification.post(message)
    }
  }
}

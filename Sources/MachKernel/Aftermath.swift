// What a kernel operation leaves to be done once its last lock is released.

import CMach

/// Threads to wake, notifications to send, kernel ports to end: none of it happens under a lock. Move-only; `finish` does
/// it all.
struct Aftermath: ~Copyable {
  private var first: Waiter?
  private var last: Waiter?
  private var notifications = MessageList()
  /// Kernel ports that have lost their last send right, chained by their contexts.
  private var ending: Port?
  /// A guard that was not respected, to be reported last.
  private var violation: GuardViolation?
  /// There is more than threads to wake.
  private var hasMore = false

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
  mutating func post(_ notification: Message) {
    notifications.append(notification)
    hasMore = true
  }

  mutating func report(_ violation: GuardViolation) {
    self.violation = violation
    hasMore = true
  }

  /// Ends a kernel port that no one can name any more; the kernel's own reference holds it until then.
  mutating func end(_ port: borrowing LockedPort) {
    port.body.context = mach_port_context_t(UInt(bitPattern: ending?.object))
    ending = port.port
    hasMore = true
  }

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
    if hasMore {
      Aftermath.send(&notifications)
      if let ending { Aftermath.endPorts(ending) }
      if let violation { violation.raise() }
    }
  }

  @inline(never)
  private static func endPorts(_ first: Port) {
    var ending: Port? = first
    while let port = ending {
      let locked = port.locked()
      ending = UnsafeMutableRawPointer(bitPattern: UInt(locked.body.context)).map { Port($0) }
      if locked.body.kernelObjectType == KernelObjectType.bootstrapServer {
        locked.unlock()
        Bootstrap.noteNoSenders(of: port)
        port.locked().destroyKernelPort()
      } else {
        locked.destroyKernelPort()
      }
    }
  }

  @inline(never)
  private static func send(_ notifications: inout MessageList) {
    while let message = notifications.first {
      notifications.removeFirst()
      Notification.post(message)
    }
  }
}

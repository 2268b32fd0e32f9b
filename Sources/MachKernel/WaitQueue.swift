// Blocking: the record of a blocked call, queues of such records, and how they are woken.

import CLinux
import CMach
import Synchronization

/// What a thread blocks on.
enum WaitPlace {
  case nowhere
  /// A receive on a port, or a send to one.
  case port(Port)
  case set(PortSet)
  /// A semaphore, by its port.
  case semaphore(Port)
}

/// The word that a blocked thread sleeps on; it lies behind the thread's record.
struct WaitState: ~Copyable {
  static let idle: UInt32 = 0
  static let waiting: UInt32 = 1
  /// As waiting, and the thread sleeps on the word or is about to.
  static let sleeping: UInt32 = 2
  static let finished: UInt32 = 3

  let word = Atomic<UInt32>(idle)
  /// The thread's task has ended: 1, and no wait of the thread goes on.
  let isInterrupted = Atomic<UInt32>(0)
}

/// A blocked send or receive, or a wait on a semaphore, kept in the thread's own memory.
///
/// The lock of the place guards all of it while the record is linked. Whoever unlinks it, under that lock, fills in
/// the outcome and later calls `finish`; from then on the record belongs to its thread again.
struct WaitRecord {
  var next: Waiter?
  var previous: Waiter?
  var isLinked = false
  var isSend = false
  /// A counted reference to the port or set, or to the port of the semaphore.
  var place = WaitPlace.nowhere

  /// In: what a receiver asked for.
  var option: mach_msg_option_t = 0
  var limit: mach_msg_size_t = 0
  /// In: the message of a blocked sender, until someone queues it. Out: the message that a receiver got.
  var message: Message?
  /// Out: how the wait ended.
  var outcome: mach_msg_return_t = 0
  /// Out: the wait on a semaphore took a count, which the thread gives back if it has left the call.
  var tookCount = false
  /// Out, to a receiver: see `Reception`.
  var sequenceNumber: mach_port_seqno_t = 0
  var context: mach_port_context_t = 0
  var portName: mach_port_name_t = 0
  var neededSize: mach_msg_size_t = 0
  /// Out: the CPU of the thread that ended the wait.
  var cpu: Int32 = 0
}

/// Names the wait state and record of a thread; owns nothing.
@safe struct Waiter: Equatable {
  let record: UnsafeMutablePointer<WaitRecord>

  @inline(__always)
  fileprivate var state: UnsafeMutablePointer<WaitState> { KernelMemory.part(WaitState.self, behind: record) }

  /// Whether it pays to watch the word for a while before the next sleep; only the thread itself knows.
  @inline(__always)
  private var patience: UnsafeMutablePointer<Patience> { KernelMemory.part(Patience.self, behind: state) }

  /// Bytes of a waiter in all its parts.
  static var size: Int {
    MemoryLayout<WaitRecord>.stride + MemoryLayout<WaitState>.stride + MemoryLayout<Patience>.stride
  }

  @inline(__always)
  static func == (one: Waiter, other: Waiter) -> Bool { one.record == other.record }

  func initialize() {
    patience.initialize(to: Patience())
    state.initialize(to: WaitState())
    record.initialize(to: WaitRecord())
  }

  /// The outcome is in the record: gives it back to its thread and wakes that. No lock is held.
  @inline(__always)
  func finish() {
    clinux_may_step()
    record.pointee.cpu = clinux_cpu()
    // After the exchange the thread may be gone; only the address of the word is used, and a stray wake is harmless.
    let word = UnsafeRawPointer(state)
    if state.pointee.word.exchange(WaitState.finished, ordering: .releasing) == WaitState.sleeping {
      clinux_futex_wake(word, 1)
    }
  }

  /// Sleeps until `finish`, the deadline (nanoseconds of CLOCK_MONOTONIC), if asked for a signal, and unless not
  /// breakable `interrupt`. Returns 0, ETIMEDOUT, EINTR or ECANCELED; ECHILD in a child that a handler has forked and
  /// then returned, where nothing is left of the wait.
  func sleep(until deadline: UInt64, interruptible: Bool, isBreakable: Bool = true) -> Int32 {
    let word = UnsafeRawPointer(state)
    let cpu = clinux_cpu()
    if !interruptible, patience.pointee.isWorthwhile, spin() {
      patience.pointee.wasRewarded(byOther: record.pointee.cpu != cpu)
      return 0
    }
    let error = sleepOnWord(word, until: deadline, interruptible: interruptible, isBreakable: isBreakable)
    if error == 0 { patience.pointee.slept(wokenByOther: record.pointee.cpu != cpu) }
    return error
  }

  /// Watches the word for as long as patience lasts; whether the wait has ended.
  private func spin() -> Bool {
    let start = clinux_now()
    let end = start + patience.pointee.allowance(at: start)
    var now = start
    while now < end {
      for _ in 0..<Patience.looks {
        if state.pointee.word.load(ordering: .acquiring) == WaitState.finished { return true }
        clinux_pause()
      }
      now = clinux_now()
    }
    if now > start { patience.pointee.wasDisappointed(after: now - start) }
    return false
  }

  private func sleepOnWord(
    _ word: UnsafeRawPointer, until deadline: UInt64, interruptible: Bool, isBreakable: Bool
  ) -> Int32 {
    // With a far deadline the kernel reports every handled signal; with none it hides those of SA_RESTART handlers.
    let limit = deadline == .max && interruptible ? UInt64(Int64.max) : deadline
    while true {
      clinux_may_step()
      let (exchanged, seen) = state.pointee.word.compareExchange(
        expected: WaitState.waiting, desired: WaitState.sleeping, ordering: .sequentiallyConsistent)
      if !exchanged, seen != WaitState.sleeping { return seen == WaitState.finished ? 0 : ECHILD }
      if state.pointee.isInterrupted.load(ordering: .sequentiallyConsistent) != 0, isBreakable { return ECANCELED }
      let error = clinux_futex_wait(word, WaitState.sleeping, limit)
      let after = state.pointee.word.load(ordering: .acquiring)
      if after == WaitState.finished { return 0 }
      if after == WaitState.idle { return ECHILD }
      if error == ETIMEDOUT, limit == deadline { return error }
      if error == EINTR, interruptible { return error }
    }
  }
}

extension Waiter {
  /// Ends the thread's wait, and all that it may begin, until `clearInterrupt`. Called by other threads.
  func interrupt() {
    clinux_may_step()
    // This store and the look at the word, and the sleeper's store of the word and look at this, are in one order.
    state.pointee.isInterrupted.store(1, ordering: .sequentiallyConsistent)
    clinux_may_step()
    // A thread that has looked already does not fall asleep on another value, and goes round again.
    _ = state.pointee.word.compareExchange(
      expected: WaitState.sleeping, desired: WaitState.waiting, ordering: .sequentiallyConsistent)
    clinux_futex_wake(UnsafeRawPointer(state), 1)
  }

  func clearInterrupt() { state.pointee.isInterrupted.store(0, ordering: .relaxed) }
}

/// Blocked threads, first come first served. The lock of the port or set that it is part of guards it.
struct WaitQueue {
  /// Its previous is the last one: the queue is a ring.
  private(set) var first: Waiter?

  @inline(__always)
  var isEmpty: Bool { first == nil }

  mutating func append(_ waiter: Waiter) {
    let record = waiter.record
    if let first, let last = first.record.pointee.previous {
      record.pointee.previous = last
      record.pointee.next = first
      last.record.pointee.next = waiter
      first.record.pointee.previous = waiter
    } else {
      record.pointee.previous = waiter
      record.pointee.next = waiter
      first = waiter
    }
    record.pointee.isLinked = true
  }

  mutating func remove(_ waiter: Waiter) {
    let record = waiter.record
    guard let next = record.pointee.next, let previous = record.pointee.previous else { return }
    if next == waiter {
      first = nil
    } else {
      previous.record.pointee.next = next
      next.record.pointee.previous = previous
      if first == waiter { first = next }
    }
    record.pointee.next = nil
    record.pointee.previous = nil
    record.pointee.isLinked = false
  }

  @inline(__always)
  mutating func popFirst() -> Waiter? {
    guard let waiter = first else { return nil }
    remove(waiter)
    return waiter
  }

  mutating func popLast() -> Waiter? {
    guard let waiter = first?.record.pointee.previous else { return nil }
    remove(waiter)
    return waiter
  }

  func contains(_ waiter: Waiter) -> Bool {
    var next = first
    while let current = next {
      if current == waiter { return true }
      next = current.record.pointee.next
      if next == first { return false }
    }
    return false
  }
}

extension Waiter {
  /// Cleans up after a blocked call that its thread left by a jump, cancellation or exit: a message that had been
  /// handed to the receive goes back to the head of its queue, one that was still to be sent is destroyed, and a count
  /// of a semaphore is given back.
  @inline(__always)
  func abandon() {
    if state.pointee.word.load(ordering: .relaxed) != WaitState.idle { abandonSlowly() }
  }

  @inline(never)
  private func abandonSlowly() {
    if !withdraw(), record.pointee.tookCount, case .semaphore(let port) = record.pointee.place {
      port.semaphore.giveBack()
    }
    guard let message = release() else { return }
    if record.pointee.isSend {
      message.destroy()
    } else {
      message.putBack(sequenceNumber: record.pointee.sequenceNumber)
    }
  }

  /// Prepares the record to be linked under the place's lock. The record keeps the reference to the place.
  @inline(__always)
  func begin(at place: WaitPlace, isSend: Bool, message: Message?) {
    record.pointee.place = place
    record.pointee.isSend = isSend
    record.pointee.message = message
    record.pointee.tookCount = false
    state.pointee.word.store(WaitState.waiting, ordering: .relaxed)
  }
}

extension Waiter {
  /// Takes the record out of its queue. Returns false when someone else has done so already; then the outcome is in
  /// the record when this returns.
  @discardableResult
  func withdraw() -> Bool {
    if isFinished { return false }
    let wasLinked: Bool
    switch record.pointee.place {
    case .port(let port):
      let locked = port.locked()
      wasLinked = record.pointee.isLinked
      if wasLinked {
        if record.pointee.isSend {
          locked.body.queue.senders.remove(self)
        } else {
          locked.body.queue.receivers.remove(self)
        }
      }
    case .set(let set):
      let locked = set.locked()
      wasLinked = record.pointee.isLinked
      if wasLinked { locked.body.receivers.remove(self) }
    case .semaphore(let port):
      wasLinked = port.semaphore.withdraw(self)
    case .nowhere:
      wasLinked = true
    }
    return wasLinked || sleep(until: .max, interruptible: false, isBreakable: false) != 0
  }

  @inline(__always)
  private var isFinished: Bool { state.pointee.word.load(ordering: .acquiring) == WaitState.finished }

  /// Makes the record idle again, gives back the reference to the place, and returns the message that is left in it.
  @discardableResult
  func release() -> Message? {
    switch record.pointee.place {
    case .port(let port): port.release()
    case .set(let set): set.release()
    case .semaphore(let port): port.release()
    case .nowhere: break
    }
    record.pointee.place = .nowhere
    let message = record.pointee.message
    record.pointee.message = nil
    state.pointee.word.store(WaitState.idle, ordering: .relaxed)
    return message
  }
}

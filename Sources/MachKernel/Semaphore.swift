// Semaphores: the word that holds all of one's state, and the lock of its waiters, which is a bit of that word.
// docs/architecture.md has the protocol as a whole.

import CLinux
import CMach
import Synchronization

/// The state of a semaphore (historic: `semaphore_t`). The lower half is flags and the life, the upper half the count.
///
/// A signal is one exchange of this word, whoever holds the lock: so a signal handler may make it. A count that comes
/// while threads wait belongs to the first of them, and whoever holds the lock hands it over before giving the lock
/// back: no one gives it back while there is a count and a waiter.
@usableFromInline struct SemaphoreState: ~Copyable {
  /// The lock of the queue is held.
  static let held: UInt64 = 1 << 0
  /// Someone perhaps sleeps until the lock is free.
  static let awaited: UInt64 = 1 << 1
  /// Threads wait: a count is not for whoever comes next. Set and cleared when the lock is given back.
  static let queued: UInt64 = 1 << 2
  /// The semaphore has not been destroyed.
  static let active: UInt64 = 1 << 3
  /// The thread that came last goes first.
  static let lastFirst: UInt64 = 1 << 4
  /// Counts the semaphores that have had this memory.
  static let life: UInt64 = 1 << 5
  static let lifeMask: UInt64 = 0xffff_ffe0
  static let one: UInt64 = 1 << 32
  static let maximumCount = UInt64(Int32.max)

  let word = Atomic<UInt64>(0)
}

/// A semaphore's place in the table and in the list of its owner's; the table's lock guards it.
struct SemaphoreLinks {
  let index: UInt32
  /// Free: the next free one.
  var next: Semaphore?
  var previous: Semaphore?
  /// The task that may destroy it, and whose end does; nil once that has happened.
  var owner: Task?
}

/// Names a semaphore; owns nothing. Its memory is never used for anything but semaphores, so that any thread may look
/// at and lock one that has just ended, or has begun a new life.
@safe @frozen @usableFromInline struct Semaphore: Equatable {
  @usableFromInline let state: UnsafeMutablePointer<SemaphoreState>

  /// Threads that wait; the lock in the word guards it.
  @inline(__always)
  fileprivate var queue: UnsafeMutablePointer<WaitQueue> { KernelMemory.part(WaitQueue.self, behind: state) }
  var links: UnsafeMutablePointer<SemaphoreLinks> { KernelMemory.part(SemaphoreLinks.self, behind: queue) }

  /// Bytes of a semaphore in all its parts.
  static var size: Int {
    MemoryLayout<SemaphoreState>.stride + MemoryLayout<WaitQueue>.stride + MemoryLayout<SemaphoreLinks>.stride
  }

  init(_ memory: UnsafeMutableRawPointer) { state = memory.assumingMemoryBound(to: SemaphoreState.self) }

  @inline(__always) @usableFromInline
  static func == (one: Semaphore, other: Semaphore) -> Bool { one.state == other.state }

  func initialize(index: UInt32) {
    state.initialize(to: SemaphoreState())
    queue.initialize(to: WaitQueue())
    links.initialize(to: SemaphoreLinks(index: index))
  }

  /// What it is at this moment.
  @inline(__always)
  var word: UInt64 { state.pointee.word.load(ordering: .acquiring) }

  @inline(__always)
  fileprivate func exchange(_ old: inout UInt64, _ new: UInt64) -> Bool {
    let isExchanged: Bool
    (isExchanged, old) = state.pointee.word.weakCompareExchange(
      expected: old, desired: new, successOrdering: .acquiringAndReleasing, failureOrdering: .acquiring)
    return isExchanged
  }

  // MARK: Life

  /// Begins a life: no one has waited or will wait on the last one. Whoever has found that one may still hold the lock.
  func begin(count: UInt32, lastFirst: Bool) {
    let fresh =
      SemaphoreState.active | (lastFirst ? SemaphoreState.lastFirst : 0) | UInt64(count) * SemaphoreState.one
    var old = word
    while !exchange(&old, old | fresh) {}
  }

  /// Ends a life: what was found of it before is found no more.
  func end() {
    let kept = SemaphoreState.held | SemaphoreState.awaited | SemaphoreState.queued
    var old = word
    while !exchange(
      &old, old & kept | ((old & SemaphoreState.lifeMask) &+ SemaphoreState.life) & SemaphoreState.lifeMask)
    {}
  }
}

// MARK: - The lock

/// A semaphore whose queue is locked. Nothing else is locked, allocated or woken meanwhile.
@frozen @usableFromInline struct LockedSemaphore: ~Copyable {
  @usableFromInline let semaphore: Semaphore

  /// Waits for the lock. Not in a signal handler: the thread that it has interrupted may hold it.
  init(_ semaphore: Semaphore) {
    self.semaphore = semaphore
    clinux_may_step()
    let old = semaphore.state.pointee.word.bitwiseOr(SemaphoreState.held, ordering: .acquiring).oldValue
    if old & SemaphoreState.held != 0 { LockedSemaphore.waitForLock(of: semaphore) }
  }

  /// The lock was taken in the same step as something else.
  fileprivate init(adopting semaphore: Semaphore) { self.semaphore = semaphore }

  deinit {
    var aftermath = Aftermath()
    semaphore.unlock(&aftermath)
    aftermath.finish()
  }

  /// Gives the lock back; who is to be woken is in the aftermath.
  consuming func unlock(_ aftermath: inout Aftermath) {
    let semaphore = semaphore
    discard self
    semaphore.unlock(&aftermath)
  }

  @inline(never)
  private static func waitForLock(of semaphore: Semaphore) {
    let word = UnsafeRawPointer(semaphore.state)
    let wanted = SemaphoreState.held | SemaphoreState.awaited
    for _ in 0..<64 {
      let old = semaphore.word
      if old & SemaphoreState.held == 0,
        semaphore.state.pointee.word.bitwiseOr(SemaphoreState.held, ordering: .acquiring).oldValue
          & SemaphoreState.held == 0
      {
        return
      }
      clinux_pause()
    }
    // Whoever has waited does not know whether others do.
    while true {
      let old = semaphore.state.pointee.word.bitwiseOr(wanted, ordering: .acquiring).oldValue
      if old & SemaphoreState.held == 0 { return }
      _ = clinux_futex_wait(word, UInt32(truncatingIfNeeded: old | wanted), .max)
    }
  }

  var isActive: Bool { semaphore.word & SemaphoreState.active != 0 }

  /// Gives the counts that there are to those who wait, in their order.
  func handOver(_ aftermath: inout Aftermath) { semaphore.handOver(&aftermath) }

  /// Takes a count that no one waits for; false when there is none. One that has come since counts were handed over is
  /// for those who wait, and gets there when the lock is given back.
  func takeCount() -> Bool {
    var old = semaphore.word
    while old >= SemaphoreState.one, semaphore.queue.pointee.isEmpty {
      if semaphore.exchange(&old, old - SemaphoreState.one) { return true }
    }
    return false
  }

  func append(_ waiter: Waiter) { semaphore.queue.pointee.append(waiter) }

  /// False when the waiter is in the queue no more.
  func remove(_ waiter: Waiter) -> Bool {
    guard waiter.record.pointee.isLinked else { return false }
    semaphore.queue.pointee.remove(waiter)
    return true
  }

  /// Wakes the one whose turn it is, with success and without a count. False when no one waits.
  func wakeNext(_ aftermath: inout Aftermath) -> Bool {
    guard let waiter = semaphore.popNext() else { return false }
    semaphore.finish(waiter, KERN_SUCCESS, &aftermath)
    return true
  }

  /// The same for a certain one, whose thread may have ended.
  func wake(_ waiter: Waiter, _ aftermath: inout Aftermath) -> Bool {
    guard semaphore.queue.pointee.contains(waiter) else { return false }
    semaphore.queue.pointee.remove(waiter)
    semaphore.finish(waiter, KERN_SUCCESS, &aftermath)
    return true
  }

  /// From now on all that is done with the semaphore is TERMINATED, and so are all waits; counts that came before are
  /// still handed over.
  func terminate(_ aftermath: inout Aftermath) {
    var old = semaphore.word
    while true {
      if old >= SemaphoreState.one, !semaphore.queue.pointee.isEmpty {
        handOver(&aftermath)
        old = semaphore.word
        continue
      }
      let new = old & (SemaphoreState.one - 1) & ~SemaphoreState.active
      if semaphore.exchange(&old, new) { break }
    }
    while let waiter = semaphore.queue.pointee.popFirst() {
      semaphore.finish(waiter, KERN_TERMINATED, &aftermath)
    }
  }
}

extension Semaphore {
  func locked() -> LockedSemaphore { LockedSemaphore(self) }

  /// The one that the next count is for. The lock is held.
  fileprivate func popNext() -> Waiter? {
    word & SemaphoreState.lastFirst != 0 ? queue.pointee.popLast() : queue.pointee.popFirst()
  }

  fileprivate func finish(_ waiter: Waiter, _ outcome: kern_return_t, _ aftermath: inout Aftermath) {
    waiter.record.pointee.outcome = outcome
    aftermath.wake(waiter)
  }

  fileprivate func handOver(_ aftermath: inout Aftermath) {
    var old = word
    while old >= SemaphoreState.one, !queue.pointee.isEmpty {
      clinux_may_step()
      guard exchange(&old, old - SemaphoreState.one) else { continue }
      old -= SemaphoreState.one
      guard let waiter = popNext() else { return }
      waiter.record.pointee.tookCount = true
      finish(waiter, KERN_SUCCESS, &aftermath)
    }
  }

  /// A count that comes until the very last moment is handed over first: in the step that frees the lock there is no
  /// count or no waiter. After it the semaphore may be gone, and only the address of the word is used.
  fileprivate func unlock(_ aftermath: inout Aftermath) {
    var old: UInt64
    repeat {
      handOver(&aftermath)
      clinux_may_step()
      old = word
      if old >= SemaphoreState.one, !queue.pointee.isEmpty { continue }
      let kept = old & ~(SemaphoreState.held | SemaphoreState.awaited | SemaphoreState.queued)
      if exchange(&old, queue.pointee.isEmpty ? kept : kept | SemaphoreState.queued) { break }
    } while true
    if old & SemaphoreState.awaited != 0 { clinux_futex_wake(UnsafeRawPointer(state), 1) }
    clinux_may_step()
  }

  /// Takes a waiter out of the queue, unless a count is there for it. Returns false when it is not in the queue any
  /// more; then its outcome is in its record, or on its way.
  func withdraw(_ waiter: Waiter) -> Bool {
    var aftermath = Aftermath()
    let locked = locked()
    locked.handOver(&aftermath)
    let wasQueued = locked.remove(waiter)
    locked.unlock(&aftermath)
    aftermath.finish()
    return wasQueued
  }

  /// A thread that has left its wait took a count, which is for the next one. The thread still holds the semaphore.
  func giveBack() {
    do throws(KernelReturn) {
      try FoundSemaphore(semaphore: self, word: word).signal()
    } catch {}
  }
}

// MARK: - Without the lock

/// A semaphore and its word, as a look-up without any lock has found them at one moment.
struct FoundSemaphore {
  let semaphore: Semaphore
  let word: UInt64

  @inline(__always)
  private func isSameLife(_ word: UInt64) -> Bool { (word ^ self.word) & SemaphoreState.lifeMask == 0 }

  /// Throws TERMINATED once the semaphore has been destroyed, or has ended since it was found.
  @inline(__always)
  private func check(_ word: UInt64) throws(KernelReturn) {
    if !isSameLife(word) || word & SemaphoreState.active == 0 { throw .terminated }
  }

  /// Adds a count, which goes to the thread whose turn it is, if any waits. Takes no lock that could be another's: where
  /// the queue is locked, who holds it hands the count over. Throws TERMINATED, and FAILURE when there are too many.
  @inline(__always)
  func signal() throws(KernelReturn) {
    var old = word
    while true {
      try check(old)
      if old >> 32 >= SemaphoreState.maximumCount { throw .failure }
      clinux_may_step()
      let isQueued = old & (SemaphoreState.queued | SemaphoreState.held) == SemaphoreState.queued
      let new = (old + SemaphoreState.one) | (isQueued ? SemaphoreState.held : 0)
      if semaphore.exchange(&old, new) {
        if isQueued { handOver() }
        return
      }
    }
  }

  /// The lock was taken with the count.
  @inline(never)
  private func handOver() {
    var aftermath = Aftermath()
    LockedSemaphore(adopting: semaphore).unlock(&aftermath)
    aftermath.finish()
  }

  /// Takes a count that no one waits for. False when the queue decides. Throws TERMINATED, and TIMED_OUT when there is
  /// no count and the caller does not want to wait.
  @inline(__always)
  func take(orFail isNow: Bool) throws(KernelReturn) -> Bool {
    var old = word
    while true {
      try check(old)
      if old < SemaphoreState.one {
        if isNow { throw .timedOut }
        return false
      }
      if old & SemaphoreState.queued != 0 { return false }
      clinux_may_step()
      if semaphore.exchange(&old, old - SemaphoreState.one) { return true }
    }
  }

  /// Whether no one waits. Throws TERMINATED.
  func isWithoutWaiters() throws(KernelReturn) -> Bool {
    try check(word)
    return word & SemaphoreState.queued == 0
  }
}

extension Port {
  /// The semaphore of a port that is one's, alive or dead.
  var semaphore: Semaphore { SemaphoreTable[shared.pointee.tag] }
}

#if CHECKED
  extension Semaphore {
    var isActive: Bool { word & SemaphoreState.active != 0 }

    /// Whether the word tells of the queue, for an audit.
    var isSound: Bool {
      let hasWaiters = !queue.pointee.isEmpty
      return word & (SemaphoreState.held | SemaphoreState.awaited) == 0
        && (word & SemaphoreState.queued != 0) == hasWaiters && !(hasWaiters && word >= SemaphoreState.one)
        && !(hasWaiters && !isActive)
    }
  }
#endif

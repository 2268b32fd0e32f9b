// The kernel's one lock: a futex word without a thread id, so that a forked child can go on using or replace it.

import CLinux
import Synchronization

/// Mutual exclusion for one kernel object. Not recursive. Uncontended, neither side makes a system call.
///
/// Word: 0 free, 1 held, 2 held and perhaps waited for.
struct Lock: ~Copyable {
  private let word = Atomic<UInt32>(0)

  init() {}

  @inline(__always)
  borrowing func acquire() {
    clinux_may_step()
    if !word.weakCompareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged { acquireSlowly() }
  }

  /// Takes the lock if it is free; never waits. Used against the lock order only.
  @inline(__always)
  borrowing func tryAcquire() -> Bool {
    clinux_may_step()
    return word.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged
  }

  @inline(__always)
  borrowing func release() {
    if word.exchange(0, ordering: .releasing) == 2 { wakeOne() }
    clinux_may_step()
  }

  /// Makes the lock free whoever held it: for a forked child, where no other thread is left.
  borrowing func reset() { word.store(0, ordering: .relaxed) }

  @inline(never)
  private borrowing func acquireSlowly() {
    for _ in 0..<64 {
      if word.load(ordering: .relaxed) == 0,
        word.weakCompareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged
      {
        return
      }
      clinux_pause()
    }
    while word.exchange(2, ordering: .acquiring) != 0 {
      withAddress { _ = clinux_futex_wait($0, 2, .max) }
    }
  }

  @inline(never)
  private borrowing func wakeOne() {
    withAddress { clinux_futex_wake($0, 1) }
  }

  @inline(__always)
  private borrowing func withAddress(_ body: (UnsafeRawPointer) -> Void) {
    withUnsafePointer(to: word) { body(UnsafeRawPointer($0)) }
  }
}

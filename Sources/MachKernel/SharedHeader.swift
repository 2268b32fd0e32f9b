// What ports, sets, spaces and tasks have in common: a reference count and a lock, in one word.

import CLinux
import Synchronization

/// How a kernel object is shared between threads. It lies behind the object's body, which the lock guards.
///
/// The word: the lowest bit is set while the lock is held, the second when someone perhaps waits for it, the third once
/// the object's owner has declared it dead; the next 29 are a tag, and the upper half counts references. So giving the
/// lock back and changing the count is one step. The lower half is the futex word.
struct SharedHeader: ~Copyable {
  private let word: Atomic<UInt64>

  private static let held: UInt64 = 1
  private static let awaited: UInt64 = 2
  private static let dead: UInt64 = 4
  private static let tagShift: UInt64 = 3
  private static let reference: UInt64 = 1 << 32

  /// Free, with one reference.
  init() { word = Atomic(SharedHeader.reference) }

  // MARK: References

  var references: UInt32 { UInt32(truncatingIfNeeded: word.load(ordering: .relaxed) >> 32) }

  @inline(__always)
  borrowing func retain() { word.wrappingAdd(SharedHeader.reference, ordering: .relaxed) }

  /// Whether the caller's reference is the only one. With the lock held, and no way for others to come to one, it stays
  /// so.
  @inline(__always)
  var isOnlyReference: Bool { word.load(ordering: .acquiring) >> 32 == 1 }

  /// Makes the header of an object whose last reference has gone that of a new one, with one reference. Others may try
  /// the lock meanwhile.
  @inline(__always)
  borrowing func revive() {
    let stale = word.load(ordering: .relaxed) & SharedHeader.dead
    word.wrappingAdd(SharedHeader.reference &- stale, ordering: .relaxed)
  }

  /// Gives back one reference; true when it was the last one, and the object must be freed.
  @inline(__always)
  borrowing func releaseLast() -> Bool {
    clinux_may_step()
    return word.wrappingSubtract(SharedHeader.reference, ordering: .acquiringAndReleasing).newValue >> 32 == 0
  }

  // MARK: The tag

  /// The largest tag.
  static let maximumTag: UInt32 = 1 << 29 - 1

  /// What a look-up without the lock learns of the object: its semaphore's index, 0 for none.
  @inline(__always)
  var tag: UInt32 { UInt32(truncatingIfNeeded: word.load(ordering: .acquiring)) >> UInt32(SharedHeader.tagShift) }

  /// Gives the object its tag; it has none.
  borrowing func setTag(_ tag: UInt32) { word.bitwiseOr(UInt64(tag) << SharedHeader.tagShift, ordering: .releasing) }

  /// Takes the tag back.
  borrowing func clearTag() {
    word.bitwiseAnd(~(UInt64(SharedHeader.maximumTag) << SharedHeader.tagShift), ordering: .acquiringAndReleasing)
  }

  // MARK: The lock

  /// Takes the lock. Not recursive.
  @inline(__always)
  borrowing func lock() {
    clinux_may_step()
    if word.bitwiseOr(SharedHeader.held, ordering: .acquiring).oldValue & SharedHeader.held != 0 { lockSlowly() }
  }

  /// Takes the lock if it is free; never waits. Used against the lock order only.
  @inline(__always)
  borrowing func tryLock() -> Bool {
    clinux_may_step()
    return word.bitwiseOr(SharedHeader.held, ordering: .acquiring).oldValue & SharedHeader.held == 0
  }

  /// Gives the lock back. Once another can take it the object may be gone, and only the address of the word is used.
  /// So whoever sees before that someone waits takes the sign of it back in the same step; where it comes between, it
  /// stays, and the next one to give the lock back wakes someone in vain.
  @inline(__always)
  borrowing func unlock() {
    let isAwaited = word.load(ordering: .relaxed) & SharedHeader.awaited != 0
    let change = isAwaited ? SharedHeader.held | SharedHeader.awaited : SharedHeader.held
    if word.wrappingSubtract(change, ordering: .releasing).oldValue & SharedHeader.awaited != 0 { wakeOne() }
    clinux_may_step()
  }

  // MARK: The lock of an object from the pool, whose header stays one

  /// Gives the lock back.
  @inline(__always)
  borrowing func unlockLasting() { _ = unlockLasting(adding: 0) }

  /// Gives the lock back with one reference more.
  @inline(__always)
  borrowing func unlockRetaining() { _ = unlockLasting(adding: SharedHeader.reference) }

  /// Gives the lock back with one reference less; true when it was the last one.
  @inline(__always)
  borrowing func unlockReleasing() -> Bool { unlockLasting(adding: 0 &- SharedHeader.reference) >> 32 == 0 }

  /// Gives the lock of an object back that has just died.
  borrowing func unlockDead() { _ = unlockLasting(adding: SharedHeader.dead) }

  /// The word as it is afterwards.
  @inline(__always)
  private borrowing func unlockLasting(adding change: UInt64) -> UInt64 {
    let (old, new) = word.wrappingAdd(change &- SharedHeader.held, ordering: .acquiringAndReleasing)
    if old & SharedHeader.awaited != 0 { handOn() }
    clinux_may_step()
    return new
  }

  /// Someone waits for the lock, which was just given back. The sign that is taken back here may be a later one's: the
  /// thread that is woken sets it again, for whoever has waited does not know whether others do.
  @inline(never)
  private borrowing func handOn() {
    word.bitwiseAnd(~SharedHeader.awaited, ordering: .relaxed)
    wakeOne()
  }

  /// The object has died, and its lock is kept.
  borrowing func markDead() { word.bitwiseOr(SharedHeader.dead, ordering: .releasing) }

  /// Whether it has died, as far as can be known without the lock.
  @inline(__always)
  var isDead: Bool { word.load(ordering: .acquiring) & SharedHeader.dead != 0 }

  @inline(never)
  private borrowing func lockSlowly() {
    for _ in 0..<64 {
      if word.load(ordering: .relaxed) & SharedHeader.held == 0, tryLock() { return }
      clinux_pause()
    }
    // Whoever has waited does not know whether others do.
    while true {
      let old = word.bitwiseOr(SharedHeader.held | SharedHeader.awaited, ordering: .acquiring).oldValue
      if old & SharedHeader.held == 0 { return }
      let seen = UInt32(truncatingIfNeeded: old | SharedHeader.awaited)
      withAddress { _ = clinux_futex_wait($0, seen, .max) }
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

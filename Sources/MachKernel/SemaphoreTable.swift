// Memory of semaphores, which is found by number and never used for anything else, and the lists of those that tasks own.

import CLinux
import CMach
import Synchronization

/// All semaphores there are. A port's header holds the number of its semaphore, for look-ups without a lock. The lock
/// comes last of all but those of the semaphores.
enum SemaphoreTable {
  /// Chunk k holds 32 << k semaphores, from number (32 << k) - 32 on; number 0 is none's.
  private static let chunkCount = 24
  private static let lineSize = 64
  private static var slotSize: Int { (Semaphore.size + lineSize - 1) & ~(lineSize - 1) }

  private static let lock = Lock()
  /// Made at load; nil when there was no memory for it.
  nonisolated(unsafe) private static var chunks: UnsafeMutablePointer<Atomic<UnsafeMutableRawPointer?>>?
  nonisolated(unsafe) private static var firstFree: Semaphore?
  nonisolated(unsafe) private static var firstFresh: UInt32 = 1
  nonisolated(unsafe) private static var used = 0

  /// Called once, at load.
  static func start() {
    chunks = KernelMemory.allocateZeroed(Atomic<UnsafeMutableRawPointer?>.self, count: chunkCount)
  }

  /// In a forked child: no name of it leads to any of its parent's, so their memory is as new.
  static func restartAfterFork() {
    lock.reset()
    firstFree = nil
    firstFresh = 1
    used = 0
  }

  @inline(__always)
  private static func place(of index: UInt32) -> (chunk: Int, offset: Int) {
    let shifted = index &+ 32
    let chunk = 26 - UInt32(truncatingIfNeeded: shifted.leadingZeroBitCount)
    return (Int(chunk), Int(shifted &- (32 << chunk)))
  }

  /// The semaphore with a number that a port's header had.
  @inline(__always)
  static subscript(index: UInt32) -> Semaphore {
    let (chunk, offset) = place(of: index)
    return Semaphore(chunks.unsafelyUnwrapped[chunk].load(ordering: .acquiring).unsafelyUnwrapped + offset * slotSize)
  }

  // MARK: Coming and going

  /// A new semaphore with its port, and the one send right to that; it ends with the last. Throws RESOURCE_SHORTAGE,
  /// and INVALID_ARGUMENT when the task has ended.
  static func make(owner: Task, count: UInt32, lastFirst: Bool) throws(KernelReturn) -> SendRight {
    guard let semaphore = take() else { throw .resourceShortage }
    guard
      let port = Port.makeKernelPort(
        type: KernelObjectType.semaphore, object: UnsafeMutableRawPointer(semaphore.state))
    else {
      give(semaphore)
      throw .resourceShortage
    }
    semaphore.begin(count: count, lastFirst: lastFirst)
    port.shared.pointee.setTag(semaphore.links.pointee.index)
    let right = SendRight(making: port.locked())
    let isOwned = enroll(semaphore, owner.locked())
    if !isOwned { throw .invalidArgument }
    return right
  }

  /// The last reference to a semaphore's port is gone: no one waits, and no one finds it.
  static func end(_ port: Port) {
    let semaphore = port.semaphore
    port.shared.pointee.clearTag()
    lock.acquire()
    disown(semaphore)
    lock.release()
    semaphore.end()
    give(semaphore)
  }

  private static func take() -> Semaphore? {
    if clinux_fails(CLINUX_ALLOCATION) { return nil }
    lock.acquire()
    defer { lock.release() }
    guard let semaphore = firstFree ?? makeFresh() else { return nil }
    firstFree = semaphore.links.pointee.next
    semaphore.links.pointee.next = nil
    used += 1
    return semaphore
  }

  private static func give(_ semaphore: Semaphore) {
    lock.acquire()
    semaphore.links.pointee.next = firstFree
    firstFree = semaphore
    used -= 1
    lock.release()
  }

  private static func makeFresh() -> Semaphore? {
    let (chunk, offset) = place(of: firstFresh)
    guard let chunks, chunk < chunkCount else { return nil }
    if chunks[chunk].load(ordering: .relaxed) == nil {
      guard let memory = clinux_allocate_aligned(lineSize, (32 << chunk) * slotSize) else { return nil }
      chunks[chunk].store(memory, ordering: .releasing)
    }
    guard let memory = chunks[chunk].load(ordering: .relaxed) else { return nil }
    let semaphore = Semaphore(memory + offset * slotSize)
    semaphore.initialize(index: firstFresh)
    firstFresh += 1
    return semaphore
  }

  // MARK: Owners

  /// False when the task has ended.
  private static func enroll(_ semaphore: Semaphore, _ owner: consuming LockedTask) -> Bool {
    guard owner.body.isActive else { return false }
    lock.acquire()
    let first = owner.task.semaphores.pointee.first
    semaphore.links.pointee.owner = owner.task
    semaphore.links.pointee.next = first
    first?.links.pointee.previous = semaphore
    owner.task.semaphores.pointee.first = semaphore
    lock.release()
    return true
  }

  /// Takes a semaphore out of its owner's list, if it is in one. The lock is held.
  private static func disown(_ semaphore: Semaphore) {
    let links = semaphore.links
    guard let owner = links.pointee.owner else { return }
    let next = links.pointee.next
    let previous = links.pointee.previous
    if let previous { previous.links.pointee.next = next } else { owner.semaphores.pointee.first = next }
    next?.links.pointee.previous = previous
    links.pointee.owner = nil
    links.pointee.next = nil
    links.pointee.previous = nil
  }

  /// Destroys a semaphore that the caller holds a right to. Throws INVALID_ARGUMENT when the task does not own it.
  static func terminate(_ semaphore: Semaphore, owner: Task) throws(KernelReturn) {
    var aftermath = Aftermath()
    lock.acquire()
    guard semaphore.links.pointee.owner == owner else {
      lock.release()
      throw .invalidArgument
    }
    terminate(semaphore, &aftermath)
    lock.release()
    aftermath.finish()
  }

  /// The task has ended.
  static func terminateAll(of owner: Task) {
    while true {
      var aftermath = Aftermath()
      lock.acquire()
      guard let semaphore = owner.semaphores.pointee.first else { return lock.release() }
      terminate(semaphore, &aftermath)
      lock.release()
      aftermath.finish()
    }
  }

  private static func terminate(_ semaphore: Semaphore, _ aftermath: inout Aftermath) {
    disown(semaphore)
    let locked = semaphore.locked()
    locked.terminate(&aftermath)
    locked.unlock(&aftermath)
  }

  #if CHECKED
    /// How many there are; and whether a task's list is one, and of active semaphores.
    static var count: Int {
      lock.acquire()
      defer { lock.release() }
      return used
    }

    static func isListSound(of owner: Task) -> Bool {
      lock.acquire()
      defer { lock.release() }
      var isSound = true
      var previous: Semaphore?
      var next = owner.semaphores.pointee.first
      while let semaphore = next {
        let links = semaphore.links.pointee
        if links.owner != owner || links.previous != previous || !semaphore.isActive { isSound = false }
        previous = semaphore
        next = links.next
      }
      return isSound
    }

    /// Whether an active one has an owner, and no other has.
    static func isOwned(_ semaphore: Semaphore) -> Bool {
      lock.acquire()
      defer { lock.release() }
      return (semaphore.links.pointee.owner != nil) == semaphore.isActive
    }
  #endif
}

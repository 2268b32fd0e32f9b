// Memory of ports and port sets. A look-up without the space's lock may lock one that has just ended, so this memory is
// never used for anything else.

import CLinux
import CMach
import Synchronization

/// Free objects, the last freed first; each holds the address of the next one.
struct FreeObjects {
  private var first: UnsafeMutableRawPointer?
  private(set) var count = 0

  @inline(__always)
  mutating func push(_ object: UnsafeMutableRawPointer) {
    object.storeBytes(of: first, as: UnsafeMutableRawPointer?.self)
    first = object
    count += 1
  }

  @inline(__always)
  mutating func pop() -> UnsafeMutableRawPointer? {
    guard let object = first else { return nil }
    first = object.load(as: UnsafeMutableRawPointer?.self)
    count -= 1
    return object
  }
}

/// Where ports and port sets come from: a header, which stays one for ever, and behind it room for either's body. The
/// header of a free object has one reference already: what the next owner finds. Each thread keeps a few free ones; the others are in a common list.
enum ObjectPool {
  private static var bodySize: Int {
    #if CHECKED
      max(MemoryLayout<PortBody>.stride + MemoryLayout<PortAudit>.stride, MemoryLayout<PortSetBody>.stride)
    #else
      max(MemoryLayout<PortBody>.stride, MemoryLayout<PortSetBody>.stride)
    #endif
  }
  private static var headerSize: Int { MemoryLayout<SharedHeader>.stride }
  private static let lineSize = 64
  /// Bytes of an object in whole cache lines: two in the shipped library.
  private static var slotSize: Int { (headerSize + bodySize + lineSize - 1) & ~(lineSize - 1) }

  /// Objects of one piece of memory.
  private static let chunkCount = 64
  /// What a thread keeps at most, and how many it takes or gives at once.
  private static let maximumKept = 64
  private static let batch = 32

  private static let lock = Lock()
  nonisolated(unsafe) private static var common = FreeObjects()
  /// The latest chunk, which begins with the address of the one before.
  nonisolated(unsafe) private static var latestChunk: UnsafeMutableRawPointer?

  /// Room for a port or set, whose header counts one reference; nil when memory is out.
  @inline(__always)
  static func take() -> UnsafeMutableRawPointer? {
    if clinux_fails(CLINUX_ALLOCATION) { return nil }
    guard let thread = Thread.known else { return takeCommon() }
    guard let object = thread.state.pointee.freeObjects.pop() ?? refill(thread) else { return nil }
    #if CHECKED
      clinux_unpoison(object, bodySize)
    #endif
    return object
  }

  /// Takes back what `take` gave, with one reference.
  @inline(__always)
  static func give(_ object: UnsafeMutableRawPointer) {
    #if CHECKED
      let link = MemoryLayout<UnsafeMutableRawPointer>.size
      clinux_poison(object + link, bodySize - link)
    #endif
    guard let thread = Thread.known else { return giveCommon(object) }
    thread.state.pointee.freeObjects.push(object)
    if thread.state.pointee.freeObjects.count > maximumKept { spill(&thread.state.pointee.freeObjects, batch) }
  }

  /// Gives up what an ending thread keeps.
  static func drain(_ kept: inout FreeObjects) { spill(&kept, kept.count) }

  /// In a forked child: other threads may have been changing the list, so it starts afresh.
  static func restartAfterFork() {
    lock.reset()
    common = FreeObjects()
  }

  @inline(never)
  private static func refill(_ thread: Thread) -> UnsafeMutableRawPointer? {
    lock.acquire()
    defer { lock.release() }
    guard let object = popCommon() else { return nil }
    for _ in 1..<batch {
      guard let more = common.pop() else { break }
      thread.state.pointee.freeObjects.push(more)
    }
    return object
  }

  @inline(never)
  private static func spill(_ kept: inout FreeObjects, _ count: Int) {
    lock.acquire()
    for _ in 0..<count {
      guard let object = kept.pop() else { break }
      common.push(object)
    }
    lock.release()
  }

  private static func takeCommon() -> UnsafeMutableRawPointer? {
    lock.acquire()
    let object = popCommon()
    lock.release()
    #if CHECKED
      if let object { clinux_unpoison(object, bodySize) }
    #endif
    return object
  }

  private static func giveCommon(_ object: UnsafeMutableRawPointer) {
    lock.acquire()
    common.push(object)
    lock.release()
  }

  private static func popCommon() -> UnsafeMutableRawPointer? {
    if let object = common.pop() { return object }
    guard let chunk = clinux_allocate_aligned(lineSize, lineSize + chunkCount * slotSize) else { return nil }
    chunk.storeBytes(of: latestChunk, as: UnsafeMutableRawPointer?.self)
    latestChunk = chunk
    for slot in (0..<chunkCount).reversed() {
      let header = chunk + lineSize + slot * slotSize
      header.bindMemory(to: SharedHeader.self, capacity: 1).initialize(to: SharedHeader())
      common.push(header + headerSize)
    }
    return common.pop()
  }
}

extension KernelMemory {
  /// The header of an object that the pool made.
  @inline(__always)
  static func header<Body>(before body: UnsafeMutablePointer<Body>) -> UnsafeMutablePointer<SharedHeader> {
    (UnsafeMutableRawPointer(body) - MemoryLayout<SharedHeader>.stride).assumingMemoryBound(to: SharedHeader.self)
  }
}

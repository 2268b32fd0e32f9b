// Memory for programs: vm_allocate, vm_deallocate, and the pages in which calls return arrays.

import CLinux
import CMach

/// The process's memory as Mach calls see it. All tasks of a process share it.
package enum VirtualMemory {
  private static let lock = Lock()
  nonisolated(unsafe) private static var regions = RegionTable()

  package static var pageSize: Int { Kernel.pageSize }

  @inline(__always)
  static func roundToPage(_ size: Int) -> Int { (size + pageSize - 1) & ~(pageSize - 1) }

  /// Whole runs of pages that the library has handed out and not yet taken back.
  static var regionCount: Int {
    lock.acquire()
    defer { lock.release() }
    return regions.count
  }

  /// Where vm_allocate puts memory; addresses are rounded down to a page.
  package enum Place {
    case anywhere
    /// Where nothing is mapped.
    case at(UInt64)
    /// In place of whatever is mapped there.
    case over(UInt64)
  }

  /// vm_allocate: zero-filled pages; `size` is rounded up, and size 0 gives address 0. Throws NO_SPACE (the place is
  /// taken, or there is none), INVALID_ARGUMENT (the size overflows), INVALID_ADDRESS (outside of the address space),
  /// RESOURCE_SHORTAGE.
  package static func allocate(_ place: Place, size: UInt64) throws(KernelReturn) -> UInt64 {
    if size == 0 { return 0 }
    let mask = UInt64(pageSize - 1)
    let (padded, overflow) = size.addingReportingOverflow(mask)
    if overflow { throw .invalidArgument }
    let rounded = padded & ~mask
    guard rounded <= UInt64(Int.max) else { throw .noSpace }
    let memory: UnsafeMutableRawPointer
    switch place {
    case .anywhere: memory = try map(nil, Int(rounded), CLINUX_MAP_ANYWHERE)
    case .at(let address): memory = try map(try start(address & ~mask, rounded), Int(rounded), CLINUX_MAP_FREE)
    case .over(let address): memory = try map(try start(address & ~mask, rounded), Int(rounded), CLINUX_MAP_OVER)
    }
    return UInt64(UInt(bitPattern: memory))
  }

  /// A page-aligned address of a range that an address space can have.
  private static func start(_ address: UInt64, _ size: UInt64) throws(KernelReturn) -> UnsafeMutableRawPointer {
    let (end, overflow) = address.addingReportingOverflow(size)
    guard !overflow, end <= UInt64(Int.max), let start = UnsafeMutableRawPointer(bitPattern: UInt(address)) else {
      throw .invalidAddress
    }
    return start
  }

  private static func map(
    _ hint: UnsafeMutableRawPointer?, _ size: Int, _ placing: clinux_placing
  ) throws(KernelReturn) -> UnsafeMutableRawPointer {
    var error: Int32 = 0
    guard let memory = clinux_map(hint, size, placing, &error) else {
      if error == EPERM || error == EINVAL { throw .invalidAddress }
      // What no address space holds is a matter of space, not of memory.
      throw error == ENOMEM && size < 1 << 47 ? .resourceShortage : .noSpace
    }
    // A kernel that does not know how to map only where nothing is takes the address for a hint.
    guard hint == nil || memory == hint else {
      _ = clinux_unmap(UInt(bitPattern: memory), size)
      throw .noSpace
    }
    guard record(UInt(bitPattern: memory), size) else {
      _ = clinux_unmap(UInt(bitPattern: memory), size)
      throw .resourceShortage
    }
    return memory
  }

  /// vm_deallocate: gives back every page that the range touches, whoever mapped it. Size 0 succeeds at any address.
  /// Throws INVALID_ARGUMENT when the range overflows.
  package static func deallocate(at address: UInt64, size: UInt64) throws(KernelReturn) {
    if size == 0 { return }
    let mask = UInt64(pageSize - 1)
    let start = address & ~mask
    let (end, overflow) = address.addingReportingOverflow(size)
    let (padded, overflowAgain) = end.addingReportingOverflow(mask)
    if overflow || overflowAgain { throw .invalidArgument }
    let length = (padded & ~mask) - start
    guard start <= UInt64(Int.max), length <= UInt64(Int.max) else { throw .invalidArgument }
    try unmap(UInt(start), Int(length))
  }

  /// The table changes together with the pages. Only the split of a region needs memory.
  private static func unmap(_ start: UInt, _ size: Int) throws(KernelReturn) {
    lock.acquire()
    defer { lock.release() }
    if regions.splits(start, size), !regions.reserve(1) { throw .resourceShortage }
    switch clinux_unmap(start, size) {
    case 0: regions.remove(start, size)
    case ENOMEM: throw .resourceShortage
    default: throw .invalidArgument
    }
  }

  private static func record(_ start: UInt, _ size: Int) -> Bool {
    lock.acquire()
    defer { lock.release() }
    guard regions.reserve(2) else { return false }
    regions.insert(start, size)
    return true
  }

  /// Pages for an array that a call returns; nil when memory is out. `size` is a multiple of the page size, not 0.
  static func allocateResult(size: Int) -> UnsafeMutableRawPointer? {
    try? map(nil, size, CLINUX_MAP_ANYWHERE)
  }

  /// Takes back pages of `allocateResult` that were not returned after all.
  static func deallocateResult(_ memory: UnsafeMutableRawPointer, size: Int) {
    try? deallocate(at: UInt64(UInt(bitPattern: memory)), size: UInt64(size))
  }

  /// Around a fork: the child gets the table whole.
  static func prepareForFork() { lock.acquire() }
  static func finishFork() { lock.release() }
}

/// Disjoint runs of pages, sorted by address. Neighbours stay apart: each is one allocation or what is left of it.
struct RegionTable {
  private struct Region {
    var start: UInt
    var end: UInt
  }

  private var regions: UnsafeMutablePointer<Region>?
  private(set) var count = 0
  private var capacity = 0

  /// Makes room for so many more regions; false when memory is out.
  mutating func reserve(_ more: Int) -> Bool {
    if count + more <= capacity { return true }
    let larger = max(64, capacity * 2)
    guard let memory = KernelMemory.allocateZeroed(Region.self, count: larger) else { return false }
    if let regions {
      memory.update(from: regions, count: count)
      KernelMemory.free(regions)
    }
    regions = memory
    capacity = larger
    return true
  }

  /// The first region that ends behind an address.
  private func firstIndex(after address: UInt) -> Int {
    guard let regions else { return 0 }
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if regions[middle].end <= address { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Whether taking a range out leaves two parts of one region.
  func splits(_ start: UInt, _ size: Int) -> Bool {
    guard let regions else { return false }
    let index = firstIndex(after: start)
    return index < count && regions[index].start < start && regions[index].end > start + UInt(size)
  }

  /// Adds a run that overlaps no other; `reserve(2)` has made room.
  mutating func insert(_ start: UInt, _ size: Int) {
    remove(start, size)
    guard let regions else { return }
    let index = firstIndex(after: start)
    (regions + index + 1).update(from: regions + index, count: count - index)
    regions[index] = Region(start: start, end: start + UInt(size))
    count += 1
  }

  /// Takes a range out of all regions; what is left on either side stays. `reserve(1)` has made room for a split.
  mutating func remove(_ start: UInt, _ size: Int) {
    guard let regions else { return }
    let end = start + UInt(size)
    var index = firstIndex(after: start)
    while index < count, regions[index].start < end {
      let region = regions[index]
      if region.start < start, region.end > end {
        (regions + index + 1).update(from: regions + index, count: count - index)
        regions[index].end = start
        regions[index + 1].start = end
        count += 1
        return
      }
      if region.start < start {
        regions[index].end = start
        index += 1
      } else if region.end > end {
        regions[index].start = end
        return
      } else {
        (regions + index).update(from: regions + index + 1, count: count - index - 1)
        count -= 1
      }
    }
  }
}

// Single pages kept for the next request.

import CLinux

/// Pages that are mapped and belong to no one: what small results and small allocations need, without a mapping each.
/// They are regions of the pool; this is only the order in which they are taken. The lock of `VirtualMemory` guards it.
/// Nothing is written into the pages: their last owner may still do that.
struct PagePool {
  /// Addresses of pages that had an owner, the last one given back first.
  private var recycled: UnsafeMutablePointer<UInt>?
  private var recycledCount = 0
  private static let maximumCount = 256

  /// Pages that no one has had yet; the system made them zero.
  private var fresh: UInt = 0
  private var freshEnd: UInt = 0
  /// Pages that are mapped at a time.
  static let chunk = 16

  var isEmpty: Bool { recycledCount == 0 && fresh == freshEnd }

  /// The next page had an owner before.
  var hasUsed: Bool { recycledCount > 0 }

  /// A page, and whether it may hold what its last owner wrote; nil when there is none.
  mutating func take() -> (address: UInt, isUsed: Bool)? {
    if recycledCount > 0, let recycled {
      recycledCount -= 1
      return (recycled[recycledCount], true)
    }
    guard fresh < freshEnd else { return nil }
    fresh += UInt(Kernel.pageSize)
    return (fresh - UInt(Kernel.pageSize), false)
  }

  /// Keeps a page; false when there are enough, or no memory to remember it.
  mutating func keep(_ address: UInt) -> Bool {
    if recycled == nil { recycled = KernelMemory.allocateZeroed(UInt.self, count: PagePool.maximumCount) }
    guard let recycled, recycledCount < PagePool.maximumCount else { return false }
    recycled[recycledCount] = address
    recycledCount += 1
    return true
  }

  /// Takes over a run of new pages; false when there is one already.
  mutating func add(_ start: UInt, _ end: UInt) -> Bool {
    guard fresh == freshEnd else { return false }
    fresh = start
    freshEnd = end
    return true
  }

  /// A run of pages that goes back to the system; nil when the pool is empty.
  mutating func drain() -> (start: UInt, size: Int)? {
    if fresh < freshEnd {
      defer { fresh = freshEnd }
      return (fresh, Int(freshEnd - fresh))
    }
    if recycledCount > 0, let recycled {
      recycledCount -= 1
      return (recycled[recycledCount], Kernel.pageSize)
    }
    if let recycled { KernelMemory.free(recycled) }
    recycled = nil
    return nil
  }
}

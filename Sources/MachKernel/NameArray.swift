// Arrays of names and types for callers: in memory that vm_deallocate frees.

import CMach

/// A growing array of 32-bit elements in pages of its own. Nothing is allocated for no elements.
public struct NameArray: ~Copyable {
  private var address: UnsafeMutablePointer<UInt32>?
  private(set) var capacity = 0
  package private(set) var count = 0

  init() {}

  deinit {
    if let address { VirtualMemory.deallocateResult(UnsafeMutableRawPointer(address), size: capacity * 4) }
  }

  /// Makes room for at least `wanted` elements, dropping those that are there. Throws RESOURCE_SHORTAGE.
  package mutating func reserve(_ wanted: Int) throws(KernelReturn) {
    if wanted <= capacity { return }
    let size = VirtualMemory.roundToPage(wanted * 4)
    guard let memory = VirtualMemory.allocateResult(size: size) else { throw .resourceShortage }
    if let address { VirtualMemory.deallocateResult(UnsafeMutableRawPointer(address), size: capacity * 4) }
    address = memory.bindMemory(to: UInt32.self, capacity: size / 4)
    capacity = size / 4
    count = 0
  }

  mutating func removeAll() { count = 0 }

  /// Appends where `reserve` has made room.
  @inline(__always)
  package mutating func append(_ element: UInt32) {
    address?[count] = element
    count += 1
  }

  /// Replaces an element that is there.
  mutating func set(_ index: Int, _ element: UInt32) { address?[index] = element }

  /// Hands the array to the caller: nil and 0 for an empty one. Pages behind the last element are given back.
  package consuming func leak() -> (address: UnsafeMutablePointer<UInt32>?, count: mach_msg_type_number_t) {
    let used = VirtualMemory.roundToPage(count * 4)
    let size = capacity * 4
    let address = address
    let count = count
    self.address = nil
    if let address, used < size {
      VirtualMemory.deallocateResult(UnsafeMutableRawPointer(address) + used, size: size - used)
    }
    return (used == 0 ? nil : address, mach_msg_type_number_t(count))
  }
}

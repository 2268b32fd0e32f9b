// Memory for kernel objects: it may run out, and then says so.

import CLinux

/// The allocator behind every kernel object. Swift's own allocation traps when memory is out; these return nil, which
/// callers turn into KERN_RESOURCE_SHORTAGE or MACH_SEND_NO_BUFFER.
enum KernelMemory {
  /// Room for one `Object`, not initialised.
  @inline(__always)
  static func allocate<Object: ~Copyable>(_: Object.Type) -> UnsafeMutablePointer<Object>? {
    guard let memory = clinux_allocate(MemoryLayout<Object>.stride) else { return nil }
    return memory.bindMemory(to: Object.self, capacity: 1)
  }

  /// Room for one `Object` with `extra` bytes behind it, not initialised.
  @inline(__always)
  static func allocate<Object: ~Copyable>(_: Object.Type, extra: Int) -> UnsafeMutablePointer<Object>? {
    guard let memory = clinux_allocate(MemoryLayout<Object>.stride + extra) else { return nil }
    return memory.bindMemory(to: Object.self, capacity: 1)
  }

  /// `count` elements, every byte 0. Pages of a large table cost nothing until they are touched.
  static func allocateZeroed<Element: ~Copyable>(_: Element.Type, count: Int) -> UnsafeMutablePointer<Element>? {
    guard let memory = clinux_allocate_zeroed(count, MemoryLayout<Element>.stride) else { return nil }
    return memory.bindMemory(to: Element.self, capacity: count)
  }

  /// From this size on memory is made of huge pages, where the system has them.
  static let hugePage = 2 << 20

  /// As `allocateZeroed`, for a table whose elements are visited one after the other: a large one, of a size that is a
  /// multiple of any page's, has huge pages, so that finding them costs less than reading them. `freeTable` frees it.
  static func allocateTable<Element: ~Copyable>(_: Element.Type, count: Int) -> UnsafeMutablePointer<Element>? {
    let size = MemoryLayout<Element>.stride * count
    if size < hugePage { return allocateZeroed(Element.self, count: count) }
    return clinux_map_huge(size, hugePage)?.bindMemory(to: Element.self, capacity: count)
  }

  static func freeTable<Element: ~Copyable>(_ table: UnsafeMutablePointer<Element>, count: Int) {
    let size = MemoryLayout<Element>.stride * count
    if size < hugePage { free(table) } else { _ = clinux_unmap(UInt(bitPattern: table), size) }
  }

  @inline(__always)
  static func free<Object: ~Copyable>(_ object: UnsafeMutablePointer<Object>) {
    clinux_free(UnsafeMutableRawPointer(object))
  }

  /// The part that lies behind `part` in the same memory. Objects whose parts have different guards are laid out so,
  /// not as one struct: a change of one part is then no access to the others, for the compiler and for sanitizers.
  @inline(__always)
  static func part<Part: ~Copyable, Next: ~Copyable>(
    _: Next.Type, behind part: UnsafeMutablePointer<Part>
  ) -> UnsafeMutablePointer<Next> {
    UnsafeMutableRawPointer(part + 1).assumingMemoryBound(to: Next.self)
  }
}

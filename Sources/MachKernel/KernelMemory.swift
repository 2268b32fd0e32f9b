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

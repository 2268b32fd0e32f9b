// Ports that the kernel itself receives from.

import CMach

/// What is behind a kernel port (historic: `IKOT_*`), as mach_port_kobject reports it.
enum KernelObjectType {
  static let thread: UInt16 = 1
  static let task: UInt16 = 2
  static let host: UInt16 = 3
  static let taskName: UInt16 = 20
  static let memoryEntry: UInt16 = 28
}

extension Port {
  /// A port for an object of the kernel's, with one reference; nil when memory is out.
  static func makeKernelPort(type: UInt16, object: UnsafeMutableRawPointer?) -> Port? {
    guard let port = Port.make() else { return nil }
    port.unguardedBody.pointee.isKernelPort = true
    port.unguardedBody.pointee.kernelObjectType = type
    port.unguardedBody.pointee.kernelObject = object
    return port
  }
}

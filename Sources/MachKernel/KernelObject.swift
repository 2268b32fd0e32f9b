// Ports that the kernel itself receives from.

import CMach

/// What is behind a kernel port (historic: `IKOT_*`), as mach_port_kobject reports it.
enum KernelObjectType {
  static let thread: UInt32 = 1
  static let task: UInt32 = 2
  static let host: UInt32 = 3
  static let taskName: UInt32 = 20
}

extension Port {
  /// A port for an object of the kernel's, with one reference; nil when memory is out.
  static func makeKernelPort(type: UInt32, object: UnsafeMutableRawPointer?) -> Port? {
    guard let port = Port.make() else { return nil }
    port.unguardedBody.pointee.isKernelPort = true
    port.unguardedBody.pointee.kernelObjectType = type
    port.unguardedBody.pointee.kernelObject = object
    return port
  }
}

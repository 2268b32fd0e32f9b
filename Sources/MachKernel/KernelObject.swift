// Ports that the kernel itself receives from.

import CMach

/// What is behind a kernel port (historic: `IKOT_*`), as mach_port_kobject reports it.
enum KernelObjectType {
  static let thread: UInt16 = 1
  static let task: UInt16 = 2
  static let host: UInt16 = 3
  static let processor: UInt16 = 5
  static let processorSet: UInt16 = 6
  static let processorSetName: UInt16 = 7
  /// The receive right is a program's, the timer the kernel's.
  static let timer: UInt16 = 8
  static let taskName: UInt16 = 20
  static let semaphore: UInt16 = 23
  static let clock: UInt16 = 25
  static let clockControl: UInt16 = 26
  static let memoryEntry: UInt16 = 28
  static let identityToken: UInt16 = 50
  /// Of no kernel's list: elsewhere the bootstrap is a program.
  static let bootstrap: UInt16 = 256
  static let bootstrapServer: UInt16 = 257

  /// Whether a port of such an object, which no one can make a further send right to, ends with the last one.
  @inline(__always)
  static func endsWithoutSenders(_ type: UInt16) -> Bool { type == semaphore || type == bootstrapServer }

  @inline(__always)
  static func isBootstrap(_ type: UInt16) -> Bool { type == bootstrap || type == bootstrapServer }
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

// A port on a dispatch queue.

import CMach
import Dispatch
import Glibc

/// Owns a right to receive and hands what arrives to a handler on a queue, until it is cancelled.
final class PortReader: Sendable {
  private let right: ReceiveRight
  // Dispatch sources may be used from any thread, though their type does not say so.
  private nonisolated(unsafe) let source: any DispatchSourceRead

  init(
    _ right: consuming ReceiveRight, on queue: DispatchQueue, _ handler: @escaping @Sendable (Message) -> Void
  ) throws(MachError) {
    var descriptor: Int32 = -1
    try MachError.check(mach_linux_port_fd(mach_task_self_, right.name, &descriptor))
    let owned = descriptor
    self.right = right
    source = DispatchSource.makeReadSource(fileDescriptor: owned, queue: queue)
    // The descriptor is readable while messages wait, and is only polled.
    source.setEventHandler { while let message = try? self.right.receive(waiting: false) { handler(message) } }
    source.setCancelHandler { close(owned) }
    source.activate()
  }

  /// The handler and the right go once the handler has returned.
  func cancel() { source.cancel() }
}

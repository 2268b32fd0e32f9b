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

/// Answers messages to kernel ports on the sender's thread (historic: `ipc_kobject_server`).
enum KernelServer {
  private static let replySize = mach_msg_size_t(36)

  /// Consumes a request and sends its reply. No routine is served by message yet: every request is answered with
  /// MIG_BAD_ID, as an unknown one is on xnu, and what it carried ends.
  static func serve(_ request: Message) {
    let reply = makeReply(to: request)
    request.destroy()
    guard let reply, let port = reply.destinationPort else {
      reply?.free()
      return
    }
    var aftermath = Aftermath()
    let locked = port.locked()
    // A reply never blocks the kernel: one that finds no room ends.
    let hasRoom =
      !locked.body.queue.isFull
      || reply.destinationType == MACH_MSG_TYPE_PORT_SEND_ONCE
        && locked.body.queue.messageCount < MessageQueue.kernelLimit
    if locked.body.isActive, !locked.body.isKernelPort, hasRoom {
      locked.post(reply, &aftermath)
      locked.unlock()
    } else {
      locked.unlock()
      reply.destroy()
    }
    aftermath.finish()
  }

  /// An error reply that takes over the request's reply right; nil when that is none or memory is out.
  private static func makeReply(to request: Message) -> Message? {
    guard request.object.pointee.reply != 0, request.object.pointee.reply != .max,
      let reply = Message.make(size: replySize)
    else { return nil }
    reply.object.pointee.isFromKernel = true
    reply.object.pointee.bits = request.replyType
    reply.object.pointee.destination = request.object.pointee.reply
    request.object.pointee.reply = 0
    var header = mach_msg_header_t()
    header.msgh_id = request.header.pointee.msgh_id &+ 100
    reply.header.pointee = header
    let body = reply.bytes + Int(Message.headerSize)
    body.storeBytes(of: 0, as: UInt32.self)
    body.storeBytes(of: 1, toByteOffset: 4, as: UInt32.self)
    body.storeBytes(of: Int32(MIG_BAD_ID), toByteOffset: 8, as: Int32.self)
    return reply
  }
}

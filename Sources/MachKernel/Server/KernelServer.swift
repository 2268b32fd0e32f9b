// Messages to ports that the kernel itself receives from.

import CMach

/// Serves requests on the sender's thread (historic: `ipc_kobject_server`).
enum KernelServer {
  /// Bytes of a reply that has no results: header, NDR record, code.
  private static let leastReplySize = mach_msg_size_t(36)

  /// Consumes a request: finds its routine by its number alone, runs it, ends what it carried and did not give to the
  /// routine (facts: I12), and sends the reply as any message. The sender may wait for room at the reply port, as long
  /// as its own time-out allows; then the reply ends, for the request has been served.
  static func serve(_ request: Message, by thread: Thread, timeout: Timeout, interruptible: Bool) {
    let identifier = request.header.pointee.msgh_id
    let routine = Routine.named(by: request)
    let size = max(mach_msg_size_t(routine?.replySize ?? 0), leastReplySize)
    // Without memory for the reply nothing is done.
    guard let reply = Message.make(size: size) else { return request.destroy() }
    begin(reply, identifier)
    var code = KERN_SUCCESS
    do throws(KernelReturn) {
      guard let routine else { throw .badIdentifier }
      try routine.check(request)
      var call = ServedCall(request, reply, by: thread, routine)
      try routine.body(&call)
      reply.object.pointee.size = call.size
    } catch {
      code = error.rawValue
      reply.object.pointee.size = leastReplySize
    }
    finish(reply, code)
    let hasReplyPort = takeReplyRight(of: request, for: reply)
    request.destroy()
    if !hasReplyPort { return reply.destroy() }
    reply.beginTransits()
    do throws(MessageReturn) {
      try reply.sendReply(by: thread, timeout: timeout, interruptible: interruptible)
    } catch {
      reply.destroy()
    }
  }

  private static func begin(_ reply: Message, _ identifier: mach_msg_id_t) {
    reply.object.pointee.isFromKernel = true
    // What a routine leaves out is 0, not what was in memory.
    reply.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: Int(reply.object.pointee.size))
    var header = mach_msg_header_t()
    header.msgh_id = identifier &+ 100
    reply.header.pointee = header
    ServedCall.writeRecord(to: reply.bytes + Int(Message.headerSize))
  }

  /// Writes the code where there are no descriptors: a reply with descriptors is a success.
  private static func finish(_ reply: Message, _ code: kern_return_t) {
    if reply.isComplex { return }
    reply.bytes.storeBytes(of: code, toByteOffset: Int(Message.headerSize) + 8, as: kern_return_t.self)
  }

  /// The request's reply right becomes the reply's destination. False when there is no port.
  private static func takeReplyRight(of request: Message, for reply: Message) -> Bool {
    let right = request.object.pointee.reply
    guard right != 0, right != .max else { return false }
    reply.object.pointee.bits |= request.replyType
    reply.object.pointee.destination = right
    request.object.pointee.reply = 0
    return true
  }
}

extension Message {
  /// Receive rights among what a routine has put into the reply are on their way (facts: C1).
  fileprivate func beginTransits() {
    guard isComplex else { return }
    var descriptors = descriptors()
    while let descriptor = descriptors.next() {
      guard descriptor.type == MACH_MSG_PORT_DESCRIPTOR, descriptor.port.disposition == MACH_MSG_TYPE_PORT_RECEIVE
      else { continue }
      beginTransit(of: descriptor.port.right)
    }
  }

  /// Sends a reply of the kernel's. The kernel does not talk to itself: a reply to one of its own ports ends.
  fileprivate func sendReply(by thread: Thread, timeout: Timeout, interruptible: Bool) throws(MessageReturn) {
    guard let port = destinationPort, !port.locked().body.isKernelPort else { return destroy() }
    try send(by: thread, timeout: timeout, interruptible: interruptible)
  }
}

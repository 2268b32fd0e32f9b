// Messages that the kernel sends of its own accord.

import CMach

/// A notification that someone has asked for (historic: `ipc_notify`): the message that will go out, made when it is
/// asked for, so that sending it cannot fail. Its destination is the send-once right that was given.
struct Notification {
  let message: Message

  /// What a notification says, and the name or count in it.
  enum Kind {
    /// The name is gone, and with it the request on it.
    case portDeleted(mach_port_name_t)
    case sendPossible(mach_port_name_t)
    /// The last send right is gone; the make-send count.
    case noSenders(mach_port_mscount_t)
    /// The send-once right itself ends unused.
    case sendOnce
    case deadName(mach_port_name_t)
  }

  private static let headerSize = mach_msg_size_t(MemoryLayout<mach_msg_header_t>.size)
  private static let largestSize = mach_msg_size_t(40)

  /// Takes over a send-once right; nil, and the right ends unused, when memory is out.
  init?(to right: consuming SendOnceRight) {
    guard let message = Message.make(size: Notification.largestSize) else { return nil }
    message.object.pointee.isFromKernel = true
    message.object.pointee.bits = MACH_MSG_TYPE_PORT_SEND_ONCE
    message.object.pointee.destination = UInt(bitPattern: right.leak().object)
    self.message = message
  }

  private init(message: Message) { self.message = message }

  /// Gives the right back to who cancels the request.
  func withdraw() -> TransferredRight {
    let right = message.takeDestination()
    message.free()
    return right
  }

  /// The message, ready to be posted (facts: T17 and the layouts in <mach/notify.h>).
  func filled(as kind: Kind) -> Message {
    switch kind {
    case .portDeleted(let name): fill(MACH_NOTIFY_PORT_DELETED, name)
    case .sendPossible(let name): fill(MACH_NOTIFY_SEND_POSSIBLE, name)
    case .noSenders(let count): fill(MACH_NOTIFY_NO_SENDERS, count)
    case .deadName(let name): fill(MACH_NOTIFY_DEAD_NAME, name)
    case .sendOnce: fillHeader(MACH_NOTIFY_SEND_ONCE, size: Notification.headerSize)
    }
    return message
  }

  private func fill(_ identifier: Int32, _ value: UInt32) {
    fillHeader(identifier, size: 36)
    let body = message.bytes + Int(Notification.headerSize)
    body.storeBytes(of: 0, as: UInt32.self)
    body.storeBytes(of: 1, toByteOffset: 4, as: UInt32.self)
    body.storeBytes(of: value, toByteOffset: 8, as: UInt32.self)
  }

  private func fillHeader(_ identifier: Int32, size: mach_msg_size_t) {
    message.object.pointee.size = size
    var header = mach_msg_header_t()
    header.msgh_id = mach_msg_id_t(identifier)
    message.header.pointee = header
  }

  /// PORT_DESTROYED: the receive right of a port travels in the notification (facts: T14). One that would travel to
  /// itself ends in real death (facts: T26).
  func filledAsPortDestroyed(_ right: consuming ReceiveRight) -> Message {
    fillHeader(MACH_NOTIFY_PORT_DESTROYED, size: Notification.largestSize)
    message.object.pointee.bits |= MACH_MSGH_BITS_COMPLEX
    (message.bytes + Int(Notification.headerSize)).storeBytes(of: 1, as: UInt32.self)
    let port = right.leak()
    let descriptor = PortDescriptor(message.bytes + Message.descriptorOffset)
    descriptor.set(right: UInt(bitPattern: port.object), disposition: MACH_MSG_TYPE_PORT_RECEIVE)
    descriptor.setType(MACH_MSG_PORT_DESCRIPTOR)
    if let destination = message.destinationPort, !Transit.begin(port, to: destination) {
      message.object.pointee.isCircular = true
    }
    return message
  }

  /// Sends a filled-in notification whatever the queue limit is (facts: T25). It vanishes, and what it carries ends,
  /// when its port has died, is the kernel's or has reached the largest count. No lock is held.
  static func post(_ message: Message) {
    guard let port = message.destinationPort else { return message.destroy() }
    var aftermath = Aftermath()
    let locked = port.locked()
    if locked.body.isActive, !locked.body.isKernelPort, !message.object.pointee.isCircular,
      locked.body.queue.messageCount < MessageQueue.kernelLimit
    {
      locked.post(message, &aftermath)
      locked.unlock()
    } else {
      let entry = message.header.pointee.msgh_id == MACH_NOTIFY_NO_SENDERS ? MemoryEntry(of: locked) : nil
      locked.body.sendOnceRightCount -= 1
      locked.unlock()
      message.object.pointee.destination = 0
      port.release()
      message.destroy()
      entry?.end(port)
    }
    aftermath.finish()
  }

  /// A send-once right ends unused: SEND_ONCE goes to its port, carried by the right itself (facts: T18). Consumes the
  /// right that `port` stands for. Without memory the port's reserve carries it; without that it is lost.
  static func postSendOnce(consuming port: Port) {
    if let message = Message.make(size: largestSize) ?? takeReserve(of: port) {
      message.object.pointee.isFromKernel = true
      message.object.pointee.bits = MACH_MSG_TYPE_PORT_SEND_ONCE
      message.object.pointee.destination = UInt(bitPattern: port.object)
      post(Notification(message: message).filled(as: .sendOnce))
    } else {
      SendOnceRight(adopting: port).forget()
    }
  }

  /// The message that allocate_full reserved for a port.
  private static func takeReserve(of port: Port) -> Message? {
    let locked = port.locked()
    let reserve = locked.body.reserve
    locked.body.reserve = nil
    return reserve
  }
}

extension Notification {
  /// A requested notification's message, turned into SEND_ONCE.
  static func filledAsSendOnce(_ message: Message) -> Message {
    Notification(message: message).filled(as: .sendOnce)
  }
}

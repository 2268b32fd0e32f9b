// Messages that the kernel sends of its own accord.

import CMach

/// Notifications (historic: `ipc_notify`): sent whatever the queue limit is, with the kernel's tokens (facts: T17, T25).
enum Notification {
  /// A send-once right ends unused: SEND_ONCE goes to its port, carried by the right itself (facts: T18). Consumes the
  /// right that `port` stands for. Nothing is sent when the port has died or is the kernel's.
  static func postSendOnce(consuming port: Port) {
    let prepared = makeSendOnceMessage()
    var wakes = WakeList()
    let locked = port.locked()
    let message = prepared ?? locked.takeReserve()
    guard let message, locked.body.isActive, !locked.body.isKernelPort,
      locked.body.queue.messageCount < MessageQueue.kernelLimit
    else {
      locked.body.sendOnceRightCount -= 1
      locked.unlock()
      port.release()
      message?.free()
      return
    }
    message.object.pointee.destination = UInt(bitPattern: port.object)
    locked.post(message, &wakes)
    locked.unlock()
    wakes.finishAll()
  }

  private static func makeSendOnceMessage() -> Message? {
    guard let message = Message.make(size: size) else { return nil }
    fillSendOnce(message)
    return message
  }

  private static let size = mach_msg_size_t(MemoryLayout<mach_msg_header_t>.size)

  fileprivate static func fillSendOnce(_ message: Message) {
    message.object.pointee.size = size
    message.object.pointee.bits = MACH_MSG_TYPE_PORT_SEND_ONCE
    message.object.pointee.isFromKernel = true
    var header = mach_msg_header_t()
    header.msgh_id = mach_msg_id_t(MACH_NOTIFY_SEND_ONCE)
    message.header.pointee = header
  }
}

extension LockedPort {
  /// The message that allocate_full reserved for this port, as a SEND_ONCE notification.
  fileprivate func takeReserve() -> Message? {
    guard let message = body.reserve else { return nil }
    body.reserve = nil
    Notification.fillSendOnce(message)
    return message
  }
}

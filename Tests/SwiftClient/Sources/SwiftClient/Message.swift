// A message of bytes.

import CMach

/// What is sent and what arrives: an identifier and at most `Message.capacity` bytes.
struct Message: Equatable {
  static let capacity = 1024

  var identifier: mach_msg_id_t
  var body: [UInt8]

  init(_ identifier: mach_msg_id_t, _ body: some Sequence<UInt8> = []) {
    self.identifier = identifier
    self.body = Array(body)
  }

  init(_ identifier: mach_msg_id_t, _ text: String) { self.init(identifier, text.utf8) }

  /// The body as text, without the zeros that fill the last word.
  var text: String { String(decoding: body.prefix { $0 != 0 }, as: UTF8.self) }

  /// The name that a dead-name notification tells of; the notification has added a user reference to it, which the right
  /// that is returned owns. Nil for any other message.
  var deadName: SendRight? {
    let offset =
      MemoryLayout.offset(of: \mach_dead_name_notification_t.not_port)! - MemoryLayout<mach_msg_header_t>.size
    guard identifier == mach_msg_id_t(MACH_NOTIFY_DEAD_NAME), body.count >= offset + 4 else { return nil }
    return SendRight(
      owning: body.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: mach_port_name_t.self) })
  }
}

extension SendRight {
  /// Queues the message, waiting while the queue is full.
  func send(_ message: Message) throws(MachError) {
    precondition(message.body.count <= Message.capacity)
    let header = MemoryLayout<mach_msg_header_t>.size
    let size = header + (message.body.count + 3) / 4 * 4
    var words = [UInt32](repeating: 0, count: size / 4)
    let code = words.withUnsafeMutableBytes { bytes in
      let start = bytes.baseAddress!.assumingMemoryBound(to: mach_msg_header_t.self)
      start.pointee.msgh_bits = mach_msg_bits_t(MACH_MSG_TYPE_COPY_SEND)
      start.pointee.msgh_remote_port = name
      start.pointee.msgh_id = message.identifier
      UnsafeMutableRawBufferPointer(rebasing: bytes[header...]).copyBytes(from: message.body)
      return mach_msg(start, MACH_SEND_MSG, mach_msg_size_t(size), 0, 0, MACH_MSG_TIMEOUT_NONE, 0)
    }
    try MachError.check(code)
  }
}

extension ReceiveRight {
  /// Takes the first message, waiting for it unless told otherwise: then MACH_RCV_TIMED_OUT if there is none.
  func receive(waiting: Bool = true) throws(MachError) -> Message {
    let header = MemoryLayout<mach_msg_header_t>.size
    let room = header + Message.capacity + MemoryLayout<mach_msg_trailer_t>.size
    var words = [UInt32](repeating: 0, count: room / 4)
    let options = waiting ? MACH_RCV_MSG : MACH_RCV_MSG | MACH_RCV_TIMEOUT
    let code = words.withUnsafeMutableBytes { bytes in
      let start = bytes.baseAddress!.assumingMemoryBound(to: mach_msg_header_t.self)
      return mach_msg(start, options, 0, mach_msg_size_t(room), name, MACH_MSG_TIMEOUT_NONE, 0)
    }
    try MachError.check(code)
    return words.withUnsafeBytes { bytes in
      let received = bytes.load(as: mach_msg_header_t.self)
      return Message(received.msgh_id, bytes[header..<Int(received.msgh_size)])
    }
  }
}

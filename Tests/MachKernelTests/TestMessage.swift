// Messages as programs write and read them.

import CMach
import Testing

@testable import MachKernel

/// A name and the disposition beside it, in a header or a descriptor.
struct NamedRight: Equatable, CustomStringConvertible {
  var name: mach_port_name_t
  var disposition: mach_msg_type_name_t

  init(_ name: mach_port_name_t, _ disposition: mach_msg_type_name_t) {
    self.name = name
    self.disposition = disposition
  }

  static let none = NamedRight(Name.null, 0)

  var description: String { "0x\(String(name, radix: 16)) by \(disposition)" }
}

/// A message before it is sent.
struct TestMessage {
  var destination: NamedRight
  var reply = NamedRight.none
  var voucher = NamedRight.none
  /// The port descriptors; nil for a message that is not complex.
  var rights: [NamedRight]?
  var identifier: mach_msg_id_t = 0
  /// Data behind the descriptors.
  var words: [UInt32] = []

  init(
    to name: mach_port_name_t, _ disposition: mach_msg_type_name_t, reply: NamedRight = .none,
    rights: [NamedRight]? = nil, identifier: mach_msg_id_t = 0, words: [UInt32] = []
  ) {
    destination = NamedRight(name, disposition)
    self.reply = reply
    self.rights = rights
    self.identifier = identifier
    self.words = words
  }

  /// Bytes to send.
  var size: mach_msg_size_t {
    mach_msg_size_t(24 + (rights.map { 4 + 12 * $0.count } ?? 0) + 4 * words.count)
  }

  var bits: mach_msg_bits_t {
    cmach_bits(
      destination.disposition, reply.disposition, voucher.disposition, rights == nil ? 0 : MACH_MSGH_BITS_COMPLEX)
  }

  /// The message's bytes, 4 at a time.
  var image: [UInt32] {
    var image = [bits, 0, destination.name, reply.name, voucher.name, UInt32(bitPattern: identifier)]
    if let rights {
      image.append(UInt32(rights.count))
      for right in rights {
        image += [right.name, 0, right.disposition << 16 | UInt32(MACH_MSG_PORT_DESCRIPTOR) << 24]
      }
    }
    return image + words
  }
}

/// What a call left in its buffer, and its code.
struct MessageResult {
  let code: mach_msg_return_t
  /// The whole buffer, 4 bytes at a time; what the call did not touch is 0xdeadbeef.
  let image: [UInt32]

  static let untouched: UInt32 = 0xdead_beef

  var bits: mach_msg_bits_t { image[0] }
  var size: mach_msg_size_t { image[1] }
  var remote: NamedRight { NamedRight(image[2], cmach_bits_remote(bits)) }
  var local: NamedRight { NamedRight(image[3], cmach_bits_local(bits)) }
  var voucher: NamedRight { NamedRight(image[4], cmach_bits_voucher(bits)) }
  var identifier: mach_msg_id_t { mach_msg_id_t(bitPattern: image[5]) }
  var isComplex: Bool { bits & MACH_MSGH_BITS_COMPLEX != 0 }

  /// The port descriptors; nil when the message is not complex.
  var rights: [NamedRight]? {
    guard isComplex else { return nil }
    return (0..<Int(image[6])).map { NamedRight(image[7 + $0 * 3], image[9 + $0 * 3] >> 16 & 0xff) }
  }

  var words: [UInt32] { Array(image[(isComplex ? 7 + Int(image[6]) * 3 : 6)..<Int(size / 4)]) }

  /// The trailer: type, size, sequence number, sender, audit token, context, labels, as far as asked for.
  var trailer: [UInt32] { Array(image[Int(size / 4)...]) }
}

extension TestTask {
  /// One mach_msg by this task, on the calling thread.
  func call(
    _ image: [UInt32], option: mach_msg_option_t, sendSize: mach_msg_size_t = 0, limit: mach_msg_size_t = 0,
    from name: mach_port_name_t = Name.null, timeout: mach_msg_timeout_t = 0
  ) -> MessageResult {
    let thread = currentThread
    let usual = thread.task
    thread.adopt(task)
    defer { thread.adopt(usual) }
    var buffer = image
    let code = buffer.withUnsafeMutableBytes {
      MessageCall(
        buffer: $0.baseAddress, option: option, sendSize: sendSize, receiveLimit: limit, receiveName: name,
        timeout: timeout, receiveBuffer: nil
      ).run()
    }
    return MessageResult(code: code, image: buffer)
  }

  /// Sends without waiting, unless a time-out is given: in milliseconds, nil for none.
  @discardableResult
  func send(
    _ message: TestMessage, timeout: mach_msg_timeout_t? = 0, _ location: SourceLocation = #_sourceLocation
  ) -> MessageResult {
    let option = timeout == nil ? MACH_SEND_MSG : MACH_SEND_MSG | MACH_SEND_TIMEOUT
    let result = call(message.image, option: option, sendSize: message.size, timeout: timeout ?? 0)
    audit(location)
    return result
  }

  /// As `send`, of which no more than the code is wanted.
  func code(of message: TestMessage, _ location: SourceLocation = #_sourceLocation) -> mach_msg_return_t {
    send(message, location).code
  }

  /// Receives without waiting, unless a time-out is given: in milliseconds, nil for none.
  @discardableResult
  func receive(
    from name: mach_port_name_t, limit: mach_msg_size_t = 512, option: mach_msg_option_t = 0,
    timeout: mach_msg_timeout_t? = 0, _ location: SourceLocation = #_sourceLocation
  ) -> MessageResult {
    let option = option | (timeout == nil ? MACH_RCV_MSG : MACH_RCV_MSG | MACH_RCV_TIMEOUT)
    let buffer = [UInt32](repeating: MessageResult.untouched, count: max(32, Int(limit) / 4))
    let result = call(buffer, option: option, limit: limit, from: name, timeout: timeout ?? 0)
    audit(location)
    return result
  }

  /// The identifiers of all messages that wait at a port or set, which is empty afterwards.
  func receiveAll(
    from name: mach_port_name_t, _ location: SourceLocation = #_sourceLocation
  ) -> [mach_msg_id_t] {
    var identifiers: [mach_msg_id_t] = []
    while true {
      let result = receive(from: name, location)
      guard result.code == MACH_MSG_SUCCESS else { return identifiers }
      identifiers.append(result.identifier)
    }
  }

  /// The identifiers of the messages that wait at a port, which stay there.
  func queued(at name: mach_port_name_t) throws -> [mach_msg_id_t] {
    let locked = try port(name).locked()
    var identifiers: [mach_msg_id_t] = []
    var message = locked.body.queue.messages.first
    while let current = message {
      identifiers.append(current.header.pointee.msgh_id)
      message = locked.body.queue.messages.next(after: current)
    }
    return identifiers
  }
}

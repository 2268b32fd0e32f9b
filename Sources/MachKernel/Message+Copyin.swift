// Copyin of a message: the caller's bytes and names become a Message that owns its rights.

import CLinux
import CMach

extension Message {
  static let headerSize = mach_msg_size_t(MemoryLayout<mach_msg_header_t>.size)
  /// The largest send size (facts: S1).
  private static let maximumSize: mach_msg_size_t = 50_331_580
  /// Header bits that programs may set (facts: S10).
  private static let userBits: mach_msg_bits_t = 0x801f_1f1f

  /// Copies `size` bytes at `address` (facts: S1-S3). Throws MACH_SEND_MSG_TOO_SMALL, _TOO_LARGE, _INVALID_DATA,
  /// _NO_BUFFER.
  @inline(__always)
  static func copyin(_ address: UnsafeRawPointer?, size: mach_msg_size_t) throws(MessageReturn) -> Message {
    if size < headerSize || size & 3 != 0 { throw .sendTooSmall }
    if size > maximumSize { throw .sendTooLarge }
    guard let address else { throw .sendInvalidData }
    guard let message = Message.make(size: size) else { throw .sendNoBuffer }
    // Programs write the header field by field just before: one wide load would wait for all of that to reach memory.
    clinux_copy_words(message.bytes, address, Int(headerSize / 4))
    if size > headerSize {
      clinux_copy(message.bytes + Int(headerSize), address + Int(headerSize), Int(size - headerSize))
    }
    message.object.pointee.bits = message.header.pointee.msgh_bits & userBits
    return message
  }

  /// Takes the rights that the message names out of `space` (facts: S4-S8, S11, S12). A failing header takes nothing; a
  /// failing body ends what was taken. Either ends the message. Throws the MACH_SEND_* codes.
  @inline(__always)
  func copyinRights(
    from space: Space, option: mach_msg_option_t, _ aftermath: inout Aftermath
  ) throws(MessageReturn) {
    do throws(MessageReturn) {
      try copyinHeader(from: space, option, &aftermath)
    } catch {
      free()
      throw error
    }
    if isComplex { try copyinBody(from: space, &aftermath) }
  }

  /// The order of the checks is the reference's (facts: S11).
  @inline(__always)
  private func copyinHeader(
    from space: Space, _ option: mach_msg_option_t, _ aftermath: inout Aftermath
  ) throws(MessageReturn) {
    let givenBits = object.pointee.bits
    let destinationName = header.pointee.msgh_remote_port
    let replyName = header.pointee.msgh_local_port
    let destinationType = givenBits & MACH_MSGH_BITS_REMOTE_MASK
    let replyType = (givenBits & MACH_MSGH_BITS_LOCAL_MASK) >> 8
    let voucherType = (givenBits & MACH_MSGH_BITS_VOUCHER_MASK) >> 16
    if !Disposition.isAnySend(destinationType) { throw .sendInvalidHeader }
    if replyType == 0 ? replyName != Name.null : !Disposition.isAnySend(replyType) { throw .sendInvalidHeader }
    if !Name.isValid(destinationName) { throw .sendInvalidDestination }
    if voucherType != 0 { try copyinVoucher(voucherType) }

    let locked = space.locked()
    guard locked.body.isActive, let destination = locked.body.table.entry(named: destinationName) else {
      throw .sendInvalidDestination
    }
    if destinationName == replyName {
      try copyinPair(locked, destination, destinationName, destinationType, replyType, &aftermath)
    } else if Name.isValid(replyName) {
      guard let reply = locked.body.table.entry(named: replyName), locked.canCopyin(reply, replyType) else {
        throw .sendInvalidReply
      }
      try copyinDestination(locked, destination, destinationName, destinationType, &aftermath)
      guard
        let right = try? locked.copyinInlined(reply, named: replyName, replyType, allowingDead: true, &aftermath)
      else { throw .sendInvalidReply }
      object.pointee.reply = right.leak()
      locked.freeIfEmpty(destination, named: destinationName)
      locked.freeIfEmpty(reply, named: replyName)
    } else {
      try copyinDestination(locked, destination, destinationName, destinationType, &aftermath)
      object.pointee.reply = replyName == Name.dead ? .max : 0
      locked.freeIfEmpty(destination, named: destinationName)
    }
    if option & MACH_SEND_NOTIFY != 0 { prepareNotify(destination) }
    object.pointee.bits =
      object.pointee.bits & ~(MACH_MSGH_BITS_REMOTE_MASK | MACH_MSGH_BITS_LOCAL_MASK)
      | Disposition.inTransit(destinationType)
      | Disposition.inTransit(replyType) << 8
  }

  /// MACH_SEND_NOTIFY through a name with a request (facts: T10): a full queue arms the request; one with room takes
  /// the message for sure. The space is locked; the bits are still the caller's.
  private func prepareNotify(_ entry: UnsafeMutablePointer<Entry>) {
    let type = Disposition.inTransit(object.pointee.bits & MACH_MSGH_BITS_REMOTE_MASK)
    guard type == MACH_MSG_TYPE_PORT_SEND, entry.pointee.type != 0, entry.pointee.request != 0,
      let port = destinationPort?.locked()
    else { return }
    guard port.body.isActive, !port.body.isKernelPort else { return }
    if port.body.queue.isFull {
      port.body.requests.arm(entry.pointee.request)
    } else {
      object.pointee.isForced = true
    }
  }

  @inline(__always)
  private func copyinDestination(
    _ locked: borrowing LockedSpace, _ entry: UnsafeMutablePointer<Entry>, _ name: mach_port_name_t,
    _ type: mach_msg_type_name_t, _ aftermath: inout Aftermath
  ) throws(MessageReturn) {
    guard let right = try? locked.copyinInlined(entry, named: name, type, allowingDead: false, &aftermath) else {
      throw .sendInvalidDestination
    }
    object.pointee.destination = right.leak()
  }

  /// Destination and reply under one name (facts: S6).
  private func copyinPair(
    _ locked: borrowing LockedSpace, _ entry: UnsafeMutablePointer<Entry>, _ name: mach_port_name_t,
    _ destinationType: mach_msg_type_name_t, _ replyType: mach_msg_type_name_t, _ aftermath: inout Aftermath
  ) throws(MessageReturn) {
    do throws(KernelReturn) {
      var pair = try locked.copyinTwo(entry, named: name, destinationType, replyType, &aftermath)
      object.pointee.destination = pair.takeFirst().leak()
      object.pointee.reply = pair.takeSecond().leak()
    } catch {
      throw error == .invalidCapability ? .sendInvalidReply : .sendInvalidDestination
    }
    locked.freeIfEmpty(entry, named: name)
  }

  /// There are no voucher ports, so only a voucher disposition without a voucher passes (facts: S4). It reads as
  /// MOVE_SEND in transit.
  private func copyinVoucher(_ type: mach_msg_type_name_t) throws(MessageReturn) {
    guard type == MACH_MSG_TYPE_MOVE_SEND || type == MACH_MSG_TYPE_COPY_SEND,
      header.pointee.msgh_voucher_port == Name.null
    else { throw .sendInvalidVoucher }
    object.pointee.bits =
      object.pointee.bits & ~MACH_MSGH_BITS_VOUCHER_MASK | mach_msg_bits_t(MACH_MSG_TYPE_MOVE_SEND) << 16
  }
}

extension TransferredPair {
  fileprivate mutating func takeFirst() -> TransferredRight {
    var taken = TransferredRight.null
    swap(&taken, &first)
    return taken
  }

  fileprivate mutating func takeSecond() -> TransferredRight {
    var taken = TransferredRight.null
    swap(&taken, &second)
    return taken
  }
}

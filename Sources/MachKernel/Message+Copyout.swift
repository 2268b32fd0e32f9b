// Copyout of a message: it becomes bytes and names of the receiver.

import CLinux
import CMach

extension Message {
  /// What the receiver finds in place of the destination right: the port's name if it still holds the receive right,
  /// NULL when that is elsewhere, DEAD when the port has died (historic: `ipc_object_copyout_dest`; facts: V8). A
  /// delivery, but not a rejection, sends what waits for room in the queue (facts: T11).
  @inline(__always)
  private func copyoutDestination(to space: Space, isDelivery: Bool) -> mach_port_name_t {
    guard let port = destinationPort else { return Name.dead }
    object.pointee.destination = 0
    let isSendOnce = destinationType == MACH_MSG_TYPE_PORT_SEND_ONCE
    var aftermath = Aftermath()
    let locked = port.locked()
    guard locked.body.isActive else {
      if isSendOnce { locked.body.sendOnceRightCount -= 1 } else { locked.body.sendRightCount -= 1 }
      locked.unlockReleasing()
      return Name.dead
    }
    if isDelivery, locked.body.requests.mayHaveArmed { locked.body.requests.fireArmed(&aftermath) }
    let isHere = locked.body.receiver == space
    let name = isHere ? locked.body.receiverName : Name.null
    if isSendOnce, !isHere {
      locked.unlock()
      aftermath.finish()
      Notification.postSendOnce(consuming: port)
      return name
    }
    if isSendOnce { locked.body.sendOnceRightCount -= 1 } else { locked.dropSend(&aftermath) }
    locked.unlockReleasing()
    aftermath.finish()
    return name
  }

  /// Header bits as the receiver sees them: the two disposition fields change places (facts: V8).
  @inline(__always)
  var swappedBits: mach_msg_bits_t {
    let bits = object.pointee.bits
    return bits & ~(MACH_MSGH_BITS_REMOTE_MASK | MACH_MSGH_BITS_LOCAL_MASK) | replyType | destinationType << 8
  }

  /// Writes the message with its trailer to `buffer`, which has room for both, and frees it: rights become names of
  /// `space` (historic: `ipc_kmsg_copyout`; facts: V7, V8, V16, D7). Returns MACH_MSG_SUCCESS, or
  /// MACH_RCV_BODY_ERROR and MACH_RCV_HEADER_ERROR with the reason where a right found no room.
  func deliver(
    to buffer: UnsafeMutableRawPointer, of space: Space, option: mach_msg_option_t, _ departure: Departure
  ) -> mach_msg_return_t {
    var replyName = Name.null
    if object.pointee.reply != 0 {
      do throws(KernelReturn) {
        replyName = try space.locked().copyout(takeReply())
      } catch {
        return deliverHeaderOnly(to: buffer, of: space, option: option, departure, error)
      }
    }
    var bits = swappedBits
    if option & MACH_RCV_VOUCHER == 0 { bits &= ~MACH_MSGH_BITS_VOUCHER_MASK }
    let destinationName = departure.destinationName ?? copyoutDestination(to: space, isDelivery: true)
    var code = MACH_MSG_SUCCESS
    if isComplex {
      let reason = copyoutDescriptors(to: space, arrival(in: buffer, option))
      if reason != 0 { code = MACH_RCV_BODY_ERROR | reason }
    }
    write(
      to: buffer, option: option, bits: bits, replyName: replyName, destinationName: destinationName, departure)
    return code
  }

  /// Writes the message with its trailer to `buffer`, its header as the receiver sees it, and frees it: its rights are
  /// names, or have ended.
  @inline(__always)
  func write(
    to buffer: UnsafeMutableRawPointer, option: mach_msg_option_t, bits: mach_msg_bits_t,
    replyName: mach_port_name_t, destinationName: mach_port_name_t, _ departure: Departure
  ) {
    let size = object.pointee.size
    clinux_copy(buffer, bytes, Int(size))
    // Not before the copy, which would have to wait for each of them to reach memory.
    buffer.storeBytes(of: bits, toByteOffset: 0, as: mach_msg_bits_t.self)
    buffer.storeBytes(of: size, toByteOffset: 4, as: mach_msg_size_t.self)
    buffer.storeBytes(of: replyName, toByteOffset: 8, as: mach_port_name_t.self)
    buffer.storeBytes(of: destinationName, toByteOffset: 12, as: mach_port_name_t.self)
    Trailer.write(
      to: buffer + Int(size), option: option, sequenceNumber: departure.sequenceNumber, context: departure.context,
      isFromKernel: object.pointee.isFromKernel)
    freeReceived()
  }

  /// Guarded rights come with the address of the receiver's buffer as their guard: it is at hand, and no one else's.
  private func guardValue(of buffer: UnsafeMutableRawPointer) -> mach_port_context_t {
    mach_port_context_t(UInt(bitPattern: buffer))
  }

  private func arrival(in buffer: UnsafeMutableRawPointer, _ option: mach_msg_option_t) -> GuardedArrival {
    option & MACH_RCV_GUARDED_DESC != 0 ? .taken(guard: guardValue(of: buffer), isImmovable: true) : .refused
  }

  /// No room for the reply right's name: the receiver gets the header alone (facts: V15).
  @inline(never)
  private func deliverHeaderOnly(
    to buffer: UnsafeMutableRawPointer, of space: Space, option: mach_msg_option_t, _ departure: Departure,
    _ reason: KernelReturn
  ) -> mach_msg_return_t {
    rejected(to: buffer, of: space, option: option, departure)
    return MACH_RCV_HEADER_ERROR | (reason == .resourceShortage ? MACH_MSG_IPC_KERNEL : MACH_MSG_IPC_SPACE)
  }

  /// Ends a message that its receiver cannot take, and tells the receiver of it: a header of 24 bytes with the
  /// destination's name, and a trailer (historic: `msg_receive_error`; facts: V6, V15). What does not fit into `limit`
  /// bytes of the buffer is left out.
  func rejected(
    to buffer: UnsafeMutableRawPointer?, of space: Space, option: mach_msg_option_t, limit: mach_msg_size_t = .max,
    _ departure: Departure
  ) {
    var answer = header.pointee
    answer.msgh_bits = swappedBits
    answer.msgh_size = Message.headerSize
    answer.msgh_local_port = departure.destinationName ?? copyoutDestination(to: space, isDelivery: false)
    answer.msgh_remote_port = object.pointee.reply == .max ? Name.dead : Name.null
    if let buffer {
      if limit >= Message.headerSize {
        buffer.copyMemory(from: &answer, byteCount: MemoryLayout<mach_msg_header_t>.size)
      }
      if Trailer.fits(Message.headerSize, option: option, limit: limit) {
        Trailer.write(
          to: buffer + Int(Message.headerSize), option: option, sequenceNumber: departure.sequenceNumber,
          context: departure.context, isFromKernel: true)
      }
    }
    destroy()
  }

  /// Writes a message that could not be sent back into the sender's buffer, its rights as names again, and frees it
  /// (historic: `ipc_kmsg_copyout_pseudo`; facts: S9). The header is not swapped, dispositions are those in transit,
  /// there is no trailer. Returns MACH_MSG_IPC_SPACE or MACH_MSG_IPC_KERNEL where a right found no room, else 0.
  @inline(never)
  func pseudoReceive(into buffer: UnsafeMutableRawPointer, of space: Space) -> mach_msg_return_t {
    var reason: mach_msg_return_t = 0
    func name(_ right: consuming TransferredRight) -> mach_port_name_t {
      do throws(KernelReturn) {
        return try space.locked().copyout(right)
      } catch {
        reason |= error == .resourceShortage ? MACH_MSG_IPC_KERNEL : MACH_MSG_IPC_SPACE
        return Name.null
      }
    }
    header.pointee.msgh_remote_port = name(takeDestination())
    header.pointee.msgh_local_port = name(takeReply())
    header.pointee.msgh_bits = object.pointee.bits
    header.pointee.msgh_size = object.pointee.size
    if isComplex { reason |= copyoutDescriptors(to: space, .taken(guard: guardValue(of: buffer), isImmovable: false)) }
    clinux_copy(buffer, bytes, Int(object.pointee.size))
    free()
    return reason
  }
}

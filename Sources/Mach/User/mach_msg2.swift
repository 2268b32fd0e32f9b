// <mach/message.h>: mach_msg with its arguments two to a word.

import CMach

@_cdecl("mach_msg2_internal") @implementation
public func mach_msg2_internal(
  _ data: UnsafeMutableRawPointer!, _ option64: mach_msg_option64_t, _ msgh_bits_and_send_size: UInt64,
  _ msgh_remote_and_local_port: UInt64, _ msgh_voucher_and_id: UInt64, _ desc_count_and_rcv_name: UInt64,
  _ rcv_size_and_priority: UInt64, _ timeout: UInt64
) -> mach_msg_return_t {
  func low(_ pair: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: pair) }
  func high(_ pair: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: pair >> 32) }
  let option = mach_msg_option_t(bitPattern: low(option64))
  let sends = option & MACH_SEND_MSG != 0
  if high(option64) & 1 != 0 { return sends ? MACH_SEND_INVALID_OPTIONS : MACH_RCV_INVALID_ARGUMENTS }
  let header = data?.assumingMemoryBound(to: mach_msg_header_t.self)
  let size = high(msgh_bits_and_send_size)
  if sends, let header, size >= mach_msg_size_t(MIGMessage.headerSize) {
    header.pointee.msgh_bits = low(msgh_bits_and_send_size)
    header.pointee.msgh_remote_port = low(msgh_remote_and_local_port)
    header.pointee.msgh_local_port = high(msgh_remote_and_local_port)
    header.pointee.msgh_voucher_port = low(msgh_voucher_and_id)
    header.pointee.msgh_id = mach_msg_id_t(bitPattern: high(msgh_voucher_and_id))
  }
  return mach_msg(
    header, option, size, low(rcv_size_and_priority), high(desc_count_and_rcv_name), low(timeout), 0)
}

// <mach/mach.h>: vouchers of messages. There are none, so nothing is changed and nothing needs to be undone.

import CMach

@_cdecl("voucher_mach_msg_set") @implementation
public func voucher_mach_msg_set(_ msg: UnsafeMutablePointer<mach_msg_header_t>!) -> boolean_t { 0 }

@_cdecl("voucher_mach_msg_clear") @implementation
public func voucher_mach_msg_clear(_ msg: UnsafeMutablePointer<mach_msg_header_t>!) {}

@_cdecl("voucher_mach_msg_adopt") @implementation
public func voucher_mach_msg_adopt(_ msg: UnsafeMutablePointer<mach_msg_header_t>!) -> voucher_mach_msg_state_t! {
  OpaquePointer(bitPattern: UInt.max)
}

@_cdecl("voucher_mach_msg_revert") @implementation
public func voucher_mach_msg_revert(_ state: voucher_mach_msg_state_t!) {}

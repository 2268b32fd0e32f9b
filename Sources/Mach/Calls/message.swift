// <mach/message.h>: mach_msg and mach_msg_overwrite.

import CMach
import MachKernel

@_cdecl("mach_msg") @implementation
public func mach_msg(
  _ msg: UnsafeMutablePointer<mach_msg_header_t>!, _ option: mach_msg_option_t, _ send_size: mach_msg_size_t,
  _ rcv_size: mach_msg_size_t, _ rcv_name: mach_port_name_t, _ timeout: mach_msg_timeout_t,
  _ notify: mach_port_name_t
) -> mach_msg_return_t {
  MessageCall(
    buffer: UnsafeMutableRawPointer(msg), option: option, sendSize: send_size, receiveLimit: rcv_size,
    receiveName: rcv_name, timeout: timeout, receiveBuffer: nil
  ).run()
}

@_cdecl("mach_msg_overwrite") @implementation
public func mach_msg_overwrite(
  _ msg: UnsafeMutablePointer<mach_msg_header_t>!, _ option: mach_msg_option_t, _ send_size: mach_msg_size_t,
  _ rcv_size: mach_msg_size_t, _ rcv_name: mach_port_name_t, _ timeout: mach_msg_timeout_t,
  _ notify: mach_port_name_t, _ rcv_msg: UnsafeMutablePointer<mach_msg_header_t>!, _ rcv_limit: mach_msg_size_t
) -> mach_msg_return_t {
  MessageCall(
    buffer: UnsafeMutableRawPointer(msg), option: option, sendSize: send_size, receiveLimit: rcv_size,
    receiveName: rcv_name, timeout: timeout, receiveBuffer: UnsafeMutableRawPointer(rcv_msg)
  ).run()
}

// What is added behind a received message: who sent it, and which one it was.

import CLinux
import CMach

/// The trailer of a received message (historic: `ipc_kmsg_add_trailer`; facts: V7, V13). At
/// `(size of the message rounded up to 4)`, 8 to 68 bytes.
package enum Trailer {
  /// Bytes of the trailer that receive options ask for.
  @inline(__always)
  package static func size(_ option: mach_msg_option_t) -> mach_msg_size_t {
    let elements = (option >> 24) & 0xf
    return elements == 0 ? 8 : longerSize(elements)
  }

  private static func longerSize(_ elements: mach_msg_option_t) -> mach_msg_size_t {
    switch elements {
    case 1: 12
    case 2: 20
    case 3: 52
    case 4: 60
    default: 68
    }
  }

  /// Whether a message of `size` bytes and its trailer fit into `limit` bytes (facts: V10).
  @inline(__always)
  static func fits(_ size: mach_msg_size_t, option: mach_msg_option_t, limit: mach_msg_size_t) -> Bool {
    let (needed, overflow) = size.addingReportingOverflow(Trailer.size(option))
    return !overflow && needed <= limit
  }

  /// Writes the trailer that `option` asks for at `address`, 4-byte aligned; nothing behind it is touched. `statedSize`
  /// is the size that it shows, when not its own.
  @inline(__always)
  package static func write(
    to address: UnsafeMutableRawPointer, option: mach_msg_option_t, sequenceNumber: mach_port_seqno_t,
    context: mach_port_context_t, isFromKernel: Bool, statedSize: mach_msg_size_t? = nil
  ) {
    let size = size(option)
    address.storeBytes(of: 0, as: UInt32.self)
    address.storeBytes(of: statedSize ?? size, toByteOffset: 4, as: UInt32.self)
    if size > 8 {
      writeElements(to: address, size: size, sequenceNumber: sequenceNumber, context: context, isFromKernel)
    }
  }

  @inline(never)
  private static func writeElements(
    to address: UnsafeMutableRawPointer, size: mach_msg_size_t, sequenceNumber: mach_port_seqno_t,
    context: mach_port_context_t, _ isFromKernel: Bool
  ) {
    address.storeBytes(of: sequenceNumber, toByteOffset: 8, as: UInt32.self)
    if size >= 20 {
      let sender = isFromKernel ? (0, 1) : (clinux_effective_user(), clinux_effective_group())
      address.storeBytes(of: sender.0, toByteOffset: 12, as: UInt32.self)
      address.storeBytes(of: sender.1, toByteOffset: 16, as: UInt32.self)
    }
    if size >= 52 { writeAuditToken(to: address + 20, isFromKernel) }
    if size >= 60 { address.storeBytes(of: UInt64(context), toByteOffset: 52, as: UInt64.self) }
    if size >= 68 {
      address.storeBytes(of: 0, toByteOffset: 60, as: UInt32.self)
      address.storeBytes(of: 0, toByteOffset: 64, as: UInt32.self)
    }
  }

  private static func writeAuditToken(to address: UnsafeMutableRawPointer, _ isFromKernel: Bool) {
    let token = isFromKernel ? audit_token_t() : auditToken()
    withUnsafeBytes(of: token) { UnsafeMutableRawBufferPointer(start: address, count: 32).copyMemory(from: $0) }
  }

  /// The eight words of an audit token (facts: V18), read now.
  static func auditToken() -> audit_token_t {
    audit_token_t(
      val: (
        clinux_login_user(), clinux_effective_user(), clinux_effective_group(), clinux_real_user(), clinux_real_group(),
        clinux_process(), clinux_session(), Kernel.processVersion
      ))
  }

  /// Who a program's messages come from.
  static func securityToken() -> security_token_t {
    security_token_t(val: (clinux_effective_user(), clinux_effective_group()))
  }
}

// mach_msg_destroy: giving back what a received message brought, or an unsent one holds.

import CMach
import MachKernel

/// Deallocates the remote right and the voucher, then the descriptors' rights and memory, up to a descriptor of an
/// unknown kind (source: libsyscall, mach_msg.c). The local port is the receiver's own and stays.
@_cdecl("mach_msg_destroy") @implementation
public func mach_msg_destroy(_ msg: UnsafeMutablePointer<mach_msg_header_t>!) {
  guard let msg, let space = Thread.entering?.task.space else { return }
  let bits = msg.pointee.msgh_bits
  drop(msg.pointee.msgh_remote_port, bits & MACH_MSGH_BITS_REMOTE_MASK, space)
  drop(msg.pointee.msgh_voucher_port, (bits & MACH_MSGH_BITS_VOUCHER_MASK) >> 16, space)
  guard bits & MACH_MSGH_BITS_COMPLEX != 0 else { return }
  var descriptor = UnsafeMutableRawPointer(msg + 1)
  let count = descriptor.load(as: UInt32.self)
  descriptor += 4
  for _ in 0..<count { descriptor += destroyDescriptor(descriptor, space) }
}

/// Ends what one descriptor brought; returns its size in bytes.
private func destroyDescriptor(_ descriptor: UnsafeMutableRawPointer, _ space: Space) -> Int {
  func byte(_ offset: Int) -> UInt32 { UInt32(descriptor.load(fromByteOffset: offset, as: UInt8.self)) }
  let address = UnsafeMutableRawPointer(bitPattern: descriptor.loadUnaligned(as: UInt.self))
  let isDeallocated = byte(8) != 0
  switch byte(11) {
  case UInt32(MACH_MSG_OOL_DESCRIPTOR):
    let size = descriptor.load(fromByteOffset: 12, as: UInt32.self)
    if isDeallocated { deallocate(address, UInt64(size)) }
    return 16
  case UInt32(MACH_MSG_OOL_PORTS_DESCRIPTOR):
    let count = descriptor.load(fromByteOffset: 12, as: UInt32.self)
    if let names = address?.assumingMemoryBound(to: mach_port_name_t.self) {
      for index in 0..<Int(count) { drop(names[index], byte(10), space) }
    }
    if isDeallocated { deallocate(address, UInt64(count) * 4) }
    return 16
  case UInt32(MACH_MSG_OOL_VOLATILE_DESCRIPTOR): return 16
  case UInt32(MACH_MSG_PORT_DESCRIPTOR):
    drop(descriptor.load(as: mach_port_name_t.self), byte(10), space)
    return 12
  case UInt32(MACH_MSG_GUARDED_PORT_DESCRIPTOR):
    let name = descriptor.loadUnaligned(fromByteOffset: 12, as: mach_port_name_t.self)
    if byte(8) & UInt32(MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND) == 0, !isNullOrDead(name) {
      try? space.unguardPort(name, with: descriptor.loadUnaligned(as: mach_port_context_t.self))
    }
    drop(name, byte(10), space)
    return 16
  // What it is, and where the next one stands, no one knows.
  default: return 0
  }
}

private func deallocate(_ address: UnsafeMutableRawPointer?, _ size: UInt64) {
  guard let address else { return }
  VirtualMemory.dispose(at: UInt64(UInt(bitPattern: address)), size: size)
}

/// What a right that would have been moved is dropped; one that would have been made is made first, so that its port
/// sees it come and go; one that would have been copied stays.
private func drop(_ name: mach_port_name_t, _ disposition: mach_msg_type_name_t, _ space: Space) {
  guard !isNullOrDead(name) else { return }
  switch disposition {
  case MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE: try? space.deallocate(name)
  case MACH_MSG_TYPE_MOVE_RECEIVE:
    try? space.modifyReferences(of: name, right: MACH_PORT_RIGHT_RECEIVE, by: -1)
  case MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE:
    guard let made = try? space.extractRight(of: name, disposition, to: space) else { return }
    try? space.deallocate(made.name)
  default: break
  }
}

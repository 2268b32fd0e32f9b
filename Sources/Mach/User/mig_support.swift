// <mach/mig.h>, <mach/mach_sync_ipc.h> and <mach/mach.h>: what stubs call besides mach_msg.

import CMach
import MachKernel

// MARK: Reply ports

@_cdecl("mig_get_reply_port") @implementation
public func mig_get_reply_port() -> mach_port_t { Thread.entering?.replyPort(.ordinary) ?? 0 }

@_cdecl("mig_put_reply_port") @implementation
public func mig_put_reply_port(_ reply_port: mach_port_t) {}

@_cdecl("mig_dealloc_reply_port") @implementation
public func mig_dealloc_reply_port(_ reply_port: mach_port_t) {
  guard let thread = Thread.entering else { return }
  let kept = thread.takeReplyPort(.ordinary)
  if kept == 0 { return }
  try? thread.task.space.changeReferences(of: kept, MACH_PORT_RIGHT_RECEIVE, by: -1)
  if reply_port != kept { try? thread.task.space.deallocateName(reply_port) }
}

@_cdecl("mig_get_special_reply_port") @implementation
public func mig_get_special_reply_port() -> mach_port_t { Thread.entering?.replyPort(.special) ?? 0 }

@_cdecl("mig_dealloc_special_reply_port") @implementation
public func mig_dealloc_special_reply_port(_ reply_port: mach_port_t) {
  guard let thread = Thread.entering else { return }
  let kept = thread.takeReplyPort(.special)
  if kept == 0 { return }
  try? thread.task.space.destruct(kept, -1, guard: 0)
  if reply_port != kept { try? thread.task.space.deallocateName(reply_port) }
}

// MARK: Replies

@_cdecl("mig_reply_setup") @implementation
public func mig_reply_setup(
  _ request: UnsafeMutablePointer<mach_msg_header_t>!, _ reply: UnsafeMutablePointer<mach_msg_header_t>!
) {
  guard let request, let reply else { return }
  reply.pointee.msgh_bits = (request.pointee.msgh_bits & MACH_MSGH_BITS_LOCAL_MASK) >> 8
  reply.pointee.msgh_size = MIGMessage.errorReplySize
  reply.pointee.msgh_remote_port = request.pointee.msgh_local_port
  reply.pointee.msgh_local_port = 0
  reply.pointee.msgh_id = request.pointee.msgh_id &+ 100
  UnsafeMutableRawPointer(reply).storeBytes(
    of: cmach_ndr_record(), toByteOffset: MIGMessage.headerSize, as: NDR_record_t.self)
}

// MARK: Strings and memory

@_cdecl("mig_strncpy") @implementation
public func mig_strncpy(
  _ dest: UnsafeMutablePointer<CChar>!, _ src: UnsafePointer<CChar>!, _ len: Int32
) -> Int32 {
  guard len > 0, let dest, let src else { return 0 }
  return copyString(dest, src, Int(len))
}

@_cdecl("mig_strncpy_zerofill") @implementation
public func mig_strncpy_zerofill(
  _ dest: UnsafeMutablePointer<CChar>!, _ src: UnsafePointer<CChar>!, _ len: Int32
) -> Int32 {
  guard len > 0, let dest else { return 0 }
  let copied = src.map { copyString(dest, $0, Int(len)) } ?? 0
  (dest + Int(copied)).initialize(repeating: 0, count: Int(len - copied))
  return copied
}

/// Copies a string of at most `limit` bytes, its end included. Returns the bytes written.
private func copyString(
  _ destination: UnsafeMutablePointer<CChar>, _ source: UnsafePointer<CChar>, _ limit: Int
) -> Int32 {
  var count = 0
  while count < limit - 1, source[count] != 0 {
    destination[count] = source[count]
    count += 1
  }
  destination[count] = 0
  return Int32(count + 1)
}

@_cdecl("mig_allocate") @implementation
public func mig_allocate(_ address: UnsafeMutablePointer<vm_address_t>!, _ size: vm_size_t) {
  guard let address else { return }
  address.pointee = vm_address_t((try? VirtualMemory.allocate(.anywhere, size: UInt64(size))) ?? 0)
}

@_cdecl("mig_deallocate") @implementation
public func mig_deallocate(_ address: vm_address_t, _ size: vm_size_t) {
  VirtualMemory.dispose(at: UInt64(address), size: UInt64(size))
}

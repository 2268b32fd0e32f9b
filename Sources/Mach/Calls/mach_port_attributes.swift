// <mach/mach_port.h>: the routines that read and set what belongs to a receive right.

import CMach
import MachKernel

@_cdecl("mach_port_set_mscount") @implementation
public func mach_port_set_mscount(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ mscount: mach_port_mscount_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.setMakeSendCount(of: name, mscount) }
}

@_cdecl("mach_port_set_seqno") @implementation
public func mach_port_set_seqno(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ seqno: mach_port_seqno_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.setSequenceNumber(of: name, seqno) }
}

@_cdecl("mach_port_get_context") @implementation
public func mach_port_get_context(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ context: UnsafeMutablePointer<mach_port_context_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let context = try output(context)
    context.pointee = try space.context(of: name)
  }
}

@_cdecl("mach_port_set_context") @implementation
public func mach_port_set_context(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ context: mach_port_context_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.setContext(of: name, context) }
}

/// Counts of 32-bit words that the flavors read and write.
private let limitsCount = mach_msg_type_number_t(MemoryLayout<mach_port_limits_t>.size / 4)
private let statusCount = mach_msg_type_number_t(MemoryLayout<mach_port_status_t>.size / 4)
private let extendedCount = mach_msg_type_number_t(MemoryLayout<mach_port_info_ext_t>.size / 4)

/// The count is tested first, then the name; NULL and DEAD have no limits and no requests (facts: Q8, Q9).
@_cdecl("mach_port_get_attributes") @implementation
public func mach_port_get_attributes(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ flavor: mach_port_flavor_t, _ port_info_out: mach_port_info_t!,
  _ port_info_outCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let count = try output(port_info_outCnt)
    let info = UnsafeMutableRawPointer(try output(port_info_out))
    switch flavor {
    case MACH_PORT_LIMITS_INFO:
      if count.pointee < limitsCount { throw .failure }
      if isNullOrDead(name) {
        count.pointee = 0
        return
      }
      info.storeBytes(of: try space.queueLimit(of: name), as: UInt32.self)
      count.pointee = limitsCount
    case MACH_PORT_RECEIVE_STATUS:
      if count.pointee < statusCount { throw .failure }
      info.storeBytes(of: try space.status(of: name), as: mach_port_status_t.self)
      count.pointee = statusCount
    case MACH_PORT_DNREQUESTS_SIZE:
      if count.pointee < 1 { throw .failure }
      if isNullOrDead(name) {
        info.storeBytes(of: 0, as: UInt32.self)
        return
      }
      info.storeBytes(of: try space.requestTableSize(of: name), as: UInt32.self)
      count.pointee = 1
    case MACH_PORT_INFO_EXT:
      if count.pointee < extendedCount { throw .failure }
      var extended = mach_port_info_ext_t()
      extended.mpie_status = try space.status(of: name)
      info.storeBytes(of: extended, as: mach_port_info_ext_t.self)
      count.pointee = extendedCount
    default: throw .invalidArgument
    }
  }
}

/// Facts: Q2, Q12.
@_cdecl("mach_port_set_attributes") @implementation
public func mach_port_set_attributes(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ flavor: mach_port_flavor_t, _ port_info: mach_port_info_t!,
  _ port_infoCnt: mach_msg_type_number_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    switch flavor {
    case MACH_PORT_LIMITS_INFO:
      if port_infoCnt < limitsCount { throw .failure }
      let limit = UnsafeRawPointer(try output(port_info)).load(as: UInt32.self)
      if limit > UInt32(MACH_PORT_QLIMIT_MAX) { throw .invalidValue }
      try space.setQueueLimit(of: name, limit)
    case MACH_PORT_DNREQUESTS_SIZE:
      if port_infoCnt < 1 { throw .failure }
      let size = UnsafeRawPointer(try output(port_info)).load(as: Int32.self)
      try space.reserveRequests(of: name, size)
    case MACH_PORT_TEMPOWNER: try space.donateImportance(name, asTemporaryOwner: true)
    case MACH_PORT_IMPORTANCE_RECEIVER, MACH_PORT_DENAP_RECEIVER:
      try space.donateImportance(name, asTemporaryOwner: false)
    default: throw .invalidArgument
    }
  }
}

/// Facts: X4.
@_cdecl("mach_port_peek") @implementation
public func mach_port_peek(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ trailer_type: mach_msg_trailer_type_t,
  _ request_seqnop: UnsafeMutablePointer<mach_port_seqno_t>!, _ msg_sizep: UnsafeMutablePointer<mach_msg_size_t>!,
  _ msg_idp: UnsafeMutablePointer<mach_msg_id_t>!, _ trailer_infop: mach_msg_trailer_info_t!,
  _ trailer_infopCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let number = try output(request_seqnop)
    let size = try output(msg_sizep)
    let identifier = try output(msg_idp)
    let trailer = try output(trailer_infop)
    let trailerSize = try output(trailer_infopCnt)
    if isNullOrDead(name) { throw .invalidRight }
    let option = mach_msg_option_t(bitPattern: trailer_type)
    let needed = Trailer.size(option)
    if (option >> 24) & 0xf > MACH_RCV_TRAILER_AUDIT || needed > trailerSize.pointee { throw .invalidValue }
    let found = try space.peek(name, number.pointee)
    number.pointee = found.sequenceNumber
    size.pointee = found.size
    identifier.pointee = found.identifier
    trailerSize.pointee = needed
    Trailer.write(
      to: UnsafeMutableRawPointer(trailer), option: option, sequenceNumber: found.sequenceNumber, context: 0,
      isFromKernel: found.isFromKernel, statedSize: 8)
  }
}

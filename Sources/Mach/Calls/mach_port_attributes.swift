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

@_cdecl("mach_port_get_attributes") @implementation
public func mach_port_get_attributes(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ flavor: mach_port_flavor_t, _ port_info_out: mach_port_info_t!,
  _ port_info_outCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let count = try output(port_info_outCnt)
    let info = UnsafeMutableRawPointer(try output(port_info_out))
    try space.getAttributes(of: name, flavor, info, &count.pointee)
  }
}

@_cdecl("mach_port_set_attributes") @implementation
public func mach_port_set_attributes(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ flavor: mach_port_flavor_t, _ port_info: mach_port_info_t!,
  _ port_infoCnt: mach_msg_type_number_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    try space.setAttributes(of: name, flavor, UnsafeRawPointer(port_info), port_infoCnt)
  }
}

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
    let (found, needed) = try space.peek(
      name, number.pointee, trailerType: trailer_type, UnsafeMutableRawPointer(trailer), limit: trailerSize.pointee)
    number.pointee = found.sequenceNumber
    size.pointee = found.size
    identifier.pointee = found.identifier
    trailerSize.pointee = needed
  }
}

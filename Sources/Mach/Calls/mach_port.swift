// <mach/mach_port.h>: the routines on names and rights. Each checks its arguments in the reference's order, finds the
// task's space, runs one kernel operation, and writes outputs on success.

import CMach
import MachKernel

// MARK: Names

@_cdecl("mach_port_names") @implementation
public func mach_port_names(
  _ task: ipc_space_t, _ names: UnsafeMutablePointer<mach_port_name_array_t?>!,
  _ namesCnt: UnsafeMutablePointer<mach_msg_type_number_t>!,
  _ types: UnsafeMutablePointer<mach_port_type_array_t?>!,
  _ typesCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let names = try output(names)
    let namesCnt = try output(namesCnt)
    let types = try output(types)
    let typesCnt = try output(typesCnt)
    var nameArray = Space.makeNameArray()
    var typeArray = Space.makeNameArray()
    try space.names(&nameArray, &typeArray)
    (names.pointee, namesCnt.pointee) = nameArray.leak()
    (types.pointee, typesCnt.pointee) = typeArray.leak()
  }
}

@_cdecl("mach_port_type") @implementation
public func mach_port_type(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ ptype: UnsafeMutablePointer<mach_port_type_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let ptype = try output(ptype)
    ptype.pointee = try space.type(of: name)
  }
}

@_cdecl("mach_port_rename") @implementation
public func mach_port_rename(
  _ task: ipc_space_t, _ old_name: mach_port_name_t, _ new_name: mach_port_name_t
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

// MARK: Allocation

@_cdecl("mach_port_allocate") @implementation
public func mach_port_allocate(
  _ task: ipc_space_t, _ right: mach_port_right_t, _ name: UnsafeMutablePointer<mach_port_name_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let name = try output(name)
    name.pointee = try space.allocate(.init(right: right))
  }
}

@_cdecl("mach_port_allocate_name") @implementation
public func mach_port_allocate_name(
  _ task: ipc_space_t, _ right: mach_port_right_t, _ name: mach_port_name_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    _ = try space.allocate(.init(right: right, name: name))
  }
}

@_cdecl("mach_port_allocate_qos") @implementation
public func mach_port_allocate_qos(
  _ task: ipc_space_t, _ right: mach_port_right_t, _ qos: UnsafeMutablePointer<mach_port_qos_t>!,
  _ name: UnsafeMutablePointer<mach_port_name_t>!
) -> kern_return_t {
  guard let qos, name != nil else { return KERN_INVALID_ARGUMENT }
  if qos.pointee.name != 0 { return KERN_INVALID_ARGUMENT }
  return mach_port_allocate_full(task, right, 0, qos, name)
}

@_cdecl("mach_port_allocate_full") @implementation
public func mach_port_allocate_full(
  _ task: ipc_space_t, _ right: mach_port_right_t, _ proto: mach_port_t,
  _ qos: UnsafeMutablePointer<mach_port_qos_t>!, _ name: UnsafeMutablePointer<mach_port_name_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let name = try output(name)
    let qos = try output(qos).pointee
    name.pointee = try space.allocate(right, hasPrototype: proto != 0, qos, wanted: name.pointee)
  }
}

// MARK: References

@_cdecl("mach_port_destroy") @implementation
public func mach_port_destroy(_ task: ipc_space_t, _ name: mach_port_name_t) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.destroyName(name) }
}

@_cdecl("mach_port_deallocate") @implementation
public func mach_port_deallocate(_ task: ipc_space_t, _ name: mach_port_name_t) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.deallocateName(name) }
}

@_cdecl("mach_port_get_refs") @implementation
public func mach_port_get_refs(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ right: mach_port_right_t,
  _ refs: UnsafeMutablePointer<mach_port_urefs_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let refs = try output(refs)
    refs.pointee = try space.references(of: name, right)
  }
}

@_cdecl("mach_port_mod_refs") @implementation
public func mach_port_mod_refs(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ right: mach_port_right_t, _ delta: mach_port_delta_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.changeReferences(of: name, right, by: delta) }
}

// MARK: Rights

@_cdecl("mach_port_insert_right") @implementation
public func mach_port_insert_right(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ poly: mach_port_t, _ polyPoly: mach_msg_type_name_t
) -> kern_return_t {
  onSpace(of: task) { (space, caller) throws(KernelReturn) in
    try space.insertRight(as: name, from: poly, polyPoly, of: caller)
  }
}

@_cdecl("mach_port_extract_right") @implementation
public func mach_port_extract_right(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ msgt_name: mach_msg_type_name_t,
  _ poly: UnsafeMutablePointer<mach_port_t>!, _ polyPoly: UnsafeMutablePointer<mach_msg_type_name_t>!
) -> kern_return_t {
  onSpace(of: task) { (space, caller) throws(KernelReturn) in
    let poly = try output(poly)
    let polyPoly = try output(polyPoly)
    (poly.pointee, polyPoly.pointee) = try space.extractRight(of: name, msgt_name, to: caller)
  }
}

@_cdecl("mach_port_get_srights") @implementation
public func mach_port_get_srights(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ srights: UnsafeMutablePointer<mach_port_rights_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let srights = try output(srights)
    srights.pointee = try space.sendRightCount(of: name)
  }
}

// MARK: Port sets

@_cdecl("mach_port_get_set_status") @implementation
public func mach_port_get_set_status(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ members: UnsafeMutablePointer<mach_port_name_array_t?>!,
  _ membersCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let members = try output(members)
    let membersCnt = try output(membersCnt)
    (members.pointee, membersCnt.pointee) = try space.setStatus(of: name).leak()
  }
}

@_cdecl("mach_port_move_member") @implementation
public func mach_port_move_member(
  _ task: ipc_space_t, _ member: mach_port_name_t, _ after: mach_port_name_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.changeSet(of: member, to: after) }
}

@_cdecl("mach_port_insert_member") @implementation
public func mach_port_insert_member(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ pset: mach_port_name_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.enter(name, into: pset) }
}

@_cdecl("mach_port_extract_member") @implementation
public func mach_port_extract_member(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ pset: mach_port_name_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.remove(name, from: pset) }
}

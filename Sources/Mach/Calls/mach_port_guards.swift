// <mach/mach_port.h>: guarded ports.

import CMach
import MachKernel

@_cdecl("mach_port_guard") @implementation
public func mach_port_guard(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ guard: mach_port_context_t, _ strict: boolean_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    try space.guardPort(name, with: `guard`, strict: strict != 0)
  }
}

@_cdecl("mach_port_guard_with_flags") @implementation
public func mach_port_guard_with_flags(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ guard: mach_port_context_t, _ flags: UInt64
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    try space.guardPort(
      name, with: `guard`, strict: flags & UInt64(MPG_STRICT) != 0,
      immovable: flags & UInt64(MPG_IMMOVABLE_RECEIVE) != 0)
  }
}

@_cdecl("mach_port_swap_guard") @implementation
public func mach_port_swap_guard(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ old_guard: mach_port_context_t, _ new_guard: mach_port_context_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.swapGuard(of: name, old_guard, for: new_guard) }
}

@_cdecl("mach_port_unguard") @implementation
public func mach_port_unguard(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ guard: mach_port_context_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.unguardPort(name, with: `guard`) }
}

@_cdecl("mach_port_construct") @implementation
public func mach_port_construct(
  _ task: ipc_space_t, _ options: mach_port_options_ptr_t!, _ context: mach_port_context_t,
  _ name: UnsafeMutablePointer<mach_port_name_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let name = try output(name)
    let options = try output(options).pointee
    var wanted = Space.Construction()
    wanted.context = context
    wanted.guards = options.flags & UInt32(MPO_CONTEXT_AS_GUARD) != 0
    wanted.isStrict = options.flags & UInt32(MPO_STRICT) != 0
    wanted.isImmovable = options.flags & UInt32(MPO_IMMOVABLE_RECEIVE) != 0
    if options.flags & UInt32(MPO_QLIMIT) != 0 {
      if options.mpl.mpl_qlimit > UInt32(MACH_PORT_QLIMIT_MAX) { throw .invalidValue }
      wanted.queueLimit = options.mpl.mpl_qlimit
    }
    wanted.isTemporaryOwner = options.flags & UInt32(MPO_TEMPOWNER) != 0
    wanted.donatesImportance = options.flags & UInt32(MPO_IMPORTANCE_RECEIVER | MPO_DENAP_RECEIVER) != 0
    wanted.insertsSendRight = options.flags & UInt32(MPO_INSERT_SEND_RIGHT) != 0
    name.pointee = try space.construct(wanted)
  }
}

@_cdecl("mach_port_destruct") @implementation
public func mach_port_destruct(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ srdelta: mach_port_delta_t, _ guard: mach_port_context_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.destruct(name, srdelta, guard: `guard`) }
}

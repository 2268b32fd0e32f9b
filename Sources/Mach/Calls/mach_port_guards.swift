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
    name.pointee = try space.construct(.init(options, context))
  }
}

@_cdecl("mach_port_destruct") @implementation
public func mach_port_destruct(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ srdelta: mach_port_delta_t, _ guard: mach_port_context_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.destruct(name, srdelta, guard: `guard`) }
}

// <mach/host_priv.h>: the ports that the host keeps for all tasks, the control ports of its clocks, and memory that
// stays.

import CMach
import MachKernel

/// The host is looked at first, then the task.
private func wire(
  _ host: host_priv_t, _ task: vm_map_t, _ address: UInt64, _ size: UInt64, _ access: vm_prot_t
) -> kern_return_t {
  guard let thread = Thread.entering else { return KERN_RESOURCE_SHORTAGE }
  do throws(KernelReturn) {
    try thread.task.space.checkHost(named: host)
  } catch {
    return KERN_INVALID_HOST
  }
  return onSpace(of: task) { (_) throws(KernelReturn) in
    try VirtualMemory.wire(at: address, size: size, access)
  }
}

@_cdecl("vm_wire") @implementation
public func vm_wire(
  _ host_priv: host_priv_t, _ task: vm_map_t, _ address: vm_address_t, _ size: vm_size_t, _ desired_access: vm_prot_t
) -> kern_return_t {
  wire(host_priv, task, UInt64(address), UInt64(size), desired_access)
}

@_cdecl("mach_vm_wire") @implementation
public func mach_vm_wire(
  _ host_priv: host_priv_t, _ task: vm_map_t, _ address: mach_vm_address_t, _ size: mach_vm_size_t,
  _ desired_access: vm_prot_t
) -> kern_return_t {
  wire(host_priv, task, address, size, desired_access)
}

@_cdecl("host_get_special_port") @implementation
public func host_get_special_port(
  _ host_priv: host_priv_t, _ node: Int32, _ which: Int32, _ port: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  onHost(host_priv) { (thread) throws(KernelReturn) in
    let port = try output(port)
    port.pointee = try Host.specialPort(which).name(in: thread.task.space)
  }
}

@_cdecl("host_set_special_port") @implementation
public func host_set_special_port(_ host_priv: host_priv_t, _ which: Int32, _ port: mach_port_t) -> kern_return_t {
  onHost(host_priv) { (thread) throws(KernelReturn) in
    let right = try thread.task.space.copySend(of: port)
    do throws(KernelReturn) {
      try Host.setSpecialPort(which, right)
    } catch {
      right.drop()
      throw error
    }
  }
}

@_cdecl("host_set_exception_ports") @implementation
public func host_set_exception_ports(
  _ host_priv: host_priv_t, _ exception_mask: exception_mask_t, _ new_port: mach_port_t,
  _ behavior: exception_behavior_t, _ new_flavor: thread_state_flavor_t
) -> kern_return_t {
  onHost(host_priv) { (thread) throws(KernelReturn) in
    try setExceptions(exception_mask, new_port, behavior, new_flavor, thread) {
      (operation) throws(KernelReturn) in try Host.exceptions(operation)
    }
  }
}

@_cdecl("host_get_exception_ports") @implementation
public func host_get_exception_ports(
  _ host_priv: host_priv_t, _ exception_mask: exception_mask_t, _ masks: exception_mask_array_t!,
  _ masksCnt: UnsafeMutablePointer<mach_msg_type_number_t>!, _ old_handlers: exception_handler_array_t!,
  _ old_behaviors: exception_behavior_array_t!, _ old_flavors: exception_flavor_array_t!
) -> kern_return_t {
  onHost(host_priv) { (thread) throws(KernelReturn) in
    let output = try ExceptionOutput(masks, masksCnt, old_handlers, old_behaviors, old_flavors)
    let request = try ExceptionRequest(mask: exception_mask)
    output.write(try Host.exceptions(.get(request, limit: output.limit)), thread)
  }
}

@_cdecl("host_swap_exception_ports") @implementation
public func host_swap_exception_ports(
  _ host_priv: host_priv_t, _ exception_mask: exception_mask_t, _ new_port: mach_port_t,
  _ behavior: exception_behavior_t, _ new_flavor: thread_state_flavor_t, _ masks: exception_mask_array_t!,
  _ masksCnt: UnsafeMutablePointer<mach_msg_type_number_t>!, _ old_handlerss: exception_handler_array_t!,
  _ old_behaviors: exception_behavior_array_t!, _ old_flavors: exception_flavor_array_t!
) -> kern_return_t {
  onHost(host_priv) { (thread) throws(KernelReturn) in
    let output = try ExceptionOutput(masks, masksCnt, old_handlerss, old_behaviors, old_flavors)
    try swapExceptions(exception_mask, new_port, behavior, new_flavor, output, thread) {
      (operation) throws(KernelReturn) in try Host.exceptions(operation)
    }
  }
}

@_cdecl("host_get_clock_control") @implementation
public func host_get_clock_control(
  _ host_priv: host_priv_t, _ clock_id: clock_id_t, _ clock_ctrl: UnsafeMutablePointer<clock_ctrl_t>!
) -> kern_return_t {
  onHost(host_priv) { (thread) throws(KernelReturn) in
    let clock_ctrl = try output(clock_ctrl)
    clock_ctrl.pointee = try Clock.port(of: clock_id, isControl: true).name(in: thread.task.space)
  }
}

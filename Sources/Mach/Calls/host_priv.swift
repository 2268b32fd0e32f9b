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

// MARK: Processors

@_cdecl("host_processors") @implementation
public func host_processors(
  _ host_priv: host_priv_t, _ out_processor_list: UnsafeMutablePointer<processor_array_t?>!,
  _ out_processor_listCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onHost(host_priv) { (thread) throws(KernelReturn) in
    let (list, count) = (try output(out_processor_list), try output(out_processor_listCnt))
    let names = try Processor.all().names(in: thread.task.space)
    (list.pointee, count.pointee) = names.leak()
  }
}

@_cdecl("host_processor_sets") @implementation
public func host_processor_sets(
  _ host_priv: host_priv_t, _ processor_sets: UnsafeMutablePointer<processor_set_name_array_t?>!,
  _ processor_setsCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onHost(host_priv) { (thread) throws(KernelReturn) in
    let (list, count) = (try output(processor_sets), try output(processor_setsCnt))
    let names = try ProcessorSet.all().names(in: thread.task.space)
    (list.pointee, count.pointee) = names.leak()
  }
}

@_cdecl("host_processor_set_priv") @implementation
public func host_processor_set_priv(
  _ host_priv: host_priv_t, _ set_name: processor_set_name_t, _ set: UnsafeMutablePointer<processor_set_t>!
) -> kern_return_t {
  onHost(host_priv) { (thread) throws(KernelReturn) in
    let set = try output(set)
    guard thread.task.space.isProcessorSet(named: set_name, isControl: false) else { throw .invalidArgument }
    set.pointee = try ProcessorSet.right(isControl: true).name(in: thread.task.space)
  }
}

// MARK: The system

/// The text is an array of KERNEL_BOOT_INFO_MAX bytes.
@_cdecl("host_get_boot_info") @implementation
public func host_get_boot_info(
  _ host_priv: host_priv_t, _ boot_info: UnsafeMutablePointer<CChar>!
) -> kern_return_t {
  onHost(host_priv, or: KERN_INVALID_HOST) { (_) throws(KernelReturn) in
    try Host.bootInformation(try output(boot_info))
  }
}

@_cdecl("host_reboot") @implementation
public func host_reboot(_ host_priv: host_priv_t, _ options: Int32) -> kern_return_t {
  onHost(host_priv, or: KERN_INVALID_HOST) { (_) throws(KernelReturn) in throw .notSupported }
}

// MARK: Ports of single servers

@_cdecl("set_dp_control_port") @implementation
public func set_dp_control_port(_ host: host_priv_t, _ control_port: mach_port_t) -> kern_return_t {
  onHost(host, or: KERN_INVALID_HOST) { (thread) throws(KernelReturn) in
    Host.setPagerControlPort(try thread.task.space.copySend(of: control_port))
  }
}

@_cdecl("get_dp_control_port") @implementation
public func get_dp_control_port(
  _ host: host_priv_t, _ contorl_port: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  onHost(host, or: KERN_INVALID_HOST) { (thread) throws(KernelReturn) in
    let port = try output(contorl_port)
    port.pointee = try Host.pagerControlPort().name(in: thread.task.space)
  }
}

@_cdecl("host_set_UNDServer") @implementation
public func host_set_UNDServer(_ host_priv: host_priv_t, _ server: UNDServerRef) -> kern_return_t {
  host_set_special_port(host_priv, HOST_USER_NOTIFICATION_PORT, server)
}

@_cdecl("host_get_UNDServer") @implementation
public func host_get_UNDServer(
  _ host_priv: host_priv_t, _ server: UnsafeMutablePointer<UNDServerRef>!
) -> kern_return_t {
  host_get_special_port(host_priv, HOST_LOCAL_NODE, HOST_USER_NOTIFICATION_PORT, server)
}

@_cdecl("host_default_memory_manager") @implementation
public func host_default_memory_manager(
  _ host_priv: host_priv_t, _ default_manager: UnsafeMutablePointer<memory_object_default_t>!,
  _ cluster_size: memory_object_cluster_size_t
) -> kern_return_t {
  onHost(host_priv, or: KERN_INVALID_HOST) { (_) throws(KernelReturn) in
    if try output(default_manager).pointee != MACH_PORT_NULL { throw .init(rawValue: KERN_NO_ACCESS) }
  }
}

// MARK: Refused

@_cdecl("thread_wire") @implementation
public func thread_wire(_ host_priv: host_priv_t, _ thread: thread_act_t, _ wired: boolean_t) -> kern_return_t {
  onHost(host_priv) { (_) throws(KernelReturn) in throw .notSupported }
}

@_cdecl("vm_allocate_cpm") @implementation
public func vm_allocate_cpm(
  _ host_priv: host_priv_t, _ task: vm_map_t, _ address: UnsafeMutablePointer<vm_address_t>!, _ size: vm_size_t,
  _ flags: Int32
) -> kern_return_t {
  onHost(host_priv, or: KERN_INVALID_HOST) { (_) throws(KernelReturn) in throw .notSupported }
}

@_cdecl("kmod_create") @implementation
public func kmod_create(
  _ host_priv: host_priv_t, _ info: vm_address_t, _ module: UnsafeMutablePointer<kmod_t>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("kmod_destroy") @implementation
public func kmod_destroy(_ host_priv: host_priv_t, _ module: kmod_t) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("kmod_control") @implementation
public func kmod_control(
  _ host_priv: host_priv_t, _ module: kmod_t, _ flavor: kmod_control_flavor_t,
  _ data: UnsafeMutablePointer<kmod_args_t?>!, _ dataCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("kext_request") @implementation
public func kext_request(
  _ host_priv: host_priv_t, _ user_log_flags: UInt32, _ request_data: vm_offset_t,
  _ request_dataCnt: mach_msg_type_number_t, _ response_data: UnsafeMutablePointer<vm_offset_t>!,
  _ response_dataCnt: UnsafeMutablePointer<mach_msg_type_number_t>!, _ log_data: UnsafeMutablePointer<vm_offset_t>!,
  _ log_dataCnt: UnsafeMutablePointer<mach_msg_type_number_t>!, _ op_result: UnsafeMutablePointer<kern_return_t>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

// <mach/thread_act.h>: the ports that a thread keeps, what it tells, how it is scheduled.

import CMach
import MachKernel

/// Runs an operation on the live thread that the caller names. KERN_INVALID_ARGUMENT when there is none.
private func onThread(
  _ name: thread_act_t, _ operation: (borrowing ThreadReference, Thread) throws(KernelReturn) -> Void
) -> kern_return_t {
  guard let thread = Thread.entering else { return KERN_RESOURCE_SHORTAGE }
  do throws(KernelReturn) {
    try operation(try thread.task.space.thread(named: name), thread)
    return KERN_SUCCESS
  } catch {
    return error.rawValue
  }
}

@_cdecl("thread_get_special_port") @implementation
public func thread_get_special_port(
  _ thr_act: thread_act_t, _ which_port: Int32, _ special_port: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  onThread(thr_act) { (target, thread) throws(KernelReturn) in
    let port = try output(special_port)
    if which_port != THREAD_KERNEL_PORT { throw .invalidArgument }
    port.pointee = try target.specialPort().name(in: thread.task.space)
  }
}

@_cdecl("thread_set_special_port") @implementation
public func thread_set_special_port(
  _ thr_act: thread_act_t, _ which_port: Int32, _ special_port: mach_port_t
) -> kern_return_t {
  onThread(thr_act) { (target, thread) throws(KernelReturn) in
    let right = try thread.task.space.copySend(of: special_port)
    do throws(KernelReturn) {
      if which_port != THREAD_KERNEL_PORT { throw .invalidArgument }
      try target.setSpecialPort(right)
    } catch {
      right.drop()
      throw error
    }
  }
}

@_cdecl("thread_set_exception_ports") @implementation
public func thread_set_exception_ports(
  _ thread: thread_act_t, _ exception_mask: exception_mask_t, _ new_port: mach_port_t,
  _ behavior: exception_behavior_t, _ new_flavor: thread_state_flavor_t
) -> kern_return_t {
  onThread(thread) { (target, thread) throws(KernelReturn) in
    try setExceptions(exception_mask, new_port, behavior, new_flavor, thread) {
      (operation) throws(KernelReturn) in try target.exceptions(operation)
    }
  }
}

@_cdecl("thread_get_exception_ports") @implementation
public func thread_get_exception_ports(
  _ thread: thread_act_t, _ exception_mask: exception_mask_t, _ masks: exception_mask_array_t!,
  _ masksCnt: UnsafeMutablePointer<mach_msg_type_number_t>!, _ old_handlers: exception_handler_array_t!,
  _ old_behaviors: exception_behavior_array_t!, _ old_flavors: exception_flavor_array_t!
) -> kern_return_t {
  onThread(thread) { (target, thread) throws(KernelReturn) in
    let output = try ExceptionOutput(masks, masksCnt, old_handlers, old_behaviors, old_flavors)
    let request = try ExceptionRequest(mask: exception_mask)
    output.write(try target.exceptions(.get(request, limit: output.limit)), thread)
  }
}

@_cdecl("thread_swap_exception_ports") @implementation
public func thread_swap_exception_ports(
  _ thread: thread_act_t, _ exception_mask: exception_mask_t, _ new_port: mach_port_t,
  _ behavior: exception_behavior_t, _ new_flavor: thread_state_flavor_t, _ masks: exception_mask_array_t!,
  _ masksCnt: UnsafeMutablePointer<mach_msg_type_number_t>!, _ old_handlers: exception_handler_array_t!,
  _ old_behaviors: exception_behavior_array_t!, _ old_flavors: exception_flavor_array_t!
) -> kern_return_t {
  onThread(thread) { (target, thread) throws(KernelReturn) in
    let output = try ExceptionOutput(masks, masksCnt, old_handlers, old_behaviors, old_flavors)
    try swapExceptions(exception_mask, new_port, behavior, new_flavor, output, thread) {
      (operation) throws(KernelReturn) in try target.exceptions(operation)
    }
  }
}

// MARK: Information and scheduling

@_cdecl("thread_info") @implementation
public func thread_info(
  _ target_act: thread_act_t, _ flavor: thread_flavor_t, _ thread_info_out: thread_info_t!,
  _ thread_info_outCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onThread(target_act) { (target, _) throws(KernelReturn) in
    try tellWords(thread_info_out, thread_info_outCnt) { (room) throws(KernelReturn) in
      try target.information(flavor, room: room)
    }
  }
}

@_cdecl("thread_policy_set") @implementation
public func thread_policy_set(
  _ thread: thread_act_t, _ flavor: thread_policy_flavor_t, _ policy_info: thread_policy_t!,
  _ policy_infoCnt: mach_msg_type_number_t
) -> kern_return_t {
  onThread(thread) { (target, _) throws(KernelReturn) in
    // The standard policy has no words.
    if policy_infoCnt > 0 { _ = try output(policy_info) }
    try target.setPolicy(flavor, count: policy_infoCnt) { UInt32(bitPattern: policy_info?[$0] ?? 0) }
  }
}

@_cdecl("thread_policy_get") @implementation
public func thread_policy_get(
  _ thread: thread_act_t, _ flavor: thread_policy_flavor_t, _ policy_info: thread_policy_t!,
  _ policy_infoCnt: UnsafeMutablePointer<mach_msg_type_number_t>!, _ get_default: UnsafeMutablePointer<boolean_t>!
) -> kern_return_t {
  onThread(thread) { (target, _) throws(KernelReturn) in
    let count = try output(policy_infoCnt)
    let isDefault = try output(get_default)
    if count.pointee > 0 { _ = try output(policy_info) }
    var wantsDefault = isDefault.pointee != 0
    let words = try target.policy(flavor, room: count.pointee, wantsDefault: &wantsDefault)
    if let policy_info { words.write(to: policy_info) }
    count.pointee = UInt32(words.count)
    if wantsDefault, isDefault.pointee == 0 { isDefault.pointee = 1 }
  }
}

@_cdecl("thread_depress_abort") @implementation
public func thread_depress_abort(_ thread: thread_act_t) -> kern_return_t {
  onThread(thread) { (target, _) throws(KernelReturn) in try target.abortDepression() }
}

@_cdecl("thread_assign") @implementation
public func thread_assign(_ thread: thread_act_t, _ new_set: processor_set_t) -> kern_return_t { KERN_FAILURE }

@_cdecl("thread_assign_default") @implementation
public func thread_assign_default(_ thread: thread_act_t) -> kern_return_t { KERN_FAILURE }

@_cdecl("thread_get_assignment") @implementation
public func thread_get_assignment(
  _ thread: thread_act_t, _ assigned_set: UnsafeMutablePointer<processor_set_name_t>!
) -> kern_return_t {
  onThread(thread) { (_, thread) throws(KernelReturn) in
    let set = try output(assigned_set)
    set.pointee = try ProcessorSet.right(isControl: false).name(in: thread.task.space)
  }
}

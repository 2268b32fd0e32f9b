// <mach/task.h>: what it declares and is not supported.

import CMach

@_cdecl("task_suspend") @implementation
public func task_suspend(_ target_task: task_t) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("task_resume") @implementation
public func task_resume(_ target_task: task_t) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("task_suspend2") @implementation
public func task_suspend2(
  _ target_task: task_t, _ suspend_token: UnsafeMutablePointer<task_suspension_token_t>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("task_resume2") @implementation
public func task_resume2(_ suspend_token: task_suspension_token_t) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("thread_create") @implementation
public func thread_create(
  _ parent_task: task_t, _ child_act: UnsafeMutablePointer<thread_act_t>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("thread_create_running") @implementation
public func thread_create_running(
  _ parent_task: task_t, _ flavor: thread_state_flavor_t, _ new_state: thread_state_t!,
  _ new_stateCnt: mach_msg_type_number_t, _ child_act: UnsafeMutablePointer<thread_act_t>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("task_get_state") @implementation
public func task_get_state(
  _ task: task_t, _ flavor: thread_state_flavor_t, _ old_state: thread_state_t!,
  _ old_stateCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("task_set_state") @implementation
public func task_set_state(
  _ task: task_t, _ flavor: thread_state_flavor_t, _ new_state: thread_state_t!, _ new_stateCnt: mach_msg_type_number_t
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("task_sample") @implementation
public func task_sample(_ task: task_t, _ reply: mach_port_t) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("task_set_emulation") @implementation
public func task_set_emulation(
  _ target_port: task_t, _ routine_entry_pt: vm_address_t, _ routine_number: Int32
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("task_get_emulation_vector") @implementation
public func task_get_emulation_vector(
  _ task: task_t, _ vector_start: UnsafeMutablePointer<Int32>!,
  _ emulation_vector: UnsafeMutablePointer<emulation_vector_t?>!,
  _ emulation_vectorCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("task_set_emulation_vector") @implementation
public func task_set_emulation_vector(
  _ task: task_t, _ vector_start: Int32, _ emulation_vector: emulation_vector_t!,
  _ emulation_vectorCnt: mach_msg_type_number_t
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("task_set_phys_footprint_limit") @implementation
public func task_set_phys_footprint_limit(
  _ task: task_t, _ new_limit: Int32, _ old_limit: UnsafeMutablePointer<Int32>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

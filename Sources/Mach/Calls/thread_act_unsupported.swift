// <mach/thread_act.h>: what it declares and is not supported.

import CMach

@_cdecl("thread_terminate") @implementation
public func thread_terminate(_ target_act: thread_act_t) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("act_get_state") @implementation
public func act_get_state(
  _ target_act: thread_act_t, _ flavor: Int32, _ old_state: thread_state_t!,
  _ old_stateCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("act_set_state") @implementation
public func act_set_state(
  _ target_act: thread_act_t, _ flavor: Int32, _ new_state: thread_state_t!, _ new_stateCnt: mach_msg_type_number_t
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("thread_get_state") @implementation
public func thread_get_state(
  _ target_act: thread_act_t, _ flavor: thread_state_flavor_t, _ old_state: thread_state_t!,
  _ old_stateCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("thread_set_state") @implementation
public func thread_set_state(
  _ target_act: thread_act_t, _ flavor: thread_state_flavor_t, _ new_state: thread_state_t!,
  _ new_stateCnt: mach_msg_type_number_t
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("thread_suspend") @implementation
public func thread_suspend(_ target_act: thread_act_t) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("thread_resume") @implementation
public func thread_resume(_ target_act: thread_act_t) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("thread_abort") @implementation
public func thread_abort(_ target_act: thread_act_t) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("thread_abort_safely") @implementation
public func thread_abort_safely(_ target_act: thread_act_t) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("thread_policy") @implementation
public func thread_policy(
  _ thr_act: thread_act_t, _ policy: policy_t, _ base: policy_base_t!, _ baseCnt: mach_msg_type_number_t,
  _ set_limit: boolean_t
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("thread_set_policy") @implementation
public func thread_set_policy(
  _ thr_act: thread_act_t, _ pset: processor_set_t, _ policy: policy_t, _ base: policy_base_t!,
  _ baseCnt: mach_msg_type_number_t, _ limit: policy_limit_t!, _ limitCnt: mach_msg_type_number_t
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("thread_sample") @implementation
public func thread_sample(_ thread: thread_act_t, _ reply: mach_port_t) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("etap_trace_thread") @implementation
public func etap_trace_thread(
  _ target_act: thread_act_t, _ trace_status: boolean_t
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

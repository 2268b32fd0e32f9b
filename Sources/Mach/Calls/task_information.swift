// <mach/task.h>: what a task tells, its threads, and its part in the system.

import CMach
import MachKernel

@_cdecl("task_info") @implementation
public func task_info(
  _ target_task: task_name_t, _ flavor: task_flavor_t, _ task_info_out: task_info_t!,
  _ task_info_outCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  inThread { (thread) throws(KernelReturn) in
    _ = try thread.task.taskOrName(named: target_task)
    try tellWords(task_info_out, task_info_outCnt) { (room) throws(KernelReturn) in
      try TaskInformation.words(flavor, room: room)
    }
  }
}

@_cdecl("task_set_info") @implementation
public func task_set_info(
  _ target_task: task_t, _ flavor: task_flavor_t, _ task_info_in: task_info_t!,
  _ task_info_inCnt: mach_msg_type_number_t
) -> kern_return_t {
  KERN_INVALID_ARGUMENT
}

@_cdecl("task_threads") @implementation
public func task_threads(
  _ target_task: task_t, _ act_list: UnsafeMutablePointer<thread_act_array_t?>!,
  _ act_listCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onTask(target_task) { (target, thread) throws(KernelReturn) in
    let list = try output(act_list)
    let count = try output(act_listCnt)
    var threads = try target.task.threads()
    var names = Space.makeNameArray()
    if threads.count > 0 { try names.reserve(threads.count) }
    for index in 0..<threads.count { names.append(threads.take(index).nameOrNull(in: thread.task.space)) }
    (list.pointee, count.pointee) = names.leak()
  }
}

// MARK: Identity tokens

@_cdecl("task_create_identity_token") @implementation
public func task_create_identity_token(
  _ task: task_t, _ token: UnsafeMutablePointer<task_id_token_t>!
) -> kern_return_t {
  onTask(task) { (target, thread) throws(KernelReturn) in
    let token = try output(token)
    token.pointee = try target.task.identityToken().name(in: thread.task.space)
  }
}

@_cdecl("task_identity_token_get_task_port") @implementation
public func task_identity_token_get_task_port(
  _ token: task_id_token_t, _ flavor: task_flavor_t, _ task_port: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  inThread { (thread) throws(KernelReturn) in
    let port = try output(task_port)
    let target = try thread.task.task(identifiedBy: token)
    port.pointee = try target.task.port(flavor: flavor).name(in: thread.task.space)
  }
}

// MARK: Scheduling

@_cdecl("task_policy_set") @implementation
public func task_policy_set(
  _ task: task_t, _ flavor: task_policy_flavor_t, _ policy_info: task_policy_t!,
  _ policy_infoCnt: mach_msg_type_number_t
) -> kern_return_t {
  onTask(task) { (target, thread) throws(KernelReturn) in
    let words = try output(policy_info)
    try target.task.setPolicy(flavor, count: policy_infoCnt, by: thread) { UInt32(bitPattern: words[$0]) }
  }
}

@_cdecl("task_policy_get") @implementation
public func task_policy_get(
  _ task: task_t, _ flavor: task_policy_flavor_t, _ policy_info: task_policy_t!,
  _ policy_infoCnt: UnsafeMutablePointer<mach_msg_type_number_t>!, _ get_default: UnsafeMutablePointer<boolean_t>!
) -> kern_return_t {
  onTask(task) { (_, _) throws(KernelReturn) in
    let memory = try output(policy_info)
    let count = try output(policy_infoCnt)
    _ = try output(get_default)
    let words = try TaskPolicy.words(flavor, room: count.pointee)
    words.write(to: memory)
    count.pointee = UInt32(words.count)
  }
}

@_cdecl("task_policy") @implementation
public func task_policy(
  _ task: task_t, _ policy: policy_t, _ base: policy_base_t!, _ baseCnt: mach_msg_type_number_t,
  _ set_limit: boolean_t, _ change: boolean_t
) -> kern_return_t {
  KERN_FAILURE
}

@_cdecl("task_set_policy") @implementation
public func task_set_policy(
  _ task: task_t, _ pset: processor_set_t, _ policy: policy_t, _ base: policy_base_t!,
  _ baseCnt: mach_msg_type_number_t, _ limit: policy_limit_t!, _ limitCnt: mach_msg_type_number_t,
  _ change: boolean_t
) -> kern_return_t {
  KERN_FAILURE
}

@_cdecl("task_assign") @implementation
public func task_assign(_ task: task_t, _ new_set: processor_set_t, _ assign_threads: boolean_t) -> kern_return_t {
  KERN_FAILURE
}

@_cdecl("task_assign_default") @implementation
public func task_assign_default(_ task: task_t, _ assign_threads: boolean_t) -> kern_return_t { KERN_FAILURE }

@_cdecl("task_set_ras_pc") @implementation
public func task_set_ras_pc(
  _ target_task: task_t, _ basepc: vm_address_t, _ boundspc: vm_address_t
) -> kern_return_t {
  KERN_FAILURE
}

/// FAILURE for what is no live task.
@_cdecl("task_get_assignment") @implementation
public func task_get_assignment(
  _ task: task_t, _ assigned_set: UnsafeMutablePointer<processor_set_name_t>!
) -> kern_return_t {
  inThread { (thread) throws(KernelReturn) in
    let set = try output(assigned_set)
    do throws(KernelReturn) {
      _ = try thread.task.task(named: task)
    } catch {
      throw .failure
    }
    set.pointee = try ProcessorSet.right(isControl: false).name(in: thread.task.space)
  }
}

// MARK: Guard exceptions

@_cdecl("task_get_exc_guard_behavior") @implementation
public func task_get_exc_guard_behavior(
  _ task: task_t, _ behavior: UnsafeMutablePointer<task_exc_guard_behavior_t>!
) -> kern_return_t {
  onTask(task) { (_, _) throws(KernelReturn) in
    let behavior = try output(behavior)
    behavior.pointee = UInt32(TASK_EXC_GUARD_NONE)
  }
}

@_cdecl("task_set_exc_guard_behavior") @implementation
public func task_set_exc_guard_behavior(_ task: task_t, _ behavior: task_exc_guard_behavior_t) -> kern_return_t {
  onTask(task) { (target, _) throws(KernelReturn) in try target.task.setGuardBehavior(behavior) }
}

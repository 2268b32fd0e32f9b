// <mach/processor_set.h>: the set of processors.

import CMach
import MachKernel

/// Runs an operation for a caller that names the set: by its control port, or, where that is enough, its name. `code`
/// for any other name.
private func onSet(
  _ name: processor_set_name_t, isControl: Bool, or code: KernelReturn = .invalidArgument,
  _ operation: (Thread) throws(KernelReturn) -> Void
) -> kern_return_t {
  inThread { (thread) throws(KernelReturn) in
    guard thread.task.space.isProcessorSet(named: name, isControl: isControl) else { throw code }
    try operation(thread)
  }
}

@_cdecl("processor_set_info") @implementation
public func processor_set_info(
  _ set_name: processor_set_name_t, _ flavor: Int32, _ host: UnsafeMutablePointer<host_t>!,
  _ info_out: processor_set_info_t!, _ info_outCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onSet(set_name, isControl: false) { (thread) throws(KernelReturn) in
    let host = try output(host)
    try tellWords(info_out, info_outCnt) { (room) throws(KernelReturn) in
      let words = try ProcessorSet.information(flavor, room: room)
      host.pointee = try Host.specialPort(HOST_PORT).name(in: thread.task.space)
      return words
    }
  }
}

@_cdecl("processor_set_statistics") @implementation
public func processor_set_statistics(
  _ pset: processor_set_name_t, _ flavor: processor_set_flavor_t, _ info_out: processor_set_info_t!,
  _ info_outCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onSet(pset, isControl: false, or: .invalidProcessorSet) { (_) throws(KernelReturn) in
    try tellWords(info_out, info_outCnt) { (room) throws(KernelReturn) in
      try ProcessorSet.statistics(flavor, room: room)
    }
  }
}

// MARK: What runs there

@_cdecl("processor_set_tasks") @implementation
public func processor_set_tasks(
  _ processor_set: processor_set_t, _ task_list: UnsafeMutablePointer<task_array_t?>!,
  _ task_listCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onSet(processor_set, isControl: true) { (thread) throws(KernelReturn) in
    let (list, count) = (try output(task_list), try output(task_listCnt))
    let names = try ProcessorSet.tasks().names(in: thread.task.space)
    (list.pointee, count.pointee) = names.leak()
  }
}

@_cdecl("processor_set_threads") @implementation
public func processor_set_threads(
  _ processor_set: processor_set_t, _ thread_list: UnsafeMutablePointer<thread_act_array_t?>!,
  _ thread_listCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onSet(processor_set, isControl: true) { (thread) throws(KernelReturn) in
    let (list, count) = (try output(thread_list), try output(thread_listCnt))
    let names = try ProcessorSet.threads().names(in: thread.task.space)
    (list.pointee, count.pointee) = names.leak()
  }
}

// MARK: Refused

@_cdecl("processor_set_stack_usage") @implementation
public func processor_set_stack_usage(
  _ pset: processor_set_t, _ ltotal: UnsafeMutablePointer<UInt32>!, _ space: UnsafeMutablePointer<vm_size_t>!,
  _ resident: UnsafeMutablePointer<vm_size_t>!, _ maxusage: UnsafeMutablePointer<vm_size_t>!,
  _ maxstack: UnsafeMutablePointer<vm_offset_t>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("processor_set_destroy") @implementation
public func processor_set_destroy(_ set: processor_set_t) -> kern_return_t { KERN_FAILURE }

@_cdecl("processor_set_max_priority") @implementation
public func processor_set_max_priority(
  _ processor_set: processor_set_t, _ max_priority: Int32, _ change_threads: boolean_t
) -> kern_return_t {
  KERN_INVALID_ARGUMENT
}

@_cdecl("processor_set_policy_enable") @implementation
public func processor_set_policy_enable(_ processor_set: processor_set_t, _ policy: Int32) -> kern_return_t {
  KERN_INVALID_ARGUMENT
}

@_cdecl("processor_set_policy_disable") @implementation
public func processor_set_policy_disable(
  _ processor_set: processor_set_t, _ policy: Int32, _ change_threads: boolean_t
) -> kern_return_t {
  KERN_INVALID_ARGUMENT
}

@_cdecl("processor_set_policy_control") @implementation
public func processor_set_policy_control(
  _ pset: processor_set_t, _ flavor: processor_set_flavor_t, _ policy_info: processor_set_info_t!,
  _ policy_infoCnt: mach_msg_type_number_t, _ change: boolean_t
) -> kern_return_t {
  KERN_INVALID_ARGUMENT
}

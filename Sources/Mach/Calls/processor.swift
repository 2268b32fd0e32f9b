// <mach/processor.h>: processors.

import CMach
import MachKernel

/// Runs an operation on the processor that the caller names. KERN_INVALID_ARGUMENT for any other name.
private func onProcessor(
  _ name: processor_t, _ operation: (Processor, Thread) throws(KernelReturn) -> Void
) -> kern_return_t {
  inThread { (thread) throws(KernelReturn) in try operation(try thread.task.space.processor(named: name), thread) }
}

@_cdecl("processor_info") @implementation
public func processor_info(
  _ processor: processor_t, _ flavor: processor_flavor_t, _ host: UnsafeMutablePointer<host_t>!,
  _ processor_info_out: processor_info_t!, _ processor_info_outCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onProcessor(processor) { (processor, thread) throws(KernelReturn) in
    let host = try output(host)
    try tellWords(processor_info_out, processor_info_outCnt) { (room) throws(KernelReturn) in
      let words = try processor.information(flavor, room: room)
      host.pointee = try Host.specialPort(HOST_PORT).name(in: thread.task.space)
      return words
    }
  }
}

@_cdecl("processor_get_assignment") @implementation
public func processor_get_assignment(
  _ processor: processor_t, _ assigned_set: UnsafeMutablePointer<processor_set_name_t>!
) -> kern_return_t {
  onProcessor(processor) { (processor, thread) throws(KernelReturn) in
    let set = try output(assigned_set)
    set.pointee = try processor.assignment().name(in: thread.task.space)
  }
}

@_cdecl("processor_start") @implementation
public func processor_start(_ processor: processor_t) -> kern_return_t {
  onProcessor(processor) { (processor, _) throws(KernelReturn) in try processor.start() }
}

@_cdecl("processor_exit") @implementation
public func processor_exit(_ processor: processor_t) -> kern_return_t {
  onProcessor(processor) { (processor, _) throws(KernelReturn) in try processor.exit() }
}

@_cdecl("processor_control") @implementation
public func processor_control(
  _ processor: processor_t, _ processor_cmd: processor_info_t!, _ processor_cmdCnt: mach_msg_type_number_t
) -> kern_return_t {
  onProcessor(processor) { (_, _) throws(KernelReturn) in throw .failure }
}

@_cdecl("processor_assign") @implementation
public func processor_assign(
  _ processor: processor_t, _ new_set: processor_set_t, _ wait: boolean_t
) -> kern_return_t {
  KERN_FAILURE
}

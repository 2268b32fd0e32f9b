// <mach/task.h>: tasks and the ports that they keep.

import CLinux
import CMach
import MachKernel

/// Ledgers and memory are not inherited: all tasks of a process share its memory, and there are no ledgers.
@_cdecl("task_create") @implementation
public func task_create(
  _ target_task: task_t, _ ledgers: ledger_array_t!, _ ledgersCnt: mach_msg_type_number_t,
  _ inherit_memory: boolean_t, _ child_task: UnsafeMutablePointer<task_t>!
) -> kern_return_t {
  onTask(target_task) { (parent, thread) throws(KernelReturn) in
    let child = try output(child_task)
    let task = try parent.task.makeChild()
    do throws(KernelReturn) {
      child.pointee = try task.name(in: thread.task.space)
    } catch {
      task.end()
      throw error
    }
  }
}

@_cdecl("task_terminate") @implementation
public func task_terminate(_ target_task: task_t) -> kern_return_t {
  onTask(target_task) { (target, _) throws(KernelReturn) in
    try target.terminate()
  }
}

// MARK: Registered ports

/// The slots of a task, and the most that can be given.
private let slots = 3

@_cdecl("mach_ports_register") @implementation
public func mach_ports_register(
  _ target_task: task_t, _ init_port_set: mach_port_array_t!, _ init_port_setCnt: mach_msg_type_number_t
) -> kern_return_t {
  onTask(target_task) { (target, thread) throws(KernelReturn) in
    if init_port_setCnt > slots { throw .invalidArgument }
    var ports = Task.RegisteredPorts(repeating: .null)
    if init_port_setCnt > 0 {
      let names = try output(init_port_set)
      for slot in 0..<Int(init_port_setCnt) {
        do throws(KernelReturn) {
          ports[slot] = try thread.task.space.copySend(of: names[slot])
        } catch {
          drop(ports)
          throw error
        }
      }
    }
    do throws(KernelReturn) {
      try target.task.register(ports)
    } catch {
      drop(ports)
      throw error
    }
  }
}

private func drop(_ ports: Task.RegisteredPorts) {
  for slot in ports.indices { ports[slot].drop() }
}

@_cdecl("mach_ports_lookup") @implementation
public func mach_ports_lookup(
  _ target_task: task_t, _ init_port_set: UnsafeMutablePointer<mach_port_array_t?>!,
  _ init_port_setCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onTask(target_task) { (target, thread) throws(KernelReturn) in
    let portSet = try output(init_port_set)
    let count = try output(init_port_setCnt)
    var names = Space.makeNameArray()
    try names.reserve(slots)
    let ports = try target.task.registeredPorts()
    for slot in ports.indices { names.append(ports[slot].nameOrNull(in: thread.task.space)) }
    (portSet.pointee, count.pointee) = names.leak()
  }
}

// MARK: Special ports

@_cdecl("task_get_special_port") @implementation
public func task_get_special_port(
  _ task: task_t, _ which_port: Int32, _ special_port: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  onTask(task) { (target, thread) throws(KernelReturn) in
    let port = try output(special_port)
    port.pointee = try target.task.specialPort(which_port).name(in: thread.task.space)
  }
}

@_cdecl("task_set_special_port") @implementation
public func task_set_special_port(
  _ task: task_t, _ which_port: Int32, _ special_port: mach_port_t
) -> kern_return_t {
  onTask(task) { (target, thread) throws(KernelReturn) in
    let right = try thread.task.space.copySend(of: special_port)
    do throws(KernelReturn) {
      try target.task.setSpecialPort(which_port, right)
    } catch {
      right.drop()
      throw error
    }
  }
}

// MARK: Exception ports

@_cdecl("task_set_exception_ports") @implementation
public func task_set_exception_ports(
  _ task: task_t, _ exception_mask: exception_mask_t, _ new_port: mach_port_t, _ behavior: exception_behavior_t,
  _ new_flavor: thread_state_flavor_t
) -> kern_return_t {
  onTask(task) { (target, thread) throws(KernelReturn) in
    try setExceptions(exception_mask, new_port, behavior, new_flavor, thread) {
      (operation) throws(KernelReturn) in try target.task.exceptions(operation)
    }
  }
}

@_cdecl("task_get_exception_ports") @implementation
public func task_get_exception_ports(
  _ task: task_t, _ exception_mask: exception_mask_t, _ masks: exception_mask_array_t!,
  _ masksCnt: UnsafeMutablePointer<mach_msg_type_number_t>!, _ old_handlers: exception_handler_array_t!,
  _ old_behaviors: exception_behavior_array_t!, _ old_flavors: exception_flavor_array_t!
) -> kern_return_t {
  onTask(task) { (target, thread) throws(KernelReturn) in
    let output = try ExceptionOutput(masks, masksCnt, old_handlers, old_behaviors, old_flavors)
    let request = try ExceptionRequest(mask: exception_mask)
    output.write(try target.task.exceptions(.get(request, limit: output.limit)), thread)
  }
}

@_cdecl("task_swap_exception_ports") @implementation
public func task_swap_exception_ports(
  _ task: task_t, _ exception_mask: exception_mask_t, _ new_port: mach_port_t, _ behavior: exception_behavior_t,
  _ new_flavor: thread_state_flavor_t, _ masks: exception_mask_array_t!,
  _ masksCnt: UnsafeMutablePointer<mach_msg_type_number_t>!, _ old_handlerss: exception_handler_array_t!,
  _ old_behaviors: exception_behavior_array_t!, _ old_flavors: exception_flavor_array_t!
) -> kern_return_t {
  onTask(task) { (target, thread) throws(KernelReturn) in
    let output = try ExceptionOutput(masks, masksCnt, old_handlerss, old_behaviors, old_flavors)
    try swapExceptions(exception_mask, new_port, behavior, new_flavor, output, thread) {
      (operation) throws(KernelReturn) in try target.task.exceptions(operation)
    }
  }
}

// <mach/mach_traps.h>: letting other threads run, and the tasks of processes.

import CMach
import MachKernel

@_cdecl("swtch") @implementation
public func swtch() -> boolean_t { ThreadSwitch.giveWay() ? 1 : 0 }

@_cdecl("swtch_pri") @implementation
public func swtch_pri(_ pri: Int32) -> boolean_t { swtch() }

@_cdecl("thread_switch") @implementation
public func thread_switch(
  _ thread_name: mach_port_name_t, _ option: Int32, _ option_time: mach_msg_timeout_t
) -> kern_return_t {
  do throws(KernelReturn) {
    try ThreadSwitch.run(option, option_time)
    return KERN_SUCCESS
  } catch {
    return error.rawValue
  }
}

@_cdecl("task_for_pid") @implementation
public func task_for_pid(
  _ target_tport: mach_port_name_t, _ pid: Int32, _ t: UnsafeMutablePointer<mach_port_name_t>!
) -> kern_return_t {
  port(of: pid, asName: false, target_tport, t)
}

@_cdecl("task_name_for_pid") @implementation
public func task_name_for_pid(
  _ target_tport: mach_port_name_t, _ pid: Int32, _ tn: UnsafeMutablePointer<mach_port_name_t>!
) -> kern_return_t {
  port(of: pid, asName: true, target_tport, tn)
}

private func port(
  of pid: Int32, asName: Bool, _ target: mach_port_name_t, _ name: UnsafeMutablePointer<mach_port_name_t>?
) -> kern_return_t {
  inThread { (thread) throws(KernelReturn) in
    let name = try output(name)
    name.pointee = mach_port_name_t(MACH_PORT_NULL)
    let right = try thread.task.port(ofProcess: pid, asName: asName, target: target)
    name.pointee = try right.name(in: thread.task.space)
  }
}

@_cdecl("pid_for_task") @implementation
public func pid_for_task(_ t: mach_port_name_t, _ x: UnsafeMutablePointer<Int32>!) -> kern_return_t {
  inThread { (thread) throws(KernelReturn) in
    let process = try output(x)
    process.pointee = -1
    process.pointee = try thread.task.process(ofTask: t)
  }
}

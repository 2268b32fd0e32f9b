// <mach/mach_init.h> and <mach/mach_traps.h>: the names that every task starts from.

import CMach
import MachKernel

@_cdecl("mach_task_self") @implementation
public func mach_task_self() -> mach_port_t { task_self_trap() }

@_cdecl("task_self_trap") @implementation
public func task_self_trap() -> mach_port_name_t { Thread.entering?.task.selfName() ?? 0 }

@_cdecl("mach_host_self") @implementation
public func mach_host_self() -> mach_port_t { host_self_trap() }

@_cdecl("host_self_trap") @implementation
public func host_self_trap() -> mach_port_name_t { Thread.entering?.task.hostName() ?? 0 }

@_cdecl("mach_thread_self") @implementation
public func mach_thread_self() -> mach_port_t { thread_self_trap() }

@_cdecl("thread_self_trap") @implementation
public func thread_self_trap() -> mach_port_name_t { Thread.entering?.selfName() ?? 0 }

@_cdecl("mach_reply_port") @implementation
public func mach_reply_port() -> mach_port_name_t {
  guard let thread = Thread.entering else { return 0 }
  do throws(KernelReturn) {
    return try thread.task.space.allocate(.init(right: MACH_PORT_RIGHT_RECEIVE))
  } catch {
    return 0
  }
}

@_cdecl("mach_init") @implementation
public func mach_init() -> Int32 { 0 }

@_cdecl("mach_task_is_self") @implementation
public func mach_task_is_self(_ task: task_name_t) -> boolean_t {
  guard let caller = Thread.entering?.task else { return 0 }
  do throws(KernelReturn) {
    return try caller.taskOrName(named: task).task == caller ? 1 : 0
  } catch {
    return 0
  }
}

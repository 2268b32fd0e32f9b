// <mach/mk_timer.h>: timers that send messages.

import CMach
import MachKernel

/// Runs an operation on the caller's own space.
private func onTimers(_ operation: (Space) throws(KernelReturn) -> Void) -> kern_return_t {
  guard let thread = Thread.entering else { return KERN_RESOURCE_SHORTAGE }
  do throws(KernelReturn) {
    try operation(thread.task.space)
    return KERN_SUCCESS
  } catch {
    return error.rawValue
  }
}

@_cdecl("mk_timer_create") @implementation
public func mk_timer_create() -> mach_port_name_t {
  var name = mach_port_name_t(MACH_PORT_NULL)
  _ = onTimers { (space) throws(KernelReturn) in name = try space.makeTimer() }
  return name
}

@_cdecl("mk_timer_destroy") @implementation
public func mk_timer_destroy(_ name: mach_port_name_t) -> kern_return_t {
  onTimers { (space) throws(KernelReturn) in try space.destroyTimer(named: name) }
}

@_cdecl("mk_timer_arm") @implementation
public func mk_timer_arm(_ name: mach_port_name_t, _ expire_time: UInt64) -> kern_return_t {
  onTimers { (space) throws(KernelReturn) in try space.armTimer(named: name, at: expire_time) }
}

@_cdecl("mk_timer_arm_leeway") @implementation
public func mk_timer_arm_leeway(
  _ name: mach_port_name_t, _ mk_timer_flags: UInt64, _ mk_timer_expire_time: UInt64, _ mk_timer_leeway: UInt64
) -> kern_return_t {
  mk_timer_arm(name, mk_timer_expire_time)
}

@_cdecl("mk_timer_cancel") @implementation
public func mk_timer_cancel(
  _ name: mach_port_name_t, _ result_time: UnsafeMutablePointer<UInt64>!
) -> kern_return_t {
  onTimers { (space) throws(KernelReturn) in
    let time = try space.cancelTimer(named: name)
    if let result_time { result_time.pointee = time }
  }
}

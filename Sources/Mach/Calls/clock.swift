// <mach/clock.h>, <mach/clock_priv.h> and clock_sleep: the host's clocks.

import CMach
import MachKernel

/// Runs an operation for a caller that names a clock by its control port, its other, or, for nil, one of the two.
/// KERN_INVALID_ARGUMENT for any other name.
private func onClock(
  _ name: mach_port_t, isControl: Bool? = nil, _ operation: (Clock, Thread) throws(KernelReturn) -> Void
) -> kern_return_t {
  guard let thread = Thread.entering else { return KERN_RESOURCE_SHORTAGE }
  do throws(KernelReturn) {
    try operation(try thread.task.space.clock(named: name, isControl: isControl), thread)
    return KERN_SUCCESS
  } catch {
    return error.rawValue
  }
}

@_cdecl("clock_get_time") @implementation
public func clock_get_time(
  _ clock_serv: clock_serv_t, _ cur_time: UnsafeMutablePointer<mach_timespec_t>!
) -> kern_return_t {
  onClock(clock_serv) { (clock, _) throws(KernelReturn) in
    let cur_time = try output(cur_time)
    cur_time.pointee = clock.time
  }
}

@_cdecl("clock_get_attributes") @implementation
public func clock_get_attributes(
  _ clock_serv: clock_serv_t, _ flavor: clock_flavor_t, _ clock_attr: clock_attr_t!,
  _ clock_attrCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onClock(clock_serv) { (clock, _) throws(KernelReturn) in
    let (attribute, count) = (try output(clock_attr), try output(clock_attrCnt))
    attribute.pointee = try clock.attribute(flavor, &count.pointee)
  }
}

@_cdecl("clock_alarm") @implementation
public func clock_alarm(
  _ clock_serv: clock_serv_t, _ alarm_type: alarm_type_t, _ alarm_time: mach_timespec_t, _ alarm_port: clock_reply_t
) -> kern_return_t {
  onClock(clock_serv) { (clock, thread) throws(KernelReturn) in
    try thread.task.space.setAlarm(of: clock, alarm_type, alarm_time, to: alarm_port)
  }
}

@_cdecl("clock_set_time") @implementation
public func clock_set_time(_ clock_ctrl: clock_ctrl_t, _ new_time: mach_timespec_t) -> kern_return_t {
  onClock(clock_ctrl, isControl: true) { (_, _) throws(KernelReturn) in throw .failure }
}

@_cdecl("clock_set_attributes") @implementation
public func clock_set_attributes(
  _ clock_ctrl: clock_ctrl_t, _ flavor: clock_flavor_t, _ clock_attr: clock_attr_t!,
  _ clock_attrCnt: mach_msg_type_number_t
) -> kern_return_t {
  onClock(clock_ctrl, isControl: true) { (_, _) throws(KernelReturn) in throw .failure }
}

@_cdecl("clock_sleep") @implementation
public func clock_sleep(
  _ clock_name: mach_port_t, _ sleep_type: Int32, _ sleep_time: mach_timespec_t,
  _ wake_time: UnsafeMutablePointer<mach_timespec_t>!
) -> kern_return_t {
  func sleep() -> kern_return_t {
    var time = sleep_time
    defer { if let wake_time { wake_time.pointee = time } }
    do throws(KernelReturn) {
      try Clock.sleep(sleep_type, &time)
      return KERN_SUCCESS
    } catch {
      return error.rawValue
    }
  }
  if clock_name == MACH_PORT_NULL { return sleep() }
  // The calendar has no alarms, and no one sleeps on it.
  let code = onClock(clock_name, isControl: false) { (clock, _) throws(KernelReturn) in try clock.checkAlarms() }
  return code == KERN_SUCCESS ? sleep() : code
}

@_cdecl("clock_sleep_trap") @implementation
public func clock_sleep_trap(
  _ clock_name: mach_port_name_t, _ sleep_type: sleep_type_t, _ sleep_sec: Int32, _ sleep_nsec: Int32,
  _ wakeup_time: UnsafeMutablePointer<mach_timespec_t>!
) -> kern_return_t {
  var time = mach_timespec_t()
  time.tv_sec = UInt32(bitPattern: sleep_sec)
  time.tv_nsec = sleep_nsec
  return clock_sleep(clock_name, sleep_type, time, wakeup_time)
}

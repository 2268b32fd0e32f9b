// The subsystems clock, 1000, and clock_priv, 1200: what a clock is asked by message to its ports.

import CMach

enum ClockServer {
  static func routine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 1000:  // clock_get_time
      Routine(24, 44) { (call) throws(KernelReturn) in
        let clock = try call.clock()
        call.put(structure: clock.time)
      }
    case 1001:  // clock_get_attributes
      Routine(40, 44) { (call) throws(KernelReturn) in
        let clock = try call.clock()
        let flavor = call.number()
        var count = min(call.word(), 1)
        let value = try clock.attribute(flavor, &count)
        call.put(count)
        call.put(value)
      }
    case 1002: Routine(60, 36, carrying: .anyRight, alarm)
    case 1200:  // clock_set_time
      Routine(40, 36) { (call) throws(KernelReturn) in
        try call.checkClockControl()
        throw .failure
      }
    case 1201:  // clock_set_attributes
      Routine(40, 36, upTo: 1) { (call) throws(KernelReturn) in
        try call.checkClockControl()
        throw .failure
      }
    default: nil
    }
  }

  /// clock_alarm
  private static func alarm(_ call: inout ServedCall) throws(KernelReturn) {
    let clock = try call.clock()
    let type = call.number()
    var time = mach_timespec_t()
    time.tv_sec = call.word()
    time.tv_nsec = call.number()
    try clock.checkAlarms()
    if call.disposition == MACH_MSG_TYPE_PORT_RECEIVE { throw .invalidCapability }
    try PreparedAlarm(of: clock, type, time).set(to: call.right())
  }
}

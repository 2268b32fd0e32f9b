// The clocks of the host: what time they show, alarms, and waiting.

import CLinux
import CMach
import Synchronization

/// A clock (historic: `clock_t`), by its number.
package enum Clock: clock_id_t {
  /// Time since the system started, while it was awake.
  case system = 0
  /// Time of day.
  case calendar = 1

  // MARK: Ports

  nonisolated(unsafe) private static var servicePorts = InlineArray<2, Port?>(repeating: nil)
  nonisolated(unsafe) private static var controlPorts = InlineArray<2, Port?>(repeating: nil)

  /// At load, and anew in a forked child.
  static func start() {
    for index in 0..<2 {
      // What is behind the port is the clock's number, and nothing in memory.
      let object = UnsafeMutableRawPointer(bitPattern: index + 1)
      servicePorts[index] = Port.makeKernelPort(type: KernelObjectType.clock, object: object)
      controlPorts[index] = Port.makeKernelPort(type: KernelObjectType.clockControl, object: object)
    }
  }

  /// The clock whose port this is: its control port, the other, or, for nil, one of the two.
  init?(of port: borrowing LockedPort, isControl: Bool?) {
    let type = port.body.kernelObjectType
    guard type == KernelObjectType.clock || type == KernelObjectType.clockControl,
      isControl == nil || isControl == (type == KernelObjectType.clockControl), let object = port.body.kernelObject
    else { return nil }
    self.init(rawValue: clock_id_t(truncatingIfNeeded: Int(bitPattern: object) - 1))
  }

  /// host_get_clock_service, host_get_clock_control: a send right to a clock's port. Throws INVALID_ARGUMENT for a number
  /// that is no clock's, RESOURCE_SHORTAGE when there was no memory for the port.
  package static func port(of number: clock_id_t, isControl: Bool) throws(KernelReturn) -> KeptRight {
    guard let clock = Clock(rawValue: number) else { throw .invalidArgument }
    let index = Int(clock.rawValue)
    guard let port = isControl ? controlPorts[index] : servicePorts[index] else { throw .resourceShortage }
    return KeptRight(stored: SendRight(making: port.locked()).leakStored())
  }

  #if CHECKED
    static func forEachPort(_ body: (Port) -> Void) {
      for index in 0..<2 {
        if let port = servicePorts[index] { body(port) }
        if let port = controlPorts[index] { body(port) }
      }
    }
  #endif

  // MARK: Time

  /// Nanoseconds of the clock.
  private var now: UInt64 {
    switch self {
    case .system: clinux_now()
    case .calendar: clinux_clock(clinux_real_time)
    }
  }

  /// clock_get_time.
  package var time: mach_timespec_t { mach_timespec_t(nanoseconds: now) }

  /// clock_get_attributes. `count` is how many numbers there is room for, and becomes 1. Throws FAILURE for no room,
  /// INVALID_VALUE for an unknown flavor.
  package func attribute(
    _ flavor: clock_flavor_t, _ count: inout mach_msg_type_number_t
  ) throws(KernelReturn) -> clock_res_t {
    if count < 1 { throw .failure }
    let value: clock_res_t
    switch (flavor, self) {
    case (CLOCK_GET_TIME_RES, .calendar): value = clinux_clock_resolution(clinux_real_time)
    case (CLOCK_ALARM_CURRES, .calendar), (CLOCK_ALARM_MINRES, .calendar), (CLOCK_ALARM_MAXRES, .calendar): value = 0
    case (CLOCK_GET_TIME_RES, _), (CLOCK_ALARM_CURRES, _), (CLOCK_ALARM_MINRES, _), (CLOCK_ALARM_MAXRES, _):
      value = clinux_clock_resolution(clinux_monotonic_time)
    default: throw .invalidValue
    }
    count = 1
    return value
  }

  // MARK: Alarms and sleep

  /// When a time of the system clock will be; nil for a type or time that is none.
  fileprivate static func deadline(_ type: Int32, _ time: mach_timespec_t, _ now: UInt64) -> UInt64? {
    guard type == TIME_ABSOLUTE || type == TIME_RELATIVE, time.tv_nsec >= 0, UInt64(time.tv_nsec) < NSEC_PER_SEC else {
      return nil
    }
    let nanoseconds = UInt64(time.tv_sec) * NSEC_PER_SEC + UInt64(time.tv_nsec)
    return type == TIME_RELATIVE ? now + nanoseconds : nanoseconds
  }

  /// Whether one can sleep on the clock. Throws FAILURE for one without alarms.
  package func checkAlarms() throws(KernelReturn) {
    if self != .system { throw .failure }
  }

  /// clock_sleep, on the clock of the system: sleeps, and returns the time at which that ended. KERN_ABORTED when a
  /// signal came first; then `time` becomes when it was to end. Throws INVALID_VALUE; then `time` is as it was.
  package static func sleep(_ type: sleep_type_t, _ time: inout mach_timespec_t) throws(KernelReturn) {
    let now = clinux_now()
    guard let deadline = deadline(type, time, now) else { throw .invalidValue }
    if deadline <= now {
      time = mach_timespec_t(nanoseconds: now)
      return
    }
    if wait(until: deadline) {
      time = Clock.system.time
      return
    }
    time = mach_timespec_t(nanoseconds: deadline)
    throw .aborted
  }

  /// Waits until absolute time `deadline`. False when a signal was handled first.
  package static func wait(until deadline: UInt64) -> Bool {
    // With a far deadline the kernel reports every handled signal; with none it hides those of SA_RESTART handlers.
    let limit = min(deadline, UInt64(Int64.max))
    let word: UInt32 = 0
    while clinux_now() < deadline {
      let error = withUnsafePointer(to: word) { clinux_futex_wait(UnsafeRawPointer($0), 0, limit) }
      if error == ETIMEDOUT { return true }
      if error == EINTR { return false }
    }
    return true
  }
}

extension Clock {
  /// What mach_get_times tells of one moment, in nanoseconds.
  package struct Reading {
    package var absolute: UInt64 = 0
    package var continuous: UInt64 = 0
    package var calendar: UInt64 = 0
    /// How long it took.
    fileprivate var width: UInt64 = .max

    fileprivate init() {}
  }

  /// How often clocks are read at most, to find them read without an interruption in between.
  private static let mostReadings = 8
  /// Nanoseconds that reading them takes at most if nothing comes in between.
  private static let expectedWidth: UInt64 = 1000

  /// All clocks at one moment, as well as they can be read.
  package static func reading() -> Reading {
    var best = Reading()
    for _ in 0..<mostReadings {
      var reading = Reading()
      let before = clinux_now()
      reading.continuous = clinux_clock(clinux_boot_time)
      reading.calendar = clinux_clock(clinux_real_time)
      let after = clinux_now()
      reading.width = after - before
      reading.absolute = before + reading.width / 2
      if reading.width < best.width { best = reading }
      if best.width <= expectedWidth { break }
    }
    return best
  }

  /// What `bootTime` told last.
  private static let toldBootTime = Atomic<UInt64>(0)

  /// mach_boottime_usec: the time of day when the system started, in microseconds. The same as long as no reading says
  /// for certain that it is another.
  package static func bootTime() -> UInt64 {
    let reading = reading()
    let read = (reading.calendar - reading.continuous) / NSEC_PER_USEC
    let told = toldBootTime.load(ordering: .relaxed)
    let doubt = reading.width / NSEC_PER_USEC + 1
    if max(read, told) - min(read, told) <= doubt { return told }
    toldBootTime.store(read, ordering: .relaxed)
    return read
  }
}

/// An alarm of the system clock that has all it needs but the right to send to.
struct PreparedAlarm {
  private let timer: Timer
  private let now = clinux_now()
  /// nil for a type or time that is none.
  private let deadline: UInt64?

  /// Throws FAILURE for a clock without alarms, RESOURCE_SHORTAGE (no memory, or no thread for one that has to wait).
  init(of clock: Clock, _ type: alarm_type_t, _ time: mach_timespec_t) throws(KernelReturn) {
    if clock != .system { throw .failure }
    deadline = Clock.deadline(type, time, now)
    if let deadline, deadline > now { try Timers.start() }
    guard let timer = Timer.makeAlarm(type: type) else { throw .resourceShortage }
    self.timer = timer
  }

  /// Sets it, or sends its message at once. Takes over a send or send-once right. Throws INVALID_CAPABILITY for another.
  func set(to right: consuming TransferredRight) throws(KernelReturn) {
    do throws(KernelReturn) {
      try timer.address(to: right)
    } catch {
      timer.free()
      throw error
    }
    guard let deadline else { return timer.sound(KERN_INVALID_VALUE, at: mach_timespec_t(nanoseconds: now)) }
    if deadline <= now { return timer.sound(KERN_SUCCESS, at: mach_timespec_t(nanoseconds: now)) }
    Timers.set(timer, at: deadline)
  }

  /// It will not be set.
  func free() { timer.free() }
}

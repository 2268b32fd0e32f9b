// thread_info: what a thread tells, which is what Linux knows of it.

import CLinux
import CMach

/// Which thread a port is of: it was that one if the port is still its port after it has been looked at.
struct ThreadIdentity {
  let identifier: Int32
  let pthread: pthread_t
}

extension Registry {
  /// The live thread with a kernel port. Throws INVALID_ARGUMENT when there is none. One that has never called is looked
  /// for, and its port ends if it has ended.
  static func identity(ofThreadWith port: Port) throws(KernelReturn) -> ThreadIdentity {
    lock.acquire()
    let found: ThreadLinks
    do throws(KernelReturn) {
      found = try links(ofThreadWith: port).pointee
    } catch {
      lock.release()
      throw error
    }
    lock.release()
    if found.startTime != 0, sweep(found.identifier, found.startTime) { throw .invalidArgument }
    return ThreadIdentity(identifier: found.identifier, pthread: found.pthread)
  }

  /// Lets `times` grow as what was told of the thread with a port before. Throws TERMINATED when that has ended meanwhile.
  static func grow(_ times: inout clinux_times, ofThreadWith port: Port) throws(KernelReturn) {
    lock.acquire()
    defer { lock.release() }
    do throws(KernelReturn) {
      try links(ofThreadWith: port).pointee.times.grow(&times)
    } catch {
      throw .terminated
    }
  }

  /// Throws TERMINATED when the thread with a port has ended meanwhile.
  static func checkLives(threadWith port: Port) throws(KernelReturn) {
    do throws(KernelReturn) {
      _ = try identity(ofThreadWith: port)
    } catch {
      throw .terminated
    }
  }
}

/// What is known of a thread at one moment.
private struct ThreadReading {
  let status: ThreadStatus
  let times: clinux_times
  let isTimeSharing: Bool

  /// Throws TERMINATED (the thread has ended), FAILURE (no /proc), RESOURCE_SHORTAGE.
  init(_ identifier: Int32, _ port: Port) throws(KernelReturn) {
    var times = clinux_times()
    guard let status = try Process.thread(identifier) else { throw .terminated }
    let scheduler = clinux_scheduler(identifier)
    if scheduler < 0 || !clinux_read_times(identifier, &times) { throw .untold(thread: identifier) }
    try Registry.grow(&times, ofThreadWith: port)
    self.status = status
    self.times = times
    isTimeSharing = KeptPolicy.isTimeSharing(scheduler)
  }

  var policy: policy_t { isTimeSharing ? POLICY_TIMESHARE : POLICY_RR }

  /// What priority there is without a nice value, in xnu (`BASEPRI_DEFAULT`).
  private static let defaultPriority: Int32 = 31

  var priority: Int32 { isTimeSharing ? ThreadReading.defaultPriority - status.nice : 0 }

  var runState: Int32 {
    switch status.state {
    case UInt8(ascii: "R"): TH_STATE_RUNNING
    case UInt8(ascii: "D"): TH_STATE_UNINTERRUPTIBLE
    case UInt8(ascii: "T"), UInt8(ascii: "t"): TH_STATE_STOPPED
    default: TH_STATE_WAITING
    }
  }
}

extension ThreadReference {
  /// thread_info (facts: U1-U5). `room` is in words. Throws INVALID_ARGUMENT (no such flavor, too little room, no live
  /// thread), INVALID_POLICY, NOT_SUPPORTED, TERMINATED, FAILURE (no /proc), RESOURCE_SHORTAGE.
  package func information(
    _ flavor: thread_flavor_t, room: mach_msg_type_number_t
  ) throws(KernelReturn) -> InformationWords {
    let identity = try Registry.identity(ofThreadWith: port)
    guard let least = ThreadReference.leastRoom(Int32(bitPattern: flavor)), room >= least else {
      throw .invalidArgument
    }
    let words: InformationWords
    switch Int32(bitPattern: flavor) {
    case THREAD_BASIC_INFO: words = basic(try ThreadReading(identity.identifier, port))
    case THREAD_IDENTIFIER_INFO:
      words = InformationWords(
        thread_identifier_info(
          thread_id: UInt64(identity.identifier), thread_handle: UInt64(identity.pthread),
          dispatch_qaddr: 0))
    case THREAD_EXTENDED_INFO: words = extended(try ThreadReading(identity.identifier, port))
    case THREAD_SCHED_TIMESHARE_INFO: words = try timeSharing(try ThreadReading(identity.identifier, port))
    case THREAD_SCHED_RR_INFO: words = try roundRobin(try ThreadReading(identity.identifier, port), identity.identifier)
    case THREAD_SCHED_FIFO_INFO: throw .invalidPolicy
    default: throw .notSupported
    }
    try Registry.checkLives(threadWith: port)
    return words
  }

  /// The words that a flavor needs; nil for a flavor that is none.
  private static func leastRoom(_ flavor: Int32) -> Int? {
    switch flavor {
    case THREAD_BASIC_INFO: InformationWords.wordCount(thread_basic_info.self)
    case THREAD_IDENTIFIER_INFO: InformationWords.wordCount(thread_identifier_info.self)
    case THREAD_EXTENDED_INFO: InformationWords.wordCount(thread_extended_info.self)
    case THREAD_SCHED_TIMESHARE_INFO: InformationWords.wordCount(policy_timeshare_info.self)
    case THREAD_SCHED_RR_INFO: InformationWords.wordCount(policy_rr_info.self)
    case THREAD_SCHED_FIFO_INFO: InformationWords.wordCount(policy_fifo_info.self)
    case THREAD_DEBUG_INFO_INTERNAL: 0
    default: nil
    }
  }

  private func basic(_ reading: ThreadReading) -> InformationWords {
    var info = thread_basic_info()
    info.user_time = time_value_t(nanoseconds: reading.times.user)
    info.system_time = time_value_t(nanoseconds: reading.times.system)
    info.policy = reading.policy
    info.run_state = reading.runState
    return InformationWords(info)
  }

  private func extended(_ reading: ThreadReading) -> InformationWords {
    var info = thread_extended_info()
    info.pth_user_time = reading.times.user
    info.pth_system_time = reading.times.system
    info.pth_policy = reading.policy
    info.pth_run_state = reading.runState
    info.pth_curpri = reading.priority
    info.pth_priority = reading.priority
    withUnsafeMutableBytes(of: &info.pth_name) { name in
      for index in reading.status.name.indices { name[index] = reading.status.name[index] }
    }
    return InformationWords(info)
  }

  private func timeSharing(_ reading: ThreadReading) throws(KernelReturn) -> InformationWords {
    if !reading.isTimeSharing { throw .invalidPolicy }
    var info = policy_timeshare_info()
    info.base_priority = reading.priority
    info.cur_priority = reading.priority
    info.depress_priority = -1
    return InformationWords(info)
  }

  private func roundRobin(
    _ reading: ThreadReading, _ identifier: Int32
  ) throws(KernelReturn) -> InformationWords {
    if reading.isTimeSharing { throw .invalidPolicy }
    var info = policy_rr_info()
    info.quantum = Int32(clamping: max(clinux_time_slice(identifier), 0) / 1_000_000)
    info.depress_priority = -1
    return InformationWords(info)
  }
}

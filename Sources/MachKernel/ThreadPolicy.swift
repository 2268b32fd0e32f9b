// thread_policy_set, thread_policy_get: how a thread is scheduled, in Mach's words and in Linux's.

import CLinux
import CMach

/// What was asked for a thread and Linux does not keep; the registry's lock guards it. It is told as long as the thread
/// is scheduled as it was then: programs may have Linux schedule it otherwise.
struct KeptPolicy {
  var importance: Int32 = 0
  var constraint: thread_time_constraint_policy?

  /// Whether a number of Linux's is one of those that share time.
  static func isTimeSharing(_ scheduler: Int32) -> Bool {
    scheduler != clinux_first_in_first_out && scheduler != clinux_round_robin && scheduler != clinux_deadline
  }

  /// Linux's priorities of threads with fixed priority and with constraints; no larger ones, for a limit of 2 shall do.
  static let fixedPriority: Int32 = 1
  static let constraintPriority: Int32 = 2

  /// Nanoseconds of computation that xnu takes, and its defaults for a thread without constraints.
  static let computations: ClosedRange<UInt32> = 50_000...50_000_000
  static let defaultConstraint = thread_time_constraint_policy(
    period: 0, computation: 5_000_000, constraint: 10_000_000, preemptible: 1)

  /// The nice value for an importance.
  static func nice(_ importance: Int32) -> Int32 { -max(-19, min(20, importance)) }
}

/// The numbers of flavors that `<mach/thread_policy.h>` does not name.
private let policyState: Int32 = 6
private let qosPolicy: Int32 = 9
private let qosOverride: Int32 = 10

extension Registry {
  /// Runs `body` for the live thread with a kernel port, which does not end meanwhile. Throws INVALID_ARGUMENT when there
  /// is none.
  fileprivate static func withThread(
    port: Port, _ body: (UnsafeMutablePointer<ThreadLinks>) throws(KernelReturn) -> Void
  ) throws(KernelReturn) {
    _ = try identity(ofThreadWith: port)
    lock.acquire()
    defer { lock.release() }
    try body(try links(ofThreadWith: port))
  }
}

extension KernelReturn {
  /// For what scheduling a thread failed with.
  fileprivate static func scheduling(_ error: Int32) -> KernelReturn? {
    switch error {
    case 0: nil
    case ESRCH: .terminated
    default: .init(rawValue: KERN_POLICY_LIMIT)
    }
  }
}

extension ThreadReference {
  // MARK: Setting

  /// thread_policy_set (facts: U6-U8). `word` gives the caller's words, `count` of them. Throws INVALID_ARGUMENT (no such
  /// flavor, too few words, a bad value, no live thread), POLICY_LIMIT, NOT_SUPPORTED, TERMINATED.
  package func setPolicy(
    _ flavor: thread_policy_flavor_t, count: mach_msg_type_number_t, _ word: (Int) -> UInt32
  ) throws(KernelReturn) {
    switch Int32(bitPattern: flavor) {
    case THREAD_EXTENDED_POLICY:
      if count < 1 || word(0) == 1 { try setTimeSharing() } else { try setFixed() }
    case THREAD_TIME_CONSTRAINT_POLICY:
      if count < 4 { throw .invalidArgument }
      try setConstraint(
        thread_time_constraint_policy(
          period: word(0), computation: word(1), constraint: word(2), preemptible: word(3)))
    case THREAD_PRECEDENCE_POLICY:
      if count < 1 { throw .invalidArgument }
      try setImportance(Int32(bitPattern: word(0)))
    case THREAD_AFFINITY_POLICY:
      try Registry.withThread(port: port) { (_) throws(KernelReturn) in throw .notSupported }
    case THREAD_LATENCY_QOS_POLICY:
      try refuse(count < 1 || !TaskPolicy.isTier(word(0), LATENCY_QOS_TIER_0.rawValue, LATENCY_QOS_TIER_5.rawValue))
    case THREAD_THROUGHPUT_QOS_POLICY:
      try refuse(
        count < 1 || !TaskPolicy.isTier(word(0), THROUGHPUT_QOS_TIER_0.rawValue, THROUGHPUT_QOS_TIER_5.rawValue))
    default: throw .invalidArgument
    }
  }

  private func refuse(_ isInvalid: Bool) throws(KernelReturn) {
    try Registry.withThread(port: port) { (_) throws(KernelReturn) in
      throw isInvalid ? .invalidArgument : .notSupported
    }
  }

  private func setTimeSharing() throws(KernelReturn) {
    try Registry.withThread(port: port) { (links) throws(KernelReturn) in
      let identifier = links.pointee.identifier
      let scheduler = clinux_scheduler(identifier)
      if scheduler < 0 { throw .untold(thread: identifier) }
      if !KeptPolicy.isTimeSharing(scheduler),
        let failed = KernelReturn.scheduling(clinux_set_scheduler(identifier, clinux_time_sharing, 0))
      {
        throw failed
      }
      links.pointee.policy.constraint = nil
    }
  }

  private func setFixed() throws(KernelReturn) {
    try Registry.withThread(port: port) { (links) throws(KernelReturn) in
      let error = clinux_set_scheduler(links.pointee.identifier, clinux_round_robin, KeptPolicy.fixedPriority)
      if let failed = KernelReturn.scheduling(error) { throw failed }
      links.pointee.policy.constraint = nil
    }
  }

  private func setConstraint(_ constraint: thread_time_constraint_policy) throws(KernelReturn) {
    if constraint.constraint < constraint.computation || !KeptPolicy.computations.contains(constraint.computation) {
      throw .invalidArgument
    }
    try Registry.withThread(port: port) { (links) throws(KernelReturn) in
      let error = clinux_set_scheduler(
        links.pointee.identifier, clinux_first_in_first_out, KeptPolicy.constraintPriority)
      if let failed = KernelReturn.scheduling(error) { throw failed }
      links.pointee.policy.constraint = constraint
    }
  }

  private func setImportance(_ importance: Int32) throws(KernelReturn) {
    try Registry.withThread(port: port) { (links) throws(KernelReturn) in
      let error = clinux_set_nice(links.pointee.identifier, KeptPolicy.nice(importance))
      if let failed = KernelReturn.scheduling(error) { throw failed }
      links.pointee.policy.importance = importance
    }
  }

  // MARK: Telling

  /// thread_policy_get (facts: U9). `room` is in words; `wantsDefault` may become true. Throws INVALID_ARGUMENT (no such
  /// flavor, too little room, no live thread), NOT_SUPPORTED, TERMINATED.
  package func policy(
    _ flavor: thread_policy_flavor_t, room: mach_msg_type_number_t, wantsDefault: inout Bool
  ) throws(KernelReturn) -> InformationWords {
    _ = try Registry.identity(ofThreadWith: port)
    guard let least = ThreadReference.leastRoom(ofPolicy: Int32(bitPattern: flavor)) else { throw .invalidArgument }
    if flavor == UInt32(bitPattern: THREAD_AFFINITY_POLICY) { throw .notSupported }
    if room < least { throw .invalidArgument }
    switch Int32(bitPattern: flavor) {
    case THREAD_EXTENDED_POLICY:
      let isTimeSharing = try timeSharing(&wantsDefault)
      return InformationWords(thread_extended_policy(timeshare: isTimeSharing ? 1 : 0), count: min(1, Int(room)))
    case THREAD_TIME_CONSTRAINT_POLICY: return InformationWords(try constraint(&wantsDefault))
    case THREAD_PRECEDENCE_POLICY:
      return InformationWords(thread_precedence_policy(importance: wantsDefault ? 0 : try importance()))
    case THREAD_LATENCY_QOS_POLICY: return InformationWords(thread_latency_qos_policy())
    case THREAD_THROUGHPUT_QOS_POLICY: return InformationWords(thread_throughput_qos_policy())
    case qosPolicy: return InformationWords((Int32(0), wantsDefault ? 0 : try importance()))
    case qosOverride: return InformationWords((Int32(0), Int32(0)))
    default: throw .notSupported
    }
  }

  /// The words that a flavor needs; nil for a flavor that is none.
  private static func leastRoom(ofPolicy flavor: Int32) -> Int? {
    switch flavor {
    case THREAD_EXTENDED_POLICY: 0
    case THREAD_TIME_CONSTRAINT_POLICY: 4
    case THREAD_PRECEDENCE_POLICY, THREAD_AFFINITY_POLICY, THREAD_LATENCY_QOS_POLICY, THREAD_THROUGHPUT_QOS_POLICY: 1
    case qosPolicy, qosOverride: 2
    case policyState: 16
    default: nil
    }
  }

  /// What is kept of the thread's policy, and how Linux schedules it now.
  private func current() throws(KernelReturn) -> (kept: KeptPolicy, scheduler: Int32, nice: Int32) {
    var kept = KeptPolicy()
    var scheduler: Int32 = 0
    var nice: Int32 = 0
    try Registry.withThread(port: port) { (links) throws(KernelReturn) in
      kept = links.pointee.policy
      let identifier = links.pointee.identifier
      scheduler = clinux_scheduler(identifier)
      if scheduler < 0 || clinux_nice(identifier, &nice) != 0 { throw .untold(thread: identifier) }
    }
    return (kept, scheduler, nice)
  }

  private func timeSharing(_ wantsDefault: inout Bool) throws(KernelReturn) -> Bool {
    if wantsDefault { return true }
    let (kept, scheduler, _) = try current()
    if KeptPolicy.isTimeSharing(scheduler) { return true }
    wantsDefault = scheduler == clinux_first_in_first_out && kept.constraint != nil
    return wantsDefault
  }

  private func constraint(_ wantsDefault: inout Bool) throws(KernelReturn) -> thread_time_constraint_policy {
    if wantsDefault { return KeptPolicy.defaultConstraint }
    let (kept, scheduler, _) = try current()
    if scheduler == clinux_first_in_first_out, let constraint = kept.constraint { return constraint }
    wantsDefault = true
    return KeptPolicy.defaultConstraint
  }

  private func importance() throws(KernelReturn) -> Int32 {
    let (kept, _, nice) = try current()
    return KeptPolicy.nice(kept.importance) == nice ? kept.importance : -nice
  }

  /// thread_depress_abort: nothing is ever depressed. Throws NOT_DEPRESSED, INVALID_ARGUMENT (no live thread).
  package func abortDepression() throws(KernelReturn) {
    _ = try Registry.identity(ofThreadWith: port)
    throw .init(rawValue: KERN_NOT_DEPRESSED)
  }
}

// MARK: Giving way

/// swtch, swtch_pri, thread_switch.
package enum ThreadSwitch {
  /// Whether another thread had the processor meanwhile.
  package static func giveWay() -> Bool { clinux_give_way() }

  /// Facts: U11. Throws INVALID_ARGUMENT for an option that is none.
  package static func run(_ option: Int32, _ time: mach_msg_timeout_t) throws(KernelReturn) {
    switch option {
    case SWITCH_OPTION_NONE, SWITCH_OPTION_DEPRESS, 4: _ = clinux_give_way()
    case SWITCH_OPTION_WAIT, 5: wait(UInt64(time) * UInt64(NSEC_PER_MSEC))
    case 3: wait(UInt64(time) * UInt64(NSEC_PER_USEC))
    default: throw .invalidArgument
    }
  }

  private static func wait(_ nanoseconds: UInt64) {
    let deadline = clinux_now() + nanoseconds
    if nanoseconds == 0 { _ = clinux_give_way() } else { _ = Clock.wait(until: deadline) }
  }
}

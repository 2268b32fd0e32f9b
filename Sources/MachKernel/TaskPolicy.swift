// task_policy_set, task_policy_get: parts that tasks play, to which nothing in Linux corresponds.

import CLinux
import CMach

/// The default part is the only one (facts: J13, J14).
package enum TaskPolicy {
  /// Whether a number is a tier, or none is given.
  static func isTier(_ value: UInt32, _ first: UInt32, _ last: UInt32) -> Bool {
    value == 0 || (first...last).contains(value)
  }

  private static func areTiers(_ latency: UInt32, _ throughput: UInt32) -> Bool {
    isTier(latency, LATENCY_QOS_TIER_0.rawValue, LATENCY_QOS_TIER_5.rawValue)
      && isTier(throughput, THROUGHPUT_QOS_TIER_0.rawValue, THROUGHPUT_QOS_TIER_5.rawValue)
  }

  /// Words of the structures for TASK_SUPPRESSION_POLICY and TASK_POLICY_STATE, and where the first has its tiers.
  private static let largeCount = 16
  private static let timerTier = 2
  private static let throughputTier = 6

  /// Throws NOT_SUPPORTED for what could be asked, INVALID_ARGUMENT otherwise.
  fileprivate static func set(
    _ flavor: task_policy_flavor_t, count: mach_msg_type_number_t, isPrivileged: Bool, _ word: (Int) -> UInt32
  ) throws(KernelReturn) {
    let isValid =
      switch Int32(bitPattern: flavor) {
      case TASK_CATEGORY_POLICY: count >= 1 && isRole(Int32(bitPattern: word(0)), isPrivileged: isPrivileged)
      case TASK_BASE_QOS_POLICY, TASK_OVERRIDE_QOS_POLICY, TASK_BASE_LATENCY_QOS_POLICY,
        TASK_BASE_THROUGHPUT_QOS_POLICY:
        count >= 2 && areTiers(word(0), word(1))
      case TASK_SUPPRESSION_POLICY: count >= largeCount && areTiers(word(timerTier), word(throughputTier))
      default: false
      }
    throw isValid ? .notSupported : .invalidArgument
  }

  private static func isRole(_ role: Int32, isPrivileged: Bool) -> Bool {
    switch role {
    case TASK_FOREGROUND_APPLICATION.rawValue, TASK_BACKGROUND_APPLICATION.rawValue, TASK_DEFAULT_APPLICATION.rawValue:
      true
    case TASK_CONTROL_APPLICATION.rawValue, TASK_GRAPHICS_SERVER.rawValue: isPrivileged
    default: false
    }
  }

  /// `room` is in words. Throws INVALID_ARGUMENT, NOT_SUPPORTED.
  package static func words(
    _ flavor: task_policy_flavor_t, room: mach_msg_type_number_t
  ) throws(KernelReturn) -> InformationWords {
    switch Int32(bitPattern: flavor) {
    case TASK_CATEGORY_POLICY:
      if room < 1 { throw .invalidArgument }
      return InformationWords(task_category_policy())
    case TASK_BASE_QOS_POLICY, TASK_OVERRIDE_QOS_POLICY:
      if room < 2 { throw .invalidArgument }
      return InformationWords(task_qos_policy())
    case TASK_SUPPRESSION_POLICY, TASK_POLICY_STATE:
      throw room < largeCount ? .invalidArgument : .notSupported
    default: throw .invalidArgument
    }
  }
}

extension Task {
  /// task_policy_set. `word` gives the caller's words, `count` of them. Throws INVALID_ARGUMENT, NOT_SUPPORTED.
  package func setPolicy(
    _ flavor: task_policy_flavor_t, count: mach_msg_type_number_t, by thread: Thread, _ word: (Int) -> UInt32
  ) throws(KernelReturn) {
    let isPrivileged = self == thread.task && clinux_effective_user() == 0
    try TaskPolicy.set(flavor, count: count, isPrivileged: isPrivileged, word)
  }

  /// task_set_exc_guard_behavior (facts: J20): no optional violation is ever raised. Throws INVALID_VALUE, NOT_SUPPORTED.
  package func setGuardBehavior(_ behavior: task_exc_guard_behavior_t) throws(KernelReturn) {
    if behavior & ~UInt32(TASK_EXC_GUARD_ALL) != 0 { throw .invalidValue }
    if behavior != 0 { throw .notSupported }
  }
}

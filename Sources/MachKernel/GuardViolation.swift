// What happens when a guard is not respected.

import CLinux
import CMach

/// A violation of a port's guard by the calling thread (facts: G4, G11).
struct GuardViolation {
  /// What was attempted, as the exception's code shows it.
  enum Flavor: UInt64 {
    case destroy = 1
    case modifyReferences = 2
    case setContext = 4
    case unguarded = 8
    case incorrectGuard = 16
    case immovable = 32
  }

  let name: mach_port_name_t
  let flavor: Flavor
  /// The port's guard, and what was shown instead.
  let expected: mach_port_context_t
  let given: mach_port_context_t

  /// EXC_GUARD's code: type of guard (1, a Mach port), flavor, name.
  var code: UInt64 { 1 << 61 | flavor.rawValue << 32 | UInt64(name) }

  /// Reports the violation: an EXC_GUARD message to the thread's, the task's or the host's handler, if there is one;
  /// else what LIBMACH_GUARD in the environment says (Choices). No lock is held.
  func raise() {
    if let thread = Thread.current, Exception(kind: EXC_GUARD, code: code, subcode: expected).deliver(by: thread) {
      return
    }
    clinux_report_guard(name, UInt32(flavor.rawValue), expected, given)
  }

  func raiseAndThrow(_ code: KernelReturn) throws(KernelReturn) {
    raise()
    throw code
  }
}

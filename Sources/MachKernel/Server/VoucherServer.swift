// The subsystem mach_voucher, 5400, and what others have of vouchers: there are none.

enum VoucherServer {
  /// Whether a number is a routine's on vouchers: the host's, tasks', threads', or their own.
  static func serves(_ identifier: Int32) -> Bool {
    switch identifier {
    case 222...224, 3439...3441, 3625...3627, 5400...5404: true
    default: false
    }
  }

  static var refusal: Routine {
    Routine(0, 36, carrying: .anything) { (_) throws(KernelReturn) in throw .notSupported }
  }
}

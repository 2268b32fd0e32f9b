// Return codes as errors.

import CMach

/// A code that is not KERN_SUCCESS, of whatever family: `KERN_*`, `MACH_SEND_*`, `MACH_RCV_*`.
struct MachError: Error, Equatable {
  var code: kern_return_t

  /// Throws unless the code is KERN_SUCCESS.
  static func check(_ code: kern_return_t) throws(MachError) {
    if code != KERN_SUCCESS { throw MachError(code: code) }
  }
}

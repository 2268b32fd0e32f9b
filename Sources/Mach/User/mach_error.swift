// <mach/mach_error.h>: errors in words. The words are in errors.def.

import CLinux
import CMach

@_cdecl("mach_error_string") @implementation
public func mach_error_string(_ error_value: mach_error_t) -> UnsafeMutablePointer<CChar>! {
  var isKnown = false
  return UnsafeMutablePointer(mutating: cmach_error_text(error_value, &isKnown))
}

@_cdecl("mach_error_type") @implementation
public func mach_error_type(_ error_value: mach_error_t) -> UnsafeMutablePointer<CChar>! {
  UnsafeMutablePointer(mutating: cmach_error_type(error_value))
}

@_cdecl("mach_error") @implementation
public func mach_error(_ str: UnsafePointer<CChar>!, _ error_value: mach_error_t) {
  var isKnown = false
  let text = cmach_error_text(error_value, &isKnown)
  clinux_write_error(str, isKnown ? nil : cmach_error_type(error_value), text, UInt32(bitPattern: error_value))
}

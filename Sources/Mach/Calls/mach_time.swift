// <mach/mach_time.h>: absolute and continuous time, and waiting for them.

import CLinux
import CMach
import MachKernel

@_cdecl("mach_absolute_time") @implementation
public func mach_absolute_time() -> UInt64 { clinux_now() }

@_cdecl("mach_approximate_time") @implementation
public func mach_approximate_time() -> UInt64 { clinux_clock(clinux_coarse_time) }

@_cdecl("mach_continuous_time") @implementation
public func mach_continuous_time() -> UInt64 { clinux_clock(clinux_boot_time) }

@_cdecl("mach_continuous_approximate_time") @implementation
public func mach_continuous_approximate_time() -> UInt64 { clinux_clock(clinux_boot_time) }

@_cdecl("mach_timebase_info") @implementation
public func mach_timebase_info(_ info: mach_timebase_info_t!) -> kern_return_t {
  guard let info else { return KERN_INVALID_ARGUMENT }
  info.pointee = mach_timebase_info_data_t(numer: 1, denom: 1)
  return KERN_SUCCESS
}

@_cdecl("mach_timebase_info_trap") @implementation
public func mach_timebase_info_trap(_ info: mach_timebase_info_t!) -> kern_return_t { mach_timebase_info(info) }

@_cdecl("mach_wait_until") @implementation
public func mach_wait_until(_ deadline: UInt64) -> kern_return_t {
  Clock.wait(until: deadline) ? KERN_SUCCESS : KERN_ABORTED
}

@_cdecl("mach_get_times") @implementation
public func mach_get_times(
  _ absolute_time: UnsafeMutablePointer<UInt64>!, _ continuous_time: UnsafeMutablePointer<UInt64>!,
  _ tp: UnsafeMutablePointer<timespec>!
) -> kern_return_t {
  let reading = Clock.reading()
  if let absolute_time { absolute_time.pointee = reading.absolute }
  if let continuous_time { continuous_time.pointee = reading.continuous }
  if let tp {
    tp.pointee.tv_sec = Int(reading.calendar / NSEC_PER_SEC)
    tp.pointee.tv_nsec = Int(reading.calendar % NSEC_PER_SEC)
  }
  return KERN_SUCCESS
}

@_cdecl("mach_boottime_usec") @implementation
public func mach_boottime_usec() -> UInt64 { Clock.bootTime() }

// <mach/mach_linux.h>: what only this library has.

import CLinux
import CMach
import MachKernel

@_cdecl("mach_linux_statistics") @implementation
public func mach_linux_statistics(_ statistics: UnsafeMutablePointer<mach_linux_statistics>!) {
  guard let statistics, Thread.entering != nil else { return }
  statistics.pointee = Statistics.read()
}

@_cdecl("mach_linux_trim") @implementation
public func mach_linux_trim() { Kernel.trim() }

@_cdecl("mach_linux_task_adopt") @implementation
public func mach_linux_task_adopt(_ task: task_t) -> kern_return_t {
  if task != 0 {
    return onTask(task) { (target, thread) throws(KernelReturn) in thread.adopt(target.task) }
  }
  guard let thread = Thread.entering, let process = Kernel.processTask else { return KERN_RESOURCE_SHORTAGE }
  thread.adopt(process)
  return KERN_SUCCESS
}

@_cdecl("mach_linux_port_fd") @implementation
public func mach_linux_port_fd(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ fd: UnsafeMutablePointer<Int32>!
) -> kern_return_t {
  guard let fd else { return KERN_INVALID_ARGUMENT }
  return onSpace(of: task) { (space) throws(KernelReturn) in fd.pointee = try space.makeDescriptor(of: name) }
}

#if CHECKED
  @_cdecl("mach_linux_check") @implementation
  public func mach_linux_check() -> kern_return_t {
    guard let thread = Thread.entering else { return KERN_RESOURCE_SHORTAGE }
    return Invariants.hold(thread) ? KERN_SUCCESS : KERN_FAILURE
  }

  @_cdecl("mach_linux_inject") @implementation
  public func mach_linux_inject(_ kinds: Int32, _ n: UInt32, _ all: boolean_t) -> UInt32 {
    clinux_inject(kinds, n, all != 0)
  }

  @_cdecl("mach_linux_race") @implementation
  public func mach_linux_race(
    _ seed: UInt64, _ racers: UnsafePointer<mach_linux_racer>!, _ count: UInt32, _ course: UnsafeMutablePointer<UInt64>!
  ) -> kern_return_t {
    guard let racers else { return KERN_INVALID_ARGUMENT }
    let bodies = UnsafeRawPointer(racers).assumingMemoryBound(to: clinux_body.self)
    switch clinux_race(seed, bodies, count, course) {
    case 0: return KERN_SUCCESS
    case EINVAL: return KERN_INVALID_ARGUMENT
    case EDEADLK: return KERN_OPERATION_TIMED_OUT
    default: return KERN_RESOURCE_SHORTAGE
    }
  }

  @_cdecl("mach_linux_step") @implementation
  public func mach_linux_step() { clinux_step() }
#endif

// <mach/semaphore.h>, and the semaphores of <mach/task.h>.

import CMach
import MachKernel

@_cdecl("semaphore_create") @implementation
public func semaphore_create(
  _ task: task_t, _ semaphore: UnsafeMutablePointer<semaphore_t>!, _ policy: Int32, _ value: Int32
) -> kern_return_t {
  onTask(task) { (owner, thread) throws(KernelReturn) in
    let name = try output(semaphore)
    name.pointee = try owner.task.makeSemaphore(policy: policy, count: value).name(in: thread.task.space)
  }
}

@_cdecl("semaphore_destroy") @implementation
public func semaphore_destroy(_ task: task_t, _ semaphore: semaphore_t) -> kern_return_t {
  onTask(task) { (owner, thread) throws(KernelReturn) in
    try owner.task.destroySemaphore(try thread.task.space.moveSend(of: semaphore))
  }
}

// MARK: Signalling

@_cdecl("semaphore_signal") @implementation
public func semaphore_signal(_ semaphore: semaphore_t) -> kern_return_t {
  // In a signal handler: nothing is begun or cleaned up for the thread.
  guard let task = Task.acting else { return KERN_RESOURCE_SHORTAGE }
  do throws(KernelReturn) {
    try task.signal(semaphore)
    return KERN_SUCCESS
  } catch {
    return error.rawValue
  }
}

@_cdecl("semaphore_signal_all") @implementation
public func semaphore_signal_all(_ semaphore: semaphore_t) -> kern_return_t {
  inThread { (thread) throws(KernelReturn) in try thread.task.signalAll(semaphore) }
}

@_cdecl("semaphore_signal_thread") @implementation
public func semaphore_signal_thread(_ semaphore: semaphore_t, _ thread: thread_t) -> kern_return_t {
  inThread { (caller) throws(KernelReturn) in
    if thread == 0 {
      try caller.task.signalOne(semaphore)
    } else {
      try caller.task.space.thread(named: thread).signal(semaphore, of: caller.task)
    }
  }
}

// MARK: Waiting

@_cdecl("semaphore_wait") @implementation
public func semaphore_wait(_ semaphore: semaphore_t) -> kern_return_t {
  inThread { (thread) throws(KernelReturn) in try thread.wait(on: semaphore, for: .none) }
}

@_cdecl("semaphore_timedwait") @implementation
public func semaphore_timedwait(_ semaphore: semaphore_t, _ wait_time: mach_timespec_t) -> kern_return_t {
  inThread { (thread) throws(KernelReturn) in try thread.wait(on: semaphore, for: try limit(wait_time)) }
}

@_cdecl("semaphore_wait_signal") @implementation
public func semaphore_wait_signal(
  _ wait_semaphore: semaphore_t, _ signal_semaphore: semaphore_t
) -> kern_return_t {
  inThread { (thread) throws(KernelReturn) in
    try thread.wait(on: wait_semaphore, signalling: signal_semaphore, for: .none)
  }
}

@_cdecl("semaphore_timedwait_signal") @implementation
public func semaphore_timedwait_signal(
  _ wait_semaphore: semaphore_t, _ signal_semaphore: semaphore_t, _ wait_time: mach_timespec_t
) -> kern_return_t {
  inThread { (thread) throws(KernelReturn) in
    try thread.wait(on: wait_semaphore, signalling: signal_semaphore, for: try limit(wait_time))
  }
}

/// INVALID_VALUE for bad nanoseconds.
@inline(__always)
private func limit(_ time: mach_timespec_t) throws(KernelReturn) -> WaitLimit {
  guard let limit = WaitLimit(seconds: time.tv_sec, nanoseconds: time.tv_nsec) else { throw .invalidValue }
  return limit
}

// MARK: By their names as traps, <mach/mach_traps.h>

@_cdecl("semaphore_signal_trap") @implementation
public func semaphore_signal_trap(_ signal_name: mach_port_name_t) -> kern_return_t { semaphore_signal(signal_name) }

@_cdecl("semaphore_signal_all_trap") @implementation
public func semaphore_signal_all_trap(_ signal_name: mach_port_name_t) -> kern_return_t {
  semaphore_signal_all(signal_name)
}

@_cdecl("semaphore_signal_thread_trap") @implementation
public func semaphore_signal_thread_trap(
  _ signal_name: mach_port_name_t, _ thread_name: mach_port_name_t
) -> kern_return_t {
  semaphore_signal_thread(signal_name, thread_name)
}

@_cdecl("semaphore_wait_trap") @implementation
public func semaphore_wait_trap(_ wait_name: mach_port_name_t) -> kern_return_t { semaphore_wait(wait_name) }

@_cdecl("semaphore_wait_signal_trap") @implementation
public func semaphore_wait_signal_trap(
  _ wait_name: mach_port_name_t, _ signal_name: mach_port_name_t
) -> kern_return_t {
  semaphore_wait_signal(wait_name, signal_name)
}

@_cdecl("semaphore_timedwait_trap") @implementation
public func semaphore_timedwait_trap(
  _ wait_name: mach_port_name_t, _ sec: UInt32, _ nsec: clock_res_t
) -> kern_return_t {
  semaphore_timedwait(wait_name, mach_timespec_t(tv_sec: sec, tv_nsec: nsec))
}

@_cdecl("semaphore_timedwait_signal_trap") @implementation
public func semaphore_timedwait_signal_trap(
  _ wait_name: mach_port_name_t, _ signal_name: mach_port_name_t, _ sec: UInt32, _ nsec: clock_res_t
) -> kern_return_t {
  semaphore_timedwait_signal(wait_name, signal_name, mach_timespec_t(tv_sec: sec, tv_nsec: nsec))
}

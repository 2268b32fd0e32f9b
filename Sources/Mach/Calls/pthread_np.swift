// <mach/pthread_np.h>: from pthreads to their Mach names and back.

import CLinux
import CMach
import MachKernel

/// The name that the thread has already, or a new one; no user reference is added to a name that is there.
@_cdecl("pthread_mach_thread_np") @implementation
public func pthread_mach_thread_np(_ thread: pthread_t) -> mach_port_t {
  Thread.entering?.name(of: thread) ?? 0
}

@_cdecl("pthread_from_mach_thread_np") @implementation
public func pthread_from_mach_thread_np(_ port: mach_port_t) -> pthread_t {
  Thread.entering?.pthread(named: port) ?? pthread_t()
}

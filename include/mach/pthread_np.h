/// Between the threads of POSIX and those of Mach. Other systems have these calls in <pthread.h>.
#ifndef _MACH_PTHREAD_NP_H_
#define _MACH_PTHREAD_NP_H_

#include <pthread.h>
#include <sys/cdefs.h>

#include <mach/mach_types.h>

__BEGIN_DECLS

/// Gives the name of a thread's port in the calling task. Unlike mach_thread_self it takes no user reference, so the
/// name is not to be deallocated; it lasts as long as the thread. `thread` is alive. Gives MACH_PORT_NULL when the
/// thread has no port, or there is no memory.
mach_port_t pthread_mach_thread_np(pthread_t thread);

/// Gives the thread whose port has the name `port` in the calling task, or 0 when it is no port of a living thread of
/// this process.
pthread_t pthread_from_mach_thread_np(mach_port_t port);

__END_DECLS

#endif

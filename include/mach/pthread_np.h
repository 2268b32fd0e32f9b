/// Between the threads of POSIX and those of Mach. Other systems have these calls in <pthread.h>.
#ifndef _MACH_PTHREAD_NP_H_
#define _MACH_PTHREAD_NP_H_

#include <pthread.h>
#include <sys/cdefs.h>

#include <mach/mach_types.h>

__BEGIN_DECLS

/// Gives the name of a thread's port in the calling task. Unlike mach_thread_self it adds no user reference to a name
/// that is there, so the name is not to be deallocated while the thread lives; afterwards it is a dead name, which
/// mach_port_deallocate frees. `thread` is alive. Gives MACH_PORT_NULL for a thread that has never called this library,
/// and when there is no memory.
mach_port_t pthread_mach_thread_np(pthread_t thread);

/// Gives the thread whose port has the name `port` in the calling task, or 0 when it is no port of a living thread of
/// this process.
pthread_t pthread_from_mach_thread_np(mach_port_t port);

__END_DECLS

#endif

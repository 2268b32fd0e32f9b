/// Semaphores: counts that threads add to and wait for. semaphore_create and semaphore_destroy, in <mach/task.h>, make
/// and end them.
///
/// A semaphore is named by a send right to its port, which messages carry like any other: whoever holds one can use it.
/// It ends with its last send right. Every semaphore here is a name in the calling task.
///
/// Every routine gives KERN_SUCCESS when it is done, and besides the codes listed with it:
///   KERN_INVALID_NAME        the name is MACH_PORT_NULL, MACH_PORT_DEAD or unknown
///   KERN_INVALID_RIGHT       the name has no send right
///   KERN_INVALID_CAPABILITY  the port is no semaphore's
///   KERN_TERMINATED          the semaphore has been destroyed, or its task has ended
///   KERN_RESOURCE_SHORTAGE   no memory at the thread's first call, of those that wait or wake more than one
///
/// Waits end in the order of the semaphore's policy, one for each count. They are no cancellation points. A signal that
/// is handled while the thread waits ends the wait, KERN_ABORTED, its handler installed with SA_RESTART or not; no count
/// is lost to that. A count that can be taken at once, and a signal when no thread waits, cost no system call.
#ifndef _MACH_SEMAPHORE_H_
#define _MACH_SEMAPHORE_H_

#include <sys/cdefs.h>

#include <mach/clock_types.h>
#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/port.h>
#include <mach/sync_policy.h>

__BEGIN_DECLS

/* -- Signalling ---------------------------------------------------------------------------------------------------- */

/// Adds a count, which wakes the thread whose turn it is. May be called in a signal handler.
///
///   KERN_FAILURE  the count is 2,147,483,647
kern_return_t semaphore_signal(semaphore_t semaphore);

/// Wakes all threads that wait. When there are none it does nothing: counts stay as they are.
kern_return_t semaphore_signal_all(semaphore_t semaphore);

/// Wakes one thread, if it waits on the semaphore; with MACH_PORT_NULL the thread whose turn it is. Adds no count.
///
///   KERN_INVALID_ARGUMENT  `thread` is neither MACH_PORT_NULL nor a thread's port, or the thread has ended; comes first
///   KERN_NOT_WAITING       the thread does not wait there, or none does
kern_return_t semaphore_signal_thread(semaphore_t semaphore, thread_t thread);

/* -- Waiting ------------------------------------------------------------------------------------------------------- */

/// Takes a count, and waits until there is one for this thread.
///
///   KERN_ABORTED  the wait was cut short: a signal was handled, or the task that the thread acts for has ended
kern_return_t semaphore_wait(semaphore_t semaphore);

/// The same, for so long at most; a time of {0, 0} does not wait at all.
///
///   KERN_INVALID_VALUE        bad nanoseconds; comes first
///   KERN_OPERATION_TIMED_OUT  no count in that time
///   KERN_ABORTED              as semaphore_wait
kern_return_t semaphore_timedwait(semaphore_t semaphore, mach_timespec_t wait_time);

/// Begins to wait on one semaphore, or takes its count, and then signals the other: no signal of a third thread comes in
/// between unseen. The other is signalled whatever comes of the wait. Its name is looked up first.
///
///   KERN_TERMINATED  one of the two has been destroyed; if it is the one to be signalled, only where the other one's
///                    count had not been taken
///   KERN_FAILURE     the count of the one to be signalled is 2,147,483,647, and none was taken
///   KERN_ABORTED     as semaphore_wait
kern_return_t semaphore_wait_signal(semaphore_t wait_semaphore, semaphore_t signal_semaphore);

/// The same, with the time and the codes of semaphore_timedwait.
kern_return_t semaphore_timedwait_signal(semaphore_t wait_semaphore, semaphore_t signal_semaphore,
                                         mach_timespec_t wait_time);

__END_DECLS

#endif

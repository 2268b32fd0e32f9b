/// Threads, with the calls that Darwin adds.
#pragma GCC system_header
#include_next <pthread.h>

#ifndef _LIBMACH_DARWIN_PTHREAD_H_
#define _LIBMACH_DARWIN_PTHREAD_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <time.h>

#include <mach/pthread_np.h>

struct timespec; /* in <time.h>, but not by every standard */

__BEGIN_DECLS

/// Writes the number that Linux gave a thread, 0 standing for the calling one, to `*thread_id`. Gives 0; EINVAL when
/// `thread_id` is a null pointer, ESRCH when the thread has ended.
int pthread_threadid_np(pthread_t thread, uint64_t *thread_id);

/// Whether the calling thread is the one that runs main.
int pthread_main_np(void);

/// Lets others run.
void pthread_yield_np(void);

/// The high end of a thread's stack, and its size in bytes; a null pointer and 0 when Linux does not tell.
void *pthread_get_stackaddr_np(pthread_t thread);
size_t pthread_get_stacksize_np(pthread_t thread);

/// As pthread_cond_timedwait, for so long instead of until then.
int pthread_cond_timedwait_relative_np(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *reltime);

__END_DECLS

/* With one argument the calling thread's name is set, as on Darwin; libc's own call takes two. */
#define _LIBMACH_DARWIN_SETNAME1(name)                 (pthread_setname_np)(pthread_self(), name)
#define _LIBMACH_DARWIN_SETNAME2(thread, name)         (pthread_setname_np)(thread, name)
#define _LIBMACH_DARWIN_SETNAME_OF(_1, _2, which, ...) which
#define pthread_setname_np(...)                                                                                        \
    _LIBMACH_DARWIN_SETNAME_OF(__VA_ARGS__, _LIBMACH_DARWIN_SETNAME2, _LIBMACH_DARWIN_SETNAME1, 0)(__VA_ARGS__)

/* Where a thread is a pointer, NULL is the calling one; here it is a number. */
#define pthread_threadid_np(thread, thread_id) (pthread_threadid_np)((pthread_t)(thread), thread_id)

#endif

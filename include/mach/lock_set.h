/// Sets of locks. There are none: every routine gives KERN_NOT_SUPPORTED, whatever is passed. A semaphore with a count of
/// 1 serves in place of a lock.
#ifndef _MACH_LOCK_SET_H_
#define _MACH_LOCK_SET_H_

#include <sys/cdefs.h>

#include <mach/kern_return.h>
#include <mach/mach_types.h>

__BEGIN_DECLS

kern_return_t lock_acquire(lock_set_t lock_set, int lock_id);
kern_return_t lock_release(lock_set_t lock_set, int lock_id);
kern_return_t lock_try(lock_set_t lock_set, int lock_id);
kern_return_t lock_make_stable(lock_set_t lock_set, int lock_id);
kern_return_t lock_handoff(lock_set_t lock_set, int lock_id);
kern_return_t lock_handoff_accept(lock_set_t lock_set, int lock_id);

__END_DECLS

#endif

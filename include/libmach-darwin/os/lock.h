/// A lock of one word that knows who has it. Threads that wait for it sleep, in no certain order.
///
/// What is a mistake of the program ends it with an illegal instruction, as on other systems: to lock what the thread has
/// already, to unlock what it does not have, an assertion that does not hold. A lock that someone has at the time of fork
/// is nobody's in the child, where it stays locked.
#ifndef __OS_LOCK__
#define __OS_LOCK__

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <os/base.h>

#define OS_LOCK_API_VERSION 20160309

/// 0 is free: memory that was never written but with zeros is a lock.
typedef struct os_unfair_lock_s {
    uint32_t _os_unfair_lock_opaque;
} os_unfair_lock, *os_unfair_lock_t;

#if defined(__cplusplus)
#define OS_UNFAIR_LOCK_INIT                                                                                            \
    os_unfair_lock {}
#else
#define OS_UNFAIR_LOCK_INIT ((os_unfair_lock){0})
#endif

__BEGIN_DECLS

/// Takes the lock, waiting until nobody has it.
void os_unfair_lock_lock(os_unfair_lock_t lock);

/// Takes the lock unless someone, the thread itself included, has it; gives whether it did.
bool os_unfair_lock_trylock(os_unfair_lock_t lock) OS_WARN_RESULT;

/// Gives the lock back and wakes a thread that waits for it.
void os_unfair_lock_unlock(os_unfair_lock_t lock);

/// Ends the program unless the thread has the lock.
void os_unfair_lock_assert_owner(const os_unfair_lock *lock);

/// Ends the program if the thread has the lock.
void os_unfair_lock_assert_not_owner(const os_unfair_lock *lock);

__END_DECLS

#endif

/// A lock of one word that a thread tries for again and again. Programs include <libkern/OSAtomic.h>; os_unfair_lock of
/// <os/lock.h>, whose waiters sleep, is the better one.
#ifndef _OSSPINLOCK_DEPRECATED_H_
#define _OSSPINLOCK_DEPRECATED_H_

#include <stdbool.h>
#include <stdint.h>
#include <sys/cdefs.h>

/// 0 is free.
typedef int32_t OSSpinLock;

#define OS_SPINLOCK_INIT 0

__BEGIN_DECLS

/// Not for programs: how OSSpinLockLock waits. Looks at the lock a hundred times, then lets others run between looks, and
/// in the end sleeps for ever longer, up to a millisecond, so that a holder with a lower priority gets on.
void _OSSpinLockWait(volatile OSSpinLock *lock);

__END_DECLS

/// Takes the lock unless someone has it; gives whether it did.
static __inline__ bool OSSpinLockTry(volatile OSSpinLock *lock) {
    int32_t free = 0;
    return __atomic_compare_exchange_n(lock, &free, -1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/// Takes the lock as soon as nobody has it.
static __inline__ void OSSpinLockLock(volatile OSSpinLock *lock) {
    while (!OSSpinLockTry(lock)) _OSSpinLockWait(lock);
}

/// Gives the lock back.
static __inline__ void OSSpinLockUnlock(volatile OSSpinLock *lock) { __atomic_store_n(lock, 0, __ATOMIC_RELEASE); }

#endif

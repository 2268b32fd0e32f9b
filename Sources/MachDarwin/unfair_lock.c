// os_unfair_lock: a word that holds the number of the thread that has the lock, 0 when nobody has, and a bit that says
// that others may sleep.
#include <os/lock.h>

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WAITERS 0x80000000u

static __thread uint32_t this_thread;

// The one thread of a child has another number.
static void forget_thread(void) { this_thread = 0; }

__attribute__((__constructor__)) static void watch_forks(void) { pthread_atfork(NULL, NULL, forget_thread); }

static uint32_t self(void) {
    if (this_thread == 0) this_thread = (uint32_t)syscall(SYS_gettid);
    return this_thread;
}

static bool take(uint32_t *word, uint32_t free_word, uint32_t taken) {
    return __atomic_compare_exchange_n(word, &free_word, taken, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

// Who has slept takes the lock with the bit, for there may be others who sleep.
static void wait_and_take(uint32_t *word, uint32_t thread) {
    int saved = errno;
    for (uint32_t with_waiters = thread;;) {
        uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);
        if ((seen & ~WAITERS) == 0) {
            if (take(word, seen, with_waiters)) break;
            continue;
        }
        if ((seen & ~WAITERS) == thread) __builtin_trap();
        if ((seen & WAITERS) == 0) {
            uint32_t expected = seen;
            if (!__atomic_compare_exchange_n(word, &expected, seen | WAITERS, false, __ATOMIC_RELAXED,
                                             __ATOMIC_RELAXED))
                continue;
        }
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen | WAITERS, NULL, NULL, 0);
        with_waiters = thread | WAITERS;
    }
    errno = saved;
}

void os_unfair_lock_lock(os_unfair_lock_t lock) {
    uint32_t thread = self();
    if (!take(&lock->_os_unfair_lock_opaque, 0, thread)) wait_and_take(&lock->_os_unfair_lock_opaque, thread);
}

bool os_unfair_lock_trylock(os_unfair_lock_t lock) { return take(&lock->_os_unfair_lock_opaque, 0, self()); }

void os_unfair_lock_unlock(os_unfair_lock_t lock) {
    uint32_t *word = &lock->_os_unfair_lock_opaque;
    uint32_t had = __atomic_exchange_n(word, 0, __ATOMIC_RELEASE);
    if (had == self()) return;
    if (had != (self() | WAITERS)) __builtin_trap();
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    errno = saved;
}

static bool is_owner(const os_unfair_lock *lock) {
    return (__atomic_load_n(&lock->_os_unfair_lock_opaque, __ATOMIC_RELAXED) & ~WAITERS) == self();
}

void os_unfair_lock_assert_owner(const os_unfair_lock *lock) {
    if (!is_owner(lock)) __builtin_trap();
}

void os_unfair_lock_assert_not_owner(const os_unfair_lock *lock) {
    if (is_owner(lock)) __builtin_trap();
}

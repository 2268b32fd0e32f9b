// How a thread waits for an OSSpinLock.
#include <libkern/OSAtomic.h>

#include <errno.h>
#include <sched.h>
#include <time.h>

static void pause_processor(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

static bool is_free(volatile OSSpinLock *lock) { return __atomic_load_n(lock, __ATOMIC_RELAXED) == 0; }

// A holder that has a processor is done within the first looks. One that waits for a processor gets it by sched_yield, unless its priority is
// lower than that of the thread that yields: then it gets on only while that thread sleeps.
void _OSSpinLockWait(volatile OSSpinLock *lock) {
    for (int looks = 0; looks < 100; looks++) {
        if (is_free(lock)) return;
        pause_processor();
    }
    for (int looks = 0; looks < 100; looks++) {
        if (is_free(lock)) return;
        sched_yield();
    }
    int saved = errno;
    for (long nanoseconds = 50000; !is_free(lock);) {
        struct timespec sleep = {.tv_nsec = nanoseconds};
        nanosleep(&sleep, NULL);
        if (nanoseconds < 1000000) nanoseconds *= 2;
        if (nanoseconds > 1000000) nanoseconds = 1000000;
    }
    errno = saved;
}

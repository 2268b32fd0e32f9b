// What Darwin's threads know of themselves.
#define _GNU_SOURCE // pthread_getattr_np, pthread_cond_clockwait
#include <pthread.h>

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

int(pthread_threadid_np)(pthread_t thread, uint64_t *thread_id) {
    if (thread_id == NULL) return EINVAL;
    if (thread == 0 || pthread_equal(thread, pthread_self())) {
        *thread_id = (uint64_t)syscall(SYS_gettid);
        return 0;
    }
    // The clock of a thread's time is named by its number: all bits turned, above three others.
    clockid_t clock;
    int error = pthread_getcpuclockid(thread, &clock);
    if (error == 0) *thread_id = (uint64_t) ~(clock >> 3);
    return error;
}

int pthread_main_np(void) { return syscall(SYS_gettid) == getpid(); }

void pthread_yield_np(void) { sched_yield(); }

static void stack_of(pthread_t thread, char **start, size_t *size) {
    pthread_attr_t attributes;
    void *address;
    *start = NULL;
    *size = 0;
    if (pthread_getattr_np(thread, &attributes) != 0) return;
    if (pthread_attr_getstack(&attributes, &address, size) == 0) *start = address;
    pthread_attr_destroy(&attributes);
}

void *pthread_get_stackaddr_np(pthread_t thread) {
    char *start;
    size_t size;
    stack_of(thread, &start, &size);
    return start == NULL ? NULL : start + size;
}

size_t pthread_get_stacksize_np(pthread_t thread) {
    char *start;
    size_t size;
    stack_of(thread, &start, &size);
    return size;
}

int pthread_cond_timedwait_relative_np(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *reltime) {
    if (reltime->tv_nsec < 0 || reltime->tv_nsec >= 1000000000) return EINVAL;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += reltime->tv_nsec;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    if (__builtin_add_overflow(until.tv_sec, reltime->tv_sec, &until.tv_sec)) until.tv_sec = (time_t)(~0ul >> 1);
    return pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &until);
}

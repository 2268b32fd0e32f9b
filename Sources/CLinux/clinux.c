/* The thread-local slot, and what needs more than a system call. */
#define _GNU_SOURCE /* preadv2 */
#include "clinux.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/uio.h>

_Thread_local void *clinux_thread_slot;

#if defined(CHECKED)
// -- Faults -----------------------------------------------------------------------------------------------------------

static _Thread_local struct {
    int kinds;
    uint32_t left; // the fault comes when it is 1; 0: none
    bool all;
    uint32_t count;
} faults;

bool clinux_fails(clinux_fault kind) {
    if (faults.left == 0 || (faults.kinds & (int)kind) == 0) return false;
    if (faults.left > 1) {
        faults.left--;
        return false;
    }
    if (!faults.all) faults.left = 0;
    faults.count++;
    return true;
}

uint32_t clinux_inject(int kinds, uint32_t n, bool all) {
    uint32_t count = faults.count;
    faults.kinds = kinds;
    faults.left = n;
    faults.all = all;
    faults.count = 0;
    return count;
}
#endif

int32_t clinux_cpu(void) {
#if defined(CHECKED)
    if (clinux_racer_slot != NULL) return 0;
#endif
    return sched_getcpu();
}

// -- Threads ----------------------------------------------------------------------------------------------------------

static const char *thread_name;
static void *(*thread_body)(void *);

// One thread starts at a time, and is the only one of its kind.
static void *run_thread(void *argument) {
    prctl(PR_SET_NAME, thread_name);
    // It is to wake when it wants to, not up to 50 microseconds later.
    prctl(PR_SET_TIMERSLACK, 1UL);
    return thread_body(argument);
}

bool clinux_start_thread(void *(*body)(void *), const char *name) {
    enum { SMALL_STACK = 64 << 10 };
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return false;
    int saved = errno;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    size_t least = (size_t)PTHREAD_STACK_MIN;
    bool is_small = pthread_attr_setstacksize(&attributes, least > SMALL_STACK ? least : SMALL_STACK) == 0;
    thread_body = body;
    thread_name = name;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int error = pthread_create(&thread, &attributes, run_thread, NULL);
    pthread_attr_destroy(&attributes);
    // Where programs have much thread-local data a small stack has no room for it.
    if (error == EINVAL && is_small && pthread_attr_init(&attributes) == 0) {
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        error = pthread_create(&thread, &attributes, run_thread, NULL);
        pthread_attr_destroy(&attributes);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return error == 0;
}

// System calls, not the C library's functions: those are cancellation points, which mach_msg is not.
int clinux_open(const char *path, int flags) {
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return -EMFILE;
    int saved = errno;
    long file;
    do file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | flags);
    while (file == -1 && errno == EINTR);
    if (file == -1) file = -errno;
    errno = saved;
    return (int)file;
}

long clinux_read(int file, void *buffer, size_t size) {
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return -ENOMEM;
    int saved = errno;
    long length;
    do length = syscall(SYS_read, file, buffer, size);
    while (length == -1 && errno == EINTR);
    if (length == -1) length = -errno;
    errno = saved;
    return length;
}

void clinux_close(int file) {
    int saved = errno;
    syscall(SYS_close, file);
    errno = saved;
}

int clinux_event_make(void) {
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return -1;
    int saved = errno;
    long event = syscall(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event >= 0 && event <= STDERR_FILENO) {
        int higher = clinux_duplicate((int)event);
        syscall(SYS_close, event);
        event = higher;
    }
    errno = saved;
    return (int)event;
}

void clinux_event_raise(int event) {
    int saved = errno;
    uint64_t one = 1;
    // A counter that a program has filled up is readable as it is.
    syscall(SYS_write, event, &one, sizeof one);
    errno = saved;
}

void clinux_event_lower(int event) {
    int saved = errno;
    uint64_t count;
    struct iovec into = {&count, sizeof count};
    // Not to wait, even if the program has made the descriptor one that waits.
    if (syscall(SYS_preadv2, event, &into, 1UL, -1L, -1L, RWF_NOWAIT) == -1 && errno == EOPNOTSUPP)
        syscall(SYS_read, event, &count, sizeof count);
    errno = saved;
}

bool clinux_is_raised(int event) {
    struct pollfd polled = {.fd = event, .events = POLLIN};
    return poll(&polled, 1, 0) == 1;
}

int clinux_duplicate(int file) {
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return -1;
    int saved = errno;
    // Not below 3: what a program takes for its standard output must not be this.
    long copy = syscall(SYS_fcntl, file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1UL);
    errno = saved;
    return (int)copy;
}

uint32_t clinux_login_user(void) {
    int file = clinux_open("/proc/self/loginuid", 0);
    if (file < 0) return UINT32_MAX;
    char text[16];
    long length = clinux_read(file, text, sizeof text - 1);
    clinux_close(file);
    if (length <= 0) return UINT32_MAX;
    text[length] = '\0';
    return (uint32_t)strtoul(text, NULL, 10);
}

void clinux_kill(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static enum { GUARD_QUIET, GUARD_LOG, GUARD_KILL } guard_action;

void clinux_read_environment(void) {
    const char *action = getenv("LIBMACH_GUARD");
    if (action == NULL) return;
    if (strcmp(action, "log") == 0) guard_action = GUARD_LOG;
    if (strcmp(action, "kill") == 0) guard_action = GUARD_KILL;
}

void clinux_report_guard(uint32_t name, uint32_t flavor, uint64_t expected, uint64_t given) {
    if (guard_action == GUARD_KILL) clinux_kill();
    if (guard_action != GUARD_LOG) return;
    int saved = errno;
    char line[160];
    int length =
        snprintf(line, sizeof line, "libmach: guard violation: port 0x%x, flavor %u, guard 0x%llx, given 0x%llx\n",
                 name, flavor, (unsigned long long)expected, (unsigned long long)given);
    // A system call: the C library's function is a cancellation point.
    if (length > 0) (void)syscall(SYS_write, (long)STDERR_FILENO, line, (long)length);
    errno = saved;
}

void clinux_write_error(const char *prefix, const char *type, const char *text, uint32_t code) {
    int saved = errno;
    char number[sizeof " (0x12345678)"] = "";
    if (type != NULL) snprintf(number, sizeof number, " (0x%x)", code);
    const char *parts[] = {
        prefix != NULL ? prefix : "", " ", type != NULL ? type : "", type != NULL ? " " : "", text, number, "\n"};
    enum { COUNT = sizeof parts / sizeof parts[0] };
    struct iovec pieces[COUNT];
    for (int i = 0; i < COUNT; i++) pieces[i] = (struct iovec){(void *)parts[i], strlen(parts[i])};
    for (int i = 0; i < COUNT;) {
        ssize_t written = writev(STDERR_FILENO, pieces + i, COUNT - i);
        if (written < 0 && errno != EINTR) break;
        if (written < 0) continue;
        while (i < COUNT && (size_t)written >= pieces[i].iov_len) written -= (ssize_t)pieces[i++].iov_len;
        if (i == COUNT) break;
        pieces[i].iov_base = (char *)pieces[i].iov_base + written;
        pieces[i].iov_len -= (size_t)written;
    }
    errno = saved;
}

#if defined(__SANITIZE_ADDRESS__) || (defined(__has_feature) && __has_feature(address_sanitizer))
void __asan_unpoison_memory_region(const volatile void *memory, size_t size);
int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);

void clinux_forget_frames(void) {
    pthread_attr_t attributes;
    void *low = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
        const char *here = __builtin_frame_address(0);
        if (here > (const char *)low) __asan_unpoison_memory_region(low, (size_t)(here - (const char *)low));
    }
    pthread_attr_destroy(&attributes);
}
#else
void clinux_forget_frames(void) {}
#endif

#if defined(CHECKED)
#if defined(__SANITIZE_ADDRESS__) || (defined(__has_feature) && __has_feature(address_sanitizer))
void __asan_poison_memory_region(const volatile void *memory, size_t size);

void clinux_poison(const void *address, size_t size) { __asan_poison_memory_region(address, size); }
void clinux_unpoison(const void *address, size_t size) { __asan_unpoison_memory_region(address, size); }
#else
void clinux_poison(const void *address, size_t size) { (void)address, (void)size; }
void clinux_unpoison(const void *address, size_t size) { (void)address, (void)size; }
#endif
#endif

/* The thread-local slot, and what needs more than a system call. */
#include "clinux.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

_Thread_local void *clinux_thread_slot;

uint32_t clinux_login_user(void) {
    int saved = errno;
    uint32_t user = UINT32_MAX;
    // System calls, not the C library's functions: those are cancellation points, which mach_msg is not.
    long file = syscall(SYS_openat, AT_FDCWD, "/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        char text[16];
        long length = syscall(SYS_read, file, text, sizeof text - 1);
        if (length > 0) {
            text[length] = '\0';
            user = (uint32_t)strtoul(text, NULL, 10);
        }
        syscall(SYS_close, file);
    }
    errno = saved;
    return user;
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
    if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0) errno = saved;
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

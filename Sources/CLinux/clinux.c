/* The thread-local slot, and the one look-up that needs more than a system call. */
#include "clinux.h"

#include <fcntl.h>

_Thread_local void *clinux_thread_slot;

uint32_t clinux_login_user(void) {
    int saved = errno;
    uint32_t user = UINT32_MAX;
    int file = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        char text[16];
        ssize_t length = read(file, text, sizeof text - 1);
        if (length > 0) {
            text[length] = '\0';
            user = (uint32_t)strtoul(text, NULL, 10);
        }
        close(file);
    }
    errno = saved;
    return user;
}

/* Where the system tells about itself. */
#define _GNU_SOURCE /* O_CLOEXEC, AT_FDCWD */
#include "clinux.h"

#include <fcntl.h>
#include <sys/utsname.h>

static const char *const paths[] = {
    [CLINUX_STAT] = "/proc/stat",
    [CLINUX_MEMINFO] = "/proc/meminfo",
    [CLINUX_VMSTAT] = "/proc/vmstat",
    [CLINUX_LOADAVG] = "/proc/loadavg",
    [CLINUX_COMMAND_LINE] = "/proc/cmdline",
    [CLINUX_CPUS_ONLINE] = "/sys/devices/system/cpu/online",
    [CLINUX_CPUS_PRESENT] = "/sys/devices/system/cpu/present",
};

static int open_path(const char *path, int *error) {
    if (clinux_fails(CLINUX_SYSTEM_CALL)) {
        *error = EMFILE;
        return -1;
    }
    int saved = errno;
    long file;
    do file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    while (file == -1 && errno == EINTR);
    *error = file == -1 ? errno : 0;
    errno = saved;
    return (int)file;
}

int clinux_open_text(clinux_text text, int *error) { return open_path(paths[text], error); }

// Appends what fits, with a NUL behind it; returns where that is.
static char *append(char *to, const char *end, const char *text) {
    while (*text != '\0' && to + 1 < end) *to++ = *text++;
    *to = '\0';
    return to;
}

int clinux_open_siblings(uint32_t cpu, int *error) {
    char path[80], digits[11];
    char *digit = digits + sizeof digits - 1;
    *digit = '\0';
    do *--digit = (char)('0' + cpu % 10);
    while ((cpu /= 10) != 0);
    const char *end = path + sizeof path;
    append(append(append(path, end, "/sys/devices/system/cpu/cpu"), end, digit), end, "/topology/thread_siblings_list");
    return open_path(path, error);
}

long clinux_read_text(int file, void *buffer, size_t size, int *error) {
    if (clinux_fails(CLINUX_SYSTEM_CALL)) {
        *error = ENOMEM;
        return -1;
    }
    int saved = errno;
    long length;
    do length = syscall(SYS_read, file, buffer, size);
    while (length == -1 && errno == EINTR);
    *error = length == -1 ? errno : 0;
    errno = saved;
    return length;
}

size_t clinux_system_version(char *text, size_t size) {
    struct utsname name;
    int saved = errno;
    uname(&name); // fails for a bad address alone
    errno = saved;
    const char *const words[] = {name.sysname, " ", name.release, " ", name.version, " ", name.machine};
    char *to = text;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) to = append(to, text + size, words[i]);
    return (size_t)(to - text);
}

int64_t clinux_time_slice(void) {
    struct timespec slice;
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return -1;
    int saved = errno;
    int result = sched_rr_get_interval(0, &slice);
    errno = saved;
    return result == -1 ? -1 : (int64_t)slice.tv_sec * 1000000000 + (int64_t)slice.tv_nsec;
}

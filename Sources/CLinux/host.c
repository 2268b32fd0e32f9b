/* Where the system tells about itself. */
#include "clinux.h"

#include <stdio.h>
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

int clinux_open_text(clinux_text text) { return clinux_open(paths[text], 0); }

int clinux_open_siblings(uint32_t cpu) {
    char path[80];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", (unsigned)cpu);
    return clinux_open(path, 0);
}

size_t clinux_system_version(char *text, size_t size) {
    struct utsname name;
    int saved = errno;
    uname(&name); // fails for a bad address alone
    errno = saved;
    int length = snprintf(text, size, "%s %s %s %s", name.sysname, name.release, name.version, name.machine);
    return length < 0 ? 0 : (size_t)length < size ? (size_t)length : size - 1;
}

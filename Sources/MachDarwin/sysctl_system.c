// hw.*mem*, kern.* and vm.*: memory, the system and its limits.
#define _GNU_SOURCE // domainname
#include "sysctl_values.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

// ---- Memory

// The sum of some lines of /proc/meminfo, which are in KiB.
static bool read_memory(int64_t *bytes, const char *const keys[]) {
    char text[8192];
    if (_libmach_darwin_read("/proc/meminfo", text, sizeof text) <= 0) return false;
    *bytes = 0;
    for (; *keys != NULL; keys++) {
        const char *line = _libmach_darwin_line(text, *keys);
        if (line == NULL) return false;
        *bytes += strtoll(line, NULL, 10) * 1024;
    }
    return true;
}

#define READ_MEMORY(bytes, ...) read_memory(bytes, (const char *const[]){__VA_ARGS__, NULL})

// What old programs have 32 bits for.
static void cut_to_old_size(struct value *value) {
    if (value->number > INT64_C(0x80000000)) value->number = INT64_C(0x80000000);
    value->number = (int32_t)(uint32_t)value->number;
}

bool _libmach_darwin_hw_memsize(struct value *value) { return READ_MEMORY(&value->number, "MemTotal"); }

bool _libmach_darwin_hw_physmem(struct value *value) {
    if (!READ_MEMORY(&value->number, "MemTotal")) return false;
    cut_to_old_size(value);
    return true;
}

// What is not wired, as host_statistics counts it.
bool _libmach_darwin_hw_usermem(struct value *value) {
    if (!READ_MEMORY(&value->number, "MemFree", "Active", "Inactive")) return false;
    cut_to_old_size(value);
    return true;
}

bool _libmach_darwin_hw_pagesize(struct value *value) {
    value->number = sysconf(_SC_PAGESIZE);
    return true;
}

bool _libmach_darwin_vm_page_free_count(struct value *value) {
    if (!READ_MEMORY(&value->number, "MemFree")) return false;
    value->number /= sysconf(_SC_PAGESIZE);
    return true;
}

bool _libmach_darwin_vm_swapusage(struct value *value) {
    int64_t total, free;
    char text[8192];
    // Of one look, so that what is used is not less than nothing.
    if (_libmach_darwin_read("/proc/meminfo", text, sizeof text) <= 0) return false;
    const char *total_line = _libmach_darwin_line(text, "SwapTotal");
    const char *free_line = _libmach_darwin_line(text, "SwapFree");
    if (total_line == NULL || free_line == NULL) return false;
    total = strtoll(total_line, NULL, 10) * 1024;
    free = strtoll(free_line, NULL, 10) * 1024;
    value->swap = (struct xsw_usage){
        .xsu_total = (uint64_t)total,
        .xsu_avail = (uint64_t)free,
        .xsu_used = (uint64_t)(total - free),
        .xsu_pagesize = (uint32_t)sysconf(_SC_PAGESIZE),
    };
    value->size = sizeof value->swap;
    return true;
}

bool _libmach_darwin_vm_loadavg(struct value *value) {
    enum { SCALE = 2048 };
    char text[128], *from = text;
    if (_libmach_darwin_read("/proc/loadavg", text, sizeof text) <= 0) return false;
    for (int i = 0; i < 3; i++) {
        char *end;
        double load = strtod(from, &end);
        if (end == from) return false;
        value->load.ldavg[i] = (fixpt_t)(load * SCALE + 0.5);
        from = end;
    }
    value->load.fscale = SCALE;
    value->size = sizeof value->load;
    return true;
}

// ---- Names

static bool tell_text(struct value *value, const char *text) {
    value->size = (size_t)snprintf(value->text, sizeof value->text, "%s", text) + 1;
    return true;
}

bool _libmach_darwin_kern_ostype(struct value *value) {
    struct utsname name;
    return uname(&name) == 0 && tell_text(value, name.sysname);
}

bool _libmach_darwin_kern_osrelease(struct value *value) {
    struct utsname name;
    return uname(&name) == 0 && tell_text(value, name.release);
}

// The same as host_kernel_version tells.
bool _libmach_darwin_kern_version(struct value *value) {
    struct utsname name;
    if (uname(&name) != 0) return false;
    int length = snprintf(value->text, sizeof value->text, "%s %s %s %s", name.sysname, name.release, name.version,
                          name.machine);
    value->size = (size_t)length + 1;
    return true;
}

bool _libmach_darwin_kern_hostname(struct value *value) {
    struct utsname name;
    return uname(&name) == 0 && tell_text(value, name.nodename);
}

// One that was not set says so in parentheses.
bool _libmach_darwin_kern_domainname(struct value *value) {
    struct utsname name;
    return uname(&name) == 0 && tell_text(value, name.domainname[0] == '(' ? "" : name.domainname);
}

// One that was not set is 0: libc would make one of the network's address.
bool _libmach_darwin_kern_hostid(struct value *value) {
    int32_t number;
    char bytes[sizeof number + 1];
    if (_libmach_darwin_read("/etc/hostid", bytes, sizeof bytes) != (long)sizeof number) return true;
    memcpy(&number, bytes, sizeof number);
    value->number = number;
    return true;
}

bool _libmach_darwin_kern_bootsession(struct value *value) {
    char text[64];
    if (_libmach_darwin_read("/proc/sys/kernel/random/boot_id", text, sizeof text) <= 0) return false;
    value->size = _libmach_darwin_copy_line(text, value->text, sizeof value->text) + 1;
    for (char *byte = value->text; *byte != '\0'; byte++) *byte = (char)toupper((unsigned char)*byte);
    return true;
}

// ---- Limits

static bool tell_limit(struct value *value, uint64_t limit) {
    value->number = limit > INT_MAX ? INT_MAX : (int64_t)limit;
    return true;
}

static bool read_limit(struct value *value, const char *path) {
    uint64_t limit;
    return _libmach_darwin_read_number(path, &limit) && tell_limit(value, limit);
}

bool _libmach_darwin_kern_maxproc(struct value *value) {
    uint64_t threads, numbers;
    if (!_libmach_darwin_read_number("/proc/sys/kernel/threads-max", &threads)) return false;
    if (!_libmach_darwin_read_number("/proc/sys/kernel/pid_max", &numbers)) return false;
    return tell_limit(value, threads < numbers ? threads : numbers);
}

bool _libmach_darwin_kern_maxprocperuid(struct value *value) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NPROC, &limit) != 0) return false;
    return limit.rlim_cur == RLIM_INFINITY ? _libmach_darwin_kern_maxproc(value) : tell_limit(value, limit.rlim_cur);
}

bool _libmach_darwin_kern_maxfiles(struct value *value) { return read_limit(value, "/proc/sys/fs/file-max"); }

bool _libmach_darwin_kern_maxfilesperproc(struct value *value) { return read_limit(value, "/proc/sys/fs/nr_open"); }

bool _libmach_darwin_kern_argmax(struct value *value) {
    long limit = sysconf(_SC_ARG_MAX);
    return limit > 0 && tell_limit(value, (uint64_t)limit);
}

bool _libmach_darwin_kern_ngroups(struct value *value) {
    long limit = sysconf(_SC_NGROUPS_MAX);
    return limit > 0 && tell_limit(value, (uint64_t)limit);
}

bool _libmach_darwin_kern_posix1(struct value *value) {
    value->number = sysconf(_SC_VERSION);
    return value->number > 0;
}

// There is job control, and saved user and group numbers.
bool _libmach_darwin_kern_one(struct value *value) {
    value->number = 1;
    return true;
}

// ---- Time

bool _libmach_darwin_kern_boottime(struct value *value) {
    size_t length;
    char *text = _libmach_darwin_read_all("/proc/stat", &length);
    const char *line = text == NULL ? NULL : _libmach_darwin_line(text, "btime");
    if (line != NULL) {
        value->time = (struct timeval){.tv_sec = strtoll(line, NULL, 10)};
        value->size = sizeof value->time;
    }
    free(text);
    return value->size != 0;
}

bool _libmach_darwin_kern_clockrate(struct value *value) {
    int hz = (int)sysconf(_SC_CLK_TCK);
    value->clock = (struct clockinfo){.hz = hz, .tick = 1000000 / hz, .stathz = hz, .profhz = hz};
    value->size = sizeof value->clock;
    return true;
}

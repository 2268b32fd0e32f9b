// hw.* and machdep.cpu.*: the machine's processors, as /sys and /proc/cpuinfo tell of them.
#include "sysctl_values.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <mach/machine.h>

#define CPUS "/sys/devices/system/cpu/"

// ---- How many

// Calls `visit` for each number of a list as in "0-3,8,10-11". Gives false when it is none.
static bool each_in_list(const char *list, void (*visit)(unsigned long number, void *context), void *context) {
    while (isdigit((unsigned char)*list)) {
        char *end;
        unsigned long first = strtoul(list, &end, 10), last = first;
        if (*end == '-') last = strtoul(end + 1, &end, 10);
        for (unsigned long number = first; number <= last; number++) visit(number, context);
        list = *end == ',' ? end + 1 : end;
    }
    return *list == '\n' || *list == '\0';
}

static bool each_in_file(const char *path, void (*visit)(unsigned long number, void *context), void *context) {
    char list[4096];
    return _libmach_darwin_read(path, list, sizeof list) > 0 && each_in_list(list, visit, context);
}

static void count_one(unsigned long number, void *context) {
    (void)number;
    ++*(int64_t *)context;
}

bool _libmach_darwin_hw_ncpu(struct value *value) {
    if (each_in_file(CPUS "present", count_one, &value->number) && value->number > 0) return true;
    value->number = sysconf(_SC_NPROCESSORS_CONF);
    return value->number > 0;
}

bool _libmach_darwin_hw_activecpu(struct value *value) {
    if (each_in_file(CPUS "online", count_one, &value->number) && value->number > 0) return true;
    value->number = sysconf(_SC_NPROCESSORS_ONLN);
    return value->number > 0;
}

// A core is counted by the first of its processors that is online.
struct core_count {
    int64_t cores, packages;
    unsigned long long seen_packages; // bits, of the first 64
    bool is_known;
};

static void count_core(unsigned long processor, void *context) {
    struct core_count *count = context;
    char path[96], list[4096];
    uint64_t package;
    snprintf(path, sizeof path, CPUS "cpu%lu/topology/thread_siblings_list", processor);
    if (_libmach_darwin_read(path, list, sizeof list) <= 0) {
        count->is_known = false;
        return;
    }
    if (strtoul(list, NULL, 10) == processor) count->cores++;
    snprintf(path, sizeof path, CPUS "cpu%lu/topology/physical_package_id", processor);
    // A system that does not know of packages says -1.
    if (!_libmach_darwin_read_number(path, &package) || package > 63) {
        count->packages = -1;
    } else if (count->packages >= 0 && !(count->seen_packages & 1ull << package)) {
        count->seen_packages |= 1ull << package;
        count->packages++;
    }
}

static struct core_count count_cores(void) {
    struct core_count count = {.is_known = true};
    if (!each_in_file(CPUS "online", count_core, &count)) count.is_known = false;
    return count;
}

bool _libmach_darwin_hw_physicalcpu(struct value *value) {
    struct core_count count = count_cores();
    value->number = count.cores;
    return count.is_known && count.cores > 0;
}

bool _libmach_darwin_hw_packages(struct value *value) {
    struct core_count count = count_cores();
    value->number = count.packages;
    return count.is_known && count.packages > 0;
}

// Of one package, where all have as many.
bool _libmach_darwin_cpu_core_count(struct value *value) {
    struct core_count count = count_cores();
    if (!count.is_known || count.packages <= 0 || count.cores % count.packages != 0) return false;
    value->number = count.cores / count.packages;
    return true;
}

bool _libmach_darwin_cpu_thread_count(struct value *value) {
    struct core_count count = count_cores();
    if (!_libmach_darwin_hw_activecpu(value) || !count.is_known || count.packages <= 0) return false;
    if (value->number % count.packages != 0) return false;
    value->number /= count.packages;
    return true;
}

// ---- Of what kind

bool _libmach_darwin_hw_machine(struct value *value) {
    struct utsname name;
    if (uname(&name) != 0) return false;
    // The names are the same but for this one.
    const char *machine = strcmp(name.machine, "aarch64") == 0 ? "arm64" : name.machine;
    value->size = (size_t)snprintf(value->text, sizeof value->text, "%s", machine) + 1;
    return true;
}

bool _libmach_darwin_hw_model(struct value *value) {
    static const char *const paths[] = {"/sys/class/dmi/id/product_name", "/proc/device-tree/model"};
    char text[sizeof value->text];
    for (int i = 0; i < 2; i++) {
        if (_libmach_darwin_read(paths[i], text, sizeof text) <= 0) continue;
        value->size = _libmach_darwin_copy_line(text, value->text, sizeof value->text) + 1;
        return value->size > 1;
    }
    return false;
}

// The numbers of <mach/machine.h>, the same as those in host_basic_info.
bool _libmach_darwin_hw_cputype(struct value *value) {
#if defined(__x86_64__)
    value->number = CPU_TYPE_X86; // hw.cpu64bit_capable tells the rest
#elif defined(__aarch64__)
    value->number = CPU_TYPE_ARM64;
#else
#error this machine has no type
#endif
    return true;
}

bool _libmach_darwin_hw_cpusubtype(struct value *value) {
#if defined(__x86_64__)
    value->number = CPU_SUBTYPE_X86_ARCH1;
#else
    value->number = CPU_SUBTYPE_ARM64_V8;
#endif
    return true;
}

bool _libmach_darwin_hw_cpu64bit(struct value *value) {
    value->number = 1;
    return true;
}

bool _libmach_darwin_hw_byteorder(struct value *value) {
    value->number = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 1234 : 4321;
    return true;
}

// ---- How fast

static bool read_kilohertz(struct value *value, const char *path) {
    uint64_t kilohertz;
    if (!_libmach_darwin_read_number(path, &kilohertz)) return false;
    value->number = (int64_t)kilohertz * 1000;
    return true;
}

static bool read_cpuinfo(struct value *value, const char *key);

// Without a driver that changes it, /proc/cpuinfo tells the one that there is.
bool _libmach_darwin_hw_cpufrequency(struct value *value) {
    if (read_kilohertz(value, CPUS "cpu0/cpufreq/base_frequency")) return true;
    if (access(CPUS "cpu0/cpufreq", F_OK) == 0 || !read_cpuinfo(value, "cpu MHz")) return false;
    value->number = (int64_t)(strtod(value->text, NULL) * 1e6 + 0.5);
    return value->number > 0;
}

bool _libmach_darwin_hw_cpufrequency_min(struct value *value) {
    return read_kilohertz(value, CPUS "cpu0/cpufreq/cpuinfo_min_freq");
}

bool _libmach_darwin_hw_cpufrequency_max(struct value *value) {
    return read_kilohertz(value, CPUS "cpu0/cpufreq/cpuinfo_max_freq");
}

// Absolute time counts nanoseconds.
bool _libmach_darwin_hw_tbfrequency(struct value *value) {
    value->number = 1000000000;
    return true;
}

// ---- Caches

// The first processor's cache of a level and type, "Data", "Instruction" or "Unified"; `what` is a file in its folder.
static bool read_cache(struct value *value, int level, const char *type, const char *what) {
    for (int index = 0; index < 16; index++) {
        char path[96], text[64], *end;
        uint64_t found_level;
        snprintf(path, sizeof path, CPUS "cpu0/cache/index%d/level", index);
        if (!_libmach_darwin_read_number(path, &found_level)) return false;
        snprintf(path, sizeof path, CPUS "cpu0/cache/index%d/type", index);
        if (_libmach_darwin_read(path, text, sizeof text) <= 0) return false;
        bool unified = strncmp(text, "Unified", 7) == 0;
        if (found_level != (uint64_t)level || !(unified || strncmp(text, type, strlen(type)) == 0)) continue;
        snprintf(path, sizeof path, CPUS "cpu0/cache/index%d/%s", index, what);
        if (_libmach_darwin_read(path, text, sizeof text) <= 0) return false;
        value->number = strtoll(text, &end, 10);
        if (*end == 'K') value->number *= 1024;
        if (*end == 'M') value->number *= 1024 * 1024;
        return value->number > 0;
    }
    return false;
}

static bool read_configuration(struct value *value, int name) {
    value->number = sysconf(name);
    return value->number > 0;
}

bool _libmach_darwin_hw_cachelinesize(struct value *value) {
    return read_cache(value, 1, "Data", "coherency_line_size") || read_configuration(value, _SC_LEVEL1_DCACHE_LINESIZE);
}

bool _libmach_darwin_hw_l1icachesize(struct value *value) {
    return read_cache(value, 1, "Instruction", "size") || read_configuration(value, _SC_LEVEL1_ICACHE_SIZE);
}

bool _libmach_darwin_hw_l1dcachesize(struct value *value) {
    return read_cache(value, 1, "Data", "size") || read_configuration(value, _SC_LEVEL1_DCACHE_SIZE);
}

bool _libmach_darwin_hw_l2cachesize(struct value *value) {
    return read_cache(value, 2, "Data", "size") || read_configuration(value, _SC_LEVEL2_CACHE_SIZE);
}

bool _libmach_darwin_hw_l3cachesize(struct value *value) {
    return read_cache(value, 3, "Data", "size") || read_configuration(value, _SC_LEVEL3_CACHE_SIZE);
}

// ---- /proc/cpuinfo

// The first processor's line with this key.
static bool read_cpuinfo(struct value *value, const char *key) {
    char text[16384];
    if (_libmach_darwin_read("/proc/cpuinfo", text, sizeof text) <= 0) return false;
    const char *line = _libmach_darwin_line(text, key);
    if (line == NULL) return false;
    value->size = _libmach_darwin_copy_line(line, value->text, sizeof value->text) + 1;
    return value->size > 1;
}

static bool read_cpuinfo_number(struct value *value, const char *key) {
    char *end;
    if (!read_cpuinfo(value, key)) return false;
    value->number = strtoll(value->text, &end, 10);
    return *end == '\0';
}

bool _libmach_darwin_cpu_brand(struct value *value) { return read_cpuinfo(value, "model name"); }

bool _libmach_darwin_cpu_vendor(struct value *value) { return read_cpuinfo(value, "vendor_id"); }

bool _libmach_darwin_cpu_family(struct value *value) { return read_cpuinfo_number(value, "cpu family"); }

bool _libmach_darwin_cpu_model(struct value *value) { return read_cpuinfo_number(value, "model"); }

bool _libmach_darwin_cpu_stepping(struct value *value) { return read_cpuinfo_number(value, "stepping"); }

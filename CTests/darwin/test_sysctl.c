// sysctl: what each name stands for, held against /proc, /sys and libc in the same moment; and how it is given.
#include <sys/sysctl.h>

#include <limits.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>

#include <crt_externs.h>
#include <mach-o/arch.h>
#include <mach/mach.h>
#include <mach/mach_time.h>

#include "darwin_test.h"

// ---- What Linux says

static long read_file(const char *path, char *text, size_t size) {
    FILE *file = fopen(path, "r");
    if (file == NULL) return -1;
    size_t length = fread(text, 1, size - 1, file);
    fclose(file);
    text[length] = '\0';
    return (long)length;
}

// The number behind "key:" in a file, times `scale`; -1 when there is none.
static int64_t number_in(const char *path, const char *key, int64_t scale) {
    char line[1024];
    int64_t number = -1;
    FILE *file = fopen(path, "r");
    if (file == NULL) return -1;
    while (number < 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            number = strtoll(line + strlen(key) + strspn(line + strlen(key), ": \t"), NULL, 10) * scale;
    fclose(file);
    return number;
}

static int64_t number_of(const char *path) {
    char text[64];
    return read_file(path, text, sizeof text) > 0 ? strtoll(text, NULL, 10) : -1;
}

// ---- What sysctl says

static int int_named(const char *name) {
    int value = -1;
    size_t size = sizeof value;
    assert_int_equal(sysctlbyname(name, &value, &size, NULL, 0), 0);
    assert_int_equal(size, sizeof value);
    return value;
}

static int64_t quad_named(const char *name) {
    int64_t value = -1;
    size_t size = sizeof value;
    assert_int_equal(sysctlbyname(name, &value, &size, NULL, 0), 0);
    assert_int_equal(size, sizeof value);
    return value;
}

static const char *text_named(const char *name) {
    static char text[1024];
    size_t size = sizeof text, needed = 0;
    assert_int_equal(sysctlbyname(name, NULL, &needed, NULL, 0), 0);
    assert_int_equal(sysctlbyname(name, text, &size, NULL, 0), 0);
    assert_int_equal(size, needed);
    assert_int_equal(size, strlen(text) + 1);
    return text;
}

static int int_numbered(int first, int second) {
    int value = -1, name[] = {first, second};
    size_t size = sizeof value;
    assert_int_equal(sysctl(name, 2, &value, &size, NULL, 0), 0);
    assert_int_equal(size, sizeof value);
    return value;
}

// A name is there, or it is ENOENT.
static bool is_told(const char *name) {
    size_t size;
    errno = 0;
    if (sysctlbyname(name, NULL, &size, NULL, 0) == 0) return true;
    assert_int_equal(errno, ENOENT);
    return false;
}

// ---- hw

static void processors_are_counted(void **state) {
    (void)state;
    long online = sysconf(_SC_NPROCESSORS_ONLN), configured = sysconf(_SC_NPROCESSORS_CONF);
    assert_int_equal(int_named("hw.activecpu"), online);
    assert_int_equal(int_named("hw.logicalcpu"), online);
    assert_int_equal(int_named("hw.availcpu"), online);
    assert_int_equal(int_numbered(CTL_HW, HW_AVAILCPU), online);
    int ncpu = int_named("hw.ncpu");
    assert_true(ncpu >= online && ncpu <= configured);
    assert_int_equal(int_named("hw.logicalcpu_max"), ncpu);
    assert_int_equal(int_numbered(CTL_HW, HW_NCPU), ncpu);
    if (is_told("hw.physicalcpu")) {
        int cores = int_named("hw.physicalcpu");
        assert_true(cores >= 1 && cores <= online);
        assert_int_equal(int_named("hw.physicalcpu_max"), cores);
        if (is_told("hw.packages")) {
            int packages = int_named("hw.packages");
            assert_true(packages >= 1 && packages <= cores);
            if (is_told("machdep.cpu.core_count"))
                assert_int_equal(int_named("machdep.cpu.core_count") * packages, cores);
            if (is_told("machdep.cpu.thread_count"))
                assert_int_equal(int_named("machdep.cpu.thread_count") * packages, online);
        }
    }
}

static void the_machine_is_named(void **state) {
    (void)state;
    struct utsname name;
    assert_int_equal(uname(&name), 0);
    assert_string_equal(text_named("hw.machine"), strcmp(name.machine, "aarch64") == 0 ? "arm64" : name.machine);
    assert_string_equal(text_named("hw.machine"), NXGetLocalArchInfo()->name);
    struct host_basic_info basic;
    mach_msg_type_number_t words = HOST_BASIC_INFO_COUNT;
    assert_int_equal(host_info(mach_host_self(), HOST_BASIC_INFO, (host_info_t)&basic, &words), KERN_SUCCESS);
    assert_int_equal(int_named("hw.cputype"), basic.cpu_type);
    assert_int_equal(int_named("hw.cpusubtype"), basic.cpu_subtype);
    assert_int_equal(int_named("hw.ncpu"), basic.max_cpus);
    assert_int_equal(int_named("hw.activecpu"), basic.avail_cpus);
    if (is_told("hw.physicalcpu")) assert_int_equal(int_named("hw.physicalcpu"), basic.physical_cpu);
    assert_true(quad_named("hw.memsize") == (int64_t)basic.max_mem);
    assert_true((uint32_t)int_named("hw.physmem") == basic.memory_size);
    kernel_version_t version;
    assert_int_equal(host_kernel_version(mach_host_self(), version), KERN_SUCCESS);
    assert_string_equal(text_named("kern.version"), version);
    assert_int_equal(int_named("hw.cpu64bit_capable"), 1);
    assert_int_equal(int_named("hw.byteorder"), NXHostByteOrder() == NX_LittleEndian ? 1234 : 4321);
    char text[1024];
    if (read_file("/sys/class/dmi/id/product_name", text, sizeof text) > 1)
        assert_int_equal(strncmp(text, text_named("hw.model"), strlen(text_named("hw.model"))), 0);
    else if (read_file("/proc/device-tree/model", text, sizeof text) < 1)
        assert_false(is_told("hw.model"));
    FILE *file = fopen("/proc/cpuinfo", "r");
    bool has_name = false;
    while (file != NULL && fgets(text, sizeof text, file) != NULL)
        if (strncmp(text, "model name", 10) == 0 && strchr(text, ':') != NULL) {
            has_name = true;
            break;
        }
    if (file != NULL) fclose(file);
    assert_int_equal(is_told("machdep.cpu.brand_string"), has_name);
    if (has_name) assert_non_null(strstr(text, text_named("machdep.cpu.brand_string")));
    static const char *const keys[][2] = {{"machdep.cpu.family", "cpu family"}, {"machdep.cpu.stepping", "stepping"}};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (is_told(keys[i][0])) assert_int_equal(int_named(keys[i][0]), number_in("/proc/cpuinfo", keys[i][1], 1));
    if (is_told("machdep.cpu.model")) assert_true(int_named("machdep.cpu.model") >= 0);
    if (is_told("machdep.cpu.vendor")) assert_true(strlen(text_named("machdep.cpu.vendor")) > 0);
}

static void memory_is_counted(void **state) {
    (void)state;
    int64_t total = number_in("/proc/meminfo", "MemTotal", 1024), cut = INT64_C(1) << 31;
    assert_true(quad_named("hw.memsize") == total);
    assert_true((uint32_t)int_named("hw.physmem") == (total < cut ? total : cut));
    assert_int_equal(int_numbered(CTL_HW, HW_PHYSMEM), int_named("hw.physmem"));
    assert_true((uint32_t)int_named("hw.usermem") <= (total < cut ? total : cut));
    assert_true((uint32_t)int_named("hw.usermem") > 0);
    assert_true(quad_named("hw.pagesize") == sysconf(_SC_PAGESIZE));
    assert_true(quad_named("hw.pagesize32") == sysconf(_SC_PAGESIZE));
    assert_int_equal(int_numbered(CTL_HW, HW_PAGESIZE), sysconf(_SC_PAGESIZE));
}

// Between two looks of ours, the second of which may be on the other side of it: memory is freed and taken all the time.
static void free_memory_lies_between_two_looks(void **state) {
    (void)state;
    for (int tries = 0; tries < 1000; tries++) {
        int64_t before = number_in("/proc/meminfo", "MemFree", 1024) / sysconf(_SC_PAGESIZE);
        int64_t told = int_named("vm.page_free_count");
        int64_t after = number_in("/proc/meminfo", "MemFree", 1024) / sysconf(_SC_PAGESIZE);
        if ((before <= told && told <= after) || (after <= told && told <= before)) return;
    }
    fail_msg("the count never lay between two looks");
}

static void caches_and_frequencies_are_told_where_they_are_known(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int number, configuration;
    } caches[] = {
        {"hw.cachelinesize", HW_CACHELINE, _SC_LEVEL1_DCACHE_LINESIZE},
        {"hw.l1icachesize", HW_L1ICACHESIZE, _SC_LEVEL1_ICACHE_SIZE},
        {"hw.l1dcachesize", HW_L1DCACHESIZE, _SC_LEVEL1_DCACHE_SIZE},
        {"hw.l2cachesize", HW_L2CACHESIZE, _SC_LEVEL2_CACHE_SIZE},
        {"hw.l3cachesize", HW_L3CACHESIZE, _SC_LEVEL3_CACHE_SIZE},
    };
    bool files = access("/sys/devices/system/cpu/cpu0/cache/index0/size", R_OK) == 0;
    for (size_t i = 0; i < COUNT_OF(caches); i++) {
        if (!is_told(caches[i].name)) {
            assert_true(sysconf(caches[i].configuration) <= 0);
            continue;
        }
        int64_t size = quad_named(caches[i].name);
        assert_true(size > 0);
        if (!files) assert_true(size == sysconf(caches[i].configuration));
        if (size <= INT_MAX) assert_true(int_numbered(CTL_HW, caches[i].number) == size);
        int small;
        size_t room = sizeof small;
        assert_error(sysctlbyname(caches[i].name, &small, &room, NULL, 0), -1, ENOMEM);
    }
    // Each of the first processor's caches that Linux lists is one of those told.
    for (int index = 0; files && index < 16; index++) {
        char path[96], type[32], size[32];
        const char *name = NULL;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/type", index);
        if (read_file(path, type, sizeof type) <= 0) break;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
        assert_true(read_file(path, size, sizeof size) > 0);
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/level", index);
        int64_t level = number_of(path);
        if (level == 1) name = type[0] == 'I' ? "hw.l1icachesize" : "hw.l1dcachesize";
        if (level == 2) name = "hw.l2cachesize";
        if (level == 3) name = "hw.l3cachesize";
        if (name != NULL)
            assert_true(quad_named(name) == strtoll(size, NULL, 10) * (strchr(size, 'M') ? 1048576 : 1024));
    }
    if (is_told("hw.cpufrequency")) assert_true(quad_named("hw.cpufrequency") > 1000000);
    int64_t maximum = number_of("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq");
    assert_int_equal(is_told("hw.cpufrequency_max"), maximum >= 0);
    if (maximum >= 0) assert_true(quad_named("hw.cpufrequency_max") == maximum * 1000);
    int64_t minimum = number_of("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_min_freq");
    assert_int_equal(is_told("hw.cpufrequency_min"), minimum >= 0);
    if (minimum >= 0) assert_true(quad_named("hw.cpufrequency_min") == minimum * 1000);
    mach_timebase_info_data_t base;
    mach_timebase_info(&base);
    assert_true(quad_named("hw.tbfrequency") * base.numer / base.denom == 1000000000);
    assert_int_equal(int_numbered(CTL_HW, HW_TB_FREQ), 1000000000);
}

// ---- kern

static void the_system_is_named(void **state) {
    (void)state;
    struct utsname name;
    assert_int_equal(uname(&name), 0);
    assert_string_equal(text_named("kern.ostype"), name.sysname);
    assert_string_equal(text_named("kern.osrelease"), name.release);
    assert_string_equal(text_named("kern.hostname"), name.nodename);
    const char *version = text_named("kern.version");
    assert_non_null(strstr(version, name.version));
    assert_non_null(strstr(version, name.release));
    int numbers[] = {CTL_KERN, KERN_HOSTNAME};
    char host[sizeof name.nodename];
    size_t size = sizeof host;
    assert_int_equal(sysctl(numbers, 2, host, &size, NULL, 0), 0);
    assert_string_equal(host, name.nodename);
    text_named("kern.nisdomainname");
    char id[64];
    if (read_file("/proc/sys/kernel/random/boot_id", id, sizeof id) > 0)
        assert_int_equal(strncasecmp(text_named("kern.bootsessionuuid"), id, 36), 0);
    int32_t host_id = 0;
    FILE *file = fopen("/etc/hostid", "r");
    if (file != NULL) {
        if (fread(&host_id, sizeof host_id, 1, file) != 1) host_id = 0;
        fclose(file);
    }
    assert_int_equal(int_named("kern.hostid"), host_id);
}

static int cut(int64_t number) { return number > INT_MAX ? INT_MAX : (int)number; }

static void limits_are_the_systems(void **state) {
    (void)state;
    assert_int_equal(int_named("kern.argmax"), sysconf(_SC_ARG_MAX));
    assert_int_equal(int_named("kern.ngroups"), sysconf(_SC_NGROUPS_MAX));
    assert_int_equal(int_named("kern.posix1version"), sysconf(_SC_VERSION));
    assert_int_equal(int_named("kern.job_control"), 1);
    assert_int_equal(int_named("kern.saved_ids"), 1);
    assert_int_equal(int_named("kern.maxfiles"), cut(number_of("/proc/sys/fs/file-max")));
    assert_int_equal(int_named("kern.maxfilesperproc"), cut(number_of("/proc/sys/fs/nr_open")));
    int64_t threads = number_of("/proc/sys/kernel/threads-max"), numbers = number_of("/proc/sys/kernel/pid_max");
    assert_int_equal(int_named("kern.maxproc"), cut(threads < numbers ? threads : numbers));
    struct rlimit limit;
    getrlimit(RLIMIT_NPROC, &limit);
    assert_int_equal(int_named("kern.maxprocperuid"),
                     limit.rlim_cur == RLIM_INFINITY ? int_named("kern.maxproc") : cut((int64_t)limit.rlim_cur));
}

static void time_is_told(void **state) {
    (void)state;
    struct timeval boot;
    struct clockinfo clock;
    size_t size = sizeof boot;
    assert_int_equal(sysctlbyname("kern.boottime", &boot, &size, NULL, 0), 0);
    assert_int_equal(size, sizeof boot);
    assert_int_equal(boot.tv_sec, number_in("/proc/stat", "btime", 1));
    struct timespec now, up;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    assert_true(labs(now.tv_sec - up.tv_sec - boot.tv_sec) <= 2);
    size = sizeof clock;
    assert_int_equal(sysctlbyname("kern.clockrate", &clock, &size, NULL, 0), 0);
    assert_int_equal(size, sizeof clock);
    assert_int_equal(clock.hz, sysconf(_SC_CLK_TCK));
    assert_int_equal(clock.hz * clock.tick, 1000000);
}

// ---- vm

static void load_lies_between_two_looks(void **state) {
    (void)state;
    for (int tries = 0; tries < 1000; tries++) {
        double before[3], after[3];
        struct loadavg load;
        size_t size = sizeof load;
        assert_int_equal(getloadavg(before, 3), 3);
        assert_int_equal(sysctlbyname("vm.loadavg", &load, &size, NULL, 0), 0);
        assert_int_equal(size, sizeof load);
        assert_int_equal(getloadavg(after, 3), 3);
        bool between = true;
        for (int i = 0; i < 3; i++) {
            double told = (double)load.ldavg[i] / (double)load.fscale,
                   low = before[i] < after[i] ? before[i] : after[i];
            double high = before[i] < after[i] ? after[i] : before[i];
            // /proc/loadavg has hundredths.
            between = between && told > low - 0.011 && told < high + 0.011;
        }
        if (between) return;
    }
    fail_msg("the load never lay between two looks");
}

static void swap_space_is_counted(void **state) {
    (void)state;
    struct xsw_usage usage;
    size_t size = sizeof usage;
    assert_int_equal(sysctlbyname("vm.swapusage", &usage, &size, NULL, 0), 0);
    assert_int_equal(size, sizeof usage);
    assert_int_equal(size, 32);
    assert_true((int64_t)usage.xsu_total == number_in("/proc/meminfo", "SwapTotal", 1024));
    assert_true(usage.xsu_avail + usage.xsu_used == usage.xsu_total);
    assert_int_equal(usage.xsu_pagesize, sysconf(_SC_PAGESIZE));
    assert_false(usage.xsu_encrypted);
}

// ---- How it is given

static void room_decides_what_is_given(void **state) {
    (void)state;
    struct utsname name;
    uname(&name);
    size_t length = strlen(name.release) + 1, size = 0;
    char text[256];
    assert_int_equal(sysctlbyname("kern.osrelease", NULL, &size, NULL, 0), 0);
    assert_int_equal(size, length);
    // What fits is there, and no byte more.
    memset(text, 'x', sizeof text);
    size = 3;
    assert_error(sysctlbyname("kern.osrelease", text, &size, NULL, 0), -1, ENOMEM);
    assert_int_equal(size, 3);
    assert_memory_equal(text, name.release, 3);
    assert_int_equal(text[3], 'x');
    size = 0;
    assert_error(sysctlbyname("kern.osrelease", text, &size, NULL, 0), -1, ENOMEM);
    assert_int_equal(size, 0);
    assert_int_equal(sysctlbyname("kern.osrelease", NULL, NULL, NULL, 0), 0);
    assert_error(sysctlbyname("kern.osrelease", text, NULL, NULL, 0), -1, EFAULT);
    // The host's name is cut.
    memset(text, 'x', sizeof text);
    size = 2;
    assert_int_equal(sysctlbyname("kern.hostname", text, &size, NULL, 0), 0);
    assert_int_equal(size, 2);
    assert_int_equal(text[0], name.nodename[0]);
    assert_int_equal(text[1], '\0');
    assert_int_equal(text[2], 'x');
    size = 0;
    assert_error(sysctlbyname("kern.hostname", text, &size, NULL, 0), -1, ENOMEM);
    int small = 0;
    size = 2;
    assert_error(sysctlbyname("hw.ncpu", &small, &size, NULL, 0), -1, ENOMEM);
}

static void numbers_are_read_in_two_sizes(void **state) {
    (void)state;
    int32_t small = -1;
    int64_t large = -1;
    size_t size = sizeof small;
    assert_int_equal(sysctlbyname("hw.pagesize", &small, &size, NULL, 0), 0);
    assert_int_equal(size, 4);
    assert_int_equal(small, sysconf(_SC_PAGESIZE));
    // One of 32 bits fills no more than those.
    size = sizeof large;
    assert_int_equal(sysctlbyname("hw.ncpu", &large, &size, NULL, 0), 0);
    assert_int_equal(size, 4);
    size = sizeof small;
    if (quad_named("hw.memsize") > INT_MAX)
        assert_error(sysctlbyname("hw.memsize", &small, &size, NULL, 0), -1, ERANGE);
    else
        assert_int_equal(sysctlbyname("hw.memsize", &small, &size, NULL, 0), 0);
    size = 0;
    assert_int_equal(sysctlbyname("hw.memsize", NULL, &size, NULL, 0), 0);
    assert_int_equal(size, 8);
}

static void mistakes_are_told_apart(void **state) {
    (void)state;
    int value = 5;
    size_t size = sizeof value;
    assert_error(sysctlbyname("hw.nothing", &value, &size, NULL, 0), -1, ENOENT);
    assert_error(sysctlbyname("", &value, &size, NULL, 0), -1, ENOENT);
    assert_error(sysctlbyname("hw", &value, &size, NULL, 0), -1, ENOENT);
    assert_error(sysctlbyname("kern.osversion", &value, &size, NULL, 0), -1, ENOENT);
    assert_error(sysctlbyname(NULL, &value, &size, NULL, 0), -1, EFAULT);
    assert_error(sysctlbyname("hw.ncpu", NULL, NULL, &value, sizeof value), -1, EPERM);
    assert_error(sysctlbyname("kern.hostname", NULL, NULL, "name", 5), -1, EPERM);
    int name[CTL_MAXNAME + 1] = {CTL_HW, HW_NCPU};
    assert_error(sysctl(name, 1, &value, &size, NULL, 0), -1, EINVAL);
    assert_error(sysctl(name, 0, &value, &size, NULL, 0), -1, EINVAL);
    assert_error(sysctl(name, CTL_MAXNAME + 1, &value, &size, NULL, 0), -1, EINVAL);
    assert_error(sysctl(name, 3, &value, &size, NULL, 0), -1, EISDIR);
    assert_error(sysctl(NULL, 2, &value, &size, NULL, 0), -1, EFAULT);
    assert_error(sysctl(name, 2, NULL, NULL, &value, sizeof value), -1, EPERM);
    name[1] = 9999;
    assert_error(sysctl(name, 2, &value, &size, NULL, 0), -1, ENOENT);
    name[0] = CTL_NET;
    assert_error(sysctl(name, 2, &value, &size, NULL, 0), -1, ENOENT);
    assert_int_equal(value, 5);
    assert_int_equal(size, sizeof value);
}

static void names_have_numbers(void **state) {
    (void)state;
    static const char *const names[] = {"hw.ncpu",     "hw.memsize",    "hw.activecpu",   "hw.l1dcachesize",
                                        "kern.ostype", "kern.hostname", "vm.loadavg",     "machdep.cpu.core_count",
                                        "hw.pagesize", "kern.boottime", "hw.tbfrequency", "machdep.cpu.brand_string"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        int numbers[CTL_MAXNAME];
        char by_name[1024] = {0}, by_number[1024] = {0};
        size_t count = CTL_MAXNAME, name_size = sizeof by_name, number_size = sizeof by_number;
        assert_int_equal(sysctlnametomib(names[i], numbers, &count), 0);
        if (sysctlbyname(names[i], by_name, &name_size, NULL, 0) != 0) continue;
        assert_int_equal(sysctl(numbers, (unsigned)count, by_number, &number_size, NULL, 0), 0);
        assert_int_equal(name_size, number_size);
        if (strcmp(names[i], "vm.loadavg") != 0) assert_memory_equal(by_name, by_number, name_size);
    }
    int numbers[3] = {77, 77, 77};
    size_t count = 3;
    assert_int_equal(sysctlnametomib("hw.ncpu", numbers, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(numbers[0], CTL_HW);
    assert_int_equal(numbers[1], HW_NCPU);
    assert_int_equal(numbers[2], 77);
    count = 3;
    assert_int_equal(sysctlnametomib("kern", numbers, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(numbers[0], CTL_KERN);
    count = 1;
    assert_error(sysctlnametomib("hw.ncpu", numbers, &count), -1, ENOMEM);
    count = 3;
    assert_error(sysctlnametomib("hw.nothing", numbers, &count), -1, ENOENT);
    assert_error(sysctlnametomib(NULL, numbers, &count), -1, EFAULT);
    assert_error(sysctlnametomib("hw.ncpu", NULL, &count), -1, EFAULT);
    assert_error(sysctlnametomib("hw.ncpu", numbers, NULL), -1, EFAULT);
}

// ---- Arguments of processes

// Waits until a child runs what it was told to, by its descriptor that closes then.
static pid_t start_child(char *const arguments[], char *const environment[]) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execve("/bin/sleep", arguments, environment);
        _exit(127);
    }
    close(ends[1]);
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    return child;
}

static void arguments_are_laid_out_as_on_darwin(void **state) {
    (void)state;
    static char *const arguments[] = {"a name", "60", NULL}, *const environment[] = {"ONE=1", "TWO=", NULL};
    pid_t child = start_child(arguments, environment);
    int name[] = {CTL_KERN, KERN_PROCARGS2, child}, count = 0;
    size_t needed = 0, size;
    assert_int_equal(sysctl(name, 3, NULL, &needed, NULL, 0), 0);
    char *bytes = malloc(needed), path[PATH_MAX], link[64];
    assert_non_null(bytes);
    size = needed;
    assert_int_equal(sysctl(name, 3, bytes, &size, NULL, 0), 0);
    assert_int_equal(size, needed);
    memcpy(&count, bytes, sizeof count);
    assert_int_equal(count, 2);
    snprintf(link, sizeof link, "/proc/%d/exe", child);
    ssize_t length = readlink(link, path, sizeof path - 1);
    assert_true(length > 0);
    path[length] = '\0';
    const char *from = bytes + sizeof count, *end = bytes + size;
    assert_string_equal(from, path);
    from += length;
    while (*from == '\0') from++;
    static const char wanted[] = "a name\0"
                                 "60\0"
                                 "ONE=1\0"
                                 "TWO=";
    assert_int_equal(end - from, sizeof wanted);
    assert_memory_equal(from, wanted, sizeof wanted);

    // Less room gets the first bytes.
    size = 6;
    assert_error(sysctl(name, 3, path, &size, NULL, 0), -1, ENOMEM);
    assert_int_equal(size, 6);
    assert_memory_equal(path, bytes, 6);

    // The older one is without the count.
    name[1] = KERN_PROCARGS;
    size = needed;
    char *without = malloc(needed);
    assert_int_equal(sysctl(name, 3, without, &size, NULL, 0), 0);
    assert_int_equal(size, needed - sizeof count);
    assert_memory_equal(without, bytes + sizeof count, size);
    free(without);
    free(bytes);

    // Who has ended has none.
    kill(child, SIGKILL);
    siginfo_t information;
    assert_int_equal(waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT), 0);
    assert_error(sysctl(name, 3, NULL, &size, NULL, 0), -1, EINVAL);
    waitpid(child, NULL, 0);
    assert_error(sysctl(name, 3, NULL, &size, NULL, 0), -1, EINVAL);
}

// A process may write over all of its arguments and environment: each text has an end even so.
static void arguments_without_an_end_get_one(void **state) {
    (void)state;
    int ready[2], name[] = {CTL_KERN, KERN_PROCARGS2, 0}, count = 0;
    size_t size = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char *first = (*_NSGetArgv())[0], *last = first;
        for (char **text = *_NSGetArgv(); *text != NULL; text++) last = *text;
        for (char **text = *_NSGetEnviron(); *text != NULL; text++)
            if (*text > last && *text - first < 1 << 20) last = *text;
        size_t length = (size_t)(last - first) + strlen(last) + 1;
        memset(first, 'x', length);
        if (write(ready[1], "", 1) == 1) pause();
        _exit(0);
    }
    char byte, *bytes;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    name[2] = child;
    assert_int_equal(sysctl(name, 3, NULL, &size, NULL, 0), 0);
    bytes = malloc(size);
    assert_non_null(bytes);
    assert_int_equal(sysctl(name, 3, bytes, &size, NULL, 0), 0);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    memcpy(&count, bytes, sizeof count);
    assert_int_equal(count, 1);
    assert_int_equal(bytes[size - 1], '\0');
    free(bytes);
}

static void processes_without_arguments_are_refused(void **state) {
    (void)state;
    size_t size = 0;
    int name[] = {CTL_KERN, KERN_PROCARGS2, 0};
    assert_error(sysctl(name, 2, NULL, &size, NULL, 0), -1, EINVAL);
    assert_error(sysctl(name, 3, NULL, &size, NULL, 0), -1, EINVAL);
    name[2] = -1;
    assert_error(sysctl(name, 3, NULL, &size, NULL, 0), -1, EINVAL);
    name[2] = INT_MAX;
    assert_error(sysctl(name, 3, NULL, &size, NULL, 0), -1, EINVAL);
    assert_error(sysctlbyname("kern.procargs2", NULL, &size, NULL, 0), -1, EINVAL);
    name[2] = getpid();
    assert_error(sysctl(name, 3, NULL, NULL, &size, sizeof size), -1, EPERM);
    if (geteuid() == 0) {
        // Another user's environment is not to be read.
        pid_t child = fork();
        if (child == 0)
            _exit(setuid(12345) == 0 && sysctl(name, 3, NULL, &size, NULL, 0) == -1 && errno == EINVAL ? 0 : 1);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processors_are_counted),
        cmocka_unit_test(the_machine_is_named),
        cmocka_unit_test(memory_is_counted),
        cmocka_unit_test(free_memory_lies_between_two_looks),
        cmocka_unit_test(caches_and_frequencies_are_told_where_they_are_known),
        cmocka_unit_test(the_system_is_named),
        cmocka_unit_test(limits_are_the_systems),
        cmocka_unit_test(time_is_told),
        cmocka_unit_test(load_lies_between_two_looks),
        cmocka_unit_test(swap_space_is_counted),
        cmocka_unit_test(room_decides_what_is_given),
        cmocka_unit_test(numbers_are_read_in_two_sizes),
        cmocka_unit_test(mistakes_are_told_apart),
        cmocka_unit_test(names_have_numbers),
        cmocka_unit_test(arguments_are_laid_out_as_on_darwin),
        cmocka_unit_test(arguments_without_an_end_get_one),
        cmocka_unit_test(processes_without_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

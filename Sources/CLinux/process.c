/* What the system tells of the process and its threads, and how threads are scheduled. */
#define _GNU_SOURCE /* RUSAGE_THREAD, SCHED_RESET_ON_FORK */
#include "clinux_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clinux.h"

// -- Texts ------------------------------------------------------------------------------------------------------------

static long read_whole(const char *path, char *text, size_t size) {
    int file = clinux_open(path, 0);
    if (file < 0) return file;
    size_t length = 0;
    long part = 1;
    while (length < size && (part = clinux_read(file, text + length, size - length)) > 0) length += (size_t)part;
    clinux_close(file);
    return part < 0 ? part : (long)length;
}

long clinux_read_memory_sizes(char *text, size_t size) { return read_whole("/proc/thread-self/statm", text, size); }

// Other lines may be long, and come before: groups, for one.
long clinux_read_memory_status(char *text, size_t size) {
    int file = clinux_open("/proc/thread-self/status", 0);
    if (file < 0) return file;
    char part[512];
    size_t length = 0;
    long read;
    bool is_start = true, is_wanted = false;
    while ((read = clinux_read(file, part, sizeof part)) > 0) {
        for (long i = 0; i < read; i++) {
            if (is_start) is_wanted = part[i] == 'V' || part[i] == 'R';
            is_start = part[i] == '\n';
            if (is_wanted && length < size) text[length++] = part[i];
        }
    }
    clinux_close(file);
    return read < 0 ? read : (long)length;
}

long clinux_read_thread(int32_t thread, char *text, size_t size) {
    char path[48];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
    return read_whole(path, text, size);
}

long clinux_count_mappings(void) {
    int file = clinux_open("/proc/thread-self/maps", 0);
    if (file < 0) return file;
    char text[1024];
    long count = 0, length;
    while ((length = clinux_read(file, text, sizeof text)) > 0) {
        for (long i = 0; i < length; i++) count += text[i] == '\n';
    }
    clinux_close(file);
    return length < 0 ? length : count;
}

// -- Threads ----------------------------------------------------------------------------------------------------------

int clinux_open_threads(void) { return clinux_open("/proc/self/task", O_DIRECTORY); }

// What getdents64 gives; glibc has no structure of this name.
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t kind;
    char name[];
};

int clinux_next_threads(int list, int32_t *threads) {
    // No entry is shorter than 24 bytes.
    char entries[24 * CLINUX_THREADS_AT_ONCE] __attribute__((aligned(8)));
    int saved = errno;
    for (;;) {
        long length = syscall(SYS_getdents64, list, entries, sizeof entries);
        int error = errno;
        errno = saved;
        if (length <= 0) return length == 0 ? 0 : -error;
        int count = 0;
        for (long at = 0; at < length;) {
            const struct entry *entry = (const struct entry *)(const void *)(entries + at);
            if (entry->name[0] >= '0' && entry->name[0] <= '9') threads[count++] = (int32_t)atol(entry->name);
            at += entry->length;
        }
        if (count > 0) return count;
    }
}

bool clinux_thread_exists(int32_t thread) {
    int saved = errno;
    bool is_gone = syscall(SYS_tgkill, getpid(), thread, 0) == -1 && errno == ESRCH;
    errno = saved;
    return !is_gone;
}

bool clinux_thread_is_listed(int32_t thread) {
    char path[48];
    int saved = errno;
    snprintf(path, sizeof path, "/proc/self/task/%d", (int)thread);
    bool is_listed = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
    errno = saved;
    return is_listed;
}

int32_t clinux_thread_identifier(void) { return (int32_t)syscall(SYS_gettid); }

// -- Times ------------------------------------------------------------------------------------------------------------

// The clocks that Linux has for each thread and process, as <linux/posix-timers.h> makes their numbers.
enum clock_kind { ALL_SAMPLED = 0, USER_SAMPLED = 1, RUN = 2 };

static bool read_clock(int32_t thread, enum clock_kind kind, uint64_t *nanoseconds) {
    unsigned int number = ~(unsigned int)thread << 3 | (thread != 0 ? 4U : 0U) | (unsigned int)kind;
    struct timespec time;
    int saved = errno;
    bool is_there = syscall(SYS_clock_gettime, (clockid_t)number, &time) == 0;
    errno = saved;
    if (is_there) *nanoseconds = (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
    return is_there;
}

uint64_t clinux_run_time(int32_t thread) {
    uint64_t time;
    return read_clock(thread, RUN, &time) ? time : UINT64_MAX;
}

bool clinux_read_sampled_times(int32_t thread, clinux_times *times) {
    uint64_t all = 0, user = 0;
    // User first: what is sampled in between counts as the system's at most.
    if (!read_clock(thread, USER_SAMPLED, &user) || !read_clock(thread, ALL_SAMPLED, &all)) return false;
    times->user = user;
    times->system = all > user ? all - user : 0;
    return true;
}

uint64_t clinux_system_part(uint64_t total, clinux_times sampled) {
    // As Linux does for what it tells: the samples say only in which proportion.
    if (sampled.system == 0) return 0;
    if (sampled.user == 0) return total;
    double part = (double)total * ((double)sampled.system / ((double)sampled.user + (double)sampled.system));
    return part >= (double)total ? total : (uint64_t)part;
}

bool clinux_read_times(int32_t thread, clinux_times *times) {
    uint64_t total = clinux_run_time(thread);
    clinux_times sampled;
    if (total == UINT64_MAX || !clinux_read_sampled_times(thread, &sampled)) return false;
    times->system = clinux_system_part(total, sampled);
    times->user = total - times->system;
    return true;
}

void clinux_read_usage(clinux_usage *usage) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    usage->minor_faults = used.ru_minflt;
    usage->major_faults = used.ru_majflt;
    usage->switches = used.ru_nvcsw + used.ru_nivcsw;
}

// -- Scheduling -------------------------------------------------------------------------------------------------------

int clinux_scheduler(int32_t thread) {
    int saved = errno;
    int scheduler = sched_getscheduler(thread);
    errno = saved;
    return scheduler < 0 ? -1 : scheduler & ~SCHED_RESET_ON_FORK;
}

int clinux_set_scheduler(int32_t thread, int scheduler, int priority) {
    struct sched_param parameter = {.sched_priority = priority};
    int saved = errno, error = 0;
    int inherited = scheduler == SCHED_OTHER ? 0 : SCHED_RESET_ON_FORK;
    if (sched_setscheduler(thread, scheduler | inherited, &parameter) == -1) {
        error = errno;
        // Without privileges what is once not inherited stays so.
        if (error == EPERM && inherited == 0 &&
            sched_setscheduler(thread, scheduler | SCHED_RESET_ON_FORK, &parameter) == 0)
            error = 0;
    }
    errno = saved;
    return error;
}

int clinux_nice(int32_t thread, int32_t *nice) {
    int saved = errno;
    errno = 0;
    int value = getpriority(PRIO_PROCESS, (id_t)thread);
    int error = value == -1 ? errno : 0;
    errno = saved;
    if (error == 0) *nice = value;
    return error;
}

int clinux_set_nice(int32_t thread, int32_t nice) {
    int saved = errno;
    int error = setpriority(PRIO_PROCESS, (id_t)thread, nice) == -1 ? errno : 0;
    errno = saved;
    return error;
}

int64_t clinux_time_slice(int32_t thread) {
    struct timespec slice;
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return -1;
    int saved = errno;
    int result = sched_rr_get_interval(thread, &slice);
    errno = saved;
    return result == -1 ? -1 : (int64_t)slice.tv_sec * 1000000000 + (int64_t)slice.tv_nsec;
}

bool clinux_give_way(void) {
    struct rusage before, after;
    getrusage(RUSAGE_THREAD, &before);
    sched_yield();
    getrusage(RUSAGE_THREAD, &after);
    return before.ru_nvcsw + before.ru_nivcsw != after.ru_nvcsw + after.ru_nivcsw;
}

// Reads about processes in /proc.
#include "process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Fields of the text of /proc/N/stat behind the name, which stands in parentheses and may hold any character, as numbered in proc(5).
enum { STATE = 3, PARENT, GROUP, SESSION, TERMINAL, TERMINAL_GROUP, FLAGS, FAULTS, INPUT_FAULTS = 12 };
enum { USER_TICKS = 14, SYSTEM_TICKS, NICE = 19, THREADS, START_TICKS = 22, VIRTUAL_SIZE, RESIDENT_PAGES };
enum { POLICY = 41, EXIT_CODE = 52, FIELD_COUNT };

struct stat_text {
    char state;
    char name[16];
    long long fields[FIELD_COUNT];
};

static bool read_stat(const char *path, struct stat_text *stat) {
    char text[2048];
    if (_libmach_darwin_read(path, text, sizeof text) < 0) return false;
    char *open = strchr(text, '('), *close = strrchr(text, ')');
    if (open == NULL || close == NULL || close[1] != ' ') {
        errno = ESRCH;
        return false;
    }
    *close = '\0';
    memset(stat, 0, sizeof *stat);
    snprintf(stat->name, sizeof stat->name, "%s", open + 1);
    stat->state = close[2];
    char *from = close + 3, *end;
    int saved = errno;
    for (int field = PARENT; field < FIELD_COUNT; field++, from = end) {
        // Those above what a signed number holds are limits and addresses, which nobody here asks for.
        stat->fields[field] = strtoll(from, &end, 10);
        if (end == from) break;
    }
    errno = saved;
    return true;
}

// Three numbers of a line.
static void read_ids(const char *text, const char *key, uint32_t ids[3]) {
    const char *line = _libmach_darwin_line(text, key);
    for (int i = 0; i < 3 && line != NULL; i++) {
        char *end;
        ids[i] = (uint32_t)strtoul(line, &end, 10);
        line = end;
    }
}

static uint64_t number_of(const char *text, const char *key) {
    const char *line = _libmach_darwin_line(text, key);
    return line == NULL ? 0 : strtoull(line, NULL, 10);
}

// A process that ends between two looks is gone.
static bool gone(void) {
    if (errno == ENOENT || errno == ENOTDIR) errno = ESRCH;
    return false;
}

static bool read_process(pid_t pid, const char *status, struct process *process) {
    char path[40];
    struct stat_text stat;
    // Threads have such folders, too, though these are not listed.
    if (number_of(status, "Tgid") != (uint64_t)pid) {
        errno = ESRCH;
        return false;
    }
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (!read_stat(path, &stat)) return false;
    const long long *field = stat.fields;
    *process = (struct process){
        .pid = pid,
        .state = stat.state,
        .parent = (int)field[PARENT],
        .group = (int)field[GROUP],
        .session = (int)field[SESSION],
        .terminal = (int)field[TERMINAL],
        .terminal_group = (int)field[TERMINAL_GROUP],
        .flags = (unsigned)field[FLAGS],
        .faults = (uint64_t)field[FAULTS],
        .input_faults = (uint64_t)field[INPUT_FAULTS],
        .user_ticks = (uint64_t)field[USER_TICKS],
        .system_ticks = (uint64_t)field[SYSTEM_TICKS],
        .start_ticks = (uint64_t)field[START_TICKS],
        .nice = (long)field[NICE],
        .threads = (long)field[THREADS],
        .resident_pages = (long)field[RESIDENT_PAGES],
        .virtual_size = (uint64_t)field[VIRTUAL_SIZE],
        .policy = (int)field[POLICY],
        .exit_code = (int)field[EXIT_CODE],
        .is_traced = number_of(status, "TracerPid") != 0,
        .descriptor_places = (uint32_t)number_of(status, "FDSize"),
    };
    memcpy(process->name, stat.name, sizeof process->name);
    read_ids(status, "Uid", process->uid);
    read_ids(status, "Gid", process->gid);
    return true;
}

bool _libmach_darwin_process(pid_t pid, struct process *process) {
    char path[40];
    size_t length;
    if (pid <= 0) {
        errno = ESRCH;
        return false;
    }
    // The groups of a process make this text as long as they please.
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    char *status = _libmach_darwin_read_all(path, &length);
    if (status == NULL) return gone();
    bool is_there = read_process(pid, status, process);
    int saved = errno;
    free(status);
    errno = saved;
    return is_there || gone();
}

// The numbers that are names in a folder.
static bool each_number(const char *path, bool (*visit)(pid_t number, void *context), void *context) {
    DIR *folder = opendir(path);
    if (folder == NULL) return false;
    struct dirent *entry;
    bool goes_on = true;
    errno = 0;
    while (goes_on && (entry = readdir(folder)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0])) goes_on = visit((pid_t)strtol(entry->d_name, NULL, 10), context);
    closedir(folder);
    return true;
}

bool _libmach_darwin_each_process(bool (*visit)(pid_t pid, void *context), void *context) {
    return each_number("/proc", visit, context);
}

struct summation {
    pid_t pid;
    struct process_threads *threads;
};

static bool add_thread(pid_t number, void *context) {
    struct summation *sum = context;
    char path[64];
    size_t length;
    struct stat_text stat;
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", sum->pid, number);
    if (!read_stat(path, &stat)) return true;
    sum->threads->user_ticks += (uint64_t)stat.fields[USER_TICKS];
    sum->threads->system_ticks += (uint64_t)stat.fields[SYSTEM_TICKS];
    if (stat.state == 'R') sum->threads->running++;
    snprintf(path, sizeof path, "/proc/%d/task/%d/status", sum->pid, number);
    char *status = _libmach_darwin_read_all(path, &length);
    if (status == NULL) return true;
    sum->threads->switches += number_of(status, "voluntary_ctxt_switches");
    sum->threads->switches += number_of(status, "nonvoluntary_ctxt_switches");
    free(status);
    return true;
}

void _libmach_darwin_threads(pid_t pid, struct process_threads *threads) {
    char path[40];
    struct summation sum = {pid, threads};
    int saved = errno;
    *threads = (struct process_threads){0};
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    each_number(path, add_thread, &sum);
    errno = saved;
}

size_t _libmach_darwin_without_mark(char *path, size_t length) {
    static const char mark[] = " (deleted)";
    struct stat unused;
    size_t marked = sizeof mark - 1;
    if (length > marked && strcmp(path + length - marked, mark) == 0) {
        int saved = errno;
        if (lstat(path, &unused) != 0) path[length -= marked] = '\0';
        errno = saved;
    }
    return length;
}

long _libmach_darwin_process_path(pid_t pid, char *path, size_t size) {
    char link[40];
    snprintf(link, sizeof link, "/proc/%d/exe", pid);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0) {
        if (errno == EACCES) errno = EPERM;
        gone();
        return -1;
    }
    path[length] = '\0';
    return (long)_libmach_darwin_without_mark(path, (size_t)length);
}

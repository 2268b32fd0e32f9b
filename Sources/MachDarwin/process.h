// A process, as /proc tells of it.
#ifndef LIBMACH_DARWIN_PROCESS_H
#define LIBMACH_DARWIN_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "text.h"

// What /proc/N/stat and /proc/N/status say.
struct process {
    pid_t pid;
    char state;    // R, S, D, T, Z ...
    char name[16]; // of the command
    int parent, group, session, terminal, terminal_group;
    unsigned flags; // PF_ of Linux
    uint64_t faults, input_faults;
    uint64_t user_ticks, system_ticks, start_ticks;
    long nice, threads, resident_pages;
    uint64_t virtual_size;
    int policy; // SCHED_ of Linux
    int exit_code;
    uid_t uid[3]; // real, effective, saved
    gid_t gid[3];
    bool is_traced;
    uint32_t descriptor_places;
};

// Gives false and sets errno: ESRCH when there is no such process, and what opening and reading may say otherwise.
HIDDEN bool _libmach_darwin_process(pid_t pid, struct process *process);

// Threads of a process together.
struct process_threads {
    uint64_t user_ticks, system_ticks, switches;
    uint32_t running;
};

HIDDEN void _libmach_darwin_threads(pid_t pid, struct process_threads *threads);

// Calls `visit` with the number of each process until it gives false. Gives false and sets errno when they cannot be listed.
HIDDEN bool _libmach_darwin_each_process(bool (*visit)(pid_t pid, void *context), void *context);

// Takes away from the path of a file, `length` bytes and a NUL, what Linux marks it with when it has no name any more. Gives its length.
HIDDEN size_t _libmach_darwin_without_mark(char *path, size_t length);

// Writes the path of the file that a process runs. Gives its length, or -1 and sets errno.
HIDDEN long _libmach_darwin_process_path(pid_t pid, char *path, size_t size);

#endif

// Darwin's view of the processes that /proc tells of.
#include <libproc.h>

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

_Static_assert(sizeof(struct proc_bsdinfo) == 136, "as Darwin has it");
_Static_assert(sizeof(struct proc_bsdshortinfo) == 64, "as Darwin has it");
_Static_assert(sizeof(struct proc_taskinfo) == 96, "as Darwin has it");
_Static_assert(sizeof(struct proc_taskallinfo) == 232, "as Darwin has it");

// PF_ flags of Linux, in /proc/N/stat.
#define PF_EXITING     0x00000004
#define PF_FORKNOEXEC  0x00000040
#define PF_KTHREAD     0x00200000
#define HEADER_OF_ELF  5 // bytes up to the one that tells 32 bits from 64
#define CLASS_64       2
#define TIME_SHARING   1
#define ROUND_ROBIN    2
#define FIRST_IN_FIRST 4

// ---- Lists

struct listing {
    uint32_t type, typeinfo;
    int *pids;
    size_t count, room;
};

static bool belongs(const struct listing *listing, pid_t pid) {
    struct process process;
    if (listing->type == PROC_ALL_PIDS) return true;
    if (!_libmach_darwin_process(pid, &process)) return false;
    switch (listing->type) {
    case PROC_PGRP_ONLY:
        return process.group == (int)listing->typeinfo;
    case PROC_TTY_ONLY:
        return process.terminal != 0 && process.terminal == (int)listing->typeinfo;
    case PROC_UID_ONLY:
        return process.uid[1] == listing->typeinfo;
    case PROC_RUID_ONLY:
        return process.uid[0] == listing->typeinfo;
    case PROC_PPID_ONLY:
        return process.parent == (int)listing->typeinfo;
    default:
        return false;
    }
}

static bool add(pid_t pid, void *context) {
    struct listing *listing = context;
    if (listing->pids == NULL) {
        listing->count++;
        return true;
    }
    if (listing->count == listing->room) return false;
    if (belongs(listing, pid)) listing->pids[listing->count++] = pid;
    return true;
}

int proc_listpids(uint32_t type, uint32_t typeinfo, void *buffer, int buffersize) {
    struct listing listing = {.type = type, .typeinfo = typeinfo, .pids = buffer};
    if (buffer != NULL && buffersize < (int)sizeof(int)) {
        errno = ENOMEM;
        return 0;
    }
    listing.room = (size_t)buffersize / sizeof(int);
    int saved = errno;
    if (!_libmach_darwin_each_process(add, &listing)) return 0;
    errno = saved;
    if (buffer == NULL) listing.count += 20;
    return (int)(listing.count * sizeof(int));
}

int proc_listallpids(void *buffer, int buffersize) {
    return proc_listpids(PROC_ALL_PIDS, 0, buffer, buffersize) / (int)sizeof(int);
}

int proc_listpgrppids(pid_t pgrpid, void *buffer, int buffersize) {
    return proc_listpids(PROC_PGRP_ONLY, (uint32_t)pgrpid, buffer, buffersize) / (int)sizeof(int);
}

int proc_listchildpids(pid_t ppid, void *buffer, int buffersize) {
    return proc_listpids(PROC_PPID_ONLY, (uint32_t)ppid, buffer, buffersize) / (int)sizeof(int);
}

// ---- One process

static uint32_t status_of(const struct process *process) {
    switch (process->state) {
    case 'R':
        return SRUN;
    case 'T':
    case 't':
        return SSTOP;
    case 'Z':
    case 'X':
    case 'x':
        return SZOMB;
    default:
        return SSLEEP;
    }
}

static bool is_of_64_bits(pid_t pid) {
    char path[40], header[HEADER_OF_ELF + 1];
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    return _libmach_darwin_read(path, header, sizeof header) == HEADER_OF_ELF && memcmp(header, "\177ELF", 4) == 0 &&
           header[4] == CLASS_64;
}

static uint32_t flags_of(const struct process *process) {
    uint32_t flags = 0;
    if (process->flags & PF_KTHREAD) flags |= PROC_FLAG_SYSTEM;
    if (process->flags & PF_EXITING) flags |= PROC_FLAG_INEXIT;
    if (!(process->flags & (PF_FORKNOEXEC | PF_KTHREAD))) flags |= PROC_FLAG_EXEC;
    if (process->is_traced) flags |= PROC_FLAG_TRACED;
    if (process->session == process->pid) flags |= PROC_FLAG_SLEADER;
    if (process->terminal != 0) flags |= PROC_FLAG_CTTY | PROC_FLAG_CONTROLT;
    if (is_of_64_bits(process->pid)) flags |= PROC_FLAG_LP64;
    return flags;
}

// The name of the file, where that is what the command's name was cut from.
static void long_name(const struct process *process, char *name, size_t size) {
    char path[PROC_PIDPATHINFO_MAXSIZE];
    snprintf(name, size, "%s", process->name);
    if (strlen(process->name) < sizeof process->name - 1) return;
    if (_libmach_darwin_process_path(process->pid, path, sizeof path) < 0) return;
    const char *slash = strrchr(path, '/');
    const char *file = slash == NULL ? path : slash + 1;
    if (strncmp(file, process->name, sizeof process->name - 1) == 0) snprintf(name, size, "%.*s", (int)size - 1, file);
}

// The start, from the time at which the system started, in whole seconds, and ticks since.
static void start_of(const struct process *process, struct proc_bsdinfo *info) {
    size_t length;
    char *text = _libmach_darwin_read_all("/proc/stat", &length);
    const char *line = text == NULL ? NULL : _libmach_darwin_line(text, "btime");
    if (line != NULL) {
        uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);
        info->pbi_start_tvsec = strtoull(line, NULL, 10) + process->start_ticks / hz;
        info->pbi_start_tvusec = process->start_ticks % hz * 1000000 / hz;
    }
    free(text);
}

static void bsd_info(const struct process *process, struct proc_bsdinfo *info) {
    *info = (struct proc_bsdinfo){
        .pbi_flags = flags_of(process),
        .pbi_status = status_of(process),
        .pbi_xstatus = (uint32_t)process->exit_code,
        .pbi_pid = (uint32_t)process->pid,
        .pbi_ppid = (uint32_t)process->parent,
        .pbi_uid = process->uid[1],
        .pbi_gid = process->gid[1],
        .pbi_ruid = process->uid[0],
        .pbi_rgid = process->gid[0],
        .pbi_svuid = process->uid[2],
        .pbi_svgid = process->gid[2],
        .pbi_nfiles = process->descriptor_places,
        .pbi_pgid = (uint32_t)process->group,
        .e_tdev = process->terminal == 0 ? (uint32_t)NODEV : (uint32_t)process->terminal,
        .e_tpgid = process->terminal == 0 ? 0 : (uint32_t)process->terminal_group,
        .pbi_nice = (int32_t)process->nice,
    };
    memcpy(info->pbi_comm, process->name, sizeof info->pbi_comm);
    long_name(process, info->pbi_name, sizeof info->pbi_name);
    start_of(process, info);
}

static void short_info(const struct process *process, struct proc_bsdshortinfo *info) {
    *info = (struct proc_bsdshortinfo){
        .pbsi_pid = (uint32_t)process->pid,
        .pbsi_ppid = (uint32_t)process->parent,
        .pbsi_pgid = (uint32_t)process->group,
        .pbsi_status = status_of(process),
        .pbsi_flags = flags_of(process),
        .pbsi_uid = process->uid[1],
        .pbsi_gid = process->gid[1],
        .pbsi_ruid = process->uid[0],
        .pbsi_rgid = process->gid[0],
        .pbsi_svuid = process->uid[2],
        .pbsi_svgid = process->gid[2],
    };
    memcpy(info->pbsi_comm, process->name, sizeof info->pbsi_comm);
}

static int32_t count(uint64_t number) { return number > INT32_MAX ? INT32_MAX : (int32_t)number; }

static void task_info(const struct process *process, struct proc_taskinfo *info) {
    struct process_threads threads;
    uint64_t tick = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
    bool shares_time = process->policy != SCHED_FIFO && process->policy != SCHED_RR;
    _libmach_darwin_threads(process->pid, &threads);
    *info = (struct proc_taskinfo){
        .pti_virtual_size = process->virtual_size,
        .pti_resident_size = (uint64_t)process->resident_pages * (uint64_t)sysconf(_SC_PAGESIZE),
        .pti_total_user = process->user_ticks * tick,
        .pti_total_system = process->system_ticks * tick,
        .pti_threads_user = threads.user_ticks * tick,
        .pti_threads_system = threads.system_ticks * tick,
        .pti_policy = shares_time                   ? TIME_SHARING
                      : process->policy == SCHED_RR ? ROUND_ROBIN
                                                    : FIRST_IN_FIRST,
        .pti_faults = count(process->faults + process->input_faults),
        .pti_pageins = count(process->input_faults),
        .pti_csw = count(threads.switches),
        .pti_threadnum = (int32_t)process->threads,
        .pti_numrunning = (int32_t)threads.running,
        .pti_priority = shares_time ? 31 - (int32_t)process->nice : 0,
    };
}

// ---- Files

// A byte of a path that /proc/N/maps writes as a backslash and three digits: those of a line's end.
static void copy_mapped_path(const char *from, char *path, size_t size) {
    size_t length = 0;
    while (*from != '\0' && *from != '\n' && length + 1 < size) {
        if (strncmp(from, "\\012", 4) == 0) {
            path[length++] = '\n';
            from += 4;
        } else {
            path[length++] = *from++;
        }
    }
    path[length] = '\0';
}

static int region_path(pid_t pid, uint64_t address, struct proc_regionpath *region) {
    char path[40];
    size_t length;
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    char *maps = _libmach_darwin_read_all(path, &length);
    if (maps == NULL) {
        if (errno == ENOENT) errno = ESRCH;
        if (errno == EACCES) errno = EPERM;
        return 0;
    }
    int result = 0;
    errno = EINVAL;
    for (char *line = maps; line != NULL && *line != '\0';) {
        unsigned long long start, end;
        int place = 0;
        char *next = strchr(line, '\n');
        if (sscanf(line, "%llx-%llx %*s %*s %*s %*s %n", &start, &end, &place) >= 2 && address < end) {
            if (place == 0 || line[place] != '/') break;
            *region = (struct proc_regionpath){.prpo_addr = start, .prpo_regionlength = end - start};
            copy_mapped_path(line + place, region->prpo_path, sizeof region->prpo_path);
            result = (int)sizeof *region;
            break;
        }
        line = next == NULL ? NULL : next + 1;
    }
    int saved = errno;
    free(maps);
    errno = saved;
    return result;
}

// ---- The calls

// The size of a flavor's structure; 0 for one of Darwin's that is not here, -1 for none.
static int size_of(int flavor) {
    switch (flavor) {
    case PROC_PIDTASKALLINFO:
        return PROC_PIDTASKALLINFO_SIZE;
    case PROC_PIDTBSDINFO:
        return PROC_PIDTBSDINFO_SIZE;
    case PROC_PIDTASKINFO:
        return PROC_PIDTASKINFO_SIZE;
    case PROC_PIDPATHINFO:
        return PROC_PIDPATHINFO_SIZE;
    case PROC_PIDT_SHORTBSDINFO:
        return PROC_PIDT_SHORTBSDINFO_SIZE;
    case PROC_PIDREGIONPATH:
        return PROC_PIDREGIONPATH_SIZE;
    default:
        return flavor >= 1 && flavor <= 34 && flavor != 16 ? 0 : -1;
    }
}

// What there is to tell about a process that has ended is for those who ask for it.
static bool find(pid_t pid, bool with_ended, struct process *process) {
    if (!_libmach_darwin_process(pid, process)) {
        if (errno == EACCES) errno = EPERM;
        return false;
    }
    if (status_of(process) != SZOMB || with_ended) return true;
    errno = ESRCH;
    return false;
}

static int tell(const struct process *process, int flavor, void *buffer) {
    union {
        struct proc_bsdinfo bsd;
        struct proc_bsdshortinfo brief;
        struct proc_taskinfo task;
        struct proc_taskallinfo all;
    } info;
    int saved = errno, size = size_of(flavor);
    switch (flavor) {
    case PROC_PIDTBSDINFO:
        bsd_info(process, &info.bsd);
        break;
    case PROC_PIDT_SHORTBSDINFO:
        short_info(process, &info.brief);
        break;
    case PROC_PIDTASKINFO:
        task_info(process, &info.task);
        break;
    default:
        bsd_info(process, &info.all.pbsd);
        task_info(process, &info.all.ptinfo);
    }
    memcpy(buffer, &info, (size_t)size);
    errno = saved;
    return size;
}

int proc_pidinfo(int pid, int flavor, uint64_t arg, void *buffer, int buffersize) {
    struct process process;
    int size = size_of(flavor);
    bool of_bsd = flavor == PROC_PIDTBSDINFO || flavor == PROC_PIDT_SHORTBSDINFO;
    if (size <= 0) {
        errno = size < 0 ? EINVAL : ENOTSUP;
    } else if (buffersize < size) {
        errno = ENOMEM;
    } else if (flavor == PROC_PIDPATHINFO && buffersize > PROC_PIDPATHINFO_MAXSIZE) {
        errno = EOVERFLOW;
    } else if (find(pid, of_bsd && arg != 0, &process)) {
        if (flavor == PROC_PIDREGIONPATH) return region_path(pid, arg, buffer);
        if (flavor != PROC_PIDPATHINFO) return tell(&process, flavor, buffer);
        _libmach_darwin_process_path(pid, buffer, (size_t)buffersize);
    }
    return 0;
}

int proc_name(int pid, void *buffer, uint32_t buffersize) {
    struct proc_bsdinfo info;
    if (buffersize < sizeof info.pbi_name) {
        errno = ENOMEM;
        return 0;
    }
    if (proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, sizeof info) == 0) return 0;
    memcpy(buffer, info.pbi_name, sizeof info.pbi_name);
    return (int)strlen(info.pbi_name);
}

int proc_pidpath(int pid, void *buffer, uint32_t buffersize) {
    struct process process;
    if (buffersize < PROC_PIDPATHINFO_SIZE) {
        errno = ENOMEM;
    } else if (buffersize > PROC_PIDPATHINFO_MAXSIZE) {
        errno = EOVERFLOW;
    } else if (find(pid, false, &process)) {
        long length = _libmach_darwin_process_path(pid, buffer, buffersize);
        return length < 0 ? 0 : (int)length;
    }
    return 0;
}

int proc_regionfilename(int pid, uint64_t address, void *buffer, uint32_t buffersize) {
    struct proc_regionpath region;
    if (buffersize < MAXPATHLEN) {
        errno = ENOMEM;
        return 0;
    }
    if (proc_pidinfo(pid, PROC_PIDREGIONPATH, address, &region, sizeof region) == 0) return 0;
    memcpy(buffer, region.prpo_path, sizeof region.prpo_path);
    return (int)strlen(region.prpo_path);
}

int proc_libversion(int *major, int *minor) {
    if (major != NULL) *major = 1;
    if (minor != NULL) *minor = 1;
    return 0;
}

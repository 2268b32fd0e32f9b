/// What <libproc.h> tells about processes. Fields that Linux has nothing for are 0.
#ifndef _SYS_PROC_INFO_H
#define _SYS_PROC_INFO_H

#include <stdint.h>
#include <sys/param.h>
#include <sys/types.h>

#ifndef MAXCOMLEN
#define MAXCOMLEN 16 /* bytes of a command's name, its end included */
#endif

/* -- Which processes ----------------------------------------------------------------------------------------------- */

#define PROC_ALL_PIDS  1
#define PROC_PGRP_ONLY 2 /* of a process group */
#define PROC_TTY_ONLY  3 /* with this terminal */
#define PROC_UID_ONLY  4 /* with this effective user */
#define PROC_RUID_ONLY 5 /* with this real user */
#define PROC_PPID_ONLY 6 /* with this parent */
#define PROC_KDBG_ONLY 7 /* traced by a tool that is not here: none */

/* -- As BSD sees a process ----------------------------------------------------------------------------------------- */

struct proc_bsdinfo {
    uint32_t pbi_flags;
    uint32_t pbi_status;
    uint32_t pbi_xstatus; /* how it ended */
    uint32_t pbi_pid;
    uint32_t pbi_ppid;
    uid_t pbi_uid; /* effective */
    gid_t pbi_gid;
    uid_t pbi_ruid; /* real */
    gid_t pbi_rgid;
    uid_t pbi_svuid; /* saved */
    gid_t pbi_svgid;
    uint32_t rfu_1;
    char pbi_comm[MAXCOMLEN];     /* the command's name */
    char pbi_name[2 * MAXCOMLEN]; /* longer, where there is a longer one */
    uint32_t pbi_nfiles;          /* places for file descriptors */
    uint32_t pbi_pgid;
    uint32_t pbi_pjobc; /* 0 */
    uint32_t e_tdev;    /* the terminal, or NODEV */
    uint32_t e_tpgid;   /* the terminal's process group */
    int32_t pbi_nice;
    uint64_t pbi_start_tvsec;
    uint64_t pbi_start_tvusec;
};

struct proc_bsdshortinfo {
    uint32_t pbsi_pid;
    uint32_t pbsi_ppid;
    uint32_t pbsi_pgid;
    uint32_t pbsi_status;
    char pbsi_comm[MAXCOMLEN];
    uint32_t pbsi_flags;
    uid_t pbsi_uid;
    gid_t pbsi_gid;
    uid_t pbsi_ruid;
    gid_t pbsi_rgid;
    uid_t pbsi_svuid;
    gid_t pbsi_svgid;
    uint32_t pbsi_rfu;
};

#ifndef NODEV
#define NODEV ((dev_t)-1)
#endif

/* In pbi_flags. Those without a word here are never set. */
#define PROC_FLAG_SYSTEM      1 /* of the kernel */
#define PROC_FLAG_TRACED      2
#define PROC_FLAG_INEXIT      4
#define PROC_FLAG_PPWAIT      8
#define PROC_FLAG_LP64        0x10 /* of 64 bits, as far as its file may be read */
#define PROC_FLAG_SLEADER     0x20 /* leads its session */
#define PROC_FLAG_CTTY        0x40 /* has a terminal */
#define PROC_FLAG_CONTROLT    0x80 /* likewise */
#define PROC_FLAG_THCWD       0x100
#define PROC_FLAG_PC_THROTTLE 0x200
#define PROC_FLAG_PC_SUSP     0x400
#define PROC_FLAG_PC_KILL     0x600
#define PROC_FLAG_PC_MASK     0x600
#define PROC_FLAG_PA_THROTTLE 0x800
#define PROC_FLAG_PA_SUSP     0x1000
#define PROC_FLAG_PSUGID      0x2000
#define PROC_FLAG_EXEC        0x4000 /* runs a file of its own since it was forked */

/* In pbi_status. */
#define SIDL   1
#define SRUN   2 /* runs, or could */
#define SSLEEP 3
#define SSTOP  4
#define SZOMB  5 /* has ended, and its parent has not asked yet */

/* -- As Mach sees its task ----------------------------------------------------------------------------------------- */

struct proc_taskinfo {
    uint64_t pti_virtual_size;     /* bytes */
    uint64_t pti_resident_size;    /* bytes */
    uint64_t pti_total_user;       /* nanoseconds, of all threads there ever were */
    uint64_t pti_total_system;     /* nanoseconds */
    uint64_t pti_threads_user;     /* nanoseconds, of those there are */
    uint64_t pti_threads_system;   /* nanoseconds */
    int32_t pti_policy;            /* of scheduling: 1 shares time, 2 takes turns, 4 runs until it waits */
    int32_t pti_faults;            /* of pages */
    int32_t pti_pageins;           /* of those, with input */
    int32_t pti_cow_faults;        /* 0 */
    int32_t pti_messages_sent;     /* 0 */
    int32_t pti_messages_received; /* 0 */
    int32_t pti_syscalls_mach;     /* 0 */
    int32_t pti_syscalls_unix;     /* 0 */
    int32_t pti_csw;               /* switches to and from its threads */
    int32_t pti_threadnum;         /* threads */
    int32_t pti_numrunning;        /* of those, run or could */
    int32_t pti_priority;          /* 31 less its niceness; 0 unless it shares time */
};

struct proc_taskallinfo {
    struct proc_bsdinfo pbsd;
    struct proc_taskinfo ptinfo;
};

/* -- A file that is mapped ----------------------------------------------------------------------------------------- */

struct proc_regionpath {
    uint64_t prpo_addr;         /* where it starts */
    uint64_t prpo_regionlength; /* bytes */
    char prpo_path[MAXPATHLEN];
};

/* -- Flavors of proc_pidinfo, and their sizes in bytes: of others there is no structure here -------------------------- */

#define PROC_PIDTASKALLINFO      2
#define PROC_PIDTASKALLINFO_SIZE (sizeof(struct proc_taskallinfo))

#define PROC_PIDTBSDINFO      3
#define PROC_PIDTBSDINFO_SIZE (sizeof(struct proc_bsdinfo))

#define PROC_PIDTASKINFO      4
#define PROC_PIDTASKINFO_SIZE (sizeof(struct proc_taskinfo))

#define PROC_PIDPATHINFO         11
#define PROC_PIDPATHINFO_SIZE    (MAXPATHLEN)
#define PROC_PIDPATHINFO_MAXSIZE (4 * MAXPATHLEN)

#define PROC_PIDT_SHORTBSDINFO      13
#define PROC_PIDT_SHORTBSDINFO_SIZE (sizeof(struct proc_bsdshortinfo))

#define PROC_PIDREGIONPATH      31
#define PROC_PIDREGIONPATH_SIZE (sizeof(struct proc_regionpath))

#endif

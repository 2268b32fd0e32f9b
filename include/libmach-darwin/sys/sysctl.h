/// What the system tells about itself, by names like "hw.ncpu" or by numbers. libmach-darwin(7) lists the names. Nothing
/// can be set.
#ifndef _SYS_SYSCTL_H_
#define _SYS_SYSCTL_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/time.h>
#include <sys/types.h>

#include <mach/boolean.h>

#define CTL_MAXNAME 12 /* numbers of a name, at most */

/* Kinds of what a name stands for. */
#define CTLTYPE        0xf
#define CTLTYPE_NODE   1
#define CTLTYPE_INT    2
#define CTLTYPE_STRING 3
#define CTLTYPE_QUAD   4
#define CTLTYPE_OPAQUE 5
#define CTLTYPE_STRUCT CTLTYPE_OPAQUE

/* -- The first number ---------------------------------------------------------------------------------------------- */

#define CTL_UNSPEC  0
#define CTL_KERN    1
#define CTL_VM      2
#define CTL_VFS     3
#define CTL_NET     4
#define CTL_DEBUG   5
#define CTL_HW      6
#define CTL_MACHDEP 7
#define CTL_USER    8
#define CTL_MAXID   9

/* -- The second, of CTL_KERN: what is not told here is ENOENT ------------------------------------------------------- */

#define KERN_OSTYPE          1
#define KERN_OSRELEASE       2
#define KERN_OSREV           3
#define KERN_VERSION         4
#define KERN_MAXVNODES       5
#define KERN_MAXPROC         6
#define KERN_MAXFILES        7
#define KERN_ARGMAX          8
#define KERN_SECURELVL       9
#define KERN_HOSTNAME        10
#define KERN_HOSTID          11
#define KERN_CLOCKRATE       12
#define KERN_VNODE           13
#define KERN_PROC            14
#define KERN_FILE            15
#define KERN_PROF            16
#define KERN_POSIX1          17
#define KERN_NGROUPS         18
#define KERN_JOB_CONTROL     19
#define KERN_SAVED_IDS       20
#define KERN_BOOTTIME        21
#define KERN_NISDOMAINNAME   22
#define KERN_DOMAINNAME      KERN_NISDOMAINNAME
#define KERN_OSRELDATE       26
#define KERN_BOOTFILE        28
#define KERN_MAXFILESPERPROC 29
#define KERN_MAXPROCPERUID   30
#define KERN_PROCARGS        38
#define KERN_PROCARGS2       49
#define KERN_COREFILE        50
#define KERN_PROCNAME        62
#define KERN_OSVERSION       65

/* -- Of CTL_HW ----------------------------------------------------------------------------------------------------- */

#define HW_MACHINE      1
#define HW_MODEL        2
#define HW_NCPU         3
#define HW_BYTEORDER    4
#define HW_PHYSMEM      5
#define HW_USERMEM      6
#define HW_PAGESIZE     7
#define HW_DISKNAMES    8
#define HW_DISKSTATS    9
#define HW_EPOCH        10
#define HW_FLOATINGPT   11
#define HW_MACHINE_ARCH 12
#define HW_VECTORUNIT   13
#define HW_BUS_FREQ     14
#define HW_CPU_FREQ     15
#define HW_CACHELINE    16
#define HW_L1ICACHESIZE 17
#define HW_L1DCACHESIZE 18
#define HW_L2SETTINGS   19
#define HW_L2CACHESIZE  20
#define HW_L3SETTINGS   21
#define HW_L3CACHESIZE  22
#define HW_TB_FREQ      23
#define HW_MEMSIZE      24
#define HW_AVAILCPU     25

/* -- Of CTL_VM ----------------------------------------------------------------------------------------------------- */

#define VM_METER      1
#define VM_LOADAVG    2
#define VM_MACHFACTOR 4
#define VM_SWAPUSAGE  5

/* -- Structures ---------------------------------------------------------------------------------------------------- */

/// Of kern.clockrate.
struct clockinfo {
    int hz;      /* ticks in a second */
    int tick;    /* microseconds of one */
    int tickadj; /* 0 */
    int stathz;
    int profhz;
};

typedef uint32_t fixpt_t;

/// Of vm.loadavg: over 1, 5 and 15 minutes, each times fscale.
struct loadavg {
    fixpt_t ldavg[3];
    long fscale;
};

/// Of vm.swapusage, in bytes.
struct xsw_usage {
    uint64_t xsu_total;
    uint64_t xsu_avail;
    uint64_t xsu_used;
    uint32_t xsu_pagesize;
    boolean_t xsu_encrypted; /* FALSE: Linux does not tell */
};

__BEGIN_DECLS

/// Writes what a name stands for to `oldp`, `*oldlenp` being how many bytes there is room for; it becomes how many were
/// written. With a null pointer for `oldp`, `*oldlenp` becomes how many there are. A number of 64 bits may be read into
/// 32, where the page says so. Both pointers may be null. Gives 0, or -1 and sets errno:
///
///   ENOENT   there is no such name, or Linux does not tell what it stands for
///   ENOMEM   not enough room: what fits is written; or no memory
///   ERANGE   the number needs more than 32 bits
///   EPERM    `newp` is not a null pointer: nothing can be set
///   EISDIR   more numbers than the name has
///   EINVAL   fewer than 2 numbers, or more than CTL_MAXNAME; KERN_PROCARGS2 without a process whose arguments may be read
///   EFAULT   `oldp` without `oldlenp`; no name
int sysctl(int *name, unsigned int namelen, void *oldp, size_t *oldlenp, void *newp, size_t newlen);

/// The same by the name itself.
int sysctlbyname(const char *name, void *oldp, size_t *oldlenp, void *newp, size_t newlen);

/// Writes the numbers of a name to `mibp`, `*sizep` being how many there is room for; it becomes how many there are. Gives
/// 0, or -1 and sets errno: ENOENT, ENOMEM, EFAULT.
int sysctlnametomib(const char *name, int *mibp, size_t *sizep);

__END_DECLS

#endif

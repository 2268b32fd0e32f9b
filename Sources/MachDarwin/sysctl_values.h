// What the names of sysctl stand for.
#ifndef LIBMACH_DARWIN_SYSCTL_VALUES_H
#define LIBMACH_DARWIN_SYSCTL_VALUES_H

#include <sys/sysctl.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>

#include "text.h"

// What a name stands for now: a number, or bytes.
struct value {
    int64_t number;
    size_t size; // of the bytes; of a text with its end
    union {
        char text[1024];
        struct timeval time;
        struct clockinfo clock;
        struct loadavg load;
        struct xsw_usage swap;
    };
};

// Each gives false when Linux does not tell.
typedef bool value_reader(struct value *value);

HIDDEN value_reader _libmach_darwin_hw_machine, _libmach_darwin_hw_model, _libmach_darwin_hw_ncpu,
    _libmach_darwin_hw_activecpu, _libmach_darwin_hw_physicalcpu, _libmach_darwin_hw_packages,
    _libmach_darwin_hw_byteorder, _libmach_darwin_hw_memsize, _libmach_darwin_hw_physmem, _libmach_darwin_hw_usermem,
    _libmach_darwin_hw_pagesize, _libmach_darwin_hw_cpufrequency, _libmach_darwin_hw_cpufrequency_min,
    _libmach_darwin_hw_cpufrequency_max, _libmach_darwin_hw_cachelinesize, _libmach_darwin_hw_l1icachesize,
    _libmach_darwin_hw_l1dcachesize, _libmach_darwin_hw_l2cachesize, _libmach_darwin_hw_l3cachesize,
    _libmach_darwin_hw_tbfrequency, _libmach_darwin_hw_cputype, _libmach_darwin_hw_cpusubtype,
    _libmach_darwin_hw_cpu64bit;
HIDDEN value_reader _libmach_darwin_kern_ostype, _libmach_darwin_kern_osrelease, _libmach_darwin_kern_version,
    _libmach_darwin_kern_hostname, _libmach_darwin_kern_domainname, _libmach_darwin_kern_hostid,
    _libmach_darwin_kern_maxproc, _libmach_darwin_kern_maxprocperuid, _libmach_darwin_kern_maxfiles,
    _libmach_darwin_kern_maxfilesperproc, _libmach_darwin_kern_argmax, _libmach_darwin_kern_ngroups,
    _libmach_darwin_kern_posix1, _libmach_darwin_kern_one, _libmach_darwin_kern_boottime,
    _libmach_darwin_kern_clockrate, _libmach_darwin_kern_bootsession;
HIDDEN value_reader _libmach_darwin_vm_loadavg, _libmach_darwin_vm_swapusage, _libmach_darwin_vm_page_free_count;
HIDDEN value_reader _libmach_darwin_cpu_brand, _libmach_darwin_cpu_vendor, _libmach_darwin_cpu_family,
    _libmach_darwin_cpu_model, _libmach_darwin_cpu_stepping, _libmach_darwin_cpu_core_count,
    _libmach_darwin_cpu_thread_count;

// KERN_PROCARGS2, and KERN_PROCARGS: the arguments and environment of a process, in memory that the caller frees. Gives a null pointer and sets
// errno.
HIDDEN char *_libmach_darwin_arguments(pid_t pid, bool with_count, size_t *size);

#endif

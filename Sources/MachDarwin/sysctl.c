// sysctl: names and numbers, and the rules by which a value is given.
#include <sys/sysctl.h>

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sysctl_values.h"

enum kind {
    KIND_NODE,   // names below it
    KIND_INT,    // 32 bits
    KIND_QUAD,   // 64 bits, or 32 when the caller has room for as many
    KIND_LARGE,  // 64 bits
    KIND_BYTES,  // a structure or text
    KIND_CUT,    // a text that is cut to fit
    KIND_PROCESS // bytes, with the number of a process behind the name
};

// Numbers from here on are ours: elsewhere, too, such names have no certain number.
#define AUTO  100
#define DEPTH 3

struct name {
    const char *text;
    int numbers[DEPTH];
    unsigned count;
    enum kind kind;
    value_reader *read;
};

#define HW(text, number, kind, reader)                                                                                 \
    { "hw." text, {CTL_HW, number}, 2, kind, _libmach_darwin_hw_##reader }
#define KERN(text, number, kind, reader)                                                                               \
    { "kern." text, {CTL_KERN, number}, 2, kind, _libmach_darwin_kern_##reader }
#define VM(text, number, kind, reader)                                                                                 \
    { "vm." text, {CTL_VM, number}, 2, kind, _libmach_darwin_vm_##reader }
#define CPU(text, number, kind, reader)                                                                                \
    { "machdep.cpu." text, {CTL_MACHDEP, AUTO, number}, 3, kind, _libmach_darwin_cpu_##reader }
#define NODE(text, count, ...)                                                                                         \
    { text, {__VA_ARGS__}, count, KIND_NODE, NULL }

// By number some are of 32 bits that by name are of 64: these have a number of their own there, and no text here.
static const struct name names[] = {
    NODE("kern", 1, CTL_KERN),
    NODE("vm", 1, CTL_VM),
    NODE("hw", 1, CTL_HW),
    NODE("machdep", 1, CTL_MACHDEP),
    NODE("machdep.cpu", 2, CTL_MACHDEP, AUTO),

    HW("machine", HW_MACHINE, KIND_BYTES, machine),
    HW("model", HW_MODEL, KIND_BYTES, model),
    HW("ncpu", HW_NCPU, KIND_INT, ncpu),
    HW("byteorder", HW_BYTEORDER, KIND_INT, byteorder),
    HW("physmem", HW_PHYSMEM, KIND_INT, physmem),
    HW("usermem", HW_USERMEM, KIND_INT, usermem),
    HW("memsize", HW_MEMSIZE, KIND_QUAD, memsize),
    HW("availcpu", HW_AVAILCPU, KIND_INT, activecpu),
    HW("activecpu", AUTO, KIND_INT, activecpu),
    HW("physicalcpu", AUTO + 1, KIND_INT, physicalcpu),
    HW("physicalcpu_max", AUTO + 2, KIND_INT, physicalcpu),
    HW("logicalcpu", AUTO + 3, KIND_INT, activecpu),
    HW("logicalcpu_max", AUTO + 4, KIND_INT, ncpu),
    HW("cputype", AUTO + 5, KIND_INT, cputype),
    HW("cpusubtype", AUTO + 6, KIND_INT, cpusubtype),
    HW("cpu64bit_capable", AUTO + 7, KIND_INT, cpu64bit),
    HW("packages", AUTO + 8, KIND_INT, packages),
    HW("pagesize", AUTO + 9, KIND_QUAD, pagesize),
    HW("pagesize32", AUTO + 10, KIND_QUAD, pagesize),
    HW("cpufrequency", AUTO + 11, KIND_QUAD, cpufrequency),
    HW("cpufrequency_min", AUTO + 12, KIND_QUAD, cpufrequency_min),
    HW("cpufrequency_max", AUTO + 13, KIND_QUAD, cpufrequency_max),
    HW("cachelinesize", AUTO + 14, KIND_LARGE, cachelinesize),
    HW("l1icachesize", AUTO + 15, KIND_LARGE, l1icachesize),
    HW("l1dcachesize", AUTO + 16, KIND_LARGE, l1dcachesize),
    HW("l2cachesize", AUTO + 17, KIND_LARGE, l2cachesize),
    HW("l3cachesize", AUTO + 18, KIND_LARGE, l3cachesize),
    HW("tbfrequency", AUTO + 19, KIND_QUAD, tbfrequency),
    {NULL, {CTL_HW, HW_PAGESIZE}, 2, KIND_INT, _libmach_darwin_hw_pagesize},
    {NULL, {CTL_HW, HW_CPU_FREQ}, 2, KIND_INT, _libmach_darwin_hw_cpufrequency},
    {NULL, {CTL_HW, HW_CACHELINE}, 2, KIND_INT, _libmach_darwin_hw_cachelinesize},
    {NULL, {CTL_HW, HW_L1ICACHESIZE}, 2, KIND_INT, _libmach_darwin_hw_l1icachesize},
    {NULL, {CTL_HW, HW_L1DCACHESIZE}, 2, KIND_INT, _libmach_darwin_hw_l1dcachesize},
    {NULL, {CTL_HW, HW_L2CACHESIZE}, 2, KIND_INT, _libmach_darwin_hw_l2cachesize},
    {NULL, {CTL_HW, HW_L3CACHESIZE}, 2, KIND_INT, _libmach_darwin_hw_l3cachesize},
    {NULL, {CTL_HW, HW_TB_FREQ}, 2, KIND_INT, _libmach_darwin_hw_tbfrequency},

    KERN("ostype", KERN_OSTYPE, KIND_BYTES, ostype),
    KERN("osrelease", KERN_OSRELEASE, KIND_BYTES, osrelease),
    KERN("version", KERN_VERSION, KIND_BYTES, version),
    KERN("hostname", KERN_HOSTNAME, KIND_CUT, hostname),
    KERN("nisdomainname", KERN_NISDOMAINNAME, KIND_CUT, domainname),
    KERN("hostid", KERN_HOSTID, KIND_INT, hostid),
    KERN("boottime", KERN_BOOTTIME, KIND_BYTES, boottime),
    KERN("bootsessionuuid", AUTO, KIND_BYTES, bootsession),
    KERN("maxproc", KERN_MAXPROC, KIND_INT, maxproc),
    KERN("maxprocperuid", KERN_MAXPROCPERUID, KIND_INT, maxprocperuid),
    KERN("maxfiles", KERN_MAXFILES, KIND_INT, maxfiles),
    KERN("maxfilesperproc", KERN_MAXFILESPERPROC, KIND_INT, maxfilesperproc),
    KERN("argmax", KERN_ARGMAX, KIND_INT, argmax),
    KERN("ngroups", KERN_NGROUPS, KIND_INT, ngroups),
    KERN("posix1version", KERN_POSIX1, KIND_INT, posix1),
    KERN("job_control", KERN_JOB_CONTROL, KIND_INT, one),
    KERN("saved_ids", KERN_SAVED_IDS, KIND_INT, one),
    KERN("clockrate", KERN_CLOCKRATE, KIND_BYTES, clockrate),
    {"kern.procargs", {CTL_KERN, KERN_PROCARGS}, 2, KIND_PROCESS, NULL},
    {"kern.procargs2", {CTL_KERN, KERN_PROCARGS2}, 2, KIND_PROCESS, NULL},

    VM("loadavg", VM_LOADAVG, KIND_BYTES, loadavg),
    VM("swapusage", VM_SWAPUSAGE, KIND_BYTES, swapusage),
    VM("page_free_count", AUTO, KIND_INT, page_free_count),

    CPU("brand_string", 1, KIND_BYTES, brand),
    CPU("vendor", 2, KIND_BYTES, vendor),
    CPU("family", 3, KIND_INT, family),
    CPU("model", 4, KIND_INT, model),
    CPU("stepping", 5, KIND_INT, stepping),
    CPU("core_count", 6, KIND_INT, core_count),
    CPU("thread_count", 7, KIND_INT, thread_count),
};

#define NAME_COUNT (sizeof names / sizeof names[0])

// ---- Giving

static int fail(int error) {
    errno = error;
    return -1;
}

// Bytes: what there is room for, of a null pointer only how many there are.
static int give(const void *bytes, size_t size, void *oldp, size_t *oldlenp) {
    if (oldlenp == NULL) return 0;
    size_t given = size;
    if (oldp != NULL) {
        if (given > *oldlenp) given = *oldlenp;
        memcpy(oldp, bytes, given);
    }
    *oldlenp = given;
    return given < size ? fail(ENOMEM) : 0;
}

static int give_number(int64_t number, enum kind kind, void *oldp, size_t *oldlenp) {
    int32_t small = (int32_t)number;
    if (kind == KIND_INT || (kind == KIND_QUAD && oldp != NULL && *oldlenp == sizeof small)) {
        if (small != number) return fail(ERANGE);
        return give(&small, sizeof small, oldp, oldlenp);
    }
    return give(&number, sizeof number, oldp, oldlenp);
}

// A text whose end is always there, as long as there is room for anything.
static int give_cut(char *text, size_t size, void *oldp, size_t *oldlenp) {
    if (oldp != NULL && *oldlenp > 0 && *oldlenp < size) {
        size = *oldlenp;
        text[size - 1] = '\0';
    }
    return give(text, size, oldp, oldlenp);
}

static int give_arguments(const struct name *name, pid_t pid, void *oldp, size_t *oldlenp) {
    size_t size;
    char *bytes = _libmach_darwin_arguments(pid, name->numbers[1] == KERN_PROCARGS2, &size);
    if (bytes == NULL) return -1;
    int result = give(bytes, size, oldp, oldlenp), saved = errno;
    free(bytes);
    errno = saved;
    return result;
}

// `rest` are the numbers behind those of the name.
static int tell(const struct name *name, const int *rest, unsigned rest_count, void *oldp, size_t *oldlenp,
                void *newp) {
    struct value value = {0};
    if (name->kind == KIND_NODE) return fail(ENOENT);
    if (rest_count > 0 && name->kind != KIND_PROCESS) return fail(EISDIR);
    if (newp != NULL) return fail(EPERM);
    if (oldp != NULL && oldlenp == NULL) return fail(EFAULT);
    if (name->kind == KIND_PROCESS) return rest_count < 1 ? fail(EINVAL) : give_arguments(name, rest[0], oldp, oldlenp);
    int saved = errno;
    if (!name->read(&value)) return fail(ENOENT);
    errno = saved;
    if (name->kind == KIND_BYTES) return give(value.text, value.size, oldp, oldlenp);
    if (name->kind == KIND_CUT) return give_cut(value.text, value.size, oldp, oldlenp);
    return give_number(value.number, name->kind, oldp, oldlenp);
}

// ---- The calls

int sysctl(int *name, unsigned int namelen, void *oldp, size_t *oldlenp, void *newp, size_t newlen) {
    (void)newlen;
    if (namelen < 2 || namelen > CTL_MAXNAME) return fail(EINVAL);
    if (name == NULL) return fail(EFAULT);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        const struct name *found = &names[i];
        if (found->kind == KIND_NODE || found->count > namelen) continue;
        if (memcmp(found->numbers, name, found->count * sizeof *name) != 0) continue;
        return tell(found, name + found->count, namelen - found->count, oldp, oldlenp, newp);
    }
    return fail(ENOENT);
}

static const struct name *find(const char *text) {
    for (size_t i = 0; i < NAME_COUNT; i++)
        if (names[i].text != NULL && strcmp(names[i].text, text) == 0) return &names[i];
    return NULL;
}

int sysctlbyname(const char *name, void *oldp, size_t *oldlenp, void *newp, size_t newlen) {
    (void)newlen;
    if (name == NULL) return fail(EFAULT);
    const struct name *found = find(name);
    return found == NULL ? fail(ENOENT) : tell(found, NULL, 0, oldp, oldlenp, newp);
}

int sysctlnametomib(const char *name, int *mibp, size_t *sizep) {
    if (name == NULL || mibp == NULL || sizep == NULL) return fail(EFAULT);
    const struct name *found = find(name);
    if (found == NULL) return fail(ENOENT);
    size_t room = *sizep, given = found->count < room ? found->count : room;
    memcpy(mibp, found->numbers, given * sizeof *mibp);
    *sizep = given;
    return given < found->count ? fail(ENOMEM) : 0;
}

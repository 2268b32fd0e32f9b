/// Flags for making memory, the numbers that say what it is used for, and statistics of the machine's memory.
#ifndef _MACH_VM_STATISTICS_H_
#define _MACH_VM_STATISTICS_H_

#include <stdint.h>

#include <mach/machine/vm_types.h>

#define VM_FLAGS_FIXED              0x0000 /* at the address that the caller gives */
#define VM_FLAGS_ANYWHERE           0x0001 /* where there is room */
#define VM_FLAGS_PURGABLE           0x0002 /* may be emptied when memory is short */
#define VM_FLAGS_NO_CACHE           0x0010 /* do not keep its pages long */
#define VM_FLAGS_RESILIENT_CODESIGN 0x0020
#define VM_FLAGS_RESILIENT_MEDIA    0x0040
#define VM_FLAGS_OVERWRITE          0x4000 /* with VM_FLAGS_FIXED: in place of what is there */

#define VM_FLAGS_SUPERPAGE_MASK     0x70000 /* size of the pages, as below */
#define VM_FLAGS_SUPERPAGE_SHIFT    16
#define SUPERPAGE_NONE              0
#define SUPERPAGE_SIZE_ANY          1
#define SUPERPAGE_SIZE_2MB          2
#define VM_FLAGS_SUPERPAGE_NONE     0x00000
#define VM_FLAGS_SUPERPAGE_SIZE_ANY 0x10000
#define VM_FLAGS_SUPERPAGE_SIZE_2MB 0x20000

#define VM_FLAGS_RETURN_DATA_ADDR    0x100000
#define VM_FLAGS_RETURN_4K_DATA_ADDR 0x800000

#define VM_FLAGS_ALIAS_MASK              0xff000000U /* a VM_MEMORY_ number, as VM_MAKE_TAG puts it */
#define VM_GET_FLAGS_ALIAS(flags, alias) (alias) = (int)((VM_FLAGS_ALIAS_MASK & (unsigned int)(flags)) >> 24)
#define VM_SET_FLAGS_ALIAS(flags, alias)                                                                               \
    (flags) =                                                                                                          \
        (int)(((unsigned int)(flags) & ~VM_FLAGS_ALIAS_MASK) | (((unsigned int)(alias) & ~VM_FLAGS_ALIAS_MASK) << 24))

/* What the calls accept; any other bit is refused. */
#define VM_FLAGS_USER_ALLOCATE 0xff074013U
#define VM_FLAGS_USER_MAP      0xff974013U
#define VM_FLAGS_USER_REMAP    0x00104021

/* What is told of a page. */
#define VM_PAGE_QUERY_PAGE_PRESENT      0x1
#define VM_PAGE_QUERY_PAGE_FICTITIOUS   0x2
#define VM_PAGE_QUERY_PAGE_REF          0x4
#define VM_PAGE_QUERY_PAGE_DIRTY        0x8
#define VM_PAGE_QUERY_PAGE_PAGED_OUT    0x10
#define VM_PAGE_QUERY_PAGE_COPIED       0x20
#define VM_PAGE_QUERY_PAGE_SPECULATIVE  0x40
#define VM_PAGE_QUERY_PAGE_EXTERNAL     0x80
#define VM_PAGE_QUERY_PAGE_CS_VALIDATED 0x100
#define VM_PAGE_QUERY_PAGE_CS_TAINTED   0x200
#define VM_PAGE_QUERY_PAGE_CS_NX        0x400

/* What memory is used for. The library does nothing with the numbers. */
#define VM_MAKE_TAG(tag) ((int)((unsigned int)(tag) << 24))

#define VM_MEMORY_MALLOC                              1
#define VM_MEMORY_MALLOC_SMALL                        2
#define VM_MEMORY_MALLOC_LARGE                        3
#define VM_MEMORY_MALLOC_HUGE                         4
#define VM_MEMORY_SBRK                                5
#define VM_MEMORY_REALLOC                             6
#define VM_MEMORY_MALLOC_TINY                         7
#define VM_MEMORY_MALLOC_LARGE_REUSABLE               8
#define VM_MEMORY_MALLOC_LARGE_REUSED                 9
#define VM_MEMORY_ANALYSIS_TOOL                       10
#define VM_MEMORY_MALLOC_NANO                         11
#define VM_MEMORY_MACH_MSG                            20
#define VM_MEMORY_IOKIT                               21
#define VM_MEMORY_STACK                               30
#define VM_MEMORY_GUARD                               31
#define VM_MEMORY_SHARED_PMAP                         32
#define VM_MEMORY_DYLIB                               33
#define VM_MEMORY_OBJC_DISPATCHERS                    34
#define VM_MEMORY_UNSHARED_PMAP                       35
#define VM_MEMORY_APPKIT                              40
#define VM_MEMORY_FOUNDATION                          41
#define VM_MEMORY_COREGRAPHICS                        42
#define VM_MEMORY_COREGRAPHICS_MISC                   42
#define VM_MEMORY_CORESERVICES                        43
#define VM_MEMORY_CARBON                              43
#define VM_MEMORY_JAVA                                44
#define VM_MEMORY_COREDATA                            45
#define VM_MEMORY_COREDATA_OBJECTIDS                  46
#define VM_MEMORY_ATS                                 50
#define VM_MEMORY_LAYERKIT                            51
#define VM_MEMORY_CGIMAGE                             52
#define VM_MEMORY_TCMALLOC                            53
#define VM_MEMORY_COREGRAPHICS_DATA                   54
#define VM_MEMORY_COREGRAPHICS_SHARED                 55
#define VM_MEMORY_COREGRAPHICS_FRAMEBUFFERS           56
#define VM_MEMORY_COREGRAPHICS_BACKINGSTORES          57
#define VM_MEMORY_DYLD                                60
#define VM_MEMORY_DYLD_MALLOC                         61
#define VM_MEMORY_SQLITE                              62
#define VM_MEMORY_JAVASCRIPT_CORE                     63
#define VM_MEMORY_JAVASCRIPT_JIT_EXECUTABLE_ALLOCATOR 64
#define VM_MEMORY_JAVASCRIPT_JIT_REGISTER_FILE        65
#define VM_MEMORY_GLSL                                66
#define VM_MEMORY_OPENCL                              67
#define VM_MEMORY_COREIMAGE                           68
#define VM_MEMORY_WEBCORE_PURGEABLE_BUFFERS           69
#define VM_MEMORY_IMAGEIO                             70
#define VM_MEMORY_COREPROFILE                         71
#define VM_MEMORY_ASSETSD                             72
#define VM_MEMORY_OS_ALLOC_ONCE                       73
#define VM_MEMORY_LIBDISPATCH                         74
#define VM_MEMORY_ACCELERATE                          75
#define VM_MEMORY_COREUI                              76
#define VM_MEMORY_COREUIFILE                          77
#define VM_MEMORY_GENEALOGY                           78
#define VM_MEMORY_RAWCAMERA                           79
#define VM_MEMORY_CORPSEINFO                          80
#define VM_MEMORY_ASL                                 81
#define VM_MEMORY_APPLICATION_SPECIFIC_1              240
#define VM_MEMORY_APPLICATION_SPECIFIC_16             255

/* -- Statistics ---------------------------------------------------------------------------------------------------- */

/// The memory of the machine, in pages, and what has happened to it since it started: HOST_VM_INFO. A number that does
/// not fit is UINT32_MAX. host_statistics(3) says which figure of Linux each is, and which it does not tell.
struct vm_statistics {
    natural_t free_count;
    natural_t active_count;
    natural_t inactive_count;
    natural_t wire_count;
    natural_t zero_fill_count;
    natural_t reactivations;
    natural_t pageins;
    natural_t pageouts;
    natural_t faults;
    natural_t cow_faults;
    natural_t lookups;
    natural_t hits;
    natural_t purgeable_count; /* from revision 1 on */
    natural_t purges;
    natural_t speculative_count; /* from revision 2 on */
};

typedef struct vm_statistics *vm_statistics_t;
typedef struct vm_statistics vm_statistics_data_t;

/// The same with counts of 64 bits, and more of them: HOST_VM_INFO64.
struct vm_statistics64 {
    natural_t free_count;
    natural_t active_count;
    natural_t inactive_count;
    natural_t wire_count;
    uint64_t zero_fill_count;
    uint64_t reactivations;
    uint64_t pageins;
    uint64_t pageouts;
    uint64_t faults;
    uint64_t cow_faults;
    uint64_t lookups;
    uint64_t hits;
    uint64_t purges;
    natural_t purgeable_count;
    natural_t speculative_count;
    uint64_t decompressions; /* from revision 1 on */
    uint64_t compressions;
    uint64_t swapins;
    uint64_t swapouts;
    natural_t compressor_page_count;
    natural_t throttled_count;
    natural_t external_page_count;
    natural_t internal_page_count;
    uint64_t total_uncompressed_pages_in_compressor;
} __attribute__((aligned(8)));

typedef struct vm_statistics64 *vm_statistics64_t;
typedef struct vm_statistics64 vm_statistics64_data_t;

#define VM_STATISTICS_TRUNCATE_TO_32_BIT(value) ((uint32_t)(((value) > UINT32_MAX) ? UINT32_MAX : (value)))

/// How often tasks have changed others: HOST_EXTMOD_INFO64, which is not told.
struct vm_extmod_statistics {
    int64_t task_for_pid_count;
    int64_t task_for_pid_caller_count;
    int64_t thread_creation_count;
    int64_t thread_creation_caller_count;
    int64_t thread_set_state_count;
    int64_t thread_set_state_caller_count;
} __attribute__((aligned(8)));

typedef struct vm_extmod_statistics *vm_extmod_statistics_t;
typedef struct vm_extmod_statistics vm_extmod_statistics_data_t;

typedef struct vm_purgeable_stat {
    uint64_t count;
    uint64_t size;
} vm_purgeable_stat_t;

/// Memory that may be emptied: HOST_VM_PURGABLE, which is not told.
struct vm_purgeable_info {
    vm_purgeable_stat_t fifo_data[8];
    vm_purgeable_stat_t obsolete_data;
    vm_purgeable_stat_t lifo_data[8];
};

typedef struct vm_purgeable_info *vm_purgeable_info_t;

#endif

/// Flags for making memory, and the numbers that say what it is used for.
#ifndef _MACH_VM_STATISTICS_H_
#define _MACH_VM_STATISTICS_H_

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

#endif

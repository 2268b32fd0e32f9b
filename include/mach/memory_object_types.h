/// The types of memory objects and of those who manage them.
#ifndef _MACH_MEMORY_OBJECT_TYPES_H_
#define _MACH_MEMORY_OBJECT_TYPES_H_

#include <mach/machine/vm_types.h>
#include <mach/port.h>

typedef unsigned long long memory_object_offset_t;
typedef unsigned long long memory_object_size_t;
typedef natural_t memory_object_cluster_size_t;
typedef unsigned long long vm_object_id_t;

typedef mach_port_t memory_object_t;
typedef mach_port_t memory_object_control_t;
typedef mach_port_t memory_object_name_t;
typedef mach_port_t memory_object_default_t;
typedef memory_object_t *memory_object_array_t;

#define MEMORY_OBJECT_NULL         0U
#define MEMORY_OBJECT_CONTROL_NULL 0U
#define MEMORY_OBJECT_NAME_NULL    0U
#define MEMORY_OBJECT_DEFAULT_NULL 0U

typedef int memory_object_copy_strategy_t;
typedef int memory_object_return_t;
typedef int memory_object_flavor_t;
typedef int *memory_object_info_t; /* words; which structure they make says the flavor */

/* With the protection of a new memory entry: how it is made. */
#define MAP_MEM_ONLY          0x010000 /* change how the processor caches it, nothing else */
#define MAP_MEM_NAMED_CREATE  0x020000 /* of new memory */
#define MAP_MEM_PURGABLE      0x040000 /* which is purgable */
#define MAP_MEM_NAMED_REUSE   0x080000 /* the given entry, if it is of the same memory */
#define MAP_MEM_USE_DATA_ADDR 0x100000 /* keep the distance of the address from its page */
#define MAP_MEM_VM_COPY       0x200000 /* of a copy of the memory */
#define MAP_MEM_VM_SHARE      0x400000 /* of the memory as a whole, shared */
#define MAP_MEM_4K_DATA_ADDR  0x800000 /* keep that distance in steps of 4096 */

/* With the same: how the processor caches the memory. */
#define MAP_MEM_NOOP       0 /* as it is */
#define MAP_MEM_COPYBACK   1
#define MAP_MEM_IO         2
#define MAP_MEM_WTHRU      3
#define MAP_MEM_WCOMB      4
#define MAP_MEM_INNERWBACK 5

#define GET_MAP_MEM(flags) (((unsigned int)(flags)) >> 24)
#define SET_MAP_MEM(caching, flags)                                                                                    \
    ((flags) = (int)(((unsigned int)(caching) << 24) | ((unsigned int)(flags)&0xffffff)))

#endif

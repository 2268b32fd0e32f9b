/// The types of memory objects and of those who manage them.
#ifndef _MACH_MEMORY_OBJECT_TYPES_H_
#define _MACH_MEMORY_OBJECT_TYPES_H_

#include <mach/machine/vm_types.h>
#include <mach/port.h>

typedef unsigned long long memory_object_offset_t;
typedef unsigned long long memory_object_size_t;
typedef natural_t memory_object_cluster_size_t;

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

#endif

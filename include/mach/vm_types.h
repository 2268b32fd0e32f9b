/// Types for memory.
#ifndef _MACH_VM_TYPES_H_
#define _MACH_VM_TYPES_H_

#include <stdint.h>

#include <mach/machine/vm_types.h>
#include <mach/port.h>

typedef vm_offset_t pointer_t;
typedef vm_offset_t vm_address_t;

typedef uint64_t addr64_t; /* an address of 64 bits everywhere */
typedef uint32_t reg64_t;
typedef uint32_t ppnum_t; /* number of a physical page */
#define PPNUM_MAX UINT32_MAX

/// An address space, named by the port of its task.
typedef mach_port_t vm_map_t;
typedef mach_port_t upl_t;
typedef mach_port_t vm_named_entry_t;

#define VM_MAP_NULL         0U
#define UPL_NULL            0U
#define VM_NAMED_ENTRY_NULL 0U

typedef uint64_t vm_object_offset_t;
typedef uint64_t vm_object_size_t;

#endif

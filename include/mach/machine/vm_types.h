/// The integer types that Mach is built from.
#ifndef _MACH_MACHINE_VM_TYPES_H_
#define _MACH_MACHINE_VM_TYPES_H_

#include <stdint.h>

#include <mach/machine/vm_param.h>

/// The plain unsigned and signed integers: 32 bits, also on 64-bit machines.
typedef unsigned int natural_t;
typedef int integer_t;

/// An address, or a distance between two, in the address space of the caller.
typedef uintptr_t vm_offset_t;
/// A size in bytes in the address space of the caller.
typedef uintptr_t vm_size_t;

/// The same for any address space: always 64 bits.
typedef uint64_t mach_vm_address_t;
typedef uint64_t mach_vm_offset_t;
typedef uint64_t mach_vm_size_t;

typedef uint64_t vm_map_offset_t;
typedef uint64_t vm_map_address_t;
typedef uint64_t vm_map_size_t;

/// A value that a program keeps with a port; see mach_port_set_context.
typedef mach_vm_address_t mach_port_context_t;

#endif

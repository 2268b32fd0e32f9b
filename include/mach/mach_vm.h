/// Memory of a task, with addresses that are 64 bits wide everywhere.
#ifndef _MACH_MACH_VM_H_
#define _MACH_MACH_VM_H_

#include <sys/cdefs.h>

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/std_types.h>

__BEGIN_DECLS

/// As vm_allocate, with the same codes.
kern_return_t mach_vm_allocate(vm_map_t target, mach_vm_address_t *address, mach_vm_size_t size, int flags);

/// As vm_deallocate, with the same codes.
kern_return_t mach_vm_deallocate(vm_map_t target, mach_vm_address_t address, mach_vm_size_t size);

__END_DECLS

#endif

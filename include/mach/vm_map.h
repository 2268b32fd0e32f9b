/// Memory of a task.
#ifndef _MACH_VM_MAP_H_
#define _MACH_VM_MAP_H_

#include <sys/cdefs.h>

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/std_types.h>
#include <mach/vm_prot.h>
#include <mach/vm_statistics.h>
#include <mach/vm_types.h>

__BEGIN_DECLS

/// Makes memory that reads as zeros, in whole pages, readable and writable.
///
/// `target_task` is the calling task. With VM_FLAGS_ANYWHERE the library chooses the place and writes it to `*address`.
/// With VM_FLAGS_FIXED the memory begins at the page of `*address`, which is rounded down in place; what is there may
/// be replaced only with VM_FLAGS_OVERWRITE. `size` is in bytes and is rounded up to whole pages; with 0 nothing is
/// made and `*address` becomes 0. vm_deallocate gives the memory back.
///
///   KERN_SUCCESS            done
///   KERN_INVALID_ARGUMENT   `target_task` is no task or a dead one, `address` is a null pointer, a flag outside
///                           VM_FLAGS_USER_ALLOCATE is set (tested before `size`), or `size` overflows when it is
///                           rounded
///   KERN_NO_SPACE           there is no room of that size, VM_FLAGS_FIXED meets memory that is there, or
///                           VM_FLAGS_OVERWRITE meets memory that a message carries
///   KERN_INVALID_ADDRESS    VM_FLAGS_FIXED names addresses that no task can have
///   KERN_RESOURCE_SHORTAGE  memory ran out
kern_return_t vm_allocate(vm_map_t target_task, vm_address_t *address, vm_size_t size, int flags);

/// Gives memory back: every page that the `size` bytes from `address` on touch. Serves for memory from vm_allocate, for
/// arrays that mach_port_ calls return, and for memory received in messages; pages without memory, and those that a
/// message carries, are passed over. A `size` of 0 does nothing.
///
///   KERN_SUCCESS            done
///   KERN_INVALID_ARGUMENT   `target_task` is no task or a dead one, or the range passes the end of the address space
///   KERN_RESOURCE_SHORTAGE  memory ran out, or the system allows no more mappings and one would have to be split
kern_return_t vm_deallocate(vm_map_t target_task, vm_address_t address, vm_size_t size);

__END_DECLS

#endif

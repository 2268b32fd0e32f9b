/// Memory of a task.
///
/// The first argument is a task, from mach_task_self() or elsewhere. All tasks of a process share its memory, so that it
/// is only looked at. An address may be any address of the process, whoever mapped what is there; a range reaches over
/// all pages that it touches. Pages that a message carries, or that were given back, are no memory to these calls.
///
/// Every routine gives KERN_SUCCESS when it is done, and besides the codes listed with it:
///   KERN_INVALID_ARGUMENT   the task is null, no task or a dead one; an output is a null pointer; or the range passes
///                           the end of all addresses
///   KERN_RESOURCE_SHORTAGE  memory ran out, the system allows no more mappings, or /proc cannot be read
/// A routine that fails changes nothing, unless it says so, and writes no output.
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

/// Sets what may be done with memory: VM_PROT_READ, VM_PROT_WRITE, VM_PROT_EXECUTE or none. With VM_PROT_COPY besides,
/// memory that is shared becomes a private copy, which can be written to; if memory runs out meanwhile, some of it may
/// be private already. With `set_maximum` not FALSE it sets what may
/// be given from now on, and takes away what is more than that; only memory of the library has such a limit. A `size`
/// of 0 does nothing.
///
///   KERN_INVALID_ARGUMENT    an unknown bit in `new_protection`
///   KERN_INVALID_ADDRESS     there is no memory in some of the range
///   KERN_PROTECTION_FAILURE  more than the maximum, or than the mapping's file allows
///   KERN_NOT_SUPPORTED       a limit for memory that is not the library's
kern_return_t vm_protect(vm_map_t target_task, vm_address_t address, vm_size_t size, boolean_t set_maximum,
                         vm_prot_t new_protection);

/// Sets what becomes of memory in a forked child: VM_INHERIT_SHARE, VM_INHERIT_COPY, VM_INHERIT_NONE. Addresses without
/// memory are passed over.
///
///   KERN_INVALID_ARGUMENT    `new_inheritance` is none of these
///   KERN_PROTECTION_FAILURE  memory is to become shared, and cannot be read
///   KERN_NOT_SUPPORTED       sharing private memory that is not the library's, is wired or purgable; or copying shared
///                            memory that is not the library's
kern_return_t vm_inherit(vm_map_t target_task, vm_address_t address, vm_size_t size, vm_inherit_t new_inheritance);

/// Copies memory to fresh pages, whose address it gives in `*data` and whose size in bytes in `*dataCnt`. The caller
/// gives them back by vm_deallocate.
///
///   KERN_INVALID_ARGUMENT    `size` needs more than 32 bits
///   KERN_INVALID_ADDRESS     there is no memory in some of the range
///   KERN_PROTECTION_FAILURE  it may not be read
///   KERN_MEMORY_ERROR        it cannot be read, as beyond the end of a file
kern_return_t vm_read(vm_map_t target_task, vm_address_t address, vm_size_t size, vm_offset_t *data,
                      mach_msg_type_number_t *dataCnt);

/// As vm_read for each of the first `count` places of a list: each address becomes that of the copy.
///
///   KERN_INVALID_ARGUMENT  more than VM_MAP_ENTRY_MAX places
/// and the codes of vm_read for one of them.
kern_return_t vm_read_list(vm_map_t target_task, vm_read_entry_t data_list, natural_t count);

/// Copies `dataCnt` bytes of the caller at `data` over memory.
///
///   KERN_INVALID_ADDRESS     there is no memory in some of either range
///   KERN_PROTECTION_FAILURE  the one may not be read, or the other not written to
///   KERN_MEMORY_ERROR        as vm_read
kern_return_t vm_write(vm_map_t target_task, vm_address_t address, vm_offset_t data, mach_msg_type_number_t dataCnt);

/// Copies memory over other memory; the two may overlap. The codes are those of vm_write.
kern_return_t vm_copy(vm_map_t target_task, vm_address_t source_address, vm_size_t size, vm_address_t dest_address);

/// Copies memory over the caller's at `data`; `*outsize` becomes `size`. The codes are those of vm_write.
kern_return_t vm_read_overwrite(vm_map_t target_task, vm_address_t address, vm_size_t size, vm_address_t data,
                                vm_size_t *outsize);

/// Brings memory and its files in line: VM_SYNC_SYNCHRONOUS, VM_SYNC_ASYNCHRONOUS, VM_SYNC_INVALIDATE. With
/// VM_SYNC_KILLPAGES or VM_SYNC_DEACTIVATE it does what VM_BEHAVIOR_FREE or VM_BEHAVIOR_DONTNEED do instead. Addresses
/// without memory are passed over, and are an error in the end with VM_SYNC_CONTIGUOUS.
///
///   KERN_INVALID_TASK      `target_task` is no task or a dead one
///   KERN_INVALID_ARGUMENT  both VM_SYNC_SYNCHRONOUS and VM_SYNC_ASYNCHRONOUS
///   KERN_INVALID_ADDRESS   with VM_SYNC_CONTIGUOUS: there is no memory in some of the range; the rest is done
///   KERN_FAILURE           the system could not write, or the memory is wired and to be invalidated
kern_return_t vm_msync(vm_map_t target_task, vm_address_t address, vm_size_t size, vm_sync_t sync_flags);

/// Tells how memory will be used, or what becomes of it now: see <mach/vm_behavior.h>.
///
///   KERN_NO_SPACE          addresses that no task can have
///   KERN_INVALID_ARGUMENT  an unknown behavior
///   KERN_INVALID_ADDRESS   there is no memory in some of the range, or none that can be reused
///   KERN_NOT_SUPPORTED     VM_BEHAVIOR_RSEQNTL, VM_BEHAVIOR_ZERO_WIRED_PAGES, and what the system cannot do with this
///                          memory
kern_return_t vm_behavior_set(vm_map_t target_task, vm_address_t address, vm_size_t size, vm_behavior_t new_behavior);

/// Maps what `object`, a memory entry, has from `offset` on, or with MACH_PORT_NULL fresh memory that reads as zeros.
///
/// `*address`, `size` and `flags` are as those of vm_allocate; VM_FLAGS_RETURN_DATA_ADDR asks for the address of the
/// data, not of its page. Bits of `mask` are 0 in the address. With `copy` the memory is a private copy. `inheritance`
/// is as in vm_inherit; what is shared is shared with a forked child also by VM_INHERIT_SHARE alone.
///
///   KERN_INVALID_ARGUMENT    an unknown flag, a bit outside VM_PROT_ALL, an unknown inheritance, a size of 0, a page
///                            offset that is not one, or more than the entry has
///   KERN_INVALID_RIGHT       more protection than the entry has
///   KERN_INVALID_OBJECT      `object` is no memory entry
///   MACH_SEND_INVALID_RIGHT  `object` is no name of a send right
///   KERN_NO_SPACE, KERN_INVALID_ADDRESS  as vm_allocate, and an address that `mask` forbids
kern_return_t vm_map(vm_map_t target_task, vm_address_t *address, vm_size_t size, vm_address_t mask, int flags,
                     mem_entry_name_port_t object, vm_offset_t offset, boolean_t copy, vm_prot_t cur_protection,
                     vm_prot_t max_protection, vm_inherit_t inheritance);

/// As vm_map, with an offset of 64 bits.
kern_return_t vm_map_64(vm_map_t target_task, vm_address_t *address, vm_size_t size, vm_address_t mask, int flags,
                        mem_entry_name_port_t object, memory_object_offset_t offset, boolean_t copy,
                        vm_prot_t cur_protection, vm_prot_t max_protection, vm_inherit_t inheritance);

/// Sets or gets how the machine treats memory. The system leaves that to its drivers.
///
///   KERN_NOT_SUPPORTED  always, when the arguments are in order
kern_return_t vm_machine_attribute(vm_map_t target_task, vm_address_t address, vm_size_t size,
                                   vm_machine_attribute_t attribute, vm_machine_attribute_val_t *value);

/// Maps memory of `src_task` a second time, or with `copy` a private copy of it, and gives what all of it may be used
/// for at least. The other arguments are as those of vm_map. What is shared afterwards must be shared memory, or the
/// library's, which becomes that.
///
///   KERN_INVALID_ARGUMENT    an unknown flag or inheritance, a size of 0, or a bad task
///   KERN_INVALID_ADDRESS     there is no memory in some of the source, or no task can have the target
///   KERN_PROTECTION_FAILURE  the source is to be copied, or to become shared, and may not be read
///   KERN_MEMORY_ERROR        it cannot be read, as beyond the end of a file
///   KERN_NO_SPACE            the target is taken, or `mask` forbids it
///   KERN_NOT_SUPPORTED       the source is private memory that is not the library's, or more than one mapping
kern_return_t vm_remap(vm_map_t target_task, vm_address_t *target_address, vm_size_t size, vm_address_t mask, int flags,
                       vm_map_t src_task, vm_address_t src_address, boolean_t copy, vm_prot_t *cur_protection,
                       vm_prot_t *max_protection, vm_inherit_t inheritance);

/// As mach_make_memory_entry_64, with sizes of the caller's width.
kern_return_t mach_make_memory_entry(vm_map_t target_task, vm_size_t *size, vm_offset_t offset, vm_prot_t permission,
                                     mem_entry_name_port_t *object_handle, mem_entry_name_port_t parent_entry);

/// Tells whether there is a page in memory at an address: VM_PAGE_QUERY_ bits, and how many have it, as in struct
/// vm_page_info_basic.
///
///   KERN_INVALID_ADDRESS  there is no memory
kern_return_t vm_map_page_query(vm_map_t target_map, vm_offset_t offset, integer_t *disposition, integer_t *ref_count);

/// As vm_region_recurse_64, with a structure that has an offset of 32 bits.
kern_return_t vm_region_recurse(vm_map_t target_task, vm_address_t *address, vm_size_t *size, natural_t *nesting_depth,
                                vm_region_recurse_info_t info, mach_msg_type_number_t *infoCnt);

/// Tells of the memory at `*address`, or of the next behind it: where it begins and how long it is, and as much of
/// struct vm_region_submap_info_64 as `*infoCnt` words have room for: one of three sizes. There is one level;
/// `*nesting_depth` becomes 0.
///
///   KERN_INVALID_ARGUMENT  too little room
///   KERN_INVALID_ADDRESS   there is no memory from there on
kern_return_t vm_region_recurse_64(vm_map_t target_task, vm_address_t *address, vm_size_t *size,
                                   natural_t *nesting_depth, vm_region_recurse_info_t info,
                                   mach_msg_type_number_t *infoCnt);

/// As vm_region_64. The flavor VM_REGION_BASIC_INFO has an offset of 32 bits here.
kern_return_t vm_region(vm_map_t target_task, vm_address_t *address, vm_size_t *size, vm_region_flavor_t flavor,
                        vm_region_info_t info, mach_msg_type_number_t *infoCnt, mach_port_t *object_name);

/// Tells of the memory at `*address`, or of the next behind it: where it begins and how long it is, and by flavor a
/// structure of <mach/vm_region.h>, for which `*infoCnt` words must be there. `*object_name` becomes MACH_PORT_NULL; it
/// may be a null pointer. VM_REGION_BASIC_INFO is taken for VM_REGION_BASIC_INFO_64.
///
///   KERN_INVALID_ARGUMENT  an unknown flavor, or too little room
///   KERN_INVALID_ADDRESS   there is no memory from there on
kern_return_t vm_region_64(vm_map_t target_task, vm_address_t *address, vm_size_t *size, vm_region_flavor_t flavor,
                           vm_region_info_t info, mach_msg_type_number_t *infoCnt, mach_port_t *object_name);

/// Makes a memory entry: a send right that travels in messages, and whose memory vm_map maps. The caller owns it.
/// `*size` bytes are rounded up to pages, and `*size` becomes how many the entry has.
///
/// `permission` has what may be done with the memory, and by what it is made:
///   MAP_MEM_NAMED_CREATE  new memory that reads as zeros
///   MAP_MEM_VM_COPY       a copy of the memory at address `offset`
///   MAP_MEM_VM_SHARE      all the memory at address `offset`, shared
///   neither, `parent_entry` a memory entry    its memory from `offset` on
///   neither, `parent_entry` MACH_PORT_NULL    the memory at address `offset`, shared, as far as it is one piece
/// Memory that is shared must be shared already, or the library's, which becomes that: what other threads write to it
/// meanwhile may be lost. MAP_MEM_NAMED_REUSE gives `parent_entry` again if it is of just that memory. With
/// VM_PROT_IS_MASK the protections are those that can be had.
///
///   KERN_INVALID_TASK        `target_task` is no task or a dead one
///   KERN_INVALID_VALUE       an unknown bit of how it is made
///   KERN_INVALID_ARGUMENT    MAP_MEM_ONLY without a memory entry, or more than `parent_entry` has
///   KERN_INVALID_ADDRESS     there is no memory
///   KERN_PROTECTION_FAILURE  the memory, or `parent_entry`, may not be used so
///   KERN_INVALID_RIGHT       it may not, by its maximum
///   KERN_NOT_SUPPORTED       private memory that is not the library's, MAP_MEM_PURGABLE, caching
///   MACH_SEND_INVALID_RIGHT  `parent_entry` is no name of a send right
kern_return_t mach_make_memory_entry_64(vm_map_t target_task, memory_object_size_t *size, memory_object_offset_t offset,
                                        vm_prot_t permission, mach_port_t *object_handle,
                                        mem_entry_name_port_t parent_entry);

/// Sets or gets the state of purgable memory: see <mach/vm_purgable.h>. Memory is purgable that was made with
/// VM_FLAGS_PURGABLE. `*state` becomes the state before; VM_PURGABLE_EMPTY says that what it held is lost.
///
///   KERN_INVALID_ARGUMENT    an unknown control or state, or memory that is not purgable
///   KERN_INVALID_ADDRESS     there is no memory
///   KERN_PROTECTION_FAILURE  it may not be written to
///   KERN_NOT_SUPPORTED       the system is too old
kern_return_t vm_purgable_control(vm_map_t target_task, vm_address_t address, vm_purgable_t control, int *state);

__END_DECLS

#endif

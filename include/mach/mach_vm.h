/// Memory of a task, with addresses that are 64 bits wide everywhere. <mach/vm_map.h> describes the calls.
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

/// As vm_protect.
kern_return_t mach_vm_protect(vm_map_t target_task, mach_vm_address_t address, mach_vm_size_t size,
                              boolean_t set_maximum, vm_prot_t new_protection);

/// As vm_inherit.
kern_return_t mach_vm_inherit(vm_map_t target_task, mach_vm_address_t address, mach_vm_size_t size,
                              vm_inherit_t new_inheritance);

/// As vm_read.
kern_return_t mach_vm_read(vm_map_t target_task, mach_vm_address_t address, mach_vm_size_t size, vm_offset_t *data,
                           mach_msg_type_number_t *dataCnt);

/// As vm_read_list.
kern_return_t mach_vm_read_list(vm_map_t target_task, mach_vm_read_entry_t data_list, natural_t count);

/// As vm_write.
kern_return_t mach_vm_write(vm_map_t target_task, mach_vm_address_t address, vm_offset_t data,
                            mach_msg_type_number_t dataCnt);

/// As vm_copy.
kern_return_t mach_vm_copy(vm_map_t target_task, mach_vm_address_t source_address, mach_vm_size_t size,
                           mach_vm_address_t dest_address);

/// As vm_read_overwrite.
kern_return_t mach_vm_read_overwrite(vm_map_t target_task, mach_vm_address_t address, mach_vm_size_t size,
                                     mach_vm_address_t data, mach_vm_size_t *outsize);

/// As vm_msync.
kern_return_t mach_vm_msync(vm_map_t target_task, mach_vm_address_t address, mach_vm_size_t size, vm_sync_t sync_flags);

/// As vm_behavior_set.
kern_return_t mach_vm_behavior_set(vm_map_t target_task, mach_vm_address_t address, mach_vm_size_t size,
                                   vm_behavior_t new_behavior);

/// As vm_map_64.
kern_return_t mach_vm_map(vm_map_t target_task, mach_vm_address_t *address, mach_vm_size_t size, mach_vm_offset_t mask,
                          int flags, mem_entry_name_port_t object, memory_object_offset_t offset, boolean_t copy,
                          vm_prot_t cur_protection, vm_prot_t max_protection, vm_inherit_t inheritance);

/// As vm_machine_attribute.
kern_return_t mach_vm_machine_attribute(vm_map_t target_task, mach_vm_address_t address, mach_vm_size_t size,
                                        vm_machine_attribute_t attribute, vm_machine_attribute_val_t *value);

/// As vm_remap.
kern_return_t mach_vm_remap(vm_map_t target_task, mach_vm_address_t *target_address, mach_vm_size_t size,
                            mach_vm_offset_t mask, int flags, vm_map_t src_task, mach_vm_address_t src_address,
                            boolean_t copy, vm_prot_t *cur_protection, vm_prot_t *max_protection,
                            vm_inherit_t inheritance);

/// As vm_map_page_query.
kern_return_t mach_vm_page_query(vm_map_t target_map, mach_vm_offset_t offset, integer_t *disposition,
                                 integer_t *ref_count);

/// As vm_region_recurse_64.
kern_return_t mach_vm_region_recurse(vm_map_t target_task, mach_vm_address_t *address, mach_vm_size_t *size,
                                     natural_t *nesting_depth, vm_region_recurse_info_t info,
                                     mach_msg_type_number_t *infoCnt);

/// As vm_region_64.
kern_return_t mach_vm_region(vm_map_t target_task, mach_vm_address_t *address, mach_vm_size_t *size,
                             vm_region_flavor_t flavor, vm_region_info_t info, mach_msg_type_number_t *infoCnt,
                             mach_port_t *object_name);

/// As mach_make_memory_entry_64.
kern_return_t _mach_make_memory_entry(vm_map_t target_task, memory_object_size_t *size, memory_object_offset_t offset,
                                      vm_prot_t permission, mem_entry_name_port_t *object_handle,
                                      mem_entry_name_port_t parent_handle);

/// As vm_purgable_control.
kern_return_t mach_vm_purgable_control(vm_map_t target_task, mach_vm_address_t address, vm_purgable_t control,
                                       int *state);

/// Tells of the page at an address: by the flavor VM_PAGE_INFO_BASIC a struct vm_page_info_basic, for which `*infoCnt`
/// words must be there.
///
///   KERN_INVALID_ARGUMENT  an unknown flavor, or another count
///   KERN_INVALID_ADDRESS   there is no memory
kern_return_t mach_vm_page_info(vm_map_t target_task, mach_vm_address_t address, vm_page_info_flavor_t flavor,
                                vm_page_info_t info, mach_msg_type_number_t *infoCnt);

__END_DECLS

#endif

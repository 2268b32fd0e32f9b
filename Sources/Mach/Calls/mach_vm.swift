// <mach/mach_vm.h>: memory, with addresses of 64 bits.

import CMach
import MachKernel

@_cdecl("mach_vm_allocate") @implementation
public func mach_vm_allocate(
  _ target: vm_map_t, _ address: UnsafeMutablePointer<mach_vm_address_t>!, _ size: mach_vm_size_t, _ flags: Int32
) -> kern_return_t {
  allocateMemory(target, address, size, flags)
}

@_cdecl("mach_vm_deallocate") @implementation
public func mach_vm_deallocate(
  _ target: vm_map_t, _ address: mach_vm_address_t, _ size: mach_vm_size_t
) -> kern_return_t {
  deallocateMemory(target, address, size)
}

@_cdecl("mach_vm_protect") @implementation
public func mach_vm_protect(
  _ target_task: vm_map_t, _ address: mach_vm_address_t, _ size: mach_vm_size_t, _ set_maximum: boolean_t,
  _ new_protection: vm_prot_t
) -> kern_return_t {
  protectMemory(target_task, address, size, set_maximum, new_protection)
}

@_cdecl("mach_vm_inherit") @implementation
public func mach_vm_inherit(
  _ target_task: vm_map_t, _ address: mach_vm_address_t, _ size: mach_vm_size_t, _ new_inheritance: vm_inherit_t
) -> kern_return_t {
  inheritMemory(target_task, address, size, new_inheritance)
}

@_cdecl("mach_vm_read") @implementation
public func mach_vm_read(
  _ target_task: vm_map_t, _ address: mach_vm_address_t, _ size: mach_vm_size_t,
  _ data: UnsafeMutablePointer<vm_offset_t>!, _ dataCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  readMemory(target_task, address, size, data, dataCnt)
}

@_cdecl("mach_vm_read_list") @implementation
public func mach_vm_read_list(
  _ target_task: vm_map_t, _ data_list: UnsafeMutablePointer<mach_vm_read_entry>!, _ count: natural_t
) -> kern_return_t {
  readMemoryList(target_task, data_list, count)
}

@_cdecl("mach_vm_write") @implementation
public func mach_vm_write(
  _ target_task: vm_map_t, _ address: mach_vm_address_t, _ data: vm_offset_t, _ dataCnt: mach_msg_type_number_t
) -> kern_return_t {
  copyMemory(target_task, from: UInt64(data), UInt64(dataCnt), to: address)
}

@_cdecl("mach_vm_copy") @implementation
public func mach_vm_copy(
  _ target_task: vm_map_t, _ source_address: mach_vm_address_t, _ size: mach_vm_size_t,
  _ dest_address: mach_vm_address_t
) -> kern_return_t {
  copyMemory(target_task, from: source_address, size, to: dest_address)
}

@_cdecl("mach_vm_read_overwrite") @implementation
public func mach_vm_read_overwrite(
  _ target_task: vm_map_t, _ address: mach_vm_address_t, _ size: mach_vm_size_t, _ data: mach_vm_address_t,
  _ outsize: UnsafeMutablePointer<mach_vm_size_t>!
) -> kern_return_t {
  overwriteMemory(target_task, from: address, size, to: data, outsize)
}

@_cdecl("mach_vm_msync") @implementation
public func mach_vm_msync(
  _ target_task: vm_map_t, _ address: mach_vm_address_t, _ size: mach_vm_size_t, _ sync_flags: vm_sync_t
) -> kern_return_t {
  synchronizeMemory(target_task, address, size, sync_flags)
}

@_cdecl("mach_vm_behavior_set") @implementation
public func mach_vm_behavior_set(
  _ target_task: vm_map_t, _ address: mach_vm_address_t, _ size: mach_vm_size_t, _ new_behavior: vm_behavior_t
) -> kern_return_t {
  setMemoryBehavior(target_task, address, size, new_behavior)
}

@_cdecl("mach_vm_map") @implementation
public func mach_vm_map(
  _ target_task: vm_map_t, _ address: UnsafeMutablePointer<mach_vm_address_t>!, _ size: mach_vm_size_t,
  _ mask: mach_vm_offset_t, _ flags: Int32, _ object: mem_entry_name_port_t, _ offset: memory_object_offset_t,
  _ copy: boolean_t, _ cur_protection: vm_prot_t, _ max_protection: vm_prot_t, _ inheritance: vm_inherit_t
) -> kern_return_t {
  let protections = MapProtections(current: cur_protection, maximum: max_protection)
  return mapMemory(
    target_task, address,
    {
      MapRequest(
        $0, size: size, mask: mask, flags: flags, copies: copy != 0, inheritance: inheritance)
    }, object, offset, protections)
}

@_cdecl("mach_vm_machine_attribute") @implementation
public func mach_vm_machine_attribute(
  _ target_task: vm_map_t, _ address: mach_vm_address_t, _ size: mach_vm_size_t, _ attribute: vm_machine_attribute_t,
  _ value: UnsafeMutablePointer<vm_machine_attribute_val_t>!
) -> kern_return_t {
  setMachineAttribute(target_task, address, size, value)
}

@_cdecl("mach_vm_remap") @implementation
public func mach_vm_remap(
  _ target_task: vm_map_t, _ target_address: UnsafeMutablePointer<mach_vm_address_t>!, _ size: mach_vm_size_t,
  _ mask: mach_vm_offset_t, _ flags: Int32, _ src_task: vm_map_t, _ src_address: mach_vm_address_t, _ copy: boolean_t,
  _ cur_protection: UnsafeMutablePointer<vm_prot_t>!, _ max_protection: UnsafeMutablePointer<vm_prot_t>!,
  _ inheritance: vm_inherit_t
) -> kern_return_t {
  remapMemory(
    target_task, target_address,
    {
      MapRequest(
        $0, size: size, mask: mask, flags: flags, copies: copy != 0, inheritance: inheritance)
    }, src_task, src_address, cur_protection, max_protection)
}

@_cdecl("mach_vm_page_query") @implementation
public func mach_vm_page_query(
  _ target_map: vm_map_t, _ offset: mach_vm_offset_t, _ disposition: UnsafeMutablePointer<integer_t>!,
  _ ref_count: UnsafeMutablePointer<integer_t>!
) -> kern_return_t {
  queryPage(target_map, offset, disposition, ref_count)
}

@_cdecl("mach_vm_page_info") @implementation
public func mach_vm_page_info(
  _ target_task: vm_map_t, _ address: mach_vm_address_t, _ flavor: vm_page_info_flavor_t, _ info: vm_page_info_t!,
  _ infoCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  describePage(target_task, address, flavor, info, infoCnt)
}

@_cdecl("mach_vm_region") @implementation
public func mach_vm_region(
  _ target_task: vm_map_t, _ address: UnsafeMutablePointer<mach_vm_address_t>!,
  _ size: UnsafeMutablePointer<mach_vm_size_t>!, _ flavor: vm_region_flavor_t, _ info: vm_region_info_t!,
  _ infoCnt: UnsafeMutablePointer<mach_msg_type_number_t>!, _ object_name: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  // This flavor's offset is 64 bits wide here.
  let flavor = flavor == VM_REGION_BASIC_INFO ? VM_REGION_BASIC_INFO_64 : flavor
  return describeMemory(target_task, address, size, flavor, info, infoCnt, object_name)
}

@_cdecl("mach_vm_region_recurse") @implementation
public func mach_vm_region_recurse(
  _ target_task: vm_map_t, _ address: UnsafeMutablePointer<mach_vm_address_t>!,
  _ size: UnsafeMutablePointer<mach_vm_size_t>!, _ nesting_depth: UnsafeMutablePointer<natural_t>!,
  _ info: vm_region_recurse_info_t!, _ infoCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  describeMemoryRecursively(target_task, address, size, nesting_depth, .wide, info, infoCnt)
}

@_cdecl("_mach_make_memory_entry") @implementation
public func _mach_make_memory_entry(
  _ target_task: vm_map_t, _ size: UnsafeMutablePointer<memory_object_size_t>!, _ offset: memory_object_offset_t,
  _ permission: vm_prot_t, _ object_handle: UnsafeMutablePointer<mach_port_t>!, _ parent_handle: mem_entry_name_port_t
) -> kern_return_t {
  makeMemoryEntry(target_task, size, offset, permission, object_handle, parent_handle)
}

@_cdecl("mach_vm_purgable_control") @implementation
public func mach_vm_purgable_control(
  _ target_task: vm_map_t, _ address: mach_vm_address_t, _ control: vm_purgable_t, _ state: UnsafeMutablePointer<Int32>!
) -> kern_return_t {
  controlPurging(target_task, address, control, state)
}

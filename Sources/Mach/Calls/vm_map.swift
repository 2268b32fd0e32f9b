// <mach/vm_map.h>: memory, with addresses of the caller's width.

import CMach
import MachKernel

@_cdecl("vm_allocate") @implementation
public func vm_allocate(
  _ target_task: vm_map_t, _ address: UnsafeMutablePointer<vm_address_t>!, _ size: vm_size_t, _ flags: Int32
) -> kern_return_t {
  allocateMemory(target_task, address, UInt64(size), flags)
}

@_cdecl("vm_deallocate") @implementation
public func vm_deallocate(
  _ target_task: vm_map_t, _ address: vm_address_t, _ size: vm_size_t
) -> kern_return_t {
  deallocateMemory(target_task, UInt64(address), UInt64(size))
}

@_cdecl("vm_protect") @implementation
public func vm_protect(
  _ target_task: vm_map_t, _ address: vm_address_t, _ size: vm_size_t, _ set_maximum: boolean_t,
  _ new_protection: vm_prot_t
) -> kern_return_t {
  protectMemory(target_task, UInt64(address), UInt64(size), set_maximum, new_protection)
}

@_cdecl("vm_inherit") @implementation
public func vm_inherit(
  _ target_task: vm_map_t, _ address: vm_address_t, _ size: vm_size_t, _ new_inheritance: vm_inherit_t
) -> kern_return_t {
  inheritMemory(target_task, UInt64(address), UInt64(size), new_inheritance)
}

@_cdecl("vm_read") @implementation
public func vm_read(
  _ target_task: vm_map_t, _ address: vm_address_t, _ size: vm_size_t, _ data: UnsafeMutablePointer<vm_offset_t>!,
  _ dataCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  readMemory(target_task, UInt64(address), UInt64(size), data, dataCnt)
}

@_cdecl("vm_read_list") @implementation
public func vm_read_list(
  _ target_task: vm_map_t, _ data_list: UnsafeMutablePointer<vm_read_entry>!, _ count: natural_t
) -> kern_return_t {
  guard let data_list else { return readMemoryList(target_task, nil, count) }
  // The two structures are the same where addresses have 64 bits.
  return data_list.withMemoryRebound(to: mach_vm_read_entry.self, capacity: Int(VM_MAP_ENTRY_MAX)) {
    readMemoryList(target_task, $0, count)
  }
}

@_cdecl("vm_write") @implementation
public func vm_write(
  _ target_task: vm_map_t, _ address: vm_address_t, _ data: vm_offset_t, _ dataCnt: mach_msg_type_number_t
) -> kern_return_t {
  copyMemory(target_task, from: UInt64(data), UInt64(dataCnt), to: UInt64(address))
}

@_cdecl("vm_copy") @implementation
public func vm_copy(
  _ target_task: vm_map_t, _ source_address: vm_address_t, _ size: vm_size_t, _ dest_address: vm_address_t
) -> kern_return_t {
  copyMemory(target_task, from: UInt64(source_address), UInt64(size), to: UInt64(dest_address))
}

@_cdecl("vm_read_overwrite") @implementation
public func vm_read_overwrite(
  _ target_task: vm_map_t, _ address: vm_address_t, _ size: vm_size_t, _ data: vm_address_t,
  _ outsize: UnsafeMutablePointer<vm_size_t>!
) -> kern_return_t {
  overwriteMemory(target_task, from: UInt64(address), UInt64(size), to: UInt64(data), outsize)
}

@_cdecl("vm_msync") @implementation
public func vm_msync(
  _ target_task: vm_map_t, _ address: vm_address_t, _ size: vm_size_t, _ sync_flags: vm_sync_t
) -> kern_return_t {
  synchronizeMemory(target_task, UInt64(address), UInt64(size), sync_flags)
}

@_cdecl("vm_behavior_set") @implementation
public func vm_behavior_set(
  _ target_task: vm_map_t, _ address: vm_address_t, _ size: vm_size_t, _ new_behavior: vm_behavior_t
) -> kern_return_t {
  setMemoryBehavior(target_task, UInt64(address), UInt64(size), new_behavior)
}

@_cdecl("vm_map") @implementation
public func vm_map(
  _ target_task: vm_map_t, _ address: UnsafeMutablePointer<vm_address_t>!, _ size: vm_size_t, _ mask: vm_address_t,
  _ flags: Int32, _ object: mem_entry_name_port_t, _ offset: vm_offset_t, _ copy: boolean_t,
  _ cur_protection: vm_prot_t, _ max_protection: vm_prot_t, _ inheritance: vm_inherit_t
) -> kern_return_t {
  let protections = MapProtections(current: cur_protection, maximum: max_protection)
  return mapMemory(
    target_task, address,
    {
      MapRequest(
        $0, size: UInt64(size), mask: UInt64(mask), flags: flags, copies: copy != 0, inheritance: inheritance)
    }, object, UInt64(offset), protections)
}

@_cdecl("vm_map_64") @implementation
public func vm_map_64(
  _ target_task: vm_map_t, _ address: UnsafeMutablePointer<vm_address_t>!, _ size: vm_size_t, _ mask: vm_address_t,
  _ flags: Int32, _ object: mem_entry_name_port_t, _ offset: memory_object_offset_t, _ copy: boolean_t,
  _ cur_protection: vm_prot_t, _ max_protection: vm_prot_t, _ inheritance: vm_inherit_t
) -> kern_return_t {
  let protections = MapProtections(current: cur_protection, maximum: max_protection)
  return mapMemory(
    target_task, address,
    {
      MapRequest(
        $0, size: UInt64(size), mask: UInt64(mask), flags: flags, copies: copy != 0, inheritance: inheritance)
    }, object, offset, protections)
}

@_cdecl("vm_machine_attribute") @implementation
public func vm_machine_attribute(
  _ target_task: vm_map_t, _ address: vm_address_t, _ size: vm_size_t, _ attribute: vm_machine_attribute_t,
  _ value: UnsafeMutablePointer<vm_machine_attribute_val_t>!
) -> kern_return_t {
  setMachineAttribute(target_task, UInt64(address), UInt64(size), value)
}

@_cdecl("vm_remap") @implementation
public func vm_remap(
  _ target_task: vm_map_t, _ target_address: UnsafeMutablePointer<vm_address_t>!, _ size: vm_size_t,
  _ mask: vm_address_t, _ flags: Int32, _ src_task: vm_map_t, _ src_address: vm_address_t, _ copy: boolean_t,
  _ cur_protection: UnsafeMutablePointer<vm_prot_t>!, _ max_protection: UnsafeMutablePointer<vm_prot_t>!,
  _ inheritance: vm_inherit_t
) -> kern_return_t {
  remapMemory(
    target_task, target_address,
    {
      MapRequest(
        $0, size: UInt64(size), mask: UInt64(mask), flags: flags, copies: copy != 0, inheritance: inheritance)
    }, src_task, UInt64(src_address), cur_protection, max_protection)
}

@_cdecl("vm_map_page_query") @implementation
public func vm_map_page_query(
  _ target_map: vm_map_t, _ offset: vm_offset_t, _ disposition: UnsafeMutablePointer<integer_t>!,
  _ ref_count: UnsafeMutablePointer<integer_t>!
) -> kern_return_t {
  queryPage(target_map, UInt64(offset), disposition, ref_count)
}

@_cdecl("vm_region") @implementation
public func vm_region(
  _ target_task: vm_map_t, _ address: UnsafeMutablePointer<vm_address_t>!, _ size: UnsafeMutablePointer<vm_size_t>!,
  _ flavor: vm_region_flavor_t, _ info: vm_region_info_t!, _ infoCnt: UnsafeMutablePointer<mach_msg_type_number_t>!,
  _ object_name: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  describeMemory(target_task, address, size, flavor, info, infoCnt, object_name)
}

@_cdecl("vm_region_64") @implementation
public func vm_region_64(
  _ target_task: vm_map_t, _ address: UnsafeMutablePointer<vm_address_t>!, _ size: UnsafeMutablePointer<vm_size_t>!,
  _ flavor: vm_region_flavor_t, _ info: vm_region_info_t!, _ infoCnt: UnsafeMutablePointer<mach_msg_type_number_t>!,
  _ object_name: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  // This flavor's offset is 64 bits wide here.
  let flavor = flavor == VM_REGION_BASIC_INFO ? VM_REGION_BASIC_INFO_64 : flavor
  return describeMemory(target_task, address, size, flavor, info, infoCnt, object_name)
}

@_cdecl("vm_region_recurse") @implementation
public func vm_region_recurse(
  _ target_task: vm_map_t, _ address: UnsafeMutablePointer<vm_address_t>!, _ size: UnsafeMutablePointer<vm_size_t>!,
  _ nesting_depth: UnsafeMutablePointer<natural_t>!, _ info: vm_region_recurse_info_t!,
  _ infoCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  describeMemoryRecursively(target_task, address, size, nesting_depth, .narrow, info, infoCnt)
}

@_cdecl("vm_region_recurse_64") @implementation
public func vm_region_recurse_64(
  _ target_task: vm_map_t, _ address: UnsafeMutablePointer<vm_address_t>!, _ size: UnsafeMutablePointer<vm_size_t>!,
  _ nesting_depth: UnsafeMutablePointer<natural_t>!, _ info: vm_region_recurse_info_t!,
  _ infoCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  describeMemoryRecursively(target_task, address, size, nesting_depth, .wide, info, infoCnt)
}

@_cdecl("mach_make_memory_entry") @implementation
public func mach_make_memory_entry(
  _ target_task: vm_map_t, _ size: UnsafeMutablePointer<vm_size_t>!, _ offset: vm_offset_t, _ permission: vm_prot_t,
  _ object_handle: UnsafeMutablePointer<mach_port_t>!, _ parent_entry: mem_entry_name_port_t
) -> kern_return_t {
  makeMemoryEntry(target_task, size, UInt64(offset), permission, object_handle, parent_entry)
}

@_cdecl("mach_make_memory_entry_64") @implementation
public func mach_make_memory_entry_64(
  _ target_task: vm_map_t, _ size: UnsafeMutablePointer<memory_object_size_t>!, _ offset: memory_object_offset_t,
  _ permission: vm_prot_t, _ object_handle: UnsafeMutablePointer<mach_port_t>!, _ parent_entry: mem_entry_name_port_t
) -> kern_return_t {
  makeMemoryEntry(target_task, size, offset, permission, object_handle, parent_entry)
}

@_cdecl("vm_purgable_control") @implementation
public func vm_purgable_control(
  _ target_task: vm_map_t, _ address: vm_address_t, _ control: vm_purgable_t, _ state: UnsafeMutablePointer<Int32>!
) -> kern_return_t {
  controlPurging(target_task, UInt64(address), control, state)
}

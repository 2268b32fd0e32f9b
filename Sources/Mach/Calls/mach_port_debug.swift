// <mach/mach_port.h>: the routines that show the kernel's tables.

import CMach
import MachKernel

@_cdecl("mach_port_kobject") @implementation
public func mach_port_kobject(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ object_type: UnsafeMutablePointer<natural_t>!,
  _ object_addr: UnsafeMutablePointer<mach_vm_address_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let type = try output(object_type)
    let address = try output(object_addr)
    let object = try space.kernelObject(of: name)
    type.pointee = object.type
    address.pointee = object.token
  }
}

@_cdecl("mach_port_kobject_description") @implementation
public func mach_port_kobject_description(
  _ task: ipc_space_read_t, _ name: mach_port_name_t, _ object_type: UnsafeMutablePointer<natural_t>!,
  _ object_addr: UnsafeMutablePointer<mach_vm_address_t>!, _ description: UnsafeMutablePointer<CChar>!
) -> kern_return_t {
  guard let description else { return KERN_INVALID_ARGUMENT }
  let code = mach_port_kobject(task, name, object_type, object_addr)
  if code == KERN_SUCCESS { description.pointee = 0 }
  return code
}

@_cdecl("mach_port_is_connection_for_service") @implementation
public func mach_port_is_connection_for_service(
  _ task: ipc_space_t, _ connection_port: mach_port_name_t, _ service_port: mach_port_name_t,
  _ filter_policy_id: UnsafeMutablePointer<UInt64>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.checkConnection(connection_port, service_port) }
}

@_cdecl("mach_port_get_service_port_info") @implementation
public func mach_port_get_service_port_info(
  _ task: ipc_space_read_t, _ name: mach_port_name_t,
  _ sp_info_out: UnsafeMutablePointer<mach_service_port_info_data_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.checkService(name) }
}

@_cdecl("mach_port_assert_attributes") @implementation
public func mach_port_assert_attributes(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ flavor: mach_port_flavor_t, _ info: mach_port_info_t!,
  _ infoCnt: mach_msg_type_number_t
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    try space.assertAttributes(of: name, flavor, UnsafeRawPointer(info), infoCnt)
  }
}

@_cdecl("mach_port_kernel_object") @implementation
public func mach_port_kernel_object(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ object_type: UnsafeMutablePointer<UInt32>!,
  _ object_addr: UnsafeMutablePointer<UInt32>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let type = try output(object_type)
    let address = try output(object_addr)
    let object = try space.kernelObject(of: name)
    type.pointee = object.type
    address.pointee = UInt32(truncatingIfNeeded: object.token)
  }
}

@_cdecl("mach_port_space_info") @implementation
public func mach_port_space_info(
  _ task: ipc_space_t, _ space_info: UnsafeMutablePointer<ipc_info_space_t>!,
  _ table_info: UnsafeMutablePointer<ipc_info_name_array_t?>!,
  _ table_infoCnt: UnsafeMutablePointer<mach_msg_type_number_t>!,
  _ tree_info: UnsafeMutablePointer<ipc_info_tree_name_array_t?>!,
  _ tree_infoCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let info = try output(space_info)
    let table = try output(table_info)
    let tableCount = try output(table_infoCnt)
    let tree = try output(tree_info)
    let treeCount = try output(tree_infoCnt)
    let result = try space.tableInformation()
    info.pointee = result.info
    (table.pointee, tableCount.pointee) = result.leak()
    tree.pointee = nil
    treeCount.pointee = 0
  }
}

@_cdecl("mach_port_space_basic_info") @implementation
public func mach_port_space_basic_info(
  _ task: ipc_space_t, _ basic_info: UnsafeMutablePointer<ipc_info_space_basic_t>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let info = try output(basic_info)
    info.pointee = try space.basicInformation()
  }
}

@_cdecl("mach_port_dnrequest_info") @implementation
public func mach_port_dnrequest_info(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ dnr_total: UnsafeMutablePointer<UInt32>!,
  _ dnr_used: UnsafeMutablePointer<UInt32>!
) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in
    let total = try output(dnr_total)
    let used = try output(dnr_used)
    (total.pointee, used.pointee) = try space.requestInformation(of: name)
  }
}

@_cdecl("task_set_port_space") @implementation
public func task_set_port_space(_ task: ipc_space_t, _ table_entries: Int32) -> kern_return_t {
  onSpace(of: task) { (space) throws(KernelReturn) in try space.reserve(table_entries) }
}

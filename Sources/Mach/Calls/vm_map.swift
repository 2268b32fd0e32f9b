// <mach/vm_map.h> and <mach/mach_vm.h>: memory. All tasks of a process share it, so the task is only checked.

import CMach
import MachKernel

@_cdecl("mach_vm_allocate") @implementation
public func mach_vm_allocate(
  _ target: vm_map_t, _ address: UnsafeMutablePointer<mach_vm_address_t>!, _ size: mach_vm_size_t, _ flags: Int32
) -> kern_return_t {
  allocate(target, address, size, flags)
}

@_cdecl("mach_vm_deallocate") @implementation
public func mach_vm_deallocate(
  _ target: vm_map_t, _ address: mach_vm_address_t, _ size: mach_vm_size_t
) -> kern_return_t {
  deallocate(target, address, size)
}

@_cdecl("vm_allocate") @implementation
public func vm_allocate(
  _ target_task: vm_map_t, _ address: UnsafeMutablePointer<vm_address_t>!, _ size: vm_size_t, _ flags: Int32
) -> kern_return_t {
  guard let address else { return KERN_INVALID_ARGUMENT }
  var wide = mach_vm_address_t(address.pointee)
  let code = allocate(target_task, &wide, mach_vm_size_t(size), flags)
  if code == KERN_SUCCESS { address.pointee = vm_address_t(wide) }
  return code
}

@_cdecl("vm_deallocate") @implementation
public func vm_deallocate(_ target_task: vm_map_t, _ address: vm_address_t, _ size: vm_size_t) -> kern_return_t {
  deallocate(target_task, mach_vm_address_t(address), mach_vm_size_t(size))
}

private func allocate(
  _ target: vm_map_t, _ address: UnsafeMutablePointer<mach_vm_address_t>?, _ size: mach_vm_size_t, _ flags: Int32
) -> kern_return_t {
  let code = onSpace(of: target) { (_) throws(KernelReturn) in
    let address = try output(address)
    address.pointee = try VirtualMemory.allocate(at: address.pointee, size: size, flags: flags)
  }
  return code == KERN_INVALID_TASK ? KERN_INVALID_ARGUMENT : code
}

private func deallocate(
  _ target: vm_map_t, _ address: mach_vm_address_t, _ size: mach_vm_size_t
) -> kern_return_t {
  let code = onSpace(of: target) { (_) throws(KernelReturn) in
    try VirtualMemory.deallocate(at: address, size: size)
  }
  return code == KERN_INVALID_TASK ? KERN_INVALID_ARGUMENT : code
}

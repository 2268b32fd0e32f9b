// The subsystems vm_map, 3800, and mach_vm, 4800: memory, by message to a task's port.

import CMach

enum MemoryServer {
  static func routine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3801, 4800:  // vm_allocate, mach_vm_allocate
      Routine(52, 44) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        let (address, size, flags) = (call.wideWord(), call.wideWord(), call.number())
        call.put(try VirtualMemory.allocate(at: address, size: size, flags: flags))
      }
    case 3802, 4801:  // vm_deallocate, mach_vm_deallocate
      Routine(48, 36) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        try VirtualMemory.deallocate(at: call.wideWord(), size: call.wideWord())
      }
    default: nil
    }
  }
}

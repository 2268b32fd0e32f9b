// The subsystem thread_act, 3600: what a thread is asked by message to its port.

import CMach

enum ThreadServer {
  static func routine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3610:  // thread_get_special_port
      Routine(36, 40) { (call) throws(KernelReturn) in
        let thread = try call.target()
        if call.number() != THREAD_KERNEL_PORT { throw .invalidArgument }
        let right = try thread.specialPort()
        call.beginDescriptors(1)
        call.add(right)
      }
    case 3611:  // thread_set_special_port
      Routine(52, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        let thread = try call.target()
        if call.number() != THREAD_KERNEL_PORT { throw .invalidArgument }
        let right = call.keptRight()
        do throws(KernelReturn) {
          try thread.setSpecialPort(right)
        } catch {
          right.drop()
          throw error
        }
      }
    case 3613:  // thread_set_exception_ports
      Routine(60, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        let thread = try call.target()
        try call.setExceptions { (operation) throws(KernelReturn) in try thread.exceptions(operation) }
      }
    case 3614:  // thread_get_exception_ports
      Routine(36, 808) { (call) throws(KernelReturn) in
        let thread = try call.target()
        try call.getExceptions { (operation) throws(KernelReturn) in try thread.exceptions(operation) }
      }
    case 3615:  // thread_swap_exception_ports
      Routine(60, 808, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        let thread = try call.target()
        try call.swapExceptions { (operation) throws(KernelReturn) in try thread.exceptions(operation) }
      }
    default: nil
    }
  }
}

// The subsystems mach_host, 200, and host_priv, 400: what the host is asked by message to its port.

import CMach

enum HostServer {
  static func routine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 206:  // host_get_clock_service
      Routine(36, 40) { (call) throws(KernelReturn) in
        try call.checkHost()
        call.answer(try Clock.port(of: call.number(), isControl: false))
      }
    case 408:  // host_get_clock_control
      Routine(36, 40) { (call) throws(KernelReturn) in
        try call.checkHost()
        call.answer(try Clock.port(of: call.number(), isControl: true))
      }
    case 404, 418:  // vm_wire, mach_vm_wire
      Routine(68, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        try call.checkHost(or: .invalidHost)
        try call.checkCarriedTask(or: .invalidTask)
        try VirtualMemory.wire(at: call.wideWord(), size: call.wideWord(), call.number())
      }
    case 412:  // host_get_special_port
      Routine(40, 40) { (call) throws(KernelReturn) in
        try call.checkHost()
        _ = call.number()  // the node: there is one
        call.answer(try Host.specialPort(call.number()))
      }
    case 413:  // host_set_special_port
      Routine(52, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        try call.checkHost()
        let right = call.keptRight()
        do throws(KernelReturn) {
          try Host.setSpecialPort(call.number(), right)
        } catch {
          right.drop()
          throw error
        }
      }
    case 414:  // host_set_exception_ports
      Routine(60, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        try call.checkHost()
        try call.setExceptions { (operation) throws(KernelReturn) in try Host.exceptions(operation) }
      }
    case 415:  // host_get_exception_ports
      Routine(36, 808) { (call) throws(KernelReturn) in
        try call.checkHost()
        try call.getExceptions { (operation) throws(KernelReturn) in try Host.exceptions(operation) }
      }
    case 416:  // host_swap_exception_ports
      Routine(60, 808, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        try call.checkHost()
        try call.swapExceptions { (operation) throws(KernelReturn) in try Host.exceptions(operation) }
      }
    default: informationRoutine(identifier)
    }
  }
}

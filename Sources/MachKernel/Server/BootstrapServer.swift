// The subsystem bootstrap, 400: what a bootstrap port is asked by message.

import CMach

enum BootstrapServer {
  static func routine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 400:  // bootstrap_create_server
      Routine(552, 40) { (call) throws(KernelReturn) in
        let hasProgram = try call.hasText(Int(BOOTSTRAP_MAX_CMD_LEN))
        let (user, isOnDemand) = (call.word(), call.word() != 0)
        call.answer(
          try Bootstrap.makeServer(
            hasProgram: hasProgram, user: user, isOnDemand: isOnDemand, via: try call.bootstrap()))
      }
    case 401:  // bootstrap_unprivileged
      Routine(24, 40) { (call) throws(KernelReturn) in
        call.answer(try Bootstrap.unprivileged(via: try call.bootstrap()))
      }
    case 402:  // bootstrap_check_in
      Routine(160, 40) { (call) throws(KernelReturn) in
        let name = try call.serviceName()
        let right = try Bootstrap.checkIn(name, via: try call.bootstrap())
        call.beginDescriptors(1)
        call.add(.receive(right), MACH_MSG_TYPE_PORT_RECEIVE)
      }
    case 403: Routine(176, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND), register)
    case 404:  // bootstrap_look_up
      Routine(160, 40) { (call) throws(KernelReturn) in
        let name = try call.serviceName()
        call.answer(try Bootstrap.lookUp(name, via: try call.bootstrap()))
      }
    case 406:  // bootstrap_parent
      Routine(24, 40) { (call) throws(KernelReturn) in
        call.answer(try Bootstrap.parent(via: try call.bootstrap()))
      }
    case 407:  // bootstrap_status
      Routine(160, 40) { (call) throws(KernelReturn) in
        let name = try call.serviceName()
        call.put(try Bootstrap.status(of: name, via: try call.bootstrap()))
      }
    case 409: Routine(40, 40, carrying: .right(MACH_MSG_TYPE_PORT_SEND), makeSubset)
    case 410:  // bootstrap_create_service
      Routine(160, 40) { (call) throws(KernelReturn) in
        let name = try call.serviceName()
        call.answer(try Bootstrap.create(name, via: try call.bootstrap()))
      }
    default: nil
    }
  }

  /// bootstrap_register
  private static func register(_ call: inout ServedCall) throws(KernelReturn) {
    let name = try call.serviceName()
    let right = call.keptRight()
    do throws(KernelReturn) {
      try Bootstrap.register(name, right, via: try call.bootstrap())
    } catch {
      right.drop()
      throw error
    }
  }

  /// bootstrap_subset
  private static func makeSubset(_ call: inout ServedCall) throws(KernelReturn) {
    let requestor = call.keptRight()
    do throws(KernelReturn) {
      call.answer(try Bootstrap.makeSubset(requestor, via: try call.bootstrap()))
    } catch {
      requestor.drop()
      throw error
    }
  }
}

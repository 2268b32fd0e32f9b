// The subsystem thread_act, 3600: what a thread is asked by message to its port.

import CMach

enum ThreadServer {
  static func routine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3609:  // thread_depress_abort
      Routine(24, 36) { (call) throws(KernelReturn) in
        try call.target().abortDepression()
      }
    case 3610:  // thread_get_special_port
      Routine(36, 40) { (call) throws(KernelReturn) in
        let thread = try call.target()
        if call.number() != THREAD_KERNEL_PORT { throw .invalidArgument }
        call.answer(try thread.specialPort())
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
    case 3612:  // thread_info
      Routine(40, 40 + 4 * longestInformation) { (call) throws(KernelReturn) in
        let thread = try call.target()
        let (flavor, room) = (call.word(), call.word())
        call.put(try thread.information(flavor, room: min(room, UInt32(longestInformation))))
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
    case 3617:  // thread_policy_set
      Routine(40, 36, upTo: longestPolicy) { (call) throws(KernelReturn) in
        let thread = try call.target()
        let (flavor, count) = (call.word(), call.word())
        let words = call.rest
        try thread.setPolicy(flavor, count: count) { words.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) }
      }
    case 3618: Routine(44, 44 + 4 * longestPolicy, policy)
    case 3621: Routine(40, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND), fail)  // thread_assign
    case 3622: Routine(24, 36, fail)  // thread_assign_default
    case 3623:  // thread_get_assignment
      Routine(24, 40) { (call) throws(KernelReturn) in
        _ = try call.target()
        call.answer(try ProcessorSet.right(isControl: false))
      }
    default: UnsupportedServer.threadRoutine(identifier)
    }
  }

  /// Words of the longest arrays that messages carry.
  private static let longestInformation = 32
  private static let longestPolicy = 16

  private static func fail(_ call: inout ServedCall) throws(KernelReturn) { throw .failure }

  /// thread_policy_get
  private static func policy(_ call: inout ServedCall) throws(KernelReturn) {
    let thread = try call.target()
    let (flavor, room) = (call.word(), call.word())
    var wantsDefault = call.word() != 0
    let words = try thread.policy(flavor, room: min(room, UInt32(longestPolicy)), wantsDefault: &wantsDefault)
    call.put(words)
    call.put(UInt32(wantsDefault ? 1 : 0))
  }
}

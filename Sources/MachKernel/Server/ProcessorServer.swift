// The subsystem processor, 3000: what a processor is asked by message to its port.

import CMach

enum ProcessorServer {
  static func routine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3000:  // processor_start
      Routine(24, 36) { (call) throws(KernelReturn) in try call.processor().start() }
    case 3001:  // processor_exit
      Routine(24, 36) { (call) throws(KernelReturn) in try call.processor().exit() }
    case 3002: Routine(40, 100, information)
    case 3003:  // processor_control
      Routine(36, 36, upTo: 12) { (call) throws(KernelReturn) in
        _ = try call.processor()
        throw .failure
      }
    case 3004:  // processor_assign
      Routine(52, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (_) throws(KernelReturn) in throw .failure }
    case 3005:  // processor_get_assignment
      Routine(24, 40) { (call) throws(KernelReturn) in
        call.answer(try call.processor().assignment())
      }
    default: nil
    }
  }

  /// processor_info
  private static func information(_ call: inout ServedCall) throws(KernelReturn) {
    let processor = try call.processor()
    let flavor = call.number()
    let words = try processor.information(flavor, room: min(call.word(), 12))
    let host = try Host.specialPort(HOST_PORT)
    call.beginDescriptors(1)
    call.add(host)
    call.endDescriptors()
    call.put(words)
  }
}

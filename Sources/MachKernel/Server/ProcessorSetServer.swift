// The subsystem processor_set, 4000: what the set of processors is asked by message to its ports.

import CMach

enum ProcessorSetServer {
  static func routine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 4000: Routine(40, 60, statistics)
    case 4001:  // processor_set_destroy
      Routine(24, 36) { (_) throws(KernelReturn) in throw .failure }
    case 4002, 4004:  // processor_set_max_priority, processor_set_policy_disable
      Routine(40, 36) { (_) throws(KernelReturn) in throw .invalidArgument }
    case 4003:  // processor_set_policy_enable
      Routine(36, 36) { (_) throws(KernelReturn) in throw .invalidArgument }
    case 4005:  // processor_set_tasks
      Routine(24, 56) { (call) throws(KernelReturn) in
        try call.checkProcessorSet(isControl: true)
        try call.put(try ProcessorSet.tasks())
      }
    case 4006:  // processor_set_threads
      Routine(24, 56) { (call) throws(KernelReturn) in
        try call.checkProcessorSet(isControl: true)
        try call.put(try ProcessorSet.threads())
      }
    case 4007:  // processor_set_policy_control
      Routine(44, 36, upTo: 5, behind: 4) { (_) throws(KernelReturn) in throw .invalidArgument }
    case 4008:  // processor_set_stack_usage
      Routine(24, 72) { (_) throws(KernelReturn) in throw .notSupported }
    case 4009: Routine(40, 72, information)
    default: nil
    }
  }

  /// processor_set_statistics
  private static func statistics(_ call: inout ServedCall) throws(KernelReturn) {
    try call.checkProcessorSet(isControl: false, or: .invalidProcessorSet)
    let flavor = call.number()
    let words = try ProcessorSet.statistics(flavor, room: min(call.word(), 5))
    call.put(words)
  }

  /// processor_set_info
  private static func information(_ call: inout ServedCall) throws(KernelReturn) {
    try call.checkProcessorSet(isControl: false)
    let flavor = call.number()
    let words = try ProcessorSet.information(flavor, room: min(call.word(), 5))
    let host = try Host.specialPort(HOST_PORT)
    call.beginDescriptors(1)
    call.add(host)
    call.endDescriptors()
    call.put(words)
  }
}

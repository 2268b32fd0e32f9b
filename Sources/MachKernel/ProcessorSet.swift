// The one set of processors, which all are in: its ports, what it tells, and the tasks and threads that run there.

import CMach

/// The default set (historic: `pset0`). Its control port gives access to tasks and threads; its name only tells.
package enum ProcessorSet {
  nonisolated(unsafe) private static var controlPort: Port?
  nonisolated(unsafe) private static var namePort: Port?

  /// At load, and anew in a forked child.
  static func start() {
    controlPort = Port.makeKernelPort(type: KernelObjectType.processorSet, object: nil)
    namePort = Port.makeKernelPort(type: KernelObjectType.processorSetName, object: nil)
  }

  /// Whether this is one of the set's ports: its control port, or, if that is enough, its name.
  static func isPort(_ port: borrowing LockedPort, isControl: Bool) -> Bool {
    let type = port.body.kernelObjectType
    return type == KernelObjectType.processorSet || !isControl && type == KernelObjectType.processorSetName
  }

  /// processor_set_default, host_processor_set_priv: a send right to one of the ports. Throws RESOURCE_SHORTAGE (there
  /// was no memory for it).
  package static func right(isControl: Bool) throws(KernelReturn) -> KeptRight {
    guard let port = isControl ? controlPort : namePort else { throw .resourceShortage }
    return KeptRight(stored: SendRight(making: port.locked()).leakStored())
  }

  /// host_processor_sets: the name of the one there is. Throws RESOURCE_SHORTAGE.
  package static func all() throws(KernelReturn) -> KeptRights {
    var rights = KeptRights()
    try rights.reserve(1)
    rights.append(try right(isControl: false))
    return rights
  }

  #if CHECKED
    static func forEachPort(_ body: (Port) -> Void) {
      if let controlPort { body(controlPort) }
      if let namePort { body(namePort) }
    }
  #endif

  // MARK: Information

  /// processor_set_info. `room` is in words. Throws INVALID_ARGUMENT (no flavor), FAILURE (not enough room, or the system
  /// does not say), RESOURCE_SHORTAGE.
  package static func information(
    _ flavor: processor_set_flavor_t, room: UInt32
  ) throws(KernelReturn) -> InformationWords {
    let count: Int
    switch flavor {
    case PROCESSOR_SET_BASIC_INFO, PROCESSOR_SET_RR_DEFAULT: count = 2
    case PROCESSOR_SET_TIMESHARE_DEFAULT, PROCESSOR_SET_TIMESHARE_LIMITS, PROCESSOR_SET_RR_LIMITS,
      PROCESSOR_SET_FIFO_DEFAULT, PROCESSOR_SET_FIFO_LIMITS, PROCESSOR_SET_ENABLED_POLICIES:
      count = 1
    default: throw .invalidArgument
    }
    if room < count { throw .failure }
    let words: (Int32, Int32) =
      switch flavor {
      case PROCESSOR_SET_BASIC_INFO: (Int32(try ProcessorNumbers.online().count), POLICY_TIMESHARE)
      case PROCESSOR_SET_RR_DEFAULT: (Host.defaultPriority, 1)
      case PROCESSOR_SET_ENABLED_POLICIES: (POLICY_TIMESHARE | POLICY_RR | POLICY_FIFO, 0)
      case PROCESSOR_SET_TIMESHARE_LIMITS, PROCESSOR_SET_RR_LIMITS, PROCESSOR_SET_FIFO_LIMITS: (Host.highestPriority, 0)
      default: (Host.defaultPriority, 0)
      }
    return InformationWords(words, count: count)
  }

  /// processor_set_statistics, in the same way. Throws the same codes.
  package static func statistics(
    _ flavor: processor_set_flavor_t, room: UInt32
  ) throws(KernelReturn) -> InformationWords {
    if flavor != PROCESSOR_SET_LOAD_INFO { throw .invalidArgument }
    if room < 4 { throw .failure }
    let load = try LoadAverages.read().averages[0]
    let processors = try ProcessorNumbers.online().count
    return InformationWords(
      (
        Int32(clamping: Registry.taskCount), Int32(clamping: Registry.threadCount), load,
        HostStatistics.machFactor(load: load, processors)
      ))
  }

  // MARK: What runs in it

  /// processor_set_tasks: rights to the tasks of the process, the oldest first. Throws RESOURCE_SHORTAGE.
  package static func tasks() throws(KernelReturn) -> KeptRights {
    var rights = KeptRights()
    while true {
      let needed = Registry.taskCount
      try rights.reserve(needed)
      if Registry.copyTasks(to: &rights) { break }
    }
    rights.reverse()
    return rights
  }

  /// processor_set_threads: rights to the threads of the process that have called the library, the oldest first. Throws
  /// RESOURCE_SHORTAGE.
  package static func threads() throws(KernelReturn) -> KeptRights {
    var rights = KeptRights()
    while true {
      let needed = Registry.threadCount
      try rights.reserve(needed)
      if try Registry.copyThreads(to: &rights) { break }
    }
    rights.reverse()
    return rights
  }
}

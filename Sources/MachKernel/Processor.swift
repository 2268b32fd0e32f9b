// Processors: their ports, and what they tell.

import CLinux
import CMach

/// A processor of the machine (historic: `processor_t`), by the number that the system has for it.
package struct Processor: Equatable {
  let number: Int

  // MARK: Ports

  /// Guards the table; comes before the lock of a port.
  private static let lock = Lock()
  /// The ports that someone has asked for, by number. They stay, so that a processor has one for as long as the process
  /// runs.
  nonisolated(unsafe) private static var ports: UnsafeMutablePointer<Port?>?
  nonisolated(unsafe) private static var capacity = 0

  /// In a forked child, where the parent's ports are out of reach.
  static func restartAfterFork() {
    lock.reset()
    ports = nil
    capacity = 0
  }

  init(number: Int) { self.number = number }

  /// The processor whose port this is.
  init?(of port: borrowing LockedPort) {
    guard port.body.kernelObjectType == KernelObjectType.processor, let object = port.body.kernelObject else {
      return nil
    }
    number = Int(bitPattern: object) - 1
  }

  /// A send right to its port. Throws RESOURCE_SHORTAGE.
  func right() throws(KernelReturn) -> KeptRight {
    Processor.lock.acquire()
    defer { Processor.lock.release() }
    guard number < Processor.capacity || Processor.grow(to: number + 1), let ports = Processor.ports else {
      throw .resourceShortage
    }
    if ports[number] == nil {
      // What is behind the port is the processor's number, and nothing in memory.
      let object = UnsafeMutableRawPointer(bitPattern: number + 1)
      ports[number] = Port.makeKernelPort(type: KernelObjectType.processor, object: object)
    }
    guard let port = ports[number] else { throw .resourceShortage }
    return KeptRight(stored: SendRight(making: port.locked()).leakStored())
  }

  private static func grow(to wanted: Int) -> Bool {
    let size = max(wanted, capacity * 2, 8)
    guard let larger = KernelMemory.allocateZeroed(UInt.self, count: size) else { return false }
    let table = UnsafeMutableRawPointer(larger).bindMemory(to: Port?.self, capacity: size)
    for index in 0..<size { (table + index).initialize(to: index < capacity ? ports?[index] : nil) }
    if let ports { KernelMemory.free(ports) }
    ports = table
    capacity = size
    return true
  }

  #if CHECKED
    static func forEachPort(_ body: (Port) -> Void) {
      for index in 0..<capacity {
        if let port = ports?[index] { body(port) }
      }
    }
  #endif

  /// host_processors: rights to the ports of all that are there, by ascending number. Throws FAILURE (the system does
  /// not say), RESOURCE_SHORTAGE.
  package static func all() throws(KernelReturn) -> KeptRights {
    let present = try ProcessorNumbers.present()
    var rights = KeptRights()
    try rights.reserve(present.count)
    try present.forEach { (number) throws(KernelReturn) in rights.append(try Processor(number: number).right()) }
    return rights
  }

  // MARK: Information

  /// How many words a flavor has. Throws FAILURE for one that is none.
  private static func wordCount(of flavor: processor_flavor_t) throws(KernelReturn) -> mach_msg_type_number_t {
    switch flavor {
    case PROCESSOR_BASIC_INFO: 5
    case PROCESSOR_CPU_LOAD_INFO: 4
    default: throw .failure
    }
  }

  /// processor_info. `room` is in words. Throws FAILURE (no flavor, not enough room, or the system does not say),
  /// RESOURCE_SHORTAGE.
  package func information(_ flavor: processor_flavor_t, room: UInt32) throws(KernelReturn) -> InformationWords {
    if room < (try Processor.wordCount(of: flavor)) { throw .failure }
    if flavor == PROCESSOR_BASIC_INFO {
      let online = try ProcessorNumbers.online()
      let present = try ProcessorNumbers.present()
      return InformationWords(basicWords(online, first: present.lowest))
    }
    var all = InlineArray<4, UInt32>(repeating: 0)
    try ProcessorTicks.forEach { (processor, ticks) in
      if processor == number { all = ticks }
    }
    return InformationWords(all)
  }

  private func basicWords(_ online: ProcessorNumbers, first: Int?) -> InlineArray<5, UInt32> {
    [
      UInt32(bitPattern: Machine.type), UInt32(bitPattern: Machine.subtype), online.contains(number) ? 1 : 0,
      UInt32(truncatingIfNeeded: number), number == first ? 1 : 0,
    ]
  }

  /// host_processor_info: the words of all processors that are there, by ascending number. `processors` becomes how many
  /// these are. Throws FAILURE (no flavor, or the system does not say), RESOURCE_SHORTAGE.
  package static func informationOnAll(
    _ flavor: processor_flavor_t, _ processors: inout natural_t
  ) throws(KernelReturn) -> NameArray {
    let width = Int(try wordCount(of: flavor))
    let present = try ProcessorNumbers.present()
    var words = NameArray()
    try words.reserve(present.count * width)
    for _ in 0..<present.count * width { words.append(0) }
    if flavor == PROCESSOR_BASIC_INFO {
      let online = try ProcessorNumbers.online()
      present.forEach { number in
        let basic = Processor(number: number).basicWords(online, first: present.lowest)
        for index in 0..<width { words.set(present.rank(of: number) * width + index, basic[index]) }
      }
    } else {
      try ProcessorTicks.forEach { (processor, ticks) in
        guard let processor, present.contains(processor) else { return }
        for index in 0..<width { words.set(present.rank(of: processor) * width + index, ticks[index]) }
      }
    }
    processors = natural_t(present.count)
    return words
  }

  // MARK: Control

  /// Whether it runs. Throws FAILURE (the system does not say), RESOURCE_SHORTAGE.
  private func isOnline() throws(KernelReturn) -> Bool { try ProcessorNumbers.online().contains(number) }

  /// processor_start: one that runs cannot be started (FAILURE), and others only by the system (NOT_SUPPORTED).
  package func start() throws(KernelReturn) {
    if try isOnline() { throw .failure }
    throw .notSupported
  }

  /// processor_exit: one that does not run has been stopped already; others only the system stops (NOT_SUPPORTED).
  package func exit() throws(KernelReturn) {
    if try isOnline() { throw .notSupported }
  }

  /// processor_get_assignment: the name port of the set. Throws FAILURE for one that does not run.
  package func assignment() throws(KernelReturn) -> KeptRight {
    if try !isOnline() { throw .failure }
    return try ProcessorSet.right(isControl: false)
  }
}

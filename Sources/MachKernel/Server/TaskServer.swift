// The subsystem task, 3400: what a task is asked by message to its port.

import CMach

enum TaskServer {
  static func routine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3400: Routine(60, 40, carrying: .sendRights, create)
    case 3401:  // task_terminate
      Routine(24, 36) { (call) throws(KernelReturn) in try call.taskArgument().terminate() }
    case 3402: Routine(24, 56, threads)
    case 3403: Routine(56, 36, carrying: .sendRights, register)
    case 3404: Routine(24, 56, lookUp)
    case 3405: Routine(40, 40 + 4 * longestInformation, information)
    case 3406:  // task_set_info
      Routine(40, 36, upTo: longestInformation) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        throw .invalidArgument
      }
    case 3409:  // task_get_special_port
      Routine(36, 40) { (call) throws(KernelReturn) in
        let task = try call.taskArgument()
        call.answer(try task.task.specialPort(call.number()))
      }
    case 3410:  // task_set_special_port
      Routine(52, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        let task = try call.taskArgument()
        let right = call.keptRight()
        do throws(KernelReturn) {
          try task.task.setSpecialPort(call.number(), right)
        } catch {
          right.drop()
          throw error
        }
      }
    case 3413:  // task_set_exception_ports
      Routine(60, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        let task = try call.taskArgument()
        try call.setExceptions { (operation) throws(KernelReturn) in try task.task.exceptions(operation) }
      }
    case 3414:  // task_get_exception_ports
      Routine(36, 808) { (call) throws(KernelReturn) in
        let task = try call.taskArgument()
        try call.getExceptions { (operation) throws(KernelReturn) in try task.task.exceptions(operation) }
      }
    case 3415:  // task_swap_exception_ports
      Routine(60, 808, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        let task = try call.taskArgument()
        try call.swapExceptions { (operation) throws(KernelReturn) in try task.task.exceptions(operation) }
      }
    case 3416, 3417: LockSetServer.routine(identifier)
    case 3418:  // semaphore_create
      Routine(40, 40) { (call) throws(KernelReturn) in
        let task = try call.taskArgument()
        let (policy, value) = (call.number(), call.number())
        call.answer(try task.task.makeSemaphore(policy: policy, count: value))
      }
    case 3419:  // semaphore_destroy
      Routine(40, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        let task = try call.taskArgument()
        try task.task.destroySemaphore(call.keptRight())
      }
    case 3420: Routine(40, 36, upTo: longestPolicy, setPolicy)
    case 3421: Routine(44, 44 + 4 * longestPolicy, policy)
    case 3423: Routine(48, 36, upTo: 5, behind: 8, fail)  // task_policy
    case 3427: Routine(48, 36, fail)  // task_set_ras_pc
    case 3429: Routine(52, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND), fail)  // task_assign
    case 3430: Routine(36, 36, fail)  // task_assign_default
    case 3431:  // task_get_assignment
      Routine(24, 40) { (call) throws(KernelReturn) in
        do throws(KernelReturn) {
          _ = try call.taskArgument()
        } catch {
          throw .failure
        }
        call.answer(try ProcessorSet.right(isControl: false))
      }
    case 3452:  // task_get_exc_guard_behavior
      Routine(24, 40) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        call.put(UInt32(TASK_EXC_GUARD_NONE))
      }
    case 3453:  // task_set_exc_guard_behavior
      Routine(36, 36) { (call) throws(KernelReturn) in
        let task = try call.taskArgument()
        try task.task.setGuardBehavior(call.word())
      }
    case 3455:  // mach_task_is_self
      Routine(24, 40) { (call) throws(KernelReturn) in
        let task = try call.taskOrName()
        call.put(UInt32(task.task == call.thread.task ? 1 : 0))
      }
    case 3457:  // task_create_identity_token
      Routine(24, 40) { (call) throws(KernelReturn) in
        let task = try call.taskArgument()
        call.answer(try task.task.identityToken())
      }
    case 3458:  // task_identity_token_get_task_port
      Routine(36, 40) { (call) throws(KernelReturn) in
        let task = try call.identifiedTask()
        call.answer(try task.task.port(flavor: call.word()))
      }
    default: UnsupportedServer.taskRoutine(identifier)
    }
  }

  /// Words of the longest arrays that messages carry.
  private static let longestInformation = 52
  private static let longestPolicy = 16

  private static func fail(_ call: inout ServedCall) throws(KernelReturn) { throw .failure }

  private static func threads(_ call: inout ServedCall) throws(KernelReturn) {
    let task = try call.taskArgument()
    var threads = try task.task.threads()
    let count = threads.count
    var array: PortArray?
    if count > 0 {
      guard let made = PortArray.make(count: count) else { throw .resourceShortage }
      for index in 0..<count { made.set(index, threads.take(index).stored) }
      array = made
    }
    call.beginDescriptors(1)
    call.add(array, count: count)
    call.endDescriptors()
    call.put(UInt32(count))
  }

  private static func information(_ call: inout ServedCall) throws(KernelReturn) {
    _ = try call.taskOrName()
    let (flavor, room) = (call.word(), call.word())
    call.put(try TaskInformation.words(flavor, room: min(room, UInt32(longestInformation))))
  }

  private static func setPolicy(_ call: inout ServedCall) throws(KernelReturn) {
    let task = try call.taskArgument()
    let (flavor, count) = (call.word(), call.word())
    let words = call.rest
    try task.task.setPolicy(flavor, count: count, by: call.thread) { (index) in
      words.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
    }
  }

  private static func policy(_ call: inout ServedCall) throws(KernelReturn) {
    _ = try call.taskArgument()
    let (flavor, room, wantsDefault) = (call.word(), call.word(), call.word())
    call.put(try TaskPolicy.words(flavor, room: min(room, UInt32(longestPolicy))))
    call.put(wantsDefault)
  }

  /// task_create: ledgers and inherited memory mean nothing.
  private static func create(_ call: inout ServedCall) throws(KernelReturn) {
    let parent = try call.taskArgument()
    let child = try parent.task.makeChild()
    call.answer(child.sendRight())
  }

  /// mach_ports_register (facts: X9)
  private static func register(_ call: inout ServedCall) throws(KernelReturn) {
    let task = try call.taskArgument()
    let array = call.ports
    let count = array?.count ?? 0
    if count > 3 { throw .invalidArgument }
    var ports = Task.RegisteredPorts(repeating: .null)
    for slot in 0..<count { ports[slot] = KeptRight(stored: array?.takeRight(slot) ?? 0) }
    do throws(KernelReturn) {
      try task.task.register(ports)
    } catch {
      for slot in ports.indices { ports[slot].drop() }
      throw error
    }
  }

  /// mach_ports_lookup
  private static func lookUp(_ call: inout ServedCall) throws(KernelReturn) {
    let task = try call.taskArgument()
    guard let array = PortArray.make(count: 3) else { throw .resourceShortage }
    let ports: Task.RegisteredPorts
    do throws(KernelReturn) {
      ports = try task.task.registeredPorts()
    } catch {
      array.free()
      throw error
    }
    for slot in ports.indices { array.set(slot, ports[slot].stored) }
    call.beginDescriptors(1)
    call.add(array, count: 3)
    call.endDescriptors()
    call.put(UInt32(3))
  }
}

// MARK: Exception ports of tasks, threads and the host

extension ServedCall {
  typealias ExceptionRun = (ExceptionOperation) throws(KernelReturn) -> ExceptionEntries

  /// Set: the port, mask, behavior, flavor.
  mutating func setExceptions(_ run: ExceptionRun) throws(KernelReturn) {
    let right = keptRight()
    defer { right.drop() }
    _ = try run(.set(try exceptionRequest(right), right))
  }

  mutating func getExceptions(_ run: ExceptionRun) throws(KernelReturn) {
    let request = try ExceptionRequest(mask: word())
    putExceptions(try run(.get(request, limit: Int(EXC_TYPES_COUNT))))
  }

  mutating func swapExceptions(_ run: ExceptionRun) throws(KernelReturn) {
    let right = keptRight()
    defer { right.drop() }
    putExceptions(try run(.swap(try exceptionRequest(right), right, limit: Int(EXC_TYPES_COUNT))))
  }

  private mutating func exceptionRequest(_ right: KeptRight) throws(KernelReturn) -> ExceptionRequest {
    let (mask, behavior, flavor) = (word(), number(), number())
    return try ExceptionRequest(mask: mask, behavior: behavior, flavor: flavor, hasPort: right.isPort)
  }

  /// Handlers in 32 descriptors, whatever the count; then three arrays of that count.
  private mutating func putExceptions(_ entries: ExceptionEntries) {
    beginDescriptors(32)
    for index in 0..<32 {
      add(KeptRight(stored: index < entries.count ? entries[index].port : 0))
    }
    endDescriptors()
    put(UInt32(entries.count))
    for index in 0..<entries.count { put(entries[index].mask) }
    for index in 0..<entries.count { put(entries[index].behavior) }
    for index in 0..<entries.count { put(entries[index].flavor) }
  }
}

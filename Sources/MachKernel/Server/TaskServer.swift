// The subsystem task, 3400: what a task is asked by message to its port.

import CMach

enum TaskServer {
  static func routine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3400: Routine(60, 40, carrying: .sendRights, create)
    case 3401:  // task_terminate
      Routine(24, 36) { (call) throws(KernelReturn) in try call.taskArgument().terminate() }
    case 3403: Routine(56, 36, carrying: .sendRights, register)
    case 3404: Routine(24, 56, lookUp)
    case 3409:  // task_get_special_port
      Routine(36, 40) { (call) throws(KernelReturn) in
        let task = try call.taskArgument()
        let right = try task.task.specialPort(call.number())
        call.beginDescriptors(1)
        call.add(right)
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
        let right = try task.task.makeSemaphore(policy: policy, count: value)
        call.beginDescriptors(1)
        call.add(right)
      }
    case 3419:  // semaphore_destroy
      Routine(40, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        let task = try call.taskArgument()
        try task.task.destroySemaphore(call.keptRight())
      }
    default: nil
    }
  }

  /// task_create: ledgers and inherited memory mean nothing.
  private static func create(_ call: inout ServedCall) throws(KernelReturn) {
    let parent = try call.taskArgument()
    let child = try parent.task.makeChild()
    call.beginDescriptors(1)
    call.add(child.sendRight())
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

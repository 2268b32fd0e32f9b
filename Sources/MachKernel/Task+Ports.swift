// The ports that a task keeps: special, registered and exception ports.

import CMach

extension Task {
  var isActive: Bool { locked().body.isActive }

  /// Facts: X10. Throws, in this order, FAILURE (the task has ended), INVALID_ARGUMENT (a number that is none).
  package func specialPort(_ which: Int32) throws(KernelReturn) -> KeptRight {
    let locked = locked()
    if !locked.body.isActive { throw .failure }
    if which == TASK_NAME_PORT {
      return KeptRight(stored: SendRight(making: locked.body.namePort.locked()).leakStored())
    }
    if !Task.isSpecial(which) { throw .invalidArgument }
    return KeptRight(stored: StoredRight.copy(locked.body.specialPorts[Int(which)]).leak())
  }

  /// Takes over `right` on success. Throws, in this order, INVALID_ARGUMENT, FAILURE, NO_ACCESS (facts: api.md, 3410).
  package func setSpecialPort(_ which: Int32, _ right: KeptRight) throws(KernelReturn) {
    if !Task.isSpecial(which) { throw .invalidArgument }
    let locked = locked()
    if !locked.body.isActive { throw .failure }
    let old = KeptRight(stored: locked.body.specialPorts[Int(which)])
    if which == TASK_SEATBELT_PORT || which == TASK_ACCESS_PORT, old.isPort {
      throw .init(rawValue: KERN_NO_ACCESS)
    }
    locked.body.specialPorts[Int(which)] = right.stored
    locked.unlock()
    old.drop()
  }

  private static func isSpecial(_ which: Int32) -> Bool {
    switch which {
    case TASK_KERNEL_PORT, TASK_HOST_PORT, TASK_BOOTSTRAP_PORT, TASK_SEATBELT_PORT, TASK_ACCESS_PORT,
      TASK_DEBUG_CONTROL_PORT:
      true
    default: false
    }
  }

  /// Three kept rights.
  package typealias RegisteredPorts = InlineArray<3, KeptRight>

  /// mach_ports_register (facts: X9). Takes over the rights on success. Throws INVALID_ARGUMENT (the task has ended).
  package func register(_ ports: RegisteredPorts) throws(KernelReturn) {
    var old = StoredRights()
    let locked = locked()
    if !locked.body.isActive { throw .invalidArgument }
    for slot in 0..<3 {
      old.append(locked.body.registeredPorts[slot])
      locked.body.registeredPorts[slot] = ports[slot].stored
    }
    locked.unlock()
    old.dropAll()
  }

  /// mach_ports_lookup (facts: X9). Throws INVALID_ARGUMENT (the task has ended).
  package func registeredPorts() throws(KernelReturn) -> RegisteredPorts {
    let locked = locked()
    if !locked.body.isActive { throw .invalidArgument }
    var ports = RegisteredPorts(repeating: .null)
    for slot in 0..<3 {
      ports[slot] = KeptRight(stored: StoredRight.copy(locked.body.registeredPorts[slot]).leak())
    }
    return ports
  }

  /// Get, set or swap exception ports. Throws FAILURE (the task has ended).
  package func exceptions(_ operation: ExceptionOperation) throws(KernelReturn) -> ExceptionEntries {
    var old = StoredRights()
    let locked = locked()
    if !locked.body.isActive { throw .failure }
    let entries = operation.run(on: locked.body.exceptionActions, &old)
    locked.unlock()
    old.dropAll()
    return entries
  }

  /// The action for a kind, its port copied; none once the task has ended.
  func action(for kind: Int) -> ExceptionAction {
    let locked = locked()
    if !locked.body.isActive { return ExceptionAction() }
    var action = locked.body.exceptionActions[kind]
    action.port = StoredRight.copy(action.port).leak()
    return action
  }
}

// The host: its ports, and what it keeps for all tasks.

import CMach

/// The host's kept rights and exception actions; its own lock guards them. There is one, made at load.
package enum Host {
  private static let lock = Lock()
  nonisolated(unsafe) private static var specialPorts = InlineArray<32, UInt>(repeating: 0)
  nonisolated(unsafe) private static var actions: ExceptionActions?

  private static let lastKernelPort = HOST_MAX_SPECIAL_KERNEL_PORT
  private static let lastPort = HOST_MAX_SPECIAL_PORT

  /// At load, and anew in a forked child, where the parent's ports are out of reach.
  static func start() {
    lock.reset()
    specialPorts = InlineArray<32, UInt>(repeating: 0)
    actions = ExceptionActions()
    guard let port = Kernel.hostPort else { return }
    specialPorts[Int(HOST_PORT)] = SendRight(making: port.locked()).leakStored()
    specialPorts[Int(HOST_PRIV_PORT)] = SendRight(making: port.locked()).leakStored()
  }

  /// Throws INVALID_ARGUMENT for a number that is none.
  package static func specialPort(_ which: Int32) throws(KernelReturn) -> KeptRight {
    if which <= HOST_SECURITY_PORT || which > lastPort { throw .invalidArgument }
    lock.acquire()
    defer { lock.release() }
    return KeptRight(stored: StoredRight.copy(specialPorts[Int(which)]).leak())
  }

  /// Takes over `right` on success. Throws INVALID_ARGUMENT for a number that is none, or the kernel's own.
  package static func setSpecialPort(_ which: Int32, _ right: KeptRight) throws(KernelReturn) {
    if which <= lastKernelPort || which > lastPort { throw .invalidArgument }
    lock.acquire()
    let old = specialPorts[Int(which)]
    specialPorts[Int(which)] = right.stored
    lock.release()
    StoredRight.drop(old)
  }

  /// The place of the port through which a pager is controlled, which has no number.
  private static let pagerControl = 31

  /// get_dp_control_port: what was set last.
  package static func pagerControlPort() -> KeptRight {
    lock.acquire()
    defer { lock.release() }
    return KeptRight(stored: StoredRight.copy(specialPorts[pagerControl]).leak())
  }

  /// set_dp_control_port. Takes over `right`.
  package static func setPagerControlPort(_ right: KeptRight) {
    lock.acquire()
    let old = specialPorts[pagerControl]
    specialPorts[pagerControl] = right.stored
    lock.release()
    StoredRight.drop(old)
  }

  /// Runs `body` with the host's exception actions. Throws RESOURCE_SHORTAGE when there was no memory for them.
  package static func exceptions(_ operation: ExceptionOperation) throws(KernelReturn) -> ExceptionEntries {
    var old = StoredRights()
    lock.acquire()
    guard let actions else {
      lock.release()
      throw .resourceShortage
    }
    let entries = operation.run(on: actions, &old)
    lock.release()
    old.dropAll()
    return entries
  }

  /// The action for a kind, its port copied.
  static func action(for kind: Int) -> ExceptionAction {
    lock.acquire()
    defer { lock.release() }
    guard let actions else { return ExceptionAction() }
    var action = actions[kind]
    action.port = StoredRight.copy(action.port).leak()
    return action
  }

  #if CHECKED
    static func forEachKept(_ body: (UInt) -> Void) {
      for index in specialPorts.indices { body(specialPorts[index]) }
      if let actions { for kind in ExceptionActions.kinds { body(actions[kind].port) } }
    }
  #endif
}

/// Get, set or swap exception ports: one operation for task, thread and host.
package enum ExceptionOperation {
  case get(ExceptionRequest, limit: Int)
  /// The port is copied, not taken over.
  case set(ExceptionRequest, KeptRight)
  case swap(ExceptionRequest, KeptRight, limit: Int)

  func run(on actions: ExceptionActions, _ old: inout StoredRights) -> ExceptionEntries {
    switch self {
    case .get(let request, let limit): return actions.get(request, limit: limit)
    case .set(let request, let port):
      actions.set(request, port.stored, &old)
      return ExceptionEntries()
    case .swap(let request, let port, let limit): return actions.swap(request, port.stored, limit: limit, &old)
    }
  }
}

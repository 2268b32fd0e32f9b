// Who is told of exceptions: the ports, behaviours and flavors that a task, thread or host has for each kind.

import CMach

/// What happens on one kind of exception.
struct ExceptionAction {
  /// A send right as `TransferredRight.leak` gives it.
  var port: UInt = 0
  var behavior: exception_behavior_t = 0
  var flavor: thread_state_flavor_t = 0
}

/// The actions for all kinds of exceptions (EXC_*, 1 to 13); the owner's lock guards them.
struct ExceptionActions {
  static let kinds = 1..<Int(EXC_TYPES_COUNT)
  /// EXC_MASK_VALID: a bit for each kind.
  static let allKinds: exception_mask_t = kinds.reduce(0) { $0 | 1 << UInt32($1) }

  private let actions: UnsafeMutablePointer<ExceptionAction>

  /// No action for any kind; nil when memory is out.
  init?() {
    guard
      let actions = KernelMemory.allocateZeroed(ExceptionAction.self, count: ExceptionActions.kinds.upperBound)
    else { return nil }
    self.actions = actions
  }

  subscript(kind: Int) -> ExceptionAction {
    get { actions[kind] }
    nonmutating set { actions[kind] = newValue }
  }

  /// Gives back the memory; the ports have been taken out.
  func freeMemory() { KernelMemory.free(actions) }
}

/// A set of kinds, and the action that is wanted for them.
package struct ExceptionRequest {
  let mask: exception_mask_t
  let behavior: exception_behavior_t
  let flavor: thread_state_flavor_t

  /// Facts: task_set_exception_ports. Throws INVALID_ARGUMENT for kinds that are none, for a live port with an unknown
  /// behaviour, and for a flavor that this machine does not have.
  package init(
    mask: exception_mask_t, behavior: exception_behavior_t, flavor: thread_state_flavor_t, hasPort: Bool
  ) throws(KernelReturn) {
    if mask & ~ExceptionActions.allKinds != 0 { throw .invalidArgument }
    let plain = UInt32(bitPattern: behavior) & ~0x8000_0000
    if hasPort, !(1...3).contains(plain) { throw .invalidArgument }
    if flavor != 0, !cmach_flavor_valid(flavor) { throw .invalidArgument }
    self.mask = mask
    self.behavior = behavior
    self.flavor = flavor
  }

  /// For get_exception_ports, which sets nothing.
  package init(mask: exception_mask_t) throws(KernelReturn) {
    if mask & ~ExceptionActions.allKinds != 0 { throw .invalidArgument }
    self.mask = mask
    behavior = 0
    flavor = 0
  }

  func includes(_ kind: Int) -> Bool { mask & (1 << UInt32(kind)) != 0 }
}

/// One entry of get_exception_ports: kinds that share an action.
package struct ExceptionEntry {
  package var mask: exception_mask_t = 0
  /// The port's name in the caller's space.
  package var name: mach_port_name_t = 0
  package var behavior: exception_behavior_t = 0
  package var flavor: thread_state_flavor_t = 0
  /// The port until it has a name.
  var port: UInt = 0
  /// What it is a copy of.
  var source: UInt = 0
}

/// At most one entry for each kind.
package struct ExceptionEntries {
  package private(set) var count = 0
  private var entries = InlineArray<14, ExceptionEntry>(repeating: ExceptionEntry())

  package subscript(index: Int) -> ExceptionEntry { entries[index] }

  /// Adds a kind to the entry of the same action, or a new entry if `limit` allows. `port` is copied for a new entry.
  /// Returns false when there is no room.
  fileprivate mutating func add(_ action: ExceptionAction, _ kind: Int, limit: Int) -> Bool {
    for index in 0..<count
    where entries[index].source == action.port && entries[index].behavior == action.behavior
      && entries[index].flavor == action.flavor
    {
      entries[index].mask |= 1 << UInt32(kind)
      return true
    }
    if count >= limit { return false }
    entries[count] = ExceptionEntry(
      mask: 1 << UInt32(kind), behavior: action.behavior, flavor: action.flavor,
      port: StoredRight.copy(action.port).leak(), source: action.port)
    count += 1
    return true
  }

  /// Gives every port a name in a space. A port without room for its name ends and shows as NULL.
  package mutating func name(in space: Space) {
    for index in 0..<count {
      let right = TransferredRight(adopting: entries[index].port, disposition: MACH_MSG_TYPE_PORT_SEND)
      entries[index].port = 0
      entries[index].name = space.nameOrNull(for: right)
    }
  }
}

extension ExceptionActions {
  /// Replaces the actions of the request's kinds; `port` is copied for each. The old ports go to `old`.
  func set(_ request: ExceptionRequest, _ port: UInt, _ old: inout StoredRights) {
    for kind in ExceptionActions.kinds where request.includes(kind) {
      replace(kind, request, port, &old)
    }
  }

  private func replace(_ kind: Int, _ request: ExceptionRequest, _ port: UInt, _ old: inout StoredRights) {
    old.append(self[kind].port)
    self[kind] = ExceptionAction(
      port: StoredRight.copy(port).leak(), behavior: request.behavior, flavor: request.flavor)
  }

  /// The actions of the request's kinds, up to `limit` entries.
  func get(_ request: ExceptionRequest, limit: Int) -> ExceptionEntries {
    var entries = ExceptionEntries()
    for kind in ExceptionActions.kinds where request.includes(kind) {
      if !entries.add(self[kind], kind, limit: limit) { break }
    }
    return entries
  }

  /// Both at once; kinds for which there is no room in the answer keep their action.
  func swap(
    _ request: ExceptionRequest, _ port: UInt, limit: Int, _ old: inout StoredRights
  ) -> ExceptionEntries {
    var entries = ExceptionEntries()
    for kind in ExceptionActions.kinds where request.includes(kind) {
      if entries.count >= limit { break }
      _ = entries.add(self[kind], kind, limit: limit)
      replace(kind, request, port, &old)
    }
    return entries
  }

  /// Takes all ports out.
  func takeAll(_ old: inout StoredRights) {
    for kind in ExceptionActions.kinds {
      old.append(self[kind].port)
      self[kind] = ExceptionAction()
    }
  }
}

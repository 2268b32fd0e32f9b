// The model's rights: out of names, into names, and from one name to another.

import CMach

@testable import MachKernel

extension ModelKernel {
  /// Whether a name gives a right by this disposition, dead names included (facts: I7, I8, S7).
  func canCopyin(_ what: ModelName, _ disposition: mach_msg_type_name_t) -> Bool {
    switch disposition {
    case MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE, MACH_MSG_TYPE_MOVE_RECEIVE:
      what.type & Entry.receive != 0
    case MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_COPY_SEND: what.type & (Entry.send | Entry.deadName) != 0
    case MACH_MSG_TYPE_MOVE_SEND_ONCE: what.type & (Entry.sendOnce | Entry.deadName) != 0
    default: false
    }
  }

  /// Takes a right out of a name, or makes it from the name's. Throws INVALID_NAME and INVALID_RIGHT.
  func copyin(
    _ task: ModelTask, _ name: mach_port_name_t, _ disposition: mach_msg_type_name_t
  ) throws(KernelReturn) -> ModelRight {
    guard let what = task[name] else { throw .invalidName }
    guard canCopyin(what, disposition) else { throw .invalidRight }
    guard let port = what.port else {
      if disposition != MACH_MSG_TYPE_COPY_SEND { takeReference(task, name) }
      return .dead
    }
    switch disposition {
    case MACH_MSG_TYPE_MAKE_SEND:
      port.state.makeSends &+= 1  // facts: T2
      return .send(port)
    case MACH_MSG_TYPE_COPY_SEND: return .send(port)
    case MACH_MSG_TYPE_MOVE_SEND:
      takeReference(task, name)
      return .send(port)
    case MACH_MSG_TYPE_MAKE_SEND_ONCE: return .sendOnce(port)
    case MACH_MSG_TYPE_MOVE_SEND_ONCE:
      task.remove(name)
      return .sendOnce(port)
    default:
      task.update(name) { $0.type &= ~Entry.receive }
      port.leaveSets()  // facts: T19, P7
      port.state.holder = nil
      port.state.name = Name.null
      (port.state.makeSends, port.state.context, port.state.sequence) = (0, 0, 0)
      return .receive(port)
    }
  }

  private func takeReference(_ task: ModelTask, _ name: mach_port_name_t) {
    task.update(name) {
      $0.references -= 1
      if $0.references == 0 { $0.type &= Entry.receive }
    }
  }

  /// Gives a right a name: the one that holds the port already, else a new one (facts: I9, R16).
  func copyout(_ right: ModelRight, to task: ModelTask) -> mach_port_name_t {
    guard let port = right.port else {
      if case .dead = right { return Name.dead }
      return Name.null
    }
    guard port.state.isAlive else { return Name.dead }
    if case .sendOnce = right {
      let name = task.chooseName()
      join(right, port, to: task, name)
      return name
    }
    let name = task.name(of: port) ?? task.chooseName()
    join(right, port, to: task, name)
    return name
  }

  /// Gives a right a wanted name. Throws, in this order, what `checkWanted` does, RIGHT_EXISTS, NAME_EXISTS,
  /// INVALID_CAPABILITY, UREFS_OVERFLOW (facts: I3, I4, I5).
  func copyout(_ right: ModelRight, to task: ModelTask, as wanted: mach_port_name_t) throws(KernelReturn) {
    try task.checkWanted(wanted)
    var held: mach_port_name_t?
    if let port = right.port, port.state.isAlive {
      if case .sendOnce = right {} else { held = task.name(of: port) }
    }
    if let held {
      guard held == wanted else {
        // The wanted slot was had for a moment; what it is named next shows it.
        if task[wanted] == nil { touch(task, wanted) }
        throw .rightExists
      }
      if case .send = right, task[wanted]?.references == Entry.maximumSendReferences { throw .userReferencesOverflow }
    } else if task[wanted] != nil {
      throw .nameExists
    }
    guard let port = right.port, port.state.isAlive else {
      touch(task, wanted)
      throw .invalidCapability
    }
    join(right, port, to: task, wanted)
  }

  private func touch(_ task: ModelTask, _ name: mach_port_name_t) {
    task.put(ModelName(type: Entry.deadName), under: name)
    task.remove(name)
  }

  /// Puts a right of a living port under a name: a new one, or the one that has rights of the port.
  private func join(_ right: ModelRight, _ port: ModelPort, to task: ModelTask, _ name: mach_port_name_t) {
    var what = task[name] ?? ModelName(type: 0, port: port)
    switch right {
    case .null, .dead: break
    case .send:
      what.type |= Entry.send
      what.references = min(what.references + 1, Entry.maximumSendReferences)  // facts: R16
    case .sendOnce:
      what.type |= Entry.sendOnce
      what.references = 1
    case .receive:
      what.type |= Entry.receive
      port.state.holder = task
      port.state.name = name
      port.state.travelsTo = nil
    }
    task.put(what, under: name)
  }

  /// insert_right into a task, of a name of the caller's, which may be the same (facts: I10 and the Choices). A failure
  /// changes nothing: all is as before.
  func insert(
    into task: ModelTask, as name: mach_port_name_t, from source: mach_port_name_t,
    _ disposition: mach_msg_type_name_t, of caller: ModelTask
  ) throws(KernelReturn) {
    if name == Name.null || name == Name.dead || !dispositions.contains(disposition) { throw .invalidValue }
    if source == Name.null || source == Name.dead { throw .invalidCapability }
    guard let what = caller[source] else { throw .invalidName }
    if !canCopyin(what, disposition) { throw .invalidRight }
    guard let port = what.port else { throw .invalidCapability }
    let (table, callersTable, state) = (task.table, caller.table, port.state)
    let members = state.sets.map(\.members)
    do throws(KernelReturn) {
      try copyout(try copyin(caller, source, disposition), to: task, as: name)
    } catch {
      task.table = table
      caller.table = callersTable
      port.state = state
      for (set, before) in zip(state.sets, members) { set.members = before }
      throw error
    }
  }

  /// extract_right from a task to the caller, which may be the same (facts: I7, I8, I11).
  func extract(
    _ task: ModelTask, _ name: mach_port_name_t, _ disposition: mach_msg_type_name_t, to caller: ModelTask
  ) throws(KernelReturn) -> mach_port_name_t {
    if !dispositions.contains(disposition) { throw .invalidValue }
    if name == Name.null || name == Name.dead { throw .invalidRight }
    return copyout(try copyin(task, name, disposition), to: caller)
  }

  // MARK: Sets

  func receivePort(_ task: ModelTask, _ name: mach_port_name_t) throws(KernelReturn) -> ModelPort {
    guard let what = task[name] else { throw .invalidName }
    guard what.type & Entry.receive != 0, let port = what.port else { throw .invalidRight }
    return port
  }

  private func portSet(_ task: ModelTask, _ name: mach_port_name_t) throws(KernelReturn) -> ModelSet {
    guard let what = task[name] else { throw .invalidName }
    guard let set = what.set else { throw .invalidRight }
    return set
  }

  private func portAndSet(
    _ task: ModelTask, _ name: mach_port_name_t, _ setName: mach_port_name_t
  ) throws(KernelReturn) -> (ModelPort, ModelSet) {
    if task[name] == nil || task[setName] == nil { throw .invalidName }  // facts: P8
    return (try receivePort(task, name), try portSet(task, setName))
  }

  func insertMember(
    _ task: ModelTask, _ name: mach_port_name_t, into setName: mach_port_name_t
  ) throws(KernelReturn) {
    let (port, set) = try portAndSet(task, name, setName)
    if set.members.contains(where: { $0 === port }) { throw .alreadyInSet }  // facts: P1
    set.members.append(port)
    port.state.sets.append(set)
  }

  func extractMember(
    _ task: ModelTask, _ name: mach_port_name_t, from setName: mach_port_name_t
  ) throws(KernelReturn) {
    let (port, set) = try portAndSet(task, name, setName)
    if !set.members.contains(where: { $0 === port }) { throw .notInSet }  // facts: P1
    set.members.removeAll { $0 === port }
    port.state.sets.removeAll { $0 === set }
  }

  func moveMember(
    _ task: ModelTask, _ name: mach_port_name_t, to setName: mach_port_name_t
  ) throws(KernelReturn) {
    let port = try receivePort(task, name)
    let set = setName == Name.null ? nil : try portSet(task, setName)  // facts: P2, P8
    port.leaveSets()
    guard let set else { return }
    set.members.append(port)
    port.state.sets.append(set)
  }
}

// Copyin: a name and a disposition become a right in transit.

import CMach

extension LockedSpace {
  /// Whether `copyin` with this disposition would succeed, dead names allowed (historic: `ipc_right_copyin_check`).
  @inline(__always)
  func canCopyin(_ entry: UnsafeMutablePointer<Entry>, _ disposition: mach_msg_type_name_t) -> Bool {
    switch disposition {
    case MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE, MACH_MSG_TYPE_MOVE_RECEIVE:
      return entry.pointee.has(Entry.receive)
    default:
      if entry.pointee.has(Entry.deadName) { return true }
      guard entry.pointee.has(Entry.send | Entry.sendOnce), let object = entry.pointee.object else { return false }
      let wanted = disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE ? Entry.sendOnce : Entry.send
      if entry.pointee.has(wanted) { return true }
      return !Port(object).locked().body.isActive
    }
  }

  /// Takes a right out of, or makes it from, what a name holds (historic: `ipc_right_copyin`; facts: I7, I8, I11, S7,
  /// T2). A slot that this leaves without a right keeps its name with type 0 until `freeIfEmpty`.
  /// Throws INVALID_RIGHT, also for a dead name unless `allowingDead`.
  @inline(never)
  func copyin(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ disposition: mach_msg_type_name_t,
    allowingDead: Bool, _ aftermath: inout Aftermath
  ) throws(KernelReturn) -> TransferredRight {
    try copyinInlined(entry, named: name, disposition, allowingDead: allowingDead, &aftermath)
  }

  /// The same for the header of a message, where a call would show.
  @inline(__always)
  func copyinInlined(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ disposition: mach_msg_type_name_t,
    allowingDead: Bool, _ aftermath: inout Aftermath
  ) throws(KernelReturn) -> TransferredRight {
    switch disposition {
    case MACH_MSG_TYPE_MAKE_SEND:
      guard entry.pointee.has(Entry.receive), let object = entry.pointee.object else { throw .invalidRight }
      return .send(SendRight(making: Port(object).locked()))
    case MACH_MSG_TYPE_MAKE_SEND_ONCE:
      guard entry.pointee.has(Entry.receive), let object = entry.pointee.object else { throw .invalidRight }
      return .sendOnce(SendOnceRight(making: Port(object).locked()))
    case MACH_MSG_TYPE_MOVE_RECEIVE:
      guard entry.pointee.has(Entry.receive) else { throw .invalidRight }
      return .receive(try moveReceive(entry, named: name, &aftermath))
    case MACH_MSG_TYPE_COPY_SEND:
      if entry.pointee.has(Entry.send), let object = entry.pointee.object {
        let port = Port(object).locked()
        if port.body.isActive { return .send(SendRight(copying: port)) }
      }
      return try copyinDead(entry, named: name, Entry.send, isMove: false, allowingDead)
    case MACH_MSG_TYPE_MOVE_SEND:
      if entry.pointee.has(Entry.send), let object = entry.pointee.object {
        let port = Port(object).locked()
        if port.body.isActive { return .send(moveSend(entry, named: name, port, &aftermath)) }
      }
      return try copyinDead(entry, named: name, Entry.send, isMove: true, allowingDead)
    case MACH_MSG_TYPE_MOVE_SEND_ONCE:
      if entry.pointee.has(Entry.sendOnce), let object = entry.pointee.object {
        let port = Port(object).locked()
        if port.body.isActive {
          port.cancelRequest(of: entry, named: name, &aftermath)
          entry.pointee.object = nil
          entry.pointee.bits = 0
          port.unlock()
          return .sendOnce(SendOnceRight(adopting: Port(object)))
        }
      }
      return try copyinDead(entry, named: name, Entry.sendOnce, isMove: true, allowingDead)
    default:
      throw .invalidRight
    }
  }

  /// One user reference of a live send right leaves the name.
  private func moveSend(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ locked: borrowing LockedPort,
    _ aftermath: inout Aftermath
  ) -> SendRight {
    if entry.pointee.userReferences > 1 {
      entry.pointee.bits = entry.pointee.bits - 1
      return SendRight(copying: locked)
    }
    if entry.pointee.has(Entry.receive) {
      entry.pointee.bits = Entry.receive
      locked.port.retain()
    } else {
      locked.cancelRequest(of: entry, named: name, &aftermath)
      body.table.unhash(entry, named: name, for: locked.port)
      entry.pointee.object = nil
      entry.pointee.bits = 0
    }
    return SendRight(adopting: locked.port)
  }

  /// The receive right leaves the name; a send right stays under it. Throws INVALID_CAPABILITY when it may not.
  private func moveReceive(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ aftermath: inout Aftermath
  ) throws(KernelReturn) -> ReceiveRight {
    let port = Port(entry.pointee.object!)
    let locked = port.locked()
    try locked.checkMovable(named: name, &aftermath)
    if entry.pointee.has(Entry.send) {
      body.table.hash(entry, named: name, for: port)
      port.retain()
      entry.pointee.bits = entry.pointee.bits & ~Entry.receive
    } else {
      locked.cancelRequest(of: entry, named: name, &aftermath)
      entry.pointee.object = nil
      entry.pointee.bits = 0
    }
    locked.clearReceiver(&aftermath)
    return ReceiveRight(adopting: port)
  }

  /// The name is dead, holds a right to a dead port, or lacks the right.
  private func copyinDead(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ wanted: UInt32, isMove: Bool,
    _ allowingDead: Bool
  ) throws(KernelReturn) -> TransferredRight {
    convertIfDead(entry, named: name)
    guard entry.pointee.has(Entry.deadName), allowingDead else { throw .invalidRight }
    if isMove {
      let references = entry.pointee.userReferences
      entry.pointee.bits = references == 1 ? 0 : Entry.deadName | (references - 1)
    }
    return .dead
  }

  /// Frees a slot that a copyin has left without a right.
  @inline(__always)
  func freeIfEmpty(_ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t) {
    if entry.pointee.type == 0 { body.table.free(entry, named: name) }
  }

  /// Copies in two send rights of one name, for the destination and the reply of a message
  /// (historic: `ipc_right_copyin_two`; facts: S6). Throws INVALID_CAPABILITY if the name lacks the second right
  /// alone, INVALID_RIGHT for every other clash.
  func copyinTwo(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ first: mach_msg_type_name_t,
    _ second: mach_msg_type_name_t, _ aftermath: inout Aftermath
  ) throws(KernelReturn) -> (TransferredPair) {
    if !canCopyin(entry, second) { throw .invalidCapability }
    if first == MACH_MSG_TYPE_MOVE_SEND_ONCE || second == MACH_MSG_TYPE_MOVE_SEND_ONCE { throw .invalidRight }
    let isMake =
      first == MACH_MSG_TYPE_MAKE_SEND || first == MACH_MSG_TYPE_MAKE_SEND_ONCE
      || second == MACH_MSG_TYPE_MAKE_SEND || second == MACH_MSG_TYPE_MAKE_SEND_ONCE
    // Two moves need two references; a move and a copy need one, and the copy is taken first.
    let moves = (first == MACH_MSG_TYPE_MOVE_SEND ? 1 : 0) + (second == MACH_MSG_TYPE_MOVE_SEND ? 1 : 0)
    if moves == 2 { return try moveTwoSends(entry, named: name, &aftermath) }
    if !isMake, moves == 1 {
      let copy = try copyin(entry, named: name, MACH_MSG_TYPE_COPY_SEND, allowingDead: false, &aftermath)
      let moved = try copyin(entry, named: name, MACH_MSG_TYPE_MOVE_SEND, allowingDead: false, &aftermath)
      return TransferredPair(first: copy, second: moved)
    }
    let one = try copyin(entry, named: name, first, allowingDead: false, &aftermath)
    let two = try copyin(entry, named: name, second, allowingDead: false, &aftermath)
    return TransferredPair(first: one, second: two)
  }
}

extension LockedPort {
  /// Throws INVALID_CAPABILITY, with a violation, when the receive right is bound to its space (facts: G12).
  func checkMovable(named name: mach_port_name_t, _ aftermath: inout Aftermath) throws(KernelReturn) {
    guard body.isImmovable else { return }
    aftermath.report(GuardViolation(name: name, flavor: .immovable, expected: 0, given: 0))
    throw .invalidCapability
  }
}

extension LockedSpace {
  /// Two user references of a send right leave a name in one step. Throws INVALID_RIGHT when there are not two, or the
  /// port has died.
  private func moveTwoSends(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ aftermath: inout Aftermath
  ) throws(KernelReturn) -> TransferredPair {
    guard entry.pointee.has(Entry.send), entry.pointee.userReferences >= 2, let object = entry.pointee.object else {
      throw .invalidRight
    }
    let port = Port(object).locked()
    guard port.body.isActive else { throw .invalidRight }
    let first = moveSend(entry, named: name, port, &aftermath)
    let second = moveSend(entry, named: name, port, &aftermath)
    return TransferredPair(first: .send(first), second: .send(second))
  }
}

/// The destination and reply rights of a message.
struct TransferredPair: ~Copyable {
  var first: TransferredRight
  var second: TransferredRight
}

// User references: how names give rights back, one at a time or all at once.

import CMach

extension Space {
  /// mach_port_deallocate: one user reference of a send, send-once or dead-name right less (facts: R9).
  /// Throws INVALID_NAME, INVALID_RIGHT (a bare receive right, a set), INVALID_TASK.
  package func deallocate(_ name: mach_port_name_t) throws(KernelReturn) {
    let locked = locked()
    let entry = try locked.entry(named: name)
    if entry.pointee.type == Entry.send || entry.pointee.type == Entry.sendOnce {
      locked.convertIfDead(entry, named: name)
    }
    switch entry.pointee.type {
    case Entry.deadName: locked.changeReferences(of: entry, named: name, by: -1)
    case Entry.send, Entry.send | Entry.receive: try releaseSend(entry, named: name, count: 1, of: .deallocate, locked)
    case Entry.sendOnce: try releaseSendOnce(entry, named: name, of: .deallocate, locked)
    default: throw .invalidRight
    }
  }

  /// mach_port_mod_refs: changes the user references of one right (facts: R3, R4, R5, R7, R8, R11). `right` is below
  /// MACH_PORT_RIGHT_NUMBER. Throws INVALID_NAME, INVALID_RIGHT, INVALID_VALUE, UREFS_OVERFLOW, INVALID_TASK.
  package func modifyReferences(
    of name: mach_port_name_t, right: mach_port_right_t, by delta: mach_port_delta_t
  ) throws(KernelReturn) {
    let locked = locked()
    let entry = try locked.currentEntry(named: name)
    switch right {
    case MACH_PORT_RIGHT_PORT_SET:
      if try !isDestruction(entry, Entry.portSet, delta) { return }
      destroySet(entry, named: name, locked)
    case MACH_PORT_RIGHT_RECEIVE:
      if try !isDestruction(entry, Entry.receive, delta) { return }
      try destroyReceive(entry, named: name, locked)
    case MACH_PORT_RIGHT_SEND_ONCE:
      if try !isDestruction(entry, Entry.sendOnce, delta) { return }
      try releaseSendOnce(entry, named: name, of: .modifyReferences, locked)
    case MACH_PORT_RIGHT_DEAD_NAME:
      guard entry.pointee.has(Entry.deadName) else { throw .invalidRight }
      try checkReferences(entry.pointee.userReferences, delta, maximum: Entry.maximumReferences)
      locked.changeReferences(of: entry, named: name, by: delta)
    case MACH_PORT_RIGHT_SEND:
      guard entry.pointee.has(Entry.send) else { throw .invalidRight }
      try checkReferences(entry.pointee.userReferences, delta, maximum: Entry.maximumSendReferences)
      if delta < 0 {
        let count = UInt32(bitPattern: 0 &- delta)
        try releaseSend(entry, named: name, count: count, of: .modifyReferences, locked)
      } else {
        entry.pointee.bits = entry.pointee.bits + UInt32(bitPattern: delta)
      }
    default: throw .invalidRight
    }
  }

  /// For the rights without a count: held at all, and is the delta -1 (true) or 0 (false)?
  private func isDestruction(
    _ entry: UnsafeMutablePointer<Entry>, _ type: UInt32, _ delta: mach_port_delta_t
  ) throws(KernelReturn) -> Bool {
    guard entry.pointee.has(type) else { throw .invalidRight }
    if delta == 0 { return false }
    if delta != -1 { throw .invalidValue }
    return true
  }

  private func checkReferences(
    _ references: UInt32, _ delta: mach_port_delta_t, maximum: UInt32
  ) throws(KernelReturn) {
    let result = Int64(references) + Int64(delta)
    if result < 0 { throw .invalidValue }
    if result > Int64(maximum) { throw .userReferencesOverflow }
  }

  /// mach_port_destroy: all rights of a name at once (facts: R10, R17). Throws INVALID_NAME, INVALID_TASK.
  package func destroy(_ name: mach_port_name_t) throws(KernelReturn) {
    let locked = locked()
    let entry = try locked.currentEntry(named: name)
    let type = entry.pointee.type
    switch type {
    case Entry.portSet: destroySet(entry, named: name, locked)
    case Entry.send:
      try releaseSend(entry, named: name, count: entry.pointee.userReferences, of: .destroy, locked)
    case Entry.sendOnce: try releaseSendOnce(entry, named: name, of: .destroy, locked)
    case Entry.deadName: locked.body.table.free(entry, named: name)
    default:
      guard let object = entry.pointee.object else { return }
      try destroyAll(entry, named: name, Port(object).locked(), locked)
    }
  }

  /// A receive right, and perhaps send rights under the same name, end at once (facts: R10, R17, T24).
  private func destroyAll(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ port: consuming LockedPort,
    _ locked: consuming LockedSpace
  ) throws(KernelReturn) {
    if port.body.isGuarded, port.body.context != 0 {
      let guardValue = port.body.context
      port.unlock()
      locked.unlock()
      GuardViolation(name: name, flavor: .destroy, expected: guardValue, given: 0).raise()
      throw .invalidRight
    }
    if entry.pointee.request != 0 || entry.pointee.has(Entry.send) {
      return destroyWithSend(entry, named: name, port, locked)
    }
    locked.body.table.free(entry, named: name)
    locked.unlock()
    port.destroy()
  }

  @inline(never)
  private func destroyWithSend(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ port: consuming LockedPort,
    _ locked: consuming LockedSpace
  ) {
    var aftermath = Aftermath()
    var late = Aftermath()
    port.cancelRequest(of: entry, named: name, &late)
    let hadSend = entry.pointee.has(Entry.send)
    locked.body.table.free(entry, named: name)
    locked.unlock()
    if hadSend { port.dropSend(&aftermath) }
    port.destroy()
    aftermath.finish()
    late.finish()
  }

  // MARK: One kind of right

  /// The calls that take references from one name.
  private enum Call { case deallocate, modifyReferences, destroy }

  /// The port of a send or send-once right has died after its name was looked up: the call does what it would have done
  /// had it come after the death. Throws INVALID_RIGHT for mach_port_mod_refs, to which the name holds another right now.
  @inline(never)
  private func endDead(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, of call: Call, _ locked: consuming LockedSpace
  ) throws(KernelReturn) {
    locked.convertIfDead(entry, named: name)
    switch call {
    case .deallocate: locked.changeReferences(of: entry, named: name, by: -1)
    case .modifyReferences: throw .invalidRight
    case .destroy: locked.body.table.free(entry, named: name)
    }
  }

  /// Takes `count` user references from a live send right; with the last one the right ends.
  @inline(__always)
  private func releaseSend(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, count: UInt32, of call: Call,
    _ locked: consuming LockedSpace
  ) throws(KernelReturn) {
    if entry.pointee.userReferences > count {
      entry.pointee.bits = entry.pointee.bits - count
      return
    }
    guard let object = entry.pointee.object else { return }
    let port = Port(object)
    var aftermath = Aftermath()
    let lockedPort = port.locked()
    guard lockedPort.body.isActive else {
      lockedPort.unlock()
      return try endDead(entry, named: name, of: call, locked)
    }
    lockedPort.dropSend(&aftermath)
    if entry.pointee.has(Entry.receive) {
      entry.pointee.bits = Entry.receive
      locked.unlock()
      lockedPort.unlock()
    } else {
      lockedPort.cancelRequest(of: entry, named: name, &aftermath)
      locked.body.table.unhash(entry, named: name, for: port)
      locked.body.table.free(entry, named: name)
      locked.unlock()
      lockedPort.unlockReleasing()
    }
    aftermath.finish()
  }

  private func releaseSendOnce(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, of call: Call,
    _ locked: consuming LockedSpace
  ) throws(KernelReturn) {
    guard let object = entry.pointee.object else { return }
    var aftermath = Aftermath()
    let port = Port(object).locked()
    guard port.body.isActive else {
      port.unlock()
      return try endDead(entry, named: name, of: call, locked)
    }
    port.cancelRequest(of: entry, named: name, &aftermath)
    locked.body.table.free(entry, named: name)
    port.unlock()
    locked.unlock()
    Notification.postSendOnce(consuming: Port(object))
    aftermath.finish()
  }

  private func destroySet(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ locked: consuming LockedSpace
  ) {
    guard let object = entry.pointee.object else { return }
    locked.body.table.free(entry, named: name)
    locked.unlock()
    PortSet(object).destroy()
  }

  /// The receive right of a name ends. A send right under the same name turns into a dead name with its references, and
  /// one more for an outstanding request; where PORT_DESTROYED is asked for it stays a send right (facts: R11). A
  /// guarded port stays (facts: R12, R18).
  private func destroyReceive(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ locked: consuming LockedSpace
  ) throws(KernelReturn) {
    guard let object = entry.pointee.object else { return }
    let port = Port(object).locked()
    if port.body.isGuarded {
      let guardValue = port.body.context
      port.unlock()
      locked.unlock()
      GuardViolation(name: name, flavor: .modifyReferences, expected: guardValue, given: 0).raise()
      throw .invalidRight
    }
    var late = Aftermath()
    locked.removeReceive(entry, named: name, port, &late)
    locked.unlock()
    port.destroy()
    late.finish()
  }

  // MARK: Look-ups

  /// The type bits and user references of a name: mach_port_type and mach_port_get_refs (facts: R1, R13).
  /// Throws INVALID_NAME, INVALID_TASK.
  package func information(
    about name: mach_port_name_t
  ) throws(KernelReturn) -> (type: mach_port_type_t, userReferences: mach_port_urefs_t) {
    let locked = locked()
    let entry = try locked.currentEntry(named: name)
    var type = entry.pointee.type
    if entry.pointee.request != 0, let object = entry.pointee.object {
      type |= Port(object).locked().body.requests.type(entry.pointee.request)
    }
    return (type, entry.pointee.userReferences)
  }
}

extension LockedSpace {
  /// Changes the references of a dead name within its limits; at 0 the name is free.
  func changeReferences(
    of entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, by delta: mach_port_delta_t
  ) {
    let references = Int64(entry.pointee.userReferences) + Int64(delta)
    if references == 0 {
      body.table.free(entry, named: name)
    } else {
      entry.pointee.bits = Entry.deadName | UInt32(references)
    }
  }

  /// Takes the receive right out of an entry; the port is about to be destroyed.
  func removeReceive(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ port: borrowing LockedPort,
    _ late: inout Aftermath
  ) {
    guard entry.pointee.has(Entry.send) else {
      port.cancelRequest(of: entry, named: name, &late)
      body.table.free(entry, named: name)
      return
    }
    if port.body.portDestroyed != nil || port.body.returnsToBootstrap {
      entry.pointee.bits = entry.pointee.bits & ~Entry.receive
      body.table.hash(entry, named: name, for: port.port)
      port.port.retain()
      return
    }
    let isRequested = port.body.requests.type(entry.pointee.request) != 0
    entry.pointee.bits = Entry.deadName | (entry.pointee.userReferences + (isRequested ? 1 : 0))
    entry.pointee.object = nil
    // The request itself stays in the port's table: its DEAD_NAME goes out with the port's death.
    entry.pointee.request = 0
    port.body.sendRightCount -= 1
  }
}

extension LockedPort {
  /// A name is about to lose its rights: a request on it ends with PORT_DELETED (facts: T12). Not for cancelling.
  @inline(__always)
  func cancelRequest(
    of entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ aftermath: inout Aftermath
  ) {
    if entry.pointee.request != 0 { deleteRequest(of: entry, named: name, &aftermath) }
  }

  @inline(never)
  private func deleteRequest(
    of entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ aftermath: inout Aftermath
  ) {
    let notification = body.requests.remove(entry.pointee.request)
    entry.pointee.request = 0
    if let notification { aftermath.post(notification.filled(as: .portDeleted(name))) }
  }
}

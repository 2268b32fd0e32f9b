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
    case Entry.send, Entry.send | Entry.receive: releaseSend(entry, named: name, count: 1, locked)
    case Entry.sendOnce: releaseSendOnce(entry, named: name, locked)
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
      destroyReceive(entry, named: name, locked)
    case MACH_PORT_RIGHT_SEND_ONCE:
      if try !isDestruction(entry, Entry.sendOnce, delta) { return }
      releaseSendOnce(entry, named: name, locked)
    case MACH_PORT_RIGHT_DEAD_NAME:
      guard entry.pointee.has(Entry.deadName) else { throw .invalidRight }
      try checkReferences(entry.pointee.userReferences, delta, maximum: Entry.maximumReferences)
      locked.changeReferences(of: entry, named: name, by: delta)
    case MACH_PORT_RIGHT_SEND:
      guard entry.pointee.has(Entry.send) else { throw .invalidRight }
      try checkReferences(entry.pointee.userReferences, delta, maximum: Entry.maximumSendReferences)
      if delta < 0 {
        releaseSend(entry, named: name, count: UInt32(bitPattern: 0 &- delta), locked)
      } else {
        entry.pointee.bits += UInt32(bitPattern: delta)
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
      releaseSend(entry, named: name, count: entry.pointee.userReferences, locked)
    case Entry.sendOnce: releaseSendOnce(entry, named: name, locked)
    case Entry.deadName: locked.body.table.free(entry, named: name)
    default:
      guard let object = entry.pointee.object else { return }
      let port = Port(object)
      locked.body.table.free(entry, named: name)
      let lockedPort = port.locked()
      locked.unlock()
      if type & Entry.send != 0 { lockedPort.body.sendRightCount -= 1 }
      lockedPort.destroy()
    }
  }

  // MARK: One kind of right

  /// Takes `count` user references from a live send right; with the last one the right ends.
  @inline(__always)
  private func releaseSend(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, count: UInt32, _ locked: consuming LockedSpace
  ) {
    if entry.pointee.userReferences > count {
      entry.pointee.bits -= count
      return
    }
    guard let object = entry.pointee.object else { return }
    let port = Port(object)
    if entry.pointee.has(Entry.receive) {
      entry.pointee.bits = Entry.receive
      let lockedPort = port.locked()
      locked.unlock()
      lockedPort.body.sendRightCount -= 1
    } else {
      locked.body.table.unhash(entry, named: name, for: port)
      locked.body.table.free(entry, named: name)
      locked.unlock()
      SendRight(adopting: port).drop()
    }
  }

  private func releaseSendOnce(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ locked: consuming LockedSpace
  ) {
    guard let object = entry.pointee.object else { return }
    locked.body.table.free(entry, named: name)
    locked.unlock()
    Notification.postSendOnce(consuming: Port(object))
  }

  private func destroySet(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ locked: consuming LockedSpace
  ) {
    guard let object = entry.pointee.object else { return }
    locked.body.table.free(entry, named: name)
    locked.unlock()
    PortSet(object).destroy()
  }

  /// The receive right of a name ends; a send right under the same name turns into a dead name with its references.
  private func destroyReceive(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ locked: consuming LockedSpace
  ) {
    guard let object = entry.pointee.object else { return }
    let port = Port(object)
    let lockedPort = port.locked()
    if entry.pointee.has(Entry.send) {
      entry.pointee.bits = Entry.deadName | entry.pointee.userReferences
      entry.pointee.object = nil
      lockedPort.body.sendRightCount -= 1
    } else {
      locked.body.table.free(entry, named: name)
    }
    locked.unlock()
    lockedPort.destroy()
  }

  // MARK: Look-ups

  /// The type bits and user references of a name: mach_port_type and mach_port_get_refs (facts: R1, R13).
  /// Throws INVALID_NAME, INVALID_TASK.
  package func information(
    about name: mach_port_name_t
  ) throws(KernelReturn) -> (type: mach_port_type_t, userReferences: mach_port_urefs_t) {
    let locked = locked()
    let entry = try locked.currentEntry(named: name)
    return (entry.pointee.type, entry.pointee.userReferences)
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
}

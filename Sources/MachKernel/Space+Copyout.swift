// Copyout: a right in transit becomes a name.

import CMach

extension LockedSpace {
  /// The slot that already names a port's send or receive right (historic: `ipc_right_reverse`). The port is locked.
  @inline(__always)
  private func reverse(_ port: borrowing LockedPort) -> (name: mach_port_name_t, entry: UnsafeMutablePointer<Entry>)? {
    guard port.body.isActive else { return nil }
    if port.body.receiver == space {
      let name = port.body.receiverName
      guard let entry = body.table.slot(Name.index(name)) else { return nil }
      return (name, entry)
    }
    return body.table.sendEntry(for: port.port)
  }

  /// Gives a right a name: the one that holds the port already, except for send-once rights, else a fresh one
  /// (historic: `ipc_object_copyout`; facts: I9, R16). NULL and DEAD are their own names; a right whose port has died
  /// becomes MACH_PORT_DEAD. Throws, and ends the right, NO_SPACE, RESOURCE_SHORTAGE, and INVALID_TASK when the space
  /// has ended.
  @inline(__always)
  func copyout(_ right: consuming TransferredRight) throws(KernelReturn) -> mach_port_name_t {
    guard body.isActive else { throw .invalidTask }
    switch consume right {
    case .null: return Name.null
    case .dead: return Name.dead
    case .send(let right): return try copyoutSend(right)
    case .sendOnce(let right): return try copyoutSendOnce(right)
    case .receive(let right): return try copyoutReceive(right)
    }
  }

  private func copyoutSend(_ right: consuming SendRight) throws(KernelReturn) -> mach_port_name_t {
    let port = right.port.locked()
    if let (name, entry) = reverse(port) {
      merge(right, into: entry, port)
      return name
    }
    guard port.body.isActive else {
      port.unlock()
      return Name.dead
    }
    let name: mach_port_name_t
    let entry: UnsafeMutablePointer<Entry>
    do throws(KernelReturn) {
      (name, entry) = try body.table.claim()
    } catch {
      port.unlock()
      throw error
    }
    store(right, in: entry, named: name)
    return name
  }

  /// The name has send or receive rights of this port already. At the limit the reference is absorbed (facts: R16).
  private func merge(
    _ right: consuming SendRight, into entry: UnsafeMutablePointer<Entry>, _ port: borrowing LockedPort
  ) {
    if entry.pointee.has(Entry.send) {
      if entry.pointee.userReferences < Entry.maximumSendReferences { entry.pointee.bits = entry.pointee.bits + 1 }
      right.merge(into: port)
    } else {
      entry.pointee.bits = Entry.receive | Entry.send | 1
      right.leak().release()
    }
  }

  private func store(
    _ right: consuming SendRight, in entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t
  ) {
    let port = right.leak()
    entry.pointee.object = UnsafeMutableRawPointer(port.object)
    entry.pointee.bits = Entry.send | 1
    body.table.hash(entry, named: name, for: port)
  }

  private func copyoutSendOnce(_ right: consuming SendOnceRight) throws(KernelReturn) -> mach_port_name_t {
    if right.port.shared.pointee.isDead {
      right.forget()
      return Name.dead
    }
    let (name, entry) = try body.table.claim()
    entry.pointee.object = UnsafeMutableRawPointer(right.leak().object)
    entry.pointee.bits = Entry.sendOnce | 1
    return name
  }

  private func copyoutReceive(_ right: consuming ReceiveRight) throws(KernelReturn) -> mach_port_name_t {
    if let (name, entry) = body.table.sendEntry(for: right.port) {
      body.table.unhash(entry, named: name, for: right.port)
      entry.pointee.bits = entry.pointee.bits | Entry.receive
      let port = right.leak()
      arrive(port, named: name)
      port.release()
      return name
    }
    let (name, entry) = try body.table.claim()
    let port = right.leak()
    entry.pointee.object = UnsafeMutableRawPointer(port.object)
    entry.pointee.bits = Entry.receive
    arrive(port, named: name)
    return name
  }

  /// The receive right of a port is in this space now.
  private func arrive(_ port: Port, named name: mach_port_name_t) {
    let locked = port.locked()
    let destination = locked.body.destination
    locked.body.settle(in: space, named: name)
    locked.unlock()
    destination?.release()
  }
}

extension LockedSpace {
  /// Gives a right a wanted name (historic: `ipc_object_copyout_name`; facts: I3, I4, I5). On failure the right stays
  /// in `right`. Throws FAILURE, NO_SPACE, RESOURCE_SHORTAGE, RIGHT_EXISTS, NAME_EXISTS, INVALID_CAPABILITY (the port
  /// has died), UREFS_OVERFLOW.
  func copyout(_ right: inout TransferredRight, as wanted: mach_port_name_t) throws(KernelReturn) {
    let held = existingName(of: right)
    let entry = try body.table.claim(named: wanted)
    let isFresh = entry.pointee.type == 0
    if let held {
      if held != wanted {
        if isFresh { body.table.free(entry, named: wanted) }
        throw .rightExists
      }
      try join(&right, entry, named: wanted)
      return
    }
    if !isFresh {
      convertIfDead(entry, named: wanted)
      throw .nameExists
    }
    guard right.isPortActive else {
      body.table.free(entry, named: wanted)
      throw .invalidCapability
    }
    take(&right, in: entry, named: wanted)
  }

  /// The name under which this space already holds a send or receive right of the port, unless the right is send-once.
  private func existingName(of right: borrowing TransferredRight) -> mach_port_name_t? {
    guard let port = right.mergeablePort else { return nil }
    return reverse(port.locked())?.name
  }

  /// The wanted name holds the port already.
  private func join(
    _ right: inout TransferredRight, _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t
  ) throws(KernelReturn) {
    if right.isSend, entry.pointee.has(Entry.send), entry.pointee.userReferences >= Entry.maximumSendReferences {
      throw .userReferencesOverflow
    }
    take(&right, in: entry, named: name)
  }

  private func take(
    _ right: inout TransferredRight, in entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t
  ) {
    var taken = TransferredRight.null
    swap(&taken, &right)
    switch consume taken {
    case .null: break
    case .dead: break
    case .send(let send):
      if entry.pointee.type == 0 {
        store(send, in: entry, named: name)
      } else {
        let port = send.port.locked()
        merge(send, into: entry, port)
      }
    case .sendOnce(let once):
      entry.pointee.object = UnsafeMutableRawPointer(once.leak().object)
      entry.pointee.bits = Entry.sendOnce | 1
    case .receive(let receive):
      let port = receive.leak()
      let hadSend = entry.pointee.has(Entry.send)
      if hadSend { body.table.unhash(entry, named: name, for: port) }
      entry.pointee.object = UnsafeMutableRawPointer(port.object)
      entry.pointee.bits = entry.pointee.bits | Entry.receive
      arrive(port, named: name)
      if hadSend { port.release() }
    }
  }
}

extension TransferredRight {
  /// The port of a right that shares its name with others of the same port.
  fileprivate var mergeablePort: Port? {
    switch self {
    case .send(let right): right.port
    case .receive(let right): right.port
    default: nil
    }
  }

  /// It is neither NULL nor DEAD.
  var hasPort: Bool {
    switch self {
    case .null: false
    case .dead: false
    default: true
    }
  }

  fileprivate var isSend: Bool {
    switch self {
    case .send: true
    default: false
    }
  }

  fileprivate var isPortActive: Bool {
    switch self {
    case .send(let right): right.port.locked().body.isActive
    case .sendOnce(let right): right.port.locked().body.isActive
    case .receive(let right): right.port.locked().body.isActive
    default: false
    }
  }
}

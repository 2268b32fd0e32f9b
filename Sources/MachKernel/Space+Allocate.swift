// New names: ports, sets and dead names.

import CMach

extension Space {
  /// What to allocate, as mach_port_allocate_full knows it.
  package struct Allocation {
    package var right: mach_port_right_t
    /// The wanted name; nil for any. A dead name ignores it (facts: N6, N11).
    package var name: mach_port_name_t?
    /// Bytes of a message to reserve for a new port; nil for none.
    package var reserve: UInt32?

    package init(right: mach_port_right_t, name: mach_port_name_t? = nil, reserve: UInt32? = nil) {
      self.right = right
      self.name = name
      self.reserve = reserve
    }
  }

  /// The largest reserved message: its size and a trailer must not overflow (facts: N10).
  private static let maximumReserve = UInt32.max - 68

  /// Allocates a receive right, a port set or a dead name with one user reference, and returns its name
  /// (facts: N5, N6, N10, N11). Throws INVALID_VALUE (a bad right, name or a reserve for what is no port), FAILURE,
  /// NO_SPACE, NAME_EXISTS (the name), RESOURCE_SHORTAGE, INVALID_TASK.
  package func allocate(_ wanted: Allocation) throws(KernelReturn) -> mach_port_name_t {
    if let name = wanted.name, !Name.isValid(name) { throw .invalidValue }
    if let reserve = wanted.reserve {
      if reserve > Space.maximumReserve { throw .resourceShortage }
      if wanted.right != MACH_PORT_RIGHT_RECEIVE { throw .invalidValue }
    }
    switch wanted.right {
    case MACH_PORT_RIGHT_RECEIVE: return try allocatePort(named: wanted.name, reserve: wanted.reserve)
    case MACH_PORT_RIGHT_PORT_SET: return try allocateSet(named: wanted.name)
    case MACH_PORT_RIGHT_DEAD_NAME: return try allocateDeadName()
    default: throw .invalidValue
    }
  }

  @inline(__always)
  private func allocatePort(named wanted: mach_port_name_t?, reserve: UInt32?) throws(KernelReturn) -> mach_port_name_t
  {
    guard let port = Port.make() else { throw .resourceShortage }
    do throws(KernelReturn) {
      if let reserve { try reserveMessage(of: reserve, for: port) }
      let locked = locked()
      let (name, entry) = try locked.claimEmpty(wanted)
      port.unguardedBody.pointee.settle(in: self, named: name)
      entry.pointee.object = UnsafeMutableRawPointer(port.object)
      entry.pointee.bits = Entry.receive
      return name
    } catch {
      port.release()
      throw error
    }
  }

  private func reserveMessage(of size: UInt32, for port: Port) throws(KernelReturn) {
    guard let message = Message.make(size: max(size, 40)) else {
      throw .resourceShortage
    }
    port.unguardedBody.pointee.reserve = message
  }

  private func allocateSet(named wanted: mach_port_name_t?) throws(KernelReturn) -> mach_port_name_t {
    guard let set = PortSet.make() else { throw .resourceShortage }
    do throws(KernelReturn) {
      let locked = locked()
      let (name, entry) = try locked.claimEmpty(wanted)
      set.unguardedBody.pointee.name = name
      entry.pointee.object = UnsafeMutableRawPointer(set.object)
      entry.pointee.bits = Entry.portSet
      return name
    } catch {
      set.release()
      throw error
    }
  }

  private func allocateDeadName() throws(KernelReturn) -> mach_port_name_t {
    let locked = locked()
    let (name, entry) = try locked.claimEmpty(nil)
    entry.pointee.bits = Entry.deadName | 1
    return name
  }
}

extension LockedSpace {
  /// A slot for something new: any, or the one of a wanted name. Throws what `EntryTable.claim` does, NAME_EXISTS, and
  /// INVALID_TASK.
  @inline(__always)
  func claimEmpty(_ wanted: mach_port_name_t?) throws(KernelReturn) -> (
    name: mach_port_name_t, entry: UnsafeMutablePointer<Entry>
  ) {
    guard body.isActive else { throw .invalidTask }
    guard let wanted else { return try body.table.claim() }
    let entry = try body.table.claim(named: wanted)
    if entry.pointee.type != 0 { throw .nameExists }
    return (wanted, entry)
  }
}

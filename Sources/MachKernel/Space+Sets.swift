// Membership of ports in sets.

import CMach

extension Space {
  /// mach_port_insert_member (facts: P1, P8). Throws INVALID_NAME, INVALID_RIGHT, ALREADY_IN_SET, RESOURCE_SHORTAGE.
  package func insertMember(_ name: mach_port_name_t, into setName: mach_port_name_t) throws(KernelReturn) {
    guard let link = Membership.reserve() else { throw .resourceShortage }
    var aftermath = Aftermath()
    do throws(KernelReturn) {
      let locked = locked()
      let (port, set) = try locked.portAndSet(name, setName)
      let lockedPort = port.locked()
      if lockedPort.membership(in: set) != nil { throw .alreadyInSet }
      if !lockedPort.join(set, using: link, &aftermath) { throw .invalidName }
    } catch {
      link.free()
      throw error
    }
    aftermath.finish()
  }

  /// mach_port_extract_member (facts: P1, P8). Throws INVALID_NAME, INVALID_RIGHT, NOT_IN_SET.
  package func extractMember(_ name: mach_port_name_t, from setName: mach_port_name_t) throws(KernelReturn) {
    let locked = locked()
    let (port, set) = try locked.portAndSet(name, setName)
    let lockedPort = port.locked()
    guard let link = lockedPort.membership(in: set) else { throw .notInSet }
    lockedPort.leave(link)
  }

  /// mach_port_move_member: out of all sets and, unless `setName` is MACH_PORT_NULL, into one (facts: P2, P8).
  /// Throws INVALID_NAME, INVALID_RIGHT, RESOURCE_SHORTAGE; then the memberships are as they were.
  package func moveMember(_ name: mach_port_name_t, to setName: mach_port_name_t) throws(KernelReturn) {
    guard setName != Name.null else {
      let locked = locked()
      try locked.receivePort(named: name).locked().leaveAllSets()
      return
    }
    guard let link = Membership.reserve() else { throw .resourceShortage }
    var aftermath = Aftermath()
    do throws(KernelReturn) {
      let locked = locked()
      let port = try locked.receivePort(named: name)
      let set = try locked.portSet(named: setName)
      let lockedPort = port.locked()
      lockedPort.leaveAllSets()
      if !lockedPort.join(set, using: link, &aftermath) { throw .invalidName }
    } catch {
      link.free()
      throw error
    }
    aftermath.finish()
  }

  /// mach_port_get_set_status: the names of the members, in the order of joining (facts: P6).
  /// Throws INVALID_NAME, INVALID_RIGHT, RESOURCE_SHORTAGE.
  package func members(of setName: mach_port_name_t) throws(KernelReturn) -> NameArray {
    var array = NameArray()
    while true {
      let needed = try copyMembers(of: setName, into: &array)
      if needed <= array.capacity { return array }
      try array.reserve(needed)
    }
  }

  /// Fills the array and returns the member count; when that exceeds the capacity nothing is filled in.
  private func copyMembers(of setName: mach_port_name_t, into array: inout NameArray) throws(KernelReturn) -> Int {
    let locked = locked()
    let set = try locked.portSet(named: setName).locked()
    let count = Int(set.body.memberCount)
    guard count <= array.capacity else { return count }
    array.removeAll()
    var link = set.body.firstMember
    while let member = link {
      array.append(member.portName)
      link = member.inSet.pointee.next
    }
    return count
  }
}

extension LockedSpace {
  /// Both names are looked up before either right is tested (facts: P8).
  fileprivate func portAndSet(
    _ name: mach_port_name_t, _ setName: mach_port_name_t
  ) throws(KernelReturn) -> (Port, PortSet) {
    _ = try entry(named: name)
    _ = try entry(named: setName)
    return (try receivePort(named: name), try portSet(named: setName))
  }
}

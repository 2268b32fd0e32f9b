// Ports and sets that programs watch through file descriptors.

import CMach

extension Space {
  /// mach_linux_port_fd: a descriptor that shows whether a message waits on a receive right or set. Throws
  /// INVALID_NAME, INVALID_RIGHT, RESOURCE_SHORTAGE.
  package func makeDescriptor(of name: mach_port_name_t) throws(KernelReturn) -> Int32 {
    if !Name.isValid(name) { throw .invalidName }
    if let descriptor = try duplicateDescriptor(of: name, orInstall: nil) { return descriptor }
    guard let made = EventDescriptor.make() else { throw .resourceShortage }
    let result: Int32?
    do throws(KernelReturn) {
      result = try duplicateDescriptor(of: name, orInstall: made)
    } catch {
      made.close()
      throw error
    }
    guard let result else { throw .resourceShortage }
    return result
  }

  /// A duplicate of the descriptor that a name's port or set has. Where it has none it gets `made`; with nothing to
  /// install the result is nil. A `made` that is not needed is closed, unless this throws.
  private func duplicateDescriptor(
    of name: mach_port_name_t, orInstall made: EventDescriptor?
  ) throws(KernelReturn) -> Int32? {
    let locked = locked()
    let entry = try locked.entry(named: name)
    guard let object = entry.pointee.object, entry.pointee.has(Entry.receive | Entry.portSet) else {
      throw .invalidRight
    }
    if entry.pointee.has(Entry.receive) {
      let port = Port(object).locked()
      locked.unlock()
      return try port.duplicateDescriptor(orInstall: made)
    }
    let set = PortSet(object)
    set.retain()
    locked.unlock()
    defer { set.release() }
    return try set.duplicateDescriptor(orInstall: made)
  }
}

extension LockedPort {
  /// See `Space.duplicateDescriptor`.
  fileprivate consuming func duplicateDescriptor(
    orInstall made: EventDescriptor?
  ) throws(KernelReturn) -> Int32? {
    guard let descriptor = body.descriptor ?? made else { return nil }
    guard let result = descriptor.duplicate() else { throw .resourceShortage }
    if body.descriptor == nil {
      body.descriptor = descriptor
      body.isWatched = true
      if !body.queue.messages.isEmpty { descriptor.raise() }
    } else {
      made?.close()
    }
    return result
  }

  /// A message has been queued, in a port that is watched itself or through a set.
  @inline(never)
  func announce() {
    body.descriptor?.raise()
    var link = body.memberships
    while let membership = link {
      if membership.isWatched { announce(through: membership) }
      link = membership.ofPort.pointee.next
    }
  }

  private func announce(through link: Membership) {
    let set = link.set.locked()
    set.markReady(link)
    set.body.descriptor?.raise()
  }

  /// The last message has left the queue of a port that is watched.
  @inline(never)
  func retract() {
    body.descriptor?.lower()
    var link = body.memberships
    while let membership = link {
      if membership.isWatched { retract(through: membership) }
      link = membership.ofPort.pointee.next
    }
  }

  private func retract(through link: Membership) {
    let set = link.set.locked()
    set.unmarkReady(link)
    set.showReady()
  }

  /// The receive right leaves its space: the port's descriptor is readable for ever.
  func releaseDescriptor() {
    guard let descriptor = body.descriptor else { return }
    body.descriptor = nil
    body.isWatched = false
    descriptor.raise()
    descriptor.close()
  }

  /// From now on the port's set hears of each message, and of the end of the last one.
  fileprivate func watch(through link: Membership) {
    body.isWatched = true
    let set = link.set.locked()
    link.object.pointee.isWatched = true
    if body.queue.messages.isEmpty {
      set.unmarkReady(link)
      set.showReady()
    } else {
      set.markReady(link)
      set.body.descriptor?.raise()
    }
  }

  /// After a membership has ended.
  func updateWatched() {
    var isWatched = body.descriptor != nil
    var link = body.memberships
    while let membership = link, !isWatched {
      isWatched = membership.isWatched
      link = membership.ofPort.pointee.next
    }
    body.isWatched = isWatched
  }
}

extension PortSet {
  /// See `Space.duplicateDescriptor`. Members that join from now on are watched; those that are there already are told.
  fileprivate func duplicateDescriptor(orInstall made: EventDescriptor?) throws(KernelReturn) -> Int32? {
    let locked = locked()
    guard locked.body.isActive else { throw .invalidName }
    guard let descriptor = locked.body.descriptor ?? made else { return nil }
    guard let result = descriptor.duplicate() else { throw .resourceShortage }
    if locked.body.descriptor != nil {
      made?.close()
      // Whoever comes while members are being told helps, so that the descriptor is right when it is given away.
      if !locked.body.isBecomingWatched { return result }
    } else {
      locked.body.descriptor = descriptor
      locked.body.isBecomingWatched = true
    }
    locked.unlock()
    watchMembers()
    self.locked().body.isBecomingWatched = false
    return result
  }

  /// Tells all members that they are watched. One that is locked stays a member, so its neighbour is known. At the end,
  /// and behind one that has left meanwhile this begins again, with those that have not been told.
  private func watchMembers() {
    var next = firstMember { !$0.isWatched }
    while let port = next {
      let member = port.locked()
      if let link = member.membership(in: self) {
        member.watch(through: link)
        next = self.next(after: link) ?? firstMember { !$0.isWatched }
      } else {
        next = firstMember { !$0.isWatched }
      }
      member.unlock()
      port.release()
    }
  }

  /// The port after one that is locked, with a new reference.
  private func next(after link: Membership) -> Port? {
    let locked = locked()
    let port = link.inSet.pointee.next?.port
    port?.retain()
    locked.unlock()
    return port
  }
}

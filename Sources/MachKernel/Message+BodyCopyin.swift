// Copyin of a body: descriptors come to own rights and memory.

import CMach

extension Message {
  /// Checks all descriptors, then copies them in, in order (facts: S8, D1-D5). On failure the whole message is gone:
  /// header rights first, then what was copied in (facts: S12).
  func copyinBody(from space: Space, _ aftermath: inout Aftermath) throws(MessageReturn) {
    do throws(MessageReturn) {
      try checkDescriptors()
    } catch {
      aftermath.flush()
      destroyPartial(0)
      throw error
    }
    var descriptors = descriptors()
    var done: UInt32 = 0
    while let descriptor = descriptors.next() {
      do throws(MessageReturn) {
        try copyin(descriptor, from: space, &aftermath)
      } catch {
        aftermath.flush()
        destroyPartial(done)
        throw error
      }
      done += 1
    }
  }

  /// Each descriptor lies inside the message, and memory has a copy option that there is (facts: D2).
  private func checkDescriptors() throws(MessageReturn) {
    var descriptors = descriptors()
    var offset = Message.descriptorOffset
    let end = Int(object.pointee.size)
    for _ in 0..<descriptorCount {
      guard offset + PortDescriptor.size <= end, let descriptor = descriptors.next() else { throw .sendTooSmall }
      offset += descriptor.size
      guard offset <= end else { throw .sendTooSmall }
      switch descriptor.type {
      case MACH_MSG_OOL_DESCRIPTOR, MACH_MSG_OOL_VOLATILE_DESCRIPTOR:
        let option = descriptor.memory.copyOption
        guard option == MACH_MSG_PHYSICAL_COPY || option == MACH_MSG_VIRTUAL_COPY else { throw .sendInvalidType }
      case MACH_MSG_GUARDED_PORT_DESCRIPTOR:
        guard Message.isWellFormed(descriptor.guardedPort) else { throw .sendInvalidType }
      default: break
      }
    }
  }

  private func copyin(
    _ descriptor: Descriptor, from space: Space, _ aftermath: inout Aftermath
  ) throws(MessageReturn) {
    switch descriptor.type {
    case MACH_MSG_PORT_DESCRIPTOR: try copyin(descriptor.port, from: space, &aftermath)
    case MACH_MSG_OOL_DESCRIPTOR, MACH_MSG_OOL_VOLATILE_DESCRIPTOR: try copyin(descriptor.memory)
    case MACH_MSG_OOL_PORTS_DESCRIPTOR: try copyin(descriptor.ports, from: space, &aftermath)
    case MACH_MSG_GUARDED_PORT_DESCRIPTOR: try copyin(descriptor.guardedPort, from: space, &aftermath)
    default: throw .sendInvalidType
    }
  }

  private func copyin(
    _ descriptor: PortDescriptor, from space: Space, _ aftermath: inout Aftermath
  ) throws(MessageReturn) {
    let name = descriptor.name
    let disposition = descriptor.disposition
    let arrival = Disposition.inTransit(disposition)
    guard Name.isValid(name) else {
      descriptor.set(right: name == Name.dead ? .max : 0, disposition: arrival)
      return
    }
    if !Disposition.isAny(disposition) { throw .sendInvalidRight }
    let right: UInt
    do throws(KernelReturn) {
      right = try space.locked().copyinForTransit(name, disposition, &aftermath)
    } catch {
      throw .sendInvalidRight
    }
    descriptor.set(right: right, disposition: arrival)
    if arrival == MACH_MSG_TYPE_PORT_RECEIVE { beginTransit(of: right) }
  }

  private func copyin(_ descriptor: OutOfLineDescriptor) throws(MessageReturn) {
    if descriptor.size == 0 { return descriptor.set(pages: nil) }
    descriptor.set(
      pages: try VirtualMemory.copyin(
        descriptor.source, size: descriptor.size, deallocating: descriptor.isDeallocated))
  }

  private func copyin(
    _ descriptor: OutOfLinePortsDescriptor, from space: Space, _ aftermath: inout Aftermath
  ) throws(MessageReturn) {
    let disposition = descriptor.disposition
    let arrival = Disposition.inTransit(disposition)
    if descriptor.count == 0 { return descriptor.set(array: nil, disposition: arrival) }
    let array = try PortArray.make(for: descriptor)
    do throws(MessageReturn) {
      try array.readNames(at: descriptor.names, deallocating: descriptor.isDeallocated)
      try array.copyin(from: space, disposition, &aftermath)
    } catch {
      array.free()
      throw error
    }
    descriptor.set(array: array, disposition: arrival)
    guard arrival == MACH_MSG_TYPE_PORT_RECEIVE else { return }
    for index in 0..<array.count { beginTransit(of: array.right(index)) }
  }

  /// A receive right is on its way to the destination (facts: C1).
  func beginTransit(of right: UInt) {
    guard right != .max, let memory = UnsafeMutableRawPointer(bitPattern: right), let destination = destinationPort
    else { return }
    if !Transit.begin(Port(memory), to: destination) { object.pointee.isCircular = true }
  }

  /// Ends a message of whose descriptors only the first `count` have been copied in.
  private func destroyPartial(_ count: UInt32) {
    takeDestination().drop()
    takeReply().drop()
    dropDescriptors(before: count)
    free()
  }
}

extension LockedSpace {
  /// A right in transit as `TransferredRight.leak` gives it; a name that has nothing left is free again. Throws
  /// INVALID_NAME, INVALID_RIGHT.
  func copyinForTransit(
    _ name: mach_port_name_t, _ disposition: mach_msg_type_name_t, _ aftermath: inout Aftermath
  ) throws(KernelReturn) -> UInt {
    let entry = try entry(named: name)
    let right = try copyin(entry, named: name, disposition, allowingDead: true, &aftermath).leak()
    freeIfEmpty(entry, named: name)
    return right
  }
}

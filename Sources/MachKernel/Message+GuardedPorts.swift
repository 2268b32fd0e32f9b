// Receive rights that travel with their guard.

import CMach

/// What a receiver does with the guarded receive rights of a message.
enum GuardedArrival {
  /// It knows none: the rights end, and plain descriptors of no right take their place (facts: D8).
  case refused
  /// It takes them; those that are to be guarded are so by this value, and may be bound to its space.
  case taken(guard: mach_port_context_t, isImmovable: Bool)
}

extension Message {
  /// The flags of a guarded descriptor say one thing at least, and whether the sender knows a guard; only a receive
  /// right has one (facts: D9).
  static func isWellFormed(_ descriptor: GuardedPortDescriptor) -> Bool {
    let flags = descriptor.flags
    if flags == 0 || flags & ~MACH_MSG_GUARD_FLAGS_MASK != 0 { return false }
    if flags & MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND != 0, descriptor.context != 0 { return false }
    return descriptor.disposition == MACH_MSG_TYPE_MOVE_RECEIVE
  }

  /// Takes a receive right whose guard the sender shows (facts: D9). Throws MACH_SEND_INVALID_RIGHT.
  func copyin(
    _ descriptor: GuardedPortDescriptor, from space: Space, _ aftermath: inout Aftermath
  ) throws(MessageReturn) {
    let name = descriptor.name
    let flags = descriptor.flags
    guard Name.isValid(name) else {
      descriptor.set(right: name == Name.dead ? .max : 0, flags: flags, disposition: MACH_MSG_TYPE_PORT_RECEIVE)
      return
    }
    let right: UInt
    do throws(KernelReturn) {
      right = try space.locked().copyinGuarded(name, descriptor.context, flags, &aftermath)
    } catch {
      throw .sendInvalidRight
    }
    descriptor.set(
      right: right, flags: flags | MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND, disposition: MACH_MSG_TYPE_PORT_RECEIVE)
    beginTransit(of: right)
  }

  /// Gives a receive right a name and a new guard (facts: D9). Returns MACH_MSG_IPC_SPACE or MACH_MSG_IPC_KERNEL when
  /// it found no room.
  func copyout(
    _ descriptor: GuardedPortDescriptor, to space: Space, guard value: mach_port_context_t, isImmovable: Bool
  ) -> mach_msg_return_t {
    let flags = descriptor.flags
    let carriesPort = descriptor.right != 0 && descriptor.right != .max
    let isGuarded = carriesPort && flags & MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE != 0
    do throws(KernelReturn) {
      let right = descriptor.takeRight()
      let name =
        isGuarded
        ? try space.locked().copyoutGuarded(right, guard: value, isImmovable: isImmovable)
        : try space.locked().copyout(right)
      descriptor.set(
        name: name, context: isGuarded ? value : 0,
        flags: isGuarded ? flags & ~MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND : flags,
        disposition: MACH_MSG_TYPE_PORT_RECEIVE)
      return 0
    } catch {
      descriptor.set(name: Name.null, context: 0, flags: flags, disposition: MACH_MSG_TYPE_PORT_RECEIVE)
      return Message.lackOfRoom(error)
    }
  }

  /// Ends a receive right, and leaves a port descriptor in its place, with what follows moved up (facts: D8).
  func refuse(_ descriptor: Descriptor) {
    descriptor.guardedPort.takeRight().drop()
    let next = descriptor.address + descriptor.size
    descriptor.port.set(name: Name.null, disposition: MACH_MSG_TYPE_PORT_RECEIVE)
    descriptor.port.setType(MACH_MSG_PORT_DESCRIPTOR)
    (descriptor.address + PortDescriptor.size).copyMemory(
      from: next, byteCount: bytes + Int(object.pointee.size) - next)
    object.pointee.size -= 4
  }
}

extension LockedSpace {
  /// A receive right in transit, as `TransferredRight.leak` gives it, if the sender knows its guard. Throws
  /// INVALID_NAME, INVALID_RIGHT, and with a violation INVALID_CAPABILITY (it is bound to the space), INVALID_ARGUMENT
  /// (another guard).
  fileprivate func copyinGuarded(
    _ name: mach_port_name_t, _ value: mach_port_context_t, _ flags: mach_msg_guard_flags_t,
    _ aftermath: inout Aftermath
  ) throws(KernelReturn) -> UInt {
    let entry = try entry(named: name)
    guard entry.pointee.has(Entry.receive), let object = entry.pointee.object else { throw .invalidRight }
    let port = Port(object).locked()
    let isUnguarded = flags & MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND != 0 && !port.body.isGuarded
    let isKnown = port.body.isGuarded && port.body.context == value
    // Being bound to the space is looked at first, by the copyin.
    if !port.body.isImmovable, !isUnguarded, !isKnown {
      aftermath.report(
        GuardViolation(name: name, flavor: .incorrectGuard, expected: port.body.context, given: value))
      throw .invalidArgument
    }
    port.unlock()
    return try copyinForTransit(name, MACH_MSG_TYPE_MOVE_RECEIVE, &aftermath)
  }

  /// As `copyout`, of a receive right whose port has that guard from then on.
  fileprivate func copyoutGuarded(
    _ right: consuming TransferredRight, guard value: mach_port_context_t, isImmovable: Bool
  ) throws(KernelReturn) -> mach_port_name_t {
    let name = try copyout(right)
    let port = try receivePort(named: name).locked()
    port.body.context = value
    port.body.isGuarded = true
    port.body.isImmovable = isImmovable
    return name
  }
}

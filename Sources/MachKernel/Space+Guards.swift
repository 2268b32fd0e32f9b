// Guards: values that must be shown to destroy a port, and ports made and destroyed with them.

import CMach

extension Space {
  /// mach_port_guard and mach_port_guard_with_flags (facts: G1, G12, R14). Throws INVALID_ARGUMENT (the context is not
  /// 0), INVALID_NAME, INVALID_RIGHT.
  package func guardPort(
    _ name: mach_port_name_t, with value: mach_port_context_t, strict: Bool, immovable: Bool = false
  ) throws(KernelReturn) {
    if !Name.isValid(name) { throw .invalidName }
    let locked = locked()
    try locked.receivePort(named: name).locked().setGuard(value, strict: strict, immovable: immovable)
  }

  /// mach_port_swap_guard (facts: G13). Throws INVALID_ARGUMENT, with a violation, when the port is not guarded,
  /// strictly guarded, or guarded by another value; INVALID_NAME, INVALID_RIGHT.
  package func swapGuard(
    of name: mach_port_name_t, _ old: mach_port_context_t, for new: mach_port_context_t
  ) throws(KernelReturn) {
    if !Name.isValid(name) { throw .invalidName }
    let violation = try exchangeGuard(of: name, old, new)
    try violation?.raiseAndThrow(.invalidArgument)
  }

  private func exchangeGuard(
    of name: mach_port_name_t, _ old: mach_port_context_t, _ new: mach_port_context_t
  ) throws(KernelReturn) -> GuardViolation? {
    let locked = locked()
    let port = try locked.receivePort(named: name).locked()
    let value = port.body.context
    if !port.body.isGuarded { return GuardViolation(name: name, flavor: .unguarded, expected: 0, given: old) }
    if port.body.isStrictlyGuarded {
      return GuardViolation(name: name, flavor: .setContext, expected: value, given: old)
    }
    if value != old { return GuardViolation(name: name, flavor: .incorrectGuard, expected: value, given: old) }
    port.body.context = new
    return nil
  }

  /// mach_port_unguard (facts: G2). Throws INVALID_ARGUMENT, with a violation, when the port is not guarded or the
  /// value is wrong; INVALID_NAME, INVALID_RIGHT.
  package func unguardPort(_ name: mach_port_name_t, with value: mach_port_context_t) throws(KernelReturn) {
    if !Name.isValid(name) { throw .invalidName }
    let violation = try removeGuard(of: name, value)
    try violation?.raiseAndThrow(.invalidArgument)
  }

  private func removeGuard(
    of name: mach_port_name_t, _ value: mach_port_context_t
  ) throws(KernelReturn) -> GuardViolation? {
    let locked = locked()
    let port = try locked.receivePort(named: name).locked()
    if !port.body.isGuarded { return GuardViolation(name: name, flavor: .unguarded, expected: 0, given: value) }
    if port.body.context != value {
      return GuardViolation(name: name, flavor: .incorrectGuard, expected: port.body.context, given: value)
    }
    port.body.context = 0
    port.body.isGuarded = false
    port.body.isStrictlyGuarded = false
    return nil
  }

  /// What mach_port_construct is asked for.
  package struct Construction {
    package var context: mach_port_context_t = 0
    package var guards = false
    package var isStrict = false
    package var isImmovable = false
    package var queueLimit: mach_port_msgcount_t?
    package var isTemporaryOwner = false
    package var donatesImportance = false
    package var insertsSendRight = false

    package init() {}

    /// What the options of a call say (facts: G5, G6). Throws INVALID_VALUE for a limit beyond the largest.
    package init(_ options: mach_port_options_t, _ context: mach_port_context_t) throws(KernelReturn) {
      func has(_ flag: Int32) -> Bool { options.flags & UInt32(flag) != 0 }
      self.context = context
      guards = has(Int32(MPO_CONTEXT_AS_GUARD))
      isStrict = has(Int32(MPO_STRICT))
      isImmovable = has(Int32(MPO_IMMOVABLE_RECEIVE))
      if has(Int32(MPO_QLIMIT)) {
        if options.mpl.mpl_qlimit > UInt32(MACH_PORT_QLIMIT_MAX) { throw .invalidValue }
        queueLimit = options.mpl.mpl_qlimit
      }
      isTemporaryOwner = has(Int32(MPO_TEMPOWNER))
      donatesImportance = has(Int32(MPO_IMPORTANCE_RECEIVER)) || has(Int32(MPO_DENAP_RECEIVER))
      insertsSendRight = has(Int32(MPO_INSERT_SEND_RIGHT))
    }
  }

  /// mach_port_construct (facts: G5, G6, G10). The caller has tested the limit. Throws NO_SPACE, RESOURCE_SHORTAGE,
  /// INVALID_TASK.
  package func construct(_ wanted: Construction) throws(KernelReturn) -> mach_port_name_t {
    let name = try allocate(Allocation(right: MACH_PORT_RIGHT_RECEIVE))
    let locked = locked()
    let entry = try locked.entry(named: name)
    let port = try locked.receivePort(named: name).locked()
    port.body.context = wanted.context
    port.body.isGuarded = wanted.guards
    port.body.isStrictlyGuarded = wanted.guards && wanted.isStrict
    port.body.isImmovable = wanted.guards && wanted.isImmovable
    if let limit = wanted.queueLimit { port.body.queue.limit = limit }
    port.body.isTemporaryOwner = wanted.isTemporaryOwner
    port.body.donatesImportance = wanted.donatesImportance || wanted.isTemporaryOwner
    if wanted.insertsSendRight {
      port.body.makeSendCount = 1
      port.body.sendRightCount = 1
      entry.pointee.bits = Entry.receive | Entry.send | 1
    }
    return name
  }

  /// mach_port_destruct (facts: G3, R11, T24): `delta` user references of the send right go first, then the receive
  /// right. Throws INVALID_NAME, INVALID_RIGHT, INVALID_VALUE, INVALID_ARGUMENT (with a violation), INVALID_TASK.
  package func destruct(
    _ name: mach_port_name_t, _ delta: mach_port_delta_t, guard value: mach_port_context_t
  ) throws(KernelReturn) {
    if !Name.isValid(name) { throw .invalidName }
    var first = Aftermath()
    var late = Aftermath()
    let locked = locked()
    let entry = try locked.entry(named: name)
    guard entry.pointee.has(Entry.receive), delta == 0 || entry.pointee.has(Entry.send),
      let object = entry.pointee.object
    else { throw .invalidRight }
    if delta > 0 { throw .invalidValue }
    let port = Port(object).locked()
    if port.body.isGuarded, port.body.context != value {
      let violation = GuardViolation(name: name, flavor: .destroy, expected: port.body.context, given: value)
      port.unlock()
      locked.unlock()
      return try violation.raiseAndThrow(.invalidArgument)
    }
    if Int64(entry.pointee.userReferences) + Int64(delta) < 0 { throw .invalidValue }
    let remaining = entry.pointee.userReferences - UInt32(bitPattern: 0 &- delta)
    if delta != 0, remaining == 0 {
      port.dropSend(&first)
      entry.pointee.bits = Entry.receive
    } else if delta != 0 {
      entry.pointee.bits = Entry.receive | Entry.send | remaining
    }
    locked.removeReceive(entry, named: name, port, &late)
    locked.unlock()
    // NO_SENDERS, then the death, then PORT_DELETED.
    port.destroy(after: first)
    late.finish()
  }
}

extension LockedPort {
  /// Throws INVALID_ARGUMENT when the port has a context already. A port stays bound to its space.
  func setGuard(_ value: mach_port_context_t, strict: Bool, immovable: Bool) throws(KernelReturn) {
    if body.context != 0 { throw .invalidArgument }
    body.context = value
    body.isGuarded = true
    body.isStrictlyGuarded = strict
    if immovable { body.isImmovable = true }
  }
}

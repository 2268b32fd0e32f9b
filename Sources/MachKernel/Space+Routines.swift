// The routines of mach_port on one name as their descriptions have them: what NULL, DEAD and bad arguments give, before
// the operation itself. Direct calls and the kernel's server of messages both come through here.

import CMach

extension Space {
  /// mach_port_type (facts: R13).
  package func type(of name: mach_port_name_t) throws(KernelReturn) -> mach_port_type_t {
    if name == Name.null { throw .invalidName }
    if name == Name.dead { return 1 << (MACH_PORT_RIGHT_DEAD_NAME + 16) }
    return try information(about: name).type & ~(MACH_PORT_TYPE_SPREQUEST | MACH_PORT_TYPE_SPREQUEST_DELAYED)
  }

  /// mach_port_destroy; NULL and DEAD have nothing to destroy (facts: R10).
  package func destroyName(_ name: mach_port_name_t) throws(KernelReturn) {
    if Name.isValid(name) { try destroy(name) }
  }

  /// mach_port_deallocate (facts: R9).
  package func deallocateName(_ name: mach_port_name_t) throws(KernelReturn) {
    if Name.isValid(name) { try deallocate(name) }
  }

  /// A right that exists, and whether the name is NULL or DEAD, which hold any number of send and send-once rights and
  /// no other (facts: R1, R2).
  private func isUnnamed(_ name: mach_port_name_t, _ right: mach_port_right_t) throws(KernelReturn) -> Bool {
    if right > MACH_PORT_RIGHT_LABELH { throw .invalidValue }
    if Name.isValid(name) { return false }
    if right != MACH_PORT_RIGHT_SEND, right != MACH_PORT_RIGHT_SEND_ONCE { throw .invalidName }
    return true
  }

  /// mach_port_get_refs (facts: R1).
  package func references(
    of name: mach_port_name_t, _ right: mach_port_right_t
  ) throws(KernelReturn) -> mach_port_urefs_t {
    if try isUnnamed(name, right) { return 1 }
    let information = try information(about: name)
    let isHeld = information.type & (1 << (right + 16)) != 0
    let isCounted = right == MACH_PORT_RIGHT_SEND || right == MACH_PORT_RIGHT_DEAD_NAME
    return isHeld ? (isCounted ? information.userReferences : 1) : 0
  }

  /// mach_port_mod_refs (facts: R2-R8).
  package func changeReferences(
    of name: mach_port_name_t, _ right: mach_port_right_t, by delta: mach_port_delta_t
  ) throws(KernelReturn) {
    if try !isUnnamed(name, right) { try modifyReferences(of: name, right: right, by: delta) }
  }

  /// mach_port_allocate_full: `wanted` is the name that the caller gives (facts: N5, N6, N10).
  package func allocate(
    _ right: mach_port_right_t, hasPrototype: Bool, _ qos: mach_port_qos_t, wanted: mach_port_name_t
  ) throws(KernelReturn) -> mach_port_name_t {
    if hasPrototype { throw .invalidValue }
    return try allocate(
      .init(right: right, name: qos.name != 0 ? wanted : nil, reserve: qos.prealloc != 0 ? UInt32(qos.len) : nil))
  }

  /// mach_port_get_set_status (facts: P6).
  package func setStatus(of name: mach_port_name_t) throws(KernelReturn) -> NameArray {
    if !Name.isValid(name) { throw .invalidRight }
    return try members(of: name)
  }

  /// mach_port_move_member (facts: P2).
  package func changeSet(of member: mach_port_name_t, to after: mach_port_name_t) throws(KernelReturn) {
    if !Name.isValid(member) || after == Name.dead { throw .invalidRight }
    try moveMember(member, to: after)
  }

  /// mach_port_insert_member (facts: P1, P8).
  package func enter(_ name: mach_port_name_t, into set: mach_port_name_t) throws(KernelReturn) {
    if !Name.isValid(name) || !Name.isValid(set) { throw .invalidRight }
    try insertMember(name, into: set)
  }

  /// mach_port_extract_member (facts: P1, P8).
  package func remove(_ name: mach_port_name_t, from set: mach_port_name_t) throws(KernelReturn) {
    if !Name.isValid(name) || !Name.isValid(set) { throw .invalidRight }
    try extractMember(name, from: set)
  }

  /// mach_port_request_notification, with the notify right in hand (facts: T14, T16). Throws INVALID_VALUE, and what
  /// the requests throw; then `notification` is still the caller's.
  package func request(
    _ identifier: mach_msg_id_t, of name: mach_port_name_t, _ sync: mach_port_mscount_t,
    _ notification: RequestedNotification?
  ) throws(KernelReturn) -> RequestedNotification? {
    switch identifier {
    case MACH_NOTIFY_PORT_DESTROYED:
      if sync != 0 { throw .invalidValue }
      return try requestPortDestroyed(of: name, notification)
    case MACH_NOTIFY_NO_SENDERS: return try requestNoSenders(of: name, sync, notification)
    case MACH_NOTIFY_SEND_POSSIBLE:
      return try requestName(name, isSendPossible: true, immediate: sync != 0, notification)
    case MACH_NOTIFY_DEAD_NAME:
      return try requestName(name, isSendPossible: false, immediate: sync != 0, notification)
    default: throw .invalidValue
    }
  }
}

// MARK: What newer systems ask

extension Space {
  /// mach_port_is_connection_for_service: there are no filters to tell. Throws INVALID_NAME, else NOT_SUPPORTED.
  package func checkConnection(
    _ connection: mach_port_name_t, _ service: mach_port_name_t
  ) throws(KernelReturn) {
    if !Name.isValid(connection) || !Name.isValid(service) { throw .invalidName }
    throw .notSupported
  }

  /// mach_port_get_service_port_info: no port is a service's. Throws INVALID_RIGHT, INVALID_NAME, INVALID_TASK, else
  /// INVALID_CAPABILITY.
  package func checkService(_ name: mach_port_name_t) throws(KernelReturn) {
    if !Name.isValid(name) { throw .invalidRight }
    _ = try locked().receivePort(named: name)
    throw .invalidCapability
  }

  /// mach_port_assert_attributes: the port has the strict guard that `info` has first of `count` words. Throws
  /// INVALID_ARGUMENT (another flavor), FAILURE (too few words), INVALID_RIGHT, INVALID_NAME, and, with a violation,
  /// INVALID_ARGUMENT.
  package func assertAttributes(
    of name: mach_port_name_t, _ flavor: mach_port_flavor_t, _ info: UnsafeRawPointer?,
    _ count: mach_msg_type_number_t
  ) throws(KernelReturn) {
    guard flavor == MACH_PORT_GUARD_INFO, let info else { throw .invalidArgument }
    if count < MemoryLayout<mach_port_guard_info_t>.size / 4 { throw .failure }
    if !Name.isValid(name) { throw .invalidRight }
    let violation = try violation(of: name, info.loadUnaligned(as: UInt64.self))
    try violation?.raiseAndThrow(.invalidArgument)
  }

  private func violation(of name: mach_port_name_t, _ value: UInt64) throws(KernelReturn) -> GuardViolation? {
    let locked = locked()
    let port = try locked.receivePort(named: name).locked()
    let given = mach_port_context_t(value)
    if !port.body.isGuarded { return GuardViolation(name: name, flavor: .unguarded, expected: 0, given: given) }
    if port.body.isStrictlyGuarded, port.body.context == given { return nil }
    return GuardViolation(name: name, flavor: .incorrectGuard, expected: port.body.context, given: given)
  }
}

// MARK: Attributes

extension Space {
  /// Counts of 32-bit words that the flavors read and write.
  private static let limitsCount = mach_msg_type_number_t(MemoryLayout<mach_port_limits_t>.size / 4)
  private static let statusCount = mach_msg_type_number_t(MemoryLayout<mach_port_status_t>.size / 4)
  private static let extendedCount = mach_msg_type_number_t(MemoryLayout<mach_port_info_ext_t>.size / 4)

  /// mach_port_get_attributes. The count, of words that `info` has room for, is tested first, then the name; NULL and
  /// DEAD have no limits and no requests (facts: Q8, Q9). Writes on success only.
  package func getAttributes(
    of name: mach_port_name_t, _ flavor: mach_port_flavor_t, _ info: UnsafeMutableRawPointer,
    _ count: inout mach_msg_type_number_t
  ) throws(KernelReturn) {
    switch flavor {
    case MACH_PORT_LIMITS_INFO:
      if count < Space.limitsCount { throw .failure }
      if !Name.isValid(name) {
        count = 0
        return
      }
      info.storeBytes(of: try queueLimit(of: name), as: UInt32.self)
      count = Space.limitsCount
    case MACH_PORT_RECEIVE_STATUS:
      if count < Space.statusCount { throw .failure }
      info.storeBytes(of: try status(of: name), as: mach_port_status_t.self)
      count = Space.statusCount
    case MACH_PORT_DNREQUESTS_SIZE:
      if count < 1 { throw .failure }
      if !Name.isValid(name) {
        info.storeBytes(of: 0, as: UInt32.self)
        return
      }
      info.storeBytes(of: try requestTableSize(of: name), as: UInt32.self)
      count = 1
    case MACH_PORT_INFO_EXT:
      if count < Space.extendedCount { throw .failure }
      var extended = mach_port_info_ext_t()
      extended.mpie_status = try status(of: name)
      info.storeBytes(of: extended, as: mach_port_info_ext_t.self)
      count = Space.extendedCount
    default: throw .invalidArgument
    }
  }

  /// mach_port_set_attributes; `info` has `count` words (facts: Q2, Q12).
  package func setAttributes(
    of name: mach_port_name_t, _ flavor: mach_port_flavor_t, _ info: UnsafeRawPointer?,
    _ count: mach_msg_type_number_t
  ) throws(KernelReturn) {
    func firstWord() throws(KernelReturn) -> UInt32 {
      guard let info else { throw .invalidArgument }
      return info.load(as: UInt32.self)
    }
    switch flavor {
    case MACH_PORT_LIMITS_INFO:
      if count < Space.limitsCount { throw .failure }
      let limit = try firstWord()
      if limit > UInt32(MACH_PORT_QLIMIT_MAX) { throw .invalidValue }
      try setQueueLimit(of: name, limit)
    case MACH_PORT_DNREQUESTS_SIZE:
      if count < 1 { throw .failure }
      try reserveRequests(of: name, Int32(bitPattern: try firstWord()))
    case MACH_PORT_TEMPOWNER: try donateImportance(name, asTemporaryOwner: true)
    case MACH_PORT_IMPORTANCE_RECEIVER, MACH_PORT_DENAP_RECEIVER:
      try donateImportance(name, asTemporaryOwner: false)
    default: throw .invalidArgument
    }
  }

  /// mach_port_peek: `trailer` has room for `limit` bytes, and gets as many as the result says (facts: X4).
  package func peek(
    _ name: mach_port_name_t, _ sequenceNumber: mach_port_seqno_t, trailerType: mach_msg_trailer_type_t,
    _ trailer: UnsafeMutableRawPointer, limit: mach_msg_type_number_t
  ) throws(KernelReturn) -> (message: Peek, trailerSize: mach_msg_type_number_t) {
    if !Name.isValid(name) { throw .invalidRight }
    let option = mach_msg_option_t(bitPattern: trailerType)
    let needed = Trailer.size(option)
    if (option >> 24) & 0xf > MACH_RCV_TRAILER_AUDIT || needed > limit { throw .invalidValue }
    let found = try peek(name, sequenceNumber)
    Trailer.write(
      to: trailer, option: option, sequenceNumber: found.sequenceNumber, context: 0,
      isFromKernel: found.isFromKernel, statedSize: 8)
    return (found, needed)
  }
}

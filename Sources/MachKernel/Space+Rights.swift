// Rights put into and taken out of a space by name: insert_right and extract_right.

import CMach

extension Space {
  /// mach_port_insert_right (facts: I1-I5, I8-I10 and the Choices): takes a right of `source`, a name in the caller's
  /// space, by `disposition` and puts it under `name`. Everything is checked before the source right is touched.
  ///
  /// Throws, in this order, INVALID_VALUE (`name` NULL or DEAD, a disposition out of range), INVALID_CAPABILITY
  /// (`source` NULL or DEAD), INVALID_NAME and INVALID_RIGHT (of `source`), INVALID_CAPABILITY (`source` is dead),
  /// INVALID_VALUE (low bits of `name`), FAILURE, NO_SPACE, RESOURCE_SHORTAGE, RIGHT_EXISTS, NAME_EXISTS,
  /// UREFS_OVERFLOW.
  package func insertRight(
    as name: mach_port_name_t, from source: mach_port_name_t, _ disposition: mach_msg_type_name_t, of caller: Space
  ) throws(KernelReturn) {
    if !Name.isValid(name) || !Disposition.isAny(disposition) { throw .invalidValue }
    if !Name.isValid(source) { throw .invalidCapability }
    var aftermath = Aftermath()
    do throws(KernelReturn) {
      if self == caller {
        try locked().insertOwn(as: name, from: source, disposition, &aftermath)
      } else {
        let spaces = LockedSpacePair(from: caller, to: self)
        try spaces.insert(as: name, from: source, disposition, &aftermath)
      }
    } catch {
      aftermath.finish()
      throw error
    }
    aftermath.finish()
  }

  /// mach_port_extract_right: takes a right of `name` by `disposition` and gives it a name in the calling task's space,
  /// which is this one (facts: I7, I8, I11). Returns that name and the disposition on arrival (16 to 18).
  /// Throws INVALID_VALUE (disposition), INVALID_RIGHT, INVALID_NAME, INVALID_TASK, NO_SPACE, RESOURCE_SHORTAGE.
  package func extractRight(
    of name: mach_port_name_t, _ disposition: mach_msg_type_name_t, to caller: Space
  ) throws(KernelReturn) -> (name: mach_port_name_t, disposition: mach_msg_type_name_t) {
    if !Disposition.isAny(disposition) { throw .invalidValue }
    if !Name.isValid(name) { throw .invalidRight }
    var aftermath = Aftermath()
    let extracted: mach_port_name_t
    do throws(KernelReturn) {
      if self == caller {
        extracted = try locked().extractOwn(name, disposition, &aftermath)
      } else {
        let spaces = LockedSpacePair(from: self, to: caller)
        extracted = try spaces.extract(name, disposition, &aftermath)
      }
    } catch {
      aftermath.finish()
      throw error
    }
    aftermath.finish()
    return (extracted, Disposition.inTransit(disposition))
  }
}

extension Space {
  /// mach_port_insert_right with the right in hand (facts: I1-I5). What is left of it on failure is in `right`. Throws
  /// INVALID_VALUE, INVALID_CAPABILITY (NULL or DEAD, or the port has died), and what `copyout(_:as:)` does.
  func insert(_ right: inout TransferredRight, as name: mach_port_name_t) throws(KernelReturn) {
    if !Name.isValid(name) { throw .invalidValue }
    if !right.hasPort { throw .invalidCapability }
    let locked = locked()
    guard locked.body.isActive else { throw .invalidTask }
    try locked.copyout(&right, as: name)
  }

  /// mach_port_extract_right, without a name for the right (facts: I7, I8, I11). Throws INVALID_VALUE, INVALID_RIGHT,
  /// INVALID_NAME, INVALID_TASK, INVALID_CAPABILITY.
  func extract(
    _ name: mach_port_name_t, _ disposition: mach_msg_type_name_t
  ) throws(KernelReturn) -> TransferredRight {
    if !Disposition.isAny(disposition) { throw .invalidValue }
    if !Name.isValid(name) { throw .invalidRight }
    var aftermath = Aftermath()
    do throws(KernelReturn) {
      let right = try locked().extract(name, disposition, &aftermath)
      aftermath.finish()
      return right
    } catch {
      aftermath.finish()
      throw error
    }
  }
}

extension LockedSpace {
  fileprivate consuming func extract(
    _ name: mach_port_name_t, _ disposition: mach_msg_type_name_t, _ aftermath: inout Aftermath
  ) throws(KernelReturn) -> TransferredRight {
    let entry = try currentEntry(named: name)
    let right = try copyin(entry, named: name, disposition, allowingDead: true, &aftermath)
    freeIfEmpty(entry, named: name)
    return right
  }

  fileprivate consuming func insertOwn(
    as name: mach_port_name_t, from source: mach_port_name_t, _ disposition: mach_msg_type_name_t,
    _ aftermath: inout Aftermath
  ) throws(KernelReturn) {
    let move = try insertion(as: name, from: source, disposition, &aftermath)
    try check(move)
    var right = try copyin(move.entry, named: source, disposition, allowingDead: false, &aftermath)
    freeIfEmpty(move.entry, named: source)
    try copyout(&right, as: name)
  }

  fileprivate consuming func extractOwn(
    _ name: mach_port_name_t, _ disposition: mach_msg_type_name_t, _ aftermath: inout Aftermath
  ) throws(KernelReturn) -> mach_port_name_t {
    let entry = try currentEntry(named: name)
    // The only right that comes out under a name that is neither held already nor just vacated.
    if disposition == MACH_MSG_TYPE_MAKE_SEND_ONCE { try body.table.reserveOne() }
    let right = try copyin(entry, named: name, disposition, allowingDead: true, &aftermath)
    freeIfEmpty(entry, named: name)
    return try copyout(right)
  }

  /// The source of a move, looked at and not touched.
  fileprivate func insertion(
    as name: mach_port_name_t, from source: mach_port_name_t, _ disposition: mach_msg_type_name_t,
    _ aftermath: inout Aftermath
  ) throws(KernelReturn) -> Insertion {
    let entry = try currentEntry(named: source)
    if !canCopyin(entry, disposition) { throw .invalidRight }
    guard !entry.pointee.has(Entry.deadName), let object = entry.pointee.object else { throw .invalidCapability }
    if disposition == MACH_MSG_TYPE_MOVE_RECEIVE {
      try Port(object).locked().checkMovable(named: source, &aftermath)
    }
    return Insertion(port: Port(object), source: source, entry: entry, disposition: disposition, name: name)
  }
}

/// Two spaces, both locked: rights go from the one to the other in one step.
struct LockedSpacePair: ~Copyable {
  private let source: LockedSpace
  private let target: LockedSpace

  /// Two different spaces are locked by address, so that two threads that move rights both ways do not meet.
  init(from source: Space, to target: Space) {
    if source.object < target.object {
      self.source = source.locked()
      self.target = target.locked()
    } else {
      self.target = target.locked()
      self.source = source.locked()
    }
  }

  borrowing func insert(
    as name: mach_port_name_t, from sourceName: mach_port_name_t, _ disposition: mach_msg_type_name_t,
    _ aftermath: inout Aftermath
  ) throws(KernelReturn) {
    guard target.body.isActive else { throw .invalidTask }
    let move = try source.insertion(as: name, from: sourceName, disposition, &aftermath)
    try target.checkArrival(move)
    var right = try source.copyin(move.entry, named: sourceName, disposition, allowingDead: false, &aftermath)
    source.freeIfEmpty(move.entry, named: sourceName)
    try target.copyout(&right, as: name)
  }

  borrowing func extract(
    _ name: mach_port_name_t, _ disposition: mach_msg_type_name_t, _ aftermath: inout Aftermath
  ) throws(KernelReturn) -> mach_port_name_t {
    guard target.body.isActive else { throw .invalidTask }
    let entry = try source.currentEntry(named: name)
    try target.body.table.reserveOne()
    let right = try source.copyin(entry, named: name, disposition, allowingDead: true, &aftermath)
    source.freeIfEmpty(entry, named: name)
    return try target.copyout(right)
  }
}

/// A right that is about to go from one name of a space to another.
struct Insertion {
  let port: Port
  let source: mach_port_name_t
  let entry: UnsafeMutablePointer<Entry>
  let disposition: mach_msg_type_name_t
  let name: mach_port_name_t

  /// The source name will be free.
  var vacatesSource: Bool {
    switch disposition {
    case MACH_MSG_TYPE_MOVE_SEND: entry.pointee.type == Entry.send && entry.pointee.userReferences == 1
    case MACH_MSG_TYPE_MOVE_SEND_ONCE: true
    case MACH_MSG_TYPE_MOVE_RECEIVE: entry.pointee.type == Entry.receive
    default: false
    }
  }

  var arrivesAs: mach_msg_type_name_t { Disposition.inTransit(disposition) }
}

extension LockedSpace {
  /// Whether `copyout(_:as:)` will succeed once the right has left its source; memory for the slot is there afterwards.
  fileprivate func check(_ move: Insertion) throws(KernelReturn) {
    try body.table.reserveSlot(named: move.name)
    let vacates = move.vacatesSource
    var isUsed = false
    let isSourceSlot = Name.index(move.name) == Name.index(move.source)
    if !(isSourceSlot && vacates), let slot = body.table.slot(Name.index(move.name)), slot.pointee.type != 0 {
      if slot.pointee.generation != Name.generation(move.name) { throw .failure }
      isUsed = true
    }
    if let held = nameHolding(move, vacates) {
      if held != move.name { throw .rightExists }
      // A reference that moves from a name to itself needs no room.
      if move.arrivesAs == MACH_MSG_TYPE_PORT_SEND, !(isSourceSlot && move.disposition == MACH_MSG_TYPE_MOVE_SEND),
        let slot = body.table.entry(named: held), slot.pointee.has(Entry.send),
        slot.pointee.userReferences >= Entry.maximumSendReferences
      {
        throw .userReferencesOverflow
      }
    } else if isUsed {
      throw .nameExists
    }
  }

  /// The same for a right that comes from another space.
  fileprivate func checkArrival(_ move: Insertion) throws(KernelReturn) {
    try body.table.reserveSlot(named: move.name)
    let slot = body.table.slot(Name.index(move.name))
    let isUsed = (slot?.pointee.type ?? 0) != 0
    if isUsed, slot?.pointee.generation != Name.generation(move.name) { throw .failure }
    let held = move.arrivesAs == MACH_MSG_TYPE_PORT_SEND_ONCE ? nil : name(holding: move.port)
    if let held {
      if held != move.name { throw .rightExists }
      if move.arrivesAs == MACH_MSG_TYPE_PORT_SEND, let slot, slot.pointee.has(Entry.send),
        slot.pointee.userReferences >= Entry.maximumSendReferences
      {
        throw .userReferencesOverflow
      }
    } else if isUsed {
      throw .nameExists
    }
  }

  /// The name of a port's receive or send right here.
  private func name(holding port: Port) -> mach_port_name_t? {
    let locked = port.locked()
    if locked.body.receiver == space { return locked.body.receiverName }
    locked.unlock()
    return body.table.sendEntry(for: port)?.name
  }

  /// The name under which the port's rights will be once the moving right has left its source; nil for send-once.
  private func nameHolding(_ move: Insertion, _ vacates: Bool) -> mach_port_name_t? {
    switch move.arrivesAs {
    case MACH_MSG_TYPE_PORT_RECEIVE: return vacates ? nil : move.source
    case MACH_MSG_TYPE_PORT_SEND:
      let port = move.port.locked()
      if port.body.receiver == space { return port.body.receiverName }
      port.unlock()
      guard let (name, _) = body.table.sendEntry(for: move.port) else { return nil }
      return name == move.source && vacates ? nil : name
    default: return nil
    }
  }
}

// Rights put into and taken out of a space by name: insert_right and extract_right.

import CMach

extension Space {
  /// mach_port_insert_right (facts: I1-I5, I8-I10 and the Choices): takes a right of `source`, a name in this space, by
  /// `disposition` and puts it under `name`. Everything is checked before the source right is touched.
  ///
  /// Throws, in this order, INVALID_VALUE (`name` NULL or DEAD, a disposition out of range), INVALID_CAPABILITY
  /// (`source` NULL or DEAD), INVALID_NAME and INVALID_RIGHT (of `source`), INVALID_CAPABILITY (`source` is dead),
  /// INVALID_VALUE (low bits of `name`), FAILURE, NO_SPACE, RESOURCE_SHORTAGE, RIGHT_EXISTS, NAME_EXISTS,
  /// UREFS_OVERFLOW.
  package func insertRight(
    as name: mach_port_name_t, from source: mach_port_name_t, _ disposition: mach_msg_type_name_t
  ) throws(KernelReturn) {
    if !Name.isValid(name) || !Disposition.isAny(disposition) { throw .invalidValue }
    if !Name.isValid(source) { throw .invalidCapability }
    var wakes = WakeList()
    do throws(KernelReturn) {
      let locked = locked()
      let entry = try locked.currentEntry(named: source)
      if !locked.canCopyin(entry, disposition) { throw .invalidRight }
      guard !entry.pointee.has(Entry.deadName), let object = entry.pointee.object else { throw .invalidCapability }
      let move = Insertion(port: Port(object), source: source, entry: entry, disposition: disposition, name: name)
      try locked.check(move)
      var right = try locked.copyin(entry, named: source, disposition, allowingDead: false, &wakes)
      locked.freeIfEmpty(entry, named: source)
      try locked.copyout(&right, as: name)
    } catch {
      wakes.finishAll()
      throw error
    }
    wakes.finishAll()
  }

  /// mach_port_extract_right: takes a right of `name` by `disposition` and gives it a name in the calling task's space,
  /// which is this one (facts: I7, I8, I11). Returns that name and the disposition on arrival (16 to 18).
  /// Throws INVALID_VALUE (disposition), INVALID_RIGHT, INVALID_NAME, INVALID_TASK, NO_SPACE, RESOURCE_SHORTAGE.
  package func extractRight(
    of name: mach_port_name_t, _ disposition: mach_msg_type_name_t
  ) throws(KernelReturn) -> (name: mach_port_name_t, disposition: mach_msg_type_name_t) {
    if !Disposition.isAny(disposition) { throw .invalidValue }
    if !Name.isValid(name) { throw .invalidRight }
    var wakes = WakeList()
    let extracted: mach_port_name_t
    do throws(KernelReturn) {
      let locked = locked()
      let entry = try locked.currentEntry(named: name)
      // The only right that comes out under a name that is neither held already nor just vacated.
      if disposition == MACH_MSG_TYPE_MAKE_SEND_ONCE { try locked.body.table.reserveOne() }
      let right = try locked.copyin(entry, named: name, disposition, allowingDead: true, &wakes)
      locked.freeIfEmpty(entry, named: name)
      extracted = try locked.copyout(right)
    } catch {
      wakes.finishAll()
      throw error
    }
    wakes.finishAll()
    return (extracted, Disposition.inTransit(disposition))
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

// The subsystem mach_port, 3200: names and rights of a task, by message to the task's port.

import CMach

/// Each row: bytes of request and longest reply, then what the routine does. Arguments and results come in the order of
/// the interface file.
enum PortServer {
  static func routine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3200...3211: nameRoutine(identifier)
    case 3212...3220: rightRoutine(identifier)
    case 3221...3230: tableRoutine(identifier)
    case 3231...3242: guardRoutine(identifier)
    default: nil
    }
  }

  private static func nameRoutine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3200: Routine(24, 76, names)
    case 3201:  // mach_port_type
      Routine(36, 40) { (call) throws(KernelReturn) in
        let task = try call.task()
        call.put(try task.space.type(of: call.word()))
      }
    case 3202:  // mach_port_rename
      Routine(40, 36) { (_) throws(KernelReturn) in throw .notSupported }
    case 3203:  // mach_port_allocate_name
      Routine(40, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        _ = try task.space.allocate(.init(right: call.word(), name: call.word()))
      }
    case 3204:  // mach_port_allocate
      Routine(36, 40) { (call) throws(KernelReturn) in
        let task = try call.task()
        call.put(try task.space.allocate(.init(right: call.word())))
      }
    case 3205:  // mach_port_destroy
      Routine(36, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        try task.space.destroyName(call.word())
      }
    case 3206:  // mach_port_deallocate
      Routine(36, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        try task.space.deallocateName(call.word())
      }
    case 3207:  // mach_port_get_refs
      Routine(40, 40) { (call) throws(KernelReturn) in
        let task = try call.task()
        call.put(try task.space.references(of: call.word(), call.word()))
      }
    case 3208:  // mach_port_mod_refs
      Routine(44, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        try task.space.changeReferences(of: call.word(), call.word(), by: call.number())
      }
    case 3209: Routine(48, 120, peek)
    case 3210:  // mach_port_set_mscount
      Routine(40, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        try task.space.setMakeSendCount(of: call.word(), call.word())
      }
    case 3211:  // mach_port_get_set_status
      Routine(36, 56) { (call) throws(KernelReturn) in
        let task = try call.task()
        let members = try task.space.setStatus(of: call.word())
        call.beginDescriptors(1)
        let count = call.add(members)
        call.endDescriptors()
        call.put(count)
      }
    default: nil
    }
  }

  private static func rightRoutine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3212:  // mach_port_move_member
      Routine(40, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        try task.space.changeSet(of: call.word(), to: call.word())
      }
    case 3213: Routine(60, 40, carrying: .right(MACH_MSG_TYPE_PORT_SEND_ONCE), requestNotification)
    case 3214: Routine(52, 36, carrying: .anyRight, insertRight)
    case 3215: Routine(40, 40, extractRight)
    case 3216:  // mach_port_set_seqno
      Routine(40, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        try task.space.setSequenceNumber(of: call.word(), call.word())
      }
    case 3217: Routine(44, 108, getAttributes)
    case 3218:  // mach_port_set_attributes
      Routine(44, 36, upTo: 17) { (call) throws(KernelReturn) in
        let task = try call.task()
        let (name, flavor, count) = (call.word(), call.number(), call.word())
        try task.space.setAttributes(of: name, flavor, call.rest, count)
      }
    case 3219: Routine(44, 48, allocateWithQuality)
    case 3220: Routine(64, 48, carrying: .right(MACH_MSG_TYPE_PORT_SEND), allocateInFull)
    default: nil
    }
  }

  private static func tableRoutine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3221:  // task_set_port_space
      Routine(36, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        try task.space.reserve(call.number())
      }
    case 3222:  // mach_port_get_srights
      Routine(36, 40) { (call) throws(KernelReturn) in
        let task = try call.task()
        call.put(try task.space.sendRightCount(of: call.word()))
      }
    case 3223: Routine(24, 100, spaceInformation)
    case 3224:  // mach_port_dnrequest_info
      Routine(36, 44) { (call) throws(KernelReturn) in
        let task = try call.task()
        let (total, used) = try task.space.requestInformation(of: call.word())
        call.put(total)
        call.put(used)
      }
    case 3225:  // mach_port_kernel_object
      Routine(36, 44) { (call) throws(KernelReturn) in
        let task = try call.task()
        let object = try task.space.kernelObject(of: call.word())
        call.put(object.type)
        call.put(UInt32(truncatingIfNeeded: object.token))
      }
    case 3226:  // mach_port_insert_member
      Routine(40, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        try task.space.enter(call.word(), into: call.word())
      }
    case 3227:  // mach_port_extract_member
      Routine(40, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        try task.space.remove(call.word(), from: call.word())
      }
    case 3228:  // mach_port_get_context
      Routine(36, 44) { (call) throws(KernelReturn) in
        let task = try call.task()
        call.put(UInt64(try task.space.context(of: call.word())))
      }
    case 3229:  // mach_port_set_context
      Routine(44, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        try task.space.setContext(of: call.word(), mach_port_context_t(call.wideWord()))
      }
    case 3230:  // mach_port_kobject
      Routine(36, 48) { (call) throws(KernelReturn) in
        let task = try call.task()
        let object = try task.space.kernelObject(of: call.word())
        call.put(object.type)
        call.put(object.token)
      }
    default: nil
    }
  }

  private static func guardRoutine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3231: Routine(60, 40, carrying: .memory(MemoryLayout<mach_port_options_t>.size), construct)
    case 3232:  // mach_port_destruct
      Routine(48, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        try task.space.destruct(call.word(), call.number(), guard: mach_port_context_t(call.wideWord()))
      }
    case 3233:  // mach_port_guard
      Routine(48, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        let (name, value, strict) = (call.word(), call.wideWord(), call.word())
        try task.space.guardPort(name, with: mach_port_context_t(value), strict: strict != 0)
      }
    case 3234:  // mach_port_unguard
      Routine(44, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        try task.space.unguardPort(call.word(), with: mach_port_context_t(call.wideWord()))
      }
    case 3235:  // mach_port_space_basic_info
      Routine(24, 60) { (call) throws(KernelReturn) in
        let task = try call.task()
        call.put(structure: try task.space.basicInformation())
      }
    case 3236:  // mach_port_special_reply_port_reset_link, for debugging kernels
      Routine(36, 40) { (_) throws(KernelReturn) in throw .notSupported }
    case 3237:  // mach_port_guard_with_flags
      Routine(52, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        let (name, value, flags) = (call.word(), call.wideWord(), call.wideWord())
        try task.space.guardPort(
          name, with: mach_port_context_t(value), strict: flags & UInt64(MPG_STRICT) != 0,
          immovable: flags & UInt64(MPG_IMMOVABLE_RECEIVE) != 0)
      }
    case 3238:  // mach_port_swap_guard
      Routine(52, 36) { (call) throws(KernelReturn) in
        let task = try call.task()
        let (name, old, new) = (call.word(), call.wideWord(), call.wideWord())
        try task.space.swapGuard(of: name, mach_port_context_t(old), for: mach_port_context_t(new))
      }
    case 3239:  // mach_port_kobject_description: the text is empty
      Routine(36, 60) { (call) throws(KernelReturn) in
        let task = try call.task()
        let object = try task.space.kernelObject(of: call.word())
        call.put(object.type)
        call.put(object.token)
        call.put(UInt32(0))
        call.put(UInt32(1))
        call.put(UInt32(0))
      }
    case 3240:  // mach_port_is_connection_for_service
      Routine(40, 44) { (call) throws(KernelReturn) in
        let task = try call.task()
        try task.space.checkConnection(call.word(), call.word())
      }
    case 3241:  // mach_port_get_service_port_info
      Routine(36, 292) { (call) throws(KernelReturn) in
        let task = try call.task()
        try task.space.checkService(call.word())
      }
    case 3242:  // mach_port_assert_attributes
      Routine(44, 36, upTo: 17) { (call) throws(KernelReturn) in
        let task = try call.task()
        let (name, flavor, count) = (call.word(), call.number(), call.word())
        try task.space.assertAttributes(of: name, flavor, call.rest, count)
      }
    default: nil
    }
  }
}

// MARK: - Routines of several steps

extension PortServer {
  /// mach_port_names
  private static func names(_ call: inout ServedCall) throws(KernelReturn) {
    let task = try call.task()
    var names = Space.makeNameArray()
    var types = Space.makeNameArray()
    try task.space.names(&names, &types)
    call.beginDescriptors(2)
    let count = call.add(names)
    let typeCount = call.add(types)
    call.endDescriptors()
    call.put(count)
    call.put(typeCount)
  }

  /// mach_port_peek: the trailer goes where it stands in the reply, behind its count.
  private static func peek(_ call: inout ServedCall) throws(KernelReturn) {
    let task = try call.task()
    let (name, type, number, limit) = (call.word(), call.word(), call.word(), min(call.word(), 68))
    let (message, size) = try task.space.peek(
      name, number, trailerType: type, call.resultAddress + 16, limit: limit)
    call.put(message.sequenceNumber)
    call.put(message.size)
    call.put(message.identifier)
    call.put(size)
    call.advance(Int(size))
  }

  /// mach_port_request_notification (facts: T20: a request that fails ends its right).
  private static func requestNotification(_ call: inout ServedCall) throws(KernelReturn) {
    let task = try call.task()
    let (name, identifier, sync) = (call.word(), call.number(), call.word())
    let notification = try RequestedNotification.make(call.right())
    let replaced: RequestedNotification?
    do throws(KernelReturn) {
      replaced = try task.space.request(identifier, of: name, sync, notification)
    } catch {
      task.space.refuse(notification)
      throw error
    }
    call.beginDescriptors(1)
    call.add(replaced?.notification.withdraw().leak() ?? 0, MACH_MSG_TYPE_PORT_SEND_ONCE)
  }

  /// mach_port_insert_right (facts: I1, I2; a right that fails ends: I12).
  private static func insertRight(_ call: inout ServedCall) throws(KernelReturn) {
    let task = try call.task()
    let name = call.word()
    // The only kinds that a right has on arrival; a NULL or DEAD one may have come with any number.
    switch call.disposition {
    case MACH_MSG_TYPE_PORT_RECEIVE, MACH_MSG_TYPE_PORT_SEND, MACH_MSG_TYPE_PORT_SEND_ONCE: break
    default: throw .invalidValue
    }
    var right = call.right()
    try task.space.insert(&right, as: name)
  }

  /// mach_port_extract_right
  private static func extractRight(_ call: inout ServedCall) throws(KernelReturn) {
    let task = try call.task()
    let (name, disposition) = (call.word(), call.word())
    let right = try task.space.extract(name, disposition)
    call.beginDescriptors(1)
    call.add(right, Disposition.inTransit(disposition))
  }

  /// mach_port_get_attributes: the words go where they stand in the reply, behind their count.
  private static func getAttributes(_ call: inout ServedCall) throws(KernelReturn) {
    let task = try call.task()
    let (name, flavor) = (call.word(), call.number())
    var count = min(call.word(), 17)
    try task.space.getAttributes(of: name, flavor, call.resultAddress + 4, &count)
    call.put(count)
    call.advance(Int(count) * 4)
  }

  /// mach_port_allocate_qos (facts: N10)
  private static func allocateWithQuality(_ call: inout ServedCall) throws(KernelReturn) {
    let task = try call.task()
    let (right, qos) = (call.word(), call.qos())
    if qos.name != 0 { throw .invalidArgument }
    let name = try task.space.allocate(right, hasPrototype: false, qos, wanted: 0)
    call.put(structure: qos)
    call.put(name)
  }

  /// mach_port_allocate_full
  private static func allocateInFull(_ call: inout ServedCall) throws(KernelReturn) {
    let task = try call.task()
    let prototype = call.keptRight()
    defer { prototype.drop() }
    let (right, qos, wanted) = (call.word(), call.qos(), call.word())
    let name = try task.space.allocate(right, hasPrototype: prototype.stored != 0, qos, wanted: wanted)
    call.put(structure: qos)
    call.put(name)
  }

  /// mach_port_space_info
  private static func spaceInformation(_ call: inout ServedCall) throws(KernelReturn) {
    let task = try call.task()
    let information = try task.space.tableInformation()
    let summary = information.info
    let (table, count) = information.leak()
    call.beginDescriptors(2)
    call.add(memory: table, size: Int(count) * MemoryLayout<ipc_info_name_t>.size)
    call.add(memory: nil, size: 0)
    call.endDescriptors()
    call.put(structure: summary)
    call.put(count)
    call.put(UInt32(0))
  }

  /// mach_port_construct
  private static func construct(_ call: inout ServedCall) throws(KernelReturn) {
    let task = try call.task()
    var options = mach_port_options_t()
    guard call.readMemory(&options) else { throw .invalidArgument }
    call.put(try task.space.construct(.init(options, mach_port_context_t(call.wideWord()))))
  }
}

extension ServedCall {
  /// Adds an array of names, and returns its count.
  fileprivate mutating func add(_ array: consuming NameArray) -> mach_msg_type_number_t {
    let (address, count) = array.leak()
    add(memory: address, size: Int(count) * 4)
    return count
  }

  /// Adds a right as `TransferredRight.leak` gives it.
  fileprivate mutating func add(_ right: UInt, _ disposition: mach_msg_type_name_t) {
    add(TransferredRight(adopting: right, disposition: disposition), disposition)
  }
}

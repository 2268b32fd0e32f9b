// What a space tells of itself: all names, the whole table, and single look-ups for debuggers.

import CMach

extension Space {
  /// mach_port_names: every name in use with its type bits, by ascending index; a right whose port has died shows as a
  /// dead name (facts: N8). Throws INVALID_TASK, RESOURCE_SHORTAGE.
  package func names(_ names: inout NameArray, _ types: inout NameArray) throws(KernelReturn) {
    while true {
      let needed = try copyNames(&names, &types)
      if needed <= names.capacity, needed <= types.capacity { return }
      try names.reserve(needed)
      try types.reserve(needed)
    }
  }

  /// An array for `names`.
  package static func makeNameArray() -> NameArray { NameArray() }

  private func copyNames(_ names: inout NameArray, _ types: inout NameArray) throws(KernelReturn) -> Int {
    let locked = locked()
    guard locked.body.isActive else { throw .invalidTask }
    let count = Int(locked.body.entriesInUse)
    guard count <= names.capacity, count <= types.capacity else { return count }
    names.removeAll()
    types.removeAll()
    locked.body.table.forEachUsedSlot { index, entry in
      guard entry.pointee.type != 0 else { return }
      names.append(Name.make(index, entry.pointee.generation))
      types.append(Space.shownType(entry))
    }
    return count
  }

  /// The type of an entry as it would be after a look-up, without changing it.
  private static func shownType(_ entry: UnsafeMutablePointer<Entry>) -> mach_port_type_t {
    let type = entry.pointee.type
    guard type & (Entry.send | Entry.sendOnce | Entry.receive) != 0, let object = entry.pointee.object else {
      return type
    }
    if type & Entry.receive != 0, entry.pointee.request == 0 { return type }
    let port = Port(object).locked()
    return port.body.isActive ? type | port.body.requests.type(entry.pointee.request) : Entry.deadName
  }

  /// mach_port_get_srights: how many send rights the port of a receive right has, one for each name and message.
  /// Throws INVALID_NAME (also for NULL and DEAD, facts: R19), INVALID_RIGHT.
  package func sendRightCount(of name: mach_port_name_t) throws(KernelReturn) -> mach_port_rights_t {
    let locked = locked()
    return try locked.receivePort(named: name).locked().body.sendRightCount
  }

  /// mach_port_dnrequest_info: slots and used slots of the request table (facts: R19, R20).
  package func requestInformation(of name: mach_port_name_t) throws(KernelReturn) -> (total: UInt32, used: UInt32) {
    let locked = locked()
    let port = try locked.receivePort(named: name).locked()
    return (port.body.requests.size, port.body.requests.used)
  }

  /// mach_port_kobject: type (IKOT_*) and token of the object behind a send or receive right (facts: R19; Choices).
  /// The token is 0 for an ordinary port.
  package func kernelObject(of name: mach_port_name_t) throws(KernelReturn) -> (type: UInt32, token: UInt64) {
    let locked = locked()
    let entry = try locked.entry(named: name)
    guard entry.pointee.has(Entry.send | Entry.receive), let object = entry.pointee.object else {
      throw .invalidRight
    }
    let port = Port(object).locked()
    guard port.body.isActive else { throw .invalidRight }
    return (UInt32(port.body.kernelObjectType), port.body.kernelObjectType != 0 ? Kernel.token(for: object) : 0)
  }

  /// mach_port_space_basic_info. In-use counts leave slot 0 out (facts: R20).
  package func basicInformation() throws(KernelReturn) -> ipc_info_space_basic_t {
    let locked = locked()
    guard locked.body.isActive else { throw .invalidTask }
    var info = ipc_info_space_basic_t()
    info.iisb_genno_mask = 0xff
    info.iisb_table_size = locked.body.table.capacity
    info.iisb_table_next = locked.body.table.nextCapacity
    info.iisb_table_inuse = locked.body.entriesInUse
    return info
  }

  /// task_set_port_space: makes room for a table of `count` slots; a smaller one than there is, is no error, and -1
  /// asks for the next larger. Throws NO_SPACE, RESOURCE_SHORTAGE, INVALID_TASK.
  package func reserve(_ count: Int32) throws(KernelReturn) {
    let locked = locked()
    guard locked.body.isActive else { throw .invalidTask }
    let wanted = count == -1 ? locked.body.table.nextCapacity : UInt32(bitPattern: count)
    try locked.body.table.reserve(wanted)
  }

  /// mach_port_space_info: every slot of the table, free ones with type 0 (facts: R20).
  /// Throws INVALID_TASK, RESOURCE_SHORTAGE.
  package func tableInformation() throws(KernelReturn) -> SpaceInformation {
    var result = SpaceInformation()
    while true {
      let needed = try fill(&result)
      if needed <= result.capacity { return result }
      try result.reserve(needed)
    }
  }

  private func fill(_ result: inout SpaceInformation) throws(KernelReturn) -> Int {
    let locked = locked()
    guard locked.body.isActive else { throw .invalidTask }
    let capacity = locked.body.table.capacity
    guard Int(capacity) <= result.capacity else { return Int(capacity) }
    result.info.iis_genno_mask = 0xff
    result.info.iis_table_size = capacity
    result.info.iis_table_next = locked.body.table.nextCapacity
    result.count = Int(capacity)
    for index in 0..<capacity { result.set(Int(index), locked.slotInformation(index)) }
    return Int(capacity)
  }
}

extension LockedSpace {
  fileprivate func slotInformation(_ index: UInt32) -> ipc_info_name_t {
    var info = ipc_info_name_t()
    info.iin_name = Name.make(index, 0)
    guard let entry = body.table.slot(index) else { return info }
    info.iin_name = Name.make(index, entry.pointee.generation)
    info.iin_type = entry.pointee.type
    info.iin_urefs = entry.pointee.userReferences
    info.iin_next = entry.pointee.next
    if entry.pointee.request != 0, entry.pointee.type != 0, let object = entry.pointee.object {
      info.iin_type |= Port(object).locked().body.requests.type(entry.pointee.request)
    }
    if let object = entry.pointee.object { info.iin_object = UInt32(truncatingIfNeeded: Kernel.token(for: object)) }
    return info
  }
}

/// The result of mach_port_space_info, in pages that the caller frees.
public struct SpaceInformation: ~Copyable {
  package var info = ipc_info_space_t()
  fileprivate var count = 0
  fileprivate var capacity = 0
  private var table: UnsafeMutablePointer<ipc_info_name_t>?
  private var size = 0

  fileprivate init() {}

  deinit {
    if let table { VirtualMemory.deallocateResult(UnsafeMutableRawPointer(table), size: size) }
  }

  fileprivate mutating func reserve(_ wanted: Int) throws(KernelReturn) {
    let fresh = VirtualMemory.roundToPage(wanted * MemoryLayout<ipc_info_name_t>.stride)
    guard let memory = VirtualMemory.allocateResult(size: fresh) else { throw .resourceShortage }
    if let table { VirtualMemory.deallocateResult(UnsafeMutableRawPointer(table), size: size) }
    table = memory.bindMemory(to: ipc_info_name_t.self, capacity: wanted)
    size = fresh
    capacity = wanted
  }

  fileprivate func set(_ index: Int, _ information: ipc_info_name_t) { table?[index] = information }

  /// Hands the table to the caller.
  package consuming func leak() -> (table: UnsafeMutablePointer<ipc_info_name_t>?, count: mach_msg_type_number_t) {
    let table = table
    self.table = nil
    return (table, mach_msg_type_number_t(count))
  }
}

// Memory entries: send rights that stand for memory.

import CLinux
import CMach

/// What a memory entry stands for; nothing of it changes.
package struct MemoryEntryBody {
  /// nil for an entry of no bytes. The entry holds a reference.
  let object: MemoryObject?
  /// Where it begins in the object, and how many bytes it has: whole pages.
  let offset: UInt64
  let size: UInt64
  /// Where in the first page the data begin that it was made of.
  let dataOffset: UInt64
  /// VM_PROT_ bits: what it may be mapped for.
  let protection: Int32
  /// It was made as a copy: each mapping is a copy again.
  var isSnapshot = false
  /// It was made of a range as a whole, and is mapped so.
  var isWhole = false
}

/// Names a memory entry (historic: `vm_named_entry_t`); owns nothing. It lives as long as its port has senders.
package struct MemoryEntry {
  let body: UnsafeMutablePointer<MemoryEntryBody>

  /// The entry behind a port; nil when there is none.
  init?(of port: borrowing LockedPort) {
    guard port.body.kernelObjectType == KernelObjectType.memoryEntry, let object = port.body.kernelObject else {
      return nil
    }
    body = object.assumingMemoryBound(to: MemoryEntryBody.self)
  }

  /// A new entry, which takes over the object's reference on success, as its first send right. Throws RESOURCE_SHORTAGE.
  static func make(_ contents: MemoryEntryBody) throws(KernelReturn) -> KeptRight {
    guard let body = KernelMemory.allocate(MemoryEntryBody.self) else { throw .resourceShortage }
    guard let port = Port.makeKernelPort(type: KernelObjectType.memoryEntry, object: body) else {
      KernelMemory.free(body)
      throw .resourceShortage
    }
    // The port itself is told when no one names it any more.
    guard let notification = Notification(to: SendOnceRight(making: port.locked())) else {
      port.locked().destroyKernelPort()
      KernelMemory.free(body)
      throw .resourceShortage
    }
    body.initialize(to: contents)
    let right = SendRight(making: port.locked())
    port.locked().body.noSenders = notification
    return KeptRight(stored: right.leakStored())
  }

  /// The last send right is gone.
  func end(_ port: Port) {
    port.locked().destroyKernelPort()
    body.pointee.object?.release()
    KernelMemory.free(body)
  }
}

/// A memory entry that a call works on, or none; move-only.
public struct MemoryEntryRight: ~Copyable {
  private let right: KeptRight
  let body: UnsafeMutablePointer<MemoryEntryBody>?

  /// Takes over a right; NULL and DEAD stand for no entry. Throws INVALID_OBJECT for a port of another kind, unless such
  /// is to stand for none too.
  package init(_ right: KeptRight, elseNone isLenient: Bool = false) throws(KernelReturn) {
    guard right.isPort, let memory = UnsafeMutableRawPointer(bitPattern: right.stored) else {
      self.right = .null
      body = nil
      return
    }
    let entry = MemoryEntry(of: Port(memory).locked())
    if entry == nil {
      right.drop()
      if !isLenient { throw .invalidObject }
    }
    self.right = entry == nil ? .null : right
    body = entry?.body
  }

  deinit { right.drop() }

  /// One send right more.
  func copy() -> KeptRight { KeptRight(stored: StoredRight.copy(right.stored).leak()) }
}

extension MemoryEntry {
  /// What mach_make_memory_entry is asked for.
  private struct Request {
    let start: UInt64
    let size: UInt64
    let dataOffset: UInt64
    let permission: Int32

    var protection: Int32 { permission & VM_PROT_ALL }
    var isMask: Bool { permission & VM_PROT_IS_MASK != 0 }

    func has(_ flag: Int32) -> Bool { permission & flag != 0 }

    /// Throws INVALID_ARGUMENT when the range overflows.
    init(_ offset: UInt64, _ size: UInt64, _ permission: Int32, from parent: UInt64) throws(KernelReturn) {
      self.permission = permission
      let (first, overflow) = offset.addingReportingOverflow(parent)
      let (last, overflowAgain) = first.addingReportingOverflow(size)
      if overflow || overflowAgain { throw .invalidArgument }
      start = first & ~UInt64(VirtualMemory.pageSize - 1)
      self.size = try VirtualMemory.rounded(last - start)
      var within: UInt64 = 0
      if permission & (MAP_MEM_USE_DATA_ADDR | MAP_MEM_4K_DATA_ADDR) != 0 { within = first - start }
      if permission & MAP_MEM_4K_DATA_ADDR != 0 { within &= ~0xfff }
      dataOffset = within
    }
  }

  /// mach_make_memory_entry_64: a send right, and in `size` how many bytes the entry has. Throws INVALID_ARGUMENT,
  /// INVALID_ADDRESS, PROTECTION_FAILURE, INVALID_RIGHT, NOT_SUPPORTED, RESOURCE_SHORTAGE.
  package static func make(
    size: inout UInt64, at offset: UInt64, _ permission: Int32, parent: borrowing MemoryEntryRight
  ) throws(KernelReturn) -> KeptRight {
    let usesData = permission & (MAP_MEM_USE_DATA_ADDR | MAP_MEM_4K_DATA_ADDR) != 0
    if let body = parent.body, body.pointee.isWhole { throw .invalidArgument }
    if permission & MAP_MEM_ONLY != 0 {
      guard !usesData, let body = parent.body else { throw .invalidArgument }
      try checkCaching(permission, of: body.pointee)
      return .null
    }
    if permission & MAP_MEM_NAMED_CREATE != 0, usesData { throw .invalidArgument }
    let isFresh = permission & (MAP_MEM_NAMED_CREATE | MAP_MEM_VM_COPY | MAP_MEM_VM_SHARE | MAP_MEM_NAMED_REUSE) != 0
    let isPart = !isFresh && parent.body != nil
    let dataOffset = isPart && usesData ? parent.body?.pointee.dataOffset ?? 0 : 0
    let request = try Request(offset, size, permission, from: dataOffset)
    if let body = parent.body, isPart { return try part(of: body.pointee, request, &size) }
    if request.has(MAP_MEM_NAMED_CREATE) { return try create(request, &size) }
    if caches(permission) { throw .notSupported }
    VirtualMemory.changes.acquire()
    defer { VirtualMemory.changes.release() }
    if request.size == 0 { throw .invalidArgument }
    if request.has(MAP_MEM_VM_COPY) { return try copy(request, &size) }
    if request.has(MAP_MEM_VM_SHARE) { return try share(request, &size) }
    return try expose(request, &size, parent)
  }

  /// Whether another kind of caching is asked for than the usual one.
  private static func caches(_ permission: Int32) -> Bool { UInt32(bitPattern: permission) >> 24 > 1 }

  private static func checkCaching(_ permission: Int32, of parent: MemoryEntryBody) throws(KernelReturn) {
    if UInt32(bitPattern: permission) >> 24 != 0, parent.protection & VM_PROT_WRITE == 0 { throw .invalidRight }
    if caches(permission) { throw .notSupported }
  }

  /// The entry of what was found; ends the object's reference when there is no memory for it.
  private static func finish(_ contents: MemoryEntryBody, _ size: inout UInt64) throws(KernelReturn) -> KeptRight {
    do throws(KernelReturn) {
      let right = try make(contents)
      size = contents.size - contents.dataOffset
      return right
    } catch {
      contents.object?.release()
      throw error
    }
  }

  /// New memory.
  private static func create(_ request: Request, _ size: inout UInt64) throws(KernelReturn) -> KeptRight {
    if request.has(MAP_MEM_PURGABLE) {
      if !request.has(VM_PROT_WRITE) { throw .invalidArgument }
      throw .notSupported
    }
    if caches(request.permission) { throw .notSupported }
    guard request.size <= UInt64(Int.max) else { throw .noSpace }
    let object = request.size == 0 ? nil : try MemoryObject.make(size: Int(request.size))
    object?.seal()
    return try finish(
      MemoryEntryBody(object: object, offset: 0, size: request.size, dataOffset: 0, protection: request.protection),
      &size)
  }

  /// Some of another entry's memory.
  private static func part(
    of parent: MemoryEntryBody, _ request: Request, _ size: inout UInt64
  ) throws(KernelReturn) -> KeptRight {
    let (end, overflow) = request.start.addingReportingOverflow(request.size)
    if overflow || end > parent.size { throw .invalidArgument }
    let protection = request.isMask ? request.protection & parent.protection : request.protection
    if protection & ~parent.protection != 0 { throw .protectionFailure }
    if caches(request.permission) { throw .notSupported }
    parent.object?.retain()
    return try finish(
      MemoryEntryBody(
        object: parent.object, offset: parent.offset + request.start, size: request.size,
        dataOffset: request.dataOffset, protection: protection), &size)
  }

  /// A copy of a range.
  private static func copy(_ request: Request, _ size: inout UInt64) throws(KernelReturn) -> KeptRight {
    let (start, end) = try VirtualMemory.span(request.start, request.size)
    try VirtualMemory.check(start, end, allows: UInt8(VM_PROT_READ))
    let object = try MemoryObject.make(size: Int(request.size))
    guard let base = UnsafeMutableRawPointer(bitPattern: object.base),
      VirtualMemory.copy(start, to: base, size: Int(request.size))
    else {
      object.release()
      throw .memoryError
    }
    object.seal()
    return try finish(
      MemoryEntryBody(
        object: object, offset: 0, size: request.size, dataOffset: request.dataOffset, protection: request.protection,
        isSnapshot: true, isWhole: true), &size)
  }

  /// All of a range, shared.
  private static func share(_ request: Request, _ size: inout UInt64) throws(KernelReturn) -> KeptRight {
    let (start, end) = try VirtualMemory.span(request.start, request.size)
    let found = try VirtualMemory.shareable(start, end)
    let protection = request.isMask ? request.protection & found.current : request.protection
    if protection & ~found.current != 0 || (request.isMask && protection == 0) { throw .protectionFailure }
    let object = try MemoryObject.make(sharing: start, size: Int(request.size))
    object.seal()
    return try finish(
      MemoryEntryBody(
        object: object, offset: 0, size: request.size, dataOffset: request.dataOffset, protection: protection,
        isWhole: true), &size)
  }

  /// A range, shared, as far as it is one piece.
  private static func expose(
    _ request: Request, _ size: inout UInt64, _ parent: borrowing MemoryEntryRight
  ) throws(KernelReturn) -> KeptRight {
    let (start, wantedEnd) = try VirtualMemory.span(request.start, request.size)
    let region = try VirtualMemory.describe(request.start)
    if region.start > start { throw .invalidAddress }
    var protection = request.protection
    if request.isMask { protection &= Int32(region.mapping.protection) & region.maximum }
    if protection & ~Int32(region.mapping.protection) != 0 { throw .protectionFailure }
    if protection & ~region.maximum != 0 { throw .invalidRight }
    let limit = try VirtualMemory.privateEnd(start, wantedEnd)
    let end = limit > start ? limit : try VirtualMemory.sharedEnd(start, wantedEnd)
    let bytes = UInt64(end - start)
    if request.has(MAP_MEM_NAMED_REUSE), limit == start,
      try isSame(parent, start, bytes, protection, request.dataOffset)
    {
      size = bytes - request.dataOffset
      return parent.copy()
    }
    let object: MemoryObject
    if limit > start {
      object = try MemoryObject.make(size: Int(bytes))
      do throws(KernelReturn) {
        try VirtualMemory.convert(start, end, to: object)
      } catch {
        object.release()
        throw error
      }
    } else {
      object = try MemoryObject.make(sharing: start, size: Int(bytes))
      object.seal()
    }
    return try finish(
      MemoryEntryBody(
        object: object, offset: 0, size: bytes, dataOffset: min(request.dataOffset, bytes), protection: protection),
      &size)
  }

  /// Whether an entry is of just that shared memory.
  private static func isSame(
    _ entry: borrowing MemoryEntryRight, _ start: UInt, _ size: UInt64, _ protection: Int32, _ dataOffset: UInt64
  ) throws(KernelReturn) -> Bool {
    guard let body = entry.body?.pointee, let object = body.object, body.size == size,
      body.protection == protection, body.dataOffset == dataOffset
    else { return false }
    let base = object.base + UInt(body.offset)
    guard let one = try MemoryMap.first(endingAfter: base), let other = try MemoryMap.first(endingAfter: start) else {
      return false
    }
    return one.inode != 0 && one.inode == other.inode && one.device == other.device
      && one.offset + UInt64(base - one.start) == other.offset + UInt64(start - other.start)
  }
}

extension VirtualMemory {
  /// How far a range is one piece of shared memory. Throws NOT_SUPPORTED (it does not begin so), RESOURCE_SHORTAGE.
  fileprivate static func sharedEnd(_ start: UInt, _ end: UInt) throws(KernelReturn) -> UInt {
    lock.acquire()
    let limit = regions.firstKept(start, end)?.start ?? end
    lock.release()
    var last: Mapping?
    try MemoryMap.forEach(from: start, to: limit) { mapping in
      guard mapping.isShared, last.map({ mapping.continues($0) }) ?? (mapping.start <= start) else { return false }
      last = mapping
      return true
    }
    guard let last else { throw .notSupported }
    return min(last.end, limit)
  }
}

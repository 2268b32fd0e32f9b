// Memory that is mapped at several places at once, behind memory entries and shared regions.

import CLinux
import CMach

/// What a memory object is made of; nothing of it changes.
struct MemoryObjectBody {
  /// Where the object keeps its pages: a shared mapping that no program has. What others see are further mappings of it.
  let base: UInt
  /// Bytes, in whole pages.
  let size: Int
  #if CHECKED
    /// What an audit finds.
    var entryCount: UInt32 = 0
  #endif
}

/// Names a memory object (historic: a `vm_object_t` that is shared); owns nothing. Each memory entry holds a reference.
/// The pages live on as long as anything maps them.
struct MemoryObject: Equatable {
  let body: UnsafeMutablePointer<MemoryObjectBody>

  var shared: UnsafeMutablePointer<SharedHeader> { KernelMemory.part(SharedHeader.self, behind: body) }
  var base: UInt { body.pointee.base }
  var size: Int { body.pointee.size }

  /// An object with one reference, whose pages are at `base` and are its own from now on; nil when memory is out.
  private init?(base: UInt, size: Int) {
    guard let body = KernelMemory.allocate(MemoryObjectBody.self, extra: MemoryLayout<SharedHeader>.stride) else {
      return nil
    }
    body.initialize(to: MemoryObjectBody(base: base, size: size))
    self.body = body
    shared.initialize(to: SharedHeader())
  }

  /// An object of zero pages. `size` is a multiple of the page size, not 0. Throws RESOURCE_SHORTAGE, NO_SPACE.
  static func make(size: Int) throws(KernelReturn) -> MemoryObject {
    let base = try VirtualMemory.map(nil, size, CLINUX_MAP_ANYWHERE, hidden, owner: .entry)
    return try adopt(UInt(bitPattern: base), size)
  }

  /// An object of the pages of a shared mapping, which stay where they are too. Throws RESOURCE_SHORTAGE.
  static func make(sharing address: UInt, size: Int) throws(KernelReturn) -> MemoryObject {
    let base = try VirtualMemory.share(address, size, hidden, owner: .entry)
    return try adopt(UInt(bitPattern: base), size)
  }

  private static func adopt(_ base: UInt, _ size: Int) throws(KernelReturn) -> MemoryObject {
    guard let object = MemoryObject(base: base, size: size) else {
      VirtualMemory.end(base, size, of: .entry)
      throw .resourceShortage
    }
    return object
  }

  private static var hidden: PageAttributes {
    var attributes = PageAttributes()
    attributes.isShared = true
    return attributes
  }

  /// Nothing is written to the pages here any more.
  func seal() { _ = clinux_protect(base, size, Int32(VM_PROT_READ)) }

  func retain() { shared.pointee.retain() }

  func release() {
    guard shared.pointee.releaseLast() else { return }
    VirtualMemory.end(base, size, of: .entry)
    KernelMemory.free(body)
  }
}

extension VirtualMemory {
  /// Maps pages of a shared mapping once more, anywhere, and records them. Throws RESOURCE_SHORTAGE, NO_SPACE.
  static func share(
    _ address: UInt, _ size: Int, _ attributes: PageAttributes, owner: PageOwner = .program
  ) throws(KernelReturn) -> UnsafeMutableRawPointer {
    guard promiseRecord() else { throw .resourceShortage }
    var error: Int32 = 0
    guard let memory = clinux_share(address, size, nil, &error) else {
      breakPromise()
      // Memory of a driver, or what is no shared mapping any more.
      throw error == ENOMEM || error == EAGAIN ? .resourceShortage : .notSupported
    }
    // The system wires the new mapping as the old one, but what is wired is pages at one place.
    if isWired(address, address + UInt(size)) { _ = clinux_unlock_pages(UInt(bitPattern: memory), size) }
    record(UInt(bitPattern: memory), size, owner: owner, attributes)
    return memory
  }

  /// Whether some of a range is the library's and wired.
  static func isWired(_ start: UInt, _ end: UInt) -> Bool {
    lock.acquire()
    defer { lock.release() }
    var address = start
    while address < end, let region = regions.first(endingAfter: address), region.start < end {
      if region.attributes.isWired { return true }
      address = region.end
    }
    return false
  }

  // MARK: From private to shared

  /// Makes private memory of the library's shared memory, in place: `object` gets what the range holds, and then takes
  /// its place. What other threads write between these two is lost. `changes` is held, and the range is regions of a
  /// program whose attributes `canBeShared`. Throws RESOURCE_SHORTAGE, PROTECTION_FAILURE (it cannot be read).
  static func convert(_ start: UInt, _ end: UInt, to object: MemoryObject) throws(KernelReturn) {
    try forEachRegion(start, end) { (region) throws(KernelReturn) in
      if region.attributes.protection & UInt8(VM_PROT_READ) == 0 { throw .protectionFailure }
    }
    try beginChange(start, end, ofLibrary: true)
    do throws(KernelReturn) {
      try copyPages(start, end, to: object.base)
      try dress(object, as: start, end)
      try replace(start, end, by: object)
    } catch {
      finishChange(start, end)
      throw error
    }
    finishChange(start, end)
    object.seal()
  }

  /// Whoever unmaps these pages of the library's waits until `finishChange`. Throws RESOURCE_SHORTAGE; INVALID_ADDRESS
  /// where all are to be the library's and another thread has unmapped some.
  private static func beginChange(_ start: UInt, _ end: UInt, ofLibrary: Bool = false) throws(KernelReturn) {
    lock.acquire()
    let isThere = !ofLibrary || regions.covers(start, end, owner: .program)
    let isMarked = isThere && regions.change(start, end) { if $0.owner == .program { $0.owner = .changing } }
    lock.release()
    if !isThere { throw .invalidAddress }
    if !isMarked { throw .resourceShortage }
  }

  static func finishChange(_ start: UInt, _ end: UInt) {
    lock.acquire()
    regions.change(start, end) { if $0.owner == .changing { $0.owner = .program } }
    lock.release()
  }

  /// Copies what is there; pages that no one has touched are left out.
  private static func copyPages(_ start: UInt, _ end: UInt, to target: UInt) throws(KernelReturn) {
    let file = clinux_open_pages()
    defer { if file >= 0 { clinux_close(file) } }
    var address = start
    while address < end {
      let count = min(Int(end - address) / pageSize, 256)
      let bits = pageBits(file, address, count)
      var run = address
      for index in 0..<count where bits[index] & UInt8(CLINUX_PAGE_PRESENT | CLINUX_PAGE_SWAPPED) == 0 {
        let page = address + UInt(index * pageSize)
        try copyRun(run, page, to: target + (run - start))
        run = page + UInt(pageSize)
      }
      address += UInt(count * pageSize)
      try copyRun(run, address, to: target + (run - start))
    }
  }

  /// What is in each of at most 256 pages; where the system cannot tell, something may be.
  private static func pageBits(_ file: Int32, _ address: UInt, _ count: Int) -> InlineArray<256, UInt8> {
    var bits = InlineArray<256, UInt8>(repeating: 0)
    let isKnown = withUnsafeMutableBytes(of: &bits) { buffer in
      guard file >= 0, let bytes = buffer.bindMemory(to: UInt8.self).baseAddress else { return false }
      return clinux_read_pages(file, UInt64(address) / UInt64(pageSize), count, bytes)
    }
    return isKnown ? bits : InlineArray(repeating: UInt8(CLINUX_PAGE_PRESENT))
  }

  private static func copyRun(_ start: UInt, _ end: UInt, to target: UInt) throws(KernelReturn) {
    guard end > start, let place = UnsafeMutableRawPointer(bitPattern: target) else { return }
    if !copy(start, to: place, size: Int(end - start)) { throw .protectionFailure }
  }

  /// Gives each part of an object the protection and inheritance of the region whose place it will take.
  private static func dress(_ object: MemoryObject, as start: UInt, _ end: UInt) throws(KernelReturn) {
    try forEachRegion(start, end) { (region) throws(KernelReturn) in
      let part = object.base + (region.start - start)
      let size = Int(region.end - region.start)
      var error: Int32 = 0
      if region.attributes.protection != UInt8(VM_PROT_DEFAULT) {
        error = clinux_protect(part, size, Int32(region.attributes.protection))
      }
      if error == 0, region.attributes.inheritance == UInt8(VM_INHERIT_NONE) {
        error = clinux_advise(part, size, CLINUX_ADVICE_NO_FORK)
      }
      if error != 0 { throw .resourceShortage }
    }
  }

  private static func replace(_ start: UInt, _ end: UInt, by object: MemoryObject) throws(KernelReturn) {
    try forEachRegion(start, end) { (region) throws(KernelReturn) in
      var error: Int32 = 0
      let part = object.base + (region.start - start)
      let place = UnsafeMutableRawPointer(bitPattern: region.start)
      guard clinux_share(part, Int(region.end - region.start), place, &error) != nil else { throw .resourceShortage }
      renewBehavior(region)
      lock.acquire()
      regions.change(region.start, region.end) { $0.attributes.isShared = true }
      lock.release()
    }
  }

  /// Tells the system of the behavior of a region whose pages are others now.
  private static func renewBehavior(_ region: Region) {
    let advice: clinux_advice? =
      switch Int32(region.attributes.behavior) {
      case VM_BEHAVIOR_RANDOM: CLINUX_ADVICE_RANDOM
      case VM_BEHAVIOR_SEQUENTIAL: CLINUX_ADVICE_SEQUENTIAL
      default: nil
      }
    if let advice { _ = clinux_advise(region.start, Int(region.end - region.start), advice) }
  }

  /// Calls `body`, without the lock, with each region of a range, cut at its ends.
  static func forEachRegion(
    _ start: UInt, _ end: UInt, _ body: (Region) throws(KernelReturn) -> Void
  ) throws(KernelReturn) {
    var address = start
    while address < end {
      lock.acquire()
      let found = regions.first(endingAfter: address)
      lock.release()
      guard var region = found, region.start < end else { return }
      region.start = max(region.start, start)
      region.end = min(region.end, end)
      address = region.end
      try body(region)
    }
  }

  // MARK: From shared to private

  /// Puts a private copy in the place of shared pages that lie in one mapping, and in one region if they are the
  /// library's, and have this protection. A child gets a copy then, or nothing as before. `changes` is held. Throws
  /// RESOURCE_SHORTAGE, MEMORY_ERROR (they cannot be read).
  static func privatize(
    _ start: UInt, _ end: UInt, protection: UInt8, isInherited: Bool = true
  ) throws(KernelReturn) {
    let size = Int(end - start)
    let copy = try map(nil, size, CLINUX_MAP_ANYWHERE, PageAttributes())
    do throws(KernelReturn) {
      try beginChange(start, end)
    } catch {
      self.end(UInt(bitPattern: copy), size, of: .program)
      throw error
    }
    defer { finishChange(start, end) }
    do throws(KernelReturn) {
      try fill(copy, from: start, size, isReadable: protection & UInt8(VM_PROT_READ) != 0)
      if clinux_protect(UInt(bitPattern: copy), size, Int32(protection)) != 0 { throw .resourceShortage }
      if !isInherited, clinux_advise(UInt(bitPattern: copy), size, CLINUX_ADVICE_NO_FORK) != 0 {
        throw .resourceShortage
      }
      if isWired(start, end), clinux_lock_pages(UInt(bitPattern: copy), size) != 0 { throw .resourceShortage }
      guard let place = UnsafeMutableRawPointer(bitPattern: start),
        clinux_move(UInt(bitPattern: copy), size, place)
      else { throw .resourceShortage }
    } catch {
      self.end(UInt(bitPattern: copy), size, of: .program)
      throw error
    }
    lock.acquire()
    regions.remove(UInt(bitPattern: copy), UInt(bitPattern: copy) + UInt(size))
    regions.change(start, end) { region in
      region.attributes.isShared = false
      if isInherited { region.attributes.inheritance = UInt8(VM_INHERIT_COPY) }
    }
    lock.release()
    try? forEachRegion(start, end) { (region) throws(KernelReturn) in renewBehavior(region) }
  }

  /// Copies shared pages, by way of a mapping that can be read where they themselves cannot.
  private static func fill(
    _ target: UnsafeMutableRawPointer, from start: UInt, _ size: Int, isReadable: Bool
  ) throws(KernelReturn) {
    if isReadable {
      if !copy(start, to: target, size: size) { throw .memoryError }
      return
    }
    let view = UInt(bitPattern: try share(start, size, PageAttributes()))
    defer { end(view, size, of: .program) }
    if clinux_protect(view, size, Int32(VM_PROT_READ)) != 0 { throw .resourceShortage }
    if !copy(view, to: target, size: size) { throw .memoryError }
  }
}

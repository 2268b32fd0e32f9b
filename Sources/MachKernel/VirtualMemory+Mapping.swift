// Mapping memory at a place: fresh memory, memory entries, and memory that is there already.

import CLinux
import CMach

/// What vm_map and vm_remap are asked for.
package struct MapRequest {
  package var address: UInt64
  package var size: UInt64
  /// Bits that are 0 in the address.
  package var mask: UInt64
  package var flags: Int32
  package var copies: Bool
  package var inheritance: UInt32

  package init(
    _ address: UInt64, size: UInt64, mask: UInt64, flags: Int32, copies: Bool, inheritance: UInt32
  ) {
    self.address = address
    self.size = size
    self.mask = mask
    self.flags = flags
    self.copies = copies
    self.inheritance = inheritance
  }
}

/// VM_PROT_ bits for a new mapping; either may be a mask of what can be had.
package struct MapProtections {
  package var current: Int32
  package var maximum: Int32

  package init(current: Int32, maximum: Int32) {
    self.current = current
    self.maximum = maximum
  }
}

extension VirtualMemory {
  private static let userMapFlags = Int32(bitPattern: UInt32(VM_FLAGS_USER_MAP))
  static let dataAddressFlags = VM_FLAGS_RETURN_DATA_ADDR | VM_FLAGS_RETURN_4K_DATA_ADDR

  /// vm_map. Throws INVALID_ARGUMENT, INVALID_RIGHT (more than the entry allows), NO_SPACE, INVALID_ADDRESS,
  /// NOT_SUPPORTED, RESOURCE_SHORTAGE.
  package static func map(
    _ request: MapRequest, _ protections: MapProtections, entry: borrowing MemoryEntryRight, offset: UInt64
  ) throws(KernelReturn) -> UInt64 {
    if request.flags & ~userMapFlags != 0 { throw .invalidArgument }
    let bits = (protections.current | protections.maximum) & ~VM_PROT_IS_MASK
    if bits & ~VM_PROT_ALL != 0 || request.inheritance > VM_INHERIT_LAST_VALID || request.size == 0 {
      throw .invalidArgument
    }
    if let body = entry.body { return try map(request, protections, body.pointee, offset) }
    var attributes = attributes(for: request)
    attributes.protection = UInt8(protections.current & VM_PROT_ALL)
    attributes.maximum = UInt8(protections.maximum & VM_PROT_ALL)
    attributes.isShared = request.inheritance == VM_INHERIT_SHARE
    return try allocateSpecially(request, attributes)
  }

  private static func attributes(for request: MapRequest) -> PageAttributes {
    var attributes = PageAttributes()
    attributes.tag = UInt8(UInt32(bitPattern: request.flags) >> 24)
    attributes.inheritance = UInt8(request.inheritance)
    return attributes
  }

  // MARK: Fresh memory

  /// vm_allocate of purgable memory and of superpages.
  static func allocateSpecially(
    _ address: UInt64, _ size: UInt64, _ flags: Int32, _ attributes: PageAttributes
  ) throws(KernelReturn) -> UInt64 {
    let request = MapRequest(
      address, size: size, mask: 0, flags: flags, copies: false, inheritance: UInt32(attributes.inheritance))
    return try allocateSpecially(request, attributes)
  }

  private static func allocateSpecially(
    _ request: MapRequest, _ attributes: PageAttributes
  ) throws(KernelReturn) -> UInt64 {
    var request = request
    var attributes = attributes
    request.size = try rounded(request.size)
    let isHuge = request.flags & VM_FLAGS_SUPERPAGE_MASK != 0
    if isHuge { try roundToSuperpages(&request) }
    if request.flags & VM_FLAGS_PURGABLE != 0 {
      if attributes.isShared { throw .notSupported }
      attributes.purgability = UInt8(VM_PURGABLE_NONVOLATILE)
    }
    guard request.size <= UInt64(Int.max) else { throw .noSpace }
    let memory = try mapZero(request, attributes)
    let start = UInt(bitPattern: memory)
    // Where the system has no such pages, others do.
    if isHuge { _ = clinux_advise(start, Int(request.size), CLINUX_ADVICE_HUGE) }
    return UInt64(start)
  }

  private static func roundToSuperpages(_ request: inout MapRequest) throws(KernelReturn) {
    let unit = UInt64(KernelMemory.hugePage)
    switch (request.flags & VM_FLAGS_SUPERPAGE_MASK) >> VM_FLAGS_SUPERPAGE_SHIFT {
    case SUPERPAGE_SIZE_ANY:
      let (padded, overflow) = request.size.addingReportingOverflow(unit - 1)
      if overflow { throw .invalidArgument }
      request.size = padded & ~(unit - 1)
    case SUPERPAGE_SIZE_2MB: if request.size & (unit - 1) != 0 { throw .invalidArgument }
    default: throw .invalidArgument
    }
    request.mask |= unit - 1
  }

  private static func mapZero(
    _ request: MapRequest, _ attributes: PageAttributes
  ) throws(KernelReturn) -> UnsafeMutableRawPointer {
    let size = Int(request.size)
    let place = try place(of: request)
    if case .anywhere = place, let memory = try reserve(size, unit: try unit(of: request.mask), attributes) {
      return try inherit(memory, size, attributes)
    }
    return try inherit(try allocate(place, size: size, attributes), size, attributes)
  }

  /// Where a mapping goes. Throws NO_SPACE when the mask forbids the address.
  private static func place(of request: MapRequest) throws(KernelReturn) -> Place {
    let place = Place(request.address & ~UInt64(pageSize - 1), request.flags)
    switch place {
    case .anywhere: return place
    case .at(let address), .over(let address):
      if address & request.mask != 0 { throw .noSpace }
      return place
    }
  }

  /// The smallest power of two, a page at least, whose multiples have none of a mask's bits. Throws NO_SPACE.
  private static func unit(of mask: UInt64) throws(KernelReturn) -> Int {
    let bits = UInt64.bitWidth - mask.leadingZeroBitCount
    if bits >= 47 { throw .noSpace }
    return max(1 << bits, pageSize)
  }

  /// Fresh pages at a multiple of a unit; nil when that is a page.
  private static func reserve(
    _ size: Int, unit: Int, _ attributes: PageAttributes
  ) throws(KernelReturn) -> UnsafeMutableRawPointer? {
    if unit == pageSize { return nil }
    guard promiseRecord() else { throw .resourceShortage }
    guard let memory = clinux_reserve_like(0, size, unit) else {
      breakPromise()
      throw size < 1 << 46 ? .resourceShortage : .noSpace
    }
    record(UInt(bitPattern: memory), size, owner: .program, attributes)
    var error: Int32 = 0
    let protection = Int32(attributes.protection)
    if clinux_map_as(memory, size, CLINUX_MAP_OVER, protection, attributes.isShared, &error) != nil { return memory }
    end(UInt(bitPattern: memory), size, of: .program)
    throw refusal(toMap: size, error)
  }

  /// Keeps new memory from children that are not to have it.
  private static func inherit(
    _ memory: UnsafeMutableRawPointer, _ size: Int, _ attributes: PageAttributes
  ) throws(KernelReturn) -> UnsafeMutableRawPointer {
    if attributes.inheritance != UInt8(VM_INHERIT_NONE) { return memory }
    if clinux_advise(UInt(bitPattern: memory), size, CLINUX_ADVICE_NO_FORK) == 0 { return memory }
    end(UInt(bitPattern: memory), size, of: .program)
    throw .resourceShortage
  }

  // MARK: Other memory

  /// What is mapped: pages that are there already.
  private enum Source {
    /// A copy of what can be read there.
    case copy(UInt)
    /// The pages of a shared mapping.
    case share(UInt)
  }

  private static func map(
    _ request: MapRequest, _ protections: MapProtections, _ entry: MemoryEntryBody, _ offset: UInt64
  ) throws(KernelReturn) -> UInt64 {
    var request = request
    var protections = protections
    try limit(&protections, to: entry.protection)
    let isOfData = request.flags & dataAddressFlags != 0
    var (first, isOverflow) = offset.addingReportingOverflow(isOfData ? entry.dataOffset : 0)
    let (last, overflow) = first.addingReportingOverflow(request.size)
    if isOverflow || overflow || last > entry.size || request.flags & VM_FLAGS_PURGABLE != 0 { throw .invalidArgument }
    guard let object = entry.object else { throw .invalidArgument }
    var within: UInt64 = 0
    if isOfData {
      within = first & UInt64(pageSize - 1)
      first -= within
      if request.flags & VM_FLAGS_RETURN_4K_DATA_ADDR != 0 { within &= ~0xfff }
      request.size = last - first
    }
    if first & UInt64(pageSize - 1) != 0 { throw .invalidArgument }
    isOverflow = entry.isWhole && request.flags & VM_FLAGS_ANYWHERE == 0
    request.size = try rounded(request.size)
    if isOverflow, first != 0 || request.size != entry.size { throw .invalidArgument }
    var attributes = attributes(for: request)
    attributes.protection = UInt8(protections.current)
    attributes.maximum = UInt8(protections.maximum)
    let pages = object.base + UInt(entry.offset + first)
    let copies = request.copies || entry.isSnapshot
    let replaces = request.flags & (VM_FLAGS_ANYWHERE | VM_FLAGS_OVERWRITE) == VM_FLAGS_OVERWRITE
    if replaces { changes.acquire() }
    defer { if replaces { changes.release() } }
    return try place(copies ? .copy(pages) : .share(pages), request, attributes) + within
  }

  /// Throws INVALID_RIGHT.
  private static func limit(_ protections: inout MapProtections, to allowed: Int32) throws(KernelReturn) {
    func limited(_ wanted: Int32) throws(KernelReturn) -> Int32 {
      let bits = wanted & VM_PROT_ALL
      if wanted & VM_PROT_IS_MASK != 0 { return bits & allowed }
      if bits & ~allowed != 0 { throw .invalidRight }
      return bits
    }
    protections.maximum = try limited(protections.maximum)
    protections.current = try limited(protections.current)
  }

  /// Makes a mapping and gives it its protection. Where something is to be replaced, it is made elsewhere and then moved:
  /// what is there stays until nothing can fail any more.
  private static func place(
    _ source: Source, _ request: MapRequest, _ attributes: PageAttributes
  ) throws(KernelReturn) -> UInt64 {
    let place = try place(of: request)
    let size = Int(request.size)
    var attributes = attributes
    if case .share = source { attributes.isShared = true }
    // A copy that a child is to share is shared with no one else.
    if attributes.inheritance == UInt8(VM_INHERIT_SHARE) { attributes.isShared = true }
    switch place {
    case .anywhere:
      let reserved = try reserve(size, unit: try unit(of: request.mask), fresh(attributes))
      return UInt64(UInt(bitPattern: try make(source, size, at: reserved, attributes)))
    case .at(let address):
      let reserved = try map(try claim(address, UInt64(size)), size, CLINUX_MAP_FREE, fresh(attributes))
      return UInt64(UInt(bitPattern: try make(source, size, at: reserved, attributes)))
    case .over(let address):
      let target = try claim(address, UInt64(size))
      return try settle(try make(source, size, apartFrom: UInt(address), attributes), size, over: target, attributes)
    }
  }

  /// Pages to be filled, which are shared if they are to be.
  private static func fresh(_ attributes: PageAttributes) -> PageAttributes {
    var fresh = PageAttributes()
    fresh.isShared = attributes.isShared
    return fresh
  }

  /// A mapping that does not overlap the place where it will be.
  private static func make(
    _ source: Source, _ size: Int, apartFrom target: UInt, _ attributes: PageAttributes
  ) throws(KernelReturn) -> UInt {
    let start = UInt(bitPattern: try make(source, size, at: nil, attributes))
    if start >= target + UInt(size) || target >= start + UInt(size) { return start }
    // The next one lies elsewhere.
    defer { end(start, size, of: .program) }
    return try make(source, size, apartFrom: target, attributes)
  }

  /// The mapping, with its protection, in the place of pages that are reserved, or wherever there is room. When it fails
  /// those pages are gone.
  private static func make(
    _ source: Source, _ size: Int, at reserved: UnsafeMutableRawPointer?, _ attributes: PageAttributes
  ) throws(KernelReturn) -> UnsafeMutableRawPointer {
    var memory = reserved
    do throws(KernelReturn) {
      switch source {
      case .share(let address):
        let shared = try share(address, size, attributes)
        // Not there at once: where that fails the system has unmapped the place, and may have given it to someone else.
        if let reserved { _ = try settle(UInt(bitPattern: shared), size, over: reserved, attributes) }
        memory = reserved ?? shared
      case .copy(let address):
        if memory == nil { memory = try map(nil, size, CLINUX_MAP_ANYWHERE, fresh(attributes)) }
        if let memory, !copy(address, to: memory, size: size) { throw .memoryError }
      }
      guard let memory else { throw .resourceShortage }
      try dress(UInt(bitPattern: memory), size, attributes)
      return memory
    } catch {
      if let memory { end(UInt(bitPattern: memory), size, of: .program) }
      throw error
    }
  }

  /// Gives new pages what was asked for.
  private static func dress(_ start: UInt, _ size: Int, _ attributes: PageAttributes) throws(KernelReturn) {
    switch clinux_protect(start, size, Int32(attributes.protection)) {
    case 0: break
    case EACCES: throw .protectionFailure
    default: throw .resourceShortage
    }
    // Shared pages come as they were where they were mapped before.
    let isKept = attributes.inheritance == UInt8(VM_INHERIT_NONE)
    if isKept || attributes.isShared,
      clinux_advise(start, size, isKept ? CLINUX_ADVICE_NO_FORK : CLINUX_ADVICE_FORK) != 0
    {
      throw .resourceShortage
    }
    lock.acquire()
    regions.change(start, start + UInt(size)) { $0.attributes = attributes }
    lock.release()
  }

  /// Moves a mapping over what is at its place. Throws RESOURCE_SHORTAGE; then it ends.
  private static func settle(
    _ start: UInt, _ size: Int, over target: UnsafeMutableRawPointer, _ attributes: PageAttributes
  ) throws(KernelReturn) -> UInt64 {
    let isPromised = promiseRecord()
    guard isPromised, clinux_move(start, size, target) else {
      if isPromised { breakPromise() }
      end(start, size, of: .program)
      throw .resourceShortage
    }
    record(UInt(bitPattern: target), size, owner: .program, attributes)
    lock.acquire()
    regions.remove(start, start + UInt(size))
    lock.release()
    return UInt64(UInt(bitPattern: target))
  }

  // MARK: vm_remap

  private static let userRemapFlags = Int32(bitPattern: UInt32(VM_FLAGS_USER_REMAP))

  /// vm_remap: also gives what all of the source may be used for. Throws INVALID_ARGUMENT, INVALID_ADDRESS,
  /// PROTECTION_FAILURE (it is to be copied and cannot be read), MEMORY_ERROR, NO_SPACE, NOT_SUPPORTED,
  /// RESOURCE_SHORTAGE.
  package static func remap(
    _ request: MapRequest, from source: UInt64, _ protections: inout MapProtections
  ) throws(KernelReturn) -> UInt64 {
    if request.flags & ~userRemapFlags != 0 || request.inheritance > VM_INHERIT_LAST_VALID || request.size == 0 {
      throw .invalidArgument
    }
    var request = request
    let isOfData = request.flags & VM_FLAGS_RETURN_DATA_ADDR != 0
    let within = isOfData ? source & UInt64(pageSize - 1) : 0
    let first = source & ~UInt64(pageSize - 1)
    let (size, overflow) = request.size.addingReportingOverflow(within)
    if overflow { throw .invalidArgument }
    request.size = try rounded(size)
    let (start, end) = try span(first, request.size)
    changes.acquire()
    defer { changes.release() }
    var found = try request.copies ? readable(start, end) : shareable(start, end)
    if request.flags & VM_FLAGS_RESILIENT_CODESIGN != 0 {
      found = MapProtections(current: VM_PROT_READ, maximum: VM_PROT_READ)
    }
    var attributes = attributes(for: request)
    attributes.tag = 0
    attributes.protection = UInt8(found.current)
    attributes.maximum = UInt8(found.maximum)
    let address = try place(request.copies ? .copy(start) : .share(start), request, attributes)
    protections = found
    return address + within
  }

  /// What all of a range allows, which can all be read. Throws INVALID_ADDRESS, PROTECTION_FAILURE.
  private static func readable(_ start: UInt, _ end: UInt) throws(KernelReturn) -> MapProtections {
    try check(start, end, allows: UInt8(VM_PROT_READ))
    var current = UInt8(VM_PROT_ALL)
    try MemoryMap.forEach(from: start, to: end) { mapping in
      current &= mapping.protection
      return true
    }
    return MapProtections(current: Int32(current), maximum: Int32(maximum(of: start, end)))
  }

  /// The least maximum in a range.
  private static func maximum(of start: UInt, _ end: UInt) -> UInt8 {
    var maximum = UInt8(VM_PROT_ALL)
    try? forEachRegion(start, end) { (region) throws(KernelReturn) in maximum &= region.attributes.maximum }
    return maximum
  }

  /// Makes sure that a range is one piece of shared memory; what it allows. Throws INVALID_ADDRESS, NOT_SUPPORTED,
  /// RESOURCE_SHORTAGE, PROTECTION_FAILURE (private memory of the library's that cannot be read).
  static func shareable(_ start: UInt, _ end: UInt) throws(KernelReturn) -> MapProtections {
    try checkMapped(start, end)
    let limit = try privateEnd(start, end)
    if limit >= end {
      let object = try MemoryObject.make(size: Int(end - start))
      defer { object.release() }
      try convert(start, end, to: object)
    } else if limit > start {
      throw .notSupported
    }
    var last: Mapping?
    var current = UInt8(VM_PROT_ALL)
    var isOne = true
    try MemoryMap.forEach(from: start, to: end) { mapping in
      if let last { isOne = mapping.continues(last) }
      isOne = isOne && mapping.isShared
      current &= mapping.protection
      last = mapping
      return isOne
    }
    guard isOne, let last else { throw .notSupported }
    var maximum = maximum(of: start, end)
    if last.kind == .file, let flags = try MemoryMap.flags(at: start) { maximum &= flags.maximum }
    return MapProtections(current: Int32(current), maximum: Int32(maximum))
  }

  /// How far a range is private memory of the library's that can become shared. Where a program has put a file in its
  /// place without a word it cannot. Throws RESOURCE_SHORTAGE.
  static func privateEnd(_ start: UInt, _ end: UInt) throws(KernelReturn) -> UInt {
    lock.acquire()
    var next = start
    while next < end, let region = regions.first(endingAfter: next), region.start <= next, region.owner == .program,
      region.attributes.canBeShared
    {
      next = region.end
    }
    lock.release()
    var limit = min(next, end)
    if limit > start {
      try MemoryMap.forEach(from: start, to: limit) { mapping in
        if !mapping.isShared && mapping.inode == 0 { return true }
        limit = max(mapping.start, start)
        return false
      }
    }
    return limit
  }
}

extension Mapping {
  /// Both are of the same file or memory, one after the other.
  func continues(_ other: Mapping) -> Bool {
    start == other.end && inode != 0 && inode == other.inode && device == other.device
      && offset == other.offset + UInt64(other.end - other.start)
  }
}

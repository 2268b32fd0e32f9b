// Memory for programs: vm_allocate, vm_deallocate, and the pages in which calls return arrays.

import CLinux
import CMach

/// The process's memory as Mach calls see it. All tasks of a process share it.
///
/// `lock` guards the tree and the pool; no system call is made under it. Whoever changes what is mapped where a program
/// already has something, or what it may do there, holds `changes` from looking to the end; it comes before `lock`.
package enum VirtualMemory {
  static let lock = Lock()
  static let changes = Lock()
  nonisolated(unsafe) static var regions = RegionTree()
  nonisolated(unsafe) private static var pool = PagePool()

  package static var pageSize: Int { Kernel.pageSize }

  @inline(__always)
  static func roundToPage(_ size: Int) -> Int { (size + pageSize - 1) & ~(pageSize - 1) }

  /// Whole runs of pages that the library has handed out and not yet taken back.
  static var regionCount: Int {
    lock.acquire()
    defer { lock.release() }
    return regions.count - regions.unownedCount
  }

  /// Where memory is put; addresses are rounded down to a page.
  package enum Place {
    case anywhere
    /// Where nothing is mapped.
    case at(UInt64)
    /// In place of whatever is mapped there.
    case over(UInt64)

    /// By the flags of vm_allocate.
    init(_ address: UInt64, _ flags: Int32) {
      self =
        flags & VM_FLAGS_ANYWHERE != 0
        ? .anywhere : flags & VM_FLAGS_OVERWRITE != 0 ? .over(address) : .at(address)
    }
  }

  /// Zero-filled pages; `size` is rounded up, and size 0 gives address 0. Throws what `allocate(at:size:flags:)` throws.
  package static func allocate(_ place: Place, size: UInt64) throws(KernelReturn) -> UInt64 {
    if size == 0 { return 0 }
    let rounded = try rounded(size)
    guard rounded <= UInt64(Int.max) else { throw .noSpace }
    return UInt64(UInt(bitPattern: try allocate(place, size: Int(rounded), PageAttributes())))
  }

  /// The flags that vm_allocate takes; NO_CACHE changes nothing.
  private static let knownFlags = Int32(bitPattern: UInt32(VM_FLAGS_USER_ALLOCATE))

  /// vm_allocate: zero-filled pages; `size` is rounded up, and size 0 gives address 0. Throws NO_SPACE (the place is
  /// taken, or there is none), INVALID_ARGUMENT (an unknown flag; the size overflows, or is none of superpages),
  /// INVALID_ADDRESS (outside of the address space), RESOURCE_SHORTAGE.
  package static func allocate(at address: UInt64, size: UInt64, flags: Int32) throws(KernelReturn) -> UInt64 {
    if flags & ~knownFlags != 0 { throw .invalidArgument }
    if size == 0 { return 0 }
    let rounded = try rounded(size)
    var attributes = PageAttributes()
    attributes.tag = UInt8(UInt32(bitPattern: flags) >> 24)
    if flags & (VM_FLAGS_PURGABLE | VM_FLAGS_SUPERPAGE_MASK) != 0 {
      return try allocateSpecially(address, rounded, flags, attributes)
    }
    guard rounded <= UInt64(Int.max) else { throw .noSpace }
    let memory = try allocate(Place(address, flags), size: Int(rounded), attributes)
    return UInt64(UInt(bitPattern: memory))
  }

  /// Zero-filled pages with attributes. `size` is a multiple of the page size, not 0.
  static func allocate(
    _ place: Place, size: Int, _ attributes: PageAttributes
  ) throws(KernelReturn) -> UnsafeMutableRawPointer {
    let mask = UInt64(pageSize - 1)
    switch place {
    case .anywhere: return try allocate(size: size, attributes)
    case .at(let address): return try map(at: address & ~mask, UInt64(size), CLINUX_MAP_FREE, attributes)
    case .over(let address):
      changes.acquire()
      defer { changes.release() }
      return try map(at: address & ~mask, UInt64(size), CLINUX_MAP_OVER, attributes)
    }
  }

  /// A size in whole pages. Throws INVALID_ARGUMENT when it overflows.
  static func rounded(_ size: UInt64) throws(KernelReturn) -> UInt64 {
    let mask = UInt64(pageSize - 1)
    let (padded, overflow) = size.addingReportingOverflow(mask)
    if overflow { throw .invalidArgument }
    return padded & ~mask
  }

  /// Zero-filled pages anywhere. `size` is a multiple of the page size, not 0.
  private static func allocate(
    size: Int, _ attributes: PageAttributes = PageAttributes()
  ) throws(KernelReturn) -> UnsafeMutableRawPointer {
    if size != pageSize || !attributes.isOrdinary { return try map(nil, size, CLINUX_MAP_ANYWHERE, attributes) }
    let (page, isUsed) = try takePage(owner: .program, tag: attributes.tag)
    if isUsed { page.initializeMemory(as: UInt8.self, repeating: 0, count: pageSize) }
    return page
  }

  /// A page-aligned address of a range that an address space can have.
  static func start(_ address: UInt64, _ size: UInt64) throws(KernelReturn) -> UnsafeMutableRawPointer {
    let (end, overflow) = address.addingReportingOverflow(size)
    guard !overflow, end <= UInt64(Int.max), let start = UnsafeMutableRawPointer(bitPattern: UInt(address)) else {
      throw .invalidAddress
    }
    return start
  }

  /// Makes sure that a page-aligned range can be given away: none of it is a message's, and what the pool only keeps is
  /// gone. Throws NO_SPACE, INVALID_ADDRESS.
  static func claim(_ address: UInt64, _ size: UInt64) throws(KernelReturn) -> UnsafeMutableRawPointer {
    let place = try start(address, size)
    let (start, end) = (UInt(address), UInt(address + size))
    lock.acquire()
    var kept = regions.firstKept(start, end, orChanging: true)
    lock.release()
    if let region = kept, region.owner == .changing || region.isUnowned {
      if region.owner == .changing { awaitChanges() } else { trim() }
      lock.acquire()
      kept = regions.firstKept(start, end, orChanging: true)
      lock.release()
    }
    if kept != nil { throw .noSpace }
    return place
  }

  /// Pages at a page-aligned address: never in place of a message's, but of those that the pool only keeps.
  private static func map(
    at address: UInt64, _ size: UInt64, _ placing: clinux_placing, _ attributes: PageAttributes
  ) throws(KernelReturn) -> UnsafeMutableRawPointer {
    try map(try claim(address, size), Int(size), placing, attributes)
  }

  /// Fresh pages with attributes, at a place or anywhere.
  static func map(
    _ hint: UnsafeMutableRawPointer?, _ size: Int, _ placing: clinux_placing, _ attributes: PageAttributes,
    owner: PageOwner = .program
  ) throws(KernelReturn) -> UnsafeMutableRawPointer {
    guard promiseRecord() else { throw .resourceShortage }
    var error: Int32 = 0
    let protection = Int32(attributes.protection)
    guard let memory = clinux_map_as(hint, size, placing, protection, attributes.isShared, &error) else {
      breakPromise()
      throw refusal(toMap: size, at: hint, error)
    }
    record(UInt(bitPattern: memory), size, owner: owner, attributes)
    // A kernel that does not know how to map only where nothing is takes the address for a hint.
    guard placing == CLINUX_MAP_ANYWHERE || memory == hint else {
      end(UInt(bitPattern: memory), size, of: owner)
      throw .noSpace
    }
    return memory
  }

  /// The end of the addresses that a process has, unless it is asked for more.
  private static var addressLimit: UInt {
    #if arch(x86_64)
      1 << 47
    #else
      1 << 48
    #endif
  }

  static func refusal(toMap size: Int, at place: UnsafeMutableRawPointer? = nil, _ error: Int32) -> KernelReturn {
    switch error {
    case EPERM, EINVAL: .invalidAddress
    case EACCES: .protectionFailure
    // What no address space holds is a matter of space, not of memory.
    case ENOMEM where place.map { UInt(bitPattern: $0) + UInt(size) >= addressLimit } ?? false: .invalidAddress
    case ENOMEM: size < 1 << 47 ? .resourceShortage : .noSpace
    default: .noSpace
    }
  }

  /// vm_deallocate: gives back every page that the range touches, whoever mapped it, but for those that a message
  /// carries or that were given back before. Addresses that no program can have hold nothing. Throws INVALID_ARGUMENT when
  /// the range overflows.
  package static func deallocate(at address: UInt64, size: UInt64) throws(KernelReturn) {
    let (last, overflow) = address.addingReportingOverflow(size)
    if overflow { throw .invalidArgument }
    do throws(KernelReturn) {
      return try deallocate(from: address, to: last)
    } catch {
      if error != .invalidArgument { throw error }
    }
    // The range goes beyond what the processor lets programs have, which the system refuses: what is mapped ends before.
    var limit: UInt64 = 0
    try MemoryMap.forEach(from: UInt(min(address, UInt64(Int.max))), to: .max) { mapping in
      limit = UInt64(mapping.end)
      return true
    }
    try deallocate(from: address, to: min(last, limit))
  }

  private static func deallocate(from address: UInt64, to last: UInt64) throws(KernelReturn) {
    guard last > address else { return }
    let (start, end) = try pages(at: address, size: last - address)
    try deallocate(start, end)
  }

  /// As `deallocate`, where no one can be told that the system does not unmap something: that is tried again later. The
  /// range is no program's from now on.
  package static func dispose(at address: UInt64, size: UInt64) {
    guard let (start, end) = try? pages(at: address, size: size) else { return }
    try? deallocate(start, end, orElse: .stuck)
  }

  /// Makes sure that one range can be disposed of however it lies; false when memory is out. `disposePromised` or
  /// `breakPromise` follows.
  static func promiseDisposal() -> Bool { promiseRecord() }

  static func disposePromised(_ address: UInt, size: Int) {
    guard let (start, end) = pages(address, size) else { return breakPromise() }
    try? deallocate(start, end, orElse: .stuck, isPromised: true)
  }

  /// The pages that a range touches; none for size 0. Throws INVALID_ARGUMENT when it overflows.
  static func pages(at address: UInt64, size: UInt64) throws(KernelReturn) -> (start: UInt, end: UInt) {
    if size == 0 { return (0, 0) }
    let mask = UInt64(pageSize - 1)
    let start = address & ~mask
    let (end, overflow) = address.addingReportingOverflow(size)
    let (padded, overflowAgain) = end.addingReportingOverflow(mask)
    if overflow || overflowAgain { throw .invalidArgument }
    let length = (padded & ~mask) - start
    guard start <= UInt64(Int.max), length <= UInt64(Int.max) else { throw .invalidArgument }
    return (UInt(start), UInt(start) + UInt(length))
  }

  /// Gives back the runs between those that programs do not have.
  private static func deallocate(
    _ start: UInt, _ end: UInt, orElse heir: PageOwner? = nil, isPromised: Bool = false
  ) throws(KernelReturn) {
    var address = start
    while address < end {
      lock.acquire()
      let kept = regions.firstKept(address, end, orChanging: true)
      if let kept, kept.owner == .changing, kept.start <= address {
        lock.release()
        awaitChanges()
        continue
      }
      if isPromised, address == start { regions.redeem(2) }
      let limit = max(kept?.start ?? end, address)
      if limit > address { try remove(address, limit, orElse: heir) } else { lock.release() }
      address = kept.map { $0.owner == .changing ? $0.start : $0.end } ?? end
    }
  }

  /// Returns when no change is under way that was so before.
  static func awaitChanges() {
    changes.acquire()
    changes.release()
  }

  /// Takes a range that has one kind of owner out of the process; a single page stays, for the pool. While it is being
  /// unmapped it is known to be leaving, so that no one is given its place. When the system does not unmap it, it is
  /// another owner's, or as before. The lock is held, and released here.
  private static func remove(_ start: UInt, _ end: UInt, orElse heir: PageOwner? = nil) throws(KernelReturn) {
    let region = regions.first(endingAfter: start)
    if let region, region.start == start, region.end == end, end - start == UInt(pageSize),
      region.attributes.isOrdinary
    {
      return recycle(start)
    }
    let owner = heir ?? region?.owner ?? .program
    guard let ticket = markLeaving(start, end) else {
      // Trimming a region needs no memory; only this way its place is free a moment too early.
      let splits = regions.splits(start, end)
      if !splits { regions.remove(start, end) }
      lock.release()
      if splits || clinux_unmap(start, Int(end - start)) != 0 { throw .resourceShortage }
      return
    }
    lock.release()
    let error = clinux_unmap(start, Int(end - start))
    lock.acquire()
    regions.finishLeaving(start, end, ticket: ticket, staysWith: error == 0 ? nil : owner)
    // Memory that the program has from elsewhere becomes known by this.
    if error != 0, let heir, regions.reserve(2) {
      regions.remove(start, end)
      regions.insert(Region(start: start, end: end, owner: heir))
    }
    lock.release()
    if error != 0, heir != nil { return }
    switch error {
    case 0: break
    case ENOMEM: throw .resourceShortage  // a mapping too many
    default: throw .invalidArgument
    }
  }

  /// Makes sure that pages to come can be recorded; false when memory is out.
  static func promiseRecord() -> Bool {
    lock.acquire()
    defer { lock.release() }
    return regions.promise(2)
  }

  static func breakPromise() {
    lock.acquire()
    regions.redeem(2)
    lock.release()
  }

  /// Records new pages, as was promised.
  static func record(_ start: UInt, _ size: Int, owner: PageOwner, _ attributes: PageAttributes = PageAttributes()) {
    lock.acquire()
    regions.redeem(2)
    // Whoever unmapped them without a word, they are gone: the system has given the place away.
    regions.remove(start, start + UInt(size))
    regions.insert(Region(start: start, end: start + UInt(size), owner: owner, attributes: attributes))
    lock.release()
  }

  /// Ends pages that no program knows of, unless they have vanished and their place is someone else's.
  static func end(_ start: UInt, _ size: Int, of owner: PageOwner) {
    let end = start + UInt(size)
    lock.acquire()
    guard regions.covers(start, end, owner: owner) else { return lock.release() }
    try? remove(start, end, orElse: .stuck)
  }

  // MARK: Single pages

  /// A page for an owner, and whether it may hold old contents. Throws RESOURCE_SHORTAGE.
  private static func takePage(
    owner: PageOwner, tag: UInt8 = 0
  ) throws(KernelReturn) -> (page: UnsafeMutableRawPointer, isUsed: Bool) {
    while true {
      lock.acquire()
      // A new page is cut off the run of its neighbours.
      guard pool.hasUsed || regions.reserve(1) else {
        lock.release()
        throw .resourceShortage
      }
      while let (address, isUsed) = pool.take() {
        let end = address + UInt(pageSize)
        // Whoever unmapped it without a word, it may be someone else's by now.
        guard regions.covers(address, end, owner: .pool), let page = UnsafeMutableRawPointer(bitPattern: address),
          regions.mark(address, end, owner: owner)
        else { continue }
        if tag != 0 { regions.change(address, end) { $0.attributes.tag = tag } }
        lock.release()
        return (page, isUsed)
      }
      lock.release()
      try growPool()
    }
  }

  private static func growPool() throws(KernelReturn) {
    guard promiseRecord() else { throw .resourceShortage }
    var error: Int32 = 0
    let size = PagePool.chunk * pageSize
    guard let chunk = clinux_map(nil, size, CLINUX_MAP_ANYWHERE, &error) else {
      breakPromise()
      throw .resourceShortage
    }
    let start = UInt(bitPattern: chunk)
    record(start, size, owner: .pool)
    lock.acquire()
    let isTaken = pool.add(start, start + UInt(size))
    let isShort = !isTaken && pool.isEmpty
    lock.release()
    if !isTaken { end(start, size, of: .pool) }
    if isShort { throw .resourceShortage }
  }

  /// Keeps a page that its owner has given back, readable and writable again, or unmaps it: what a program has put in
  /// its place is not for the next one. The lock is held, and released here. Meanwhile the page is the pool's, so that
  /// no one gives it back once more.
  private static func recycle(_ page: UInt) {
    let end = page + UInt(pageSize)
    regions.mark(page, end, owner: .pool)
    lock.release()
    let isRenewed = clinux_renew(page, pageSize)
    lock.acquire()
    if isRenewed, pool.keep(page) { return lock.release() }
    let ticket = markLeaving(page, end)
    lock.release()
    if let ticket { leave(page, end, ticket) }
  }

  /// Gives the pages of the pool back to the system, and what it did not take before.
  static func trim() {
    while true {
      lock.acquire()
      guard let run = pool.drain() else { break }
      let end = run.start + UInt(run.size)
      let ticket = regions.covers(run.start, end, owner: .pool) ? markLeaving(run.start, end) : nil
      lock.release()
      if let ticket { leave(run.start, end, ticket) }
    }
    var address: UInt = 0
    while let region = regions.first(of: .stuck, endingAfter: address) {
      address = region.end
      let ticket = markLeaving(region.start, region.end)
      lock.release()
      if let ticket { leave(region.start, region.end, ticket) }
      lock.acquire()
    }
    regions.trim()
    lock.release()
  }

  /// Whose turn it was last to unmap something.
  nonisolated(unsafe) private static var lastTicket: UInt32 = 0

  /// A new ticket for a range; nil when memory is out, which whole regions do not need. The lock is held.
  private static func markLeaving(_ start: UInt, _ end: UInt) -> UInt32? {
    lastTicket &+= 1
    return regions.mark(start, end, owner: .leaving, ticket: lastTicket) ? lastTicket : nil
  }

  /// Unmaps a range that is known to be leaving. As soon as that is done its place may be given to another.
  private static func leave(_ start: UInt, _ end: UInt, _ ticket: UInt32) {
    let isGone = clinux_unmap(start, Int(end - start)) == 0
    lock.acquire()
    regions.finishLeaving(start, end, ticket: ticket, staysWith: isGone ? nil : .stuck)
    lock.release()
  }

  // MARK: Results

  /// Pages for an array that a call returns; nil when memory is out. `size` is a multiple of the page size, not 0.
  static func allocateResult(size: Int) -> UnsafeMutableRawPointer? {
    size == pageSize ? try? allocate(size: size) : makePopulated(size: size, owner: .program)
  }

  /// Takes back pages of `allocateResult` that were not returned after all.
  static func deallocateResult(_ memory: UnsafeMutableRawPointer, size: Int) {
    end(UInt(bitPattern: memory), size, of: .program)
  }

  /// Around a fork: the child gets the table whole.
  static func prepareForFork() {
    changes.acquire()
    lock.acquire()
  }

  static func finishFork() {
    lock.release()
    changes.release()
  }

  /// In a forked child: messages of the parent's tasks are received by no one, the pool may hold pages that were not to
  /// be inherited, nothing is wired, and what is shared with the parent but was to be copied becomes the child's own.
  /// What another thread was unmapping may be gone, and its place someone else's: it is left alone.
  static func restartAfterFork() {
    pool = PagePool()
    regions.forgetPromises()
    var hasShared = false
    var address: UInt = 0
    while let region = regions.first(endingAfter: address) {
      address = region.end
      if region.owner == .program, region.attributes.inheritance != UInt8(VM_INHERIT_NONE) {
        hasShared = hasShared || region.attributes.isShared
        if region.attributes.isWired { regions.change(region.start, region.end) { $0.attributes.isWired = false } }
        continue
      }
      if region.owner != .program, region.owner != .leaving {
        _ = clinux_unmap(region.start, Int(region.end - region.start))
      }
      regions.remove(region.start, region.end)
    }
    lock.release()
    if hasShared { copyShared() }
    changes.release()
  }

  /// Without memory for a copy the child has nothing there: it must not write to its parent's.
  private static func copyShared() {
    try? forEachRegion(0, UInt(Int.max)) { (region) throws(KernelReturn) in
      guard region.attributes.isShared, region.attributes.inheritance == UInt8(VM_INHERIT_COPY) else { return }
      do throws(KernelReturn) {
        try privatize(region.start, region.end, protection: region.attributes.protection)
      } catch {
        end(region.start, Int(region.end - region.start), of: .program)
      }
    }
  }
}

// MARK: Memory in transit

extension VirtualMemory {
  /// From this size on finding out whether pages can be moved costs less than copying them.
  private static let leastMove: UInt = 256 << 10

  /// The pages that a range touches; nil when the range overflows or is empty.
  private static func pages(_ address: UInt, _ size: Int) -> (start: UInt, end: UInt)? {
    let mask = UInt(pageSize - 1)
    let (end, overflow) = address.addingReportingOverflow(UInt(size))
    guard size > 0, !overflow, end <= UInt(Int.max) else { return nil }
    return (address & ~mask, (end + mask) & ~mask)
  }

  /// Takes `size` bytes of a program into pages that belong to a message, not 0 bytes: a snapshot, or, where the pages
  /// that they touch leave the program, those pages themselves if that can be done (facts: D2, D3 and the Choices). The
  /// result is page-aligned. Throws MACH_SEND_INVALID_MEMORY, MACH_MSG_VM_KERNEL; then the program keeps its pages.
  static func copyin(
    _ address: UInt, size: Int, deallocating: Bool
  ) throws(MessageReturn) -> UnsafeMutableRawPointer {
    guard let (start, end) = pages(address, size) else { throw .sendInvalidMemory }
    if deallocating, start == address {
      if try handOver(start, end) { return UnsafeMutableRawPointer(bitPattern: start)! }
      if end - start >= leastMove, let moved = move(start, end) { return moved }
    }
    if !deallocating { return try snapshot(address, size) }
    guard promiseDisposal() else { throw .virtualMemoryShortage }
    do throws(MessageReturn) {
      let copy = try snapshot(address, size)
      disposePromised(start, size: Int(end - start))
      return copy
    } catch {
      breakPromise()
      throw error
    }
  }

  /// Memory of vm_allocate changes hands where it is. False when the range is not that.
  private static func handOver(_ start: UInt, _ end: UInt) throws(MessageReturn) -> Bool {
    lock.acquire()
    defer { lock.release() }
    guard regions.covers(start, end, owner: .program, onlyOrdinary: true) else { return false }
    guard regions.mark(start, end, owner: .message) else { throw .virtualMemoryShortage }
    return true
  }

  /// Copies `size` bytes of a program, not 0; false when it cannot read them all.
  static func copy(_ address: UInt, to memory: UnsafeMutableRawPointer, size: Int) -> Bool {
    guard pages(address, size) != nil, let source = UnsafeRawPointer(bitPattern: address) else { return false }
    return clinux_copy_checked(memory, source, size)
  }

  /// Whether both ends of a range can be read.
  static func seemsReadable(_ address: UInt, _ size: Int) -> Bool {
    guard pages(address, size) != nil, let source = UnsafeRawPointer(bitPattern: address) else { return false }
    return clinux_is_readable(source) && clinux_is_readable(source + (size - 1))
  }

  /// One copy, straight into fresh pages.
  private static func snapshot(_ address: UInt, _ size: Int) throws(MessageReturn) -> UnsafeMutableRawPointer {
    guard let source = UnsafeRawPointer(bitPattern: address) else { throw .sendInvalidMemory }
    // What is bad as a whole is not worth the pages.
    if size > pageSize, !seemsReadable(address, size) { throw .sendInvalidMemory }
    guard let memory = makeTransit(size: size) else { throw .virtualMemoryShortage }
    guard clinux_copy_checked(memory, source, size) else {
      discard(memory, size: size)
      throw .sendInvalidMemory
    }
    return memory
  }

  /// Pages for a message, not 0 of them; behind `size` bytes the last one is zero. Nil when memory is out.
  static func makeTransit(size: Int) -> UnsafeMutableRawPointer? {
    let rounded = roundToPage(size)
    if rounded == pageSize {
      guard let (page, isUsed) = try? takePage(owner: .message) else { return nil }
      if isUsed { (page + size).initializeMemory(as: UInt8.self, repeating: 0, count: pageSize - size) }
      return page
    }
    return makePopulated(size: rounded, owner: .message)
  }

  /// Zero-filled pages that will all be written to; nil when memory is out. `size` is a multiple of the page size.
  private static func makePopulated(size: Int, owner: PageOwner) -> UnsafeMutableRawPointer? {
    guard promiseRecord() else { return nil }
    let memory =
      size < KernelMemory.hugePage ? clinux_map_populated(size) : clinux_map_huge(size, KernelMemory.hugePage)
    guard let memory else {
      breakPromise()
      return nil
    }
    record(UInt(bitPattern: memory), size, owner: owner)
    return memory
  }

  /// Private memory that the program has from elsewhere moves as it is; nil when it cannot.
  private static func move(_ start: UInt, _ end: UInt) -> UnsafeMutableRawPointer? {
    let size = Int(end - start)
    lock.acquire()
    let isOurs = regions.first(endingAfter: start).map { $0.start < end } ?? false
    lock.release()
    guard !isOurs, MemoryMap.isPrivate(start, end), promiseRecord() else { return nil }
    guard let place = clinux_reserve_like(start, size, KernelMemory.hugePage) else {
      breakPromise()
      return nil
    }
    record(UInt(bitPattern: place), size, owner: .message)
    if clinux_move(start, size, place) { return place }
    // The place may be another's by now: at worst an empty range of addresses stays reserved.
    let end = UInt(bitPattern: place) + UInt(size)
    lock.acquire()
    regions.remove(UInt(bitPattern: place), end)
    lock.release()
    return nil
  }

  /// Memory of a message becomes the program's.
  static func copyout(_ memory: UnsafeMutableRawPointer, size: Int) {
    pass(memory, size, from: .message, to: .program)
  }

  /// Pages of `allocateResult` become a message's.
  static func handToMessage(_ memory: UnsafeMutableRawPointer, size: Int) {
    pass(memory, size, from: .program, to: .message)
  }

  /// Gives whole regions to another owner, unless a program has unmapped them without a word and their place went to
  /// someone else.
  private static func pass(
    _ memory: UnsafeMutableRawPointer, _ size: Int, from owner: PageOwner, to newOwner: PageOwner
  ) {
    let start = UInt(bitPattern: memory)
    let end = start + UInt(roundToPage(size))
    lock.acquire()
    if regions.covers(start, end, owner: owner) { regions.mark(start, end, owner: newOwner) }
    lock.release()
  }

  /// Ends memory of a message that no program has received.
  static func discard(_ memory: UnsafeMutableRawPointer, size: Int) {
    end(UInt(bitPattern: memory), roundToPage(size), of: .message)
  }

  #if CHECKED
    /// Whether a message that carries this memory owns it.
    static func isInTransit(_ memory: UnsafeMutableRawPointer, size: Int) -> Bool {
      lock.acquire()
      defer { lock.release() }
      let start = UInt(bitPattern: memory)
      return regions.covers(start, start + UInt(roundToPage(size)), owner: .message)
    }
  #endif
}

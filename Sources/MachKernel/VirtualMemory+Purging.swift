// Purgable memory: what it holds may be lost while it is volatile.

import CLinux
import CMach

extension VirtualMemory {
  /// vm_purgable_control: sets or gets the state of the region at an address, and gives the one before. Volatile memory is
  /// memory that the system may drop (MADV_FREE). Throws, in this order, INVALID_ARGUMENT (an unknown control or state),
  /// INVALID_ADDRESS, PROTECTION_FAILURE (it may not be written to), INVALID_ARGUMENT (it is not purgable),
  /// NOT_SUPPORTED, RESOURCE_SHORTAGE.
  package static func controlPurging(
    at address: UInt64, _ control: Int32, _ state: inout Int32
  ) throws(KernelReturn) {
    switch control {
    case VM_PURGABLE_PURGE_ALL: return try purgeAll()
    case VM_PURGABLE_SET_STATE: if state & ~VM_PURGABLE_ALL_MASKS != 0 { throw .invalidArgument }
    case VM_PURGABLE_GET_STATE: break
    default: throw .invalidArgument
    }
    changes.acquire()
    defer { changes.release() }
    let region = try purgable(at: address)
    defer { finishChange(region.start, region.end) }
    let old = Int32(region.attributes.purgability)
    if control == VM_PURGABLE_SET_STATE {
      state = try setPurgability(of: region, from: old, state)
    } else {
      state = old
    }
  }

  /// The purgable region at an address. Whoever unmaps it waits until `finishChange`.
  private static func purgable(at address: UInt64) throws(KernelReturn) -> Region {
    if address >= UInt64(Int.max) { throw .invalidAddress }
    let page = address & ~UInt64(pageSize - 1)
    let (start, end) = try span(page, UInt64(pageSize))
    lock.acquire()
    if let region = regions.first(endingAfter: start), region.start <= start, region.owner == .program,
      region.attributes.purgability != UInt8(VM_PURGABLE_DENY)
    {
      let isWritable = region.attributes.protection & UInt8(VM_PROT_WRITE) != 0
      if isWritable { beginPurging(region) }
      lock.release()
      if !isWritable { throw .protectionFailure }
      return region
    }
    lock.release()
    try check(start, end, allows: UInt8(VM_PROT_WRITE))
    throw .invalidArgument
  }

  /// The lock is held.
  private static func beginPurging(_ region: Region) {
    regions.change(region.start, region.end) { $0.owner = .changing }
  }

  /// Gives the state that the memory was in.
  private static func setPurgability(
    of region: Region, from old: Int32, _ state: Int32
  ) throws(KernelReturn) -> Int32 {
    var new = state & VM_PURGABLE_STATE_MASK
    if new == VM_PURGABLE_VOLATILE, state & VM_PURGABLE_DEBUG_EMPTY != 0 { new = VM_PURGABLE_EMPTY }
    var before = old
    switch new {
    case VM_PURGABLE_VOLATILE:
      // What was emptied stays so until it is made nonvolatile.
      if old == VM_PURGABLE_EMPTY { new = old }
      if old == VM_PURGABLE_NONVOLATILE { try release(region) }
    case VM_PURGABLE_EMPTY: try empty(region)
    default: if old == VM_PURGABLE_VOLATILE, try !keep(region) { before = VM_PURGABLE_EMPTY }
    }
    lock.acquire()
    regions.change(region.start, region.end) { $0.attributes.purgability = UInt8(new) }
    lock.release()
    return before
  }

  /// Lets the system drop what a region holds. Every page is there then: one that is missing later has been dropped.
  private static func release(_ region: Region) throws(KernelReturn) {
    if let code = advise(region.start, region.end, CLINUX_ADVICE_FILL) { throw code }
    if let code = advise(region.start, region.end, CLINUX_ADVICE_FREE) { throw code }
  }

  /// Makes the system keep what a region holds; if some of it is gone, all of it goes, and the answer is false. A page that
  /// is there is only marked as in use by this, one that is not must be made anew, which counts as a fault of the thread.
  private static func keep(_ region: Region) throws(KernelReturn) -> Bool {
    if region.attributes.isWired { return true }
    var wasThere = false
    if let code = code(
      of: clinux_fill(region.start, Int(region.end - region.start), &wasThere), region.start, region.end)
    {
      throw code
    }
    if wasThere { return true }
    try empty(region)
    return false
  }

  private static func empty(_ region: Region) throws(KernelReturn) {
    if let code = advise(region.start, region.end, CLINUX_ADVICE_ZERO) { throw code }
  }

  /// Empties all volatile memory but wired one. Regions that other threads give back meanwhile are theirs: their places
  /// may be someone else's at once.
  private static func purgeAll() throws(KernelReturn) {
    changes.acquire()
    defer { changes.release() }
    var address: UInt = 0
    while let region = beginPurgingNext(&address) {
      defer { finishChange(region.start, region.end) }
      try empty(region)
      lock.acquire()
      regions.change(region.start, region.end) { $0.attributes.purgability = UInt8(VM_PURGABLE_EMPTY) }
      lock.release()
    }
  }

  /// Before wiring: what is volatile in a range must be there, or all of it goes, since no one can tell later.
  static func keepVolatile(_ start: UInt, _ end: UInt) throws(KernelReturn) {
    var address = start
    while address < end {
      guard promiseRecord() else { throw .resourceShortage }
      guard let part = beginKeepingNext(&address, end) else { return }
      defer { finishChange(part.start, part.end) }
      if try keep(part) { continue }
      lock.acquire()
      regions.change(part.start, part.end) { $0.attributes.purgability = UInt8(VM_PURGABLE_EMPTY) }
      lock.release()
    }
  }

  /// The next volatile part of a range that is not wired; redeems the promise of two records.
  private static func beginKeepingNext(_ address: inout UInt, _ end: UInt) -> Region? {
    lock.acquire()
    defer { lock.release() }
    regions.redeem(2)
    while address < end, let region = regions.first(endingAfter: address), region.start < end {
      var part = region
      part.start = max(region.start, address)
      part.end = min(region.end, end)
      address = part.end
      if region.owner == .program, region.attributes.purgability == UInt8(VM_PURGABLE_VOLATILE),
        !region.attributes.isWired
      {
        beginPurging(part)
        return part
      }
    }
    return nil
  }

  /// The next volatile region behind an address, which becomes its end; nil when there is none.
  private static func beginPurgingNext(_ address: inout UInt) -> Region? {
    lock.acquire()
    defer { lock.release() }
    while let region = regions.first(endingAfter: address) {
      address = region.end
      if region.owner == .program, region.attributes.purgability == UInt8(VM_PURGABLE_VOLATILE),
        !region.attributes.isWired
      {
        beginPurging(region)
        return region
      }
    }
    return nil
  }
}

// What may be done with memory, what a forked child gets of it, and memory that stays.

import CLinux
import CMach

extension VirtualMemory {
  /// The pages that a range touches. Throws INVALID_ARGUMENT when its end overflows, `code` when no task can have them.
  static func span(
    _ address: UInt64, _ size: UInt64, orElse code: KernelReturn = .invalidAddress
  ) throws(KernelReturn) -> (start: UInt, end: UInt) {
    let (end, overflow) = address.addingReportingOverflow(size)
    if overflow { throw .invalidArgument }
    let mask = UInt64(pageSize - 1)
    guard end <= UInt64(Int.max) - mask else { throw code }
    return (UInt(address & ~mask), UInt((end + mask) & ~mask))
  }

  /// Throws INVALID_ADDRESS unless all of a range is memory of programs.
  static func checkMapped(_ start: UInt, _ end: UInt) throws(KernelReturn) {
    lock.acquire()
    let kept = regions.firstKept(start, end)
    lock.release()
    if kept != nil || !clinux_is_mapped(start, Int(end - start)) { throw .invalidAddress }
  }

  /// Throws INVALID_ADDRESS unless all of a range is memory of programs, PROTECTION_FAILURE where it does not allow an
  /// access (VM_PROT_ bits), whichever comes first; RESOURCE_SHORTAGE. Says whether some of it is shared.
  @discardableResult
  static func check(_ start: UInt, _ end: UInt, allows access: UInt8) throws(KernelReturn) -> Bool {
    lock.acquire()
    let limit = regions.firstKept(start, end)?.start ?? end
    lock.release()
    var next = start
    var isRefused = false
    var isShared = false
    try MemoryMap.forEach(from: start, to: limit) { mapping in
      if mapping.start > next { return false }
      isRefused = !mapping.allows(access)
      if isRefused { return false }
      isShared = isShared || mapping.isShared
      next = min(mapping.end, limit)
      return next < limit
    }
    if isRefused { throw .protectionFailure }
    if next < end { throw .invalidAddress }
    return isShared
  }

  // MARK: Protection

  /// vm_protect. Throws INVALID_ARGUMENT, INVALID_ADDRESS (not all is memory), PROTECTION_FAILURE (more than the maximum,
  /// or than a file allows), NOT_SUPPORTED (a maximum for memory that is not the library's), RESOURCE_SHORTAGE.
  package static func protect(
    at address: UInt64, size: UInt64, setMaximum: Bool, _ protection: Int32
  ) throws(KernelReturn) {
    if protection & ~(VM_PROT_ALL | VM_PROT_COPY) != 0 { throw .invalidArgument }
    if size == 0 { return }
    let (start, end) = try span(address, size)
    let wanted = UInt8(protection & VM_PROT_ALL)
    let copies = protection & VM_PROT_COPY != 0
    changes.acquire()
    defer { changes.release() }
    let isOurs = try checkMaximum(start, end, copies ? wanted & ~UInt8(VM_PROT_WRITE) : wanted)
    if setMaximum, !isOurs {
      if wanted != UInt8(VM_PROT_ALL) { throw .notSupported }
      return
    }
    if copies {
      try privatizeShared(start, end)
    } else if !isOurs, wanted & UInt8(VM_PROT_WRITE) != 0 {
      try checkFiles(start, end)
    }
    guard promiseRecord() else { throw .resourceShortage }
    var code: KernelReturn?
    do throws(KernelReturn) {
      if setMaximum { try narrow(start, end, to: wanted) } else { try protect(start, end, wanted, isOurs: isOurs) }
    } catch {
      code = error
    }
    lock.acquire()
    regions.redeem(2)
    if code == nil {
      regions.change(start, end) { region in
        if setMaximum {
          region.attributes.maximum = wanted
          region.attributes.protection &= wanted
        } else {
          if copies { region.attributes.maximum |= UInt8(VM_PROT_WRITE) }
          region.attributes.protection = wanted
        }
      }
    }
    lock.release()
    if let code { throw code }
  }

  /// Throws INVALID_ADDRESS or PROTECTION_FAILURE, whichever comes first in a range; else says whether all of it is the
  /// library's.
  private static func checkMaximum(_ start: UInt, _ end: UInt, _ wanted: UInt8) throws(KernelReturn) -> Bool {
    var next = start
    var isOurs = true
    var code: KernelReturn?
    lock.acquire()
    while code == nil, next < end, let region = regions.first(endingAfter: next), region.start < end {
      if region.start > next { isOurs = false }
      next = region.start
      if region.owner != .program {
        code = .invalidAddress
      } else if wanted & ~region.attributes.maximum != 0 {
        code = .protectionFailure
      } else {
        next = region.end
      }
    }
    lock.release()
    if code == nil {
      if next < end { isOurs = false }
      next = end
    }
    if !isOurs, next > start, !clinux_is_mapped(start, Int(next - start)) { throw .invalidAddress }
    if let code { throw code }
    return isOurs
  }

  private static func protect(_ start: UInt, _ end: UInt, _ wanted: UInt8, isOurs: Bool) throws(KernelReturn) {
    let error = clinux_protect(start, Int(end - start), Int32(wanted))
    if error == 0 { return }
    if isOurs { restore(start, end) }
    if error == EACCES { throw .protectionFailure }
    // Also where a program has unmapped something without a word.
    throw clinux_is_mapped(start, Int(end - start)) ? .resourceShortage : .invalidAddress
  }

  /// Takes away what is more than a new maximum.
  private static func narrow(_ start: UInt, _ end: UInt, to maximum: UInt8) throws(KernelReturn) {
    do throws(KernelReturn) {
      try forEachRegion(start, end) { (region) throws(KernelReturn) in
        let protection = region.attributes.protection & maximum
        if protection == region.attributes.protection { return }
        if clinux_protect(region.start, Int(region.end - region.start), Int32(protection)) != 0 {
          throw .resourceShortage
        }
      }
    } catch {
      restore(start, end)
      throw error
    }
  }

  /// Gives regions the protection that they had.
  private static func restore(_ start: UInt, _ end: UInt) {
    try? forEachRegion(start, end) { (region) throws(KernelReturn) in
      _ = clinux_protect(region.start, Int(region.end - region.start), Int32(region.attributes.protection))
    }
  }

  /// Throws PROTECTION_FAILURE where a file is shared that was not opened to be written to.
  private static func checkFiles(_ start: UInt, _ end: UInt) throws(KernelReturn) {
    var address = start
    while let mapping = try firstShared(address, end) {
      address = mapping.end
      if mapping.allows(UInt8(VM_PROT_WRITE)) { continue }
      if let flags = try MemoryMap.flags(at: mapping.start), flags.maximum & UInt8(VM_PROT_WRITE) == 0 {
        throw .protectionFailure
      }
    }
  }

  /// The first shared mapping of a range; nil when there is none.
  private static func firstShared(_ start: UInt, _ end: UInt) throws(KernelReturn) -> Mapping? {
    var found: Mapping?
    try MemoryMap.forEach(from: start, to: end) { mapping in
      if mapping.isShared { found = mapping }
      return found == nil
    }
    return found
  }

  private static func privatizeShared(_ start: UInt, _ end: UInt) throws(KernelReturn) {
    var address = start
    while address < end, let mapping = try firstShared(address, end) {
      address = max(mapping.start, address)
      let (limit, inheritance) = part(from: address, to: min(mapping.end, end))
      let isInherited =
        if let inheritance { inheritance != UInt8(VM_INHERIT_NONE) } else {
          try !(MemoryMap.flags(at: address)?.isNotInherited ?? false)
        }
      try privatize(address, limit, protection: mapping.protection, isInherited: isInherited)
      address = limit
    }
  }

  /// How far a range is one region of the library's, with its inheritance, or none.
  private static func part(from start: UInt, to end: UInt) -> (end: UInt, inheritance: UInt8?) {
    lock.acquire()
    defer { lock.release() }
    guard let region = regions.first(endingAfter: start), region.start < end else { return (end, nil) }
    if region.start > start { return (region.start, nil) }
    return (min(region.end, end), region.attributes.inheritance)
  }

  // MARK: Inheritance

  /// vm_inherit. Addresses without memory are passed over. Throws INVALID_ARGUMENT, NOT_SUPPORTED (sharing private
  /// memory that is not the library's, or copying shared memory that is not), RESOURCE_SHORTAGE, PROTECTION_FAILURE (the
  /// library's memory is to be shared and cannot be read).
  package static func inherit(at address: UInt64, size: UInt64, _ inheritance: UInt32) throws(KernelReturn) {
    if inheritance > VM_INHERIT_LAST_VALID { throw .invalidArgument }
    let (end, overflow) = address.addingReportingOverflow(size)
    if overflow { throw .invalidArgument }
    let limit = UInt64(Int.max) & ~UInt64(pageSize - 1)
    if size == 0 || address >= limit { return }
    let (first, last) = try span(address, min(end, limit) - address)
    changes.acquire()
    defer { changes.release() }
    if inheritance != VM_INHERIT_NONE { try prepare(first, last, for: inheritance) }
    let advice = inheritance == VM_INHERIT_NONE ? CLINUX_ADVICE_NO_FORK : CLINUX_ADVICE_FORK
    try forEachRun(first, last) { (start, end) throws(KernelReturn) in
      guard promiseRecord() else { throw .resourceShortage }
      let code = advise(start, end, advice)
      lock.acquire()
      regions.redeem(2)
      if code == nil { regions.change(start, end) { $0.attributes.inheritance = UInt8(inheritance) } }
      lock.release()
      if let code { throw code }
    }
  }

  /// Calls `body`, without the lock, with what lies between pages that no program has.
  static func forEachRun(
    _ start: UInt, _ end: UInt, _ body: (UInt, UInt) throws(KernelReturn) -> Void
  ) throws(KernelReturn) {
    var address = start
    while address < end {
      lock.acquire()
      let kept = regions.firstKept(address, end)
      lock.release()
      let limit = kept?.start ?? end
      if limit > address { try body(address, limit) }
      address = kept?.end ?? end
    }
  }

  /// Madvise for what is there. Nil when it is done.
  static func advise(_ start: UInt, _ end: UInt, _ advice: clinux_advice) -> KernelReturn? {
    code(of: clinux_advise(start, Int(end - start), advice), start, end)
  }

  /// What an errno value of advising means for a range; nil for success.
  static func code(of error: Int32, _ start: UInt, _ end: UInt) -> KernelReturn? {
    switch error {
    case 0: nil
    // A hole; the rest is done. Or the system is short of something.
    case ENOMEM: clinux_is_mapped(start, Int(end - start)) ? .resourceShortage : nil
    case EINVAL: .notSupported
    default: .resourceShortage
    }
  }

  /// Looks whether all of a range can be shared with a child, or copied for it, and converts what must be.
  private static func prepare(_ start: UInt, _ end: UInt, for inheritance: UInt32) throws(KernelReturn) {
    var isPossible = true
    try MemoryMap.forEach(from: start, to: end) { mapping in
      let isRight = mapping.isShared == (inheritance == VM_INHERIT_SHARE)
      let (first, last) = (max(mapping.start, start), min(mapping.end, end))
      isPossible = isRight || isOfPrograms(first, last) && (mapping.isShared || mapping.inode == 0)
      isPossible = isPossible && isAsRecorded(first, last, isShared: mapping.isShared)
      return isPossible
    }
    if !isPossible { throw .notSupported }
    if inheritance != VM_INHERIT_SHARE { return }
    try forEachRegion(start, end) { (region) throws(KernelReturn) in
      if region.owner != .program || region.attributes.isShared { return }
      if !region.attributes.canBeShared { throw .notSupported }
      if region.attributes.protection & UInt8(VM_PROT_READ) == 0 { throw .protectionFailure }
    }
    try forEachRegion(start, end) { (region) throws(KernelReturn) in
      if region.owner != .program || region.attributes.isShared { return }
      let object = try MemoryObject.make(size: Int(region.end - region.start))
      defer { object.release() }
      try convert(region.start, region.end, to: object)
    }
  }

  /// Whether a mapping is shared, or not, as what the library knows of its place: a program may have put another there
  /// without a word.
  private static func isAsRecorded(_ start: UInt, _ end: UInt, isShared: Bool) -> Bool {
    lock.acquire()
    defer { lock.release() }
    var next = start
    while next < end, let region = regions.first(endingAfter: next), region.start < end {
      if region.owner == .program, region.attributes.isShared != isShared { return false }
      next = region.end
    }
    return true
  }

  /// Whether a range is the library's, and what of it a program has.
  private static func isOfPrograms(_ start: UInt, _ end: UInt) -> Bool {
    lock.acquire()
    defer { lock.release() }
    var next = start
    while next < end, let region = regions.first(endingAfter: next), region.start <= next { next = region.end }
    return next >= end
  }

  // MARK: Wiring

  /// vm_wire: VM_PROT_NONE lets memory go. Throws INVALID_ARGUMENT, INVALID_ADDRESS, PROTECTION_FAILURE, RESOURCE_SHORTAGE
  /// (also for more than a process may wire).
  package static func wire(at address: UInt64, size: UInt64, _ access: Int32) throws(KernelReturn) {
    if access & ~VM_PROT_ALL != 0 { throw .invalidArgument }
    if size == 0 { return }
    let (start, end) = try span(address, size)
    changes.acquire()
    defer { changes.release() }
    if access == 0 { try checkMapped(start, end) } else { try check(start, end, allows: UInt8(access)) }
    if access != 0 { try keepVolatile(start, end) }
    guard promiseRecord() else { throw .resourceShortage }
    let error = access == 0 ? clinux_unlock_pages(start, Int(end - start)) : clinux_lock_pages(start, Int(end - start))
    if error != 0, access != 0 { unwireUnlessBefore(start, end) }
    lock.acquire()
    regions.redeem(2)
    if error == 0 { regions.change(start, end) { $0.attributes.isWired = access != 0 } }
    lock.release()
    if error != 0 { throw .resourceShortage }
  }

  /// After wiring has failed: lets go what was not wired before, as far as the library knows. The system wires nothing
  /// where it is more than the limit.
  private static func unwireUnlessBefore(_ start: UInt, _ end: UInt) {
    var address = start
    func unwire(to limit: UInt) {
      if limit > address { _ = clinux_unlock_pages(address, Int(limit - address)) }
    }
    try? forEachRegion(start, end) { (region) throws(KernelReturn) in
      if !region.attributes.isWired { return }
      unwire(to: region.start)
      address = region.end
    }
    unwire(to: end)
  }
}

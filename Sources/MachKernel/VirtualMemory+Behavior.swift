// How memory will be used, and what is behind it.

import CLinux
import CMach

extension VirtualMemory {
  /// vm_behavior_set. Throws, in this order, INVALID_ARGUMENT (the range overflows), NO_SPACE (no task can have it),
  /// INVALID_ARGUMENT (an unknown behavior), INVALID_ADDRESS (not all is memory, or none that can be reused),
  /// NOT_SUPPORTED, RESOURCE_SHORTAGE.
  package static func setBehavior(at address: UInt64, size: UInt64, _ behavior: Int32) throws(KernelReturn) {
    let (_, overflow) = address.addingReportingOverflow(size)
    if overflow { throw .invalidArgument }
    if size == 0 { return }
    let (start, end) = try span(address, size, orElse: .noSpace)
    switch behavior {
    case VM_BEHAVIOR_DEFAULT: try keep(start, end, behavior, CLINUX_ADVICE_NORMAL)
    case VM_BEHAVIOR_RANDOM: try keep(start, end, behavior, CLINUX_ADVICE_RANDOM)
    case VM_BEHAVIOR_SEQUENTIAL: try keep(start, end, behavior, CLINUX_ADVICE_SEQUENTIAL)
    case VM_BEHAVIOR_WILLNEED: try act(start, end, CLINUX_ADVICE_WILL_NEED)
    case VM_BEHAVIOR_DONTNEED: try act(start, end, CLINUX_ADVICE_COLD)
    case VM_BEHAVIOR_FREE: try act(start, end, CLINUX_ADVICE_FREE)
    case VM_BEHAVIOR_PAGEOUT: try act(start, end, CLINUX_ADVICE_PAGE_OUT)
    case VM_BEHAVIOR_REUSABLE:
      try checkReusable(start, end)
      try act(start, end, CLINUX_ADVICE_FREE)
    // Pages that are written to again stay; nothing need be done for that.
    case VM_BEHAVIOR_REUSE, VM_BEHAVIOR_CAN_REUSE: try checkReusable(start, end)
    case VM_BEHAVIOR_RSEQNTL, VM_BEHAVIOR_ZERO_WIRED_PAGES:
      try checkMapped(start, end)
      throw .notSupported
    default: throw .invalidArgument
    }
  }

  /// A behavior that stays.
  private static func keep(
    _ start: UInt, _ end: UInt, _ behavior: Int32, _ advice: clinux_advice
  ) throws(KernelReturn) {
    changes.acquire()
    defer { changes.release() }
    try checkMapped(start, end)
    guard promiseRecord() else { throw .resourceShortage }
    let code = advise(start, end, advice)
    lock.acquire()
    regions.redeem(2)
    if code == nil { regions.change(start, end) { $0.attributes.behavior = UInt8(behavior) } }
    lock.release()
    if let code { throw code }
  }

  /// Something that is done at once.
  private static func act(_ start: UInt, _ end: UInt, _ advice: clinux_advice) throws(KernelReturn) {
    try checkMapped(start, end)
    if let code = advise(start, end, advice) { throw code }
  }

  /// Throws INVALID_ADDRESS unless a range is private memory without a file that can be read and written to.
  private static func checkReusable(_ start: UInt, _ end: UInt) throws(KernelReturn) {
    try checkMapped(start, end)
    var isReusable = true
    try MemoryMap.forEach(from: start, to: end) { mapping in
      isReusable = mapping.kind != .file && !mapping.isShared && mapping.allows(UInt8(VM_PROT_DEFAULT))
      return isReusable
    }
    if !isReusable { throw .invalidAddress }
  }

  /// vm_machine_attribute: caches are the system's own business. Throws INVALID_ARGUMENT, else NOT_SUPPORTED; size 0 does
  /// nothing.
  package static func setMachineAttribute(at address: UInt64, size: UInt64) throws(KernelReturn) {
    if address.addingReportingOverflow(size).overflow { throw .invalidArgument }
    if size != 0 { throw .notSupported }
  }

  // MARK: Files

  /// vm_msync. Throws INVALID_ARGUMENT (both kinds of writing, or the range overflows), INVALID_ADDRESS (with CONTIGUOUS,
  /// not all is memory; the rest is done), FAILURE (the system could not write, or what it is to drop is wired),
  /// NOT_SUPPORTED, RESOURCE_SHORTAGE.
  package static func synchronize(at address: UInt64, size: UInt64, _ flags: UInt32) throws(KernelReturn) {
    if flags & VM_SYNC_ASYNCHRONOUS != 0, flags & VM_SYNC_SYNCHRONOUS != 0 { throw .invalidArgument }
    let (end, overflow) = address.addingReportingOverflow(size)
    if overflow { throw .invalidArgument }
    if size == 0 { return }
    let limit = UInt64(Int.max) & ~UInt64(pageSize - 1)
    var hasHole = end > limit
    if address < limit {
      let (first, last) = try span(address, min(end, limit) - address)
      var covered: UInt = 0
      try forEachRun(first, last) { (start, end) throws(KernelReturn) in
        covered += end - start
        if try !synchronize(start, end, flags) { hasHole = true }
      }
      if covered < last - first { hasHole = true }
    }
    if hasHole, flags & VM_SYNC_CONTIGUOUS != 0 { throw .invalidAddress }
  }

  /// False when not all of a range is mapped.
  private static func synchronize(_ start: UInt, _ end: UInt, _ flags: UInt32) throws(KernelReturn) -> Bool {
    if flags & (VM_SYNC_KILLPAGES | VM_SYNC_DEACTIVATE) != 0 {
      let advice = flags & VM_SYNC_KILLPAGES != 0 ? CLINUX_ADVICE_FREE : CLINUX_ADVICE_COLD
      if let code = advise(start, end, advice) { throw code }
      return clinux_is_mapped(start, Int(end - start))
    }
    var system: Int32 = 0
    if flags & VM_SYNC_SYNCHRONOUS != 0 { system |= Int32(CLINUX_SYNC_NOW.rawValue) }
    if flags & VM_SYNC_ASYNCHRONOUS != 0 { system |= Int32(CLINUX_SYNC_LATER.rawValue) }
    if flags & VM_SYNC_INVALIDATE != 0 { system |= Int32(CLINUX_SYNC_STALE.rawValue) }
    switch clinux_sync(start, Int(end - start), system) {
    case 0: return true
    case ENOMEM: return false
    default: throw .failure
    }
  }
}

// Reading, writing and copying memory that may not be there.

import CLinux
import CMach

extension VirtualMemory {
  /// Throws INVALID_ADDRESS when a range of bytes overflows, cannot be a task's, or touches pages that no program has;
  /// PROTECTION_FAILURE when it does not allow the access before those.
  private static func checkRange(_ address: UInt64, _ size: UInt64, _ access: Int32) throws(KernelReturn) {
    let (end, overflow) = address.addingReportingOverflow(size)
    if overflow || end > UInt64(Int.max) { throw .invalidAddress }
    lock.acquire()
    let kept = regions.firstKept(UInt(address), UInt(end))
    lock.release()
    if kept != nil { throw refusal(address, size, access) ?? .invalidAddress }
  }

  /// Whether a range lies in one page.
  private static func isInPage(_ address: UInt64, _ size: UInt64) -> Bool {
    let mask = UInt64(pageSize - 1)
    return address & ~mask == (address + size - 1) & ~mask
  }

  /// Throws INVALID_ADDRESS or PROTECTION_FAILURE where a range does not allow an access, as far as can be told. Says
  /// whether some of it is shared.
  private static func precheck(_ address: UInt64, _ size: UInt64, _ access: Int32) throws(KernelReturn) -> Bool {
    let (start, end) = try span(address, size)
    // A page is read or written to whole or not at all.
    if isInPage(address, size) { return isShared(start) }
    do throws(KernelReturn) {
      return try check(start, end, allows: UInt8(access))
    } catch {
      if error != .resourceShortage { throw error }
      return false
    }
  }

  /// Whether a page is shared memory of the library's.
  private static func isShared(_ page: UInt) -> Bool {
    lock.acquire()
    defer { lock.release() }
    guard let region = regions.first(endingAfter: page), region.start <= page else { return false }
    return region.attributes.isShared
  }

  /// Why an access to a range, not empty, failed: INVALID_ADDRESS, PROTECTION_FAILURE; nil where all seems to be in order.
  private static func refusal(_ address: UInt64, _ size: UInt64, _ access: Int32) -> KernelReturn? {
    do throws(KernelReturn) {
      let (start, end) = try span(address, size)
      do throws(KernelReturn) {
        try check(start, end, allows: UInt8(access))
      } catch {
        if error != .resourceShortage { return error }
        return clinux_is_mapped(start, Int(end - start)) ? .protectionFailure : .invalidAddress
      }
      return nil
    } catch {
      return error
    }
  }

  // MARK: Reading

  /// vm_read: a copy in fresh pages, which are the caller's; nil for size 0. Throws INVALID_ADDRESS, PROTECTION_FAILURE,
  /// MEMORY_ERROR, INVALID_ARGUMENT (more than 32 bits), RESOURCE_SHORTAGE.
  package static func read(at address: UInt64, size: UInt64) throws(KernelReturn) -> UnsafeMutableRawPointer? {
    if size > UInt64(UInt32.max) { throw .invalidArgument }
    return try copyOut(address, size)
  }

  /// As `read`, of any size.
  private static func copyOut(_ address: UInt64, _ size: UInt64) throws(KernelReturn) -> UnsafeMutableRawPointer? {
    if size == 0 { return nil }
    try checkRange(address, size, VM_PROT_READ)
    guard seemsReadable(UInt(address), Int(size)) else { throw refusal(address, size, VM_PROT_READ) ?? .memoryError }
    guard let memory = makeTransit(size: Int(size)) else { throw .resourceShortage }
    if copy(UInt(address), to: memory, size: Int(size)) {
      copyout(memory, size: Int(size))
      return memory
    }
    discard(memory, size: Int(size))
    throw refusal(address, size, VM_PROT_READ) ?? .memoryError
  }

  /// Gives back what `read` made.
  package static func discardRead(_ memory: UnsafeMutableRawPointer?, size: UInt64) {
    guard let memory else { return }
    deallocateResult(memory, size: roundToPage(Int(size)))
  }

  /// vm_read_list: each address becomes that of a copy. `list` is of mach_vm_read_entry and need not be aligned. A failure
  /// leaves it as it was. Throws INVALID_ARGUMENT (more than 256 places), and what `read` throws.
  package static func readList(_ list: UnsafeMutableRawPointer, count: UInt32) throws(KernelReturn) {
    if count > UInt32(VM_MAP_ENTRY_MAX) { throw .invalidArgument }
    let stride = MemoryLayout<mach_vm_read_entry>.size
    var copies = InlineArray<256, UInt64>(repeating: 0)
    func size(_ index: Int) -> UInt64 { list.loadUnaligned(fromByteOffset: index * stride + 8, as: UInt64.self) }
    for index in 0..<Int(count) {
      do throws(KernelReturn) {
        let address = list.loadUnaligned(fromByteOffset: index * stride, as: UInt64.self)
        copies[index] = UInt64(UInt(bitPattern: try copyOut(address, size(index))))
      } catch {
        for made in 0..<index {
          discardRead(UnsafeMutableRawPointer(bitPattern: UInt(copies[made])), size: size(made))
        }
        throw error
      }
    }
    for index in 0..<Int(count) { list.storeBytes(of: copies[index], toByteOffset: index * stride, as: UInt64.self) }
  }

  // MARK: Writing

  /// vm_copy, vm_write, vm_read_overwrite: the ranges may overlap. Nothing is written unless all can be, as far as the
  /// list of mappings tells. Throws INVALID_ADDRESS, PROTECTION_FAILURE, MEMORY_ERROR, RESOURCE_SHORTAGE.
  package static func copy(from source: UInt64, size: UInt64, to target: UInt64) throws(KernelReturn) {
    if size == 0 { return }
    try checkRange(source, size, VM_PROT_READ)
    let isSourceShared = try precheck(source, size, VM_PROT_READ)
    let isTargetShared = try checkTarget(target, size, source)
    let isOverlapping = source < target &+ size && target < source + size && source != target
    if isOverlapping || (isSourceShared && isTargetShared) {
      // By way of other pages: the one may be the other, at another address.
      let other = try copyOut(source, size)
      defer { discardRead(other, size: size) }
      return try write(UInt64(UInt(bitPattern: other)), size, to: target)
    }
    try write(source, size, to: target)
  }

  /// Throws as `copy` for what is to be written to; what is wrong with the source, if there is one, comes first. Says
  /// whether some of it is shared.
  private static func checkTarget(
    _ target: UInt64, _ size: UInt64, _ source: UInt64? = nil
  ) throws(KernelReturn) -> Bool {
    do throws(KernelReturn) {
      try checkRange(target, size, VM_PROT_WRITE)
      return try precheck(target, size, VM_PROT_WRITE)
    } catch {
      if let source, let code = refusal(source, size, VM_PROT_READ) { throw code }
      throw error
    }
  }

  /// vm_write of memory that a message carries. Throws INVALID_ADDRESS, PROTECTION_FAILURE, MEMORY_ERROR,
  /// RESOURCE_SHORTAGE.
  static func write(_ source: UInt, size: Int, to target: UInt64) throws(KernelReturn) {
    if size == 0 { return }
    _ = try checkTarget(target, UInt64(size))
    try write(UInt64(source), UInt64(size), to: target, isOfProgram: false)
  }

  private static func write(
    _ source: UInt64, _ size: UInt64, to target: UInt64, isOfProgram: Bool = true
  ) throws(KernelReturn) {
    if let from = UnsafeRawPointer(bitPattern: UInt(source)),
      let to = UnsafeMutableRawPointer(bitPattern: UInt(target)), clinux_write_checked(to, from, Int(size))
    {
      return
    }
    if isOfProgram, let code = refusal(source, size, VM_PROT_READ) { throw code }
    throw refusal(target, size, VM_PROT_WRITE) ?? (isOfProgram ? .memoryError : .invalidAddress)
  }
}

// Out-of-line arrays of ports in transit.

import CLinux
import CMach

/// What stands before the rights of an array.
private struct PortArrayObject {
  let count: Int
  /// Where the receiver will find the names: pages of the message, with 4 bytes for each port.
  var pages: UnsafeMutableRawPointer?
}

/// Rights on their way, and the pages in which the receiver will find their names. All are of one disposition, which
/// the descriptor tells. Names the memory; owns nothing by itself.
@safe struct PortArray {
  let object: UnsafeMutableRawPointer

  init(_ object: UnsafeMutableRawPointer) { self.object = object }

  private var head: UnsafeMutablePointer<PortArrayObject> { object.assumingMemoryBound(to: PortArrayObject.self) }

  /// As `TransferredRight.leak` gives them.
  private var rights: UnsafeMutablePointer<UInt> {
    UnsafeMutableRawPointer(head + 1).assumingMemoryBound(to: UInt.self)
  }

  /// The names to copy in, in the upper half of the rights: a right is written where all names have been read.
  private var names: UnsafeMutableRawPointer { UnsafeMutableRawPointer(rights) + count * 4 }

  /// The space of a task is held for so many names at a time.
  private static let batch = 64

  /// Room for the ports of a descriptor, at least one. Throws MACH_SEND_INVALID_MEMORY for names that are bad as a
  /// whole, so that no count is too large to find that out; MACH_SEND_NO_BUFFER.
  static func make(for descriptor: OutOfLinePortsDescriptor) throws(MessageReturn) -> PortArray {
    let count = descriptor.count
    guard VirtualMemory.seemsReadable(descriptor.names, count * 4) else { throw .sendInvalidMemory }
    guard let head = KernelMemory.allocate(PortArrayObject.self, extra: count * 8) else { throw .sendNoBuffer }
    head.initialize(to: PortArrayObject(count: count, pages: nil))
    return PortArray(UnsafeMutableRawPointer(head))
  }

  /// Frees the memory; the rights are gone.
  func free() {
    if let pages = takePages() { VirtualMemory.discard(pages, size: count * 4) }
    KernelMemory.free(head)
  }

  /// Room for `count` ports that the kernel returns; nil when memory is out. `set` fills it.
  static func make(count: Int) -> PortArray? {
    guard let head = KernelMemory.allocate(PortArrayObject.self, extra: count * 8) else { return nil }
    guard let pages = VirtualMemory.makeTransit(size: count * 4) else {
      KernelMemory.free(head)
      return nil
    }
    head.initialize(to: PortArrayObject(count: count, pages: pages))
    return PortArray(UnsafeMutableRawPointer(head))
  }

  func set(_ index: Int, _ right: UInt) { rights[index] = right }

  /// Takes a right out, leaving none.
  func takeRight(_ index: Int) -> UInt {
    let right = rights[index]
    rights[index] = 0
    return right
  }

  var count: Int { head.pointee.count }

  func right(_ index: Int) -> UInt { rights[index] }

  /// The pages, which are the caller's from now on.
  func takePages() -> UnsafeMutableRawPointer? {
    let pages = head.pointee.pages
    head.pointee.pages = nil
    return pages
  }

  /// Takes the names out of a program's memory and makes pages for those to come (facts: D4). Throws
  /// MACH_SEND_INVALID_MEMORY, MACH_SEND_NO_BUFFER; then the program keeps its memory.
  func readNames(at address: UInt, deallocating: Bool) throws(MessageReturn) {
    guard VirtualMemory.copy(address, to: names, size: count * 4) else { throw .sendInvalidMemory }
    if deallocating, !VirtualMemory.promiseDisposal() { throw .sendNoBuffer }
    head.pointee.pages = VirtualMemory.makeTransit(size: count * 4)
    let isShort = head.pointee.pages == nil
    if deallocating {
      if isShort { VirtualMemory.breakPromise() } else { VirtualMemory.disposePromised(address, size: count * 4) }
    }
    if isShort { throw .sendNoBuffer }
  }

  /// Takes the named rights out of `space`; NULL and DEAD pass (facts: D4). Throws MACH_SEND_INVALID_RIGHT after ending
  /// the rights that it has taken.
  func copyin(
    from space: Space, _ disposition: mach_msg_type_name_t, _ aftermath: inout Aftermath
  ) throws(MessageReturn) {
    var index = 0
    while index < count {
      let end = min(index + PortArray.batch, count)
      index = copyinBatch(index, end, from: space, disposition, &aftermath)
      if index < end {
        aftermath.flush()
        drop(index, Disposition.inTransit(disposition))
        throw .sendInvalidRight
      }
    }
  }

  /// Returns the index of the first name that is not copied in.
  private func copyinBatch(
    _ start: Int, _ end: Int, from space: Space, _ disposition: mach_msg_type_name_t, _ aftermath: inout Aftermath
  ) -> Int {
    let locked = space.locked()
    for index in start..<end {
      let name = names.load(fromByteOffset: index * 4, as: mach_port_name_t.self)
      if !Name.isValid(name) {
        rights[index] = name == Name.dead ? .max : 0
        continue
      }
      guard Disposition.isAny(disposition), let right = try? locked.copyinForTransit(name, disposition, &aftermath)
      else { return index }
      rights[index] = right
    }
    return end
  }

  /// Ends the first `count` rights, in their order.
  func drop(_ count: Int, _ disposition: mach_msg_type_name_t) {
    for index in 0..<count { TransferredRight(adopting: rights[index], disposition: disposition).drop() }
  }

  /// Gives the rights names of `space` and writes those into the pages, which become the program's. A right that finds
  /// no room ends and its name is NULL. Returns MACH_MSG_IPC_SPACE or MACH_MSG_IPC_KERNEL for those.
  func copyout(to space: Space, _ disposition: mach_msg_type_name_t) -> mach_msg_return_t {
    guard let pages = head.pointee.pages else { return 0 }
    var bits: mach_msg_return_t = 0
    // Names are half as wide as rights: each takes the place of a right that has its name already.
    let arrived = UnsafeMutableRawPointer(rights)
    for start in stride(from: 0, to: count, by: PortArray.batch) {
      let locked = space.locked()
      for index in start..<min(start + PortArray.batch, count) {
        let right = TransferredRight(adopting: rights[index], disposition: disposition)
        var name = Name.null
        do throws(KernelReturn) {
          name = try locked.copyout(right)
        } catch {
          bits |= Message.lackOfRoom(error)
        }
        arrived.storeBytes(of: name, toByteOffset: index * 4, as: mach_port_name_t.self)
      }
    }
    clinux_copy(pages, arrived, count * 4)
    VirtualMemory.copyout(pages, size: count * 4)
    return bits
  }
}

// Descriptors: what stands between the header and the data of a complex message.

import CMach

/// Any descriptor inside a message. Its type, in byte 11, tells how many bytes it has and how the others are to be
/// read.
@safe struct Descriptor {
  let address: UnsafeMutableRawPointer

  var type: mach_msg_descriptor_type_t {
    mach_msg_descriptor_type_t(address.loadUnaligned(fromByteOffset: 11, as: UInt8.self))
  }

  /// Bytes of a descriptor: of one of no known type as many as of a port's.
  var size: Int {
    switch type {
    case MACH_MSG_OOL_DESCRIPTOR, MACH_MSG_OOL_PORTS_DESCRIPTOR, MACH_MSG_OOL_VOLATILE_DESCRIPTOR,
      MACH_MSG_GUARDED_PORT_DESCRIPTOR:
      16
    default: PortDescriptor.size
    }
  }

  var port: PortDescriptor { PortDescriptor(address) }
  var guardedPort: GuardedPortDescriptor { GuardedPortDescriptor(address) }
  var memory: OutOfLineDescriptor { OutOfLineDescriptor(address) }
  var ports: OutOfLinePortsDescriptor { OutOfLinePortsDescriptor(address) }
}

/// Steps over descriptors in their order.
struct Descriptors {
  private var address: UnsafeMutableRawPointer
  private var remaining: UInt32

  init(at address: UnsafeMutableRawPointer, count: UInt32) {
    self.address = address
    remaining = count
  }

  mutating func next() -> Descriptor? {
    guard remaining > 0 else { return nil }
    let descriptor = Descriptor(address: address)
    remaining -= 1
    address += descriptor.size
    return descriptor
  }

  /// The descriptor that `next` gave last has become a port descriptor, and what followed it has moved up.
  mutating func stepBack() { address -= 16 - PortDescriptor.size }
}

/// A 12-byte port descriptor inside a message: as programs write it (name, disposition, type), and in transit, when
/// the right takes the place of the name and the padding behind it.
@safe struct PortDescriptor {
  private let address: UnsafeMutableRawPointer
  static let size = 12

  init(_ address: UnsafeMutableRawPointer) { self.address = address }

  var name: mach_port_name_t { address.loadUnaligned(as: mach_port_name_t.self) }
  var disposition: mach_msg_type_name_t {
    mach_msg_type_name_t(address.loadUnaligned(fromByteOffset: 10, as: UInt8.self))
  }
  var type: UInt32 { UInt32(address.loadUnaligned(fromByteOffset: 11, as: UInt8.self)) }

  /// The right as `TransferredRight.leak` gives it.
  var right: UInt { address.loadUnaligned(as: UInt.self) }

  func set(right: UInt, disposition: mach_msg_type_name_t) {
    address.storeBytes(of: right, as: UInt.self)
    setTail(disposition)
  }

  func set(name: mach_port_name_t, disposition: mach_msg_type_name_t) {
    address.storeBytes(of: name, as: mach_port_name_t.self)
    address.storeBytes(of: 0, toByteOffset: 4, as: UInt32.self)
    setTail(disposition)
  }

  func setType(_ type: mach_msg_descriptor_type_t) {
    address.storeBytes(of: UInt8(truncatingIfNeeded: type), toByteOffset: 11, as: UInt8.self)
  }

  private func setTail(_ disposition: mach_msg_type_name_t) {
    address.storeBytes(of: 0, toByteOffset: 8, as: UInt16.self)
    address.storeBytes(of: UInt8(truncatingIfNeeded: disposition), toByteOffset: 10, as: UInt8.self)
  }

  /// Takes the right out, leaving none.
  func takeRight() -> TransferredRight {
    let right = TransferredRight(adopting: right, disposition: disposition)
    address.storeBytes(of: 0, as: UInt.self)
    return right
  }
}

/// A 16-byte descriptor of out-of-line memory: as programs write it, and in transit, when the address is that of the
/// message's own pages.
@safe struct OutOfLineDescriptor {
  private let address: UnsafeMutableRawPointer

  init(_ address: UnsafeMutableRawPointer) { self.address = address }

  /// Where the program says that its memory is.
  var source: UInt { address.loadUnaligned(as: UInt.self) }
  /// In transit: the message's pages; nil for no memory.
  var pages: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: source) }
  var isDeallocated: Bool { address.load(fromByteOffset: 8, as: UInt8.self) != 0 }
  var copyOption: UInt32 { UInt32(address.load(fromByteOffset: 9, as: UInt8.self)) }
  var size: Int { Int(address.loadUnaligned(fromByteOffset: 12, as: UInt32.self)) }

  /// Memory that the kernel returns.
  func make(pages: UnsafeMutableRawPointer?, size: Int) {
    address.storeBytes(of: UInt(bitPattern: pages), as: UInt.self)
    address.storeBytes(of: UInt8(MACH_MSG_VIRTUAL_COPY), toByteOffset: 9, as: UInt8.self)
    address.storeBytes(of: UInt8(MACH_MSG_OOL_DESCRIPTOR), toByteOffset: 11, as: UInt8.self)
    address.storeBytes(of: UInt32(size), toByteOffset: 12, as: UInt32.self)
  }

  func set(pages: UnsafeMutableRawPointer?) { address.storeBytes(of: UInt(bitPattern: pages), as: UInt.self) }

  /// As receivers see it (facts: D3).
  func finish() {
    address.storeBytes(of: copyOption == MACH_MSG_VIRTUAL_COPY ? 1 : 0, toByteOffset: 8, as: UInt8.self)
    address.storeBytes(of: 0, toByteOffset: 10, as: UInt8.self)
  }
}

/// A 16-byte descriptor of an out-of-line array of ports: as programs write it, and in transit, when the address is
/// that of a `PortArray`.
@safe struct OutOfLinePortsDescriptor {
  private let address: UnsafeMutableRawPointer

  init(_ address: UnsafeMutableRawPointer) { self.address = address }

  var names: UInt { address.loadUnaligned(as: UInt.self) }
  var isDeallocated: Bool { address.load(fromByteOffset: 8, as: UInt8.self) != 0 }
  var disposition: mach_msg_type_name_t {
    mach_msg_type_name_t(address.load(fromByteOffset: 10, as: UInt8.self))
  }
  var count: Int { Int(address.loadUnaligned(fromByteOffset: 12, as: UInt32.self)) }

  /// Nil for an empty array.
  var array: PortArray? {
    UnsafeMutableRawPointer(bitPattern: address.loadUnaligned(as: UInt.self)).map { PortArray($0) }
  }

  /// Send rights that the kernel returns.
  func make(array: PortArray?, count: Int) {
    set(array: array, disposition: MACH_MSG_TYPE_PORT_SEND)
    address.storeBytes(of: UInt8(MACH_MSG_OOL_PORTS_DESCRIPTOR), toByteOffset: 11, as: UInt8.self)
    address.storeBytes(of: UInt32(count), toByteOffset: 12, as: UInt32.self)
  }

  func set(array: PortArray?, disposition: mach_msg_type_name_t) {
    address.storeBytes(of: UInt(bitPattern: array?.object), as: UInt.self)
    address.storeBytes(of: UInt8(truncatingIfNeeded: disposition), toByteOffset: 10, as: UInt8.self)
  }

  /// As receivers see it (facts: D4).
  func finish(names: UnsafeMutableRawPointer?) {
    address.storeBytes(of: UInt(bitPattern: names), as: UInt.self)
    address.storeBytes(of: 1, toByteOffset: 8, as: UInt8.self)
    address.storeBytes(of: UInt8(MACH_MSG_VIRTUAL_COPY), toByteOffset: 9, as: UInt8.self)
  }
}

/// A 16-byte descriptor of a receive right with its guard: as programs write it, and in transit, when the right takes
/// the place of the guard.
@safe struct GuardedPortDescriptor {
  private let address: UnsafeMutableRawPointer

  init(_ address: UnsafeMutableRawPointer) { self.address = address }

  /// The guard.
  var context: mach_port_context_t { address.loadUnaligned(as: mach_port_context_t.self) }
  var flags: mach_msg_guard_flags_t {
    mach_msg_guard_flags_t(address.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
  }
  var disposition: mach_msg_type_name_t {
    mach_msg_type_name_t(address.load(fromByteOffset: 10, as: UInt8.self))
  }
  var name: mach_port_name_t { address.loadUnaligned(fromByteOffset: 12, as: mach_port_name_t.self) }

  /// The right as `TransferredRight.leak` gives it.
  var right: UInt { address.loadUnaligned(as: UInt.self) }

  func set(right: UInt, flags: mach_msg_guard_flags_t, disposition: mach_msg_type_name_t) {
    address.storeBytes(of: right, as: UInt.self)
    setMiddle(flags, disposition)
    address.storeBytes(of: 0, toByteOffset: 12, as: UInt32.self)
  }

  func set(
    name: mach_port_name_t, context: mach_port_context_t, flags: mach_msg_guard_flags_t,
    disposition: mach_msg_type_name_t
  ) {
    address.storeBytes(of: context, as: mach_port_context_t.self)
    setMiddle(flags, disposition)
    address.storeBytes(of: name, toByteOffset: 12, as: mach_port_name_t.self)
  }

  private func setMiddle(_ flags: mach_msg_guard_flags_t, _ disposition: mach_msg_type_name_t) {
    address.storeBytes(of: UInt16(truncatingIfNeeded: flags), toByteOffset: 8, as: UInt16.self)
    address.storeBytes(of: UInt8(truncatingIfNeeded: disposition), toByteOffset: 10, as: UInt8.self)
  }

  /// Takes the right out, leaving none.
  func takeRight() -> TransferredRight {
    let right = TransferredRight(adopting: right, disposition: disposition)
    address.storeBytes(of: 0, as: UInt.self)
    return right
  }
}

// The descriptors of a message in transit.

import CMach

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

extension Message {
  /// The descriptor count that a complex message carries; 0 where the message has no room for one.
  var descriptorCount: UInt32 {
    guard object.pointee.size >= Message.headerSize + 4 else { return 0 }
    return bytes.load(fromByteOffset: Int(Message.headerSize), as: UInt32.self)
  }

  /// The type byte of a descriptor of any kind.
  static func descriptorType(_ address: UnsafeMutableRawPointer) -> UInt32 {
    UInt32(address.load(fromByteOffset: 11, as: UInt8.self))
  }

  /// Where a descriptor stands; all descriptors in transit are port descriptors.
  static func descriptorOffset(_ index: UInt32) -> Int {
    Int(headerSize) + 4 + Int(index) * PortDescriptor.size
  }

  /// Ends the rights of the first `count` descriptors, in their order.
  func dropDescriptors(before count: UInt32) {
    for index in 0..<count { PortDescriptor(bytes + Message.descriptorOffset(index)).takeRight().drop() }
  }

  /// The size that xnu's kernel has for the message: pointers in the header and in 12-byte descriptors are wider.
  var kernelFormSize: mach_msg_size_t {
    object.pointee.size + 8 + (isComplex ? 4 * descriptorCount : 0)
  }

  /// Turns the descriptors' rights into names of `space`, first to last (facts: D6 and the Choices). A right that finds
  /// no room ends and its name is NULL (facts: D7). Returns MACH_MSG_IPC_SPACE or MACH_MSG_IPC_KERNEL for those.
  func copyoutDescriptors(to space: Space) -> mach_msg_return_t {
    var bits: mach_msg_return_t = 0
    for index in 0..<descriptorCount {
      let descriptor = PortDescriptor(bytes + Message.descriptorOffset(index))
      let disposition = descriptor.disposition
      var name = Name.null
      do throws(KernelReturn) {
        name = try space.locked().copyout(descriptor.takeRight())
      } catch {
        bits |= error == .resourceShortage ? MACH_MSG_IPC_KERNEL : MACH_MSG_IPC_SPACE
      }
      descriptor.set(name: name, disposition: disposition)
    }
    return bits
  }
}

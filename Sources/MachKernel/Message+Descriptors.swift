// The descriptors of a message in transit: what they hold, and how it ends or arrives.

import CMach

extension Message {
  /// The descriptor count that a complex message carries; 0 where the message has no room for one.
  var descriptorCount: UInt32 {
    guard object.pointee.size >= Message.headerSize + 4 else { return 0 }
    return bytes.load(fromByteOffset: Int(Message.headerSize), as: UInt32.self)
  }

  /// Where the first descriptor stands.
  static let descriptorOffset = Int(headerSize) + 4

  /// The first `count` descriptors, all of them if there is no count.
  func descriptors(_ count: UInt32? = nil) -> Descriptors {
    Descriptors(at: bytes + Message.descriptorOffset, count: count ?? descriptorCount)
  }

  /// Ends what the first `count` descriptors hold, in their order.
  func dropDescriptors(before count: UInt32) {
    var descriptors = descriptors(count)
    while let descriptor = descriptors.next() {
      switch descriptor.type {
      case MACH_MSG_PORT_DESCRIPTOR: descriptor.port.takeRight().drop()
      case MACH_MSG_OOL_PORTS_DESCRIPTOR:
        guard let array = descriptor.ports.array else { continue }
        array.drop(array.count, descriptor.ports.disposition)
        array.free()
      case MACH_MSG_GUARDED_PORT_DESCRIPTOR: descriptor.guardedPort.takeRight().drop()
      default:
        guard let memory = descriptor.memory.pages else { continue }
        VirtualMemory.discard(memory, size: descriptor.memory.size)
      }
    }
  }

  /// The size that xnu's kernel has for the message: pointers in the header and in 12-byte descriptors are wider.
  var kernelFormSize: mach_msg_size_t {
    var size = object.pointee.size + 8
    guard isComplex else { return size }
    var descriptors = descriptors()
    while let descriptor = descriptors.next() {
      if descriptor.size == PortDescriptor.size { size += 4 }
    }
    return size
  }

  /// Turns what the descriptors hold into names and memory of `space`'s program, first to last (facts: D6 and the
  /// Choices). A right that finds no room ends and its name is NULL (facts: D7). Returns MACH_MSG_IPC_SPACE or
  /// MACH_MSG_IPC_KERNEL for those.
  func copyoutDescriptors(to space: Space, _ arrival: GuardedArrival) -> mach_msg_return_t {
    var bits: mach_msg_return_t = 0
    var descriptors = descriptors()
    while let descriptor = descriptors.next() {
      switch descriptor.type {
      case MACH_MSG_PORT_DESCRIPTOR: bits |= copyout(descriptor.port, to: space)
      case MACH_MSG_OOL_PORTS_DESCRIPTOR: bits |= copyout(descriptor.ports, to: space)
      case MACH_MSG_GUARDED_PORT_DESCRIPTOR:
        if case .taken(let value, let isImmovable) = arrival {
          bits |= copyout(descriptor.guardedPort, to: space, guard: value, isImmovable: isImmovable)
        } else {
          refuse(descriptor)
          descriptors.stepBack()
        }
      default: copyout(descriptor.memory)
      }
    }
    return bits
  }

  private func copyout(_ descriptor: PortDescriptor, to space: Space) -> mach_msg_return_t {
    let disposition = descriptor.disposition
    do throws(KernelReturn) {
      let name = try space.locked().copyout(descriptor.takeRight())
      descriptor.set(name: name, disposition: disposition)
      return 0
    } catch {
      descriptor.set(name: Name.null, disposition: disposition)
      return Message.lackOfRoom(error)
    }
  }

  /// The bit of MACH_RCV_BODY_ERROR that tells why a right found no name.
  static func lackOfRoom(_ error: KernelReturn) -> mach_msg_return_t {
    error == .resourceShortage ? MACH_MSG_IPC_KERNEL : MACH_MSG_IPC_SPACE
  }

  private func copyout(_ descriptor: OutOfLineDescriptor) {
    if let memory = descriptor.pages { VirtualMemory.copyout(memory, size: descriptor.size) }
    descriptor.finish()
  }

  private func copyout(_ descriptor: OutOfLinePortsDescriptor, to space: Space) -> mach_msg_return_t {
    guard let array = descriptor.array else {
      descriptor.finish(names: nil)
      return 0
    }
    let bits = array.copyout(to: space, descriptor.disposition)
    descriptor.finish(names: array.takePages())
    array.free()
    return bits
  }
}

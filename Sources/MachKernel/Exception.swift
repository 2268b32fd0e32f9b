// Exception messages to the handlers that programs have set.

import CMach

/// An exception of the calling thread (facts: mig-layout exc, mach_exc).
struct Exception {
  let kind: Int32
  let code: UInt64
  let subcode: UInt64

  /// Sends it to the first handler there is: the thread's, its task's, the host's. Nothing waits for the answer, which
  /// goes to the thread's own port and ends there. Returns false when there is no handler.
  func deliver(by thread: Thread) -> Bool {
    send(thread.action(for: Int(kind)), thread) || send(thread.task.action(for: Int(kind)), thread)
      || send(Host.action(for: Int(kind)), thread)
  }

  /// Consumes the action's port. False when it has none, it is dead, or memory is out.
  private func send(_ action: ExceptionAction, _ thread: Thread) -> Bool {
    switch TransferredRight(adopting: action.port, disposition: MACH_MSG_TYPE_PORT_SEND) {
    case .send(let handler):
      guard let message = makeMessage(action, thread) else { return false }
      message.object.pointee.destination = UInt(bitPattern: handler.leak().object)
      return message.sendFromKernel()
    default: return false
    }
  }

  private func makeMessage(_ action: ExceptionAction, _ thread: Thread) -> Message? {
    guard let port = thread.selfPort, let message = Message.make(size: 128) else { return nil }
    let behavior = UInt32(bitPattern: action.behavior)
    let form = behavior & 3
    let isWide = behavior & MACH_EXCEPTION_CODES != 0
    var writer = MessageWriter(message)
    if form != UInt32(EXCEPTION_STATE) {
      writer.addPorts(
        SendRight(making: port.locked()), SendRight(making: thread.task.body.pointee.port.locked()))
    }
    writer.addRecordOfData()
    writer.add(UInt32(bitPattern: kind))
    writer.add(2)
    if isWide {
      writer.add(code, subcode)
    } else {
      writer.add(UInt32(truncatingIfNeeded: code), UInt32(truncatingIfNeeded: subcode))
    }
    if form != UInt32(EXCEPTION_DEFAULT) {
      // The flavor, and a state of no words: the thread is inside a call, where it has none to show.
      writer.add(UInt32(bitPattern: action.flavor))
      writer.add(0)
    }
    let identifier = Int32(2400) + Int32(form) + (isWide ? 4 : 0)
    writer.finish(identifier: identifier, replyTo: SendOnceRight(making: port.locked()))
    return message
  }
}

/// Fills a message of the kernel's, field by field.
private struct MessageWriter {
  private let message: Message
  private var offset = Int(Message.headerSize)
  private var isComplex = false

  init(_ message: Message) {
    self.message = message
    message.object.pointee.isFromKernel = true
  }

  mutating func add(_ value: UInt32) {
    message.bytes.storeBytes(of: value, toByteOffset: offset, as: UInt32.self)
    offset += 4
  }

  mutating func add(_ one: UInt32, _ two: UInt32) {
    add(one)
    add(two)
  }

  mutating func add(_ one: UInt64, _ two: UInt64) {
    message.bytes.storeBytes(of: one, toByteOffset: offset, as: UInt64.self)
    message.bytes.storeBytes(of: two, toByteOffset: offset + 8, as: UInt64.self)
    offset += 16
  }

  /// NDR: little-endian integers, ASCII, IEEE.
  mutating func addRecordOfData() { add(UInt32(0), UInt32(1)) }

  /// A body with two port descriptors.
  mutating func addPorts(_ one: consuming SendRight, _ two: consuming SendRight) {
    isComplex = true
    add(2)
    addPort(one)
    addPort(two)
  }

  private mutating func addPort(_ right: consuming SendRight) {
    let descriptor = PortDescriptor(message.bytes + offset)
    descriptor.set(right: right.leakStored(), disposition: MACH_MSG_TYPE_PORT_SEND)
    descriptor.setType(MACH_MSG_PORT_DESCRIPTOR)
    offset += PortDescriptor.size
  }

  mutating func finish(identifier: Int32, replyTo reply: consuming SendOnceRight) {
    message.object.pointee.size = mach_msg_size_t(offset)
    message.object.pointee.bits =
      MACH_MSG_TYPE_PORT_SEND | MACH_MSG_TYPE_PORT_SEND_ONCE << 8 | (isComplex ? MACH_MSGH_BITS_COMPLEX : 0)
    message.object.pointee.reply = UInt(bitPattern: reply.leak().object)
    var header = mach_msg_header_t()
    header.msgh_id = identifier
    message.header.pointee = header
  }
}

extension Message {
  /// Queues a message of the kernel's whatever the limit is. False, and it ends, when its port has died, is the
  /// kernel's, or has reached the largest count.
  func sendFromKernel() -> Bool {
    guard let port = destinationPort else {
      destroy()
      return false
    }
    var aftermath = Aftermath()
    let locked = port.locked()
    let isTaken =
      locked.body.isActive && !locked.body.isKernelPort && locked.body.queue.messageCount < MessageQueue.kernelLimit
    if isTaken { locked.post(self, &aftermath) }
    locked.unlock()
    aftermath.finish()
    if !isTaken { destroy() }
    return isTaken
  }
}

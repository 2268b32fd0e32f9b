// Timers and alarms: messages that are made in advance, with a place in the queue of what is to happen.

import CLinux
import CMach

/// The timer of a port (historic: `mk_timer`), or an alarm of the clock. It lies behind its message, in the same memory.
/// The lock of `Timers` guards it.
struct TimerObject {
  /// The first field: a node's address is its timer's.
  var node = TimerNode()
  /// The port of a timer, of which it has a send right; nil for an alarm, whose message has the right.
  let port: Port?
  /// The message is on its way: queued, or being received.
  var isOutstanding = false
  /// The port has died.
  var isDead = false

  init(port: Port?) { self.port = port }
}

/// Names a timer or alarm; owns nothing.
@safe struct Timer: Equatable {
  let object: UnsafeMutablePointer<TimerObject>

  /// Bytes of either's message: header and three unused numbers of a timer's, header, record and results of an alarm's.
  static let messageSize = mach_msg_size_t(MemoryLayout<mk_timer_expire_msg_t>.size)
  private static var messageStride: Int { MemoryLayout<MessageObject>.stride + Int(messageSize) }

  init(_ node: TimerQueue.Link) {
    object = UnsafeMutableRawPointer(node).assumingMemoryBound(to: TimerObject.self)
  }

  init(_ address: UnsafeMutableRawPointer) { object = address.assumingMemoryBound(to: TimerObject.self) }

  /// The timer of a message that says it has one.
  init(of message: Message) { self.init(UnsafeMutableRawPointer(message.object) + Timer.messageStride) }

  /// nil when memory is out. `port` has a send right and a reference counted for it already.
  static func make(port: Port?) -> Timer? {
    let size = messageSize + mach_msg_size_t(MemoryLayout<TimerObject>.stride)
    guard let memory = MessageMemory.take(size) else { return nil }
    let message = memory.bindMemory(to: MessageObject.self, capacity: 1)
    message.initialize(to: MessageObject(size: messageSize))
    let timer = Timer(of: Message(object: message))
    timer.object.initialize(to: TimerObject(port: port))
    return timer
  }

  static func == (one: Timer, other: Timer) -> Bool { one.object == other.object }

  var address: UnsafeMutableRawPointer { UnsafeMutableRawPointer(object) }

  var node: TimerQueue.Link { address.assumingMemoryBound(to: TimerNode.self) }

  var message: Message {
    Message(object: (address - Timer.messageStride).assumingMemoryBound(to: MessageObject.self))
  }

  /// Frees the memory of both.
  func free() { clinux_free(UnsafeMutableRawPointer(message.object)) }

  // MARK: Timers of ports

  /// Posts the message to the timer's port, which is locked: it has been marked outstanding. A dead port, and one that
  /// holds as many messages as any can, gets none.
  func post(to port: borrowing LockedPort, _ aftermath: inout Aftermath) {
    guard port.body.isActive, port.body.queue.messageCount < MessageQueue.kernelLimit else {
      return Timers.takeBack(self)
    }
    let message = message
    message.object.pointee.isTimers = true
    message.object.pointee.bits = MACH_MSG_TYPE_PORT_SEND
    message.object.pointee.isFromKernel = true
    message.object.pointee.destination = UInt(bitPattern: SendRight(copying: port).leak().object)
    message.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: Int(Timer.messageSize))
    Statistics.count(.messages, 1)
    port.post(message, &aftermath)
  }

  /// The port of the timer has died: so has the timer. The memory goes when the message has come back.
  func end() {
    guard let port = object.pointee.port else { return }
    Timers.end(self)
    SendRight(adopting: port).drop()
  }

  // MARK: Alarms

  /// An alarm that knows no port yet, and what its message will say besides the code and the time; nil when memory is
  /// out.
  static func makeAlarm(type: alarm_type_t) -> Timer? {
    guard let timer = make(port: nil) else { return nil }
    let bytes = timer.message.bytes
    bytes.initializeMemory(as: UInt8.self, repeating: 0, count: Int(messageSize))
    timer.message.header.pointee.msgh_id = 3_125_107
    timer.message.object.pointee.isFromKernel = true
    ServedCall.writeRecord(to: bytes + 24)
    bytes.storeBytes(of: type, toByteOffset: 36, as: alarm_type_t.self)
    return timer
  }

  /// Takes over a send or send-once right for its message. Throws INVALID_CAPABILITY for another.
  func address(to right: consuming TransferredRight) throws(KernelReturn) {
    let disposition: mach_msg_type_name_t
    switch right {
    case .send: disposition = MACH_MSG_TYPE_PORT_SEND
    case .sendOnce: disposition = MACH_MSG_TYPE_PORT_SEND_ONCE
    default: throw .invalidCapability
    }
    message.object.pointee.bits = disposition
    message.object.pointee.destination = right.leak()
  }

  /// Sends the alarm's message, whose right it had, whatever the queue limit is; then it is a message as any other, and
  /// the alarm is no more. It ends if its port has died, is the kernel's, or holds as many messages as any can.
  func sound(_ code: kern_return_t, at time: mach_timespec_t) {
    let message = message
    message.bytes.storeBytes(of: code, toByteOffset: 32, as: kern_return_t.self)
    message.bytes.storeBytes(of: time, toByteOffset: 40, as: mach_timespec_t.self)
    guard let port = message.destinationPort else { return free() }
    var aftermath = Aftermath()
    let locked = port.locked()
    if locked.body.isActive, !locked.body.isKernelPort, locked.body.queue.messageCount < MessageQueue.kernelLimit {
      Statistics.count(.messages, 1)
      locked.post(message, &aftermath)
      locked.unlock()
    } else {
      if message.destinationType == MACH_MSG_TYPE_PORT_SEND_ONCE {
        locked.body.sendOnceRightCount -= 1
      } else {
        locked.dropSend(&aftermath)
      }
      locked.unlockReleasing()
      free()
    }
    aftermath.finish()
  }
}

// Messages in transit: one block of memory with the bytes and the rights that travel.

import CLinux
import CMach

/// A copied-in message (historic: `ipc_kmsg`). It owns its rights and is complete in itself: header rights in fields,
/// the rights of port descriptors in the descriptors' own first eight bytes, the bytes behind the object.
struct MessageObject: ~Copyable {
  /// The next in whatever list holds the message.
  var next: Message?
  /// Bytes of the message, header included, trailer not: the sender's send size.
  var size: mach_msg_size_t
  /// Header bits with in-transit dispositions: the destination's in the remote field, the reply's in the local one.
  var bits: mach_msg_bits_t = 0
  /// The message came from the kernel: its trailer shows the kernel's tokens.
  var isFromKernel = false
  /// It is queued whatever the limit is (facts: T10).
  var isForced = false
  /// The receive right that it carries would reach itself: the message is destroyed instead of sent (facts: C1).
  var isCircular = false
  /// It is a timer's, to which it goes back.
  var isTimers = false
  /// Header rights as `TransferredRight.leak` gives them.
  var destination: UInt = 0
  var reply: UInt = 0

  init(size: mach_msg_size_t) { self.size = size }
}

/// Names a message; whoever holds the name last must queue, deliver, `destroy` or `free` it.
@safe struct Message: Equatable {
  let object: UnsafeMutablePointer<MessageObject>

  @inline(__always)
  static func == (one: Message, other: Message) -> Bool { one.object == other.object }

  /// Room for `size` bytes, which are not set; nil when memory is out.
  @inline(__always)
  static func make(size: mach_msg_size_t) -> Message? {
    guard let memory = MessageMemory.take(size) else { return nil }
    let object = memory.bindMemory(to: MessageObject.self, capacity: 1)
    object.initialize(to: MessageObject(size: size))
    Statistics.count(.messages, 1)
    return Message(object: object)
  }

  /// Frees the memory of a message whose rights have all been taken out.
  @inline(__always)
  func free() {
    if object.pointee.isTimers { return giveBack() }
    clinux_free(UnsafeMutableRawPointer(object))
    Statistics.count(.messages, -1)
  }

  /// As `free`, for a message that the thread has received: it may well send one next.
  @inline(__always)
  func freeReceived() {
    if object.pointee.isTimers { return giveBack() }
    MessageMemory.give(UnsafeMutableRawPointer(object), object.pointee.size)
    Statistics.count(.messages, -1)
  }

  @inline(never)
  private func giveBack() {
    Statistics.count(.messages, -1)
    Timers.takeBack(Timer(of: self))
  }

  /// The first of the message's bytes: its header, then body and data.
  @inline(__always)
  var bytes: UnsafeMutableRawPointer { UnsafeMutableRawPointer(object + 1) }

  @inline(__always)
  var header: UnsafeMutablePointer<mach_msg_header_t> { bytes.assumingMemoryBound(to: mach_msg_header_t.self) }

  @inline(__always)
  var destinationType: mach_msg_type_name_t { object.pointee.bits & MACH_MSGH_BITS_REMOTE_MASK }

  @inline(__always)
  var replyType: mach_msg_type_name_t { (object.pointee.bits & MACH_MSGH_BITS_LOCAL_MASK) >> 8 }

  @inline(__always)
  var isComplex: Bool { object.pointee.bits & MACH_MSGH_BITS_COMPLEX != 0 }

  /// The port that the message goes to; nil once the destination right has been taken out.
  @inline(__always)
  var destinationPort: Port? {
    guard let memory = UnsafeMutableRawPointer(bitPattern: object.pointee.destination) else { return nil }
    return Port(memory)
  }

  @inline(__always)
  func takeDestination() -> TransferredRight {
    let address = object.pointee.destination
    object.pointee.destination = 0
    return TransferredRight(adopting: address, disposition: destinationType)
  }

  @inline(__always)
  func takeReply() -> TransferredRight {
    let address = object.pointee.reply
    object.pointee.reply = 0
    return TransferredRight(adopting: address, disposition: replyType)
  }

  /// Ends the message and everything that it carries: destination, reply, then descriptors in their order (facts: C3).
  /// Messages that end through this one wait on the thread's list, so that no chain of them recurses.
  func destroy() {
    guard let thread = Thread.current else { return }
    let isFirst = thread.state.pointee.dying.isEmpty
    thread.state.pointee.dying.append(self)
    if isFirst { Message.reap(thread) }
  }

  /// Works off the list of the dying. A message stays on the list while its rights end, so that only one loop runs.
  static func reap(_ thread: Thread) {
    while let message = thread.state.pointee.dying.first {
      message.takeDestination().drop()
      message.dropContents()
      thread.state.pointee.dying.removeFirst()
      message.free()
    }
  }

  /// Ends the reply right and the body's rights; the destination has been taken out.
  func dropContents() {
    takeReply().drop()
    if isComplex { dropDescriptors(before: descriptorCount) }
  }
}

/// Messages in order, linked through themselves.
struct MessageList {
  /// Its next is the first message: the list is a ring.
  private var last: Message?

  @inline(__always)
  var first: Message? { last?.object.pointee.next }

  @inline(__always)
  var isEmpty: Bool { last == nil }

  /// There is a message behind the first one.
  @inline(__always)
  var hasSecond: Bool { last?.object.pointee.next != last }

  /// The message behind another one of the list; nil behind the last one.
  func next(after message: Message) -> Message? { message == last ? nil : message.object.pointee.next }

  @inline(__always)
  mutating func append(_ message: Message) {
    prepend(message)
    last = message
  }

  @inline(__always)
  mutating func prepend(_ message: Message) {
    if let last {
      message.object.pointee.next = last.object.pointee.next
      last.object.pointee.next = message
    } else {
      message.object.pointee.next = message
      last = message
    }
  }

  @inline(__always)
  mutating func removeFirst() {
    guard let last, let first = last.object.pointee.next else { return }
    if first == last { self.last = nil } else { last.object.pointee.next = first.object.pointee.next }
    first.object.pointee.next = nil
  }
}

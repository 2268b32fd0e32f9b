// A port's queue: where messages wait, who waits for them, and who waits for room.

import CMach

/// The queue of one port (historic: `ipc_mqueue`); the port's lock guards it.
struct MessageQueue {
  /// The most that any queue holds, whatever its limit (facts: Q1).
  static let kernelLimit: UInt32 = 65534

  var messages = MessageList()
  /// Threads that wait for a message to this very port, not through a set.
  var receivers = WaitQueue()
  /// Threads that wait for room, each with its message.
  var senders = WaitQueue()
  var messageCount: mach_port_msgcount_t = 0
  var limit = mach_port_msgcount_t(MACH_PORT_QLIMIT_DEFAULT)
  /// The number that the next message to leave the queue gets (facts: Q6).
  var sequenceNumber: mach_port_seqno_t = 0

  /// There is a message behind the first one, or a sender that will queue one.
  @inline(__always)
  var hasMore: Bool { messages.hasSecond || !senders.isEmpty }

  @inline(__always)
  var isFull: Bool { messageCount >= limit }
}

/// What the receiver of a message learns of how it left its queue.
struct Departure {
  var sequenceNumber: mach_port_seqno_t = 0
  /// The port's context then.
  var context: mach_port_context_t = 0
  /// What the receiver finds in place of the destination right, if that has ended already.
  var destinationName: mach_port_name_t?
}

/// What came of a receive.
struct Reception {
  /// MACH_MSG_SUCCESS, or why there is no message. MACH_RCV_TOO_LARGE comes with the message, to be destroyed, unless
  /// the receiver asked for MACH_RCV_LARGE.
  var code: mach_msg_return_t
  var message: Message?
  var departure = Departure()
  /// With MACH_RCV_LARGE: the port that holds the message, and the bytes that it needs, trailer not counted.
  var portName: mach_port_name_t = 0
  var neededSize: mach_msg_size_t = 0
}

extension LockedPort {
  /// Gives a message to the first thread that waits for it, on the port or on one of its sets (facts: V17), or queues
  /// it. The limit has been looked at.
  @inline(__always)
  func post(_ message: Message, _ aftermath: inout Aftermath) {
    if !body.queue.receivers.isEmpty, handToReceiver(message, &aftermath) { return }
    if body.queue.messages.isEmpty, body.memberships != nil, handToSet(message, &aftermath) {
      // Sets that came before the one whose receiver took it have heard of a message.
      if body.isWatched { retract() }
      return
    }
    body.queue.messages.append(message)
    body.queue.messageCount += 1
    if body.isWatched { announce() }
  }

  @inline(__always)
  private func handToReceiver(_ message: Message, _ aftermath: inout Aftermath) -> Bool {
    while let waiter = body.queue.receivers.popFirst() {
      if give(message, to: waiter, &aftermath) { return true }
    }
    return false
  }

  /// The queue is empty and has no receivers of its own. Where no set's receiver takes the message, each set hears that
  /// the port is ready.
  private func handToSet(_ message: Message, _ aftermath: inout Aftermath) -> Bool {
    var link = body.memberships
    while let membership = link {
      let set = membership.set.locked()
      while let waiter = set.body.receivers.popFirst() {
        if give(message, to: waiter, &aftermath) { return true }
      }
      set.markReady(membership)
      link = membership.ofPort.pointee.next
    }
    return false
  }

  /// Ends a receiver's wait with a message, or, when that is too large for it, with the news. Returns false when the
  /// message stays with the caller. The port's lock is held, and that of the place where the receiver waited.
  private func give(_ message: Message, to waiter: Waiter, _ aftermath: inout Aftermath) -> Bool {
    let record = waiter.record
    let needed = message.object.pointee.size
    let isTooLarge = !Trailer.fits(needed, option: record.pointee.option, limit: record.pointee.limit)
    record.pointee.outcome = isTooLarge ? MACH_RCV_TOO_LARGE : MACH_MSG_SUCCESS
    aftermath.wake(waiter)
    if isTooLarge, record.pointee.option & MACH_RCV_LARGE != 0 {
      record.pointee.portName = body.receiverName
      record.pointee.neededSize = needed
      return false
    }
    record.pointee.message = message
    record.pointee.context = body.context
    record.pointee.sequenceNumber = body.queue.sequenceNumber
    body.queue.sequenceNumber &+= 1
    return true
  }

  /// Takes the first message out of the queue for a receiver; nil when the queue is empty. A message that is too large
  /// stays if the receiver said MACH_RCV_LARGE (facts: V5).
  @inline(__always)
  func takeFirst(option: mach_msg_option_t, limit: mach_msg_size_t, _ aftermath: inout Aftermath) -> Reception? {
    guard let message = body.queue.messages.first else { return nil }
    var reception = Reception(code: MACH_MSG_SUCCESS, message: message)
    if !Trailer.fits(message.object.pointee.size, option: option, limit: limit) {
      reception.code = MACH_RCV_TOO_LARGE
      if option & MACH_RCV_LARGE != 0 {
        reception.message = nil
        reception.portName = body.receiverName
        reception.neededSize = message.object.pointee.size
        return reception
      }
    }
    body.queue.messages.removeFirst()
    reception.departure.sequenceNumber = body.queue.sequenceNumber
    reception.departure.context = body.context
    body.queue.sequenceNumber &+= 1
    releaseSlot(&aftermath)
    if body.isWatched, body.queue.messages.isEmpty { retract() }
    return reception
  }

  /// A message has left the queue: its slot goes to the sender that has waited longest (facts: Q3).
  @inline(__always)
  private func releaseSlot(_ aftermath: inout Aftermath) {
    body.queue.messageCount -= 1
    admitSenders(&aftermath)
  }

  /// Admits blocked senders as long as there is room: a message that a receiver takes at once uses up none.
  @inline(__always)
  private func admitSenders(_ aftermath: inout Aftermath) {
    while !body.queue.senders.isEmpty, !body.queue.isFull { admitSender(&aftermath) }
  }

  /// Queues the message of the first blocked sender on its behalf and ends its wait.
  private func admitSender(_ aftermath: inout Aftermath) {
    guard let sender = body.queue.senders.popFirst(), let message = sender.record.pointee.message else { return }
    sender.record.pointee.message = nil
    sender.record.pointee.outcome = MACH_MSG_SUCCESS
    aftermath.wake(sender)
    post(message, &aftermath)
  }

  /// Sets the queue limit; raising it admits one blocked sender for each new slot (facts: Q2).
  func setQueueLimit(_ limit: mach_port_msgcount_t, _ aftermath: inout Aftermath) {
    let old = body.queue.limit
    body.queue.limit = limit
    var slots = limit > old ? limit - old : 0
    while slots > 0, !body.queue.senders.isEmpty {
      admitSender(&aftermath)
      slots -= 1
    }
    admitSenders(&aftermath)
  }

  /// The queue may hold messages of which one set does not know: its receivers get them, and what is left makes the
  /// port ready there.
  @inline(__always)
  func offerQueue(through link: Membership, _ aftermath: inout Aftermath) {
    guard !body.queue.messages.isEmpty else { return }
    let set = link.set.locked()
    if !set.body.receivers.isEmpty { feed(set, &aftermath) }
    if !body.queue.messages.isEmpty {
      set.markReady(link)
      set.body.descriptor?.raise()
    }
    set.unlock()
    admitSenders(&aftermath)
    if body.isWatched, body.queue.messages.isEmpty { retract() }
  }

  private func feed(_ set: borrowing LockedPortSet, _ aftermath: inout Aftermath) {
    while let message = body.queue.messages.first, let waiter = set.body.receivers.popFirst() {
      if give(message, to: waiter, &aftermath) {
        body.queue.messages.removeFirst()
        body.queue.messageCount -= 1
      }
    }
  }

  /// Puts a message back that had left the queue but never reached a program, as the next one to leave.
  func putBack(_ message: Message, sequenceNumber: mach_port_seqno_t, _ aftermath: inout Aftermath) {
    if body.queue.sequenceNumber == sequenceNumber &+ 1 { body.queue.sequenceNumber = sequenceNumber }
    if !body.queue.receivers.isEmpty, handToReceiver(message, &aftermath) { return }
    if body.queue.messages.isEmpty, body.memberships != nil, handToSet(message, &aftermath) {
      // Sets that came before the one whose receiver took it have heard of a message.
      if body.isWatched { retract() }
      return
    }
    body.queue.messages.prepend(message)
    body.queue.messageCount += 1
    if body.isWatched { announce() }
  }

  /// The message with a given sequence number, or the first for 0; nil when there is none (facts: X4).
  func peek(_ sequenceNumber: mach_port_seqno_t) -> (message: Message, sequenceNumber: mach_port_seqno_t)? {
    let first = body.queue.sequenceNumber
    var offset: UInt32 = 0
    if sequenceNumber != 0 {
      guard sequenceNumber >= first, sequenceNumber - first < body.queue.messageCount else { return nil }
      offset = sequenceNumber - first
    }
    var message = body.queue.messages.first
    for _ in 0..<offset { message = message.flatMap { body.queue.messages.next(after: $0) } }
    guard let message else { return nil }
    return (message, sequenceNumber == 0 ? first : sequenceNumber)
  }
}

extension Message {
  /// See `LockedPort.putBack`; if the port has died the message is destroyed, as it would have been in the queue.
  func putBack(sequenceNumber: mach_port_seqno_t) {
    guard let port = destinationPort else { return destroy() }
    var aftermath = Aftermath()
    let locked = port.locked()
    if locked.body.isActive {
      locked.putBack(self, sequenceNumber: sequenceNumber, &aftermath)
      locked.unlock()
    } else {
      locked.unlock()
      destroy()
    }
    aftermath.finish()
  }
}

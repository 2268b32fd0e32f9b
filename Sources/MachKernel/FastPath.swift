// The short ways of mach_msg: names found without the lock of their space, and a message sent in one step with the
// rights that its header names. Where one of them does not apply it has done nothing, and the long way is taken: without
// this file, and the calls of it, everything works as it does with it.

import CLinux
import CMach

// MARK: Names

extension Space {
  /// The slot of a name, if that holds such a right: what another thread may change at any time. In an ended space there
  /// is none.
  @inline(__always)
  private func slot(of name: mach_port_name_t, holding right: UInt32) -> UnsafeMutablePointer<Entry>? {
    let index = Name.index(name)
    guard index <= EntryTable.maximumIndex, let entry = chunks.slot(index), entry.pointee.has(right),
      entry.pointee.generation == Name.generation(name), !shared.pointee.isDead
    else { return nil }
    return entry
  }

  /// Whether the slot that was found still names the object, which is locked now. What it says of the object's rights does
  /// not change any more if it named the object before it said so.
  @inline(__always)
  private func isStill(
    _ entry: UnsafeMutablePointer<Entry>, of name: mach_port_name_t, holding right: UInt32,
    _ object: UnsafeMutableRawPointer
  ) -> Bool {
    let isSame =
      entry.pointee.object == object && entry.pointee.has(right) && entry.pointee.generation == Name.generation(name)
      && !shared.pointee.isDead && entry.pointee.object == object
    clinux_may_step()
    return isSame
  }

  /// The locked port of a name with such a right; nil when there is none, or it is just changing. The port may have
  /// ended before it is locked, and its memory be another's: then the slot says something else by now. Once it is locked
  /// and the slot still names it, no one takes the right away, because that needs the port's lock too, also where the
  /// port has died.
  @inline(__always)
  func lockedPort(named name: mach_port_name_t, holding right: UInt32) -> LockedPort? {
    guard let entry = slot(of: name, holding: right), let object = entry.pointee.object else { return nil }
    let port = Port(object).locked()
    guard isStill(entry, of: name, holding: right, object) else { return nil }
    return port
  }

  /// As `lockedPort`, out of the lock order: nil also when another has the lock.
  @inline(__always)
  fileprivate func triedPort(named name: mach_port_name_t, holding right: UInt32) -> LockedPort? {
    guard let entry = slot(of: name, holding: right), let object = entry.pointee.object,
      let port = LockedPort(trying: Port(object))
    else { return nil }
    guard isStill(entry, of: name, holding: right, object) else { return nil }
    return port
  }

  /// The locked port whose receive right has a name. A right that is just arriving has the name before its port is settled.
  @inline(__always)
  func receivePort(at name: mach_port_name_t) -> LockedPort? {
    guard let port = lockedPort(named: name, holding: Entry.receive), port.body.receiverName == name else {
      return nil
    }
    return port
  }

  /// The locked port set of a name.
  @inline(__always)
  func portSet(at name: mach_port_name_t) -> LockedPortSet? {
    guard let entry = slot(of: name, holding: Entry.portSet), let object = entry.pointee.object else { return nil }
    let set = PortSet(object).locked()
    guard isStill(entry, of: name, holding: Entry.portSet, object) else { return nil }
    return set
  }
}

extension Space {
  /// Whether the name is that of a send right to a port which the caller knows to exist.
  @inline(__always)
  func hasSend(to port: Port, named name: mach_port_name_t) -> Bool {
    guard let entry = slot(of: name, holding: Entry.send) else { return false }
    // What the slot holds changes only with its generation, but for the port's death.
    return entry.pointee.object == UnsafeMutableRawPointer(port.object)
      && entry.pointee.generation == Name.generation(name)
  }
}

// MARK: Sending

extension Message {
  fileprivate static let typeMasks = MACH_MSGH_BITS_REMOTE_MASK | MACH_MSGH_BITS_LOCAL_MASK

  /// Sends a message whose bytes have been copied in, if it is of one of the usual kinds and nothing is in its way: no
  /// body, a live port with room as destination, no reply right or one made of a receive right. False: nothing is done.
  @inline(__always)
  func sendAtOnce(from space: Space, option: mach_msg_option_t) -> Bool {
    let bits = object.pointee.bits
    guard bits & ~Message.typeMasks == 0, option & MACH_SEND_NOTIFY == 0,
      header.pointee.msgh_remote_port != header.pointee.msgh_local_port
    else { return false }
    switch bits & MACH_MSGH_BITS_REMOTE_MASK {
    case MACH_MSG_TYPE_COPY_SEND:
      guard let port = space.lockedPort(named: header.pointee.msgh_remote_port, holding: Entry.send) else {
        return false
      }
      return send(to: port, from: space, makingSend: false)
    case MACH_MSG_TYPE_MAKE_SEND:
      guard let port = space.lockedPort(named: header.pointee.msgh_remote_port, holding: Entry.receive) else {
        return false
      }
      return send(to: port, from: space, makingSend: true)
    case MACH_MSG_TYPE_MOVE_SEND_ONCE: return sendOnce(from: space)
    default: return false
    }
  }

  /// To a port of which the space has a send right, or the receive right, to make one of.
  @inline(__always)
  private func send(to port: consuming LockedPort, from space: Space, makingSend: Bool) -> Bool {
    guard port.body.isOrdinary, !port.body.queue.isFull, makeReply(in: space) else { return false }
    if makingSend { port.body.makeSendCount &+= 1 }
    port.body.sendRightCount += 1
    object.pointee.destination = UInt(bitPattern: port.port.object)
    if port.queueAtOnce(self) {
      port.unlockRetaining()
    } else {
      var aftermath = Aftermath()
      port.post(self, &aftermath)
      port.unlockRetaining()
      aftermath.finish()
    }
    return true
  }

  /// Makes the reply right, if there is to be one, of a receive right in the space. The port that the message goes to is
  /// locked. From then on the bits are those of a message in transit to a send right. False: nothing is done.
  @inline(__always)
  private func makeReply(in space: Space) -> Bool {
    let type = replyType
    let name = header.pointee.msgh_local_port
    if type == 0 {
      if name != Name.null { return false }
      object.pointee.bits = mach_msg_bits_t(MACH_MSG_TYPE_PORT_SEND)
      return true
    }
    guard type == MACH_MSG_TYPE_MAKE_SEND_ONCE || type == MACH_MSG_TYPE_MAKE_SEND,
      let port = space.triedPort(named: name, holding: Entry.receive)
    else { return false }
    var arrival = mach_msg_type_name_t(MACH_MSG_TYPE_PORT_SEND_ONCE)
    if type == MACH_MSG_TYPE_MAKE_SEND_ONCE {
      port.body.sendOnceRightCount += 1
    } else {
      port.body.makeSendCount &+= 1
      port.body.sendRightCount += 1
      arrival = MACH_MSG_TYPE_PORT_SEND
    }
    object.pointee.reply = UInt(bitPattern: port.port.object)
    object.pointee.bits = MACH_MSG_TYPE_PORT_SEND | arrival << 8
    port.unlockRetaining()
    return true
  }

  /// Through a send-once right, which leaves the space: a reply.
  @inline(__always)
  private func sendOnce(from space: Space) -> Bool {
    let name = header.pointee.msgh_remote_port
    guard object.pointee.bits & MACH_MSGH_BITS_LOCAL_MASK == 0, header.pointee.msgh_local_port == Name.null else {
      return false
    }
    let locked = space.locked()
    guard locked.body.isActive, let entry = locked.body.table.entry(named: name), entry.pointee.has(Entry.sendOnce),
      entry.pointee.request == 0, let object = entry.pointee.object
    else { return false }
    let port = Port(object).locked()
    guard port.body.isOrdinary, port.body.queue.messageCount < MessageQueue.kernelLimit else { return false }
    locked.body.table.free(entry, named: name)
    locked.unlock()
    self.object.pointee.destination = UInt(bitPattern: object)
    self.object.pointee.bits = mach_msg_bits_t(MACH_MSG_TYPE_PORT_SEND_ONCE)
    if port.queueAtOnce(self) { return true }
    var aftermath = Aftermath()
    port.post(self, &aftermath)
    port.unlock()
    aftermath.finish()
    return true
  }
}

extension LockedPort {
  /// Queues a message of which no one needs to hear. The limit has been looked at. False: nothing is done.
  @inline(__always)
  fileprivate func queueAtOnce(_ message: Message) -> Bool {
    guard body.queue.receivers.isEmpty, body.memberships == nil || !body.queue.messages.isEmpty, !body.isWatched
    else { return false }
    body.queue.messages.append(message)
    body.queue.messageCount += 1
    return true
  }
}

// MARK: Receiving

extension Thread {
  /// Receives the first message of a port into `buffer`, if it carries no body and no one else needs to hear of it, and
  /// returns its code. nil: nothing is done.
  @inline(__always)
  func receiveAtOnce(
    from name: mach_port_name_t, into buffer: UnsafeMutableRawPointer, option: mach_msg_option_t, limit: mach_msg_size_t
  ) -> mach_msg_return_t? {
    let space = task.space
    guard let port = space.receivePort(at: name), let message = port.body.queue.messages.first,
      message.object.pointee.bits & ~Message.typeMasks == 0,
      Trailer.fits(message.object.pointee.size, option: option, limit: limit),
      port.body.queue.senders.isEmpty, !port.body.isWatched, !port.body.requests.mayHaveArmed
    else { return nil }
    if message.destinationType == MACH_MSG_TYPE_PORT_SEND_ONCE {
      port.body.sendOnceRightCount -= 1
    } else if port.body.sendRightCount > 1 || port.body.noSenders == nil {
      port.body.sendRightCount -= 1
    } else {
      return nil
    }
    message.object.pointee.destination = 0
    port.body.queue.messages.removeFirst()
    port.body.queue.messageCount -= 1
    let departure = Departure(
      sequenceNumber: port.body.queue.sequenceNumber, context: port.body.context, destinationName: name)
    port.body.queue.sequenceNumber &+= 1
    port.unlockReleasing()
    if message.object.pointee.reply != 0 {
      return message.deliver(to: buffer, of: space, option: option, departure)
    }
    message.write(
      to: buffer, option: option, bits: message.swappedBits, replyName: Name.null, destinationName: name, departure)
    return MACH_MSG_SUCCESS
  }
}

extension LockedPort {
  /// Ends the destination right of a message that has just left the queue of this port, whose receive right has the
  /// receiver: what the receiver finds in its place, or nil when it is to be ended later. With a name, a reference to
  /// the port is to be released.
  @inline(__always)
  func endDestination(of message: Message, _ aftermath: inout Aftermath) -> mach_port_name_t? {
    if body.requests.mayHaveArmed { return nil }
    if message.destinationType == MACH_MSG_TYPE_PORT_SEND_ONCE {
      body.sendOnceRightCount -= 1
    } else {
      dropSend(&aftermath)
    }
    message.object.pointee.destination = 0
    return body.receiverName
  }
}

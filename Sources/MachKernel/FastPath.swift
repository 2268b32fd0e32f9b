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
      entry.pointee.object == object && slot(of: name, holding: right) == entry && entry.pointee.object == object
    clinux_may_step()
    return isSame
  }

  /// The locked port of a name with such a right; nil when there is none, or it is just changing. The port may have
  /// ended before it is locked, and its memory be another's: then the slot says something else by now. Once it is locked
  /// and the slot still names it, no one takes the right away, because that needs the port's lock too, also where the port has died.
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

  /// The locked port whose receive right has a name.
  @inline(__always)
  func receivePort(at name: mach_port_name_t) -> LockedPort? {
    guard let port = lockedPort(named: name, holding: Entry.receive), port.body.receiver == self else { return nil }
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

// MARK: Sending

extension Message {
  private static let typeMasks = MACH_MSGH_BITS_REMOTE_MASK | MACH_MSGH_BITS_LOCAL_MASK

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
    guard port.body.isOrdinary, !port.body.queue.isFull else { return false }
    let replyType = (object.pointee.bits & MACH_MSGH_BITS_LOCAL_MASK) >> 8
    let replyName = header.pointee.msgh_local_port
    var arrival = mach_msg_bits_t(MACH_MSG_TYPE_PORT_SEND)
    switch replyType {
    case 0:
      guard replyName == Name.null else { return false }
    case MACH_MSG_TYPE_MAKE_SEND_ONCE:
      guard let reply = space.triedPort(named: replyName, holding: Entry.receive) else { return false }
      reply.body.sendOnceRightCount += 1
      object.pointee.reply = UInt(bitPattern: reply.port.object)
      reply.unlockRetaining()
      arrival |= MACH_MSG_TYPE_PORT_SEND_ONCE << 8
    case MACH_MSG_TYPE_MAKE_SEND:
      guard let reply = space.triedPort(named: replyName, holding: Entry.receive) else { return false }
      reply.body.makeSendCount &+= 1
      reply.body.sendRightCount += 1
      object.pointee.reply = UInt(bitPattern: reply.port.object)
      reply.unlockRetaining()
      arrival |= MACH_MSG_TYPE_PORT_SEND << 8
    default: return false
    }
    if makingSend { port.body.makeSendCount &+= 1 }
    port.body.sendRightCount += 1
    object.pointee.destination = UInt(bitPattern: port.port.object)
    object.pointee.bits = arrival
    var aftermath = Aftermath()
    port.post(self, &aftermath)
    port.unlockRetaining()
    aftermath.finish()
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
    var aftermath = Aftermath()
    port.post(self, &aftermath)
    port.unlock()
    aftermath.finish()
    return true
  }
}

// MARK: Receiving

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

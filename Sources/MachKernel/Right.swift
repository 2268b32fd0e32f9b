// Rights outside a space: move-only values that own a reference and their count in the port.

import CMach

/// One send right (historic: a naked send right): a reference and one of the port's `sendRightCount`.
///
/// Dropping it takes the port's lock; it must not happen while a port or set is locked.
@frozen @usableFromInline struct SendRight: ~Copyable {
  @usableFromInline let port: Port

  /// Takes over a reference and a count that exist already.
  @inline(__always)
  init(adopting port: Port) { self.port = port }

  /// Makes a right from nothing, as MAKE_SEND does: counts in `makeSendCount` (facts: T2).
  @inline(__always)
  init(making locked: borrowing LockedPort) {
    locked.body.makeSendCount &+= 1
    locked.body.sendRightCount += 1
    locked.port.retain()
    port = locked.port
  }

  /// A further right from one that exists, as COPY_SEND does.
  @inline(__always)
  init(copying locked: borrowing LockedPort) {
    locked.body.sendRightCount += 1
    locked.port.retain()
    port = locked.port
  }

  /// Hands the reference and the count to the caller.
  @inline(__always)
  consuming func leak() -> Port {
    let port = port
    discard self
    return port
  }

  /// The count goes into an entry that has one already: only the reference and the extra count end.
  @inline(__always)
  consuming func merge(into locked: borrowing LockedPort) {
    let port = port
    discard self
    locked.body.sendRightCount -= 1
    port.release()
  }

  @inline(__always)
  deinit {
    var aftermath = Aftermath()
    let locked = port.locked()
    locked.dropSend(&aftermath)
    locked.unlockReleasing()
    aftermath.finish()
  }
}

/// A send-once right. One that ends unused posts SEND_ONCE to its port (facts: T18).
@frozen @usableFromInline struct SendOnceRight: ~Copyable {
  @usableFromInline let port: Port

  @inline(__always)
  init(adopting port: Port) { self.port = port }

  @inline(__always)
  init(making locked: borrowing LockedPort) {
    locked.body.sendOnceRightCount += 1
    locked.port.retain()
    port = locked.port
  }

  @inline(__always)
  consuming func leak() -> Port {
    let port = port
    discard self
    return port
  }

  /// Ends the right without a word: its port has died.
  consuming func forget() {
    let port = port
    discard self
    let locked = port.locked()
    locked.body.sendOnceRightCount -= 1
    locked.unlockReleasing()
  }

  deinit { Notification.postSendOnce(consuming: port) }
}

/// A receive right in transit: its port is active and in no space. Dropping it destroys the port.
@frozen @usableFromInline struct ReceiveRight: ~Copyable {
  @usableFromInline let port: Port

  @inline(__always)
  init(adopting port: Port) { self.port = port }

  consuming func leak() -> Port {
    let port = port
    discard self
    return port
  }

  deinit { port.locked().destroy() }
}

/// What a message, insert_right or extract_right carries: one right, or one of the two names that stand for none.
enum TransferredRight: ~Copyable {
  /// MACH_PORT_NULL.
  case null
  /// MACH_PORT_DEAD: a dead name, or a right whose port has died.
  case dead
  case send(SendRight)
  case sendOnce(SendOnceRight)
  case receive(ReceiveRight)

  /// Takes over what `leak` gave: an address (0 for NULL, all ones for DEAD) and the disposition it has in transit
  /// (MACH_MSG_TYPE_PORT_RECEIVE, _SEND or _SEND_ONCE).
  init(adopting address: UInt, disposition: mach_msg_type_name_t) {
    guard address != 0 else {
      self = .null
      return
    }
    guard address != .max, let memory = UnsafeMutableRawPointer(bitPattern: address) else {
      self = .dead
      return
    }
    let port = Port(memory)
    switch disposition {
    case MACH_MSG_TYPE_PORT_RECEIVE: self = .receive(ReceiveRight(adopting: port))
    case MACH_MSG_TYPE_PORT_SEND: self = .send(SendRight(adopting: port))
    default: self = .sendOnce(SendOnceRight(adopting: port))
    }
  }

  /// Gives up ownership: an address as `init(adopting:disposition:)` takes it.
  consuming func leak() -> UInt {
    switch consume self {
    case .null: 0
    case .dead: .max
    case .send(let right): UInt(bitPattern: right.leak().object)
    case .sendOnce(let right): UInt(bitPattern: right.leak().object)
    case .receive(let right): UInt(bitPattern: right.leak().object)
    }
  }

  /// Ends the right by its own rules.
  @inline(never)
  consuming func drop() {}
}

/// How a caller names a right that it gives: the historic dispositions, MACH_MSG_TYPE_*.
enum Disposition {
  /// All six: valid in insert_right, extract_right and port descriptors.
  static func isAny(_ disposition: mach_msg_type_name_t) -> Bool {
    disposition >= MACH_MSG_TYPE_MOVE_RECEIVE && disposition <= MACH_MSG_TYPE_MAKE_SEND_ONCE
  }

  /// The five that give a send or send-once right: valid for a destination and a reply port.
  @inline(__always)
  static func isAnySend(_ disposition: mach_msg_type_name_t) -> Bool {
    disposition >= MACH_MSG_TYPE_MOVE_SEND && disposition <= MACH_MSG_TYPE_MAKE_SEND_ONCE
  }

  /// What the right is in transit and on arrival; 0 stays 0 (historic: `ipc_object_copyin_type`).
  @inline(__always)
  static func inTransit(_ disposition: mach_msg_type_name_t) -> mach_msg_type_name_t {
    switch disposition {
    case MACH_MSG_TYPE_MOVE_RECEIVE: MACH_MSG_TYPE_PORT_RECEIVE
    case MACH_MSG_TYPE_MOVE_SEND_ONCE, MACH_MSG_TYPE_MAKE_SEND_ONCE: MACH_MSG_TYPE_PORT_SEND_ONCE
    case MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_COPY_SEND: MACH_MSG_TYPE_PORT_SEND
    default: 0
    }
  }
}

extension SendRight {
  /// Ends the right.
  @inline(__always)
  consuming func drop() {}
}

extension LockedPort {
  /// One send right less; with the last one NO_SENDERS goes out, if asked for (facts: T3).
  @inline(__always)
  func dropSend(_ aftermath: inout Aftermath) {
    body.sendRightCount -= 1
    if body.sendRightCount == 0, body.noSenders != nil || body.isKernelPort { noticeNoSenders(&aftermath) }
  }

  @inline(never)
  private func noticeNoSenders(_ aftermath: inout Aftermath) {
    if body.isKernelPort, KernelObjectType.endsWithoutSenders(body.kernelObjectType) { return aftermath.end(self) }
    guard let notification = body.noSenders else { return }
    body.noSenders = nil
    aftermath.post(notification.filled(as: .noSenders(body.makeSendCount)))
  }
}

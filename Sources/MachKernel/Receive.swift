// Receiving: take a message that waits on a port or set, or wait for one.

import CLinux
import CMach

/// What a receiver asks for.
struct ReceiveRequest {
  let option: mach_msg_option_t
  /// Bytes of the receiver's buffer.
  let limit: mach_msg_size_t
  let timeout: Timeout
  /// Signals end the wait with MACH_RCV_INTERRUPTED.
  let interruptible: Bool
}

extension Thread {
  /// Receives a message from a port or set of the thread's space (historic: `ipc_mqueue_copyin`,
  /// `ipc_mqueue_receive`; facts: V1-V5). The result's code may be any MACH_RCV_* but those of copyout.
  @inline(__always)
  func receive(from name: mach_port_name_t, _ request: borrowing ReceiveRequest) -> Reception {
    let space = task.space
    if let port = space.receivePort(at: name) { return receive(from: port, request) }
    if let set = space.portSet(at: name) { return receive(from: set, request) }
    return receiveWithSpaceLocked(from: name, of: space, request)
  }

  /// The same with the space locked.
  @inline(never)
  private func receiveWithSpaceLocked(
    from name: mach_port_name_t, of space: Space, _ request: borrowing ReceiveRequest
  ) -> Reception {
    let locked = space.locked()
    guard locked.body.isActive, let entry = locked.body.table.entry(named: name), let object = entry.pointee.object
    else { return Reception(code: MACH_RCV_INVALID_NAME) }
    if entry.pointee.has(Entry.receive) {
      let port = Port(object).locked()
      locked.unlock()
      return receive(from: port, request)
    }
    guard entry.pointee.has(Entry.portSet) else { return Reception(code: MACH_RCV_INVALID_NAME) }
    let set = PortSet(object).locked()
    locked.unlock()
    return receive(from: set, request)
  }

  @inline(__always)
  private func receive(from port: consuming LockedPort, _ request: borrowing ReceiveRequest) -> Reception {
    var aftermath = Aftermath()
    if let reception = port.takeFirst(option: request.option, limit: request.limit, &aftermath) {
      return leave(port, with: reception, aftermath)
    }
    if request.timeout.isNow { return Reception(code: MACH_RCV_TIMED_OUT) }
    port.port.retain()
    waiter.begin(at: .port(port.port), isSend: false, message: nil)
    waiter.prepare(request)
    port.body.queue.receivers.append(waiter)
    port.unlock()
    return finishReceive(waiter, request)
  }

  /// Gives the port back from which a message was taken, together with the message's right to it.
  @inline(__always)
  private func leave(
    _ port: consuming LockedPort, with taken: consuming Reception, _ earlier: consuming Aftermath
  ) -> Reception {
    var reception = taken
    var aftermath = earlier
    if reception.code == MACH_MSG_SUCCESS, let message = reception.message {
      reception.departure.destinationName = port.endDestination(of: message, &aftermath)
    }
    if reception.departure.destinationName != nil { port.unlockReleasing() } else { port.unlock() }
    aftermath.finish()
    return reception
  }

  /// Takes a message of the set's first ready member that has one. While the set is locked its links are alive; a
  /// member is locked against the order, hence only tried.
  @inline(__always)
  private func receive(from locked: consuming LockedPortSet, _ request: borrowing ReceiveRequest) -> Reception {
    while let link = locked.body.firstReady {
      guard let port = LockedPort(trying: link.port) else {
        locked.set.retain()
        return receiveInOrder(from: locked, request)
      }
      if port.body.queue.messages.isEmpty {
        locked.unmarkReady(link)
      } else {
        return take(from: port, through: link, of: locked, request)
      }
    }
    if request.timeout.isNow { return Reception(code: MACH_RCV_TIMED_OUT) }
    locked.set.retain()
    return wait(on: locked, request)
  }

  /// As `receive`, where a member was locked by others: in the lock order. Consumes a reference to the set, which a
  /// thread that blocks leaves to its wait record, so that a frame left by a jump leaves nothing behind.
  @inline(never)
  private func receiveInOrder(
    from first: consuming LockedPortSet, _ request: borrowing ReceiveRequest
  ) -> Reception {
    let set = first.set
    var member = first.body.firstReady?.port
    member?.retain()
    first.unlock()
    while let current = member {
      let port = current.locked()
      if let link = port.membership(in: set) {
        let locked = set.locked()
        if port.body.queue.messages.isEmpty {
          locked.unmarkReady(link)
        } else {
          let reception = take(from: port, through: link, of: locked, request)
          current.release()
          set.release()
          return reception
        }
      }
      port.unlock()
      current.release()
      let locked = set.locked()
      member = locked.body.firstReady?.port
      member?.retain()
    }
    let locked = set.locked()
    if locked.body.isActive, locked.body.firstReady == nil, !request.timeout.isNow { return wait(on: locked, request) }
    let isActive = locked.body.isActive
    let isReady = locked.body.firstReady != nil
    if isReady { return receiveInOrder(from: locked, request) }
    locked.unlock()
    set.release()
    return Reception(code: isActive ? MACH_RCV_TIMED_OUT : MACH_RCV_PORT_CHANGED)
  }

  /// Takes the first message of a member. Whether the member is still ready is settled before either lock is released,
  /// so that no one finds the set empty while there are messages. A message that is too large stays the next one.
  @inline(__always)
  private func take(
    from port: consuming LockedPort, through link: Membership, of set: consuming LockedPortSet,
    _ request: borrowing ReceiveRequest
  ) -> Reception {
    var aftermath = Aftermath()
    if port.givesFirst(to: request) {
      set.unmarkReady(link)
      if port.body.queue.hasMore { set.markReady(link) }
    }
    set.unlock()
    guard let reception = port.takeFirst(option: request.option, limit: request.limit, &aftermath) else {
      return Reception(code: MACH_RCV_TIMED_OUT)
    }
    return leave(port, with: reception, aftermath)
  }

  /// Blocks on a set without ready members. The caller's reference to the set passes to the wait record.
  private func wait(on locked: consuming LockedPortSet, _ request: borrowing ReceiveRequest) -> Reception {
    waiter.begin(at: .set(locked.set), isSend: false, message: nil)
    waiter.prepare(request)
    locked.body.receivers.append(waiter)
    locked.unlock()
    return finishReceive(waiter, request)
  }

  private func finishReceive(_ waiter: Waiter, _ request: borrowing ReceiveRequest) -> Reception {
    let error = waiter.sleep(until: request.timeout.deadline, interruptible: request.interruptible)
    if error != 0, waiter.withdraw() {
      waiter.release()
      let code = error == ETIMEDOUT ? MACH_RCV_TIMED_OUT : error == EINTR ? MACH_RCV_INTERRUPTED : MACH_RCV_PORT_CHANGED
      return Reception(code: code)
    }
    var reception = Reception(code: waiter.record.pointee.outcome)
    reception.departure.sequenceNumber = waiter.record.pointee.sequenceNumber
    reception.departure.context = waiter.record.pointee.context
    reception.portName = waiter.record.pointee.portName
    reception.neededSize = waiter.record.pointee.neededSize
    reception.message = waiter.release()
    return reception
  }
}

extension LockedPort {
  /// The first message leaves the queue: it fits into the receiver's buffer, or ends if it does not.
  @inline(__always)
  fileprivate func givesFirst(to request: borrowing ReceiveRequest) -> Bool {
    if request.option & MACH_RCV_LARGE == 0 { return true }
    guard let message = body.queue.messages.first else { return true }
    return Trailer.fits(message.object.pointee.size, option: request.option, limit: request.limit)
  }
}

extension Waiter {
  fileprivate func prepare(_ request: borrowing ReceiveRequest) {
    record.pointee.option = request.option
    record.pointee.limit = request.limit
  }
}

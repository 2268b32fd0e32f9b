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
      port.unlock()
      aftermath.finish()
      return reception
    }
    if request.timeout.isNow { return Reception(code: MACH_RCV_TIMED_OUT) }
    port.port.retain()
    waiter.begin(at: .port(port.port), isSend: false, message: nil)
    waiter.prepare(request)
    port.body.queue.receivers.append(waiter)
    port.unlock()
    return finishReceive(waiter, request)
  }

  /// Until the thread blocks it holds a reference to the set only while it looks at a member; blocked, its record does.
  /// A frame that is left by a jump thus leaves nothing behind.
  @inline(__always)
  private func receive(from locked: consuming LockedPortSet, _ request: borrowing ReceiveRequest) -> Reception {
    let set = locked.set
    guard let link = locked.body.firstReady else {
      if request.timeout.isNow { return Reception(code: MACH_RCV_TIMED_OUT) }
      set.retain()
      return wait(on: locked, request)
    }
    set.retain()
    locked.unmarkReady(link)
    if let reception = receive(fromReady: link, of: locked, request) {
      set.release()
      return reception
    }
    return receiveAgain(from: set, request)
  }

  /// A ready member had no message after all: looks at the others. Consumes a reference to the set.
  @inline(never)
  private func receiveAgain(from set: PortSet, _ request: borrowing ReceiveRequest) -> Reception {
    while true {
      let locked = set.locked()
      guard locked.body.isActive, let link = locked.body.firstReady else {
        if locked.body.isActive, !request.timeout.isNow { return wait(on: locked, request) }
        let code = locked.body.isActive ? MACH_RCV_TIMED_OUT : MACH_RCV_PORT_CHANGED
        locked.unlock()
        set.release()
        return Reception(code: code)
      }
      locked.unmarkReady(link)
      if let reception = receive(fromReady: link, of: locked, request) {
        set.release()
        return reception
      }
    }
  }

  /// Blocks on a set without ready members. The caller's reference to the set passes to the wait record.
  private func wait(on locked: consuming LockedPortSet, _ request: borrowing ReceiveRequest) -> Reception {
    waiter.begin(at: .set(locked.set), isSend: false, message: nil)
    waiter.prepare(request)
    locked.body.receivers.append(waiter)
    locked.unlock()
    return finishReceive(waiter, request)
  }

  /// Takes a message of a member that is off the ready list now. nil when there was none.
  @inline(__always)
  private func receive(
    fromReady link: Membership, of set: consuming LockedPortSet, _ request: borrowing ReceiveRequest
  ) -> Reception? {
    // Against the lock order, hence only tried; while the set is locked the link is alive.
    if let port = LockedPort(trying: link.port) {
      set.unlock()
      return receive(fromMember: port, through: link, request)
    }
    let member = link.port
    let home = set.set
    member.retain()
    set.unlock()
    defer { member.release() }
    let port = member.locked()
    guard let current = port.membership(in: home) else { return nil }
    return receive(fromMember: port, through: current, request)
  }

  @inline(__always)
  private func receive(
    fromMember port: consuming LockedPort, through link: Membership, _ request: borrowing ReceiveRequest
  ) -> Reception? {
    var aftermath = Aftermath()
    let reception = port.takeFirst(option: request.option, limit: request.limit, &aftermath)
    if let reception {
      if reception.message == nil { port.keepFirst(link) }
      port.offerQueue(through: link, &aftermath)
    }
    port.unlock()
    aftermath.finish()
    return reception
  }

  private func finishReceive(_ waiter: Waiter, _ request: borrowing ReceiveRequest) -> Reception {
    let error = waiter.sleep(until: request.timeout.deadline, interruptible: request.interruptible)
    if error != 0, waiter.withdraw() {
      waiter.release()
      let code = error == ETIMEDOUT ? MACH_RCV_TIMED_OUT : error == EINTR ? MACH_RCV_INTERRUPTED : MACH_RCV_PORT_CHANGED
      return Reception(code: code)
    }
    var reception = Reception(code: waiter.record.pointee.outcome)
    reception.sequenceNumber = waiter.record.pointee.sequenceNumber
    reception.context = waiter.record.pointee.context
    reception.portName = waiter.record.pointee.portName
    reception.neededSize = waiter.record.pointee.neededSize
    reception.message = waiter.release()
    return reception
  }
}

extension LockedPort {
  /// The first message was too large for a receiver of a set: it stays the set's next one, unless others wait there.
  fileprivate func keepFirst(_ link: Membership) {
    let set = link.set.locked()
    if set.body.receivers.isEmpty { set.markReadyFirst(link) }
  }
}

extension Waiter {
  fileprivate func prepare(_ request: borrowing ReceiveRequest) {
    record.pointee.option = request.option
    record.pointee.limit = request.limit
  }
}

// Requests for notifications: mach_port_request_notification.

import CMach

extension Space {
  /// PORT_DESTROYED, or with nil its cancelling (facts: T14, R14). Returns the notification that was registered before.
  /// Throws INVALID_RIGHT, INVALID_NAME, INVALID_TASK; then `notification` is still the caller's.
  package func requestPortDestroyed(
    of name: mach_port_name_t, _ notification: RequestedNotification?
  ) throws(KernelReturn) -> RequestedNotification? {
    if !Name.isValid(name) { throw .invalidRight }
    let locked = locked()
    let port = try locked.receivePort(named: name).locked()
    if port.body.timer != nil { throw .invalidRight }
    let previous = port.body.portDestroyed
    port.body.portDestroyed = notification?.notification
    return previous.map { RequestedNotification(notification: $0) }
  }

  /// NO_SENDERS, which goes out at once when there are no send rights and `sync` makes have been seen (facts: T1, T3).
  package func requestNoSenders(
    of name: mach_port_name_t, _ sync: mach_port_mscount_t, _ notification: RequestedNotification?
  ) throws(KernelReturn) -> RequestedNotification? {
    if !Name.isValid(name) { throw .invalidRight }
    let locked = locked()
    let port = try locked.receivePort(named: name).locked()
    locked.unlock()
    let previous = port.body.noSenders
    var aftermath = Aftermath()
    if port.body.sendRightCount == 0, sync <= port.body.makeSendCount, let notification {
      port.body.noSenders = nil
      aftermath.post(notification.notification.filled(as: .noSenders(port.body.makeSendCount)))
    } else {
      port.body.noSenders = notification?.notification
    }
    port.unlock()
    aftermath.finish()
    return previous.map { RequestedNotification(notification: $0) }
  }

  /// DEAD_NAME, or SEND_POSSIBLE when `isSendPossible` (historic: `ipc_right_request_alloc`; facts: T6-T9, T22).
  /// Throws INVALID_ARGUMENT, INVALID_RIGHT, INVALID_NAME, UREFS_OVERFLOW, RESOURCE_SHORTAGE, INVALID_TASK; then
  /// `notification` is still the caller's.
  package func requestName(
    _ name: mach_port_name_t, isSendPossible: Bool, immediate: Bool, _ notification: RequestedNotification?
  ) throws(KernelReturn) -> RequestedNotification? {
    if !Name.isValid(name) { throw .invalidArgument }
    var aftermath = Aftermath()
    let previous: Notification?
    do throws(KernelReturn) {
      let locked = locked()
      previous = try locked.request(
        name, isSendPossible: isSendPossible, immediate: immediate, notification?.notification, &aftermath)
    } catch {
      aftermath.finish()
      throw error
    }
    aftermath.finish()
    return previous.map { RequestedNotification(notification: $0) }
  }
}

extension LockedSpace {
  fileprivate func request(
    _ name: mach_port_name_t, isSendPossible: Bool, immediate: Bool, _ notification: Notification?,
    _ aftermath: inout Aftermath
  ) throws(KernelReturn) -> Notification? {
    let entry = try entry(named: name)
    // Nothing to cancel: no more is looked at (facts: T6, T22).
    if notification == nil, entry.pointee.type & Entry.deadName != 0 || entry.pointee.request == 0 { return nil }
    if entry.pointee.has(Entry.send | Entry.receive | Entry.sendOnce), let object = entry.pointee.object {
      let port = Port(object).locked()
      // Registered under the same hold of the lock: a dying port would not look at its table again.
      if port.body.isActive {
        return try request(
          entry, named: name, port, isSendPossible: isSendPossible, immediate: immediate, notification, &aftermath)
      }
    }
    convertIfDead(entry, named: name)
    guard entry.pointee.has(Entry.deadName) else { throw .invalidRight }
    guard let notification, isSendPossible || immediate else { throw .invalidArgument }
    if entry.pointee.userReferences >= Entry.maximumReferences { throw .userReferencesOverflow }
    entry.pointee.bits = entry.pointee.bits + 1
    aftermath.post(notification.filled(as: .deadName(name)))
    return nil
  }

  private func request(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ port: borrowing LockedPort,
    isSendPossible: Bool, immediate: Bool, _ notification: Notification?, _ aftermath: inout Aftermath
  ) throws(KernelReturn) -> Notification? {
    let old = entry.pointee.request
    var slot: UInt32 = 0
    if let notification {
      let isPossible = entry.pointee.has(Entry.sendOnce) || port.body.isKernelPort || !port.body.queue.isFull
      if isSendPossible, immediate, isPossible {
        aftermath.post(notification.filled(as: .sendPossible(name)))
      } else {
        slot = try port.body.requests.add(
          notification, on: name, sendPossible: isSendPossible, armed: isSendPossible && immediate)
      }
    }
    entry.pointee.request = slot
    return port.body.requests.remove(old)
  }
}

/// A notification on its way between a caller and a port: what `Space.makeNotification` makes of the caller's right.
package struct RequestedNotification {
  let notification: Notification

  /// Takes over a send-once right; nil for none. Throws INVALID_CAPABILITY for a dead one, MIG_TYPE_ERROR for any other
  /// right, RESOURCE_SHORTAGE.
  static func make(_ right: consuming TransferredRight) throws(KernelReturn) -> RequestedNotification? {
    switch consume right {
    case .sendOnce(let right):
      guard let notification = Notification(to: right) else { throw .resourceShortage }
      return RequestedNotification(notification: notification)
    case .dead: throw .invalidCapability
    case .null: return nil
    default: throw .typeError
    }
  }
}

extension Space {
  /// Takes a send-once right of `name` by `disposition`, for a notification (facts: T21). nil for MACH_PORT_NULL.
  /// Throws INVALID_CAPABILITY for MACH_PORT_DEAD and dead names, MACH_SEND_INVALID_RIGHT (a right that the name
  /// lacks), MIG_TYPE_ERROR (one that is no send-once right), RESOURCE_SHORTAGE.
  package func makeNotification(
    from name: mach_port_name_t, _ disposition: mach_msg_type_name_t
  ) throws(KernelReturn) -> RequestedNotification? {
    let right = try takeForMessage(name, disposition)
    if Disposition.inTransit(disposition) != MACH_MSG_TYPE_PORT_SEND_ONCE {
      right.drop()
      throw .typeError
    }
    return try RequestedNotification.make(right)
  }

  /// Takes a right of a name as a message's descriptor would. Throws MACH_SEND_INVALID_RIGHT, and INVALID_TASK when the
  /// space has ended.
  func takeForMessage(
    _ name: mach_port_name_t, _ disposition: mach_msg_type_name_t
  ) throws(KernelReturn) -> TransferredRight {
    if name == Name.null { return .null }
    if name == Name.dead { return .dead }
    var aftermath = Aftermath()
    do throws(KernelReturn) {
      if !Disposition.isAny(disposition) { throw .invalidRight }
      let locked = locked()
      let entry = try locked.entry(named: name)
      let right = try locked.copyin(entry, named: name, disposition, allowingDead: true, &aftermath)
      locked.freeIfEmpty(entry, named: name)
      locked.unlock()
      aftermath.finish()
      return right
    } catch {
      aftermath.finish()
      throw error == .invalidTask ? error : .init(rawValue: MACH_SEND_INVALID_RIGHT)
    }
  }

  /// A request has failed: its right ends unused (facts: T20).
  package func refuse(_ request: RequestedNotification?) {
    guard let message = request?.notification.message else { return }
    Notification.post(Notification.filledAsSendOnce(message))
  }

  /// Names the right of a request that has been replaced or cancelled; NULL for none. Throws NO_SPACE,
  /// RESOURCE_SHORTAGE; then the right ends unused.
  package func name(for previous: RequestedNotification?) throws(KernelReturn) -> mach_port_name_t {
    guard let previous else { return Name.null }
    return try locked().copyout(previous.notification.withdraw())
  }
}

// How a port loses its receive right, moves with it, and dies.

import CMach

extension LockedPort {
  /// The receive right leaves its space, to travel or to die (historic: `ipc_port_clear_receiver`; facts: C2, T19,
  /// P7): the port leaves its sets, its receivers get PORT_CHANGED, and what belonged to the holder is cleared.
  func clearReceiver(_ aftermath: inout Aftermath) {
    leaveAllSets()
    releaseDescriptor()
    aftermath.wakeAll(of: &body.queue.receivers, outcome: MACH_RCV_PORT_CHANGED)
    body.unsettle()
    body.makeSendCount = 0
    body.context = 0
    body.isGuarded = false
    body.isStrictlyGuarded = false
    body.isImmovable = false
    body.queue.sequenceNumber = 0
  }

  /// Destroys a port whose receive right is in the caller's hand (historic: `ipc_port_destroy`; facts: C2). With a
  /// PORT_DESTROYED request the right goes into that notification instead, and a service's goes back to the bootstrap that
  /// created it (B7). Otherwise the port is dead: a no-senders
  /// request ends as SEND_ONCE (facts: T5), blocked senders succeed (facts: Q4), queued messages end, and every
  /// requester hears DEAD_NAME. Consumes the receive right's reference.
  @inline(__always)
  consuming func destroy() {
    if isForgotten { vanish() } else { destroy(after: Aftermath()) }
  }

  /// Nothing but the receive right in the caller's hand leads to the port, no name, message, waiting thread or set, and no
  /// one wants to hear of its end.
  @inline(__always)
  private var isForgotten: Bool {
    port.shared.pointee.isOnlyReference && body.isOrdinary && body.memberships == nil && body.requests.isUnused
      && body.noSenders == nil && body.portDestroyed == nil && body.descriptor == nil && body.destination == nil
  }

  /// As `destroy`; what `earlier` holds goes out first.
  consuming func destroy(after earlier: consuming Aftermath) {
    let port = port
    var aftermath = earlier
    clearReceiver(&aftermath)
    let destination = body.destination
    body.destination = nil
    if let notification = body.portDestroyed {
      body.portDestroyed = nil
      unlock()
      destination?.release()
      aftermath.post(notification.filledAsPortDestroyed(ReceiveRight(adopting: port)))
      return aftermath.finish()
    }
    if body.returnsToBootstrap {
      unlock()
      destination?.release()
      // Whoever is told, or wakes, finds the service waiting.
      let isBack = Bootstrap.takeBack(port)
      aftermath.finish()
      if !isBack { port.locked().destroy() }
      return
    }
    let isKnown = body.isKnownToBootstrap
    body.isActive = false
    let reserve = body.reserve
    body.reserve = nil
    let timer = body.timer
    if timer != nil { body.timer = nil }
    if let notification = body.noSenders {
      body.noSenders = nil
      aftermath.post(notification.filled(as: .sendOnce))
    }
    aftermath.wakeAll(of: &body.queue.senders, outcome: MACH_SEND_INVALID_DEST)
    var messages = body.queue.messages
    body.queue.messages = MessageList()
    body.queue.messageCount = 0
    var deathNotices = Aftermath()
    body.requests.fireDeath(&deathNotices)
    unlockDead()
    reserve?.free()
    timer?.end()
    destination?.release()
    aftermath.finish()
    if isKnown { Bootstrap.noteDeath(of: port) }
    Message.destroyAll(&messages)
    deathNotices.finish()
    port.release()
  }

  /// A kernel port stands for nothing any more; it dies later.
  consuming func disableKernelPort() {
    body.kernelObjectType = 0
    body.kernelObject = nil
  }

  /// As `destroy`, for a port that the kernel received from.
  consuming func destroyKernelPort() {
    body.kernelObjectType = 0
    body.kernelObject = nil
    body.isKernelPort = false
    destroy()
  }
}

extension Message {
  /// Ends all messages of a dead port's queue, in order, after those that this thread is already ending.
  static func destroyAll(_ messages: inout MessageList) {
    guard !messages.isEmpty, let thread = Thread.current else { return }
    let isOutermost = thread.state.pointee.dying.isEmpty
    while let message = messages.first {
      messages.removeFirst()
      thread.state.pointee.dying.append(message)
    }
    if isOutermost { reap(thread) }
  }
}

// How a port loses its receive right, moves with it, and dies.

import CMach

extension LockedPort {
  /// The receive right leaves its space, to travel or to die (historic: `ipc_port_clear_receiver`; facts: C2, T19,
  /// P7): the port leaves its sets, its receivers get PORT_CHANGED, and what belonged to the holder is cleared.
  func clearReceiver(_ wakes: inout WakeList) {
    leaveAllSets()
    wakes.appendAll(of: &body.queue.receivers, outcome: MACH_RCV_PORT_CHANGED)
    body.receiver = nil
    body.receiverName = 0
    body.makeSendCount = 0
    body.context = 0
    body.queue.sequenceNumber = 0
  }

  /// Destroys a port whose receive right is in the caller's hand (historic: `ipc_port_destroy`; facts: C2): it is dead,
  /// blocked senders succeed (facts: Q4), queued messages end. Consumes the receive right's reference.
  consuming func destroy() {
    let port = port
    var wakes = WakeList()
    clearReceiver(&wakes)
    body.isActive = false
    let destination = body.destination
    body.destination = nil
    let reserve = body.reserve
    body.reserve = nil
    wakes.appendAll(of: &body.queue.senders, outcome: MACH_SEND_INVALID_DEST)
    var messages = body.queue.messages
    body.queue.messages = MessageList()
    body.queue.messageCount = 0
    unlock()
    reserve?.free()
    destination?.release()
    wakes.finishAll()
    Message.destroyAll(&messages)
    port.release()
  }

  /// As `destroy`, for a port that the kernel received from.
  consuming func destroyKernelPort() {
    body.isKernelPort = false
    body.kernelObjectType = 0
    body.kernelObject = nil
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

// Sending a copied-in message: queue it, hand it over, or wait for room.

import CLinux
import CMach

/// How long a call may block.
package struct Timeout {
  /// nil: for ever. 0: not at all.
  let milliseconds: mach_msg_timeout_t?

  @inline(__always)
  package init(milliseconds: mach_msg_timeout_t?) { self.milliseconds = milliseconds }

  @inline(__always)
  var isNow: Bool { milliseconds == 0 }

  /// The end of a wait that begins now, in nanoseconds of CLOCK_MONOTONIC. Interruptions do not move it.
  var deadline: UInt64 {
    guard let milliseconds else { return .max }
    return clinux_now() + UInt64(milliseconds) * 1_000_000
  }
}

extension Message {
  /// Sends the message (historic: `ipc_kmsg_send`, `ipc_mqueue_send`; facts: Q2-Q5, C1). On success it is consumed; a
  /// port that has died meanwhile, or a circle of receive rights, destroys it and is success too.
  /// Throws TIMED_OUT, INTERRUPTED (only when `interruptible`), NO_BUFFER; then the message is still the caller's.
  @inline(__always)
  func send(
    by thread: Thread, timeout: Timeout, interruptible: Bool
  ) throws(MessageReturn) {
    guard let port = destinationPort, !object.pointee.isCircular else { return destroy() }
    var aftermath = Aftermath()
    let locked = port.locked()
    if locked.body.isActive, !locked.body.isKernelPort, hasRoom(locked) {
      locked.post(self, &aftermath)
      locked.unlock()
      aftermath.finish()
      return
    }
    try sendSlowly(locked, by: thread, timeout, interruptible)
  }

  @inline(__always)
  private func hasRoom(_ locked: borrowing LockedPort) -> Bool {
    !locked.body.queue.isFull
      || locked.body.queue.messageCount < MessageQueue.kernelLimit
        && (destinationType == MACH_MSG_TYPE_PORT_SEND_ONCE || object.pointee.isForced)
  }

  /// The port is dead, the kernel's, or full.
  @inline(never)
  private func sendSlowly(
    _ locked: consuming LockedPort, by thread: Thread, _ timeout: Timeout, _ interruptible: Bool
  ) throws(MessageReturn) {
    let port = locked.port
    guard locked.body.isActive else {
      locked.unlock()
      return destroy()
    }
    if locked.body.isKernelPort {
      locked.body.queue.sequenceNumber &+= 1
      locked.unlock()
      return KernelServer.serve(self, by: thread, timeout: timeout, interruptible: interruptible)
    }
    if timeout.isNow {
      locked.unlock()
      throw .sendTimedOut
    }
    if locked.body.queue.messageCount >= MessageQueue.kernelLimit {
      locked.unlock()
      throw .sendNoBuffer
    }
    let waiter = thread.waiter
    port.retain()
    waiter.begin(at: .port(port), isSend: true, message: self)
    locked.body.queue.senders.append(waiter)
    locked.unlock()
    try finishSend(waiter, timeout, interruptible)
  }

  private func finishSend(_ waiter: Waiter, _ timeout: Timeout, _ interruptible: Bool) throws(MessageReturn) {
    let error = waiter.sleep(until: timeout.deadline, interruptible: interruptible)
    if error != 0, waiter.withdraw() {
      _ = waiter.release()
      // The sender's task has ended: its rights are gone, and so is the message.
      if error == ECANCELED { return destroy() }
      // In a forked child: the message is the parent's, as is all that it has.
      if error == ECHILD { return }
      throw error == ETIMEDOUT ? .sendTimedOut : .sendInterrupted
    }
    // Queued on this thread's behalf, or the port has died and the message is still here.
    waiter.release()?.destroy()
  }
}

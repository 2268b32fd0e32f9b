// What a receive right's holder can read and set: limits, status, counters, context, and a look at the queue.

import CMach

extension Space {
  /// Runs `body` with the port whose receive right has a name locked. Throws INVALID_RIGHT for NULL and DEAD
  /// (facts: R14), else INVALID_NAME, INVALID_RIGHT, INVALID_TASK.
  @inline(__always)
  private func withReceiveRight<Result>(
    _ name: mach_port_name_t, _ body: (borrowing LockedPort) throws(KernelReturn) -> Result
  ) throws(KernelReturn) -> Result {
    if !Name.isValid(name) { throw .invalidRight }
    let locked = locked()
    let port = try locked.receivePort(named: name).locked()
    locked.unlock()
    return try body(port)
  }

  package func setMakeSendCount(of name: mach_port_name_t, _ count: mach_port_mscount_t) throws(KernelReturn) {
    try withReceiveRight(name) { (port) throws(KernelReturn) in port.body.makeSendCount = count }
  }

  /// The number of the next message to leave the queue (facts: Q6).
  package func setSequenceNumber(of name: mach_port_name_t, _ number: mach_port_seqno_t) throws(KernelReturn) {
    try withReceiveRight(name) { (port) throws(KernelReturn) in port.body.queue.sequenceNumber = number }
  }

  /// The context, which may be a guard; 0 for a strictly guarded port (facts: G1).
  package func context(of name: mach_port_name_t) throws(KernelReturn) -> mach_port_context_t {
    try withReceiveRight(name) { (port) throws(KernelReturn) in
      port.body.isStrictlyGuarded ? 0 : port.body.context
    }
  }

  /// Throws INVALID_ARGUMENT, and reports a violation, for a strictly guarded port (facts: G1).
  package func setContext(of name: mach_port_name_t, _ context: mach_port_context_t) throws(KernelReturn) {
    let violation = try withReceiveRight(name) { (port) throws(KernelReturn) -> GuardViolation? in
      if port.body.isStrictlyGuarded {
        return GuardViolation(name: name, flavor: .setContext, expected: port.body.context, given: context)
      }
      port.body.context = context
      return nil
    }
    try violation?.raiseAndThrow(.invalidArgument)
  }

  /// The queue limit (facts: Q8).
  package func queueLimit(of name: mach_port_name_t) throws(KernelReturn) -> mach_port_msgcount_t {
    try withReceiveRight(name) { (port) throws(KernelReturn) in port.body.queue.limit }
  }

  /// Facts: Q2, Q12. The caller has tested the limit.
  package func setQueueLimit(of name: mach_port_name_t, _ limit: mach_port_msgcount_t) throws(KernelReturn) {
    var aftermath = Aftermath()
    do throws(KernelReturn) {
      try withReceiveRight(name) { (port) throws(KernelReturn) in port.setQueueLimit(limit, &aftermath) }
    } catch {
      aftermath.finish()
      throw error
    }
    aftermath.finish()
  }

  /// Facts: Q9, G7.
  package func status(of name: mach_port_name_t) throws(KernelReturn) -> mach_port_status_t {
    try withReceiveRight(name) { (port) throws(KernelReturn) in
      var status = mach_port_status_t()
      status.mps_pset = port.body.memberships == nil ? 0 : 1
      status.mps_seqno = port.body.queue.sequenceNumber
      status.mps_mscount = port.body.makeSendCount
      status.mps_qlimit = port.body.queue.limit
      status.mps_msgcount = port.body.queue.messageCount
      status.mps_sorights = port.body.sendOnceRightCount
      status.mps_srights = port.body.sendRightCount > 0 ? 1 : 0
      status.mps_pdrequest = port.body.portDestroyed == nil ? 0 : 1
      status.mps_nsrequest = port.body.noSenders == nil ? 0 : 1
      if port.body.isGuarded {
        status.mps_flags |= UInt32(MACH_PORT_STATUS_FLAG_GUARDED)
        if port.body.isStrictlyGuarded { status.mps_flags |= UInt32(MACH_PORT_STATUS_FLAG_STRICT_GUARD) }
        if port.body.isImmovable { status.mps_flags |= UInt32(MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE) }
      }
      if port.body.donatesImportance {
        status.mps_flags |= UInt32(MACH_PORT_STATUS_FLAG_IMP_DONATION)
        if port.body.isTemporaryOwner { status.mps_flags |= UInt32(MACH_PORT_STATUS_FLAG_TEMPOWNER) }
      }
      return status
    }
  }

  /// Attributes of importance, which only show in the status here (facts: Q12).
  package func donateImportance(_ name: mach_port_name_t, asTemporaryOwner: Bool) throws(KernelReturn) {
    try withReceiveRight(name) { (port) throws(KernelReturn) in
      if port.body.timer != nil { throw .invalidArgument }
      port.body.donatesImportance = true
      if asTemporaryOwner { port.body.isTemporaryOwner = true }
    }
  }

  /// Slots of the table of dead-name and send-possible requests: 0, 2, 4, 8 ... (facts: R20).
  package func requestTableSize(of name: mach_port_name_t) throws(KernelReturn) -> UInt32 {
    try withReceiveRight(name) { (port) throws(KernelReturn) in port.body.requests.size }
  }

  /// Makes room for `size` requests; -1 asks for the next larger table. Throws NO_SPACE, RESOURCE_SHORTAGE.
  package func reserveRequests(of name: mach_port_name_t, _ size: Int32) throws(KernelReturn) {
    try withReceiveRight(name) { (port) throws(KernelReturn) in
      try port.body.requests.grow(to: size == -1 ? port.body.requests.size + 1 : UInt32(bitPattern: size))
    }
  }

  /// What mach_port_peek tells of a queued message.
  package struct Peek {
    package let sequenceNumber: mach_port_seqno_t
    package let size: mach_msg_size_t
    package let identifier: mach_msg_id_t
    package let isFromKernel: Bool
  }

  /// A queued message that stays queued: the first for 0, else the one with that sequence number (facts: X4). The size
  /// is that of xnu's kernel form: 8 bytes more, and 4 more for each 12-byte descriptor. Throws FAILURE where there is
  /// none, INVALID_RIGHT, INVALID_NAME.
  package func peek(_ name: mach_port_name_t, _ sequenceNumber: mach_port_seqno_t) throws(KernelReturn) -> Peek {
    try withReceiveRight(name) { (port) throws(KernelReturn) in
      guard let (message, number) = port.peek(sequenceNumber) else { throw .failure }
      return Peek(
        sequenceNumber: number, size: message.kernelFormSize, identifier: message.header.pointee.msgh_id,
        isFromKernel: message.object.pointee.isFromKernel)
    }
  }
}

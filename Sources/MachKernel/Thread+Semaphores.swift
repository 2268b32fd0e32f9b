// What threads do with semaphores that they name: look them up, signal, wait.

import CLinux
import CMach

/// How long a wait on a semaphore may take.
package enum WaitLimit {
  case none
  /// Not at all.
  case now
  case nanoseconds(UInt64)

  /// nil for a bad number of nanoseconds. No time at all is `now`.
  package init?(seconds: UInt32, nanoseconds: Int32) {
    guard nanoseconds >= 0, nanoseconds < 1_000_000_000 else { return nil }
    let sum = UInt64(seconds) * 1_000_000_000 + UInt64(nanoseconds)
    self = sum == 0 ? .now : .nanoseconds(sum)
  }

  fileprivate var isNow: Bool {
    if case .now = self { return true }
    return false
  }

  /// The end of a wait that begins now, in nanoseconds of CLOCK_MONOTONIC.
  fileprivate var deadline: UInt64 {
    if case .nanoseconds(let time) = self { return clinux_now() + time }
    return .max
  }
}

// MARK: Names

extension Space {
  /// The semaphore behind a send right's name, without any lock. Throws INVALID_NAME for NULL, DEAD and unknown names,
  /// INVALID_RIGHT for a name without a send right, INVALID_CAPABILITY for another port's (facts: X6).
  ///
  /// What is read may change at any time. If the slot still names the port after the semaphore's word was read, then
  /// that was the word of the port's semaphore; and as long as the word tells of the same life, it is.
  @inline(__always)
  func semaphore(named name: mach_port_name_t) throws(KernelReturn) -> FoundSemaphore {
    let index = Name.index(name)
    guard Name.isValid(name), index <= EntryTable.maximumIndex, let entry = chunks.slot(index) else {
      throw .invalidName
    }
    while true {
      let type = entry.pointee.type
      guard entry.pointee.generation == Name.generation(name), type != 0, !shared.pointee.isDead else {
        throw .invalidName
      }
      if type & Entry.send == 0 { throw .invalidRight }
      // None: the right is just leaving.
      guard let object = entry.pointee.object else { throw .invalidName }
      let header = Port(object).shared
      let tag = header.pointee.tag
      if tag == 0 {
        let isDead = header.pointee.isDead
        if isStill(entry, named: name, object) { throw isDead ? .invalidRight : .invalidCapability }
        continue
      }
      let semaphore = SemaphoreTable[tag]
      let word = semaphore.word
      clinux_may_step()
      guard header.pointee.tag == tag, isStill(entry, named: name, object) else { continue }
      return FoundSemaphore(semaphore: semaphore, word: word)
    }
  }

  /// Whether the slot still names the port by a send right. The generation comes last: what was read before it then was
  /// of this name.
  @inline(__always)
  private func isStill(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ object: UnsafeMutableRawPointer
  ) -> Bool {
    entry.pointee.has(Entry.send) && entry.pointee.object == object
      && entry.pointee.generation == Name.generation(name)
  }

  /// The port of a semaphore, with a new reference. Throws what `semaphore(named:)` does.
  fileprivate func semaphorePort(named name: mach_port_name_t) throws(KernelReturn) -> Port {
    while true {
      _ = try semaphore(named: name)
      guard let locked = lockedPort(named: name, holding: Entry.send), locked.port.shared.pointee.tag != 0 else {
        continue
      }
      let port = locked.port
      locked.unlockRetaining()
      return port
    }
  }
}

// MARK: Signalling

extension Task {
  /// The task that the calling thread acts for, also in a signal handler and before the thread's first call.
  @inline(__always)
  package static var acting: Task? { Thread.known?.task ?? Kernel.task }

  /// semaphore_signal. May be called in a signal handler: it takes no lock but a semaphore's own, and that only if it is
  /// free. Throws what the look-up does, TERMINATED, and FAILURE when the count is at its highest.
  @inline(__always)
  package func signal(_ name: mach_port_name_t) throws(KernelReturn) {
    try space.semaphore(named: name).signal()
  }

  /// semaphore_signal_all (facts: X2): wakes all that wait, without counts. Throws what the look-up does, and TERMINATED.
  package func signalAll(_ name: mach_port_name_t) throws(KernelReturn) {
    if try space.semaphore(named: name).isWithoutWaiters() { return }
    let port = try space.semaphorePort(named: name)
    var aftermath = Aftermath()
    let locked = port.semaphore.locked()
    let isActive = locked.isActive
    locked.handOver(&aftermath)
    while locked.wakeNext(&aftermath) {}
    locked.unlock(&aftermath)
    aftermath.finish()
    port.release()
    if !isActive { throw .terminated }
  }

  /// semaphore_signal_thread for any thread that waits (facts: X8). Throws what the look-up does, TERMINATED,
  /// NOT_WAITING.
  package func signalOne(_ name: mach_port_name_t) throws(KernelReturn) {
    let port = try space.semaphorePort(named: name)
    var aftermath = Aftermath()
    let locked = port.semaphore.locked()
    let isActive = locked.isActive
    locked.handOver(&aftermath)
    let wasWaiting = locked.wakeNext(&aftermath)
    locked.unlock(&aftermath)
    aftermath.finish()
    port.release()
    if !isActive { throw .terminated }
    if !wasWaiting { throw .notWaiting }
  }
}

extension ThreadReference {
  /// semaphore_signal_thread: wakes this thread if it waits on a semaphore that `task` names. Throws what the look-up
  /// does, TERMINATED, NOT_WAITING.
  package func signal(_ name: mach_port_name_t, of task: Task) throws(KernelReturn) {
    let semaphorePort = try task.space.semaphorePort(named: name)
    defer { semaphorePort.release() }
    var aftermath = Aftermath()
    // The thread is there as long as its port says so.
    let threadPort = port.locked()
    guard threadPort.body.kernelObjectType == KernelObjectType.thread, let slot = threadPort.body.kernelObject else {
      throw .invalidArgument
    }
    let locked = semaphorePort.semaphore.locked()
    let isActive = locked.isActive
    locked.handOver(&aftermath)
    let wasWaiting = locked.wake(Thread(slot).waiter, &aftermath)
    locked.unlock(&aftermath)
    threadPort.unlock()
    aftermath.finish()
    if !isActive { throw .terminated }
    if !wasWaiting { throw .notWaiting }
  }
}

// MARK: Waiting

extension Thread {
  /// semaphore_wait, semaphore_timedwait. Throws what the look-up does, TERMINATED, TIMED_OUT, and ABORTED when a signal
  /// was handled or the thread's task has ended.
  @inline(__always)
  package func wait(on name: mach_port_name_t, for limit: WaitLimit) throws(KernelReturn) {
    if try task.space.semaphore(named: name).take(orFail: limit.isNow) { return }
    try waitInTurn(on: name, for: limit)
  }

  @inline(never)
  private func waitInTurn(on name: mach_port_name_t, for limit: WaitLimit) throws(KernelReturn) {
    let deadline = limit.deadline
    if try join(name, orFail: limit.isNow) { try finishWait(until: deadline) }
  }

  /// semaphore_wait_signal, semaphore_timedwait_signal: the wait comes first, and the other semaphore is signalled
  /// whatever comes of it (facts: X2). If that one has been destroyed, TERMINATED, unless the wait has its count
  /// already (facts: X8). Both names are looked up before, the other one first. Throws as `wait`.
  package func wait(
    on name: mach_port_name_t, signalling other: mach_port_name_t, for limit: WaitLimit
  ) throws(KernelReturn) {
    let deadline = limit.deadline
    let signalled = try task.space.semaphore(named: other)
    let found = try task.space.semaphore(named: name)
    var isWaiting = false
    var failure: KernelReturn?
    do throws(KernelReturn) {
      if try !found.take(orFail: limit.isNow) { isWaiting = try join(name, orFail: limit.isNow) }
    } catch {
      if error != .terminated, error != .timedOut { throw error }
      failure = error
    }
    do throws(KernelReturn) {
      try signalled.signal()
    } catch {
      if isWaiting {
        if !waiter.withdraw() { return try finishWait(until: .max) }
        waiter.release()
      } else if failure == nil {
        return
      }
      throw error
    }
    if let failure { throw failure }
    if isWaiting { try finishWait(until: deadline) }
  }

  /// Takes a count or a place in the queue; true: the thread waits. Throws what the look-up does, TERMINATED, and
  /// TIMED_OUT when there is no count and the caller does not want to wait.
  private func join(_ name: mach_port_name_t, orFail isNow: Bool) throws(KernelReturn) -> Bool {
    let port = try task.space.semaphorePort(named: name)
    var aftermath = Aftermath()
    let locked = port.semaphore.locked()
    locked.handOver(&aftermath)
    let isActive = locked.isActive
    let hasCount = isActive && locked.takeCount()
    if isActive, !hasCount, !isNow {
      // The record takes over the reference.
      waiter.begin(at: .semaphore(port), isSend: false, message: nil)
      locked.append(waiter)
      locked.unlock(&aftermath)
      aftermath.finish()
      return true
    }
    locked.unlock(&aftermath)
    aftermath.finish()
    port.release()
    if !isActive { throw .terminated }
    if !hasCount { throw .timedOut }
    return false
  }

  private func finishWait(until deadline: UInt64) throws(KernelReturn) {
    let error = waiter.sleep(until: deadline, interruptible: true)
    if error != 0, waiter.withdraw() {
      waiter.release()
      throw error == ETIMEDOUT ? .timedOut : .aborted
    }
    let outcome = waiter.record.pointee.outcome
    waiter.release()
    if outcome != KERN_SUCCESS { throw .init(rawValue: outcome) }
  }
}

// MARK: Making and destroying

extension Task {
  /// semaphore_create for a task that is to own it. Throws, in this order, INVALID_ARGUMENT for a negative count or a
  /// policy that is none (facts: X1), RESOURCE_SHORTAGE, INVALID_ARGUMENT when the task has ended.
  package func makeSemaphore(policy: Int32, count: Int32) throws(KernelReturn) -> KeptRight {
    // Of the policies' bits one tells priorities, which there are none of, and one the order; the last does nothing.
    guard count >= 0, policy >= 0, policy <= 7, policy & SYNC_POLICY_FIXED_PRIORITY == 0 else {
      throw .invalidArgument
    }
    let right = try SemaphoreTable.make(
      owner: self, count: UInt32(count), lastFirst: policy & SYNC_POLICY_REVERSED != 0)
    return KeptRight(stored: right.leakStored())
  }

  /// semaphore_destroy: takes the right, whatever comes of it (facts: X7). Throws INVALID_ARGUMENT for what is no
  /// semaphore of this task's.
  package func destroySemaphore(_ right: KeptRight) throws(KernelReturn) {
    defer { right.drop() }
    guard right.isPort, let memory = UnsafeMutableRawPointer(bitPattern: right.stored) else { throw .invalidArgument }
    let port = Port(memory)
    guard port.shared.pointee.tag != 0 else { throw .invalidArgument }
    try SemaphoreTable.terminate(port.semaphore, owner: self)
  }
}

extension Space {
  /// Takes a send right of a name, as a message that moves it would. Throws MACH_SEND_INVALID_RIGHT for a name without
  /// one, INVALID_ARGUMENT when the space has ended.
  package func moveSend(of name: mach_port_name_t) throws(KernelReturn) -> KeptRight {
    do throws(KernelReturn) {
      return KeptRight(stored: try takeForMessage(name, MACH_MSG_TYPE_MOVE_SEND).leak())
    } catch {
      throw error == .invalidTask ? .invalidArgument : error
    }
  }
}

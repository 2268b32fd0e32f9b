// Names of kernel ports other than tasks': threads, the host and clocks.

import CLinux
import CMach

/// A thread that a call works on, held by its kernel port: the thread itself may end at any time.
public struct ThreadReference: ~Copyable {
  let port: Port

  init(retained port: Port) { self.port = port }

  deinit { port.release() }

  /// Get, set or swap exception ports. Throws INVALID_ARGUMENT when the thread has ended, RESOURCE_SHORTAGE.
  package func exceptions(_ operation: ExceptionOperation) throws(KernelReturn) -> ExceptionEntries {
    try Registry.exceptions(ofThreadWith: port, operation)
  }

  /// THREAD_KERNEL_PORT, as set, or the thread's own. Throws INVALID_ARGUMENT when the thread has ended.
  package func specialPort() throws(KernelReturn) -> KeptRight {
    KeptRight(stored: try Registry.specialPort(ofThreadWith: port))
  }

  /// Takes over `right` on success. Throws INVALID_ARGUMENT when the thread has ended.
  package func setSpecialPort(_ right: KeptRight) throws(KernelReturn) {
    StoredRight.drop(try Registry.setSpecialPort(ofThreadWith: port, right.stored))
  }
}

extension Space {
  /// The kernel port of a type behind a send right's name, with a new reference. Throws INVALID_ARGUMENT.
  private func kernelPort(named name: mach_port_name_t, type: UInt16) throws(KernelReturn) -> Port {
    let locked = locked()
    guard let entry = locked.body.table.entry(named: name), entry.pointee.has(Entry.send),
      let memory = entry.pointee.object
    else { throw .invalidArgument }
    let port = Port(memory).locked()
    if port.body.kernelObjectType != type { throw .invalidArgument }
    port.port.retain()
    return port.port
  }

  /// Throws INVALID_ARGUMENT for what is no name of a live thread.
  package func thread(named name: mach_port_name_t) throws(KernelReturn) -> ThreadReference {
    ThreadReference(retained: try kernelPort(named: name, type: KernelObjectType.thread))
  }

  /// Throws INVALID_ARGUMENT for what is no name of the host.
  package func checkHost(named name: mach_port_name_t) throws(KernelReturn) {
    try kernelPort(named: name, type: KernelObjectType.host).release()
  }

  /// Whether a name is the host's.
  package func isHost(named name: mach_port_name_t) -> Bool {
    look(at: name) { $0.body.kernelObjectType == KernelObjectType.host } ?? false
  }

  /// The processor that a name is of. Throws INVALID_ARGUMENT for other names.
  package func processor(named name: mach_port_name_t) throws(KernelReturn) -> Processor {
    guard let processor = look(at: name, { Processor(of: $0) }) ?? nil else { throw .invalidArgument }
    return processor
  }

  /// Whether a name is one of the processor set's: of its control port, or, if that is enough, its name.
  package func isProcessorSet(named name: mach_port_name_t, isControl: Bool) -> Bool {
    look(at: name) { ProcessorSet.isPort($0, isControl: isControl) } ?? false
  }

  /// What `body` finds of the port that a send right's name stands for; nil for other names.
  private func look<Result>(at name: mach_port_name_t, _ body: (borrowing LockedPort) -> Result) -> Result? {
    let locked = locked()
    guard let entry = locked.body.table.entry(named: name), entry.pointee.has(Entry.send),
      let memory = entry.pointee.object
    else { return nil }
    return body(Port(memory).locked())
  }

  /// The clock that a name is of: of its control port, the other, or, for nil, one of the two. Throws INVALID_ARGUMENT for
  /// other names.
  package func clock(named name: mach_port_name_t, isControl: Bool?) throws(KernelReturn) -> Clock {
    let locked = locked()
    guard let entry = locked.body.table.entry(named: name), entry.pointee.has(Entry.send),
      let memory = entry.pointee.object, let clock = Clock(of: Port(memory).locked(), isControl: isControl)
    else { throw .invalidArgument }
    return clock
  }

  /// clock_alarm, for a send-once right made of the receive right `name`. Throws FAILURE for a clock without alarms,
  /// INVALID_CAPABILITY for NULL and DEAD, MACH_SEND_INVALID_RIGHT for a name without receive right, RESOURCE_SHORTAGE.
  package func setAlarm(
    of clock: Clock, _ type: alarm_type_t, _ time: mach_timespec_t, to name: mach_port_name_t
  ) throws(KernelReturn) {
    let alarm = try PreparedAlarm(of: clock, type, time)
    let right: TransferredRight
    do throws(KernelReturn) {
      right = try takeForMessage(name, MACH_MSG_TYPE_MAKE_SEND_ONCE)
    } catch {
      alarm.free()
      throw error
    }
    try alarm.set(to: right)
  }

  /// A send right's name: the one that is there already, without a further user reference, or a new one.
  func existingName(for right: consuming SendRight) -> mach_port_name_t {
    let locked = locked()
    if let held = locked.body.table.sendEntry(for: right.port) { return held.name }
    do throws(KernelReturn) {
      return try locked.copyout(.send(right))
    } catch {
      return Name.null
    }
  }
}

extension Thread {
  /// pthread_mach_thread_np: NULL for a thread that has never called the library.
  package func name(of pthread: pthread_t) -> mach_port_name_t {
    switch Registry.sendRight(of: pthread) {
    case .send(let right): task.space.existingName(for: right)
    default: Name.null
    }
  }

  /// pthread_from_mach_thread_np: nil for what is no name of a live thread.
  package func pthread(named name: mach_port_name_t) -> pthread_t? {
    let locked = task.space.locked()
    guard let entry = locked.body.table.entry(named: name), entry.pointee.has(Entry.send),
      let memory = entry.pointee.object
    else { return nil }
    let port = Port(memory)
    port.retain()
    locked.unlock()
    let pthread = Registry.pthread(of: port)
    port.release()
    return pthread
  }
}

// Which task a name, a process or an identity token stands for.

import CLinux
import CMach

extension Task {
  /// The live task behind a name of this task's space: of the task's own port, or of the one that only names it. Throws
  /// INVALID_ARGUMENT.
  package func taskOrName(named name: mach_port_name_t) throws(KernelReturn) -> TaskReference {
    if space.hasSend(to: body.pointee.port, named: name) { return TaskReference(uncounted: self) }
    let locked = space.locked()
    guard let entry = locked.body.table.entry(named: name), entry.pointee.has(Entry.send),
      let memory = entry.pointee.object,
      let task = TaskReference(of: Port(memory).locked(), types: KernelObjectType.task, KernelObjectType.taskName)
    else { throw .invalidArgument }
    return task
  }

  // MARK: Processes

  /// task_for_pid, task_name_for_pid (facts: J15, J16): a right to a port of the process's own task, to be named. `target`
  /// names any task. Throws FAILURE, RESOURCE_SHORTAGE (there is no task of the process).
  package func port(
    ofProcess identifier: Int32, asName: Bool, target: mach_port_name_t
  ) throws(KernelReturn) -> KeptRight {
    do throws(KernelReturn) {
      _ = try task(named: target)
    } catch {
      throw .failure
    }
    guard identifier != 0, identifier == Int32(bitPattern: clinux_process()), let task = Kernel.task else {
      throw .failure
    }
    return asName ? try task.specialPort(TASK_NAME_PORT) : task.sendRight()
  }

  /// pid_for_task (facts: J17). Throws FAILURE.
  package func process(ofTask name: mach_port_name_t) throws(KernelReturn) -> Int32 {
    do throws(KernelReturn) {
      _ = try taskOrName(named: name)
    } catch {
      throw .failure
    }
    return Int32(bitPattern: clinux_process())
  }

  // MARK: Identity tokens

  /// task_create_identity_token (facts: J18): a right to the port, which is made for the first who asks. Throws
  /// INVALID_ARGUMENT (the task has ended), RESOURCE_SHORTAGE.
  package func identityToken() throws(KernelReturn) -> KeptRight {
    let locked = locked()
    if !locked.body.isActive { throw .invalidArgument }
    if locked.body.identityPort == nil {
      locked.body.identityPort = Port.makeKernelPort(type: KernelObjectType.identityToken, object: object)
    }
    guard let port = locked.body.identityPort else { throw .resourceShortage }
    return KeptRight(stored: SendRight(making: port.locked()).leakStored())
  }

  /// The live task whose token has this name. Throws INVALID_ARGUMENT.
  package func task(identifiedBy name: mach_port_name_t) throws(KernelReturn) -> TaskReference {
    let locked = space.locked()
    guard let entry = locked.body.table.entry(named: name), entry.pointee.has(Entry.send),
      let memory = entry.pointee.object,
      let task = TaskReference(of: Port(memory).locked(), types: KernelObjectType.identityToken)
    else { throw .invalidArgument }
    return task
  }

  /// task_identity_token_get_task_port (facts: J19). Throws INVALID_ARGUMENT for a flavor that is none, NOT_SUPPORTED,
  /// FAILURE (the task has ended).
  package func port(flavor: task_flavor_t) throws(KernelReturn) -> KeptRight {
    switch Int32(bitPattern: flavor) {
    case TASK_FLAVOR_CONTROL:
      let locked = locked()
      if !locked.body.isActive { throw .failure }
      return sendRight()
    case TASK_FLAVOR_NAME: return try specialPort(TASK_NAME_PORT)
    case TASK_FLAVOR_READ, TASK_FLAVOR_INSPECT: throw .notSupported
    default: throw .invalidArgument
    }
  }
}

extension TaskReference {
  /// The task behind a kernel port of one of these types; nil for other ports.
  init?(of port: consuming LockedPort, types type: UInt16, _ other: UInt16? = nil) {
    let isOne = port.body.kernelObjectType == type || port.body.kernelObjectType == other
    guard isOne, let object = port.body.kernelObject else { return nil }
    let task = Task(object)
    task.retain()
    self.init(retained: task)
  }
}

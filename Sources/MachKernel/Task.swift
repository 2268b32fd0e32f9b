// Tasks: the owners of spaces.

import CLinux
import CMach

/// A task (historic: `task_t`): what its lock guards. Its port, each thread that acts for it, and each call that works
/// on it hold a reference.
struct TaskBody {
  /// False once the task has ended.
  var isActive = true
  let space: Space
  /// The port whose send right others name the task by, and the one that only tells tasks apart; the kernel receives.
  let port: Port
  let namePort: Port
  /// Special ports by TASK_*_PORT number, as kept rights (facts: X10).
  var specialPorts = InlineArray<12, UInt>(repeating: 0)
  /// Registered ports, as kept rights (facts: X9).
  var registeredPorts = InlineArray<3, UInt>(repeating: 0)
  let exceptionActions: ExceptionActions
  /// The port of its identity token, once someone has asked for it; the kernel receives.
  var identityPort: Port?
}

/// A task's place in the registry; the registry's lock guards it.
struct TaskLinks {
  var next: Task?
  var previous: Task?
}

/// The semaphores that a task owns; the lock of their table guards it.
struct TaskSemaphores {
  var first: Semaphore?
}

/// Names a task; owns nothing.
@safe public struct Task: Equatable {
  let object: UnsafeMutableRawPointer

  init(_ object: UnsafeMutableRawPointer) { self.object = object }

  var body: UnsafeMutablePointer<TaskBody> { object.assumingMemoryBound(to: TaskBody.self) }
  var shared: UnsafeMutablePointer<SharedHeader> { KernelMemory.part(SharedHeader.self, behind: body) }
  var links: UnsafeMutablePointer<TaskLinks> { KernelMemory.part(TaskLinks.self, behind: shared) }

  var semaphores: UnsafeMutablePointer<TaskSemaphores> { KernelMemory.part(TaskSemaphores.self, behind: links) }

  @inline(__always)
  public static func == (one: Task, other: Task) -> Bool { one.object == other.object }

  @inline(__always)
  package var space: Space { body.pointee.space }

  func retain() { shared.pointee.retain() }

  /// Gives back one reference; the last one frees the task, which has ended by then.
  func release() {
    if shared.pointee.releaseLast() { free() }
  }

  func locked() -> LockedTask { LockedTask(self) }

  /// A new task: its space is empty but for index 1, a send right to the task's own port, so that `mach_task_self_`
  /// (0x103) names it. It inherits copies of its parent's special, registered and exception ports (facts: X5, api.md).
  /// nil when memory is out. The task's port holds the one reference.
  static func make(parent: Task?) -> Task? {
    let extra =
      MemoryLayout<SharedHeader>.stride + MemoryLayout<TaskLinks>.stride + MemoryLayout<TaskSemaphores>.stride
    guard let body = KernelMemory.allocate(TaskBody.self, extra: extra) else { return nil }
    let task = Task(UnsafeMutableRawPointer(body))
    guard let parts = TaskParts(for: task) else {
      KernelMemory.free(body)
      return nil
    }
    body.initialize(
      to: TaskBody(
        space: parts.space, port: parts.port, namePort: parts.namePort, exceptionActions: parts.exceptionActions))
    task.shared.initialize(to: SharedHeader())
    task.links.initialize(to: TaskLinks())
    task.semaphores.initialize(to: TaskSemaphores())
    task.inherit(from: parent)
    _ = task.space.name(for: SendRight(making: parts.port.locked()))
    Registry.add(task)
    return task
  }

  private func inherit(from parent: Task?) {
    body.pointee.specialPorts[Int(TASK_KERNEL_PORT)] = SendRight(making: body.pointee.port.locked()).leakStored()
    guard let parent else {
      if let host = Kernel.hostPort {
        body.pointee.specialPorts[Int(TASK_HOST_PORT)] = SendRight(making: host.locked()).leakStored()
      }
      body.pointee.specialPorts[Int(TASK_BOOTSTRAP_PORT)] = Bootstrap.rootRight.stored
      return
    }
    let locked = parent.locked()
    func copySpecialPort(_ which: Int32) {
      body.pointee.specialPorts[Int(which)] = StoredRight.copy(locked.body.specialPorts[Int(which)]).leak()
    }
    copySpecialPort(TASK_HOST_PORT)
    copySpecialPort(TASK_BOOTSTRAP_PORT)
    copySpecialPort(TASK_SEATBELT_PORT)
    copySpecialPort(TASK_ACCESS_PORT)
    for slot in 0..<3 {
      body.pointee.registeredPorts[slot] = StoredRight.copy(locked.body.registeredPorts[slot]).leak()
    }
    for kind in ExceptionActions.kinds {
      var action = locked.body.exceptionActions[kind]
      action.port = StoredRight.copy(action.port).leak()
      body.pointee.exceptionActions[kind] = action
    }
  }

  /// Ends the task (facts: C4): its semaphores, its names by ascending index, its threads' blocked calls, then its
  /// special, registered and exception ports, then its own port. Returns false when it had ended already.
  @discardableResult
  package func end() -> Bool {
    var old = StoredRights()
    var exceptionPorts = StoredRights()
    let locked = locked()
    guard locked.body.isActive else { return false }
    // From here on no name finds the task, and its own threads find no name.
    locked.body.isActive = false
    space.close()
    locked.body.port.locked().disableKernelPort()
    locked.body.namePort.locked().disableKernelPort()
    let identityPort = locked.body.identityPort
    locked.body.identityPort = nil
    identityPort?.locked().disableKernelPort()
    for which in locked.body.specialPorts.indices {
      old.append(locked.body.specialPorts[which])
      locked.body.specialPorts[which] = 0
    }
    for slot in locked.body.registeredPorts.indices {
      old.append(locked.body.registeredPorts[slot])
      locked.body.registeredPorts[slot] = 0
    }
    locked.body.exceptionActions.takeAll(&exceptionPorts)
    locked.unlock()
    Registry.remove(self)
    SemaphoreTable.terminateAll(of: self)
    space.end()
    Registry.interruptThreads(of: self)
    exceptionPorts.dropAll()
    old.dropAll()
    identityPort?.locked().destroyKernelPort()
    body.pointee.namePort.locked().destroyKernelPort()
    body.pointee.port.locked().destroyKernelPort()
    release()
    return true
  }

  private func free() {
    space.free()
    body.pointee.exceptionActions.freeMemory()
    KernelMemory.free(body)
  }

  /// task_create: a child that inherits this task's ports. Throws RESOURCE_SHORTAGE.
  package func makeChild() throws(KernelReturn) -> Task {
    guard let child = Task.make(parent: self) else { throw .resourceShortage }
    return child
  }

  /// The task that the process started with: its end is the process's.
  package var isProcess: Bool { self == Kernel.task }

  /// A further task of the process; for tests of the kernel.
  package static func makeForTesting() -> Task? { make(parent: nil) }

  // MARK: Names

  /// mach_host_self: a name of the task's host special port, one user reference more with each call (facts: R15).
  package func hostName() -> mach_port_name_t {
    do throws(KernelReturn) {
      return try specialPort(TASK_HOST_PORT).nameOrNull(in: space)
    } catch {
      return Name.null
    }
  }

  /// A name of the task's bootstrap port, one user reference more with each call; NULL when it has none, or no name.
  func bootstrapName() -> mach_port_name_t {
    do throws(KernelReturn) {
      return try specialPort(TASK_BOOTSTRAP_PORT).nameOrNull(in: space)
    } catch {
      return Name.null
    }
  }

  /// task_self_trap, and the function mach_task_self: the task's own name, one user reference more with each call
  /// (facts: R15).
  package func selfName() -> mach_port_name_t {
    let locked = locked()
    guard locked.body.isActive else { return Name.null }
    let right = SendRight(making: locked.body.port.locked())
    locked.unlock()
    return space.name(for: right)
  }

  /// A send right to the task's port, to be kept or sent.
  func sendRight() -> KeptRight { KeptRight(stored: SendRight(making: body.pointee.port.locked()).leakStored()) }

  /// Gives a send right to this task's port a name in another task's space. Throws NO_SPACE, RESOURCE_SHORTAGE.
  package func name(in space: Space) throws(KernelReturn) -> mach_port_name_t {
    let right = SendRight(making: body.pointee.port.locked())
    return try space.locked().copyout(.send(right))
  }
}

/// What a task is made of besides itself.
private struct TaskParts {
  let space: Space
  let port: Port
  let namePort: Port
  let exceptionActions: ExceptionActions

  /// nil, and nothing is left, when memory is out.
  init?(for task: Task) {
    guard let space = Space.make() else { return nil }
    guard let exceptionActions = ExceptionActions() else {
      space.free()
      return nil
    }
    guard let port = Port.makeKernelPort(type: KernelObjectType.task, object: task.object) else {
      space.free()
      exceptionActions.freeMemory()
      return nil
    }
    guard let namePort = Port.makeKernelPort(type: KernelObjectType.taskName, object: task.object) else {
      space.free()
      exceptionActions.freeMemory()
      port.locked().destroyKernelPort()
      return nil
    }
    self.space = space
    self.port = port
    self.namePort = namePort
    self.exceptionActions = exceptionActions
  }
}

/// A task whose lock is held. First in the lock order.
struct LockedTask: ~Copyable {
  let task: Task

  init(_ task: Task) {
    self.task = task
    task.shared.pointee.lock()
  }

  deinit { task.shared.pointee.unlock() }

  consuming func unlock() {}

  @inline(__always)
  var body: TaskBody {
    @inline(__always) get { task.body.pointee }
    @inline(__always) nonmutating _modify { yield &task.body.pointee }
  }
}

extension SendRight {
  /// The right as a kept one.
  consuming func leakStored() -> UInt { UInt(bitPattern: leak().object) }
}

/// A task that a call works on, which cannot go meanwhile.
public struct TaskReference: ~Copyable {
  package let task: Task
  private let isCounted: Bool

  init(uncounted task: Task) {
    self.task = task
    isCounted = false
  }

  init(retained task: Task) {
    self.task = task
    isCounted = true
  }

  package var space: Space { task.space }

  /// task_terminate: the end of the process's own task is the process's. Throws FAILURE when it had ended already.
  package func terminate() throws(KernelReturn) {
    if task.isProcess { clinux_kill() }
    if !task.end() { throw .failure }
  }

  deinit {
    if isCounted { task.release() }
  }
}

extension Task {
  /// The task behind a name of this task's space, as an `ipc_space_t` or `task_t` argument names it. Throws
  /// INVALID_TASK for whatever is not a send right to a live task's port.
  @inline(__always)
  package func task(named name: mach_port_name_t) throws(KernelReturn) -> TaskReference {
    if space.hasSend(to: body.pointee.port, named: name) { return TaskReference(uncounted: self) }
    return try taskWithSpaceLocked(named: name)
  }

  @inline(never)
  private func taskWithSpaceLocked(named name: mach_port_name_t) throws(KernelReturn) -> TaskReference {
    let locked = space.locked()
    guard let entry = locked.body.table.entry(named: name), entry.pointee.has(Entry.send),
      let memory = entry.pointee.object
    else { throw .invalidTask }
    let port = Port(memory)
    if port == body.pointee.port, locked.body.isActive { return TaskReference(uncounted: self) }
    let lockedPort = port.locked()
    guard lockedPort.body.kernelObjectType == KernelObjectType.task, let target = lockedPort.body.kernelObject else {
      throw .invalidTask
    }
    let task = Task(target)
    task.retain()
    return TaskReference(retained: task)
  }
}

extension Space {
  /// Gives a send right a name; NULL, and the right ends, when there is no room.
  func name(for right: consuming SendRight) -> mach_port_name_t { nameOrNull(for: .send(right)) }

  /// No call works on the space from now on.
  func close() {
    let locked = locked()
    locked.body.isActive = false
    shared.pointee.markDead()
  }

  /// Ends all names, by ascending index (facts: C4).
  func end() {
    close()
    let table = unguardedBody.pointee.table
    table.forEachUsedSlot { index, entry in
      guard entry.pointee.type != 0 else { return }
      end(entry, named: Name.make(index, entry.pointee.generation))
    }
  }

  private func end(_ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t) {
    let type = entry.pointee.type
    var aftermath = Aftermath()
    // PORT_DELETED goes last (facts: T24).
    var late = Aftermath()
    let locked = locked()
    guard let memory = entry.pointee.object else { return locked.body.table.free(entry, named: name) }
    if type == Entry.portSet {
      locked.body.table.free(entry, named: name)
      locked.unlock()
      return PortSet(memory).destroy()
    }
    let port = Port(memory).locked()
    if port.body.isActive { port.cancelRequest(of: entry, named: name, &late) }
    if type == Entry.send { locked.body.table.unhash(entry, named: name, for: Port(memory)) }
    locked.body.table.free(entry, named: name)
    locked.unlock()
    switch type {
    case Entry.send:
      port.unlock()
      SendRight(adopting: Port(memory)).drop()
    case Entry.sendOnce:
      port.unlock()
      Notification.postSendOnce(consuming: Port(memory))
    default:
      if type & Entry.send != 0 { port.dropSend(&aftermath) }
      port.destroy()
    }
    aftermath.finish()
    late.finish()
  }

  /// Frees the memory of a space without names.
  func free() {
    unguardedBody.pointee.table.freeMemory()
    KernelMemory.free(object)
  }
}

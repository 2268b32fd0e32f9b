// Tasks: the owners of spaces.

import CMach

/// A task (historic: the ipc part of `task_t`): its space and its port. One for each process.
struct TaskObject: ~Copyable {
  let space: Space
  /// The port whose send right other tasks name it by; the kernel receives.
  let port: Port
}

/// A task's place in the registry; the registry's lock guards it.
struct TaskLinks {
  var next: Task?
  var previous: Task?
}

/// Names a task; owns nothing.
@safe package struct Task: Equatable {
  let object: UnsafeMutablePointer<TaskObject>

  @inline(__always)
  package static func == (one: Task, other: Task) -> Bool { one.object == other.object }

  var links: UnsafeMutablePointer<TaskLinks> { KernelMemory.part(TaskLinks.self, behind: object) }

  @inline(__always)
  package var space: Space { object.pointee.space }

  /// A new task: its space is empty but for index 1, a send right to the task's own port, so that `mach_task_self_`
  /// (0x103) names it. nil when memory is out.
  static func make() -> Task? {
    guard let object = KernelMemory.allocate(TaskObject.self, extra: MemoryLayout<TaskLinks>.stride) else { return nil }
    guard let space = Space.make() else {
      KernelMemory.free(object)
      return nil
    }
    guard let port = Port.makeKernelPort(type: KernelObjectType.task, object: UnsafeMutableRawPointer(object)) else {
      space.free()
      KernelMemory.free(object)
      return nil
    }
    object.initialize(to: TaskObject(space: space, port: port))
    _ = space.name(for: SendRight(making: port.locked()))
    let task = Task(object: object)
    task.links.initialize(to: TaskLinks())
    Registry.add(task)
    return task
  }

  /// Ends a task of which no thread and no name is left but its own; for tests.
  package func free() {
    Registry.remove(self)
    space.end()
    object.pointee.port.locked().destroyKernelPort()
    space.free()
    object.deinitialize(count: 1)
    KernelMemory.free(object)
  }

  /// A further task of the process; for tests of the kernel.
  package static func makeForTesting() -> Task? { make() }

  /// The task behind a name of this task's space, as an `ipc_space_t` or `task_t` argument names it. Throws
  /// INVALID_TASK for whatever is not a send right to a live task's port.
  @inline(__always)
  package func task(named name: mach_port_name_t) throws(KernelReturn) -> Task {
    let locked = space.locked()
    guard let entry = locked.body.table.entry(named: name), entry.pointee.has(Entry.send),
      let memory = entry.pointee.object
    else { throw .invalidTask }
    let port = Port(memory)
    if port == object.pointee.port { return self }
    let lockedPort = port.locked()
    guard lockedPort.body.kernelObjectType == KernelObjectType.task, let target = lockedPort.body.kernelObject else {
      throw .invalidTask
    }
    return Task(object: target.assumingMemoryBound(to: TaskObject.self))
  }

  /// mach_host_self: a name of the host port, one user reference more with each call (facts: R15).
  package func hostName() -> mach_port_name_t {
    guard let port = Kernel.hostPort else { return Name.null }
    return space.name(for: SendRight(making: port.locked()))
  }

  /// task_self_trap, and the function mach_task_self: the task's own name, one user reference more with each call
  /// (facts: R15).
  package func selfName() -> mach_port_name_t {
    space.name(for: SendRight(making: object.pointee.port.locked()))
  }
}

extension Space {
  /// Gives a send right a name; NULL, and the right ends, when there is no room.
  func name(for right: consuming SendRight) -> mach_port_name_t {
    let locked = locked()
    do throws(KernelReturn) {
      return try locked.copyout(.send(right))
    } catch {
      return Name.null
    }
  }

  /// Ends all names, by ascending index (facts: C4).
  func end() {
    let closing = locked()
    closing.body.isActive = false
    let table = closing.body.table
    closing.unlock()
    table.forEachUsedSlot { index, entry in
      guard entry.pointee.type != 0 else { return }
      end(entry, named: Name.make(index, entry.pointee.generation))
    }
  }

  private func end(_ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t) {
    let type = entry.pointee.type
    let memory = entry.pointee.object
    let locked = locked()
    if type == Entry.send, let memory { locked.body.table.unhash(entry, named: name, for: Port(memory)) }
    locked.body.table.free(entry, named: name)
    locked.unlock()
    guard let memory else { return }
    switch type {
    case Entry.portSet: PortSet(memory).destroy()
    case Entry.send: SendRight(adopting: Port(memory)).drop()
    case Entry.sendOnce: Notification.postSendOnce(consuming: Port(memory))
    default:
      let port = Port(memory).locked()
      if type & Entry.send != 0 { port.body.sendRightCount -= 1 }
      port.destroy()
    }
  }

  /// Frees the memory of a space without names.
  func free() {
    unguardedBody.pointee.table.freeMemory()
    KernelMemory.free(object)
  }
}

// The reply ports that the library keeps for a thread.

import CMach

/// One thread's reply ports in one task: it may act for several in turn.
private struct ReplyPortsObject {
  /// Holds a reference, so that no other task takes the place of this one in memory.
  let task: Task
  var next: ReplyPorts?
  /// Names of receive rights; NULL for none.
  var ordinary: mach_port_name_t = 0
  var special: mach_port_name_t = 0
}

/// A list of them, from a thread's state; only that thread touches it.
@safe struct ReplyPorts {
  private let object: UnsafeMutablePointer<ReplyPortsObject>

  fileprivate var next: ReplyPorts? {
    get { object.pointee.next }
    nonmutating set { object.pointee.next = newValue }
  }

  fileprivate var task: Task { object.pointee.task }

  fileprivate var ordinary: mach_port_name_t {
    get { object.pointee.ordinary }
    nonmutating set { object.pointee.ordinary = newValue }
  }

  fileprivate var special: mach_port_name_t {
    get { object.pointee.special }
    nonmutating set { object.pointee.special = newValue }
  }

  /// nil when memory is out.
  fileprivate static func make(_ task: Task, before next: ReplyPorts?) -> ReplyPorts? {
    guard let object = KernelMemory.allocate(ReplyPortsObject.self) else { return nil }
    task.retain()
    object.initialize(to: ReplyPortsObject(task: task, next: next))
    return ReplyPorts(object: object)
  }

  private init(object: UnsafeMutablePointer<ReplyPortsObject>) { self.object = object }

  /// Ends both ports, of a task that may have ended.
  fileprivate func end() {
    let space = task.space
    if ordinary != 0 { try? space.modifyReferences(of: ordinary, right: MACH_PORT_RIGHT_RECEIVE, by: -1) }
    if special != 0, (try? space.destruct(special, -1, guard: 0)) == nil {
      // The program has given up its send right.
      try? space.modifyReferences(of: special, right: MACH_PORT_RIGHT_RECEIVE, by: -1)
    }
    task.release()
    free()
  }

  fileprivate func free() { KernelMemory.free(object) }
}

/// Which of a thread's two reply ports.
package enum ReplyPortKind {
  /// A bare receive right.
  case ordinary
  /// A receive and a send right under one name.
  case special
}

extension Thread {
  /// The thread's reply ports in the task for which it acts.
  @inline(__always)
  private var replyPorts: ReplyPorts? {
    guard let first = state.pointee.replyPorts else { return nil }
    return first.task == task ? first : findReplyPorts()
  }

  /// Another task's come first: those that are looked for now take their place. On the way those of tasks that have
  /// ended, whose spaces are gone, are forgotten.
  @inline(never)
  private func findReplyPorts() -> ReplyPorts? {
    var found: ReplyPorts?
    var first: ReplyPorts?
    var last: ReplyPorts?
    var current = state.pointee.replyPorts
    while let ports = current {
      current = ports.next
      if ports.task == task {
        found = ports
      } else if ports.task.isActive {
        ports.next = nil
        if let last { last.next = ports } else { first = ports }
        last = ports
      } else {
        ports.end()
      }
    }
    found?.next = first
    state.pointee.replyPorts = found ?? first
    return found
  }

  /// The name of a reply port, which is made on first use; NULL when there is no room or no memory. It is not looked at
  /// again, whatever the program does with it.
  @inline(__always)
  package func replyPort(_ kind: ReplyPortKind) -> mach_port_name_t {
    if let ports = replyPorts {
      let name = kind == .ordinary ? ports.ordinary : ports.special
      if name != 0 { return name }
    }
    return makeReplyPort(kind)
  }

  @inline(never)
  private func makeReplyPort(_ kind: ReplyPortKind) -> mach_port_name_t {
    let ports: ReplyPorts
    if let known = replyPorts {
      ports = known
    } else {
      guard let made = ReplyPorts.make(task, before: state.pointee.replyPorts) else { return Name.null }
      state.pointee.replyPorts = made
      ports = made
    }
    do throws(KernelReturn) {
      switch kind {
      case .ordinary: ports.ordinary = try task.space.allocate(.init(right: MACH_PORT_RIGHT_RECEIVE))
      case .special:
        var wanted = Space.Construction()
        wanted.insertsSendRight = true
        ports.special = try task.space.construct(wanted)
      }
      return kind == .ordinary ? ports.ordinary : ports.special
    } catch {
      return Name.null
    }
  }

  /// Takes a reply port out of what is kept; NULL when there is none.
  package func takeReplyPort(_ kind: ReplyPortKind) -> mach_port_name_t {
    guard let ports = replyPorts else { return Name.null }
    switch kind {
    case .ordinary:
      defer { ports.ordinary = 0 }
      return ports.ordinary
    case .special:
      defer { ports.special = 0 }
      return ports.special
    }
  }

  /// The thread ends: so do its reply ports, in all tasks.
  func endReplyPorts() {
    while let ports = state.pointee.replyPorts {
      state.pointee.replyPorts = ports.next
      ports.end()
    }
  }

  /// In a forked child: what was kept names ports of the parent's tasks.
  func forgetReplyPorts() {
    while let ports = state.pointee.replyPorts {
      state.pointee.replyPorts = ports.next
      ports.free()
    }
  }
}

// Lists of all tasks and threads and, in the checked flavour, of all ports.

import CMach
import Synchronization

/// Everything that must be found without a name. Its lock is taken when threads come and go, and by whoever counts.
enum Registry {
  private static let lock = Lock()
  nonisolated(unsafe) private static var firstThread: Thread?
  nonisolated(unsafe) private static var firstTask: Task?

  static func add(_ thread: Thread) {
    lock.acquire()
    thread.links.pointee.next = firstThread
    thread.links.pointee.previous = nil
    firstThread?.links.pointee.previous = thread
    firstThread = thread
    lock.release()
  }

  static func remove(_ thread: Thread) {
    lock.acquire()
    let next = thread.links.pointee.next
    let previous = thread.links.pointee.previous
    if let previous { previous.links.pointee.next = next } else { firstThread = next }
    next?.links.pointee.previous = previous
    Statistics.retire(thread.counters.pointee)
    lock.release()
  }

  // MARK: Tasks

  static func add(_ task: Task) {
    lock.acquire()
    task.links.pointee.next = firstTask
    firstTask?.links.pointee.previous = task
    firstTask = task
    lock.release()
  }

  static func remove(_ task: Task) {
    lock.acquire()
    let next = task.links.pointee.next
    let previous = task.links.pointee.previous
    if let previous { previous.links.pointee.next = next } else { firstTask = next }
    next?.links.pointee.previous = previous
    lock.release()
  }

  /// Calls `body` with every task, none of which ends meanwhile.
  static func forEachTask(_ body: (Task) -> Void) {
    lock.acquire()
    var task = firstTask
    while let current = task {
      body(current)
      task = current.links.pointee.next
    }
    lock.release()
  }

  // MARK: Threads

  /// Calls `body` with every thread, none of which ends meanwhile.
  static func forEachThread(_ body: (Thread) -> Void) {
    lock.acquire()
    var thread = firstThread
    while let current = thread {
      body(current)
      thread = current.links.pointee.next
    }
    lock.release()
  }

  static func sumCounters() -> (ports: Int, sets: Int, messages: Int) {
    var ports = Statistics.retired.ports.load(ordering: .relaxed)
    var sets = Statistics.retired.sets.load(ordering: .relaxed)
    var messages = Statistics.retired.messages.load(ordering: .relaxed)
    forEachThread { thread in
      ports += thread.counters.pointee.ports.load(ordering: .relaxed)
      sets += thread.counters.pointee.sets.load(ordering: .relaxed)
      messages += thread.counters.pointee.messages.load(ordering: .relaxed)
    }
    return (ports, sets, messages)
  }

  /// In a forked child: no thread is left but the caller, which is added again; the counts start at 0, since what the
  /// parent had is out of reach.
  static func restartAfterFork() {
    lock.reset()
    firstThread = nil
    firstTask = nil
    Statistics.reset()
    #if CHECKED
      forgetPorts()
    #endif
  }

  // MARK: Ports

  #if CHECKED
    private static let portLock = Lock()
    nonisolated(unsafe) private static var firstPort: Port?

    static func add(_ port: Port) {
      portLock.acquire()
      port.audit.pointee.next = firstPort
      firstPort?.audit.pointee.previous = port
      firstPort = port
      portLock.release()
    }

    static func remove(_ port: Port) {
      portLock.acquire()
      let next = port.audit.pointee.next
      let previous = port.audit.pointee.previous
      if let previous { previous.audit.pointee.next = next } else { firstPort = next }
      next?.audit.pointee.previous = previous
      portLock.release()
    }

    /// Calls `body` with every port object there is, dead ones too.
    static func forEachPort(_ body: (Port) -> Void) {
      portLock.acquire()
      var port = firstPort
      while let current = port {
        port = current.audit.pointee.next
        body(current)
      }
      portLock.release()
    }

    private static func forgetPorts() {
      portLock.reset()
      firstPort = nil
    }
  #endif
}

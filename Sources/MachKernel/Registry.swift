// Lists of all tasks and threads and, in the checked flavour, of all ports.

import CMach
import Synchronization

/// Everything that must be found without a name. Its lock is taken when threads come and go, and by whoever counts.
enum Registry {
  static let lock = Lock()
  nonisolated(unsafe) static var firstThread: Thread?
  nonisolated(unsafe) private static var firstTask: Task?
  /// How many of the threads have not called yet (`Registry+PreparedThreads`).
  nonisolated(unsafe) static var preparedCount = 0
  /// What was told of the times of the process, and of those of its threads that have ended.
  nonisolated(unsafe) static var allTimes = GrowingTimes()
  nonisolated(unsafe) static var endedTimes = GrowingTimes()

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

  static var taskCount: Int {
    var count = 0
    forEachTask { _ in count += 1 }
    return count
  }

  /// Appends rights to all tasks, the newest first. False, and none, where there is not enough room.
  static func copyTasks(to rights: inout KeptRights) -> Bool {
    lock.acquire()
    defer { lock.release() }
    var count = 0
    var task = firstTask
    while let current = task {
      count += 1
      task = current.links.pointee.next
    }
    if count > rights.capacity { return false }
    task = firstTask
    while let current = task {
      rights.append(current.sendRight())
      task = current.links.pointee.next
    }
    return true
  }

  // MARK: Threads

  static var threadCount: Int {
    var count = 0
    forEachThread { thread in
      if thread.links.pointee.hasCalled { count += 1 }
    }
    return count
  }

  /// Appends rights to all threads, the newest first. False, and none, where there is not enough room. Throws
  /// RESOURCE_SHORTAGE (no memory for a thread's port).
  static func copyThreads(to rights: inout KeptRights) throws(KernelReturn) -> Bool {
    lock.acquire()
    defer { lock.release() }
    var count = 0
    var thread = firstThread
    while let current = thread {
      if current.links.pointee.hasCalled {
        count += 1
        if portLocked(of: current) == nil { throw .resourceShortage }
      }
      thread = current.links.pointee.next
    }
    if count > rights.capacity { return false }
    thread = firstThread
    while let current = thread {
      if current.links.pointee.hasCalled, let port = current.links.pointee.port {
        rights.append(KeptRight(stored: SendRight(making: port.locked()).leakStored()))
      }
      thread = current.links.pointee.next
    }
    return true
  }

  /// A new task for a thread to act for; called by the thread itself.
  static func setTask(of thread: Thread, _ task: Task) {
    lock.acquire()
    let links = thread.links
    links.pointee.task = task
    lock.release()
  }

  /// Ends the waits of all threads that act for a task that has ended.
  static func interruptThreads(of task: Task) {
    forEachThread { thread in
      if thread.links.pointee.task == task { thread.waiter.interrupt() }
    }
  }

  /// A thread's kernel port, made now if there is none yet; nil when memory is out, or the thread is at its end.
  static func port(of thread: Thread) -> Port? {
    lock.acquire()
    defer { lock.release() }
    return portLocked(of: thread)
  }

  static func portLocked(of thread: Thread) -> Port? {
    let links = thread.links
    if links.pointee.port == nil, !links.pointee.isEnding {
      links.pointee.port = Port.makeKernelPort(type: KernelObjectType.thread, object: thread.slot)
    }
    return links.pointee.port
  }

  /// A send right to the port of the thread that a pthread is; nil when that has never called, or memory is out.
  static func sendRight(of pthread: pthread_t) -> TransferredRight {
    // What a thread that has not called yet has in this place.
    if pthread == pthread_t() { return .null }
    lock.acquire()
    defer { lock.release() }
    var thread = firstThread
    while let current = thread {
      if current.links.pointee.pthread == pthread, let port = portLocked(of: current) {
        return .send(SendRight(making: port.locked()))
      }
      thread = current.links.pointee.next
    }
    return .null
  }

  /// The pthread of the live thread with a kernel port.
  static func pthread(of port: Port) -> pthread_t? {
    lock.acquire()
    defer { lock.release() }
    var thread = firstThread
    while let current = thread {
      if current.links.pointee.port == port { return current.links.pointee.pthread }
      thread = current.links.pointee.next
    }
    return nil
  }

  /// A thread ends: takes its kernel port and its exception ports.
  static func detach(_ thread: Thread, _ old: inout StoredRights) -> Port? {
    lock.acquire()
    defer { lock.release() }
    let links = thread.links
    let port = links.pointee.port
    links.pointee.port = nil
    links.pointee.isEnding = true
    if let special = links.pointee.specialPort { old.append(special) }
    links.pointee.specialPort = nil
    if let actions = links.pointee.exceptionActions {
      actions.takeAll(&old)
      actions.freeMemory()
      links.pointee.exceptionActions = nil
    }
    return port
  }

  /// Get, set or swap the exception ports of the live thread with a kernel port. Throws INVALID_ARGUMENT when there is
  /// none, RESOURCE_SHORTAGE.
  static func exceptions(
    ofThreadWith port: Port, _ operation: ExceptionOperation
  ) throws(KernelReturn) -> ExceptionEntries {
    var old = StoredRights()
    lock.acquire()
    let links: UnsafeMutablePointer<ThreadLinks>
    do throws(KernelReturn) {
      links = try Registry.links(ofThreadWith: port)
    } catch {
      lock.release()
      throw error
    }
    if links.pointee.exceptionActions == nil { links.pointee.exceptionActions = ExceptionActions() }
    guard let actions = links.pointee.exceptionActions else {
      lock.release()
      throw .resourceShortage
    }
    let entries = operation.run(on: actions, &old)
    lock.release()
    old.dropAll()
    return entries
  }

  /// THREAD_KERNEL_PORT of the live thread with a kernel port, copied, to be kept. Throws INVALID_ARGUMENT.
  static func specialPort(ofThreadWith port: Port) throws(KernelReturn) -> UInt {
    lock.acquire()
    defer { lock.release() }
    let links = try links(ofThreadWith: port)
    guard let special = links.pointee.specialPort else { return SendRight(making: port.locked()).leakStored() }
    return StoredRight.copy(special).leak()
  }

  /// Replaces it and returns the old one. Throws INVALID_ARGUMENT.
  static func setSpecialPort(ofThreadWith port: Port, _ right: UInt) throws(KernelReturn) -> UInt {
    lock.acquire()
    defer { lock.release() }
    let links = try links(ofThreadWith: port)
    let old = links.pointee.specialPort
    links.pointee.specialPort = right
    return old ?? 0
  }

  static func links(ofThreadWith port: Port) throws(KernelReturn) -> UnsafeMutablePointer<ThreadLinks> {
    var thread = firstThread
    while let current = thread {
      if current.links.pointee.port == port { return current.links }
      thread = current.links.pointee.next
    }
    throw .invalidArgument
  }

  /// A thread's own action for a kind of exception, its port copied.
  static func action(of thread: Thread, for kind: Int) -> ExceptionAction {
    lock.acquire()
    defer { lock.release() }
    guard let actions = thread.links.pointee.exceptionActions else { return ExceptionAction() }
    var action = actions[kind]
    action.port = StoredRight.copy(action.port).leak()
    return action
  }

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
    lock.acquire()
    defer { lock.release() }
    var sums = Statistics.sum(Statistics.retired, (0, 0, 0))
    var thread = firstThread
    while let current = thread {
      sums = Statistics.sum(current.counters.pointee, sums)
      thread = current.links.pointee.next
    }
    return sums
  }

  /// In a forked child: no thread is left but the caller, which is added again; the counts start at 0, since what the
  /// parent had is out of reach.
  static func restartAfterFork() {
    lock.reset()
    firstThread = nil
    firstTask = nil
    preparedCount = 0
    allTimes = GrowingTimes()
    endedTimes = GrowingTimes()
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

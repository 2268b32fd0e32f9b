// What the kernel keeps for each thread that calls it.

import CLinux
import CMach
import Synchronization

/// What only the thread itself touches (historic: the ipc part of `thread_t`).
struct ThreadState {
  /// The task that the thread acts for, as in its links.
  var task: Task
  /// Messages that this thread is destroying (facts: C3).
  var dying = MessageList()
  /// What it keeps of the memory of ports and sets.
  var freeObjects = FreeObjects()
  /// What it keeps of the memory of small messages.
  var freeMessages = FreeObjects()
  /// Its reply ports (historic: thread-specific data of mig_get_reply_port).
  var replyPorts: ReplyPorts?
  /// What it has taken out of the bootstrap and not yet ended.
  var endingContexts = EndingContexts()
}

/// What others find of a thread; the registry's lock guards it.
struct ThreadLinks {
  var next: Thread?
  var previous: Thread?
  /// 0 for a thread that has not called yet.
  var pthread: pthread_t
  /// Its id with the system.
  let identifier: Int32
  /// Of a thread that has not called yet, when it started (`Registry+PreparedThreads`); else 0.
  var startTime: UInt64 = 0
  /// It has, and is not at its end.
  var hasCalled: Bool { startTime == 0 && !isEnding }
  /// The task that the thread acts for; holds a reference. Only the thread itself changes it.
  var task: Task
  /// The thread's kernel port; made when someone first asks for it.
  var port: Port?
  /// THREAD_KERNEL_PORT as a kept right, once a program has set it.
  var specialPort: UInt?
  /// It is on its way out: no one makes it a port any more.
  var isEnding = false
  /// Its own exception actions; made when someone first sets them.
  var exceptionActions: ExceptionActions?
  /// What was told of its times.
  var times = GrowingTimes()
  /// What was asked for its scheduling and Linux does not keep.
  var policy = KeptPolicy()
}

/// Names what the kernel keeps for a thread; owns nothing. Made at the thread's first call, freed when the thread ends.
/// It holds the record of a blocked call, so that nothing on a stack is ever linked into a queue.
@safe package struct Thread: Equatable {
  let counters: UnsafeMutablePointer<ThreadCounters>

  private static var partsSize: Int {
    MemoryLayout<ThreadLinks>.stride + MemoryLayout<ThreadState>.stride + Waiter.size
  }

  var links: UnsafeMutablePointer<ThreadLinks> { KernelMemory.part(ThreadLinks.self, behind: counters) }
  @inline(__always)
  var state: UnsafeMutablePointer<ThreadState> { KernelMemory.part(ThreadState.self, behind: links) }
  /// The thread's blocked call, or a blocked call that the thread left by a jump.
  @inline(__always)
  var waiter: Waiter { Waiter(record: KernelMemory.part(WaitRecord.self, behind: state)) }

  @inline(__always)
  init(_ slot: UnsafeMutableRawPointer) { counters = slot.assumingMemoryBound(to: ThreadCounters.self) }

  /// The thread's memory, as its slot holds it.
  var slot: UnsafeMutableRawPointer { UnsafeMutableRawPointer(counters) }

  @inline(__always)
  package static func == (one: Thread, other: Thread) -> Bool { one.counters == other.counters }

  /// The calling thread if it has called before.
  @inline(__always)
  static var known: Thread? { clinux_thread().map { Thread($0) } }

  /// The calling thread; nil when this is its first call and memory is out.
  @inline(__always)
  package static var current: Thread? {
    if let slot = clinux_thread() { return Thread(slot) }
    return makeCurrent()
  }

  /// The calling thread at the start of a call: a blocked call that it left by a jump is cleaned up first.
  @inline(__always)
  package static var entering: Thread? {
    guard let thread = current else { return nil }
    thread.waiter.abandon()
    return thread
  }

  @inline(__always)
  package var task: Task { state.pointee.task }

  @inline(never)
  private static func makeCurrent() -> Thread? {
    if Registry.hasPrepared, let thread = takePrepared() { return thread }
    guard let thread = makeRecord(pthread: clinux_this_thread(), identifier: clinux_thread_identifier()) else {
      return nil
    }
    guard clinux_keep_until_exit(Kernel.threadExitKey, thread.slot) else {
      thread.freeRecord()
      return nil
    }
    clinux_set_thread(thread.slot)
    Registry.add(thread)
    return thread
  }

  /// What others have asked for before this first call of the thread is its record from now on.
  private static func takePrepared() -> Thread? {
    let identifier = clinux_thread_identifier()
    guard var startTime = Registry.startTime(ofPrepared: identifier) else { return nil }
    do throws(KernelReturn) {
      guard let own = try Process.thread(identifier)?.startTime else { return nil }
      startTime = own
    } catch {
      // Without a descriptor to read /proc with, the id must do: a thread has one port.
    }
    guard let thread = Registry.takePrepared(identifier, startTime, pthread: clinux_this_thread()) else { return nil }
    guard clinux_keep_until_exit(Kernel.threadExitKey, thread.slot) else {
      Registry.putBack(thread, startTime)
      return nil
    }
    clinux_set_thread(thread.slot)
    return thread
  }

  /// A record that no one knows of yet, of a thread that acts for the process's task; nil when memory is out.
  static func makeRecord(pthread: pthread_t, identifier: Int32, startTime: UInt64 = 0) -> Thread? {
    guard let task = Kernel.task, let memory = KernelMemory.allocate(ThreadCounters.self, extra: partsSize) else {
      return nil
    }
    let thread = Thread(UnsafeMutableRawPointer(memory))
    thread.initialize(task, pthread, identifier)
    thread.links.pointee.startTime = startTime
    return thread
  }

  /// Frees a record that no one knows of.
  func freeRecord() {
    state.pointee.task.release()
    KernelMemory.free(counters)
  }

  private func initialize(_ task: Task, _ pthread: pthread_t, _ identifier: Int32) {
    counters.initialize(to: ThreadCounters())
    task.retain()
    links.initialize(to: ThreadLinks(pthread: pthread, identifier: identifier, task: task))
    state.initialize(to: ThreadState(task: task))
    waiter.initialize()
  }

  /// Runs when the thread ends, by return, pthread_exit or cancellation, whatever it was doing.
  func end() {
    clinux_set_thread(slot)
    waiter.abandon()
    endReplyPorts()
    var old = StoredRights()
    let port = Registry.detach(self, &old)
    old.dropAll()
    port?.locked().destroyKernelPort()
    let task = state.pointee.task
    Registry.remove(self)
    ObjectPool.drain(&state.pointee.freeObjects)
    MessageMemory.drain(self)
    // From here on a signal handler that signals a semaphore finds no thread, and no task that may be gone.
    clinux_set_thread(nil)
    task.release()
    KernelMemory.free(counters)
  }

  /// A forked child's only thread starts afresh: its wait, its dying messages and its port were the parent's task's.
  func restart(in task: Task) {
    forgetReplyPorts()
    MessageMemory.drain(self)
    initialize(task, clinux_this_thread(), clinux_thread_identifier())
  }

  /// Lets the thread act for another task of the process (mach_linux_task_adopt).
  package func adopt(_ task: Task) {
    task.retain()
    let old = state.pointee.task
    Registry.setTask(of: self, task)
    state.pointee.task = task
    waiter.clearInterrupt()
    if !task.isActive { waiter.interrupt() }
    old.release()
  }

  /// mach_thread_self: a name of the thread's own port, one user reference more with each call (facts: R15); NULL when
  /// there is no memory or no name.
  package func selfName() -> mach_port_name_t {
    guard let port = selfPort else { return Name.null }
    return task.space.name(for: SendRight(making: port.locked()))
  }

  /// The thread's kernel port; nil when memory is out, or the thread is at its end.
  var selfPort: Port? { Registry.port(of: self) }

  /// The thread's own action for a kind of exception, its port copied.
  func action(for kind: Int) -> ExceptionAction { Registry.action(of: self, for: kind) }
}

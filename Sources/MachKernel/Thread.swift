// What the kernel keeps for each thread that calls it.

import CLinux
import CMach
import Synchronization

/// What only the thread itself touches (historic: the ipc part of `thread_t`).
struct ThreadState {
  /// The task that the thread acts for.
  var task: Task
  /// Messages that this thread is destroying (facts: C3).
  var dying = MessageList()
  /// The thread's kernel port; made by the first mach_thread_self.
  var port: Port?
}

/// A thread's place in the registry; the registry's lock guards it.
struct ThreadLinks {
  var next: Thread?
  var previous: Thread?
}

/// Names what the kernel keeps for a thread; owns nothing. Made at the thread's first call, freed when the thread ends.
/// It holds the record of a blocked call, so that nothing on a stack is ever linked into a queue.
@safe package struct Thread: Equatable {
  let counters: UnsafeMutablePointer<ThreadCounters>

  private static var partsSize: Int {
    MemoryLayout<ThreadLinks>.stride + MemoryLayout<ThreadState>.stride + MemoryLayout<WaitRecord>.stride
      + MemoryLayout<WaitState>.stride
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
    guard let task = Kernel.task, let memory = KernelMemory.allocate(ThreadCounters.self, extra: partsSize) else {
      return nil
    }
    let thread = Thread(UnsafeMutableRawPointer(memory))
    thread.initialize(task)
    guard clinux_keep_until_exit(Kernel.threadExitKey, thread.slot) else {
      KernelMemory.free(memory)
      return nil
    }
    clinux_set_thread(thread.slot)
    Registry.add(thread)
    return thread
  }

  private func initialize(_ task: Task) {
    counters.initialize(to: ThreadCounters())
    links.initialize(to: ThreadLinks())
    state.initialize(to: ThreadState(task: task))
    waiter.initialize()
  }

  /// Runs when the thread ends, by return, pthread_exit or cancellation, whatever it was doing.
  func end() {
    clinux_set_thread(slot)
    waiter.abandon()
    if let port = state.pointee.port {
      state.pointee.port = nil
      port.locked().destroyKernelPort()
    }
    Registry.remove(self)
    clinux_set_thread(nil)
    KernelMemory.free(counters)
  }

  /// A forked child's only thread starts afresh: its wait, its dying messages and its port were the parent's task's.
  func restart(in task: Task) { initialize(task) }

  /// Lets the thread act for another task of the process; for tests of the kernel.
  package func adopt(_ task: Task) { state.pointee.task = task }

  /// mach_thread_self: a name of the thread's own port, one user reference more with each call (facts: R15); NULL when
  /// there is no memory or no name.
  package func selfName() -> mach_port_name_t {
    guard let right = makeSelfRight() else { return Name.null }
    return task.space.name(for: right)
  }

  private func makeSelfRight() -> SendRight? {
    if state.pointee.port == nil {
      state.pointee.port = Port.makeKernelPort(type: KernelObjectType.thread, object: slot)
    }
    guard let port = state.pointee.port else { return nil }
    return SendRight(making: port.locked())
  }
}

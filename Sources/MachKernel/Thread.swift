// What the kernel keeps for each thread that calls it.

import CLinux
import CMach
import Synchronization

/// One thread's kernel state (historic: the ipc part of `thread_t`). Made at the thread's first call, freed when the
/// thread ends. It holds the record of a blocked call, so that nothing on a stack is ever linked into a queue.
struct ThreadObject: ~Copyable {
  let counters = ThreadCounters()
  /// The registry's links; the registry's lock guards them.
  var next: Thread?
  var previous: Thread?

  /// The task that the thread acts for.
  var task: Task
  /// The thread's blocked call, or a blocked call that the thread left by a jump.
  var wait = WaitRecord()
  /// Messages that this thread is destroying (facts: C3).
  var dying = MessageList()
  /// The thread's kernel port; made by the first mach_thread_self.
  var port: Port?

  init(task: Task) { self.task = task }
}

/// Names a thread's state; owns nothing.
@safe package struct Thread: Equatable {
  let object: UnsafeMutablePointer<ThreadObject>

  @inline(__always)
  package static func == (one: Thread, other: Thread) -> Bool { one.object == other.object }

  /// The calling thread; nil when this is its first call and memory is out.
  @inline(__always)
  package static var current: Thread? {
    if let slot = clinux_thread() { return Thread(object: slot.assumingMemoryBound(to: ThreadObject.self)) }
    return makeCurrent()
  }

  /// The calling thread at the start of a call: a blocked call that it left by a jump is cleaned up first.
  @inline(__always)
  package static var entering: Thread? {
    guard let thread = current else { return nil }
    thread.object.pointee.wait.abandon()
    return thread
  }

  @inline(__always)
  package var task: Task { object.pointee.task }

  @inline(never)
  private static func makeCurrent() -> Thread? {
    guard let task = Kernel.task, let object = KernelMemory.allocate(ThreadObject.self) else { return nil }
    object.initialize(to: ThreadObject(task: task))
    let thread = Thread(object: object)
    guard clinux_keep_until_exit(Kernel.threadExitKey, object) else {
      object.deinitialize(count: 1)
      KernelMemory.free(object)
      return nil
    }
    clinux_set_thread(object)
    Registry.add(thread)
    return thread
  }

  /// Runs when the thread ends, by return, pthread_exit or cancellation, whatever it was doing.
  func end() {
    clinux_set_thread(UnsafeMutableRawPointer(object))
    object.pointee.wait.abandon()
    if let port = object.pointee.port {
      object.pointee.port = nil
      port.locked().destroyKernelPort()
    }
    Registry.remove(self)
    clinux_set_thread(nil)
    object.deinitialize(count: 1)
    KernelMemory.free(object)
  }

  /// A forked child's only thread starts afresh: its wait, its dying messages and its port were the parent's task's.
  func restart(in task: Task) {
    object.deinitialize(count: 1)
    object.initialize(to: ThreadObject(task: task))
  }

  /// mach_thread_self: a name of the thread's own port, one user reference more with each call (facts: R15); NULL when
  /// there is no memory or no name.
  package func selfName() -> mach_port_name_t {
    guard let right = makeSelfRight() else { return Name.null }
    return task.space.name(for: right)
  }

  private func makeSelfRight() -> SendRight? {
    if object.pointee.port == nil {
      object.pointee.port = Port.makeKernelPort(type: KernelObjectType.thread, object: UnsafeMutableRawPointer(object))
    }
    guard let port = object.pointee.port else { return nil }
    return SendRight(making: port.locked())
  }
}

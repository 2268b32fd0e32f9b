// The process's kernel: what is made when the library is loaded, and anew in a forked child.

import CLinux
import CMach

/// The global state. It is all made at load, before any thread can call; nothing here is made lazily, because a lazy
/// global can hang in a forked child.
package enum Kernel {
  nonisolated(unsafe) static var task: Task?
  nonisolated(unsafe) static var hostPort: Port?
  nonisolated(unsafe) static var threadExitKey = pthread_key_t()
  nonisolated(unsafe) static var pageSize = 4096
  /// Hides addresses in the tokens of `token(for:)`.
  nonisolated(unsafe) private static var secret: UInt64 = 0
  /// Counts forks, for the last word of audit tokens.
  nonisolated(unsafe) static var processVersion: UInt32 = 1

  /// The task of the process itself; nil when there was no memory for it.
  package static var processTask: Task? { task }

  /// Called once, at load.
  package static func boot() {
    pageSize = Int(clinux_page_size())
    secret = clinux_secret()
    clinux_read_environment()
    guard clinux_make_exit_key(&threadExitKey, endOfThread) else { return }
    _ = clinux_around_fork(prepareForFork, finishFork, restartInChild)
    SemaphoreTable.start()
    start()
  }

  /// What calls report in place of an object's address: the same number for the same object as long as it lives, never
  /// 0, and no way back to the address (Choices: fields that hold kernel addresses).
  static func token(for object: UnsafeMutableRawPointer) -> UInt64 { token(for: UInt64(UInt(bitPattern: object))) }

  /// The same for what is known by a number.
  static func token(for number: UInt64) -> UInt64 {
    var token = number ^ secret
    token = (token ^ token >> 30) &* 0xbf58_476d_1ce4_e5b9
    token = (token ^ token >> 27) &* 0x94d0_49bb_1331_11eb
    return (token ^ token >> 31) | 1
  }

  /// Gives memory that is kept for later use back to the system.
  package static func trim() {
    VirtualMemory.trim()
    if let thread = Thread.known { MessageMemory.drain(thread) }
    clinux_trim()
  }

  private static func start() {
    hostPort = Port.makeKernelPort(type: KernelObjectType.host, object: nil)
    Host.start()
    Clock.start()
    ProcessorSet.start()
    Bootstrap.start()
    task = Task.make(parent: nil)
    cmach_set_bootstrap_port(task?.bootstrapName() ?? Name.null)
  }
}

private func endOfThread(_ slot: UnsafeMutableRawPointer?) {
  guard let slot else { return }
  clinux_forget_frames()
  Thread(slot).end()
}

private func prepareForFork() {
  VirtualMemory.prepareForFork()
  EventDescriptor.prepareForFork()
}

private func finishFork() {
  EventDescriptor.finishFork()
  VirtualMemory.finishFork()
}

/// A forked child is a new task with an empty space (facts: X5). What the parent's task had stays where it was: other
/// threads, which are gone, may have been changing it.
private func restartInChild() {
  Kernel.processVersion &+= 1
  Registry.restartAfterFork()
  EventDescriptor.restartAfterFork()
  VirtualMemory.restartAfterFork()
  Transit.restartAfterFork()
  Timers.restartAfterFork()
  ObjectPool.restartAfterFork()
  SemaphoreTable.restartAfterFork()
  Processor.restartAfterFork()
  Bootstrap.restartAfterFork()
  let thread = clinux_thread()
  clinux_set_thread(nil)
  Kernel.hostPort = nil
  Kernel.task = nil
  Kernel.restart(keeping: thread)
}

extension Kernel {
  fileprivate static func restart(keeping slot: UnsafeMutableRawPointer?) {
    start()
    guard let slot, let task else { return }
    let thread = Thread(slot)
    thread.restart(in: task)
    Registry.add(thread)
    clinux_set_thread(slot)
  }
}

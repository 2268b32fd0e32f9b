// task_threads: the threads that act for a task.

import CLinux
import CMach

/// Send rights to the ports of threads, in the order of the threads' ids.
public struct ThreadList: ~Copyable {
  private var rights: UnsafeMutablePointer<UInt>?
  private var capacity = 0
  package private(set) var count = 0

  deinit {
    for index in 0..<count { KeptRight(stored: rights?[index] ?? 0).drop() }
    if let rights { KernelMemory.free(rights) }
  }

  /// Facts: J10. Throws FAILURE (the task has ended, there is no /proc), RESOURCE_SHORTAGE.
  init(of task: Task) throws(KernelReturn) {
    if !task.isActive { throw .failure }
    Registry.sweepPrepared()
    let own = Timers.threadIdentifier()
    try Process.forEachThread { (identifier) throws(KernelReturn) in
      if identifier == own { return }
      if let right = try ThreadList.right(identifier, of: task) { try append(right) }
    }
    if !task.isActive { throw .failure }
  }

  /// nil for a thread that acts for another task or has ended.
  private static func right(_ identifier: Int32, of task: Task) throws(KernelReturn) -> KeptRight? {
    var listed = Registry.right(ofThread: identifier, of: task)
    if case .unknown = listed {
      try prepare(identifier)
      listed = Registry.right(ofThread: identifier, of: task)
    }
    switch listed {
    case .unknown, .elsewhere: return nil
    case .right(let right):
      guard let right else { throw .resourceShortage }
      return right
    }
  }

  /// Makes a thread known that has never called.
  private static func prepare(_ identifier: Int32) throws(KernelReturn) {
    guard let status = try Process.thread(identifier) else { return }
    guard let thread = Thread.makeRecord(pthread: pthread_t(), identifier: identifier, startTime: status.startTime)
    else { throw .resourceShortage }
    if !Registry.addPrepared(thread) { thread.freeRecord() }
  }

  private mutating func append(_ right: KeptRight) throws(KernelReturn) {
    if count == capacity {
      let larger = max(16, capacity * 2)
      guard let memory = KernelMemory.allocateZeroed(UInt.self, count: larger) else {
        right.drop()
        throw .resourceShortage
      }
      for index in 0..<count { memory[index] = rights?[index] ?? 0 }
      if let rights { KernelMemory.free(rights) }
      rights = memory
      capacity = larger
    }
    rights?[count] = right.stored
    count += 1
  }

  /// Takes a right, once.
  package mutating func take(_ index: Int) -> KeptRight {
    let right = KeptRight(stored: rights?[index] ?? 0)
    rights?[index] = 0
    return right
  }
}

extension Task {
  package func threads() throws(KernelReturn) -> ThreadList { try ThreadList(of: self) }
}

// Threads that have not called the library yet, and are known nevertheless.

import CLinux
import CMach

// task_threads lists all threads of the process. One that has never called has no record, so a record is prepared for
// it: it has the thread's id and, as ids are used again, the time at which the thread started. When the thread makes its
// first call it takes this record for its own, and with it its port. One that ends without a call is noticed by whoever
// looks next: at task_threads, at a call on its port, at mach_linux_statistics.
extension Registry {
  /// Whether there may be any.
  static var hasPrepared: Bool {
    lock.acquire()
    defer { lock.release() }
    return preparedCount > 0
  }

  /// The record with an id; the lock is held.
  private static func record(_ identifier: Int32) -> Thread? {
    var thread = firstThread
    while let current = thread {
      if current.links.pointee.identifier == identifier { return current }
      thread = current.links.pointee.next
    }
    return nil
  }

  /// The prepared record of the thread that had an id and started at a time; the lock is held. Another that was given the
  /// same id since may have called.
  private static func prepared(_ identifier: Int32, _ startTime: UInt64) -> Thread? {
    var thread = firstThread
    while let current = thread {
      let links = current.links.pointee
      if links.identifier == identifier, links.startTime == startTime { return current }
      thread = links.next
    }
    return nil
  }

  /// What `right(ofThread:)` finds.
  enum Listed {
    case unknown
    /// It acts for another task, or is at its end.
    case elsewhere
    /// A send right to its port, or none: memory is out.
    case right(KeptRight?)
  }

  /// A right to the port of the thread with an id, if it is known and acts for `task`.
  static func right(ofThread identifier: Int32, of task: Task) -> Listed {
    lock.acquire()
    defer { lock.release() }
    guard let thread = record(identifier) else { return .unknown }
    if thread.links.pointee.task != task || thread.links.pointee.isEnding { return .elsewhere }
    guard let port = portLocked(of: thread) else { return .right(nil) }
    return .right(KeptRight(stored: SendRight(making: port.locked()).leakStored()))
  }

  /// Adds a prepared record. False if the thread has become known meanwhile.
  static func addPrepared(_ thread: Thread) -> Bool {
    lock.acquire()
    defer { lock.release() }
    if record(thread.links.pointee.identifier) != nil { return false }
    thread.links.pointee.next = firstThread
    firstThread?.links.pointee.previous = thread
    firstThread = thread
    preparedCount += 1
    return true
  }

  /// When the thread started that has a prepared record with an id; nil if there is none.
  static func startTime(ofPrepared identifier: Int32) -> UInt64? {
    lock.acquire()
    defer { lock.release() }
    guard let startTime = record(identifier)?.links.pointee.startTime, startTime != 0 else { return nil }
    return startTime
  }

  /// The calling thread's prepared record, which is an ordinary one from now on.
  static func takePrepared(_ identifier: Int32, _ startTime: UInt64, pthread: pthread_t) -> Thread? {
    lock.acquire()
    defer { lock.release() }
    guard let thread = record(identifier), thread.links.pointee.startTime == startTime else { return nil }
    thread.links.pointee.startTime = 0
    thread.links.pointee.pthread = pthread
    preparedCount -= 1
    return thread
  }

  /// Undoes that.
  static func putBack(_ thread: Thread, _ startTime: UInt64) {
    lock.acquire()
    thread.links.pointee.startTime = startTime
    thread.links.pointee.pthread = pthread_t()
    preparedCount += 1
    lock.release()
  }

  /// The prepared thread with the lowest id above another.
  private static func prepared(after identifier: Int32) -> (identifier: Int32, startTime: UInt64)? {
    lock.acquire()
    defer { lock.release() }
    var found: (identifier: Int32, startTime: UInt64)?
    var thread = firstThread
    while let current = thread {
      let links = current.links.pointee
      if links.startTime != 0, links.identifier > identifier, links.identifier < found?.identifier ?? .max {
        found = (links.identifier, links.startTime)
      }
      thread = links.next
    }
    return found
  }

  /// Ends the records of prepared threads that have ended.
  static func sweepPrepared() {
    guard hasPrepared else { return }
    var last: Int32 = 0
    while let (identifier, startTime) = prepared(after: last) {
      last = identifier
      sweep(identifier, startTime)
    }
  }

  /// Ends the record of a prepared thread, if that has ended. Whether it has.
  @discardableResult
  static func sweep(_ identifier: Int32, _ startTime: UInt64) -> Bool {
    do throws(KernelReturn) {
      if try Process.thread(identifier)?.startTime == startTime { return false }
    } catch {
      return false
    }
    end(identifier, startTime)
    return true
  }

  /// As the end of a thread that has called (`Thread.end`); once, whoever comes first.
  private static func end(_ identifier: Int32, _ startTime: UInt64) {
    lock.acquire()
    guard let thread = prepared(identifier, startTime) else { return lock.release() }
    // No one takes it from here on.
    thread.links.pointee.startTime = 0
    preparedCount -= 1
    lock.release()
    var old = StoredRights()
    let port = detach(thread, &old)
    old.dropAll()
    port?.locked().destroyKernelPort()
    remove(thread)
    thread.freeRecord()
  }
}

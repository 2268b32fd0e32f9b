// The queue of all timers and alarms, and the thread that waits for the earliest.

import CLinux
import CMach
import Synchronization

/// All that is to happen at a time. Its lock is the last of all, and held for no more than a look at the queue.
///
/// There is one thread, started when the first timer or alarm is made. It sleeps until the earliest deadline, or for
/// ever, and holds nothing while it does. A forked child has no such thread, and no timers, until it makes one.
package enum Timers {
  private static let lock = Lock()
  nonisolated(unsafe) private static var queue = TimerQueue()
  /// Until when the thread sleeps, or is about to; 0 while it is awake.
  nonisolated(unsafe) private static var sleepsUntil: UInt64 = 0
  /// It has something in its hands that is in the queue no more.
  nonisolated(unsafe) private static var isBusy = false
  /// How much it has been through with.
  nonisolated(unsafe) private static var doneCount: UInt64 = 0
  /// The word that the thread sleeps on: counts what it must not oversleep.
  private static let changes = Atomic<UInt32>(0)

  /// Held while the thread is started, and nothing else is.
  private static let startLock = Lock()
  nonisolated(unsafe) private static var hasThread = false
  /// The thread's id with the system, once it runs.
  private static let identifier = Atomic<Int32>(0)

  // MARK: The thread

  /// Starts the thread if there is none. Throws RESOURCE_SHORTAGE.
  static func start() throws(KernelReturn) {
    startLock.acquire()
    if !hasThread {
      hasThread = clinux_start_thread(
        { _ in
          Timers.run()
          return nil
        }, "libmach timers")
    }
    let isThere = hasThread
    startLock.release()
    if !isThere { throw .resourceShortage }
  }

  /// The id of the thread; 0 if there is none.
  static func threadIdentifier() -> Int32 {
    startLock.acquire()
    defer { startLock.release() }
    if !hasThread { return 0 }
    while identifier.load(ordering: .relaxed) == 0 { clinux_yield() }
    return identifier.load(ordering: .relaxed)
  }

  private static func run() {
    identifier.store(clinux_thread_identifier(), ordering: .relaxed)
    lock.acquire()
    while true {
      isBusy = false
      let now = clinux_now()
      if let first = queue.first, first.pointee.deadline <= now {
        queue.remove(first)
        isBusy = true
        fire(Timer(first), at: now)
        lock.acquire()
        doneCount += 1
        continue
      }
      let deadline = queue.first?.pointee.deadline ?? .max
      let seen = changes.load(ordering: .relaxed)
      sleepsUntil = deadline
      lock.release()
      sleep(until: deadline, unlessChanged: seen)
      lock.acquire()
      sleepsUntil = 0
    }
  }

  private static func sleep(until deadline: UInt64, unlessChanged seen: UInt32) {
    withUnsafePointer(to: changes) { _ = clinux_futex_wait(UnsafeRawPointer($0), seen, deadline) }
  }

  /// Its time has come, and it is out of the queue. Gives the lock back.
  private static func fire(_ timer: Timer, at now: UInt64) {
    guard let port = timer.object.pointee.port else {
      lock.release()
      return timer.sound(KERN_SUCCESS, at: mach_timespec_t(nanoseconds: now))
    }
    // One whose last message is still to be received says nothing.
    if timer.object.pointee.isOutstanding { return lock.release() }
    timer.object.pointee.isOutstanding = true
    port.retain()
    lock.release()
    var aftermath = Aftermath()
    let locked = port.locked()
    timer.post(to: locked, &aftermath)
    // Whoever has the message finds nothing left of this.
    locked.unlockReleasing()
    aftermath.finish()
  }

  /// Wakes the thread, if `set` or `arm` said so. No lock is held.
  static func wake() {
    withUnsafePointer(to: changes) { clinux_futex_wake(UnsafeRawPointer($0), 1) }
  }

  /// The thread has to know if it would sleep too long. Returns whether it has to be woken.
  private static func noteFirst(_ deadline: UInt64) -> Bool {
    if deadline >= sleepsUntil { return false }
    sleepsUntil = 0
    changes.wrappingAdd(1, ordering: .relaxed)
    return true
  }

  // MARK: What is in the queue

  /// Sets an alarm.
  static func set(_ alarm: Timer, at deadline: UInt64) {
    lock.acquire()
    queue.insert(alarm.node, at: deadline)
    let isFirst = noteFirst(deadline)
    lock.release()
    if isFirst { wake() }
  }

  /// Arms a timer anew. The caller has locked its port, which lives. Returns whether the thread has to be woken.
  static func arm(_ timer: Timer, at deadline: UInt64) -> Bool {
    lock.acquire()
    defer { lock.release() }
    if timer.node.pointee.isQueued { queue.remove(timer.node) }
    queue.insert(timer.node, at: deadline)
    return noteFirst(deadline)
  }

  /// A timer's time has come when it is armed. Returns whether its message is to be posted.
  static func armForNow(_ timer: Timer) -> Bool {
    lock.acquire()
    defer { lock.release() }
    if timer.node.pointee.isQueued { queue.remove(timer.node) }
    if timer.object.pointee.isOutstanding { return false }
    timer.object.pointee.isOutstanding = true
    return true
  }

  /// Disarms a timer. Returns its deadline; 0 when it was not armed.
  static func cancel(_ timer: Timer) -> UInt64 {
    lock.acquire()
    defer { lock.release() }
    guard timer.node.pointee.isQueued else { return 0 }
    queue.remove(timer.node)
    return timer.node.pointee.deadline
  }

  /// A timer is no more. Its memory goes now, or when its message comes back.
  static func end(_ timer: Timer) {
    lock.acquire()
    if timer.node.pointee.isQueued { queue.remove(timer.node) }
    timer.object.pointee.isDead = true
    let isOutstanding = timer.object.pointee.isOutstanding
    lock.release()
    if !isOutstanding { timer.free() }
  }

  /// A timer's message has been received, or ended.
  static func takeBack(_ timer: Timer) {
    lock.acquire()
    timer.object.pointee.isOutstanding = false
    let isDead = timer.object.pointee.isDead
    lock.release()
    if isDead { timer.free() }
  }

  /// Waits until the thread is through with what it has in its hands now: a timer that has ended meanwhile is not there
  /// any more then.
  static func settle() {
    lock.acquire()
    let count = doneCount
    while isBusy, doneCount == count {
      lock.release()
      clinux_yield()
      lock.acquire()
    }
    lock.release()
  }

  /// In a forked child: its parent's timers and thread are not there.
  static func restartAfterFork() {
    lock.reset()
    startLock.reset()
    queue = TimerQueue()
    sleepsUntil = 0
    isBusy = false
    hasThread = false
    identifier.store(0, ordering: .relaxed)
  }

  #if CHECKED
    /// Calls `body` with the queue, while the thread has nothing in its hands and cannot take anything.
    static func whileQuiet(_ body: (borrowing TimerQueue) -> Void) {
      lock.acquire()
      while isBusy {
        lock.release()
        clinux_yield()
        lock.acquire()
      }
      body(queue)
      lock.release()
    }
  #endif
}

extension mach_timespec_t {
  init(nanoseconds: UInt64) {
    self.init()
    tv_sec = UInt32(truncatingIfNeeded: nanoseconds / NSEC_PER_SEC)
    tv_nsec = clock_res_t(truncatingIfNeeded: nanoseconds % NSEC_PER_SEC)
  }
}

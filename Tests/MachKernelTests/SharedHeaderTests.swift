// The lock and the reference count that ports, sets, spaces and tasks have in one word.

import CLinux
import Glibc
import Synchronization
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct SharedHeaderTests {
    /// A header that stays in its place, and a number that its lock guards.
    final class Shared {
      private let header = UnsafeMutablePointer<SharedHeader>.allocate(capacity: 1)
      var value = 0
      /// How many have had the lock.
      let served = Atomic<Int>(0)

      init() { header.initialize(to: SharedHeader()) }

      /// Its last reference has gone.
      init(unreferenced: Void) {
        header.initialize(to: SharedHeader())
        _ = header.pointee.releaseLast()
      }

      deinit { header.deallocate() }

      var references: UInt32 { header.pointee.references }
      func retain() { header.pointee.retain() }
      func revive() { header.pointee.revive() }
      func releaseLast() -> Bool { header.pointee.releaseLast() }

      func lock() { header.pointee.lock() }
      func tryLock() -> Bool { header.pointee.tryLock() }
      func unlock() { header.pointee.unlock() }
      func unlockLasting() { header.pointee.unlockLasting() }
      func unlockRetaining() { header.pointee.unlockRetaining() }
      func unlockReleasing() -> Bool { header.pointee.unlockReleasing() }
      func unlockDead() { header.pointee.unlockDead() }
      func markDead() { header.pointee.markDead() }
      var isOnlyReference: Bool { header.pointee.isOnlyReference }
      var isDead: Bool { header.pointee.isDead }

      /// Whether the lock is free, found out by taking it.
      var isFree: Bool {
        guard tryLock() else { return false }
        unlock()
        return true
      }

      /// Whether someone has left the mark that the lock is waited for.
      var isAwaited: Bool {
        let word = UnsafeMutableRawPointer(header).assumingMemoryBound(to: Atomic<UInt64>.self)
        return word.pointee.load(ordering: .acquiring) & 2 != 0
      }

      /// Wakes those that no one has woken, so that a test that has failed ends.
      func wakeAll() { clinux_futex_wake(UnsafeRawPointer(header), .max) }
    }

    /// A thread that takes the lock, adds one to the number, and gives the lock back.
    private final class Waiting {
      /// The thread's own view of its state in /proc; -1 until it runs.
      private let state = Atomic<CInt>(-1)
      private var thread: TestThread<Void>?

      init(for shared: Shared) {
        thread = TestThread {
          self.state.store(open("/proc/thread-self/stat", O_RDONLY), ordering: .releasing)
          shared.lock()
          shared.value += 1
          shared.served.add(1, ordering: .releasing)
          shared.unlock()
        }
      }

      /// Whether the system has put the thread to sleep; between its start and the lock nothing else does.
      var isAsleep: Bool {
        let state = state.load(ordering: .acquiring)
        var line = [UInt8](repeating: 0, count: 256)
        guard state != -1, pread(state, &line, line.count, 0) > 0, let name = line.lastIndex(of: UInt8(ascii: ")"))
        else { return false }
        return line[name + 2] == UInt8(ascii: "S")
      }

      func join() {
        thread?.join()
        close(state.load(ordering: .relaxed))
      }
    }

    /// The ways to give the lock back, and what each does to the count.
    enum Unlocking: CaseIterable {
      case plainly, lastingly, retaining, releasing, dead

      var change: Int { self == .retaining ? 1 : self == .releasing ? -1 : 0 }

      /// True when it was the last reference.
      @discardableResult
      func callAsFunction(_ shared: Shared) -> Bool {
        switch self {
        case .plainly: shared.unlock()
        case .lastingly: shared.unlockLasting()
        case .retaining: shared.unlockRetaining()
        case .releasing: return shared.unlockReleasing()
        case .dead: shared.unlockDead()
        }
        return false
      }
    }

    @Test func oneReferenceIsTheOnlyOneWhateverElseTheWordSays() {
      let shared = Shared()
      #expect(shared.isOnlyReference)
      shared.lock()
      shared.markDead()
      #expect(shared.isOnlyReference)
      shared.unlockRetaining()
      #expect(!shared.isOnlyReference)
      #expect(!shared.releaseLast())
      #expect(shared.isOnlyReference)
      #expect(shared.releaseLast())
      #expect(!shared.isOnlyReference)
    }

    // MARK: The lock

    @Test func aNewHeaderIsFreeAliveAndCountsOne() {
      let shared = Shared()
      #expect(shared.isFree)
      #expect(!shared.isDead)
      #expect(shared.references == 1)
      let unreferenced = Shared(unreferenced: ())
      #expect(unreferenced.references == 0)
      #expect(!unreferenced.isDead)
      #expect(unreferenced.tryLock())
    }

    @Test func aHeldLockCannotBeTaken() {
      let shared = Shared()
      #expect(shared.tryLock())
      #expect(!shared.tryLock())
      shared.unlock()
      shared.lock()
      #expect(!shared.tryLock())
      #expect(!TestThread { shared.tryLock() }.join())
      shared.unlock()
      #expect(shared.isFree)
    }

    @Test func fourThreadsThatFightForTheLockLoseNoStepAndNoReference() {
      let shared = Shared()
      let threads = (0..<4).map { number in
        TestThread {
          for step in 0..<20_000 {
            if number == 3 {
              while !shared.tryLock() {}
            } else {
              shared.lock()
            }
            shared.value += 1
            // Every second one adds a reference, and the next takes it away.
            if step % 2 == 0 {
              shared.unlockRetaining()
            } else {
              _ = shared.unlockReleasing()
            }
          }
        }
      }
      for thread in threads { thread.join() }
      #expect(shared.value == 80_000)
      #expect(shared.references == 1)
      #expect(shared.isFree)
    }

    @Test(arguments: Unlocking.allCases)
    func threadsThatSleepForTheLockGetItOneAfterTheOther(unlock: Unlocking) {
      let shared = Shared()
      shared.retain()
      shared.lock()
      let threads = (0..<3).map { _ in Waiting(for: shared) }
      wait { shared.isAwaited && threads.allSatisfy { $0.isAsleep } }
      #expect(shared.served.load(ordering: .acquiring) == 0)
      #expect(shared.value == 0)
      unlock(shared)
      wait { shared.served.load(ordering: .acquiring) == 3 }
      shared.wakeAll()
      for thread in threads { thread.join() }
      #expect(shared.value == 3)
      #expect(shared.references == UInt32(2 + unlock.change))
      #expect(!shared.isAwaited)
      #expect(shared.isFree)
    }

    @Test func countsThatChangeMeanwhileLeaveTheLockAndItsWaiterAlone() {
      let shared = Shared()
      shared.lock()
      let waiting = Waiting(for: shared)
      wait { shared.isAwaited && waiting.isAsleep }
      for _ in 0..<3 { shared.retain() }
      #expect(!shared.releaseLast())
      #expect(shared.references == 3)
      #expect(!shared.tryLock())
      #expect(shared.isAwaited)
      #expect(waiting.isAsleep)
      shared.unlock()
      wait { shared.served.load(ordering: .acquiring) == 1 }
      shared.wakeAll()
      waiting.join()
      #expect(shared.references == 3)
    }

    @Test func countsThatOthersChangeDoNotDisturbAFightForTheLock() {
      let shared = Shared()
      let fighters = (0..<2).map { _ in
        TestThread {
          for _ in 0..<20_000 {
            shared.lock()
            shared.value += 1
            shared.unlock()
          }
          return 0
        }
      }
      let counters = (0..<2).map { _ in
        TestThread {
          var last = 0
          for _ in 0..<40_000 {
            shared.retain()
            if shared.releaseLast() { last += 1 }
          }
          return last
        }
      }
      #expect((fighters + counters).map { $0.join() }.reduce(0, +) == 0)
      #expect(shared.value == 40_000)
      #expect(shared.references == 1)
      #expect(shared.isFree)
    }

    // MARK: References

    @Test(arguments: Unlocking.allCases)
    func givingTheLockBackChangesTheCountWithIt(unlock: Unlocking) {
      for references in 1...3 {
        let shared = Shared()
        for _ in 1..<references { shared.retain() }
        shared.lock()
        let wasLast = unlock(shared)
        #expect(wasLast == (references + unlock.change == 0))
        #expect(shared.references == UInt32(references + unlock.change))
        #expect(shared.isDead == (unlock == .dead))
        #expect(shared.isFree)
      }
    }

    @Test func theLastReferenceIsTheLastWhetherTheLockIsHeldOrNot() {
      let shared = Shared()
      shared.retain()
      #expect(!shared.releaseLast())
      shared.lock()
      #expect(shared.releaseLast())
      #expect(shared.references == 0)
      #expect(!shared.tryLock())
      shared.unlock()
      #expect(shared.isFree)
    }

    @Test func theLastReferenceIsGivenBackOnceHoweverManyThreadsGiveBackTheirs() {
      let count = 10_000
      let threadCount = 4
      let objects = (0..<count).map { _ in Shared() }
      for object in objects {
        for _ in 1..<threadCount { object.retain() }
      }
      let ready = Atomic<Int>(0)
      let threads = (0..<threadCount).map { number in
        TestThread {
          var last: [Int] = []
          ready.add(1, ordering: .releasing)
          while ready.load(ordering: .acquiring) < threadCount { sched_yield() }
          for index in 0..<count {
            // Two of them together with the lock.
            if number % 2 == 0 {
              if objects[index].releaseLast() { last.append(index) }
            } else {
              objects[index].lock()
              if objects[index].unlockReleasing() { last.append(index) }
            }
          }
          return last
        }
      }
      let last = threads.flatMap { $0.join() }
      #expect(last.sorted() == Array(0..<count))
    }

    // MARK: Death

    @Test func whoDiesWithItsLockGivenBackIsFreeAndDead() {
      let shared = Shared()
      shared.lock()
      #expect(!shared.isDead)
      shared.unlockDead()
      #expect(shared.isDead)
      #expect(shared.isFree)
      #expect(shared.isDead, "taking and giving back the lock of the dead does not revive")
      shared.retain()
      #expect(!shared.releaseLast())
      #expect(shared.isDead)
    }

    @Test func whoIsMarkedDeadKeepsItsLock() {
      let shared = Shared()
      shared.lock()
      shared.markDead()
      #expect(shared.isDead)
      #expect(!shared.tryLock())
      #expect(shared.references == 1)
      shared.unlock()
      #expect(shared.isDead)
      #expect(shared.isFree)
    }

    @Test func whatHasDiedComesBackAliveWithOneReference() {
      let shared = Shared(unreferenced: ())
      for _ in 0..<3 {
        shared.revive()
        #expect(shared.references == 1)
        #expect(!shared.isDead)
        shared.lock()
        shared.unlockDead()
        #expect(shared.releaseLast())
        #expect(shared.isDead)
      }
    }

    @Test func whatIsRevivedWithoutHavingDiedIsAliveToo() {
      let shared = Shared(unreferenced: ())
      shared.revive()
      #expect(shared.releaseLast())
      shared.revive()
      #expect(shared.references == 1)
      #expect(!shared.isDead)
      #expect(shared.tryLock())
    }

    /// A look-up that comes too late may have the lock of what is just being made again.
    @Test(arguments: [false, true])
    func whoHoldsTheLockKeepsItWhenTheObjectIsRevived(isDead: Bool) {
      let shared = Shared(unreferenced: ())
      shared.lock()
      if isDead { shared.markDead() }
      shared.revive()
      #expect(shared.references == 1)
      #expect(!shared.isDead)
      #expect(!shared.tryLock())
      shared.unlock()
      #expect(shared.references == 1)
      #expect(shared.tryLock())
    }
  }
}

// The lock, alone and fought over.

import CLinux
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct LockTests {
    /// A number behind a lock.
    private final class Guarded {
      let lock = Lock()
      var value = 0
    }

    @Test func aHeldLockCannotBeTaken() {
      let guarded = Guarded()
      guarded.lock.acquire()
      let whileHeld = guarded.lock.tryAcquire()
      guarded.lock.release()
      let whileFree = guarded.lock.tryAcquire()
      guarded.lock.release()
      #expect(!whileHeld)
      #expect(whileFree)
    }

    @Test func fourThreadsThatFightForALockLoseNoStep() {
      let guarded = Guarded()
      let threads = (0..<4).map { _ in
        TestThread {
          for _ in 0..<20_000 {
            guarded.lock.acquire()
            guarded.value += 1
            guarded.lock.release()
          }
        }
      }
      for thread in threads { thread.join() }
      #expect(guarded.value == 80_000)
    }

    @Test func aThreadThatFoundTheLockHeldGetsItOnceItIsFree() {
      let guarded = Guarded()
      guarded.lock.acquire()
      let thread = TestThread {
        guarded.lock.acquire()
        defer { guarded.lock.release() }
        return guarded.value
      }
      // Long enough for the thread to stop spinning and to sleep, most of the time.
      for _ in 0..<200 { sched_yield() }
      guarded.value = 7
      guarded.lock.release()
      #expect(thread.join() == 7)
    }

    @Test func tryingFailsOnlyWhileAnotherThreadHoldsTheLock() {
      let guarded = Guarded()
      let threads = (0..<2).map { _ in
        TestThread {
          var taken = 0
          while taken < 10_000 {
            guard guarded.lock.tryAcquire() else { continue }
            guarded.value += 1
            guarded.lock.release()
            taken += 1
          }
        }
      }
      for thread in threads { thread.join() }
      #expect(guarded.value == 20_000)
    }

    @Test func aResetLockIsFree() {
      let guarded = Guarded()
      guarded.lock.acquire()
      guarded.lock.reset()
      let taken = guarded.lock.tryAcquire()
      guarded.lock.release()
      #expect(taken)
    }
  }
}

import Testing

@testable import MachKernel

@Suite struct LockTests {
  @Test func aHeldLockCannotBeTaken() {
    let lock = Lock()
    lock.acquire()
    #expect(!lock.tryAcquire())
    lock.release()
    #expect(lock.tryAcquire())
    lock.release()
  }
}

// The protocol of a semaphore's word, step by step; what programs see is tested in C.

import CLinux
import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct SemaphoreTests {
    /// A record as threads have them, but of no thread.
    private func makeWaiter() throws -> Waiter {
      let memory = KernelMemory.allocate(WaitRecord.self, extra: Waiter.size - MemoryLayout<WaitRecord>.stride)
      let waiter = Waiter(record: try #require(memory))
      waiter.initialize()
      return waiter
    }

    private func makeSemaphore(
      in one: TestTask, policy: Int32 = SYNC_POLICY_FIFO, count: Int32 = 0
    ) throws -> mach_port_name_t {
      try one.step { space in try one.task.makeSemaphore(policy: policy, count: count).name(in: space) }
    }

    private func count(_ semaphore: Semaphore) -> UInt64 { semaphore.word >> 32 }
    private func flags(_ semaphore: Semaphore) -> UInt64 { semaphore.word & 7 }

    /// Lets a record without a thread wait there.
    private func enqueue(_ waiter: Waiter, at semaphore: Semaphore) {
      var aftermath = Aftermath()
      let locked = semaphore.locked()
      waiter.begin(at: .nowhere, isSend: false, message: nil)
      locked.append(waiter)
      locked.unlock(&aftermath)
      aftermath.finish()
    }

    // MARK: Handing over

    @Test func aSignalWhileTheQueueIsLockedIsLeftToTheHolder() throws {
      try TestTask.withOne { one in
        let found = try one.space.semaphore(named: try makeSemaphore(in: one))
        let waiter = try makeWaiter()
        defer { KernelMemory.free(waiter.record) }
        enqueue(waiter, at: found.semaphore)
        #expect(flags(found.semaphore) == SemaphoreState.queued)
        var aftermath = Aftermath()
        let locked = found.semaphore.locked()
        try found.signal()
        #expect(waiter.record.pointee.isLinked)
        #expect(count(found.semaphore) == 1)
        locked.unlock(&aftermath)
        #expect(!waiter.record.pointee.isLinked)
        #expect(waiter.record.pointee.tookCount)
        #expect(waiter.record.pointee.outcome == KERN_SUCCESS)
        #expect(count(found.semaphore) == 0)
        #expect(flags(found.semaphore) == 0)
        aftermath.finish()
      }
    }

    /// The count comes when the thread has looked for one, and is not in the queue for others to see.
    @Test func aSignalToAThreadThatIsJustQueueingIsNotLost() throws {
      try TestTask.withOne { one in
        let found = try one.space.semaphore(named: try makeSemaphore(in: one))
        let waiter = try makeWaiter()
        defer { KernelMemory.free(waiter.record) }
        var aftermath = Aftermath()
        let locked = found.semaphore.locked()
        let hasCount = locked.takeCount()
        #expect(!hasCount)
        try found.signal()
        waiter.begin(at: .nowhere, isSend: false, message: nil)
        locked.append(waiter)
        locked.unlock(&aftermath)
        aftermath.finish()
        #expect(waiter.record.pointee.tookCount)
        #expect(count(found.semaphore) == 0)
      }
    }

    @Test func noOneOvertakesWhoWaits() throws {
      try TestTask.withOne { one in
        let name = try makeSemaphore(in: one)
        let found = try one.space.semaphore(named: name)
        let waiter = try makeWaiter()
        defer { KernelMemory.free(waiter.record) }
        enqueue(waiter, at: found.semaphore)
        var aftermath = Aftermath()
        let locked = found.semaphore.locked()
        try found.signal()
        let later = try one.space.semaphore(named: name)
        #expect(later.word >> 32 == 1)
        #expect(try !later.take(orFail: true))
        #expect(count(found.semaphore) == 1)
        locked.unlock(&aftermath)
        aftermath.finish()
        #expect(waiter.record.pointee.tookCount)
      }
    }

    @Test func aWaiterThatGivesUpTakesACountThatIsThere() throws {
      try TestTask.withOne { one in
        let found = try one.space.semaphore(named: try makeSemaphore(in: one))
        let waiter = try makeWaiter()
        defer { KernelMemory.free(waiter.record) }
        enqueue(waiter, at: found.semaphore)
        #expect(found.semaphore.withdraw(waiter))
        #expect(flags(found.semaphore) == 0)
        enqueue(waiter, at: found.semaphore)
        try found.signal()
        #expect(!found.semaphore.withdraw(waiter))
        #expect(waiter.record.pointee.tookCount)
      }
    }

    @Test(arguments: [SYNC_POLICY_FIFO, SYNC_POLICY_LIFO])
    func countsThatCameWhileTheQueueWasLockedGoInOrder(policy: Int32) throws {
      try TestTask.withOne { one in
        let found = try one.space.semaphore(named: try makeSemaphore(in: one, policy: policy))
        let waiters = try (0..<3).map { _ in try makeWaiter() }
        defer { for waiter in waiters { KernelMemory.free(waiter.record) } }
        for waiter in waiters { enqueue(waiter, at: found.semaphore) }
        var aftermath = Aftermath()
        let locked = found.semaphore.locked()
        try found.signal()
        try found.signal()
        locked.unlock(&aftermath)
        aftermath.finish()
        let left = policy == SYNC_POLICY_FIFO ? 2 : 0
        for index in 0..<3 { #expect(waiters[index].record.pointee.isLinked == (index == left)) }
        #expect(flags(found.semaphore) == SemaphoreState.queued)
        try found.signal()
        #expect(!waiters[left].record.pointee.isLinked)
      }
    }

    @Test func countsThatCameBeforeTheEndAreStillHandedOver() throws {
      try TestTask.withOne { one in
        let found = try one.space.semaphore(named: try makeSemaphore(in: one))
        let waiters = try (0..<2).map { _ in try makeWaiter() }
        defer { for waiter in waiters { KernelMemory.free(waiter.record) } }
        for waiter in waiters { enqueue(waiter, at: found.semaphore) }
        var aftermath = Aftermath()
        let locked = found.semaphore.locked()
        try found.signal()
        locked.terminate(&aftermath)
        #expect(throws: KernelReturn.terminated) { try found.signal() }
        locked.unlock(&aftermath)
        aftermath.finish()
        #expect(waiters[0].record.pointee.outcome == KERN_SUCCESS)
        #expect(waiters[1].record.pointee.outcome == KERN_TERMINATED)
        #expect(count(found.semaphore) == 0)
        // As the table would have had it.
        found.semaphore.end()
        found.semaphore.begin(count: 0, lastFirst: false)
      }
    }

    // MARK: Lives

    @Test func whatWasFoundInOneLifeDoesNothingInTheNext() throws {
      try TestTask.withOne { one in
        let old = try makeSemaphore(in: one, count: 1)
        let found = try one.space.semaphore(named: old)
        try one.step { space in try space.deallocate(old) }
        let name = try makeSemaphore(in: one, count: 1)
        let again = try one.space.semaphore(named: name)
        #expect(again.semaphore == found.semaphore)
        #expect(throws: KernelReturn.terminated) { try found.signal() }
        #expect(throws: KernelReturn.terminated) { _ = try found.take(orFail: true) }
        #expect(throws: KernelReturn.invalidName) { try one.space.semaphore(named: old).signal() }
        #expect(count(again.semaphore) == 1)
      }
    }

    /// A signaller that came late may hold the lock then.
    @Test func theLockOutlastsALife() throws {
      try TestTask.withOne { one in
        let old = try makeSemaphore(in: one)
        let semaphore = try one.space.semaphore(named: old).semaphore
        var aftermath = Aftermath()
        let locked = semaphore.locked()
        try one.unaudited.step { space in try space.deallocate(old) }
        #expect(flags(semaphore) & SemaphoreState.held != 0)
        let name = try one.unaudited.step { space in
          try one.task.makeSemaphore(policy: SYNC_POLICY_LIFO, count: 2).name(in: space)
        }
        let again = try one.space.semaphore(named: name)
        #expect(again.semaphore == semaphore)
        try again.signal()
        #expect(flags(semaphore) & SemaphoreState.held != 0)
        locked.unlock(&aftermath)
        aftermath.finish()
        #expect(flags(semaphore) == 0)
        #expect(count(semaphore) == 3)
      }
    }

    @Test func aSemaphoreOfAHighNumberIsFound() throws {
      try TestTask.withOne { one in
        let names = try (0..<500).map { _ in
          try one.unaudited.step { space in
            try one.task.makeSemaphore(policy: SYNC_POLICY_FIFO, count: 0).name(in: space)
          }
        }
        for name in names { try one.task.signal(name) }
        let found = try names.map { name in try one.space.semaphore(named: name) }
        #expect(Set(found.map { UInt(bitPattern: $0.semaphore.state) }).count == 500)
        for one in found { #expect(one.word >> 32 == 1) }
      }
    }

    // MARK: The audit

    @Test func theAuditFindsAWrongWordAndALostOwner() throws {
      try TestTask.withOne { one in
        let semaphore = try one.space.semaphore(named: try makeSemaphore(in: one)).semaphore
        semaphore.state.pointee.word.bitwiseOr(SemaphoreState.queued, ordering: .relaxed)
        #expect(Invariants.firstViolation(currentThread).map { "\($0)" } == "a semaphore's state is wrong")
        semaphore.state.pointee.word.bitwiseAnd(~SemaphoreState.queued, ordering: .relaxed)
        let owner = semaphore.links.pointee.owner
        semaphore.links.pointee.owner = nil
        #expect(Invariants.firstViolation(currentThread) != nil)
        semaphore.links.pointee.owner = owner
      }
    }
  }
}

// Live counts.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct StatisticsTests {
    @Test func everyKindOfObjectIsCounted() throws {
      try TestTask.withOne { one in
        let before = LiveCounts()
        let port = try one.makePort()
        let set = try one.makeSet()
        _ = try one.makeDeadName()
        one.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND))
        let after = LiveCounts()
        #expect(after.ports == before.ports + 1)
        #expect(after.sets == before.sets + 1)
        #expect(after.rights == before.rights + 3)
        #expect(after.messages == before.messages + 1)
        #expect(after.tasks == before.tasks)
        try one.destroy(set)
        one.receive(from: port)
        #expect(LiveCounts().sets == before.sets)
        #expect(LiveCounts().messages == before.messages)
      }
    }

    @Test func aTaskCountsWithItsPortAndItsName() throws {
      let before = LiveCounts()
      let task = try #require(Task.makeForTesting())
      let after = LiveCounts()
      #expect(after.tasks == before.tasks + 1)
      #expect(after.ports == before.ports + 2)
      #expect(after.rights == before.rights + 1)
      task.end()
      #expect(LiveCounts() == before)
      checkInvariants()
    }

    @Test func countsOutliveTheThreadsThatMadeThem() throws {
      try TestTask.withOne { one in
        let before = LiveCounts()
        let ports = TestThread { (0..<10).compactMap { _ in try? one.unaudited.makePort() } }.join()
        #expect(LiveCounts().ports == before.ports + 10)
        TestThread {
          for port in ports { try? one.unaudited.destroy(port) }
        }.join()
        #expect(LiveCounts() == before)
      }
    }

    @Test func countsAreRightWhileAThreadThatFreesMoreThanItMadeLives() throws {
      try TestTask.withOne { one in
        let before = LiveCounts()
        let ports = try (0..<10).map { _ in try one.makePort() }
        let during = TestThread {
          for port in ports { try? one.unaudited.destroy(port) }
          return LiveCounts()
        }.join()
        #expect(during == before)
      }
    }

    /// What cannot be counted by hand: a dead port lives on in names that have not been looked up.
    @Test func aDeadPortCountsUntilItsLastNameHasConverted() throws {
      try TestTask.withThree { one, two, three in
        let before = LiveCounts()
        let port = try one.makePort()
        let inTwo = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let inThree = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: three)
        try one.destroy(port)
        #expect(LiveCounts().ports == before.ports + 1)
        #expect(two[inTwo] == .deadName(1))
        #expect(LiveCounts().ports == before.ports + 1)
        #expect(three[inThree] == .deadName(1))
        #expect(LiveCounts().ports == before.ports)
      }
    }
  }
}

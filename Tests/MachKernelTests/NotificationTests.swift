// SEND_ONCE, which a send-once right sends when it ends unused.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct NotificationTests {
    @Test func theNotificationIsABareHeaderToItsOwnPort() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        #expect(try one.status(port).mps_sorights == 1)
        try two.destroy(once)
        #expect(try one.status(port).mps_sorights == 1, "the right carries its notification")  // facts: T18
        let result = one.receive(from: port)
        #expect(result.code == MACH_MSG_SUCCESS)
        #expect(result.bits == 0x1200)  // facts: T17
        #expect(result.size == 24)
        #expect(result.remote.name == Name.null)
        #expect(result.local.name == port)
        #expect(result.identifier == 71)
        #expect(try one.status(port).mps_sorights == 0)
      }
    }

    @Test func aUsedSendOnceRightSaysNothing() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        two.send(TestMessage(to: once, MACH_MSG_TYPE_MOVE_SEND_ONCE, identifier: 5))
        #expect(two[once] == nil)
        #expect(one.receiveAll(from: port) == [5])
        #expect(try one.status(port).mps_sorights == 0)
      }
    }

    @Test func nothingIsSentToADeadPort() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let before = LiveCounts().messages
        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        try one.destroy(port)
        try two.destroy(once)  // facts: T18
        #expect(LiveCounts().messages == before)
      }
    }

    @Test func aPortOfTheKernelsHearsNothing() throws {
      try TestTask.withOne { one in
        let before = LiveCounts()
        let port = try #require(Port.makeKernelPort(type: 99, object: nil))
        SendOnceRight(making: port.locked()).drop()
        port.locked().destroyKernelPort()
        #expect(LiveCounts() == before)
        checkInvariants()
      }
    }

    @Test func aFullQueueTakesTheNotification() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        try one.setLimit(port, 0)
        try two.destroy(one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two))
        #expect(one.receiveAll(from: port).count == 1)  // facts: T25
      }
    }

    @Test func theNotificationReachesAPortInTransit() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let carrier = try one.makePort()
        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        one.send(
          TestMessage(to: carrier, MACH_MSG_TYPE_MAKE_SEND, rights: [NamedRight(port, MACH_MSG_TYPE_MOVE_RECEIVE)]))
        try two.deallocate(once)
        let arrived = try #require(one.receive(from: carrier).rights?.first?.name)
        #expect(one.receiveAll(from: arrived).count == 1)
      }
    }

    @Test func theNotificationWakesAReceiver() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let set = try one.makeSet()
        try one.insertMember(port, into: set)
        let setObject = try one.portSet(set)
        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        let receiver = one.startReceive(from: set)
        wait { setObject.receiverCount == 1 }
        try two.unaudited.deallocate(once)
        #expect(receiver.join().bits == 0x1200)
      }
    }
  }
}

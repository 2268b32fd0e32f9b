// Calls that wait at either end of a queue, or at a set.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct BlockedCallTests {
    private func message(_ port: mach_port_name_t, _ identifier: mach_msg_id_t = 0) -> TestMessage {
      TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, identifier: identifier)
    }

    // MARK: Senders

    @Test func blockedSendersGetTheirSlotsInTheOrderTheyCame() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let object = try one.port(port)
        try one.setLimit(port, 1)
        one.send(message(port, 0))
        let senders = (1...3).map { identifier in
          let sender = one.startSend(message(port, mach_msg_id_t(identifier)))
          wait { object.senderCount == identifier }
          checkInvariants()
          return sender
        }
        for left in (0..<3).reversed() {
          one.unaudited.receive(from: port)
          #expect(object.senderCount == left)  // facts: Q3
          #expect(try one.status(port).mps_msgcount == 1, "the slot is handed on, never free")
          #expect(try one.queued(at: port) == [mach_msg_id_t(3 - left)])
        }
        for sender in senders { #expect(sender.join() == MACH_MSG_SUCCESS) }
        #expect(one.receiveAll(from: port) == [3])
      }
    }

    @Test func aRaisedLimitAdmitsASenderForEachNewSlot() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let object = try one.port(port)
        try one.setLimit(port, 0)
        let senders = (1...4).map { identifier in
          let sender = one.startSend(message(port, mach_msg_id_t(identifier)))
          wait { object.senderCount == identifier }
          return sender
        }
        try one.unaudited.setLimit(port, 3)
        #expect(object.senderCount == 1)  // facts: Q2
        #expect(try one.queued(at: port) == [1, 2, 3])
        try one.unaudited.setLimit(port, 100)
        #expect(object.senderCount == 0)
        for sender in senders { #expect(sender.join() == MACH_MSG_SUCCESS) }
        #expect(one.receiveAll(from: port) == [1, 2, 3, 4])
      }
    }

    @Test func aRaisedLimitAdmitsNoMoreThanItHasNewSlots() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let object = try one.port(port)
        try one.setLimit(port, 2)
        for identifier in 1...2 as ClosedRange<mach_msg_id_t> { one.send(message(port, identifier)) }
        let senders = (1...3).map { count in
          let sender = one.startSend(message(port, mach_msg_id_t(2 + count)))
          wait { object.senderCount == count }
          return sender
        }
        try one.unaudited.setLimit(port, 3)
        #expect(try one.queued(at: port) == [1, 2, 3])  // facts: Q2
        #expect(object.senderCount == 2)
        try one.unaudited.setLimit(port, 5)
        for sender in senders { #expect(sender.join() == MACH_MSG_SUCCESS) }
        #expect(one.receiveAll(from: port) == [1, 2, 3, 4, 5])
      }
    }

    @Test func aReceiverAboveALoweredLimitHandsOnNoSlot() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let object = try one.port(port)
        for identifier in 1...5 as ClosedRange<mach_msg_id_t> { one.send(message(port, identifier)) }
        let sender = one.startSend(message(port, 6))
        wait { object.senderCount == 1 }
        try one.setLimit(port, 2)
        for left in [4, 3, 2] as [UInt32] {
          one.receive(from: port)
          #expect(try one.status(port).mps_msgcount == left)
          #expect(object.senderCount == 1)
        }
        one.unaudited.receive(from: port)
        #expect(try one.queued(at: port) == [5, 6])  // facts: Q3
        #expect(sender.join() == MACH_MSG_SUCCESS)
      }
    }

    @Test func blockedSendersSucceedWhenThePortDies() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let replies = try two.makePort()
        let object = try one.port(port)
        try one.setLimit(port, 0)
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let call = TestMessage(
          to: send, MACH_MSG_TYPE_COPY_SEND, reply: NamedRight(replies, MACH_MSG_TYPE_MAKE_SEND_ONCE))
        let sender = two.startSend(call)
        wait { object.senderCount == 1 }
        try one.space.destroy(port)
        #expect(sender.join() == MACH_MSG_SUCCESS)  // facts: Q4
        #expect(two.receiveAll(from: replies) == [mach_msg_id_t(MACH_NOTIFY_SEND_ONCE)])
      }
    }

    @Test func aBlockedSenderThatTimesOutGetsItsRightsBack() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let carried = try one.makePort()
        try one.setLimit(port, 0)
        let result = one.send(
          TestMessage(
            to: port, MACH_MSG_TYPE_MAKE_SEND, reply: NamedRight(port, MACH_MSG_TYPE_MAKE_SEND),
            rights: [NamedRight(carried, MACH_MSG_TYPE_MOVE_RECEIVE)], identifier: 5, words: [6, 7]),
          timeout: 5)
        #expect(result.code == MACH_SEND_TIMED_OUT)
        #expect(result.remote == NamedRight(port, MACH_MSG_TYPE_PORT_SEND))  // facts: S9
        #expect(result.local == NamedRight(port, MACH_MSG_TYPE_PORT_SEND))
        #expect(result.rights == [NamedRight(carried + 4, MACH_MSG_TYPE_PORT_RECEIVE)])
        #expect(result.identifier == 5)
        #expect(result.words == [6, 7])
        #expect(one[port] == .receiveAndSend(2))
        #expect(try one.port(port).senderCount == 0)
      }
    }

    // MARK: Receivers

    @Test func aWaitingReceiverGetsTheMessageBesideTheQueue() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let object = try one.port(port)
        try one.setLimit(port, 0)
        let receivers = (1...3).map { count in
          let receiver = one.startReceive(from: port)
          wait { object.receiverCount == count }
          checkInvariants()
          return receiver
        }
        for identifier in 1...3 as ClosedRange<mach_msg_id_t> {
          one.unaudited.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND_ONCE, identifier: identifier))
          #expect(try one.status(port).mps_msgcount == 0)
        }
        #expect(receivers.map { $0.join().identifier } == [1, 2, 3])  // facts: V17
        #expect(try one.status(port).mps_seqno == 3)  // facts: Q6
      }
    }

    @Test func waitersOnThePortComeBeforeWaitersOnItsSet() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let sets = try (0..<2).map { _ in try one.makeSet() }
        for set in sets { try one.insertMember(port, into: set) }
        let object = try one.port(port)
        let objects = try sets.map { try one.portSet($0) }
        let onSet = one.startReceive(from: sets[1])
        wait { objects[1].receiverCount == 1 }
        let onPort = one.startReceive(from: port)
        wait { object.receiverCount == 1 }
        one.unaudited.send(message(port, 1))
        #expect(onPort.join().identifier == 1)  // facts: V17
        one.unaudited.send(message(port, 2))
        #expect(onSet.join().identifier == 2)
        one.send(message(port, 3))
        #expect(one.receiveAll(from: sets[0]) == [3])
      }
    }

    @Test func aWaiterThatIsTooSmallHearsOfTheMessageAndTheNextOneGetsIt() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let object = try one.port(port)
        let small = one.startReceive(from: port, limit: 32, option: MACH_RCV_LARGE | MACH_RCV_LARGE_IDENTITY)
        wait { object.receiverCount == 1 }
        let large = one.startReceive(from: port)
        wait { object.receiverCount == 2 }
        one.unaudited.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, words: [1, 2, 3]))
        let refusal = small.join()
        #expect(refusal.code == MACH_RCV_TOO_LARGE)  // facts: V5
        #expect(refusal.size == 36)
        #expect(refusal.image[3] == port)
        let result = large.join()
        #expect(result.code == MACH_MSG_SUCCESS)
        #expect(result.words == [1, 2, 3])
        #expect(try one.status(port).mps_seqno == 1)
      }
    }

    @Test func waitersAreToldThatTheirPortWentAway() throws {
      try TestTask.withTwo { one, two in
        let ports = try (0..<2).map { _ in try one.makePort() }
        let set = try one.makeSet()
        try one.insertMember(ports[0], into: set)
        let objects = try ports.map { try one.port($0) }
        let setObject = try one.portSet(set)
        let receivers = [
          one.startReceive(from: ports[0]), one.startReceive(from: ports[1]), one.startReceive(from: set),
        ]
        wait { objects.allSatisfy { $0.receiverCount == 1 } && setObject.receiverCount == 1 }
        try one.extractMember(ports[0], from: set)
        #expect(objects[0].receiverCount == 1)  // facts: V17
        try one.unaudited.destroy(ports[0])
        try one.unaudited.give(ports[1], MACH_MSG_TYPE_MOVE_RECEIVE, to: two)
        try one.unaudited.destroy(set)
        let changed = MACH_RCV_PORT_CHANGED
        #expect(receivers.map { $0.join().code } == [changed, changed, changed])  // facts: V2, P5, T19
      }
    }

    @Test func aPortThatJoinsASetFeedsItsWaiters() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let set = try one.makeSet()
        let setObject = try one.portSet(set)
        for identifier in 1...3 as ClosedRange<mach_msg_id_t> { one.send(message(port, identifier)) }
        let receivers = (1...2).map { count in
          let receiver = one.startReceive(from: set)
          wait { setObject.receiverCount == count }
          return receiver
        }
        try one.unaudited.insertMember(port, into: set)
        #expect(receivers.map { $0.join().identifier } == [1, 2])  // facts: P3
        #expect(try one.queued(at: port) == [3])
        #expect(one.receiveAll(from: set) == [3])
      }
    }

    @Test func aPortThatJoinsASetMakesRoomForItsSenders() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let object = try one.port(port)
        let set = try one.makeSet()
        let setObject = try one.portSet(set)
        try one.setLimit(port, 1)
        one.send(message(port, 1))
        let sender = one.startSend(message(port, 2))
        wait { object.senderCount == 1 }
        let receiver = one.startReceive(from: set)
        wait { setObject.receiverCount == 1 }
        try one.unaudited.insertMember(port, into: set)
        #expect(receiver.join().identifier == 1)
        #expect(sender.join() == MACH_MSG_SUCCESS)
        #expect(one.receiveAll(from: port) == [2])
      }
    }
  }
}

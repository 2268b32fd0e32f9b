// A port's queue: order, numbers, limits, and the threads that wait at either end.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct MessageQueueTests {
    private func message(_ port: mach_port_name_t, _ identifier: mach_msg_id_t = 0) -> TestMessage {
      TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, identifier: identifier)
    }

    /// The identifiers of the queued messages.
    private func queued(_ task: TestTask, _ port: mach_port_name_t) throws -> [mach_msg_id_t] {
      let locked = try task.port(port).locked()
      var identifiers: [mach_msg_id_t] = []
      var message = locked.body.queue.messages.first
      while let current = message {
        identifiers.append(current.header.pointee.msgh_id)
        message = current.object.pointee.next
      }
      return identifiers
    }

    /// A thread that sends a message and waits for room.
    private func sender(_ task: TestTask, _ message: TestMessage) -> TestThread<mach_msg_return_t> {
      TestThread { task.unaudited.send(message, timeout: nil).code }
    }

    /// A thread that waits for a message.
    private func receiver(
      _ task: TestTask, _ name: mach_port_name_t, limit: mach_msg_size_t = 64, option: mach_msg_option_t = 0
    ) -> TestThread<MessageResult> {
      TestThread { task.unaudited.receive(from: name, limit: limit, option: option, timeout: nil) }
    }

    // MARK: Order and numbers

    @Test func messagesLeaveInTheOrderTheyCameAndAreNumberedAsTheyLeave() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        for identifier in 10..<15 as Range<mach_msg_id_t> { one.send(message(port, identifier)) }
        #expect(try one.status(port).mps_seqno == 0)
        for step in 0..<5 as Range<UInt32> {
          let result = one.receive(from: port, option: mach_msg_option_t(MACH_RCV_TRAILER_SEQNO) << 24)
          #expect(result.identifier == mach_msg_id_t(10 + step))
          #expect(result.trailer[2] == step)  // facts: Q6
        }
        #expect(one.receive(from: port).code == MACH_RCV_TIMED_OUT)
        try one.space.setSequenceNumber(of: port, 100)
        one.send(message(port))
        let result = one.receive(from: port, option: mach_msg_option_t(MACH_RCV_TRAILER_SEQNO) << 24)
        #expect(result.trailer[2] == 100)  // facts: Q6
      }
    }

    @Test func aPeekFollowsTheQueue() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        for identifier in 0..<4 as Range<mach_msg_id_t> { one.send(message(port, identifier)) }
        one.receive(from: port)
        let locked = try one.port(port).locked()
        for (asked, number, identifier) in [(0, 1, 1), (1, 1, 1), (2, 2, 2), (3, 3, 3)] {
          let found = locked.peek(mach_port_seqno_t(asked))
          #expect(found?.sequenceNumber == mach_port_seqno_t(number))  // facts: X4
          #expect(found?.message.header.pointee.msgh_id == mach_msg_id_t(identifier))
        }
        #expect(locked.peek(4) == nil)
        #expect(locked.peek(.max) == nil)
      }
    }

    // MARK: Limits

    @Test func anOrdinarySendFindsNoRoomInAFullQueue() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        for _ in 0..<5 { #expect(one.code(of: message(port)) == MACH_MSG_SUCCESS) }
        #expect(one.code(of: message(port)) == MACH_SEND_TIMED_OUT)  // facts: Q1, Q3
        try one.setLimit(port, 6)
        #expect(one.code(of: message(port)) == MACH_MSG_SUCCESS)
        one.receive(from: port)
        #expect(one.code(of: message(port)) == MACH_MSG_SUCCESS)
        #expect(one.code(of: message(port)) == MACH_SEND_TIMED_OUT)
      }
    }

    @Test func sendOnceRightsPassAnyLimit() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        try one.setLimit(port, 0)
        #expect(one.code(of: message(port)) == MACH_SEND_TIMED_OUT)  // facts: Q2
        for count in 1...8 as ClosedRange<UInt32> {
          #expect(one.code(of: TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND_ONCE)) == MACH_MSG_SUCCESS)  // facts: Q2
          #expect(try one.status(port).mps_msgcount == count)
        }
      }
    }

    @Test func aLoweredLimitKeepsWhatIsQueued() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        for identifier in 1...5 as ClosedRange<mach_msg_id_t> { one.send(message(port, identifier)) }
        try one.setLimit(port, 2)
        #expect(try queued(one, port) == [1, 2, 3, 4, 5])  // facts: Q12
        for _ in 0..<3 {
          #expect(one.code(of: message(port)) == MACH_SEND_TIMED_OUT)
          one.receive(from: port)
        }
        #expect(one.code(of: message(port)) == MACH_SEND_TIMED_OUT)
        one.receive(from: port)
        #expect(one.code(of: message(port, 6)) == MACH_MSG_SUCCESS)
        #expect(try queued(one, port) == [5, 6])
      }
    }

    @Test func noQueueHoldsMoreThanTheKernelsLimit() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let object = try one.port(port)
        for _ in 0..<MessageQueue.kernelLimit {
          SendOnceRight(making: object.locked()).drop()
        }
        #expect(try one.status(port).mps_msgcount == 65534)  // facts: Q1
        let before = LiveCounts().messages
        SendOnceRight(making: object.locked()).drop()
        #expect(try one.status(port).mps_msgcount == 65534)  // facts: T25
        #expect(LiveCounts().messages == before)
        #expect(one.code(of: TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND_ONCE)) == MACH_SEND_TIMED_OUT)
        let result = one.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND), timeout: nil)
        #expect(result.code == MACH_SEND_NO_BUFFER)  // facts: Q1
        #expect(result.remote == NamedRight(port, MACH_MSG_TYPE_PORT_SEND))  // facts: S9
        #expect(one[port] == .receiveAndSend(1))
      }
    }

    // MARK: Blocked threads

    @Test func blockedSendersGetTheirSlotsInTheOrderTheyCame() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let object = try one.port(port)
        try one.setLimit(port, 1)
        one.send(message(port, 0))
        let senders = (1...3).map { identifier in
          let sender = sender(one, message(port, mach_msg_id_t(identifier)))
          wait { object.senderCount == identifier }
          checkInvariants()
          return sender
        }
        for left in (0..<3).reversed() {
          one.unaudited.receive(from: port)
          #expect(object.senderCount == left)  // facts: Q3
          #expect(try one.status(port).mps_msgcount == 1, "the slot is handed on, never free")
          #expect(try queued(one, port) == [mach_msg_id_t(3 - left)])
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
          let sender = sender(one, message(port, mach_msg_id_t(identifier)))
          wait { object.senderCount == identifier }
          return sender
        }
        try one.unaudited.setLimit(port, 3)
        #expect(object.senderCount == 1)  // facts: Q2
        #expect(try queued(one, port) == [1, 2, 3])
        try one.unaudited.setLimit(port, 100)
        #expect(object.senderCount == 0)
        for sender in senders { #expect(sender.join() == MACH_MSG_SUCCESS) }
        #expect(one.receiveAll(from: port) == [1, 2, 3, 4])
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
        let sender = sender(two, call)
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

    @Test func aWaitingReceiverGetsTheMessageBesideTheQueue() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let object = try one.port(port)
        try one.setLimit(port, 0)
        let receivers = (1...3).map { count in
          let receiver = receiver(one, port)
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
        let onSet = receiver(one, sets[1])
        wait { objects[1].receiverCount == 1 }
        let onPort = receiver(one, port)
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
        let small = receiver(one, port, limit: 32, option: MACH_RCV_LARGE | MACH_RCV_LARGE_IDENTITY)
        wait { object.receiverCount == 1 }
        let large = receiver(one, port)
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
        let receivers = [receiver(one, ports[0]), receiver(one, ports[1]), receiver(one, set)]
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
          let receiver = receiver(one, set)
          wait { setObject.receiverCount == count }
          return receiver
        }
        try one.unaudited.insertMember(port, into: set)
        #expect(receivers.map { $0.join().identifier } == [1, 2])  // facts: P3
        #expect(try queued(one, port) == [3])
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
        let sender = sender(one, message(port, 2))
        wait { object.senderCount == 1 }
        let receiver = receiver(one, set)
        wait { setObject.receiverCount == 1 }
        try one.unaudited.insertMember(port, into: set)
        #expect(receiver.join().identifier == 1)
        #expect(sender.join() == MACH_MSG_SUCCESS)
        #expect(one.receiveAll(from: port) == [2])
      }
    }

    // MARK: Putting back

    /// Takes the first message out as a receive does, and returns it with its number.
    private func takeFirst(_ port: Port) throws -> (Message, mach_port_seqno_t) {
      var wakes = Aftermath()
      let reception = port.locked().takeFirst(option: 0, limit: .max, &wakes)
      wakes.finish()
      return (try #require(reception?.message), try #require(reception?.sequenceNumber))
    }

    @Test func aMessagePutBackIsTheNextOneAgain() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        for identifier in 1...5 as ClosedRange<mach_msg_id_t> { one.send(message(port, identifier)) }
        let (first, number) = try takeFirst(try one.port(port))
        one.unaudited.send(message(port, 6))
        first.putBack(sequenceNumber: number)
        checkInvariants()
        #expect(try queued(one, port) == [1, 2, 3, 4, 5, 6], "above the limit, too")
        #expect(try one.status(port).mps_seqno == 0)
      }
    }

    @Test func aNumberThatIsNoLongerTheLastIsNotTakenBack() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        for identifier in 1...3 as ClosedRange<mach_msg_id_t> { one.send(message(port, identifier)) }
        let (first, number) = try takeFirst(try one.port(port))
        one.unaudited.receive(from: port)
        first.putBack(sequenceNumber: number)
        checkInvariants()
        #expect(try queued(one, port) == [1, 3])
        #expect(try one.status(port).mps_seqno == 2)
      }
    }

    @Test func aMessagePutBackMakesTheSetReadyOrGoesToAWaiter() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let set = try one.makeSet()
        let setObject = try one.portSet(set)
        try one.insertMember(port, into: set)
        one.send(message(port, 1))
        let (first, number) = try takeFirst(try one.port(port))
        #expect(one.unaudited.receive(from: set).code == MACH_RCV_TIMED_OUT)
        first.putBack(sequenceNumber: number)
        #expect(one.receive(from: set).identifier == 1)
        one.send(message(port, 2))
        let (second, next) = try takeFirst(try one.port(port))
        let receiver = receiver(one, set)
        wait { setObject.receiverCount == 1 }
        second.putBack(sequenceNumber: next)
        #expect(receiver.join().identifier == 2)
      }
    }

    @Test func aMessageWhosePortHasDiedCannotBePutBack() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let replies = try two.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        two.send(
          TestMessage(to: send, MACH_MSG_TYPE_COPY_SEND, reply: NamedRight(replies, MACH_MSG_TYPE_MAKE_SEND_ONCE)))
        let (first, number) = try takeFirst(try one.port(port))
        try one.space.destroy(port)
        first.putBack(sequenceNumber: number)
        checkInvariants()
        #expect(two.receiveAll(from: replies) == [mach_msg_id_t(MACH_NOTIFY_SEND_ONCE)])
      }
    }
  }
}

extension SendOnceRight {
  /// Ends the right.
  consuming func drop() {}
}

// A port's queue: order, numbers, limits, and messages that come back.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct MessageQueueTests {
    private func message(_ port: mach_port_name_t, _ identifier: mach_msg_id_t = 0) -> TestMessage {
      TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, identifier: identifier)
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
        #expect(try one.queued(at: port) == [1, 2, 3, 4, 5])  // facts: Q12
        for _ in 0..<3 {
          #expect(one.code(of: message(port)) == MACH_SEND_TIMED_OUT)
          one.receive(from: port)
        }
        #expect(one.code(of: message(port)) == MACH_SEND_TIMED_OUT)
        one.receive(from: port)
        #expect(one.code(of: message(port, 6)) == MACH_MSG_SUCCESS)
        #expect(try one.queued(at: port) == [5, 6])
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

    // MARK: Putting back

    /// Takes the first message out as a receive does, and returns it with its number.
    private func takeFirst(_ port: Port) throws -> (Message, mach_port_seqno_t) {
      var wakes = Aftermath()
      let reception = port.locked().takeFirst(option: 0, limit: .max, &wakes)
      wakes.finish()
      return (try #require(reception?.message), try #require(reception?.departure.sequenceNumber))
    }

    @Test func aMessagePutBackIsTheNextOneAgain() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        for identifier in 1...5 as ClosedRange<mach_msg_id_t> { one.send(message(port, identifier)) }
        let (first, number) = try takeFirst(try one.port(port))
        one.unaudited.send(message(port, 6))
        first.putBack(sequenceNumber: number)
        checkInvariants()
        #expect(try one.queued(at: port) == [1, 2, 3, 4, 5, 6], "above the limit, too")
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
        #expect(try one.queued(at: port) == [1, 3])
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
        let receiver = one.startReceive(from: set)
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

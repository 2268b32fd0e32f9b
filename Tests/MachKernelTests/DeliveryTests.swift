// The last step of a receive, when things have changed since the message left its queue, or there is no name left.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct DeliveryTests {
    /// Takes the first message of a port out, as a receive does before it gives the rights names.
    private func takeFirst(_ port: Port) throws -> Reception {
      var wakes = Aftermath()
      let reception = port.locked().takeFirst(option: 0, limit: .max, &wakes)
      wakes.finish()
      return try #require(reception)
    }

    /// Delivers to a task; the code and the first 24 words.
    private func deliver(_ reception: Reception, to task: TestTask) throws -> (mach_msg_return_t, [UInt32]) {
      let message = try #require(reception.message)
      var buffer = [UInt32](repeating: 0, count: 24)
      let code = buffer.withUnsafeMutableBytes {
        message.deliver(to: $0.baseAddress!, of: task.space, option: 0, reception.departure)
      }
      return (code, buffer)
    }

    @Test(arguments: [MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE])
    func theDestinationMayHaveDiedMeanwhile(disposition: mach_msg_type_name_t) throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        one.send(TestMessage(to: port, disposition))
        let reception = try takeFirst(try one.port(port))
        try one.unaudited.destroy(port)
        let (code, words) = try deliver(reception, to: one)
        checkInvariants()
        #expect(code == MACH_MSG_SUCCESS)
        #expect(words[3] == Name.dead)  // facts: V8
      }
    }

    @Test func theReceiveRightMayHaveMovedMeanwhile() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        one.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND))
        one.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND_ONCE))
        let first = try takeFirst(try one.port(port))
        let second = try takeFirst(try one.port(port))
        let there = try one.unaudited.give(port, MACH_MSG_TYPE_MOVE_RECEIVE, to: two)
        #expect(try deliver(first, to: one).1[3] == Name.null)  // facts: V8
        #expect(try two.status(there).mps_msgcount == 0)
        #expect(try deliver(second, to: one).1[3] == Name.null)
        checkInvariants()
        #expect(two.receiveAll(from: there) == [mach_msg_id_t(MACH_NOTIFY_SEND_ONCE)])
      }
    }

    @Test func theSpaceMayHaveEndedMeanwhile() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        one.space.end()
        #expect(one.receive(from: port).code == MACH_RCV_INVALID_NAME)
        #expect(one.code(of: TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND)) == MACH_SEND_INVALID_DEST)
      }
    }

    /// All of it in one test, for a space takes a while to fill.
    @Test func inAFullSpaceRightsWithoutANameEnd() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let target = try two.give(try two.makePort(), MACH_MSG_TYPE_MAKE_SEND, to: one)
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let theirs = try two.makePort()
        try fill(one.space)
        let (one, two) = (one.unaudited, two.unaudited)

        // Nothing new, from nowhere.
        #expect(throws: KernelReturn.noSpace) { try one.makePort() }
        #expect(throws: KernelReturn.noSpace) { try one.makeSet() }
        #expect(throws: KernelReturn.noSpace) { try one.makeDeadName() }
        #expect(throws: KernelReturn.noSpace) { try one.extract(port, MACH_MSG_TYPE_MAKE_SEND_ONCE) }
        #expect(try one.status(port).mps_sorights == 0)
        for disposition in [MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE] {
          #expect(throws: KernelReturn.noSpace) { try two.give(theirs, disposition, to: one) }
        }
        #expect(one.task.hostName() == Name.null)
        // What needs no new name goes on.
        #expect(try one.extract(port, MACH_MSG_TYPE_MAKE_SEND) == port)
        #expect(try one.extract(target, MACH_MSG_TYPE_COPY_SEND) == target)

        // A reply that finds no name leaves a header; the body's rights end.
        two.send(
          TestMessage(
            to: send, MACH_MSG_TYPE_COPY_SEND, reply: NamedRight(theirs, MACH_MSG_TYPE_MAKE_SEND_ONCE),
            rights: [NamedRight(theirs, MACH_MSG_TYPE_MAKE_SEND_ONCE)], identifier: 1))
        let header = one.receive(from: port)
        #expect(header.code == MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_SPACE)
        #expect(header.size == 24)
        #expect(header.image[3] == port)
        let notification = mach_msg_id_t(MACH_NOTIFY_SEND_ONCE)
        #expect(two.receiveAll(from: theirs) == [notification, notification, notification])

        // Descriptors that find none are NULL, and the message arrives.
        two.send(
          TestMessage(
            to: send, MACH_MSG_TYPE_COPY_SEND, reply: NamedRight(send, MACH_MSG_TYPE_COPY_SEND),
            rights: [
              NamedRight(theirs, MACH_MSG_TYPE_MAKE_SEND), NamedRight(send, MACH_MSG_TYPE_COPY_SEND),
              NamedRight(theirs, MACH_MSG_TYPE_MOVE_RECEIVE),
            ], words: [5]))
        let body = one.receive(from: port)
        #expect(body.code == MACH_RCV_BODY_ERROR | MACH_MSG_IPC_SPACE)  // facts: D7
        #expect(body.rights?.map(\.name) == [Name.null, port, Name.null])
        #expect(body.words == [5])
        #expect(body.remote.name == port)
        #expect(two[theirs] == nil, "the receive right has ended")

        // A message that comes back finds the slots that it left.
        try one.setLimit(port, 0)
        try one.space.deallocate(target)
        let back = one.send(
          TestMessage(
            to: port, MACH_MSG_TYPE_MAKE_SEND, reply: NamedRight(port, MACH_MSG_TYPE_MAKE_SEND_ONCE),
            rights: [NamedRight(target, MACH_MSG_TYPE_MOVE_SEND)]))
        #expect(back.code == MACH_SEND_TIMED_OUT | MACH_MSG_IPC_SPACE)  // facts: S9
        #expect(back.local.name == target + 4)
        #expect(back.rights?.map(\.name) == [Name.null])
      }
    }

    /// Takes every name that is left.
    private func fill(_ space: Space) throws {
      let locked = space.locked()
      while locked.body.entriesInUse < EntryTable.maximumIndex {
        try locked.body.table.claim().entry.pointee.bits = Entry.deadName | 1
      }
    }
  }
}

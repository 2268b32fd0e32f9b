// The end of messages: what they carried goes in order, and no chain of them recurses.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct MessageDestructionTests {
    /// Ports that report, by the order in which notifications reach their set, what ended first.
    private struct Witnesses {
      let task: TestTask
      let ports: [mach_port_name_t]
      let set: mach_port_name_t

      init(_ count: Int, in task: TestTask) throws {
        self.task = task
        ports = try (0..<count).map { _ in try task.makePort() }
        set = try task.makeSet()
        for port in ports { try task.insertMember(port, into: set) }
      }

      /// The indices of the ports whose send-once rights have ended, the first one first; none is left.
      func takeOrder() -> [Int] {
        var order: [Int] = []
        while true {
          let result = task.receive(from: set)
          guard result.code == MACH_MSG_SUCCESS else { return order }
          order.append(ports.firstIndex(of: result.local.name) ?? -1)
        }
      }

      /// A send-once right that tells of its end.
      func once(_ index: Int) -> NamedRight { NamedRight(ports[index], MACH_MSG_TYPE_MAKE_SEND_ONCE) }
    }

    @Test func replyThenDescriptorsEndInTheirOrder() throws {
      try TestTask.withOne { one in
        let witnesses = try Witnesses(5, in: one)
        let port = try one.makePort()
        one.send(
          TestMessage(
            to: port, MACH_MSG_TYPE_MAKE_SEND, reply: witnesses.once(3),
            rights: [witnesses.once(1), witnesses.once(4), .none, witnesses.once(0), witnesses.once(2)]))
        try one.destroy(port)
        #expect(witnesses.takeOrder() == [3, 1, 4, 0, 2])  // facts: C3
      }
    }

    @Test func theDestinationEndsFirst() throws {
      try TestTask.withOne { one in
        let witnesses = try Witnesses(2, in: one)
        var wakes = Aftermath()
        var message: Message?
        let bytes = TestMessage(
          to: witnesses.ports[1], MACH_MSG_TYPE_MAKE_SEND_ONCE, reply: witnesses.once(0)
        ).image
        bytes.withUnsafeBytes {
          message = try? Message.copyin($0.baseAddress, size: 24)
          try? message?.copyinRights(from: one.space, option: 0, &wakes)
        }
        wakes.finish()
        try #require(message).destroy()
        #expect(witnesses.takeOrder() == [1, 0])  // facts: C3
      }
    }

    @Test func queuedMessagesEndInTheirOrder() throws {
      try TestTask.withOne { one in
        let witnesses = try Witnesses(4, in: one)
        let port = try one.makePort()
        for index in [2, 0, 3, 1] {
          one.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, reply: witnesses.once(index)))
        }
        try one.destroy(port)
        #expect(witnesses.takeOrder() == [2, 0, 3, 1])  // facts: C2, C3
      }
    }

    @Test func messagesOfAPortThatEndsInAMessageWaitForThatMessage() throws {
      try TestTask.withOne { one in
        let witnesses = try Witnesses(4, in: one)
        let inner = try one.makePort()
        let outer = try one.makePort()
        one.send(TestMessage(to: inner, MACH_MSG_TYPE_MAKE_SEND, reply: witnesses.once(0)))
        one.send(
          TestMessage(
            to: outer, MACH_MSG_TYPE_MAKE_SEND, reply: witnesses.once(1),
            rights: [NamedRight(inner, MACH_MSG_TYPE_MOVE_RECEIVE), witnesses.once(2)]))
        one.send(TestMessage(to: outer, MACH_MSG_TYPE_MAKE_SEND, reply: witnesses.once(3)))
        try one.destroy(outer)
        #expect(witnesses.takeOrder() == [1, 2, 3, 0])  // facts: C3
      }
    }

    @Test func aSendRightInADyingMessageIsGivenBack() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let target = try one.makePort()
        let send = try two.give(try two.makePort(), MACH_MSG_TYPE_MAKE_SEND, to: one)
        one.send(
          TestMessage(
            to: target, MACH_MSG_TYPE_MAKE_SEND, reply: NamedRight(port, MACH_MSG_TYPE_MAKE_SEND),
            rights: [NamedRight(port, MACH_MSG_TYPE_MAKE_SEND), NamedRight(send, MACH_MSG_TYPE_MOVE_SEND)]))
        #expect(try one.space.sendRightCount(of: port) == 2)
        try one.destroy(target)
        #expect(try one.space.sendRightCount(of: port) == 0)
        #expect(one[send] == nil)
      }
    }

    @Test func aMessageHoldsItsDestinationRightUntilItIsReceived() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        one.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND))
        one.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND_ONCE))
        #expect(try one.status(port).mps_srights == 1)  // facts: T4
        #expect(try one.status(port).mps_sorights == 1)
        one.receive(from: port)
        #expect(try one.status(port).mps_srights == 0)
        one.receive(from: port)
        #expect(try one.status(port).mps_sorights == 0)
      }
    }

    /// A hundred thousand ports, each in a message of the next one: a recursion would need a stack of many megabytes.
    @Test func aLongChainOfPortsInMessagesEndsWithoutRecursion() throws {
      try TestTask.withOne { one in
        let before = LiveCounts()
        let replies = try one.makePort()
        var inner = try one.makePort()
        let first = TestMessage(
          to: inner, MACH_MSG_TYPE_MAKE_SEND, reply: NamedRight(replies, MACH_MSG_TYPE_MAKE_SEND_ONCE))
        one.send(first)
        for _ in 0..<100_000 {
          let outer = try one.space.allocate(.init(right: MACH_PORT_RIGHT_RECEIVE))
          let message = TestMessage(
            to: outer, MACH_MSG_TYPE_MAKE_SEND, rights: [NamedRight(inner, MACH_MSG_TYPE_MOVE_RECEIVE)])
          _ = one.call(message.image, option: MACH_SEND_MSG, sendSize: message.size)
          inner = outer
        }
        #expect(LiveCounts().ports == before.ports + 100_002)
        checkInvariants()
        try one.destroy(inner)
        #expect(one.receiveAll(from: replies) == [mach_msg_id_t(MACH_NOTIFY_SEND_ONCE)])
        try one.destroy(replies)
        #expect(LiveCounts() == before)
      }
    }

    /// Many messages with many rights in one port: all of them end at once.
    @Test func aWideTreeEndsWhole() throws {
      try TestTask.withOne { one in
        let before = LiveCounts()
        let root = try one.makePort()
        try one.setLimit(root, 1024)
        for _ in 0..<100 {
          let leaves = try (0..<20).map { _ in try one.space.allocate(.init(right: MACH_PORT_RIGHT_RECEIVE)) }
          for leaf in leaves {
            let message = TestMessage(
              to: leaf, MACH_MSG_TYPE_MAKE_SEND, reply: NamedRight(leaf, MACH_MSG_TYPE_MAKE_SEND))
            _ = one.call(message.image, option: MACH_SEND_MSG, sendSize: message.size)
          }
          let message = TestMessage(
            to: root, MACH_MSG_TYPE_MAKE_SEND, rights: leaves.map { NamedRight($0, MACH_MSG_TYPE_MOVE_RECEIVE) })
          _ = one.call(message.image, option: MACH_SEND_MSG, sendSize: message.size)
        }
        checkInvariants()
        #expect(LiveCounts().messages == before.messages + 2100)
        try one.destroy(root)
        #expect(LiveCounts() == before)
      }
    }

    @Test func listsKeepTheirOrderAtBothEnds() throws {
      var list = MessageList()
      #expect(list.isEmpty)
      let messages = try (0..<4).map { _ in try #require(Message.make(size: 24)) }
      list.append(messages[1])
      list.prepend(messages[0])
      list.append(messages[2])
      for expected in 0..<3 {
        #expect(list.first == messages[expected])
        list.removeFirst()
      }
      #expect(list.isEmpty)
      list.prepend(messages[3])
      list.append(messages[0])
      #expect(list.first == messages[3])
      list.removeFirst()
      #expect(list.first == messages[0])
      list.removeFirst()
      list.removeFirst()
      #expect(list.isEmpty)
      for message in messages { message.free() }
      checkInvariants()
    }
  }
}

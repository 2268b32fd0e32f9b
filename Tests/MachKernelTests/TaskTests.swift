// Tasks and threads: what they are born with, and that their ends give everything back.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct TaskTests {
    @Test func theTasksOwnNamesGainAReferenceWithEachCall() throws {
      try TestTask.withOne { one in
        #expect(one.task.selfName() == 0x103)
        #expect(one[0x103] == .send(2))  // facts: R15
        let host = one.task.hostName()
        #expect(one[host] == .send(1))
        #expect(one.task.hostName() == host)
        #expect(one[host] == .send(2))
        checkInvariants()
      }
    }

    @Test func aTaskIsFoundByASendRightToItsPort() throws {
      try TestTask.withTwo { one, two in
        #expect(try one.task(named: 0x103) == one.task)
        let name = try two.give(0x103, MACH_MSG_TYPE_COPY_SEND, to: one)
        #expect(try one.task(named: name) == two.task)
        for wrong in [
          try one.makePort(), try one.makeSet(), try one.makeDeadName(), one.task.hostName(), Name.null, Name.dead,
          0x107,
        ] {
          #expect(throws: KernelReturn.invalidTask) { _ = try one.task(named: wrong) }  // facts: Choices
        }
      }
    }

    @Test func theNameOfAnEndedTaskFindsNone() throws {
      try TestTask.withOne { one in
        let other = TestTask(try #require(Task.makeForTesting()))
        let name = try other.give(0x103, MACH_MSG_TYPE_COPY_SEND, to: one)
        other.task.end()
        checkInvariants()
        #expect(throws: KernelReturn.invalidTask) { _ = try one.task(named: name) }
        #expect(one[name] == .deadName(1))
      }
    }

    @Test func theEndOfATaskGivesBackEverythingItHad() throws {
      try TestTask.withTwo { one, two in
        let before = LiveCounts()
        let task = TestTask(try #require(Task.makeForTesting()))
        let ports = try (0..<6).map { _ in try task.allocate(MACH_PORT_RIGHT_RECEIVE, reserve: 100) }
        let sets = try (0..<2).map { _ in try task.makeSet() }
        for port in ports {
          for set in sets { try task.insertMember(port, into: set) }
        }
        let foreign = try one.makePort()
        let send = try one.give(foreign, MACH_MSG_TYPE_MAKE_SEND, to: task)
        try one.give(foreign, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: task)
        try task.modify(send, MACH_PORT_RIGHT_SEND, by: 10)
        try task.extract(ports[0], MACH_MSG_TYPE_MAKE_SEND)
        try task.extract(ports[0], MACH_MSG_TYPE_MAKE_SEND_ONCE)
        let inTwo = try task.give(ports[1], MACH_MSG_TYPE_MAKE_SEND, to: two)
        _ = try task.makeDeadName()
        _ = task.task.hostName()
        // Rights in queues: a port in a port, a right of one's own, and messages to a foreign port.
        task.send(
          TestMessage(
            to: ports[2], MACH_MSG_TYPE_MAKE_SEND, reply: NamedRight(ports[3], MACH_MSG_TYPE_MAKE_SEND_ONCE),
            rights: [NamedRight(ports[4], MACH_MSG_TYPE_MOVE_RECEIVE), NamedRight(send, MACH_MSG_TYPE_COPY_SEND)]))
        task.send(
          TestMessage(
            to: send, MACH_MSG_TYPE_COPY_SEND, reply: NamedRight(ports[3], MACH_MSG_TYPE_MAKE_SEND),
            rights: [NamedRight(ports[5], MACH_MSG_TYPE_MOVE_RECEIVE)]))
        two.send(TestMessage(to: inTwo, MACH_MSG_TYPE_MOVE_SEND))

        task.task.end()  // facts: C4
        checkInvariants()
        #expect(two.names.count == 1)
        let result = one.receive(from: foreign)
        #expect(result.remote.name == Name.dead)
        let carried = try #require(result.rights?.first?.name)
        #expect(one[carried] == .receive, "a right on its way is not the task's any more")
        #expect(one.receiveAll(from: foreign) == [mach_msg_id_t(MACH_NOTIFY_SEND_ONCE)])
        try one.destroy(foreign)
        try one.destroy(carried)
        #expect(LiveCounts() == before)
      }
    }

    @Test func namesEndByAscendingIndex() throws {
      try TestTask.withOne { one in
        let ports = try (0..<3).map { _ in try one.makePort() }
        let set = try one.makeSet()
        for port in ports { try one.insertMember(port, into: set) }
        let task = TestTask(try #require(Task.makeForTesting()))
        for (port, name) in [(ports[2], 0x7_0003), (ports[0], 0x903), (ports[1], 0x4043)] as [(UInt32, UInt32)] {
          try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: task, as: name)
        }
        task.task.end()
        checkInvariants()
        var order: [mach_port_name_t] = []
        for _ in ports { order.append(one.receive(from: set).local.name) }
        #expect(order == [ports[0], ports[1], ports[2]])  // facts: C4
      }
    }

    @Test func aThreadsPortDiesWithIt() throws {
      try TestTask.withOne { one in
        let before = LiveCounts().ports
        let (names, held, type) = TestThread {
          let thread = currentThread
          thread.adopt(one.task)
          let names = [thread.selfName(), thread.selfName()]
          return (names, one[names[0]], (try? one.space.kernelObject(of: names[0]))?.type)
        }.join()
        checkInvariants()
        #expect(names[0] == names[1])
        #expect(held == .send(2))  // facts: R15
        #expect(type == UInt32(KernelObjectType.thread))
        #expect(one[names[0]] == .deadName(2))
        #expect(LiveCounts().ports == before)
      }
    }

    // MARK: Messages to the kernel

    @Test func theKernelAnswersThatItKnowsNoSuchRequest() throws {
      try TestTask.withOne { one in
        let replies = try one.makePort()
        let carried = try one.makePort()
        let code = one.code(
          of: TestMessage(
            to: 0x103, MACH_MSG_TYPE_COPY_SEND, reply: NamedRight(replies, MACH_MSG_TYPE_MAKE_SEND_ONCE),
            rights: [NamedRight(carried, MACH_MSG_TYPE_MOVE_RECEIVE)], identifier: 3199))
        #expect(code == MACH_MSG_SUCCESS)
        #expect(one[carried] == nil)  // facts: I12
        let result = one.receive(from: replies, option: mach_msg_option_t(MACH_RCV_TRAILER_SENDER) << 24)
        #expect(result.identifier == 3299)
        #expect(result.size == 36)
        #expect(result.bits == MACH_MSG_TYPE_PORT_SEND_ONCE << 8)
        #expect(result.words[2] == UInt32(bitPattern: Int32(MIG_BAD_ID)))
        #expect(Array(result.trailer[3...4]) == [0, 1])
        #expect(one[0x103] == .send(1))
      }
    }

    @Test func aReplyThatFindsNoRoomEndsAndNobodyBlocks() throws {
      try TestTask.withOne { one in
        let replies = try one.makePort()
        try one.setLimit(replies, 0)
        for disposition in [MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE] {
          let request = TestMessage(
            to: 0x103, MACH_MSG_TYPE_COPY_SEND, reply: NamedRight(replies, disposition), identifier: 1)
          #expect(one.code(of: request) == MACH_MSG_SUCCESS)
        }
        #expect(one.receiveAll(from: replies) == [101])
        #expect(try one.status(replies).mps_srights == 0)
        #expect(one.code(of: TestMessage(to: 0x103, MACH_MSG_TYPE_MOVE_SEND)) == MACH_MSG_SUCCESS)
        #expect(one[0x103] == nil)
      }
    }

    @Test func theKernelMayBeAskedToAnswerItself() throws {
      try TestTask.withOne { one in
        let code = one.code(
          of: TestMessage(
            to: 0x103, MACH_MSG_TYPE_COPY_SEND, reply: NamedRight(0x103, MACH_MSG_TYPE_COPY_SEND)))
        #expect(code == MACH_MSG_SUCCESS)
        #expect(one[0x103] == .send(1))
      }
    }

    @Test func tokensNameObjectsAndNotAddresses() throws {
      let memory = (0..<100).map { UnsafeMutableRawPointer(bitPattern: 0x1000 + $0 * 16)! }
      let tokens = memory.map { Kernel.token(for: $0) }
      #expect(Set(tokens).count == 100)
      #expect(!tokens.contains(0))
      #expect(tokens == memory.map { Kernel.token(for: $0) })
      #expect(zip(memory, tokens).allSatisfy { UInt64(UInt(bitPattern: $0)) != $1 })
    }
  }
}

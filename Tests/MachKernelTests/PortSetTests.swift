// Port sets: who is a member, and whose message comes next.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct PortSetTests {
    /// The names on a set's ready list, in order.
    private func ready(_ task: TestTask, _ set: mach_port_name_t) throws -> [mach_port_name_t] {
      let locked = try task.portSet(set).locked()
      var names: [mach_port_name_t] = []
      var link = locked.body.firstReady
      while let member = link {
        names.append(member.portName)
        link = member.inSet.pointee.nextReady
      }
      return names
    }

    private func post(_ task: TestTask, to port: mach_port_name_t, _ identifier: mach_msg_id_t = 0) {
      let message = TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, identifier: identifier)
      #expect(task.code(of: message) == MACH_MSG_SUCCESS)
    }

    // MARK: Membership

    @Test func aPortMayBeInManySets() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let sets = try (0..<5).map { _ in try one.makeSet() }
        for set in sets { try one.insertMember(port, into: set) }
        for set in sets { #expect(try one.members(of: set) == [port]) }  // facts: P1
        #expect(throws: KernelReturn.alreadyInSet) { try one.insertMember(port, into: sets[2]) }  // facts: P1
        try one.extractMember(port, from: sets[2])
        #expect(throws: KernelReturn.notInSet) { try one.extractMember(port, from: sets[2]) }  // facts: P1
        #expect(try one.members(of: sets[2]) == [])
        #expect(try one.members(of: sets[3]) == [port])
        try one.moveMember(port, to: sets[2])
        #expect(try sets.map { try one.members(of: $0) } == [[], [], [port], [], []])  // facts: P2
        try one.moveMember(port, to: sets[2])
        #expect(try one.members(of: sets[2]) == [port])  // facts: P8
        try one.moveMember(port, to: Name.null)
        #expect(try one.status(port).mps_pset == 0)
        try one.moveMember(port, to: Name.null)  // facts: P2, Choices
      }
    }

    @Test func membersAreListedInTheOrderOfJoining() throws {
      try TestTask.withOne { one in
        let ports = try (0..<7).map { _ in try one.makePort() }
        let set = try one.makeSet()
        for port in ports { try one.insertMember(port, into: set) }
        #expect(try one.members(of: set) == ports)
        for leaver in [ports[3], ports[0], ports[6]] { try one.extractMember(leaver, from: set) }
        #expect(try one.members(of: set) == [ports[1], ports[2], ports[4], ports[5]])
        try one.insertMember(ports[3], into: set)
        #expect(try one.members(of: set).last == ports[3])
      }
    }

    @Test func membershipEndsWithThePortAndWithTheSet() throws {
      try TestTask.withTwo { one, two in
        let ports = try (0..<4).map { _ in try one.makePort() }
        let sets = try (0..<2).map { _ in try one.makeSet() }
        for port in ports {
          for set in sets { try one.insertMember(port, into: set) }
        }
        try one.destroy(ports[0])
        try one.modify(ports[1], MACH_PORT_RIGHT_RECEIVE, by: -1)
        try one.give(ports[2], MACH_MSG_TYPE_MOVE_RECEIVE, to: two)
        #expect(try one.members(of: sets[0]) == [ports[3]])  // facts: P7
        #expect(try one.members(of: sets[1]) == [ports[3]])
        try one.destroy(sets[0])
        #expect(try one.status(ports[3]).mps_pset == 1)
        try one.modify(sets[1], MACH_PORT_RIGHT_PORT_SET, by: -1)
        #expect(try one.status(ports[3]).mps_pset == 0)  // facts: P5
      }
    }

    @Test func bothNamesAreFoundBeforeTheirRightsAreTested() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let set = try one.makeSet()
        let send = try two.give(try two.makePort(), MACH_MSG_TYPE_MAKE_SEND, to: one)
        for (member, place, code) in [
          (0x9903, 0x9903, .invalidName), (send, 0x9903, .invalidName), (0x9903, port, .invalidName),
          (send, port, .invalidRight), (send, set, .invalidRight), (port, port, .invalidRight),
          (set, set, .invalidRight), (port, send, .invalidRight),
        ] as [(mach_port_name_t, mach_port_name_t, KernelReturn)] {
          #expect(throws: code) { try one.insertMember(member, into: place) }  // facts: P8
          #expect(throws: code) { try one.extractMember(member, from: place) }
        }
        for name in [port, send] {
          #expect(throws: KernelReturn.invalidRight) { try one.members(of: name) }  // facts: P6
        }
        #expect(throws: KernelReturn.invalidName) { try one.members(of: 0x9903) }
      }
    }

    @Test func aFailingMoveKeepsTheMemberships() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let set = try one.makeSet()
        try one.insertMember(port, into: set)
        #expect(throws: KernelReturn.invalidName) { try one.moveMember(port, to: 0x9903) }  // facts: P8
        #expect(throws: KernelReturn.invalidRight) { try one.moveMember(port, to: port) }
        #expect(throws: KernelReturn.invalidRight) { try one.moveMember(set, to: 0x9903) }  // facts: P8
        #expect(throws: KernelReturn.invalidName) { try one.moveMember(0x9903, to: Name.null) }
        #expect(try one.members(of: set) == [port])
      }
    }

    // MARK: Messages

    @Test func aMessageMakesItsPortReadyInEverySet() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let sets = try (0..<3).map { _ in try one.makeSet() }
        for set in sets { try one.insertMember(port, into: set) }
        post(one, to: port, 1)
        for set in sets { #expect(try ready(one, set) == [port]) }
        #expect(one.receiveAll(from: sets[1]) == [1])
        #expect(one.receive(from: sets[0]).code == MACH_RCV_TIMED_OUT)  // facts: V4
        #expect(one.receive(from: sets[2]).code == MACH_RCV_TIMED_OUT)
        for set in sets { #expect(try ready(one, set) == []) }
      }
    }

    @Test func messagesFromBeforeTheInsertionComeThroughTheSet() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let set = try one.makeSet()
        for identifier in 1...3 as ClosedRange<mach_msg_id_t> { post(one, to: port, identifier) }
        try one.insertMember(port, into: set)
        #expect(try ready(one, set) == [port])
        #expect(one.receive(from: set).identifier == 1)  // facts: P3
        #expect(one.receive(from: port).identifier == 2)  // facts: V3
        try one.extractMember(port, from: set)
        #expect(one.receive(from: set).code == MACH_RCV_TIMED_OUT)
        #expect(one.receive(from: port).identifier == 3)
      }
    }

    @Test func theMemberThatWaitedLongestIsServedAndGoesToTheBack() throws {
      try TestTask.withOne { one in
        let ports = try (0..<3).map { _ in try one.makePort() }
        let set = try one.makeSet()
        for port in ports { try one.insertMember(port, into: set) }
        for index in [1, 1, 0, 2, 0] { post(one, to: ports[index], mach_msg_id_t(index)) }
        #expect(try ready(one, set) == [ports[1], ports[0], ports[2]])
        #expect(one.receive(from: set).identifier == 1)
        #expect(try ready(one, set) == [ports[0], ports[2], ports[1]])  // Choices
        #expect(one.receiveAll(from: set) == [0, 2, 1, 0])
      }
    }

    @Test func aMemberThatWasEmptiedDirectlyIsPassedOver() throws {
      try TestTask.withOne { one in
        let ports = try (0..<3).map { _ in try one.makePort() }
        let set = try one.makeSet()
        for port in ports {
          try one.insertMember(port, into: set)
          post(one, to: port, mach_msg_id_t(port))
        }
        one.receive(from: ports[0])
        one.receive(from: ports[1])
        #expect(one.receiveAll(from: set) == [mach_msg_id_t(ports[2])])
        #expect(try ready(one, set) == [])
      }
    }

    @Test func aReadyMemberThatLeavesTakesItsMessagesAlong() throws {
      try TestTask.withOne { one in
        let ports = try (0..<4).map { _ in try one.makePort() }
        let set = try one.makeSet()
        for port in ports {
          try one.insertMember(port, into: set)
          post(one, to: port, mach_msg_id_t(port))
        }
        try one.extractMember(ports[1], from: set)
        try one.extractMember(ports[0], from: set)
        try one.destroy(ports[3])
        #expect(try ready(one, set) == [ports[2]])
        #expect(one.receiveAll(from: set) == [mach_msg_id_t(ports[2])])
        #expect(try one.status(ports[1]).mps_msgcount == 1)
      }
    }

    @Test func aMessageTooLargeForItsReceiverStaysTheSetsNext() throws {
      try TestTask.withOne { one in
        let ports = try (0..<2).map { _ in try one.makePort() }
        let set = try one.makeSet()
        for port in ports {
          try one.insertMember(port, into: set)
          post(one, to: port, mach_msg_id_t(port))
        }
        for _ in 0..<2 {
          let result = one.receive(from: set, limit: 31, option: MACH_RCV_LARGE | MACH_RCV_LARGE_IDENTITY)
          #expect(result.code == MACH_RCV_TOO_LARGE)  // facts: V5
          #expect(result.size == 24)
          #expect(result.image[3] == ports[0])
          #expect(try ready(one, set) == [ports[0], ports[1]])
        }
        #expect(try one.status(ports[0]).mps_seqno == 0)
        let result = one.receive(from: set, limit: 31)
        #expect(result.code == MACH_RCV_TOO_LARGE)
        #expect(try one.status(ports[0]).mps_msgcount == 0)  // facts: V6
        #expect(one.receiveAll(from: set) == [mach_msg_id_t(ports[1])])
      }
    }

    @Test func anEmptySetAndANameThatIsNoneHaveNothing() throws {
      try TestTask.withTwo { one, two in
        let set = try one.makeSet()
        #expect(one.receive(from: set).code == MACH_RCV_TIMED_OUT)  // facts: V4
        let send = try two.give(try two.makePort(), MACH_MSG_TYPE_MAKE_SEND, to: one)
        for name in [Name.null, Name.dead, 0x9903, send, try one.makeDeadName()] {
          #expect(one.receive(from: name).code == MACH_RCV_INVALID_NAME)  // facts: V1
        }
      }
    }

    @Test func tenThousandMembersAreAllServed() throws {
      try TestTask.withOne { one in
        let set = try one.makeSet()
        var ports: [mach_port_name_t] = []
        for _ in 0..<10_000 {
          let port = try one.space.allocate(.init(right: MACH_PORT_RIGHT_RECEIVE))
          try one.space.insertMember(port, into: set)
          ports.append(port)
        }
        for port in ports.reversed() {
          let message = TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND)
          _ = one.call(message.image, option: MACH_SEND_MSG, sendSize: message.size)
        }
        checkInvariants()
        #expect(try one.members(of: set) == ports)
        #expect(try ready(one, set) == ports.reversed())
        var served: Set<mach_port_name_t> = []
        let buffer = [UInt32](repeating: 0, count: 8)
        for _ in ports {
          served.insert(one.call(buffer, option: MACH_RCV_MSG | MACH_RCV_TIMEOUT, limit: 32, from: set).image[3])
        }
        #expect(served.count == 10_000)
        checkInvariants()
      }
    }
  }
}

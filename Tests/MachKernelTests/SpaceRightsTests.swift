// Rights put under another name of the same space: insert_right and extract_right.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct SpaceRightsTests {
    // MARK: insert_right

    @Test func makingUnderTheOwnNameAddsSendReferences() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        try one.insert(as: port, from: port, MACH_MSG_TYPE_MAKE_SEND)
        #expect(one[port] == .receiveAndSend(1))
        try one.insert(as: port, from: port, MACH_MSG_TYPE_COPY_SEND)
        #expect(one[port] == .receiveAndSend(2))  // facts: I5
        try one.insert(as: port, from: port, MACH_MSG_TYPE_MOVE_SEND)
        #expect(one[port] == .receiveAndSend(2))
        #expect(try one.status(port).mps_mscount == 1)
      }
    }

    @Test func aSendOnceRightGetsTheWantedName() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        try one.insert(as: 0x4f07, from: port, MACH_MSG_TYPE_MAKE_SEND_ONCE)
        #expect(one[0x4f07] == .sendOnce)
        #expect(throws: KernelReturn.nameExists) {  // facts: I4
          try one.insert(as: 0x4f07, from: port, MACH_MSG_TYPE_MAKE_SEND_ONCE)
        }
        #expect(throws: KernelReturn.nameExists) { try one.insert(as: port, from: port, MACH_MSG_TYPE_MAKE_SEND_ONCE) }
        #expect(try one.status(port).mps_sorights == 1)
        #expect(try one.status(port).mps_msgcount == 0)
      }
    }

    @Test func aRightMovesToAnotherName() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        try two.insert(as: 0x5003, from: send, MACH_MSG_TYPE_MOVE_SEND)
        try two.insert(as: 0x5103, from: once, MACH_MSG_TYPE_MOVE_SEND_ONCE)
        try one.insert(as: 0x5203, from: port, MACH_MSG_TYPE_MOVE_RECEIVE)
        #expect(two.names == [0x103: Entry.send, 0x5003: Entry.send, 0x5103: Entry.sendOnce])
        #expect(one.names == [0x103: Entry.send, 0x5203: Entry.receive])
      }
    }

    @Test func aRightMovesToItsOwnNameAndToItsSlotsOtherNames() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try two.insert(as: send, from: send, MACH_MSG_TYPE_MOVE_SEND)
        #expect(two[send] == .send(1))
        try two.insert(as: send + 8, from: send, MACH_MSG_TYPE_MOVE_SEND)
        #expect(two[send] == nil)
        #expect(two[send + 8] == .send(1))
        try one.insert(as: port, from: port, MACH_MSG_TYPE_MOVE_RECEIVE)
        #expect(one[port] == .receive)
      }
    }

    @Test func aPortIsRefusedUnderASecondName() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let other = try one.makePort()
        for name in [0x5003, other] {
          // facts: I3, I4
          #expect(throws: KernelReturn.rightExists) { try one.insert(as: name, from: port, MACH_MSG_TYPE_MAKE_SEND) }
        }
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        #expect(throws: KernelReturn.rightExists) { try two.insert(as: 0x5003, from: send, MACH_MSG_TYPE_COPY_SEND) }
        try two.modify(send, MACH_PORT_RIGHT_SEND, by: 1)
        #expect(throws: KernelReturn.rightExists) { try two.insert(as: 0x5003, from: send, MACH_MSG_TYPE_MOVE_SEND) }
        try one.insert(as: port, from: port, MACH_MSG_TYPE_MAKE_SEND)
        #expect(throws: KernelReturn.rightExists) { try one.insert(as: 0x5003, from: port, MACH_MSG_TYPE_MOVE_RECEIVE) }
        #expect(one[port] == .receiveAndSend(1))
        #expect(two[send] == .send(2))
        #expect(try one.status(port).mps_mscount == 2, "what is refused makes nothing")
      }
    }

    @Test func aNameOfAnotherObjectIsRefused() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        for name in [try two.makePort(), try two.makeSet(), try two.makeDeadName(), 0x103] {
          // facts: I4
          #expect(throws: KernelReturn.nameExists) { try two.insert(as: name, from: send, MACH_MSG_TYPE_MOVE_SEND) }
        }
        #expect(two[send] == .send(1))
        #expect(throws: KernelReturn.nameExists) { try one.insert(as: 0x103, from: port, MACH_MSG_TYPE_MOVE_RECEIVE) }
        #expect(one[port] == .receive)
      }
    }

    @Test func oneReferenceTooManyIsRefused() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        try one.insert(as: port, from: port, MACH_MSG_TYPE_MAKE_SEND)
        try one.modify(port, MACH_PORT_RIGHT_SEND, by: 65533)
        for disposition in [MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_COPY_SEND] {
          // facts: I5
          #expect(throws: KernelReturn.userReferencesOverflow) { try one.insert(as: port, from: port, disposition) }
        }
        try one.insert(as: port, from: port, MACH_MSG_TYPE_MOVE_SEND)
        #expect(one[port] == .receiveAndSend(65534))
        #expect(try one.status(port).mps_mscount == 1)
      }
    }

    @Test func badArgumentsAreFoundInOrder() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let dead = try one.makeDeadName()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let make = MACH_MSG_TYPE_MAKE_SEND
        let copy = MACH_MSG_TYPE_COPY_SEND
        // Each line is wrong in what the lines below it are wrong in, too. facts: I1, I2, I10, Choices
        for (name, source, disposition, code) in [
          (Name.null, Name.null, 99, .invalidValue),
          (Name.dead, Name.null, make, .invalidValue),
          (0x5003, Name.null, 99, .invalidValue),
          (0x5003, Name.null, 15, .invalidValue),
          (0x5003, Name.null, 22, .invalidValue),
          (0x5001, Name.null, make, .invalidCapability),
          (0x5001, Name.dead, make, .invalidCapability),
          (0x5001, 0x9903, make, .invalidName),
          (0x5001, dead, make, .invalidRight),
          (0x5001, port, copy, .invalidRight),
          (0x5001, dead, copy, .invalidCapability),
          (0x5001, port, make, .invalidValue),
          (0x03, port, make, .failure),
          (port + 4, port, make, .failure),
          (0x4000_0003, port, make, .noSpace),
          (dead, port, make, .rightExists),
        ] as [(mach_port_name_t, mach_port_name_t, mach_msg_type_name_t, KernelReturn)] {
          #expect(throws: code) { try one.insert(as: name, from: source, disposition) }
        }
        #expect(one.names.count == 3)
        #expect(try one.status(port).mps_mscount == 1)
        try one.destroy(port)
        #expect(throws: KernelReturn.invalidCapability) { try two.insert(as: 0x5003, from: send, copy) }
        #expect(two[send] == .deadName(1))
      }
    }

    // MARK: extract_right

    @Test func extractedRightsOfOnePortMerge() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        try #expect(one.extract(port, MACH_MSG_TYPE_MAKE_SEND) == port)
        try #expect(one.extract(port, MACH_MSG_TYPE_COPY_SEND) == port)
        try #expect(one.extract(port, MACH_MSG_TYPE_MOVE_SEND) == port)
        #expect(one[port] == .receiveAndSend(2))
        #expect(try one.status(port).mps_mscount == 1)  // facts: T2
        try #expect(one.extract(port, MACH_MSG_TYPE_MOVE_RECEIVE) == port)
        #expect(one[port] == .receiveAndSend(2))
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try two.modify(send, MACH_PORT_RIGHT_SEND, by: 65533)
        try #expect(two.extract(send, MACH_MSG_TYPE_COPY_SEND) == send)
        #expect(two[send] == .send(65534))  // facts: R16
      }
    }

    @Test func anExtractedLastReferenceComesBackUnderTheSlotsNextName() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try #expect(two.extract(send, MACH_MSG_TYPE_MOVE_SEND) == send + 4)  // facts: N4
        try #expect(one.extract(port, MACH_MSG_TYPE_MOVE_RECEIVE) == port + 4)
      }
    }

    @Test func anExtractedSendOnceRightHasAFreshName() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let once = try one.extract(port, MACH_MSG_TYPE_MAKE_SEND_ONCE)
        #expect(once == 0x303)  // facts: I7, N2
        #expect(one[once] == .sendOnce)
        try #expect(one.extract(once, MACH_MSG_TYPE_MOVE_SEND_ONCE) == once + 4)
        #expect(one[once] == nil)
        #expect(try one.status(port).mps_sorights == 1)
        #expect(throws: KernelReturn.invalidRight) {
          try one.extract(try one.makeSet(), MACH_MSG_TYPE_MAKE_SEND_ONCE)
        }
        try #expect(one.extract(port, MACH_MSG_TYPE_MAKE_SEND_ONCE) == 0x503)
      }
    }

    @Test func deathIsExtractedFromDeadNames() throws {
      try TestTask.withOne { one in
        let dead = try one.makeDeadName()
        try one.modify(dead, MACH_PORT_RIGHT_DEAD_NAME, by: 1)
        for (disposition, type) in [
          (MACH_MSG_TYPE_COPY_SEND, 17 as UInt32), (MACH_MSG_TYPE_MOVE_SEND, 17), (MACH_MSG_TYPE_MOVE_SEND_ONCE, 18),
        ] {
          let extracted = try one.space.extractRight(of: dead, disposition, to: one.space)
          checkInvariants()
          #expect(extracted.name == Name.dead)  // facts: I11
          #expect(extracted.disposition == type)
        }
        #expect(one[dead] == nil)
      }
    }

    @Test func extractionRefusesInOrder() throws {
      try TestTask.withOne { one in
        let set = try one.makeSet()
        for disposition in [0, 15, 22] as [mach_msg_type_name_t] {
          #expect(throws: KernelReturn.invalidValue) { try one.extract(Name.null, disposition) }  // facts: I7
        }
        for disposition in dispositions {
          #expect(throws: KernelReturn.invalidRight) { try one.extract(Name.null, disposition) }  // facts: I7
          #expect(throws: KernelReturn.invalidRight) { try one.extract(Name.dead, disposition) }
          #expect(throws: KernelReturn.invalidName) { try one.extract(0x9903, disposition) }
          #expect(throws: KernelReturn.invalidRight) { try one.extract(set, disposition) }  // facts: I8
        }
        #expect(one.names.count == 2)
      }
    }

    // MARK: Between spaces

    @Test func aRightOfAnotherSpaceTakesTheWantedName() throws {
      try TestTask.withTwo { one, two in
        let ports = try (0..<3).map { _ in try one.makePort() }
        try two.insert(as: 0x5003, from: ports[0], MACH_MSG_TYPE_MAKE_SEND, of: one)
        try two.insert(as: 0x5003, from: ports[0], MACH_MSG_TYPE_MAKE_SEND, of: one)
        try two.insert(as: 0x5103, from: ports[1], MACH_MSG_TYPE_MAKE_SEND_ONCE, of: one)
        try two.insert(as: 0x5203, from: ports[2], MACH_MSG_TYPE_MOVE_RECEIVE, of: one)
        try two.insert(as: 0x5003, from: ports[0], MACH_MSG_TYPE_MOVE_RECEIVE, of: one)
        #expect([0x5003, 0x5103, 0x5203].map { two[$0] } == [.receiveAndSend(2), .sendOnce, .receive])  // facts: I5
        #expect(one.names.keys.sorted() == [0x103, ports[1]])
      }
    }

    @Test func aRightOfAnotherSpaceIsRefusedInOrderAndStaysThere() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let held = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let set = try two.makeSet()
        let fresh = try one.makePort()
        let once = try one.extract(fresh, MACH_MSG_TYPE_MAKE_SEND_ONCE)
        let dead = try one.makeDeadName()
        try two.modify(held, MACH_PORT_RIGHT_SEND, by: 65533)
        let make = MACH_MSG_TYPE_MAKE_SEND
        for (name, source, disposition, code) in [
          (Name.null, port, make, .invalidValue),
          (0x5003, Name.dead, make, .invalidCapability),
          (0x5003, 0x9903, make, .invalidName),
          (0x5003, port, MACH_MSG_TYPE_COPY_SEND, .invalidRight),
          (0x5003, dead, MACH_MSG_TYPE_COPY_SEND, .invalidCapability),
          (0x5001, port, make, .invalidValue),
          (0x03, port, make, .failure),
          (set + 4, port, make, .failure),  // facts: I4
          (0x4000_0003, port, make, .noSpace),
          (0x5003, port, make, .rightExists),  // facts: I3
          (set, port, make, .rightExists),  // facts: I4
          (set, port, MACH_MSG_TYPE_MOVE_RECEIVE, .rightExists),
          (set, fresh, MACH_MSG_TYPE_MOVE_RECEIVE, .nameExists),  // facts: I4
          (held, once, MACH_MSG_TYPE_MOVE_SEND_ONCE, .nameExists),
          (held, port, make, .userReferencesOverflow),  // facts: I5
        ] as [(mach_port_name_t, mach_port_name_t, mach_msg_type_name_t, KernelReturn)] {
          #expect(throws: code) { try two.insert(as: name, from: source, disposition, of: one) }
        }
        #expect([port, fresh, once, dead].map { one[$0] } == [.receive, .receive, .sendOnce, .deadName(1)])
        #expect(try one.status(port).mps_mscount == 1)
        #expect(two.names.keys.sorted() == [0x103, held, set])
        two.space.close()
        #expect(throws: KernelReturn.invalidTask) { try two.insert(as: 0x5003, from: fresh, make, of: one) }
        #expect(throws: KernelReturn.invalidTask) { try one.extract(fresh, MACH_MSG_TYPE_MOVE_RECEIVE, to: two) }
        #expect(one[fresh] == .receive)
      }
    }

    @Test func aRightIsExtractedIntoAnotherSpace() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let name = try one.extract(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        #expect(two[name] == .send(1))
        try #expect(one.extract(port, MACH_MSG_TYPE_MAKE_SEND, to: two) == name)  // facts: I9
        let once = try one.extract(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        #expect(two[once] == .sendOnce)
        try #expect(one.extract(port, MACH_MSG_TYPE_MOVE_RECEIVE, to: two) == name)
        #expect(two[name] == .receiveAndSend(2))
        #expect(throws: KernelReturn.invalidName) { try one.extract(port, MACH_MSG_TYPE_MOVE_RECEIVE, to: two) }
        let dead = try one.makeDeadName()
        try #expect(one.extract(dead, MACH_MSG_TYPE_MOVE_SEND, to: two) == Name.dead)  // facts: I11
        #expect(one.names.count == 1)
      }
    }

    @Test func rightsCrossBothWaysAtOnce() throws {
      try TestTask.withTwo { one, two in
        let threads = [(one, two), (two, one)].map { (source, target) in
          TestThread {
            for _ in 0..<2000 {
              guard let port = try? source.unaudited.makePort(),
                let there = try? source.unaudited.extract(port, MACH_MSG_TYPE_MOVE_RECEIVE, to: target)
              else { return false }
              guard (try? target.unaudited.destroy(there)) != nil else { return false }
            }
            return true
          }
        }
        #expect(threads.map { $0.join() } == [true, true])
        #expect(one.names.count == 1)
        #expect(two.names.count == 1)
      }
    }
  }
}

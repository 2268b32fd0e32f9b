// Copyout: under which name a right arrives.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct SpaceCopyoutTests {
    // MARK: Any name

    @Test func sendRightsOfOnePortShareAName() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let name = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        for references in 2...5 as ClosedRange<UInt32> {
          #expect(try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two) == name)  // facts: I9
          #expect(two[name] == .send(references))
        }
        #expect(try one.space.sendRightCount(of: port) == 1)
      }
    }

    @Test func aSendRightJoinsTheReceiveRight() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let name = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        #expect(try two.give(name, MACH_MSG_TYPE_COPY_SEND, to: one) == port)  // facts: I9
        #expect(one[port] == .receiveAndSend(1))
        #expect(try two.give(name, MACH_MSG_TYPE_MOVE_SEND, to: one) == port)
        #expect(one[port] == .receiveAndSend(2))
      }
    }

    @Test func aReceiveRightJoinsTheSendRight() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let name = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        #expect(try one.give(port, MACH_MSG_TYPE_MOVE_RECEIVE, to: two) == name)  // facts: I9
        #expect(two[name] == .receiveAndSend(1))
        #expect(one.names.count == 1)
      }
    }

    @Test func sendOnceRightsNeverShareAName() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let first = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        let second = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        #expect(Set([send, first, second]).count == 3)  // facts: I9
        #expect(try two.give(first, MACH_MSG_TYPE_MOVE_SEND_ONCE, to: one) != port)
        #expect(try one.status(port).mps_sorights == 2)
      }
    }

    @Test func aFullSendRightAbsorbsFurtherOnes() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let name = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try two.modify(name, MACH_PORT_RIGHT_SEND, by: 65533)
        #expect(try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two) == name)
        #expect(two[name] == .send(65534))  // facts: R16
        #expect(try one.space.sendRightCount(of: port) == 1)
      }
    }

    @Test func aRightWhosePortDiedOnTheWayArrivesAsDeath() throws {
      try TestTask.withTwo { one, two in
        for disposition in [MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE] {
          let port = try one.makePort()
          let right = try one.take(port, disposition)
          try one.space.destroy(port)
          #expect(try two.space.locked().copyout(right) == Name.dead)  // facts: D7
          checkInvariants()
        }
        #expect(two.names.count == 1)
      }
    }

    @Test func aSendRightOfAPortThatDiedDoesNotJoinItsDeadName() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let name = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let right = try one.take(port, MACH_MSG_TYPE_MAKE_SEND)
        try one.space.destroy(port)
        #expect(try two.space.locked().copyout(right) == Name.dead)
        #expect(two[name] == .deadName(1))
        checkInvariants()
      }
    }

    @Test func nullAndDeadAreTheirOwnNames() throws {
      try TestTask.withOne { one in
        let null = try one.space.locked().copyout(.null)
        let dead = try one.space.locked().copyout(.dead)
        #expect(null == Name.null)
        #expect(dead == Name.dead)
        #expect(one.names.count == 1)
      }
    }

    @Test func thousandsOfSendRightsToForeignPortsKeepTheirNames() throws {
      try TestTask.withTwo { one, two in
        let ports = try (0..<3000).map { _ in try one.space.allocate(.init(right: MACH_PORT_RIGHT_RECEIVE)) }
        let names = try ports.map { try two.space.locked().copyout(one.take($0, MACH_MSG_TYPE_MAKE_SEND)) }
        checkInvariants()
        #expect(Set(names).count == ports.count)
        for (index, port) in ports.enumerated() where index % 3 == 0 {
          try two.space.deallocate(names[index])
          try one.space.setMakeSendCount(of: port, 0)
        }
        checkInvariants()
        for (index, port) in ports.enumerated() {
          let again = try two.space.locked().copyout(one.take(port, MACH_MSG_TYPE_MAKE_SEND))
          if index % 3 != 0 { #expect(again == names[index]) }
          #expect(two[again] == .send(index % 3 == 0 ? 1 : 2))
        }
        checkInvariants()
        for port in ports { try one.space.destroy(port) }
        #expect(two.names.values.filter { $0 == Entry.deadName }.count == 3000)  // facts: N8
        checkInvariants()
      }
    }

    // MARK: A wanted name

    @Test func aForeignRightTakesTheWantedName() throws {
      try TestTask.withTwo { one, two in
        for (index, disposition) in [
          MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE, MACH_MSG_TYPE_MOVE_RECEIVE,
        ].enumerated() {
          let wanted = 0x4f03 + mach_port_name_t(index) << 8
          try one.give(try one.makePort(), disposition, to: two, as: wanted)
          #expect(two[wanted] == [.send(1), .sendOnce, .receive][index])
        }
      }
    }

    @Test func aForeignRightOfAPortHeldUnderAnotherNameIsRefused() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let held = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let other = try two.makePort()
        for wanted in [0x4f03, other] {
          #expect(throws: KernelReturn.rightExists) {  // facts: I3, I4
            try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two, as: wanted)
          }
        }
        #expect(two[0x4f03] == nil)
        #expect(two[held] == .send(1))
        #expect(throws: KernelReturn.rightExists) { try two.give(held, MACH_MSG_TYPE_COPY_SEND, to: one, as: 0x4f03) }
        #expect(one[port] == .receive)
      }
    }

    @Test func aRefusedReceiveRightIsStillTheCallers() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let held = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        var right = try one.take(port, MACH_MSG_TYPE_MOVE_RECEIVE)
        #expect(throws: KernelReturn.rightExists) { try two.space.locked().copyout(&right, as: 0x4f03) }  // facts: I3
        try two.space.locked().copyout(&right, as: held)
        checkInvariants()
        #expect(two[held] == .receiveAndSend(1))  // facts: I5
      }
    }

    @Test func aNameUsedByAnotherObjectIsRefused() throws {
      try TestTask.withTwo { one, two in
        let used = [try two.makePort(), try two.makeSet(), try two.makeDeadName(), 0x103]
        for name in used {
          for disposition in [MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE, MACH_MSG_TYPE_MOVE_RECEIVE] {
            let before = two[name]
            #expect(throws: KernelReturn.nameExists) {  // facts: I4
              try one.give(try one.makePort(), disposition, to: two, as: name)
            }
            #expect(two[name] == before)
          }
        }
      }
    }

    @Test func aSendOnceRightIsRefusedByAnyUsedName() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let held = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        #expect(throws: KernelReturn.nameExists) {  // facts: I4
          try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two, as: held)
        }
        #expect(two[held] == .send(1))
      }
    }

    @Test func aWrongSlotOrTooLargeANameComesFirst() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let held = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        for (wanted, code) in [
          (held + 4, KernelReturn.failure), (0x03, .failure), (0x4000_0003, .noSpace), (0x4f01, .invalidValue),
        ] as [(mach_port_name_t, KernelReturn)] {
          #expect(throws: code) { try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two, as: wanted) }  // facts: I4
        }
      }
    }

    @Test func oneReferenceMoreUnderTheSameName() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let held = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two, as: held)
        #expect(two[held] == .send(2))  // facts: I5
        try two.modify(held, MACH_PORT_RIGHT_SEND, by: 65532)
        #expect(throws: KernelReturn.userReferencesOverflow) {  // facts: I5
          try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two, as: held)
        }
        #expect(two[held] == .send(65534))
        #expect(try one.space.sendRightCount(of: port) == 1)
      }
    }

    @Test func aPortThatDiedIsRefusedAndTheSlotStaysFree() throws {
      try TestTask.withTwo { one, two in
        for disposition in [MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE] {
          let port = try one.makePort()
          var right = try one.take(port, disposition)
          try one.space.destroy(port)
          #expect(throws: KernelReturn.invalidCapability) {  // facts: I4
            try two.space.locked().copyout(&right, as: 0x4f03)
          }
          right.drop()
          checkInvariants()
          #expect(two[0x4f03] == nil)
        }
      }
    }
  }
}

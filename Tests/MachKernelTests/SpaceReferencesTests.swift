// User references: how they are counted, and what happens when the last one goes.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct SpaceReferencesTests {
    private static let maximum = mach_port_delta_t(Entry.maximumSendReferences)

    // MARK: mod_refs

    @Test func sendReferencesGoUpTo65534() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let name = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try two.modify(name, MACH_PORT_RIGHT_SEND, by: Self.maximum - 1)
        #expect(two[name] == .send(65534))  // facts: R5
        #expect(throws: KernelReturn.userReferencesOverflow) { try two.modify(name, MACH_PORT_RIGHT_SEND, by: 1) }
        #expect(throws: KernelReturn.userReferencesOverflow) { try two.modify(name, MACH_PORT_RIGHT_SEND, by: .max) }
        #expect(throws: KernelReturn.invalidValue) { try two.modify(name, MACH_PORT_RIGHT_SEND, by: -65535) }
        #expect(throws: KernelReturn.invalidValue) { try two.modify(name, MACH_PORT_RIGHT_SEND, by: .min) }
        #expect(two[name] == .send(65534))
        try two.modify(name, MACH_PORT_RIGHT_SEND, by: 0)
        try two.modify(name, MACH_PORT_RIGHT_SEND, by: 2 - Self.maximum)
        #expect(two[name] == .send(2))
        try two.modify(name, MACH_PORT_RIGHT_SEND, by: -2)
        #expect(two[name] == nil)
        #expect(try one.status(port).mps_srights == 0)
      }
    }

    @Test func aPortCountsNamesWithSendRightsAndNotTheirReferences() throws {
      try TestTask.withThree { one, two, three in
        let port = try one.makePort()
        let name = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try two.modify(name, MACH_PORT_RIGHT_SEND, by: 100)
        try two.give(name, MACH_MSG_TYPE_COPY_SEND, to: three)
        #expect(try one.space.sendRightCount(of: port) == 2)
        try one.insert(as: port, from: port, MACH_MSG_TYPE_MAKE_SEND)
        #expect(try one.space.sendRightCount(of: port) == 3)
        try two.modify(name, MACH_PORT_RIGHT_SEND, by: -101)
        #expect(try one.space.sendRightCount(of: port) == 2)
      }
    }

    @Test func deadNameReferencesGoUpTo65535() throws {
      try TestTask.withOne { one in
        let name = try one.makeDeadName()
        try one.modify(name, MACH_PORT_RIGHT_DEAD_NAME, by: 65534)
        #expect(one[name] == .deadName(65535))  // facts: R5
        #expect(throws: KernelReturn.userReferencesOverflow) { try one.modify(name, MACH_PORT_RIGHT_DEAD_NAME, by: 1) }
        #expect(throws: KernelReturn.invalidValue) { try one.modify(name, MACH_PORT_RIGHT_DEAD_NAME, by: -65536) }
        try one.modify(name, MACH_PORT_RIGHT_DEAD_NAME, by: -65535)
        #expect(one[name] == nil)
      }
    }

    @Test func aReceiveRightOnlyStaysOrDies() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let name = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        for delta in [1, 2, -2, .max, .min] as [mach_port_delta_t] {
          // facts: R3
          #expect(throws: KernelReturn.invalidValue) { try one.modify(port, MACH_PORT_RIGHT_RECEIVE, by: delta) }
        }
        try one.modify(port, MACH_PORT_RIGHT_RECEIVE, by: 0)
        #expect(one[port] == .receive)
        try one.modify(port, MACH_PORT_RIGHT_RECEIVE, by: -1)
        #expect(one[port] == nil)
        #expect(two[name] == .deadName(1))
      }
    }

    @Test func aSetOnlyStaysOrDies() throws {
      try TestTask.withOne { one in
        let set = try one.makeSet()
        for delta in [1, -2] as [mach_port_delta_t] {
          // facts: R3
          #expect(throws: KernelReturn.invalidValue) { try one.modify(set, MACH_PORT_RIGHT_PORT_SET, by: delta) }
        }
        try one.modify(set, MACH_PORT_RIGHT_PORT_SET, by: 0)
        #expect(one[set] == .portSet)
        try one.modify(set, MACH_PORT_RIGHT_PORT_SET, by: -1)
        #expect(one[set] == nil)
      }
    }

    @Test func aSendOnceRightOnlyStaysOrGoesWithANotification() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        #expect(two[once] == .sendOnce)
        for delta in [1, -2] as [mach_port_delta_t] {
          // facts: R4
          #expect(throws: KernelReturn.invalidValue) { try two.modify(once, MACH_PORT_RIGHT_SEND_ONCE, by: delta) }
        }
        try two.modify(once, MACH_PORT_RIGHT_SEND_ONCE, by: 0)
        #expect(try one.status(port).mps_msgcount == 0)
        try two.modify(once, MACH_PORT_RIGHT_SEND_ONCE, by: -1)
        #expect(two[once] == nil)
        #expect(one.receiveAll(from: port) == [mach_msg_id_t(MACH_NOTIFY_SEND_ONCE)])  // facts: R4
      }
    }

    @Test func aRightThatTheNameLacksIsNotModified() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let set = try one.makeSet()
        let dead = try one.makeDeadName()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        let all: [mach_port_right_t] = [
          MACH_PORT_RIGHT_SEND, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_SEND_ONCE, MACH_PORT_RIGHT_PORT_SET,
          MACH_PORT_RIGHT_DEAD_NAME, MACH_PORT_RIGHT_LABELH,
        ]
        for (task, name, held) in [
          (one, port, MACH_PORT_RIGHT_RECEIVE), (one, set, MACH_PORT_RIGHT_PORT_SET),
          (one, dead, MACH_PORT_RIGHT_DEAD_NAME), (two, send, MACH_PORT_RIGHT_SEND),
          (two, once, MACH_PORT_RIGHT_SEND_ONCE),
        ] {
          for right in all where right != held {
            #expect(throws: KernelReturn.invalidRight) { try task.modify(name, right, by: -1) }  // facts: R7, R8
          }
        }
        #expect(throws: KernelReturn.invalidName) { try one.modify(0x9903, MACH_PORT_RIGHT_SEND, by: -1) }  // facts: R7
        one.space.end()
        #expect(throws: KernelReturn.invalidTask) { try one.modify(port, MACH_PORT_RIGHT_RECEIVE, by: -1) }
      }
    }

    // MARK: Deaths

    @Test func aNameWhosePortHasDiedConvertsBeforeItsRightIsTested() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        try two.modify(send, MACH_PORT_RIGHT_SEND, by: 4)
        try one.destroy(port)
        #expect(throws: KernelReturn.invalidRight) { try two.modify(send, MACH_PORT_RIGHT_SEND, by: -1) }  // facts: R7
        #expect(throws: KernelReturn.invalidRight) { try two.modify(once, MACH_PORT_RIGHT_SEND_ONCE, by: -1) }
        #expect(two[send] == .deadName(5))
        #expect(two[once] == .deadName(1))
        try two.modify(send, MACH_PORT_RIGHT_DEAD_NAME, by: -5)
        try two.modify(once, MACH_PORT_RIGHT_DEAD_NAME, by: 1)
        #expect(two[send] == nil)
        #expect(two[once] == .deadName(2))
      }
    }

    @Test func conversionToADeadNameWaitsForALookUp() throws {
      try TestTask.withTwo { one, two in
        let ports = LiveCounts().ports
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try one.destroy(port)
        #expect(two.names[send] == Entry.deadName)  // facts: N8
        #expect(LiveCounts().ports == ports + 1, "a list of names converts none")
        #expect(two[send] == .deadName(1))  // facts: T13
        checkInvariants()
        #expect(LiveCounts().ports == ports)
      }
    }

    @Test func aFullSendRightBecomesADeadNameWithRoomForOneReferenceMore() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try two.modify(send, MACH_PORT_RIGHT_SEND, by: Self.maximum - 1)
        try one.destroy(port)
        #expect(two[send] == .deadName(65534))
        try two.modify(send, MACH_PORT_RIGHT_DEAD_NAME, by: 1)  // facts: R5
        #expect(two[send] == .deadName(65535))
      }
    }

    @Test func sendReferencesBesideADyingReceiveRightBecomeADeadName() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        try one.insert(as: port, from: port, MACH_MSG_TYPE_MAKE_SEND)
        try one.modify(port, MACH_PORT_RIGHT_SEND, by: 2)
        #expect(one[port] == .receiveAndSend(3))
        try one.modify(port, MACH_PORT_RIGHT_RECEIVE, by: -1)
        #expect(one[port] == .deadName(3))  // facts: R11
      }
    }

    @Test func destroyTakesTheWholeName() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try two.modify(send, MACH_PORT_RIGHT_SEND, by: 9)
        try two.destroy(send)
        #expect(two[send] == nil)  // facts: R10
        #expect(try one.status(port).mps_srights == 0)

        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        try two.destroy(once)
        #expect(two[once] == nil)
        #expect(one.receiveAll(from: port) == [mach_msg_id_t(MACH_NOTIFY_SEND_ONCE)])

        try one.insert(as: port, from: port, MACH_MSG_TYPE_MAKE_SEND)
        try one.destroy(port)
        #expect(one[port] == nil)  // facts: R11, R17

        let dead = try one.makeDeadName()
        try one.modify(dead, MACH_PORT_RIGHT_DEAD_NAME, by: 5)
        try one.destroy(dead)
        #expect(one[dead] == nil)
        #expect(throws: KernelReturn.invalidName) { try one.destroy(dead) }
        #expect(throws: KernelReturn.invalidName) { try one.destroy(Name.null) }
      }
    }

    // MARK: deallocate

    @Test func deallocateDropsOneReference() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        #expect(two[send] == .send(2))
        try two.deallocate(send)
        #expect(two[send] == .send(1))  // facts: R9
        try two.deallocate(send)
        #expect(two[send] == nil)

        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        try two.deallocate(once)
        #expect(two[once] == nil)
        #expect(one.receiveAll(from: port).count == 1)

        let dead = try two.makeDeadName()
        try two.modify(dead, MACH_PORT_RIGHT_DEAD_NAME, by: 1)
        try two.deallocate(dead)
        #expect(two[dead] == .deadName(1))
        try two.deallocate(dead)
        #expect(two[dead] == nil)
        #expect(throws: KernelReturn.invalidName) { try two.deallocate(dead) }
      }
    }

    @Test func deallocateOfAReceiveAndSendRightDropsTheSendRight() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        try one.insert(as: port, from: port, MACH_MSG_TYPE_MAKE_SEND)
        try one.deallocate(port)
        #expect(one[port] == .receive)  // facts: R9
        #expect(try one.status(port).mps_srights == 0)
        #expect(throws: KernelReturn.invalidRight) { try one.deallocate(port) }
      }
    }

    @Test func deallocateRefusesASet() throws {
      try TestTask.withOne { one in
        let set = try one.makeSet()
        #expect(throws: KernelReturn.invalidRight) { try one.deallocate(set) }  // facts: R9
        #expect(one[set] == .portSet)
      }
    }

    @Test func deallocateOfARightWhosePortHasDiedDropsTheDeadName() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        try two.modify(send, MACH_PORT_RIGHT_SEND, by: 1)
        try one.destroy(port)
        try two.deallocate(send)
        #expect(two[send] == .deadName(1))
        try two.deallocate(send)
        try two.deallocate(once)
        #expect(two.names.count == 1)
      }
    }
  }
}

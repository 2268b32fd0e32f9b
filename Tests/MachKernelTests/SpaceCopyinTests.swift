// Copyin: what each disposition takes from a name, and what it leaves.

import CMach
import Testing

@testable import MachKernel

/// All six dispositions.
let dispositions: [mach_msg_type_name_t] = [
  MACH_MSG_TYPE_MOVE_RECEIVE, MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE, MACH_MSG_TYPE_COPY_SEND,
  MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE,
]

extension KernelTests {
  @Suite struct SpaceCopyinTests {
    /// Takes a right and lets it end.
    private func spend(_ task: TestTask, _ name: mach_port_name_t, _ disposition: mach_msg_type_name_t) throws {
      try task.take(name, disposition).drop()
      checkInvariants()
    }

    @Test func eachNameGivesTheRightsItHoldsAndNoOthers() throws {
      try TestTask.withThree { one, two, three in
        let port = try one.makePort()
        let set = try one.makeSet()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        let both = try three.makePort()
        try three.insert(as: both, from: both, MACH_MSG_TYPE_MAKE_SEND)
        let makes = [MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE, MACH_MSG_TYPE_MOVE_RECEIVE]
        let sends = [MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MOVE_SEND]
        for (task, name, allowed) in [
          (one, port, makes), (one, set, []), (two, send, sends), (two, once, [MACH_MSG_TYPE_MOVE_SEND_ONCE]),
          (three, both, makes + sends),
        ] {
          for disposition in dispositions + [0, 15, 22, .max] {
            let locked = task.space.locked()
            let entry = try locked.entry(named: name)
            let can = locked.canCopyin(entry, disposition)
            locked.unlock()
            if dispositions.contains(disposition) { #expect(can == allowed.contains(disposition)) }
            if !allowed.contains(disposition) {
              #expect(throws: KernelReturn.invalidRight) { try spend(task, name, disposition) }  // facts: I7, I8
            }
          }
        }
        #expect(two[send] == .send(1))
        #expect(two[once] == .sendOnce)
      }
    }

    @Test func makingCountsAndCopyingDoesNot() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        try spend(one, port, MACH_MSG_TYPE_MAKE_SEND)
        try spend(one, port, MACH_MSG_TYPE_MAKE_SEND)
        #expect(try one.status(port).mps_mscount == 2)  // facts: T2
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try spend(two, send, MACH_MSG_TYPE_COPY_SEND)
        #expect(two[send] == .send(1))
        try spend(two, send, MACH_MSG_TYPE_MOVE_SEND)
        #expect(two[send] == nil)
        #expect(try one.status(port).mps_mscount == 3)  // facts: T2
        try spend(one, port, MACH_MSG_TYPE_MAKE_SEND_ONCE)
        #expect(try one.status(port).mps_mscount == 3)
        #expect(try one.status(port).mps_srights == 0)
        #expect(try one.status(port).mps_sorights == 1, "the right is in its own notification")
      }
    }

    @Test func movingASendRightTakesOneReference() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try two.modify(send, MACH_PORT_RIGHT_SEND, by: 1)
        try spend(two, send, MACH_MSG_TYPE_MOVE_SEND)
        #expect(two[send] == .send(1))
        try one.insert(as: port, from: port, MACH_MSG_TYPE_MAKE_SEND)
        try spend(one, port, MACH_MSG_TYPE_MOVE_SEND)
        #expect(one[port] == .receive)
      }
    }

    @Test func aMovedReceiveRightLeavesTheSendRightUnderItsName() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        try one.insert(as: port, from: port, MACH_MSG_TYPE_MAKE_SEND)
        let there = try one.give(port, MACH_MSG_TYPE_MOVE_RECEIVE, to: two)
        #expect(one[port] == .send(1))
        #expect(two[there] == .receive)
        #expect(try two.status(there).mps_srights == 1)
        try two.give(there, MACH_MSG_TYPE_MOVE_RECEIVE, to: one)
        #expect(one[port] == .receiveAndSend(1))  // facts: I9
        #expect(two[there] == nil)
      }
    }

    @Test func aMovedReceiveRightForgetsWhatBelongedToItsHolder() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let set = try one.makeSet()
        try one.insertMember(port, into: set)
        try one.space.setContext(of: port, 77)
        try one.space.setSequenceNumber(of: port, 9)
        try one.space.setMakeSendCount(of: port, 5)
        try one.setLimit(port, 3)
        one.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, identifier: 42))
        let there = try one.give(port, MACH_MSG_TYPE_MOVE_RECEIVE, to: two)
        let status = try two.status(there)
        #expect(status.mps_mscount == 0)  // facts: T19
        #expect(status.mps_seqno == 0)
        #expect(status.mps_pset == 0)  // facts: P7
        #expect(try two.space.context(of: there) == 0)
        #expect(status.mps_qlimit == 3)
        #expect(status.mps_msgcount == 1)
        #expect(try one.members(of: set) == [])
        #expect(two.receiveAll(from: there) == [42])
      }
    }

    @Test func aDeadNameGivesDeathForTheDispositionsOfHolders() throws {
      try TestTask.withOne { one in
        let name = try one.makeDeadName()
        try one.modify(name, MACH_PORT_RIGHT_DEAD_NAME, by: 2)
        for (disposition, left) in [
          (MACH_MSG_TYPE_COPY_SEND, 3 as UInt32), (MACH_MSG_TYPE_MOVE_SEND, 2), (MACH_MSG_TYPE_MOVE_SEND_ONCE, 1),
        ] {
          let right = try one.take(name, disposition).leak()
          #expect(right == .max)  // facts: S7, I11
          checkInvariants()
          #expect(one[name] == .deadName(left))
        }
        for disposition in [MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE, MACH_MSG_TYPE_MOVE_RECEIVE] {
          #expect(throws: KernelReturn.invalidRight) { try spend(one, name, disposition) }
        }
        try spend(one, name, MACH_MSG_TYPE_MOVE_SEND)
        #expect(one[name] == nil)
      }
    }

    @Test func whereDeathIsNotAllowedTheNameKeepsItsReferences() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        try one.destroy(port)
        for (name, disposition) in [
          (send, MACH_MSG_TYPE_COPY_SEND), (send, MACH_MSG_TYPE_MOVE_SEND), (once, MACH_MSG_TYPE_MOVE_SEND_ONCE),
        ] {
          #expect(throws: KernelReturn.invalidRight) {
            try two.take(name, disposition, allowingDead: false).drop()
          }
          checkInvariants()
          #expect(two[name] == .deadName(1))
        }
      }
    }

    // MARK: Two rights of one name

    /// Copies in two rights of one name and lets them end; what was thrown, if anything.
    private func spendTwo(
      _ task: TestTask, _ name: mach_port_name_t, _ first: mach_msg_type_name_t, _ second: mach_msg_type_name_t
    ) throws -> KernelReturn? {
      defer { checkInvariants() }
      var wakes = Aftermath()
      let locked = task.space.locked()
      let entry = try locked.entry(named: name)
      do throws(KernelReturn) {
        let pair = try locked.copyinTwo(entry, named: name, first, second, &wakes)
        locked.freeIfEmpty(entry, named: name)
        locked.unlock()
        wakes.finish()
        _ = consume pair
        return nil
      } catch {
        wakes.finish()
        return error
      }
    }

    @Test func oneReferenceIsEnoughForAMoveAndACopy() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        for (first, second) in [
          (MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_COPY_SEND), (MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MOVE_SEND),
        ] {
          let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
          #expect(try spendTwo(two, send, first, second) == nil)  // facts: S6
          #expect(two[send] == nil)
        }
      }
    }

    @Test func twoMovesWantTwoReferences() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        // facts: S6
        #expect(try spendTwo(two, send, MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MOVE_SEND) == .invalidRight)
        #expect(two[send] == .send(1))
        try two.modify(send, MACH_PORT_RIGHT_SEND, by: 1)
        #expect(try spendTwo(two, send, MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MOVE_SEND) == nil)
        #expect(two[send] == nil)
      }
    }

    @Test func aSendOnceRightIsNeverTwo() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        let move = MACH_MSG_TYPE_MOVE_SEND_ONCE
        #expect(try spendTwo(two, once, move, move) == .invalidRight)  // facts: S6
        #expect(try spendTwo(two, once, move, MACH_MSG_TYPE_COPY_SEND) == .invalidCapability)
        #expect(try spendTwo(two, once, MACH_MSG_TYPE_COPY_SEND, move) == .invalidRight)
        #expect(two[once] == .sendOnce)
      }
    }

    @Test func theSecondRightIsTestedAloneFirst() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        // facts: S6
        #expect(try spendTwo(one, port, MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_COPY_SEND) == .invalidCapability)
        #expect(try spendTwo(one, port, MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND) == .invalidRight)
        #expect(try one.status(port).mps_mscount == 0)
        #expect(try spendTwo(one, port, MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE) == nil)
        #expect(try one.status(port).mps_mscount == 1)
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try one.destroy(port)
        #expect(try spendTwo(two, send, MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_COPY_SEND) == .invalidRight)
        #expect(two[send] == .deadName(1))
      }
    }
  }
}

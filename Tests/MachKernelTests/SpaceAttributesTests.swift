// What a receive right's holder can read and set.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct SpaceAttributesTests {
    @Test func aNewPortHasTheDefaults() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let status = try one.status(port)
        #expect(status.mps_qlimit == 5)  // facts: Q1
        #expect(status.mps_msgcount == 0)
        #expect(status.mps_seqno == 0)
        #expect(status.mps_mscount == 0)
        #expect(status.mps_pset == 0)
        #expect(status.mps_srights == 0)
        #expect(status.mps_sorights == 0)
        #expect(status.mps_flags == 0)
        #expect(try one.space.context(of: port) == 0)
        #expect(try one.space.queueLimit(of: port) == 5)
      }
    }

    @Test func whatIsSetIsRead() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        try one.space.setContext(of: port, .max)
        try one.space.setSequenceNumber(of: port, .max)
        try one.space.setMakeSendCount(of: port, 7)
        try one.setLimit(port, 1024)
        #expect(try one.space.context(of: port) == .max)
        let status = try one.status(port)
        #expect(status.mps_seqno == .max)
        #expect(status.mps_mscount == 7)
        #expect(status.mps_qlimit == 1024)
        try one.extract(port, MACH_MSG_TYPE_MAKE_SEND)
        #expect(try one.status(port).mps_mscount == 8)  // facts: T2
        one.send(TestMessage(to: port, MACH_MSG_TYPE_COPY_SEND))
        one.receive(from: port)
        #expect(try one.status(port).mps_seqno == 0, "the number wraps")
      }
    }

    @Test func statusCountsWhatThePortHas() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let set = try one.makeSet()
        try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        try one.insertMember(port, into: set)
        one.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND_ONCE))
        let status = try one.status(port)
        #expect(status.mps_pset == 1)  // facts: Q9
        #expect(status.mps_srights == 1)
        #expect(status.mps_sorights == 2)
        #expect(status.mps_msgcount == 1)
        #expect(status.mps_pdrequest == 0)
        #expect(status.mps_nsrequest == 0)
      }
    }

    @Test func importanceShowsInTheFlags() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        try one.space.donateImportance(port, asTemporaryOwner: false)
        #expect(try one.status(port).mps_flags == UInt32(MACH_PORT_STATUS_FLAG_IMP_DONATION))  // facts: G7
        try one.space.donateImportance(port, asTemporaryOwner: true)
        #expect(
          try one.status(port).mps_flags
            == UInt32(MACH_PORT_STATUS_FLAG_IMP_DONATION) | UInt32(MACH_PORT_STATUS_FLAG_TEMPOWNER))
      }
    }

    @Test func theRequestTableDoublesItsRoom() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        #expect(try one.space.requestTableSize(of: port) == 0)  // facts: R20
        for (wanted, size) in [(0, 2), (1, 2), (-1, 4), (3, 4), (5, 8), (-1, 16), (2, 16), (1000, 1024)] {
          try one.space.reserveRequests(of: port, Int32(wanted))
          #expect(try one.space.requestTableSize(of: port) == UInt32(size))
        }
        #expect(throws: KernelReturn.noSpace) { try one.space.reserveRequests(of: port, .max) }
        #expect(throws: KernelReturn.noSpace) { try one.space.reserveRequests(of: port, -2) }
        #expect(try one.space.requestTableSize(of: port) == 1024)
        checkInvariants()
      }
    }

    @Test func onlyAReceiveRightHasAttributes() throws {
      try TestTask.withTwo { one, two in
        let send = try two.give(try two.makePort(), MACH_MSG_TYPE_MAKE_SEND, to: one)
        for (names, code) in [
          ([send, try one.makeSet(), try one.makeDeadName(), Name.null, Name.dead], KernelReturn.invalidRight),
          ([0x9903, 0x107], .invalidName),
        ] {
          for name in names {
            #expect(throws: code) { try one.space.setMakeSendCount(of: name, 1) }  // facts: R14
            #expect(throws: code) { try one.space.setSequenceNumber(of: name, 1) }
            #expect(throws: code) { try one.space.context(of: name) }
            #expect(throws: code) { try one.space.setContext(of: name, 1) }
            #expect(throws: code) { try one.space.queueLimit(of: name) }
            #expect(throws: code) { try one.setLimit(name, 1) }
            #expect(throws: code) { try one.status(name) }  // facts: Q8
            #expect(throws: code) { try one.space.peek(name, 0) }
            #expect(throws: code) { try one.space.donateImportance(name, asTemporaryOwner: true) }
            #expect(throws: code) { try one.space.reserveRequests(of: name, 1) }
          }
        }
        checkInvariants()
      }
    }

    @Test func aPeekShowsAMessageAndLeavesIt() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        #expect(throws: KernelReturn.failure) { try one.space.peek(port, 0) }  // facts: X4
        try one.space.setSequenceNumber(of: port, 10)
        for identifier in 1...3 as ClosedRange<mach_msg_id_t> {
          one.send(
            TestMessage(
              to: port, MACH_MSG_TYPE_MAKE_SEND,
              rights: identifier == 2 ? [NamedRight(port, MACH_MSG_TYPE_MAKE_SEND), .none] : nil,
              identifier: identifier, words: [UInt32](repeating: 0, count: Int(identifier))))
        }
        for (asked, found, size) in [(0, 10, 28), (10, 10, 28), (11, 11, 24 + 4 + 24 + 8), (12, 12, 36)] {
          let peek = try one.space.peek(port, mach_port_seqno_t(asked))
          #expect(peek.sequenceNumber == mach_port_seqno_t(found))
          #expect(peek.identifier == mach_msg_id_t(found - 9))
          #expect(peek.size == mach_msg_size_t(size + 8 + (found == 11 ? 8 : 0)))  // facts: X4
          #expect(!peek.isFromKernel)
        }
        for asked in [1, 9, 13, .max] as [mach_port_seqno_t] {
          #expect(throws: KernelReturn.failure) { try one.space.peek(port, asked) }
        }
        #expect(one.receiveAll(from: port) == [1, 2, 3])
        try one.destroy(one.extract(port, MACH_MSG_TYPE_MAKE_SEND_ONCE))
        #expect(try one.space.peek(port, 0).isFromKernel)
      }
    }
  }
}

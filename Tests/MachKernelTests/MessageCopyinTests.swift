// What a send refuses, in which order, and what it has taken by then.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct MessageCopyinTests {
    /// Sends bytes as they are.
    private func send(_ task: TestTask, _ image: [UInt32], size: mach_msg_size_t? = nil) -> mach_msg_return_t {
      defer { checkInvariants() }
      return task.call(
        image, option: MACH_SEND_MSG | MACH_SEND_TIMEOUT, sendSize: size ?? mach_msg_size_t(image.count * 4)
      ).code
    }

    // MARK: Sizes

    @Test func aSizeIsWholeWordsAndHoldsAHeader() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let image = TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, words: [1, 2]).image
        for size in [0, 4, 20, 23, 25, 26, 27, 31] as [mach_msg_size_t] {
          #expect(send(one, image, size: size) == MACH_SEND_MSG_TOO_SMALL)  // facts: S1
        }
        #expect(send(one, image, size: 50_331_584) == MACH_SEND_TOO_LARGE)  // facts: S1
        #expect(send(one, image, size: UInt32.max - 3) == MACH_SEND_TOO_LARGE)
        for size in [24, 28, 32] as [mach_msg_size_t] {
          #expect(send(one, image, size: size) == MACH_MSG_SUCCESS)
          #expect(one.receive(from: port).size == size, "the header's size field is not asked")  // facts: S1
        }
      }
    }

    @Test func withoutABufferThereIsNoMessage() throws {
      try TestTask.withOne { one in
        let thread = currentThread
        thread.adopt(one.task)
        defer { thread.adopt(Kernel.task!) }
        for (size, code) in [(24, MACH_SEND_INVALID_DATA), (20, MACH_SEND_MSG_TOO_SMALL)] {
          let call = MessageCall(
            buffer: nil, option: MACH_SEND_MSG, sendSize: mach_msg_size_t(size), receiveLimit: 0, receiveName: 0,
            timeout: 0, receiveBuffer: nil)
          #expect(call.run() == code)  // facts: S11
        }
      }
    }

    // MARK: Headers

    @Test func headersAreCheckedInOrder() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try two.give(try two.makePort(), MACH_MSG_TYPE_MAKE_SEND, to: one)
        let set = try one.makeSet()
        let dead = try one.makeDeadName()
        let (make, copy, moveOnce) = (MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE)
        let none = NamedRight.none
        let badVoucher = NamedRight(port, copy)
        // facts: S3, S4, S11. Each line is right in what the lines above it are wrong in.
        for (destination, reply, voucher, code) in [
          (NamedRight(port, 0), none, badVoucher, MACH_SEND_INVALID_HEADER),
          (NamedRight(port, 16), none, badVoucher, MACH_SEND_INVALID_HEADER),
          (NamedRight(port, 22), none, badVoucher, MACH_SEND_INVALID_HEADER),
          (NamedRight(Name.null, make), NamedRight(port, 0), badVoucher, MACH_SEND_INVALID_HEADER),
          (NamedRight(Name.null, make), NamedRight(Name.dead, 0), badVoucher, MACH_SEND_INVALID_HEADER),
          (NamedRight(Name.null, make), NamedRight(port, 16), badVoucher, MACH_SEND_INVALID_HEADER),
          (NamedRight(Name.null, make), NamedRight(Name.null, 22), badVoucher, MACH_SEND_INVALID_HEADER),
          (NamedRight(Name.null, make), none, badVoucher, MACH_SEND_INVALID_DEST),
          (NamedRight(Name.dead, make), none, badVoucher, MACH_SEND_INVALID_DEST),
          (NamedRight(0x9903, make), none, badVoucher, MACH_SEND_INVALID_VOUCHER),
          (NamedRight(0x9903, make), none, NamedRight(Name.null, make), MACH_SEND_INVALID_VOUCHER),
          (NamedRight(0x9903, make), NamedRight(0x9a03, copy), none, MACH_SEND_INVALID_DEST),
          (NamedRight(set, make), NamedRight(0x9a03, copy), none, MACH_SEND_INVALID_REPLY),
          (NamedRight(dead, copy), NamedRight(port, copy), none, MACH_SEND_INVALID_REPLY),
          (NamedRight(dead, copy), NamedRight(set, make), none, MACH_SEND_INVALID_REPLY),
          (NamedRight(dead, copy), NamedRight(port, make), none, MACH_SEND_INVALID_DEST),
          (NamedRight(port, copy), NamedRight(port, make), none, MACH_SEND_INVALID_DEST),
          (NamedRight(set, make), NamedRight(send, MACH_MSG_TYPE_MOVE_SEND), none, MACH_SEND_INVALID_DEST),
          (NamedRight(send, moveOnce), NamedRight(send, copy), none, MACH_SEND_INVALID_DEST),
        ] {
          var message = TestMessage(to: destination.name, destination.disposition, reply: reply)
          message.voucher = voucher
          #expect(one.code(of: message) == code, "\(destination), \(reply), \(voucher)")
        }
        #expect(one[send] == .send(1))  // facts: S5
        #expect(one[dead] == .deadName(1))
        #expect(try one.status(port).mps_mscount == 0)
        #expect(self.send(one, [UInt32](repeating: 0, count: 6)) == MACH_SEND_INVALID_HEADER)  // facts: S11
      }
    }

    @Test func oneNameForDestinationAndReplyGivesBothOrNeither() throws {
      try TestTask.withTwo { one, two in
        let port = try two.makePort()
        let send = try two.give(port, MACH_MSG_TYPE_MAKE_SEND, to: one)
        let (move, copy) = (MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_COPY_SEND)
        func code(_ destination: mach_msg_type_name_t, _ reply: mach_msg_type_name_t) -> mach_msg_return_t {
          one.code(of: TestMessage(to: send, destination, reply: NamedRight(send, reply)))
        }
        #expect(code(move, move) == MACH_SEND_INVALID_DEST)  // facts: S6
        #expect(code(copy, MACH_MSG_TYPE_MAKE_SEND) == MACH_SEND_INVALID_REPLY)
        #expect(code(MACH_MSG_TYPE_MAKE_SEND, copy) == MACH_SEND_INVALID_DEST)
        #expect(one[send] == .send(1))
        #expect(code(copy, move) == MACH_MSG_SUCCESS)
        #expect(one[send] == nil)
        let result = two.receive(from: port)
        #expect(result.remote == NamedRight(port, MACH_MSG_TYPE_PORT_SEND))
        #expect(two[port] == .receiveAndSend(1))

        let once = try two.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: one)
        let twice = TestMessage(
          to: once, MACH_MSG_TYPE_MOVE_SEND_ONCE, reply: NamedRight(once, MACH_MSG_TYPE_MOVE_SEND_ONCE))
        #expect(one.code(of: twice) == MACH_SEND_INVALID_DEST)  // facts: S6
        #expect(one[once] == .sendOnce)
      }
    }

    @Test func bitsThatNobodyMaySetAreDropped() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        var image = TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND).image
        image[0] |= 0x7fe0_e0e0  // facts: S2, S10
        #expect(send(one, image) == MACH_MSG_SUCCESS)
        #expect(one.receive(from: port, option: MACH_RCV_VOUCHER).bits == MACH_MSG_TYPE_PORT_SEND << 8)
      }
    }

    @Test func aDeadNameMayBeTheReply() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let dead = try one.makeDeadName()
        try one.modify(dead, MACH_PORT_RIGHT_DEAD_NAME, by: 3)
        for (disposition, left) in [
          (MACH_MSG_TYPE_COPY_SEND, 4 as UInt32), (MACH_MSG_TYPE_MOVE_SEND, 3), (MACH_MSG_TYPE_MOVE_SEND_ONCE, 2),
        ] {
          let call = TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, reply: NamedRight(dead, disposition))
          #expect(one.code(of: call) == MACH_MSG_SUCCESS)
          #expect(one.receive(from: port).remote.name == Name.dead)  // facts: S7
          #expect(one[dead] == .deadName(left))
        }
        for name in [Name.null, Name.dead] {
          let call = TestMessage(
            to: port, MACH_MSG_TYPE_MAKE_SEND, reply: NamedRight(name, MACH_MSG_TYPE_MAKE_SEND_ONCE))
          #expect(one.code(of: call) == MACH_MSG_SUCCESS)
          #expect(one.receive(from: port).remote == NamedRight(name, MACH_MSG_TYPE_PORT_SEND_ONCE))  // facts: S3, V16
        }
      }
    }

    // MARK: Bodies

    @Test func descriptorsLieInsideOfTheMessage() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let image = TestMessage(
          to: port, MACH_MSG_TYPE_MAKE_SEND, rights: [.none, .none], words: [1]
        ).image
        for (count, words, code) in [
          (0, 7, MACH_MSG_SUCCESS), (1, 9, MACH_SEND_MSG_TOO_SMALL), (1, 10, MACH_MSG_SUCCESS),
          (2, 12, MACH_SEND_MSG_TOO_SMALL), (2, 13, MACH_MSG_SUCCESS), (3, 14, MACH_SEND_MSG_TOO_SMALL),
          (UInt32.max, 14, MACH_SEND_MSG_TOO_SMALL), (0x1555_5556, 14, MACH_SEND_MSG_TOO_SMALL),
          (1, 6, MACH_MSG_SUCCESS),
        ] as [(UInt32, Int, mach_msg_return_t)] {
          var image = image
          image[6] = count
          // facts: S8, D5
          #expect(send(one, Array(image.prefix(words))) == code, "\(count) descriptors in \(words) words")
        }
        #expect(one.receiveAll(from: port).count == 4)
      }
    }

    @Test func anUnknownKindOfDescriptorIsNotTaken() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        for type in 1...255 as ClosedRange<UInt32> where type > 4 {
          var image = TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, rights: [.none], words: [0, 0]).image
          image[9] = type << 24
          #expect(send(one, image) == MACH_SEND_INVALID_TYPE)  // facts: S8
        }
        #expect(try one.status(port).mps_msgcount == 0)
      }
    }

    @Test func aBadDescriptorEndsTheHeaderRightsAndTheEarlierDescriptors() throws {
      try TestTask.withTwo { one, two in
        let replies = try one.makePort()
        let target = try two.makePort()
        let carried = try one.makePort()
        let send = try two.give(target, MACH_MSG_TYPE_MAKE_SEND, to: one)
        let once = try two.give(target, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: one)
        let set = try one.makeSet()
        let message = TestMessage(
          to: once, MACH_MSG_TYPE_MOVE_SEND_ONCE, reply: NamedRight(replies, MACH_MSG_TYPE_MAKE_SEND_ONCE),
          rights: [
            NamedRight(send, MACH_MSG_TYPE_MOVE_SEND), NamedRight(carried, MACH_MSG_TYPE_MOVE_RECEIVE),
            NamedRight(set, MACH_MSG_TYPE_COPY_SEND), NamedRight(replies, MACH_MSG_TYPE_MAKE_SEND),
          ])
        let result = one.send(message)
        #expect(result.code == MACH_SEND_INVALID_RIGHT)  // facts: S8
        #expect(result.image == message.image)
        #expect(one[once] == nil)
        #expect(one[send] == nil)
        #expect(one[carried] == nil)
        #expect(try one.status(replies).mps_mscount == 0)
        let notification = mach_msg_id_t(MACH_NOTIFY_SEND_ONCE)
        #expect(one.receiveAll(from: replies) == [notification])  // facts: S12
        #expect(two.receiveAll(from: target) == [notification])
      }
    }

    @Test func aRaisedMakeSendCountStays() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let message = TestMessage(
          to: port, MACH_MSG_TYPE_MAKE_SEND, rights: [NamedRight(0x9903, MACH_MSG_TYPE_COPY_SEND)])
        #expect(one.code(of: message) == MACH_SEND_INVALID_RIGHT)
        #expect(try one.status(port).mps_mscount == 1)  // facts: S12
        #expect(try one.status(port).mps_srights == 0)
      }
    }

    @Test func namesThatAreNonePassWithAnyDisposition() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        for disposition in 0...255 as ClosedRange<UInt32> where disposition < 30 || disposition > 250 {
          let arrival = dispositions.contains(disposition) ? Disposition.inTransit(disposition) : 0
          let message = TestMessage(
            to: port, MACH_MSG_TYPE_MAKE_SEND,
            rights: [NamedRight(Name.null, disposition), NamedRight(Name.dead, disposition)])
          #expect(one.code(of: message) == MACH_MSG_SUCCESS)
          // facts: D1
          #expect(one.receive(from: port).rights == [NamedRight(Name.null, arrival), NamedRight(Name.dead, arrival)])
        }
      }
    }

    @Test func aDescriptorOfAValidNameWantsOneOfTheSixDispositions() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        for disposition in [0, 1, 15, 22, 255] as [UInt32] {
          let message = TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, rights: [NamedRight(port, disposition)])
          #expect(one.code(of: message) == MACH_SEND_INVALID_RIGHT)  // facts: D1
        }
      }
    }

    @Test func everyDispositionCarriesItsRightToTheOtherSpace() throws {
      try TestTask.withTwo { one, two in
        let target = try two.makePort()
        let send = try two.give(target, MACH_MSG_TYPE_MAKE_SEND, to: one)
        let ports = try (0..<6).map { _ in try one.makePort() }
        for index in 1...3 { try one.extract(ports[index], MACH_MSG_TYPE_MAKE_SEND) }
        let once = try one.extract(ports[4], MACH_MSG_TYPE_MAKE_SEND_ONCE)
        let dead = try one.makeDeadName()
        let message = TestMessage(
          to: send, MACH_MSG_TYPE_COPY_SEND, reply: NamedRight(ports[0], MACH_MSG_TYPE_MAKE_SEND_ONCE),
          rights: [
            NamedRight(ports[1], MACH_MSG_TYPE_COPY_SEND), NamedRight(ports[2], MACH_MSG_TYPE_MOVE_SEND),
            NamedRight(ports[0], MACH_MSG_TYPE_MAKE_SEND), NamedRight(ports[5], MACH_MSG_TYPE_MAKE_SEND_ONCE),
            NamedRight(once, MACH_MSG_TYPE_MOVE_SEND_ONCE), NamedRight(ports[3], MACH_MSG_TYPE_MOVE_RECEIVE),
            NamedRight(ports[0], MACH_MSG_TYPE_MAKE_SEND), NamedRight(dead, MACH_MSG_TYPE_MOVE_SEND),
          ], identifier: 3, words: [4, 5])
        #expect(one.code(of: message) == MACH_MSG_SUCCESS)
        let result = two.receive(from: target)
        #expect(result.code == MACH_MSG_SUCCESS)
        #expect(result.local == NamedRight(target, MACH_MSG_TYPE_PORT_SEND))  // facts: V8
        #expect(two[result.remote.name] == .sendOnce)
        #expect(result.identifier == 3)
        #expect(result.words == [4, 5])
        let rights = try #require(result.rights)
        #expect(rights.map(\.disposition) == [17, 17, 17, 18, 18, 16, 17, 17])
        #expect(rights[7].name == Name.dead)  // facts: S7
        #expect(rights[2].name == rights[6].name)  // facts: I9
        #expect(
          rights.prefix(6).map { two[$0.name] } == [.send(1), .send(1), .send(2), .sendOnce, .sendOnce, .receive])
        #expect(rights.prefix(6).map(\.name) == rights.prefix(6).map(\.name).sorted())  // facts: D6, Choices
        #expect(ports.map { one[$0] } == [.receive, .receiveAndSend(1), .receive, .send(1), .receive, .receive])
        #expect(one[once] == nil)
        #expect(one[dead] == nil)
      }
    }
  }
}

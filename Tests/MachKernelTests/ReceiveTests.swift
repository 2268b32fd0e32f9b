// What a receiver finds in its buffer.

import CLinux
import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct ReceiveTests {
    private func trailer(_ elements: Int32) -> mach_msg_option_t { mach_msg_option_t(elements) << 24 }

    @Test func theReceiverSeesTheHeaderFromItsOwnSide() throws {
      try TestTask.withTwo { one, two in
        let target = try two.makePort()
        let send = try two.give(target, MACH_MSG_TYPE_MAKE_SEND, to: one)
        let replies = try one.makePort()
        one.send(
          TestMessage(
            to: send, MACH_MSG_TYPE_COPY_SEND, reply: NamedRight(replies, MACH_MSG_TYPE_MAKE_SEND), identifier: 1))
        let result = two.receive(from: target)
        #expect(result.size == 24)
        #expect(result.local == NamedRight(target, MACH_MSG_TYPE_PORT_SEND))  // facts: V8
        #expect(result.remote.disposition == MACH_MSG_TYPE_PORT_SEND)
        #expect(two[result.remote.name] == .send(1))
        #expect(
          two.code(of: TestMessage(to: result.remote.name, MACH_MSG_TYPE_MOVE_SEND, identifier: 2)) == MACH_MSG_SUCCESS)
        #expect(one.receiveAll(from: replies) == [2])
      }
    }

    @Test func aReplyThatDiedOnTheWayIsDead() throws {
      try TestTask.withTwo { one, two in
        let target = try two.makePort()
        let send = try two.give(target, MACH_MSG_TYPE_MAKE_SEND, to: one)
        for disposition in [MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE] {
          let replies = try one.makePort()
          one.send(TestMessage(to: send, MACH_MSG_TYPE_COPY_SEND, reply: NamedRight(replies, disposition)))
          try one.destroy(replies)
          #expect(two.receive(from: target).remote.name == Name.dead)  // facts: V8
        }
      }
    }

    @Test func aVoucherFieldPassesUnlessItWasDeclared() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        for (disposition, option, seen) in [
          (0, 0, NamedRight(77, 0)), (0, MACH_RCV_VOUCHER, NamedRight(77, 0)),
          (MACH_MSG_TYPE_COPY_SEND, 0, NamedRight(Name.null, 0)),
          (MACH_MSG_TYPE_COPY_SEND, MACH_RCV_VOUCHER, NamedRight(Name.null, MACH_MSG_TYPE_PORT_SEND)),
        ] {
          var message = TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND)
          message.voucher = NamedRight(disposition == 0 ? 77 : Name.null, disposition)
          #expect(one.code(of: message) == MACH_MSG_SUCCESS)
          #expect(one.receive(from: port, option: option).voucher == seen)  // facts: V8
        }
      }
    }

    @Test func trailersHaveTheElementsAskedFor() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        try one.space.setContext(of: port, 0x1234_5678_9abc_def0)
        try one.space.setSequenceNumber(of: port, 40)
        for (elements, size) in [(0, 8), (1, 12), (2, 20), (3, 52), (4, 60), (7, 68), (8, 68), (15, 68)]
          as [(Int32, Int)]
        {
          one.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, words: [1]))
          let number = try one.status(port).mps_seqno
          let result = one.receive(from: port, option: trailer(elements))
          let words = result.trailer
          #expect(words[0] == 0)
          #expect(words[1] == UInt32(size))  // facts: V13
          #expect(words[size / 4] == MessageResult.untouched, "nothing behind the trailer changes")  // facts: V13
          #expect(result.size == 28)  // facts: V7
          if size >= 12 { #expect(words[2] == number) }
          if size >= 20 { #expect(Array(words[3...4]) == [clinux_effective_user(), clinux_effective_group()]) }
          if size >= 52 {
            #expect(
              Array(words[5...12]) == [  // facts: V18
                clinux_login_user(), clinux_effective_user(), clinux_effective_group(), clinux_real_user(),
                clinux_real_group(), clinux_process(), clinux_session(), Kernel.processVersion,
              ])
          }
          if size >= 60 { #expect(Array(words[13...14]) == [0x9abc_def0, 0x1234_5678]) }
          if size >= 68 { #expect(Array(words[15...16]) == [0, 0]) }
        }
      }
    }

    @Test func aNotificationsTrailerIsTheKernels() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        try one.destroy(one.extract(port, MACH_MSG_TYPE_MAKE_SEND_ONCE))
        let result = one.receive(from: port, option: trailer(MACH_RCV_TRAILER_AUDIT))
        #expect(Array(result.trailer[3...4]) == [0, 1])  // facts: T17
        #expect(Array(result.trailer[5...12]) == [UInt32](repeating: 0, count: 8))
      }
    }

    @Test func roomForMessageAndTrailerIsEnoughAndOneByteLessIsNot() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        for (elements, size) in [(0, 8), (2, 20), (7, 68)] as [(Int32, mach_msg_size_t)] {
          one.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, identifier: 5, words: [1, 2]))
          let small = one.receive(from: port, limit: 31 + size, option: trailer(elements) | MACH_RCV_LARGE)
          #expect(small.code == MACH_RCV_TOO_LARGE)  // facts: V10
          #expect(small.size == 32)  // facts: V5
          #expect(small.image[3] == MessageResult.untouched)
          #expect(one.receive(from: port, limit: 32 + size, option: trailer(elements)).identifier == 5)
        }
        #expect(try one.status(port).mps_seqno == 3)  // facts: V5
      }
    }

    @Test func aMessageTooLargeEndsAndLeavesItsHeader() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let replies = try one.makePort()
        let carried = try one.makePort()
        one.send(
          TestMessage(
            to: port, MACH_MSG_TYPE_MAKE_SEND, reply: NamedRight(replies, MACH_MSG_TYPE_MAKE_SEND_ONCE),
            rights: [NamedRight(carried, MACH_MSG_TYPE_MOVE_RECEIVE)], identifier: 5))
        let result = one.receive(from: port, limit: 51, option: trailer(MACH_RCV_TRAILER_SENDER))
        #expect(result.code == MACH_RCV_TOO_LARGE)
        #expect(result.size == 24)  // facts: V6, V15
        #expect(result.isComplex)
        #expect(result.image[2] == Name.null)
        #expect(result.image[3] == port)
        #expect(cmach_bits_remote(result.bits) == MACH_MSG_TYPE_PORT_SEND_ONCE)
        #expect(Array(result.trailer[0...4]) == [0, 20, 0, 0, 1])  // facts: V15
        #expect(one[carried] == nil)
        #expect(one.receiveAll(from: replies) == [mach_msg_id_t(MACH_NOTIFY_SEND_ONCE)])  // facts: V6
      }
    }

    @Test func withoutABufferTheMessageStays() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        one.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, identifier: 9))
        let thread = currentThread
        thread.adopt(one.task)
        defer { thread.adopt(Kernel.task!) }
        let call = MessageCall(
          buffer: nil, option: MACH_RCV_MSG, sendSize: 0, receiveLimit: 100, receiveName: port, timeout: 0,
          receiveBuffer: nil)
        #expect(call.run() == MACH_RCV_INVALID_DATA)  // facts: V14
        #expect(one.receiveAll(from: port) == [9])
      }
    }

    @Test func aCallSendsBeforeItReceives() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let both = MACH_SEND_MSG | MACH_RCV_MSG | MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT
        let image = TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, identifier: 8).image + [0, 0]
        let result = one.call(image, option: both, sendSize: 24, limit: 32, from: port)
        #expect(result.code == MACH_MSG_SUCCESS)
        #expect(result.local.name == port)  // facts: Q7
        let lost = one.call(image, option: both, sendSize: 24, limit: 32, from: 0x9903)
        #expect(lost.code == MACH_RCV_INVALID_NAME)  // facts: Q14
        let failed = one.call([0] + image.dropFirst(), option: both, sendSize: 24, limit: 32, from: port)
        #expect(failed.code == MACH_SEND_INVALID_HEADER)  // facts: Q7
        checkInvariants()
        #expect(one.receiveAll(from: port) == [8])
      }
    }

    @Test func theReceiveMayGoToAnotherBuffer() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let thread = currentThread
        thread.adopt(one.task)
        defer { thread.adopt(Kernel.task!) }
        var sent = TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, identifier: 8).image
        var received = [UInt32](repeating: 0, count: 8)
        let before = sent
        let code = sent.withUnsafeMutableBytes { sent in
          received.withUnsafeMutableBytes { received in
            MessageCall(
              buffer: sent.baseAddress, option: MACH_SEND_MSG | MACH_RCV_MSG, sendSize: 24, receiveLimit: 32,
              receiveName: port, timeout: 0, receiveBuffer: received.baseAddress
            ).run()
          }
        }
        #expect(code == MACH_MSG_SUCCESS)
        #expect(sent == before)  // facts: V11
        #expect(received[5] == 8)
      }
    }
  }
}

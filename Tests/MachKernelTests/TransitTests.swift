// Receive rights in messages, and the circles they must not close.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct TransitTests {
    /// A message that carries receive rights.
    private func carrying(_ ports: [mach_port_name_t], to destination: mach_port_name_t) -> TestMessage {
      TestMessage(
        to: destination, MACH_MSG_TYPE_COPY_SEND, rights: ports.map { NamedRight($0, MACH_MSG_TYPE_MOVE_RECEIVE) })
    }

    /// Ports with a send right each beside the receive right, so that their names stay.
    private func makePorts(_ count: Int, in task: TestTask) throws -> [mach_port_name_t] {
      try (0..<count).map { _ in
        let port = try task.makePort()
        return try task.extract(port, MACH_MSG_TYPE_MAKE_SEND)
      }
    }

    @Test func aTravellingPortKnowsWhereItGoesUntilItArrives() throws {
      try TestTask.withOne { one in
        let ports = try makePorts(2, in: one)
        let (moving, destination) = (try one.port(ports[0]), try one.port(ports[1]))
        #expect(one.code(of: carrying([ports[0]], to: ports[1])) == MACH_MSG_SUCCESS)
        #expect(moving.locked().body.destination == destination)
        #expect(moving.locked().body.isInTransit)
        let result = one.receive(from: ports[1])
        #expect(result.rights == [NamedRight(ports[0], MACH_MSG_TYPE_PORT_RECEIVE)])  // facts: I9
        #expect(moving.locked().body.destination == nil)
        #expect(!moving.locked().body.isInTransit)
        #expect(one[ports[0]] == .receiveAndSend(1))
      }
    }

    @Test func aPortInTransitTakesMessagesForItsNextHolder() throws {
      try TestTask.withTwo { one, two in
        let ports = try makePorts(2, in: one)
        one.send(TestMessage(to: ports[0], MACH_MSG_TYPE_COPY_SEND, identifier: 1))
        one.send(carrying([ports[0]], to: ports[1]))
        one.send(TestMessage(to: ports[0], MACH_MSG_TYPE_COPY_SEND, identifier: 2))
        for _ in 0..<3 { one.send(TestMessage(to: ports[0], MACH_MSG_TYPE_COPY_SEND, identifier: 3)) }
        #expect(one.code(of: TestMessage(to: ports[0], MACH_MSG_TYPE_COPY_SEND)) == MACH_SEND_TIMED_OUT)
        let home = try one.give(ports[1], MACH_MSG_TYPE_MOVE_RECEIVE, to: two)
        let arrived = try #require(two.receive(from: home).rights?.first).name
        #expect(two.receiveAll(from: arrived) == [1, 2, 3, 3, 3])  // facts: Q13
      }
    }

    @Test func aPortSentToItselfDies() throws {
      try TestTask.withOne { one in
        let port = try makePorts(1, in: one)[0]
        #expect(one.code(of: carrying([port], to: port)) == MACH_MSG_SUCCESS)  // facts: C1
        #expect(one[port] == .deadName(1))
      }
    }

    @Test(arguments: [2, 3, 10, 300])
    func aChainThatWouldCloseEndsWithThePortThatClosedIt(length: Int) throws {
      try TestTask.withOne { one in
        let ports = try makePorts(length, in: one)
        for index in 0..<(length - 1) {
          #expect(one.code(of: carrying([ports[index]], to: ports[index + 1])) == MACH_MSG_SUCCESS)
        }
        #expect(one[ports[0]] == .send(1))
        #expect(one.code(of: carrying([ports[length - 1]], to: ports[0])) == MACH_MSG_SUCCESS)  // facts: C1
        for port in ports { #expect(one[port] == .deadName(1)) }
      }
    }

    @Test func aChainBuiltFromItsEndIsNoCircle() throws {
      try TestTask.withOne { one in
        let ports = try makePorts(5, in: one)
        // Each right goes to a port that is in transit already.
        for index in (0..<4).reversed() {
          #expect(one.code(of: carrying([ports[index]], to: ports[index + 1])) == MACH_MSG_SUCCESS)
        }
        for index in (0..<4).reversed() {
          let result = one.receive(from: ports[index + 1])
          #expect(result.rights == [NamedRight(ports[index], MACH_MSG_TYPE_PORT_RECEIVE)])
        }
        for port in ports { #expect(one[port] == .receiveAndSend(1)) }
      }
    }

    @Test func aTreeOfTravellingPortsIsNoCircleEither() throws {
      try TestTask.withOne { one in
        let ports = try makePorts(7, in: one)
        #expect(one.code(of: carrying([ports[0], ports[1]], to: ports[2])) == MACH_MSG_SUCCESS)
        #expect(one.code(of: carrying([ports[3], ports[4]], to: ports[5])) == MACH_MSG_SUCCESS)
        #expect(one.code(of: carrying([ports[2], ports[5]], to: ports[6])) == MACH_MSG_SUCCESS)
        #expect(one.receive(from: ports[6]).rights?.count == 2)
        #expect(one.receive(from: ports[5]).rights?.count == 2)
        #expect(one.receive(from: ports[2]).rights?.count == 2)
      }
    }

    @Test func theCircleMayBeClosedByAnyDescriptor() throws {
      try TestTask.withOne { one in
        let ports = try makePorts(4, in: one)
        one.send(carrying([ports[0]], to: ports[1]))
        // ports[1] closes the circle through ports[0]; what travels with it ends, too.
        #expect(one.code(of: carrying([ports[2], ports[1], ports[3]], to: ports[0])) == MACH_MSG_SUCCESS)
        for port in ports { #expect(one[port] == .deadName(1)) }
      }
    }

    @Test func aCircleThroughAnotherSpaceIsACircle() throws {
      try TestTask.withTwo { one, two in
        let here = try makePorts(1, in: one)[0]
        let there = try makePorts(1, in: two)[0]
        let hereInTwo = try one.give(here, MACH_MSG_TYPE_COPY_SEND, to: two)
        let thereInOne = try two.give(there, MACH_MSG_TYPE_COPY_SEND, to: one)
        #expect(one.code(of: carrying([here], to: thereInOne)) == MACH_MSG_SUCCESS)
        #expect(two.code(of: carrying([there], to: hereInTwo)) == MACH_MSG_SUCCESS)
        #expect(one[thereInOne] == .deadName(1))
        #expect(two[hereInTwo] == .deadName(1))
      }
    }

    @Test func aRightThatCouldNotBeSentComesBackFromTransit() throws {
      try TestTask.withOne { one in
        let ports = try makePorts(2, in: one)
        try one.setLimit(ports[1], 0)
        #expect(one.code(of: carrying([ports[0]], to: ports[1])) == MACH_SEND_TIMED_OUT)
        #expect(one[ports[0]] == .receiveAndSend(1))
        let moving = try one.port(ports[0])
        #expect(moving.locked().body.destination == nil)
      }
    }

    @Test func aRightForADeadOrKernelPortDies() throws {
      try TestTask.withTwo { one, two in
        let ports = try makePorts(2, in: one)
        #expect(one.code(of: carrying([ports[0]], to: 0x103)) == MACH_MSG_SUCCESS)
        #expect(one[ports[0]] == .deadName(1))
        // The destination dies while the message is on its way to the queue.
        let dead = try one.give(ports[1], MACH_MSG_TYPE_MOVE_RECEIVE, to: two)
        let moving = try one.makePort()
        var wakes = Aftermath()
        var message: Message?
        carrying([moving], to: ports[1]).image.withUnsafeBytes {
          message = try? Message.copyin($0.baseAddress, size: 40)
          try? message?.copyinRights(from: one.space, option: 0, &wakes)
        }
        wakes.finish()
        try two.space.destroy(dead)
        try #require(message).send(by: currentThread, timeout: Timeout(milliseconds: 0), interruptible: false)
        checkInvariants()  // facts: Q4
        #expect(one[moving] == nil)
      }
    }
  }
}

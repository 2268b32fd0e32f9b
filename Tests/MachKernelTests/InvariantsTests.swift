// The audit finds what is wrong: each count, made wrong by hand.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct InvariantsTests {
    /// Breaks something, expects the audit to say so, and mends it.
    private func expectViolation(
      _ expected: String, _ location: SourceLocation = #_sourceLocation, break: () -> Void, mend: () -> Void
    ) {
      checkInvariants(location)
      `break`()
      let violation = Invariants.firstViolation(currentThread).map { "\($0)" }
      #expect(violation == expected, sourceLocation: location)
      #expect(!Invariants.hold(currentThread), sourceLocation: location)
      mend()
      checkInvariants(location)
    }

    @Test func aWrongCountOfAPortIsFound() throws {
      try TestTask.withTwo { one, two in
        let name = try one.makePort()
        try one.give(name, MACH_MSG_TYPE_MAKE_SEND, to: two)
        one.send(TestMessage(to: name, MACH_MSG_TYPE_MAKE_SEND_ONCE))
        let port = try one.port(name)
        let body = port.unguardedBody
        expectViolation("references are wrong") {
          port.retain()
        } mend: {
          port.release()
        }
        expectViolation("the send rights are miscounted") {
          body.pointee.sendRightCount += 1
        } mend: {
          body.pointee.sendRightCount -= 1
        }
        expectViolation("the send-once rights are miscounted") {
          body.pointee.sendOnceRightCount -= 1
        } mend: {
          body.pointee.sendOnceRightCount += 1
        }
        expectViolation("a queue's message count is wrong") {
          body.pointee.queue.messageCount += 1
        } mend: {
          body.pointee.queue.messageCount -= 1
        }
        expectViolation("a port does not know its receiver") {
          body.pointee.settle(in: one.space, named: name + 4)
        } mend: {
          body.pointee.settle(in: one.space, named: name)
        }
        expectViolation("a dead port's receive right is in a space") {
          body.pointee.isActive = false
        } mend: {
          body.pointee.isActive = true
        }
      }
    }

    @Test func aWrongEntryIsFound() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let names = [
          try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two),
          try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two),
          try two.makeDeadName(), try two.makeSet(),
        ]
        let entries = try names.map { try two.space.locked().entry(named: $0) }
        let bits = entries.map { $0.pointee.bits }
        for (index, wrong, violation) in [
          (0, Entry.send, "send references are out of range"),
          (0, Entry.send | 65535, "send references are out of range"),
          (1, Entry.sendOnce | 2, "a send-once right has more than one reference"),
          (2, Entry.deadName, "a dead name is wrong"),
          (3, Entry.portSet | 1, "a set has references"),
          (2, Entry.send | Entry.deadName | 1, "an entry has a strange type"),
          (2, 1, "a free slot holds something"),
        ] {
          expectViolation(violation) {
            entries[index].pointee.bits = wrong
          } mend: {
            entries[index].pointee.bits = bits[index]
          }
        }
      }
    }

    @Test func aSetThatIsTornIsFound() throws {
      try TestTask.withOne { one in
        let name = try one.makePort()
        let set = try one.makeSet()
        try one.insertMember(name, into: set)
        one.send(TestMessage(to: name, MACH_MSG_TYPE_MAKE_SEND))
        let body = try one.portSet(set).unguardedBody
        let link = try #require(body.pointee.firstMember)
        expectViolation("a set's member count is wrong") {
          body.pointee.memberCount += 1
        } mend: {
          body.pointee.memberCount -= 1
        }
        expectViolation("a set does not know of a message") {
          link.inSet.pointee.isReady = false
        } mend: {
          link.inSet.pointee.isReady = true
        }
        expectViolation("a set does not know its name") {
          body.pointee.name += 4
        } mend: {
          body.pointee.name -= 4
        }
      }
    }

    @Test func aPortAtRestThatTravelsIsFound() throws {
      try TestTask.withOne { one in
        let name = try one.makePort()
        let (resting, other) = (try one.port(name), try one.port(try one.makePort()))
        expectViolation("a port does not know its receiver") {
          resting.unguardedBody.pointee.destination = other
        } mend: {
          resting.unguardedBody.pointee.settle(in: one.space, named: name)
        }
      }
    }
  }
}

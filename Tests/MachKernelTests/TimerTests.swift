// Timers of ports: what arming, cancelling and dying do to the queue and to the port.

import CMach
import Testing

@testable import MachKernel

extension TestTask {
  fileprivate func makeTimer(_ location: SourceLocation = #_sourceLocation) throws -> mach_port_name_t {
    try step(location) { space in try space.makeTimer() }
  }

  fileprivate func arm(
    _ name: mach_port_name_t, at deadline: UInt64, _ location: SourceLocation = #_sourceLocation
  ) throws {
    try step(location) { space in try space.armTimer(named: name, at: deadline) }
  }

  fileprivate func cancel(
    _ name: mach_port_name_t, _ location: SourceLocation = #_sourceLocation
  ) throws -> UInt64 {
    try step(location) { space in try space.cancelTimer(named: name) }
  }

  fileprivate func timer(_ name: mach_port_name_t) throws -> Timer {
    try #require(try port(name).locked().body.timer)
  }
}

/// A time that does not come.
private let never = UInt64.max

/// How many timers and alarms wait.
private var waiting: Int {
  var count = 0
  Timers.whileQuiet { count = $0.count }
  return count
}

extension KernelTests {
  @Suite struct TimerTests {
    @Test func aTimerWaitsOnceHoweverOftenItIsArmed() throws {
      try TestTask.withOne { one in
        let before = waiting
        let name = try one.makeTimer()
        #expect(waiting == before)
        for step in 0..<5 as Range<UInt64> {
          try one.arm(name, at: never - step)
          #expect(waiting == before + 1)
        }
        #expect(try one.cancel(name) == never - 4)
        #expect(waiting == before)
        #expect(try one.cancel(name) == 0)
      }
    }

    @Test func aTimerWhoseTimeHasPassedHasOneMessageAndDoesNotWait() throws {
      try TestTask.withOne { one in
        let before = waiting
        let name = try one.makeTimer()
        try one.arm(name, at: never)
        for _ in 0..<3 {
          try one.arm(name, at: 0)
          #expect(waiting == before)
          #expect(try one.status(name).mps_msgcount == 1)
        }
        #expect(try one.timer(name).object.pointee.isOutstanding)
        let port = try one.port(name)
        var aftermath = Aftermath()
        let reception = port.locked().takeFirst(option: 0, limit: 100, &aftermath)
        aftermath.finish()
        let message = try #require(reception?.message)
        #expect(message == (try one.timer(name).message))
        #expect(message.object.pointee.size == 48 && message.object.pointee.isFromKernel)
        // It is another's until it ends.
        try one.unaudited.arm(name, at: 0)
        #expect(try one.status(name).mps_msgcount == 0)
        message.destroy()
        #expect(try !one.timer(name).object.pointee.isOutstanding)
        try one.arm(name, at: 0)
        #expect(try one.status(name).mps_msgcount == 1)
      }
    }

    @Test func aTimerOfADeadPortWaitsNoMore() throws {
      try TestTask.withOne { one in
        let before = waiting
        let names = try (0..<4).map { _ in try one.makeTimer() }
        for name in names { try one.arm(name, at: never) }
        #expect(waiting == before + 4)
        try one.destroy(names[0])
        try one.modify(names[1], MACH_PORT_RIGHT_RECEIVE, by: -1)
        #expect(waiting == before + 2)
      }
      #expect(waiting == 0)
    }

    @Test func aMessageThatIsReceivedOutlivesItsTimer() throws {
      try TestTask.withOne { one in
        let name = try one.makeTimer()
        try one.arm(name, at: 0)
        var aftermath = Aftermath()
        let reception = try one.port(name).locked().takeFirst(option: 0, limit: 100, &aftermath)
        aftermath.finish()
        let message = try #require(reception?.message)
        try one.unaudited.destroy(name)
        #expect(message.object.pointee.size == 48)
        message.destroy()
      }
    }

    @Test func anAuditFindsATornTimer() throws {
      try TestTask.withTwo { one, _ in
        let names = try (0..<2).map { _ in try one.makeTimer() }
        for name in names { try one.arm(name, at: never) }
        let ports = try names.map { try one.port($0) }
        let timers = try names.map { try one.timer($0) }
        func expect(_ expected: String) {
          #expect(Invariants.firstViolation(currentThread).map { "\($0)" } == expected)
        }
        ports[0].unguardedBody.pointee.timer = timers[1]
        expect("a timer in the queue is not its port's")
        ports[0].unguardedBody.pointee.timer = timers[0]
        timers[0].object.pointee.isDead = true
        expect("a live port's timer is dead")
        timers[0].object.pointee.isDead = false
        ports[0].unguardedBody.pointee.sendRightCount = 0
        expect("the send rights are miscounted")
        ports[0].unguardedBody.pointee.sendRightCount = 1
      }
    }
  }
}

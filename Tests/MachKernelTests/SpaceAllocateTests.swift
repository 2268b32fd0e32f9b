// New names of a space.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct SpaceAllocateTests {
    @Test func aNewSpaceHasTheNameOfItsTaskAlone() throws {
      try TestTask.withOne { one in
        #expect(one.names == [0x103: Entry.send])  // facts: N3
        #expect(one[0x103] == .send(1))
      }
    }

    @Test func eachKindOfNameIsBornWithItsReferences() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let set = try one.makeSet()
        let dead = try one.makeDeadName()
        #expect([port, set, dead] == [0x203, 0x303, 0x403])
        #expect(one[port] == .receive)
        #expect(one[set] == .portSet)
        #expect(one[dead] == .deadName(1))  // facts: N6
      }
    }

    @Test(arguments: [MACH_PORT_RIGHT_SEND, MACH_PORT_RIGHT_SEND_ONCE, MACH_PORT_RIGHT_LABELH, 6, .max])
    func noOtherRightCanBeAllocated(right: mach_port_right_t) throws {
      try TestTask.withOne { one in
        #expect(throws: KernelReturn.invalidValue) { try one.allocate(right) }  // facts: N6
        #expect(throws: KernelReturn.invalidValue) { try one.allocate(right, named: 0x903) }
        #expect(one.names.count == 1)
      }
    }

    @Test(arguments: [MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_PORT_SET])
    func aWantedNameIsTakenOrRefused(right: mach_port_right_t) throws {
      try TestTask.withOne { one in
        let name = try one.allocate(right, named: 0x4f07)
        #expect(name == 0x4f07)
        #expect(throws: KernelReturn.nameExists) { try one.allocate(right, named: 0x4f07) }  // facts: N5
        #expect(throws: KernelReturn.failure) { try one.allocate(right, named: 0x4f0b) }
        #expect(throws: KernelReturn.failure) { try one.allocate(right, named: 0x03) }
        #expect(throws: KernelReturn.noSpace) { try one.allocate(right, named: 0x4000_0003) }
        #expect(throws: KernelReturn.invalidValue) { try one.allocate(right, named: 0x4e01) }
        #expect(throws: KernelReturn.invalidValue) { try one.allocate(right, named: Name.null) }
        #expect(throws: KernelReturn.invalidValue) { try one.allocate(right, named: Name.dead) }
        #expect(one.names.keys.sorted() == [0x103, 0x4f07])
        #expect(try one.makePort() == 0x203)
      }
    }

    @Test func aDeadNameGetsAnotherNameThanTheWantedOne() throws {
      try TestTask.withOne { one in
        let name = try one.allocate(MACH_PORT_RIGHT_DEAD_NAME, named: 0x4f07)
        #expect(name == 0x203)  // facts: N6, N11
        #expect(throws: KernelReturn.invalidValue) { try one.allocate(MACH_PORT_RIGHT_DEAD_NAME, named: Name.dead) }
      }
    }

    @Test func aMessageIsReservedForAPortAlone() throws {
      try TestTask.withOne { one in
        let before = LiveCounts().messages
        let port = try one.allocate(MACH_PORT_RIGHT_RECEIVE, reserve: 1000)
        #expect(LiveCounts().messages == before + 1)
        try one.destroy(port)
        #expect(LiveCounts().messages == before)
        #expect(throws: KernelReturn.invalidValue) { try one.allocate(MACH_PORT_RIGHT_PORT_SET, reserve: 1000) }
        #expect(throws: KernelReturn.resourceShortage) {  // facts: N10
          try one.allocate(MACH_PORT_RIGHT_PORT_SET, reserve: UInt32.max - 67)
        }
        #expect(throws: KernelReturn.invalidValue) {
          try one.allocate(MACH_PORT_RIGHT_SEND, named: Name.null, reserve: UInt32.max)
        }
      }
    }

    @Test func aRefusedNameCostsNoPortAndNoReserve() throws {
      try TestTask.withOne { one in
        let before = LiveCounts()
        #expect(throws: KernelReturn.nameExists) {
          try one.allocate(MACH_PORT_RIGHT_RECEIVE, named: 0x103, reserve: 1000)
        }
        #expect(throws: KernelReturn.nameExists) { try one.makeSet(named: 0x103) }
        #expect(LiveCounts() == before)
      }
    }

    @Test func anEndedSpaceGivesNoNames() throws {
      try TestTask.withOne { one in
        one.space.end()
        #expect(throws: KernelReturn.invalidTask) { try one.makePort() }
        #expect(throws: KernelReturn.invalidTask) { try one.makeSet() }
        #expect(throws: KernelReturn.invalidTask) { try one.makeDeadName() }
      }
    }

    @Test func namesComeAndGoByTheThousand() throws {
      try TestTask.withOne { one in
        // Steps of a thousand names each, for every audit looks at all ports.
        var names: [mach_port_name_t] = []
        for round in 0..<4 {
          for _ in 0..<1000 {
            let right = [MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_PORT_SET, MACH_PORT_RIGHT_DEAD_NAME][names.count % 3]
            names.append(try one.space.allocate(.init(right: right)))
          }
          checkInvariants()
          #expect(one.names.count == names.count + 1)
          for _ in 0..<(round * 200) { try one.space.destroy(names.remove(at: names.count / 2)) }
          checkInvariants()
        }
        #expect(Set(one.names.keys) == Set(names + [0x103]))
      }
    }
  }
}

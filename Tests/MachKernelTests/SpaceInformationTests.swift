// What a space tells of itself.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct SpaceInformationTests {
    @Test func namesAreListedByAscendingIndexWithTheirTypes() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        let once = try one.give(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
        let far = try two.makeSet(named: 0x9_0003)
        let near = try two.makePort(named: 0x4043)
        var names = Space.makeNameArray()
        var types = Space.makeNameArray()
        try two.space.names(&names, &types)
        #expect(names.takeElements() == [0x103, send, once, near, far])
        #expect(
          types.takeElements() == [Entry.send, Entry.send, Entry.sendOnce, Entry.receive, Entry.portSet])  // facts: N8
        try one.destroy(port)
        #expect(two.names[send] == Entry.deadName)  // facts: N8
        #expect(two.names[once] == Entry.deadName)
      }
    }

    @Test func theWholeTableIsShownFreeSlotsToo() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let freed = try one.makeSet()
        let dead = try one.makeDeadName()
        try one.modify(dead, MACH_PORT_RIGHT_DEAD_NAME, by: 3)
        try one.destroy(freed)
        let (info, slots) = try tableInformation(of: one)
        #expect(info.iis_genno_mask == 0xff)  // facts: R20
        #expect(info.iis_table_size == 32)
        #expect(info.iis_table_next == 96)
        #expect(info.iis_tree_size == 0)
        #expect(slots.count == 32)
        #expect(slots.map(\.iin_type).prefix(6) == [0, Entry.send, Entry.receive, 0, Entry.deadName, 0])  // facts: R20
        #expect(slots[1].iin_name == 0x103)
        #expect(slots[1].iin_urefs == 1)
        #expect(slots[2].iin_name == port)
        #expect(slots[2].iin_object != 0)
        #expect(slots[4].iin_urefs == 4)
        #expect(slots[4].iin_object == 0)
        #expect(try one.space.basicInformation().iisb_table_inuse == 3)  // facts: R20
      }
    }

    private func tableInformation(of task: TestTask) throws -> (ipc_info_space_t, [ipc_info_name_t]) {
      let result = try task.space.tableInformation()
      let info = result.info
      let (table, count) = result.leak()
      let address = try #require(table)
      defer {
        let size = VirtualMemory.roundToPage(Int(count) * MemoryLayout<ipc_info_name_t>.stride)
        VirtualMemory.deallocateResult(UnsafeMutableRawPointer(address), size: size)
      }
      return (info, Array(UnsafeBufferPointer(start: address, count: Int(count))))
    }

    @Test func aSpaceIsMadeLargerByWish() throws {
      try TestTask.withOne { one in
        try one.space.reserve(1000)
        let size = try one.space.basicInformation().iisb_table_size
        #expect(size >= 1000)
        try one.space.reserve(10)
        try one.space.reserve(0)
        #expect(try one.space.basicInformation().iisb_table_size == size)
        try one.space.reserve(-1)
        #expect(try one.space.basicInformation().iisb_table_size > size)
        #expect(throws: KernelReturn.noSpace) { try one.space.reserve(4_194_305) }
        #expect(throws: KernelReturn.noSpace) { try one.space.reserve(-2) }
        checkInvariants()
      }
    }

    @Test func onlyTheKernelsPortsHaveObjects() throws {
      try TestTask.withTwo { one, two in
        let port = try one.makePort()
        let ordinary = try one.space.kernelObject(of: port)
        #expect(ordinary.type == 0)
        #expect(ordinary.token == 0)  // facts: R19
        let own = try one.space.kernelObject(of: 0x103)
        #expect(own.type == KernelObjectType.task)
        #expect(own.token != 0)
        #expect(try one.space.kernelObject(of: 0x103).token == own.token)
        #expect(try two.space.kernelObject(of: 0x103).token != own.token)
        let foreign = try one.give(0x103, MACH_MSG_TYPE_COPY_SEND, to: two)
        #expect(try two.space.kernelObject(of: foreign).token == own.token)
        #expect(try one.space.kernelObject(of: one.task.hostName()).type == KernelObjectType.host)
        for name in [try one.makeSet(), try one.makeDeadName(), try one.extract(port, MACH_MSG_TYPE_MAKE_SEND_ONCE)] {
          #expect(throws: KernelReturn.invalidRight) { try one.space.kernelObject(of: name) }  // facts: R19
        }
        #expect(throws: KernelReturn.invalidName) { try one.space.kernelObject(of: 0x9903) }
        let send = try one.give(port, MACH_MSG_TYPE_MAKE_SEND, to: two)
        try one.destroy(port)
        #expect(throws: KernelReturn.invalidRight) { try two.space.kernelObject(of: send) }
      }
    }

    @Test func debuggersCountRightsAndRequests() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        #expect(try one.space.sendRightCount(of: port) == 0)
        one.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND))
        #expect(try one.space.sendRightCount(of: port) == 1, "the message holds one")  // facts: T4
        #expect(try one.space.requestInformation(of: port) == (0, 0))
        let set = try one.makeSet()
        #expect(throws: KernelReturn.invalidRight) { try one.space.sendRightCount(of: set) }
        #expect(throws: KernelReturn.invalidRight) { try one.space.requestInformation(of: set) }
        for name in [Name.null, Name.dead, 0x9903] {
          #expect(throws: KernelReturn.invalidName) { try one.space.sendRightCount(of: name) }  // facts: R19
          #expect(throws: KernelReturn.invalidName) { try one.space.requestInformation(of: name) }
        }
      }
    }

    @Test func anEndedSpaceTellsNothing() throws {
      try TestTask.withOne { one in
        one.space.end()
        #expect(throws: KernelReturn.invalidTask) { try one.space.basicInformation() }
        #expect(throws: KernelReturn.invalidTask) { try one.space.reserve(-1) }
        #expect(throws: KernelReturn.invalidTask) { try one.space.information(about: 0x103) }
        #expect(throws: KernelReturn.invalidTask) {
          var names = Space.makeNameArray()
          var types = Space.makeNameArray()
          try one.space.names(&names, &types)
        }
      }
    }
  }
}

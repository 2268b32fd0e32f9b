// The slots of a space, without a space around them.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct EntryTableTests {
    /// Runs a test on a new table and looks at its free list at the end.
    private func withTable(_ body: (inout EntryTable) throws -> Void) throws {
      var table = try #require(EntryTable())
      defer { table.freeMemory() }
      try body(&table)
      checkFreeList(table)
    }

    private func checkFreeList(_ table: EntryTable, _ location: SourceLocation = #_sourceLocation) {
      var used: UInt32 = 0
      var free: UInt32 = 0
      table.forEachUsedSlot { _, entry in
        if entry.pointee.type == 0 { free += 1 } else { used += 1 }
      }
      #expect(used == table.inUse, sourceLocation: location)
      #expect(free == table.countFree(), sourceLocation: location)
      var previous: UInt32 = 0
      var index = table.firstFree
      while index != 0, let entry = table.slot(index) {
        #expect(entry.pointee.previous == previous, "the free list is torn", sourceLocation: location)
        previous = index
        index = entry.pointee.next
      }
    }

    private func take(_ table: inout EntryTable) throws -> mach_port_name_t {
      let (name, entry) = try table.claim()
      entry.pointee.bits = Entry.deadName | 1
      return name
    }

    private func take(_ table: inout EntryTable, named name: mach_port_name_t) throws {
      let entry = try table.claim(named: name)
      entry.pointee.bits = Entry.deadName | 1
    }

    private func free(_ table: inout EntryTable, _ name: mach_port_name_t) throws {
      table.free(try #require(table.entry(named: name)), named: name)
      checkFreeList(table)
    }

    /// What claiming a name throws; nil if it does not.
    private func refusal(_ table: inout EntryTable, _ name: mach_port_name_t) -> KernelReturn? {
      do throws(KernelReturn) {
        _ = try table.claim(named: name)
        return nil
      } catch {
        return error
      }
    }

    // MARK: Generations and the free list

    @Test func freshSlotsAreNamedInOrderFromIndexOneWithGenerationThree() throws {
      try withTable { table in
        for index in 1...100 as ClosedRange<UInt32> {
          let name = try take(&table)
          #expect(name == index << 8 | 3)  // facts: N1, N2, N3
        }
      }
    }

    @Test func aFreedSlotComesBackAtOnceUnderItsNextGeneration() throws {
      try withTable { table in
        _ = try take(&table)
        let name = try take(&table)
        _ = try take(&table)
        try free(&table, name)
        #expect(try take(&table) == name + 4)  // facts: N4
      }
    }

    @Test func theSlotFreedLastIsTakenFirst() throws {
      try withTable { table in
        let names = try (0..<6).map { _ in try take(&table) }
        for name in [names[3], names[0], names[5]] { try free(&table, name) }
        for name in [names[5], names[0], names[3]] { #expect(try take(&table) == name + 4) }  // facts: N4
        #expect(try take(&table) == 0x703)
      }
    }

    @Test func aSlotHasSixtyFourNamesAndThenStartsAgain() throws {
      try withTable { table in
        var seen: [mach_port_name_t] = []
        for _ in 0..<64 {
          let name = try take(&table)
          seen.append(name)
          try free(&table, name)
        }
        #expect(seen == (0..<64).map { 0x103 + $0 * 4 })  // facts: N2
        #expect(try take(&table) == 0x103)
      }
    }

    @Test func anOldNameOfAReusedSlotFindsNothing() throws {
      try withTable { table in
        let old = try take(&table)
        try free(&table, old)
        #expect(table.entry(named: old) == nil)
        let new = try take(&table)
        #expect(table.entry(named: old) == nil)
        #expect(table.entry(named: new) != nil)
      }
    }

    @Test func noNameOutsideOfTheTableFindsAnything() throws {
      try withTable { table in
        _ = try take(&table)
        for name in [0, 1, 3, 0xff, 0x100, 0x101, 0x107, 0x203, 0x40_0003, 0x8000_0003, 0xffff_ff03, .max] as [UInt32] {
          #expect(table.entry(named: name) == nil)
        }
      }
    }

    // MARK: Wanted names

    @Test func aWantedNameIsRefusedForReasonsInOrder() throws {
      try withTable { table in
        let used = try take(&table)
        for bits in 0...2 as ClosedRange<UInt32> {
          #expect(refusal(&table, 0x500 | bits) == .invalidValue)
          #expect(refusal(&table, bits) == .invalidValue)
          #expect(refusal(&table, 0xffff_ff00 | bits) == .invalidValue)
        }
        #expect(refusal(&table, 0x03) == .failure)  // facts: N5
        #expect(refusal(&table, 0xff) == .failure)
        #expect(refusal(&table, EntryTable.maximumIndex << 8 + 0x103) == .noSpace)
        #expect(refusal(&table, 0xffff_ff03) == .noSpace)
        #expect(refusal(&table, used + 4) == .failure)
        #expect(try table.claim(named: used).pointee.type == Entry.deadName)  // facts: N5, the caller's NAME_EXISTS
        #expect(table.inUse == 1)
      }
    }

    @Test func aWantedNameMayHaveAnyGeneration() throws {
      try withTable { table in
        for generation in stride(from: 3 as UInt32, through: 0xff, by: 4) {
          try take(&table, named: 0x900 | generation)
          #expect(table.entry(named: 0x900 | generation) != nil)
          try free(&table, 0x900 | generation)
        }
        #expect(try take(&table) == 0x903)
      }
    }

    @Test func aWantedSlotLeavesTheFreeListFromAnyPlace() throws {
      for wanted in 0..<4 {
        try withTable { table in
          var names = try (0..<4).map { _ in try take(&table) }
          for name in names { try free(&table, name) }
          try take(&table, named: names[wanted] | 0xf0)
          checkFreeList(table)
          names.remove(at: wanted)
          for name in names.reversed() { #expect(try take(&table) == name + 4) }
        }
      }
    }

    @Test func aSlotTakenByWishIsSkippedWhenItsTurnComes() throws {
      try withTable { table in
        try take(&table, named: 0x343)
        try take(&table, named: 0x503)
        let names = try (0..<4).map { _ in try take(&table) }
        #expect(names == [0x103, 0x203, 0x403, 0x603])
      }
    }

    @Test func aSlotTakenByWishAndFreedIsHandedOutOnce() throws {
      try withTable { table in
        try take(&table, named: 0x203)
        try free(&table, 0x203)
        let names = try (0..<4).map { _ in try take(&table) }
        #expect(names == [0x207, 0x103, 0x303, 0x403])
      }
    }

    // MARK: Growth

    @Test func growthMovesNoSlot() throws {
      try withTable { table in
        let (first, entry) = try table.claim()
        entry.pointee.bits = Entry.deadName | 77
        var capacities: [UInt32] = [table.capacity]
        for index in 2...5000 as ClosedRange<UInt32> {
          #expect(try take(&table) == index << 8 | 3)
          if table.capacity != capacities.last { capacities.append(table.capacity) }
        }
        #expect(capacities == [32, 96, 224, 480, 992, 2016, 4064, 8160])
        #expect(table.entry(named: first) == entry)
        #expect(entry.pointee.userReferences == 77)
        #expect(table.inUse == 5000)
      }
    }

    @Test func theNextCapacityIsWhatTheNextGrowthBrings() throws {
      try withTable { table in
        for _ in 0..<6 {
          let next = table.nextCapacity
          try table.reserve(next)
          #expect(table.capacity == next)
        }
      }
    }

    @Test func roomForManySlotsIsMadeWithoutTakingAny() throws {
      try withTable { table in
        try table.reserve(0)
        #expect(table.capacity == 32)
        try table.reserve(10_000)
        #expect(table.capacity >= 10_000)
        let capacity = table.capacity
        try table.reserve(5)
        #expect(table.capacity == capacity)
        #expect(table.inUse == 0)
        #expect(try take(&table) == 0x103)
        #expect(throws: KernelReturn.noSpace) { try table.reserve(EntryTable.maximumIndex + 2) }
      }
    }

    @Test func allSlotsCanBeTakenAndNotOneMore() throws {
      try withTable { table in
        try take(&table, named: EntryTable.maximumIndex << 8 | 0x3)
        for _ in 1..<EntryTable.maximumIndex { _ = try take(&table) }
        #expect(table.inUse == EntryTable.maximumIndex)
        #expect(throws: KernelReturn.noSpace) { try take(&table) }
        #expect(throws: KernelReturn.noSpace) { try table.reserveOne() }
        let last = EntryTable.maximumIndex << 8 | 0x3
        table.free(try #require(table.entry(named: last)), named: last)
        #expect(try take(&table) == last + 4)
        #expect(throws: KernelReturn.noSpace) { try take(&table) }
        #expect(table.capacity == EntryTable.maximumIndex + 1)
      }
    }

    @Test func makingRoomForOneNameChangesNoName() throws {
      try withTable { table in
        try table.reserveOne()
        #expect(try take(&table) == 0x103)  // facts: N2
        try free(&table, 0x103)
        try table.reserveOne()
        try table.reserveOne()
        #expect(try take(&table) == 0x107)  // facts: N4
      }
    }

    @Test func makingRoomForOneNameSkipsNoGenerationAtTheWrap() throws {
      try withTable { table in
        try take(&table, named: 0x1ff)
        try free(&table, 0x1ff)
        try table.reserveOne()
        #expect(try take(&table) == 0x103)  // facts: N2
      }
    }

    @Test func usedSlotsAreVisitedByAscendingIndex() throws {
      try withTable { table in
        for name in [0x10_0003, 0x203, 0x4303, 0x103, 0x2207] as [UInt32] { try take(&table, named: name) }
        try free(&table, 0x4303)
        var visited: [UInt32] = []
        table.forEachUsedSlot { index, _ in visited.append(index) }
        #expect(visited == [1, 2, 0x22, 0x43, 0x1000])
      }
    }

    // MARK: Send rights by port

    @Test func thousandsOfSendRightsAreFoundByTheirPorts() throws {
      try withTable { table in
        let ports = try (0..<4000).map { _ in try #require(Port.make()) }
        defer { for port in ports { port.release() } }
        var names: [mach_port_name_t] = []
        for port in ports {
          let (name, entry) = try table.claim()
          entry.pointee.object = UnsafeMutableRawPointer(port.object)
          entry.pointee.bits = Entry.send | 1
          table.hash(entry, named: name, for: port)
          names.append(name)
        }
        for (port, name) in zip(ports, names) { #expect(table.sendEntry(for: port)?.name == name) }
        // Every third leaves, from wherever it is in its chain.
        for index in stride(from: 0, to: ports.count, by: 3) {
          let entry = try #require(table.entry(named: names[index]))
          table.unhash(entry, named: names[index], for: ports[index])
          table.free(entry, named: names[index])
        }
        for (index, port) in ports.enumerated() {
          #expect(table.sendEntry(for: port)?.name == (index % 3 == 0 ? nil : names[index]))
        }
      }
    }
  }
}

// Memory for programs, and the table that knows it.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct VirtualMemoryTests {
    private var page: UInt64 { UInt64(VirtualMemory.pageSize) }

    private var regions: UInt64 { LiveCounts().memoryRegions }

    private func bytes(_ address: UInt64) throws -> UnsafeMutablePointer<UInt8> {
      try #require(UnsafeMutablePointer(bitPattern: UInt(address)))
    }

    // MARK: Pages

    @Test func memoryIsZeroWritableAndWholePages() throws {
      let before = regions
      let address = try VirtualMemory.allocate(.anywhere, size: page + 1)
      #expect(address % page == 0)
      #expect(regions == before + 1)
      let memory = try bytes(address)
      for offset in [0, Int(page), 2 * Int(page) - 1] {
        #expect(memory[offset] == 0)
        memory[offset] = 7
      }
      try VirtualMemory.deallocate(at: address, size: page + 1)
      #expect(regions == before)
    }

    @Test func noSizeNeedsNoMemory() throws {
      let before = regions
      let address = try VirtualMemory.allocate(.anywhere, size: 0)
      #expect(address == 0)
      #expect(regions == before)
      try VirtualMemory.deallocate(at: .max, size: 0)  // facts: Choices
    }

    @Test func aTakenPlaceIsRefusedAndAFreeOneIsGiven() throws {
      let before = regions
      let address = try VirtualMemory.allocate(.anywhere, size: 4 * page)
      #expect(throws: KernelReturn.noSpace) { try VirtualMemory.allocate(.at(address), size: page) }
      #expect(throws: KernelReturn.noSpace) { try VirtualMemory.allocate(.at(address - page), size: 2 * page) }
      try VirtualMemory.deallocate(at: address + page, size: page)
      let again = try VirtualMemory.allocate(.at(address + page + 5), size: page)
      #expect(again == address + page, "an address is rounded down")
      try bytes(again)[0] = 9
      let over = try VirtualMemory.allocate(.over(address), size: 4 * page)
      #expect(over == address)
      #expect(try bytes(again)[0] == 0)
      #expect(regions == before + 1)
      try VirtualMemory.deallocate(at: address, size: 4 * page)
      #expect(regions == before)
    }

    @Test func impossibleSizesAndPlacesAreRefused() throws {
      let before = regions
      #expect(throws: KernelReturn.invalidArgument) { try VirtualMemory.allocate(.anywhere, size: .max) }
      #expect(throws: KernelReturn.invalidArgument) { try VirtualMemory.allocate(.at(page), size: .max - 100) }
      #expect(throws: KernelReturn.noSpace) { try VirtualMemory.allocate(.anywhere, size: 1 << 63) }
      #expect(throws: KernelReturn.noSpace) { try VirtualMemory.allocate(.anywhere, size: 1 << 62) }
      #expect(throws: KernelReturn.invalidAddress) { try VirtualMemory.allocate(.at(0), size: page) }
      #expect(throws: KernelReturn.invalidAddress) { try VirtualMemory.allocate(.over(0), size: page) }
      #expect(throws: KernelReturn.invalidAddress) { try VirtualMemory.allocate(.at(.max), size: page) }
      #expect(throws: KernelReturn.invalidAddress) { try VirtualMemory.allocate(.at(1 << 63), size: page) }
      #expect(throws: KernelReturn.invalidArgument) { try VirtualMemory.deallocate(at: .max - page, size: 2 * page) }
      #expect(throws: KernelReturn.invalidArgument) { try VirtualMemory.deallocate(at: 1 << 63, size: page) }
      #expect(regions == before)
    }

    @Test func aHoleMakesTwoRegionsOfOne() throws {
      let before = regions
      let address = try VirtualMemory.allocate(.anywhere, size: 5 * page)
      try VirtualMemory.deallocate(at: address + 2 * page, size: 1)
      #expect(regions == before + 2)
      try bytes(address)[0] = 1
      try bytes(address + 3 * page)[0] = 1
      try VirtualMemory.deallocate(at: address, size: 5 * page)
      #expect(regions == before)
    }

    @Test func pageZeroIsNeverMapped() throws {
      let before = regions
      try VirtualMemory.deallocate(at: 0, size: 1)
      #expect(regions == before)
    }

    // MARK: The table

    /// The runs of a table that covers the pages of a set: how often membership begins, going up.
    private func runs(_ pages: Set<UInt>) -> Int { pages.filter { !pages.contains($0 - 1) }.count }

    @Test func aTableOfRegionsCountsWhatIsLeftOfEach() throws {
      var table = RegionTable()
      for (isNew, start, size, count) in [
        (true, 100, 10, 1), (true, 50, 10, 2), (true, 110, 10, 3),
        (false, 60, 40, 3), (false, 105, 10, 3), (false, 52, 2, 4), (false, 0, 51, 4), (false, 51, 1, 3),
        (false, 115, 1000, 2), (true, 40, 100, 1), (false, 40, 100, 0),
      ] as [(Bool, UInt, Int, Int)] {
        if isNew { try table.put(start, size) } else { try table.cut(start, size) }
        #expect(table.count == count)
      }
    }

    @Test func manyRegionsStaySortedAndDisjoint() throws {
      var table = RegionTable()
      var pages: Set<UInt> = []
      // Runs of one page with gaps between them are countable from the outside, whatever order they come in.
      for step in 0..<500 as Range<UInt> {
        let page = 1000 + step * 211 % 500 * 2
        try table.put(page, 1)
        pages.insert(page)
        #expect(table.count == runs(pages))
      }
      for step in 0..<100 as Range<UInt> {
        let start = 900 + step * 73 % 1100
        try table.cut(start, 17)
        for page in start..<(start + 17) { pages.remove(page) }
        #expect(table.count == runs(pages))
      }
      try table.cut(0, 10_000)
      #expect(table.count == 0)
    }

    // MARK: Arrays for callers

    @Test func anArrayHandsOverItsPagesAndNoMore() throws {
      let before = regions
      for count in [0, 1, 1023, 1024, 1025, 5000] {
        var array = NameArray()
        try array.reserve(20_000)
        for element in 0..<count { array.append(UInt32(element)) }
        let (address, found) = array.leak()
        #expect(found == mach_msg_type_number_t(count))
        #expect((address == nil) == (count == 0))
        #expect(regions == before + (count == 0 ? 0 : 1))
        guard let address else { continue }
        #expect((0..<count).allSatisfy { address[$0] == UInt32($0) })
        try VirtualMemory.deallocate(at: UInt64(UInt(bitPattern: address)), size: UInt64(count * 4))
        #expect(regions == before)
      }
    }

    @Test func anArrayThatIsDroppedGivesItsPagesBack() throws {
      let before = regions
      do {
        var array = NameArray()
        try array.reserve(10)
        try array.reserve(10_000)
        array.append(1)
        #expect(regions == before + 1)
        array.removeAll()
      }
      #expect(regions == before)
    }
  }
}

extension RegionTable {
  fileprivate mutating func put(_ start: UInt, _ size: Int) throws {
    let hasRoom = reserve(2)
    try #require(hasRoom)
    insert(start, size)
  }

  fileprivate mutating func cut(_ start: UInt, _ size: Int) throws {
    let hasRoom = reserve(2)
    try #require(hasRoom)
    remove(start, size)
  }
}

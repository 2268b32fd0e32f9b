// Memory for programs and for messages.

import CLinux
import CMach
import Glibc
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
      try VirtualMemory.deallocate(at: 1 << 63, size: page)
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

    // MARK: Single pages

    @Test func aPageThatIsGivenBackIsTheNextOneAndZero() throws {
      let address = try VirtualMemory.allocate(.anywhere, size: page)
      try bytes(address)[0] = 7
      try bytes(address)[Int(page) - 1] = 7
      try VirtualMemory.deallocate(at: address, size: page)
      let again = try VirtualMemory.allocate(.anywhere, size: 1)
      #expect(again == address)
      #expect(try bytes(again)[0] == 0)
      #expect(try bytes(again)[Int(page) - 1] == 0)
      try VirtualMemory.deallocate(at: again, size: page)
    }

    @Test func aPageThatWasGivenBackStaysTheKeptOneWhenItIsGivenBackAgain() throws {
      let before = regions
      let address = try VirtualMemory.allocate(.anywhere, size: page)
      for _ in 0..<3 { try VirtualMemory.deallocate(at: address, size: page) }
      #expect(regions == before)
      let one = try VirtualMemory.allocate(.anywhere, size: page)
      let two = try VirtualMemory.allocate(.anywhere, size: page)
      #expect(one == address && two != one)
      try bytes(one)[0] = 1
      try VirtualMemory.deallocate(at: one, size: page)
      try VirtualMemory.deallocate(at: two, size: page)
      let again = try VirtualMemory.allocate(.at(one), size: page)
      #expect(again == one, "a kept page is no obstacle")
      try VirtualMemory.deallocate(at: again, size: page)
      #expect(regions == before)
    }

    @Test func aPageInWhosePlaceSomethingElseWasMappedIsNotKept() throws {
      let before = regions
      let address = try VirtualMemory.allocate(.anywhere, size: page)
      let shared = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED
      mmap(try bytes(address), Int(page), PROT_READ | PROT_WRITE, shared, -1, 0)
      try VirtualMemory.deallocate(at: address, size: page)
      let next = try VirtualMemory.allocate(.anywhere, size: page)
      #expect(MemoryMap.isPrivate(UInt(next), UInt(next + page)))
      try VirtualMemory.deallocate(at: next, size: page)
      #expect(regions == before)
    }

    @Test func aPageThatCannotBeWrittenIsMadeWritableForTheNext() throws {
      let address = try VirtualMemory.allocate(.anywhere, size: page)
      mprotect(try bytes(address), Int(page), PROT_NONE)
      try VirtualMemory.deallocate(at: address, size: page)
      let again = try VirtualMemory.allocate(.anywhere, size: page)
      try bytes(again)[0] = 1
      try VirtualMemory.deallocate(at: again, size: page)
    }

    // MARK: Memory in transit

    @Test func pagesOfAMessageAreNotTakenBackByAnyone() throws {
      let before = regions
      let address = try VirtualMemory.allocate(.anywhere, size: 4 * page)
      try bytes(address + page)[0] = 3
      let sent = try VirtualMemory.copyin(UInt(address + page), size: Int(page) + 1, deallocating: true)
      #expect(UInt(bitPattern: sent) == UInt(address + page))
      #expect(regions == before + 3)
      try VirtualMemory.deallocate(at: address, size: 4 * page)
      #expect(regions == before + 1)
      #expect(VirtualMemory.isInTransit(sent, size: Int(page) + 1))
      #expect(try bytes(address + page)[0] == 3)
      #expect(throws: KernelReturn.noSpace) { try VirtualMemory.allocate(.over(address), size: 4 * page) }
      VirtualMemory.copyout(sent, size: Int(page) + 1)
      try VirtualMemory.deallocate(at: address, size: 4 * page)
      #expect(regions == before)
    }

    /// A program unmaps pages of a message behind the library's back, and the system gives their place away again.
    @Test(arguments: [false, true])
    func thePlaceOfPagesThatVanishedInTransitIsItsNewOwners(isReceived: Bool) throws {
      let before = regions
      let size = 16 * page
      for _ in 0..<50 {
        let address = try VirtualMemory.allocate(.anywhere, size: size)
        let sent = try VirtualMemory.copyin(UInt(address + 4 * page), size: Int(4 * page), deallocating: true)
        munmap(try bytes(address), Int(size))
        let again = try VirtualMemory.allocate(.anywhere, size: size)
        guard again == address else {
          // The place went to someone else: no case of this test.
          try VirtualMemory.deallocate(at: address, size: 4 * page)
          try VirtualMemory.deallocate(at: again, size: size)
          continue
        }
        try bytes(again).initialize(repeating: 0x5a, count: Int(size))
        VirtualMemory.trim()
        if isReceived {
          VirtualMemory.copyout(sent, size: Int(4 * page))
        } else {
          VirtualMemory.discard(sent, size: Int(4 * page))
        }
        let found = UnsafeBufferPointer(start: try bytes(again), count: Int(size))
        #expect(found.allSatisfy { $0 == 0x5a })
        #expect(regions == before + 1)
        try VirtualMemory.deallocate(at: again, size: size)
        #expect(regions == before)
        return
      }
      Issue.record("the system never gave the place away again")
    }

    @Test func whatTheSystemDoesNotUnmapIsTriedAgain() throws {
      let before = regions
      let size = 3 * page
      let source = [UInt8](repeating: 7, count: Int(size))
      let sent = try source.withUnsafeBytes {
        try VirtualMemory.copyin(UInt(bitPattern: $0.baseAddress), size: Int(size), deallocating: false)
      }
      _ = clinux_inject(Int32(CLINUX_SYSTEM_CALL.rawValue), 1, false)
      VirtualMemory.discard(sent, size: Int(size))
      #expect(clinux_inject(0, 0, false) == 1)
      #expect(regions == before)
      #expect(VirtualMemory.seemsReadable(UInt(bitPattern: sent), Int(size)))
      _ = clinux_inject(Int32(CLINUX_SYSTEM_CALL.rawValue), 1, true)
      VirtualMemory.trim()
      #expect(clinux_inject(0, 0, false) >= 1)
      #expect(VirtualMemory.seemsReadable(UInt(bitPattern: sent), Int(size)))
      VirtualMemory.trim()
      #expect(!VirtualMemory.seemsReadable(UInt(bitPattern: sent), Int(size)))
      #expect(regions == before)
    }

    @Test func overwritingWithoutMemoryLeavesTheOldPages() throws {
      let before = regions
      let size = 6 * page
      let address = try VirtualMemory.allocate(.anywhere, size: size)
      try bytes(address).initialize(repeating: 3, count: Int(size))
      VirtualMemory.trim()
      _ = clinux_inject(Int32(CLINUX_ALLOCATION.rawValue), 1, false)
      #expect(throws: KernelReturn.resourceShortage) {
        try VirtualMemory.allocate(.over(address), size: 2 * page)
      }
      #expect(clinux_inject(0, 0, false) == 1)
      #expect(try bytes(address).pointee == 3)
      try VirtualMemory.deallocate(at: address, size: size)
      #expect(regions == before)
    }

    @Test func aSnapshotIsZeroBehindItsBytes() throws {
      let before = regions
      let source = [UInt8](repeating: 9, count: 100)
      try source.withUnsafeBytes { bytes in
        for _ in 0..<2 {
          let copy = try VirtualMemory.copyin(UInt(bitPattern: bytes.baseAddress), size: 100, deallocating: false)
          let found = UnsafeRawBufferPointer(start: copy, count: Int(page))
          #expect(found.prefix(100).allSatisfy { $0 == 9 } && found.dropFirst(100).allSatisfy { $0 == 0 })
          copy.initializeMemory(as: UInt8.self, repeating: 5, count: Int(page))
          VirtualMemory.discard(copy, size: 100)
        }
      }
      #expect(regions == before)
    }

    @Test func memoryThatCannotBeReadIsNotTaken() throws {
      let before = regions
      let address = try VirtualMemory.allocate(.anywhere, size: 3 * page)
      mprotect(try bytes(address + page), Int(page), PROT_NONE)
      for (start, size) in [
        (UInt(address) + UInt(page) - 1, 2), (UInt(address), Int(2 * page)), (0, 1), (.max - 10, 20), (.max, 1),
      ] {
        #expect(throws: MessageReturn.sendInvalidMemory) {
          try VirtualMemory.copyin(start, size: size, deallocating: false)
        }
      }
      try VirtualMemory.deallocate(at: address, size: 3 * page)
      #expect(regions == before)
    }

    @Test func onlyPrivateWritableMemoryWithoutAFileIsMoved() throws {
      let size = 1 << 20
      func map(_ protection: Int32, _ flags: Int32, _ file: Int32 = -1) throws -> UInt {
        let memory = try #require(mmap(nil, size, protection, flags, file, 0))
        defer { munmap(memory, size) }
        let start = UInt(bitPattern: memory)
        let answer = MemoryMap.isPrivate(start, start + UInt(size))
        let maps = open("/proc/thread-self/maps", O_RDONLY)
        defer { close(maps) }
        #expect(MemoryMap.isPrivateLine(of: maps, start, start + UInt(size)) == answer)
        return answer ? 1 : 0
      }
      let file = open("/proc/self/exe", O_RDONLY)
      defer { close(file) }
      #expect(try map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS) == 1)
      #expect(try map(PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS) == 0)
      #expect(try map(PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS) == 0)
      #expect(try map(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS) == 0)
      #expect(try map(PROT_READ | PROT_WRITE, MAP_PRIVATE, file) == 0)
      #expect(!MemoryMap.isPrivate(0x1000, 0x3000))
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

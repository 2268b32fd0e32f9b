// The process's list of mappings, by the query of the system and by its text.

import CLinux
import CMach
import Glibc
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct MemoryMapTests {
    private let page = VirtualMemory.pageSize

    /// Mappings that begin in a range, by the text alone.
    private func lines(_ start: UInt, _ end: UInt) throws -> [Mapping] {
      let maps = open("/proc/thread-self/maps", O_RDONLY)
      try #require(maps >= 0)
      defer { close(maps) }
      var found: [Mapping] = []
      try MemoryMap.forEachLine(of: maps, from: start, to: end) {
        found.append($0)
        return true
      }
      return found
    }

    private func mappings(_ start: UInt, _ end: UInt) throws -> [Mapping] {
      var found: [Mapping] = []
      try MemoryMap.forEach(from: start, to: end) {
        found.append($0)
        return true
      }
      return found
    }

    /// So many pages between two that cannot be touched.
    private func guarded(_ pages: Int, _ body: (UnsafeMutableRawPointer) throws -> Void) throws {
      let size = (pages + 2) * page
      let memory = try #require(mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
      try #require(memory != MAP_FAILED)
      defer { munmap(memory, size) }
      try body(memory + page)
    }

    @Test func theTextSaysWhatTheQuerySays() throws {
      let text = try lines(0, .max)
      let query = try mappings(0, .max)
      // The lists themselves take memory meanwhile: what both have is the same, and it is most of it.
      var same = 0
      for mapping in text {
        guard let other = query.first(where: { $0.start == mapping.start && $0.end == mapping.end }) else { continue }
        #expect(other.protection == mapping.protection && other.isShared == mapping.isShared)
        #expect(other.offset == mapping.offset && other.inode == mapping.inode && other.device == mapping.device)
        #expect(other.kind == mapping.kind, "at \(mapping.start)")
        same += 1
      }
      #expect(same > text.count / 2 && same > 10)
      #expect(text.contains { $0.kind == .stack })
      #expect(text.contains { $0.kind == .file && $0.allows(5) })
    }

    @Test func aWalkBeginsAndEndsWhereItIsTold() throws {
      try guarded(5) { memory throws in
        let start = UInt(bitPattern: memory)
        mprotect(memory, page, PROT_READ)
        mprotect(memory + page, page, PROT_READ | PROT_WRITE)
        munmap(memory + 2 * page, page)
        let shared = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED
        mmap(memory + 3 * page, 2 * page, PROT_READ | PROT_WRITE | PROT_EXEC, shared, -1, 0)
        for found in [try lines(start + 1, start + 4 * UInt(page)), try mappings(start + 1, start + 4 * UInt(page))] {
          #expect(found.map { $0.start } == [0, 1, 3].map { start + $0 * UInt(page) })
          #expect(found.map { $0.end } == [1, 2, 5].map { start + $0 * UInt(page) })
          #expect(found.map { $0.protection } == [1, 3, 7])
          #expect(found.map { $0.isShared } == [false, false, true])
          #expect(found.allSatisfy { $0.kind == .nothing })
        }
        #expect(try mappings(start + 2 * UInt(page), start + 3 * UInt(page)).isEmpty)
        let next = try MemoryMap.first(endingAfter: start + 2 * UInt(page))
        #expect(next?.start == start + 3 * UInt(page))
        var count = 0
        try MemoryMap.forEach(from: start, to: .max) { _ in
          count += 1
          return false
        }
        #expect(count == 1)
      }
    }

    @Test func flagsAreThoseOfTheMappingAtAnAddress() throws {
      try guarded(4) { memory throws in
        let start = UInt(bitPattern: memory)
        mprotect(memory, 4 * page, PROT_READ)
        madvise(memory + page, page, MADV_DONTFORK)
        madvise(memory + 2 * page, page, MADV_SEQUENTIAL)
        madvise(memory + 3 * page, page, MADV_RANDOM)
        func flags(_ index: Int) throws -> MappingFlags {
          try #require(try MemoryMap.flags(at: start + UInt(index * page + 5)))
        }
        #expect(try flags(0).maximum == 7 && !flags(0).isNotInherited && !flags(0).isWired)
        #expect(try flags(1).isNotInherited && !flags(1).isSequential && !flags(1).isRandom)
        #expect(try flags(2).isSequential && !flags(2).isRandom && !flags(2).isNotInherited)
        #expect(try flags(3).isRandom && !flags(3).isSequential)
        munmap(memory, page)
        #expect(try MemoryMap.flags(at: start) == nil)
      }
    }

    @Test func theListThatCannotBeOpenedIsAShortage() throws {
      _ = clinux_inject(Int32(CLINUX_SYSTEM_CALL.rawValue), 1, true)
      #expect(throws: KernelReturn.resourceShortage) { try MemoryMap.forEach(from: 0, to: .max) { _ in true } }
      #expect(throws: KernelReturn.resourceShortage) { try MemoryMap.flags(at: 0x1000) }
      #expect(clinux_inject(0, 0, false) >= 1)
    }
  }
}

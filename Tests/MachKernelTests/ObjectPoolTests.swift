// Memory of ports and sets.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct ObjectPoolTests {
    /// With its header of 8 bytes.
    @Test func aPortFillsTwoCacheLinesAndASetNoMore() {
      #expect(MemoryLayout<SharedHeader>.stride + MemoryLayout<PortBody>.stride == 128)
      #expect(MemoryLayout<PortSetBody>.stride <= MemoryLayout<PortBody>.stride)
    }

    @Test func objectsAreOnLinesOfTheirOwn() throws {
      var objects: [UnsafeMutableRawPointer] = []
      defer { for object in objects { ObjectPool.give(object) } }
      for _ in 0..<200 { objects.append(try #require(ObjectPool.take())) }
      let lines = Set(objects.map { UInt(bitPattern: $0 - MemoryLayout<SharedHeader>.stride) })
      #expect(lines.count == 200)
      #expect(lines.allSatisfy { $0 % 64 == 0 })
    }

    @Test func theLastFreedIsTheNextTaken() throws {
      let object = try #require(ObjectPool.take())
      ObjectPool.give(object)
      #expect(ObjectPool.take() == object)
      ObjectPool.give(object)
    }
  }
}

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

    /// What a thread of its own takes and gives back before it ends. The kernel knows it, unless it is one that has
    /// never called.
    private func taken(_ count: Int, byKnownThread isKnown: Bool = true) -> Set<UnsafeMutableRawPointer> {
      TestThread {
        if isKnown { _ = currentThread }
        let objects = (0..<count).compactMap { _ in ObjectPool.take() }
        for object in objects { ObjectPool.give(object) }
        return Set(objects)
      }.join()
    }

    @Test(arguments: [true, false])
    func threadsThatComeAndGoUseTheSameObjects(areKnown: Bool) {
      let objects = taken(64, byKnownThread: areKnown)
      #expect(objects.count == 64)
      for _ in 0..<50 { #expect(taken(64, byKnownThread: areKnown) == objects) }
    }

    @Test func aThreadThatEndsGivesUpAlsoWhatItTookAheadOfNeed() {
      let objects = taken(1).union(taken(64))
      #expect(objects.count == 64)
      for _ in 0..<50 {
        _ = taken(1)
        #expect(taken(64) == objects)
      }
    }

    @Test func ofManyObjectsThatAThreadGivesBackOthersGetMost() {
      _ = currentThread
      let objects = (0..<200).compactMap { _ in ObjectPool.take() }
      for object in objects { ObjectPool.give(object) }
      #expect(taken(128).isSubset(of: objects))
    }
  }
}

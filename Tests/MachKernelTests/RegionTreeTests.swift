// The tree of regions against a model that knows each page.

import CLinux
import Testing

@testable import MachKernel

@Suite struct RegionTreeTests {
  @Test func aTreeOfRegionsCountsWhatIsLeftOfEach() throws {
    var tree = RegionTree()
    defer { tree.trim() }
    for (isNew, start, size, count) in [
      (true, 100, 10, 1), (true, 50, 10, 2), (true, 110, 10, 3),
      (false, 60, 40, 3), (false, 105, 10, 3), (false, 52, 2, 4), (false, 0, 51, 4), (false, 51, 1, 3),
      (false, 115, 1000, 2), (true, 40, 100, 1), (false, 40, 100, 0),
    ] as [(Bool, UInt, UInt, Int)] {
      if isNew { try tree.put(start, size) } else { try tree.cut(start, size) }
      #expect(tree.count == count)
      #expect(tree.isSound)
    }
  }

  @Test func manyRegionsStaySortedAndDisjoint() throws {
    var tree = RegionTree()
    defer { tree.trim() }
    for step in 0..<5000 as Range<UInt> { try tree.put(1000 + step * 211 % 5000 * 2, 1) }
    #expect(tree.count == 5000)
    #expect(tree.isSound)
    #expect(tree.depth < 60)
    var ascending = RegionTree()
    defer { ascending.trim() }
    for step in 0..<5000 as Range<UInt> { try ascending.put(4096 * step, 4096) }
    #expect(ascending.depth < 60)
    try ascending.cut(0, .max / 2)
    try tree.cut(0, .max / 2)
    #expect(tree.count == 0 && ascending.count == 0)
  }

  @Test func whatCameInPlaceOfLeavingPagesStays() throws {
    var tree = RegionTree()
    defer { tree.trim() }
    try tree.put(100, 10)
    try tree.put(110, 10)
    tree.mark(100, 120, owner: .leaving, ticket: 7)
    #expect(tree.unownedCount == 2)
    // The system has given pages 105 to 112 to another, and that other lets 111 and 112 leave.
    try tree.put(105, 6)
    try tree.put(111, 2)
    tree.mark(111, 113, owner: .leaving, ticket: 8)
    tree.finishLeaving(100, 120, ticket: 7)
    #expect(tree.covers(105, 111, owner: .program))
    #expect(tree.covers(111, 113, owner: .leaving))
    #expect(tree.count == 2 && tree.unownedCount == 1 && tree.isSound)
    tree.finishLeaving(111, 113, ticket: 8, staysWith: .program)
    #expect(tree.covers(105, 113, owner: .program) && tree.unownedCount == 0 && tree.isSound)
    try tree.cut(0, 200)
  }

  @Test func aChangeCutsTheRegionsAtItsEndsAndNoOthers() throws {
    var tree = RegionTree()
    defer { tree.trim() }
    try tree.put(100, 10)
    try tree.put(110, 10)
    try tree.put(130, 10)
    // Whole regions need no room, and a gap is no obstacle.
    #expect(tree.change(100, 140) { $0.attributes.tag = 7 })
    #expect(tree.count == 3 && tree.isSound)
    #expect(tree.change(105, 135) { $0.attributes.maximum = 1 })
    #expect(tree.count == 5 && tree.isSound)
    let maxima: [UInt8] = [7, 1, 1, 1, 7]
    var found: [UInt8] = []
    var address: UInt = 0
    while let region = tree.first(endingAfter: address) {
      found.append(region.attributes.maximum)
      #expect(region.attributes.tag == 7)
      address = region.end
    }
    #expect(found == maxima)
    #expect(tree.covers(100, 105, owner: .program, onlyOrdinary: true))
    #expect(!tree.covers(100, 106, owner: .program, onlyOrdinary: true))
    // What is left of a region keeps what was set for it; the pool's and a message's pages have nothing set.
    try tree.cut(112, 2)
    #expect(tree.first(endingAfter: 112)?.attributes.maximum == 1)
    tree.mark(114, 120, owner: .message)
    #expect(tree.first(endingAfter: 114)?.attributes == PageAttributes())
    #expect(tree.last(startingBefore: 114)?.end == 112)
    #expect(tree.last(startingBefore: 115)?.start == 114)
    #expect(tree.last(startingBefore: 100) == nil)
    try tree.cut(0, 200)
  }

  @Test func aChangeWithoutMemoryChangesNothing() throws {
    var tree = RegionTree()
    defer { tree.trim() }
    try tree.put(100, 10)
    tree.trim()
    _ = clinux_inject(Int32(CLINUX_ALLOCATION.rawValue), 1, false)
    #expect(!tree.change(102, 110) { $0.owner = .pool })
    #expect(clinux_inject(0, 0, false) == 1)
    #expect(tree.count == 1 && tree.unownedCount == 0 && tree.isSound)
    #expect(tree.covers(100, 110, owner: .program))
    _ = clinux_inject(Int32(CLINUX_ALLOCATION.rawValue), 1, true)
    #expect(tree.change(100, 110) { $0.owner = .pool }, "a whole region needs no memory")
    _ = clinux_inject(0, 0, false)
    #expect(tree.unownedCount == 1 && tree.isSound)
    try tree.cut(0, 200)
  }

  /// Random changes; after each the tree and the model name the same pages with the same state.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func theTreeDoesWhatAModelOfPagesDoes(seed: UInt64) throws {
    var random = seed
    func next(_ limit: UInt) -> UInt {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt(random >> 33) % limit
    }
    var tree = RegionTree()
    defer { tree.trim() }
    // nil: free.
    var pages = [PageOwner?](repeating: nil, count: 300)
    let owners = [PageOwner.program, .message, .pool]
    for _ in 0..<4000 {
      let start = next(280) + 10
      let end = min(start + 1 + next(12), 300)
      let range = Int(start)..<Int(end)
      switch next(4) {
      case 0:
        try tree.put(start, end - start)
        for page in range { pages[page] = .program }
      case 1:
        try tree.cut(start, end - start)
        for page in range { pages[page] = nil }
      default:
        let (old, new) = (owners[Int(next(3))], owners[Int(next(3))])
        let covers = range.allSatisfy { pages[$0] == old }
        #expect(tree.covers(start, end, owner: old) == covers)
        let kept = range.first { pages[$0] != nil && pages[$0] != .program }
        #expect((tree.firstKept(start, end).map { Int(max($0.start, start)) }) == kept)
        guard covers else { continue }
        let isMarked = tree.mark(start, end, owner: new)
        try #require(isMarked)
        for page in range { pages[page] = new }
      }
      try #require(tree.isSound)
      var address: UInt = 0
      var found = [PageOwner?](repeating: nil, count: 300)
      while let region = tree.first(endingAfter: address) {
        for page in region.start..<region.end { found[Int(page)] = region.owner }
        address = region.end
      }
      try #require(found == pages)
    }
    try tree.cut(0, 400)
    #expect(tree.count == 0)
  }
}

extension RegionTree {
  fileprivate mutating func put(_ start: UInt, _ size: UInt) throws {
    let hasRoom = reserve(2)
    try #require(hasRoom)
    remove(start, start + size)
    insert(Region(start: start, end: start + size, owner: .program))
  }

  fileprivate mutating func cut(_ start: UInt, _ size: UInt) throws {
    let hasRoom = reserve(1)
    try #require(hasRoom)
    remove(start, start + size)
  }
}

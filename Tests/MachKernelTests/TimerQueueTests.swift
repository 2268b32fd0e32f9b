// The heap of timers against a model, which is a sorted list.

import Testing

@testable import MachKernel

/// Nodes in memory of their own, as timers are.
private final class Nodes {
  let nodes: [TimerQueue.Link]

  init(_ count: Int) {
    nodes = (0..<count).map { _ in
      let node = TimerQueue.Link.allocate(capacity: 1)
      node.initialize(to: TimerNode())
      return node
    }
  }

  deinit { for node in nodes { node.deallocate() } }
}

extension TimerQueue {
  /// Takes the earliest out.
  fileprivate mutating func popFirst() -> Link? {
    guard let first else { return nil }
    remove(first)
    return first
  }
}

@Suite struct TimerQueueTests {
  @Test func anEmptyQueueHasNothing() {
    let queue = TimerQueue()
    #expect(queue.first == nil && queue.count == 0 && queue.isSound)
    queue.forEach { _ in Issue.record("there is a node") }
  }

  @Test func theEarliestComesFirst() {
    let all = Nodes(1000)
    var queue = TimerQueue()
    for (index, node) in all.nodes.enumerated() {
      queue.insert(node, at: UInt64(index * 611 % 1000))
      #expect(node.pointee.isQueued)
    }
    #expect(queue.isSound && queue.count == 1000)
    for deadline in 0..<1000 as Range<UInt64> {
      let node = queue.popFirst()
      #expect(node?.pointee.deadline == deadline)
      #expect(node?.pointee.isQueued == false)
    }
    #expect(queue.first == nil && queue.count == 0)
  }

  @Test func thoseOfTheSameTimeComeInTheOrderInWhichTheyCame() {
    let all = Nodes(300)
    var queue = TimerQueue()
    for node in all.nodes { queue.insert(node, at: 7) }
    // Who leaves and comes again is the last.
    for index in stride(from: 0, to: 300, by: 3) {
      queue.remove(all.nodes[index])
      queue.insert(all.nodes[index], at: 7)
    }
    #expect(queue.isSound)
    let first = (0..<300).filter { $0 % 3 != 0 }
    let last = (0..<300).filter { $0 % 3 == 0 }
    for index in first + last { #expect(queue.popFirst() == all.nodes[index]) }
  }

  @Test func everyNodeIsVisitedOnce() {
    let all = Nodes(257)
    var queue = TimerQueue()
    for (index, node) in all.nodes.enumerated() { queue.insert(node, at: UInt64(index * 53 % 257)) }
    var seen = Set<TimerQueue.Link>()
    queue.forEach { #expect(seen.insert($0).inserted) }
    #expect(seen == Set(all.nodes))
  }

  /// However nodes come, no way down to the right is longer than the logarithm of their count: what a change takes.
  @Test(arguments: [{ $0 }, { 100_000 - $0 }, { $0 % 2 == 0 ? $0 : 200_000 - $0 }] as [@Sendable (UInt64) -> UInt64])
  func waysStayShort(deadline: @Sendable (UInt64) -> UInt64) {
    let all = Nodes(100_000)
    var queue = TimerQueue()
    for (index, node) in all.nodes.enumerated() { queue.insert(node, at: deadline(UInt64(index))) }
    #expect(queue.isSound)
    #expect(queue.longestWay <= 16)
    for index in stride(from: 0, to: 100_000, by: 2) { queue.remove(all.nodes[index]) }
    #expect(queue.isSound && queue.count == 50_000)
    #expect(queue.longestWay <= 15)
  }

  /// Random insertions, removals and expiries; after each the queue and the list have the same first node and count.
  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func theQueueDoesWhatAListDoes(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    let all = Nodes(64)
    var queue = TimerQueue()
    // Indices of queued nodes in the order in which they are due.
    var list: [Int] = []
    for step in 0..<20_000 {
      let index = Int.random(in: 0..<64, using: &random)
      let node = all.nodes[index]
      #expect(node.pointee.isQueued == list.contains(index))
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        let first = queue.popFirst()
        #expect(first == list.first.map { all.nodes[$0] })
        if !list.isEmpty { list.removeFirst() }
      case 1:
        if node.pointee.isQueued {
          queue.remove(node)
          list.removeAll { $0 == index }
        }
      default:
        if node.pointee.isQueued {
          queue.remove(node)
          list.removeAll { $0 == index }
        }
        let deadline = UInt64.random(in: 0..<20, using: &random)
        queue.insert(node, at: deadline)
        let place = list.firstIndex { all.nodes[$0].pointee.deadline > deadline } ?? list.count
        list.insert(index, at: place)
      }
      #expect(queue.count == list.count)
      #expect(queue.first == list.first.map { all.nodes[$0] })
      if step % 50 == 0 { #expect(queue.isSound) }
    }
    while let first = queue.popFirst() { #expect(first == all.nodes[list.removeFirst()]) }
    #expect(list.isEmpty)
  }
}

// What is to happen at a time, the earliest first.

/// The place in a queue of something that has a time; part of that thing. The queue's lock guards it.
struct TimerNode {
  /// When: nanoseconds of CLOCK_MONOTONIC.
  fileprivate(set) var deadline: UInt64 = 0
  /// Which of those with the same deadline comes first.
  fileprivate var order: UInt64 = 0
  fileprivate var parent: TimerQueue.Link?
  fileprivate var left: TimerQueue.Link?
  fileprivate var right: TimerQueue.Link?
  /// Nodes on the way down to the right, this one included; 0 for a node that is in no queue.
  fileprivate var rank: UInt32 = 0

  var isQueued: Bool { rank > 0 }
}

/// Nodes by deadline, and by the order in which they came where that is the same: a leftist heap. Each node's way down to
/// the right is no longer than the one to the left, and so at most logarithmic; adding and removing take no other way.
struct TimerQueue {
  typealias Link = UnsafeMutablePointer<TimerNode>

  /// The earliest.
  private(set) var first: Link?
  private(set) var count = 0
  private var nextOrder: UInt64 = 0

  init() {}

  /// Adds a node that is in no queue.
  mutating func insert(_ node: Link, at deadline: UInt64) {
    node.initialize(to: TimerNode())
    node.pointee.deadline = deadline
    node.pointee.order = nextOrder
    node.pointee.rank = 1
    nextOrder += 1
    count += 1
    first = TimerQueue.merge(first, node)
  }

  /// Takes a node of this queue out.
  mutating func remove(_ node: Link) {
    let parent = node.pointee.parent
    let children = TimerQueue.merge(node.pointee.left, node.pointee.right)
    children?.pointee.parent = parent
    if let parent {
      if parent.pointee.left == node { parent.pointee.left = children } else { parent.pointee.right = children }
      TimerQueue.balance(from: parent)
    } else {
      first = children
    }
    node.pointee.rank = 0
    count -= 1
  }

  /// Calls `body` with every node, in no order.
  func forEach(_ body: (Link) -> Void) {
    var next = first
    while let node = next {
      body(node)
      next = node.pointee.left ?? node.pointee.right ?? TimerQueue.afterSubtree(node)
    }
  }

  /// The first node outside the tree below `node` on a way that takes each left before its right.
  private static func afterSubtree(_ node: Link) -> Link? {
    var node = node
    while let parent = node.pointee.parent {
      if parent.pointee.left == node, let right = parent.pointee.right { return right }
      node = parent
    }
    return nil
  }

  private static func comes(_ one: Link, before other: Link) -> Bool {
    one.pointee.deadline < other.pointee.deadline
      || one.pointee.deadline == other.pointee.deadline && one.pointee.order < other.pointee.order
  }

  /// Makes one tree of two, along their ways down to the right.
  private static func merge(_ one: Link?, _ other: Link?) -> Link? {
    guard var last = one else { return other }
    guard var rest = other else { return one }
    if comes(rest, before: last) { (last, rest) = (rest, last) }
    let root = last
    root.pointee.parent = nil
    while let right = last.pointee.right {
      if comes(right, before: rest) {
        last = right
      } else {
        last.pointee.right = rest
        rest.pointee.parent = last
        (last, rest) = (rest, right)
      }
    }
    last.pointee.right = rest
    rest.pointee.parent = last
    // Everything on the way has something new below.
    var node: Link? = last
    while let current = node {
      balance(current)
      node = current.pointee.parent
    }
    return root
  }

  /// Puts the longer way on the left and counts the other.
  private static func balance(_ node: Link) {
    let left = node.pointee.left?.pointee.rank ?? 0
    let right = node.pointee.right?.pointee.rank ?? 0
    if left < right {
      let child = node.pointee.left
      node.pointee.left = node.pointee.right
      node.pointee.right = child
    }
    node.pointee.rank = min(left, right) + 1
  }

  /// The tree below a node has become shorter: goes up as far as that changes anything.
  private static func balance(from node: Link) {
    var next: Link? = node
    while let current = next {
      let rank = current.pointee.rank
      balance(current)
      if current.pointee.rank == rank { return }
      next = current.pointee.parent
    }
  }

  #if CHECKED
    /// Whether order, ranks, links and the count are what they should be.
    var isSound: Bool {
      var found = 0
      var isSound = first?.pointee.parent == nil
      forEach { node in
        found += 1
        let left = node.pointee.left
        let right = node.pointee.right
        let ranks = (left?.pointee.rank ?? 0, right?.pointee.rank ?? 0)
        if ranks.0 < ranks.1 || node.pointee.rank != ranks.1 + 1 { isSound = false }
        if let left, left.pointee.parent != node || !TimerQueue.comes(node, before: left) { isSound = false }
        if let right, right.pointee.parent != node || !TimerQueue.comes(node, before: right) { isSound = false }
      }
      return isSound && found == count
    }

    /// Nodes on the longest way down to the right: what a change takes at most, there and back.
    var longestWay: UInt32 {
      var longest: UInt32 = 0
      forEach { longest = max(longest, $0.pointee.rank) }
      return longest
    }
  #endif
}

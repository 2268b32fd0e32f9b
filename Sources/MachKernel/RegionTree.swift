// The runs of pages that the library knows of, sorted by address in a balanced tree.

import CLinux
import CMach

/// One run of pages. Neighbours stay apart: each is one allocation, or what is left of one.
struct Region {
  var start: UInt
  var end: UInt
  var owner: PageOwner
  /// Of pages that are leaving: who unmaps them.
  var ticket: UInt32 = 0
  var attributes = PageAttributes()

  /// Neither a program's nor a message's.
  var isUnowned: Bool { owner == .pool || owner == .leaving || owner == .stuck }
}

/// What calls have set for pages, as far as the system does not keep it, or not so that it can be asked.
struct PageAttributes: Equatable {
  /// VM_PROT_ bits: what vm_protect can give, and has given.
  var maximum = UInt8(VM_PROT_ALL)
  var protection = UInt8(VM_PROT_DEFAULT)
  /// VM_INHERIT_*
  var inheritance = UInt8(VM_INHERIT_DEFAULT)
  /// VM_BEHAVIOR_*
  var behavior = UInt8(VM_BEHAVIOR_DEFAULT)
  /// VM_PURGABLE_*; DENY for memory that is not purgable.
  var purgability = UInt8(VM_PURGABLE_DENY)
  /// VM_MEMORY_*
  var tag: UInt8 = 0
  /// Others may have the same pages.
  var isShared = false
  var isWired = false

  /// Private memory that can become shared where it is.
  var canBeShared: Bool { !isShared && !isWired && purgability == UInt8(VM_PURGABLE_DENY) }

  /// Nothing is set but the tag: the pages are as fresh ones, whoever gets them.
  @inline(__always)
  var isOrdinary: Bool {
    var untagged = self
    untagged.tag = 0
    return untagged == PageAttributes()
  }
}

/// Whose pages are.
enum PageOwner {
  /// A program has them: only it gives them back.
  case program
  /// A message that is neither received nor destroyed yet.
  case message
  /// No one: they are kept for the next request.
  case pool
  /// No one: they are being unmapped.
  case leaving
  /// No one: the system would not unmap them, and is asked again.
  case stuck
  /// A program, while the library puts others in their place: who would unmap them waits.
  case changing
  /// A memory entry: they are where its memory is kept, and no program's.
  case entry
}

/// Disjoint regions: a treap, whose shape follows from the addresses alone. The lock of `VirtualMemory` guards it.
struct RegionTree {
  private struct Node {
    var region: Region
    var priority: UInt64
    var left: UnsafeMutablePointer<Node>?
    var right: UnsafeMutablePointer<Node>?
  }

  private typealias Link = UnsafeMutablePointer<Node>

  private var root: Link?
  private(set) var count = 0
  /// Those of them that no one has.
  private(set) var unownedCount = 0
  /// Nodes for regions to come, linked to the right.
  private var spare: Link?
  private var spareCount = 0
  private static let maximumSpareCount = 64
  /// How many of them are spoken for.
  private var promisedCount = 0

  /// Makes sure that so many regions can be added before the lock is released; false when memory is out.
  mutating func reserve(_ wanted: Int) -> Bool {
    while spareCount < promisedCount + wanted {
      guard let node = KernelMemory.allocate(Node.self) else { return false }
      node.initialize(to: Node(region: Region(start: 0, end: 0, owner: .pool), priority: 0))
      node.pointee.right = spare
      spare = node
      spareCount += 1
    }
    return true
  }

  /// The same until `redeem`.
  mutating func promise(_ count: Int) -> Bool {
    guard reserve(count) else { return false }
    promisedCount += count
    return true
  }

  /// Makes the nodes of a promise a reserve.
  mutating func redeem(_ count: Int) { promisedCount -= count }

  /// In a forked child: who had promises is not there.
  mutating func forgetPromises() { promisedCount = 0 }

  /// Frees the nodes that no region uses and no one was promised.
  mutating func trim() {
    while spareCount > promisedCount, let node = spare {
      spare = node.pointee.right
      spareCount -= 1
      KernelMemory.free(node)
    }
  }

  private mutating func takeSpare(_ region: Region) -> Link? {
    guard let node = spare else { return nil }
    spare = node.pointee.right
    spareCount -= 1
    node.pointee = Node(region: region, priority: RegionTree.priority(of: region.start))
    return node
  }

  private mutating func recycle(_ node: Link) {
    if spareCount >= RegionTree.maximumSpareCount { return KernelMemory.free(node) }
    node.pointee.right = spare
    spare = node
    spareCount += 1
  }

  /// A number that looks random, for each address another.
  private static func priority(of address: UInt) -> UInt64 {
    var mixed = UInt64(address) &* 0x9e37_79b9_7f4a_7c15
    mixed ^= mixed >> 32
    return mixed &* 0xd6e8_feb8_6659_fd93
  }

  // MARK: Looking up

  /// The first region that ends behind an address.
  func first(endingAfter address: UInt) -> Region? { node(endingAfter: address)?.pointee.region }

  /// The last region that starts before an address.
  func last(startingBefore address: UInt) -> Region? {
    var found: Region?
    var current = root
    while let node = current {
      if node.pointee.region.start < address {
        found = node.pointee.region
        current = node.pointee.right
      } else {
        current = node.pointee.left
      }
    }
    return found
  }

  private func node(endingAfter address: UInt) -> Link? {
    var found: Link?
    var current = root
    while let node = current {
      if node.pointee.region.end > address {
        found = node
        current = node.pointee.left
      } else {
        current = node.pointee.right
      }
    }
    return found
  }

  /// Whether regions of one kind of owner cover a range without a gap; only such without attributes, if so wanted.
  func covers(_ start: UInt, _ end: UInt, owner: PageOwner, onlyOrdinary: Bool = false) -> Bool {
    var address = start
    while address < end {
      guard let region = first(endingAfter: address), region.start <= address, region.owner == owner else {
        return false
      }
      if onlyOrdinary, !region.attributes.isOrdinary { return false }
      address = region.end
    }
    return true
  }

  // MARK: Changing

  /// Adds a region that overlaps no other; `reserve(1)` has made room.
  mutating func insert(_ region: Region) {
    guard let node = takeSpare(region) else { preconditionFailure("no node was reserved") }
    count += 1
    if region.isUnowned { unownedCount += 1 }
    RegionTree.insert(node, into: &root)
  }

  private static func insert(_ node: Link, into root: inout Link?) {
    guard let top = root else {
      root = node
      return
    }
    if node.pointee.priority > top.pointee.priority {
      (node.pointee.left, node.pointee.right) = split(top, at: node.pointee.region.start)
      root = node
    } else if node.pointee.region.start < top.pointee.region.start {
      insert(node, into: &top.pointee.left)
    } else {
      insert(node, into: &top.pointee.right)
    }
  }

  /// The regions before an address, and the others.
  private static func split(_ root: Link?, at start: UInt) -> (Link?, Link?) {
    guard let root else { return (nil, nil) }
    if root.pointee.region.start < start {
      let (middle, right) = split(root.pointee.right, at: start)
      root.pointee.right = middle
      return (root, right)
    }
    let (left, middle) = split(root.pointee.left, at: start)
    root.pointee.left = middle
    return (left, root)
  }

  private static func merge(_ left: Link?, _ right: Link?) -> Link? {
    guard let left else { return right }
    guard let right else { return left }
    if left.pointee.priority > right.pointee.priority {
      left.pointee.right = merge(left.pointee.right, right)
      return left
    }
    right.pointee.left = merge(left, right.pointee.left)
    return right
  }

  /// Takes out the region that starts at an address.
  private mutating func removeRegion(startingAt start: UInt) {
    guard let node = RegionTree.unlink(start, from: &root) else { return }
    count -= 1
    if node.pointee.region.isUnowned { unownedCount -= 1 }
    recycle(node)
  }

  private static func unlink(_ start: UInt, from root: inout Link?) -> Link? {
    guard let top = root else { return nil }
    if start < top.pointee.region.start { return unlink(start, from: &top.pointee.left) }
    if start > top.pointee.region.start { return unlink(start, from: &top.pointee.right) }
    root = merge(top.pointee.left, top.pointee.right)
    return top
  }

  /// Whether taking a range out leaves two parts of one region.
  func splits(_ start: UInt, _ end: UInt) -> Bool {
    guard let region = first(endingAfter: start) else { return false }
    return region.start < start && region.end > end
  }

  /// Takes a range out of all regions; what is left on either side stays. Where it `splits` a region, `reserve(1)` has
  /// made room.
  mutating func remove(_ start: UInt, _ end: UInt) {
    while let node = node(endingAfter: start), node.pointee.region.start < end {
      let region = node.pointee.region
      if region.start < start {
        node.pointee.region.end = start
        if region.end > end {
          var rest = region
          rest.start = end
          insert(rest)
          return
        }
      } else if region.end > end {
        // Still behind all regions that were before it.
        node.pointee.region.start = end
        return
      } else {
        removeRegion(startingAt: region.start)
      }
    }
  }

  /// The first region behind an address that belongs to such an owner.
  func first(of owner: PageOwner, endingAfter address: UInt) -> Region? {
    var region = first(endingAfter: address)
    while let next = region, next.owner != owner { region = first(endingAfter: next.end) }
    return region
  }

  /// The first region that overlaps a range and belongs to someone else than a program; also one that is changing, if so
  /// wanted.
  func firstKept(_ start: UInt, _ end: UInt, orChanging: Bool = false) -> Region? {
    var region = first(endingAfter: start)
    while let next = region, next.start < end {
      if next.owner != .program, orChanging || next.owner != .changing { return next }
      region = first(endingAfter: next.end)
    }
    return nil
  }

  /// Whether an address lies in a region, but not at its start.
  private func isInside(_ address: UInt) -> Bool {
    guard let region = first(endingAfter: address) else { return false }
    return region.start < address
  }

  /// Gives all pages of a range that regions have to an owner; false, and nothing is done, when memory is out. Whole
  /// regions need none. A message's and the pool's pages have no attributes of their own.
  @discardableResult
  mutating func mark(_ start: UInt, _ end: UInt, owner: PageOwner, ticket: UInt32 = 0) -> Bool {
    let forgets = owner == .message || owner == .pool
    return change(start, end) { region in
      region.owner = owner
      region.ticket = ticket
      if forgets { region.attributes = PageAttributes() }
    }
  }

  /// Changes the regions of a range, which are cut at its ends, but not where they are; false, and nothing is done, when
  /// memory is out. Whole regions need none.
  @discardableResult
  mutating func change(_ start: UInt, _ end: UInt, _ body: (inout Region) -> Void) -> Bool {
    guard reserve((isInside(start) ? 1 : 0) + (isInside(end) ? 1 : 0)) else { return false }
    cut(at: start)
    cut(at: end)
    var address = start
    while address < end, let node = node(endingAfter: address), node.pointee.region.start < end {
      if node.pointee.region.isUnowned { unownedCount -= 1 }
      body(&node.pointee.region)
      if node.pointee.region.isUnowned { unownedCount += 1 }
      address = node.pointee.region.end
    }
    return true
  }

  /// Ends the leaving of what one caller has marked with its ticket in a range: it is gone, or it stays, its owner's as
  /// before. What others have put in its place meanwhile is theirs.
  mutating func finishLeaving(_ start: UInt, _ end: UInt, ticket: UInt32, staysWith owner: PageOwner? = nil) {
    var address = start
    while address < end, let node = node(endingAfter: address), node.pointee.region.start < end {
      let region = node.pointee.region
      address = region.end
      guard region.owner == .leaving, region.ticket == ticket else { continue }
      if let owner {
        node.pointee.region.owner = owner
        if !node.pointee.region.isUnowned { unownedCount -= 1 }
      } else {
        removeRegion(startingAt: region.start)
      }
    }
  }

  private mutating func cut(at address: UInt) {
    guard let node = node(endingAfter: address), node.pointee.region.start < address else { return }
    var rest = node.pointee.region
    node.pointee.region.end = address
    rest.start = address
    insert(rest)
  }

  #if CHECKED
    /// Whether the regions are sorted, disjoint and not empty, the priorities fall, and the count is right.
    var isSound: Bool {
      var found = 0
      var foundUnowned = 0
      var end: UInt = 0
      func isSound(_ link: Link?, below priority: UInt64) -> Bool {
        guard let node = link?.pointee else { return true }
        guard node.priority <= priority, isSound(node.left, below: node.priority) else { return false }
        guard node.region.start >= end, node.region.start < node.region.end else { return false }
        found += 1
        if node.region.isUnowned { foundUnowned += 1 }
        end = node.region.end
        return isSound(node.right, below: node.priority)
      }
      return isSound(root, below: .max) && found == count && foundUnowned == unownedCount
    }

    /// The longest way from the top.
    var depth: Int {
      func depth(_ link: Link?) -> Int {
        guard let node = link?.pointee else { return 0 }
        return 1 + max(depth(node.left), depth(node.right))
      }
      return depth(root)
    }
  #endif
}

// A space's slots, and the way from a port to the name of its send right.

import CLinux
import CMach
import Synchronization

/// Where the slots of a space are. Chunks double in size and never move, so that growing costs one allocation, a million
/// names no copy, and a slot can be found without the space's lock.
@safe struct EntryChunks {
  static let count = 18

  /// `count` pointers; chunk k holds 32 << k slots, from index (32 << k) - 32 on.
  private let memory: UnsafeMutablePointer<Atomic<UnsafeMutablePointer<Entry>?>>

  /// No chunks; nil when memory is out.
  init?() {
    guard let memory = KernelMemory.allocateZeroed(Atomic<UnsafeMutablePointer<Entry>?>.self, count: EntryChunks.count)
    else { return nil }
    self.memory = memory
  }

  func freeMemory() {
    for chunk in 0..<EntryChunks.count {
      if let slots = self[chunk] { KernelMemory.freeTable(slots, count: 32 << chunk) }
    }
    KernelMemory.free(memory)
  }

  @inline(__always)
  subscript(chunk: Int) -> UnsafeMutablePointer<Entry>? {
    get { memory[chunk].load(ordering: .acquiring) }
    nonmutating set { memory[chunk].store(newValue, ordering: .releasing) }
  }

  @inline(__always)
  static func place(of index: UInt32) -> (chunk: Int, offset: Int) {
    let shifted = index &+ 32
    let chunk = 26 - UInt32(truncatingIfNeeded: shifted.leadingZeroBitCount)
    return (Int(chunk), Int(shifted &- (32 << chunk)))
  }

  /// The slot with an index up to `EntryTable.maximumIndex`, if its chunk is there.
  @inline(__always)
  func slot(_ index: UInt32) -> UnsafeMutablePointer<Entry>? {
    let (chunk, offset) = EntryChunks.place(of: index)
    guard let slots = self[chunk] else { return nil }
    return slots + offset
  }
}

/// The slots of one space; the space's lock guards them.
struct EntryTable {
  /// The largest index; see "size of a space" in docs/differences.md.
  static let maximumIndex: UInt32 = 4_194_303
  private static let initialBucketBits: UInt32 = 4

  let chunks: EntryChunks
  /// The lowest index that was never handed out in order; slots above may be in use by wish (allocate_name).
  private(set) var firstFresh: UInt32 = 1
  /// The freed slots, the last freed first; 0 ends the list (facts: N4).
  private(set) var firstFree: UInt32 = 0
  private(set) var inUse: UInt32 = 0
  /// One more than the largest index of any chunk that is there.
  private(set) var capacity: UInt32 = 0

  /// Heads of the hash chains of pure send rights, by port; 0 ends a chain.
  private var buckets: UnsafeMutablePointer<UInt32>
  private var bucketBits = EntryTable.initialBucketBits
  private var hashedCount: UInt32 = 0

  /// An empty table; nil when memory is out.
  init?() {
    guard let chunks = EntryChunks() else { return nil }
    guard let buckets = KernelMemory.allocateZeroed(UInt32.self, count: 1 << Int(EntryTable.initialBucketBits)) else {
      chunks.freeMemory()
      return nil
    }
    self.chunks = chunks
    self.buckets = buckets
    guard makeChunk(0) else {
      freeMemory()
      return nil
    }
  }

  /// Gives back all memory; every slot must be free.
  func freeMemory() {
    chunks.freeMemory()
    KernelMemory.free(buckets)
  }

  // MARK: Slots

  /// The slot with an index up to `maximumIndex`, if its chunk is there.
  @inline(__always)
  func slot(_ index: UInt32) -> UnsafeMutablePointer<Entry>? { chunks.slot(index) }

  /// The slot in use under a name.
  @inline(__always)
  func entry(named name: mach_port_name_t) -> UnsafeMutablePointer<Entry>? {
    let index = Name.index(name)
    guard index <= EntryTable.maximumIndex, let entry = slot(index),
      entry.pointee.type != 0, entry.pointee.generation == Name.generation(name)
    else { return nil }
    return entry
  }

  private mutating func makeChunk(_ chunk: Int) -> Bool {
    guard let memory = KernelMemory.allocateTable(Entry.self, count: 32 << chunk) else { return false }
    chunks[chunk] = memory
    capacity = max(capacity, min((32 << UInt32(chunk + 1)) - 32, EntryTable.maximumIndex + 1))
    return true
  }

  /// Takes a free slot, the last freed first, and gives it its next name. The caller sets its type.
  /// Throws NO_SPACE when all names are in use, RESOURCE_SHORTAGE when memory is out.
  @inline(__always)
  mutating func claim() throws(KernelReturn) -> (name: mach_port_name_t, entry: UnsafeMutablePointer<Entry>) {
    let index = firstFree
    guard index != 0, let entry = slot(index) else { return try claimFresh() }
    unlinkFree(entry)
    entry.pointee.generation = entry.pointee.generation &+ 4
    inUse += 1
    return (Name.make(index, entry.pointee.generation), entry)
  }

  @inline(never)
  private mutating func claimFresh() throws(KernelReturn) -> (
    name: mach_port_name_t, entry: UnsafeMutablePointer<Entry>
  ) {
    while firstFresh <= EntryTable.maximumIndex {
      let index = firstFresh
      let chunk = EntryChunks.place(of: index).chunk
      if chunks[chunk] == nil, !makeChunk(chunk) { throw .resourceShortage }
      firstFresh += 1
      // Slots that allocate_name took ahead of their turn are in use or on the free list.
      guard let entry = slot(index), entry.pointee.generation == 0 else { continue }
      entry.pointee.generation = 3
      inUse += 1
      return (Name.make(index, 3), entry)
    }
    throw .noSpace
  }

  /// Takes the slot of a wanted name, or finds it in use under just that name (then its type is not 0).
  /// Throws what `reserveSlot` does, and FAILURE for a slot in use under another generation (facts: N5).
  mutating func claim(named name: mach_port_name_t) throws(KernelReturn) -> UnsafeMutablePointer<Entry> {
    try reserveSlot(named: name)
    let index = Name.index(name)
    guard let entry = slot(index) else { throw .resourceShortage }
    if entry.pointee.type != 0 {
      if entry.pointee.generation != Name.generation(name) { throw .failure }
      return entry
    }
    if entry.pointee.generation != 0 { unlinkFree(entry) }
    entry.pointee.generation = Name.generation(name)
    inUse += 1
    return entry
  }

  /// Makes sure that the memory of a name's slot is there. Throws INVALID_VALUE for low bits that no name has (newer
  /// xnu; the reference accepts them), FAILURE for index 0, NO_SPACE beyond the last index, RESOURCE_SHORTAGE.
  mutating func reserveSlot(named name: mach_port_name_t) throws(KernelReturn) {
    if name & 3 != 3 { throw .invalidValue }
    let index = Name.index(name)
    if index == 0 { throw .failure }
    if index > EntryTable.maximumIndex { throw .noSpace }
    let chunk = EntryChunks.place(of: index).chunk
    if chunks[chunk] == nil, !makeChunk(chunk) { throw .resourceShortage }
  }

  /// Frees a slot, whatever it held: the caller has taken that out.
  @inline(__always)
  mutating func free(_ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t) {
    let index = Name.index(name)
    entry.pointee.object = nil
    entry.pointee.bits = 0
    entry.pointee.next = firstFree
    entry.pointee.previous = 0
    if firstFree != 0 { slot(firstFree)?.pointee.previous = index }
    firstFree = index
    inUse -= 1
  }

  @inline(__always)
  private mutating func unlinkFree(_ entry: UnsafeMutablePointer<Entry>) {
    let next = entry.pointee.next
    let previous = entry.pointee.previous
    if previous != 0 { slot(previous)?.pointee.next = next } else { firstFree = next }
    if next != 0 { slot(next)?.pointee.previous = previous }
    entry.pointee.next = 0
    entry.pointee.previous = 0
  }

  /// Makes sure that the next `claim` succeeds. Throws what it would.
  mutating func reserveOne() throws(KernelReturn) {
    if firstFree != 0 { return }
    while firstFresh <= EntryTable.maximumIndex {
      let chunk = EntryChunks.place(of: firstFresh).chunk
      if chunks[chunk] == nil, !makeChunk(chunk) { throw .resourceShortage }
      if slot(firstFresh)?.pointee.generation == 0 { return }
      firstFresh += 1
    }
    throw .noSpace
  }

  /// Makes sure that a table of `count` slots needs no further memory. Throws NO_SPACE or RESOURCE_SHORTAGE.
  mutating func reserve(_ count: UInt32) throws(KernelReturn) {
    if count > EntryTable.maximumIndex + 1 { throw .noSpace }
    if count == 0 { return }
    for chunk in 0...EntryChunks.place(of: count - 1).chunk where chunks[chunk] == nil {
      if !makeChunk(chunk) { throw .resourceShortage }
    }
  }

  /// The capacity after the next growth.
  var nextCapacity: UInt32 { min((capacity &+ 32) &* 2 &- 32, EntryTable.maximumIndex + 1) }

  // MARK: Send rights by port

  @inline(__always)
  private func bucket(of port: Port) -> UnsafeMutablePointer<UInt32> {
    let hash = UInt64(UInt(bitPattern: port.object) >> 4) &* 0x9e37_79b9_7f4a_7c15
    return buckets + Int(hash >> (64 - UInt64(bucketBits)))
  }

  /// The slot that holds a pure send right to the port.
  @inline(__always)
  func sendEntry(for port: Port) -> (name: mach_port_name_t, entry: UnsafeMutablePointer<Entry>)? {
    var index = bucket(of: port).pointee
    let object = UnsafeMutableRawPointer(port.object)
    while index != 0, let entry = slot(index) {
      if entry.pointee.object == object { return (Name.make(index, entry.pointee.generation), entry) }
      index = entry.pointee.next
    }
    return nil
  }

  /// The slot has become a pure send right.
  mutating func hash(_ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, for port: Port) {
    if hashedCount >> bucketBits >= 2 { growBuckets() }
    let head = bucket(of: port)
    entry.pointee.next = head.pointee
    head.pointee = Name.index(name)
    hashedCount += 1
  }

  /// The slot is no longer a pure send right.
  mutating func unhash(_ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, for port: Port) {
    let index = Name.index(name)
    let head = bucket(of: port)
    if head.pointee == index {
      head.pointee = entry.pointee.next
    } else {
      var before = slot(head.pointee)
      while let other = before, other.pointee.next != index, other.pointee.next != 0 {
        before = slot(other.pointee.next)
      }
      before?.pointee.next = entry.pointee.next
    }
    entry.pointee.next = 0
    hashedCount -= 1
  }

  /// Twice the buckets, if there is memory; else the chains grow.
  private mutating func growBuckets() {
    let old = buckets
    let oldCount = 1 << Int(bucketBits)
    guard let fresh = KernelMemory.allocateZeroed(UInt32.self, count: oldCount * 2) else { return }
    buckets = fresh
    bucketBits += 1
    for b in 0..<oldCount {
      var index = old[b]
      while index != 0, let entry = slot(index) {
        let next = entry.pointee.next
        if let object = entry.pointee.object {
          let head = bucket(of: Port(object))
          entry.pointee.next = head.pointee
          head.pointee = index
        }
        index = next
      }
    }
    KernelMemory.free(old)
  }

  #if CHECKED
    /// The length of the free list.
    func countFree() -> UInt32 {
      var count: UInt32 = 0
      var index = firstFree
      while index != 0, let entry = slot(index) {
        count += 1
        index = entry.pointee.next
      }
      return count
    }
  #endif

  /// Calls `body` with every slot that has ever been used, by ascending index.
  func forEachUsedSlot(_ body: (UInt32, UnsafeMutablePointer<Entry>) -> Void) {
    for chunk in 0..<EntryChunks.count {
      guard let memory = chunks[chunk] else { continue }
      let base = (UInt32(32) << UInt32(chunk)) - 32
      for offset in 0..<(32 << chunk) {
        let index = base + UInt32(offset)
        if index > EntryTable.maximumIndex { return }
        // Some 64 slots before they are looked at: not every processor sees by itself where this goes.
        clinux_prefetch(memory + (offset &+ 64))
        if memory[offset].generation != 0 { body(index, memory + offset) }
      }
    }
  }
}

// Spaces: a task's names. What can be done with the rights behind them is in the Space+... files.

import CMach

/// A task's name space (historic: `ipc_space`): what its lock guards.
struct SpaceBody {
  /// False once the task has ended.
  var isActive = true
  var table: EntryTable

  var entriesInUse: UInt32 { table.inUse }
}

/// Names a space; owns nothing.
@safe package struct Space: Equatable {
  let object: UnsafeMutablePointer<SpaceBody>

  @inline(__always)
  package static func == (one: Space, other: Space) -> Bool { one.object == other.object }

  /// An empty space; nil when memory is out.
  static func make() -> Space? {
    guard let table = EntryTable() else { return nil }
    let extra = MemoryLayout<SharedHeader>.stride + MemoryLayout<EntryChunks>.stride
    guard let object = KernelMemory.allocate(SpaceBody.self, extra: extra) else {
      table.freeMemory()
      return nil
    }
    object.initialize(to: SpaceBody(table: table))
    let space = Space(object: object)
    space.shared.initialize(to: SharedHeader())
    KernelMemory.part(EntryChunks.self, behind: space.shared).initialize(to: table.chunks)
    return space
  }

  /// The body without its lock: for a space that no one else knows yet or any more.
  @inline(__always)
  var unguardedBody: UnsafeMutablePointer<SpaceBody> { object }

  @inline(__always)
  var shared: UnsafeMutablePointer<SharedHeader> { KernelMemory.part(SharedHeader.self, behind: object) }

  /// Where the slots are, for look-ups without the lock. They are there as long as the space is.
  @inline(__always)
  var chunks: EntryChunks { KernelMemory.part(EntryChunks.self, behind: shared).pointee }

  @inline(__always)
  func locked() -> LockedSpace { LockedSpace(self) }
}

/// A space whose lock is held: the only way to its names. First in the lock order.
struct LockedSpace: ~Copyable {
  let space: Space

  @inline(__always)
  init(_ space: Space) {
    self.space = space
    space.shared.pointee.lock()
  }

  @inline(__always)
  deinit { space.shared.pointee.unlock() }

  @inline(__always)
  consuming func unlock() {}

  @inline(__always)
  var body: SpaceBody {
    @inline(__always) get { space.unguardedBody.pointee }
    @inline(__always) nonmutating _modify { yield &space.unguardedBody.pointee }
  }

  /// The slot in use under a name. Throws INVALID_TASK when the space has ended, INVALID_NAME when there is none.
  @inline(__always)
  func entry(named name: mach_port_name_t) throws(KernelReturn) -> UnsafeMutablePointer<Entry> {
    guard body.isActive else { throw .invalidTask }
    guard let entry = body.table.entry(named: name) else { throw .invalidName }
    return entry
  }

  /// The port whose receive right has a name. Throws INVALID_NAME, INVALID_RIGHT, INVALID_TASK.
  @inline(__always)
  func receivePort(named name: mach_port_name_t) throws(KernelReturn) -> Port {
    let entry = try entry(named: name)
    guard entry.pointee.has(Entry.receive), let object = entry.pointee.object else { throw .invalidRight }
    return Port(object)
  }

  /// The port set with a name. Throws INVALID_NAME, INVALID_RIGHT, INVALID_TASK.
  @inline(__always)
  func portSet(named name: mach_port_name_t) throws(KernelReturn) -> PortSet {
    let entry = try entry(named: name)
    guard entry.pointee.has(Entry.portSet), let object = entry.pointee.object else { throw .invalidRight }
    return PortSet(object)
  }

  /// Turns a send or send-once entry whose port has died into a dead name with the same user references, and one more
  /// for a request on it (historic: `ipc_right_check`; facts: T13, N8). Done at look-up, not at the death, which need
  /// not know who holds rights. A live port is not locked for it.
  @inline(__always)
  func convertIfDead(_ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t) {
    guard entry.pointee.type == Entry.send || entry.pointee.type == Entry.sendOnce,
      let object = entry.pointee.object
    else { return }
    if Port(object).shared.pointee.isDead { convertToDeadName(entry, named: name, Port(object).locked()) }
  }

  @inline(never)
  private func convertToDeadName(
    _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ locked: consuming LockedPort
  ) {
    let port = locked.port
    if entry.pointee.type == Entry.send {
      locked.body.sendRightCount -= 1
      body.table.unhash(entry, named: name, for: port)
    } else {
      locked.body.sendOnceRightCount -= 1
    }
    var references = entry.pointee.userReferences
    if locked.body.requests.isOutstanding(entry.pointee.request) { references += 1 }
    _ = locked.body.requests.remove(entry.pointee.request)
    // A look-up without the space's lock must not find the port here once its memory may be another's.
    entry.pointee.request = 0
    entry.pointee.object = nil
    entry.pointee.bits = Entry.deadName | references
    locked.unlockReleasing()
  }

  /// The slot in use under a name, its right converted if its port has died.
  @inline(__always)
  func currentEntry(named name: mach_port_name_t) throws(KernelReturn) -> UnsafeMutablePointer<Entry> {
    let entry = try entry(named: name)
    convertIfDead(entry, named: name)
    return entry
  }
}

// Port sets and the links that make ports their members.

import CLinux
import CMach

/// A set of receive rights that a thread can receive from at once (historic: `ipc_pset`): what its lock guards.
struct PortSetBody {
  /// False once the set is destroyed.
  var isActive = true
  /// The set's name in its space.
  var name: mach_port_name_t = 0
  /// Threads that wait for a message to any member. When there is one, `ready` is empty.
  var receivers = WaitQueue()
  /// Members that may have messages, the longest waiting first.
  var firstReady: Membership?
  var lastReady: Membership?
  /// All members, in the order of joining.
  var firstMember: Membership?
  var lastMember: Membership?
  var memberCount: UInt32 = 0
  /// Shows programs whether `ready` is empty; then each member knows that it is watched, and `ready` is exact.
  var descriptor: EventDescriptor?
  /// Members are still being told of it.
  var isBecomingWatched = false
}

/// Names a port set; owns nothing.
@safe struct PortSet: Equatable {
  let object: UnsafeMutablePointer<PortSetBody>

  init(_ object: UnsafeMutablePointer<PortSetBody>) { self.object = object }

  init(_ entryObject: UnsafeMutableRawPointer) {
    object = entryObject.assumingMemoryBound(to: PortSetBody.self)
  }

  /// The body without its lock: for a set that no one else knows yet.
  @inline(__always)
  var unguardedBody: UnsafeMutablePointer<PortSetBody> { object }

  @inline(__always)
  var shared: UnsafeMutablePointer<SharedHeader> { KernelMemory.header(before: object) }

  @inline(__always)
  static func == (one: PortSet, other: PortSet) -> Bool { one.object == other.object }

  /// A new, empty set with one reference; nil when memory is out.
  static func make() -> PortSet? {
    guard let memory = ObjectPool.take() else { return nil }
    let object = memory.bindMemory(to: PortSetBody.self, capacity: 1)
    object.initialize(to: PortSetBody())
    Statistics.count(.sets, 1)
    return PortSet(object)
  }

  @inline(__always)
  func retain() { shared.pointee.retain() }

  @inline(__always)
  func release() {
    if shared.pointee.releaseLast() { free() }
  }

  private func free() {
    shared.pointee.revive()
    ObjectPool.give(UnsafeMutableRawPointer(object))
    Statistics.count(.sets, -1)
  }

  @inline(__always)
  func locked() -> LockedPortSet { LockedPortSet(self) }

  /// Ends the set: its receivers get PORT_CHANGED, its members stay as they are (facts: P5). Consumes the space's
  /// reference.
  func destroy() {
    var aftermath = Aftermath()
    let locked = locked()
    locked.body.isActive = false
    aftermath.wakeAll(of: &locked.body.receivers, outcome: MACH_RCV_PORT_CHANGED)
    locked.releaseDescriptor()
    locked.unlock()
    aftermath.finish()
    while let port = firstMember(where: { _ in true }) {
      let member = port.locked()
      if let link = member.membership(in: self) { member.leave(link) }
      member.unlock()
      port.release()
    }
    release()
  }

  /// The first such member with a new reference. A linked port is alive, so the reference can be taken under this lock.
  func firstMember(where condition: (Membership) -> Bool) -> Port? {
    let locked = locked()
    var link = locked.body.firstMember
    while let member = link, !condition(member) { link = member.inSet.pointee.next }
    link?.port.retain()
    return link?.port
  }
}

/// A set whose lock is held: the only way to its body.
struct LockedPortSet: ~Copyable {
  let set: PortSet

  @inline(__always)
  init(_ set: PortSet) {
    self.set = set
    set.shared.pointee.lock()
  }

  @inline(__always)
  deinit { set.shared.pointee.unlockLasting() }

  @inline(__always)
  consuming func unlock() {}

  @inline(__always)
  var body: PortSetBody {
    @inline(__always) get { set.unguardedBody.pointee }
    @inline(__always) nonmutating _modify { yield &set.unguardedBody.pointee }
  }

  /// Puts a member on the ready list, at the end, if it is not there.
  @inline(__always)
  func markReady(_ link: Membership) {
    guard !link.inSet.pointee.isReady else { return }
    link.inSet.pointee.isReady = true
    link.inSet.pointee.nextReady = nil
    link.inSet.pointee.previousReady = body.lastReady
    if let last = body.lastReady { last.inSet.pointee.nextReady = link } else { body.firstReady = link }
    body.lastReady = link
  }

  @inline(__always)
  func unmarkReady(_ link: Membership) {
    guard link.inSet.pointee.isReady else { return }
    link.inSet.pointee.isReady = false
    let next = link.inSet.pointee.nextReady
    let previous = link.inSet.pointee.previousReady
    if let previous { previous.inSet.pointee.nextReady = next } else { body.firstReady = next }
    if let next { next.inSet.pointee.previousReady = previous } else { body.lastReady = previous }
  }

  /// A member has nothing any more: if it was the last, the descriptor says so.
  func showReady() {
    if body.firstReady == nil { body.descriptor?.lower() }
  }

  /// The set ends: its descriptor is readable for ever.
  func releaseDescriptor() {
    guard let descriptor = body.descriptor else { return }
    body.descriptor = nil
    descriptor.raise()
    descriptor.close()
  }
}

/// One port's place in one set. Joining and leaving take both locks, so a link seen under either is alive.
struct MembershipObject: ~Copyable {
  let port: Port
  let set: PortSet
  /// The port's name, for get_set_status: it cannot change while the port is a member.
  let portName: mach_port_name_t
  /// The set has a descriptor. Changes under both locks.
  var isWatched = false
}

/// A membership's place among those of its port; the port's lock guards it.
struct MembershipOfPort {
  var next: Membership?
  var previous: Membership?
}

/// A membership's place among those of its set, and on the ready list; the set's lock guards it.
struct MembershipInSet {
  var next: Membership?
  var previous: Membership?
  var isReady = false
  var nextReady: Membership?
  var previousReady: Membership?
}

/// Names a membership; owns nothing.
@safe struct Membership: Equatable {
  let object: UnsafeMutablePointer<MembershipObject>

  @inline(__always)
  static func == (one: Membership, other: Membership) -> Bool { one.object == other.object }

  @inline(__always)
  var port: Port { object.pointee.port }
  @inline(__always)
  var set: PortSet { object.pointee.set }
  @inline(__always)
  var portName: mach_port_name_t { object.pointee.portName }
  @inline(__always)
  var isWatched: Bool { object.pointee.isWatched }

  @inline(__always)
  var ofPort: UnsafeMutablePointer<MembershipOfPort> { KernelMemory.part(MembershipOfPort.self, behind: object) }
  @inline(__always)
  var inSet: UnsafeMutablePointer<MembershipInSet> { KernelMemory.part(MembershipInSet.self, behind: ofPort) }

  /// Room for a link, so that joining cannot fail half-way; nil when memory is out.
  static func reserve() -> Membership? {
    let extra = MemoryLayout<MembershipOfPort>.stride + MemoryLayout<MembershipInSet>.stride
    guard let object = KernelMemory.allocate(MembershipObject.self, extra: extra) else { return nil }
    return Membership(object: object)
  }

  /// Turns reserved room into a link.
  func initialize(port: Port, set: PortSet, portName: mach_port_name_t) {
    object.initialize(to: MembershipObject(port: port, set: set, portName: portName))
    ofPort.initialize(to: MembershipOfPort())
    inSet.initialize(to: MembershipInSet())
  }

  func free() { KernelMemory.free(object) }
}

extension LockedPort {
  /// The link between this port and a set, if it is a member.
  func membership(in set: PortSet) -> Membership? {
    var link = body.memberships
    while let current = link {
      if current.set == set { return current }
      link = current.ofPort.pointee.next
    }
    return nil
  }

  /// Makes the port a member of a set in which it is not, using up `reserved`. Queued messages can be received
  /// through the set at once (facts: P3). Returns false, and leaves `reserved` alone, when the set is dead.
  func join(_ set: PortSet, using reserved: Membership, _ aftermath: inout Aftermath) -> Bool {
    let locked = set.locked()
    guard locked.body.isActive else { return false }
    reserved.initialize(port: port, set: set, portName: body.receiverName)
    reserved.ofPort.pointee.next = body.memberships
    body.memberships?.ofPort.pointee.previous = reserved
    body.memberships = reserved
    reserved.inSet.pointee.previous = locked.body.lastMember
    if let last = locked.body.lastMember { last.inSet.pointee.next = reserved }
    if locked.body.firstMember == nil { locked.body.firstMember = reserved }
    locked.body.lastMember = reserved
    locked.body.memberCount += 1
    if locked.body.descriptor != nil {
      reserved.object.pointee.isWatched = true
      body.isWatched = true
    }
    locked.unlock()
    offerQueue(through: reserved, &aftermath)
    return true
  }

  /// Ends a membership and frees the link.
  func leave(_ link: Membership) {
    let locked = link.set.locked()
    locked.unmarkReady(link)
    locked.showReady()
    let next = link.inSet.pointee.next
    let previous = link.inSet.pointee.previous
    if let previous { previous.inSet.pointee.next = next } else { locked.body.firstMember = next }
    if let next { next.inSet.pointee.previous = previous } else { locked.body.lastMember = previous }
    locked.body.memberCount -= 1
    let nextOfPort = link.ofPort.pointee.next
    let previousOfPort = link.ofPort.pointee.previous
    if let previousOfPort {
      previousOfPort.ofPort.pointee.next = nextOfPort
    } else {
      body.memberships = nextOfPort
    }
    nextOfPort?.ofPort.pointee.previous = previousOfPort
    let wasWatched = link.isWatched
    link.free()
    if wasWatched { updateWatched() }
  }

  func leaveAllSets() {
    while let link = body.memberships { leave(link) }
  }
}

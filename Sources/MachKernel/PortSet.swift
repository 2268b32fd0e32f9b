// Port sets and the links that make ports their members.

import CLinux
import CMach
import Synchronization

/// A set of receive rights that a thread can receive from at once (historic: `ipc_pset`).
struct PortSetObject: ~Copyable {
  let references = Atomic<UInt32>(1)
  let lock = Lock()
  var body = PortSetBody()
}

/// What a set's lock guards.
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
}

/// Names a port set; owns nothing.
@safe struct PortSet: Equatable {
  let object: UnsafeMutablePointer<PortSetObject>

  init(_ object: UnsafeMutablePointer<PortSetObject>) { self.object = object }

  init(_ entryObject: UnsafeMutableRawPointer) {
    object = entryObject.assumingMemoryBound(to: PortSetObject.self)
  }

  @inline(__always)
  static func == (one: PortSet, other: PortSet) -> Bool { one.object == other.object }

  /// A new, empty set with one reference; nil when memory is out.
  static func make() -> PortSet? {
    guard let object = KernelMemory.allocate(PortSetObject.self) else { return nil }
    object.initialize(to: PortSetObject())
    Statistics.count(.sets, 1)
    return PortSet(object)
  }

  @inline(__always)
  func retain() { object.pointee.references.wrappingAdd(1, ordering: .relaxed) }

  @inline(__always)
  func release() {
    if object.pointee.references.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { free() }
  }

  private func free() {
    object.deinitialize(count: 1)
    KernelMemory.free(object)
    Statistics.count(.sets, -1)
  }

  @inline(__always)
  func locked() -> LockedPortSet { LockedPortSet(self) }

  /// Ends the set: its receivers get PORT_CHANGED, its members stay as they are (facts: P5). Consumes the space's
  /// reference.
  func destroy() {
    var wakes = WakeList()
    let locked = locked()
    locked.body.isActive = false
    wakes.appendAll(of: &locked.body.receivers, outcome: MACH_RCV_PORT_CHANGED)
    locked.unlock()
    wakes.finishAll()
    while let port = firstMemberPort() {
      let member = port.locked()
      if let link = member.membership(in: self) { member.leave(link) }
      member.unlock()
      port.release()
    }
    release()
  }

  /// The first member with a new reference. A linked port is alive, so the reference can be taken under this lock.
  private func firstMemberPort() -> Port? {
    let locked = locked()
    guard let port = locked.body.firstMember?.port else { return nil }
    port.retain()
    return port
  }
}

/// A set whose lock is held: the only way to its body.
struct LockedPortSet: ~Copyable {
  let set: PortSet

  @inline(__always)
  init(_ set: PortSet) {
    self.set = set
    set.object.pointee.lock.acquire()
  }

  @inline(__always)
  deinit { set.object.pointee.lock.release() }

  @inline(__always)
  consuming func unlock() {}

  @inline(__always)
  var body: PortSetBody {
    _read { yield set.object.pointee.body }
    nonmutating _modify { yield &set.object.pointee.body }
  }

  /// Puts a member on the ready list, at the end, if it is not there.
  @inline(__always)
  func markReady(_ link: Membership) {
    guard !link.object.pointee.isReady else { return }
    link.object.pointee.isReady = true
    link.object.pointee.nextReady = nil
    link.object.pointee.previousReady = body.lastReady
    if let last = body.lastReady { last.object.pointee.nextReady = link } else { body.firstReady = link }
    body.lastReady = link
  }

  /// As `markReady`, at the front: its message could not be taken and stays the next one.
  func markReadyFirst(_ link: Membership) {
    guard !link.object.pointee.isReady else { return }
    link.object.pointee.isReady = true
    link.object.pointee.previousReady = nil
    link.object.pointee.nextReady = body.firstReady
    if let first = body.firstReady { first.object.pointee.previousReady = link } else { body.lastReady = link }
    body.firstReady = link
  }

  @inline(__always)
  func unmarkReady(_ link: Membership) {
    guard link.object.pointee.isReady else { return }
    link.object.pointee.isReady = false
    let next = link.object.pointee.nextReady
    let previous = link.object.pointee.previousReady
    if let previous { previous.object.pointee.nextReady = next } else { body.firstReady = next }
    if let next { next.object.pointee.previousReady = previous } else { body.lastReady = previous }
  }
}

/// One port's place in one set. The port's lock guards its place in the port's list; the set's lock guards the rest.
/// Joining and leaving take both, so a link seen under either is alive.
struct MembershipObject: ~Copyable {
  let port: Port
  let set: PortSet
  /// The port's name, for get_set_status: it cannot change while the port is a member.
  let portName: mach_port_name_t
  var nextOfPort: Membership?
  var previousOfPort: Membership?
  var nextInSet: Membership?
  var previousInSet: Membership?
  var isReady = false
  var nextReady: Membership?
  var previousReady: Membership?

  init(port: Port, set: PortSet, portName: mach_port_name_t) {
    self.port = port
    self.set = set
    self.portName = portName
  }
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

  /// Room for a link, so that joining cannot fail half-way; nil when memory is out.
  static func reserve() -> Membership? {
    guard let object = KernelMemory.allocate(MembershipObject.self) else { return nil }
    return Membership(object: object)
  }

  func free() { KernelMemory.free(object) }
}

extension LockedPort {
  /// The link between this port and a set, if it is a member.
  func membership(in set: PortSet) -> Membership? {
    var link = body.memberships
    while let current = link {
      if current.set == set { return current }
      link = current.object.pointee.nextOfPort
    }
    return nil
  }

  /// Makes the port a member of a set in which it is not, using up `reserved`. Queued messages can be received
  /// through the set at once (facts: P3). Returns false, and leaves `reserved` alone, when the set is dead.
  func join(_ set: PortSet, using reserved: Membership, _ wakes: inout WakeList) -> Bool {
    let locked = set.locked()
    guard locked.body.isActive else { return false }
    reserved.object.initialize(to: MembershipObject(port: port, set: set, portName: body.receiverName))
    reserved.object.pointee.nextOfPort = body.memberships
    body.memberships?.object.pointee.previousOfPort = reserved
    body.memberships = reserved
    reserved.object.pointee.previousInSet = locked.body.lastMember
    if let last = locked.body.lastMember { last.object.pointee.nextInSet = reserved }
    if locked.body.firstMember == nil { locked.body.firstMember = reserved }
    locked.body.lastMember = reserved
    locked.body.memberCount += 1
    locked.unlock()
    offerQueue(through: reserved, &wakes)
    return true
  }

  /// Ends a membership and frees the link.
  func leave(_ link: Membership) {
    let locked = link.set.locked()
    locked.unmarkReady(link)
    let next = link.object.pointee.nextInSet
    let previous = link.object.pointee.previousInSet
    if let previous { previous.object.pointee.nextInSet = next } else { locked.body.firstMember = next }
    if let next { next.object.pointee.previousInSet = previous } else { locked.body.lastMember = previous }
    locked.body.memberCount -= 1
    let nextOfPort = link.object.pointee.nextOfPort
    let previousOfPort = link.object.pointee.previousOfPort
    if let previousOfPort {
      previousOfPort.object.pointee.nextOfPort = nextOfPort
    } else {
      body.memberships = nextOfPort
    }
    nextOfPort?.object.pointee.previousOfPort = previousOfPort
    link.object.deinitialize(count: 1)
    link.free()
  }

  func leaveAllSets() {
    while let link = body.memberships { leave(link) }
  }
}

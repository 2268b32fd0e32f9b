// Ports: what one is made of, how it is referred to and locked. What happens at its end is in Port+Death.swift.

import CLinux
import CMach

/// The kernel's end of a communication channel (historic: `ipc_port`): what its lock guards.
///
/// Lives in memory of the kernel's own. Rights, messages and blocked threads each hold a counted reference.
///
/// With its header it fills two cache lines, so that ports do not share any.
@usableFromInline struct PortBody {
  private struct Flags: OptionSet {
    let rawValue: UInt16
    static let active = Flags(rawValue: 1 << 0)
    static let kernelPort = Flags(rawValue: 1 << 1)
    static let temporaryOwner = Flags(rawValue: 1 << 2)
    static let donatesImportance = Flags(rawValue: 1 << 3)
    static let guarded = Flags(rawValue: 1 << 4)
    static let strictlyGuarded = Flags(rawValue: 1 << 5)
    static let immovable = Flags(rawValue: 1 << 6)
    static let watched = Flags(rawValue: 1 << 7)
    static let returning = Flags(rawValue: 1 << 8)
    static let known = Flags(rawValue: 1 << 9)
  }

  private var flags = Flags.active
  /// What the kernel keeps behind the port (IKOT_*).
  var kernelObjectType: UInt16 = 0
  /// The name of the receive right in `receiver`; MACH_PORT_NULL in transit, in the kernel, and when dead.
  private(set) var receiverName: mach_port_name_t = 0
  /// `receiver`, `destination` or `kernelObject`.
  private var place: UnsafeMutableRawPointer?

  var queue = MessageQueue()

  /// Send rights: one for each entry and one for each message that holds one, whatever the user references.
  var sendRightCount: UInt32 = 0
  var sendOnceRightCount: UInt32 = 0
  /// Send rights made since the last set_mscount or move of the receive right.
  var makeSendCount: UInt32 = 0

  /// The first of the links to the sets that this port is a member of.
  var memberships: Membership?
  /// Dead-name and send-possible requests.
  var requests = RequestTable()
  /// To be sent when the last send right ends, or when the receive right would die.
  var noSenders: Notification?
  var portDestroyed: Notification?
  /// The context, or the guard of a guarded port. Of a kernel port that ends with its last send right, and now does, the
  /// next one that ends with it.
  var context: mach_port_context_t = 0
  /// Shows programs whether the queue is empty.
  var descriptor: EventDescriptor?
  /// `reserve` or `timer`.
  private var spare: UnsafeMutableRawPointer?
}

extension PortBody {
  /// False once the receive right is gone: the port is dead and stays so.
  @inline(__always)
  var isActive: Bool {
    get { flags.contains(.active) }
    set { set(.active, newValue) }
  }

  /// The kernel itself receives: messages are answered on the spot and never queue.
  @inline(__always)
  var isKernelPort: Bool {
    get { flags.contains(.kernelPort) }
    set { set(.kernelPort, newValue) }
  }

  /// Attributes that programs may set and that only show in the status flags.
  var isTemporaryOwner: Bool {
    get { flags.contains(.temporaryOwner) }
    set { set(.temporaryOwner, newValue) }
  }
  var donatesImportance: Bool {
    get { flags.contains(.donatesImportance) }
    set { set(.donatesImportance, newValue) }
  }

  var isGuarded: Bool {
    get { flags.contains(.guarded) }
    set { set(.guarded, newValue) }
  }

  /// Guarded so that the guard cannot be read or replaced as context.
  var isStrictlyGuarded: Bool {
    get { flags.contains(.strictlyGuarded) }
    set { set(.strictlyGuarded, newValue) }
  }

  /// The receive right stays in its space as long as it lives.
  var isImmovable: Bool {
    get { flags.contains(.immovable) }
    set { set(.immovable, newValue) }
  }

  /// There is a descriptor, here or at one of the sets, that shows each change of the queue.
  @inline(__always)
  var isWatched: Bool {
    get { flags.contains(.watched) }
    set { set(.watched, newValue) }
  }

  /// It is the port of a service that was created: its receive right goes back to the bootstrap instead of ending.
  var returnsToBootstrap: Bool {
    get { flags.contains(.returning) }
    set { set(.returning, newValue) }
  }

  /// The bootstrap keeps a right to it, and wants to hear of its death.
  var isKnownToBootstrap: Bool {
    get { flags.contains(.known) }
    set { set(.known, newValue) }
  }

  @inline(__always)
  private mutating func set(_ flag: Flags, _ value: Bool) {
    if value { flags.insert(flag) } else { flags.remove(flag) }
  }

  /// It can be sent to, and messages queue.
  @inline(__always)
  var isOrdinary: Bool { flags.intersection([.active, .kernelPort]) == .active }

  /// The message that allocate_full reserved: it carries a notification when memory is out.
  var reserve: Message? {
    get {
      guard kernelObjectType != KernelObjectType.timer, let spare else { return nil }
      return Message(object: spare.assumingMemoryBound(to: MessageObject.self))
    }
    set {
      if kernelObjectType != KernelObjectType.timer { spare = newValue.map { UnsafeMutableRawPointer($0.object) } }
    }
  }

  /// The timer whose messages come here: the port is one of mk_timer_create's, and lives.
  var timer: Timer? {
    get { kernelObjectType == KernelObjectType.timer ? spare.map { Timer($0) } : nil }
    set {
      kernelObjectType = newValue == nil ? 0 : KernelObjectType.timer
      spare = newValue?.address
    }
  }

  // MARK: Where the receive right is

  /// The space that holds the receive right; nil in transit, in the kernel, and when dead.
  @inline(__always)
  var receiver: Space? {
    guard receiverName != 0, let place else { return nil }
    return Space(object: place.assumingMemoryBound(to: SpaceBody.self))
  }

  /// In transit: the port whose message carries the receive right (a counted reference).
  var destination: Port? {
    get { isInTransit ? place.map { Port($0) } : nil }
    set { place = newValue.map { UnsafeMutableRawPointer($0.object) } }
  }

  /// The object that a kernel port stands for, which is none of its property.
  var kernelObject: UnsafeMutableRawPointer? {
    get { isKernelPort ? place : nil }
    set { place = newValue }
  }

  /// The receive right travels in a message.
  var isInTransit: Bool { isOrdinary && receiverName == 0 }

  /// The receive right comes into a space. The caller has taken the `destination` before.
  mutating func settle(in space: Space, named name: mach_port_name_t) {
    place = UnsafeMutableRawPointer(space.object)
    receiverName = name
  }

  /// The receive right leaves its space, if it is in one.
  mutating func unsettle() {
    if receiverName != 0 { place = nil }
    receiverName = 0
  }
}

/// Names a port; owns nothing. It is valid while something else holds a reference.
@safe @frozen @usableFromInline struct Port: Equatable {
  @usableFromInline let object: UnsafeMutablePointer<PortBody>

  init(_ object: UnsafeMutablePointer<PortBody>) { self.object = object }

  init(_ entryObject: UnsafeMutableRawPointer) {
    object = entryObject.assumingMemoryBound(to: PortBody.self)
  }

  /// A new port with one reference, which the receive right to come owns; nil when memory is out.
  static func make() -> Port? {
    guard let memory = ObjectPool.take() else { return nil }
    let object = memory.bindMemory(to: PortBody.self, capacity: 1)
    object.initialize(to: PortBody())
    Statistics.count(.ports, 1)
    let port = Port(object)
    #if CHECKED
      port.audit.initialize(to: PortAudit())
      Registry.add(port)
    #endif
    return port
  }

  @inline(__always)
  var shared: UnsafeMutablePointer<SharedHeader> { KernelMemory.header(before: object) }

  /// The body without its lock: for a port that no one else knows yet or any more.
  @inline(__always)
  var unguardedBody: UnsafeMutablePointer<PortBody> { object }

  #if CHECKED
    /// What the registry and the audits keep.
    var audit: UnsafeMutablePointer<PortAudit> { KernelMemory.part(PortAudit.self, behind: object) }
  #endif

  @inline(__always) @usableFromInline
  static func == (one: Port, other: Port) -> Bool { one.object == other.object }

  @inline(__always)
  func retain() { shared.pointee.retain() }

  /// Gives back one reference; the last one frees the memory. Takes no lock, so it may happen anywhere but under the
  /// port's own.
  @inline(__always)
  func release() {
    if shared.pointee.releaseLast() { free() }
  }

  @inline(never)
  fileprivate func free() {
    shared.pointee.revive()
    recycle()
  }

  /// Gives the memory of a port back to which there is one reference alone.
  @inline(__always)
  fileprivate func recycle() {
    #if CHECKED
      Registry.remove(self)
    #endif
    if shared.pointee.tag != 0 { SemaphoreTable.end(self) }
    unguardedBody.pointee.reserve?.free()
    unguardedBody.pointee.requests.freeMemory()
    ObjectPool.give(UnsafeMutableRawPointer(object))
    Statistics.count(.ports, -1)
  }

  /// Takes the lock; it is held until the result is consumed or leaves its scope.
  @inline(__always)
  func locked() -> LockedPort { LockedPort(self) }
}

/// A port whose lock is held: the only way to its body. Lock order: Space, Port, PortSet.
@frozen @usableFromInline struct LockedPort: ~Copyable {
  @usableFromInline let port: Port

  @inline(__always)
  init(_ port: Port) {
    self.port = port
    port.shared.pointee.lock()
  }

  /// Takes the lock out of order, if it is free.
  @inline(__always)
  init?(trying port: Port) {
    guard port.shared.pointee.tryLock() else { return nil }
    self.port = port
  }

  @inline(__always)
  deinit { port.shared.pointee.unlockLasting() }

  @inline(__always)
  consuming func unlock() {}

  /// Gives the lock back with one reference to the port more.
  @inline(__always)
  consuming func unlockRetaining() {
    let port = port
    discard self
    port.shared.pointee.unlockRetaining()
  }

  /// Gives the lock back together with one reference.
  @inline(__always)
  consuming func unlockReleasing() {
    let port = port
    discard self
    if port.shared.pointee.unlockReleasing() { port.free() }
  }

  /// Ends a port to which nothing but the caller's reference leads.
  @inline(__always)
  consuming func vanish() {
    let port = port
    discard self
    port.shared.pointee.unlockLasting()
    port.recycle()
  }

  /// Gives the lock of a port back that has just died.
  consuming func unlockDead() {
    let port = port
    discard self
    port.shared.pointee.unlockDead()
  }

  @inline(__always)
  var body: PortBody {
    @inline(__always) get { port.unguardedBody.pointee }
    @inline(__always) nonmutating _modify { yield &port.unguardedBody.pointee }
  }
}

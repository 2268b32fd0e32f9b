// Ports: what one is made of, how it is referred to and locked. What happens at its end is in Port+Death.swift.

import CLinux
import CMach

/// The kernel's end of a communication channel (historic: `ipc_port`): what its lock guards.
///
/// Lives in memory of the kernel's own. Rights, messages and blocked threads each hold a counted reference.
@usableFromInline struct PortBody {
  /// False once the receive right is gone: the port is dead and stays so.
  var isActive = true
  /// The kernel itself receives: messages are answered on the spot and never queue.
  var isKernelPort = false
  /// Attributes that programs may set and that only show in the status flags.
  var isTemporaryOwner = false
  var donatesImportance = false

  /// The name of the receive right in `receiver`; MACH_PORT_NULL in transit, in the kernel, and when dead.
  var receiverName: mach_port_name_t = 0
  /// The space that holds the receive right; nil in transit, in the kernel, and when dead.
  var receiver: Space?
  /// In transit: the port whose message carries the receive right (a counted reference).
  var destination: Port?

  /// Send rights: one for each entry and one for each message that holds one, whatever the user references.
  var sendRightCount: UInt32 = 0
  var sendOnceRightCount: UInt32 = 0
  /// Send rights made since the last set_mscount or move of the receive right.
  var makeSendCount: UInt32 = 0
  /// The context, or the guard of a guarded port.
  var context: mach_port_context_t = 0
  var isGuarded = false
  /// Guarded so that the guard cannot be read or replaced as context.
  var isStrictlyGuarded = false
  /// The receive right stays in its space as long as it lives.
  var isImmovable = false

  var queue = MessageQueue()
  /// The first of the links to the sets that this port is a member of.
  var memberships: Membership?
  /// Shows programs whether the queue is empty.
  var descriptor: EventDescriptor?
  /// There is a descriptor, here or at one of the sets, that shows each change of the queue.
  var isWatched = false

  /// To be sent when the last send right ends, or when the receive right would die.
  var noSenders: Notification?
  var portDestroyed: Notification?
  /// Dead-name and send-possible requests.
  var requests = RequestTable()

  /// The message that allocate_full reserved: it carries a notification when memory is out.
  var reserve: Message?

  /// What the kernel keeps behind the port: its type (IKOT_*) and the object, which is none of this port's property.
  var kernelObjectType: UInt32 = 0
  var kernelObject: UnsafeMutableRawPointer?

  /// The receive right travels in a message.
  var isInTransit: Bool { isActive && receiver == nil && !isKernelPort }
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
    guard let object = KernelMemory.allocate(PortBody.self, extra: partsSize) else { return nil }
    object.initialize(to: PortBody())
    Port(object).shared.initialize(to: SharedHeader())
    Statistics.count(.ports, 1)
    let port = Port(object)
    #if CHECKED
      port.audit.initialize(to: PortAudit())
      Registry.add(port)
    #endif
    return port
  }

  @inline(__always)
  var shared: UnsafeMutablePointer<SharedHeader> { KernelMemory.part(SharedHeader.self, behind: object) }

  /// The body without its lock: for a port that no one else knows yet or any more.
  @inline(__always)
  var unguardedBody: UnsafeMutablePointer<PortBody> { object }

  #if CHECKED
    private static var partsSize: Int { MemoryLayout<SharedHeader>.stride + MemoryLayout<PortAudit>.stride }

    /// What the registry and the audits keep.
    var audit: UnsafeMutablePointer<PortAudit> { KernelMemory.part(PortAudit.self, behind: shared) }
  #else
    private static var partsSize: Int { MemoryLayout<SharedHeader>.stride }
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
  private func free() {
    #if CHECKED
      Registry.remove(self)
    #endif
    unguardedBody.pointee.reserve?.free()
    unguardedBody.pointee.requests.freeMemory()
    KernelMemory.free(object)
    Statistics.count(.ports, -1)
  }

  /// Takes the lock; it is held until the result is consumed or leaves its scope.
  @inline(__always)
  func locked() -> LockedPort { LockedPort(self) }
}

/// A port whose lock is held: the only way to its body. Lock order: Space, Port, PortSet.
struct LockedPort: ~Copyable {
  let port: Port

  @inline(__always)
  init(_ port: Port) {
    self.port = port
    port.shared.pointee.lock.acquire()
  }

  /// Takes the lock out of order, if it is free.
  @inline(__always)
  init?(trying port: Port) {
    guard port.shared.pointee.lock.tryAcquire() else { return nil }
    self.port = port
  }

  @inline(__always)
  deinit { port.shared.pointee.lock.release() }

  @inline(__always)
  consuming func unlock() {}

  @inline(__always)
  var body: PortBody {
    @inline(__always) get { port.unguardedBody.pointee }
    @inline(__always) nonmutating _modify { yield &port.unguardedBody.pointee }
  }
}

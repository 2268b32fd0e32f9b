// The bootstrap: which services there are, and who may serve them.

import CLinux
import CMach

/// A bootstrap port and what belongs to it: the process's own, a subset's, or a server's. The bootstrap's lock guards it.
struct BootstrapBody {
  /// The kernel receives from it.
  let port: Port
  /// Of a subset, the context that it is in; of a server, the one whose names it shares.
  let parent: BootstrapContext?
  let isServer: Bool
  /// A server that would be started when needed, if it had a program.
  let isOnDemand: Bool
  /// Subsets above.
  let depth: Int
  /// Records whose names mean something here, and the requestor's.
  var firstService: Service?
  /// Subsets and servers of this context.
  var firstChild: BootstrapContext?
  var next: BootstrapContext?
  var previous: BootstrapContext?
  /// No one finds it any more.
  var hasEnded = false
  /// Who ends the context destroys the port too; not when it is a server's port whose last sender has gone already.
  var destroysPort = true
}

/// Names a context; owns nothing.
struct BootstrapContext: Equatable {
  let body: UnsafeMutablePointer<BootstrapBody>

  /// Where names given to this port mean something.
  var namespace: BootstrapContext {
    if body.pointee.isServer, let parent = body.pointee.parent { parent } else { self }
  }

  /// The server, if it is one.
  var server: BootstrapContext? { body.pointee.isServer ? self : nil }
}

/// The process's bootstrap (historic: `mach_init`, `launchd`).
///
/// One lock guards it all. Its place is between those of spaces and ports.
package enum Bootstrap {
  private static let lock = Lock()
  nonisolated(unsafe) private static var table = ServiceTable()
  nonisolated(unsafe) private static var root: BootstrapContext?

  /// Subsets one inside the other.
  private static let maximumDepth = 100

  /// At load, and anew in a forked child. Without memory there is no bootstrap port.
  static func start() {
    root = makeContext(parent: nil)
  }

  /// What the parent had is out of reach.
  static func restartAfterFork() {
    lock.reset()
    table = ServiceTable()
    root = nil
  }

  /// A send right to the process's own bootstrap port; NULL when there was no memory for one.
  static var rootRight: KeptRight {
    guard let root else { return .null }
    return sendRight(to: root)
  }

  private static func sendRight(to context: BootstrapContext) -> KeptRight {
    KeptRight(stored: SendRight(making: context.body.pointee.port.locked()).leakStored())
  }

  // MARK: Contexts

  /// nil when memory is out. The lock is held, or no one knows the bootstrap yet.
  private static func makeContext(
    parent: BootstrapContext?, isServer: Bool = false, isOnDemand: Bool = false
  ) -> BootstrapContext? {
    guard let body = KernelMemory.allocate(BootstrapBody.self) else { return nil }
    let type = isServer ? KernelObjectType.bootstrapServer : KernelObjectType.bootstrap
    guard let port = Port.makeKernelPort(type: type, object: UnsafeMutableRawPointer(body)) else {
      KernelMemory.free(body)
      return nil
    }
    let depth = parent.map { isServer ? $0.body.pointee.depth : $0.body.pointee.depth + 1 } ?? 0
    body.initialize(
      to: BootstrapBody(port: port, parent: parent, isServer: isServer, isOnDemand: isOnDemand, depth: depth))
    let context = BootstrapContext(body: body)
    if let parent {
      body.pointee.next = parent.body.pointee.firstChild
      parent.body.pointee.firstChild?.body.pointee.previous = context
      parent.body.pointee.firstChild = context
    }
    return context
  }

  /// The context of a port. Throws MACH_SEND_INVALID_DEST when it has ended: so the port is dead, or soon will be.
  private static func context(of port: Port) throws(KernelReturn) -> BootstrapContext {
    let locked = port.locked()
    guard KernelObjectType.isBootstrap(locked.body.kernelObjectType), let object = locked.body.kernelObject else {
      throw .init(rawValue: MACH_SEND_INVALID_DEST)
    }
    return BootstrapContext(body: object.assumingMemoryBound(to: BootstrapBody.self))
  }

  /// Takes a context and all that it contains out of everything, so that no one finds it: its ports serve no more. They
  /// go to the end of `ending`, linked by `next`. The lock is held.
  private static func end(_ context: BootstrapContext, _ ending: inout EndingContexts) {
    let body = context.body
    let (next, previous) = (body.pointee.next, body.pointee.previous)
    if let previous { previous.body.pointee.next = next } else { body.pointee.parent?.body.pointee.firstChild = next }
    next?.body.pointee.previous = previous
    var current: BootstrapContext? = context
    ending.append(context)
    while let ended = current {
      var child = ended.body.pointee.firstChild
      while let inner = child {
        child = inner.body.pointee.next
        ending.append(inner)
      }
      ended.body.pointee.firstChild = nil
      disable(ended)
      current = ended.body.pointee.next
    }
  }

  private static func disable(_ context: BootstrapContext) {
    var service = context.body.pointee.firstService
    while let current = service {
      table.remove(current)
      service = current.body.pointee.next
    }
    context.body.pointee.hasEnded = true
    if let server = context.server, let namespace = context.body.pointee.parent, !namespace.body.pointee.hasEnded {
      // Its services vanish with it: no one else may serve them.
      var service = namespace.body.pointee.firstService
      while let current = service {
        service = current.body.pointee.next
        guard current.body.pointee.server == server else { continue }
        remove(current)
        current.body.pointee.next = context.body.pointee.firstService
        context.body.pointee.firstService = current
      }
    }
    let locked = context.body.pointee.port.locked()
    context.body.pointee.destroysPort = !context.body.pointee.isServer || locked.body.sendRightCount > 0
    // What comes until the port dies finds no context; and no one needs to hear of senders any more.
    if context.body.pointee.destroysPort { locked.body.kernelObjectType = KernelObjectType.bootstrap }
    locked.body.kernelObject = nil
  }

  /// Ends what `end` has taken out. No lock is held. A port that dies here may end further contexts; these wait on the
  /// thread's list, so that no chain of them recurses.
  private static func reap(_ ending: consuming EndingContexts) {
    guard let first = ending.first else { return }
    guard let thread = Thread.current else { return reap(first) }
    if thread.state.pointee.endingContexts.isBusy {
      thread.state.pointee.endingContexts.append(contentsOf: ending)
      return
    }
    thread.state.pointee.endingContexts.isBusy = true
    thread.state.pointee.endingContexts.append(contentsOf: ending)
    while let context = thread.state.pointee.endingContexts.popFirst() { free(context) }
    thread.state.pointee.endingContexts.isBusy = false
  }

  private static func reap(_ first: BootstrapContext) {
    var context: BootstrapContext? = first
    while let current = context {
      context = current.body.pointee.next
      free(current)
    }
  }

  private static func free(_ context: BootstrapContext) {
    var service = context.body.pointee.firstService
    while let current = service {
      service = current.body.pointee.next
      current.end()
    }
    let port = context.body.pointee.port
    let destroysPort = context.body.pointee.destroysPort
    KernelMemory.free(context.body)
    if destroysPort { port.locked().destroyKernelPort() }
  }

  // MARK: Records

  /// A record of a right that the caller gives; it goes over on success. There is room for it. Throws
  /// BOOTSTRAP_NO_MEMORY, also when the port has died. The lock is held.
  private static func add(
    _ name: ServiceName, _ port: Port, _ state: ServiceState, in context: BootstrapContext, of server: BootstrapContext?
  ) throws(KernelReturn) -> Service {
    guard let body = KernelMemory.allocate(ServiceBody.self) else { throw .noBootstrapMemory }
    let locked = port.locked()
    guard locked.body.isActive else {
      locked.unlock()
      KernelMemory.free(body)
      throw .noBootstrapMemory
    }
    if state == .declared { locked.body.returnsToBootstrap = true } else { locked.body.isKnownToBootstrap = true }
    locked.unlock()
    body.initialize(to: ServiceBody(name: name, port: port, state: state, context: context, server: server))
    let service = Service(body: body)
    body.pointee.next = context.body.pointee.firstService
    context.body.pointee.firstService?.body.pointee.previous = service
    context.body.pointee.firstService = service
    table.add(service)
    return service
  }

  /// Takes a record out of everything; its rights are still its own. The lock is held.
  private static func remove(_ service: Service) {
    table.remove(service)
    let (next, previous) = (service.body.pointee.next, service.body.pointee.previous)
    if let previous {
      previous.body.pointee.next = next
    } else {
      service.body.pointee.context.body.pointee.firstService = next
    }
    next?.body.pointee.previous = previous
    service.body.pointee.next = nil
    service.body.pointee.previous = nil
  }

  /// A new port with a send right besides its receive right; nil when memory is out.
  private static func makePort() -> Port? {
    guard let port = Port.make() else { return nil }
    let locked = port.locked()
    _ = SendRight(making: locked).leak()
    // As one that has come in a message: nothing was made since (facts: T19).
    locked.body.makeSendCount = 0
    return port
  }

  /// Makes a port and a record of it, which keeps the send right, and while it is `declared` the receive right.
  private static func makeService(
    _ name: ServiceName, _ state: ServiceState, through context: BootstrapContext
  ) throws(KernelReturn) -> Service {
    try table.reserve()
    guard let port = makePort() else { throw .noBootstrapMemory }
    do throws(KernelReturn) {
      return try add(name, port, state, in: context.namespace, of: context.server)
    } catch {
      // No one else knows the port, so nothing comes of its end.
      SendRight(adopting: port).drop()
      port.locked().destroy()
      throw error
    }
  }

  /// Whether a service may be served through a port.
  private static func checkServer(_ service: Service, _ context: BootstrapContext) throws(KernelReturn) {
    if let server = service.body.pointee.server, server != context { throw .notPrivileged }
  }
}

// MARK: Requests

extension Bootstrap {
  /// bootstrap_look_up (B4): a send right to the service of a name, here or in the contexts above. Throws
  /// BOOTSTRAP_UNKNOWN_SERVICE.
  package static func lookUp(_ name: ServiceName, via port: borrowing BootstrapPort) throws(KernelReturn) -> KeptRight {
    lock.acquire()
    defer { lock.release() }
    let service = try find(name, try context(of: port.port))
    let right = StoredRight.copy(UInt(bitPattern: service.body.pointee.port.object))
    guard right.hasPort else { throw .unknownService }
    return KeptRight(stored: right.leak())
  }

  /// bootstrap_status (B5). Throws BOOTSTRAP_UNKNOWN_SERVICE.
  package static func status(
    of name: ServiceName, via port: borrowing BootstrapPort
  ) throws(KernelReturn) -> bootstrap_status_t {
    lock.acquire()
    defer { lock.release() }
    let service = try find(name, try context(of: port.port))
    if service.body.pointee.state != .declared { return BOOTSTRAP_STATUS_ACTIVE }
    let isOnDemand = service.body.pointee.server?.body.pointee.isOnDemand ?? false
    return isOnDemand ? BOOTSTRAP_STATUS_ON_DEMAND : BOOTSTRAP_STATUS_INACTIVE
  }

  private static func find(_ name: ServiceName, _ context: BootstrapContext) throws(KernelReturn) -> Service {
    var scope: BootstrapContext? = context.namespace
    while let current = scope {
      if let service = table.service(name, in: current) { return service }
      scope = current.body.pointee.parent
    }
    throw .unknownService
  }

  /// bootstrap_create_service (B6): a send right to the new service. Throws BOOTSTRAP_NAME_IN_USE, BOOTSTRAP_NO_MEMORY.
  package static func create(_ name: ServiceName, via port: borrowing BootstrapPort) throws(KernelReturn) -> KeptRight {
    lock.acquire()
    defer { lock.release() }
    let context = try context(of: port.port)
    if table.service(name, in: context.namespace) != nil { throw .nameInUse }
    let service = try makeService(name, .declared, through: context)
    return KeptRight(stored: SendRight(copying: service.body.pointee.port.locked()).leakStored())
  }

  /// A name for the right to a new service. Throws NO_SPACE, RESOURCE_SHORTAGE; then the service was never there, unless
  /// another has checked it in. One that has the same name by now is not touched.
  package static func name(ofNew right: KeptRight, in space: Space) throws(KernelReturn) -> mach_port_name_t {
    guard let memory = UnsafeMutableRawPointer(bitPattern: right.stored) else { return Name.null }
    let port = Port(memory)
    port.retain()
    defer { port.release() }
    do throws(KernelReturn) {
      return try right.name(in: space)
    } catch {
      takeAway(port)
      throw error
    }
  }

  private static func takeAway(_ port: Port) {
    lock.acquire()
    let service = table.record(of: port, which: { $0.state == .declared })
    if let service { remove(service) }
    lock.release()
    service?.end()
  }

  /// bootstrap_check_in (B7): the receive right of a service that waits for it, or of a new one. Throws
  /// BOOTSTRAP_NOT_PRIVILEGED, BOOTSTRAP_SERVICE_ACTIVE, BOOTSTRAP_NO_MEMORY.
  static func checkIn(_ name: ServiceName, via port: borrowing BootstrapPort) throws(KernelReturn) -> ReceiveRight {
    lock.acquire()
    defer { lock.release() }
    let context = try context(of: port.port)
    if let service = table.service(name, in: context.namespace) {
      try checkServer(service, context)
      guard service.body.pointee.state == .declared else { throw .serviceActive }
      service.body.pointee.state = .checkedIn
      return ReceiveRight(adopting: service.body.pointee.port)
    }
    return ReceiveRight(adopting: try makeService(name, .registered, through: context).body.pointee.port)
  }

  /// The same, with a name for the right. Throws NO_SPACE and RESOURCE_SHORTAGE besides; then the service is as before.
  package static func checkIn(
    _ name: ServiceName, via port: borrowing BootstrapPort, to space: Space
  ) throws(KernelReturn) -> mach_port_name_t {
    let right = try checkIn(name, via: port)
    return try space.locked().copyout(.receive(right))
  }

  /// bootstrap_register (B8): takes over a send right on success; NULL takes back what was created. Throws
  /// BOOTSTRAP_NOT_PRIVILEGED, BOOTSTRAP_SERVICE_ACTIVE, BOOTSTRAP_NO_MEMORY.
  package static func register(
    _ name: ServiceName, _ right: KeptRight, via port: borrowing BootstrapPort
  ) throws(KernelReturn) {
    try replace(name, right, via: port)?.end()
  }

  /// Returns what was there before.
  private static func replace(
    _ name: ServiceName, _ right: KeptRight, via port: borrowing BootstrapPort
  ) throws(KernelReturn) -> Service? {
    lock.acquire()
    defer { lock.release() }
    let context = try context(of: port.port)
    let old = table.service(name, in: context.namespace)
    if let old {
      try checkServer(old, context)
      if old.body.pointee.state != .declared { throw .serviceActive }
    }
    if right.stored != 0 {
      guard right.isPort, let memory = UnsafeMutableRawPointer(bitPattern: right.stored) else {
        throw .noBootstrapMemory
      }
      try table.reserve()
      _ = try add(name, Port(memory), .registered, in: context.namespace, of: context.server)
    }
    if let old { remove(old) }
    return old
  }

  /// bootstrap_subset (B9): takes over the requestor's send right on success, and gives one to the subset's port. Throws
  /// BOOTSTRAP_NOT_PRIVILEGED, BOOTSTRAP_NO_MEMORY.
  package static func makeSubset(
    _ requestor: KeptRight, via port: borrowing BootstrapPort
  ) throws(KernelReturn) -> KeptRight {
    var ending = EndingContexts()
    do throws(KernelReturn) {
      return try makeSubset(requestor, via: port, &ending)
    } catch {
      reap(ending)
      throw error
    }
  }

  /// A name for the right to a new subset. Throws NO_SPACE, RESOURCE_SHORTAGE; then the subset has ended.
  package static func name(ofSubset right: KeptRight, in space: Space) throws(KernelReturn) -> mach_port_name_t {
    guard let memory = UnsafeMutableRawPointer(bitPattern: right.stored) else { return Name.null }
    let port = BootstrapPort(retaining: Port(memory))
    do throws(KernelReturn) {
      return try right.name(in: space)
    } catch {
      noteNoSenders(of: port.port)
      throw error
    }
  }

  private static func makeSubset(
    _ requestor: KeptRight, via port: borrowing BootstrapPort, _ ending: inout EndingContexts
  ) throws(KernelReturn) -> KeptRight {
    lock.acquire()
    defer { lock.release() }
    let parent = try context(of: port.port).namespace
    if requestor.stored == 0 { throw .notPrivileged }
    guard requestor.isPort, let memory = UnsafeMutableRawPointer(bitPattern: requestor.stored),
      parent.body.pointee.depth < maximumDepth
    else { throw .noBootstrapMemory }
    try table.reserve()
    guard let subset = makeContext(parent: parent) else { throw .noBootstrapMemory }
    do throws(KernelReturn) {
      _ = try add(ServiceName(), Port(memory), .requestor, in: subset, of: nil)
    } catch {
      end(subset, &ending)
      throw error
    }
    return sendRight(to: subset)
  }

  /// bootstrap_create_server (B10): a send right to the port of a server without a program. Throws
  /// BOOTSTRAP_NOT_PRIVILEGED for another user, KERN_NOT_SUPPORTED for a program, BOOTSTRAP_NO_MEMORY.
  package static func makeServer(
    hasProgram: Bool, user: uid_t, isOnDemand: Bool, via port: borrowing BootstrapPort
  ) throws(KernelReturn) -> KeptRight {
    let caller = clinux_effective_user()
    if caller != 0, caller != user { throw .notPrivileged }
    if hasProgram { throw .notSupported }
    lock.acquire()
    defer { lock.release() }
    let namespace = try context(of: port.port).namespace
    guard let server = makeContext(parent: namespace, isServer: true, isOnDemand: isOnDemand) else {
      throw .noBootstrapMemory
    }
    return sendRight(to: server)
  }

  /// bootstrap_unprivileged (B11): the port whose names a server's port shares; any other gives itself.
  package static func unprivileged(via port: borrowing BootstrapPort) throws(KernelReturn) -> KeptRight {
    lock.acquire()
    defer { lock.release() }
    return sendRight(to: try context(of: port.port).namespace)
  }

  /// bootstrap_parent (B12): the context above; the process's own has itself above. Throws BOOTSTRAP_NOT_PRIVILEGED
  /// unless the process is root's.
  package static func parent(via port: borrowing BootstrapPort) throws(KernelReturn) -> KeptRight {
    if clinux_effective_user() != 0 { throw .notPrivileged }
    lock.acquire()
    defer { lock.release() }
    let namespace = try context(of: port.port).namespace
    return sendRight(to: namespace.body.pointee.parent ?? namespace)
  }
}

// MARK: Ends

extension Bootstrap {
  /// A receive right that would end belongs to a service that was created: the service waits for another to check it in,
  /// and has the right that `port` stands for. Returns false when the service has gone: the right is to end. No lock but a
  /// space's is held.
  static func takeBack(_ port: Port) -> Bool {
    lock.acquire()
    defer { lock.release() }
    if let service = table.record(of: port, which: { $0.state == .checkedIn }) {
      service.body.pointee.state = .declared
      return true
    }
    let locked = port.locked()
    locked.body.returnsToBootstrap = false
    return false
  }

  /// A port has died that was registered, or that subsets were made for. No lock but a space's is held.
  static func noteDeath(of port: Port) {
    var ending = EndingContexts()
    var dead: Service?
    lock.acquire()
    while let service = table.record(of: port, which: { _ in true }) {
      if service.body.pointee.state == .requestor {
        end(service.body.pointee.context, &ending)
      } else {
        remove(service)
        service.body.pointee.next = dead
        dead = service
      }
    }
    lock.release()
    while let service = dead {
      dead = service.body.pointee.next
      service.end()
    }
    reap(ending)
  }

  /// No one has a send right to a server's port any more, which is left to the caller; or will have one to a subset's.
  static func noteNoSenders(of port: Port) {
    var ending = EndingContexts()
    lock.acquire()
    if let context = try? context(of: port) { end(context, &ending) }
    lock.release()
    reap(ending)
  }
}

#if CHECKED
  extension Bootstrap {
    /// Every right that is kept, and every port that the kernel receives from; whether all records are where they should
    /// be found.
    static func audit(
      keptSend: (Port) -> Void, keptReceive: (Port) -> Void, kernelPort: (Port) -> Void,
      _ expect: (Bool, StaticString) -> Void
    ) {
      lock.acquire()
      defer { lock.release() }
      var records = 0
      func audit(_ context: BootstrapContext) {
        kernelPort(context.body.pointee.port)
        expect(!context.body.pointee.hasEnded, "a bootstrap context that has ended is still known")
        expect(
          context.body.pointee.port.locked().body.kernelObject == UnsafeMutableRawPointer(context.body),
          "a bootstrap port does not know its context")
        var service = context.body.pointee.firstService
        while let current = service {
          records += 1
          let port = current.body.pointee.port
          keptSend(port)
          if current.body.pointee.state == .declared { keptReceive(port) }
          expect(current.body.pointee.context == context, "a service is in another context's list")
          expect(
            table.record(of: port, which: { $0.name == current.body.pointee.name }) != nil,
            "a service is not found by its port")
          if current.body.pointee.state != .requestor {
            expect(
              table.service(current.body.pointee.name, in: context) == current, "a service is not found by its name")
          }
          let body = port.locked().body
          expect(body.isActive, "a service has a dead port")
          expect(body.returnsToBootstrap || body.isKnownToBootstrap, "a port does not know that it is a service's")
          service = current.body.pointee.next
        }
        var child = context.body.pointee.firstChild
        while let current = child {
          expect(current.body.pointee.parent == context, "a subset has another parent")
          audit(current)
          child = current.body.pointee.next
        }
      }
      if let root { audit(root) }
      expect(records == table.count, "the services are miscounted")
    }
  }
#endif

/// Contexts that no one finds any more, to be ended when no lock is held; linked by `next`.
struct EndingContexts {
  private(set) var first: BootstrapContext?
  private var last: BootstrapContext?
  /// The thread is at work on the list.
  var isBusy = false

  mutating func append(_ context: BootstrapContext) {
    context.body.pointee.next = nil
    if let last { last.body.pointee.next = context } else { first = context }
    last = context
  }

  mutating func append(contentsOf others: consuming EndingContexts) {
    if let last { last.body.pointee.next = others.first } else { first = others.first }
    last = others.last ?? last
  }

  mutating func popFirst() -> BootstrapContext? {
    guard let context = first else { return nil }
    first = context.body.pointee.next
    if first == nil { last = nil }
    return context
  }
}

/// A bootstrap port that a call works on, which cannot go meanwhile.
public struct BootstrapPort: ~Copyable {
  let port: Port
  private let isCounted: Bool

  /// The port is held by something else.
  init(uncounted port: Port) {
    self.port = port
    isCounted = false
  }

  init(retained port: Port) {
    self.port = port
    isCounted = true
  }

  init(retaining port: Port) {
    port.retain()
    self.init(retained: port)
  }

  deinit {
    if isCounted { port.release() }
  }
}

extension Space {
  /// The bootstrap port of this library that a name is a send right to; nil for any other name.
  package func bootstrapPort(named name: mach_port_name_t) -> BootstrapPort? {
    let locked = locked()
    guard let entry = locked.body.table.entry(named: name), entry.pointee.has(Entry.send),
      let memory = entry.pointee.object
    else { return nil }
    let port = Port(memory).locked()
    guard KernelObjectType.isBootstrap(port.body.kernelObjectType) else { return nil }
    port.port.retain()
    return BootstrapPort(retained: port.port)
  }
}

extension KernelReturn {
  static var notPrivileged: KernelReturn { .init(rawValue: BOOTSTRAP_NOT_PRIVILEGED) }
  static var nameInUse: KernelReturn { .init(rawValue: BOOTSTRAP_NAME_IN_USE) }
  static var unknownService: KernelReturn { .init(rawValue: BOOTSTRAP_UNKNOWN_SERVICE) }
  static var serviceActive: KernelReturn { .init(rawValue: BOOTSTRAP_SERVICE_ACTIVE) }
  static var noBootstrapMemory: KernelReturn { .init(rawValue: BOOTSTRAP_NO_MEMORY) }
}

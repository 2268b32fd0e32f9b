// The records that the bootstrap keeps, found by name and by port.

import CMach

/// What a record is about.
enum ServiceState {
  /// A service that was created and that no one serves: the bootstrap holds its receive right.
  case declared
  /// A service that was created and checked in: when its receive right ends, it comes back.
  case checkedIn
  /// A service that was registered, or checked in without having been created: it vanishes with its port.
  case registered
  /// No service: the port of the requestor with which a subset ends.
  case requestor
}

/// One record; the bootstrap's lock guards it. It holds a send right to the port, and while the service is `declared` the
/// receive right too.
struct ServiceBody {
  let name: ServiceName
  let port: Port
  var state: ServiceState
  /// Where the name means something; of a requestor, the subset that ends with it.
  let context: BootstrapContext
  /// The server through whose port the service was made; nil for none.
  let server: BootstrapContext?
  /// In the list of its context.
  var next: Service?
  var previous: Service?
  /// In the chains of the table.
  var nextByName: Service?
  var nextByPort: Service?
}

/// Names a record; owns nothing.
struct Service: Equatable {
  let body: UnsafeMutablePointer<ServiceBody>

  /// Gives back the rights of a record that no one finds any more, and its memory. No lock is held.
  func end() {
    let port = body.pointee.port
    let isHeld = body.pointee.state == .declared
    KernelMemory.free(body)
    SendRight(adopting: port).drop()
    if isHeld { port.locked().destroy() }
  }
}

/// All records; the bootstrap's lock guards them.
struct ServiceTable {
  private static let firstSize = 64

  private var byName: UnsafeMutablePointer<Service?>?
  private var byPort: UnsafeMutablePointer<Service?>?
  /// Chains of each kind: a power of two, or 0.
  private var size = 0
  private(set) var count = 0

  private func chain(_ name: ServiceName, _ context: BootstrapContext) -> Int {
    Int(truncatingIfNeeded: (name.hash ^ UInt64(UInt(bitPattern: context.body)) &>> 4) & UInt64(size - 1))
  }

  private func chain(_ port: Port) -> Int {
    let hash = UInt64(UInt(bitPattern: port.object)) &* 0x9e37_79b9_7f4a_7c15
    return Int(truncatingIfNeeded: hash &>> 32 & UInt64(size - 1))
  }

  /// The service of a name in a context; nil when there is none, or when its port has died.
  func service(_ name: ServiceName, in context: BootstrapContext) -> Service? {
    guard let byName else { return nil }
    var service = byName[chain(name, context)]
    while let current = service {
      if current.body.pointee.context == context, current.body.pointee.state != .requestor,
        current.body.pointee.name == name, !current.body.pointee.port.shared.pointee.isDead
      {
        return current
      }
      service = current.body.pointee.nextByName
    }
    return nil
  }

  /// Some record of a port for which `matches` holds.
  func record(of port: Port, which matches: (ServiceBody) -> Bool) -> Service? {
    guard let byPort else { return nil }
    var service = byPort[chain(port)]
    while let current = service {
      if current.body.pointee.port == port, matches(current.body.pointee) { return current }
      service = current.body.pointee.nextByPort
    }
    return nil
  }

  /// Throws BOOTSTRAP_NO_MEMORY when there is no room for one more record, and none to be had.
  mutating func reserve() throws(KernelReturn) {
    if count < size { return }
    let wanted = max(size * 2, ServiceTable.firstSize)
    guard let names = KernelMemory.allocateZeroed(Service?.self, count: wanted) else {
      if size == 0 { throw .noBootstrapMemory }
      return
    }
    guard let ports = KernelMemory.allocateZeroed(Service?.self, count: wanted) else {
      KernelMemory.free(names)
      if size == 0 { throw .noBootstrapMemory }
      return
    }
    names.initialize(repeating: nil, count: wanted)
    ports.initialize(repeating: nil, count: wanted)
    let (oldNames, oldPorts, oldSize) = (byName, byPort, size)
    (byName, byPort, size) = (names, ports, wanted)
    guard let oldNames, let oldPorts else { return }
    for index in 0..<oldSize {
      var service = oldNames[index]
      while let current = service {
        service = current.body.pointee.nextByName
        link(current)
      }
    }
    KernelMemory.free(oldNames)
    KernelMemory.free(oldPorts)
  }

  private func link(_ service: Service) {
    guard let byName, let byPort else { return }
    let nameChain = chain(service.body.pointee.name, service.body.pointee.context)
    let portChain = chain(service.body.pointee.port)
    service.body.pointee.nextByName = byName[nameChain]
    byName[nameChain] = service
    service.body.pointee.nextByPort = byPort[portChain]
    byPort[portChain] = service
  }

  /// There is room since `reserve`.
  mutating func add(_ service: Service) {
    link(service)
    count += 1
  }

  /// Looks no further than the record: a port's death removes all of one chain, each from its front.
  mutating func remove(_ service: Service) {
    guard let byName, let byPort else { return }
    let nameChain = chain(service.body.pointee.name, service.body.pointee.context)
    let portChain = chain(service.body.pointee.port)
    var link = byName[nameChain]
    if link == service { byName[nameChain] = service.body.pointee.nextByName }
    while let current = link, current != service {
      link = current.body.pointee.nextByName
      if link == service { current.body.pointee.nextByName = service.body.pointee.nextByName }
    }
    link = byPort[portChain]
    if link == service { byPort[portChain] = service.body.pointee.nextByPort }
    while let current = link, current != service {
      link = current.body.pointee.nextByPort
      if link == service { current.body.pointee.nextByPort = service.body.pointee.nextByPort }
    }
    count -= 1
  }
}

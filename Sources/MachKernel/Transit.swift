// Receive rights on their way: where they travel, and what keeps them from travelling in circles.

import CMach

/// Receive rights may be carried by messages to ports whose receive rights are carried by messages ... One that would
/// reach itself could never be received again (facts: C1; historic: `ipc_port_check_circularity`).
enum Transit {
  /// Serialises whoever locks more than one port at a time without trying.
  private static let chainLock = Lock()

  /// Records that the receive right of `port`, just taken out of its space, travels to `destination`. Returns false,
  /// and records nothing, when that would close a circle.
  static func begin(_ port: Port, to destination: Port) -> Bool {
    if port == destination { return false }
    let moving = port.locked()
    // The usual case: the destination is at rest, so nothing can lead back. Out of order, hence only tried.
    if let target = LockedPort(trying: destination) {
      let isAtRest = !target.body.isInTransit || target.body.destination == nil
      target.unlock()
      if isAtRest {
        destination.retain()
        moving.body.destination = destination
        return true
      }
    }
    moving.unlock()
    return beginInChain(port, to: destination)
  }

  /// Walks from the destination to the port at rest in which the chain ends, with every port on the way locked.
  private static func beginInChain(_ port: Port, to destination: Port) -> Bool {
    chainLock.acquire()
    var base = destination
    while true {
      base.shared.pointee.lock.acquire()
      let body = LockedPort.assuming(base)
      guard body.isInTransit, let next = body.destination else { break }
      base = next
    }
    let isCircular = base == port
    if !isCircular {
      let moving = port.locked()
      destination.retain()
      moving.body.destination = destination
    }
    chainLock.release()
    var current = destination
    while current != base {
      guard let next = LockedPort.assuming(current).destination else { break }
      current.shared.pointee.lock.release()
      current = next
    }
    base.shared.pointee.lock.release()
    return !isCircular
  }
}

extension LockedPort {
  /// The body of a port whose lock the caller holds as one of many.
  fileprivate static func assuming(_ port: Port) -> PortBody { port.unguardedBody.pointee }
}

// Receive rights on their way: where they travel, and what keeps them from travelling in circles.

import CMach

/// Receive rights may be carried by messages to ports whose receive rights are carried by messages ... One that would
/// reach itself could never be received again (facts: C1; historic: `ipc_port_check_circularity`).
enum Transit {
  /// Serialises whoever locks more than one port at a time without trying.
  private static let chainLock = Lock()

  /// In a forked child nobody holds it.
  static func restartAfterFork() { chainLock.reset() }

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

  /// Walks from the destination to the port at rest in which the chain ends, with every port on the way locked. Each is
  /// held by a reference from before the one that leads to it is unlocked: it may be dying.
  private static func beginInChain(_ port: Port, to destination: Port) -> Bool {
    chainLock.acquire()
    var base = destination
    base.shared.pointee.lock()
    while base.unguardedBody.pointee.isInTransit, let next = base.unguardedBody.pointee.destination {
      next.shared.pointee.lock()
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
    current.retain()
    while current != base, let next = current.unguardedBody.pointee.destination {
      next.retain()
      current.shared.pointee.unlockLasting()
      current.release()
      current = next
    }
    current.shared.pointee.unlockLasting()
    current.release()
    return !isCircular
  }
}

// Send rights that a task, thread or host keeps: special, registered and exception ports.

import CMach

/// A kept send right is stored as `TransferredRight.leak` gives it: 0 for NULL, all ones for DEAD, else the port.
enum StoredRight {
  /// A further right to a kept port (historic: `ipc_port_copy_send`): DEAD when the port has died.
  static func copy(_ stored: UInt) -> TransferredRight {
    guard stored != 0 else { return .null }
    guard stored != .max, let memory = UnsafeMutableRawPointer(bitPattern: stored) else { return .dead }
    let port = Port(memory).locked()
    if !port.body.isActive { return .dead }
    return .send(SendRight(copying: port))
  }

  /// Ends a kept right.
  static func drop(_ stored: UInt) {
    TransferredRight(adopting: stored, disposition: MACH_MSG_TYPE_PORT_SEND).drop()
  }
}

/// Kept rights that have been replaced, to be ended once no lock is held. At most 32.
struct StoredRights {
  private var rights = InlineArray<32, UInt>(repeating: 0)
  private var count = 0

  mutating func append(_ stored: UInt) {
    if stored == 0 || stored == .max { return }
    rights[count] = stored
    count += 1
  }

  consuming func dropAll() {
    for index in 0..<count { StoredRight.drop(rights[index]) }
  }
}

extension Space {
  /// Takes a copy of a send right of `name`, to be kept: NULL and DEAD stay what they are (facts: X9, X10).
  /// Throws MACH_SEND_INVALID_RIGHT for a name without a send right, INVALID_ARGUMENT when the space has ended.
  package func copySend(of name: mach_port_name_t) throws(KernelReturn) -> KeptRight {
    do throws(KernelReturn) {
      return KeptRight(stored: try takeForMessage(name, MACH_MSG_TYPE_COPY_SEND).leak())
    } catch {
      throw error == .invalidTask ? .invalidArgument : error
    }
  }

  /// A name for a right; NULL, and the right ends, when there is no room.
  func nameOrNull(for right: consuming TransferredRight) -> mach_port_name_t {
    do throws(KernelReturn) {
      return try locked().copyout(right)
    } catch {
      return Name.null
    }
  }
}

/// A right on its way from a caller to where it is kept, or back.
package struct KeptRight {
  let stored: UInt

  package static var null: KeptRight { KeptRight(stored: 0) }

  /// A port that may be alive: neither NULL nor DEAD.
  package var isPort: Bool { stored != 0 && stored != .max }

  /// Ends it: the call has failed.
  package func drop() { StoredRight.drop(stored) }

  /// Gives it a name; NULL, and it ends, when there is no room.
  package func nameOrNull(in space: Space) -> mach_port_name_t {
    space.nameOrNull(for: TransferredRight(adopting: stored, disposition: MACH_MSG_TYPE_PORT_SEND))
  }

  /// Gives it a name. Throws NO_SPACE, RESOURCE_SHORTAGE; then it ends.
  package func name(in space: Space) throws(KernelReturn) -> mach_port_name_t {
    try space.locked().copyout(TransferredRight(adopting: stored, disposition: MACH_MSG_TYPE_PORT_SEND))
  }
}

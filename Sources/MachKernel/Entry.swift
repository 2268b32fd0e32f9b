// One slot of a space's table: a name and the right behind it.

import CMach
import Synchronization

/// A slot (historic: `ipc_entry`). All bytes 0: never used. The space's lock guards it. A look-up without that lock reads
/// it all the same, and looks again once the port is locked; hence all of it is atomic, and is
/// changed by plain stores: `+=` would be an exclusive access to the slot.
struct Entry: ~Copyable {
  private let currentObject: Atomic<UnsafeMutableRawPointer?>
  private let currentBits: Atomic<UInt32>
  private let primary: Atomic<UInt32>
  private let secondary: Atomic<UInt32>
  private let currentGeneration: Atomic<UInt8>

  /// The port or set; nil for dead names and free slots. Owns what `type` says: a reference, and for send and send-once
  /// rights their count in the port.
  @inline(__always)
  var object: UnsafeMutableRawPointer? {
    get { currentObject.load(ordering: .acquiring) }
    nonmutating set { currentObject.store(newValue, ordering: .releasing) }
  }

  /// MACH_PORT_TYPE_* bits of the rights, user references in the low 16.
  @inline(__always)
  var bits: UInt32 {
    get { currentBits.load(ordering: .acquiring) }
    nonmutating set { currentBits.store(newValue, ordering: .releasing) }
  }

  /// The low byte of the name: steps by 4, the low two bits are set; 0 in a slot that was never used (facts: N2).
  @inline(__always)
  var generation: UInt8 {
    get { currentGeneration.load(ordering: .acquiring) }
    nonmutating set { currentGeneration.store(newValue, ordering: .relaxed) }
  }

  static let referencesMask: UInt32 = 0xffff
  /// The most user references of a send right; one more is kept back for its dead name (facts: R5).
  static let maximumSendReferences: UInt32 = 65534
  static let maximumReferences: UInt32 = 65535

  static let send: UInt32 = 1 << 16
  static let receive: UInt32 = 1 << 17
  static let sendOnce: UInt32 = 1 << 18
  static let portSet: UInt32 = 1 << 19
  static let deadName: UInt32 = 1 << 20

  /// In use as a pure send right: the next slot of its hash chain. Free: the next free slot.
  @inline(__always)
  var next: UInt32 {
    get { primary.load(ordering: .relaxed) }
    nonmutating set { primary.store(newValue, ordering: .relaxed) }
  }

  /// Free: the previous free slot.
  @inline(__always)
  var previous: UInt32 {
    get { secondary.load(ordering: .relaxed) }
    nonmutating set { secondary.store(newValue, ordering: .relaxed) }
  }

  /// In use: the slot of the port's request table that this name's request is in, 0 for none.
  @inline(__always)
  var request: UInt32 {
    get { secondary.load(ordering: .relaxed) }
    nonmutating set { secondary.store(newValue, ordering: .relaxed) }
  }

  @inline(__always)
  var type: mach_port_type_t { bits & ~Entry.referencesMask }

  @inline(__always)
  var userReferences: UInt32 { bits & Entry.referencesMask }

  @inline(__always)
  func has(_ type: UInt32) -> Bool { bits & type != 0 }
}

/// Names: index << 8 | generation (facts: N1).
enum Name {
  static let null: mach_port_name_t = 0
  static let dead: mach_port_name_t = .max

  @inline(__always)
  static func isValid(_ name: mach_port_name_t) -> Bool { name != null && name != dead }

  @inline(__always)
  static func index(_ name: mach_port_name_t) -> UInt32 { name >> 8 }

  @inline(__always)
  static func generation(_ name: mach_port_name_t) -> UInt8 { UInt8(truncatingIfNeeded: name) }

  @inline(__always)
  static func make(_ index: UInt32, _ generation: UInt8) -> mach_port_name_t { index << 8 | UInt32(generation) }
}

// A port's table of dead-name and send-possible requests.

import CMach

/// The requests on one port (historic: `ipc_port_request`); the port's lock guards them. Slot 0 holds no request but what
/// the table knows of itself. The table's sizes are 0, 2, 4, 8 ... slots (facts: R20).
struct RequestTable {
  /// One registered request.
  struct Request {
    /// The name that the request is on; 0 in a free slot.
    var name: mach_port_name_t = 0
    /// The notification to send; nil once it has been sent.
    var notification: Notification?
    /// Asks for SEND_POSSIBLE too, not only for DEAD_NAME.
    var isSendPossible = false
    /// A full queue has been seen: SEND_POSSIBLE goes out with the next message that is received.
    var isArmed = false
    /// The port has died and DEAD_NAME was sent; the name's look-up owes it a user reference (facts: T13).
    var hasNotifiedDeath = false
    /// In a free slot: the next free one.
    var nextFree: UInt32 = 0
  }

  static let typeDeadName: mach_port_type_t = 0x8000_0000
  static let typeSendPossible: mach_port_type_t = 0x4000_0000
  static let typeSendPossibleDelayed: mach_port_type_t = 0x2000_0000

  private static let maximumSize: UInt32 = 1 << 26

  private var requests: UnsafeMutablePointer<Request>?

  var size: UInt32 { requests?[0].name ?? 0 }

  private var firstFree: UInt32 {
    get { requests?[0].nextFree ?? 0 }
    nonmutating set { requests?[0].nextFree = newValue }
  }

  /// Some request is armed, or has been since the last look.
  @inline(__always)
  private(set) var mayHaveArmed: Bool {
    get { requests.map { $0[0].isArmed } ?? false }
    nonmutating set { requests?[0].isArmed = newValue }
  }

  /// There has never been a request.
  @inline(__always)
  var isUnused: Bool { requests == nil }

  /// Slots in use.
  var used: UInt32 {
    guard let requests else { return 0 }
    var count: UInt32 = 0
    for index in 1..<Int(size) where requests[index].name != 0 { count += 1 }
    return count
  }

  /// Makes the table at least `wanted` slots large. Throws NO_SPACE beyond any size, RESOURCE_SHORTAGE.
  mutating func grow(to wanted: UInt32) throws(KernelReturn) {
    let old = size
    if wanted <= old, old != 0 { return }
    var larger = max(old, 2)
    while larger < wanted {
      if larger >= RequestTable.maximumSize { throw .noSpace }
      larger *= 2
    }
    guard let memory = KernelMemory.allocateZeroed(Request.self, count: Int(larger)) else { throw .resourceShortage }
    memory.initialize(repeating: Request(), count: Int(larger))
    if let requests {
      memory.update(from: requests, count: Int(old))
      KernelMemory.free(requests)
    }
    requests = memory
    memory[0].name = larger
    for index in max(old, 1)..<larger {
      memory[Int(index)].nextFree = firstFree
      firstFree = index
    }
  }

  /// Registers a request and returns its slot. Throws what `grow` does.
  mutating func add(
    _ notification: Notification, on name: mach_port_name_t, sendPossible: Bool, armed: Bool
  ) throws(KernelReturn) -> UInt32 {
    if firstFree == 0 { try grow(to: size + 1) }
    let index = firstFree
    guard let requests, index != 0 else { throw .resourceShortage }
    firstFree = requests[Int(index)].nextFree
    requests[Int(index)] = Request(
      name: name, notification: notification, isSendPossible: sendPossible, isArmed: armed)
    if armed { mayHaveArmed = true }
    return index
  }

  /// Frees a slot; returns its notification if that has not been sent.
  mutating func remove(_ index: UInt32) -> Notification? {
    guard let requests, index != 0 else { return nil }
    let notification = requests[Int(index)].notification
    requests[Int(index)] = Request(nextFree: firstFree)
    firstFree = index
    return notification
  }

  /// Whether the request in a slot is still outstanding, or its death notice went out unseen.
  func isOutstanding(_ index: UInt32) -> Bool {
    guard let requests, index != 0 else { return false }
    return requests[Int(index)].notification != nil || requests[Int(index)].hasNotifiedDeath
  }

  /// The type bits that a request adds to its name.
  func type(_ index: UInt32) -> mach_port_type_t {
    guard let requests, index != 0, requests[Int(index)].notification != nil else { return 0 }
    let request = requests[Int(index)]
    if !request.isSendPossible { return RequestTable.typeDeadName }
    let sendPossible = RequestTable.typeDeadName | RequestTable.typeSendPossible
    return request.isArmed ? sendPossible : sendPossible | RequestTable.typeSendPossibleDelayed
  }

  /// A send with MACH_SEND_NOTIFY has found the queue full (facts: T10).
  mutating func arm(_ index: UInt32) {
    guard let requests, index != 0, requests[Int(index)].isSendPossible else { return }
    requests[Int(index)].isArmed = true
    mayHaveArmed = true
  }

  /// Takes all armed notifications, filled in as SEND_POSSIBLE, in the order of the slots (facts: T11).
  mutating func fireArmed(_ aftermath: inout Aftermath) {
    mayHaveArmed = false
    guard let requests else { return }
    for index in 1..<Int(size) where requests[index].isArmed {
      guard let notification = requests[index].notification else { continue }
      requests[index].notification = nil
      aftermath.post(notification.filled(as: .sendPossible(requests[index].name)))
    }
  }

  /// Takes all notifications, filled in as DEAD_NAME: the port has died (facts: C2).
  mutating func fireDeath(_ aftermath: inout Aftermath) {
    guard let requests else { return }
    for index in 1..<Int(max(size, 1)) {
      guard let notification = requests[index].notification else { continue }
      requests[index].notification = nil
      requests[index].hasNotifiedDeath = true
      aftermath.post(notification.filled(as: .deadName(requests[index].name)))
    }
  }

  func freeMemory() {
    if let requests { KernelMemory.free(requests) }
  }

  #if CHECKED
    func forEachNotification(_ body: (Notification) -> Void) {
      guard let requests else { return }
      for index in 1..<max(Int(size), 1) { if let notification = requests[index].notification { body(notification) } }
    }
  #endif
}

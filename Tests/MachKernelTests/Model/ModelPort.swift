// The nouns of the naive model: ports, sets, rights, messages, and tasks with their names.

import CMach

@testable import MachKernel

/// A port, alive or dead, ordinary or the kernel's.
final class ModelPort {
  /// What moves or ends with the receive right.
  struct State {
    var isAlive = true
    var holder: ModelTask?
    var name = Name.null
    /// In a message: the port that the message was sent to.
    var travelsTo: ModelPort?
    var queue: [ModelMessage] = []
    var limit: mach_port_msgcount_t = 5
    var sequence: mach_port_seqno_t = 0
    var makeSends: mach_port_mscount_t = 0
    var context: mach_port_context_t = 0
    var sets: [ModelSet] = []
  }

  let isKernel: Bool
  let hasReserve: Bool
  var state = State()

  init(isKernel: Bool = false, hasReserve: Bool = false) {
    self.isKernel = isKernel
    self.hasReserve = hasReserve
  }

  func leaveSets() {
    for set in state.sets { set.members.removeAll { $0 === self } }
    state.sets = []
  }

  func hasRoom(for type: mach_msg_type_name_t) -> Bool {
    state.queue.count < Int(state.limit)
      || type == MACH_MSG_TYPE_PORT_SEND_ONCE && state.queue.count < Int(MessageQueue.kernelLimit)
  }
}

/// A port set: its members in the order of joining.
final class ModelSet {
  var members: [ModelPort] = []
}

/// A right that is on its way.
enum ModelRight {
  case null, dead
  case send(ModelPort)
  case sendOnce(ModelPort)
  case receive(ModelPort)

  var port: ModelPort? {
    switch self {
    case .null, .dead: nil
    case .send(let port), .sendOnce(let port), .receive(let port): port
    }
  }
}

/// A message in a queue. The image is what was sent; of the names in it only those without a right count.
final class ModelMessage {
  var image: [UInt32]
  var isFromKernel = false
  var destination = ModelRight.null
  var reply = ModelRight.null
  /// Dispositions in transit.
  var destinationType: mach_msg_type_name_t = 0
  var replyType: mach_msg_type_name_t = 0
  var voucherType: mach_msg_type_name_t = 0
  var isComplex = false
  var rights: [(right: ModelRight, type: mach_msg_type_name_t)] = []
  /// It carries a receive right that would reach itself.
  var isCircular = false

  init(image: [UInt32]) { self.image = image }

  var size: mach_msg_size_t { mach_msg_size_t(image.count * 4) }
  var identifier: mach_msg_id_t { mach_msg_id_t(bitPattern: image[5]) }
}

/// A name in use.
struct ModelName {
  var type: mach_port_type_t
  var references: mach_port_urefs_t = 0
  var port: ModelPort?
  var set: ModelSet?
}

/// A task with its names, and how it finds new ones.
final class ModelTask {
  struct Table {
    var names: [mach_port_name_t: ModelName] = [:]
    /// Freed slots; the last one is taken first (facts: N4).
    var freed: [UInt32] = []
    /// The last generation of each slot that was ever used.
    var generations: [UInt32: UInt32] = [:]
    var fresh: UInt32 = 1
  }

  let port: ModelPort
  var table = Table()

  init() {
    port = ModelPort(isKernel: true)
    put(ModelName(type: Entry.send, references: 1, port: port), under: chooseName())
  }

  subscript(name: mach_port_name_t) -> ModelName? { table.names[name] }

  /// A name for something new (facts: N2, N4).
  func chooseName() -> mach_port_name_t {
    if let index = table.freed.popLast() { return index << 8 | (table.generations[index, default: 0] + 4) & 0xff }
    while table.generations[table.fresh] != nil { table.fresh += 1 }
    return table.fresh << 8 | 3
  }

  /// Whether a wanted name can be had at all. Throws what does not depend on what is in use under just this name
  /// (facts: N5).
  func checkWanted(_ name: mach_port_name_t) throws(KernelReturn) {
    if name & 3 != 3 { throw .invalidValue }
    if name >> 8 == 0 { throw .failure }
    if name >> 8 > EntryTable.maximumIndex { throw .noSpace }
    if table.names[name] == nil, table.names.keys.contains(where: { $0 >> 8 == name >> 8 }) { throw .failure }
  }

  func put(_ what: ModelName, under name: mach_port_name_t) {
    table.names[name] = what
    table.freed.removeAll { $0 == name >> 8 }
    table.generations[name >> 8] = name & 0xff
  }

  func remove(_ name: mach_port_name_t) {
    table.names[name] = nil
    table.freed.append(name >> 8)
  }

  /// Changes a name in use; one without rights is free.
  func update(_ name: mach_port_name_t, _ body: (inout ModelName) -> Void) {
    guard var what = table.names[name] else { return }
    body(&what)
    table.names[name] = what
    if what.type == 0 { remove(name) }
  }

  /// The name under which the task holds a receive or send right of a port.
  func name(of port: ModelPort) -> mach_port_name_t? {
    table.names.first { $0.value.port === port && $0.value.type & (Entry.send | Entry.receive) != 0 }?.key
  }
}

// The naive model itself: what each call on names does, as the facts say it. It calls nothing of the library's.

import CMach

@testable import MachKernel

/// Three tasks, their ports, and what is between them.
final class ModelKernel {
  var tasks = [ModelTask(), ModelTask(), ModelTask()]
  let host = ModelPort(isKernel: true)
  /// All living ports but the kernel's.
  var ports: [ModelPort] = []
  /// Messages whose rights are ending, the first one now (facts: C3).
  private var dying: [ModelMessage] = []

  // MARK: Names

  func allocate(
    _ task: ModelTask, _ right: mach_port_right_t, named wanted: mach_port_name_t?, reserve: UInt32?
  ) throws(KernelReturn) -> mach_port_name_t {
    if let wanted, wanted == Name.null || wanted == Name.dead { throw .invalidValue }  // facts: N10
    if let reserve, reserve > UInt32.max - 68 { throw .resourceShortage }
    if reserve != nil, right != MACH_PORT_RIGHT_RECEIVE { throw .invalidValue }
    if right == MACH_PORT_RIGHT_DEAD_NAME {  // facts: N6, N11
      let name = task.chooseName()
      task.put(ModelName(type: Entry.deadName, references: 1), under: name)
      return name
    }
    if right != MACH_PORT_RIGHT_RECEIVE, right != MACH_PORT_RIGHT_PORT_SET { throw .invalidValue }  // facts: N6
    if let wanted {  // facts: N5
      try task.checkWanted(wanted)
      if task[wanted] != nil { throw .nameExists }
    }
    let name = wanted ?? task.chooseName()
    if right == MACH_PORT_RIGHT_RECEIVE {
      let port = ModelPort(hasReserve: reserve != nil)
      port.state.holder = task
      port.state.name = name
      ports.append(port)
      task.put(ModelName(type: Entry.receive, port: port), under: name)
    } else {
      task.put(ModelName(type: Entry.portSet, set: ModelSet()), under: name)
    }
    return name
  }

  func deallocate(_ task: ModelTask, _ name: mach_port_name_t) throws(KernelReturn) {
    guard let what = task[name] else { throw .invalidName }
    if what.type & (Entry.send | Entry.sendOnce | Entry.deadName) == 0 { throw .invalidRight }  // facts: R9
    release(task, name, 1)
  }

  func modify(
    _ task: ModelTask, _ name: mach_port_name_t, _ right: mach_port_right_t, by delta: mach_port_delta_t
  ) throws(KernelReturn) {
    guard let what = task[name] else { throw .invalidName }
    if right > MACH_PORT_RIGHT_DEAD_NAME || what.type & 1 << (right + 16) == 0 { throw .invalidRight }  // facts: R7, R8
    if right == MACH_PORT_RIGHT_SEND || right == MACH_PORT_RIGHT_DEAD_NAME {
      let result = Int64(what.references) + Int64(delta)
      if result < 0 { throw .invalidValue }  // facts: R5
      if result > (right == MACH_PORT_RIGHT_SEND ? 65534 : 65535) { throw .userReferencesOverflow }
      if delta < 0 {
        release(task, name, UInt32(-Int64(delta)))
      } else {
        task.update(name) { $0.references += UInt32(delta) }
      }
      return
    }
    if delta == 0 { return }
    if delta != -1 { throw .invalidValue }  // facts: R3, R4
    guard right == MACH_PORT_RIGHT_RECEIVE, what.type & Entry.send != 0, let port = what.port else {
      return destroy(task, name, what)
    }
    task.update(name) { $0 = ModelName(type: Entry.deadName, references: what.references) }  // facts: R11
    kill(port)
  }

  func destroy(_ task: ModelTask, _ name: mach_port_name_t) throws(KernelReturn) {
    guard let what = task[name] else { throw .invalidName }
    destroy(task, name, what)
  }

  /// Ends all rights of a name (facts: R10, R17).
  private func destroy(_ task: ModelTask, _ name: mach_port_name_t, _ what: ModelName) {
    task.remove(name)
    for port in what.set?.members ?? [] { port.state.sets.removeAll { $0 === what.set } }
    guard let port = what.port else { return }
    if what.type & Entry.receive != 0 { kill(port) }
    if what.type & Entry.sendOnce != 0 { drop(.sendOnce(port)) }
  }

  /// Takes user references of a send right or dead name, or the send-once right.
  private func release(_ task: ModelTask, _ name: mach_port_name_t, _ count: UInt32) {
    guard let what = task[name] else { return }
    task.update(name) {
      $0.references -= count
      if $0.references == 0 { $0.type &= Entry.receive }
    }
    if what.type == Entry.sendOnce, let port = what.port { drop(.sendOnce(port)) }  // facts: R4
  }

  /// A task ends: its names by ascending index, then its port (facts: C4).
  func end(_ index: Int) {
    let task = tasks[index]
    for name in task.table.names.keys.sorted() {
      guard let what = task[name] else { continue }
      destroy(task, name, what)
    }
    kill(task.port)
    tasks[index] = ModelTask()
  }

  // MARK: Deaths

  /// The port has lost its receive right for good (facts: C2).
  private func kill(_ port: ModelPort) {
    port.leaveSets()
    let messages = port.state.queue
    port.state = ModelPort.State(isAlive: false)
    ports.removeAll { $0 === port }
    for task in tasks {
      for (name, what) in task.table.names where what.port === port {
        task.update(name) { $0 = ModelName(type: Entry.deadName, references: what.references) }  // facts: T13
      }
    }
    destroy(messages)
  }

  /// Ends messages, after those that are ending already (facts: C3).
  func destroy(_ messages: [ModelMessage]) {
    let isOutermost = dying.isEmpty
    dying += messages
    guard isOutermost else { return }
    while let message = dying.first {
      drop(message.destination)
      drop(message.reply)
      for (right, _) in message.rights { drop(right) }
      dying.removeFirst()
    }
  }

  /// A right ends unused.
  func drop(_ right: ModelRight) {
    switch right {
    case .null, .dead, .send: break
    case .receive(let port): kill(port)
    case .sendOnce(let port):
      guard port.state.isAlive, !port.isKernel else { return }
      let notification = ModelMessage(image: [0, 0, 0, 0, 0, UInt32(MACH_NOTIFY_SEND_ONCE)])  // facts: T17, T18
      notification.isFromKernel = true
      notification.destination = right
      notification.destinationType = MACH_MSG_TYPE_PORT_SEND_ONCE
      port.state.queue.append(notification)
    }
  }

  // MARK: Counts

  /// Send and send-once rights of every port, in names and in messages.
  func countRights() -> (sends: [ObjectIdentifier: UInt32], onces: [ObjectIdentifier: UInt32]) {
    var sends: [ObjectIdentifier: UInt32] = [:]
    var onces: [ObjectIdentifier: UInt32] = [:]
    for task in tasks {
      for what in task.table.names.values {
        guard let port = what.port else { continue }
        if what.type & Entry.send != 0 { sends[ObjectIdentifier(port), default: 0] += 1 }
        if what.type & Entry.sendOnce != 0 { onces[ObjectIdentifier(port), default: 0] += 1 }
      }
    }
    for port in ports {
      for message in port.state.queue {
        for right in [message.destination, message.reply] + message.rights.map(\.right) {
          switch right {
          case .send(let port): sends[ObjectIdentifier(port), default: 0] += 1
          case .sendOnce(let port): onces[ObjectIdentifier(port), default: 0] += 1
          default: break
          }
        }
      }
    }
    return (sends, onces)
  }

  var messageCount: Int { ports.reduce(0) { $0 + $1.state.queue.count + ($1.hasReserve ? 1 : 0) } }
}

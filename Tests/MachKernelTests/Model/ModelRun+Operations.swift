// The operations of a run on names, rights and sets.

import CMach
import Testing

@testable import MachKernel

extension ModelRun {
  /// Above this many names, and above this many ports in transit, more is destroyed than made.
  private static let manyNames = 45
  private static let manyPorts = 160

  /// One random operation of a random task.
  func step() throws {
    stepCount += 1
    acting = below(3)
    if modelTask.table.names.count > Self.manyNames || model.ports.count > Self.manyPorts, percent(40) {
      return try destroy()
    }
    switch below(1000) {
    case 0..<110: try allocate()
    case 110..<190: try deallocate()
    case 190..<280: try modify()
    case 280..<310: try destroy()
    case 310..<390: try insert()
    case 390..<450: try extract()
    case 450..<510: try insertMember()
    case 510..<530: try extractMember()
    case 530..<560: try moveMember()
    case 560..<600: try setAttribute()
    case 600..<660: try give()
    case 660..<810: try sendMessage()
    case 810..<940: try receiveMessage()
    case 940..<970: try look()
    case 970..<985: try peek()
    case 985..<997: try nameTheKernels()
    default: try endTask()
    }
  }

  private func allocate() throws {
    let right = percent(4) ? mach_port_right_t(below(8)) : pick([1, 1, 1, 3, 4])
    let name = percent(30) ? wantedName() : nil
    let reserve = percent(5) ? pick([0, 24, 1000, UInt32.max - 68, UInt32.max - 67]) : nil
    // A reserve that can be had, but not in reality.
    if reserve == UInt32.max - 68, right == MACH_PORT_RIGHT_RECEIVE { return }
    note { "allocate \(right), wanted \(String(name ?? 0, radix: 16)), reserve \(reserve ?? 0)" }
    try compare { () throws(KernelReturn) in
      try task.space.allocate(.init(right: right, name: name, reserve: reserve))
    } _: { () throws(KernelReturn) in
      try model.allocate(modelTask, right, named: name, reserve: reserve)
    }
  }

  private func deallocate() throws {
    let name = pickName(Entry.send | Entry.sendOnce | Entry.deadName)
    note { "deallocate 0x\(String(name, radix: 16))" }
    remember(name)
    try compare { () throws(KernelReturn) in
      try task.space.deallocate(name)
      return true
    } _: { () throws(KernelReturn) in
      try model.deallocate(modelTask, name)
      return true
    }
  }

  private func modify() throws {
    let name = pickName(.max)
    let type = modelTask[name]?.type ?? 0
    let held = (0..<6).filter { type & 1 << ($0 + 16) != 0 }.map { mach_port_right_t($0) }
    let right = held.isEmpty || percent(8) ? mach_port_right_t(below(6)) : pick(held)
    let delta = pick([-1, -1, -2, 0, 1, 2, 5, -3, 65530, -65530, 65533, 65535, .max, .min] as [mach_port_delta_t])
    note { "modify 0x\(String(name, radix: 16)), right \(right), by \(delta)" }
    remember(name)
    try compare { () throws(KernelReturn) in
      try task.space.modifyReferences(of: name, right: right, by: delta)
      return true
    } _: { () throws(KernelReturn) in
      try model.modify(modelTask, name, right, by: delta)
      return true
    }
  }

  private func destroy() throws {
    let name = pickName(.max)
    // Without the name of its task a space has little to talk to.
    if name == 0x103, percent(90) { return }
    note { "destroy 0x\(String(name, radix: 16))" }
    remember(name)
    try compare { () throws(KernelReturn) in
      try task.space.destroy(name)
      return true
    } _: { () throws(KernelReturn) in
      try model.destroy(modelTask, name)
      return true
    }
  }

  /// The acting task half of the time, else another one.
  private func pickTarget() -> Int { percent(50) ? acting : (acting + 1 + below(2)) % 3 }

  private func insert() throws {
    let source = pickName(Entry.receive | Entry.send | Entry.sendOnce)
    let name = percent(40) ? source : wantedName()
    let disposition = pickDisposition(for: source)
    let target = pickTarget()
    note {
      "insert into task \(target) as 0x\(String(name, radix: 16)) from 0x\(String(source, radix: 16)) by \(disposition)"
    }
    try compare { () throws(KernelReturn) in
      try tasks[target].space.insertRight(as: name, from: source, disposition, of: task.space)
      return true
    } _: { () throws(KernelReturn) in
      try model.insert(into: model.tasks[target], as: name, from: source, disposition, of: modelTask)
      return true
    }
  }

  private func extract() throws {
    let name = pickName(Entry.receive | Entry.send | Entry.sendOnce)
    let disposition = pickDisposition(for: name)
    let target = pickTarget()
    note { "extract 0x\(String(name, radix: 16)) by \(disposition) to task \(target)" }
    try compare { () throws(KernelReturn) in
      try task.space.extractRight(of: name, disposition, to: tasks[target].space).name
    } _: { () throws(KernelReturn) in
      try model.extract(modelTask, name, disposition, to: model.tasks[target])
    }
  }

  // MARK: Sets

  private func insertMember() throws {
    let (name, set) = (pickName(Entry.receive), pickName(Entry.portSet))
    note { "insert member 0x\(String(name, radix: 16)) into 0x\(String(set, radix: 16))" }
    try compare { () throws(KernelReturn) in
      try task.space.insertMember(name, into: set)
      return true
    } _: { () throws(KernelReturn) in
      try model.insertMember(modelTask, name, into: set)
      return true
    }
  }

  private func extractMember() throws {
    let (name, set) = (pickName(Entry.receive), pickName(Entry.portSet))
    note { "extract member 0x\(String(name, radix: 16)) from 0x\(String(set, radix: 16))" }
    try compare { () throws(KernelReturn) in
      try task.space.extractMember(name, from: set)
      return true
    } _: { () throws(KernelReturn) in
      try model.extractMember(modelTask, name, from: set)
      return true
    }
  }

  private func moveMember() throws {
    let (name, set) = (pickName(Entry.receive), percent(30) ? Name.null : pickName(Entry.portSet))
    note { "move member 0x\(String(name, radix: 16)) to 0x\(String(set, radix: 16))" }
    try compare { () throws(KernelReturn) in
      try task.space.moveMember(name, to: set)
      return true
    } _: { () throws(KernelReturn) in
      try model.moveMember(modelTask, name, to: set)
      return true
    }
  }

  // MARK: Ports

  private func setAttribute() throws {
    let name = pickName(Entry.receive)
    let kind = below(4)
    let value = UInt32(pick([0, 1, 2, 5, 16, 1024, 65534]))
    note { "set attribute \(kind) of 0x\(String(name, radix: 16)) to \(value)" }
    try compare { () throws(KernelReturn) in
      switch kind {
      case 0: try task.space.setQueueLimit(of: name, min(value, 1024))
      case 1: try task.space.setSequenceNumber(of: name, value)
      case 2: try task.space.setMakeSendCount(of: name, value)
      default: try task.space.setContext(of: name, UInt64(value) << 20)
      }
      return true
    } _: { () throws(KernelReturn) in
      if name == Name.null || name == Name.dead { throw .invalidRight }  // facts: R14
      let port = try model.receivePort(modelTask, name)
      switch kind {
      case 0: port.state.limit = min(value, 1024)
      case 1: port.state.sequence = value
      case 2: port.state.makeSends = value
      default: port.state.context = UInt64(value) << 20
      }
      return true
    }
  }

  /// One look-up, which turns a dead port's right into a dead name.
  private func look() throws {
    let name = pickName(.max)
    note { "look at 0x\(String(name, radix: 16))" }
    try compare { () throws(KernelReturn) in
      let information = try task.space.information(about: name)
      return [information.type, information.userReferences]
    } _: { () throws(KernelReturn) in
      guard let what = modelTask[name] else { throw .invalidName }
      return [what.type, what.references]
    }
  }

  private func peek() throws {
    let name = pickName(Entry.receive)
    let number = percent(50) ? 0 : mach_port_seqno_t(below(8))
    note { "peek at 0x\(String(name, radix: 16)), number \(number)" }
    try compare { () throws(KernelReturn) in
      let peek = try task.space.peek(name, number)
      return [peek.sequenceNumber, peek.size, UInt32(bitPattern: peek.identifier), peek.isFromKernel ? 1 : 0]
    } _: { () throws(KernelReturn) in
      if name == Name.null || name == Name.dead { throw .invalidRight }
      let state = try model.receivePort(modelTask, name).state
      let index = number == 0 ? 0 : Int64(number) - Int64(state.sequence)  // facts: X4
      guard state.queue.indices.contains(Int(index)) else { throw .failure }
      let message = state.queue[Int(index)]
      return [
        state.sequence + UInt32(index), message.size + 8 + 4 * UInt32(message.rights.count),
        UInt32(bitPattern: message.identifier), message.isFromKernel ? 1 : 0,
      ]
    }
  }

  // MARK: Tasks

  /// Carries a right to another task without a message, to any name or a wanted one.
  private func give() throws {
    let name = pickName(Entry.receive | Entry.send | Entry.sendOnce)
    let disposition = pickDisposition(for: name)
    let other = (acting + 1 + below(2)) % 3
    let wanted = percent(40) ? wantedName() : nil
    note {
      "give 0x\(String(name, radix: 16)) by \(disposition) to task \(other), wanted 0x\(String(wanted ?? 0, radix: 16))"
    }
    try compare { () throws(KernelReturn) in
      do {
        guard let wanted else { return try task.give(name, disposition, to: tasks[other]) }
        try task.give(name, disposition, to: tasks[other], as: wanted)
        return wanted
      } catch let error as KernelReturn {
        throw error
      } catch {
        throw .failure
      }
    } _: { () throws(KernelReturn) in
      let right = try model.copyin(modelTask, name, disposition)
      guard let wanted else { return model.copyout(right, to: model.tasks[other]) }
      do throws(KernelReturn) {
        try model.copyout(right, to: model.tasks[other], as: wanted)
        return wanted
      } catch {
        model.drop(right)
        throw error
      }
    }
  }

  /// The name of the task's own port or the host's: one reference more (facts: R15).
  private func nameTheKernels() throws {
    let isHost = percent(30)
    note { "name \(isHost ? "the host" : "the task")" }
    try compare { () throws(KernelReturn) in
      isHost ? task.task.hostName() : task.task.selfName()
    } _: { () throws(KernelReturn) in
      model.copyout(.send(isHost ? model.host : modelTask.port), to: modelTask)
    }
  }

  private func endTask() throws {
    note { "end, and begin anew" }
    task.task.end()
    tasks[acting] = try Self.makeTask()
    model.end(acting)
  }
}

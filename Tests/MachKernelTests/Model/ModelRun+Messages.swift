// The operations of a run on messages, and the comparison of all that can be seen.

import CMach
import Testing

@testable import MachKernel

extension ModelRun {
  /// The identifier of a message that is composed at the present step. No routine of the kernel has such a number: what
  /// is sent to a kernel port is a request that the kernel does not know, as the model takes it to be.
  private var identifier: mach_msg_id_t { 1_000_000 + mach_msg_id_t(stepCount) }

  private func compose() -> TestMessage {
    let destination = pickName(Entry.receive | Entry.send | Entry.sendOnce)
    var message = TestMessage(
      to: destination, pickDisposition(for: destination, moveReceive: 1), identifier: identifier,
      words: (0..<below(6)).map { UInt32($0) })
    if percent(50) {
      let name = percent(10) ? destination : pickName(Entry.receive | Entry.send | Entry.sendOnce | Entry.deadName)
      message.reply = NamedRight(name, pickDisposition(for: name, moveReceive: 1))
    } else if percent(3) {
      message.reply = NamedRight(pickName(.max), 0)
    }
    if percent(3) { message.voucher = NamedRight(pick([Name.null, 0x203]), pick([0, 17, 19, 20])) }
    if percent(50) {
      message.rights = (0..<below(5)).map { _ in
        let name = percent(4) ? destination : pickName(.max & ~Entry.portSet)
        return NamedRight(name, pickDisposition(for: name, moveReceive: 40))
      }
    }
    return message
  }

  func sendMessage() throws {
    let message = compose()
    var size = message.size
    if percent(3) { size = mach_msg_size_t(below(Int(message.size) / 4 + 1) * 4) }
    if percent(1) { size += 1 }
    note { "send \(size) of \(message)" }
    let result = task.call(
      message.image + [0], option: MACH_SEND_MSG | MACH_SEND_TIMEOUT, sendSize: size, timeout: 0)
    let expected = model.send(modelTask, message, size: size)
    try agree("the code", result.code, expected.code)
    let left = expected.image.isEmpty ? message.image : expected.image
    try agree("the buffer", Array(result.image.prefix(left.count)), left)
  }

  func receiveMessage() throws {
    let name = pickName(Entry.receive | Entry.portSet)
    let limit = percent(85) ? 512 : mach_msg_size_t(below(30) * 4)
    let elements = pick([0, 0, 0, 1, 2, 3, 4])
    let isLarge = percent(50)
    let hasVoucher = percent(20)
    var option = mach_msg_option_t(elements) << 24 | (hasVoucher ? MACH_RCV_VOUCHER : 0)
    if isLarge { option |= MACH_RCV_LARGE | MACH_RCV_LARGE_IDENTITY }
    note { "receive from 0x\(String(name, radix: 16)), limit \(limit), elements \(elements), large \(isLarge)" }
    let result = task.receive(from: name, limit: limit, option: option)

    guard let what = modelTask[name], what.type & (Entry.receive | Entry.portSet) != 0 else {
      return try agree("the code", result.code, MACH_RCV_INVALID_NAME)  // facts: V1
    }
    let candidates = (what.set?.members ?? [what.port].compactMap { $0 }).filter { !$0.state.queue.isEmpty }
    if candidates.isEmpty { return try agree("the code", result.code, MACH_RCV_TIMED_OUT) }  // facts: V4
    // Which member is served is not for the model to say: the message tells, if there is room to tell it.
    let told = candidates.count == 1 ? candidates[0] : candidates.first { $0.state.name == result.image[3] }
    guard let port = told else {
      if limit < 24 { return try guess(candidates, result, limit: limit, elements: elements) }
      throw disagree("0x\(String(result.image[3], radix: 16)) is no member with a message")
    }
    if isLarge, let first = port.state.queue.first, !model.fits(first, limit: limit, elements: elements) {
      try agree("the code", result.code, MACH_RCV_TOO_LARGE)  // facts: V5
      try agree("the size", result.size, first.size)
      return try agree("the identity", result.image[3], port.state.name)
    }
    let expected = model.receive(port, modelTask, limit: limit, elements: elements, hasVoucher: hasVoucher)
    try agree("the code", result.code, expected.code)
    try agree("the buffer", Array(result.image.prefix(expected.image.count)), expected.image)
    try agree("the word behind", result.image[expected.image.count], MessageResult.untouched)  // facts: V13
  }

  /// A message that has ended unseen: it was the first of the member whose queue has become shorter.
  private func guess(
    _ candidates: [ModelPort], _ result: MessageResult, limit: mach_msg_size_t, elements: Int
  ) throws {
    try agree("the code", result.code, MACH_RCV_TOO_LARGE)
    for port in candidates {
      guard let status = try? task.space.status(of: port.state.name) else { continue }
      guard status.mps_seqno == port.state.sequence &+ 1 else { continue }
      _ = model.receive(port, modelTask, limit: limit, elements: elements, hasVoucher: false)
      return
    }
    throw disagree("no message has gone")
  }

  // MARK: Everything

  /// Compares all that programs can see, and more; converts no name.
  func compareEverything(since before: LiveCounts) throws {
    let (sends, onces) = model.countRights()
    for index in 0..<3 {
      acting = index
      let names = task.names
      try agree("the number of names", names.count, modelTask.table.names.count)
      for (name, what) in modelTask.table.names {
        try agree("the type of 0x\(String(name, radix: 16))", names[name], what.type)  // facts: N8
        let entry = task.space.locked().body.table.entry(named: name)
        try agree("the references of 0x\(String(name, radix: 16))", entry?.pointee.userReferences, what.references)
        if what.type & Entry.receive != 0, let port = what.port {
          let id = ObjectIdentifier(port)
          try comparePort(port, name, sends: sends[id, default: 0], onces: onces[id, default: 0])
        }
        if let set = what.set {
          let members = try task.members(of: name)
          try agree("the members of 0x\(String(name, radix: 16))", members, set.members.map(\.state.name))
        }
      }
    }
    try compareCounts(since: before)
  }

  private func comparePort(_ port: ModelPort, _ name: mach_port_name_t, sends: UInt32, onces: UInt32) throws {
    let state = port.state
    if state.name != name { throw disagree("the model is torn") }
    let status = try task.space.status(of: name)
    let kernel: [UInt64] = [
      UInt64(status.mps_pset), UInt64(status.mps_seqno), UInt64(status.mps_mscount), UInt64(status.mps_qlimit),
      UInt64(status.mps_msgcount), UInt64(status.mps_sorights), UInt64(status.mps_srights),
      UInt64(try task.space.sendRightCount(of: name)), UInt64(try task.space.context(of: name)),
    ]
    try agree(
      "the status of 0x\(String(name, radix: 16))", kernel,
      [
        state.sets.isEmpty ? 0 : 1, UInt64(state.sequence), UInt64(state.makeSends), UInt64(state.limit),
        UInt64(state.queue.count), UInt64(onces), sends > 0 ? 1 : 0, UInt64(sends), UInt64(state.context),
      ])
    let locked = try task.port(name).locked()
    var message = locked.body.queue.messages.first
    for expected in state.queue {
      try agree("a queued message", message?.header.pointee.msgh_id, expected.identifier)
      message = message?.object.pointee.next
    }
  }

  private func compareCounts(since before: LiveCounts) throws {
    let now = LiveCounts()
    let names = model.tasks.reduce(0) { $0 + $1.table.names.count }
    let sets = model.tasks.reduce(0) { $0 + $1.table.names.values.filter { $0.set != nil }.count }
    try agree("the count of rights", now.rights, before.rights + UInt64(names))
    try agree("the count of sets", now.sets, before.sets + UInt64(sets))
    try agree("the count of messages", now.messages, before.messages + UInt64(model.messageCount))
    try agree("the count of tasks", now.tasks, before.tasks + 3)
    // Each task has two ports of its own, and dead ports that something still refers to count, too.
    if now.ports < before.ports + UInt64(model.ports.count + 6) { throw disagree("a port is not counted") }
  }
}

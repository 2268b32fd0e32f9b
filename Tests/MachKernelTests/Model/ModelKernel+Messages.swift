// The model's messages: what a send takes, and what a receiver finds.

import CLinux
import CMach

@testable import MachKernel

/// What a call returns and leaves in its buffer, from the first word on; nothing is said of the words behind.
struct ModelResult {
  var code: mach_msg_return_t
  var image: [UInt32] = []
}

extension ModelKernel {
  /// A send without waiting. The result's image is what is left in the buffer when the message comes back.
  func send(_ task: ModelTask, _ message: TestMessage, size: mach_msg_size_t) -> ModelResult {
    if size < 24 || size & 3 != 0 { return ModelResult(code: MACH_SEND_MSG_TOO_SMALL) }  // facts: S1
    let copy = ModelMessage(image: Array(message.image.prefix(Int(size / 4))))
    copy.isComplex = message.rights != nil
    if let code = copyinHeader(task, message, copy) ?? copyinBody(task, message, copy) {
      return ModelResult(code: code)
    }
    guard let port = copy.destination.port, port.state.isAlive, !copy.isCircular else {
      destroy([copy])  // facts: Q4, C1
      return ModelResult(code: MACH_MSG_SUCCESS)
    }
    if port.isKernel {
      serve(copy)
    } else if port.hasRoom(for: copy.destinationType) {
      port.state.queue.append(copy)
    } else {
      return ModelResult(code: MACH_SEND_TIMED_OUT, image: pseudoReceive(copy, task))  // facts: Q3
    }
    return ModelResult(code: MACH_MSG_SUCCESS)
  }

  /// Facts: S3, S4, S5, S11.
  private func copyinHeader(
    _ task: ModelTask, _ message: TestMessage, _ copy: ModelMessage
  ) -> mach_msg_return_t? {
    let (destination, reply, voucher) = (message.destination, message.reply, message.voucher)
    let sends = 17...21 as ClosedRange<UInt32>
    if !sends.contains(destination.disposition) { return MACH_SEND_INVALID_HEADER }
    if reply.disposition == 0 ? reply.name != Name.null : !sends.contains(reply.disposition) {
      return MACH_SEND_INVALID_HEADER
    }
    if destination.name == Name.null || destination.name == Name.dead { return MACH_SEND_INVALID_DEST }
    if voucher.disposition != 0 {
      let isAllowed = [MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_COPY_SEND].contains(voucher.disposition)
      if !isAllowed || voucher.name != Name.null { return MACH_SEND_INVALID_VOUCHER }
      copy.voucherType = MACH_MSG_TYPE_PORT_SEND
    }
    guard let target = task[destination.name] else { return MACH_SEND_INVALID_DEST }
    copy.destinationType = arrival(destination.disposition)
    copy.replyType = arrival(reply.disposition)
    if reply.name == Name.dead { copy.reply = .dead }
    let hasReply = reply.name != Name.null && reply.name != Name.dead
    if hasReply {
      guard let source = task[reply.name], canCopyin(source, reply.disposition) else { return MACH_SEND_INVALID_REPLY }
    }
    if target.port == nil || !canCopyin(target, destination.disposition) { return MACH_SEND_INVALID_DEST }
    if hasReply, reply.name == destination.name {  // facts: S6
      let both = [destination.disposition, reply.disposition]
      if both.contains(MACH_MSG_TYPE_MOVE_SEND_ONCE) { return MACH_SEND_INVALID_DEST }
      if both == [MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MOVE_SEND], target.references < 2 {
        return MACH_SEND_INVALID_DEST
      }
      // What is moved is taken last.
      let isReplyFirst = destination.disposition == MACH_MSG_TYPE_MOVE_SEND
      if isReplyFirst { copy.reply = take(task, reply) }
      copy.destination = take(task, destination)
      if !isReplyFirst { copy.reply = take(task, reply) }
    } else {
      copy.destination = take(task, destination)
      if hasReply { copy.reply = take(task, reply) }
    }
    return nil
  }

  /// A copyin that has been found possible.
  private func take(_ task: ModelTask, _ right: NamedRight) -> ModelRight {
    (try? copyin(task, right.name, right.disposition)) ?? .null
  }

  private func arrival(_ disposition: mach_msg_type_name_t) -> mach_msg_type_name_t {
    switch disposition {
    case MACH_MSG_TYPE_MOVE_RECEIVE: MACH_MSG_TYPE_PORT_RECEIVE
    case MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND: MACH_MSG_TYPE_PORT_SEND
    case MACH_MSG_TYPE_MOVE_SEND_ONCE, MACH_MSG_TYPE_MAKE_SEND_ONCE: MACH_MSG_TYPE_PORT_SEND_ONCE
    default: 0
    }
  }

  /// Facts: S8, S12, D1, D5. A message that fails here ends.
  private func copyinBody(
    _ task: ModelTask, _ message: TestMessage, _ copy: ModelMessage
  ) -> mach_msg_return_t? {
    guard let rights = message.rights, copy.size >= 28 else { return nil }
    if copy.size < 28 + 12 * rights.count { return fail(copy, MACH_SEND_MSG_TOO_SMALL) }
    for right in rights {
      if right.name == Name.null || right.name == Name.dead {
        copy.rights.append((right.name == Name.dead ? .dead : .null, arrival(right.disposition)))
        continue
      }
      guard let taken = try? copyin(task, right.name, right.disposition) else {
        return fail(copy, MACH_SEND_INVALID_RIGHT)
      }
      copy.rights.append((taken, arrival(right.disposition)))
      if case .receive(let port) = taken, let destination = copy.destination.port {
        beginTransit(port, to: destination, copy)
      }
    }
    return nil
  }

  private func fail(_ copy: ModelMessage, _ code: mach_msg_return_t) -> mach_msg_return_t {
    for right in [copy.destination, copy.reply] + copy.rights.map(\.right) { drop(right) }
    return code
  }

  /// Facts: C1.
  private func beginTransit(_ port: ModelPort, to destination: ModelPort, _ copy: ModelMessage) {
    var next: ModelPort? = destination
    while let current = next {
      if current === port {
        copy.isCircular = true
        return
      }
      next = current.state.travelsTo
    }
    port.state.travelsTo = destination
  }

  /// The kernel knows no request of a run: their identifiers are beyond those of its routines.
  private func serve(_ request: ModelMessage) {
    guard let port = request.reply.port else { return destroy([request]) }
    let reply = ModelMessage(
      image: [0, 0, 0, 0, 0, UInt32(bitPattern: request.identifier &+ 100), 0, 1, UInt32(bitPattern: MIG_BAD_ID)])
    reply.isFromKernel = true
    reply.destination = request.reply
    reply.destinationType = request.replyType
    request.reply = .null
    destroy([request])
    if port.state.isAlive, !port.isKernel, port.hasRoom(for: reply.destinationType) {
      port.state.queue.append(reply)
    } else {
      destroy([reply])
    }
  }

  /// Facts: S9.
  private func pseudoReceive(_ message: ModelMessage, _ task: ModelTask) -> [UInt32] {
    message.image[0] = bits(message, remote: message.destinationType, local: message.replyType, hasVoucher: true)
    message.image[1] = message.size
    message.image[2] = copyout(message.destination, to: task)
    message.image[3] = copyout(message.reply, to: task)
    copyoutRights(message, task)
    return message.image
  }

  private func bits(
    _ message: ModelMessage, remote: mach_msg_type_name_t, local: mach_msg_type_name_t, hasVoucher: Bool
  ) -> mach_msg_bits_t {
    remote | local << 8 | (hasVoucher ? message.voucherType << 16 : 0)
      | (message.isComplex ? MACH_MSGH_BITS_COMPLEX : 0)
  }

  private func copyoutRights(_ message: ModelMessage, _ task: ModelTask) {
    for (index, (right, type)) in message.rights.enumerated() {
      message.image[7 + index * 3] = copyout(right, to: task)
      message.image[8 + index * 3] = 0
      message.image[9 + index * 3] = type << 16
    }
  }

  // MARK: Receiving

  /// Whether a message and its trailer fit (facts: V10).
  func fits(_ message: ModelMessage, limit: mach_msg_size_t, elements: Int) -> Bool {
    message.size + trailerSize(elements) <= limit
  }

  private func trailerSize(_ elements: Int) -> mach_msg_size_t { [8, 12, 20, 52, 60][min(elements, 4)] }

  /// Takes the first message of a port for the task that holds it (facts: V6-V8, V13, V15, V16).
  func receive(
    _ port: ModelPort, _ task: ModelTask, limit: mach_msg_size_t, elements: Int, hasVoucher: Bool
  ) -> ModelResult {
    let message = port.state.queue.removeFirst()
    let sequence = port.state.sequence
    port.state.sequence &+= 1
    var result = ModelResult(code: MACH_MSG_SUCCESS)
    if fits(message, limit: limit, elements: elements) {
      message.image[2] = copyout(message.reply, to: task)
      message.image[3] = port.state.name
      copyoutRights(message, task)
      message.image[0] = bits(
        message, remote: message.replyType, local: message.destinationType, hasVoucher: hasVoucher)
      message.image[1] = message.size
      result.image = message.image
    } else {
      result.code = MACH_RCV_TOO_LARGE
      var isDead = false
      if case .dead = message.reply { isDead = true }
      result.image = Array(message.image.prefix(6))
      result.image[0] = bits(message, remote: message.replyType, local: message.destinationType, hasVoucher: true)
      result.image[1] = 24
      result.image[2] = isDead ? Name.dead : Name.null
      result.image[3] = port.state.name
      message.destination = .null
      message.isFromKernel = true
      destroy([message])
      if limit < 24 { result.image = [] }
      if limit < 24 + trailerSize(elements) { return result }
    }
    result.image += trailer(elements, sequence, port.state.context, isFromKernel: message.isFromKernel)
    return result
  }

  private func trailer(
    _ elements: Int, _ sequence: mach_port_seqno_t, _ context: mach_port_context_t, isFromKernel: Bool
  ) -> [UInt32] {
    var trailer: [UInt32] = [0, trailerSize(elements), sequence]
    trailer += isFromKernel ? [0, 1] : [clinux_effective_user(), clinux_effective_group()]
    trailer +=
      isFromKernel
      ? [UInt32](repeating: 0, count: 8)
      : [
        clinux_login_user(), clinux_effective_user(), clinux_effective_group(), clinux_real_user(), clinux_real_group(),
        clinux_process(), clinux_session(), Kernel.processVersion,
      ]
    trailer += [UInt32(truncatingIfNeeded: context), UInt32(truncatingIfNeeded: context >> 32)]
    return Array(trailer.prefix(Int(trailerSize(elements) / 4)))
  }
}

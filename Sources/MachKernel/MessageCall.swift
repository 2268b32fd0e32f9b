// mach_msg as one operation: send, receive, or both.

import CMach

/// The arguments of mach_msg and mach_msg_overwrite.
package struct MessageCall {
  package let buffer: UnsafeMutableRawPointer?
  package let option: mach_msg_option_t
  package let sendSize: mach_msg_size_t
  package let receiveLimit: mach_msg_size_t
  package let receiveName: mach_port_name_t
  package let timeout: mach_msg_timeout_t
  /// Where to receive into, if not into `buffer`.
  package let receiveBuffer: UnsafeMutableRawPointer?

  @inline(__always)
  package init(
    buffer: UnsafeMutableRawPointer?, option: mach_msg_option_t, sendSize: mach_msg_size_t,
    receiveLimit: mach_msg_size_t, receiveName: mach_port_name_t, timeout: mach_msg_timeout_t,
    receiveBuffer: UnsafeMutableRawPointer?
  ) {
    self.buffer = buffer
    self.option = option
    self.sendSize = sendSize
    self.receiveLimit = receiveLimit
    self.receiveName = receiveName
    self.timeout = timeout
    self.receiveBuffer = receiveBuffer
  }
}

extension MessageCall {
  /// The buffer that a message is received into; nil for none.
  @inline(__always)
  fileprivate var receivesInto: UnsafeMutableRawPointer? { receiveBuffer ?? buffer }
}

extension MessageCall {
  /// Runs the call (historic: `mach_msg_overwrite_trap`; facts: Q7, Q10, Q11, Q14): the send first; if it fails there is
  /// no receive. Unknown options are ignored. Each half may block for the whole time-out.
  package func run() -> mach_msg_return_t {
    guard let thread = Thread.entering else { return withoutThread }
    if option & MACH_SEND_MSG != 0 {
      let message: Message
      do throws(MessageReturn) {
        message = try Message.copyin(UnsafeRawPointer(buffer), size: sendSize)
      } catch {
        return error.rawValue
      }
      if !message.sendAtOnce(from: thread.task.space, option: option) {
        let code = thread.send(message, self)
        if code != MACH_MSG_SUCCESS { return code }
      }
    }
    if option & MACH_RCV_MSG == 0 { return MACH_MSG_SUCCESS }
    guard let buffer = receivesInto else { return thread.receiveNowhere(self) }
    if let code = thread.receiveAtOnce(from: receiveName, into: buffer, option: option, limit: receiveLimit) {
      return code
    }
    return thread.receive(self, into: buffer)
  }

  /// The code where the thread's first call found no memory for what the kernel keeps of it.
  private var withoutThread: mach_msg_return_t {
    if option & MACH_SEND_MSG != 0 { return MACH_SEND_NO_BUFFER }
    return option & MACH_RCV_MSG != 0 ? MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_KERNEL : MACH_MSG_SUCCESS
  }
}

extension Thread {
  /// Sends a message whose bytes have been copied in.
  @inline(never)
  fileprivate func send(_ message: Message, _ call: borrowing MessageCall) -> mach_msg_return_t {
    var aftermath = Aftermath()
    do throws(MessageReturn) {
      try message.copyinRights(from: task.space, option: call.option, &aftermath)
    } catch {
      aftermath.finish()
      return error.rawValue
    }
    aftermath.finish()
    do throws(MessageReturn) {
      let timeout = Timeout(milliseconds: call.option & MACH_SEND_TIMEOUT != 0 ? call.timeout : nil)
      try message.send(
        by: self, timeout: timeout, interruptible: call.option & MACH_SEND_INTERRUPT != 0)
      return MACH_MSG_SUCCESS
    } catch {
      guard let buffer = call.buffer else { return error.rawValue }
      return error.rawValue | message.pseudoReceive(into: buffer, of: task.space)
    }
  }

  /// Receives what does not come at once.
  @inline(never)
  fileprivate func receive(
    _ call: borrowing MessageCall, into buffer: UnsafeMutableRawPointer
  ) -> mach_msg_return_t {
    let timeout = Timeout(milliseconds: call.option & MACH_RCV_TIMEOUT != 0 ? call.timeout : nil)
    let request = ReceiveRequest(
      option: call.option, limit: call.receiveLimit, timeout: timeout,
      interruptible: call.option & MACH_RCV_INTERRUPT != 0)
    let reception = receive(from: call.receiveName, request)
    if reception.code == MACH_MSG_SUCCESS, let message = reception.message {
      return message.deliver(to: buffer, of: task.space, option: call.option, reception.departure)
    }
    return report(reception, call, buffer)
  }

  /// No message for the caller; one that was too large may leave a trace in the buffer (facts: V5, V6).
  @inline(never)
  private func report(
    _ reception: borrowing Reception, _ call: borrowing MessageCall, _ buffer: UnsafeMutableRawPointer
  ) -> mach_msg_return_t {
    guard reception.code == MACH_RCV_TOO_LARGE else { return reception.code }
    if let message = reception.message {
      message.rejected(to: buffer, of: task.space, option: call.option, limit: call.receiveLimit, reception.departure)
      return reception.code
    }
    if call.option & MACH_RCV_LARGE_IDENTITY != 0 {
      buffer.storeBytes(of: reception.portName, toByteOffset: 12, as: mach_port_name_t.self)
    }
    buffer.storeBytes(of: reception.neededSize, toByteOffset: 4, as: mach_msg_size_t.self)
    return reception.code
  }

  /// Without a buffer no message leaves its queue (facts: V14).
  @inline(never)
  fileprivate func receiveNowhere(_ call: borrowing MessageCall) -> mach_msg_return_t {
    let timeout = Timeout(milliseconds: call.option & MACH_RCV_TIMEOUT != 0 ? call.timeout : nil)
    let request = ReceiveRequest(
      option: call.option | MACH_RCV_LARGE, limit: 0, timeout: timeout,
      interruptible: call.option & MACH_RCV_INTERRUPT != 0)
    let code = receive(from: call.receiveName, request).code
    return code == MACH_RCV_TOO_LARGE ? MACH_RCV_INVALID_DATA : code
  }
}

// <mach/mach.h>: mach_msg in the short forms, and servers.

import CMach
import MachKernel

@_cdecl("mach_msg_send") @implementation
public func mach_msg_send(_ msg: UnsafeMutablePointer<mach_msg_header_t>!) -> mach_msg_return_t {
  guard let msg else { return MACH_SEND_INVALID_DATA }
  return mach_msg(msg, MACH_SEND_MSG, msg.pointee.msgh_size, 0, 0, 0, 0)
}

@_cdecl("mach_msg_receive") @implementation
public func mach_msg_receive(_ msg: UnsafeMutablePointer<mach_msg_header_t>!) -> mach_msg_return_t {
  guard let msg else { return MACH_RCV_INVALID_DATA }
  return mach_msg(msg, MACH_RCV_MSG, 0, msg.pointee.msgh_size, msg.pointee.msgh_local_port, 0, 0)
}

@_cdecl("mach_msg_server") @implementation
public func mach_msg_server(
  _ demux:
    (@convention(c) (UnsafeMutablePointer<mach_msg_header_t>?, UnsafeMutablePointer<mach_msg_header_t>?) -> boolean_t)!,
  _ max_size: mach_msg_size_t, _ rcv_name: mach_port_t, _ options: mach_msg_options_t
) -> mach_msg_return_t {
  serve(demux, max_size, rcv_name, options, once: false)
}

@_cdecl("mach_msg_server_once") @implementation
public func mach_msg_server_once(
  _ demux:
    (@convention(c) (UnsafeMutablePointer<mach_msg_header_t>?, UnsafeMutablePointer<mach_msg_header_t>?) -> boolean_t)!,
  _ max_size: mach_msg_size_t, _ rcv_name: mach_port_t, _ options: mach_msg_options_t
) -> mach_msg_return_t {
  serve(demux, max_size, rcv_name, options, once: true)
}

@_cdecl("mach_msg_server_importance") @implementation
public func mach_msg_server_importance(
  _ demux:
    (@convention(c) (UnsafeMutablePointer<mach_msg_header_t>?, UnsafeMutablePointer<mach_msg_header_t>?) -> boolean_t)!,
  _ max_size: mach_msg_size_t, _ rcv_name: mach_port_t, _ options: mach_msg_options_t
) -> mach_msg_return_t {
  serve(demux, max_size, rcv_name, options, once: false)
}

private typealias Demultiplexer =
  @convention(c) (
    UnsafeMutablePointer<mach_msg_header_t>?, UnsafeMutablePointer<mach_msg_header_t>?
  ) -> boolean_t

private func serve(
  _ demultiplex: Demultiplexer?, _ maximumSize: mach_msg_size_t, _ port: mach_port_t, _ options: mach_msg_options_t,
  once: Bool
) -> mach_msg_return_t {
  guard let demultiplex else { return KERN_INVALID_ARGUMENT }
  do throws(KernelReturn) {
    var server = try MessageServer(demultiplex, maximumSize, port, options)
    defer { server.end() }
    while true {
      let received = try server.receive()
      if received != MACH_MSG_SUCCESS { return received }
      let sent = server.answer()
      if once || sent != MACH_MSG_SUCCESS { return sent }
    }
  } catch {
    return error.rawValue
  }
}

/// A server's buffers, of vm_allocate, and how it receives and sends.
private struct MessageServer {
  private let demultiplex: Demultiplexer
  private let port: mach_port_t
  private let options: mach_msg_options_t
  private var request: Buffer
  private let reply: Buffer
  /// Bytes that a request may have with its trailer.
  private var limit: mach_msg_size_t

  /// Whole pages.
  private struct Buffer {
    let address: UInt64
    let size: UInt64

    init(_ size: UInt64) throws(KernelReturn) {
      let mask = UInt64(VirtualMemory.pageSize - 1)
      self.size = (max(size, 1) + mask) & ~mask
      address = try VirtualMemory.allocate(.anywhere, size: self.size)
    }

    var header: UnsafeMutablePointer<mach_msg_header_t> {
      UnsafeMutablePointer<mach_msg_header_t>(bitPattern: UInt(address))!
    }

    func free() { VirtualMemory.dispose(at: address, size: size) }
  }

  init(
    _ demultiplex: @escaping Demultiplexer, _ maximumSize: mach_msg_size_t, _ port: mach_port_t,
    _ options: mach_msg_options_t
  ) throws(KernelReturn) {
    self.demultiplex = demultiplex
    self.port = port
    self.options = options & ~(MACH_SEND_MSG | MACH_RCV_MSG | MACH_RCV_VOUCHER)
    let trailer = UInt64(cmach_requested_trailer_size(options))
    let wanted = UInt64(maximumSize) + trailer
    request = try Buffer(wanted)
    // A reply has room for its code, however small replies are said to be.
    do throws(KernelReturn) {
      reply = try Buffer(max(UInt64(maximumSize), UInt64(MIGMessage.errorReplySize)))
    } catch {
      request.free()
      throw error
    }
    limit = mach_msg_size_t(truncatingIfNeeded: min(wanted, UInt64(UInt32.max)))
    if options & MACH_RCV_LARGE != 0 { limit = mach_msg_size_t(truncatingIfNeeded: min(request.size, 0xffff_ffff)) }
  }

  func end() {
    request.free()
    reply.free()
  }

  /// Receives a request; a larger buffer is made for one that MACH_RCV_LARGE has left in the queue.
  mutating func receive() throws(KernelReturn) -> mach_msg_return_t {
    while true {
      let code = mach_msg(request.header, options | MACH_RCV_MSG | MACH_RCV_VOUCHER, 0, limit, port, 0, 0)
      guard code == MACH_RCV_TOO_LARGE, options & MACH_RCV_LARGE != 0 else { return code }
      let larger = try Buffer(
        UInt64(request.header.pointee.msgh_size) + UInt64(cmach_requested_trailer_size(options)))
      request.free()
      request = larger
      limit = mach_msg_size_t(truncatingIfNeeded: min(larger.size, 0xffff_ffff))
    }
  }

  /// Has the request served and sends the reply. The reply alone says what is to be done.
  func answer() -> mach_msg_return_t {
    let answer = MIGMessage(reply.header)
    answer.header.pointee = mach_msg_header_t()
    answer.put(UInt32(0), at: MIGMessage.headerSize + 8)
    _ = demultiplex(request.header, answer.header)
    if !answer.isComplex, answer.code != KERN_SUCCESS {
      if answer.code == MIG_NO_REPLY { return MACH_MSG_SUCCESS }
      // The right to reply lives on in the reply.
      request.header.pointee.msgh_remote_port = 0
      mach_msg_destroy(request.header)
    }
    if answer.header.pointee.msgh_remote_port == 0 {
      if answer.isComplex { mach_msg_destroy(answer.header) }
      return MACH_MSG_SUCCESS
    }
    return send(answer)
  }

  /// A send right's queue may be full, and a server waits for no client; a send-once right has room always.
  private func send(_ answer: MIGMessage) -> mach_msg_return_t {
    let disposition = answer.header.pointee.msgh_bits & MACH_MSGH_BITS_REMOTE_MASK
    let waits = disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE
    let code = mach_msg(
      answer.header, options | MACH_SEND_MSG | (waits ? 0 : MACH_SEND_TIMEOUT), answer.header.pointee.msgh_size, 0, 0,
      0, 0)
    switch code {
    case MACH_SEND_INVALID_DEST, MACH_SEND_TIMED_OUT, MACH_SEND_INTERRUPTED:
      mach_msg_destroy(answer.header)
      return MACH_MSG_SUCCESS
    default: return code
    }
  }
}

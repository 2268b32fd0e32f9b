// <mach/notify_server.h>: a server for notifications.

import CMach

@_cdecl("notify_server") @implementation
public func notify_server(
  _ InHeadP: UnsafeMutablePointer<mach_msg_header_t>!, _ OutHeadP: UnsafeMutablePointer<mach_msg_header_t>!
) -> boolean_t {
  demultiplex(InHeadP, OutHeadP, notify_server_routine(InHeadP))
}

@_cdecl("notify_server_routine") @implementation
public func notify_server_routine(_ InHeadP: UnsafeMutablePointer<mach_msg_header_t>!) -> mig_routine_t! {
  switch InHeadP?.pointee.msgh_id {
  case MACH_NOTIFY_PORT_DELETED where cmach_defines_do_mach_notify_port_deleted():
    { serveWord($0, $1, cmach_notify_port_deleted) }
  case MACH_NOTIFY_SEND_POSSIBLE where cmach_defines_do_mach_notify_send_possible():
    { serveWord($0, $1, cmach_notify_send_possible) }
  case MACH_NOTIFY_PORT_DESTROYED where cmach_defines_do_mach_notify_port_destroyed():
    { servePortDestroyed($0, $1) }
  case MACH_NOTIFY_NO_SENDERS where cmach_defines_do_mach_notify_no_senders():
    { serveWord($0, $1, cmach_notify_no_senders) }
  case MACH_NOTIFY_SEND_ONCE where cmach_defines_do_mach_notify_send_once():
    { serveSendOnce($0, $1) }
  case MACH_NOTIFY_DEAD_NAME where cmach_defines_do_mach_notify_dead_name():
    { serveWord($0, $1, cmach_notify_dead_name) }
  default: nil
  }
}

/// A notification with a name or a count behind the NDR record.
private func serveWord(
  _ request: UnsafeMutablePointer<mach_msg_header_t>?, _ reply: UnsafeMutablePointer<mach_msg_header_t>?,
  _ routine: (mach_port_t, UInt32) -> kern_return_t
) {
  guard let request = request.map({ MIGMessage($0) }), let reply = reply.map({ MIGMessage($0) }) else { return }
  reply.code =
    request.isComplex || request.size != 36
    ? MIG_BAD_ARGUMENTS : routine(request.header.pointee.msgh_local_port, request.word(32))
}

/// The notification that is a header alone.
private func serveSendOnce(
  _ request: UnsafeMutablePointer<mach_msg_header_t>?, _ reply: UnsafeMutablePointer<mach_msg_header_t>?
) {
  guard let request = request.map({ MIGMessage($0) }), let reply = reply.map({ MIGMessage($0) }) else { return }
  reply.code =
    request.isComplex || request.size != 24
    ? MIG_BAD_ARGUMENTS : cmach_notify_send_once(request.header.pointee.msgh_local_port)
}

/// The notification that carries a receive right.
private func servePortDestroyed(
  _ request: UnsafeMutablePointer<mach_msg_header_t>?, _ reply: UnsafeMutablePointer<mach_msg_header_t>?
) {
  guard let request = request.map({ MIGMessage($0) }), let reply = reply.map({ MIGMessage($0) }) else { return }
  if !request.isComplex || request.size != 40 || request.descriptorCount != 1 {
    reply.code = MIG_BAD_ARGUMENTS
  } else if !request.isRight(28, MACH_MSG_TYPE_PORT_RECEIVE) {
    reply.code = MIG_TYPE_ERROR
  } else {
    reply.code = cmach_notify_port_destroyed(request.header.pointee.msgh_local_port, request.word(28))
  }
}

// <mach/clock_reply.h>: a server for alarms.

import CMach

@_cdecl("clock_reply_server") @implementation
public func clock_reply_server(
  _ InHeadP: UnsafeMutablePointer<mach_msg_header_t>!, _ OutHeadP: UnsafeMutablePointer<mach_msg_header_t>!
) -> boolean_t {
  demultiplex(InHeadP, OutHeadP, clock_reply_server_routine(InHeadP))
}

@_cdecl("clock_reply_server_routine") @implementation
public func clock_reply_server_routine(_ InHeadP: UnsafeMutablePointer<mach_msg_header_t>!) -> mig_routine_t! {
  guard InHeadP?.pointee.msgh_id == 3_125_107, cmach_defines_clock_alarm_reply() else { return nil }
  return { request, reply in
    guard let request = request.map({ MIGMessage($0) }), let reply = reply.map({ MIGMessage($0) }) else { return }
    reply.code =
      request.isComplex || request.size != 48
      ? MIG_BAD_ARGUMENTS
      : cmach_clock_alarm_reply(
        request.header.pointee.msgh_local_port, request.number(32), request.number(36), request.word(40),
        request.number(44))
  }
}

// <mach/exc.h> and <mach/mach_exc.h>: servers for exceptions, with codes of 32 and of 64 bits.

import CMach

/// The most codes and the most words of a thread's state that a message has.
private let maximumCodes = 2
private let maximumState = Int(THREAD_STATE_MAX)

/// A request to handle an exception, in one of three forms and two widths.
private struct ExceptionMessage {
  let request: MIGMessage
  let reply: MIGMessage
  let hasIdentity: Bool
  let hasState: Bool
  let isWide: Bool

  init(
    _ request: UnsafeMutablePointer<mach_msg_header_t>?, _ reply: UnsafeMutablePointer<mach_msg_header_t>?,
    hasIdentity: Bool, hasState: Bool, isWide: Bool
  ) {
    self.request = MIGMessage(request!)
    self.reply = MIGMessage(reply!)
    self.hasIdentity = hasIdentity
    self.hasState = hasState
    self.isWide = isWide
  }

  private var codeSize: Int { isWide ? 8 : 4 }
  /// Where the exception's number stands: behind header, descriptors and NDR record.
  private var start: Int { hasIdentity ? 60 : 32 }
  private var leastSize: Int { start + 8 + (hasState ? 8 : 0) }
  private var largestSize: Int { leastSize + maximumCodes * codeSize + (hasState ? 4 * maximumState : 0) }

  var port: mach_port_t { request.header.pointee.msgh_local_port }
  var thread: mach_port_t { request.word(28) }
  var task: mach_port_t { request.word(40) }
  var exception: exception_type_t { request.number(start) }
  var codeCount: UInt32 { request.word(start + 4) }
  var codes: UnsafeMutableRawPointer { request.bytes + (start + 8) }
  /// Where the flavor stands, the count of words behind it, then the state.
  private var stateStart: Int { start + 8 + Int(codeCount) * codeSize }
  var flavor: Int32 { request.number(stateStart) }
  var oldCount: UInt32 { request.word(stateStart + 4) }
  var oldState: UnsafeMutableRawPointer { request.bytes + (stateStart + 8) }

  /// In the order of generated servers: MIG_BAD_ARGUMENTS, MIG_TYPE_ERROR, MIG_BAD_ARGUMENTS.
  var fault: kern_return_t {
    let size = request.size
    if request.isComplex != hasIdentity || size < leastSize || size > largestSize { return MIG_BAD_ARGUMENTS }
    if hasIdentity {
      if request.descriptorCount != 2 { return MIG_BAD_ARGUMENTS }
      if !request.isRight(28, MACH_MSG_TYPE_PORT_SEND) || !request.isRight(40, MACH_MSG_TYPE_PORT_SEND) {
        return MIG_TYPE_ERROR
      }
    }
    if codeCount > maximumCodes { return MIG_BAD_ARGUMENTS }
    let rest = size - (leastSize + Int(codeCount) * codeSize)
    if !hasState { return rest == 0 ? KERN_SUCCESS : MIG_BAD_ARGUMENTS }
    if rest < 0 || oldCount > maximumState || rest != 4 * Int(oldCount) { return MIG_BAD_ARGUMENTS }
    return KERN_SUCCESS
  }

  /// Calls the program's routine and fills in the reply.
  func serve() {
    reply.code = fault
    if reply.code != KERN_SUCCESS { return }
    if !hasState {
      reply.code = cmach_exception_raise(port, thread, task, exception, codes, codeCount, isWide)
      return
    }
    var flavor = flavor
    var newCount = UInt32(maximumState)
    let newState = reply.bytes + 44
    let code =
      hasIdentity
      ? cmach_exception_raise_state_identity(
        port, thread, task, exception, codes, codeCount, &flavor, oldState, oldCount, newState, &newCount, isWide)
      : cmach_exception_raise_state(
        port, exception, codes, codeCount, &flavor, oldState, oldCount, newState, &newCount, isWide)
    reply.code = code
    if code != KERN_SUCCESS { return }
    newCount = min(newCount, UInt32(maximumState))
    reply.put(flavor, at: 36)
    reply.put(newCount, at: 40)
    reply.header.pointee.msgh_size = 44 + 4 * newCount
  }
}

// MARK: Codes of 32 bits

@_cdecl("exc_server") @implementation
public func exc_server(
  _ InHeadP: UnsafeMutablePointer<mach_msg_header_t>!, _ OutHeadP: UnsafeMutablePointer<mach_msg_header_t>!
) -> boolean_t {
  demultiplex(InHeadP, OutHeadP, exc_server_routine(InHeadP))
}

@_cdecl("exc_server_routine") @implementation
public func exc_server_routine(_ InHeadP: UnsafeMutablePointer<mach_msg_header_t>!) -> mig_routine_t! {
  switch InHeadP?.pointee.msgh_id {
  case 2401 where cmach_defines_catch_exception_raise():
    { ExceptionMessage($0, $1, hasIdentity: true, hasState: false, isWide: false).serve() }
  case 2402 where cmach_defines_catch_exception_raise_state():
    { ExceptionMessage($0, $1, hasIdentity: false, hasState: true, isWide: false).serve() }
  case 2403 where cmach_defines_catch_exception_raise_state_identity():
    { ExceptionMessage($0, $1, hasIdentity: true, hasState: true, isWide: false).serve() }
  default: nil
  }
}

// MARK: Codes of 64 bits

@_cdecl("mach_exc_server") @implementation
public func mach_exc_server(
  _ InHeadP: UnsafeMutablePointer<mach_msg_header_t>!, _ OutHeadP: UnsafeMutablePointer<mach_msg_header_t>!
) -> boolean_t {
  demultiplex(InHeadP, OutHeadP, mach_exc_server_routine(InHeadP))
}

@_cdecl("mach_exc_server_routine") @implementation
public func mach_exc_server_routine(_ InHeadP: UnsafeMutablePointer<mach_msg_header_t>!) -> mig_routine_t! {
  switch InHeadP?.pointee.msgh_id {
  case 2405 where cmach_defines_catch_mach_exception_raise():
    { ExceptionMessage($0, $1, hasIdentity: true, hasState: false, isWide: true).serve() }
  case 2406 where cmach_defines_catch_mach_exception_raise_state():
    { ExceptionMessage($0, $1, hasIdentity: false, hasState: true, isWide: true).serve() }
  case 2407 where cmach_defines_catch_mach_exception_raise_state_identity():
    { ExceptionMessage($0, $1, hasIdentity: true, hasState: true, isWide: true).serve() }
  default: nil
  }
}

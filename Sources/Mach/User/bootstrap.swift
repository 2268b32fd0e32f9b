// <servers/bootstrap.h>: services by name. The library's own bootstrap ports are asked directly; any other port gets a
// request, as from stubs that MIG wrote.

import CMach
import MachKernel

@_cdecl("bootstrap_look_up") @implementation
public func bootstrap_look_up(
  _ bp: mach_port_t, _ service_name: UnsafePointer<CChar>!, _ sp: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  guard let service_name, let sp else { return KERN_INVALID_ARGUMENT }
  return onBootstrap(bp) { (port, space) throws(KernelReturn) in
    sp.pointee = try Bootstrap.lookUp(ServiceName(service_name), via: port).name(in: space)
  } else: {
    ask(bp, 404, name: service_name, for: .right(MACH_MSG_TYPE_PORT_SEND), sp)
  }
}

@_cdecl("bootstrap_check_in") @implementation
public func bootstrap_check_in(
  _ bp: mach_port_t, _ service_name: UnsafePointer<CChar>!, _ sp: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  guard let service_name, let sp else { return KERN_INVALID_ARGUMENT }
  return onBootstrap(bp) { (port, space) throws(KernelReturn) in
    sp.pointee = try Bootstrap.checkIn(ServiceName(service_name), via: port, to: space)
  } else: {
    ask(bp, 402, name: service_name, for: .right(MACH_MSG_TYPE_PORT_RECEIVE), sp)
  }
}

@_cdecl("bootstrap_register") @implementation
public func bootstrap_register(
  _ bp: mach_port_t, _ service_name: UnsafeMutablePointer<CChar>!, _ sp: mach_port_t
) -> kern_return_t {
  guard let service_name else { return KERN_INVALID_ARGUMENT }
  return onBootstrap(bp) { (port, space) throws(KernelReturn) in
    let right = try space.copySend(of: sp)
    do throws(KernelReturn) {
      try Bootstrap.register(ServiceName(service_name), right, via: port)
    } catch {
      right.drop()
      throw error
    }
  } else: {
    ask(bp, 403, carrying: sp, name: service_name, for: .code, nil)
  }
}

@_cdecl("bootstrap_create_service") @implementation
public func bootstrap_create_service(
  _ bp: mach_port_t, _ service_name: UnsafeMutablePointer<CChar>!, _ sp: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  guard let service_name, let sp else { return KERN_INVALID_ARGUMENT }
  return onBootstrap(bp) { (port, space) throws(KernelReturn) in
    sp.pointee = try Bootstrap.name(ofNew: try Bootstrap.create(ServiceName(service_name), via: port), in: space)
  } else: {
    ask(bp, 410, name: service_name, for: .right(MACH_MSG_TYPE_PORT_SEND), sp)
  }
}

@_cdecl("bootstrap_status") @implementation
public func bootstrap_status(
  _ bp: mach_port_t, _ service_name: UnsafeMutablePointer<CChar>!,
  _ service_active: UnsafeMutablePointer<bootstrap_status_t>!
) -> kern_return_t {
  guard let service_name, let service_active else { return KERN_INVALID_ARGUMENT }
  return onBootstrap(bp) { (port, _) throws(KernelReturn) in
    service_active.pointee = try Bootstrap.status(of: ServiceName(service_name), via: port)
  } else: {
    var status: UInt32 = 0
    let code = ask(bp, 407, name: service_name, for: .number, &status)
    if code == KERN_SUCCESS { service_active.pointee = bootstrap_status_t(bitPattern: status) }
    return code
  }
}

@_cdecl("bootstrap_subset") @implementation
public func bootstrap_subset(
  _ bp: mach_port_t, _ requestor_port: mach_port_t, _ subset_port: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  guard let subset_port else { return KERN_INVALID_ARGUMENT }
  return onBootstrap(bp) { (port, space) throws(KernelReturn) in
    let requestor = try space.copySend(of: requestor_port)
    let right: KeptRight
    do throws(KernelReturn) {
      right = try Bootstrap.makeSubset(requestor, via: port)
    } catch {
      requestor.drop()
      throw error
    }
    subset_port.pointee = try Bootstrap.name(ofSubset: right, in: space)
  } else: {
    ask(bp, 409, carrying: requestor_port, for: .right(MACH_MSG_TYPE_PORT_SEND), subset_port)
  }
}

@_cdecl("bootstrap_create_server") @implementation
public func bootstrap_create_server(
  _ bp: mach_port_t, _ server_cmd: UnsafeMutablePointer<CChar>!, _ server_uid: uid_t, _ on_demand: boolean_t,
  _ server_port: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  guard let server_cmd, let server_port else { return KERN_INVALID_ARGUMENT }
  return onBootstrap(bp) { (port, space) throws(KernelReturn) in
    let right = try Bootstrap.makeServer(
      hasProgram: server_cmd[0] != 0, user: server_uid, isOnDemand: on_demand != 0, via: port)
    server_port.pointee = try right.name(in: space)
  } else: {
    let server = ServerArguments(command: server_cmd, user: server_uid, isOnDemand: on_demand)
    return ask(bp, 400, server: server, for: .right(MACH_MSG_TYPE_PORT_SEND), server_port)
  }
}

@_cdecl("bootstrap_unprivileged") @implementation
public func bootstrap_unprivileged(
  _ bp: mach_port_t, _ unpriv_port: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  guard let unpriv_port else { return KERN_INVALID_ARGUMENT }
  return onBootstrap(bp) { (port, space) throws(KernelReturn) in
    unpriv_port.pointee = try Bootstrap.unprivileged(via: port).name(in: space)
  } else: {
    ask(bp, 401, for: .right(MACH_MSG_TYPE_PORT_SEND), unpriv_port)
  }
}

@_cdecl("bootstrap_parent") @implementation
public func bootstrap_parent(_ bp: mach_port_t, _ parent_port: UnsafeMutablePointer<mach_port_t>!) -> kern_return_t {
  guard let parent_port else { return KERN_INVALID_ARGUMENT }
  return onBootstrap(bp) { (port, space) throws(KernelReturn) in
    parent_port.pointee = try Bootstrap.parent(via: port).name(in: space)
  } else: {
    ask(bp, 406, for: .right(MACH_MSG_TYPE_PORT_SEND), parent_port)
  }
}

@_cdecl("bootstrap_strerror") @implementation
public func bootstrap_strerror(_ r: kern_return_t) -> UnsafePointer<CChar>! { cmach_error_sentence(r) }

/// Runs `operation` if the name is a send right to a bootstrap port of the library, and `request` if it is not.
private func onBootstrap(
  _ name: mach_port_t, _ operation: (borrowing BootstrapPort, Space) throws(KernelReturn) -> Void,
  else request: () -> kern_return_t
) -> kern_return_t {
  guard let thread = Thread.entering else { return KERN_RESOURCE_SHORTAGE }
  let space = thread.task.space
  guard let port = space.bootstrapPort(named: name) else { return request() }
  do throws(KernelReturn) {
    try operation(port, space)
    return KERN_SUCCESS
  } catch {
    return error.rawValue
  }
}

// MARK: Requests

/// What a reply has besides its code.
private enum Answer {
  case code
  case number
  case right(mach_msg_type_name_t)
}

private struct ServerArguments {
  let command: UnsafePointer<CChar>
  let user: uid_t
  let isOnDemand: boolean_t
}

/// Sends a request of <servers/bootstrap.defs> and waits for the reply, as a stub that MIG wrote.
private func ask(
  _ port: mach_port_t, _ identifier: mach_msg_id_t, carrying right: mach_port_t? = nil,
  name: UnsafePointer<CChar>? = nil, server: ServerArguments? = nil, for answer: Answer,
  _ result: UnsafeMutablePointer<UInt32>?
) -> kern_return_t {
  // Room for the longest request, and for any reply with its trailer.
  var buffer = InlineArray<160, UInt32>(repeating: 0)
  return withUnsafeMutablePointer(to: &buffer) { pointer in
    let message = MIGMessage(UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: mach_msg_header_t.self))
    message.header.pointee.msgh_bits =
      cmach_bits(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE, 0, right == nil ? 0 : MACH_MSGH_BITS_COMPLEX)
    message.header.pointee.msgh_remote_port = port
    message.header.pointee.msgh_id = identifier
    let size = message.fill(right, name, server)
    return message.exchange(size, limit: mach_msg_size_t(MemoryLayout<InlineArray<160, UInt32>>.size), answer, result)
  }
}

extension MIGMessage {
  private static let recordSize = MemoryLayout<NDR_record_t>.size

  /// Writes the arguments of a request. Returns its size.
  fileprivate func fill(_ right: mach_port_t?, _ name: UnsafePointer<CChar>?, _ server: ServerArguments?) -> Int {
    var size = MIGMessage.headerSize
    if let right {
      put(UInt32(1), at: size)
      put(right, at: size + 4)
      put(UInt32(MACH_MSG_TYPE_COPY_SEND) << 16 | UInt32(MACH_MSG_PORT_DESCRIPTOR) << 24, at: size + 12)
      size += 16
    }
    if name == nil, server == nil { return size }
    bytes.storeBytes(of: cmach_ndr_record(), toByteOffset: size, as: NDR_record_t.self)
    size += MIGMessage.recordSize
    if let name {
      _ = mig_strncpy(characters(at: size), name, BOOTSTRAP_MAX_NAME_LEN)
      size += Int(BOOTSTRAP_MAX_NAME_LEN)
    }
    if let server {
      _ = mig_strncpy(characters(at: size), server.command, BOOTSTRAP_MAX_CMD_LEN)
      size += Int(BOOTSTRAP_MAX_CMD_LEN)
      put(server.user, at: size)
      put(UInt32(truncatingIfNeeded: server.isOnDemand), at: size + 4)
      size += 8
    }
    return size
  }

  private func characters(at offset: Int) -> UnsafeMutablePointer<CChar> {
    (bytes + offset).assumingMemoryBound(to: CChar.self)
  }

  /// Sends the request and receives the reply in its place.
  fileprivate func exchange(
    _ size: Int, limit: mach_msg_size_t, _ answer: Answer, _ result: UnsafeMutablePointer<UInt32>?
  ) -> kern_return_t {
    let identifier = header.pointee.msgh_id
    let replyPort = mig_get_reply_port()
    // Nothing that the server gives away could arrive.
    if replyPort == 0 { return KERN_RESOURCE_SHORTAGE }
    header.pointee.msgh_local_port = replyPort
    let sent = mach_msg(
      header, MACH_SEND_MSG | MACH_RCV_MSG, mach_msg_size_t(size), limit, replyPort, 0, 0)
    switch sent {
    case MACH_MSG_SUCCESS: break
    case MACH_SEND_INVALID_DATA, MACH_SEND_INVALID_DEST, MACH_SEND_INVALID_HEADER:
      mig_put_reply_port(replyPort)
      return sent
    default:
      mig_dealloc_reply_port(replyPort)
      return sent
    }
    mig_put_reply_port(replyPort)
    let code = read(identifier &+ 100, answer, result)
    if code != KERN_SUCCESS { mach_msg_destroy(header) }
    return code
  }

  /// Looks at the form of a reply and takes what it has.
  private func read(
    _ identifier: mach_msg_id_t, _ answer: Answer, _ result: UnsafeMutablePointer<UInt32>?
  ) -> kern_return_t {
    if header.pointee.msgh_id != identifier {
      return header.pointee.msgh_id == mach_msg_id_t(MACH_NOTIFY_SEND_ONCE) ? MIG_SERVER_DIED : MIG_REPLY_MISMATCH
    }
    if header.pointee.msgh_remote_port != 0 { return MIG_TYPE_ERROR }
    if !isComplex, size == Int(MIGMessage.errorReplySize) {
      if code != KERN_SUCCESS { return code }
      if case .code = answer { return KERN_SUCCESS }
      return MIG_TYPE_ERROR
    }
    guard size == 40 else { return MIG_TYPE_ERROR }
    switch answer {
    case .number where !isComplex:
      if code == KERN_SUCCESS { result?.pointee = word(36) }
      return code
    case .right(let disposition) where isComplex && descriptorCount == 1 && isRight(28, disposition):
      result?.pointee = word(28)
      return KERN_SUCCESS
    default: return MIG_TYPE_ERROR
    }
  }
}

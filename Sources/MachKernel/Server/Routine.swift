// Rows of the kernel's tables of routines.

import CMach

/// One routine that the kernel serves by message: a row of its subsystem's table.
struct Routine {
  /// What a request's descriptor must be.
  enum Carried {
    case nothing
    /// A port right of one disposition on arrival, or of any.
    case right(mach_msg_type_name_t)
    case anyRight
    /// An out-of-line array of send rights, whose count is the first argument.
    case sendRights
    /// Out-of-line memory of so many bytes, or of any size.
    case memory(Int)
    case anyMemory
    /// Out-of-line memory, whose size is the last argument.
    case bytes
    /// Whatever there is, of whatever size: the routine does not look at it.
    case anything

    /// Bytes of the body's count and the descriptor.
    var size: Int {
      switch self {
      case .nothing, .anything: 0
      case .right, .anyRight: 4 + 12
      case .sendRights, .memory, .anyMemory, .bytes: 4 + 16
      }
    }
  }

  typealias Body = (inout ServedCall) throws(KernelReturn) -> Void

  /// Bytes of the request: header, descriptor, NDR record, arguments.
  let requestSize: Int
  /// Bytes of the longest reply, trailer not counted.
  let replySize: Int
  let carried: Carried
  /// A variable array in the request, of so many 4-byte elements at most; the word before it is its count.
  let maximumCount: Int
  /// Bytes behind that array.
  let bytesBehind: Int
  let body: Body

  init(
    _ requestSize: Int, _ replySize: Int, carrying carried: Carried = .nothing, upTo maximumCount: Int = 0,
    behind bytesBehind: Int = 0, _ body: @escaping Body
  ) {
    self.requestSize = requestSize
    self.replySize = replySize
    self.carried = carried
    self.maximumCount = maximumCount
    self.bytesBehind = bytesBehind
    self.body = body
  }

  /// The routine with the number of a request; nil for a number that no subsystem has. The bootstrap's numbers are others'
  /// at other ports.
  static func named(by request: Message) -> Routine? {
    let identifier = request.header.pointee.msgh_id
    if VoucherServer.serves(identifier) { return VoucherServer.refusal }
    return switch identifier {
    case 3200..<3300: PortServer.routine(identifier)
    case 3400..<3500: TaskServer.routine(identifier)
    case 3600..<3700: ThreadServer.routine(identifier)
    case 3800..<3900, 4800..<4900: MemoryServer.routine(identifier)
    case 200..<300: HostServer.routine(identifier)
    case 400..<500: request.isForBootstrap ? BootstrapServer.routine(identifier) : HostServer.routine(identifier)
    case 3000..<3100: ProcessorServer.routine(identifier)
    case 4000..<4100: ProcessorSetServer.routine(identifier)
    case 1000..<1100, 1200..<1300: ClockServer.routine(identifier)
    case 617000..<617100: LockSetServer.routine(identifier)
    default: nil
    }
  }

  /// Whether a request has this routine's form. Throws MIG_BAD_ARGUMENTS for a wrong size, count or kind of message,
  /// MIG_TYPE_ERROR for a wrong descriptor; in the order of generated servers.
  func check(_ request: Message) throws(KernelReturn) {
    if case .anything = carried { return }
    let size = Int(request.object.pointee.size)
    let isRightSize =
      maximumCount == 0
      ? size == requestSize : size >= requestSize && size <= requestSize + 4 * maximumCount && size & 3 == 0
    if case .nothing = carried {
      if request.isComplex || !isRightSize { throw .badArguments }
    } else {
      if !request.isComplex || !isRightSize || request.descriptorCount != 1 { throw .badArguments }
      try checkDescriptor(of: request)
    }
    if maximumCount > 0 {
      let count = request.bytes.load(fromByteOffset: requestSize - bytesBehind - 4, as: UInt32.self)
      if count > maximumCount || size != requestSize + 4 * Int(count) { throw .badArguments }
    }
  }

  /// The size of out-of-line memory, which is also the last argument.
  private func lastWord(of request: Message) -> Int {
    Int(request.bytes.loadUnaligned(fromByteOffset: requestSize - 4, as: UInt32.self))
  }

  /// The count of an out-of-line array, which is also the first argument.
  private func count(of request: Message) -> Int {
    let offset = Int(Message.headerSize) + carried.size + 8
    return Int(request.bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  private func checkDescriptor(of request: Message) throws(KernelReturn) {
    let descriptor = Descriptor(address: request.bytes + Message.descriptorOffset)
    let isRight =
      switch carried {
      case .nothing, .anything: true
      case .right(let disposition):
        descriptor.type == MACH_MSG_PORT_DESCRIPTOR && descriptor.port.disposition == disposition
      case .anyRight: descriptor.type == MACH_MSG_PORT_DESCRIPTOR
      case .sendRights:
        descriptor.type == MACH_MSG_OOL_PORTS_DESCRIPTOR && descriptor.ports.disposition == MACH_MSG_TYPE_PORT_SEND
          && descriptor.ports.count == count(of: request)
      case .bytes:
        descriptor.type == MACH_MSG_OOL_DESCRIPTOR && descriptor.memory.size == lastWord(of: request)
      case .memory(let size): descriptor.type == MACH_MSG_OOL_DESCRIPTOR && descriptor.memory.size == size
      case .anyMemory: descriptor.type == MACH_MSG_OOL_DESCRIPTOR
      }
    if !isRight { throw .typeError }
  }
}

extension Message {
  fileprivate var isForBootstrap: Bool {
    guard let port = destinationPort else { return false }
    return KernelObjectType.isBootstrap(port.locked().body.kernelObjectType)
  }
}

extension KernelReturn {
  static var badIdentifier: KernelReturn { .init(rawValue: MIG_BAD_ID) }
  static var badArguments: KernelReturn { .init(rawValue: MIG_BAD_ARGUMENTS) }
  static var typeError: KernelReturn { .init(rawValue: MIG_TYPE_ERROR) }
  package static var notSupported: KernelReturn { .init(rawValue: KERN_NOT_SUPPORTED) }
}

// A request that a routine of the kernel serves, and the reply that it fills in.

import CLinux
import CMach

/// One call by message: arguments are read, and results written, in the order of the interface.
///
/// A routine takes what it needs from the request before it does anything, and writes results when nothing can fail any
/// more. What it leaves in the request ends with that.
struct ServedCall {
  let thread: Thread
  private let request: Message
  private let reply: Message
  private var argument: Int
  private var result: Int

  /// `reply` has room for the routine's longest reply; its header is written by the server.
  init(_ request: Message, _ reply: Message, by thread: Thread, _ routine: Routine) {
    self.request = request
    self.reply = reply
    self.thread = thread
    argument = Int(Message.headerSize) + routine.carried.size + 8
    result = Int(Message.headerSize) + 12
  }

  // MARK: Arguments

  mutating func word() -> UInt32 {
    let value = request.bytes.loadUnaligned(fromByteOffset: argument, as: UInt32.self)
    argument += 4
    return value
  }

  mutating func number() -> Int32 { Int32(bitPattern: word()) }

  mutating func wideWord() -> UInt64 {
    let value = request.bytes.loadUnaligned(fromByteOffset: argument, as: UInt64.self)
    argument += 8
    return value
  }

  mutating func qos() -> mach_port_qos_t {
    let value = request.bytes.loadUnaligned(fromByteOffset: argument, as: mach_port_qos_t.self)
    argument += MemoryLayout<mach_port_qos_t>.size
    return value
  }

  /// What follows, where it stands.
  var rest: UnsafeRawPointer { UnsafeRawPointer(request.bytes) + argument }

  /// The descriptor of a routine that carries one.
  private var descriptor: Descriptor { Descriptor(address: request.bytes + Message.descriptorOffset) }

  /// What the right of the descriptor is on arrival.
  var disposition: mach_msg_type_name_t { descriptor.port.disposition }

  /// Takes the right of the descriptor.
  func right() -> TransferredRight { descriptor.port.takeRight() }

  /// Takes the send right of the descriptor, to be kept.
  func keptRight() -> KeptRight { KeptRight(stored: right().leak()) }

  /// Whether the right of the descriptor is one at all, and not NULL; whether it is neither NULL nor DEAD. It stays the
  /// request's.
  var hasRight: Bool { descriptor.port.right != 0 }
  var hasPort: Bool { hasRight && descriptor.port.right != .max }

  /// Whether the right of the descriptor is to a port of the processor set. It stays the request's.
  var carriesProcessorSet: Bool {
    guard hasPort, let memory = UnsafeMutableRawPointer(bitPattern: descriptor.port.right) else { return false }
    return ProcessorSet.isPort(Port(memory).locked(), isControl: false)
  }

  /// The array of the descriptor; nil for an empty one. It stays the request's.
  var ports: PortArray? { descriptor.ports.array }

  /// Copies the memory of the descriptor, of the size that the table says. What a program has handed over need not be
  /// readable: then false.
  func readMemory(_ copy: UnsafeMutableRawPointer) -> Bool {
    VirtualMemory.copy(descriptor.memory.source, to: copy, size: descriptor.memory.size)
  }

  /// Copies the memory of the descriptor over a program's.
  func writeMemory(to address: UInt64) throws(KernelReturn) {
    try VirtualMemory.write(descriptor.memory.source, size: descriptor.memory.size, to: address)
  }

  /// Throws `code` unless the right of the descriptor, which ends here, is to the port of a live task.
  func checkCarriedTask(or code: KernelReturn) throws(KernelReturn) {
    let right = keptRight()
    defer { right.drop() }
    guard right.isPort, let memory = UnsafeMutableRawPointer(bitPattern: right.stored),
      Port(memory).locked().body.kernelObjectType == KernelObjectType.task
    else { throw code }
  }

  // MARK: The object

  /// The task whose port the request came to. Throws `code` when it is no live task's.
  private func task(or code: KernelReturn) throws(KernelReturn) -> TaskReference {
    guard let port = request.destinationPort else { throw code }
    let locked = port.locked()
    guard locked.body.kernelObjectType == KernelObjectType.task, let object = locked.body.kernelObject else {
      throw code
    }
    let task = Task(object)
    task.retain()
    return TaskReference(retained: task)
  }

  /// For routines of mach_port: INVALID_TASK for whatever is no live task's port.
  func task() throws(KernelReturn) -> TaskReference { try task(or: .invalidTask) }

  /// For routines of task and of memory: INVALID_ARGUMENT.
  func taskArgument() throws(KernelReturn) -> TaskReference { try task(or: .invalidArgument) }

  /// As `taskArgument`, also for the port that only names a task.
  func taskOrName() throws(KernelReturn) -> TaskReference {
    guard let port = request.destinationPort,
      let task = TaskReference(of: port.locked(), types: KernelObjectType.task, KernelObjectType.taskName)
    else { throw .invalidArgument }
    return task
  }

  /// The task whose identity token the request came to. Throws INVALID_ARGUMENT for other ports.
  func identifiedTask() throws(KernelReturn) -> TaskReference {
    guard let port = request.destinationPort,
      let task = TaskReference(of: port.locked(), types: KernelObjectType.identityToken)
    else { throw .invalidArgument }
    return task
  }

  /// Throws INVALID_ARGUMENT for whatever is no thread's port.
  func target() throws(KernelReturn) -> ThreadReference {
    guard let port = request.destinationPort, port.locked().body.kernelObjectType == KernelObjectType.thread else {
      throw .invalidArgument
    }
    port.retain()
    return ThreadReference(retained: port)
  }

  /// Throws `code` for whatever is not the host's port.
  func checkHost(or code: KernelReturn = .invalidArgument) throws(KernelReturn) {
    guard let port = request.destinationPort, port.locked().body.kernelObjectType == KernelObjectType.host else {
      throw code
    }
  }

  /// Throws INVALID_ARGUMENT for whatever is no processor's port.
  func processor() throws(KernelReturn) -> Processor {
    guard let processor = request.destinationPort.flatMap({ Processor(of: $0.locked()) }) else {
      throw .invalidArgument
    }
    return processor
  }

  /// Throws `code` for whatever is no port of the processor set: its control port, or, if that is enough, its name.
  func checkProcessorSet(isControl: Bool, or code: KernelReturn = .invalidArgument) throws(KernelReturn) {
    guard let port = request.destinationPort, ProcessorSet.isPort(port.locked(), isControl: isControl) else {
      throw code
    }
  }

  /// The clock whose port, or control port, the request came to. Throws INVALID_ARGUMENT for other ports.
  func clock() throws(KernelReturn) -> Clock {
    guard let clock = request.destinationPort.flatMap({ Clock(of: $0.locked(), isControl: nil) }) else {
      throw .invalidArgument
    }
    return clock
  }

  /// Throws INVALID_ARGUMENT for whatever is not the control port of a clock.
  func checkClockControl() throws(KernelReturn) {
    guard request.destinationPort.flatMap({ Clock(of: $0.locked(), isControl: true) }) != nil else {
      throw .invalidArgument
    }
  }

  /// The port that the request came to. What is no bootstrap port, or is one no more, has no context.
  func bootstrap() throws(KernelReturn) -> BootstrapPort {
    guard let port = request.destinationPort else { throw .invalidArgument }
    return BootstrapPort(uncounted: port)
  }

  /// A string of the bootstrap's. Throws MIG_BAD_ARGUMENTS when it has no end.
  mutating func serviceName() throws(KernelReturn) -> ServiceName {
    let name = try ServiceName(field: rest)
    argument += ServiceName.size
    return name
  }

  /// Whether a string field of so many bytes is not empty. Throws MIG_BAD_ARGUMENTS when it has no end.
  mutating func hasText(_ size: Int) throws(KernelReturn) -> Bool {
    var length = 0
    while rest.load(fromByteOffset: length, as: UInt8.self) != 0 {
      length += 1
      if length == size { throw .badArguments }
    }
    argument += size
    return length > 0
  }

  // MARK: Results

  /// Makes the reply one with so many descriptors, which are added now. Where other results follow, `endDescriptors`
  /// comes in between.
  mutating func beginDescriptors(_ count: UInt32) {
    reply.object.pointee.bits |= MACH_MSGH_BITS_COMPLEX
    reply.bytes.storeBytes(of: count, toByteOffset: Int(Message.headerSize), as: UInt32.self)
    result = Message.descriptorOffset
  }

  mutating func endDescriptors() {
    ServedCall.writeRecord(to: reply.bytes + result)
    result += 8
  }

  mutating func add(_ right: consuming TransferredRight, _ disposition: mach_msg_type_name_t) {
    let descriptor = PortDescriptor(reply.bytes + result)
    descriptor.set(right: right.leak(), disposition: disposition)
    descriptor.setType(MACH_MSG_PORT_DESCRIPTOR)
    result += PortDescriptor.size
  }

  mutating func add(_ right: KeptRight) {
    add(TransferredRight(adopting: right.stored, disposition: MACH_MSG_TYPE_PORT_SEND), MACH_MSG_TYPE_PORT_SEND)
  }

  /// A reply with nothing but a send right.
  mutating func answer(_ right: KeptRight) {
    beginDescriptors(1)
    add(right)
  }

  /// Adds memory that a call returns: whole pages, of which `size` bytes count. nil for none.
  mutating func add(memory: UnsafeMutableRawPointer?, size: Int) {
    let descriptor = OutOfLineDescriptor(reply.bytes + result)
    if let memory { VirtualMemory.handToMessage(memory, size: size) }
    descriptor.make(pages: memory, size: size)
    result += 16
  }

  mutating func add(_ array: PortArray?, count: Int) {
    OutOfLinePortsDescriptor(reply.bytes + result).make(array: array, count: count)
    result += 16
  }

  mutating func put(_ value: UInt32) {
    reply.bytes.storeBytes(of: value, toByteOffset: result, as: UInt32.self)
    result += 4
  }

  mutating func put(_ value: Int32) { put(UInt32(bitPattern: value)) }

  mutating func put(_ value: UInt64) {
    reply.bytes.storeBytes(of: value, toByteOffset: result, as: UInt64.self)
    result += 8
  }

  mutating func put<Value>(structure value: Value) {
    reply.bytes.storeBytes(of: value, toByteOffset: result, as: Value.self)
    result += MemoryLayout<Value>.size
  }

  /// Where the next result goes, for an array whose bytes are then counted by `advance`.
  var resultAddress: UnsafeMutableRawPointer { reply.bytes + result }

  /// So many bytes of an array are there; it ends at a multiple of 4.
  mutating func advance(_ size: Int) { result += (size + 3) & ~3 }

  /// The size of the reply, once the routine has succeeded.
  var size: mach_msg_size_t { mach_msg_size_t(result) }

  /// The record of how data is laid out: little-endian integers, ASCII, IEEE.
  static func writeRecord(to address: UnsafeMutableRawPointer) {
    address.storeBytes(of: 0, as: UInt32.self)
    address.storeBytes(of: 1, toByteOffset: 4, as: UInt32.self)
  }
}

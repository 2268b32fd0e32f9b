// Tasks made for tests, and the calls that tests make on them.

import CMach
import Testing

@testable import MachKernel

/// What a name stands for: MACH_PORT_TYPE_* bits and user references.
struct Held: Equatable, CustomStringConvertible {
  var type: mach_port_type_t
  var references: mach_port_urefs_t

  static let receive = Held(type: Entry.receive, references: 0)
  static let portSet = Held(type: Entry.portSet, references: 0)
  static let sendOnce = Held(type: Entry.sendOnce, references: 1)
  static func send(_ references: mach_port_urefs_t) -> Held { Held(type: Entry.send, references: references) }
  static func deadName(_ references: mach_port_urefs_t) -> Held { Held(type: Entry.deadName, references: references) }
  static func receiveAndSend(_ references: mach_port_urefs_t) -> Held {
    Held(type: Entry.receive | Entry.send, references: references)
  }

  var description: String { "type 0x\(String(type, radix: 16)) with \(references) references" }
}

/// A task of its own. Each call on it is a step, and the kernel is audited behind it.
struct TestTask {
  let task: Task
  private var isAudited = true

  init(_ task: Task) { self.task = task }

  /// The same task, for steps behind which the kernel is not at rest: another thread runs in it, or the test has
  /// something of the kernel's in hand.
  var unaudited: TestTask {
    var copy = self
    copy.isAudited = false
    return copy
  }

  /// The audit behind a step.
  func audit(_ location: SourceLocation) {
    if isAudited { checkInvariants(location) }
  }

  var space: Space { task.space }

  /// Runs a test with three new tasks. Afterwards they end, and everything must have been given back (facts: C4).
  static func withThree(
    _ location: SourceLocation = #_sourceLocation, _ body: (TestTask, TestTask, TestTask) throws -> Void
  ) throws {
    let before = LiveCounts()
    let tasks = try (0..<3).map { _ in TestTask(try #require(Task.makeForTesting())) }
    defer {
      for task in tasks {
        task.task.end()
        checkInvariants(location)
      }
      #expect(LiveCounts() == before, sourceLocation: location)
    }
    try body(tasks[0], tasks[1], tasks[2])
    checkInvariants(location)
  }

  static func withOne(_ location: SourceLocation = #_sourceLocation, _ body: (TestTask) throws -> Void) throws {
    try withThree(location) { one, _, _ in try body(one) }
  }

  static func withTwo(
    _ location: SourceLocation = #_sourceLocation, _ body: (TestTask, TestTask) throws -> Void
  ) throws {
    try withThree(location) { one, two, _ in try body(one, two) }
  }

  /// One step on the space.
  func step<Result>(
    _ location: SourceLocation = #_sourceLocation, _ body: (Space) throws -> Result
  ) throws -> Result {
    defer { audit(location) }
    return try body(space)
  }

  // MARK: Names

  /// What a name stands for after a look-up; nil for a name not in use.
  subscript(name: mach_port_name_t) -> Held? {
    guard let (type, references) = try? space.information(about: name) else { return nil }
    return Held(type: type, references: references)
  }

  /// All names with their types, as mach_port_names shows them; that changes none.
  var names: [mach_port_name_t: mach_port_type_t] {
    var names = Space.makeNameArray()
    var types = Space.makeNameArray()
    guard (try? space.names(&names, &types)) != nil else { return [:] }
    return Dictionary(uniqueKeysWithValues: zip(names.takeElements(), types.takeElements()))
  }

  func allocate(
    _ right: mach_port_right_t, named name: mach_port_name_t? = nil, reserve: UInt32? = nil,
    _ location: SourceLocation = #_sourceLocation
  ) throws -> mach_port_name_t {
    try step(location) { space in
      try space.allocate(.init(right: right, name: name, reserve: reserve))
    }
  }

  func makePort(
    named name: mach_port_name_t? = nil, _ location: SourceLocation = #_sourceLocation
  ) throws -> mach_port_name_t {
    try allocate(MACH_PORT_RIGHT_RECEIVE, named: name, location)
  }

  func makeSet(
    named name: mach_port_name_t? = nil, _ location: SourceLocation = #_sourceLocation
  ) throws -> mach_port_name_t {
    try allocate(MACH_PORT_RIGHT_PORT_SET, named: name, location)
  }

  func makeDeadName(_ location: SourceLocation = #_sourceLocation) throws -> mach_port_name_t {
    try allocate(MACH_PORT_RIGHT_DEAD_NAME, location)
  }

  func deallocate(
    _ name: mach_port_name_t, _ location: SourceLocation = #_sourceLocation
  ) throws {
    try step(location) { space in try space.deallocate(name) }
  }

  func destroy(_ name: mach_port_name_t, _ location: SourceLocation = #_sourceLocation) throws {
    try step(location) { space in try space.destroy(name) }
  }

  func modify(
    _ name: mach_port_name_t, _ right: mach_port_right_t, by delta: mach_port_delta_t,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    try step(location) { space in
      try space.modifyReferences(of: name, right: right, by: delta)
    }
  }

  /// The task that a name of this task's space stands for.
  func task(named name: mach_port_name_t) throws(KernelReturn) -> Task {
    let reference = try task.task(named: name)
    return reference.task
  }

  /// Inserts a right that this task or another one names.
  func insert(
    as name: mach_port_name_t, from source: mach_port_name_t, _ disposition: mach_msg_type_name_t,
    of caller: TestTask? = nil, _ location: SourceLocation = #_sourceLocation
  ) throws {
    try step(location) { space in
      try space.insertRight(as: name, from: source, disposition, of: caller?.space ?? space)
    }
  }

  /// The name under which the extracted right arrives, in this task or another one.
  @discardableResult
  func extract(
    _ name: mach_port_name_t, _ disposition: mach_msg_type_name_t, to caller: TestTask? = nil,
    _ location: SourceLocation = #_sourceLocation
  ) throws -> mach_port_name_t {
    try step(location) { space in
      try space.extractRight(of: name, disposition, to: caller?.space ?? space).name
    }
  }

  // MARK: Sets

  func insertMember(
    _ name: mach_port_name_t, into set: mach_port_name_t, _ location: SourceLocation = #_sourceLocation
  ) throws {
    try step(location) { space in try space.insertMember(name, into: set) }
  }

  func extractMember(
    _ name: mach_port_name_t, from set: mach_port_name_t, _ location: SourceLocation = #_sourceLocation
  ) throws {
    try step(location) { space in try space.extractMember(name, from: set) }
  }

  func moveMember(
    _ name: mach_port_name_t, to set: mach_port_name_t, _ location: SourceLocation = #_sourceLocation
  ) throws {
    try step(location) { space in try space.moveMember(name, to: set) }
  }

  /// The members of a set, in the order of joining.
  func members(of set: mach_port_name_t) throws -> [mach_port_name_t] {
    try space.members(of: set).takeElements()
  }

  // MARK: Ports

  func status(_ name: mach_port_name_t) throws -> mach_port_status_t { try space.status(of: name) }

  func setLimit(
    _ name: mach_port_name_t, _ limit: mach_port_msgcount_t, _ location: SourceLocation = #_sourceLocation
  ) throws {
    try step(location) { space in try space.setQueueLimit(of: name, limit) }
  }

  /// The port behind a receive right.
  func port(_ name: mach_port_name_t) throws -> Port { try space.locked().receivePort(named: name) }

  func portSet(_ name: mach_port_name_t) throws -> PortSet { try space.locked().portSet(named: name) }

  // MARK: Rights between spaces

  /// Takes a right out of the space, as a message to elsewhere does. It counts as missing until it is put somewhere.
  func take(
    _ name: mach_port_name_t, _ disposition: mach_msg_type_name_t, allowingDead: Bool = true
  ) throws -> TransferredRight {
    var wakes = Aftermath()
    let locked = space.locked()
    let entry = try locked.entry(named: name)
    do {
      let right = try locked.copyin(entry, named: name, disposition, allowingDead: allowingDead, &wakes)
      locked.freeIfEmpty(entry, named: name)
      locked.unlock()
      wakes.finish()
      return right
    } catch {
      wakes.finish()
      throw error
    }
  }

  /// Carries a right into another space, and returns its name there.
  @discardableResult
  func give(
    _ name: mach_port_name_t, _ disposition: mach_msg_type_name_t, to other: TestTask,
    _ location: SourceLocation = #_sourceLocation
  ) throws -> mach_port_name_t {
    defer { audit(location) }
    let right = try take(name, disposition)
    return try other.space.locked().copyout(right)
  }

  /// Carries a right into another space, to a wanted name. On failure it ends.
  func give(
    _ name: mach_port_name_t, _ disposition: mach_msg_type_name_t, to other: TestTask, as wanted: mach_port_name_t,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    defer { audit(location) }
    var right = try take(name, disposition)
    try other.space.locked().copyout(&right, as: wanted)
  }
}

extension NameArray {
  /// The elements, in memory of the test's own.
  consuming func takeElements() -> [UInt32] {
    let (address, count) = leak()
    guard let address else { return [] }
    let elements = Array(UnsafeBufferPointer(start: address, count: Int(count)))
    VirtualMemory.deallocateResult(UnsafeMutableRawPointer(address), size: VirtualMemory.roundToPage(Int(count) * 4))
    return elements
  }
}

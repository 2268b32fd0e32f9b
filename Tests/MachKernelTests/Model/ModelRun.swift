// Random operations on the kernel and on the model, side by side.

import CMach
import Testing

@testable import MachKernel

/// The kernel and the model do not agree.
struct Disagreement: Error, CustomStringConvertible {
  let description: String
}

/// Random numbers from a seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}

/// One run: three tasks of the kernel's and three of the model's, and what has happened to them so far.
final class ModelRun {
  private static let storyLength = 15

  var chance: SeededGenerator
  let model = ModelKernel()
  var tasks: [TestTask]
  /// The task that acts in this step.
  var acting = 0
  var stepCount = 0
  private(set) var freedNames: [mach_port_name_t] = [0x503]
  private var story: [() -> String] = []

  init(seed: UInt64) throws {
    chance = SeededGenerator(state: seed)
    tasks = try (0..<3).map { _ in try Self.makeTask() }
  }

  /// Its steps are not audited one by one: the test says how often.
  static func makeTask() throws -> TestTask { TestTask(try #require(Task.makeForTesting())).unaudited }

  var task: TestTask { tasks[acting] }
  var modelTask: ModelTask { model.tasks[acting] }

  /// Ends what the run has made.
  func finish() {
    for task in tasks { task.task.end() }
  }

  // MARK: Agreement

  /// Says what is being done, for the report of a disagreement.
  func note(_ text: @escaping () -> String) {
    let (step, acting) = (stepCount, acting)
    if story.count == Self.storyLength { story.removeFirst() }
    story.append { "  \(step): task \(acting): \(text())" }
  }

  func disagree(_ text: String) -> Disagreement {
    Disagreement(
      description: "step \(stepCount): \(text)\nThe last steps:\n" + story.map { $0() }.joined(separator: "\n"))
  }

  func agree<Value: Equatable>(_ what: @autoclosure () -> String, _ kernel: Value, _ model: Value) throws {
    if kernel != model { throw disagree("\(what()): the kernel says \(hex(kernel)), the model \(hex(model))") }
  }

  /// Runs an operation on both sides, and compares codes and results; the result, if there is one.
  @discardableResult
  func compare<Value: Equatable>(
    _ kernel: () throws(KernelReturn) -> Value, _ model: () throws(KernelReturn) -> Value
  ) throws -> Value? {
    let (kernelCode, kernelValue) = outcome(kernel)
    let (modelCode, modelValue) = outcome(model)
    try agree("the code", kernelCode, modelCode)
    try agree("the result", kernelValue, modelValue)
    return kernelValue
  }

  private func outcome<Value>(_ body: () throws(KernelReturn) -> Value) -> (kern_return_t, Value?) {
    do throws(KernelReturn) {
      return (KERN_SUCCESS, try body())
    } catch {
      return (error.rawValue, nil)
    }
  }

  // MARK: Chance

  func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &chance) }

  func percent(_ share: Int) -> Bool { below(100) < share }

  func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

  /// Mostly a name of one of these types, now and then any other, seldom a strange one.
  func pickName(_ types: mach_port_type_t) -> mach_port_name_t {
    let dice = below(100)
    if dice >= 95 { return strangeName() }
    // In an order that the seed decides, whatever the dictionary's.
    let names = modelTask.table.names.filter { dice >= 88 || $0.value.type & types != 0 }.keys.sorted()
    return names.isEmpty ? strangeName() : pick(names)
  }

  /// A name that has little chance to be in use.
  func strangeName() -> mach_port_name_t {
    switch below(6) {
    case 0: return Name.null
    case 1: return Name.dead
    case 2: return pick(freedNames)
    case 3: return (modelTask.table.names.keys.min() ?? 0) + 4
    case 4: return EntryTable.maximumIndex << 8 + 0x103 + mach_port_name_t(below(1000)) << 8
    default: return mach_port_name_t(below(0x4000))
    }
  }

  /// A name for something new: mostly one that can be had.
  func wantedName() -> mach_port_name_t {
    if percent(15) { return strangeName() }
    if percent(15) { return pickName(.max) }
    return mach_port_name_t(1 + below(90)) << 8 | mach_port_name_t(below(64)) << 2 | 3
  }

  /// Mostly a disposition that the name allows.
  func pickDisposition(for name: mach_port_name_t, moveReceive: Int = 10) -> mach_msg_type_name_t {
    guard let what = modelTask[name], !percent(5) else { return mach_msg_type_name_t(15 + below(8)) }
    let good = dispositions.filter {
      ($0 != MACH_MSG_TYPE_MOVE_RECEIVE || percent(moveReceive)) && model.canCopyin(what, $0)
    }
    return good.isEmpty ? pick(dispositions) : pick(good)
  }

  func remember(_ name: mach_port_name_t) {
    if freedNames.count < 50 { freedNames.append(name) } else { freedNames[below(50)] = name }
  }
}

/// Names and codes are read in base 16.
private func hex<Value>(_ value: Value) -> String {
  switch value {
  case let number as any FixedWidthInteger: "0x\(String(number, radix: 16))"
  case let numbers as [UInt32]: "[\(numbers.map { "0x\(String($0, radix: 16))" }.joined(separator: ", "))]"
  case let optional as UInt32?: optional.map { "0x\(String($0, radix: 16))" } ?? "nothing"
  default: "\(value)"
  }
}

// Texts in which the system tells about itself: reading them, and taking lines of names and numbers apart.

import CLinux
import CMach

/// Reads texts of the system, each from its start and all at one moment of the system's.
enum SystemText {
  /// Calls `take` with piece after piece until it returns false, having seen enough, or the text ends. Throws
  /// RESOURCE_SHORTAGE (no descriptor or no memory is left), FAILURE (the system has no such text).
  static func read(_ text: clinux_text, _ take: (UnsafeRawBufferPointer) -> Bool) throws(KernelReturn) {
    try read(clinux_open_text(text), take)
  }

  /// The same, of the processors that share the core of one that is online.
  static func readSiblings(of processor: Int, _ take: (UnsafeRawBufferPointer) -> Bool) throws(KernelReturn) {
    try read(clinux_open_siblings(UInt32(processor)), take)
  }

  @inline(never)
  private static func read(_ file: Int32, _ take: (UnsafeRawBufferPointer) -> Bool) throws(KernelReturn) {
    if file < 0 { throw .reading(-Int(file)) }
    defer { clinux_close(file) }
    var count = 0
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
      guard let bytes = buffer.baseAddress else { return }
      repeat {
        count = clinux_read(file, bytes, buffer.count)
      } while count > 0 && take(UnsafeRawBufferPointer(start: bytes, count: count))
    }
    if count < 0 { throw .reading(-count) }
  }
}

extension KernelReturn {
  /// For the errno value that reading a text failed with: RESOURCE_SHORTAGE if the system was short of something, else
  /// FAILURE.
  static func reading(_ error: Int) -> KernelReturn {
    switch Int32(truncatingIfNeeded: error) {
    case EMFILE, ENFILE, ENOMEM, ENOBUFS: .resourceShortage
    default: .failure
    }
  }
}

/// A decimal number, digit by digit. One that does not fit is the largest that does.
struct DecimalNumber {
  private(set) var value: UInt64 = 0
  private(set) var digits = 0

  /// False, and nothing happens, for what is no digit.
  mutating func take(_ byte: UInt8) -> Bool {
    guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return false }
    let (product, overflow) = value.multipliedReportingOverflow(by: 10)
    let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
    value = overflow || carry ? .max : sum
    digits += 1
    return true
  }
}

/// Lines of a name and a number, byte by byte: `MemTotal:  24684096 kB`, `pgfault 1731156332`. What follows the number
/// does not matter. A line without a number, and a last one without its end, do not count.
struct NamedNumbers {
  private enum Place {
    case name
    case gap
    case number
    case rest
  }

  private static let longest = 40
  private var place = Place.name
  private var isDone = false
  private var name = InlineArray<40, UInt8>(repeating: 0)
  private var length = 0
  private var decimal = DecimalNumber()

  /// The number of the line that has just ended.
  var number: UInt64 { decimal.value }

  /// Whether that line has this name.
  func isNamed(_ other: StaticString) -> Bool {
    guard length == other.utf8CodeUnitCount, length <= NamedNumbers.longest else { return false }
    for index in 0..<length where name[index] != other.utf8Start[index] { return false }
    return true
  }

  /// Takes the next byte; true when it ends a line that has a name and a number.
  mutating func take(_ byte: UInt8) -> Bool {
    if isDone { begin() }
    if byte == UInt8(ascii: "\n") {
      isDone = true
      return length > 0 && decimal.digits > 0
    }
    switch place {
    case .name:
      if byte == UInt8(ascii: ":") || byte == UInt8(ascii: " ") { place = .gap } else { append(byte) }
    case .gap:
      if decimal.take(byte) { place = .number } else if byte != UInt8(ascii: " ") { place = .rest }
    case .number: if !decimal.take(byte) { place = .rest }
    case .rest: break
    }
    return false
  }

  /// What is left of the name before does not matter.
  private mutating func begin() {
    isDone = false
    place = .name
    length = 0
    decimal = DecimalNumber()
  }

  private mutating func append(_ byte: UInt8) {
    if length < NamedNumbers.longest { name[length] = byte }
    length += 1
  }
}

// The texts in which Linux tells of a process and its threads.

/// A text that is read from its beginning. Whatever it holds, reading it ends, and nothing outside it is touched.
package struct ProcessText {
  private let text: UnsafeRawBufferPointer
  private var at = 0

  package init(_ text: UnsafeRawBufferPointer) { self.text = text }

  private var byte: UInt8? { at < text.count ? text[at] : nil }

  private static let space = UInt8(ascii: " ")
  private static let tab = UInt8(ascii: "\t")
  private static let endOfLine = UInt8(ascii: "\n")
  private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

  private mutating func skipSpaces() {
    while let next = byte, next == ProcessText.space || next == ProcessText.tab { at += 1 }
  }

  /// The number that comes next; nil if something else does, or it does not fit.
  package mutating func number() -> Int64? {
    skipSpaces()
    var isNegative = false
    if byte == UInt8(ascii: "-") {
      isNegative = true
      at += 1
    }
    var value: Int64 = 0
    var hasDigits = false
    while let next = byte, ProcessText.digits.contains(next) {
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, stillTooLarge) = product.addingReportingOverflow(Int64(next - UInt8(ascii: "0")))
      if tooLarge || stillTooLarge { return nil }
      value = sum
      hasDigits = true
      at += 1
    }
    return hasDigits ? (isNegative ? -value : value) : nil
  }

  /// Passes over words that spaces part.
  package mutating func skipWords(_ count: Int) {
    for _ in 0..<count {
      skipSpaces()
      while let next = byte, next != ProcessText.space, next != ProcessText.tab, next != ProcessText.endOfLine {
        at += 1
      }
    }
  }

  /// Goes on behind `label` where a line begins with it; false, at the end, if none does.
  package mutating func find(_ label: StaticString) -> Bool {
    while at < text.count {
      if startsWith(label) {
        at += label.utf8CodeUnitCount
        return true
      }
      while let next = byte, next != ProcessText.endOfLine { at += 1 }
      at += 1
    }
    return false
  }

  private func startsWith(_ label: StaticString) -> Bool {
    let length = label.utf8CodeUnitCount
    guard text.count - at >= length else { return false }
    for index in 0..<length where text[at + index] != label.utf8Start[index] { return false }
    return true
  }

  /// The letter that comes next.
  package mutating func letter() -> UInt8? {
    skipSpaces()
    guard let next = byte, next != ProcessText.endOfLine else { return nil }
    at += 1
    return next
  }

  /// What stands between the first opening and the last closing bracket; goes on behind. nil without brackets.
  package mutating func bracketed() -> Slice<UnsafeRawBufferPointer>? {
    var start: Int?
    var end: Int?
    for index in at..<text.count {
      if text[index] == UInt8(ascii: "("), start == nil { start = index + 1 }
      if text[index] == UInt8(ascii: ")"), start != nil { end = index }
    }
    guard let start, let end else { return nil }
    at = end + 1
    return text[start..<end]
  }
}

/// Sizes of memory, in bytes.
package struct MemorySizes: Equatable {
  package var virtual: UInt64 = 0
  package var resident: UInt64 = 0

  /// Of a text like /proc/self/statm, which counts pages. nil for another text.
  package init?(_ text: UnsafeRawBufferPointer, pageSize: Int) {
    var text = ProcessText(text)
    guard let virtual = text.number(), let resident = text.number(), virtual >= 0, resident >= 0 else { return nil }
    self.virtual = UInt64(virtual) &* UInt64(pageSize)
    self.resident = UInt64(resident) &* UInt64(pageSize)
  }
}

/// What a text like /proc/self/status says of memory, in bytes; 0 for what it does not say.
package struct MemoryStatus: Equatable {
  package var peak: UInt64 = 0
  package var anonymous: UInt64 = 0
  package var file: UInt64 = 0
  package var shared: UInt64 = 0
  package var swapped: UInt64 = 0

  package init(_ text: UnsafeRawBufferPointer) {
    func size(_ label: StaticString) -> UInt64 {
      var text = ProcessText(text)
      guard text.find(label), let kilobytes = text.number(), kilobytes >= 0 else { return 0 }
      return UInt64(kilobytes) &* 1024
    }
    peak = size("VmHWM:")
    anonymous = size("RssAnon:")
    file = size("RssFile:")
    shared = size("RssShmem:")
    swapped = size("VmSwap:")
  }
}

/// What a line like /proc/self/task/1/stat says of a thread.
package struct ThreadStatus {
  /// Up to 15 letters and zeros.
  package var name = InlineArray<16, UInt8>(repeating: 0)
  package var state: UInt8 = 0
  package var nice: Int32 = 0
  /// How many threads its process has.
  package var threadCount = 0
  /// When it started, in ticks, at least 1: what tells it from other threads that had the same id.
  package var startTime: UInt64 = 0

  /// nil for another text.
  package init?(_ text: UnsafeRawBufferPointer) {
    var text = ProcessText(text)
    guard text.number() != nil, let name = text.bracketed(), let state = text.letter() else { return nil }
    var index = 0
    for letter in name where index < 15 {
      self.name[index] = letter
      index += 1
    }
    self.state = state
    // From the 4th field on: up to the 18th, then nice, the number of threads, one more, and the start.
    text.skipWords(15)
    guard let nice = text.number(), let threadCount = text.number() else { return nil }
    text.skipWords(1)
    guard let startTime = text.number(), startTime >= 0 else { return nil }
    self.nice = Int32(truncatingIfNeeded: nice)
    self.threadCount = Int(threadCount)
    self.startTime = UInt64(max(startTime, 1))
  }

  /// Its end has come, though its id is still taken.
  package var hasEnded: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") || state == UInt8(ascii: "x") }
}

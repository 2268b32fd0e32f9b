// The figures that the host's calls are made of, as the system's texts have them.

import CLinux
import CMach

/// Memory of the machine in KiB: /proc/meminfo.
struct MemoryFigures {
  private(set) var total: UInt64 = 0
  private(set) var free: UInt64 = 0
  private(set) var active: UInt64 = 0
  private(set) var inactive: UInt64 = 0
  /// Of the two before: anonymous pages, and pages of files. 0 where the system does not tell.
  private(set) var anonymous: UInt64 = 0
  private(set) var ofFiles: UInt64 = 0
  /// What compressed pages take, and what they were; 0 where the system does not tell.
  private(set) var compressed: UInt64 = 0
  private(set) var uncompressed: UInt64 = 0
  private var line = NamedNumbers()
  private var found = 0

  /// Whether those that every system has are there.
  var isComplete: Bool { found == 0b1111 }

  /// Takes the next byte.
  mutating func take(_ byte: UInt8) {
    guard line.take(byte) else { return }
    let number = line.number
    if line.isNamed("MemTotal") {
      (total, found) = (number, found | 1)
    } else if line.isNamed("MemFree") {
      (free, found) = (number, found | 2)
    } else if line.isNamed("Active") {
      (active, found) = (number, found | 4)
    } else if line.isNamed("Inactive") {
      (inactive, found) = (number, found | 8)
    } else if line.isNamed("Active(anon)") || line.isNamed("Inactive(anon)") {
      anonymous &+= number
    } else if line.isNamed("Active(file)") || line.isNamed("Inactive(file)") {
      ofFiles &+= number
    } else if line.isNamed("Zswap") {
      compressed = number
    } else if line.isNamed("Zswapped") {
      uncompressed = number
    }
  }

  /// Throws FAILURE (there is no such text, or less in it than in every system's), RESOURCE_SHORTAGE.
  static func read() throws(KernelReturn) -> MemoryFigures {
    var figures = MemoryFigures()
    try SystemText.read(CLINUX_MEMINFO) { bytes in
      for byte in bytes { figures.take(byte) }
      return true
    }
    if !figures.isComplete { throw .failure }
    return figures
  }
}

/// What has happened to memory since the system started: /proc/vmstat. 0 where the system does not tell.
struct MemoryEvents {
  private(set) var faults: UInt64 = 0
  private(set) var activations: UInt64 = 0
  /// KiB from and to block devices.
  private(set) var kibibytesIn: UInt64 = 0
  private(set) var kibibytesOut: UInt64 = 0
  private(set) var swapIns: UInt64 = 0
  private(set) var swapOuts: UInt64 = 0
  private(set) var purges: UInt64 = 0
  private(set) var decompressions: UInt64 = 0
  private(set) var compressions: UInt64 = 0
  /// Whether there are any such figures.
  private(set) var isComplete = false
  private var line = NamedNumbers()

  /// Takes the next byte.
  mutating func take(_ byte: UInt8) {
    guard line.take(byte) else { return }
    if line.isNamed("pgfault") {
      (faults, isComplete) = (line.number, true)
    } else if line.isNamed("pgactivate") {
      activations = line.number
    } else if line.isNamed("pgpgin") {
      kibibytesIn = line.number
    } else if line.isNamed("pgpgout") {
      kibibytesOut = line.number
    } else if line.isNamed("pswpin") {
      swapIns = line.number
    } else if line.isNamed("pswpout") {
      swapOuts = line.number
    } else if line.isNamed("pglazyfreed") {
      purges = line.number
    } else if line.isNamed("zswpin") {
      decompressions = line.number
    } else if line.isNamed("zswpout") {
      compressions = line.number
    }
  }

  /// Throws FAILURE (there is no such text, or no faults in it), RESOURCE_SHORTAGE.
  static func read() throws(KernelReturn) -> MemoryEvents {
    var events = MemoryEvents()
    try SystemText.read(CLINUX_VMSTAT) { bytes in
      for byte in bytes { events.take(byte) }
      return true
    }
    if !events.isComplete { throw .failure }
    return events
  }
}

/// Hundredths of a second that processors have spent: the first lines of /proc/stat, `cpu  10 0 7 3920 12 0 1 ...` for
/// all together, then `cpu3 ...` for each that is online.
struct ProcessorTicks {
  enum Step {
    case more
    /// A line has ended: `processor` and `ticks` are its.
    case line
    /// No further line is a processor's.
    case end
  }

  private enum Place {
    case word
    case number
    case gap
    case value
  }

  /// Of the line that has just ended; nil for all together.
  private(set) var processor: Int?
  /// The numbers of the line in its order, those that it has: user, nice, system, idle, waiting, interrupts (two).
  private var values = InlineArray<7, UInt64>(repeating: 0)
  private var valueCount = 0
  private var place = Place.word
  private var letters = 0
  private var decimal = DecimalNumber()
  private var isDone = false

  /// By CPU_STATE number. Interrupts are the system's; a processor whose threads wait for devices is idle.
  var ticks: InlineArray<4, UInt32> {
    [
      UInt32(truncatingIfNeeded: values[0]),
      UInt32(truncatingIfNeeded: values[2] &+ values[5] &+ values[6]),
      UInt32(truncatingIfNeeded: values[3] &+ values[4]),
      UInt32(truncatingIfNeeded: values[1]),
    ]
  }

  mutating func take(_ byte: UInt8) -> Step {
    if isDone { self = ProcessorTicks() }
    switch place {
    case .word: return takeLetter(byte)
    case .number:
      if decimal.take(byte) { return .more }
      if byte != UInt8(ascii: " ") || decimal.value > UInt64(Int32.max) { return .end }
      if decimal.digits > 0 { processor = Int(decimal.value) }
      place = .gap
    case .gap, .value:
      if place == .gap { decimal = DecimalNumber() }
      if decimal.take(byte) {
        place = .value
        return .more
      }
      if place == .value { addValue() }
      place = .gap
      if byte == UInt8(ascii: "\n") {
        isDone = true
        return valueCount >= 4 ? .line : .end
      }
      if byte != UInt8(ascii: " ") { return .end }
    }
    return .more
  }

  private mutating func takeLetter(_ byte: UInt8) -> Step {
    let word: StaticString = "cpu"
    guard byte == word.utf8Start[letters] else { return .end }
    letters += 1
    if letters == word.utf8CodeUnitCount { place = .number }
    return .more
  }

  private mutating func addValue() {
    if valueCount < values.count { values[valueCount] = decimal.value }
    valueCount += 1
  }

  /// Calls `body` with each line, that of all together first. Throws FAILURE (there is no such text, or no processor in
  /// it), RESOURCE_SHORTAGE.
  @inline(never)
  static func forEach(_ body: (Int?, InlineArray<4, UInt32>) -> Void) throws(KernelReturn) {
    var lines = ProcessorTicks()
    var found = 0
    try SystemText.read(CLINUX_STAT) { bytes in
      for byte in bytes {
        switch lines.take(byte) {
        case .more: continue
        case .end: return false
        case .line:
          body(lines.processor, lines.ticks)
          found += 1
        }
      }
      return true
    }
    if found < 2 { throw .failure }
  }
}

/// Threads that run or want to, on the average of 1, 5 and 15 minutes, times LOAD_SCALE: `1.35 0.97 2.14 1/85 2098`.
struct LoadAverages {
  private(set) var averages = InlineArray<3, Int32>(repeating: 0)
  private var index = 0
  private var whole = DecimalNumber()
  private var thousandths: UInt64 = 0
  private var places = -1
  private var isBroken = false

  /// Whether all three are there.
  var isComplete: Bool { index == 3 && !isBroken }

  /// Takes the next byte; false when no further one matters.
  mutating func take(_ byte: UInt8) -> Bool {
    if index == 3 || isBroken { return false }
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): takeDigit(byte)
    case UInt8(ascii: "."):
      isBroken = places >= 0 || whole.digits == 0
      places = 0
    case UInt8(ascii: " "), UInt8(ascii: "\n"): finish()
    default: isBroken = true
    }
    return index < 3 && !isBroken
  }

  private mutating func takeDigit(_ byte: UInt8) {
    if places < 0 { return _ = whole.take(byte) }
    if places < 3 {
      thousandths = thousandths * 10 + UInt64(byte - UInt8(ascii: "0"))
      places += 1
    }
  }

  private mutating func finish() {
    if whole.digits == 0 || places == 0 { return isBroken = true }
    for _ in max(places, 0)..<3 { thousandths *= 10 }
    let limit = UInt64(Int32.max) / 1000 - 1
    averages[index] = whole.value > limit ? .max : Int32(whole.value * 1000 + thousandths)
    index += 1
    (whole, thousandths, places) = (DecimalNumber(), 0, -1)
  }

  /// Throws FAILURE (there is no such text, or not all three in it), RESOURCE_SHORTAGE.
  static func read() throws(KernelReturn) -> LoadAverages {
    var load = LoadAverages()
    try SystemText.read(CLINUX_LOADAVG) { bytes in
      for byte in bytes where !load.take(byte) { return false }
      return true
    }
    if !load.isComplete { throw .failure }
    return load
  }
}

/// Numbers of processors, as the system lists them: `0-3,5`.
struct ProcessorNumbers {
  /// Linux has no higher ones.
  static let limit = 8192

  private var words = InlineArray<128, UInt64>(repeating: 0)
  private(set) var count = 0
  private var first = DecimalNumber()
  private var last = DecimalNumber()
  private var isRange = false
  /// Whether the list has come to its end, and all of it was one.
  private(set) var isComplete = false
  private var isBroken = false

  init() {}

  func contains(_ number: Int) -> Bool {
    number >= 0 && number < ProcessorNumbers.limit && words[number >> 6] & (1 << UInt64(number & 63)) != 0
  }

  mutating func insert(_ number: Int) {
    guard number >= 0, number < ProcessorNumbers.limit, !contains(number) else { return }
    words[number >> 6] = words[number >> 6] | (1 << UInt64(number & 63))
    count += 1
  }

  /// The lowest; nil for none.
  var lowest: Int? {
    for index in 0..<words.count where words[index] != 0 { return index << 6 + words[index].trailingZeroBitCount }
    return nil
  }

  /// How many are lower than `number`.
  func rank(of number: Int) -> Int {
    var rank = 0
    for index in 0..<(number >> 6) { rank += words[index].nonzeroBitCount }
    return rank + (words[number >> 6] & (1 << UInt64(number & 63) - 1)).nonzeroBitCount
  }

  /// Calls `body` with each, from the lowest on.
  func forEach<Failure: Error>(_ body: (Int) throws(Failure) -> Void) throws(Failure) {
    for index in 0..<words.count {
      var word = words[index]
      while word != 0 {
        try body(index << 6 + word.trailingZeroBitCount)
        word &= word - 1
      }
    }
  }

  /// Takes the next byte; false when no further one matters.
  mutating func take(_ byte: UInt8) -> Bool {
    if isComplete || isBroken { return false }
    if isRange ? last.take(byte) : first.take(byte) { return true }
    switch byte {
    case UInt8(ascii: "-") where !isRange && first.digits > 0: isRange = true
    case UInt8(ascii: ","): finishRange()
    case UInt8(ascii: "\n"):
      finishRange()
      isComplete = !isBroken
    default: isBroken = true
    }
    return !isComplete && !isBroken
  }

  /// The same with many.
  @inline(never)
  private mutating func take(all bytes: UnsafeRawBufferPointer) -> Bool {
    for byte in bytes where !take(byte) { return false }
    return true
  }

  private mutating func finishRange() {
    let end = isRange ? last : first
    guard first.digits > 0, end.digits > 0, first.value <= end.value, end.value < UInt64(ProcessorNumbers.limit) else {
      return isBroken = true
    }
    for number in Int(first.value)...Int(end.value) { insert(number) }
    (first, last, isRange) = (DecimalNumber(), DecimalNumber(), false)
  }

  private static func read(_ text: clinux_text) throws(KernelReturn) -> ProcessorNumbers {
    var numbers = ProcessorNumbers()
    do throws(KernelReturn) {
      try SystemText.read(text) { bytes in numbers.take(all: bytes) }
      if numbers.isComplete { return numbers }
    } catch {
      if error != .failure { throw error }
    }
    // Where /sys does not say, all that run are known.
    numbers = ProcessorNumbers()
    try ProcessorTicks.forEach { (number, _) in
      if let number { numbers.insert(number) }
    }
    if numbers.count == 0 { throw .failure }
    return numbers
  }

  /// The processors that are online. Throws FAILURE (the system does not say), RESOURCE_SHORTAGE.
  static func online() throws(KernelReturn) -> ProcessorNumbers { try read(CLINUX_CPUS_ONLINE) }

  /// The processors that are there, online or not. Throws as `online`.
  static func present() throws(KernelReturn) -> ProcessorNumbers { try read(CLINUX_CPUS_PRESENT) }

  /// How many cores these are, which are online. One of which the system does not say what it shares a core with is
  /// one. Throws RESOURCE_SHORTAGE.
  func cores() throws(KernelReturn) -> Int {
    var cores = 0
    try forEach { (number) throws(KernelReturn) in
      var siblings = ProcessorNumbers()
      do throws(KernelReturn) {
        try SystemText.readSiblings(of: number) { bytes in siblings.take(all: bytes) }
      } catch {
        if error != .failure { throw error }
      }
      if !siblings.isComplete || siblings.lowest == number { cores += 1 }
    }
    return cores
  }
}

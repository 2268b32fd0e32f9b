// What the system says about the process's mappings.

import CLinux
import CMach

/// One mapping of the process.
struct Mapping {
  /// What is behind it.
  enum Kind {
    /// Nothing: pages come as zeros.
    case nothing
    case file
    /// The C allocator's part behind the program, and the first thread's stack.
    case heap, stack
  }

  var start: UInt = 0
  var end: UInt = 0
  /// VM_PROT_ bits.
  var protection: UInt8 = 0
  var isShared = false
  var kind = Kind.nothing
  var offset: UInt64 = 0
  var inode: UInt64 = 0
  var device: UInt64 = 0

  func allows(_ access: UInt8) -> Bool { protection & access == access }
}

/// What is known of a mapping only by its flags.
struct MappingFlags {
  /// VM_PROT_ bits: what mprotect may give.
  var maximum: UInt8 = 0
  var isWired = false
  /// A forked child does not have it.
  var isNotInherited = false
  var isSequential = false
  var isRandom = false
}

/// The process's list of mappings, asked anew each time: /proc/thread-self/maps.
enum MemoryMap {
  /// What is below is memory of programs.
  private static let limit = UInt(Int.max)

  /// Calls `body` with each mapping that reaches behind `address` and begins before `end`, in order, until it says false.
  /// Throws RESOURCE_SHORTAGE when the list cannot be read.
  @inline(never)
  static func forEach(from address: UInt, to end: UInt, _ body: (Mapping) -> Bool) throws(KernelReturn) {
    let file = clinux_open_maps()
    guard file >= 0 else { throw .resourceShortage }
    defer { clinux_close(file) }
    var next = address
    while next < end {
      var found = clinux_mapping()
      switch clinux_find_mapping(file, next, &found) {
      case 1:
        let mapping = Mapping(found)
        if mapping.start >= min(end, limit) || !body(mapping) { return }
        next = mapping.end
      case 0: return
      default: return try forEachLine(of: file, from: next, to: end, body)
      }
    }
  }

  /// The same where the system cannot be asked for one mapping.
  @inline(never)
  static func forEachLine(
    of file: Int32, from address: UInt, to end: UInt, _ body: (Mapping) -> Bool
  ) throws(KernelReturn) {
    var line = MappingLine()
    let isRead = forEachByte(of: file) { byte in
      guard line.take(byte) else { return true }
      let mapping = line.mapping
      line = MappingLine()
      if mapping.end <= address { return true }
      return mapping.start < min(end, limit) && body(mapping)
    }
    if !isRead { throw .resourceShortage }
  }

  /// The mapping that covers an address, or the next behind it; nil when there is none. Throws RESOURCE_SHORTAGE.
  static func first(endingAfter address: UInt) throws(KernelReturn) -> Mapping? {
    var found: Mapping?
    try forEach(from: address, to: .max) { mapping in
      found = mapping
      return false
    }
    return found
  }

  /// The flags of the mapping that covers an address; nil when none does. Throws RESOURCE_SHORTAGE.
  static func flags(at address: UInt) throws(KernelReturn) -> MappingFlags? {
    let file = clinux_open_details()
    guard file >= 0 else { throw .resourceShortage }
    defer { clinux_close(file) }
    var details = MappingDetails(address)
    let isRead = forEachByte(of: file) { details.take($0) }
    if !isRead { throw .resourceShortage }
    return details.isFound ? details.flags : nil
  }

  /// Calls `body` with each byte until it says false. False when the file cannot be read.
  private static func forEachByte(of file: Int32, _ body: (UInt8) -> Bool) -> Bool {
    var buffer = InlineArray<512, UInt64>(repeating: 0)
    return withUnsafeMutableBytes(of: &buffer) { bytes in
      while true {
        let count = clinux_read(file, bytes.baseAddress, bytes.count)
        if count <= 0 { return count == 0 }
        for offset in 0..<count where !body(bytes[offset]) { return true }
      }
    }
  }

  /// Whether one mapping of private, readable and writable memory without a file, and no stack that grows, covers a
  /// page-aligned range: what can be moved page by page. Where the answer would cost more than copying it is no.
  static func isPrivate(_ start: UInt, _ end: UInt) -> Bool {
    let file = clinux_open_maps()
    guard file >= 0 else { return false }
    defer { clinux_close(file) }
    let answer = clinux_query_mapping(file, start, end)
    return answer == -1 ? isPrivateLine(of: file, start, end) : answer == 1
  }

  /// Reads lines up to the range, but not more than a sixteenth of its size.
  static func isPrivateLine(of file: Int32, _ start: UInt, _ end: UInt) -> Bool {
    var line = MappingLine()
    var length: UInt = 0
    var answer = false
    _ = forEachByte(of: file) { byte in
      length += 1
      if line.take(byte) {
        if line.mapping.end > start {
          answer = line.mapping.start <= start && line.mapping.end >= end && line.isPrivate
          return false
        }
        line = MappingLine()
      }
      return length & 4095 != 0 || length <= (end - start) / 16
    }
    return answer
  }
}

extension Mapping {
  fileprivate init(_ found: clinux_mapping) {
    start = found.start
    end = found.end
    protection = UInt8(found.protection)
    isShared = found.is_shared
    offset = found.offset
    inode = found.inode
    device = UInt64(found.major) << 32 | UInt64(found.minor)
    kind = Mapping.kind(inode: inode, name: found.name)
  }

  /// By the first eight letters of its name.
  fileprivate static func kind(inode: UInt64, name: UInt64) -> Kind {
    // Shared memory without a file is "/dev/zero".
    if inode != 0 { return name == 0x2f64_6576_2f7a_6572 ? .nothing : .file }
    switch name >> 24 {
    case 0x5b_6865_6170: return .heap  // "[heap"
    case 0x5b_7374_6163: return .stack  // "[stac"
    default: return .nothing
    }
  }
}

/// One line, taken in byte by byte: `start-end rwxp offset device inode   name`.
private struct MappingLine {
  private(set) var mapping = Mapping()
  private var field = 0
  private var column = 0
  private var name: UInt64 = 0

  /// Private memory, perhaps of malloc, that a program can read and write.
  var isPrivate: Bool {
    // "[heap" and "[anon": the first five letters tell the name.
    mapping.allows(3) && !mapping.isShared && mapping.inode == 0
      && (name == 0 || name >> 24 == 0x5b_6865_6170 || name >> 24 == 0x5b_616e_6f6e)
  }

  /// Takes the next byte; true at the end of the line.
  mutating func take(_ byte: UInt8) -> Bool {
    if byte == UInt8(ascii: "\n") {
      if column < 8 { name <<= UInt64(field == 6 ? 8 * (8 - column) : 0) }
      mapping.kind = Mapping.kind(inode: mapping.inode, name: name)
      return true
    }
    if byte == UInt8(ascii: " "), field < 6 || column == 0 {
      // The name follows after many spaces.
      if column > 0 { next() }
      return false
    }
    switch field {
    case 0:
      if byte == UInt8(ascii: "-") {
        next()
        return false
      }
      mapping.start = mapping.start << 4 | digit(byte)
    case 1: mapping.end = mapping.end << 4 | digit(byte)
    case 2:
      if byte == UInt8(ascii: "r") { mapping.protection |= 1 }
      if byte == UInt8(ascii: "w") { mapping.protection |= 2 }
      if byte == UInt8(ascii: "x") { mapping.protection |= 4 }
      if byte == UInt8(ascii: "s") { mapping.isShared = true }
    case 3: mapping.offset = mapping.offset << 4 | UInt64(digit(byte))
    case 4:
      if byte == UInt8(ascii: ":") { mapping.device <<= 32 } else { takeDevice(byte) }
    case 5: mapping.inode = mapping.inode &* 10 &+ UInt64(digit(byte))
    case 6: if column < 8 { name = name << 8 | UInt64(byte) }
    default: break
    }
    column += 1
    return false
  }

  /// The lower half is the part that is being read.
  private mutating func takeDevice(_ byte: UInt8) {
    let part = (mapping.device & 0xffff_ffff) << 4 | UInt64(digit(byte))
    mapping.device = mapping.device & ~0xffff_ffff | part & 0xffff_ffff
  }

  private mutating func next() {
    field += 1
    column = 0
  }

  private func digit(_ byte: UInt8) -> UInt {
    UInt(byte <= UInt8(ascii: "9") ? byte - UInt8(ascii: "0") : byte - UInt8(ascii: "a") + 10)
  }
}

/// The flags of one mapping in /proc/thread-self/smaps, taken in byte by byte: after the mapping's line come others that
/// begin with capital letters; the last one is `VmFlags: rd wr ...`.
private struct MappingDetails {
  private let address: UInt
  private var header = MappingLine()
  private var isHeader = false
  private var isOurs = false
  private var column = 0
  /// The last letters of the line.
  private var letters: UInt64 = 0
  private var isFlags = false
  private(set) var isFound = false
  private(set) var flags = MappingFlags()

  init(_ address: UInt) { self.address = address }

  /// Takes the next byte; false when there is no more to find.
  mutating func take(_ byte: UInt8) -> Bool {
    if column == 0 { isHeader = byte < UInt8(ascii: "A") || byte >= UInt8(ascii: "a") }
    column += 1
    if isHeader {
      guard header.take(byte) else { return true }
      column = 0
      isOurs = header.mapping.start <= address && header.mapping.end > address
      let isBehind = header.mapping.start > address
      header = MappingLine()
      return !isBehind
    }
    if byte == UInt8(ascii: "\n") {
      if isFlags, isOurs {
        takeFlag()
        isFound = true
        return false
      }
      isFlags = false
      column = 0
      letters = 0
      return true
    }
    letters = letters << 8 | UInt64(byte)
    if column == 8, letters == 0x566d_466c_6167_733a { isFlags = true }  // "VmFlags:"
    if byte == UInt8(ascii: " "), isFlags, isOurs {
      letters >>= 8
      takeFlag()
    }
    return true
  }

  /// The last two letters.
  private mutating func takeFlag() {
    switch letters & 0xffff {
    case 0x6d72: flags.maximum |= 1  // mr
    case 0x6d77: flags.maximum |= 2  // mw
    case 0x6d65: flags.maximum |= 4  // me
    case 0x6c6f: flags.isWired = true  // lo
    case 0x6463: flags.isNotInherited = true  // dc
    case 0x7372: flags.isSequential = true  // sr
    case 0x7272: flags.isRandom = true  // rr
    default: break
    }
  }
}

// What the system says about the process's mappings.

import CLinux

/// The process's list of mappings, asked anew each time: /proc/thread-self/maps.
enum MemoryMap {
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
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
      guard let bytes = buffer.baseAddress else { return false }
      var line = MappingLine()
      var length = 0
      while length <= Int(end - start) / 16 {
        let count = clinux_read(file, bytes, buffer.count)
        if count <= 0 { return false }
        for offset in 0..<count {
          guard line.take(bytes.load(fromByteOffset: offset, as: UInt8.self)) else { continue }
          if line.end > start { return line.start <= start && line.end >= end && line.isPrivate }
          line = MappingLine()
        }
        length += count
      }
      return false
    }
  }
}

/// One line, taken in byte by byte: `start-end rwxp offset device inode   name`.
private struct MappingLine {
  var start: UInt = 0
  var end: UInt = 0
  private var field = 0
  private var column = 0
  private var isReadable = false
  private var isWritable = false
  private var isShared = false
  private var hasFile = false
  private var name: UInt64 = 0

  /// Private memory, perhaps of malloc, that a program can read and write.
  var isPrivate: Bool {
    // "[heap" and "[anon": the first five letters tell the name.
    isReadable && isWritable && !isShared && !hasFile
      && (name == 0 || name == 0x5b_6865_6170 || name == 0x5b_616e_6f6e)
  }

  /// Takes the next byte; true at the end of the line.
  mutating func take(_ byte: UInt8) -> Bool {
    if byte == UInt8(ascii: "\n") { return true }
    if byte == UInt8(ascii: " "), field < 6 {
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
      start = start << 4 | digit(byte)
    case 1: end = end << 4 | digit(byte)
    case 2:
      if column == 0 { isReadable = byte == UInt8(ascii: "r") }
      if column == 1 { isWritable = byte == UInt8(ascii: "w") }
      if column == 3 { isShared = byte != UInt8(ascii: "p") }
    case 5: if byte != UInt8(ascii: "0") { hasFile = true }
    case 6: if column < 5 { name = name << 8 | UInt64(byte) }
    default: break
    }
    column += 1
    return false
  }

  private mutating func next() {
    field += 1
    column = 0
  }

  private func digit(_ byte: UInt8) -> UInt {
    UInt(byte <= UInt8(ascii: "9") ? byte - UInt8(ascii: "0") : byte - UInt8(ascii: "a") + 10)
  }
}

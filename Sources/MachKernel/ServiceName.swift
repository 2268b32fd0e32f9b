// The name of a service, as the bootstrap knows it.

import CMach

/// At most 127 bytes; what is behind them is 0, so that equal names are equal words.
package struct ServiceName {
  /// Bytes of a `name_t`.
  static let size = Int(BOOTSTRAP_MAX_NAME_LEN)

  private var words = InlineArray<16, UInt64>(repeating: 0)

  /// The empty name.
  init() {}

  /// A string; what is longer is cut, as a stub's `mig_strncpy` would.
  package init(_ string: UnsafePointer<CChar>) {
    var index = 0
    while index < ServiceName.size - 1, string[index] != 0 {
      append(UInt8(bitPattern: string[index]), at: index)
      index += 1
    }
  }

  /// The field of a request. Throws MIG_BAD_ARGUMENTS when it has no end.
  init(field: UnsafeRawPointer) throws(KernelReturn) {
    var index = 0
    while true {
      if index == ServiceName.size { throw .badArguments }
      let byte = field.load(fromByteOffset: index, as: UInt8.self)
      if byte == 0 { return }
      append(byte, at: index)
      index += 1
    }
  }

  private mutating func append(_ byte: UInt8, at index: Int) {
    words[index >> 3] = words[index >> 3] | UInt64(byte) << UInt64((index & 7) * 8)
  }

  static func == (one: ServiceName, other: ServiceName) -> Bool {
    for index in one.words.indices where one.words[index] != other.words[index] { return false }
    return true
  }

  /// Equal for equal names.
  var hash: UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for index in words.indices {
      hash = (hash ^ words[index]) &* 0x9e37_79b9_7f4a_7c15
      hash ^= hash >> 29
    }
    return hash
  }
}

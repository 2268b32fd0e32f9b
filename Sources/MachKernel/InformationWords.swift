// What the host, processors, tasks and threads tell, as the words that callers get.

import CMach

/// A structure of information: words that go to a caller's memory or into a reply once nothing can fail any more.
package struct InformationWords {
  private var words = InlineArray<52, UInt32>(repeating: 0)
  package private(set) var count = 0

  /// No words.
  init() {}

  /// Words of a structure; those that it pads are 0.
  static func wordCount<Value>(_: Value.Type) -> Int { MemoryLayout<Value>.size / 4 }

  /// The first `count` words of a structure, or all.
  init<Value: BitwiseCopyable>(_ value: Value, count: Int? = nil) {
    self.count = count ?? InformationWords.wordCount(Value.self)
    withUnsafeBytes(of: value) { bytes in
      for index in 0..<self.count {
        words[index] = bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
      }
    }
  }

  package subscript(_ index: Int) -> UInt32 { words[index] }

  /// Writes all of them to a caller's memory.
  package func write(to memory: UnsafeMutablePointer<Int32>) {
    for index in 0..<count { memory[index] = Int32(bitPattern: words[index]) }
  }
}

extension ServedCall {
  /// A count and that many words.
  mutating func put(_ words: InformationWords) {
    put(UInt32(words.count))
    for index in 0..<words.count { put(words[index]) }
  }
}

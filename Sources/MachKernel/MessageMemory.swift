// Memory of messages. A thread keeps that of small ones which it has received for those that it sends.

import CLinux
import CMach

enum MessageMemory {
  /// The most bytes of a small message. All small ones have room for so many.
  private static let small: mach_msg_size_t = 128
  private static let maximumKept = 16

  private static func size(_ messageSize: mach_msg_size_t) -> Int {
    MemoryLayout<MessageObject>.stride + Int(messageSize)
  }

  /// Room for a message of so many bytes, from the C allocator or from what the thread keeps; nil when memory is out.
  @inline(__always)
  static func take(_ messageSize: mach_msg_size_t) -> UnsafeMutableRawPointer? {
    #if !CHECKED
      if messageSize <= small {
        return Thread.known?.state.pointee.freeMessages.pop() ?? clinux_allocate(size(small))
      }
    #endif
    return clinux_allocate(size(messageSize))
  }

  /// Keeps what `take` gave for such a message, or frees it. The checked flavours keep nothing, so that AddressSanitizer
  /// sees each message end.
  @inline(__always)
  static func give(_ memory: UnsafeMutableRawPointer, _ messageSize: mach_msg_size_t) {
    #if !CHECKED
      if messageSize <= small, let thread = Thread.known, thread.state.pointee.freeMessages.count < maximumKept {
        return thread.state.pointee.freeMessages.push(memory)
      }
    #endif
    clinux_free(memory)
  }

  /// Frees what a thread keeps.
  static func drain(_ thread: Thread) {
    while let memory = thread.state.pointee.freeMessages.pop() { clinux_free(memory) }
  }
}

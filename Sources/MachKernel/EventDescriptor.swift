// File descriptors that show a program whether there is a message.

import CLinux

/// The library's own descriptor of an event counter (eventfd) that is readable while a message waits. Programs get
/// duplicates, which they close as they like: this one stays open until the port or set that it shows lets go of it.
/// The lock of that port or set guards it.
@safe struct EventDescriptor: Equatable {
  private struct Object {
    let number: Int32
    /// It was raised and not lowered since.
    var isRaised = false
    var next: EventDescriptor?
    var previous: EventDescriptor?
  }

  private let object: UnsafeMutablePointer<Object>

  @inline(__always)
  static func == (one: EventDescriptor, other: EventDescriptor) -> Bool { one.object == other.object }

  /// All of them, for a forked child, which must not touch its parent's counters.
  private static let lock = Lock()
  nonisolated(unsafe) private static var first: EventDescriptor?

  /// A descriptor that is not readable; nil when memory is out or the process may open no more.
  static func make() -> EventDescriptor? {
    guard let object = KernelMemory.allocate(Object.self) else { return nil }
    let number = clinux_event_make()
    guard number >= 0 else {
      KernelMemory.free(object)
      return nil
    }
    object.initialize(to: Object(number: number))
    let descriptor = EventDescriptor(object: object)
    lock.acquire()
    object.pointee.next = first
    first?.object.pointee.previous = descriptor
    first = descriptor
    lock.release()
    return descriptor
  }

  private init(object: UnsafeMutablePointer<Object>) { self.object = object }

  /// Makes it readable: an event, even if it is readable already.
  func raise() {
    object.pointee.isRaised = true
    clinux_event_raise(object.pointee.number)
  }

  /// Makes it unreadable.
  func lower() {
    guard object.pointee.isRaised else { return }
    object.pointee.isRaised = false
    clinux_event_lower(object.pointee.number)
  }

  #if CHECKED
    /// Whether it polls readable.
    var isRaised: Bool { clinux_is_raised(object.pointee.number) }
  #endif

  /// A close-on-exec descriptor for a program; nil when the process may open no more.
  func duplicate() -> Int32? {
    let number = clinux_duplicate(object.pointee.number)
    return number >= 0 ? number : nil
  }

  /// Lets go of it; the programs' duplicates stay as they are.
  func close() {
    EventDescriptor.lock.acquire()
    let next = object.pointee.next
    let previous = object.pointee.previous
    if let previous { previous.object.pointee.next = next } else { EventDescriptor.first = next }
    next?.object.pointee.previous = previous
    EventDescriptor.lock.release()
    clinux_close(object.pointee.number)
    KernelMemory.free(object)
  }

  // MARK: Fork

  static func prepareForFork() { lock.acquire() }
  static func finishFork() { lock.release() }

  /// In a forked child: closes its copies of the parent's.
  static func restartAfterFork() {
    while let descriptor = first {
      first = descriptor.object.pointee.next
      clinux_close(descriptor.object.pointee.number)
      KernelMemory.free(descriptor.object)
    }
    lock.release()
  }
}

// What ports, sets and spaces have in common: a reference count and a lock.

import CLinux
import Synchronization

/// How a kernel object is shared between threads. It lies behind the object's body, which the lock guards.
struct SharedHeader: ~Copyable {
  let references = Atomic<UInt32>(1)
  let lock = Lock()

  @inline(__always)
  borrowing func retain() { references.wrappingAdd(1, ordering: .relaxed) }

  /// Gives back one reference; true when it was the last one, and the object must be freed.
  @inline(__always)
  borrowing func releaseLast() -> Bool {
    clinux_may_step()
    return references.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0
  }
}

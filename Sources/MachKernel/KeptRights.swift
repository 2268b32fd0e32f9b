// Arrays of send rights that calls return.

import CMach

/// A growing array of rights on their way to a caller. What is not taken out ends with it.
package struct KeptRights: ~Copyable {
  private var rights: UnsafeMutablePointer<UInt>?
  private(set) var capacity = 0
  package private(set) var count = 0

  init() {}

  deinit {
    guard let rights else { return }
    for index in 0..<count { StoredRight.drop(rights[index]) }
    KernelMemory.free(rights)
  }

  /// Makes room for at least `wanted` rights, of which there are none yet. Throws RESOURCE_SHORTAGE.
  mutating func reserve(_ wanted: Int) throws(KernelReturn) {
    if wanted <= capacity { return }
    guard let larger = KernelMemory.allocateZeroed(UInt.self, count: wanted) else { throw .resourceShortage }
    if let rights { KernelMemory.free(rights) }
    rights = larger
    capacity = wanted
  }

  /// Appends where `reserve` has made room.
  mutating func append(_ right: KeptRight) {
    rights?[count] = right.stored
    count += 1
  }

  /// The order is turned round.
  mutating func reverse() {
    guard let rights else { return }
    for index in 0..<count / 2 {
      (rights[index], rights[count - 1 - index]) = (rights[count - 1 - index], rights[index])
    }
  }

  /// Gives them names, NULL where there is no room, in memory for the caller. Throws RESOURCE_SHORTAGE.
  package consuming func names(in space: Space) throws(KernelReturn) -> NameArray {
    var names = NameArray()
    try names.reserve(count)
    guard let rights else { return names }
    for index in 0..<count {
      let right = KeptRight(stored: rights[index])
      rights[index] = 0
      names.append(right.nameOrNull(in: space))
    }
    return names
  }

  /// The rights in an array for a message; nil for none. Throws RESOURCE_SHORTAGE.
  consuming func array() throws(KernelReturn) -> PortArray? {
    guard let rights, count > 0 else { return nil }
    guard let array = PortArray.make(count: count) else { throw .resourceShortage }
    for index in 0..<count {
      array.set(index, rights[index])
      rights[index] = 0
    }
    return array
  }
}

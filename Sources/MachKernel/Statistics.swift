// Live counts of kernel objects, kept without a shared counter.

import CLinux
import CMach
import Synchronization

/// One thread's share of the live counts: what it made less what it freed, so a share may be negative. Only its own
/// thread writes it.
struct ThreadCounters: ~Copyable {
  let ports = Atomic<Int>(0)
  let sets = Atomic<Int>(0)
  let messages = Atomic<Int>(0)
}

/// Live counts for mach_linux_statistics.
package enum Statistics {
  enum Kind { case ports, sets, messages }

  /// Shares of threads that have ended, or that had no record yet.
  static let retired = ThreadCounters()

  @inline(__always)
  static func count(_ kind: Kind, _ change: Int) {
    guard let slot = clinux_thread() else { return countRetired(kind, change) }
    let counters = Thread(slot).counters
    switch kind {
    case .ports: add(counters.pointee.ports, change)
    case .sets: add(counters.pointee.sets, change)
    case .messages: add(counters.pointee.messages, change)
    }
  }

  @inline(__always)
  private static func add(_ counter: borrowing Atomic<Int>, _ change: Int) {
    counter.store(counter.load(ordering: .relaxed) &+ change, ordering: .relaxed)
  }

  private static func countRetired(_ kind: Kind, _ change: Int) {
    switch kind {
    case .ports: retired.ports.wrappingAdd(change, ordering: .relaxed)
    case .sets: retired.sets.wrappingAdd(change, ordering: .relaxed)
    case .messages: retired.messages.wrappingAdd(change, ordering: .relaxed)
    }
  }

  /// Adds an ending thread's share to the retired ones. The registry's lock is held.
  static func retire(_ counters: borrowing ThreadCounters) {
    retired.ports.wrappingAdd(counters.ports.load(ordering: .relaxed), ordering: .relaxed)
    retired.sets.wrappingAdd(counters.sets.load(ordering: .relaxed), ordering: .relaxed)
    retired.messages.wrappingAdd(counters.messages.load(ordering: .relaxed), ordering: .relaxed)
  }

  /// A share added to a sum.
  static func sum(
    _ counters: borrowing ThreadCounters, _ sums: (ports: Int, sets: Int, messages: Int)
  ) -> (ports: Int, sets: Int, messages: Int) {
    (
      sums.ports + counters.ports.load(ordering: .relaxed), sums.sets + counters.sets.load(ordering: .relaxed),
      sums.messages + counters.messages.load(ordering: .relaxed)
    )
  }

  /// All counts to 0, in a forked child.
  static func reset() {
    retired.ports.store(0, ordering: .relaxed)
    retired.sets.store(0, ordering: .relaxed)
    retired.messages.store(0, ordering: .relaxed)
  }

  /// The counts of the process: tasks, port objects (dead ones that are still referred to among them), port sets,
  /// names in use in all spaces, messages, and memory regions of vm_allocate and of results.
  package static func read() -> mach_linux_statistics_data_t {
    var result = mach_linux_statistics_data_t()
    Timers.settle()
    Registry.sweepPrepared()
    let sums = Registry.sumCounters()
    result.ports = UInt64(max(0, sums.ports))
    result.sets = UInt64(max(0, sums.sets))
    result.messages = UInt64(max(0, sums.messages))
    Registry.forEachTask { task in
      result.tasks += 1
      result.rights += UInt64(task.space.locked().body.entriesInUse)
    }
    result.memory_regions = UInt64(VirtualMemory.regionCount)
    return result
  }
}

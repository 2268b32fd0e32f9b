// What Linux knows of the process and of its threads.

import CLinux
import CMach

extension KernelReturn {
  /// For a thread of which Linux does not tell: TERMINATED if it has ended, FAILURE if a sandbox refuses.
  static func untold(thread identifier: Int32) -> KernelReturn {
    clinux_thread_exists(identifier) ? .failure : .terminated
  }
}

/// Readings of the process. All throw FAILURE (there is no /proc), RESOURCE_SHORTAGE (no file descriptor, no memory).
enum Process {
  /// Runs `parse` with the beginning of a text of /proc that `read` puts into memory on the stack: what is behind is not
  /// needed.
  private static func text<Result>(
    _ read: (UnsafeMutablePointer<CChar>, Int) -> Int, _ parse: (UnsafeRawBufferPointer) -> Result
  ) throws(KernelReturn) -> Result {
    var memory = InlineArray<1024, CChar>(repeating: 0)
    var length = 0
    var span = memory.mutableSpan
    let result: Result? = span.withUnsafeMutableBufferPointer { memory in
      guard let start = memory.baseAddress else { return nil }
      length = read(start, memory.count)
      return length < 0 ? nil : parse(UnsafeRawBufferPointer(start: start, count: length))
    }
    guard let result else { throw .reading(-length) }
    return result
  }

  static func memorySizes() throws(KernelReturn) -> MemorySizes {
    let sizes = try text({ clinux_read_memory_sizes($0, $1) }) {
      MemorySizes($0, pageSize: Kernel.pageSize)
    }
    guard let sizes else { throw .failure }
    return sizes
  }

  static func memoryStatus() throws(KernelReturn) -> MemoryStatus {
    try text({ clinux_read_memory_status($0, $1) }) { MemoryStatus($0) }
  }

  static func mappingCount() throws(KernelReturn) -> Int {
    let count = clinux_count_mappings()
    if count < 0 { throw .reading(-count) }
    return count
  }

  /// What is told of a thread with this id; nil when there is none, or it has ended.
  static func thread(_ identifier: Int32) throws(KernelReturn) -> ThreadStatus? {
    var isGone = false
    let status: ThreadStatus?
    do throws(KernelReturn) {
      status = try text({
        let length = clinux_read_thread(identifier, $0, $1)
        isGone = length == -Int(ENOENT) || length == -Int(ESRCH)
        return length
      }) { ThreadStatus($0) }
    } catch {
      // Where not even the caller is found, /proc belongs to other ids than those that the process sees.
      let own = clinux_thread_identifier()
      if isGone && identifier != own && clinux_thread_is_listed(own) { return nil }
      throw isGone ? .failure : error
    }
    guard let status else { throw .failure }
    return status.hasEnded ? nil : status
  }

  /// Calls `body` with the id of each thread, in ascending order, those of the library's own and some that are just ending
  /// among them.
  static func forEachThread(_ body: (Int32) throws(KernelReturn) -> Void) throws(KernelReturn) {
    let identifiers = try ThreadIdentifiers()
    for index in 0..<identifiers.count { try body(identifiers[index]) }
  }
}

/// The ids of the process's threads, in ascending order.
private struct ThreadIdentifiers: ~Copyable {
  private var memory: UnsafeMutablePointer<Int32>?
  private var capacity = 0
  private(set) var count = 0

  subscript(_ index: Int) -> Int32 { memory?[index] ?? 0 }

  deinit {
    if let memory { KernelMemory.free(memory) }
  }

  /// Linux finds its place in the list again by the last thread that it gave, or by how many it gave. So when threads end
  /// while it is read, others that live may be passed over, and the end may come early. It is read until there are as
  /// many threads as it has, all of which live on behind the count; where threads come and go all the time, so often that
  /// one passed over each time is not to be expected.
  init() throws(KernelReturn) {
    let own = clinux_thread_identifier()
    for _ in 0..<10 {
      try read()
      // Without the caller it is another process's list: /proc belongs to other ids than those that the process sees.
      guard contains(own), let all = try Process.thread(own)?.threadCount else { throw .failure }
      let hasEnded = removeEnded()
      if !hasEnded && count >= all { return }
    }
  }

  private mutating func read() throws(KernelReturn) {
    let list = clinux_open_threads()
    if list < 0 { throw .reading(Int(-list)) }
    defer { clinux_close(list) }
    var some = InlineArray<64, Int32>(repeating: 0)
    while true {
      var span = some.mutableSpan
      let count = span.withUnsafeMutableBufferPointer { clinux_next_threads(list, $0.baseAddress) }
      if count < 0 { throw .reading(Int(-count)) }
      if count == 0 { return }
      for index in 0..<Int(count) { try insert(some[index]) }
    }
  }

  /// How many are lower than `identifier`.
  private func rank(of identifier: Int32) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < identifier { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func contains(_ identifier: Int32) -> Bool {
    let place = rank(of: identifier)
    return place < count && self[place] == identifier
  }

  private mutating func insert(_ identifier: Int32) throws(KernelReturn) {
    let place = rank(of: identifier)
    if place < count && self[place] == identifier { return }
    if count == capacity {
      let larger = max(64, capacity * 2)
      guard let room = KernelMemory.allocateZeroed(Int32.self, count: larger) else { throw .resourceShortage }
      for index in 0..<count { room[index] = self[index] }
      if let memory { KernelMemory.free(memory) }
      memory = room
      capacity = larger
    }
    guard let memory else { return }
    var index = count
    while index > place {
      memory[index] = memory[index - 1]
      index -= 1
    }
    memory[place] = identifier
    count += 1
  }

  /// Takes out those that have ended. Whether there were any.
  private mutating func removeEnded() -> Bool {
    var kept = 0
    for index in 0..<count where clinux_thread_exists(self[index]) {
      memory?[kept] = self[index]
      kept += 1
    }
    let hasEnded = kept < count
    count = kept
    return hasEnded
  }
}

/// How long the process's threads have run, in nanoseconds. What is told never gets less, but for what live threads ran.
struct RunTimes {
  /// Threads that have not ended.
  var live = clinux_times()
  /// Those that have.
  var ended = clinux_times()
  /// Both.
  var all = clinux_times()

  /// What threads that have ended ran is what the process ran less what the others ran. The process is read first, so
  /// that it comes out too short rather than too long by what is run meanwhile; what it was made of, user and system, only
  /// samples tell. Throws as `Process`.
  init() throws(KernelReturn) {
    let total = clinux_run_time(0)
    var sampled = clinux_times()
    if total == .max || !clinux_read_sampled_times(0, &sampled) { throw .failure }
    var live = clinux_times()
    var liveSampled = clinux_times()
    try Process.forEachThread { (identifier) in
      var times = clinux_times()
      var samples = clinux_times()
      guard clinux_read_times(identifier, &times), clinux_read_sampled_times(identifier, &samples) else { return }
      live.add(times)
      liveSampled.add(samples)
    }
    let rest = RunTimes.difference(total, live.total)
    sampled.user = RunTimes.difference(sampled.user, liveSampled.user)
    sampled.system = RunTimes.difference(sampled.system, liveSampled.system)
    ended.system = clinux_system_part(rest, sampled)
    ended.user = rest - ended.system
    all = ended
    all.add(live)
    Registry.grow(all: &all, ended: &ended)
    let liveTotal = RunTimes.difference(all.total, ended.total)
    self.live.system = min(RunTimes.difference(all.system, ended.system), liveTotal)
    self.live.user = liveTotal - self.live.system
  }

  private static func difference(_ one: UInt64, _ other: UInt64) -> UInt64 { one > other ? one - other : 0 }
}

/// Times that were told already: what is told next is no less, in each of its parts. Linux's clocks never go back, but the
/// proportion of user and system time is that of its samples, and with each of them it jumps.
struct GrowingTimes {
  private var told = clinux_times()

  /// Makes `times` the next that are told.
  mutating func grow(_ times: inout clinux_times) {
    let total = times.total
    if total > told.total {
      let system = min(max(times.system, told.system), total - told.user)
      told = clinux_times(user: total - system, system: system)
    }
    times = told
  }
}

extension Registry {
  /// Lets both grow as what was told of the process before.
  static func grow(all: inout clinux_times, ended: inout clinux_times) {
    lock.acquire()
    allTimes.grow(&all)
    endedTimes.grow(&ended)
    lock.release()
  }
}

extension clinux_times {
  var total: UInt64 { user &+ system }

  mutating func add(_ other: clinux_times) {
    user = user &+ other.user
    system = system &+ other.system
  }
}

extension time_value_t {
  init(nanoseconds: UInt64) {
    let microseconds = nanoseconds / NSEC_PER_USEC
    self.init(
      seconds: Int32(truncatingIfNeeded: microseconds / 1_000_000), microseconds: Int32(microseconds % 1_000_000))
  }
}

// What has happened on the machine: load, ticks of processors, memory.

import CLinux
import CMach

/// host_statistics and host_statistics64, which knows further flavors.
package enum HostStatistics {
  /// `room` is in words. Throws FAILURE (not enough room, or the system does not say), INVALID_ARGUMENT (no flavor),
  /// NOT_SUPPORTED, RESOURCE_SHORTAGE.
  package static func words(
    _ flavor: host_flavor_t, isWide: Bool, room: UInt32
  ) throws(KernelReturn) -> InformationWords {
    switch flavor {
    case HOST_LOAD_INFO: return try load(room)
    case HOST_VM_INFO: return try memory(room)
    case HOST_CPU_LOAD_INFO: return try ticks(room)
    case HOST_VM_INFO64 where isWide: return try wideMemory(room)
    case HOST_EXTMOD_INFO64 where isWide:
      if room < InformationWords.wordCount(vm_extmod_statistics.self) { throw .failure }
      throw .notSupported
    case HOST_EXPIRED_TASK_INFO:
      if room < expiredTaskCount { throw .failure }
      throw .notSupported
    default: throw .invalidArgument
    }
  }

  /// Words of what would be told about tasks that have ended.
  private static let expiredTaskCount = 12

  // MARK: Load

  private static func load(_ room: UInt32) throws(KernelReturn) -> InformationWords {
    if room < InformationWords.wordCount(host_load_info.self) { throw .failure }
    let load = try LoadAverages.read().averages
    let processors = try ProcessorNumbers.online().count
    var told = host_load_info()
    told.avenrun = (load[0], load[1], load[2])
    func factor(_ index: Int) -> Int32 { machFactor(load: load[index], processors) }
    told.mach_factor = (factor(0), factor(1), factor(2))
    return InformationWords(told)
  }

  /// What a further thread would have of the processors, times LOAD_SCALE, under a load: those that are free, or, when
  /// there are more threads than processors, its share of all (historic: `compute_averages`).
  static func machFactor(load: Int32, _ processors: Int) -> Int32 {
    let (load, all) = (Int64(load), Int64(processors) * 1000)
    return Int32(clamping: load > all ? all * 1000 / (load + 1000) : all - load)
  }

  private static func ticks(_ room: UInt32) throws(KernelReturn) -> InformationWords {
    if room < CPU_STATE_MAX { throw .failure }
    var all = InlineArray<4, UInt32>(repeating: 0)
    try ProcessorTicks.forEach { (processor, ticks) in
      if processor == nil { all = ticks }
    }
    return InformationWords(all)
  }

  // MARK: Memory

  /// Programs of older revisions have room for 12 or 14 words.
  private static func memory(_ room: UInt32) throws(KernelReturn) -> InformationWords {
    if room < 12 { throw .failure }
    let wide = try memory()
    var told = vm_statistics()
    told.free_count = wide.free_count
    told.active_count = wide.active_count
    told.inactive_count = wide.inactive_count
    told.wire_count = wide.wire_count
    told.reactivations = pegged(wide.reactivations)
    told.pageins = pegged(wide.pageins)
    told.pageouts = pegged(wide.pageouts)
    told.faults = pegged(wide.faults)
    told.purges = pegged(wide.purges)
    return InformationWords(told, count: room >= 15 ? 15 : room >= 14 ? 14 : 12)
  }

  /// Programs of an older revision have room for 24 words.
  private static func wideMemory(_ room: UInt32) throws(KernelReturn) -> InformationWords {
    let fullCount = InformationWords.wordCount(vm_statistics64.self)
    let oldCount = fullCount - 14
    if room < oldCount { throw .failure }
    return InformationWords(try memory(), count: room < fullCount ? oldCount : fullCount)
  }

  private static func memory() throws(KernelReturn) -> vm_statistics64 {
    let figures = try MemoryFigures.read()
    let events = try MemoryEvents.read()
    return memory(figures, events, pageSize: UInt64(Kernel.pageSize))
  }

  /// Linux's figures in the places where they belong; what Linux does not tell is 0.
  static func memory(_ figures: MemoryFigures, _ events: MemoryEvents, pageSize: UInt64) -> vm_statistics64 {
    func pages(_ kibibytes: UInt64) -> UInt64 { kibibytes / (pageSize >> 10) }
    var told = vm_statistics64()
    told.free_count = pegged(pages(figures.free))
    told.active_count = pegged(pages(figures.active))
    told.inactive_count = pegged(pages(figures.inactive))
    told.compressor_page_count = pegged(pages(figures.compressed))
    // All else stays where it is.
    var rest = figures.total
    func take(_ part: UInt64) { rest -= min(rest, part) }
    take(figures.free)
    take(figures.active)
    take(figures.inactive)
    take(figures.compressed)
    told.wire_count = pegged(pages(rest))
    told.reactivations = events.activations
    told.pageins = pages(events.kibibytesIn)
    told.pageouts = pages(events.kibibytesOut)
    told.faults = events.faults
    told.purges = events.purges
    told.decompressions = events.decompressions
    told.compressions = events.compressions
    told.swapins = events.swapIns
    told.swapouts = events.swapOuts
    told.external_page_count = pegged(pages(figures.ofFiles))
    told.internal_page_count = pegged(pages(figures.anonymous))
    told.total_uncompressed_pages_in_compressor = pages(figures.uncompressed)
    return told
  }

  /// The largest number that fits for one that does not.
  private static func pegged(_ value: UInt64) -> natural_t { natural_t(clamping: value) }
}

// task_info: what a task tells, which is what Linux knows of the process.

import CLinux
import CMach

/// The flavors of task_info. The structures of `<mach/task_info.h>` have their words where xnu-3248's have them.
package enum TaskInformation {
  /// Facts: J1-J8. `room` is in words. Throws INVALID_ARGUMENT (no such flavor, too little room), INVALID_POLICY,
  /// NOT_SUPPORTED, FAILURE (no /proc), RESOURCE_SHORTAGE.
  package static func words(
    _ flavor: task_flavor_t, room: mach_msg_type_number_t
  ) throws(KernelReturn) -> InformationWords {
    guard let least = leastRoom(Int32(bitPattern: flavor)) else { throw .invalidArgument }
    if room < least { throw .invalidArgument }
    switch Int32(bitPattern: flavor) {
    case TASK_BASIC_INFO_32: return try basic32(isMostResident: false)
    case TASK_BASIC2_INFO_32: return try basic32(isMostResident: true)
    case TASK_BASIC_INFO_64: return try basic64()
    case MACH_TASK_BASIC_INFO: return try machBasic()
    case TASK_THREAD_TIMES_INFO: return try threadTimes()
    case TASK_ABSOLUTETIME_INFO: return try absoluteTime()
    case TASK_EVENTS_INFO: return events()
    case TASK_KERNELMEMORY_INFO: return InformationWords(task_kernelmemory_info())
    case TASK_SECURITY_TOKEN: return InformationWords(Trailer.securityToken())
    case TASK_AUDIT_TOKEN: return InformationWords(Trailer.auditToken())
    case TASK_VM_INFO, TASK_VM_INFO_PURGEABLE: return try virtualMemory(room: room)
    case TASK_FLAGS_INFO: return InformationWords(task_flags_info(flags: UInt32(TF_LP64)))
    case TASK_SCHED_RR_INFO, TASK_SCHED_FIFO_INFO: throw .invalidPolicy
    default: throw .notSupported
    }
  }

  /// The words that a flavor needs; nil for a flavor that is none.
  private static func leastRoom(_ flavor: Int32) -> Int? {
    switch flavor {
    case TASK_BASIC_INFO_32, TASK_BASIC2_INFO_32: InformationWords.wordCount(task_basic_info_32.self)
    case TASK_BASIC_INFO_64: InformationWords.wordCount(task_basic_info_64.self)
    case MACH_TASK_BASIC_INFO: InformationWords.wordCount(mach_task_basic_info.self)
    case TASK_THREAD_TIMES_INFO: InformationWords.wordCount(task_thread_times_info.self)
    case TASK_ABSOLUTETIME_INFO: InformationWords.wordCount(task_absolutetime_info.self)
    case TASK_EVENTS_INFO: InformationWords.wordCount(task_events_info.self)
    case TASK_KERNELMEMORY_INFO: InformationWords.wordCount(task_kernelmemory_info.self)
    case TASK_SECURITY_TOKEN: InformationWords.wordCount(security_token_t.self)
    case TASK_AUDIT_TOKEN: InformationWords.wordCount(audit_token_t.self)
    case TASK_VM_INFO, TASK_VM_INFO_PURGEABLE: shortVirtualMemoryCount
    case TASK_FLAGS_INFO: InformationWords.wordCount(task_flags_info.self)
    case TASK_SCHED_TIMESHARE_INFO, TASK_SCHED_FIFO_INFO: 1
    case TASK_SCHED_RR_INFO: 2
    case TASK_AFFINITY_TAG_INFO: InformationWords.wordCount(task_affinity_tag_info.self)
    // Without the format, which was added to it.
    case TASK_DYLD_INFO: InformationWords.wordCount(task_dyld_info.self) - 1
    case TASK_EXTMOD_INFO: 16
    case TASK_POWER_INFO: InformationWords.wordCount(task_power_info.self)
    case TASK_POWER_INFO_V2: InformationWords.wordCount(task_power_info.self) + 8
    case TASK_WAIT_STATE_INFO: InformationWords.wordCount(task_wait_state_info.self)
    case TASK_VM_INFO_PURGEABLE_ACCOUNT, TASK_DEBUG_INFO_INTERNAL: 0
    default: nil
    }
  }

  // MARK: Basic information

  private static func basic32(isMostResident: Bool) throws(KernelReturn) -> InformationWords {
    var info = task_basic_info_32()
    let sizes = try Process.memorySizes()
    let resident = isMostResident ? try Process.memoryStatus().peak : sizes.resident
    let times = try RunTimes()
    info.virtual_size = natural_t(truncatingIfNeeded: sizes.virtual)
    info.resident_size = natural_t(truncatingIfNeeded: resident)
    info.user_time = time_value_t(nanoseconds: times.ended.user)
    info.system_time = time_value_t(nanoseconds: times.ended.system)
    info.policy = POLICY_TIMESHARE
    return InformationWords(info)
  }

  private static func basic64() throws(KernelReturn) -> InformationWords {
    var info = task_basic_info_64()
    let sizes = try Process.memorySizes()
    let times = try RunTimes()
    info.virtual_size = sizes.virtual
    info.resident_size = sizes.resident
    info.user_time = time_value_t(nanoseconds: times.ended.user)
    info.system_time = time_value_t(nanoseconds: times.ended.system)
    info.policy = POLICY_TIMESHARE
    return InformationWords(info)
  }

  private static func machBasic() throws(KernelReturn) -> InformationWords {
    var info = mach_task_basic_info()
    let sizes = try Process.memorySizes()
    let times = try RunTimes()
    info.virtual_size = sizes.virtual
    info.resident_size = sizes.resident
    info.resident_size_max = try Process.memoryStatus().peak
    info.user_time = time_value_t(nanoseconds: times.ended.user)
    info.system_time = time_value_t(nanoseconds: times.ended.system)
    info.policy = POLICY_TIMESHARE
    return InformationWords(info)
  }

  // MARK: Times and events

  private static func threadTimes() throws(KernelReturn) -> InformationWords {
    let times = try RunTimes()
    return InformationWords(
      task_thread_times_info(
        user_time: time_value_t(nanoseconds: times.live.user), system_time: time_value_t(nanoseconds: times.live.system)
      ))
  }

  private static func absoluteTime() throws(KernelReturn) -> InformationWords {
    let times = try RunTimes()
    return InformationWords(
      task_absolutetime_info(
        total_user: times.all.user, total_system: times.all.system,
        threads_user: times.live.user, threads_system: times.live.system))
  }

  private static func events() -> InformationWords {
    var usage = clinux_usage()
    clinux_read_usage(&usage)
    var info = task_events_info()
    info.faults = Int32(truncatingIfNeeded: usage.minor_faults + usage.major_faults)
    info.pageins = Int32(truncatingIfNeeded: usage.major_faults)
    info.csw = Int32(truncatingIfNeeded: usage.switches)
    return InformationWords(info)
  }

  // MARK: Memory

  /// Without the footprint, which was added to the structure.
  private static let shortVirtualMemoryCount = InformationWords.wordCount(task_vm_info.self) - 2

  private static func virtualMemory(room: mach_msg_type_number_t) throws(KernelReturn) -> InformationWords {
    var info = task_vm_info()
    let mappings = try Process.mappingCount()
    let sizes = try Process.memorySizes()
    let status = try Process.memoryStatus()
    info.virtual_size = sizes.virtual
    info.region_count = Int32(truncatingIfNeeded: mappings)
    info.page_size = Int32(truncatingIfNeeded: Kernel.pageSize)
    info.resident_size = sizes.resident
    info.resident_size_peak = status.peak
    info.internal = status.anonymous
    info.external = status.file + status.shared
    info.compressed = status.swapped
    info.phys_footprint = status.anonymous + status.swapped
    let whole = InformationWords.wordCount(task_vm_info.self)
    return InformationWords(info, count: room >= whole ? whole : shortVirtualMemoryCount)
  }
}

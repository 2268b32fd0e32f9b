// What the host tells about the machine and the system.

import CLinux
import CMach

/// The machine that the library was compiled for, as xnu tells it: processors of x86-64 are of the type x86.
enum Machine {
  #if arch(x86_64)
    static let type: cpu_type_t = 7  // CPU_TYPE_X86
    static let subtype: cpu_subtype_t = 4  // CPU_SUBTYPE_X86_ARCH1
    /// How a core runs several threads: CPU_THREADTYPE_INTEL_HTT.
    static let threadType: cpu_threadtype_t = 1
  #elseif arch(arm64)
    static let type: cpu_type_t = 0x0100_000c  // CPU_TYPE_ARM64
    static let subtype: cpu_subtype_t = 1  // CPU_SUBTYPE_ARM64_V8
    static let threadType: cpu_threadtype_t = 0
  #else
    #error("the types of this machine are not known")
  #endif
}

extension Host {
  /// host_info. `room` is in words. Throws FAILURE (not enough room, or the system does not say), INVALID_ARGUMENT (no
  /// flavor, or one without words), NOT_SUPPORTED, RESOURCE_SHORTAGE.
  package static func information(_ flavor: host_flavor_t, room: UInt32) throws(KernelReturn) -> InformationWords {
    switch flavor {
    case HOST_BASIC_INFO: return try basicInformation(room)
    case HOST_SCHED_INFO: return try schedulingInformation(room)
    case HOST_RESOURCE_SIZES:
      if room < InformationWords.wordCount(kernel_resource_sizes.self) { throw .failure }
      throw .invalidArgument
    case HOST_PRIORITY_INFO: return try priorityInformation(room)
    case HOST_SEMAPHORE_TRAPS, HOST_MACH_MSG_TRAP: return InformationWords()
    case HOST_VM_PURGABLE:
      if room < InformationWords.wordCount(vm_purgeable_info.self) { throw .failure }
      throw .notSupported
    case HOST_DEBUG_INFO_INTERNAL: throw .notSupported
    default: throw .invalidArgument
    }
  }

  /// Old programs have room for what comes before `cpu_threadtype`.
  private static func basicInformation(_ room: UInt32) throws(KernelReturn) -> InformationWords {
    let oldCount = 5
    if room < oldCount { throw .failure }
    let memory = try MemoryFigures.read()
    let online = try ProcessorNumbers.online()
    let present = try ProcessorNumbers.present()
    let cores = try online.cores()
    var basic = host_basic_info()
    basic.max_cpus = Int32(max(present.count, online.count))
    basic.avail_cpus = Int32(online.count)
    let size = memory.total > .max >> 10 ? .max : memory.total << 10
    basic.memory_size = natural_t(min(size, 1 << 31))
    basic.cpu_type = Machine.type
    basic.cpu_subtype = Machine.subtype
    basic.cpu_threadtype = cores < online.count ? Machine.threadType : 0
    basic.physical_cpu = Int32(cores)
    // Of cores whose processors are all offline the system does not tell.
    basic.physical_cpu_max = Int32(cores)
    basic.logical_cpu = basic.avail_cpus
    basic.logical_cpu_max = basic.max_cpus
    basic.max_mem = size
    return InformationWords(basic, count: room < InformationWords.wordCount(host_basic_info.self) ? oldCount : nil)
  }

  /// A time-out is a number of milliseconds; a thread's turn is what the system says, rounded up to whole ones. What is
  /// shorter than a tick of the system's clock it calls 0.
  private static func schedulingInformation(_ room: UInt32) throws(KernelReturn) -> InformationWords {
    if room < InformationWords.wordCount(host_sched_info.self) { throw .failure }
    let slice = clinux_time_slice(0)
    if slice < 0 { throw .failure }
    var scheduling = host_sched_info()
    scheduling.min_timeout = 1
    scheduling.min_quantum = Int32(clamping: max(1, (slice + 999_999) / 1_000_000))
    return InformationWords(scheduling)
  }

  /// The scale of priorities: constants of xnu's.
  private static func priorityInformation(_ room: UInt32) throws(KernelReturn) -> InformationWords {
    if room < InformationWords.wordCount(host_priority_info.self) { throw .failure }
    var priorities = host_priority_info()
    priorities.kernel_priority = 80
    priorities.system_priority = 80
    priorities.server_priority = 64
    priorities.user_priority = Host.defaultPriority
    priorities.maximum_priority = 79
    return InformationWords(priorities)
  }

  /// The priority that threads start with, and the highest of all, on the scale of Mach's.
  static let defaultPriority: Int32 = 31
  static let highestPriority: Int32 = 95

  /// host_kernel_version: name, release and version of the system, and the kind of machine. Fills all of `text`, which
  /// has KERNEL_VERSION_MAX bytes, with NULs behind; returns the length.
  @discardableResult
  package static func kernelVersion(_ text: UnsafeMutableRawPointer) -> Int {
    let size = Int(KERNEL_VERSION_MAX)
    text.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    return clinux_system_version(text.assumingMemoryBound(to: CChar.self), size)
  }

  /// host_get_boot_info: the command line of the system. Fills all of `text`, which has KERNEL_BOOT_INFO_MAX bytes, with
  /// NULs behind; returns the length. Throws FAILURE (the system does not say), RESOURCE_SHORTAGE.
  @discardableResult
  package static func bootInformation(_ text: UnsafeMutableRawPointer) throws(KernelReturn) -> Int {
    var line = InlineArray<4096, UInt8>(repeating: 0)
    var length = 0
    try SystemText.read(CLINUX_COMMAND_LINE) { bytes in
      for byte in bytes {
        if byte == 0 || byte == UInt8(ascii: "\n") || length == line.count - 1 { return false }
        line[length] = byte
        length += 1
      }
      return true
    }
    text.storeBytes(of: line, as: InlineArray<4096, UInt8>.self)
    return length
  }

  /// host_request_notification: the only kind there is tells that the time of day was set, and no one tells the library.
  /// Throws INVALID_CAPABILITY, INVALID_ARGUMENT, NOT_SUPPORTED, in this order.
  package static func requestNotification(_ kind: host_flavor_t, hasPort: Bool) throws(KernelReturn) {
    if !hasPort { throw .invalidCapability }
    if kind < 0 || kind > HOST_NOTIFY_TYPE_MAX { throw .invalidArgument }
    throw .notSupported
  }

  /// host_page_size.
  package static var pageSize: vm_size_t { vm_size_t(Kernel.pageSize) }
}

// The routines of mach_host and host_priv that tell about the machine, its processors and the system.

import CMach

extension HostServer {
  static func informationRoutine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 200:  // host_info
      Routine(40, 312) { (call) throws(KernelReturn) in
        try call.checkHost()
        let (flavor, room) = (call.number(), min(call.word(), 68))
        call.put(try Host.information(flavor, room: room))
      }
    case 201:  // host_kernel_version
      Routine(24, 556) { (call) throws(KernelReturn) in
        try call.checkHost()
        call.putText { Host.kernelVersion($0) }
      }
    case 202:  // _host_page_size
      Routine(24, 44) { (call) throws(KernelReturn) in
        try call.checkHost()
        call.put(UInt64(Host.pageSize))
      }
    case 204: Routine(36, 60, processorInformation)
    case 205:  // host_get_io_master
      Routine(24, 40) { (call) throws(KernelReturn) in
        try call.checkHost()
        call.answer(try Host.specialPort(HOST_IO_MASTER_PORT))
      }
    case 213:  // processor_set_default
      Routine(24, 40) { (call) throws(KernelReturn) in
        try call.checkHost()
        call.answer(try ProcessorSet.right(isControl: false))
      }
    case 216, 402:  // host_statistics, host_priv_statistics
      Routine(40, 312) { (call) throws(KernelReturn) in
        try call.checkHost(or: .invalidHost)
        let (flavor, room) = (call.number(), min(call.word(), 68))
        call.put(try HostStatistics.words(flavor, isWide: false, room: room))
      }
    case 219:  // host_statistics64
      Routine(40, 1064) { (call) throws(KernelReturn) in
        try call.checkHost(or: .invalidHost)
        let (flavor, room) = (call.number(), min(call.word(), 256))
        call.put(try HostStatistics.words(flavor, isWide: true, room: room))
      }
    case 400:  // host_get_boot_info
      Routine(24, 4140) { (call) throws(KernelReturn) in
        try call.checkHost(or: .invalidHost)
        try call.putBootInformation()
      }
    case 403: Routine(52, 40, carrying: .right(MACH_MSG_TYPE_PORT_SEND), defaultPager)
    case 407:  // host_processors
      Routine(24, 56) { (call) throws(KernelReturn) in
        try call.checkHost()
        try call.put(try Processor.all())
      }
    case 419:  // host_processor_sets
      Routine(24, 56) { (call) throws(KernelReturn) in
        try call.checkHost()
        try call.put(try ProcessorSet.all())
      }
    case 420: Routine(40, 40, carrying: .right(MACH_MSG_TYPE_PORT_SEND), processorSetControl)
    default: serverPortRoutine(identifier)
    }
  }

  /// Ports of single servers, and what is refused.
  private static func serverPortRoutine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 207, 409, 410, 411, 425: moduleRoutine(identifier)
    case 209:  // host_virtual_physical_table_info
      Routine(24, 56) { (_) throws(KernelReturn) in throw .failure }
    case 214:  // processor_set_create
      Routine(24, 52) { (_) throws(KernelReturn) in throw .failure }
    case 217: Routine(52, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND_ONCE), notification)
    case 218:  // host_lockgroup_info
      Routine(24, 56) { (call) throws(KernelReturn) in
        try call.checkHost(or: .invalidHost)
        throw .notSupported
      }
    case 225:  // host_set_atm_diagnostic_flag
      Routine(36, 36) { (call) throws(KernelReturn) in
        try call.checkHost()
        throw .notSupported
      }
    case 228:  // host_set_multiuser_config_flags
      Routine(36, 36) { (_) throws(KernelReturn) in throw .notSupported }
    case 401:  // host_reboot
      Routine(36, 36) { (call) throws(KernelReturn) in
        try call.checkHost(or: .invalidHost)
        throw .notSupported
      }
    case 405:  // thread_wire
      Routine(52, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        try call.checkHost()
        throw .notSupported
      }
    case 406:  // vm_allocate_cpm
      Routine(68, 44, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        try call.checkHost(or: .invalidHost)
        throw .notSupported
      }
    case 421:  // set_dp_control_port
      Routine(40, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        try call.checkHost(or: .invalidHost)
        Host.setPagerControlPort(call.keptRight())
      }
    case 422:  // get_dp_control_port
      Routine(24, 40) { (call) throws(KernelReturn) in
        try call.checkHost(or: .invalidHost)
        call.answer(Host.pagerControlPort())
      }
    case 423:  // host_set_UNDServer
      Routine(40, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND)) { (call) throws(KernelReturn) in
        try call.checkHost()
        try Host.setSpecialPort(HOST_USER_NOTIFICATION_PORT, call.keptRight())
      }
    case 424:  // host_get_UNDServer
      Routine(24, 40) { (call) throws(KernelReturn) in
        try call.checkHost()
        call.answer(try Host.specialPort(HOST_USER_NOTIFICATION_PORT))
      }
    default: nil
    }
  }

  /// Modules of the kernel.
  private static func moduleRoutine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 207:  // kmod_get_info
      Routine(24, 56) { (_) throws(KernelReturn) in throw .notSupported }
    case 409:  // kmod_create
      Routine(40, 40) { (_) throws(KernelReturn) in throw .notSupported }
    case 410:  // kmod_destroy
      Routine(36, 36) { (_) throws(KernelReturn) in throw .notSupported }
    case 411:  // kmod_control
      Routine(64, 56, carrying: .bytes) { (_) throws(KernelReturn) in throw .notSupported }
    case 425:  // kext_request
      Routine(60, 80, carrying: .bytes) { (_) throws(KernelReturn) in throw .notSupported }
    default: nil
    }
  }

  /// host_processor_info
  private static func processorInformation(_ call: inout ServedCall) throws(KernelReturn) {
    try call.checkHost()
    var processors: natural_t = 0
    let (words, count) = try Processor.informationOnAll(call.number(), &processors).leak()
    call.beginDescriptors(1)
    call.add(memory: words, size: Int(count) * 4)
    call.endDescriptors()
    call.put(processors)
    call.put(count)
  }

  /// host_request_notification
  private static func notification(_ call: inout ServedCall) throws(KernelReturn) {
    try call.checkHost()
    try Host.requestNotification(call.number(), hasPort: call.hasPort)
  }

  /// host_default_memory_manager
  private static func defaultPager(_ call: inout ServedCall) throws(KernelReturn) {
    try call.checkHost(or: .invalidHost)
    if call.hasRight { throw .init(rawValue: KERN_NO_ACCESS) }
    call.answer(.null)
  }

  /// host_processor_set_priv
  private static func processorSetControl(_ call: inout ServedCall) throws(KernelReturn) {
    try call.checkHost()
    if !call.carriesProcessorSet { throw .invalidArgument }
    call.answer(try ProcessorSet.right(isControl: true))
  }
}

extension ServedCall {
  /// A text, which `body` writes, with its NUL; it returns the length.
  fileprivate mutating func putText(_ body: (UnsafeMutableRawPointer) -> Int) {
    let length = body(resultAddress + 8)
    put(UInt32(0))
    put(UInt32(length + 1))
    advance(length + 1)
  }

  fileprivate mutating func putBootInformation() throws(KernelReturn) {
    let length = try Host.bootInformation(resultAddress + 8)
    put(UInt32(0))
    put(UInt32(length + 1))
    advance(length + 1)
  }

  /// An array of rights, and its count.
  mutating func put(_ rights: consuming KeptRights) throws(KernelReturn) {
    let count = rights.count
    let array = try rights.array()
    beginDescriptors(1)
    add(array, count: count)
    endDescriptors()
    put(UInt32(count))
  }
}

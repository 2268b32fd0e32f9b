// The subsystems vm_map, 3800, and mach_vm, 4800: memory, by message to a task's port. On 64-bit systems the messages of
// the two are the same.

import CLinux
import CMach

enum MemoryServer {
  static func routine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3801, 4800:  // vm_allocate, mach_vm_allocate
      Routine(52, 44) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        let (address, size, flags) = (call.wideWord(), call.wideWord(), call.number())
        call.put(try VirtualMemory.allocate(at: address, size: size, flags: flags))
      }
    case 3802, 4801:  // vm_deallocate, mach_vm_deallocate
      Routine(48, 36) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        try VirtualMemory.deallocate(at: call.wideWord(), size: call.wideWord())
      }
    case 3803, 4802:  // vm_protect, mach_vm_protect
      Routine(56, 36) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        let (address, size, setMaximum) = (call.wideWord(), call.wideWord(), call.word())
        try VirtualMemory.protect(at: address, size: size, setMaximum: setMaximum != 0, call.number())
      }
    case 3804, 4803:  // vm_inherit, mach_vm_inherit
      Routine(52, 36) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        try VirtualMemory.inherit(at: call.wideWord(), size: call.wideWord(), call.word())
      }
    case 3805, 4804: Routine(48, 56, read)
    case 3806, 4805: Routine(4132, 4132, readList)
    case 3807, 4806:  // vm_write, mach_vm_write
      Routine(64, 36, carrying: .bytes) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        try call.writeMemory(to: call.wideWord())
      }
    case 3808, 4807:  // vm_copy, mach_vm_copy
      Routine(56, 36) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        try VirtualMemory.copy(from: call.wideWord(), size: call.wideWord(), to: call.wideWord())
      }
    case 3809, 4808:  // vm_read_overwrite, mach_vm_read_overwrite
      Routine(56, 44) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        let (address, size) = (call.wideWord(), call.wideWord())
        try VirtualMemory.copy(from: address, size: size, to: call.wideWord())
        call.put(size)
      }
    default: behaviorRoutine(identifier) ?? mappingRoutine(identifier) ?? regionRoutine(identifier)
    }
  }

  private static func behaviorRoutine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3810, 4809:  // vm_msync, mach_vm_msync
      Routine(52, 36) { (call) throws(KernelReturn) in
        _ = try call.task()
        try VirtualMemory.synchronize(at: call.wideWord(), size: call.wideWord(), call.word())
      }
    case 3811, 4810:  // vm_behavior_set, mach_vm_behavior_set
      Routine(52, 36) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        try VirtualMemory.setBehavior(at: call.wideWord(), size: call.wideWord(), call.number())
      }
    case 3813, 4812:  // vm_machine_attribute, mach_vm_machine_attribute
      Routine(56, 40) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        try VirtualMemory.setMachineAttribute(at: call.wideWord(), size: call.wideWord())
        _ = call.word()
        call.put(call.word())
      }
    case 3830, 4818:  // vm_purgable_control, mach_vm_purgable_control
      Routine(48, 40) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        let (address, control) = (call.wideWord(), call.number())
        var state = call.number()
        try VirtualMemory.controlPurging(at: address, control, &state)
        call.put(state)
      }
    default: nil
    }
  }

  private static func mappingRoutine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3812, 3826, 4811: Routine(100, 44, carrying: .right(MACH_MSG_TYPE_PORT_SEND), map)
    case 3814, 4813: Routine(92, 52, carrying: .right(MACH_MSG_TYPE_PORT_SEND), remap)
    case 3816, 3825, 4817: Routine(68, 56, carrying: .right(MACH_MSG_TYPE_PORT_SEND), makeEntry)
    default: nil
    }
  }

  private static func regionRoutine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3800: Routine(48, 108) { (call) throws(KernelReturn) in try describe(&call, isWide: false) }
    case 3824, 4816: Routine(48, 108) { (call) throws(KernelReturn) in try describe(&call, isWide: true) }
    case 3821: Routine(48, 136) { (call) throws(KernelReturn) in try describeRecursively(&call, .narrow) }
    case 3822, 4815: Routine(48, 136) { (call) throws(KernelReturn) in try describeRecursively(&call, .wide) }
    case 3817, 4814:  // vm_map_page_query, mach_vm_page_query
      Routine(40, 44) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        let page = try VirtualMemory.page(at: call.wideWord())
        call.put(page.disposition)
        call.put(page.ref_count)
      }
    case 4819:  // mach_vm_page_info
      Routine(48, 168) { (call) throws(KernelReturn) in
        _ = try call.taskArgument()
        let (address, flavor, count) = (call.wideWord(), call.number(), min(call.word(), 32))
        var page = try VirtualMemory.page(at: address, flavor, count: count)
        call.put(count)
        call.resultAddress.copyMemory(from: &page, byteCount: Int(count) * 4)
        call.advance(Int(count) * 4)
      }
    default: nil
    }
  }

  // MARK: Copies

  private static func read(_ call: inout ServedCall) throws(KernelReturn) {
    _ = try call.taskArgument()
    let (address, size) = (call.wideWord(), call.wideWord())
    let memory = try VirtualMemory.read(at: address, size: size)
    call.beginDescriptors(1)
    call.add(memory: memory, size: Int(size))
    call.endDescriptors()
    call.put(UInt32(size))
  }

  private static func readList(_ call: inout ServedCall) throws(KernelReturn) {
    _ = try call.taskArgument()
    let size = MemoryLayout<mach_vm_read_entry>.size * Int(VM_MAP_ENTRY_MAX)
    let (list, count) = (call.rest, (call.rest + size).loadUnaligned(as: UInt32.self))
    call.resultAddress.copyMemory(from: list, byteCount: size)
    try VirtualMemory.readList(call.resultAddress, count: count)
    call.advance(size)
  }

  // MARK: Mapping

  private static func map(_ call: inout ServedCall) throws(KernelReturn) {
    _ = try call.taskArgument()
    let entry = try MemoryEntryRight(call.keptRight())
    let (address, size, mask, flags) = (call.wideWord(), call.wideWord(), call.wideWord(), call.number())
    let (offset, copies) = (call.wideWord(), call.word() != 0)
    let protections = MapProtections(current: call.number(), maximum: call.number())
    let request = MapRequest(
      address, size: size, mask: mask, flags: flags, copies: copies, inheritance: call.word())
    call.put(try VirtualMemory.map(request, protections, entry: entry, offset: offset))
  }

  private static func remap(_ call: inout ServedCall) throws(KernelReturn) {
    _ = try call.taskArgument()
    try call.checkCarriedTask(or: .invalidArgument)
    let (address, size, mask, flags) = (call.wideWord(), call.wideWord(), call.wideWord(), call.number())
    let (source, copies) = (call.wideWord(), call.word() != 0)
    let request = MapRequest(
      address, size: size, mask: mask, flags: flags, copies: copies, inheritance: call.word())
    var protections = MapProtections(current: 0, maximum: 0)
    call.put(try VirtualMemory.remap(request, from: source, &protections))
    call.put(protections.current)
    call.put(protections.maximum)
  }

  private static func makeEntry(_ call: inout ServedCall) throws(KernelReturn) {
    _ = try call.task()
    let parent = try MemoryEntryRight(call.keptRight(), elseNone: true)
    var size = call.wideWord()
    let (offset, permission) = (call.wideWord(), call.number())
    let right = try MemoryEntry.make(size: &size, at: offset, permission, parent: parent)
    call.beginDescriptors(1)
    call.add(right)
    call.endDescriptors()
    call.put(size)
  }

  // MARK: Regions

  private static func describe(_ call: inout ServedCall, isWide: Bool) throws(KernelReturn) {
    _ = try call.taskArgument()
    var (address, size) = (call.wideWord(), UInt64(0))
    var flavor = call.number()
    if isWide, flavor == VM_REGION_BASIC_INFO { flavor = VM_REGION_BASIC_INFO_64 }
    var (count, info) = (min(call.word(), 10), InlineArray<10, UInt32>(repeating: 0))
    try withUnsafeWords(&info) { (words) throws(KernelReturn) in
      try VirtualMemory.region(at: &address, size: &size, flavor, words, &count)
    }
    call.beginDescriptors(1)
    call.add(.null)
    call.endDescriptors()
    call.put(address)
    call.put(size)
    call.put(count)
    for index in 0..<Int(count) { call.put(info[index]) }
  }

  private static func describeRecursively(
    _ call: inout ServedCall, _ form: VirtualMemory.SubmapForm
  ) throws(KernelReturn) {
    _ = try call.taskArgument()
    var (address, size) = (call.wideWord(), UInt64(0))
    _ = call.word()  // how deep to look: there is one level
    var (count, info) = (min(call.word(), 19), InlineArray<19, UInt32>(repeating: 0))
    try withUnsafeWords(&info) { (words) throws(KernelReturn) in
      try VirtualMemory.submap(at: &address, size: &size, form, words, &count)
    }
    call.put(address)
    call.put(size)
    call.put(UInt32(0))
    call.put(count)
    for index in 0..<Int(count) { call.put(info[index]) }
  }

  /// Runs `body` with the address of an array of words.
  private static func withUnsafeWords<Words>(
    _ words: inout Words, _ body: (UnsafeMutableRawPointer) throws(KernelReturn) -> Void
  ) throws(KernelReturn) {
    var code: KernelReturn?
    withUnsafeMutablePointer(to: &words) { pointer in
      do throws(KernelReturn) {
        try body(UnsafeMutableRawPointer(pointer))
      } catch {
        code = error
      }
    }
    if let code { throw code }
  }
}

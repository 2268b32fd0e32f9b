// What <mach/vm_map.h> and <mach/mach_vm.h> have in common: each routine once, for addresses of either width.
// All tasks of a process share its memory, so the task is only checked.

import CMach
import MachKernel

/// Where a call stores an address or a size: of the caller's width, or 64 bits wide.
typealias Place<Word> = UnsafeMutablePointer<Word>

func allocateMemory<Word: FixedWidthInteger>(
  _ target: vm_map_t, _ address: Place<Word>?, _ size: UInt64, _ flags: Int32
) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in
    let address = try output(address)
    address.pointee = Word(try VirtualMemory.allocate(at: UInt64(address.pointee), size: size, flags: flags))
  }
}

func deallocateMemory(_ target: vm_map_t, _ address: UInt64, _ size: UInt64) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in try VirtualMemory.deallocate(at: address, size: size) }
}

func protectMemory(
  _ target: vm_map_t, _ address: UInt64, _ size: UInt64, _ setMaximum: boolean_t, _ protection: vm_prot_t
) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in
    try VirtualMemory.protect(at: address, size: size, setMaximum: setMaximum != 0, protection)
  }
}

func inheritMemory(
  _ target: vm_map_t, _ address: UInt64, _ size: UInt64, _ inheritance: vm_inherit_t
) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in
    try VirtualMemory.inherit(at: address, size: size, inheritance)
  }
}

func readMemory(
  _ target: vm_map_t, _ address: UInt64, _ size: UInt64, _ data: UnsafeMutablePointer<vm_offset_t>?,
  _ count: UnsafeMutablePointer<mach_msg_type_number_t>?
) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in
    let (data, count) = (try output(data), try output(count))
    data.pointee = vm_offset_t(bitPattern: try VirtualMemory.read(at: address, size: size))
    count.pointee = mach_msg_type_number_t(size)
  }
}

func readMemoryList(
  _ target: vm_map_t, _ list: UnsafeMutablePointer<mach_vm_read_entry>?, _ count: natural_t
) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in try VirtualMemory.readList(try output(list), count: count) }
}

func copyMemory(_ target: vm_map_t, from source: UInt64, _ size: UInt64, to address: UInt64) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in
    try VirtualMemory.copy(from: source, size: size, to: address)
  }
}

func overwriteMemory<Word: FixedWidthInteger>(
  _ target: vm_map_t, from source: UInt64, _ size: UInt64, to address: UInt64, _ copied: Place<Word>?
) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in
    let copied = try output(copied)
    try VirtualMemory.copy(from: source, size: size, to: address)
    copied.pointee = Word(size)
  }
}

func synchronizeMemory(
  _ target: vm_map_t, _ address: UInt64, _ size: UInt64, _ flags: vm_sync_t
) -> kern_return_t {
  onSpace(of: target) { (_) throws(KernelReturn) in
    try VirtualMemory.synchronize(at: address, size: size, flags)
  }
}

func setMemoryBehavior(
  _ target: vm_map_t, _ address: UInt64, _ size: UInt64, _ behavior: vm_behavior_t
) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in
    try VirtualMemory.setBehavior(at: address, size: size, behavior)
  }
}

func setMachineAttribute(
  _ target: vm_map_t, _ address: UInt64, _ size: UInt64, _ value: UnsafeMutablePointer<vm_machine_attribute_val_t>?
) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in
    _ = try output(value)
    try VirtualMemory.setMachineAttribute(at: address, size: size)
  }
}

// MARK: Mapping

func mapMemory<Word: FixedWidthInteger>(
  _ target: vm_map_t, _ address: Place<Word>?, _ request: (UInt64) -> MapRequest, _ object: mem_entry_name_port_t,
  _ offset: UInt64, _ protections: MapProtections
) -> kern_return_t {
  onTask(target) { (_, thread) throws(KernelReturn) in
    let address = try output(address)
    let entry = try MemoryEntryRight(try entryRight(object, thread))
    address.pointee = Word(
      try VirtualMemory.map(request(UInt64(address.pointee)), protections, entry: entry, offset: offset))
  }
}

/// A copy of a send right of the caller, or NULL.
private func entryRight(_ name: mach_port_t, _ thread: Thread) throws(KernelReturn) -> KeptRight {
  isNullOrDead(name) ? .null : try thread.task.space.copySend(of: name)
}

func remapMemory<Word: FixedWidthInteger>(
  _ target: vm_map_t, _ address: Place<Word>?, _ request: (UInt64) -> MapRequest, _ source: vm_map_t,
  _ sourceAddress: UInt64, _ current: UnsafeMutablePointer<vm_prot_t>?, _ maximum: UnsafeMutablePointer<vm_prot_t>?
) -> kern_return_t {
  onTask(target) { (_, thread) throws(KernelReturn) in
    let (address, current, maximum) = (try output(address), try output(current), try output(maximum))
    do throws(KernelReturn) {
      _ = try thread.task.task(named: source)
    } catch {
      throw .invalidArgument
    }
    var protections = MapProtections(current: 0, maximum: 0)
    let place = try VirtualMemory.remap(request(UInt64(address.pointee)), from: sourceAddress, &protections)
    address.pointee = Word(place)
    current.pointee = protections.current
    maximum.pointee = protections.maximum
  }
}

func makeMemoryEntry<Word: FixedWidthInteger>(
  _ target: vm_map_t, _ size: Place<Word>?, _ offset: UInt64, _ permission: vm_prot_t,
  _ handle: UnsafeMutablePointer<mach_port_t>?, _ parent: mem_entry_name_port_t
) -> kern_return_t {
  guard let thread = Thread.entering else { return KERN_RESOURCE_SHORTAGE }
  return onSpace(of: target) { (_) throws(KernelReturn) in
    let (size, handle) = (try output(size), try output(handle))
    let parent = try MemoryEntryRight(try entryRight(parent, thread), elseNone: true)
    var bytes = UInt64(size.pointee)
    let right = try MemoryEntry.make(size: &bytes, at: offset, permission, parent: parent)
    handle.pointee = try right.name(in: thread.task.space)
    size.pointee = Word(bytes)
  }
}

// MARK: Regions and pages

func describeMemory<Word: FixedWidthInteger>(
  _ target: vm_map_t, _ address: Place<Word>?, _ size: Place<Word>?, _ flavor: vm_region_flavor_t,
  _ info: vm_region_info_t?, _ count: UnsafeMutablePointer<mach_msg_type_number_t>?,
  _ objectName: UnsafeMutablePointer<mach_port_t>?
) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in
    let (address, size, info, count) = (try output(address), try output(size), try output(info), try output(count))
    var (start, bytes) = (UInt64(address.pointee), UInt64(0))
    try VirtualMemory.region(at: &start, size: &bytes, flavor, info, &count.pointee)
    address.pointee = Word(start)
    size.pointee = Word(bytes)
    objectName?.pointee = 0
  }
}

func describeMemoryRecursively<Word: FixedWidthInteger>(
  _ target: vm_map_t, _ address: Place<Word>?, _ size: Place<Word>?, _ depth: UnsafeMutablePointer<natural_t>?,
  _ form: VirtualMemory.SubmapForm, _ info: vm_region_recurse_info_t?,
  _ count: UnsafeMutablePointer<mach_msg_type_number_t>?
) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in
    let (address, size, depth) = (try output(address), try output(size), try output(depth))
    let (info, count) = (try output(info), try output(count))
    var (start, bytes) = (UInt64(address.pointee), UInt64(0))
    try VirtualMemory.submap(at: &start, size: &bytes, form, info, &count.pointee)
    address.pointee = Word(start)
    size.pointee = Word(bytes)
    depth.pointee = 0
  }
}

func queryPage(
  _ target: vm_map_t, _ address: UInt64, _ disposition: UnsafeMutablePointer<integer_t>?,
  _ references: UnsafeMutablePointer<integer_t>?
) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in
    let (disposition, references) = (try output(disposition), try output(references))
    let page = try VirtualMemory.page(at: address)
    disposition.pointee = page.disposition
    references.pointee = page.ref_count
  }
}

func describePage(
  _ target: vm_map_t, _ address: UInt64, _ flavor: vm_page_info_flavor_t, _ info: vm_page_info_t?,
  _ count: UnsafeMutablePointer<mach_msg_type_number_t>?
) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in
    let (info, count) = (try output(info), try output(count))
    var page = try VirtualMemory.page(at: address, flavor, count: count.pointee)
    UnsafeMutableRawPointer(info).copyMemory(from: &page, byteCount: Int(count.pointee) * 4)
  }
}

func controlPurging(
  _ target: vm_map_t, _ address: UInt64, _ control: vm_purgable_t, _ state: UnsafeMutablePointer<Int32>?
) -> kern_return_t {
  onTask(target) { (_, _) throws(KernelReturn) in
    let state = try output(state)
    try VirtualMemory.controlPurging(at: address, control, &state.pointee)
  }
}

// What can be asked about memory: regions and pages.

import CLinux
import CMach

/// One region, as vm_region tells of it: a mapping, or the part of one that the library knows by itself.
struct RegionDescription {
  var start: UInt
  var end: UInt
  var mapping: Mapping
  /// Of memory of the library; nil for other memory.
  var attributes: PageAttributes?
  /// Of other memory, if they were asked for.
  var flags: MappingFlags?

  var size: UInt { end - start }

  var maximum: Int32 {
    if let attributes { return Int32(attributes.maximum) }
    return mapping.isShared ? Int32((flags?.maximum ?? 0) | mapping.protection) : VM_PROT_ALL
  }

  var inheritance: UInt32 {
    if let attributes { return UInt32(attributes.inheritance) }
    if flags?.isNotInherited ?? false { return VM_INHERIT_NONE }
    return mapping.isShared ? VM_INHERIT_SHARE : VM_INHERIT_COPY
  }

  var behavior: Int32 {
    if let attributes { return Int32(attributes.behavior) }
    guard let flags else { return VM_BEHAVIOR_DEFAULT }
    return flags.isRandom ? VM_BEHAVIOR_RANDOM : flags.isSequential ? VM_BEHAVIOR_SEQUENTIAL : VM_BEHAVIOR_DEFAULT
  }

  var wiredCount: UInt16 { attributes?.isWired ?? flags?.isWired ?? false ? 1 : 0 }

  var tag: UInt32 {
    if let attributes { return UInt32(attributes.tag) }
    switch mapping.kind {
    case .heap: return UInt32(VM_MEMORY_SBRK)
    case .stack: return UInt32(VM_MEMORY_STACK)
    default: return 0
    }
  }

  /// Where it begins in what is behind it.
  var offset: UInt64 { mapping.inode == 0 ? 0 : mapping.offset + UInt64(start - mapping.start) }

  /// The same for whatever is mapped from one place.
  var identity: UInt64 {
    let seed = mapping.inode == 0 ? UInt64(start) : mapping.inode ^ mapping.device << 40
    return Kernel.token(for: seed)
  }

  /// How it is shared, given how many pages there are.
  func shareMode(pages: UInt64) -> UInt8 {
    if mapping.isShared { return UInt8(SM_SHARED) }
    if mapping.kind == .file { return UInt8(SM_COW) }
    return UInt8(pages == 0 ? SM_EMPTY : SM_PRIVATE)
  }
}

extension VirtualMemory {
  /// The region at an address, or the next behind it. Throws INVALID_ADDRESS (there is none), RESOURCE_SHORTAGE.
  static func describe(_ address: UInt64) throws(KernelReturn) -> RegionDescription {
    if address >= UInt64(Int.max) { throw .invalidAddress }
    var next = UInt(address)
    var mapping: Mapping?
    // Pages that no program has lie in mappings like others.
    while true {
      if mapping == nil || mapping!.end <= next { mapping = try MemoryMap.first(endingAfter: next) }
      guard let found = mapping else { throw .invalidAddress }
      next = max(next, found.start)
      let part = part(of: found, at: next)
      if var part {
        if part.attributes == nil { part.flags = try MemoryMap.flags(at: part.start) }
        return part
      }
      next = endOfKept(next)
    }
  }

  /// The part of a mapping around an address that the library has in one region, or that it knows nothing of; nil where
  /// no program has it.
  private static func part(of mapping: Mapping, at address: UInt) -> RegionDescription? {
    lock.acquire()
    defer { lock.release() }
    var part = RegionDescription(start: mapping.start, end: mapping.end, mapping: mapping)
    if let region = regions.first(endingAfter: address), region.start < mapping.end {
      if region.start <= address {
        if region.owner != .program && region.owner != .changing { return nil }
        part.start = max(region.start, mapping.start)
        part.end = min(region.end, mapping.end)
        part.attributes = region.attributes
        return part
      }
      part.end = region.start
    }
    if let before = regions.last(startingBefore: address) { part.start = max(part.start, before.end) }
    return part
  }

  private static func endOfKept(_ address: UInt) -> UInt {
    lock.acquire()
    defer { lock.release() }
    guard let region = regions.first(endingAfter: address), region.start <= address else { return address }
    return region.end
  }

  /// How many pages of a range are in memory, and how many are paged out. Throws RESOURCE_SHORTAGE.
  private static func countPages(
    _ region: RegionDescription
  ) throws(KernelReturn) -> (present: UInt64, swapped: UInt64) {
    let file = clinux_open_pages()
    guard file >= 0 else { throw .resourceShortage }
    defer { clinux_close(file) }
    var present: UInt64 = 0
    var swapped: UInt64 = 0
    guard clinux_count_pages(file, region.start, region.end, &present, &swapped) else { throw .resourceShortage }
    return (present, swapped)
  }

  private static func short(_ count: UInt64) -> UInt32 { UInt32(clamping: count) }

  // MARK: vm_region

  /// vm_region: writes a structure by flavor to `info`, which has room for `count` words, and gives its words. Throws
  /// INVALID_ARGUMENT, INVALID_ADDRESS, RESOURCE_SHORTAGE.
  package static func region(
    at address: inout UInt64, size: inout UInt64, _ flavor: Int32, _ info: UnsafeMutableRawPointer,
    _ count: inout UInt32
  ) throws(KernelReturn) {
    let words = try words(of: flavor)
    if count < words { throw .invalidArgument }
    let region = try describe(address)
    switch flavor {
    case VM_REGION_BASIC_INFO_64: info.storeBytes(of: basic64(region), as: vm_region_basic_info_64.self)
    case VM_REGION_BASIC_INFO: info.storeBytes(of: basic(region), as: vm_region_basic_info.self)
    case VM_REGION_TOP_INFO: info.storeBytes(of: try top(region), as: vm_region_top_info.self)
    default: info.storeBytes(of: try extended(region), as: vm_region_extended_info.self)
    }
    address = UInt64(region.start)
    size = UInt64(region.size)
    count = words
  }

  private static func words(of flavor: Int32) throws(KernelReturn) -> UInt32 {
    switch flavor {
    case VM_REGION_BASIC_INFO_64: UInt32(MemoryLayout<vm_region_basic_info_64>.size / 4)
    case VM_REGION_BASIC_INFO: UInt32(MemoryLayout<vm_region_basic_info>.size / 4)
    case VM_REGION_TOP_INFO: UInt32(MemoryLayout<vm_region_top_info>.size / 4)
    case VM_REGION_EXTENDED_INFO: UInt32(MemoryLayout<vm_region_extended_info>.size / 4)
    default: throw .invalidArgument
    }
  }

  private static func basic64(_ region: RegionDescription) -> vm_region_basic_info_64 {
    var info = vm_region_basic_info_64()
    info.protection = vm_prot_t(region.mapping.protection)
    info.max_protection = region.maximum
    info.inheritance = region.inheritance
    info.shared = region.mapping.isShared ? 1 : 0
    info.offset = region.offset
    info.behavior = region.behavior
    info.user_wired_count = region.wiredCount
    return info
  }

  private static func basic(_ region: RegionDescription) -> vm_region_basic_info {
    var info = vm_region_basic_info()
    info.protection = vm_prot_t(region.mapping.protection)
    info.max_protection = region.maximum
    info.inheritance = region.inheritance
    info.shared = region.mapping.isShared ? 1 : 0
    info.offset = UInt32(truncatingIfNeeded: region.offset)
    info.behavior = region.behavior
    info.user_wired_count = region.wiredCount
    return info
  }

  private static func top(_ region: RegionDescription) throws(KernelReturn) -> vm_region_top_info {
    let pages = try countPages(region)
    var info = vm_region_top_info()
    info.obj_id = UInt32(truncatingIfNeeded: region.identity)
    info.share_mode = region.shareMode(pages: pages.present + pages.swapped)
    info.ref_count = info.share_mode == SM_EMPTY ? 0 : 1
    if region.mapping.isShared {
      info.shared_pages_resident = short(pages.present)
    } else {
      info.private_pages_resident = short(pages.present)
    }
    return info
  }

  private static func extended(_ region: RegionDescription) throws(KernelReturn) -> vm_region_extended_info {
    let pages = try countPages(region)
    var info = vm_region_extended_info()
    info.protection = vm_prot_t(region.mapping.protection)
    info.user_tag = region.tag
    info.pages_resident = short(pages.present)
    info.pages_swapped_out = short(pages.swapped)
    info.external_pager = region.mapping.kind == .file ? 1 : 0
    info.share_mode = region.shareMode(pages: pages.present + pages.swapped)
    info.ref_count = info.share_mode == SM_EMPTY ? 0 : 1
    return info
  }

  // MARK: vm_region_recurse

  /// Which structure vm_region_recurse writes.
  package enum SubmapForm {
    /// With an offset of 32 bits.
    case narrow
    /// As much of the wide one as there is room for.
    case wide
  }

  private static let narrowWords = UInt32(MemoryLayout<vm_region_submap_info>.size / 4)
  private static let shortWords = UInt32(MemoryLayout<vm_region_submap_short_info_64>.size / 4)
  private static let wideWords = UInt32(MemoryLayout<vm_region_submap_info_64>.size / 4)

  /// vm_region_recurse: `info` has room for `count` words, and gets as many as that then says. Throws INVALID_ARGUMENT,
  /// INVALID_ADDRESS, RESOURCE_SHORTAGE.
  package static func submap(
    at address: inout UInt64, size: inout UInt64, _ form: SubmapForm, _ info: UnsafeMutableRawPointer,
    _ count: inout UInt32
  ) throws(KernelReturn) {
    if count < (form == .narrow ? narrowWords : shortWords) { throw .invalidArgument }
    let region = try describe(address)
    if form == .narrow {
      info.storeBytes(of: try submapNarrow(region), as: vm_region_submap_info.self)
      count = narrowWords
    } else if count < wideWords - 1 {
      info.storeBytes(of: try submapShort(region), as: vm_region_submap_short_info_64.self)
      count = shortWords
    } else {
      var wide = try submapWide(region)
      count = min(count, wideWords)
      info.copyMemory(from: &wide, byteCount: Int(count) * 4)
    }
    address = UInt64(region.start)
    size = UInt64(region.size)
  }

  private static func submapWide(_ region: RegionDescription) throws(KernelReturn) -> vm_region_submap_info_64 {
    let counted = try extended(region)
    var info = vm_region_submap_info_64()
    info.protection = counted.protection
    info.max_protection = region.maximum
    info.inheritance = region.inheritance
    info.offset = region.offset
    info.user_tag = counted.user_tag
    info.pages_resident = counted.pages_resident
    info.pages_swapped_out = counted.pages_swapped_out
    info.ref_count = counted.ref_count
    info.external_pager = counted.external_pager
    info.share_mode = counted.share_mode
    info.behavior = region.behavior
    info.object_id = UInt32(truncatingIfNeeded: region.identity)
    info.user_wired_count = region.wiredCount
    return info
  }

  private static func submapNarrow(_ region: RegionDescription) throws(KernelReturn) -> vm_region_submap_info {
    let wide = try submapWide(region)
    var info = vm_region_submap_info()
    info.protection = wide.protection
    info.max_protection = wide.max_protection
    info.inheritance = wide.inheritance
    info.offset = UInt32(truncatingIfNeeded: wide.offset)
    info.user_tag = wide.user_tag
    info.pages_resident = wide.pages_resident
    info.pages_swapped_out = wide.pages_swapped_out
    info.ref_count = wide.ref_count
    info.external_pager = wide.external_pager
    info.share_mode = wide.share_mode
    info.behavior = wide.behavior
    info.object_id = wide.object_id
    info.user_wired_count = wide.user_wired_count
    return info
  }

  private static func submapShort(_ region: RegionDescription) throws(KernelReturn) -> vm_region_submap_short_info_64 {
    let wide = try submapWide(region)
    var info = vm_region_submap_short_info_64()
    info.protection = wide.protection
    info.max_protection = wide.max_protection
    info.inheritance = wide.inheritance
    info.offset = wide.offset
    info.user_tag = wide.user_tag
    info.ref_count = wide.ref_count
    info.external_pager = wide.external_pager
    info.share_mode = wide.share_mode
    info.behavior = wide.behavior
    info.object_id = wide.object_id
    info.user_wired_count = wide.user_wired_count
    return info
  }

  // MARK: Pages

  /// mach_vm_page_info of the flavor VM_PAGE_INFO_BASIC, the one there is; `count` is that of the words that the caller
  /// has room for. Throws INVALID_ARGUMENT, INVALID_ADDRESS, RESOURCE_SHORTAGE.
  package static func page(
    at address: UInt64, _ flavor: Int32, count: UInt32
  ) throws(KernelReturn) -> vm_page_info_basic {
    let words = UInt32(MemoryLayout<vm_page_info_basic>.size / 4)
    if flavor != VM_PAGE_INFO_BASIC || (count != words && count != words - 1) { throw .invalidArgument }
    return try page(at: address)
  }

  /// What is known of the page at an address. Throws INVALID_ADDRESS, RESOURCE_SHORTAGE.
  package static func page(at address: UInt64) throws(KernelReturn) -> vm_page_info_basic {
    if address >= UInt64(Int.max) { throw .invalidAddress }
    let page = UInt(address) & ~UInt(pageSize - 1)
    guard let mapping = try MemoryMap.first(endingAfter: page), mapping.start <= page,
      let region = part(of: mapping, at: page)
    else { throw .invalidAddress }
    let file = clinux_open_pages()
    guard file >= 0 else { throw .resourceShortage }
    defer { clinux_close(file) }
    var bits: UInt8 = 0
    guard clinux_read_pages(file, UInt64(page) / UInt64(pageSize), 1, &bits) else { throw .resourceShortage }
    var info = vm_page_info_basic()
    let isPresent = bits & UInt8(CLINUX_PAGE_PRESENT) != 0
    if isPresent { info.disposition |= VM_PAGE_QUERY_PAGE_PRESENT }
    if bits & UInt8(CLINUX_PAGE_SWAPPED) != 0 { info.disposition |= VM_PAGE_QUERY_PAGE_PAGED_OUT }
    if mapping.kind == .file {
      // A page of a private mapping that is not the file's any more was written to.
      let isCopied = isPresent && bits & UInt8(CLINUX_PAGE_OF_FILE) == 0
      info.disposition |= isCopied ? VM_PAGE_QUERY_PAGE_COPIED : VM_PAGE_QUERY_PAGE_EXTERNAL
    }
    if isPresent { info.ref_count = bits & UInt8(CLINUX_PAGE_SHARED) != 0 ? 2 : 1 }
    info.object_id = region.identity
    info.offset = region.offset + UInt64(page - region.start) + (address & UInt64(pageSize - 1))
    return info
  }
}

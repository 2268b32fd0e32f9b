// <mach/mach_host.h>: what any program may ask of the host.

import CMach
import MachKernel

@_cdecl("host_get_clock_service") @implementation
public func host_get_clock_service(
  _ host: host_t, _ clock_id: clock_id_t, _ clock_serv: UnsafeMutablePointer<clock_serv_t>!
) -> kern_return_t {
  onHost(host) { (thread) throws(KernelReturn) in
    let clock_serv = try output(clock_serv)
    clock_serv.pointee = try Clock.port(of: clock_id, isControl: false).name(in: thread.task.space)
  }
}

// MARK: The machine

@_cdecl("host_info") @implementation
public func host_info(
  _ host: host_t, _ flavor: host_flavor_t, _ host_info_out: host_info_t!,
  _ host_info_outCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onHost(host) { (_) throws(KernelReturn) in
    try tellWords(host_info_out, host_info_outCnt) { (room) throws(KernelReturn) in
      try Host.information(flavor, room: room)
    }
  }
}

/// The text is an array of KERNEL_VERSION_MAX bytes.
@_cdecl("host_kernel_version") @implementation
public func host_kernel_version(_ host: host_t, _ kernel_version: UnsafeMutablePointer<CChar>!) -> kern_return_t {
  onHost(host) { (_) throws(KernelReturn) in
    Host.kernelVersion(try output(kernel_version))
  }
}

@_cdecl("_host_page_size") @implementation
public func _host_page_size(_ host: host_t, _ out_page_size: UnsafeMutablePointer<vm_size_t>!) -> kern_return_t {
  onHost(host) { (_) throws(KernelReturn) in
    let size = try output(out_page_size)
    size.pointee = Host.pageSize
  }
}

/// Declared in <mach/mach_init.h>.
@_cdecl("host_page_size") @implementation
public func host_page_size(_ host: host_t, _ out_page_size: UnsafeMutablePointer<vm_size_t>!) -> kern_return_t {
  guard let out_page_size else { return KERN_INVALID_ARGUMENT }
  out_page_size.pointee = Host.pageSize
  return KERN_SUCCESS
}

@_cdecl("host_get_io_master") @implementation
public func host_get_io_master(_ host: host_t, _ io_master: UnsafeMutablePointer<io_master_t>!) -> kern_return_t {
  onHost(host) { (thread) throws(KernelReturn) in
    let port = try output(io_master)
    port.pointee = try Host.specialPort(HOST_IO_MASTER_PORT).name(in: thread.task.space)
  }
}

// MARK: Statistics

@_cdecl("host_statistics") @implementation
public func host_statistics(
  _ host_priv: host_t, _ flavor: host_flavor_t, _ host_info_out: host_info_t!,
  _ host_info_outCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  tellStatistics(host_priv, flavor, isWide: false, host_info_out, host_info_outCnt)
}

@_cdecl("host_statistics64") @implementation
public func host_statistics64(
  _ host_priv: host_t, _ flavor: host_flavor_t, _ host_info64_out: host_info64_t!,
  _ host_info64_outCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  tellStatistics(host_priv, flavor, isWide: true, host_info64_out, host_info64_outCnt)
}

/// Declared in <mach/host_priv.h>.
@_cdecl("host_priv_statistics") @implementation
public func host_priv_statistics(
  _ host_priv: host_priv_t, _ flavor: host_flavor_t, _ host_info_out: host_info_t!,
  _ host_info_outCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  tellStatistics(host_priv, flavor, isWide: false, host_info_out, host_info_outCnt)
}

private func tellStatistics(
  _ host: host_t, _ flavor: host_flavor_t, isWide: Bool, _ info: host_info_t?,
  _ count: UnsafeMutablePointer<mach_msg_type_number_t>?
) -> kern_return_t {
  onHost(host, or: KERN_INVALID_HOST) { (_) throws(KernelReturn) in
    try tellWords(info, count) { (room) throws(KernelReturn) in
      try HostStatistics.words(flavor, isWide: isWide, room: room)
    }
  }
}

// MARK: Processors

@_cdecl("host_processor_info") @implementation
public func host_processor_info(
  _ host: host_t, _ flavor: processor_flavor_t, _ out_processor_count: UnsafeMutablePointer<natural_t>!,
  _ out_processor_info: UnsafeMutablePointer<processor_info_array_t?>!,
  _ out_processor_infoCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onHost(host) { (_) throws(KernelReturn) in
    let (processorCount, info) = (try output(out_processor_count), try output(out_processor_info))
    let count = try output(out_processor_infoCnt)
    var processors: natural_t = 0
    let words = try Processor.informationOnAll(flavor, &processors).leak()
    info.pointee = words.address.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: integer_t.self) }
    count.pointee = words.count
    processorCount.pointee = processors
  }
}

@_cdecl("processor_set_default") @implementation
public func processor_set_default(
  _ host: host_t, _ default_set: UnsafeMutablePointer<processor_set_name_t>!
) -> kern_return_t {
  onHost(host) { (thread) throws(KernelReturn) in
    let port = try output(default_set)
    port.pointee = try ProcessorSet.right(isControl: false).name(in: thread.task.space)
  }
}

@_cdecl("processor_set_create") @implementation
public func processor_set_create(
  _ host: host_t, _ new_set: UnsafeMutablePointer<processor_set_t>!,
  _ new_name: UnsafeMutablePointer<processor_set_name_t>!
) -> kern_return_t {
  KERN_FAILURE
}

// MARK: Refused

@_cdecl("host_request_notification") @implementation
public func host_request_notification(
  _ host: host_t, _ notify_type: host_flavor_t, _ notify_port: mach_port_t
) -> kern_return_t {
  onHost(host) { (_) throws(KernelReturn) in
    try Host.requestNotification(notify_type, hasPort: !isNullOrDead(notify_port))
  }
}

@_cdecl("host_virtual_physical_table_info") @implementation
public func host_virtual_physical_table_info(
  _ host: host_t, _ info: UnsafeMutablePointer<hash_info_bucket_array_t?>!,
  _ infoCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  KERN_FAILURE
}

@_cdecl("host_lockgroup_info") @implementation
public func host_lockgroup_info(
  _ host: host_t, _ lockgroup_info: UnsafeMutablePointer<lockgroup_info_array_t?>!,
  _ lockgroup_infoCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  onHost(host, or: KERN_INVALID_HOST) { (_) throws(KernelReturn) in throw .notSupported }
}

@_cdecl("kmod_get_info") @implementation
public func kmod_get_info(
  _ host: host_t, _ modules: UnsafeMutablePointer<kmod_args_t?>!,
  _ modulesCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("host_set_atm_diagnostic_flag") @implementation
public func host_set_atm_diagnostic_flag(_ host_priv: host_t, _ diagnostic_flag: UInt32) -> kern_return_t {
  onHost(host_priv) { (_) throws(KernelReturn) in throw .notSupported }
}

@_cdecl("host_get_atm_diagnostic_flag") @implementation
public func host_get_atm_diagnostic_flag(
  _ host: host_t, _ diagnostic_flag: UnsafeMutablePointer<UInt32>!
) -> kern_return_t {
  onHost(host) { (_) throws(KernelReturn) in throw .notSupported }
}

@_cdecl("host_set_multiuser_config_flags") @implementation
public func host_set_multiuser_config_flags(_ host_priv: host_t, _ multiuser_flags: UInt32) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("host_get_multiuser_config_flags") @implementation
public func host_get_multiuser_config_flags(
  _ host: host_t, _ multiuser_flags: UnsafeMutablePointer<UInt32>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("host_check_multiuser_mode") @implementation
public func host_check_multiuser_mode(
  _ host: host_t, _ multiuser_mode: UnsafeMutablePointer<UInt32>!
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

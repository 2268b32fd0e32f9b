// <mach/port_descriptions.h>: special ports in words, and their numbers by the names of their constants.

import CLinux
import CMach

@_cdecl("mach_host_special_port_description") @implementation
public func mach_host_special_port_description(_ offset: Int32) -> UnsafePointer<CChar>! {
  switch offset {
  case HOST_PORT: text("the host, as every task knows it")
  case HOST_PRIV_PORT: text("the host, with all privileges")
  case HOST_IO_MASTER_PORT: text("devices")
  case HOST_DYNAMIC_PAGER_PORT: text("dynamic pager")
  case HOST_AUDIT_CONTROL_PORT: text("audit control")
  case HOST_USER_NOTIFICATION_PORT: text("user notification")
  case HOST_AUTOMOUNTD_PORT: text("automounter")
  case HOST_LOCKD_PORT: text("lockd")
  case HOST_SEATBELT_PORT: text("seatbelt")
  case HOST_KEXTD_PORT: text("kextd")
  case HOST_CHUD_PORT: text("chud")
  case HOST_UNFREED_PORT: text("unfreed")
  case HOST_AMFID_PORT: text("amfid")
  case HOST_GSSD_PORT: text("gssd")
  case HOST_TELEMETRY_PORT: text("telemetry")
  case HOST_ATM_NOTIFICATION_PORT: text("atm notification")
  case HOST_COALITION_PORT: text("coalition notification")
  case HOST_SYSDIAGNOSE_PORT: text("sysdiagnose notification")
  case HOST_XPC_EXCEPTION_PORT: text("XPC exception")
  case HOST_CONTAINERD_PORT: text("container manager")
  default: nil
  }
}

@_cdecl("mach_task_special_port_description") @implementation
public func mach_task_special_port_description(_ offset: Int32) -> UnsafePointer<CChar>! {
  switch offset {
  case TASK_KERNEL_PORT: text("kernel")
  case TASK_HOST_PORT: text("host")
  case TASK_NAME_PORT: text("name")
  case TASK_BOOTSTRAP_PORT: text("bootstrap")
  case TASK_SEATBELT_PORT: text("seatbelt")
  case TASK_ACCESS_PORT: text("access")
  case TASK_DEBUG_CONTROL_PORT: text("debug control")
  default: nil
  }
}

@_cdecl("mach_thread_special_port_description") @implementation
public func mach_thread_special_port_description(_ offset: Int32) -> UnsafePointer<CChar>! {
  offset == THREAD_KERNEL_PORT ? text("kernel") : nil
}

@_cdecl("mach_host_special_port_for_id") @implementation
public func mach_host_special_port_for_id(_ id: UnsafePointer<CChar>!) -> Int32 {
  find(id) { (matches) in
    if matches("HOST_PORT") { return HOST_PORT }
    if matches("HOST_PRIV_PORT") { return HOST_PRIV_PORT }
    if matches("HOST_IO_MASTER_PORT") { return HOST_IO_MASTER_PORT }
    if matches("HOST_DYNAMIC_PAGER_PORT") { return HOST_DYNAMIC_PAGER_PORT }
    if matches("HOST_AUDIT_CONTROL_PORT") { return HOST_AUDIT_CONTROL_PORT }
    if matches("HOST_USER_NOTIFICATION_PORT") { return HOST_USER_NOTIFICATION_PORT }
    if matches("HOST_AUTOMOUNTD_PORT") { return HOST_AUTOMOUNTD_PORT }
    if matches("HOST_LOCKD_PORT") { return HOST_LOCKD_PORT }
    if matches("HOST_SEATBELT_PORT") { return HOST_SEATBELT_PORT }
    if matches("HOST_KEXTD_PORT") { return HOST_KEXTD_PORT }
    if matches("HOST_CHUD_PORT") { return HOST_CHUD_PORT }
    if matches("HOST_UNFREED_PORT") { return HOST_UNFREED_PORT }
    if matches("HOST_AMFID_PORT") { return HOST_AMFID_PORT }
    if matches("HOST_GSSD_PORT") { return HOST_GSSD_PORT }
    if matches("HOST_TELEMETRY_PORT") { return HOST_TELEMETRY_PORT }
    if matches("HOST_ATM_NOTIFICATION_PORT") { return HOST_ATM_NOTIFICATION_PORT }
    if matches("HOST_COALITION_PORT") { return HOST_COALITION_PORT }
    if matches("HOST_SYSDIAGNOSE_PORT") { return HOST_SYSDIAGNOSE_PORT }
    if matches("HOST_XPC_EXCEPTION_PORT") { return HOST_XPC_EXCEPTION_PORT }
    return matches("HOST_CONTAINERD_PORT") ? HOST_CONTAINERD_PORT : nil
  }
}

@_cdecl("mach_task_special_port_for_id") @implementation
public func mach_task_special_port_for_id(_ id: UnsafePointer<CChar>!) -> Int32 {
  find(id) { (matches) in
    if matches("TASK_KERNEL_PORT") { return TASK_KERNEL_PORT }
    if matches("TASK_HOST_PORT") { return TASK_HOST_PORT }
    if matches("TASK_NAME_PORT") { return TASK_NAME_PORT }
    if matches("TASK_BOOTSTRAP_PORT") { return TASK_BOOTSTRAP_PORT }
    if matches("TASK_SEATBELT_PORT") { return TASK_SEATBELT_PORT }
    if matches("TASK_ACCESS_PORT") { return TASK_ACCESS_PORT }
    return matches("TASK_DEBUG_CONTROL_PORT") ? TASK_DEBUG_CONTROL_PORT : nil
  }
}

@_cdecl("mach_thread_special_port_for_id") @implementation
public func mach_thread_special_port_for_id(_ id: UnsafePointer<CChar>!) -> Int32 {
  find(id) { (matches) in matches("THREAD_KERNEL_PORT") ? THREAD_KERNEL_PORT : nil }
}

private func text(_ string: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(string.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// The number of an identifier; -1 with errno EINVAL for a null pointer, ENOENT for an unknown one.
private func find(_ id: UnsafePointer<CChar>?, _ search: ((StaticString) -> Bool) -> Int32?) -> Int32 {
  guard let id else {
    clinux_set_errno(EINVAL)
    return -1
  }
  if let number = search({ clinux_equal(id, text($0)) }) { return number }
  clinux_set_errno(ENOENT)
  return -1
}

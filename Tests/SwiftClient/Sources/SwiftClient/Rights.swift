// Rights to ports, each owned by the value that names it: it ends with the value, or where it is consumed.

import CMach

/// The right to receive from a port: while it lives, the port does.
struct ReceiveRight: ~Copyable, Sendable {
  let name: mach_port_name_t

  /// Of a new port of this task.
  init() throws(MachError) {
    var name = mach_port_name_t(MACH_PORT_NULL)
    try MachError.check(mach_port_allocate(mach_task_self_, MACH_PORT_RIGHT_RECEIVE, &name))
    self.name = name
  }

  /// Of the service with this name, which nobody has checked in yet.
  init(service: String) throws(MachError) {
    var name = mach_port_name_t(MACH_PORT_NULL)
    try MachError.check(bootstrap_check_in(bootstrap_port, service, &name))
    self.name = name
  }

  deinit { mach_port_mod_refs(mach_task_self_, name, MACH_PORT_RIGHT_RECEIVE, -1) }

  func makeSendRight() throws(MachError) -> SendRight {
    let disposition = mach_msg_type_name_t(MACH_MSG_TYPE_MAKE_SEND)
    try MachError.check(mach_port_insert_right(mach_task_self_, name, name, disposition))
    return SendRight(owning: name)
  }
}

/// A right to send to a port, or what is left of one when the port has died: a dead name.
struct SendRight: ~Copyable {
  let name: mach_port_name_t

  /// Takes over a user reference that the task has.
  init(owning name: mach_port_name_t) { self.name = name }

  /// To the service with this name.
  init(service: String) throws(MachError) {
    var name = mach_port_name_t(MACH_PORT_NULL)
    try MachError.check(bootstrap_look_up(bootstrap_port, service, &name))
    self.name = name
  }

  deinit { mach_port_deallocate(mach_task_self_, name) }

  var isDead: Bool {
    var type: mach_port_type_t = 0
    let code = mach_port_type(mach_task_self_, name, &type)
    // The macro MACH_PORT_TYPE_DEAD_NAME, which Swift does not see.
    return code == KERN_SUCCESS && type & 1 << (MACH_PORT_RIGHT_DEAD_NAME + 16) != 0
  }

  /// Has a message sent to `port` when this right's port dies: see `Message.deadName`.
  func notifyOfDeath(at port: borrowing ReceiveRight) throws(MachError) {
    var previous = mach_port_t(MACH_PORT_NULL)
    try MachError.check(
      mach_port_request_notification(
        mach_task_self_, name, mach_msg_id_t(MACH_NOTIFY_DEAD_NAME), 0, port.name,
        mach_msg_type_name_t(MACH_MSG_TYPE_MAKE_SEND_ONCE), &previous))
  }
}

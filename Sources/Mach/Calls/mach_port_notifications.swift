// <mach/mach_port.h>: requests for notifications.

import CMach
import MachKernel

/// The notify right is taken first, as the message that carries it would; if the request fails it ends unused, so that
/// its port hears SEND_ONCE (facts: T14, T16, T20, T21).
@_cdecl("mach_port_request_notification") @implementation
public func mach_port_request_notification(
  _ task: ipc_space_t, _ name: mach_port_name_t, _ msgid: mach_msg_id_t, _ sync: mach_port_mscount_t,
  _ notify: mach_port_t, _ notifyPoly: mach_msg_type_name_t, _ previous: UnsafeMutablePointer<mach_port_t>!
) -> kern_return_t {
  onSpace(of: task) { (space, caller) throws(KernelReturn) in
    let previous = try output(previous)
    let notification = try caller.makeNotification(from: notify, notifyPoly)
    let replaced: RequestedNotification?
    do throws(KernelReturn) {
      replaced = try space.request(msgid, of: name, sync, notification)
    } catch {
      caller.refuse(notification)
      throw error
    }
    previous.pointee = try caller.name(for: replaced)
  }
}

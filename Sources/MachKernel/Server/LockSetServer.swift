// The subsystem lock_set, 617000, and what the subsystem task has of it: there are no sets of locks.

import CMach

enum LockSetServer {
  static func routine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3416: Routine(40, 40, refuse)  // lock_set_create
    case 3417: Routine(40, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND), refuse)  // lock_set_destroy
    case 617000...617005: Routine(36, 36, refuse)
    default: nil
    }
  }

  private static func refuse(_ call: inout ServedCall) throws(KernelReturn) { throw .notSupported }
}

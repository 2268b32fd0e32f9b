// Routines of the subsystems task and thread_act that only say KERN_NOT_SUPPORTED.

import CMach

/// What they say, whatever the port is that the request came to; a request of another form is refused for that first.
enum UnsupportedServer {
  static func taskRoutine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3407, 3408: Routine(24, 36, refuse)  // task_suspend, task_resume
    case 3411: Routine(24, 40, refuse)  // thread_create
    case 3412: Routine(40, 40, upTo: longestState, refuse)  // thread_create_running
    case 3422: Routine(40, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND), refuse)  // task_sample
    case 3424: Routine(44, 36, refuse)  // task_set_emulation
    case 3425: Routine(24, 60, refuse)  // task_get_emulation_vector
    case 3426: Routine(60, 36, carrying: .anyMemory, refuse)  // task_set_emulation_vector
    case 3433: Routine(40, 40 + 4 * longestState, refuse)  // task_get_state
    case 3434: Routine(40, 36, upTo: longestState, refuse)  // task_set_state
    case 3435: Routine(36, 40, refuse)  // task_set_phys_footprint_limit
    case 3436: Routine(24, 40, refuse)  // task_suspend2
    case 3437: Routine(24, 36, refuse)  // task_resume2
    default: nil
    }
  }

  static func threadRoutine(_ identifier: mach_msg_id_t) -> Routine? {
    switch identifier {
    case 3600: Routine(24, 36, refuse)  // thread_terminate
    case 3601, 3603: Routine(40, 40 + 4 * longestState, refuse)  // act_get_state, thread_get_state
    case 3602, 3604: Routine(40, 36, upTo: longestState, refuse)  // act_set_state, thread_set_state
    case 3605...3608: Routine(24, 36, refuse)  // thread_suspend, _resume, _abort, _abort_safely
    case 3616: Routine(44, 36, upTo: 5, behind: 4, refuse)  // thread_policy
    case 3619: Routine(40, 36, carrying: .right(MACH_MSG_TYPE_PORT_SEND), refuse)  // thread_sample
    case 3620: Routine(36, 36, refuse)  // etap_trace_thread
    default: nil
    }
  }

  private static let longestState = Int(THREAD_STATE_MAX)

  private static func refuse(_ call: inout ServedCall) throws(KernelReturn) { throw .notSupported }
}

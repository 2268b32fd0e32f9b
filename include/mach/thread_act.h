/// What a thread tells, how it is scheduled, and the ports that it is given: special, and for exceptions.
///
/// The first argument is the port of the thread that is meant, from mach_thread_self() or pthread_mach_thread_np(). It
/// is only looked at. Every other argument that is a port is a name in the calling task, and so is every port returned.
///
/// Every routine gives KERN_SUCCESS when it is done, and besides the codes listed with it:
///   KERN_INVALID_ARGUMENT  the thread is null, has ended, or is no port of a thread; or an output is a null pointer
/// A routine that fails changes nothing: no right is taken, no output is written.
#ifndef _MACH_THREAD_ACT_H_
#define _MACH_THREAD_ACT_H_

#include <sys/cdefs.h>

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/message.h>
#include <mach/mig_errors.h>
#include <mach/ndr.h>
#include <mach/notify.h>
#include <mach/port.h>
#include <mach/std_types.h>

__BEGIN_DECLS

/* -- Information ---------------------------------------------------------------------------------------------------- */

/// Writes what `flavor` says of the thread to `thread_info_out` (<mach/thread_info.h>), which has room for
/// `*thread_info_outCnt` words, and how many it wrote to that.
///
///   KERN_INVALID_ARGUMENT   `flavor` is none that there is, or there is too little room for it
///   KERN_INVALID_POLICY     the old flavor tells of another policy than the thread's
///   KERN_NOT_SUPPORTED      `flavor` is THREAD_DEBUG_INFO_INTERNAL
///   KERN_TERMINATED         the thread ended meanwhile
///   KERN_FAILURE            /proc cannot be read
///   KERN_RESOURCE_SHORTAGE  no file descriptor to read /proc
kern_return_t thread_info(thread_act_t target_act, thread_flavor_t flavor, thread_info_t thread_info_out,
                          mach_msg_type_number_t *thread_info_outCnt);

/* -- Scheduling ------------------------------------------------------------------------------------------------------ */

/// Says how the thread is scheduled (<mach/thread_policy.h>): `policy_infoCnt` words. THREAD_STANDARD_POLICY is Linux's
/// time sharing; THREAD_EXTENDED_POLICY without `timeshare` is SCHED_RR with priority 1, THREAD_TIME_CONSTRAINT_POLICY
/// SCHED_FIFO with priority 2, neither of which new threads inherit; THREAD_PRECEDENCE_POLICY is a nice value of
/// -`importance`, between -20 and 19.
///
///   KERN_INVALID_ARGUMENT  `flavor` is none that there is, or cannot be set, `policy_infoCnt` is too small for it, or
///                          what `policy_info` says is out of range
///   KERN_POLICY_LIMIT      the system does not let the process do it: it needs CAP_SYS_NICE, or an RLIMIT_RTPRIO of 1
///                          or 2, or for a nice value an RLIMIT_NICE of 20 less that
///   KERN_NOT_SUPPORTED     `flavor` is THREAD_AFFINITY_POLICY, THREAD_LATENCY_QOS_POLICY or
///                          THREAD_THROUGHPUT_QOS_POLICY
///   KERN_TERMINATED        the thread ended meanwhile
kern_return_t thread_policy_set(thread_act_t thread, thread_policy_flavor_t flavor, thread_policy_t policy_info,
                                mach_msg_type_number_t policy_infoCnt);

/// Tells how the thread is scheduled, or, if `*get_default` is not 0, what the default is. `*get_default` becomes TRUE
/// if the thread is scheduled otherwise than `flavor` speaks of; the default is told then. `*policy_infoCnt` is the room
/// in words, and becomes how many were written.
///
///   KERN_INVALID_ARGUMENT  `flavor` is none that there is, or there is too little room for it
///   KERN_NOT_SUPPORTED     `flavor` is THREAD_AFFINITY_POLICY
///   KERN_TERMINATED        the thread ended meanwhile
kern_return_t thread_policy_get(thread_act_t thread, thread_policy_flavor_t flavor, thread_policy_t policy_info,
                                mach_msg_type_number_t *policy_infoCnt, boolean_t *get_default);

/// Ends the depression of a thread's priority. There never is one when another call can be made: thread_switch ends it.
///
///   KERN_NOT_DEPRESSED  always, for a live thread
kern_return_t thread_depress_abort(thread_act_t thread);

/// KERN_FAILURE, whatever is passed: there is one set of processors.
kern_return_t thread_assign(thread_act_t thread, processor_set_t new_set);
kern_return_t thread_assign_default(thread_act_t thread);

/// Gives the name port of the set of processors that the thread is assigned to, the only one: a send right that the
/// caller owns.
///
///   KERN_RESOURCE_SHORTAGE  no memory
///   KERN_NO_SPACE           the caller has no free name
kern_return_t thread_get_assignment(thread_act_t thread, processor_set_name_t *assigned_set);

/* -- Not supported --------------------------------------------------------------------------------------------------- */

/// KERN_NOT_SUPPORTED, whatever is passed. Threads are pthreads, which no one can stop, end or look into from within the
/// process, and their old priorities mean nothing to Linux.
kern_return_t thread_terminate(thread_act_t target_act);
kern_return_t act_get_state(thread_act_t target_act, int flavor, thread_state_t old_state,
                            mach_msg_type_number_t *old_stateCnt);
kern_return_t act_set_state(thread_act_t target_act, int flavor, thread_state_t new_state,
                            mach_msg_type_number_t new_stateCnt);
kern_return_t thread_get_state(thread_act_t target_act, thread_state_flavor_t flavor, thread_state_t old_state,
                               mach_msg_type_number_t *old_stateCnt);
kern_return_t thread_set_state(thread_act_t target_act, thread_state_flavor_t flavor, thread_state_t new_state,
                               mach_msg_type_number_t new_stateCnt);
kern_return_t thread_suspend(thread_act_t target_act);
kern_return_t thread_resume(thread_act_t target_act);
kern_return_t thread_abort(thread_act_t target_act);
kern_return_t thread_abort_safely(thread_act_t target_act);
kern_return_t thread_policy(thread_act_t thr_act, policy_t policy, policy_base_t base, mach_msg_type_number_t baseCnt,
                            boolean_t set_limit);
kern_return_t thread_set_policy(thread_act_t thr_act, processor_set_t pset, policy_t policy, policy_base_t base,
                                mach_msg_type_number_t baseCnt, policy_limit_t limit, mach_msg_type_number_t limitCnt);
kern_return_t thread_sample(thread_act_t thread, mach_port_t reply);
kern_return_t etap_trace_thread(thread_act_t target_act, boolean_t trace_status);

/* -- Special ports, exception ports ---------------------------------------------------------------------------------- */

/// Gives a special port of a thread, THREAD_KERNEL_PORT: a send right that the caller owns, MACH_PORT_NULL when there
/// is none, MACH_PORT_DEAD when it died.
///
///   KERN_INVALID_ARGUMENT   `which_port` is no special port
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t thread_get_special_port(thread_act_t thr_act, int which_port, mach_port_t *special_port);

/// Sets a special port of a thread to a send right of the caller, which keeps its own, or to MACH_PORT_NULL.
///
///   KERN_INVALID_ARGUMENT    `which_port` is no special port
///   MACH_SEND_INVALID_RIGHT  `special_port` is unknown or has no send right
kern_return_t thread_set_special_port(thread_act_t thr_act, int which_port, mach_port_t special_port);

/// Sets who handles the exceptions of a thread, before its task's handlers are asked. As task_set_exception_ports.
///
///   KERN_INVALID_ARGUMENT    a bit outside EXC_MASK_VALID, an unknown behavior with a port that is neither
///                            MACH_PORT_NULL nor MACH_PORT_DEAD, or an unknown flavor
///   KERN_RESOURCE_SHORTAGE   no memory
///   MACH_SEND_INVALID_RIGHT  `new_port` is unknown or has no send right
kern_return_t thread_set_exception_ports(thread_act_t thread, exception_mask_t exception_mask, mach_port_t new_port,
                                         exception_behavior_t behavior, thread_state_flavor_t new_flavor);

/// Lists the handlers of a thread, as task_get_exception_ports does those of a task.
///
///   KERN_INVALID_ARGUMENT   a bit outside EXC_MASK_VALID
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t thread_get_exception_ports(thread_act_t thread, exception_mask_t exception_mask,
                                         exception_mask_array_t masks, mach_msg_type_number_t *masksCnt,
                                         exception_handler_array_t old_handlers,
                                         exception_behavior_array_t old_behaviors,
                                         exception_flavor_array_t old_flavors);

/// Does both at once: sets the handler, and lists those that it took the place of. The codes are those of the two.
kern_return_t thread_swap_exception_ports(thread_act_t thread, exception_mask_t exception_mask, mach_port_t new_port,
                                          exception_behavior_t behavior, thread_state_flavor_t new_flavor,
                                          exception_mask_array_t masks, mach_msg_type_number_t *masksCnt,
                                          exception_handler_array_t old_handlers,
                                          exception_behavior_array_t old_behaviors,
                                          exception_flavor_array_t old_flavors);

/* There are no vouchers: these give KERN_NOT_SUPPORTED, whatever is passed. */

kern_return_t thread_get_mach_voucher(thread_act_t thr_act, mach_voucher_selector_t which, ipc_voucher_t *voucher);
kern_return_t thread_set_mach_voucher(thread_act_t thr_act, ipc_voucher_t voucher);
kern_return_t thread_swap_mach_voucher(thread_act_t thr_act, ipc_voucher_t new_voucher, ipc_voucher_t *old_voucher);

__END_DECLS

#endif

/// Making and ending tasks, what they tell, their threads and semaphores, and the ports that a task is given: registered,
/// special, and for exceptions.
///
/// The first argument is the port of the task that is meant: mach_task_self() for one's own. It is only looked at.
/// Every other argument that is a port is a name in the calling task, and so is every port returned.
///
/// Every routine gives KERN_SUCCESS when it is done, and besides the codes listed with it:
///   KERN_INVALID_ARGUMENT  the task is null, dead, or no port of a task; or an output is a null pointer
/// A routine that fails changes nothing: no right is taken (save by semaphore_destroy), no output is written.
#ifndef _MACH_TASK_H_
#define _MACH_TASK_H_

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

/* -- Tasks --------------------------------------------------------------------------------------------------------- */

/// Makes a task inside this process and writes its port to `*child_task`, a send right that the caller owns. The new
/// task knows no port but its own, under the name that mach_task_self() has everywhere; it inherits copies of
/// `target_task`'s registered, special and exception ports. It has no thread until one acts in it, with
/// mach_linux_task_adopt, and shares the memory of the process. `ledgers` and `inherit_memory` are not used.
///
///   KERN_RESOURCE_SHORTAGE  no memory
///   KERN_NO_SPACE           the caller has no free name
kern_return_t task_create(task_t target_task, ledger_array_t ledgers, mach_msg_type_number_t ledgersCnt,
                          boolean_t inherit_memory, task_t *child_task);

/// Ends a task: all its rights go, by ascending name, so that the ports it receives from die; then its registered,
/// special and exception ports; and its own port becomes a dead name for those who knew it. A thread that waits to
/// receive in it gets MACH_RCV_PORT_CHANGED; one that waits to send succeeds, and its message ends. `target_task` stays
/// to be deallocated. Ending the task of the process ends the process, as SIGKILL does.
///
///   KERN_FAILURE  another thread is ending the task
kern_return_t task_terminate(task_t target_task);

/* -- Information ---------------------------------------------------------------------------------------------------- */

/// Writes what `flavor` says of the task to `task_info_out` (<mach/task_info.h>), which has room for `*task_info_outCnt`
/// words, and how many it wrote to that. `target_task` may also be a port that only names the task. All tasks of a
/// process tell the same: what Linux knows of the process.
///
///   KERN_INVALID_ARGUMENT   `flavor` is none that there is, or there is too little room for it
///   KERN_INVALID_POLICY     `flavor` is TASK_SCHED_RR_INFO or TASK_SCHED_FIFO_INFO
///   KERN_NOT_SUPPORTED      `flavor` is one that there is, and this library does not tell
///   KERN_FAILURE            /proc cannot be read
///   KERN_RESOURCE_SHORTAGE  no memory, or no file descriptor to read /proc
kern_return_t task_info(task_name_t target_task, task_flavor_t flavor, task_info_t task_info_out,
                        mach_msg_type_number_t *task_info_outCnt);

/// Was to change what task_info tells: nothing can be changed so.
///
///   KERN_INVALID_ARGUMENT  always
kern_return_t task_set_info(task_t target_task, task_flavor_t flavor, task_info_t task_info_in,
                            mach_msg_type_number_t task_info_inCnt);

/// Lists the threads of a task: a send right to the port of each, which the caller owns. Those of the process's own task
/// are all threads of the process that act for no other, whether they have called the library or not, without the one
/// of the library's timers. The array is memory of its own, which the caller gives back with
/// vm_deallocate(mach_task_self(), address, count * sizeof element); it is a null pointer when there is no thread.
///
///   KERN_FAILURE            the task is coming to its end, or /proc cannot be read
///   KERN_RESOURCE_SHORTAGE  no memory, or no file descriptor to read /proc
kern_return_t task_threads(task_t target_task, thread_act_array_t *act_list, mach_msg_type_number_t *act_listCnt);

/// Makes a port that stands for the task and gives no power over it, and writes it to `*token`: a send right that the
/// caller owns. It is the same port each time, and dies with the task.
///
///   KERN_RESOURCE_SHORTAGE  no memory
///   KERN_NO_SPACE           the caller has no free name
kern_return_t task_create_identity_token(task_t task, task_id_token_t *token);

/// Gives the port of the task that an identity token stands for: a send right that the caller owns. `flavor` is
/// TASK_FLAVOR_CONTROL for the task's own port, TASK_FLAVOR_NAME for the one that only names it.
///
///   KERN_INVALID_ARGUMENT   `token` is no identity token of a live task, or `flavor` is none that there is
///   KERN_NOT_SUPPORTED      `flavor` is TASK_FLAVOR_READ or TASK_FLAVOR_INSPECT
///   KERN_RESOURCE_SHORTAGE  no memory
///   KERN_NO_SPACE           the caller has no free name
kern_return_t task_identity_token_get_task_port(task_id_token_t token, task_flavor_t flavor, mach_port_t *task_port);

/* -- Scheduling ------------------------------------------------------------------------------------------------------ */

/// Was to say what part the task plays (<mach/task_policy.h>). Linux has nothing that corresponds to it.
///
///   KERN_INVALID_ARGUMENT  `flavor` is none that there is, or cannot be set, `policy_infoCnt` is too small for it, or
///                          what `policy_info` says is out of range
///   KERN_NOT_SUPPORTED     otherwise
kern_return_t task_policy_set(task_t task, task_policy_flavor_t flavor, task_policy_t policy_info,
                              mach_msg_type_number_t policy_infoCnt);

/// Tells the part that the task plays, which is the default one: TASK_UNSPECIFIED for TASK_CATEGORY_POLICY, and
/// LATENCY_QOS_TIER_UNSPECIFIED and THROUGHPUT_QOS_TIER_UNSPECIFIED for TASK_BASE_QOS_POLICY and
/// TASK_OVERRIDE_QOS_POLICY. `*policy_infoCnt` is the room in words, and becomes how many were written; `*get_default`
/// is looked at by no one and stays.
///
///   KERN_INVALID_ARGUMENT  `flavor` is none that there is, or there is too little room for it
///   KERN_NOT_SUPPORTED     `flavor` is TASK_POLICY_STATE or TASK_SUPPRESSION_POLICY
kern_return_t task_policy_get(task_t task, task_policy_flavor_t flavor, task_policy_t policy_info,
                              mach_msg_type_number_t *policy_infoCnt, boolean_t *get_default);

/// These old calls give KERN_FAILURE, whatever is passed: tasks have no scheduling policy of their own, and there is one
/// set of processors.
kern_return_t task_policy(task_t task, policy_t policy, policy_base_t base, mach_msg_type_number_t baseCnt,
                          boolean_t set_limit, boolean_t change);
kern_return_t task_set_policy(task_t task, processor_set_t pset, policy_t policy, policy_base_t base,
                              mach_msg_type_number_t baseCnt, policy_limit_t limit, mach_msg_type_number_t limitCnt,
                              boolean_t change);
kern_return_t task_assign(task_t task, processor_set_t new_set, boolean_t assign_threads);
kern_return_t task_assign_default(task_t task, boolean_t assign_threads);
kern_return_t task_set_ras_pc(task_t target_task, vm_address_t basepc, vm_address_t boundspc);

/// Gives the name port of the set of processors that the task is assigned to, the only one: a send right that the caller
/// owns.
///
///   KERN_FAILURE            the task is none
///   KERN_RESOURCE_SHORTAGE  no memory
///   KERN_NO_SPACE           the caller has no free name
kern_return_t task_get_assignment(task_t task, processor_set_name_t *assigned_set);

/* -- Guard exceptions ------------------------------------------------------------------------------------------------ */

/// Tells which optional guard exceptions the task gets: none, TASK_EXC_GUARD_NONE.
kern_return_t task_get_exc_guard_behavior(task_t task, task_exc_guard_behavior_t *behavior);

/// Says which optional guard exceptions the task gets. The library raises none, so none can be asked for.
///
///   KERN_INVALID_VALUE  `behavior` has a bit outside TASK_EXC_GUARD_ALL
///   KERN_NOT_SUPPORTED  `behavior` is not TASK_EXC_GUARD_NONE
kern_return_t task_set_exc_guard_behavior(task_t task, task_exc_guard_behavior_t behavior);

/* -- Not supported --------------------------------------------------------------------------------------------------- */

/// KERN_NOT_SUPPORTED, whatever is passed. Threads are pthreads, which no one can stop, make in another's place, or look
/// into from within the process.
kern_return_t task_suspend(task_t target_task);
kern_return_t task_resume(task_t target_task);
kern_return_t task_suspend2(task_t target_task, task_suspension_token_t *suspend_token);
kern_return_t task_resume2(task_suspension_token_t suspend_token);
kern_return_t thread_create(task_t parent_task, thread_act_t *child_act);
kern_return_t thread_create_running(task_t parent_task, thread_state_flavor_t flavor, thread_state_t new_state,
                                    mach_msg_type_number_t new_stateCnt, thread_act_t *child_act);
kern_return_t task_get_state(task_t task, thread_state_flavor_t flavor, thread_state_t old_state,
                             mach_msg_type_number_t *old_stateCnt);
kern_return_t task_set_state(task_t task, thread_state_flavor_t flavor, thread_state_t new_state,
                             mach_msg_type_number_t new_stateCnt);
kern_return_t task_sample(task_t task, mach_port_t reply);
kern_return_t task_set_emulation(task_t target_port, vm_address_t routine_entry_pt, int routine_number);
kern_return_t task_get_emulation_vector(task_t task, int *vector_start, emulation_vector_t *emulation_vector,
                                        mach_msg_type_number_t *emulation_vectorCnt);
kern_return_t task_set_emulation_vector(task_t task, int vector_start, emulation_vector_t emulation_vector,
                                        mach_msg_type_number_t emulation_vectorCnt);
kern_return_t task_set_phys_footprint_limit(task_t task, int new_limit, int *old_limit);

/* -- Semaphores ---------------------------------------------------------------------------------------------------- */

/// Makes a semaphore that a task owns and writes its port to `*semaphore`, a send right that the caller owns. `value`
/// is its first count, `policy` SYNC_POLICY_FIFO or SYNC_POLICY_LIFO. <mach/semaphore.h> has what is done with it. It
/// ends with its last send right.
///
///   KERN_INVALID_ARGUMENT   `policy` is none that there is, or `value` is negative
///   KERN_RESOURCE_SHORTAGE  no memory
///   KERN_NO_SPACE           the caller has no free name
kern_return_t semaphore_create(task_t task, semaphore_t *semaphore, int policy, int value);

/// Destroys a semaphore that the task owns, as the end of the task does: from then on it only gives KERN_TERMINATED,
/// also to those who wait on it. Takes one user reference of the send right, even when it fails, unless the name had
/// none or the task is none.
///
///   KERN_INVALID_ARGUMENT    `semaphore` is MACH_PORT_NULL, MACH_PORT_DEAD, a dead name or no semaphore's port, or the
///                            task does not own it, or not any more
///   MACH_SEND_INVALID_RIGHT  `semaphore` is unknown or has no send right
kern_return_t semaphore_destroy(task_t task, semaphore_t semaphore);

/// Sets of locks (<mach/lock_set.h>): KERN_NOT_SUPPORTED, whatever is passed.
kern_return_t lock_set_create(task_t task, lock_set_t *new_lock_set, int n_ulocks, int policy);
kern_return_t lock_set_destroy(task_t task, lock_set_t lock_set);

/* -- Registered ports ---------------------------------------------------------------------------------------------- */

/// Keeps up to TASK_PORT_REGISTER_MAX ports with a task, which every task made from it inherits: `init_port_setCnt`
/// names in `init_port_set`, each a send right of the caller, MACH_PORT_NULL or MACH_PORT_DEAD. The rights are copied:
/// the caller keeps its own. They take the place of all ports registered before; slots beyond the count become
/// MACH_PORT_NULL. What the first three slots are for say NAME_SERVER_SLOT, ENVIRONMENT_SLOT and SERVICE_SLOT.
///
///   KERN_INVALID_ARGUMENT    the count exceeds TASK_PORT_REGISTER_MAX, or it is not 0 and `init_port_set` is a null
///                            pointer
///   MACH_SEND_INVALID_RIGHT  a name is unknown or has no send right
kern_return_t mach_ports_register(task_t target_task, mach_port_array_t init_port_set,
                                  mach_msg_type_number_t init_port_setCnt);

/// Lists the registered ports of a task: TASK_PORT_REGISTER_MAX names, MACH_PORT_NULL where none is registered,
/// MACH_PORT_DEAD where it died. Each of the others is a send right that the caller owns. The array is memory of its
/// own, which the caller gives back with vm_deallocate(mach_task_self(), address, count * sizeof element). A right for
/// which the caller has no name left ends and shows as MACH_PORT_NULL.
///
///   KERN_RESOURCE_SHORTAGE  no memory for the array
kern_return_t mach_ports_lookup(task_t target_task, mach_port_array_t *init_port_set,
                                mach_msg_type_number_t *init_port_setCnt);

/* -- Special ports ------------------------------------------------------------------------------------------------- */

/// Gives a special port of a task, TASK_KERNEL_PORT and so on: a send right that the caller owns, MACH_PORT_NULL when
/// there is none, MACH_PORT_DEAD when it died.
///
///   KERN_INVALID_ARGUMENT   `which_port` is no special port
///   KERN_FAILURE            the task is coming to its end
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t task_get_special_port(task_t task, int which_port, mach_port_t *special_port);

/// Sets a special port of a task to a send right of the caller, which keeps its own, or to MACH_PORT_NULL.
///
///   KERN_INVALID_ARGUMENT    `which_port` is no special port, or TASK_NAME_PORT
///   KERN_FAILURE             the task is coming to its end
///   KERN_NO_ACCESS           TASK_SEATBELT_PORT or TASK_ACCESS_PORT is set already
///   MACH_SEND_INVALID_RIGHT  `special_port` is unknown or has no send right
kern_return_t task_set_special_port(task_t task, int which_port, mach_port_t special_port);

/* -- Exception ports ----------------------------------------------------------------------------------------------- */

/// Sets who handles the exceptions of a task whose thread has no handler of its own. For every type in `exception_mask`
/// (EXC_MASK_) messages go to `new_port`, a send right of the caller, which keeps its own, or to nobody with
/// MACH_PORT_NULL; `behavior` says which message (EXCEPTION_, with MACH_EXCEPTION_CODES or without) and `new_flavor`
/// which state of the thread it carries, 0 for none.
///
///   KERN_INVALID_ARGUMENT    a bit outside EXC_MASK_VALID, an unknown behavior with a port that is neither
///                            MACH_PORT_NULL nor MACH_PORT_DEAD, or an unknown flavor
///   KERN_FAILURE             the task is coming to its end
///   MACH_SEND_INVALID_RIGHT  `new_port` is unknown or has no send right
kern_return_t task_set_exception_ports(task_t task, exception_mask_t exception_mask, mach_port_t new_port,
                                       exception_behavior_t behavior, thread_state_flavor_t new_flavor);

/// Lists the handlers of the types in `exception_mask`. Types with the same handler share one place: `masks[i]` are the
/// types that `old_handlers[i]` handles, with that behavior and flavor. Types without a handler are listed too, with
/// MACH_PORT_NULL. `*masksCnt` becomes the number of places. Every other handler is a send right that the caller owns.
/// The arrays have room for EXC_TYPES_COUNT elements; what the caller passed in the count does not matter.
///
///   KERN_INVALID_ARGUMENT   a bit outside EXC_MASK_VALID
///   KERN_FAILURE            the task is coming to its end
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t task_get_exception_ports(task_t task, exception_mask_t exception_mask, exception_mask_array_t masks,
                                       mach_msg_type_number_t *masksCnt, exception_handler_array_t old_handlers,
                                       exception_behavior_array_t old_behaviors, exception_flavor_array_t old_flavors);

/// Does both at once: sets the handler, and lists those that it took the place of. The codes are those of the two.
kern_return_t task_swap_exception_ports(task_t task, exception_mask_t exception_mask, mach_port_t new_port,
                                        exception_behavior_t behavior, thread_state_flavor_t new_flavor,
                                        exception_mask_array_t masks, mach_msg_type_number_t *masksCnt,
                                        exception_handler_array_t old_handlerss,
                                        exception_behavior_array_t old_behaviors, exception_flavor_array_t old_flavors);

/* There are no vouchers: these give KERN_NOT_SUPPORTED, whatever is passed. */

kern_return_t task_get_mach_voucher(task_t task, mach_voucher_selector_t which, ipc_voucher_t *voucher);
kern_return_t task_set_mach_voucher(task_t task, ipc_voucher_t voucher);
kern_return_t task_swap_mach_voucher(task_t task, ipc_voucher_t new_voucher, ipc_voucher_t *old_voucher);

__END_DECLS

#endif

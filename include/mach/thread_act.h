/// The ports that a thread is given: special, and for exceptions.
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

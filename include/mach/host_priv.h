/// The ports that the host is given, special and for exceptions, those of its clocks, processors and their sets, and memory
/// that stays. The host is this process.
///
/// The first argument is the port of the host, from mach_host_self(). It is only looked at. Every other argument that
/// is a port is a name in the calling task, and so is every port returned.
///
/// Every routine gives KERN_SUCCESS when it is done, and besides the codes listed with it:
///   KERN_INVALID_ARGUMENT  the host is null or no port of the host; or an output is a null pointer
/// A routine that fails changes nothing: no right is taken, no output is written.
#ifndef _MACH_HOST_PRIV_H_
#define _MACH_HOST_PRIV_H_

#include <sys/cdefs.h>

#include <mach/clock_types.h>
#include <mach/host_info.h>
#include <mach/host_reboot.h>
#include <mach/kern_return.h>
#include <mach/kmod.h>
#include <mach/mach_types.h>
#include <mach/message.h>
#include <mach/mig_errors.h>
#include <mach/ndr.h>
#include <mach/notify.h>
#include <mach/port.h>
#include <mach/std_types.h>

__BEGIN_DECLS

/// Keeps memory of `task` from being paged out; with VM_PROT_NONE lets it go again, however often it was wired. The
/// memory must allow `desired_access`.
///
///   KERN_INVALID_HOST        in place of KERN_INVALID_ARGUMENT, for the host
///   KERN_INVALID_TASK        `task` is no task or a dead one
///   KERN_INVALID_ARGUMENT    a bit outside VM_PROT_ALL, or the range passes the end of all addresses
///   KERN_INVALID_ADDRESS     there is no memory in some of the range
///   KERN_PROTECTION_FAILURE  some of it does not allow that access
///   KERN_RESOURCE_SHORTAGE   more than the process may wire, or memory ran out
kern_return_t vm_wire(host_priv_t host_priv, vm_map_t task, vm_address_t address, vm_size_t size,
                      vm_prot_t desired_access);

/// As vm_wire.
kern_return_t mach_vm_wire(host_priv_t host_priv, vm_map_t task, mach_vm_address_t address, mach_vm_size_t size,
                           vm_prot_t desired_access);

/// Gives a special port of the host, HOST_PORT and so on: a send right that the caller owns, MACH_PORT_NULL when there
/// is none, MACH_PORT_DEAD when it died. `node` is not used; programs pass HOST_LOCAL_NODE.
///
///   KERN_INVALID_ARGUMENT   `which` is HOST_SECURITY_PORT, less than 0, or more than HOST_MAX_SPECIAL_PORT
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t host_get_special_port(host_priv_t host_priv, int node, int which, mach_port_t *port);

/// Sets a special port of the host to a send right of the caller, which keeps its own, or to MACH_PORT_NULL.
///
///   KERN_INVALID_ARGUMENT    `which` is HOST_MAX_SPECIAL_KERNEL_PORT or less, or more than HOST_MAX_SPECIAL_PORT
///   MACH_SEND_INVALID_RIGHT  `port` is unknown or has no send right
kern_return_t host_set_special_port(host_priv_t host_priv, int which, mach_port_t port);

/// Sets who handles the exceptions that neither the thread nor its task has a handler for. As
/// task_set_exception_ports.
///
///   KERN_INVALID_ARGUMENT    a bit outside EXC_MASK_VALID, an unknown behavior with a port that is neither
///                            MACH_PORT_NULL nor MACH_PORT_DEAD, or an unknown flavor
///   MACH_SEND_INVALID_RIGHT  `new_port` is unknown or has no send right
kern_return_t host_set_exception_ports(host_priv_t host_priv, exception_mask_t exception_mask, mach_port_t new_port,
                                       exception_behavior_t behavior, thread_state_flavor_t new_flavor);

/// Lists the handlers of the host, as task_get_exception_ports does those of a task.
///
///   KERN_INVALID_ARGUMENT   a bit outside EXC_MASK_VALID
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t host_get_exception_ports(host_priv_t host_priv, exception_mask_t exception_mask,
                                       exception_mask_array_t masks, mach_msg_type_number_t *masksCnt,
                                       exception_handler_array_t old_handlers, exception_behavior_array_t old_behaviors,
                                       exception_flavor_array_t old_flavors);

/// Does both at once: sets the handler, and lists those that it took the place of. The codes are those of the two.
kern_return_t host_swap_exception_ports(host_priv_t host_priv, exception_mask_t exception_mask, mach_port_t new_port,
                                        exception_behavior_t behavior, thread_state_flavor_t new_flavor,
                                        exception_mask_array_t masks, mach_msg_type_number_t *masksCnt,
                                        exception_handler_array_t old_handlerss,
                                        exception_behavior_array_t old_behaviors, exception_flavor_array_t old_flavors);

/// Gives a send right to the control port of a clock, SYSTEM_CLOCK or CALENDAR_CLOCK, which the caller owns: its name
/// gains a user reference with each call. <mach/clock_priv.h> says what can be done with it.
///
///   KERN_INVALID_ARGUMENT   there is no such clock
///   KERN_RESOURCE_SHORTAGE  no memory
///   KERN_NO_SPACE           no name is left
kern_return_t host_get_clock_control(host_priv_t host_priv, clock_id_t clock_id, clock_ctrl_t *clock_ctrl);

/* -- Processors ---------------------------------------------------------------------------------------------------- */

/// Lists the processors of the machine by ascending number, offline ones as well: send rights to their ports, for
/// <mach/processor.h>, in an array that the caller gives back with vm_deallocate.
///
///   KERN_FAILURE            Linux does not say which there are
///   KERN_RESOURCE_SHORTAGE  no memory or file descriptor
kern_return_t host_processors(host_priv_t host_priv, processor_array_t *out_processor_list,
                              mach_msg_type_number_t *out_processor_listCnt);

/// Lists the sets of processors, of which there is one: a send right to its name port, in such an array.
///
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t host_processor_sets(host_priv_t host_priv, processor_set_name_array_t *processor_sets,
                                  mach_msg_type_number_t *processor_setsCnt);

/// Gives a send right to the control port of the set that `set_name` names, for <mach/processor_set.h>.
///
///   KERN_INVALID_ARGUMENT   `set_name` is no port of a set
///   KERN_RESOURCE_SHORTAGE  no memory
///   KERN_NO_SPACE           no name is left
kern_return_t host_processor_set_priv(host_priv_t host_priv, processor_set_name_t set_name, processor_set_t *set);

/* -- The system ---------------------------------------------------------------------------------------------------- */

/// Tells the command line that Linux was started with, cut at 4095 bytes.
///
///   KERN_INVALID_HOST       in place of KERN_INVALID_ARGUMENT, for the host
///   KERN_FAILURE            Linux does not say
///   KERN_RESOURCE_SHORTAGE  no memory or file descriptor
kern_return_t host_get_boot_info(host_priv_t host_priv, kernel_boot_info_t boot_info);

/// The same as host_statistics.
kern_return_t host_priv_statistics(host_priv_t host_priv, host_flavor_t flavor, host_info_t host_info_out,
                                   mach_msg_type_number_t *host_info_outCnt);

/* -- Ports of single servers --------------------------------------------------------------------------------------- */

/// Sets or gives the port through which a pager is controlled. The library only keeps it: a send right that is copied
/// both ways.
///
///   KERN_INVALID_HOST        in place of KERN_INVALID_ARGUMENT, for the host
///   MACH_SEND_INVALID_RIGHT  `control_port` is unknown or has no send right
///   KERN_RESOURCE_SHORTAGE   no memory
///   KERN_NO_SPACE            no name is left
kern_return_t set_dp_control_port(host_priv_t host, mach_port_t control_port);
kern_return_t get_dp_control_port(host_priv_t host, mach_port_t *contorl_port);

/// Sets or gives HOST_USER_NOTIFICATION_PORT, as host_set_special_port and host_get_special_port do.
kern_return_t host_set_UNDServer(host_priv_t host_priv, UNDServerRef server);
kern_return_t host_get_UNDServer(host_priv_t host_priv, UNDServerRef *server);

/// Gives the pager of memory that has none of its own, if `*default_manager` is MACH_PORT_NULL: there is none, so that
/// it stays so.
///
///   KERN_INVALID_HOST  in place of KERN_INVALID_ARGUMENT, for the host
///   KERN_NO_ACCESS     it is not MACH_PORT_NULL: another pager cannot be set
kern_return_t host_default_memory_manager(host_priv_t host_priv, memory_object_default_t *default_manager,
                                          memory_object_cluster_size_t cluster_size);

/* -- Refused ------------------------------------------------------------------------------------------------------- */

/// Was to start the machine anew. KERN_INVALID_HOST when the host is none, otherwise KERN_NOT_SUPPORTED.
kern_return_t host_reboot(host_priv_t host_priv, int options);

/// Was to let a thread have memory when others have to wait. KERN_NOT_SUPPORTED.
kern_return_t thread_wire(host_priv_t host_priv, thread_act_t thread, boolean_t wired);

/// Was to allocate memory that is contiguous in the machine. KERN_INVALID_HOST when the host is none, otherwise
/// KERN_NOT_SUPPORTED.
kern_return_t vm_allocate_cpm(host_priv_t host_priv, vm_map_t task, vm_address_t *address, vm_size_t size, int flags);

/// Were to manage modules of the kernel. KERN_NOT_SUPPORTED, whatever is passed.
kern_return_t kmod_create(host_priv_t host_priv, vm_address_t info, kmod_t *module);
kern_return_t kmod_destroy(host_priv_t host_priv, kmod_t module);
kern_return_t kmod_control(host_priv_t host_priv, kmod_t module, kmod_control_flavor_t flavor, kmod_args_t *data,
                           mach_msg_type_number_t *dataCnt);
kern_return_t kext_request(host_priv_t host_priv, uint32_t user_log_flags, vm_offset_t request_data,
                           mach_msg_type_number_t request_dataCnt, vm_offset_t *response_data,
                           mach_msg_type_number_t *response_dataCnt, vm_offset_t *log_data,
                           mach_msg_type_number_t *log_dataCnt, kern_return_t *op_result);

__END_DECLS

#endif

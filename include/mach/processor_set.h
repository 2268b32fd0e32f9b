/// The set of processors, of which there is one, by its ports: the name port of processor_set_default, for asking, and the
/// control port of host_processor_set_priv, which serves for asking as well.
///
/// The first argument is one of them. It is only looked at. Every call gives KERN_INVALID_ARGUMENT for what is no such
/// port, unless another code is listed, and for an output that is a null pointer. A call that fails changes nothing and
/// writes nothing.
#ifndef _MACH_PROCESSOR_SET_H_
#define _MACH_PROCESSOR_SET_H_

#include <sys/cdefs.h>

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/processor_info.h>
#include <mach/std_types.h>

__BEGIN_DECLS

/* -- Asking -------------------------------------------------------------------------------------------------------- */

/// Tells about the set: PROCESSOR_SET_BASIC_INFO, PROCESSOR_SET_ENABLED_POLICIES, or the priorities of a policy; and
/// gives a send right to the port of the host. `*info_outCnt` is how many words there is room for, and becomes how many
/// were written.
///
///   KERN_INVALID_ARGUMENT   the flavor is none
///   KERN_FAILURE            not enough room, or Linux does not say
///   KERN_RESOURCE_SHORTAGE  no memory or file descriptor
///   KERN_NO_SPACE           no name is left
kern_return_t processor_set_info(processor_set_name_t set_name, int flavor, host_t *host, processor_set_info_t info_out,
                                 mach_msg_type_number_t *info_outCnt);

/// Tells PROCESSOR_SET_LOAD_INFO, in the same way.
///
///   KERN_INVALID_PROCESSOR_SET  `pset` is no port of the set
///   KERN_INVALID_ARGUMENT       the flavor is none
///   KERN_FAILURE                not enough room, or Linux does not say
///   KERN_RESOURCE_SHORTAGE      no memory or file descriptor
kern_return_t processor_set_statistics(processor_set_name_t pset, processor_set_flavor_t flavor,
                                       processor_set_info_t info_out, mach_msg_type_number_t *info_outCnt);

/* -- What runs there: by the control port alone -------------------------------------------------------------------- */

/// Lists the tasks of this process, its own and those of task_create, the oldest first: send rights to their ports, in an
/// array that the caller gives back with vm_deallocate.
///
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t processor_set_tasks(processor_set_t processor_set, task_array_t *task_list,
                                  mach_msg_type_number_t *task_listCnt);

/// Lists the threads of this process that have called the library, the oldest first, in the same way.
///
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t processor_set_threads(processor_set_t processor_set, thread_act_array_t *thread_list,
                                    mach_msg_type_number_t *thread_listCnt);

/* -- Refused ------------------------------------------------------------------------------------------------------- */

/// Was to tell about kernel stacks. KERN_NOT_SUPPORTED, whatever is passed.
kern_return_t processor_set_stack_usage(processor_set_t pset, unsigned *ltotal, vm_size_t *space, vm_size_t *resident,
                                        vm_size_t *maxusage, vm_offset_t *maxstack);

/// Was to end the set. KERN_FAILURE, whatever is passed.
kern_return_t processor_set_destroy(processor_set_t set);

/// Were to say how threads of the set are scheduled. KERN_INVALID_ARGUMENT, whatever is passed.
kern_return_t processor_set_max_priority(processor_set_t processor_set, int max_priority, boolean_t change_threads);
kern_return_t processor_set_policy_enable(processor_set_t processor_set, int policy);
kern_return_t processor_set_policy_disable(processor_set_t processor_set, int policy, boolean_t change_threads);
kern_return_t processor_set_policy_control(processor_set_t pset, processor_set_flavor_t flavor,
                                           processor_set_info_t policy_info, mach_msg_type_number_t policy_infoCnt,
                                           boolean_t change);

__END_DECLS

#endif

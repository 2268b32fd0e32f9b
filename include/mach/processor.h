/// Processors, by their ports, which host_processors gives.
///
/// The first argument is the port of a processor. It is only looked at. Every call gives KERN_INVALID_ARGUMENT for what
/// is no port of one and for an output that is a null pointer. A call that fails changes nothing and writes nothing.
#ifndef _MACH_PROCESSOR_H_
#define _MACH_PROCESSOR_H_

#include <sys/cdefs.h>

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/processor_info.h>
#include <mach/std_types.h>

__BEGIN_DECLS

/// Tells PROCESSOR_BASIC_INFO or PROCESSOR_CPU_LOAD_INFO, and gives a send right to the port of the host.
/// `*processor_info_outCnt` is how many words there is room for, and becomes how many were written.
///
///   KERN_FAILURE            the flavor is none; not enough room; or Linux does not say
///   KERN_RESOURCE_SHORTAGE  no memory or file descriptor
///   KERN_NO_SPACE           no name is left
kern_return_t processor_info(processor_t processor, processor_flavor_t flavor, host_t *host,
                             processor_info_t processor_info_out, mach_msg_type_number_t *processor_info_outCnt);

/// Gives a send right to the name port of the set that the processor is in, the one there is.
///
///   KERN_FAILURE            it is offline, or Linux does not say
///   KERN_RESOURCE_SHORTAGE  no memory or file descriptor
///   KERN_NO_SPACE           no name is left
kern_return_t processor_get_assignment(processor_t processor, processor_set_name_t *assigned_set);

/// Was to start a processor: only the system does that.
///
///   KERN_FAILURE        it is online, or Linux does not say
///   KERN_NOT_SUPPORTED  it is offline
kern_return_t processor_start(processor_t processor);

/// Was to stop a processor: only the system does that.
///
///   KERN_SUCCESS        it is offline already
///   KERN_NOT_SUPPORTED  it is online
///   KERN_FAILURE        Linux does not say
kern_return_t processor_exit(processor_t processor);

/// Were to command a processor, and to move it to another set. KERN_FAILURE.
kern_return_t processor_control(processor_t processor, processor_info_t processor_cmd,
                                mach_msg_type_number_t processor_cmdCnt);
kern_return_t processor_assign(processor_t processor, processor_set_t new_set, boolean_t wait);

__END_DECLS

#endif

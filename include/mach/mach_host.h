/// What any program may ask of the host. The calls that change it are in <mach/host_priv.h>.
#ifndef _MACH_MACH_HOST_H_
#define _MACH_MACH_HOST_H_

#include <sys/cdefs.h>

#include <mach/clock_types.h>
#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/std_types.h>

__BEGIN_DECLS

/// Gives a send right to the port of a clock, SYSTEM_CLOCK or CALENDAR_CLOCK, which the caller owns: its name gains a
/// user reference with each call.
///
///   KERN_SUCCESS            `*clock_serv` is the name
///   KERN_INVALID_ARGUMENT   the host is null or no port of the host; there is no such clock; or `clock_serv` is a null
///                           pointer
///   KERN_RESOURCE_SHORTAGE  no memory
///   KERN_NO_SPACE           no name is left
kern_return_t host_get_clock_service(host_t host, clock_id_t clock_id, clock_serv_t *clock_serv);

__END_DECLS

#endif

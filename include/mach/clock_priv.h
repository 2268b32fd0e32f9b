/// Setting clocks, which no port of the library's allows. Linux has clock_settime for it.
///
/// The first argument is the control port of a clock, from host_get_clock_control.
///   KERN_FAILURE           always, with the control port of a clock
///   KERN_INVALID_ARGUMENT  it is null or no control port of a clock
#ifndef _MACH_CLOCK_PRIV_H_
#define _MACH_CLOCK_PRIV_H_

#include <sys/cdefs.h>

#include <mach/clock_types.h>
#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/message.h>
#include <mach/mig_errors.h>
#include <mach/ndr.h>
#include <mach/notify.h>
#include <mach/port.h>
#include <mach/std_types.h>

__BEGIN_DECLS

/// Was to set the time of a clock. Fails.
kern_return_t clock_set_time(clock_ctrl_t clock_ctrl, mach_timespec_t new_time);

/// Was to set the resolution of a clock. Fails.
kern_return_t clock_set_attributes(clock_ctrl_t clock_ctrl, clock_flavor_t flavor, clock_attr_t clock_attr,
                                   mach_msg_type_number_t clock_attrCnt);

__END_DECLS

#endif

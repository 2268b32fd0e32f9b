/// Clocks: what time it is, and messages at a time.
///
/// The first argument is the port of a clock: host_get_clock_service gives it, and the one that host_get_clock_control
/// gives serves as well. It is only looked at. Every routine gives KERN_SUCCESS when it is done, and besides the codes
/// listed with it:
///   KERN_INVALID_ARGUMENT  the clock is null or no port of a clock; or an output is a null pointer
#ifndef _MACH_CLOCK_H_
#define _MACH_CLOCK_H_

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

/// Tells the time: of SYSTEM_CLOCK as mach_absolute_time does, of CALENDAR_CLOCK since 1970.
kern_return_t clock_get_time(clock_serv_t clock_serv, mach_timespec_t *cur_time);

/// Tells an attribute of a clock, one number in nanoseconds. `*clock_attrCnt` is how many numbers there is room for, and
/// becomes 1.
///   CLOCK_GET_TIME_RES                      the resolution of its time, as clock_getres tells it
///   CLOCK_ALARM_CURRES, _MINRES, _MAXRES    that of its alarms: the same, and 0 for CALENDAR_CLOCK, which has none
///
///   KERN_FAILURE        `*clock_attrCnt` is 0
///   KERN_INVALID_VALUE  another flavor
kern_return_t clock_get_attributes(clock_serv_t clock_serv, clock_flavor_t flavor, clock_attr_t clock_attr,
                                   mach_msg_type_number_t *clock_attrCnt);

/// Asks SYSTEM_CLOCK for a message (<mach/clock_reply.h>) at a time, TIME_ABSOLUTE, or after one, TIME_RELATIVE. It goes
/// to a send-once right that is made of the receive right `alarm_port`, which the caller keeps.
///
/// A time that has come already has its message at once. So has a time or type that is none: then the code in the
/// message is KERN_INVALID_VALUE, and the call succeeds. An alarm cannot be called off, but a message whose port has died
/// ends.
///
///   KERN_FAILURE             the clock is CALENDAR_CLOCK, which has no alarms
///   KERN_INVALID_CAPABILITY  `alarm_port` is MACH_PORT_NULL or MACH_PORT_DEAD
///   MACH_SEND_INVALID_RIGHT  `alarm_port` is unknown or has no receive right
///   KERN_RESOURCE_SHORTAGE   no memory, or the system has no thread for the library's timers
kern_return_t clock_alarm(clock_serv_t clock_serv, alarm_type_t alarm_type, mach_timespec_t alarm_time,
                          clock_reply_t alarm_port);

__END_DECLS

#endif

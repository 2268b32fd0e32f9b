/// A server for the messages of alarms: id 3125107.
#ifndef _MACH_CLOCK_REPLY_H_
#define _MACH_CLOCK_REPLY_H_

#include <string.h>
#include <sys/cdefs.h>

#include <mach/boolean.h>
#include <mach/clock_types.h>
#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/message.h>
#include <mach/mig.h>
#include <mach/mig_errors.h>
#include <mach/ndr.h>
#include <mach/notify.h>
#include <mach/port.h>

__BEGIN_DECLS

/// The program's routine: an alarm has gone off, or was cancelled, as `alarm_code` says. `alarm_port` is the port that
/// received; `alarm_time` is the present time of the clock. There is no answer; with another code than KERN_SUCCESS and
/// MIG_NO_REPLY, mach_msg_server destroys what the message brought. (A stub that sends such messages has the same name
/// and one argument more. Where its header comes first, this is left out; a program that links it must not call
/// clock_reply_server.)
#ifndef _clock_reply_user_
#pragma GCC visibility push(default) /* seen by the library, whatever the program is compiled with */
kern_return_t clock_alarm_reply(clock_reply_t alarm_port, kern_return_t alarm_code, alarm_type_t alarm_type,
                                mach_timespec_t alarm_time);
#pragma GCC visibility pop
#endif

/// As exc_server.
boolean_t clock_reply_server(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP);

/// As exc_server_routine.
mig_routine_t clock_reply_server_routine(mach_msg_header_t *InHeadP);

__END_DECLS

#endif

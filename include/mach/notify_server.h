/// A server for notifications, whose messages <mach/notify.h> describes: ids 65 to 72.
#ifndef _MACH_NOTIFY_SERVER_H_
#define _MACH_NOTIFY_SERVER_H_

#include <sys/cdefs.h>

#include <mach/boolean.h>
#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/message.h>
#include <mach/mig.h>
#include <mach/mig_errors.h>
#include <mach/notify.h>
#include <mach/port.h>

__BEGIN_DECLS

/* -- The program's routines ---------------------------------------------------------------------------------------- */

/* Seen by the library, whatever the program is compiled with. */
#pragma GCC visibility push(default)

/* The program defines those whose notifications it wants. `notify` is the port that received. There is no answer:
   a routine gives KERN_SUCCESS and takes over what came with the message, or another code, and mach_msg_server destroys
   it. */

/// A name on which a request was open has been deleted. `name` may mean something else by now.
kern_return_t do_mach_notify_port_deleted(mach_port_t notify, mach_port_name_t name);

/// The queue behind `name` has room again.
kern_return_t do_mach_notify_send_possible(mach_port_t notify, mach_port_name_t name);

/// A port would have died: `rights` is its receive right.
kern_return_t do_mach_notify_port_destroyed(mach_port_t notify, mach_port_t rights);

/// No send right to a port is left; `mscount` is its make-send count.
kern_return_t do_mach_notify_no_senders(mach_port_t notify, mach_port_mscount_t mscount);

/// A send-once right to `notify` died without being used.
kern_return_t do_mach_notify_send_once(mach_port_t notify);

/// The port behind `name` died. The name, now a dead one, has gained a user reference, which is the routine's.
kern_return_t do_mach_notify_dead_name(mach_port_t notify, mach_port_name_t name);

#pragma GCC visibility pop

/* -- The library's ------------------------------------------------------------------------------------------------- */

/// As exc_server. Notifications bring no right to reply with, so the reply, which has the routine's code, is not sent.
boolean_t notify_server(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP);

/// As exc_server_routine.
mig_routine_t notify_server_routine(mach_msg_header_t *InHeadP);

__END_DECLS

#endif

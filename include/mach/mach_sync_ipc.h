/// The reply port of calls in which a server works for one waiting client alone. Other systems let such a server
/// inherit the client's priority; here it is a reply port like the other, with a place of its own.
#ifndef _MACH_SYNC_IPC_H_
#define _MACH_SYNC_IPC_H_

#include <sys/cdefs.h>

#include <mach/boolean.h>
#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/message.h>
#include <mach/mig_errors.h>
#include <mach/port.h>
#include <mach/std_types.h>

__BEGIN_DECLS

/// As mig_get_reply_port, for the thread's second reply port. Its name also has one user reference of a send right.
mach_port_t mig_get_special_reply_port(void);

/// As mig_dealloc_reply_port, for the thread's second reply port.
void mig_dealloc_special_reply_port(mach_port_t reply_port);

__END_DECLS

#endif

/// Names for the special ports of hosts, tasks and threads, for people to read and to write.
#ifndef _MACH_PORT_DESCRIPTIONS_
#define _MACH_PORT_DESCRIPTIONS_

#include <sys/cdefs.h>

__BEGIN_DECLS

/// Says in a few words which special port of the host has the number `offset`. Gives a null pointer when none has it.
/// The text lasts as long as the process and is not to be freed; so it is in the next two.
const char *mach_host_special_port_description(int offset);

/// The same for the special ports of a task.
const char *mach_task_special_port_description(int offset);

/// The same for the special ports of a thread.
const char *mach_thread_special_port_description(int offset);

/// Gives the number of the special port of the host whose constant is spelled `id`: 2 for "HOST_PRIV_PORT". Gives -1
/// when there is none (errno is ENOENT) or `id` is a null pointer (EINVAL).
int mach_host_special_port_for_id(const char *id);

/// The same for the special ports of a task.
int mach_task_special_port_for_id(const char *id);

/// The same for the special ports of a thread.
int mach_thread_special_port_for_id(const char *id);

__END_DECLS

#endif

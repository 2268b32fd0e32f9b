/// The ports that a program has from the start.
#ifndef _MACH_INIT_
#define _MACH_INIT_ 1

#include <sys/cdefs.h>

#include <mach/mach_types.h>
#include <mach/vm_page_size.h>

__BEGIN_DECLS

/// The name of the calling task's own port, set before main. Reading it takes no user reference, so it is not to be
/// deallocated.
extern mach_port_t mach_task_self_ __MACH_ANY_THREAD;

/// The function: gives a send right to the task's own port, which the caller owns: its name gains a user reference. To
/// call it instead of the macro, put its name in parentheses. Gives MACH_PORT_NULL when there is no memory.
mach_port_t(mach_task_self)(void);

/// The macro, which programs use: the name alone, without a user reference.
#define mach_task_self() mach_task_self_
#define current_task()   mach_task_self()

/// Gives a send right to the port of the host, which the caller owns: its name gains a user reference with each call
/// (none at 65,534). Gives MACH_PORT_NULL when there is no memory.
mach_port_t mach_host_self(void);

/// Gives a send right to the port of the calling thread, which the caller owns: its name gains a user reference with
/// each call (none at 65,534). Gives MACH_PORT_NULL when there is no memory.
mach_port_t mach_thread_self(void);

/// Whether `task` is a port of the calling task: its own, or the one that only names it.
boolean_t mach_task_is_self(task_name_t task);

/// Tells the size of a page in bytes. The host is not looked at. Gives KERN_SUCCESS, or KERN_INVALID_ARGUMENT for a null
/// pointer.
kern_return_t host_page_size(host_t host, vm_size_t *out_page_size);

/// Sets mach_task_self_ and the rest of this header up. That has happened before main, so calling it changes nothing.
/// Gives 0.
int mach_init(void);

/// Where a program finds services by name: see <servers/bootstrap.h>. A name in the task that the process starts with, set
/// before main; MACH_PORT_NULL when there was no memory.
extern mach_port_t bootstrap_port __MACH_ANY_THREAD;

__END_DECLS

/* Places of the registered ports. */
#define NAME_SERVER_SLOT      0
#define ENVIRONMENT_SLOT      1
#define SERVICE_SLOT          2
#define MACH_PORTS_SLOTS_USED 3

#include <mach/mach_traps.h>

#endif

/// Calls that enter the kernel directly on other systems.
#ifndef _MACH_MACH_TRAPS_H_
#define _MACH_MACH_TRAPS_H_

#include <stdint.h>
#include <sys/cdefs.h>

#include <mach/clock_types.h>
#include <mach/kern_return.h>
#include <mach/mach_time.h>
#include <mach/mach_types.h>
#include <mach/port.h>
#include <mach/std_types.h>
#include <mach/vm_types.h>

__BEGIN_DECLS

/// Makes a port and gives the name of its receive right, which the caller owns: one user reference, no send right,
/// queue limit 5. Gives MACH_PORT_NULL when no name or no memory is left.
mach_port_name_t mach_reply_port(void);

/// As the function mach_task_self: a send right to the task's own port, which the caller owns.
mach_port_name_t task_self_trap(void);

/// As mach_host_self.
mach_port_name_t host_self_trap(void);

/// As mach_thread_self.
mach_port_name_t thread_self_trap(void);

/// As mach_timebase_info.
kern_return_t mach_timebase_info_trap(mach_timebase_info_t info);

/// As clock_sleep (<mach/mach.h>), with the seconds and nanoseconds of its sleep_time as two arguments.
kern_return_t clock_sleep_trap(mach_port_name_t clock_name, sleep_type_t sleep_type, int sleep_sec, int sleep_nsec,
                               mach_timespec_t *wakeup_time);
/// What the calls of <mach/semaphore.h> without `_trap` do.
kern_return_t semaphore_signal_trap(mach_port_name_t signal_name);
kern_return_t semaphore_signal_all_trap(mach_port_name_t signal_name);
kern_return_t semaphore_signal_thread_trap(mach_port_name_t signal_name, mach_port_name_t thread_name);
kern_return_t semaphore_wait_trap(mach_port_name_t wait_name);
kern_return_t semaphore_wait_signal_trap(mach_port_name_t wait_name, mach_port_name_t signal_name);
kern_return_t semaphore_timedwait_trap(mach_port_name_t wait_name, unsigned int sec, clock_res_t nsec);
kern_return_t semaphore_timedwait_signal_trap(mach_port_name_t wait_name, mach_port_name_t signal_name,
                                              unsigned int sec, clock_res_t nsec);

__END_DECLS

#endif

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

/// Lets another thread of the same priority run, if one is ready. Gives TRUE if another had the processor meanwhile.
/// Time sharing decides who is next; `pri` is not used.
boolean_t swtch(void);
boolean_t swtch_pri(int pri);

/// Lets another thread run, or waits, as `option` says (<mach/thread_switch.h>). `thread_name` was to say which one is to
/// run next; Linux does not take such a hint, and any name is as good. `option_time` is in milliseconds. A wait ends
/// early when a signal is handled.
///
///   KERN_SUCCESS           has run again
///   KERN_INVALID_ARGUMENT  `option` is none that there is
kern_return_t thread_switch(mach_port_name_t thread_name, int option, mach_msg_timeout_t option_time);

/// Gives the port of the task of a process: a send right that the caller owns. `target_tport` is the port of any task.
/// Ports do not leave the process, so there is none but the process's own. A failure writes MACH_PORT_NULL.
///
///   KERN_FAILURE            `target_tport` is no port of a task, or `pid` is not the id of this process
///   KERN_INVALID_ARGUMENT   `t` is a null pointer
///   KERN_RESOURCE_SHORTAGE  no memory
///   KERN_NO_SPACE           the caller has no free name
kern_return_t task_for_pid(mach_port_name_t target_tport, int pid, mach_port_name_t *t);

/// The same with the port that only names the task.
kern_return_t task_name_for_pid(mach_port_name_t target_tport, int pid, mach_port_name_t *tn);

/// Gives the id of the process that a task is in. `t` may also be a port that only names the task. A
/// failure writes -1.
///
///   KERN_FAILURE            `t` is no port of a live task
///   KERN_INVALID_ARGUMENT   `x` is a null pointer
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t pid_for_task(mach_port_name_t t, int *x);

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

/// Timers that send messages: a receive right to which a message comes when a time has come.
#ifndef _MACH_MK_TIMER_H_
#define _MACH_MK_TIMER_H_

#include <stdint.h>
#include <sys/cdefs.h>

#include <mach/kern_return.h>
#include <mach/mach_time.h>
#include <mach/message.h>
#include <mach/port.h>

/* Flags of mk_timer_arm_leeway. */
#define MK_TIMER_NORMAL   0
#define MK_TIMER_CRITICAL 1

#pragma pack(push, 4)
/// What comes when the time has come, without the trailer behind it. msgh_id is 0, msgh_local_port the timer.
struct mk_timer_expire_msg {
    mach_msg_header_t header;
    uint64_t unused[3];
};
#pragma pack(pop)
typedef struct mk_timer_expire_msg mk_timer_expire_msg_t;

__BEGIN_DECLS

/// Makes a timer, which is not armed, and gives the name of its receive right, which the caller owns. The right may enter
/// port sets and be received from as any other. Gives MACH_PORT_NULL when there is no memory or no name, or the system
/// has no thread for the library's timers.
mach_port_name_t mk_timer_create(void);

/// Ends a timer and its port, as mach_port_destroy of the name does. Other ways to end the receive right end the timer
/// as well.
///
///   KERN_SUCCESS           done
///   KERN_INVALID_NAME      `name` is unknown, MACH_PORT_NULL or MACH_PORT_DEAD
///   KERN_INVALID_RIGHT     `name` has no receive right, or that is guarded
///   KERN_INVALID_ARGUMENT  it is no timer's
kern_return_t mk_timer_destroy(mach_port_name_t name);

/// Lets a message come at absolute time `expire_time`, and not before: at once if that has passed. A timer that is armed
/// already forgets its earlier time. While a message of the timer's is still to be received, no further one comes.
///
///   KERN_SUCCESS           done
///   KERN_INVALID_NAME      `name` is unknown, MACH_PORT_NULL or MACH_PORT_DEAD
///   KERN_INVALID_RIGHT     `name` has no receive right
///   KERN_INVALID_ARGUMENT  it is no timer's
kern_return_t mk_timer_arm(mach_port_name_t name, uint64_t expire_time);

/// As mk_timer_arm, for a message that may come up to `mk_timer_leeway` nanoseconds late. The library makes no use of
/// that: it comes as soon as without. The flags, MK_TIMER_NORMAL or MK_TIMER_CRITICAL, change nothing.
kern_return_t mk_timer_arm_leeway(mach_port_name_t name, uint64_t mk_timer_flags, uint64_t mk_timer_expire_time,
                                  uint64_t mk_timer_leeway);

/// Disarms a timer. Writes the time for which it was armed to `*result_time`, unless that is a null pointer; 0 if it was
/// not, because it never was or its time has come. Where a time is given no message of that arming comes any more; a
/// message that is in the queue already stays.
///
///   KERN_SUCCESS           done
///   KERN_INVALID_NAME      `name` is unknown, MACH_PORT_NULL or MACH_PORT_DEAD
///   KERN_INVALID_RIGHT     `name` has no receive right
///   KERN_INVALID_ARGUMENT  it is no timer's
kern_return_t mk_timer_cancel(mach_port_name_t name, uint64_t *result_time);

__END_DECLS

#endif

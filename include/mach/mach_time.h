/// Time in the unit of the processor's clock, which is the nanosecond here.
#ifndef _MACH_MACH_TIME_H_
#define _MACH_MACH_TIME_H_

#include <stdint.h>
#include <sys/cdefs.h>
#include <time.h>

#include <mach/kern_return.h>
#include <mach/mach_types.h>

struct timespec; /* in <time.h>, but not by every standard */

/// How absolute time becomes nanoseconds: times `numer`, divided by `denom`.
struct mach_timebase_info {
    uint32_t numer;
    uint32_t denom;
};
typedef struct mach_timebase_info *mach_timebase_info_t;
typedef struct mach_timebase_info mach_timebase_info_data_t;

__BEGIN_DECLS

/// Absolute time: nanoseconds since the system started, without those it was suspended. It never goes back, and setting
/// the time of day does not change it. Makes no system call, and may be called in a signal handler. The time of
/// CLOCK_MONOTONIC.
uint64_t mach_absolute_time(void);

/// Absolute time as of the last tick of the system: cheaper, never later than mach_absolute_time, and behind it by a few
/// milliseconds at most. May be called in a signal handler.
uint64_t mach_approximate_time(void);

/// Continuous time: as absolute time, with the time that the system was suspended. The time of CLOCK_BOOTTIME. May be
/// called in a signal handler.
uint64_t mach_continuous_time(void);

/// Continuous time, of which Linux has no cheaper form: the same as mach_continuous_time.
uint64_t mach_continuous_approximate_time(void);

/// Says how absolute time becomes nanoseconds: 1/1, always.
///
///   KERN_SUCCESS           done
///   KERN_INVALID_ARGUMENT  `info` is a null pointer
kern_return_t mach_timebase_info(mach_timebase_info_t info);

/// Waits until absolute time `deadline`. One that has passed is no wait. A caller that wants to wait on after a signal
/// calls again with the same `deadline`.
///
///   KERN_SUCCESS  absolute time is `deadline` or later
///   KERN_ABORTED  a signal was handled first, whether its handler was installed with SA_RESTART or not
kern_return_t mach_wait_until(uint64_t deadline);

/// Reads several clocks at one moment: absolute time, continuous time, and the time of day. Each pointer may be null.
/// What lies between the readings is some hundred nanoseconds, unless the thread is held up each of the times that this
/// is tried.
///
///   KERN_SUCCESS  done
kern_return_t mach_get_times(uint64_t *absolute_time, uint64_t *continuous_time, struct timespec *tp);

/// The time of day at which the system started, in microseconds since 1970. It changes when the time of day is set. May
/// be called in a signal handler.
uint64_t mach_boottime_usec(void);

__END_DECLS

#endif

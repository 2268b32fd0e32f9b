/// Times, and the types that clocks use.
#ifndef _MACH_CLOCK_TYPES_H_
#define _MACH_CLOCK_TYPES_H_

#include <stdint.h>

typedef int alarm_type_t; /* TIME_ABSOLUTE or TIME_RELATIVE */
typedef int sleep_type_t; /* the same */
typedef int clock_id_t;
typedef int clock_flavor_t;
typedef int *clock_attr_t;
typedef int clock_res_t; /* nanoseconds */

/// A time or a duration.
struct mach_timespec {
    unsigned int tv_sec;
    clock_res_t tv_nsec; /* nanoseconds, 0 to 999999999 */
};
typedef struct mach_timespec mach_timespec_t;

/* Clocks. */
#define SYSTEM_CLOCK   0 /* time since the system started */
#define CALENDAR_CLOCK 1 /* time of day */
#define REALTIME_CLOCK 0

/* What a clock tells about itself. */
#define CLOCK_GET_TIME_RES 1 /* resolution of its time, in nanoseconds */
#define CLOCK_ALARM_CURRES 3
#define CLOCK_ALARM_MINRES 4
#define CLOCK_ALARM_MAXRES 5

/* How an alarm's or a sleep's time is meant. */
#define ALRMTYPE        0xff
#define TIME_ABSOLUTE   0x00
#define TIME_RELATIVE   0x01
#define BAD_ALRMTYPE(t) (((t) & ~TIME_RELATIVE) != 0)

#define NSEC_PER_USEC 1000ULL
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_SEC  1000000000ULL
#define USEC_PER_SEC  1000000ULL

/* Arithmetic on pointers to times. */
#define BAD_MACH_TIMESPEC(t) ((t)->tv_nsec < 0 || (t)->tv_nsec >= (long)NSEC_PER_SEC)

/* Less than 0, 0, or more than 0, as the first is before, at or after the second. */
#define CMP_MACH_TIMESPEC(t1, t2)                                                                                      \
    ((t1)->tv_sec != (t2)->tv_sec ? ((t1)->tv_sec > (t2)->tv_sec ? (long)NSEC_PER_SEC : -(long)NSEC_PER_SEC)           \
                                  : (long)(t1)->tv_nsec - (t2)->tv_nsec)

/* Adds the second to the first; takes it from the first. */
#define ADD_MACH_TIMESPEC(t1, t2)                                                                                      \
    do {                                                                                                               \
        (t1)->tv_sec += (t2)->tv_sec;                                                                                  \
        (t1)->tv_nsec += (t2)->tv_nsec;                                                                                \
        if ((t1)->tv_nsec >= (long)NSEC_PER_SEC) {                                                                     \
            (t1)->tv_nsec -= (int)NSEC_PER_SEC;                                                                        \
            (t1)->tv_sec++;                                                                                            \
        }                                                                                                              \
    } while (0)
#define SUB_MACH_TIMESPEC(t1, t2)                                                                                      \
    do {                                                                                                               \
        (t1)->tv_sec -= (t2)->tv_sec;                                                                                  \
        (t1)->tv_nsec -= (t2)->tv_nsec;                                                                                \
        if ((t1)->tv_nsec < 0) {                                                                                       \
            (t1)->tv_nsec += (int)NSEC_PER_SEC;                                                                        \
            (t1)->tv_sec--;                                                                                            \
        }                                                                                                              \
    } while (0)

#endif

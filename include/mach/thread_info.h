/// What a thread tells about itself, by flavor; see thread_info. A figure that Linux does not have is 0; these are named.
#ifndef _MACH_THREAD_INFO_H_
#define _MACH_THREAD_INFO_H_

#include <stdint.h>

#include <mach/machine/vm_types.h>
#include <mach/message.h>
#include <mach/policy.h>
#include <mach/time_value.h>

typedef natural_t thread_flavor_t;
typedef integer_t *thread_info_t; /* words; which structure they make says the flavor */

#define THREAD_INFO_MAX 32 /* words, at most */
typedef integer_t thread_info_data_t[THREAD_INFO_MAX];

#define THREAD_INFO_WORDS(type) ((mach_msg_type_number_t)(sizeof(type) / sizeof(natural_t)))

/* cpu_usage, flags, suspend_count and sleep_time are 0. */
#define THREAD_BASIC_INFO 3
struct thread_basic_info {
    time_value_t user_time;
    time_value_t system_time;
    integer_t cpu_usage; /* in TH_USAGE_SCALE parts */
    policy_t policy;     /* POLICY_TIMESHARE, or POLICY_RR for a thread with real-time priority */
    integer_t run_state; /* TH_STATE_ */
    integer_t flags;     /* TH_FLAGS_ */
    integer_t suspend_count;
    integer_t sleep_time; /* seconds */
};
typedef struct thread_basic_info thread_basic_info_data_t;
typedef struct thread_basic_info *thread_basic_info_t;
#define THREAD_BASIC_INFO_COUNT THREAD_INFO_WORDS(thread_basic_info_data_t)

#define TH_USAGE_SCALE 1000

#define TH_STATE_RUNNING         1 /* on a processor, or could be */
#define TH_STATE_STOPPED         2 /* by a signal or a debugger */
#define TH_STATE_WAITING         3
#define TH_STATE_UNINTERRUPTIBLE 4 /* waits for something that no signal interrupts */
#define TH_STATE_HALTED          5 /* at its end */

#define TH_FLAGS_SWAPPED            0x1
#define TH_FLAGS_IDLE               0x2
#define TH_FLAGS_GLOBAL_FORCED_IDLE 0x4

/* dispatch_qaddr is 0. */
#define THREAD_IDENTIFIER_INFO 4
struct thread_identifier_info {
    uint64_t thread_id;     /* as gettid tells it: no other thread of the system has it now */
    uint64_t thread_handle; /* the pthread_t; 0 for a thread that has not called the library */
    uint64_t dispatch_qaddr;
};
typedef struct thread_identifier_info thread_identifier_info_data_t;
typedef struct thread_identifier_info *thread_identifier_info_t;
#define THREAD_IDENTIFIER_INFO_COUNT THREAD_INFO_WORDS(thread_identifier_info_data_t)

/* pth_cpu_usage, pth_flags, pth_sleep_time and pth_maxpriority are 0. */
#define THREAD_EXTENDED_INFO 5
#define MAXTHREADNAMESIZE    64
struct thread_extended_info {
    uint64_t pth_user_time;   /* nanoseconds */
    uint64_t pth_system_time; /* nanoseconds */
    int32_t pth_cpu_usage;
    int32_t pth_policy;
    int32_t pth_run_state;
    int32_t pth_flags;
    int32_t pth_sleep_time;
    int32_t pth_curpri;   /* the same as pth_priority */
    int32_t pth_priority; /* 31 less the thread's nice value; 0 for a thread with real-time priority */
    int32_t pth_maxpriority;
    char pth_name[MAXTHREADNAMESIZE]; /* up to 15 letters */
};
typedef struct thread_extended_info thread_extended_info_data_t;
typedef struct thread_extended_info *thread_extended_info_t;
#define THREAD_EXTENDED_INFO_COUNT THREAD_INFO_WORDS(thread_extended_info_data_t)

/* Without a structure here: KERN_NOT_SUPPORTED. */
#define THREAD_DEBUG_INFO_INTERNAL 6

/* Old flavors: their structures are in <mach/policy.h>. max_priority is 0, nothing is ever depressed. */
#define THREAD_SCHED_TIMESHARE_INFO 10
#define THREAD_SCHED_RR_INFO        11
#define THREAD_SCHED_FIFO_INFO      12

#endif

/// How a thread is scheduled, by flavor; see thread_policy_set. The manual page says what each means to Linux.
#ifndef _MACH_THREAD_POLICY_H_
#define _MACH_THREAD_POLICY_H_

#include <mach/boolean.h>
#include <mach/machine/vm_types.h>
#include <mach/message.h>

typedef natural_t thread_policy_flavor_t;
typedef integer_t *thread_policy_t; /* words; which structure they make says the flavor */

/* Time sharing. */
#define THREAD_STANDARD_POLICY 1
struct thread_standard_policy {
    natural_t no_data;
};
typedef struct thread_standard_policy thread_standard_policy_data_t;
typedef struct thread_standard_policy *thread_standard_policy_t;
#define THREAD_STANDARD_POLICY_COUNT 0

/* Time sharing, or a fixed priority above all that share time. */
#define THREAD_EXTENDED_POLICY 1
struct thread_extended_policy {
    boolean_t timeshare;
};
typedef struct thread_extended_policy thread_extended_policy_data_t;
typedef struct thread_extended_policy *thread_extended_policy_t;
#define THREAD_EXTENDED_POLICY_COUNT 1

/* Work that has to be done in time. In the unit of mach_absolute_time. */
#define THREAD_TIME_CONSTRAINT_POLICY 2
struct thread_time_constraint_policy {
    uint32_t period;      /* from one piece of work to the next; 0: none */
    uint32_t computation; /* how long it computes: 50 microseconds to 50 milliseconds */
    uint32_t constraint;  /* by when it must be done; not less than computation */
    boolean_t preemptible;
};
typedef struct thread_time_constraint_policy thread_time_constraint_policy_data_t;
typedef struct thread_time_constraint_policy *thread_time_constraint_policy_t;
#define THREAD_TIME_CONSTRAINT_POLICY_COUNT 4

/* How important it is among the threads that share time. */
#define THREAD_PRECEDENCE_POLICY 3
struct thread_precedence_policy {
    integer_t importance;
};
typedef struct thread_precedence_policy thread_precedence_policy_data_t;
typedef struct thread_precedence_policy *thread_precedence_policy_t;
#define THREAD_PRECEDENCE_POLICY_COUNT 1

/* Which threads share a cache: KERN_NOT_SUPPORTED. */
#define THREAD_AFFINITY_POLICY 4
struct thread_affinity_policy {
    integer_t affinity_tag;
};
typedef struct thread_affinity_policy thread_affinity_policy_data_t;
typedef struct thread_affinity_policy *thread_affinity_policy_t;
#define THREAD_AFFINITY_TAG_NULL     0
#define THREAD_AFFINITY_POLICY_COUNT 1

/* Not offered: KERN_INVALID_ARGUMENT. */
#define THREAD_BACKGROUND_POLICY 5
struct thread_background_policy {
    integer_t priority;
};
typedef struct thread_background_policy thread_background_policy_data_t;
typedef struct thread_background_policy *thread_background_policy_t;
#define THREAD_BACKGROUND_POLICY_COUNT 1

/* How late its timers may be, and how much it gets done: cannot be set, and reads as LATENCY_QOS_TIER_UNSPECIFIED and
   THROUGHPUT_QOS_TIER_UNSPECIFIED (<mach/task_policy.h>). */
#define THREAD_LATENCY_QOS_POLICY 7
typedef integer_t thread_latency_qos_t;
struct thread_latency_qos_policy {
    thread_latency_qos_t thread_latency_qos_tier;
};
typedef struct thread_latency_qos_policy thread_latency_qos_policy_data_t;
typedef struct thread_latency_qos_policy *thread_latency_qos_policy_t;
#define THREAD_LATENCY_QOS_POLICY_COUNT 1

#define THREAD_THROUGHPUT_QOS_POLICY 8
typedef integer_t thread_throughput_qos_t;
struct thread_throughput_qos_policy {
    thread_throughput_qos_t thread_throughput_qos_tier;
};
typedef struct thread_throughput_qos_policy thread_throughput_qos_policy_data_t;
typedef struct thread_throughput_qos_policy *thread_throughput_qos_policy_t;
#define THREAD_THROUGHPUT_QOS_POLICY_COUNT 1

#endif

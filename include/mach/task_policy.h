/// What part a task plays in the system, by flavor; see task_policy_set.
#ifndef _MACH_TASK_POLICY_H_
#define _MACH_TASK_POLICY_H_

#include <mach/machine/vm_types.h>
#include <mach/message.h>

typedef natural_t task_policy_flavor_t;
typedef integer_t *task_policy_t; /* words; which structure they make says the flavor */

#define TASK_CATEGORY_POLICY 1
enum task_role {
    TASK_RENICED = -1,
    TASK_UNSPECIFIED = 0,
    TASK_FOREGROUND_APPLICATION,
    TASK_BACKGROUND_APPLICATION,
    TASK_CONTROL_APPLICATION,
    TASK_GRAPHICS_SERVER,
    TASK_THROTTLE_APPLICATION,
    TASK_NONUI_APPLICATION,
    TASK_DEFAULT_APPLICATION
};
typedef integer_t task_role_t;
struct task_category_policy {
    task_role_t role;
};
typedef struct task_category_policy task_category_policy_data_t;
typedef struct task_category_policy *task_category_policy_t;
#define TASK_CATEGORY_POLICY_COUNT 1

/* The other flavors. The last four have a struct task_qos_policy. */
#define TASK_SUPPRESSION_POLICY         3
#define TASK_POLICY_STATE               4
#define TASK_BASE_QOS_POLICY            8
#define TASK_OVERRIDE_QOS_POLICY        9
#define TASK_BASE_LATENCY_QOS_POLICY    10
#define TASK_BASE_THROUGHPUT_QOS_POLICY 11

enum task_latency_qos {
    LATENCY_QOS_TIER_UNSPECIFIED = 0,
    LATENCY_QOS_TIER_0 = 0xff0001,
    LATENCY_QOS_TIER_1,
    LATENCY_QOS_TIER_2,
    LATENCY_QOS_TIER_3,
    LATENCY_QOS_TIER_4,
    LATENCY_QOS_TIER_5
};
typedef integer_t task_latency_qos_t;
enum task_throughput_qos {
    THROUGHPUT_QOS_TIER_UNSPECIFIED = 0,
    THROUGHPUT_QOS_TIER_0 = 0xfe0001,
    THROUGHPUT_QOS_TIER_1,
    THROUGHPUT_QOS_TIER_2,
    THROUGHPUT_QOS_TIER_3,
    THROUGHPUT_QOS_TIER_4,
    THROUGHPUT_QOS_TIER_5
};
typedef integer_t task_throughput_qos_t;
#define LATENCY_QOS_LAUNCH_DEFAULT_TIER    LATENCY_QOS_TIER_3
#define THROUGHPUT_QOS_LAUNCH_DEFAULT_TIER THROUGHPUT_QOS_TIER_3

struct task_qos_policy {
    task_latency_qos_t task_latency_qos_tier;
    task_throughput_qos_t task_throughput_qos_tier;
};
typedef struct task_qos_policy *task_qos_policy_t;
#define TASK_QOS_POLICY_COUNT 2

#endif

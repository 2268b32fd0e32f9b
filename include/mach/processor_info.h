/// What processors and sets of processors tell about themselves: flavors, and the structures behind them.
#ifndef _MACH_PROCESSOR_INFO_H_
#define _MACH_PROCESSOR_INFO_H_

#include <mach/boolean.h>
#include <mach/machine.h>
#include <mach/machine/vm_types.h>
#include <mach/message.h>

typedef int processor_flavor_t;
typedef int processor_set_flavor_t;

/* Words; which structure they make says the flavor. */
typedef integer_t *processor_info_t;
typedef integer_t *processor_info_array_t;
typedef integer_t *processor_set_info_t;

#define PROCESSOR_INFO_MAX     1024 /* words, at most */
#define PROCESSOR_SET_INFO_MAX 1024

typedef integer_t processor_info_data_t[PROCESSOR_INFO_MAX];
typedef integer_t processor_set_info_data_t[PROCESSOR_SET_INFO_MAX];

/* -- Processors ---------------------------------------------------------------------------------------------------- */

#define PROCESSOR_BASIC_INFO    1
#define PROCESSOR_CPU_LOAD_INFO 2
#define PROCESSOR_PM_REGS_INFO  0x10000001 /* not told */
#define PROCESSOR_TEMPERATURE   0x10000002 /* not told */

struct processor_basic_info {
    cpu_type_t cpu_type;
    cpu_subtype_t cpu_subtype;
    boolean_t running;   /* whether it is online */
    int slot_num;        /* the number that Linux has for it */
    boolean_t is_master; /* whether it is the first */
};

typedef struct processor_basic_info processor_basic_info_data_t;
typedef struct processor_basic_info *processor_basic_info_t;
#define PROCESSOR_BASIC_INFO_COUNT ((mach_msg_type_number_t)(sizeof(processor_basic_info_data_t) / sizeof(natural_t)))

/// Hundredths of a second, by CPU_STATE_ number.
struct processor_cpu_load_info {
    unsigned int cpu_ticks[CPU_STATE_MAX];
};

typedef struct processor_cpu_load_info processor_cpu_load_info_data_t;
typedef struct processor_cpu_load_info *processor_cpu_load_info_t;
#define PROCESSOR_CPU_LOAD_INFO_COUNT                                                                                  \
    ((mach_msg_type_number_t)(sizeof(processor_cpu_load_info_data_t) / sizeof(natural_t)))

/* -- Sets of processors -------------------------------------------------------------------------------------------- */

#define LOAD_SCALE 1000 /* of load averages and mach factors */

#define PROCESSOR_SET_ENABLED_POLICIES  3
#define PROCESSOR_SET_LOAD_INFO         4 /* of processor_set_statistics */
#define PROCESSOR_SET_BASIC_INFO        5
#define PROCESSOR_SET_TIMESHARE_DEFAULT 10
#define PROCESSOR_SET_TIMESHARE_LIMITS  11
#define PROCESSOR_SET_RR_DEFAULT        20
#define PROCESSOR_SET_RR_LIMITS         21
#define PROCESSOR_SET_FIFO_DEFAULT      30
#define PROCESSOR_SET_FIFO_LIMITS       31

struct processor_set_basic_info {
    int processor_count; /* processors online */
    int default_policy;
};

typedef struct processor_set_basic_info processor_set_basic_info_data_t;
typedef struct processor_set_basic_info *processor_set_basic_info_t;
#define PROCESSOR_SET_BASIC_INFO_COUNT                                                                                 \
    ((mach_msg_type_number_t)(sizeof(processor_set_basic_info_data_t) / sizeof(natural_t)))

struct processor_set_load_info {
    int task_count;         /* tasks in this process */
    int thread_count;       /* threads of this process that have called the library */
    integer_t load_average; /* times LOAD_SCALE */
    integer_t mach_factor;  /* times LOAD_SCALE */
};

typedef struct processor_set_load_info processor_set_load_info_data_t;
typedef struct processor_set_load_info *processor_set_load_info_t;
#define PROCESSOR_SET_LOAD_INFO_COUNT                                                                                  \
    ((mach_msg_type_number_t)(sizeof(processor_set_load_info_data_t) / sizeof(natural_t)))

#define PROCESSOR_SET_ENABLED_POLICIES_COUNT ((mach_msg_type_number_t)(sizeof(int) / sizeof(natural_t)))

#endif

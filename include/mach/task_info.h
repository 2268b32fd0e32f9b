/// What a task tells about itself, by flavor; see task_info. Tasks of one process share all that Linux knows of it, so
/// each tells of the whole process. A figure that Linux does not have is 0; these are named.
#ifndef _MACH_TASK_INFO_H_
#define _MACH_TASK_INFO_H_

#include <stdint.h>

#include <mach/machine/vm_types.h>
#include <mach/message.h>
#include <mach/policy.h>
#include <mach/time_value.h>

typedef natural_t task_flavor_t;
typedef integer_t *task_info_t; /* words; which structure they make says the flavor */

#define TASK_INFO_MAX 1024 /* words, at most */
typedef integer_t task_info_data_t[TASK_INFO_MAX];

#define TASK_INFO_WORDS(type) ((mach_msg_type_number_t)(sizeof(type) / sizeof(natural_t)))

#pragma pack(push, 4)

/* Times are those of threads that have ended; TASK_THREAD_TIMES_INFO has those of the others. suspend_count is 0. */
#define TASK_BASIC_INFO_32  4
#define TASK_BASIC2_INFO_32 6 /* the same, but resident_size is the most that it ever was */
struct task_basic_info_32 {
    integer_t suspend_count;
    natural_t virtual_size;  /* bytes; the lower 32 bits */
    natural_t resident_size; /* bytes; the lower 32 bits */
    time_value_t user_time;
    time_value_t system_time;
    policy_t policy; /* of new threads: POLICY_TIMESHARE */
};
typedef struct task_basic_info_32 task_basic_info_32_data_t;
typedef struct task_basic_info_32 *task_basic_info_32_t;
#define TASK_BASIC_INFO_32_COUNT TASK_INFO_WORDS(task_basic_info_32_data_t)

#define TASK_BASIC_INFO_64 5
struct task_basic_info_64 {
    integer_t suspend_count;
    mach_vm_size_t virtual_size;  /* bytes */
    mach_vm_size_t resident_size; /* bytes */
    time_value_t user_time;
    time_value_t system_time;
    policy_t policy;
};
typedef struct task_basic_info_64 task_basic_info_64_data_t;
typedef struct task_basic_info_64 *task_basic_info_64_t;
#define TASK_BASIC_INFO_64_COUNT TASK_INFO_WORDS(task_basic_info_64_data_t)

struct task_basic_info {
    integer_t suspend_count;
    vm_size_t virtual_size;  /* bytes */
    vm_size_t resident_size; /* bytes */
    time_value_t user_time;
    time_value_t system_time;
    policy_t policy;
};
typedef struct task_basic_info task_basic_info_data_t;
typedef struct task_basic_info *task_basic_info_t;
#define TASK_BASIC_INFO_COUNT TASK_INFO_WORDS(task_basic_info_data_t)
#ifdef __LP64__
#define TASK_BASIC_INFO TASK_BASIC_INFO_64
#else
#define TASK_BASIC_INFO TASK_BASIC_INFO_32
#endif

#define MACH_TASK_BASIC_INFO 20
struct mach_task_basic_info {
    mach_vm_size_t virtual_size;      /* bytes */
    mach_vm_size_t resident_size;     /* bytes */
    mach_vm_size_t resident_size_max; /* the most that it ever was */
    time_value_t user_time;
    time_value_t system_time;
    policy_t policy;
    integer_t suspend_count;
};
typedef struct mach_task_basic_info mach_task_basic_info_data_t;
typedef struct mach_task_basic_info *mach_task_basic_info_t;
#define MACH_TASK_BASIC_INFO_COUNT TASK_INFO_WORDS(mach_task_basic_info_data_t)

/* cow_faults, messages and system calls are 0. */
#define TASK_EVENTS_INFO 2
struct task_events_info {
    integer_t faults;  /* faults of pages, also those that needed no reading */
    integer_t pageins; /* those that needed reading */
    integer_t cow_faults;
    integer_t messages_sent;
    integer_t messages_received;
    integer_t syscalls_mach;
    integer_t syscalls_unix;
    integer_t csw; /* how often its threads gave up a processor, or lost it */
};
typedef struct task_events_info task_events_info_data_t;
typedef struct task_events_info *task_events_info_t;
#define TASK_EVENTS_INFO_COUNT TASK_INFO_WORDS(task_events_info_data_t)

/* The time of all threads that have not ended. */
#define TASK_THREAD_TIMES_INFO 3
struct task_thread_times_info {
    time_value_t user_time;
    time_value_t system_time;
};
typedef struct task_thread_times_info task_thread_times_info_data_t;
typedef struct task_thread_times_info *task_thread_times_info_t;
#define TASK_THREAD_TIMES_INFO_COUNT TASK_INFO_WORDS(task_thread_times_info_data_t)

/* In the unit of mach_absolute_time. */
#define TASK_ABSOLUTETIME_INFO 1
struct task_absolutetime_info {
    uint64_t total_user;
    uint64_t total_system;
    uint64_t threads_user; /* of threads that have not ended */
    uint64_t threads_system;
};
typedef struct task_absolutetime_info task_absolutetime_info_data_t;
typedef struct task_absolutetime_info *task_absolutetime_info_t;
#define TASK_ABSOLUTETIME_INFO_COUNT TASK_INFO_WORDS(task_absolutetime_info_data_t)

/* All 0. */
#define TASK_KERNELMEMORY_INFO 7
struct task_kernelmemory_info {
    uint64_t total_palloc;
    uint64_t total_pfree;
    uint64_t total_salloc;
    uint64_t total_sfree;
};
typedef struct task_kernelmemory_info task_kernelmemory_info_data_t;
typedef struct task_kernelmemory_info *task_kernelmemory_info_t;
#define TASK_KERNELMEMORY_INFO_COUNT TASK_INFO_WORDS(task_kernelmemory_info_data_t)

/* The tokens that a receiver finds in the trailer of a message from the task. */
#define TASK_SECURITY_TOKEN       13
#define TASK_SECURITY_TOKEN_COUNT TASK_INFO_WORDS(security_token_t)
#define TASK_AUDIT_TOKEN          15
#define TASK_AUDIT_TOKEN_COUNT    TASK_INFO_WORDS(audit_token_t)

/* Bytes. What is not described is 0. */
#define TASK_VM_INFO           22
#define TASK_VM_INFO_PURGEABLE 23
struct task_vm_info {
    mach_vm_size_t virtual_size;
    integer_t region_count; /* mappings */
    integer_t page_size;
    mach_vm_size_t resident_size;
    mach_vm_size_t resident_size_peak;
    mach_vm_size_t device;
    mach_vm_size_t device_peak;
    mach_vm_size_t internal; /* resident pages without a file */
    mach_vm_size_t internal_peak;
    mach_vm_size_t external; /* resident pages of files and of shared memory */
    mach_vm_size_t external_peak;
    mach_vm_size_t reusable;
    mach_vm_size_t reusable_peak;
    mach_vm_size_t purgeable_volatile_pmap;
    mach_vm_size_t purgeable_volatile_resident;
    mach_vm_size_t purgeable_volatile_virtual;
    mach_vm_size_t compressed; /* pages without a file that are in swap space */
    mach_vm_size_t compressed_peak;
    mach_vm_size_t compressed_lifetime;
    mach_vm_size_t phys_footprint; /* internal and compressed; not there in the older, shorter structure */
};
typedef struct task_vm_info task_vm_info_data_t;
typedef struct task_vm_info *task_vm_info_t;
#define TASK_VM_INFO_COUNT      TASK_INFO_WORDS(task_vm_info_data_t)
#define TASK_VM_INFO_REV0_COUNT (TASK_VM_INFO_COUNT - 2) /* up to compressed_lifetime */

#define TASK_FLAGS_INFO 28
struct task_flags_info {
    uint32_t flags;
};
typedef struct task_flags_info task_flags_info_data_t;
typedef struct task_flags_info *task_flags_info_t;
#define TASK_FLAGS_INFO_COUNT TASK_INFO_WORDS(task_flags_info_data_t)

#define TF_LP64 0x00000001 /* has addresses of 64 bits */

/* These are KERN_NOT_SUPPORTED. */
#define TASK_AFFINITY_TAG_INFO 16
struct task_affinity_tag_info {
    integer_t set_count;
    integer_t min;
    integer_t max;
    integer_t task_count;
};
typedef struct task_affinity_tag_info task_affinity_tag_info_data_t;
typedef struct task_affinity_tag_info *task_affinity_tag_info_t;
#define TASK_AFFINITY_TAG_INFO_COUNT TASK_INFO_WORDS(task_affinity_tag_info_data_t)

#define TASK_DYLD_INFO 17
struct task_dyld_info {
    mach_vm_address_t all_image_info_addr;
    mach_vm_size_t all_image_info_size;
    integer_t all_image_info_format;
};
typedef struct task_dyld_info task_dyld_info_data_t;
typedef struct task_dyld_info *task_dyld_info_t;
#define TASK_DYLD_INFO_COUNT        TASK_INFO_WORDS(task_dyld_info_data_t)
#define TASK_DYLD_ALL_IMAGE_INFO_32 0
#define TASK_DYLD_ALL_IMAGE_INFO_64 1

#define TASK_POWER_INFO 21
struct task_power_info {
    uint64_t total_user;
    uint64_t total_system;
    uint64_t task_interrupt_wakeups;
    uint64_t task_platform_idle_wakeups;
    uint64_t task_timer_wakeups_bin_1;
    uint64_t task_timer_wakeups_bin_2;
};
typedef struct task_power_info task_power_info_data_t;
typedef struct task_power_info *task_power_info_t;
#define TASK_POWER_INFO_COUNT TASK_INFO_WORDS(task_power_info_data_t)

#define TASK_WAIT_STATE_INFO 25
struct task_wait_state_info {
    uint64_t total_wait_state_time;
    uint64_t total_wait_sfi_state_time;
    uint32_t _reserved[4];
};
typedef struct task_wait_state_info task_wait_state_info_data_t;
typedef struct task_wait_state_info *task_wait_state_info_t;
#define TASK_WAIT_STATE_INFO_COUNT TASK_INFO_WORDS(task_wait_state_info_data_t)

#pragma pack(pop)

/* Old flavors: their structures are in <mach/policy.h>. */
#define TASK_SCHED_TIMESHARE_INFO 10
#define TASK_SCHED_RR_INFO        11
#define TASK_SCHED_FIFO_INFO      12
#define TASK_SCHED_INFO           14

/* Flavors without a structure here. */
#define TASK_EXTMOD_INFO               19
#define TASK_TRACE_MEMORY_INFO         24
#define TASK_POWER_INFO_V2             26
#define TASK_VM_INFO_PURGEABLE_ACCOUNT 27
#define TASK_DEBUG_INFO_INTERNAL       29

#endif

// What the tests of information about tasks and threads share: the routines by message beside their calls, threads that stay, and what Linux tells.
#ifndef CTESTS_INFORMATION_SUPPORT_H
#define CTESTS_INFORMATION_SUPPORT_H

#include "mig_support.h"
#include "task_support.h"

#include <mach/thread_switch.h>
#include <time.h>

// As RUN, after the threads of a sanitizer have got their ports and the reply port is there.
#define INFORMATION_RUN(tests) cmocka_run_group_tests(tests, information_warm_up, NULL)
int information_warm_up(void **state);

// ---- Both ways

// As the routines of the same names, but for what is at the end of the line.
struct information_way {
    const char *name;
    kern_return_t (*task_info)(task_name_t, task_flavor_t, task_info_t, mach_msg_type_number_t *);
    kern_return_t (*thread_info)(thread_act_t, thread_flavor_t, thread_info_t, mach_msg_type_number_t *);
    kern_return_t (*task_policy_set)(task_t, task_policy_flavor_t, task_policy_t, mach_msg_type_number_t);
    kern_return_t (*task_policy_get)(task_t, task_policy_flavor_t, task_policy_t, mach_msg_type_number_t *,
                                     boolean_t *);
    kern_return_t (*thread_policy_set)(thread_act_t, thread_policy_flavor_t, thread_policy_t, mach_msg_type_number_t);
    kern_return_t (*thread_policy_get)(thread_act_t, thread_policy_flavor_t, thread_policy_t, mach_msg_type_number_t *,
                                       boolean_t *);
    kern_return_t (*task_threads)(task_t, thread_act_array_t *, mach_msg_type_number_t *);
};
extern const struct information_way information_ways[2];
#define each_way(way)                                                                                                  \
    (const struct information_way *way = information_ways; way < information_ways + COUNT_OF(information_ways); way++)

// A request to a port, of words after the header and the record, answered by a code and words; at most so many of these are stored.
kern_return_t ask_words(mach_port_t port, mach_msg_id_t id, const uint32_t *words, size_t count, uint32_t *answer,
                        size_t least, size_t most);

// ---- Threads

// A thread that waits until it is released, and has called the library or not.
struct standing_thread {
    pthread_t thread;
    int id;
    bool calls; // once it is asked to
    mach_port_t name;
    pthread_barrier_t steps;
};
void start_standing(struct standing_thread *it);
// Makes it call mach_thread_self; the name is the caller's to give up.
mach_port_t let_call(struct standing_thread *it);
void end_standing(struct standing_thread *it);
// Returns when the system does not know a thread of the process by this id any more.
void wait_until_gone(int id);

// ---- What Linux tells

// A line of /proc/self/status, in its unit.
long long status_line(const char *label);
// The n-th number of /proc/self/statm, in bytes.
uint64_t statm_number(unsigned n);
unsigned long mapping_count(void);
uint64_t cpu_clock(clockid_t clock);
// Ids of all threads in ascending order; the count.
size_t linux_threads(int *ids, size_t room);

#endif

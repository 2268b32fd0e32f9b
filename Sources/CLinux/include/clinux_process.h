/*
 * What the system tells of the process and its threads, and how threads are scheduled. Texts of /proc are read whole and
 * taken apart elsewhere. errno stays as it was in all of these.
 */
#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* These read a text, at most size bytes, and give its length, or the errno value as a negative number. Those of the
   process are the calling thread's: the process's own are empty once its first thread has ended. */

long clinux_read_memory_sizes(char *text, size_t size) __attribute__((visibility("hidden")));
/* The lines that begin with V or R, as those about memory do. */
long clinux_read_memory_status(char *text, size_t size) __attribute__((visibility("hidden")));
/* The line that tells of a thread of the process. */
long clinux_read_thread(int32_t thread, char *text, size_t size) __attribute__((visibility("hidden")));
/* How many mappings the process has, or the errno value as a negative number. */
long clinux_count_mappings(void) __attribute__((visibility("hidden")));

/* The list of the process's threads; the errno value as a negative number on failure. */
int clinux_open_threads(void) __attribute__((visibility("hidden")));
enum { CLINUX_THREADS_AT_ONCE = 64 };
/* The next of them, at most CLINUX_THREADS_AT_ONCE. How many, 0 at the end, or the errno value as a negative number. */
int clinux_next_threads(int list, int32_t *threads) __attribute__((visibility("hidden")));
/* Whether there is a thread of the process with this id, or one at its end. */
bool clinux_thread_exists(int32_t thread) __attribute__((visibility("hidden")));
/* Whether /proc has it. */
bool clinux_thread_is_listed(int32_t thread) __attribute__((visibility("hidden")));

/* The id of the calling thread. */
int32_t clinux_thread_identifier(void) __attribute__((visibility("hidden")));

/* Nanoseconds. */
typedef struct {
    uint64_t user, system;
} clinux_times;
/* How long a thread of the process has run, or, for 0, all that ever were. False when it has ended. */
bool clinux_read_times(int32_t thread, clinux_times *times) __attribute__((visibility("hidden")));
/* The same without making both parts of it add up to what the thread has run. */
bool clinux_read_sampled_times(int32_t thread, clinux_times *times) __attribute__((visibility("hidden")));
/* Of nanoseconds that were run, those in the system, as the samples say. */
uint64_t clinux_system_part(uint64_t total, clinux_times sampled) __attribute__((visibility("hidden")));
/* Nanoseconds that a thread of the process, or, for 0, all of it has run; UINT64_MAX when it has ended. */
uint64_t clinux_run_time(int32_t thread) __attribute__((visibility("hidden")));

typedef struct {
    int64_t minor_faults, major_faults, switches;
} clinux_usage;
void clinux_read_usage(clinux_usage *usage) __attribute__((visibility("hidden")));

/* -- Scheduling ---------------------------------------------------------------------------------------------------- */

static const int clinux_time_sharing = SCHED_OTHER;
static const int clinux_first_in_first_out = SCHED_FIFO;
static const int clinux_round_robin = SCHED_RR;
static const int clinux_deadline = 6; /* SCHED_DEADLINE, which not all headers have */

/* How a thread is scheduled: one of those above, or another number; negative when it has ended. */
int clinux_scheduler(int32_t thread) __attribute__((visibility("hidden")));
/* Schedules a thread so, with a priority; threads that it starts are not. 0 or the errno value. */
int clinux_set_scheduler(int32_t thread, int scheduler, int priority) __attribute__((visibility("hidden")));
/* The nice value of a thread, -20 to 19; 0 or the errno value. */
int clinux_nice(int32_t thread, int32_t *nice) __attribute__((visibility("hidden")));
int clinux_set_nice(int32_t thread, int32_t nice) __attribute__((visibility("hidden")));
/* Nanoseconds that a thread runs in its turn, the caller's for 0; 0 for no limit, -1 where the system does not say. */
int64_t clinux_time_slice(int32_t thread) __attribute__((visibility("hidden")));
/* Lets another thread run. Whether one did. */
bool clinux_give_way(void) __attribute__((visibility("hidden")));

#endif

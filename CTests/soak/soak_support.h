// What the soak programs share: rounds of threads that do conflicting things until the time is over, chosen by a seed, and a check after each round that
// nothing is lost. No cmocka: what is wrong may be found by any thread, and ends the program.
#ifndef CTESTS_SOAK_SUPPORT_H
#define CTESTS_SOAK_SUPPORT_H

#include "rights_support.h"

#include <pthread.h>
#include <sched.h>

#include "../stress.h"

// ---- The frame

// Runs rounds until SOAK_SECONDS (10) are over; what they do comes from SOAK_SEED, or from the clock. Prints the seed first and the speed last. After each
// round the library's counts must be back at what they were before it and, in a checked library, all invariants hold. The value is main's result.
int soak(const char *name, void (*round)(void));
// Whether the round's threads should come to an end.
bool soak_over(void);
// Counts operations of the calling thread.
void soak_did(unsigned operations);

// ---- Threads

struct soak_thread {
    void (*body)(struct soak_thread *thread);
    task_t task;      // to act as; MACH_PORT_NULL for the process's task
    unsigned index;   // for the body
    void *argument;   // for the body
    size_t stack;     // 0 for the usual size
    pthread_t thread; // the rest is soak_support's
    uint64_t row;
    _Atomic int id; // kernel's id of the thread, 0 before it runs
    uint64_t operations;
};
void soak_start(struct soak_thread *thread);
void soak_join(struct soak_thread *thread);
// Returns when the thread sleeps on a word of memory, on several looks with no wake-up in between.
void soak_wait_until_blocked(struct soak_thread *thread);

#endif

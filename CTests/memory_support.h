// What the memory tests share: an allocator that fails when told to, and trials of calls at each of their allocations and system calls.
#ifndef CTESTS_MEMORY_SUPPORT_H
#define CTESTS_MEMORY_SUPPORT_H

#include "mig_support.h"

// The program has its own malloc and calloc, which the library then uses as well. Sanitizers bring theirs, and other C libraries have no second door.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define ALLOCATIONS_CAN_FAIL 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ALLOCATIONS_CAN_FAIL 0
#else
#define ALLOCATIONS_CAN_FAIL 1
#endif
#else
#define ALLOCATIONS_CAN_FAIL 1
#endif

// First in a test whose allocations must fail: the program's own allocator lets them, or a library that was built for checking.
#define need_failing_allocations()                                                                                     \
    do {                                                                                                               \
        if (!ALLOCATIONS_CAN_FAIL && !library_injects()) skip();                                                       \
    } while (0)
// In a test that needs more than that: the program's own allocator.
#define need_own_allocator()                                                                                           \
    do {                                                                                                               \
        if (!ALLOCATIONS_CAN_FAIL) skip();                                                                             \
    } while (0)
bool library_injects(void);

// Which allocations of the calling thread fail: the n-th from now on, counted from 1, or that and all after it.
enum failing { ONE, ALL };
void fail_allocation(enum failing failing, unsigned n);
// No more of them; whether any has failed.
bool stop_failing(void);
// For the program's allocator: whether the allocation that it is about to make must fail, with errno set.
bool allocation_fails(void);
// For the same: how many allocations have not been freed.
extern _Atomic long live_allocations;

// What fails. System calls do so in a library that was built for checking alone.
enum fault { ALLOCATION, SYSTEM_CALL };
// As fail_allocation, which stop_failing ends as well.
void fail_next(enum fault fault, enum failing failing, unsigned n);

// ---- Trials

// What a call of a trial works on. The thread acts as a task of its own, which ends with the trial.
struct scene {
    int argument; // the trial's
    mach_port_t port, second, notify, name;
    task_t other; // ended after the trial
    struct test_message message;
    struct carrier carrier; // for messages that need more room
    struct {
        mach_port_name_t name, previous;
        mach_msg_type_name_t type;
        mach_port_array_t ports;
        mach_msg_type_number_t count;
        struct {
            vm_address_t address;
            vm_size_t size;
        } memory[2];
        int descriptor;
        uint32_t values[40];
    } out; // UNTOUCHED before the call
    enum fault fault;
    enum failing failing;
    unsigned n;
    int64_t code;    // of the call that was to fail
    uint32_t number; // for whatever else the trial remembers
    vm_address_t memory;
    vm_size_t size;
};

// In a list of codes: the call works all the same; a request to the kernel has no answer, so that its right to reply tells of its end, if there is memory for that.
#define WORKS     ((int64_t)1 << 40)
#define NO_ANSWER ((int64_t)2 << 40)
// It works where one allocation fails, another way; where all after it fail too it has the trial's second code.
#define GOES_ROUND ((int64_t)3 << 40)

// A call that is made again and again, each time with a further one of its allocations failing, until it needs no more; and in a library that was built for checking with its system calls.
struct trial {
    const char *what;
    void (*prepare)(struct scene *scene);
    int64_t (*call)(struct scene *scene);
    void (*succeeded)(struct scene *scene); // the effect, also of the second call after one that failed; may be null
    int64_t failure;                        // the documented code; KERN_SUCCESS for calls that need no memory
    bool is_full;                           // the task's next name needs memory
    int argument;
    unsigned least;                      // so many allocations the call has at least; 0 stands for 1 where it may fail
    void (*failed)(struct scene *scene); // in place of the test that nothing changed and that the same call then works
    int64_t second_failure;              // where it is not 0: the code at the second allocation and those after it
    void (*second_failed)(struct scene *scene);
    int64_t codes[20];                    // in place of these two: the code at each allocation; the last one goes on
    void (*ended)(struct scene *scene);   // before the test that nothing changed: takes what tells of rights that ended
    int64_t system_failures[3];           // the codes where a system call fails, unless the call can do without it
    unsigned least_system_calls;          // so many of them the call makes at least
    void (*shorted)(struct scene *scene); // as `failed`, where a system call did
    void (*finish)(struct scene *scene);  // whatever happened: takes back what would outlast the task
};
void run_trial(const struct trial *trial);
#define run_trials(trials)                                                                                             \
    for (size_t trial_ = 0; trial_ < COUNT_OF(trials); trial_++) run_trial(&(trials)[trial_])

// Takes all names for which the task has memory: dead names up to the end of its first chunk.
void fill_names(task_t task);

#endif

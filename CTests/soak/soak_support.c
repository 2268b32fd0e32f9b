// The frame around the rounds, chance, and threads.
#include "soak_support.h"

#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// Exported by the checked flavour alone.
extern __typeof__(mach_linux_check) mach_linux_check __attribute__((weak));

static const char *program;
static uint64_t seed;
static unsigned current_round;
static atomic_ullong round_end, all_operations; // milliseconds
static atomic_uint rows;
static _Thread_local uint64_t row_state = 1;
static _Thread_local uint64_t operations_here;

static uint64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// ---- The frame

static uint64_t from_environment(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text != NULL && *text != 0 ? strtoull(text, NULL, 0) : otherwise;
}

void soak_fail(const char *file, int line, const char *what, int64_t got, int64_t wanted) {
    fprintf(stderr, "%s:%d: %s", file, line, what);
    if (got != wanted) {
        fprintf(stderr, " is %lld (0x%llx), should be %lld (0x%llx)", (long long)got, (unsigned long long)got,
                (long long)wanted, (unsigned long long)wanted);
    }
    fprintf(stderr, "\n%s: failed with SOAK_SEED=%llu in round %u\n", program, (unsigned long long)seed, current_round);
    fflush(NULL);
    if (getenv("SOAK_ABORT") != NULL) abort();
    _exit(1);
}

bool soak_over(void) { return milliseconds() >= atomic_load_explicit(&round_end, memory_order_relaxed); }

void soak_did(unsigned operations) { operations_here += operations; }

static void read_counts(mach_linux_statistics_data_t *counts) {
    mach_linux_trim();
    mach_linux_statistics(counts);
}

// Says what differs; whether nothing does.
static bool is_back(const char *what, uint64_t before, uint64_t after) {
    if (before == after) return true;
    fprintf(stderr, "%llu %s before the round, %llu after it\n", (unsigned long long)before, what,
            (unsigned long long)after);
    return false;
}

static void compare_counts(const mach_linux_statistics_data_t *before) {
    mach_linux_statistics_data_t after;
    read_counts(&after);
    bool good = is_back("tasks", before->tasks, after.tasks);
    good &= is_back("ports", before->ports, after.ports);
    good &= is_back("sets", before->sets, after.sets);
    good &= is_back("names", before->rights, after.rights);
    good &= is_back("messages", before->messages, after.messages);
    good &= is_back("memory regions", before->memory_regions, after.memory_regions);
    if (mach_linux_check != NULL) MUST_DO(mach_linux_check());
    MUST(good);
}

enum { ROUND = ROUNDS_OF(250, 500) }; // milliseconds

int soak(const char *name, void (*round)(void)) {
    program = name;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    seed = from_environment("SOAK_SEED", (uint64_t)now.tv_sec << 20 ^ (uint64_t)now.tv_nsec ^ (uint64_t)getpid() << 44);
    uint64_t start = milliseconds(), end = start + from_environment("SOAK_SECONDS", 10) * 1000;
    uint64_t length = from_environment("SOAK_ROUND", ROUND);
    printf("%s: SOAK_SEED=%llu\n", name, (unsigned long long)seed);
    fflush(stdout);

    // What the library makes once is made before anything is counted.
    mach_port_t host = mach_host_self(), thread = mach_thread_self();
    (void)mach_port_deallocate(SELF, host);
    (void)mach_port_deallocate(SELF, thread);
    for (current_round = 0; milliseconds() < end; current_round++) {
        mach_linux_statistics_data_t before;
        read_counts(&before);
        uint64_t this_end = milliseconds() + length;
        atomic_store(&round_end, this_end < end ? this_end : end);
        atomic_store(&rows, 0);
        row_state = soak_mix(seed, current_round);
        round();
        compare_counts(&before);
    }
    uint64_t took = milliseconds() - start, done = atomic_load(&all_operations) + operations_here;
    printf("%s: %u rounds, %llu operations, %llu a second\n", name, current_round, (unsigned long long)done,
           (unsigned long long)(done * 1000 / (took == 0 ? 1 : took)));
    return 0;
}

// ---- Chance

uint32_t chance(uint32_t bound) {
    row_state += 0x9e3779b97f4a7c15u;
    return (uint32_t)((soak_mix(row_state, 0) >> 32) * bound >> 32);
}

// ---- Threads

static void *run(void *argument) {
    struct soak_thread *thread = argument;
    row_state = thread->row;
    operations_here = 0;
    if (thread->task != MACH_PORT_NULL) MUST_DO(mach_linux_task_adopt(thread->task));
    atomic_store(&thread->id, (int)syscall(SYS_gettid));
    thread->body(thread);
    if (thread->task != MACH_PORT_NULL) MUST_DO(mach_linux_task_adopt(MACH_PORT_NULL));
    atomic_fetch_add(&all_operations, operations_here);
    return NULL;
}

void soak_start(struct soak_thread *thread) {
    thread->row = soak_mix(soak_mix(seed, current_round), 1 + atomic_fetch_add(&rows, 1));
    atomic_store(&thread->id, 0);
    pthread_attr_t attributes;
    MUST_BE(pthread_attr_init(&attributes), 0);
    if (thread->stack != 0) MUST_BE(pthread_attr_setstacksize(&attributes, thread->stack), 0);
    MUST_BE(pthread_create(&thread->thread, &attributes, run, thread), 0);
    pthread_attr_destroy(&attributes);
}

void soak_join(struct soak_thread *thread) { MUST_BE(pthread_join(thread->thread, NULL), 0); }

// What the thread does: whether it waits on a word of memory, and how often it has gone to sleep.
static bool sleeps(int id, unsigned long *switches) {
    char path[64], line[256], letter = 0;
    long call = -1;
    snprintf(path, sizeof(path), "/proc/self/task/%d/status", id);
    FILE *file = fopen(path, "r");
    MUST(file != NULL);
    while (fgets(line, sizeof(line), file) != NULL) {
        sscanf(line, "State: %c", &letter);
        sscanf(line, "voluntary_ctxt_switches: %lu", switches);
    }
    fclose(file);
    snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", id);
    file = fopen(path, "r");
    if (file == NULL) return letter == 'S'; // where the system does not tell
    if (fscanf(file, "%ld", &call) != 1) call = -1;
    fclose(file);
    return letter == 'S' && call == SYS_futex;
}

void soak_wait_until_blocked(struct soak_thread *thread) {
    while (atomic_load(&thread->id) == 0) sched_yield();
    unsigned long switches = 0, earlier = 0;
    for (int calm = 0; calm < 4;) {
        bool asleep = sleeps(atomic_load(&thread->id), &switches);
        calm = asleep && switches == earlier ? calm + 1 : 0;
        earlier = switches;
        sched_yield();
    }
}

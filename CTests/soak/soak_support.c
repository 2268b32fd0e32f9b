// The frame around the rounds, chance, threads, and accounts that nothing may be missing from.
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

bool soak_is_in(int64_t code, const int64_t *codes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (codes[i] == code) return true;
    }
    return false;
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

uint64_t soak_mix(uint64_t a, uint64_t b) {
    uint64_t z = a * 0x9e3779b97f4a7c15u + b + 0x632be59bd9b4e019u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

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

// ---- Rights

mach_port_t soak_port(void) {
    mach_port_t port = MACH_PORT_NULL;
    MUST_DO(mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port));
    return port;
}

mach_port_t soak_port_with_send(void) {
    mach_port_t port = soak_port();
    MUST_DO(mach_port_insert_right(SELF, port, port, MACH_MSG_TYPE_MAKE_SEND));
    return port;
}

mach_port_t soak_set(void) {
    mach_port_t set = MACH_PORT_NULL;
    MUST_DO(mach_port_allocate(SELF, MACH_PORT_RIGHT_PORT_SET, &set));
    return set;
}

task_t soak_task(void) {
    task_t task = MACH_PORT_NULL;
    MUST_DO(task_create(SELF, NULL, 0, FALSE, &task));
    return task;
}

void soak_limit(mach_port_t port, mach_port_msgcount_t limit) {
    mach_port_limits_t limits = {.mpl_qlimit = limit};
    MUST_DO(mach_port_set_attributes(SELF, port, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
                                     MACH_PORT_LIMITS_INFO_COUNT));
}

mach_port_name_t soak_give(task_t task, mach_port_t right, mach_msg_type_name_t disposition) {
    for (mach_port_name_t name = (2 + chance(50)) << 8 | 3;; name += 0x100) {
        kern_return_t code = mach_port_insert_right(task, name, right, disposition);
        if (code == KERN_SUCCESS) return name;
        MUST_BE_ONE_OF(code, KERN_NAME_EXISTS, KERN_FAILURE);
    }
}

// ---- Messages

mach_msg_return_t soak_send(mach_msg_header_t *header, mach_msg_size_t size, mach_msg_option_t option,
                            mach_msg_timeout_t timeout) {
    return mach_msg(header, MACH_SEND_MSG | option, size, 0, MACH_PORT_NULL, timeout, MACH_PORT_NULL);
}

mach_msg_return_t soak_receive(mach_msg_header_t *header, mach_msg_size_t size, mach_port_t name,
                               mach_msg_option_t option, mach_msg_timeout_t timeout) {
    return mach_msg(header, MACH_RCV_MSG | option, 0, size, name, timeout, MACH_PORT_NULL);
}

// ---- Accounts

// Any message that an account or a home may get.
struct returned {
    mach_msg_header_t header;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t right;
    unsigned char rest[512]; // a trailer, or more of a message
};

void open_account(struct account *account) {
    account->port = soak_port();
    atomic_store(&account->made, 0);
}

void read_account(struct account *account) {
    struct returned message;
    unsigned long long taken = 0;
    mach_msg_return_t code;
    while ((code = soak_receive(&message.header, sizeof(message), account->port, MACH_RCV_TIMEOUT, 0)) == 0) {
        // Who uses a right may send others along.
        mach_msg_destroy(&message.header);
        taken++;
    }
    MUST_BE(code, MACH_RCV_TIMED_OUT);
    atomic_fetch_sub(&account->made, taken);
}

void close_account(struct account *account) {
    read_account(account);
    MUST_BE(atomic_load(&account->made), 0);
    mach_port_status_t status;
    mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;
    MUST_DO(mach_port_get_attributes(SELF, account->port, MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&status, &count));
    MUST_BE(status.mps_sorights, 0);
    MUST_DO(mach_port_destroy(SELF, account->port));
}

void open_home(struct home *home) {
    home->port = soak_port();
    home->out = 0;
}

mach_port_t make_token(struct home *home) {
    mach_port_t token = soak_port(), previous = MACH_PORT_NULL;
    MUST_DO(mach_port_request_notification(SELF, token, MACH_NOTIFY_PORT_DESTROYED, 0, home->port,
                                           MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous));
    home->out += 1;
    return token;
}

void welcome_tokens(struct home *home) {
    struct returned message;
    mach_msg_return_t code;
    while ((code = soak_receive(&message.header, sizeof(message), home->port, MACH_RCV_TIMEOUT, 0)) == 0) {
        MUST_BE(message.header.msgh_id, MACH_NOTIFY_PORT_DESTROYED);
        MUST_BE(message.right.disposition, MACH_MSG_TYPE_PORT_RECEIVE);
        MUST_DO(mach_port_destroy(SELF, message.right.name));
        MUST(home->out > 0);
        home->out -= 1;
    }
    MUST_BE(code, MACH_RCV_TIMED_OUT);
}

void close_home(struct home *home) {
    welcome_tokens(home);
    MUST_BE(home->out, 0);
    MUST_DO(mach_port_destroy(SELF, home->port));
}

// The seeded scheduler of the checked flavours: a seed repeats its course and its results, other seeds take others, and what can go wrong is told.
#define _GNU_SOURCE // pthread_setattr_default_np
#include "message_support.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

extern __typeof__(mach_linux_check) mach_linux_check __attribute__((weak));
extern __typeof__(mach_linux_race) mach_linux_race __attribute__((weak));
extern __typeof__(mach_linux_step) mach_linux_step __attribute__((weak));

enum { SEEDS = 300, THREADS = 3, STEPS = 8 };

#define ONLY_CHECKED                                                                                                   \
    if (mach_linux_race == NULL || mach_linux_step == NULL) skip()

// ---- Races to run

static unsigned order[THREADS * STEPS]; // who ran, step by step
static _Atomic unsigned ordered;        // atomic because turns order nothing in the eyes of ThreadSanitizer

static void take_steps(void *argument) {
    for (unsigned i = 0; i < STEPS; i++) {
        order[atomic_fetch_add_explicit(&ordered, 1, memory_order_relaxed)] = (unsigned)(uintptr_t)argument;
        mach_linux_step();
    }
}

static uint64_t race_of_steps(uint64_t seed) {
    struct mach_linux_racer racers[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) racers[i] = (struct mach_linux_racer){take_steps, (void *)i};
    uint64_t course = 0;
    ordered = 0;
    assert_code(mach_linux_race(seed, racers, THREADS, &course), KERN_SUCCESS);
    assert_int_equal(ordered, THREADS * STEPS);
    return course;
}

static mach_port_t box;
static int64_t codes[2];

static mach_msg_return_t send_to_box(mach_msg_option_t option, mach_msg_timeout_t timeout) {
    mach_msg_header_t header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND_ONCE, 0), .msgh_remote_port = box};
    return mach_msg(&header, MACH_SEND_MSG | option, sizeof(header), 0, MACH_PORT_NULL, timeout, MACH_PORT_NULL);
}

static mach_msg_return_t receive_from_box(mach_msg_option_t option, mach_msg_timeout_t timeout) {
    struct {
        mach_msg_header_t header;
        mach_msg_trailer_t trailer;
    } message;
    return mach_msg(&message.header, MACH_RCV_MSG | option, 0, sizeof(message), box, timeout, MACH_PORT_NULL);
}

static void post_one(void *argument) {
    (void)argument;
    codes[0] = send_to_box(0, 0);
}

static void wait_with_option(void *argument) { codes[1] = receive_from_box(*(mach_msg_option_t *)argument, 10000); }

static uint64_t race_of_messages(uint64_t seed, mach_msg_option_t option) {
    struct mach_linux_racer racers[] = {{post_one, NULL}, {wait_with_option, &option}};
    uint64_t course = 0;
    box = make_port();
    codes[0] = codes[1] = -1;
    assert_code(mach_linux_race(seed, racers, COUNT_OF(racers), &course), KERN_SUCCESS);
    destroy(box);
    return course;
}

// ---- Seeds

static void a_seed_repeats_its_course(void **state) {
    (void)state;
    ONLY_CHECKED;
    unsigned first_order[THREADS * STEPS];
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        uint64_t course = race_of_steps(seed);
        memcpy(first_order, order, sizeof(order));
        assert_int_equal(race_of_steps(seed), course);
        assert_memory_equal(first_order, order, sizeof(order));
    }
}

static void a_seed_repeats_what_calls_return(void **state) {
    (void)state;
    ONLY_CHECKED;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        uint64_t course = race_of_messages(seed, MACH_RCV_TIMEOUT);
        int64_t code = codes[1];
        assert_int_equal(race_of_messages(seed, MACH_RCV_TIMEOUT), course);
        assert_int_equal(codes[1], code);
    }
}

static int compare(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return a < b ? -1 : a > b;
}

static void other_seeds_take_other_courses(void **state) {
    (void)state;
    ONLY_CHECKED;
    uint64_t courses[SEEDS];
    bool first[THREADS] = {false}, last[THREADS] = {false};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        courses[seed] = race_of_steps(seed);
        first[order[0]] = true;
        last[order[ordered - 1]] = true;
    }
    qsort(courses, SEEDS, sizeof(*courses), compare);
    unsigned distinct = 1;
    for (unsigned i = 1; i < SEEDS; i++) distinct += courses[i] != courses[i - 1];
    assert_true(distinct > SEEDS / 2);
    for (unsigned i = 0; i < THREADS; i++) assert_true(first[i] && last[i]);
}

// The same number of turns that go to others is another course.
static void a_course_is_that_of_the_turns(void **state) {
    (void)state;
    ONLY_CHECKED;
    static unsigned orders[SEEDS][THREADS * STEPS];
    uint64_t courses[SEEDS];
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        courses[seed] = race_of_steps(seed);
        memcpy(orders[seed], order, sizeof(order));
    }
    for (unsigned i = 0; i < SEEDS; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (courses[i] == courses[j]) assert_memory_equal(orders[i], orders[j], sizeof(order));
        }
    }
}

// ---- Time and signals

static void time_outs_pass_when_the_seed_says_so(void **state) {
    (void)state;
    ONLY_CHECKED;
    unsigned received = 0, timed_out = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        race_of_messages(seed, MACH_RCV_TIMEOUT);
        assert_code(codes[0], MACH_MSG_SUCCESS);
        assert_true(codes[1] == MACH_MSG_SUCCESS || codes[1] == MACH_RCV_TIMED_OUT);
        received += codes[1] == MACH_MSG_SUCCESS;
        timed_out += codes[1] == MACH_RCV_TIMED_OUT;
    }
    assert_true(received > 0 && timed_out > 0);
}

static void signals_seem_to_come_to_calls_that_tell_of_them(void **state) {
    (void)state;
    ONLY_CHECKED;
    unsigned received = 0, interrupted = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        race_of_messages(seed, MACH_RCV_INTERRUPT);
        assert_true(codes[1] == MACH_MSG_SUCCESS || codes[1] == MACH_RCV_INTERRUPTED);
        received += codes[1] == MACH_MSG_SUCCESS;
        interrupted += codes[1] == MACH_RCV_INTERRUPTED;
        // Calls that do not tell of signals see none.
        race_of_messages(seed, 0);
        assert_code(codes[1], MACH_MSG_SUCCESS);
    }
    assert_true(received > 0 && interrupted > 0);
}

static void wait_alone(void *argument) {
    codes[(uintptr_t)argument] = receive_from_box(MACH_RCV_TIMEOUT, 3600 * 1000 * ((uintptr_t)argument + 1));
}

// Nobody waits for the clock.
static void an_hour_passes_at_once_when_all_sleep(void **state) {
    (void)state;
    ONLY_CHECKED;
    struct mach_linux_racer racers[] = {{wait_alone, (void *)0}, {wait_alone, (void *)1}};
    box = make_port();
    assert_code(mach_linux_race(1, racers, COUNT_OF(racers), NULL), KERN_SUCCESS);
    assert_code(codes[0], MACH_RCV_TIMED_OUT);
    assert_code(codes[1], MACH_RCV_TIMED_OUT);
    destroy(box);
}

// ---- Threads

static _Atomic unsigned at_once, most, ended;
static pthread_key_t key;

static void count_end(void *value) {
    (void)value;
    mach_linux_step();
    atomic_fetch_add(&ended, 1);
}

static void be_alone(void *argument) {
    (void)argument;
    assert_true(pthread_setspecific(key, &at_once) == 0);
    for (unsigned i = 0; i < STEPS; i++) {
        unsigned now = atomic_fetch_add(&at_once, 1) + 1;
        if (now > atomic_load(&most)) atomic_store(&most, now);
        sched_yield(); // if others could run they would
        mach_port_t port = MACH_PORT_NULL;
        atomic_fetch_sub(&at_once, 1);
        if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS) mach_port_destroy(SELF, port);
    }
}

static void all_threads_run_one_at_a_time_and_end_with_their_destructors(void **state) {
    (void)state;
    ONLY_CHECKED;
    struct mach_linux_racer racers[MACH_LINUX_RACERS_MAX];
    for (unsigned i = 0; i < MACH_LINUX_RACERS_MAX; i++) racers[i] = (struct mach_linux_racer){be_alone, NULL};
    assert_int_equal(pthread_key_create(&key, count_end), 0);
    atomic_store(&ended, 0);
    assert_code(mach_linux_race(7, racers, MACH_LINUX_RACERS_MAX, NULL), KERN_SUCCESS);
    assert_int_equal(atomic_load(&most), 1);
    assert_int_equal(atomic_load(&ended), MACH_LINUX_RACERS_MAX);
    pthread_key_delete(key);
}

static void one_thread_is_a_race_too(void **state) {
    (void)state;
    ONLY_CHECKED;
    struct mach_linux_racer racer = {take_steps, NULL};
    uint64_t course = 0, again = 0;
    ordered = 0;
    assert_code(mach_linux_race(1, &racer, 1, &course), KERN_SUCCESS);
    ordered = 0;
    assert_code(mach_linux_race(2, &racer, 1, &again), KERN_SUCCESS);
    assert_int_equal(course, again); // there are no other turns
}

static void a_checked_library_has_a_scheduler_and_no_other(void **state) {
    (void)state;
    assert_int_equal(mach_linux_race != NULL, mach_linux_check != NULL);
    assert_int_equal(mach_linux_step != NULL, mach_linux_check != NULL);
}

static void a_step_outside_a_race_does_nothing(void **state) {
    (void)state;
    ONLY_CHECKED;
    mach_linux_step();
}

// ---- What can go wrong

static void counts_out_of_range_are_refused(void **state) {
    (void)state;
    ONLY_CHECKED;
    struct mach_linux_racer racers[MACH_LINUX_RACERS_MAX + 1];
    for (unsigned i = 0; i < COUNT_OF(racers); i++) racers[i] = (struct mach_linux_racer){take_steps, NULL};
    uint64_t course = 42;
    ordered = 0;
    assert_code(mach_linux_race(1, racers, 0, &course), KERN_INVALID_ARGUMENT);
    assert_code(mach_linux_race(1, racers, COUNT_OF(racers), &course), KERN_INVALID_ARGUMENT);
    assert_code(mach_linux_race(1, racers, UINT32_MAX, &course), KERN_INVALID_ARGUMENT);
    assert_code(mach_linux_race(1, NULL, 1, &course), KERN_INVALID_ARGUMENT);
    assert_int_equal(course, 42);
    assert_int_equal(ordered, 0);
}

static void threads_that_cannot_be_made_are_told(void **state) {
    (void)state;
    ONLY_CHECKED;
    pthread_attr_t usual, huge;
    assert_int_equal(pthread_getattr_default_np(&usual), 0);
    assert_int_equal(pthread_attr_init(&huge), 0);
    assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 47), 0);
    assert_int_equal(pthread_setattr_default_np(&huge), 0);
    struct mach_linux_racer racers[] = {{take_steps, NULL}, {take_steps, NULL}};
    ordered = 0;
    kern_return_t code = mach_linux_race(1, racers, COUNT_OF(racers), NULL);
    assert_int_equal(pthread_setattr_default_np(&usual), 0);
    assert_code(code, KERN_RESOURCE_SHORTAGE);
    assert_int_equal(ordered, 0);
    pthread_attr_destroy(&huge);
    pthread_attr_destroy(&usual);
    race_of_steps(1); // the next one has its threads
}

static void wait_for_ever(void *argument) {
    (void)argument;
    (void)receive_from_box(0, 0);
}

static void wait_for_a_signal(void *argument) {
    (void)argument;
    (void)receive_from_box(MACH_RCV_INTERRUPT, 0);
}

// A child that is left with sleeping threads has not joined those that ended.
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "report_thread_leaks=0"; }

// The threads stay asleep, so the process is of no use any more: a child tells by its exit code.
static int exit_code_of_deadlock(void (*body)(void *), unsigned count) {
    pid_t child = fork();
    if (child == 0) {
        struct mach_linux_racer racers[3] = {{body, NULL}, {body, NULL}, {take_steps, NULL}};
        uint64_t course = 42;
        ordered = 0;
        // The child's task is a new one, with a space of its own.
        if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &box) != KERN_SUCCESS) _exit(100);
        kern_return_t code = mach_linux_race(3, racers, count, &course);
        _exit(course != 42 ? 101 : code);
    }
    assert_true(child > 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void threads_that_all_sleep_for_ever_are_told(void **state) {
    (void)state;
    ONLY_CHECKED;
    assert_int_equal(exit_code_of_deadlock(wait_for_ever, 1), KERN_OPERATION_TIMED_OUT);
    assert_int_equal(exit_code_of_deadlock(wait_for_ever, 2), KERN_OPERATION_TIMED_OUT);
    // Those that have ended do not count.
    assert_int_equal(exit_code_of_deadlock(wait_for_ever, 3), KERN_OPERATION_TIMED_OUT);
    // Signals come to calls that tell of them only while others run.
    assert_int_equal(exit_code_of_deadlock(wait_for_a_signal, 1), KERN_OPERATION_TIMED_OUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_checked_library_has_a_scheduler_and_no_other),
        TEST(a_seed_repeats_its_course),
        TEST(a_seed_repeats_what_calls_return),
        TEST(other_seeds_take_other_courses),
        TEST(a_course_is_that_of_the_turns),
        TEST(time_outs_pass_when_the_seed_says_so),
        TEST(signals_seem_to_come_to_calls_that_tell_of_them),
        TEST(an_hour_passes_at_once_when_all_sleep),
        TEST(all_threads_run_one_at_a_time_and_end_with_their_destructors),
        TEST(one_thread_is_a_race_too),
        TEST(a_step_outside_a_race_does_nothing),
        TEST(counts_out_of_range_are_refused),
        TEST(threads_that_cannot_be_made_are_told),
        TEST(threads_that_all_sleep_for_ever_are_told),
    };
    return RUN(tests);
}

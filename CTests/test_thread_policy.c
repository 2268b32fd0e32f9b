// How threads are scheduled: policies by call and by message, beside what Linux says; giving way. Rows U6-U9, U11, U13.
#define _GNU_SOURCE // CPU_SET
#include "information_support.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define UNTOUCHED_WORD 0x5a5a5a5a

// What is done in a thread of its own, which ends with what it has changed of itself: 0 or the line that failed.
#define MUST(statement)                                                                                                \
    do {                                                                                                               \
        if (!(statement)) return __LINE__;                                                                             \
    } while (0)
#define SKIPPED (-1)

struct stage {
    const struct information_way *way;
    mach_port_t name;
    int id;
    int64_t (*body)(const struct stage *stage);
};

static int64_t run_stage(void *argument) {
    struct stage *stage = argument;
    stage->name = mach_thread_self();
    stage->id = (int)syscall(SYS_gettid);
    open_reply_port();
    int64_t result = stage->body(stage);
    close_reply_port();
    (void)mach_port_deallocate(SELF, stage->name);
    return result;
}

static void in_a_thread(int64_t (*body)(const struct stage *stage)) {
    for
        each_way(way) {
            struct stage stage = {way, MACH_PORT_NULL, 0, body};
            struct test_thread thread;
            start_thread(&thread, run_stage, &stage);
            int64_t result = join_thread(&thread);
            if (result == SKIPPED) skip();
            if (result != 0) fail_msg("%s: line %d", way->name, (int)result);
        }
}

static int scheduler(const struct stage *it) { return sched_getscheduler(it->id) & ~0x40000000; }
static int priority(const struct stage *it) {
    struct sched_param parameter = {0};
    (void)sched_getparam(it->id, &parameter);
    return parameter.sched_priority;
}
static kern_return_t set(const struct stage *it, thread_policy_flavor_t flavor, const integer_t *words,
                         mach_msg_type_number_t count) {
    return it->way->thread_policy_set(it->name, flavor, (thread_policy_t)(uintptr_t)words, count);
}
// The words, the count, and whether they are the default.
struct told {
    integer_t words[16];
    mach_msg_type_number_t count;
    boolean_t is_default;
    kern_return_t code;
};
static struct told get(const struct stage *it, thread_policy_flavor_t flavor, mach_msg_type_number_t room,
                       boolean_t get_default) {
    struct told told = {.count = room, .is_default = get_default};
    memset(told.words, 0x5a, sizeof(told.words));
    told.code = it->way->thread_policy_get(it->name, flavor, told.words, &told.count, &told.is_default);
    return told;
}
static bool has_words(struct told told, mach_msg_type_number_t count, const integer_t *words, boolean_t is_default) {
    return told.code == KERN_SUCCESS && told.count == count && told.is_default == is_default &&
           memcmp(told.words, words, count * sizeof(*words)) == 0 &&
           (count == 16 || told.words[count] == UNTOUCHED_WORD);
}

static const integer_t defaults[] = {0, 5000000, 10000000, TRUE};

// U9
static int64_t tell_defaults(const struct stage *it) {
    // A thread starts as important as its maker.
    integer_t start = -getpriority(PRIO_PROCESS, (id_t)it->id);
    for (boolean_t get_default = 0; get_default < 2; get_default++) {
        MUST(has_words(get(it, THREAD_EXTENDED_POLICY, 1, get_default), 1, (integer_t[]){TRUE}, get_default));
        MUST(has_words(get(it, THREAD_EXTENDED_POLICY, 16, get_default), 1, (integer_t[]){TRUE}, get_default));
        MUST(has_words(get(it, THREAD_STANDARD_POLICY, 0, get_default), 0, defaults, get_default));
        MUST(has_words(get(it, THREAD_TIME_CONSTRAINT_POLICY, 4, get_default), 4, defaults, TRUE));
        MUST(has_words(get(it, THREAD_PRECEDENCE_POLICY, 1, get_default), 1, (integer_t[]){get_default ? 0 : start},
                       get_default));
        MUST(has_words(get(it, THREAD_LATENCY_QOS_POLICY, 1, get_default), 1, (integer_t[]){0}, get_default));
        MUST(has_words(get(it, THREAD_THROUGHPUT_QOS_POLICY, 1, get_default), 1, (integer_t[]){0}, get_default));
        MUST(has_words(get(it, 9, 2, get_default), 2, (integer_t[]){0, get_default ? 0 : start}, get_default));
        MUST(has_words(get(it, 10, 2, get_default), 2, (integer_t[]){0, 0}, get_default));
        MUST(get(it, THREAD_AFFINITY_POLICY, 1, get_default).code == KERN_NOT_SUPPORTED);
        MUST(get(it, 6, 16, get_default).code == KERN_NOT_SUPPORTED);
        const thread_policy_flavor_t none[] = {0, THREAD_BACKGROUND_POLICY, 11, UINT32_MAX};
        for (size_t i = 0; i < COUNT_OF(none); i++)
            MUST(get(it, none[i], 16, get_default).code == KERN_INVALID_ARGUMENT);
        const thread_policy_flavor_t small[] = {2, 3, 7, 8, 9, 10, 6};
        const mach_msg_type_number_t least[] = {4, 1, 1, 1, 2, 2, 16};
        for (size_t i = 0; i < COUNT_OF(small); i++) {
            struct told told = get(it, small[i], least[i] - 1, get_default);
            MUST(told.code == KERN_INVALID_ARGUMENT && told.count == least[i] - 1 && told.words[0] == UNTOUCHED_WORD);
        }
    }
    return 0;
}
static void defaults_are_told(void **state) {
    (void)state;
    in_a_thread(tell_defaults);
}

// U6
static int64_t refuse_bad_words(const struct stage *it) {
    const integer_t constraints[][4] = {
        {0, 49999, 100000, 1}, {0, 50000001, 60000000, 1}, {0, 60000, 59999, 1}, {0, 0, 0, 1}, {0, -1, -1, 1},
    };
    for (size_t i = 0; i < COUNT_OF(constraints); i++)
        MUST(set(it, THREAD_TIME_CONSTRAINT_POLICY, constraints[i], 4) == KERN_INVALID_ARGUMENT);
    MUST(set(it, THREAD_TIME_CONSTRAINT_POLICY, defaults, 3) == KERN_INVALID_ARGUMENT);
    MUST(set(it, THREAD_PRECEDENCE_POLICY, defaults, 0) == KERN_INVALID_ARGUMENT);
    MUST(set(it, THREAD_AFFINITY_POLICY, (integer_t[]){1}, 1) == KERN_NOT_SUPPORTED);
    MUST(set(it, THREAD_AFFINITY_POLICY, (integer_t[]){1}, 0) == KERN_NOT_SUPPORTED);
    for (thread_policy_flavor_t flavor = 7; flavor <= 8; flavor++) {
        integer_t first = flavor == 7 ? 0xff0001 : 0xfe0001;
        const integer_t good[] = {0, first, first + 5}, bad[] = {1, -1, first - 1, first + 6};
        for (size_t i = 0; i < COUNT_OF(good); i++) MUST(set(it, flavor, &good[i], 1) == KERN_NOT_SUPPORTED);
        for (size_t i = 0; i < COUNT_OF(bad); i++) MUST(set(it, flavor, &bad[i], 1) == KERN_INVALID_ARGUMENT);
        MUST(set(it, flavor, good, 0) == KERN_INVALID_ARGUMENT);
    }
    const thread_policy_flavor_t none[] = {0, 5, 6, 9, 10, 11, UINT32_MAX};
    for (size_t i = 0; i < COUNT_OF(none); i++) MUST(set(it, none[i], defaults, 4) == KERN_INVALID_ARGUMENT);
    MUST(scheduler(it) == SCHED_OTHER && getpriority(PRIO_PROCESS, (id_t)it->id) == getpriority(PRIO_PROCESS, 0));
    return 0;
}
static void bad_words_are_refused(void **state) {
    (void)state;
    in_a_thread(refuse_bad_words);
}

// U7
static int64_t be_less_important(const struct stage *it) {
    int start = getpriority(PRIO_PROCESS, 0);
    const integer_t values[][2] = {{-5, 5}, {-6, 6}, {-19, 19}, {-20, 19}, {-1000, 19}, {INT32_MIN, 19}};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        if (values[i][1] < start) continue; // takes privileges
        MUST(set(it, THREAD_PRECEDENCE_POLICY, values[i], 1) == KERN_SUCCESS);
        MUST(getpriority(PRIO_PROCESS, (id_t)it->id) == values[i][1]);
        MUST(has_words(get(it, THREAD_PRECEDENCE_POLICY, 1, FALSE), 1, values[i], FALSE));
        MUST(has_words(get(it, THREAD_PRECEDENCE_POLICY, 1, TRUE), 1, (integer_t[]){0}, TRUE));
        MUST(has_words(get(it, 9, 2, FALSE), 2, (integer_t[]){0, values[i][0]}, FALSE));
    }
    return 0;
}
static void importance_is_a_nice_value(void **state) {
    (void)state;
    in_a_thread(be_less_important);
}

// U7
static int64_t be_more_important(const struct stage *it) {
    const integer_t values[][2] = {{1, -1}, {20, -20}, {21, -20}, {INT32_MAX, -20}};
    if (setpriority(PRIO_PROCESS, (id_t)it->id, -1) != 0) return SKIPPED;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        MUST(set(it, THREAD_PRECEDENCE_POLICY, values[i], 1) == KERN_SUCCESS);
        MUST(getpriority(PRIO_PROCESS, (id_t)it->id) == values[i][1]);
        MUST(has_words(get(it, THREAD_PRECEDENCE_POLICY, 1, FALSE), 1, values[i], FALSE));
    }
    // Whoever has told Linux otherwise is told that.
    MUST(setpriority(PRIO_PROCESS, (id_t)it->id, 7) == 0);
    MUST(has_words(get(it, THREAD_PRECEDENCE_POLICY, 1, FALSE), 1, (integer_t[]){-7}, FALSE));
    return 0;
}
static void the_privileged_are_more_important(void **state) {
    (void)state;
    in_a_thread(be_more_important);
}

static bool is_allowed_real_time(const struct stage *it) {
    struct sched_param parameter = {.sched_priority = 2}, none = {0};
    if (sched_setscheduler(it->id, SCHED_FIFO, &parameter) != 0) return false;
    return sched_setscheduler(it->id, SCHED_OTHER, &none) == 0;
}

static void *tell_scheduler(void *argument) {
    (void)argument;
    return (void *)(intptr_t)(sched_getscheduler(0) & ~0x40000000);
}

// U8
static int64_t be_real_time(const struct stage *it) {
    if (!is_allowed_real_time(it)) return SKIPPED;
    const integer_t fixed[] = {FALSE}, shared[] = {TRUE}, odd[] = {2};
    const integer_t constraint[] = {20000000, 50000, 50000, FALSE}, other[] = {0, 50000000, INT32_MAX, TRUE};

    MUST(set(it, THREAD_EXTENDED_POLICY, fixed, 1) == KERN_SUCCESS);
    MUST(scheduler(it) == SCHED_RR && priority(it) == 1);
    MUST(has_words(get(it, THREAD_EXTENDED_POLICY, 1, FALSE), 1, fixed, FALSE));
    MUST(has_words(get(it, THREAD_EXTENDED_POLICY, 1, TRUE), 1, shared, TRUE));
    MUST(has_words(get(it, THREAD_TIME_CONSTRAINT_POLICY, 4, FALSE), 4, defaults, TRUE));

    // A new thread is scheduled as if its maker were not.
    pthread_t thread;
    void *child = NULL;
    MUST(pthread_create(&thread, NULL, tell_scheduler, NULL) == 0 && pthread_join(thread, &child) == 0);
    MUST((intptr_t)child == SCHED_OTHER);

    MUST(set(it, THREAD_TIME_CONSTRAINT_POLICY, constraint, 4) == KERN_SUCCESS);
    MUST(scheduler(it) == SCHED_FIFO && priority(it) == 2);
    MUST(has_words(get(it, THREAD_TIME_CONSTRAINT_POLICY, 4, FALSE), 4, constraint, FALSE));
    MUST(has_words(get(it, THREAD_TIME_CONSTRAINT_POLICY, 4, TRUE), 4, defaults, TRUE));
    MUST(has_words(get(it, THREAD_EXTENDED_POLICY, 1, FALSE), 1, shared, TRUE));
    MUST(set(it, THREAD_TIME_CONSTRAINT_POLICY, other, 4) == KERN_SUCCESS);
    MUST(has_words(get(it, THREAD_TIME_CONSTRAINT_POLICY, 4, FALSE), 4, other, FALSE));

    MUST(set(it, THREAD_STANDARD_POLICY, NULL, 0) == KERN_SUCCESS);
    MUST(scheduler(it) == SCHED_OTHER && priority(it) == 0);
    MUST(has_words(get(it, THREAD_EXTENDED_POLICY, 1, FALSE), 1, shared, FALSE));
    MUST(has_words(get(it, THREAD_TIME_CONSTRAINT_POLICY, 4, FALSE), 4, defaults, TRUE));

    // Nothing but 1 is TRUE.
    MUST(set(it, THREAD_EXTENDED_POLICY, odd, 1) == KERN_SUCCESS && scheduler(it) == SCHED_RR);
    MUST(set(it, THREAD_EXTENDED_POLICY, shared, 1) == KERN_SUCCESS && scheduler(it) == SCHED_OTHER);

    // Whoever has told Linux otherwise is told that.
    struct sched_param parameter = {.sched_priority = 3}, none = {0};
    MUST(set(it, THREAD_TIME_CONSTRAINT_POLICY, constraint, 4) == KERN_SUCCESS);
    MUST(sched_setscheduler(it->id, SCHED_RR, &parameter) == 0);
    MUST(has_words(get(it, THREAD_EXTENDED_POLICY, 1, FALSE), 1, fixed, FALSE));
    MUST(sched_setscheduler(it->id, SCHED_BATCH, &none) == 0);
    MUST(has_words(get(it, THREAD_EXTENDED_POLICY, 1, FALSE), 1, shared, FALSE));
    // What shares time stays as it is.
    MUST(set(it, THREAD_STANDARD_POLICY, NULL, 0) == KERN_SUCCESS && scheduler(it) == SCHED_BATCH);
    return 0;
}
static void policies_are_linuxs_schedulers(void **state) {
    (void)state;
    in_a_thread(be_real_time);
}

static int without_privileges(void *argument) {
    (void)argument;
    struct rlimit nothing = {0, 0};
    mach_port_t self = mach_thread_self();
    const integer_t fixed[] = {FALSE}, more[] = {5}, less[] = {-10};
    STEP(1, setrlimit(RLIMIT_RTPRIO, &nothing) == 0 && setrlimit(RLIMIT_NICE, &nothing) == 0);
    if (setpriority(PRIO_PROCESS, 0, 0) != 0) return 0; // root, but not all of it
    STEP(3, setresuid(65534, 65534, 65534) == 0);
    STEP(4, thread_policy_set(self, THREAD_EXTENDED_POLICY, (thread_policy_t)(uintptr_t)fixed, 1) == KERN_POLICY_LIMIT);
    STEP(5, thread_policy_set(self, THREAD_TIME_CONSTRAINT_POLICY, (thread_policy_t)(uintptr_t)defaults, 4) ==
                KERN_POLICY_LIMIT);
    STEP(6,
         thread_policy_set(self, THREAD_PRECEDENCE_POLICY, (thread_policy_t)(uintptr_t)more, 1) == KERN_POLICY_LIMIT);
    STEP(7, sched_getscheduler(0) == SCHED_OTHER && getpriority(PRIO_PROCESS, 0) == 0);
    STEP(8, thread_policy_set(self, THREAD_PRECEDENCE_POLICY, (thread_policy_t)(uintptr_t)less, 1) == KERN_SUCCESS);
    STEP(9, getpriority(PRIO_PROCESS, 0) == 10);
    integer_t importance = 0;
    boolean_t get_default = FALSE;
    mach_msg_type_number_t count = 1;
    STEP(10, thread_policy_get(self, THREAD_PRECEDENCE_POLICY, &importance, &count, &get_default) == KERN_SUCCESS);
    STEP(11, importance == -10);
    STEP(12, thread_policy_set(self, THREAD_STANDARD_POLICY, NULL, 0) == KERN_SUCCESS);
    return 0;
}

// With leave for real time, and none to take back that children do not inherit it.
static int with_a_limit_of_two(void *argument) {
    (void)argument;
    struct rlimit two = {2, 2};
    mach_port_t self = mach_thread_self();
    const integer_t fixed[] = {FALSE};
    if (setrlimit(RLIMIT_RTPRIO, &two) != 0) return 0;
    STEP(3, setresuid(65534, 65534, 65534) == 0);
    for (int round = 0; round < 2; round++) {
        STEP(4, thread_policy_set(self, THREAD_EXTENDED_POLICY, (thread_policy_t)(uintptr_t)fixed, 1) == KERN_SUCCESS);
        STEP(5, thread_policy_set(self, THREAD_TIME_CONSTRAINT_POLICY, (thread_policy_t)(uintptr_t)defaults, 4) ==
                    KERN_SUCCESS);
        STEP(6, thread_policy_set(self, THREAD_STANDARD_POLICY, NULL, 0) == KERN_SUCCESS);
        STEP(7, (sched_getscheduler(0) & ~0x40000000) == SCHED_OTHER);
    }
    return 0;
}

// U7, U8
static void the_unprivileged_meet_a_limit(void **state) {
    (void)state;
    if (geteuid() != 0) skip();
    assert_int_equal(in_forked_child(without_privileges, NULL), 0);
    assert_int_equal(in_forked_child(with_a_limit_of_two, NULL), 0);
}

// U6, U9
static void what_is_no_thread_has_no_policy(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), self = mach_thread_self();
    const mach_port_t none[] = {MACH_PORT_NULL, MACH_PORT_DEAD, SELF, port, 0x7fff03};
    integer_t words[4] = {0, 5000000, 10000000, 1};
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        for (thread_policy_flavor_t flavor = 1; flavor < 9; flavor++) {
            mach_msg_type_number_t count = 4;
            assert_code(thread_policy_set(none[i], flavor, words, 4), KERN_INVALID_ARGUMENT);
            assert_code(thread_policy_get(none[i], flavor, words, &count, &(boolean_t){0}), KERN_INVALID_ARGUMENT);
        }
    }
    mach_msg_type_number_t count = 1;
    assert_code(thread_policy_set(self, THREAD_PRECEDENCE_POLICY, NULL, 1), KERN_INVALID_ARGUMENT);
    assert_code(thread_policy_get(self, THREAD_PRECEDENCE_POLICY, NULL, &count, &(boolean_t){0}),
                KERN_INVALID_ARGUMENT);
    assert_code(thread_policy_get(self, THREAD_PRECEDENCE_POLICY, words, NULL, &(boolean_t){0}), KERN_INVALID_ARGUMENT);
    assert_code(thread_policy_get(self, THREAD_PRECEDENCE_POLICY, words, &count, NULL), KERN_INVALID_ARGUMENT);
    for (size_t way = 1; way < 2; way++)
        assert_code(information_ways[way].thread_policy_set(SELF, 3, words, 1), KERN_INVALID_ARGUMENT);
    destroy(port);
    assert_success(mach_port_deallocate(SELF, self));
}

// U8
static void a_thread_that_never_called_is_scheduled_too(void **state) {
    (void)state;
    struct standing_thread thread;
    start_standing(&thread);
    thread_act_array_t list;
    mach_msg_type_number_t count;
    assert_success(task_threads(SELF, &list, &count));
    for (mach_msg_type_number_t i = 0; i < count; i++) {
        struct thread_identifier_info info;
        mach_msg_type_number_t words = THREAD_IDENTIFIER_INFO_COUNT;
        assert_success(thread_info(list[i], THREAD_IDENTIFIER_INFO, (thread_info_t)&info, &words));
        if ((int)info.thread_id == thread.id) {
            assert_success(thread_policy_set(list[i], THREAD_PRECEDENCE_POLICY, &(integer_t){-19}, 1));
            assert_int_equal(getpriority(PRIO_PROCESS, (id_t)thread.id), 19);
        }
        assert_success(mach_port_deallocate(SELF, list[i]));
    }
    assert_success(vm_deallocate(SELF, (vm_address_t)list, count * sizeof(*list)));
    end_standing(&thread);
}

// ---- Giving way

static volatile sig_atomic_t handled;
static void handle(int signal) { handled = signal; }

// U11
static void thread_switch_runs_others_or_waits(void **state) {
    (void)state;
    mach_port_t self = mach_thread_self();
    const mach_port_t hints[] = {MACH_PORT_NULL, self, SELF, MACH_PORT_DEAD, 0x7fff03};
    const int bad[] = {-1, 6, 7, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < COUNT_OF(hints); i++) {
        for (int option = 0; option <= 5; option++) {
            bool waits = option == 2 || option == 3 || option == 5;
            uint64_t length = option == 3 ? 2000 : 2, unit = option == 3 ? 1000 : 1000000;
            struct timespec before, after;
            (void)clock_gettime(CLOCK_MONOTONIC, &before);
            assert_success(thread_switch(hints[i], option, (mach_msg_timeout_t)length));
            (void)clock_gettime(CLOCK_MONOTONIC, &after);
            int64_t took = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec;
            if (waits) assert_true(took >= (int64_t)(length * unit));
            assert_success(thread_switch(hints[i], option, 0));
        }
        for (size_t j = 0; j < COUNT_OF(bad); j++)
            assert_code(thread_switch(hints[i], bad[j], 0), KERN_INVALID_ARGUMENT);
    }
    // A signal ends the wait, which is long enough for the test to hang otherwise.
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART}, old;
    (void)sigaction(SIGUSR1, &action, &old);
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec soon = {.it_value = {0, 2000000}, .it_interval = {0, 2000000}}, never = {0};
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    handled = 0;
    (void)timer_settime(timer, 0, &soon, NULL);
    assert_success(thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, UINT32_MAX));
    (void)timer_settime(timer, 0, &never, NULL);
    (void)timer_delete(timer);
    assert_int_equal(handled, SIGUSR1);
    (void)sigaction(SIGUSR1, &old, NULL);
    assert_success(mach_port_deallocate(SELF, self));
}

static _Atomic bool is_over;
static int64_t keep_busy(void *argument) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)(uintptr_t)argument, &one);
    if (sched_setaffinity(0, sizeof(one), &one) != 0) return -1;
    while (!is_over) {}
    return 0;
}

static int64_t give_way(void *argument) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)(uintptr_t)argument, &one);
    if (sched_setaffinity(0, sizeof(one), &one) != 0) return -1;
    // Both answers come: another is ready sooner or later, and has had its turn after that.
    while (!swtch()) {}
    while (!swtch_pri(0)) {}
    return 0;
}

// U13
static void swtch_tells_that_another_ran(void **state) {
    (void)state;
    cpu_set_t cpus;
    assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
    size_t cpu = 0;
    while (!CPU_ISSET(cpu, &cpus)) cpu++;
    is_over = false;
    struct test_thread busy, giving;
    start_thread(&busy, keep_busy, (void *)(uintptr_t)cpu);
    start_thread(&giving, give_way, (void *)(uintptr_t)cpu);
    assert_int_equal(join_thread(&giving), 0);
    is_over = true;
    assert_int_equal(join_thread(&busy), 0);
    // What it says is a truth value.
    assert_true(swtch() <= 1 && swtch_pri(0) <= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(defaults_are_told),
        TASK_TEST(bad_words_are_refused),
        TASK_TEST(importance_is_a_nice_value),
        TASK_TEST(the_privileged_are_more_important),
        TASK_TEST(policies_are_linuxs_schedulers),
        TASK_TEST(the_unprivileged_meet_a_limit),
        TASK_TEST(what_is_no_thread_has_no_policy),
        TASK_TEST(a_thread_that_never_called_is_scheduled_too),
        TASK_TEST(thread_switch_runs_others_or_waits),
        TASK_TEST(swtch_tells_that_another_ran),
    };
    return INFORMATION_RUN(tests);
}

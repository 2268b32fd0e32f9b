// Absolute and continuous time, waiting for a time, and sleeping on a clock. Rows Z1-Z4, Z11.
#include "message_support.h"

#include <errno.h>
#include <mach/clock.h>
#include <mach/mach_time.h>
#include <mach/mach_traps.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define MILLISECONDS 1000000u

static uint64_t clock_now(clockid_t clock) {
    struct timespec now;
    assert_int_equal(clock_gettime(clock, &now), 0);
    return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

static uint64_t nanoseconds(mach_timespec_t time) { return time.tv_sec * NSEC_PER_SEC + (uint64_t)time.tv_nsec; }

static mach_timespec_t timespec_of(uint64_t nanoseconds) {
    return (mach_timespec_t){(unsigned)(nanoseconds / NSEC_PER_SEC), (clock_res_t)(nanoseconds % NSEC_PER_SEC)};
}

static mach_port_t clock_port(clock_id_t which) {
    mach_port_t host = mach_host_self(), clock;
    assert_success(host_get_clock_service(host, which, &clock));
    assert_success(mach_port_deallocate(SELF, host));
    return clock;
}

// ---- Telling time

// Z1, Z2
static void each_clock_lies_between_two_readings_of_linux_s(void **state) {
    (void)state;
    struct {
        uint64_t (*read)(void);
        clockid_t clock;
    } clocks[] = {{mach_absolute_time, CLOCK_MONOTONIC},
                  {mach_approximate_time, CLOCK_MONOTONIC_COARSE},
                  {mach_continuous_time, CLOCK_BOOTTIME},
                  {mach_continuous_approximate_time, CLOCK_BOOTTIME}};
    for (size_t i = 0; i < COUNT_OF(clocks); i++) {
        for (unsigned round = 0; round < 1000; round++) {
            uint64_t before = clock_now(clocks[i].clock), told = clocks[i].read(), after = clock_now(clocks[i].clock);
            assert_true(before <= told && told <= after);
        }
    }
}

// Z1
static void absolute_time_never_goes_back(void **state) {
    (void)state;
    uint64_t last = mach_absolute_time();
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t now = mach_absolute_time();
        assert_true(now >= last);
        last = now;
    }
}

// Z2
static void approximate_time_is_a_little_behind(void **state) {
    (void)state;
    struct timespec tick;
    assert_int_equal(clock_getres(CLOCK_MONOTONIC_COARSE, &tick), 0);
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t before = mach_absolute_time(), approximate = mach_approximate_time(), after = mach_absolute_time();
        assert_true(approximate <= after);
        // A tick late at most, and a tick that may be late itself.
        assert_true(approximate + 100 * (uint64_t)tick.tv_nsec >= before);
    }
}

// Z1
static void the_timebase_is_one_to_one(void **state) {
    (void)state;
    mach_timebase_info_data_t info = {7, 7};
    assert_success(mach_timebase_info(&info));
    assert_int_equal(info.numer, 1);
    assert_int_equal(info.denom, 1);
    info = (mach_timebase_info_data_t){7, 7};
    assert_success(mach_timebase_info_trap(&info));
    assert_int_equal(info.numer, 1);
    assert_int_equal(info.denom, 1);
    assert_code(mach_timebase_info(NULL), KERN_INVALID_ARGUMENT);
    assert_code(mach_timebase_info_trap(NULL), KERN_INVALID_ARGUMENT);
}

// Z3
static void the_clocks_are_told_as_of_one_moment(void **state) {
    (void)state;
    for (unsigned round = 0; round < 1000; round++) {
        uint64_t absolute = 0, continuous = 0;
        struct timespec now = {0, 0};
        uint64_t before[] = {clock_now(CLOCK_MONOTONIC), clock_now(CLOCK_BOOTTIME), clock_now(CLOCK_REALTIME)};
        assert_success(mach_get_times(&absolute, &continuous, &now));
        uint64_t after[] = {clock_now(CLOCK_MONOTONIC), clock_now(CLOCK_BOOTTIME), clock_now(CLOCK_REALTIME)};
        assert_true(before[0] <= absolute && absolute <= after[0]);
        assert_true(before[1] <= continuous && continuous <= after[1]);
        uint64_t calendar = (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
        assert_true(before[2] <= calendar && calendar <= after[2]);
        assert_true(now.tv_nsec >= 0 && now.tv_nsec < (long)NSEC_PER_SEC);
    }
}

// Z3
static void each_of_the_clocks_may_be_left_out(void **state) {
    (void)state;
    uint64_t absolute = 0, continuous = 0;
    struct timespec now = {0, 0};
    assert_success(mach_get_times(NULL, NULL, NULL));
    assert_success(mach_get_times(&absolute, NULL, NULL));
    assert_success(mach_get_times(NULL, &continuous, NULL));
    assert_success(mach_get_times(NULL, NULL, &now));
    assert_true(absolute != 0 && continuous != 0 && now.tv_sec != 0);
}

// Z3
static void the_time_of_the_start_stays_the_same(void **state) {
    (void)state;
    uint64_t start = mach_boottime_usec();
    uint64_t least = UINT64_MAX, most = 0;
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t before = clock_now(CLOCK_BOOTTIME), calendar = clock_now(CLOCK_REALTIME),
                 after = clock_now(CLOCK_BOOTTIME);
        if (calendar - after > most) most = calendar - after;
        if (calendar - before < least) least = calendar - before;
        assert_int_equal(mach_boottime_usec(), start);
    }
    // Each pair of readings says between what it lies.
    assert_true(most / NSEC_PER_USEC <= start + 2 && start <= least / NSEC_PER_USEC + 2);
}

// ---- In places where nothing else may be called

// Lets the process make no system call but the one that ends it.
static void forbid_system_calls(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {COUNT_OF(filter), filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        _exit(77);
    }
}

// Whether the C library's own clock_gettime does without a system call here: then the library's functions must.
static bool is_quick(void (*read)(void)) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        forbid_system_calls();
        for (unsigned i = 0; i < 1000; i++) read();
        syscall(SYS_exit_group, 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) skip();
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void read_monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
}

static void read_absolute(void) { (void)mach_absolute_time(); }

static void read_rest(void) {
    mach_timebase_info_data_t info;
    uint64_t absolute, continuous;
    struct timespec now;
    (void)mach_approximate_time();
    (void)mach_continuous_time();
    (void)mach_continuous_approximate_time();
    (void)mach_timebase_info(&info);
    (void)mach_get_times(&absolute, &continuous, &now);
    (void)mach_boottime_usec();
}

static void read_boottime(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
}

// Z1
static void telling_time_makes_no_system_call(void **state) {
    (void)state;
    if (!is_quick(read_monotonic)) skip();
    assert_true(is_quick(read_absolute));
    if (is_quick(read_boottime)) assert_true(is_quick(read_rest));
}

static volatile sig_atomic_t handled;
static _Atomic uint64_t told_in_handler;

static void tell_time(int signal) {
    (void)signal;
    handled++;
    atomic_store(&told_in_handler, mach_absolute_time());
    read_rest();
}

// Z1: while the library is at work, in the same thread.
static void time_is_told_in_a_signal_handler(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = tell_time, .sa_flags = SA_RESTART}, before;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    handled = 0;
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    struct itimerspec often = {{0, 50000}, {0, 50000}};
    assert_int_equal(timer_settime(timer, 0, &often, NULL), 0);
    mach_port_t port = make_port();
    while (handled < 100) {
        assert_success(send_simple(port, MACH_MSG_TYPE_MAKE_SEND, 1));
        assert_success(receive_simple(port, NULL));
    }
    assert_int_equal(timer_delete(timer), 0);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    assert_true(atomic_load(&told_in_handler) <= mach_absolute_time());
    destroy(port);
}

// ---- Waiting

// Z4
static void a_wait_is_never_too_short(void **state) {
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        uint64_t deadline = mach_absolute_time() + i * 10000;
        assert_success(mach_wait_until(deadline));
        assert_true(mach_absolute_time() >= deadline);
        // Shorter than a system call.
        deadline = mach_absolute_time() + i * 20;
        assert_success(mach_wait_until(deadline));
        assert_true(mach_absolute_time() >= deadline);
    }
}

// Z4
static void a_time_that_has_passed_is_no_wait(void **state) {
    (void)state;
    assert_success(mach_wait_until(0));
    assert_success(mach_wait_until(1));
    assert_success(mach_wait_until(mach_absolute_time()));
    assert_success(mach_wait_until(mach_absolute_time() - 1));
}

static void note_signal(int signal) {
    (void)signal;
    handled++;
}

static int64_t wait_for_ever(void *argument) { return mach_wait_until(*(uint64_t *)argument); }

// The call in another thread sleeps, is hit by a signal, and returns.
static int64_t interrupted(int64_t (*body)(void *), void *argument, int flags) {
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = flags}, before;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    struct test_thread thread;
    start_thread(&thread, body, argument);
    wait_until_blocked(&thread);
    assert_int_equal(pthread_kill(thread.thread, SIGUSR1), 0);
    int64_t result = join_thread(&thread);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
    return result;
}

// Z4
static void a_signal_ends_a_wait(void **state) {
    (void)state;
    uint64_t deadlines[] = {UINT64_MAX, UINT64_MAX - 1, INT64_MAX, mach_absolute_time() + 3600 * NSEC_PER_SEC};
    for (size_t i = 0; i < COUNT_OF(deadlines); i++) {
        assert_code(interrupted(wait_for_ever, &deadlines[i], 0), KERN_ABORTED);
        assert_code(interrupted(wait_for_ever, &deadlines[i], SA_RESTART), KERN_ABORTED);
    }
}

// Z4: what a program does that wants to wait on.
static void a_wait_goes_on_when_it_is_called_again(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = note_signal}, before;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    struct itimerspec often = {{0, 500000}, {0, 500000}};
    handled = 0;
    uint64_t deadline = mach_absolute_time() + 20 * MILLISECONDS;
    assert_int_equal(timer_settime(timer, 0, &often, NULL), 0);
    kern_return_t code;
    unsigned aborted = 0;
    while ((code = mach_wait_until(deadline)) == KERN_ABORTED) aborted++;
    assert_int_equal(timer_delete(timer), 0);
    assert_success(code);
    assert_true(mach_absolute_time() >= deadline);
    assert_true(aborted > 0);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
}

// ---- Sleeping

static kern_return_t sleep_by_trap(mach_port_t clock, int type, mach_timespec_t time, mach_timespec_t *wake) {
    return clock_sleep_trap(clock, type, (int)time.tv_sec, time.tv_nsec, wake);
}

static kern_return_t (*const sleeps[])(mach_port_t, int, mach_timespec_t, mach_timespec_t *) = {clock_sleep,
                                                                                                sleep_by_trap};

// Z11
static void a_sleep_is_never_too_short(void **state) {
    (void)state;
    mach_port_t clock = clock_port(SYSTEM_CLOCK);
    for (unsigned i = 0; i < 40; i++) {
        mach_port_t name = i & 1 ? clock : MACH_PORT_NULL;
        mach_timespec_t wake = {0, 0};
        uint64_t length = i * 50000u, before = mach_absolute_time();
        assert_success(sleeps[i / 2 & 1](name, TIME_RELATIVE, timespec_of(length), &wake));
        uint64_t after = mach_absolute_time();
        assert_true(nanoseconds(wake) >= before + length && nanoseconds(wake) <= after);
        uint64_t end = mach_absolute_time() + length;
        assert_success(sleeps[i / 2 & 1](name, TIME_ABSOLUTE, timespec_of(end), &wake));
        after = mach_absolute_time();
        assert_true(nanoseconds(wake) >= end && nanoseconds(wake) <= after);
    }
    assert_success(mach_port_deallocate(SELF, clock));
}

// Z11
static void a_sleep_until_a_time_that_has_passed_tells_the_time(void **state) {
    (void)state;
    mach_timespec_t wake = {0, 0};
    uint64_t before = mach_absolute_time();
    assert_success(clock_sleep(MACH_PORT_NULL, TIME_ABSOLUTE, (mach_timespec_t){0, 0}, &wake));
    assert_true(nanoseconds(wake) >= before && nanoseconds(wake) <= mach_absolute_time());
    before = mach_absolute_time();
    assert_success(clock_sleep(MACH_PORT_NULL, TIME_RELATIVE, (mach_timespec_t){0, 0}, &wake));
    assert_true(nanoseconds(wake) >= before && nanoseconds(wake) <= mach_absolute_time());
    assert_success(clock_sleep(MACH_PORT_NULL, TIME_RELATIVE, (mach_timespec_t){0, 1}, NULL));
}

// Z11
static void what_is_no_time_comes_back(void **state) {
    (void)state;
    const struct {
        int type;
        mach_timespec_t time;
    } bad[] = {
        {TIME_RELATIVE, {0, -1}},
        {TIME_RELATIVE, {0, (int)NSEC_PER_SEC}},
        {TIME_ABSOLUTE, {5, INT32_MIN}},
        {TIME_ABSOLUTE, {5, INT32_MAX}},
        {2, {0, 1}},
        {-1, {0, 1}},
        {256, {0, 1}},
    };
    for (size_t way = 0; way < COUNT_OF(sleeps); way++) {
        for (size_t i = 0; i < COUNT_OF(bad); i++) {
            mach_timespec_t wake = {77, 77};
            assert_code(sleeps[way](MACH_PORT_NULL, bad[i].type, bad[i].time, &wake), KERN_INVALID_VALUE);
            assert_int_equal(wake.tv_sec, bad[i].time.tv_sec);
            assert_int_equal(wake.tv_nsec, bad[i].time.tv_nsec);
            assert_code(sleeps[way](MACH_PORT_NULL, bad[i].type, bad[i].time, NULL), KERN_INVALID_VALUE);
        }
    }
}

// Z11
static void sleep_needs_the_system_clock(void **state) {
    (void)state;
    mach_port_t host = mach_host_self(), calendar = clock_port(CALENDAR_CLOCK), control, port = port_with_send();
    assert_success(host_get_clock_control(host, SYSTEM_CLOCK, &control));
    const mach_timespec_t at_once = {0, 0}, bad = {0, -1};
    const struct {
        mach_port_t clock;
        kern_return_t code;
    } cases[] = {{calendar, KERN_FAILURE},
                 {control, KERN_INVALID_ARGUMENT},
                 {host, KERN_INVALID_ARGUMENT},
                 {port, KERN_INVALID_ARGUMENT},
                 {MACH_PORT_DEAD, KERN_INVALID_ARGUMENT},
                 {unknown_name(), KERN_INVALID_ARGUMENT}};
    for (size_t way = 0; way < COUNT_OF(sleeps); way++) {
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            mach_timespec_t wake = {77, 77};
            assert_code(sleeps[way](cases[i].clock, TIME_RELATIVE, at_once, &wake), cases[i].code);
            assert_code(sleeps[way](cases[i].clock, 9, bad, &wake), cases[i].code);
            assert_int_equal(wake.tv_sec, 77);
            assert_int_equal(wake.tv_nsec, 77);
        }
    }
    destroy(port);
    assert_success(mach_port_deallocate(SELF, control));
    assert_success(mach_port_deallocate(SELF, calendar));
    assert_success(mach_port_deallocate(SELF, host));
}

struct long_sleep {
    int type;
    mach_timespec_t time, wake;
};

static int64_t sleep_long(void *argument) {
    struct long_sleep *it = argument;
    return clock_sleep(MACH_PORT_NULL, it->type, it->time, &it->wake);
}

// Z11
static void a_signal_ends_a_sleep(void **state) {
    (void)state;
    struct long_sleep absolute = {TIME_ABSOLUTE, timespec_of(mach_absolute_time() + 3600 * NSEC_PER_SEC), {0, 0}};
    assert_code(interrupted(sleep_long, &absolute, SA_RESTART), KERN_ABORTED);
    assert_int_equal(nanoseconds(absolute.wake), nanoseconds(absolute.time));
    struct long_sleep relative = {TIME_RELATIVE, {UINT32_MAX / 2, 999999999}, {0, 0}};
    uint64_t before = mach_absolute_time();
    assert_code(interrupted(sleep_long, &relative, 0), KERN_ABORTED);
    assert_true(nanoseconds(relative.wake) >= before + nanoseconds(relative.time));
    assert_true(nanoseconds(relative.wake) <= mach_absolute_time() + nanoseconds(relative.time));
    // Longer than the clock can tell: it is long, not over.
    struct long_sleep longest = {TIME_RELATIVE, {UINT32_MAX, 999999999}, {0, 0}};
    assert_code(interrupted(sleep_long, &longest, 0), KERN_ABORTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(each_clock_lies_between_two_readings_of_linux_s),
        TEST(absolute_time_never_goes_back),
        TEST(approximate_time_is_a_little_behind),
        TEST(the_timebase_is_one_to_one),
        TEST(the_clocks_are_told_as_of_one_moment),
        TEST(each_of_the_clocks_may_be_left_out),
        TEST(the_time_of_the_start_stays_the_same),
        TEST(telling_time_makes_no_system_call),
        TEST(time_is_told_in_a_signal_handler),
        TEST(a_wait_is_never_too_short),
        TEST(a_time_that_has_passed_is_no_wait),
        TEST(a_signal_ends_a_wait),
        TEST(a_wait_goes_on_when_it_is_called_again),
        TEST(a_sleep_is_never_too_short),
        TEST(a_sleep_until_a_time_that_has_passed_tells_the_time),
        TEST(what_is_no_time_comes_back),
        TEST(sleep_needs_the_system_clock),
        TEST(a_signal_ends_a_sleep),
    };
    return RUN(tests);
}

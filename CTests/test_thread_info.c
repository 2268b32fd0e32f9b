// What a thread tells, by call and by message, beside what Linux tells in the same moment. Rows U1-U5, U10.
#include "information_support.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALL_WORDS 32

static mach_port_t self; // the main thread's name

static struct thread_basic_info basic_of(const struct information_way *way, mach_port_t thread) {
    struct thread_basic_info info;
    mach_msg_type_number_t count = THREAD_BASIC_INFO_COUNT;
    memset(&info, 0x5a, sizeof(info));
    assert_success(way->thread_info(thread, THREAD_BASIC_INFO, (thread_info_t)&info, &count));
    assert_int_equal(count, 10);
    assert_int_equal(info.cpu_usage | info.flags | info.suspend_count | info.sleep_time, 0);
    return info;
}

static struct thread_extended_info extended_of(const struct information_way *way, mach_port_t thread) {
    struct thread_extended_info info;
    mach_msg_type_number_t count = THREAD_EXTENDED_INFO_COUNT;
    memset(&info, 0x5a, sizeof(info));
    assert_success(way->thread_info(thread, THREAD_EXTENDED_INFO, (thread_info_t)&info, &count));
    assert_int_equal(count, 28);
    assert_int_equal(info.pth_cpu_usage | info.pth_flags | info.pth_sleep_time | info.pth_maxpriority, 0);
    assert_int_equal(info.pth_curpri, info.pth_priority);
    return info;
}

static uint64_t in_nanoseconds(time_value_t time) {
    assert_true(time.microseconds >= 0 && time.microseconds < TIME_MICROS_MAX);
    return (uint64_t)time.seconds * 1000000000 + (uint64_t)time.microseconds * 1000;
}

// U1, U2
static void flavors_counts_and_threads_that_are_none(void **state) {
    (void)state;
    const struct {
        thread_flavor_t flavor;
        mach_msg_type_number_t count;
        kern_return_t code;
    } flavors[] = {
        {THREAD_BASIC_INFO, 10, KERN_SUCCESS},
        {THREAD_IDENTIFIER_INFO, 6, KERN_SUCCESS},
        {THREAD_EXTENDED_INFO, 28, KERN_SUCCESS},
        {THREAD_DEBUG_INFO_INTERNAL, 0, KERN_NOT_SUPPORTED},
        {THREAD_SCHED_TIMESHARE_INFO, 5, KERN_SUCCESS},
        {THREAD_SCHED_RR_INFO, 5, KERN_INVALID_POLICY},
        {THREAD_SCHED_FIFO_INFO, 4, KERN_INVALID_POLICY},
    };
    const thread_flavor_t none[] = {0, 1, 2, 7, 9, 13, UINT32_MAX};
    task_t ended = make_task();
    assert_success(task_terminate(ended));
    mach_port_t host = mach_host_self();
    for
        each_way(way) {
            integer_t words[ALL_WORDS + 1];
            for (size_t i = 0; i < COUNT_OF(flavors); i++) {
                for (mach_msg_type_number_t room = 0; room <= ALL_WORDS; room++) {
                    memset(words, 0x5a, sizeof(words));
                    mach_msg_type_number_t count = room;
                    bool fits = room >= flavors[i].count;
                    kern_return_t code = fits ? flavors[i].code : KERN_INVALID_ARGUMENT;
                    assert_code(way->thread_info(self, flavors[i].flavor, words, &count), code);
                    assert_int_equal(count, code == KERN_SUCCESS ? flavors[i].count : room);
                    for (size_t j = code == KERN_SUCCESS ? count : 0; j <= ALL_WORDS; j++)
                        assert_int_equal(words[j], 0x5a5a5a5a);
                }
            }
            for (size_t i = 0; i < COUNT_OF(none); i++) {
                mach_msg_type_number_t count = ALL_WORDS;
                assert_code(way->thread_info(self, none[i], words, &count), KERN_INVALID_ARGUMENT);
            }
            mach_msg_type_number_t count = ALL_WORDS;
            assert_code(way->thread_info(SELF, THREAD_BASIC_INFO, words, &count), KERN_INVALID_ARGUMENT);
            assert_code(way->thread_info(host, THREAD_BASIC_INFO, words, &count), KERN_INVALID_ARGUMENT);
        }
    integer_t words[ALL_WORDS];
    mach_msg_type_number_t count = ALL_WORDS;
    const mach_port_t threads[] = {MACH_PORT_NULL, MACH_PORT_DEAD, ended, 0x7fff03};
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_code(thread_info(threads[i], THREAD_BASIC_INFO, words, &count), KERN_INVALID_ARGUMENT);
    assert_code(thread_info(self, THREAD_BASIC_INFO, NULL, &count), KERN_INVALID_ARGUMENT);
    assert_code(thread_info(self, THREAD_BASIC_INFO, words, NULL), KERN_INVALID_ARGUMENT);
    assert_success(mach_port_deallocate(SELF, ended));
    assert_success(mach_port_deallocate(SELF, host));
}

// U3
static void its_time_is_that_of_its_clock(void **state) {
    (void)state;
    struct standing_thread other;
    start_standing(&other);
    mach_port_t name = let_call(&other);
    clockid_t clock;
    assert_int_equal(pthread_getcpuclockid(other.thread, &clock), 0);
    for
        each_way(way) {
            for (unsigned round = 0; round < 20; round++) {
                uint64_t before = cpu_clock(CLOCK_THREAD_CPUTIME_ID);
                struct thread_basic_info basic = basic_of(way, self);
                uint64_t between = cpu_clock(CLOCK_THREAD_CPUTIME_ID);
                struct thread_extended_info extended = extended_of(way, self);
                uint64_t after = cpu_clock(CLOCK_THREAD_CPUTIME_ID);
                uint64_t told = in_nanoseconds(basic.user_time) + in_nanoseconds(basic.system_time);
                // Each of the two is told in whole microseconds.
                assert_true(told + 2000 > before && told <= between);
                told = extended.pth_user_time + extended.pth_system_time;
                assert_true(between <= told && told <= after);
            }
            // The other one sleeps, once it has come to that.
            uint64_t before, after, told;
            do {
                before = cpu_clock(clock);
                struct thread_extended_info extended = extended_of(way, name);
                after = cpu_clock(clock);
                told = extended.pth_user_time + extended.pth_system_time;
                assert_true(before <= told && told <= after);
            } while (before != after);
        }
    end_standing(&other);
    assert_success(mach_port_deallocate(SELF, name));
}

static _Atomic bool is_over;

// In the process and in the system by turns, so that the proportion of the two changes all the time.
static int64_t run_by_turns(void *argument) {
    (void)argument;
    for (bool in_system = false; !is_over; in_system = !in_system) {
        uint64_t start = cpu_clock(CLOCK_THREAD_CPUTIME_ID);
        while (cpu_clock(CLOCK_THREAD_CPUTIME_ID) - start < 10000000) {
            for (volatile int i = 0; !in_system && i < 2000; i++) {}
            if (in_system) (void)syscall(SYS_getppid);
        }
    }
    return 0;
}

// U3: with each sample the proportion jumps.
static void neither_part_of_its_time_ever_gets_less(void **state) {
    (void)state;
    is_over = false;
    struct test_thread thread;
    start_thread(&thread, run_by_turns, NULL);
    while (thread.id == 0) sched_yield();
    mach_port_t name = MACH_PORT_NULL;
    thread_act_array_t list;
    mach_msg_type_number_t count;
    assert_success(task_threads(SELF, &list, &count));
    for (mach_msg_type_number_t i = 0; i < count; i++) {
        struct thread_identifier_info info;
        mach_msg_type_number_t words = THREAD_IDENTIFIER_INFO_COUNT;
        assert_success(thread_info(list[i], THREAD_IDENTIFIER_INFO, (thread_info_t)&info, &words));
        if ((int)info.thread_id == thread.id)
            name = list[i];
        else
            assert_success(mach_port_deallocate(SELF, list[i]));
    }
    assert_success(vm_deallocate(SELF, (vm_address_t)list, count * sizeof(*list)));
    assert_int_not_equal(name, MACH_PORT_NULL);
    struct thread_extended_info last = extended_of(&information_ways[0], name);
    uint64_t start = cpu_clock(CLOCK_MONOTONIC);
    for (unsigned round = 0; cpu_clock(CLOCK_MONOTONIC) - start < 1500000000; round++) {
        struct thread_extended_info next = extended_of(&information_ways[round & 1], name);
        assert_true(next.pth_user_time >= last.pth_user_time && next.pth_system_time >= last.pth_system_time);
        last = next;
    }
    assert_true(last.pth_user_time > 0 && last.pth_system_time > 0);
    is_over = true;
    assert_int_equal(join_thread(&thread), 0);
    wait_until_gone(thread.id);
    struct thread_basic_info info;
    mach_msg_type_number_t words = THREAD_BASIC_INFO_COUNT;
    assert_code(thread_info(name, THREAD_BASIC_INFO, (thread_info_t)&info, &words), KERN_INVALID_ARGUMENT);
    assert_success(mach_port_deallocate(SELF, name));
}

// U4
static void it_runs_or_waits(void **state) {
    (void)state;
    struct standing_thread other;
    start_standing(&other);
    mach_port_t name = let_call(&other);
    for
        each_way(way) {
            assert_int_equal(basic_of(way, self).run_state, TH_STATE_RUNNING);
            assert_int_equal(extended_of(way, self).pth_run_state, TH_STATE_RUNNING);
            while (basic_of(way, name).run_state != TH_STATE_WAITING) sched_yield();
            assert_int_equal(extended_of(way, name).pth_run_state, TH_STATE_WAITING);
        }
    end_standing(&other);
    assert_success(mach_port_deallocate(SELF, name));
}

// U5
static void it_is_identified(void **state) {
    (void)state;
    struct standing_thread other;
    start_standing(&other);
    mach_port_t name = let_call(&other);
    for
        each_way(way) {
            for (unsigned i = 0; i < 2; i++) {
                struct thread_identifier_info info;
                mach_msg_type_number_t count = THREAD_IDENTIFIER_INFO_COUNT;
                memset(&info, 0x5a, sizeof(info));
                assert_success(way->thread_info(i ? name : self, THREAD_IDENTIFIER_INFO, (thread_info_t)&info, &count));
                assert_int_equal(info.thread_id, i ? (uint64_t)other.id : (uint64_t)syscall(SYS_gettid));
                assert_int_equal(info.thread_handle, i ? (uintptr_t)other.thread : (uintptr_t)pthread_self());
                assert_int_equal(info.dispatch_qaddr, 0);
            }
        }
    end_standing(&other);
    assert_int_equal(type(name), MACH_PORT_TYPE_DEAD_NAME);
    struct thread_identifier_info info;
    mach_msg_type_number_t count = THREAD_IDENTIFIER_INFO_COUNT;
    assert_code(thread_info(name, THREAD_IDENTIFIER_INFO, (thread_info_t)&info, &count), KERN_INVALID_ARGUMENT);
    assert_success(mach_port_deallocate(SELF, name));
}

// U4
static void its_name_is_that_of_prctl(void **state) {
    (void)state;
    char before[16];
    assert_int_equal(prctl(PR_GET_NAME, before), 0);
    const char *const names[] = {"plain", "a (b) c) d", "", ")) S 1 2 3", "fifteen letters"};
    for
        each_way(way) {
            for (size_t i = 0; i < COUNT_OF(names); i++) {
                assert_int_equal(prctl(PR_SET_NAME, names[i]), 0);
                struct thread_extended_info info = extended_of(way, self);
                assert_string_equal(info.pth_name, names[i]);
                for (size_t j = 16; j < MAXTHREADNAMESIZE; j++) assert_int_equal(info.pth_name[j], 0);
                assert_int_equal(info.pth_run_state, TH_STATE_RUNNING);
                assert_int_equal(info.pth_priority, 31 - getpriority(PRIO_PROCESS, 0));
            }
        }
    assert_int_equal(prctl(PR_SET_NAME, before), 0);
}

static int64_t be_nice(void *argument) {
    (void)argument;
    mach_port_t name = mach_thread_self();
    struct thread_extended_info info;
    struct policy_timeshare_info old;
    int64_t result = 0;
    for (int nice = 1; nice <= 19 && result == 0; nice += 6) {
        mach_msg_type_number_t counts[] = {THREAD_EXTENDED_INFO_COUNT, POLICY_TIMESHARE_INFO_COUNT};
        if (setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), nice) != 0) result = 1;
        if (thread_info(name, THREAD_EXTENDED_INFO, (thread_info_t)&info, &counts[0]) != KERN_SUCCESS) result = 2;
        if (thread_info(name, THREAD_SCHED_TIMESHARE_INFO, (thread_info_t)&old, &counts[1]) != KERN_SUCCESS) result = 3;
        if (info.pth_priority != 31 - nice || info.pth_policy != POLICY_TIMESHARE) result = 4;
        if (old.base_priority != 31 - nice || old.cur_priority != 31 - nice || old.max_priority != 0) result = 5;
        if (old.depressed || old.depress_priority != -1) result = 6;
    }
    (void)mach_port_deallocate(SELF, name);
    return result;
}

// U4
static void its_priority_is_its_nice_value(void **state) {
    (void)state;
    struct test_thread thread;
    start_thread(&thread, be_nice, NULL);
    assert_int_equal(join_thread(&thread), 0);
}

static int64_t be_real_time(void *argument) {
    (void)argument;
    const int schedulers[] = {SCHED_FIFO, SCHED_RR};
    mach_port_t name = mach_thread_self();
    int64_t result = 0;
    for (size_t i = 0; i < 2 && result == 0; i++) {
        struct sched_param parameter = {.sched_priority = 1};
        struct timespec turn;
        if (sched_setscheduler(0, schedulers[i], &parameter) != 0) result = -1;
        if (result != 0) break;
        for
            each_way(way) {
                struct thread_extended_info info;
                struct policy_rr_info old;
                mach_msg_type_number_t counts[] = {THREAD_EXTENDED_INFO_COUNT, POLICY_RR_INFO_COUNT, 5};
                if (way == &information_ways[1]) open_reply_port();
                if (way->thread_info(name, THREAD_EXTENDED_INFO, (thread_info_t)&info, &counts[0]) != KERN_SUCCESS)
                    result = 1;
                if (info.pth_policy != POLICY_RR || info.pth_priority != 0) result = 2;
                if (way->thread_info(name, THREAD_SCHED_RR_INFO, (thread_info_t)&old, &counts[1]) != KERN_SUCCESS)
                    result = 3;
                (void)sched_rr_get_interval(0, &turn);
                if (old.quantum != turn.tv_sec * 1000 + turn.tv_nsec / 1000000 || old.depress_priority != -1)
                    result = 4;
                if ((schedulers[i] == SCHED_RR) != (old.quantum > 0)) result = 5;
                if (way->thread_info(name, THREAD_SCHED_TIMESHARE_INFO, (thread_info_t)&old, &counts[2]) !=
                    KERN_INVALID_POLICY)
                    result = 6;
                if (way == &information_ways[1]) close_reply_port();
            }
    }
    (void)mach_port_deallocate(SELF, name);
    return result;
}

// U4
static void real_time_has_no_nice_value(void **state) {
    (void)state;
    struct test_thread thread;
    start_thread(&thread, be_real_time, NULL);
    int64_t result = join_thread(&thread);
    if (result == -1) skip(); // not allowed to
    assert_int_equal(result, 0);
}

// U10
static void nothing_is_depressed(void **state) {
    (void)state;
    assert_code(thread_depress_abort(self), KERN_NOT_DEPRESSED);
    assert_code(ask_words(self, 3609, NULL, 0, NULL, 0, 0), KERN_NOT_DEPRESSED);
    assert_code(ask_words(SELF, 3609, NULL, 0, NULL, 0, 0), KERN_INVALID_ARGUMENT);
    assert_code(thread_depress_abort(MACH_PORT_NULL), KERN_INVALID_ARGUMENT);
    assert_code(thread_depress_abort(SELF), KERN_INVALID_ARGUMENT);
}

static int warm_up(void **state) {
    int result = information_warm_up(state);
    self = mach_thread_self();
    return result;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(flavors_counts_and_threads_that_are_none),
        TASK_TEST(its_time_is_that_of_its_clock),
        TASK_TEST(neither_part_of_its_time_ever_gets_less),
        TASK_TEST(it_runs_or_waits),
        TASK_TEST(it_is_identified),
        TASK_TEST(its_name_is_that_of_prctl),
        TASK_TEST(its_priority_is_its_nice_value),
        TASK_TEST(real_time_has_no_nice_value),
        TASK_TEST(nothing_is_depressed),
    };
    return cmocka_run_group_tests(tests, warm_up, NULL);
}

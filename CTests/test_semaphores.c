// Semaphores: counts, the order of those who wait, every code in the order of its tests, rights in messages, and the ways in which a wait ends.
// Rows X1, X2, X3, X5, X6, X7, X8, Y1 to Y13.
#include "memory_allocator.h"
#include "stress.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include <mach/mach_traps.h>
#include <mach/sync.h>

#define NO_WAIT         ((mach_timespec_t){0, 0})
#define MILLISECONDS(n) ((mach_timespec_t){0, (n)*1000000})

static semaphore_t make_semaphore(int value) {
    semaphore_t semaphore = MACH_PORT_NULL;
    assert_success(semaphore_create(SELF, &semaphore, SYNC_POLICY_FIFO, value));
    return semaphore;
}

static void end_semaphore(semaphore_t semaphore) { assert_success(semaphore_destroy(SELF, semaphore)); }

// Takes what counts there are.
static unsigned take_counts(semaphore_t semaphore) {
    unsigned count = 0;
    while (semaphore_timedwait(semaphore, NO_WAIT) == KERN_SUCCESS) count++;
    return count;
}

// ---- Threads that wait

enum call { WAIT, TIMEDWAIT, WAIT_SIGNAL, TIMEDWAIT_SIGNAL };

struct waiter {
    struct actor actor;
    enum call call;
    semaphore_t semaphore, other;
    mach_timespec_t time;
    _Atomic mach_port_t thread_port;
    _Atomic bool is_back;
};

static int64_t wait_once(void *argument) {
    struct waiter *it = argument;
    kern_return_t code = KERN_FAILURE;
    switch (it->call) {
    case WAIT:
        code = semaphore_wait(it->semaphore);
        break;
    case TIMEDWAIT:
        code = semaphore_timedwait(it->semaphore, it->time);
        break;
    case WAIT_SIGNAL:
        code = semaphore_wait_signal(it->semaphore, it->other);
        break;
    case TIMEDWAIT_SIGNAL:
        code = semaphore_timedwait_signal(it->semaphore, it->other, it->time);
        break;
    }
    atomic_store(&it->is_back, true);
    return code;
}

static void begin_waiter_as(struct waiter *it, task_t task) {
    atomic_store(&it->is_back, false);
    if (task == MACH_PORT_NULL)
        start_thread(&it->actor.thread, wait_once, it);
    else
        start_actor(&it->actor, task, wait_once, it);
    wait_until_blocked(&it->actor.thread);
}

static void begin_waiter(struct waiter *it) { begin_waiter_as(it, MACH_PORT_NULL); }

static void block_waiter(struct waiter *it, semaphore_t semaphore) {
    memset(it, 0, sizeof(*it));
    it->call = WAIT;
    it->semaphore = semaphore;
    begin_waiter(it);
}

static kern_return_t finish_waiter(struct waiter *it) { return (kern_return_t)join_thread(&it->actor.thread); }

static void expect_waiting(struct waiter *it) {
    wait_until_blocked(&it->actor.thread);
    assert_false(atomic_load(&it->is_back));
}

// ---- Making

static void a_semaphore_is_made_with_any_count_and_the_policies_that_there_are(void **state) {
    (void)state;
    const int policies[] = {SYNC_POLICY_FIFO, SYNC_POLICY_LIFO, 4, 6}, values[] = {0, 1, 2, 1000, INT32_MAX};
    for (size_t i = 0; i < COUNT_OF(policies); i++) {
        for (size_t j = 0; j < COUNT_OF(values); j++) {
            semaphore_t semaphore = MACH_PORT_NULL;
            assert_success(semaphore_create(SELF, &semaphore, policies[i], values[j])); // X1
            assert_int_equal(type(semaphore), MACH_PORT_TYPE_SEND);
            assert_int_equal(refs(semaphore, MACH_PORT_RIGHT_SEND), 1);
            if (values[j] <= 1000) assert_int_equal(take_counts(semaphore), values[j]);
            end_semaphore(semaphore);
            assert_int_equal(type(semaphore), MACH_PORT_TYPE_NONE);
        }
    }
}

static void bad_arguments_make_no_semaphore(void **state) {
    (void)state;
    const int policies[] = {1, 3, 5, 7, 8, 9, 0x100, INT32_MAX, -1, -2, INT32_MIN}, values[] = {-1, -2, INT32_MIN};
    semaphore_t semaphore = 0x5a5a5a5a;
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(policies); i++) {
        assert_code(semaphore_create(SELF, &semaphore, policies[i], 0), KERN_INVALID_ARGUMENT); // X1
    }
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        assert_code(semaphore_create(SELF, &semaphore, SYNC_POLICY_FIFO, values[i]), KERN_INVALID_ARGUMENT); // X1
    }
    mach_port_t dead = make_dead_name(1), port = port_with_send(), host = mach_host_self();
    const task_t tasks[] = {MACH_PORT_NULL, MACH_PORT_DEAD, unknown_name(), dead, port, host};
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        assert_code(semaphore_create(tasks[i], &semaphore, SYNC_POLICY_FIFO, 0), KERN_INVALID_ARGUMENT); // Choices
    }
    assert_code(semaphore_create(SELF, NULL, SYNC_POLICY_FIFO, 0), KERN_INVALID_ARGUMENT);
    assert_int_equal(semaphore, 0x5a5a5a5a);
    destroy(port);
    assert_success(mach_port_deallocate(SELF, dead));
    assert_success(mach_port_deallocate(SELF, host));
    assert_unchanged(picture);
}

// ---- Names

// Names that are no semaphore's, and what all calls say of them.
struct bad_name {
    mach_port_t name;
    kern_return_t code;
};
enum { BAD_NAMES = 11 };

static void make_bad_names(struct bad_name names[BAD_NAMES], mach_port_t *carrier) {
    mach_port_t receive = make_port();
    const struct bad_name all[BAD_NAMES] = {
        {MACH_PORT_NULL, KERN_INVALID_NAME}, // X6
        {MACH_PORT_DEAD, KERN_INVALID_NAME},
        {unknown_name(), KERN_INVALID_NAME},
        {0xfffffe03, KERN_INVALID_NAME},
        {receive, KERN_INVALID_RIGHT},
        {make_set(), KERN_INVALID_RIGHT},
        {make_send_once(receive), KERN_INVALID_RIGHT},
        {make_dead_name(2), KERN_INVALID_RIGHT},
        {port_with_send(), KERN_INVALID_CAPABILITY},
        {make_send_only(1, carrier), KERN_INVALID_CAPABILITY},
        {SELF, KERN_INVALID_CAPABILITY},
    };
    memcpy(names, all, sizeof(all));
}

static void end_bad_names(struct bad_name names[BAD_NAMES], mach_port_t carrier) {
    for (unsigned i = 4; i < BAD_NAMES - 1; i++) destroy(names[i].name);
    destroy(carrier);
}

static void every_call_says_what_is_wrong_with_a_name(void **state) {
    (void)state;
    struct bad_name names[BAD_NAMES];
    mach_port_t carrier, thread = mach_thread_self();
    make_bad_names(names, &carrier);
    semaphore_t good = make_semaphore(0);
    struct picture picture = take_picture();
    for (unsigned i = 0; i < BAD_NAMES; i++) {
        mach_port_t name = names[i].name;
        kern_return_t code = names[i].code;
        assert_code(semaphore_signal(name), code);
        assert_code(semaphore_signal_all(name), code);
        assert_code(semaphore_signal_thread(name, MACH_PORT_NULL), code);
        assert_code(semaphore_signal_thread(name, thread), code);
        assert_code(semaphore_wait(name), code);
        assert_code(semaphore_timedwait(name, NO_WAIT), code);
        assert_code(semaphore_timedwait(name, MILLISECONDS(1)), code);
        assert_code(semaphore_wait_signal(name, good), code);
        assert_code(semaphore_timedwait_signal(name, good, NO_WAIT), code);
        assert_code(semaphore_wait_signal(good, name), code);
        assert_code(semaphore_timedwait_signal(good, name, NO_WAIT), code);
        for (unsigned j = 0; j < BAD_NAMES; j++) {
            assert_code(semaphore_wait_signal(names[j].name, name), code); // X6: the one to be signalled first
            assert_code(semaphore_timedwait_signal(names[j].name, name, MILLISECONDS(1)), code);
        }
    }
    assert_int_equal(take_counts(good), 0);
    assert_unchanged(picture);
    end_semaphore(good);
    end_bad_names(names, carrier);
    assert_success(mach_port_deallocate(SELF, thread));
}

static void bad_nanoseconds_come_before_bad_names(void **state) {
    (void)state;
    const int bad[] = {-1, 1000000000, INT32_MAX, INT32_MIN};
    struct bad_name names[BAD_NAMES];
    mach_port_t carrier;
    make_bad_names(names, &carrier);
    semaphore_t good = make_semaphore(1);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        for (unsigned seconds = 0; seconds < 2; seconds++) {
            mach_timespec_t time = {seconds, bad[i]};
            assert_code(semaphore_timedwait(good, time), KERN_INVALID_VALUE); // X6
            assert_code(semaphore_timedwait_signal(good, good, time), KERN_INVALID_VALUE);
            for (unsigned j = 0; j < BAD_NAMES; j++) {
                assert_code(semaphore_timedwait(names[j].name, time), KERN_INVALID_VALUE);
                assert_code(semaphore_timedwait_signal(good, names[j].name, time), KERN_INVALID_VALUE);
            }
        }
    }
    assert_int_equal(take_counts(good), 1);
    end_semaphore(good);
    end_bad_names(names, carrier);
}

static void a_semaphores_name_is_a_send_right_like_others(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(1);
    assert_success(mach_port_mod_refs(SELF, semaphore, MACH_PORT_RIGHT_SEND, 2)); // X3
    assert_int_equal(refs(semaphore, MACH_PORT_RIGHT_SEND), 3);
    assert_success(mach_port_deallocate(SELF, semaphore));
    natural_t kind = 0;
    mach_vm_address_t token = 0;
    assert_success(mach_port_kobject(SELF, semaphore, &kind, &token));
    assert_int_equal(kind, 23); // Y12
    assert_true(token != 0);
    assert_success(semaphore_wait(semaphore));
    assert_success(mach_port_destroy(SELF, semaphore));
    assert_code(semaphore_signal(semaphore), KERN_INVALID_NAME);
}

// ---- Counts

static void a_signal_is_kept_for_a_later_wait(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(0);
    assert_code(semaphore_timedwait(semaphore, NO_WAIT), KERN_OPERATION_TIMED_OUT); // X1
    for (unsigned i = 0; i < 3; i++) assert_success(semaphore_signal(semaphore));   // X2
    assert_success(semaphore_wait(semaphore));
    assert_success(semaphore_timedwait(semaphore, NO_WAIT));
    assert_success(semaphore_timedwait(semaphore, MILLISECONDS(1)));
    assert_code(semaphore_timedwait(semaphore, NO_WAIT), KERN_OPERATION_TIMED_OUT);
    end_semaphore(semaphore);
}

static void the_highest_count_takes_no_more(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(INT32_MAX), other = make_semaphore(1);
    assert_code(semaphore_signal(semaphore), KERN_FAILURE); // Y9
    assert_code(semaphore_timedwait_signal(other, semaphore, NO_WAIT), KERN_SUCCESS);
    assert_code(semaphore_timedwait_signal(other, semaphore, NO_WAIT), KERN_FAILURE);
    assert_code(semaphore_wait_signal(other, semaphore), KERN_FAILURE);
    assert_success(semaphore_wait(semaphore));
    assert_success(semaphore_signal(semaphore));
    assert_code(semaphore_signal(semaphore), KERN_FAILURE);
    end_semaphore(semaphore);
    end_semaphore(other);
}

static void signalling_all_wakes_all_and_leaves_no_count(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(2);
    assert_success(semaphore_signal_all(semaphore)); // X2
    assert_int_equal(take_counts(semaphore), 2);
    assert_success(semaphore_signal_all(semaphore));
    assert_int_equal(take_counts(semaphore), 0);
    struct waiter waiters[3];
    for (unsigned i = 0; i < 3; i++) block_waiter(&waiters[i], semaphore);
    assert_success(semaphore_signal_all(semaphore));
    for (unsigned i = 0; i < 3; i++) assert_success(finish_waiter(&waiters[i]));
    assert_int_equal(take_counts(semaphore), 0);
    end_semaphore(semaphore);
}

// ---- Order

static void expect_order(int policy, const unsigned *order, unsigned count) {
    semaphore_t semaphore = MACH_PORT_NULL;
    struct waiter waiters[6];
    assert_success(semaphore_create(SELF, &semaphore, policy, 0));
    for (unsigned i = 0; i < count; i++) block_waiter(&waiters[i], semaphore);
    for (unsigned i = 0; i < count; i++) {
        if (i % 2 == 0)
            assert_success(semaphore_signal(semaphore));
        else
            assert_success(semaphore_signal_thread(semaphore, MACH_PORT_NULL)); // X8
        assert_success(finish_waiter(&waiters[order[i]]));
        for (unsigned j = i + 1; j < count; j++) assert_false(atomic_load(&waiters[order[j]].is_back));
    }
    assert_int_equal(take_counts(semaphore), 0);
    end_semaphore(semaphore);
}

static void the_one_that_came_first_goes_first(void **state) {
    (void)state;
    const unsigned order[] = {0, 1, 2, 3, 4};
    expect_order(SYNC_POLICY_FIFO, order, COUNT_OF(order)); // Y2
    expect_order(4, order, COUNT_OF(order));
}

static void or_the_one_that_came_last(void **state) {
    (void)state;
    const unsigned order[] = {4, 3, 2, 1, 0};
    expect_order(SYNC_POLICY_LIFO, order, COUNT_OF(order)); // Y2
    expect_order(6, order, COUNT_OF(order));
}

static void a_waiter_that_gives_up_leaves_the_order_as_it_was(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(0);
    for (unsigned gone = 0; gone < 3; gone++) {
        struct waiter waiters[3];
        for (unsigned i = 0; i < 3; i++) {
            memset(&waiters[i], 0, sizeof(waiters[i]));
            waiters[i].call = i == gone ? TIMEDWAIT : WAIT;
            waiters[i].semaphore = semaphore;
            waiters[i].time = MILLISECONDS(200);
            begin_waiter(&waiters[i]);
        }
        assert_code(finish_waiter(&waiters[gone]), KERN_OPERATION_TIMED_OUT);
        for (unsigned i = 0; i < 3; i++) {
            if (i == gone) continue;
            assert_success(semaphore_signal(semaphore));
            assert_success(finish_waiter(&waiters[i]));
        }
        assert_int_equal(take_counts(semaphore), 0);
    }
    end_semaphore(semaphore);
}

// ---- A certain thread

static int64_t tell_port_and_wait(void *argument) {
    struct waiter *it = argument;
    it->thread_port = mach_thread_self();
    return wait_once(it);
}

static void block_known_waiter(struct waiter *it, semaphore_t semaphore) {
    memset(it, 0, sizeof(*it));
    it->semaphore = semaphore;
    start_thread(&it->actor.thread, tell_port_and_wait, it);
    wait_until_blocked(&it->actor.thread);
}

static void a_certain_thread_is_woken_and_no_other(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(0), other = make_semaphore(0);
    for (unsigned chosen = 0; chosen < 3; chosen++) {
        struct waiter waiters[3];
        for (unsigned i = 0; i < 3; i++) block_known_waiter(&waiters[i], semaphore);
        mach_port_t port = waiters[chosen].thread_port;
        assert_code(semaphore_signal_thread(other, port), KERN_NOT_WAITING); // X2
        assert_success(semaphore_signal_thread(semaphore, port));
        assert_success(finish_waiter(&waiters[chosen]));
        for (unsigned i = 0; i < 3; i++) {
            if (i == chosen) continue;
            expect_waiting(&waiters[i]);
            assert_success(semaphore_signal(semaphore));
            assert_success(finish_waiter(&waiters[i]));
        }
        assert_int_equal(take_counts(semaphore), 0);
        for (unsigned i = 0; i < 3; i++) destroy(waiters[i].thread_port);
    }
    end_semaphore(semaphore);
    end_semaphore(other);
}

static void signalling_a_thread_that_does_not_wait_changes_nothing(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(1);
    mach_port_t self = mach_thread_self(), port = port_with_send(), dead = make_dead_name(1), host = mach_host_self();
    assert_code(semaphore_signal_thread(semaphore, self), KERN_NOT_WAITING);           // X2
    assert_code(semaphore_signal_thread(semaphore, MACH_PORT_NULL), KERN_NOT_WAITING); // X8
    const mach_port_t none[] = {MACH_PORT_DEAD, unknown_name(), port, dead, host, SELF, semaphore};
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        assert_code(semaphore_signal_thread(semaphore, none[i]), KERN_INVALID_ARGUMENT);      // Y1
        assert_code(semaphore_signal_thread(MACH_PORT_NULL, none[i]), KERN_INVALID_ARGUMENT); // the thread first
        assert_code(semaphore_signal_thread(port, none[i]), KERN_INVALID_ARGUMENT);
    }
    assert_int_equal(take_counts(semaphore), 1);
    end_semaphore(semaphore);
    destroy(port);
    assert_success(mach_port_deallocate(SELF, dead));
    assert_success(mach_port_deallocate(SELF, host));
    assert_success(mach_port_deallocate(SELF, self));
}

static void a_thread_that_has_ended_is_no_thread(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(0);
    struct waiter waiter;
    block_known_waiter(&waiter, semaphore);
    assert_success(semaphore_signal(semaphore));
    assert_success(finish_waiter(&waiter));
    assert_code(semaphore_signal_thread(semaphore, waiter.thread_port), KERN_INVALID_ARGUMENT); // Y1
    destroy(waiter.thread_port);
    end_semaphore(semaphore);
}

// ---- Waiting on one and signalling another

static void the_other_is_signalled_whether_the_wait_blocks_or_not(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(1), other = make_semaphore(0);
    assert_success(semaphore_wait_signal(semaphore, other)); // X2
    assert_int_equal(take_counts(other), 1);
    assert_code(semaphore_timedwait_signal(semaphore, other, NO_WAIT), KERN_OPERATION_TIMED_OUT);
    assert_int_equal(take_counts(other), 1);
    assert_code(semaphore_timedwait_signal(semaphore, other, MILLISECONDS(2)), KERN_OPERATION_TIMED_OUT);
    assert_int_equal(take_counts(other), 1);
    for (enum call call = WAIT_SIGNAL; call <= TIMEDWAIT_SIGNAL; call++) {
        struct waiter waiter = {.call = call, .semaphore = semaphore, .other = other, .time = {1000, 0}};
        begin_waiter(&waiter);
        assert_int_equal(take_counts(other), 1);
        assert_success(semaphore_signal(semaphore));
        assert_success(finish_waiter(&waiter));
    }
    end_semaphore(semaphore);
    end_semaphore(other);
}

static void both_may_be_the_same(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(0);
    assert_success(semaphore_wait_signal(semaphore, semaphore)); // X2: first it waits, then it is signalled
    assert_int_equal(take_counts(semaphore), 0);
    assert_code(semaphore_timedwait_signal(semaphore, semaphore, NO_WAIT), KERN_OPERATION_TIMED_OUT);
    assert_success(semaphore_timedwait_signal(semaphore, semaphore, NO_WAIT));
    assert_int_equal(take_counts(semaphore), 1);
    end_semaphore(semaphore);
}

// A name of a semaphore that has been destroyed.
static semaphore_t make_destroyed(void) {
    semaphore_t semaphore = make_semaphore(3);
    assert_success(mach_port_mod_refs(SELF, semaphore, MACH_PORT_RIGHT_SEND, 1));
    end_semaphore(semaphore);
    return semaphore;
}

static void a_destroyed_one_to_be_signalled_ends_the_wait(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(0), destroyed = make_destroyed();
    assert_code(semaphore_wait_signal(semaphore, destroyed), KERN_TERMINATED); // X8
    assert_code(semaphore_timedwait_signal(semaphore, destroyed, (mach_timespec_t){1000, 0}), KERN_TERMINATED);
    assert_code(semaphore_timedwait_signal(semaphore, destroyed, NO_WAIT), KERN_TERMINATED);
    // The thread is in the queue no more.
    assert_success(semaphore_signal(semaphore));
    assert_int_equal(take_counts(semaphore), 1);
    assert_success(semaphore_signal(semaphore));
    assert_success(semaphore_wait_signal(semaphore, destroyed)); // Y10: it has its count
    assert_int_equal(take_counts(semaphore), 0);
    assert_code(semaphore_wait_signal(destroyed, destroyed), KERN_TERMINATED);
    end_semaphore(semaphore);
    destroy(destroyed);
}

static void a_destroyed_one_to_wait_on_still_lets_the_other_be_signalled(void **state) {
    (void)state;
    semaphore_t other = make_semaphore(0), destroyed = make_destroyed();
    assert_code(semaphore_wait_signal(destroyed, other), KERN_TERMINATED); // Y10
    assert_code(semaphore_timedwait_signal(destroyed, other, NO_WAIT), KERN_TERMINATED);
    assert_int_equal(take_counts(other), 2);
    end_semaphore(other);
    destroy(destroyed);
}

// ---- Time

static uint64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void a_time_out_is_never_early(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(0), other = make_semaphore(0);
    const int times[] = {1, 999, 100000, 3000000, 30000000};
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        uint64_t start = nanoseconds();
        assert_code(semaphore_timedwait(semaphore, (mach_timespec_t){0, times[i]}), KERN_OPERATION_TIMED_OUT);
        assert_true(nanoseconds() - start >= (uint64_t)times[i]); // Y6
        start = nanoseconds();
        assert_code(semaphore_timedwait_signal(semaphore, other, (mach_timespec_t){0, times[i]}),
                    KERN_OPERATION_TIMED_OUT);
        assert_true(nanoseconds() - start >= (uint64_t)times[i]);
    }
    assert_int_equal(take_counts(other), COUNT_OF(times));
    struct waiter waiter = {.call = TIMEDWAIT, .semaphore = semaphore, .time = {UINT32_MAX, 999999999}};
    begin_waiter(&waiter);
    assert_success(semaphore_signal(semaphore));
    assert_success(finish_waiter(&waiter));
    end_semaphore(semaphore);
    end_semaphore(other);
}

// ---- Ends

static void destroying_ends_all_waits_and_all_use(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(0), other = make_semaphore(0);
    assert_success(mach_port_mod_refs(SELF, semaphore, MACH_PORT_RIGHT_SEND, 1));
    struct waiter waiters[4];
    for (enum call call = WAIT; call <= TIMEDWAIT_SIGNAL; call++) {
        waiters[call] = (struct waiter){.call = call, .semaphore = semaphore, .other = other, .time = {1000, 0}};
        begin_waiter(&waiters[call]);
    }
    end_semaphore(semaphore);
    for (unsigned i = 0; i < 4; i++) assert_code(finish_waiter(&waiters[i]), KERN_TERMINATED); // X7
    assert_int_equal(take_counts(other), 2);
    assert_int_equal(refs(semaphore, MACH_PORT_RIGHT_SEND), 1);
    mach_port_t thread = mach_thread_self();
    assert_code(semaphore_wait(semaphore), KERN_TERMINATED); // X1
    assert_code(semaphore_timedwait(semaphore, NO_WAIT), KERN_TERMINATED);
    assert_code(semaphore_timedwait(semaphore, MILLISECONDS(1)), KERN_TERMINATED);
    assert_code(semaphore_signal(semaphore), KERN_TERMINATED);
    assert_code(semaphore_signal_all(semaphore), KERN_TERMINATED);
    assert_code(semaphore_signal_thread(semaphore, MACH_PORT_NULL), KERN_TERMINATED);
    assert_code(semaphore_signal_thread(semaphore, thread), KERN_TERMINATED);
    assert_code(semaphore_destroy(SELF, semaphore), KERN_INVALID_ARGUMENT); // Y8, with the last reference
    assert_int_equal(type(semaphore), MACH_PORT_TYPE_NONE);
    end_semaphore(other);
    assert_success(mach_port_deallocate(SELF, thread));
}

static void only_the_owner_destroys_and_a_reference_goes_all_the_same(void **state) {
    (void)state;
    task_t task = make_task();
    semaphore_t semaphore = make_semaphore(1), others = MACH_PORT_NULL;
    assert_success(mach_port_mod_refs(SELF, semaphore, MACH_PORT_RIGHT_SEND, 3));
    assert_code(semaphore_destroy(task, semaphore), KERN_INVALID_ARGUMENT); // X1
    assert_int_equal(refs(semaphore, MACH_PORT_RIGHT_SEND), 3);
    assert_success(semaphore_wait(semaphore));
    // A task argument that is none: nothing goes.
    mach_port_t port = port_with_send(), dead = make_dead_name(2);
    const task_t tasks[] = {MACH_PORT_NULL, MACH_PORT_DEAD, port, dead, semaphore};
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        assert_code(semaphore_destroy(tasks[i], semaphore), KERN_INVALID_ARGUMENT); // Y8
    }
    assert_int_equal(refs(semaphore, MACH_PORT_RIGHT_SEND), 3);
    assert_success(semaphore_destroy(SELF, semaphore));
    assert_code(semaphore_destroy(SELF, semaphore), KERN_INVALID_ARGUMENT);
    assert_int_equal(refs(semaphore, MACH_PORT_RIGHT_SEND), 1);
    // One made for another task is that one's.
    assert_success(semaphore_create(task, &others, SYNC_POLICY_FIFO, 0));
    assert_success(mach_port_mod_refs(SELF, others, MACH_PORT_RIGHT_SEND, 1));
    assert_code(semaphore_destroy(SELF, others), KERN_INVALID_ARGUMENT);
    assert_success(semaphore_destroy(task, others));
    // What is no semaphore.
    assert_code(semaphore_destroy(SELF, MACH_PORT_NULL), KERN_INVALID_ARGUMENT); // Y8
    assert_code(semaphore_destroy(SELF, MACH_PORT_DEAD), KERN_INVALID_ARGUMENT);
    assert_code(semaphore_destroy(SELF, unknown_name()), MACH_SEND_INVALID_RIGHT);
    mach_port_t receive = make_port();
    assert_code(semaphore_destroy(SELF, receive), MACH_SEND_INVALID_RIGHT);
    assert_code(semaphore_destroy(SELF, dead), KERN_INVALID_ARGUMENT);
    assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 1);
    insert_send(port);
    assert_code(semaphore_destroy(SELF, port), KERN_INVALID_ARGUMENT);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    destroy(port);
    destroy(receive);
    assert_success(mach_port_deallocate(SELF, dead));
    assert_success(mach_port_deallocate(SELF, semaphore));
    end_task(task);
}

static void the_owners_death_ends_waits_everywhere(void **state) {
    (void)state;
    task_t owner = make_task(), task = make_task();
    semaphore_t semaphore = MACH_PORT_NULL, survivor = make_semaphore(0);
    assert_success(semaphore_create(owner, &semaphore, SYNC_POLICY_FIFO, 0));
    struct waiter here, there, own;
    block_waiter(&here, semaphore);
    there = (struct waiter){.semaphore = give(task, semaphore, MACH_MSG_TYPE_COPY_SEND)};
    begin_waiter_as(&there, task);
    own = (struct waiter){.semaphore = give(owner, semaphore, MACH_MSG_TYPE_COPY_SEND)};
    begin_waiter_as(&own, owner);
    terminate(owner);
    assert_code(finish_waiter(&here), KERN_TERMINATED); // X7
    assert_code(finish_waiter(&there), KERN_TERMINATED);
    assert_code(finish_waiter(&own), KERN_TERMINATED);
    assert_code(semaphore_signal(semaphore), KERN_TERMINATED);
    assert_success(mach_port_deallocate(SELF, owner));
    // A waiter whose own task ends, at a semaphore that goes on.
    struct waiter homeless = {.semaphore = give(task, survivor, MACH_MSG_TYPE_COPY_SEND)};
    begin_waiter_as(&homeless, task);
    terminate(task);
    assert_code(finish_waiter(&homeless), KERN_ABORTED); // Y4
    assert_success(semaphore_signal(survivor));
    assert_int_equal(take_counts(survivor), 1);
    assert_success(mach_port_deallocate(SELF, task));
    destroy(semaphore);
    end_semaphore(survivor);
}

static void a_semaphore_that_no_one_can_name_ends_but_for_those_who_wait(void **state) {
    (void)state;
    uint64_t ports = live_ports();
    semaphore_t semaphore = make_semaphore(7);
    assert_success(mach_port_deallocate(SELF, semaphore)); // Y7
    assert_int_equal(live_ports(), ports);
    semaphore = make_semaphore(0);
    struct waiter waiter = {.call = TIMEDWAIT, .semaphore = semaphore, .time = MILLISECONDS(100)};
    begin_waiter(&waiter);
    destroy(semaphore);
    assert_code(semaphore_signal(semaphore), KERN_INVALID_NAME);
    assert_code(finish_waiter(&waiter), KERN_OPERATION_TIMED_OUT); // Y7
    // The owner's death reaches it as well.
    task_t task = make_task();
    assert_success(semaphore_create(task, &semaphore, SYNC_POLICY_FIFO, 0));
    block_waiter(&waiter, semaphore);
    destroy(semaphore);
    expect_waiting(&waiter);
    end_task(task);
    assert_code(finish_waiter(&waiter), KERN_TERMINATED);
    assert_int_equal(live_ports(), ports);
}

// ---- Rights in messages

static int64_t signal_it(void *argument) { return semaphore_signal(*(semaphore_t *)argument); }

static void rights_travel_and_work_where_they_arrive(void **state) {
    (void)state;
    task_t task = make_task();
    semaphore_t semaphore = make_semaphore(0);
    mach_port_t box = make_port_in(task), door = take(task, box, MACH_MSG_TYPE_MAKE_SEND);
    struct {
        mach_msg_header_t header;
        mach_msg_body_t body;
        mach_msg_port_descriptor_t right;
        mach_msg_max_trailer_t trailer;
    } message = {
        .header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX,
                   .msgh_remote_port = door},
        .body = {1},
        .right = {.name = semaphore, .disposition = MACH_MSG_TYPE_MOVE_SEND, .type = MACH_MSG_PORT_DESCRIPTOR}};
    assert_success(mach_port_mod_refs(SELF, semaphore, MACH_PORT_RIGHT_SEND, 1));
    const mach_msg_size_t size = sizeof(message) - sizeof(message.trailer);
    assert_code(mach_msg(&message.header, MACH_SEND_MSG, size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
    assert_int_equal(refs(semaphore, MACH_PORT_RIGHT_SEND), 1);
    struct waiter waiter;
    block_waiter(&waiter, semaphore);
    enter(task);
    assert_code(mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), box, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
    leave();
    semaphore_t there = message.right.name;
    assert_int_equal(message.right.disposition, MACH_MSG_TYPE_PORT_SEND);
    assert_success((kern_return_t)act_as(task, signal_it, &there));
    assert_success(finish_waiter(&waiter));
    // The name here goes, the semaphore stays with those who have a right to it.
    destroy(semaphore);
    assert_success((kern_return_t)act_as(task, signal_it, &there));
    semaphore = take(task, there, MACH_MSG_TYPE_COPY_SEND);
    assert_int_equal(take_counts(semaphore), 1);
    end_semaphore(semaphore);
    assert_code((kern_return_t)act_as(task, signal_it, &there), KERN_TERMINATED);
    destroy(door);
    end_task(task);
}

static void a_message_that_is_lost_with_the_last_right_ends_it(void **state) {
    (void)state;
    uint64_t ports = live_ports();
    task_t task = make_task();
    semaphore_t semaphore = make_semaphore(0);
    (void)give(task, semaphore, MACH_MSG_TYPE_MOVE_SEND);
    assert_int_equal(type(semaphore), MACH_PORT_TYPE_NONE);
    end_task(task);
    assert_int_equal(live_ports(), ports);
}

// ---- By message to the task

static void both_routines_work_by_message(void **state) {
    (void)state;
    open_reply_port();
    struct mig_message message;
    semaphore_t made[2];
    for (unsigned i = 0; i < 2; i++) {
        begin_request(&message, SELF, 3418, 40);
        const int arguments[2] = {i == 0 ? SYNC_POLICY_FIFO : SYNC_POLICY_LIFO, 2};
        memcpy(message.bytes + 24, &NDR_record, sizeof(NDR_record));
        memcpy(message.bytes + 32, arguments, sizeof(arguments));
        assert_code(send_request(&message), MACH_MSG_SUCCESS);
        assert_code(receive_reply(reply_port, &message), MACH_MSG_SUCCESS);
        assert_int_equal(message.header.msgh_id, 3518);
        assert_int_equal(message.header.msgh_size, 40);
        assert_true(message.header.msgh_bits & MACH_MSGH_BITS_COMPLEX);
        assert_int_equal(port_at(&message, 28)->disposition, MACH_MSG_TYPE_PORT_SEND);
        made[i] = port_at(&message, 28)->name;
        assert_int_equal(take_counts(made[i]), 2); // Y12
    }
    const struct { int policy, value; } bad[] = {{1, 0}, {8, 0}, {-1, 0}, {0, -1}};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        begin_request(&message, SELF, 3418, 40);
        memcpy(message.bytes + 24, &NDR_record, sizeof(NDR_record));
        memcpy(message.bytes + 32, &bad[i], sizeof(bad[i]));
        assert_code(exchange_simple(&message), KERN_INVALID_ARGUMENT);
    }
    task_t task = make_task();
    assert_success(mach_port_mod_refs(SELF, made[0], MACH_PORT_RIGHT_SEND, 2));
    const struct {
        task_t task;
        semaphore_t semaphore;
        mach_msg_type_name_t disposition;
        kern_return_t code;
        mach_port_urefs_t left;
    } calls[] = {
        {task, made[0], MACH_MSG_TYPE_MOVE_SEND, KERN_INVALID_ARGUMENT, 2}, // X1, I12
        {SELF, MACH_PORT_NULL, MACH_MSG_TYPE_MOVE_SEND, KERN_INVALID_ARGUMENT, 2},
        {SELF, SELF, MACH_MSG_TYPE_COPY_SEND, KERN_INVALID_ARGUMENT, 2},
        {SELF, made[0], MACH_MSG_TYPE_COPY_SEND, KERN_SUCCESS, 2}, // X7
        {SELF, made[0], MACH_MSG_TYPE_MOVE_SEND, KERN_INVALID_ARGUMENT, 1},
    };
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        begin_complex(&message, calls[i].task, 3419, 40);
        port_at(&message, 28)->name = calls[i].semaphore;
        port_at(&message, 28)->disposition = calls[i].disposition;
        assert_code(exchange_simple(&message), calls[i].code);
        assert_int_equal(refs(made[0], MACH_PORT_RIGHT_SEND), calls[i].left);
    }
    assert_code(semaphore_signal(made[0]), KERN_TERMINATED);
    destroy(made[0]);
    destroy(made[1]);
    end_task(task);
    destroy(reply_port);
}

static void a_request_to_the_semaphore_itself_is_unknown(void **state) {
    (void)state;
    open_reply_port();
    semaphore_t semaphore = make_semaphore(0);
    for (mach_msg_id_t id = 617200; id <= 617207; id++) {
        struct mig_message message;
        begin_request(&message, semaphore, id, 24);
        assert_code(exchange_simple(&message), MIG_BAD_ID); // Y12
    }
    assert_int_equal(take_counts(semaphore), 0);
    end_semaphore(semaphore);
    destroy(reply_port);
}

// ---- Sets of locks, traps

static void there_are_no_sets_of_locks(void **state) {
    (void)state;
    open_reply_port();
    lock_set_t set = 0x5a5a5a5a;
    const task_t tasks[] = {SELF, MACH_PORT_NULL, MACH_PORT_DEAD};
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        assert_code(lock_set_create(tasks[i], &set, 1, SYNC_POLICY_FIFO), KERN_NOT_SUPPORTED); // Y13
        assert_code(lock_set_destroy(tasks[i], SELF), KERN_NOT_SUPPORTED);
        assert_code(lock_acquire(tasks[i], 0), KERN_NOT_SUPPORTED);
        assert_code(lock_release(tasks[i], 0), KERN_NOT_SUPPORTED);
        assert_code(lock_try(tasks[i], 0), KERN_NOT_SUPPORTED);
        assert_code(lock_make_stable(tasks[i], 0), KERN_NOT_SUPPORTED);
        assert_code(lock_handoff(tasks[i], 0), KERN_NOT_SUPPORTED);
        assert_code(lock_handoff_accept(tasks[i], 0), KERN_NOT_SUPPORTED);
    }
    assert_int_equal(set, 0x5a5a5a5a);
    destroy(reply_port);
}

static void the_traps_are_the_calls(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(0), other = make_semaphore(0);
    assert_success(semaphore_signal_trap(semaphore));
    assert_success(semaphore_signal_all_trap(semaphore));
    assert_code(semaphore_signal_thread_trap(semaphore, MACH_PORT_NULL), KERN_NOT_WAITING);
    assert_success(semaphore_wait_trap(semaphore));
    assert_code(semaphore_timedwait_trap(semaphore, 0, 1000), KERN_OPERATION_TIMED_OUT);
    assert_code(semaphore_timedwait_trap(semaphore, 0, -1), KERN_INVALID_VALUE);
    assert_code(semaphore_timedwait_signal_trap(semaphore, other, 0, 0), KERN_OPERATION_TIMED_OUT);
    assert_success(semaphore_wait_signal_trap(other, semaphore));
    assert_int_equal(take_counts(semaphore), 1);
    end_semaphore(semaphore);
    end_semaphore(other);
}

// ---- Memory

static void without_memory_nothing_is_made(void **state) {
    (void)state;
    need_failing_allocations();
    for (enum failing failing = ONE; failing <= ALL; failing++) {
        task_t task = make_task();
        enter(task);
        unsigned failures = 0;
        for (unsigned n = 1;; n++) {
            semaphore_t semaphore = 0x5a5a5a5a;
            fail_allocation(failing, n);
            kern_return_t code = semaphore_create(SELF, &semaphore, SYNC_POLICY_FIFO, 1);
            bool has_failed = stop_failing();
            if (code == KERN_SUCCESS) {
                assert_int_equal(take_counts(semaphore), 1);
                end_semaphore(semaphore);
                if (!has_failed) break;
            } else {
                assert_code(code, KERN_RESOURCE_SHORTAGE);
                assert_int_equal(semaphore, 0x5a5a5a5a);
                failures++;
            }
            assert_empty(SELF);
        }
        if (library_injects()) assert_true(failures >= 2);
        leave();
        end_task(task);
    }
}

// What may be used needs no memory, once the thread is known.
static void using_one_needs_no_memory(void **state) {
    (void)state;
    need_failing_allocations();
    semaphore_t semaphore = make_semaphore(0), other = make_semaphore(0);
    fail_allocation(ALL, 1);
    kern_return_t codes[] = {
        semaphore_signal(semaphore),
        semaphore_wait_signal(semaphore, other),
        semaphore_signal_all(semaphore),
        semaphore_wait(other),
        semaphore_timedwait(other, MILLISECONDS(1)) == KERN_OPERATION_TIMED_OUT ? KERN_SUCCESS : KERN_FAILURE,
        semaphore_destroy(SELF, semaphore),
        semaphore_destroy(SELF, other),
    };
    assert_false(stop_failing());
    for (size_t i = 0; i < COUNT_OF(codes); i++) assert_success(codes[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(a_semaphore_is_made_with_any_count_and_the_policies_that_there_are),
        TASK_TEST(bad_arguments_make_no_semaphore),
        TASK_TEST(every_call_says_what_is_wrong_with_a_name),
        TASK_TEST(bad_nanoseconds_come_before_bad_names),
        TASK_TEST(a_semaphores_name_is_a_send_right_like_others),
        TASK_TEST(a_signal_is_kept_for_a_later_wait),
        TASK_TEST(the_highest_count_takes_no_more),
        TASK_TEST(signalling_all_wakes_all_and_leaves_no_count),
        TASK_TEST(the_one_that_came_first_goes_first),
        TASK_TEST(or_the_one_that_came_last),
        TASK_TEST(a_waiter_that_gives_up_leaves_the_order_as_it_was),
        TASK_TEST(a_certain_thread_is_woken_and_no_other),
        TASK_TEST(signalling_a_thread_that_does_not_wait_changes_nothing),
        TASK_TEST(a_thread_that_has_ended_is_no_thread),
        TASK_TEST(the_other_is_signalled_whether_the_wait_blocks_or_not),
        TASK_TEST(both_may_be_the_same),
        TASK_TEST(a_destroyed_one_to_be_signalled_ends_the_wait),
        TASK_TEST(a_destroyed_one_to_wait_on_still_lets_the_other_be_signalled),
        TASK_TEST(a_time_out_is_never_early),
        TASK_TEST(destroying_ends_all_waits_and_all_use),
        TASK_TEST(only_the_owner_destroys_and_a_reference_goes_all_the_same),
        TASK_TEST(the_owners_death_ends_waits_everywhere),
        TASK_TEST(a_semaphore_that_no_one_can_name_ends_but_for_those_who_wait),
        TASK_TEST(rights_travel_and_work_where_they_arrive),
        TASK_TEST(a_message_that_is_lost_with_the_last_right_ends_it),
        TASK_TEST(both_routines_work_by_message),
        TASK_TEST(a_request_to_the_semaphore_itself_is_unknown),
        TASK_TEST(there_are_no_sets_of_locks),
        TASK_TEST(the_traps_are_the_calls),
        TASK_TEST(without_memory_nothing_is_made),
        TASK_TEST(using_one_needs_no_memory),
    };
    return TASK_RUN(tests);
}

// Timers that send messages: their ports, arming, what comes when, what ends them, and the one thread behind them. Rows Z12-Z19, T15, Q12.
#include "task_support.h"

#include <dirent.h>
#include <mach/clock.h>
#include <mach/mach_linux.h>
#include <mach/mk_timer.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOUR (3600 * NSEC_PER_SEC)

struct timer_message {
    mk_timer_expire_msg_t message;
    mach_msg_max_trailer_t trailer;
};

static mach_port_t make_timer(void) {
    mach_port_t timer = mk_timer_create();
    assert_int_not_equal(timer, MACH_PORT_NULL);
    return timer;
}

static mach_msg_return_t receive_timer(mach_port_t name, struct timer_message *received, mach_msg_timeout_t timeout) {
    return mach_msg(&received->message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(*received), name, timeout,
                    MACH_PORT_NULL);
}

// Waits for the timer's message on it or a set; when it came.
static uint64_t expect_expiry(mach_port_t name, mach_port_t timer) {
    struct timer_message received;
    assert_code(mach_msg(&received.message.header, MACH_RCV_MSG, 0, sizeof(received), name, 0, MACH_PORT_NULL),
                MACH_MSG_SUCCESS);
    uint64_t now = mach_absolute_time();
    assert_int_equal(received.message.header.msgh_local_port, timer);
    assert_int_equal(received.message.header.msgh_size, 48);
    return now;
}

// The message is there already.
static void expect_expired(mach_port_t timer) {
    struct timer_message received;
    assert_code(receive_timer(timer, &received, 0), MACH_MSG_SUCCESS);
}

// ---- The port

// Z12
static void a_timer_is_a_receive_right(void **state) {
    (void)state;
    mach_port_t timer = make_timer();
    assert_int_equal(type(timer), MACH_PORT_TYPE_RECEIVE);
    mach_port_rights_t sends;
    assert_success(mach_port_get_srights(SELF, timer, &sends));
    assert_int_equal(sends, 1);
    mach_port_status_t now = status(timer);
    assert_int_equal(now.mps_mscount, 0);
    assert_int_equal(now.mps_srights, 1);
    assert_int_equal(now.mps_qlimit, MACH_PORT_QLIMIT_DEFAULT);
    natural_t kind;
    mach_vm_address_t token;
    assert_success(mach_port_kobject(SELF, timer, &kind, &token));
    assert_int_equal(kind, 8);
    assert_true(token != 0);
    expect_no_message(timer);
    assert_success(mk_timer_destroy(timer));
    assert_int_equal(type(timer), MACH_PORT_TYPE_NONE);
}

// T15, Q12
static void a_timer_s_port_refuses_what_others_take(void **state) {
    (void)state;
    mach_port_t timer = make_timer(), notify = make_port(), previous = 0x5a5a;
    assert_code(mach_port_request_notification(SELF, timer, MACH_NOTIFY_PORT_DESTROYED, 0, notify,
                                               MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous),
                KERN_INVALID_RIGHT);
    expect_send_once_notification(notify);
    assert_int_equal(previous, 0x5a5a);
    assert_code(mach_port_set_attributes(SELF, timer, MACH_PORT_TEMPOWNER, NULL, 0), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_set_attributes(SELF, timer, MACH_PORT_IMPORTANCE_RECEIVER, NULL, 0), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_set_attributes(SELF, timer, MACH_PORT_DENAP_RECEIVER, NULL, 0), KERN_INVALID_ARGUMENT);
    set_limit(timer, 7);
    assert_int_equal(status(timer).mps_qlimit, 7);
    assert_success(mk_timer_destroy(timer));
    destroy(notify);
}

// Z13
static void other_names_are_no_timers(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), set = make_set(), dead = make_dead_name(1), carrier;
    mach_port_t only = make_send_only(1, &carrier);
    const struct {
        mach_port_t name;
        kern_return_t code;
    } none[] = {{MACH_PORT_NULL, KERN_INVALID_NAME}, {MACH_PORT_DEAD, KERN_INVALID_NAME},
                {unknown_name(), KERN_INVALID_NAME}, {port, KERN_INVALID_ARGUMENT},
                {set, KERN_INVALID_RIGHT},           {dead, KERN_INVALID_RIGHT},
                {only, KERN_INVALID_RIGHT},          {SELF, KERN_INVALID_RIGHT}};
    struct picture before = take_picture();
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        uint64_t time = 77;
        assert_code(mk_timer_arm(none[i].name, 0), none[i].code);
        assert_code(mk_timer_arm(none[i].name, UINT64_MAX), none[i].code);
        assert_code(mk_timer_arm_leeway(none[i].name, MK_TIMER_CRITICAL, 0, 0), none[i].code);
        assert_code(mk_timer_cancel(none[i].name, &time), none[i].code);
        assert_code(mk_timer_cancel(none[i].name, NULL), none[i].code);
        assert_code(mk_timer_destroy(none[i].name), none[i].code);
        assert_int_equal(time, 77);
    }
    assert_unchanged(before);
    destroy(carrier);
    destroy(only);
    destroy(dead);
    destroy(set);
    destroy(port);
}

// Z14
static void the_message_is_as_documented(void **state) {
    (void)state;
    mach_port_t timer = make_timer();
    struct timer_message received;
    for (unsigned round = 0; round < 3; round++) {
        memset(&received, 0x5a, sizeof(received));
        assert_success(mk_timer_arm(timer, round == 1 ? mach_absolute_time() + 500000 : 0));
        assert_code(mach_msg(&received.message.header, MACH_RCV_MSG | MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT),
                             0, sizeof(received), timer, 0, MACH_PORT_NULL),
                    MACH_MSG_SUCCESS);
        assert_int_equal(received.message.header.msgh_bits, MACH_MSGH_BITS(0, MACH_MSG_TYPE_PORT_SEND));
        assert_int_equal(received.message.header.msgh_size, sizeof(mk_timer_expire_msg_t));
        assert_int_equal(received.message.header.msgh_remote_port, MACH_PORT_NULL);
        assert_int_equal(received.message.header.msgh_local_port, timer);
        assert_int_equal(received.message.header.msgh_voucher_port, MACH_PORT_NULL);
        assert_int_equal(received.message.header.msgh_id, 0);
        for (unsigned i = 0; i < 3; i++) assert_int_equal(received.message.unused[i], 0);
        assert_int_equal(received.trailer.msgh_trailer_size, sizeof(mach_msg_audit_trailer_t));
        assert_int_equal(received.trailer.msgh_seqno, round);
        assert_int_equal(received.trailer.msgh_sender.val[0], 0);
        assert_int_equal(received.trailer.msgh_sender.val[1], 1);
        for (unsigned i = 0; i < 8; i++) assert_int_equal(received.trailer.msgh_audit.val[i], 0);
    }
    // The right that came in the message has ended.
    mach_port_rights_t sends;
    assert_success(mach_port_get_srights(SELF, timer, &sends));
    assert_int_equal(sends, 1);
    assert_success(mk_timer_destroy(timer));
}

// Z12: it is a port as any other besides.
static void a_timer_takes_messages_of_programs(void **state) {
    (void)state;
    mach_port_t timer = make_timer();
    assert_success(send_simple(timer, MACH_MSG_TYPE_MAKE_SEND, 17));
    assert_success(mk_timer_arm(timer, 0));
    assert_success(send_simple(timer, MACH_MSG_TYPE_MAKE_SEND, 18));
    expect_message(timer, 17);
    expect_expired(timer);
    expect_message(timer, 18);
    assert_success(mk_timer_destroy(timer));
}

// Z14
static void a_message_does_not_wait_for_room(void **state) {
    (void)state;
    mach_port_t timer = make_timer();
    set_limit(timer, 1);
    queue_messages(timer, 1);
    assert_success(mk_timer_arm(timer, 0));
    assert_int_equal(status(timer).mps_msgcount, 2);
    expect_message(timer, 0);
    expect_expired(timer);
    queue_messages(timer, 1);
    uint64_t deadline = mach_absolute_time() + 500000;
    assert_success(mk_timer_arm(timer, deadline));
    expect_message(timer, 0);
    assert_true(expect_expiry(timer, timer) >= deadline);
    assert_success(mk_timer_destroy(timer));
}

// ---- When

// Z15
static void a_message_is_never_early(void **state) {
    (void)state;
    mach_port_t timer = make_timer();
    for (unsigned i = 0; i < 300; i++) {
        uint64_t deadline = mach_absolute_time() + i * 5000;
        assert_success(i & 1 ? mk_timer_arm(timer, deadline)
                             : mk_timer_arm_leeway(timer, i & 2 ? MK_TIMER_CRITICAL : MK_TIMER_NORMAL, deadline, 1000));
        assert_true(expect_expiry(timer, timer) >= deadline);
        expect_no_message(timer);
    }
    assert_success(mk_timer_destroy(timer));
}

// Z15
static void a_time_that_has_passed_has_its_message_at_once(void **state) {
    (void)state;
    mach_port_t timer = make_timer();
    const uint64_t past[] = {0, 1, mach_absolute_time() - 1, mach_absolute_time()};
    for (size_t i = 0; i < COUNT_OF(past); i++) {
        assert_success(mk_timer_arm(timer, past[i]));
        expect_expired(timer);
        expect_no_message(timer);
        // Where it was armed for later, that is forgotten.
        assert_success(mk_timer_arm(timer, mach_absolute_time() + HOUR));
        assert_success(mk_timer_arm(timer, past[i]));
        expect_expired(timer);
        uint64_t time = 77;
        assert_success(mk_timer_cancel(timer, &time));
        assert_int_equal(time, 0);
    }
    assert_success(mk_timer_destroy(timer));
}

// Z15
static void the_last_time_given_counts(void **state) {
    (void)state;
    mach_port_t timer = make_timer(), other = make_timer();
    unsigned forgotten = 0;
    for (unsigned i = 0; i < 50; i++) {
        // Later: the first time passes without a message.
        uint64_t first = mach_absolute_time() + 300000, last = first + HOUR, time = 77;
        assert_success(mk_timer_arm(timer, first));
        assert_success(mk_timer_arm(timer, last));
        bool was_before = mach_absolute_time() < first;
        assert_success(mk_timer_arm(other, first + 1));
        (void)expect_expiry(other, other);
        if (was_before) {
            expect_no_message(timer);
            forgotten++;
        }
        assert_success(mk_timer_cancel(timer, &time));
        assert_int_equal(time, last);
        while (receive_simple(timer, NULL) == MACH_MSG_SUCCESS) continue;
        // Sooner.
        assert_success(mk_timer_arm(timer, last));
        uint64_t sooner = mach_absolute_time() + 100000;
        assert_success(mk_timer_arm(timer, sooner));
        assert_true(expect_expiry(timer, timer) >= sooner);
        assert_success(mk_timer_cancel(timer, &time));
        assert_int_equal(time, 0);
    }
    assert_true(forgotten > 0);
    assert_success(mk_timer_destroy(timer));
    assert_success(mk_timer_destroy(other));
}

// Z16
static void one_message_is_under_way_at_most(void **state) {
    (void)state;
    mach_port_t timer = make_timer(), other = make_timer();
    assert_success(mk_timer_arm(timer, 0));
    for (unsigned i = 0; i < 10; i++) assert_success(mk_timer_arm(timer, 0));
    assert_int_equal(status(timer).mps_msgcount, 1);
    // The same when the thread finds it so: the other's message tells that it has, if that was armed before its time.
    uint64_t deadline;
    bool is_early;
    do {
        deadline = mach_absolute_time() + 500000;
        assert_success(mk_timer_arm(timer, deadline));
        assert_success(mk_timer_arm(other, deadline + 1));
        is_early = mach_absolute_time() < deadline;
        (void)expect_expiry(other, other);
    } while (!is_early);
    assert_int_equal(status(timer).mps_msgcount, 1);
    uint64_t time = 77;
    assert_success(mk_timer_cancel(timer, &time));
    assert_int_equal(time, 0);
    expect_expired(timer);
    expect_no_message(timer);
    // It is another's turn now.
    assert_success(mk_timer_arm(timer, 0));
    expect_expired(timer);
    assert_success(mk_timer_destroy(timer));
    assert_success(mk_timer_destroy(other));
}

// Z16: a message that did not fit has ended.
static void a_message_that_did_not_fit_makes_room_for_the_next(void **state) {
    (void)state;
    mach_port_t timer = make_timer();
    struct timer_message received;
    for (unsigned i = 0; i < 3; i++) {
        assert_success(mk_timer_arm(timer, 0));
        assert_code(
            mach_msg(&received.message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, 50, timer, 0, MACH_PORT_NULL),
            MACH_RCV_TOO_LARGE);
        expect_no_message(timer);
    }
    assert_success(mk_timer_arm(timer, 0));
    assert_code(mach_msg(&received.message.header, MACH_RCV_MSG | MACH_RCV_LARGE | MACH_RCV_TIMEOUT, 0, 50, timer, 0,
                         MACH_PORT_NULL),
                MACH_RCV_TOO_LARGE);
    assert_success(mk_timer_arm(timer, 0));
    expect_expired(timer);
    expect_no_message(timer);
    assert_success(mk_timer_destroy(timer));
}

// Z17
static void cancelling_gives_the_time(void **state) {
    (void)state;
    mach_port_t timer = make_timer();
    uint64_t time = 77;
    assert_success(mk_timer_cancel(timer, &time));
    assert_int_equal(time, 0);
    const uint64_t times[] = {mach_absolute_time() + HOUR, UINT64_MAX, UINT64_MAX - 1, 1ull << 63};
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        assert_success(mk_timer_arm(timer, times[i]));
        assert_success(mk_timer_cancel(timer, &time));
        assert_int_equal(time, times[i]);
        assert_success(mk_timer_cancel(timer, &time));
        assert_int_equal(time, 0);
        assert_success(mk_timer_arm(timer, times[i]));
        assert_success(mk_timer_cancel(timer, NULL));
        assert_success(mk_timer_cancel(timer, &time));
        assert_int_equal(time, 0);
    }
    // The message stays.
    assert_success(mk_timer_arm(timer, 0));
    assert_success(mk_timer_cancel(timer, &time));
    assert_int_equal(time, 0);
    expect_expired(timer);
    assert_success(mk_timer_destroy(timer));
}

// Z17: either the time comes back or the message comes, never both and never neither.
static void a_cancelled_time_has_no_message(void **state) {
    (void)state;
    mach_port_t timer = make_timer();
    unsigned cancelled = 0, expired = 0;
    for (unsigned i = 0; i < 3000; i++) {
        uint64_t deadline = mach_absolute_time() + i % 40 * 2500, time = 77;
        assert_success(mk_timer_arm(timer, deadline));
        for (unsigned spin = 0; spin < i % 7; spin++) sched_yield();
        assert_success(mk_timer_cancel(timer, &time));
        struct timer_message received;
        if (time == 0) {
            // It has been sent, or is just being sent.
            assert_success(receive_timer(timer, &received, 60000));
            expired++;
        } else {
            assert_int_equal(time, deadline);
            assert_code(receive_timer(timer, &received, 0), MACH_RCV_TIMED_OUT);
            cancelled++;
        }
    }
    assert_true(cancelled > 0 && expired > 0);
    assert_success(mk_timer_destroy(timer));
}

// ---- Where

// Z12
static void timers_in_a_set_come_in_order(void **state) {
    (void)state;
    enum { TIMERS = 64 };
    mach_port_t set = make_set(), timers[TIMERS];
    uint64_t start = mach_absolute_time() + 5000000;
    for (unsigned i = 0; i < TIMERS; i++) {
        timers[i] = make_timer();
        put_in_set(timers[i], set);
        // 37 is odd: a permutation of 64.
        assert_success(mk_timer_arm(timers[i], start + i * 37 % TIMERS * 50000));
    }
    bool seen[TIMERS] = {false};
    for (unsigned i = 0; i < TIMERS; i++) {
        struct timer_message received;
        assert_success(receive_timer(set, &received, 60000));
        uint64_t now = mach_absolute_time();
        unsigned which = 0;
        while (which < TIMERS && timers[which] != received.message.header.msgh_local_port) which++;
        assert_true(which < TIMERS && !seen[which]);
        seen[which] = true;
        assert_true(now >= start + which * 37 % TIMERS * 50000);
    }
    for (unsigned i = 0; i < TIMERS; i++) assert_success(mk_timer_destroy(timers[i]));
    destroy(set);
}

// Z12
static void a_timer_wakes_poll(void **state) {
    (void)state;
    mach_port_t timer = make_timer();
    int fd;
    assert_success(mach_linux_port_fd(SELF, timer, &fd));
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&polled, 1, 0), 0);
    uint64_t deadline = mach_absolute_time() + 1000000;
    assert_success(mk_timer_arm(timer, deadline));
    assert_int_equal(poll(&polled, 1, 60000), 1);
    assert_true(mach_absolute_time() >= deadline);
    expect_expired(timer);
    assert_int_equal(poll(&polled, 1, 0), 0);
    assert_success(mk_timer_destroy(timer));
    close(fd);
}

// Z18
static void a_timer_moves_with_its_right(void **state) {
    (void)state;
    mach_port_t timer = make_timer(), carrier = make_port();
    uint64_t deadline = mach_absolute_time() + 2000000;
    assert_success(mk_timer_arm(timer, deadline));
    put_in_transit(timer, carrier);
    assert_code(mk_timer_arm(timer, 0), KERN_INVALID_NAME);
    timer = take_from_transit(carrier);
    assert_true(expect_expiry(timer, timer) >= deadline);
    // To another task, while it is armed.
    task_t task = make_task();
    deadline = mach_absolute_time() + 2000000;
    assert_success(mk_timer_arm(timer, deadline));
    mach_port_t there = give(task, timer, MACH_MSG_TYPE_MOVE_RECEIVE);
    enter(task);
    assert_true(expect_expiry(there, there) >= deadline);
    assert_success(mk_timer_arm(there, mach_absolute_time() + 1000000));
    leave();
    end_task(task);
    // In a message that ends.
    timer = make_timer();
    assert_success(mk_timer_arm(timer, mach_absolute_time() + HOUR));
    put_in_transit(timer, carrier);
    destroy(carrier);
}

// ---- The end

static kern_return_t end_by_mod_refs(mach_port_t timer) {
    return mach_port_mod_refs(SELF, timer, MACH_PORT_RIGHT_RECEIVE, -1);
}
static kern_return_t end_by_destroy(mach_port_t timer) { return mach_port_destroy(SELF, timer); }
static kern_return_t end_by_destruct(mach_port_t timer) { return mach_port_destruct(SELF, timer, 0, 0); }

// Z18: nothing is left, whatever state the timer is in; the frame around the test looks.
static void a_timer_ends_with_its_right(void **state) {
    (void)state;
    kern_return_t (*const ends[])(mach_port_t) = {mk_timer_destroy, end_by_mod_refs, end_by_destroy, end_by_destruct};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        mach_port_t idle = make_timer(), armed = make_timer(), expired = make_timer(), both = make_timer();
        assert_success(mk_timer_arm(armed, mach_absolute_time() + HOUR));
        assert_success(mk_timer_arm(expired, 0));
        assert_success(mk_timer_arm(both, 0));
        assert_success(mk_timer_arm(both, mach_absolute_time() + HOUR));
        assert_success(ends[i](armed));
        assert_success(ends[i](idle));
        assert_success(ends[i](both));
        assert_success(ends[i](expired));
    }
    // With a send right, a dead name stays, and who asked hears of it.
    mach_port_t timer = make_timer(), notify = make_port();
    insert_send(timer);
    request(SELF, timer, MACH_NOTIFY_DEAD_NAME, 0, notify);
    assert_success(mk_timer_arm(timer, mach_absolute_time() + HOUR));
    assert_success(end_by_mod_refs(timer));
    assert_int_equal(type(timer), MACH_PORT_TYPE_DEAD_NAME);
    expect_notified(notify, MACH_NOTIFY_DEAD_NAME, timer);
    destroy(timer);
    destroy(notify);
}

// Z18, R10
static void a_guarded_timer_stays(void **state) {
    (void)state;
    mach_port_t timer = make_timer();
    assert_success(mach_port_guard(SELF, timer, 7, FALSE));
    uint64_t deadline = mach_absolute_time() + 500000;
    assert_success(mk_timer_arm(timer, deadline));
    assert_code(mk_timer_destroy(timer), KERN_INVALID_RIGHT);
    assert_true(expect_expiry(timer, timer) >= deadline);
    assert_success(mach_port_unguard(SELF, timer, 7));
    assert_success(mk_timer_destroy(timer));
}

// Z12: the timer's own right keeps no-senders from coming as long as it lives; at its end the request ends (T5).
static void a_timer_has_a_sender_as_long_as_it_lives(void **state) {
    (void)state;
    mach_port_t timer = make_timer(), notify = make_port();
    request(SELF, timer, MACH_NOTIFY_NO_SENDERS, 0, notify);
    insert_send(timer);
    assert_success(mach_port_deallocate(SELF, timer));
    assert_success(mk_timer_arm(timer, 0));
    expect_expired(timer);
    expect_no_message(notify);
    assert_success(mk_timer_destroy(timer));
    expect_send_once_notification(notify);
    destroy(notify);
}

static int64_t receive_blocked(void *argument) {
    struct timer_message received;
    return mach_msg(&received.message.header, MACH_RCV_MSG, 0, sizeof(received), *(mach_port_t *)argument, 0,
                    MACH_PORT_NULL);
}

// Z18
static void a_receiver_hears_of_the_end(void **state) {
    (void)state;
    mach_port_t timer = make_timer();
    assert_success(mk_timer_arm(timer, mach_absolute_time() + HOUR));
    struct test_thread thread;
    start_thread(&thread, receive_blocked, &timer);
    wait_until_blocked(&thread);
    assert_success(mk_timer_destroy(timer));
    assert_code(join_thread(&thread), MACH_RCV_PORT_CHANGED);
}

// ---- The thread

// Threads of this process with the library's name for its own, and the last one's signals.
static unsigned timer_threads(unsigned long long *blocked) {
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
        char path[300], line[256];
        bool is_ours = false;
        (void)snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
        FILE *file = fopen(path, "r");
        if (file == NULL) continue;
        while (fgets(line, sizeof(line), file) != NULL) {
            if (strcmp(line, "Name:\tlibmach timers\n") == 0) is_ours = true;
            unsigned long long mask;
            if (is_ours && blocked != NULL && sscanf(line, "SigBlk: %llx", &mask) == 1) *blocked = mask;
        }
        fclose(file);
        if (is_ours) count++;
    }
    closedir(tasks);
    return count;
}

static unsigned threads_at_start;

// Z19: in a program that has made no timer there is none; this is the first test, before any is made.
static void no_thread_runs_before_the_first_timer(void **state) {
    (void)state;
    assert_int_equal(threads_at_start, 0);
    mach_port_t host = mach_host_self(), clock, port = make_port();
    mach_timespec_t time;
    assert_success(host_get_clock_service(host, SYSTEM_CLOCK, &clock));
    assert_success(clock_get_time(clock, &time));
    assert_success(clock_sleep(clock, TIME_RELATIVE, (mach_timespec_t){0, 1000}, &time));
    assert_success(mach_wait_until(mach_absolute_time() + 1000));
    // An alarm that need not wait.
    assert_success(clock_alarm(clock, TIME_ABSOLUTE, (mach_timespec_t){0, 0}, port));
    expect_message(port, 3125107);
    assert_int_equal(timer_threads(NULL), 0);
    assert_success(mach_port_deallocate(SELF, clock));
    assert_success(mach_port_deallocate(SELF, host));
    destroy(port);
}

// Z19
static void one_thread_serves_all_timers_and_blocks_all_signals(void **state) {
    (void)state;
    mach_port_t timers[20];
    sigset_t before, after;
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
    for (unsigned i = 0; i < COUNT_OF(timers); i++) timers[i] = make_timer();
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
    for (int signal = 1; signal <= 64; signal++) {
        assert_int_equal(sigismember(&before, signal), sigismember(&after, signal));
    }
    for (unsigned i = 0; i < COUNT_OF(timers); i++) {
        assert_success(mk_timer_arm(timers[i], mach_absolute_time() + 100000));
        (void)expect_expiry(timers[i], timers[i]);
    }
    unsigned long long blocked = 0;
    assert_int_equal(timer_threads(&blocked), 1);
    for (int signal = 1; signal <= 64; signal++) {
        // Two are the C library's own, and two can be blocked by no one.
        if (signal == SIGKILL || signal == SIGSTOP || signal == 32 || signal == 33) continue;
        assert_true(blocked >> (signal - 1) & 1);
    }
    for (unsigned i = 0; i < COUNT_OF(timers); i++) assert_success(mk_timer_destroy(timers[i]));
}

static int in_child(void *argument) {
    mach_port_t parents = *(mach_port_t *)argument;
    STEP(1, timer_threads(NULL) == 0);
    STEP(2, mk_timer_arm(parents, 0) == KERN_INVALID_NAME);
    mach_port_t timer = mk_timer_create();
    STEP(3, timer != MACH_PORT_NULL);
    for (unsigned i = 0; i < 20; i++) {
        struct timer_message received;
        uint64_t deadline = mach_absolute_time() + i * 10000;
        STEP(5, mk_timer_arm(timer, deadline) == KERN_SUCCESS);
        STEP(6, receive_timer(timer, &received, 60000) == MACH_MSG_SUCCESS);
        STEP(7, mach_absolute_time() >= deadline);
    }
    STEP(4, timer_threads(NULL) == 1);
    // A grandchild, while there is a timer in the queue.
    STEP(8, mk_timer_arm(timer, mach_absolute_time() + 1000000) == KERN_SUCCESS);
    pid_t grandchild = fork();
    STEP(9, grandchild >= 0);
    if (grandchild == 0) {
        mach_port_t mine = mk_timer_create();
        struct timer_message received;
        if (mine == MACH_PORT_NULL || mk_timer_arm(mine, mach_absolute_time() + 10000) != KERN_SUCCESS) _exit(1);
        _exit(receive_timer(mine, &received, 60000) == MACH_MSG_SUCCESS ? 0 : 2);
    }
    int status;
    STEP(10, waitpid(grandchild, &status, 0) == grandchild && status == 0);
    struct timer_message received;
    STEP(11, receive_timer(timer, &received, 60000) == MACH_MSG_SUCCESS);
    STEP(12, mk_timer_destroy(timer) == KERN_SUCCESS);
    return 0;
}

// Z19
static void a_child_has_timers_of_its_own(void **state) {
    (void)state;
    mach_port_t timer = make_timer();
    for (unsigned i = 0; i < 10; i++) {
        uint64_t deadline = mach_absolute_time() + i * 300000;
        assert_success(mk_timer_arm(timer, deadline));
        assert_int_equal(in_forked_child(in_child, &timer), 0);
        assert_true(expect_expiry(timer, timer) >= deadline);
        expect_no_message(timer);
    }
    assert_success(mk_timer_destroy(timer));
}

// ---- Load

enum { WORKERS = 6, LOAD_TIMERS = 32, EXPIRIES = 150 };

struct worker {
    struct test_thread thread;
    unsigned seed;
};

// Each of many timers is armed again as soon as its message has come: none comes early, and none is lost, for then no
// message would come at all.
static int64_t keep_timers_going(void *argument) {
    struct worker *worker = argument;
    mach_port_t set, timers[LOAD_TIMERS];
    uint64_t deadlines[LOAD_TIMERS];
    unsigned left[LOAD_TIMERS], random = worker->seed, alive = LOAD_TIMERS;
    if (mach_port_allocate(SELF, MACH_PORT_RIGHT_PORT_SET, &set) != KERN_SUCCESS) return 1;
    for (unsigned i = 0; i < LOAD_TIMERS; i++) {
        timers[i] = mk_timer_create();
        if (mach_port_move_member(SELF, timers[i], set) != KERN_SUCCESS) return 2;
        left[i] = EXPIRIES;
        deadlines[i] = mach_absolute_time() + i * 1000;
        if (mk_timer_arm(timers[i], deadlines[i]) != KERN_SUCCESS) return 3;
    }
    while (alive > 0) {
        struct timer_message received;
        if (receive_timer(set, &received, 120000) != MACH_MSG_SUCCESS) return 4; // lost
        uint64_t now = mach_absolute_time();
        unsigned i = 0;
        while (i < LOAD_TIMERS && timers[i] != received.message.header.msgh_local_port) i++;
        if (i == LOAD_TIMERS) return 5;
        if (now < deadlines[i]) return 6; // early
        if (--left[i] == 0) {
            alive--;
            continue;
        }
        random = random * 1103515245 + 12345;
        // Some are armed for later first.
        if (random >> 16 & 1 && mk_timer_arm(timers[i], now + HOUR) != KERN_SUCCESS) return 7;
        deadlines[i] = mach_absolute_time() + (random >> 17) % 300000;
        if (mk_timer_arm(timers[i], deadlines[i]) != KERN_SUCCESS) return 8;
    }
    for (unsigned i = 0; i < LOAD_TIMERS; i++) {
        struct timer_message received;
        if (receive_timer(timers[i], &received, 0) != MACH_RCV_TIMED_OUT) return 9; // twice
        if (mk_timer_destroy(timers[i]) != KERN_SUCCESS) return 10;
    }
    return mach_port_destroy(SELF, set);
}

// Z15
static void timers_under_load_are_never_early_and_never_lost(void **state) {
    (void)state;
    struct worker workers[WORKERS];
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i].seed = i + 1;
        start_thread(&workers[i].thread, keep_timers_going, &workers[i]);
    }
    for (unsigned i = 0; i < WORKERS; i++) assert_code(join_thread(&workers[i].thread), 0);
}

static mach_port_t shared[8];
static _Atomic bool is_over;

// Everything that can be done to timers that others work on as well.
static int64_t disturb(void *argument) {
    struct worker *worker = argument;
    unsigned random = worker->seed;
    for (unsigned i = 0; i < 4000; i++) {
        random = random * 1103515245 + 12345;
        mach_port_t timer = shared[(random >> 16) % COUNT_OF(shared)];
        uint64_t time;
        struct timer_message received;
        switch ((random >> 20) % 8) {
        case 0:
            (void)mk_timer_arm(timer, 0);
            break;
        case 1:
        case 2:
        case 3:
            (void)mk_timer_arm(timer, mach_absolute_time() + (random >> 18) % 50000);
            break;
        case 4:
            (void)mk_timer_cancel(timer, &time);
            break;
        case 5:
        case 6:
            (void)receive_timer(timer, &received, 0);
            break;
        default: {
            mach_port_t own = mk_timer_create();
            if (own == MACH_PORT_NULL) return 1;
            if (mk_timer_arm(own, mach_absolute_time() + (random >> 18) % 30000) != KERN_SUCCESS) return 2;
            if (random & 0x100 && receive_timer(own, &received, 60000) != MACH_MSG_SUCCESS) return 3;
            if (mk_timer_destroy(own) != KERN_SUCCESS) return 4;
        }
        }
    }
    return 0;
}

// Ends timers that others work on, and makes new ones, whose names are often the same.
static int64_t replace(void *argument) {
    (void)argument;
    unsigned i = 0;
    while (!atomic_load(&is_over)) {
        mach_port_t *place = &shared[i++ % 3];
        if (mk_timer_destroy(*place) != KERN_SUCCESS) return 1;
        if (mk_timer_create() == MACH_PORT_NULL) return 2;
        sched_yield();
    }
    return 0;
}

// Z15-Z18: a storm, after which everything is as it should be; the frame around the test looks.
static void timers_stand_a_storm(void **state) {
    (void)state;
    struct worker workers[WORKERS];
    struct test_thread replacer;
    for (unsigned i = 0; i < COUNT_OF(shared); i++) shared[i] = make_timer();
    atomic_store(&is_over, false);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i].seed = i + 100;
        start_thread(&workers[i].thread, disturb, &workers[i]);
    }
    // Where a name has just been given up, the next timer takes it: last in, first out. Others may come in between, so
    // the replaced ones are worked with as long as that goes well, and counted in the end.
    start_thread(&replacer, replace, NULL);
    for (unsigned i = 0; i < WORKERS; i++) assert_code(join_thread(&workers[i].thread), 0);
    atomic_store(&is_over, true);
    (void)join_thread(&replacer);
    mach_port_name_array_t names;
    mach_port_type_array_t types;
    mach_msg_type_number_t count, type_count;
    assert_success(mach_port_names(SELF, &names, &count, &types, &type_count));
    for (unsigned i = 0; i < count; i++) {
        natural_t kind;
        mach_vm_address_t token;
        if (types[i] != MACH_PORT_TYPE_RECEIVE) continue;
        assert_success(mach_port_kobject(SELF, names[i], &kind, &token));
        if (kind == 8) assert_success(mk_timer_destroy(names[i]));
    }
    assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)));
    assert_success(vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)));
}

// Z18: timers of a task that ends, while they fire.
static void a_task_s_timers_end_with_it(void **state) {
    (void)state;
    for (unsigned round = 0; round < 50; round++) {
        task_t task = make_task();
        enter(task);
        for (unsigned i = 0; i < 20; i++) {
            assert_success(mk_timer_arm(make_timer(), mach_absolute_time() + (i + round) % 20 * 10000));
        }
        leave();
        end_task(task);
    }
}

int main(void) {
    threads_at_start = timer_threads(NULL);
    const struct CMUnitTest tests[] = {
        TASK_TEST(no_thread_runs_before_the_first_timer),
        TASK_TEST(a_timer_is_a_receive_right),
        TASK_TEST(a_timer_s_port_refuses_what_others_take),
        TASK_TEST(other_names_are_no_timers),
        TASK_TEST(the_message_is_as_documented),
        TASK_TEST(a_timer_takes_messages_of_programs),
        TASK_TEST(a_message_does_not_wait_for_room),
        TASK_TEST(a_message_is_never_early),
        TASK_TEST(a_time_that_has_passed_has_its_message_at_once),
        TASK_TEST(the_last_time_given_counts),
        TASK_TEST(one_message_is_under_way_at_most),
        TASK_TEST(a_message_that_did_not_fit_makes_room_for_the_next),
        TASK_TEST(cancelling_gives_the_time),
        TASK_TEST(a_cancelled_time_has_no_message),
        TASK_TEST(timers_in_a_set_come_in_order),
        TASK_TEST(a_timer_wakes_poll),
        TASK_TEST(a_timer_moves_with_its_right),
        TASK_TEST(a_timer_ends_with_its_right),
        TASK_TEST(a_guarded_timer_stays),
        TASK_TEST(a_timer_has_a_sender_as_long_as_it_lives),
        TASK_TEST(a_receiver_hears_of_the_end),
        TASK_TEST(one_thread_serves_all_timers_and_blocks_all_signals),
        TASK_TEST(a_child_has_timers_of_its_own),
        TASK_TEST(timers_under_load_are_never_early_and_never_lost),
        TASK_TEST(timers_stand_a_storm),
        TASK_TEST(a_task_s_timers_end_with_it),
    };
    return TASK_RUN(tests);
}

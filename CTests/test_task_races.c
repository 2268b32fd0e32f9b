// Requests, tasks and receive rights under threads that do conflicting things: every code is one that some order explains, every right given for a
// notification comes back exactly once, and nothing leaks.
#include "stress.h"
#include "task_support.h"

#include <mach/pthread_np.h>
#include <mach/task.h>

#include <sched.h>
#include <stdatomic.h>

enum { ROUNDS = ROUNDS_OF(1500, 200), TASK_ROUNDS = ROUNDS_OF(300, 40) };

// Two threads that do something to the same thing, once in each round, as close together as threads get.
struct meeting {
    atomic_uint arrived;
};

static void meet(struct meeting *meeting, unsigned round) {
    atomic_fetch_add(&meeting->arrived, 1);
    while (atomic_load(&meeting->arrived) < 2 * (round + 1)) sched_yield();
}

// ---- Registration against death

struct death {
    struct test_thread thread;
    struct meeting start, end;
    mach_port_t target; // set by the main thread before each round
    kern_return_t (*kill)(mach_port_t target);
};

static kern_return_t kill_receive_right(mach_port_t port) {
    return mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1);
}

static kern_return_t destroy_name(mach_port_t port) { return mach_port_destroy(SELF, port); }

static kern_return_t terminate_task(mach_port_t task) { return task_terminate(task); }

static int64_t kill_targets(void *argument) {
    struct death *death = argument;
    kern_return_t first = KERN_SUCCESS; // failure; the meetings go on, for the other thread waits there
    for (unsigned round = 0; round < ROUNDS; round++) {
        meet(&death->start, round);
        kern_return_t code = death->kill(death->target);
        if (first == KERN_SUCCESS) first = code;
        meet(&death->end, round);
    }
    return first;
}

static void start_death(struct death *death, kern_return_t (*kill)(mach_port_t)) {
    memset(death, 0, sizeof(*death));
    death->kill = kill;
    start_thread(&death->thread, kill_targets, death);
}

static kern_return_t ask(mach_port_t name, mach_msg_id_t id, mach_port_mscount_t sync, mach_port_t notify) {
    mach_port_t previous = MACH_PORT_NULL;
    return mach_port_request_notification(SELF, name, id, sync, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous);
}

// The one message on the port; 0 when there is none.
static mach_msg_id_t next_id(mach_port_t port) {
    mach_msg_id_t id = 0;
    return receive_simple(port, &id) == MACH_MSG_SUCCESS ? id : 0;
}

static void dead_name_requests_against_the_death_of_the_port(void **state) {
    (void)state;
    struct death death;
    mach_port_t notify = make_port();
    start_death(&death, kill_receive_right);
    for (unsigned round = 0; round < ROUNDS; round++) {
        death.target = port_with_send();
        meet(&death.start, round);
        kern_return_t code = ask(death.target, MACH_NOTIFY_DEAD_NAME, 0, notify);
        meet(&death.end, round);
        assert_true(code == KERN_SUCCESS || code == KERN_INVALID_ARGUMENT);                                      // T7
        assert_int_equal(next_id(notify), code == KERN_SUCCESS ? MACH_NOTIFY_DEAD_NAME : MACH_NOTIFY_SEND_ONCE); // T20
        expect_no_message(notify);
        assert_int_equal(refs(death.target, MACH_PORT_RIGHT_DEAD_NAME), code == KERN_SUCCESS ? 2 : 1); // T13
        destroy(death.target);
    }
    assert_code(join_thread(&death.thread), 0);
    destroy(notify);
}

static void immediate_requests_always_tell_of_the_death(void **state) {
    (void)state;
    struct death death;
    mach_port_t notify = make_port();
    start_death(&death, kill_receive_right);
    for (unsigned round = 0; round < ROUNDS; round++) {
        death.target = port_with_send();
        meet(&death.start, round);
        kern_return_t code = ask(death.target, MACH_NOTIFY_DEAD_NAME, 1, notify);
        meet(&death.end, round);
        assert_success(code); // T7: dead or alive
        assert_int_equal(next_id(notify), MACH_NOTIFY_DEAD_NAME);
        expect_no_message(notify);
        assert_int_equal(refs(death.target, MACH_PORT_RIGHT_DEAD_NAME), 2);
        destroy(death.target);
    }
    assert_code(join_thread(&death.thread), 0);
    destroy(notify);
}

static void port_destroyed_requests_against_destruction(void **state) {
    (void)state;
    struct death death;
    mach_port_t notify = make_port();
    start_death(&death, destroy_name);
    for (unsigned round = 0; round < ROUNDS; round++) {
        death.target = make_port();
        meet(&death.start, round);
        kern_return_t code = ask(death.target, MACH_NOTIFY_PORT_DESTROYED, 0, notify);
        meet(&death.end, round);
        if (code == KERN_SUCCESS) {
            struct notification it = expect_notification(notify, MACH_NOTIFY_PORT_DESTROYED); // T14
            assert_int_equal(type(it.right.name), MACH_PORT_TYPE_RECEIVE);
            destroy(it.right.name);
        } else {
            assert_code(code, KERN_INVALID_NAME);
            assert_int_equal(next_id(notify), MACH_NOTIFY_SEND_ONCE); // T20
        }
        expect_no_message(notify);
    }
    assert_code(join_thread(&death.thread), 0);
    destroy(notify);
}

static void requests_on_a_name_that_is_destroyed_meanwhile(void **state) {
    (void)state;
    struct death death;
    mach_port_t notify = make_port(), port = make_port();
    start_death(&death, destroy_name);
    for (unsigned round = 0; round < ROUNDS; round++) {
        mach_port_t once = make_send_once(port);
        death.target = once;
        meet(&death.start, round);
        kern_return_t code = ask(once, MACH_NOTIFY_DEAD_NAME, 0, notify);
        meet(&death.end, round);
        assert_true(code == KERN_SUCCESS || code == KERN_INVALID_NAME);
        assert_int_equal(next_id(notify),
                         code == KERN_SUCCESS ? MACH_NOTIFY_PORT_DELETED : MACH_NOTIFY_SEND_ONCE); // T12
        expect_no_message(notify);
        expect_send_once_notification(port);
    }
    assert_code(join_thread(&death.thread), 0);
    destroy(port);
    destroy(notify);
}

static void dead_name_requests_against_the_end_of_the_task(void **state) {
    (void)state;
    struct death death;
    mach_port_t notify = make_port();
    start_death(&death, terminate_task);
    for (unsigned round = 0; round < ROUNDS; round++) {
        task_t task = make_task();
        mach_port_t right = take(task, make_port_in(task), MACH_MSG_TYPE_MAKE_SEND);
        death.target = task;
        meet(&death.start, round);
        kern_return_t port_code = ask(right, MACH_NOTIFY_DEAD_NAME, 0, notify);
        kern_return_t task_code = ask(task, MACH_NOTIFY_DEAD_NAME, 0, notify);
        meet(&death.end, round);
        unsigned dead_names = 0, send_onces = 0;
        for (int i = 0; i < 2; i++) {
            mach_msg_id_t id = next_id(notify);
            dead_names += id == MACH_NOTIFY_DEAD_NAME;
            send_onces += id == MACH_NOTIFY_SEND_ONCE;
        }
        expect_no_message(notify);
        assert_true(port_code == KERN_SUCCESS || port_code == KERN_INVALID_ARGUMENT);
        assert_true(task_code == KERN_SUCCESS || task_code == KERN_INVALID_ARGUMENT);
        assert_int_equal(dead_names, (port_code == KERN_SUCCESS) + (task_code == KERN_SUCCESS));
        assert_int_equal(send_onces, 2 - dead_names);
        destroy(task);
        destroy(right);
    }
    assert_code(join_thread(&death.thread), 0);
    destroy(notify);
}

struct requester {
    struct test_thread thread;
    mach_port_t name, notify;
    mach_msg_id_t id;
    mach_port_mscount_t sync;
    unsigned given, back; // rights given for a notification; rights that came back as the previous one
};

// Registers again and again, and gives up what it replaced.
static int64_t register_often(void *argument) {
    struct requester *requester = argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        mach_port_t previous = MACH_PORT_NULL;
        kern_return_t code = mach_port_request_notification(SELF, requester->name, requester->id, requester->sync,
                                                            requester->notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous);
        if (code != KERN_SUCCESS) return code;
        requester->given += 1;
        if (previous == MACH_PORT_NULL) continue;
        requester->back += 1;
        code = mach_port_deallocate(SELF, previous);
        if (code != KERN_SUCCESS) return code;
    }
    return 0;
}

struct notification_counts {
    unsigned send_once, no_senders, dead_name, send_possible, other;
};

static struct notification_counts count_notifications(mach_port_t port) {
    struct notification_counts counts = {0};
    for (mach_msg_id_t id; (id = next_id(port)) != 0;) {
        switch (id) {
        case MACH_NOTIFY_SEND_ONCE:
            counts.send_once++;
            break;
        case MACH_NOTIFY_NO_SENDERS:
            counts.no_senders++;
            break;
        case MACH_NOTIFY_DEAD_NAME:
            counts.dead_name++;
            break;
        case MACH_NOTIFY_SEND_POSSIBLE:
            counts.send_possible++;
            break;
        default:
            counts.other++;
            break;
        }
    }
    return counts;
}

// Whichever of the two spaces is found to have ended, the task that is asked or the caller's, which is the same: one code.
static void a_thread_of_a_task_that_ends_asks_for_notifications(void **state) {
    (void)state;
    struct death death;
    start_death(&death, terminate_task);
    for (unsigned round = 0; round < ROUNDS; round++) {
        task_t task = make_task();
        death.target = task;
        enter(task);
        mach_port_t port = make_port();
        meet(&death.start, round);
        kern_return_t code = KERN_SUCCESS;
        while (code == KERN_SUCCESS) code = ask(port, MACH_NOTIFY_NO_SENDERS, 1, port);
        leave();
        meet(&death.end, round);
        assert_code(code, KERN_INVALID_TASK);
        destroy(task);
    }
    assert_code(join_thread(&death.thread), 0);
}

static void two_that_register_on_one_name_replace_each_other(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), notify = make_port();
    struct requester requesters[2];
    for (unsigned i = 0; i < 2; i++) {
        requesters[i] = (struct requester){.name = port, .notify = notify, .id = MACH_NOTIFY_DEAD_NAME};
        start_thread(&requesters[i].thread, register_often, &requesters[i]);
    }
    for (unsigned i = 0; i < 2; i++) assert_code(join_thread(&requesters[i].thread), 0);
    unsigned given = requesters[0].given + requesters[1].given, back = requesters[0].back + requesters[1].back;
    assert_int_equal(back, given - 1); // T8
    kill_port(port);
    struct notification_counts counts = count_notifications(notify);
    assert_int_equal(counts.send_once, back);
    assert_int_equal(counts.dead_name, 1);
    assert_int_equal(counts.other + counts.no_senders + counts.send_possible, 0);
    destroy(port);
    destroy(notify);
}

// ---- No-senders against make-send

static int64_t make_and_drop(void *argument) {
    mach_port_t port = *(mach_port_t *)argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        mach_port_t right = MACH_PORT_NULL;
        mach_msg_type_name_t disposition = 0;
        kern_return_t code = mach_port_extract_right(SELF, port, MACH_MSG_TYPE_MAKE_SEND, &right, &disposition);
        if (code != KERN_SUCCESS) return code;
        if (right != port) return 100; // I9
        code = mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, -1);
        if (code != KERN_SUCCESS) return code;
    }
    return 0;
}

static void no_senders_requests_against_make_send(void **state) {
    (void)state;
    mach_port_t port = make_port(), notify = make_port();
    struct requester requester = {.name = port, .notify = notify, .id = MACH_NOTIFY_NO_SENDERS, .sync = 0};
    struct test_thread makers[2];
    start_thread(&requester.thread, register_often, &requester);
    for (unsigned i = 0; i < 2; i++) start_thread(&makers[i], make_and_drop, &port);
    assert_code(join_thread(&requester.thread), 0);
    for (unsigned i = 0; i < 2; i++) assert_code(join_thread(&makers[i]), 0);
    mach_port_status_t it = status(port);
    assert_int_equal(it.mps_mscount, 2 * ROUNDS); // T2
    assert_int_equal(it.mps_srights, 0);
    assert_int_equal(it.mps_nsrequest, 0); // nobody has a right: the last request is answered
    struct notification_counts counts = count_notifications(notify);
    assert_int_equal(counts.send_once, requester.back); // T3
    assert_int_equal(counts.no_senders, requester.given - requester.back);
    assert_int_equal(counts.dead_name + counts.send_possible + counts.other, 0);
    destroy(port);
    destroy(notify);
}

// A right that is made in one task, given to another and dropped there.
static int64_t make_and_drop_in_another_task(void *argument) {
    struct {
        task_t task;
        mach_port_t port;
    } *it = argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        kern_return_t code = mach_port_insert_right(it->task, NAME_AT(9), it->port, MACH_MSG_TYPE_MAKE_SEND);
        if (code != KERN_SUCCESS) return code;
        code = mach_port_destroy(it->task, NAME_AT(9));
        if (code != KERN_SUCCESS) return code;
    }
    return 0;
}

static void each_no_senders_request_is_answered_once(void **state) {
    (void)state;
    struct {
        task_t task;
        mach_port_t port;
    } shared = {make_task(), make_port()};
    mach_port_t notify = make_port();
    struct test_thread maker;
    start_thread(&maker, make_and_drop_in_another_task, &shared);
    unsigned given = 0, answered = 0;
    uint32_t last = 0;
    mach_port_mscount_t made = 0;
    while (made < ROUNDS) {
        made = status(shared.port).mps_mscount;
        if (given == answered) {
            assert_success(ask(shared.port, MACH_NOTIFY_NO_SENDERS, made + 1, notify)); // T1: not before the next right
            given++;
        }
        struct notification it;
        if (mach_msg(&it.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(it), notify, 0, MACH_PORT_NULL) != 0)
            continue;
        assert_int_equal(it.header.msgh_id, MACH_NOTIFY_NO_SENDERS);
        assert_true(it.value > last && it.value <= ROUNDS); // rights were made in between
        last = it.value;
        answered++;
    }
    assert_code(join_thread(&maker), 0);
    destroy(shared.port);
    struct notification_counts counts = count_notifications(notify);
    assert_int_equal(counts.no_senders + counts.send_once, given - answered); // T5
    destroy(notify);
    end_task(shared.task);
}

// ---- Send-possible against receiving and death

static void send_possible_requests_against_receivers_and_death(void **state) {
    (void)state;
    struct death death;
    mach_port_t notify = make_port();
    start_death(&death, kill_receive_right);
    for (unsigned round = 0; round < ROUNDS; round++) {
        death.target = port_with_send();
        set_limit(death.target, 1);
        assert_code(send_simple(death.target, MACH_MSG_TYPE_COPY_SEND, 0), MACH_MSG_SUCCESS);
        meet(&death.start, round);
        kern_return_t code = ask(death.target, MACH_NOTIFY_SEND_POSSIBLE, 1, notify); // T9: it is full, or dead
        mach_msg_return_t received = receive_simple(death.target, NULL);
        meet(&death.end, round);
        assert_success(code); // T7
        assert_true(received == MACH_MSG_SUCCESS || received == MACH_RCV_INVALID_NAME ||
                    received == MACH_RCV_PORT_CHANGED);
        mach_msg_id_t id = next_id(notify);
        assert_true(id == MACH_NOTIFY_DEAD_NAME ||
                    (id == MACH_NOTIFY_SEND_POSSIBLE && received == MACH_MSG_SUCCESS)); // T11
        expect_no_message(notify);
        destroy(death.target);
    }
    assert_code(join_thread(&death.thread), 0);
    destroy(notify);
}

// ---- Task end against everything

enum { OWN_FAILURE = 99 };

struct chaos {
    task_t task;
    mach_port_t outside;            // a port of the process's task, with a send right
    mach_port_name_t inside;        // a port of the task
    mach_port_name_t outside_there; // the task's send right to the former
    atomic_uint active;             // threads that are at work
};

static bool has_ended(task_t task) {
    mach_port_type_t type = 0;
    return mach_port_type(task, OWN_TASK, &type) == KERN_INVALID_TASK;
}

// What a receive in a task may give that ends meanwhile.
static bool is_end_of_receive(mach_msg_return_t code) {
    mach_msg_return_t bare =
        code & ~(MACH_MSG_IPC_SPACE | MACH_MSG_VM_SPACE | MACH_MSG_IPC_KERNEL | MACH_MSG_VM_KERNEL);
    return code == MACH_RCV_PORT_CHANGED || code == MACH_RCV_INVALID_NAME || bare == MACH_RCV_HEADER_ERROR ||
           bare == MACH_RCV_BODY_ERROR;
}

// One round of a thread of the task; 0, or the step that did not succeed.
static int live_one_round(struct chaos *chaos, mach_msg_id_t round) {
    mach_port_t port = MACH_PORT_NULL, previous = MACH_PORT_NULL;
    STEP(2, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
    STEP(3, mach_port_insert_right(SELF, port, port, MACH_MSG_TYPE_MAKE_SEND) == KERN_SUCCESS);
    STEP(4, mach_port_request_notification(SELF, port, MACH_NOTIFY_NO_SENDERS, 100, port, MACH_MSG_TYPE_MAKE_SEND_ONCE,
                                           &previous) == KERN_SUCCESS);
    // To itself or to the outside, with a right to answer.
    mach_port_t destinations[] = {port, chaos->outside_there};
    struct test_message message = message_to(destinations[round % 2], MACH_MSG_TYPE_COPY_SEND, round);
    set_reply(&message, port, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    mach_msg_return_t code = send_now(&message);
    STEP(5, code == MACH_MSG_SUCCESS || code == MACH_SEND_TIMED_OUT);
    code = receive_simple(chaos->inside, NULL);
    STEP(6, code == MACH_MSG_SUCCESS || code == MACH_RCV_TIMED_OUT);
    STEP(7, mach_port_destroy(SELF, port) == KERN_SUCCESS);
    return 0;
}

// Works in the task as one of its threads until it has ended: nothing fails before.
static int64_t live_in_task(void *argument) {
    struct chaos *chaos = argument;
    if (mach_linux_task_adopt(chaos->task) != KERN_SUCCESS) return 1;
    atomic_fetch_add(&chaos->active, 1);
    int step = 0;
    for (mach_msg_id_t round = 0; step == 0; round++) step = live_one_round(chaos, round);
    bool ended = has_ended(SELF);
    if (mach_linux_task_adopt(MACH_PORT_NULL) != KERN_SUCCESS) return 100;
    return ended ? 0 : step;
}

static int64_t wait_in_task(void *argument) {
    struct chaos *chaos = argument;
    if (mach_linux_task_adopt(chaos->task) != KERN_SUCCESS) return 1;
    atomic_fetch_add(&chaos->active, 1);
    for (;;) {
        struct simple_message message;
        mach_msg_return_t code =
            mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), chaos->inside, 0, MACH_PORT_NULL);
        if (is_end_of_receive(code)) break;
        if (code != MACH_MSG_SUCCESS) return code;
    }
    return mach_linux_task_adopt(MACH_PORT_NULL);
}

// One round of a thread that does things to the task from outside; 0, or the step that did not succeed.
static int meddle_one_round(struct chaos *chaos) {
    mach_port_t right = MACH_PORT_NULL, port = MACH_PORT_NULL, mine = MACH_PORT_NULL;
    mach_msg_type_name_t disposition = 0;
    STEP(2, mach_port_extract_right(chaos->task, chaos->inside, MACH_MSG_TYPE_MAKE_SEND, &right, &disposition) ==
                KERN_SUCCESS);
    mach_msg_return_t sent = MACH_PORT_VALID(right) ? send_simple(right, MACH_MSG_TYPE_COPY_SEND, 1) : MACH_MSG_SUCCESS;
    // What is the process's own works to the end and beyond. All references go: what was copied for a message that was
    // not sent has come back as one more (S9), unless the port has died.
    if (mach_port_destroy(SELF, right) != KERN_SUCCESS) return OWN_FAILURE;
    STEP(3, sent == MACH_MSG_SUCCESS || sent == MACH_SEND_TIMED_OUT);
    STEP(4, mach_port_allocate(chaos->task, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
    STEP(5, mach_port_destroy(chaos->task, port) == KERN_SUCCESS);
    if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &mine) != KERN_SUCCESS) return OWN_FAILURE;
    kern_return_t code = mach_port_insert_right(chaos->task, port, mine, MACH_MSG_TYPE_MOVE_RECEIVE);
    if (code != KERN_SUCCESS && mach_port_destroy(SELF, mine) != KERN_SUCCESS) return OWN_FAILURE; // I6
    // The name may have been taken by a thread of the task meanwhile.
    STEP(6, code == KERN_SUCCESS || code == KERN_NAME_EXISTS || code == KERN_FAILURE);
    STEP(7, code != KERN_SUCCESS || mach_port_destroy(chaos->task, port) == KERN_SUCCESS);
    STEP(8, mach_ports_register(chaos->task, &chaos->outside, 1) == KERN_SUCCESS);
    STEP(9, task_set_special_port(chaos->task, TASK_BOOTSTRAP_PORT, chaos->outside) == KERN_SUCCESS);
    return 0;
}

static int64_t meddle_with_task(void *argument) {
    struct chaos *chaos = argument;
    atomic_fetch_add(&chaos->active, 1);
    int step = 0;
    while (step == 0) step = meddle_one_round(chaos);
    return step != OWN_FAILURE && has_ended(chaos->task) ? 0 : step;
}

static int64_t make_children(void *argument) {
    struct chaos *chaos = argument;
    atomic_fetch_add(&chaos->active, 1);
    for (;;) {
        task_t child = MACH_PORT_NULL;
        kern_return_t code = task_create(chaos->task, NULL, 0, FALSE, &child);
        if (code == KERN_INVALID_ARGUMENT || code == KERN_FAILURE) return 0;
        if (code != KERN_SUCCESS) return 1;
        if (task_terminate(child) != KERN_SUCCESS) return 2;
        if (mach_port_destroy(SELF, child) != KERN_SUCCESS) return 3;
    }
}

// Takes what comes out of the task, so that its senders find room now and then.
static int64_t take_outside(void *argument) {
    struct chaos *chaos = argument;
    atomic_fetch_add(&chaos->active, 1);
    while (!has_ended(chaos->task)) {
        struct simple_message message;
        mach_msg_return_t code = receive_message(chaos->outside, &message);
        if (code == MACH_RCV_TIMED_OUT) continue;
        if (code != MACH_MSG_SUCCESS) return code;
        mach_msg_destroy(&message.header); // its reply right
    }
    return 0;
}

static void a_task_ends_while_threads_do_everything_to_it(void **state) {
    (void)state;
    int64_t (*roles[])(void *) = {live_in_task,     live_in_task,  wait_in_task,
                                  meddle_with_task, make_children, take_outside};
    uint64_t stop = milliseconds() + 3000;
    for (unsigned round = 0; round < TASK_ROUNDS && milliseconds() < stop; round++) {
        struct chaos chaos = {.task = make_task(), .outside = port_with_send()};
        chaos.inside = make_port_in(chaos.task);
        chaos.outside_there = give(chaos.task, chaos.outside, MACH_MSG_TYPE_COPY_SEND);
        struct test_thread threads[COUNT_OF(roles)];
        for (unsigned i = 0; i < COUNT_OF(roles); i++) start_thread(&threads[i], roles[i], &chaos);
        while (atomic_load(&chaos.active) < COUNT_OF(roles)) sched_yield();
        for (unsigned i = 0; i < round % 50; i++) sched_yield();
        assert_success(task_terminate(chaos.task));
        for (unsigned i = 0; i < COUNT_OF(roles); i++) assert_code(join_thread(&threads[i]), 0);
        assert_int_equal(type(chaos.task), MACH_PORT_TYPE_DEAD_NAME);
        destroy(chaos.task);
        destroy(chaos.outside);
    }
}

struct ender {
    struct test_thread thread;
    struct meeting *meeting;
    task_t task;
};

static int64_t end_it(void *argument) {
    struct ender *ender = argument;
    meet(ender->meeting, 0);
    return task_terminate(ender->task);
}

static void a_task_is_ended_once(void **state) {
    (void)state;
    for (unsigned round = 0; round < TASK_ROUNDS; round++) {
        struct meeting meeting = {0};
        struct ender enders[2];
        task_t task = make_task();
        for (unsigned i = 0; i < 8; i++) (void)make_port_in(task);
        for (unsigned i = 0; i < 2; i++) {
            enders[i].meeting = &meeting;
            enders[i].task = task;
            start_thread(&enders[i].thread, end_it, &enders[i]);
        }
        unsigned successes = 0;
        for (unsigned i = 0; i < 2; i++) {
            int64_t code = join_thread(&enders[i].thread);
            assert_true(code == KERN_SUCCESS || code == KERN_INVALID_ARGUMENT || code == KERN_FAILURE);
            successes += code == KERN_SUCCESS;
        }
        assert_int_equal(successes, 1);
        destroy(task);
    }
}

static void two_tasks_that_hold_each_others_rights_end_together(void **state) {
    (void)state;
    for (unsigned round = 0; round < TASK_ROUNDS; round++) {
        struct meeting meeting = {0};
        struct ender enders[2];
        task_t tasks[2] = {make_task(), make_task()};
        for (unsigned i = 0; i < 2; i++) {
            // Each has rights to ports of the other, requests on them, and the other's receive right in a queue.
            mach_port_name_t theirs = make_port_in(tasks[1 - i]), inbox = make_port_in(tasks[i]);
            mach_port_name_t there =
                give(tasks[i], take(tasks[1 - i], theirs, MACH_MSG_TYPE_MAKE_SEND), MACH_MSG_TYPE_MOVE_SEND);
            mach_port_name_t traveller = make_port_in(tasks[1 - i]);
            mach_port_t right = take(tasks[i], inbox, MACH_MSG_TYPE_MAKE_SEND);
            mach_port_name_t inbox_there = give(tasks[1 - i], right, MACH_MSG_TYPE_MOVE_SEND);
            enter(tasks[i]);
            request(SELF, there, MACH_NOTIFY_DEAD_NAME, 0, inbox);
            leave();
            enter(tasks[1 - i]);
            request(SELF, theirs, MACH_NOTIFY_NO_SENDERS, 5, theirs);
            struct test_message message = message_to(inbox_there, MACH_MSG_TYPE_COPY_SEND, 0);
            set_reply(&message, theirs, MACH_MSG_TYPE_MAKE_SEND_ONCE);
            add_port(&message, traveller, MACH_MSG_TYPE_MOVE_RECEIVE);
            assert_code(send_now(&message), MACH_MSG_SUCCESS);
            leave();
        }
        for (unsigned i = 0; i < 2; i++) {
            enders[i].meeting = &meeting;
            enders[i].task = tasks[i];
            start_thread(&enders[i].thread, end_it, &enders[i]);
        }
        for (unsigned i = 0; i < 2; i++) assert_code(join_thread(&enders[i].thread), KERN_SUCCESS);
        destroy(tasks[0]);
        destroy(tasks[1]);
    }
    assert_int_equal(live_messages(), 0);
}

static int64_t adopt_it(void *argument) {
    struct ender *ender = argument;
    meet(ender->meeting, 0);
    kern_return_t code = mach_linux_task_adopt(ender->task);
    if (code == KERN_INVALID_ARGUMENT) return 0;
    if (code != KERN_SUCCESS) return 1;
    mach_port_t reply = mach_reply_port(), thread = mach_thread_self(), host = mach_host_self();
    (void)reply, (void)thread, (void)host; // there, or MACH_PORT_NULL; they go with the task
    return mach_linux_task_adopt(MACH_PORT_NULL) == KERN_SUCCESS ? 0 : 2;
}

static void a_task_ends_while_a_thread_adopts_it(void **state) {
    (void)state;
    for (unsigned round = 0; round < TASK_ROUNDS; round++) {
        struct meeting meeting = {0};
        struct ender enders[2];
        task_t task = make_task();
        for (unsigned i = 0; i < 2; i++) {
            enders[i].meeting = &meeting;
            enders[i].task = task;
            start_thread(&enders[i].thread, i == 0 ? end_it : adopt_it, &enders[i]);
        }
        for (unsigned i = 0; i < 2; i++) assert_code(join_thread(&enders[i].thread), 0);
        destroy(task);
    }
}

// ---- Registered ports

struct registrar {
    struct test_thread thread;
    task_t task;
    mach_port_t ports[2];
    atomic_bool stop;
};

// Registers one port in all slots, then another.
static int64_t register_in_turn(void *argument) {
    struct registrar *it = argument;
    for (unsigned round = 0; !atomic_load(&it->stop); round++) {
        mach_port_t port = it->ports[round % 2], all[3] = {port, port, port};
        kern_return_t code = mach_ports_register(it->task, all, 3);
        if (code != KERN_SUCCESS) return code;
    }
    return 0;
}

static void registered_ports_change_all_together(void **state) {
    (void)state;
    struct registrar it = {.task = make_task(), .ports = {port_with_send(), port_with_send()}};
    mach_port_t all[3] = {it.ports[0], it.ports[0], it.ports[0]};
    assert_success(mach_ports_register(it.task, all, 3));
    start_thread(&it.thread, register_in_turn, &it);
    for (unsigned round = 0; round < ROUNDS; round++) {
        mach_port_array_t ports = NULL;
        mach_msg_type_number_t count = 0;
        task_t child = round % 8 == 0 ? make_task_of(it.task) : MACH_PORT_NULL; // what it inherits is whole, too
        assert_success(mach_ports_lookup(child == MACH_PORT_NULL ? it.task : child, &ports, &count));
        assert_int_equal(count, 3);
        assert_true(ports[0] == it.ports[0] || ports[0] == it.ports[1]);
        assert_int_equal(ports[0], ports[1]);
        assert_int_equal(ports[0], ports[2]);
        assert_success(mach_port_mod_refs(SELF, ports[0], MACH_PORT_RIGHT_SEND, -3));
        assert_success(vm_deallocate(SELF, (vm_address_t)ports, count * sizeof(*ports)));
        if (child != MACH_PORT_NULL) end_task(child);
    }
    atomic_store(&it.stop, true);
    assert_code(join_thread(&it.thread), 0);
    end_task(it.task);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(refs(it.ports[i], MACH_PORT_RIGHT_SEND), 1);
        destroy(it.ports[i]);
    }
}

// ---- A receive right that moves between tasks under its senders

struct numbered_sender {
    struct test_thread thread;
    mach_port_t port;
};

static int64_t send_numbers(void *argument) {
    struct numbered_sender *sender = argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct test_message message = message_to(sender->port, MACH_MSG_TYPE_COPY_SEND, (mach_msg_id_t)i);
        mach_msg_return_t code =
            mach_msg(&message.header, MACH_SEND_MSG, message.header.msgh_size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
        if (code != MACH_MSG_SUCCESS) return code;
    }
    return 0;
}

static void a_receive_right_that_moves_between_tasks_loses_no_message(void **state) {
    (void)state;
    task_t tasks[2] = {make_task(), make_task()};
    mach_port_t port = port_with_send();
    struct numbered_sender sender = {.port = port};
    start_thread(&sender.thread, send_numbers, &sender);
    mach_msg_id_t next = 0;
    for (unsigned round = 0; next < ROUNDS; round++) {
        // Through a task, where some messages are received, and back under our send right's name.
        task_t task = tasks[round % 2];
        mach_port_name_t there = NAME_AT(7 + round % 3);
        assert_success(mach_port_insert_right(task, there, port, MACH_MSG_TYPE_MOVE_RECEIVE));
        enter(task);
        for (mach_msg_id_t id; receive_simple(there, &id) == MACH_MSG_SUCCESS; next++) assert_int_equal(id, next);
        leave();
        assert_int_equal(take(task, there, MACH_MSG_TYPE_MOVE_RECEIVE), port);
        for (mach_msg_id_t id; receive_simple(port, &id) == MACH_MSG_SUCCESS; next++) assert_int_equal(id, next);
    }
    assert_code(join_thread(&sender.thread), 0);
    destroy(port);
    end_task(tasks[0]);
    end_task(tasks[1]);
}

// ---- Threads that end

static int64_t be_named(void *argument) {
    atomic_uint *name = argument;
    atomic_store(name, mach_thread_self());
    return 0;
}

static void a_threads_port_is_used_while_the_thread_ends(void **state) {
    (void)state;
    mach_port_t notify = make_port();
    for (unsigned round = 0; round < TASK_ROUNDS; round++) {
        struct test_thread thread;
        atomic_uint name = MACH_PORT_NULL;
        start_thread(&thread, be_named, &name);
        mach_port_t port;
        while ((port = atomic_load(&name)) == MACH_PORT_NULL) sched_yield();
        kern_return_t code = ask(port, MACH_NOTIFY_DEAD_NAME, 0, notify);
        pthread_t found = pthread_from_mach_thread_np(port);
        assert_true(found == 0 || pthread_equal(found, thread.thread));
        assert_code(join_thread(&thread), 0);
        assert_true(code == KERN_SUCCESS || code == KERN_INVALID_ARGUMENT);
        assert_int_equal(next_id(notify), code == KERN_SUCCESS ? MACH_NOTIFY_DEAD_NAME : MACH_NOTIFY_SEND_ONCE);
        expect_no_message(notify);
        destroy(port);
    }
    destroy(notify);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(dead_name_requests_against_the_death_of_the_port),
        TASK_TEST(immediate_requests_always_tell_of_the_death),
        TASK_TEST(port_destroyed_requests_against_destruction),
        TASK_TEST(requests_on_a_name_that_is_destroyed_meanwhile),
        TASK_TEST(dead_name_requests_against_the_end_of_the_task),
        TASK_TEST(a_thread_of_a_task_that_ends_asks_for_notifications),
        TASK_TEST(two_that_register_on_one_name_replace_each_other),
        TASK_TEST(no_senders_requests_against_make_send),
        TASK_TEST(each_no_senders_request_is_answered_once),
        TASK_TEST(send_possible_requests_against_receivers_and_death),
        TASK_TEST(a_task_ends_while_threads_do_everything_to_it),
        TASK_TEST(a_task_is_ended_once),
        TASK_TEST(two_tasks_that_hold_each_others_rights_end_together),
        TASK_TEST(a_task_ends_while_a_thread_adopts_it),
        TASK_TEST(registered_ports_change_all_together),
        TASK_TEST(a_receive_right_that_moves_between_tasks_loses_no_message),
        TASK_TEST(a_threads_port_is_used_while_the_thread_ends),
    };
    return TASK_RUN(tests);
}

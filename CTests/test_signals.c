// Signals while a call is blocked: handlers that return, and threads that never come back from one. A blocked call goes on
// as if nothing had happened, or reports the interruption when asked; a thread that leaves by siglongjmp, cancellation or
// exit takes no message and no room in a queue with it.
#include "message_support.h"
#include "stress.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>

static const int restart_flags[] = {0, SA_RESTART};

// ---- Handlers that return

static atomic_uint ticks;

static void count_tick(int signal) {
    (void)signal;
    atomic_fetch_add(&ticks, 1);
}

static void set_handler(int signal, void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(signal, &action, NULL), 0);
}

// A signal to this thread every millisecond.
static timer_t start_ticking(const struct test_thread *thread, int flags) {
    set_handler(SIGUSR1, count_tick, flags);
    struct sigevent event;
    memset(&event, 0, sizeof(event));
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGUSR1;
    event._sigev_un._tid = thread->id;
    timer_t timer;
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    const struct itimerspec every_millisecond = {{0, 1000000}, {0, 1000000}};
    assert_int_equal(timer_settime(timer, 0, &every_millisecond, NULL), 0);
    return timer;
}

static void stop_ticking(timer_t timer) { assert_int_equal(timer_delete(timer), 0); }

// The same for the process: whichever thread takes it.
static void tick_process(int flags, long microseconds) {
    set_handler(SIGALRM, count_tick, flags);
    const struct itimerval interval = {{0, microseconds}, {0, microseconds}};
    assert_int_equal(setitimer(ITIMER_REAL, &interval, NULL), 0);
}

// Returns after so many more signals. ThreadSanitizer delivers them late, so not longer than half a second.
static void wait_for_ticks(unsigned count) {
    unsigned start = atomic_load(&ticks);
    uint64_t end = milliseconds() + 500;
    while (atomic_load(&ticks) - start < count && milliseconds() < end) sched_yield();
    if (!UNDER_TSAN) assert_true(atomic_load(&ticks) - start >= count);
}

static void a_blocked_receive_outlasts_signals(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), set = make_set();
    put_in_set(port, set);
    const mach_port_t names[] = {port, set};
    for (size_t i = 0; i < 2 * COUNT_OF(restart_flags); i++) {
        struct caller receiver;
        block_receiver(&receiver, names[i / 2]);
        timer_t timer = start_ticking(&receiver.thread, restart_flags[i % 2]);
        wait_for_ticks(50);
        assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, 5), MACH_MSG_SUCCESS);
        assert_code(finish(&receiver), MACH_MSG_SUCCESS); // Q5
        stop_ticking(timer);
        assert_int_equal(receiver.message.header.msgh_id, 5);
        expect_no_message(port);
    }
    destroy(port);
    destroy(set);
}

static void blocked_senders_outlast_signals_and_keep_their_order(void **state) {
    (void)state;
    enum { COUNT = 3 };
    mach_port_t port = port_with_send();
    for (size_t i = 0; i < COUNT_OF(restart_flags); i++) {
        set_limit(port, 2);
        queue_messages(port, 2);
        struct caller senders[COUNT];
        timer_t timers[COUNT];
        for (unsigned j = 0; j < COUNT; j++) block_sender(&senders[j], port, (mach_msg_id_t)(2 + j));
        for (unsigned j = 0; j < COUNT; j++) timers[j] = start_ticking(&senders[j].thread, restart_flags[i]);
        wait_for_ticks(50 * COUNT);
        assert_int_equal(status(port).mps_msgcount, 2);
        for (mach_msg_id_t id = 0; id < 2 + COUNT; id++) {
            struct test_message message;
            // Woken senders may still be on their way.
            mach_msg_return_t code = mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), port,
                                              MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
            assert_code(code, MACH_MSG_SUCCESS);
            assert_int_equal(message.header.msgh_id, id); // Q3
        }
        for (unsigned j = 0; j < COUNT; j++) assert_code(finish(&senders[j]), MACH_MSG_SUCCESS); // Q5
        for (unsigned j = 0; j < COUNT; j++) stop_ticking(timers[j]);
        expect_no_message(port);
    }
    destroy(port);
}

static void an_interruptible_receive_reports_any_handled_signal(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    for (size_t i = 0; i < COUNT_OF(restart_flags); i++) {
        set_handler(SIGUSR1, count_tick, restart_flags[i]);
        struct caller receiver;
        prepare_receiver(&receiver, port);
        receiver.option |= MACH_RCV_INTERRUPT;
        begin_blocked(&receiver);
        assert_int_equal(pthread_kill(receiver.thread.thread, SIGUSR1), 0);
        assert_code(finish(&receiver), MACH_RCV_INTERRUPTED); // Choices: with SA_RESTART too
        assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, 6), MACH_MSG_SUCCESS);
        expect_message(port, 6);
    }
    destroy(port);
}

static void an_interruptible_send_reports_any_handled_signal_and_gives_the_message_back(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), replies = make_port();
    set_limit(port, 1);
    for (size_t i = 0; i < COUNT_OF(restart_flags); i++) {
        set_handler(SIGUSR1, count_tick, restart_flags[i]);
        queue_messages(port, 1);
        struct test_message message = message_to(port, MACH_MSG_TYPE_COPY_SEND, 9);
        set_reply(&message, replies, MACH_MSG_TYPE_MAKE_SEND_ONCE);
        struct caller sender;
        prepare_sender(&sender, &message);
        sender.option |= MACH_SEND_INTERRUPT;
        begin_blocked(&sender);
        assert_int_equal(pthread_kill(sender.thread.thread, SIGUSR1), 0);
        assert_code(finish(&sender), MACH_SEND_INTERRUPTED); // Choices: with SA_RESTART too
        const mach_msg_header_t *back = &sender.message.header;
        assert_int_equal(back->msgh_bits, MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE)); // S9
        assert_int_equal(back->msgh_remote_port, port);
        assert_int_equal(type(back->msgh_local_port), MACH_PORT_TYPE_SEND_ONCE);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2); // S9: the copy has become a reference more
        expect_message(port, 0);
        // Sent again as it is, it arrives.
        assert_code(send_now(&sender.message), MACH_MSG_SUCCESS);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
        struct test_message received;
        assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
        assert_int_equal(received.header.msgh_id, 9);
        destroy(received.header.msgh_remote_port);
        expect_send_once_notification(replies);
    }
    destroy(port);
    destroy(replies);
}

// The time-out that a stream of signals must neither shorten nor stretch for ever.
enum { TIME_OUT = 150, PATIENCE = 10000 };

static void expect_deadline_kept(struct caller *caller, mach_msg_return_t code, int flags) {
    begin_blocked(caller);
    timer_t timer = start_ticking(&caller->thread, flags);
    assert_code(finish(caller), code);
    stop_ticking(timer);
    assert_in_range(caller->ended - caller->started, TIME_OUT - 1, PATIENCE); // Choices: one deadline
}

static void signals_do_not_move_the_deadline_of_a_receive(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (size_t i = 0; i < COUNT_OF(restart_flags); i++) {
        struct caller receiver;
        prepare_receiver(&receiver, port);
        receiver.option |= MACH_RCV_TIMEOUT;
        receiver.timeout = TIME_OUT;
        expect_deadline_kept(&receiver, MACH_RCV_TIMED_OUT, restart_flags[i]);
    }
    destroy(port);
}

static void signals_do_not_move_the_deadline_of_a_send(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    set_limit(port, 1);
    queue_messages(port, 1);
    for (size_t i = 0; i < COUNT_OF(restart_flags); i++) {
        struct test_message message = message_to(port, MACH_MSG_TYPE_COPY_SEND, 1);
        struct caller sender;
        prepare_sender(&sender, &message);
        sender.option |= MACH_SEND_TIMEOUT;
        sender.timeout = TIME_OUT;
        expect_deadline_kept(&sender, MACH_SEND_TIMED_OUT, restart_flags[i]);
        mach_msg_destroy(&sender.message.header);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    }
    destroy(port);
}

// ---- Traffic under a hail of signals

enum { MESSAGES = ROUNDS_OF(20000, 2000) };

struct stream {
    struct test_thread thread;
    mach_port_t port;
};

static int64_t send_stream(void *argument) {
    struct stream *stream = argument;
    for (mach_msg_id_t id = 0; id < MESSAGES; id++) {
        struct test_message message = message_to(stream->port, MACH_MSG_TYPE_COPY_SEND, id);
        mach_msg_return_t code =
            mach_msg(&message.header, MACH_SEND_MSG, 24, 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
        if (code != MACH_MSG_SUCCESS) return code;
    }
    return 0;
}

static int64_t receive_stream(void *argument) {
    struct stream *stream = argument;
    for (mach_msg_id_t id = 0; id < MESSAGES; id++) {
        struct test_message message;
        mach_msg_return_t code = mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), stream->port,
                                          MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
        if (code != MACH_MSG_SUCCESS) return code;
        if (message.header.msgh_id != id) return 1;
    }
    return 0;
}

// Every message is a call with an answer.
static int64_t call_in_stream(void *argument) {
    struct stream *stream = argument;
    mach_port_t reply_port = mach_reply_port();
    for (mach_msg_id_t id = 0; id < MESSAGES / 4; id++) {
        struct test_message message = message_to(stream->port, MACH_MSG_TYPE_COPY_SEND, id);
        set_reply(&message, reply_port, MACH_MSG_TYPE_MAKE_SEND_ONCE);
        mach_msg_return_t code = mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, 24, sizeof(message),
                                          reply_port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
        if (code != MACH_MSG_SUCCESS) return code;
        if (message.header.msgh_id != id + 100) return 1;
    }
    return mach_port_destroy(SELF, reply_port);
}

static int64_t answer_in_stream(void *argument) {
    struct stream *stream = argument;
    struct test_message message;
    mach_msg_return_t code = mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), stream->port,
                                      MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
    for (unsigned i = 0; i < MESSAGES / 4 && code == MACH_MSG_SUCCESS; i++) {
        bool last = i == MESSAGES / 4 - 1;
        message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
        message.header.msgh_local_port = MACH_PORT_NULL;
        message.header.msgh_id += 100;
        code = mach_msg(&message.header, MACH_SEND_MSG | (last ? 0 : MACH_RCV_MSG), 24, sizeof(message), stream->port,
                        MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
    }
    return code;
}

// Two threads at work on a port, both hit every millisecond and the process every third of one.
static void run_under_signals(int64_t (*one)(void *), int64_t (*other)(void *)) {
    for (size_t i = 0; i < COUNT_OF(restart_flags); i++) {
        struct stream streams[2];
        timer_t timers[2];
        mach_port_t port = port_with_send();
        set_limit(port, 0); // nothing is sent before all is set up
        tick_process(restart_flags[i], 333);
        unsigned start = atomic_load(&ticks);
        for (unsigned j = 0; j < 2; j++) {
            streams[j].port = port;
            start_thread(&streams[j].thread, j == 0 ? one : other, &streams[j]);
            while (streams[j].thread.id == 0) sched_yield();
            timers[j] = start_ticking(&streams[j].thread, restart_flags[i]);
        }
        set_limit(port, MACH_PORT_QLIMIT_DEFAULT);
        for (unsigned j = 0; j < 2; j++) assert_code(join_thread(&streams[j].thread), 0);
        tick_process(restart_flags[i], 0);
        for (unsigned j = 0; j < 2; j++) stop_ticking(timers[j]);
        assert_true(UNDER_TSAN || atomic_load(&ticks) != start);
        expect_no_message(port);
        destroy(port);
    }
}

static void a_stream_of_messages_survives_a_hail_of_signals(void **state) {
    (void)state;
    run_under_signals(receive_stream, send_stream);
}

static void calls_survive_a_hail_of_signals(void **state) {
    (void)state;
    run_under_signals(answer_in_stream, call_in_stream);
}

// ---- Threads that leave

// How a thread leaves its blocked call for good.
enum way { JUMP, EXIT, CANCEL, WAYS };
// What a thread that jumped does next; the others are gone.
enum next { CALL_AGAIN, END, NEXTS };

struct leaver {
    struct test_thread thread;
    enum way way;
    mach_msg_option_t option;
    mach_port_t name;      // to receive from
    mach_port_t elsewhere; // an empty port, for its next call
    struct test_message message,
        answer; // not on the stack: AddressSanitizer would not see a cancelled thread's frames go
    sigjmp_buf out;
    atomic_bool in_handler, go, left, call_again, called_again, end;
};

enum { LEFT = 77 };

static _Thread_local struct leaver *leaver_here;

static void wait_until(atomic_bool *it) {
    while (!atomic_load(it)) sched_yield();
}

// Stays in the handler, above the blocked call, until told to leave; cancellation comes by itself.
static void leave_from_handler(int signal) {
    (void)signal;
    struct leaver *leaver = leaver_here;
    atomic_store(&leaver->in_handler, true);
    wait_until(&leaver->go);
    if (leaver->way == JUMP) siglongjmp(leaver->out, 1);
    pthread_exit(NULL);
}

static int64_t block_until_made_to_leave(void *argument) {
    struct leaver *leaver = argument;
    leaver_here = leaver;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    if (sigsetjmp(leaver->out, 1) == 0) {
        mach_msg(&leaver->message.header, leaver->option, leaver->message.header.msgh_size, sizeof(leaver->message),
                 leaver->name, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
        return 1; // the call came back
    }
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL);
    atomic_store(&leaver->left, true);
    while (!atomic_load(&leaver->end)) {
        if (atomic_exchange(&leaver->call_again, false)) {
            mach_msg(&leaver->answer.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(leaver->answer),
                     leaver->elsewhere, 0, MACH_PORT_NULL);
            atomic_store(&leaver->called_again, true);
        }
        sched_yield();
    }
    return LEFT;
}

static void begin_leaver(struct leaver *leaver, enum way way) {
    set_handler(SIGUSR2, leave_from_handler, SA_RESTART);
    leaver->way = way;
    atomic_init(&leaver->in_handler, false);
    atomic_init(&leaver->go, false);
    atomic_init(&leaver->left, false);
    atomic_init(&leaver->call_again, false);
    atomic_init(&leaver->called_again, false);
    atomic_init(&leaver->end, false);
    leaver->elsewhere = make_port();
    start_thread(&leaver->thread, block_until_made_to_leave, leaver);
    wait_until_blocked(&leaver->thread);
}

// A thread blocked in a receive from this port or set.
static void begin_leaving_receiver(struct leaver *leaver, enum way way, mach_port_t name) {
    fill_untouched(&leaver->message, sizeof(leaver->message));
    leaver->option = MACH_RCV_MSG;
    leaver->name = name;
    begin_leaver(leaver, way);
}

// A thread blocked in a send of this message.
static void begin_leaving_sender(struct leaver *leaver, enum way way, const struct test_message *message) {
    leaver->message = *message;
    leaver->option = MACH_SEND_MSG;
    leaver->name = MACH_PORT_NULL;
    begin_leaver(leaver, way);
}

// Its call is interrupted and the handler runs, and stays.
static void enter_handler(struct leaver *leaver) {
    assert_int_equal(pthread_kill(leaver->thread.thread, SIGUSR2), 0);
    wait_until(&leaver->in_handler);
}

// It leaves. One that jumped is alive afterwards and has not called again.
static void make_leave(struct leaver *leaver) {
    if (leaver->way == CANCEL) {
        assert_int_equal(pthread_cancel(leaver->thread.thread), 0);
    } else {
        atomic_store(&leaver->go, true);
    }
    if (leaver->way == JUMP) {
        wait_until(&leaver->left);
    } else {
        assert_code(join_thread(&leaver->thread), -1); // its body never returned
    }
}

// What it took with it has come back when this returns: it has called again, or it is gone.
static void settle(struct leaver *leaver, enum next next) {
    if (leaver->way != JUMP) return;
    if (next == CALL_AGAIN) {
        atomic_store(&leaver->call_again, true);
        wait_until(&leaver->called_again);
    } else {
        atomic_store(&leaver->end, true);
        assert_code(join_thread(&leaver->thread), LEFT);
    }
}

static void end_leaver(struct leaver *leaver, enum next next) {
    if (leaver->way == JUMP && next == CALL_AGAIN) {
        atomic_store(&leaver->end, true);
        assert_code(join_thread(&leaver->thread), LEFT);
    }
    destroy(leaver->elsewhere);
}

// ThreadSanitizer holds signals back until the thread is in a place that it knows: no thread can be made to leave a call there.
#define SKIP_UNDER_TSAN()                                                                                              \
    do {                                                                                                               \
        (void)state;                                                                                                   \
        if (UNDER_TSAN) skip();                                                                                        \
    } while (0)

// Runs the body for each way to leave, and for each next step of a thread that jumped.
#define FOR_EACH_WAY(way, next)                                                                                        \
    for (enum way way = JUMP; way < WAYS; way++)                                                                       \
        for (enum next next = CALL_AGAIN; next < (way == JUMP ? NEXTS : 1); next++)

// A message that carries rights: a send-once right to `notified` for the reply, and a send right to it.
static struct test_message message_with_rights(mach_port_t port, mach_port_t notified, mach_msg_id_t id) {
    struct test_message message = message_to(port, MACH_MSG_TYPE_COPY_SEND, id);
    set_reply(&message, notified, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    add_port(&message, notified, MACH_MSG_TYPE_MAKE_SEND);
    return message;
}

// The next message on the name is that one, whole; gives its rights up.
static void expect_message_with_rights(mach_port_t name, mach_port_t notified, mach_msg_id_t id) {
    struct test_message message;
    assert_code(receive_now(name, &message, 0), MACH_MSG_SUCCESS);
    assert_int_equal(message.header.msgh_id, id);
    assert_int_equal(type(message.header.msgh_remote_port), MACH_PORT_TYPE_SEND_ONCE);
    assert_int_equal(message.body.msgh_descriptor_count, 1);
    assert_int_equal(message.ports[0].name, notified);
    assert_success(mach_port_deallocate(SELF, notified));
    assert_success(mach_port_deallocate(SELF, message.header.msgh_remote_port));
    expect_send_once_notification(notified);
}

static void a_receiver_that_leaves_before_a_message_comes_takes_none(void **state) {
    SKIP_UNDER_TSAN();
    mach_port_t port = port_with_send(), set = make_set(), notified = make_port();
    put_in_set(port, set);
    FOR_EACH_WAY(way, next) {
        for (unsigned through_set = 0; through_set < 2; through_set++) {
            struct leaver leaver;
            begin_leaving_receiver(&leaver, way, through_set ? set : port);
            enter_handler(&leaver);
            make_leave(&leaver);
            // One that jumped has not called again: to the library it may look as if it still waited.
            for (mach_msg_id_t id = 1; id <= 2; id++) {
                struct test_message message = message_with_rights(port, notified, id);
                assert_code(send_now(&message), MACH_MSG_SUCCESS);
            }
            settle(&leaver, next);
            expect_message_with_rights(port, notified, 1);
            expect_message_with_rights(port, notified, 2);
            expect_no_message(set);
            end_leaver(&leaver, next);
            assert_untouched(&leaver.message, 0, sizeof(leaver.message));
        }
    }
    destroy(port);
    destroy(set);
    destroy(notified);
}

static void a_message_handed_to_a_receiver_that_leaves_comes_back(void **state) {
    SKIP_UNDER_TSAN();
    mach_port_t port = port_with_send(), set = make_set(), notified = make_port();
    put_in_set(port, set);
    FOR_EACH_WAY(way, next) {
        for (unsigned through_set = 0; through_set < 2; through_set++) {
            struct leaver leaver;
            begin_leaving_receiver(&leaver, way, through_set ? set : port);
            enter_handler(&leaver);
            for (mach_msg_id_t id = 1; id <= 3; id++) {
                struct test_message message = message_with_rights(port, notified, id);
                assert_code(send_now(&message), MACH_MSG_SUCCESS);
            }
            make_leave(&leaver);
            settle(&leaver, next);
            assert_int_equal(status(port).mps_msgcount, 3);
            for (mach_msg_id_t id = 1; id <= 3; id++)
                expect_message_with_rights(through_set ? set : port, notified, id);
            expect_no_message(port);
            end_leaver(&leaver, next);
            assert_untouched(&leaver.message, 0, sizeof(leaver.message));
        }
    }
    destroy(port);
    destroy(set);
    destroy(notified);
}

static void a_handed_message_goes_to_another_receiver_that_waits(void **state) {
    SKIP_UNDER_TSAN();
    mach_port_t port = port_with_send();
    FOR_EACH_WAY(way, next) {
        struct leaver leaver;
        struct caller second;
        begin_leaving_receiver(&leaver, way, port);
        block_receiver(&second, port);
        enter_handler(&leaver);
        assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, 4), MACH_MSG_SUCCESS);
        make_leave(&leaver);
        settle(&leaver, next);
        assert_code(finish(&second), MACH_MSG_SUCCESS);
        assert_int_equal(second.message.header.msgh_id, 4);
        expect_no_message(port);
        end_leaver(&leaver, next);
    }
    destroy(port);
}

static void a_handed_message_dies_with_its_port(void **state) {
    SKIP_UNDER_TSAN();
    mach_port_t notified = make_port();
    FOR_EACH_WAY(way, next) {
        for (unsigned through_set = 0; through_set < 2; through_set++) {
            mach_port_t port = port_with_send(), set = make_set();
            put_in_set(port, set);
            struct leaver leaver;
            begin_leaving_receiver(&leaver, way, through_set ? set : port);
            enter_handler(&leaver);
            struct test_message message = message_with_rights(port, notified, 1);
            assert_code(send_now(&message), MACH_MSG_SUCCESS);
            destroy(port);
            make_leave(&leaver);
            destroy(set);
            settle(&leaver, next);
            expect_send_once_notification(notified); // T18
            expect_no_message(notified);
            assert_int_equal(status(notified).mps_srights, 0);
            end_leaver(&leaver, next);
        }
    }
    destroy(notified);
}

static void a_port_and_set_may_die_while_a_thread_has_left_them(void **state) {
    SKIP_UNDER_TSAN();
    FOR_EACH_WAY(way, next) {
        for (unsigned through_set = 0; through_set < 2; through_set++) {
            mach_port_t port = port_with_send(), set = make_set();
            put_in_set(port, set);
            struct leaver leaver;
            begin_leaving_receiver(&leaver, way, through_set ? set : port);
            enter_handler(&leaver);
            if (through_set) destroy(set);
            make_leave(&leaver);
            destroy(port);
            if (!through_set) destroy(set);
            settle(&leaver, next);
            end_leaver(&leaver, next);
        }
    }
}

// Fills the queue of the port, so that one more sender must wait.
static void fill(mach_port_t port, unsigned limit) {
    set_limit(port, limit);
    queue_messages(port, limit);
}

static void a_sender_that_leaves_takes_its_message_with_it(void **state) {
    SKIP_UNDER_TSAN();
    enum { LIMIT = 2 };
    mach_port_t port = port_with_send(), notified = make_port();
    FOR_EACH_WAY(way, next) {
        fill(port, LIMIT);
        struct test_message message = message_with_rights(port, notified, 50);
        struct leaver leaver;
        begin_leaving_sender(&leaver, way, &message);
        enter_handler(&leaver);
        make_leave(&leaver);
        settle(&leaver, next);
        // The message was never sent: its rights are given up, and its place in the queue's line is free.
        expect_send_once_notification(notified);
        assert_int_equal(status(notified).mps_srights, 0);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
        assert_int_equal(status(port).mps_msgcount, LIMIT);
        for (mach_msg_id_t id = 0; id < LIMIT; id++) expect_message(port, id);
        expect_no_message(port);
        queue_messages(port, LIMIT);
        drain(port);
        end_leaver(&leaver, next);
    }
    destroy(port);
    destroy(notified);
}

static void room_given_to_a_sender_that_leaves_is_not_lost(void **state) {
    SKIP_UNDER_TSAN();
    enum { LIMIT = 2 };
    mach_port_t port = port_with_send(), notified = make_port();
    FOR_EACH_WAY(way, next) {
        fill(port, LIMIT);
        struct test_message message = message_with_rights(port, notified, 50);
        struct leaver leaver;
        begin_leaving_sender(&leaver, way, &message);
        enter_handler(&leaver);
        expect_message(port, 0); // now there is room, and it is the sender's
        make_leave(&leaver);
        settle(&leaver, next);
        // Whether the message counts as sent is open; it was sent or given up, and not both.
        expect_message(port, 1);
        if (status(port).mps_msgcount > 0) {
            expect_message_with_rights(port, notified, 50);
        } else {
            expect_send_once_notification(notified);
        }
        expect_no_message(notified);
        assert_int_equal(status(notified).mps_srights, 0);
        expect_no_message(port);
        // All of the queue can be used again.
        queue_messages(port, LIMIT);
        struct test_message refused = message_to(port, MACH_MSG_TYPE_COPY_SEND, 0);
        assert_code(send_now(&refused), MACH_SEND_TIMED_OUT);
        mach_msg_destroy(&refused.header);
        drain(port);
        end_leaver(&leaver, next);
    }
    destroy(port);
    destroy(notified);
}

static void a_sender_behind_one_that_left_still_gets_its_turn(void **state) {
    SKIP_UNDER_TSAN();
    mach_port_t port = port_with_send();
    FOR_EACH_WAY(way, next) {
        fill(port, 1);
        struct test_message message = message_to(port, MACH_MSG_TYPE_COPY_SEND, 50);
        struct leaver leaver;
        struct caller second;
        begin_leaving_sender(&leaver, way, &message);
        block_sender(&second, port, 51);
        enter_handler(&leaver);
        make_leave(&leaver);
        settle(&leaver, next);
        expect_message(port, 0);
        assert_code(finish(&second), MACH_MSG_SUCCESS);
        expect_message(port, 51);
        expect_no_message(port);
        end_leaver(&leaver, next);
    }
    destroy(port);
}

// Straight out of the blocked call, with no handler of ours in between.
static void threads_cancelled_in_a_receive_or_a_send_leave_nothing(void **state) {
    SKIP_UNDER_TSAN();
    mach_port_t port = port_with_send(), full = port_with_send(), notified = make_port();
    fill(full, 1);
    for (unsigned round = 0; round < ROUNDS_OF(100, 20); round++) {
        struct leaver leaver;
        if (round % 2 == 0) {
            begin_leaving_receiver(&leaver, CANCEL, port);
        } else {
            struct test_message message = message_with_rights(full, notified, 1);
            begin_leaving_sender(&leaver, CANCEL, &message);
        }
        make_leave(&leaver);
        if (round % 2 != 0) expect_send_once_notification(notified);
        end_leaver(&leaver, END);
    }
    assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, 3), MACH_MSG_SUCCESS);
    expect_message(port, 3);
    expect_message(full, 0);
    expect_no_message(full);
    destroy(port);
    destroy(full);
    destroy(notified);
}

// A thread that jumps out of one blocked call after another, on ports where messages keep coming.
struct jumper {
    struct test_thread thread;
    mach_port_t port;
    sigjmp_buf out;
    atomic_uint received, jumps;
    atomic_bool stop;
};

static _Thread_local struct jumper *jumper_here;
static _Thread_local volatile sig_atomic_t may_jump;

static void jump_if_allowed(int signal) {
    (void)signal;
    if (may_jump) siglongjmp(jumper_here->out, 1);
}

// Receives messages numbered from 0. The signal comes only while it is asleep in the library.
static int64_t jump_again_and_again(void *argument) {
    struct jumper *jumper = argument;
    jumper_here = jumper;
    while (!atomic_load(&jumper->stop)) {
        struct test_message message;
        may_jump = 1;
        if (sigsetjmp(jumper->out, 1) == 0) {
            mach_msg_return_t code = mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), jumper->port,
                                              MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
            may_jump = 0;
            if (code != MACH_MSG_SUCCESS) return code;
            if (message.header.msgh_id != (mach_msg_id_t)atomic_load(&jumper->received)) return 1;
            atomic_fetch_add(&jumper->received, 1);
        } else {
            may_jump = 0;
            atomic_fetch_add(&jumper->jumps, 1);
        }
    }
    return 0;
}

static void a_thread_that_jumps_again_and_again_misses_no_message(void **state) {
    SKIP_UNDER_TSAN();
    set_handler(SIGUSR2, jump_if_allowed, 0);
    struct jumper jumper;
    memset(&jumper, 0, sizeof(jumper));
    jumper.port = port_with_send();
    start_thread(&jumper.thread, jump_again_and_again, &jumper);
    mach_msg_id_t sent = 0;
    for (unsigned round = 1; round <= ROUNDS_OF(300, 50); round++) {
        wait_until_blocked(&jumper.thread);
        pthread_kill(jumper.thread.thread, SIGUSR2);
        // Sent while it is jumping, or has jumped, or waits again.
        assert_code(send_simple(jumper.port, MACH_MSG_TYPE_COPY_SEND, sent++), MACH_MSG_SUCCESS);
        uint64_t end = milliseconds() + PATIENCE;
        while (atomic_load(&jumper.received) != (unsigned)sent && milliseconds() < end) sched_yield();
        assert_int_equal(atomic_load(&jumper.received), sent);
    }
    atomic_store(&jumper.stop, true);
    assert_code(send_simple(jumper.port, MACH_MSG_TYPE_COPY_SEND, sent), MACH_MSG_SUCCESS);
    assert_code(join_thread(&jumper.thread), 0);
    destroy(jumper.port);
}

static sigjmp_buf out_of_main;

static void jump_out_of_main(int signal) {
    (void)signal;
    siglongjmp(out_of_main, 1);
}

static void the_main_thread_jumps_out_of_a_receive_and_goes_on(void **state) {
    SKIP_UNDER_TSAN();
    mach_port_t port = port_with_send();
    for (volatile unsigned i = 0; i < 10; i++) {
        set_handler(SIGALRM, jump_out_of_main, 0);
        if (sigsetjmp(out_of_main, 1) == 0) {
            const struct itimerval once = {{0, 0}, {0, 20000}};
            assert_int_equal(setitimer(ITIMER_REAL, &once, NULL), 0);
            struct test_message message;
            mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
            fail_msg("nothing was sent, and the receive came back");
        }
        assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, (mach_msg_id_t)i), MACH_MSG_SUCCESS);
        expect_message(port, (mach_msg_id_t)i);
    }
    destroy(port);
}

// ---- Deferred cancellation

static int64_t receive_with_cancellation_pending(void *argument) {
    struct caller *caller = argument;
    mach_msg_return_t code = mach_msg(&caller->message.header, MACH_RCV_MSG, 0, sizeof(caller->message),
                                      caller->receive_name, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
    caller->thread.result = code;
    pthread_testcancel();
    return 1;
}

static void mach_msg_is_no_cancellation_point(void **state) {
    SKIP_UNDER_TSAN();
    mach_port_t port = port_with_send();
    struct caller receiver;
    prepare_receiver(&receiver, port);
    start_thread(&receiver.thread, receive_with_cancellation_pending, &receiver);
    wait_until_blocked(&receiver.thread);
    assert_int_equal(pthread_cancel(receiver.thread.thread), 0);
    wait_until_blocked(&receiver.thread);
    assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, 8), MACH_MSG_SUCCESS);
    void *end = NULL;
    assert_int_equal(pthread_join(receiver.thread.thread, &end), 0);
    assert_ptr_equal(end, PTHREAD_CANCELED);
    assert_code(receiver.thread.result, MACH_MSG_SUCCESS); // Choices
    assert_int_equal(receiver.message.header.msgh_id, 8);
    destroy(port);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_blocked_receive_outlasts_signals),
        TEST(blocked_senders_outlast_signals_and_keep_their_order),
        TEST(an_interruptible_receive_reports_any_handled_signal),
        TEST(an_interruptible_send_reports_any_handled_signal_and_gives_the_message_back),
        TEST(signals_do_not_move_the_deadline_of_a_receive),
        TEST(signals_do_not_move_the_deadline_of_a_send),
        TEST(a_stream_of_messages_survives_a_hail_of_signals),
        TEST(calls_survive_a_hail_of_signals),
        TEST(a_receiver_that_leaves_before_a_message_comes_takes_none),
        TEST(a_message_handed_to_a_receiver_that_leaves_comes_back),
        TEST(a_handed_message_goes_to_another_receiver_that_waits),
        TEST(a_handed_message_dies_with_its_port),
        TEST(a_port_and_set_may_die_while_a_thread_has_left_them),
        TEST(a_sender_that_leaves_takes_its_message_with_it),
        TEST(room_given_to_a_sender_that_leaves_is_not_lost),
        TEST(a_sender_behind_one_that_left_still_gets_its_turn),
        TEST(threads_cancelled_in_a_receive_or_a_send_leave_nothing),
        TEST(a_thread_that_jumps_again_and_again_misses_no_message),
        TEST(the_main_thread_jumps_out_of_a_receive_and_goes_on),
        TEST(mach_msg_is_no_cancellation_point),
    };
    return RUN(tests);
}

// Message queues: limits, senders that wait, time-outs, sequence numbers, and queues of ports on their way. Rows Q1 to Q7, Q10, Q11, Q13, Q14.
#include "message_support.h"

enum { MOVE_RECEIVE = 16, MOVE_SEND = 17, MOVE_SEND_ONCE = 18, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21 };

// How many messages a queue holds at the very most.
#define KERNEL_LIMIT 65534u

static mach_port_t limited_port(mach_port_msgcount_t limit) {
    mach_port_t port = make_port();
    set_limit(port, limit);
    return port;
}

static mach_port_t full_port(void) {
    mach_port_t port = limited_port(1);
    queue_messages(port, 1);
    return port;
}

static mach_port_msgcount_t queued(mach_port_t port) { return status(port).mps_msgcount; }

// Sends that wait for 0 ms; a right that comes back is given up.
static mach_msg_return_t try_send(mach_port_t port, mach_msg_type_name_t disposition, mach_msg_option_t option) {
    struct test_message message = message_to(port, disposition, 500);
    mach_msg_return_t code =
        mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT | option, 24, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
    if (code != MACH_MSG_SUCCESS) mach_msg_destroy(&message.header);
    return code;
}

// ---- Limits

static void the_limits_have_their_historic_values(void **state) {
    (void)state;
    assert_int_equal(MACH_PORT_QLIMIT_DEFAULT, 5); // Q1
    assert_int_equal(MACH_PORT_QLIMIT_BASIC, 5);
    assert_int_equal(MACH_PORT_QLIMIT_SMALL, 16);
    assert_int_equal(MACH_PORT_QLIMIT_LARGE, 1024);
    assert_int_equal(MACH_PORT_QLIMIT_MAX, 1024);
    mach_port_t port = make_port();
    assert_int_equal(status(port).mps_qlimit, 5); // Q1
    destroy(port);
}

static void a_port_takes_as_many_messages_as_its_limit(void **state) {
    (void)state;
    const mach_port_msgcount_t limits[] = {1, 5, 16, 1023, 1024};
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        mach_port_t port = limited_port(limits[i]);
        queue_messages(port, limits[i]);
        assert_int_equal(queued(port), limits[i]);
        assert_code(try_send(port, MAKE_SEND, 0), MACH_SEND_TIMED_OUT); // Q1, Q3
        assert_int_equal(queued(port), limits[i]);
        expect_message(port, 0);
        assert_code(try_send(port, MAKE_SEND, 0), MACH_MSG_SUCCESS);
        assert_code(try_send(port, MAKE_SEND, 0), MACH_SEND_TIMED_OUT);
        destroy(port);
    }
    mach_port_t port = make_port();
    queue_messages(port, 5);
    assert_code(try_send(port, MAKE_SEND, 0), MACH_SEND_TIMED_OUT); // Q1: the default
    destroy(port);
}

static void a_limit_beyond_the_largest_is_an_invalid_value(void **state) {
    (void)state;
    mach_port_t port = make_port();
    const mach_port_msgcount_t limits[] = {1025, 65534, 65535, 0x80000000, 0xffffffff};
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        mach_port_limits_t info = {.mpl_qlimit = limits[i]};
        assert_code(mach_port_set_attributes(SELF, port, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&info,
                                             MACH_PORT_LIMITS_INFO_COUNT),
                    KERN_INVALID_VALUE); // Q1
    }
    assert_unchanged(picture);
    destroy(port);
}

static void a_limit_of_zero_stops_every_ordinary_send(void **state) {
    (void)state;
    mach_port_t port = limited_port(0);
    insert_send(port);
    assert_code(try_send(port, MOVE_SEND, 0), MACH_SEND_TIMED_OUT); // Q2; destroyed with the right that came back
    assert_code(try_send(port, MAKE_SEND, 0), MACH_SEND_TIMED_OUT); // Q2
    insert_send(port);
    assert_code(try_send(port, COPY_SEND, 0), MACH_SEND_TIMED_OUT); // Q2
    assert_int_equal(queued(port), 0);
    assert_code(try_send(port, MAKE_SEND_ONCE, 0), MACH_MSG_SUCCESS); // Q2: a send-once right ignores the limit
    assert_int_equal(queued(port), 1);
    destroy(port);
}

static void a_limit_of_zero_stops_sends_even_to_a_waiting_receiver(void **state) {
    (void)state;
    mach_port_t port = limited_port(0);
    struct caller receiver;
    block_receiver(&receiver, port);
    assert_code(try_send(port, MAKE_SEND, 0), MACH_SEND_TIMED_OUT); // Q2
    expect_blocked(&receiver);
    assert_code(send_simple(port, MAKE_SEND_ONCE, 8), MACH_MSG_SUCCESS);
    assert_code(finish(&receiver), MACH_MSG_SUCCESS);
    assert_int_equal(receiver.message.header.msgh_id, 8);
    destroy(port);
}

static void send_once_rights_ignore_the_limit(void **state) {
    (void)state;
    mach_port_t port = full_port();
    for (int i = 0; i < 50; i++) {
        mach_port_t once = make_send_once(port);
        assert_code(try_send(i % 2 ? once : port, i % 2 ? MOVE_SEND_ONCE : MAKE_SEND_ONCE, 0), MACH_MSG_SUCCESS); // Q2
        if (i % 2 == 0) destroy(once); // T25: notifications too
    }
    assert_int_equal(queued(port), 1 + 50 + 25);
    assert_code(try_send(port, MAKE_SEND, 0), MACH_SEND_TIMED_OUT); // still full for others
    destroy(port);
}

static void a_program_cannot_send_always(void **state) {
    (void)state;
    mach_port_t port = full_port();
    assert_int_equal(MACH_SEND_ALWAYS, 0x10000);
    assert_code(try_send(port, MAKE_SEND, MACH_SEND_ALWAYS), MACH_SEND_TIMED_OUT); // Q2, Q11
    assert_code(try_send(port, MAKE_SEND, MACH_SEND_TRAILER | MACH_SEND_NOIMPORTANCE | MACH_SEND_IMPORTANCE),
                MACH_SEND_TIMED_OUT);
    assert_code(try_send(port, MAKE_SEND, MACH_SEND_NOTIFY), MACH_SEND_TIMED_OUT); // T10: no request, no effect
    assert_int_equal(queued(port), 1);
    expect_message(port, 0);
    assert_code(try_send(port, MAKE_SEND, MACH_SEND_NOTIFY | MACH_SEND_ALWAYS | MACH_SEND_TRAILER), MACH_MSG_SUCCESS);
    destroy(port);
}

static void a_lower_limit_keeps_what_is_queued(void **state) {
    (void)state;
    mach_port_t port = make_port();
    queue_messages(port, 5);
    set_limit(port, 2);
    assert_int_equal(queued(port), 5); // Q12
    for (int i = 0; i < 4; i++) {
        assert_code(try_send(port, MAKE_SEND, 0), MACH_SEND_TIMED_OUT);
        expect_message(port, i);
    }
    assert_code(try_send(port, MAKE_SEND, 0), MACH_MSG_SUCCESS); // one left of two
    destroy(port);
}

static void the_queue_never_holds_more_than_the_kernel_limit(void **state) {
    (void)state;
    mach_port_t port = make_port(), owner = make_port();
    for (unsigned i = 0; i < KERNEL_LIMIT; i++) {
        if (send_simple(port, MAKE_SEND_ONCE, (mach_msg_id_t)i) != MACH_MSG_SUCCESS)
            fail_msg("message %u of 65534 was refused", i);
    }
    assert_int_equal(queued(port), KERNEL_LIMIT);
    struct test_message message = message_to(port, MAKE_SEND_ONCE, 7);
    assert_code(mach_msg(&message.header, MACH_SEND_MSG, 24, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
                MACH_SEND_NO_BUFFER);               // Q1
    assert_int_equal(message.header.msgh_bits, 18); // S9: it came back
    assert_int_equal(type(message.header.msgh_remote_port), MACH_PORT_TYPE_SEND_ONCE);
    mach_port_t once = message.header.msgh_remote_port;
    // The same again with the right itself: a fresh name each time.
    assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, 24, 0, MACH_PORT_NULL, 50, MACH_PORT_NULL),
                MACH_SEND_NO_BUFFER);
    assert_int_equal(type(once), MACH_PORT_TYPE_NONE); // S9
    once = message.header.msgh_remote_port;
    assert_int_equal(type(once), MACH_PORT_TYPE_SEND_ONCE);
    assert_code(send_now(&message), MACH_SEND_TIMED_OUT); // Q3: a time-out of 0 is looked at first
    assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
    // An ordinary send.
    struct test_message ordinary = message_to(port, MAKE_SEND, 8);
    set_reply(&ordinary, owner, MAKE_SEND_ONCE);
    assert_code(mach_msg(&ordinary.header, MACH_SEND_MSG, 24, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
                MACH_SEND_NO_BUFFER); // Q1
    assert_int_equal(ordinary.header.msgh_bits, 0x1211);
    assert_int_equal(ordinary.header.msgh_remote_port, port);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    mach_msg_destroy(&ordinary.header);
    destroy(ordinary.header.msgh_local_port);
    expect_send_once_notification(owner);
    // A notification vanishes.
    assert_int_equal(status(port).mps_sorights, KERNEL_LIMIT + 1);
    destroy(message.header.msgh_remote_port);
    assert_int_equal(status(port).mps_sorights, KERNEL_LIMIT); // T25
    assert_int_equal(queued(port), KERNEL_LIMIT);
    // Room for one, and it goes.
    expect_message(port, 0);
    assert_code(send_simple(port, MAKE_SEND_ONCE, 9), MACH_MSG_SUCCESS);
    assert_int_equal(queued(port), KERNEL_LIMIT);
    destroy(port);
    destroy(owner);
}

// ---- Senders that wait

static void blocked_senders_go_in_the_order_they_came(void **state) {
    (void)state;
    mach_port_t port = full_port();
    struct caller senders[4];
    for (int i = 0; i < 4; i++) block_sender(&senders[i], port, 10 + i);
    assert_int_equal(queued(port), 1);
    expect_message(port, 0);
    for (int i = 0; i < 4; i++) {
        assert_code(finish(&senders[i]), MACH_MSG_SUCCESS); // Q3: this one and no other
        for (int j = i + 1; j < 4; j++) expect_blocked(&senders[j]);
        assert_int_equal(queued(port), 1);
        expect_message(port, 10 + i);
    }
    expect_no_message(port);
    destroy(port);
}

static void the_slot_is_handed_to_the_sender_that_waits(void **state) {
    (void)state;
    for (mach_port_msgcount_t limit = 1; limit <= 3; limit++) {
        mach_port_t port = limited_port(limit);
        queue_messages(port, limit);
        struct caller sender;
        block_sender(&sender, port, 10);
        expect_message(port, 0);
        // Whether the sender ran already or not, the place is taken.
        assert_code(try_send(port, MAKE_SEND, 0), MACH_SEND_TIMED_OUT); // Q3
        assert_code(finish(&sender), MACH_MSG_SUCCESS);
        assert_int_equal(queued(port), limit);
        for (mach_port_msgcount_t i = 1; i < limit; i++) expect_message(port, (mach_msg_id_t)i);
        expect_message(port, 10);
        destroy(port);
    }
}

static void a_sender_whose_time_runs_out_leaves_the_line(void **state) {
    (void)state;
    mach_port_t port = full_port();
    struct test_message message = message_to(port, MAKE_SEND, 10);
    struct caller impatient, patient;
    prepare_sender(&impatient, &message);
    impatient.option |= MACH_SEND_TIMEOUT;
    impatient.timeout = 300;
    begin_blocked(&impatient);
    block_sender(&patient, port, 11);
    assert_code(finish(&impatient), MACH_SEND_TIMED_OUT);
    assert_true(impatient.ended - impatient.started >= 299);
    assert_int_equal(impatient.message.header.msgh_bits, 17); // S9
    assert_int_equal(impatient.message.header.msgh_remote_port, port);
    mach_msg_destroy(&impatient.message.header);
    expect_blocked(&patient);
    expect_message(port, 0);
    assert_code(finish(&patient), MACH_MSG_SUCCESS); // Q3
    expect_message(port, 11);
    expect_no_message(port);
    destroy(port);
}

static void the_time_out_counts_only_with_its_option(void **state) {
    (void)state;
    mach_port_t port = full_port();
    struct test_message message = message_to(port, MAKE_SEND, 10);
    struct caller sender;
    prepare_sender(&sender, &message);
    sender.option |= MACH_RCV_TIMEOUT;
    sender.timeout = 0;
    begin_blocked(&sender);
    expect_message(port, 0);
    assert_code(finish(&sender), MACH_MSG_SUCCESS);
    expect_message(port, 10);
    destroy(port);
}

static void a_send_time_out_expires(void **state) {
    (void)state;
    mach_port_t port = full_port();
    struct test_message message = message_to(port, MAKE_SEND, 10);
    uint64_t start = milliseconds();
    assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, 24, 0, MACH_PORT_NULL, 60, MACH_PORT_NULL),
                MACH_SEND_TIMED_OUT); // Q3
    assert_true(milliseconds() - start >= 59);
    mach_msg_destroy(&message.header);
    destroy(port);
}

static void a_raised_limit_lets_one_sender_in_per_place(void **state) {
    (void)state;
    mach_port_t port = full_port();
    struct caller senders[4];
    for (int i = 0; i < 4; i++) block_sender(&senders[i], port, 10 + i);
    set_limit(port, 3);
    assert_code(finish(&senders[0]), MACH_MSG_SUCCESS); // Q2
    assert_code(finish(&senders[1]), MACH_MSG_SUCCESS);
    expect_blocked(&senders[2]); // Q2: one slot each
    expect_blocked(&senders[3]);
    assert_int_equal(queued(port), 3);
    assert_code(try_send(port, MAKE_SEND, 0), MACH_SEND_TIMED_OUT);
    set_limit(port, 1024);
    assert_code(finish(&senders[2]), MACH_MSG_SUCCESS); // Q2
    assert_code(finish(&senders[3]), MACH_MSG_SUCCESS);
    assert_int_equal(queued(port), 5);
    destroy(port);
}

static void a_limit_raised_from_zero_lets_a_sender_in(void **state) {
    (void)state;
    mach_port_t port = limited_port(0);
    struct caller senders[2];
    for (int i = 0; i < 2; i++) block_sender(&senders[i], port, 10 + i);
    set_limit(port, 1);
    assert_code(finish(&senders[0]), MACH_MSG_SUCCESS); // Q2
    expect_blocked(&senders[1]);
    expect_message(port, 10);
    assert_code(finish(&senders[1]), MACH_MSG_SUCCESS);
    expect_message(port, 11);
    destroy(port);
}

static void a_limit_raised_with_no_one_waiting_is_just_raised(void **state) {
    (void)state;
    mach_port_t port = full_port();
    set_limit(port, 3);
    assert_int_equal(queued(port), 1);
    queue_messages(port, 2);
    assert_code(try_send(port, MAKE_SEND, 0), MACH_SEND_TIMED_OUT);
    destroy(port);
}

// ---- Death of the destination

static void a_sender_whose_port_dies_while_it_waits_succeeds(void **state) {
    (void)state;
    for (int how = 0; how < 2; how++) {
        mach_port_t port = full_port(), watch = make_port(), carried = port_with_send();
        uint64_t messages = live_messages();
        struct test_message message = message_to(port, MAKE_SEND, 10);
        set_reply(&message, watch, MAKE_SEND_ONCE);
        struct caller senders[2];
        prepare_sender(&senders[1], &message);
        add_port(&message, carried, MOVE_RECEIVE);
        prepare_sender(&senders[0], &message);
        for (int i = 0; i < 2; i++) begin_blocked(&senders[i]);
        struct test_message before = senders[0].message;
        if (how == 0) {
            destroy(port);
        } else {
            kill_port(port);
        }
        for (int i = 0; i < 2; i++) {
            assert_code(finish(&senders[i]), MACH_MSG_SUCCESS); // Q4
            expect_send_once_notification(watch);               // Q4: the message was destroyed
        }
        assert_memory_equal(&before, &senders[0].message, sizeof(before));
        expect_no_message(watch);
        assert_int_equal(type(carried), MACH_PORT_TYPE_DEAD_NAME);
        assert_int_equal(live_messages(), messages - 1); // the one that was queued
        destroy(watch);
        destroy(carried);
        assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    }
}

static void a_sender_whose_send_right_was_moved_in_goes_on(void **state) {
    (void)state;
    // The message holds the only send right; the sender's space has no name for the port any more.
    mach_port_t carrier, send = make_send_only(1, &carrier);
    struct caller sender;
    for (int i = 0; i < 5; i++) assert_code(send_simple(send, COPY_SEND, i), MACH_MSG_SUCCESS); // Q13: up to its limit
    struct test_message message = message_to(send, MOVE_SEND, 10);
    prepare_sender(&sender, &message);
    begin_blocked(&sender);
    assert_int_equal(type(send), MACH_PORT_TYPE_NONE);
    destroy(carrier);                               // the port dies on its way
    assert_code(finish(&sender), MACH_MSG_SUCCESS); // Q4
}

// ---- Sequence numbers

static void sequence_numbers_are_given_as_messages_leave(void **state) {
    (void)state;
    mach_port_t port = make_port();
    queue_messages(port, 4);
    assert_int_equal(status(port).mps_seqno, 0);
    assert_int_equal(receive_seqno(port), 0); // Q6
    assert_success(mach_port_set_seqno(SELF, port, 100));
    assert_int_equal(receive_seqno(port), 100); // Q6: of messages that were queued before
    assert_int_equal(status(port).mps_seqno, 101);
    assert_success(mach_port_set_seqno(SELF, port, 0xffffffff));
    assert_int_equal(receive_seqno(port), 0xffffffff);
    assert_int_equal(receive_seqno(port), 0);
    expect_no_message(port); // a time-out uses no number
    assert_int_equal(status(port).mps_seqno, 1);
    destroy(port);
}

static void a_set_leaves_each_member_its_numbers(void **state) {
    (void)state;
    mach_port_t set = make_set(), ports[] = {make_port(), make_port()};
    for (unsigned i = 0; i < 2; i++) {
        put_in_set(ports[i], set);
        assert_success(mach_port_set_seqno(SELF, ports[i], 100 * (i + 1)));
        queue_messages(ports[i], 3);
    }
    mach_port_seqno_t next[] = {100, 200};
    for (int i = 0; i < 6; i++) {
        struct test_message received;
        assert_code(receive_now(set, &received, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO)), MACH_MSG_SUCCESS);
        unsigned which = received.header.msgh_local_port == ports[1];
        assert_int_equal(trailer_of(&received)->msgh_seqno, next[which]++); // Q6
    }
    for (unsigned i = 0; i < 2; i++) destroy(ports[i]);
    destroy(set);
}

static void a_message_handed_to_a_receiver_takes_a_number(void **state) {
    (void)state;
    mach_port_t port = make_port();
    assert_success(mach_port_set_seqno(SELF, port, 7));
    struct caller receiver;
    prepare_receiver(&receiver, port);
    receiver.option |= MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO);
    begin_blocked(&receiver);
    assert_success(mach_port_set_seqno(SELF, port, 50));
    queue_messages(port, 2);
    assert_code(finish(&receiver), MACH_MSG_SUCCESS);
    assert_int_equal(receiver.message.header.msgh_id, 0);
    assert_int_equal(trailer_of(&receiver.message)->msgh_seqno, 50); // Q6
    assert_int_equal(receive_seqno(port), 51);
    destroy(port);
}

// ---- Send and receive in one call

static void a_call_sends_before_it_receives(void **state) {
    (void)state;
    mach_port_t port = make_port();
    queue_messages(port, 1);
    struct test_message message = message_to(port, MAKE_SEND, 30);
    assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, 24, sizeof(message), port, 0, MACH_PORT_NULL),
                MACH_MSG_SUCCESS); // Q7
    assert_int_equal(message.header.msgh_id, 0);
    expect_message(port, 30);
    destroy(port);
}

static void a_failing_send_does_not_receive(void **state) {
    (void)state;
    mach_port_t port = make_port(), dead = make_dead_name(1), full = full_port();
    queue_messages(port, 1);
    struct test_message message = message_to(dead, COPY_SEND, 30);
    struct test_message before = message;
    assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG | MACH_RCV_TIMEOUT, 24, sizeof(message), port, 0,
                         MACH_PORT_NULL),
                MACH_SEND_INVALID_DEST); // Q7
    assert_memory_equal(&before, &message, sizeof(message));
    message = message_to(full, MAKE_SEND, 31);
    assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG | MACH_SEND_TIMEOUT, 24, sizeof(message), port,
                         0, MACH_PORT_NULL),
                MACH_SEND_TIMED_OUT); // Q7
    assert_int_equal(message.header.msgh_id, 31);
    mach_msg_destroy(&message.header);
    assert_int_equal(queued(port), 1);
    destroy(port);
    destroy(dead);
    destroy(full);
}

static void a_bad_receive_name_is_seen_after_the_send(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(2);
    const mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct test_message message = message_to(port, COPY_SEND, 30);
        struct test_message before = message;
        assert_code(
            mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, 24, sizeof(message), names[i], 0, MACH_PORT_NULL),
            MACH_RCV_INVALID_NAME); // Q14
        assert_memory_equal(&before, &message, sizeof(message));
        expect_message(port, 30); // Q14: it was sent
    }
    destroy(port);
}

static void each_half_of_a_call_has_all_of_the_time_out(void **state) {
    (void)state;
    mach_port_t port = full_port(), reply = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 30);
    struct caller caller;
    prepare_sender(&caller, &message);
    caller.option |= MACH_RCV_MSG | MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT;
    caller.receive_size = sizeof(caller.message);
    caller.receive_name = reply;
    caller.timeout = 1000;
    begin_blocked(&caller);
    uint64_t begun = milliseconds();
    while (milliseconds() - begun < 400) {
        // Some of the first half's time goes by.
        struct test_message nothing;
        (void)mach_msg(&nothing.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(nothing), reply, 20, MACH_PORT_NULL);
    }
    uint64_t let_go = milliseconds();
    expect_message(port, 0);
    assert_code(finish(&caller), MACH_RCV_TIMED_OUT);
    assert_true(caller.ended - let_go >= 999); // Q10
    expect_message(port, 30);
    destroy(port);
    destroy(reply);
}

static void a_time_out_of_zero_holds_for_both_halves(void **state) {
    (void)state;
    mach_port_t port = make_port(), reply = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 30);
    assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG | MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT, 24,
                         sizeof(message), reply, 0, MACH_PORT_NULL),
                MACH_RCV_TIMED_OUT); // Q10
    expect_message(port, 30);
    destroy(port);
    destroy(reply);
}

// ---- Ports on their way

static void a_port_in_transit_takes_messages_up_to_its_limit(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), port = port_with_send();
    set_limit(port, 3);
    assert_success(mach_port_set_seqno(SELF, port, 55));
    queue_messages(port, 1);
    put_in_transit(port, carrier);
    assert_code(send_simple(port, COPY_SEND, 1), MACH_MSG_SUCCESS); // Q13
    assert_code(send_simple(port, COPY_SEND, 2), MACH_MSG_SUCCESS);
    assert_code(try_send(port, COPY_SEND, 0), MACH_SEND_TIMED_OUT); // Q13
    assert_int_equal(take_from_transit(carrier), port);
    assert_int_equal(status(port).mps_qlimit, 3);
    assert_int_equal(status(port).mps_seqno, 0); // Q13
    for (int i = 0; i < 3; i++) {
        struct test_message received;
        assert_code(receive_now(port, &received, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO)), MACH_MSG_SUCCESS);
        assert_int_equal(received.header.msgh_id, i); // Q13
        assert_int_equal(trailer_of(&received)->msgh_seqno, i);
        assert_int_equal(received.header.msgh_local_port, port); // V8: the new holder's name
    }
    expect_no_message(port);
    destroy(port);
    destroy(carrier);
}

static void a_sender_waits_through_the_journey_of_the_port(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), port = full_port();
    insert_send(port);
    struct caller sender;
    block_sender(&sender, port, 10);
    put_in_transit(port, carrier);
    expect_blocked(&sender);
    assert_int_equal(take_from_transit(carrier), port);
    expect_blocked(&sender);
    expect_message(port, 0);
    assert_code(finish(&sender), MACH_MSG_SUCCESS);
    expect_message(port, 10); // Q13
    destroy(port);
    destroy(carrier);
}

static void a_message_received_under_a_new_name_says_so(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), port = make_port();
    queue_messages(port, 1);
    put_in_transit(port, carrier);
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    mach_port_t name = take_from_transit(carrier);
    struct test_message received;
    assert_code(receive_now(name, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_local_port, name); // V8, Q13
    destroy(name);
    destroy(carrier);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_limits_have_their_historic_values),
        TEST(a_port_takes_as_many_messages_as_its_limit),
        TEST(a_limit_beyond_the_largest_is_an_invalid_value),
        TEST(a_limit_of_zero_stops_every_ordinary_send),
        TEST(a_limit_of_zero_stops_sends_even_to_a_waiting_receiver),
        TEST(send_once_rights_ignore_the_limit),
        TEST(a_program_cannot_send_always),
        TEST(a_lower_limit_keeps_what_is_queued),
        TEST(the_queue_never_holds_more_than_the_kernel_limit),
        TEST(blocked_senders_go_in_the_order_they_came),
        TEST(the_slot_is_handed_to_the_sender_that_waits),
        TEST(a_sender_whose_time_runs_out_leaves_the_line),
        TEST(the_time_out_counts_only_with_its_option),
        TEST(a_send_time_out_expires),
        TEST(a_raised_limit_lets_one_sender_in_per_place),
        TEST(a_limit_raised_from_zero_lets_a_sender_in),
        TEST(a_limit_raised_with_no_one_waiting_is_just_raised),
        TEST(a_sender_whose_port_dies_while_it_waits_succeeds),
        TEST(a_sender_whose_send_right_was_moved_in_goes_on),
        TEST(sequence_numbers_are_given_as_messages_leave),
        TEST(a_set_leaves_each_member_its_numbers),
        TEST(a_message_handed_to_a_receiver_takes_a_number),
        TEST(a_call_sends_before_it_receives),
        TEST(a_failing_send_does_not_receive),
        TEST(a_bad_receive_name_is_seen_after_the_send),
        TEST(each_half_of_a_call_has_all_of_the_time_out),
        TEST(a_time_out_of_zero_holds_for_both_halves),
        TEST(a_port_in_transit_takes_messages_up_to_its_limit),
        TEST(a_sender_waits_through_the_journey_of_the_port),
        TEST(a_message_received_under_a_new_name_says_so),
    };
    return RUN(tests);
}

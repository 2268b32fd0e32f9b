// Threads that wait: what wakes a receiver, in which order waiters are served, sets and their members, and signals. Rows V2, V17, P3, P5, Q5 and the Choices on restarts.
#include "message_support.h"
#include "stress.h"

#include <sched.h>
#include <signal.h>
#include <time.h>

enum { MOVE_RECEIVE = 16, MOVE_SEND = 17, MOVE_SEND_ONCE = 18, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21 };

static void send_id(mach_port_t port, mach_msg_id_t id) {
    assert_code(send_simple(port, MAKE_SEND, id), MACH_MSG_SUCCESS);
}

static void expect_received(struct caller *receiver, mach_port_t port, mach_msg_id_t id) {
    assert_code(finish(receiver), MACH_MSG_SUCCESS);
    assert_int_equal(receiver->message.header.msgh_id, id);
    assert_int_equal(receiver->message.header.msgh_local_port, port);
}

// The call ended with this code and wrote nothing.
static void expect_ended(struct caller *receiver, mach_msg_return_t code) {
    assert_code(finish(receiver), code);
    assert_untouched(&receiver->message, 0, sizeof(receiver->message));
}

// ---- Wake-ups

static void a_waiting_receiver_gets_the_message(void **state) {
    (void)state;
    mach_port_t port = make_port(), owner = make_port();
    struct caller receiver;
    block_receiver(&receiver, port);
    struct test_message message = message_to(port, MAKE_SEND, 5);
    set_reply(&message, owner, MAKE_SEND);
    add_port(&message, owner, MAKE_SEND_ONCE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    expect_received(&receiver, port, 5);
    assert_int_equal(receiver.message.header.msgh_bits, 0x80001111u);
    assert_int_equal(receiver.message.header.msgh_size, 40);
    assert_int_equal(receiver.message.header.msgh_remote_port, owner);
    assert_int_equal(type(receiver.message.ports[0].name), MACH_PORT_TYPE_SEND_ONCE);
    assert_untouched(&receiver.message, 48, sizeof(receiver.message));
    destroy(receiver.message.ports[0].name);
    drain(owner);
    destroy(owner);
    destroy(port);
}

static void a_message_wakes_one_receiver(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct caller receivers[3];
    for (int i = 0; i < 3; i++) block_receiver(&receivers[i], port);
    for (int i = 0; i < 3; i++) {
        send_id(port, 10 + i);
        expect_received(&receivers[i], port, 10 + i); // V17: first come, first served
        for (int j = i + 1; j < 3; j++) expect_blocked(&receivers[j]);
    }
    expect_no_message(port);
    destroy(port);
}

static void a_receiver_whose_time_runs_out_takes_nothing(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct caller impatient, patient;
    prepare_receiver(&impatient, port);
    impatient.option |= MACH_RCV_TIMEOUT;
    impatient.timeout = 300;
    begin_blocked(&impatient);
    block_receiver(&patient, port);
    expect_ended(&impatient, MACH_RCV_TIMED_OUT); // V4
    assert_true(impatient.ended - impatient.started >= 299);
    expect_blocked(&patient);
    send_id(port, 5);
    expect_received(&patient, port, 5);
    destroy(port);
}

static void a_receive_time_out_counts_only_with_its_option(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct caller receiver;
    prepare_receiver(&receiver, port);
    receiver.option |= MACH_SEND_TIMEOUT;
    receiver.timeout = 0;
    begin_blocked(&receiver);
    send_id(port, 5);
    expect_received(&receiver, port, 5);
    destroy(port);
}

static void a_call_that_sends_waits_for_its_reply(void **state) {
    (void)state;
    mach_port_t port = make_port(), reply = make_port();
    struct test_message request = message_to(port, MAKE_SEND, 5), received;
    set_reply(&request, reply, MAKE_SEND_ONCE);
    struct caller caller;
    prepare_sender(&caller, &request);
    caller.option |= MACH_RCV_MSG;
    caller.receive_size = sizeof(caller.message);
    caller.receive_name = reply;
    begin_blocked(&caller);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    assert_code(send_simple(received.header.msgh_remote_port, MOVE_SEND_ONCE, 105), MACH_MSG_SUCCESS);
    expect_received(&caller, reply, 105);
    assert_int_equal(caller.message.header.msgh_bits, 0x1200);
    destroy(port);
    destroy(reply);
}

// ---- What a receiver waits on changes

// Two receivers wait on the port, one of them with a (far) time-out.
static void block_two(struct caller *receivers, mach_port_t name) {
    block_receiver(&receivers[0], name);
    prepare_receiver(&receivers[1], name);
    receivers[1].option |= MACH_RCV_TIMEOUT | MACH_RCV_LARGE;
    receivers[1].timeout = 1000000;
    begin_blocked(&receivers[1]);
}

static void expect_changed(struct caller *receivers) {
    for (int i = 0; i < 2; i++) expect_ended(&receivers[i], MACH_RCV_PORT_CHANGED); // V2
}

static void receivers_of_a_destroyed_port_are_woken(void **state) {
    (void)state;
    assert_int_equal(MACH_RCV_PORT_CHANGED, 0x10004006); // V2
    for (int how = 0; how < 2; how++) {
        mach_port_t port = make_port();
        struct caller receivers[2];
        block_two(receivers, port);
        if (how == 0) {
            destroy(port);
        } else {
            kill_port(port);
        }
        expect_changed(receivers);
    }
}

static void receivers_of_a_port_that_moves_away_are_woken(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), carrier = make_port();
    struct caller receivers[2];
    block_two(receivers, port);
    put_in_transit(port, carrier);
    expect_changed(receivers); // V2
    assert_int_equal(take_from_transit(carrier), port);
    send_id(port, 3);
    expect_message(port, 3);
    destroy(port);
    destroy(carrier);
}

static void receivers_of_a_port_sent_to_itself_are_woken(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct caller receivers[2];
    block_two(receivers, port);
    put_in_transit(port, port);
    expect_changed(receivers); // V2, C1
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
}

static void receivers_of_a_destroyed_set_are_woken(void **state) {
    (void)state;
    for (int how = 0; how < 2; how++) {
        mach_port_t set = make_set(), members[] = {make_port(), make_port()};
        for (int i = 0; i < 2; i++) put_in_set(members[i], set);
        struct caller receivers[2], direct;
        block_receiver(&direct, members[0]);
        block_two(receivers, set);
        if (how == 0) {
            destroy(set);
        } else {
            assert_success(mach_port_mod_refs(SELF, set, MACH_PORT_RIGHT_PORT_SET, -1));
        }
        expect_changed(receivers); // V2, P5
        expect_blocked(&direct);   // P5: members are unaffected
        for (int i = 0; i < 2; i++) {
            assert_int_equal(type(members[i]), MACH_PORT_TYPE_RECEIVE);
            assert_false(status(members[i]).mps_pset);
            send_id(members[i], i);
        }
        expect_received(&direct, members[0], 0);
        expect_message(members[1], 1);
        for (int i = 0; i < 2; i++) destroy(members[i]);
    }
}

static void receivers_of_a_set_do_not_notice_its_members_go(void **state) {
    (void)state;
    mach_port_t set = make_set(), other = make_set(), carrier = make_port(), members[5];
    for (int i = 0; i < 5; i++) {
        members[i] = port_with_send();
        put_in_set(members[i], set);
    }
    struct caller receivers[2];
    block_two(receivers, set);
    destroy(members[0]);
    put_in_transit(members[1], carrier);
    assert_success(mach_port_extract_member(SELF, members[2], set));
    assert_success(mach_port_move_member(SELF, members[3], other));
    for (int i = 0; i < 2; i++) expect_blocked(&receivers[i]);
    // What they get goes elsewhere now.
    send_id(members[2], 2);
    send_id(members[3], 3);
    for (int i = 0; i < 2; i++) expect_blocked(&receivers[i]);
    expect_message(members[2], 2);
    expect_message(other, 3);
    // The one that stayed serves both.
    send_id(members[4], 4);
    expect_received(&receivers[0], members[4], 4);
    send_id(members[4], 5);
    expect_received(&receivers[1], members[4], 5);
    for (int i = 2; i < 5; i++) destroy(members[i]);
    destroy(carrier);
    destroy(members[1]);
    destroy(set);
    destroy(other);
}

static void set_changes_do_not_disturb_receivers_of_the_port(void **state) {
    (void)state;
    mach_port_t port = make_port(), sets[] = {make_set(), make_set(), make_set()};
    struct caller receiver;
    block_receiver(&receiver, port);
    put_in_set(port, sets[0]);
    put_in_set(port, sets[1]);
    assert_success(mach_port_extract_member(SELF, port, sets[0]));
    assert_success(mach_port_move_member(SELF, port, sets[2]));
    destroy(sets[2]);
    assert_success(mach_port_move_member(SELF, port, sets[0]));
    assert_success(mach_port_move_member(SELF, port, MACH_PORT_NULL));
    put_in_set(port, sets[1]);
    expect_blocked(&receiver); // V17
    send_id(port, 5);
    expect_received(&receiver, port, 5);
    expect_no_message(sets[1]);
    destroy(port);
    destroy(sets[0]);
    destroy(sets[1]);
}

// ---- Sets

static void receivers_of_the_port_come_before_those_of_its_sets(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set();
    put_in_set(port, set);
    struct caller of_set[2], of_port[2];
    block_receiver(&of_set[0], set);
    block_receiver(&of_port[0], port);
    block_receiver(&of_set[1], set);
    block_receiver(&of_port[1], port);
    for (int i = 0; i < 4; i++) {
        send_id(port, i);
        expect_received(i < 2 ? &of_port[i] : &of_set[i - 2], port, i); // V17
    }
    expect_no_message(port);
    destroy(port);
    destroy(set);
}

static void receivers_of_a_set_are_served_in_the_order_they_came(void **state) {
    (void)state;
    mach_port_t set = make_set(), members[] = {make_port(), make_port(), make_port()};
    for (int i = 0; i < 3; i++) put_in_set(members[i], set);
    struct caller receivers[6];
    for (int i = 0; i < 6; i++) block_receiver(&receivers[i], set);
    for (int i = 0; i < 6; i++) {
        send_id(members[(i * 2) % 3], 20 + i);
        expect_received(&receivers[i], members[(i * 2) % 3], 20 + i); // V17
    }
    for (int i = 0; i < 3; i++) destroy(members[i]);
    destroy(set);
}

static void a_port_in_several_sets_wakes_one_receiver_of_one(void **state) {
    (void)state;
    mach_port_t port = make_port(), sets[] = {make_set(), make_set()};
    struct caller receivers[2];
    for (int i = 0; i < 2; i++) {
        put_in_set(port, sets[i]);
        block_receiver(&receivers[i], sets[i]);
    }
    send_id(port, 5);
    while (!receivers[0].done && !receivers[1].done) sched_yield();
    int first = receivers[0].done ? 0 : 1;
    expect_received(&receivers[first], port, 5);
    expect_blocked(&receivers[1 - first]);
    send_id(port, 6);
    expect_received(&receivers[1 - first], port, 6); // P1
    destroy(port);
    for (int i = 0; i < 2; i++) destroy(sets[i]);
}

static void messages_queued_before_insertion_wake_receivers_of_the_set(void **state) {
    (void)state;
    for (int how = 0; how < 2; how++) {
        mach_port_t port = make_port(), set = make_set();
        struct caller receivers[2];
        for (int i = 0; i < 2; i++) block_receiver(&receivers[i], set); // V4: a set without members waits
        queue_messages(port, 3);
        if (how == 0) {
            put_in_set(port, set);
        } else {
            assert_success(mach_port_move_member(SELF, port, set));
        }
        unsigned seen = 0;
        for (int i = 0; i < 2; i++) {
            assert_code(finish(&receivers[i]), MACH_MSG_SUCCESS); // P3
            assert_int_equal(receivers[i].message.header.msgh_local_port, port);
            seen |= 1u << receivers[i].message.header.msgh_id;
        }
        assert_int_equal(seen, 3); // the first two
        expect_message(set, 2);    // P3
        destroy(port);
        destroy(set);
    }
}

static void a_member_inserted_while_waiting_wakes_with_its_next_message(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set();
    struct caller receiver;
    block_receiver(&receiver, set);
    put_in_set(port, set);
    expect_blocked(&receiver);
    send_id(port, 5);
    expect_received(&receiver, port, 5); // V4, P3
    destroy(port);
    destroy(set);
}

static void a_blocked_sender_of_a_member_fills_the_place_a_set_took(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set();
    set_limit(port, 1);
    put_in_set(port, set);
    send_id(port, 1);
    struct caller sender;
    block_sender(&sender, port, 2);
    expect_message(set, 1);
    assert_code(finish(&sender), MACH_MSG_SUCCESS); // Q3
    expect_message(set, 2);
    destroy(port);
    destroy(set);
}

// ---- Messages too large for who waits

static void a_message_too_large_for_a_waiting_receiver_is_lost(void **state) {
    (void)state;
    mach_port_t port = make_port(), watch = make_port();
    struct caller receiver;
    prepare_receiver(&receiver, port);
    receiver.receive_size = 60;
    receiver.option |= MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO);
    begin_blocked(&receiver);
    struct test_message message = message_to(port, MAKE_SEND, 5);
    set_reply(&message, watch, MAKE_SEND_ONCE);
    set_inline_size(&message, 52);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);  // the sender need not know
    assert_code(finish(&receiver), MACH_RCV_TOO_LARGE); // V6, V10
    assert_int_equal(receiver.message.header.msgh_size, 24);
    assert_int_equal(receiver.message.header.msgh_bits, 0x1112);
    assert_int_equal(receiver.message.header.msgh_remote_port, MACH_PORT_NULL);
    assert_int_equal(receiver.message.header.msgh_local_port, port);
    assert_int_equal(receiver.message.header.msgh_id, 5);
    assert_int_equal(trailer_of(&receiver.message)->msgh_seqno, 0);
    assert_untouched(&receiver.message, 36, sizeof(receiver.message));
    expect_send_once_notification(watch);
    expect_no_message(port);
    assert_int_equal(status(port).mps_seqno, 1);
    destroy(port);
    destroy(watch);
}

static void a_message_too_large_goes_to_the_next_receiver(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set();
    put_in_set(port, set);
    struct caller small[2], large;
    for (int i = 0; i < 2; i++) {
        prepare_receiver(&small[i], i == 0 ? port : set);
        small[i].receive_size = 40;
        small[i].option |= MACH_RCV_LARGE | MACH_RCV_LARGE_IDENTITY;
        begin_blocked(&small[i]);
    }
    block_receiver(&large, set);
    struct test_message message = message_to(port, MAKE_SEND, 5);
    set_inline_size(&message, 52);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    for (int i = 0; i < 2; i++) {
        assert_code(finish(&small[i]), MACH_RCV_TOO_LARGE); // V5
        assert_int_equal(small[i].message.header.msgh_size, 52);
        assert_int_equal(small[i].message.header.msgh_local_port, port); // V5: by its name, through the set too
        assert_untouched(&small[i].message, 0, 4);
        assert_untouched(&small[i].message, 8, 12);
        assert_untouched(&small[i].message, 16, sizeof(small[i].message));
    }
    expect_received(&large, port, 5);
    assert_inline_pattern(&large.message, 52);
    expect_no_message(port);
    assert_int_equal(status(port).mps_seqno, 1);
    destroy(port);
    destroy(set);
}

static void a_message_too_large_for_all_who_wait_is_queued(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct caller receiver;
    prepare_receiver(&receiver, port);
    receiver.receive_size = 0;
    receiver.option |= MACH_RCV_LARGE;
    begin_blocked(&receiver);
    struct test_message message = message_to(port, MAKE_SEND, 5);
    set_inline_size(&message, 52);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(finish(&receiver), MACH_RCV_TOO_LARGE); // V5
    assert_int_equal(receiver.message.header.msgh_size, 52);
    assert_int_equal(status(port).mps_msgcount, 1); // V5: it stays
    assert_int_equal(receive_seqno(port), 0);       // and has its number yet to come
    destroy(port);
}

// ---- Signals

static _Atomic int handled;

static void count_signal(int number) {
    (void)number;
    handled++;
}

// SIGUSR1 is counted, with these flags, and has its old action back at the end.
static struct sigaction take_signal(int flags) {
    struct sigaction action, old;
    memset(&action, 0, sizeof(action));
    action.sa_handler = count_signal;
    action.sa_flags = flags;
    assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
    handled = 0;
    return old;
}

static void give_signal_back(struct sigaction old) { assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0); }

static const int flags[] = {0, SA_RESTART};

// Sends the signal and returns when the sleeping thread got it. (A thread sanitizer runs handlers later: what tells is that the thread woke up.)
static void interrupt(struct caller *caller) {
    int before = handled;
    unsigned long switches = switches_of(&caller->thread);
    assert_int_equal(pthread_kill(caller->thread.thread, SIGUSR1), 0);
    while (!caller->done && (UNDER_TSAN ? switches_of(&caller->thread) == switches : handled == before)) sched_yield();
}

static mach_port_t full_port(void) {
    mach_port_t port = make_port();
    set_limit(port, 1);
    send_id(port, 0);
    return port;
}

static void a_receive_reports_a_signal_when_asked(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        for (int timed = 0; timed < 2; timed++) {
            struct sigaction old = take_signal(flags[i]);
            mach_port_t port = make_port(), set = make_set();
            put_in_set(port, set);
            struct caller receivers[2];
            for (int j = 0; j < 2; j++) {
                prepare_receiver(&receivers[j], j == 0 ? port : set);
                receivers[j].option |= MACH_RCV_INTERRUPT | (timed ? MACH_RCV_TIMEOUT : 0);
                receivers[j].timeout = 1000000;
                begin_blocked(&receivers[j]);
            }
            for (int j = 0; j < 2; j++) {
                interrupt(&receivers[j]);
                expect_ended(&receivers[j], MACH_RCV_INTERRUPTED); // Choices: with SA_RESTART or without
            }
            send_id(port, 5); // no one waits any more
            expect_message(set, 5);
            destroy(port);
            destroy(set);
            give_signal_back(old);
        }
    }
}

static void a_receive_goes_on_after_a_signal(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        for (int timed = 0; timed < 2; timed++) {
            struct sigaction old = take_signal(flags[i]);
            mach_port_t port = make_port();
            struct caller receiver;
            prepare_receiver(&receiver, port);
            receiver.option |= MACH_SEND_INTERRUPT | (timed ? MACH_RCV_TIMEOUT : 0); // of the other half: no effect
            receiver.timeout = 1000000;
            begin_blocked(&receiver);
            for (int j = 0; j < 3; j++) {
                interrupt(&receiver);
                expect_blocked(&receiver);
            }
            send_id(port, 5);
            expect_received(&receiver, port, 5);
            destroy(port);
            give_signal_back(old);
        }
    }
}

static void a_send_reports_a_signal_when_asked(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        for (int timed = 0; timed < 2; timed++) {
            struct sigaction old = take_signal(flags[i]);
            mach_port_t port = full_port(), watch = make_port(), sent = port_with_sends(1);
            struct test_message message = message_to(port, MAKE_SEND, 5);
            set_reply(&message, watch, MAKE_SEND_ONCE);
            add_port(&message, sent, COPY_SEND);
            struct caller sender;
            prepare_sender(&sender, &message);
            sender.option |= MACH_SEND_INTERRUPT | (timed ? MACH_SEND_TIMEOUT : 0);
            sender.timeout = 1000000;
            begin_blocked(&sender);
            interrupt(&sender);
            assert_code(finish(&sender), MACH_SEND_INTERRUPTED);            // Q5, Choices
            assert_int_equal(sender.message.header.msgh_bits, 0x80001211u); // S9
            assert_int_equal(sender.message.header.msgh_size, 40);
            assert_int_equal(sender.message.header.msgh_remote_port, port);
            assert_int_equal(type(sender.message.header.msgh_local_port), MACH_PORT_TYPE_SEND_ONCE);
            assert_int_equal(sender.message.ports[0].name, sent);
            assert_int_equal(sender.message.ports[0].disposition, 17);
            assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1); // S9
            assert_int_equal(refs(sent, MACH_PORT_RIGHT_SEND), 2);
            assert_int_equal(status(port).mps_msgcount, 1);
            // It can be sent as it is.
            expect_message(port, 0);
            assert_code(send_now(&sender.message), MACH_MSG_SUCCESS);
            assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE);
            assert_int_equal(refs(sent, MACH_PORT_RIGHT_SEND), 1);
            destroy(port);
            expect_send_once_notification(watch);
            destroy(watch);
            destroy(sent);
            give_signal_back(old);
        }
    }
}

static void a_send_goes_on_after_a_signal(void **state) {
    (void)state;
    const struct {
        mach_msg_type_name_t disposition;
        mach_port_urefs_t left;
        mach_port_mscount_t made;
    } cases[] = {{MOVE_SEND, 1, 2}, {COPY_SEND, 2, 2}, {MAKE_SEND, 2, 3}};
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        for (size_t j = 0; j < COUNT_OF(cases); j++) {
            struct sigaction old = take_signal(flags[i]);
            mach_port_t port = make_port(), watch = make_port();
            set_limit(port, 1);
            insert_send(port);
            assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 1));
            send_id(port, 0);
            struct test_message message = message_to(port, cases[j].disposition, 5), received;
            set_reply(&message, watch, MAKE_SEND_ONCE);
            struct caller sender;
            prepare_sender(&sender, &message);
            sender.option |= MACH_RCV_INTERRUPT; // of the other half: no effect
            begin_blocked(&sender);
            for (int k = 0; k < 3; k++) {
                interrupt(&sender);
                expect_blocked(&sender);
            }
            expect_message(port, 0);
            assert_code(finish(&sender), MACH_MSG_SUCCESS);                    // Q5
            assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), cases[j].left); // nothing was taken twice
            assert_int_equal(status(port).mps_mscount, cases[j].made);
            assert_int_equal(status(watch).mps_sorights, 1);
            assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
            assert_int_equal(received.header.msgh_id, 5);
            assert_int_equal(received.header.msgh_bits, 0x1112);
            expect_no_message(port);
            destroy(received.header.msgh_remote_port);
            expect_send_once_notification(watch);
            destroy(port);
            destroy(watch);
            give_signal_back(old);
        }
    }
}

static void a_call_interrupted_in_its_receive_does_not_send_again(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        struct sigaction old = take_signal(flags[i]);
        mach_port_t port = make_port(), reply = make_port();
        struct test_message request = message_to(port, MAKE_SEND, 5), received;
        set_reply(&request, reply, MAKE_SEND_ONCE);
        struct caller caller;
        prepare_sender(&caller, &request);
        caller.option |= MACH_RCV_MSG | MACH_SEND_INTERRUPT;
        caller.receive_size = sizeof(caller.message);
        caller.receive_name = reply;
        begin_blocked(&caller);
        for (int j = 0; j < 3; j++) {
            interrupt(&caller);
            expect_blocked(&caller);
        }
        assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
        expect_no_message(port);
        assert_code(send_simple(received.header.msgh_remote_port, MOVE_SEND_ONCE, 105), MACH_MSG_SUCCESS);
        expect_received(&caller, reply, 105);
        destroy(port);
        destroy(reply);
        give_signal_back(old);
    }
}

static void a_call_interrupted_in_its_receive_has_sent(void **state) {
    (void)state;
    struct sigaction old = take_signal(0);
    mach_port_t port = make_port(), reply = make_port();
    struct test_message request = message_to(port, MAKE_SEND, 5);
    struct caller caller;
    prepare_sender(&caller, &request);
    caller.option |= MACH_RCV_MSG | MACH_RCV_INTERRUPT;
    caller.receive_size = sizeof(caller.message);
    caller.receive_name = reply;
    begin_blocked(&caller);
    interrupt(&caller);
    assert_code(finish(&caller), MACH_RCV_INTERRUPTED);
    assert_memory_equal(&request, &caller.message, sizeof(request));
    expect_message(port, 5);
    expect_no_message(port);
    destroy(port);
    destroy(reply);
    give_signal_back(old);
}

static void a_call_interrupted_in_its_send_has_not_received(void **state) {
    (void)state;
    struct sigaction old = take_signal(0);
    mach_port_t port = full_port(), reply = make_port();
    send_id(reply, 9);
    struct test_message request = message_to(port, MAKE_SEND, 5);
    struct caller caller;
    prepare_sender(&caller, &request);
    caller.option |= MACH_RCV_MSG | MACH_SEND_INTERRUPT | MACH_RCV_INTERRUPT;
    caller.receive_size = sizeof(caller.message);
    caller.receive_name = reply;
    begin_blocked(&caller);
    interrupt(&caller);
    assert_code(finish(&caller), MACH_SEND_INTERRUPTED); // Q7
    assert_int_equal(caller.message.header.msgh_id, 5);
    assert_int_equal(caller.message.header.msgh_bits, 17); // S9
    mach_msg_destroy(&caller.message.header);
    expect_message(reply, 9);
    destroy(port);
    destroy(reply);
    give_signal_back(old);
}

static void a_signal_before_the_wait_is_no_interruption(void **state) {
    (void)state;
    struct sigaction old = take_signal(0);
    mach_port_t port = make_port();
    struct test_message received;
    assert_int_equal(raise(SIGUSR1), 0);
    assert_code(receive_now(port, &received, MACH_RCV_INTERRUPT), MACH_RCV_TIMED_OUT);
    send_id(port, 5);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_code(receive_now(port, &received, MACH_RCV_INTERRUPT), MACH_MSG_SUCCESS);
    assert_int_equal(handled, 2);
    destroy(port);
    give_signal_back(old);
}

static void a_signal_that_no_handler_sees_is_no_interruption(void **state) {
    (void)state;
    struct sigaction old = take_signal(0), ignore;
    mach_port_t port = make_port();
    struct caller receiver;
    prepare_receiver(&receiver, port);
    receiver.option |= MACH_RCV_INTERRUPT;
    begin_blocked(&receiver);
    memset(&ignore, 0, sizeof(ignore));
    ignore.sa_handler = SIG_IGN;
    assert_int_equal(sigaction(SIGUSR1, &ignore, NULL), 0);
    assert_int_equal(pthread_kill(receiver.thread.thread, SIGUSR1), 0);
    expect_blocked(&receiver); // Choices: any handled signal
    send_id(port, 5);
    expect_received(&receiver, port, 5);
    destroy(port);
    give_signal_back(old);
}

static void a_signal_to_another_thread_is_no_interruption(void **state) {
    (void)state;
    struct sigaction old = take_signal(0);
    mach_port_t port = make_port();
    struct caller receivers[2];
    for (int i = 0; i < 2; i++) {
        prepare_receiver(&receivers[i], port);
        receivers[i].option |= MACH_RCV_INTERRUPT;
        begin_blocked(&receivers[i]);
    }
    interrupt(&receivers[0]);
    expect_ended(&receivers[0], MACH_RCV_INTERRUPTED);
    expect_blocked(&receivers[1]);
    send_id(port, 5);
    expect_received(&receivers[1], port, 5); // the interrupted one left the line
    destroy(port);
    give_signal_back(old);
}

// Signals the thread every few milliseconds until its call ends, but not for ever.
static void storm(struct caller *caller) {
    uint64_t start = milliseconds();
    const struct timespec pause = {.tv_nsec = 3000000};
    while (!caller->done && milliseconds() - start < 15000) {
        pthread_kill(caller->thread.thread, SIGUSR1);
        nanosleep(&pause, NULL);
    }
}

static void a_receive_that_restarts_keeps_its_deadline(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        struct sigaction old = take_signal(flags[i]);
        mach_port_t port = make_port();
        struct caller receiver;
        prepare_receiver(&receiver, port);
        receiver.option |= MACH_RCV_TIMEOUT;
        receiver.timeout = 400;
        begin_blocked(&receiver);
        storm(&receiver);
        expect_ended(&receiver, MACH_RCV_TIMED_OUT);
        assert_true(UNDER_TSAN || handled > 3);
        assert_in_range(receiver.ended - receiver.started, 399, 10000); // Choices: the time-out is not begun anew
        destroy(port);
        give_signal_back(old);
    }
}

static void a_send_that_restarts_keeps_its_deadline(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        struct sigaction old = take_signal(flags[i]);
        mach_port_t port = full_port();
        struct test_message message = message_to(port, MAKE_SEND, 5);
        struct caller sender;
        prepare_sender(&sender, &message);
        sender.option |= MACH_SEND_TIMEOUT;
        sender.timeout = 400;
        begin_blocked(&sender);
        storm(&sender);
        assert_code(finish(&sender), MACH_SEND_TIMED_OUT);
        assert_true(UNDER_TSAN || handled > 3);
        assert_in_range(sender.ended - sender.started, 399, 10000); // Choices
        assert_int_equal(sender.message.header.msgh_bits, 17);      // S9
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
        assert_int_equal(status(port).mps_mscount, 2); // of the queued message and of this one
        destroy(port);
        give_signal_back(old);
    }
}

static void messages_pass_through_a_storm_of_signals(void **state) {
    (void)state;
    struct sigaction old = take_signal(SA_RESTART);
    mach_port_t port = make_port();
    struct caller receiver;
    block_receiver(&receiver, port);
    for (int i = 0; i < 200; i++) {
        for (int j = 0; j < 5; j++) pthread_kill(receiver.thread.thread, SIGUSR1);
        send_id(port, i);
        for (int j = 0; j < 5; j++) pthread_kill(receiver.thread.thread, SIGUSR1);
        expect_received(&receiver, port, i); // none is lost and none comes twice
        expect_no_message(port);
        block_receiver(&receiver, port);
    }
    destroy(port);
    assert_code(finish(&receiver), MACH_RCV_PORT_CHANGED);
    give_signal_back(old);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_waiting_receiver_gets_the_message),
        TEST(a_message_wakes_one_receiver),
        TEST(a_receiver_whose_time_runs_out_takes_nothing),
        TEST(a_receive_time_out_counts_only_with_its_option),
        TEST(a_call_that_sends_waits_for_its_reply),
        TEST(receivers_of_a_destroyed_port_are_woken),
        TEST(receivers_of_a_port_that_moves_away_are_woken),
        TEST(receivers_of_a_port_sent_to_itself_are_woken),
        TEST(receivers_of_a_destroyed_set_are_woken),
        TEST(receivers_of_a_set_do_not_notice_its_members_go),
        TEST(set_changes_do_not_disturb_receivers_of_the_port),
        TEST(receivers_of_the_port_come_before_those_of_its_sets),
        TEST(receivers_of_a_set_are_served_in_the_order_they_came),
        TEST(a_port_in_several_sets_wakes_one_receiver_of_one),
        TEST(messages_queued_before_insertion_wake_receivers_of_the_set),
        TEST(a_member_inserted_while_waiting_wakes_with_its_next_message),
        TEST(a_blocked_sender_of_a_member_fills_the_place_a_set_took),
        TEST(a_message_too_large_for_a_waiting_receiver_is_lost),
        TEST(a_message_too_large_goes_to_the_next_receiver),
        TEST(a_message_too_large_for_all_who_wait_is_queued),
        TEST(a_receive_reports_a_signal_when_asked),
        TEST(a_receive_goes_on_after_a_signal),
        TEST(a_send_reports_a_signal_when_asked),
        TEST(a_send_goes_on_after_a_signal),
        TEST(a_call_interrupted_in_its_receive_does_not_send_again),
        TEST(a_call_interrupted_in_its_receive_has_sent),
        TEST(a_call_interrupted_in_its_send_has_not_received),
        TEST(a_signal_before_the_wait_is_no_interruption),
        TEST(a_signal_that_no_handler_sees_is_no_interruption),
        TEST(a_signal_to_another_thread_is_no_interruption),
        TEST(a_receive_that_restarts_keeps_its_deadline),
        TEST(a_send_that_restarts_keeps_its_deadline),
        TEST(messages_pass_through_a_storm_of_signals),
    };
    return RUN(tests);
}

// What dies and in which order: unused send-once rights, ports with messages in them, chains and circles of ports, messages given up. Rows C1 to C3, R4, T18.
#include "message_support.h"

#include <mach/notify.h>

enum { MOVE_RECEIVE = 16, MOVE_SEND = 17, MOVE_SEND_ONCE = 18, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21 };

#define CHAIN 200000

// ---- Unused send-once rights

static void drop(mach_port_t once, int how) {
    switch (how) {
    case 0:
        assert_success(mach_port_mod_refs(SELF, once, MACH_PORT_RIGHT_SEND_ONCE, -1));
        break;
    case 1:
        assert_success(mach_port_deallocate(SELF, once));
        break;
    default:
        assert_success(mach_port_destroy(SELF, once));
        break;
    }
    assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
}

static void a_dropped_send_once_right_posts_a_notification(void **state) {
    (void)state;
    assert_int_equal(sizeof(mach_send_once_notification_t), 44);
    for (int how = 0; how < 3; how++) {
        mach_port_t port = make_port(), once = make_send_once(port);
        assert_success(mach_port_set_seqno(SELF, port, 8));
        drop(once, how); // R4
        assert_int_equal(status(port).mps_msgcount, 1);
        assert_int_equal(status(port).mps_sorights, 1); // the notification's own
        struct test_message received;
        assert_code(receive_limited(port, &received, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SENDER), 44),
                    MACH_MSG_SUCCESS);
        const mach_send_once_notification_t *notification = (const mach_send_once_notification_t *)&received;
        assert_int_equal(notification->not_header.msgh_bits, 0x1200); // T17
        assert_int_equal(notification->not_header.msgh_size, 24);
        assert_int_equal(notification->not_header.msgh_remote_port, MACH_PORT_NULL); // T17
        assert_int_equal(notification->not_header.msgh_local_port, port);
        assert_int_equal(notification->not_header.msgh_voucher_port, 0);
        assert_int_equal(notification->not_header.msgh_id, 71); // T18
        assert_int_equal(notification->trailer.msgh_trailer_type, 0);
        assert_int_equal(notification->trailer.msgh_trailer_size, 20);
        assert_int_equal(notification->trailer.msgh_seqno, 8);
        assert_int_equal(notification->trailer.msgh_sender.val[0], 0); // T17
        assert_int_equal(notification->trailer.msgh_sender.val[1], 1);
        assert_untouched(&received, 44, sizeof(received));
        assert_int_equal(status(port).mps_sorights, 0);
        expect_no_message(port);
        destroy(port);
    }
}

static void a_notification_is_from_nobody(void **state) {
    (void)state;
    mach_port_t port = make_port();
    drop(make_send_once(port), 0);
    assert_success(mach_port_set_context(SELF, port, 0xabc));
    struct test_message received;
    assert_code(receive_now(port, &received, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_LABELS)), MACH_MSG_SUCCESS);
    const mach_msg_max_trailer_t *trailer = trailer_of(&received);
    assert_int_equal(trailer->msgh_trailer_size, 68);
    assert_int_equal(trailer->msgh_sender.val[0], 0); // T17
    assert_int_equal(trailer->msgh_sender.val[1], 1);
    for (int i = 0; i < 8; i++) assert_int_equal(trailer->msgh_audit.val[i], 0); // T17
    assert_int_equal(trailer->msgh_context, 0xabc);
    assert_int_equal(trailer->msgh_ad, 0);
    assert_int_equal(trailer->msgh_labels.sender, 0);
    destroy(port);
}

static void notifications_take_their_turn_in_the_queue(void **state) {
    (void)state;
    mach_port_t port = make_port();
    set_limit(port, 2);
    mach_port_t first = make_send_once(port), second = make_send_once(port);
    assert_code(send_simple(port, MAKE_SEND, 1), MACH_MSG_SUCCESS);
    drop(first, 1);
    assert_code(send_simple(port, MAKE_SEND, 2), MACH_SEND_TIMED_OUT); // it counts
    assert_success(mach_port_deallocate(SELF, port));                  // the right that came back
    drop(second, 2);                                                   // T25: and is not held up itself
    expect_message(port, 1);
    expect_message(port, 71);
    expect_message(port, 71);
    expect_no_message(port);
    destroy(port);
}

static void a_used_send_once_right_posts_nothing(void **state) {
    (void)state;
    mach_port_t port = make_port(), once = make_send_once(port);
    assert_code(send_simple(once, MOVE_SEND_ONCE, 5), MACH_MSG_SUCCESS);
    expect_message(port, 5);
    expect_no_message(port);
    destroy(port);
}

static void a_send_once_right_of_a_dead_port_posts_nothing(void **state) {
    (void)state;
    uint64_t messages = live_messages();
    for (int how = 0; how < 3; how++) {
        mach_port_t port = make_port(), once = make_send_once(port);
        destroy(port);
        if (how == 0) {
            assert_success(mach_port_mod_refs(SELF, once, MACH_PORT_RIGHT_DEAD_NAME, -1)); // R7
        } else {
            drop(once, how); // T18
        }
        assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
        assert_int_equal(live_messages(), messages);
    }
}

static void a_notification_goes_to_a_port_in_transit(void **state) {
    (void)state;
    mach_port_t port = make_port(), carrier = make_port(), once = make_send_once(port);
    put_in_transit(port, carrier);
    drop(once, 0);
    mach_port_t name = take_from_transit(carrier);
    expect_send_once_notification(name); // T18
    destroy(name);
    destroy(carrier);
}

static void a_notification_wakes_a_receiver(void **state) {
    (void)state;
    mach_port_t port = make_port(), once = make_send_once(port);
    struct caller receiver;
    block_receiver(&receiver, port);
    drop(once, 0);
    assert_code(finish(&receiver), MACH_MSG_SUCCESS);
    assert_int_equal(receiver.message.header.msgh_id, 71);
    destroy(port);
}

// ---- Ports with messages in them

static void a_dying_port_gives_up_what_its_messages_hold(void **state) {
    (void)state;
    for (int how = 0; how < 3; how++) {
        mach_port_t port = make_port(), carrier = MACH_PORT_NULL, watch = make_port(), reply = make_port(),
                    sent = make_port(), carried = port_with_send();
        uint64_t ports = live_ports(), messages = live_messages();
        struct test_message message = message_to(port, MAKE_SEND, 1);
        set_reply(&message, reply, MAKE_SEND);
        add_port(&message, sent, MAKE_SEND);
        add_port(&message, watch, MAKE_SEND_ONCE);
        add_port(&message, carried, MOVE_RECEIVE);
        add_port(&message, MACH_PORT_NULL, MOVE_SEND);
        add_port(&message, MACH_PORT_DEAD, MOVE_SEND);
        assert_code(send_now(&message), MACH_MSG_SUCCESS);
        queue_messages(port, 3);
        assert_int_equal(live_messages(), messages + 4);
        assert_true(status(reply).mps_srights);
        assert_true(status(sent).mps_srights);
        assert_int_equal(status(watch).mps_sorights, 1);
        switch (how) {
        case 0:
            destroy(port);
            break;
        case 1:
            kill_port(port);
            break;
        default:
            carrier = make_port();
            put_in_transit(port, carrier);
            destroy(carrier);
            break;
        }
        assert_false(status(reply).mps_srights); // C2, C3
        assert_false(status(sent).mps_srights);
        expect_send_once_notification(watch);
        expect_no_message(watch);
        assert_int_equal(type(carried), MACH_PORT_TYPE_DEAD_NAME);
        assert_int_equal(live_messages(), messages);
        assert_int_equal(live_ports(), ports - 2); // port and carried
        destroy(watch);
        destroy(reply);
        destroy(sent);
        destroy(carried);
    }
}

static void a_dying_port_leaves_dead_names(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(3), once = make_send_once(port);
    kill_port(port);
    assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), 3);
    assert_int_equal(type(once), MACH_PORT_TYPE_DEAD_NAME); // T13: converted at the next look
    assert_int_equal(refs(once, MACH_PORT_RIGHT_DEAD_NAME), 1);
    destroy(port);
    destroy(once);
}

static void a_dying_port_leaves_its_sets(void **state) {
    (void)state;
    mach_port_t port = make_port(), other = make_port(), set = make_set();
    put_in_set(port, set);
    put_in_set(other, set);
    queue_messages(port, 2);
    destroy(port);
    assert_false(is_member(port, set)); // C2
    expect_no_message(set);
    queue_messages(other, 1);
    expect_message(set, 0);
    destroy(set);
    destroy(other);
}

static void messages_die_in_the_order_they_were_sent(void **state) {
    (void)state;
    mach_port_t port = make_port(), ports[5];
    for (int i = 0; i < 5; i++) ports[i] = make_port();
    struct test_message first = message_to(port, MAKE_SEND, 1), second = message_to(port, MAKE_SEND, 2);
    set_reply(&first, ports[3], MAKE_SEND_ONCE);
    add_port(&first, ports[1], MAKE_SEND_ONCE);
    add_port(&first, ports[4], MAKE_SEND_ONCE);
    set_reply(&second, ports[0], MAKE_SEND_ONCE);
    add_port(&second, ports[2], MAKE_SEND_ONCE);
    assert_code(send_now(&first), MACH_MSG_SUCCESS);
    assert_code(send_now(&second), MACH_MSG_SUCCESS);
    struct witnesses witnesses;
    block_witnesses(&witnesses, ports, 5);
    destroy(port);
    const mach_port_t order[] = {ports[3], ports[1], ports[4], ports[0], ports[2]};
    expect_witnessed(&witnesses, order); // C3: reply, then descriptors in order; C2: the queue in order
    for (int i = 0; i < 5; i++) destroy(ports[i]);
}

static void ports_inside_a_dying_message_die_after_it(void **state) {
    (void)state;
    mach_port_t port = make_port(), inner = make_port(), ports[4];
    for (int i = 0; i < 4; i++) ports[i] = make_port();
    struct test_message nested = message_to(inner, MAKE_SEND, 1), first = message_to(port, MAKE_SEND, 2),
                        second = message_to(port, MAKE_SEND, 3);
    set_reply(&nested, ports[0], MAKE_SEND_ONCE);
    assert_code(send_now(&nested), MACH_MSG_SUCCESS);
    set_reply(&first, ports[1], MAKE_SEND_ONCE);
    add_port(&first, inner, MOVE_RECEIVE);
    add_port(&first, ports[2], MAKE_SEND_ONCE);
    assert_code(send_now(&first), MACH_MSG_SUCCESS);
    set_reply(&second, ports[3], MAKE_SEND_ONCE);
    assert_code(send_now(&second), MACH_MSG_SUCCESS);
    struct witnesses witnesses;
    block_witnesses(&witnesses, ports, 4);
    destroy(port);
    // What was inside the inner port waits on the list behind the messages that are on it already.
    const mach_port_t order[] = {ports[1], ports[2], ports[3], ports[0]};
    expect_witnessed(&witnesses, order); // C3
    for (int i = 0; i < 4; i++) destroy(ports[i]);
}

static void notifications_go_to_a_port_that_dies_in_the_same_message(void **state) {
    (void)state;
    // The notification of the first descriptor lands in the port that the second one kills.
    mach_port_t port = make_port(), watch = make_port();
    uint64_t ports = live_ports(), messages = live_messages();
    struct test_message message = message_to(port, MAKE_SEND, 1);
    add_port(&message, watch, MAKE_SEND_ONCE);
    add_port(&message, watch, MOVE_RECEIVE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    destroy(port);
    assert_int_equal(live_ports(), ports - 2);
    assert_int_equal(live_messages(), messages);
}

// ---- Circles

// Closes a circle of so many ports, each in a message in the next; all but the last message are sent already when *last is sent.
static void check_circle(unsigned length, mach_port_t *ports) {
    uint64_t live = live_ports(), messages = live_messages();
    for (unsigned i = 0; i < length; i++) ports[i] = port_with_send();
    for (unsigned i = 0; i < length; i++) {
        struct test_message message = message_to(ports[(i + 1) % length], COPY_SEND, 1);
        add_port(&message, ports[i], MOVE_RECEIVE);
        assert_code(send_now(&message), MACH_MSG_SUCCESS); // C1
        if (i + 2 == length) assert_int_equal(live_ports(), live + length);
    }
    for (unsigned i = 0; i < length; i++) {
        assert_int_equal(type(ports[i]), MACH_PORT_TYPE_DEAD_NAME); // C1
        destroy(ports[i]);
    }
    assert_int_equal(live_ports(), live);
    assert_int_equal(live_messages(), messages);
}

static void a_port_sent_to_itself_dies(void **state) {
    (void)state;
    mach_port_t port;
    check_circle(1, &port); // C1
}

static void two_ports_sent_to_each_other_die(void **state) {
    (void)state;
    mach_port_t ports[2];
    check_circle(2, ports); // C1
}

static void three_ports_in_a_circle_die(void **state) {
    (void)state;
    mach_port_t ports[3];
    check_circle(3, ports); // C1
}

static void a_long_circle_dies(void **state) {
    (void)state;
    mach_port_t *ports = calloc(CHAIN, sizeof(*ports));
    assert_non_null(ports);
    check_circle(CHAIN, ports); // C1
    free(ports);
}

static void a_circular_message_is_destroyed_with_all_it_holds(void **state) {
    (void)state;
    mach_port_t port = make_port(), watch = make_port(), sent = make_port();
    uint64_t messages = live_messages();
    queue_messages(port, 3);
    struct test_message message = message_to(port, MAKE_SEND, 1);
    set_reply(&message, watch, MAKE_SEND_ONCE);
    add_port(&message, sent, MAKE_SEND);
    add_port(&message, port, MOVE_RECEIVE);
    add_port(&message, watch, MAKE_SEND_ONCE);
    struct test_message before = message;
    assert_code(send_now(&message), MACH_MSG_SUCCESS); // C1
    assert_memory_equal(&before, &message, sizeof(message));
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    assert_false(status(sent).mps_srights);
    expect_send_once_notification(watch);
    expect_send_once_notification(watch);
    expect_no_message(watch);
    assert_int_equal(live_messages(), messages);
    destroy(watch);
    destroy(sent);
}

static void a_circular_message_does_not_wait_for_a_full_queue(void **state) {
    (void)state;
    mach_port_t port = make_port();
    queue_messages(port, 5);
    struct test_message message = message_to(port, MAKE_SEND, 1);
    add_port(&message, port, MOVE_RECEIVE);
    assert_code(
        mach_msg(&message.header, MACH_SEND_MSG, message.header.msgh_size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
        MACH_MSG_SUCCESS); // C1
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
}

static void two_ports_in_one_message_make_no_circle(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), ports[] = {port_with_send(), port_with_send()};
    struct test_message message = message_to(carrier, MAKE_SEND, 1), received;
    add_port(&message, ports[0], MOVE_RECEIVE);
    add_port(&message, ports[1], MOVE_RECEIVE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(send_simple(ports[0], COPY_SEND, 2), MACH_MSG_SUCCESS);
    assert_code(receive_now(carrier, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(received.ports[0].name, ports[0]);
    assert_int_equal(received.ports[1].name, ports[1]);
    expect_message(ports[0], 2);
    destroy(ports[0]);
    destroy(ports[1]);
    destroy(carrier);
}

static void send_rights_make_no_circle(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 1), received;
    set_reply(&message, port, MAKE_SEND);
    add_port(&message, port, MAKE_SEND);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS); // C1: receive rights alone
    assert_int_equal(received.ports[0].name, port);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    destroy(port);
}

static void a_received_link_opens_the_circle(void **state) {
    (void)state;
    mach_port_t first = port_with_send(), second = port_with_send();
    put_in_transit(first, second);
    assert_int_equal(take_from_transit(second), first);
    put_in_transit(second, first); // no circle any more
    assert_int_equal(type(first), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_int_equal(type(second), MACH_PORT_TYPE_SEND);
    assert_int_equal(take_from_transit(first), second);
    destroy(first);
    destroy(second);
}

static void a_circle_that_came_back_is_none(void **state) {
    (void)state;
    // The carrier's queue is full: the receive right returns to its owner, and may go elsewhere.
    mach_port_t first = port_with_send(), second = port_with_send();
    set_limit(second, 0);
    struct test_message message = message_to(second, COPY_SEND, 1);
    add_port(&message, first, MOVE_RECEIVE);
    assert_code(send_now(&message), MACH_SEND_TIMED_OUT);
    assert_int_equal(type(first), MACH_PORT_TYPE_SEND_RECEIVE); // S9
    put_in_transit(second, first);
    assert_int_equal(take_from_transit(first), second);
    destroy(first);
    destroy(second);
}

// ---- Chains

// Ports, each in a message of the next; returns the last one, whose receive right is left.
static mach_port_t make_chain(unsigned length) {
    mach_port_t port = make_port();
    for (unsigned i = 1; i < length; i++) {
        mach_port_t next = make_port();
        put_in_transit(port, next);
        port = next;
    }
    return port;
}

static void a_long_chain_dies_with_its_head(void **state) {
    (void)state;
    uint64_t ports = live_ports(), messages = live_messages();
    for (int how = 0; how < 2; how++) {
        mach_port_t head = make_chain(CHAIN);
        assert_int_equal(live_ports(), ports + CHAIN);
        assert_int_equal(live_messages(), messages + CHAIN - 1);
        if (how == 0) {
            destroy(head);
        } else {
            kill_port(head);
        }
        assert_int_equal(live_ports(), ports); // C3
        assert_int_equal(live_messages(), messages);
    }
}

static void a_long_chain_dies_in_a_refused_message(void **state) {
    (void)state;
    uint64_t ports = live_ports();
    mach_port_t port = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 1);
    add_port(&message, make_chain(CHAIN), MOVE_RECEIVE);
    add_port(&message, 0x7fffff03, COPY_SEND);
    assert_code(send_now(&message), MACH_SEND_INVALID_RIGHT);
    assert_int_equal(live_ports(), ports + 1); // S8, C3
    destroy(port);
}

static void a_long_chain_dies_in_a_message_too_large(void **state) {
    (void)state;
    uint64_t ports = live_ports();
    mach_port_t port = make_port();
    struct test_message received;
    put_in_transit(make_chain(CHAIN), port);
    assert_code(receive_limited(port, &received, 0, 40), MACH_RCV_TOO_LARGE);
    assert_int_equal(live_ports(), ports + 1); // V6, C3
    destroy(port);
}

static void a_long_chain_can_be_unpacked(void **state) {
    (void)state;
    mach_port_t port = make_chain(1000);
    for (unsigned i = 1; i < 1000; i++) {
        mach_port_t next = take_from_transit(port);
        destroy(port);
        port = next;
    }
    expect_no_message(port);
    destroy(port);
}

static mach_port_t make_tree(unsigned depth) {
    mach_port_t root = make_port();
    if (depth == 0) return root;
    struct test_message message = message_to(root, MAKE_SEND, 1);
    add_port(&message, make_tree(depth - 1), MOVE_RECEIVE);
    add_port(&message, make_tree(depth - 1), MOVE_RECEIVE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    return root;
}

static void a_tree_of_ports_dies_with_its_root(void **state) {
    (void)state;
    uint64_t ports = live_ports();
    mach_port_t root = make_tree(13);
    assert_int_equal(live_ports(), ports + 16383);
    destroy(root);
    assert_int_equal(live_ports(), ports); // C3
}

// ---- mach_msg_destroy

static void giving_up_a_received_message_drops_its_rights(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(1), reply = make_port(), sent = port_with_sends(1), watch = make_port(),
                carried = port_with_send();
    struct test_message message = message_to(port, MAKE_SEND, 1), received;
    set_reply(&message, reply, MAKE_SEND);
    add_port(&message, sent, MAKE_SEND);
    add_port(&message, watch, MAKE_SEND_ONCE);
    add_port(&message, carried, MOVE_RECEIVE);
    add_port(&message, MACH_PORT_NULL, MOVE_SEND);
    add_port(&message, MACH_PORT_DEAD, MOVE_RECEIVE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    struct test_message before = received;
    mach_msg_destroy(&received.header);
    assert_memory_equal(&before, &received, sizeof(received));
    assert_int_equal(type(reply), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(refs(sent, MACH_PORT_RIGHT_SEND), 1);
    expect_send_once_notification(watch);
    assert_int_equal(type(carried), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1); // the local port is left alone
    destroy(port);
    destroy(reply);
    destroy(sent);
    destroy(watch);
    destroy(carried);
}

static void giving_up_a_request_drops_its_send_once_reply(void **state) {
    (void)state;
    mach_port_t port = make_port(), reply = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 1);
    set_reply(&message, reply, MAKE_SEND_ONCE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(receive_now(port, &message, 0), MACH_MSG_SUCCESS);
    mach_msg_destroy(&message.header);
    assert_int_equal(type(message.header.msgh_remote_port), MACH_PORT_TYPE_NONE);
    expect_send_once_notification(reply);
    destroy(port);
    destroy(reply);
}

// A message that was never sent: `place` 0 is the destination, 1 a descriptor.
static void give_up_unsent(mach_port_t name, mach_msg_type_name_t disposition, int place) {
    struct test_message message = message_to(place == 0 ? name : MACH_PORT_NULL, place == 0 ? disposition : 0, 1);
    if (place == 1) add_port(&message, name, disposition);
    struct test_message before = message;
    mach_msg_destroy(&message.header);
    assert_memory_equal(&before, &message, sizeof(message));
}

static void giving_up_an_unsent_message_acts_as_if_sent_and_destroyed(void **state) {
    (void)state;
    for (int place = 0; place < 2; place++) {
        mach_port_t port = port_with_sends(3), once = make_send_once(port), carried = port_with_send();
        give_up_unsent(port, MOVE_SEND, place);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
        give_up_unsent(port, COPY_SEND, place);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
        assert_int_equal(status(port).mps_mscount, 1);
        give_up_unsent(port, MAKE_SEND, place);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
        assert_int_equal(status(port).mps_mscount, 2);
        give_up_unsent(once, MOVE_SEND_ONCE, place);
        assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
        expect_send_once_notification(port);
        give_up_unsent(port, MAKE_SEND_ONCE, place);
        expect_send_once_notification(port);
        assert_int_equal(status(port).mps_sorights, 0);
        give_up_unsent(carried, MOVE_RECEIVE, place);
        assert_int_equal(type(carried), MACH_PORT_TYPE_DEAD_NAME);
        destroy(carried);
        destroy(port);
    }
}

static void giving_up_leaves_names_that_stand_for_nothing(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(2), unknown = unknown_name();
    struct picture picture = take_picture();
    for (int place = 0; place < 2; place++) {
        for (mach_msg_type_name_t disposition = 0; disposition < (place == 0 ? 32 : 256); disposition++) {
            give_up_unsent(MACH_PORT_NULL, disposition, place);
            give_up_unsent(MACH_PORT_DEAD, disposition, place);
            give_up_unsent(unknown, disposition, place);
            if (disposition < 16 || disposition > MAKE_SEND_ONCE)
                give_up_unsent(port, disposition, place); // no disposition: nothing to do
        }
    }
    assert_unchanged(picture);
    destroy(port);
}

static void giving_up_leaves_descriptors_of_unknown_types(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(2);
    for (unsigned kind = 4; kind < 256; kind++) {
        struct test_message message = message_to(MACH_PORT_NULL, 0, 1);
        add_port(&message, port, MOVE_SEND);
        message.ports[0].type = kind & 0xff;
        mach_msg_destroy(&message.header);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    }
    destroy(port);
}

static void giving_up_looks_at_descriptors_of_complex_messages_alone(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(2);
    struct test_message message = message_to(MACH_PORT_NULL, 0, 1);
    add_port(&message, port, MOVE_SEND);
    message.header.msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
    mach_msg_destroy(&message.header);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    // A reply port that was not sent is no right of the message.
    message = message_to(port, MOVE_SEND, 1);
    set_reply(&message, port, MOVE_SEND);
    mach_msg_destroy(&message.header);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    destroy(port);
}

static void giving_up_drops_what_the_voucher_field_holds(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(2);
    struct test_message message = message_to(MACH_PORT_NULL, 0, 1);
    message.header.msgh_voucher_port = port;
    mach_msg_destroy(&message.header); // without a disposition it is a plain number
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    message.header.msgh_bits |= MOVE_SEND << 16;
    mach_msg_destroy(&message.header);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    destroy(port);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_dropped_send_once_right_posts_a_notification),
        TEST(a_notification_is_from_nobody),
        TEST(notifications_take_their_turn_in_the_queue),
        TEST(a_used_send_once_right_posts_nothing),
        TEST(a_send_once_right_of_a_dead_port_posts_nothing),
        TEST(a_notification_goes_to_a_port_in_transit),
        TEST(a_notification_wakes_a_receiver),
        TEST(a_dying_port_gives_up_what_its_messages_hold),
        TEST(a_dying_port_leaves_dead_names),
        TEST(a_dying_port_leaves_its_sets),
        TEST(messages_die_in_the_order_they_were_sent),
        TEST(ports_inside_a_dying_message_die_after_it),
        TEST(notifications_go_to_a_port_that_dies_in_the_same_message),
        TEST(a_port_sent_to_itself_dies),
        TEST(two_ports_sent_to_each_other_die),
        TEST(three_ports_in_a_circle_die),
        TEST(a_long_circle_dies),
        TEST(a_circular_message_is_destroyed_with_all_it_holds),
        TEST(a_circular_message_does_not_wait_for_a_full_queue),
        TEST(two_ports_in_one_message_make_no_circle),
        TEST(send_rights_make_no_circle),
        TEST(a_received_link_opens_the_circle),
        TEST(a_circle_that_came_back_is_none),
        TEST(a_long_chain_dies_with_its_head),
        TEST(a_long_chain_dies_in_a_refused_message),
        TEST(a_long_chain_dies_in_a_message_too_large),
        TEST(a_long_chain_can_be_unpacked),
        TEST(a_tree_of_ports_dies_with_its_root),
        TEST(giving_up_a_received_message_drops_its_rights),
        TEST(giving_up_a_request_drops_its_send_once_reply),
        TEST(giving_up_an_unsent_message_acts_as_if_sent_and_destroyed),
        TEST(giving_up_leaves_names_that_stand_for_nothing),
        TEST(giving_up_leaves_descriptors_of_unknown_types),
        TEST(giving_up_looks_at_descriptors_of_complex_messages_alone),
        TEST(giving_up_drops_what_the_voucher_field_holds),
    };
    return RUN(tests);
}

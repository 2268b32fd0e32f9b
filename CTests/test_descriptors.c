// Port rights in the body of a message: every disposition, names that stand for no port, receive rights, many descriptors, no name left. Rows D1, D5 to D7, P7.
#include "message_support.h"

enum { MOVE_RECEIVE = 16, MOVE_SEND = 17, MOVE_SEND_ONCE = 18, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21 };

// Sends one descriptor through a port of its own and receives it.
static struct test_message pass(mach_port_t name, mach_msg_type_name_t disposition) {
    mach_port_t port = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 1), received;
    add_port(&message, name, disposition);
    struct test_message before = message;
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_memory_equal(&before, &message, sizeof(message));
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_bits, 0x80001100u);
    assert_int_equal(received.header.msgh_size, 40);
    assert_int_equal(received.body.msgh_descriptor_count, 1);
    assert_int_equal(received.ports[0].type, MACH_MSG_PORT_DESCRIPTOR);
    assert_untouched(&received, 48, sizeof(received));
    destroy(port);
    return received;
}

// ---- Dispositions

static void each_send_disposition_arrives_as_a_send_right(void **state) {
    (void)state;
    const struct {
        mach_msg_type_name_t disposition;
        mach_port_urefs_t after;
        mach_port_mscount_t made;
    } cases[] = {{MOVE_SEND, 2, 1}, {COPY_SEND, 3, 1}, {MAKE_SEND, 3, 2}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        mach_port_t port = port_with_sends(2);
        struct test_message received = pass(port, cases[i].disposition);
        assert_int_equal(received.ports[0].name, port);                     // I9
        assert_int_equal(received.ports[0].disposition, 17);                // D1
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), cases[i].after); // D1
        assert_int_equal(status(port).mps_mscount, cases[i].made);          // T2
        destroy(port);
    }
}

static void send_once_dispositions_arrive_under_a_name_of_their_own(void **state) {
    (void)state;
    for (int moved = 0; moved < 2; moved++) {
        mach_port_t port = port_with_send(), once = moved ? make_send_once(port) : port;
        struct test_message received = pass(once, moved ? MOVE_SEND_ONCE : MAKE_SEND_ONCE);
        assert_int_equal(received.ports[0].disposition, 18); // D1
        assert_int_not_equal(received.ports[0].name, once);
        assert_int_equal(type(received.ports[0].name), MACH_PORT_TYPE_SEND_ONCE);
        if (moved) assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
        assert_int_equal(status(port).mps_sorights, 1);
        expect_no_message(port);
        assert_code(send_simple(received.ports[0].name, MOVE_SEND_ONCE, 44), MACH_MSG_SUCCESS);
        expect_message(port, 44);
        destroy(port);
    }
}

static void null_and_dead_names_pass_with_any_disposition(void **state) {
    (void)state;
    const mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD};
    for (mach_msg_type_name_t disposition = 0; disposition < 256; disposition++) {
        mach_msg_type_name_t shown = 0; // D1: what is no disposition reads back as 0
        if (disposition == 16) shown = 16;
        if (disposition == 17 || disposition == 19 || disposition == 20) shown = 17;
        if (disposition == 18 || disposition == 21) shown = 18;
        for (size_t i = 0; i < 2; i++) {
            struct test_message received = pass(names[i], disposition); // D1
            assert_int_equal(received.ports[0].name, names[i]);
            assert_int_equal(received.ports[0].disposition, shown);
        }
    }
}

static void dead_names_arrive_as_dead(void **state) {
    (void)state;
    const struct {
        mach_msg_type_name_t disposition, shown;
        mach_port_urefs_t left;
    } cases[] = {{COPY_SEND, 17, 3}, {MOVE_SEND, 17, 2}, {MOVE_SEND_ONCE, 18, 2}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        mach_port_t dead = make_dead_name(3);
        struct test_message received = pass(dead, cases[i].disposition); // S7
        assert_int_equal(received.ports[0].name, MACH_PORT_DEAD);
        assert_int_equal(received.ports[0].disposition, cases[i].shown);
        assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), cases[i].left);
        destroy(dead);
    }
    mach_port_t dead = make_dead_name(1);
    (void)pass(dead, MOVE_SEND_ONCE);
    assert_int_equal(type(dead), MACH_PORT_TYPE_NONE);
}

static void a_right_that_dies_on_the_way_is_dead_without_an_error(void **state) {
    (void)state;
    mach_port_t port = make_port(), victim = port_with_send(), other = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 1), received;
    add_port(&message, victim, COPY_SEND);
    add_port(&message, victim, MAKE_SEND_ONCE);
    add_port(&message, other, MAKE_SEND);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    kill_port(victim);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS); // D7
    assert_int_equal(received.ports[0].name, MACH_PORT_DEAD);
    assert_int_equal(received.ports[0].disposition, 17);
    assert_int_equal(received.ports[1].name, MACH_PORT_DEAD);
    assert_int_equal(received.ports[1].disposition, 18);
    assert_int_equal(received.ports[2].name, other);
    assert_int_equal(refs(victim, MACH_PORT_RIGHT_DEAD_NAME), 1);
    destroy(victim);
    destroy(other);
    destroy(port);
}

static void a_right_at_the_limit_of_references_is_absorbed(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(65534);
    struct test_message received = pass(port, COPY_SEND);
    assert_int_equal(received.ports[0].name, port);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 65534); // R16
    destroy(port);
}

static void the_task_port_goes_like_any_other(void **state) {
    (void)state;
    mach_port_urefs_t before = refs(SELF, MACH_PORT_RIGHT_SEND);
    struct test_message received = pass(SELF, COPY_SEND);
    assert_int_equal(received.ports[0].name, SELF); // X3
    assert_int_equal(refs(SELF, MACH_PORT_RIGHT_SEND), before + 1);
    assert_success(mach_port_deallocate(SELF, SELF));
}

// ---- Receive rights

static void a_receive_right_alone_arrives_under_a_fresh_name(void **state) {
    (void)state;
    mach_port_t port = make_port();
    uint64_t ports = live_ports();
    struct test_message received = pass(port, MOVE_RECEIVE);
    assert_int_equal(received.ports[0].disposition, 16); // D1
    assert_int_not_equal(received.ports[0].name, port);
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    assert_int_equal(type(received.ports[0].name), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(live_ports(), ports);
    destroy(received.ports[0].name);
}

static void a_receive_right_joins_the_send_right_that_stayed(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(3);
    struct test_message received = pass(port, MOVE_RECEIVE);
    assert_int_equal(received.ports[0].name, port); // I9
    assert_int_equal(type(port), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 3);
    destroy(port);
}

static void a_receive_right_leaves_its_counts_behind(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(2), carrier = make_port();
    assert_success(mach_port_set_context(SELF, port, 0x77));
    assert_success(mach_port_set_seqno(SELF, port, 99));
    assert_success(mach_port_set_mscount(SELF, port, 1000));
    set_limit(port, 9);
    queue_messages(port, 2);
    assert_int_equal(status(port).mps_mscount, 1002);
    put_in_transit(port, carrier);
    assert_int_equal(take_from_transit(carrier), port);
    mach_port_status_t it = status(port);
    assert_int_equal(it.mps_mscount, 0); // T19
    assert_int_equal(it.mps_seqno, 0);   // T19
    assert_int_equal(it.mps_qlimit, 9);
    assert_int_equal(it.mps_msgcount, 2); // Q13
    assert_true(it.mps_srights);
    mach_port_context_t context = 1;
    assert_success(mach_port_get_context(SELF, port, &context));
    assert_int_equal(context, 0); // T19
    destroy(port);
    destroy(carrier);
}

static void a_receive_right_leaves_all_its_sets(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), carrier = make_port(), sets[] = {make_set(), make_set(), make_set()};
    for (int i = 0; i < 3; i++) put_in_set(port, sets[i]);
    queue_messages(port, 1);
    assert_true(status(port).mps_pset);
    put_in_transit(port, carrier);
    for (int i = 0; i < 3; i++) {
        assert_false(is_member(port, sets[i])); // P7
        expect_no_message(sets[i]);             // P7: nor does its queue show through them
    }
    assert_int_equal(take_from_transit(carrier), port);
    assert_false(status(port).mps_pset); // P7: nor is it back
    for (int i = 0; i < 3; i++) expect_no_message(sets[i]);
    put_in_set(port, sets[0]);
    expect_message(sets[0], 0); // P3
    destroy(port);
    destroy(carrier);
    for (int i = 0; i < 3; i++) destroy(sets[i]);
}

static void a_receive_right_and_its_send_rights_can_go_in_one_message(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), port = port_with_sends(2);
    struct test_message message = message_to(carrier, MAKE_SEND, 1), received;
    add_port(&message, port, MOVE_SEND);
    add_port(&message, port, MAKE_SEND_ONCE);
    add_port(&message, port, MOVE_RECEIVE);
    add_port(&message, port, MOVE_SEND);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    assert_code(receive_now(carrier, &received, 0), MACH_MSG_SUCCESS);
    mach_port_t name = received.ports[0].name;
    assert_int_equal(received.ports[2].name, name);
    assert_int_equal(received.ports[3].name, name);
    assert_int_equal(type(name), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_int_equal(refs(name, MACH_PORT_RIGHT_SEND), 2);
    assert_int_equal(type(received.ports[1].name), MACH_PORT_TYPE_SEND_ONCE);
    destroy(received.ports[1].name);
    destroy(name);
    destroy(carrier);
}

static void a_right_that_an_earlier_descriptor_took_is_missing(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), port = port_with_sends(1);
    const mach_msg_type_name_t pairs[][2] = {
        {MOVE_RECEIVE, MAKE_SEND}, {MOVE_RECEIVE, MOVE_RECEIVE}, {MOVE_SEND, COPY_SEND}, {MOVE_SEND, MOVE_SEND}};
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct test_message message = message_to(carrier, MAKE_SEND, 1);
        add_port(&message, port, pairs[i][0]);
        add_port(&message, port, pairs[i][1]);
        assert_code(send_now(&message), MACH_SEND_INVALID_RIGHT); // S8
        if (pairs[i][0] == MOVE_RECEIVE) {
            assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME); // S8: destroyed
            destroy(port);
            port = port_with_sends(1);
        } else {
            assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE);
            insert_send(port);
        }
    }
    destroy(port);
    destroy(carrier);
}

// ---- Complex messages

static void a_complex_message_without_descriptors_stays_complex(void **state) {
    (void)state;
    mach_port_t port = make_port();
    // A header alone has no room for the count, which is 0 then.
    for (mach_msg_size_t size = 24; size <= 40; size += 4) {
        struct test_message message = message_to(port, MAKE_SEND, 1), received;
        message.header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
        memset(message.ports, 0x3c, 36);
        message.header.msgh_size = size;
        assert_code(send_now(&message), MACH_MSG_SUCCESS);
        assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
        assert_int_equal(received.header.msgh_bits, 0x80001100u); // D5
        assert_int_equal(received.header.msgh_size, size);
        if (size == 24) continue;
        assert_int_equal(received.body.msgh_descriptor_count, 0);
        assert_memory_equal(received.ports, message.ports, size - 28); // the rest is plain data
    }
    destroy(port);
}

static void data_after_the_descriptors_arrives_as_it_was(void **state) {
    (void)state;
    mach_port_t port = make_port(), other = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 1), received;
    add_port(&message, other, MAKE_SEND);
    add_port(&message, other, MAKE_SEND_ONCE);
    for (unsigned i = 0; i < 25; i++) message.words[7 + i] = 0xabcd0000u + i; // behind 28 + 24 bytes
    message.header.msgh_size = 52 + 100;
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_size, 152);
    assert_memory_equal(&received.words[7], &message.words[7], 100);
    assert_untouched(&received, 160, sizeof(received));
    destroy(received.ports[1].name);
    drain(other);
    destroy(port);
    destroy(other);
}

static void descriptors_in_a_simple_message_are_data(void **state) {
    (void)state;
    mach_port_t port = make_port(), other = port_with_send();
    struct test_message message = message_to(port, MAKE_SEND, 1), received;
    add_port(&message, other, MOVE_SEND);
    message.header.msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_int_equal(refs(other, MACH_PORT_RIGHT_SEND), 1);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_bits, 0x1100);
    assert_memory_equal(&message.body, &received.body, 16);
    destroy(port);
    destroy(other);
}

// ---- Order

static void descriptors_are_copied_out_first_to_last(void **state) {
    (void)state;
    mach_port_t port = make_port(), owner = make_port(), freed[3];
    struct test_message message = message_to(port, MAKE_SEND, 1), received;
    for (int i = 0; i < 3; i++) add_port(&message, owner, MAKE_SEND_ONCE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    for (int i = 0; i < 3; i++) freed[i] = make_port();
    for (int i = 0; i < 3; i++) destroy(freed[i]);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    // The place that was freed last is used first (N4), so the first descriptor got it.
    for (int i = 0; i < 3; i++)
        assert_int_equal(MACH_PORT_INDEX(received.ports[i].name), MACH_PORT_INDEX(freed[2 - i])); // D6
    mach_msg_destroy(&received.header);
    drain(owner);
    destroy(owner);
    destroy(port);
}

static void the_header_is_copied_out_before_the_body(void **state) {
    (void)state;
    mach_port_t port = make_port(), owner = make_port(), freed[2];
    struct test_message message = message_to(port, MAKE_SEND, 1), received;
    set_reply(&message, owner, MAKE_SEND_ONCE);
    add_port(&message, owner, MAKE_SEND_ONCE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    for (int i = 0; i < 2; i++) freed[i] = make_port();
    for (int i = 0; i < 2; i++) destroy(freed[i]);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(MACH_PORT_INDEX(received.header.msgh_remote_port), MACH_PORT_INDEX(freed[1])); // D6, N4
    assert_int_equal(MACH_PORT_INDEX(received.ports[0].name), MACH_PORT_INDEX(freed[0]));
    mach_msg_destroy(&received.header);
    drain(owner);
    destroy(owner);
    destroy(port);
}

// ---- Many descriptors

#define MANY 1500

struct long_message {
    mach_msg_header_t header;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t ports[MANY];
    mach_msg_max_trailer_t trailer;
};

static struct long_message *long_message_to(mach_port_t destination) {
    struct long_message *message = calloc(1, sizeof(*message));
    assert_non_null(message);
    message->header.msgh_bits = MAKE_SEND | MACH_MSGH_BITS_COMPLEX;
    message->header.msgh_remote_port = destination;
    message->body.msgh_descriptor_count = MANY;
    for (int i = 0; i < MANY; i++) message->ports[i].type = MACH_MSG_PORT_DESCRIPTOR;
    return message;
}

static mach_msg_return_t send_long(struct long_message *message, mach_msg_size_t size) {
    return mach_msg(&message->header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static void hundreds_of_rights_of_all_kinds_travel_together(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), owner = port_with_sends(1000), first[MANY];
    struct long_message *message = long_message_to(carrier);
    for (int i = 0; i < MANY; i++) {
        switch (i % 6) {
        case 0:
            first[i] = make_port(), message->ports[i].disposition = MOVE_RECEIVE;
            break;
        case 1:
            first[i] = owner, message->ports[i].disposition = MOVE_SEND;
            break;
        case 2:
            first[i] = make_send_once(owner), message->ports[i].disposition = MOVE_SEND_ONCE;
            break;
        case 3:
            first[i] = owner, message->ports[i].disposition = COPY_SEND;
            break;
        case 4:
            first[i] = owner, message->ports[i].disposition = MAKE_SEND;
            break;
        default:
            first[i] = owner, message->ports[i].disposition = MAKE_SEND_ONCE;
            break;
        }
        message->ports[i].name = first[i];
    }
    assert_code(send_long(message, 28 + 12 * MANY), MACH_MSG_SUCCESS);
    assert_int_equal(refs(owner, MACH_PORT_RIGHT_SEND), 1000 - MANY / 6);
    assert_int_equal(status(owner).mps_sorights, MANY / 3);
    assert_int_equal(status(owner).mps_mscount, 1 + MANY / 6);
    memset(message, UNTOUCHED, sizeof(*message));
    assert_code(
        mach_msg(&message->header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(*message), carrier, 0, MACH_PORT_NULL),
        MACH_MSG_SUCCESS);
    assert_int_equal(message->header.msgh_size, 28 + 12 * MANY);
    assert_int_equal(message->body.msgh_descriptor_count, MANY);
    assert_int_equal(refs(owner, MACH_PORT_RIGHT_SEND), 1000 + MANY / 3);
    for (int i = 0; i < MANY; i++) {
        const mach_msg_type_name_t dispositions[] = {16, 17, 18, 17, 17, 18};
        const mach_port_type_t types[] = {MACH_PORT_TYPE_RECEIVE,      MACH_PORT_TYPE_SEND_RECEIVE,
                                          MACH_PORT_TYPE_SEND_ONCE,    MACH_PORT_TYPE_SEND_RECEIVE,
                                          MACH_PORT_TYPE_SEND_RECEIVE, MACH_PORT_TYPE_SEND_ONCE};
        assert_int_equal(message->ports[i].disposition, dispositions[i % 6]); // D1
        assert_int_equal(type(message->ports[i].name), types[i % 6]);
        if (types[i % 6] == MACH_PORT_TYPE_SEND_RECEIVE) assert_int_equal(message->ports[i].name, owner);
    }
    mach_msg_destroy(&message->header);
    assert_int_equal(refs(owner, MACH_PORT_RIGHT_SEND), 1000 - MANY / 6);
    assert_int_equal(status(owner).mps_sorights, MANY / 3); // of the notifications
    free(message);
    drain(owner);
    destroy(owner);
    destroy(carrier);
}

static void a_bad_last_one_of_hundreds_destroys_the_others(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), owner = make_port();
    struct long_message *message = long_message_to(carrier);
    uint64_t ports = live_ports();
    for (int i = 0; i < MANY - 1; i++) {
        message->ports[i].name = i % 2 ? owner : make_port();
        message->ports[i].disposition = i % 2 ? MAKE_SEND_ONCE : MOVE_RECEIVE;
    }
    message->ports[MANY - 1].name = owner;
    message->ports[MANY - 1].disposition = MOVE_SEND;
    assert_code(send_long(message, 28 + 12 * MANY), MACH_SEND_INVALID_RIGHT); // S8
    assert_int_equal(live_ports(), ports);
    assert_int_equal(status(owner).mps_msgcount, MANY / 2 - 1 + MANY % 2); // a notification for each
    free(message);
    destroy(owner);
    destroy(carrier);
}

// ---- No name left

// Fills the space with dead names, but for `left` of them; gives the names back by unfill.
static mach_port_t *fill_space(size_t *count) {
    size_t room = 1 << 22;
    mach_port_t *names = malloc(room * sizeof(*names));
    assert_non_null(names);
    kern_return_t code = KERN_SUCCESS;
    for (*count = 0; *count < room; ++*count) {
        code = mach_port_allocate(SELF, MACH_PORT_RIGHT_DEAD_NAME, &names[*count]);
        if (code != KERN_SUCCESS) break;
    }
    assert_code(code, KERN_NO_SPACE);
    return names;
}

static void rights_that_find_no_name_are_destroyed(void **state) {
    (void)state;
    mach_port_t port = make_port(), watch = make_port(), known = make_port();
    set_limit(port, 10);
    // Three messages: two descriptors that need a name beside one that does not, a reply that needs one, and a receive right without a name.
    struct test_message body = message_to(port, MAKE_SEND, 1), header = message_to(port, MAKE_SEND, 2),
                        receive = message_to(port, MAKE_SEND, 3), received;
    add_port(&body, watch, MAKE_SEND_ONCE);
    add_port(&body, known, MAKE_SEND);
    add_port(&body, watch, MAKE_SEND_ONCE);
    set_reply(&header, watch, MAKE_SEND_ONCE);
    add_port(&header, known, MAKE_SEND);
    add_port(&receive, make_port(), MOVE_RECEIVE);
    uint64_t ports = live_ports();
    assert_code(send_now(&body), MACH_MSG_SUCCESS);
    assert_code(send_now(&header), MACH_MSG_SUCCESS);
    assert_code(send_now(&receive), MACH_MSG_SUCCESS);
    size_t count;
    mach_port_t *names = fill_space(&count);

    assert_code(receive_now(port, &received, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO)),
                MACH_RCV_BODY_ERROR | MACH_MSG_IPC_SPACE); // D7
    assert_int_equal(received.header.msgh_bits, 0x80001100u);
    assert_int_equal(received.header.msgh_size, 64);
    assert_int_equal(received.header.msgh_id, 1);
    assert_int_equal(received.header.msgh_local_port, port);
    assert_int_equal(received.ports[0].name, MACH_PORT_NULL); // D7
    assert_int_equal(received.ports[0].disposition, 18);
    assert_int_equal(received.ports[1].name, known);
    assert_int_equal(received.ports[2].name, MACH_PORT_NULL);
    assert_int_equal(trailer_of(&received)->msgh_seqno, 0);
    assert_untouched(&received, 76, sizeof(received));
    assert_int_equal(type(known), MACH_PORT_TYPE_SEND_RECEIVE);
    expect_send_once_notification(watch);
    expect_send_once_notification(watch);

    assert_code(receive_now(port, &received, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO)),
                MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_SPACE);
    assert_int_equal(received.header.msgh_size, 24);
    assert_int_equal(received.header.msgh_bits, 0x80001112u);
    assert_int_equal(received.header.msgh_remote_port, MACH_PORT_NULL);
    assert_int_equal(received.header.msgh_local_port, port);
    assert_int_equal(received.header.msgh_id, 2);
    assert_int_equal(trailer_of(&received)->msgh_seqno, 1);
    assert_untouched(&received, 36, sizeof(received));
    expect_send_once_notification(watch);
    assert_int_equal(refs(known, MACH_PORT_RIGHT_SEND), 1); // the descriptor's right was destroyed

    assert_code(receive_now(port, &received, 0), MACH_RCV_BODY_ERROR | MACH_MSG_IPC_SPACE);
    assert_int_equal(received.ports[0].name, MACH_PORT_NULL);
    assert_int_equal(received.ports[0].disposition, 16);
    assert_int_equal(live_ports(), ports - 1); // the port died

    // A message that comes back finds no name either.
    set_limit(port, 0);
    struct test_message back = message_to(port, MAKE_SEND, 4);
    set_reply(&back, watch, MAKE_SEND_ONCE);
    assert_code(send_now(&back), MACH_SEND_TIMED_OUT | MACH_MSG_IPC_SPACE); // S9
    assert_int_equal(back.header.msgh_bits, 0x1211);
    assert_int_equal(back.header.msgh_remote_port, port);
    assert_int_equal(back.header.msgh_local_port, MACH_PORT_NULL);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    expect_send_once_notification(watch);

    for (size_t i = 0; i < count; i++) {
        if (mach_port_deallocate(SELF, names[i]) != KERN_SUCCESS) fail_msg("dead name %zu is gone", i);
    }
    free(names);
    destroy(port);
    destroy(watch);
    destroy(known);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(each_send_disposition_arrives_as_a_send_right),
        TEST(send_once_dispositions_arrive_under_a_name_of_their_own),
        TEST(null_and_dead_names_pass_with_any_disposition),
        TEST(dead_names_arrive_as_dead),
        TEST(a_right_that_dies_on_the_way_is_dead_without_an_error),
        TEST(a_right_at_the_limit_of_references_is_absorbed),
        TEST(the_task_port_goes_like_any_other),
        TEST(a_receive_right_alone_arrives_under_a_fresh_name),
        TEST(a_receive_right_joins_the_send_right_that_stayed),
        TEST(a_receive_right_leaves_its_counts_behind),
        TEST(a_receive_right_leaves_all_its_sets),
        TEST(a_receive_right_and_its_send_rights_can_go_in_one_message),
        TEST(a_right_that_an_earlier_descriptor_took_is_missing),
        TEST(a_complex_message_without_descriptors_stays_complex),
        TEST(data_after_the_descriptors_arrives_as_it_was),
        TEST(descriptors_in_a_simple_message_are_data),
        TEST(descriptors_are_copied_out_first_to_last),
        TEST(the_header_is_copied_out_before_the_body),
        TEST(hundreds_of_rights_of_all_kinds_travel_together),
        TEST(a_bad_last_one_of_hundreds_destroys_the_others),
        TEST(rights_that_find_no_name_are_destroyed),
    };
    return RUN(tests);
}

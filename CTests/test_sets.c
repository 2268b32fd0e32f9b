// Port sets: membership, what it lets be received, and how it ends.
#include "support.h"

static kern_return_t insert_member(mach_port_t port, mach_port_t set) {
    return mach_port_insert_member(SELF, port, set);
}
static kern_return_t extract_member(mach_port_t port, mach_port_t set) {
    return mach_port_extract_member(SELF, port, set);
}
static kern_return_t move_member(mach_port_t port, mach_port_t set) { return mach_port_move_member(SELF, port, set); }

static size_t member_count(mach_port_t set) {
    mach_port_name_array_t members = (mach_port_name_array_t)0x5a;
    mach_msg_type_number_t count = 77;
    assert_success(mach_port_get_set_status(SELF, set, &members, &count));
    if (count == 0)
        assert_null(members); // P6
    else
        assert_non_null(members);
    assert_success(vm_deallocate(SELF, (vm_address_t)members, count * sizeof(*members)));
    return count;
}

static void send_to(mach_port_t port, mach_msg_id_t id) {
    assert_code(send_simple(port, MACH_MSG_TYPE_MAKE_SEND, id), MACH_MSG_SUCCESS);
}

static void expect(mach_port_t name, mach_msg_id_t wanted) {
    mach_msg_id_t id = -1;
    assert_code(receive_simple(name, &id), MACH_MSG_SUCCESS);
    assert_int_equal(id, wanted);
}

// Names that are no receive right, and names that are no set.
struct strangers {
    mach_port_t receive, both, send, once, set, dead, carrier, target;
};

static struct strangers make_strangers(void) {
    struct strangers it;
    it.receive = make_port();
    it.both = port_with_send();
    it.send = make_send_only(2, &it.carrier);
    it.target = make_port();
    it.once = make_send_once(it.target);
    it.set = make_set();
    it.dead = make_dead_name(2);
    return it;
}

static void destroy_strangers(struct strangers *it) {
    mach_port_t all[] = {it->target, it->once, it->receive, it->both, it->send, it->set, it->dead, it->carrier};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

static const mach_port_t unknown[] = {1, 2, 3, 0x100, 0x102, 0x7fffff03, 0x40000003, 0xfffffffe};

// ---- insert_member, extract_member

static void a_port_may_be_in_many_sets(void **state) {
    (void)state;
    mach_port_t port = make_port(), other = make_port(), sets[20];
    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        sets[i] = make_set();
        assert_false(is_member(port, sets[i]));
        assert_success(insert_member(port, sets[i])); // P1
    }
    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        assert_true(is_member(port, sets[i])); // P1
        assert_false(is_member(other, sets[i]));
        assert_int_equal(member_count(sets[i]), 1);
    }
    assert_success(extract_member(port, sets[7]));
    assert_false(is_member(port, sets[7]));
    assert_true(is_member(port, sets[6]));
    assert_true(is_member(port, sets[8]));
    destroy(port);
    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        assert_int_equal(member_count(sets[i]), 0);
        destroy(sets[i]);
    }
    destroy(other);
}

static void a_second_insertion_and_a_second_extraction_are_refused(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set();
    assert_code(extract_member(port, set), KERN_NOT_IN_SET); // P1
    assert_success(insert_member(port, set));
    assert_code(insert_member(port, set), KERN_ALREADY_IN_SET); // P1
    assert_int_equal(member_count(set), 1);
    assert_success(extract_member(port, set)); // P1
    assert_int_equal(member_count(set), 0);
    assert_code(extract_member(port, set), KERN_NOT_IN_SET); // P1
    assert_success(insert_member(port, set));
    destroy(set);
    destroy(port);
}

static void insert_and_extract_check_their_names(void **state) {
    (void)state;
    struct strangers it = make_strangers();
    mach_port_t empty = make_set();
    kern_return_t (*calls[])(mach_port_t, mach_port_t) = {insert_member, extract_member};
    struct picture picture = take_picture();
    for (size_t c = 0; c < COUNT_OF(calls); c++) {
        // Null and dead come before the look-up of the other.
        mach_port_t invalid[] = {MACH_PORT_NULL, MACH_PORT_DEAD};
        mach_port_t others[] = {it.receive, it.set, it.send, 0x7fffff03, MACH_PORT_NULL, MACH_PORT_DEAD};
        for (size_t i = 0; i < COUNT_OF(invalid); i++) {
            for (size_t j = 0; j < COUNT_OF(others); j++) {
                assert_code(calls[c](invalid[i], others[j]), KERN_INVALID_RIGHT); // P8
                assert_code(calls[c](others[j], invalid[i]), KERN_INVALID_RIGHT); // P8
            }
        }
        // Both names must be known before either right matters.
        mach_port_t known[] = {it.receive, it.both, it.send, it.once, it.set, it.dead, SELF};
        for (size_t i = 0; i < COUNT_OF(unknown); i++) {
            for (size_t j = 0; j < COUNT_OF(known); j++) {
                assert_code(calls[c](unknown[i], known[j]), KERN_INVALID_NAME); // P8
                assert_code(calls[c](known[j], unknown[i]), KERN_INVALID_NAME); // P8
            }
            assert_code(calls[c](unknown[i], unknown[i]), KERN_INVALID_NAME); // P8
        }
        mach_port_t no_port[] = {it.send, it.once, it.set, it.dead, SELF};
        for (size_t i = 0; i < COUNT_OF(no_port); i++) assert_code(calls[c](no_port[i], empty), KERN_INVALID_RIGHT);
        mach_port_t no_set[] = {it.receive, it.both, it.send, it.once, it.dead, SELF};
        for (size_t i = 0; i < COUNT_OF(no_set); i++) assert_code(calls[c](it.target, no_set[i]), KERN_INVALID_RIGHT);
    }
    assert_unchanged(picture);
    assert_int_equal(member_count(empty), 0);
    destroy(empty);
    destroy_strangers(&it);
}

static void insert_and_extract_of_any_value(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set();
    struct picture picture = take_picture();
    for (size_t i = 0; i < edge_value_count; i++) {
        mach_port_t value = edge_values[i];
        kern_return_t code = MACH_PORT_VALID(value) ? KERN_INVALID_NAME : KERN_INVALID_RIGHT;
        assert_code(insert_member(value, set), code);
        assert_code(insert_member(port, value), code);
        assert_code(extract_member(value, set), code);
        assert_code(extract_member(port, value), code);
    }
    assert_unchanged(picture);
    destroy(port);
    destroy(set);
}

// ---- move_member

static void move_member_leaves_all_sets_and_enters_one(void **state) {
    (void)state;
    mach_port_t port = make_port(), first = make_set(), second = make_set(), third = make_set();
    assert_success(move_member(port, first)); // P2: from none
    assert_true(is_member(port, first));
    assert_success(insert_member(port, second));
    assert_success(move_member(port, third)); // P2: from two
    assert_false(is_member(port, first));
    assert_false(is_member(port, second));
    assert_true(is_member(port, third));
    assert_success(insert_member(port, first));
    assert_success(move_member(port, third)); // P2: into one of its own
    assert_false(is_member(port, first));
    assert_true(is_member(port, third));
    assert_int_equal(member_count(third), 1);
    assert_success(move_member(port, third)); // P8: the same again
    assert_true(is_member(port, third));
    assert_int_equal(member_count(third), 1);
    assert_success(insert_member(port, first));
    assert_success(move_member(port, MACH_PORT_NULL)); // P2: out of all
    assert_false(is_member(port, first));
    assert_false(is_member(port, third));
    assert_int_equal(status(port).mps_pset, 0);
    assert_success(move_member(port, MACH_PORT_NULL)); // P2, Choices: in none already
    destroy(port);
    destroy(first);
    destroy(second);
    destroy(third);
}

static void move_member_checks_the_member_before_the_set(void **state) {
    (void)state;
    struct strangers it = make_strangers();
    mach_port_t member = make_port(), home = make_set();
    put_in_set(member, home);
    struct picture picture = take_picture();
    mach_port_t afters[] = {MACH_PORT_NULL, it.set, it.receive, it.dead, 0x7fffff03};
    for (size_t i = 0; i < COUNT_OF(afters); i++) {
        mach_port_t no_port[] = {MACH_PORT_NULL, MACH_PORT_DEAD, it.send, it.once, it.set, it.dead, SELF};
        for (size_t j = 0; j < COUNT_OF(no_port); j++)
            assert_code(move_member(no_port[j], afters[i]), KERN_INVALID_RIGHT); // P2, P8
        for (size_t j = 0; j < COUNT_OF(unknown); j++)
            assert_code(move_member(unknown[j], afters[i]), KERN_INVALID_NAME); // P2, P8
    }
    assert_code(move_member(member, MACH_PORT_DEAD), KERN_INVALID_RIGHT); // P2
    mach_port_t no_set[] = {it.receive, it.both, it.send, it.once, it.dead, member, SELF};
    for (size_t i = 0; i < COUNT_OF(no_set); i++) assert_code(move_member(member, no_set[i]), KERN_INVALID_RIGHT); // P2
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        assert_code(move_member(member, unknown[i]), KERN_INVALID_NAME); // P2
    assert_true(is_member(member, home));                                // P8: a bad set keeps the membership
    assert_unchanged(picture);
    for (size_t i = 0; i < edge_value_count; i++) {
        mach_port_t value = edge_values[i];
        assert_code(move_member(value, home), MACH_PORT_VALID(value) ? KERN_INVALID_NAME : KERN_INVALID_RIGHT);
        if (value == MACH_PORT_NULL) continue;
        assert_code(move_member(member, value), value == MACH_PORT_DEAD ? KERN_INVALID_RIGHT : KERN_INVALID_NAME);
    }
    assert_true(is_member(member, home));
    destroy(member);
    destroy(home);
    destroy_strangers(&it);
}

// ---- get_set_status

static void get_set_status_lists_the_members(void **state) {
    (void)state;
    mach_port_t set = make_set(), ports[3000];
    assert_int_equal(member_count(set), 0); // P6
    for (size_t i = 0; i < COUNT_OF(ports); i++) {
        ports[i] = make_port();
        put_in_set(ports[i], set);
    }
    mach_port_name_array_t members = NULL;
    mach_msg_type_number_t count = 0;
    assert_success(mach_port_get_set_status(SELF, set, &members, &count));
    assert_int_equal(count, 3000);
    // Each port once, in whatever order.
    unsigned char *seen = calloc(1 << 20, 1);
    for (mach_msg_type_number_t i = 0; i < count; i++) {
        assert_true(members[i] >> 8 < 1 << 20);
        seen[members[i] >> 8]++;
    }
    for (size_t i = 0; i < COUNT_OF(ports); i++) assert_int_equal(seen[ports[i] >> 8], 1);
    free(seen);
    assert_success(vm_deallocate(SELF, (vm_address_t)members, count * sizeof(*members)));
    for (size_t i = 0; i < COUNT_OF(ports); i++) destroy(ports[i]);
    assert_int_equal(member_count(set), 0); // P6
    destroy(set);
}

static void get_set_status_needs_a_set(void **state) {
    (void)state;
    struct strangers it = make_strangers();
    struct picture picture = take_picture();
    mach_port_name_array_t members = (mach_port_name_array_t)0x5a;
    mach_msg_type_number_t count = 77;
    mach_port_t no_set[] = {it.receive, it.both, it.send, it.once, it.dead, SELF, MACH_PORT_NULL, MACH_PORT_DEAD};
    for (size_t i = 0; i < COUNT_OF(no_set); i++)
        assert_code(mach_port_get_set_status(SELF, no_set[i], &members, &count), KERN_INVALID_RIGHT); // P6
    for (size_t i = 0; i < edge_value_count; i++) {
        if (!MACH_PORT_VALID(edge_values[i])) continue;
        assert_code(mach_port_get_set_status(SELF, edge_values[i], &members, &count), KERN_INVALID_NAME); // P6
    }
    assert_code(mach_port_get_set_status(SELF, it.set, NULL, &count), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_get_set_status(SELF, it.set, &members, NULL), KERN_INVALID_ARGUMENT);
    assert_ptr_equal(members, (void *)0x5a);
    assert_int_equal(count, 77);
    assert_unchanged(picture);
    destroy_strangers(&it);
}

// ---- Receiving

static void messages_queued_before_insertion_are_received_through_the_set(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set(), other = make_set();
    send_to(port, 1);
    send_to(port, 2);
    expect_no_message(set);
    put_in_set(port, set);
    expect(set, 1); // P3
    assert_success(move_member(port, other));
    expect_no_message(set);
    expect(other, 2); // P3
    send_to(port, 3);
    put_in_set(port, set);
    expect(set, 3); // P3
    expect_no_message(other);
    expect_no_message(port);
    destroy(port);
    destroy(set);
    destroy(other);
}

static void a_received_message_names_the_member(void **state) {
    (void)state;
    mach_port_t set = make_set(), ports[3] = {make_port(), make_port(), make_port()};
    for (size_t i = 0; i < COUNT_OF(ports); i++) {
        put_in_set(ports[i], set);
        send_to(ports[i], 100 + (int)i);
    }
    unsigned seen = 0;
    for (size_t i = 0; i < COUNT_OF(ports); i++) { // P4: in whatever order
        struct simple_message message;
        assert_code(receive_message(set, &message), MACH_MSG_SUCCESS);
        int which = message.header.msgh_id - 100;
        assert_in_range(which, 0, 2);
        assert_int_equal(message.header.msgh_local_port, ports[which]);
        seen |= 1u << which;
    }
    assert_int_equal(seen, 7);
    expect_no_message(set);
    for (size_t i = 0; i < COUNT_OF(ports); i++) destroy(ports[i]);
    destroy(set);
}

static void extraction_takes_the_messages_out_of_the_set(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set();
    put_in_set(port, set);
    send_to(port, 1);
    assert_success(extract_member(port, set));
    expect_no_message(set);
    expect(port, 1);
    destroy(port);
    destroy(set);
}

static void destroying_a_member_takes_its_messages_with_it(void **state) {
    (void)state;
    mach_port_t port = make_port(), stays = make_port(), set = make_set();
    put_in_set(port, set);
    put_in_set(stays, set);
    send_to(port, 1);
    send_to(stays, 2);
    destroy(port);
    assert_int_equal(member_count(set), 1);
    expect(set, 2);
    expect_no_message(set);
    destroy(stays);
    destroy(set);
}

// ---- The end of a set

static int64_t receive_without_limit(void *name) {
    struct simple_message message;
    return mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), *(mach_port_t *)name, 0, MACH_PORT_NULL);
}

static void a_set_dies_without_its_members(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), set = make_set(), other = make_set();
    put_in_set(port, set);
    put_in_set(port, other);
    send_to(port, 1);
    destroy(set); // P5
    assert_int_equal(type(set), MACH_PORT_TYPE_NONE);
    assert_int_equal(type(port), 0x30000);
    assert_true(is_member(port, other));
    assert_int_equal(status(port).mps_msgcount, 1);
    expect(other, 1);
    assert_success(mach_port_mod_refs(SELF, other, MACH_PORT_RIGHT_PORT_SET, -1)); // P5, R3
    assert_int_equal(status(port).mps_pset, 0);
    send_to(port, 2);
    expect(port, 2);
    destroy(port);
}

static void receivers_of_a_dying_set_are_woken(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set();
    put_in_set(port, set);
    struct test_thread threads[3];
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        start_thread(&threads[i], receive_without_limit, &set);
        wait_until_blocked(&threads[i]);
    }
    destroy(set);
    for (size_t i = 0; i < COUNT_OF(threads); i++) assert_int_equal(join_thread(&threads[i]), 0x10004006); // P5, V2
    send_to(port, 1);
    expect(port, 1);
    destroy(port);
}

static void a_blocked_receiver_sees_a_message_of_a_later_member(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set();
    send_to(port, 6);
    struct test_thread thread;
    start_thread(&thread, receive_without_limit, &set);
    wait_until_blocked(&thread);
    put_in_set(port, set); // P3
    assert_int_equal(join_thread(&thread), MACH_MSG_SUCCESS);
    expect_no_message(port);
    destroy(port);
    destroy(set);
}

static void a_receive_right_that_moves_out_leaves_all_sets(void **state) {
    (void)state;
    mach_port_t port = make_port(), sets[3] = {make_set(), make_set(), make_set()}, carrier = make_port();
    for (size_t i = 0; i < COUNT_OF(sets); i++) put_in_set(port, sets[i]);
    struct {
        mach_msg_header_t header;
        mach_msg_body_t body;
        mach_msg_port_descriptor_t right;
        mach_msg_max_trailer_t trailer;
    } message;
    memset(&message, 0, sizeof(message));
    message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    message.header.msgh_remote_port = carrier;
    message.body.msgh_descriptor_count = 1;
    message.right.name = port;
    message.right.disposition = MACH_MSG_TYPE_MOVE_RECEIVE;
    message.right.type = MACH_MSG_PORT_DESCRIPTOR;
    assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, 40, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
                MACH_MSG_SUCCESS);
    for (size_t i = 0; i < COUNT_OF(sets); i++) assert_int_equal(member_count(sets[i]), 0); // P7
    assert_code(
        mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), carrier, 0, MACH_PORT_NULL),
        MACH_MSG_SUCCESS);
    mach_port_t back = message.right.name;
    assert_int_equal(message.right.disposition, MACH_MSG_TYPE_PORT_RECEIVE);
    assert_int_equal(status(back).mps_pset, 0); // P7
    send_to(back, 8);
    for (size_t i = 0; i < COUNT_OF(sets); i++) expect_no_message(sets[i]); // P7
    expect(back, 8);
    destroy(back);
    destroy(carrier);
    for (size_t i = 0; i < COUNT_OF(sets); i++) destroy(sets[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_port_may_be_in_many_sets),
        TEST(a_second_insertion_and_a_second_extraction_are_refused),
        TEST(insert_and_extract_check_their_names),
        TEST(insert_and_extract_of_any_value),
        TEST(move_member_leaves_all_sets_and_enters_one),
        TEST(move_member_checks_the_member_before_the_set),
        TEST(get_set_status_lists_the_members),
        TEST(get_set_status_needs_a_set),
        TEST(messages_queued_before_insertion_are_received_through_the_set),
        TEST(a_received_message_names_the_member),
        TEST(extraction_takes_the_messages_out_of_the_set),
        TEST(destroying_a_member_takes_its_messages_with_it),
        TEST(a_set_dies_without_its_members),
        TEST(receivers_of_a_dying_set_are_woken),
        TEST(a_blocked_receiver_sees_a_message_of_a_later_member),
        TEST(a_receive_right_that_moves_out_leaves_all_sets),
    };
    return RUN(tests);
}

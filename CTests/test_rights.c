// User references: counting, changing, dropping and destroying what a name stands for.
#include "support.h"

static const mach_port_right_t all_rights[] = {MACH_PORT_RIGHT_SEND,      MACH_PORT_RIGHT_RECEIVE,
                                               MACH_PORT_RIGHT_SEND_ONCE, MACH_PORT_RIGHT_PORT_SET,
                                               MACH_PORT_RIGHT_DEAD_NAME, MACH_PORT_RIGHT_LABELH};

static const mach_port_delta_t deltas[] = {
    0,     1,      -1,     2,      -2,    3,      100,     -100,     32767,      -32768,      65533,          65534,
    65535, -65533, -65534, -65535, 65536, -65536, 1000000, -1000000, 0x7fffffff, -0x7fffffff, -0x7fffffff - 1};

static kern_return_t mod_refs(mach_port_t name, mach_port_right_t right, mach_port_delta_t delta) {
    return mach_port_mod_refs(SELF, name, right, delta);
}

static kern_return_t deallocate(mach_port_t name) { return mach_port_deallocate(SELF, name); }

// A send-once right whose port dies unnoticed.
static mach_port_t send_once_of_dead_port(void) {
    mach_port_t port = make_port(), once = make_send_once(port);
    kill_port(port);
    return once;
}

// A name with send rights whose port dies unnoticed.
static mach_port_t send_of_dead_port(mach_port_urefs_t count) {
    mach_port_t carrier, send = make_send_only(count, &carrier);
    destroy(carrier);
    return send;
}

// One name of each kind.
enum { RECEIVE, BOTH, SEND, ONCE, SET, DEAD, KINDS };
struct kinds {
    mach_port_t name[KINDS];
    mach_port_t carrier, target; // of the send right, of the send-once right
};

static struct kinds make_kinds(void) {
    struct kinds kinds;
    kinds.name[RECEIVE] = make_port();
    kinds.name[BOTH] = port_with_sends(5);
    kinds.name[SEND] = make_send_only(7, &kinds.carrier);
    kinds.target = make_port();
    kinds.name[ONCE] = make_send_once(kinds.target);
    kinds.name[SET] = make_set();
    kinds.name[DEAD] = make_dead_name(3);
    return kinds;
}

static void destroy_kinds(struct kinds *kinds) {
    destroy(kinds->target);
    destroy(kinds->carrier);
    for (int i = 0; i < KINDS; i++) destroy(kinds->name[i]);
}

// ---- get_refs

static void get_refs_counts_each_right_and_says_zero_for_others(void **state) {
    (void)state;
    struct kinds kinds = make_kinds();
    static const mach_port_urefs_t wanted[KINDS][6] = {
        // send, receive, send-once, set, dead name, labelh
        [RECEIVE] = {0, 1, 0, 0, 0, 0}, [BOTH] = {5, 1, 0, 0, 0, 0}, [SEND] = {7, 0, 0, 0, 0, 0},
        [ONCE] = {0, 0, 1, 0, 0, 0},    [SET] = {0, 0, 0, 1, 0, 0},  [DEAD] = {0, 0, 0, 0, 3, 0},
    };
    for (int kind = 0; kind < KINDS; kind++) {
        for (mach_port_right_t right = 0; right < 6; right++)
            assert_int_equal(refs(kinds.name[kind], right), wanted[kind][right]); // R1, R8
    }
    destroy_kinds(&kinds);
}

static void get_refs_of_null_and_dead(void **state) {
    (void)state;
    mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        mach_port_urefs_t count = 77;
        assert_success(mach_port_get_refs(SELF, names[i], MACH_PORT_RIGHT_SEND, &count)); // R1
        assert_int_equal(count, 1);
        count = 77;
        assert_success(mach_port_get_refs(SELF, names[i], MACH_PORT_RIGHT_SEND_ONCE, &count)); // R1
        assert_int_equal(count, 1);
        count = 77;
        mach_port_right_t others[] = {MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_PORT_SET, MACH_PORT_RIGHT_DEAD_NAME,
                                      MACH_PORT_RIGHT_LABELH};
        for (size_t j = 0; j < COUNT_OF(others); j++)
            assert_code(mach_port_get_refs(SELF, names[i], others[j], &count), KERN_INVALID_NAME); // R1
        assert_int_equal(count, 77);
    }
}

static void get_refs_tests_the_right_before_the_name(void **state) {
    (void)state;
    mach_port_t port = make_port();
    mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD, port, 0x7fffff03, SELF};
    mach_port_urefs_t count = 77;
    for (size_t i = 0; i < edge_value_count; i++) {
        if (edge_values[i] < 6) continue;
        for (size_t j = 0; j < COUNT_OF(names); j++)
            assert_code(mach_port_get_refs(SELF, names[j], edge_values[i], &count), KERN_INVALID_VALUE); // R1
    }
    for (mach_port_right_t right = 0; right < 6; right++)
        assert_code(mach_port_get_refs(SELF, 0x7fffff03, right, &count), KERN_INVALID_NAME); // R1
    assert_code(mach_port_get_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, NULL), KERN_INVALID_ARGUMENT);
    assert_int_equal(count, 77);
    destroy(port);
}

// ---- mod_refs

static void mod_refs_of_null_and_dead_changes_nothing(void **state) {
    (void)state;
    struct picture picture = take_picture();
    mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        for (size_t j = 0; j < COUNT_OF(deltas); j++) {
            assert_success(mod_refs(names[i], MACH_PORT_RIGHT_SEND, deltas[j]));                      // R2
            assert_success(mod_refs(names[i], MACH_PORT_RIGHT_SEND_ONCE, deltas[j]));                 // R2
            assert_code(mod_refs(names[i], MACH_PORT_RIGHT_RECEIVE, deltas[j]), KERN_INVALID_NAME);   // R2
            assert_code(mod_refs(names[i], MACH_PORT_RIGHT_PORT_SET, deltas[j]), KERN_INVALID_NAME);  // R2
            assert_code(mod_refs(names[i], MACH_PORT_RIGHT_DEAD_NAME, deltas[j]), KERN_INVALID_NAME); // R2
            assert_code(mod_refs(names[i], MACH_PORT_RIGHT_LABELH, deltas[j]), KERN_INVALID_NAME);    // R2
        }
    }
    assert_unchanged(picture);
}

static void mod_refs_tests_the_right_before_the_name(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(3);
    struct picture picture = take_picture();
    mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD, port, 0x7fffff03, SELF};
    for (size_t i = 0; i < edge_value_count; i++) {
        if (edge_values[i] < 6) continue;
        for (size_t j = 0; j < COUNT_OF(names); j++) {
            assert_code(mod_refs(names[j], edge_values[i], 0), KERN_INVALID_VALUE);  // R2
            assert_code(mod_refs(names[j], edge_values[i], -1), KERN_INVALID_VALUE); // R2
        }
    }
    assert_unchanged(picture);
    destroy(port);
}

static void mod_refs_of_an_unknown_name_is_an_invalid_name(void **state) {
    (void)state;
    mach_port_t port = make_port();
    mach_port_t unknown[] = {0x7fffff03, 1, 2, 3, 0xff, 0x100, port + 4, port ^ 1, port ^ 2, 0xfffffffe};
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        for (size_t j = 0; j < COUNT_OF(all_rights); j++) {
            for (size_t k = 0; k < COUNT_OF(deltas); k++)
                assert_code(mod_refs(unknown[i], all_rights[j], deltas[k]), KERN_INVALID_NAME); // R7
        }
    }
    assert_unchanged(picture);
    destroy(port);
}

static void mod_refs_needs_the_right_whatever_the_delta(void **state) {
    (void)state;
    struct kinds kinds = make_kinds();
    static const mach_port_type_t held[KINDS] = {
        [RECEIVE] = 0x20000, [BOTH] = 0x30000, [SEND] = 0x10000, [ONCE] = 0x40000, [SET] = 0x80000, [DEAD] = 0x100000};
    struct picture picture = take_picture();
    for (int kind = 0; kind < KINDS; kind++) {
        for (mach_port_right_t right = 0; right < 6; right++) { // R8: 5 is held by none
            if (held[kind] & 1u << (16 + right)) continue;
            for (size_t i = 0; i < COUNT_OF(deltas); i++)
                assert_code(mod_refs(kinds.name[kind], right, deltas[i]), KERN_INVALID_RIGHT); // R7, R8
        }
    }
    assert_unchanged(picture);
    destroy_kinds(&kinds);
}

static void a_receive_right_and_a_set_change_by_minus_one_only(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set(), both = port_with_sends(2);
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(deltas); i++) {
        if (deltas[i] == -1) continue;
        kern_return_t code = deltas[i] == 0 ? KERN_SUCCESS : KERN_INVALID_VALUE;
        assert_code(mod_refs(port, MACH_PORT_RIGHT_RECEIVE, deltas[i]), code); // R3
        assert_code(mod_refs(both, MACH_PORT_RIGHT_RECEIVE, deltas[i]), code); // R3
        assert_code(mod_refs(set, MACH_PORT_RIGHT_PORT_SET, deltas[i]), code); // R3
    }
    assert_unchanged(picture);
    assert_success(mod_refs(port, MACH_PORT_RIGHT_RECEIVE, -1)); // R3
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    assert_success(mod_refs(set, MACH_PORT_RIGHT_PORT_SET, -1)); // R3
    assert_int_equal(type(set), MACH_PORT_TYPE_NONE);
    destroy(both);
}

static void a_send_once_right_changes_by_minus_one_only_and_posts_send_once(void **state) {
    (void)state;
    mach_port_t port = make_port(), once = make_send_once(port);
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(deltas); i++) {
        if (deltas[i] == -1) continue;
        assert_code(mod_refs(once, MACH_PORT_RIGHT_SEND_ONCE, deltas[i]),
                    deltas[i] == 0 ? KERN_SUCCESS : KERN_INVALID_VALUE); // R4
    }
    assert_unchanged(picture);
    expect_no_message(port);
    assert_success(mod_refs(once, MACH_PORT_RIGHT_SEND_ONCE, -1)); // R4
    assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
    assert_int_equal(status(port).mps_sorights, 1); // in the message that waits, the notification is on its way with it
    expect_send_once_notification(port);            // R4, T18
    assert_int_equal(status(port).mps_sorights, 0);
    expect_no_message(port);
    destroy(port);
}

static void send_references_go_up_to_65534(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), carrier, send = make_send_only(1, &carrier);
    mach_port_t names[] = {port, send};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        mach_port_t name = names[i];
        assert_success(mod_refs(name, MACH_PORT_RIGHT_SEND, 65533)); // R5
        assert_int_equal(refs(name, MACH_PORT_RIGHT_SEND), 65534);
        struct picture picture = take_picture();
        assert_success(mod_refs(name, MACH_PORT_RIGHT_SEND, 0));
        mach_port_delta_t up[] = {1, 2, 65534, 65535, 65536, 0x7fffffff};
        for (size_t j = 0; j < COUNT_OF(up); j++)
            assert_code(mod_refs(name, MACH_PORT_RIGHT_SEND, up[j]), KERN_UREFS_OVERFLOW); // R5
        mach_port_delta_t down[] = {-65535, -65536, -0x7fffffff, -0x7fffffff - 1};
        for (size_t j = 0; j < COUNT_OF(down); j++)
            assert_code(mod_refs(name, MACH_PORT_RIGHT_SEND, down[j]), KERN_INVALID_VALUE); // R5
        assert_unchanged(picture);
        assert_success(mod_refs(name, MACH_PORT_RIGHT_SEND, -65533)); // R5
        assert_int_equal(refs(name, MACH_PORT_RIGHT_SEND), 1);
        assert_code(mod_refs(name, MACH_PORT_RIGHT_SEND, 65534), KERN_UREFS_OVERFLOW); // R5
        assert_code(mod_refs(name, MACH_PORT_RIGHT_SEND, -2), KERN_INVALID_VALUE);     // R5
        assert_int_equal(refs(name, MACH_PORT_RIGHT_SEND), 1);
    }
    assert_success(mod_refs(port, MACH_PORT_RIGHT_SEND, -1)); // R5
    assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(status(port).mps_srights, 0);
    assert_success(mod_refs(send, MACH_PORT_RIGHT_SEND, -1)); // R5
    assert_int_equal(type(send), MACH_PORT_TYPE_NONE);
    destroy(port);
    destroy(carrier);
}

static void dropping_all_send_references_at_once_releases_the_right(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(65534);
    assert_success(mod_refs(port, MACH_PORT_RIGHT_SEND, -65534)); // R5
    assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(status(port).mps_srights, 0);
    assert_code(mod_refs(port, MACH_PORT_RIGHT_SEND, 1), KERN_INVALID_RIGHT); // R7
    destroy(port);
}

static void dead_name_references_go_up_to_65535(void **state) {
    (void)state;
    mach_port_t dead = make_dead_name(1);
    assert_success(mod_refs(dead, MACH_PORT_RIGHT_DEAD_NAME, 65534)); // R5
    assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 65535);
    struct picture picture = take_picture();
    assert_success(mod_refs(dead, MACH_PORT_RIGHT_DEAD_NAME, 0));
    mach_port_delta_t up[] = {1, 2, 65535, 65536, 0x7fffffff};
    for (size_t i = 0; i < COUNT_OF(up); i++)
        assert_code(mod_refs(dead, MACH_PORT_RIGHT_DEAD_NAME, up[i]), KERN_UREFS_OVERFLOW); // R5
    mach_port_delta_t down[] = {-65536, -0x7fffffff, -0x7fffffff - 1};
    for (size_t i = 0; i < COUNT_OF(down); i++)
        assert_code(mod_refs(dead, MACH_PORT_RIGHT_DEAD_NAME, down[i]), KERN_INVALID_VALUE); // R5
    assert_unchanged(picture);
    assert_success(mod_refs(dead, MACH_PORT_RIGHT_DEAD_NAME, -65534));
    assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 1);
    assert_code(mod_refs(dead, MACH_PORT_RIGHT_DEAD_NAME, 65535), KERN_UREFS_OVERFLOW); // R5
    assert_code(mod_refs(dead, MACH_PORT_RIGHT_DEAD_NAME, -2), KERN_INVALID_VALUE);     // R5
    assert_success(mod_refs(dead, MACH_PORT_RIGHT_DEAD_NAME, -1));                      // R5
    assert_int_equal(type(dead), MACH_PORT_TYPE_NONE);
}

static void a_full_send_count_survives_the_death_of_its_port(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(65534);
    kill_port(port);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), 65534); // R11
    assert_success(mod_refs(port, MACH_PORT_RIGHT_DEAD_NAME, 1));   // R5: the one kept back
    assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), 65535);
    destroy(port);
}

static void a_name_whose_port_died_has_lost_its_send_right(void **state) {
    (void)state;
    // Each name is looked at first by the call itself.
    mach_port_t send = send_of_dead_port(4);
    assert_code(mod_refs(send, MACH_PORT_RIGHT_SEND, 1), KERN_INVALID_RIGHT); // R7
    assert_int_equal(refs(send, MACH_PORT_RIGHT_DEAD_NAME), 4);
    destroy(send);

    send = send_of_dead_port(4);
    assert_code(mod_refs(send, MACH_PORT_RIGHT_SEND, -4), KERN_INVALID_RIGHT); // R7
    assert_int_equal(refs(send, MACH_PORT_RIGHT_DEAD_NAME), 4);
    destroy(send);

    send = send_of_dead_port(4);
    assert_success(mod_refs(send, MACH_PORT_RIGHT_DEAD_NAME, 3)); // R7
    assert_int_equal(refs(send, MACH_PORT_RIGHT_DEAD_NAME), 7);
    destroy(send);

    send = send_of_dead_port(4);
    assert_success(mod_refs(send, MACH_PORT_RIGHT_DEAD_NAME, -4)); // R7
    assert_int_equal(type(send), MACH_PORT_TYPE_NONE);

    mach_port_t once = send_once_of_dead_port();
    assert_code(mod_refs(once, MACH_PORT_RIGHT_SEND_ONCE, -1), KERN_INVALID_RIGHT); // R7
    assert_int_equal(refs(once, MACH_PORT_RIGHT_DEAD_NAME), 1);
    destroy(once);

    once = send_once_of_dead_port();
    assert_code(mod_refs(once, MACH_PORT_RIGHT_SEND_ONCE, 0), KERN_INVALID_RIGHT); // R7
    destroy(once);

    once = send_once_of_dead_port();
    assert_success(mod_refs(once, MACH_PORT_RIGHT_DEAD_NAME, -1)); // R7
    assert_int_equal(type(once), MACH_PORT_TYPE_NONE);

    send = send_of_dead_port(4);
    assert_int_equal(refs(send, MACH_PORT_RIGHT_SEND), 0);
    assert_int_equal(refs(send, MACH_PORT_RIGHT_DEAD_NAME), 4);
    assert_int_equal(type(send), MACH_PORT_TYPE_DEAD_NAME);
    destroy(send);
}

// ---- deallocate

static void deallocate_drops_one_reference(void **state) {
    (void)state;
    mach_port_t carrier, send = make_send_only(3, &carrier), dead = make_dead_name(3);
    assert_success(deallocate(send)); // R9
    assert_int_equal(refs(send, MACH_PORT_RIGHT_SEND), 2);
    assert_success(deallocate(send)); // R9
    assert_success(deallocate(send)); // R9
    assert_int_equal(type(send), MACH_PORT_TYPE_NONE);
    assert_code(deallocate(send), KERN_INVALID_NAME);
    assert_success(deallocate(dead)); // R9
    assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 2);
    assert_success(deallocate(dead)); // R9
    assert_success(deallocate(dead)); // R9
    assert_int_equal(type(dead), MACH_PORT_TYPE_NONE);
    assert_code(deallocate(dead), KERN_INVALID_NAME);
    destroy(carrier);
}

static void deallocate_of_send_and_receive_drops_the_send_part(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(2);
    assert_success(deallocate(port)); // R9
    assert_int_equal(type(port), 0x30000);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    assert_success(deallocate(port)); // R9
    assert_int_equal(type(port), 0x20000);
    assert_int_equal(status(port).mps_srights, 0);
    assert_code(deallocate(port), KERN_INVALID_RIGHT); // R9
    assert_int_equal(type(port), 0x20000);
    destroy(port);
}

static void deallocate_of_a_send_once_right_posts_send_once(void **state) {
    (void)state;
    mach_port_t port = make_port(), once = make_send_once(port);
    assert_success(deallocate(once)); // R9
    assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
    expect_send_once_notification(port); // T18
    expect_no_message(port);
    destroy(port);
}

static void deallocate_of_a_name_whose_port_died_drops_a_dead_name(void **state) {
    (void)state;
    mach_port_t send = send_of_dead_port(2), once = send_once_of_dead_port();
    assert_success(deallocate(send)); // R9
    assert_int_equal(refs(send, MACH_PORT_RIGHT_DEAD_NAME), 1);
    assert_success(deallocate(send)); // R9
    assert_int_equal(type(send), MACH_PORT_TYPE_NONE);
    assert_success(deallocate(once)); // R9
    assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
}

static void deallocate_refuses_receive_rights_and_sets(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set(), member = make_port();
    put_in_set(member, set);
    struct picture picture = take_picture();
    assert_code(deallocate(port), KERN_INVALID_RIGHT);   // R9
    assert_code(deallocate(set), KERN_INVALID_RIGHT);    // R9, Choices
    assert_code(deallocate(member), KERN_INVALID_RIGHT); // R9
    assert_success(deallocate(MACH_PORT_NULL));          // R9
    assert_success(deallocate(MACH_PORT_DEAD));          // R9
    assert_code(deallocate(0x7fffff03), KERN_INVALID_NAME);
    assert_unchanged(picture);
    assert_true(is_member(member, set));
    destroy(port);
    destroy(set);
    destroy(member);
}

// ---- destroy

static void destroy_takes_any_name_whole(void **state) {
    (void)state;
    struct kinds kinds = make_kinds();
    for (int kind = 0; kind < KINDS; kind++) {
        assert_success(mach_port_destroy(SELF, kinds.name[kind])); // R10, R17
        assert_int_equal(type(kinds.name[kind]), MACH_PORT_TYPE_NONE);
        assert_code(mach_port_destroy(SELF, kinds.name[kind]), KERN_INVALID_NAME);
    }
    expect_send_once_notification(kinds.target); // T18
    expect_no_message(kinds.target);
    destroy(kinds.target);
    destroy(kinds.carrier);
}

static void destroy_of_null_and_dead_does_nothing(void **state) {
    (void)state;
    struct picture picture = take_picture();
    assert_success(mach_port_destroy(SELF, MACH_PORT_NULL)); // R10
    assert_success(mach_port_destroy(SELF, MACH_PORT_DEAD)); // R10
    assert_code(mach_port_destroy(SELF, 0x7fffff03), KERN_INVALID_NAME);
    assert_unchanged(picture);
}

static void destroy_drops_every_send_reference(void **state) {
    (void)state;
    mach_port_t carrier, send = make_send_only(65534, &carrier);
    destroy(send); // R10
    assert_int_equal(type(send), MACH_PORT_TYPE_NONE);
    destroy(carrier);
}

static void destroy_of_a_port_kills_the_rights_that_others_hold(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(3), first = make_send_once(port), second = make_send_once(port);
    destroy(port); // R17
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    assert_int_equal(type(first), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(second), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(refs(first, MACH_PORT_RIGHT_DEAD_NAME), 1);
    destroy(first);
    destroy(second);
}

static void a_port_dies_with_the_messages_in_it(void **state) {
    (void)state;
    mach_linux_statistics_data_t start, end;
    mach_port_t port = port_with_send();
    mach_linux_statistics(&start);
    for (int i = 0; i < 5; i++) assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, i), MACH_MSG_SUCCESS);
    mach_linux_statistics(&end);
    assert_int_equal(end.messages, start.messages + 5);
    destroy(port);
    mach_linux_statistics(&end);
    assert_int_equal(end.messages, start.messages);
    assert_int_equal(end.ports, start.ports - 1);
}

// ---- Death of the receive right

static void dropping_the_receive_right_leaves_a_dead_name_with_the_send_references(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(6);
    assert_success(mod_refs(port, MACH_PORT_RIGHT_RECEIVE, -1)); // R11, R3
    assert_int_equal(type(port), 0x100000);                      // R11
    assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), 6);  // R11
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 0);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_RECEIVE), 0);
    assert_code(mod_refs(port, MACH_PORT_RIGHT_RECEIVE, -1), KERN_INVALID_RIGHT); // R7
    destroy(port);

    port = port_with_sends(6);
    destroy(port);
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE); // R11, R17
}

// ---- type

static void type_of_each_kind(void **state) {
    (void)state;
    struct kinds kinds = make_kinds();
    assert_int_equal(type(kinds.name[RECEIVE]), 0x20000); // R13
    assert_int_equal(type(kinds.name[BOTH]), 0x30000);
    assert_int_equal(type(kinds.name[SEND]), 0x10000);
    assert_int_equal(type(kinds.name[ONCE]), 0x40000);
    assert_int_equal(type(kinds.name[SET]), 0x80000);
    assert_int_equal(type(kinds.name[DEAD]), 0x100000);
    mach_port_type_t it = 77;
    assert_success(mach_port_type(SELF, MACH_PORT_DEAD, &it)); // R13
    assert_int_equal(it, 0x100000);
    it = 77;
    assert_code(mach_port_type(SELF, MACH_PORT_NULL, &it), KERN_INVALID_NAME); // R13
    assert_code(mach_port_type(SELF, 0x7fffff03, &it), KERN_INVALID_NAME);     // R13
    assert_int_equal(it, 77);
    assert_code(mach_port_type(SELF, kinds.name[BOTH], NULL), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_type(SELF, MACH_PORT_DEAD, NULL), KERN_INVALID_ARGUMENT);
    destroy_kinds(&kinds);
}

// ---- Rights that arrive at a full name

struct port_message {
    mach_msg_header_t header;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t right;
    mach_msg_max_trailer_t trailer;
};

static void a_send_right_received_at_a_full_name_is_absorbed(void **state) {
    (void)state;
    mach_port_t full = port_with_sends(65534), queue = make_port();
    struct port_message message;
    memset(&message, 0, sizeof(message));
    message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    message.header.msgh_remote_port = queue;
    message.body.msgh_descriptor_count = 1;
    message.right.name = full;
    message.right.disposition = MACH_MSG_TYPE_MAKE_SEND;
    message.right.type = MACH_MSG_PORT_DESCRIPTOR;
    assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, offsetof(struct port_message, trailer), 0,
                         MACH_PORT_NULL, 0, MACH_PORT_NULL),
                MACH_MSG_SUCCESS);
    memset(&message, 0x5a, sizeof(message));
    assert_code(
        mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), queue, 0, MACH_PORT_NULL),
        MACH_MSG_SUCCESS); // R16
    assert_int_equal(message.right.name, full);
    assert_int_equal(message.right.disposition, MACH_MSG_TYPE_PORT_SEND);
    assert_int_equal(refs(full, MACH_PORT_RIGHT_SEND), 65534); // R16
    // The absorbed right is gone: dropping the name's own one leaves none.
    mach_port_rights_t rights = 77;
    assert_success(mach_port_get_srights(SELF, full, &rights));
    assert_int_equal(rights, 1);
    destroy(full);
    destroy(queue);
}

// ---- Calls about receive rights

static void calls_about_receive_rights_refuse_null_and_dead(void **state) {
    (void)state;
    mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        mach_port_context_t context = 77;
        mach_port_seqno_t sequence = 77;
        mach_msg_size_t size = 77;
        mach_msg_id_t id = 77;
        mach_msg_max_trailer_t trailer;
        mach_msg_type_number_t trailer_size = sizeof(trailer);
        memset(&trailer, 0x5a, sizeof(trailer));
        mach_msg_max_trailer_t untouched = trailer;
        assert_code(
            mach_port_peek(SELF, names[i], 0, &sequence, &size, &id, (mach_msg_trailer_info_t)&trailer, &trailer_size),
            KERN_INVALID_RIGHT);                                                          // R14
        assert_code(mach_port_set_mscount(SELF, names[i], 0), KERN_INVALID_RIGHT);        // R14
        assert_code(mach_port_set_seqno(SELF, names[i], 0), KERN_INVALID_RIGHT);          // R14
        assert_code(mach_port_get_context(SELF, names[i], &context), KERN_INVALID_RIGHT); // R14
        assert_code(mach_port_set_context(SELF, names[i], 0), KERN_INVALID_RIGHT);        // R14
        assert_int_equal(context, 77);
        assert_int_equal(sequence, 77);
        assert_int_equal(size, 77);
        assert_int_equal(id, 77);
        assert_int_equal(trailer_size, sizeof(trailer));
        assert_memory_equal(&trailer, &untouched, sizeof(trailer));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(get_refs_counts_each_right_and_says_zero_for_others),
        TEST(get_refs_of_null_and_dead),
        TEST(get_refs_tests_the_right_before_the_name),
        TEST(mod_refs_of_null_and_dead_changes_nothing),
        TEST(mod_refs_tests_the_right_before_the_name),
        TEST(mod_refs_of_an_unknown_name_is_an_invalid_name),
        TEST(mod_refs_needs_the_right_whatever_the_delta),
        TEST(a_receive_right_and_a_set_change_by_minus_one_only),
        TEST(a_send_once_right_changes_by_minus_one_only_and_posts_send_once),
        TEST(send_references_go_up_to_65534),
        TEST(dropping_all_send_references_at_once_releases_the_right),
        TEST(dead_name_references_go_up_to_65535),
        TEST(a_full_send_count_survives_the_death_of_its_port),
        TEST(a_name_whose_port_died_has_lost_its_send_right),
        TEST(deallocate_drops_one_reference),
        TEST(deallocate_of_send_and_receive_drops_the_send_part),
        TEST(deallocate_of_a_send_once_right_posts_send_once),
        TEST(deallocate_of_a_name_whose_port_died_drops_a_dead_name),
        TEST(deallocate_refuses_receive_rights_and_sets),
        TEST(destroy_takes_any_name_whole),
        TEST(destroy_of_null_and_dead_does_nothing),
        TEST(destroy_drops_every_send_reference),
        TEST(destroy_of_a_port_kills_the_rights_that_others_hold),
        TEST(a_port_dies_with_the_messages_in_it),
        TEST(dropping_the_receive_right_leaves_a_dead_name_with_the_send_references),
        TEST(type_of_each_kind),
        TEST(a_send_right_received_at_a_full_name_is_absorbed),
        TEST(calls_about_receive_rights_refuse_null_and_dead),
    };
    return RUN(tests);
}

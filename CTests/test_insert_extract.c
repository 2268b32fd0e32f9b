// Putting rights under wanted names, and taking them out again.
#include "support.h"

static const mach_msg_type_name_t dispositions[] = {MACH_MSG_TYPE_MOVE_RECEIVE,   MACH_MSG_TYPE_MOVE_SEND,
                                                    MACH_MSG_TYPE_MOVE_SEND_ONCE, MACH_MSG_TYPE_COPY_SEND,
                                                    MACH_MSG_TYPE_MAKE_SEND,      MACH_MSG_TYPE_MAKE_SEND_ONCE};

static kern_return_t insert(mach_port_name_t name, mach_port_t poly, mach_msg_type_name_t disposition) {
    return mach_port_insert_right(SELF, name, poly, disposition);
}

static kern_return_t extract(mach_port_name_t name, mach_msg_type_name_t disposition, mach_port_t *poly,
                             mach_msg_type_name_t *result) {
    return mach_port_extract_right(SELF, name, disposition, poly, result);
}

static mach_port_name_t free_name(void) {
    mach_port_name_t name = make_port();
    destroy(name);
    return name;
}

static bool is_disposition(uint32_t value) { return value >= 16 && value <= 21; }

// The call must fail with this code and change nothing that a program can see.
static void insert_fails(mach_port_name_t name, mach_port_t poly, mach_msg_type_name_t disposition,
                         kern_return_t code) {
    struct picture picture = take_picture();
    assert_code(insert(name, poly, disposition), code);
    assert_unchanged(picture);
}

static void extract_fails(mach_port_name_t name, mach_msg_type_name_t disposition, kern_return_t code) {
    struct picture picture = take_picture();
    mach_port_t poly = 0x5a5a5a5a;
    mach_msg_type_name_t result = 0x5b5b5b5b;
    assert_code(extract(name, disposition, &poly, &result), code);
    assert_int_equal(poly, 0x5a5a5a5a);
    assert_int_equal(result, 0x5b5b5b5b);
    assert_unchanged(picture);
}

// The call must succeed; what it gave.
static mach_port_t extracted(mach_port_name_t name, mach_msg_type_name_t disposition, mach_msg_type_name_t wanted) {
    mach_port_t poly = 0x5a5a5a5a;
    mach_msg_type_name_t result = 0x5b5b5b5b;
    assert_success(extract(name, disposition, &poly, &result));
    assert_int_equal(result, wanted);
    return poly;
}

// ---- insert_right: the arguments

static void a_disposition_out_of_range_is_an_invalid_value(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    for (size_t i = 0; i < edge_value_count; i++) {
        if (is_disposition(edge_values[i])) continue;
        insert_fails(port, port, edge_values[i], KERN_INVALID_VALUE);           // I1, Choices
        insert_fails(port, MACH_PORT_NULL, edge_values[i], KERN_INVALID_VALUE); // I1, Choices: before the port
        insert_fails(port, MACH_PORT_DEAD, edge_values[i], KERN_INVALID_VALUE); // I1, Choices
        insert_fails(port, 0x7fffff03, edge_values[i], KERN_INVALID_VALUE);     // I1, Choices
        insert_fails(MACH_PORT_NULL, port, edge_values[i], KERN_INVALID_VALUE); // I1, Choices
    }
    destroy(port);
}

static void a_null_or_dead_target_name_is_an_invalid_value(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    mach_port_name_t targets[] = {MACH_PORT_NULL, MACH_PORT_DEAD};
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        for (size_t j = 0; j < COUNT_OF(dispositions); j++) {
            insert_fails(targets[i], port, dispositions[j], KERN_INVALID_VALUE); // I1
            insert_fails(targets[i], MACH_PORT_NULL, dispositions[j],
                         KERN_INVALID_VALUE); // I1, Choices: before the port
            insert_fails(targets[i], MACH_PORT_DEAD, dispositions[j], KERN_INVALID_VALUE); // I1, Choices
            insert_fails(targets[i], 0x7fffff03, dispositions[j], KERN_INVALID_VALUE);     // I1, Choices
        }
    }
    destroy(port);
}

static void a_null_or_dead_port_is_an_invalid_capability(void **state) {
    (void)state;
    mach_port_t port = make_port();
    mach_port_name_t targets[] = {port, free_name(), 0x03, 0x40000003}; // whatever the valid target name
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        for (size_t j = 0; j < COUNT_OF(dispositions); j++) {
            insert_fails(targets[i], MACH_PORT_NULL, dispositions[j], KERN_INVALID_CAPABILITY); // I2
            insert_fails(targets[i], MACH_PORT_DEAD, dispositions[j], KERN_INVALID_CAPABILITY); // I2
        }
    }
    destroy(port);
}

static void an_unknown_port_is_an_invalid_name(void **state) {
    (void)state;
    mach_port_t port = make_port();
    mach_port_name_t targets[] = {port, free_name(), 0x03, 0x40000003};
    mach_port_t unknown[] = {1, 2, 3, 0x100, 0x102, 0x7fffff03, port + 4, port ^ 1, 0xfffffffe, 0x40000003};
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        for (size_t j = 0; j < COUNT_OF(unknown); j++) {
            for (size_t k = 0; k < COUNT_OF(dispositions); k++)
                insert_fails(targets[i], unknown[j], dispositions[k], KERN_INVALID_NAME); // I1, I10, Choices
        }
    }
    destroy(port);
}

static void a_right_that_the_port_name_lacks_is_an_invalid_right(void **state) {
    (void)state;
    mach_port_t carrier, receive = make_port(), send = make_send_only(2, &carrier), target = make_port(),
                         once = make_send_once(target), set = make_set();
    mach_port_t dead = make_dead_name(2);
    mach_port_name_t targets[] = {free_name(), receive, 0x03,
                                  0x40000003}; // tested before what the target name could fail with
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        insert_fails(targets[i], receive, MACH_MSG_TYPE_MOVE_SEND, KERN_INVALID_RIGHT);      // I1
        insert_fails(targets[i], receive, MACH_MSG_TYPE_COPY_SEND, KERN_INVALID_RIGHT);      // I1
        insert_fails(targets[i], receive, MACH_MSG_TYPE_MOVE_SEND_ONCE, KERN_INVALID_RIGHT); // I1
        insert_fails(targets[i], send, MACH_MSG_TYPE_MOVE_RECEIVE, KERN_INVALID_RIGHT);      // I1
        insert_fails(targets[i], send, MACH_MSG_TYPE_MAKE_SEND, KERN_INVALID_RIGHT);         // I8
        insert_fails(targets[i], send, MACH_MSG_TYPE_MAKE_SEND_ONCE, KERN_INVALID_RIGHT);    // I8
        insert_fails(targets[i], send, MACH_MSG_TYPE_MOVE_SEND_ONCE, KERN_INVALID_RIGHT);    // I1
        insert_fails(targets[i], once, MACH_MSG_TYPE_MOVE_RECEIVE, KERN_INVALID_RIGHT);      // I1
        insert_fails(targets[i], once, MACH_MSG_TYPE_MOVE_SEND, KERN_INVALID_RIGHT);         // I1
        insert_fails(targets[i], once, MACH_MSG_TYPE_COPY_SEND, KERN_INVALID_RIGHT);         // I1
        insert_fails(targets[i], once, MACH_MSG_TYPE_MAKE_SEND, KERN_INVALID_RIGHT);         // I8
        insert_fails(targets[i], once, MACH_MSG_TYPE_MAKE_SEND_ONCE, KERN_INVALID_RIGHT);    // I8
        for (size_t j = 0; j < COUNT_OF(dispositions); j++)
            insert_fails(targets[i], set, dispositions[j], KERN_INVALID_RIGHT);           // I1, I8
        insert_fails(targets[i], dead, MACH_MSG_TYPE_MOVE_RECEIVE, KERN_INVALID_RIGHT);   // I1
        insert_fails(targets[i], dead, MACH_MSG_TYPE_MAKE_SEND, KERN_INVALID_RIGHT);      // I1
        insert_fails(targets[i], dead, MACH_MSG_TYPE_MAKE_SEND_ONCE, KERN_INVALID_RIGHT); // I1
        insert_fails(targets[i], SELF, MACH_MSG_TYPE_MAKE_SEND, KERN_INVALID_RIGHT);      // X3
        insert_fails(targets[i], SELF, MACH_MSG_TYPE_MOVE_RECEIVE, KERN_INVALID_RIGHT);   // X3
    }
    mach_port_t all[] = {receive, send, target, once, set, dead, carrier};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

static void a_dead_name_as_the_port_is_an_invalid_capability(void **state) {
    (void)state;
    mach_port_t dead = make_dead_name(3), port = make_port();
    mach_port_name_t targets[] = {free_name(), dead, port, 0x03, 0x40000003};
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        insert_fails(targets[i], dead, MACH_MSG_TYPE_COPY_SEND, KERN_INVALID_CAPABILITY);      // I2, I10
        insert_fails(targets[i], dead, MACH_MSG_TYPE_MOVE_SEND, KERN_INVALID_CAPABILITY);      // I2, I10
        insert_fails(targets[i], dead, MACH_MSG_TYPE_MOVE_SEND_ONCE, KERN_INVALID_CAPABILITY); // I2, I10
    }
    assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 3); // Choices: the source stays
    // The same for names whose port died unnoticed.
    mach_port_t carrier, send = make_send_only(2, &carrier), once = make_send_once(port);
    destroy(carrier);
    destroy(port);
    assert_code(insert(targets[0], send, MACH_MSG_TYPE_COPY_SEND), KERN_INVALID_CAPABILITY);      // I4
    assert_code(insert(targets[0], once, MACH_MSG_TYPE_MOVE_SEND_ONCE), KERN_INVALID_CAPABILITY); // I4
    assert_int_equal(refs(send, MACH_PORT_RIGHT_DEAD_NAME), 2);
    assert_int_equal(refs(once, MACH_PORT_RIGHT_DEAD_NAME), 1);
    destroy(send);
    destroy(once);
    destroy(dead);
}

static void the_index_of_the_target_fails_before_anything_exists(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(2), other = make_port(), single = make_port();
    // A slot in use under another generation, and index 0; RIGHT_EXISTS and NAME_EXISTS would come later.
    mach_port_name_t failing[] = {0x03, 0x07, 0xfb, other ^ 4, port ^ 4};
    for (size_t i = 0; i < COUNT_OF(failing); i++) {
        insert_fails(failing[i], port, MACH_MSG_TYPE_MAKE_SEND, KERN_FAILURE);      // I4, I10
        insert_fails(failing[i], port, MACH_MSG_TYPE_MAKE_SEND_ONCE, KERN_FAILURE); // I4, I10
        insert_fails(failing[i], port, MACH_MSG_TYPE_COPY_SEND, KERN_FAILURE);      // I4, I10
        insert_fails(failing[i], port, MACH_MSG_TYPE_MOVE_SEND, KERN_FAILURE);      // I4, I10
        insert_fails(failing[i], port, MACH_MSG_TYPE_MOVE_RECEIVE, KERN_FAILURE);   // I4, I10
        insert_fails(failing[i], single, MACH_MSG_TYPE_MOVE_RECEIVE, KERN_FAILURE); // I4, I10
    }
    mach_port_name_t beyond[] = {INDEX_BEYOND << 8 | 3, 0x7fffff03, 0xffffff03};
    for (size_t i = 0; i < COUNT_OF(beyond); i++) {
        insert_fails(beyond[i], port, MACH_MSG_TYPE_MAKE_SEND, KERN_NO_SPACE);      // I4, N9, Choices
        insert_fails(beyond[i], port, MACH_MSG_TYPE_MAKE_SEND_ONCE, KERN_NO_SPACE); // I4, N9, Choices
        insert_fails(beyond[i], port, MACH_MSG_TYPE_COPY_SEND, KERN_NO_SPACE);      // I4, N9, Choices
        insert_fails(beyond[i], single, MACH_MSG_TYPE_MOVE_RECEIVE, KERN_NO_SPACE); // I4, N9, Choices
    }
    destroy(port);
    destroy(other);
    destroy(single);
}

static void a_port_already_known_under_another_name_exists(void **state) {
    (void)state;
    mach_port_t carrier, port = port_with_sends(3), send = make_send_only(2, &carrier), other = make_port(),
                         set = make_set(), dead = make_dead_name(1);
    mach_port_name_t targets[] = {free_name(), other, set, dead, SELF}; // free or used for something else: I4
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        insert_fails(targets[i], port, MACH_MSG_TYPE_MAKE_SEND, KERN_RIGHT_EXISTS); // I3, I4
        insert_fails(targets[i], port, MACH_MSG_TYPE_COPY_SEND, KERN_RIGHT_EXISTS); // I3, I4
        insert_fails(targets[i], port, MACH_MSG_TYPE_MOVE_SEND, KERN_RIGHT_EXISTS); // I3, I4
        insert_fails(targets[i], port, MACH_MSG_TYPE_MOVE_RECEIVE,
                     KERN_RIGHT_EXISTS); // I3, I4: the send right keeps the old name
        insert_fails(targets[i], send, MACH_MSG_TYPE_COPY_SEND, KERN_RIGHT_EXISTS); // I3, I4
        insert_fails(targets[i], send, MACH_MSG_TYPE_MOVE_SEND,
                     KERN_RIGHT_EXISTS); // I3, I4: one reference stays under the old name
    }
    insert_fails(other, SELF, MACH_MSG_TYPE_COPY_SEND, KERN_RIGHT_EXISTS); // X3, I3
    mach_port_t all[] = {port, send, other, set, dead, carrier};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

static void a_target_name_in_use_for_another_port_exists(void **state) {
    (void)state;
    mach_port_t carrier, single = make_port(), send = make_send_only(1, &carrier), other = make_port(),
                         set = make_set(), dead = make_dead_name(1);
    mach_port_t target = make_port(), once = make_send_once(target), second = make_send_once(target);
    mach_port_name_t used[] = {other, set, dead, second, SELF};
    for (size_t i = 0; i < COUNT_OF(used); i++) {
        // The right that moves is the last one under its old name, so that the port is known no more.
        insert_fails(used[i], single, MACH_MSG_TYPE_MOVE_RECEIVE, KERN_NAME_EXISTS);   // I4
        insert_fails(used[i], send, MACH_MSG_TYPE_MOVE_SEND, KERN_NAME_EXISTS);        // I4
        insert_fails(used[i], once, MACH_MSG_TYPE_MOVE_SEND_ONCE, KERN_NAME_EXISTS);   // I4
        insert_fails(used[i], target, MACH_MSG_TYPE_MAKE_SEND_ONCE, KERN_NAME_EXISTS); // I4
    }
    // A send-once right does not join the port's own name either.
    insert_fails(target, target, MACH_MSG_TYPE_MAKE_SEND_ONCE, KERN_NAME_EXISTS); // I4
    insert_fails(target, once, MACH_MSG_TYPE_MOVE_SEND_ONCE, KERN_NAME_EXISTS);   // I4
    expect_no_message(target);                                                    // no right died on the way
    mach_port_t all[] = {target, once, second, single, send, other, set, dead, carrier};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

static void any_value_as_target_or_port_changes_nothing_when_refused(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    for (size_t i = 0; i < edge_value_count; i++) {
        mach_port_name_t value = edge_values[i], index = value >> 8;
        if (index == port >> 8) continue;
        for (size_t j = 0; j < COUNT_OF(dispositions); j++) {
            kern_return_t code;
            if (value == MACH_PORT_NULL || value == MACH_PORT_DEAD)
                code = KERN_INVALID_CAPABILITY;
            else
                code = KERN_INVALID_NAME;
            insert_fails(port, value, dispositions[j], code); // I1, I2
        }
        if ((value & 3) != 3) continue; // see the test of low bits
        if (value == MACH_PORT_DEAD)
            insert_fails(value, port, MACH_MSG_TYPE_MAKE_SEND, KERN_INVALID_VALUE); // I1
        else if (index == 0)
            insert_fails(value, port, MACH_MSG_TYPE_MAKE_SEND, KERN_FAILURE); // I4
        else if (index > LAST_INDEX)
            insert_fails(value, port, MACH_MSG_TYPE_MAKE_SEND, KERN_NO_SPACE); // I4
        else
            insert_fails(value, port, MACH_MSG_TYPE_MAKE_SEND, KERN_RIGHT_EXISTS); // I3
    }
    destroy(port);
}

static void a_target_name_needs_both_low_bits(void **state) {
    (void)state;
    // As for a name wanted from mach_port_allocate_name (N5, Choices): no other name is ever valid.
    mach_port_t port = port_with_send(), single = make_port();
    mach_port_name_t wanted = free_name() & 0xffffff00;
    for (mach_port_name_t low = 0; low < 0x100; low++) {
        if ((low & 3) == 3) continue;
        insert_fails(wanted | low, port, MACH_MSG_TYPE_MAKE_SEND_ONCE, KERN_INVALID_VALUE);
        insert_fails(wanted | low, single, MACH_MSG_TYPE_MOVE_RECEIVE, KERN_INVALID_VALUE);
    }
    destroy(port);
    destroy(single);
}

// ---- insert_right: what it does

static void send_rights_join_their_port_name(void **state) {
    (void)state;
    mach_port_t port = make_port();
    assert_success(insert(port, port, MACH_MSG_TYPE_MAKE_SEND)); // I5
    assert_int_equal(type(port), 0x30000);                       // I9
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    assert_int_equal(status(port).mps_mscount, 1);               // T2
    assert_success(insert(port, port, MACH_MSG_TYPE_MAKE_SEND)); // I5
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    assert_int_equal(status(port).mps_mscount, 2);               // T2
    assert_success(insert(port, port, MACH_MSG_TYPE_COPY_SEND)); // I5
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 3);
    assert_int_equal(status(port).mps_mscount, 2);               // T2
    assert_success(insert(port, port, MACH_MSG_TYPE_MOVE_SEND)); // I5: one out, one in
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 3);
    assert_int_equal(status(port).mps_mscount, 2); // T2
    mach_port_rights_t rights = 77;
    assert_success(mach_port_get_srights(SELF, port, &rights));
    assert_int_equal(rights, 1);
    destroy(port);

    mach_port_t carrier, send = make_send_only(1, &carrier);
    assert_success(insert(send, send, MACH_MSG_TYPE_COPY_SEND)); // I5
    assert_int_equal(refs(send, MACH_PORT_RIGHT_SEND), 2);
    assert_success(insert(SELF, SELF, MACH_MSG_TYPE_COPY_SEND)); // X3
    assert_success(mach_port_deallocate(SELF, SELF));
    destroy(send);
    destroy(carrier);
}

static void a_full_name_takes_no_more_send_rights(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(65533);
    assert_success(insert(port, port, MACH_MSG_TYPE_MAKE_SEND));
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 65534);
    insert_fails(port, port, MACH_MSG_TYPE_MAKE_SEND, KERN_UREFS_OVERFLOW); // I5
    insert_fails(port, port, MACH_MSG_TYPE_COPY_SEND, KERN_UREFS_OVERFLOW); // I5
    assert_success(insert(port, port, MACH_MSG_TYPE_MOVE_SEND));            // one out, one in
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 65534);
    // Nothing is left over of the rights that were refused.
    mach_port_rights_t rights = 77;
    assert_success(mach_port_get_srights(SELF, port, &rights));
    assert_int_equal(rights, 1);
    destroy(port);
}

static void a_send_once_right_is_made_under_a_free_name(void **state) {
    (void)state;
    mach_port_t port = make_port();
    mach_port_name_t wanted = free_name();
    assert_success(insert(wanted, port, MACH_MSG_TYPE_MAKE_SEND_ONCE)); // I4, I9
    assert_int_equal(type(wanted), 0x40000);
    assert_int_equal(refs(wanted, MACH_PORT_RIGHT_SEND_ONCE), 1);
    assert_int_equal(status(port).mps_sorights, 1);
    assert_int_equal(status(port).mps_mscount, 0); // T2
    assert_code(send_simple(wanted, MACH_MSG_TYPE_MOVE_SEND_ONCE, 9), MACH_MSG_SUCCESS);
    mach_msg_id_t id = 0;
    assert_code(receive_simple(port, &id), MACH_MSG_SUCCESS);
    assert_int_equal(id, 9);
    destroy(port);
}

static void moved_rights_take_the_wanted_name(void **state) {
    (void)state;
    mach_port_t carrier, port = make_port(), send = make_send_only(1, &carrier), target = make_port(),
                         once = make_send_once(target);

    mach_port_name_t wanted = free_name();
    assert_success(insert(wanted, port, MACH_MSG_TYPE_MOVE_RECEIVE));
    assert_int_equal(type(wanted), 0x20000);
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    destroy(wanted);

    wanted = free_name();
    assert_success(insert(wanted, send, MACH_MSG_TYPE_MOVE_SEND));
    assert_int_equal(type(wanted), 0x10000);
    assert_int_equal(refs(wanted, MACH_PORT_RIGHT_SEND), 1);
    assert_int_equal(type(send), MACH_PORT_TYPE_NONE);
    destroy(wanted);
    destroy(carrier);

    wanted = free_name();
    assert_success(insert(wanted, once, MACH_MSG_TYPE_MOVE_SEND_ONCE));
    assert_int_equal(type(wanted), 0x40000);
    assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
    assert_int_equal(status(target).mps_sorights, 1);
    expect_no_message(target);
    destroy(target);
    destroy(wanted);
}

static void a_right_may_move_to_its_own_name(void **state) {
    (void)state;
    mach_port_t carrier, port = make_port(), both = port_with_sends(2), send = make_send_only(1, &carrier),
                         target = make_port(), once = make_send_once(target);
    assert_success(insert(port, port, MACH_MSG_TYPE_MOVE_RECEIVE));
    assert_int_equal(type(port), 0x20000);
    assert_success(insert(both, both, MACH_MSG_TYPE_MOVE_RECEIVE)); // I5: joins the send right
    assert_int_equal(type(both), 0x30000);
    assert_int_equal(refs(both, MACH_PORT_RIGHT_SEND), 2);
    assert_success(insert(send, send, MACH_MSG_TYPE_MOVE_SEND));
    assert_int_equal(refs(send, MACH_PORT_RIGHT_SEND), 1);
    assert_success(insert(once, once, MACH_MSG_TYPE_MOVE_SEND_ONCE));
    assert_int_equal(type(once), 0x40000);
    expect_no_message(target);
    assert_int_equal(status(target).mps_sorights, 1);
    mach_port_t all[] = {target, once, port, both, send, carrier};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

static void a_moved_receive_right_starts_anew_but_keeps_its_messages(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set();
    assert_code(send_simple(port, MACH_MSG_TYPE_MAKE_SEND, 31), MACH_MSG_SUCCESS);
    assert_success(mach_port_set_context(SELF, port, 0x1234567890));
    assert_success(mach_port_set_seqno(SELF, port, 44));
    assert_success(mach_port_set_mscount(SELF, port, 55));
    put_in_set(port, set);
    mach_port_name_t wanted = free_name();
    assert_success(insert(wanted, port, MACH_MSG_TYPE_MOVE_RECEIVE));
    mach_port_context_t context = 77;
    assert_success(mach_port_get_context(SELF, wanted, &context));
    assert_int_equal(context, 0);                    // T19
    assert_int_equal(status(wanted).mps_seqno, 0);   // T19
    assert_int_equal(status(wanted).mps_mscount, 0); // T19
    assert_int_equal(status(wanted).mps_pset, 0);    // P7, T19
    assert_false(is_member(wanted, set));            // P7
    assert_int_equal(status(wanted).mps_msgcount, 1);
    mach_msg_id_t id = 0;
    assert_code(receive_simple(wanted, &id), MACH_MSG_SUCCESS);
    assert_int_equal(id, 31);
    destroy(wanted);
    destroy(set);
}

// ---- extract_right: the arguments

static void extract_tests_the_disposition_before_the_name(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    mach_port_name_t names[] = {port, MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03};
    for (size_t i = 0; i < edge_value_count; i++) {
        if (is_disposition(edge_values[i])) continue;
        for (size_t j = 0; j < COUNT_OF(names); j++) extract_fails(names[j], edge_values[i], KERN_INVALID_VALUE); // I7
    }
    destroy(port);
}

static void extract_refuses_names_that_lack_the_right(void **state) {
    (void)state;
    mach_port_t carrier, receive = make_port(), send = make_send_only(2, &carrier), target = make_port(),
                         once = make_send_once(target), set = make_set();
    mach_port_t dead = make_dead_name(2);
    for (size_t i = 0; i < COUNT_OF(dispositions); i++) {
        extract_fails(MACH_PORT_NULL, dispositions[i], KERN_INVALID_RIGHT); // I7
        extract_fails(MACH_PORT_DEAD, dispositions[i], KERN_INVALID_RIGHT); // I7
        extract_fails(0x7fffff03, dispositions[i], KERN_INVALID_NAME);      // I7
        extract_fails(receive + 4, dispositions[i], KERN_INVALID_NAME);     // I7
        extract_fails(1, dispositions[i], KERN_INVALID_NAME);               // I7
        extract_fails(0xfffffffe, dispositions[i], KERN_INVALID_NAME);      // I7
        extract_fails(set, dispositions[i], KERN_INVALID_RIGHT);            // I7, I8
    }
    mach_msg_type_name_t not_receive[] = {MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE,
                                          MACH_MSG_TYPE_COPY_SEND};
    for (size_t i = 0; i < COUNT_OF(not_receive); i++) extract_fails(receive, not_receive[i], KERN_INVALID_RIGHT); // I7
    mach_msg_type_name_t not_send[] = {MACH_MSG_TYPE_MOVE_RECEIVE, MACH_MSG_TYPE_MOVE_SEND_ONCE,
                                       MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE};
    for (size_t i = 0; i < COUNT_OF(not_send); i++) {
        extract_fails(send, not_send[i], KERN_INVALID_RIGHT); // I7, I8
        extract_fails(SELF, not_send[i], KERN_INVALID_RIGHT); // I7, X3
    }
    mach_msg_type_name_t not_once[] = {MACH_MSG_TYPE_MOVE_RECEIVE, MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_COPY_SEND,
                                       MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE};
    for (size_t i = 0; i < COUNT_OF(not_once); i++) extract_fails(once, not_once[i], KERN_INVALID_RIGHT); // I7, I8
    mach_msg_type_name_t not_dead[] = {MACH_MSG_TYPE_MOVE_RECEIVE, MACH_MSG_TYPE_MAKE_SEND,
                                       MACH_MSG_TYPE_MAKE_SEND_ONCE};
    for (size_t i = 0; i < COUNT_OF(not_dead); i++) extract_fails(dead, not_dead[i], KERN_INVALID_RIGHT); // I7, I11
    mach_port_t all[] = {target, once, receive, send, set, dead, carrier};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

static void extract_refuses_null_outputs(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    struct picture picture = take_picture();
    mach_port_t poly = 0x5a5a5a5a;
    mach_msg_type_name_t result = 0x5b5b5b5b;
    for (size_t i = 0; i < COUNT_OF(dispositions); i++) {
        if (dispositions[i] == MACH_MSG_TYPE_MOVE_SEND_ONCE) continue;
        assert_code(extract(port, dispositions[i], NULL, &result), KERN_INVALID_ARGUMENT);
        assert_code(extract(port, dispositions[i], &poly, NULL), KERN_INVALID_ARGUMENT);
        assert_code(extract(port, dispositions[i], NULL, NULL), KERN_INVALID_ARGUMENT);
    }
    assert_int_equal(poly, 0x5a5a5a5a);
    assert_int_equal(result, 0x5b5b5b5b);
    assert_unchanged(picture);
    destroy(port);
}

// ---- extract_right: what it does

static void extracted_send_rights_are_merged_with_their_name(void **state) {
    (void)state;
    mach_port_t port = make_port();
    assert_int_equal(extracted(port, MACH_MSG_TYPE_MAKE_SEND, 17), port); // I9
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    assert_int_equal(status(port).mps_mscount, 1);                        // T2
    assert_int_equal(extracted(port, MACH_MSG_TYPE_MAKE_SEND, 17), port); // I9
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    assert_int_equal(status(port).mps_mscount, 2);                        // T2
    assert_int_equal(extracted(port, MACH_MSG_TYPE_COPY_SEND, 17), port); // I9
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 3);
    assert_int_equal(status(port).mps_mscount, 2);                        // T2
    assert_int_equal(extracted(port, MACH_MSG_TYPE_MOVE_SEND, 17), port); // I9
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 3);
    destroy(port);

    mach_port_t carrier, send = make_send_only(2, &carrier);
    assert_int_equal(extracted(send, MACH_MSG_TYPE_COPY_SEND, 17), send);
    assert_int_equal(refs(send, MACH_PORT_RIGHT_SEND), 3);
    assert_int_equal(extracted(send, MACH_MSG_TYPE_MOVE_SEND, 17), send);
    assert_int_equal(refs(send, MACH_PORT_RIGHT_SEND), 3);
    destroy(send);
    destroy(carrier);

    assert_int_equal(extracted(SELF, MACH_MSG_TYPE_COPY_SEND, 17), SELF); // X3
    assert_success(mach_port_deallocate(SELF, SELF));
}

static void the_last_send_right_extracted_by_move_gets_a_new_name(void **state) {
    (void)state;
    mach_port_t carrier, send = make_send_only(1, &carrier);
    mach_port_t moved = extracted(send, MACH_MSG_TYPE_MOVE_SEND, 17);
    assert_int_equal(type(moved), 0x10000);
    assert_int_equal(refs(moved, MACH_PORT_RIGHT_SEND), 1);
    if (moved != send) assert_int_equal(type(send), MACH_PORT_TYPE_NONE);
    destroy(moved);
    destroy(carrier);
}

static void an_extracted_receive_right_joins_the_send_right_or_gets_a_name(void **state) {
    (void)state;
    mach_port_t both = port_with_sends(4), port = make_port();
    assert_int_equal(extracted(both, MACH_MSG_TYPE_MOVE_RECEIVE, 16), both); // I9
    assert_int_equal(type(both), 0x30000);
    assert_int_equal(refs(both, MACH_PORT_RIGHT_SEND), 4);
    assert_int_equal(status(both).mps_mscount, 0); // T19
    mach_port_t moved = extracted(port, MACH_MSG_TYPE_MOVE_RECEIVE, 16);
    assert_int_equal(type(moved), 0x20000);
    if (moved != port) assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    destroy(both);
    destroy(moved);
}

static void extracted_send_once_rights_always_get_a_fresh_name(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    mach_port_t first = extracted(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, 18),
                second = extracted(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, 18);
    assert_int_not_equal(first, port);   // I7, I9
    assert_int_not_equal(second, port);  // I7, I9
    assert_int_not_equal(first, second); // I7, I9
    assert_int_equal(type(first), 0x40000);
    assert_int_equal(type(second), 0x40000);
    assert_int_equal(status(port).mps_sorights, 2);
    assert_int_equal(status(port).mps_mscount, 1);
    mach_port_t moved = extracted(first, MACH_MSG_TYPE_MOVE_SEND_ONCE, 18);
    assert_int_not_equal(moved, first); // I7: fresh
    assert_int_not_equal(moved, second);
    assert_int_equal(type(first), MACH_PORT_TYPE_NONE);
    assert_int_equal(type(moved), 0x40000);
    assert_int_equal(status(port).mps_sorights, 2);
    expect_no_message(port);
    destroy(port);
    destroy(moved);
    destroy(second);
}

static void extracting_to_a_full_name_is_absorbed(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(65534);
    assert_int_equal(extracted(port, MACH_MSG_TYPE_COPY_SEND, 17), port); // R16
    assert_int_equal(extracted(port, MACH_MSG_TYPE_MAKE_SEND, 17), port); // R16
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 65534);
    mach_port_rights_t rights = 77;
    assert_success(mach_port_get_srights(SELF, port, &rights));
    assert_int_equal(rights, 1);
    destroy(port);
}

static void dead_names_are_extracted_as_dead(void **state) {
    (void)state;
    mach_port_t dead = make_dead_name(4);
    assert_int_equal(extracted(dead, MACH_MSG_TYPE_COPY_SEND, 17), MACH_PORT_DEAD); // I11
    assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 4);
    assert_int_equal(extracted(dead, MACH_MSG_TYPE_MOVE_SEND, 17), MACH_PORT_DEAD);      // I11
    assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 3);                          // S7
    assert_int_equal(extracted(dead, MACH_MSG_TYPE_MOVE_SEND_ONCE, 18), MACH_PORT_DEAD); // I11
    assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 2);                          // S7
    assert_int_equal(extracted(dead, MACH_MSG_TYPE_MOVE_SEND, 17), MACH_PORT_DEAD);
    assert_int_equal(extracted(dead, MACH_MSG_TYPE_MOVE_SEND, 17), MACH_PORT_DEAD);
    assert_int_equal(type(dead), MACH_PORT_TYPE_NONE); // the last reference went with it

    // The same for names whose port died unnoticed, whichever of the three it is asked for as.
    mach_port_t carrier, send = make_send_only(3, &carrier), port = make_port(), first = make_send_once(port),
                         second = make_send_once(port);
    destroy(carrier);
    destroy(port);
    assert_int_equal(extracted(send, MACH_MSG_TYPE_MOVE_SEND_ONCE, 18), MACH_PORT_DEAD); // I11
    assert_int_equal(refs(send, MACH_PORT_RIGHT_DEAD_NAME), 2);
    assert_int_equal(extracted(first, MACH_MSG_TYPE_COPY_SEND, 17), MACH_PORT_DEAD); // I11
    assert_int_equal(refs(first, MACH_PORT_RIGHT_DEAD_NAME), 1);
    assert_int_equal(extracted(second, MACH_MSG_TYPE_MOVE_SEND_ONCE, 18), MACH_PORT_DEAD); // I11
    assert_int_equal(type(second), MACH_PORT_TYPE_NONE);
    destroy(send);
    destroy(first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_disposition_out_of_range_is_an_invalid_value),
        TEST(a_null_or_dead_target_name_is_an_invalid_value),
        TEST(a_null_or_dead_port_is_an_invalid_capability),
        TEST(an_unknown_port_is_an_invalid_name),
        TEST(a_right_that_the_port_name_lacks_is_an_invalid_right),
        TEST(a_dead_name_as_the_port_is_an_invalid_capability),
        TEST(the_index_of_the_target_fails_before_anything_exists),
        TEST(a_port_already_known_under_another_name_exists),
        TEST(a_target_name_in_use_for_another_port_exists),
        TEST(any_value_as_target_or_port_changes_nothing_when_refused),
        TEST(a_target_name_needs_both_low_bits),
        TEST(send_rights_join_their_port_name),
        TEST(a_full_name_takes_no_more_send_rights),
        TEST(a_send_once_right_is_made_under_a_free_name),
        TEST(moved_rights_take_the_wanted_name),
        TEST(a_right_may_move_to_its_own_name),
        TEST(a_moved_receive_right_starts_anew_but_keeps_its_messages),
        TEST(extract_tests_the_disposition_before_the_name),
        TEST(extract_refuses_names_that_lack_the_right),
        TEST(extract_refuses_null_outputs),
        TEST(extracted_send_rights_are_merged_with_their_name),
        TEST(the_last_send_right_extracted_by_move_gets_a_new_name),
        TEST(an_extracted_receive_right_joins_the_send_right_or_gets_a_name),
        TEST(extracted_send_once_rights_always_get_a_fresh_name),
        TEST(extracting_to_a_full_name_is_absorbed),
        TEST(dead_names_are_extracted_as_dead),
    };
    return RUN(tests);
}

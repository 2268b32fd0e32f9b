// What can be asked of a port and set on it: limits, status, counts and context.
#include "support.h"

static kern_return_t get(mach_port_t name, mach_port_flavor_t flavor, void *info, mach_msg_type_number_t *count) {
    return mach_port_get_attributes(SELF, name, flavor, (mach_port_info_t)info, count);
}

static kern_return_t set(mach_port_t name, mach_port_flavor_t flavor, void *info, mach_msg_type_number_t count) {
    return mach_port_set_attributes(SELF, name, flavor, (mach_port_info_t)info, count);
}

static mach_port_msgcount_t limit_of(mach_port_t port) {
    mach_port_limits_t limits = {0x5a5a5a5a};
    mach_msg_type_number_t count = 1;
    assert_success(get(port, MACH_PORT_LIMITS_INFO, &limits, &count));
    assert_int_equal(count, 1);
    assert_int_equal(limits.mpl_qlimit, status(port).mps_qlimit);
    return limits.mpl_qlimit;
}

static kern_return_t set_limit(mach_port_t port, mach_port_msgcount_t limit) {
    mach_port_limits_t limits = {limit};
    return set(port, MACH_PORT_LIMITS_INFO, &limits, 1);
}

static int requests_size(mach_port_t port) {
    int size = 0x5a5a5a5a;
    mach_msg_type_number_t count = 1;
    assert_success(get(port, MACH_PORT_DNREQUESTS_SIZE, &size, &count));
    assert_int_equal(count, 1);
    return size;
}

// The call must fail with this code and touch neither the buffer nor the count.
static void get_fails(mach_port_t name, mach_port_flavor_t flavor, mach_msg_type_number_t room, kern_return_t code) {
    integer_t info[32], untouched[32];
    memset(info, 0x5a, sizeof(info));
    memset(untouched, 0x5a, sizeof(untouched));
    mach_msg_type_number_t count = room;
    assert_code(get(name, flavor, info, &count), code);
    assert_int_equal(count, room);
    assert_memory_equal(info, untouched, sizeof(info));
}

static void set_fails(mach_port_t name, mach_port_flavor_t flavor, integer_t value, mach_msg_type_number_t count,
                      kern_return_t code) {
    struct picture picture = take_picture();
    integer_t info[32] = {value};
    assert_code(set(name, flavor, info, count), code);
    assert_unchanged(picture);
}

// ---- Queue limits

static void the_queue_limit_is_five_and_may_go_up_to_1024(void **state) {
    (void)state;
    assert_int_equal(MACH_PORT_QLIMIT_DEFAULT, 5); // Q1
    assert_int_equal(MACH_PORT_QLIMIT_BASIC, 5);
    assert_int_equal(MACH_PORT_QLIMIT_SMALL, 16);
    assert_int_equal(MACH_PORT_QLIMIT_LARGE, 1024);
    assert_int_equal(MACH_PORT_QLIMIT_MAX, 1024);
    assert_int_equal(MACH_PORT_QLIMIT_KERNEL, 65534);
    mach_port_t port = make_port();
    assert_int_equal(limit_of(port), 5); // Q1
    mach_port_msgcount_t limits[] = {0, 1, 5, 16, 1023, 1024};
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        assert_success(set_limit(port, limits[i])); // Q1
        assert_int_equal(limit_of(port), limits[i]);
    }
    destroy(port);
}

static void a_limit_beyond_1024_is_an_invalid_value(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (size_t i = 0; i < edge_value_count; i++) {
        if (edge_values[i] <= 1024) continue;
        set_fails(port, MACH_PORT_LIMITS_INFO, (integer_t)edge_values[i], 1, KERN_INVALID_VALUE); // Q1
    }
    set_fails(port, MACH_PORT_LIMITS_INFO, 1025, 1, KERN_INVALID_VALUE); // Q1
    assert_int_equal(limit_of(port), 5);
    destroy(port);
}

static void the_limit_is_how_many_messages_a_sender_may_queue(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    mach_port_msgcount_t limits[] = {5, 0, 1, 16, 1024};
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        assert_success(set_limit(port, limits[i]));
        for (mach_port_msgcount_t j = 0; j < limits[i]; j++)
            assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, (mach_msg_id_t)j), MACH_MSG_SUCCESS); // Q1
        struct picture picture = take_picture();
        assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, 0), MACH_SEND_TIMED_OUT); // Q3
        // A timed-out send hands a copied right back as one reference more.
        assert_success(mach_port_deallocate(SELF, port)); // S9
        assert_unchanged(picture);
        assert_int_equal(status(port).mps_msgcount, limits[i]);
        for (mach_port_msgcount_t j = 0; j < limits[i]; j++) {
            mach_msg_id_t id = -1;
            assert_code(receive_simple(port, &id), MACH_MSG_SUCCESS);
            assert_int_equal(id, j);
        }
        expect_no_message(port);
    }
    destroy(port);
}

static void lowering_the_limit_keeps_queued_messages(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (int i = 0; i < 5; i++) assert_code(send_simple(port, MACH_MSG_TYPE_MAKE_SEND, i), MACH_MSG_SUCCESS);
    assert_success(set_limit(port, 2)); // Q12
    assert_int_equal(status(port).mps_msgcount, 5);
    assert_int_equal(limit_of(port), 2);
    for (int i = 0; i < 5; i++) {
        mach_msg_id_t id = -1;
        assert_code(receive_simple(port, &id), MACH_MSG_SUCCESS); // Q12
        assert_int_equal(id, i);
    }
    destroy(port);
}

static void messages_that_ignore_the_limit_stop_at_65534(void **state) {
    (void)state;
    mach_port_t port = make_port();
    assert_success(set_limit(port, 0));
    for (int i = 0; i < 65534; i++) {
        if (send_simple(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, i) != MACH_MSG_SUCCESS) fail(); // Q2
    }
    assert_int_equal(status(port).mps_msgcount, 65534);
    assert_int_equal(status(port).mps_sorights, 65534);
    mach_msg_header_t header;
    memset(&header, 0, sizeof(header));
    header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND_ONCE, 0);
    header.msgh_remote_port = port;
    assert_code(mach_msg(&header, MACH_SEND_MSG, sizeof(header), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
                MACH_SEND_NO_BUFFER); // Q1
    // The right that was made for it came back under a name of its own.
    mach_port_t once = header.msgh_remote_port;
    assert_int_equal(MACH_MSGH_BITS_REMOTE(header.msgh_bits), MACH_MSG_TYPE_PORT_SEND_ONCE); // S9
    assert_int_not_equal(once, port);
    assert_int_equal(type(once), MACH_PORT_TYPE_SEND_ONCE); // S9
    assert_int_equal(status(port).mps_msgcount, 65534);
    assert_int_equal(status(port).mps_sorights, 65535);
    // Its notification finds no room and vanishes.
    destroy(once);
    assert_int_equal(status(port).mps_msgcount, 65534); // T25
    assert_int_equal(status(port).mps_sorights, 65534);
    mach_msg_id_t id = -1;
    assert_code(receive_simple(port, &id), MACH_MSG_SUCCESS);
    assert_int_equal(id, 0);
    assert_code(send_simple(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, 65534), MACH_MSG_SUCCESS);
    destroy(port);
}

// ---- get_attributes

static const struct {
    mach_port_flavor_t flavor;
    mach_msg_type_number_t words;
} readable[] = {{MACH_PORT_LIMITS_INFO, 1},
                {MACH_PORT_RECEIVE_STATUS, 10},
                {MACH_PORT_DNREQUESTS_SIZE, 1},
                {MACH_PORT_INFO_EXT, 17}};

static void the_room_is_tested_before_the_name(void **state) {
    (void)state;
    mach_port_t port = make_port(), no_port = make_set();
    mach_port_t names[] = {port, no_port, MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03};
    for (size_t i = 0; i < COUNT_OF(readable); i++) {
        for (size_t j = 0; j < COUNT_OF(names); j++) {
            for (mach_msg_type_number_t room = 0; room < readable[i].words; room++)
                get_fails(names[j], readable[i].flavor, room, KERN_FAILURE); // Q8
        }
    }
    destroy(port);
    destroy(no_port);
}

static void the_count_says_how_much_was_written(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (size_t i = 0; i < COUNT_OF(readable); i++) {
        mach_msg_type_number_t rooms[] = {readable[i].words, readable[i].words + 1, 32, 0x7fffffff, 0xffffffff};
        for (size_t j = 0; j < COUNT_OF(rooms); j++) {
            integer_t info[32];
            memset(info, 0x5a, sizeof(info));
            mach_msg_type_number_t count = rooms[j];
            assert_success(get(port, readable[i].flavor, info, &count));
            assert_int_equal(count, readable[i].words);
            for (size_t word = readable[i].words; word < 32; word++) assert_int_equal(info[word], 0x5a5a5a5a);
        }
    }
    destroy(port);
}

static void null_and_dead_have_no_limits_and_no_requests(void **state) {
    (void)state;
    mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        mach_port_limits_t limits = {77};
        mach_msg_type_number_t count = 1;
        assert_success(get(names[i], MACH_PORT_LIMITS_INFO, &limits, &count)); // Q8
        assert_int_equal(count, 0);                                            // Q8
        assert_int_equal(limits.mpl_qlimit, 77);
        count = 9;
        assert_success(get(names[i], MACH_PORT_LIMITS_INFO, &limits, &count)); // Q8
        assert_int_equal(count, 0);                                            // Q8
        int size = 77;
        count = 9;
        assert_success(get(names[i], MACH_PORT_DNREQUESTS_SIZE, &size, &count)); // Q8
        assert_int_equal(size, 0);                                               // Q8
        assert_int_equal(count, 9);                                              // Q8
        get_fails(names[i], MACH_PORT_RECEIVE_STATUS, 10, KERN_INVALID_RIGHT);   // Q8
        get_fails(names[i], MACH_PORT_RECEIVE_STATUS, 32, KERN_INVALID_RIGHT);   // Q8
        get_fails(names[i], MACH_PORT_INFO_EXT, 17, KERN_INVALID_RIGHT);         // Q8
    }
}

static void unknown_flavors_are_an_invalid_argument(void **state) {
    (void)state;
    mach_port_t port = make_port();
    mach_port_t names[] = {port, MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03};
    for (size_t i = 0; i < edge_value_count; i++) {
        mach_port_flavor_t flavor = (mach_port_flavor_t)edge_values[i];
        for (size_t j = 0; j < COUNT_OF(names); j++) {
            if (flavor != 1 && flavor != 2 && flavor != 3 && flavor != 7) {
                get_fails(names[j], flavor, 0, KERN_INVALID_ARGUMENT);  // Q8
                get_fails(names[j], flavor, 32, KERN_INVALID_ARGUMENT); // Q8
            }
            if (flavor != 1 && flavor != 3 && flavor != 4 && flavor != 5 && flavor != 6) {
                set_fails(names[j], flavor, 0, 0, KERN_INVALID_ARGUMENT);
                set_fails(names[j], flavor, 0, 32, KERN_INVALID_ARGUMENT);
            }
        }
    }
    destroy(port);
}

static void attributes_need_a_receive_right(void **state) {
    (void)state;
    mach_port_t carrier, send = make_send_only(2, &carrier), target = make_port(), once = make_send_once(target),
                         no_port = make_set(), dead = make_dead_name(1);
    mach_port_t names[] = {send, once, no_port, dead, SELF};
    mach_port_flavor_t settable[] = {MACH_PORT_LIMITS_INFO, MACH_PORT_DNREQUESTS_SIZE, MACH_PORT_TEMPOWNER,
                                     MACH_PORT_IMPORTANCE_RECEIVER, MACH_PORT_DENAP_RECEIVER};
    for (size_t j = 0; j < COUNT_OF(readable); j++) {
        for (size_t i = 0; i < COUNT_OF(names); i++) get_fails(names[i], readable[j].flavor, 32, KERN_INVALID_RIGHT);
        get_fails(0x7fffff03, readable[j].flavor, 32, KERN_INVALID_NAME);
    }
    for (size_t j = 0; j < COUNT_OF(settable); j++) {
        for (size_t i = 0; i < COUNT_OF(names); i++) set_fails(names[i], settable[j], 2, 1, KERN_INVALID_RIGHT);
        set_fails(0x7fffff03, settable[j], 2, 1, KERN_INVALID_NAME);
        set_fails(MACH_PORT_NULL, settable[j], 2, 1, KERN_INVALID_RIGHT); // Q12
        set_fails(MACH_PORT_DEAD, settable[j], 2, 1, KERN_INVALID_RIGHT); // Q12
    }
    mach_port_t all[] = {target, once, send, no_port, dead, carrier};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

static void null_pointers_are_an_invalid_argument(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(readable); i++) {
        integer_t info[32];
        mach_msg_type_number_t count = 32;
        assert_code(get(port, readable[i].flavor, info, NULL), KERN_INVALID_ARGUMENT);
        assert_code(get(port, readable[i].flavor, NULL, &count), KERN_INVALID_ARGUMENT);
        assert_int_equal(count, 32);
    }
    assert_code(set(port, MACH_PORT_LIMITS_INFO, NULL, 1), KERN_INVALID_ARGUMENT);
    assert_code(set(port, MACH_PORT_DNREQUESTS_SIZE, NULL, 1), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_get_context(SELF, port, NULL), KERN_INVALID_ARGUMENT);
    assert_unchanged(picture);
    destroy(port);
}

// ---- RECEIVE_STATUS and INFO_EXT

static void the_status_tells_what_there_is(void **state) {
    (void)state;
    mach_port_t port = make_port(), first = make_set(), second = make_set();
    assert_int_equal(status(port).mps_pset, 0);
    put_in_set(port, first);
    assert_int_equal(status(port).mps_pset, 1); // Q9
    put_in_set(port, second);
    assert_int_equal(status(port).mps_pset, 1); // Q9: a boolean
    assert_success(mach_port_extract_member(SELF, port, first));
    assert_int_equal(status(port).mps_pset, 1);
    assert_success(mach_port_extract_member(SELF, port, second));
    assert_int_equal(status(port).mps_pset, 0); // Q9

    insert_send(port);
    assert_int_equal(status(port).mps_srights, 1); // Q9
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 100));
    assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, 1), MACH_MSG_SUCCESS);
    assert_int_equal(status(port).mps_srights, 1);  // Q9: a boolean
    assert_int_equal(status(port).mps_msgcount, 1); // Q9
    assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, 2), MACH_MSG_SUCCESS);
    assert_int_equal(status(port).mps_msgcount, 2);
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, -101));
    assert_int_equal(status(port).mps_srights, 1); // T4: the messages hold theirs
    assert_code(receive_simple(port, NULL), MACH_MSG_SUCCESS);
    assert_code(receive_simple(port, NULL), MACH_MSG_SUCCESS);
    assert_int_equal(status(port).mps_srights, 0);
    assert_int_equal(status(port).mps_msgcount, 0);
    assert_int_equal(status(port).mps_seqno, 2); // Q6

    mach_port_t once[3];
    for (mach_port_rights_t i = 0; i < 3; i++) {
        once[i] = make_send_once(port);
        assert_int_equal(status(port).mps_sorights, i + 1); // Q9
    }
    assert_int_equal(status(port).mps_srights, 0);
    assert_int_equal(status(port).mps_qlimit, 5); // Q9
    assert_int_equal(status(port).mps_pdrequest, 0);
    assert_int_equal(status(port).mps_nsrequest, 0);
    assert_int_equal(status(port).mps_flags, 0);
    destroy(port);
    for (size_t i = 0; i < COUNT_OF(once); i++) destroy(once[i]);
    destroy(first);
    destroy(second);
}

static void info_ext_begins_with_the_status(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(3), members = make_set(), once = make_send_once(port);
    put_in_set(port, members);
    assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, 1), MACH_MSG_SUCCESS);
    assert_success(mach_port_set_mscount(SELF, port, 12));
    assert_success(mach_port_set_seqno(SELF, port, 34));
    mach_port_info_ext_t info;
    memset(&info, 0x5a, sizeof(info));
    mach_msg_type_number_t count = 17;
    assert_success(get(port, MACH_PORT_INFO_EXT, &info, &count));
    assert_int_equal(count, 17);
    mach_port_status_t it = status(port);
    assert_memory_equal(&info.mpie_status, &it, sizeof(it));
    assert_int_equal(it.mps_pset, 1);
    assert_int_equal(it.mps_seqno, 34);
    assert_int_equal(it.mps_mscount, 12);
    assert_int_equal(it.mps_msgcount, 1);
    assert_int_equal(it.mps_sorights, 1);
    assert_int_equal(it.mps_srights, 1);
    assert_int_equal(info.mpie_boost_cnt, 0);
    destroy(port);
    destroy(once);
    destroy(members);
}

// ---- set_attributes

static void limits_are_checked_in_order(void **state) {
    (void)state;
    mach_port_t port = make_port(), no_port = make_set();
    mach_port_t names[] = {port, no_port, MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        set_fails(names[i], MACH_PORT_LIMITS_INFO, 2, 0, KERN_FAILURE);          // Q12: the count first
        set_fails(names[i], MACH_PORT_LIMITS_INFO, 1025, 0, KERN_FAILURE);       // Q12
        set_fails(names[i], MACH_PORT_LIMITS_INFO, 1025, 1, KERN_INVALID_VALUE); // Q12: then the value
        set_fails(names[i], MACH_PORT_LIMITS_INFO, -1, 1, KERN_INVALID_VALUE);   // Q12
        set_fails(names[i], MACH_PORT_DNREQUESTS_SIZE, 2, 0, KERN_FAILURE);
    }
    set_fails(MACH_PORT_NULL, MACH_PORT_LIMITS_INFO, 2, 1, KERN_INVALID_RIGHT); // Q12: then null and dead
    set_fails(MACH_PORT_DEAD, MACH_PORT_LIMITS_INFO, 2, 1, KERN_INVALID_RIGHT); // Q12
    set_fails(0x7fffff03, MACH_PORT_LIMITS_INFO, 2, 1, KERN_INVALID_NAME);      // Q12: then the look-up
    set_fails(no_port, MACH_PORT_LIMITS_INFO, 2, 1, KERN_INVALID_RIGHT);        // Q12
    mach_port_limits_t limits[4] = {{9}, {1}, {1}, {1}};
    assert_success(set(port, MACH_PORT_LIMITS_INFO, limits, 4)); // more room than needed is no error
    assert_int_equal(limit_of(port), 9);
    destroy(port);
    destroy(no_port);
}

static void the_table_of_requests_grows_by_doubling(void **state) {
    (void)state;
    mach_port_t port = make_port();
    assert_int_equal(requests_size(port), 0); // R20
    int wanted[] = {1, 2, 3, 4, 2, 1, 5, 8, 9};
    int given[] = {2, 2, 4, 4, 4, 4, 8, 8, 16};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        assert_success(set(port, MACH_PORT_DNREQUESTS_SIZE, &wanted[i], 1));
        assert_int_equal(requests_size(port), given[i]); // R20
        unsigned total = 77, used = 77;
        assert_success(mach_port_dnrequest_info(SELF, port, &total, &used));
        assert_int_equal(total, given[i]); // R20
        assert_int_equal(used, 0);
    }
    // No table is that large.
    set_fails(port, MACH_PORT_DNREQUESTS_SIZE, 0x7fffffff, 1, KERN_NO_SPACE); // ipc_port_request_grow
    assert_int_equal(requests_size(port), 16);
    destroy(port);
}

static void the_importance_flavors_set_their_flags(void **state) {
    (void)state;
    mach_port_t owner = make_port(), receiver = make_port(), napper = make_port(), send = port_with_send();
    assert_success(set(owner, MACH_PORT_TEMPOWNER, NULL, 0));
    assert_int_equal(status(owner).mps_flags, 0x9); // G7
    assert_success(set(receiver, MACH_PORT_IMPORTANCE_RECEIVER, NULL, 0));
    assert_int_equal(status(receiver).mps_flags, 0x8); // G7
    assert_success(set(napper, MACH_PORT_DENAP_RECEIVER, NULL, 0));
    assert_int_equal(status(napper).mps_flags, 0x8); // G7
    assert_success(set(owner, MACH_PORT_TEMPOWNER, NULL, 0));
    assert_success(set(owner, MACH_PORT_IMPORTANCE_RECEIVER, NULL, 0));
    assert_int_equal(status(owner).mps_flags, 0x9); // G7
    // Nothing else changes.
    assert_int_equal(limit_of(owner), 5);
    assert_code(send_simple(owner, MACH_MSG_TYPE_MAKE_SEND, 1), MACH_MSG_SUCCESS);
    destroy(owner);
    destroy(receiver);
    destroy(napper);
    destroy(send);
}

// ---- Counts and context

static void counts_and_context_hold_any_value(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (size_t i = 0; i < edge_value_count; i++) {
        assert_success(mach_port_set_mscount(SELF, port, edge_values[i]));
        assert_int_equal(status(port).mps_mscount, edge_values[i]);
        assert_success(mach_port_set_seqno(SELF, port, edge_values[i]));
        assert_int_equal(status(port).mps_seqno, edge_values[i]);
        assert_int_equal(status(port).mps_mscount, edge_values[i]);
        mach_port_context_t wide[] = {edge_values[i], (uint64_t)edge_values[i] << 32, ~(uint64_t)edge_values[i]};
        for (size_t j = 0; j < COUNT_OF(wide); j++) {
            assert_success(mach_port_set_context(SELF, port, wide[j]));
            mach_port_context_t context = 77;
            assert_success(mach_port_get_context(SELF, port, &context));
            assert_int_equal(context, wide[j]);
        }
    }
    destroy(port);
}

static void the_make_send_count_wraps(void **state) {
    (void)state;
    mach_port_t port = make_port();
    assert_success(mach_port_set_mscount(SELF, port, 0xffffffff));
    insert_send(port);
    assert_int_equal(status(port).mps_mscount, 0); // T2
    insert_send(port);
    assert_int_equal(status(port).mps_mscount, 1);
    destroy(port);
}

static void the_sequence_number_is_that_of_the_next_message(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (int i = 0; i < 3; i++) assert_code(send_simple(port, MACH_MSG_TYPE_MAKE_SEND, i), MACH_MSG_SUCCESS);
    assert_success(mach_port_set_seqno(SELF, port, 0xfffffffe)); // Q6
    mach_port_seqno_t wanted[] = {0xfffffffe, 0xffffffff, 0};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        struct {
            mach_msg_header_t header;
            mach_msg_seqno_trailer_t trailer;
        } message;
        assert_code(mach_msg(&message.header,
                             MACH_RCV_MSG | MACH_RCV_TIMEOUT | MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO), 0,
                             sizeof(message), port, 0, MACH_PORT_NULL),
                    MACH_MSG_SUCCESS);
        assert_int_equal(message.trailer.msgh_seqno, wanted[i]); // Q6
        assert_int_equal(status(port).mps_seqno, wanted[i] + 1);
    }
    destroy(port);
}

static void counts_and_context_need_a_receive_right(void **state) {
    (void)state;
    mach_port_t carrier, send = make_send_only(2, &carrier), target = make_port(), once = make_send_once(target),
                         no_port = make_set(), dead = make_dead_name(1);
    struct picture picture = take_picture();
    mach_port_t names[] = {send, once, no_port, dead, SELF, 0x7fffff03};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        kern_return_t code = i < 5 ? KERN_INVALID_RIGHT : KERN_INVALID_NAME;
        mach_port_context_t context = 77;
        assert_code(mach_port_set_mscount(SELF, names[i], 5), code);
        assert_code(mach_port_set_seqno(SELF, names[i], 5), code);
        assert_code(mach_port_get_context(SELF, names[i], &context), code);
        assert_code(mach_port_set_context(SELF, names[i], 5), code);
        assert_int_equal(context, 77);
    }
    assert_unchanged(picture);
    mach_port_t all[] = {target, once, send, no_port, dead, carrier};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

// ---- peek: its arguments (what it finds is tested with the messages)

static void peek_fails_when_there_is_nothing_to_see(void **state) {
    (void)state;
    mach_port_t carrier, port = make_port(), send = make_send_only(2, &carrier), target = make_port(),
                         once = make_send_once(target), no_port = make_set();
    mach_port_t dead = make_dead_name(1);
    struct {
        mach_port_t name;
        mach_msg_trailer_type_t trailer;
        mach_msg_type_number_t room;
        kern_return_t code;
    } calls[] = {
        {port, 0, 68, KERN_FAILURE},                                                        // X4: nothing queued
        {port, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT), 52, KERN_FAILURE},        // X4
        {port, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT), 51, KERN_INVALID_VALUE},  // X4: room too small
        {port, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_CTX), 68, KERN_INVALID_VALUE},    // X4: beyond AUDIT
        {port, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_LABELS), 68, KERN_INVALID_VALUE}, // X4
        {port, 0, 7, KERN_INVALID_VALUE},                                                   // X4
        {port, 0, 0, KERN_INVALID_VALUE},                                                   // X4
        {send, 0, 68, KERN_INVALID_RIGHT},
        {once, 0, 68, KERN_INVALID_RIGHT},
        {no_port, 0, 68, KERN_INVALID_RIGHT},
        {dead, 0, 68, KERN_INVALID_RIGHT},
        {0x7fffff03, 0, 68, KERN_INVALID_NAME},
        {0x7fffff03, 0, 7, KERN_INVALID_VALUE},     // the trailer before the look-up
        {MACH_PORT_NULL, 0, 7, KERN_INVALID_RIGHT}, // R14: null and dead before the trailer
    };
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        mach_port_seqno_t sequence = 0;
        mach_msg_size_t size = 77;
        mach_msg_id_t id = 77;
        char trailer[80], untouched[80];
        memset(trailer, 0x5a, sizeof(trailer));
        memset(untouched, 0x5a, sizeof(untouched));
        mach_msg_type_number_t room = calls[i].room;
        assert_code(mach_port_peek(SELF, calls[i].name, calls[i].trailer, &sequence, &size, &id,
                                   (mach_msg_trailer_info_t)trailer, &room),
                    calls[i].code);
        assert_int_equal(sequence, 0);
        assert_int_equal(size, 77);
        assert_int_equal(id, 77);
        assert_int_equal(room, calls[i].room);
        assert_memory_equal(trailer, untouched, sizeof(trailer));
    }
    assert_unchanged(picture);
    mach_port_t all[] = {target, once, port, send, no_port, dead, carrier};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_queue_limit_is_five_and_may_go_up_to_1024),
        TEST(a_limit_beyond_1024_is_an_invalid_value),
        TEST(the_limit_is_how_many_messages_a_sender_may_queue),
        TEST(lowering_the_limit_keeps_queued_messages),
        TEST(messages_that_ignore_the_limit_stop_at_65534),
        TEST(the_room_is_tested_before_the_name),
        TEST(the_count_says_how_much_was_written),
        TEST(null_and_dead_have_no_limits_and_no_requests),
        TEST(unknown_flavors_are_an_invalid_argument),
        TEST(attributes_need_a_receive_right),
        TEST(null_pointers_are_an_invalid_argument),
        TEST(the_status_tells_what_there_is),
        TEST(info_ext_begins_with_the_status),
        TEST(limits_are_checked_in_order),
        TEST(the_table_of_requests_grows_by_doubling),
        TEST(the_importance_flavors_set_their_flags),
        TEST(counts_and_context_hold_any_value),
        TEST(the_make_send_count_wraps),
        TEST(the_sequence_number_is_that_of_the_next_message),
        TEST(counts_and_context_need_a_receive_right),
        TEST(peek_fails_when_there_is_nothing_to_see),
    };
    return RUN(tests);
}

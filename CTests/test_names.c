// Names: how they are built, chosen, wanted and listed, and what happens when there are none left.
#include "support.h"

static kern_return_t allocate(mach_port_right_t right, mach_port_name_t *name) {
    return mach_port_allocate(SELF, right, name);
}

static kern_return_t allocate_name(mach_port_right_t right, mach_port_name_t name) {
    return mach_port_allocate_name(SELF, right, name);
}

// A wanted name of a slot that nothing uses.
static mach_port_name_t free_name(void) {
    mach_port_name_t name = make_port();
    destroy(name);
    return name;
}

static mach_port_name_t with_index(mach_port_name_t index) { return index << 8 | 3; }

// The generation that a slot gives to its next name.
static mach_port_name_t after(mach_port_name_t name) { return (name & 0xffffff00) | ((name + 4) & 0xff); }

// ---- How names are built

static void names_of_fresh_slots_start_with_generation_three(void **state) {
    (void)state;
    mach_port_name_t names[1000];
    for (size_t i = 0; i < COUNT_OF(names); i++) names[i] = make_port();
    size_t fresh = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (names[i] >> 8 <= 16) continue;       // the warm-up used some of the first slots
        assert_int_equal(names[i] & 0xff, 0x03); // N2
        fresh++;
    }
    assert_true(fresh >= 900);
    for (size_t i = 0; i < COUNT_OF(names); i++) destroy(names[i]);
}

static void each_reuse_of_a_slot_adds_four_and_wraps_after_sixty_four(void **state) {
    (void)state;
    mach_port_name_t first = make_port(), name = first;
    for (int i = 1; i <= 130; i++) {
        destroy(name);
        mach_port_name_t next = make_port();
        assert_int_equal(next, after(name)); // N2, N4
        assert_int_equal(next & 3, 3);       // N2
        if (i % 64 == 0)
            assert_int_equal(next, first); // N2
        else
            assert_int_not_equal(next, first);
        name = next;
    }
    destroy(name);
}

static void the_slot_freed_last_is_used_first(void **state) {
    (void)state;
    mach_port_name_t a = make_port(), b = make_port(), c = make_port();
    destroy(a);
    destroy(c);
    destroy(b);
    assert_int_equal(make_port(), after(b)); // N4
    assert_int_equal(make_port(), after(c)); // N4
    assert_int_equal(make_port(), after(a)); // N4
    destroy(after(a));
    destroy(after(b));
    destroy(after(c));
}

static void an_old_name_of_a_reused_slot_is_unknown(void **state) {
    (void)state;
    mach_port_name_t old = make_port();
    destroy(old);
    mach_port_name_t new = make_port();
    assert_int_equal(new >> 8, old >> 8);
    mach_port_type_t it = 77;
    assert_code(mach_port_type(SELF, old, &it), KERN_INVALID_NAME);
    assert_int_equal(it, 77);
    assert_code(mach_port_destroy(SELF, old), KERN_INVALID_NAME);
    assert_int_equal(type(new), MACH_PORT_TYPE_RECEIVE);
    destroy(new);
}

static void the_name_macros_round_trip(void **state) {
    (void)state;
    mach_port_name_t name = make_port();
    assert_int_equal(MACH_PORT_INDEX(name), name >> 8);                                 // N1
    assert_int_equal((uint32_t)MACH_PORT_GEN(name) >> 24, name & 0xff);                 // N1
    assert_int_equal(MACH_PORT_MAKE(MACH_PORT_INDEX(name), MACH_PORT_GEN(name)), name); // N1
    assert_int_equal(MACH_PORT_MAKE(0x123456, 0x7b000000), 0x1234567b);                 // N1
    assert_int_equal(MACH_PORT_INDEX(0x1234567b), 0x123456);                            // N1
    assert_int_equal((uint32_t)MACH_PORT_GEN(0x1234567b), 0x7b000000);                  // N1
    for (size_t i = 0; i < edge_value_count; i++) {
        mach_port_name_t value = edge_values[i];
        assert_int_equal(MACH_PORT_MAKE(MACH_PORT_INDEX(value), MACH_PORT_GEN(value)), value); // N1
    }
    destroy(name);
}

static void index_zero_is_no_name_and_index_one_is_the_task(void **state) {
    (void)state;
    for (mach_port_name_t name = 1; name < 0x100; name++) {
        assert_int_equal(type(name), MACH_PORT_TYPE_NONE); // N3
    }
    assert_int_equal(mach_task_self_, 0x103); // N3
    assert_int_equal(type(0x103), MACH_PORT_TYPE_SEND);
}

// ---- Kinds of right to allocate

static void allocation_makes_a_port_a_set_or_a_dead_name(void **state) {
    (void)state;
    mach_port_name_t port = 0, set = 0, dead = 0;
    assert_success(allocate(MACH_PORT_RIGHT_RECEIVE, &port));   // N6
    assert_success(allocate(MACH_PORT_RIGHT_PORT_SET, &set));   // N6
    assert_success(allocate(MACH_PORT_RIGHT_DEAD_NAME, &dead)); // N6
    assert_int_equal(type(port), 0x20000);
    assert_int_equal(type(set), 0x80000);
    assert_int_equal(type(dead), 0x100000);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_RECEIVE), 1);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 0);
    assert_int_equal(refs(set, MACH_PORT_RIGHT_PORT_SET), 1);
    assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 1); // N6
    destroy(port);
    destroy(set);
    destroy(dead);
}

static void other_rights_cannot_be_allocated(void **state) {
    (void)state;
    mach_port_name_t wanted = free_name();
    for (size_t i = 0; i < edge_value_count; i++) {
        mach_port_right_t right = edge_values[i];
        if (right == 1 || right == 3 || right == 4) continue;
        struct picture picture = take_picture();
        mach_port_name_t name = 0x5a5a5a5a;
        mach_port_qos_t qos = {0};
        assert_code(allocate(right, &name), KERN_INVALID_VALUE);                                            // N6
        assert_code(allocate_name(right, wanted), KERN_INVALID_VALUE);                                      // N6
        assert_code(mach_port_allocate_qos(SELF, right, &qos, &name), KERN_INVALID_VALUE);                  // N6
        assert_code(mach_port_allocate_full(SELF, right, MACH_PORT_NULL, &qos, &name), KERN_INVALID_VALUE); // N6
        assert_int_equal(name, 0x5a5a5a5a);
        assert_unchanged(picture);
    }
}

static void a_new_port_is_empty_and_unshared(void **state) {
    (void)state;
    mach_port_t port = make_port();
    mach_port_status_t it = status(port);
    assert_int_equal(it.mps_pset, 0);
    assert_int_equal(it.mps_seqno, 0);
    assert_int_equal(it.mps_mscount, 0);
    assert_int_equal(it.mps_qlimit, 5);
    assert_int_equal(it.mps_msgcount, 0);
    assert_int_equal(it.mps_sorights, 0);
    assert_int_equal(it.mps_srights, 0);
    assert_int_equal(it.mps_pdrequest, 0);
    assert_int_equal(it.mps_nsrequest, 0);
    assert_int_equal(it.mps_flags, 0);
    mach_port_context_t context = 1;
    assert_success(mach_port_get_context(SELF, port, &context));
    assert_int_equal(context, 0);
    destroy(port);
}

// ---- Wanted names

static void a_free_wanted_name_is_given(void **state) {
    (void)state;
    mach_port_name_t wanted = free_name();
    assert_success(allocate_name(MACH_PORT_RIGHT_RECEIVE, wanted)); // N5
    assert_int_equal(type(wanted), MACH_PORT_TYPE_RECEIVE);
    destroy(wanted);
    assert_success(allocate_name(MACH_PORT_RIGHT_PORT_SET, wanted)); // N5
    assert_int_equal(type(wanted), MACH_PORT_TYPE_PORT_SET);
    destroy(wanted);
    // Any generation may be wanted; the slot goes on from there.
    assert_success(allocate_name(MACH_PORT_RIGHT_RECEIVE, (wanted & 0xffffff00) | 0x47)); // N5
    destroy((wanted & 0xffffff00) | 0x47);
    assert_int_equal(make_port(), (wanted & 0xffffff00) | 0x4b); // N2
    destroy((wanted & 0xffffff00) | 0x4b);
}

static void a_wanted_name_in_use_exists_already(void **state) {
    (void)state;
    mach_port_t carrier, port = make_port(), set = make_set(), dead = make_dead_name(3),
                         send = make_send_only(2, &carrier);
    mach_port_t once = make_send_once(port);
    mach_port_t used[] = {port, set, dead, send, once, carrier, SELF};
    for (size_t i = 0; i < COUNT_OF(used); i++) {
        struct picture picture = take_picture();
        assert_code(allocate_name(MACH_PORT_RIGHT_RECEIVE, used[i]), KERN_NAME_EXISTS);  // N5
        assert_code(allocate_name(MACH_PORT_RIGHT_PORT_SET, used[i]), KERN_NAME_EXISTS); // N5
        assert_unchanged(picture);
    }
    destroy(once);
    expect_send_once_notification(port);
    for (size_t i = 0; i < 4; i++) destroy(used[i]);
    destroy(carrier);
}

static void a_wanted_name_whose_slot_has_another_generation_fails(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct picture picture = take_picture();
    for (mach_port_name_t generation = 3; generation < 0x100; generation += 4) {
        mach_port_name_t wanted = (port & 0xffffff00) | generation;
        if (wanted == port) continue;
        assert_code(allocate_name(MACH_PORT_RIGHT_RECEIVE, wanted), KERN_FAILURE);  // N5
        assert_code(allocate_name(MACH_PORT_RIGHT_PORT_SET, wanted), KERN_FAILURE); // N5
    }
    assert_unchanged(picture);
    destroy(port);
}

static void a_wanted_name_of_index_zero_fails(void **state) {
    (void)state;
    struct picture picture = take_picture();
    for (mach_port_name_t name = 3; name < 0x100; name += 4) {
        assert_code(allocate_name(MACH_PORT_RIGHT_RECEIVE, name), KERN_FAILURE);  // N5, N3
        assert_code(allocate_name(MACH_PORT_RIGHT_PORT_SET, name), KERN_FAILURE); // N5, N3
    }
    assert_unchanged(picture);
}

static void null_and_dead_cannot_be_wanted(void **state) {
    (void)state;
    struct picture picture = take_picture();
    mach_port_right_t rights[] = {MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_PORT_SET, MACH_PORT_RIGHT_DEAD_NAME};
    for (size_t i = 0; i < COUNT_OF(rights); i++) {
        assert_code(allocate_name(rights[i], MACH_PORT_NULL), KERN_INVALID_VALUE); // N5
        assert_code(allocate_name(rights[i], MACH_PORT_DEAD), KERN_INVALID_VALUE); // N5
    }
    assert_unchanged(picture);
}

static void a_wanted_name_needs_both_low_bits(void **state) {
    (void)state;
    mach_port_name_t wanted = free_name() & 0xffffff00;
    struct picture picture = take_picture();
    for (mach_port_name_t low = 0; low < 0x100; low++) {
        if ((low & 3) == 3) continue;
        assert_code(allocate_name(MACH_PORT_RIGHT_RECEIVE, wanted | low), KERN_INVALID_VALUE);  // N5, Choices
        assert_code(allocate_name(MACH_PORT_RIGHT_PORT_SET, wanted | low), KERN_INVALID_VALUE); // N5, Choices
    }
    assert_unchanged(picture);
}

static void any_value_as_a_wanted_name_gets_its_code(void **state) {
    (void)state;
    for (size_t i = 0; i < edge_value_count; i++) {
        mach_port_name_t name = edge_values[i], index = name >> 8;
        if (index >= 0x10000 && index <= LAST_INDEX) continue; // the end of the table has a test of its own
        kern_return_t code = KERN_SUCCESS;
        if (name == MACH_PORT_NULL || name == MACH_PORT_DEAD || (name & 3) != 3)
            code = KERN_INVALID_VALUE;
        else if (index == 0)
            code = KERN_FAILURE;
        else if (index > LAST_INDEX)
            code = KERN_NO_SPACE;
        struct picture picture = take_picture();
        assert_code(allocate_name(MACH_PORT_RIGHT_RECEIVE, name), code); // N5
        if (code == KERN_SUCCESS) {
            assert_int_equal(type(name), MACH_PORT_TYPE_RECEIVE);
            destroy(name);
        }
        assert_unchanged(picture);
    }
}

static void a_dead_name_ignores_the_wanted_name(void **state) {
    (void)state;
    mach_port_t port = make_port();
    mach_linux_statistics_data_t start, end;
    mach_linux_statistics(&start);
    assert_success(allocate_name(MACH_PORT_RIGHT_DEAD_NAME, port)); // N11, N6
    assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE);
    mach_linux_statistics(&end);
    assert_int_equal(end.rights, start.rights + 1);
    // The call does not say under which name; full does.
    mach_port_name_array_t names;
    mach_port_type_array_t types;
    mach_msg_type_number_t count, type_count;
    assert_success(mach_port_names(SELF, &names, &count, &types, &type_count));
    mach_port_name_t dead = MACH_PORT_NULL;
    for (mach_msg_type_number_t i = 0; i < count; i++) {
        if (types[i] == MACH_PORT_TYPE_DEAD_NAME) dead = names[i];
    }
    assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)));
    assert_success(vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)));
    assert_int_not_equal(dead, MACH_PORT_NULL);
    assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 1); // N6
    destroy(dead);

    mach_port_qos_t qos = {.name = 1};
    mach_port_name_t name = port;
    assert_success(mach_port_allocate_full(SELF, MACH_PORT_RIGHT_DEAD_NAME, MACH_PORT_NULL, &qos, &name)); // N11
    assert_int_not_equal(name, port);
    assert_int_equal(type(name), MACH_PORT_TYPE_DEAD_NAME); // N11
    destroy(name);
    destroy(port);
}

// ---- allocate_qos and allocate_full

static void qos_and_full_allocate_like_allocate(void **state) {
    (void)state;
    struct {
        mach_port_right_t right;
        mach_port_type_t type;
    } kinds[] = {
        {MACH_PORT_RIGHT_RECEIVE, 0x20000}, {MACH_PORT_RIGHT_PORT_SET, 0x80000}, {MACH_PORT_RIGHT_DEAD_NAME, 0x100000}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        mach_port_qos_t qos = {0};
        mach_port_name_t name = 0;
        assert_success(mach_port_allocate_qos(SELF, kinds[i].right, &qos, &name)); // N10
        assert_int_equal(type(name), kinds[i].type);
        destroy(name);
        name = 0;
        assert_success(mach_port_allocate_full(SELF, kinds[i].right, MACH_PORT_NULL, &qos, &name)); // N10
        assert_int_equal(type(name), kinds[i].type);
        destroy(name);
    }
}

static void full_takes_a_wanted_name(void **state) {
    (void)state;
    mach_port_name_t wanted = free_name(), name = wanted;
    mach_port_qos_t qos = {.name = 1};
    assert_success(mach_port_allocate_full(SELF, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_NULL, &qos, &name));
    assert_int_equal(name, wanted);
    assert_int_equal(type(wanted), MACH_PORT_TYPE_RECEIVE);

    struct picture picture = take_picture();
    assert_code(mach_port_allocate_full(SELF, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_NULL, &qos, &name),
                KERN_NAME_EXISTS); // N5
    assert_int_equal(name, wanted);
    name = after(wanted);
    assert_code(mach_port_allocate_full(SELF, MACH_PORT_RIGHT_PORT_SET, MACH_PORT_NULL, &qos, &name),
                KERN_FAILURE); // N5
    assert_int_equal(name, after(wanted));
    name = 3;
    assert_code(mach_port_allocate_full(SELF, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_NULL, &qos, &name),
                KERN_FAILURE); // N5
    assert_int_equal(name, 3);
    name = with_index(INDEX_BEYOND);
    assert_code(mach_port_allocate_full(SELF, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_NULL, &qos, &name),
                KERN_NO_SPACE); // N5
    assert_int_equal(name, with_index(INDEX_BEYOND));
    assert_unchanged(picture);
    destroy(wanted);
}

static void full_checks_its_arguments_in_order(void **state) {
    (void)state;
    mach_port_t other = make_port();
    struct picture picture = take_picture();
    mach_port_name_t name = MACH_PORT_NULL;
    // The prototype port first: also when the length alone would be a shortage.
    mach_port_qos_t huge = {.prealloc = 1, .len = 0xffffffff};
    mach_port_t prototypes[] = {other, MACH_PORT_DEAD, SELF, 0x12345603};
    for (size_t i = 0; i < COUNT_OF(prototypes); i++) {
        assert_code(mach_port_allocate_full(SELF, MACH_PORT_RIGHT_RECEIVE, prototypes[i], &huge, &name),
                    KERN_INVALID_VALUE); // N10
    }
    // Then a wanted name that is null or dead.
    mach_port_qos_t huge_named = {.name = 1, .prealloc = 1, .len = 0xffffffff};
    name = MACH_PORT_NULL;
    assert_code(mach_port_allocate_full(SELF, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_NULL, &huge_named, &name),
                KERN_INVALID_VALUE); // N10
    assert_int_equal(name, MACH_PORT_NULL);
    name = MACH_PORT_DEAD;
    assert_code(mach_port_allocate_full(SELF, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_NULL, &huge_named, &name),
                KERN_INVALID_VALUE); // N10
    assert_int_equal(name, MACH_PORT_DEAD);
    // Then the length: 68 bytes of trailer must fit on top of it. The right does not matter yet.
    name = 0x5a5a5a5a;
    mach_port_right_t rights[] = {MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_PORT_SET, MACH_PORT_RIGHT_DEAD_NAME,
                                  MACH_PORT_RIGHT_SEND, 99};
    for (size_t i = 0; i < COUNT_OF(rights); i++) {
        mach_port_qos_t qos = {.prealloc = 1, .len = 0xffffffff};
        assert_code(mach_port_allocate_full(SELF, rights[i], MACH_PORT_NULL, &qos, &name),
                    KERN_RESOURCE_SHORTAGE);                                                       // N10
        assert_code(mach_port_allocate_qos(SELF, rights[i], &qos, &name), KERN_RESOURCE_SHORTAGE); // N10
        qos.len = 0xffffffbc;
        assert_code(mach_port_allocate_full(SELF, rights[i], MACH_PORT_NULL, &qos, &name),
                    KERN_RESOURCE_SHORTAGE); // N10
    }
    // Then the right, which with preallocation must be RECEIVE.
    for (size_t i = 1; i < COUNT_OF(rights); i++) {
        mach_port_qos_t qos = {.prealloc = 1, .len = 0xffffffbb};
        assert_code(mach_port_allocate_full(SELF, rights[i], MACH_PORT_NULL, &qos, &name), KERN_INVALID_VALUE); // N10
        qos.len = 100;
        assert_code(mach_port_allocate_full(SELF, rights[i], MACH_PORT_NULL, &qos, &name), KERN_INVALID_VALUE); // N10
        assert_code(mach_port_allocate_qos(SELF, rights[i], &qos, &name), KERN_INVALID_VALUE);                  // N10
    }
    assert_int_equal(name, 0x5a5a5a5a);
    assert_unchanged(picture);
    destroy(other);
}

static void qos_refuses_a_wanted_name(void **state) {
    (void)state;
    struct picture picture = take_picture();
    mach_port_name_t wanted = 0x12303, name = wanted;
    mach_port_qos_t qos = {.name = 1};
    assert_code(mach_port_allocate_qos(SELF, MACH_PORT_RIGHT_RECEIVE, &qos, &name), KERN_INVALID_ARGUMENT); // N10
    assert_code(mach_port_allocate_qos(SELF, 99, &qos, &name), KERN_INVALID_ARGUMENT);                      // N10
    qos.prealloc = 1;
    qos.len = 0xffffffff;
    assert_code(mach_port_allocate_qos(SELF, MACH_PORT_RIGHT_RECEIVE, &qos, &name), KERN_INVALID_ARGUMENT); // N10
    assert_int_equal(name, wanted);
    assert_unchanged(picture);
}

static void a_port_may_have_a_preallocated_message(void **state) {
    (void)state;
    mach_msg_size_t lengths[] = {0, 1, 24, 100, 4096, 1 << 20};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        mach_port_qos_t qos = {.prealloc = 1, .len = lengths[i]};
        mach_port_name_t name = 0;
        assert_success(mach_port_allocate_qos(SELF, MACH_PORT_RIGHT_RECEIVE, &qos, &name)); // N10
        assert_int_equal(type(name), MACH_PORT_TYPE_RECEIVE);
        // Ordinary messages pass as ever.
        assert_code(send_simple(name, MACH_MSG_TYPE_MAKE_SEND, 7), MACH_MSG_SUCCESS);
        assert_code(send_simple(name, MACH_MSG_TYPE_MAKE_SEND, 8), MACH_MSG_SUCCESS);
        mach_msg_id_t id = 0;
        assert_code(receive_simple(name, &id), MACH_MSG_SUCCESS);
        assert_int_equal(id, 7);
        assert_code(receive_simple(name, &id), MACH_MSG_SUCCESS);
        assert_int_equal(id, 8);
        destroy(name);

        mach_port_name_t wanted = free_name();
        name = wanted;
        qos.name = 1;
        assert_success(mach_port_allocate_full(SELF, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_NULL, &qos, &name)); // N10
        assert_int_equal(name, wanted);
        destroy(name);
    }
}

static void rename_is_never_supported(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct picture picture = take_picture();
    assert_code(mach_port_rename(SELF, port, 0x12303), KERN_NOT_SUPPORTED); // N7
    for (size_t i = 0; i < edge_value_count; i++) {
        assert_code(mach_port_rename(SELF, edge_values[i], 0x12303), KERN_NOT_SUPPORTED); // N7
        assert_code(mach_port_rename(SELF, port, edge_values[i]), KERN_NOT_SUPPORTED);    // N7
    }
    assert_unchanged(picture);
    destroy(port);
}

// ---- Listing

static mach_port_type_t listed_type(mach_port_name_t name) {
    mach_port_name_array_t names;
    mach_port_type_array_t types;
    mach_msg_type_number_t count = 0, type_count = 0;
    assert_success(mach_port_names(SELF, &names, &count, &types, &type_count));
    assert_int_equal(count, type_count); // N8
    mach_port_type_t found = MACH_PORT_TYPE_NONE;
    for (mach_msg_type_number_t i = 0; i < count; i++) {
        if (names[i] != name) continue;
        assert_int_equal(found, MACH_PORT_TYPE_NONE); // each name once
        found = types[i];
    }
    assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names))); // N8
    assert_success(vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types))); // N8
    return found;
}

static void names_lists_every_name_with_its_type(void **state) {
    (void)state;
    mach_port_t carrier, port = make_port(), both = port_with_sends(4), set = make_set(), dead = make_dead_name(2),
                         send = make_send_only(3, &carrier);
    mach_port_t once = make_send_once(port);
    assert_int_equal(listed_type(port), 0x20000);  // N8
    assert_int_equal(listed_type(both), 0x30000);  // N8
    assert_int_equal(listed_type(set), 0x80000);   // N8
    assert_int_equal(listed_type(dead), 0x100000); // N8
    assert_int_equal(listed_type(send), 0x10000);  // N8
    assert_int_equal(listed_type(once), 0x40000);  // N8
    assert_int_equal(listed_type(0x103), 0x10000); // N8
    assert_int_equal(listed_type(0x7fffff03), MACH_PORT_TYPE_NONE);

    // Nothing has looked the names up since their ports died.
    destroy(carrier);
    kill_port(port);
    assert_int_equal(listed_type(send), 0x100000); // N8
    assert_int_equal(listed_type(once), 0x100000); // N8
    assert_int_equal(listed_type(port), MACH_PORT_TYPE_NONE);
    assert_int_equal(refs(send, MACH_PORT_RIGHT_DEAD_NAME), 3);
    assert_int_equal(refs(once, MACH_PORT_RIGHT_DEAD_NAME), 1);
    mach_port_t rest[] = {both, set, dead, send, once};
    for (size_t i = 0; i < COUNT_OF(rest); i++) destroy(rest[i]);
}

static void names_refuses_null_outputs(void **state) {
    (void)state;
    mach_port_name_array_t names = (mach_port_name_array_t)0x5a;
    mach_port_type_array_t types = (mach_port_type_array_t)0x5a;
    mach_msg_type_number_t count = 77, type_count = 77;
    assert_code(mach_port_names(SELF, NULL, &count, &types, &type_count), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_names(SELF, &names, NULL, &types, &type_count), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_names(SELF, &names, &count, NULL, &type_count), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_names(SELF, &names, &count, &types, NULL), KERN_INVALID_ARGUMENT);
    assert_ptr_equal(names, (void *)0x5a);
    assert_ptr_equal(types, (void *)0x5a);
    assert_int_equal(count, 77);
    assert_int_equal(type_count, 77);
}

static void a_million_names_are_listed(void **state) {
    (void)state;
    enum { million = 1000000 };
    mach_linux_statistics_data_t start, end;
    mach_linux_statistics(&start);
    for (int i = 0; i < million; i++) {
        mach_port_name_t name = 0;
        if (allocate(MACH_PORT_RIGHT_DEAD_NAME, &name) != KERN_SUCCESS) fail();
    }
    mach_linux_statistics(&end);
    assert_int_equal(end.rights, start.rights + million);
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    assert_success(mach_port_names(SELF, &names, &count, &types, &type_count)); // N8
    assert_int_equal(count, end.rights);
    assert_int_equal(type_count, end.rights);
    size_t dead = 0;
    for (mach_msg_type_number_t i = 0; i < count; i++) {
        if (types[i] != MACH_PORT_TYPE_DEAD_NAME) continue;
        dead++;
        if (mach_port_destroy(SELF, names[i]) != KERN_SUCCESS) fail();
    }
    assert_int_equal(dead, million);
    assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)));
    assert_success(vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)));
}

// ---- The end of the table (last, because the table stays large)

static void the_last_index_may_be_wanted_and_none_beyond(void **state) {
    (void)state;
    struct picture picture = take_picture();
    mach_port_name_t beyond[] = {with_index(INDEX_BEYOND), with_index(INDEX_BEYOND + 1), with_index(0x7fffff),
                                 with_index(0xfffffe),     with_index(0xffffff),         0xfffffffb};
    for (size_t i = 0; i < COUNT_OF(beyond); i++) {
        assert_code(allocate_name(MACH_PORT_RIGHT_RECEIVE, beyond[i]), KERN_NO_SPACE);  // N5, Choices
        assert_code(allocate_name(MACH_PORT_RIGHT_PORT_SET, beyond[i]), KERN_NO_SPACE); // N5, Choices
    }
    assert_unchanged(picture);

    mach_port_name_t last = with_index(LAST_INDEX);
    assert_success(allocate_name(MACH_PORT_RIGHT_RECEIVE, last)); // N5, Choices
    assert_int_equal(type(last), MACH_PORT_TYPE_RECEIVE);
    assert_code(allocate_name(MACH_PORT_RIGHT_RECEIVE, last), KERN_NAME_EXISTS);
    assert_code(allocate_name(MACH_PORT_RIGHT_RECEIVE, last + 4), KERN_FAILURE);
    assert_code(send_simple(last, MACH_MSG_TYPE_MAKE_SEND, 5), MACH_MSG_SUCCESS);
    mach_msg_id_t id = 0;
    assert_code(receive_simple(last, &id), MACH_MSG_SUCCESS);
    assert_int_equal(id, 5);
    destroy(last);
    assert_int_equal(type(last), MACH_PORT_TYPE_NONE);
    // The slots between are free and come out as ever.
    mach_port_t port = make_port();
    destroy(port);
}

static void four_million_names_exhaust_the_space(void **state) {
    (void)state;
    mach_port_t port = make_port(), spare = make_set();
    mach_linux_statistics_data_t start;
    mach_linux_statistics(&start);
    uint64_t made = 0;
    mach_port_name_t name;
    kern_return_t code;
    for (;;) {
        name = 0x5a5a5a5a;
        code = allocate(MACH_PORT_RIGHT_DEAD_NAME, &name);
        if (code != KERN_SUCCESS) break;
        made++;
    }
    assert_code(code, KERN_NO_SPACE);
    assert_int_equal(name, 0x5a5a5a5a);
    assert_int_equal(start.rights + made, 4194303); // Choices: size of a space

    mach_port_qos_t qos = {0}, preallocated = {.prealloc = 1, .len = 100};
    assert_code(allocate(MACH_PORT_RIGHT_RECEIVE, &name), KERN_NO_SPACE);
    assert_code(allocate(MACH_PORT_RIGHT_PORT_SET, &name), KERN_NO_SPACE);
    assert_code(mach_port_allocate_qos(SELF, MACH_PORT_RIGHT_RECEIVE, &qos, &name), KERN_NO_SPACE);
    assert_code(mach_port_allocate_qos(SELF, MACH_PORT_RIGHT_RECEIVE, &preallocated, &name), KERN_NO_SPACE);
    assert_code(mach_port_allocate_full(SELF, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_NULL, &qos, &name), KERN_NO_SPACE);
    mach_msg_type_name_t disposition = 77;
    assert_code(mach_port_extract_right(SELF, port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &name, &disposition), KERN_NO_SPACE);
    assert_int_equal(name, 0x5a5a5a5a);
    assert_int_equal(disposition, 77);
    assert_int_equal(status(port).mps_sorights, 0);
    expect_no_message(port);
    assert_int_equal(mach_reply_port(), MACH_PORT_NULL);
    // What needs no new name still works.
    insert_send(port);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);

    // One name back, one name more.
    destroy(spare);
    assert_success(allocate(MACH_PORT_RIGHT_RECEIVE, &name));
    assert_int_equal(name, after(spare));
    mach_port_name_t another = 0x5a5a5a5a;
    assert_code(allocate(MACH_PORT_RIGHT_RECEIVE, &another), KERN_NO_SPACE);
    assert_int_equal(another, 0x5a5a5a5a);
    destroy(name);

    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    assert_success(mach_port_names(SELF, &names, &count, &types, &type_count));
    assert_int_equal(count, 4194302);
    for (mach_msg_type_number_t i = 0; i < count; i++) {
        if (types[i] == MACH_PORT_TYPE_DEAD_NAME && mach_port_destroy(SELF, names[i]) != KERN_SUCCESS) fail();
    }
    assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)));
    assert_success(vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)));
    destroy(port);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(names_of_fresh_slots_start_with_generation_three),
        TEST(each_reuse_of_a_slot_adds_four_and_wraps_after_sixty_four),
        TEST(the_slot_freed_last_is_used_first),
        TEST(an_old_name_of_a_reused_slot_is_unknown),
        TEST(the_name_macros_round_trip),
        TEST(index_zero_is_no_name_and_index_one_is_the_task),
        TEST(allocation_makes_a_port_a_set_or_a_dead_name),
        TEST(other_rights_cannot_be_allocated),
        TEST(a_new_port_is_empty_and_unshared),
        TEST(a_free_wanted_name_is_given),
        TEST(a_wanted_name_in_use_exists_already),
        TEST(a_wanted_name_whose_slot_has_another_generation_fails),
        TEST(a_wanted_name_of_index_zero_fails),
        TEST(null_and_dead_cannot_be_wanted),
        TEST(a_wanted_name_needs_both_low_bits),
        TEST(any_value_as_a_wanted_name_gets_its_code),
        TEST(a_dead_name_ignores_the_wanted_name),
        TEST(qos_and_full_allocate_like_allocate),
        TEST(full_takes_a_wanted_name),
        TEST(full_checks_its_arguments_in_order),
        TEST(qos_refuses_a_wanted_name),
        TEST(a_port_may_have_a_preallocated_message),
        TEST(rename_is_never_supported),
        TEST(names_lists_every_name_with_its_type),
        TEST(names_refuses_null_outputs),
        TEST(a_million_names_are_listed),
        TEST(the_last_index_may_be_wanted_and_none_beyond),
        TEST(four_million_names_exhaust_the_space),
    };
    return RUN(tests);
}

// Looking inside: the table of names, requests, send rights, kernel objects, and the library's own statistics.
#include "support.h"

static ipc_info_space_basic_t basic_info(void) {
    ipc_info_space_basic_t info;
    memset(&info, 0x5a, sizeof(info));
    assert_success(mach_port_space_basic_info(SELF, &info));
    return info;
}

// The whole table, to be freed with free_table.
struct table {
    ipc_info_space_t info;
    ipc_info_name_array_t slots;
    mach_msg_type_number_t count;
};

static struct table table_info(void) {
    struct table table = {.slots = (ipc_info_name_array_t)0x5a, .count = 77};
    memset(&table.info, 0x5a, sizeof(table.info));
    ipc_info_tree_name_array_t tree = (ipc_info_tree_name_array_t)0x5a;
    mach_msg_type_number_t tree_count = 77;
    assert_success(mach_port_space_info(SELF, &table.info, &table.slots, &table.count, &tree, &tree_count));
    assert_null(tree);               // R20
    assert_int_equal(tree_count, 0); // R20
    assert_non_null(table.slots);
    return table;
}

static void free_table(struct table *table) {
    assert_success(vm_deallocate(SELF, (vm_address_t)table->slots, table->count * sizeof(*table->slots)));
}

static ipc_info_name_t slot_of(mach_port_name_t name) {
    struct table table = table_info();
    assert_true(name >> 8 < table.count);
    ipc_info_name_t slot = table.slots[name >> 8];
    free_table(&table);
    return slot;
}

static mach_port_rights_t send_rights(mach_port_t port) {
    mach_port_rights_t rights = 77;
    assert_success(mach_port_get_srights(SELF, port, &rights));
    return rights;
}

// One name of each kind; what kills them.
struct names {
    mach_port_t receive, both, send, once, set, dead, carrier, target;
};

static struct names make_names(void) {
    struct names it;
    it.receive = make_port();
    it.both = port_with_sends(5);
    it.send = make_send_only(7, &it.carrier);
    it.target = make_port();
    it.once = make_send_once(it.target);
    it.set = make_set();
    it.dead = make_dead_name(3);
    return it;
}

static void destroy_names(struct names *it) {
    mach_port_t all[] = {it->target, it->once, it->receive, it->both, it->send, it->set, it->dead, it->carrier};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

// ---- The table

static void space_info_lists_every_slot(void **state) {
    (void)state;
    struct names it = make_names();
    struct table table = table_info();
    assert_int_equal(table.info.iis_genno_mask, 0xff);        // R20
    assert_int_equal(table.count, table.info.iis_table_size); // R20
    assert_true(table.info.iis_table_next >= table.info.iis_table_size);
    assert_int_equal(table.slots[0].iin_type, MACH_PORT_TYPE_NONE); // N3
    size_t used = 0;
    for (mach_msg_type_number_t i = 0; i < table.count; i++) {
        ipc_info_name_t *slot = &table.slots[i];
        assert_int_equal(slot->iin_name >> 8, i); // N1, R20
        assert_int_equal(slot->iin_collision, 0);
        if (slot->iin_type == MACH_PORT_TYPE_NONE) {
            assert_int_equal(slot->iin_urefs, 0); // R20
            continue;
        }
        used++;
        mach_port_type_t listed = MACH_PORT_TYPE_NONE;
        assert_success(mach_port_type(SELF, slot->iin_name, &listed));
        assert_int_equal(slot->iin_type, listed);
    }
    mach_linux_statistics_data_t statistics;
    mach_linux_statistics(&statistics);
    assert_int_equal(used, statistics.rights);
    assert_int_equal(basic_info().iisb_table_inuse, used); // R20: slot 0 is not counted

    struct {
        mach_port_t name;
        mach_port_type_t type;
        mach_port_urefs_t refs;
    } wanted[] = {{it.receive, 0x20000, 0}, {it.both, 0x30000, 5}, {it.send, 0x10000, 7},
                  {it.once, 0x40000, 1},    {it.set, 0x80000, 0},  {it.dead, 0x100000, 3}};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        ipc_info_name_t *slot = &table.slots[wanted[i].name >> 8];
        assert_int_equal(slot->iin_name, wanted[i].name); // R20
        assert_int_equal(slot->iin_type, wanted[i].type); // R20
        assert_int_equal(slot->iin_urefs, wanted[i].refs);
    }
    assert_int_equal(table.slots[1].iin_name, 0x103);
    assert_int_equal(table.slots[1].iin_type, 0x10000);
    free_table(&table);

    mach_port_t freed = it.receive;
    destroy(it.receive);
    assert_int_equal(slot_of(freed).iin_type, MACH_PORT_TYPE_NONE); // R20
    it.receive = make_port();
    destroy_names(&it);
}

static void a_slot_says_which_object_but_not_where_it_is(void **state) {
    (void)state;
    mach_port_t port = make_port(), once = make_send_once(port), twice = make_send_once(port);
    natural_t object = slot_of(port).iin_object;
    assert_int_equal(slot_of(port).iin_object, object);  // Choices: stable
    assert_int_equal(slot_of(once).iin_object, object);  // the same port
    assert_int_equal(slot_of(twice).iin_object, object); // the same port
    assert_success(mach_port_set_context(SELF, port, 5));
    assert_int_equal(slot_of(port).iin_object, object); // Choices: stable
    destroy(port);
    destroy(once);
    destroy(twice);
}

static void basic_info_counts_names(void **state) {
    (void)state;
    ipc_info_space_basic_t start = basic_info();
    assert_int_equal(start.iisb_genno_mask, 0xff); // R20
    assert_int_equal(start.iisb_reserved[0], 0);
    assert_int_equal(start.iisb_reserved[1], 0);
    assert_true(start.iisb_table_size > start.iisb_table_inuse);
    assert_true(start.iisb_table_next >= start.iisb_table_size);
    struct names it = make_names();
    assert_int_equal(basic_info().iisb_table_inuse, start.iisb_table_inuse + 8); // R20
    insert_send(it.both);                                                        // no name more
    assert_int_equal(basic_info().iisb_table_inuse, start.iisb_table_inuse + 8);
    kill_port(it.both); // nor less: a dead name stays
    assert_int_equal(basic_info().iisb_table_inuse, start.iisb_table_inuse + 8);
    destroy_names(&it);
    assert_int_equal(basic_info().iisb_table_inuse, start.iisb_table_inuse);
}

static void the_table_grows_with_the_names(void **state) {
    (void)state;
    mach_port_name_t names[5000];
    for (size_t i = 0; i < COUNT_OF(names); i++) names[i] = make_port();
    ipc_info_space_basic_t info = basic_info();
    assert_true(info.iisb_table_size > 5000);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_true(names[i] >> 8 < info.iisb_table_size);
        destroy(names[i]);
    }
}

static void a_program_may_ask_for_a_larger_table(void **state) {
    (void)state;
    int wanted[] = {0, 1, 100, 10000, 20000, 1};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        natural_t before = basic_info().iisb_table_size;
        assert_success(task_set_port_space(SELF, wanted[i]));
        natural_t after = basic_info().iisb_table_size;
        assert_true(after >= before);
        assert_true(after >= (natural_t)wanted[i]);
    }
    struct picture picture = take_picture();
    ipc_info_space_basic_t start = basic_info();
    int beyond[] = {4194305, 5000000, 0x7ffffffe, 0x7fffffff, -0x7fffffff - 1, -2};
    for (size_t i = 0; i < COUNT_OF(beyond); i++)
        assert_code(task_set_port_space(SELF, beyond[i]), KERN_NO_SPACE); // N9, Choices
    ipc_info_space_basic_t end = basic_info();
    assert_memory_equal(&start, &end, sizeof(start));
    assert_unchanged(picture);
}

static void space_info_refuses_null_outputs(void **state) {
    (void)state;
    ipc_info_space_t info, untouched;
    memset(&info, 0x5a, sizeof(info));
    memset(&untouched, 0x5a, sizeof(untouched));
    ipc_info_name_array_t slots = (ipc_info_name_array_t)0x5a;
    ipc_info_tree_name_array_t tree = (ipc_info_tree_name_array_t)0x5a;
    mach_msg_type_number_t count = 77, tree_count = 78;
    assert_code(mach_port_space_info(SELF, NULL, &slots, &count, &tree, &tree_count), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_space_info(SELF, &info, NULL, &count, &tree, &tree_count), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_space_info(SELF, &info, &slots, NULL, &tree, &tree_count), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_space_info(SELF, &info, &slots, &count, NULL, &tree_count), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_space_info(SELF, &info, &slots, &count, &tree, NULL), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_space_basic_info(SELF, NULL), KERN_INVALID_ARGUMENT);
    assert_memory_equal(&info, &untouched, sizeof(info));
    assert_ptr_equal(slots, (void *)0x5a);
    assert_ptr_equal(tree, (void *)0x5a);
    assert_int_equal(count, 77);
    assert_int_equal(tree_count, 78);
}

// ---- Send rights

static void srights_counts_rights_not_references(void **state) {
    (void)state;
    mach_port_t port = make_port();
    assert_int_equal(send_rights(port), 0);
    insert_send(port);
    assert_int_equal(send_rights(port), 1);
    insert_send(port);
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 500));
    assert_int_equal(send_rights(port), 1);
    assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, 1), MACH_MSG_SUCCESS);
    assert_int_equal(send_rights(port), 2); // T4: the message holds one
    assert_code(send_simple(port, MACH_MSG_TYPE_MAKE_SEND, 2), MACH_MSG_SUCCESS);
    assert_int_equal(send_rights(port), 3); // T4
    assert_code(send_simple(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, 3), MACH_MSG_SUCCESS);
    assert_int_equal(send_rights(port), 3);
    for (int i = 0; i < 3; i++) assert_code(receive_simple(port, NULL), MACH_MSG_SUCCESS);
    assert_int_equal(send_rights(port), 1);
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, -502));
    assert_int_equal(send_rights(port), 0);
    destroy(port);
}

// ---- Kernel objects

static void an_ordinary_port_is_no_kernel_object(void **state) {
    (void)state;
    struct names it = make_names();
    mach_port_t ports[] = {it.receive, it.both, it.send};
    for (size_t i = 0; i < COUNT_OF(ports); i++) {
        natural_t kind = 77;
        mach_vm_address_t address = 77;
        assert_success(mach_port_kobject(SELF, ports[i], &kind, &address)); // R19
        assert_int_equal(kind, 0);                                          // R19
        assert_int_equal(address, 0);                                       // R19
        unsigned short_kind = 77, short_address = 77;
        assert_success(mach_port_kernel_object(SELF, ports[i], &short_kind, &short_address)); // R19
        assert_int_equal(short_kind, 0);
        assert_int_equal(short_address, 0);
    }
    destroy_names(&it);
}

static void the_kernels_own_ports_are_objects_of_their_kind(void **state) {
    (void)state;
    mach_port_t host = mach_host_self(), thread = mach_thread_self();
    struct {
        mach_port_t name;
        natural_t kind;
    } wanted[] = {{thread, 1}, {SELF, 2}, {host, 3}};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        natural_t kind = 77;
        mach_vm_address_t token = 77, again = 78;
        assert_success(mach_port_kobject(SELF, wanted[i].name, &kind, &token));
        assert_int_equal(kind, wanted[i].kind);
        assert_success(mach_port_kobject(SELF, wanted[i].name, &kind, &again));
        assert_int_equal(again, token); // Choices: stable
        unsigned short_kind = 77, short_token = 77;
        assert_success(mach_port_kernel_object(SELF, wanted[i].name, &short_kind, &short_token));
        assert_int_equal(short_kind, wanted[i].kind);
        assert_int_equal(short_token, (unsigned)token);
    }
    assert_success(mach_port_deallocate(SELF, host));
    assert_success(mach_port_deallocate(SELF, thread));
}

// ---- Arguments of the four

static void inspection_checks_its_name(void **state) {
    (void)state;
    struct names it = make_names();
    mach_port_t nameless[64 + 8];
    size_t nameless_count = 0;
    for (size_t i = 0; i < edge_value_count; i++)
        nameless[nameless_count++] = edge_values[i]; // null and dead are among them
    nameless[nameless_count++] = it.receive + 4;

    // What must stay as it is.
    natural_t kind = 71;
    mach_vm_address_t address = 72;
    unsigned short_kind = 73, short_address = 74, total = 75, used = 76;
    mach_port_rights_t rights = 77;
    struct picture picture = take_picture();
    for (size_t i = 0; i < nameless_count; i++) {
        assert_code(mach_port_kobject(SELF, nameless[i], &kind, &address), KERN_INVALID_NAME);                   // R19
        assert_code(mach_port_kernel_object(SELF, nameless[i], &short_kind, &short_address), KERN_INVALID_NAME); // R19
        assert_code(mach_port_dnrequest_info(SELF, nameless[i], &total, &used), KERN_INVALID_NAME);              // R19
        assert_code(mach_port_get_srights(SELF, nameless[i], &rights), KERN_INVALID_NAME);                       // R19
    }
    mach_port_t no_port[] = {it.once, it.set, it.dead};
    for (size_t i = 0; i < COUNT_OF(no_port); i++) {
        assert_code(mach_port_kobject(SELF, no_port[i], &kind, &address), KERN_INVALID_RIGHT);                   // R19
        assert_code(mach_port_kernel_object(SELF, no_port[i], &short_kind, &short_address), KERN_INVALID_RIGHT); // R19
    }
    mach_port_t no_receive[] = {it.send, it.once, it.set, it.dead, SELF};
    for (size_t i = 0; i < COUNT_OF(no_receive); i++) {
        assert_code(mach_port_dnrequest_info(SELF, no_receive[i], &total, &used), KERN_INVALID_RIGHT);
        assert_code(mach_port_get_srights(SELF, no_receive[i], &rights), KERN_INVALID_RIGHT);
    }
    assert_unchanged(picture);
    // A send right whose port died unnoticed is one of a dead name.
    destroy(it.carrier);
    assert_code(mach_port_kobject(SELF, it.send, &kind, &address), KERN_INVALID_RIGHT); // R19
    assert_code(mach_port_kernel_object(SELF, it.send, &short_kind, &short_address), KERN_INVALID_RIGHT);
    it.carrier = make_port();

    assert_code(mach_port_kobject(SELF, it.both, NULL, &address), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_kobject(SELF, it.both, &kind, NULL), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_kernel_object(SELF, it.both, NULL, &short_address), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_kernel_object(SELF, it.both, &short_kind, NULL), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_dnrequest_info(SELF, it.both, NULL, &used), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_dnrequest_info(SELF, it.both, &total, NULL), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_get_srights(SELF, it.both, NULL), KERN_INVALID_ARGUMENT);

    assert_int_equal(kind, 71);
    assert_int_equal(address, 72);
    assert_int_equal(short_kind, 73);
    assert_int_equal(short_address, 74);
    assert_int_equal(total, 75);
    assert_int_equal(used, 76);
    assert_int_equal(rights, 77);
    destroy_names(&it);
}

static void a_port_without_requests_has_no_table(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    unsigned total = 77, used = 77;
    assert_success(mach_port_dnrequest_info(SELF, port, &total, &used));
    assert_int_equal(total, 0); // R20
    assert_int_equal(used, 0);
    destroy(port);
}

// ---- Statistics

static void the_statistics_count_what_is_alive(void **state) {
    (void)state;
    mach_linux_statistics_data_t start, now;
    mach_linux_statistics(&start);
    assert_int_equal(start.tasks, 1);
    mach_port_t port = make_port(), set = make_set(), dead = make_dead_name(9);
    vm_address_t address = 0;
    assert_success(vm_allocate(SELF, &address, 10 * vm_page_size, VM_FLAGS_ANYWHERE));
    assert_code(send_simple(port, MACH_MSG_TYPE_MAKE_SEND, 1), MACH_MSG_SUCCESS);
    mach_linux_statistics(&now);
    assert_int_equal(now.tasks, 1);
    assert_int_equal(now.ports, start.ports + 1);
    assert_int_equal(now.sets, start.sets + 1);
    assert_int_equal(now.rights, start.rights + 3);
    assert_int_equal(now.messages, start.messages + 1);
    assert_int_equal(now.memory_regions, start.memory_regions + 1);

    // A port lives on in a message without any name.
    mach_port_t carrier, hidden = make_send_only(1, &carrier);
    destroy(hidden);
    mach_linux_statistics(&now);
    assert_int_equal(now.ports, start.ports + 3);
    assert_int_equal(now.rights, start.rights + 4);
    assert_int_equal(now.messages, start.messages + 2);
    destroy(carrier);
    destroy(port);
    destroy(set);
    destroy(dead);
    assert_success(vm_deallocate(SELF, address, 10 * vm_page_size));
    mach_linux_statistics(&now);
    assert_int_equal(now.ports, start.ports);
    assert_int_equal(now.sets, start.sets);
    assert_int_equal(now.rights, start.rights);
    assert_int_equal(now.messages, start.messages);
    assert_int_equal(now.memory_regions, start.memory_regions);
    mach_linux_statistics(NULL); // is left alone
    mach_linux_trim();
    mach_linux_trim();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(space_info_lists_every_slot),
        TEST(a_slot_says_which_object_but_not_where_it_is),
        TEST(basic_info_counts_names),
        TEST(the_table_grows_with_the_names),
        TEST(a_program_may_ask_for_a_larger_table),
        TEST(space_info_refuses_null_outputs),
        TEST(srights_counts_rights_not_references),
        TEST(an_ordinary_port_is_no_kernel_object),
        TEST(the_kernels_own_ports_are_objects_of_their_kind),
        TEST(inspection_checks_its_name),
        TEST(a_port_without_requests_has_no_table),
        TEST(the_statistics_count_what_is_alive),
    };
    return RUN(tests);
}

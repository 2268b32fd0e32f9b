// Very many of everything: ports, members of a set, sets of a member, messages in a queue, ports inside messages of ports.
#include "message_support.h"
#include "stress.h"

#include <unistd.h>

enum { PORTS = ROUNDS_OF(1000000, 100000), MEMBERS = 10000, SETS = 1000, DEEP = 65000 };

static mach_linux_statistics_data_t live(void) {
    mach_linux_statistics_data_t statistics;
    mach_linux_statistics(&statistics);
    return statistics;
}

static uint64_t resident_bytes(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*u %lu", &pages), 1);
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int ascending(const void *left, const void *right) {
    mach_port_name_t a = *(const mach_port_name_t *)left, b = *(const mach_port_name_t *)right;
    return a < b ? -1 : a > b;
}

// The name that follows in another order than they were made in: 7919 has no factor in common with the counts above.
static size_t shuffled(size_t i, size_t count) { return i * 7919 % count; }

static mach_port_name_t *new_names(size_t count) {
    mach_port_name_t *names = calloc(count, sizeof(*names));
    assert_non_null(names);
    return names;
}

// ---- Ports

static void a_million_ports_are_made_listed_used_and_destroyed(void **state) {
    (void)state;
    mach_port_name_t *ports = new_names(PORTS);
    mach_linux_statistics_data_t before = live();
    for (size_t i = 0; i < PORTS; i++) ports[i] = i + 1; // the pages of the array do not count
    uint64_t resident = resident_bytes();
    for (size_t i = 0; i < PORTS; i++) {
        if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &ports[i]) != KERN_SUCCESS) fail();
    }
    uint64_t bytes = (resident_bytes() - resident) / PORTS;
    print_message("%llu bytes for each of %d ports\n", (unsigned long long)bytes, PORTS);
    if (!UNDER_ASAN && !UNDER_TSAN) assert_in_range(bytes, 16, 1024);
    assert_int_equal(live().ports, before.ports + PORTS);
    assert_int_equal(live().rights, before.rights + PORTS);

    // All are listed, each once.
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    assert_success(mach_port_names(SELF, &names, &count, &types, &type_count)); // N8
    assert_int_equal(type_count, count);
    mach_port_name_t *sorted = new_names(PORTS);
    memcpy(sorted, ports, PORTS * sizeof(*ports));
    qsort(sorted, PORTS, sizeof(*sorted), ascending);
    for (size_t i = 1; i < PORTS; i++) {
        if (sorted[i - 1] == sorted[i]) fail();
    }
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (bsearch(&names[i], sorted, PORTS, sizeof(*sorted), ascending) == NULL) continue;
        if (types[i] != MACH_PORT_TYPE_RECEIVE) fail();
        found += 1;
    }
    assert_int_equal(found, PORTS);
    assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)));
    assert_success(vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)));

    // Each still is what it was, and works.
    for (size_t i = 0; i < PORTS; i += 997) {
        assert_int_equal(type(ports[i]), MACH_PORT_TYPE_RECEIVE);
        assert_code(send_simple(ports[i], MACH_MSG_TYPE_MAKE_SEND, (mach_msg_id_t)i), MACH_MSG_SUCCESS);
    }
    for (size_t i = 0; i < PORTS; i += 997) expect_message(ports[i], (mach_msg_id_t)i);
    for (size_t i = 0; i < PORTS; i++) {
        if (mach_port_destroy(SELF, ports[shuffled(i, PORTS)]) != KERN_SUCCESS) fail();
    }
    assert_int_equal(live().ports, before.ports);
    free(sorted);
    free(ports);
}

static void a_hundred_thousand_ports_die_with_their_messages(void **state) {
    (void)state;
    enum { COUNT = PORTS / 10 };
    mach_port_name_t *ports = new_names(COUNT);
    mach_port_t notified = make_port();
    for (size_t i = 0; i < COUNT; i++) {
        ports[i] = make_port();
        struct test_message message = message_to(ports[i], MACH_MSG_TYPE_MAKE_SEND, 1);
        if (i % 2 == 0) set_reply(&message, notified, MACH_MSG_TYPE_MAKE_SEND_ONCE);
        add_port(&message, notified, MACH_MSG_TYPE_MAKE_SEND);
        assert_code(send_now(&message), MACH_MSG_SUCCESS);
    }
    assert_int_equal(status(notified).mps_sorights, COUNT / 2);
    for (size_t i = 0; i < COUNT; i++) destroy(ports[shuffled(i, COUNT)]);
    assert_int_equal(status(notified).mps_srights, 0);
    assert_int_equal(status(notified).mps_msgcount, COUNT / 2); // T18
    destroy(notified);
    free(ports);
}

// ---- Sets

static void a_set_of_ten_thousand_serves_every_member(void **state) {
    (void)state;
    mach_port_t set = make_set();
    mach_port_name_t *members = new_names(MEMBERS);
    for (size_t i = 0; i < MEMBERS; i++) {
        members[i] = port_with_send();
        put_in_set(members[i], set);
    }
    mach_port_name_array_t listed = NULL;
    mach_msg_type_number_t count = 0;
    assert_success(mach_port_get_set_status(SELF, set, &listed, &count)); // P6
    assert_int_equal(count, MEMBERS);
    mach_port_name_t *sorted = new_names(MEMBERS);
    memcpy(sorted, members, MEMBERS * sizeof(*members));
    qsort(sorted, MEMBERS, sizeof(*sorted), ascending);
    qsort(listed, MEMBERS, sizeof(*listed), ascending);
    assert_memory_equal(listed, sorted, MEMBERS * sizeof(*sorted));
    assert_success(vm_deallocate(SELF, (vm_address_t)listed, count * sizeof(*listed)));

    // Three messages on each, sent in rounds over the members; ids 0, 1, 2 per member.
    for (mach_msg_id_t id = 0; id < 3; id++) {
        for (size_t i = 0; i < MEMBERS; i++) {
            mach_port_t member = members[shuffled(i, MEMBERS)];
            if (send_simple(member, MACH_MSG_TYPE_COPY_SEND, id) != MACH_MSG_SUCCESS) fail();
        }
    }
    uint8_t *next = calloc(MEMBERS, 1);
    assert_non_null(next);
    for (size_t i = 0; i < 3 * MEMBERS; i++) {
        struct simple_message message;
        assert_code(receive_message(set, &message), MACH_MSG_SUCCESS);
        mach_port_name_t *member =
            bsearch(&message.header.msgh_local_port, sorted, MEMBERS, sizeof(*sorted), ascending);
        assert_non_null(member);
        assert_int_equal(message.header.msgh_id, next[member - sorted]++);
    }
    expect_no_message(set);

    // A third leave one by one, a third die in the set, the rest outlive it.
    for (size_t i = 0; i < MEMBERS; i += 3) assert_success(mach_port_extract_member(SELF, members[i], set));
    for (size_t i = 1; i < MEMBERS; i += 3) destroy(members[i]);
    for (size_t i = 2; i < MEMBERS; i += 3) assert_int_equal(status(members[i]).mps_pset, 1);
    destroy(set);
    for (size_t i = 0; i < MEMBERS; i++) {
        if (i % 3 == 1) continue;
        assert_int_equal(status(members[i]).mps_pset, 0); // P5
        destroy(members[i]);
    }
    free(next);
    free(sorted);
    free(members);
}

static void a_port_in_a_thousand_sets_is_received_through_each(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    mach_port_name_t *sets = new_names(SETS);
    for (size_t i = 0; i < SETS; i++) {
        sets[i] = make_set();
        put_in_set(port, sets[i]); // P1
    }
    for (size_t i = 0; i < SETS; i++) {
        assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, (mach_msg_id_t)i), MACH_MSG_SUCCESS);
        expect_message(sets[shuffled(i, SETS)], (mach_msg_id_t)i);
        expect_no_message(sets[i]);
    }
    for (size_t i = 0; i < SETS; i += 2) destroy(sets[i]);
    assert_int_equal(status(port).mps_pset, 1);
    assert_success(mach_port_move_member(SELF, port, MACH_PORT_NULL)); // P2
    for (size_t i = 1; i < SETS; i += 2) {
        assert_false(is_member(port, sets[i]));
        destroy(sets[i]);
    }
    destroy(port);
    free(sets);
}

// ---- Messages

static void a_queue_at_the_highest_limit_keeps_the_order(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    set_limit(port, MACH_PORT_QLIMIT_MAX);
    for (unsigned round = 0; round < 3; round++) {
        queue_messages(port, MACH_PORT_QLIMIT_MAX);
        struct test_message refused = message_to(port, MACH_MSG_TYPE_COPY_SEND, 0);
        assert_code(send_now(&refused), MACH_SEND_TIMED_OUT); // Q1, Q3
        mach_msg_destroy(&refused.header);
        for (mach_msg_id_t id = 0; id < MACH_PORT_QLIMIT_MAX; id++) expect_message(port, id);
        expect_no_message(port);
    }
    destroy(port);
}

static void a_queue_that_no_limit_holds_back_keeps_the_order(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (mach_msg_id_t id = 0; id < DEEP; id++) {
        if (send_simple(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, id) != MACH_MSG_SUCCESS) fail(); // Q2
    }
    assert_int_equal(status(port).mps_msgcount, DEEP);
    for (mach_msg_id_t id = 0; id < DEEP; id++) {
        struct simple_message message;
        if (receive_message(port, &message) != MACH_MSG_SUCCESS || message.header.msgh_id != id) fail();
    }
    expect_no_message(port);
    for (mach_msg_id_t id = 0; id < DEEP; id++) {
        if (send_simple(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, id) != MACH_MSG_SUCCESS) fail();
    }
    destroy(port);
}

// ---- Chains

// Each port's receive right waits in a message on the next port: the last one, the only one that has a name then, holds all the others.
static mach_port_t make_chain(size_t length) {
    mach_port_t inner = make_port();
    for (size_t i = 1; i < length; i++) {
        mach_port_t outer = make_port();
        struct test_message message = message_to(outer, MACH_MSG_TYPE_MAKE_SEND, 1);
        add_port(&message, inner, MACH_MSG_TYPE_MOVE_RECEIVE);
        if (send_now(&message) != MACH_MSG_SUCCESS) fail();
        inner = outer;
    }
    return inner;
}

enum { CHAIN = ROUNDS_OF(200000, 50000) };

static void a_long_chain_of_ports_in_messages_dies_at_once(void **state) {
    (void)state;
    mach_linux_statistics_data_t before = live();
    mach_port_t last = make_chain(CHAIN);
    assert_int_equal(live().ports, before.ports + CHAIN);
    assert_int_equal(live().rights, before.rights + 1);
    destroy(last); // C3
    assert_int_equal(live().ports, before.ports);
    assert_int_equal(live().messages, before.messages);
}

static void a_long_chain_of_ports_in_messages_is_unpacked(void **state) {
    (void)state;
    mach_port_t port = make_chain(CHAIN);
    for (size_t left = CHAIN; left > 1; left--) {
        struct test_message message;
        if (receive_now(port, &message, 0) != MACH_MSG_SUCCESS) fail();
        if (message.ports[0].disposition != MACH_MSG_TYPE_PORT_RECEIVE) fail();
        destroy(port);
        port = message.ports[0].name;
    }
    expect_no_message(port);
    destroy(port);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_million_ports_are_made_listed_used_and_destroyed),
        TEST(a_hundred_thousand_ports_die_with_their_messages),
        TEST(a_set_of_ten_thousand_serves_every_member),
        TEST(a_port_in_a_thousand_sets_is_received_through_each),
        TEST(a_queue_at_the_highest_limit_keeps_the_order),
        TEST(a_queue_that_no_limit_holds_back_keeps_the_order),
        TEST(a_long_chain_of_ports_in_messages_dies_at_once),
        TEST(a_long_chain_of_ports_in_messages_is_unpacked),
    };
    return RUN(tests);
}

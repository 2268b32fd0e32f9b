// Arrays of rights outside the message: every disposition, elements that stand for no port, arrays that are refused and in which order they end, and many rights at a time. Rows D4, S8, S9, S12, C1, C3.
#include "ool_support.h"

#include <mach/task.h>

enum { MOVE_RECEIVE = 16, MOVE_SEND = 17, MOVE_SEND_ONCE = 18, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21 };

// A received array: its names, and what its descriptor tells.
struct array {
    mach_port_t *names;
    mach_msg_size_t count;
};

static size_t bytes_of(size_t count) { return count * sizeof(mach_port_t); }

static void check_received(const mach_msg_ool_ports_descriptor_t *it, size_t count, mach_msg_type_name_t disposition) {
    assert_int_equal(it->type, MACH_MSG_OOL_PORTS_DESCRIPTOR);
    assert_int_equal(it->disposition, disposition);
    assert_int_equal(it->copy, MACH_MSG_VIRTUAL_COPY); // D4
    assert_int_equal(it->deallocate, TRUE);            // D4
    assert_int_equal(it->count, count);
    if (count == 0) {
        assert_null(it->address); // D4
        return;
    }
    assert_non_null(it->address);
    assert_int_equal((uintptr_t)it->address % PAGE, 0);
}

static void send_array(mach_port_t port, const mach_port_t *names, size_t count, mach_msg_type_name_t disposition) {
    struct carrier message;
    begin_carrier(&message, port, 1);
    add_array(&message, names, SIZE(count), disposition);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
}

static struct array receive_array(mach_port_t port, size_t count, mach_msg_type_name_t disposition) {
    struct carrier received;
    assert_code(receive_carrier(port, &received), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_bits, 0x80001100u);
    assert_int_equal(received.header.msgh_size, 44);
    assert_int_equal(received.body.msgh_descriptor_count, 1);
    assert_untouched(&received, 52, sizeof(received));
    mach_msg_ool_ports_descriptor_t *it = array_at(&received, 0);
    check_received(it, count, disposition);
    return (struct array){it->address, it->count};
}

// Sends an array through a port of its own and receives it; `arrival` is the disposition that it then has.
static struct array pass(const mach_port_t *names, size_t count, mach_msg_type_name_t disposition,
                         mach_msg_type_name_t arrival) {
    mach_port_t port = make_port();
    send_array(port, names, count, disposition);
    struct array it = receive_array(port, count, arrival);
    destroy(port);
    return it;
}

static void free_array(struct array it) { deallocate(it.names, bytes_of(it.count)); }

// ---- Dispositions and elements

static void each_send_disposition_arrives_as_send_rights(void **state) {
    (void)state;
    const struct {
        mach_msg_type_name_t disposition;
        mach_port_urefs_t after;
        mach_port_mscount_t made;
    } cases[] = {{MOVE_SEND, 2, 1}, {COPY_SEND, 3, 1}, {MAKE_SEND, 3, 2}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        mach_port_t ports[3];
        for (int j = 0; j < 3; j++) ports[j] = port_with_sends(2);
        struct array it = pass(ports, 3, cases[i].disposition, MOVE_SEND); // D4
        for (int j = 0; j < 3; j++) {
            assert_int_equal(it.names[j], ports[j]);                                // I9
            assert_int_equal(refs(ports[j], MACH_PORT_RIGHT_SEND), cases[i].after); // D4
            assert_int_equal(status(ports[j]).mps_mscount, cases[i].made);          // T2
            destroy(ports[j]);
        }
        free_array(it);
    }
}

static void send_once_rights_arrive_under_names_of_their_own(void **state) {
    (void)state;
    for (int moved = 0; moved < 2; moved++) {
        mach_port_t port = make_port(), names[3];
        for (int i = 0; i < 3; i++) names[i] = moved ? make_send_once(port) : port;
        struct array it = pass(names, 3, moved ? MOVE_SEND_ONCE : MAKE_SEND_ONCE, MOVE_SEND_ONCE); // D4
        assert_int_equal(status(port).mps_sorights, 3);
        expect_no_message(port);
        for (int i = 0; i < 3; i++) {
            if (moved) assert_int_equal(type(names[i]), MACH_PORT_TYPE_NONE);
            assert_int_equal(type(it.names[i]), MACH_PORT_TYPE_SEND_ONCE);
            for (int j = 0; j < i; j++) assert_int_not_equal(it.names[i], it.names[j]);
            assert_code(send_simple(it.names[i], MOVE_SEND_ONCE, 40 + i), MACH_MSG_SUCCESS);
            expect_message(port, 40 + i);
        }
        free_array(it);
        destroy(port);
    }
}

static void receive_rights_arrive_in_their_order(void **state) {
    (void)state;
    enum { SOME = 20 };
    mach_port_t ports[SOME], sets[SOME];
    for (unsigned i = 0; i < SOME; i++) {
        ports[i] = i % 2 ? make_port() : port_with_sends(i + 1);
        sets[i] = make_set();
        put_in_set(ports[i], sets[i]);
        set_limit(ports[i], i + 1);
        assert_code(send_simple(ports[i], MACH_MSG_TYPE_MAKE_SEND, (mach_msg_id_t)i), MACH_MSG_SUCCESS);
    }
    uint64_t live = live_ports();
    struct array it = pass(ports, SOME, MOVE_RECEIVE, MOVE_RECEIVE); // D4
    assert_int_equal(live_ports(), live);
    for (unsigned i = 0; i < SOME; i++) {
        if (i % 2 == 0) assert_int_equal(it.names[i], ports[i]); // I9: the send right stayed
        assert_int_equal(type(it.names[i]), i % 2 ? MACH_PORT_TYPE_RECEIVE : MACH_PORT_TYPE_SEND_RECEIVE);
        assert_int_equal(status(it.names[i]).mps_qlimit, i + 1);
        assert_int_equal(status(it.names[i]).mps_mscount, 0); // T19
        assert_false(status(it.names[i]).mps_pset);           // P7
        expect_message(it.names[i], (mach_msg_id_t)i);        // Q13
        expect_no_message(sets[i]);
        destroy(sets[i]);
        destroy(it.names[i]);
    }
    free_array(it);
}

static void null_and_dead_elements_pass_with_any_disposition(void **state) {
    (void)state;
    const mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD, MACH_PORT_DEAD, MACH_PORT_NULL};
    for (mach_msg_type_name_t disposition = 0; disposition < 256; disposition++) {
        mach_msg_type_name_t shown = 0; // D4, D1: what is no disposition reads back as 0
        if (disposition == 16) shown = 16;
        if (disposition == 17 || disposition == 19 || disposition == 20) shown = 17;
        if (disposition == 18 || disposition == 21) shown = 18;
        struct array it = pass(names, 4, disposition, shown);
        assert_memory_equal(it.names, names, sizeof(names));
        free_array(it);
        // The same without any element.
        it = pass(names, 0, disposition, shown);
        free_array(it);
    }
}

static void null_and_dead_elements_stand_beside_rights(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(5);
    mach_port_t names[] = {MACH_PORT_NULL, port, MACH_PORT_DEAD, port, MACH_PORT_NULL};
    for (mach_msg_type_name_t disposition = MOVE_SEND; disposition <= MAKE_SEND; disposition++) {
        if (disposition == MOVE_SEND_ONCE) continue;
        struct array it = pass(names, 5, disposition, MOVE_SEND);
        assert_memory_equal(it.names, names, sizeof(names));
        free_array(it);
    }
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 9);
    destroy(port);
}

static void dead_names_arrive_as_dead(void **state) {
    (void)state;
    const struct {
        mach_msg_type_name_t disposition, shown;
        mach_port_urefs_t left;
    } cases[] = {{COPY_SEND, 17, 5}, {MOVE_SEND, 17, 3}, {MOVE_SEND_ONCE, 18, 3}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        mach_port_t dead = make_dead_name(5), names[] = {dead, dead};
        struct array it = pass(names, 2, cases[i].disposition, cases[i].shown); // S7
        assert_int_equal(it.names[0], MACH_PORT_DEAD);
        assert_int_equal(it.names[1], MACH_PORT_DEAD);
        assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), cases[i].left);
        free_array(it);
        destroy(dead);
    }
    mach_port_t dead = make_dead_name(2), names[] = {dead, dead};
    free_array(pass(names, 2, MOVE_SEND, MOVE_SEND));
    assert_int_equal(type(dead), MACH_PORT_TYPE_NONE);
}

static void rights_that_die_on_the_way_are_dead(void **state) {
    (void)state;
    mach_port_t port = make_port(), ports[4];
    for (int i = 0; i < 4; i++) ports[i] = port_with_send();
    send_array(port, ports, 4, COPY_SEND);
    kill_port(ports[1]);
    destroy(ports[3]);
    struct array it = receive_array(port, 4, MOVE_SEND); // D7
    assert_int_equal(it.names[0], ports[0]);
    assert_int_equal(it.names[1], MACH_PORT_DEAD);
    assert_int_equal(it.names[2], ports[2]);
    assert_int_equal(it.names[3], MACH_PORT_DEAD);
    free_array(it);
    for (int i = 0; i < 3; i++) destroy(ports[i]);
    destroy(port);
}

static void one_name_many_times_arrives_as_so_many_references(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(3), names[100];
    for (int i = 0; i < 100; i++) names[i] = port;
    free_array(pass(names, 100, COPY_SEND, MOVE_SEND));
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 103); // D4
    free_array(pass(names, 100, MAKE_SEND, MOVE_SEND));
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 203);
    assert_int_equal(status(port).mps_mscount, 101);
    free_array(pass(names, 100, MOVE_SEND, MOVE_SEND));
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 203);
    destroy(port);
}

static void one_name_moved_as_often_as_it_has_references_is_gone(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), inner = MACH_PORT_NULL, names[4];
    mach_port_t port = make_send_only(4, &inner);
    for (int i = 0; i < 4; i++) names[i] = port;
    send_array(carrier, names, 4, MOVE_SEND);
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    struct array it = receive_array(carrier, 4, MOVE_SEND);
    for (int i = 0; i < 4; i++) assert_int_equal(it.names[i], it.names[0]);
    assert_int_equal(refs(it.names[0], MACH_PORT_RIGHT_SEND), 4);
    destroy(it.names[0]);
    free_array(it);
    destroy(inner);
    destroy(carrier);
}

static void references_beyond_the_limit_are_absorbed(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(65532), names[5] = {port, port, port, port, port};
    struct array it = pass(names, 5, COPY_SEND, MOVE_SEND);
    assert_memory_equal(it.names, names, sizeof(names));
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 65534); // R16
    free_array(it);
    destroy(port);
}

static void names_are_made_from_the_first_to_the_last(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), port = make_port(), names[] = {port, port, port}, freed[3];
    send_array(carrier, names, 3, MAKE_SEND_ONCE);
    for (int i = 0; i < 3; i++) freed[i] = make_port();
    for (int i = 0; i < 3; i++) destroy(freed[i]);
    struct array it = receive_array(carrier, 3, MOVE_SEND_ONCE);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(MACH_PORT_INDEX(it.names[i]), MACH_PORT_INDEX(freed[2 - i])); // D6, N4
        destroy(it.names[i]);
    }
    free_array(it);
    destroy(port);
    destroy(carrier);
}

// ---- Where the array is, and what becomes of it

static void a_count_of_zero_has_no_array_whatever_the_address(void **state) {
    (void)state;
    mach_port_t *closed = map_private(PAGE);
    assert_int_equal(mprotect(closed, PAGE, PROT_NONE), 0);
    const void *addresses[] = {NULL, (void *)1, closed, far_place(PAGE), (void *)~0ul, (void *)(1ul << 63)};
    mach_port_t port = make_port();
    uint64_t regions = live_regions();
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        for (int deallocating = 0; deallocating < 2; deallocating++) {
            struct carrier message;
            begin_carrier(&message, port, 1);
            add_array(&message, addresses[i], 0, COPY_SEND)->deallocate = deallocating;
            assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
            (void)receive_array(port, 0, MOVE_SEND); // D4
        }
    }
    assert_int_equal(live_regions(), regions);
    assert_int_equal(mapped_pages(closed, PAGE), 1);
    munmap(closed, PAGE);
    destroy(port);
}

static void the_copy_option_is_not_looked_at(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), port = port_with_send();
    for (unsigned copy = 0; copy < 256; copy++) {
        struct carrier message;
        begin_carrier(&message, carrier, 1);
        add_array(&message, &port, 1, COPY_SEND)->copy = copy & 0xff;
        assert_code(send_carrier(&message), MACH_MSG_SUCCESS); // D4
        struct array it = receive_array(carrier, 1, MOVE_SEND);
        assert_int_equal(it.names[0], port);
        free_array(it);
    }
    destroy(carrier);
    destroy(port);
}

static void the_receivers_array_is_its_own(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), port = port_with_send(), *names = map_private(PAGE);
    names[0] = names[1] = port;
    send_array(carrier, names, 2, COPY_SEND);
    names[0] = names[1] = MACH_PORT_DEAD; // too late
    struct array it = receive_array(carrier, 2, MOVE_SEND);
    assert_ptr_not_equal(it.names, names);
    assert_int_equal(it.names[0], port);
    assert_int_equal(it.names[1], port);
    assert_all(it.names + 2, PAGE - bytes_of(2), 0);
    memset(it.names, 0x12, PAGE); // it may be written, the whole page of it
    assert_int_equal(names[0], MACH_PORT_DEAD);
    free_array(it);
    munmap(names, PAGE);
    destroy(carrier);
    destroy(port);
}

static void an_array_may_stand_anywhere(void **state) {
    (void)state;
    enum { MANY = 3000 };
    mach_port_t port = port_with_send(), local[MANY];
    static mach_port_t global[MANY];
    for (int i = 0; i < MANY; i++) local[i] = global[i] = i % 3 ? port : MACH_PORT_NULL;
    struct array it = pass(local, MANY, COPY_SEND, MOVE_SEND);
    assert_memory_equal(it.names, local, sizeof(local));
    free_array(it);
    it = pass(global, MANY, MOVE_SEND, MOVE_SEND);
    assert_memory_equal(it.names, global, sizeof(global));
    free_array(it);
    // Unaligned, across pages, and read-only.
    char *memory = map_private(4 * PAGE);
    for (size_t offset = 1; offset < 8; offset++) {
        memcpy(memory + offset, local, sizeof(local));
        it = pass((mach_port_t *)(void *)(memory + offset), MANY, MOVE_SEND, MOVE_SEND);
        assert_memory_equal(it.names, local, sizeof(local));
        free_array(it);
    }
    memcpy(memory, local, sizeof(local));
    assert_int_equal(mprotect(memory, 4 * PAGE, PROT_READ), 0);
    it = pass((mach_port_t *)(void *)memory, MANY, MOVE_SEND, MOVE_SEND);
    assert_memory_equal(it.names, local, sizeof(local));
    it.names[0] = 5;
    free_array(it);
    munmap(memory, 4 * PAGE);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2001);
    destroy(port);
}

static void with_deallocate_the_arrays_pages_leave_the_sender(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), port = port_with_send();
    const size_t counts[] = {1, PAGE / 4 - 1, PAGE / 4, PAGE / 4 + 1, PAGE, 40000};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        for (int variant = 0; variant < 4; variant++) {
            size_t offset = variant & 2 ? PAGE - 4 : 0, used = offset + bytes_of(counts[i]);
            size_t touched = (used + PAGE - 1) & ~(PAGE - 1);
            // Two pages behind it stay: a name has 4 bytes, not 8.
            char *memory = variant & 1 ? allocate(touched + 2 * PAGE) : map_private(touched + 2 * PAGE);
            mach_port_t *names = (mach_port_t *)(void *)(memory + offset);
            names[counts[i] - 1] = port; // the others are NULL
            struct carrier message;
            begin_carrier(&message, carrier, 1);
            add_array(&message, names, SIZE(counts[i]), COPY_SEND)->deallocate = TRUE;
            assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
            mach_linux_trim();
            assert_int_equal(mapped_pages(memory, touched), 0); // D3, D4
            assert_int_equal(mapped_pages(memory + touched, 2 * PAGE), 2);
            struct array it = receive_array(carrier, counts[i], MOVE_SEND);
            assert_int_equal(it.names[counts[i] - 1], port);
            assert_all(it.names, bytes_of(counts[i] - 1), 0);
            free_array(it);
            deallocate(memory + touched, 2 * PAGE);
        }
    }
    destroy(carrier);
    destroy(port);
}

static void a_received_array_can_be_sent_on(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), ports[] = {make_port(), make_port()};
    struct carrier message, received;
    begin_carrier(&message, carrier, 1);
    add_array(&message, ports, 2, MAKE_SEND);
    for (int hop = 0; hop < 5; hop++) {
        assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
        assert_code(receive_carrier(carrier, &received), MACH_MSG_SUCCESS);
        mach_msg_ool_ports_descriptor_t it = *array_at(&received, 0);
        check_received(&it, 2, MOVE_SEND);
        // As it came: its rights move on, and so does its memory.
        begin_carrier(&message, carrier, 1);
        *add_array(&message, NULL, 0, 0) = it;
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(((mach_port_t *)array_at(&message, 0)->address)[i], ports[i]);
        assert_int_equal(refs(ports[i], MACH_PORT_RIGHT_SEND), 1);
        destroy(ports[i]);
    }
    deallocate(array_at(&message, 0)->address, bytes_of(2));
    destroy(carrier);
}

static void several_arrays_travel_in_one_message(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), a = port_with_sends(2), b = make_port(), c = make_port();
    mach_port_t sends[] = {a, a, MACH_PORT_NULL}, onces[] = {b, b}, receives[] = {c};
    char text[] = "between";
    struct carrier message, received;
    begin_carrier(&message, carrier, 1);
    add_array(&message, sends, 3, MOVE_SEND);
    add_right(&message, b, MAKE_SEND);
    add_array(&message, onces, 2, MAKE_SEND_ONCE);
    add_array(&message, NULL, 0, 77);
    add_memory(&message, text, sizeof(text));
    add_array(&message, receives, 1, MOVE_RECEIVE);
    message.header.msgh_size += 8;
    fill_pattern(message.bytes + 92, 8, 3);
    assert_int_equal(message.header.msgh_size, 28 + 5 * 16 + 12 + 8);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_int_equal(type(a), MACH_PORT_TYPE_RECEIVE);
    assert_code(receive_carrier(carrier, &received), MACH_MSG_SUCCESS);
    check_received(array_at(&received, 0), 3, MOVE_SEND);
    check_received(array_at(&received, 2), 2, MOVE_SEND_ONCE);
    check_received(array_at(&received, 3), 0, 0);
    check_received(array_at(&received, 5), 1, MOVE_RECEIVE);
    assert_pattern(received.bytes + 92, 8, 3);
    assert_memory_equal(array_at(&received, 0)->address, sends, sizeof(sends));
    assert_int_equal(right_at(&received, 1)->name, b);
    assert_string_equal(memory_at(&received, 4)->address, text);
    assert_int_equal(status(b).mps_sorights, 2);
    mach_port_t moved = *(mach_port_t *)array_at(&received, 5)->address;
    assert_int_equal(type(moved), MACH_PORT_TYPE_RECEIVE);
    mach_msg_destroy(&received.header);
    assert_int_equal(type(moved), MACH_PORT_TYPE_NONE);
    assert_int_equal(type(a), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(type(b), MACH_PORT_TYPE_RECEIVE);
    expect_send_once_notification(b);
    expect_send_once_notification(b);
    destroy(a);
    destroy(b);
    destroy(carrier);
}

// ---- Many rights

static void a_thousand_ports_travel_in_one_array(void **state) {
    (void)state;
    enum { MANY = 1000 };
    static mach_port_t ports[MANY], onces[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        ports[i] = make_port();
        set_limit(ports[i], i + 1);
    }
    struct array sends = pass(ports, MANY, MAKE_SEND, MOVE_SEND);
    assert_memory_equal(sends.names, ports, sizeof(ports));
    struct array made = pass(ports, MANY, MAKE_SEND_ONCE, MOVE_SEND_ONCE);
    memcpy(onces, made.names, sizeof(onces));
    struct array again = pass(onces, MANY, MOVE_SEND_ONCE, MOVE_SEND_ONCE);
    struct array moved = pass(ports, MANY, MOVE_RECEIVE, MOVE_RECEIVE);
    assert_memory_equal(moved.names, ports, sizeof(ports)); // I9: to the send rights
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(type(ports[i]), MACH_PORT_TYPE_SEND_RECEIVE);
        assert_int_equal(status(ports[i]).mps_qlimit, i + 1);
        assert_code(send_simple(again.names[i], MOVE_SEND_ONCE, (mach_msg_id_t)i), MACH_MSG_SUCCESS);
        expect_message(ports[i], (mach_msg_id_t)i);
        destroy(ports[i]);
    }
    free_array(sends);
    free_array(made);
    free_array(again);
    free_array(moved);
}

static void a_hundred_thousand_ports_travel_in_one_array(void **state) {
    (void)state;
    const unsigned many = ROUNDS_OF(100000, 4000);
    mach_port_t carrier = make_port(), *ports = allocate(bytes_of(many));
    for (unsigned i = 0; i < many; i++) ports[i] = make_port();
    struct array sends = pass(ports, many, MAKE_SEND, MOVE_SEND); // Choices: what memory allows
    assert_memory_equal(sends.names, ports, bytes_of(many));
    struct array moved = pass(ports, many, MOVE_SEND, MOVE_SEND);
    assert_memory_equal(moved.names, ports, bytes_of(many));
    for (unsigned i = 0; i < many; i += 97) assert_int_equal(refs(ports[i], MACH_PORT_RIGHT_SEND), 1);
    // The receive rights too, which then die in the queue.
    uint64_t live = live_ports();
    send_array(carrier, ports, many, MOVE_RECEIVE);
    assert_int_equal(live_ports(), live);
    destroy(carrier);
    for (unsigned i = 0; i < many; i++) {
        if (i % 97 == 0) assert_int_equal(type(ports[i]), MACH_PORT_TYPE_DEAD_NAME);
        destroy(ports[i]);
    }
    assert_int_equal(live_ports(), live - many - 1);
    free_array(sends);
    free_array(moved);
    deallocate(ports, bytes_of(many));
}

static void a_hundred_thousand_send_once_rights_end_in_the_queue(void **state) {
    (void)state;
    const unsigned many = ROUNDS_OF(100000, 4000);
    mach_port_t carrier = make_port(), port = make_port(), *names = allocate(bytes_of(many));
    for (unsigned i = 0; i < many; i++) names[i] = port;
    send_array(carrier, names, many, MAKE_SEND_ONCE);
    assert_int_equal(status(port).mps_sorights, many);
    destroy(port); // first, so that nothing is posted
    destroy(carrier);
    deallocate(names, bytes_of(many));
}

// ---- What is refused

// An array that does not arrive leaves its names and their references as they were, when nothing of it moves.
static void refuse_array(const void *names, mach_msg_size_t count, mach_msg_type_name_t disposition,
                         mach_msg_return_t code) {
    mach_port_t carrier = make_port();
    for (int deallocating = 0; deallocating < 2; deallocating++) {
        struct carrier message;
        begin_carrier(&message, carrier, 1);
        add_array(&message, names, count, disposition)->deallocate = deallocating;
        assert_bad_body(&message, code); // S8
        expect_no_message(carrier);
    }
    destroy(carrier);
}

static void an_array_that_cannot_be_read_is_invalid_memory(void **state) {
    (void)state;
    const mach_msg_type_name_t dispositions[] = {MOVE_RECEIVE, COPY_SEND, MAKE_SEND_ONCE, 0, 99};
    char *half = map_private(2 * PAGE); // NULL names
    assert_int_equal(mprotect(half + PAGE, PAGE, PROT_NONE), 0);
    for (size_t i = 0; i < COUNT_OF(dispositions); i++) {
        mach_msg_type_name_t it = dispositions[i];
        refuse_array(NULL, 1, it, MACH_SEND_INVALID_MEMORY); // D4, S8
        refuse_array(NULL, 100000, it, MACH_SEND_INVALID_MEMORY);
        refuse_array((void *)4, 1, it, MACH_SEND_INVALID_MEMORY);
        refuse_array(far_place(PAGE), 5, it, MACH_SEND_INVALID_MEMORY);
        refuse_array((void *)~0ul, 1, it, MACH_SEND_INVALID_MEMORY);
        refuse_array((void *)(~0ul - 3), 1, it, MACH_SEND_INVALID_MEMORY);
        refuse_array((void *)(~0ul - 7), 0x100000, it, MACH_SEND_INVALID_MEMORY);
        refuse_array((void *)0xffff800000000000ul, 4, it, MACH_SEND_INVALID_MEMORY);
        refuse_array(half + PAGE, 1, it, MACH_SEND_INVALID_MEMORY);
        refuse_array(half + PAGE - 2, 1, it, MACH_SEND_INVALID_MEMORY);
        refuse_array(half, SIZE(PAGE / 4 + 1), it, MACH_SEND_INVALID_MEMORY);
        refuse_array(half, SIZE(PAGE / 2), it, MACH_SEND_INVALID_MEMORY);
    }
    assert_int_equal(mapped_pages(half, 2 * PAGE), 2);
    munmap(half, 2 * PAGE);
}

static void a_huge_count_is_refused_without_taking_any_memory(void **state) {
    (void)state;
    if (UNDER_ASAN || UNDER_TSAN) skip(); // their malloc ends the program
    // Nothing behind the first page, for as far as a count of names reaches, and no wrap in 32 bits.
    size_t size = (size_t)20 << 30;
    char *memory = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) skip();
    assert_int_equal(mprotect(memory, PAGE, PROT_READ | PROT_WRITE), 0);
    const mach_msg_size_t counts[] = {0x20000000, 0x3fffffff, 0x40000000, 0x40000001,
                                      0x80000000, 0xc0000000, 0xffffffff};
    mach_port_t carrier = make_port();
    uint64_t regions = live_regions(), messages = live_messages();
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct carrier message;
        begin_carrier(&message, carrier, 1);
        add_array(&message, (mach_port_t *)(void *)memory, counts[i], COPY_SEND)->deallocate = i & 1;
        struct carrier before = message;
        mach_msg_return_t code = send_carrier(&message);
        // Choices: there may not be the memory to look at so many.
        if (code != MACH_SEND_NO_BUFFER) assert_code(code, MACH_SEND_INVALID_MEMORY); // D4, S8
        assert_memory_equal(&before, &message, sizeof(before));
        assert_int_equal(live_regions(), regions);
        assert_int_equal(live_messages(), messages);
        assert_int_equal(mapped_pages(memory, 2 * PAGE), 2);
    }
    expect_no_message(carrier);
    destroy(carrier);
    munmap(memory, size);
}

static void elements_without_the_right_are_refused(void **state) {
    (void)state;
    mach_port_t owner = make_port(), receive = make_port(), both = port_with_send(), once = make_send_once(owner);
    mach_port_t set = make_set(), dead = make_dead_name(2), carrier = MACH_PORT_NULL,
                send = make_send_only(2, &carrier);
    const struct {
        mach_port_t name;
        mach_msg_type_name_t dispositions[6];
    } cases[] = {
        {receive, {MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND}},
        {both, {MOVE_SEND_ONCE}},
        {send, {MOVE_RECEIVE, MOVE_SEND_ONCE, MAKE_SEND, MAKE_SEND_ONCE}},
        {once, {MOVE_RECEIVE, MOVE_SEND, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE}},
        {set, {MOVE_RECEIVE, MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE}},
        {dead, {MOVE_RECEIVE, MAKE_SEND, MAKE_SEND_ONCE}},
        {0x7fffff03, {MOVE_RECEIVE, MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE}},
    };
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const mach_port_t arrays[2][2] = {{cases[i].name, MACH_PORT_NULL}, {MACH_PORT_DEAD, cases[i].name}};
        for (size_t j = 0; j < 6 && cases[i].dispositions[j] != 0; j++) {
            for (int k = 0; k < 2; k++) {
                mach_port_t port = make_port();
                struct carrier message;
                begin_carrier(&message, port, 1);
                add_array(&message, arrays[k], 2, cases[i].dispositions[j]);
                assert_bad_body(&message, MACH_SEND_INVALID_RIGHT); // D4, S8
                destroy(port);
            }
        }
    }
    assert_unchanged(picture);
    destroy(carrier);
    destroy(send);
    destroy(dead);
    destroy(set);
    destroy(once);
    destroy(both);
    destroy(receive);
    destroy(owner);
}

static void a_disposition_out_of_range_on_a_valid_name_is_an_invalid_right(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(2), names[] = {MACH_PORT_NULL, port, MACH_PORT_DEAD}, carrier = make_port();
    for (mach_msg_type_name_t disposition = 0; disposition < 256; disposition++) {
        if (disposition >= 16 && disposition <= MAKE_SEND_ONCE) continue;
        struct carrier message;
        begin_carrier(&message, carrier, 1);
        add_array(&message, names, 3, disposition);
        assert_bad_body(&message, MACH_SEND_INVALID_RIGHT); // D4
    }
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    destroy(carrier);
    destroy(port);
}

static void a_bad_element_ends_those_before_it_and_no_others(void **state) {
    (void)state;
    enum { SOME = 5 };
    const mach_msg_type_name_t dispositions[] = {MOVE_RECEIVE, MOVE_SEND, COPY_SEND, MAKE_SEND};
    for (size_t i = 0; i < COUNT_OF(dispositions); i++) {
        for (int bad = 0; bad < SOME; bad++) {
            mach_port_t carrier = make_port(), ports[SOME], names[SOME];
            for (int j = 0; j < SOME; j++) names[j] = ports[j] = port_with_sends(2);
            names[bad] = 0x7fffff03;
            struct carrier message;
            begin_carrier(&message, carrier, 1);
            add_array(&message, names, SOME, dispositions[i]);
            assert_bad_body(&message, MACH_SEND_INVALID_RIGHT); // D4
            for (int j = 0; j < SOME; j++) {
                bool is_taken = j < bad;
                if (dispositions[i] == MOVE_RECEIVE && is_taken) {
                    assert_int_equal(type(ports[j]), MACH_PORT_TYPE_DEAD_NAME);
                } else {
                    assert_int_equal(type(ports[j]), MACH_PORT_TYPE_SEND_RECEIVE);
                    mach_port_urefs_t left = dispositions[i] == MOVE_SEND && is_taken ? 1 : 2;
                    assert_int_equal(refs(ports[j], MACH_PORT_RIGHT_SEND), left);
                    assert_int_equal(status(ports[j]).mps_mscount, dispositions[i] == MAKE_SEND && is_taken ? 2 : 1);
                }
                destroy(ports[j]);
            }
            destroy(carrier);
        }
    }
}

static void one_name_moved_more_often_than_it_has_references_is_refused(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), port = port_with_sends(3), names[] = {port, port, port, port};
    struct carrier message;
    begin_carrier(&message, carrier, 1);
    add_array(&message, names, 4, MOVE_SEND);
    assert_bad_body(&message, MACH_SEND_INVALID_RIGHT);   // D4
    assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE); // the three are gone
    begin_carrier(&message, carrier, 1);
    add_array(&message, names, 2, MOVE_RECEIVE);
    assert_bad_body(&message, MACH_SEND_INVALID_RIGHT);
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    destroy(carrier);
}

static void what_a_bad_element_ends_ends_in_order(void **state) {
    (void)state;
    mach_port_t a = make_port(), b = make_port(), header = make_port(), reply = make_port(), earlier = make_port();
    const mach_port_t members[] = {earlier, reply, b, header, a}, order[] = {a, b, header, reply, earlier};
    struct witnesses witnesses;
    block_witnesses(&witnesses, members, 5);
    mach_port_t names[] = {a, b, 0x7fffff03, earlier};
    struct carrier message;
    begin_carrier(&message, header, 1);
    message.header.msgh_bits = MACH_MSGH_BITS(MAKE_SEND_ONCE, MAKE_SEND_ONCE) | MACH_MSGH_BITS_COMPLEX;
    message.header.msgh_local_port = reply;
    add_right(&message, earlier, MAKE_SEND_ONCE);
    add_array(&message, names, 4, MAKE_SEND_ONCE);
    mach_msg_return_t code = send_carrier(&message);
    expect_witnessed(&witnesses, order); // D4, S12
    assert_code(code, MACH_SEND_INVALID_RIGHT);
    for (int i = 0; i < 5; i++) {
        expect_no_message(members[i]);
        destroy(members[i]);
    }
}

static void a_bad_array_ends_earlier_arrays_and_memory(void **state) {
    (void)state;
    for (int variant = 0; variant < 4; variant++) {
        mach_port_t carrier = make_port(), port = port_with_sends(6), reply = make_port();
        mach_port_t *first = allocate(2 * PAGE), *bad = allocate(2 * PAGE), *later = allocate(2 * PAGE);
        char *memory = allocate(2 * PAGE);
        first[0] = first[1] = bad[0] = later[0] = port;
        bad[1] = 0x7fffff03;
        struct carrier message;
        begin_carrier(&message, carrier, 1);
        set_carrier_reply(&message, reply, MAKE_SEND_ONCE);
        add_array(&message, first, SIZE(PAGE / 2), MOVE_SEND)->deallocate = TRUE;
        add_memory(&message, memory, SIZE(2 * PAGE))->deallocate = TRUE;
        mach_msg_return_t wanted = MACH_SEND_INVALID_RIGHT;
        if (variant < 2) {
            add_array(&message, bad, SIZE(PAGE / 2), variant ? 1 : MOVE_SEND)->deallocate = TRUE;
        } else {
            // Unreadable: as a whole, or its last page.
            assert_int_equal(mprotect(bad + (variant == 2 ? 0 : PAGE / 4), PAGE, PROT_NONE), 0);
            add_array(&message, bad, SIZE(PAGE / 2), MOVE_SEND)->deallocate = TRUE;
            wanted = MACH_SEND_INVALID_MEMORY;
        }
        add_array(&message, later, SIZE(PAGE / 2), MOVE_SEND)->deallocate = TRUE;
        struct carrier before = message;
        assert_code(send_carrier(&message), wanted); // S8
        assert_memory_equal(&before, &message, sizeof(before));
        expect_send_once_notification(reply); // S12
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), variant == 0 ? 3 : 4);
        assert_int_equal(mapped_pages(first, 2 * PAGE), 0);
        assert_int_equal(mapped_pages(memory, 2 * PAGE), 0);
        // It goes before its elements are looked at, unless it cannot be read.
        assert_int_equal(mapped_pages(bad, 2 * PAGE), variant < 2 ? 0 : 2); // D4
        assert_int_equal(mapped_pages(later, 2 * PAGE), 2);
        assert_int_equal(later[0], port);
        deallocate(bad, 2 * PAGE);
        deallocate(later, 2 * PAGE);
        destroy(reply);
        destroy(port);
        destroy(carrier);
    }
}

static void a_bad_descriptor_behind_an_array_ends_its_rights(void **state) {
    (void)state;
    mach_port_t a = make_port(), b = make_port(), reply = make_port(), carrier = make_port();
    const mach_port_t members[] = {b, reply, a}, order[] = {reply, a, b};
    struct witnesses witnesses;
    block_witnesses(&witnesses, members, 3);
    mach_port_t names[] = {a, b};
    struct carrier message;
    begin_carrier(&message, carrier, 1);
    set_carrier_reply(&message, reply, MAKE_SEND_ONCE);
    add_array(&message, names, 2, MAKE_SEND_ONCE);
    add_memory(&message, NULL, 1);
    mach_msg_return_t code = send_carrier(&message);
    expect_witnessed(&witnesses, order); // S12: here the array is an earlier descriptor
    assert_code(code, MACH_SEND_INVALID_MEMORY);
    for (int i = 0; i < 3; i++) destroy(members[i]);
    destroy(carrier);
}

static void a_bad_copy_option_elsewhere_moves_no_element(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), port = port_with_sends(2), *names = allocate(2 * PAGE);
    names[0] = names[1] = port;
    struct carrier message;
    begin_carrier(&message, carrier, 1);
    add_array(&message, names, SIZE(PAGE / 2), MOVE_SEND)->deallocate = TRUE;
    add_memory(&message, names, 1)->copy = MACH_MSG_ALLOCATE;
    assert_bad_body(&message, MACH_SEND_INVALID_TYPE); // D2
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    assert_int_equal(names[1], port);
    message.header.msgh_size -= 4;
    memory_at(&message, 1)->copy = MACH_MSG_VIRTUAL_COPY;
    assert_bad_body(&message, MACH_SEND_MSG_TOO_SMALL); // S8
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    deallocate(names, 2 * PAGE);
    destroy(port);
    destroy(carrier);
}

// ---- Circles

static void an_array_with_the_destinations_own_right_is_destroyed(void **state) {
    (void)state;
    for (int place = 0; place < 3; place++) {
        mach_port_t port = port_with_send(), others[] = {port_with_send(), port_with_send()}, names[3];
        for (int i = 0, other = 0; i < 3; i++) names[i] = i == place ? port : others[other++];
        send_array(port, names, 3, MOVE_RECEIVE); // C1
        assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(type(others[i]), MACH_PORT_TYPE_DEAD_NAME); // they die with the message
            destroy(others[i]);
        }
        destroy(port);
    }
}

static void arrays_can_close_a_circle_of_ports(void **state) {
    (void)state;
    enum { LENGTH = 6 };
    mach_port_t ports[LENGTH];
    uint64_t live = live_ports();
    for (int i = 0; i < LENGTH; i++) ports[i] = port_with_send();
    for (int i = 0; i < LENGTH; i++) {
        // Through its send right: from the second on the destination's receive right is on its way as well.
        mach_port_t names[] = {MACH_PORT_NULL, ports[i], MACH_PORT_DEAD};
        struct carrier message;
        begin_carrier(&message, ports[(i + 1) % LENGTH], 1);
        message.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
        add_array(&message, names, 3, MOVE_RECEIVE);
        assert_code(send_carrier(&message), MACH_MSG_SUCCESS); // C1
    }
    for (int i = 0; i < LENGTH; i++) {
        assert_int_equal(type(ports[i]), MACH_PORT_TYPE_DEAD_NAME);
        destroy(ports[i]);
    }
    assert_int_equal(live_ports(), live);
}

static void a_long_chain_of_arrays_ends_at_once(void **state) {
    (void)state;
    const unsigned length = ROUNDS_OF(5000, 1000);
    mach_port_t first = make_port(), last = first;
    uint64_t live = live_ports();
    for (unsigned i = 0; i < length; i++) {
        mach_port_t next = make_port(), names[] = {last, make_port()};
        send_array(next, names, 2, MOVE_RECEIVE);
        last = next;
    }
    assert_int_equal(live_ports(), live + 2 * length);
    destroy(last); // C3
    assert_int_equal(live_ports(), live - 1);
}

// ---- Messages that do not arrive

static void destroying_a_received_message_drops_rights_and_array(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), port = port_with_sends(2), watch = make_port(), moved = make_port();
    mach_port_t sends[] = {port, MACH_PORT_NULL, port}, onces[] = {watch, MACH_PORT_DEAD, watch}, receives[] = {moved};
    uint64_t regions = live_regions(), live = live_ports();
    struct carrier message, received;
    begin_carrier(&message, carrier, 1);
    add_array(&message, sends, 3, COPY_SEND);
    add_array(&message, onces, 3, MAKE_SEND_ONCE);
    add_array(&message, receives, 1, MOVE_RECEIVE);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_code(receive_carrier(carrier, &received), MACH_MSG_SUCCESS);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 4);
    assert_int_equal(status(watch).mps_sorights, 2);
    mach_msg_destroy(&received.header); // D4
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    expect_send_once_notification(watch);
    expect_send_once_notification(watch);
    expect_no_message(watch);
    assert_int_equal(live_ports(), live - 1);
    assert_int_equal(live_regions(), regions);
    destroy(watch);
    destroy(port);
    destroy(carrier);
}

static void an_array_in_the_queue_of_a_port_that_dies_ends_in_order(void **state) {
    (void)state;
    mach_port_t ports[6], carrier = make_port();
    for (int i = 0; i < 6; i++) ports[i] = make_port();
    struct witnesses witnesses;
    block_witnesses(&witnesses, ports, 6);
    // Two arrays with a right between them, each in another order than the ports were made.
    mach_port_t first[] = {ports[4], ports[0], MACH_PORT_NULL}, second[] = {ports[5], ports[1], ports[2]};
    const mach_port_t order[] = {ports[4], ports[0], ports[3], ports[5], ports[1], ports[2]};
    struct carrier message;
    begin_carrier(&message, carrier, 1);
    add_array(&message, first, 3, MAKE_SEND_ONCE);
    add_right(&message, ports[3], MAKE_SEND_ONCE);
    add_array(&message, second, 3, MAKE_SEND_ONCE);
    mach_msg_return_t code = send_carrier(&message);
    destroy(carrier);
    expect_witnessed(&witnesses, order); // C3, T18
    assert_code(code, MACH_MSG_SUCCESS);
    for (int i = 0; i < 6; i++) destroy(ports[i]);
}

static void an_array_in_the_queue_of_a_port_that_dies_gives_all_back(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), port = port_with_sends(3), moved = port_with_send();
    mach_port_t *sends = allocate(2 * PAGE), receives[] = {moved};
    sends[0] = sends[PAGE / 2 - 1] = port;
    struct carrier message;
    begin_carrier(&message, carrier, 1);
    add_array(&message, sends, SIZE(PAGE / 2), MOVE_SEND)->deallocate = TRUE;
    add_array(&message, receives, 1, MOVE_RECEIVE);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_int_equal(type(moved), MACH_PORT_TYPE_SEND);
    destroy(carrier);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    assert_int_equal(type(moved), MACH_PORT_TYPE_DEAD_NAME);
    destroy(moved);
    destroy(port);
}

static void a_message_too_large_to_receive_ends_its_array(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), watch = make_port(), names[] = {watch, watch};
    struct test_message received;
    send_array(carrier, names, 2, MAKE_SEND_ONCE);
    for (mach_msg_size_t size = 0; size < 52; size += 4)
        assert_code(receive_limited(carrier, &received, MACH_RCV_LARGE, size), MACH_RCV_TOO_LARGE); // V5
    assert_int_equal(received.header.msgh_size, 44);
    struct array it = receive_array(carrier, 2, MOVE_SEND_ONCE);
    expect_no_message(watch);
    send_array(carrier, it.names, 2, MOVE_SEND_ONCE);
    free_array(it);
    assert_code(receive_limited(carrier, &received, 0, 48), MACH_RCV_TOO_LARGE); // V6
    expect_send_once_notification(watch);
    expect_send_once_notification(watch);
    expect_no_message(carrier);
    destroy(watch);
    destroy(carrier);
}

static void a_timed_out_message_comes_back_with_its_array(void **state) {
    (void)state;
    const struct {
        mach_msg_type_name_t disposition, shown;
        mach_port_urefs_t back;
    } cases[] = {{MOVE_SEND, 17, 5}, {COPY_SEND, 17, 7}, {MAKE_SEND, 17, 7}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (int deallocating = 0; deallocating < 2; deallocating++) {
            mach_port_t carrier = make_port(), port = port_with_sends(5), *names = allocate(2 * PAGE);
            set_limit(carrier, 1);
            assert_code(send_simple(carrier, MAKE_SEND_ONCE, 1), MACH_MSG_SUCCESS);
            names[0] = names[2] = port;
            names[1] = MACH_PORT_DEAD;
            struct carrier message;
            begin_carrier(&message, carrier, 2);
            add_array(&message, names, SIZE(PAGE / 2), cases[i].disposition)->deallocate = deallocating;
            assert_code(send_carrier(&message), MACH_SEND_TIMED_OUT);
            assert_int_equal(message.header.msgh_bits, 0x80000011u); // S9
            mach_msg_ool_ports_descriptor_t back = *array_at(&message, 0);
            check_received(&back, PAGE / 2, cases[i].shown); // S9
            mach_port_t *returned = back.address;
            assert_int_equal(returned[0], port);
            assert_int_equal(returned[1], MACH_PORT_DEAD);
            assert_int_equal(returned[2], port);
            assert_all(returned + 3, 2 * PAGE - 12, 0);
            assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), cases[i].back); // S9
            assert_int_equal(mapped_pages(names, 2 * PAGE), deallocating ? 0 : 2);
            // The same buffer goes out as it is, and its array with it.
            expect_message(carrier, 1);
            assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
            assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), cases[i].back - 2);
            struct array it = receive_array(carrier, PAGE / 2, MOVE_SEND);
            assert_int_equal(it.names[2], port);
            assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), cases[i].back);
            free_array(it);
            if (!deallocating) deallocate(names, 2 * PAGE);
            destroy(port);
            destroy(carrier);
        }
    }
}

static void receive_and_send_once_rights_in_an_array_come_back(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), owner = make_port(), once = make_send_once(owner), moved = make_port();
    mach_port_t onces[] = {once}, receives[] = {moved};
    set_limit(carrier, 1);
    assert_code(send_simple(carrier, MAKE_SEND_ONCE, 1), MACH_MSG_SUCCESS);
    struct carrier message;
    begin_carrier(&message, carrier, 2);
    add_array(&message, onces, 1, MOVE_SEND_ONCE);
    add_array(&message, receives, 1, MOVE_RECEIVE);
    assert_code(send_carrier(&message), MACH_SEND_TIMED_OUT);
    expect_no_message(owner);
    check_received(array_at(&message, 0), 1, MOVE_SEND_ONCE);
    check_received(array_at(&message, 1), 1, MOVE_RECEIVE);
    mach_port_t fresh = *(mach_port_t *)array_at(&message, 0)->address;
    mach_port_t received = *(mach_port_t *)array_at(&message, 1)->address;
    assert_int_equal(type(fresh), MACH_PORT_TYPE_SEND_ONCE); // S9
    assert_int_equal(type(received), MACH_PORT_TYPE_RECEIVE);
    mach_msg_destroy(&message.header);
    expect_send_once_notification(owner);
    assert_int_equal(type(received), MACH_PORT_TYPE_NONE);
    expect_message(carrier, 1);
    destroy(owner);
    destroy(carrier);
}

// ---- Tasks and threads

static void an_array_goes_from_task_to_task(void **state) {
    (void)state;
    mach_port_t carrier = make_port();
    task_t task = make_task();
    mach_port_name_t there = give(task, carrier, MACH_MSG_TYPE_MAKE_SEND), theirs[3];
    for (int i = 0; i < 3; i++) theirs[i] = make_port_in(task);
    enter(task);
    struct carrier message;
    begin_carrier(&message, there, 1);
    message.header.msgh_bits = MACH_MSGH_BITS(MOVE_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    add_array(&message, theirs, 3, MAKE_SEND);
    mach_msg_return_t code = send_carrier(&message);
    leave();
    assert_code(code, MACH_MSG_SUCCESS);
    struct array it = receive_array(carrier, 3, MOVE_SEND);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(type(it.names[i]), MACH_PORT_TYPE_SEND);
        assert_code(send_simple(it.names[i], COPY_SEND, 60 + i), MACH_MSG_SUCCESS);
        assert_int_equal(status_in(task, theirs[i]).mps_msgcount, 1);
    }
    end_task(task);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(type(it.names[i]), MACH_PORT_TYPE_DEAD_NAME);
        destroy(it.names[i]);
    }
    free_array(it);
    destroy(carrier);
}

static void the_receivers_space_gives_names_of_its_own(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_name_t theirs = make_port_in(task);
    mach_port_t carrier = take(task, theirs, MAKE_SEND), port = port_with_send(), names[] = {port, port};
    struct carrier message, received;
    begin_carrier(&message, carrier, 1);
    message.header.msgh_bits = MACH_MSGH_BITS(MOVE_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    add_array(&message, names, 2, COPY_SEND);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    enter(task);
    mach_msg_return_t code = receive_carrier(theirs, &received);
    leave();
    assert_code(code, MACH_MSG_SUCCESS);
    mach_msg_ool_ports_descriptor_t it = *array_at(&received, 0);
    check_received(&it, 2, MOVE_SEND);
    mach_port_name_t name = *(mach_port_name_t *)it.address;
    assert_int_equal(((mach_port_name_t *)it.address)[1], name);
    assert_int_equal(refs_in(task, name, MACH_PORT_RIGHT_SEND), 2);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    deallocate(it.address, 8);
    end_task(task);
    destroy(port);
}

static int pass_in_child(void *unused) {
    (void)unused;
    struct {
        mach_msg_base_t base;
        mach_msg_ool_ports_descriptor_t array;
        mach_msg_max_trailer_t trailer;
    } message;
    mach_port_t carrier = MACH_PORT_NULL, ports[3] = {MACH_PORT_NULL, MACH_PORT_DEAD, MACH_PORT_NULL};
    STEP(1, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &carrier) == KERN_SUCCESS);
    STEP(2, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &ports[2]) == KERN_SUCCESS);
    memset(&message, 0, sizeof(message));
    message.base.header.msgh_bits = MACH_MSGH_BITS(MAKE_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    message.base.header.msgh_remote_port = carrier;
    message.base.body.msgh_descriptor_count = 1;
    message.array.address = ports;
    message.array.count = 3;
    message.array.disposition = MAKE_SEND;
    message.array.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
    STEP(3, mach_msg(&message.base.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, 44, 0, MACH_PORT_NULL, 0,
                     MACH_PORT_NULL) == MACH_MSG_SUCCESS);
    STEP(4, mach_msg(&message.base.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), carrier, 0,
                     MACH_PORT_NULL) == MACH_MSG_SUCCESS);
    STEP(5, message.array.count == 3 && memcmp(message.array.address, ports, sizeof(ports)) == 0);
    mach_port_urefs_t count = 0;
    STEP(6, mach_port_get_refs(SELF, ports[2], MACH_PORT_RIGHT_SEND, &count) == KERN_SUCCESS && count == 1);
    mach_msg_destroy(&message.base.header);
    STEP(7, mach_port_get_refs(SELF, ports[2], MACH_PORT_RIGHT_SEND, &count) == KERN_SUCCESS && count == 0);
    STEP(8, mach_port_destroy(SELF, carrier) == KERN_SUCCESS && mach_port_destroy(SELF, ports[2]) == KERN_SUCCESS);
    return 0;
}

static void a_forked_child_sends_arrays(void **state) {
    (void)state;
    mach_port_t carrier = make_port(), port = make_port();
    send_array(carrier, &port, 1, MAKE_SEND);
    assert_int_equal(in_forked_child(pass_in_child, NULL), 0);
    struct array it = receive_array(carrier, 1, MOVE_SEND); // the parent's own
    assert_int_equal(it.names[0], port);
    free_array(it);
    destroy(port);
    destroy(carrier);
}

enum { RACERS = 24 };

// Sends arrays of one name each of these ports, again and again.
struct sender {
    struct test_thread thread;
    mach_port_t carrier, ports[RACERS];
    mach_msg_type_name_t disposition;
    unsigned rounds, sent;
};

static mach_msg_return_t send_names(mach_port_t carrier, mach_port_t *names, mach_msg_type_name_t disposition) {
    struct {
        mach_msg_base_t base;
        mach_msg_ool_ports_descriptor_t array;
    } message;
    memset(&message, 0, sizeof(message));
    message.base.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    message.base.header.msgh_remote_port = carrier;
    message.base.body.msgh_descriptor_count = 1;
    message.array.address = names;
    message.array.count = RACERS;
    message.array.disposition = disposition & 0xff;
    message.array.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
    return mach_msg(&message.base.header, MACH_SEND_MSG, sizeof(message), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static int64_t send_on(void *argument) {
    struct sender *it = argument;
    mach_msg_return_t code = MACH_MSG_SUCCESS;
    for (; it->sent < it->rounds && code == MACH_MSG_SUCCESS; it->sent++)
        code = send_names(it->carrier, it->ports, it->disposition);
    return code;
}

static int64_t kill_all(void *argument) {
    struct sender *it = argument;
    for (int i = 0; i < RACERS; i++) {
        kern_return_t code = mach_port_mod_refs(SELF, it->ports[i], MACH_PORT_RIGHT_RECEIVE, -1);
        if (code != KERN_SUCCESS) return code;
        for (int j = 0; j < 5; j++) sched_yield();
    }
    return 0;
}

static void ports_may_die_while_their_rights_travel(void **state) {
    (void)state;
    for (int round = 0; round < ROUNDS_OF(60, 12); round++) {
        struct sender sender = {.carrier = port_with_send(), .disposition = COPY_SEND, .rounds = 30};
        struct test_thread killer;
        unsigned arrived[RACERS] = {0};
        for (int i = 0; i < RACERS; i++) sender.ports[i] = port_with_send();
        start_thread(&sender.thread, send_on, &sender);
        start_thread(&killer, kill_all, &sender);
        for (unsigned i = 0; i < sender.rounds; i++) {
            struct {
                mach_msg_base_t base;
                mach_msg_ool_ports_descriptor_t array;
                mach_msg_max_trailer_t trailer;
            } message;
            assert_code(mach_msg(&message.base.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message),
                                 sender.carrier, 20000, MACH_PORT_NULL),
                        MACH_MSG_SUCCESS);
            check_received(&message.array, RACERS, MOVE_SEND);
            const mach_port_t *names = message.array.address;
            for (int j = 0; j < RACERS; j++) {
                assert_true(names[j] == sender.ports[j] || names[j] == MACH_PORT_DEAD); // D7
                if (names[j] == sender.ports[j]) arrived[j]++;
            }
            deallocate(names, bytes_of(RACERS));
        }
        assert_int_equal(join_thread(&sender.thread), MACH_MSG_SUCCESS);
        assert_int_equal(join_thread(&killer), KERN_SUCCESS);
        for (int i = 0; i < RACERS; i++) {
            // Each right that came added a reference, whether the port died before or after.
            assert_int_equal(refs(sender.ports[i], MACH_PORT_RIGHT_DEAD_NAME), 1 + arrived[i]);
            destroy(sender.ports[i]);
        }
        destroy(sender.carrier);
    }
}

static int64_t destroy_it(void *argument) {
    return mach_port_mod_refs(SELF, *(mach_port_t *)argument, MACH_PORT_RIGHT_RECEIVE, -1);
}

static void the_carrier_may_die_while_arrays_are_sent(void **state) {
    (void)state;
    const mach_msg_type_name_t dispositions[] = {MOVE_RECEIVE, MOVE_SEND, MAKE_SEND_ONCE};
    for (int round = 0; round < ROUNDS_OF(300, 60); round++) {
        mach_msg_type_name_t disposition = dispositions[round % 3];
        struct sender sender = {.carrier = port_with_send(), .disposition = disposition, .rounds = 1};
        struct test_thread killer;
        for (int i = 0; i < RACERS; i++) sender.ports[i] = port_with_send();
        if (round & 1) {
            start_thread(&sender.thread, send_on, &sender);
            start_thread(&killer, destroy_it, &sender.carrier);
        } else {
            start_thread(&killer, destroy_it, &sender.carrier);
            start_thread(&sender.thread, send_on, &sender);
        }
        int64_t code = join_thread(&sender.thread);
        assert_int_equal(join_thread(&killer), KERN_SUCCESS);
        assert_true(code == MACH_MSG_SUCCESS || code == MACH_SEND_INVALID_DEST); // Q4, S5
        for (int i = 0; i < RACERS; i++) {
            // Sent to its death, or never sent: nothing in between.
            mach_port_type_t wanted = MACH_PORT_TYPE_SEND_RECEIVE;
            if (code == MACH_MSG_SUCCESS && disposition == MOVE_RECEIVE) wanted = MACH_PORT_TYPE_DEAD_NAME;
            if (code == MACH_MSG_SUCCESS && disposition == MOVE_SEND) wanted = MACH_PORT_TYPE_RECEIVE;
            assert_int_equal(type(sender.ports[i]), wanted);
            if (code == MACH_MSG_SUCCESS && disposition == MAKE_SEND_ONCE)
                expect_send_once_notification(sender.ports[i]); // T18
            destroy(sender.ports[i]);
        }
        assert_int_equal(type(sender.carrier), MACH_PORT_TYPE_DEAD_NAME);
        destroy(sender.carrier);
    }
}

static int64_t move_on(void *argument) {
    struct sender *it = argument;
    for (unsigned i = 0; i < it->rounds; i++) {
        mach_msg_return_t code = send_names(it->carrier, it->ports, MOVE_RECEIVE);
        if (code != MACH_MSG_SUCCESS) return code;
        // All are gone, and their names may be others' by now.
        for (int j = 0; j < RACERS; j++) {
            kern_return_t made = mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &it->ports[j]);
            if (made != KERN_SUCCESS) return made;
        }
    }
    return 0;
}

static void receive_rights_in_arrays_wander_between_threads(void **state) {
    (void)state;
    struct sender senders[2];
    mach_port_t carrier = port_with_send();
    uint64_t live = live_ports();
    for (int i = 0; i < 2; i++) {
        memset(&senders[i], 0, sizeof(senders[i]));
        senders[i].carrier = carrier;
        senders[i].rounds = ROUNDS_OF(400, 60);
        for (int j = 0; j < RACERS; j++) senders[i].ports[j] = make_port();
    }
    for (int i = 0; i < 2; i++) start_thread(&senders[i].thread, move_on, &senders[i]);
    for (unsigned i = 0; i < 2 * senders[0].rounds; i++) {
        struct carrier received;
        mach_msg_return_t code = mach_msg(&received.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(received),
                                          carrier, 20000, MACH_PORT_NULL);
        assert_code(code, MACH_MSG_SUCCESS);
        check_received(array_at(&received, 0), RACERS, MOVE_RECEIVE);
        mach_msg_destroy(&received.header);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(join_thread(&senders[i].thread), 0);
        for (int j = 0; j < RACERS; j++) destroy(senders[i].ports[j]);
    }
    expect_no_message(carrier);
    assert_int_equal(live_ports(), live);
    destroy(carrier);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(each_send_disposition_arrives_as_send_rights),
        TASK_TEST(send_once_rights_arrive_under_names_of_their_own),
        TASK_TEST(receive_rights_arrive_in_their_order),
        TASK_TEST(null_and_dead_elements_pass_with_any_disposition),
        TASK_TEST(null_and_dead_elements_stand_beside_rights),
        TASK_TEST(dead_names_arrive_as_dead),
        TASK_TEST(rights_that_die_on_the_way_are_dead),
        TASK_TEST(one_name_many_times_arrives_as_so_many_references),
        TASK_TEST(one_name_moved_as_often_as_it_has_references_is_gone),
        TASK_TEST(references_beyond_the_limit_are_absorbed),
        TASK_TEST(names_are_made_from_the_first_to_the_last),
        TASK_TEST(a_count_of_zero_has_no_array_whatever_the_address),
        TASK_TEST(the_copy_option_is_not_looked_at),
        TASK_TEST(the_receivers_array_is_its_own),
        TASK_TEST(an_array_may_stand_anywhere),
        TASK_TEST(with_deallocate_the_arrays_pages_leave_the_sender),
        TASK_TEST(a_received_array_can_be_sent_on),
        TASK_TEST(several_arrays_travel_in_one_message),
        TASK_TEST(a_thousand_ports_travel_in_one_array),
        TASK_TEST(a_hundred_thousand_ports_travel_in_one_array),
        TASK_TEST(a_hundred_thousand_send_once_rights_end_in_the_queue),
        TASK_TEST(an_array_that_cannot_be_read_is_invalid_memory),
        TASK_TEST(a_huge_count_is_refused_without_taking_any_memory),
        TASK_TEST(elements_without_the_right_are_refused),
        TASK_TEST(a_disposition_out_of_range_on_a_valid_name_is_an_invalid_right),
        TASK_TEST(a_bad_element_ends_those_before_it_and_no_others),
        TASK_TEST(one_name_moved_more_often_than_it_has_references_is_refused),
        TASK_TEST(what_a_bad_element_ends_ends_in_order),
        TASK_TEST(a_bad_array_ends_earlier_arrays_and_memory),
        TASK_TEST(a_bad_descriptor_behind_an_array_ends_its_rights),
        TASK_TEST(a_bad_copy_option_elsewhere_moves_no_element),
        TASK_TEST(an_array_with_the_destinations_own_right_is_destroyed),
        TASK_TEST(arrays_can_close_a_circle_of_ports),
        TASK_TEST(a_long_chain_of_arrays_ends_at_once),
        TASK_TEST(destroying_a_received_message_drops_rights_and_array),
        TASK_TEST(an_array_in_the_queue_of_a_port_that_dies_ends_in_order),
        TASK_TEST(an_array_in_the_queue_of_a_port_that_dies_gives_all_back),
        TASK_TEST(a_message_too_large_to_receive_ends_its_array),
        TASK_TEST(a_timed_out_message_comes_back_with_its_array),
        TASK_TEST(receive_and_send_once_rights_in_an_array_come_back),
        TASK_TEST(an_array_goes_from_task_to_task),
        TASK_TEST(the_receivers_space_gives_names_of_its_own),
        TASK_TEST(a_forked_child_sends_arrays),
        TASK_TEST(ports_may_die_while_their_rights_travel),
        TASK_TEST(the_carrier_may_die_while_arrays_are_sent),
        TASK_TEST(receive_rights_in_arrays_wander_between_threads),
    };
    return TASK_RUN(tests);
}

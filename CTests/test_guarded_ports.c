// Receive rights that travel with their guard, and those that are bound to their task: guarded descriptors, mach_port_guard_with_flags, mach_port_swap_guard. Rows D8, D9, G4, G9, G11 to G13.
#include "ool_support.h"

#include <poll.h>

enum { MOVE_RECEIVE = 16, MOVE_SEND = 17, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21 };
// Flags of a guarded descriptor, and of a port's status.
enum { IMMOVABLE = 1, UNGUARDED = 2, IS_GUARDED = 2, IS_STRICT = 4, IS_BOUND = 0x40 };

#define GUARD 0xfeedface12345678u
#define OTHER 0x8000000000000001u

// ---- Exceptions

struct exception {
    mach_msg_header_t header;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t thread, task;
    NDR_record_t NDR;
    int32_t exception;
    uint32_t count;
    uint32_t code[2], subcode[2];
    mach_msg_max_trailer_t trailer;
};

// Where the violations of this task go; none may be left at a test's end.
static mach_port_t handler;

static int guard_setup(void **state) {
    handler = port_with_send();
    assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, handler,
                                            (exception_behavior_t)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES), 0));
    return support_setup(state);
}

static int guard_teardown(void **state) {
    int result = task_teardown(state);
    if (receive_simple(handler, NULL) != MACH_RCV_TIMED_OUT) {
        print_error("a violation was raised that the test does not expect\n");
        result = -1;
    }
    assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0));
    destroy(handler);
    return result;
}

#define GUARD_TEST(function) cmocka_unit_test_setup_teardown(function, guard_setup, guard_teardown)

// The next exception is this one, and drops its rights.
static void check_violation(mach_port_t task, mach_port_t thread, mach_port_t name, unsigned flavor, uint64_t guard,
                            const char *file, int line) {
    struct exception it;
    support_assert_code(
        mach_msg(&it.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(it), handler, 0, MACH_PORT_NULL),
        MACH_MSG_SUCCESS, "receiving a violation", file, line);
    uint64_t code = (uint64_t)it.code[1] << 32 | it.code[0], subcode = (uint64_t)it.subcode[1] << 32 | it.subcode[0];
    _assert_int_equal(it.header.msgh_id, 2405, file, line);
    _assert_int_equal(it.exception, EXC_GUARD, file, line);
    _assert_int_equal(code, (uint64_t)1 << 61 | (uint64_t)flavor << 32 | name, file, line); // G4
    _assert_int_equal(subcode, guard, file, line);                                          // G11
    _assert_int_equal(it.task.name, task, file, line);
    if (thread != MACH_PORT_NULL) _assert_int_equal(it.thread.name, thread, file, line); // G11
    assert_success(mach_port_deallocate(SELF, it.thread.name));
    assert_success(mach_port_deallocate(SELF, it.task.name));
    if (it.header.msgh_remote_port != MACH_PORT_NULL)
        assert_success(mach_port_deallocate(SELF, it.header.msgh_remote_port));
}

// The next exception is of this flavor, by this thread, and tells this guard.
#define expect_violation(name, flavor, guard) violated(name, flavor, guard, __FILE__, __LINE__)
static void violated(mach_port_t name, unsigned flavor, uint64_t guard, const char *file, int line) {
    mach_port_t thread = mach_thread_self();
    check_violation(SELF, thread, name, flavor, guard, file, line);
    assert_success(mach_port_deallocate(SELF, thread));
}

// ---- Messages

static mach_msg_guarded_port_descriptor_t *add_guarded(struct carrier *message, mach_port_t name, uint64_t context,
                                                       unsigned flags) {
    // It takes the place of a descriptor of the same size.
    mach_msg_guarded_port_descriptor_t it = {
        .context = context, .flags = flags & 0xffff, .disposition = MOVE_RECEIVE, .type = 4, .name = name};
    return memcpy(add_memory(message, NULL, 0), &it, sizeof(it));
}

static mach_msg_guarded_port_descriptor_t *guarded_at(struct carrier *message, unsigned index) {
    mach_msg_type_descriptor_t *it = descriptor_at(message, index);
    assert_int_equal(it->type, MACH_MSG_GUARDED_PORT_DESCRIPTOR);
    return (mach_msg_guarded_port_descriptor_t *)it;
}

// Appends inline data behind the descriptors.
static void add_data(struct carrier *message, size_t size, unsigned seed) {
    fill_pattern((char *)message + message->header.msgh_size, size, seed);
    message->header.msgh_size += (mach_msg_size_t)size;
}

// The same by COPY_SEND, so that a send that fails changes nothing at the destination.
static void begin_copied(struct carrier *message, mach_port_t destination) {
    begin_carrier(message, destination, 1);
    message->header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
}

static mach_msg_return_t receive_with(mach_port_t name, struct carrier *message, mach_msg_option_t option,
                                      size_t limit) {
    fill_untouched(message, sizeof(*message));
    return mach_msg(&message->header, MACH_RCV_MSG | MACH_RCV_TIMEOUT | option, 0, (mach_msg_size_t)limit, name, 0,
                    MACH_PORT_NULL);
}

static mach_msg_return_t receive_guarded(mach_port_t name, struct carrier *message) {
    return receive_with(name, message, MACH_RCV_GUARDED_DESC, sizeof(*message));
}

// Puts the port's receive right in a guarded descriptor into the queue of another.
static void send_guarded(mach_port_t destination, mach_port_t port, uint64_t context, unsigned flags) {
    struct carrier message;
    begin_carrier(&message, destination, 7);
    add_guarded(&message, port, context, flags);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
}

static const mach_msg_trailer_t *end_of(const struct carrier *message) {
    return (const mach_msg_trailer_t *)((const char *)message + message->header.msgh_size);
}

// The descriptor as a receiver with MACH_RCV_GUARDED_DESC finds it.
#define assert_arrived(descriptor, flags, context) check_arrived(descriptor, flags, context, __FILE__, __LINE__)
static mach_port_t check_arrived(const mach_msg_guarded_port_descriptor_t *it, unsigned flags, uint64_t context,
                                 const char *file, int line) {
    _assert_int_equal(it->type, MACH_MSG_GUARDED_PORT_DESCRIPTOR, file, line);
    _assert_int_equal(it->disposition, MOVE_RECEIVE, file, line);
    _assert_int_equal(it->flags, flags, file, line);
    _assert_int_equal(it->context, context, file, line);
    return it->name;
}

// The descriptor that stands where a right was refused.
#define assert_nothing(message, index) check_nothing(right_at(message, index), __FILE__, __LINE__)
static void check_nothing(const mach_msg_port_descriptor_t *it, const char *file, int line) {
    const unsigned char plain[12] = {[10] = MOVE_RECEIVE};
    _assert_memory_equal(it, plain, sizeof(plain), file, line);
}

// The send fails with this code and this violation (flavor 0: none), and changes nothing at all.
#define assert_kept(message, code, name, flavor, guard)                                                                \
    check_kept(message, code, name, flavor, guard, __FILE__, __LINE__)
static void check_kept(struct carrier *message, mach_msg_return_t code, mach_port_t name, unsigned flavor,
                       uint64_t guard, const char *file, int line) {
    assert_success(mach_port_set_seqno(SELF, handler, 0));
    struct picture picture = take_picture();
    uint64_t messages = live_messages(), regions = live_regions();
    struct carrier before = *message;
    support_assert_code(send_carrier(message), code, "sending", file, line);
    if (flavor != 0) violated(name, flavor, guard, file, line);
    expect_no_message(handler);
    _assert_memory_equal(&before, message, sizeof(before), file, line);
    _assert_int_equal(live_messages(), messages, file, line);
    _assert_int_equal(live_regions(), regions, file, line);
    assert_success(mach_port_set_seqno(SELF, handler, 0));
    support_assert_unchanged(picture, file, line);
}

// ---- Ports

static uint64_t context_of(mach_port_t port) {
    mach_port_context_t context = 0x5a5a5a5a;
    assert_success(mach_port_get_context(SELF, port, &context));
    return context;
}

// The port's status flags, and its context as the program reads it.
#define assert_guard(port, flags, context) check_guard(port, flags, context, __FILE__, __LINE__)
static void check_guard(mach_port_t port, unsigned flags, uint64_t context, const char *file, int line) {
    _assert_int_equal(status(port).mps_flags, flags, file, line);
    _assert_int_equal(context_of(port), context, file, line);
}

static mach_port_t port_guarded(uint64_t guard, uint64_t flags) {
    mach_port_t port = make_port();
    assert_success(mach_port_guard_with_flags(SELF, port, guard, flags));
    return port;
}

static void guard_again(mach_port_t port, uint64_t guard) { assert_success(mach_port_guard(SELF, port, guard, FALSE)); }

static void unguard(mach_port_t port, uint64_t guard) { assert_success(mach_port_unguard(SELF, port, guard)); }

static void destruct(mach_port_t port, uint64_t guard) { assert_success(mach_port_destruct(SELF, port, 0, guard)); }

// A bound port that has no guard any more.
static mach_port_t bound_port(void) {
    mach_port_t port = port_guarded(GUARD, MPG_IMMOVABLE_RECEIVE);
    unguard(port, GUARD);
    return port;
}

// The port cannot be moved: it is bound.
#define assert_bound(port) check_bound(port, __FILE__, __LINE__)
static void check_bound(mach_port_t port, const char *file, int line) {
    mach_port_t right = 0x5a5a5a5a;
    mach_msg_type_name_t disposition = 0x5a5a5a5a;
    support_assert_code(mach_port_extract_right(SELF, port, MOVE_RECEIVE, &right, &disposition),
                        KERN_INVALID_CAPABILITY, "extracting the receive right", file, line);
    violated(port, kGUARD_EXC_IMMOVABLE, 0, file, line);
    _assert_int_equal(right, 0x5a5a5a5a, file, line);
    _assert_int_equal(disposition, 0x5a5a5a5a, file, line);
}

// The port can be moved, by a plain descriptor; its name afterwards.
static mach_port_t move_on(mach_port_t port) {
    mach_port_t carrier = make_port();
    put_in_transit(port, carrier);
    mach_port_t moved = take_from_transit(carrier);
    destroy(carrier);
    return moved;
}

static const uint64_t guards[] = {0, 1, GUARD, 0x80000000, OTHER, 0xffffffff, 0xffffffffffffffff};

// ---- Guarding with flags

// facts: G12
static void flags_say_whether_a_guard_is_strict_and_binds(void **state) {
    (void)state;
    assert_int_equal(MPG_FLAGS_NONE, 0);
    assert_int_equal(MPG_STRICT, 1);
    assert_int_equal(MPG_IMMOVABLE_RECEIVE, 2);
    assert_int_equal(MPO_IMMOVABLE_RECEIVE, 0x80);
    assert_int_equal(MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE, 0x40);
    const uint64_t foreign[] = {0, 4, 0x80, 0x100000000, 0xfffffffffffffffc}; // ignored
    for (size_t i = 0; i < COUNT_OF(guards); i++) {
        for (uint64_t flags = 0; flags < 4 * COUNT_OF(foreign); flags++) {
            bool strict = flags & MPG_STRICT, bound = flags & MPG_IMMOVABLE_RECEIVE;
            mach_port_t port = make_port();
            assert_success(mach_port_guard_with_flags(SELF, port, guards[i], (flags & 3) | foreign[flags / 4]));
            assert_guard(port, IS_GUARDED | (strict ? IS_STRICT : 0u) | (bound ? IS_BOUND : 0u),
                         strict ? 0 : guards[i]);
            if (bound) assert_bound(port);
            unguard(port, guards[i]);
            assert_guard(port, 0, 0);
            if (bound) {
                assert_bound(port);
            } else {
                port = move_on(port);
            }
            destroy(port);
        }
    }
}

// facts: G12
static void a_context_keeps_a_guard_with_flags_away(void **state) {
    (void)state;
    for (uint64_t flags = 0; flags < 4; flags++) {
        mach_port_t port = make_port();
        assert_success(mach_port_set_context(SELF, port, 5));
        assert_code(mach_port_guard_with_flags(SELF, port, GUARD, flags), KERN_INVALID_ARGUMENT);
        assert_code(mach_port_guard_with_flags(SELF, port, 5, flags), KERN_INVALID_ARGUMENT);
        assert_code(mach_port_guard_with_flags(SELF, port, 0, flags), KERN_INVALID_ARGUMENT);
        assert_guard(port, 0, 5);
        port = move_on(port); // nor was it bound
        assert_success(mach_port_guard_with_flags(SELF, port, GUARD, MPG_STRICT));
        assert_code(mach_port_guard_with_flags(SELF, port, GUARD, flags), KERN_INVALID_ARGUMENT);
        assert_guard(port, IS_GUARDED | IS_STRICT, 0);
        unguard(port, GUARD);
        destroy(move_on(port));
    }
}

// facts: G12, R18
static void a_guard_of_zero_is_replaced_but_its_binding_stays(void **state) {
    (void)state;
    mach_port_t port = port_guarded(0, MPG_STRICT | MPG_IMMOVABLE_RECEIVE);
    assert_guard(port, IS_GUARDED | IS_STRICT | IS_BOUND, 0);
    assert_success(mach_port_guard_with_flags(SELF, port, 0, MPG_FLAGS_NONE));
    assert_guard(port, IS_GUARDED | IS_BOUND, 0);
    assert_success(mach_port_guard_with_flags(SELF, port, 0, MPG_STRICT));
    assert_guard(port, IS_GUARDED | IS_STRICT | IS_BOUND, 0);
    assert_success(mach_port_guard(SELF, port, 8, FALSE));
    assert_guard(port, IS_GUARDED | IS_BOUND, 8);
    assert_code(mach_port_guard_with_flags(SELF, port, 0, 0), KERN_INVALID_ARGUMENT);
    destruct(port, 8);
}

// facts: G12, G13
static void guards_with_flags_are_for_receive_rights(void **state) {
    (void)state;
    mach_port_t carrier, send = make_send_only(1, &carrier), set = make_set(), dead = make_dead_name(1);
    mach_port_t port = make_port(), once = make_send_once(port);
    const struct {
        mach_port_name_t name;
        kern_return_t code;
    } bad[] = {
        {MACH_PORT_NULL, KERN_INVALID_NAME}, {MACH_PORT_DEAD, KERN_INVALID_NAME}, {unknown_name(), KERN_INVALID_NAME},
        {send, KERN_INVALID_RIGHT},          {set, KERN_INVALID_RIGHT},           {dead, KERN_INVALID_RIGHT},
        {once, KERN_INVALID_RIGHT},          {SELF, KERN_INVALID_RIGHT},
    };
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        for (uint64_t flags = 0; flags < 4; flags++)
            assert_code(mach_port_guard_with_flags(SELF, bad[i].name, GUARD, flags), bad[i].code);
        assert_code(mach_port_swap_guard(SELF, bad[i].name, GUARD, OTHER), bad[i].code);
        assert_code(mach_port_swap_guard(SELF, bad[i].name, 0, 0), bad[i].code);
    }
    const mach_port_t no_tasks[] = {MACH_PORT_NULL, MACH_PORT_DEAD, port, dead, 0x12345678};
    for (size_t i = 0; i < COUNT_OF(no_tasks); i++) {
        const mach_port_name_t names[] = {port, MACH_PORT_NULL, set};
        for (size_t j = 0; j < COUNT_OF(names); j++) {
            assert_code(mach_port_guard_with_flags(no_tasks[i], names[j], GUARD, 2), KERN_INVALID_TASK);
            assert_code(mach_port_swap_guard(no_tasks[i], names[j], GUARD, OTHER), KERN_INVALID_TASK);
        }
    }
    assert_unchanged(picture);
    const mach_port_t all[] = {once, port, set, dead, carrier, send};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

// facts: G12
static void being_bound_outlives_the_guard_and_shows_with_the_next(void **state) {
    (void)state;
    mach_port_t port = bound_port();
    assert_guard(port, 0, 0); // not shown without a guard
    assert_success(mach_port_set_context(SELF, port, 3));
    assert_guard(port, 0, 3);
    assert_bound(port);
    assert_success(mach_port_set_context(SELF, port, 0));
    assert_success(mach_port_guard(SELF, port, GUARD, TRUE));
    assert_guard(port, IS_GUARDED | IS_STRICT | IS_BOUND, 0);
    assert_bound(port);
    unguard(port, GUARD);
    assert_success(mach_port_guard_with_flags(SELF, port, OTHER, MPG_FLAGS_NONE));
    assert_guard(port, IS_GUARDED | IS_BOUND, OTHER);
    assert_success(mach_port_set_context(SELF, port, 4)); // G1
    assert_guard(port, IS_GUARDED | IS_BOUND, 4);
    assert_bound(port);
    unguard(port, 4);
    assert_guard(port, 0, 0);
    assert_bound(port);
    destroy(port);
}

// facts: G12, G5, G10
static void a_port_is_bound_from_its_start_if_it_is_guarded(void **state) {
    (void)state;
    for (uint32_t flags = 0; flags < 8; flags++) {
        mach_port_options_t options = {.flags = (flags & 1 ? MPO_CONTEXT_AS_GUARD : 0) | (flags & 2 ? MPO_STRICT : 0) |
                                                (flags & 4 ? MPO_INSERT_SEND_RIGHT : 0) | MPO_IMMOVABLE_RECEIVE};
        bool guarded = flags & 1, strict = guarded && flags & 2;
        mach_port_t port = MACH_PORT_NULL;
        assert_success(mach_port_construct(SELF, &options, GUARD, &port));
        assert_guard(port, guarded ? IS_GUARDED | IS_BOUND | (strict ? IS_STRICT : 0u) : 0, strict ? 0 : GUARD);
        if (guarded) {
            assert_bound(port);
            unguard(port, GUARD);
            assert_bound(port);
        } else {
            port = move_on(port); // alone it does nothing
        }
        destroy(port);
    }
}

// ---- Moving what is bound

// facts: G12, G9, G4, G11
static void a_bound_right_moves_in_no_message(void **state) {
    (void)state;
    mach_port_t destination = port_with_send();
    for (int which = 0; which < 4; which++) {
        for (int with_send = 0; with_send < 2; with_send++) {
            const uint64_t flags[] = {0, MPG_STRICT, 0, 0};
            uint64_t guard = which == 3 ? 0 : GUARD;
            mach_port_t port = which == 2 ? bound_port() : port_guarded(guard, flags[which] | MPG_IMMOVABLE_RECEIVE);
            if (with_send) insert_send(port);
            struct carrier message;
            begin_copied(&message, destination);
            add_right(&message, port, MOVE_RECEIVE);
            assert_kept(&message, MACH_SEND_INVALID_RIGHT, port, kGUARD_EXC_IMMOVABLE, 0);
            const mach_port_t names[] = {MACH_PORT_NULL, port, MACH_PORT_DEAD};
            begin_copied(&message, destination);
            add_array(&message, names, 3, MOVE_RECEIVE);
            assert_kept(&message, MACH_SEND_INVALID_RIGHT, port, kGUARD_EXC_IMMOVABLE, 0);
            // Neither with its guard nor with another: it is bound, and that comes first.
            const struct {
                uint64_t context;
                unsigned flags;
            } shown[] = {{guard, IMMOVABLE}, {0, IMMOVABLE}, {OTHER, IMMOVABLE}, {0, UNGUARDED}, {0, 3}};
            for (size_t i = 0; i < COUNT_OF(shown); i++) {
                begin_copied(&message, destination);
                add_guarded(&message, port, shown[i].context, shown[i].flags);
                assert_kept(&message, MACH_SEND_INVALID_RIGHT, port, kGUARD_EXC_IMMOVABLE, 0);
            }
            destruct(port, guard);
            if (with_send) destroy(port);
        }
    }
    destroy(destination);
}

// facts: G12
static void a_bound_right_does_not_move_to_another_task(void **state) {
    (void)state;
    task_t task = make_task();
    for (uint64_t flags = 0; flags < 2; flags++) {
        mach_port_t port = port_guarded(GUARD, flags | MPG_IMMOVABLE_RECEIVE);
        mach_port_name_t free = free_name_in(task);
        for (int guarded = 1; guarded >= 0; guarded--) {
            if (!guarded) unguard(port, GUARD);
            assert_success(mach_port_set_seqno(SELF, handler, 0));
            struct picture picture = take_picture();
            const struct {
                task_t task;
                mach_port_name_t name;
            } places[] = {{task, free}, {SELF, port}};
            for (size_t i = 0; i < COUNT_OF(places); i++) {
                assert_code(mach_port_insert_right(places[i].task, places[i].name, port, MOVE_RECEIVE),
                            KERN_INVALID_CAPABILITY);
                expect_violation(port, kGUARD_EXC_IMMOVABLE, 0);
            }
            assert_bound(port);
            assert_success(mach_port_set_seqno(SELF, handler, 0));
            assert_unchanged(picture);
            assert_empty(task);
        }
        destroy(port);
    }
    end_task(task);
}

// facts: G12, I10
static void being_bound_is_seen_before_the_place_that_the_right_would_have(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t port = port_guarded(GUARD, MPG_IMMOVABLE_RECEIVE);
    mach_port_name_t free = free_name_in(task), held = give(task, port, MAKE_SEND);
    const struct {
        task_t task;
        mach_port_name_t name;
    } places[] = {
        {task, held},            // joins the send right
        {task, OWN_TASK},        // NAME_EXISTS and RIGHT_EXISTS for one that is not bound
        {task, free},            // RIGHT_EXISTS or FAILURE
        {task, OWN_TASK ^ 0x80}, // FAILURE: index in use under another generation
        {SELF, task},            // NAME_EXISTS
    };
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        assert_code(mach_port_insert_right(places[i].task, places[i].name, port, MOVE_RECEIVE),
                    KERN_INVALID_CAPABILITY);
        expect_violation(port, kGUARD_EXC_IMMOVABLE, 0);
    }
    // What the arguments themselves say comes first.
    assert_code(mach_port_insert_right(task, MACH_PORT_NULL, port, MOVE_RECEIVE), KERN_INVALID_VALUE);
    assert_code(mach_port_insert_right(MACH_PORT_NULL, free, port, MOVE_RECEIVE), KERN_INVALID_TASK);
    destruct(port, GUARD);
    end_task(task);
}

// facts: G12, G11
static void the_bound_right_of_another_task_cannot_be_taken(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_name_t port = make_port_in(task);
    assert_success(mach_port_guard_with_flags(task, port, GUARD, MPG_STRICT | MPG_IMMOVABLE_RECEIVE));
    assert_int_equal(status_in(task, port).mps_flags, IS_GUARDED | IS_STRICT | IS_BOUND);
    mach_port_t right = 0x5a5a5a5a;
    mach_msg_type_name_t disposition = 0;
    for (int guarded = 1; guarded >= 0; guarded--) {
        if (!guarded) assert_success(mach_port_unguard(task, port, GUARD));
        assert_code(mach_port_extract_right(task, port, MOVE_RECEIVE, &right, &disposition), KERN_INVALID_CAPABILITY);
        expect_violation(port, kGUARD_EXC_IMMOVABLE, 0); // ours, with its name there
        assert_int_equal(right, 0x5a5a5a5a);
        assert_int_equal(type_in(task, port), MACH_PORT_TYPE_RECEIVE);
    }
    assert_success(mach_port_extract_right(task, port, MAKE_SEND, &right, &disposition));
    end_task(task); // it dies with its task all the same
    assert_int_equal(type(right), MACH_PORT_TYPE_DEAD_NAME);
    destroy(right);
}

// facts: G9
static void a_guarded_right_that_is_not_bound_moves_by_every_way_and_loses_its_guard(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t carrier = make_port();
    for (uint64_t flags = 0; flags < 2; flags++) {
        mach_port_t port = move_on(port_guarded(GUARD, flags));
        assert_guard(port, 0, 0);
        assert_success(mach_port_guard_with_flags(SELF, port, GUARD, flags));
        struct carrier message;
        begin_carrier(&message, carrier, 1);
        add_array(&message, &port, 1, MOVE_RECEIVE);
        assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
        assert_code(receive_guarded(carrier, &message), MACH_MSG_SUCCESS);
        port = *(mach_port_t *)array_at(&message, 0)->address;
        deallocate(array_at(&message, 0)->address, sizeof(port));
        assert_guard(port, 0, 0);
        assert_success(mach_port_guard_with_flags(SELF, port, GUARD, flags));
        mach_port_name_t there = give(task, port, MOVE_RECEIVE);
        assert_int_equal(status_in(task, there).mps_flags, 0);
        assert_success(mach_port_guard_with_flags(task, there, GUARD, flags));
        port = take(task, there, MOVE_RECEIVE);
        assert_guard(port, 0, 0);
        destroy(move_on(port));
    }
    destroy(carrier);
    end_task(task);
}

// ---- What else is possible with guarded and bound ports

// facts: G12
static void what_being_bound_does_not_hinder(void **state) {
    (void)state;
    mach_port_t port = bound_port(), set = make_set(), notify = make_port();
    insert_send(port);
    put_in_set(port, set);
    queue_messages(port, 2);
    expect_message(set, 0);
    expect_message(port, 1);
    assert_success(mach_port_set_mscount(SELF, port, 4));
    assert_success(mach_port_set_seqno(SELF, port, 4));
    set_limit(port, 3);
    mach_port_t once = make_send_once(port);
    destroy(once);
    expect_send_once_notification(port);
    request(SELF, port, MACH_NOTIFY_DEAD_NAME, 0, notify);
    assert_success(mach_port_move_member(SELF, port, MACH_PORT_NULL));
    // Dispositions of sends are free.
    struct carrier message;
    begin_carrier(&message, notify, 1);
    add_right(&message, port, MOVE_SEND);
    add_right(&message, port, MAKE_SEND);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_code(receive_carrier(notify, &message), MACH_MSG_SUCCESS);
    assert_int_equal(right_at(&message, 0)->name, port);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, -2));
    kill_port(port);
    expect_notified(notify, MACH_NOTIFY_PORT_DELETED, port);
    // Each way to destroy it.
    destroy(bound_port());
    destruct(bound_port(), 99);
    destruct(port_guarded(GUARD, MPG_IMMOVABLE_RECEIVE), GUARD);
    destroy(port_guarded(0, MPG_IMMOVABLE_RECEIVE)); // R18
    destroy(set);
    destroy(notify);
}

// facts: G12, R10, R12, G2, G3
static void a_bound_guard_forbids_what_any_guard_does(void **state) {
    (void)state;
    for (uint64_t strict = 0; strict < 2; strict++) {
        mach_port_t port = port_guarded(GUARD, strict | MPG_IMMOVABLE_RECEIVE);
        assert_success(mach_port_set_seqno(SELF, handler, 0));
        struct picture picture = take_picture();
        assert_code(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1), KERN_INVALID_RIGHT);
        expect_violation(port, kGUARD_EXC_MOD_REFS, GUARD);
        assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, 0));
        assert_code(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, 1), KERN_INVALID_VALUE);
        assert_code(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -2), KERN_INVALID_VALUE);
        assert_code(mach_port_destroy(SELF, port), KERN_INVALID_RIGHT);
        expect_violation(port, kGUARD_EXC_DESTROY, GUARD);
        assert_code(mach_port_destruct(SELF, port, -1, GUARD), KERN_INVALID_RIGHT);
        assert_code(mach_port_destruct(SELF, port, 0, OTHER), KERN_INVALID_ARGUMENT);
        expect_violation(port, kGUARD_EXC_DESTROY, GUARD);
        assert_code(mach_port_unguard(SELF, port, OTHER), KERN_INVALID_ARGUMENT);
        expect_violation(port, kGUARD_EXC_INCORRECT_GUARD, GUARD);
        if (strict) {
            assert_code(mach_port_set_context(SELF, port, OTHER), KERN_INVALID_ARGUMENT); // G1
            expect_violation(port, kGUARD_EXC_SET_CONTEXT, GUARD);
        }
        assert_success(mach_port_set_seqno(SELF, handler, 0));
        assert_unchanged(picture);
        unguard(port, GUARD);
        assert_code(mach_port_unguard(SELF, port, GUARD), KERN_INVALID_ARGUMENT);
        expect_violation(port, kGUARD_EXC_UNGUARDED, 0);
        kill_port(port);
    }
}

// facts: G12, C2
static void a_bound_right_travels_when_its_end_was_asked_for(void **state) {
    (void)state;
    mach_port_t notify = make_port();
    for (int guarded = 0; guarded < 2; guarded++) {
        mach_port_t port = guarded ? port_guarded(GUARD, MPG_STRICT | MPG_IMMOVABLE_RECEIVE) : bound_port();
        request(SELF, port, MACH_NOTIFY_PORT_DESTROYED, 0, notify);
        destruct(port, GUARD);
        port = expect_notification(notify, MACH_NOTIFY_PORT_DESTROYED).right.name;
        assert_guard(port, 0, 0);
        guard_again(port, OTHER);
        assert_guard(port, IS_GUARDED, OTHER); // it is not bound any more
        destroy(move_on(port));
    }
    destroy(notify);
}

// ---- Swapping guards

// facts: G13
static void swapping_puts_another_guard_in_place(void **state) {
    (void)state;
    for (uint64_t flags = 0; flags < 4; flags += MPG_IMMOVABLE_RECEIVE) {
        unsigned shown = IS_GUARDED | (flags ? IS_BOUND : 0u);
        mach_port_t port = port_guarded(guards[0], flags);
        for (size_t i = 0; i < COUNT_OF(guards); i++) {
            uint64_t next = guards[(i + 1) % COUNT_OF(guards)]; // 0 in the end
            assert_success(mach_port_swap_guard(SELF, port, guards[i], guards[i]));
            assert_guard(port, shown, guards[i]);
            assert_success(mach_port_swap_guard(SELF, port, guards[i], next));
            assert_guard(port, shown, next);
        }
        assert_success(mach_port_swap_guard(SELF, port, 0, GUARD));
        assert_code(mach_port_unguard(SELF, port, 0), KERN_INVALID_ARGUMENT);
        expect_violation(port, kGUARD_EXC_INCORRECT_GUARD, GUARD);
        assert_success(mach_port_set_context(SELF, port, OTHER)); // G1: replaces it too
        assert_success(mach_port_swap_guard(SELF, port, OTHER, GUARD));
        destruct(port, GUARD);
    }
    task_t task = make_task();
    mach_port_name_t port = make_port_in(task);
    assert_success(mach_port_guard_with_flags(task, port, GUARD, MPG_FLAGS_NONE));
    assert_success(mach_port_swap_guard(task, port, GUARD, OTHER));
    assert_success(mach_port_destruct(task, port, 0, OTHER));
    end_task(task);
}

// facts: G13, G11
static void swapping_wants_a_guard_that_is_not_strict_and_known(void **state) {
    (void)state;
    for (uint64_t bound = 0; bound < 4; bound += MPG_IMMOVABLE_RECEIVE) {
        for (size_t i = 0; i < COUNT_OF(guards); i++) {
            mach_port_t port = bound ? bound_port() : make_port();
            assert_success(mach_port_set_context(SELF, port, guards[i]));
            assert_code(mach_port_swap_guard(SELF, port, guards[i], OTHER), KERN_INVALID_ARGUMENT);
            expect_violation(port, kGUARD_EXC_UNGUARDED, 0);
            assert_guard(port, 0, guards[i]);
            assert_success(mach_port_set_context(SELF, port, 0));
            assert_success(mach_port_guard_with_flags(SELF, port, guards[i], MPG_STRICT | bound));
            assert_code(mach_port_swap_guard(SELF, port, guards[i], OTHER), KERN_INVALID_ARGUMENT);
            expect_violation(port, kGUARD_EXC_SET_CONTEXT, guards[i]);
            assert_code(mach_port_swap_guard(SELF, port, ~guards[i], OTHER), KERN_INVALID_ARGUMENT);
            expect_violation(port, kGUARD_EXC_SET_CONTEXT, guards[i]); // strict comes before wrong
            assert_guard(port, IS_GUARDED | IS_STRICT | (bound ? IS_BOUND : 0u), 0);
            unguard(port, guards[i]);
            guard_again(port, guards[i]);
            const uint64_t wrong[] = {~guards[i], guards[i] ^ 1, guards[i] ^ OTHER, guards[i] ^ 0x100000000};
            for (size_t j = 0; j < COUNT_OF(wrong); j++) {
                assert_code(mach_port_swap_guard(SELF, port, wrong[j], guards[i]), KERN_INVALID_ARGUMENT);
                expect_violation(port, kGUARD_EXC_INCORRECT_GUARD, guards[i]);
                assert_guard(port, IS_GUARDED | (bound ? IS_BOUND : 0u), guards[i]);
            }
            destruct(port, guards[i]);
        }
    }
}

// ---- Sending guarded descriptors: the first look

// facts: D9
static void the_layout_is_that_of_sixty_four_bits(void **state) {
    (void)state;
    assert_int_equal(sizeof(mach_msg_guarded_port_descriptor_t), 16);
    assert_int_equal(offsetof(mach_msg_guarded_port_descriptor_t, name), 12);
    assert_int_equal(MACH_RCV_GUARDED_DESC, 0x1000);
    assert_int_equal(MACH_MSG_GUARDED_PORT_DESCRIPTOR, 4);
    assert_int_equal(MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE, 1);
    assert_int_equal(MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND, 2);
    assert_int_equal(MACH_MSG_GUARD_FLAGS_MASK, 3);
    mach_msg_guarded_port_descriptor_t it = {
        .context = 0x1122334455667788, .flags = 0x8001, .disposition = 16, .type = 4, .name = 0xaabbccdd};
    const unsigned char bytes[] = {0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
                                   0x01, 0x80, 16,   4,    0xdd, 0xcc, 0xbb, 0xaa};
    assert_memory_equal(&it, bytes, 16);
}

static const struct malformed {
    uint64_t context;
    unsigned flags, disposition;
} malformed[] = {
    {GUARD, 0, 16},
    {0, 0, 16},
    {GUARD, 4, 16},
    {GUARD, 5, 16},
    {0, 6, 16},
    {GUARD, 0x8001, 16},
    {0, 0x102, 16},
    {0, 0xffff, 16},
    {1, UNGUARDED, 16},
    {GUARD, 3, 16},
    {OTHER, UNGUARDED, 16},
    {GUARD, IMMOVABLE, 0},
    {GUARD, 1, 15},
    {GUARD, 1, 17},
    {0, 2, 18},
    {GUARD, 1, 19},
    {0, 2, 20},
    {0, 3, 21},
    {GUARD, 1, 22},
    {GUARD, 1, 255},
};

// facts: D9
static void a_malformed_descriptor_is_found_before_anything_moves(void **state) {
    (void)state;
    mach_port_t destination = port_with_send(), port = port_guarded(GUARD, 0), plain = make_port(), good = make_port(),
                listed = make_port();
    const mach_port_t names[] = {port, MACH_PORT_NULL, MACH_PORT_DEAD, unknown_name(), destination};
    char *memory = allocate(2 * PAGE);
    fill_pattern(memory, 2 * PAGE, 5);
    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        for (size_t j = 0; j < COUNT_OF(names); j++) { // whatever the name
            struct carrier message;
            begin_copied(&message, destination);
            add_right(&message, plain, MOVE_RECEIVE);
            add_memory(&message, memory, SIZE(2 * PAGE))->deallocate = TRUE;
            add_guarded(&message, good, 0, UNGUARDED);
            add_array(&message, &listed, 1, MOVE_RECEIVE);
            add_guarded(&message, names[j], malformed[i].context, malformed[i].flags)->disposition =
                malformed[i].disposition & 0xff;
            add_right(&message, plain, MOVE_SEND);
            assert_kept(&message, MACH_SEND_INVALID_TYPE, 0, 0, 0);
        }
    }
    assert_pattern(memory, 2 * PAGE, 5);
    deallocate(memory, 2 * PAGE);
    destruct(port, GUARD);
    destroy(plain);
    destroy(good);
    destroy(listed);
    destroy(destination);
}

// facts: D9, D5
static void a_guarded_descriptor_needs_sixteen_bytes(void **state) {
    (void)state;
    mach_port_t destination = port_with_send(), port = make_port(), first = make_port();
    for (mach_msg_size_t missing = 4; missing <= 16; missing += 4) {
        struct carrier message;
        begin_copied(&message, destination);
        add_right(&message, first, MOVE_RECEIVE);
        add_guarded(&message, port, 0, UNGUARDED);
        message.header.msgh_size -= missing;
        assert_kept(&message, MACH_SEND_MSG_TOO_SMALL, 0, 0, 0);
        begin_copied(&message, destination);
        add_guarded(&message, port, 0, UNGUARDED);
        add_guarded(&message, first, 0, UNGUARDED);
        message.header.msgh_size -= missing;
        assert_kept(&message, MACH_SEND_MSG_TOO_SMALL, 0, 0, 0);
        // The size is looked at before the flags, and a descriptor before the next.
        guarded_at(&message, 1)->flags = 0;
        assert_kept(&message, MACH_SEND_MSG_TOO_SMALL, 0, 0, 0);
        guarded_at(&message, 0)->flags = 0;
        assert_kept(&message, MACH_SEND_INVALID_TYPE, 0, 0, 0);
    }
    destroy(first);
    destroy(port);
    destroy(destination);
}

// facts: D9, D5
static void a_descriptor_of_no_known_type_has_twelve_bytes_before_a_guarded_one(void **state) {
    (void)state;
    mach_port_t destination = port_with_send(), port = make_port();
    struct carrier message;
    begin_copied(&message, destination);
    add_right(&message, MACH_PORT_NULL, MOVE_SEND)->type = 5;
    mach_msg_guarded_port_descriptor_t *last = add_guarded(&message, port, 0, 0);
    assert_kept(&message, MACH_SEND_INVALID_TYPE, 0, 0, 0);
    // Well formed it does not help: only then is the unknown type found, with all behind it still in place.
    last->flags = UNGUARDED;
    assert_kept(&message, MACH_SEND_INVALID_TYPE, 0, 0, 0);
    // A guarded right before it has been taken then, and ends.
    uint64_t ports = live_ports();
    begin_copied(&message, destination);
    add_guarded(&message, port, 0, UNGUARDED);
    add_right(&message, MACH_PORT_NULL, MOVE_SEND)->type = 5;
    assert_bad_body(&message, MACH_SEND_INVALID_TYPE);
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    assert_int_equal(live_ports(), ports - 1);
    destroy(destination);
}

// ---- Sending guarded descriptors: the rights

// facts: D9
static void a_name_without_receive_right_is_refused_without_violation(void **state) {
    (void)state;
    mach_port_t destination = port_with_send(), carrier, send = make_send_only(1, &carrier), dead = make_dead_name(1),
                set = make_set(), once = make_send_once(destination);
    const mach_port_t names[] = {unknown_name(), send, once, dead, set, SELF};
    const struct {
        uint64_t context;
        unsigned flags;
    } shown[] = {{GUARD, IMMOVABLE}, {0, IMMOVABLE}, {0, UNGUARDED}, {0, 3}};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        for (size_t j = 0; j < COUNT_OF(shown); j++) {
            struct carrier message;
            begin_copied(&message, destination);
            add_guarded(&message, names[i], shown[j].context, shown[j].flags);
            assert_kept(&message, MACH_SEND_INVALID_RIGHT, 0, 0, 0);
        }
    }
    const mach_port_t all[] = {once, set, dead, carrier, send};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
    expect_send_once_notification(destination);
    destroy(destination);
}

// facts: D9, G4, G11
static void the_sender_shows_the_guard_or_says_that_there_is_none(void **state) {
    (void)state;
    mach_port_t destination = port_with_send();
    const struct {
        bool guarded;
        uint64_t is; // the port's context
        uint64_t shown;
        unsigned flags;
        bool good;
    } cases[] = {
        {false, 0, 0, UNGUARDED, true},
        {false, 0, 0, 3, true},
        {false, 77, 0, UNGUARDED, true}, // a context is no guard
        {false, 77, 0, 3, true},
        {false, 0, 0, IMMOVABLE, false},
        {false, 0, GUARD, IMMOVABLE, false},
        {false, 77, 77, IMMOVABLE, false},
        {true, GUARD, GUARD, IMMOVABLE, true},
        {true, OTHER, OTHER, IMMOVABLE, true},
        {true, 0, 0, IMMOVABLE, true},
        {true, 0, 0, UNGUARDED, true}, // means the guard 0 here
        {true, 0, 0, 3, true},
        {true, GUARD, 0, UNGUARDED, false},
        {true, GUARD, 0, 3, false},
        {true, GUARD, 0, IMMOVABLE, false},
        {true, GUARD, GUARD ^ 1, IMMOVABLE, false},
        {true, GUARD, (uint32_t)GUARD, IMMOVABLE, false},
        {true, GUARD, GUARD & ~(uint64_t)0xffffffff, IMMOVABLE, false},
        {true, OTHER, 1, IMMOVABLE, false},
        {true, 0, 1, IMMOVABLE, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (uint64_t strict = 0; strict < (cases[i].guarded ? 2 : 1); strict++) { // plays no part
            mach_port_t port = cases[i].guarded ? port_guarded(cases[i].is, strict) : make_port();
            if (!cases[i].guarded) assert_success(mach_port_set_context(SELF, port, cases[i].is));
            struct carrier message;
            begin_copied(&message, destination);
            add_guarded(&message, port, cases[i].shown, cases[i].flags);
            if (cases[i].good) {
                assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
                assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
                assert_code(receive_guarded(destination, &message), MACH_MSG_SUCCESS);
                port = guarded_at(&message, 0)->name;
                bool guarded = cases[i].flags & IMMOVABLE;
                assert_guard(port, guarded ? IS_GUARDED | IS_BOUND : 0, guarded ? (uintptr_t)&message : 0);
                destruct(port, (uintptr_t)&message);
            } else {
                assert_kept(&message, MACH_SEND_INVALID_RIGHT, port, kGUARD_EXC_INCORRECT_GUARD, cases[i].is);
                destruct(port, cases[i].is);
            }
        }
    }
    destroy(destination);
}

// facts: D9, S8, S12
static void a_refused_guard_ends_what_came_before_it(void **state) {
    (void)state;
    mach_port_t destination = port_with_send(), reply = make_port();
    for (int how = 0; how < 3; how++) {
        mach_port_t taken[] = {port_with_send(), port_with_send(), port_with_send()};
        mach_port_t bad = port_guarded(GUARD, how == 2 ? MPG_IMMOVABLE_RECEIVE : MPG_STRICT), later = make_port(),
                    worse = port_guarded(OTHER, 0);
        guard_again(taken[2], 8);
        char *memory = allocate(2 * PAGE), *kept = allocate(2 * PAGE);
        struct carrier message;
        begin_copied(&message, destination);
        set_carrier_reply(&message, reply, MAKE_SEND_ONCE);
        add_guarded(&message, taken[0], 0, UNGUARDED);
        add_memory(&message, memory, SIZE(2 * PAGE))->deallocate = TRUE;
        add_right(&message, taken[1], MOVE_RECEIVE);
        add_guarded(&message, MACH_PORT_DEAD, 0, IMMOVABLE);
        add_guarded(&message, taken[2], 8, IMMOVABLE);
        add_guarded(&message, bad, how == 0 ? 0 : how == 1 ? OTHER : GUARD, how == 0 ? UNGUARDED : IMMOVABLE);
        add_guarded(&message, worse, 1, IMMOVABLE); // nobody gets that far
        add_guarded(&message, later, 0, UNGUARDED);
        add_memory(&message, kept, SIZE(2 * PAGE))->deallocate = TRUE;
        struct carrier before = message;
        assert_code(send_carrier(&message), MACH_SEND_INVALID_RIGHT);
        assert_memory_equal(&before, &message, sizeof(message));
        if (how == 2) {
            expect_violation(bad, kGUARD_EXC_IMMOVABLE, 0);
        } else {
            expect_violation(bad, kGUARD_EXC_INCORRECT_GUARD, GUARD);
        }
        expect_no_message(handler); // one only
        for (size_t i = 0; i < COUNT_OF(taken); i++) {
            assert_int_equal(type(taken[i]), MACH_PORT_TYPE_DEAD_NAME);
            destroy(taken[i]);
        }
        expect_send_once_notification(reply);
        assert_guard(bad, IS_GUARDED | (how == 2 ? IS_BOUND : IS_STRICT), how == 2 ? GUARD : 0);
        assert_guard(worse, IS_GUARDED, OTHER);
        assert_int_equal(type(later), MACH_PORT_TYPE_RECEIVE);
        assert_int_equal(mapped_pages(memory, 2 * PAGE), 0);
        assert_int_equal(mapped_pages(kept, 2 * PAGE), 2);
        deallocate(kept, 2 * PAGE);
        destruct(bad, GUARD);
        destruct(worse, OTHER);
        destroy(later);
    }
    destroy(reply);
    destroy(destination);
}

// facts: D9, S8
static void an_element_that_is_bound_ends_those_before_it(void **state) {
    (void)state;
    mach_port_t destination = port_with_send();
    mach_port_t guarded = port_with_send();
    mach_port_t names[] = {port_with_send(), port_with_send(), bound_port(), make_port()};
    guard_again(guarded, GUARD);
    guard_again(names[1], GUARD); // a guard is no hindrance here
    struct carrier message;
    begin_copied(&message, destination);
    add_guarded(&message, guarded, GUARD, IMMOVABLE);
    add_array(&message, names, 4, MOVE_RECEIVE);
    assert_code(send_carrier(&message), MACH_SEND_INVALID_RIGHT);
    expect_violation(names[2], kGUARD_EXC_IMMOVABLE, 0);
    assert_int_equal(type(guarded), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(names[0]), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(names[1]), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(names[2]), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(type(names[3]), MACH_PORT_TYPE_RECEIVE);
    destroy(guarded);
    for (size_t i = 0; i < COUNT_OF(names); i++) destroy(names[i]);
    destroy(destination);
}

// facts: D9, S8
static void a_right_is_not_sent_twice_in_one_message(void **state) {
    (void)state;
    mach_port_t destination = port_with_send();
    for (int with_send = 0; with_send < 2; with_send++) {
        mach_port_t port = port_guarded(GUARD, 0);
        if (with_send) insert_send(port);
        struct carrier message;
        begin_copied(&message, destination);
        add_guarded(&message, port, GUARD, IMMOVABLE);
        add_guarded(&message, port, GUARD, IMMOVABLE);
        assert_bad_body(&message, MACH_SEND_INVALID_RIGHT); // the name has no receive right any more: no violation
        assert_int_equal(type(port), with_send ? MACH_PORT_TYPE_DEAD_NAME : MACH_PORT_TYPE_NONE);
        if (with_send) destroy(port);
    }
    destroy(destination);
}

// facts: D9, T19
static void a_guarded_right_leaves_as_any_receive_right_does(void **state) {
    (void)state;
    mach_port_t destination = make_port(), set = make_set(), notify = make_port();
    mach_port_t alone = port_guarded(GUARD, MPG_STRICT), with_send = port_with_send();
    guard_again(with_send, OTHER);
    request(SELF, alone, MACH_NOTIFY_DEAD_NAME, 0, notify);
    request(SELF, with_send, MACH_NOTIFY_DEAD_NAME, 0, notify);
    const mach_port_t ports[] = {alone, with_send};
    for (size_t i = 0; i < COUNT_OF(ports); i++) {
        put_in_set(ports[i], set);
        assert_success(mach_port_set_mscount(SELF, ports[i], 9));
        assert_success(mach_port_set_seqno(SELF, ports[i], 8));
    }
    struct caller receiver;
    prepare_receiver(&receiver, alone);
    begin_blocked(&receiver);
    int fd = -1;
    assert_success(mach_linux_port_fd(SELF, alone, &fd));
    struct pollfd shown = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&shown, 1, 0), 0);
    queue_messages(with_send, 2);
    struct carrier message;
    begin_carrier(&message, destination, 1);
    add_guarded(&message, alone, GUARD, IMMOVABLE);
    add_guarded(&message, with_send, OTHER, IMMOVABLE);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_code(finish(&receiver), MACH_RCV_PORT_CHANGED);
    assert_int_equal(poll(&shown, 1, 0), 1);
    assert_int_equal(shown.revents & POLLIN, POLLIN);
    close(fd);
    assert_int_equal(type(alone), MACH_PORT_TYPE_NONE);
    assert_int_equal(type(with_send), MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_DNREQUEST);
    expect_notified(notify, MACH_NOTIFY_PORT_DELETED, alone);
    expect_no_message(notify);
    expect_no_message(set);
    assert_code(send_simple(with_send, COPY_SEND, 2), MACH_MSG_SUCCESS); // it lives on
    assert_code(receive_guarded(destination, &message), MACH_MSG_SUCCESS);
    alone = guarded_at(&message, 0)->name;
    assert_int_equal(guarded_at(&message, 1)->name, with_send);
    for (unsigned i = 0; i < 2; i++) {
        mach_port_status_t now = status(guarded_at(&message, i)->name);
        assert_int_equal(now.mps_mscount, 0);
        assert_int_equal(now.mps_seqno, 0);
        assert_int_equal(now.mps_pset, 0);
        assert_int_equal(now.mps_msgcount, i == 0 ? 0 : 3);
    }
    expect_message(with_send, 0);
    expect_message(with_send, 1);
    expect_message(with_send, 2);
    destruct(alone, (uintptr_t)&message);
    destruct(with_send, (uintptr_t)&message);
    expect_notified(notify, MACH_NOTIFY_DEAD_NAME, with_send);
    destroy(with_send);
    destroy(set);
    destroy(notify);
    destroy(destination);
}

// ---- Receiving with MACH_RCV_GUARDED_DESC

// facts: D9
static void a_right_arrives_guarded_by_the_receive_buffer_and_bound(void **state) {
    (void)state;
    mach_port_t destination = port_with_send();
    for (int how = 0; how < 3; how++) {
        for (uint64_t strict = 0; strict < 2; strict++) {
            mach_port_t port = how == 1 ? make_port() : port_guarded(how ? 0 : GUARD, strict);
            struct carrier message;
            begin_carrier(&message, destination, 3);
            add_guarded(&message, port, how ? 0 : GUARD, how == 1 ? 3 : IMMOVABLE);
            add_data(&message, 20, 6);
            assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
            assert_code(receive_guarded(destination, &message), MACH_MSG_SUCCESS);
            assert_int_equal(message.header.msgh_bits, MACH_MSGH_BITS(0, MOVE_SEND) | MACH_MSGH_BITS_COMPLEX);
            assert_int_equal(message.header.msgh_size, 28 + 16 + 20);
            assert_int_equal(message.body.msgh_descriptor_count, 1);
            port = assert_arrived(guarded_at(&message, 0), IMMOVABLE, (uintptr_t)&message);
            assert_pattern(message.bytes + 16, 20, 6);
            assert_int_equal(end_of(&message)->msgh_trailer_type, 0);
            assert_int_equal(end_of(&message)->msgh_trailer_size, 8);
            assert_untouched(&message, 28 + 16 + 20 + 8, sizeof(message));
            assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE);
            assert_guard(port, IS_GUARDED | IS_BOUND, (uintptr_t)&message); // not strict
            // The guard holds, and so does the binding.
            assert_code(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1), KERN_INVALID_RIGHT);
            expect_violation(port, kGUARD_EXC_MOD_REFS, (uintptr_t)&message);
            struct carrier again;
            begin_copied(&again, destination);
            add_guarded(&again, port, (uintptr_t)&message, IMMOVABLE);
            assert_kept(&again, MACH_SEND_INVALID_RIGHT, port, kGUARD_EXC_IMMOVABLE, 0);
            unguard(port, (uintptr_t)&message);
            assert_guard(port, 0, 0);
            assert_bound(port);
            kill_port(port);
        }
    }
    destroy(destination);
}

// facts: D9
static void a_right_sent_as_unguarded_arrives_unguarded(void **state) {
    (void)state;
    mach_port_t destination = make_port();
    for (int guarded = 0; guarded < 2; guarded++) {
        mach_port_t port = guarded ? port_guarded(0, MPG_STRICT) : make_port();
        if (!guarded) assert_success(mach_port_set_context(SELF, port, 99));
        struct carrier message;
        send_guarded(destination, port, 0, UNGUARDED);
        assert_code(receive_guarded(destination, &message), MACH_MSG_SUCCESS);
        assert_int_equal(message.header.msgh_size, 28 + 16);
        port = assert_arrived(guarded_at(&message, 0), UNGUARDED, 0);
        assert_guard(port, 0, 0);
        destroy(move_on(port)); // nor is it bound
    }
    destroy(destination);
}

// facts: D9
static void no_right_arrives_with_its_flags(void **state) {
    (void)state;
    mach_port_t destination = make_port();
    const mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD};
    for (unsigned flags = 1; flags < 4; flags++) {
        struct carrier message;
        begin_carrier(&message, destination, 3);
        for (size_t i = 0; i < 2; i++) add_guarded(&message, names[i], flags & UNGUARDED ? 0 : GUARD, flags);
        struct picture picture = take_picture();
        assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
        assert_success(mach_port_set_mscount(SELF, destination, 0));
        assert_code(receive_guarded(destination, &message), MACH_MSG_SUCCESS);
        assert_success(mach_port_set_seqno(SELF, destination, 0));
        assert_unchanged(picture);
        for (unsigned i = 0; i < 2; i++) assert_int_equal(assert_arrived(guarded_at(&message, i), flags, 0), names[i]);
    }
    destroy(destination);
}

// facts: D9, V11
static void a_separate_buffer_is_the_guard(void **state) {
    (void)state;
    mach_port_t destination = make_port();
    struct carrier sent, received;
    for (int how = 0; how < 4; how++) {
        mach_port_t port = port_guarded(GUARD, 0);
        begin_carrier(&sent, destination, 3);
        add_guarded(&sent, port, GUARD, IMMOVABLE);
        bool together = how >= 2, separate = how != 3;
        if (!together) assert_code(send_carrier(&sent), MACH_MSG_SUCCESS);
        fill_untouched(&received, sizeof(received));
        mach_msg_option_t option = MACH_RCV_MSG | MACH_RCV_TIMEOUT | MACH_RCV_GUARDED_DESC;
        assert_code(mach_msg_overwrite(how == 0 ? NULL : &sent.header, together ? MACH_SEND_MSG | option : option,
                                       together ? sent.header.msgh_size : 0, sizeof(received), destination, 0,
                                       MACH_PORT_NULL, separate ? &received.header : NULL, 0),
                    MACH_MSG_SUCCESS);
        struct carrier *buffer = separate ? &received : &sent;
        port = assert_arrived(guarded_at(buffer, 0), IMMOVABLE, (uintptr_t)buffer);
        assert_guard(port, IS_GUARDED | IS_BOUND, (uintptr_t)buffer);
        destruct(port, (uintptr_t)buffer);
    }
    destroy(destination);
}

// facts: D9
static void a_blocked_receiver_gets_the_right_guarded_by_its_buffer(void **state) {
    (void)state;
    mach_port_t destination = make_port(), set = make_set();
    put_in_set(destination, set);
    const mach_port_t from[] = {destination, set};
    for (size_t i = 0; i < COUNT_OF(from); i++) {
        struct caller receiver;
        prepare_receiver(&receiver, from[i]);
        receiver.option |= MACH_RCV_GUARDED_DESC;
        begin_blocked(&receiver);
        send_guarded(destination, port_guarded(GUARD, MPG_STRICT), GUARD, IMMOVABLE);
        assert_code(finish(&receiver), MACH_MSG_SUCCESS);
        assert_int_equal(receiver.message.header.msgh_size, 28 + 16);
        mach_port_t port = assert_arrived((void *)receiver.message.ports, IMMOVABLE, (uintptr_t)&receiver.message);
        assert_guard(port, IS_GUARDED | IS_BOUND, (uintptr_t)&receiver.message);
        destruct(port, (uintptr_t)&receiver.message);
        // The options are the receiver's: another one ends the right.
        uint64_t ports = live_ports();
        prepare_receiver(&receiver, from[i]);
        begin_blocked(&receiver);
        send_guarded(destination, port_guarded(GUARD, MPG_STRICT), GUARD, IMMOVABLE);
        assert_code(finish(&receiver), MACH_MSG_SUCCESS);
        assert_int_equal(receiver.message.header.msgh_size, 28 + 12);
        check_nothing(&receiver.message.ports[0], __FILE__, __LINE__); // D8
        assert_untouched(&receiver.message, 28 + 12 + 8, sizeof(receiver.message));
        assert_int_equal(live_ports(), ports);
    }
    destroy(set);
    destroy(destination);
}

// facts: D9
static void a_right_joins_the_send_right_that_the_receiver_has(void **state) {
    (void)state;
    mach_port_t destination = make_port(), port = port_with_sends(3), other = port_with_sends(2);
    guard_again(port, GUARD);
    struct carrier message;
    begin_carrier(&message, destination, 1);
    add_guarded(&message, port, GUARD, IMMOVABLE);
    add_guarded(&message, other, 0, UNGUARDED);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_int_equal(type(port), MACH_PORT_TYPE_SEND);
    assert_code(receive_guarded(destination, &message), MACH_MSG_SUCCESS);
    assert_int_equal(assert_arrived(guarded_at(&message, 0), IMMOVABLE, (uintptr_t)&message), port);
    assert_int_equal(assert_arrived(guarded_at(&message, 1), UNGUARDED, 0), other);
    assert_int_equal(type(port), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 3);
    assert_guard(port, IS_GUARDED | IS_BOUND, (uintptr_t)&message);
    assert_guard(other, 0, 0);
    assert_success(mach_port_destruct(SELF, port, -3, (uintptr_t)&message));
    assert_success(mach_port_destruct(SELF, other, -2, 0));
    destroy(destination);
}

// facts: D9, D7
static void a_guarded_right_that_finds_no_name_is_destroyed(void **state) {
    (void)state;
    mach_port_t destination = make_port(), known = port_with_send();
    guard_again(known, GUARD);
    uint64_t ports = live_ports();
    struct carrier message;
    begin_carrier(&message, destination, 1);
    add_guarded(&message, port_guarded(GUARD, 0), GUARD, IMMOVABLE);
    add_guarded(&message, known, GUARD, IMMOVABLE);
    add_guarded(&message, make_port(), 0, UNGUARDED);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    size_t count = 0, room = (size_t)LAST_INDEX + 1;
    mach_port_t *names = malloc(room * sizeof(*names));
    assert_non_null(names);
    kern_return_t code = KERN_SUCCESS;
    while (count < room) {
        code = mach_port_allocate(SELF, MACH_PORT_RIGHT_DEAD_NAME, &names[count]);
        if (code != KERN_SUCCESS) break;
        count++;
    }
    assert_code(code, KERN_NO_SPACE);
    assert_code(receive_guarded(destination, &message), MACH_RCV_BODY_ERROR | MACH_MSG_IPC_SPACE);
    assert_int_equal(message.header.msgh_size, 28 + 3 * 16);
    assert_int_equal(assert_arrived(guarded_at(&message, 0), 3, 0), MACH_PORT_NULL);
    assert_int_equal(assert_arrived(guarded_at(&message, 1), IMMOVABLE, (uintptr_t)&message), known);
    assert_int_equal(assert_arrived(guarded_at(&message, 2), UNGUARDED, 0), MACH_PORT_NULL);
    assert_int_equal(live_ports(), ports);
    for (size_t i = 0; i < count; i++)
        if (mach_port_deallocate(SELF, names[i]) != KERN_SUCCESS) fail_msg("dead name %zu is gone", i);
    free(names);
    assert_success(mach_port_destruct(SELF, known, -1, (uintptr_t)&message));
    destroy(destination);
}

// facts: D9
static void guarded_rights_arrive_beside_descriptors_of_all_kinds(void **state) {
    (void)state;
    mach_port_t destination = make_port(), plain = make_port(), listed[] = {make_port(), make_port()};
    mach_port_t sent[] = {port_guarded(GUARD, 0), make_port(), port_guarded(OTHER, MPG_STRICT)};
    char text[100];
    fill_pattern(text, sizeof(text), 1);
    struct carrier message;
    begin_carrier(&message, destination, 1);
    add_right(&message, plain, MAKE_SEND);
    add_guarded(&message, sent[0], GUARD, IMMOVABLE);
    add_memory(&message, text, sizeof(text));
    add_guarded(&message, sent[1], 0, UNGUARDED);
    add_array(&message, listed, 2, MOVE_RECEIVE);
    add_right(&message, plain, MAKE_SEND);
    add_guarded(&message, sent[2], OTHER, IMMOVABLE);
    add_data(&message, 40, 9);
    mach_msg_size_t size = message.header.msgh_size;
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_code(receive_guarded(destination, &message), MACH_MSG_SUCCESS);
    assert_int_equal(message.header.msgh_size, size);
    assert_int_equal(message.body.msgh_descriptor_count, 7);
    assert_int_equal(right_at(&message, 0)->name, plain);
    mach_port_t first = assert_arrived(guarded_at(&message, 1), IMMOVABLE, (uintptr_t)&message);
    assert_pattern(memory_at(&message, 2)->address, sizeof(text), 1);
    mach_port_t second = assert_arrived(guarded_at(&message, 3), UNGUARDED, 0);
    assert_int_equal(array_at(&message, 4)->count, 2);
    assert_int_equal(right_at(&message, 5)->name, plain);
    mach_port_t third = assert_arrived(guarded_at(&message, 6), IMMOVABLE, (uintptr_t)&message);
    assert_pattern((char *)&message + size - 40, 40, 9);
    assert_int_equal(end_of(&message)->msgh_trailer_size, 8);
    assert_untouched(&message, size + 8, sizeof(message));
    assert_guard(first, IS_GUARDED | IS_BOUND, (uintptr_t)&message);
    assert_guard(second, 0, 0);
    assert_guard(third, IS_GUARDED | IS_BOUND, (uintptr_t)&message);
    assert_int_equal(refs(plain, MACH_PORT_RIGHT_SEND), 2);
    mach_msg_destroy(&message.header); // takes all of it back
    assert_int_equal(type(first), MACH_PORT_TYPE_NONE);
    assert_int_equal(type(second), MACH_PORT_TYPE_NONE);
    assert_int_equal(type(third), MACH_PORT_TYPE_NONE);
    assert_int_equal(type(plain), MACH_PORT_TYPE_RECEIVE);
    destroy(plain);
    destroy(destination);
}

// ---- Receiving without MACH_RCV_GUARDED_DESC

// facts: D8
static void a_receiver_that_does_not_know_guards_gets_no_right(void **state) {
    (void)state;
    mach_port_t destination = make_port();
    const struct {
        uint64_t guard;
        unsigned flags;
    } sent[] = {{GUARD, IMMOVABLE}, {0, UNGUARDED}, {0, 3}};
    for (size_t i = 0; i < COUNT_OF(sent); i++) {
        mach_port_t port = port_with_send();
        if (sent[i].guard) guard_again(port, sent[i].guard);
        struct carrier message;
        begin_carrier(&message, destination, 31);
        add_guarded(&message, port, sent[i].guard, sent[i].flags);
        add_data(&message, 36, 2);
        assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
        assert_success(mach_port_set_seqno(SELF, destination, 40));
        assert_code(
            receive_with(destination, &message, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO), sizeof(message)),
            MACH_MSG_SUCCESS); // no failure
        assert_int_equal(message.header.msgh_bits, MACH_MSGH_BITS(0, MOVE_SEND) | MACH_MSGH_BITS_COMPLEX);
        assert_int_equal(message.header.msgh_id, 31);
        assert_int_equal(message.header.msgh_size, 28 + 12 + 36);
        assert_int_equal(message.body.msgh_descriptor_count, 1);
        assert_nothing(&message, 0);
        assert_pattern(message.bytes + 12, 36, 2);
        const mach_msg_seqno_trailer_t *trailer = (const void *)end_of(&message);
        assert_int_equal(trailer->msgh_trailer_size, 12);
        assert_int_equal(trailer->msgh_seqno, 40);
        assert_untouched(&message, 28 + 12 + 36 + 12, sizeof(message));
        assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME); // the port died
        destroy(port);
    }
    destroy(destination);
}

// facts: D8
static void refused_names_without_right_become_null(void **state) {
    (void)state;
    mach_port_t destination = make_port();
    for (unsigned flags = 1; flags < 4; flags++) {
        struct carrier message;
        begin_carrier(&message, destination, 3);
        add_guarded(&message, MACH_PORT_DEAD, flags == 1 ? GUARD : 0, flags);
        add_guarded(&message, MACH_PORT_NULL, flags == 1 ? GUARD : 0, flags);
        assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
        assert_code(receive_carrier(destination, &message), MACH_MSG_SUCCESS);
        assert_int_equal(message.header.msgh_size, 28 + 24);
        assert_nothing(&message, 0);
        assert_nothing(&message, 1);
        assert_int_equal(end_of(&message)->msgh_trailer_size, 8);
        assert_untouched(&message, 28 + 24 + 8, sizeof(message));
    }
    destroy(destination);
}

// facts: D8
static void what_stands_behind_refused_rights_is_read_right(void **state) {
    (void)state;
    mach_port_t destination = make_port(), plain = port_with_send(), listed[] = {port_with_send(), MACH_PORT_DEAD};
    mach_port_t ports[5];
    char text[3000], more[700];
    fill_pattern(text, sizeof(text), 3);
    fill_pattern(more, sizeof(more), 4);
    for (unsigned order = 0; order < 3; order++) {
        struct carrier message;
        begin_carrier(&message, destination, 5);
        for (unsigned i = 0; i < 5; i++) {
            ports[i] = port_with_send();
            if (i % 2) guard_again(ports[i], GUARD + i);
        }
        // Two side by side in front, one in the midst, two at the end; the others in three orders.
        add_guarded(&message, ports[0], 0, UNGUARDED);
        add_guarded(&message, ports[1], GUARD + 1, IMMOVABLE);
        for (unsigned i = 0; i < 3; i++) {
            switch ((order + i) % 3) {
            case 0:
                add_memory(&message, text, sizeof(text));
                break;
            case 1:
                add_array(&message, listed, 2, COPY_SEND);
                break;
            default:
                add_right(&message, plain, COPY_SEND);
            }
            if (i == 1) add_guarded(&message, ports[2], 0, 3);
        }
        add_memory(&message, more, sizeof(more))->type = MACH_MSG_OOL_VOLATILE_DESCRIPTOR;
        add_guarded(&message, ports[3], GUARD + 3, IMMOVABLE);
        add_right(&message, plain, MAKE_SEND);
        add_guarded(&message, ports[4], 0, UNGUARDED);
        add_data(&message, 100, 8);
        mach_msg_size_t size = message.header.msgh_size - 5 * 4;
        assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
        assert_code(receive_carrier(destination, &message), MACH_MSG_SUCCESS);
        assert_int_equal(message.header.msgh_size, size);
        assert_int_equal(message.body.msgh_descriptor_count, 10);
        assert_nothing(&message, 0);
        assert_nothing(&message, 1);
        unsigned index = 2;
        for (unsigned i = 0; i < 3; i++, index++) {
            if ((order + i) % 3 == 0) {
                assert_int_equal(memory_at(&message, index)->size, sizeof(text));
                assert_pattern(memory_at(&message, index)->address, sizeof(text), 3);
            } else if ((order + i) % 3 == 1) {
                const mach_port_t *names = array_at(&message, index)->address;
                assert_int_equal(array_at(&message, index)->count, 2);
                assert_int_equal(array_at(&message, index)->disposition, MOVE_SEND);
                assert_int_equal(names[0], listed[0]);
                assert_int_equal(names[1], MACH_PORT_DEAD);
            } else {
                assert_int_equal(right_at(&message, index)->name, plain);
                assert_int_equal(right_at(&message, index)->disposition, MOVE_SEND);
            }
            if (i == 1) assert_nothing(&message, ++index);
        }
        assert_int_equal(memory_at(&message, 6)->type, MACH_MSG_OOL_VOLATILE_DESCRIPTOR);
        assert_pattern(memory_at(&message, 6)->address, sizeof(more), 4);
        assert_nothing(&message, 7);
        assert_int_equal(right_at(&message, 8)->name, plain);
        assert_nothing(&message, 9);
        assert_pattern((char *)&message + size - 100, 100, 8);
        assert_int_equal(end_of(&message)->msgh_trailer_type, 0);
        assert_int_equal(end_of(&message)->msgh_trailer_size, 8);
        assert_untouched(&message, size + 8, sizeof(message));
        for (unsigned i = 0; i < 5; i++) {
            assert_int_equal(type(ports[i]), MACH_PORT_TYPE_DEAD_NAME);
            destroy(ports[i]);
        }
        deallocate(memory_at(&message, 6)->address, sizeof(more)); // mach_msg_destroy leaves that
        mach_msg_destroy(&message.header);
        assert_int_equal(refs(plain, MACH_PORT_RIGHT_SEND), 1);
        assert_int_equal(refs(listed[0], MACH_PORT_RIGHT_SEND), 1);
    }
    destroy(plain);
    destroy(listed[0]);
    destroy(destination);
}

// facts: D8
static void hundreds_of_rights_are_refused_in_one_message(void **state) {
    (void)state;
    enum { MANY = 600 };
    mach_port_t destination = make_port(), last = make_port();
    uint64_t ports = live_ports();
    struct carrier message;
    begin_carrier(&message, destination, 5);
    for (unsigned i = 0; i < MANY; i++) add_guarded(&message, make_port(), 0, 2 + i % 2);
    add_right(&message, last, MAKE_SEND);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_int_equal(live_ports(), ports + MANY);
    assert_code(receive_carrier(destination, &message), MACH_MSG_SUCCESS);
    assert_int_equal(message.header.msgh_size, 28 + 12 * (MANY + 1));
    const mach_msg_port_descriptor_t *all = (const void *)message.bytes;
    for (unsigned i = 0; i < MANY; i++) check_nothing(&all[i], __FILE__, __LINE__);
    assert_int_equal(all[MANY].name, last);
    assert_int_equal(live_ports(), ports);
    destroy(last);
    destroy(destination);
}

// facts: D8, C2
static void a_refused_right_travels_on_when_its_end_was_asked_for(void **state) {
    (void)state;
    mach_port_t destination = make_port(), notify = make_port(), port = port_guarded(GUARD, MPG_STRICT);
    request(SELF, port, MACH_NOTIFY_PORT_DESTROYED, 0, notify);
    send_guarded(destination, port, GUARD, IMMOVABLE);
    expect_no_message(notify);
    struct carrier message;
    assert_code(receive_carrier(destination, &message), MACH_MSG_SUCCESS);
    assert_nothing(&message, 0);
    port = expect_notification(notify, MACH_NOTIFY_PORT_DESTROYED).right.name;
    assert_guard(port, 0, 0);
    destroy(move_on(port));
    destroy(notify);
    destroy(destination);
}

// facts: D8, V5, V6
static void a_refused_right_counts_sixteen_bytes_of_the_buffer(void **state) {
    (void)state;
    mach_port_t destination = make_port();
    const mach_msg_size_t size = 28 + 16 + 8, needed = size + 8;
    for (int known = 0; known < 2; known++) {
        mach_msg_option_t option = known ? MACH_RCV_GUARDED_DESC : 0;
        mach_port_t port = port_with_send();
        struct carrier message;
        begin_carrier(&message, destination, 5);
        add_guarded(&message, port, 0, 3);
        add_data(&message, 8, 1);
        assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
        // What remains of it would fit.
        assert_code(receive_with(destination, &message, option | MACH_RCV_LARGE, needed - 4), MACH_RCV_TOO_LARGE);
        assert_int_equal(message.header.msgh_size, size);
        assert_int_equal(type(port), MACH_PORT_TYPE_SEND);
        assert_code(receive_with(destination, &message, option, needed), MACH_MSG_SUCCESS);
        if (known) {
            assert_int_equal(message.header.msgh_size, size);
            destruct(port, (uintptr_t)&message);
        } else {
            assert_int_equal(message.header.msgh_size, size - 4);
            assert_nothing(&message, 0);
        }
        assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);
        destroy(port);
        // Without MACH_RCV_LARGE the message ends, and the right with it.
        port = port_with_send();
        send_guarded(destination, port, 0, UNGUARDED);
        assert_code(receive_with(destination, &message, option, 28 + 16 + 8 - 4), MACH_RCV_TOO_LARGE);
        assert_int_equal(message.header.msgh_size, 24);
        assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);
        destroy(port);
        expect_no_message(destination);
    }
    destroy(destination);
}

// facts: D9
static void the_option_changes_no_other_message(void **state) {
    (void)state;
    mach_port_t destination = make_port(), port = make_port();
    struct carrier message;
    begin_carrier(&message, destination, 1);
    add_right(&message, port, MOVE_RECEIVE);
    add_data(&message, 16, 1);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_code(receive_guarded(destination, &message), MACH_MSG_SUCCESS);
    assert_int_equal(message.header.msgh_size, 28 + 12 + 16);
    port = right_at(&message, 0)->name;
    assert_int_equal(right_at(&message, 0)->disposition, MOVE_RECEIVE);
    assert_guard(port, 0, 0);
    assert_pattern(message.bytes + 12, 16, 1);
    destroy(move_on(port));
    assert_code(send_simple(destination, MAKE_SEND, 2), MACH_MSG_SUCCESS);
    assert_code(receive_guarded(destination, &message), MACH_MSG_SUCCESS);
    assert_int_equal(message.header.msgh_size, 24);
    assert_untouched(&message, 32, sizeof(message));
    destroy(destination);
}

// ---- Messages that do not arrive

// facts: D9, S9
static void a_guarded_right_comes_back_guarded_by_the_buffer_but_not_bound(void **state) {
    (void)state;
    mach_port_t full = port_with_send(), held = port_with_send();
    set_limit(full, 1);
    queue_messages(full, 1);
    guard_again(held, GUARD);
    mach_port_t strict = port_guarded(OTHER, MPG_STRICT), bare = make_port(), other = make_port(), plain = make_port();
    struct carrier message;
    begin_copied(&message, full);
    add_guarded(&message, strict, OTHER, IMMOVABLE);
    add_right(&message, plain, MOVE_RECEIVE);
    add_guarded(&message, held, GUARD, IMMOVABLE);
    add_guarded(&message, bare, 0, UNGUARDED);
    add_guarded(&message, other, 0, 3);
    add_guarded(&message, MACH_PORT_NULL, GUARD, IMMOVABLE);
    add_guarded(&message, MACH_PORT_DEAD, 0, 3);
    add_data(&message, 12, 7);
    mach_msg_size_t size = message.header.msgh_size;
    uint64_t messages = live_messages();
    fill_untouched((char *)&message + size, sizeof(message) - size);
    assert_code(send_carrier(&message), MACH_SEND_TIMED_OUT);
    assert_int_equal(live_messages(), messages);
    assert_int_equal(message.header.msgh_size, size); // none is refused, whatever the options
    assert_int_equal(message.header.msgh_bits, MACH_MSGH_BITS(MOVE_SEND, 0) | MACH_MSGH_BITS_COMPLEX);
    assert_untouched(&message, size, sizeof(message));
    uintptr_t guard = (uintptr_t)&message;
    strict = assert_arrived(guarded_at(&message, 0), IMMOVABLE, guard);
    plain = right_at(&message, 1)->name;
    assert_int_equal(assert_arrived(guarded_at(&message, 2), IMMOVABLE, guard), held);
    bare = assert_arrived(guarded_at(&message, 3), UNGUARDED, 0);
    other = assert_arrived(guarded_at(&message, 4), IMMOVABLE, guard);
    assert_int_equal(assert_arrived(guarded_at(&message, 5), IMMOVABLE, 0), MACH_PORT_NULL);
    assert_int_equal(assert_arrived(guarded_at(&message, 6), 3, 0), MACH_PORT_DEAD);
    assert_pattern((char *)&message + size - 12, 12, 7);
    assert_guard(strict, IS_GUARDED, guard); // neither strict nor bound
    assert_guard(held, IS_GUARDED, guard);
    assert_guard(other, IS_GUARDED, guard);
    assert_guard(bare, 0, 0);
    assert_guard(plain, 0, 0);
    // The same buffer goes out as it is.
    expect_message(full, 0);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_int_equal(type(held), MACH_PORT_TYPE_SEND);
    assert_code(receive_guarded(full, &message), MACH_MSG_SUCCESS);
    assert_arrived(guarded_at(&message, 4), IMMOVABLE, guard); // though it had no guard at first
    assert_guard(held, IS_GUARDED | IS_BOUND, guard);
    mach_msg_destroy(&message.header);
    assert_int_equal(type(held), MACH_PORT_TYPE_DEAD_NAME);
    destroy(held);
    destroy(full);
}

// facts: D9, S9
static void a_right_that_came_back_moves_by_any_way(void **state) {
    (void)state;
    mach_port_t full = port_with_send();
    set_limit(full, 0);
    mach_port_t port = port_guarded(GUARD, 0);
    for (int i = 0; i < 3; i++) {
        struct carrier message;
        begin_copied(&message, full);
        add_guarded(&message, port, i == 0 ? GUARD : 0, i == 0 ? IMMOVABLE : 3);
        assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT | (i ? MACH_RCV_GUARDED_DESC : 0),
                             message.header.msgh_size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
                    MACH_SEND_TIMED_OUT);
        port = assert_arrived(guarded_at(&message, 0), IMMOVABLE, (uintptr_t)&message);
        assert_guard(port, IS_GUARDED, (uintptr_t)&message);
        assert_success(mach_port_deallocate(SELF, message.header.msgh_remote_port));
        port = move_on(port);
        assert_guard(port, 0, 0);
    }
    destroy(port);
    destroy(full);
}

// facts: D9, C2
static void guarded_rights_end_with_the_queue_that_holds_them(void **state) {
    (void)state;
    mach_port_t destination = make_port(), notify = make_port(), ports[4];
    uint64_t live = live_ports(), messages = live_messages();
    struct carrier message;
    begin_carrier(&message, destination, 1);
    for (unsigned i = 0; i < 4; i++) {
        ports[i] = port_with_send();
        request(SELF, ports[i], MACH_NOTIFY_DEAD_NAME, 0, notify);
        if (i < 2) guard_again(ports[i], GUARD);
        add_guarded(&message, ports[i], i < 2 ? GUARD : 0, i < 2 ? IMMOVABLE : UNGUARDED);
        if (i == 1) add_guarded(&message, MACH_PORT_NULL, 0, IMMOVABLE);
        if (i == 2) add_guarded(&message, MACH_PORT_DEAD, 0, UNGUARDED);
    }
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    for (mach_msg_id_t id = 0; id < 2; id++) // to one in transit
        assert_code(send_simple(ports[3], COPY_SEND, id), MACH_MSG_SUCCESS);
    expect_no_message(notify);
    destroy(destination);
    for (unsigned i = 0; i < 4; i++) {
        expect_notified(notify, MACH_NOTIFY_DEAD_NAME, ports[i]); // in their order
        assert_int_equal(type(ports[i]), MACH_PORT_TYPE_DEAD_NAME);
        destroy(ports[i]);
    }
    assert_int_equal(live_ports(), live - 1);
    assert_int_equal(live_messages(), messages);
    destroy(notify);
}

// facts: D9, C1
static void a_guarded_right_sent_to_its_own_port_dies(void **state) {
    (void)state;
    for (int guarded = 0; guarded < 2; guarded++) {
        mach_port_t port = port_with_send(), watch = make_port(), other = port_with_send();
        uint64_t messages = live_messages();
        queue_messages(port, 5); // a full queue holds it up no more
        if (guarded) guard_again(port, GUARD);
        struct carrier message;
        begin_carrier(&message, port, 1);
        set_carrier_reply(&message, watch, MAKE_SEND_ONCE);
        add_guarded(&message, other, 0, 3);
        add_guarded(&message, port, guarded ? GUARD : 0, guarded ? IMMOVABLE : UNGUARDED);
        assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
        assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);
        assert_int_equal(type(other), MACH_PORT_TYPE_DEAD_NAME);
        expect_send_once_notification(watch);
        assert_int_equal(live_messages(), messages);
        destroy(port);
        destroy(other);
        destroy(watch);
    }
}

// facts: D9, C1
static void guarded_rights_in_a_circle_die(void **state) {
    (void)state;
    // A circle of guarded rights alone, and of guarded and plain ones.
    for (int mixed = 0; mixed < 2; mixed++) {
        mach_port_t ports[3];
        uint64_t live = live_ports(), messages = live_messages();
        for (unsigned i = 0; i < 3; i++) {
            ports[i] = port_with_send();
            guard_again(ports[i], GUARD + i);
        }
        for (unsigned i = 0; i < 3; i++) {
            struct carrier message;
            begin_copied(&message, ports[(i + 1) % 3]);
            if (mixed && i == 1) {
                add_right(&message, ports[i], MOVE_RECEIVE);
            } else {
                add_guarded(&message, ports[i], GUARD + i, IMMOVABLE);
            }
            assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
        }
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(type(ports[i]), MACH_PORT_TYPE_DEAD_NAME);
            destroy(ports[i]);
        }
        assert_int_equal(live_ports(), live);
        assert_int_equal(live_messages(), messages);
    }
}

// facts: D9, X4
static void a_peek_sees_a_guarded_message_and_leaves_it(void **state) {
    (void)state;
    mach_port_t destination = make_port(), port = port_guarded(GUARD, 0);
    struct carrier message;
    begin_carrier(&message, destination, 77);
    add_right(&message, destination, MAKE_SEND);
    add_guarded(&message, port, GUARD, IMMOVABLE);
    add_memory(&message, NULL, 0);
    add_data(&message, 24, 1);
    mach_msg_size_t size = message.header.msgh_size;
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    for (int i = 0; i < 2; i++) {
        mach_port_seqno_t seqno = 0;
        mach_msg_size_t seen = 0;
        mach_msg_id_t id = 0;
        char trailer[8];
        mach_msg_type_number_t count = sizeof(trailer);
        assert_success(mach_port_peek(SELF, destination, 0, &seqno, &seen, &id, trailer, &count));
        assert_int_equal(seen, size + 8 + 4); // the header and the one descriptor of 12 bytes are wider there
        assert_int_equal(id, 77);
        assert_int_equal(status(destination).mps_msgcount, 1);
    }
    assert_code(receive_guarded(destination, &message), MACH_MSG_SUCCESS);
    assert_arrived(guarded_at(&message, 1), IMMOVABLE, (uintptr_t)&message);
    mach_msg_destroy(&message.header);
    destroy(destination);
}

// ---- mach_msg_destroy

// facts: D9
static void destroying_a_message_shows_the_guards_in_it(void **state) {
    (void)state;
    mach_port_t destination = make_port(), behind = make_port();
    struct carrier message;
    // One that arrived, with a send right of its own left.
    mach_port_t bound = port_with_send(), bare = make_port();
    guard_again(bound, GUARD);
    begin_carrier(&message, destination, 1);
    add_guarded(&message, bound, GUARD, IMMOVABLE);
    add_guarded(&message, MACH_PORT_DEAD, 0, IMMOVABLE);
    add_guarded(&message, bare, 0, UNGUARDED);
    add_guarded(&message, MACH_PORT_NULL, 0, UNGUARDED);
    add_right(&message, behind, MAKE_SEND); // 16 bytes are counted for each
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_code(receive_guarded(destination, &message), MACH_MSG_SUCCESS);
    bare = guarded_at(&message, 2)->name;
    struct carrier before = message;
    mach_msg_destroy(&message.header);
    assert_memory_equal(&before, &message, sizeof(message));
    assert_int_equal(type(bound), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(bare), MACH_PORT_TYPE_NONE);
    assert_int_equal(type(behind), MACH_PORT_TYPE_RECEIVE);
    destroy(bound);
    // One that was never sent.
    mach_port_t strict = port_guarded(GUARD, MPG_STRICT | MPG_IMMOVABLE_RECEIVE);
    bare = make_port();
    begin_carrier(&message, MACH_PORT_NULL, 1);
    add_guarded(&message, strict, GUARD, IMMOVABLE);
    add_guarded(&message, bare, 0, UNGUARDED);
    add_right(&message, behind, MAKE_SEND_ONCE);
    mach_msg_destroy(&message.header);
    assert_int_equal(type(strict), MACH_PORT_TYPE_NONE);
    assert_int_equal(type(bare), MACH_PORT_TYPE_NONE);
    expect_send_once_notification(behind);
    destroy(behind);
    destroy(destination);
}

// facts: D9, G2, R12
static void destroying_a_message_with_the_wrong_guard_leaves_the_port(void **state) {
    (void)state;
    mach_port_t port = port_guarded(GUARD, 0), bare = make_port(), behind = port_with_send();
    struct carrier message;
    begin_carrier(&message, MACH_PORT_NULL, 1);
    add_guarded(&message, port, OTHER, IMMOVABLE);
    add_guarded(&message, port, GUARD, UNGUARDED); // does not unguard
    add_guarded(&message, bare, OTHER, IMMOVABLE); // unguarded already: it goes
    add_guarded(&message, bare, OTHER, IMMOVABLE); // a name of nothing
    add_right(&message, behind, MOVE_SEND);
    mach_msg_destroy(&message.header);
    expect_violation(port, kGUARD_EXC_INCORRECT_GUARD, GUARD);
    expect_violation(port, kGUARD_EXC_MOD_REFS, GUARD);
    expect_violation(port, kGUARD_EXC_MOD_REFS, GUARD);
    expect_violation(bare, kGUARD_EXC_UNGUARDED, 0);
    assert_guard(port, IS_GUARDED, GUARD);
    assert_int_equal(type(bare), MACH_PORT_TYPE_NONE);
    assert_int_equal(type(behind), MACH_PORT_TYPE_RECEIVE);
    destruct(port, GUARD);
    destroy(behind);
}

// ---- Between tasks

struct transfer {
    mach_port_name_t destination; // as the task names it
    mach_port_name_t port;        // in the task, or what arrived
    struct carrier message;
    mach_msg_option_t option;
};

static int64_t send_from_task(void *argument) {
    struct transfer *it = argument;
    return mach_msg(&it->message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, it->message.header.msgh_size, 0,
                    MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static int64_t receive_in_task(void *argument) {
    struct transfer *it = argument;
    return receive_with(it->destination, &it->message, it->option, sizeof(it->message));
}

// facts: D9
static void a_right_goes_to_another_task_and_is_bound_there(void **state) {
    (void)state;
    task_t task = make_task();
    struct transfer there = {.destination = make_port_in(task), .option = MACH_RCV_GUARDED_DESC};
    mach_port_t send = take(task, there.destination, MAKE_SEND);
    mach_port_t port = port_with_send();
    guard_again(port, GUARD);
    struct carrier message;
    begin_copied(&message, send);
    add_guarded(&message, port, GUARD, IMMOVABLE);
    add_guarded(&message, make_port(), 0, UNGUARDED);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_int_equal(act_as(task, receive_in_task, &there), MACH_MSG_SUCCESS);
    mach_port_name_t bound = assert_arrived(guarded_at(&there.message, 0), IMMOVABLE, (uintptr_t)&there.message);
    mach_port_name_t bare = assert_arrived(guarded_at(&there.message, 1), UNGUARDED, 0);
    assert_int_equal(type_in(task, bound), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(status_in(task, bound).mps_flags, IS_GUARDED | IS_BOUND);
    assert_int_equal(status_in(task, bare).mps_flags, 0);
    assert_code(send_simple(port, COPY_SEND, 1), MACH_MSG_SUCCESS);
    assert_int_equal(status_in(task, bound).mps_msgcount, 1);
    mach_port_t right;
    mach_msg_type_name_t disposition;
    assert_code(mach_port_extract_right(task, bound, MOVE_RECEIVE, &right, &disposition), KERN_INVALID_CAPABILITY);
    expect_violation(bound, kGUARD_EXC_IMMOVABLE, 0);
    destroy(take(task, bare, MOVE_RECEIVE));
    assert_success(mach_port_unguard(task, bound, (uintptr_t)&there.message));
    assert_int_equal(status_in(task, bound).mps_flags, 0);
    end_task(task); // what is bound ends with it
    assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);
    destroy(port);
    destroy(send);
}

// facts: D8, D9
static void a_right_comes_from_another_task(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t destination = port_with_send();
    for (int known = 0; known < 2; known++) {
        struct transfer there = {.destination = give(task, destination, COPY_SEND), .port = make_port_in(task)};
        assert_success(mach_port_guard_with_flags(task, there.port, GUARD, MPG_STRICT));
        mach_port_t send = take(task, there.port, MAKE_SEND);
        begin_copied(&there.message, there.destination);
        add_guarded(&there.message, there.port, GUARD, IMMOVABLE);
        assert_int_equal(act_as(task, send_from_task, &there), MACH_MSG_SUCCESS);
        assert_int_equal(type_in(task, there.port), MACH_PORT_TYPE_NONE);
        struct carrier message;
        assert_code(receive_with(destination, &message, known ? MACH_RCV_GUARDED_DESC : 0, sizeof(message)),
                    MACH_MSG_SUCCESS);
        if (known) {
            assert_int_equal(assert_arrived(guarded_at(&message, 0), IMMOVABLE, (uintptr_t)&message), send);
            assert_guard(send, IS_GUARDED | IS_BOUND, (uintptr_t)&message);
            destruct(send, (uintptr_t)&message);
        } else {
            assert_nothing(&message, 0);
        }
        assert_int_equal(type(send), MACH_PORT_TYPE_DEAD_NAME);
        destroy(send);
        assert_success(mach_port_destroy(task, there.destination));
    }
    end_task(task);
    destroy(destination);
}

// facts: D9, C2
static void a_task_that_ends_destroys_the_guarded_rights_in_its_queues(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_name_t there = make_port_in(task);
    mach_port_t send = take(task, there, MAKE_SEND), here = make_port();
    mach_port_t ports[] = {port_with_send(), port_with_send()};
    struct carrier message;
    begin_copied(&message, send);
    for (unsigned i = 0; i < 2; i++) {
        guard_again(ports[i], GUARD);
        if (i == 0) add_guarded(&message, ports[i], GUARD, IMMOVABLE);
    }
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    send_guarded(here, ports[1], GUARD, IMMOVABLE); // not its queue
    end_task(task);
    assert_int_equal(type(ports[0]), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(ports[1]), MACH_PORT_TYPE_SEND);
    destroy(here);
    assert_int_equal(type(ports[1]), MACH_PORT_TYPE_DEAD_NAME);
    destroy(ports[0]);
    destroy(ports[1]);
    destroy(send);
}

// ---- Whose violations they are

struct violator {
    mach_port_name_t port, destination, thread;
    pthread_barrier_t ends; // for a thread that is looked at while it lives
};

static int64_t send_bound(void *argument) {
    struct violator *it = argument;
    it->thread = mach_thread_self();
    struct test_message message = message_to(it->destination, COPY_SEND, 1);
    message.header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
    message.header.msgh_size = 28 + 16;
    message.body.msgh_descriptor_count = 1;
    mach_msg_guarded_port_descriptor_t right = {
        .context = OTHER, .flags = IMMOVABLE, .disposition = MOVE_RECEIVE, .type = 4, .name = it->port};
    memcpy(message.ports, &right, sizeof(right));
    return send_now(&message);
}

static int64_t send_bound_and_stay(void *argument) {
    struct violator *it = argument;
    int64_t code = send_bound(it);
    pthread_barrier_wait(&it->ends); // it is done
    pthread_barrier_wait(&it->ends); // and may end
    return code;
}

// facts: G11, G4
static void a_refused_send_is_the_violation_of_its_thread(void **state) {
    (void)state;
    struct violator it = {.port = bound_port(), .destination = port_with_send()};
    assert_int_equal(pthread_barrier_init(&it.ends, NULL, 2), 0);
    for (int bound = 1; bound >= 0; bound--) {
        struct test_thread thread;
        start_thread(&thread, send_bound_and_stay, &it);
        pthread_barrier_wait(&it.ends);
        check_violation(SELF, it.thread, it.port, bound ? kGUARD_EXC_IMMOVABLE : kGUARD_EXC_INCORRECT_GUARD,
                        bound ? 0 : GUARD, __FILE__, __LINE__);
        pthread_barrier_wait(&it.ends);
        assert_code(join_thread(&thread), MACH_SEND_INVALID_RIGHT);
        destroy(it.thread);
        destruct(it.port, GUARD);
        it.port = port_guarded(GUARD, 0);
    }
    destruct(it.port, GUARD);
    destroy(it.destination);
    pthread_barrier_destroy(&it.ends);
}

// facts: G11
static void a_refused_send_is_told_to_the_handler_of_its_task(void **state) {
    (void)state;
    task_t task = make_task();
    assert_success(task_set_exception_ports(task, EXC_MASK_GUARD, handler,
                                            (exception_behavior_t)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES), 0));
    struct violator it = {.port = make_port_in(task), .destination = make_port_in(task)};
    assert_success(mach_port_insert_right(task, it.destination, take(task, it.destination, MAKE_SEND), MOVE_SEND));
    assert_success(mach_port_guard_with_flags(task, it.port, GUARD, MPG_STRICT));
    assert_int_equal(act_as(task, send_bound, &it), MACH_SEND_INVALID_RIGHT);
    check_violation(task, MACH_PORT_NULL, it.port, kGUARD_EXC_INCORRECT_GUARD, GUARD, __FILE__, __LINE__);
    assert_int_equal(status_in(task, it.port).mps_flags, IS_GUARDED | IS_STRICT);
    end_task(task);
}

// facts: G11, G4
static void without_a_handler_a_violation_is_just_a_code(void **state) {
    (void)state;
    assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0));
    struct violator it = {.port = bound_port(), .destination = port_with_send()};
    assert_code(send_bound(&it), MACH_SEND_INVALID_RIGHT);
    assert_success(mach_port_deallocate(SELF, it.thread));
    assert_code(mach_port_swap_guard(SELF, it.port, 0, 0), KERN_INVALID_ARGUMENT);
    assert_int_equal(type(it.port), MACH_PORT_TYPE_RECEIVE);
    destroy(it.port);
    destroy(it.destination);
    assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, handler,
                                            (exception_behavior_t)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES), 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        GUARD_TEST(flags_say_whether_a_guard_is_strict_and_binds),
        GUARD_TEST(a_context_keeps_a_guard_with_flags_away),
        GUARD_TEST(a_guard_of_zero_is_replaced_but_its_binding_stays),
        GUARD_TEST(guards_with_flags_are_for_receive_rights),
        GUARD_TEST(being_bound_outlives_the_guard_and_shows_with_the_next),
        GUARD_TEST(a_port_is_bound_from_its_start_if_it_is_guarded),
        GUARD_TEST(a_bound_right_moves_in_no_message),
        GUARD_TEST(a_bound_right_does_not_move_to_another_task),
        GUARD_TEST(being_bound_is_seen_before_the_place_that_the_right_would_have),
        GUARD_TEST(the_bound_right_of_another_task_cannot_be_taken),
        GUARD_TEST(a_guarded_right_that_is_not_bound_moves_by_every_way_and_loses_its_guard),
        GUARD_TEST(what_being_bound_does_not_hinder),
        GUARD_TEST(a_bound_guard_forbids_what_any_guard_does),
        GUARD_TEST(a_bound_right_travels_when_its_end_was_asked_for),
        GUARD_TEST(swapping_puts_another_guard_in_place),
        GUARD_TEST(swapping_wants_a_guard_that_is_not_strict_and_known),
        GUARD_TEST(the_layout_is_that_of_sixty_four_bits),
        GUARD_TEST(a_malformed_descriptor_is_found_before_anything_moves),
        GUARD_TEST(a_guarded_descriptor_needs_sixteen_bytes),
        GUARD_TEST(a_descriptor_of_no_known_type_has_twelve_bytes_before_a_guarded_one),
        GUARD_TEST(a_name_without_receive_right_is_refused_without_violation),
        GUARD_TEST(the_sender_shows_the_guard_or_says_that_there_is_none),
        GUARD_TEST(a_refused_guard_ends_what_came_before_it),
        GUARD_TEST(an_element_that_is_bound_ends_those_before_it),
        GUARD_TEST(a_right_is_not_sent_twice_in_one_message),
        GUARD_TEST(a_guarded_right_leaves_as_any_receive_right_does),
        GUARD_TEST(a_right_arrives_guarded_by_the_receive_buffer_and_bound),
        GUARD_TEST(a_right_sent_as_unguarded_arrives_unguarded),
        GUARD_TEST(no_right_arrives_with_its_flags),
        GUARD_TEST(a_separate_buffer_is_the_guard),
        GUARD_TEST(a_blocked_receiver_gets_the_right_guarded_by_its_buffer),
        GUARD_TEST(a_right_joins_the_send_right_that_the_receiver_has),
        GUARD_TEST(a_guarded_right_that_finds_no_name_is_destroyed),
        GUARD_TEST(guarded_rights_arrive_beside_descriptors_of_all_kinds),
        GUARD_TEST(a_receiver_that_does_not_know_guards_gets_no_right),
        GUARD_TEST(refused_names_without_right_become_null),
        GUARD_TEST(what_stands_behind_refused_rights_is_read_right),
        GUARD_TEST(hundreds_of_rights_are_refused_in_one_message),
        GUARD_TEST(a_refused_right_travels_on_when_its_end_was_asked_for),
        GUARD_TEST(a_refused_right_counts_sixteen_bytes_of_the_buffer),
        GUARD_TEST(the_option_changes_no_other_message),
        GUARD_TEST(a_guarded_right_comes_back_guarded_by_the_buffer_but_not_bound),
        GUARD_TEST(a_right_that_came_back_moves_by_any_way),
        GUARD_TEST(guarded_rights_end_with_the_queue_that_holds_them),
        GUARD_TEST(a_guarded_right_sent_to_its_own_port_dies),
        GUARD_TEST(guarded_rights_in_a_circle_die),
        GUARD_TEST(a_peek_sees_a_guarded_message_and_leaves_it),
        GUARD_TEST(destroying_a_message_shows_the_guards_in_it),
        GUARD_TEST(destroying_a_message_with_the_wrong_guard_leaves_the_port),
        GUARD_TEST(a_right_goes_to_another_task_and_is_bound_there),
        GUARD_TEST(a_right_comes_from_another_task),
        GUARD_TEST(a_task_that_ends_destroys_the_guarded_rights_in_its_queues),
        GUARD_TEST(a_refused_send_is_the_violation_of_its_thread),
        GUARD_TEST(a_refused_send_is_told_to_the_handler_of_its_task),
        GUARD_TEST(without_a_handler_a_violation_is_just_a_code),
    };
    return TASK_RUN(tests);
}

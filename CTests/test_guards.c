// Guards: what they forbid, what they do not, the exceptions that violations raise, and the calls that make and end ports with them. Rows G1 to G11, R10, R12, R14, R18.
#define _GNU_SOURCE // pipe2

#include "notify_support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define GUARD 0xfeedface12345678u

// ---- Exceptions

#define WIDE MACH_EXCEPTION_CODES

// Where the exceptions of this task go while a test looks at them.
static mach_port_t handler;

static void set_handler(uint32_t behavior, thread_state_flavor_t flavor) {
    assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, handler, (exception_behavior_t)behavior, flavor));
}

static void begin_handling(uint32_t behavior, thread_state_flavor_t flavor) {
    handler = port_with_send();
    set_handler(behavior, flavor);
}

static void end_handling(void) {
    expect_no_message(handler);
    assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0));
    assert_int_equal(refs(handler, MACH_PORT_RIGHT_SEND), 1);
    destroy(handler);
    handler = MACH_PORT_NULL;
}

static int32_t int_at(const struct test_message *message, size_t offset) {
    int32_t value;
    memcpy(&value, (const char *)message + offset, sizeof(value));
    return value;
}

static uint64_t wide_at(const struct test_message *message, size_t offset) {
    uint64_t value;
    memcpy(&value, (const char *)message + offset, sizeof(value));
    return value;
}

static uint64_t code_of(mach_port_t name, unsigned flavor) {
    return (uint64_t)1 << 61 | (uint64_t)flavor << 32 | name; // G4
}

// Receives an exception message of this form, and drops its rights; the thread that it names may be checked.
static void check_violation(mach_port_t port, uint32_t behavior, thread_state_flavor_t state_flavor, mach_port_t name,
                            unsigned flavor, uint64_t guard, mach_port_t thread) {
    struct test_message it;
    assert_code(receive_now(port, &it, 0), MACH_MSG_SUCCESS);
    unsigned form = behavior & 3;
    bool wide = behavior & WIDE, identity = form != EXCEPTION_STATE, with_state = form != EXCEPTION_DEFAULT;
    assert_int_equal(it.header.msgh_id, 2400 + form + (wide ? 4 : 0));
    assert_int_equal(it.header.msgh_local_port, port);
    assert_int_equal(it.header.msgh_voucher_port, 0);
    assert_int_equal(it.header.msgh_bits & ~0x1fu, (identity ? 0x80000000u : 0) | MOVE_SEND << 8);
    size_t offset = 24;
    if (identity) {
        assert_int_equal(it.body.msgh_descriptor_count, 2);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(it.ports[i].type, MACH_MSG_PORT_DESCRIPTOR);
            assert_int_equal(it.ports[i].disposition, MACH_MSG_TYPE_PORT_SEND);
        }
        assert_int_equal(it.ports[0].name, thread); // G11: the thread that did it
        assert_int_equal(it.ports[1].name, SELF);
        assert_success(mach_port_deallocate(SELF, it.ports[0].name));
        assert_success(mach_port_deallocate(SELF, it.ports[1].name));
        offset = 52;
    }
    assert_memory_equal((const char *)&it + offset, &NDR_record, 8);
    assert_int_equal(int_at(&it, offset + 8), EXC_GUARD);
    assert_int_equal(int_at(&it, offset + 12), 2);
    offset += 16;
    if (wide) {
        assert_int_equal(wide_at(&it, offset), code_of(name, flavor)); // G4
        assert_int_equal(wide_at(&it, offset + 8), guard);             // G11
        offset += 16;
    } else {
        assert_int_equal((uint32_t)int_at(&it, offset), name); // the lower halves
        assert_int_equal((uint32_t)int_at(&it, offset + 4), (uint32_t)guard);
        offset += 8;
    }
    if (with_state) {
        assert_int_equal(int_at(&it, offset), state_flavor);
        uint32_t words = (uint32_t)int_at(&it, offset + 4);
        assert_in_range(words, 0, THREAD_STATE_MAX);
        offset += 8 + 4 * words;
    }
    assert_int_equal(it.header.msgh_size, offset);
    if (it.header.msgh_remote_port != MACH_PORT_NULL)
        assert_success(mach_port_deallocate(SELF, it.header.msgh_remote_port));
}

// The next exception is of this flavor, by this thread, and tells this guard.
static void expect_violation(mach_port_t name, unsigned flavor, uint64_t guard) {
    mach_port_t thread = mach_thread_self();
    check_violation(handler, EXCEPTION_DEFAULT | WIDE, 0, name, flavor, guard, thread);
    assert_success(mach_port_deallocate(SELF, thread));
}

// ---- Ports

static uint64_t context_of(mach_port_t port) {
    mach_port_context_t context = 0x5a5a5a5a;
    assert_success(mach_port_get_context(SELF, port, &context));
    return context;
}

static mach_port_t guarded_port(uint64_t guard, boolean_t strict) {
    mach_port_t port = make_port();
    assert_success(mach_port_guard(SELF, port, guard, strict));
    return port;
}

static void unguard_and_destroy(mach_port_t port, uint64_t guard) {
    assert_success(mach_port_unguard(SELF, port, guard));
    destroy(port);
}

static const uint64_t guards[] = {1, GUARD, 0x80000000, 0x8000000000000000, 0xffffffff, 0xffffffffffffffff};

// ---- Guarding and unguarding

static void a_guard_becomes_the_context(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    for (size_t i = 0; i < COUNT_OF(guards); i++) {
        for (int strict = 0; strict < 2; strict++) {
            mach_port_t port = make_port();
            assert_int_equal(status(port).mps_flags, 0);
            assert_success(mach_port_guard(SELF, port, guards[i], strict));
            assert_int_equal(status(port).mps_flags, strict ? 6 : 2);   // G7
            assert_int_equal(context_of(port), strict ? 0 : guards[i]); // G1
            assert_success(mach_port_unguard(SELF, port, guards[i]));
            assert_int_equal(status(port).mps_flags, 0);
            assert_int_equal(context_of(port), 0);
            assert_success(mach_port_guard(SELF, port, guards[i] ^ 1, !strict)); // and again
            assert_int_equal(status(port).mps_flags, !strict ? 6 : 2);
            if ((guards[i] ^ 1) != 0) {
                unguard_and_destroy(port, guards[i] ^ 1);
            } else {
                destroy(port); // R18
            }
        }
    }
    // Any truth makes it strict.
    mach_port_t port = guarded_port(GUARD, 0x100);
    assert_int_equal(status(port).mps_flags, 6);
    unguard_and_destroy(port, GUARD);
    end_handling();
}

static void a_context_keeps_a_guard_away(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    mach_port_t port = make_port();
    assert_success(mach_port_set_context(SELF, port, 5));
    for (int strict = 0; strict < 2; strict++) {
        assert_code(mach_port_guard(SELF, port, GUARD, strict), KERN_INVALID_ARGUMENT); // G1
        assert_code(mach_port_guard(SELF, port, 5, strict), KERN_INVALID_ARGUMENT);
        assert_code(mach_port_guard(SELF, port, 0, strict), KERN_INVALID_ARGUMENT);
    }
    assert_int_equal(context_of(port), 5);
    assert_int_equal(status(port).mps_flags, 0);
    assert_success(mach_port_set_context(SELF, port, 0));
    for (int strict = 0; strict < 2; strict++) {
        assert_success(mach_port_guard(SELF, port, GUARD, strict));
        assert_code(mach_port_guard(SELF, port, GUARD, strict), KERN_INVALID_ARGUMENT); // G1
        assert_code(mach_port_guard(SELF, port, 7, !strict), KERN_INVALID_ARGUMENT);
        assert_code(mach_port_guard(SELF, port, 0, 0), KERN_INVALID_ARGUMENT);
        assert_int_equal(status(port).mps_flags, strict ? 6 : 2);
        assert_success(mach_port_unguard(SELF, port, GUARD));
    }
    destroy(port);
    end_handling(); // none of this is a violation
}

static void a_guard_of_zero_is_weak(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    for (int strict = 0; strict < 2; strict++) {
        mach_port_t port = guarded_port(0, strict); // G1
        assert_int_equal(status(port).mps_flags, strict ? 6 : 2);
        assert_int_equal(context_of(port), 0);
        assert_code(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1), KERN_INVALID_RIGHT); // R18
        expect_violation(port, kGUARD_EXC_MOD_REFS, 0);
        assert_success(mach_port_guard(SELF, port, 0, !strict)); // R18
        assert_int_equal(status(port).mps_flags, !strict ? 6 : 2);
        assert_success(mach_port_guard(SELF, port, 9, strict)); // R18
        assert_code(mach_port_guard(SELF, port, 0, strict), KERN_INVALID_ARGUMENT);
        assert_code(mach_port_unguard(SELF, port, 0), KERN_INVALID_ARGUMENT);
        expect_violation(port, kGUARD_EXC_INCORRECT_GUARD, 9);
        assert_success(mach_port_unguard(SELF, port, 9));
        assert_success(mach_port_guard(SELF, port, 0, strict));
        assert_success(mach_port_unguard(SELF, port, 0));
        assert_success(mach_port_guard(SELF, port, 0, strict));
        destroy(port); // R10, R18
        assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
        port = guarded_port(0, strict);
        assert_code(mach_port_destruct(SELF, port, 0, 1), KERN_INVALID_ARGUMENT);
        expect_violation(port, kGUARD_EXC_DESTROY, 0);
        assert_success(mach_port_destruct(SELF, port, 0, 0));
    }
    end_handling();
}

static void a_strict_guard_hides_and_keeps_the_context(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    const uint64_t wanted[] = {0, 1, GUARD, 0xffffffffffffffff};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        mach_port_t port = guarded_port(GUARD, TRUE);
        struct picture picture = take_picture();
        assert_code(mach_port_set_context(SELF, port, wanted[i]), KERN_INVALID_ARGUMENT); // G1
        expect_violation(port, kGUARD_EXC_SET_CONTEXT, GUARD);                            // G1, G11
        assert_success(mach_port_set_seqno(SELF, handler, 0));
        assert_unchanged(picture);
        assert_int_equal(context_of(port), 0); // G1
        unguard_and_destroy(port, GUARD);
    }
    mach_port_t port = guarded_port(0, TRUE);
    assert_code(mach_port_set_context(SELF, port, 0), KERN_INVALID_ARGUMENT);
    expect_violation(port, kGUARD_EXC_SET_CONTEXT, 0);
    unguard_and_destroy(port, 0);
    end_handling();
}

static void setting_the_context_replaces_a_guard_that_is_not_strict(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    mach_port_t port = guarded_port(GUARD, FALSE);
    assert_success(mach_port_set_context(SELF, port, 77)); // G1
    assert_int_equal(context_of(port), 77);
    assert_int_equal(status(port).mps_flags, 2);
    assert_code(mach_port_unguard(SELF, port, GUARD), KERN_INVALID_ARGUMENT);
    expect_violation(port, kGUARD_EXC_INCORRECT_GUARD, 77);
    assert_success(mach_port_set_context(SELF, port, 0));
    assert_code(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1), KERN_INVALID_RIGHT);
    expect_violation(port, kGUARD_EXC_MOD_REFS, 0);
    destroy(port); // R18: its guard is 0 now
    end_handling();
}

static void unguarding_wants_a_guard_and_the_right_one(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    mach_port_t port = make_port();
    for (uint64_t context = 0; context < 2; context++) {
        assert_success(mach_port_set_context(SELF, port, context));
        for (uint64_t guard = 0; guard < 2; guard++) {
            assert_code(mach_port_unguard(SELF, port, guard), KERN_INVALID_ARGUMENT); // G2
            expect_violation(port, kGUARD_EXC_UNGUARDED, 0);                          // G2, G11
            assert_int_equal(context_of(port), context);
        }
    }
    assert_success(mach_port_set_context(SELF, port, 0));
    for (int strict = 0; strict < 2; strict++) {
        assert_success(mach_port_guard(SELF, port, GUARD, strict));
        const uint64_t wrong[] = {0, 1, GUARD ^ 1, GUARD ^ 0x8000000000000000, (uint32_t)GUARD, ~GUARD};
        for (size_t i = 0; i < COUNT_OF(wrong); i++) {
            assert_code(mach_port_unguard(SELF, port, wrong[i]), KERN_INVALID_ARGUMENT); // G2
            expect_violation(port, kGUARD_EXC_INCORRECT_GUARD, GUARD);                   // G2, G11
            assert_int_equal(status(port).mps_flags, strict ? 6 : 2);
        }
        assert_success(mach_port_unguard(SELF, port, GUARD));
        assert_code(mach_port_unguard(SELF, port, GUARD), KERN_INVALID_ARGUMENT);
        expect_violation(port, kGUARD_EXC_UNGUARDED, 0);
    }
    destroy(port);
    end_handling();
}

static void guards_are_for_receive_rights(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    mach_port_t carrier, send = make_send_only(1, &carrier), set = make_set(), dead = make_dead_name(1);
    mach_port_t port = make_port(), once = make_send_once(port);
    const struct {
        mach_port_t name;
        kern_return_t code;
    } bad[] = {
        {MACH_PORT_NULL, KERN_INVALID_NAME}, // R14
        {MACH_PORT_DEAD, KERN_INVALID_NAME}, // R14
        {unknown_name(), KERN_INVALID_NAME}, {send, KERN_INVALID_RIGHT}, {set, KERN_INVALID_RIGHT},
        {dead, KERN_INVALID_RIGHT},          {once, KERN_INVALID_RIGHT}, {SELF, KERN_INVALID_RIGHT},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct picture picture = take_picture();
        assert_code(mach_port_guard(SELF, bad[i].name, GUARD, FALSE), bad[i].code);
        assert_code(mach_port_guard(SELF, bad[i].name, 0, TRUE), bad[i].code);
        assert_code(mach_port_unguard(SELF, bad[i].name, GUARD), bad[i].code);
        assert_code(mach_port_unguard(SELF, bad[i].name, 0), bad[i].code);
        assert_code(mach_port_destruct(SELF, bad[i].name, 0, 0), bad[i].code); // G3
        assert_code(mach_port_destruct(SELF, bad[i].name, -1, GUARD), bad[i].code);
        assert_code(mach_port_destruct(SELF, bad[i].name, 1, GUARD), bad[i].code);
        assert_unchanged(picture);
    }
    const mach_port_t no_tasks[] = {MACH_PORT_NULL, MACH_PORT_DEAD, port, dead, 0x12345678};
    mach_port_options_t options = {.flags = 0};
    for (size_t i = 0; i < COUNT_OF(no_tasks); i++) {
        struct picture picture = take_picture();
        mach_port_t name = 0x5a5a5a5a;
        assert_code(mach_port_guard(no_tasks[i], port, GUARD, FALSE), KERN_INVALID_TASK);
        assert_code(mach_port_unguard(no_tasks[i], port, GUARD), KERN_INVALID_TASK);
        assert_code(mach_port_destruct(no_tasks[i], port, 0, 0), KERN_INVALID_TASK);
        assert_code(mach_port_construct(no_tasks[i], &options, 0, &name), KERN_INVALID_TASK);
        assert_int_equal(name, 0x5a5a5a5a);
        assert_unchanged(picture);
    }
    destroy(once);
    destroy(port);
    destroy(set);
    destroy(dead);
    destroy(carrier);
    destroy(send);
    end_handling();
}

// ---- What a guard forbids

static void a_guarded_port_is_not_destroyed(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    for (int strict = 0; strict < 2; strict++) {
        for (int with_send = 0; with_send < 2; with_send++) {
            mach_port_t port = guarded_port(GUARD, strict), set = make_set(), notify = make_port();
            mach_port_t once = make_send_once(port);
            if (with_send) insert_send(port);
            put_in_set(port, set);
            arm(port, DEAD_NAME, 0, notify);
            arm(port, NO_SENDERS, 100, notify);
            queue_messages(port, 2);
            struct picture picture = take_picture();
            assert_code(mach_port_destroy(SELF, port), KERN_INVALID_RIGHT);                               // R10
            expect_violation(port, kGUARD_EXC_DESTROY, GUARD);                                            // R10, G11
            assert_code(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1), KERN_INVALID_RIGHT); // R12
            expect_violation(port, kGUARD_EXC_MOD_REFS, GUARD);                                           // R12, G11
            assert_code(mach_port_destruct(SELF, port, 0, GUARD ^ 2), KERN_INVALID_ARGUMENT);             // G3
            expect_violation(port, kGUARD_EXC_DESTROY, GUARD);                                            // G3, G11
            if (with_send) {
                assert_code(mach_port_destruct(SELF, port, -1, 0), KERN_INVALID_ARGUMENT); // G3
                expect_violation(port, kGUARD_EXC_DESTROY, GUARD);
            }
            assert_success(mach_port_set_seqno(SELF, handler, 0));
            assert_unchanged(picture); // G8
            assert_true(is_member(port, set));
            assert_int_equal(listed_type(port), (with_send ? MACH_PORT_TYPE_SEND_RECEIVE : MACH_PORT_TYPE_RECEIVE) |
                                                    MACH_PORT_TYPE_DNREQUEST);
            expect_no_message(notify);
            expect_message(port, 0); // it works on
            assert_send_once_to(cancel(port, NO_SENDERS), notify);
            unguard_and_destroy(port, GUARD);
            expect_notification(notify, PORT_DELETED, port);
            destroy(once);
            destroy(set);
            destroy(notify);
        }
    }
    end_handling();
}

static void what_a_guard_does_not_forbid(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    mach_port_t port = guarded_port(GUARD, TRUE), set = make_set();
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, 0));
    assert_code(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, 1), KERN_INVALID_VALUE); // R3 comes first
    assert_code(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -2), KERN_INVALID_VALUE);
    assert_code(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, -1), KERN_INVALID_RIGHT); // R7
    assert_code(mach_port_deallocate(SELF, port), KERN_INVALID_RIGHT);                         // R9
    insert_send(port);
    insert_send(port);
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 3));
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, -4));
    assert_success(mach_port_deallocate(SELF, port));
    put_in_set(port, set);
    queue_messages(port, 1);
    expect_message(set, 0);
    assert_success(mach_port_move_member(SELF, port, MACH_PORT_NULL));
    assert_success(mach_port_set_seqno(SELF, port, 3));
    assert_success(mach_port_set_mscount(SELF, port, 3));
    set_limit(port, 3);
    assert_success(mach_port_set_attributes(SELF, port, MACH_PORT_TEMPOWNER, NULL, 0));
    assert_int_equal(status(port).mps_flags, 0xf); // G7
    destroy(set);
    unguard_and_destroy(port, GUARD);
    end_handling();
}

static void a_guarded_right_that_moves_loses_its_guard(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    for (int how = 0; how < 3; how++) {
        for (int strict = 0; strict < 2; strict++) {
            mach_port_t port = guarded_port(GUARD, strict), other = make_port(), back = MACH_PORT_NULL;
            mach_msg_type_name_t disposition = 0;
            if (how == 0) {
                put_in_transit(port, other); // G9
                back = take_from_transit(other);
            } else if (how == 1) {
                assert_success(mach_port_extract_right(SELF, port, MOVE_RECEIVE, &back, &disposition)); // G9
                assert_int_equal(disposition, MACH_MSG_TYPE_PORT_RECEIVE);
            } else {
                arm(port, PORT_DESTROYED, 0, other);
                assert_success(mach_port_destruct(SELF, port, 0, GUARD));
                back = expect_port_destroyed(other); // C2
            }
            assert_int_equal(status(back).mps_flags, 0);
            assert_int_equal(context_of(back), 0);
            assert_code(mach_port_unguard(SELF, back, GUARD), KERN_INVALID_ARGUMENT);
            expect_violation(back, kGUARD_EXC_UNGUARDED, 0);
            assert_success(mach_port_set_context(SELF, back, 4));
            kill_port(back);
            destroy(other);
        }
    }
    end_handling();
}

// ---- Constructing

static void every_combination_of_options(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    assert_int_equal(sizeof(mach_port_options_t), 24);
    assert_int_equal(MPO_CONTEXT_AS_GUARD, 1); // G5
    assert_int_equal(MPO_QLIMIT, 2);
    assert_int_equal(MPO_TEMPOWNER, 4);
    assert_int_equal(MPO_IMPORTANCE_RECEIVER, 8);
    assert_int_equal(MPO_INSERT_SEND_RIGHT, 0x10);
    assert_int_equal(MPO_STRICT, 0x20);
    assert_int_equal(MPO_DENAP_RECEIVER, 0x40);
    const uint64_t contexts[] = {0, GUARD};
    assert_int_equal(MPO_IMMOVABLE_RECEIVE, 0x80);
    for (uint32_t flags = 0; flags < 512; flags++) {
        for (size_t i = 0; i < COUNT_OF(contexts); i++) {
            bool unknown = flags & 0x100; // G10: all that are unknown
            mach_port_options_t options = {.flags = unknown ? flags | 0xffffff00 : flags, .mpl = {16}};
            if (!(flags & MPO_QLIMIT)) options.mpl.mpl_qlimit = 0xffffffff;        // not looked at
            if (unknown) options.reserved[0] = options.reserved[1] = ~(uint64_t)0; // G10
            mach_port_options_t given = options;
            mach_port_t port = MACH_PORT_NULL;
            assert_success(mach_port_construct(SELF, &options, contexts[i], &port));
            assert_memory_equal(&options, &given, sizeof(given));
            bool guarded = flags & MPO_CONTEXT_AS_GUARD, strict = guarded && flags & MPO_STRICT; // G10
            bool send = flags & MPO_INSERT_SEND_RIGHT;
            mach_port_status_t now = status(port);
            natural_t expected = (guarded ? MACH_PORT_STATUS_FLAG_GUARDED : 0) |
                                 (strict ? MACH_PORT_STATUS_FLAG_STRICT_GUARD : 0) |
                                 (guarded && flags & MPO_IMMOVABLE_RECEIVE // G12
                                      ? MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE
                                      : 0) |
                                 (flags & MPO_TEMPOWNER ? MACH_PORT_STATUS_FLAG_TEMPOWNER : 0) |
                                 (flags & (MPO_TEMPOWNER | MPO_IMPORTANCE_RECEIVER | MPO_DENAP_RECEIVER)
                                      ? MACH_PORT_STATUS_FLAG_IMP_DONATION
                                      : 0);
            assert_int_equal(now.mps_flags, expected); // G5, G7
            assert_int_equal(now.mps_qlimit, flags & MPO_QLIMIT ? 16 : 5);
            assert_int_equal(now.mps_mscount, send); // G6, T2
            assert_int_equal(now.mps_srights, send);
            assert_int_equal(now.mps_sorights, 0);
            assert_int_equal(now.mps_msgcount, 0);
            assert_int_equal(now.mps_seqno, 0);
            assert_int_equal(type(port), send ? MACH_PORT_TYPE_SEND_RECEIVE : MACH_PORT_TYPE_RECEIVE);
            assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), send);     // G6
            assert_int_equal(context_of(port), strict ? 0 : contexts[i]); // G6
            assert_success(mach_port_destruct(SELF, port, send ? -1 : 0, guarded ? contexts[i] : 99));
            assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
        }
    }
    end_handling();
}

static void constructing_with_any_queue_limit(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    for (size_t i = 0; i < edge_value_count; i++) {
        for (uint32_t guard = 0; guard < 2; guard++) {
            struct picture picture = take_picture();
            mach_port_options_t options = {.flags =
                                               MPO_QLIMIT | MPO_INSERT_SEND_RIGHT | (guard ? MPO_STRICT : 0) | guard,
                                           .mpl = {edge_values[i]}};
            mach_port_t port = 0x5a5a5a5a;
            uint64_t ports = live_ports();
            if (edge_values[i] <= MACH_PORT_QLIMIT_MAX) {
                assert_success(mach_port_construct(SELF, &options, GUARD, &port));
                assert_int_equal(status(port).mps_qlimit, edge_values[i]);
                assert_success(mach_port_destruct(SELF, port, -1, GUARD));
            } else {
                assert_code(mach_port_construct(SELF, &options, GUARD, &port), KERN_INVALID_VALUE); // G6
                assert_int_equal(port, 0x5a5a5a5a);                                                 // G10
            }
            assert_int_equal(live_ports(), ports); // G10
            assert_unchanged(picture);
        }
    }
    end_handling();
}

static void constructing_needs_options_and_a_place_for_the_name(void **state) {
    (void)state;
    mach_port_options_t options = {.flags = 0};
    mach_port_t port = 0x5a5a5a5a;
    uint64_t ports = live_ports();
    assert_code(mach_port_construct(SELF, NULL, 0, &port), KERN_INVALID_ARGUMENT);
    assert_int_equal(port, 0x5a5a5a5a);
    assert_code(mach_port_construct(SELF, &options, 0, NULL), KERN_INVALID_ARGUMENT);
    assert_int_equal(live_ports(), ports);
}

// ---- Destructing

static void destructing_tests_its_arguments_in_order(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    const mach_port_delta_t least = (mach_port_delta_t)0x80000000;
    const struct {
        bool send, guarded;
        mach_port_delta_t delta;
        uint64_t guard;
        kern_return_t code;
        bool violation;
    } calls[] = {
        {false, false, -1, 0, KERN_INVALID_RIGHT, false},
        {false, false, 1, 0, KERN_INVALID_RIGHT, false}, // the lack of a send right comes before the value
        {false, true, -1, 0, KERN_INVALID_RIGHT, false}, // and before the guard
        {false, true, 1, 0, KERN_INVALID_RIGHT, false},
        {false, true, least, GUARD, KERN_INVALID_RIGHT, false},
        {false, true, 0, 0, KERN_INVALID_ARGUMENT, true},
        {false, true, 0, ~GUARD, KERN_INVALID_ARGUMENT, true},
        {true, false, 1, 0, KERN_INVALID_VALUE, false},
        {true, false, 0x7fffffff, 0, KERN_INVALID_VALUE, false},
        {true, true, 1, 0, KERN_INVALID_VALUE, false}, // comes before the guard
        {true, true, 1, GUARD, KERN_INVALID_VALUE, false},
        {true, true, 0, 0, KERN_INVALID_ARGUMENT, true},
        {true, true, -3, 0, KERN_INVALID_ARGUMENT, true},
        {true, true, -4, 0, KERN_INVALID_ARGUMENT, true}, // the guard comes before the count
        {true, true, least, 1, KERN_INVALID_ARGUMENT, true},
        {true, true, -4, GUARD, KERN_INVALID_VALUE, false},
        {true, true, least, GUARD, KERN_INVALID_VALUE, false},
        {true, false, -4, 0, KERN_INVALID_VALUE, false},
        {true, false, -65536, 0, KERN_INVALID_VALUE, false},
        {true, false, least, 0, KERN_INVALID_VALUE, false},
        {true, false, least + 1, 0, KERN_INVALID_VALUE, false},
    };
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        mach_port_t port = make_port();
        if (calls[i].guarded) assert_success(mach_port_guard(SELF, port, GUARD, i % 2));
        if (calls[i].send) {
            insert_send(port);
            assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 2));
        }
        struct picture picture = take_picture();
        assert_code(mach_port_destruct(SELF, port, calls[i].delta, calls[i].guard), calls[i].code); // G3
        if (calls[i].violation) {
            expect_violation(port, kGUARD_EXC_DESTROY, GUARD);
            assert_success(mach_port_set_seqno(SELF, handler, 0));
        }
        expect_no_message(handler);
        assert_unchanged(picture);
        assert_success(mach_port_destruct(SELF, port, calls[i].send ? -3 : 0, GUARD));
        assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    }
    end_handling();
}

static void destructing_drops_as_many_references_as_it_is_told(void **state) {
    (void)state;
    const mach_port_delta_t counts[] = {1, 2, 3, 65534};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        for (int guarded = 0; guarded < 2; guarded++) {
            const mach_port_delta_t drops[] = {0, 1, counts[i] - 1, counts[i]};
            for (size_t j = 0; j < COUNT_OF(drops); j++) {
                mach_port_t port = port_with_sends((mach_port_urefs_t)counts[i]), set = make_set();
                put_in_set(port, set);
                if (guarded) assert_success(mach_port_guard(SELF, port, GUARD, TRUE));
                assert_success(mach_port_destruct(SELF, port, -drops[j], GUARD)); // G3: any guard will do without one
                mach_port_delta_t left = counts[i] - drops[j];
                if (left == 0) {
                    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
                } else {
                    assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);        // G3
                    assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), left); // R11
                    destroy(port);
                }
                destroy(set);
            }
        }
    }
}

static void destructing_kills_the_port(void **state) {
    (void)state;
    mach_port_t port = guarded_port(GUARD, FALSE), once = make_send_once(port), reply = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 0);
    set_reply(&message, reply, MAKE_SEND_ONCE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    struct caller sender;
    set_limit(port, 1);
    block_sender(&sender, port, 1);
    assert_success(mach_port_destruct(SELF, port, 0, GUARD));
    assert_code(finish(&sender), MACH_MSG_SUCCESS); // Q4
    expect_notification(reply, SEND_ONCE, 0);
    assert_int_equal(type(once), MACH_PORT_TYPE_DEAD_NAME);
    destroy(once);
    destroy(reply);
}

// ---- Exceptions

static void the_codes_are_the_historic_ones(void **state) {
    (void)state;
    assert_int_equal(GUARD_TYPE_MACH_PORT, 1); // G4
    assert_int_equal(kGUARD_EXC_DESTROY, 1);   // G11
    assert_int_equal(kGUARD_EXC_MOD_REFS, 2);
    assert_int_equal(kGUARD_EXC_SET_CONTEXT, 4);
    assert_int_equal(kGUARD_EXC_UNGUARDED, 8);
    assert_int_equal(kGUARD_EXC_INCORRECT_GUARD, 16);
    assert_int_equal(EXC_GUARD, 12);
    assert_int_equal(EXC_MASK_GUARD, 1 << 12);
    uint64_t code = code_of(0xdeadbe03, kGUARD_EXC_INCORRECT_GUARD);
    assert_int_equal(code, 0x20000010deadbe03);
    assert_int_equal(EXC_GUARD_DECODE_GUARD_TYPE(code), GUARD_TYPE_MACH_PORT);
    assert_int_equal(EXC_GUARD_DECODE_GUARD_FLAVOR(code), 16);
    assert_int_equal(EXC_GUARD_DECODE_GUARD_TARGET(code), 0xdeadbe03);
    code = ~(uint64_t)0;
    assert_int_equal(EXC_GUARD_DECODE_GUARD_TYPE(code), 7);
    assert_int_equal(EXC_GUARD_DECODE_GUARD_FLAVOR(code), 0x1fffffff);
    assert_int_equal(EXC_GUARD_DECODE_GUARD_TARGET(code), 0xffffffff);
}

// One violation of each flavor on a port of its own; returns the call's code.
enum { FLAVORS = 5 };
static const unsigned flavors[FLAVORS] = {kGUARD_EXC_DESTROY, kGUARD_EXC_MOD_REFS, kGUARD_EXC_SET_CONTEXT,
                                          kGUARD_EXC_UNGUARDED, kGUARD_EXC_INCORRECT_GUARD};

static kern_return_t violate(mach_port_t port, unsigned flavor, uint64_t given) {
    switch (flavor) {
    case kGUARD_EXC_DESTROY:
        return mach_port_destruct(SELF, port, 0, given);
    case kGUARD_EXC_MOD_REFS:
        return mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1);
    case kGUARD_EXC_SET_CONTEXT:
        return mach_port_set_context(SELF, port, given);
    default:
        return mach_port_unguard(SELF, port, given);
    }
}

static kern_return_t code_for(unsigned flavor) {
    return flavor == kGUARD_EXC_MOD_REFS ? KERN_INVALID_RIGHT : KERN_INVALID_ARGUMENT;
}

static uint64_t guard_for(unsigned flavor) { return flavor == kGUARD_EXC_UNGUARDED ? 0 : GUARD; }

static void every_flavor_in_every_form(void **state) {
    (void)state;
    const uint32_t behaviors[] = {EXCEPTION_DEFAULT,        EXCEPTION_STATE,        EXCEPTION_STATE_IDENTITY,
                                  EXCEPTION_DEFAULT | WIDE, EXCEPTION_STATE | WIDE, EXCEPTION_STATE_IDENTITY | WIDE};
    const thread_state_flavor_t states[] = {MACHINE_THREAD_STATE, THREAD_STATE_NONE};
    mach_port_t thread = mach_thread_self();
    for (size_t i = 0; i < COUNT_OF(behaviors); i++) {
        for (size_t s = 0; s < COUNT_OF(states); s++) {
            begin_handling(behaviors[i], states[s]);
            for (int j = 0; j < FLAVORS; j++) {
                bool guarded = flavors[j] != kGUARD_EXC_UNGUARDED;
                mach_port_t port = guarded ? guarded_port(GUARD, TRUE) : make_port();
                assert_code(violate(port, flavors[j], 0x1badcafe), code_for(flavors[j]));
                check_violation(handler, behaviors[i], states[s], port, flavors[j], guard_for(flavors[j]), thread);
                assert_success(mach_port_destruct(SELF, port, 0, GUARD));
            }
            end_handling();
        }
    }
    assert_success(mach_port_deallocate(SELF, thread));
}

static void a_violation_without_a_handler_is_just_a_code(void **state) {
    (void)state;
    // Handlers of all other exceptions hear nothing.
    mach_port_t others = port_with_send();
    assert_success(task_set_exception_ports(SELF, EXC_MASK_VALID & ~EXC_MASK_GUARD, others,
                                            (exception_behavior_t)(EXCEPTION_DEFAULT | WIDE), 0));
    uint64_t messages = live_messages();
    for (int j = 0; j < FLAVORS; j++) {
        mach_port_t port = flavors[j] == kGUARD_EXC_UNGUARDED ? make_port() : guarded_port(GUARD, TRUE);
        assert_code(violate(port, flavors[j], 1), code_for(flavors[j]));
        assert_int_equal(live_messages(), messages);
        assert_success(mach_port_destruct(SELF, port, 0, GUARD));
    }
    expect_no_message(others);
    assert_success(task_set_exception_ports(SELF, EXC_MASK_VALID, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0));
    destroy(others);
}

static void a_violation_waits_for_nobody(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    mach_port_t port = guarded_port(GUARD, TRUE);
    for (int i = 0; i < 20; i++) assert_code(violate(port, kGUARD_EXC_MOD_REFS, 0), KERN_INVALID_RIGHT);
    for (int i = 0; i < 5; i++) expect_violation(port, kGUARD_EXC_MOD_REFS, GUARD); // as many as the limit at least
    set_limit(handler, 0);
    assert_code(violate(port, kGUARD_EXC_MOD_REFS, 0), KERN_INVALID_RIGHT);
    unguard_and_destroy(port, GUARD);
    assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0));
    destroy(handler); // with what is in its queue
}

static void a_reply_to_a_violation_changes_nothing(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    mach_port_t port = guarded_port(GUARD, TRUE);
    assert_code(violate(port, kGUARD_EXC_MOD_REFS, 0), KERN_INVALID_RIGHT);
    struct test_message it;
    assert_code(receive_now(handler, &it, 0), MACH_MSG_SUCCESS);
    if (it.header.msgh_remote_port != MACH_PORT_NULL) {
        struct {
            mach_msg_header_t header;
            NDR_record_t ndr;
            kern_return_t code;
        } reply = {.ndr = NDR_record, .code = KERN_SUCCESS};
        assert_int_equal(sizeof(reply), 36);
        reply.header.msgh_bits = it.header.msgh_bits & 0x1f;
        reply.header.msgh_size = sizeof(reply);
        reply.header.msgh_remote_port = it.header.msgh_remote_port;
        reply.header.msgh_id = it.header.msgh_id + 100;
        assert_code(mach_msg(&reply.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof(reply), 0, MACH_PORT_NULL, 0,
                             MACH_PORT_NULL),
                    MACH_MSG_SUCCESS);
        it.header.msgh_remote_port = MACH_PORT_NULL;
    }
    mach_msg_destroy(&it.header);
    assert_int_equal(status(port).mps_flags, 6);
    unguard_and_destroy(port, GUARD);
    end_handling();
}

static void the_first_living_handler_hears_of_it(void **state) {
    (void)state;
    const exception_behavior_t wide = (exception_behavior_t)(EXCEPTION_DEFAULT | WIDE);
    mach_port_t thread = mach_thread_self(), host = mach_host_self(), port = guarded_port(GUARD, TRUE);
    mach_port_t of_thread = port_with_send(), of_task = port_with_send(), of_host = port_with_send();
    const mach_port_t handlers[] = {of_thread, of_task, of_host};
    for (int first = 0; first < 4; first++) {
        // Those before it have none, or one that died.
        for (int gone = 0; gone < 2; gone++) {
            mach_port_t before = gone ? port_with_send() : MACH_PORT_NULL;
            assert_success(thread_set_exception_ports(thread, EXC_MASK_GUARD, first > 0 ? before : of_thread, wide, 0));
            assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, first > 1 ? before : of_task, wide, 0));
            assert_success(host_set_exception_ports(host, EXC_MASK_GUARD, first > 2 ? before : of_host, wide, 0));
            if (gone) kill_port(before);
            assert_code(violate(port, kGUARD_EXC_MOD_REFS, 0), KERN_INVALID_RIGHT);
            for (int i = 0; i < 3; i++) {
                if (i == first) {
                    check_violation(handlers[i], EXCEPTION_DEFAULT | WIDE, 0, port, kGUARD_EXC_MOD_REFS, GUARD, thread);
                }
                expect_no_message(handlers[i]);
            }
            if (gone) destroy(before);
        }
    }
    assert_success(thread_set_exception_ports(thread, EXC_MASK_GUARD, MACH_PORT_NULL, wide, 0));
    assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, MACH_PORT_NULL, wide, 0));
    assert_success(host_set_exception_ports(host, EXC_MASK_GUARD, MACH_PORT_NULL, wide, 0));
    unguard_and_destroy(port, GUARD);
    for (int i = 0; i < 3; i++) destroy(handlers[i]);
    assert_success(mach_port_deallocate(SELF, thread));
    assert_success(mach_port_deallocate(SELF, host));
}

struct violator {
    mach_port_t port, started, go; // signals both ways
    mach_port_t self;              // its thread's port
};

static int64_t violate_in_thread(void *argument) {
    struct violator *it = argument;
    it->self = mach_thread_self();
    kern_return_t code = violate(it->port, kGUARD_EXC_MOD_REFS, 0);
    if (code != KERN_INVALID_RIGHT) return code + 1000;
    code = send_simple(it->started, MAKE_SEND, 1);
    if (code != MACH_MSG_SUCCESS) return code;
    struct test_message received;
    return mach_msg(&received.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(received), it->go, 60000,
                    MACH_PORT_NULL);
}

static void a_violation_belongs_to_the_thread_that_did_it(void **state) {
    (void)state;
    begin_handling(EXCEPTION_DEFAULT | WIDE, 0);
    // A handler of the main thread's own hears nothing of others.
    mach_port_t thread = mach_thread_self(), own = port_with_send();
    assert_success(thread_set_exception_ports(thread, EXC_MASK_GUARD, own, EXCEPTION_DEFAULT, 0));
    struct violator it = {guarded_port(GUARD, TRUE), make_port(), make_port(), MACH_PORT_NULL};
    struct test_thread other;
    start_thread(&other, violate_in_thread, &it);
    struct test_message received;
    assert_code(mach_msg(&received.header, MACH_RCV_MSG, 0, sizeof(received), it.started, 0, MACH_PORT_NULL),
                MACH_MSG_SUCCESS);
    assert_int_not_equal(it.self, thread);
    check_violation(handler, EXCEPTION_DEFAULT | WIDE, 0, it.port, kGUARD_EXC_MOD_REFS, GUARD, it.self); // G11
    expect_no_message(own);
    assert_code(send_simple(it.go, MAKE_SEND, 1), MACH_MSG_SUCCESS);
    assert_int_equal(join_thread(&other), 0);
    assert_success(mach_port_deallocate(SELF, it.self)); // a dead name by now
    assert_success(thread_set_exception_ports(thread, EXC_MASK_GUARD, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0));
    unguard_and_destroy(it.port, GUARD);
    destroy(it.started);
    destroy(it.go);
    destroy(own);
    assert_success(mach_port_deallocate(SELF, thread));
    end_handling();
}

// ---- What the environment says

// In a program of its own, started with LIBMACH_GUARD set (or not, when null), one violation; its exit status, and what it wrote to standard error.
static int run_violator(const char *action, unsigned flavor, bool handled, char *written, size_t room) {
    char number[16], setting[64], *arguments[] = {"test_guards", handled ? "handled" : "violate", number, NULL};
    snprintf(number, sizeof(number), "%u", flavor);
    snprintf(setting, sizeof(setting), "LIBMACH_GUARD=%s", action ? action : "");
    size_t count = 0, kept = 0;
    while (environ[count] != NULL) count++;
    char **environment = calloc(count + 2, sizeof(*environment));
    assert_non_null(environment);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], "LIBMACH_GUARD=", 14) != 0) environment[kept++] = environ[i];
    }
    if (action != NULL) environment[kept] = setting;

    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO), 0);
    pid_t child = 0;
    assert_int_equal(posix_spawn(&child, "/proc/self/exe", &actions, NULL, arguments, environment), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got = 1; got > 0 && length<room - 1; length += got> 0 ? (size_t)got : 0)
        while ((got = read(ends[0], written + length, room - 1 - length)) < 0 && errno == EINTR) {}
    written[length] = 0;
    close(ends[0]);
    free(environment);
    int result = -1;
    assert_int_equal(waitpid(child, &result, 0), child);
    return result;
}

// What that program does.
static int violator(bool handled, unsigned flavor) {
    mach_port_t port = MACH_PORT_NULL, own = MACH_PORT_NULL;
    if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) != KERN_SUCCESS) return 2;
    if (flavor != kGUARD_EXC_UNGUARDED && mach_port_guard(SELF, port, GUARD, TRUE) != KERN_SUCCESS) return 3;
    if (handled) {
        if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &own) != KERN_SUCCESS) return 4;
        if (mach_port_insert_right(SELF, own, own, MAKE_SEND) != KERN_SUCCESS) return 5;
        if (task_set_exception_ports(SELF, EXC_MASK_GUARD, own, EXCEPTION_DEFAULT, 0) != KERN_SUCCESS) return 6;
    }
    errno = 4711;
    if (violate(port, flavor, 0x1badcafe) != code_for(flavor)) return 7;
    if (errno != 4711) return 8;
    struct test_message received;
    if (handled && receive_now(own, &received, 0) != MACH_MSG_SUCCESS) return 9;
    return 0;
}

static void unasked_the_library_neither_writes_nor_kills(void **state) {
    (void)state;
    const char *actions[] = {NULL, "", "no", "LOG", "KILL", "log ", "logs", "killer", "1"};
    char written[4096];
    for (size_t i = 0; i < COUNT_OF(actions); i++) {
        int result = run_violator(actions[i], flavors[i % FLAVORS], false, written, sizeof(written));
        assert_string_equal(written, "");
        assert_true(WIFEXITED(result));
        assert_int_equal(WEXITSTATUS(result), 0);
    }
}

static void log_writes_one_line_for_each_violation(void **state) {
    (void)state;
    char written[4096], number[16];
    for (int j = 0; j < FLAVORS; j++) {
        int result = run_violator("log", flavors[j], false, written, sizeof(written));
        assert_true(WIFEXITED(result));
        assert_int_equal(WEXITSTATUS(result), 0);
        const char *end = strchr(written, '\n');
        assert_non_null(end);
        assert_string_equal(end, "\n"); // one line
        snprintf(number, sizeof(number), "%u", flavors[j]);
        assert_non_null(strstr(written, "0x")); // the name
        assert_non_null(strstr(written, number));
        if (guard_for(flavors[j]) != 0) assert_non_null(strstr(written, "feedface12345678")); // the port's guard
        if (flavors[j] != kGUARD_EXC_MOD_REFS && flavors[j] != kGUARD_EXC_DESTROY)
            assert_non_null(strstr(written, "1badcafe")); // and what was given instead
    }
}

static void kill_ends_the_process(void **state) {
    (void)state;
    char written[4096];
    for (int j = 0; j < FLAVORS; j++) {
        int result = run_violator("kill", flavors[j], false, written, sizeof(written));
        assert_true(WIFSIGNALED(result));
        assert_int_equal(WTERMSIG(result), SIGKILL);
    }
}

static void a_handler_takes_the_place_of_the_environment(void **state) {
    (void)state;
    const char *actions[] = {"log", "kill"};
    char written[4096];
    for (size_t i = 0; i < COUNT_OF(actions); i++) {
        int result = run_violator(actions[i], kGUARD_EXC_MOD_REFS, true, written, sizeof(written));
        assert_string_equal(written, "");
        assert_true(WIFEXITED(result));
        assert_int_equal(WEXITSTATUS(result), 0);
    }
}

int main(int count, char **arguments) {
    if (count == 3) return violator(strcmp(arguments[1], "handled") == 0, (unsigned)atoi(arguments[2]));
    const struct CMUnitTest tests[] = {
        TEST(a_guard_becomes_the_context),
        TEST(a_context_keeps_a_guard_away),
        TEST(a_guard_of_zero_is_weak),
        TEST(a_strict_guard_hides_and_keeps_the_context),
        TEST(setting_the_context_replaces_a_guard_that_is_not_strict),
        TEST(unguarding_wants_a_guard_and_the_right_one),
        TEST(guards_are_for_receive_rights),
        TEST(a_guarded_port_is_not_destroyed),
        TEST(what_a_guard_does_not_forbid),
        TEST(a_guarded_right_that_moves_loses_its_guard),
        TEST(every_combination_of_options),
        TEST(constructing_with_any_queue_limit),
        TEST(constructing_needs_options_and_a_place_for_the_name),
        TEST(destructing_tests_its_arguments_in_order),
        TEST(destructing_drops_as_many_references_as_it_is_told),
        TEST(destructing_kills_the_port),
        TEST(the_codes_are_the_historic_ones),
        TEST(every_flavor_in_every_form),
        TEST(a_violation_without_a_handler_is_just_a_code),
        TEST(a_violation_waits_for_nobody),
        TEST(a_reply_to_a_violation_changes_nothing),
        TEST(the_first_living_handler_hears_of_it),
        TEST(a_violation_belongs_to_the_thread_that_did_it),
        TEST(unasked_the_library_neither_writes_nor_kills),
        TEST(log_writes_one_line_for_each_violation),
        TEST(kill_ends_the_process),
        TEST(a_handler_takes_the_place_of_the_environment),
    };
    return RUN(tests);
}

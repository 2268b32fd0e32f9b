// Exception ports of tasks, threads and the host: what may be set, what is told about it, and whose the rights are.
#include "notify_support.h"

#include <mach/host_priv.h>
#include <mach/task.h>
#include <mach/thread_act.h>

#define WIDE MACH_EXCEPTION_CODES
#define ROOM EXC_TYPES_COUNT

// ---- The three holders of exception ports

// Each call with the port of a holder.
struct holder {
    const char *name;
    kern_return_t (*set)(mach_port_t holder, exception_mask_t mask, mach_port_t port, exception_behavior_t behavior,
                         thread_state_flavor_t flavor);
    kern_return_t (*get)(mach_port_t holder, exception_mask_t mask, exception_mask_array_t masks,
                         mach_msg_type_number_t *count, exception_handler_array_t handlers,
                         exception_behavior_array_t behaviors, exception_flavor_array_t flavors);
    kern_return_t (*swap)(mach_port_t holder, exception_mask_t mask, mach_port_t port, exception_behavior_t behavior,
                          thread_state_flavor_t flavor, exception_mask_array_t masks, mach_msg_type_number_t *count,
                          exception_handler_array_t handlers, exception_behavior_array_t behaviors,
                          exception_flavor_array_t flavors);
};

enum { TASK, THREAD, HOST, HOLDERS };

static const struct holder holders[HOLDERS] = {
    {"task", task_set_exception_ports, task_get_exception_ports, task_swap_exception_ports},
    {"thread", thread_set_exception_ports, thread_get_exception_ports, thread_swap_exception_ports},
    {"host", host_set_exception_ports, host_get_exception_ports, host_swap_exception_ports},
};

static mach_port_t port_of(int kind) {
    if (kind == TASK) return SELF;
    return kind == THREAD ? mach_thread_self() : mach_host_self();
}

// Gives the reference back that port_of took, and leaves the holder without handlers.
static void leave(int kind, mach_port_t holder) {
    assert_success(holders[kind].set(holder, EXC_MASK_VALID, MACH_PORT_NULL, 0, 0));
    if (kind != TASK) assert_success(mach_port_deallocate(SELF, holder));
}

// What get and swap tell: the count passed in is of no account, the arrays have room for all types.
struct handlers {
    mach_msg_type_number_t count;
    exception_mask_t masks[ROOM];
    mach_port_t ports[ROOM];
    exception_behavior_t behaviors[ROOM];
    thread_state_flavor_t flavors[ROOM];
};

static kern_return_t get(int kind, mach_port_t holder, exception_mask_t mask, struct handlers *it) {
    fill_untouched(it, sizeof(*it));
    it->count = ROOM;
    return holders[kind].get(holder, mask, it->masks, &it->count, it->ports, it->behaviors, it->flavors);
}

static kern_return_t swap(int kind, mach_port_t holder, exception_mask_t mask, mach_port_t port, uint32_t behavior,
                          thread_state_flavor_t flavor, struct handlers *it) {
    fill_untouched(it, sizeof(*it));
    it->count = ROOM;
    return holders[kind].swap(holder, mask, port, (exception_behavior_t)behavior, flavor, it->masks, &it->count,
                              it->ports, it->behaviors, it->flavors);
}

static kern_return_t set(int kind, mach_port_t holder, exception_mask_t mask, mach_port_t port, uint32_t behavior,
                         thread_state_flavor_t flavor) {
    return holders[kind].set(holder, mask, port, (exception_behavior_t)behavior, flavor);
}

// The place at this index must hold this; a right in it is given up.
static void expect_place(const struct handlers *it, unsigned index, exception_mask_t mask, mach_port_t port,
                         uint32_t behavior, thread_state_flavor_t flavor) {
    assert_in_range(index, 0, it->count - 1);
    assert_int_equal(it->masks[index], mask);
    assert_int_equal(it->ports[index], port);
    assert_int_equal((uint32_t)it->behaviors[index], behavior);
    assert_int_equal(it->flavors[index], flavor);
    if (MACH_PORT_VALID(port)) assert_success(mach_port_deallocate(SELF, port));
}

static void expect_one(const struct handlers *it, exception_mask_t mask, mach_port_t port, uint32_t behavior,
                       thread_state_flavor_t flavor) {
    assert_int_equal(it->count, 1);
    expect_place(it, 0, mask, port, behavior, flavor);
    assert_untouched(&it->masks[1], 0, sizeof(it->masks) - sizeof(it->masks[0]));
    assert_untouched(&it->ports[1], 0, sizeof(it->ports) - sizeof(it->ports[0]));
    assert_untouched(&it->behaviors[1], 0, sizeof(it->behaviors) - sizeof(it->behaviors[0]));
    assert_untouched(&it->flavors[1], 0, sizeof(it->flavors) - sizeof(it->flavors[0]));
}

// What a fresh port has, with this handler for these types.
static void expect_handler(int kind, mach_port_t holder, exception_mask_t mask, mach_port_t port, uint32_t behavior,
                           thread_state_flavor_t flavor) {
    struct handlers it;
    assert_success(get(kind, holder, mask, &it));
    expect_one(&it, mask, port, behavior, flavor);
}

static const uint32_t behaviors[] = {EXCEPTION_DEFAULT,        EXCEPTION_STATE,        EXCEPTION_STATE_IDENTITY,
                                     EXCEPTION_DEFAULT | WIDE, EXCEPTION_STATE | WIDE, EXCEPTION_STATE_IDENTITY | WIDE};

// ---- Numbers

static void the_numbers_are_the_historic_ones(void **state) {
    (void)state;
    const struct {
        int type;
        exception_mask_t mask;
    } types[] = {
        {EXC_BAD_ACCESS, EXC_MASK_BAD_ACCESS},
        {EXC_BAD_INSTRUCTION, EXC_MASK_BAD_INSTRUCTION},
        {EXC_ARITHMETIC, EXC_MASK_ARITHMETIC},
        {EXC_EMULATION, EXC_MASK_EMULATION},
        {EXC_SOFTWARE, EXC_MASK_SOFTWARE},
        {EXC_BREAKPOINT, EXC_MASK_BREAKPOINT},
        {EXC_SYSCALL, EXC_MASK_SYSCALL},
        {EXC_MACH_SYSCALL, EXC_MASK_MACH_SYSCALL},
        {EXC_RPC_ALERT, EXC_MASK_RPC_ALERT},
        {EXC_CRASH, EXC_MASK_CRASH},
        {EXC_RESOURCE, EXC_MASK_RESOURCE},
        {EXC_GUARD, EXC_MASK_GUARD},
        {EXC_CORPSE_NOTIFY, EXC_MASK_CORPSE_NOTIFY},
    };
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        assert_int_equal(types[i].type, FIRST_EXCEPTION + i);
        assert_int_equal(types[i].mask, 1u << types[i].type);
    }
    assert_int_equal(EXC_TYPES_COUNT, COUNT_OF(types) + 1);
    assert_int_equal(EXC_MASK_ALL, 0x3ffe & ~(EXC_MASK_CRASH | EXC_MASK_CORPSE_NOTIFY));
    assert_int_equal(EXC_MASK_VALID, 0x3ffe);
    assert_int_equal(EXCEPTION_DEFAULT, 1);
    assert_int_equal(EXCEPTION_STATE, 2);
    assert_int_equal(EXCEPTION_STATE_IDENTITY, 3);
    assert_int_equal(MACH_EXCEPTION_CODES, 0x80000000);
}

// ---- Setting and getting

static void at_first_there_is_no_handler(void **state) {
    (void)state;
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind);
        assert_success(set(kind, holder, EXC_MASK_VALID, MACH_PORT_NULL, 0, 0)); // what other tests leave
        expect_handler(kind, holder, EXC_MASK_VALID, MACH_PORT_NULL, 0, 0);
        for (int type = FIRST_EXCEPTION; type < EXC_TYPES_COUNT; type++)
            expect_handler(kind, holder, 1u << type, MACH_PORT_NULL, 0, 0);
        struct handlers it;
        assert_success(get(kind, holder, 0, &it));
        assert_int_equal(it.count, 0);
        leave(kind, holder);
    }
}

static int64_t look_at_a_new_thread(void *argument) {
    (void)argument;
    mach_port_t thread = mach_thread_self();
    struct handlers it;
    kern_return_t code = get(THREAD, thread, EXC_MASK_VALID, &it);
    (void)mach_port_deallocate(SELF, thread);
    if (code != KERN_SUCCESS) return code;
    // The reference tells nothing at all until something was set on the thread.
    if (it.count == 0) return 0;
    if (it.count != 1 || it.masks[0] != EXC_MASK_VALID) return 101;
    return it.ports[0] == MACH_PORT_NULL && it.behaviors[0] == 0 && it.flavors[0] == 0 ? 0 : 102;
}

static void a_new_thread_has_no_handler_of_its_own(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), thread = mach_thread_self();
    // Neither the task's nor its maker's are a thread's own.
    assert_success(set(TASK, SELF, EXC_MASK_VALID, port, EXCEPTION_DEFAULT, 0));
    assert_success(set(THREAD, thread, EXC_MASK_VALID, port, EXCEPTION_DEFAULT, 0));
    struct test_thread other;
    start_thread(&other, look_at_a_new_thread, NULL);
    assert_int_equal(join_thread(&other), 0);
    leave(THREAD, thread);
    leave(TASK, SELF);
    destroy(port);
}

static void what_is_set_is_told(void **state) {
    (void)state;
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind), port = port_with_send();
        for (size_t i = 0; i < COUNT_OF(behaviors); i++) {
            for (int type = FIRST_EXCEPTION; type < EXC_TYPES_COUNT; type++) {
                exception_mask_t mask = 1u << type;
                assert_success(set(kind, holder, mask, port, behaviors[i], MACHINE_THREAD_STATE));
                expect_handler(kind, holder, mask, port, behaviors[i], MACHINE_THREAD_STATE);
                expect_handler(kind, holder, EXC_MASK_VALID & ~mask, MACH_PORT_NULL, 0, 0); // no other type changed
                assert_success(set(kind, holder, mask, MACH_PORT_NULL, 0, 0));
            }
            assert_success(set(kind, holder, EXC_MASK_VALID, port, behaviors[i], 0));
            expect_handler(kind, holder, EXC_MASK_VALID, port, behaviors[i], 0);
            assert_success(set(kind, holder, 0, MACH_PORT_NULL, 0, 0)); // no type, no change
            expect_handler(kind, holder, EXC_MASK_VALID, port, behaviors[i], 0);
            assert_success(set(kind, holder, EXC_MASK_VALID, MACH_PORT_NULL, 0, 0));
        }
        leave(kind, holder);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
        destroy(port);
    }
}

static void types_with_the_same_handler_share_a_place(void **state) {
    (void)state;
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind), one = port_with_send(), two = port_with_send();
        struct handlers it;
        // Bits 1, 4 and 7; 2 and 5 with another behavior; 3 with another flavor; 6 with another port; none for the rest.
        assert_success(set(kind, holder, EXC_MASK_VALID, MACH_PORT_NULL, 0, 0));
        assert_success(set(kind, holder, 0x92, one, EXCEPTION_DEFAULT, 0));
        assert_success(set(kind, holder, 0x24, one, EXCEPTION_DEFAULT | WIDE, 0));
        assert_success(set(kind, holder, 0x08, one, EXCEPTION_DEFAULT, MACHINE_THREAD_STATE));
        assert_success(set(kind, holder, 0x40, two, EXCEPTION_DEFAULT, 0));
        assert_success(get(kind, holder, EXC_MASK_VALID, &it));
        assert_int_equal(it.count, 5);
        assert_int_equal(refs(one, MACH_PORT_RIGHT_SEND), 4); // one for each place
        assert_int_equal(refs(two, MACH_PORT_RIGHT_SEND), 2);
        // In the order of their lowest types.
        expect_place(&it, 0, 0x92, one, EXCEPTION_DEFAULT, 0);
        expect_place(&it, 1, 0x24, one, EXCEPTION_DEFAULT | WIDE, 0);
        expect_place(&it, 2, 0x08, one, EXCEPTION_DEFAULT, MACHINE_THREAD_STATE);
        expect_place(&it, 3, 0x40, two, EXCEPTION_DEFAULT, 0);
        expect_place(&it, 4, 0x3f00, MACH_PORT_NULL, 0, 0);
        // Only the types that are asked for.
        assert_success(get(kind, holder, 0x150, &it));
        assert_int_equal(it.count, 3);
        expect_place(&it, 0, 0x10, one, EXCEPTION_DEFAULT, 0);
        expect_place(&it, 1, 0x40, two, EXCEPTION_DEFAULT, 0);
        expect_place(&it, 2, 0x100, MACH_PORT_NULL, 0, 0);
        leave(kind, holder);
        destroy(one);
        destroy(two);
    }
}

static void every_type_may_have_its_own_place(void **state) {
    (void)state;
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind), ports[ROOM];
        struct handlers it;
        for (int type = FIRST_EXCEPTION; type < EXC_TYPES_COUNT; type++) {
            ports[type] = port_with_send();
            assert_success(set(kind, holder, 1u << type, ports[type], EXCEPTION_STATE, MACHINE_THREAD_STATE));
        }
        for (int both = 0; both < 2; both++) {
            if (both == 0) assert_success(get(kind, holder, EXC_MASK_VALID, &it));
            if (both == 1) assert_success(swap(kind, holder, EXC_MASK_VALID, MACH_PORT_NULL, 0, 0, &it));
            assert_int_equal(it.count, EXC_TYPES_COUNT - FIRST_EXCEPTION);
            for (int type = FIRST_EXCEPTION; type < EXC_TYPES_COUNT; type++) {
                expect_place(&it, (unsigned)type - FIRST_EXCEPTION, 1u << type, ports[type], EXCEPTION_STATE,
                             MACHINE_THREAD_STATE);
            }
            assert_untouched(&it.masks[it.count], 0, sizeof(it.masks[0]));
        }
        expect_handler(kind, holder, EXC_MASK_VALID, MACH_PORT_NULL, 0, 0);
        leave(kind, holder);
        for (int type = FIRST_EXCEPTION; type < EXC_TYPES_COUNT; type++) destroy(ports[type]);
    }
}

static void the_count_passed_in_does_not_matter(void **state) {
    (void)state;
    const mach_msg_type_number_t counts[] = {0, 1, 2, 13, 14, 32, 0x7fffffff, 0x80000000, 0xffffffff};
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind), one = port_with_send(), two = port_with_send();
        for (size_t i = 0; i < COUNT_OF(counts); i++) {
            struct handlers it;
            assert_success(set(kind, holder, 0x0ffe, one, EXCEPTION_DEFAULT, 0));
            assert_success(set(kind, holder, 0x3000, two, EXCEPTION_DEFAULT, 0));
            it.count = counts[i];
            assert_success(holders[kind].get(holder, EXC_MASK_VALID, it.masks, &it.count, it.ports, it.behaviors,
                                             it.flavors)); // the message has no count: mig-layout
            assert_int_equal(it.count, 2);
            expect_place(&it, 0, 0x0ffe, one, EXCEPTION_DEFAULT, 0);
            expect_place(&it, 1, 0x3000, two, EXCEPTION_DEFAULT, 0);
            it.count = counts[i];
            assert_success(holders[kind].swap(holder, EXC_MASK_VALID, two, EXCEPTION_STATE, 0, it.masks, &it.count,
                                              it.ports, it.behaviors, it.flavors));
            assert_int_equal(it.count, 2);
            expect_place(&it, 0, 0x0ffe, one, EXCEPTION_DEFAULT, 0);
            expect_place(&it, 1, 0x3000, two, EXCEPTION_DEFAULT, 0);
            expect_handler(kind, holder, EXC_MASK_VALID, two, EXCEPTION_STATE, 0);
        }
        leave(kind, holder);
        destroy(one);
        destroy(two);
    }
}

static void swapping_sets_and_tells(void **state) {
    (void)state;
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind), one = port_with_send(), two = port_with_send();
        struct handlers it;
        assert_success(set(kind, holder, EXC_MASK_VALID, MACH_PORT_NULL, 0, 0));
        assert_success(swap(kind, holder, 0x06, one, EXCEPTION_STATE, MACHINE_THREAD_STATE, &it));
        expect_one(&it, 0x06, MACH_PORT_NULL, 0, 0);
        assert_success(swap(kind, holder, 0x0c, two, EXCEPTION_DEFAULT, 0, &it));
        assert_int_equal(it.count, 2);
        expect_place(&it, 0, 0x04, one, EXCEPTION_STATE, MACHINE_THREAD_STATE);
        expect_place(&it, 1, 0x08, MACH_PORT_NULL, 0, 0);
        // The same handler again.
        assert_success(swap(kind, holder, 0x0c, two, EXCEPTION_DEFAULT, 0, &it));
        expect_one(&it, 0x0c, two, EXCEPTION_DEFAULT, 0);
        assert_success(swap(kind, holder, 0, two, EXCEPTION_DEFAULT, 0, &it));
        assert_int_equal(it.count, 0);
        assert_success(get(kind, holder, EXC_MASK_VALID, &it));
        assert_int_equal(it.count, 3);
        expect_place(&it, 0, 0x02, one, EXCEPTION_STATE, MACHINE_THREAD_STATE);
        expect_place(&it, 1, 0x0c, two, EXCEPTION_DEFAULT, 0);
        expect_place(&it, 2, 0x3ff0, MACH_PORT_NULL, 0, 0);
        leave(kind, holder);
        destroy(one);
        destroy(two);
    }
}

// ---- What is refused

// Neither call may change anything, or write an output.
static void set_fails(int kind, mach_port_t holder, exception_mask_t mask, mach_port_t port, uint32_t behavior,
                      thread_state_flavor_t flavor, kern_return_t code) {
    struct picture picture = take_picture();
    struct handlers it;
    assert_code(set(kind, holder, mask, port, behavior, flavor), code);
    assert_code(swap(kind, holder, mask, port, behavior, flavor, &it), code);
    assert_int_equal(it.count, ROOM);
    it.count = UNTOUCHED * 0x01010101u;
    assert_untouched(&it, 0, sizeof(it));
    assert_unchanged(picture);
}

static void get_fails(int kind, mach_port_t holder, exception_mask_t mask, kern_return_t code) {
    struct handlers it;
    assert_code(get(kind, holder, mask, &it), code);
    assert_int_equal(it.count, ROOM);
    it.count = UNTOUCHED * 0x01010101u;
    assert_untouched(&it, 0, sizeof(it));
}

static void unknown_types_are_refused(void **state) {
    (void)state;
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind), port = port_with_send(), old = port_with_send();
        assert_success(set(kind, holder, EXC_MASK_VALID, old, EXCEPTION_DEFAULT, 0));
        for (int bit = 0; bit < 32; bit++) {
            exception_mask_t mask = 1u << bit;
            if (mask & EXC_MASK_VALID) continue;
            const exception_mask_t masks[] = {mask, mask | EXC_MASK_GUARD, mask | EXC_MASK_VALID};
            for (size_t i = 0; i < COUNT_OF(masks); i++) {
                set_fails(kind, holder, masks[i], port, EXCEPTION_DEFAULT, 0, KERN_INVALID_ARGUMENT);
                set_fails(kind, holder, masks[i], MACH_PORT_NULL, EXCEPTION_DEFAULT, 0, KERN_INVALID_ARGUMENT);
                get_fails(kind, holder, masks[i], KERN_INVALID_ARGUMENT);
            }
        }
        set_fails(kind, holder, 0xffffffff, port, EXCEPTION_DEFAULT, 0, KERN_INVALID_ARGUMENT);
        get_fails(kind, holder, 0xffffffff, KERN_INVALID_ARGUMENT);
        expect_handler(kind, holder, EXC_MASK_VALID, old, EXCEPTION_DEFAULT, 0);
        leave(kind, holder);
        destroy(port);
        destroy(old);
    }
}

static void unknown_behaviors_are_refused_with_a_port(void **state) {
    (void)state;
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind), port = port_with_send();
        for (size_t i = 0; i < edge_value_count; i++) {
            uint32_t behavior = edge_values[i], plain = behavior & ~WIDE;
            if (plain >= EXCEPTION_DEFAULT && plain <= EXCEPTION_STATE_IDENTITY) continue;
            set_fails(kind, holder, EXC_MASK_GUARD, port, behavior, 0, KERN_INVALID_ARGUMENT);
            set_fails(kind, holder, 0, port, behavior, 0, KERN_INVALID_ARGUMENT);
            // Without a port it is kept as it is.
            assert_success(set(kind, holder, EXC_MASK_GUARD, MACH_PORT_NULL, behavior, 0));
            expect_handler(kind, holder, EXC_MASK_GUARD, MACH_PORT_NULL, behavior, 0);
            assert_success(set(kind, holder, EXC_MASK_GUARD, MACH_PORT_DEAD, behavior, 0));
            expect_handler(kind, holder, EXC_MASK_GUARD, MACH_PORT_DEAD, behavior, 0);
        }
        leave(kind, holder);
        destroy(port);
    }
}

static void unknown_flavors_are_refused(void **state) {
    (void)state;
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind), port = port_with_send();
        for (int64_t i = 0; i < 150 + (int64_t)edge_value_count; i++) {
            thread_state_flavor_t flavor = (thread_state_flavor_t)(i < 150 ? i : edge_values[i - 150]);
            if (flavor == 0 || VALID_THREAD_STATE_FLAVOR(flavor)) {
                assert_success(set(kind, holder, EXC_MASK_GUARD, port, EXCEPTION_DEFAULT, flavor));
                expect_handler(kind, holder, EXC_MASK_GUARD, port, EXCEPTION_DEFAULT, flavor);
            } else {
                // Also without a port that could get such a state.
                set_fails(kind, holder, EXC_MASK_GUARD, port, EXCEPTION_DEFAULT, flavor, KERN_INVALID_ARGUMENT);
                set_fails(kind, holder, EXC_MASK_GUARD, MACH_PORT_NULL, EXCEPTION_DEFAULT, flavor,
                          KERN_INVALID_ARGUMENT);
                set_fails(kind, holder, EXC_MASK_GUARD, MACH_PORT_DEAD, EXCEPTION_DEFAULT, flavor,
                          KERN_INVALID_ARGUMENT);
            }
        }
        leave(kind, holder);
        destroy(port);
    }
}

static void a_handler_must_be_a_send_right(void **state) {
    (void)state;
    mach_port_t receive = make_port(), once = make_send_once(receive), names_set = make_set(), nothing = unknown_name();
    const mach_port_t bad[] = {receive, once, names_set, nothing, 0x12345678};
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind);
        for (size_t i = 0; i < COUNT_OF(bad); i++) {
            set_fails(kind, holder, EXC_MASK_GUARD, bad[i], EXCEPTION_DEFAULT, 0, MACH_SEND_INVALID_RIGHT);
            set_fails(kind, holder, 0, bad[i], EXCEPTION_DEFAULT, 0, MACH_SEND_INVALID_RIGHT);
        }
        leave(kind, holder);
    }
    expect_no_message(receive);
    destroy(once);
    destroy(receive);
    destroy(names_set);
}

static int64_t tell_thread(void *argument) {
    *(mach_port_t *)argument = mach_thread_self();
    return 0;
}

static void each_call_wants_its_own_kind_of_holder(void **state) {
    (void)state;
    mach_port_t thread = mach_thread_self(), host = mach_host_self(), port = port_with_send(), dead = make_dead_name(1);
    mach_port_t ended = MACH_PORT_NULL;
    struct test_thread other;
    start_thread(&other, tell_thread, &ended);
    assert_int_equal(join_thread(&other), 0);
    const mach_port_t candidates[] = {SELF, thread, host,       MACH_PORT_NULL, MACH_PORT_DEAD,
                                      port, dead,   0x12345678, ended};
    for (int kind = 0; kind < HOLDERS; kind++) {
        for (size_t i = 0; i < COUNT_OF(candidates); i++) {
            if ((int)i == kind) continue;
            set_fails(kind, candidates[i], EXC_MASK_GUARD, port, EXCEPTION_DEFAULT, 0, KERN_INVALID_ARGUMENT);
            set_fails(kind, candidates[i], EXC_MASK_GUARD, MACH_PORT_NULL, 0, 0, KERN_INVALID_ARGUMENT);
            get_fails(kind, candidates[i], EXC_MASK_GUARD, KERN_INVALID_ARGUMENT);
        }
    }
    destroy(port);
    destroy(dead);
    destroy(ended);
    assert_success(mach_port_deallocate(SELF, thread));
    assert_success(mach_port_deallocate(SELF, host));
}

static void every_output_needs_a_place(void **state) {
    (void)state;
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind), port = port_with_send();
        assert_success(set(kind, holder, EXC_MASK_VALID, MACH_PORT_NULL, 0, 0));
        for (int missing = 0; missing < 5; missing++) {
            struct handlers it;
            fill_untouched(&it, sizeof(it));
            exception_mask_array_t masks = missing == 0 ? NULL : it.masks;
            mach_msg_type_number_t *count = missing == 1 ? NULL : &it.count;
            exception_handler_array_t ports = missing == 2 ? NULL : it.ports;
            exception_behavior_array_t their_behaviors = missing == 3 ? NULL : it.behaviors;
            exception_flavor_array_t flavors = missing == 4 ? NULL : it.flavors;
            struct picture picture = take_picture();
            assert_code(holders[kind].get(holder, EXC_MASK_GUARD, masks, count, ports, their_behaviors, flavors),
                        KERN_INVALID_ARGUMENT);
            assert_code(holders[kind].swap(holder, EXC_MASK_GUARD, port, EXCEPTION_DEFAULT, 0, masks, count, ports,
                                           their_behaviors, flavors),
                        KERN_INVALID_ARGUMENT);
            assert_untouched(&it, 0, sizeof(it));
            assert_unchanged(picture);
        }
        expect_handler(kind, holder, EXC_MASK_VALID, MACH_PORT_NULL, 0, 0);
        leave(kind, holder);
        destroy(port);
    }
}

// ---- Rights

static void setting_copies_the_right(void **state) {
    (void)state;
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind), port = port_with_sends(3), notify = make_port();
        arm(port, NO_SENDERS, 0, notify);
        assert_success(set(kind, holder, EXC_MASK_GUARD | EXC_MASK_CRASH, port, EXCEPTION_DEFAULT, 0));
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 3);
        assert_int_equal(status(port).mps_mscount, 1); // T2: copied, not made
        assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, -3));
        assert_true(status(port).mps_srights);
        expect_no_message(notify); // the holder keeps its own
        assert_success(set(kind, holder, EXC_MASK_CRASH, MACH_PORT_NULL, 0, 0));
        expect_no_message(notify); // one for each type
        assert_success(set(kind, holder, EXC_MASK_GUARD, MACH_PORT_NULL, 0, 0));
        expect_notification(notify, NO_SENDERS, 1);
        // The same when a swap gives the last right back to us.
        insert_send(port);
        assert_success(set(kind, holder, EXC_MASK_VALID, port, EXCEPTION_DEFAULT, 0));
        assert_success(mach_port_deallocate(SELF, port));
        arm(port, NO_SENDERS, 0, notify);
        struct handlers it;
        assert_success(swap(kind, holder, EXC_MASK_VALID, MACH_PORT_NULL, 0, 0, &it));
        expect_no_message(notify);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
        expect_one(&it, EXC_MASK_VALID, port, EXCEPTION_DEFAULT, 0);
        expect_notification(notify, NO_SENDERS, 2);
        leave(kind, holder);
        destroy(port);
        destroy(notify);
    }
}

static void getting_gives_a_reference_each_time(void **state) {
    (void)state;
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind), carrier, send = make_send_only(1, &carrier), port = make_port();
        struct handlers it;
        assert_success(set(kind, holder, EXC_MASK_VALID, send, EXCEPTION_DEFAULT, 0));
        for (mach_port_urefs_t i = 2; i < 10; i++) {
            assert_success(get(kind, holder, EXC_MASK_VALID, &it));
            assert_int_equal(it.ports[0], send); // I9
            assert_int_equal(refs(send, MACH_PORT_RIGHT_SEND), i);
        }
        // At the limit it is taken in silence.
        assert_success(mach_port_mod_refs(SELF, send, MACH_PORT_RIGHT_SEND, 65534 - 9));
        assert_success(get(kind, holder, EXC_MASK_VALID, &it));
        assert_int_equal(it.ports[0], send);
        assert_int_equal(refs(send, MACH_PORT_RIGHT_SEND), 65534); // R16
        // Under a new name when there is none.
        destroy(send);
        assert_success(get(kind, holder, EXC_MASK_VALID, &it));
        assert_int_equal(type(it.ports[0]), MACH_PORT_TYPE_SEND);
        assert_int_equal(refs(it.ports[0], MACH_PORT_RIGHT_SEND), 1);
        destroy(it.ports[0]);
        leave(kind, holder);
        destroy(carrier);
        destroy(port);
    }
}

static void a_dead_handler_is_told_as_dead(void **state) {
    (void)state;
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind), port = port_with_send(), dead = make_dead_name(2);
        struct handlers it;
        uint64_t ports = live_ports();
        assert_success(set(kind, holder, EXC_MASK_GUARD, port, EXCEPTION_STATE | WIDE, MACHINE_THREAD_STATE));
        kill_port(port);
        expect_handler(kind, holder, EXC_MASK_GUARD, MACH_PORT_DEAD, EXCEPTION_STATE | WIDE, MACHINE_THREAD_STATE);
        assert_success(swap(kind, holder, EXC_MASK_GUARD, dead, EXCEPTION_DEFAULT, 0, &it)); // S7
        expect_one(&it, EXC_MASK_GUARD, MACH_PORT_DEAD, EXCEPTION_STATE | WIDE, MACHINE_THREAD_STATE);
        assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 2);
        expect_handler(kind, holder, EXC_MASK_GUARD, MACH_PORT_DEAD, EXCEPTION_DEFAULT, 0);
        assert_success(set(kind, holder, EXC_MASK_VALID, MACH_PORT_DEAD, EXCEPTION_DEFAULT, 0));
        expect_handler(kind, holder, EXC_MASK_VALID, MACH_PORT_DEAD, EXCEPTION_DEFAULT, 0);
        leave(kind, holder);
        destroy(port);
        destroy(dead);
        assert_int_equal(live_ports(), ports - 1);
    }
}

static void the_holders_are_separate(void **state) {
    (void)state;
    mach_port_t ports[HOLDERS], its[HOLDERS];
    for (int kind = 0; kind < HOLDERS; kind++) {
        its[kind] = port_of(kind);
        ports[kind] = port_with_send();
        assert_success(set(kind, its[kind], EXC_MASK_ALL, ports[kind], behaviors[kind], 0));
    }
    for (int kind = 0; kind < HOLDERS; kind++)
        expect_handler(kind, its[kind], EXC_MASK_ALL, ports[kind], behaviors[kind], 0);
    for (int kind = 0; kind < HOLDERS; kind++) {
        leave(kind, its[kind]);
        destroy(ports[kind]);
    }
}

static void a_holders_own_port_may_be_its_handler(void **state) {
    (void)state;
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind);
        mach_port_urefs_t count = refs(holder, MACH_PORT_RIGHT_SEND);
        assert_success(set(kind, holder, EXC_MASK_GUARD, holder, EXCEPTION_DEFAULT, 0));
        expect_handler(kind, holder, EXC_MASK_GUARD, holder, EXCEPTION_DEFAULT, 0);
        // A message to it would never be received by anyone: the violation is just a code.
        mach_port_t port = make_port();
        assert_code(mach_port_unguard(SELF, port, 1), KERN_INVALID_ARGUMENT);
        assert_int_equal(refs(holder, MACH_PORT_RIGHT_SEND), count);
        destroy(port);
        leave(kind, holder);
    }
}

// ---- Threads

struct visited {
    mach_port_t self, started, go, handler;
};

static int64_t be_visited(void *argument) {
    struct visited *it = argument;
    it->self = mach_thread_self();
    mach_msg_return_t code = send_simple(it->started, MAKE_SEND, 1);
    if (code != MACH_MSG_SUCCESS) return code;
    struct test_message received;
    code =
        mach_msg(&received.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(received), it->go, 60000, MACH_PORT_NULL);
    if (code != MACH_MSG_SUCCESS) return code;
    struct handlers handlers;
    code = get(THREAD, it->self, EXC_MASK_GUARD, &handlers);
    if (code != KERN_SUCCESS) return code;
    return handlers.count == 1 && handlers.ports[0] == it->handler ? 0 : 101;
}

static void another_threads_handlers_go_when_it_ends(void **state) {
    (void)state;
    struct visited it = {MACH_PORT_NULL, make_port(), make_port(), port_with_send()};
    mach_port_t notify = make_port(), thread = mach_thread_self();
    arm(it.handler, NO_SENDERS, 0, notify);
    struct test_thread other;
    start_thread(&other, be_visited, &it);
    struct test_message received;
    assert_code(mach_msg(&received.header, MACH_RCV_MSG, 0, sizeof(received), it.started, 0, MACH_PORT_NULL),
                MACH_MSG_SUCCESS);
    assert_success(set(THREAD, it.self, EXC_MASK_GUARD, it.handler, EXCEPTION_DEFAULT, 0));
    expect_handler(THREAD, it.self, EXC_MASK_GUARD, it.handler, EXCEPTION_DEFAULT, 0);
    struct handlers mine;
    assert_success(get(THREAD, thread, EXC_MASK_GUARD, &mine));
    assert_true(mine.count == 0 || mine.ports[0] == MACH_PORT_NULL);
    assert_code(send_simple(it.go, MAKE_SEND, 1), MACH_MSG_SUCCESS);
    assert_int_equal(join_thread(&other), 0);
    assert_success(mach_port_mod_refs(SELF, it.handler, MACH_PORT_RIGHT_SEND, -2)); // ours, and the thread's get
    expect_notification(notify, NO_SENDERS, 1);
    assert_int_equal(type(it.self), MACH_PORT_TYPE_DEAD_NAME);
    set_fails(THREAD, it.self, EXC_MASK_GUARD, MACH_PORT_NULL, 0, 0, KERN_INVALID_ARGUMENT);
    destroy(it.self);
    destroy(it.started);
    destroy(it.go);
    destroy(it.handler);
    destroy(notify);
    assert_success(mach_port_deallocate(SELF, thread));
}

// Threads set, swap and get on one holder at once: what is told is always what someone set, and no right is lost.
struct swapper {
    int kind;
    mach_port_t holder, port;
    uint32_t behavior;
    mach_port_t ports[3];
};

static int64_t swap_often(void *argument) {
    struct swapper *it = argument;
    for (int i = 0; i < 2000; i++) {
        struct handlers old;
        kern_return_t code = i % 3 == 0 ? get(it->kind, it->holder, EXC_MASK_VALID, &old)
                                        : swap(it->kind, it->holder, EXC_MASK_VALID, it->port, it->behavior, 0, &old);
        if (code != KERN_SUCCESS) return code;
        if (old.count != 1 || old.masks[0] != EXC_MASK_VALID) return 101; // set as a whole
        bool known = false;
        for (uint32_t j = 0; j < 3; j++)
            known = known || (old.ports[0] == it->ports[j] && (uint32_t)old.behaviors[0] == j + 1);
        if (!known) return 102;
        code = mach_port_deallocate(SELF, old.ports[0]);
        if (code != KERN_SUCCESS) return code;
    }
    return 0;
}

static void threads_may_swap_at_once(void **state) {
    (void)state;
    for (int kind = 0; kind < HOLDERS; kind++) {
        mach_port_t holder = port_of(kind), ports[3];
        struct swapper swappers[3];
        struct test_thread threads[3];
        int64_t results[3];
        for (uint32_t i = 0; i < 3; i++) ports[i] = port_with_send();
        assert_success(set(kind, holder, EXC_MASK_VALID, ports[0], 1, 0));
        for (uint32_t i = 0; i < 3; i++) {
            swappers[i] = (struct swapper){kind, holder, ports[i], i + 1, {ports[0], ports[1], ports[2]}};
            start_thread(&threads[i], swap_often, &swappers[i]);
        }
        for (int i = 0; i < 3; i++) results[i] = join_thread(&threads[i]);
        for (int i = 0; i < 3; i++) assert_int_equal(results[i], 0);
        leave(kind, holder);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(refs(ports[i], MACH_PORT_RIGHT_SEND), 1);
            mach_port_rights_t srights = 77;
            assert_success(mach_port_get_srights(SELF, ports[i], &srights));
            assert_int_equal(srights, 1);
            destroy(ports[i]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_numbers_are_the_historic_ones),
        TEST(at_first_there_is_no_handler),
        TEST(a_new_thread_has_no_handler_of_its_own),
        TEST(what_is_set_is_told),
        TEST(types_with_the_same_handler_share_a_place),
        TEST(every_type_may_have_its_own_place),
        TEST(the_count_passed_in_does_not_matter),
        TEST(swapping_sets_and_tells),
        TEST(unknown_types_are_refused),
        TEST(unknown_behaviors_are_refused_with_a_port),
        TEST(unknown_flavors_are_refused),
        TEST(a_handler_must_be_a_send_right),
        TEST(each_call_wants_its_own_kind_of_holder),
        TEST(every_output_needs_a_place),
        TEST(setting_copies_the_right),
        TEST(getting_gives_a_reference_each_time),
        TEST(a_dead_handler_is_told_as_dead),
        TEST(the_holders_are_separate),
        TEST(a_holders_own_port_may_be_its_handler),
        TEST(another_threads_handlers_go_when_it_ends),
        TEST(threads_may_swap_at_once),
    };
    return RUN(tests);
}

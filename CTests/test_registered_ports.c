// Registered ports, the three ways in which a parent passes them to its children, and the special ports of tasks, threads and the host.
#include "task_support.h"

#include <mach/host_priv.h>
#include <mach/mach_param.h>
#include <mach/port_descriptions.h>
#include <mach/task.h>
#include <mach/thread_act.h>

// ---- Looking up and registering

struct slots {
    mach_port_t ports[MACH_PORTS_SLOTS_USED];
};

// The registered ports of a task, each a right that the caller owns.
static struct slots look_up(task_t task) {
    mach_port_array_t ports = NULL;
    mach_msg_type_number_t count = 0;
    assert_success(mach_ports_lookup(task, &ports, &count));
    assert_int_equal(count, TASK_PORT_REGISTER_MAX); // X9: all slots, always
    struct slots slots;
    memcpy(slots.ports, ports, sizeof(slots.ports));
    assert_success(vm_deallocate(SELF, (vm_address_t)ports, count * sizeof(*ports)));
    return slots;
}

static void give_up(struct slots slots) {
    for (unsigned i = 0; i < COUNT_OF(slots.ports); i++)
        assert_success(mach_port_deallocate(SELF, slots.ports[i])); // NULL and DEAD too, R9
}

static void expect_registered(task_t task, mach_port_t first, mach_port_t second, mach_port_t third) {
    struct slots slots = look_up(task);
    assert_int_equal(slots.ports[NAME_SERVER_SLOT], first);
    assert_int_equal(slots.ports[ENVIRONMENT_SLOT], second);
    assert_int_equal(slots.ports[SERVICE_SLOT], third);
    give_up(slots);
}

static void unregister(void) { assert_success(mach_ports_register(SELF, NULL, 0)); }

static void make_three(mach_port_t *ports) {
    for (unsigned i = 0; i < MACH_PORTS_SLOTS_USED; i++) ports[i] = port_with_send();
}

static void destroy_three(mach_port_t *ports) {
    for (unsigned i = 0; i < MACH_PORTS_SLOTS_USED; i++) destroy(ports[i]);
}

static void the_slots_are_those_of_the_manual(void **state) {
    (void)state;
    assert_int_equal(NAME_SERVER_SLOT, 0);
    assert_int_equal(ENVIRONMENT_SLOT, 1);
    assert_int_equal(SERVICE_SLOT, 2);
    assert_int_equal(MACH_PORTS_SLOTS_USED, 3);
    assert_int_equal(TASK_PORT_REGISTER_MAX, 3);
}

static void a_process_starts_without_registered_ports(void **state) {
    (void)state;
    expect_registered(SELF, MACH_PORT_NULL, MACH_PORT_NULL, MACH_PORT_NULL);
}

static void registered_ports_are_copied_and_looked_up_as_copies(void **state) {
    (void)state;
    mach_port_t ports[3];
    make_three(ports);
    assert_success(mach_ports_register(SELF, ports, 3));
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(refs(ports[i], MACH_PORT_RIGHT_SEND), 1); // X9: the caller keeps its own
        mach_port_rights_t rights = 0;
        assert_success(mach_port_get_srights(SELF, ports[i], &rights));
        assert_int_equal(rights, 2);
        assert_int_equal(status(ports[i]).mps_mscount, 1); // T2: a copy is none
    }
    struct slots slots = look_up(SELF);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(slots.ports[i], ports[i]);
        assert_int_equal(refs(ports[i], MACH_PORT_RIGHT_SEND), 2);
    }
    give_up(slots);
    expect_registered(SELF, ports[0], ports[1], ports[2]); // looking takes nothing away
    unregister();
    expect_registered(SELF, MACH_PORT_NULL, MACH_PORT_NULL, MACH_PORT_NULL);
    for (unsigned i = 0; i < 3; i++) {
        mach_port_rights_t rights = 0;
        assert_success(mach_port_get_srights(SELF, ports[i], &rights));
        assert_int_equal(rights, 1);
    }
    destroy_three(ports);
}

static void a_registered_port_needs_no_other_right_to_stay_reachable(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    assert_success(mach_ports_register(SELF, &port, 1));
    assert_success(mach_port_deallocate(SELF, port));
    assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE);
    expect_registered(SELF, port, MACH_PORT_NULL, MACH_PORT_NULL);
    unregister();
    destroy(port);
}

static void fewer_ports_clear_the_slots_after_them(void **state) {
    (void)state;
    mach_port_t ports[3];
    make_three(ports);
    assert_success(mach_ports_register(SELF, ports, 3));
    assert_success(mach_ports_register(SELF, ports, 2));
    expect_registered(SELF, ports[0], ports[1], MACH_PORT_NULL);
    assert_success(mach_ports_register(SELF, &ports[2], 1));
    expect_registered(SELF, ports[2], MACH_PORT_NULL, MACH_PORT_NULL);
    mach_port_t with_holes[3] = {MACH_PORT_NULL, ports[1], MACH_PORT_NULL};
    assert_success(mach_ports_register(SELF, with_holes, 3));
    expect_registered(SELF, MACH_PORT_NULL, ports[1], MACH_PORT_NULL);
    mach_port_t same[3] = {ports[0], ports[0], ports[0]};
    assert_success(mach_ports_register(SELF, same, 3));
    expect_registered(SELF, ports[0], ports[0], ports[0]);
    assert_success(mach_ports_register(SELF, ports, 0)); // X9: none
    expect_registered(SELF, MACH_PORT_NULL, MACH_PORT_NULL, MACH_PORT_NULL);
    destroy_three(ports);
}

static void registered_ports_that_died_are_looked_up_as_dead(void **state) {
    (void)state;
    mach_port_t ports[3], dead = make_dead_name(1);
    make_three(ports);
    assert_success(mach_ports_register(SELF, ports, 3));
    destroy(ports[1]);
    expect_registered(SELF, ports[0], MACH_PORT_DEAD, ports[2]); // X9
    mach_port_t some[3] = {MACH_PORT_DEAD, dead, ports[0]};
    assert_success(mach_ports_register(SELF, some, 3));
    expect_registered(SELF, MACH_PORT_DEAD, MACH_PORT_DEAD, ports[0]);
    assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 1);
    unregister();
    destroy(ports[0]);
    destroy(ports[2]);
    destroy(dead);
}

static void what_cannot_be_registered_changes_nothing(void **state) {
    (void)state;
    mach_port_t ports[4], receive = make_port(), set = make_set(), once = MACH_PORT_NULL, unknown = unknown_name();
    make_three(ports);
    ports[3] = ports[0];
    once = make_send_once(receive);
    assert_success(mach_ports_register(SELF, ports, 3));
    struct picture picture = take_picture();
    assert_code(mach_ports_register(SELF, ports, 4), KERN_INVALID_ARGUMENT);  // X9
    assert_code(mach_ports_register(SELF, NULL, 1), KERN_INVALID_ARGUMENT);   // X9
    assert_code(mach_ports_register(SELF, NULL, ~0u), KERN_INVALID_ARGUMENT); // X9
    mach_port_t bad[] = {receive, set, once, unknown, 0x7fffff03};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        mach_port_t some[3] = {ports[2], bad[i], ports[1]};
        assert_code(mach_ports_register(SELF, some, 3), MACH_SEND_INVALID_RIGHT); // X9
    }
    assert_unchanged(picture);
    expect_registered(SELF, ports[0], ports[1], ports[2]);
    unregister();
    destroy_three(ports);
    destroy(once);
    expect_send_once_notification(receive);
    destroy(receive);
    destroy(set);
}

static void registering_and_looking_up_need_a_task(void **state) {
    (void)state;
    task_t ended = make_task();
    terminate(ended);
    mach_port_t port = port_with_send(), dead = make_dead_name(1), host = mach_host_self();
    mach_port_t tasks[] = {MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03, port, dead, host, ended};
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        mach_port_array_t ports = (mach_port_array_t)0x5a5a;
        mach_msg_type_number_t count = 0x5a5a;
        assert_code(mach_ports_register(tasks[i], &port, 1), KERN_INVALID_ARGUMENT); // X9, Choices
        assert_code(mach_ports_register(tasks[i], NULL, 0), KERN_INVALID_ARGUMENT);
        assert_code(mach_ports_lookup(tasks[i], &ports, &count), KERN_INVALID_ARGUMENT);
        assert_ptr_equal(ports, (mach_port_array_t)0x5a5a);
        assert_int_equal(count, 0x5a5a);
    }
    assert_unchanged(picture);
    assert_success(mach_port_deallocate(SELF, host));
    destroy(port);
    destroy(dead);
    destroy(ended);
}

static void registered_ports_hold_senders(void **state) {
    (void)state;
    mach_port_t port = make_port(), notify = make_port();
    request(SELF, port, MACH_NOTIFY_NO_SENDERS, 1, notify);
    insert_send(port);
    assert_success(mach_ports_register(SELF, &port, 1));
    task_t child = make_task();
    assert_success(mach_port_deallocate(SELF, port));
    expect_no_message(notify);
    unregister();
    expect_no_message(notify); // the child has a copy
    end_task(child);
    expect_notified(notify, MACH_NOTIFY_NO_SENDERS, 1);
    destroy(port);
    destroy(notify);
}

// ---- The manual's three ways

// What a child finds: it asks for its own registered ports, under names of its own, and calls the services with ids 1, 2, 3.
static int64_t find_and_call(void *argument) {
    (void)argument;
    mach_port_array_t ports = NULL;
    mach_msg_type_number_t count = 0;
    kern_return_t code = mach_ports_lookup(SELF, &ports, &count);
    if (code != KERN_SUCCESS) return code;
    if (count != 3) return 1;
    for (unsigned i = 0; i < 3; i++) {
        if (!MACH_PORT_VALID(ports[i])) continue;
        code = send_simple(ports[i], MACH_MSG_TYPE_MOVE_SEND, (mach_msg_id_t)i + 1);
        if (code != MACH_MSG_SUCCESS) return code;
    }
    return vm_deallocate(SELF, (vm_address_t)ports, count * sizeof(*ports));
}

static void expect_called_by(task_t child, const mach_port_t *ports) {
    assert_code(act_as(child, find_and_call, NULL), 0);
    for (unsigned i = 0; i < 3; i++)
        if (MACH_PORT_VALID(ports[i])) expect_message(ports[i], (mach_msg_id_t)i + 1);
    assert_empty(child); // what it looked up it has used up
}

static void a_parent_may_do_nothing_and_its_child_has_what_it_has(void **state) {
    (void)state;
    mach_port_t ports[3];
    make_three(ports);
    assert_success(mach_ports_register(SELF, ports, 3));
    task_t child = make_task();
    assert_empty(child); // the rights are with the task, not in its space
    expect_registered(child, ports[0], ports[1], ports[2]);
    expect_called_by(child, ports);
    // What the parent registers later is not the child's.
    unregister();
    expect_registered(SELF, MACH_PORT_NULL, MACH_PORT_NULL, MACH_PORT_NULL);
    expect_called_by(child, ports);
    // A child of the child has them too.
    task_t grandchild = make_task_of(child);
    expect_called_by(grandchild, ports);
    end_task(child);
    expect_called_by(grandchild, ports);
    end_task(grandchild);
    destroy_three(ports);
}

static void a_parent_may_change_its_own_for_all_its_children(void **state) {
    (void)state;
    mach_port_t old[3], new[3];
    make_three(old);
    make_three(new);
    assert_success(mach_ports_register(SELF, old, 3));
    task_t before = make_task();
    mach_port_t mixed[3] = {old[NAME_SERVER_SLOT], new[ENVIRONMENT_SLOT], new[SERVICE_SLOT]};
    assert_success(mach_ports_register(SELF, mixed, 3));
    task_t first = make_task(), second = make_task();
    expect_registered(SELF, mixed[0], mixed[1], mixed[2]);
    expect_called_by(before, old);
    expect_called_by(first, mixed);
    expect_called_by(second, mixed);
    unregister();
    end_task(before);
    end_task(first);
    end_task(second);
    destroy_three(old);
    destroy_three(new);
}

static void a_parent_may_set_its_childs_before_the_child_starts(void **state) {
    (void)state;
    mach_port_t ports[3], environment = port_with_send();
    make_three(ports);
    assert_success(mach_ports_register(SELF, ports, 3));
    task_t child = make_task(), other = make_task();
    // The child's environment is to be another: take what it has, change a slot, give it back. All names are the parent's.
    struct slots slots = look_up(child);
    mach_port_t changed[3] = {slots.ports[NAME_SERVER_SLOT], environment, slots.ports[SERVICE_SLOT]};
    assert_success(mach_ports_register(child, changed, 3));
    give_up(slots);
    assert_empty(child);
    expect_called_by(child, changed);
    expect_called_by(other, ports);
    expect_registered(SELF, ports[0], ports[1], ports[2]);
    unregister();
    end_task(child);
    end_task(other);
    destroy_three(ports);
    destroy(environment);
}

static void a_child_may_change_what_it_inherited(void **state) {
    (void)state;
    mach_port_t ports[3];
    make_three(ports);
    assert_success(mach_ports_register(SELF, ports, 3));
    task_t child = make_task();
    enter(child);
    mach_port_t mine = port_with_send();
    assert_success(mach_ports_register(SELF, &mine, 1));
    expect_registered(SELF, mine, MACH_PORT_NULL, MACH_PORT_NULL);
    leave();
    expect_registered(SELF, ports[0], ports[1], ports[2]);
    unregister();
    end_task(child);
    destroy_three(ports);
}

// ---- Special ports of a task

static const int settable[] = {TASK_KERNEL_PORT,   TASK_HOST_PORT,   TASK_BOOTSTRAP_PORT,
                               TASK_SEATBELT_PORT, TASK_ACCESS_PORT, TASK_DEBUG_CONTROL_PORT};

static mach_port_t special(task_t task, int which) {
    mach_port_t port = 0x5a5a5a5a;
    assert_success(task_get_special_port(task, which, &port));
    return port;
}

// The task's special port must be this one; what was got is given up again.
static void expect_special(task_t task, int which, mach_port_t wanted) {
    mach_port_t port = special(task, which);
    assert_int_equal(port, wanted);
    assert_success(mach_port_deallocate(SELF, port));
}

static void a_task_starts_with_its_own_port_and_the_hosts(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t host = mach_host_self();
    expect_special(task, TASK_KERNEL_PORT, task);
    expect_special(SELF, TASK_KERNEL_PORT, SELF);
    expect_special(task, TASK_HOST_PORT, host);
    expect_special(SELF, TASK_HOST_PORT, host);
    expect_special(task, TASK_BOOTSTRAP_PORT, bootstrap_port);
    expect_special(SELF, TASK_BOOTSTRAP_PORT, bootstrap_port);
    expect_special(task, TASK_SEATBELT_PORT, MACH_PORT_NULL);
    expect_special(task, TASK_ACCESS_PORT, MACH_PORT_NULL);
    expect_special(task, TASK_DEBUG_CONTROL_PORT, MACH_PORT_NULL);
    // The name port names the task and is no right to it.
    mach_port_t name = special(task, TASK_NAME_PORT), same = special(task, TASK_NAME_PORT);
    assert_true(MACH_PORT_VALID(name));
    assert_int_not_equal(name, task);
    assert_int_equal(name, same);
    assert_int_equal(refs(name, MACH_PORT_RIGHT_SEND), 2);
    mach_port_t port = 0x5a5a5a5a;
    assert_code(mach_port_allocate(name, MACH_PORT_RIGHT_RECEIVE, &port), KERN_INVALID_TASK);
    assert_code(task_terminate(name), KERN_INVALID_ARGUMENT);
    end_task(task);
    assert_int_equal(type(name), MACH_PORT_TYPE_DEAD_NAME);
    destroy(name);
    assert_success(mach_port_deallocate(SELF, host));
}

static void special_ports_are_copied_and_got_as_copies(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(settable); i++) {
        task_t task = make_task();
        mach_port_t port = port_with_send();
        assert_success(task_set_special_port(task, settable[i], port)); // X10
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);          // X10: not consumed
        mach_port_t got = special(task, settable[i]);
        assert_int_equal(got, port);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
        assert_success(mach_port_deallocate(SELF, port));
        assert_success(mach_port_deallocate(SELF, port));
        expect_special(task, settable[i], port); // the task's own copy keeps it reachable
        assert_empty(task);
        end_task(task);
        mach_port_rights_t rights = 9;
        assert_success(mach_port_get_srights(SELF, port, &rights));
        assert_int_equal(rights, 0);
        destroy(port);
    }
}

static void the_macros_name_the_special_ports(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t first = port_with_send(), got = MACH_PORT_NULL;
    assert_success(task_set_bootstrap_port(task, first));
    assert_success(task_get_bootstrap_port(task, &got));
    assert_int_equal(got, first);
    assert_success(task_set_host_port(task, first));
    assert_success(task_get_host_port(task, &got));
    assert_int_equal(got, first);
    assert_success(task_get_kernel_port(task, &got));
    assert_int_equal(got, task);
    assert_success(mach_port_deallocate(SELF, got));
    assert_success(task_set_kernel_port(task, first));
    assert_success(task_get_kernel_port(task, &got));
    assert_int_equal(got, first);
    end_task(task);
    destroy(first);
}

static void special_ports_may_be_null_or_die(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t port = port_with_send(), dead = make_dead_name(1);
    assert_success(task_set_bootstrap_port(task, port));
    destroy(port);
    expect_special(task, TASK_BOOTSTRAP_PORT, MACH_PORT_DEAD);
    assert_success(task_set_bootstrap_port(task, MACH_PORT_NULL));
    expect_special(task, TASK_BOOTSTRAP_PORT, MACH_PORT_NULL);
    assert_success(task_set_bootstrap_port(task, MACH_PORT_DEAD));
    expect_special(task, TASK_BOOTSTRAP_PORT, MACH_PORT_DEAD);
    assert_success(task_set_bootstrap_port(task, MACH_PORT_NULL));
    assert_success(task_set_bootstrap_port(task, dead));
    expect_special(task, TASK_BOOTSTRAP_PORT, MACH_PORT_DEAD);
    assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 1);
    end_task(task);
    destroy(dead);
}

static void seatbelt_and_access_are_set_once(void **state) {
    (void)state;
    int which[] = {TASK_SEATBELT_PORT, TASK_ACCESS_PORT};
    for (size_t i = 0; i < COUNT_OF(which); i++) {
        task_t task = make_task();
        mach_port_t first = port_with_send(), second = port_with_send();
        assert_success(task_set_special_port(task, which[i], MACH_PORT_NULL));
        assert_success(task_set_special_port(task, which[i], first));
        assert_code(task_set_special_port(task, which[i], second), KERN_NO_ACCESS); // X10
        assert_code(task_set_special_port(task, which[i], MACH_PORT_NULL), KERN_NO_ACCESS);
        expect_special(task, which[i], first);
        assert_int_equal(refs(second, MACH_PORT_RIGHT_SEND), 1);
        end_task(task);
        destroy(first);
        destroy(second);
    }
}

static void special_ports_of_no_number_and_no_task(void **state) {
    (void)state;
    task_t task = make_task(), ended = make_task();
    terminate(ended);
    mach_port_t port = port_with_send(), dead = make_dead_name(1), receive = make_port(), set = make_set(),
                unknown = unknown_name(), host = mach_host_self(), out = 0x5a5a5a5a;
    struct picture picture = take_picture();
    int none[] = {-1, 0, 8, 11, 12, 100, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        assert_code(task_get_special_port(task, none[i], &out), KERN_INVALID_ARGUMENT); // X10
        assert_code(task_set_special_port(task, none[i], port), KERN_INVALID_ARGUMENT); // X10
    }
    assert_code(task_set_special_port(task, TASK_NAME_PORT, port), KERN_INVALID_ARGUMENT);
    mach_port_t tasks[] = {MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03, port, dead, host, ended};
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        assert_code(task_get_special_port(tasks[i], TASK_BOOTSTRAP_PORT, &out), KERN_INVALID_ARGUMENT); // X10
        assert_code(task_set_special_port(tasks[i], TASK_BOOTSTRAP_PORT, port), KERN_INVALID_ARGUMENT); // X10
    }
    mach_port_t rights[] = {receive, set, unknown};
    for (size_t i = 0; i < COUNT_OF(rights); i++)
        assert_code(task_set_special_port(task, TASK_BOOTSTRAP_PORT, rights[i]), MACH_SEND_INVALID_RIGHT);
    assert_int_equal(out, 0x5a5a5a5a);
    assert_unchanged(picture);
    expect_special(task, TASK_BOOTSTRAP_PORT, bootstrap_port);
    end_task(task);
    destroy(ended);
    destroy(port);
    destroy(dead);
    destroy(receive);
    destroy(set);
    assert_success(mach_port_deallocate(SELF, host));
}

static void a_child_inherits_copies_of_special_ports(void **state) {
    (void)state;
    task_t parent = make_task();
    mach_port_t ports[5];
    int inherited[] = {TASK_HOST_PORT, TASK_BOOTSTRAP_PORT, TASK_SEATBELT_PORT, TASK_ACCESS_PORT};
    for (size_t i = 0; i < COUNT_OF(inherited); i++) {
        ports[i] = port_with_send();
        assert_success(task_set_special_port(parent, inherited[i], ports[i]));
    }
    ports[4] = port_with_send();
    assert_success(task_set_special_port(parent, TASK_DEBUG_CONTROL_PORT, ports[4]));
    task_t child = make_task_of(parent);
    assert_empty(child);
    for (size_t i = 0; i < COUNT_OF(inherited); i++) expect_special(child, inherited[i], ports[i]); // X5
    expect_special(child, TASK_DEBUG_CONTROL_PORT, MACH_PORT_NULL);                                 // not inherited
    expect_special(child, TASK_KERNEL_PORT, child);
    // Copies: the parent's changes, and its end, are its own.
    assert_success(task_set_bootstrap_port(parent, ports[0]));
    expect_special(child, TASK_BOOTSTRAP_PORT, ports[1]);
    end_task(parent);
    for (size_t i = 0; i < COUNT_OF(inherited); i++) expect_special(child, inherited[i], ports[i]);
    end_task(child);
    for (size_t i = 0; i < COUNT_OF(ports); i++) destroy(ports[i]);
}

static void a_child_finds_its_bootstrap_port(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    assert_success(task_set_bootstrap_port(SELF, port));
    task_t child = make_task();
    enter(child);
    mach_port_t mine = MACH_PORT_NULL;
    assert_success(task_get_bootstrap_port(SELF, &mine));
    assert_int_equal(type(mine), MACH_PORT_TYPE_SEND);
    assert_code(send_simple(mine, MACH_MSG_TYPE_MOVE_SEND, 12), MACH_MSG_SUCCESS);
    assert_empty(SELF);
    leave();
    expect_message(port, 12);
    assert_success(task_set_bootstrap_port(SELF, MACH_PORT_NULL));
    end_task(child);
    destroy(port);
}

static void mach_host_self_gives_the_host_special_port(void **state) {
    (void)state;
    task_t child = make_task();
    mach_port_t port = port_with_send();
    assert_success(task_set_host_port(child, port));
    enter(child);
    mach_port_t host = mach_host_self();
    assert_code(send_simple(host, MACH_MSG_TYPE_MOVE_SEND, 13), MACH_MSG_SUCCESS);
    leave();
    expect_message(port, 13);
    end_task(child);
    destroy(port);
}

// ---- Exception ports of a new task

static void a_child_inherits_exception_ports(void **state) {
    (void)state;
    task_t parent = make_task();
    mach_port_t port = port_with_send();
    exception_behavior_t behavior = (exception_behavior_t)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES);
    assert_success(task_set_exception_ports(parent, EXC_MASK_GUARD, port, behavior, 0));
    task_t child = make_task_of(parent);
    assert_success(task_set_exception_ports(parent, EXC_MASK_GUARD, MACH_PORT_NULL, behavior, 0));
    end_task(parent);
    exception_mask_t masks[EXC_TYPES_COUNT];
    mach_port_t ports[EXC_TYPES_COUNT];
    exception_behavior_t behaviors[EXC_TYPES_COUNT];
    thread_state_flavor_t flavors[EXC_TYPES_COUNT];
    mach_msg_type_number_t count = EXC_TYPES_COUNT;
    assert_success(task_get_exception_ports(child, EXC_MASK_GUARD, masks, &count, ports, behaviors, flavors));
    assert_int_equal(count, 1);
    assert_int_equal(masks[0], EXC_MASK_GUARD);
    assert_int_equal(ports[0], port);
    assert_int_equal(behaviors[0], behavior);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    assert_empty(child);
    end_task(child);
    destroy(port);
}

// ---- Special ports of threads and of the host

static void the_special_port_of_a_thread_is_its_own(void **state) {
    (void)state;
    mach_port_t thread = mach_thread_self(), got = MACH_PORT_NULL, port = port_with_send(), out = 0x5a5a5a5a;
    mach_port_urefs_t had = refs(thread, MACH_PORT_RIGHT_SEND);
    assert_success(thread_get_special_port(thread, THREAD_KERNEL_PORT, &got));
    assert_int_equal(got, thread);
    assert_int_equal(refs(thread, MACH_PORT_RIGHT_SEND), had + 1);
    int none[] = {-1, 0, 2, 3, 4, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        assert_code(thread_get_special_port(thread, none[i], &out), KERN_INVALID_ARGUMENT);
        assert_code(thread_set_special_port(thread, none[i], port), KERN_INVALID_ARGUMENT);
    }
    mach_port_t threads[] = {MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03, port, SELF};
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_code(thread_get_special_port(threads[i], THREAD_KERNEL_PORT, &out), KERN_INVALID_ARGUMENT);
        assert_code(thread_set_special_port(threads[i], THREAD_KERNEL_PORT, port), KERN_INVALID_ARGUMENT);
    }
    assert_code(thread_set_special_port(thread, THREAD_KERNEL_PORT, 0x7fffff03), MACH_SEND_INVALID_RIGHT);
    assert_int_equal(out, 0x5a5a5a5a);
    // Set, it is what others get; the thread itself stays what it is.
    assert_success(thread_set_kernel_port(thread, port));
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    assert_success(thread_get_kernel_port(thread, &out));
    assert_int_equal(out, port);
    assert_success(mach_port_deallocate(SELF, port));
    assert_success(thread_set_kernel_port(thread, thread));
    assert_success(thread_get_kernel_port(thread, &out));
    assert_int_equal(out, thread);
    assert_success(mach_port_mod_refs(SELF, thread, MACH_PORT_RIGHT_SEND, -3));
    destroy(port);
}

static void the_hosts_special_ports_are_kept_and_told(void **state) {
    (void)state;
    mach_port_t host = mach_host_self(), port = port_with_send(), got = 0x5a5a5a5a;
    for (int which = HOST_MAX_SPECIAL_KERNEL_PORT + 1; which <= HOST_MAX_SPECIAL_PORT; which++) {
        assert_success(host_get_special_port(host, HOST_LOCAL_NODE, which, &got));
        assert_int_equal(got, MACH_PORT_NULL);
        assert_success(host_set_special_port(host, which, port));
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
        assert_success(host_get_special_port(host, HOST_LOCAL_NODE, which, &got));
        assert_int_equal(got, port);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
        assert_success(mach_port_deallocate(SELF, port));
        assert_success(host_set_special_port(host, which, MACH_PORT_NULL));
        assert_success(host_get_special_port(host, HOST_LOCAL_NODE, which, &got));
        assert_int_equal(got, MACH_PORT_NULL);
    }
    // They are every task's.
    assert_success(host_set_gssd_port(host, port));
    task_t task = make_task();
    enter(task);
    mach_port_t same_host = mach_host_self(), there = MACH_PORT_NULL;
    assert_success(host_get_gssd_port(same_host, &there));
    assert_code(send_simple(there, MACH_MSG_TYPE_MOVE_SEND, 14), MACH_MSG_SUCCESS);
    leave();
    expect_message(port, 14);
    destroy(port);
    assert_success(host_get_gssd_port(host, &got));
    assert_int_equal(got, MACH_PORT_DEAD);
    assert_success(host_set_gssd_port(host, MACH_PORT_NULL));
    end_task(task);
    assert_success(mach_port_deallocate(SELF, host));
}

static void the_hosts_own_special_ports_cannot_be_set(void **state) {
    (void)state;
    mach_port_t host = mach_host_self(), port = port_with_send(), got = 0x5a5a5a5a;
    for (int which = -1; which <= HOST_MAX_SPECIAL_KERNEL_PORT; which++)
        assert_code(host_set_special_port(host, which, port), KERN_INVALID_ARGUMENT);
    assert_code(host_set_special_port(host, HOST_MAX_SPECIAL_PORT + 1, port), KERN_INVALID_ARGUMENT);
    int none[] = {INT32_MIN, -1, HOST_SECURITY_PORT, HOST_MAX_SPECIAL_PORT + 1, INT32_MAX};
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_code(host_get_special_port(host, HOST_LOCAL_NODE, none[i], &got), KERN_INVALID_ARGUMENT);
    mach_port_t hosts[] = {MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03, port, SELF};
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        assert_code(host_get_special_port(hosts[i], HOST_LOCAL_NODE, HOST_GSSD_PORT, &got), KERN_INVALID_ARGUMENT);
        assert_code(host_set_special_port(hosts[i], HOST_GSSD_PORT, port), KERN_INVALID_ARGUMENT);
    }
    assert_code(host_set_special_port(host, HOST_GSSD_PORT, 0x7fffff03), MACH_SEND_INVALID_RIGHT);
    assert_int_equal(got, 0x5a5a5a5a);
    assert_success(host_get_host_port(host, &got));
    assert_int_equal(got, host);
    assert_success(mach_port_deallocate(SELF, got));
    assert_success(host_get_special_port(host, HOST_LOCAL_NODE, HOST_PRIV_PORT, &got));
    assert_int_equal(type(got), MACH_PORT_TYPE_SEND);
    assert_success(mach_port_deallocate(SELF, got));
    destroy(port);
    assert_success(mach_port_deallocate(SELF, host));
}

// ---- Their names

static void special_ports_have_names(void **state) {
    (void)state;
    assert_int_equal(mach_task_special_port_for_id("TASK_KERNEL_PORT"), TASK_KERNEL_PORT);
    assert_int_equal(mach_task_special_port_for_id("TASK_HOST_PORT"), TASK_HOST_PORT);
    assert_int_equal(mach_task_special_port_for_id("TASK_NAME_PORT"), TASK_NAME_PORT);
    assert_int_equal(mach_task_special_port_for_id("TASK_BOOTSTRAP_PORT"), TASK_BOOTSTRAP_PORT);
    assert_int_equal(mach_task_special_port_for_id("TASK_SEATBELT_PORT"), TASK_SEATBELT_PORT);
    assert_int_equal(mach_task_special_port_for_id("TASK_ACCESS_PORT"), TASK_ACCESS_PORT);
    assert_int_equal(mach_task_special_port_for_id("TASK_DEBUG_CONTROL_PORT"), TASK_DEBUG_CONTROL_PORT);
    assert_int_equal(mach_host_special_port_for_id("HOST_PORT"), HOST_PORT);
    assert_int_equal(mach_host_special_port_for_id("HOST_PRIV_PORT"), HOST_PRIV_PORT);
    assert_int_equal(mach_host_special_port_for_id("HOST_GSSD_PORT"), HOST_GSSD_PORT);
    assert_int_equal(mach_host_special_port_for_id("HOST_CONTAINERD_PORT"), HOST_CONTAINERD_PORT);
    assert_int_equal(mach_thread_special_port_for_id("THREAD_KERNEL_PORT"), THREAD_KERNEL_PORT);
    int (*for_id[])(const char *) = {mach_task_special_port_for_id, mach_host_special_port_for_id,
                                     mach_thread_special_port_for_id};
    const char *none[] = {"", "TASK", "HOST_PORT_", "task_kernel_port", "TASK_KERNEL_POR", "1"};
    for (size_t i = 0; i < COUNT_OF(for_id); i++) {
        for (size_t j = 0; j < COUNT_OF(none); j++) assert_int_equal(for_id[i](none[j]), -1);
        assert_int_equal(for_id[i](NULL), -1);
    }
    assert_int_equal(mach_task_special_port_for_id("HOST_PORT"), -1);
    assert_int_equal(mach_host_special_port_for_id("TASK_HOST_PORT"), -1);
}

static void special_ports_have_descriptions(void **state) {
    (void)state;
    const char *(*description[])(int) = {mach_task_special_port_description, mach_host_special_port_description,
                                         mach_thread_special_port_description};
    int outside[] = {INT32_MIN, -1, 1000, INT32_MAX};
    for (size_t i = 0; i < COUNT_OF(description); i++)
        for (size_t j = 0; j < COUNT_OF(outside); j++) assert_null(description[i](outside[j]));
    for (size_t i = 0; i < COUNT_OF(settable); i++) {
        const char *text = mach_task_special_port_description(settable[i]);
        assert_non_null(text);
        assert_true(strlen(text) > 0);
        assert_ptr_equal(mach_task_special_port_description(settable[i]), text); // it lasts
        for (size_t j = 0; j < i; j++) assert_string_not_equal(mach_task_special_port_description(settable[j]), text);
    }
    assert_non_null(mach_task_special_port_description(TASK_NAME_PORT));
    assert_null(mach_task_special_port_description(0));
    assert_null(mach_task_special_port_description(8));
    for (int which = HOST_PORT; which <= HOST_IO_MASTER_PORT; which++)
        assert_non_null(mach_host_special_port_description(which));
    assert_non_null(mach_host_special_port_description(HOST_GSSD_PORT));
    assert_non_null(mach_host_special_port_description(HOST_MAX_SPECIAL_PORT));
    assert_null(mach_host_special_port_description(HOST_MAX_SPECIAL_KERNEL_PORT));
    assert_null(mach_host_special_port_description(HOST_MAX_SPECIAL_PORT + 1));
    assert_non_null(mach_thread_special_port_description(THREAD_KERNEL_PORT));
    assert_null(mach_thread_special_port_description(0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(the_slots_are_those_of_the_manual),
        TASK_TEST(a_process_starts_without_registered_ports),
        TASK_TEST(registered_ports_are_copied_and_looked_up_as_copies),
        TASK_TEST(a_registered_port_needs_no_other_right_to_stay_reachable),
        TASK_TEST(fewer_ports_clear_the_slots_after_them),
        TASK_TEST(registered_ports_that_died_are_looked_up_as_dead),
        TASK_TEST(what_cannot_be_registered_changes_nothing),
        TASK_TEST(registering_and_looking_up_need_a_task),
        TASK_TEST(registered_ports_hold_senders),
        TASK_TEST(a_parent_may_do_nothing_and_its_child_has_what_it_has),
        TASK_TEST(a_parent_may_change_its_own_for_all_its_children),
        TASK_TEST(a_parent_may_set_its_childs_before_the_child_starts),
        TASK_TEST(a_child_may_change_what_it_inherited),
        TASK_TEST(a_task_starts_with_its_own_port_and_the_hosts),
        TASK_TEST(special_ports_are_copied_and_got_as_copies),
        TASK_TEST(the_macros_name_the_special_ports),
        TASK_TEST(special_ports_may_be_null_or_die),
        TASK_TEST(seatbelt_and_access_are_set_once),
        TASK_TEST(special_ports_of_no_number_and_no_task),
        TASK_TEST(a_child_inherits_copies_of_special_ports),
        TASK_TEST(a_child_finds_its_bootstrap_port),
        TASK_TEST(mach_host_self_gives_the_host_special_port),
        TASK_TEST(a_child_inherits_exception_ports),
        TASK_TEST(the_special_port_of_a_thread_is_its_own),
        TASK_TEST(the_hosts_special_ports_are_kept_and_told),
        TASK_TEST(the_hosts_own_special_ports_cannot_be_set),
        TASK_TEST(special_ports_have_names),
        TASK_TEST(special_ports_have_descriptions),
    };
    return TASK_RUN(tests);
}

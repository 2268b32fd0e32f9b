// Tasks inside the process: what a new one has, every routine on another task, rights and receive rights that move between tasks, and a task's end.
#include "task_support.h"

#include <mach/mach_vm.h>
#include <mach/task.h>

#include <signal.h>
#include <unistd.h>

// ---- A new task

static void a_new_task_has_nothing_but_its_own_port(void **state) {
    (void)state;
    uint64_t tasks = live_tasks();
    task_t task = make_task();
    assert_int_equal(live_tasks(), tasks + 1);
    assert_int_equal(type(task), MACH_PORT_TYPE_SEND);
    assert_int_equal(refs(task, MACH_PORT_RIGHT_SEND), 1);
    assert_empty(task); // X5
    assert_int_equal(refs_in(task, OWN_TASK, MACH_PORT_RIGHT_SEND), 1);
    ipc_info_space_basic_t info;
    assert_success(mach_port_space_basic_info(task, &info));
    assert_int_equal(info.iisb_table_inuse, 1); // R20
    enter(task);
    assert_int_equal(SELF, OWN_TASK); // N3
    assert_empty(SELF);
    leave();
    end_task(task);
    assert_int_equal(live_tasks(), tasks);
}

static void each_task_has_a_port_and_a_space_of_its_own(void **state) {
    (void)state;
    task_t first = make_task(), second = make_task();
    assert_int_not_equal(first, second);
    assert_int_not_equal(first, SELF);
    // The same name in both, for different ports.
    mach_port_t one = make_port_in(first), other = make_port_in(second);
    assert_int_equal(one, other);
    assert_success(mach_port_set_context(first, one, 1));
    assert_success(mach_port_set_context(second, other, 2));
    mach_port_context_t context = 0;
    assert_success(mach_port_get_context(first, one, &context));
    assert_int_equal(context, 1);
    assert_success(mach_port_destroy(first, one));
    assert_int_equal(type_in(first, one), MACH_PORT_TYPE_NONE);
    assert_int_equal(type_in(second, other), MACH_PORT_TYPE_RECEIVE);
    end_task(second);
    assert_empty(first);
    end_task(first);
}

static void a_task_is_made_whether_or_not_memory_is_to_be_inherited(void **state) {
    (void)state;
    boolean_t inherit[] = {TRUE, FALSE};
    for (size_t i = 0; i < COUNT_OF(inherit); i++) {
        task_t task = MACH_PORT_NULL;
        assert_success(task_create(SELF, NULL, 0, inherit[i], &task));
        assert_empty(task);
        end_task(task);
    }
}

static void a_task_can_be_made_by_one_that_is_no_parent(void **state) {
    (void)state;
    task_t parent = make_task();
    task_t child = make_task_of(parent); // its name is in our space, not in the parent's
    assert_int_equal(type(child), MACH_PORT_TYPE_SEND);
    assert_empty(parent);
    assert_empty(child);
    // A child does not go with its parent.
    end_task(parent);
    assert_int_equal(type(child), MACH_PORT_TYPE_SEND);
    assert_success(mach_port_destroy(child, make_port_in(child)));
    end_task(child);
}

static void making_and_ending_needs_a_task(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), dead = make_dead_name(2), host = mach_host_self(), thread = mach_thread_self();
    mach_port_t tasks[] = {MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03, port, dead, host, thread};
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        task_t task = 0x5a5a5a5a;
        assert_code(task_create(tasks[i], NULL, 0, FALSE, &task), KERN_INVALID_ARGUMENT);
        assert_int_equal(task, 0x5a5a5a5a);
        assert_code(task_terminate(tasks[i]), KERN_INVALID_ARGUMENT);
    }
    assert_unchanged(picture);
    assert_success(mach_port_deallocate(SELF, host));
    assert_success(mach_port_deallocate(SELF, thread));
    destroy(port);
    destroy(dead);
}

static void all_tasks_share_the_memory_of_the_process(void **state) {
    (void)state;
    task_t task = make_task();
    vm_address_t address = 0;
    assert_success(vm_allocate(task, &address, vm_page_size, VM_FLAGS_ANYWHERE));
    *(volatile char *)address = 'x';
    assert_success(vm_deallocate(SELF, address, vm_page_size));
    mach_vm_address_t wide = 0;
    assert_success(mach_vm_allocate(SELF, &wide, vm_page_size, VM_FLAGS_ANYWHERE));
    *(volatile char *)wide = 'x';
    assert_success(mach_vm_deallocate(task, wide, vm_page_size));
    // Memory does not go with the task that asked for it.
    assert_success(vm_allocate(task, &address, vm_page_size, VM_FLAGS_ANYWHERE));
    terminate(task);
    *(volatile char *)address = 'y';
    assert_code(vm_deallocate(task, address, vm_page_size), KERN_INVALID_ARGUMENT);
    assert_success(vm_deallocate(SELF, address, vm_page_size));
    destroy(task);
}

static void thousands_of_tasks_come_and_go(void **state) {
    (void)state;
    enum { TASKS = 2000, AT_ONCE = 100 };
    task_t tasks[AT_ONCE];
    for (unsigned i = 0; i < TASKS; i++) {
        unsigned place = i % AT_ONCE;
        if (i >= AT_ONCE) end_task(tasks[place]);
        tasks[place] = make_task();
        (void)make_port_in(tasks[place]);
        if (i > 0) (void)give(tasks[place], tasks[(i - 1) % AT_ONCE], MACH_MSG_TYPE_COPY_SEND);
    }
    for (unsigned i = 0; i < AT_ONCE; i++) end_task(tasks[i]);
}

// ---- Acting as a task

static void a_thread_that_adopts_a_task_has_its_names(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t mine = make_port();
    enter(task);
    assert_int_equal(mach_task_self(), OWN_TASK);
    mach_port_t port = make_port(), set = make_set();
    assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE);
    put_in_set(port, set);
    leave();
    assert_int_equal(type(mine), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(type_in(task, port), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(type_in(task, set), MACH_PORT_TYPE_PORT_SET);
    assert_int_equal(status_in(task, port).mps_pset, 1);
    assert_int_equal(count_names_in(task), 3);
    // The parent's name for the task means nothing in the task.
    enter(task);
    assert_code(mach_port_destroy(task, port), KERN_INVALID_TASK);
    leave();
    destroy(mine);
    end_task(task);
}

static void the_trap_functions_speak_of_the_adopted_task(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t ours = mach_thread_self();
    enter(task);
    assert_int_equal((mach_task_self)(), OWN_TASK); // R15
    assert_int_equal(refs(OWN_TASK, MACH_PORT_RIGHT_SEND), 2);
    assert_success(mach_port_deallocate(SELF, OWN_TASK));
    mach_port_t host = mach_host_self(), thread = mach_thread_self(), reply = mach_reply_port();
    assert_int_equal(type(host), MACH_PORT_TYPE_SEND);
    assert_int_equal(type(thread), MACH_PORT_TYPE_SEND);
    assert_int_equal(type(reply), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(count_names_in(SELF), 4);
    leave();
    assert_int_equal(type_in(task, reply), MACH_PORT_TYPE_RECEIVE);
    // It is one thread with one port, which both tasks can name.
    assert_int_equal(take(task, thread, MACH_MSG_TYPE_COPY_SEND), ours);
    assert_success(mach_port_mod_refs(SELF, ours, MACH_PORT_RIGHT_SEND, -2));
    mach_port_t same_host = mach_host_self();
    assert_int_equal(take(task, host, MACH_MSG_TYPE_COPY_SEND), same_host);
    assert_success(mach_port_mod_refs(SELF, same_host, MACH_PORT_RIGHT_SEND, -2));
    end_task(task);
}

static void adopting_needs_a_task(void **state) {
    (void)state;
    task_t task = make_task(), ended = make_task();
    terminate(ended);
    mach_port_t port = port_with_send(), dead = make_dead_name(1), host = mach_host_self(), thread = mach_thread_self();
    mach_port_t bad[] = {MACH_PORT_DEAD, 0x7fffff03, port, dead, host, thread, ended};
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_code(mach_linux_task_adopt(bad[i]), KERN_INVALID_ARGUMENT);
        assert_int_equal(type(port), MACH_PORT_TYPE_SEND_RECEIVE); // still the process's task
    }
    assert_unchanged(picture);
    // A failing call leaves the thread in the task that it acts as.
    enter(task);
    assert_code(mach_linux_task_adopt(MACH_PORT_DEAD), KERN_INVALID_ARGUMENT);
    assert_empty(SELF);
    assert_success(mach_linux_task_adopt(SELF)); // to where it is
    assert_empty(SELF);
    leave();
    leave(); // NULL from the process's task is no change
    assert_int_equal(type(port), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_success(mach_linux_task_adopt(SELF));
    assert_int_equal(type(port), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_success(mach_port_deallocate(SELF, host));
    assert_success(mach_port_deallocate(SELF, thread));
    destroy(port);
    destroy(dead);
    destroy(ended);
    end_task(task);
}

static void adopting_takes_no_reference(void **state) {
    (void)state;
    task_t task = make_task();
    for (int i = 0; i < 3; i++) {
        enter(task);
        leave();
    }
    assert_int_equal(refs(task, MACH_PORT_RIGHT_SEND), 1);
    assert_empty(task);
    // The name may go while a thread acts as the task, and come back.
    mach_port_name_t us = give(task, SELF, MACH_MSG_TYPE_COPY_SEND);
    enter(task);
    assert_success(mach_port_deallocate(us, task));
    assert_int_equal(type_in(us, task), MACH_PORT_TYPE_NONE);
    destroy(make_port());
    assert_success(mach_port_insert_right(us, task, SELF, MACH_MSG_TYPE_COPY_SEND));
    leave();
    assert_int_equal(refs(task, MACH_PORT_RIGHT_SEND), 1);
    end_task(task);
}

static void a_task_adopts_its_way_through_tasks_that_it_can_name(void **state) {
    (void)state;
    task_t first = make_task(), second = make_task();
    mach_port_name_t second_in_first = give(first, second, MACH_MSG_TYPE_COPY_SEND);
    assert_success(mach_port_set_context(second, make_port_in(second), 7));
    enter(first);
    enter(second_in_first);
    assert_int_equal(count_names_in(SELF), 2);
    leave(); // to the process's task, not to the first
    assert_int_equal(type(first), MACH_PORT_TYPE_SEND);
    end_task(first);
    end_task(second);
}

// ---- Every routine on another task

// What the caller does to another task leaves its own space alone.
static struct picture own_names;
static void watch_own_names(void) { own_names = take_picture(); }
static void assert_own_names_unchanged(void) { assert_unchanged(own_names); }

static void names_are_allocated_and_destroyed_in_another_task(void **state) {
    (void)state;
    task_t task = make_task();
    watch_own_names();
    mach_port_t port = MACH_PORT_NULL, set = MACH_PORT_NULL, dead = MACH_PORT_NULL, other = MACH_PORT_NULL;
    assert_success(mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &port));
    assert_success(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &set));
    assert_success(mach_port_allocate(task, MACH_PORT_RIGHT_DEAD_NAME, &dead)); // N6
    assert_int_equal(type_in(task, port), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(type_in(task, set), MACH_PORT_TYPE_PORT_SET);
    assert_int_equal(type_in(task, dead), MACH_PORT_TYPE_DEAD_NAME);
    assert_success(mach_port_allocate_name(task, MACH_PORT_RIGHT_RECEIVE, NAME_AT(100)));
    assert_int_equal(type_in(task, NAME_AT(100)), MACH_PORT_TYPE_RECEIVE);
    assert_code(mach_port_allocate_name(task, MACH_PORT_RIGHT_RECEIVE, NAME_AT(100)), KERN_NAME_EXISTS); // N5
    assert_code(mach_port_allocate_name(task, MACH_PORT_RIGHT_RECEIVE, OWN_TASK), KERN_NAME_EXISTS);
    mach_port_qos_t qos = {0};
    assert_success(mach_port_allocate_qos(task, MACH_PORT_RIGHT_RECEIVE, &qos, &other));
    assert_int_equal(type_in(task, other), MACH_PORT_TYPE_RECEIVE);
    assert_success(mach_port_destroy(task, other));
    qos.name = 1;
    other = NAME_AT(200);
    assert_success(mach_port_allocate_full(task, MACH_PORT_RIGHT_PORT_SET, MACH_PORT_NULL, &qos, &other));
    assert_int_equal(type_in(task, NAME_AT(200)), MACH_PORT_TYPE_PORT_SET);
    assert_code(mach_port_rename(task, port, NAME_AT(300)), KERN_NOT_SUPPORTED); // N7
    assert_int_equal(count_names_in(task), 6);                                   // N8
    assert_success(mach_port_destroy(task, port));
    assert_success(mach_port_destroy(task, set));
    assert_success(mach_port_deallocate(task, dead));
    assert_success(mach_port_destroy(task, NAME_AT(100)));
    assert_success(mach_port_destroy(task, NAME_AT(200)));
    assert_empty(task);
    assert_own_names_unchanged();
    end_task(task);
}

static void references_are_counted_in_another_task(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t port = make_port();
    mach_port_name_t send = give(task, port, MACH_MSG_TYPE_MAKE_SEND);
    watch_own_names();
    assert_success(mach_port_mod_refs(task, send, MACH_PORT_RIGHT_SEND, 9));
    assert_int_equal(refs_in(task, send, MACH_PORT_RIGHT_SEND), 10);
    assert_code(mach_port_mod_refs(task, send, MACH_PORT_RIGHT_SEND, 65534 - 9), KERN_UREFS_OVERFLOW); // R5
    assert_code(mach_port_mod_refs(task, send, MACH_PORT_RIGHT_SEND, -11), KERN_INVALID_VALUE);
    assert_success(mach_port_deallocate(task, send));
    assert_int_equal(refs_in(task, send, MACH_PORT_RIGHT_SEND), 9);
    assert_int_equal(refs_in(task, send, MACH_PORT_RIGHT_RECEIVE), 0);                            // R1
    assert_code(mach_port_mod_refs(task, send, MACH_PORT_RIGHT_RECEIVE, -1), KERN_INVALID_RIGHT); // R7
    assert_code(mach_port_deallocate(task, port == send ? NAME_AT(77) : port), KERN_INVALID_NAME);
    assert_own_names_unchanged();
    // When the port dies here, the name there is a dead name with as many references.
    kill_port(port);
    assert_int_equal(type_in(task, send), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(refs_in(task, send, MACH_PORT_RIGHT_DEAD_NAME), 9);
    assert_success(mach_port_mod_refs(task, send, MACH_PORT_RIGHT_DEAD_NAME, -9));
    assert_empty(task);
    end_task(task);
}

static void attributes_of_another_tasks_ports(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t port = make_port_in(task);
    watch_own_names();
    mach_port_limits_t limits = {.mpl_qlimit = 77};
    assert_success(mach_port_set_attributes(task, port, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
                                            MACH_PORT_LIMITS_INFO_COUNT));
    assert_success(mach_port_set_mscount(task, port, 11));
    assert_success(mach_port_set_seqno(task, port, 12));
    assert_success(mach_port_set_context(task, port, 0x1234567890));
    mach_port_status_t status = status_in(task, port);
    assert_int_equal(status.mps_qlimit, 77);
    assert_int_equal(status.mps_mscount, 11);
    assert_int_equal(status.mps_seqno, 12);
    mach_port_context_t context = 0;
    assert_success(mach_port_get_context(task, port, &context));
    assert_int_equal(context, 0x1234567890);
    mach_port_limits_t got = {0};
    mach_msg_type_number_t count = MACH_PORT_LIMITS_INFO_COUNT;
    assert_success(mach_port_get_attributes(task, port, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&got, &count));
    assert_int_equal(got.mpl_qlimit, 77);
    mach_port_rights_t srights = 99;
    assert_success(mach_port_get_srights(task, port, &srights));
    assert_int_equal(srights, 0);
    // The task sees the same.
    enter(task);
    assert_int_equal(status_in(SELF, port).mps_qlimit, 77);
    assert_success(mach_port_get_context(SELF, port, &context));
    assert_int_equal(context, 0x1234567890);
    leave();
    assert_own_names_unchanged();
    end_task(task);
}

static void sets_of_another_task(void **state) {
    (void)state;
    task_t task = make_task();
    watch_own_names();
    mach_port_t port = make_port_in(task), set = MACH_PORT_NULL, other = MACH_PORT_NULL;
    assert_success(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &set));
    assert_success(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &other));
    assert_success(mach_port_insert_member(task, port, set));
    assert_code(mach_port_insert_member(task, port, set), KERN_ALREADY_IN_SET); // P1
    assert_success(mach_port_insert_member(task, port, other));
    mach_port_name_array_t members = NULL;
    mach_msg_type_number_t count = 0;
    assert_success(mach_port_get_set_status(task, set, &members, &count));
    assert_int_equal(count, 1);
    assert_int_equal(members[0], port);
    assert_success(vm_deallocate(SELF, (vm_address_t)members, count * sizeof(*members)));
    assert_success(mach_port_extract_member(task, port, set));
    assert_code(mach_port_extract_member(task, port, set), KERN_NOT_IN_SET);
    assert_success(mach_port_move_member(task, port, MACH_PORT_NULL)); // P2
    assert_int_equal(status_in(task, port).mps_pset, 0);
    assert_success(mach_port_move_member(task, port, set));
    assert_int_equal(status_in(task, port).mps_pset, 1);
    // Members and sets are looked up in that task alone.
    assert_own_names_unchanged();
    mach_port_t mine = make_port();
    if (type_in(task, mine) == MACH_PORT_TYPE_NONE)
        assert_code(mach_port_insert_member(task, mine, set), KERN_INVALID_NAME);
    destroy(mine);
    end_task(task);
}

static void peeking_and_looking_into_another_task(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t port = make_port_in(task), right = take(task, port, MACH_MSG_TYPE_MAKE_SEND);
    assert_code(send_simple(right, MACH_MSG_TYPE_COPY_SEND, 4711), MACH_MSG_SUCCESS);
    mach_port_seqno_t sequence = 0;
    mach_msg_size_t size = 0;
    mach_msg_id_t id = 0;
    mach_msg_max_trailer_t trailer;
    mach_msg_type_number_t trailer_size = sizeof(trailer);
    assert_success(mach_port_peek(task, port, MACH_MSG_TRAILER_FORMAT_0, &sequence, &size, &id,
                                  (mach_msg_trailer_info_t)&trailer, &trailer_size)); // X4
    assert_int_equal(id, 4711);
    assert_int_equal(size, sizeof(mach_msg_header_t) + 8);
    mach_port_rights_t srights = 99;
    assert_success(mach_port_get_srights(task, port, &srights));
    assert_int_equal(srights, 2); // ours and the message's

    ipc_info_space_t info;
    ipc_info_name_array_t slots = NULL;
    ipc_info_tree_name_array_t tree = NULL;
    mach_msg_type_number_t slot_count = 0, tree_count = 0;
    assert_success(mach_port_space_info(task, &info, &slots, &slot_count, &tree, &tree_count)); // R20
    assert_int_equal(slot_count, info.iis_table_size);
    assert_int_equal(tree_count, 0);
    unsigned used = 0;
    for (unsigned i = 0; i < slot_count; i++) used += slots[i].iin_type != 0;
    assert_int_equal(used, 2);
    assert_success(vm_deallocate(SELF, (vm_address_t)slots, slot_count * sizeof(*slots)));
    assert_success(vm_deallocate(SELF, (vm_address_t)tree, tree_count * sizeof(*tree)));
    assert_success(task_set_port_space(task, 1000));

    unsigned kind = 99, object = 99, total = 99, used_requests = 99;
    natural_t type = 99;
    mach_vm_address_t address = 99;
    assert_success(mach_port_kernel_object(task, port, &kind, &object)); // R19
    assert_int_equal(kind, 0);
    assert_success(mach_port_kernel_object(task, OWN_TASK, &kind, &object));
    assert_int_not_equal(kind, 0);
    assert_success(mach_port_kobject(task, OWN_TASK, &type, &address));
    assert_int_equal(type, kind);
    natural_t own_type = 0;
    mach_vm_address_t own_address = 0;
    assert_success(mach_port_kobject(SELF, task, &own_type, &own_address)); // the same port under our name
    assert_int_equal(own_type, type);
    assert_int_equal(own_address, address);
    assert_success(mach_port_dnrequest_info(task, port, &total, &used_requests));
    assert_int_equal(used_requests, 0);
    end_task(task);
    assert_int_equal(refs(right, MACH_PORT_RIGHT_DEAD_NAME), 1);
    destroy(right);
}

static void guards_in_another_task(void **state) {
    (void)state;
    task_t task = make_task();
    watch_own_names();
    mach_port_options_t options = {.flags = MPO_CONTEXT_AS_GUARD | MPO_INSERT_SEND_RIGHT | MPO_QLIMIT,
                                   .mpl = {.mpl_qlimit = 9}};
    mach_port_t port = MACH_PORT_NULL;
    assert_success(mach_port_construct(task, &options, 0xabc, &port)); // G5
    assert_int_equal(type_in(task, port), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_int_equal(status_in(task, port).mps_qlimit, 9);
    assert_int_equal(status_in(task, port).mps_mscount, 1);                                       // G6
    assert_code(mach_port_mod_refs(task, port, MACH_PORT_RIGHT_RECEIVE, -1), KERN_INVALID_RIGHT); // R12
    assert_code(mach_port_destroy(task, port), KERN_INVALID_RIGHT);                               // R10
    assert_code(mach_port_unguard(task, port, 0xabd), KERN_INVALID_ARGUMENT);                     // G2
    assert_success(mach_port_unguard(task, port, 0xabc));
    assert_success(mach_port_guard(task, port, 0xdef, TRUE));
    mach_port_context_t context = 1;
    assert_success(mach_port_get_context(task, port, &context)); // G1
    assert_int_equal(context, 0);
    assert_code(mach_port_destruct(task, port, -1, 0xabc), KERN_INVALID_ARGUMENT); // G3
    assert_success(mach_port_destruct(task, port, -1, 0xdef));
    assert_empty(task);
    assert_own_names_unchanged();
    end_task(task);
}

static void requests_on_names_of_another_task(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t notify = make_port(), port = make_port();
    mach_port_name_t send = give(task, port, MACH_MSG_TYPE_MAKE_SEND);
    request(task, send, MACH_NOTIFY_DEAD_NAME, 0, notify);
    assert_int_equal(type_in(task, send), MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_DNREQUEST); // R13
    // The previous right comes to the caller, under a name of the caller's.
    mach_port_t previous = MACH_PORT_NULL;
    assert_success(mach_port_request_notification(task, send, MACH_NOTIFY_DEAD_NAME, 0, notify,
                                                  MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous)); // T8
    assert_int_equal(type(previous), MACH_PORT_TYPE_SEND_ONCE);
    assert_int_equal(type_in(task, previous), MACH_PORT_TYPE_NONE);
    assert_success(mach_port_deallocate(SELF, previous));
    expect_send_once_notification(notify); // T18
    kill_port(port);
    expect_notified(notify, MACH_NOTIFY_DEAD_NAME, send);                // the name as that task knows it
    assert_int_equal(refs_in(task, send, MACH_PORT_RIGHT_DEAD_NAME), 2); // T13
    assert_success(mach_port_mod_refs(task, send, MACH_PORT_RIGHT_DEAD_NAME, -2));

    mach_port_t theirs = make_port_in(task);
    request(task, theirs, MACH_NOTIFY_NO_SENDERS, 1, notify);
    mach_port_t ours = take(task, theirs, MACH_MSG_TYPE_MAKE_SEND);
    expect_no_message(notify);
    assert_success(mach_port_deallocate(SELF, ours));
    expect_notified(notify, MACH_NOTIFY_NO_SENDERS, 1); // T1

    request(task, theirs, MACH_NOTIFY_PORT_DESTROYED, 0, notify);
    assert_success(mach_port_destroy(task, theirs));
    struct notification it = expect_notification(notify, MACH_NOTIFY_PORT_DESTROYED); // T14
    assert_int_equal(it.right.disposition, MACH_MSG_TYPE_PORT_RECEIVE);
    assert_int_equal(type(it.right.name), MACH_PORT_TYPE_RECEIVE); // it is ours now
    destroy(it.right.name);

    send = give(task, notify, MACH_MSG_TYPE_MAKE_SEND);
    request(task, send, MACH_NOTIFY_DEAD_NAME, 0, notify);
    assert_success(mach_port_deallocate(task, send));
    expect_notified(notify, MACH_NOTIFY_PORT_DELETED, send); // T12
    assert_empty(task);
    end_task(task);
    expect_no_message(notify);
    destroy(notify);
}

static void a_failing_request_on_another_task_gives_the_notify_right_up(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t notify = make_port(), previous = 0x5a5a5a5a;
    assert_code(mach_port_request_notification(task, NAME_AT(500), MACH_NOTIFY_DEAD_NAME, 0, notify,
                                               MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous),
                KERN_INVALID_NAME);
    assert_int_equal(previous, 0x5a5a5a5a);
    expect_send_once_notification(notify); // T20
    destroy(notify);
    end_task(task);
}

// ---- Rights into and out of another task

static void every_disposition_goes_into_another_task(void **state) {
    (void)state;
    task_t task = make_task();
    // The name to insert is one of the caller's; the name to get is the task's.
    mach_port_t port = port_with_sends(3);
    mach_port_name_t name = give(task, port, MACH_MSG_TYPE_COPY_SEND);
    assert_int_equal(type_in(task, name), MACH_PORT_TYPE_SEND);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 3);
    assert_success(mach_port_insert_right(task, name, port, MACH_MSG_TYPE_MOVE_SEND));
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    assert_success(mach_port_insert_right(task, name, port, MACH_MSG_TYPE_MAKE_SEND));
    assert_int_equal(refs_in(task, name, MACH_PORT_RIGHT_SEND), 3); // I5
    assert_int_equal(status(port).mps_mscount, 2);                  // T2
    mach_port_name_t once = give(task, port, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    assert_int_equal(type_in(task, once), MACH_PORT_TYPE_SEND_ONCE);
    mach_port_t mine = make_send_once(port);
    mach_port_name_t moved = give(task, mine, MACH_MSG_TYPE_MOVE_SEND_ONCE);
    assert_int_equal(type_in(task, moved), MACH_PORT_TYPE_SEND_ONCE);
    assert_int_equal(type(mine), MACH_PORT_TYPE_NONE);
    assert_int_equal(status(port).mps_sorights, 2);
    assert_success(mach_port_insert_right(task, name, port, MACH_MSG_TYPE_MOVE_RECEIVE));
    assert_int_equal(type_in(task, name), MACH_PORT_TYPE_SEND_RECEIVE); // I9
    assert_int_equal(type(port), MACH_PORT_TYPE_SEND);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    assert_int_equal(count_names_in(task), 4);
    // The port dies with its receive right, there.
    assert_success(mach_port_destroy(task, name));
    assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type_in(task, once), MACH_PORT_TYPE_DEAD_NAME);
    destroy(port);
    end_task(task);
}

static void every_disposition_comes_out_of_another_task(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t theirs = make_port_in(task);
    mach_port_t mine = take(task, theirs, MACH_MSG_TYPE_MAKE_SEND);
    assert_int_equal(type(mine), MACH_PORT_TYPE_SEND);
    assert_int_equal(type_in(task, theirs), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(status_in(task, theirs).mps_mscount, 1);
    assert_int_equal(take(task, theirs, MACH_MSG_TYPE_MAKE_SEND), mine); // I9
    assert_int_equal(refs(mine, MACH_PORT_RIGHT_SEND), 2);
    assert_success(mach_port_insert_right(task, theirs, mine, MACH_MSG_TYPE_COPY_SEND));
    assert_int_equal(type_in(task, theirs), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_int_equal(take(task, theirs, MACH_MSG_TYPE_COPY_SEND), mine);
    assert_int_equal(type_in(task, theirs), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_int_equal(take(task, theirs, MACH_MSG_TYPE_MOVE_SEND), mine);
    assert_int_equal(type_in(task, theirs), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(refs(mine, MACH_PORT_RIGHT_SEND), 4);
    mach_port_t once = take(task, theirs, MACH_MSG_TYPE_MAKE_SEND_ONCE), other = MACH_PORT_NULL;
    assert_int_not_equal(once, mine);
    assert_int_equal(type(once), MACH_PORT_TYPE_SEND_ONCE);
    mach_port_name_t once_there = give(task, once, MACH_MSG_TYPE_MOVE_SEND_ONCE);
    other = take(task, once_there, MACH_MSG_TYPE_MOVE_SEND_ONCE);
    assert_int_equal(type(other), MACH_PORT_TYPE_SEND_ONCE);
    assert_int_equal(type_in(task, once_there), MACH_PORT_TYPE_NONE);
    assert_int_equal(take(task, theirs, MACH_MSG_TYPE_MOVE_RECEIVE), mine); // I9
    assert_int_equal(type(mine), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_empty(task);
    assert_success(mach_port_deallocate(SELF, other));
    expect_send_once_notification(mine);
    destroy(mine);
    end_task(task);
}

static void a_port_has_one_name_in_each_task(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t port = make_port(), other = make_port();
    mach_port_name_t name = give(task, port, MACH_MSG_TYPE_MAKE_SEND),
                     used = give(task, other, MACH_MSG_TYPE_MAKE_SEND);
    struct name_list before = names_in(task);
    struct picture picture = take_picture();
    assert_code(mach_port_insert_right(task, NAME_AT(50), port, MACH_MSG_TYPE_MAKE_SEND), KERN_RIGHT_EXISTS);    // I3
    assert_code(mach_port_insert_right(task, NAME_AT(50), port, MACH_MSG_TYPE_MOVE_RECEIVE), KERN_RIGHT_EXISTS); // I3
    assert_code(mach_port_insert_right(task, used, port, MACH_MSG_TYPE_MAKE_SEND), KERN_RIGHT_EXISTS);           // I4
    assert_code(mach_port_insert_right(task, used, port, MACH_MSG_TYPE_MOVE_RECEIVE), KERN_RIGHT_EXISTS);        // I4
    assert_code(mach_port_insert_right(task, OWN_TASK, port, MACH_MSG_TYPE_MAKE_SEND), KERN_RIGHT_EXISTS);       // I4
    assert_code(mach_port_insert_right(task, name, port, MACH_MSG_TYPE_MAKE_SEND_ONCE), KERN_NAME_EXISTS);       // I4
    assert_code(mach_port_insert_right(task, used, port, MACH_MSG_TYPE_MAKE_SEND_ONCE), KERN_NAME_EXISTS);       // I4
    mach_port_t fresh = make_port();
    assert_code(mach_port_insert_right(task, used, fresh, MACH_MSG_TYPE_MAKE_SEND), KERN_NAME_EXISTS);    // I4
    assert_code(mach_port_insert_right(task, used, fresh, MACH_MSG_TYPE_MOVE_RECEIVE), KERN_NAME_EXISTS); // I4
    assert_code(mach_port_insert_right(task, name + 4, fresh, MACH_MSG_TYPE_MAKE_SEND), KERN_FAILURE);    // I4
    assert_code(mach_port_insert_right(task, 0x03, fresh, MACH_MSG_TYPE_MAKE_SEND), KERN_FAILURE);        // I4
    assert_code(mach_port_insert_right(task, NAME_AT(INDEX_BEYOND), fresh, MACH_MSG_TYPE_MAKE_SEND), KERN_NO_SPACE);
    assert_int_equal(type(fresh), MACH_PORT_TYPE_RECEIVE); // still ours
    destroy(fresh);
    // Nothing happened, here or there: what was not inserted is the caller's still.
    struct name_list after = names_in(task);
    assert_int_equal(after.count, before.count);
    for (unsigned i = 0; i < before.count; i++)
        assert_int_equal(type_in(task, before.names[i].name), before.names[i].type);
    assert_int_equal(refs_in(task, name, MACH_PORT_RIGHT_SEND), 1);
    assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE); // I6
    assert_unchanged(picture);
    // The same name, or a send-once right elsewhere, is fine.
    assert_success(mach_port_insert_right(task, name, port, MACH_MSG_TYPE_MAKE_SEND));
    assert_success(mach_port_insert_right(task, NAME_AT(50), port, MACH_MSG_TYPE_MAKE_SEND_ONCE));
    assert_success(mach_port_insert_right(task, NAME_AT(51), port, MACH_MSG_TYPE_MAKE_SEND_ONCE)); // I9
    end_task(task);
    expect_send_once_notification(port);
    expect_send_once_notification(port);
    destroy(port);
    destroy(other);
}

static void inserting_into_another_task_needs_the_right_here(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t port = make_port(), send = port_with_send(), dead = make_dead_name(1), set = make_set();
    struct picture picture = take_picture();
    mach_port_name_t free = NAME_AT(40);
    assert_code(mach_port_insert_right(task, MACH_PORT_NULL, port, MACH_MSG_TYPE_MAKE_SEND), KERN_INVALID_VALUE); // I1
    assert_code(mach_port_insert_right(task, MACH_PORT_DEAD, port, MACH_MSG_TYPE_MAKE_SEND), KERN_INVALID_VALUE); // I1
    assert_code(mach_port_insert_right(task, free, port, 15), KERN_INVALID_VALUE);                                // I1
    assert_code(mach_port_insert_right(task, free, port, 22), KERN_INVALID_VALUE);                                // I1
    assert_code(mach_port_insert_right(task, free, MACH_PORT_NULL, MACH_MSG_TYPE_COPY_SEND), KERN_INVALID_CAPABILITY);
    assert_code(mach_port_insert_right(task, free, MACH_PORT_DEAD, MACH_MSG_TYPE_COPY_SEND), KERN_INVALID_CAPABILITY);
    assert_code(mach_port_insert_right(task, free, dead, MACH_MSG_TYPE_COPY_SEND), KERN_INVALID_CAPABILITY); // I2
    assert_code(mach_port_insert_right(task, free, NAME_AT(3000), MACH_MSG_TYPE_COPY_SEND), KERN_INVALID_NAME);
    assert_code(mach_port_insert_right(task, free, port, MACH_MSG_TYPE_COPY_SEND), KERN_INVALID_RIGHT); // I1
    assert_code(mach_port_insert_right(task, free, port, MACH_MSG_TYPE_MOVE_SEND), KERN_INVALID_RIGHT);
    assert_code(mach_port_insert_right(task, free, send, MACH_MSG_TYPE_MOVE_SEND_ONCE), KERN_INVALID_RIGHT);
    assert_code(mach_port_insert_right(task, free, set, MACH_MSG_TYPE_MAKE_SEND), KERN_INVALID_RIGHT); // I8
    assert_unchanged(picture);
    assert_empty(task);
    destroy(port);
    destroy(send);
    destroy(dead);
    destroy(set);
    end_task(task);
}

static void extracting_from_another_task_needs_the_right_there(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t theirs = make_port_in(task), dead = MACH_PORT_NULL, set = MACH_PORT_NULL;
    assert_success(mach_port_allocate(task, MACH_PORT_RIGHT_DEAD_NAME, &dead));
    assert_success(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &set));
    struct {
        mach_port_name_t name;
        mach_msg_type_name_t disposition;
        kern_return_t code;
    } cases[] = {
        {MACH_PORT_NULL, MACH_MSG_TYPE_COPY_SEND, KERN_INVALID_RIGHT}, // I7
        {MACH_PORT_DEAD, MACH_MSG_TYPE_COPY_SEND, KERN_INVALID_RIGHT}, // I7
        {MACH_PORT_NULL, 22, KERN_INVALID_VALUE},                      // I7
        {theirs, 0, KERN_INVALID_VALUE},                               // I7
        {NAME_AT(900), MACH_MSG_TYPE_COPY_SEND, KERN_INVALID_NAME},    // I7
        {theirs, MACH_MSG_TYPE_COPY_SEND, KERN_INVALID_RIGHT},         // I7
        {theirs, MACH_MSG_TYPE_MOVE_SEND_ONCE, KERN_INVALID_RIGHT},
        {set, MACH_MSG_TYPE_MAKE_SEND, KERN_INVALID_RIGHT}, // I8
        {set, MACH_MSG_TYPE_MOVE_RECEIVE, KERN_INVALID_RIGHT},
        {OWN_TASK, MACH_MSG_TYPE_MOVE_RECEIVE, KERN_INVALID_RIGHT}, // the kernel has it
        {OWN_TASK, MACH_MSG_TYPE_MAKE_SEND, KERN_INVALID_RIGHT},
        {dead, MACH_MSG_TYPE_MAKE_SEND, KERN_INVALID_RIGHT},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        mach_port_t right = 0x5a5a5a5a;
        mach_msg_type_name_t type = 0x5a5a5a5a;
        assert_code(mach_port_extract_right(task, cases[i].name, cases[i].disposition, &right, &type), cases[i].code);
        assert_int_equal(right, 0x5a5a5a5a);
        assert_int_equal(type, 0x5a5a5a5a);
    }
    assert_int_equal(take(task, dead, MACH_MSG_TYPE_COPY_SEND), MACH_PORT_DEAD); // I11
    assert_int_equal(take(task, dead, MACH_MSG_TYPE_MOVE_SEND), MACH_PORT_DEAD); // I11
    assert_int_equal(type_in(task, dead), MACH_PORT_TYPE_NONE);
    end_task(task);
}

static void rights_pass_between_two_other_tasks(void **state) {
    (void)state;
    task_t giver = make_task(), taker = make_task();
    mach_port_t port = make_port_in(giver);
    mach_port_t passing = take(giver, port, MACH_MSG_TYPE_MAKE_SEND);
    mach_port_name_t there = give(taker, passing, MACH_MSG_TYPE_MOVE_SEND);
    assert_int_equal(type(passing), MACH_PORT_TYPE_NONE);
    enter(taker);
    assert_code(send_simple(there, MACH_MSG_TYPE_COPY_SEND, 5), MACH_MSG_SUCCESS);
    leave();
    enter(giver);
    mach_msg_id_t id = 0;
    assert_code(receive_simple(port, &id), MACH_MSG_SUCCESS);
    assert_int_equal(id, 5);
    leave();
    // A task can be given its own port, and the caller's: then it can do to the caller what the caller can do to it.
    assert_success(mach_port_insert_right(taker, OWN_TASK, taker, MACH_MSG_TYPE_COPY_SEND));
    assert_int_equal(refs_in(taker, OWN_TASK, MACH_PORT_RIGHT_SEND), 2);
    mach_port_name_t us = give(taker, SELF, MACH_MSG_TYPE_COPY_SEND);
    enter(taker);
    mach_port_t made = make_port_in(us);
    leave();
    assert_int_equal(type(made), MACH_PORT_TYPE_RECEIVE);
    destroy(made);
    end_task(giver);
    end_task(taker);
}

// ---- Receive rights that move (T19)

// Moves the port to the task and says what it is called there. The caller's space must not know it otherwise.
typedef mach_port_name_t (*mover)(task_t task, mach_port_t port);

static mach_port_name_t move_by_insertion(task_t task, mach_port_t port) {
    return give(task, port, MACH_MSG_TYPE_MOVE_RECEIVE);
}

static mach_port_name_t move_by_extraction(task_t task, mach_port_t port) {
    mach_port_name_t us = give(task, SELF, MACH_MSG_TYPE_COPY_SEND);
    enter(task);
    mach_port_name_t name = take(us, port, MACH_MSG_TYPE_MOVE_RECEIVE);
    assert_success(mach_port_deallocate(SELF, us));
    leave();
    return name;
}

static mach_port_name_t move_by_message(task_t task, mach_port_t port) {
    mach_port_name_t inbox = make_port_in(task);
    mach_port_t carrier = take(task, inbox, MACH_MSG_TYPE_MAKE_SEND);
    struct test_message message = message_to(carrier, MACH_MSG_TYPE_MOVE_SEND, 0);
    add_port(&message, port, MACH_MSG_TYPE_MOVE_RECEIVE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    enter(task);
    mach_port_name_t name = take_from_transit(inbox);
    destroy(inbox);
    leave();
    return name;
}

static const mover movers[] = {move_by_insertion, move_by_extraction, move_by_message};

static void a_receive_right_that_moves_is_as_new_there(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(movers); i++) {
        task_t task = make_task();
        mach_port_t port = make_port(), set = make_set();
        set_limit(port, 9);
        assert_success(mach_port_set_mscount(SELF, port, 33));
        assert_success(mach_port_set_seqno(SELF, port, 44));
        assert_success(mach_port_guard(SELF, port, 0x55, TRUE));
        put_in_set(port, set);
        mach_port_name_t name = movers[i](task, port);
        assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
        mach_port_status_t status = status_in(task, name);
        assert_int_equal(status.mps_mscount, 0); // T19
        assert_int_equal(status.mps_seqno, 0);   // T19
        assert_int_equal(status.mps_pset, 0);    // T19
        assert_int_equal(status.mps_qlimit, 9);
        assert_int_equal(status.mps_flags & (MACH_PORT_STATUS_FLAG_GUARDED | MACH_PORT_STATUS_FLAG_STRICT_GUARD), 0);
        mach_port_context_t context = 1;
        assert_success(mach_port_get_context(task, name, &context));
        assert_int_equal(context, 0);                                                // T19
        assert_success(mach_port_mod_refs(task, name, MACH_PORT_RIGHT_RECEIVE, -1)); // G9
        assert_empty(task);
        mach_port_name_array_t members = NULL;
        mach_msg_type_number_t count = 9;
        assert_success(mach_port_get_set_status(SELF, set, &members, &count)); // P7
        assert_int_equal(count, 0);
        destroy(set);
        end_task(task);
    }
}

static void messages_move_with_the_receive_right(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(movers); i++) {
        task_t task = make_task();
        mach_port_t port = make_port();
        queue_messages(port, 3); // Q13
        mach_port_t once = make_send_once(port);
        mach_port_name_t name = movers[i](task, port);
        // A send-once right here is a right of its own; it reaches the port where that is now.
        assert_code(send_simple(once, MACH_MSG_TYPE_MOVE_SEND_ONCE, 3), MACH_MSG_SUCCESS);
        assert_int_equal(status_in(task, name).mps_msgcount, 4);
        enter(task);
        for (mach_msg_id_t id = 0; id < 4; id++) {
            struct test_message message;
            assert_code(receive_now(name, &message, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO)),
                        MACH_MSG_SUCCESS);
            assert_int_equal(message.header.msgh_id, id);
            assert_int_equal(message.header.msgh_local_port, name);
            assert_int_equal(trailer_of(&message)->msgh_seqno, id); // Q13
        }
        leave();
        end_task(task);
    }
}

static void requests_move_with_the_receive_right(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(movers); i++) {
        task_t task = make_task();
        mach_port_t port = make_port(), notify = make_port(), destroyed = make_port();
        request(SELF, port, MACH_NOTIFY_NO_SENDERS, 1, notify);
        request(SELF, port, MACH_NOTIFY_PORT_DESTROYED, 0, destroyed);
        mach_port_name_t name = movers[i](task, port);
        expect_no_message(notify);
        expect_no_message(destroyed);
        assert_int_equal(status_in(task, name).mps_nsrequest, 1); // T19
        assert_int_equal(status_in(task, name).mps_pdrequest, 1); // T19
        mach_port_t send = take(task, name, MACH_MSG_TYPE_MAKE_SEND);
        assert_success(mach_port_deallocate(SELF, send));
        expect_notified(notify, MACH_NOTIFY_NO_SENDERS, 1);
        // When the task ends, the port comes back to us.
        end_task(task);
        struct notification it = expect_notification(destroyed, MACH_NOTIFY_PORT_DESTROYED);
        assert_int_equal(type(it.right.name), MACH_PORT_TYPE_RECEIVE);
        destroy(it.right.name);
        destroy(notify);
        destroy(destroyed);
    }
}

static void receivers_notice_that_the_receive_right_moves(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(movers); i++) {
        task_t task = make_task();
        mach_port_t port = make_port();
        struct caller receivers[2];
        block_receiver(&receivers[0], port);
        block_receiver(&receivers[1], port);
        (void)movers[i](task, port);
        assert_code(finish(&receivers[0]), MACH_RCV_PORT_CHANGED); // T19
        assert_code(finish(&receivers[1]), MACH_RCV_PORT_CHANGED); // T19
        end_task(task);
    }
}

static void blocked_senders_do_not_notice_that_the_receive_right_moves(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(movers); i++) {
        task_t task = make_task();
        mach_port_t port = make_port();
        set_limit(port, 1);
        queue_messages(port, 1);
        insert_send(port);
        struct test_message message = message_to(port, MACH_MSG_TYPE_COPY_SEND, 77);
        struct caller sender;
        prepare_sender(&sender, &message);
        begin_blocked(&sender);
        mach_port_name_t name = movers[i](task, port);
        assert_int_equal(type(port), MACH_PORT_TYPE_SEND);
        expect_blocked(&sender);
        enter(task);
        expect_message(name, 0);
        leave();
        assert_code(finish(&sender), MACH_MSG_SUCCESS);
        enter(task);
        expect_message(name, 77);
        leave();
        assert_success(mach_port_deallocate(SELF, port));
        end_task(task);
    }
}

static void the_receive_right_joins_the_send_right_that_the_task_has(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t port = make_port();
    mach_port_name_t name = give(task, port, MACH_MSG_TYPE_MAKE_SEND);
    assert_int_equal(move_by_message(task, port), name); // I9
    assert_int_equal(type_in(task, name), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_int_equal(refs_in(task, name, MACH_PORT_RIGHT_SEND), 1);
    mach_port_t back = take(task, name, MACH_MSG_TYPE_MOVE_SEND);
    assert_int_equal(take(task, name, MACH_MSG_TYPE_MOVE_RECEIVE), back); // I9
    assert_int_equal(type(back), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_empty(task);
    end_task(task);
    destroy(back);
}

// ---- Messages between tasks

static void a_call_from_one_task_to_another(void **state) {
    (void)state;
    task_t server = make_task(), client = make_task();
    mach_port_name_t service = make_port_in(server);
    mach_port_t right = take(server, service, MACH_MSG_TYPE_MAKE_SEND);
    mach_port_name_t service_in_client = give(client, right, MACH_MSG_TYPE_MOVE_SEND);

    enter(client);
    mach_port_t reply = mach_reply_port(), gift = make_port();
    struct test_message question = message_to(service_in_client, MACH_MSG_TYPE_COPY_SEND, 1);
    set_reply(&question, reply, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    add_port(&question, gift, MACH_MSG_TYPE_MAKE_SEND);
    add_port(&question, SELF, MACH_MSG_TYPE_COPY_SEND);
    assert_code(send_now(&question), MACH_MSG_SUCCESS);
    leave();

    enter(server);
    struct test_message request;
    assert_code(receive_now(service, &request, 0), MACH_MSG_SUCCESS);
    assert_int_equal(request.header.msgh_local_port, service); // V8
    assert_int_equal(type(request.header.msgh_remote_port), MACH_PORT_TYPE_SEND_ONCE);
    mach_port_t gift_here = request.ports[0].name, client_here = request.ports[1].name;
    assert_int_equal(type(gift_here), MACH_PORT_TYPE_SEND);
    assert_int_equal(type_in(client_here, gift), MACH_PORT_TYPE_RECEIVE); // the client's task port works here
    assert_code(send_simple(gift_here, MACH_MSG_TYPE_MOVE_SEND, 2), MACH_MSG_SUCCESS);
    assert_code(send_simple(request.header.msgh_remote_port, MACH_MSG_TYPE_MOVE_SEND_ONCE, 3), MACH_MSG_SUCCESS);
    assert_success(mach_port_deallocate(SELF, client_here));
    assert_int_equal(count_names_in(SELF), 2);
    leave();

    enter(client);
    expect_message(gift, 2);
    expect_message(reply, 3);
    leave();
    end_task(client);
    end_task(server);
}

static void a_receiver_in_one_task_gets_what_another_sends(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_name_t port = make_port_in(task);
    mach_port_t right = take(task, port, MACH_MSG_TYPE_MAKE_SEND), gift = make_port();
    struct task_caller receiver;
    prepare_receiver(&receiver.caller, port);
    begin_blocked_as(&receiver, task);
    struct test_message message = message_to(right, MACH_MSG_TYPE_MOVE_SEND, 6);
    add_port(&message, gift, MACH_MSG_TYPE_MAKE_SEND);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(finish_as(&receiver), MACH_MSG_SUCCESS);
    assert_int_equal(receiver.caller.message.header.msgh_id, 6);
    assert_int_equal(receiver.caller.message.header.msgh_local_port, port);
    assert_int_equal(type_in(task, receiver.caller.message.ports[0].name), MACH_PORT_TYPE_SEND); // in its space
    assert_int_equal(type(gift), MACH_PORT_TYPE_RECEIVE);
    end_task(task);
    destroy(gift);
}

static void messages_between_tasks_carry_the_process_in_their_token(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t port = make_port();
    mach_port_name_t there = give(task, port, MACH_MSG_TYPE_MAKE_SEND);
    enter(task);
    assert_code(send_simple(there, MACH_MSG_TYPE_COPY_SEND, 1), MACH_MSG_SUCCESS);
    leave();
    struct test_message message;
    assert_code(receive_now(port, &message, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT)), MACH_MSG_SUCCESS);
    assert_int_equal(trailer_of(&message)->msgh_audit.val[5], getpid()); // V18
    destroy(port);
    end_task(task);
}

// ---- The end of a task

static void a_task_that_ended_is_a_dead_name(void **state) {
    (void)state;
    uint64_t tasks = live_tasks();
    task_t task = make_task();
    mach_port_t notify = make_port();
    assert_success(mach_port_mod_refs(SELF, task, MACH_PORT_RIGHT_SEND, 4));
    request(SELF, task, MACH_NOTIFY_DEAD_NAME, 0, notify);
    assert_success(task_terminate(task));
    assert_int_equal(live_tasks(), tasks);
    expect_notified(notify, MACH_NOTIFY_DEAD_NAME, task);
    assert_int_equal(type(task), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(refs(task, MACH_PORT_RIGHT_DEAD_NAME), 6); // T13
    assert_code(task_terminate(task), KERN_INVALID_ARGUMENT);
    assert_code(send_simple(task, MACH_MSG_TYPE_COPY_SEND, 3401), MACH_SEND_INVALID_DEST);
    destroy(task);
    destroy(notify);
}

// Every kind of call that names a task, on one that has ended.
static void nothing_works_on_a_task_that_ended(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t theirs = make_port_in(task), mine = make_port(), port = 0x5a5a5a5a;
    terminate(task);
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, other_count = 0;
    mach_port_type_t type_out = 0;
    mach_port_urefs_t refs_out = 0;
    mach_msg_type_name_t disposition = 0;
    mach_port_options_t options = {0};
    ipc_info_space_basic_t info;
    kern_return_t dead = KERN_INVALID_TASK; // Choices
    assert_code(mach_port_names(task, &names, &count, &types, &other_count), dead);
    assert_code(mach_port_type(task, theirs, &type_out), dead);
    assert_code(mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &port), dead);
    assert_code(mach_port_allocate_name(task, MACH_PORT_RIGHT_RECEIVE, NAME_AT(9)), dead);
    assert_code(mach_port_destroy(task, theirs), dead);
    assert_code(mach_port_deallocate(task, theirs), dead);
    assert_code(mach_port_get_refs(task, theirs, MACH_PORT_RIGHT_RECEIVE, &refs_out), dead);
    assert_code(mach_port_mod_refs(task, theirs, MACH_PORT_RIGHT_RECEIVE, -1), dead);
    assert_code(mach_port_insert_right(task, NAME_AT(9), mine, MACH_MSG_TYPE_MAKE_SEND), dead);
    assert_code(mach_port_insert_right(task, NAME_AT(9), mine, MACH_MSG_TYPE_MOVE_RECEIVE), dead);
    assert_code(mach_port_extract_right(task, theirs, MACH_MSG_TYPE_MAKE_SEND, &port, &disposition), dead);
    assert_code(mach_port_construct(task, &options, 0, &port), dead);
    assert_code(mach_port_destruct(task, theirs, 0, 0), dead);
    assert_code(mach_port_guard(task, theirs, 1, FALSE), dead);
    assert_code(mach_port_space_basic_info(task, &info), dead);
    assert_int_equal(type(mine), MACH_PORT_TYPE_RECEIVE); // I6
    assert_int_equal(port, 0x5a5a5a5a);
    assert_code(task_create(task, NULL, 0, FALSE, &port), KERN_INVALID_ARGUMENT);
    assert_code(mach_linux_task_adopt(task), KERN_INVALID_ARGUMENT);
    destroy(mine);
    destroy(task);
}

static void the_names_of_a_task_go_by_ascending_index(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t notify = make_port(), watched = make_port(), held = make_port();
    set_limit(notify, 100);
    // Slots are filled in another order than that in which they will go. Each tells of its end on the one port.
    assert_success(mach_port_insert_right(task, NAME_AT(70), notify, MACH_MSG_TYPE_MAKE_SEND_ONCE));
    assert_success(mach_port_allocate_name(task, MACH_PORT_RIGHT_RECEIVE, NAME_AT(20)));
    assert_success(mach_port_allocate_name(task, MACH_PORT_RIGHT_RECEIVE, NAME_AT(60)));
    request(SELF, watched, MACH_NOTIFY_NO_SENDERS, 1, notify);
    assert_success(mach_port_insert_right(task, NAME_AT(30), watched, MACH_MSG_TYPE_MAKE_SEND));
    assert_success(mach_port_insert_right(task, NAME_AT(50), held, MACH_MSG_TYPE_MAKE_SEND));
    request(task, NAME_AT(50), MACH_NOTIFY_DEAD_NAME, 0, notify);
    assert_success(mach_port_insert_right(task, NAME_AT(40), notify, MACH_MSG_TYPE_MAKE_SEND_ONCE));
    mach_port_t low = take(task, NAME_AT(20), MACH_MSG_TYPE_MAKE_SEND),
                high = take(task, NAME_AT(60), MACH_MSG_TYPE_MAKE_SEND);
    request(SELF, low, MACH_NOTIFY_DEAD_NAME, 0, notify);
    request(SELF, high, MACH_NOTIFY_DEAD_NAME, 0, notify);
    request(SELF, task, MACH_NOTIFY_DEAD_NAME, 0, notify);
    terminate(task);
    expect_notified(notify, MACH_NOTIFY_DEAD_NAME, low);            // 20, C4
    expect_notified(notify, MACH_NOTIFY_NO_SENDERS, 1);             // 30, C4
    expect_notification(notify, MACH_NOTIFY_SEND_ONCE);             // 40, C4
    expect_notified(notify, MACH_NOTIFY_PORT_DELETED, NAME_AT(50)); // 50, C4
    expect_notified(notify, MACH_NOTIFY_DEAD_NAME, high);           // 60, C4
    expect_notification(notify, MACH_NOTIFY_SEND_ONCE);             // 70, C4
    expect_notified(notify, MACH_NOTIFY_DEAD_NAME, task);           // C4
    expect_no_message(notify);
    destroy(task);
    destroy(low);
    destroy(high);
    destroy(watched);
    destroy(held);
    destroy(notify);
}

static void registered_and_special_ports_go_after_the_names_and_before_the_task(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t notify = make_port(), ports[3];
    set_limit(notify, 100);
    for (unsigned i = 0; i < COUNT_OF(ports); i++) {
        ports[i] = make_port();
        assert_success(
            mach_port_set_mscount(SELF, ports[i], 10 * i)); // tells them apart: the count is in the notification
        request(SELF, ports[i], MACH_NOTIFY_NO_SENDERS, 10 * i + 1, notify);
        insert_send(ports[i]);
    }
    assert_success(mach_ports_register(task, &ports[0], 1));
    assert_success(task_set_bootstrap_port(task, ports[1]));
    assert_success(
        task_set_exception_ports(task, EXC_MASK_GUARD, ports[2], (exception_behavior_t)EXCEPTION_DEFAULT, 0));
    for (unsigned i = 0; i < COUNT_OF(ports); i++) assert_success(mach_port_deallocate(SELF, ports[i]));
    mach_port_name_t last = NAME_AT(500);
    assert_success(mach_port_insert_right(task, last, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE));
    request(SELF, task, MACH_NOTIFY_DEAD_NAME, 0, notify);
    expect_no_message(notify);
    terminate(task);
    expect_notification(notify, MACH_NOTIFY_SEND_ONCE); // C4: the space first
    unsigned seen = 0;
    for (unsigned i = 0; i < COUNT_OF(ports); i++) {
        struct notification it = expect_notification(notify, MACH_NOTIFY_NO_SENDERS); // C4
        assert_int_equal(it.value % 10, 1);
        assert_in_range(it.value, 1, 21);
        seen |= 1u << (it.value / 10);
    }
    assert_int_equal(seen, 7);
    expect_notified(notify, MACH_NOTIFY_DEAD_NAME, task); // C4: the task's port last
    for (unsigned i = 0; i < COUNT_OF(ports); i++) destroy(ports[i]);
    destroy(task);
    destroy(notify);
}

static void requests_that_a_task_made_end_with_it(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t port = make_port();
    // The task's own port gets the notification; both go.
    mach_port_name_t notify = make_port_in(task), send = give(task, port, MACH_MSG_TYPE_MAKE_SEND);
    enter(task);
    request(SELF, send, MACH_NOTIFY_DEAD_NAME, 0, notify);
    leave();
    // And a request of the task on our port is not our affair when we go on.
    end_task(task);
    assert_int_equal(status(port).mps_srights, 0);
    destroy(port);
}

static void what_waits_in_the_queues_of_a_dying_task_is_destroyed(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_name_t theirs = make_port_in(task);
    mach_port_t right = take(task, theirs, MACH_MSG_TYPE_MAKE_SEND), reply = make_port(), moved = port_with_send();
    struct test_message message = message_to(right, MACH_MSG_TYPE_COPY_SEND, 1);
    set_reply(&message, reply, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    add_port(&message, moved, MACH_MSG_TYPE_MOVE_RECEIVE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_int_equal(type(moved), MACH_PORT_TYPE_SEND);
    end_task(task);
    expect_send_once_notification(reply);                    // C3, T18
    assert_int_equal(type(moved), MACH_PORT_TYPE_DEAD_NAME); // C3
    assert_int_equal(type(right), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(live_messages(), 0);
    destroy(moved);
    destroy(right);
    destroy(reply);
}

static void what_a_task_sent_survives_it(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t port = make_port();
    mach_port_name_t there = give(task, port, MACH_MSG_TYPE_MAKE_SEND), gift = make_port_in(task);
    enter(task);
    struct test_message message = message_to(there, MACH_MSG_TYPE_COPY_SEND, 8);
    add_port(&message, gift, MACH_MSG_TYPE_MOVE_RECEIVE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    leave();
    end_task(task);
    mach_port_t ours = take_from_transit(port);
    assert_int_equal(type(ours), MACH_PORT_TYPE_RECEIVE);
    destroy(ours);
    destroy(port);
}

static void blocked_receivers_of_a_dying_task_wake(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_name_t port = make_port_in(task), member = make_port_in(task), set = MACH_PORT_NULL;
    assert_success(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &set));
    assert_success(mach_port_insert_member(task, member, set));
    struct task_caller receivers[4];
    mach_port_name_t names[] = {port, port, set, member};
    for (unsigned i = 0; i < COUNT_OF(receivers); i++) {
        prepare_receiver(&receivers[i].caller, names[i]);
        begin_blocked_as(&receivers[i], task);
    }
    assert_success(task_terminate(task));
    for (unsigned i = 0; i < COUNT_OF(receivers); i++)
        assert_code(finish_as(&receivers[i]), MACH_RCV_PORT_CHANGED); // V2
    destroy(task);
}

static void senders_to_a_dying_task_succeed(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_name_t port = make_port_in(task);
    mach_port_t right = take(task, port, MACH_MSG_TYPE_MAKE_SEND), reply = make_port();
    mach_port_limits_t limits = {.mpl_qlimit = 0};
    assert_success(mach_port_set_attributes(task, port, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
                                            MACH_PORT_LIMITS_INFO_COUNT));
    struct test_message message = message_to(right, MACH_MSG_TYPE_COPY_SEND, 1);
    set_reply(&message, reply, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    struct caller senders[2];
    for (unsigned i = 0; i < COUNT_OF(senders); i++) {
        prepare_sender(&senders[i], &message);
        begin_blocked(&senders[i]);
    }
    assert_success(task_terminate(task));
    for (unsigned i = 0; i < COUNT_OF(senders); i++) assert_code(finish(&senders[i]), MACH_MSG_SUCCESS); // Q4
    expect_send_once_notification(reply);
    expect_send_once_notification(reply);
    destroy(reply);
    destroy(right);
    destroy(task);
}

static void blocked_senders_of_a_dying_task_wake(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t port = make_port();
    set_limit(port, 1);
    queue_messages(port, 1);
    mach_port_name_t there = give(task, port, MACH_MSG_TYPE_MAKE_SEND);
    struct test_message message = message_to(there, MACH_MSG_TYPE_COPY_SEND, 1);
    struct task_caller sender;
    prepare_sender(&sender.caller, &message);
    begin_blocked_as(&sender, task);
    assert_success(task_terminate(task));
    assert_code(finish_as(&sender), MACH_MSG_SUCCESS);
    // Whether its message was still queued is open; nobody waits any more.
    drain(port);
    destroy(port);
    destroy(task);
}

// A thread whose task has ended can name nothing until it adopts another.
static int64_t use_ended_task(void *argument) {
    mach_port_name_t port = *(mach_port_name_t *)argument;
    if (task_terminate(SELF) != KERN_SUCCESS) return 1;
    mach_port_t made = 0x5a5a5a5a;
    if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &made) != KERN_INVALID_TASK) return 2;
    if (made != 0x5a5a5a5a) return 3;
    if (mach_reply_port() != MACH_PORT_NULL) return 4;
    if (receive_simple(port, NULL) != MACH_RCV_INVALID_NAME) return 5;
    if (send_simple(port, MACH_MSG_TYPE_MAKE_SEND, 0) != MACH_SEND_INVALID_DEST) return 6;
    if (task_terminate(SELF) != KERN_INVALID_ARGUMENT) return 7;
    if (mach_linux_task_adopt(SELF) != KERN_INVALID_ARGUMENT) return 8;
    if (mach_linux_task_adopt(MACH_PORT_NULL) != KERN_SUCCESS) return 9;
    if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &made) != KERN_SUCCESS) return 10;
    if (mach_port_destroy(SELF, made) != KERN_SUCCESS) return 11;
    return 0;
}

static void a_task_may_end_itself(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_name_t port = make_port_in(task);
    assert_code(act_as(task, use_ended_task, &port), 0);
    assert_int_equal(type(task), MACH_PORT_TYPE_DEAD_NAME);
    destroy(task);
}

static int end_own_process(void *unused) {
    (void)unused;
    (void)task_terminate(mach_task_self());
    return 1;
}

static int end_own_process_from_another_task(void *unused) {
    (void)unused;
    task_t task = MACH_PORT_NULL;
    STEP(1, task_create(SELF, NULL, 0, FALSE, &task) == KERN_SUCCESS);
    STEP(2, mach_port_insert_right(task, NAME_AT(8), SELF, MACH_MSG_TYPE_COPY_SEND) == KERN_SUCCESS);
    STEP(3, mach_linux_task_adopt(task) == KERN_SUCCESS);
    (void)task_terminate(NAME_AT(8));
    return 4;
}

static int end_another_task(void *unused) {
    (void)unused;
    task_t task = MACH_PORT_NULL;
    STEP(1, task_create(SELF, NULL, 0, FALSE, &task) == KERN_SUCCESS);
    STEP(2, task_terminate(task) == KERN_SUCCESS);
    return 0;
}

static void the_processs_own_task_ends_the_process(void **state) {
    (void)state;
    assert_int_equal(in_forked_child(end_own_process, NULL), 1000 + SIGKILL);
    assert_int_equal(in_forked_child(end_own_process_from_another_task, NULL), 1000 + SIGKILL);
    assert_int_equal(in_forked_child(end_another_task, NULL), 0);
}

static void a_task_that_has_much_ends_whole(void **state) {
    (void)state;
    enum { PORTS = 500 };
    task_t task = make_task(), other = make_task();
    enter(task);
    mach_port_t set = make_set(), ports[PORTS];
    for (unsigned i = 0; i < PORTS; i++) {
        ports[i] = port_with_send();
        if (i % 3 == 0) put_in_set(ports[i], set);
        if (i % 5 == 0) queue_messages(ports[i], 3);
        if (i % 7 == 0) (void)make_send_once(ports[i]);
        if (i % 11 == 0 && i > 0) request(SELF, ports[i], MACH_NOTIFY_DEAD_NAME, 0, ports[0]);
        if (i % 13 == 0 && i > 0) request(SELF, ports[i], MACH_NOTIFY_NO_SENDERS, 100, ports[0]);
        if (i % 17 == 1) put_in_transit(ports[i], ports[i - 1]); // a chain of ports in queues
    }
    leave();
    for (unsigned i = 3; i < PORTS; i += 50)
        (void)give(other, take(task, ports[i], MACH_MSG_TYPE_COPY_SEND), MACH_MSG_TYPE_MOVE_SEND);
    end_task(task);
    struct name_list list = names_in(other);
    for (unsigned i = 0; i < list.count; i++)
        if (list.names[i].name != OWN_TASK) assert_int_equal(list.names[i].type, MACH_PORT_TYPE_DEAD_NAME);
    end_task(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(a_new_task_has_nothing_but_its_own_port),
        TASK_TEST(each_task_has_a_port_and_a_space_of_its_own),
        TASK_TEST(a_task_is_made_whether_or_not_memory_is_to_be_inherited),
        TASK_TEST(a_task_can_be_made_by_one_that_is_no_parent),
        TASK_TEST(making_and_ending_needs_a_task),
        TASK_TEST(all_tasks_share_the_memory_of_the_process),
        TASK_TEST(thousands_of_tasks_come_and_go),
        TASK_TEST(a_thread_that_adopts_a_task_has_its_names),
        TASK_TEST(the_trap_functions_speak_of_the_adopted_task),
        TASK_TEST(adopting_needs_a_task),
        TASK_TEST(adopting_takes_no_reference),
        TASK_TEST(a_task_adopts_its_way_through_tasks_that_it_can_name),
        TASK_TEST(names_are_allocated_and_destroyed_in_another_task),
        TASK_TEST(references_are_counted_in_another_task),
        TASK_TEST(attributes_of_another_tasks_ports),
        TASK_TEST(sets_of_another_task),
        TASK_TEST(peeking_and_looking_into_another_task),
        TASK_TEST(guards_in_another_task),
        TASK_TEST(requests_on_names_of_another_task),
        TASK_TEST(a_failing_request_on_another_task_gives_the_notify_right_up),
        TASK_TEST(every_disposition_goes_into_another_task),
        TASK_TEST(every_disposition_comes_out_of_another_task),
        TASK_TEST(a_port_has_one_name_in_each_task),
        TASK_TEST(inserting_into_another_task_needs_the_right_here),
        TASK_TEST(extracting_from_another_task_needs_the_right_there),
        TASK_TEST(rights_pass_between_two_other_tasks),
        TASK_TEST(a_receive_right_that_moves_is_as_new_there),
        TASK_TEST(messages_move_with_the_receive_right),
        TASK_TEST(requests_move_with_the_receive_right),
        TASK_TEST(receivers_notice_that_the_receive_right_moves),
        TASK_TEST(blocked_senders_do_not_notice_that_the_receive_right_moves),
        TASK_TEST(the_receive_right_joins_the_send_right_that_the_task_has),
        TASK_TEST(a_call_from_one_task_to_another),
        TASK_TEST(a_receiver_in_one_task_gets_what_another_sends),
        TASK_TEST(messages_between_tasks_carry_the_process_in_their_token),
        TASK_TEST(a_task_that_ended_is_a_dead_name),
        TASK_TEST(nothing_works_on_a_task_that_ended),
        TASK_TEST(the_names_of_a_task_go_by_ascending_index),
        TASK_TEST(registered_and_special_ports_go_after_the_names_and_before_the_task),
        TASK_TEST(requests_that_a_task_made_end_with_it),
        TASK_TEST(what_waits_in_the_queues_of_a_dying_task_is_destroyed),
        TASK_TEST(what_a_task_sent_survives_it),
        TASK_TEST(blocked_receivers_of_a_dying_task_wake),
        TASK_TEST(senders_to_a_dying_task_succeed),
        TASK_TEST(blocked_senders_of_a_dying_task_wake),
        TASK_TEST(a_task_may_end_itself),
        TASK_TEST(the_processs_own_task_ends_the_process),
        TASK_TEST(a_task_that_has_much_ends_whole),
    };
    return TASK_RUN(tests);
}

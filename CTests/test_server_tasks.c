// The routines of tasks, threads, the host and memory by message and by call: codes, results and effects are the same. Rows X5, X9, X10, D4, and what docs/behaviour.md says of tasks, threads and exceptions.
#include "mig_support.h"

#include <mach/exception_types.h>
#include <mach/host_special_ports.h>
#include <mach/pthread_np.h>
#include <mach/task_special_ports.h>
#include <mach/thread_special_ports.h>
#include <mach/thread_status.h>

#define UNSET 0x5a5a5a5a

#define ON_TASK(routine, ...) run->call->routine(run->task, __VA_ARGS__)

// ---- Tasks

static void make_and_end_a_task(struct run *run) {
    run->names_differ = true;
    task_t child = UNSET;
    expect_code(ON_TASK(task_create, NULL, 0, FALSE, &child), KERN_SUCCESS);
    note("child", child);
    note_right("child", child);
    struct name_list names = names_in(child);
    note("names in it", names.count); // X5
    note("its own", names.names[0].name);
    expect_code(run->call->task_terminate(child), KERN_SUCCESS);
    note_right("child", child);
    // Choices: by call a dead name is no task; a message is not even sent.
    support_assert_code(run->call->task_terminate(child),
                        run->call->by_message ? MACH_SEND_INVALID_DEST : KERN_INVALID_ARGUMENT, "task_terminate",
                        __FILE__, __LINE__);
    destroy(child);
}

static void a_task_is_made_and_ended_the_same_by_message(void **state) {
    (void)state;
    for (int other = 0; other < 2; other++) both_ways(make_and_end_a_task, other, NULL, "task_create");
}

static void end_another_task(struct run *run) {
    expect_code(run->call->task_terminate(run->task), KERN_SUCCESS);
    note_right("the task", run->task);
    expect_no_message(reply_port);
}

static void another_task_is_ended_by_message(void **state) {
    (void)state;
    both_ways(end_another_task, true, NULL, "task_terminate");
}

static void a_task_may_end_itself_by_message(void **state) {
    (void)state;
    // The reply is on its way to a port that has died with the task.
    for (int with_reply = 0; with_reply < 2; with_reply++) {
        task_t task = make_task();
        enter(task);
        open_reply_port();
        struct mig_message message;
        begin_request(&message, SELF, 3401, sizeof(mach_msg_header_t));
        if (!with_reply) message.header.msgh_local_port = MACH_PORT_NULL;
        if (!with_reply) message.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0);
        assert_code(send_request(&message), MACH_MSG_SUCCESS);
        leave();
        assert_int_equal(type(task), MACH_PORT_TYPE_DEAD_NAME);
        destroy(task);
        reply_port = MACH_PORT_NULL;
    }
}

static void inherited_ports_are_the_same_by_message(void **state) {
    (void)state;
    open_reply_port();
    for (int by_message = 0; by_message < 2; by_message++) {
        const struct routines *call = by_message ? &message_calls : &direct_calls;
        task_t parent = make_task(), child = UNSET;
        mach_port_t port = port_with_send(), found = UNSET, *slots = NULL;
        mach_msg_type_number_t count = 0;
        assert_success(call->mach_ports_register(parent, &port, 1));
        assert_success(call->task_set_special_port(parent, TASK_BOOTSTRAP_PORT, port));
        assert_success(call->task_create(parent, NULL, 0, TRUE, &child));
        assert_success(call->mach_ports_lookup(child, &slots, &count)); // X5
        assert_int_equal(count, 3);
        assert_int_equal(slots[0], port);
        assert_int_equal(slots[1], MACH_PORT_NULL);
        assert_success(call->task_get_special_port(child, TASK_BOOTSTRAP_PORT, &found));
        assert_int_equal(found, port);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 3);
        deallocate(slots, count * sizeof(*slots));
        end_task(child);
        end_task(parent);
        destroy(port);
    }
    close_reply_port();
}

// ---- Registered ports

static void look_up(struct run *run) {
    mach_port_t *slots = NULL;
    mach_msg_type_number_t count = UNSET;
    expect_code(ON_TASK(mach_ports_lookup, &slots, &count), KERN_SUCCESS);
    note("slots", count);
    for (mach_msg_type_number_t i = 0; i < count; i++) {
        note("slot", slots[i]);
        if (MACH_PORT_VALID(slots[i])) assert_success(mach_port_deallocate(SELF, slots[i]));
    }
    deallocate(slots, count * sizeof(*slots));
}

static void register_ports(struct run *run) {
    mach_port_t port = port_with_sends(2), once = make_send_once(port), dead = make_dead_name(2), bare = make_port();
    mach_port_t ports[] = {port, MACH_PORT_NULL, MACH_PORT_DEAD, port, port};
    look_up(run);
    for (mach_msg_type_number_t count = 0; count <= 3; count++) {
        expect_code(ON_TASK(mach_ports_register, ports, count), KERN_SUCCESS); // X9
        look_up(run);
        note("references", refs(port, MACH_PORT_RIGHT_SEND));
    }
    mach_port_t some_dead[] = {dead, port, dead};
    expect_code(ON_TASK(mach_ports_register, some_dead, 3), KERN_SUCCESS);
    look_up(run);
    note("references of the dead name", refs(dead, MACH_PORT_RIGHT_DEAD_NAME));
    expect_code(ON_TASK(mach_ports_register, ports, 4), KERN_INVALID_ARGUMENT); // X9
    expect_code(ON_TASK(mach_ports_register, ports, 5), KERN_INVALID_ARGUMENT);
    look_up(run);
    note("references", refs(port, MACH_PORT_RIGHT_SEND));
    // What cannot be copied: the code is that of the send by nature, and the direct call has it too (X9).
    const mach_port_t wrong[] = {once, bare, run->task == SELF ? run->names[EMPTY_SET] : 0x7fff03, 0x7fff03};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        mach_port_t array[] = {port, wrong[i]};
        expect_code(ON_TASK(mach_ports_register, array, 2), MACH_SEND_INVALID_RIGHT);
        if (run->call->by_message) expect_send_once_notification(reply_port); // S12
    }
    look_up(run);
    kill_port(port);
    look_up(run);
    expect_code(ON_TASK(mach_ports_register, NULL, 0), KERN_SUCCESS);
    look_up(run);
}

static void registered_ports_are_the_same_by_message(void **state) {
    (void)state;
    for (int other = 0; other < 2; other++) both_ways(register_ports, other, NULL, "mach_ports_register");
}

static void ports_of_a_failed_registration_end_with_the_message(void **state) {
    (void)state;
    open_reply_port();
    task_t task = make_task();
    mach_port_t port = port_with_sends(10), watch = make_port();
    mach_port_t ports[] = {port, port, port, port};
    request(SELF, port, NO_SENDERS, 0, watch);
    struct mig_message message;
    struct mach_ports_register_request *in = begin_complex(&message, task, 3403, sizeof(*in));
    in->init_port_set.address = ports;
    in->init_port_set.count = in->init_port_setCnt = 4;
    in->init_port_set.disposition = MOVE_SEND; // as a server of the program's own might send it
    in->init_port_set.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
    assert_code(exchange_simple(&message), KERN_INVALID_ARGUMENT);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 6); // I12
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, -6));
    expect_notification(watch, NO_SENDERS); // nothing else has a right
    // A count that is not the array's.
    insert_send(port);
    for (mach_msg_type_number_t count = 0; count < 4; count++) {
        if (count == 2) continue;
        in = begin_complex(&message, task, 3403, sizeof(*in));
        in->init_port_set.address = ports;
        in->init_port_set.count = 2;
        in->init_port_set.disposition = COPY_SEND;
        in->init_port_set.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
        in->init_port_setCnt = count;
        assert_code(exchange_simple(&message), MIG_TYPE_ERROR);
    }
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    mach_port_t *slots = NULL;
    mach_msg_type_number_t count = 0;
    assert_success(mach_ports_lookup(task, &slots, &count));
    for (mach_msg_type_number_t i = 0; i < count; i++) assert_int_equal(slots[i], MACH_PORT_NULL);
    deallocate(slots, count * sizeof(*slots));
    end_task(task);
    destroy(port);
    destroy(watch);
    close_reply_port();
}

// ---- Special ports

static void note_special(mach_port_t found) {
    note("port", found);
    note_right("port", found);
    if (MACH_PORT_VALID(found)) assert_success(mach_port_deallocate(SELF, found));
}

static const int kinds[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 25, 26, 27, -1, 0x7fffffff};

static kern_return_t code_of(kern_return_t code) {
    note("the code", (uint64_t)code);
    return code;
}

static void keep_task_ports(struct run *run) {
    mach_port_t port = port_with_send(), dead = make_dead_name(1), bare = make_port(), found;
    const mach_port_t values[] = {port, MACH_PORT_NULL, MACH_PORT_DEAD, dead, bare, 0x7fff03, port, port};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        for (size_t j = 0; j < COUNT_OF(values); j++) {
            kern_return_t code = code_of(ON_TASK(task_set_special_port, kinds[i], values[j]));
            bool refused = values[j] == bare || values[j] == 0x7fff03;
            if (refused) assert_code(code, MACH_SEND_INVALID_RIGHT); // X10
            if (refused && run->call->by_message) expect_send_once_notification(reply_port);
            found = UNSET;
            code = code_of(ON_TASK(task_get_special_port, kinds[i], &found));
            if (code == KERN_SUCCESS)
                note_special(found);
            else
                assert_int_equal(found, UNSET);
        }
        note("references", refs(port, MACH_PORT_RIGHT_SEND));
    }
}

static void special_ports_of_a_task_are_the_same_by_message(void **state) {
    (void)state;
    for (int other = 0; other < 2; other++) both_ways(keep_task_ports, other, NULL, "task_set_special_port");
}

static void keep_thread_ports(struct run *run) {
    mach_port_t thread = mach_thread_self(), port = port_with_send(), bare = make_port(), found;
    mach_port_t before = UNSET;
    assert_success(thread_get_special_port(thread, THREAD_KERNEL_PORT, &before));
    assert_success(mach_port_deallocate(SELF, before));
    const mach_port_t values[] = {port, MACH_PORT_NULL, MACH_PORT_DEAD, bare, thread};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        for (size_t j = 0; j < COUNT_OF(values); j++) {
            kern_return_t code = run->call->thread_set_special_port(thread, kinds[i], values[j]);
            if (values[j] == bare)
                assert_code(code, MACH_SEND_INVALID_RIGHT); // X10
            else
                code_of(code);
            if (values[j] == bare && run->call->by_message) expect_send_once_notification(reply_port);
            found = UNSET;
            code = code_of(run->call->thread_get_special_port(thread, kinds[i], &found));
            if (code == KERN_SUCCESS)
                note_special(found);
            else
                assert_int_equal(found, UNSET);
        }
    }
    note("references", refs(port, MACH_PORT_RIGHT_SEND));
    assert_success(thread_set_special_port(thread, THREAD_KERNEL_PORT, thread));
    assert_success(mach_port_deallocate(SELF, thread));
}

static void special_ports_of_a_thread_are_the_same_by_message(void **state) {
    (void)state;
    both_ways(keep_thread_ports, false, NULL, "thread_set_special_port");
}

static void keep_host_ports(struct run *run) {
    mach_port_t host = mach_host_self(), port = port_with_send(), dead = make_dead_name(1), found;
    const mach_port_t values[] = {port, MACH_PORT_DEAD, dead, MACH_PORT_NULL};
    const int nodes[] = {-1, 0, 7};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        for (size_t j = 0; j < COUNT_OF(values); j++) {
            code_of(run->call->host_set_special_port(host, kinds[i], values[j]));
            for (size_t k = 0; k < COUNT_OF(nodes); k++) {
                found = UNSET;
                kern_return_t code = code_of(run->call->host_get_special_port(host, nodes[k], kinds[i], &found));
                if (code == KERN_SUCCESS)
                    note_special(found);
                else
                    assert_int_equal(found, UNSET);
            }
        }
    }
    note("references", refs(port, MACH_PORT_RIGHT_SEND));
    assert_success(mach_port_deallocate(SELF, host));
}

static void special_ports_of_the_host_are_the_same_by_message(void **state) {
    (void)state;
    both_ways(keep_host_ports, false, NULL, "host_set_special_port");
}

// ---- Exception ports

// The three families have the same shape.
struct family {
    const char *name;
    __typeof__(task_set_exception_ports) *set;
    __typeof__(task_get_exception_ports) *get;
    __typeof__(task_swap_exception_ports) *swap;
};

// What one get or swap gave: a mask more than once is an accident that both ways share.
static void note_handlers(kern_return_t code, mach_msg_type_number_t count, const exception_mask_t *masks,
                          const mach_port_t *handlers, const exception_behavior_t *behaviors,
                          const thread_state_flavor_t *flavors) {
    note("the code", (uint64_t)code);
    if (code != KERN_SUCCESS) return;
    note("handlers", count);
    for (mach_msg_type_number_t i = 0; i < count; i++) {
        note("mask", masks[i]);
        note("behavior", (uint32_t)behaviors[i]);
        note("flavor", (uint32_t)flavors[i]);
        note_special(handlers[i]);
    }
}

static void handle(struct run *run, const struct family *family, mach_port_t target) {
    mach_port_t first = port_with_send(), second = port_with_send(), dead = make_dead_name(1), bare = make_port();
    const struct {
        exception_mask_t mask;
        mach_port_t port;
        exception_behavior_t behavior;
        thread_state_flavor_t flavor;
    } cases[] = {
        {0, first, EXCEPTION_DEFAULT, THREAD_STATE_NONE},
        {EXC_MASK_GUARD, first, EXCEPTION_DEFAULT, THREAD_STATE_NONE},
        {EXC_MASK_CRASH | EXC_MASK_BREAKPOINT, second, EXCEPTION_STATE | (int)MACH_EXCEPTION_CODES, THREAD_STATE_NONE},
        {EXC_MASK_ALL, first, EXCEPTION_STATE_IDENTITY, THREAD_STATE_NONE},
        {EXC_MASK_BAD_ACCESS, MACH_PORT_NULL, EXCEPTION_DEFAULT, THREAD_STATE_NONE},
        {EXC_MASK_ARITHMETIC, MACH_PORT_DEAD, EXCEPTION_DEFAULT, THREAD_STATE_NONE},
        {EXC_MASK_SOFTWARE, dead, EXCEPTION_DEFAULT, THREAD_STATE_NONE},
        {0x80000000, first, EXCEPTION_DEFAULT, THREAD_STATE_NONE},
        {1, first, EXCEPTION_DEFAULT, THREAD_STATE_NONE},
        {EXC_MASK_GUARD, first, 0, THREAD_STATE_NONE},
        {EXC_MASK_GUARD, first, 17, THREAD_STATE_NONE},
        {EXC_MASK_GUARD, first, EXCEPTION_DEFAULT, 0x7fff},
        {EXC_MASK_GUARD, first, EXCEPTION_DEFAULT, -1},
        {EXC_MASK_GUARD, bare, EXCEPTION_DEFAULT, THREAD_STATE_NONE},
        {EXC_MASK_GUARD, 0x7fff03, EXCEPTION_DEFAULT, THREAD_STATE_NONE},
    };
    exception_mask_t masks[32];
    mach_port_t handlers[32];
    exception_behavior_t behaviors[32];
    thread_state_flavor_t flavors[32];
    assert_success(family->set(target, EXC_MASK_VALID, MACH_PORT_NULL, EXCEPTION_DEFAULT, THREAD_STATE_NONE));
    for (int swap = 0; swap < 2; swap++) {
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            mach_msg_type_number_t count = 32;
            kern_return_t code;
            if (swap) {
                code = family->swap(target, cases[i].mask, cases[i].port, cases[i].behavior, cases[i].flavor, masks,
                                    &count, handlers, behaviors, flavors);
                note_handlers(code, count, masks, handlers, behaviors, flavors);
            } else {
                code = code_of(family->set(target, cases[i].mask, cases[i].port, cases[i].behavior, cases[i].flavor));
            }
            if (code == MACH_SEND_INVALID_RIGHT && run->call->by_message) expect_send_once_notification(reply_port);
            const exception_mask_t asked[] = {0, EXC_MASK_GUARD, EXC_MASK_VALID, 0x80000000, 1};
            for (size_t j = 0; j < COUNT_OF(asked); j++) {
                count = 32;
                code = family->get(target, asked[j], masks, &count, handlers, behaviors, flavors);
                note_handlers(code, count, masks, handlers, behaviors, flavors);
            }
            note("references", refs(first, MACH_PORT_RIGHT_SEND));
            note("references", refs(second, MACH_PORT_RIGHT_SEND));
        }
    }
    assert_success(family->set(target, EXC_MASK_VALID, MACH_PORT_NULL, EXCEPTION_DEFAULT, THREAD_STATE_NONE));
}

static void handle_of_task(struct run *run) {
    struct family family = {"task", run->call->task_set_exception_ports, run->call->task_get_exception_ports,
                            run->call->task_swap_exception_ports};
    handle(run, &family, run->task);
}

static void handle_of_thread(struct run *run) {
    struct family family = {"thread", run->call->thread_set_exception_ports, run->call->thread_get_exception_ports,
                            run->call->thread_swap_exception_ports};
    mach_port_t thread = mach_thread_self();
    handle(run, &family, thread);
    assert_success(mach_port_deallocate(SELF, thread));
}

static void handle_of_host(struct run *run) {
    struct family family = {"host", run->call->host_set_exception_ports, run->call->host_get_exception_ports,
                            run->call->host_swap_exception_ports};
    mach_port_t host = mach_host_self();
    handle(run, &family, host);
    assert_success(mach_port_deallocate(SELF, host));
}

static void exception_ports_of_tasks_are_the_same_by_message(void **state) {
    (void)state;
    for (int other = 0; other < 2; other++) both_ways(handle_of_task, other, NULL, "task exception ports");
}

static void exception_ports_of_threads_are_the_same_by_message(void **state) {
    (void)state;
    both_ways(handle_of_thread, false, NULL, "thread exception ports");
}

static void exception_ports_of_the_host_are_the_same_by_message(void **state) {
    (void)state;
    both_ways(handle_of_host, false, NULL, "host exception ports");
}

// A client's array may be shorter than what a message brings: by message the server always gives all.
static void an_exception_reply_has_32_descriptors(void **state) {
    (void)state;
    open_reply_port();
    task_t task = make_task();
    mach_port_t port = port_with_send();
    assert_success(task_set_exception_ports(task, EXC_MASK_GUARD, port, EXCEPTION_DEFAULT, THREAD_STATE_NONE));
    struct mig_message message;
    struct task_get_exception_ports_request *in = begin_request(&message, task, 3414, sizeof(*in));
    in->NDR = NDR_record;
    in->exception_mask = EXC_MASK_GUARD;
    assert_code(send_request(&message), MACH_MSG_SUCCESS);
    assert_code(receive_reply(reply_port, &message), MACH_MSG_SUCCESS);
    assert_int_equal(message.header.msgh_bits, MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS(0, MOVE_SEND_ONCE));
    assert_int_equal(message.header.msgh_size, 808 - 384 + 12);
    assert_int_equal(message.base.body.msgh_descriptor_count, 32);
    assert_int_equal(port_at(&message, 28)->name, port);
    for (size_t i = 0; i < 32; i++) {
        assert_int_equal(port_at(&message, 28 + 12 * i)->disposition, MOVE_SEND);
        if (i > 0) assert_int_equal(port_at(&message, 28 + 12 * i)->name, MACH_PORT_NULL);
    }
    assert_int_equal(word_at(&message, 420), 1);
    assert_int_equal(word_at(&message, 424), EXC_MASK_GUARD);
    assert_int_equal(word_at(&message, 428), EXCEPTION_DEFAULT);
    assert_int_equal(word_at(&message, 432), THREAD_STATE_NONE);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    end_task(task);
    destroy(port);
    close_reply_port();
}

// ---- Threads of others

static int64_t wait_for_word(void *argument) {
    mach_port_t *ports = argument; // where its own port goes, and one to wait on
    struct simple_message message;
    mach_port_t self = mach_thread_self();
    (void)mach_port_deallocate(SELF, self);
    return mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), ports[1], 0, MACH_PORT_NULL);
}

static void a_thread_that_has_ended_takes_no_request(void **state) {
    (void)state;
    open_reply_port();
    mach_port_t ports[2] = {MACH_PORT_NULL, make_port()}, found = UNSET;
    struct test_thread thread;
    start_thread(&thread, wait_for_word, ports);
    wait_until_blocked(&thread);
    mach_port_t name = pthread_mach_thread_np(thread.thread);
    assert_true(MACH_PORT_VALID(name));
    assert_success(mach_port_mod_refs(SELF, name, MACH_PORT_RIGHT_SEND, 1)); // the name outlives the thread
    assert_success(message_calls.thread_get_special_port(name, THREAD_KERNEL_PORT, &found));
    assert_int_equal(found, name);
    assert_success(mach_port_deallocate(SELF, found));
    assert_code(send_simple(ports[1], MAKE_SEND, 1), MACH_MSG_SUCCESS);
    assert_int_equal(join_thread(&thread), MACH_MSG_SUCCESS);
    found = UNSET;
    assert_code(thread_get_special_port(name, THREAD_KERNEL_PORT, &found), KERN_INVALID_ARGUMENT);
    assert_code(message_calls.thread_get_special_port(name, THREAD_KERNEL_PORT, &found), MACH_SEND_INVALID_DEST);
    assert_int_equal(found, UNSET);
    assert_int_equal(type(name), MACH_PORT_TYPE_DEAD_NAME);
    destroy(name);
    destroy(ports[1]);
    close_reply_port();
}

// ---- Memory

static void use_memory(struct run *run) {
    for (int wide = 0; wide < 2; wide++) {
        // Anywhere, and in a place of the caller's.
        const size_t sizes[] = {1, PAGE, 3 * PAGE + 5};
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            for (int fixed = 0; fixed < 2; fixed++) {
                mach_vm_address_t place = fixed ? (mach_vm_address_t)far_place(sizes[i]) : 1, address = place;
                int flags = fixed ? VM_FLAGS_FIXED : VM_FLAGS_ANYWHERE;
                vm_address_t narrow = address;
                if (wide) {
                    expect_code(ON_TASK(mach_vm_allocate, &address, sizes[i], flags), KERN_SUCCESS);
                } else {
                    expect_code(ON_TASK(vm_allocate, &narrow, sizes[i], flags), KERN_SUCCESS);
                    address = narrow;
                }
                if (fixed) assert_int_equal(address, place);
                assert_int_equal(address % PAGE, 0);
                note("pages", mapped_pages((void *)address, sizes[i]));
                assert_all((void *)address, sizes[i], 0);
                if (wide)
                    expect_code(ON_TASK(mach_vm_deallocate, address, sizes[i]), KERN_SUCCESS);
                else
                    expect_code(ON_TASK(vm_deallocate, address, sizes[i]), KERN_SUCCESS);
                note("pages", mapped_pages((void *)address, sizes[i]));
            }
        }
        // None, too much, taken, strange.
        mach_vm_address_t zero = UNSET, high = UNSET, taken = (mach_vm_address_t)allocate(PAGE), strange = UNSET;
        expect_code(wide ? ON_TASK(mach_vm_allocate, &zero, 0, VM_FLAGS_ANYWHERE)
                         : ON_TASK(vm_allocate, (vm_address_t *)&zero, 0, VM_FLAGS_ANYWHERE),
                    KERN_SUCCESS);
        note("address of nothing", zero);
        code_of(wide ? ON_TASK(mach_vm_allocate, &high, ~(mach_vm_size_t)0, VM_FLAGS_ANYWHERE)
                     : ON_TASK(vm_allocate, (vm_address_t *)&high, ~(vm_size_t)0, VM_FLAGS_ANYWHERE));
        note("address of too much", high);
        expect_code(wide ? ON_TASK(mach_vm_allocate, &taken, PAGE, VM_FLAGS_FIXED)
                         : ON_TASK(vm_allocate, (vm_address_t *)&taken, PAGE, VM_FLAGS_FIXED),
                    KERN_NO_SPACE);
        expect_code(wide ? ON_TASK(mach_vm_allocate, &strange, PAGE, 0x100000)
                         : ON_TASK(vm_allocate, (vm_address_t *)&strange, PAGE, 0x100000),
                    KERN_INVALID_ARGUMENT);
        note("address of what is strange", strange);
        expect_code(wide ? ON_TASK(mach_vm_deallocate, 12345, 0) : ON_TASK(vm_deallocate, 12345, 0), KERN_SUCCESS);
        code_of(wide ? ON_TASK(mach_vm_deallocate, ~(mach_vm_address_t)0, PAGE)
                     : ON_TASK(vm_deallocate, ~(vm_address_t)0, PAGE));
        deallocate((void *)taken, PAGE);
    }
}

static void memory_is_the_same_by_message(void **state) {
    (void)state;
    for (int other = 0; other < 2; other++) both_ways(use_memory, other, NULL, "memory");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(a_task_is_made_and_ended_the_same_by_message),
        TASK_TEST(another_task_is_ended_by_message),
        TASK_TEST(a_task_may_end_itself_by_message),
        TASK_TEST(inherited_ports_are_the_same_by_message),
        TASK_TEST(registered_ports_are_the_same_by_message),
        TASK_TEST(ports_of_a_failed_registration_end_with_the_message),
        TASK_TEST(special_ports_of_a_task_are_the_same_by_message),
        TASK_TEST(special_ports_of_a_thread_are_the_same_by_message),
        TASK_TEST(special_ports_of_the_host_are_the_same_by_message),
        TASK_TEST(exception_ports_of_tasks_are_the_same_by_message),
        TASK_TEST(exception_ports_of_threads_are_the_same_by_message),
        TASK_TEST(exception_ports_of_the_host_are_the_same_by_message),
        TASK_TEST(an_exception_reply_has_32_descriptors),
        TASK_TEST(a_thread_that_has_ended_takes_no_request),
        TASK_TEST(memory_is_the_same_by_message),
    };
    return TASK_RUN(tests);
}

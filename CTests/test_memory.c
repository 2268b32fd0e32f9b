// Memory that runs out: each call at each of its allocations gives the documented code, loses nothing, and works when it is made again.
#include "memory_allocator.h"
#include "memory_support.h"

#include <mach/exception_types.h>
#include <mach/mach_host.h>
#include <mach/mach_vm.h>
#include <mach/notify.h>
#include <mach/task.h>
#include <mach/thread_act.h>

#include <mach/mig.h>
#include <mach/port_descriptions.h>
#include <mach/pthread_np.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// A name whose slot needs memory of its own.
#define FAR_NAME NAME_AT(5000)

// ---- Scenes

static void with_port(struct scene *scene) { scene->port = make_port(); }

static void with_port_and_sets(struct scene *scene) {
    scene->port = make_port();
    scene->second = make_set();
    scene->name = make_set();
    put_in_set(scene->port, scene->second);
}

// A right of the task, as the disposition wants it, and another task.
static void with_right_and_task(struct scene *scene) {
    scene->port = port_with_sends(2);
    if (scene->argument == MOVE_SEND_ONCE) scene->port = make_send_once(scene->port);
    scene->other = make_task();
}

// A right of another task, as the disposition wants it.
static void with_right_elsewhere(struct scene *scene) {
    scene->other = make_task();
    scene->port = make_port_in(scene->other);
    mach_port_t send = take(scene->other, scene->port, MAKE_SEND);
    assert_success(mach_port_insert_right(scene->other, scene->port, send, COPY_SEND));
    destroy(send);
    if (scene->argument != MOVE_SEND_ONCE) return;
    mach_port_t once = take(scene->other, scene->port, MAKE_SEND_ONCE);
    scene->port = give(scene->other, once, MOVE_SEND_ONCE);
}

// ---- Names

static int64_t allocate_it(struct scene *scene) {
    return mach_port_allocate(SELF, (mach_port_right_t)scene->argument, &scene->out.name);
}

static int64_t allocate_name(struct scene *scene) {
    return mach_port_allocate_name(SELF, (mach_port_right_t)scene->argument, FAR_NAME);
}

static int64_t allocate_qos(struct scene *scene) {
    mach_port_qos_t qos = {.prealloc = TRUE, .len = 100};
    return mach_port_allocate_qos(SELF, MACH_PORT_RIGHT_RECEIVE, &qos, &scene->out.name);
}

static int64_t allocate_full(struct scene *scene) {
    (void)scene;
    mach_port_qos_t qos = {.name = TRUE, .prealloc = TRUE, .len = 100};
    mach_port_name_t name = FAR_NAME;
    kern_return_t code = mach_port_allocate_full(SELF, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_NULL, &qos, &name);
    assert_int_equal(name, FAR_NAME);
    return code;
}

static int64_t construct(struct scene *scene) {
    mach_port_options_t options = {.flags = MPO_CONTEXT_AS_GUARD | MPO_STRICT | MPO_QLIMIT | MPO_INSERT_SEND_RIGHT,
                                   .mpl = {.mpl_qlimit = 9}};
    return mach_port_construct(SELF, &options, 77, &scene->out.name);
}

static int64_t make_reply_port(struct scene *scene) {
    mach_port_name_t name = mach_reply_port();
    if (name == MACH_PORT_NULL) return KERN_RESOURCE_SHORTAGE;
    scene->out.name = name;
    return KERN_SUCCESS;
}

static int64_t host_self(struct scene *scene) {
    mach_port_name_t name = mach_host_self();
    if (name == MACH_PORT_NULL) return KERN_RESOURCE_SHORTAGE;
    scene->out.name = name;
    return KERN_SUCCESS;
}

static int64_t thread_self(struct scene *scene) {
    mach_port_name_t name = mach_thread_self();
    if (name == MACH_PORT_NULL) return KERN_RESOURCE_SHORTAGE;
    scene->out.name = name;
    return KERN_SUCCESS;
}

static int64_t set_space(struct scene *scene) {
    (void)scene;
    return task_set_port_space(SELF, 1000);
}

static void is_of_the_wanted_type(struct scene *scene) {
    assert_int_equal(type(scene->out.name), 1u << (16 + scene->argument));
}

static void is_far(struct scene *scene) {
    if (scene->argument != MACH_PORT_RIGHT_DEAD_NAME) assert_int_equal(type(FAR_NAME), 1u << (16 + scene->argument));
}

static void is_constructed(struct scene *scene) {
    assert_int_equal(type(scene->out.name), MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_SEND);
    assert_int_equal(status(scene->out.name).mps_qlimit, 9);
    assert_success(mach_port_destruct(SELF, scene->out.name, -1, 77));
}

static void new_names_need_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {"allocate a port", NULL, allocate_it, .succeeded = is_of_the_wanted_type, .failure = KERN_RESOURCE_SHORTAGE,
         .is_full = true, .argument = MACH_PORT_RIGHT_RECEIVE, .least = 2},
        {"allocate a set", NULL, allocate_it, .succeeded = is_of_the_wanted_type, .failure = KERN_RESOURCE_SHORTAGE,
         .is_full = true, .argument = MACH_PORT_RIGHT_PORT_SET, .least = 2},
        {"allocate a dead name", NULL, allocate_it, .succeeded = is_of_the_wanted_type,
         .failure = KERN_RESOURCE_SHORTAGE, .is_full = true, .argument = MACH_PORT_RIGHT_DEAD_NAME},
        {"allocate a port under a name", NULL, allocate_name, .succeeded = is_far, .failure = KERN_RESOURCE_SHORTAGE,
         .argument = MACH_PORT_RIGHT_RECEIVE, .least = 2},
        {"allocate a set under a name", NULL, allocate_name, .succeeded = is_far, .failure = KERN_RESOURCE_SHORTAGE,
         .argument = MACH_PORT_RIGHT_PORT_SET, .least = 2},
        {"allocate a dead name under a name", NULL, allocate_name, .succeeded = is_far,
         .failure = KERN_RESOURCE_SHORTAGE, .is_full = true, .argument = MACH_PORT_RIGHT_DEAD_NAME},
        {"allocate_qos with a message", NULL, allocate_qos, .succeeded = is_of_the_wanted_type,
         .failure = KERN_RESOURCE_SHORTAGE, .is_full = true, .argument = MACH_PORT_RIGHT_RECEIVE, .least = 3},
        {"allocate_full with name and message", NULL, allocate_full, .succeeded = is_far,
         .failure = KERN_RESOURCE_SHORTAGE, .is_full = true, .argument = MACH_PORT_RIGHT_RECEIVE, .least = 3},
        {"construct", NULL, construct, .succeeded = is_constructed, .failure = KERN_RESOURCE_SHORTAGE, .is_full = true,
         .least = 2},
        {"mach_reply_port", NULL, make_reply_port, .succeeded = is_of_the_wanted_type,
         .failure = KERN_RESOURCE_SHORTAGE, .is_full = true, .argument = MACH_PORT_RIGHT_RECEIVE, .least = 2},
        {"mach_host_self", NULL, host_self, .succeeded = is_of_the_wanted_type, .failure = KERN_RESOURCE_SHORTAGE,
         .is_full = true, .argument = MACH_PORT_RIGHT_SEND},
        {"mach_thread_self", NULL, thread_self, .succeeded = is_of_the_wanted_type, .failure = KERN_RESOURCE_SHORTAGE,
         .is_full = true, .argument = MACH_PORT_RIGHT_SEND},
        {"task_set_port_space", NULL, set_space, .failure = KERN_RESOURCE_SHORTAGE, .least = 4},
    };
    run_trials(trials);
}

// ---- Rights

static int64_t insert_own(struct scene *scene) {
    return mach_port_insert_right(SELF, FAR_NAME, scene->port, MAKE_SEND_ONCE);
}

static int64_t insert_elsewhere(struct scene *scene) {
    return mach_port_insert_right(scene->other, FAR_NAME, scene->port, (mach_msg_type_name_t)scene->argument);
}

static int64_t extract_own(struct scene *scene) {
    return mach_port_extract_right(SELF, scene->port, MAKE_SEND_ONCE, &scene->out.name, &scene->out.type);
}

static int64_t extract_elsewhere(struct scene *scene) {
    return mach_port_extract_right(scene->other, scene->port, (mach_msg_type_name_t)scene->argument, &scene->out.name,
                                   &scene->out.type);
}

static mach_port_type_t type_of_arrival(int disposition) {
    switch (disposition) {
    case MOVE_RECEIVE:
        return MACH_PORT_TYPE_RECEIVE;
    case MOVE_SEND_ONCE:
    case MAKE_SEND_ONCE:
        return MACH_PORT_TYPE_SEND_ONCE;
    default:
        return MACH_PORT_TYPE_SEND;
    }
}

static void has_arrived_under_far_name(struct scene *scene) {
    assert_int_equal(type_in(scene->other == MACH_PORT_NULL ? SELF : scene->other, FAR_NAME),
                     type_of_arrival(scene->other == MACH_PORT_NULL ? MAKE_SEND_ONCE : scene->argument));
}

static void was_extracted(struct scene *scene) {
    int disposition = scene->other == MACH_PORT_NULL ? MAKE_SEND_ONCE : scene->argument;
    assert_int_equal(type(scene->out.name), type_of_arrival(disposition));
}

static void moving_rights_needs_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial own[] = {
        {"insert_right into the own task", with_port, insert_own, .succeeded = has_arrived_under_far_name,
         .failure = KERN_RESOURCE_SHORTAGE},
        {"extract_right from the own task", with_port, extract_own, .succeeded = was_extracted,
         .failure = KERN_RESOURCE_SHORTAGE, .is_full = true},
    };
    run_trials(own);
    for (int disposition = MOVE_RECEIVE; disposition <= MAKE_SEND_ONCE; disposition++) {
        const struct trial trials[] = {
            {"insert_right into a task", with_right_and_task, insert_elsewhere, .succeeded = has_arrived_under_far_name,
             .failure = KERN_RESOURCE_SHORTAGE, .argument = disposition},
            {"extract_right from a task", with_right_elsewhere, extract_elsewhere, .succeeded = was_extracted,
             .failure = KERN_RESOURCE_SHORTAGE, .is_full = true, .argument = disposition},
        };
        run_trials(trials);
    }
}

// ---- Sets

static int64_t insert_member(struct scene *scene) { return mach_port_insert_member(SELF, scene->port, scene->name); }

static int64_t move_member(struct scene *scene) { return mach_port_move_member(SELF, scene->port, scene->name); }

static void is_in_both(struct scene *scene) {
    assert_true(is_member(scene->port, scene->second));
    assert_true(is_member(scene->port, scene->name));
}

static void has_moved(struct scene *scene) {
    assert_false(is_member(scene->port, scene->second));
    assert_true(is_member(scene->port, scene->name));
}

static int64_t move_member_again(struct scene *scene) {
    return mach_port_move_member(SELF, scene->port, scene->second);
}

static void is_where_it_was(struct scene *scene) { assert_true(is_member(scene->port, scene->second)); }

static void memberships_need_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {"insert_member", with_port_and_sets, insert_member, .succeeded = is_in_both,
         .failure = KERN_RESOURCE_SHORTAGE},
        {"move_member", with_port_and_sets, move_member, .succeeded = has_moved, .failure = KERN_RESOURCE_SHORTAGE},
        {"move_member to where it is", with_port_and_sets, move_member_again, .succeeded = is_where_it_was,
         .failure = KERN_RESOURCE_SHORTAGE, .ended = is_where_it_was},
    };
    run_trials(trials);
}

// ---- Sending

// Dispositions of destination, reply and descriptor; 0 for none.
#define KINDS(destination, reply, descriptor) ((destination) | (reply) << 8 | (descriptor) << 16)
enum { SENT = 7700, WAITING = 7701 };

static mach_port_t right_for(mach_port_t port, int disposition) {
    return disposition == MOVE_SEND_ONCE ? make_send_once(port) : port;
}

static void with_message(struct scene *scene) {
    int destination = scene->argument & 0xff, reply = scene->argument >> 8 & 0xff, descriptor = scene->argument >> 16;
    scene->port = port_with_sends(2);
    scene->second = port_with_sends(2);
    scene->message =
        message_to(right_for(scene->port, destination), (mach_msg_type_name_t)destination, (mach_msg_id_t)SENT);
    if (reply != 0) set_reply(&scene->message, right_for(scene->second, reply), (mach_msg_type_name_t)reply);
    if (descriptor == 0) return set_inline_size(&scene->message, 600);
    for (unsigned i = 0; i < 3; i++) {
        mach_port_t port = port_with_sends(2);
        add_port(&scene->message, right_for(port, descriptor), (mach_msg_type_name_t)descriptor);
    }
}

static int64_t send_it(struct scene *scene) { return send_now(&scene->message); }

static void is_queued(struct scene *scene) {
    struct test_message message;
    assert_code(receive_now(scene->port, &message, 0), MACH_MSG_SUCCESS);
    assert_int_equal(message.header.msgh_id, SENT);
    assert_int_equal(message.header.msgh_size, scene->message.header.msgh_size);
    int descriptor = scene->argument >> 16;
    if (descriptor == 0) return assert_inline_pattern(&message, 600);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(type(message.ports[i].name) & type_of_arrival(descriptor), type_of_arrival(descriptor));
}

static void a_message_needs_memory(void **state) {
    (void)state;
    need_failing_allocations();
    for (int destination = MOVE_SEND; destination <= MAKE_SEND_ONCE; destination++) {
        for (int reply = MOVE_SEND; reply <= MAKE_SEND_ONCE + 1; reply++) {
            int kind = reply > MAKE_SEND_ONCE ? 0 : reply;
            const struct trial trial = {"send with a reply port",
                                        with_message,
                                        send_it,
                                        .succeeded = is_queued,
                                        .failure = MACH_SEND_NO_BUFFER,
                                        .argument = KINDS(destination, kind, 0)};
            run_trial(&trial);
        }
    }
    for (int descriptor = MOVE_RECEIVE; descriptor <= MAKE_SEND_ONCE; descriptor++) {
        const struct trial trial = {"send with descriptors",
                                    with_message,
                                    send_it,
                                    .succeeded = is_queued,
                                    .failure = MACH_SEND_NO_BUFFER,
                                    .argument = KINDS(COPY_SEND, MAKE_SEND_ONCE, descriptor)};
        run_trial(&trial);
    }
}

// What a message carries out of line.
static char out_of_line[3 * 16384];
enum { MEMORY, PORT_ARRAY };

static void with_memory(struct scene *scene) {
    scene->port = port_with_sends(2);
    scene->message = message_to(scene->port, COPY_SEND, SENT);
    scene->message.header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
    scene->message.header.msgh_size = 28 + 16;
    scene->message.body.msgh_descriptor_count = 1;
    mach_msg_ool_descriptor_t memory = {.address = out_of_line,
                                        .size = (mach_msg_size_t)vm_page_size + 1,
                                        .copy = MACH_MSG_VIRTUAL_COPY,
                                        .type = MACH_MSG_OOL_DESCRIPTOR};
    mach_msg_ool_ports_descriptor_t ports = {
        .address = out_of_line, .count = 3, .disposition = COPY_SEND, .type = MACH_MSG_OOL_PORTS_DESCRIPTOR};
    mach_port_t names[] = {scene->port, scene->port, MACH_PORT_NULL};
    memcpy(out_of_line, names, sizeof(names));
    memcpy(&scene->message.ports, scene->argument == MEMORY ? (void *)&memory : (void *)&ports, 16);
}

static int64_t send_with_nothing_kept(struct scene *scene) {
    mach_linux_trim();
    return send_now(&scene->message);
}

static void memory_is_queued(struct scene *scene) {
    struct test_message message;
    assert_code(receive_now(scene->port, &message, 0), MACH_MSG_SUCCESS);
    mach_msg_ool_descriptor_t memory;
    memcpy(&memory, &message.ports, sizeof(memory));
    assert_memory_equal(memory.address, out_of_line, 12);
    mach_msg_destroy(&message.header);
}

static void memory_in_a_message_needs_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {"send with memory", with_memory, send_with_nothing_kept, .succeeded = memory_is_queued,
         .failure = MACH_SEND_NO_BUFFER, .argument = MEMORY, .least = 2, .second_failure = MACH_MSG_VM_KERNEL,
         .system_failures = {MACH_MSG_VM_KERNEL}, .least_system_calls = 2},
        {"send with a port array", with_memory, send_with_nothing_kept, .succeeded = memory_is_queued,
         .failure = MACH_SEND_NO_BUFFER, .argument = PORT_ARRAY, .least = 3, .system_failures = {MACH_SEND_NO_BUFFER},
         .least_system_calls = 2},
    };
    run_trials(trials);
}

// The destination's queue is full.
static void with_refused_message(struct scene *scene) {
    with_message(scene);
    set_limit(scene->port, 1);
    queue_messages(scene->port, 1);
}

static int64_t send_in_vain(struct scene *scene) {
    mach_msg_return_t code = send_now(&scene->message);
    return code == MACH_SEND_TIMED_OUT ? KERN_SUCCESS : code;
}

// S9: the made send-once right found no name and has ended; all else is back, under moving dispositions.
static void came_back_without_reply(struct scene *scene) {
    assert_int_equal(scene->message.header.msgh_bits, MACH_MSGH_BITS(MOVE_SEND, MOVE_SEND_ONCE));
    assert_int_equal(scene->message.header.msgh_remote_port, scene->port);
    assert_int_equal(scene->message.header.msgh_local_port, MACH_PORT_NULL);
    assert_int_equal(refs(scene->port, MACH_PORT_RIGHT_SEND), 3);
    assert_int_equal(status(scene->second).mps_sorights, scene->failing == ONE);
    if (scene->failing == ONE) expect_send_once_notification(scene->second);
    expect_no_message(scene->second);
}

static void a_returned_message_needs_names(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {"send to a full queue", with_refused_message, send_in_vain, .failure = MACH_SEND_NO_BUFFER, .is_full = true,
         .argument = KINDS(COPY_SEND, MAKE_SEND_ONCE, 0), .least = 2,
         .second_failure = MACH_SEND_TIMED_OUT | MACH_MSG_IPC_KERNEL, .second_failed = came_back_without_reply},
    };
    run_trials(trials);
}

// ---- Receiving

// A message waits whose reply right, or three rights in its body, have no name yet.
static void with_waiting_message(struct scene *scene) {
    with_message(scene);
    scene->message.header.msgh_id = WAITING;
    assert_code(send_now(&scene->message), MACH_MSG_SUCCESS);
    assert_int_equal(status(scene->port).mps_msgcount, 1);
}

static int64_t receive_it(struct scene *scene) { return receive_now(scene->port, &scene->message, 0); }

static void had_no_name_for_reply(struct scene *scene) {
    // V15: the header alone, and a trailer.
    assert_int_equal(scene->message.header.msgh_size, sizeof(mach_msg_header_t));
    assert_int_equal(scene->message.header.msgh_local_port, scene->port);
    assert_int_equal(scene->message.header.msgh_remote_port, MACH_PORT_NULL);
    assert_int_equal(scene->message.header.msgh_id, WAITING);
    assert_untouched(&scene->message, sizeof(mach_msg_header_t) + sizeof(mach_msg_trailer_t), sizeof(scene->message));
    expect_no_message(scene->port);
    // The right has ended; its notification needs memory.
    if (scene->failing == ONE) expect_send_once_notification(scene->second);
    expect_no_message(scene->second);
    assert_int_equal(status(scene->second).mps_sorights, 0);
    // The port goes on.
    assert_code(send_simple(scene->port, COPY_SEND, 5), MACH_MSG_SUCCESS);
    expect_message(scene->port, 5);
}

static void had_no_names_for_body(struct scene *scene) {
    // D7: the message is there but for the names.
    assert_int_equal(scene->message.header.msgh_size, 28 + 3 * 12);
    assert_int_equal(scene->message.header.msgh_id, WAITING);
    assert_int_equal(scene->message.body.msgh_descriptor_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        bool arrived = scene->failing == ONE && i > 0;
        assert_int_equal(type(scene->message.ports[i].name), arrived ? MACH_PORT_TYPE_SEND_ONCE : 0);
        if (!arrived) assert_int_equal(scene->message.ports[i].name, MACH_PORT_NULL);
        assert_int_equal(scene->message.ports[i].disposition, MOVE_SEND_ONCE);
    }
    expect_no_message(scene->port);
}

static void is_received(struct scene *scene) { assert_int_equal(scene->message.header.msgh_id, WAITING); }

static void received_rights_need_names(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {"receive a reply right", with_waiting_message, receive_it, .succeeded = is_received,
         .failure = MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_KERNEL, .is_full = true,
         .argument = KINDS(MAKE_SEND, MAKE_SEND_ONCE, 0), .failed = had_no_name_for_reply},
        {"receive rights", with_waiting_message, receive_it, .succeeded = is_received,
         .failure = MACH_RCV_BODY_ERROR | MACH_MSG_IPC_KERNEL, .is_full = true,
         .argument = KINDS(MAKE_SEND, 0, MAKE_SEND_ONCE), .failed = had_no_names_for_body},
        {"receive what has names", with_waiting_message, receive_it, .succeeded = is_received, .is_full = true,
         .argument = KINDS(MAKE_SEND, MAKE_SEND, MAKE_SEND)},
        {"receive inline data", with_waiting_message, receive_it, .succeeded = is_received, .is_full = true,
         .argument = KINDS(MAKE_SEND, 0, 0)},
    };
    run_trials(trials);
}

// The answer of a call waits already; it brings a send-once right.
static void with_answer(struct scene *scene) {
    scene->port = port_with_sends(2);
    scene->second = make_port();
    scene->notify = make_port();
    struct test_message answer = message_to(scene->second, MAKE_SEND_ONCE, WAITING);
    if (scene->argument != 0) set_reply(&answer, scene->notify, MAKE_SEND_ONCE);
    assert_code(send_now(&answer), MACH_MSG_SUCCESS);
    scene->message = message_to(scene->port, COPY_SEND, SENT);
    set_reply(&scene->message, scene->second, MAKE_SEND_ONCE);
}

static int64_t call_remotely(struct scene *scene) {
    return mach_msg(&scene->message.header, MACH_SEND_MSG | MACH_RCV_MSG | MACH_RCV_TIMEOUT, sizeof(mach_msg_header_t),
                    sizeof(scene->message), scene->second, 0, MACH_PORT_NULL);
}

static void was_called(struct scene *scene) {
    assert_int_equal(scene->message.header.msgh_id, WAITING);
    expect_message(scene->port, SENT);
}

static void was_called_without_answer(struct scene *scene) {
    was_called(scene);
    assert_int_equal(scene->message.header.msgh_remote_port, MACH_PORT_NULL);
    assert_int_equal(scene->message.header.msgh_size, sizeof(mach_msg_header_t));
    if (scene->failing == ONE) expect_send_once_notification(scene->notify);
    expect_no_message(scene->notify);
}

static void a_remote_call_needs_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {"RPC", with_answer, call_remotely, .succeeded = was_called, .failure = MACH_SEND_NO_BUFFER, .is_full = true},
        {"RPC with a right in the answer", with_answer, call_remotely, .succeeded = was_called,
         .failure = MACH_SEND_NO_BUFFER, .is_full = true, .argument = 1, .least = 2,
         .second_failure = MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_KERNEL, .second_failed = was_called_without_answer},
    };
    run_trials(trials);
}

// A message to a port of the kernel is answered on the spot, if there is memory for the answer.
static void with_message_to_task(struct scene *scene) {
    scene->second = make_port();
    scene->message = message_to(SELF, COPY_SEND, SENT);
    set_reply(&scene->message, scene->second, MAKE_SEND_ONCE);
}

static int64_t send_to_task(struct scene *scene) {
    mach_msg_return_t code = send_now(&scene->message);
    scene->number = code == MACH_MSG_SUCCESS;
    return code == MACH_MSG_SUCCESS || (code == MACH_SEND_NO_BUFFER && scene->n == 1) ? KERN_SUCCESS : code;
}

static void reply_right_is_used_up(struct scene *scene) {
    if (scene->fault == SYSTEM_CALL || scene->number == 0 || scene->n > 2) {
        drain(scene->second);
    } else if (scene->n == 2 && scene->failing == ONE) {
        // No memory for the answer: the request ends, and with it the reply right.
        expect_send_once_notification(scene->second);
    }
    expect_no_message(scene->second);
    assert_int_equal(status(scene->second).mps_sorights, 0);
}

static void an_answer_of_the_kernel_needs_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trial = {"message to the task", with_message_to_task, send_to_task,
                                .succeeded = reply_right_is_used_up, .least = 2};
    run_trial(&trial);
}

// ---- Requests

static kern_return_t ask(struct scene *scene, mach_port_t name, int id, mach_port_t notify, int disposition) {
    return mach_port_request_notification(SELF, name, id, 0, notify, (mach_msg_type_name_t)disposition,
                                          &scene->out.previous);
}

static void with_notify(struct scene *scene) {
    scene->port = port_with_send();
    scene->notify = make_port();
    scene->name = scene->port;
}

static void with_notify_right(struct scene *scene) {
    with_notify(scene);
    scene->second = make_send_once(scene->notify);
}

// The port's table of requests is full: one is on another of its names.
static void with_request_before(struct scene *scene) {
    with_notify(scene);
    scene->second = make_send_once(scene->port);
    assert_success(ask(scene, scene->second, scene->argument, scene->notify, MAKE_SEND_ONCE));
    fill_untouched(&scene->out, sizeof(scene->out));
    scene->name = make_send_once(scene->port);
}

static int64_t ask_making(struct scene *scene) {
    return ask(scene, scene->name, scene->argument, scene->notify, MAKE_SEND_ONCE);
}

static int64_t ask_moving(struct scene *scene) {
    return ask(scene, scene->name, scene->argument, scene->second, MOVE_SEND_ONCE);
}

static mach_port_t cancelled(struct scene *scene) {
    mach_port_t previous = 0x5a5a5a5a;
    assert_success(mach_port_request_notification(SELF, scene->name, scene->argument, 0, MACH_PORT_NULL, MAKE_SEND_ONCE,
                                                  &previous));
    return previous;
}

static void is_requested(struct scene *scene) {
    assert_int_equal(scene->out.previous, MACH_PORT_NULL);
    expect_no_message(scene->notify);
    mach_port_t right = cancelled(scene);
    assert_int_equal(type(right), MACH_PORT_TYPE_SEND_ONCE);
    assert_success(mach_port_deallocate(SELF, right));
    expect_send_once_notification(scene->notify);
}

// T20: the right that was taken has ended, with its notification unless no memory was left for that; nothing is requested.
static void is_not_requested(struct scene *scene) {
    assert_untouched(&scene->out, 0, sizeof(scene->out));
    if (scene->failing == ONE || scene->n > 1) expect_send_once_notification(scene->notify);
    expect_no_message(scene->notify);
    assert_int_equal(status(scene->port).mps_nsrequest, 0);
    assert_int_equal(status(scene->port).mps_pdrequest, 0);
    assert_int_equal(type(scene->name) & MACH_PORT_TYPE_DNREQUEST, 0);
    assert_int_equal(cancelled(scene), MACH_PORT_NULL);
    if (scene->second != MACH_PORT_NULL && type(scene->second) == MACH_PORT_TYPE_NONE) return;
    assert_success(ask_making(scene));
    is_requested(scene);
}

static void requests_need_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const int ids[] = {MACH_NOTIFY_PORT_DESTROYED, MACH_NOTIFY_NO_SENDERS, MACH_NOTIFY_DEAD_NAME,
                       MACH_NOTIFY_SEND_POSSIBLE};
    for (unsigned i = 0; i < COUNT_OF(ids); i++) {
        const struct trial trials[] = {
            {"request", with_notify, ask_making, .succeeded = is_requested, .failure = KERN_RESOURCE_SHORTAGE,
             .argument = ids[i], .least = i < 2 ? 1 : 2, .failed = is_not_requested},
            {"request with a moved right", with_notify_right, ask_moving, .succeeded = is_requested,
             .failure = KERN_RESOURCE_SHORTAGE, .argument = ids[i], .least = i < 2 ? 1 : 2, .failed = is_not_requested},
            {"request with a table to grow", with_request_before, ask_making, .succeeded = is_requested,
             .failure = KERN_RESOURCE_SHORTAGE, .argument = ids[i], .least = 2, .failed = is_not_requested},
        };
        run_trial(&trials[0]);
        run_trial(&trials[1]);
        if (i >= 2) run_trial(&trials[2]);
    }
}

// A request stands already, to the port `second`.
static void with_request(struct scene *scene) {
    with_notify(scene);
    scene->second = make_port();
    assert_success(ask(scene, scene->name, scene->argument, scene->second, MAKE_SEND_ONCE));
    fill_untouched(&scene->out, sizeof(scene->out));
}

static int64_t cancel_it(struct scene *scene) {
    return ask(scene, scene->name, scene->argument, MACH_PORT_NULL, MAKE_SEND_ONCE);
}

static void old_right_is_back(struct scene *scene) {
    assert_int_equal(type(scene->out.previous), MACH_PORT_TYPE_SEND_ONCE);
    assert_int_equal(status(scene->second).mps_sorights, 1);
}

// The right of the request before found no name: it has ended.
static void expect_old_right_ended(struct scene *scene) {
    assert_untouched(&scene->out, 0, sizeof(scene->out));
    if (scene->failing == ONE) expect_send_once_notification(scene->second);
    expect_no_message(scene->second);
    assert_int_equal(status(scene->second).mps_sorights, 0);
}

static void is_cancelled_all_the_same(struct scene *scene) {
    expect_old_right_ended(scene);
    assert_int_equal(cancelled(scene), MACH_PORT_NULL);
}

static void is_replaced_all_the_same(struct scene *scene) {
    expect_old_right_ended(scene);
    mach_port_t right = cancelled(scene);
    assert_success(mach_port_deallocate(SELF, right));
    expect_send_once_notification(scene->notify);
}

static void is_not_replaced(struct scene *scene) {
    assert_untouched(&scene->out, 0, sizeof(scene->out));
    if (scene->failing == ONE) expect_send_once_notification(scene->notify);
    expect_no_message(scene->notify);
    expect_no_message(scene->second);
    mach_port_t right = cancelled(scene);
    assert_success(mach_port_deallocate(SELF, right));
    expect_send_once_notification(scene->second);
}

static void rights_of_earlier_requests_need_names(void **state) {
    (void)state;
    need_failing_allocations();
    const int ids[] = {MACH_NOTIFY_PORT_DESTROYED, MACH_NOTIFY_NO_SENDERS, MACH_NOTIFY_DEAD_NAME,
                       MACH_NOTIFY_SEND_POSSIBLE};
    for (unsigned i = 0; i < COUNT_OF(ids); i++) {
        const struct trial cancelling = {"cancel",
                                         with_request,
                                         cancel_it,
                                         .succeeded = old_right_is_back,
                                         .failure = KERN_RESOURCE_SHORTAGE,
                                         .is_full = true,
                                         .argument = ids[i],
                                         .failed = is_cancelled_all_the_same};
        run_trial(&cancelling);
    }
    for (unsigned i = 0; i < 2; i++) {
        const struct trial replacing = {"replace",
                                        with_request,
                                        ask_making,
                                        .succeeded = old_right_is_back,
                                        .failure = KERN_RESOURCE_SHORTAGE,
                                        .is_full = true,
                                        .argument = ids[i],
                                        .least = 2,
                                        .failed = is_not_replaced,
                                        .second_failure = KERN_RESOURCE_SHORTAGE,
                                        .second_failed = is_replaced_all_the_same};
        run_trial(&replacing);
    }
}

// ---- Giving up, for which no memory is needed

static int64_t destroy_it(struct scene *scene) { return mach_port_destroy(SELF, scene->name); }
static int64_t deallocate_it(struct scene *scene) { return mach_port_deallocate(SELF, scene->name); }
static int64_t drop_receive(struct scene *scene) {
    return mach_port_mod_refs(SELF, scene->port, MACH_PORT_RIGHT_RECEIVE, -1);
}
static int64_t drop_sends(struct scene *scene) {
    return mach_port_mod_refs(SELF, scene->port, MACH_PORT_RIGHT_SEND, -2);
}
static int64_t destruct_it(struct scene *scene) { return mach_port_destruct(SELF, scene->port, -1, 0); }
static int64_t extract_member(struct scene *scene) {
    return mach_port_extract_member(SELF, scene->port, scene->second);
}
static int64_t leave_sets(struct scene *scene) { return mach_port_move_member(SELF, scene->port, MACH_PORT_NULL); }
static int64_t guard_it(struct scene *scene) {
    kern_return_t code = mach_port_guard(SELF, scene->port, 9, TRUE);
    return code == KERN_SUCCESS ? mach_port_unguard(SELF, scene->port, 9) : code;
}
static int64_t ask_about_it(struct scene *scene) {
    mach_port_type_t its_type;
    mach_port_urefs_t its_refs;
    mach_port_limits_t limits = {.mpl_qlimit = 8};
    kern_return_t code = mach_port_type(SELF, scene->port, &its_type);
    if (code == KERN_SUCCESS) code = mach_port_get_refs(SELF, scene->port, MACH_PORT_RIGHT_SEND, &its_refs);
    if (code == KERN_SUCCESS) code = mach_port_mod_refs(SELF, scene->port, MACH_PORT_RIGHT_SEND, 1);
    if (code == KERN_SUCCESS) code = mach_port_set_context(SELF, scene->port, 3);
    if (code == KERN_SUCCESS) code = mach_port_set_mscount(SELF, scene->port, 3);
    if (code == KERN_SUCCESS) code = mach_port_set_seqno(SELF, scene->port, 3);
    if (code != KERN_SUCCESS) return code;
    return mach_port_set_attributes(SELF, scene->port, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
                                    MACH_PORT_LIMITS_INFO_COUNT);
}

static void with_sends(struct scene *scene) { scene->name = scene->port = port_with_sends(2); }

// A port with messages, which hold rights, in a set; a send-once right to it and another name for what it is.
static void with_busy_port(struct scene *scene) {
    scene->argument = KINDS(MAKE_SEND, MAKE_SEND_ONCE, MOVE_RECEIVE);
    with_waiting_message(scene);
    scene->name = scene->port;
    put_in_set(scene->port, make_set());
    make_send_once(scene->port);
}

static void with_send_once(struct scene *scene) {
    scene->port = make_port();
    scene->name = make_send_once(scene->port);
}

static void with_set(struct scene *scene) {
    with_port_and_sets(scene);
    scene->name = scene->second;
}

static void with_dead_name(struct scene *scene) { scene->name = make_dead_name(2); }

static void name_is_free(struct scene *scene) { assert_int_equal(type(scene->name), MACH_PORT_TYPE_NONE); }

// A SEND_ONCE notification may be lost, the count of rights may not.
static void send_once_has_ended(struct scene *scene) {
    name_is_free(scene);
    assert_int_equal(status(scene->port).mps_sorights, status(scene->port).mps_msgcount);
    if (scene->failing == ONE && scene->n > 1) expect_send_once_notification(scene->port);
}

static void giving_up_needs_no_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {"destroy a port", with_busy_port, destroy_it, .succeeded = name_is_free},
        {"destroy a send-once right", with_send_once, destroy_it, .succeeded = send_once_has_ended, .least = 1},
        {"destroy a set", with_set, destroy_it, .succeeded = name_is_free},
        {"destroy a dead name", with_dead_name, destroy_it, .succeeded = name_is_free},
        {"deallocate a send right", with_sends, deallocate_it, .failure = KERN_SUCCESS},
        {"deallocate a send-once right", with_send_once, deallocate_it, .succeeded = send_once_has_ended, .least = 1},
        {"deallocate a dead name", with_dead_name, deallocate_it, .failure = KERN_SUCCESS},
        {"mod_refs of a receive right", with_busy_port, drop_receive, .failure = KERN_SUCCESS},
        {"mod_refs of a send right", with_sends, drop_sends, .failure = KERN_SUCCESS},
        {"destruct", with_busy_port, destruct_it, .failure = KERN_SUCCESS},
        {"extract_member", with_port_and_sets, extract_member, .failure = KERN_SUCCESS},
        {"move_member out of all sets", with_port_and_sets, leave_sets, .failure = KERN_SUCCESS},
        {"guard and unguard", with_sends, guard_it, .failure = KERN_SUCCESS},
        {"looking and setting", with_sends, ask_about_it, .failure = KERN_SUCCESS},
    };
    run_trials(trials);
}

// ---- Notifications, which have their memory since they were asked for

enum { REQUESTS = 20 };

// Requests of every kind on a port, its name and other names of it; all go to one port.
static void with_many_requests(struct scene *scene) {
    with_notify(scene);
    for (unsigned i = 0; i < REQUESTS; i++) {
        mach_port_t once = make_send_once(scene->port);
        assert_success(
            ask(scene, once, i % 2 ? MACH_NOTIFY_DEAD_NAME : MACH_NOTIFY_SEND_POSSIBLE, scene->notify, MAKE_SEND_ONCE));
    }
    assert_success(ask(scene, scene->port, MACH_NOTIFY_NO_SENDERS, scene->notify, MAKE_SEND_ONCE));
    assert_success(ask(scene, scene->port, MACH_NOTIFY_DEAD_NAME, scene->notify, MAKE_SEND_ONCE));
    scene->number = REQUESTS + 1;
}

// Counts the notifications of a kind; all others are lost ones' replacements or SEND_ONCE.
static unsigned take_notifications(mach_port_t port, mach_msg_id_t id) {
    unsigned count = 0;
    struct test_message message;
    while (receive_now(port, &message, 0) == MACH_MSG_SUCCESS) count += message.header.msgh_id == id;
    return count;
}

static void all_names_were_notified(struct scene *scene) {
    assert_int_equal(type(scene->port), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(take_notifications(scene->notify, MACH_NOTIFY_DEAD_NAME), scene->number);
}

static void with_no_senders(struct scene *scene) {
    with_notify(scene);
    assert_success(ask(scene, scene->port, MACH_NOTIFY_NO_SENDERS, scene->notify, MAKE_SEND_ONCE));
}

static void came_no_senders(struct scene *scene) { expect_notified(scene->notify, MACH_NOTIFY_NO_SENDERS, 1); }

static void with_port_destroyed(struct scene *scene) {
    with_notify(scene);
    assert_success(ask(scene, scene->port, MACH_NOTIFY_PORT_DESTROYED, scene->notify, MAKE_SEND_ONCE));
}

static void came_port_destroyed(struct scene *scene) {
    assert_int_equal(type(expect_notification(scene->notify, MACH_NOTIFY_PORT_DESTROYED).right.name) &
                         MACH_PORT_TYPE_RECEIVE,
                     MACH_PORT_TYPE_RECEIVE);
}

static void with_request_on_send_once(struct scene *scene) {
    with_notify(scene);
    scene->name = make_send_once(scene->port);
    assert_success(ask(scene, scene->name, MACH_NOTIFY_DEAD_NAME, scene->notify, MAKE_SEND_ONCE));
}

static void came_port_deleted(struct scene *scene) {
    expect_notified(scene->notify, MACH_NOTIFY_PORT_DELETED, scene->name);
}

static void with_send_possible(struct scene *scene) {
    with_notify(scene);
    set_limit(scene->port, 1);
    queue_messages(scene->port, 1);
    assert_success(mach_port_request_notification(SELF, scene->port, MACH_NOTIFY_SEND_POSSIBLE, 1, scene->notify,
                                                  MAKE_SEND_ONCE, &scene->out.previous));
    expect_no_message(scene->notify);
}

static int64_t make_room(struct scene *scene) { return receive_now(scene->port, &scene->message, 0); }

static void came_send_possible(struct scene *scene) {
    expect_notified(scene->notify, MACH_NOTIFY_SEND_POSSIBLE, scene->port);
}

// Many tasks' ends at once: what the task has dies with it, and who asked is told.
static void with_watched_task(struct scene *scene) {
    scene->notify = make_port();
    scene->name = make_task();
    mach_port_t theirs = make_port_in(scene->name);
    mach_port_t send = take(scene->name, theirs, MAKE_SEND);
    give(scene->name, port_with_send(), MAKE_SEND_ONCE);
    assert_success(ask(scene, scene->name, MACH_NOTIFY_DEAD_NAME, scene->notify, MAKE_SEND_ONCE));
    assert_success(ask(scene, send, MACH_NOTIFY_DEAD_NAME, scene->notify, MAKE_SEND_ONCE));
}

static int64_t terminate_it(struct scene *scene) { return task_terminate(scene->name); }

static void end_was_told(struct scene *scene) {
    assert_int_equal(type(scene->name), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(take_notifications(scene->notify, MACH_NOTIFY_DEAD_NAME), 2);
}

static void notifications_need_no_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {"DEAD_NAME", with_many_requests, drop_receive, .succeeded = all_names_were_notified},
        {"NO_SENDERS", with_no_senders, deallocate_it, .succeeded = came_no_senders},
        {"PORT_DESTROYED by mod_refs", with_port_destroyed, drop_receive, .succeeded = came_port_destroyed},
        {"PORT_DESTROYED by destroy", with_port_destroyed, destroy_it, .succeeded = came_port_destroyed},
        {"PORT_DELETED", with_request_on_send_once, deallocate_it, .succeeded = came_port_deleted, .least = 1},
        {"SEND_POSSIBLE", with_send_possible, make_room, .succeeded = came_send_possible},
        {"the end of a task", with_watched_task, terminate_it, .succeeded = end_was_told},
    };
    run_trials(trials);
}

// ---- Tasks and the ports that they keep

static int64_t create_task(struct scene *scene) { return task_create(SELF, NULL, 0, FALSE, &scene->out.name); }

// All that a child inherits is there.
static void with_heritage(struct scene *scene) {
    with_sends(scene);
    mach_port_t ports[] = {scene->port, MACH_PORT_NULL, MACH_PORT_DEAD};
    assert_success(mach_ports_register(SELF, ports, 3));
    assert_success(task_set_special_port(SELF, TASK_BOOTSTRAP_PORT, scene->port));
    assert_success(
        task_set_exception_ports(SELF, EXC_MASK_ALL, scene->port, (int)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES), 0));
}

static void works(struct scene *scene) {
    check_empty(scene->out.name, __FILE__, __LINE__);
    make_port_in(scene->out.name);
    end_task(scene->out.name);
}

static int64_t set_kept_ports(struct scene *scene) {
    mach_port_t ports[] = {scene->port};
    kern_return_t code = mach_ports_register(SELF, ports, 1);
    if (code == KERN_SUCCESS) code = task_set_special_port(SELF, TASK_BOOTSTRAP_PORT, scene->port);
    if (code != KERN_SUCCESS) return code;
    return task_set_exception_ports(SELF, EXC_MASK_ALL, scene->port, EXCEPTION_DEFAULT, 0);
}

// The bootstrap port has no name here but in the other task.
static void with_bootstrap(struct scene *scene) {
    scene->other = make_task();
    mach_port_t theirs = make_port_in(scene->other);
    mach_port_t send = take(scene->other, theirs, MAKE_SEND);
    mach_port_t ports[] = {send};
    assert_success(task_set_special_port(SELF, TASK_BOOTSTRAP_PORT, send));
    assert_success(task_set_exception_ports(SELF, EXC_MASK_ALL, send, EXCEPTION_DEFAULT, 0));
    assert_success(mach_ports_register(SELF, ports, 1));
    destroy(send);
}

static int64_t get_bootstrap(struct scene *scene) {
    return task_get_special_port(SELF, TASK_BOOTSTRAP_PORT, &scene->out.name);
}

static void is_a_send_right(struct scene *scene) {
    assert_int_equal(type(scene->out.name), MACH_PORT_TYPE_SEND);
    assert_int_equal(refs(scene->out.name, MACH_PORT_RIGHT_SEND), 1);
}

// X9: a port for whose name there is no room is looked up as NULL.
static int64_t look_up(struct scene *scene) { return mach_ports_lookup(SELF, &scene->out.ports, &scene->out.count); }

static void shows_what_had_room(struct scene *scene) {
    assert_int_equal(scene->out.count, 3);
    if (scene->out.ports[0] != MACH_PORT_NULL) assert_int_equal(type(scene->out.ports[0]), MACH_PORT_TYPE_SEND);
    bool had_room = scene->fault == SYSTEM_CALL || scene->code != KERN_SUCCESS || scene->n != 3;
    assert_int_equal(scene->out.ports[0] != MACH_PORT_NULL, had_room);
    assert_success(vm_deallocate(SELF, (vm_address_t)scene->out.ports, 3 * sizeof(mach_port_t)));
}

static int64_t get_handlers(struct scene *scene) {
    exception_mask_t masks[EXC_TYPES_COUNT];
    mach_port_t handlers[EXC_TYPES_COUNT];
    exception_behavior_t behaviors[EXC_TYPES_COUNT];
    thread_state_flavor_t flavors[EXC_TYPES_COUNT];
    kern_return_t code =
        task_get_exception_ports(SELF, EXC_MASK_ALL, masks, &scene->out.count, handlers, behaviors, flavors);
    scene->out.name = handlers[0];
    return code;
}

static void listed_what_had_room(struct scene *scene) {
    assert_int_equal(scene->out.count, 1);
    assert_int_equal(scene->out.name == MACH_PORT_NULL, scene->fault == ALLOCATION && scene->n == 1);
}

static void tasks_need_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {"task_create", with_heritage, create_task, .succeeded = works, .failure = KERN_RESOURCE_SHORTAGE,
         .is_full = true, .least = 9},
        {"setting kept ports", with_sends, set_kept_ports, .is_full = true},
        {"task_get_special_port", with_bootstrap, get_bootstrap, .succeeded = is_a_send_right,
         .failure = KERN_RESOURCE_SHORTAGE, .is_full = true},
        {"mach_ports_lookup", with_bootstrap, look_up, .succeeded = shows_what_had_room, .is_full = true,
         .codes = {KERN_RESOURCE_SHORTAGE, KERN_RESOURCE_SHORTAGE, WORKS}, .system_failures = {KERN_RESOURCE_SHORTAGE},
         .least_system_calls = 1},
        {"task_get_exception_ports", with_bootstrap, get_handlers, .succeeded = listed_what_had_room, .is_full = true,
         .least = 1},
    };
    run_trials(trials);
}

// ---- File descriptors

static unsigned open_descriptors(void) {
    unsigned count = 0;
    for (int fd = 0; fd < 256; fd++) count += fcntl(fd, F_GETFD) != -1;
    return count;
}

static bool is_readable(int fd) {
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    return poll(&polled, 1, 0) == 1;
}

enum { OF_PORT, OF_SET, OF_WATCHED_PORT };

static void with_watchable(struct scene *scene) {
    scene->port = port_with_send();
    scene->second = make_set();
    put_in_set(scene->port, scene->second);
    scene->name = scene->argument == OF_SET ? scene->second : scene->port;
    queue_messages(scene->port, 1);
    if (scene->argument == OF_WATCHED_PORT) {
        int fd = -1;
        assert_success(mach_linux_port_fd(SELF, scene->name, &fd));
        close(fd);
    }
    scene->number = open_descriptors();
}

static int64_t make_descriptor(struct scene *scene) {
    return mach_linux_port_fd(SELF, scene->name, &scene->out.descriptor);
}

static void descriptors_are_closed(struct scene *scene) { assert_int_equal(open_descriptors(), scene->number); }

static void is_watched(struct scene *scene) {
    assert_true(is_readable(scene->out.descriptor));
    drain(scene->port);
    assert_false(is_readable(scene->out.descriptor));
    assert_code(send_simple(scene->port, COPY_SEND, 1), MACH_MSG_SUCCESS);
    assert_true(is_readable(scene->out.descriptor));
    close(scene->out.descriptor);
    destroy(scene->name);
    assert_int_equal(open_descriptors(), scene->number - (scene->argument == OF_WATCHED_PORT));
}

static void a_descriptor_needs_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {"a port's descriptor", with_watchable, make_descriptor, .succeeded = is_watched,
         .failure = KERN_RESOURCE_SHORTAGE, .argument = OF_PORT, .ended = descriptors_are_closed,
         .system_failures = {KERN_RESOURCE_SHORTAGE}, .least_system_calls = 2},
        {"a set's descriptor", with_watchable, make_descriptor, .succeeded = is_watched,
         .failure = KERN_RESOURCE_SHORTAGE, .argument = OF_SET, .ended = descriptors_are_closed,
         .system_failures = {KERN_RESOURCE_SHORTAGE}, .least_system_calls = 2},
        {"a further descriptor", with_watchable, make_descriptor, .succeeded = is_watched, .argument = OF_WATCHED_PORT,
         .ended = descriptors_are_closed, .system_failures = {KERN_RESOURCE_SHORTAGE}, .least_system_calls = 1},
    };
    run_trials(trials);
}

// ---- Looking about

static int64_t look_about(struct scene *scene) {
    mach_port_name_t own = (mach_task_self)();
    mach_port_name_t thread = pthread_mach_thread_np(pthread_self());
    mach_linux_statistics_data_t now;
    mach_linux_statistics(&now);
    bool is_known = mach_task_special_port_for_id("bootstrap") >= 0 || mach_task_special_port_description(1) != NULL;
    mig_put_reply_port(scene->port);
    voucher_mach_msg_revert(VOUCHER_MACH_MSG_STATE_UNCHANGED);
    return own == OWN_TASK && thread == scene->name && now.tasks > 0 && is_known &&
                   pthread_equal(pthread_from_mach_thread_np(thread), pthread_self())
               ? KERN_SUCCESS
               : KERN_FAILURE;
}

static void with_thread_name(struct scene *scene) {
    scene->name = mach_thread_self();
    scene->other = make_task();
}

// There and back by names that are known.
static int64_t adopt_and_return(struct scene *scene) {
    kern_return_t code = mach_linux_task_adopt(SELF);
    mach_linux_trim();
    return code == KERN_SUCCESS && mach_linux_task_adopt(scene->name) == KERN_INVALID_ARGUMENT ? KERN_SUCCESS
                                                                                               : KERN_FAILURE;
}

static void looking_about_needs_no_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {"looking about", with_thread_name, look_about, .is_full = true},
        {"acting as a task", with_thread_name, adopt_and_return, .is_full = true},
    };
    run_trials(trials);
}

// ---- Guards

// Whoever handles a violation is told if there is memory for that; the code stays.
static void with_guard(struct scene *scene) {
    scene->port = make_port();
    scene->notify = port_with_send();
    assert_success(mach_port_guard(SELF, scene->port, 9, FALSE));
    assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, scene->notify, EXCEPTION_DEFAULT, 0));
}

static int64_t violate(struct scene *scene) {
    kern_return_t code = mach_port_unguard(SELF, scene->port, 8);
    return code == KERN_INVALID_ARGUMENT ? KERN_SUCCESS : KERN_FAILURE;
}

static void is_still_guarded(struct scene *scene) { assert_success(mach_port_unguard(SELF, scene->port, 9)); }

static void a_violation_keeps_its_code(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trial = {"violation",     with_guard, violate, .succeeded = is_still_guarded,
                                .is_full = true, .least = 1};
    run_trial(&trial);
}

// ---- Threads

// The first call of a thread in this process; it must fail for lack of memory, and then do what it does.
static int64_t first_allocate(void) {
    mach_port_name_t name = 0x5a5a5a5a;
    kern_return_t code = mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &name);
    if (code == KERN_SUCCESS) return mach_port_destroy(SELF, name);
    return name == 0x5a5a5a5a ? code : -1;
}
static int64_t first_task_self(void) {
    mach_port_name_t name = (mach_task_self)();
    return name == MACH_PORT_NULL ? KERN_RESOURCE_SHORTAGE : mach_port_deallocate(SELF, name);
}
static int64_t first_thread_self(void) {
    mach_port_name_t name = mach_thread_self();
    return name == MACH_PORT_NULL ? KERN_RESOURCE_SHORTAGE : mach_port_deallocate(SELF, name);
}
static int64_t first_host_self(void) {
    mach_port_name_t name = mach_host_self();
    return name == MACH_PORT_NULL ? KERN_RESOURCE_SHORTAGE : mach_port_deallocate(SELF, name);
}
static int64_t first_reply_port(void) {
    mach_port_name_t name = mach_reply_port();
    return name == MACH_PORT_NULL ? KERN_RESOURCE_SHORTAGE : mach_port_destroy(SELF, name);
}
static int64_t first_task_create(void) {
    task_t task = 0x5a5a5a5a;
    kern_return_t code = task_create(SELF, NULL, 0, FALSE, &task);
    if (code != KERN_SUCCESS) return task == 0x5a5a5a5a ? code : -1;
    code = task_terminate(task);
    return code != KERN_SUCCESS ? code : mach_port_destroy(SELF, task);
}
static int64_t first_adopt(void) { return mach_linux_task_adopt(MACH_PORT_NULL); }
static int64_t first_vm_allocate(void) {
    vm_address_t address = 0;
    kern_return_t code = vm_allocate(SELF, &address, 4096, VM_FLAGS_ANYWHERE);
    if (code != KERN_SUCCESS) return address == 0 ? code : -1;
    return vm_deallocate(SELF, address, 4096);
}
static int64_t first_send(void) {
    mach_msg_header_t header;
    memset(&header, 0, sizeof(header));
    header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0);
    header.msgh_remote_port = 0x7fffff03;
    mach_msg_return_t code =
        mach_msg(&header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof(header), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
    return code == MACH_SEND_INVALID_DEST ? KERN_SUCCESS : code;
}
static int64_t first_receive(void) {
    struct simple_message message;
    mach_msg_return_t code =
        mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), SELF, 0, MACH_PORT_NULL);
    return code == MACH_RCV_INVALID_NAME ? KERN_SUCCESS : code;
}
static int64_t first_handlers(void) {
    return thread_set_exception_ports(SELF, EXC_MASK_ALL, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0) == KERN_INVALID_ARGUMENT
               ? KERN_SUCCESS
               : KERN_RESOURCE_SHORTAGE;
}

struct first_call {
    int64_t (*call)(void);
    enum failing failing;
    unsigned n;
    bool reached;
    int64_t code, again;
};

static int64_t make_first_call(void *argument) {
    struct first_call *it = argument;
    fail_allocation(it->failing, it->n);
    it->code = it->call();
    it->reached = stop_failing();
    it->again = it->call();
    return 0;
}

static void a_threads_first_call_needs_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const struct {
        const char *what;
        int64_t (*call)(void);
        int64_t failure;
    } calls[] = {
        {"mach_port_allocate", first_allocate, KERN_RESOURCE_SHORTAGE},
        {"mach_task_self", first_task_self, KERN_RESOURCE_SHORTAGE},
        {"mach_thread_self", first_thread_self, KERN_RESOURCE_SHORTAGE},
        {"mach_host_self", first_host_self, KERN_RESOURCE_SHORTAGE},
        {"mach_reply_port", first_reply_port, KERN_RESOURCE_SHORTAGE},
        {"task_create", first_task_create, KERN_RESOURCE_SHORTAGE},
        {"mach_linux_task_adopt", first_adopt, KERN_RESOURCE_SHORTAGE},
        {"vm_allocate", first_vm_allocate, KERN_RESOURCE_SHORTAGE},
        {"send", first_send, MACH_SEND_NO_BUFFER},
        {"receive", first_receive, MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_KERNEL},
        {"thread_set_exception_ports", first_handlers, KERN_RESOURCE_SHORTAGE},
    };
    for (unsigned i = 0; i < COUNT_OF(calls); i++) {
        for (enum failing failing = ONE; failing <= ALL; failing++) {
            struct picture picture = take_picture();
            bool reached = true;
            for (unsigned n = 1; reached; n++) {
                struct first_call it = {calls[i].call, failing, n, false, 0, 0};
                struct test_thread thread;
                start_thread(&thread, make_first_call, &it);
                join_thread(&thread);
                reached = it.reached;
                assert_true(reached || n > 1);
                if (it.code != (reached ? calls[i].failure : KERN_SUCCESS) || it.again != KERN_SUCCESS)
                    print_error("%s, allocation %u\n", calls[i].what, n);
                assert_code(it.code, reached ? calls[i].failure : KERN_SUCCESS);
                assert_code(it.again, KERN_SUCCESS);
            }
            assert_unchanged(picture);
        }
    }
}

static int64_t set_own_handlers(void *argument) {
    struct first_call *it = argument;
    mach_port_t self = mach_thread_self();
    fail_allocation(ALL, 1);
    it->code = thread_set_exception_ports(self, EXC_MASK_ALL, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0);
    it->reached = stop_failing();
    it->again = thread_set_exception_ports(self, EXC_MASK_ALL, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0);
    return mach_port_deallocate(SELF, self);
}

static void handlers_of_a_thread_need_memory(void **state) {
    (void)state;
    need_failing_allocations();
    struct first_call it = {0};
    struct test_thread thread;
    start_thread(&thread, set_own_handlers, &it);
    assert_success(join_thread(&thread));
    assert_true(it.reached);
    assert_code(it.code, KERN_RESOURCE_SHORTAGE);
    assert_code(it.again, KERN_SUCCESS);
}

// ---- Pages

// The library keeps no page and no memory for a further region.
static void keep_nothing(void) { mach_linux_trim(); }

// It keeps one page, which needs no memory to be given away again.
static void keep_one_page(void) {
    vm_address_t page = 0;
    assert_success(vm_allocate(SELF, &page, vm_page_size, VM_FLAGS_ANYWHERE));
    mach_linux_trim();
    assert_success(vm_deallocate(SELF, page, vm_page_size));
}

// What calls return in memory of its own.
struct answers {
    mach_port_name_array_t names;
    mach_port_type_array_t types;
    mach_msg_type_number_t name_count, type_count;
    ipc_info_space_t space;
    ipc_info_name_array_t table;
    ipc_info_tree_name_array_t tree;
    mach_msg_type_number_t table_count, tree_count;
};

static mach_port_t answered_set;

static kern_return_t ask_names(struct answers *it) {
    return mach_port_names(SELF, &it->names, &it->name_count, &it->types, &it->type_count);
}
static kern_return_t ask_set(struct answers *it) {
    return mach_port_get_set_status(SELF, answered_set, &it->names, &it->name_count);
}
static kern_return_t ask_space(struct answers *it) {
    return mach_port_space_info(SELF, &it->space, &it->table, &it->table_count, &it->tree, &it->tree_count);
}
static kern_return_t ask_registered(struct answers *it) { return mach_ports_lookup(SELF, &it->names, &it->name_count); }
static kern_return_t (*const answering[])(struct answers *) = {ask_names, ask_set, ask_space, ask_registered};

static void give_back(const struct answers *it, const struct answers *untouched) {
    if (it->names != untouched->names) vm_deallocate(SELF, (vm_address_t)it->names, it->name_count * 4);
    if (it->types != untouched->types) vm_deallocate(SELF, (vm_address_t)it->types, it->type_count * 4);
    if (it->table != untouched->table)
        vm_deallocate(SELF, (vm_address_t)it->table, it->table_count * sizeof(*it->table));
}

static void returned_arrays_need_memory(void **state) {
    (void)state;
    need_failing_allocations();
    mach_port_t port = make_port();
    answered_set = make_set();
    put_in_set(port, answered_set);
    struct answers untouched, it;
    fill_untouched(&untouched, sizeof(untouched));
    for (unsigned i = 0; i < COUNT_OF(answering); i++) {
        // Room for none, and room for one where two are needed.
        for (unsigned room = 0; room < (i == 0 ? 2 : 1); room++) {
            if (room == 0) keep_nothing();
            if (room == 1) keep_one_page();
            uint64_t before = live_regions();
            it = untouched;
            fail_allocation(ALL, 1);
            kern_return_t code = answering[i](&it);
            assert_true(stop_failing());
            assert_code(code, KERN_RESOURCE_SHORTAGE);
            assert_memory_equal(&it, &untouched, sizeof(it));
            assert_int_equal(live_regions(), before);
            assert_success(answering[i](&it));
            give_back(&it, &untouched);
            assert_int_equal(live_regions(), before);
        }
    }
    destroy(answered_set);
    destroy(port);
}

static void splitting_a_region_needs_memory(void **state) {
    (void)state;
    need_failing_allocations();
    vm_address_t pages = 0;
    assert_success(vm_allocate(SELF, &pages, 8 * vm_page_size, VM_FLAGS_ANYWHERE));
    keep_nothing();
    fail_allocation(ALL, 1);
    kern_return_t code = vm_deallocate(SELF, pages + vm_page_size, vm_page_size);
    assert_true(stop_failing());
    assert_code(code, KERN_RESOURCE_SHORTAGE);
    *(volatile char *)(pages + vm_page_size) = 1; // still there
    assert_success(vm_deallocate(SELF, pages + vm_page_size, vm_page_size));
    // Trimming a region, or taking it whole, needs none.
    keep_nothing();
    fail_allocation(ALL, 1);
    code = vm_deallocate(SELF, pages + 2 * vm_page_size, 2 * vm_page_size);
    kern_return_t whole = vm_deallocate(SELF, pages, 8 * vm_page_size);
    (void)stop_failing();
    assert_success(code);
    assert_success(whole);
}

// In a forked child: no page can be had, and then again.
static int without_pages(void *argument) {
    (void)argument;
    struct answers untouched, it;
    fill_untouched(&untouched, sizeof(untouched));
    mach_port_t port = MACH_PORT_NULL;
    STEP(1, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
    STEP(2, mach_port_allocate(SELF, MACH_PORT_RIGHT_PORT_SET, &answered_set) == KERN_SUCCESS);
    STEP(3, mach_port_insert_member(SELF, port, answered_set) == KERN_SUCCESS);
    struct rlimit limit;
    STEP(4, getrlimit(RLIMIT_AS, &limit) == 0);
    struct rlimit none = {1, limit.rlim_max};
    uint64_t before = live_regions();
    STEP(5, setrlimit(RLIMIT_AS, &none) == 0);
    vm_address_t address = 77;
    kern_return_t code = vm_allocate(SELF, &address, 1 << 20, VM_FLAGS_ANYWHERE);
    STEP(6, code == KERN_NO_SPACE || code == KERN_RESOURCE_SHORTAGE);
    STEP(7, address == 77);
    mach_vm_address_t wide = 77;
    code = mach_vm_allocate(SELF, &wide, 1 << 20, VM_FLAGS_ANYWHERE);
    STEP(8, (code == KERN_NO_SPACE || code == KERN_RESOURCE_SHORTAGE) && wide == 77);
    for (unsigned i = 0; i < COUNT_OF(answering); i++) {
        it = untouched;
        STEP(10 + (int)i, answering[i](&it) == KERN_RESOURCE_SHORTAGE);
        STEP(20 + (int)i, memcmp(&it, &untouched, sizeof(it)) == 0);
    }
    STEP(30, live_regions() == before);
    STEP(31, setrlimit(RLIMIT_AS, &limit) == 0);
    for (unsigned i = 0; i < COUNT_OF(answering); i++) {
        it = untouched;
        STEP(40 + (int)i, answering[i](&it) == KERN_SUCCESS);
        give_back(&it, &untouched);
    }
    STEP(50, vm_allocate(SELF, &address, 1 << 20, VM_FLAGS_ANYWHERE) == KERN_SUCCESS);
    STEP(51, vm_deallocate(SELF, address, 1 << 20) == KERN_SUCCESS);
    STEP(52, live_regions() == before);
    return 0;
}

static void arrays_and_vm_allocate_need_pages(void **state) {
    (void)state;
    need_failing_allocations();
    assert_int_equal(in_forked_child(without_pages, NULL), 0);
}

// ---- fork

enum { ENOUGH = 100 };

// The child's kernel found no memory at its n-th allocation: its calls say so, and none of them ends it.
static int in_poor_child(bool reached) {
    mach_port_name_t name = 0x5a5a5a5a;
    kern_return_t code = mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &name);
    STEP(1, code == KERN_SUCCESS || (reached && code == KERN_RESOURCE_SHORTAGE && name == 0x5a5a5a5a));
    bool works = code == KERN_SUCCESS;
    STEP(2, ((mach_task_self)() != MACH_PORT_NULL) == works);
    STEP(3, (mach_thread_self() != MACH_PORT_NULL) == works);
    STEP(4, (mach_reply_port() != MACH_PORT_NULL) == works);
    STEP(5, mach_host_self() != MACH_PORT_NULL || reached);
    mach_msg_return_t sent = first_send();
    STEP(6, sent == (works ? MACH_MSG_SUCCESS : MACH_SEND_NO_BUFFER));
    mach_linux_statistics_data_t now;
    mach_linux_statistics(&now);
    mach_linux_trim();
    return reached ? 0 : ENOUGH;
}

static void a_forked_child_needs_memory(void **state) {
    (void)state;
    need_failing_allocations();
    for (enum failing failing = ONE; failing <= ALL; failing++) {
        struct picture picture = take_picture();
        int result = 0;
        for (unsigned n = 1; result != ENOUGH; n++) {
            assert_true(n < ENOUGH);
            fail_allocation(failing, n);
            pid_t child = fork();
            bool reached = stop_failing();
            if (child == 0) {
                alarm(30);
                _exit(in_poor_child(reached));
            }
            result = wait_for_child(child);
            if (result != 0 && result != ENOUGH) print_error("allocation %u: step %d\n", n, result);
            assert_true(result == 0 || result == ENOUGH);
            assert_true(n > 1 || result == 0);
        }
        assert_unchanged(picture);
    }
}

// ---- All of it

// Without allocations that can fail: the trials' calls work as such, and the program is a test all the same.
static void all_calls_work_with_memory(void **state) {
    (void)state;
    task_t task = make_task();
    enter(task);
    struct scene scene;
    memset(&scene, 0, sizeof(scene));
    fill_names(SELF);
    scene.argument = KINDS(COPY_SEND, MAKE_SEND_ONCE, MOVE_RECEIVE);
    with_message(&scene);
    assert_success(send_it(&scene));
    is_queued(&scene);
    leave();
    end_task(task);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(all_calls_work_with_memory),
        TASK_TEST(new_names_need_memory),
        TASK_TEST(moving_rights_needs_memory),
        TASK_TEST(memberships_need_memory),
        TASK_TEST(a_message_needs_memory),
        TASK_TEST(memory_in_a_message_needs_memory),
        TASK_TEST(a_returned_message_needs_names),
        TASK_TEST(received_rights_need_names),
        TASK_TEST(a_remote_call_needs_memory),
        TASK_TEST(an_answer_of_the_kernel_needs_memory),
        TASK_TEST(requests_need_memory),
        TASK_TEST(rights_of_earlier_requests_need_names),
        TASK_TEST(giving_up_needs_no_memory),
        TASK_TEST(notifications_need_no_memory),
        TASK_TEST(tasks_need_memory),
        TASK_TEST(a_descriptor_needs_memory),
        TASK_TEST(looking_about_needs_no_memory),
        TASK_TEST(a_violation_keeps_its_code),
        TASK_TEST(a_threads_first_call_needs_memory),
        TASK_TEST(handlers_of_a_thread_need_memory),
        TASK_TEST(returned_arrays_need_memory),
        TASK_TEST(splitting_a_region_needs_memory),
        TASK_TEST(arrays_and_vm_allocate_need_pages),
        TASK_TEST(a_forked_child_needs_memory),
    };
    return TASK_RUN(tests);
}

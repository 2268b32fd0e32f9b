// At the edges of what a process may have: address space, descriptors, threads, names, sets, blocked threads, and the largest messages on the smallest stack.
#define _GNU_SOURCE // dl_iterate_phdr
#include "ool_support.h"

#include <errno.h>
#include <link.h>
#include <sched.h>
#include <sys/resource.h>

enum {
    NAMES = ROUNDS_OF(300000, 60000),
    BLOCKED = ROUNDS_OF(1000, 100),
    SETS = ROUNDS_OF(10000, 2000),
    MEMBERS = ROUNDS_OF(100000, 10000),
    LARGEST = 50331580,
    RIGHTS = ROUNDS_OF(100000, 10000),
};

static mach_port_name_t *new_names(size_t count) {
    mach_port_name_t *names = calloc(count, sizeof(*names));
    assert_non_null(names);
    return names;
}

// ---- Limits of the process, in a child that has them

// Everything works, with descriptors or without.
static int works(void) {
    mach_port_t port = MACH_PORT_NULL;
    STEP(1, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
    STEP(2, mach_port_insert_right(SELF, port, port, MACH_MSG_TYPE_MAKE_SEND) == KERN_SUCCESS);
    STEP(3, send_simple(port, MACH_MSG_TYPE_COPY_SEND, 7) == MACH_MSG_SUCCESS);
    STEP(4, receive_simple(port, NULL) == MACH_MSG_SUCCESS);
    task_t task = MACH_PORT_NULL;
    STEP(5, task_create(SELF, NULL, 0, FALSE, &task) == KERN_SUCCESS);
    STEP(6, task_terminate(task) == KERN_SUCCESS);
    STEP(7, mach_port_destroy(SELF, task) == KERN_SUCCESS);
    STEP(8, mach_port_destroy(SELF, port) == KERN_SUCCESS);
    return 0;
}

static uint64_t address_space(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lu", &pages) != 1) pages = 0;
    if (file != NULL) fclose(file);
    return (uint64_t)pages * PAGE;
}

// Takes what there is, ports, memory and messages with memory, until each kind is refused with its code; gives it back; then all works again.
static int at_the_end_of_the_address_space(void *argument) {
    (void)argument;
    enum { MORE = 32 << 20, MOST = 64, SOME = 1 << 20 };
    uint64_t now = address_space();
    STEP(10, now != 0);
    const struct rlimit limit = {now + MORE, now + MORE};
    vm_address_t taken[MOST];
    unsigned count = 0;
    mach_port_t port = MACH_PORT_NULL;
    STEP(11, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
    STEP(12, setrlimit(RLIMIT_AS, &limit) == 0);
    kern_return_t code = KERN_SUCCESS;
    while (count < MOST && (code = vm_allocate(SELF, &taken[count], SOME, VM_FLAGS_ANYWHERE)) == KERN_SUCCESS) count++;
    STEP(13, code == KERN_RESOURCE_SHORTAGE && count > 0);
    // A message with a copy of memory: no room for the copy.
    struct carrier message;
    memset(&message, 0, sizeof(message));
    begin_carrier(&message, port, 1);
    add_memory(&message, (void *)taken[0], SOME);
    STEP(14, send_carrier(&message) == MACH_MSG_VM_KERNEL);
    // One that hands pages over needs none.
    memset(&message, 0, sizeof(message));
    begin_carrier(&message, port, 2);
    add_memory(&message, (void *)taken[0], SOME)->deallocate = TRUE;
    STEP(15, send_carrier(&message) == MACH_MSG_SUCCESS);
    STEP(16, receive_carrier(port, &message) == MACH_MSG_SUCCESS);
    STEP(17, memory_at(&message, 0)->address == (void *)taken[0]);
    // Ports until there is no memory for one more.
    unsigned ports = 0;
    mach_port_name_t first = MACH_PORT_NULL, name = MACH_PORT_NULL;
    while (ports < 2000000 && (code = mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &name)) == KERN_SUCCESS) {
        if (ports++ == 0) first = name;
    }
    STEP(18, code == KERN_RESOURCE_SHORTAGE && ports > 0);
    code = mach_port_destroy(SELF, first);
    STEP(19, code == KERN_SUCCESS);
    // A name and a port are there again at once.
    STEP(20, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &name) == KERN_SUCCESS);
    for (unsigned i = 0; i < count; i++) STEP(21, vm_deallocate(SELF, taken[i], SOME) == KERN_SUCCESS);
    return works();
}

static void a_process_without_address_space_is_told_so_and_goes_on(void **state) {
    (void)state;
    if (UNDER_ASAN || UNDER_TSAN) skip(); // they need the address space for themselves
    assert_int_equal(in_forked_child(at_the_end_of_the_address_space, NULL), 0);
}

static int without_descriptors(void *argument) {
    (void)argument;
    mach_port_t port = MACH_PORT_NULL;
    int descriptor = -77, unused = dup(0);
    STEP(10, unused >= 0);
    STEP(11, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
    const struct rlimit none = {(rlim_t)unused, (rlim_t)unused + 8};
    STEP(12, close(unused) == 0 && setrlimit(RLIMIT_NOFILE, &none) == 0);
    // Others may stand lower still.
    while (dup(0) >= 0) continue;
    STEP(13, mach_linux_port_fd(SELF, port, &descriptor) == KERN_RESOURCE_SHORTAGE && descriptor == -77);
    if (works() != 0) return works();
    // Room for one, which takes two: the library's and the program's.
    const struct rlimit one = {(rlim_t)unused + 1, (rlim_t)unused + 8};
    STEP(14, setrlimit(RLIMIT_NOFILE, &one) == 0);
    STEP(15, mach_linux_port_fd(SELF, port, &descriptor) == KERN_RESOURCE_SHORTAGE && descriptor == -77);
    const struct rlimit two = {(rlim_t)unused + 2, (rlim_t)unused + 8};
    STEP(16, setrlimit(RLIMIT_NOFILE, &two) == 0);
    STEP(17, mach_linux_port_fd(SELF, port, &descriptor) == KERN_SUCCESS && descriptor >= 0);
    STEP(18, close(descriptor) == 0);
    STEP(19, mach_port_destroy(SELF, port) == KERN_SUCCESS);
    return works();
}

static void a_process_without_descriptors_uses_ports_all_the_same(void **state) {
    (void)state;
    assert_int_equal(in_forked_child(without_descriptors, NULL), 0);
}

static void *nothing(void *argument) { return argument; }

// The library starts no thread and no process, so that it needs none.
static int without_threads(void *argument) {
    (void)argument;
    const struct rlimit none = {0, 0};
    STEP(10, setrlimit(RLIMIT_NPROC, &none) == 0);
    if (geteuid() == 0) STEP(11, setregid(65534, 65534) == 0 && setreuid(65534, 65534) == 0);
    pthread_t thread;
    int error = pthread_create(&thread, NULL, nothing, NULL);
    if (error == 0) pthread_join(thread, NULL); // some systems let it
    STEP(12, error == 0 || error == EAGAIN);
    return works();
}

static void a_process_that_may_start_no_thread_uses_ports_all_the_same(void **state) {
    (void)state;
    assert_int_equal(in_forked_child(without_threads, NULL), 0);
}

// ---- Many

static void three_hundred_thousand_names_stand_in_one_space(void **state) {
    (void)state;
    mach_port_name_t *names = new_names(NAMES);
    mach_port_t port = make_port();
    // Receive rights, sets, dead names, and send-once rights to one port, in turn.
    for (unsigned i = 0; i < NAMES; i++) {
        mach_msg_type_name_t type = 0;
        static const mach_port_right_t rights[] = {MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_PORT_SET,
                                                   MACH_PORT_RIGHT_DEAD_NAME};
        kern_return_t code = i % 4 == 3
                                 ? mach_port_extract_right(SELF, port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &names[i], &type)
                                 : mach_port_allocate(SELF, rights[i % 4], &names[i]);
        if (code != KERN_SUCCESS) assert_success(code);
    }
    assert_int_equal(status(port).mps_sorights, NAMES / 4);
    for (unsigned i = 0; i < NAMES; i += 37) {
        static const mach_port_type_t types[] = {MACH_PORT_TYPE_RECEIVE, MACH_PORT_TYPE_PORT_SET,
                                                 MACH_PORT_TYPE_DEAD_NAME, MACH_PORT_TYPE_SEND_ONCE};
        assert_int_equal(type(names[i]), types[i % 4]);
    }
    ipc_info_space_basic_t info;
    assert_success(mach_port_space_basic_info(SELF, &info)); // R20
    assert_true(info.iisb_table_inuse >= NAMES);
    // The port dies first, for its queue holds no more than 65,534 notifications.
    destroy(port);
    for (unsigned i = 0; i < NAMES; i++) {
        if (mach_port_destroy(SELF, names[i]) != KERN_SUCCESS) fail();
    }
    free(names);
}

static void a_port_is_in_ten_thousand_sets(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    mach_port_name_t *sets = new_names(SETS);
    for (unsigned i = 0; i < SETS; i++) {
        sets[i] = make_set();
        put_in_set(port, sets[i]); // P1
    }
    for (unsigned i = 0; i < SETS; i += 101) {
        assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, (mach_msg_id_t)i), MACH_MSG_SUCCESS);
        expect_message(sets[SETS - 1 - i], (mach_msg_id_t)i);
        expect_no_message(sets[i]);
    }
    // Half of the sets go one by one, and the port with the others.
    for (unsigned i = 0; i < SETS; i += 2) destroy(sets[i]);
    assert_int_equal(status(port).mps_pset, 1);
    destroy(port);
    for (unsigned i = 1; i < SETS; i += 2) {
        expect_no_message(sets[i]);
        destroy(sets[i]);
    }
    free(sets);
}

static void a_set_has_a_hundred_thousand_members(void **state) {
    (void)state;
    mach_port_t set = make_set();
    mach_port_name_t *members = new_names(MEMBERS);
    for (unsigned i = 0; i < MEMBERS; i++) {
        if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &members[i]) != KERN_SUCCESS) fail();
        if (mach_port_insert_member(SELF, members[i], set) != KERN_SUCCESS) fail();
    }
    for (unsigned i = 0; i < MEMBERS; i++) {
        if (send_simple(members[i], MACH_MSG_TYPE_MAKE_SEND, (mach_msg_id_t)i) != MACH_MSG_SUCCESS) fail();
    }
    uint64_t sum = 0;
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct simple_message message;
        if (receive_message(set, &message) != MACH_MSG_SUCCESS) fail();
        if (members[message.header.msgh_id] != message.header.msgh_local_port) fail();
        sum += (uint64_t)message.header.msgh_id;
    }
    assert_int_equal(sum, (uint64_t)MEMBERS * (MEMBERS - 1) / 2);
    expect_no_message(set);
    mach_port_name_array_t listed = NULL;
    mach_msg_type_number_t count = 0;
    assert_success(mach_port_get_set_status(SELF, set, &listed, &count)); // P6
    assert_int_equal(count, MEMBERS);
    assert_success(vm_deallocate(SELF, (vm_address_t)listed, count * sizeof(*listed)));
    for (unsigned i = 0; i < MEMBERS / 2; i++) {
        if (mach_port_destroy(SELF, members[i]) != KERN_SUCCESS) fail();
    }
    destroy(set);
    for (unsigned i = MEMBERS / 2; i < MEMBERS; i++) {
        if (mach_port_destroy(SELF, members[i]) != KERN_SUCCESS) fail();
    }
    free(members);
}

// ---- Threads

static int add_program_locals(struct dl_phdr_info *object, size_t size, void *sum) {
    (void)size;
    for (int i = 0; i < object->dlpi_phnum && object->dlpi_name[0] == 0; i++) {
        if (object->dlpi_phdr[i].p_type == PT_TLS) *(size_t *)sum += object->dlpi_phdr[i].p_memsz;
    }
    return 0;
}

// What the tests' own thread-local variables take of each stack, in whole pages: that much is given on top.
static size_t size_of_locals(void) {
    size_t sum = 0;
    dl_iterate_phdr(add_program_locals, &sum);
    return (sum + PAGE - 1) / PAGE * PAGE;
}

// A thread with so much stack.
static void start_small(pthread_t *thread, void *(*body)(void *), void *argument, size_t stack) {
    pthread_attr_t attributes;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, stack + size_of_locals()), 0);
    assert_int_equal(pthread_create(thread, &attributes, body, argument), 0);
    pthread_attr_destroy(&attributes);
}

// ThreadSanitizer and AddressSanitizer make frames many times larger.
enum { SMALL_STACK = ROUNDS_OF(16384, 1 << 20) };

struct blocked {
    pthread_t thread;
    mach_port_t port;
    _Atomic mach_msg_return_t code;
    mach_msg_id_t id;
};

static void *receive_one(void *argument) {
    struct blocked *blocked = argument;
    struct simple_message message;
    blocked->code = mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), blocked->port, MACH_MSG_TIMEOUT_NONE,
                             MACH_PORT_NULL);
    blocked->id = message.header.msgh_id;
    return NULL;
}

static void *send_one(void *argument) {
    struct blocked *blocked = argument;
    mach_msg_header_t header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
                                .msgh_remote_port = blocked->port,
                                .msgh_id = blocked->id};
    blocked->code =
        mach_msg(&header, MACH_SEND_MSG, sizeof(header), 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
    return NULL;
}

static void a_thousand_blocked_receivers_get_a_message_each(void **state) {
    (void)state;
    struct blocked *receivers = calloc(BLOCKED, sizeof(*receivers));
    unsigned char *seen = calloc(BLOCKED, 1);
    assert_non_null(receivers);
    assert_non_null(seen);
    mach_port_t port = port_with_send(), set = make_set();
    put_in_set(port, set);
    for (unsigned i = 0; i < BLOCKED; i++) {
        receivers[i].port = i % 2 == 0 ? port : set;
        start_small(&receivers[i].thread, receive_one, &receivers[i], SMALL_STACK);
    }
    for (unsigned i = 0; i < BLOCKED; i++) {
        mach_msg_header_t header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
                                    .msgh_remote_port = port,
                                    .msgh_id = (mach_msg_id_t)i};
        assert_code(mach_msg(&header, MACH_SEND_MSG, sizeof(header), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
                    MACH_MSG_SUCCESS);
    }
    for (unsigned i = 0; i < BLOCKED; i++) {
        assert_int_equal(pthread_join(receivers[i].thread, NULL), 0);
        assert_code(receivers[i].code, MACH_MSG_SUCCESS);
        assert_int_equal(seen[receivers[i].id]++, 0);
    }
    destroy(port);
    destroy(set);
    free(receivers);
    free(seen);
}

static void a_thousand_blocked_senders_are_let_through_or_end_with_the_port(void **state) {
    (void)state;
    struct blocked *senders = calloc(BLOCKED, sizeof(*senders));
    unsigned char *seen = calloc(BLOCKED, 1);
    assert_non_null(senders);
    assert_non_null(seen);
    mach_port_t port = port_with_send();
    set_limit(port, 1);
    for (unsigned i = 0; i < BLOCKED; i++) {
        senders[i].port = port;
        senders[i].id = (mach_msg_id_t)i;
        senders[i].code = -1;
        start_small(&senders[i].thread, send_one, &senders[i], SMALL_STACK);
    }
    // Half are received; all of the others have copied their message in when the counts say so.
    for (unsigned i = 0; i < BLOCKED / 2; i++) {
        struct test_message message;
        assert_code(mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), port, 0, MACH_PORT_NULL),
                    MACH_MSG_SUCCESS);
        assert_int_equal(seen[message.header.msgh_id]++, 0);
    }
    while (live_messages() < BLOCKED - BLOCKED / 2) sched_yield();
    kill_port(port); // Q4: the rest succeed and are lost
    for (unsigned i = 0; i < BLOCKED; i++) {
        assert_int_equal(pthread_join(senders[i].thread, NULL), 0);
        assert_code(senders[i].code, MACH_MSG_SUCCESS);
    }
    destroy(port);
    free(senders);
    free(seen);
}

// ---- The largest messages and the smallest stack

struct large {
    mach_port_t port, receiver;
    unsigned char *buffer; // LARGEST and a trailer
    mach_port_name_t *rights;
    unsigned char *memory;
    int64_t result;
};
struct large_body {
    mach_msg_header_t header;
    mach_msg_body_t body;
    mach_msg_ool_descriptor_t memory;
    mach_msg_ool_ports_descriptor_t rights;
};

static mach_msg_return_t send_large(struct large *large, unsigned descriptors) {
    struct large_body *message = (struct large_body *)large->buffer;
    memset(message, 0, sizeof(*message));
    message->header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
    message->header.msgh_remote_port = large->port;
    if (descriptors > 0) {
        message->header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
        message->body.msgh_descriptor_count = 2;
        message->memory.type = MACH_MSG_OOL_DESCRIPTOR;
        message->memory.copy = MACH_MSG_VIRTUAL_COPY;
        message->memory.address = large->memory;
        message->memory.size = LARGEST;
        message->rights.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
        message->rights.address = large->rights;
        message->rights.count = RIGHTS;
        message->rights.disposition = MACH_MSG_TYPE_MAKE_SEND_ONCE;
    }
    return mach_msg(&message->header, MACH_SEND_MSG, LARGEST, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static int large_messages(struct large *large) {
    struct large_body *message = (struct large_body *)large->buffer;
    large->buffer[LARGEST - 1] = 0x77;
    STEP(1, send_large(large, 0) == MACH_MSG_SUCCESS);
    large->buffer[LARGEST - 1] = 0;
    STEP(2, mach_msg(&message->header, MACH_RCV_MSG, 0, LARGEST + 68, large->port, 0, MACH_PORT_NULL) == 0);
    STEP(3, message->header.msgh_size == LARGEST && large->buffer[LARGEST - 1] == 0x77);
    // With as much out of line, and a right to every port of an array.
    STEP(4, send_large(large, 2) == MACH_MSG_SUCCESS);
    STEP(5, mach_msg(&message->header, MACH_RCV_MSG, 0, LARGEST + 68, large->port, 0, MACH_PORT_NULL) == 0);
    STEP(6, message->memory.size == LARGEST && ((unsigned char *)message->memory.address)[LARGEST - 1] == 0x99);
    STEP(7, message->rights.count == RIGHTS);
    mach_msg_destroy(&message->header);
    // One that ends unreceived.
    STEP(8, send_large(large, 2) == MACH_MSG_SUCCESS);
    // One that is refused, one that does not fit.
    message->header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
    message->header.msgh_remote_port = large->port;
    STEP(9, mach_msg(&message->header, MACH_SEND_MSG, LARGEST + 4, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL) ==
                MACH_SEND_TOO_LARGE);
    STEP(10, mach_msg(&message->header, MACH_RCV_MSG, 0, LARGEST, large->port, 0, MACH_PORT_NULL) ==
                 MACH_RCV_TOO_LARGE); // the message, with its trailer, does not fit, and ends
    STEP(11, mach_port_mod_refs(SELF, large->port, MACH_PORT_RIGHT_RECEIVE, -1) == KERN_SUCCESS);
    return 0;
}

static void *use_large_messages(void *argument) {
    struct large *large = argument;
    large->result = large_messages(large);
    return NULL;
}

static void the_largest_messages_go_through_the_smallest_stack(void **state) {
    (void)state;
    struct large large = {.port = port_with_send(),
                          .buffer = calloc(1, LARGEST + 68),
                          .memory = calloc(1, LARGEST),
                          .rights = new_names(RIGHTS)};
    assert_non_null(large.buffer);
    assert_non_null(large.memory);
    large.memory[LARGEST - 1] = 0x99;
    mach_port_t port = make_port();
    for (unsigned i = 0; i < RIGHTS; i++) large.rights[i] = port;
    pthread_t thread;
    start_small(&thread, use_large_messages, &large, SMALL_STACK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(large.result, 0);
    destroy(large.port);
    destroy(port);
    free(large.buffer);
    free(large.memory);
    free(large.rights);
}

// ---- The library's own use of the stack

enum { MOST_STACK = 6144 };

struct painted {
    unsigned char *stack;
    size_t size, used;
    mach_port_t port;
    struct simple_message message; // not on the stack
    int result;
};

// Calls of the most different kinds, of which none may go deep.
static int shallow_calls(struct painted *painted) {
    mach_port_t port = painted->port;
    mach_port_t right = MACH_PORT_NULL, previous = MACH_PORT_NULL;
    mach_msg_type_name_t type = 0;
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0;
    for (unsigned round = 0; round < 50; round++) {
        mach_msg_header_t *header = &painted->message.header;
        *header = (mach_msg_header_t){.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0)};
        header->msgh_remote_port = port;
        STEP(1, mach_msg(header, MACH_SEND_MSG | MACH_RCV_MSG, 24, sizeof(painted->message), port, 0, MACH_PORT_NULL) ==
                    0);
        STEP(2, mach_msg(header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(painted->message), port, 1,
                         MACH_PORT_NULL) == MACH_RCV_TIMED_OUT);
        // A chain of ports in messages, which ends at once.
        mach_port_t inner = MACH_PORT_NULL;
        for (unsigned i = 0; i < 20; i++) {
            mach_port_t outer = MACH_PORT_NULL;
            STEP(3, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &outer) == KERN_SUCCESS);
            STEP(4, mach_port_request_notification(SELF, outer, MACH_NOTIFY_NO_SENDERS, 1, outer,
                                                   MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous) == KERN_SUCCESS);
            if (inner != MACH_PORT_NULL) {
                struct {
                    mach_msg_header_t header;
                    mach_msg_body_t body;
                    mach_msg_port_descriptor_t right;
                } message = {
                    .header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0) | MACH_MSGH_BITS_COMPLEX,
                               .msgh_remote_port = outer},
                    .body = {.msgh_descriptor_count = 1},
                    .right = {
                        .name = inner, .disposition = MACH_MSG_TYPE_MOVE_RECEIVE, .type = MACH_MSG_PORT_DESCRIPTOR}};
                STEP(5, mach_msg(&message.header, MACH_SEND_MSG, sizeof(message), 0, MACH_PORT_NULL, 0,
                                 MACH_PORT_NULL) == 0);
            }
            inner = outer;
        }
        STEP(6, mach_port_destroy(SELF, inner) == KERN_SUCCESS);
        STEP(7, mach_port_extract_right(SELF, port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &right, &type) == KERN_SUCCESS);
        STEP(8, mach_port_deallocate(SELF, right) == KERN_SUCCESS);
        STEP(9, mach_msg(header, MACH_RCV_MSG, 0, sizeof(painted->message), port, 0, MACH_PORT_NULL) == 0);
        STEP(10, mach_port_names(SELF, &names, &count, &types, &count) == KERN_SUCCESS);
        STEP(11, vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)) == KERN_SUCCESS);
        STEP(12, vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)) == KERN_SUCCESS);
        task_t task = MACH_PORT_NULL;
        STEP(13, task_create(SELF, NULL, 0, FALSE, &task) == KERN_SUCCESS);
        STEP(14, task_terminate(task) == KERN_SUCCESS);
        STEP(15, mach_port_destroy(SELF, task) == KERN_SUCCESS);
    }
    return 0;
}

static void *paint_and_call(void *argument) {
    struct painted *painted = argument;
    painted->result = shallow_calls(painted); // once for what the first calls need, such as the dynamic linker
    unsigned char here;
    size_t below = (size_t)(&here - painted->stack) - 512;
    memset(painted->stack, UNTOUCHED, below);
    if (painted->result == 0) painted->result = shallow_calls(painted);
    size_t untouched = 0;
    while (untouched < below && painted->stack[untouched] == UNTOUCHED) untouched++;
    painted->used = below - untouched;
    return NULL;
}

static void calls_use_little_of_the_stack(void **state) {
    (void)state;
    if (UNDER_ASAN || UNDER_TSAN) skip(); // their frames are others
    struct painted painted = {.size = (64 << 10) + size_of_locals(), .port = port_with_send()};
    painted.stack = map_private(painted.size);
    pthread_attr_t attributes;
    pthread_t thread;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, painted.stack, painted.size), 0);
    assert_int_equal(pthread_create(&thread, &attributes, paint_and_call, &painted), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    assert_int_equal(painted.result, 0);
    print_message("%zu bytes of the stack\n", painted.used);
    assert_in_range(painted.used, 1, MOST_STACK);
    assert_int_equal(munmap(painted.stack, painted.size), 0);
    destroy(painted.port);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(a_process_without_address_space_is_told_so_and_goes_on),
        TASK_TEST(a_process_without_descriptors_uses_ports_all_the_same),
        TASK_TEST(a_process_that_may_start_no_thread_uses_ports_all_the_same),
        TASK_TEST(three_hundred_thousand_names_stand_in_one_space),
        TASK_TEST(a_port_is_in_ten_thousand_sets),
        TASK_TEST(a_set_has_a_hundred_thousand_members),
        TASK_TEST(a_thousand_blocked_receivers_get_a_message_each),
        TASK_TEST(a_thousand_blocked_senders_are_let_through_or_end_with_the_port),
        TASK_TEST(the_largest_messages_go_through_the_smallest_stack),
        TASK_TEST(calls_use_little_of_the_stack),
    };
    return TASK_RUN(tests);
}

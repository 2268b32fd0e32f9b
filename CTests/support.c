// The frame around each test, and short ways to make rights, messages and threads.
#include "support.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

// Exported by the checked flavour alone.
extern __typeof__(mach_linux_check) mach_linux_check __attribute__((weak));

const uint32_t edge_values[] = {
    0,          1,          2,          3,          4,          5,          6,          7,          8,
    15,         16,         17,         18,         19,         20,         21,         22,         23,
    31,         32,         63,         64,         0xff,       0x100,      0x101,      0x102,      0x1000,
    0x7ffe,     0x7fff,     0x8000,     0xfffe,     0xffff,     0x10000,    0x10003,    0x1ffff,    0x20000,
    0x3fffff,   0x400000,   0xfffffc,   0xffffff,   0x1000000,  0x3ffffffc, 0x3fffff00, 0x3fffff03, 0x3fffffff,
    0x40000000, 0x40000003, 0x7fffff03, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0x80000003, 0xfffffeff,
    0xffffff00, 0xffffff03, 0xfffffffc, 0xfffffffd, 0xfffffffe, 0xffffffff,
};
const size_t edge_value_count = COUNT_OF(edge_values);

// ---- The frame around each test

static mach_linux_statistics_data_t before;

static void take_statistics(mach_linux_statistics_data_t *statistics) {
    mach_linux_trim();
    mach_linux_statistics(statistics);
}

int support_warm_up(void **state) {
    (void)state;
    // What the library makes once, on first use, is made before anything is counted.
    mach_port_t host = mach_host_self();
    mach_port_t thread = mach_thread_self();
    processor_array_t processors;
    mach_msg_type_number_t count;
    if (host_processors(host, &processors, &count) != KERN_SUCCESS) return -1;
    for (mach_msg_type_number_t i = 0; i < count; i++) (void)mach_port_deallocate(SELF, processors[i]);
    (void)vm_deallocate(SELF, (vm_address_t)processors, count * sizeof(*processors));
    (void)mach_port_deallocate(SELF, host);
    (void)mach_port_deallocate(SELF, thread);
    return 0;
}

int support_setup(void **state) {
    (void)state;
    take_statistics(&before);
    return 0;
}

static int differs(const char *what, uint64_t start, uint64_t end) {
    if (start == end) return 0;
    print_error("%s: %llu at the start of the test, %llu at its end\n", what, (unsigned long long)start,
                (unsigned long long)end);
    return 1;
}

int support_teardown(void **state) {
    (void)state;
    mach_linux_statistics_data_t after;
    take_statistics(&after);
    int failures = 0;
    failures += differs("tasks", before.tasks, after.tasks);
    failures += differs("ports", before.ports, after.ports);
    failures += differs("sets", before.sets, after.sets);
    failures += differs("rights", before.rights, after.rights);
    failures += differs("messages", before.messages, after.messages);
    failures += differs("memory regions", before.memory_regions, after.memory_regions);
    if (mach_linux_check != NULL && mach_linux_check() != KERN_SUCCESS) {
        print_error("mach_linux_check() found a broken invariant\n");
        failures += 1;
    }
    return failures == 0 ? 0 : -1;
}

// ---- Assertions

void support_assert_code(int64_t got, int64_t wanted, const char *call, const char *file, int line) {
    if (got == wanted) return;
    print_error("%s\n    returned %lld (0x%llx), should return %lld (0x%llx)\n", call, (long long)got,
                (unsigned long long)got, (long long)wanted, (unsigned long long)wanted);
    _fail(file, line);
}

struct picture_name {
    mach_port_name_t name;
    mach_port_type_t type;
    mach_port_urefs_t sends;
    mach_port_urefs_t dead;
    mach_port_status_t status;
    mach_port_context_t context;
};

static int by_name(const void *left, const void *right) {
    mach_port_name_t a = ((const struct picture_name *)left)->name, b = ((const struct picture_name *)right)->name;
    return a < b ? -1 : a > b;
}

struct picture take_picture(void) {
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    assert_success(mach_port_names(SELF, &names, &count, &types, &type_count));
    assert_int_equal(count, type_count);
    struct picture picture = {count, calloc(count, sizeof(struct picture_name))};
    assert_non_null(picture.names);
    for (size_t i = 0; i < count; i++) {
        struct picture_name *it = &picture.names[i];
        it->name = names[i];
        it->type = types[i];
        it->sends = refs(names[i], MACH_PORT_RIGHT_SEND);
        it->dead = refs(names[i], MACH_PORT_RIGHT_DEAD_NAME);
        if (types[i] & MACH_PORT_TYPE_RECEIVE) {
            it->status = status(names[i]);
            assert_success(mach_port_get_context(SELF, names[i], &it->context));
        }
    }
    qsort(picture.names, count, sizeof(struct picture_name), by_name);
    assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)));
    assert_success(vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)));
    return picture;
}

void support_assert_unchanged(struct picture picture, const char *file, int line) {
    struct picture now = take_picture();
    bool same = now.count == picture.count;
    if (!same) print_error("%zu names before the call, %zu after it\n", picture.count, now.count);
    for (size_t i = 0; same && i < now.count; i++) {
        struct picture_name *was = &picture.names[i], *is = &now.names[i];
        same = was->name == is->name && was->type == is->type && was->sends == is->sends && was->dead == is->dead &&
               was->context == is->context && memcmp(&was->status, &is->status, sizeof(was->status)) == 0;
        if (!same) {
            print_error("before the call: name 0x%x type 0x%x, %u send and %u dead references; after it: name 0x%x "
                        "type 0x%x, %u and %u; or the port's status differs\n",
                        was->name, was->type, was->sends, was->dead, is->name, is->type, is->sends, is->dead);
        }
    }
    free(now.names);
    free(picture.names);
    if (!same) _fail(file, line);
}

// ---- Rights

mach_port_t make_port(void) {
    mach_port_t port = MACH_PORT_NULL;
    assert_success(mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port));
    assert_true(MACH_PORT_VALID(port));
    return port;
}

mach_port_t make_set(void) {
    mach_port_t set = MACH_PORT_NULL;
    assert_success(mach_port_allocate(SELF, MACH_PORT_RIGHT_PORT_SET, &set));
    assert_true(MACH_PORT_VALID(set));
    return set;
}

void insert_send(mach_port_t port) {
    assert_success(mach_port_insert_right(SELF, port, port, MACH_MSG_TYPE_MAKE_SEND));
}

mach_port_t port_with_send(void) {
    mach_port_t port = make_port();
    insert_send(port);
    return port;
}

mach_port_t port_with_sends(mach_port_urefs_t count) {
    mach_port_t port = port_with_send();
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, (mach_port_delta_t)count - 1));
    return port;
}

mach_port_t make_send_once(mach_port_t port) {
    mach_port_t once = MACH_PORT_NULL;
    mach_msg_type_name_t disposition = 0;
    assert_success(mach_port_extract_right(SELF, port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &once, &disposition));
    assert_int_equal(disposition, MACH_MSG_TYPE_PORT_SEND_ONCE);
    return once;
}

void kill_port(mach_port_t port) { assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1)); }

mach_port_t make_dead_name(mach_port_urefs_t count) {
    mach_port_t port = port_with_send();
    kill_port(port);
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_DEAD_NAME, (mach_port_delta_t)count - 1));
    return port;
}

mach_port_t make_send_only(mach_port_urefs_t count, mach_port_t *carrier) {
    mach_port_t port = port_with_sends(count);
    *carrier = make_port();
    struct {
        mach_msg_header_t header;
        mach_msg_body_t body;
        mach_msg_port_descriptor_t right;
    } message;
    memset(&message, 0, sizeof(message));
    message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    message.header.msgh_size = sizeof(message);
    message.header.msgh_remote_port = *carrier;
    message.body.msgh_descriptor_count = 1;
    message.right.name = port;
    message.right.disposition = MACH_MSG_TYPE_MOVE_RECEIVE;
    message.right.type = MACH_MSG_PORT_DESCRIPTOR;
    assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof(message), 0, MACH_PORT_NULL, 0,
                         MACH_PORT_NULL),
                MACH_MSG_SUCCESS);
    assert_int_equal(type(port), MACH_PORT_TYPE_SEND);
    return port;
}

void destroy(mach_port_t name) { assert_success(mach_port_destroy(SELF, name)); }

void put_in_set(mach_port_t port, mach_port_t set) { assert_success(mach_port_insert_member(SELF, port, set)); }

mach_port_urefs_t refs(mach_port_t name, mach_port_right_t right) {
    mach_port_urefs_t count = 0x5a5a5a5a;
    assert_success(mach_port_get_refs(SELF, name, right, &count));
    return count;
}

mach_port_type_t type(mach_port_t name) {
    mach_port_type_t it = 0x5a5a5a5a;
    kern_return_t code = mach_port_type(SELF, name, &it);
    if (code == KERN_INVALID_NAME) {
        assert_int_equal(it, 0x5a5a5a5a);
        return MACH_PORT_TYPE_NONE;
    }
    assert_success(code);
    return it;
}

mach_port_status_t status(mach_port_t port) {
    mach_port_status_t it;
    memset(&it, 0x5a, sizeof(it));
    mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;
    assert_success(mach_port_get_attributes(SELF, port, MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&it, &count));
    assert_int_equal(count, MACH_PORT_RECEIVE_STATUS_COUNT);
    return it;
}

bool is_member(mach_port_t port, mach_port_t set) {
    mach_port_name_array_t members = NULL;
    mach_msg_type_number_t count = 0;
    assert_success(mach_port_get_set_status(SELF, set, &members, &count));
    bool found = false;
    for (mach_msg_type_number_t i = 0; i < count; i++) found = found || members[i] == port;
    assert_success(vm_deallocate(SELF, (vm_address_t)members, count * sizeof(*members)));
    return found;
}

// ---- Messages without body

mach_msg_return_t send_simple(mach_port_t destination, mach_msg_type_name_t disposition, mach_msg_id_t id) {
    mach_msg_header_t header;
    memset(&header, 0, sizeof(header));
    header.msgh_bits = MACH_MSGH_BITS(disposition, 0);
    header.msgh_size = sizeof(header);
    header.msgh_remote_port = destination;
    header.msgh_id = id;
    return mach_msg(&header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof(header), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

mach_msg_return_t receive_message(mach_port_t name, struct simple_message *message) {
    memset(message, 0x5a, sizeof(*message));
    return mach_msg(&message->header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(*message), name, 0, MACH_PORT_NULL);
}

mach_msg_return_t receive_simple(mach_port_t name, mach_msg_id_t *id) {
    struct simple_message message;
    mach_msg_return_t code = receive_message(name, &message);
    if (code == MACH_MSG_SUCCESS && id != NULL) *id = message.header.msgh_id;
    return code;
}

void expect_send_once_notification(mach_port_t port) {
    mach_msg_id_t id = 0;
    assert_code(receive_simple(port, &id), MACH_MSG_SUCCESS);
    assert_int_equal(id, 71);
}

void expect_no_message(mach_port_t name) { assert_code(receive_simple(name, NULL), MACH_RCV_TIMED_OUT); }

// ---- Threads

static void *run_thread(void *argument) {
    struct test_thread *thread = argument;
    thread->id = (int)syscall(SYS_gettid);
    thread->result = thread->body(thread->argument);
    return NULL;
}

void start_thread(struct test_thread *thread, int64_t (*body)(void *argument), void *argument) {
    thread->body = body;
    thread->argument = argument;
    thread->result = -1;
    thread->id = 0;
    assert_int_equal(pthread_create(&thread->thread, NULL, run_thread, thread), 0);
}

int64_t join_thread(struct test_thread *thread) {
    assert_int_equal(pthread_join(thread->thread, NULL), 0);
    return thread->result;
}

// The letter of the thread's state and how often it gave up the processor by itself.
static bool read_state(int id, char *letter, unsigned long *switches) {
    char path[64], line[256];
    snprintf(path, sizeof(path), "/proc/self/task/%d/status", id);
    FILE *file = fopen(path, "r");
    if (file == NULL) return false;
    *letter = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        sscanf(line, "State: %c", letter);
        sscanf(line, "voluntary_ctxt_switches: %lu", switches);
    }
    fclose(file);
    return *letter != 0;
}

void wait_until_blocked(struct test_thread *thread) {
    while (thread->id == 0) sched_yield();
    // Asleep on several looks with no wake-up in between: not just a short wait for a lock.
    char letter = 0;
    unsigned long switches = 0, earlier = 0;
    for (int calm = 0; calm < 5;) {
        assert_true(read_state(thread->id, &letter, &switches));
        calm = letter == 'S' && switches == earlier ? calm + 1 : 0;
        earlier = switches;
        sched_yield();
    }
}

// Messages with port descriptors, threads blocked in mach_msg, and buffers that show what was written.
#include "message_support.h"

#include <sched.h>
#include <sys/syscall.h>
#include <time.h>

// ---- Messages

struct test_message message_to(mach_port_t destination, mach_msg_type_name_t disposition, mach_msg_id_t id) {
    struct test_message message;
    memset(&message, 0, sizeof(message));
    message.header.msgh_bits = MACH_MSGH_BITS(disposition, 0);
    message.header.msgh_size = sizeof(mach_msg_header_t);
    message.header.msgh_remote_port = destination;
    message.header.msgh_id = id;
    return message;
}

void set_reply(struct test_message *message, mach_port_t reply, mach_msg_type_name_t disposition) {
    message->header.msgh_local_port = reply;
    message->header.msgh_bits = (message->header.msgh_bits & ~0x1f00u) | (disposition << 8);
}

void add_port(struct test_message *message, mach_port_t name, mach_msg_type_name_t disposition) {
    unsigned index = message->body.msgh_descriptor_count++;
    assert_true(index < COUNT_OF(message->ports));
    message->ports[index].name = name;
    message->ports[index].disposition = disposition & 0xff;
    message->ports[index].type = MACH_MSG_PORT_DESCRIPTOR;
    message->header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
    message->header.msgh_size = 28 + 12 * (index + 1);
}

void set_inline_size(struct test_message *message, mach_msg_size_t size) {
    assert_true(size >= 24 && size <= sizeof(*message));
    message->header.msgh_size = size;
    for (mach_msg_size_t i = 0; i < size - 24; i++) message->bytes[i] = (unsigned char)i;
}

void assert_inline_pattern(const struct test_message *message, mach_msg_size_t size) {
    for (mach_msg_size_t i = 0; i < size - 24; i++) assert_int_equal(message->bytes[i], (unsigned char)i);
}

mach_msg_return_t send_now(struct test_message *message) {
    return mach_msg(&message->header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, message->header.msgh_size, 0, MACH_PORT_NULL,
                    0, MACH_PORT_NULL);
}

mach_msg_return_t receive_limited(mach_port_t name, struct test_message *message, mach_msg_option_t option,
                                  mach_msg_size_t size) {
    fill_untouched(message, sizeof(*message));
    return mach_msg(&message->header, MACH_RCV_MSG | MACH_RCV_TIMEOUT | option, 0, size, name, 0, MACH_PORT_NULL);
}

mach_msg_return_t receive_now(mach_port_t name, struct test_message *message, mach_msg_option_t option) {
    return receive_limited(name, message, option, sizeof(*message));
}

void check_refused(struct test_message *message, mach_msg_size_t size, mach_msg_return_t code, const char *file,
                   int line) {
    struct test_message before = *message;
    struct picture picture = take_picture();
    uint64_t messages = live_messages();
    mach_msg_return_t got =
        mach_msg(&message->header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
    support_assert_code(got, code, "mach_msg", file, line);
    _assert_int_equal(live_messages(), messages, file, line);
    _assert_memory_equal(&before, message, sizeof(before), file, line);
    support_assert_unchanged(picture, file, line);
}

void fill_untouched(void *memory, size_t size) { memset(memory, UNTOUCHED, size); }

void check_untouched(const void *memory, size_t from, size_t to, const char *file, int line) {
    const unsigned char *bytes = memory;
    for (size_t i = from; i < to; i++) {
        if (bytes[i] == UNTOUCHED) continue;
        print_error("byte %zu of the buffer was written: 0x%02x\n", i, bytes[i]);
        _fail(file, line);
    }
}

const mach_msg_max_trailer_t *trailer_of(const struct test_message *message) {
    return (const mach_msg_max_trailer_t *)((const char *)message + message->header.msgh_size);
}

mach_port_seqno_t receive_seqno(mach_port_t name) {
    struct test_message message;
    assert_code(receive_now(name, &message, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO)), MACH_MSG_SUCCESS);
    return trailer_of(&message)->msgh_seqno;
}

void expect_message(mach_port_t name, mach_msg_id_t id) {
    struct test_message message;
    assert_code(receive_now(name, &message, 0), MACH_MSG_SUCCESS);
    assert_int_equal(message.header.msgh_id, id);
}

// ---- Ports

void set_limit(mach_port_t port, mach_port_msgcount_t limit) {
    mach_port_limits_t limits = {.mpl_qlimit = limit};
    assert_success(mach_port_set_attributes(SELF, port, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
                                            MACH_PORT_LIMITS_INFO_COUNT));
}

void queue_messages(mach_port_t port, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        assert_code(send_simple(port, MACH_MSG_TYPE_MAKE_SEND, (mach_msg_id_t)i), MACH_MSG_SUCCESS);
}

void drain(mach_port_t name) {
    while (receive_simple(name, NULL) == MACH_MSG_SUCCESS) {}
    expect_no_message(name);
}

void put_in_transit(mach_port_t port, mach_port_t carrier) {
    struct test_message message = message_to(carrier, MACH_MSG_TYPE_MAKE_SEND, 0);
    add_port(&message, port, MACH_MSG_TYPE_MOVE_RECEIVE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
}

mach_port_t take_from_transit(mach_port_t carrier) {
    struct test_message message;
    assert_code(receive_now(carrier, &message, 0), MACH_MSG_SUCCESS);
    assert_int_equal(message.body.msgh_descriptor_count, 1);
    assert_int_equal(message.ports[0].disposition, MACH_MSG_TYPE_PORT_RECEIVE);
    return message.ports[0].name;
}

static mach_linux_statistics_data_t statistics(void) {
    mach_linux_statistics_data_t now;
    mach_linux_statistics(&now);
    return now;
}

uint64_t live_messages(void) { return statistics().messages; }

uint64_t live_ports(void) { return statistics().ports; }

mach_port_t unknown_name(void) {
    mach_port_t name = make_port();
    destroy(name);
    assert_int_equal(type(name), MACH_PORT_TYPE_NONE);
    return name;
}

// ---- Threads

uint64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

unsigned long switches_of(struct test_thread *thread) {
    char path[64], line[256];
    snprintf(path, sizeof(path), "/proc/self/task/%d/status", thread->id);
    FILE *file = fopen(path, "r");
    unsigned long switches = 0;
    if (file == NULL) return 0;
    while (fgets(line, sizeof(line), file) != NULL) sscanf(line, "voluntary_ctxt_switches: %lu", &switches);
    fclose(file);
    return switches;
}

static int64_t call(void *argument) {
    struct caller *caller = argument;
    caller->started = milliseconds();
    mach_msg_return_t code = mach_msg(&caller->message.header, caller->option, caller->send_size, caller->receive_size,
                                      caller->receive_name, caller->timeout, MACH_PORT_NULL);
    caller->ended = milliseconds();
    caller->done = true;
    return code;
}

void prepare_sender(struct caller *caller, const struct test_message *message) {
    memset(caller, 0, sizeof(*caller));
    caller->message = *message;
    caller->option = MACH_SEND_MSG;
    caller->send_size = message->header.msgh_size;
}

void prepare_receiver(struct caller *caller, mach_port_t name) {
    memset(caller, 0, sizeof(*caller));
    fill_untouched(&caller->message, sizeof(caller->message));
    caller->option = MACH_RCV_MSG;
    caller->receive_size = sizeof(caller->message);
    caller->receive_name = name;
}

void begin(struct caller *caller) { start_thread(&caller->thread, call, caller); }

// Whether the system call that the thread sleeps in is a wait on a word of memory, and no read or write of something else.
static bool waits_on_a_word(struct test_thread *thread) {
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", thread->id);
    FILE *file = fopen(path, "r");
    long number = SYS_futex; // where the system does not tell
    if (file == NULL) return true;
    if (fscanf(file, "%ld", &number) != 1) number = -1;
    fclose(file);
    return number == SYS_futex;
}

void expect_blocked(struct caller *caller) {
    for (wait_until_blocked(&caller->thread); !waits_on_a_word(&caller->thread); wait_until_blocked(&caller->thread)) {
        sched_yield();
    }
}

void begin_blocked(struct caller *caller) {
    begin(caller);
    expect_blocked(caller);
}

mach_msg_return_t finish(struct caller *caller) { return (mach_msg_return_t)join_thread(&caller->thread); }

void block_sender(struct caller *caller, mach_port_t destination, mach_msg_id_t id) {
    struct test_message message = message_to(destination, MACH_MSG_TYPE_MAKE_SEND, id);
    prepare_sender(caller, &message);
    begin_blocked(caller);
}

void block_receiver(struct caller *caller, mach_port_t name) {
    prepare_receiver(caller, name);
    begin_blocked(caller);
}

void block_witnesses(struct witnesses *witnesses, const mach_port_t *members, unsigned count) {
    assert_true(count <= COUNT_OF(witnesses->receivers));
    witnesses->set = make_set();
    witnesses->count = count;
    for (unsigned i = 0; i < count; i++) put_in_set(members[i], witnesses->set);
    for (unsigned i = 0; i < count; i++) {
        // The time-out ends a test whose messages never come.
        prepare_receiver(&witnesses->receivers[i], witnesses->set);
        witnesses->receivers[i].option |= MACH_RCV_TIMEOUT;
        witnesses->receivers[i].timeout = 20000;
        begin_blocked(&witnesses->receivers[i]);
    }
}

void expect_witnessed(struct witnesses *witnesses, const mach_port_t *order) {
    mach_msg_return_t codes[COUNT_OF(witnesses->receivers)];
    for (unsigned i = 0; i < witnesses->count; i++) codes[i] = finish(&witnesses->receivers[i]);
    for (unsigned i = 0; i < witnesses->count; i++) {
        assert_code(codes[i], MACH_MSG_SUCCESS);
        assert_int_equal(witnesses->receivers[i].message.header.msgh_id, 71);
        assert_int_equal(witnesses->receivers[i].message.header.msgh_local_port, order[i]);
    }
    destroy(witnesses->set);
}

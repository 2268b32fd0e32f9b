// Each kind of message at each allocation and system call of its sending and receiving: what is refused, what comes back, what arrives without its rights. Rows S5, S8, S9, S12, D2, D3, D4, D7, D8, D9, V5, V6, V15, T10, M3, M11, M13, M16.
#include "memory_allocator.h"
#include "memory_support.h"

#include <mach/mach_sync_ipc.h>
#include <mach/mig.h>

enum { SENT = 7700, ARRAY = 3, MANY = 3000 };

// ---- Bodies

// What a message carries. The lower bits say how memory is given, and what rights there are.
enum body { INLINE, RIGHTS, MEMORY, PORTS, GUARDS, ALL_KINDS };
enum source { STATIC, ALLOCATED, MAPPED };
#define BODY(body) ((body) << 24)
#define CARRY(source, size, options)                                                                                   \
    (BODY(MEMORY) | (source) << 20 | (options) << 16 | ((size) >= 65536 ? (size) / 65536 | 0x8000 : (size)))
enum { DEALLOCATE = 1, PHYSICAL = 2, LONG = 4 }; // options
#define RIGHTS_OF(body, disposition, options) (BODY(body) | (options) << 16 | (disposition))

static enum body body_of(const struct scene *scene) { return (enum body)(scene->argument >> 24); }
static enum source source_of(const struct scene *scene) { return (enum source)(scene->argument >> 20 & 0xf); }
static int options_of(const struct scene *scene) { return scene->argument >> 16 & 0xf; }
static int disposition_of(const struct scene *scene) { return scene->argument & 0xff; }
static mach_msg_size_t size_of(const struct scene *scene) {
    unsigned low = scene->argument & 0xffff;
    return low & 0x8000 ? (low & 0x7fff) * 65536 : low;
}

static struct carrier sent; // as it was before the call

static char own_memory[3 << 20];

static void make_memory(struct scene *scene) {
    scene->size = size_of(scene);
    switch (source_of(scene)) {
    case STATIC:
        scene->memory = (vm_address_t)own_memory;
        break;
    case ALLOCATED:
        scene->memory = (vm_address_t)allocate(scene->size);
        break;
    case MAPPED:
        scene->memory = (vm_address_t)map_private(scene->size);
        break;
    }
    fill_pattern((void *)scene->memory, scene->size, 3);
}

static mach_port_type_t arrival(int disposition) {
    if (disposition == MOVE_RECEIVE) return MACH_PORT_TYPE_RECEIVE;
    return disposition == MOVE_SEND_ONCE || disposition == MAKE_SEND_ONCE ? MACH_PORT_TYPE_SEND_ONCE
                                                                          : MACH_PORT_TYPE_SEND;
}

static mach_port_t right_for(mach_port_t port, int disposition) {
    return disposition == MOVE_SEND_ONCE ? make_send_once(port) : port;
}

static void add_guarded(struct scene *scene, unsigned flags) {
    mach_port_t port = make_port();
    uint64_t context = flags & MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND ? 0 : 77;
    if (context != 0) assert_success(mach_port_guard(SELF, port, context, FALSE));
    mach_msg_guarded_port_descriptor_t it = {.context = context,
                                             .flags = flags & 0xffff,
                                             .disposition = MOVE_RECEIVE,
                                             .type = MACH_MSG_GUARDED_PORT_DESCRIPTOR,
                                             .name = port};
    memcpy(add_memory(&scene->carrier, NULL, 0), &it, sizeof(it));
    scene->name = port;
}

// `port` is the destination, `second` gets replies, `notify` is the port of the rights in the body.
static void with_body(struct scene *scene) {
    scene->port = port_with_sends(2);
    scene->second = make_port();
    begin_carrier(&scene->carrier, scene->port, SENT);
    scene->carrier.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, MAKE_SEND_ONCE) | MACH_MSGH_BITS_COMPLEX;
    scene->carrier.header.msgh_local_port = scene->second;
    enum body body = body_of(scene);
    if (body == INLINE) {
        scene->carrier.header.msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
        scene->carrier.header.msgh_size = 8000;
        fill_pattern((char *)&scene->carrier + 24, 8000 - 24, 3);
    }
    if (body == MEMORY) {
        make_memory(scene);
        mach_msg_ool_descriptor_t *it = add_memory(&scene->carrier, (void *)scene->memory, SIZE(scene->size));
        it->deallocate = (options_of(scene) & DEALLOCATE) != 0;
        if (options_of(scene) & PHYSICAL) it->copy = MACH_MSG_PHYSICAL_COPY;
    }
    if (body == RIGHTS || body == PORTS) {
        int disposition = disposition_of(scene);
        static mach_port_t names[MANY];
        unsigned count = body == RIGHTS ? 3 : options_of(scene) & LONG ? MANY : ARRAY;
        scene->notify = port_with_sends(disposition == MOVE_SEND ? count + 2 : 2);
        for (unsigned i = 0; i < count; i++) {
            names[i] = disposition == MOVE_RECEIVE ? port_with_send() : right_for(scene->notify, disposition);
            if (body == RIGHTS) add_right(&scene->carrier, names[i], (mach_msg_type_name_t)disposition);
        }
        if (body == PORTS) {
            scene->size = count * sizeof(*names);
            scene->memory =
                options_of(scene) & DEALLOCATE ? (vm_address_t)allocate(scene->size) : (vm_address_t)own_memory;
            memcpy((void *)scene->memory, names, scene->size);
            scene->number = names[0];
            add_array(&scene->carrier, (void *)scene->memory, count, (mach_msg_type_name_t)disposition)->deallocate =
                (options_of(scene) & DEALLOCATE) != 0;
        }
    }
    if (body == GUARDS) add_guarded(scene, (unsigned)options_of(scene));
    if (body == ALL_KINDS) {
        scene->notify = port_with_sends(9);
        static mach_port_t names[ARRAY];
        for (unsigned i = 0; i < ARRAY; i++) names[i] = scene->notify;
        add_right(&scene->carrier, scene->notify, MOVE_SEND);
        scene->size = 3 * PAGE;
        scene->memory = (vm_address_t)allocate(scene->size);
        fill_pattern((void *)scene->memory, scene->size, 3);
        add_memory(&scene->carrier, (void *)scene->memory, SIZE(scene->size))->deallocate = TRUE;
        add_array(&scene->carrier, names, ARRAY, COPY_SEND);
        add_memory(&scene->carrier, own_memory, 100);
        add_right(&scene->carrier, scene->notify, MAKE_SEND_ONCE);
    }
    sent = scene->carrier;
}

static int64_t send_body(struct scene *scene) { return send_carrier(&scene->carrier); }

static bool is_given(const struct scene *scene) { return (options_of(scene) & DEALLOCATE) != 0; }

// Takes the message from the port and looks at what it carries; all of it ends.
static void body_is_there(struct scene *scene) {
    struct carrier got;
    assert_code(receive_carrier(scene->port, &got), MACH_MSG_SUCCESS);
    assert_int_equal(got.header.msgh_id, SENT);
    assert_int_equal(type(got.header.msgh_remote_port), MACH_PORT_TYPE_SEND_ONCE);
    int disposition = disposition_of(scene);
    switch (body_of(scene)) {
    case INLINE:
        assert_pattern((char *)&got + 24, 8000 - 24, 3);
        break;
    case MEMORY: {
        const mach_msg_ool_descriptor_t *it = memory_at(&got, 0);
        assert_int_equal(it->size, scene->size);
        assert_pattern(it->address, scene->size, 3);
        bool is_in_place = it->address == (void *)scene->memory;
        assert_true(!is_in_place || is_given(scene));
        mach_linux_trim(); // what the system did not take at once
        if (is_given(scene) && !is_in_place && scene->size > 0)
            assert_int_equal(mapped_pages((void *)scene->memory, scene->size), 0);
        if (!is_given(scene)) assert_pattern((void *)scene->memory, scene->size, 3);
        if (!is_given(scene) && source_of(scene) != STATIC) munmap((void *)scene->memory, scene->size);
        if (options_of(scene) & PHYSICAL) deallocate(it->address, scene->size); // D3: not marked to be freed
        break;
    }
    case RIGHTS:
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(type(right_at(&got, i)->name) & arrival(disposition), arrival(disposition));
        break;
    case PORTS: {
        const mach_msg_ool_ports_descriptor_t *it = array_at(&got, 0);
        const mach_port_t *names = it->address;
        assert_int_equal(it->count, scene->size / sizeof(*names));
        for (unsigned i = 0; i < it->count; i++)
            assert_int_equal(type(names[i]) & arrival(disposition), arrival(disposition));
        break;
    }
    case GUARDS:
        assert_int_equal(type(scene->name), MACH_PORT_TYPE_NONE);
        break; // no MACH_RCV_GUARDED_DESC: D8
    case ALL_KINDS:
        assert_pattern(memory_at(&got, 1)->address, scene->size, 3);
        assert_ptr_equal(memory_at(&got, 1)->address, scene->memory);
        assert_int_equal(((mach_port_t *)array_at(&got, 2)->address)[2], scene->notify);
        assert_int_equal(type(right_at(&got, 4)->name), MACH_PORT_TYPE_SEND_ONCE);
        break;
    }
    mach_msg_destroy(&got.header);
    expect_no_message(scene->port);
}

// S8: the buffer is as it was, and so is what the bad descriptor names; what the header took has ended with its notification, but where there was no message yet nothing has been taken.
static void body_was_refused(struct scene *scene) {
    assert_memory_equal(&scene->carrier, &sent, sizeof(sent));
    bool is_taken = scene->fault == SYSTEM_CALL || scene->n > 1;
    if (is_taken && (scene->fault == SYSTEM_CALL || scene->failing == ONE))
        expect_send_once_notification(scene->second);
    expect_no_message(scene->second);
    expect_no_message(scene->port);
    assert_int_equal(status(scene->second).mps_sorights, 0);
    assert_int_equal(refs(scene->port, MACH_PORT_RIGHT_SEND), 2);
    if (body_of(scene) == MEMORY) assert_pattern((void *)scene->memory, scene->size, 3);
    if (body_of(scene) == PORTS) assert_int_equal(*(mach_port_t *)scene->memory, scene->number);
    assert_code(send_body(scene), MACH_MSG_SUCCESS);
    body_is_there(scene);
}

static void bodies_are_sent(void **state) {
    (void)state;
    need_failing_allocations();
#define TRIAL(name, its_argument, ...)                                                                                 \
    {                                                                                                                  \
        .what = name, .prepare = with_body, .call = send_body, .succeeded = body_is_there, .failed = body_was_refused, \
        .shorted = body_was_refused, .argument = (int)(its_argument), __VA_ARGS__                                      \
    }
#define NO_PAGES                                                                                                       \
    .codes = {MACH_SEND_NO_BUFFER, MACH_MSG_VM_KERNEL}, .system_failures = {MACH_MSG_VM_KERNEL}, .least_system_calls = 2
#define NO_ARRAY                                                                                                       \
    .codes = {MACH_SEND_NO_BUFFER, MACH_SEND_NO_BUFFER}, .least = 3, .system_failures = {MACH_SEND_NO_BUFFER},         \
    .least_system_calls = 2
    const struct trial trials[] = {
        TRIAL("inline data", BODY(INLINE), .codes = {MACH_SEND_NO_BUFFER}),
        TRIAL("no memory", CARRY(STATIC, 0, 0), .codes = {MACH_SEND_NO_BUFFER}),
        TRIAL("a copy of little", CARRY(STATIC, 100, 0), NO_PAGES),
        TRIAL("a physical copy of little", CARRY(STATIC, 100, PHYSICAL), NO_PAGES),
        TRIAL("a copy of pages", CARRY(STATIC, 12289, 0), NO_PAGES),
        TRIAL("a copy of many pages", CARRY(STATIC, 1 << 20, 0), NO_PAGES),
        TRIAL("a copy of huge pages", CARRY(STATIC, 3 << 20, 0), NO_PAGES),
        TRIAL("a copy of mapped memory", CARRY(MAPPED, 1 << 20, 0), NO_PAGES),
        TRIAL("a page that changes hands", CARRY(ALLOCATED, 4096, DEALLOCATE), .codes = {MACH_SEND_NO_BUFFER}),
        TRIAL("many pages that change hands", CARRY(ALLOCATED, 1 << 20, DEALLOCATE), .codes = {MACH_SEND_NO_BUFFER}),
        TRIAL("rights that are made", RIGHTS_OF(RIGHTS, MAKE_SEND_ONCE, 0), .codes = {MACH_SEND_NO_BUFFER}),
        TRIAL("receive rights", RIGHTS_OF(RIGHTS, MOVE_RECEIVE, 0), .codes = {MACH_SEND_NO_BUFFER}),
        TRIAL("an array of receive rights", RIGHTS_OF(PORTS, MOVE_RECEIVE, 0), NO_ARRAY),
        TRIAL("an array of send rights", RIGHTS_OF(PORTS, MOVE_SEND, 0), NO_ARRAY),
        TRIAL("an array of send-once rights", RIGHTS_OF(PORTS, MOVE_SEND_ONCE, 0), NO_ARRAY),
        TRIAL("an array of copies", RIGHTS_OF(PORTS, COPY_SEND, 0), NO_ARRAY),
        TRIAL("an array of made rights", RIGHTS_OF(PORTS, MAKE_SEND, 0), NO_ARRAY),
        TRIAL("an array of made send-once rights", RIGHTS_OF(PORTS, MAKE_SEND_ONCE, 0), NO_ARRAY),
        TRIAL("a long array", RIGHTS_OF(PORTS, MAKE_SEND, LONG), NO_ARRAY),
        // At last the pool's list of pages, without which the page is unmapped at once.
        TRIAL("an array whose page goes", RIGHTS_OF(PORTS, COPY_SEND, DEALLOCATE),
              .codes = {MACH_SEND_NO_BUFFER, MACH_SEND_NO_BUFFER, MACH_SEND_NO_BUFFER, MACH_SEND_NO_BUFFER,
                        MACH_SEND_NO_BUFFER, MACH_SEND_NO_BUFFER, WORKS},
              .least = 7, .system_failures = {MACH_SEND_NO_BUFFER}, .least_system_calls = 2),
        TRIAL("a guarded right", RIGHTS_OF(GUARDS, 0, MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE),
              .codes = {MACH_SEND_NO_BUFFER}),
        TRIAL("a right without guard", RIGHTS_OF(GUARDS, 0, MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND),
              .codes = {MACH_SEND_NO_BUFFER}),
    };
    run_trials(trials);
}

// ---- A body of every kind: what came before the descriptor that fails has been taken, and ends

// How many descriptors had been copied in: of memory that changes hands and an array, and then of memory that is copied.
static void kinds_were_refused(struct scene *scene) {
    assert_memory_equal(&scene->carrier, &sent, sizeof(sent));
    bool is_taken = scene->fault == SYSTEM_CALL || scene->n > 1;
    bool is_told = is_taken && (scene->fault == SYSTEM_CALL || scene->failing == ONE);
    if (is_told) expect_send_once_notification(scene->second);
    expect_no_message(scene->second);
    expect_no_message(scene->port);
    assert_int_equal(status(scene->second).mps_sorights, 0);
    assert_int_equal(refs(scene->port, MACH_PORT_RIGHT_SEND), 2);
    assert_int_equal(refs(scene->notify, MACH_PORT_RIGHT_SEND), is_taken ? 8 : 9);
    assert_int_equal(status(scene->notify).mps_sorights, 0);
    if (is_taken) {
        // It had changed hands, and ended with the message; what could not be unmapped then goes with the pool.
        mach_linux_trim();
        mach_linux_trim(); // what the system did not take at once
        assert_int_equal(mapped_pages((void *)scene->memory, scene->size), 0);
        scene->memory = (vm_address_t)allocate(scene->size);
        fill_pattern((void *)scene->memory, scene->size, 3);
        memory_at(&scene->carrier, 1)->address = (void *)scene->memory;
    }
    assert_code(send_body(scene), MACH_MSG_SUCCESS);
    body_is_there(scene);
}

static void a_body_of_all_kinds_is_sent(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {.what = "a body of all kinds",
         .prepare = with_body,
         .call = send_body,
         .succeeded = body_is_there,
         .argument = BODY(ALL_KINDS),
         .codes = {MACH_SEND_NO_BUFFER, MACH_SEND_NO_BUFFER, MACH_SEND_NO_BUFFER, MACH_SEND_NO_BUFFER,
                   MACH_MSG_VM_KERNEL},
         .failed = kinds_were_refused,
         .system_failures = {MACH_SEND_NO_BUFFER, MACH_MSG_VM_KERNEL},
         .least_system_calls = 3,
         .shorted = kinds_were_refused},
    };
    run_trials(trials);
}

// ---- Memory that goes

// D3: a copy of memory that leaves the sender. What cannot be taken from it, for want of memory, must not stay behind a send that succeeds.
static void with_leaving(struct scene *scene) {
    scene->port = port_with_sends(2);
    scene->second = make_port();
    begin_carrier(&scene->carrier, scene->port, SENT);
    scene->carrier.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, MAKE_SEND_ONCE) | MACH_MSGH_BITS_COMPLEX;
    scene->carrier.header.msgh_local_port = scene->second;
    // The middle of a run, not from the start of a page on.
    scene->size = 9 * PAGE;
    scene->memory = (vm_address_t)allocate(scene->size);
    fill_pattern((void *)scene->memory, scene->size, 3);
    add_memory(&scene->carrier, (void *)(scene->memory + 3 * PAGE + 5), SIZE(2 * PAGE))->deallocate = TRUE;
    sent = scene->carrier;
}

static void has_left(struct scene *scene) {
    struct carrier got;
    assert_code(receive_carrier(scene->port, &got), MACH_MSG_SUCCESS);
    const unsigned char *bytes = memory_at(&got, 0)->address;
    assert_int_equal(bytes[0], ((3 * PAGE + 5) * 7 + ((3 * PAGE + 5) >> 8) * 13 + 3) & 0xff);
    mach_linux_trim(); // what the system did not take at once
    assert_int_equal(mapped_pages((void *)scene->memory, scene->size), 6);
    mach_msg_destroy(&got.header);
    deallocate((void *)scene->memory, scene->size);
}

static void has_not_left(struct scene *scene) {
    assert_memory_equal(&scene->carrier, &sent, sizeof(sent));
    assert_pattern((void *)scene->memory, scene->size, 3);
    bool is_taken = scene->fault == SYSTEM_CALL || scene->n > 1;
    if (is_taken && (scene->fault == SYSTEM_CALL || scene->failing == ONE))
        expect_send_once_notification(scene->second);
    expect_no_message(scene->second);
    assert_code(send_body(scene), MACH_MSG_SUCCESS);
    has_left(scene);
}

static void memory_leaves_the_sender(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trial = {.what = "memory that leaves",
                                .prepare = with_leaving,
                                .call = send_body,
                                .succeeded = has_left,
                                .failed = has_not_left,
                                .shorted = has_not_left,
                                .codes = {MACH_SEND_NO_BUFFER, MACH_MSG_VM_KERNEL},
                                .system_failures = {MACH_MSG_VM_KERNEL},
                                .least_system_calls = 2};
    run_trial(&trial);
}

// Whole runs that are mapped; what cannot be moved is copied.
static void memory_moves(void **state) {
    (void)state;
    need_failing_allocations();
#define MOVES                                                                                                          \
    .codes = {MACH_SEND_NO_BUFFER, GOES_ROUND}, .second_failure = MACH_MSG_VM_KERNEL, .least = 3,                      \
    .system_failures = {MACH_MSG_VM_KERNEL}, .least_system_calls = 4
    const struct trial trials[] = {
        TRIAL("a mapped page, which goes", CARRY(MAPPED, 4096, DEALLOCATE), NO_PAGES),
        TRIAL("memory that moves", CARRY(MAPPED, 1 << 20, DEALLOCATE), MOVES),
        TRIAL("huge memory that moves", CARRY(MAPPED, 3 << 20, DEALLOCATE), MOVES),
    };
    run_trials(trials);
}

// ---- Messages that come back

static void with_refused_body(struct scene *scene) {
    with_body(scene);
    set_limit(scene->port, 1);
    queue_messages(scene->port, 1);
    sent = scene->carrier;
}

static int64_t send_in_vain(struct scene *scene) {
    int64_t code = send_body(scene);
    return code == MACH_SEND_TIMED_OUT ? KERN_SUCCESS : code;
}

static mach_msg_return_t send_anew(struct scene *scene) {
    set_limit(scene->port, 2);
    mach_msg_return_t code = send_carrier(&scene->carrier);
    struct test_message before;
    assert_code(receive_now(scene->port, &before, 0), MACH_MSG_SUCCESS);
    return code;
}

// S9: all of it is back under moving dispositions, memory as a receiver would get it; and sending the buffer again is right.
static void came_back_whole(struct scene *scene) {
    assert_int_equal(scene->carrier.header.msgh_bits,
                     MACH_MSGH_BITS(MOVE_SEND, MOVE_SEND_ONCE) | MACH_MSGH_BITS_COMPLEX);
    assert_int_equal(type(scene->carrier.header.msgh_local_port), MACH_PORT_TYPE_SEND_ONCE);
    if (body_of(scene) == MEMORY && source_of(scene) != STATIC && !is_given(scene))
        munmap((void *)scene->memory, scene->size);
    if (body_of(scene) == MEMORY) {
        const mach_msg_ool_descriptor_t *it = memory_at(&scene->carrier, 0);
        assert_pattern(it->address, scene->size, 3);
        assert_true((it->address == (void *)scene->memory) == (source_of(scene) == ALLOCATED));
    }
    assert_code(send_anew(scene), MACH_MSG_SUCCESS);
    struct carrier got;
    assert_code(receive_carrier(scene->port, &got), MACH_MSG_SUCCESS);
    mach_msg_destroy(&got.header);
}

// The first right that wanted a name found no room, or none of them did; the others are back.
static void came_back_without(struct scene *scene) {
    if (scene->code != (MACH_SEND_TIMED_OUT | MACH_MSG_IPC_KERNEL)) {
        // Nothing was there to come back.
        assert_memory_equal(&scene->carrier, &sent, sizeof(sent));
        bool is_taken = scene->fault == SYSTEM_CALL || scene->n > 1;
        if (is_taken && (scene->fault == SYSTEM_CALL || scene->failing == ONE))
            expect_send_once_notification(scene->second);
        expect_no_message(scene->second);
        assert_int_equal(send_in_vain(scene), KERN_SUCCESS);
        return came_back_whole(scene);
    }
    const mach_msg_header_t *header = &scene->carrier.header;
    assert_int_equal(header->msgh_bits, MACH_MSGH_BITS(MOVE_SEND, MOVE_SEND_ONCE) | MACH_MSGH_BITS_COMPLEX);
    assert_int_equal(header->msgh_remote_port, scene->port);
    bool has_place = body_of(scene) == GUARDS;                              // the guarded right has left one
    assert_int_equal(header->msgh_local_port != MACH_PORT_NULL, has_place); // the first name that is made
    assert_int_equal(refs(scene->port, MACH_PORT_RIGHT_SEND), 3);
    if (scene->failing == ONE && !has_place) expect_send_once_notification(scene->second);
    expect_no_message(scene->second);
    bool others_are_back = scene->failing == ONE;
    unsigned there = 0;
    if (body_of(scene) == RIGHTS)
        for (unsigned i = 0; i < 3; i++) there += right_at(&scene->carrier, i)->name != MACH_PORT_NULL;
    if (body_of(scene) == PORTS)
        for (unsigned i = 0; i < ARRAY; i++)
            there += ((mach_port_t *)array_at(&scene->carrier, 0)->address)[i] != MACH_PORT_NULL;
    if (body_of(scene) == RIGHTS || body_of(scene) == PORTS) {
        assert_int_equal(there, others_are_back ? 3 : 0);
        assert_int_equal(status(scene->notify).mps_sorights, there);
        expect_no_message(scene->notify); // no memory for that
    }
    if (body_of(scene) == GUARDS) {
        mach_msg_guarded_port_descriptor_t it;
        memcpy(&it, scene->carrier.bytes, sizeof(it));
        assert_int_equal(it.name, MACH_PORT_NULL);
        assert_int_equal(it.flags, MACH_MSG_GUARD_FLAGS_MASK);
        assert_int_equal(it.context, 0);
    }
    if (body_of(scene) == MEMORY) assert_pattern(memory_at(&scene->carrier, 0)->address, scene->size, 3);
    // The buffer can be sent again, without what is gone.
    mach_msg_destroy(&scene->carrier.header);
}

static void bodies_come_back(void **state) {
    (void)state;
    need_failing_allocations();
#define LOST (MACH_SEND_TIMED_OUT | MACH_MSG_IPC_KERNEL)
#define RETURNED(name, its_argument, ...)                                                                              \
    {                                                                                                                  \
        .what = name, .prepare = with_refused_body, .call = send_in_vain, .succeeded = came_back_whole,                \
        .failed = came_back_without, .shorted = came_back_without, .is_full = true, .argument = (int)(its_argument),   \
        __VA_ARGS__                                                                                                    \
    }
    const struct trial trials[] = {
        RETURNED("rights that come back", RIGHTS_OF(RIGHTS, MAKE_SEND_ONCE, 0), .codes = {MACH_SEND_NO_BUFFER, LOST}),
        RETURNED("an array that comes back", RIGHTS_OF(PORTS, MAKE_SEND_ONCE, 0),
                 .codes = {MACH_SEND_NO_BUFFER, MACH_SEND_NO_BUFFER, MACH_SEND_NO_BUFFER, MACH_SEND_NO_BUFFER, LOST},
                 .system_failures = {MACH_SEND_NO_BUFFER}, .least_system_calls = 2),
        RETURNED("a copy that comes back", CARRY(STATIC, 100, 0),
                 .codes = {MACH_SEND_NO_BUFFER, MACH_MSG_VM_KERNEL, MACH_MSG_VM_KERNEL, LOST},
                 .system_failures = {MACH_MSG_VM_KERNEL}, .least_system_calls = 2),
        RETURNED("pages that come back in place", CARRY(ALLOCATED, 12288, DEALLOCATE),
                 .codes = {MACH_SEND_NO_BUFFER, LOST}),
        RETURNED("a guarded right that comes back", RIGHTS_OF(GUARDS, 0, MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE),
                 .codes = {MACH_SEND_NO_BUFFER, LOST}),
    };
    run_trials(trials);
}

// ---- Receiving

// A message waits whose rights have no names here: they are another task's. It is received by the port or through a set.
enum { BY_SET = 8 };

static void with_waiting_body(struct scene *scene) {
    scene->port = port_with_sends(2);
    scene->other = make_task();
    scene->name = give(scene->other, scene->port, COPY_SEND);
    if (options_of(scene) & BY_SET) {
        scene->second = make_set();
        put_in_set(scene->port, scene->second);
    } else {
        scene->second = scene->port;
    }
}

// The other task sends it, with `notify` as the port of its rights, as the other task names it.
static void send_from_there(struct scene *scene) {
    mach_port_t back = give(scene->other, SELF, COPY_SEND);
    enter(scene->other);
    static mach_port_t names[ARRAY];
    int disposition = disposition_of(scene);
    mach_port_t port = scene->notify = make_port();
    begin_carrier(&scene->carrier, scene->name, SENT);
    scene->carrier.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    for (unsigned i = 0; i < ARRAY; i++) {
        names[i] = port;
        if (disposition == MOVE_RECEIVE || (disposition == MAKE_SEND && i > 0)) names[i] = make_port();
        if (body_of(scene) == RIGHTS) add_right(&scene->carrier, names[i], (mach_msg_type_name_t)disposition);
    }
    if (body_of(scene) == PORTS) add_array(&scene->carrier, names, ARRAY, (mach_msg_type_name_t)disposition);
    if (body_of(scene) == MEMORY) {
        fill_pattern(own_memory, 12289, 3);
        add_memory(&scene->carrier, own_memory, 12289);
    }
    if (body_of(scene) == GUARDS) {
        mach_msg_guarded_port_descriptor_t it = {.flags = MACH_MSG_GUARD_FLAGS_MASK,
                                                 .disposition = MOVE_RECEIVE,
                                                 .type = MACH_MSG_GUARDED_PORT_DESCRIPTOR,
                                                 .name = port};
        memcpy(add_memory(&scene->carrier, NULL, 0), &it, sizeof(it));
    }
    assert_code(send_carrier(&scene->carrier), MACH_MSG_SUCCESS);
    enter(back);
}

static void with_sent_body(struct scene *scene) {
    with_waiting_body(scene);
    send_from_there(scene);
    fill_untouched(&scene->carrier, sizeof(scene->carrier));
}

static int64_t receive_body(struct scene *scene) {
    mach_msg_option_t option = MACH_RCV_MSG | MACH_RCV_TIMEOUT | MACH_RCV_TRAILER_TYPE(MACH_MSG_TRAILER_FORMAT_0) |
                               MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT);
    if (options_of(scene) & DEALLOCATE) option |= MACH_RCV_LARGE | MACH_RCV_GUARDED_DESC;
    return mach_msg(&scene->carrier.header, option, 0, sizeof(scene->carrier), scene->second, 0, MACH_PORT_NULL);
}

static mach_port_t *names_of(struct scene *scene, mach_port_t *names) {
    if (body_of(scene) == PORTS) return array_at(&scene->carrier, 0)->address;
    for (unsigned i = 0; i < ARRAY && body_of(scene) == RIGHTS; i++) names[i] = right_at(&scene->carrier, i)->name;
    return names;
}

static void body_has_arrived(struct scene *scene) {
    assert_int_equal(scene->carrier.header.msgh_id, SENT);
    assert_int_equal(scene->carrier.header.msgh_local_port, scene->port);
    mach_port_t some[ARRAY];
    const mach_port_t *names = names_of(scene, some);
    if (body_of(scene) == RIGHTS || body_of(scene) == PORTS)
        for (unsigned i = 0; i < ARRAY; i++) assert_int_equal(type(names[i]), arrival(disposition_of(scene)));
    if (body_of(scene) == MEMORY) assert_pattern(memory_at(&scene->carrier, 0)->address, 12289, 3);
    mach_msg_destroy(&scene->carrier.header);
}

// D7: the message is there but for the names, and an array's memory is the receiver's.
static void body_has_arrived_without_rights(struct scene *scene) {
    assert_int_equal(scene->carrier.header.msgh_id, SENT);
    assert_int_equal(scene->carrier.header.msgh_local_port, scene->port);
    expect_no_message(scene->port);
    unsigned lost = scene->failing == ONE ? 1 : ARRAY;
    if (body_of(scene) == GUARDS) {
        mach_msg_guarded_port_descriptor_t it;
        memcpy(&it, scene->carrier.bytes, sizeof(it));
        assert_int_equal(it.name, MACH_PORT_NULL);
        assert_int_equal(it.context, 0);
        assert_int_equal(it.flags, MACH_MSG_GUARD_FLAGS_MASK);
        assert_int_equal(it.type, MACH_MSG_GUARDED_PORT_DESCRIPTOR);
        return;
    }
    mach_port_t some[ARRAY];
    const mach_port_t *names = names_of(scene, some);
    for (unsigned i = 0; i < ARRAY; i++) {
        if (i < lost) assert_int_equal(names[i], MACH_PORT_NULL);
        if (i >= lost) assert_int_equal(type(names[i]), arrival(disposition_of(scene)));
    }
    if (body_of(scene) == PORTS) {
        const mach_msg_ool_ports_descriptor_t *it = array_at(&scene->carrier, 0);
        assert_int_equal(it->count, ARRAY);
        assert_int_equal(it->disposition, arrival(disposition_of(scene)) == MACH_PORT_TYPE_RECEIVE ? MOVE_RECEIVE
                                          : arrival(disposition_of(scene)) == MACH_PORT_TYPE_SEND  ? MOVE_SEND
                                                                                                   : MOVE_SEND_ONCE);
    }
    // What found no name has ended: a send-once right with its notification, if there was memory for that.
    if (disposition_of(scene) == MAKE_SEND_ONCE) {
        mach_port_status_t now = status_in(scene->other, scene->notify);
        assert_int_equal(now.mps_msgcount, scene->failing == ONE);
        assert_int_equal(now.mps_sorights, ARRAY - lost + now.mps_msgcount);
    }
    if (disposition_of(scene) == MAKE_SEND) assert_int_equal(status_in(scene->other, scene->notify).mps_srights, 0);
    mach_msg_destroy(&scene->carrier.header);
}

static void bodies_are_received(void **state) {
    (void)state;
    need_failing_allocations();
#define NAMELESS (MACH_RCV_BODY_ERROR | MACH_MSG_IPC_KERNEL)
#define RECEIVED(name, its_argument, code)                                                                             \
    {                                                                                                                  \
        .what = name, .prepare = with_sent_body, .call = receive_body, .succeeded = body_has_arrived,                  \
        .failed = body_has_arrived_without_rights, .is_full = true, .failure = code, .argument = (int)(its_argument)   \
    }
    static const int dispositions[] = {MOVE_RECEIVE, MAKE_SEND, MAKE_SEND_ONCE};
    for (unsigned i = 0; i < COUNT_OF(dispositions); i++) {
        for (int by_set = 0; by_set <= BY_SET; by_set += BY_SET) {
            for (int large = 0; large <= DEALLOCATE; large++) {
                const struct trial trials[] = {
                    RECEIVED("receiving rights", RIGHTS_OF(RIGHTS, dispositions[i], by_set | large), NAMELESS),
                    RECEIVED("receiving an array", RIGHTS_OF(PORTS, dispositions[i], by_set | large), NAMELESS),
                };
                run_trials(trials);
            }
        }
    }
    const struct trial trials[] = {
        RECEIVED("receiving a guarded right", RIGHTS_OF(GUARDS, 0, DEALLOCATE), NAMELESS),
        RECEIVED("receiving a guarded right by a set", RIGHTS_OF(GUARDS, 0, BY_SET | DEALLOCATE), NAMELESS),
        RECEIVED("receiving a guarded right that is not wanted", RIGHTS_OF(GUARDS, 0, 0), KERN_SUCCESS),
        RECEIVED("receiving memory", BODY(MEMORY), KERN_SUCCESS),
        RECEIVED("receiving memory by a set", RIGHTS_OF(MEMORY, 0, BY_SET), KERN_SUCCESS),
    };
    run_trials(trials);
}

// ---- Messages that do not fit

static int64_t receive_too_large(struct scene *scene) {
    mach_msg_option_t option = MACH_RCV_MSG | MACH_RCV_TIMEOUT;
    if (options_of(scene) & DEALLOCATE) option |= MACH_RCV_LARGE | MACH_RCV_LARGE_IDENTITY;
    int64_t code = mach_msg(&scene->carrier.header, option, 0, 36, scene->second, 0, MACH_PORT_NULL);
    return code == MACH_RCV_TOO_LARGE ? KERN_SUCCESS : code;
}

// V5: it stays; V6: it has ended.
static void is_left_or_has_ended(struct scene *scene) {
    if (options_of(scene) & DEALLOCATE) {
        assert_int_equal(scene->carrier.header.msgh_local_port, scene->port);
        assert_int_equal(receive_body(scene), MACH_MSG_SUCCESS);
        return body_has_arrived(scene);
    }
    expect_no_message(scene->port);
    mach_port_status_t now = status_in(scene->other, scene->notify);
    assert_int_equal(now.mps_sorights, now.mps_msgcount);
    unsigned lost = scene->fault == SYSTEM_CALL || scene->code != KERN_SUCCESS ? 0 : ARRAY - now.mps_msgcount;
    if (scene->fault == ALLOCATION && scene->failing == ONE) assert_int_equal(lost, scene->n <= ARRAY);
    if (scene->fault == ALLOCATION && scene->failing == ALL)
        assert_int_equal(lost, scene->n <= ARRAY ? ARRAY + 1 - scene->n : 0);
}

static void messages_that_do_not_fit(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {.what = "a large message that stays",
         .prepare = with_sent_body,
         .call = receive_too_large,
         .succeeded = is_left_or_has_ended,
         .argument = RIGHTS_OF(PORTS, MAKE_SEND_ONCE, DEALLOCATE)},
        {.what = "a large message that ends",
         .prepare = with_sent_body,
         .call = receive_too_large,
         .succeeded = is_left_or_has_ended,
         .argument = RIGHTS_OF(PORTS, MAKE_SEND_ONCE, 0),
         .least = ARRAY},
        {.what = "a large message that ends in a set",
         .prepare = with_sent_body,
         .call = receive_too_large,
         .succeeded = is_left_or_has_ended,
         .argument = RIGHTS_OF(RIGHTS, MAKE_SEND_ONCE, BY_SET),
         .least = ARRAY},
    };
    run_trials(trials);
}

// ---- Full queues

// A send with MACH_SEND_NOTIFY arms the request on the name, and a receive answers it: neither needs memory but for the message.
static void with_request_and_full_queue(struct scene *scene) {
    scene->port = port_with_send();
    scene->notify = make_port();
    scene->second = make_port();
    set_limit(scene->port, 1);
    queue_messages(scene->port, 1);
    request(SELF, scene->port, MACH_NOTIFY_SEND_POSSIBLE, 0, scene->notify);
    scene->message = message_to(scene->port, COPY_SEND, SENT);
}

static int64_t send_with_notify(struct scene *scene) {
    int64_t code = mach_msg(&scene->message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT | MACH_SEND_NOTIFY,
                            scene->message.header.msgh_size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
    if (code == MACH_SEND_TIMED_OUT) code = KERN_SUCCESS;
    if (code != KERN_SUCCESS) return code;
    // The receiver makes room.
    struct simple_message first;
    code = mach_msg(&first.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(first), scene->port, 0, MACH_PORT_NULL);
    return code;
}

static void was_notified(struct scene *scene) {
    expect_notified(scene->notify, MACH_NOTIFY_SEND_POSSIBLE, scene->port);
    expect_no_message(scene->notify);
    expect_no_message(scene->port);
}

static void full_queues_make_room(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {.what = "a send that is to be notified",
         .prepare = with_request_and_full_queue,
         .call = send_with_notify,
         .succeeded = was_notified,
         .codes = {MACH_SEND_NO_BUFFER}},
    };
    run_trials(trials);
}

// ---- Waiting threads

static struct caller waiting;

// The receiver goes on waiting when a message for it finds no memory.
static void a_waiting_receiver_waits_on(void **state) {
    (void)state;
    need_failing_allocations();
    mach_port_t port = port_with_send();
    block_receiver(&waiting, port);
    struct test_message message = message_to(port, COPY_SEND, SENT);
    fail_allocation(ONE, 1);
    mach_msg_return_t code = send_now(&message);
    assert_true(stop_failing());
    assert_code(code, MACH_SEND_NO_BUFFER);
    expect_blocked(&waiting);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(finish(&waiting), MACH_MSG_SUCCESS);
    assert_int_equal(waiting.message.header.msgh_id, SENT);
    destroy(port);
}

// A receiver that waits, in a task whose next name needs memory that is not there when the message comes.
struct poor_receiver {
    mach_port_t port; // in its task
    mach_msg_return_t code;
    bool reached, is_whole;
    mach_port_t names[ARRAY];
    mach_port_t remote;
};

static int64_t receive_poorly(void *argument) {
    struct poor_receiver *it = argument;
    struct carrier message;
    memset(&message, 0, sizeof(message));
    fail_allocation(ALL, 1);
    it->code = mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), it->port, 0, MACH_PORT_NULL);
    it->reached = stop_failing();
    it->is_whole = message.header.msgh_id == SENT && message.body.msgh_descriptor_count == 1;
    if (!it->is_whole) return 1;
    mach_msg_ool_ports_descriptor_t array;
    memcpy(&array, message.bytes, sizeof(array));
    memcpy(it->names, array.address, sizeof(it->names));
    return vm_deallocate(SELF, (vm_address_t)array.address, sizeof(it->names));
}

static void a_waiting_receiver_finds_no_names(void **state) {
    (void)state;
    need_failing_allocations();
    task_t task = make_task();
    struct poor_receiver it;
    memset(&it, 0, sizeof(it));
    it.port = make_port_in(task);
    mach_port_t send = take(task, it.port, MAKE_SEND), port = make_port();
    fill_names(task);
    static struct actor actor;
    start_actor(&actor, task, receive_poorly, &it);
    wait_until_blocked(&actor.thread);
    mach_port_t names[ARRAY] = {port, port, port};
    static struct carrier message;
    begin_carrier(&message, send, SENT);
    message.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    add_array(&message, names, ARRAY, MAKE_SEND_ONCE);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_code(join_actor(&actor), KERN_SUCCESS);
    assert_true(it.reached && it.is_whole);
    assert_code(it.code, MACH_RCV_BODY_ERROR | MACH_MSG_IPC_KERNEL); // D7
    for (unsigned i = 0; i < ARRAY; i++) assert_int_equal(it.names[i], MACH_PORT_NULL);
    assert_int_equal(status(port).mps_sorights, 0);
    expect_no_message(port); // no memory for the notifications
    destroy(port);
    end_task(task);
    destroy(send);
}

// ---- Both ways at once

// The answer waits already; the request carries memory, and so does the answer.
static void with_answer(struct scene *scene) {
    scene->port = port_with_sends(2);
    scene->second = make_port();
    static struct carrier answer;
    begin_carrier(&answer, scene->second, SENT + 1);
    answer.header.msgh_bits = MACH_MSGH_BITS(MAKE_SEND_ONCE, 0) | MACH_MSGH_BITS_COMPLEX;
    fill_pattern(own_memory, 12289, 3);
    add_memory(&answer, own_memory, 12289);
    assert_code(send_carrier(&answer), MACH_MSG_SUCCESS);
    begin_carrier(&scene->carrier, scene->port, SENT);
    scene->carrier.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    add_memory(&scene->carrier, own_memory, 12289);
    scene->size = 12289;
    scene->memory = (vm_address_t)own_memory;
    sent = scene->carrier;
}

static int64_t call_remotely(struct scene *scene) {
    mach_msg_option_t option = MACH_SEND_MSG | MACH_RCV_MSG | MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT;
    mach_msg_header_t *header = &scene->carrier.header;
    mach_msg_size_t size = header->msgh_size;
    switch (scene->argument) {
    case 0:
        return mach_msg(header, option, size, sizeof(scene->carrier), scene->second, 0, MACH_PORT_NULL);
    case 1:
        return mach_msg_overwrite(header, option, size, sizeof(scene->carrier), scene->second, 0, MACH_PORT_NULL,
                                  header, 0);
    default:
        return mach_msg2(&scene->carrier, (mach_msg_option64_t)option, *header, size, sizeof(scene->carrier),
                         scene->second, 0, 0);
    }
}

static void was_called(struct scene *scene) {
    assert_int_equal(scene->carrier.header.msgh_id, SENT + 1);
    assert_pattern(memory_at(&scene->carrier, 0)->address, 12289, 3);
    mach_msg_destroy(&scene->carrier.header);
    struct carrier got;
    assert_code(receive_carrier(scene->port, &got), MACH_MSG_SUCCESS);
    assert_pattern(memory_at(&got, 0)->address, 12289, 3);
    mach_msg_destroy(&got.header);
}

static void remote_calls_with_memory(void **state) {
    (void)state;
    need_failing_allocations();
    for (int how = 0; how < 3; how++) {
        const struct trial trial = {.what = "a remote call",
                                    .prepare = with_answer,
                                    .call = call_remotely,
                                    .succeeded = was_called,
                                    .argument = how,
                                    .codes = {MACH_SEND_NO_BUFFER, MACH_MSG_VM_KERNEL},
                                    .system_failures = {MACH_MSG_VM_KERNEL},
                                    .least_system_calls = 2};
        run_trial(&trial);
    }
}

// ---- mach_msg_send, mach_msg_receive, mach_msg_server

static void with_plain_message(struct scene *scene) {
    scene->port = port_with_send();
    scene->message = message_to(scene->port, COPY_SEND, SENT);
}
static int64_t send_by_header(struct scene *scene) { return mach_msg_send(&scene->message.header); }
static void is_queued(struct scene *scene) { expect_message(scene->port, SENT); }

static void with_queued_message(struct scene *scene) {
    with_plain_message(scene);
    assert_code(send_now(&scene->message), MACH_MSG_SUCCESS);
    scene->message.header.msgh_local_port = scene->port;
    scene->message.header.msgh_size = sizeof(scene->message);
}
static int64_t receive_by_header(struct scene *scene) { return mach_msg_receive(&scene->message.header); }
static void is_received(struct scene *scene) { assert_int_equal(scene->message.header.msgh_id, SENT); }

// A request waits for a server, whose answer goes to `second`.
static void with_served_request(struct scene *scene) {
    scene->port = port_with_send();
    scene->second = make_port();
    struct test_message message = message_to(scene->port, COPY_SEND, SENT);
    set_reply(&message, scene->second, MAKE_SEND_ONCE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
}

static boolean_t answer_it(mach_msg_header_t *request, mach_msg_header_t *reply) {
    mig_reply_error_t *error = (mig_reply_error_t *)reply;
    reply->msgh_bits = MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(request->msgh_bits), 0);
    reply->msgh_remote_port = request->msgh_remote_port;
    reply->msgh_local_port = MACH_PORT_NULL;
    reply->msgh_size = sizeof(*error);
    reply->msgh_id = request->msgh_id + 100;
    error->NDR = NDR_record;
    error->RetCode = KERN_SUCCESS;
    return TRUE;
}

static int64_t serve_once(struct scene *scene) {
    return mach_msg_server_once(answer_it, 400, scene->port, MACH_RCV_TIMEOUT);
}
// It ends when there is nothing more.
static int64_t serve(struct scene *scene) {
    mach_msg_return_t (*server)(boolean_t(*)(mach_msg_header_t *, mach_msg_header_t *), mach_msg_size_t, mach_port_t,
                                mach_msg_options_t) = scene->argument ? mach_msg_server_importance : mach_msg_server;
    int64_t code = server(answer_it, 400, scene->port, MACH_RCV_TIMEOUT);
    return code == MACH_RCV_TIMED_OUT ? KERN_SUCCESS : code;
}
static void was_served(struct scene *scene) {
    struct test_message message;
    assert_code(receive_now(scene->second, &message, 0), MACH_MSG_SUCCESS);
    assert_int_equal(message.header.msgh_id, SENT + 100);
    expect_no_message(scene->port);
}

// M3: without buffers nothing was received. M11: an answer that finds no memory ends the server, and is the program's.
static void was_not_served(struct scene *scene) {
    if (scene->code == KERN_RESOURCE_SHORTAGE) {
        assert_int_equal(status(scene->port).mps_msgcount, 1);
        assert_int_equal(status(scene->second).mps_sorights, 1);
        assert_int_equal(serve_once(scene), KERN_SUCCESS);
        return was_served(scene);
    }
    assert_int_equal(scene->code, MACH_SEND_NO_BUFFER);
    expect_no_message(scene->port);
    assert_int_equal(status(scene->second).mps_sorights, 1);
    expect_no_message(scene->second);
}

static void the_calls_of_stubs(void **state) {
    (void)state;
    need_failing_allocations();
    // But for the checked flavours, the reply is sent in the memory of the request.
    int64_t unanswered = library_injects() ? MACH_SEND_NO_BUFFER : WORKS;
#define SERVED                                                                                                         \
    .codes = {KERN_RESOURCE_SHORTAGE, KERN_RESOURCE_SHORTAGE, KERN_RESOURCE_SHORTAGE, unanswered, WORKS},              \
    .failed = was_not_served, .system_failures = {KERN_RESOURCE_SHORTAGE}, .least_system_calls = 1,                    \
    .shorted = was_not_served
    const struct trial trials[] = {
        {.what = "mach_msg_send",
         .prepare = with_plain_message,
         .call = send_by_header,
         .succeeded = is_queued,
         .failure = MACH_SEND_NO_BUFFER},
        {.what = "mach_msg_receive",
         .prepare = with_queued_message,
         .call = receive_by_header,
         .succeeded = is_received},
        {.what = "mach_msg_server_once",
         .prepare = with_served_request,
         .call = serve_once,
         .succeeded = was_served,
         SERVED},
        {.what = "mach_msg_server", .prepare = with_served_request, .call = serve, .succeeded = was_served, SERVED},
        {.what = "mach_msg_server_importance",
         .prepare = with_served_request,
         .call = serve,
         .succeeded = was_served,
         .argument = 1,
         SERVED},
    };
    run_trials(trials);
}

// ---- Destroying

static void with_all_kinds(struct scene *scene) {
    with_body(scene);
    assert_code(send_body(scene), MACH_MSG_SUCCESS);
    assert_code(receive_carrier(scene->port, &scene->carrier), MACH_MSG_SUCCESS);
}

static int64_t destroy_message(struct scene *scene) {
    mach_msg_destroy(&scene->carrier.header);
    return KERN_SUCCESS;
}

static int64_t destroy_port(struct scene *scene) { return mach_port_destroy(SELF, scene->port); }

static void with_queued_kinds(struct scene *scene) {
    with_body(scene);
    assert_code(send_body(scene), MACH_MSG_SUCCESS);
}

// All rights have ended; the notifications of send-once rights may be lost.
static void rights_have_ended(struct scene *scene) {
    mach_port_status_t reply = status(scene->second), now = status(scene->notify);
    assert_int_equal(reply.mps_sorights, reply.mps_msgcount);
    assert_int_equal(now.mps_sorights, now.mps_msgcount);
    assert_int_equal(refs(scene->notify, MACH_PORT_RIGHT_SEND), 8);
    bool has_memory = scene->fault == SYSTEM_CALL || scene->n > 3;
    if (has_memory) assert_int_equal(reply.mps_msgcount + now.mps_msgcount, 2);
}

// Of what was received: the destination's right had a name of its own here, and so has the copied one.
static void rights_have_ended_here(struct scene *scene) {
    mach_port_status_t reply = status(scene->second), now = status(scene->notify);
    assert_int_equal(reply.mps_sorights, reply.mps_msgcount);
    assert_int_equal(now.mps_sorights, now.mps_msgcount);
    assert_int_equal(refs(scene->notify, MACH_PORT_RIGHT_SEND), 8);
}

static void queued_messages_are_destroyed(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trial = {.what = "a queue that ends",
                                .prepare = with_queued_kinds,
                                .call = destroy_port,
                                .succeeded = rights_have_ended,
                                .argument = BODY(ALL_KINDS),
                                .least = 2};
    run_trial(&trial);
}

static void received_messages_are_destroyed(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trial = {.what = "mach_msg_destroy",
                                .prepare = with_all_kinds,
                                .call = destroy_message,
                                .succeeded = rights_have_ended_here,
                                .argument = BODY(ALL_KINDS),
                                .least = 2};
    run_trial(&trial);
}

// ---- What generated stubs keep

static int64_t get_reply_port(struct scene *scene) {
    mach_port_t port = scene->argument ? mig_get_special_reply_port() : mig_get_reply_port();
    if (port == MACH_PORT_NULL) return KERN_RESOURCE_SHORTAGE;
    scene->out.name = port;
    return KERN_SUCCESS;
}
static void is_kept(struct scene *scene) {
    assert_int_equal(type(scene->out.name),
                     scene->argument ? MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_SEND : MACH_PORT_TYPE_RECEIVE);
    mach_port_t first = scene->out.name;
    assert_int_equal(get_reply_port(scene), KERN_SUCCESS);
    assert_int_equal(scene->out.name, first);
    if (scene->argument)
        mig_dealloc_special_reply_port(first);
    else
        mig_dealloc_reply_port(first);
    assert_int_equal(type(first), MACH_PORT_TYPE_NONE);
}

static int64_t allocate_for_stub(struct scene *scene) {
    vm_address_t address = 0;
    mig_allocate(&address, 3 * PAGE);
    if (address == 0) return KERN_RESOURCE_SHORTAGE;
    scene->out.memory[0].address = address;
    return KERN_SUCCESS;
}
static void is_there(struct scene *scene) {
    assert_all((void *)scene->out.memory[0].address, 3 * PAGE, 0);
    mig_deallocate(scene->out.memory[0].address, 3 * PAGE);
    mach_linux_trim(); // what the system did not take at once
    assert_int_equal(mapped_pages((void *)scene->out.memory[0].address, 3 * PAGE), 0);
}

static void what_stubs_keep(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {.what = "mig_get_reply_port",
         .call = get_reply_port,
         .succeeded = is_kept,
         .failure = KERN_RESOURCE_SHORTAGE,
         .is_full = true,
         .least = 3},
        {.what = "mig_get_special_reply_port",
         .call = get_reply_port,
         .succeeded = is_kept,
         .failure = KERN_RESOURCE_SHORTAGE,
         .is_full = true,
         .argument = 1,
         .least = 3},
        {.what = "mig_allocate",
         .call = allocate_for_stub,
         .succeeded = is_there,
         .failure = KERN_RESOURCE_SHORTAGE,
         .least = 2,
         .system_failures = {KERN_RESOURCE_SHORTAGE},
         .least_system_calls = 1},
    };
    run_trials(trials);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(bodies_are_sent),
        TASK_TEST(a_body_of_all_kinds_is_sent),
        TASK_TEST(memory_leaves_the_sender),
        TASK_TEST(memory_moves),
        TASK_TEST(bodies_come_back),
        TASK_TEST(bodies_are_received),
        TASK_TEST(messages_that_do_not_fit),
        TASK_TEST(full_queues_make_room),
        TASK_TEST(a_waiting_receiver_waits_on),
        TASK_TEST(a_waiting_receiver_finds_no_names),
        TASK_TEST(remote_calls_with_memory),
        TASK_TEST(the_calls_of_stubs),
        TASK_TEST(queued_messages_are_destroyed),
        TASK_TEST(received_messages_are_destroyed),
        TASK_TEST(what_stubs_keep),
    };
    return TASK_RUN(tests);
}

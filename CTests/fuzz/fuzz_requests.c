// An input is a sequence of requests by message to ports that the kernel serves: well-formed ones with a field changed,
// or any bytes; and to ports that are none of these. The first task asks, the two others and what they share are asked.
// And of messages for the servers that run above the kernel, and of what they and generated stubs call.
#include "fuzz_support.h"

#include <mach/clock_reply.h>
#include <mach/exc.h>
#include <mach/mach_host.h>
#include <mach/mach_exc.h>
#include <mach/mig.h>
#include <mach/mig_errors.h>
#include <mach/ndr.h>
#include <mach/notify_server.h>
#include <mach/port_descriptions.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { STEPS = 24, LARGEST = 512, ASKER = 0 };

// What a request carries before its arguments.
enum carried { NOTHING, RIGHT, SEND_RIGHT, ONCE_RIGHT, SEND_RIGHTS, OPTIONS };

// Requests: id, arguments, what they carry. The arguments are n: a name of the task that is asked, v: a number, w: a
// wide number, a: an address, s: a size of memory, f: flags of vm_allocate, d: a disposition, q: mach_port_qos, x: an
// array behind its count.
static const struct routine {
    mach_msg_id_t id;
    const char *arguments;
    enum carried carried;
} routines[] = {
    {3200, "", NOTHING},       {3201, "n", NOTHING},      {3202, "nn", NOTHING},     {3203, "vn", NOTHING},
    {3204, "v", NOTHING},      {3205, "n", NOTHING},      {3206, "n", NOTHING},      {3207, "nv", NOTHING},
    {3208, "nvv", NOTHING},    {3209, "nvvv", NOTHING},   {3210, "nv", NOTHING},     {3211, "n", NOTHING},
    {3212, "nn", NOTHING},     {3213, "niv", ONCE_RIGHT}, {3214, "n", RIGHT},        {3215, "nd", NOTHING},
    {3216, "nv", NOTHING},     {3217, "nvv", NOTHING},    {3218, "nvx", NOTHING},    {3219, "vq", NOTHING},
    {3220, "vqn", SEND_RIGHT}, {3221, "v", NOTHING},      {3222, "n", NOTHING},      {3223, "", NOTHING},
    {3224, "n", NOTHING},      {3225, "n", NOTHING},      {3226, "nn", NOTHING},     {3227, "nn", NOTHING},
    {3228, "n", NOTHING},      {3229, "nw", NOTHING},     {3230, "n", NOTHING},      {3231, "w", OPTIONS},
    {3232, "nvw", NOTHING},    {3233, "nwv", NOTHING},    {3234, "nw", NOTHING},     {3235, "", NOTHING},
    {3236, "n", NOTHING},      {3237, "nww", NOTHING},    {3238, "nww", NOTHING},    {3239, "n", NOTHING},
    {3240, "nn", NOTHING},     {3241, "n", NOTHING},      {3242, "nvx", NOTHING},    {3400, "cv", SEND_RIGHTS},
    {3401, "", NOTHING},       {3403, "c", SEND_RIGHTS},  {3404, "", NOTHING},       {3409, "v", NOTHING},
    {3410, "v", SEND_RIGHT},   {3413, "mvv", SEND_RIGHT}, {3414, "m", NOTHING},      {3415, "mvv", SEND_RIGHT},
    {3610, "v", NOTHING},      {3611, "v", SEND_RIGHT},   {3613, "mvv", SEND_RIGHT}, {3614, "m", NOTHING},
    {3615, "mvv", SEND_RIGHT}, {3801, "asf", NOTHING},    {3802, "as", NOTHING},     {4800, "asf", NOTHING},
    {4801, "as", NOTHING},     {412, "vv", NOTHING},      {413, "v", SEND_RIGHT},    {414, "mvv", SEND_RIGHT},
    {415, "m", NOTHING},       {416, "mvv", SEND_RIGHT},  {3416, "vv", NOTHING},     {3417, "", SEND_RIGHT},
    {3418, "vv", NOTHING},     {3419, "", SEND_RIGHT},    {617000, "v", NOTHING},
};

// The same of clocks: what selectors from CLOCKS on select, so that all others select what they always have.
enum { CLOCKS = 240 };
static const struct routine clock_routines[] = {
    {206, "v", NOTHING},       {408, "v", NOTHING},  {1000, "", NOTHING},   {1001, "vv", NOTHING},
    {1002, "vvv", ONCE_RIGHT}, {1002, "vvv", RIGHT}, {1200, "vv", NOTHING}, {1201, "vx", NOTHING},
};

// Ids around those, and of subsystems that nothing serves.
static const mach_msg_id_t subsystems[] = {3200, 3400, 3600, 3800, 4800, 400, 200, 1000, 2400, 2401, 0, 64, 5000, 3199};

struct request {
    union {
        mach_msg_header_t header;
        mach_msg_base_t base;
        unsigned char bytes[LARGEST + 256];
    };
    mach_msg_size_t size;
    unsigned target; // the task whose names the arguments are
    mach_port_options_t options;
};

// What choose_memory makes a page of.
enum { A_PAGE = 5 };

static mach_port_name_t reply_port; // the asker's, which no input chooses
static mach_port_name_t clocks[2];  // the same

static bool is_creation(mach_msg_id_t id) { return id == 3400; }
static bool is_allocation(mach_msg_id_t id) { return id == 3801 || id == 4800; }
static bool is_deallocation(mach_msg_id_t id) { return id == 3802 || id == 4801; }

static void put(struct request *request, const void *bytes, mach_msg_size_t size) {
    if (request->size + size > LARGEST) return;
    memcpy(request->bytes + request->size, bytes, size);
    request->size += size;
}
static void put_word(struct request *request, uint32_t word) { put(request, &word, sizeof(word)); }
static void put_wide(struct request *request, uint64_t word) { put(request, &word, sizeof(word)); }

static void put_right(struct request *request, enum carried carried, struct input *input) {
    static const uint8_t sends[] = {MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MOVE_SEND};
    uint8_t how = next_byte(input);
    mach_msg_port_descriptor_t port = {.name = next_byte(input)};
    switch (carried) {
    case ONCE_RIGHT:
        port.disposition = how & 1 ? MACH_MSG_TYPE_MOVE_SEND_ONCE : MACH_MSG_TYPE_MAKE_SEND_ONCE;
        break;
    case SEND_RIGHT:
        port.disposition = sends[how % 3];
        break;
    default:
        port.disposition = choose_disposition(how);
        break;
    }
    // Mostly what must work: some right to make.
    if (how & 0x80) port.name = PORT;
    put(request, &port, sizeof(port));
}

static void put_arguments(struct request *request, const struct routine *routine, struct input *input, unsigned count) {
    for (const char *at = routine->arguments; *at != 0; at++) {
        switch (*at) {
        case 'n':
            put_word(request, choose_name(request->target, next_byte(input)));
            break;
        case 'd':
            put_word(request, choose_disposition(next_byte(input)));
            break;
        case 'm':
            put_word(request, next_half(input));
            break;
        case 'c':
            put_word(request, count);
            break;
        case 'i': {
            static const uint8_t ids[] = {MACH_NOTIFY_DEAD_NAME, MACH_NOTIFY_NO_SENDERS, MACH_NOTIFY_PORT_DESTROYED,
                                          MACH_NOTIFY_SEND_POSSIBLE};
            put_word(request, ids[next_byte(input) & 3]);
            break;
        }
        case 'w': {
            uint8_t selector = next_byte(input);
            put_wide(request, selector & 0x80 ? next_wide(input) : selector & 7);
            break;
        }
        case 'q': {
            mach_port_qos_t qos = {.name = next_byte(input) & 1, .prealloc = next_byte(input) & 1};
            qos.len = next_number(input);
            put(request, &qos, sizeof(qos));
            break;
        }
        case 'x': {
            unsigned words = next_byte(input) % 19;
            put_word(request, words);
            for (unsigned i = 0; i < words; i++) put_word(request, next_number(input));
            break;
        }
        // Memory is seen to later.
        case 'a':
        case 's':
            put_wide(request, next_byte(input));
            break;
        default:
            put_word(request, next_number(input));
            break;
        }
    }
}

// Names and memory of descriptors are selectors yet: tame_message makes them what they select.
static void make_request(struct request *request, struct input *input) {
    uint8_t selector = next_byte(input);
    const struct routine *routine = selector >= CLOCKS ? &clock_routines[selector % COUNT_OF(clock_routines)]
                                                       : &routines[selector % COUNT_OF(routines)];
    request->header.msgh_id = routine->id;
    request->size = sizeof(mach_msg_header_t);
    unsigned count = 0;
    if (routine->carried != NOTHING) {
        request->header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
        put_word(request, 1);
        switch (routine->carried) {
        case SEND_RIGHTS: {
            count = next_byte(input) % 6;
            mach_msg_ool_ports_descriptor_t ports = {.address = (void *)(uintptr_t)next_byte(input),
                                                     .count = count,
                                                     .disposition = MACH_MSG_TYPE_COPY_SEND,
                                                     .type = MACH_MSG_OOL_PORTS_DESCRIPTOR};
            put(request, &ports, sizeof(ports));
            break;
        }
        case OPTIONS: {
            request->options.flags = next_byte(input);
            request->options.mpl.mpl_qlimit = next_number(input);
            mach_msg_ool_descriptor_t memory = {.address = (void *)(uintptr_t)A_PAGE,
                                                .size = sizeof(request->options),
                                                .copy = MACH_MSG_VIRTUAL_COPY,
                                                .type = MACH_MSG_OOL_DESCRIPTOR};
            put(request, &memory, sizeof(memory));
            break;
        }
        default:
            put_right(request, routine->carried, input);
            break;
        }
    }
    // What is a right alone has no record.
    if (routine->arguments[0] != '\0' || routine->carried == NOTHING) put(request, &NDR_record, sizeof(NDR_record));
    put_arguments(request, routine, input, count);
}

// One field becomes another.
static void mutate(struct request *request, struct input *input) {
    uint8_t how = next_byte(input), value = next_byte(input);
    bool has_descriptor = request->header.msgh_bits & MACH_MSGH_BITS_COMPLEX && request->size >= 40;
    switch (how & 15) {
    case 1:
        request->size = (request->size + (value & 7 ? 4 * (value & 7u) : 0)) & ~3u;
        break;
    case 2:
        request->size = request->size > 28 + 4 * (value & 7u) ? request->size - 4 * (value & 7u) : 24;
        break;
    case 3:
        request->header.msgh_bits ^= MACH_MSGH_BITS_COMPLEX;
        break;
    case 4:
        request->header.msgh_id += (int8_t)value;
        break;
    case 5:
        request->header.msgh_id = subsystems[value % COUNT_OF(subsystems)] + (value >> 4);
        break;
    case 6:
        if (has_descriptor) request->bytes[28 + 11] = value & 7;
        break;
    case 7:
        if (has_descriptor) request->bytes[28 + 10] = value & 31;
        break;
    case 8:
        if (has_descriptor) request->base.body.msgh_descriptor_count = value & 3;
        break;
    case 9:
        if (has_descriptor) request->bytes[28 + 12] = value & 63;
        break;
    case 10: {
        uint32_t word = next_word(input), offset = 24 + 4 * (value % 32u);
        if (offset + 4 <= request->size) memcpy(request->bytes + offset, &word, sizeof(word));
        break;
    }
    default:
        break;
    }
}

// Any bytes.
static void make_bytes(struct request *request, struct input *input) {
    uint8_t selector = next_byte(input);
    request->header.msgh_id = subsystems[selector % COUNT_OF(subsystems)] + next_byte(input);
    request->header.msgh_bits |= selector & 0x80 ? MACH_MSGH_BITS_COMPLEX : 0;
    request->size = sizeof(mach_msg_header_t);
    unsigned words = next_byte(input) % 24;
    for (unsigned i = 0; i < words; i++) put_word(request, next_word(input));
}

static uint64_t wide_at(const struct request *request, unsigned offset) {
    uint64_t value;
    memcpy(&value, request->bytes + offset, sizeof(value));
    return value;
}

// The arguments of a request for memory: only pages made for it go or are replaced, and what is made is known.
static void tame_memory(struct request *request) {
    if (request->size < 48 || request->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) return;
    uint64_t address = wide_at(request, 32), size = wide_at(request, 40);
    uint64_t wanted = size > UINT64_MAX - 4 * 4096 ? size : size % 5 * 4096 + (size >> 3 & 1);
    unsigned flags = 0;
    if (request->size >= 52) memcpy(&flags, request->bytes + 48, sizeof(flags));
    if (is_deallocation(request->header.msgh_id) || !(flags & VM_FLAGS_ANYWHERE)) {
        unsigned char *pages = fresh_pages(6, (address & 64) != 0);
        if (pages == NULL) request->header.msgh_id = 3200;
        address = (uint64_t)(uintptr_t)pages + (address & 1) * 4096 + (address >> 1 & 1);
    }
    memcpy(request->bytes + 32, &address, sizeof(address));
    memcpy(request->bytes + 40, &wanted, sizeof(wanted));
}

static void take_memory(const struct request *request, const unsigned char *reply) {
    kern_return_t code;
    uint64_t address, size = wide_at(request, 40);
    unsigned flags;
    memcpy(&flags, request->bytes + 48, sizeof(flags));
    memcpy(&code, reply + 32, sizeof(code));
    memcpy(&address, reply + 36, sizeof(address));
    if (code != KERN_SUCCESS || size == 0) return;
    size = (size + 4095) & ~(uint64_t)4095;
    if (flags & VM_FLAGS_ANYWHERE) {
        give_back((void *)(uintptr_t)address, size);
    } else {
        renew_pages((void *)(uintptr_t)address, size);
    }
}

// An alarm goes off at once, for its message would outlast the input. A bad time stays bad.
static void tame_alarm(struct request *request) {
    enum { TIME = 52 };
    if (request->size < TIME + sizeof(mach_timespec_t)) return;
    mach_timespec_t time;
    memcpy(&time, request->bytes + TIME, sizeof(time));
    time.tv_sec = 0;
    if (time.tv_nsec >= 0 && time.tv_nsec < 1000000000) time.tv_nsec = 0;
    memcpy(request->bytes + TIME, &time, sizeof(time));
}

static void tame_request(struct request *request) {
    mach_msg_id_t id = request->header.msgh_id;
    tame_message(ASKER, request->bytes, request->size);
    if (id == 3231 && request->size >= 44 && request->header.msgh_bits & MACH_MSGH_BITS_COMPLEX &&
        request->bytes[28 + 11] == MACH_MSG_OOL_DESCRIPTOR) {
        mach_msg_ool_descriptor_t memory;
        memcpy(&memory, request->bytes + 28, sizeof(memory));
        bool is_memory = request->base.body.msgh_descriptor_count != 0 && (intptr_t)memory.address > 4096;
        if (is_memory && memory.size == sizeof(request->options))
            memcpy(memory.address, &request->options, memory.size);
    }
    mach_msg_size_t start = sizeof(mach_msg_header_t);
    if (request->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) start = 44;
    for (mach_msg_size_t at = start; at + 4 <= request->size; at += 4) {
        uint32_t word;
        memcpy(&word, request->bytes + at, sizeof(word));
        word = id == 3221 ? word % 8192 : id == 3219 || id == 3220 ? tame_length(word) : tame_name(word);
        memcpy(request->bytes + at, &word, sizeof(word));
    }
    if (is_allocation(id) || is_deallocation(id)) tame_memory(request);
    if (id == 1002) tame_alarm(request);
}

static void choose_ports(struct request *request, struct input *input) {
    static const uint8_t destinations[] = {NEXT_TASK, LAST_TASK, THREAD,    HOST,      NEXT_TASK, LAST_TASK,
                                           TASK_NAME, PORT,      NEXT_TASK, ONCE,      DEAD,      HOST,
                                           THREAD,    LAST_TASK, FULL,      OTHER_PORT};
    uint8_t selector = next_byte(input), reply = next_byte(input);
    // The number of a routine says whose it is, unless the input knows better.
    uint8_t destination = destinations[selector & 15];
    if (!(selector & 0x10)) {
        mach_msg_id_t id = request->header.msgh_id;
        destination = id / 100 == 4 || id / 100 == 2 ? HOST
                      : id / 100 == 36               ? THREAD
                      : selector & 1                 ? NEXT_TASK
                                                     : LAST_TASK;
    }
    request->target = destination == LAST_TASK ? 2 : 1;
    mach_port_name_t remote = names[ASKER][destination], local = reply_port;
    if (!(selector & 0x10) && (request->header.msgh_id / 100 == 10 || request->header.msgh_id / 100 == 12))
        remote = clocks[selector & 1];
    mach_msg_type_name_t remote_type = selector & 0x20 ? choose_disposition(selector >> 5) : MACH_MSG_TYPE_COPY_SEND;
    mach_msg_type_name_t local_type = MACH_MSG_TYPE_MAKE_SEND_ONCE;
    if (reply & 0x80 && !is_creation(request->header.msgh_id) && !is_allocation(request->header.msgh_id)) {
        local = choose_name(ASKER, reply);
        local_type = choose_disposition(reply >> 4);
        if (reply & 0x40) local = MACH_PORT_NULL, local_type = 0;
    }
    if (destination == ONCE) remote_type = MACH_MSG_TYPE_MOVE_SEND_ONCE;
    request->header.msgh_remote_port = remote;
    request->header.msgh_local_port = local;
    request->header.msgh_bits =
        (request->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) | MACH_MSGH_BITS(remote_type, local_type);
}

static void receive_reply(struct request *request, bool keeps_rights) {
    union {
        mach_msg_header_t header;
        mach_msg_base_t base;
        unsigned char bytes[1024];
    } reply;
    for (;;) {
        mach_msg_return_t code = TRY(mach_msg(&reply.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(reply),
                                              reply_port, choose_timeout(), MACH_PORT_NULL));
        if (code != MACH_MSG_SUCCESS && (code & ~MACH_MSG_MASK) != MACH_RCV_BODY_ERROR) return;
        bool is_answer = reply.header.msgh_id == request->header.msgh_id + 100;
        MUST(reply.header.msgh_remote_port == MACH_PORT_NULL);
        if (is_answer && is_creation(request->header.msgh_id) && reply.header.msgh_bits & MACH_MSGH_BITS_COMPLEX) {
            mach_port_name_t child;
            memcpy(&child, reply.bytes + 28, sizeof(child));
            keep_task(child);
        }
        if (is_answer && is_allocation(request->header.msgh_id) && reply.header.msgh_size >= 44)
            take_memory(request, reply.bytes);
        end_message(&reply.header, keeps_rights);
    }
}

// ---- Servers

static uint8_t served;         // what the routines below do
static volatile uint8_t bytes; // all that they read

static kern_return_t serve(const void *memory, size_t size) {
    static const kern_return_t codes[] = {KERN_SUCCESS, KERN_SUCCESS, KERN_FAILURE, MIG_NO_REPLY};
    for (size_t i = 0; i < size; i++) bytes ^= ((const uint8_t *)memory)[i];
    return codes[served & 3];
}

// Reads the old state and writes a new one, and says more than there is room for if so told.
static kern_return_t serve_state(const void *codes, size_t size, const void *old, unsigned old_count, void *state,
                                 unsigned *count) {
    MUST(*count == THREAD_STATE_MAX && old_count <= THREAD_STATE_MAX);
    (void)serve(old, old_count * sizeof(natural_t));
    *count = served & 4 ? THREAD_STATE_MAX : old_count;
    memset(state, served, *count * sizeof(natural_t));
    if (served & 8) *count = served & 16 ? THREAD_STATE_MAX + 1 : 0xffffffff;
    return serve(codes, size);
}

kern_return_t catch_exception_raise(mach_port_t port, mach_port_t thread, mach_port_t task, exception_type_t exception,
                                    exception_data_t codes, mach_msg_type_number_t count) {
    (void)port, (void)thread, (void)task, (void)exception;
    return serve(codes, count * sizeof(*codes));
}

kern_return_t catch_exception_raise_state(mach_port_t port, exception_type_t exception, const exception_data_t codes,
                                          mach_msg_type_number_t count, int *flavor, const thread_state_t old,
                                          mach_msg_type_number_t old_count, thread_state_t state,
                                          mach_msg_type_number_t *state_count) {
    (void)port, (void)exception, *flavor += 1;
    return serve_state(codes, count * sizeof(*codes), old, old_count, state, state_count);
}

kern_return_t catch_exception_raise_state_identity(mach_port_t port, mach_port_t thread, mach_port_t task,
                                                   exception_type_t exception, exception_data_t codes,
                                                   mach_msg_type_number_t count, int *flavor, thread_state_t old,
                                                   mach_msg_type_number_t old_count, thread_state_t state,
                                                   mach_msg_type_number_t *state_count) {
    (void)port, (void)thread, (void)task, (void)exception, *flavor += 1;
    return serve_state(codes, count * sizeof(*codes), old, old_count, state, state_count);
}

kern_return_t catch_mach_exception_raise(mach_port_t port, mach_port_t thread, mach_port_t task,
                                         exception_type_t exception, mach_exception_data_t codes,
                                         mach_msg_type_number_t count) {
    (void)port, (void)thread, (void)task, (void)exception;
    return serve(codes, count * sizeof(*codes));
}

kern_return_t catch_mach_exception_raise_state(mach_port_t port, exception_type_t exception,
                                               const mach_exception_data_t codes, mach_msg_type_number_t count,
                                               int *flavor, const thread_state_t old, mach_msg_type_number_t old_count,
                                               thread_state_t state, mach_msg_type_number_t *state_count) {
    (void)port, (void)exception, *flavor += 1;
    return serve_state(codes, count * sizeof(*codes), old, old_count, state, state_count);
}

kern_return_t catch_mach_exception_raise_state_identity(mach_port_t port, mach_port_t thread, mach_port_t task,
                                                        exception_type_t exception, mach_exception_data_t codes,
                                                        mach_msg_type_number_t count, int *flavor, thread_state_t old,
                                                        mach_msg_type_number_t old_count, thread_state_t state,
                                                        mach_msg_type_number_t *state_count) {
    (void)port, (void)thread, (void)task, (void)exception, *flavor += 1;
    return serve_state(codes, count * sizeof(*codes), old, old_count, state, state_count);
}

kern_return_t clock_alarm_reply(clock_reply_t port, kern_return_t code, alarm_type_t type, mach_timespec_t time) {
    (void)port, (void)code, (void)type;
    return serve(&time, sizeof(time));
}

// One routine is not defined: its notification is refused.
kern_return_t do_mach_notify_send_possible(mach_port_t notify, mach_port_name_t name) {
    return serve(&name, sizeof(notify));
}
kern_return_t do_mach_notify_port_destroyed(mach_port_t notify, mach_port_t rights) {
    return serve(&rights, sizeof(notify));
}
kern_return_t do_mach_notify_no_senders(mach_port_t notify, mach_port_mscount_t count) {
    return serve(&count, sizeof(notify));
}
kern_return_t do_mach_notify_send_once(mach_port_t notify) { return serve(&notify, sizeof(notify)); }
kern_return_t do_mach_notify_dead_name(mach_port_t notify, mach_port_name_t name) {
    return serve(&name, sizeof(notify));
}

static const struct server {
    boolean_t (*serve)(mach_msg_header_t *request, mach_msg_header_t *reply);
    mig_routine_t (*routine)(mach_msg_header_t *request);
    mach_msg_id_t ids[6];
} servers[] = {
    {exc_server, exc_server_routine, {2401, 2402, 2403, 2400, 2404, 2405}},
    {mach_exc_server, mach_exc_server_routine, {2405, 2406, 2407, 2404, 2408, 2401}},
    {notify_server, notify_server_routine, {65, 66, 69, 70, 71, 72}},
    {clock_reply_server, clock_reply_server_routine, {3125107, 3125107, 3125107, 3125107, 3125106, 3125108}},
};
static const struct server *server;

// The routine answers with a state: 2402, 2403, 2406, 2407.
static bool has_state(mach_msg_id_t id) { return id >= 2402 && id <= 2407 && id % 4 >= 2; }

// A request in the form that the server expects, as it is sent or as it arrives.
static void make_server_request(struct request *request, struct input *input, bool is_arrived) {
    mach_msg_id_t id = server->ids[next_byte(input) % COUNT_OF(server->ids)];
    bool is_wide = id >= 2405, is_exception = id >= 2400 && id <= 2408;
    unsigned rights = is_exception && id % 4 != 2 ? 2 : id == MACH_NOTIFY_PORT_DESTROYED ? 1 : 0;
    request->header.msgh_id = id;
    request->size = sizeof(mach_msg_header_t);
    if (rights != 0) {
        uint8_t disposition = is_arrived ? MACH_MSG_TYPE_PORT_SEND : MACH_MSG_TYPE_MAKE_SEND;
        if (rights == 1) disposition = MACH_MSG_TYPE_MOVE_RECEIVE;
        request->header.msgh_bits = MACH_MSGH_BITS_COMPLEX;
        put_word(request, rights);
        for (unsigned i = 0; i < rights; i++) {
            mach_msg_port_descriptor_t port = {.name = next_byte(input), .disposition = disposition};
            put(request, &port, sizeof(port));
        }
    }
    if (id == MACH_NOTIFY_SEND_ONCE || id == MACH_NOTIFY_PORT_DESTROYED) return;
    put(request, &NDR_record, sizeof(NDR_record));
    if (!is_exception) {
        unsigned words = id > 3000 ? 4 : 1;
        for (unsigned i = 0; i < words; i++) put_word(request, next_number(input));
        return;
    }
    uint8_t counts = next_byte(input);
    put_word(request, EXC_GUARD);
    put_word(request, counts & 3);
    for (unsigned i = 0; i < (counts & 3) * (is_wide ? 2u : 1u); i++) put_word(request, i);
    if (!has_state(id)) return;
    put_word(request, counts >> 2 & 3);
    unsigned words = counts >> 4 == 15 ? THREAD_STATE_MAX + 1 : counts >> 4;
    put_word(request, words);
    for (unsigned i = 0; i < words && i < 15; i++) put_word(request, i);
}

// The server gets a message from memory of its size, and has room for the largest reply alone (M22).
static void serve_directly(struct input *input) {
    struct request request = {.size = 0};
    uint8_t how = next_byte(input);
    if (how & 1) {
        make_bytes(&request, input);
        request.header.msgh_id = server->ids[how >> 1 & 3];
    } else {
        make_server_request(&request, input, true);
        if (how & 6) mutate(&request, input);
    }
    request.header.msgh_bits |= MACH_MSGH_BITS(next_byte(input) & 31, how & 31);
    request.header.msgh_remote_port = request.header.msgh_local_port = next_byte(input);
    request.header.msgh_size = request.size;
    mach_msg_header_t *message = malloc(request.size);
    mig_reply_error_t *reply =
        malloc(sizeof(*reply) + (has_state(request.header.msgh_id) ? THREAD_STATE_MAX + 2 : 0) * sizeof(natural_t));
    MUST(message != NULL && reply != NULL);
    memcpy(message, request.bytes, request.size);
    MUST(!server->serve(NULL, &reply->Head) && !server->serve(message, NULL) && server->routine(NULL) == NULL);
    bool is_known = server->routine(message) != NULL;
    MUST(server->serve(message, &reply->Head) == is_known);
    MUST(is_known || reply->RetCode == MIG_BAD_ID);
    MUST(reply->Head.msgh_bits == MACH_MSGH_BITS_REMOTE(request.header.msgh_bits));
    MUST(reply->Head.msgh_remote_port == request.header.msgh_remote_port);
    MUST(reply->Head.msgh_local_port == MACH_PORT_NULL && reply->Head.msgh_voucher_port == MACH_PORT_NULL);
    MUST(reply->Head.msgh_id == request.header.msgh_id + 100);
    if (has_state(request.header.msgh_id) && reply->RetCode == KERN_SUCCESS) {
        MUST(reply->Head.msgh_size >= 44 && reply->Head.msgh_size <= 44 + 4 * THREAD_STATE_MAX);
    } else {
        MUST(reply->Head.msgh_size == sizeof(*reply));
    }
    free(message);
    free(reply);
}

// What mach_msg_server_once calls: the memory of a request that is not destroyed is given back here.
static boolean_t demultiplex(mach_msg_header_t *request, mach_msg_header_t *reply) {
    boolean_t is_served = server->serve(request, reply);
    kern_return_t code = ((mig_reply_error_t *)reply)->RetCode;
    if (request->msgh_size >= sizeof(mach_msg_base_t))
        end_memory(request, code != KERN_SUCCESS && code != MIG_NO_REPLY);
    return is_served;
}

// The same by message.
static void serve_message(struct input *input) {
    struct request request = {.size = 0};
    uint8_t how = next_byte(input);
    make_server_request(&request, input, false);
    // What has come with a message that lost some of it is the program's, and unknown here: memory must not be lost.
    if (disturbance.kinds == 0 && how & 1) mutate(&request, input);
    if (is_creation(request.header.msgh_id) || is_allocation(request.header.msgh_id)) return;
    if (request.header.msgh_bits & MACH_MSGH_BITS_COMPLEX && request.size < 28) request.size = 28;
    tame_message(ASKER, request.bytes, request.size);
    mach_port_name_t port = MACH_PORT_NULL;
    if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) != KERN_SUCCESS) return;
    request.header.msgh_remote_port = port;
    request.header.msgh_local_port = how & 2 ? MACH_PORT_NULL : reply_port;
    request.header.msgh_bits |= MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND_ONCE, how & 2 ? 0 : MACH_MSG_TYPE_MAKE_SEND);
    mach_msg_return_t code = TRY(mach_msg(&request.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, request.size, 0,
                                          MACH_PORT_NULL, 0, MACH_PORT_NULL));
    if (has_message(code)) end_message(&request.header, false);
    mach_msg_options_t options = MACH_RCV_TIMEOUT | (how & 4 ? MACH_RCV_LARGE : 0);
    (void)TRY(mach_msg_server_once(demultiplex, how & 8 ? 8 : LARGEST_MESSAGE, port, options));
    receive_reply(&request, how & 16);
    (void)mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1);
}

// ---- What stubs and programs call

// A message that was not received: any rights, and memory that may go.
static void destroy_message(struct input *input) {
    struct request request = {.size = sizeof(mach_msg_base_t)};
    uint8_t how = next_byte(input), count = how & 3;
    request.header.msgh_remote_port = choose_name(ASKER, next_byte(input));
    request.header.msgh_local_port = choose_name(ASKER, next_byte(input));
    request.header.msgh_voucher_port = how & 0x80 ? choose_name(ASKER, how >> 2) : MACH_PORT_NULL;
    request.header.msgh_bits = MACH_MSGH_BITS_SET(choose_disposition(how >> 2), choose_disposition(how >> 3),
                                                  how & 0x80 ? MACH_MSG_TYPE_MOVE_SEND : 0, MACH_MSGH_BITS_COMPLEX);
    request.base.body.msgh_descriptor_count = count;
    for (unsigned i = 0; i < count; i++) {
        uint8_t kind = next_byte(input), value = next_byte(input);
        mach_msg_type_name_t disposition = choose_disposition(next_byte(input));
        if ((kind & 7) == MACH_MSG_OOL_DESCRIPTOR || (kind & 7) == MACH_MSG_OOL_PORTS_DESCRIPTOR) {
            unsigned pages = 1 + (value & 1);
            mach_port_name_t *memory = fresh_pages(pages, value & 2);
            mach_msg_ool_ports_descriptor_t ports = {.address = memory,
                                                     .deallocate = (kind & 8) != 0,
                                                     .disposition = disposition,
                                                     .type = kind & 7,
                                                     .count = value >> 2};
            for (unsigned j = 0; memory != NULL && j < 64; j++) memory[j] = choose_name(ASKER, (uint8_t)(value + j));
            if ((kind & 7) == MACH_MSG_OOL_DESCRIPTOR) ports.count = 4096 * pages - (value >> 2);
            if (memory == NULL) ports.count = 0;
            put(&request, &ports, sizeof(ports));
        } else if ((kind & 7) == MACH_MSG_GUARDED_PORT_DESCRIPTOR) {
            mach_msg_guarded_port_descriptor_t port = {.context = value & 0x80 ? GUARD : 0,
                                                       .flags = kind >> 3,
                                                       .disposition = disposition,
                                                       .type = kind & 7,
                                                       .name = choose_name(ASKER, value)};
            put(&request, &port, sizeof(port));
        } else {
            mach_msg_port_descriptor_t port = {
                .name = choose_name(ASKER, value), .disposition = disposition, .type = kind & 7};
            put(&request, &port, sizeof(port));
            // One that may be of 16 bytes.
            if ((kind & 7) == MACH_MSG_OOL_VOLATILE_DESCRIPTOR) put_word(&request, value);
        }
    }
    request.header.msgh_size = request.size;
    mach_msg_header_t *message = malloc(request.size);
    MUST(message != NULL);
    memcpy(message, request.bytes, request.size);
    begin_call();
    mach_msg_destroy(how & 4 && how & 8 ? NULL : message);
    end_call(KERN_SUCCESS);
    free(message);
}

static void copy_string(struct input *input) {
    uint8_t length = next_byte(input) & 31, room = next_byte(input) & 31, how = next_byte(input);
    char *source = malloc(length + 1u), *copy = malloc(room == 0 ? 1 : room);
    MUST(source != NULL && copy != NULL);
    for (unsigned i = 0; i < length; i++) source[i] = (char)next_byte(input);
    source[length] = 0;
    size_t wanted = strlen(source);
    int size = how & 1 ? -(int)room : room;
    bool fills = how & 2;
    if (how & 12) {
        char *to = how & 4 ? NULL : copy;
        const char *from = how & 8 ? NULL : source;
        MUST((fills ? mig_strncpy_zerofill(to, from, size) : mig_strncpy(to, from, size)) == 0);
    } else {
        memset(copy, 'x', room);
        int copied = fills ? mig_strncpy_zerofill(copy, source, size) : mig_strncpy(copy, source, size);
        int expected = size <= 0 ? 0 : wanted < (size_t)size ? (int)wanted + 1 : size;
        MUST(copied == expected);
        for (int i = 0; i < expected - 1; i++) MUST(copy[i] == source[i]);
        if (expected > 0) MUST(copy[expected - 1] == 0);
        for (int i = expected; i < size; i++) MUST(copy[i] == (fills ? 0 : 'x'));
    }
    const char *id = how & 0x10 ? NULL : source;
    (void)mach_host_special_port_for_id(id);
    (void)mach_task_special_port_for_id(id);
    (void)mach_thread_special_port_for_id(id);
    (void)mach_host_special_port_description((int)(int8_t)how);
    (void)mach_task_special_port_description((int)(int8_t)how);
    (void)mach_thread_special_port_description((int)(int8_t)how);
    free(source);
    free(copy);
}

static void set_up_reply(struct input *input) {
    mach_msg_header_t *request = calloc(1, sizeof(*request));
    mach_msg_header_t *reply = calloc(1, sizeof(*reply) + sizeof(NDR_record));
    MUST(request != NULL && reply != NULL);
    request->msgh_bits = next_word(input);
    request->msgh_local_port = next_number(input);
    request->msgh_id = (mach_msg_id_t)next_number(input);
    mig_reply_setup(NULL, reply);
    mig_reply_setup(request, NULL);
    mig_reply_setup(request, reply);
    MUST(reply->msgh_bits == MACH_MSGH_BITS_LOCAL(request->msgh_bits) && reply->msgh_size == 36);
    MUST(reply->msgh_remote_port == request->msgh_local_port && reply->msgh_local_port == MACH_PORT_NULL);
    MUST((uint32_t)reply->msgh_id == (uint32_t)request->msgh_id + 100);
    MUST(memcmp(reply + 1, &NDR_record, sizeof(NDR_record)) == 0);
    free(request);
    free(reply);
}

static void allocate_memory(struct input *input) {
    uint8_t how = next_byte(input);
    vm_size_t size = how & 0x80 ? UINT64_MAX - (how & 0x7f) * 1000u : how * 1000u;
    vm_address_t address = 1;
    begin_call();
    mig_allocate(&address, size);
    mig_allocate(NULL, size);
    end_call(KERN_SUCCESS);
    MUST(address != 1 && (address == 0 || !(how & 0x80)));
    if (address == 0) return;
    if (size != 0) memset((void *)address, how, size); // NOLINT
    mig_deallocate(address, size);
}

static void use_library(struct input *input) {
    uint8_t how = next_byte(input);
    server = &servers[how >> 3 & 3];
    served = next_byte(input);
    switch (how & 7) {
    case 0:
        set_up_reply(input);
        break;
    case 1:
        copy_string(input);
        break;
    case 2:
        allocate_memory(input);
        break;
    case 3:
        destroy_message(input);
        break;
    case 4:
    case 5:
        serve_message(input);
        break;
    default:
        serve_directly(input);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = begin_bytes(bytes, size);
    unsigned created = 0;
    if (size > 1024) return -1;
    begin_input(TASKS);
    MUST(mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &reply_port) == KERN_SUCCESS);
    for (unsigned i = 0; i < 2; i++) MUST(host_get_clock_service(names[ASKER][HOST], i, &clocks[i]) == KERN_SUCCESS);
    for (unsigned i = 0; i < STEPS && input.left > 0; i++) {
        static struct request request;
        memset(&request, 0, sizeof(request));
        uint8_t how = next_byte(&input);
        if (how & 64) disturb(next_byte(&input));
        if (how & 128) {
            use_library(&input);
            calm();
            continue;
        }
        request.target = 1 + (how & 1);
        if (how & 2) {
            make_bytes(&request, &input);
        } else {
            make_request(&request, &input);
            if (how & 12) mutate(&request, &input);
        }
        tame_request(&request);
        choose_ports(&request, &input);
        if (is_creation(request.header.msgh_id) && created++ == 4) break;
        if (request.header.msgh_bits & MACH_MSGH_BITS_COMPLEX && request.size < 28) request.size = 28;
        // A task whose reply is lost would live for ever, and memory would stay.
        if (is_creation(request.header.msgh_id) || is_allocation(request.header.msgh_id)) calm();
        mach_msg_header_t *message = malloc(request.size);
        MUST(message != NULL);
        memcpy(message, request.bytes, request.size);
        mach_msg_return_t code = TRY(mach_msg(message, MACH_SEND_MSG | MACH_SEND_TIMEOUT, request.size, 0,
                                              MACH_PORT_NULL, choose_timeout(), MACH_PORT_NULL));
        if (has_message(code)) end_message(message, how & 16);
        free(message);
        receive_reply(&request, how & 16);
        calm();
        // It may have given away its own name for itself.
        if (!is_alive()) break;
        if (how & 32) {
            unsigned char any[LARGEST_MESSAGE] = {0};
            (void)call(any, MACH_RCV_MSG, 0, LARGEST_MESSAGE, choose_name(ASKER, how >> 5), how);
        }
    }
    end_input();
    return 0;
}

// An input is a sequence of requests by message to ports that the kernel serves: well-formed ones with a field changed,
// or any bytes; and to ports that are none of these. The first task asks, the two others and what they share are asked.
#include "fuzz_support.h"

#include <mach/ndr.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { STEPS = 24, LARGEST = 512, ASKER = 0 };

// What a request carries before its arguments.
enum carried { NOTHING, RIGHT, SEND_RIGHT, ONCE_RIGHT, SEND_RIGHTS, OPTIONS };

// Requests: id, arguments (n: a name of the task that is asked, v: a number, w: a wide number, a: an address, s: a size
// of memory, f: flags of vm_allocate, d: a disposition, q: mach_port_qos, x: an array behind its count), what they carry.
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
    {415, "m", NOTHING},       {416, "mvv", SEND_RIGHT},
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
    const struct routine *routine = &routines[next_byte(input) % COUNT_OF(routines)];
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
    put(request, &NDR_record, sizeof(NDR_record));
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
        destination = id / 100 == 4 ? HOST : id / 100 == 36 ? THREAD : selector & 1 ? NEXT_TASK : LAST_TASK;
    }
    request->target = destination == LAST_TASK ? 2 : 1;
    mach_port_name_t remote = names[ASKER][destination], local = reply_port;
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
    while (mach_msg(&reply.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(reply), reply_port, 0, MACH_PORT_NULL) ==
           MACH_MSG_SUCCESS) {
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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = {bytes, size};
    unsigned created = 0;
    if (size > 1024) return -1;
    begin_input(TASKS);
    MUST(mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &reply_port) == KERN_SUCCESS);
    for (unsigned i = 0; i < STEPS && input.left > 0; i++) {
        static struct request request;
        memset(&request, 0, sizeof(request));
        uint8_t how = next_byte(&input);
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
        mach_msg_header_t *message = malloc(request.size);
        MUST(message != NULL);
        memcpy(message, request.bytes, request.size);
        mach_msg_return_t code =
            mach_msg(message, MACH_SEND_MSG | MACH_SEND_TIMEOUT, request.size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
        if (has_message(code)) end_message(message, how & 16);
        free(message);
        receive_reply(&request, how & 16);
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

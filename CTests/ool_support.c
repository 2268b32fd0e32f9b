// Messages with descriptors of any kind, and memory whose place and contents can be asked about.
#include "ool_support.h"

// ---- Messages

void begin_carrier(struct carrier *message, mach_port_t destination, mach_msg_id_t id) {
    memset(message, 0, sizeof(*message));
    message->header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    message->header.msgh_size = sizeof(mach_msg_base_t);
    message->header.msgh_remote_port = destination;
    message->header.msgh_id = id;
}

void set_carrier_reply(struct carrier *message, mach_port_t reply, mach_msg_type_name_t disposition) {
    message->header.msgh_local_port = reply;
    message->header.msgh_bits |= disposition << 8;
}

static void *append(struct carrier *message, mach_msg_size_t size) {
    assert_true(message->header.msgh_size + size <= sizeof(*message));
    void *descriptor = (char *)message + message->header.msgh_size;
    message->header.msgh_size += size;
    message->body.msgh_descriptor_count++;
    return descriptor;
}

mach_msg_ool_descriptor_t *add_memory(struct carrier *message, const void *address, mach_msg_size_t size) {
    mach_msg_ool_descriptor_t *it = append(message, sizeof(*it));
    it->address = (void *)(uintptr_t)address;
    it->size = size;
    it->copy = MACH_MSG_VIRTUAL_COPY;
    it->type = MACH_MSG_OOL_DESCRIPTOR;
    return it;
}

mach_msg_ool_ports_descriptor_t *add_array(struct carrier *message, const mach_port_t *names, mach_msg_size_t count,
                                           mach_msg_type_name_t disposition) {
    mach_msg_ool_ports_descriptor_t *it = append(message, sizeof(*it));
    it->address = (void *)(uintptr_t)names;
    it->count = count;
    it->copy = MACH_MSG_VIRTUAL_COPY;
    it->disposition = disposition & 0xff;
    it->type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
    return it;
}

mach_msg_port_descriptor_t *add_right(struct carrier *message, mach_port_t name, mach_msg_type_name_t disposition) {
    mach_msg_port_descriptor_t *it = append(message, sizeof(*it));
    it->name = name;
    it->disposition = disposition & 0xff;
    it->type = MACH_MSG_PORT_DESCRIPTOR;
    return it;
}

mach_msg_type_descriptor_t *descriptor_at(struct carrier *message, unsigned index) {
    unsigned char *at = message->bytes;
    assert_true(index < message->body.msgh_descriptor_count);
    for (unsigned i = 0; i < index; i++)
        at += ((mach_msg_type_descriptor_t *)at)->type == MACH_MSG_PORT_DESCRIPTOR ? sizeof(mach_msg_port_descriptor_t)
                                                                                   : sizeof(mach_msg_ool_descriptor_t);
    return (mach_msg_type_descriptor_t *)at;
}

mach_msg_ool_descriptor_t *memory_at(struct carrier *message, unsigned index) {
    mach_msg_type_descriptor_t *it = descriptor_at(message, index);
    assert_true(it->type == MACH_MSG_OOL_DESCRIPTOR || it->type == MACH_MSG_OOL_VOLATILE_DESCRIPTOR);
    return (mach_msg_ool_descriptor_t *)it;
}

mach_msg_ool_ports_descriptor_t *array_at(struct carrier *message, unsigned index) {
    mach_msg_type_descriptor_t *it = descriptor_at(message, index);
    assert_int_equal(it->type, MACH_MSG_OOL_PORTS_DESCRIPTOR);
    return (mach_msg_ool_ports_descriptor_t *)it;
}

mach_msg_port_descriptor_t *right_at(struct carrier *message, unsigned index) {
    mach_msg_type_descriptor_t *it = descriptor_at(message, index);
    assert_int_equal(it->type, MACH_MSG_PORT_DESCRIPTOR);
    return (mach_msg_port_descriptor_t *)it;
}

mach_msg_return_t send_carrier(struct carrier *message) {
    struct carrier before = *message;
    mach_msg_return_t code = mach_msg(&message->header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, message->header.msgh_size, 0,
                                      MACH_PORT_NULL, 0, MACH_PORT_NULL);
    if (code == MACH_MSG_SUCCESS) assert_memory_equal(&before, message, sizeof(before));
    return code;
}

mach_msg_return_t receive_carrier(mach_port_t name, struct carrier *message) {
    fill_untouched(message, sizeof(*message));
    return mach_msg(&message->header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(*message), name, 0, MACH_PORT_NULL);
}

void check_bad_body(struct carrier *message, mach_msg_return_t code, const char *file, int line) {
    struct carrier before = *message;
    uint64_t messages = live_messages(), regions = live_regions();
    support_assert_code(send_carrier(message), code, "sending a bad body", file, line);
    _assert_memory_equal(&before, message, sizeof(before), file, line);
    _assert_int_equal(live_messages(), messages, file, line);
    _assert_int_equal(live_regions(), regions, file, line);
}

// ---- Memory

void *far_place(size_t size) {
    static char *next;
    if (next == NULL) {
        // The system takes from the top of a gap: the bottom of a wide one stays free.
        size_t wide = (size_t)128 << 30;
        char *gap = mmap(NULL, wide, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        assert_ptr_not_equal(gap, MAP_FAILED);
        munmap(gap, wide);
        next = gap + (-(uintptr_t)gap & 0x1fffff);
    }
    char *place = next;
    next += (size + 0x3fffff) & ~(size_t)0x1fffff; // on a 2 MiB boundary, with at least that much free behind it
    return place;
}

void *map_private(size_t size) {
    void *memory = mmap(far_place(size), size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    return memory;
}

void *allocate(size_t size) {
    vm_address_t address = (vm_address_t)far_place(size);
    assert_success(vm_allocate(SELF, &address, size, VM_FLAGS_FIXED));
    return (void *)address;
}

void deallocate(const void *address, size_t size) { assert_success(vm_deallocate(SELF, (vm_address_t)address, size)); }

size_t mapped_pages(const void *address, size_t size) {
    size_t count = 0;
    uintptr_t end = (uintptr_t)address + size;
    for (uintptr_t page = (uintptr_t)address & ~(PAGE - 1); page < end; page += PAGE)
        if (msync((void *)page, PAGE, MS_ASYNC) == 0) count++;
    return count;
}

static unsigned char pattern(size_t i, unsigned seed) { return (unsigned char)(i * 7 + (i >> 8) * 13 + seed); }

void fill_pattern(void *memory, size_t size, unsigned seed) {
    unsigned char *bytes = memory;
    for (size_t i = 0; i < size; i++) bytes[i] = pattern(i, seed);
}

void check_pattern(const void *memory, size_t size, unsigned seed, const char *file, int line) {
    const unsigned char *bytes = memory;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == pattern(i, seed)) continue;
        print_error("byte %zu of %zu is 0x%02x, should be 0x%02x\n", i, size, bytes[i], pattern(i, seed));
        _fail(file, line);
    }
}

void check_all(const void *memory, size_t size, unsigned char value, const char *file, int line) {
    const unsigned char *bytes = memory;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == value) continue;
        print_error("byte %zu of %zu is 0x%02x, should be 0x%02x\n", i, size, bytes[i], value);
        _fail(file, line);
    }
}

uint64_t live_regions(void) {
    mach_linux_statistics_data_t now;
    mach_linux_statistics(&now);
    return now.memory_regions;
}

// Memory and arrays of ports that go along with a message, beside what a program would use instead.
#include "fresh_pages.hpp"
#include "mach.hpp"
#include "row.hpp"

#include <cstdint>
#include <cstring>
#include <vector>

namespace {

// A message of one descriptor, and the room for its trailer.
template <typename Descriptor> struct Message {
    mach_msg_header_t header;
    mach_msg_body_t body;
    Descriptor descriptor;
    mach_msg_trailer_t trailer;
};

// Sends a message with `descriptor` to a port of this thread's; `descriptor` becomes the one that arrives.
template <typename Descriptor> void pass(Descriptor &descriptor, mach_port_t port) {
    Message<Descriptor> message;
    constexpr size_t size = sizeof(message) - sizeof(message.trailer);
    message.body.msgh_descriptor_count = 1;
    message.descriptor = descriptor;
    send(message.header, size, MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX, port);
    receive(message.header, size, port);
    descriptor = message.descriptor;
}

mach_msg_ool_descriptor_t memory_descriptor(void *address, size_t size, bool deallocate) {
    mach_msg_ool_descriptor_t descriptor{};
    descriptor.address = address;
    descriptor.size = static_cast<mach_msg_size_t>(size);
    descriptor.deallocate = deallocate;
    descriptor.copy = MACH_MSG_VIRTUAL_COPY;
    descriptor.type = MACH_MSG_OOL_DESCRIPTOR;
    return descriptor;
}

void give_back(void *address, size_t size) {
    vm_deallocate(mach_task_self(), reinterpret_cast<vm_address_t>(address), size);
}

// Memory that stays with its sender; the receiver gives its own back.
void copy_memory(benchmark::State &state, size_t size) {
    FreshPages source(size);
    memset(source.address(), 'x', size);
    mach_port_t port = make_port_with_send_right();
    for (auto _ : state) {
        auto descriptor = memory_descriptor(source.address(), size, false);
        pass(descriptor, port);
        give_back(descriptor.address, size);
    }
    destroy(port);
}

void copy_into_fresh_pages(benchmark::State &state, size_t size) {
    FreshPages source(size);
    memset(source.address(), 'x', size);
    for (auto _ : state) {
        FreshPages copy(size);
        memcpy(copy.address(), source.address(), size);
        benchmark::ClobberMemory();
    }
}

// Memory that leaves its sender: what was received is sent on.
void move_memory(benchmark::State &state, size_t size) {
    vm_address_t address = 0;
    check(vm_allocate(mach_task_self(), &address, size, VM_FLAGS_ANYWHERE), "vm_allocate");
    auto descriptor = memory_descriptor(reinterpret_cast<void *>(address), size, true);
    memset(descriptor.address, 'x', size);
    mach_port_t port = make_port_with_send_right();
    for (auto _ : state) {
        descriptor.deallocate = true;
        pass(descriptor, port);
    }
    destroy(port);
    give_back(descriptor.address, size);
}

// Ports whose send rights go along with messages. Each arrival is one reference more to the port's name; giving it back
// counts too. The time is that of one port.
class Travellers {
  public:
    explicit Travellers(size_t count) {
        while (names.size() < count) names.push_back(make_port_with_send_right());
    }
    ~Travellers() {
        for (mach_port_t name : names) destroy(name);
    }
    Travellers(const Travellers &) = delete;
    Travellers &operator=(const Travellers &) = delete;

    std::vector<mach_port_t> names;
};

constexpr size_t port_count = 1000;

void ports_in_one_message(benchmark::State &state) {
    Travellers travellers(port_count);
    mach_port_t port = make_port_with_send_right();
    while (state.KeepRunningBatch(port_count)) {
        mach_msg_ool_ports_descriptor_t array{};
        array.address = travellers.names.data();
        array.count = static_cast<mach_msg_size_t>(port_count);
        array.copy = MACH_MSG_VIRTUAL_COPY;
        array.disposition = MACH_MSG_TYPE_COPY_SEND;
        array.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
        pass(array, port);
        auto *received = static_cast<mach_port_t *>(array.address);
        for (size_t i = 0; i < port_count; i++) mach_port_deallocate(mach_task_self(), received[i]);
        give_back(received, port_count * sizeof(*received));
    }
    destroy(port);
}

void ports_in_a_message_each(benchmark::State &state) {
    Travellers travellers(port_count);
    mach_port_t port = make_port_with_send_right();
    while (state.KeepRunningBatch(port_count)) {
        for (mach_port_t name : travellers.names) {
            mach_msg_port_descriptor_t right{};
            right.name = name;
            right.disposition = MACH_MSG_TYPE_COPY_SEND;
            right.type = MACH_MSG_PORT_DESCRIPTOR;
            pass(right, port);
            mach_port_deallocate(mach_task_self(), right.name);
        }
    }
    destroy(port);
}

constexpr size_t memory_sizes[] = {4 << 10, 64 << 10, 1 << 20, 16 << 20, 64 << 20, 256 << 20};

const Rows rows([] {
    for (size_t size : memory_sizes) {
        add_row(row_name("memory", "copied", size), [size](benchmark::State &state) { copy_memory(state, size); });
        add_row(row_name("memory", "mmap+memcpy", size),
                [size](benchmark::State &state) { copy_into_fresh_pages(state, size); });
    }
    for (size_t size : memory_sizes) {
        add_row(row_name("memory", "moved", size), [size](benchmark::State &state) {
            move_memory(state, size);
        })->Iterations(5000); // so that the memory is filled once
    }
    add_row("ports/one message", ports_in_one_message);
    add_row("ports/a message each", ports_in_a_message_each);
});

} // namespace

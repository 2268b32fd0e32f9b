// What memory and arrays of ports cost that go along with a message, and what a port's file descriptor costs; each beside
// what a program would use instead.
#include <benchmark/benchmark.h>

#include <mach/mach.h>
#include <mach/mach_linux.h>

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace {

mach_port_t make_port_with_send_right() {
    mach_port_t port = MACH_PORT_NULL;
    mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port);
    mach_port_insert_right(mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND);
    return port;
}

// A message of one descriptor.
template <typename Content> struct Outgoing {
    mach_msg_header_t header;
    mach_msg_body_t body;
    Content content;
};

template <typename Content> struct Incoming : Outgoing<Content> { mach_msg_trailer_t trailer; };

template <typename Content> Outgoing<Content> message_to(mach_port_t port, const Content &content) {
    Outgoing<Content> message{};
    message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    message.header.msgh_size = sizeof(message);
    message.header.msgh_remote_port = port;
    message.body.msgh_descriptor_count = 1;
    message.content = content;
    return message;
}

template <typename Content> bool send_and_receive(Outgoing<Content> &out, Incoming<Content> &in, mach_port_t port) {
    return mach_msg(&out.header, MACH_SEND_MSG, sizeof(out), 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE,
                    MACH_PORT_NULL) == MACH_MSG_SUCCESS &&
           mach_msg(&in.header, MACH_RCV_MSG, 0, sizeof(in), port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL) ==
               MACH_MSG_SUCCESS;
}

// Fresh pages of the program's; null where there are none.
void *map(size_t size) {
    void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
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

// Memory that stays with its sender; the receiver gives its own back.
void memory_copied(benchmark::State &state) {
    const auto size = static_cast<size_t>(state.range(0));
    void *source = map(size);
    if (source == nullptr) return state.SkipWithError("no memory");
    memset(source, 'x', size);
    mach_port_t port = make_port_with_send_right();
    auto outgoing = message_to(port, memory_descriptor(source, size, false));
    Incoming<mach_msg_ool_descriptor_t> incoming;
    for (auto _ : state) {
        if (!send_and_receive(outgoing, incoming, port)) state.SkipWithError("no message");
        vm_deallocate(mach_task_self(), reinterpret_cast<vm_address_t>(incoming.content.address), size);
    }
    mach_port_destroy(mach_task_self(), port);
    munmap(source, size);
}
BENCHMARK(memory_copied)->Name("memory/copied")->Arg(4 << 10)->Arg(1 << 20)->Arg(64 << 20)->UseRealTime();

void copy_into_fresh_pages(benchmark::State &state) {
    const auto size = static_cast<size_t>(state.range(0));
    void *source = map(size);
    if (source == nullptr) return state.SkipWithError("no memory");
    memset(source, 'x', size);
    for (auto _ : state) {
        void *copy = map(size);
        if (copy == nullptr) {
            state.SkipWithError("no memory");
            continue;
        }
        memcpy(copy, source, size);
        benchmark::DoNotOptimize(copy);
        benchmark::ClobberMemory();
        munmap(copy, size);
    }
    munmap(source, size);
}
BENCHMARK(copy_into_fresh_pages)->Name("mmap+memcpy")->Arg(4 << 10)->Arg(1 << 20)->Arg(64 << 20)->UseRealTime();

// Memory that leaves its sender: what was received is sent on.
void memory_moved(benchmark::State &state) {
    const auto size = static_cast<size_t>(state.range(0));
    vm_address_t address = 0;
    if (vm_allocate(mach_task_self(), &address, size, VM_FLAGS_ANYWHERE) != KERN_SUCCESS) {
        return state.SkipWithError("no memory");
    }
    auto *memory = reinterpret_cast<void *>(address);
    memset(memory, 'x', size);
    mach_port_t port = make_port_with_send_right();
    auto outgoing = message_to(port, memory_descriptor(memory, size, true));
    Incoming<mach_msg_ool_descriptor_t> incoming{};
    for (auto _ : state) {
        if (!send_and_receive(outgoing, incoming, port)) state.SkipWithError("no message");
        outgoing.content.address = incoming.content.address;
    }
    mach_port_destroy(mach_task_self(), port);
    vm_deallocate(mach_task_self(), reinterpret_cast<vm_address_t>(outgoing.content.address), size);
}
BENCHMARK(memory_moved)->Name("memory/moved")->Arg(4 << 10)->Arg(64 << 20)->UseRealTime();

// Ports whose send rights go along with messages. Each arrival is one reference more to the port's name; giving it back
// counts too.
class Travellers {
  public:
    std::vector<mach_port_t> names;

    explicit Travellers(int64_t count) {
        while (static_cast<int64_t>(names.size()) < count) names.push_back(make_port_with_send_right());
    }
    ~Travellers() {
        for (mach_port_t name : names) mach_port_destroy(mach_task_self(), name);
    }
    Travellers(const Travellers &) = delete;
    Travellers &operator=(const Travellers &) = delete;

    // Lets the report tell the time of one port.
    void report(benchmark::State &state) const {
        using benchmark::Counter;
        state.counters["time_per_port"] =
            Counter(static_cast<double>(names.size()), Counter::kIsIterationInvariantRate | Counter::kInvert);
    }
};

void ports_in_one_message(benchmark::State &state) {
    Travellers travellers(state.range(0));
    mach_port_t port = make_port_with_send_right();
    mach_msg_ool_ports_descriptor_t array{};
    array.address = travellers.names.data();
    array.count = static_cast<mach_msg_size_t>(travellers.names.size());
    array.copy = MACH_MSG_VIRTUAL_COPY;
    array.disposition = MACH_MSG_TYPE_COPY_SEND;
    array.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
    auto outgoing = message_to(port, array);
    Incoming<mach_msg_ool_ports_descriptor_t> incoming{};
    for (auto _ : state) {
        if (!send_and_receive(outgoing, incoming, port)) {
            state.SkipWithError("no message");
            continue;
        }
        auto *received = static_cast<mach_port_t *>(incoming.content.address);
        const mach_msg_size_t count = incoming.content.count;
        for (mach_msg_size_t i = 0; i < count; i++) mach_port_deallocate(mach_task_self(), received[i]);
        vm_deallocate(mach_task_self(), reinterpret_cast<vm_address_t>(received), count * sizeof(*received));
    }
    travellers.report(state);
    mach_port_destroy(mach_task_self(), port);
}
BENCHMARK(ports_in_one_message)->Name("ports/one message")->Arg(1000)->UseRealTime();

void ports_in_a_message_each(benchmark::State &state) {
    Travellers travellers(state.range(0));
    mach_port_t port = make_port_with_send_right();
    mach_msg_port_descriptor_t right{};
    right.disposition = MACH_MSG_TYPE_COPY_SEND;
    right.type = MACH_MSG_PORT_DESCRIPTOR;
    auto outgoing = message_to(port, right);
    Incoming<mach_msg_port_descriptor_t> incoming{};
    for (auto _ : state) {
        for (mach_port_t name : travellers.names) {
            outgoing.content.name = name;
            if (!send_and_receive(outgoing, incoming, port)) state.SkipWithError("no message");
            mach_port_deallocate(mach_task_self(), incoming.content.name);
        }
    }
    travellers.report(state);
    mach_port_destroy(mach_task_self(), port);
}
BENCHMARK(ports_in_a_message_each)->Name("ports/a message each")->Arg(1000)->UseRealTime();

// As port/send+receive, on a port that a program watches: each message is an event that begins and ends.
void send_and_receive_watched(benchmark::State &state) {
    struct {
        mach_msg_header_t header;
        char payload[64];
        mach_msg_trailer_t trailer;
    } outgoing{}, incoming{};
    constexpr mach_msg_size_t size = sizeof(outgoing) - sizeof(outgoing.trailer);
    mach_port_t port = make_port_with_send_right();
    int descriptor = -1;
    if (mach_linux_port_fd(mach_task_self(), port, &descriptor) != KERN_SUCCESS) {
        return state.SkipWithError("no descriptor");
    }
    outgoing.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
    outgoing.header.msgh_size = size;
    outgoing.header.msgh_remote_port = port;
    for (auto _ : state) {
        if (mach_msg(&outgoing.header, MACH_SEND_MSG, size, 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL) !=
                MACH_MSG_SUCCESS ||
            mach_msg(&incoming.header, MACH_RCV_MSG, 0, sizeof(incoming), port, MACH_MSG_TIMEOUT_NONE,
                     MACH_PORT_NULL) != MACH_MSG_SUCCESS) {
            state.SkipWithError("no message");
        }
    }
    mach_port_destroy(mach_task_self(), port);
    close(descriptor);
}
BENCHMARK(send_and_receive_watched)->Name("port/send+receive, watched")->UseRealTime();

void eventfd_write_and_read(benchmark::State &state) {
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event < 0) return state.SkipWithError("no eventfd");
    uint64_t out = 1, in = 0;
    for (auto _ : state) {
        if (write(event, &out, sizeof(out)) != sizeof(out) || read(event, &in, sizeof(in)) != sizeof(in)) {
            state.SkipWithError("no event");
        }
    }
    close(event);
}
BENCHMARK(eventfd_write_and_read)->Name("eventfd/write+read")->UseRealTime();

} // namespace

// What ports cost: making and dropping rights, messages on a port and through sets, calls between two threads, memory.
#include <benchmark/benchmark.h>

#include <mach/mach.h>
#include <mach/mach_linux.h>

#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

namespace {

constexpr mach_msg_size_t payload_size = 64;

struct Outgoing {
    mach_msg_header_t header;
    char payload[payload_size];
};

struct Incoming {
    mach_msg_header_t header;
    char payload[payload_size];
    mach_msg_trailer_t trailer;
};

mach_port_t make_port() {
    mach_port_t port = MACH_PORT_NULL;
    mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port);
    return port;
}

mach_port_t make_port_with_send_right() {
    mach_port_t port = make_port();
    mach_port_insert_right(mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND);
    return port;
}

Outgoing message_to(mach_port_t port) {
    Outgoing message{};
    message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
    message.header.msgh_size = sizeof(message);
    message.header.msgh_remote_port = port;
    memset(message.payload, 'x', sizeof(message.payload));
    return message;
}

mach_msg_return_t send(Outgoing &message) {
    return mach_msg(&message.header, MACH_SEND_MSG, sizeof(message), 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE,
                    MACH_PORT_NULL);
}

mach_msg_return_t receive(Incoming &message, mach_port_t name) {
    return mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), name, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
}

void allocate_and_destroy(benchmark::State &state) {
    for (auto _ : state) {
        mach_port_t port = make_port();
        if (mach_port_destroy(mach_task_self(), port) != KERN_SUCCESS) state.SkipWithError("no port");
    }
}
BENCHMARK(allocate_and_destroy)->Name("port/allocate+destroy")->UseRealTime();

void insert_and_deallocate(benchmark::State &state) {
    mach_port_t port = make_port();
    for (auto _ : state) {
        kern_return_t inserted = mach_port_insert_right(mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND);
        kern_return_t dropped = mach_port_deallocate(mach_task_self(), port);
        if (inserted != KERN_SUCCESS || dropped != KERN_SUCCESS) state.SkipWithError("no right");
    }
    mach_port_destroy(mach_task_self(), port);
}
BENCHMARK(insert_and_deallocate)->Name("port/insert+deallocate")->UseRealTime();

void send_and_receive(benchmark::State &state) {
    mach_port_t port = make_port_with_send_right();
    Outgoing outgoing = message_to(port);
    Incoming incoming;
    for (auto _ : state) {
        if (send(outgoing) != MACH_MSG_SUCCESS || receive(incoming, port) != MACH_MSG_SUCCESS) {
            state.SkipWithError("no message");
        }
    }
    mach_port_destroy(mach_task_self(), port);
}
BENCHMARK(send_and_receive)->Name("port/send+receive")->UseRealTime();

// A set of so many members. With `in_turn` every message goes to the next member, otherwise all go to one in the
// middle: the difference is what the processor's caches make of the members, not the set.
void through_a_set(benchmark::State &state, bool in_turn) {
    mach_port_t set = MACH_PORT_NULL;
    mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_PORT_SET, &set);
    std::vector<mach_port_t> members(static_cast<size_t>(state.range(0)));
    for (mach_port_t &member : members) {
        member = make_port_with_send_right();
        mach_port_insert_member(mach_task_self(), member, set);
    }
    size_t next = members.size() / 2;
    Outgoing outgoing = message_to(members[next]);
    Incoming incoming;
    for (auto _ : state) {
        if (in_turn) {
            next = next + 1 == members.size() ? 0 : next + 1;
            outgoing.header.msgh_remote_port = members[next];
        }
        if (send(outgoing) != MACH_MSG_SUCCESS || receive(incoming, set) != MACH_MSG_SUCCESS) {
            state.SkipWithError("no message");
        }
    }
    for (mach_port_t member : members) mach_port_destroy(mach_task_self(), member);
    mach_port_destroy(mach_task_self(), set);
}
BENCHMARK_CAPTURE(through_a_set, one_member, false)->Name("set/send+receive")->Arg(1)->Arg(10000)->UseRealTime();
BENCHMARK_CAPTURE(through_a_set, in_turn, true)->Name("set/send+receive, in turn")->Arg(10000)->UseRealTime();

constexpr mach_msg_id_t stop = -1;

// Answers every message with one of the same size until told to stop.
void serve(mach_port_t port) {
    Incoming message;
    mach_msg_return_t code = receive(message, port);
    while (code == MACH_MSG_SUCCESS && message.header.msgh_id != stop) {
        message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
        message.header.msgh_local_port = MACH_PORT_NULL;
        code = mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, sizeof(Outgoing), sizeof(message), port,
                        MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
    }
}

void call_between_two_threads(benchmark::State &state) {
    mach_port_t service = make_port_with_send_right(), reply_port = make_port();
    std::thread server(serve, service);
    Incoming message{};
    for (auto _ : state) {
        message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
        message.header.msgh_remote_port = service;
        message.header.msgh_local_port = reply_port;
        message.header.msgh_id = 1;
        mach_msg_return_t code = mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, sizeof(Outgoing),
                                          sizeof(message), reply_port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
        if (code != MACH_MSG_SUCCESS) state.SkipWithError("no answer");
    }
    Outgoing last = message_to(service);
    last.header.msgh_id = stop;
    send(last);
    server.join();
    mach_port_destroy(mach_task_self(), service);
    mach_port_destroy(mach_task_self(), reply_port);
}
BENCHMARK(call_between_two_threads)->Name("port/call, two threads")->UseRealTime();

double resident_bytes() {
    long pages = 0;
    if (FILE *file = fopen("/proc/self/statm", "r")) {
        if (fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
        fclose(file);
    }
    return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double heap_bytes() {
    struct mallinfo2 heap = mallinfo2();
    return static_cast<double>(heap.uordblks + heap.hblkhd);
}

// Allocates a million ports; the time is for all of them. Memory is counted as the system sees it and as malloc does.
void a_million_ports(benchmark::State &state) {
    constexpr size_t count = 1000000;
    std::vector<mach_port_t> ports(count);
    mach_linux_trim();
    malloc_trim(0);
    double resident = resident_bytes(), heap = heap_bytes();
    for (auto _ : state) {
        for (mach_port_t &port : ports) port = make_port();
    }
    if (ports.back() == MACH_PORT_NULL) state.SkipWithError("no port");
    state.counters["resident_bytes_per_port"] = (resident_bytes() - resident) / count;
    state.counters["heap_bytes_per_port"] = (heap_bytes() - heap) / count;
    for (mach_port_t port : ports) mach_port_destroy(mach_task_self(), port);
    mach_linux_trim();
}
BENCHMARK(a_million_ports)
    ->Name("port/a million")
    ->Iterations(1)
    ->Repetitions(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

} // namespace

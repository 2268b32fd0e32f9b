// The CPU time of threads that mostly wait: calls with pauses between them, and one receive for long.
#include "cpus.hpp"
#include "peers/peers.hpp"
#include "row.hpp"
#include "service.hpp"

#include <time.h>

#include <chrono>
#include <thread>

namespace {

// A call each millisecond: both sides' waits are far longer than any spin.
template <typename Peer> void call_now_and_then(benchmark::State &state) {
    Service<Peer> service(peers::usual_size, 1);
    double server_time = 0;
    std::thread server([&] {
        const double beginning = thread_cpu_time();
        service.serve();
        server_time = thread_cpu_time() - beginning;
    });
    double client_time;
    {
        typename Service<Peer>::Client client(service, 0);
        client.call();
        const double beginning = thread_cpu_time();
        auto next = std::chrono::steady_clock::now();
        for (auto _ : state) {
            client.call();
            std::this_thread::sleep_until(next += std::chrono::milliseconds(1));
        }
        client_time = thread_cpu_time() - beginning;
    }
    service.stop();
    server.join();
    state.counters["CPU time"] = (client_time + server_time) / static_cast<double>(state.iterations());
}

void receive_in_vain(benchmark::State &state) {
    mach_port_t port = make_port();
    Buffer message(peers::usual_size);
    const double beginning = thread_cpu_time();
    for (auto _ : state) {
        mach_msg(&message.header(), MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, peers::usual_size, port, 50, MACH_PORT_NULL);
    }
    state.counters["CPU time"] = (thread_cpu_time() - beginning) / static_cast<double>(state.iterations());
    destroy(port);
}

const Rows rows([] {
    for_each(peers::List<peers::Port, peers::FutexSlot, peers::ConditionQueue, peers::ZeroMQ>{}, [](auto peer) {
        using Peer = typename decltype(peer)::type;
        add_row(row_name("call each ms", Peer::name), call_now_and_then<Peer>)->Iterations(50);
    });
    add_row("receive in vain for 50 ms/mach", receive_in_vain)->Iterations(1);
});

} // namespace

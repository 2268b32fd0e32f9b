// Calls between two threads, and the CPU time that both use for one.
#include "cpus.hpp"
#include "peers/peers.hpp"
#include "row.hpp"
#include "service.hpp"

#include <atomic>
#include <optional>
#include <thread>

namespace {

// Where client and server run.
struct Placement {
    const char *name;
    std::optional<size_t> client, server; // the place among the CPUs; none leaves it to the system
    bool is_loaded = false;               // by a thread on each CPU that only runs
};

const Placement any_cpu{"any CPU", {}, {}}, two_cpus{"two CPUs", 0, 1}, one_cpu{"one CPU", 0, 0},
    loaded{"loaded", {}, {}, true};

template <typename Peer> void call(benchmark::State &state, size_t size, const Placement &placement) {
    if (placement.server) require_cpus(*placement.server + 1);
    Load load(placement.is_loaded);
    Service<Peer> service(size, 1);
    double server_time = 0;
    std::thread server([&] {
        Pinned here(placement.server);
        const double beginning = thread_cpu_time();
        service.serve();
        server_time = thread_cpu_time() - beginning;
    });
    double client_time;
    {
        Pinned here(placement.client);
        typename Service<Peer>::Client client(service, 0);
        client.call();
        const double beginning = thread_cpu_time();
        for (auto _ : state) client.call();
        client_time = thread_cpu_time() - beginning;
    }
    service.stop();
    server.join();
    state.counters["CPU time"] = (client_time + server_time) / static_cast<double>(state.iterations());
}

template <typename Peer> void add(size_t size, const Placement &placement) {
    auto row = add_row(row_name("call", Peer::name, size, placement.name),
                       [=](benchmark::State &state) { call<Peer>(state, size, placement); });
    if (placement.is_loaded) row->MinTime(0.3); // many of the scheduler's slices
}

// The least that two CPUs take to tell each other something: both write the same line of their caches in turn.
void bounce_a_cache_line(benchmark::State &state) {
    require_cpus(2);
    constexpr int back = 0, forth = 1, over = 2;
    alignas(64) std::atomic<int> line{back};
    std::thread other([&] {
        Pinned here(1);
        for (int value = back; value != over; value = line.load(std::memory_order_acquire)) {
            if (value == forth) line.store(back, std::memory_order_release);
        }
    });
    {
        Pinned here(0);
        for (auto _ : state) {
            line.store(forth, std::memory_order_release);
            while (line.load(std::memory_order_acquire) != back) {}
        }
    }
    line = over;
    other.join();
}

const Rows rows([] {
    for (const Placement *placement : {&two_cpus, &one_cpu}) {
        for (size_t size : peers::sizes) {
            for_each(peers::Messengers{}, [=](auto peer) { add<typename decltype(peer)::type>(size, *placement); });
        }
    }
    for (const Placement *placement : {&any_cpu, &loaded}) {
        for_each(peers::Messengers{},
                 [=](auto peer) { add<typename decltype(peer)::type>(peers::usual_size, *placement); });
    }
    for (const Placement *placement : {&two_cpus, &one_cpu, &any_cpu, &loaded}) {
        add<peers::Event>(peers::Event::largest, *placement);
    }
    add_row("cache line/two CPUs", bounce_a_cache_line);
});

} // namespace

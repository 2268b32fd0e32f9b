// Messages one way, from one thread to another, as many as the queue takes.
#include "peers/peers.hpp"
#include "row.hpp"

#include <semaphore.h>

#include <atomic>
#include <thread>

namespace {

constexpr size_t burst = 10000; // messages; ten times the larger limit, so that what waits at the end does not count

template <typename Peer> void stream(benchmark::State &state, size_t limit) {
    constexpr size_t size = peers::usual_size;
    Peer peer(peers::Shape{size, limit});
    std::atomic<bool> is_over{false};
    sem_t arrived;
    sem_init(&arrived, 0, 0);
    std::thread receiver([&] {
        Buffer message(size);
        for (size_t count = 1;; count++) {
            peer.receive(message.data(), size);
            if (is_over) return;
            if (count % burst == 0) sem_post(&arrived);
        }
    });
    Buffer message(size);
    while (state.KeepRunningBatch(burst)) {
        for (size_t i = 0; i < burst; i++) peer.send(0, message.data(), size);
        while (sem_wait(&arrived) != 0) {}
    }
    is_over = true;
    peer.send(0, message.data(), size);
    receiver.join();
    sem_destroy(&arrived);
}

const Rows rows([] {
    for (size_t limit : {5, 1024}) {
        for_each(peers::Queues{}, [limit](auto peer) {
            using Peer = typename decltype(peer)::type;
            add_row(row_name("stream", Peer::name, limit),
                    [limit](benchmark::State &state) { stream<Peer>(state, limit); });
        });
    }
});

} // namespace

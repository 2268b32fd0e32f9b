// Several threads at once: clients of one server, clients that have a server each, and threads that share nothing. The time
// is that of one call or message while all work: what the whole does in it.
#include "peers/peers.hpp"
#include "row.hpp"
#include "service.hpp"
#include "team.hpp"

#include <deque>
#include <thread>

namespace {

constexpr size_t size = peers::usual_size;

template <typename Peer> class Server {
  public:
    explicit Server(size_t clients) : service(size, clients), thread([this] { service.serve(); }) {
        for (size_t i = 0; i < clients; i++) this->clients.emplace_back(service, i);
    }
    ~Server() {
        service.stop();
        thread.join();
    }
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    void call(size_t client) { clients[client].call(); }

  private:
    Service<Peer> service;
    std::deque<typename Service<Peer>::Client> clients;
    std::thread thread;
};

constexpr size_t calls = 500; // by each client, before it waits for the others

template <typename Peer> void clients_of_one_server(benchmark::State &state, size_t count) {
    Server<Peer> server(count);
    Team clients(count, false, [&](size_t number) {
        for (size_t i = 0; i < calls; i++) server.call(number);
    });
    while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(count * calls))) clients.run();
}

template <typename Peer> void pairs(benchmark::State &state, size_t count) {
    std::deque<Server<Peer>> servers;
    for (size_t i = 0; i < count; i++) servers.emplace_back(1);
    Team clients(count, false, [&](size_t number) {
        for (size_t i = 0; i < calls; i++) servers[number].call(0);
    });
    while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(count * calls))) clients.run();
}

// Threads that send to themselves, on a CPU each. Nothing but the machine keeps two from doing twice what one does.
template <typename Peer> void alone(benchmark::State &state, size_t count) {
    constexpr size_t messages = 20000;
    Team threads(count, true, [](size_t) {
        Peer peer(peers::Shape{size});
        Buffer outgoing(size), incoming(size);
        for (size_t i = 0; i < messages; i++) {
            peer.send(0, outgoing.data(), size);
            peer.receive(incoming.data(), size);
        }
    });
    while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(count * messages))) threads.run();
}

const Rows rows([] {
    for (size_t count : {1, 2, 4, 8}) {
        for_each(peers::Messengers{}, [count](auto peer) {
            using Peer = typename decltype(peer)::type;
            add_row(row_name("clients", Peer::name, count),
                    [count](benchmark::State &state) { clients_of_one_server<Peer>(state, count); });
        });
        for_each(peers::Messengers{}, [count](auto peer) {
            using Peer = typename decltype(peer)::type;
            add_row(row_name("pairs", Peer::name, count),
                    [count](benchmark::State &state) { pairs<Peer>(state, count); });
        });
    }
    for_each(peers::List<peers::Port, peers::CopiedBlock>{}, [](auto peer) {
        using Peer = typename decltype(peer)::type;
        for (size_t count : {1, 2}) {
            add_row(row_name("own ports", Peer::name, count),
                    [count](benchmark::State &state) { alone<Peer>(state, count); });
        }
    });
});

} // namespace

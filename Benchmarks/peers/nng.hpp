// Sockets of nng inside the process: a pair, or several that push to one that pulls.
#ifndef BENCHMARKS_PEERS_NNG_HPP
#define BENCHMARKS_PEERS_NNG_HPP

#include "peer.hpp"

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace peers {

class Nng {
  public:
    static constexpr const char *name = "nng";
    static constexpr size_t largest = 64 << 10;

    explicit Nng(const Shape &shape) {
        static unsigned made = 0;
        const std::string address = "inproc://" + std::to_string(made++);
        const bool is_pair = shape.senders == 1;
        // Without room on both sides, one thread could not send to itself.
        const int limit = static_cast<int>(shape.limit != 0 ? shape.limit : 5), half = limit / 2;
        check(is_pair ? nng_pair0_open(&receiver) : nng_pull0_open(&receiver));
        if (is_pair) check(nng_socket_set_int(receiver, NNG_OPT_RECVBUF, limit - half));
        check(nng_listen(receiver, address.c_str(), nullptr, 0));
        senders.resize(shape.senders);
        for (nng_socket &sender : senders) {
            check(is_pair ? nng_pair0_open(&sender) : nng_push0_open(&sender));
            check(nng_socket_set_int(sender, NNG_OPT_SENDBUF, half));
            check(nng_dial(sender, address.c_str(), nullptr, 0));
        }
    }
    ~Nng() {
        for (nng_socket sender : senders) nng_close(sender);
        nng_close(receiver);
    }
    Nng(const Nng &) = delete;
    Nng &operator=(const Nng &) = delete;

    void send(size_t sender, char *message, size_t size) { check(nng_send(senders[sender], message, size, 0)); }
    void receive(char *message, size_t size) { check(nng_recv(receiver, message, &size, 0)); }

  private:
    std::vector<nng_socket> senders;
    nng_socket receiver;

    static void check(int code) {
        if (code != 0) throw std::runtime_error(std::string("nng: ") + nng_strerror(code));
    }
};

} // namespace peers

#endif

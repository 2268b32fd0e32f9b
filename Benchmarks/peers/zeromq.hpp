// Sockets of ZeroMQ inside the process: a pair, or several that push to one that pulls.
#ifndef BENCHMARKS_PEERS_ZEROMQ_HPP
#define BENCHMARKS_PEERS_ZEROMQ_HPP

#include "peer.hpp"

#include <zmq.h>

#include <string>
#include <vector>

namespace peers {

class ZeroMQ {
  public:
    static constexpr const char *name = "zeromq";
    static constexpr size_t largest = 64 << 10;

    explicit ZeroMQ(const Shape &shape) {
        static unsigned made = 0;
        const std::string address = "inproc://" + std::to_string(made++);
        const bool is_pair = shape.senders == 1;
        // Between two sockets in a process as many messages wait as both their limits allow.
        const int limit = static_cast<int>(shape.limit), half = limit / 2;
        receiver = open(is_pair ? ZMQ_PAIR : ZMQ_PULL, ZMQ_RCVHWM, limit - half);
        if (zmq_bind(receiver, address.c_str()) != 0) fail("zmq_bind", EADDRINUSE);
        for (size_t i = 0; i < shape.senders; i++) {
            senders.push_back(open(is_pair ? ZMQ_PAIR : ZMQ_PUSH, ZMQ_SNDHWM, half));
            if (zmq_connect(senders.back(), address.c_str()) != 0) fail("zmq_connect", ECONNREFUSED);
        }
    }
    ~ZeroMQ() {
        for (void *sender : senders) zmq_close(sender);
        zmq_close(receiver);
    }
    ZeroMQ(const ZeroMQ &) = delete;
    ZeroMQ &operator=(const ZeroMQ &) = delete;

    void send(size_t sender, char *message, size_t size) {
        if (zmq_send(senders[sender], message, size, 0) < 0) fail("zmq_send");
    }
    void receive(char *message, size_t size) {
        if (zmq_recv(receiver, message, size, 0) != static_cast<int>(size)) fail("zmq_recv");
    }

  private:
    std::vector<void *> senders;
    void *receiver;

    // `limit` is `option`'s value, 0 leaves the library's own.
    static void *open(int type, int option, int limit) {
        static void *const context = zmq_ctx_new();
        void *socket = zmq_socket(context, type);
        if (socket == nullptr) fail("zmq_socket");
        const int no_delay = 0;
        zmq_setsockopt(socket, ZMQ_LINGER, &no_delay, sizeof(no_delay));
        if (limit != 0) zmq_setsockopt(socket, option, &limit, sizeof(limit));
        return socket;
    }
};

} // namespace peers

#endif

// A server that answers each message with one of the same size, and its clients.
#ifndef BENCHMARKS_SERVICE_HPP
#define BENCHMARKS_SERVICE_HPP

#include "mach.hpp"
#include "peers/peer.hpp"
#include "peers/port.hpp"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <vector>

// By any peer: a queue for requests, and one for each client's replies. A request begins with its client's number.
template <typename Peer> class Service {
  public:
    Service(size_t size, size_t clients) : size(size), requests(peers::Shape{size, 0, clients}) {
        for (size_t i = 0; i < clients; i++) replies.emplace_back(peers::Shape{size});
    }

    // The server's thread, until stop().
    void serve() {
        Buffer message(size);
        for (;;) {
            requests.receive(message.data(), size);
            if (is_over) return;
            uint32_t client;
            memcpy(&client, message.data(), sizeof(client));
            replies[client].send(0, message.data(), size);
        }
    }
    // When no client calls any more.
    void stop() {
        Buffer last(size);
        memset(last.data(), 0, size);
        is_over = true;
        requests.send(0, last.data(), size);
    }

    // For one thread.
    class Client {
      public:
        Client(Service &service, size_t number) : service(service), number(number), message(service.size) {
            memset(message.data(), 0, service.size);
            const auto prefix = static_cast<uint32_t>(number);
            memcpy(message.data(), &prefix, sizeof(prefix));
        }
        void call() {
            service.requests.send(number, message.data(), service.size);
            service.replies[number].receive(message.data(), service.size);
        }

      private:
        Service &service;
        const size_t number;
        Buffer message;
    };

  private:
    const size_t size;
    Peer requests;
    std::deque<Peer> replies;
    std::atomic<bool> is_over{false};
};

// By ports: a request carries the right to reply to it, once, and either side sends and receives in one call.
template <> class Service<peers::Port> {
  public:
    Service(size_t size, size_t) : size(static_cast<mach_msg_size_t>(size)) {}

    void serve() {
        Buffer buffer(size);
        mach_msg_header_t &message = buffer.header();
        mach_msg_option_t options = MACH_RCV_MSG;
        while (mach_msg(&message, options, size, room(), port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL) ==
               MACH_MSG_SUCCESS) {
            message.msgh_bits = MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(message.msgh_bits), 0);
            message.msgh_local_port = MACH_PORT_NULL;
            options = MACH_SEND_MSG | MACH_RCV_MSG;
        }
    }
    void stop() { destroy(port); }

    class Client {
      public:
        Client(Service &service, size_t) : service(service), message(service.size) {}
        ~Client() { destroy(reply_port); }
        Client(const Client &) = delete;
        Client &operator=(const Client &) = delete;

        void call() {
            mach_msg_header_t &header = message.header();
            header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
            header.msgh_remote_port = service.port;
            header.msgh_local_port = reply_port;
            header.msgh_voucher_port = MACH_PORT_NULL;
            check(mach_msg(&header, MACH_SEND_MSG | MACH_RCV_MSG, service.size, service.room(), reply_port,
                           MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL),
                  "mach_msg, calling,");
        }

      private:
        Service &service;
        const mach_port_t reply_port = make_port();
        Buffer message;
    };

  private:
    const mach_msg_size_t size;
    const mach_port_t port = make_port_with_send_right();

    mach_msg_size_t room() const { return size + static_cast<mach_msg_size_t>(sizeof(mach_msg_trailer_t)); }
};

#endif

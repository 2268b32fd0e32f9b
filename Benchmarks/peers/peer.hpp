// What every peer is: a queue of messages of one size, from one or several threads to one.
//
//     static constexpr const char *name;        // in the rows
//     static constexpr size_t largest;          // the largest message that it carries, in bytes
//     explicit Peer(const Shape &);             // throws where the system does not have it
//     void send(size_t sender, char *, size_t); // waits while the queue is full; may change what it sends
//     void receive(char *, size_t);             // waits for a message
#ifndef BENCHMARKS_PEERS_PEER_HPP
#define BENCHMARKS_PEERS_PEER_HPP

#include <cerrno>
#include <cstddef>
#include <system_error>

namespace peers {

struct Shape {
    size_t size;        // of each message, in bytes
    size_t limit = 0;   // messages that may wait, or as near to that as the peer can; 0 leaves the peer's own limit
    size_t senders = 1; // threads that send, each with a number of its own from 0
};

[[noreturn]] inline void fail(const char *what, int code = errno) {
    throw std::system_error(code, std::generic_category(), what);
}

} // namespace peers

#endif

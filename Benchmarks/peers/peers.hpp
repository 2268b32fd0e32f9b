// All peers.
#ifndef BENCHMARKS_PEERS_PEERS_HPP
#define BENCHMARKS_PEERS_PEERS_HPP

#include "descriptors.hpp"
#include "message_queue.hpp"
#include "nng.hpp"
#include "port.hpp"
#include "threads.hpp"
#include "zeromq.hpp"

namespace peers {

template <typename T> struct Type { using type = T; };
template <typename... Types> struct List {};

// Those that carry messages, and those that also let some wait.
using Messengers = List<Port, Pipe, SequencedPackets, MessageQueue, ZeroMQ, Nng, ConditionQueue, FutexSlot>;
using Queues = List<Port, Pipe, SequencedPackets, MessageQueue, ZeroMQ, Nng, ConditionQueue>;

// Calls `body` with each peer's type, as `Type<Peer>`.
template <typename... Peers, typename Body> void for_each(List<Peers...>, Body body) { (body(Type<Peers>{}), ...); }

// The messages that rows are made for, in bytes.
constexpr size_t sizes[] = {24, 64, 256, 1 << 10, 4 << 10, 64 << 10};
// That of rows which vary something else.
constexpr size_t usual_size = 64;

} // namespace peers

#endif

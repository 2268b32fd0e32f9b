// One thread that sends a message and receives it.
#include "mach.hpp"
#include "peers/peers.hpp"
#include "row.hpp"

namespace {

template <typename Peer> void send_and_receive(benchmark::State &state, size_t size) {
    Peer peer(peers::Shape{size});
    Buffer outgoing(size), incoming(size);
    for (auto _ : state) {
        peer.send(0, outgoing.data(), size);
        peer.receive(incoming.data(), size);
    }
}

template <typename Peer> void add(size_t size) {
    add_row(row_name("one thread", Peer::name, size),
            [size](benchmark::State &state) { send_and_receive<Peer>(state, size); });
}

// The message brings the right to reply, once; the next message takes that right along.
void with_a_send_once_right(benchmark::State &state) {
    constexpr size_t size = peers::usual_size;
    mach_port_t port = make_port_with_send_right(), reply_port = make_port(), right = MACH_PORT_NULL;
    mach_msg_type_name_t type = 0;
    check(mach_port_extract_right(mach_task_self(), reply_port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &right, &type),
          "mach_port_extract_right");
    Buffer outgoing(size), incoming(size);
    for (auto _ : state) {
        send(outgoing.header(), size, MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE), port,
             right);
        receive(incoming.header(), size, port);
        right = incoming.header().msgh_remote_port;
    }
    destroy(right);
    destroy(reply_port);
    destroy(port);
}

// A call to itself: a request with the right to reply, and the reply.
void call_to_itself(benchmark::State &state) {
    constexpr size_t size = peers::usual_size;
    mach_port_t port = make_port_with_send_right(), reply_port = make_port();
    Buffer buffer(size);
    mach_msg_header_t &message = buffer.header();
    for (auto _ : state) {
        send(message, size, MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE), port, reply_port);
        receive(message, size, port);
        send(message, size, MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0), message.msgh_remote_port);
        receive(message, size, reply_port);
    }
    destroy(reply_port);
    destroy(port);
}

// The message moves a send right, which comes back under the name that it had.
void with_a_port_descriptor(benchmark::State &state) {
    struct Message {
        mach_msg_header_t header;
        mach_msg_body_t body;
        mach_msg_port_descriptor_t right;
        char rest[peers::usual_size - sizeof(header) - sizeof(body) - sizeof(right)];
        mach_msg_trailer_t trailer;
    } message{};
    mach_port_t port = make_port_with_send_right(), moved = make_port_with_send_right();
    message.body.msgh_descriptor_count = 1;
    message.right.name = moved;
    message.right.type = MACH_MSG_PORT_DESCRIPTOR;
    for (auto _ : state) {
        message.right.disposition = MACH_MSG_TYPE_MOVE_SEND;
        send(message.header, peers::usual_size, MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX,
             port);
        receive(message.header, peers::usual_size, port);
    }
    if (message.right.name != moved) state.SkipWithError("another name");
    destroy(moved);
    destroy(port);
}

const Rows rows([] {
    for (size_t size : peers::sizes) {
        for_each(peers::Messengers{}, [size](auto peer) { add<typename decltype(peer)::type>(size); });
    }
    add<peers::Event>(peers::Event::largest);
    for (size_t size : peers::sizes) add<peers::CopiedBlock>(size);
    add_row("one thread/mach, send-once right/64", with_a_send_once_right);
    add_row("one thread/mach, port descriptor/64", with_a_port_descriptor);
    add_row("one thread/mach, call to itself/64", call_to_itself);
});

} // namespace

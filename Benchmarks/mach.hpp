// Ports and plain messages, as the benchmarks need them.
#ifndef BENCHMARKS_MACH_HPP
#define BENCHMARKS_MACH_HPP

#include <mach/mach.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

inline void check(kern_return_t code, const char *what) {
    if (code != KERN_SUCCESS) throw std::runtime_error(std::string(what) + " gave " + std::to_string(code));
}

// In `task`, a port and the right to receive from it.
inline mach_port_t make_port(task_t task = mach_task_self()) {
    mach_port_t port = MACH_PORT_NULL;
    check(mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &port), "mach_port_allocate");
    return port;
}

inline mach_port_t make_port_with_send_right() {
    mach_port_t port = make_port();
    check(mach_port_insert_right(mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND), "mach_port_insert_right");
    return port;
}

inline void destroy(mach_port_t name) { mach_port_destroy(mach_task_self(), name); }

// Room for a message of so many bytes, with its header, and for the trailer that it is received with.
class Buffer {
  public:
    explicit Buffer(size_t size) : bytes(size + sizeof(mach_msg_trailer_t), 'x') {}
    char *data() { return bytes.data(); }
    mach_msg_header_t &header() { return *reinterpret_cast<mach_msg_header_t *>(bytes.data()); }

  private:
    std::vector<char> bytes;
};

// Sends `size` bytes. `bits` are the dispositions of destination and reply port.
inline void send(mach_msg_header_t &message, size_t size, mach_msg_bits_t bits, mach_port_t destination,
                 mach_port_t reply = MACH_PORT_NULL) {
    message.msgh_bits = bits;
    message.msgh_remote_port = destination;
    message.msgh_local_port = reply;
    message.msgh_voucher_port = MACH_PORT_NULL;
    check(mach_msg(&message, MACH_SEND_MSG, static_cast<mach_msg_size_t>(size), 0, MACH_PORT_NULL,
                   MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL),
          "mach_msg, sending,");
}

// Receives up to `size` bytes from a port or set, and the trailer behind them.
inline void receive(mach_msg_header_t &message, size_t size, mach_port_t name) {
    check(mach_msg(&message, MACH_RCV_MSG, 0, static_cast<mach_msg_size_t>(size + sizeof(mach_msg_trailer_t)), name,
                   MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL),
          "mach_msg, receiving,");
}

#endif

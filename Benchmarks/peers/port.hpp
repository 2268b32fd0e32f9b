// A port, as one peer among the others.
#ifndef BENCHMARKS_PEERS_PORT_HPP
#define BENCHMARKS_PEERS_PORT_HPP

#include "../mach.hpp"
#include "peer.hpp"

namespace peers {

// The messages are Mach's own: their size is that of header and contents.
class Port {
  public:
    static constexpr const char *name = "mach";
    static constexpr size_t largest = 64 << 10;

    explicit Port(const Shape &shape) : port(make_port_with_send_right()) {
        if (shape.limit == 0) return;
        mach_port_limits_t limits{static_cast<mach_port_msgcount_t>(shape.limit)};
        check(mach_port_set_attributes(mach_task_self(), port, MACH_PORT_LIMITS_INFO,
                                       reinterpret_cast<mach_port_info_t>(&limits), MACH_PORT_LIMITS_INFO_COUNT),
              "mach_port_set_attributes");
    }
    ~Port() { destroy(port); }
    Port(const Port &) = delete;
    Port &operator=(const Port &) = delete;

    void send(size_t, char *message, size_t size) {
        ::send(*reinterpret_cast<mach_msg_header_t *>(message), size, MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0), port);
    }
    void receive(char *message, size_t size) { ::receive(*reinterpret_cast<mach_msg_header_t *>(message), size, port); }

  private:
    const mach_port_t port;
};

} // namespace peers

#endif

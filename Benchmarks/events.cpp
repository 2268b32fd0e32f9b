// What it costs a port that a program watches it through a file descriptor, beside an eventfd of the program's own
// (`one thread/eventfd/8`).
#include "mach.hpp"
#include "peers/peers.hpp"
#include "row.hpp"

#include <mach/mach_linux.h>

#include <unistd.h>

namespace {

// Each message is an event that begins and ends.
void send_and_receive_watched(benchmark::State &state) {
    constexpr size_t size = peers::usual_size;
    mach_port_t port = make_port_with_send_right();
    int descriptor = -1;
    check(mach_linux_port_fd(mach_task_self(), port, &descriptor), "mach_linux_port_fd");
    Buffer message(size);
    for (auto _ : state) {
        send(message.header(), size, MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0), port);
        receive(message.header(), size, port);
    }
    destroy(port);
    close(descriptor);
}

const Rows rows([] { add_row("one thread/mach, watched/64", send_and_receive_watched); });

} // namespace

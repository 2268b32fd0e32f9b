// Ports and rights come and go.
#include "mach.hpp"
#include "row.hpp"

namespace {

void allocate_and_destroy(benchmark::State &state) {
    for (auto _ : state) {
        mach_port_t port = make_port();
        check(mach_port_destroy(mach_task_self(), port), "mach_port_destroy");
    }
}

void insert_and_deallocate(benchmark::State &state) {
    mach_port_t port = make_port();
    for (auto _ : state) {
        check(mach_port_insert_right(mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND), "mach_port_insert_right");
        check(mach_port_deallocate(mach_task_self(), port), "mach_port_deallocate");
    }
    destroy(port);
}

// The right that is extracted is a send right under the port's own name.
void extract_and_deallocate(benchmark::State &state) {
    mach_port_t port = make_port();
    for (auto _ : state) {
        mach_port_t name = MACH_PORT_NULL;
        mach_msg_type_name_t type = 0;
        check(mach_port_extract_right(mach_task_self(), port, MACH_MSG_TYPE_MAKE_SEND, &name, &type),
              "mach_port_extract_right");
        check(mach_port_deallocate(mach_task_self(), name), "mach_port_deallocate");
    }
    destroy(port);
}

const Rows rows([] {
    add_row("port/allocate+destroy", allocate_and_destroy);
    add_row("port/insert+deallocate", insert_and_deallocate);
    add_row("port/extract+deallocate", extract_and_deallocate);
});

} // namespace

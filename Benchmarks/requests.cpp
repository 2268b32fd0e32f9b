// What notifications and tasks cost.
#include "mach.hpp"
#include "row.hpp"

namespace {

// Asks for a message when the name's port dies, by the send-once right that `type` takes from `notify`; returns the one
// that was kept before.
mach_port_t request_dead_name(mach_port_t name, mach_port_t notify, mach_msg_type_name_t type) {
    mach_port_t previous = MACH_PORT_NULL;
    check(mach_port_request_notification(mach_task_self(), name, MACH_NOTIFY_DEAD_NAME, 0, notify, type, &previous),
          "mach_port_request_notification");
    return previous;
}

// The right that a cancelled request gives back serves for the next.
void request_and_cancel(benchmark::State &state) {
    mach_port_t port = make_port(), notify = make_port(), right = MACH_PORT_NULL;
    mach_msg_type_name_t type = 0;
    check(mach_port_extract_right(mach_task_self(), notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &right, &type),
          "mach_port_extract_right");
    for (auto _ : state) {
        request_dead_name(port, right, MACH_MSG_TYPE_MOVE_SEND_ONCE);
        right = request_dead_name(port, MACH_PORT_NULL, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    }
    destroy(right);
    destroy(port);
    destroy(notify);
}

void destroy_dead_names() {
    mach_port_name_array_t names = nullptr;
    mach_port_type_array_t types = nullptr;
    mach_msg_type_number_t name_count = 0, type_count = 0;
    check(mach_port_names(mach_task_self(), &names, &name_count, &types, &type_count), "mach_port_names");
    for (mach_msg_type_number_t i = 0; i < name_count; i++) {
        if (types[i] & MACH_PORT_TYPE_DEAD_NAME) destroy(names[i]);
    }
    vm_deallocate(mach_task_self(), reinterpret_cast<vm_address_t>(names), name_count * sizeof(*names));
    vm_deallocate(mach_task_self(), reinterpret_cast<vm_address_t>(types), type_count * sizeof(*types));
}

// A thousand send-once rights to one port, each with a request; the time is that of the port's death.
void death_with_requests(benchmark::State &state) {
    constexpr size_t requests = 1000;
    for (auto _ : state) {
        state.PauseTiming();
        mach_port_t port = make_port(), notify = make_port();
        for (size_t i = 0; i < requests; i++) {
            mach_port_t name = MACH_PORT_NULL;
            mach_msg_type_name_t type = 0;
            mach_port_extract_right(mach_task_self(), port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &name, &type);
            request_dead_name(name, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE);
        }
        state.ResumeTiming();
        destroy(port);
        state.PauseTiming();
        destroy(notify);
        destroy_dead_names();
        state.ResumeTiming();
    }
}

void create_and_terminate(benchmark::State &state) {
    for (auto _ : state) {
        task_t task = MACH_PORT_NULL;
        check(task_create(mach_task_self(), nullptr, 0, FALSE, &task), "task_create");
        task_terminate(task);
        mach_port_deallocate(mach_task_self(), task);
    }
}

const Rows rows([] {
    add_row("request/dead name+cancel", request_and_cancel);
    add_row("port/death with requests/1000", death_with_requests)->Iterations(50);
    add_row("task/create+terminate", create_and_terminate);
});

} // namespace

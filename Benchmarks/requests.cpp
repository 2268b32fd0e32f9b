// What notifications and tasks cost.
#include <benchmark/benchmark.h>

#include <mach/mach.h>

namespace {

mach_port_t make_port() {
    mach_port_t port = MACH_PORT_NULL;
    mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port);
    return port;
}

mach_port_t request_dead_name(mach_port_t name, mach_port_t notify) {
    mach_port_t previous = MACH_PORT_NULL;
    mach_port_request_notification(mach_task_self(), name, MACH_NOTIFY_DEAD_NAME, 0, notify,
                                   MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous);
    return previous;
}

void drain(mach_port_t port) {
    struct {
        mach_msg_header_t header;
        char rest[64];
    } message;
    while (mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), port, 0, MACH_PORT_NULL) ==
           MACH_MSG_SUCCESS) {}
}

void request_and_cancel(benchmark::State &state) {
    mach_port_t port = make_port(), notify = make_port();
    for (auto _ : state) {
        request_dead_name(port, notify);
        mach_port_t previous = request_dead_name(port, MACH_PORT_NULL);
        mach_port_deallocate(mach_task_self(), previous);
        state.PauseTiming();
        drain(notify); // the cancelled right ends unused
        state.ResumeTiming();
    }
    mach_port_destroy(mach_task_self(), port);
    mach_port_destroy(mach_task_self(), notify);
}
BENCHMARK(request_and_cancel)->Name("request/dead name+cancel")->UseRealTime();

// A thousand send-once rights to one port, each with a request; the time is that of the port's death.
void death_with_requests(benchmark::State &state) {
    const auto requests = state.range(0);
    for (auto _ : state) {
        state.PauseTiming();
        mach_port_t port = make_port(), notify = make_port();
        for (int64_t i = 0; i < requests; i++) {
            mach_port_t name = MACH_PORT_NULL;
            mach_msg_type_name_t type = 0;
            mach_port_extract_right(mach_task_self(), port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &name, &type);
            request_dead_name(name, notify);
        }
        state.ResumeTiming();
        mach_port_destroy(mach_task_self(), port);
        state.PauseTiming();
        mach_port_name_array_t names = nullptr;
        mach_port_type_array_t types = nullptr;
        mach_msg_type_number_t name_count = 0, type_count = 0;
        mach_port_destroy(mach_task_self(), notify);
        mach_port_names(mach_task_self(), &names, &name_count, &types, &type_count);
        for (mach_msg_type_number_t i = 0; i < name_count; i++) {
            if (types[i] & MACH_PORT_TYPE_DEAD_NAME) mach_port_destroy(mach_task_self(), names[i]);
        }
        vm_deallocate(mach_task_self(), (vm_address_t)names, name_count * sizeof(*names));
        vm_deallocate(mach_task_self(), (vm_address_t)types, type_count * sizeof(*types));
        state.ResumeTiming();
    }
}
BENCHMARK(death_with_requests)->Name("port/death with requests")->Arg(1000)->Iterations(50)->UseRealTime();

void create_and_terminate(benchmark::State &state) {
    for (auto _ : state) {
        task_t task = MACH_PORT_NULL;
        task_create(mach_task_self(), nullptr, 0, FALSE, &task);
        task_terminate(task);
        mach_port_deallocate(mach_task_self(), task);
    }
}
BENCHMARK(create_and_terminate)->Name("task/create+terminate")->UseRealTime();

} // namespace

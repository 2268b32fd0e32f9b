// What services by name cost.
#include "mach.hpp"
#include "row.hpp"

#include <mach/mach_error.h>
#include <servers/bootstrap.h>
#include <string>
#include <vector>

namespace {

std::string service_name(size_t number) { return "org.example.service." + std::to_string(number); }

// So many services, one of which is looked up.
void look_up(benchmark::State &state, size_t count) {
    std::vector<mach_port_t> ports(count);
    for (size_t i = 0; i < count; i++) {
        check(bootstrap_check_in(bootstrap_port, service_name(i).c_str(), &ports[i]), "bootstrap_check_in");
    }
    const std::string name = service_name(count / 2);
    for (auto _ : state) {
        mach_port_t port = MACH_PORT_NULL;
        check(bootstrap_look_up(bootstrap_port, name.c_str(), &port), "bootstrap_look_up");
        mach_port_deallocate(mach_task_self(), port);
    }
    for (mach_port_t port : ports) destroy(port);
}

// A service from its check-in to its end.
void check_in_and_end(benchmark::State &state) {
    const std::string name = service_name(0);
    for (auto _ : state) {
        mach_port_t port = MACH_PORT_NULL;
        check(bootstrap_check_in(bootstrap_port, name.c_str(), &port), "bootstrap_check_in");
        destroy(port);
    }
}

void say_an_error(benchmark::State &state) {
    for (auto _ : state) benchmark::DoNotOptimize(mach_error_string(KERN_INVALID_ARGUMENT));
}

const Rows rows([] {
    for (size_t count : {size_t(1), size_t(1000)}) {
        add_row("bootstrap/look up/" + std::to_string(count) + " services",
                [=](benchmark::State &state) { look_up(state, count); });
    }
    add_row("bootstrap/check in+end", check_in_and_end);
    add_row("error/words", say_an_error);
});

} // namespace

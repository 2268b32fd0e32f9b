#include "footprint.hpp"

#include "mach.hpp"
#include "peers/peers.hpp"
#include "programs.hpp"
#include "row.hpp"

#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr size_t million = 1000000;

// Pages of this process that are in memory, as bytes.
double resident_bytes() {
    long pages = 0;
    if (FILE *file = fopen("/proc/self/statm", "r")) {
        if (fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
        fclose(file);
    }
    return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// What the C allocator has handed out.
double heap_bytes() {
    struct mallinfo2 heap = mallinfo2();
    return static_cast<double>(heap.uordblks + heap.hblkhd);
}

// What `make` takes, by one of the `count` things that it makes.
template <typename Make> void measure(size_t count, Make make) {
    const double resident = resident_bytes(), heap = heap_bytes();
    const auto beginning = std::chrono::steady_clock::now();
    make();
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - beginning;
    const auto things = static_cast<double>(count);
    printf("%f %f %f\n", (resident_bytes() - resident) / things, (heap_bytes() - heap) / things, time.count() / things);
}

void ports() {
    measure(million, [] {
        for (size_t i = 0; i < million; i++) make_port();
    });
}

void ports_with_send_rights() {
    measure(million, [] {
        for (size_t i = 0; i < million; i++) make_port_with_send_right();
    });
}

// Send-once rights to one port, each with a name of its own.
void names() {
    const mach_port_t port = make_port();
    measure(million, [port] {
        for (size_t i = 0; i < million; i++) {
            mach_port_t name = MACH_PORT_NULL;
            mach_msg_type_name_t type = 0;
            check(mach_port_extract_right(mach_task_self(), port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &name, &type),
                  "mach_port_extract_right");
        }
    });
}

void messages() {
    constexpr size_t each = 1000, size = peers::usual_size;
    std::vector<std::unique_ptr<peers::Port>> ports;
    while (ports.size() * each < million) ports.push_back(std::make_unique<peers::Port>(peers::Shape{size, each}));
    Buffer message(size);
    measure(million, [&] {
        for (auto &port : ports) {
            for (size_t i = 0; i < each; i++) port->send(0, message.data(), size);
        }
    });
}

struct Subject {
    const char *name;
    void (*measure)();
};

constexpr Subject subjects[] = {
    {"port", ports},
    {"port with send right", ports_with_send_rights},
    {"name", names},
    {"message of 64 bytes", messages},
};

// The row's time is that of all; its counters are those of one.
void footprint(benchmark::State &state, const char *subject) {
    double resident = 0, heap = 0, time = 0;
    for (auto _ : state) {
        const std::string said = output_of({own_path(), "--footprint", subject});
        if (sscanf(said.c_str(), "%lf %lf %lf", &resident, &heap, &time) != 3) throw std::runtime_error("no figures");
    }
    state.counters["bytes"] = resident;
    state.counters["heap bytes"] = heap;
    state.counters["making time"] = time;
}

const Rows rows([] {
    for (const Subject &subject : subjects) {
        add_row(row_name("footprint", subject.name), [&subject](benchmark::State &state) {
            footprint(state, subject.name);
        })->Iterations(1);
    }
});

} // namespace

int measure_footprint(const char *what) {
    for (const Subject &subject : subjects) {
        if (strcmp(subject.name, what) != 0) continue;
        subject.measure();
        fflush(stdout);
        _exit(0); // a million things need not be taken down
    }
    return 2;
}

// What the host tells, beside reading the same texts of the system's.
#include "mach.hpp"
#include "row.hpp"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <vector>

#include <mach/mach_host.h>
#include <unistd.h>

namespace {

class Host {
  public:
    Host() : name(mach_host_self()) {}
    ~Host() { mach_port_deallocate(mach_task_self(), name); }
    Host(const Host &) = delete;
    Host &operator=(const Host &) = delete;

    const mach_port_t name;
};

// Reads to the end and understands nothing of it.
void read_text(const char *path) {
    static std::vector<char> text(1 << 16);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file == -1) throw std::system_error(errno, std::generic_category(), path);
    while (read(file, text.data(), text.size()) > 0) benchmark::DoNotOptimize(text.data());
    close(file);
}

void memory(benchmark::State &state) {
    const Host host;
    vm_statistics64_data_t told;
    for (auto _ : state) {
        mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
        check(host_statistics64(host.name, HOST_VM_INFO64, (host_info64_t)&told, &count), "host_statistics64");
    }
}

void read_memory(benchmark::State &state) {
    for (auto _ : state) {
        read_text("/proc/meminfo");
        read_text("/proc/vmstat");
    }
}

void ticks(benchmark::State &state) {
    const Host host;
    for (auto _ : state) {
        natural_t processors;
        processor_info_array_t told;
        mach_msg_type_number_t count;
        check(host_processor_info(host.name, PROCESSOR_CPU_LOAD_INFO, &processors, &told, &count),
              "host_processor_info");
        check(vm_deallocate(mach_task_self(), (vm_address_t)told, count * sizeof(*told)), "vm_deallocate");
    }
}

void read_ticks(benchmark::State &state) {
    for (auto _ : state) {
        read_text("/sys/devices/system/cpu/present");
        read_text("/proc/stat");
    }
}

const Rows rows([] {
    add_row("host/memory/mach", memory);
    add_row("host/memory/read", read_memory);
    add_row("host/ticks/mach", ticks);
    add_row("host/ticks/read", read_ticks);
});

} // namespace

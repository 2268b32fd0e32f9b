// What tasks and threads tell, beside the readings of the system that it is made of.
#include "mach.hpp"
#include "row.hpp"

#include <cstdio>
#include <ctime>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <mach/task.h>
#include <mach/thread_act.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

void tell_task(benchmark::State &state, task_flavor_t flavor) {
    integer_t words[52];
    for (auto _ : state) {
        mach_msg_type_number_t count = 52;
        check(task_info(mach_task_self(), flavor, words, &count), "task_info");
        benchmark::DoNotOptimize(words);
    }
}

void tell_thread(benchmark::State &state, thread_flavor_t flavor) {
    const mach_port_t thread = mach_thread_self();
    integer_t words[32];
    for (auto _ : state) {
        mach_msg_type_number_t count = 32;
        check(thread_info(thread, flavor, words, &count), "thread_info");
        benchmark::DoNotOptimize(words);
    }
    mach_port_deallocate(mach_task_self(), thread);
}

void list_threads(benchmark::State &state) {
    for (auto _ : state) {
        thread_act_array_t list = nullptr;
        mach_msg_type_number_t count = 0;
        check(task_threads(mach_task_self(), &list, &count), "task_threads");
        for (mach_msg_type_number_t i = 0; i < count; i++) mach_port_deallocate(mach_task_self(), list[i]);
        vm_deallocate(mach_task_self(), reinterpret_cast<vm_address_t>(list), count * sizeof(*list));
    }
}

void read_text(benchmark::State &state, const char *path) {
    char text[4096];
    for (auto _ : state) {
        const int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) throw std::runtime_error(std::string(path) + " cannot be opened");
        benchmark::DoNotOptimize(read(file, text, sizeof(text)));
        close(file);
    }
}

void usage(benchmark::State &state) {
    rusage used;
    for (auto _ : state) {
        getrusage(RUSAGE_SELF, &used);
        benchmark::DoNotOptimize(used);
    }
}

const Rows rows([] {
    add_row("task_info/MACH_TASK_BASIC_INFO", [](auto &state) { tell_task(state, MACH_TASK_BASIC_INFO); });
    add_row("task_info/TASK_ABSOLUTETIME_INFO", [](auto &state) { tell_task(state, TASK_ABSOLUTETIME_INFO); });
    add_row("task_info/TASK_EVENTS_INFO", [](auto &state) { tell_task(state, TASK_EVENTS_INFO); });
    add_row("task_info/TASK_VM_INFO", [](auto &state) { tell_task(state, TASK_VM_INFO); });
    add_row("thread_info/THREAD_BASIC_INFO", [](auto &state) { tell_thread(state, THREAD_BASIC_INFO); });
    add_row("thread_info/THREAD_IDENTIFIER_INFO", [](auto &state) { tell_thread(state, THREAD_IDENTIFIER_INFO); });
    add_row("task_threads", list_threads);
    add_row("read/statm", [](auto &state) { read_text(state, "/proc/self/statm"); });
    add_row("read/status", [](auto &state) { read_text(state, "/proc/self/status"); });
    add_row("read/thread's stat", [](auto &state) { read_text(state, "/proc/thread-self/stat"); });
    add_row("getrusage", usage);
});

} // namespace

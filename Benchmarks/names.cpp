// The list of a task's names, beside a copy of such a list.
#include "fresh_pages.hpp"
#include "mach.hpp"
#include "row.hpp"

#include <cstring>
#include <vector>

namespace {

// A task with so many names, its own among them.
class TaskWithNames {
  public:
    explicit TaskWithNames(size_t count) {
        check(task_create(mach_task_self(), nullptr, 0, FALSE, &task), "task_create");
        for (size_t have = list(); have < count; have++) make_port(task);
    }
    ~TaskWithNames() {
        task_terminate(task);
        mach_port_deallocate(mach_task_self(), task);
    }
    TaskWithNames(const TaskWithNames &) = delete;
    TaskWithNames &operator=(const TaskWithNames &) = delete;

    // Lists the names, gives the lists back, and returns how many there were.
    size_t list() {
        mach_port_name_array_t names = nullptr;
        mach_port_type_array_t types = nullptr;
        mach_msg_type_number_t name_count = 0, type_count = 0;
        check(mach_port_names(task, &names, &name_count, &types, &type_count), "mach_port_names");
        vm_deallocate(mach_task_self(), reinterpret_cast<vm_address_t>(names), name_count * sizeof(*names));
        vm_deallocate(mach_task_self(), reinterpret_cast<vm_address_t>(types), type_count * sizeof(*types));
        return name_count;
    }

  private:
    task_t task = MACH_PORT_NULL;
};

void list_names(benchmark::State &state, size_t count) {
    TaskWithNames task(count);
    if (task.list() != count) state.SkipWithError("other names");
    for (auto _ : state) task.list();
}

void copy_lists(benchmark::State &state, size_t count) {
    const std::vector<mach_port_name_t> names(count, 1);
    const std::vector<mach_port_type_t> types(count, 1);
    for (auto _ : state) {
        FreshPages names_copy(count * sizeof(names[0])), types_copy(count * sizeof(types[0]));
        memcpy(names_copy.address(), names.data(), names_copy.size());
        memcpy(types_copy.address(), types.data(), types_copy.size());
        benchmark::ClobberMemory();
    }
}

const Rows rows([] {
    for (size_t count : {10, 10000, 1000000}) {
        auto ours =
            add_row(row_name("names", "mach", count), [count](benchmark::State &state) { list_names(state, count); });
        if (count == 1000000) ours->Iterations(10); // so that the ports are made once
        add_row(row_name("names", "mmap+memcpy", count),
                [count](benchmark::State &state) { copy_lists(state, count); });
    }
});

} // namespace

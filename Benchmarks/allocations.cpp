// Memory that comes and goes, beside mmap and munmap.
#include "fresh_pages.hpp"
#include "mach.hpp"
#include "row.hpp"

#include <unistd.h>

#include <cstddef>

namespace {

// Memory of vm_allocate's while it lives, as FreshPages is mmap's.
class AllocatedPages {
  public:
    explicit AllocatedPages(size_t size) : length(size) {
        check(vm_allocate(mach_task_self(), &pages, length, VM_FLAGS_ANYWHERE), "vm_allocate");
        asm volatile("" : : "r"(pages) : "memory");
    }
    ~AllocatedPages() { vm_deallocate(mach_task_self(), pages, length); }
    AllocatedPages(const AllocatedPages &) = delete;
    AllocatedPages &operator=(const AllocatedPages &) = delete;

    void *address() const { return reinterpret_cast<void *>(pages); }
    size_t size() const { return length; }

  private:
    vm_address_t pages = 0;
    size_t length;
};

// A byte of each page, so that it is there.
template <typename Pages> void touch(const Pages &pages) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    for (size_t offset = 0; offset < pages.size(); offset += page)
        static_cast<volatile char *>(pages.address())[offset] = 1;
}

template <typename Pages> void add_rows(const char *peer, size_t size) {
    add_row(row_name("allocate", peer, size), [size](benchmark::State &state) {
        for (auto _ : state) Pages pages(size);
    });
    add_row(row_name("allocate+touch", peer, size), [size](benchmark::State &state) {
        for (auto _ : state) touch(Pages(size));
    });
}

const Rows rows([] {
    for (size_t size : {size_t{1} << 16, size_t{1} << 20, size_t{1} << 26}) {
        add_rows<AllocatedPages>("mach", size);
        add_rows<FreshPages>("mmap", size);
    }
});

} // namespace

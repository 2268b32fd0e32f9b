// Pages that nobody has touched.
#ifndef BENCHMARKS_FRESH_PAGES_HPP
#define BENCHMARKS_FRESH_PAGES_HPP

#include "peers/peer.hpp"

#include <sys/mman.h>

#include <cstddef>

// Mapped while it lives. The compiler must think that they are looked at.
class FreshPages {
  public:
    explicit FreshPages(size_t size)
        : pages(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)), length(size) {
        if (pages == MAP_FAILED) peers::fail("mmap");
        asm volatile("" : : "r"(pages) : "memory");
    }
    ~FreshPages() { munmap(pages, length); }
    FreshPages(const FreshPages &) = delete;
    FreshPages &operator=(const FreshPages &) = delete;

    void *address() const { return pages; }
    size_t size() const { return length; }

  private:
    void *pages;
    size_t length;
};

#endif

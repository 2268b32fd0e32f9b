// Which CPU a thread runs on, how long it has run, and CPUs that other work keeps busy.
#ifndef BENCHMARKS_CPUS_HPP
#define BENCHMARKS_CPUS_HPP

#include <sched.h>

#include <atomic>
#include <cstddef>
#include <optional>
#include <thread>
#include <vector>

// The CPUs that this process may use.
const std::vector<int> &cpus();

// Throws where there are fewer.
void require_cpus(size_t count);

// CPU time of the calling thread, in nanoseconds.
double thread_cpu_time();

// Keeps the calling thread on one CPU while it lives: the one at that place among cpus(). Without a place does nothing.
class Pinned {
  public:
    explicit Pinned(std::optional<size_t> place);
    ~Pinned();
    Pinned(const Pinned &) = delete;
    Pinned &operator=(const Pinned &) = delete;

  private:
    cpu_set_t before;
    bool is_pinned = false;
};

// While it lives every CPU has a thread that does nothing but run.
class Load {
  public:
    explicit Load(bool is_wanted);
    ~Load();
    Load(const Load &) = delete;
    Load &operator=(const Load &) = delete;

  private:
    std::atomic<bool> is_over{false};
    std::atomic<size_t> running{0};
    std::vector<std::thread> threads;
};

#endif

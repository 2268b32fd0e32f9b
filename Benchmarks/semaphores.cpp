// Semaphores, beside those of POSIX.
#include "cpus.hpp"
#include "mach.hpp"
#include "row.hpp"

#include <optional>
#include <semaphore.h>
#include <thread>

namespace {

// One of the library's, which ends with this.
class MachSemaphore {
  public:
    static constexpr const char *name = "mach";
    MachSemaphore() { check(semaphore_create(mach_task_self(), &semaphore, SYNC_POLICY_FIFO, 0), "semaphore_create"); }
    ~MachSemaphore() { semaphore_destroy(mach_task_self(), semaphore); }
    MachSemaphore(const MachSemaphore &) = delete;
    void signal() { check(semaphore_signal(semaphore), "semaphore_signal"); }
    void wait() { check(semaphore_wait(semaphore), "semaphore_wait"); }

  private:
    semaphore_t semaphore = MACH_PORT_NULL;
};

class PosixSemaphore {
  public:
    static constexpr const char *name = "sem_t";
    PosixSemaphore() { sem_init(&semaphore, 0, 0); }
    ~PosixSemaphore() { sem_destroy(&semaphore); }
    PosixSemaphore(const PosixSemaphore &) = delete;
    void signal() { check(sem_post(&semaphore), "sem_post"); }
    void wait() { check(sem_wait(&semaphore), "sem_wait"); }

  private:
    sem_t semaphore;
};

template <typename Semaphore> void signal_and_wait(benchmark::State &state) {
    Semaphore semaphore;
    for (auto _ : state) {
        semaphore.signal();
        semaphore.wait();
    }
}

// There and back: each thread signals the other and waits.
template <typename Semaphore> void take_turns(benchmark::State &state, size_t other_cpu) {
    require_cpus(other_cpu + 1);
    Semaphore there, back;
    bool is_over = false;
    std::thread other([&] {
        Pinned here(other_cpu);
        while (there.wait(), !is_over) back.signal();
    });
    {
        Pinned here(0);
        for (auto _ : state) {
            there.signal();
            back.wait();
        }
    }
    is_over = true;
    there.signal();
    other.join();
}

void create_and_destroy(benchmark::State &state) {
    for (auto _ : state) MachSemaphore semaphore;
}

template <typename Semaphore> void add() {
    add_row(row_name("semaphore", Semaphore::name, "signal+wait"), signal_and_wait<Semaphore>);
    add_row(row_name("semaphore", Semaphore::name, "turns, two CPUs"),
            [](benchmark::State &state) { take_turns<Semaphore>(state, 1); });
    add_row(row_name("semaphore", Semaphore::name, "turns, one CPU"),
            [](benchmark::State &state) { take_turns<Semaphore>(state, 0); });
}

const Rows rows([] {
    add<MachSemaphore>();
    add<PosixSemaphore>();
    add_row("semaphore/mach/create+destroy", create_and_destroy);
});

} // namespace

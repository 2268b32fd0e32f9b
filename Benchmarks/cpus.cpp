#include "cpus.hpp"

#include <pthread.h>
#include <time.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

const std::vector<int> &cpus() {
    static const std::vector<int> all = [] {
        std::vector<int> found;
        cpu_set_t set;
        if (sched_getaffinity(0, sizeof(set), &set) != 0) return found;
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
            if (CPU_ISSET(cpu, &set)) found.push_back(cpu);
        }
        return found;
    }();
    return all;
}

void require_cpus(size_t count) {
    if (cpus().size() < count) throw std::runtime_error("needs " + std::to_string(count) + " CPUs");
}

double thread_cpu_time() {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

Pinned::Pinned(std::optional<size_t> place) {
    if (!place) return;
    require_cpus(*place + 1);
    pthread_getaffinity_np(pthread_self(), sizeof(before), &before);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpus()[*place], &one);
    int code = pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
    if (code != 0) throw std::system_error(code, std::generic_category(), "pthread_setaffinity_np");
    is_pinned = true;
}

Pinned::~Pinned() {
    if (is_pinned) pthread_setaffinity_np(pthread_self(), sizeof(before), &before);
}

Load::Load(bool is_wanted) {
    if (!is_wanted) return;
    for (size_t place = 0; place < cpus().size(); place++) {
        threads.emplace_back([this, place] {
            Pinned here(place);
            running++;
            while (!is_over.load(std::memory_order_relaxed)) {}
        });
    }
    while (running != threads.size()) std::this_thread::yield();
}

Load::~Load() {
    is_over = true;
    for (std::thread &thread : threads) thread.join();
}

// Threads that work at the same time.
#ifndef BENCHMARKS_TEAM_HPP
#define BENCHMARKS_TEAM_HPP

#include "cpus.hpp"

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

// So many threads, which do `body` once each whenever they are told to. It is given the thread's number. `are_pinned`
// keeps each on a CPU of its own.
class Team {
  public:
    Team(size_t size, bool are_pinned, const std::function<void(size_t)> &body) {
        if (are_pinned) require_cpus(size);
        pthread_barrier_init(&beginning, nullptr, static_cast<unsigned>(size + 1));
        pthread_barrier_init(&end, nullptr, static_cast<unsigned>(size + 1));
        for (size_t i = 0; i < size; i++) {
            threads.emplace_back([this, i, are_pinned, body] {
                Pinned here(are_pinned ? std::optional<size_t>(i) : std::nullopt);
                for (;;) {
                    pthread_barrier_wait(&beginning);
                    if (is_over) return;
                    body(i);
                    pthread_barrier_wait(&end);
                }
            });
        }
    }
    ~Team() {
        is_over = true;
        pthread_barrier_wait(&beginning);
        for (std::thread &thread : threads) thread.join();
        pthread_barrier_destroy(&beginning);
        pthread_barrier_destroy(&end);
    }
    Team(const Team &) = delete;
    Team &operator=(const Team &) = delete;

    // Returns when all are done.
    void run() {
        pthread_barrier_wait(&beginning);
        pthread_barrier_wait(&end);
    }

  private:
    pthread_barrier_t beginning, end;
    bool is_over = false;
    std::vector<std::thread> threads;
};

#endif

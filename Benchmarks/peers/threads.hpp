// Peers that threads of one process can write for themselves.
#ifndef BENCHMARKS_PEERS_THREADS_HPP
#define BENCHMARKS_PEERS_THREADS_HPP

#include "peer.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace peers {

// A ring of messages under a mutex, with a condition for either end.
class ConditionQueue {
  public:
    static constexpr const char *name = "condition";
    static constexpr size_t largest = 64 << 10;

    explicit ConditionQueue(const Shape &shape)
        : size(shape.size), limit(shape.limit != 0 ? shape.limit : 5), ring(size * limit) {}
    ~ConditionQueue() {
        pthread_cond_destroy(&has_room);
        pthread_cond_destroy(&has_message);
        pthread_mutex_destroy(&mutex);
    }
    ConditionQueue(const ConditionQueue &) = delete;
    ConditionQueue &operator=(const ConditionQueue &) = delete;

    void send(size_t, char *message, size_t) {
        pthread_mutex_lock(&mutex);
        while (count == limit) pthread_cond_wait(&has_room, &mutex);
        memcpy(&ring[(first + count) % limit * size], message, size);
        count++;
        pthread_mutex_unlock(&mutex);
        pthread_cond_signal(&has_message);
    }
    void receive(char *message, size_t) {
        pthread_mutex_lock(&mutex);
        while (count == 0) pthread_cond_wait(&has_message, &mutex);
        memcpy(message, &ring[first * size], size);
        first = (first + 1) % limit;
        count--;
        pthread_mutex_unlock(&mutex);
        pthread_cond_signal(&has_room);
    }

  private:
    const size_t size, limit;
    size_t first = 0, count = 0;
    std::vector<char> ring;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t has_room = PTHREAD_COND_INITIALIZER, has_message = PTHREAD_COND_INITIALIZER;
};

// One message at a time in a slot, by threads that sleep until it is their turn, and never spin.
class FutexSlot {
  public:
    static constexpr const char *name = "futex";
    static constexpr size_t largest = 64 << 10;

    explicit FutexSlot(const Shape &shape) : slot(shape.size) {}

    void send(size_t, char *message, size_t size) {
        for (uint32_t now = empty; !state.compare_exchange_strong(now, taken); now = empty) {
            senders.wait_while(state, now);
        }
        memcpy(slot.data(), message, size);
        state = full;
        receivers.wake(state);
    }
    void receive(char *message, size_t size) {
        for (uint32_t now = full; !state.compare_exchange_strong(now, taken); now = full) {
            receivers.wait_while(state, now);
        }
        memcpy(message, slot.data(), size);
        state = empty;
        senders.wake(state);
    }

  private:
    enum : uint32_t { empty, taken, full };

    // Those who sleep until the state changes. Who changes it asks for sleepers afterwards, so that none is forgotten and
    // no call is made for nothing.
    class Sleepers {
      public:
        void wait_while(std::atomic<uint32_t> &state, uint32_t value) {
            count++;
            syscall(SYS_futex, &state, FUTEX_WAIT_BITSET_PRIVATE, value, nullptr, nullptr, mask);
            count--;
        }
        void wake(std::atomic<uint32_t> &state) {
            if (count != 0) syscall(SYS_futex, &state, FUTEX_WAKE_BITSET_PRIVATE, 1, nullptr, nullptr, mask);
        }
        explicit Sleepers(uint32_t mask) : mask(mask) {}

      private:
        std::atomic<uint32_t> count{0};
        const uint32_t mask;
    };

    std::vector<char> slot;
    std::atomic<uint32_t> state{empty};
    Sleepers senders{1}, receivers{2};
};

// No queue at all, but what any that owns its messages does for one: memory, a copy in, a copy out.
class CopiedBlock {
  public:
    static constexpr const char *name = "malloc+memcpy";
    static constexpr size_t largest = 64 << 10;

    explicit CopiedBlock(const Shape &) {}
    CopiedBlock(const CopiedBlock &) = delete;
    CopiedBlock &operator=(const CopiedBlock &) = delete;

    void send(size_t, char *message, size_t size) {
        block = malloc(size);
        if (block == nullptr) fail("malloc");
        memcpy(block, message, size);
        asm volatile("" : "+m"(block) : : "memory"); // it may not be optimized away
    }
    void receive(char *message, size_t size) {
        memcpy(message, block, size);
        asm volatile("" : : : "memory");
        free(block);
    }

  private:
    void *block = nullptr;
};

} // namespace peers

#endif

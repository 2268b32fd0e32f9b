// What a program would use instead: a pipe, a POSIX message queue, a futex between two threads.
#include <benchmark/benchmark.h>

#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>

namespace {

constexpr size_t payload_size = 64;

void pipe_write_and_read(benchmark::State &state) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return state.SkipWithError("no pipe");
    char out[payload_size], in[payload_size];
    memset(out, 'x', sizeof(out));
    for (auto _ : state) {
        if (write(ends[1], out, sizeof(out)) != sizeof(out) || read(ends[0], in, sizeof(in)) != sizeof(in)) {
            state.SkipWithError("no data");
        }
    }
    close(ends[0]);
    close(ends[1]);
}
BENCHMARK(pipe_write_and_read)->Name("pipe/write+read")->UseRealTime();

void mqueue_send_and_receive(benchmark::State &state) {
    std::string name = "/libmach-benchmark-" + std::to_string(getpid());
    mq_attr attributes{};
    attributes.mq_maxmsg = 5;
    attributes.mq_msgsize = payload_size;
    mqd_t queue = mq_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attributes);
    if (queue == static_cast<mqd_t>(-1)) return state.SkipWithError("no message queue");
    mq_unlink(name.c_str());
    char out[payload_size], in[payload_size];
    memset(out, 'x', sizeof(out));
    for (auto _ : state) {
        if (mq_send(queue, out, sizeof(out), 0) != 0 || mq_receive(queue, in, sizeof(in), nullptr) != sizeof(in)) {
            state.SkipWithError("no message");
        }
    }
    mq_close(queue);
}
BENCHMARK(mqueue_send_and_receive)->Name("mqueue/send+receive")->UseRealTime();

// Whose turn it is. A thread sleeps until it is its own, then gives it away.
class Turn {
  public:
    void give(uint32_t turn) {
        value.store(turn);
        syscall(SYS_futex, &value, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    }
    // Returns the turn when it is no longer the other's.
    uint32_t wait_while(uint32_t other) {
        uint32_t turn;
        while ((turn = value.load()) == other) {
            syscall(SYS_futex, &value, FUTEX_WAIT_PRIVATE, other, nullptr, nullptr, 0);
        }
        return turn;
    }

  private:
    std::atomic<uint32_t> value{0};
};

void futex_ping_pong(benchmark::State &state) {
    enum : uint32_t { client, server, end };
    Turn turn;
    std::thread other([&] {
        while (turn.wait_while(client) == server) turn.give(client);
    });
    for (auto _ : state) {
        turn.give(server);
        turn.wait_while(server);
    }
    turn.give(end);
    other.join();
}
BENCHMARK(futex_ping_pong)->Name("futex/ping-pong, two threads")->UseRealTime();

} // namespace

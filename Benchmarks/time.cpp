// Telling time, and timers, beside the system's.
#include "mach.hpp"
#include "row.hpp"

#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <mach/mach_time.h>
#include <mach/mk_timer.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

constexpr uint64_t hour = 3600000000000;

void absolute_time(benchmark::State &state) {
    for (auto _ : state) benchmark::DoNotOptimize(mach_absolute_time());
}

void approximate_time(benchmark::State &state) {
    for (auto _ : state) benchmark::DoNotOptimize(mach_approximate_time());
}

void system_time(benchmark::State &state, clockid_t clock) {
    timespec now;
    for (auto _ : state) {
        clock_gettime(clock, &now);
        benchmark::DoNotOptimize(now);
    }
}

class Timer {
  public:
    Timer() : name(mk_timer_create()) {
        if (name == MACH_PORT_NULL) throw std::runtime_error("mk_timer_create");
    }
    ~Timer() { mk_timer_destroy(name); }
    Timer(const Timer &) = delete;
    Timer &operator=(const Timer &) = delete;

    void arm(uint64_t time) { check(mk_timer_arm(name, time), "mk_timer_arm"); }
    void cancel() { check(mk_timer_cancel(name, nullptr), "mk_timer_cancel"); }
    void wait() {
        struct {
            mk_timer_expire_msg_t message;
            mach_msg_trailer_t trailer;
        } expiry;
        receive(expiry.message.header, sizeof(expiry.message), name);
    }

  private:
    mach_port_t name;
};

class TimerDescriptor {
  public:
    TimerDescriptor() : descriptor(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
        if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "timerfd_create");
    }
    ~TimerDescriptor() { close(descriptor); }
    TimerDescriptor(const TimerDescriptor &) = delete;
    TimerDescriptor &operator=(const TimerDescriptor &) = delete;

    void arm(uint64_t time) { set({time_t(time / 1000000000), long(time % 1000000000)}); }
    void cancel() { set({0, 0}); }
    void wait() {
        uint64_t count;
        if (read(descriptor, &count, sizeof(count)) != sizeof(count))
            throw std::system_error(errno, std::generic_category(), "read");
    }

  private:
    void set(timespec time) {
        const itimerspec setting = {{0, 0}, time};
        if (timerfd_settime(descriptor, TFD_TIMER_ABSTIME, &setting, nullptr) != 0)
            throw std::system_error(errno, std::generic_category(), "timerfd_settime");
    }

    int descriptor;
};

// Among so many others that are armed for later.
template <typename Kind> void arm_and_cancel(benchmark::State &state, size_t others) {
    std::vector<Kind> rest(others);
    Kind timer;
    const uint64_t later = mach_absolute_time() + hour;
    for (size_t i = 0; i < others; i++) rest[i].arm(later + i * 7919 % others);
    for (auto _ : state) {
        timer.arm(later);
        timer.cancel();
    }
}

template <typename Kind> void arm_for_now(benchmark::State &state) {
    Kind timer;
    for (auto _ : state) {
        timer.arm(1);
        timer.wait();
    }
}

const Rows rows([] {
    add_row("time/mach_absolute_time", absolute_time);
    add_row("time/clock_gettime", [](benchmark::State &state) { system_time(state, CLOCK_MONOTONIC); });
    add_row("time/mach_approximate_time", approximate_time);
    add_row("time/clock_gettime, coarse", [](benchmark::State &state) { system_time(state, CLOCK_MONOTONIC_COARSE); });
    for (size_t others : {0, 500}) {
        add_row(row_name("timer/arm+cancel/mach", others),
                [others](benchmark::State &state) { arm_and_cancel<Timer>(state, others); });
        add_row(row_name("timer/arm+cancel/timerfd", others),
                [others](benchmark::State &state) { arm_and_cancel<TimerDescriptor>(state, others); });
    }
    add_row("timer/arm for now+receive/mach", arm_for_now<Timer>);
    add_row("timer/arm for now+receive/timerfd", arm_for_now<TimerDescriptor>);
});

} // namespace

// What it takes to find the one among many that has a message: a port set, beside epoll.
#include "mach.hpp"
#include "peers/peers.hpp"
#include "row.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <vector>

namespace {

class Set {
  public:
    explicit Set(size_t size) : members(size) {
        check(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_PORT_SET, &name), "mach_port_allocate");
        for (mach_port_t &member : members) {
            member = make_port_with_send_right();
            check(mach_port_insert_member(mach_task_self(), member, name), "mach_port_insert_member");
        }
    }
    ~Set() {
        for (mach_port_t member : members) destroy(member);
        destroy(name);
    }
    Set(const Set &) = delete;
    Set &operator=(const Set &) = delete;

    std::vector<mach_port_t> members;
    mach_port_t name = MACH_PORT_NULL;
};

// All messages go to one member in the middle or, `in_turn`, each to the next one: the difference is what the processor's
// caches make of the members, not the set.
void through_a_set(benchmark::State &state, size_t size, bool in_turn) {
    Set set(size);
    Buffer message(peers::usual_size);
    size_t next = size / 2;
    for (auto _ : state) {
        if (in_turn) next = next + 1 == size ? 0 : next + 1;
        send(message.header(), peers::usual_size, MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0), set.members[next]);
        receive(message.header(), peers::usual_size, set.name);
    }
}

// Lets the process have so many descriptors beside those that it has, if the system allows it.
void allow_descriptors(size_t count) {
    rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, count + 100);
    limit.rlim_max = std::max(limit.rlim_max, limit.rlim_cur); // takes privileges
    setrlimit(RLIMIT_NOFILE, &limit);
}

class Events {
  public:
    explicit Events(size_t size) : poll(epoll_create1(EPOLL_CLOEXEC)) {
        allow_descriptors(size);
        if (poll < 0) peers::fail("epoll_create1");
        while (members.size() < size) {
            members.push_back(eventfd(0, EFD_CLOEXEC));
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.fd = members.back();
            if (members.back() >= 0 && epoll_ctl(poll, EPOLL_CTL_ADD, members.back(), &event) == 0) continue;
            const int code = errno;
            close_all();
            peers::fail("as many eventfds", code);
        }
    }
    ~Events() { close_all(); }
    Events(const Events &) = delete;
    Events &operator=(const Events &) = delete;

    std::vector<int> members;
    int poll;

  private:
    void close_all() const {
        for (int member : members) close(member);
        close(poll);
    }
};

void through_epoll(benchmark::State &state, size_t size) {
    Events events(size);
    const int member = events.members[size / 2];
    for (auto _ : state) {
        uint64_t count = 1;
        epoll_event event;
        if (write(member, &count, sizeof(count)) != sizeof(count)) peers::fail("write");
        if (epoll_wait(events.poll, &event, 1, -1) != 1) peers::fail("epoll_wait");
        if (read(event.data.fd, &count, sizeof(count)) != sizeof(count)) peers::fail("read");
    }
}

const Rows rows([] {
    for (size_t size : {1, 100, 10000, 100000}) {
        add_row(row_name("set", "one member", size),
                [size](benchmark::State &state) { through_a_set(state, size, false); });
        add_row(row_name("set", "in turn", size),
                [size](benchmark::State &state) { through_a_set(state, size, true); });
        add_row(row_name("set", "epoll", size), [size](benchmark::State &state) { through_epoll(state, size); });
    }
});

} // namespace

// Peers that are file descriptors: a pipe, an eventfd, a pair of sockets.
#ifndef BENCHMARKS_PEERS_DESCRIPTORS_HPP
#define BENCHMARKS_PEERS_DESCRIPTORS_HPP

#include "peer.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

namespace peers {

class Pipe {
  public:
    static constexpr const char *name = "pipe";
    static constexpr size_t largest = 64 << 10;

    explicit Pipe(const Shape &shape) {
        if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
        if (shape.limit != 0) fcntl(ends[1], F_SETPIPE_SZ, shape.limit * shape.size); // a page, at least
    }
    ~Pipe() {
        close(ends[0]);
        close(ends[1]);
    }
    Pipe(const Pipe &) = delete;
    Pipe &operator=(const Pipe &) = delete;

    void send(size_t, char *message, size_t size) {
        if (write(ends[1], message, size) != static_cast<ssize_t>(size)) fail("write");
    }
    // A large message may come in parts.
    void receive(char *message, size_t size) {
        for (size_t done = 0; done < size;) {
            ssize_t part = read(ends[0], message + done, size - done);
            if (part <= 0) fail("read");
            done += static_cast<size_t>(part);
        }
    }

  private:
    int ends[2];
};

// It counts, and carries no message: what is sent is the number in the message's first bytes. Two that meet add up, so it
// serves where one message at most is on its way.
class Event {
  public:
    static constexpr const char *name = "eventfd";
    static constexpr size_t largest = sizeof(uint64_t);

    explicit Event(const Shape &) : event(eventfd(0, EFD_CLOEXEC)) {
        if (event < 0) fail("eventfd");
    }
    ~Event() { close(event); }
    Event(const Event &) = delete;
    Event &operator=(const Event &) = delete;

    void send(size_t, char *message, size_t) {
        uint64_t count;
        memcpy(&count, message, sizeof(count));
        count++; // 0 would be no event
        if (write(event, &count, sizeof(count)) != sizeof(count)) fail("write");
    }
    void receive(char *message, size_t) {
        uint64_t count;
        if (read(event, &count, sizeof(count)) != sizeof(count)) fail("read");
        count--;
        memcpy(message, &count, sizeof(count));
    }

  private:
    int event;
};

class SequencedPackets {
  public:
    static constexpr const char *name = "seqpacket";
    static constexpr size_t largest = 64 << 10;

    explicit SequencedPackets(const Shape &shape) {
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair");
        if (shape.limit != 0) {
            constexpr size_t overhead = 512; // of a packet, about; the system doubles what is asked for
            int bytes = static_cast<int>(shape.limit * (shape.size + overhead) / 2);
            setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
        }
    }
    ~SequencedPackets() {
        close(ends[0]);
        close(ends[1]);
    }
    SequencedPackets(const SequencedPackets &) = delete;
    SequencedPackets &operator=(const SequencedPackets &) = delete;

    void send(size_t, char *message, size_t size) {
        if (::send(ends[0], message, size, 0) != static_cast<ssize_t>(size)) fail("send");
    }
    void receive(char *message, size_t size) {
        if (recv(ends[1], message, size, 0) != static_cast<ssize_t>(size)) fail("recv");
    }

  private:
    int ends[2];
};

} // namespace peers

#endif

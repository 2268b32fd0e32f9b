// A POSIX message queue.
#ifndef BENCHMARKS_PEERS_MESSAGE_QUEUE_HPP
#define BENCHMARKS_PEERS_MESSAGE_QUEUE_HPP

#include "peer.hpp"

#include <fcntl.h>
#include <mqueue.h>
#include <unistd.h>

#include <string>

namespace peers {

class MessageQueue {
  public:
    static constexpr const char *name = "mqueue";
    static constexpr size_t largest = 64 << 10; // more than 8 KiB, or 10 messages, take privileges

    explicit MessageQueue(const Shape &shape) {
        const std::string path = "/libmach-benchmark-" + std::to_string(getpid());
        mq_attr attributes{};
        attributes.mq_maxmsg = static_cast<long>(shape.limit != 0 ? shape.limit : 5);
        attributes.mq_msgsize = static_cast<long>(shape.size);
        queue = mq_open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attributes);
        if (queue == static_cast<mqd_t>(-1)) fail("mq_open");
        mq_unlink(path.c_str());
    }
    ~MessageQueue() { mq_close(queue); }
    MessageQueue(const MessageQueue &) = delete;
    MessageQueue &operator=(const MessageQueue &) = delete;

    void send(size_t, char *message, size_t size) {
        if (mq_send(queue, message, size, 0) != 0) fail("mq_send");
    }
    void receive(char *message, size_t size) {
        if (mq_receive(queue, message, size, nullptr) != static_cast<ssize_t>(size)) fail("mq_receive");
    }

  private:
    mqd_t queue;
};

} // namespace peers

#endif

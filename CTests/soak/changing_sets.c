// Sets that change under their receivers and file descriptors: ports join and leave them and they are destroyed and made anew, while messages flow. Each
// message arrives once, none overtakes another of its sender, and descriptors tell the truth as soon as all is quiet.
#include "soak_support.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <mach/mach_linux.h>

enum { PORTS = 5, SETS = 4, SENDERS = 3, RECEIVERS = 3, MEDDLERS = 2, POLLERS = 2 };

struct numbered {
    mach_msg_header_t header;
    uint32_t sender, number;
    unsigned char trailer[128];
};
enum { NUMBERED_SIZE = 32 };

static mach_port_t ports[PORTS];
static _Atomic mach_port_t sets[SETS];
static mach_port_t lasting_set; // with changing members, but not destroyed
static atomic_ullong sent, received, sent_sum, received_sum;
static atomic_bool all_sent;

static mach_port_t any_set(void) {
    unsigned i = chance(SETS + 1);
    return i == SETS ? lasting_set : atomic_load(&sets[i]);
}

static void send_numbers(struct soak_thread *thread) {
    mach_port_t port = ports[thread->index % PORTS];
    for (uint32_t number = 1; !soak_over(); number++) {
        struct numbered message = {
            .header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0), .msgh_remote_port = port},
            .sender = thread->index,
            .number = number};
        MUST_DO(soak_send(&message.header, NUMBERED_SIZE, 0, 0));
        atomic_fetch_add(&sent, 1);
        atomic_fetch_add(&sent_sum, soak_mix(thread->index, number));
        soak_did(1);
    }
}

static void count(const struct numbered *message, uint32_t *last) {
    MUST(message->sender < SENDERS && message->number > last[message->sender]);
    MUST_BE(message->header.msgh_local_port, ports[message->sender % PORTS]);
    last[message->sender] = message->number;
    atomic_fetch_add(&received_sum, soak_mix(message->sender, message->number));
    atomic_fetch_add(&received, 1);
    soak_did(1);
}

// Receives from a port or set that may have gone; whether a message came.
static bool try_to_receive(mach_port_t name, uint32_t *last, mach_msg_option_t option, mach_msg_timeout_t timeout) {
    struct numbered message;
    mach_msg_return_t code = soak_receive(&message.header, sizeof(message), name, option, timeout);
    if (code == MACH_MSG_SUCCESS) {
        count(&message, last);
        return true;
    }
    MUST_BE_ONE_OF(code, MACH_RCV_TIMED_OUT, MACH_RCV_PORT_CHANGED, MACH_RCV_INVALID_NAME);
    return false;
}

// The first receives from ports, so that those outside all sets are served; the others from sets, sometimes for as long as the set lives.
static void receive(struct soak_thread *thread) {
    uint32_t last[SENDERS] = {0};
    while (!atomic_load(&all_sent)) {
        if (thread->index == 0) {
            (void)try_to_receive(ports[chance(PORTS)], last, MACH_RCV_TIMEOUT, chance(2));
        } else {
            unsigned i = chance(SETS);
            bool for_ever = thread->index == 1 && chance(4) == 0;
            (void)try_to_receive(for_ever ? atomic_load(&sets[i]) : any_set(), last, for_ever ? 0 : MACH_RCV_TIMEOUT,
                                 chance(3));
        }
    }
}

static void meddle(struct soak_thread *thread) {
    (void)thread;
    while (!soak_over()) {
        mach_port_t port = ports[chance(PORTS)];
        switch (chance(8)) {
        case 0:
        case 1:
        case 2:
            MUST_BE_ONE_OF(mach_port_insert_member(SELF, port, any_set()), KERN_SUCCESS, KERN_ALREADY_IN_SET,
                           KERN_INVALID_NAME);
            break;
        case 3:
            MUST_BE_ONE_OF(mach_port_extract_member(SELF, port, any_set()), KERN_SUCCESS, KERN_NOT_IN_SET,
                           KERN_INVALID_NAME);
            break;
        case 4:
            MUST_BE_ONE_OF(mach_port_move_member(SELF, port, any_set()), KERN_SUCCESS, KERN_INVALID_NAME);
            break;
        case 5:
            MUST_DO(mach_port_move_member(SELF, port, MACH_PORT_NULL));
            break;
        case 6:
            soak_limit(port, 1 + chance(8));
            break;
        default:
            MUST_DO(mach_port_destroy(SELF, atomic_exchange(&sets[chance(SETS)], soak_set())));
            break;
        }
        soak_did(1);
        if (chance(16) == 0) sched_yield();
    }
}

static bool is_readable(int descriptor, int timeout) {
    struct pollfd poll_descriptor = {.fd = descriptor, .events = POLLIN};
    int ready = poll(&poll_descriptor, 1, timeout);
    MUST(ready >= 0 && (poll_descriptor.revents & ~POLLIN) == 0);
    return ready == 1;
}

// Asks for a descriptor of a port or set, and receives as it tells.
static void wait_with_poll(struct soak_thread *thread) {
    (void)thread;
    uint32_t last[SENDERS] = {0};
    while (!atomic_load(&all_sent)) {
        mach_port_t name = chance(2) == 0 ? ports[chance(PORTS)] : any_set();
        int descriptor = -1;
        kern_return_t code = mach_linux_port_fd(SELF, name, &descriptor);
        soak_did(1);
        if (code == KERN_INVALID_NAME) continue;
        MUST_DO(code);
        for (unsigned i = chance(20); i > 0; i--) {
            if (is_readable(descriptor, 1)) (void)try_to_receive(name, last, MACH_RCV_TIMEOUT, 0);
        }
        MUST_BE(close(descriptor), 0);
    }
}

// With all threads gone: empty, a descriptor says so; it follows each message then.
static void expect_truth(int descriptor, mach_port_t name, mach_port_t port) {
    MUST(!is_readable(descriptor, 0));
    for (unsigned messages = 1 + chance(3), i = 0; i < 2 * messages; i++) {
        struct numbered message = {
            .header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0), .msgh_remote_port = port}};
        if (i < messages) {
            MUST_DO(soak_send(&message.header, NUMBERED_SIZE, MACH_SEND_TIMEOUT, 0));
        } else {
            MUST_DO(soak_receive(&message.header, sizeof(message), name, MACH_RCV_TIMEOUT, 0));
        }
        MUST(is_readable(descriptor, 0) == (i + 1 < 2 * messages));
    }
}

static void one_round(void) {
    struct soak_thread senders[SENDERS] = {0}, receivers[RECEIVERS] = {0}, meddlers[MEDDLERS] = {0},
                       pollers[POLLERS] = {0};
    int descriptors[PORTS], of_lasting_set;
    atomic_store(&sent, 0);
    atomic_store(&received, 0);
    atomic_store(&sent_sum, 0);
    atomic_store(&received_sum, 0);
    atomic_store(&all_sent, false);
    for (unsigned i = 0; i < PORTS; i++) {
        ports[i] = soak_port_with_send();
        MUST_DO(mach_linux_port_fd(SELF, ports[i], &descriptors[i]));
    }
    for (unsigned i = 0; i < SETS; i++) atomic_store(&sets[i], soak_set());
    lasting_set = soak_set();
    MUST_DO(mach_linux_port_fd(SELF, lasting_set, &of_lasting_set));
    for (unsigned i = 0; i < RECEIVERS; i++) {
        receivers[i] = (struct soak_thread){.body = receive, .index = i};
        soak_start(&receivers[i]);
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i] = (struct soak_thread){.body = send_numbers, .index = i};
        soak_start(&senders[i]);
    }
    for (unsigned i = 0; i < MEDDLERS; i++) {
        meddlers[i] = (struct soak_thread){.body = meddle, .index = i};
        soak_start(&meddlers[i]);
    }
    for (unsigned i = 0; i < POLLERS; i++) {
        pollers[i] = (struct soak_thread){.body = wait_with_poll, .index = i};
        soak_start(&pollers[i]);
    }
    for (unsigned i = 0; i < MEDDLERS; i++) soak_join(&meddlers[i]);
    for (unsigned i = 0; i < SENDERS; i++) soak_join(&senders[i]);
    atomic_store(&all_sent, true);
    for (unsigned i = 0; i < SETS; i++) MUST_DO(mach_port_destroy(SELF, atomic_load(&sets[i])));
    for (unsigned i = 0; i < RECEIVERS; i++) soak_join(&receivers[i]);
    for (unsigned i = 0; i < POLLERS; i++) soak_join(&pollers[i]);

    // What is left, port by port; those in the lasting set through it.
    uint32_t last[SENDERS] = {0};
    if (chance(2) == 0) {
        while (is_readable(of_lasting_set, 0)) MUST(try_to_receive(lasting_set, last, MACH_RCV_TIMEOUT, 0));
    }
    for (unsigned i = 0; i < PORTS; i++) {
        while (is_readable(descriptors[i], 0)) MUST(try_to_receive(ports[i], last, MACH_RCV_TIMEOUT, 0));
        MUST(!try_to_receive(ports[i], last, MACH_RCV_TIMEOUT, 0));
    }
    MUST_BE(atomic_load(&received), atomic_load(&sent));
    MUST_BE(atomic_load(&received_sum), atomic_load(&sent_sum));
    for (unsigned i = 0; i < PORTS; i++) {
        soak_limit(ports[i], 5);
        expect_truth(descriptors[i], ports[i], ports[i]);
        MUST_DO(mach_port_move_member(SELF, ports[i], lasting_set));
        expect_truth(of_lasting_set, chance(2) == 0 ? lasting_set : ports[i], ports[i]);
        MUST_DO(mach_port_destroy(SELF, ports[i]));
        MUST(is_readable(descriptors[i], 0));
        MUST_BE(close(descriptors[i]), 0);
    }
    MUST_DO(mach_port_destroy(SELF, lasting_set));
    MUST(is_readable(of_lasting_set, 0));
    MUST_BE(close(of_lasting_set), 0);
}

int main(void) { return soak("changing_sets", one_round); }

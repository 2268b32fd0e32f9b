// A signal every millisecond into threads that send, receive and call, with and without the options that let it interrupt them: no message is lost,
// doubled or overtaken, and every right to reply comes back once.
#include "soak_support.h"

#include <signal.h>
#include <time.h>

enum { SENDERS = 3, CALLERS = 2, THREADS = SENDERS + CALLERS + 2 };

struct numbered {
    mach_msg_header_t header;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t right; // a send right to the account's port
    uint32_t sender, number;
    unsigned char trailer[128];
};
enum { NUMBERED_SIZE = 48, LAST = 9 };
_Static_assert(offsetof(struct numbered, trailer) == NUMBERED_SIZE, "what is sent");

static mach_port_t one_way, calls;
static struct account account;
static atomic_uint ticks;

static void tick(int signal) {
    (void)signal;
    atomic_fetch_add(&ticks, 1);
}

static timer_t start_ticking(struct soak_thread *thread) {
    struct sigevent event;
    memset(&event, 0, sizeof(event));
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGUSR1;
    event._sigev_un._tid = atomic_load(&thread->id);
    timer_t timer;
    MUST_BE(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    const struct itimerspec every_millisecond = {{0, 1000000}, {0, 1000000}};
    MUST_BE(timer_settime(timer, 0, &every_millisecond, NULL), 0);
    return timer;
}

static struct numbered make_message(mach_port_t port, mach_port_t reply, uint32_t sender, uint32_t number) {
    struct numbered message;
    memset(&message, 0, sizeof(message));
    message.header.msgh_bits =
        MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE) | MACH_MSGH_BITS_COMPLEX;
    message.header.msgh_remote_port = port;
    message.header.msgh_local_port = reply;
    message.body.msgh_descriptor_count = 1;
    message.right.name = account.port;
    message.right.disposition = MACH_MSG_TYPE_MAKE_SEND;
    message.right.type = MACH_MSG_PORT_DESCRIPTOR;
    message.sender = sender;
    message.number = number;
    return message;
}

// Sends until the message is gone. Each time that it comes back it is sent as it came.
static void send_through(struct numbered *message, uint32_t sender, uint32_t number) {
    for (;;) {
        mach_msg_option_t option =
            (chance(2) == 0 ? MACH_SEND_INTERRUPT : 0) | (chance(4) == 0 ? MACH_SEND_TIMEOUT : 0);
        mach_msg_return_t code = soak_send(&message->header, NUMBERED_SIZE, option, 2);
        soak_did(1);
        if (code == MACH_MSG_SUCCESS) return;
        MUST((code == MACH_SEND_INTERRUPTED && (option & MACH_SEND_INTERRUPT) != 0) ||
             (code == MACH_SEND_TIMED_OUT && (option & MACH_SEND_TIMEOUT) != 0));
        MUST_BE(message->header.msgh_bits,
                MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE) | MACH_MSGH_BITS_COMPLEX);
        MUST_BE(message->right.disposition, MACH_MSG_TYPE_MOVE_SEND);
        MUST(message->sender == sender && message->number == number);
    }
}

static void send_numbers(struct soak_thread *thread) {
    timer_t timer = start_ticking(thread);
    uint32_t number = 0;
    for (; !soak_over(); number++) {
        struct numbered message = make_message(one_way, account.port, thread->index, number);
        atomic_fetch_add(&account.made, 1);
        send_through(&message, thread->index, number);
    }
    struct numbered message = make_message(one_way, account.port, thread->index, number);
    message.header.msgh_id = LAST;
    atomic_fetch_add(&account.made, 1);
    send_through(&message, thread->index, number);
    MUST_BE(timer_delete(timer), 0);
}

static void wait_for(struct numbered *message, mach_port_t port) {
    for (;;) {
        mach_msg_option_t option = (chance(2) == 0 ? MACH_RCV_INTERRUPT : 0) | (chance(4) == 0 ? MACH_RCV_TIMEOUT : 0);
        mach_msg_return_t code = soak_receive(&message->header, sizeof(*message), port, option, 2);
        soak_did(1);
        if (code == MACH_MSG_SUCCESS) return;
        MUST((code == MACH_RCV_INTERRUPTED && (option & MACH_RCV_INTERRUPT) != 0) ||
             (code == MACH_RCV_TIMED_OUT && (option & MACH_RCV_TIMEOUT) != 0));
    }
}

static void receive_numbers(struct soak_thread *thread) {
    timer_t timer = start_ticking(thread);
    uint32_t next[SENDERS] = {0};
    for (unsigned senders = SENDERS; senders > 0;) {
        struct numbered message;
        wait_for(&message, one_way);
        MUST(message.sender < SENDERS);
        MUST_BE(message.number, next[message.sender]);
        next[message.sender] += 1;
        if (message.header.msgh_id == LAST) senders -= 1;
        // Gives up the rights that came, or uses the right to reply.
        if (chance(2) == 0) {
            mach_msg_destroy(&message.header);
        } else {
            MUST_DO(mach_port_deallocate(SELF, message.right.name));
            mach_msg_header_t reply = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0),
                                       .msgh_remote_port = message.header.msgh_remote_port};
            MUST_DO(soak_send(&reply, sizeof(reply), MACH_SEND_INTERRUPT, 0));
        }
        read_account(&account);
    }
    MUST_BE(timer_delete(timer), 0);
}

static void call(struct soak_thread *thread) {
    timer_t timer = start_ticking(thread);
    mach_port_t reply_port = mach_reply_port();
    bool last = false;
    for (uint32_t number = 0; !last; number++) {
        last = soak_over();
        struct numbered message = make_message(calls, reply_port, thread->index, number);
        if (last) message.header.msgh_id = LAST;
        mach_msg_option_t option =
            (chance(2) == 0 ? MACH_SEND_INTERRUPT : 0) | (chance(2) == 0 ? MACH_RCV_INTERRUPT : 0);
        mach_msg_return_t code;
        do {
            code = mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG | option, NUMBERED_SIZE, sizeof(message),
                            reply_port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
            soak_did(1);
        } while (code == MACH_SEND_INTERRUPTED && (option & MACH_SEND_INTERRUPT) != 0);
        if (code == MACH_RCV_INTERRUPTED) {
            MUST((option & MACH_RCV_INTERRUPT) != 0);
            wait_for(&message, reply_port);
        } else {
            MUST_DO(code);
        }
        MUST(message.sender == thread->index && message.number == number);
        MUST_BE(message.header.msgh_id, 100);
        MUST_DO(mach_port_deallocate(SELF, message.right.name));
    }
    MUST_DO(mach_port_destroy(SELF, reply_port));
    MUST_BE(timer_delete(timer), 0);
}

static void answer(struct soak_thread *thread) {
    timer_t timer = start_ticking(thread);
    for (unsigned callers = CALLERS; callers > 0;) {
        struct numbered message;
        wait_for(&message, calls);
        if (message.header.msgh_id == LAST) callers -= 1;
        message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0) | MACH_MSGH_BITS_COMPLEX;
        message.header.msgh_local_port = MACH_PORT_NULL;
        message.header.msgh_id = 100;
        message.right.disposition = MACH_MSG_TYPE_MOVE_SEND;
        MUST_DO(soak_send(&message.header, NUMBERED_SIZE, MACH_SEND_INTERRUPT, 0)); // there is room always
    }
    MUST_BE(timer_delete(timer), 0);
}

static void one_round(void) {
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = tick;
    action.sa_flags = chance(2) == 0 ? SA_RESTART : 0;
    MUST_BE(sigaction(SIGUSR1, &action, NULL), 0);
    open_account(&account);
    one_way = soak_port_with_send();
    calls = soak_port_with_send();
    soak_limit(one_way, 1 + chance(3));
    soak_limit(calls, 1);
    struct soak_thread threads[THREADS] = {0};
    void (*bodies[THREADS])(struct soak_thread *) = {receive_numbers, answer};
    for (unsigned i = 0; i < THREADS; i++) {
        threads[i].body = i < 2 ? bodies[i] : i < 2 + SENDERS ? send_numbers : call;
        threads[i].index = i < 2 ? 0 : i < 2 + SENDERS ? i - 2 : i - 2 - SENDERS;
        soak_start(&threads[i]);
    }
    for (unsigned i = 0; i < THREADS; i++) soak_join(&threads[i]);
    MUST_DO(mach_port_destroy(SELF, one_way));
    MUST_DO(mach_port_destroy(SELF, calls));
    close_account(&account);
}

int main(void) { return soak("signals", one_round); }

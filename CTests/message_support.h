// What the message tests share: messages with port descriptors, threads that block in a send or a receive, and buffers that show which bytes were written.
#ifndef CTESTS_MESSAGE_SUPPORT_H
#define CTESTS_MESSAGE_SUPPORT_H

#include "support.h"

// ---- Messages

// What a buffer is filled with before a call that must not write beyond, or not at all.
#define UNTOUCHED 0xa5

// A message with room for port descriptors or inline data, and for any trailer.
struct test_message {
    mach_msg_header_t header;
    union {
        struct {
            mach_msg_body_t body;
            mach_msg_port_descriptor_t ports[40];
        };
        uint32_t words[150];
        unsigned char bytes[600];
    };
};

// An empty message: no body, no reply port.
struct test_message message_to(mach_port_t destination, mach_msg_type_name_t disposition, mach_msg_id_t id);
void set_reply(struct test_message *message, mach_port_t reply, mach_msg_type_name_t disposition);
// Appends a port descriptor: the message becomes complex and 12 bytes longer.
void add_port(struct test_message *message, mach_port_t name, mach_msg_type_name_t disposition);
// Makes it an inline message of so many bytes in all, the body a pattern that grows by one.
void set_inline_size(struct test_message *message, mach_msg_size_t size);
void assert_inline_pattern(const struct test_message *message, mach_msg_size_t size);

// Sends msgh_size bytes without waiting.
mach_msg_return_t send_now(struct test_message *message);
// Receives without waiting into a buffer that is filled with UNTOUCHED first; `option` is added to MACH_RCV_MSG | MACH_RCV_TIMEOUT.
mach_msg_return_t receive_now(mach_port_t name, struct test_message *message, mach_msg_option_t option);
mach_msg_return_t receive_limited(mach_port_t name, struct test_message *message, mach_msg_option_t option,
                                  mach_msg_size_t size);

// The send must fail with this code, move no right and leave the buffer as it was.
#define assert_refused(message, size, code) check_refused(message, size, code, __FILE__, __LINE__)
void check_refused(struct test_message *message, mach_msg_size_t size, mach_msg_return_t code, const char *file,
                   int line);

void fill_untouched(void *memory, size_t size);
// The bytes [from, to) still hold UNTOUCHED.
#define assert_untouched(memory, from, to) check_untouched(memory, from, to, __FILE__, __LINE__)
void check_untouched(const void *memory, size_t from, size_t to, const char *file, int line);

// The trailer behind a received message.
const mach_msg_max_trailer_t *trailer_of(const struct test_message *message);
// The sequence number of the message that is received next, without waiting.
mach_port_seqno_t receive_seqno(mach_port_t name);
// Receives one message, which must be there and have this id.
void expect_message(mach_port_t name, mach_msg_id_t id);

// ---- Ports

void set_limit(mach_port_t port, mach_port_msgcount_t limit);
// Sends so many messages with ids 0, 1, 2 ... to a port that we hold.
void queue_messages(mach_port_t port, unsigned count);
// Takes what waits on the port.
void drain(mach_port_t name);
// Puts the port's receive right into a message on the carrier.
void put_in_transit(mach_port_t port, mach_port_t carrier);
// Takes the right out of the next message on the carrier; returns its name.
mach_port_t take_from_transit(mach_port_t carrier);
// Messages alive in the process.
uint64_t live_messages(void);
// Ports alive in the process.
uint64_t live_ports(void);
// A name that nothing has: of a port that was here.
mach_port_t unknown_name(void);

// ---- Threads

// A thread in one mach_msg_overwrite call, all of whose arguments can be set before it starts. The message buffer starts with UNTOUCHED.
struct caller {
    struct test_thread thread;
    struct test_message message;
    mach_msg_option_t option;
    mach_msg_size_t send_size, receive_size;
    mach_port_t receive_name;
    mach_msg_timeout_t timeout;
    uint64_t started, ended; // CLOCK_MONOTONIC, milliseconds
    _Atomic bool done;
};

// A sender of this message that waits as long as it takes; time-out and options may be set before it begins.
void prepare_sender(struct caller *caller, const struct test_message *message);
void prepare_receiver(struct caller *caller, mach_port_t name);
// Starts it and returns when it is blocked.
void begin_blocked(struct caller *caller);
// Starts it, whether it blocks or not.
void begin(struct caller *caller);
// Waits for its end; the code of its call.
mach_msg_return_t finish(struct caller *caller);
// It is blocked still (or again).
void expect_blocked(struct caller *caller);

// Short forms: blocked when they return.
void block_sender(struct caller *caller, mach_port_t destination, mach_msg_id_t id);
void block_receiver(struct caller *caller, mach_port_t name);

uint64_t milliseconds(void);
// How often the thread went to sleep so far; 0 when it is gone.
unsigned long switches_of(struct test_thread *thread);

// So many receivers blocked on a set, to see in which order its members get messages: the first message goes to the first receiver.
struct witnesses {
    mach_port_t set;
    unsigned count;
    struct caller receivers[6];
};
void block_witnesses(struct witnesses *witnesses, const mach_port_t *members, unsigned count);
// The members must have received in this order, each a SEND_ONCE notification; removes the set.
void expect_witnessed(struct witnesses *witnesses, const mach_port_t *order);

#endif

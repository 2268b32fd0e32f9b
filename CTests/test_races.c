// Threads that do conflicting things to the same ports at the same time: whatever the order, no message is lost, doubled
// or overtaken, every code is one that some order explains, and nothing leaks.
#include "message_support.h"
#include "stress.h"

#include <sched.h>
#include <stdatomic.h>

enum { MESSAGES = ROUNDS_OF(20000, 2000), ROUNDS = ROUNDS_OF(1500, 150) };
enum { SENDERS = 4, RECEIVERS = 4 };

// What a sender is, and which of its messages this one is.
struct numbered {
    mach_msg_header_t header;
    uint32_t sender;
    uint32_t number;
    mach_msg_max_trailer_t trailer;
};
enum { NUMBERED_SIZE = offsetof(struct numbered, trailer) };
#define LAST UINT32_MAX // the number that tells a receiver to stop

#define WITH_SEQNO                                                                                                     \
    (MACH_RCV_TRAILER_TYPE(MACH_MSG_TRAILER_FORMAT_0) | MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO))

static mach_msg_return_t send_number(mach_port_t port, mach_msg_type_name_t disposition, uint32_t sender,
                                     uint32_t number) {
    struct numbered message;
    memset(&message, 0, sizeof(message));
    message.header.msgh_bits = MACH_MSGH_BITS(disposition, 0);
    message.header.msgh_size = NUMBERED_SIZE;
    message.header.msgh_remote_port = port;
    message.sender = sender;
    message.number = number;
    return mach_msg(&message.header, MACH_SEND_MSG, NUMBERED_SIZE, 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE,
                    MACH_PORT_NULL);
}

static mach_msg_return_t receive_number(mach_port_t name, struct numbered *message, mach_msg_option_t option,
                                        mach_msg_timeout_t timeout) {
    return mach_msg(&message->header, MACH_RCV_MSG | WITH_SEQNO | option, 0, sizeof(*message), name, timeout,
                    MACH_PORT_NULL);
}

struct sender {
    struct test_thread thread;
    mach_port_t port;
    uint32_t index, count;
};

static int64_t send_numbers(void *argument) {
    struct sender *sender = argument;
    for (uint32_t number = 0; number < sender->count; number++) {
        mach_msg_return_t code = send_number(sender->port, MACH_MSG_TYPE_COPY_SEND, sender->index, number);
        if (code != MACH_MSG_SUCCESS) return code;
    }
    return 0;
}

static void start_senders(struct sender *senders, unsigned count, const mach_port_t *ports, unsigned port_count) {
    for (unsigned i = 0; i < count; i++) {
        senders[i].port = ports[i % port_count];
        senders[i].index = i;
        senders[i].count = MESSAGES;
        start_thread(&senders[i].thread, send_numbers, &senders[i]);
    }
}

static void join_senders(struct sender *senders, unsigned count) {
    for (unsigned i = 0; i < count; i++) assert_code(join_thread(&senders[i].thread), 0);
}

// ---- Many to one, many to many

static void many_senders_to_one_port_keep_the_order_of_each(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    struct sender senders[SENDERS];
    start_senders(senders, SENDERS, &port, 1);
    uint32_t next[SENDERS] = {0};
    for (uint32_t i = 0; i < SENDERS * MESSAGES; i++) {
        struct numbered message;
        assert_code(receive_number(port, &message, 0, 0), MACH_MSG_SUCCESS);
        assert_in_range(message.sender, 0, SENDERS - 1);
        assert_int_equal(message.number, next[message.sender]);
        next[message.sender] += 1;
        assert_int_equal(message.trailer.msgh_seqno, i); // Q6
    }
    join_senders(senders, SENDERS);
    expect_no_message(port);
    destroy(port);
}

struct receiver {
    struct test_thread thread;
    mach_port_t name;               // a port or a set
    const mach_port_t *ports;       // one for each sender
    atomic_uchar (*seen)[MESSAGES]; // how often each message was received, by all receivers together
    uint32_t count;
};

// Receives until told to stop. The code it ends with says what was wrong, 0 if nothing.
static int64_t receive_numbers(void *argument) {
    struct receiver *receiver = argument;
    int64_t last[SENDERS] = {-1, -1, -1, -1};
    for (;;) {
        struct numbered message;
        mach_msg_return_t code = receive_number(receiver->name, &message, 0, 0);
        if (code != MACH_MSG_SUCCESS) return code;
        if (message.number == LAST) return 0;
        if (message.sender >= SENDERS || message.number >= MESSAGES) return 1;
        if (message.header.msgh_local_port != receiver->ports[message.sender]) return 2;
        if (message.number <= last[message.sender]) return 3; // overtaken
        last[message.sender] = message.number;
        if (atomic_fetch_add(&receiver->seen[message.sender][message.number], 1) != 0) return 4; // doubled
        receiver->count += 1;
    }
}

// Senders spread over the ports, all received through `name`, a port or a set.
static void receive_with_many(mach_port_t name, const mach_port_t *ports, unsigned port_count) {
    static atomic_uchar seen[SENDERS][MESSAGES];
    memset(seen, 0, sizeof(seen));
    mach_port_t port_of_sender[SENDERS];
    for (unsigned i = 0; i < SENDERS; i++) port_of_sender[i] = ports[i % port_count];
    struct receiver receivers[RECEIVERS];
    struct sender senders[SENDERS];
    for (unsigned i = 0; i < RECEIVERS; i++) {
        receivers[i].name = name;
        receivers[i].ports = port_of_sender;
        receivers[i].seen = seen;
        receivers[i].count = 0;
        start_thread(&receivers[i].thread, receive_numbers, &receivers[i]);
    }
    start_senders(senders, SENDERS, ports, port_count);
    join_senders(senders, SENDERS);
    for (unsigned i = 0; i < RECEIVERS; i++) {
        assert_code(send_number(ports[0], MACH_MSG_TYPE_COPY_SEND, 0, LAST), MACH_MSG_SUCCESS);
    }
    uint32_t received = 0;
    for (unsigned i = 0; i < RECEIVERS; i++) {
        assert_code(join_thread(&receivers[i].thread), 0);
        received += receivers[i].count;
    }
    // The receivers may all have stopped while other ports of the set still had messages.
    struct numbered message;
    while (receive_number(name, &message, MACH_RCV_TIMEOUT, 0) == MACH_MSG_SUCCESS) {
        assert_in_range(message.sender, 0, SENDERS - 1);
        assert_in_range(message.number, 0, MESSAGES - 1);
        assert_int_equal(atomic_fetch_add(&seen[message.sender][message.number], 1), 0);
        received += 1;
    }
    assert_int_equal(received, SENDERS * MESSAGES);
    for (unsigned i = 0; i < SENDERS; i++) {
        for (unsigned number = 0; number < MESSAGES; number++) assert_int_equal(seen[i][number], 1);
    }
}

static void many_receivers_on_one_port_take_each_message_once(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    receive_with_many(port, &port, 1);
    destroy(port);
}

static void many_receivers_on_one_set_take_each_message_once(void **state) {
    (void)state;
    mach_port_t set = make_set(), ports[SENDERS];
    for (unsigned i = 0; i < SENDERS; i++) {
        ports[i] = port_with_send();
        put_in_set(ports[i], set);
    }
    receive_with_many(set, ports, SENDERS);
    for (unsigned i = 0; i < SENDERS; i++) destroy(ports[i]);
    destroy(set);
}

// Receivers on the port itself, on one of its sets and on another of its sets share its messages.
static void receivers_on_a_port_and_on_its_sets_share_the_messages(void **state) {
    (void)state;
    mach_port_t sets[2] = {make_set(), make_set()}, port = port_with_send();
    static atomic_uchar seen[SENDERS][MESSAGES];
    memset(seen, 0, sizeof(seen));
    put_in_set(port, sets[0]);
    put_in_set(port, sets[1]);
    mach_port_t port_of_sender[SENDERS] = {port, port, port, port}, names[3] = {port, sets[0], sets[1]};
    struct receiver receivers[3];
    struct sender senders[2];
    for (unsigned i = 0; i < 3; i++) {
        receivers[i] = (struct receiver){.name = names[i], .ports = port_of_sender, .seen = seen};
        start_thread(&receivers[i].thread, receive_numbers, &receivers[i]);
    }
    start_senders(senders, 2, &port, 1);
    join_senders(senders, 2);
    for (unsigned i = 0; i < 3; i++) assert_code(send_number(port, MACH_MSG_TYPE_COPY_SEND, 0, LAST), MACH_MSG_SUCCESS);
    uint32_t received = 0;
    for (unsigned i = 0; i < 3; i++) {
        assert_code(join_thread(&receivers[i].thread), 0);
        received += receivers[i].count;
    }
    assert_int_equal(received, 2 * MESSAGES); // V3
    expect_no_message(port);
    destroy(port);
    destroy(sets[0]);
    destroy(sets[1]);
}

// ---- Things that change while messages flow

struct meddler {
    struct test_thread thread;
    mach_port_t port;
    mach_port_t sets[2];
    atomic_bool stop;
    uint32_t count;
};

static int64_t change_the_limit(void *argument) {
    struct meddler *meddler = argument;
    for (; !atomic_load(&meddler->stop); meddler->count++) {
        mach_port_limits_t limits = {.mpl_qlimit = meddler->count % 7};
        kern_return_t code =
            mach_port_set_attributes(SELF, meddler->port, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits, 1);
        if (code != KERN_SUCCESS) return code;
        if (meddler->count % 16 == 0) sched_yield();
    }
    mach_port_limits_t limits = {.mpl_qlimit = 5};
    return mach_port_set_attributes(SELF, meddler->port, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits, 1);
}

static int64_t move_between_sets(void *argument) {
    struct meddler *meddler = argument;
    for (; !atomic_load(&meddler->stop); meddler->count++) {
        mach_port_t set = meddler->sets[meddler->count % 2];
        kern_return_t code;
        switch (meddler->count % 5) {
        case 0:
        case 1:
            code = mach_port_move_member(SELF, meddler->port, set);
            break;
        case 2:
            code = mach_port_move_member(SELF, meddler->port, MACH_PORT_NULL);
            break;
        case 3:
            code = mach_port_insert_member(SELF, meddler->port, set);
            if (code == KERN_ALREADY_IN_SET) code = KERN_SUCCESS;
            break;
        default:
            code = mach_port_extract_member(SELF, meddler->port, set);
            if (code == KERN_NOT_IN_SET) code = KERN_SUCCESS;
            break;
        }
        if (code != KERN_SUCCESS) return code;
        if (meddler->count % 16 == 0) sched_yield();
    }
    return mach_port_move_member(SELF, meddler->port, meddler->sets[0]);
}

static void start_meddler(struct meddler *meddler, int64_t (*body)(void *), mach_port_t port) {
    meddler->port = port;
    meddler->count = 0;
    atomic_init(&meddler->stop, false);
    start_thread(&meddler->thread, body, meddler);
}

static void stop_meddler(struct meddler *meddler) {
    atomic_store(&meddler->stop, true);
    assert_code(join_thread(&meddler->thread), KERN_SUCCESS);
    assert_true(meddler->count > 0);
}

static void a_limit_that_changes_loses_no_sender(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    struct sender senders[2];
    struct meddler meddler;
    start_meddler(&meddler, change_the_limit, port);
    start_senders(senders, 2, &port, 1);
    uint32_t next[2] = {0};
    for (uint32_t i = 0; i < 2 * MESSAGES; i++) {
        struct numbered message;
        assert_code(receive_number(port, &message, 0, 0), MACH_MSG_SUCCESS); // Q2
        assert_in_range(message.sender, 0, 1);
        assert_int_equal(message.number, next[message.sender]++);
    }
    join_senders(senders, 2);
    stop_meddler(&meddler);
    expect_no_message(port);
    destroy(port);
}

static void a_port_that_moves_between_sets_loses_no_message(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    struct meddler meddler = {.sets = {make_set(), make_set()}};
    put_in_set(port, meddler.sets[0]);
    static atomic_uchar seen[SENDERS][MESSAGES];
    memset(seen, 0, sizeof(seen));
    mach_port_t port_of_sender[SENDERS] = {port, port, port, port};
    struct receiver receivers[2];
    struct sender senders[2];
    for (unsigned i = 0; i < 2; i++) {
        receivers[i] = (struct receiver){.name = meddler.sets[i], .ports = port_of_sender, .seen = seen};
        start_thread(&receivers[i].thread, receive_numbers, &receivers[i]);
    }
    start_meddler(&meddler, move_between_sets, port);
    start_senders(senders, 2, &port, 1);
    join_senders(senders, 2);
    stop_meddler(&meddler);
    // At rest in the first set now: its receiver takes what is left, then stops; then the other's turn.
    assert_code(send_number(port, MACH_MSG_TYPE_COPY_SEND, 0, LAST), MACH_MSG_SUCCESS);
    assert_code(join_thread(&receivers[0].thread), 0);
    assert_success(mach_port_move_member(SELF, port, meddler.sets[1]));
    assert_code(send_number(port, MACH_MSG_TYPE_COPY_SEND, 0, LAST), MACH_MSG_SUCCESS);
    assert_code(join_thread(&receivers[1].thread), 0);
    assert_int_equal(receivers[0].count + receivers[1].count, 2 * MESSAGES);
    destroy(port);
    destroy(meddler.sets[0]);
    destroy(meddler.sets[1]);
}

// ---- A receive right on its way through messages

enum { HOLDERS = 3 };

struct journey {
    mach_port_t port;              // its name stays: the task keeps a send right
    mach_port_t carriers[HOLDERS]; // where each holder waits for the right
    uint32_t next[SENDERS];        // written by whoever holds the right
    uint32_t received, wanted, moves;
};

struct holder {
    struct test_thread thread;
    struct journey *journey;
    unsigned index;
};

static mach_msg_return_t hand_on(mach_port_t port, mach_port_t carrier, mach_msg_id_t id) {
    struct test_message message = message_to(carrier, MACH_MSG_TYPE_MAKE_SEND, id);
    add_port(&message, port, MACH_MSG_TYPE_MOVE_RECEIVE);
    return mach_msg(&message.header, MACH_SEND_MSG, message.header.msgh_size, 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE,
                    MACH_PORT_NULL);
}

// Takes the right when it comes, receives a few messages, hands it to the next holder; the last one tells the others to stop.
static int64_t hold_for_a_while(void *argument) {
    struct holder *holder = argument;
    struct journey *journey = holder->journey;
    mach_port_t carrier = journey->carriers[holder->index];
    for (;;) {
        struct test_message arrival;
        mach_msg_return_t code =
            mach_msg(&arrival.header, MACH_RCV_MSG, 0, sizeof(arrival), carrier, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
        if (code != MACH_MSG_SUCCESS) return code;
        if (arrival.header.msgh_id == 0) return 0;
        if (arrival.body.msgh_descriptor_count != 1) return 1;
        if (arrival.ports[0].disposition != MACH_MSG_TYPE_PORT_RECEIVE || arrival.ports[0].name != journey->port)
            return 2;
        for (uint32_t i = 0; i < 1 + journey->moves % 7 && journey->received < journey->wanted; i++) {
            struct numbered message;
            code = receive_number(journey->port, &message, 0, 0);
            if (code != MACH_MSG_SUCCESS) return code;
            if (message.sender >= SENDERS || message.number != journey->next[message.sender]) return 3; // Q13
            if (message.trailer.msgh_seqno != i) return 4; // Q13, T19: begins at 0 with each holder
            journey->next[message.sender] += 1;
            journey->received += 1;
        }
        journey->moves += 1;
        if (journey->received == journey->wanted) {
            for (unsigned i = 0; i < HOLDERS; i++) {
                if (i == holder->index) continue;
                code = send_simple(journey->carriers[i], MACH_MSG_TYPE_MAKE_SEND, 0);
                if (code != MACH_MSG_SUCCESS) return code;
            }
            return 0;
        }
        code = hand_on(journey->port, journey->carriers[(holder->index + 1) % HOLDERS], 1);
        if (code != MACH_MSG_SUCCESS) return code;
    }
}

static void a_receive_right_travels_while_senders_send(void **state) {
    (void)state;
    struct journey journey = {.port = port_with_send(), .wanted = SENDERS * MESSAGES};
    struct holder holders[HOLDERS];
    struct sender senders[SENDERS];
    for (unsigned i = 0; i < HOLDERS; i++) {
        journey.carriers[i] = make_port();
        holders[i].journey = &journey;
        holders[i].index = i;
    }
    assert_code(hand_on(journey.port, journey.carriers[0], 1), MACH_MSG_SUCCESS);
    start_senders(senders, SENDERS, &journey.port, 1);
    for (unsigned i = 0; i < HOLDERS; i++) start_thread(&holders[i].thread, hold_for_a_while, &holders[i]);
    for (unsigned i = 0; i < HOLDERS; i++) assert_code(join_thread(&holders[i].thread), 0);
    join_senders(senders, SENDERS);
    assert_int_equal(journey.received, journey.wanted);
    for (unsigned i = 0; i < SENDERS; i++) assert_int_equal(journey.next[i], MESSAGES);
    expect_no_message(journey.port);
    destroy(journey.port);
    for (unsigned i = 0; i < HOLDERS; i++) destroy(journey.carriers[i]);
}

// ---- Death in the middle

// Two threads that start a step together, as nearly as threads can.
struct gate {
    atomic_uint arrived;
};

static void pass(struct gate *gate, unsigned threads, unsigned round) {
    atomic_fetch_add(&gate->arrived, 1);
    while (atomic_load(&gate->arrived) < threads * (round + 1)) sched_yield();
}

// How the main thread brings a port to its end.
enum ending { DESTROY, DROP_RECEIVE_RIGHT, ENDINGS };

static void end_port(mach_port_t port, enum ending ending) {
    if (ending == DESTROY) {
        destroy(port);
    } else {
        kill_port(port);
    }
}

// Gives up the dead name that DROP_RECEIVE_RIGHT leaves of `sends` user references.
static void expect_remains(mach_port_t port, enum ending ending, mach_port_urefs_t sends) {
    if (ending == DESTROY || sends == 0) {
        assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    } else {
        assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), sends); // R11
        destroy(port);
    }
}

// One thread that repeats a call on the port of each round until the round is over; the main thread ends the port meanwhile.
struct rival {
    struct test_thread thread;
    struct gate gate;
    mach_port_t port, other, sets[2];
    atomic_bool over; // the port has ended: one more call and the round is done
    uint32_t successes;
};

enum { PER_ROUND = 2 };  // passes of the gate
enum { ENOUGH = 10000 }; // successes in one round, should the main thread be kept from its part

typedef mach_msg_return_t (*attempt_t)(struct rival *);

// Runs all rounds in the rival's thread. The first code other than success that is not allowed is its result.
static int64_t repeat(struct rival *rival, attempt_t attempt, bool (*is_allowed)(mach_msg_return_t)) {
    int64_t wrong = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        pass(&rival->gate, 2, PER_ROUND * round);
        rival->successes = 0;
        for (bool over = false; !over;) {
            over = atomic_load(&rival->over);
            if (rival->successes == ENOUGH && !over) {
                sched_yield();
                continue;
            }
            mach_msg_return_t code = attempt(rival);
            if (code == 0) {
                rival->successes += 1;
            } else if (!is_allowed(code)) {
                if (wrong == 0) wrong = code;
            }
        }
        pass(&rival->gate, 2, PER_ROUND * round + 1);
    }
    return wrong;
}

static void begin_round(struct rival *rival, unsigned round) {
    atomic_store(&rival->over, false);
    pass(&rival->gate, 2, PER_ROUND * round);
    // A different head start each time.
    for (unsigned i = 0; i < round % 64; i++) sched_yield();
}

static void end_round(struct rival *rival, unsigned round) {
    atomic_store(&rival->over, true);
    pass(&rival->gate, 2, PER_ROUND * round + 1);
}

static mach_msg_return_t send_with_rights(struct rival *rival) {
    struct test_message message = message_to(rival->port, MACH_MSG_TYPE_COPY_SEND, 1);
    set_reply(&message, rival->other, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    add_port(&message, rival->other, MACH_MSG_TYPE_MAKE_SEND);
    mach_msg_return_t code = mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, message.header.msgh_size, 0,
                                      MACH_PORT_NULL, 0, MACH_PORT_NULL);
    if (code != MACH_SEND_TIMED_OUT) return code;
    // What came back is ours to give up; the send-once right among it posts its notification like that of a lost message.
    mach_msg_destroy(&message.header);
    return mach_port_deallocate(SELF, message.header.msgh_local_port);
}

static bool may_fail_to_send(mach_msg_return_t code) { return code == MACH_SEND_INVALID_DEST; }

static int64_t send_all_the_time(void *argument) { return repeat(argument, send_with_rights, may_fail_to_send); }

// Whatever was accepted died with the port, and its reply port was told so: exactly once each.
static void destruction_races_with_send(void **state) {
    (void)state;
    struct rival rival = {.other = make_port()};
    start_thread(&rival.thread, send_all_the_time, &rival);
    for (unsigned round = 0; round < ROUNDS; round++) {
        enum ending ending = round % ENDINGS;
        rival.port = port_with_send();
        begin_round(&rival, round);
        end_port(rival.port, ending);
        end_round(&rival, round);
        expect_remains(rival.port, ending, 1);
        for (uint32_t i = 0; i < rival.successes; i++) expect_send_once_notification(rival.other); // Q4, T18, C2
        expect_no_message(rival.other);
        assert_int_equal(status(rival.other).mps_srights, 0);
    }
    assert_code(join_thread(&rival.thread), 0);
    destroy(rival.other);
}

static mach_msg_return_t block_in_receive(struct rival *rival) {
    struct numbered message;
    return receive_number(rival->port, &message, 0, 0);
}

static bool may_fail_to_receive(mach_msg_return_t code) {
    return code == MACH_RCV_PORT_CHANGED || code == MACH_RCV_INVALID_NAME;
}

static int64_t receive_all_the_time(void *argument) { return repeat(argument, block_in_receive, may_fail_to_receive); }

// The receiver waits on the port, or on a set that the port is in.
static void destroy_during_receive(bool through_set) {
    struct rival rival = {.port = MACH_PORT_NULL};
    start_thread(&rival.thread, receive_all_the_time, &rival);
    for (unsigned round = 0; round < ROUNDS; round++) {
        enum ending ending = round % ENDINGS;
        mach_port_t port = port_with_send(), notified = make_port(), set = MACH_PORT_NULL;
        if (through_set) {
            set = make_set();
            put_in_set(port, set);
        }
        rival.port = through_set ? set : port;
        unsigned sent = round % 6;
        begin_round(&rival, round);
        for (unsigned i = 0; i < sent; i++) {
            struct test_message message = message_to(port, MACH_MSG_TYPE_COPY_SEND, 1);
            set_reply(&message, notified, MACH_MSG_TYPE_MAKE_SEND_ONCE);
            assert_code(mach_msg(&message.header, MACH_SEND_MSG, 24, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
                        MACH_MSG_SUCCESS);
        }
        end_port(port, ending);
        if (through_set) destroy(set);
        end_round(&rival, round);
        expect_remains(port, ending, 1);
        // Each message was either received, and its reply right is a name now, or died, and its reply port was told.
        assert_in_range(rival.successes, 0, sent);
        for (unsigned i = rival.successes; i < sent; i++) expect_send_once_notification(notified);
        expect_no_message(notified);
        assert_int_equal(status(notified).mps_sorights, rival.successes);
        destroy(notified);
        // The send-once rights that were received are dead names now.
        mach_port_name_array_t names = NULL;
        mach_port_type_array_t types = NULL;
        mach_msg_type_number_t count = 0, type_count = 0;
        assert_success(mach_port_names(SELF, &names, &count, &types, &type_count));
        unsigned dead = 0;
        for (unsigned i = 0; i < count; i++) {
            if ((types[i] & MACH_PORT_TYPE_DEAD_NAME) == 0) continue;
            destroy(names[i]);
            dead += 1;
        }
        assert_int_equal(dead, rival.successes);
        assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)));
        assert_success(vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)));
    }
    assert_code(join_thread(&rival.thread), 0);
}

static void destruction_races_with_receive(void **state) {
    (void)state;
    destroy_during_receive(false); // V2
}

static void destruction_races_with_receive_through_a_set(void **state) {
    (void)state;
    destroy_during_receive(true); // V2, P5
}

static mach_msg_return_t insert_a_send_right(struct rival *rival) {
    return mach_port_insert_right(SELF, rival->port, rival->port, MACH_MSG_TYPE_MAKE_SEND);
}

static bool may_fail_to_insert(mach_msg_return_t code) {
    // The port's name is gone, or is a dead name by now.
    return code == KERN_INVALID_NAME || code == KERN_INVALID_RIGHT || code == KERN_INVALID_CAPABILITY;
}

static int64_t insert_all_the_time(void *argument) { return repeat(argument, insert_a_send_right, may_fail_to_insert); }

static void destruction_races_with_insert_right(void **state) {
    (void)state;
    struct rival rival = {.port = MACH_PORT_NULL};
    start_thread(&rival.thread, insert_all_the_time, &rival);
    for (unsigned round = 0; round < ROUNDS; round++) {
        enum ending ending = round % ENDINGS;
        rival.port = make_port();
        begin_round(&rival, round);
        end_port(rival.port, ending);
        end_round(&rival, round);
        expect_remains(rival.port, ending, rival.successes); // I5, R11
    }
    assert_code(join_thread(&rival.thread), 0);
}

static mach_msg_return_t copy_and_drop(struct rival *rival) {
    mach_port_t copy = MACH_PORT_NULL;
    mach_msg_type_name_t disposition = 0;
    kern_return_t code = mach_port_extract_right(SELF, rival->port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &copy, &disposition);
    if (code != KERN_SUCCESS) return code;
    // A send-once right, or by now a dead name: deallocate takes either.
    return mach_port_deallocate(SELF, copy) == KERN_SUCCESS ? KERN_SUCCESS : KERN_FAILURE;
}

static int64_t extract_all_the_time(void *argument) { return repeat(argument, copy_and_drop, may_fail_to_insert); }

static void destruction_races_with_extract_right(void **state) {
    (void)state;
    struct rival rival = {.port = MACH_PORT_NULL};
    start_thread(&rival.thread, extract_all_the_time, &rival);
    for (unsigned round = 0; round < ROUNDS; round++) {
        enum ending ending = round % ENDINGS;
        mach_port_t port = port_with_send();
        rival.port = port;
        begin_round(&rival, round);
        end_port(port, ending);
        end_round(&rival, round);
        // The rival's own name may have taken the slot of the port's meanwhile; that is gone again, the port's is not there.
        expect_remains(port, ending, 1);
    }
    assert_code(join_thread(&rival.thread), 0);
}

static mach_msg_return_t move_to_a_set(struct rival *rival) {
    mach_port_t set = rival->sets[rival->successes % 2];
    switch (rival->successes % 3) {
    case 0:
        return mach_port_move_member(SELF, rival->port, set);
    case 1:
        return mach_port_insert_member(SELF, rival->port, set);
    default:
        return mach_port_extract_member(SELF, rival->port, set);
    }
}

static bool may_fail_to_move(mach_msg_return_t code) {
    return code == KERN_INVALID_NAME || code == KERN_INVALID_RIGHT || code == KERN_NOT_IN_SET ||
           code == KERN_ALREADY_IN_SET;
}

static mach_msg_return_t move_or_skip(struct rival *rival) {
    mach_msg_return_t code = move_to_a_set(rival);
    // Not a success and yet no end: the next step of the pattern is wanted all the same.
    if (code == KERN_NOT_IN_SET || code == KERN_ALREADY_IN_SET) return KERN_SUCCESS;
    return code;
}

static int64_t move_all_the_time(void *argument) { return repeat(argument, move_or_skip, may_fail_to_move); }

static void expect_empty_set(mach_port_t set) {
    mach_port_name_array_t members = NULL;
    mach_msg_type_number_t count = 1;
    assert_success(mach_port_get_set_status(SELF, set, &members, &count));
    assert_int_equal(count, 0); // P6
}

static void destruction_of_a_member_races_with_move_member(void **state) {
    (void)state;
    struct rival rival = {.sets = {make_set(), make_set()}};
    start_thread(&rival.thread, move_all_the_time, &rival);
    for (unsigned round = 0; round < ROUNDS; round++) {
        enum ending ending = round % ENDINGS;
        rival.port = port_with_send();
        begin_round(&rival, round);
        end_port(rival.port, ending);
        end_round(&rival, round);
        expect_empty_set(rival.sets[0]);
        expect_empty_set(rival.sets[1]);
        expect_remains(rival.port, ending, 1);
    }
    assert_code(join_thread(&rival.thread), 0);
    destroy(rival.sets[0]);
    destroy(rival.sets[1]);
}

static void destruction_of_a_set_races_with_move_member(void **state) {
    (void)state;
    struct rival rival = {.port = port_with_send()};
    start_thread(&rival.thread, move_all_the_time, &rival);
    for (unsigned round = 0; round < ROUNDS; round++) {
        rival.sets[0] = make_set();
        rival.sets[1] = make_set();
        begin_round(&rival, round);
        destroy(rival.sets[0]);
        if (round % 2 == 0) destroy(rival.sets[1]);
        end_round(&rival, round);
        if (round % 2 != 0) destroy(rival.sets[1]);
        assert_int_equal(status(rival.port).mps_pset, 0); // P5, Q9
        assert_code(send_simple(rival.port, MACH_MSG_TYPE_COPY_SEND, 7), MACH_MSG_SUCCESS);
        expect_message(rival.port, 7);
    }
    assert_code(join_thread(&rival.thread), 0);
    destroy(rival.port);
}

static mach_msg_return_t send_receive_right(mach_port_t right, mach_port_t destination) {
    struct test_message message = message_to(destination, MACH_MSG_TYPE_COPY_SEND, 1);
    add_port(&message, right, MACH_MSG_TYPE_MOVE_RECEIVE);
    return mach_msg(&message.header, MACH_SEND_MSG, message.header.msgh_size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

// Two threads send each a receive right into the other's port: the loop must never close, whoever is first.
struct loop {
    struct test_thread thread;
    struct gate gate;
    mach_port_t right, destination;
};

static int64_t close_loop(void *argument) {
    struct loop *loop = argument;
    int64_t wrong = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        pass(&loop->gate, 2, PER_ROUND * round);
        mach_msg_return_t code = send_receive_right(loop->right, loop->destination);
        if (code != MACH_MSG_SUCCESS && code != MACH_SEND_INVALID_DEST) wrong = code;
        pass(&loop->gate, 2, PER_ROUND * round + 1);
    }
    return wrong;
}

static void two_receive_rights_sent_into_each_other_close_no_loop(void **state) {
    (void)state;
    struct loop loop;
    memset(&loop, 0, sizeof(loop));
    start_thread(&loop.thread, close_loop, &loop);
    for (unsigned round = 0; round < ROUNDS; round++) {
        mach_port_t a = port_with_send(), b = port_with_send();
        loop.right = a;
        loop.destination = b;
        pass(&loop.gate, 2, PER_ROUND * round);
        mach_msg_return_t code = send_receive_right(b, a);
        assert_true(code == MACH_MSG_SUCCESS || code == MACH_SEND_INVALID_DEST);
        pass(&loop.gate, 2, PER_ROUND * round + 1);
        // One right found the other's port on its way: that message died and its right with it, and with that port the first.
        assert_int_equal(type(a), MACH_PORT_TYPE_DEAD_NAME); // C1
        assert_int_equal(type(b), MACH_PORT_TYPE_DEAD_NAME);
        destroy(a);
        destroy(b);
    }
    assert_code(join_thread(&loop.thread), 0);
}

// ---- User references from many threads

struct counter {
    struct test_thread thread;
    mach_port_t port;
    unsigned index;
};

static int64_t raise_and_lower(void *argument) {
    struct counter *counter = argument;
    for (unsigned i = 0; i < MESSAGES; i++) {
        kern_return_t code;
        switch ((i + counter->index) % 4) {
        case 0:
            code = mach_port_mod_refs(SELF, counter->port, MACH_PORT_RIGHT_SEND, 3);
            if (code == KERN_SUCCESS) code = mach_port_mod_refs(SELF, counter->port, MACH_PORT_RIGHT_SEND, -3);
            break;
        case 1:
            code = mach_port_insert_right(SELF, counter->port, counter->port, MACH_MSG_TYPE_COPY_SEND);
            if (code == KERN_SUCCESS) code = mach_port_deallocate(SELF, counter->port);
            break;
        case 2:
            code = mach_port_insert_right(SELF, counter->port, counter->port, MACH_MSG_TYPE_MAKE_SEND);
            if (code == KERN_SUCCESS) code = mach_port_mod_refs(SELF, counter->port, MACH_PORT_RIGHT_SEND, -1);
            break;
        default: {
            mach_port_t copy = MACH_PORT_NULL;
            mach_msg_type_name_t disposition = 0;
            code = mach_port_extract_right(SELF, counter->port, MACH_MSG_TYPE_COPY_SEND, &copy, &disposition);
            if (code == KERN_SUCCESS && copy != counter->port) return 1;
            if (code == KERN_SUCCESS) code = mach_port_deallocate(SELF, copy);
            break;
        }
        }
        if (code != KERN_SUCCESS) return code;
    }
    return 0;
}

static void user_references_that_many_threads_change_add_up(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(2);
    struct counter counters[SENDERS];
    for (unsigned i = 0; i < SENDERS; i++) {
        counters[i].port = port;
        counters[i].index = i;
        start_thread(&counters[i].thread, raise_and_lower, &counters[i]);
    }
    for (unsigned i = 0; i < SENDERS; i++) assert_code(join_thread(&counters[i].thread), 0);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    assert_int_equal(status(port).mps_mscount, 1 + SENDERS * (MESSAGES / 4)); // T2
    destroy(port);
}

struct maker {
    struct test_thread thread;
    unsigned index;
};

// Makes and drops ports and sets of its own while others do the same in the same space.
static int64_t make_and_drop(void *argument) {
    struct maker *maker = argument;
    mach_port_t mine[16] = {0};
    for (unsigned i = 0; i < MESSAGES; i++) {
        mach_port_t *slot = &mine[(i * 7 + maker->index) % COUNT_OF(mine)];
        kern_return_t code = KERN_SUCCESS;
        if (*slot != MACH_PORT_NULL) code = mach_port_destroy(SELF, *slot);
        if (code == KERN_SUCCESS) {
            mach_port_right_t right = i % 3 == 0 ? MACH_PORT_RIGHT_PORT_SET : MACH_PORT_RIGHT_RECEIVE;
            code = mach_port_allocate(SELF, right, slot);
            mach_port_urefs_t held = 0;
            if (code == KERN_SUCCESS) code = mach_port_get_refs(SELF, *slot, right, &held);
            if (code == KERN_SUCCESS && held != 1) return 1; // somebody else's name
        }
        if (code != KERN_SUCCESS) return code;
    }
    for (unsigned i = 0; i < COUNT_OF(mine); i++) {
        if (mine[i] == MACH_PORT_NULL) continue;
        kern_return_t code = mach_port_destroy(SELF, mine[i]);
        if (code != KERN_SUCCESS) return code;
    }
    return 0;
}

static void names_made_by_many_threads_are_never_shared(void **state) {
    (void)state;
    struct maker makers[SENDERS];
    for (unsigned i = 0; i < SENDERS; i++) {
        makers[i].index = i;
        start_thread(&makers[i].thread, make_and_drop, &makers[i]);
    }
    for (unsigned i = 0; i < SENDERS; i++) assert_code(join_thread(&makers[i].thread), 0);
}

// ---- Calls

struct client {
    struct test_thread thread;
    mach_port_t service;
    uint32_t index;
};

static int64_t call_and_check(void *argument) {
    struct client *client = argument;
    mach_port_t reply_port = mach_reply_port();
    for (uint32_t number = 0; number < MESSAGES / 4; number++) {
        struct numbered message;
        memset(&message, 0, sizeof(message));
        message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
        message.header.msgh_remote_port = client->service;
        message.header.msgh_local_port = reply_port;
        message.sender = client->index;
        message.number = number;
        mach_msg_return_t code = mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, NUMBERED_SIZE, sizeof(message),
                                          reply_port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
        if (code != MACH_MSG_SUCCESS) return code;
        if (message.sender != client->index || message.number != number || message.header.msgh_id != 100) return 1;
    }
    return mach_port_destroy(SELF, reply_port);
}

static int64_t answer_calls(void *argument) {
    mach_port_t set = *(mach_port_t *)argument;
    for (;;) {
        struct numbered message;
        mach_msg_return_t code = receive_number(set, &message, 0, 0);
        if (code != MACH_MSG_SUCCESS) return code;
        if (message.number == LAST) return 0;
        message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
        message.header.msgh_local_port = MACH_PORT_NULL;
        message.header.msgh_id = 100;
        code = mach_msg(&message.header, MACH_SEND_MSG, NUMBERED_SIZE, 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE,
                        MACH_PORT_NULL);
        if (code != MACH_MSG_SUCCESS) return code;
    }
}

static void every_call_gets_its_own_answer(void **state) {
    (void)state;
    mach_port_t set = make_set(), services[2] = {port_with_send(), port_with_send()};
    put_in_set(services[0], set);
    put_in_set(services[1], set);
    struct test_thread servers[2];
    struct client clients[SENDERS];
    for (unsigned i = 0; i < 2; i++) start_thread(&servers[i], answer_calls, &set);
    for (unsigned i = 0; i < SENDERS; i++) {
        clients[i].service = services[i % 2];
        clients[i].index = i;
        start_thread(&clients[i].thread, call_and_check, &clients[i]);
    }
    for (unsigned i = 0; i < SENDERS; i++) assert_code(join_thread(&clients[i].thread), 0);
    for (unsigned i = 0; i < 2; i++)
        assert_code(send_number(services[i], MACH_MSG_TYPE_COPY_SEND, 0, LAST), MACH_MSG_SUCCESS);
    for (unsigned i = 0; i < 2; i++) assert_code(join_thread(&servers[i]), 0);
    destroy(services[0]);
    destroy(services[1]);
    destroy(set);
}

// Each thread allocates and gives back memory of its own; the places change hands between them. What a thread holds at its end
// is known to the library and its own.
enum { HELD = 16, MEMORY_ROUNDS = ROUNDS_OF(150000, 15000) };

struct tenant {
    struct test_thread thread;
    unsigned number;
    vm_address_t memory[HELD];
    vm_size_t sizes[HELD];
};

static int64_t allocate_and_give_back(void *argument) {
    struct tenant *it = argument;
    for (unsigned round = 0; round < MEMORY_ROUNDS; round++) {
        it->number = it->number * 1664525 + 1013904223;
        unsigned i = it->number >> 28;
        if (it->memory[i] != 0) {
            if (*(volatile vm_address_t *)it->memory[i] != it->memory[i] + i) return 1;
            kern_return_t code = vm_deallocate(SELF, it->memory[i], it->sizes[i]);
            if (code != KERN_SUCCESS) return code;
            it->memory[i] = 0;
        } else {
            it->sizes[i] = vm_page_size * (1 + (it->number >> 16) % 6);
            kern_return_t code = vm_allocate(SELF, &it->memory[i], it->sizes[i], VM_FLAGS_ANYWHERE);
            if (code != KERN_SUCCESS) return code;
            *(volatile vm_address_t *)it->memory[i] = it->memory[i] + i;
        }
    }
    return 0;
}

static uint64_t known_regions(void) {
    mach_linux_statistics_data_t now;
    mach_linux_statistics(&now);
    return now.memory_regions;
}

static void a_place_that_is_given_away_at_once_is_its_new_tenants(void **state) {
    (void)state;
    struct tenant tenants[3];
    memset(tenants, 0, sizeof(tenants));
    uint64_t before = known_regions();
    for (unsigned i = 0; i < COUNT_OF(tenants); i++) {
        tenants[i].number = i + 1;
        start_thread(&tenants[i].thread, allocate_and_give_back, &tenants[i]);
    }
    uint64_t held = 0;
    for (unsigned i = 0; i < COUNT_OF(tenants); i++) assert_code(join_thread(&tenants[i].thread), 0);
    for (unsigned i = 0; i < COUNT_OF(tenants) * HELD; i++) held += tenants[i / HELD].memory[i % HELD] != 0;
    assert_int_equal(known_regions(), before + held);
    for (unsigned i = 0; i < COUNT_OF(tenants) * HELD; i++) {
        struct tenant *it = &tenants[i / HELD];
        if (it->memory[i % HELD] != 0) assert_success(vm_deallocate(SELF, it->memory[i % HELD], it->sizes[i % HELD]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(many_senders_to_one_port_keep_the_order_of_each),
        TEST(many_receivers_on_one_port_take_each_message_once),
        TEST(many_receivers_on_one_set_take_each_message_once),
        TEST(receivers_on_a_port_and_on_its_sets_share_the_messages),
        TEST(a_limit_that_changes_loses_no_sender),
        TEST(a_port_that_moves_between_sets_loses_no_message),
        TEST(a_receive_right_travels_while_senders_send),
        TEST(destruction_races_with_send),
        TEST(destruction_races_with_receive),
        TEST(destruction_races_with_receive_through_a_set),
        TEST(destruction_races_with_insert_right),
        TEST(destruction_races_with_extract_right),
        TEST(destruction_of_a_member_races_with_move_member),
        TEST(destruction_of_a_set_races_with_move_member),
        TEST(two_receive_rights_sent_into_each_other_close_no_loop),
        TEST(user_references_that_many_threads_change_add_up),
        TEST(names_made_by_many_threads_are_never_shared),
        TEST(every_call_gets_its_own_answer),
        TEST(a_place_that_is_given_away_at_once_is_its_new_tenants),
    };
    return RUN(tests);
}

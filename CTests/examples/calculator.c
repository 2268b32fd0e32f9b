// A calculator as a Mach server: what ports, rights and messages do, told step by step while it happens.
//
// One thread serves two ports of a port set; other threads are its clients. Everything is plain Mach and POSIX threads. The program checks each step
// and ends with a status other than 0 at the first that does not go as documented.
#include <mach/mach.h>
#include <mach/notify.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// ---- Telling and checking

static void chapter(const char *title) { printf("\n%s\n", title); }

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("  ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    fflush(stdout);
}

// Ends the program unless the statement holds.
#define must(statement) must_hold((statement), #statement, __LINE__)
static void must_hold(bool holds, const char *statement, int line) {
    if (holds) return;
    fflush(stdout);
    fprintf(stderr, "calculator.c:%d: not as documented: %s\n", line, statement);
    _exit(1);
}

// Ends the program unless the call returns this code.
#define expect(call, code) expect_code((call), (code), #call, #code, __LINE__)
static void expect_code(int got, int wanted, const char *call, const char *name, int line) {
    if (got == wanted) return;
    fflush(stdout);
    fprintf(stderr, "calculator.c:%d: not as documented: %s\n  returned 0x%x, should return %s (0x%x)\n", line, call,
            (unsigned)got, name, (unsigned)wanted);
    _exit(1);
}

static int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// ---- The calculator's messages

enum {
    ADD = 100,      // two numbers; answers their sum
    MULTIPLY = 101, // two numbers; answers their product
    DIVIDE = 102,   // two numbers; answers their quotient, or KERN_INVALID_ARGUMENT
    SUM_UP = 200, // a port of the client's: the server asks it for numbers until it has no more, then answers their sum
    KEEP = 201,   // the server keeps this question until the next KEEP or RELEASE
    RELEASE =
        202, // the server answers the question it keeps, then this one: with the code that the kept answer's sending gave
    NEXT = 300,  // the server asks the client's port for its next number
    REPLY = 100, // a reply has the id of its request and this much more
};

typedef struct {
    mach_msg_header_t header;
    int32_t a, b;
} question_t;

typedef struct {
    mach_msg_header_t header;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t port;
} question_with_port_t;

typedef struct {
    mach_msg_header_t header;
    kern_return_t code; // KERN_SUCCESS, or why there is no result
    int32_t result;
} answer_t;

// Room for any of them as received, with the longest trailer that this program asks for.
typedef union {
    mach_msg_header_t header;
    question_t question;
    question_with_port_t with_port;
    answer_t answer;
    char space[256];
} buffer_t;

#define WITH_AUDIT                                                                                                     \
    (MACH_RCV_TRAILER_TYPE(MACH_MSG_TRAILER_FORMAT_0) | MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT))

// The trailer stands behind the message, at the next multiple of 4 bytes.
static const mach_msg_audit_trailer_t *audit_trailer(const mach_msg_header_t *header) {
    return (const mach_msg_audit_trailer_t *)((const char *)header + round_msg(header->msgh_size));
}

// A message that comes from this very process says so in its audit token, which no sender can forge: user in word 1, process in word 5.
static bool is_from_this_process(const mach_msg_header_t *header) {
    const mach_msg_audit_trailer_t *trailer = audit_trailer(header);
    return trailer->msgh_trailer_size >= sizeof(*trailer) && trailer->msgh_audit.val[1] == geteuid() &&
           trailer->msgh_audit.val[5] == (unsigned)getpid();
}

// Sends a question and waits for its answer, for which the server gets a right that it can use once.
static void call(mach_port_t service, mach_port_t reply_port, buffer_t *buffer, mach_msg_size_t size) {
    buffer->header.msgh_bits |= MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    buffer->header.msgh_size = size;
    buffer->header.msgh_remote_port = service;
    buffer->header.msgh_local_port = reply_port;
    mach_msg_id_t id = buffer->header.msgh_id;
    expect(mach_msg(&buffer->header, MACH_SEND_MSG | MACH_RCV_MSG | WITH_AUDIT, size, sizeof(*buffer), reply_port,
                    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL),
           MACH_MSG_SUCCESS);
    must(buffer->header.msgh_id == id + REPLY);
    must(buffer->header.msgh_local_port == reply_port);
    must(buffer->header.msgh_remote_port == MACH_PORT_NULL);
    must(MACH_MSGH_BITS_LOCAL(buffer->header.msgh_bits) == MACH_MSG_TYPE_PORT_SEND_ONCE);
    must(is_from_this_process(&buffer->header));
}

static kern_return_t calculate(mach_port_t service, mach_port_t reply_port, mach_msg_id_t operation, int32_t a,
                               int32_t b, int32_t *result) {
    buffer_t buffer;
    memset(&buffer, 0, sizeof(buffer));
    buffer.header.msgh_id = operation;
    buffer.question.a = a;
    buffer.question.b = b;
    call(service, reply_port, &buffer, sizeof(question_t));
    *result = buffer.answer.result;
    return buffer.answer.code;
}

// ---- Ports

static mach_port_t new_port(void) {
    mach_port_t port = MACH_PORT_NULL;
    expect(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port), KERN_SUCCESS);
    return port;
}

static mach_port_t new_port_with_send_right(void) {
    mach_port_t port = new_port();
    expect(mach_port_insert_right(mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND), KERN_SUCCESS);
    return port;
}

static void destroy(mach_port_t name) { expect(mach_port_destroy(mach_task_self(), name), KERN_SUCCESS); }

static mach_port_urefs_t send_rights(mach_port_t name) {
    mach_port_urefs_t count = 0;
    expect(mach_port_get_refs(mach_task_self(), name, MACH_PORT_RIGHT_SEND, &count), KERN_SUCCESS);
    return count;
}

static mach_port_type_t type_of(mach_port_t name) {
    mach_port_type_t type = 0;
    return mach_port_type(mach_task_self(), name, &type) == KERN_SUCCESS ? type : MACH_PORT_TYPE_NONE;
}

// How many names this task has.
static unsigned count_names(void) {
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    expect(mach_port_names(mach_task_self(), &names, &count, &types, &type_count), KERN_SUCCESS);
    must(count == type_count);
    expect(vm_deallocate(mach_task_self(), (vm_address_t)names, count * sizeof(*names)), KERN_SUCCESS);
    expect(vm_deallocate(mach_task_self(), (vm_address_t)types, type_count * sizeof(*types)), KERN_SUCCESS);
    return count;
}

// ---- The server

typedef struct {
    mach_port_t set;        // both services
    mach_port_t arithmetic; // ADD, MULTIPLY, DIVIDE
    mach_port_t accounts;   // SUM_UP, KEEP, RELEASE
    unsigned served[2];     // questions on either, to be read when the server has ended
    pthread_t thread;
} server_t;

static mach_msg_return_t answer(mach_port_t reply_right, mach_msg_id_t id, kern_return_t code, int32_t result) {
    answer_t message;
    memset(&message, 0, sizeof(message));
    message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
    message.header.msgh_size = sizeof(message);
    message.header.msgh_remote_port = reply_right;
    message.header.msgh_id = id + REPLY;
    message.code = code;
    message.result = result;
    return mach_msg(&message.header, MACH_SEND_MSG, sizeof(message), 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE,
                    MACH_PORT_NULL);
}

// Asks the client's port for numbers until it says that there are no more.
static int32_t sum_up(mach_port_t client) {
    mach_port_t reply_port = mach_reply_port();
    must(MACH_PORT_VALID(reply_port));
    int32_t sum = 0;
    for (;;) {
        int32_t number;
        if (calculate(client, reply_port, NEXT, 0, 0, &number) != KERN_SUCCESS) break;
        sum += number;
    }
    destroy(reply_port);
    return sum;
}

static void *serve(void *argument) {
    server_t *server = argument;
    mach_port_t kept = MACH_PORT_NULL;
    mach_msg_return_t kept_code = MACH_MSG_SUCCESS;
    for (;;) {
        buffer_t buffer;
        mach_msg_return_t code = mach_msg(&buffer.header, MACH_RCV_MSG | WITH_AUDIT, 0, sizeof(buffer), server->set,
                                          MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
        // The set is gone, while the server waited or, just possibly, before it did: nothing is left to serve.
        if (code == MACH_RCV_PORT_CHANGED || code == MACH_RCV_INVALID_NAME) return NULL;
        expect(code, MACH_MSG_SUCCESS);
        must(is_from_this_process(&buffer.header));
        must(MACH_MSGH_BITS_REMOTE(buffer.header.msgh_bits) == MACH_MSG_TYPE_PORT_SEND_ONCE);

        // Received, the ports of the header have changed places: remote is where the answer goes, local is the service that was called.
        mach_port_t reply_right = buffer.header.msgh_remote_port;
        mach_port_t service = buffer.header.msgh_local_port;
        mach_msg_id_t id = buffer.header.msgh_id;
        must(service == server->arithmetic || service == server->accounts);
        server->served[service == server->accounts] += 1;

        int32_t a = buffer.question.a, b = buffer.question.b;
        switch (id) {
        case ADD:
            expect(answer(reply_right, id, KERN_SUCCESS, a + b), MACH_MSG_SUCCESS);
            break;
        case MULTIPLY:
            expect(answer(reply_right, id, KERN_SUCCESS, a * b), MACH_MSG_SUCCESS);
            break;
        case DIVIDE:
            expect(answer(reply_right, id, b == 0 ? KERN_INVALID_ARGUMENT : KERN_SUCCESS, b == 0 ? 0 : a / b),
                   MACH_MSG_SUCCESS);
            break;
        case SUM_UP: {
            must((buffer.header.msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0 &&
                 buffer.with_port.body.msgh_descriptor_count == 1);
            must(buffer.with_port.port.disposition == MACH_MSG_TYPE_PORT_SEND);
            mach_port_t client = buffer.with_port.port.name;
            int32_t sum = sum_up(client);
            expect(mach_port_deallocate(mach_task_self(), client), KERN_SUCCESS);
            expect(answer(reply_right, id, KERN_SUCCESS, sum), MACH_MSG_SUCCESS);
            break;
        }
        case KEEP:
            kept = reply_right;
            break;
        case RELEASE:
            kept_code = answer(kept, KEEP, KERN_SUCCESS, 0);
            if (kept_code == MACH_SEND_INVALID_DEST) {
                // The asker's port has died: the right to answer is a dead name now, and a refused message takes no right from its sender.
                must(type_of(kept) == MACH_PORT_TYPE_DEAD_NAME);
                expect(mach_port_deallocate(mach_task_self(), kept), KERN_SUCCESS);
            }
            kept = MACH_PORT_NULL;
            expect(answer(reply_right, id, kept_code, 0), MACH_MSG_SUCCESS);
            break;
        default:
            must(!"a question that the calculator knows");
        }
    }
}

// ---- Chapter: clients at the same time

enum { CLIENTS = 3, CALLS = 1000 };

typedef struct {
    const server_t *server;
    int32_t number;
    int64_t total;
    pthread_t thread;
} client_t;

static void *run_client(void *argument) {
    client_t *client = argument;
    mach_port_t reply_port = mach_reply_port();
    must(MACH_PORT_VALID(reply_port));
    for (int32_t i = 0; i < CALLS; i++) {
        int32_t product = 0, sum = 0;
        expect(calculate(client->server->arithmetic, reply_port, MULTIPLY, client->number, i, &product), KERN_SUCCESS);
        expect(calculate(client->server->arithmetic, reply_port, ADD, product, 1, &sum), KERN_SUCCESS);
        must(sum == client->number * i + 1);
        client->total += sum;
    }
    destroy(reply_port);
    return NULL;
}

static void clients_at_the_same_time(const server_t *server) {
    chapter("Calls");
    mach_port_t reply_port = mach_reply_port();
    int32_t result = 0;
    expect(calculate(server->arithmetic, reply_port, ADD, 40, 2, &result), KERN_SUCCESS);
    must(result == 42);
    say("40 + 2 is %d. The audit trailers of question and answer both name process %d, which is us.", result,
        (int)getpid());
    expect(calculate(server->arithmetic, reply_port, DIVIDE, 1, 0, &result), KERN_INVALID_ARGUMENT);
    say("1 / 0 is answered with KERN_INVALID_ARGUMENT.");
    destroy(reply_port);

    client_t clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (client_t){.server = server, .number = i + 2};
        must(pthread_create(&clients[i].thread, NULL, run_client, &clients[i]) == 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        must(pthread_join(clients[i].thread, NULL) == 0);
        must(clients[i].total == (int64_t)clients[i].number * CALLS * (CALLS - 1) / 2 + CALLS);
        say("client %d made %d calls while the others did; its answers add up to %lld.", i + 1, 2 * CALLS,
            (long long)clients[i].total);
    }
}

// ---- Chapter: the server calls its client

enum { NUMBERS = 10 };

// Gives out 1, 2 ... NUMBERS on its port, then says that there are no more.
static void *hand_out_numbers(void *argument) {
    mach_port_t port = *(mach_port_t *)argument;
    for (int32_t next = 1;; next++) {
        buffer_t buffer;
        expect(mach_msg(&buffer.header, MACH_RCV_MSG | WITH_AUDIT, 0, sizeof(buffer), port, MACH_MSG_TIMEOUT_NONE,
                        MACH_PORT_NULL),
               MACH_MSG_SUCCESS);
        must(buffer.header.msgh_id == NEXT);
        bool more = next <= NUMBERS;
        expect(answer(buffer.header.msgh_remote_port, NEXT, more ? KERN_SUCCESS : KERN_FAILURE, more ? next : 0),
               MACH_MSG_SUCCESS);
        if (!more) return NULL;
    }
}

static void the_server_calls_back(const server_t *server) {
    chapter("A right in a message");
    mach_port_t mine = new_port(), reply_port = mach_reply_port();
    pthread_t thread;
    must(pthread_create(&thread, NULL, hand_out_numbers, &mine) == 0);

    buffer_t buffer;
    memset(&buffer, 0, sizeof(buffer));
    buffer.header.msgh_bits = MACH_MSGH_BITS_COMPLEX;
    buffer.header.msgh_id = SUM_UP;
    buffer.with_port.body.msgh_descriptor_count = 1;
    buffer.with_port.port.name = mine;
    buffer.with_port.port.disposition = MACH_MSG_TYPE_MAKE_SEND;
    buffer.with_port.port.type = MACH_MSG_PORT_DESCRIPTOR;
    call(server->accounts, reply_port, &buffer, sizeof(question_with_port_t));
    must(pthread_join(thread, NULL) == 0);
    expect(buffer.answer.code, KERN_SUCCESS);
    must(buffer.answer.result == NUMBERS * (NUMBERS + 1) / 2);
    must(send_rights(mine) == 0);
    say("we sent a right to a port of ours; the server called us on it %d times and answered %d, the sum of what we "
        "gave.",
        NUMBERS + 1, buffer.answer.result);
    destroy(mine);
    destroy(reply_port);
}

// ---- Chapter: queues

static mach_msg_return_t drop_in(mach_port_t port, mach_msg_id_t id, mach_msg_option_t option,
                                 mach_msg_timeout_t timeout) {
    mach_msg_header_t message;
    memset(&message, 0, sizeof(message));
    message.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
    message.msgh_size = sizeof(message);
    message.msgh_remote_port = port;
    message.msgh_id = id;
    mach_msg_return_t code =
        mach_msg(&message, MACH_SEND_MSG | option, sizeof(message), 0, MACH_PORT_NULL, timeout, MACH_PORT_NULL);
    if (code == MACH_SEND_TIMED_OUT) {
        // The message has come back, and with it the right that was copied for it: one more than before, which is ours to give up.
        must(send_rights(port) == 2);
        must(MACH_MSGH_BITS_REMOTE(message.msgh_bits) == MACH_MSG_TYPE_MOVE_SEND && message.msgh_remote_port == port);
        mach_msg_destroy(&message);
        must(send_rights(port) == 1);
    }
    return code;
}

static mach_msg_return_t take_out(mach_port_t port, mach_msg_id_t *id, mach_msg_timeout_t timeout) {
    buffer_t buffer;
    mach_msg_return_t code =
        mach_msg(&buffer.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(buffer), port, timeout, MACH_PORT_NULL);
    if (code == MACH_MSG_SUCCESS) *id = buffer.header.msgh_id;
    return code;
}

static void *drop_in_a_third(void *argument) {
    expect(drop_in(*(mach_port_t *)argument, 3, 0, 0), MACH_MSG_SUCCESS);
    return NULL;
}

static void queues_have_limits(void) {
    chapter("Queues and time-outs");
    mach_port_t port = new_port_with_send_right();
    mach_port_limits_t limits = {.mpl_qlimit = 2};
    expect(mach_port_set_attributes(mach_task_self(), port, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
                                    MACH_PORT_LIMITS_INFO_COUNT),
           KERN_SUCCESS);
    mach_msg_id_t id = 0;
    expect(take_out(port, &id, 0), MACH_RCV_TIMED_OUT);
    say("nothing to receive: MACH_RCV_TIMED_OUT.");

    expect(drop_in(port, 1, MACH_SEND_TIMEOUT, 0), MACH_MSG_SUCCESS);
    expect(drop_in(port, 2, MACH_SEND_TIMEOUT, 0), MACH_MSG_SUCCESS);
    expect(drop_in(port, 3, MACH_SEND_TIMEOUT, 0), MACH_SEND_TIMED_OUT);
    int64_t start = milliseconds();
    expect(drop_in(port, 3, MACH_SEND_TIMEOUT, 50), MACH_SEND_TIMED_OUT);
    int64_t waited = milliseconds() - start;
    must(waited >= 49);
    say("a queue of 2 takes 2 messages; the third is refused with MACH_SEND_TIMED_OUT, at once or after the 50 ms it "
        "was given.");

    pthread_t thread;
    must(pthread_create(&thread, NULL, drop_in_a_third, &port) == 0);
    for (mach_msg_id_t expected = 1; expected <= 3; expected++) {
        expect(take_out(port, &id, 10000), MACH_MSG_SUCCESS);
        must(id == expected);
    }
    must(pthread_join(thread, NULL) == 0);
    say("without a time-out the third waits until there is room; they arrive in order: 1, 2, 3.");

    mach_port_status_t status;
    mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;
    expect(
        mach_port_get_attributes(mach_task_self(), port, MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&status, &count),
        KERN_SUCCESS);
    must(status.mps_seqno == 3 && status.mps_msgcount == 0 && status.mps_qlimit == 2 && status.mps_srights);
    destroy(port);
}

// ---- Chapter: deaths

static void a_client_dies_before_its_answer(const server_t *server) {
    chapter("Deaths");
    mach_port_t doomed = new_port(), reply_port = mach_reply_port();
    question_t question;
    memset(&question, 0, sizeof(question));
    question.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    question.header.msgh_size = sizeof(question);
    question.header.msgh_remote_port = server->accounts;
    question.header.msgh_local_port = doomed;
    question.header.msgh_id = KEEP;
    expect(mach_msg(&question.header, MACH_SEND_MSG, sizeof(question), 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE,
                    MACH_PORT_NULL),
           MACH_MSG_SUCCESS);
    destroy(doomed);
    int32_t ignored;
    kern_return_t code = calculate(server->accounts, reply_port, RELEASE, 0, 0, &ignored);
    expect(code, MACH_SEND_INVALID_DEST);
    say("a client asked and died; the server's answer failed with MACH_SEND_INVALID_DEST.");
    destroy(reply_port);
}

static void a_service_dies_with_a_question(void) {
    mach_port_t service = new_port_with_send_right(), reply_port = mach_reply_port();
    question_t question;
    memset(&question, 0, sizeof(question));
    question.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    question.header.msgh_size = sizeof(question);
    question.header.msgh_remote_port = service;
    question.header.msgh_local_port = reply_port;
    expect(mach_msg(&question.header, MACH_SEND_MSG, sizeof(question), 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE,
                    MACH_PORT_NULL),
           MACH_MSG_SUCCESS);
    expect(mach_port_mod_refs(mach_task_self(), service, MACH_PORT_RIGHT_RECEIVE, -1), KERN_SUCCESS);
    mach_msg_id_t id = 0;
    expect(take_out(reply_port, &id, 0), MACH_MSG_SUCCESS);
    must(id == MACH_NOTIFY_SEND_ONCE);
    say("a service died with our question in its queue; our reply port was told: MACH_NOTIFY_SEND_ONCE.");
    must(type_of(service) == MACH_PORT_TYPE_DEAD_NAME);
    expect(drop_in(service, 0, MACH_SEND_TIMEOUT, 0), MACH_SEND_INVALID_DEST);
    say("our right to it has become a dead name, and sending gives MACH_SEND_INVALID_DEST.");
    expect(mach_port_deallocate(mach_task_self(), service), KERN_SUCCESS);
    must(type_of(service) == MACH_PORT_TYPE_NONE);
    destroy(reply_port);
}

// ---- The story

int main(void) {
    alarm(60); // should a call never return, the program still ends
    (void)count_names();
    unsigned names = count_names();

    chapter("The server");
    server_t server = {.set = MACH_PORT_NULL};
    expect(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_PORT_SET, &server.set), KERN_SUCCESS);
    server.arithmetic = new_port_with_send_right();
    server.accounts = new_port_with_send_right();
    expect(mach_port_insert_member(mach_task_self(), server.arithmetic, server.set), KERN_SUCCESS);
    expect(mach_port_insert_member(mach_task_self(), server.accounts, server.set), KERN_SUCCESS);
    must(pthread_create(&server.thread, NULL, serve, &server) == 0);
    say("one thread serves two ports, 0x%x and 0x%x, through the set 0x%x.", server.arithmetic, server.accounts,
        server.set);

    clients_at_the_same_time(&server);
    the_server_calls_back(&server);
    queues_have_limits();
    a_client_dies_before_its_answer(&server);
    a_service_dies_with_a_question();

    chapter("The end");
    destroy(server.set);
    must(pthread_join(server.thread, NULL) == 0);
    say("the set is destroyed, which ends the server's receive; it answered %u questions on one service and %u on the "
        "other.",
        server.served[0], server.served[1]);
    must(server.served[0] == 2 + 2 * CLIENTS * CALLS && server.served[1] == 3);
    must(type_of(server.arithmetic) == MACH_PORT_TYPE_SEND_RECEIVE &&
         type_of(server.accounts) == MACH_PORT_TYPE_SEND_RECEIVE);
    destroy(server.arithmetic);
    destroy(server.accounts);
    must(count_names() == names);
    say("the services die too. This task has as many names as at the start: %u. Nothing is left behind.", names);
    return 0;
}

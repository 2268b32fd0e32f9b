/*
 * portbench: clients send messages to servers, which they find through the bootstrap, and the time is taken.
 *
 *   portbench [-k trivial|inline|complex] [-o] [-p ports] [-c clients] [-s servers] [-t threads] [-n count | -d seconds]
 *
 *   -k  what a message is: a header; 1024 bytes; a page of memory and a port right
 *   -o  one way: without replies
 *   -p  each server receives from a port set with so many ports beside its own
 *   -c  client threads (1)          -s  servers (1)
 *   -t  threads of each server (1)
 *   -n  requests of each client (100000); -d instead of that the time for which clients go on
 */
#include <sys/cdefs.h>
__FBSDID("$FreeBSD$");

#include <libkern/OSAtomic.h>
#include <mach/mach.h>
#include <mach/mach_error.h>
#include <mach/mach_time.h>
#include <servers/bootstrap.h>

#include <err.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum kind { TRIVIAL, INLINE, COMPLEX };
static const char *const kinds[] = {"trivial", "inline", "complex"};

#define ID_REQUEST 4000
#define ID_REPLY   4100
#define ID_END     4999

struct trivial {
    mach_msg_header_t header;
    uint64_t number;
};

struct inlined {
    mach_msg_header_t header;
    uint64_t number;
    uint64_t words[127];
};

struct complex {
    mach_msg_header_t header;
    mach_msg_body_t body;
    mach_msg_ool_descriptor_t memory;
    mach_msg_port_descriptor_t right;
    uint64_t number;
};

union message {
    mach_msg_header_t header;
    struct trivial trivial;
    struct inlined inlined;
    struct complex complex;
    char space[2048];
};

struct server {
    char name[BOOTSTRAP_MAX_NAME_LEN];
    mach_port_t port, from;
    uint64_t received;
};

struct client {
    pthread_t thread;
    struct server *server;
    uint64_t sent;
};

static enum kind kind = TRIVIAL;
static bool one_way;
static unsigned client_count = 1, server_count = 1, thread_count = 1, set_ports;
static uint64_t message_count = 100000;
static double seconds;
static volatile int32_t is_over;

static void check(kern_return_t kr, const char *what) {
    if (kr != KERN_SUCCESS) errx(EX_OSERR, "%s: %s (%#x)", what, mach_error_string(kr), kr);
}

/* -- Servers -- */

static uint64_t *number_in(union message *message) {
    if (message->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) return &message->complex.number;
    return &message->trivial.number;
}

/* What came is looked at, as a server would, and given back. */
static void take_apart(union message *message) {
    if (message->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) {
        struct complex *complex = &message->complex;
        if (complex->body.msgh_descriptor_count != 2 || complex->memory.size != vm_page_size ||
            *(uint64_t *)complex->memory.address != complex->number)
            errx(EX_SOFTWARE, "a page came damaged");
        check(vm_deallocate(mach_task_self(), (vm_address_t)complex->memory.address, complex->memory.size),
              "vm_deallocate");
        if (complex->right.name != mach_task_self()) errx(EX_SOFTWARE, "a right came damaged");
        check(mach_port_deallocate(mach_task_self(), complex->right.name), "mach_port_deallocate");
    } else if (message->header.msgh_size >= sizeof(struct inlined)) {
        if (message->inlined.words[126] != message->inlined.number) errx(EX_SOFTWARE, "bytes came damaged");
    }
}

static void *serve(void *argument) {
    struct server *server = argument;
    union message message;
    struct trivial reply;

    for (;;) {
        check(mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), server->from, MACH_MSG_TIMEOUT_NONE,
                       MACH_PORT_NULL),
              "mach_msg");
        if (message.header.msgh_id == ID_END) return NULL;
        if (message.header.msgh_id != ID_REQUEST) errx(EX_SOFTWARE, "a message with the id %d", message.header.msgh_id);
        take_apart(&message);
        OSAtomicIncrement64((OSAtomic_int64_aligned64_t *)&server->received);
        if (message.header.msgh_remote_port == MACH_PORT_NULL) continue;
        memset(&reply, 0, sizeof(reply));
        reply.header.msgh_bits = MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(message.header.msgh_bits), 0);
        reply.header.msgh_remote_port = message.header.msgh_remote_port;
        reply.header.msgh_id = ID_REPLY;
        reply.number = *number_in(&message) + 1;
        check(mach_msg(&reply.header, MACH_SEND_MSG, sizeof(reply), 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE,
                       MACH_PORT_NULL),
              "mach_msg");
    }
}

static void check_in(struct server *server, unsigned number) {
    mach_port_t other;

    snprintf(server->name, sizeof(server->name), "org.example.%s.%d.%u", getprogname(), getpid(), number);
    check(bootstrap_check_in(bootstrap_port, server->name, &server->port), "bootstrap_check_in");
    server->from = server->port;
    if (set_ports == 0) return;
    check(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_PORT_SET, &server->from), "mach_port_allocate");
    check(mach_port_insert_member(mach_task_self(), server->port, server->from), "mach_port_insert_member");
    for (unsigned i = 0; i < set_ports; i++) {
        check(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &other), "mach_port_allocate");
        check(mach_port_insert_member(mach_task_self(), other, server->from), "mach_port_insert_member");
    }
}

/* -- Clients -- */

static mach_msg_size_t fill(union message *message, uint64_t number, void *page) {
    switch (kind) {
    case INLINE:
        message->inlined.number = number;
        for (size_t i = 0; i < 127; i++) message->inlined.words[i] = number;
        return sizeof(struct inlined);
    case COMPLEX:
        *(uint64_t *)page = number;
        message->header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
        message->complex.body.msgh_descriptor_count = 2;
        message->complex.memory = (mach_msg_ool_descriptor_t){.address = page,
                                                              .size = (mach_msg_size_t)vm_page_size,
                                                              .copy = MACH_MSG_VIRTUAL_COPY,
                                                              .type = MACH_MSG_OOL_DESCRIPTOR};
        message->complex.right = (mach_msg_port_descriptor_t){
            .name = mach_task_self(), .disposition = MACH_MSG_TYPE_COPY_SEND, .type = MACH_MSG_PORT_DESCRIPTOR};
        message->complex.number = number;
        return sizeof(struct complex);
    default:
        message->trivial.number = number;
        return sizeof(struct trivial);
    }
}

static void send_request(mach_port_t service, mach_port_t reply_port, uint64_t number, void *page) {
    union message message;
    memset(&message.header, 0, sizeof(message.header));
    message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, one_way ? 0 : MACH_MSG_TYPE_MAKE_SEND_ONCE);
    message.header.msgh_remote_port = service;
    message.header.msgh_local_port = one_way ? MACH_PORT_NULL : reply_port;
    message.header.msgh_id = ID_REQUEST;
    mach_msg_size_t size = fill(&message, number, page);
    mach_msg_option_t options = MACH_SEND_MSG | (one_way ? 0 : MACH_RCV_MSG);
    check(mach_msg(&message.header, options, size, one_way ? 0 : sizeof(message), one_way ? MACH_PORT_NULL : reply_port,
                   MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL),
          "mach_msg");
    if (!one_way && (message.header.msgh_id != ID_REPLY || message.trivial.number != number + 1))
        errx(EX_SOFTWARE, "a reply came damaged");
}

static void *ask(void *argument) {
    struct client *client = argument;
    mach_port_t service;
    mach_port_t reply_port = mig_get_reply_port();
    vm_address_t page = 0;

    check(bootstrap_look_up(bootstrap_port, client->server->name, &service), "bootstrap_look_up");
    check(vm_allocate(mach_task_self(), &page, vm_page_size, VM_FLAGS_ANYWHERE), "vm_allocate");
    while (seconds > 0 ? OSAtomicAdd32(0, &is_over) == 0 : client->sent < message_count)
        send_request(service, reply_port, client->sent++, (void *)page);
    check(vm_deallocate(mach_task_self(), page, vm_page_size), "vm_deallocate");
    check(mach_port_deallocate(mach_task_self(), service), "mach_port_deallocate");
    return NULL;
}

static void end_server(struct server *server) {
    mach_msg_header_t message = {
        .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0), .msgh_remote_port = server->port, .msgh_id = ID_END};
    message.msgh_size = sizeof(message);
    check(mach_msg_send(&message), "mach_msg_send");
}

/* -- The whole -- */

static double seconds_between(uint64_t start, uint64_t end) {
    mach_timebase_info_data_t base;
    mach_timebase_info(&base);
    return (double)(end - start) * base.numer / base.denom / 1e9;
}

static void start(pthread_t *thread, void *(*body)(void *), void *argument) {
    int error = pthread_create(thread, NULL, body, argument);
    if (error != 0) errc(EX_OSERR, error, "pthread_create");
}

static void measure(void) {
    struct server *servers = calloc(server_count, sizeof(*servers));
    struct client *clients = calloc(client_count, sizeof(*clients));
    pthread_t *threads = calloc(server_count * thread_count, sizeof(*threads));
    uint64_t sent = 0, received = 0;

    if (servers == NULL || clients == NULL || threads == NULL) err(EX_OSERR, "calloc");
    for (unsigned i = 0; i < server_count; i++) check_in(&servers[i], i);
    for (unsigned i = 0; i < server_count * thread_count; i++) start(&threads[i], serve, &servers[i / thread_count]);

    uint64_t began = mach_absolute_time();
    for (unsigned i = 0; i < client_count; i++) {
        clients[i].server = &servers[i % server_count];
        start(&clients[i].thread, ask, &clients[i]);
    }
    if (seconds > 0) {
        usleep((useconds_t)(seconds * 1e6));
        OSAtomicIncrement32Barrier(&is_over);
    }
    for (unsigned i = 0; i < client_count; i++) pthread_join(clients[i].thread, NULL);
    /* What is under way is served before: messages of one port stay in order. */
    for (unsigned i = 0; i < server_count * thread_count; i++) end_server(&servers[i / thread_count]);
    for (unsigned i = 0; i < server_count * thread_count; i++) pthread_join(threads[i], NULL);
    double time = seconds_between(began, mach_absolute_time());

    for (unsigned i = 0; i < client_count; i++) sent += clients[i].sent;
    for (unsigned i = 0; i < server_count; i++) received += servers[i].received;
    uint64_t messages = one_way ? sent : 2 * sent;
    printf("%s %s, %u clients, %u servers of %u threads, sets of %u ports\n", kinds[kind], one_way ? "one-way" : "rpc",
           client_count, server_count, thread_count, set_ports);
    printf("requests sent: %llu, received: %llu\n", (unsigned long long)sent, (unsigned long long)received);
    printf("messages: %llu in %.3f s\n", (unsigned long long)messages, time);
    printf("rate: %.0f messages/s\n", (double)messages / time);
    printf("cost: %.3f us/message\n", messages == 0 ? 0 : time * 1e6 / (double)messages);
    free(threads);
    free(clients);
    free(servers);
    if (sent != received) errx(EX_SOFTWARE, "requests were lost");
}

static void usage(void) __dead2;
static void usage(void) {
    fprintf(stderr,
            "usage: %s [-k trivial|inline|complex] [-o] [-p ports] [-c clients] [-s servers] [-t threads] [-n count | "
            "-d seconds]\n",
            getprogname());
    exit(EX_USAGE);
}

static unsigned number(const char *text, unsigned minimum, unsigned maximum) {
    const char *problem;
    long long value = strtonum(text, minimum, maximum, &problem);
    if (problem != NULL) errx(EX_USAGE, "%s is %s", text, problem);
    return (unsigned)value;
}

static enum kind kind_named(const char *text) {
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(text, kinds[i]) == 0) return (enum kind)i;
    usage();
}

int main(int argc, char *argv[]) {
    int ch;

    while ((ch = getopt(argc, argv, "k:op:c:s:t:n:d:")) != -1) {
        switch (ch) {
        case 'k':
            kind = kind_named(optarg);
            break;
        case 'o':
            one_way = true;
            break;
        case 'p':
            set_ports = number(optarg, 0, 100000);
            break;
        case 'c':
            client_count = number(optarg, 1, 1000);
            break;
        case 's':
            server_count = number(optarg, 1, 1000);
            break;
        case 't':
            thread_count = number(optarg, 1, 1000);
            break;
        case 'n':
            message_count = number(optarg, 1, 1000000000);
            break;
        case 'd':
            seconds = strtod(optarg, NULL);
            break;
        default:
            usage();
        }
    }
    if (argc != optind || seconds < 0) usage();
    measure();
    return EX_OK;
}

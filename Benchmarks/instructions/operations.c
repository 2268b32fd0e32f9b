// operations NAME COUNT: makes one operation ready and does it so many times, for CTests/checks/instructions.sh to count
// instructions. Without arguments prints the operations' names.
#include <mach/mach.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(kern_return_t code, const char *what) {
    if (code == KERN_SUCCESS) return;
    fprintf(stderr, "%s gave %#x\n", what, (unsigned)code);
    exit(1);
}

// MARK: Rights

static mach_port_t make_port(void) {
    mach_port_t port = MACH_PORT_NULL;
    check(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port), "mach_port_allocate");
    return port;
}

static mach_port_t make_port_with_send_right(void) {
    mach_port_t port = make_port();
    check(mach_port_insert_right(mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND), "mach_port_insert_right");
    return port;
}

static mach_port_t make_send_once_right(mach_port_t port) {
    mach_port_t right = MACH_PORT_NULL;
    mach_msg_type_name_t type = 0;
    check(mach_port_extract_right(mach_task_self(), port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &right, &type),
          "mach_port_extract_right");
    return right;
}

// What the operation that was made ready works on.
static mach_port_t port, source, other, right;
static task_t task;

static union {
    mach_msg_header_t header;
    struct {
        mach_msg_header_t header;
        mach_msg_body_t body;
        mach_msg_port_descriptor_t right;
    } with_right;
    char room[1024 + sizeof(mach_msg_trailer_t)];
} message;

// A port to receive from, or a set that has it as a member.
static void prepare_port(void) { source = port = make_port_with_send_right(); }

static void prepare_set(void) {
    check(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_PORT_SET, &source), "mach_port_allocate");
    for (int i = 0; i < 100; i++) {
        mach_port_t member = make_port_with_send_right();
        check(mach_port_insert_member(mach_task_self(), member, source), "mach_port_insert_member");
        if (i == 50) port = member;
    }
}

// MARK: Messages

static void send(mach_msg_bits_t bits, mach_port_t destination, mach_port_t reply, mach_msg_size_t size) {
    message.header.msgh_bits = bits;
    message.header.msgh_remote_port = destination;
    message.header.msgh_local_port = reply;
    message.header.msgh_voucher_port = MACH_PORT_NULL;
    check(mach_msg(&message.header, MACH_SEND_MSG, size, 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL),
          "sending");
}

static void receive(mach_port_t name) {
    check(mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), name, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL),
          "receiving");
}

static void send_and_receive(mach_msg_size_t size) {
    send(MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0), port, MACH_PORT_NULL, size);
    receive(source);
}

static void send_and_receive_24(void) { send_and_receive(24); }
static void send_and_receive_64(void) { send_and_receive(64); }
static void send_and_receive_256(void) { send_and_receive(256); }
static void send_and_receive_1024(void) { send_and_receive(1024); }

static void prepare_send_once(void) {
    prepare_port();
    other = make_port();
    right = make_send_once_right(other);
}

// The right goes along with each message, and comes back with it.
static void send_and_receive_send_once(void) {
    send(MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE), port, right, 64);
    receive(port);
    right = message.header.msgh_remote_port;
}

static void prepare_descriptor(void) {
    prepare_port();
    message.with_right.body.msgh_descriptor_count = 1;
    message.with_right.right.name = make_port_with_send_right();
    message.with_right.right.type = MACH_MSG_PORT_DESCRIPTOR;
}

static void send_and_receive_descriptor(void) {
    message.with_right.right.disposition = MACH_MSG_TYPE_MOVE_SEND;
    send(MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX, port, MACH_PORT_NULL, 64);
    receive(port);
}

static void prepare_call(void) {
    prepare_port();
    other = make_port();
}

static void call_itself(void) {
    send(MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE), port, other, 64);
    receive(port);
    send(MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0), message.header.msgh_remote_port, MACH_PORT_NULL, 64);
    receive(other);
}

// MARK: Ports

static void prepare_nothing(void) {}

static void allocate_and_destroy(void) { check(mach_port_destroy(mach_task_self(), make_port()), "mach_port_destroy"); }

static void prepare_receive_right(void) { port = make_port(); }

static void insert_and_deallocate(void) {
    check(mach_port_insert_right(mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND), "mach_port_insert_right");
    check(mach_port_deallocate(mach_task_self(), port), "mach_port_deallocate");
}

// Each right extracted is a further reference to the name, up to 65,534 of them.
static void extract(void) {
    mach_port_t name = MACH_PORT_NULL;
    mach_msg_type_name_t type = 0;
    check(mach_port_extract_right(mach_task_self(), port, MACH_MSG_TYPE_MAKE_SEND, &name, &type),
          "mach_port_extract_right");
}

static mach_port_t request(mach_port_t notify, mach_msg_type_name_t type) {
    mach_port_t previous = MACH_PORT_NULL;
    check(mach_port_request_notification(mach_task_self(), port, MACH_NOTIFY_DEAD_NAME, 0, notify, type, &previous),
          "mach_port_request_notification");
    return previous;
}

static void request_and_cancel(void) {
    request(right, MACH_MSG_TYPE_MOVE_SEND_ONCE);
    right = request(MACH_PORT_NULL, MACH_MSG_TYPE_MAKE_SEND_ONCE);
}

static mach_msg_type_number_t list_names(void) {
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    check(mach_port_names(task, &names, &count, &types, &type_count), "mach_port_names");
    check(vm_deallocate(mach_task_self(), (vm_address_t)names, count * sizeof(*names)), "vm_deallocate");
    check(vm_deallocate(mach_task_self(), (vm_address_t)types, type_count * sizeof(*types)), "vm_deallocate");
    return count;
}

static void prepare_names(void) {
    check(task_create(mach_task_self(), NULL, 0, FALSE, &task), "task_create");
    while (list_names() < 10) {
        mach_port_t name = MACH_PORT_NULL;
        check(mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &name), "mach_port_allocate");
    }
}

static void names_of_10(void) { list_names(); }

// MARK: The operations

// MARK: Semaphores

static void prepare_semaphore(void) {
    check(semaphore_create(mach_task_self(), &port, SYNC_POLICY_FIFO, 0), "semaphore_create");
}

static void signal_and_wait(void) {
    check(semaphore_signal(port), "semaphore_signal");
    check(semaphore_wait(port), "semaphore_wait");
}

static void create_and_destroy_semaphore(void) {
    prepare_semaphore();
    check(semaphore_destroy(mach_task_self(), port), "semaphore_destroy");
}

static const struct operation {
    const char *name;
    void (*prepare)(void);
    void (*perform)(void);
} operations[] = {
    {"send+receive-24", prepare_port, send_and_receive_24},
    {"send+receive-64", prepare_port, send_and_receive_64},
    {"send+receive-256", prepare_port, send_and_receive_256},
    {"send+receive-1024", prepare_port, send_and_receive_1024},
    {"send+receive-64-send-once", prepare_send_once, send_and_receive_send_once},
    {"send+receive-64-descriptor", prepare_descriptor, send_and_receive_descriptor},
    {"send+receive-64-set-of-100", prepare_set, send_and_receive_64},
    {"call-itself-64", prepare_call, call_itself},
    {"allocate+destroy", prepare_nothing, allocate_and_destroy},
    {"insert+deallocate", prepare_receive_right, insert_and_deallocate},
    {"extract", prepare_receive_right, extract},
    {"request+cancel", prepare_send_once, request_and_cancel},
    {"names-of-10", prepare_names, names_of_10},
    {"semaphore-signal+wait", prepare_semaphore, signal_and_wait},
    {"semaphore-create+destroy", prepare_nothing, create_and_destroy_semaphore},
};

#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))

int main(int count, char **arguments) {
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        if (count != 3) {
            puts(operations[i].name);
        } else if (strcmp(arguments[1], operations[i].name) == 0) {
            operations[i].prepare();
            for (long left = atol(arguments[2]); left > 0; left--) operations[i].perform();
            return 0;
        }
    }
    return count == 1 ? 0 : 2;
}

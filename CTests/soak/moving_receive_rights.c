// Receive rights that move between tasks while senders block on them: each message arrives once, in the order of its sender, whoever holds the right.
#include "soak_support.h"

enum { TASKS = 4, PORTS = 3, SENDERS = 6 };

// A message of a sender, or one that carries a receive right.
struct parcel {
    mach_msg_header_t header;
    union {
        struct {
            uint32_t sender, number;
        };
        struct {
            mach_msg_body_t body;
            mach_msg_port_descriptor_t right;
        };
    };
    unsigned char trailer[128];
};
enum { NUMBERED = 1000, CARRIER = 2000 };
enum { NUMBERED_SIZE = 32, CARRIER_SIZE = 40 };

struct port {
    uint32_t next[SENDERS]; // written by whoever holds the right
    bool taken;             // the same
};

static struct port ports[PORTS];
static atomic_ullong sent, received;
static atomic_bool all_sent;
// A task's name of the carrier of each, of which it has the receive right to one.
static mach_port_name_t carriers[TASKS][TASKS];
static mach_port_name_t names[SENDERS]; // of the port to send to, in the sender's task
static _Atomic mach_port_name_t held[TASKS][PORTS];

// ---- Holders

struct own {
    unsigned task;
    mach_port_t set;
    mach_port_t rights[PORTS]; // held, MACH_PORT_NULL for the others
};

static void hand_on(struct own *own, unsigned port) {
    unsigned next = (own->task + 1 + chance(TASKS - 1)) % TASKS;
    struct parcel message = {
        .header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX,
                   .msgh_remote_port = carriers[own->task][next],
                   .msgh_id = CARRIER + (mach_msg_id_t)port}};
    message.body.msgh_descriptor_count = 1;
    message.right.name = own->rights[port];
    message.right.disposition = MACH_MSG_TYPE_MOVE_RECEIVE;
    message.right.type = MACH_MSG_PORT_DESCRIPTOR;
    // A right that is sent leaves its sets by itself, or is taken out before.
    if (chance(2) == 0) MUST_DO(mach_port_extract_member(SELF, own->rights[port], own->set));
    MUST(ports[port].taken);
    ports[port].taken = false;
    atomic_store(&held[own->task][port], MACH_PORT_NULL);
    own->rights[port] = MACH_PORT_NULL;
    MUST_DO(soak_send(&message.header, CARRIER_SIZE, 0, 0));
    soak_did(1);
}

static void take(struct own *own, const struct parcel *message) {
    unsigned port = (unsigned)(message->header.msgh_id - CARRIER);
    MUST(port < PORTS && own->rights[port] == MACH_PORT_NULL && !ports[port].taken);
    MUST_BE(message->right.disposition, MACH_MSG_TYPE_PORT_RECEIVE);
    ports[port].taken = true;
    own->rights[port] = message->right.name;
    MUST_DO(mach_port_insert_member(SELF, own->rights[port], own->set));
    if (chance(4) == 0) soak_limit(own->rights[port], 1 + chance(6)); // never 0, with which no one could send
    atomic_store(&held[own->task][port], own->rights[port]);
}

static void count(struct own *own, const struct parcel *message) {
    unsigned sender = message->sender, port = sender % PORTS;
    MUST(sender < SENDERS && own->rights[port] == message->header.msgh_local_port);
    MUST_BE(message->number, ports[port].next[sender]);
    ports[port].next[sender] += 1;
    atomic_fetch_add(&received, 1);
    soak_did(1);
}

// Receives from what it holds until nothing more will come, and hands on what it holds now and then.
static void hold(struct soak_thread *thread) {
    struct own own = {.task = thread->index, .set = soak_set()};
    MUST_DO(mach_port_insert_member(SELF, carriers[own.task][own.task], own.set));
    while (!atomic_load(&all_sent) || atomic_load(&received) != atomic_load(&sent)) {
        struct parcel message;
        mach_port_t name = chance(8) == 0 ? own.rights[chance(PORTS)] : own.set;
        if (name == MACH_PORT_NULL) name = own.set;
        mach_msg_return_t code = soak_receive(&message.header, sizeof(message), name, MACH_RCV_TIMEOUT, 1);
        if (code == MACH_MSG_SUCCESS && message.header.msgh_id >= CARRIER) {
            take(&own, &message);
        } else if (code == MACH_MSG_SUCCESS) {
            count(&own, &message);
        } else {
            MUST_BE(code, MACH_RCV_TIMED_OUT);
        }
        unsigned port = chance(PORTS);
        if (own.rights[port] != MACH_PORT_NULL && chance(6) == 0) hand_on(&own, port);
    }
    // What it still holds ends with the task.
    MUST_DO(mach_port_destroy(SELF, own.set));
}

// Waits on rights of its task that leave meanwhile. It takes no message, for none fits; names are stale as often as not.
static void look_on(struct soak_thread *thread) {
    while (!atomic_load(&all_sent)) {
        mach_port_name_t name = atomic_load(&held[thread->index][chance(PORTS)]);
        mach_msg_header_t header;
        MUST_BE_ONE_OF(soak_receive(&header, 8, name, MACH_RCV_TIMEOUT | MACH_RCV_LARGE, 1), MACH_RCV_TIMED_OUT,
                       MACH_RCV_TOO_LARGE, MACH_RCV_PORT_CHANGED, MACH_RCV_INVALID_NAME);
        if (name == MACH_PORT_NULL) sched_yield();
    }
}

// ---- Senders

static void send_numbers(struct soak_thread *thread) {
    for (uint32_t number = 0; !soak_over(); number++) {
        struct parcel message = {.header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
                                            .msgh_remote_port = names[thread->index],
                                            .msgh_id = NUMBERED}};
        message.sender = thread->index;
        message.number = number;
        mach_msg_return_t code = soak_send(&message.header, NUMBERED_SIZE, chance(4) == 0 ? MACH_SEND_TIMEOUT : 0, 1);
        while (code == MACH_SEND_TIMED_OUT) {
            // The message came back with the right in it, as a reference more.
            MUST_BE(message.header.msgh_remote_port, names[thread->index]);
            MUST_BE(message.number, number);
            code = soak_send(&message.header, NUMBERED_SIZE, chance(2) == 0 ? MACH_SEND_TIMEOUT : 0, 1);
        }
        MUST_DO(code);
        atomic_fetch_add(&sent, 1);
        soak_did(1);
    }
}

static void one_round(void) {
    task_t tasks[TASKS];
    mach_port_t of_tasks[TASKS], made[PORTS];
    memset(ports, 0, sizeof(ports));
    memset(held, 0, sizeof(held));
    atomic_store(&sent, 0);
    atomic_store(&received, 0);
    atomic_store(&all_sent, false);
    for (unsigned i = 0; i < TASKS; i++) {
        tasks[i] = soak_task();
        of_tasks[i] = soak_port_with_send();
        soak_limit(of_tasks[i], PORTS + 1); // room for all that there is to carry
    }
    for (unsigned i = 0; i < TASKS; i++) {
        for (unsigned j = 0; j < TASKS; j++) carriers[i][j] = soak_give(tasks[i], of_tasks[j], MACH_MSG_TYPE_COPY_SEND);
    }
    struct soak_thread senders[SENDERS] = {0}, holders[TASKS] = {0}, lookers[TASKS] = {0};
    for (unsigned i = 0; i < PORTS; i++) made[i] = soak_port_with_send();
    for (unsigned i = 0; i < SENDERS; i++) {
        // Half of them send from the process's task, the others from a task that may hold the receive right itself.
        senders[i].task = i < SENDERS / 2 ? MACH_PORT_NULL : tasks[i % TASKS];
        names[i] =
            i < SENDERS / 2 ? made[i % PORTS] : soak_give(senders[i].task, made[i % PORTS], MACH_MSG_TYPE_COPY_SEND);
    }
    for (unsigned i = 0; i < TASKS; i++) {
        MUST_DO(mach_port_insert_right(tasks[i], carriers[i][i], of_tasks[i], MACH_MSG_TYPE_MOVE_RECEIVE));
    }
    for (unsigned i = 0; i < PORTS; i++) {
        struct parcel message = {
            .header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX,
                       .msgh_remote_port = of_tasks[i % TASKS],
                       .msgh_id = CARRIER + (mach_msg_id_t)i}};
        message.body.msgh_descriptor_count = 1;
        message.right.name = made[i];
        message.right.disposition = MACH_MSG_TYPE_MOVE_RECEIVE;
        message.right.type = MACH_MSG_PORT_DESCRIPTOR;
        MUST_DO(soak_send(&message.header, CARRIER_SIZE, 0, 0));
    }
    for (unsigned i = 0; i < TASKS; i++) {
        holders[i] = (struct soak_thread){.body = hold, .task = tasks[i], .index = i};
        lookers[i] = (struct soak_thread){.body = look_on, .task = tasks[i], .index = i};
        soak_start(&holders[i]);
        if (i % 2 == 0) soak_start(&lookers[i]);
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i].body = send_numbers;
        senders[i].index = i;
        soak_start(&senders[i]);
    }
    for (unsigned i = 0; i < SENDERS; i++) soak_join(&senders[i]);
    atomic_store(&all_sent, true);
    for (unsigned i = 0; i < TASKS; i++) {
        soak_join(&holders[i]);
        if (i % 2 == 0) soak_join(&lookers[i]);
    }
    MUST_BE(atomic_load(&received), atomic_load(&sent));
    for (unsigned i = 0; i < TASKS; i++) {
        MUST_DO(task_terminate(tasks[i]));
        MUST_DO(mach_port_destroy(SELF, tasks[i]));
        MUST_DO(mach_port_destroy(SELF, of_tasks[i]));
    }
    for (unsigned i = 0; i < PORTS; i++) MUST_DO(mach_port_destroy(SELF, made[i]));
}

int main(void) { return soak("moving_receive_rights", one_round); }

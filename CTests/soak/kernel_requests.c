// Requests by message to tasks that end meanwhile: each request that is sent is answered once, by its reply or by the notification that the right to reply
// has ended; the receive rights that requests carry come home, and the memory and rights in replies are the receiver's.
#include "soak_support.h"

#include "../mig_wire.h"

enum { TASKS = 8, REQUESTERS = 3 };

static _Atomic mach_port_t tasks[TASKS];
static atomic_flag changing[TASKS];
static struct home homes[REQUESTERS];

// A request or its reply.
union message {
    mach_msg_header_t header;
    mig_reply_error_t error;
    struct mach_port_names_reply names;
    struct mach_port_allocate_request allocate;
    struct mach_port_allocate_name_request allocate_name;
    struct mach_port_insert_right_request insert_right;
    struct mach_port_type_request type;
    uint32_t words[1100];
};

// Ends a task, which may have ended by a request or be ending by one, and puts another in its place.
static void renew(unsigned i) {
    if (atomic_flag_test_and_set(&changing[i])) return;
    mach_port_t old = atomic_exchange(&tasks[i], soak_task());
    MUST_BE_ONE_OF(task_terminate(old), KERN_SUCCESS, KERN_INVALID_ARGUMENT, KERN_FAILURE);
    MUST_DO(mach_port_deallocate(SELF, old));
    atomic_flag_clear(&changing[i]);
}

static void end_tasks(struct soak_thread *thread) {
    (void)thread;
    while (!soak_over()) {
        renew(chance(TASKS));
        soak_did(1);
        for (unsigned j = chance(30); j > 0; j--) sched_yield();
    }
}

enum {
    ID_NAMES = 3200,
    ID_TYPE = 3201,
    ID_ALLOCATE_NAME = 3203,
    ID_ALLOCATE = 3204,
    ID_DESTROY = 3205,
    ID_INSERT_RIGHT = 3214,
    ID_LOOKUP = 3404,
    ID_TERMINATE = 3401,
};

// The arguments of the request; its size.
static mach_msg_size_t fill_in(union message *message, mach_msg_id_t id, mach_port_t token) {
    switch (id) {
    case ID_TYPE:
    case ID_DESTROY:
        message->type.NDR = NDR_record;
        message->type.name = (2 + chance(20)) << 8 | 3;
        return sizeof(message->type);
    case ID_ALLOCATE:
        message->allocate.NDR = NDR_record;
        message->allocate.right = chance(2) == 0 ? MACH_PORT_RIGHT_RECEIVE : MACH_PORT_RIGHT_PORT_SET;
        return sizeof(message->allocate);
    case ID_ALLOCATE_NAME:
        message->allocate_name.NDR = NDR_record;
        message->allocate_name.right = MACH_PORT_RIGHT_RECEIVE;
        message->allocate_name.name = (2 + chance(20)) << 8 | 3;
        return sizeof(message->allocate_name);
    case ID_INSERT_RIGHT:
        message->header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
        message->insert_right.msgh_body.msgh_descriptor_count = 1;
        message->insert_right.poly.name = token;
        message->insert_right.poly.disposition = MACH_MSG_TYPE_MOVE_RECEIVE;
        message->insert_right.poly.type = MACH_MSG_PORT_DESCRIPTOR;
        message->insert_right.NDR = NDR_record;
        message->insert_right.name = (2 + chance(20)) << 8 | 3;
        return sizeof(message->insert_right);
    default:
        return sizeof(message->header);
    }
}

static const mach_msg_id_t ids[] = {ID_NAMES,        ID_TYPE,         ID_ALLOCATE_NAME, ID_ALLOCATE, ID_DESTROY,
                                    ID_INSERT_RIGHT, ID_INSERT_RIGHT, ID_LOOKUP,        ID_TERMINATE};

static void check_reply(union message *message, mach_msg_id_t id) {
    if (message->header.msgh_id == MACH_NOTIFY_SEND_ONCE) return; // the task ended before the request was served
    MUST_BE(message->header.msgh_id, id + 100);
    MUST_BE(message->header.msgh_remote_port, MACH_PORT_NULL);
    if ((message->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) == 0) {
        // Whatever these requests can meet; a task that has ended is none.
        MUST_BE_ONE_OF(message->error.RetCode, KERN_SUCCESS, KERN_INVALID_TASK, KERN_INVALID_ARGUMENT,
                       KERN_INVALID_NAME, KERN_NAME_EXISTS, KERN_FAILURE, KERN_INVALID_CAPABILITY, KERN_RIGHT_EXISTS,
                       KERN_TERMINATED);
        return;
    }
    MUST(id == ID_NAMES || id == ID_LOOKUP);
    if (id == ID_NAMES) {
        const mach_port_name_t *listed = message->names.names.address;
        MUST(message->names.namesCnt >= 1 && message->names.namesCnt == message->names.typesCnt);
        for (unsigned i = 0; i < message->names.namesCnt; i++) MUST((listed[i] & 3) == 3);
    }
    mach_msg_destroy(&message->header);
}

static void request(struct soak_thread *thread) {
    struct home *home = &homes[thread->index];
    mach_port_t reply_port = mach_reply_port();
    while (!soak_over()) {
        union message message;
        memset(&message, 0, sizeof(message));
        mach_msg_id_t id = ids[chance(COUNT_OF(ids) - (chance(20) != 0))]; // to end one is asked for more seldom
        mach_port_t token = id == ID_INSERT_RIGHT ? make_token(home) : MACH_PORT_NULL;
        message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
        unsigned i = chance(TASKS);
        message.header.msgh_remote_port = atomic_load(&tasks[i]);
        message.header.msgh_local_port = reply_port;
        message.header.msgh_id = id;
        mach_msg_size_t size = fill_in(&message, id, token);
        mach_msg_return_t code;
        if (chance(2) == 0) {
            code = mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, size, sizeof(message), reply_port, 0,
                            MACH_PORT_NULL);
        } else {
            code = soak_send(&message.header, size, MACH_SEND_TIMEOUT, 0);
            // The answer is there already, save when whoever ends the task is still at it.
            if (code == 0) MUST_DO(soak_receive(&message.header, sizeof(message), reply_port, 0, 0));
        }
        soak_did(1);
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_SEND_INVALID_DEST);
        if (code == MACH_MSG_SUCCESS) {
            check_reply(&message, id);
        } else if (token != MACH_PORT_NULL) {
            MUST_DO(mach_port_mod_refs(SELF, token, MACH_PORT_RIGHT_RECEIVE, -1));
        }
        if (code == MACH_SEND_INVALID_DEST) renew(i);
        // There was one answer, and no more.
        MUST_BE(soak_receive(&message.header, sizeof(message), reply_port, MACH_RCV_TIMEOUT, 0), MACH_RCV_TIMED_OUT);
        welcome_tokens(home);
    }
    MUST_DO(mach_port_destroy(SELF, reply_port));
}

static void one_round(void) {
    struct soak_thread threads[REQUESTERS + 1] = {0};
    for (unsigned i = 0; i < TASKS; i++) {
        atomic_store(&tasks[i], soak_task());
        atomic_flag_clear(&changing[i]);
    }
    for (unsigned i = 0; i < REQUESTERS; i++) open_home(&homes[i]);
    for (unsigned i = 0; i <= REQUESTERS; i++) {
        threads[i].body = i < REQUESTERS ? request : end_tasks;
        threads[i].index = i;
        soak_start(&threads[i]);
    }
    for (unsigned i = 0; i <= REQUESTERS; i++) soak_join(&threads[i]);
    for (unsigned i = 0; i < TASKS; i++) {
        // One may have ended by a request.
        MUST_BE_ONE_OF(task_terminate(atomic_load(&tasks[i])), KERN_SUCCESS, KERN_INVALID_ARGUMENT);
        MUST_DO(mach_port_deallocate(SELF, atomic_load(&tasks[i])));
    }
    for (unsigned i = 0; i < REQUESTERS; i++) close_home(&homes[i]);
}

int main(void) { return soak("kernel_requests", one_round); }

// A hundred tasks that are made and ended at any moment, while threads that act as them exchange rights, arrays and memory: every receive right that was
// given away comes home, nothing of an ended task is left, and memory keeps what was written in it.
#include "soak_support.h"

#include <unistd.h>

enum { TASKS = 100, WORKERS = 4, RIGHTS = 6, PAGES = 3 };
// The name of a task's port for messages, its first one but for its own.
#define INBOX 0x203u

struct parcel {
    mach_msg_header_t header;
    mach_msg_body_t body;
    mach_msg_ool_descriptor_t memory; // first: it is taken, if it is to be, before a right can turn out to be none
    mach_msg_port_descriptor_t token;
    mach_msg_ool_ports_descriptor_t rights;
    uint32_t pattern;
    unsigned char trailer[128];
};
enum { PARCEL_SIZE = offsetof(struct parcel, trailer) };

// What the workers know of a task. It may have ended, and its names mean something else, before they use what they read.
struct slot {
    atomic_flag changing;
    _Atomic mach_port_t task, inbox;
};
static struct slot slots[TASKS];
static struct home homes[WORKERS];
static size_t page;

static void make_task(struct slot *slot) {
    task_t task = soak_task();
    mach_port_name_t inside = MACH_PORT_NULL;
    mach_port_t inbox = MACH_PORT_NULL;
    mach_msg_type_name_t type = 0;
    MUST_DO(mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &inside));
    MUST_BE(inside, INBOX);
    MUST_DO(mach_port_extract_right(task, inside, MACH_MSG_TYPE_MAKE_SEND, &inbox, &type));
    atomic_store(&slot->task, task);
    atomic_store(&slot->inbox, inbox);
}

static void end_task(struct slot *slot) {
    MUST_DO(task_terminate(atomic_load(&slot->task)));
    MUST_DO(mach_port_deallocate(SELF, atomic_load(&slot->task)));
    MUST_DO(mach_port_deallocate(SELF, atomic_load(&slot->inbox)));
}

static void renew(struct slot *slot) {
    if (atomic_flag_test_and_set(&slot->changing)) return;
    end_task(slot);
    make_task(slot);
    atomic_flag_clear(&slot->changing);
}

static struct slot *any_slot(void) { return &slots[chance(TASKS)]; }

static vm_address_t new_memory(uint32_t pattern, mach_msg_size_t *size) {
    vm_address_t address = 0;
    *size = (mach_msg_size_t)(1 + chance((uint32_t)(PAGES * page)));
    MUST_DO(vm_allocate(SELF, &address, *size, VM_FLAGS_ANYWHERE));
    for (size_t i = 0; i + 4 <= *size; i += page / 4) memcpy((char *)address + i, &pattern, 4);
    return address;
}

static void check_memory(const void *address, mach_msg_size_t size, uint32_t pattern) {
    for (size_t i = 0; i + 4 <= size; i += page / 4) MUST(memcmp((const char *)address + i, &pattern, 4) == 0);
}

// Memory that a thread has to give back when it acts as the process's task again: in a task that has ended it cannot.
static _Thread_local struct {
    const void *address;
    size_t size;
} waiting[64];
static _Thread_local unsigned waiting_count;

static void give_back(const void *address, size_t size) {
    MUST(waiting_count < COUNT_OF(waiting));
    waiting[waiting_count].address = address;
    waiting[waiting_count++].size = size;
}

static void leave_task(void) {
    MUST_DO(mach_linux_task_adopt(MACH_PORT_NULL));
    for (; waiting_count > 0; waiting_count--) {
        MUST_DO(vm_deallocate(SELF, (vm_address_t)waiting[waiting_count - 1].address, waiting[waiting_count - 1].size));
    }
}

static void begin_parcel(struct parcel *message, mach_port_t destination, mach_msg_type_name_t disposition) {
    memset(message, 0, sizeof(*message));
    message->header.msgh_bits = MACH_MSGH_BITS(disposition, 0) | MACH_MSGH_BITS_COMPLEX;
    message->header.msgh_remote_port = destination;
    message->body.msgh_descriptor_count = 3;
    message->token.disposition = MACH_MSG_TYPE_MOVE_RECEIVE;
    message->token.type = MACH_MSG_PORT_DESCRIPTOR;
    message->memory.type = MACH_MSG_OOL_DESCRIPTOR;
    message->memory.copy = MACH_MSG_VIRTUAL_COPY;
    message->rights.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
    message->rights.disposition = MACH_MSG_TYPE_COPY_SEND;
}

// From the process's task: a token, memory and rights to some tasks, to another task.
static void send_parcel(struct home *home) {
    struct parcel message;
    mach_port_t rights[RIGHTS];
    begin_parcel(&message, atomic_load(&any_slot()->inbox), MACH_MSG_TYPE_COPY_SEND);
    unsigned count = chance(RIGHTS + 1);
    for (unsigned i = 0; i < count; i++) rights[i] = atomic_load(&any_slot()->inbox);
    message.pattern = chance(UINT32_MAX);
    mach_msg_size_t size = 0;
    vm_address_t memory = new_memory(message.pattern, &size);
    mach_port_t token = make_token(home);
    message.token.name = token;
    message.memory.address = (void *)memory;
    message.memory.size = size;
    message.memory.deallocate = TRUE;
    message.rights.address = rights;
    message.rights.count = count;
    mach_msg_return_t code = soak_send(&message.header, PARCEL_SIZE, MACH_SEND_TIMEOUT, 0);
    if (code == MACH_SEND_TIMED_OUT) {
        check_memory(message.memory.address, message.memory.size, message.pattern);
        mach_msg_destroy(&message.header);
    } else if (code == MACH_SEND_INVALID_DEST) {
        MUST_DO(mach_port_mod_refs(SELF, token, MACH_PORT_RIGHT_RECEIVE, -1));
        give_back((void *)memory, size);
    } else {
        // A right that is none takes with it what stands before it in the message.
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_SEND_INVALID_RIGHT);
    }
}

// What a received parcel holds, and may be gone with the task at any moment, save memory.
struct contents {
    void *memory, *array;
    mach_msg_size_t size, count;
    mach_port_t token, rights[RIGHTS];
    uint32_t pattern;
};

static struct contents contents_of(const struct parcel *message) {
    struct contents it = {.memory = message->memory.address,
                          .array = message->rights.address,
                          .size = message->memory.size,
                          .count = message->rights.count,
                          .token = message->token.name,
                          .pattern = message->pattern};
    MUST(it.count <= RIGHTS);
    if (it.count > 0) memcpy(it.rights, it.array, it.count * sizeof(*it.rights));
    check_memory(it.memory, it.size, it.pattern);
    return it;
}

static void drop_rights(const struct contents *it) {
    for (unsigned i = 0; i < it->count; i++) (void)mach_port_deallocate(SELF, it->rights[i]);
}

static void drop_token(const struct contents *it) {
    if (it->token != MACH_PORT_NULL) (void)mach_port_mod_refs(SELF, it->token, MACH_PORT_RIGHT_RECEIVE, -1);
}

static void drop_memory(const struct contents *it) { give_back(it->memory, it->size); }

static void drop_array(const struct contents *it) {
    if (it->count > 0) give_back(it->array, it->count * sizeof(*it->rights));
}

// As a task: sends what came to one of those whose rights came with it. Whether the memory is the program's still.
static bool forward(const struct contents *it) {
    struct parcel message;
    begin_parcel(&message, it->rights[chance(it->count)], MACH_MSG_TYPE_COPY_SEND);
    message.pattern = it->pattern;
    message.token.name = it->token;
    message.memory.address = it->memory;
    message.memory.size = it->size;
    message.memory.deallocate = chance(2) == 0;
    message.rights.address = it->array;
    message.rights.count = it->count;
    bool moved = message.memory.deallocate;
    mach_msg_return_t code = soak_send(&message.header, PARCEL_SIZE, MACH_SEND_TIMEOUT, 0);
    if ((code & ~MACH_MSG_MASK) == MACH_SEND_TIMED_OUT) {
        // Back under names of this task, if there is one still, and in memory of its own.
        struct contents back = contents_of(&message);
        (void)mach_port_deallocate(SELF, message.header.msgh_remote_port);
        drop_rights(&back);
        drop_token(&back);
        drop_memory(&back);
        drop_array(&back);
        return !moved;
    }
    MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_SEND_INVALID_DEST, MACH_SEND_INVALID_RIGHT);
    if (code != MACH_SEND_INVALID_DEST) return !moved;
    drop_token(it);
    return true;
}

static bool is_end_of_receive(mach_msg_return_t code) {
    return code == MACH_RCV_TIMED_OUT || code == MACH_RCV_PORT_CHANGED || code == MACH_RCV_INVALID_NAME ||
           (code & ~MACH_MSG_MASK) == MACH_RCV_HEADER_ERROR;
}

// As a task that may end at any moment: the next parcel goes on or ends here.
static void pass_on(void) {
    struct parcel message;
    memset(&message, 0, sizeof(message));
    mach_msg_return_t code = soak_receive(&message.header, sizeof(message), INBOX, MACH_RCV_TIMEOUT, 0);
    if (code != MACH_MSG_SUCCESS && (code & ~MACH_MSG_MASK) != MACH_RCV_BODY_ERROR) {
        MUST(is_end_of_receive(code));
        return;
    }
    MUST_BE(message.header.msgh_size, PARCEL_SIZE);
    struct contents contents = contents_of(&message);
    bool kept = true;
    if (contents.count > 0 && chance(4) != 0) {
        kept = forward(&contents);
    } else {
        drop_token(&contents);
    }
    drop_rights(&contents);
    if (kept) drop_memory(&contents);
    drop_array(&contents);
}

static void act_as(struct slot *slot) {
    kern_return_t code = mach_linux_task_adopt(atomic_load(&slot->task));
    MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_INVALID_ARGUMENT);
    if (code != KERN_SUCCESS) return;
    for (unsigned i = chance(4); i > 0; i--) {
        switch (chance(5)) {
        case 0: {
            mach_port_t port = MACH_PORT_NULL, previous = MACH_PORT_NULL;
            code = mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port);
            MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_INVALID_TASK);
            if (code != KERN_SUCCESS) break;
            MUST_BE_ONE_OF(mach_port_request_notification(SELF, port, MACH_NOTIFY_NO_SENDERS, 1, port,
                                                          MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous),
                           KERN_SUCCESS, KERN_INVALID_TASK);
            if (chance(2) == 0) MUST_BE_ONE_OF(mach_port_destroy(SELF, port), KERN_SUCCESS, KERN_INVALID_TASK);
            break;
        }
        case 1: {
            mach_port_t own[1] = {INBOX};
            MUST_BE_ONE_OF(mach_port_insert_right(SELF, INBOX, INBOX, MACH_MSG_TYPE_MAKE_SEND), KERN_SUCCESS,
                           KERN_INVALID_TASK);
            MUST_BE_ONE_OF(mach_ports_register(SELF, own, 1), KERN_SUCCESS, KERN_INVALID_ARGUMENT,
                           MACH_SEND_INVALID_RIGHT);
            break;
        }
        default:
            pass_on();
            break;
        }
        soak_did(1);
    }
}

// From outside: ports are kept for a task, its names listed and its rights taken.
static void look_at(struct slot *slot) {
    task_t task = atomic_load(&slot->task);
    if (chance(2) == 0) {
        mach_port_t kept[3] = {MACH_PORT_NULL, atomic_load(&any_slot()->inbox), atomic_load(&any_slot()->inbox)};
        MUST_BE_ONE_OF(mach_ports_register(task, kept, 3), KERN_SUCCESS, KERN_INVALID_ARGUMENT,
                       MACH_SEND_INVALID_RIGHT);
    } else {
        mach_port_name_array_t names = NULL;
        mach_port_type_array_t types = NULL;
        mach_msg_type_number_t count = 0;
        kern_return_t code = mach_port_names(task, &names, &count, &types, &count);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_INVALID_TASK);
        if (code != KERN_SUCCESS) return;
        for (unsigned i = 0; i < count; i++) MUST((names[i] & 3) == 3);
        give_back(names, count * sizeof(*names));
        give_back(types, count * sizeof(*types));
    }
}

static void work(struct soak_thread *thread) {
    struct home *home = &homes[thread->index];
    while (!soak_over()) {
        switch (chance(10)) {
        case 0:
            renew(any_slot());
            break;
        case 1:
            look_at(any_slot());
            break;
        case 2:
        case 3:
        case 4:
            send_parcel(home);
            break;
        default:
            act_as(any_slot());
            break;
        }
        leave_task();
        welcome_tokens(home);
        soak_did(1);
    }
}

static void one_round(void) {
    struct soak_thread workers[WORKERS] = {0};
    page = (size_t)sysconf(_SC_PAGESIZE);
    for (unsigned i = 0; i < TASKS; i++) {
        atomic_flag_clear(&slots[i].changing);
        make_task(&slots[i]);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        open_home(&homes[i]);
        workers[i] = (struct soak_thread){.body = work, .index = i};
    }
    for (unsigned i = 0; i < WORKERS; i++) soak_start(&workers[i]);
    for (unsigned i = 0; i < WORKERS; i++) soak_join(&workers[i]);
    for (unsigned i = 0; i < TASKS; i++) end_task(&slots[i]);
    for (unsigned i = 0; i < WORKERS; i++) close_home(&homes[i]);
}

int main(void) { return soak("many_tasks", one_round); }

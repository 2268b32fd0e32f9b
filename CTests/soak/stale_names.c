// Names recycled at full speed while stale ones are used: whatever a name means at the moment it is used, the call does that or says why not; nothing of
// the task is left when it ends, and every send-once right comes back.
#include "soak_support.h"

enum { NAMES = 96, MAKERS = 2, USERS = 3 };

static _Atomic mach_port_name_t names[NAMES]; // made at some time, most of them long gone
static task_t chaos;
static struct account account;

static mach_port_name_t any_name(void) {
    mach_port_name_t name = atomic_load_explicit(&names[chance(NAMES)], memory_order_relaxed);
    // Now and then an earlier or later use of the slot, or any bits at all.
    switch (chance(16)) {
    case 0:
        return (name & ~0xffu) | (3 + 4 * chance(64));
    case 1:
        return chance(UINT32_MAX);
    default:
        return name;
    }
}

static void remember(mach_port_name_t name) {
    if (MACH_PORT_VALID(name)) atomic_store(&names[chance(NAMES)], name);
}

// In the task: ports, sets and dead names are made and destroyed as fast as it goes.
static void make_and_destroy(struct soak_thread *thread) {
    (void)thread;
    mach_port_name_t mine[8] = {0};
    while (!soak_over()) {
        mach_port_name_t *it = &mine[chance(COUNT_OF(mine))];
        // Another thread may have been faster with a stale name.
        if (*it != MACH_PORT_NULL && chance(8) != 0) (void)mach_port_destroy(SELF, *it);
        static const mach_port_right_t rights[] = {MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_PORT_SET,
                                                   MACH_PORT_RIGHT_DEAD_NAME};
        MUST_DO(mach_port_allocate(SELF, rights[chance(3)], it));
        remember(*it);
        soak_did(2);
        if (chance(64) == 0) sched_yield();
    }
}

static void send_something(void) {
    struct {
        mach_msg_header_t header;
        mach_msg_body_t body;
        mach_msg_port_descriptor_t rights[2];
    } message;
    static const mach_msg_type_name_t dispositions[] = {MACH_MSG_TYPE_MOVE_SEND,      MACH_MSG_TYPE_MOVE_SEND_ONCE,
                                                        MACH_MSG_TYPE_COPY_SEND,      MACH_MSG_TYPE_MAKE_SEND,
                                                        MACH_MSG_TYPE_MAKE_SEND_ONCE, MACH_MSG_TYPE_MOVE_RECEIVE};
    memset(&message, 0, sizeof(message));
    unsigned count = chance(3);
    message.header.msgh_bits =
        MACH_MSGH_BITS(dispositions[chance(5)], dispositions[chance(5)]) | MACH_MSGH_BITS_COMPLEX;
    message.header.msgh_remote_port = any_name();
    message.header.msgh_local_port = chance(2) == 0 ? MACH_PORT_NULL : any_name();
    message.body.msgh_descriptor_count = count;
    for (unsigned i = 0; i < count; i++) {
        message.rights[i].name = any_name();
        message.rights[i].disposition = dispositions[chance(6)];
        message.rights[i].type = MACH_MSG_PORT_DESCRIPTOR;
    }
    mach_msg_return_t code = soak_send(&message.header, sizeof(message), MACH_SEND_TIMEOUT | MACH_SEND_NOTIFY, 0);
    if (code == MACH_SEND_TIMED_OUT) {
        remember(message.header.msgh_local_port);
        mach_msg_destroy(&message.header);
        return;
    }
    MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_SEND_INVALID_DEST, MACH_SEND_INVALID_REPLY, MACH_SEND_INVALID_RIGHT);
}

static void receive_something(void) {
    struct {
        mach_msg_header_t header;
        mach_msg_body_t body;
        mach_msg_port_descriptor_t rights[2];
        unsigned char rest[256];
    } message;
    mach_msg_return_t code =
        soak_receive(&message.header, sizeof(message), any_name(), MACH_RCV_TIMEOUT, chance(40) == 0);
    MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_RCV_TIMED_OUT, MACH_RCV_INVALID_NAME, MACH_RCV_PORT_CHANGED);
    if (code != MACH_MSG_SUCCESS) return;
    if ((message.header.msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0 && message.body.msgh_descriptor_count > 0) {
        remember(message.rights[0].name);
    }
    remember(message.header.msgh_remote_port);
    if (chance(2) == 0) mach_msg_destroy(&message.header);
}

// One call with any names.
static void use_names(void) {
    mach_port_name_t name = any_name(), other = any_name();
    mach_port_urefs_t refs;
    mach_port_type_t type;
    mach_port_t right = MACH_PORT_NULL;
    mach_msg_type_name_t disposition = 0;
    switch (chance(24)) {
    case 0:
        MUST_BE_ONE_OF(mach_port_type(SELF, name, &type), KERN_SUCCESS, KERN_INVALID_NAME);
        break;
    case 1:
        MUST_BE_ONE_OF(mach_port_get_refs(SELF, name, chance(5), &refs), KERN_SUCCESS, KERN_INVALID_NAME);
        break;
    case 2:
        MUST_BE_ONE_OF(mach_port_mod_refs(SELF, name, chance(5), (mach_port_delta_t)chance(5) - 2), KERN_SUCCESS,
                       KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_VALUE, KERN_UREFS_OVERFLOW);
        break;
    case 3:
        MUST_BE_ONE_OF(mach_port_deallocate(SELF, name), KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT);
        break;
    case 4:
        MUST_BE_ONE_OF(mach_port_insert_right(SELF, name, name, MACH_MSG_TYPE_MAKE_SEND), KERN_SUCCESS,
                       KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_VALUE, KERN_INVALID_CAPABILITY,
                       KERN_UREFS_OVERFLOW, KERN_NO_SPACE, KERN_RIGHT_EXISTS, KERN_NAME_EXISTS, KERN_FAILURE);
        break;
    case 5:
        if (mach_port_extract_right(SELF, name, MACH_MSG_TYPE_MAKE_SEND_ONCE, &right, &disposition) == KERN_SUCCESS) {
            remember(right);
        }
        break;
    case 6:
        MUST_BE_ONE_OF(mach_port_insert_member(SELF, name, other), KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT,
                       KERN_ALREADY_IN_SET);
        break;
    case 7:
        MUST_BE_ONE_OF(mach_port_move_member(SELF, name, other), KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT);
        break;
    case 8:
        MUST_BE_ONE_OF(mach_port_set_mscount(SELF, name, chance(10)), KERN_SUCCESS, KERN_INVALID_NAME,
                       KERN_INVALID_RIGHT);
        break;
    case 9: {
        mach_port_t previous = MACH_PORT_NULL;
        static const mach_msg_id_t ids[] = {MACH_NOTIFY_DEAD_NAME, MACH_NOTIFY_NO_SENDERS, MACH_NOTIFY_SEND_POSSIBLE,
                                            MACH_NOTIFY_PORT_DESTROYED};
        kern_return_t code = mach_port_request_notification(SELF, name, ids[chance(4)], chance(2), other,
                                                            MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_ARGUMENT,
                       KERN_INVALID_VALUE, KERN_INVALID_CAPABILITY, KERN_UREFS_OVERFLOW, MACH_SEND_INVALID_RIGHT);
        if (code == KERN_SUCCESS && previous != MACH_PORT_NULL) remember(previous);
        break;
    }
    case 10:
        MUST_BE_ONE_OF(mach_port_destroy(SELF, name), KERN_SUCCESS, KERN_INVALID_NAME);
        break;
    case 11:
    case 12:
        receive_something();
        break;
    case 13:
    case 14:
    case 15:
        send_something();
        break;
    default:
        // Else there would soon be nothing but stale names.
        MUST_DO(mach_port_allocate(SELF, chance(6) == 0 ? MACH_PORT_RIGHT_PORT_SET : MACH_PORT_RIGHT_RECEIVE, &name));
        (void)mach_port_insert_right(SELF, name, name, MACH_MSG_TYPE_MAKE_SEND);
        remember(name);
        break;
    }
    soak_did(1);
}

static void use_stale_names(struct soak_thread *thread) {
    (void)thread;
    while (!soak_over()) use_names();
}

// Puts send-once rights to the account under whatever names are free in the task: they come back however they end.
static void give_rights(struct soak_thread *thread) {
    (void)thread;
    while (!soak_over()) {
        mach_port_name_t name = any_name();
        kern_return_t code = mach_port_insert_right(chaos, name, account.port, MACH_MSG_TYPE_MAKE_SEND_ONCE);
        if (code == KERN_SUCCESS) {
            atomic_fetch_add(&account.made, 1);
            remember(name);
        }
        MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_NAME_EXISTS, KERN_FAILURE, KERN_NO_SPACE, KERN_INVALID_VALUE);
        read_account(&account);
        soak_did(1);
    }
}

static void one_round(void) {
    struct soak_thread threads[MAKERS + USERS + 1] = {0};
    for (unsigned i = 0; i < NAMES; i++) atomic_store(&names[i], MACH_PORT_NULL);
    chaos = soak_task();
    open_account(&account);
    for (unsigned i = 0; i < COUNT_OF(threads); i++) {
        bool inside = i < MAKERS + USERS;
        threads[i].body = !inside ? give_rights : i < MAKERS ? make_and_destroy : use_stale_names;
        threads[i].task = inside ? chaos : MACH_PORT_NULL;
        soak_start(&threads[i]);
    }
    for (unsigned i = 0; i < COUNT_OF(threads); i++) soak_join(&threads[i]);
    MUST_DO(task_terminate(chaos));
    MUST_DO(mach_port_destroy(SELF, chaos));
    close_account(&account);
}

int main(void) { return soak("stale_names", one_round); }

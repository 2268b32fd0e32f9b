// Races for names: recycled while stale ones are used, guarded ones that are destroyed.
#include "race_support.h"

static task_t task;
static mach_port_name_t name; // of the task
static mach_port_t port;      // of the process's task

// ---- A name is destroyed and allocated again, while it is sent to, sent itself, received from, extracted, and inserted by another task.

static mach_port_name_t sink; // the task's, a send right
static mach_port_t sink_port; // the process's
static mach_port_t extracted;
static bool may_be_free; // nothing could be allocated under the name

static void recycle(struct racer *me) {
    for (unsigned i = 0; i < me->index; i++) {
        kern_return_t code = mach_port_destroy(SELF, name);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, may_be_free ? KERN_INVALID_NAME : KERN_SUCCESS);
        mach_port_right_t right = chance(3) == 0 ? MACH_PORT_RIGHT_PORT_SET : MACH_PORT_RIGHT_RECEIVE;
        code = mach_port_allocate_name(SELF, right, name);
        // Another right has come under the name, or the proof of a letter has the slot under its next name.
        MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_NAME_EXISTS, KERN_FAILURE);
        may_be_free = code == KERN_FAILURE;
        if (code == KERN_SUCCESS && right == MACH_PORT_RIGHT_RECEIVE && chance(2) == 0) {
            MUST_DO(mach_port_insert_right(SELF, name, name, MACH_MSG_TYPE_MAKE_SEND));
        }
    }
}

static void use_as_stale(struct racer *me) {
    while (me->posted < me->letters) {
        mach_msg_return_t code = post_letter(me, 0, name, 0, 0);
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_SEND_INVALID_DEST);
        if (code != MACH_MSG_SUCCESS) break;
    }
    static const mach_msg_type_name_t dispositions[] = {MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND,
                                                        MACH_MSG_TYPE_MAKE_SEND_ONCE};
    MUST_BE_ONE_OF(send_right(sink, name, dispositions[chance(3)]), MACH_MSG_SUCCESS, MACH_SEND_INVALID_RIGHT);
}

static void receive_stale(struct racer *me) {
    struct parcel parcel;
    for (unsigned i = 0; i < 2; i++) {
        MUST_BE_ONE_OF(take(me, &parcel, name, MACH_RCV_TIMEOUT, 1), MACH_MSG_SUCCESS, MACH_RCV_TIMED_OUT,
                       MACH_RCV_INVALID_NAME, MACH_RCV_PORT_CHANGED);
    }
}

static void extract(struct racer *me) {
    (void)me;
    mach_msg_type_name_t type = 0, disposition = chance(2) == 0 ? MACH_MSG_TYPE_MAKE_SEND : MACH_MSG_TYPE_COPY_SEND;
    MUST_BE_ONE_OF(mach_port_extract_right(task, name, disposition, &extracted, &type), KERN_SUCCESS, KERN_INVALID_NAME,
                   KERN_INVALID_RIGHT);
}

static void insert(struct racer *me) {
    (void)me;
    MUST_BE_ONE_OF(mach_port_insert_right(task, name, port, MACH_MSG_TYPE_MAKE_SEND), KERN_SUCCESS, KERN_NAME_EXISTS,
                   KERN_FAILURE);
}

// A right that is alive is to the port that the name means, or to the port that was inserted.
static void check_extracted(void) {
    if (!MACH_PORT_VALID(extracted)) return;
    mach_port_type_t type = race_type(SELF, extracted);
    if (extracted == port) {
        MUST_BE(type, MACH_PORT_TYPE_SEND_RECEIVE);
        MUST_DO(mach_port_mod_refs(SELF, extracted, MACH_PORT_RIGHT_SEND, -1));
        return;
    }
    MUST_BE_ONE_OF(type, MACH_PORT_TYPE_SEND, MACH_PORT_TYPE_DEAD_NAME);
    if (type == MACH_PORT_TYPE_SEND) {
        MUST_BE(race_type(task, name) & MACH_PORT_TYPE_RECEIVE, MACH_PORT_TYPE_RECEIVE);
        MUST_DO(send_right(extracted, MACH_PORT_NULL, MACH_MSG_TYPE_COPY_SEND));
        struct parcel parcel;
        MUST_DO(mach_linux_task_adopt(task));
        MUST_DO(soak_receive(&parcel.header, sizeof(parcel), name, MACH_RCV_TIMEOUT, 0));
        MUST_BE(parcel.header.msgh_id, CARRIER);
        MUST_DO(mach_linux_task_adopt(MACH_PORT_NULL));
    }
    MUST_DO(mach_port_deallocate(SELF, extracted));
}

static void recycled_name(void) {
    task = soak_task();
    port = soak_port();
    sink_port = soak_port();
    sink = soak_give(task, sink_port, MACH_MSG_TYPE_MAKE_SEND);
    name = 60 << 8 | 3;
    extracted = MACH_PORT_NULL;
    may_be_free = false;
    MUST_DO(mach_port_allocate_name(task, MACH_PORT_RIGHT_RECEIVE, name));
    RUN_RACE({.body = recycle, .index = 1 + chance(3), .task = task},
             {.body = use_as_stale, .letters = 2, .task = task}, {.body = receive_stale, .task = task},
             {.body = extract}, {.body = insert});
    mach_port_type_t type = race_type(task, name);
    MUST_BE_ONE_OF(type, MACH_PORT_TYPE_RECEIVE, MACH_PORT_TYPE_SEND_RECEIVE, MACH_PORT_TYPE_PORT_SET,
                   MACH_PORT_TYPE_SEND, may_be_free ? 0 : MACH_PORT_TYPE_RECEIVE);
    MUST_DO(mach_linux_task_adopt(task));
    if (type != MACH_PORT_TYPE_SEND && type != 0) (void)drain(name, 0);
    MUST_DO(mach_linux_task_adopt(MACH_PORT_NULL));
    (void)drain(port, 0);
    check_extracted();
    (void)drain(sink_port, 0);
    end_task(task);
    MUST_BE(race_status(port).mps_srights, 0);
    MUST_BE(race_status(sink_port).mps_srights, 0);
    close_letters(ANY_MAY_END);
    MUST_DO(mach_port_destroy(SELF, port));
    MUST_DO(mach_port_destroy(SELF, sink_port));
}

// ---- The name of a dead port is looked at, and a port made that may get its memory, while another thread sends to the name.

enum { REBORN = 2 };

static mach_port_name_t reborn[REBORN];

static void look_and_make(struct racer *me) {
    (void)me;
    MUST_BE(race_type(SELF, name), MACH_PORT_TYPE_DEAD_NAME);
    for (unsigned i = 0; i < REBORN; i++) MUST_DO(mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &reborn[i]));
}

static void send_to_dead(struct racer *me) {
    for (unsigned i = 0; i < me->index; i++) {
        mach_msg_header_t header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0), .msgh_remote_port = name};
        MUST_BE(mach_msg(&header, MACH_SEND_MSG, sizeof(header), 0, 0, 0, 0), MACH_SEND_INVALID_DEST);
    }
}

static void reborn_port(void) {
    task = soak_task();
    port = soak_port();
    name = soak_give(task, port, MACH_MSG_TYPE_MAKE_SEND);
    MUST_DO(mach_port_destroy(SELF, port));
    RUN_RACE({.body = look_and_make, .task = task}, {.body = send_to_dead, .index = 2, .task = task});
    MUST_BE(race_type(task, name), MACH_PORT_TYPE_DEAD_NAME);
    MUST_DO(mach_linux_task_adopt(task));
    for (unsigned i = 0; i < REBORN; i++) {
        MUST_BE(race_status(reborn[i]).mps_msgcount, 0);
        MUST_BE(race_status(reborn[i]).mps_srights, 0);
    }
    MUST_DO(mach_linux_task_adopt(MACH_PORT_NULL));
    end_task(task);
    close_letters(ALL_ARRIVE);
}

// ---- A guarded port is destroyed while its guard is exchanged, another thread receives, and others try to destroy it without the guard.

enum { GUARD = 0x1234, OTHER_GUARD = 0x4321 };

static void destruct(struct racer *me) {
    kern_return_t code = mach_port_destruct(SELF, port, -(mach_port_delta_t)me->index, GUARD);
    MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_INVALID_ARGUMENT);
    // The guard has been exchanged, then.
    if (code != KERN_SUCCESS) MUST_DO(mach_port_destruct(SELF, port, -(mach_port_delta_t)me->index, OTHER_GUARD));
}

static void exchange_guard(struct racer *me) {
    (void)me;
    MUST_BE_ONE_OF(mach_port_swap_guard(SELF, port, GUARD, OTHER_GUARD), KERN_SUCCESS, KERN_INVALID_NAME,
                   KERN_INVALID_RIGHT);
}

static void destroy_without_guard(struct racer *me) {
    (void)me;
    MUST_BE_ONE_OF(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1), KERN_INVALID_RIGHT, KERN_INVALID_NAME);
    mach_port_context_t context = 0;
    kern_return_t code = mach_port_get_context(SELF, port, &context);
    MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_INVALID_RIGHT, KERN_INVALID_NAME);
    if (code == KERN_SUCCESS) MUST_BE_ONE_OF(context, GUARD, OTHER_GUARD);
}

static void take_until_dead(struct racer *me) {
    struct parcel parcel;
    mach_msg_return_t code;
    while ((code = take(me, &parcel, port, 0, 0)) == MACH_MSG_SUCCESS) {}
    MUST_BE_ONE_OF(code, MACH_RCV_PORT_CHANGED, MACH_RCV_INVALID_NAME);
}

static void post_until_dead(struct racer *me) {
    while (me->posted < me->letters) {
        mach_msg_return_t code = post_letter(me, 0, name, 0, 0);
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_SEND_INVALID_DEST);
        if (code != MACH_MSG_SUCCESS) return;
    }
}

static void guarded_destruct(void) {
    mach_port_options_t options = {.flags = MPO_CONTEXT_AS_GUARD | MPO_INSERT_SEND_RIGHT | MPO_QLIMIT,
                                   .mpl = {.mpl_qlimit = 1}};
    task = soak_task();
    MUST_DO(mach_port_construct(SELF, &options, GUARD, &port));
    name = soak_give(task, port, MACH_MSG_TYPE_COPY_SEND);
    unsigned dropped = chance(2); // of the one send reference
    RUN_RACE({.body = destruct, .index = dropped}, {.body = exchange_guard}, {.body = destroy_without_guard},
             {.body = take_until_dead}, {.body = post_until_dead, .letters = 3, .task = task});
    MUST_BE(race_type(SELF, port), dropped == 1 ? 0 : MACH_PORT_TYPE_DEAD_NAME);
    if (dropped == 0) {
        MUST_BE(race_refs(SELF, port, MACH_PORT_RIGHT_DEAD_NAME), 1);
        MUST_DO(mach_port_deallocate(SELF, port));
    }
    MUST_BE(race_type(task, name), MACH_PORT_TYPE_DEAD_NAME);
    end_task(task);
    close_letters(SOME_END);
}

const struct race races_of_names[] = {
    {"recycled_name", recycled_name}, {"reborn_port", reborn_port}, {"guarded_destruct", guarded_destruct}, {0}};

// Races of requests for notifications against what they wait for: each is answered once, and by what happened.
#include "race_support.h"

static task_t task;
static mach_port_t port, notify, carrier;
static mach_port_name_t name; // of the port's send right, in the task

// What has come to the port `notify`.
struct answers {
    unsigned send_once, no_senders, dead_name, port_deleted, send_possible;
};

static struct answers read_answers(mach_port_t from) {
    struct answers answers = {0};
    struct parcel parcel;
    mach_msg_return_t code;
    while ((code = soak_receive(&parcel.header, sizeof(parcel), from, MACH_RCV_TIMEOUT, 0)) == MACH_MSG_SUCCESS) {
        mach_msg_id_t id = parcel.header.msgh_id;
        answers.send_once += id == MACH_NOTIFY_SEND_ONCE;
        answers.no_senders += id == MACH_NOTIFY_NO_SENDERS;
        answers.dead_name += id == MACH_NOTIFY_DEAD_NAME;
        answers.port_deleted += id == MACH_NOTIFY_PORT_DELETED;
        answers.send_possible += id == MACH_NOTIFY_SEND_POSSIBLE;
        // The port has had one or two send rights made by then.
        if (id == MACH_NOTIFY_NO_SENDERS) MUST_BE_ONE_OF(parcel.not_port, 1, 2);
        if (id != MACH_NOTIFY_NO_SENDERS && id != MACH_NOTIFY_SEND_ONCE) MUST_BE(parcel.not_port, name);
    }
    MUST_BE(code, MACH_RCV_TIMED_OUT);
    return answers;
}

// ---- No-senders: the last send right goes while the request is made, and another is made and goes.

struct asking {
    mach_port_mscount_t sync;
    unsigned returned; // rights of earlier requests
    unsigned refused;
};

// The right of an earlier request ends, and says so.
static void end_previous(struct asking *asking, mach_port_t previous) {
    if (previous == MACH_PORT_NULL) return;
    asking->returned++;
    MUST_DO(mach_port_deallocate(SELF, previous));
}

static void ask_no_senders(struct racer *me) {
    struct asking *asking = me->argument;
    mach_port_t previous;
    MUST_DO(ask_for(port, MACH_NOTIFY_NO_SENDERS, asking->sync, notify, &previous));
    end_previous(asking, previous);
}

static void drop_right(struct racer *me) {
    switch (me->index) {
    case 0:
        MUST_DO(mach_port_deallocate(task, name));
        break;
    case 1:
        MUST_DO(mach_port_destroy(task, name));
        break;
    case 2:
        MUST_DO(task_terminate(task));
        break;
    default: {
        mach_port_t right = MACH_PORT_NULL;
        mach_msg_type_name_t type = 0;
        MUST_DO(mach_port_extract_right(task, name, MACH_MSG_TYPE_MOVE_SEND, &right, &type));
        MUST_BE(right, port); // where it joins the receive right
        MUST_DO(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, -1));
    }
    }
}

static void make_and_drop(struct racer *me) {
    struct parcel parcel;
    switch (me->index) {
    case 0:
        MUST_DO(mach_port_insert_right(SELF, port, port, MACH_MSG_TYPE_MAKE_SEND));
        MUST_DO(mach_port_deallocate(SELF, port));
        break;
    case 1:
        MUST_DO(send_right(carrier, port, MACH_MSG_TYPE_MAKE_SEND));
        MUST_DO(take(me, &parcel, carrier, 0, 0));
        mach_msg_destroy(&parcel.header);
        break;
    default:
        MUST_DO(send_right(carrier, port, MACH_MSG_TYPE_MAKE_SEND));
        MUST_DO(mach_port_mod_refs(SELF, carrier, MACH_PORT_RIGHT_RECEIVE, -1));
    }
}

static void no_senders(void) {
    struct asking one = {.sync = chance(3)}, other = {.sync = chance(3)};
    task = soak_task();
    port = soak_port();
    notify = soak_port();
    carrier = soak_port_with_send();
    name = soak_give(task, port, MACH_MSG_TYPE_MAKE_SEND);
    RUN_RACE({.body = drop_right, .index = chance(4)}, {.body = make_and_drop, .index = chance(3)},
             {.body = ask_no_senders, .argument = &one}, {.body = ask_no_senders, .argument = &other});
    MUST_BE(race_type(SELF, port), MACH_PORT_TYPE_RECEIVE);
    mach_port_status_t status = race_status(port);
    MUST_BE(status.mps_mscount, 2);
    MUST_BE(status.mps_srights, 0);
    MUST_BE(status.mps_nsrequest, 0);
    struct answers answers = read_answers(notify);
    MUST_BE(answers.send_once, one.returned + other.returned);
    MUST_BE(answers.no_senders, 2 - answers.send_once);
    MUST(answers.no_senders >= 1);
    MUST_BE(race_status(notify).mps_sorights, 0);
    close_letters(ALL_ARRIVE);
    MUST_BE_ONE_OF(task_terminate(task), KERN_SUCCESS, KERN_INVALID_ARGUMENT);
    MUST_DO(mach_port_deallocate(SELF, task));
    MUST_DO(mach_port_destroy(SELF, port));
    MUST_DO(mach_port_destroy(SELF, notify));
    MUST_DO(mach_port_destroy(SELF, carrier));
}

// ---- Dead-name: two requests against the port's death and the name's end.

static void ask_dead_name(struct racer *me) {
    struct asking *asking = me->argument;
    mach_port_t previous = MACH_PORT_NULL;
    kern_return_t code = mach_port_request_notification(task, name, MACH_NOTIFY_DEAD_NAME, asking->sync, notify,
                                                        MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous);
    MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_INVALID_NAME, asking->sync == 0 ? KERN_INVALID_ARGUMENT : KERN_SUCCESS);
    asking->refused = code != KERN_SUCCESS;
    end_previous(asking, previous);
}

static void kill_port(struct racer *me) {
    (void)me;
    MUST_DO(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1));
}

enum { BY_DEALLOCATE, BY_MOD_REFS, BY_EXTRACT, BY_DESTROY, ENDS };
static bool is_send_once; // what the name holds
static bool is_too_late;  // mach_port_mod_refs found the right gone with its port, and did nothing

static void end_name(struct racer *me) {
    mach_port_t right = MACH_PORT_NULL;
    mach_msg_type_name_t type = is_send_once ? MACH_MSG_TYPE_MOVE_SEND_ONCE : MACH_MSG_TYPE_MOVE_SEND;
    switch (me->index) {
    case BY_DEALLOCATE:
        MUST_DO(mach_port_deallocate(task, name));
        break;
    case BY_MOD_REFS: {
        mach_port_right_t kind = is_send_once ? MACH_PORT_RIGHT_SEND_ONCE : MACH_PORT_RIGHT_SEND;
        kern_return_t code = mach_port_mod_refs(task, name, kind, -1);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_INVALID_RIGHT);
        is_too_late = code != KERN_SUCCESS;
        break;
    }
    case BY_EXTRACT:
        MUST_DO(mach_port_extract_right(task, name, type, &right, &type));
        MUST_DO(mach_port_deallocate(SELF, right));
        break;
    default:
        MUST_DO(mach_port_destroy(task, name));
    }
}

static void post_to_name(struct racer *me) {
    while (me->posted < me->letters) {
        mach_msg_return_t code = post_letter(me, 0, name, 0, 0);
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_SEND_INVALID_DEST);
        if (code != MACH_MSG_SUCCESS) return;
    }
}

static void dead_name(void) {
    struct asking one = {.sync = chance(2)}, other = {.sync = chance(2)};
    task = soak_task();
    port = soak_port();
    notify = soak_port();
    is_send_once = chance(2) == 0;
    is_too_late = false;
    name = soak_give(task, port, is_send_once ? MACH_MSG_TYPE_MAKE_SEND_ONCE : MACH_MSG_TYPE_MAKE_SEND);
    unsigned ends_by = chance(ENDS);
    // Half of the time one request alone, made before the others meet.
    bool is_crowded = chance(2) == 0;
    if (!is_crowded) ask_dead_name(&(struct racer){.argument = &one});
    struct racer racers[] = {{.body = kill_port},
                             {.body = end_name, .index = ends_by},
                             {.body = ask_dead_name, .argument = &one},
                             {.body = ask_dead_name, .argument = &other},
                             {.body = post_to_name, .letters = 2, .task = task}};
    run_race(racers, is_crowded ? COUNT_OF(racers) : 2);
    struct answers answers = read_answers(notify);
    MUST_BE(answers.send_once, one.returned + other.returned + one.refused + other.refused);
    MUST_BE(answers.dead_name + answers.port_deleted, (is_crowded ? 2 : 1) - answers.send_once);
    MUST(answers.port_deleted <= 1);
    // A right that mach_port_mod_refs ended was alive, and no request on its name outlived it.
    if (ends_by == BY_MOD_REFS && !is_too_late) MUST_BE(answers.dead_name, 0);
    // A name that lost its one reference lives on by the references that came with dead-name notifications.
    mach_port_type_t left = race_type(task, name);
    unsigned references = is_too_late + answers.dead_name;
    if (ends_by != BY_DESTROY && references > 0) {
        MUST_BE(left, MACH_PORT_TYPE_DEAD_NAME);
        MUST_BE(race_refs(task, name, MACH_PORT_RIGHT_DEAD_NAME), references);
        MUST_BE(answers.port_deleted, 0);
    } else {
        MUST_BE(left, 0);
    }
    MUST_BE(race_status(notify).mps_sorights, 0);
    end_task(task);
    close_letters(SOME_END);
    MUST_DO(mach_port_destroy(SELF, notify));
}

// ---- Send-possible: armed requests of two tasks against a queue that is drained and filled, and perhaps dies.

struct armed {
    task_t task;
    mach_port_name_t name, notify;
    mach_msg_return_t code;
};
static bool port_dies;

static void arm_and_post(struct racer *me) {
    struct armed *armed = me->argument;
    mach_port_t previous;
    MUST_DO(ask_for(armed->name, MACH_NOTIFY_SEND_POSSIBLE, 0, armed->notify, &previous));
    MUST_BE(previous, MACH_PORT_NULL);
    armed->code = post_letter(me, 0, armed->name, MACH_SEND_TIMEOUT | MACH_SEND_NOTIFY, 0);
    MUST_BE_ONE_OF(armed->code, MACH_MSG_SUCCESS, MACH_SEND_TIMED_OUT, port_dies ? MACH_SEND_INVALID_DEST : 0);
}

static void fill(struct racer *me) {
    while (me->posted < me->letters) {
        mach_msg_return_t code = post_letter(me, 0, port, 0, 0);
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, port_dies ? MACH_SEND_INVALID_DEST : 0);
        if (code != MACH_MSG_SUCCESS) return;
    }
}

static void drain_and_raise(struct racer *me) {
    struct parcel parcel;
    for (unsigned i = 0; i < me->index; i++) {
        mach_msg_return_t code = take(me, &parcel, port, 0, 0);
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, port_dies ? MACH_RCV_PORT_CHANGED : 0,
                       port_dies ? MACH_RCV_INVALID_NAME : 0);
    }
    mach_port_limits_t limits = {.mpl_qlimit = 8};
    kern_return_t code = mach_port_set_attributes(SELF, port, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
                                                  MACH_PORT_LIMITS_INFO_COUNT);
    MUST_BE_ONE_OF(code, KERN_SUCCESS, port_dies ? KERN_INVALID_RIGHT : KERN_SUCCESS);
}

static void kill_perhaps(struct racer *me) {
    if (port_dies) kill_port(me);
}

static void open_armed(struct armed *armed) {
    armed->task = soak_task();
    armed->name = soak_give(armed->task, port, MACH_MSG_TYPE_MAKE_SEND);
    armed->notify = (60 << 8) | 3;
    MUST_DO(mach_port_allocate_name(armed->task, MACH_PORT_RIGHT_RECEIVE, armed->notify));
}

static void close_armed(struct armed *armed) {
    MUST_DO(mach_linux_task_adopt(armed->task));
    name = armed->name;
    struct answers answers = read_answers(armed->notify);
    MUST(answers.send_possible + answers.dead_name <= 1 && answers.send_once == 0 && answers.port_deleted == 0);
    MUST_BE(answers.dead_name, port_dies ? 1 - answers.send_possible : 0);
    // What was in the queue then has been received.
    if (armed->code == MACH_SEND_TIMED_OUT && !port_dies) MUST_BE(answers.send_possible, 1);
    mach_port_right_t right = port_dies ? MACH_PORT_RIGHT_DEAD_NAME : MACH_PORT_RIGHT_SEND;
    MUST_BE(race_refs(SELF, armed->name, right), 1 + answers.dead_name);
    MUST_DO(mach_port_destroy(SELF, armed->name));
    struct answers late = read_answers(armed->notify);
    MUST_BE(late.port_deleted, 1 - answers.send_possible - answers.dead_name);
    MUST_BE(late.send_once + late.dead_name + late.send_possible, 0);
    MUST_DO(mach_linux_task_adopt(MACH_PORT_NULL));
    end_task(armed->task);
}

static void send_possible(void) {
    port = soak_port_with_send();
    soak_limit(port, 1);
    port_dies = chance(3) == 0;
    struct armed one = {0}, other = {0};
    open_armed(&one);
    open_armed(&other);
    RUN_RACE({.body = fill, .letters = 2}, {.body = arm_and_post, .letters = 1, .task = one.task, .argument = &one},
             {.body = arm_and_post, .letters = 1, .task = other.task, .argument = &other},
             {.body = drain_and_raise, .index = 1 + chance(2)}, {.body = kill_perhaps});
    if (!port_dies) (void)drain(port, 0);
    close_armed(&one);
    close_armed(&other);
    close_letters(port_dies ? SOME_END : ALL_ARRIVE);
    MUST_DO(mach_port_destroy(SELF, port));
}

const struct race races_of_notifications[] = {
    {"no_senders", no_senders}, {"dead_name", dead_name}, {"send_possible", send_possible}, {0}};

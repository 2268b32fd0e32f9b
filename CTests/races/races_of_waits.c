// Races of threads that block in mach_msg: against time-outs and signals, the death of their port, the limit of its queue.
#include "race_support.h"

static mach_port_t port, set;
static mach_port_name_t sender_name; // of the port, in the senders' task

// ---- Time-outs and interrupts of receivers and senders against the hand-off of a message.

static void post_impatiently(struct racer *me) {
    while (me->posted < me->letters) {
        static const mach_msg_option_t options[] = {0, MACH_SEND_TIMEOUT, MACH_SEND_INTERRUPT};
        mach_msg_option_t option = options[chance(3)];
        MUST_BE_ONE_OF(post_letter(me, 0, port, option, 1 + chance(2)), MACH_MSG_SUCCESS,
                       option == MACH_SEND_TIMEOUT     ? MACH_SEND_TIMED_OUT
                       : option == MACH_SEND_INTERRUPT ? MACH_SEND_INTERRUPTED
                                                       : 0);
    }
}

// Takes its letters from the port or the set, however often it is disturbed.
static void take_impatiently(struct racer *me) {
    mach_port_name_t from = *(mach_port_name_t *)me->argument;
    for (unsigned taken = 0; taken < 2;) {
        static const mach_msg_option_t options[] = {0, MACH_RCV_TIMEOUT, MACH_RCV_INTERRUPT};
        mach_msg_option_t option = options[chance(3)];
        mach_msg_return_t disturbed = option == MACH_RCV_TIMEOUT     ? MACH_RCV_TIMED_OUT
                                      : option == MACH_RCV_INTERRUPT ? MACH_RCV_INTERRUPTED
                                                                     : MACH_MSG_SUCCESS;
        mach_msg_return_t code;
        struct parcel parcel;
        if (chance(4) == 0) {
            code = soak_receive(&parcel.header, 40, from, option | MACH_RCV_LARGE, 1 + chance(2));
            MUST_BE_ONE_OF(code, MACH_RCV_TOO_LARGE, disturbed);
            MUST(code != MACH_MSG_SUCCESS);
            if (code == MACH_RCV_TOO_LARGE) MUST_BE(parcel.header.msgh_size, SIZE_TO(struct parcel, trailer) - 4);
        }
        code = take(me, &parcel, from, option, 1 + chance(2));
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, disturbed);
        taken += code == MACH_MSG_SUCCESS;
    }
}

static void time_outs(void) {
    port = soak_port_with_send();
    set = soak_set();
    soak_limit(port, 1);
    MUST_DO(mach_port_insert_member(SELF, port, set));
    RUN_RACE({.body = post_impatiently, .letters = 2}, {.body = post_impatiently, .letters = 2},
             {.body = take_impatiently, .argument = chance(2) == 0 ? &port : &set},
             {.body = take_impatiently, .argument = chance(2) == 0 ? &port : &set});
    must_be_empty(port);
    must_be_empty(set);
    MUST_BE(race_refs(SELF, port, MACH_PORT_RIGHT_SEND), 1);
    close_letters(ALL_ARRIVE);
    MUST_DO(mach_port_destroy(SELF, port));
    MUST_DO(mach_port_destroy(SELF, set));
}

// ---- A port dies under receivers and senders.

enum { BY_REFERENCE, BY_DESTROY, BY_DESTRUCT, IN_MESSAGE, DEATHS };

static void post_until_dead(struct racer *me) {
    mach_msg_return_t code = MACH_MSG_SUCCESS;
    while (me->posted < me->letters && code != MACH_SEND_INVALID_DEST) {
        bool polls = chance(4) == 0;
        code = post_letter(me, 0, sender_name, polls ? MACH_SEND_TIMEOUT : 0, 1);
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_SEND_INVALID_DEST, polls ? MACH_SEND_TIMED_OUT : 0);
    }
    if (code == MACH_SEND_INVALID_DEST) MUST_BE(race_type(SELF, sender_name), MACH_PORT_TYPE_DEAD_NAME);
}

static void take_until_dead(struct racer *me) {
    mach_port_name_t from = *(mach_port_name_t *)me->argument;
    struct parcel parcel;
    mach_msg_return_t code;
    while ((code = take(me, &parcel, from, 0, 0)) == MACH_MSG_SUCCESS) {}
    MUST_BE_ONE_OF(code, MACH_RCV_PORT_CHANGED, MACH_RCV_INVALID_NAME);
}

static void kill_port(struct racer *me) {
    switch (me->index) {
    case BY_REFERENCE:
        MUST_DO(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1));
        break;
    case BY_DESTROY:
        MUST_DO(mach_port_destroy(SELF, port));
        break;
    case BY_DESTRUCT:
        MUST_DO(mach_port_destruct(SELF, port, 0, 0));
        break;
    default: {
        mach_port_t other = soak_port_with_send();
        MUST_DO(send_right(other, port, MACH_MSG_TYPE_MOVE_RECEIVE));
        MUST_DO(mach_port_destroy(SELF, other));
    }
    }
    MUST_DO(mach_port_destroy(SELF, set));
}

static void death_of_port(void) {
    task_t task = soak_task();
    port = soak_port();
    set = soak_set();
    soak_limit(port, 1 + chance(2));
    if (chance(2) == 0) MUST_DO(mach_port_insert_member(SELF, port, set));
    sender_name = soak_give(task, port, MACH_MSG_TYPE_MAKE_SEND);
    RUN_RACE({.body = post_until_dead, .letters = 3, .task = task},
             {.body = post_until_dead, .letters = 2, .task = task}, {.body = take_until_dead, .argument = &port},
             {.body = take_until_dead, .argument = &set}, {.body = kill_port, .index = chance(DEATHS)});
    MUST_BE(race_type(SELF, port), 0);
    MUST_BE(race_type(task, sender_name), MACH_PORT_TYPE_DEAD_NAME);
    MUST_BE(race_refs(task, sender_name, MACH_PORT_RIGHT_DEAD_NAME), 1);
    end_task(task);
    close_letters(SOME_END);
}

// ---- The limit of a queue changes under blocked senders.

static void post_all(struct racer *me) {
    while (me->posted < me->letters) {
        bool polls = chance(4) == 0;
        MUST_BE_ONE_OF(post_letter(me, 0, port, polls ? MACH_SEND_TIMEOUT : 0, 1), MACH_MSG_SUCCESS,
                       polls ? MACH_SEND_TIMED_OUT : 0);
    }
}

static void take_some(struct racer *me) { take_letters(me, port, me->index); }

static void change_limits(struct racer *me) {
    for (unsigned i = 0; i < 3; i++) soak_limit(port, chance(4));
    soak_limit(port, me->index); // room for all that no one takes; with a limit of 0 none is taken either
}

static void changing_limit(void) {
    enum { ALL = 6 };
    port = soak_port_with_send();
    soak_limit(port, chance(2));
    unsigned taken = chance(ALL + 1);
    RUN_RACE({.body = post_all, .letters = 2}, {.body = post_all, .letters = 2}, {.body = post_all, .letters = 2},
             {.body = take_some, .index = taken}, {.body = change_limits, .index = taken < ALL ? ALL - taken : 1});
    MUST_BE(race_status(port).mps_msgcount, ALL - taken);
    MUST_BE(race_status(port).mps_seqno, taken);
    MUST_BE(drain(port, 0), ALL - taken);
    close_letters(ALL_ARRIVE);
    MUST_DO(mach_port_destroy(SELF, port));
}

const struct race races_of_waits[] = {
    {"time_outs", time_outs}, {"death_of_port", death_of_port}, {"changing_limit", changing_limit}, {0}};

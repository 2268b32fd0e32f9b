// Races of receive rights that travel: to another task, in circles, in messages that end with their port.
#include "race_support.h"

// ---- A receive right moves to another task while senders block on its full queue, which is drained on both sides of the move.

static struct {
    mach_port_t port, carrier;              // names of the process's task
    mach_port_name_t arrival, other_sender; // names of the other task
    unsigned early, late;
} moving;

static void post_all(struct racer *me) {
    mach_port_name_t to = *(mach_port_name_t *)me->argument;
    while (me->posted < me->letters) {
        bool polls = chance(3) == 0;
        MUST_BE_ONE_OF(post_letter(me, 0, to, polls ? MACH_SEND_TIMEOUT : 0, 1), MACH_MSG_SUCCESS,
                       polls ? MACH_SEND_TIMED_OUT : 0);
    }
}

static void drain_and_move(struct racer *me) {
    take_letters(me, moving.port, moving.early);
    MUST_DO(send_right(moving.carrier, moving.port, MACH_MSG_TYPE_MOVE_RECEIVE));
}

static void take_and_drain(struct racer *me) {
    struct parcel parcel;
    MUST_DO(take(me, &parcel, moving.arrival, 0, 0));
    MUST_BE(parcel.header.msgh_id, CARRIER);
    MUST_BE(parcel.right.disposition, MACH_MSG_TYPE_PORT_RECEIVE);
    // A send right of the task's has the name already.
    if (moving.other_sender != MACH_PORT_NULL) MUST_BE(parcel.right.name, moving.other_sender);
    take_letters(me, parcel.right.name, moving.late);
    MUST_BE(race_status(parcel.right.name).mps_msgcount, 0);
}

// Waits on the right where it was, for a message that does not fit.
static void look_on(struct racer *me) {
    (void)me;
    mach_msg_header_t header;
    mach_msg_return_t code;
    do {
        code = soak_receive(&header, 8, moving.port, MACH_RCV_LARGE, 0);
        mach_linux_step();
    } while (code == MACH_RCV_TOO_LARGE && chance(4) != 0);
    MUST_BE_ONE_OF(code, MACH_RCV_TOO_LARGE, MACH_RCV_PORT_CHANGED, MACH_RCV_INVALID_NAME);
}

static void moving_right(void) {
    task_t task = soak_task();
    moving.port = soak_port_with_send();
    moving.carrier = soak_port_with_send();
    soak_limit(moving.port, 1 + chance(2));
    moving.arrival = soak_give(task, moving.carrier, MACH_MSG_TYPE_COPY_SEND);
    MUST_DO(mach_port_insert_right(task, moving.arrival, moving.carrier, MACH_MSG_TYPE_MOVE_RECEIVE));
    bool is_inside = chance(2) == 0; // the second sender
    moving.other_sender = is_inside ? soak_give(task, moving.port, MACH_MSG_TYPE_COPY_SEND) : MACH_PORT_NULL;
    moving.early = chance(4);
    moving.late = 4 - moving.early;
    RUN_RACE({.body = post_all, .letters = 2, .argument = &moving.port},
             {.body = post_all,
              .letters = 2,
              .task = is_inside ? task : MACH_PORT_NULL,
              .argument = is_inside ? &moving.other_sender : &moving.port},
             {.body = drain_and_move}, {.body = take_and_drain, .task = task, .era = 1}, {.body = look_on});
    MUST_BE(race_type(SELF, moving.port), MACH_PORT_TYPE_SEND);
    MUST_BE(race_refs(SELF, moving.port, MACH_PORT_RIGHT_SEND), 1);
    end_task(task);
    MUST_BE(race_type(SELF, moving.port), MACH_PORT_TYPE_DEAD_NAME);
    close_letters(ALL_ARRIVE);
    MUST_DO(mach_port_deallocate(SELF, moving.port));
    MUST_DO(mach_port_deallocate(SELF, moving.carrier));
}

// ---- A receive right arrives under the name of a send right that is received from meanwhile: what is taken was sent to that name.

static struct {
    mach_port_name_t box, name; // of the task: where the right arrives, and under which name
    unsigned taken;
} arriving;

// How many messages arrive with the right, and the msgh_id of the first.
enum { WAITING = 3, WAITING_ID = 3000 };

static void take_arrival(struct racer *me) {
    struct parcel parcel;
    MUST_DO(take(me, &parcel, arriving.box, 0, 0));
    MUST_BE(parcel.header.msgh_id, CARRIER);
    MUST_BE(parcel.right.name, arriving.name);
}

static bool take_next(struct racer *me) {
    struct parcel parcel;
    mach_msg_return_t code = take(me, &parcel, arriving.name, MACH_RCV_TIMEOUT, 0);
    MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_RCV_TIMED_OUT, MACH_RCV_INVALID_NAME);
    if (code != MACH_MSG_SUCCESS) return false;
    MUST_BE(parcel.header.msgh_id, WAITING_ID + arriving.taken);
    MUST_BE(parcel.header.msgh_local_port, arriving.name);
    arriving.taken++;
    return true;
}

static void receive_early(struct racer *me) {
    for (unsigned tries = 8; tries > 0 && arriving.taken < WAITING; tries--) {
        (void)take_next(me);
        mach_linux_step();
    }
}

static void arriving_right(void) {
    task_t task = soak_task();
    mach_port_t port = soak_port_with_send(), box = soak_port_with_send();
    for (unsigned i = 0; i < WAITING; i++) {
        mach_msg_header_t header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
                                    .msgh_remote_port = port,
                                    .msgh_id = WAITING_ID + (mach_msg_id_t)i};
        MUST_DO(soak_send(&header, sizeof(header), 0, 0));
    }
    arriving.taken = 0;
    arriving.name = soak_give(task, port, MACH_MSG_TYPE_COPY_SEND);
    arriving.box = soak_give(task, box, MACH_MSG_TYPE_COPY_SEND);
    MUST_DO(send_right(box, port, MACH_MSG_TYPE_MOVE_RECEIVE));
    MUST_DO(mach_port_insert_right(task, arriving.box, box, MACH_MSG_TYPE_MOVE_RECEIVE));
    RUN_RACE({.body = take_arrival, .task = task}, {.body = receive_early, .task = task});
    struct racer rest = {0};
    MUST_DO(mach_linux_task_adopt(task));
    while (take_next(&rest)) {}
    MUST_BE(arriving.taken, WAITING);
    MUST_DO(mach_linux_task_adopt(MACH_PORT_NULL));
    end_task(task);
    close_letters(ALL_ARRIVE);
    MUST_DO(mach_port_deallocate(SELF, port));
    MUST_DO(mach_port_deallocate(SELF, box));
}

// ---- Receive rights are sent to each other's ports at once, so that the last closes a circle, while one queue is drained.

static struct {
    mach_port_t ports[4];
    unsigned count;
} circle;

static void send_to_next(struct racer *me) {
    MUST_DO(
        send_right(circle.ports[(me->index + 1) % circle.count], circle.ports[me->index], MACH_MSG_TYPE_MOVE_RECEIVE));
}

static void break_circle(struct racer *me) {
    unsigned i = chance(circle.count);
    struct parcel parcel;
    mach_msg_return_t code = take(me, &parcel, circle.ports[i], MACH_RCV_TIMEOUT, chance(2));
    MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_RCV_TIMED_OUT, MACH_RCV_PORT_CHANGED, MACH_RCV_INVALID_NAME);
    if (code != MACH_MSG_SUCCESS || parcel.header.msgh_id != CARRIER) return;
    // It joins the send right that has stayed.
    MUST_BE(parcel.right.name, circle.ports[(i + circle.count - 1) % circle.count]);
    if (chance(2) == 0) MUST_DO(mach_port_mod_refs(SELF, parcel.right.name, MACH_PORT_RIGHT_RECEIVE, -1));
}

static void post_to_first(struct racer *me) {
    while (me->posted < me->letters) MUST_DO(post_letter(me, 0, circle.ports[0], 0, 0));
}

static void closing_circle(void) {
    struct home home;
    open_home(&home);
    circle.count = 2 + chance(3);
    for (unsigned i = 0; i < circle.count; i++) {
        circle.ports[i] = make_token(&home);
        MUST_DO(mach_port_insert_right(SELF, circle.ports[i], circle.ports[i], MACH_MSG_TYPE_MAKE_SEND));
    }
    struct racer racers[MOST_RACERS] = {0};
    unsigned count = 0;
    for (; count < circle.count; count++) racers[count] = (struct racer){.body = send_to_next, .index = count};
    bool is_broken = chance(2) == 0;
    if (is_broken) racers[count++] = (struct racer){.body = break_circle};
    racers[count++] = (struct racer){.body = post_to_first, .letters = 2};
    run_race(racers, count);
    unsigned away = 0;
    for (unsigned i = 0; i < circle.count; i++) {
        // The end of a token is to come home, so none is dead; here are only those that were taken out.
        mach_port_type_t type = race_type(SELF, circle.ports[i]);
        MUST_BE_ONE_OF(type, MACH_PORT_TYPE_SEND, is_broken ? MACH_PORT_TYPE_SEND_RECEIVE : MACH_PORT_TYPE_SEND);
        MUST_BE(race_refs(SELF, circle.ports[i], MACH_PORT_RIGHT_SEND), 1);
        away += type == MACH_PORT_TYPE_SEND;
    }
    if (!is_broken) {
        // The circle has been closed: the right that closed it is at home and has the others in its queue.
        MUST_BE(away, circle.count);
        MUST_BE(race_status(home.port).mps_msgcount, 1);
    }
    for (unsigned i = 0; i < circle.count; i++) MUST_DO(mach_port_destroy(SELF, circle.ports[i]));
    close_home(&home);
    MUST_BE(letters_sent(0), 2);
    close_letters(SOME_END);
}

// ---- A receive right with a port-destroyed request dies in transit, in a queue or in the hands of who received it, while a sender fills its queue and the
// request is asked for anew.

static struct {
    mach_port_t token, carrier, home;
    mach_port_name_t sender; // of the other task
    bool home_dies;
} transit;

static void send_token(struct racer *me) {
    (void)me;
    mach_msg_return_t code = send_right(transit.carrier, transit.token, MACH_MSG_TYPE_MOVE_RECEIVE);
    if (code == MACH_MSG_SUCCESS) return;
    MUST_BE(code, MACH_SEND_INVALID_DEST);
    MUST_DO(mach_port_mod_refs(SELF, transit.token, MACH_PORT_RIGHT_RECEIVE, -1));
}

static void receive_token(struct racer *me) {
    struct parcel parcel;
    mach_msg_return_t code = take(me, &parcel, transit.carrier, 0, 0);
    if (code == MACH_MSG_SUCCESS) {
        MUST_BE(parcel.header.msgh_id, CARRIER);
        MUST_BE(parcel.right.name, transit.token);
        MUST_DO(mach_port_mod_refs(SELF, transit.token, MACH_PORT_RIGHT_RECEIVE, -1));
    }
    MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_RCV_PORT_CHANGED, MACH_RCV_INVALID_NAME);
}

static void kill_carrier(struct racer *me) {
    (void)me;
    MUST_DO(mach_port_mod_refs(SELF, transit.carrier, MACH_PORT_RIGHT_RECEIVE, -1));
}

static void post_to_token(struct racer *me) {
    while (me->posted < me->letters) {
        mach_msg_return_t code = post_letter(me, 0, transit.sender, 0, 0);
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, transit.home_dies ? MACH_SEND_INVALID_DEST : 0);
        if (code != MACH_MSG_SUCCESS) return;
    }
}

static void welcome(struct racer *me) {
    if (transit.home_dies) {
        MUST_DO(mach_port_destroy(SELF, transit.home));
        return;
    }
    struct parcel parcel;
    MUST_DO(take(me, &parcel, transit.home, 0, 0));
    MUST_BE(parcel.header.msgh_id, MACH_NOTIFY_PORT_DESTROYED);
    MUST_BE(parcel.right.name, transit.token);
    take_letters(me, transit.token, 3);
}

static void dying_in_transit(void) {
    task_t task = soak_task();
    struct home home;
    open_home(&home);
    transit.home = home.port;
    transit.token = make_token(&home);
    MUST_DO(mach_port_insert_right(SELF, transit.token, transit.token, MACH_MSG_TYPE_MAKE_SEND));
    transit.sender = soak_give(task, transit.token, MACH_MSG_TYPE_COPY_SEND);
    transit.carrier = soak_port_with_send();
    transit.home_dies = chance(3) == 0;
    soak_limit(transit.token, 1 + chance(2));
    RUN_RACE({.body = send_token}, {.body = receive_token}, {.body = kill_carrier}, {.body = welcome},
             {.body = post_to_token, .letters = 3, .task = task});
    MUST_BE(race_type(SELF, transit.carrier), MACH_PORT_TYPE_DEAD_NAME);
    MUST_DO(mach_port_deallocate(SELF, transit.carrier));
    if (transit.home_dies) {
        MUST_BE(race_type(SELF, transit.token), MACH_PORT_TYPE_DEAD_NAME);
    } else {
        MUST_BE(race_type(SELF, transit.token), MACH_PORT_TYPE_SEND_RECEIVE);
        must_be_empty(transit.token);
        close_home(&(struct home){.port = transit.home});
    }
    MUST_DO(mach_port_destroy(SELF, transit.token));
    end_task(task);
    close_letters(transit.home_dies ? SOME_END : ALL_ARRIVE);
}

const struct race races_of_rights[] = {{"moving_right", moving_right},
                                       {"arriving_right", arriving_right},
                                       {"closing_circle", closing_circle},
                                       {"dying_in_transit", dying_in_transit},
                                       {0}};

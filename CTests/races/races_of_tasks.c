// Races against the end of a task or thread: messages with rights on their way to it, its own threads in calls, requests to its port.
#include "race_support.h"

#include "../mig_wire.h"

#include <mach/mig.h>
#include <mach/task.h>
#include <mach/thread_act.h>

static task_t task;
static struct home home;

// ---- A task ends while messages with rights come to it, one of its threads receives and another waits for room.

static mach_port_t full;                                        // of the process's task, with room for one message
static mach_port_name_t to_inside, inside, inside_set, to_full; // the first is the process's, the others the task's
static mach_port_t tokens[2];
static bool is_crowded; // others send to it: without them its own threads are where they can hardly be else

struct ending {
    kern_return_t code;
};

static void terminate(struct racer *me) {
    struct ending *ending = me->argument;
    ending->code = task_terminate(task);
    MUST_BE_ONE_OF(ending->code, KERN_SUCCESS, KERN_FAILURE, KERN_INVALID_ARGUMENT);
}

static void send_tokens(struct racer *me) {
    (void)me;
    if (!is_crowded) {
        for (unsigned i = 0; i < COUNT_OF(tokens); i++) MUST_DO(mach_port_destroy(SELF, tokens[i]));
        return;
    }
    for (unsigned i = 0; i < COUNT_OF(tokens); i++) {
        mach_msg_return_t code = send_right(to_inside, tokens[i], MACH_MSG_TYPE_MOVE_RECEIVE);
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_SEND_INVALID_DEST);
        if (code == MACH_SEND_INVALID_DEST) MUST_DO(mach_port_destroy(SELF, tokens[i]));
    }
}

static void post_inside(struct racer *me) {
    while (is_crowded && me->posted < me->letters) {
        mach_msg_return_t code = post_letter(me, 0, to_inside, 0, 0);
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_SEND_INVALID_DEST);
        if (code != MACH_MSG_SUCCESS) return;
    }
}

static void post_outside(struct racer *me) {
    while (me->posted < me->letters) {
        // The second waits until the task ends; it is a success, and ends itself.
        mach_msg_return_t code = post_letter(me, 1, to_full, 0, 0);
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_SEND_INVALID_DEST);
        if (code != MACH_MSG_SUCCESS) return;
    }
}

static void receive_inside(struct racer *me) {
    mach_port_name_t from = chance(2) == 0 ? inside : inside_set;
    struct parcel parcel;
    mach_msg_return_t code;
    while ((code = take(me, &parcel, from, 0, 0)) == MACH_MSG_SUCCESS) {
        // The name may be gone with the task by now.
        if (parcel.header.msgh_id == CARRIER && chance(2) == 0) {
            MUST_BE_ONE_OF(mach_port_destroy(SELF, parcel.right.name), KERN_SUCCESS, KERN_INVALID_TASK);
        }
    }
    MUST_BE_ONE_OF(code, MACH_RCV_PORT_CHANGED, MACH_RCV_INVALID_NAME, MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_SPACE,
                   MACH_RCV_BODY_ERROR | MACH_MSG_IPC_SPACE);
    // The task has ended, or is about to: nothing more can come.
    MUST_BE_ONE_OF(take(me, &parcel, from, 0, 0), MACH_RCV_PORT_CHANGED, MACH_RCV_INVALID_NAME);
}

static void end_of_task(void) {
    struct ending one = {0}, other = {0};
    task = soak_task();
    open_home(&home);
    for (unsigned i = 0; i < COUNT_OF(tokens); i++) tokens[i] = make_token(&home);
    inside = (60 << 8) | 3;
    inside_set = (61 << 8) | 3;
    MUST_DO(mach_port_allocate_name(task, MACH_PORT_RIGHT_RECEIVE, inside));
    MUST_DO(mach_port_allocate_name(task, MACH_PORT_RIGHT_PORT_SET, inside_set));
    MUST_DO(mach_port_insert_member(task, inside, inside_set));
    mach_msg_type_name_t type = 0;
    MUST_DO(mach_port_extract_right(task, inside, MACH_MSG_TYPE_MAKE_SEND, &to_inside, &type));
    mach_port_limits_t limits = {.mpl_qlimit = 1 + chance(3)};
    MUST_DO(mach_port_set_attributes(task, inside, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
                                     MACH_PORT_LIMITS_INFO_COUNT));
    full = soak_port();
    soak_limit(full, 1);
    to_full = soak_give(task, full, MACH_MSG_TYPE_MAKE_SEND);
    is_crowded = chance(2) == 0;
    RUN_RACE({.body = send_tokens}, {.body = post_inside, .letters = 2},
             {.body = receive_inside, .task = task, .task_may_end = true},
             {.body = post_outside, .letters = 2, .task = task, .task_may_end = true},
             {.body = terminate, .argument = &one}, {.body = terminate, .argument = &other});
    MUST_BE((one.code == KERN_SUCCESS) + (other.code == KERN_SUCCESS), 1);
    MUST_BE(race_type(SELF, to_inside), MACH_PORT_TYPE_DEAD_NAME);
    MUST_BE(race_type(SELF, task), MACH_PORT_TYPE_DEAD_NAME);
    (void)drain(full, 0);
    MUST_BE(race_status(full).mps_srights, 0);
    close_letters(ANY_MAY_END);
    close_home(&home);
    MUST_DO(mach_port_deallocate(SELF, to_inside));
    MUST_DO(mach_port_deallocate(SELF, task));
    MUST_DO(mach_port_destroy(SELF, full));
}

// ---- A task ends while one of its threads replies: each send-once right gives one message, and after the first that the thread
// does not find any more it finds none.

enum { REPLIES = 4, REPLY = 3000 };

static mach_port_name_t to_answer[REPLIES]; // of the task
static unsigned answered;

static void reply_from_inside(struct racer *me) {
    (void)me;
    bool is_over = false;
    for (unsigned i = 0; i < REPLIES; i++) {
        mach_msg_header_t header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0),
                                    .msgh_remote_port = to_answer[i],
                                    .msgh_id = REPLY};
        mach_msg_return_t code = soak_send(&header, sizeof(header), 0, 0);
        MUST_BE_ONE_OF(code, MACH_SEND_INVALID_DEST, is_over ? MACH_SEND_INVALID_DEST : MACH_MSG_SUCCESS);
        is_over = code != MACH_MSG_SUCCESS;
        if (!is_over) answered++;
    }
}

static void last_replies(void) {
    struct ending one = {0};
    mach_port_t asker = soak_port();
    task = soak_task();
    for (unsigned i = 0; i < REPLIES; i++) to_answer[i] = soak_give(task, asker, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    answered = 0;
    RUN_RACE({.body = reply_from_inside, .task = task, .task_may_end = true}, {.body = terminate, .argument = &one});
    MUST_BE(one.code, KERN_SUCCESS);
    struct parcel parcel;
    for (unsigned i = 0; i < REPLIES; i++) {
        MUST_DO(soak_receive(&parcel.header, sizeof(parcel), asker, MACH_RCV_TIMEOUT, 0));
        if (parcel.header.msgh_id == REPLY) {
            answered--;
        } else {
            MUST_BE(parcel.header.msgh_id, MACH_NOTIFY_SEND_ONCE);
        }
    }
    MUST_BE(answered, 0);
    must_be_empty(asker);
    close_letters(ALL_ARRIVE);
    MUST_DO(mach_port_deallocate(SELF, task));
    MUST_DO(mach_port_destroy(SELF, asker));
}

// ---- Requests to the port of a task that ends: each is answered once.

union request {
    mach_msg_header_t header;
    mig_reply_error_t error;
    struct mach_port_names_reply names;
    struct mach_port_allocate_request allocate;
    struct mach_port_insert_right_request insert_right;
    uint32_t words[200];
};
enum { ID_NAMES = 3200, ID_ALLOCATE = 3204, ID_INSERT_RIGHT = 3214, ID_TERMINATE = 3401, ID_LOOKUP = 3404 };

struct client {
    mach_port_t reply_port, token;
    mach_port_name_t wanted; // of the token, in the task
    unsigned endings;        // of the task
};

static mach_msg_size_t fill_in(union request *request, mach_msg_id_t id, const struct client *client) {
    switch (id) {
    case ID_ALLOCATE:
        request->allocate.NDR = NDR_record;
        request->allocate.right = MACH_PORT_RIGHT_RECEIVE;
        return sizeof(request->allocate);
    case ID_INSERT_RIGHT:
        request->header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
        request->insert_right.msgh_body.msgh_descriptor_count = 1;
        request->insert_right.poly.name = client->token;
        request->insert_right.poly.disposition = MACH_MSG_TYPE_MOVE_RECEIVE;
        request->insert_right.poly.type = MACH_MSG_PORT_DESCRIPTOR;
        request->insert_right.NDR = NDR_record;
        request->insert_right.name = client->wanted;
        return sizeof(request->insert_right);
    default:
        return sizeof(request->header);
    }
}

static void check_answer(struct client *client, union request *reply, mach_msg_id_t id) {
    if (reply->header.msgh_id == MACH_NOTIFY_SEND_ONCE) return; // the task had ended before the request was served
    MUST_BE(reply->header.msgh_id, id + 100);
    if ((reply->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0) {
        MUST(id == ID_NAMES || id == ID_LOOKUP);
        mach_msg_destroy(&reply->header);
    } else if (id == ID_TERMINATE) {
        MUST_BE_ONE_OF(reply->error.RetCode, KERN_SUCCESS, KERN_FAILURE, KERN_INVALID_ARGUMENT);
        client->endings += reply->error.RetCode == KERN_SUCCESS;
    } else if (id == ID_LOOKUP) {
        MUST_BE(reply->error.RetCode, KERN_INVALID_ARGUMENT);
    } else {
        MUST_BE_ONE_OF(reply->error.RetCode, id == ID_NAMES ? KERN_INVALID_TASK : KERN_SUCCESS, KERN_INVALID_TASK);
    }
}

static void request(struct racer *me) {
    static const mach_msg_id_t ids[] = {ID_NAMES,        ID_ALLOCATE,  ID_INSERT_RIGHT,
                                        ID_INSERT_RIGHT, ID_TERMINATE, ID_LOOKUP};
    struct client *client = me->argument;
    for (unsigned i = 0; i < 2; i++) {
        mach_msg_id_t id = ids[chance(COUNT_OF(ids))];
        if (id == ID_INSERT_RIGHT && client->token == MACH_PORT_NULL) id = ID_ALLOCATE;
        union request message;
        memset(&message, 0, sizeof(message));
        message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
        message.header.msgh_remote_port = task;
        message.header.msgh_local_port = client->reply_port;
        message.header.msgh_id = id;
        mach_msg_size_t size = fill_in(&message, id, client);
        mach_msg_return_t code = mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, size, sizeof(message),
                                          client->reply_port, 0, MACH_PORT_NULL);
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_SEND_INVALID_DEST);
        if (code != MACH_MSG_SUCCESS) continue;
        if (id == ID_INSERT_RIGHT) client->token = MACH_PORT_NULL;
        check_answer(client, &message, id);
    }
}

// The same by calls.
static void call(struct racer *me) {
    struct client *client = me->argument;
    mach_port_name_t name = MACH_PORT_NULL;
    MUST_BE_ONE_OF(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &name), KERN_SUCCESS, KERN_INVALID_TASK);
    MUST_BE_ONE_OF(task_set_special_port(task, TASK_BOOTSTRAP_PORT, client->reply_port), KERN_SUCCESS, KERN_FAILURE,
                   KERN_INVALID_ARGUMENT);
    mach_port_array_t ports = NULL;
    mach_msg_type_number_t count = 0;
    kern_return_t code = mach_ports_lookup(task, &ports, &count);
    MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_INVALID_ARGUMENT);
    if (code == KERN_SUCCESS) MUST_DO(vm_deallocate(SELF, (vm_address_t)ports, count * sizeof(*ports)));
}

static void open_client(struct client *client, mach_port_name_t wanted) {
    client->reply_port = soak_port();
    client->wanted = wanted;
    client->token = make_token(&home);
    client->endings = 0;
}

static void close_client(struct client *client) {
    must_be_empty(client->reply_port);
    if (client->token != MACH_PORT_NULL) MUST_DO(mach_port_destroy(SELF, client->token));
    MUST_BE(race_status(client->reply_port).mps_sorights, 0);
    MUST_DO(mach_port_destroy(SELF, client->reply_port));
}

static void requests_to_task(void) {
    struct client one, other, caller;
    struct ending ending = {0};
    task = soak_task();
    open_home(&home);
    open_client(&one, 90 << 8 | 3);
    open_client(&other, 91 << 8 | 3);
    open_client(&caller, MACH_PORT_NULL);
    MUST_DO(mach_port_insert_right(SELF, caller.reply_port, caller.reply_port, MACH_MSG_TYPE_MAKE_SEND));
    RUN_RACE({.body = request, .argument = &one}, {.body = request, .argument = &other},
             {.body = call, .argument = &caller}, {.body = terminate, .argument = &ending});
    MUST_BE(one.endings + other.endings + (ending.code == KERN_SUCCESS), 1);
    MUST_BE(race_type(SELF, task), MACH_PORT_TYPE_DEAD_NAME);
    close_client(&one);
    close_client(&other);
    MUST_DO(mach_port_mod_refs(SELF, caller.reply_port, MACH_PORT_RIGHT_SEND, -1));
    MUST_BE(race_status(caller.reply_port).mps_srights, 0);
    close_client(&caller);
    close_home(&home);
    close_letters(ALL_ARRIVE);
    MUST_DO(mach_port_deallocate(SELF, task));
}

// ---- Threads end while their reply ports are replied to and their own ports are used.

static mach_port_t server;

struct guest {
    mach_port_t thread; // a name of the thread's port
    mach_port_t reply_port;
};

static void ask_and_end(struct racer *me) {
    struct guest *guest = me->argument;
    guest->thread = mach_thread_self();
    MUST_DO(send_right(server, guest->thread, MACH_MSG_TYPE_COPY_SEND));
    guest->reply_port = mig_get_reply_port();
    MUST(MACH_PORT_VALID(guest->reply_port));
    struct parcel parcel = {
        .header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE),
                   .msgh_remote_port = server,
                   .msgh_local_port = guest->reply_port,
                   .msgh_id = LETTER + 1}};
    MUST_DO(soak_send(&parcel.header, sizeof(parcel.header), 0, 0));
    if (chance(2) == 0) return;
    mach_msg_return_t code = take(me, &parcel, guest->reply_port, MACH_RCV_TIMEOUT, chance(2));
    MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_RCV_TIMED_OUT);
    if (code == MACH_MSG_SUCCESS) MUST_BE(parcel.header.msgh_id, LETTER + 2);
}

static void use_thread_port(mach_port_t thread) {
    mach_port_t same = MACH_PORT_NULL;
    kern_return_t code = thread_get_special_port(thread, THREAD_KERNEL_PORT, &same);
    MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_INVALID_ARGUMENT);
    if (code == KERN_SUCCESS) {
        MUST_BE_ONE_OF(same, thread, MACH_PORT_DEAD);
        if (same == thread) MUST_DO(mach_port_deallocate(SELF, same));
    }
    MUST_BE_ONE_OF(thread_set_exception_ports(thread, EXC_MASK_GUARD, server, EXCEPTION_DEFAULT, THREAD_STATE_NONE),
                   KERN_SUCCESS, KERN_INVALID_ARGUMENT);
}

static void answer(struct racer *me) {
    for (unsigned i = 0; i < 4; i++) {
        struct parcel parcel;
        MUST_DO(take(me, &parcel, server, 0, 0));
        if (parcel.header.msgh_id == CARRIER) {
            // A thread that ended first is a dead name's, or none at all.
            if (MACH_PORT_VALID(parcel.right.name)) use_thread_port(parcel.right.name);
            mach_msg_destroy(&parcel.header);
            continue;
        }
        MUST_BE(parcel.header.msgh_id, LETTER + 1);
        // The name was taken before the thread ended, or it is dead by now.
        MUST(parcel.header.msgh_remote_port != MACH_PORT_NULL);
        if (!MACH_PORT_VALID(parcel.header.msgh_remote_port)) continue;
        parcel.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
        parcel.header.msgh_local_port = MACH_PORT_NULL;
        parcel.header.msgh_id = LETTER + 2;
        mach_msg_return_t code = soak_send(&parcel.header, sizeof(parcel.header), 0, 0);
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_SEND_INVALID_DEST);
        // A dead name is left then.
        if (code == MACH_SEND_INVALID_DEST) MUST_DO(mach_port_deallocate(SELF, parcel.header.msgh_remote_port));
    }
}

static void ending_threads(void) {
    struct guest one = {0}, other = {0};
    server = soak_port_with_send();
    soak_limit(server, 1 + chance(4));
    RUN_RACE({.body = ask_and_end, .argument = &one}, {.body = ask_and_end, .argument = &other}, {.body = answer});
    must_be_empty(server);
    for (unsigned i = 0; i < 2; i++) {
        struct guest *guest = i == 0 ? &one : &other;
        MUST_BE(race_type(SELF, guest->thread), MACH_PORT_TYPE_DEAD_NAME);
        MUST_BE(race_refs(SELF, guest->thread, MACH_PORT_RIGHT_DEAD_NAME), 1);
        MUST_BE(race_type(SELF, guest->reply_port), 0);
        MUST_DO(mach_port_deallocate(SELF, guest->thread));
    }
    MUST_BE(race_refs(SELF, server, MACH_PORT_RIGHT_SEND), 1);
    close_letters(ALL_ARRIVE);
    MUST_DO(mach_port_destroy(SELF, server));
}

const struct race races_of_tasks[] = {{"end_of_task", end_of_task},
                                      {"last_replies", last_replies},
                                      {"requests_to_task", requests_to_task},
                                      {"ending_threads", ending_threads},
                                      {0}};

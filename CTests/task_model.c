// The naive model of several tasks: see task_model.h.
#include "task_model.h"

#include <stdlib.h>
#include <string.h>

#include <mach/notify.h>

struct world_name world_names[WORLD_TASKS][WORLD_NAMES];
static struct world_port *newest;
static struct world_message *dying_first, *dying_last; // messages that are being destroyed, in order
static unsigned last_batch;

static struct {
    struct world_port *to;
    mach_port_name_t name;
} deleted[16]; // PORT_DELETED that is kept back
static unsigned deleted_count;

#define FOR_EACH_NAME(it)                                                                                              \
    for (struct world_name *it = &world_names[0][0]; it < &world_names[0][0] + WORLD_TASKS * WORLD_NAMES; it++)        \
        if (it->used)

// ---- Names

void world_reset(void) {
    memset(world_names, 0, sizeof(world_names));
    while (newest != NULL) {
        struct world_port *port = newest;
        newest = port->older;
        while (port->first != NULL) free(world_dequeue(port));
        free(port);
    }
}

struct world_name *world_find(unsigned task, mach_port_name_t name) {
    struct world_name *it = world_with_index(task, MACH_PORT_INDEX(name));
    return it != NULL && it->name == name ? it : NULL;
}

struct world_name *world_with_index(unsigned task, mach_port_name_t index) {
    for (unsigned i = 0; i < WORLD_NAMES; i++) {
        struct world_name *it = &world_names[task][i];
        if (it->used && MACH_PORT_INDEX(it->name) == index) return it;
    }
    return NULL;
}

struct world_name *world_name_of(unsigned task, const struct world_port *port) {
    for (unsigned i = 0; i < WORLD_NAMES; i++) {
        struct world_name *it = &world_names[task][i];
        if (it->used && it->port == port && (it->type & MACH_PORT_TYPE_SEND_RECEIVE) != 0) return it;
    }
    return NULL;
}

unsigned world_count_names(unsigned task) {
    unsigned count = 0;
    for (unsigned i = 0; i < WORLD_NAMES; i++) count += world_names[task][i].used;
    return count;
}

unsigned world_count_ports(void) {
    unsigned count = 0;
    for (struct world_port *port = newest; port != NULL; port = port->older) count += port->alive;
    return count;
}

// A request keeps the message that will answer it, and the library counts that one too.
unsigned world_count_messages(void) {
    unsigned count = 0;
    for (struct world_port *port = newest; port != NULL; port = port->older) {
        if (!port->alive) continue;
        count += port->count + (port->no_senders != NULL) + (port->port_destroyed != NULL);
    }
    FOR_EACH_NAME(it) count += it->notify != NULL;
    return count;
}

mach_port_type_t world_type(const struct world_name *name) {
    if (name->notify == NULL) return name->type;
    mach_port_type_t bits = MACH_PORT_TYPE_DNREQUEST;
    if (name->possible) bits |= MACH_PORT_TYPE_SPREQUEST;
    if (name->possible && !name->armed) bits |= MACH_PORT_TYPE_SPREQUEST_DELAYED;
    return name->type | bits;
}

bool world_has_send_rights(const struct world_port *port) {
    FOR_EACH_NAME(it) if (it->port == port && (it->type & MACH_PORT_TYPE_SEND) != 0) return true;
    return port->sends > 0;
}

unsigned world_send_once_rights(const struct world_port *port) {
    unsigned count = port->onces;
    FOR_EACH_NAME(it) count += it->port == port && (it->type & MACH_PORT_TYPE_SEND_ONCE) != 0;
    return count;
}

bool world_is_full(const struct world_port *port) { return port->count >= port->limit; }

static struct world_name *add(unsigned task, mach_port_name_t name, mach_port_type_t type, mach_port_urefs_t urefs,
                              struct world_port *port) {
    for (unsigned i = 0; i < WORLD_NAMES; i++) {
        struct world_name *it = &world_names[task][i];
        if (it->used) continue;
        *it = (struct world_name){.used = true, .name = name, .type = type, .urefs = urefs, .port = port};
        return it;
    }
    abort(); // the test keeps the number of names far below
}

struct world_name *world_allocate(unsigned task, mach_port_right_t right, mach_port_name_t name) {
    struct world_port *port = NULL;
    if (right == MACH_PORT_RIGHT_RECEIVE) {
        port = calloc(1, sizeof(*port));
        if (port == NULL) abort();
        port->older = newest;
        port->alive = true;
        port->limit = MACH_PORT_QLIMIT_DEFAULT;
        newest = port;
    }
    return add(task, name, MACH_PORT_TYPE(right), right == MACH_PORT_RIGHT_DEAD_NAME, port);
}

// ---- Notifications

static void send_notification(struct world_port *to, mach_msg_id_t id, uint32_t value, struct world_port *carried,
                              unsigned batch) {
    struct world_message *message = calloc(1, sizeof(*message));
    if (message == NULL) abort();
    message->id = id;
    message->notification = true;
    message->has_value = id != MACH_NOTIFY_SEND_ONCE && id != MACH_NOTIFY_PORT_DESTROYED;
    message->value = value;
    message->batch = batch;
    message->destination = (struct world_right){MACH_MSG_TYPE_PORT_SEND_ONCE, to, 0};
    bool arrives = to->alive; // T25
    if (carried != NULL) {
        message->complex = true;
        message->count = 1;
        message->rights[0] = (struct world_right){MACH_MSG_TYPE_PORT_RECEIVE, carried, 0};
        if (world_is_circular(carried, to)) {
            arrives = false; // T26
        } else {
            carried->inside = to;
        }
    }
    if (arrives) {
        world_enqueue(message);
        return;
    }
    to->onces -= 1;
    message->destination.port = NULL;
    world_destroy_message(message);
}

void world_notify(struct world_port *to, mach_msg_id_t id, uint32_t value) {
    send_notification(to, id, value, NULL, 0);
}

// A send right has gone.
static void check_senders(struct world_port *port) {
    struct world_port *to = port->no_senders;
    if (!port->alive || to == NULL || world_has_send_rights(port)) return;
    port->no_senders = NULL;
    world_notify(to, MACH_NOTIFY_NO_SENDERS, port->mscount); // T3
}

// The name is no more: what was asked for about it ends (T12).
static void tell_deleted(const struct world_name *was) {
    if (was->notify != NULL) world_notify(was->notify, MACH_NOTIFY_PORT_DELETED, was->name);
}

static struct world_name take_away(struct world_name *name) {
    struct world_name was = *name;
    memset(name, 0, sizeof(*name));
    return was;
}

// ---- Deaths

static void clear_receiver(struct world_port *port) { // T19
    port->mscount = 0;
    port->seqno = 0;
    port->context = 0;
    port->guarded = false;
    port->strict = false;
}

// The receive right, which no name has any more, ends (C2).
static void end_port(struct world_port *port) {
    clear_receiver(port);
    port->inside = NULL;
    struct world_port *to = port->port_destroyed;
    if (to != NULL) {
        port->port_destroyed = NULL;
        send_notification(to, MACH_NOTIFY_PORT_DESTROYED, 0, port, 0); // T14
        return;
    }
    port->alive = false;
    struct {
        struct world_port *to;
        mach_port_name_t name;
    } notices[WORLD_TASKS * WORLD_NAMES];
    unsigned count = 0;
    FOR_EACH_NAME(it) {
        if (it->port != port) continue;
        if (it->notify != NULL) {
            notices[count].to = it->notify;
            notices[count++].name = it->name;
            it->urefs += 1; // T13
        }
        *it = (struct world_name){.used = true, .name = it->name, .type = MACH_PORT_TYPE_DEAD_NAME, .urefs = it->urefs};
    }
    to = port->no_senders;
    port->no_senders = NULL;
    if (to != NULL) world_notify(to, MACH_NOTIFY_SEND_ONCE, 0); // T5
    // All of them wait for their end before the first of them ends, as do those that end through them.
    struct world_message *message = port->first;
    port->first = port->last = NULL;
    port->count = 0;
    bool outermost = dying_first == NULL;
    for (struct world_message *next; message != NULL; message = next) {
        next = message->next;
        message->next = NULL;
        if (dying_last != NULL) {
            dying_last->next = message;
        } else {
            dying_first = message;
        }
        dying_last = message;
    }
    if (outermost) world_destroy_message(NULL);
    last_batch += 1;
    for (unsigned i = 0; i < count; i++) {
        send_notification(notices[i].to, MACH_NOTIFY_DEAD_NAME, notices[i].name, NULL, last_batch);
    }
}

// With null it ends those that wait.
void world_destroy_message(struct world_message *message) {
    bool outermost = dying_first == NULL || message == NULL;
    if (message != NULL) {
        message->next = NULL;
        if (dying_last != NULL) {
            dying_last->next = message;
        } else {
            dying_first = message;
        }
        dying_last = message;
    }
    if (!outermost) return; // C3
    while (dying_first != NULL) {
        struct world_message *it = dying_first;
        world_drop(&it->destination);
        world_drop(&it->reply);
        for (unsigned i = 0; i < it->count; i++) world_drop(&it->rights[i]);
        dying_first = it->next;
        if (dying_first == NULL) dying_last = NULL;
        free(it);
    }
}

void world_destroy_partial(struct world_message *message) {
    world_drop(&message->destination);
    world_drop(&message->reply);
    for (unsigned i = 0; i < message->count; i++) world_drop(&message->rights[i]);
    free(message);
}

void world_drop(const struct world_right *right) {
    struct world_port *port = right->port;
    if (port == NULL || !port->alive) return;
    if (right->kind == MACH_MSG_TYPE_PORT_RECEIVE) {
        end_port(port);
    } else if (right->kind == MACH_MSG_TYPE_PORT_SEND) {
        port->sends -= 1;
        check_senders(port);
    } else {
        world_notify(port, MACH_NOTIFY_SEND_ONCE, 0); // T18
    }
}

// A send-once right of a name that is no more.
static void drop_once(struct world_port *port) {
    port->onces += 1;
    world_drop(&(struct world_right){MACH_MSG_TYPE_PORT_SEND_ONCE, port, 0});
}

void world_destroy(struct world_name *name) {
    struct world_name was = take_away(name);
    struct world_port *port = was.port;
    switch (was.type) {
    case MACH_PORT_TYPE_SEND:
        check_senders(port);
        break;
    case MACH_PORT_TYPE_SEND_ONCE:
        drop_once(port);
        break;
    case MACH_PORT_TYPE_RECEIVE:
        end_port(port);
        break;
    case MACH_PORT_TYPE_SEND_RECEIVE: {
        // The send right goes first, but NO_SENDERS comes after the death (T5, T24).
        struct world_port *to = world_has_send_rights(port) ? NULL : port->no_senders;
        mach_port_mscount_t mscount = port->mscount;
        if (to != NULL) port->no_senders = NULL;
        end_port(port);
        if (to != NULL) world_notify(to, MACH_NOTIFY_NO_SENDERS, mscount);
        break;
    }
    default:
        break;
    }
    tell_deleted(&was);
}

// The receive right leaves a name and ends; send rights under the name stay, dead or alive (R11).
static void destroy_receive(struct world_name *name) {
    struct world_port *port = name->port;
    if ((name->type & MACH_PORT_TYPE_SEND) != 0) {
        name->type = MACH_PORT_TYPE_SEND;
        end_port(port);
    } else {
        struct world_name was = take_away(name);
        end_port(port);
        tell_deleted(&was);
    }
}

void world_change_references(struct world_name *name, mach_port_right_t right, mach_port_delta_t delta) {
    if (delta == 0) return;
    if (right == MACH_PORT_RIGHT_RECEIVE) {
        destroy_receive(name);
    } else if (right == MACH_PORT_RIGHT_SEND_ONCE || name->urefs + (mach_port_urefs_t)delta == 0) {
        if ((name->type & MACH_PORT_TYPE_RECEIVE) == 0) {
            world_destroy(name);
            return;
        }
        name->urefs = 0;
        name->type = MACH_PORT_TYPE_RECEIVE;
        check_senders(name->port);
    } else {
        name->urefs += (mach_port_urefs_t)delta;
    }
}

void world_destruct(struct world_name *name, mach_port_delta_t delta) {
    if (delta != 0) world_change_references(name, MACH_PORT_RIGHT_SEND, delta);
    destroy_receive(name);
}

void world_end_task(unsigned task) { // C4
    for (;;) {
        struct world_name *lowest = NULL;
        for (unsigned i = 0; i < WORLD_NAMES; i++) {
            struct world_name *it = &world_names[task][i];
            if (it->used && (lowest == NULL || it->name < lowest->name)) lowest = it;
        }
        if (lowest == NULL) break;
        world_destroy(lowest);
    }
}

// ---- Rights on their way

mach_msg_type_name_t world_kind(mach_msg_type_name_t disposition) {
    switch (disposition) {
    case MACH_MSG_TYPE_MOVE_RECEIVE:
        return MACH_MSG_TYPE_PORT_RECEIVE;
    case MACH_MSG_TYPE_MOVE_SEND:
    case MACH_MSG_TYPE_COPY_SEND:
    case MACH_MSG_TYPE_MAKE_SEND:
        return MACH_MSG_TYPE_PORT_SEND;
    case MACH_MSG_TYPE_MOVE_SEND_ONCE:
    case MACH_MSG_TYPE_MAKE_SEND_ONCE:
        return MACH_MSG_TYPE_PORT_SEND_ONCE;
    default:
        return 0;
    }
}

bool world_can_copy_in(const struct world_name *name, mach_msg_type_name_t disposition, bool dead_is_good) {
    bool dead = name->type == MACH_PORT_TYPE_DEAD_NAME;
    switch (disposition) {
    case MACH_MSG_TYPE_MOVE_RECEIVE:
    case MACH_MSG_TYPE_MAKE_SEND:
    case MACH_MSG_TYPE_MAKE_SEND_ONCE:
        return (name->type & MACH_PORT_TYPE_RECEIVE) != 0;
    case MACH_MSG_TYPE_MOVE_SEND:
    case MACH_MSG_TYPE_COPY_SEND:
        return dead ? dead_is_good : (name->type & MACH_PORT_TYPE_SEND) != 0;
    case MACH_MSG_TYPE_MOVE_SEND_ONCE:
        return dead ? dead_is_good : name->type == MACH_PORT_TYPE_SEND_ONCE;
    default:
        return false;
    }
}

// The name has lost a right; without any it goes, and PORT_DELETED is due.
static void settle(struct world_name *name) {
    if (name->type != 0) return;
    if (name->notify != NULL) {
        if (deleted_count == sizeof(deleted) / sizeof(deleted[0])) abort();
        deleted[deleted_count].to = name->notify;
        deleted[deleted_count++].name = name->name;
    }
    memset(name, 0, sizeof(*name));
}

void world_flush(void) {
    unsigned count = deleted_count;
    deleted_count = 0;
    for (unsigned i = 0; i < count; i++) world_notify(deleted[i].to, MACH_NOTIFY_PORT_DELETED, deleted[i].name);
}

struct world_right world_copy_in(struct world_name *name, mach_msg_type_name_t disposition) {
    struct world_port *port = name->port;
    struct world_right right = {world_kind(disposition), port, MACH_PORT_NULL};
    if (port == NULL) {
        right.literal = MACH_PORT_DEAD;
        if (disposition != MACH_MSG_TYPE_COPY_SEND) world_change_references(name, MACH_PORT_RIGHT_DEAD_NAME, -1);
        return right;
    }
    if (right.kind == MACH_MSG_TYPE_PORT_SEND) port->sends += 1;
    if (right.kind == MACH_MSG_TYPE_PORT_SEND_ONCE) port->onces += 1;
    switch (disposition) {
    case MACH_MSG_TYPE_MAKE_SEND:
        port->mscount += 1; // T2
        break;
    case MACH_MSG_TYPE_MOVE_SEND:
        name->urefs -= 1;
        if (name->urefs == 0) name->type &= ~MACH_PORT_TYPE_SEND;
        break;
    case MACH_MSG_TYPE_MOVE_SEND_ONCE:
        name->type = 0;
        break;
    case MACH_MSG_TYPE_MOVE_RECEIVE:
        clear_receiver(port);
        name->type &= ~MACH_PORT_TYPE_RECEIVE;
        break;
    default:
        break;
    }
    settle(name);
    return right;
}

mach_port_name_t world_known_name(unsigned task, const struct world_right *right) {
    if (right->port == NULL) return right->literal;
    if (!right->port->alive) return MACH_PORT_DEAD;
    const struct world_name *name = world_name_of(task, right->port);
    return right->kind == MACH_MSG_TYPE_PORT_SEND_ONCE || name == NULL ? 0 : name->name;
}

void world_copy_out(unsigned task, const struct world_right *right, mach_port_name_t chosen) {
    struct world_port *port = right->port;
    if (port == NULL || !port->alive) return;
    struct world_name *name = world_name_of(task, port);
    if (right->kind == MACH_MSG_TYPE_PORT_SEND_ONCE) {
        port->onces -= 1;
        add(task, chosen, MACH_PORT_TYPE_SEND_ONCE, 1, port);
        return;
    }
    if (name == NULL) name = add(task, chosen, 0, 0, port);
    if (right->kind == MACH_MSG_TYPE_PORT_RECEIVE) {
        port->inside = NULL;
        name->type |= MACH_PORT_TYPE_RECEIVE;
    } else {
        port->sends -= 1;
        name->type |= MACH_PORT_TYPE_SEND;
        name->urefs += 1;
    }
}

// ---- Messages

bool world_is_circular(const struct world_port *right, const struct world_port *destination) {
    for (; destination != NULL; destination = destination->inside) {
        if (destination == right) return true;
    }
    return false;
}

mach_msg_size_t world_size(const struct world_message *message) {
    mach_msg_size_t body = sizeof(mach_msg_body_t) + message->count * sizeof(mach_msg_port_descriptor_t);
    mach_msg_size_t value = sizeof(NDR_record_t) + sizeof(uint32_t);
    return (mach_msg_size_t)(sizeof(mach_msg_header_t) + (message->complex ? body : 0) +
                             (message->has_value ? value : 0));
}

void world_enqueue(struct world_message *message) {
    struct world_port *port = message->destination.port;
    message->next = NULL;
    if (port->last != NULL) {
        port->last->next = message;
    } else {
        port->first = message;
    }
    port->last = message;
    port->count += 1;
}

struct world_message *world_dequeue(struct world_port *port) {
    struct world_message *message = port->first;
    port->first = message->next;
    if (port->first == NULL) port->last = NULL;
    port->count -= 1;
    return message;
}

void world_delivered(struct world_message *message, bool reached) {
    struct world_port *port = message->destination.port;
    message->destination.port = NULL;
    last_batch += 1;
    FOR_EACH_NAME(it) {
        if (!reached || it->port != port || !it->armed) continue;
        struct world_port *to = it->notify;
        it->notify = NULL;
        it->armed = it->possible = false;
        send_notification(to, MACH_NOTIFY_SEND_POSSIBLE, it->name, NULL, last_batch); // T11, T23
    }
    if (message->destination.kind == MACH_MSG_TYPE_PORT_SEND) {
        port->sends -= 1;
        check_senders(port); // T4
    } else {
        port->onces -= 1;
    }
}

// The naive model: see model.h.
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include <mach/notify.h>

struct model_name model_names[MODEL_NAMES];
static struct model_port *newest;

// ---- Names

void model_reset(void) {
    memset(model_names, 0, sizeof(model_names));
    while (newest != NULL) {
        struct model_port *port = newest;
        newest = port->older;
        while (port->first != NULL) free(model_dequeue(port));
        free(port);
    }
}

struct model_name *model_find(mach_port_name_t name) {
    for (unsigned i = 0; i < MODEL_NAMES; i++) {
        if (model_names[i].used && model_names[i].name == name) return &model_names[i];
    }
    return NULL;
}

struct model_name *model_with_index(mach_port_name_t index) {
    for (unsigned i = 0; i < MODEL_NAMES; i++) {
        if (model_names[i].used && MACH_PORT_INDEX(model_names[i].name) == index) return &model_names[i];
    }
    return NULL;
}

struct model_name *model_name_of(const struct model_port *port) {
    for (unsigned i = 0; i < MODEL_NAMES; i++) {
        struct model_name *it = &model_names[i];
        if (it->used && it->port == port && (it->type & MACH_PORT_TYPE_SEND_RECEIVE) != 0) return it;
    }
    return NULL;
}

unsigned model_count_names(void) {
    unsigned count = 0;
    for (unsigned i = 0; i < MODEL_NAMES; i++) count += model_names[i].used;
    return count;
}

unsigned model_count_ports(void) {
    unsigned count = 0;
    for (struct model_port *port = newest; port != NULL; port = port->older) count += port->alive;
    return count;
}

unsigned model_count_messages(void) {
    unsigned count = 0;
    for (struct model_port *port = newest; port != NULL; port = port->older) count += port->count;
    return count;
}

unsigned model_slot(const struct model_name *name) { return (unsigned)(name - model_names); }

static struct model_name *add(mach_port_name_t name, mach_port_type_t type, mach_port_urefs_t urefs,
                              struct model_port *port) {
    for (unsigned i = 0; i < MODEL_NAMES; i++) {
        if (model_names[i].used) continue;
        model_names[i] = (struct model_name){true, name, type, urefs, port};
        return &model_names[i];
    }
    abort(); // the test keeps the number of names far below
}

// A name without rights is none.
static void settle(struct model_name *name) {
    if (name->type == 0) memset(name, 0, sizeof(*name));
}

void model_allocate(mach_port_right_t right, mach_port_name_t name) {
    struct model_port *port = NULL;
    if (right == MACH_PORT_RIGHT_RECEIVE) {
        port = calloc(1, sizeof(*port));
        if (port == NULL) abort();
        port->older = newest;
        port->alive = true;
        port->limit = MACH_PORT_QLIMIT_DEFAULT;
        newest = port;
    }
    add(name, MACH_PORT_TYPE(right), right == MACH_PORT_RIGHT_DEAD_NAME, port);
}

// ---- Deaths

static void kill_port(struct model_port *port) {
    port->alive = false;
    port->inside = NULL;
    memset(port->in_set, 0, sizeof(port->in_set));
    for (unsigned i = 0; i < MODEL_NAMES; i++) {
        struct model_name *it = &model_names[i];
        if (!it->used || it->port != port) continue;
        it->type = MACH_PORT_TYPE_DEAD_NAME;
        it->port = NULL;
    }
    while (port->first != NULL) model_destroy_message(model_dequeue(port));
}

void model_destroy_message(struct model_message *message) {
    model_drop(&message->destination);
    model_drop(&message->reply);
    for (unsigned i = 0; i < message->count; i++) model_drop(&message->rights[i]);
    free(message);
}

void model_drop(const struct model_right *right) {
    struct model_port *port = right->port;
    if (port == NULL || !port->alive) return;
    switch (right->kind) {
    case MACH_MSG_TYPE_PORT_RECEIVE:
        kill_port(port);
        break;
    case MACH_MSG_TYPE_PORT_SEND:
        port->sends -= 1;
        break;
    default: {
        // A send-once right that dies unused becomes the destination of its own notification.
        struct model_message *notification = calloc(1, sizeof(*notification));
        if (notification == NULL) abort();
        notification->id = MACH_NOTIFY_SEND_ONCE;
        notification->destination = *right;
        model_enqueue(notification);
        break;
    }
    }
}

void model_destroy(struct model_name *name) {
    struct model_name was = *name;
    if ((was.type & MACH_PORT_TYPE_PORT_SET) != 0) {
        for (struct model_port *port = newest; port != NULL; port = port->older) port->in_set[model_slot(name)] = false;
    }
    memset(name, 0, sizeof(*name));
    if ((was.type & MACH_PORT_TYPE_RECEIVE) != 0) kill_port(was.port);
    if ((was.type & MACH_PORT_TYPE_SEND_ONCE) != 0) {
        was.port->onces += 1;
        model_drop(&(struct model_right){MACH_MSG_TYPE_PORT_SEND_ONCE, was.port, 0});
    }
}

void model_change_references(struct model_name *name, mach_port_right_t right, mach_port_delta_t delta) {
    if (delta == 0) return;
    if (right == MACH_PORT_RIGHT_SEND || right == MACH_PORT_RIGHT_DEAD_NAME) {
        name->urefs += (mach_port_urefs_t)delta;
        if (name->urefs == 0) {
            name->type &= ~MACH_PORT_TYPE(right);
            settle(name);
        }
    } else if (right == MACH_PORT_RIGHT_RECEIVE && (name->type & MACH_PORT_TYPE_SEND) != 0) {
        kill_port(name->port); // its send rights stay, as a dead name
    } else {
        model_destroy(name);
    }
}

mach_port_urefs_t model_references(const struct model_name *name, mach_port_right_t right) {
    if ((name->type & MACH_PORT_TYPE(right)) == 0) return 0;
    return right == MACH_PORT_RIGHT_SEND || right == MACH_PORT_RIGHT_DEAD_NAME ? name->urefs : 1;
}

bool model_has_send_rights(const struct model_port *port) {
    const struct model_name *name = model_name_of(port);
    return port->sends > 0 || (name != NULL && (name->type & MACH_PORT_TYPE_SEND) != 0);
}

unsigned model_send_once_rights(const struct model_port *port) {
    unsigned count = port->onces;
    for (unsigned i = 0; i < MODEL_NAMES; i++) {
        const struct model_name *it = &model_names[i];
        count += it->used && it->port == port && (it->type & MACH_PORT_TYPE_SEND_ONCE) != 0;
    }
    return count;
}

// ---- Rights on their way

mach_msg_type_name_t model_kind(mach_msg_type_name_t disposition) {
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

bool model_can_copy_in(const struct model_name *name, mach_msg_type_name_t disposition, bool dead_is_good) {
    bool dead = (name->type & MACH_PORT_TYPE_DEAD_NAME) != 0;
    switch (disposition) {
    case MACH_MSG_TYPE_MOVE_RECEIVE:
    case MACH_MSG_TYPE_MAKE_SEND:
    case MACH_MSG_TYPE_MAKE_SEND_ONCE:
        return (name->type & MACH_PORT_TYPE_RECEIVE) != 0;
    case MACH_MSG_TYPE_MOVE_SEND:
    case MACH_MSG_TYPE_COPY_SEND:
        return dead ? dead_is_good : (name->type & MACH_PORT_TYPE_SEND) != 0;
    case MACH_MSG_TYPE_MOVE_SEND_ONCE:
        return dead ? dead_is_good : (name->type & MACH_PORT_TYPE_SEND_ONCE) != 0;
    default:
        return false;
    }
}

struct model_right model_copy_in(struct model_name *name, mach_msg_type_name_t disposition) {
    struct model_right right = {model_kind(disposition), name->port, MACH_PORT_NULL};
    struct model_port *port = name->port;
    if ((name->type & MACH_PORT_TYPE_DEAD_NAME) != 0) {
        right.literal = MACH_PORT_DEAD;
        if (disposition != MACH_MSG_TYPE_COPY_SEND) model_change_references(name, MACH_PORT_RIGHT_DEAD_NAME, -1);
        return right;
    }
    if (right.kind == MACH_MSG_TYPE_PORT_SEND) port->sends += 1;
    if (right.kind == MACH_MSG_TYPE_PORT_SEND_ONCE) port->onces += 1;
    switch (disposition) {
    case MACH_MSG_TYPE_MAKE_SEND:
        port->mscount += 1;
        break;
    case MACH_MSG_TYPE_MOVE_SEND:
        model_change_references(name, MACH_PORT_RIGHT_SEND, -1);
        break;
    case MACH_MSG_TYPE_MOVE_SEND_ONCE:
        memset(name, 0, sizeof(*name));
        break;
    case MACH_MSG_TYPE_MOVE_RECEIVE:
        port->mscount = 0;
        port->seqno = 0;
        port->context = 0;
        memset(port->in_set, 0, sizeof(port->in_set));
        name->type &= ~MACH_PORT_TYPE_RECEIVE;
        settle(name);
        break;
    default:
        break;
    }
    return right;
}

mach_port_name_t model_known_name(const struct model_right *right) {
    if (right->port == NULL) return right->literal;
    if (!right->port->alive) return MACH_PORT_DEAD;
    const struct model_name *name = model_name_of(right->port);
    return right->kind == MACH_MSG_TYPE_PORT_SEND_ONCE || name == NULL ? 0 : name->name;
}

void model_copy_out(const struct model_right *right, mach_port_name_t chosen) {
    struct model_port *port = right->port;
    if (port == NULL || !port->alive) return;
    struct model_name *name = model_name_of(port);
    switch (right->kind) {
    case MACH_MSG_TYPE_PORT_RECEIVE:
        port->inside = NULL;
        if (name == NULL) name = add(chosen, 0, 0, port);
        name->type |= MACH_PORT_TYPE_RECEIVE;
        break;
    case MACH_MSG_TYPE_PORT_SEND:
        port->sends -= 1;
        if (name == NULL) name = add(chosen, 0, 0, port);
        name->type |= MACH_PORT_TYPE_SEND;
        if (name->urefs < MODEL_UREFS) name->urefs += 1; // at the limit it is absorbed
        break;
    default:
        port->onces -= 1;
        add(chosen, MACH_PORT_TYPE_SEND_ONCE, 1, port);
        break;
    }
}

// ---- Messages

bool model_is_circular(const struct model_port *right, const struct model_port *destination) {
    for (; destination != NULL; destination = destination->inside) {
        if (destination == right) return true;
    }
    return false;
}

mach_msg_size_t model_size(const struct model_message *message) {
    mach_msg_size_t body = sizeof(mach_msg_body_t) + message->count * sizeof(mach_msg_port_descriptor_t);
    return (mach_msg_size_t)(sizeof(mach_msg_header_t) + (message->complex ? body : 0) + 4 * message->words);
}

void model_enqueue(struct model_message *message) {
    struct model_port *port = message->destination.port;
    message->next = NULL;
    if (port->last != NULL) {
        port->last->next = message;
    } else {
        port->first = message;
    }
    port->last = message;
    port->count += 1;
}

struct model_message *model_dequeue(struct model_port *port) {
    struct model_message *message = port->first;
    port->first = message->next;
    if (port->first == NULL) port->last = NULL;
    port->count -= 1;
    if (message->destination.kind == MACH_MSG_TYPE_PORT_SEND) {
        port->sends -= 1;
    } else {
        port->onces -= 1;
    }
    message->destination.port = NULL;
    return message;
}

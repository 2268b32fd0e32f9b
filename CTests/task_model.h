// A naive model of the ports of several tasks, with requests for notifications, guards and receive rights that move. Like
// model.h it is written for obviousness alone, calls nothing of the library and learns only the names that it chooses.
#ifndef CTESTS_TASK_MODEL_H
#define CTESTS_TASK_MODEL_H

#include <stdbool.h>

#include <mach/mach.h>

enum { WORLD_TASKS = 3, WORLD_NAMES = 160, WORLD_RIGHTS = 3 };

struct world_port {
    struct world_port *older; // of all that were made
    bool alive;
    struct world_port *inside; // on whose queue the receive right waits in a message; null while a name has it
    mach_port_seqno_t seqno;
    mach_port_mscount_t mscount;
    mach_port_msgcount_t limit, count;
    mach_port_context_t context;
    bool guarded, strict;
    struct world_port *no_senders, *port_destroyed; // where these notifications go; null without a request
    struct world_message *first, *last;
    unsigned sends, onces; // rights in messages; send-once rights in requests too
};

// A name in use: its type bits and user references, its port if it has one, and the request on it.
struct world_name {
    bool used;
    mach_port_name_t name;
    mach_port_type_t type;
    mach_port_urefs_t urefs;
    struct world_port *port;
    struct world_port *notify; // null without a request
    bool possible, armed;      // SEND_POSSIBLE, not DEAD_NAME alone; a full queue was seen
    bool asked;                // there was a request, which may have been answered
};

// A right in a message. Without a port it is that literal, MACH_PORT_NULL or MACH_PORT_DEAD.
struct world_right {
    mach_msg_type_name_t kind; // MACH_MSG_TYPE_PORT_RECEIVE, _SEND or _SEND_ONCE, as the receiver will read it
    struct world_port *port;
    mach_port_name_t literal;
};

struct world_message {
    struct world_message *next;
    mach_msg_id_t id;
    struct world_right destination, reply;
    bool complex;
    unsigned count; // of rights in the body
    struct world_right rights[WORLD_RIGHTS];
    bool notification, has_value;
    uint32_t value; // in a notification: a name or a count
    // Notifications that one event sent to many names, in an order that nothing lays down; 0 for all others.
    unsigned batch;
};

extern struct world_name world_names[WORLD_TASKS][WORLD_NAMES];

// Forgets everything.
void world_reset(void);
struct world_name *world_find(unsigned task, mach_port_name_t name);
struct world_name *world_with_index(unsigned task, mach_port_name_t index);
// The name under which the task has the receive right or send rights of a port, if any.
struct world_name *world_name_of(unsigned task, const struct world_port *port);
unsigned world_count_names(unsigned task);
unsigned world_count_ports(void);
unsigned world_count_messages(void);
mach_port_type_t world_type(const struct world_name *name); // with the bits of requests
bool world_has_send_rights(const struct world_port *port);
unsigned world_send_once_rights(const struct world_port *port);
bool world_is_full(const struct world_port *port);

struct world_name *world_allocate(unsigned task, mach_port_right_t right, mach_port_name_t name);
// What mach_port_destroy, mach_port_mod_refs and mach_port_destruct do, once they have been found possible.
void world_destroy(struct world_name *name);
void world_change_references(struct world_name *name, mach_port_right_t right, mach_port_delta_t delta);
void world_destruct(struct world_name *name, mach_port_delta_t delta);
void world_end_task(unsigned task);

mach_msg_type_name_t world_kind(mach_msg_type_name_t disposition);
bool world_can_copy_in(const struct world_name *name, mach_msg_type_name_t disposition, bool dead_is_good);
// PORT_DELETED for names that go is kept back until world_flush.
struct world_right world_copy_in(struct world_name *name, mach_msg_type_name_t disposition);
void world_flush(void);
// The name that a right will have, or 0 when the library has to choose one.
mach_port_name_t world_known_name(unsigned task, const struct world_right *right);
void world_copy_out(unsigned task, const struct world_right *right, mach_port_name_t name);
void world_drop(const struct world_right *right);

// A notification goes to a port, whose send-once right for it is used up.
void world_notify(struct world_port *to, mach_msg_id_t id, uint32_t value);

bool world_is_circular(const struct world_port *right, const struct world_port *destination);
mach_msg_size_t world_size(const struct world_message *message);
void world_enqueue(struct world_message *message);
// Takes the first message. Its right to the port is still there: world_delivered uses it up, and answers armed requests
// if the message reached its receiver.
struct world_message *world_dequeue(struct world_port *port);
void world_delivered(struct world_message *message, bool reached);
void world_destroy_message(struct world_message *message);
// The same for one that was never whole: it does not wait behind others.
void world_destroy_partial(struct world_message *message);

#endif

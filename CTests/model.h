// A naive model of one task's ports: what the library should do, kept in plain arrays and lists and written for
// obviousness alone. It calls nothing of the library, and learns only the names that the library chooses.
#ifndef CTESTS_MODEL_H
#define CTESTS_MODEL_H

#include <stdbool.h>

#include <mach/mach.h>

enum { MODEL_NAMES = 400, MODEL_RIGHTS = 4, MODEL_UREFS = 65534 };

struct model_port {
    struct model_port *older; // of all that were made
    bool alive;
    struct model_port *inside; // on whose queue the receive right waits in a message; null while a name has it
    mach_port_seqno_t seqno;
    mach_port_mscount_t mscount;
    mach_port_msgcount_t limit, count;
    mach_port_context_t context;
    struct model_message *first, *last;
    unsigned sends, onces;    // rights in messages
    bool in_set[MODEL_NAMES]; // by the slot of the set's name
};

// A name in use: its type bits and user references, and its port if it has one.
struct model_name {
    bool used;
    mach_port_name_t name;
    mach_port_type_t type;
    mach_port_urefs_t urefs;
    struct model_port *port;
};

// A right in a message. Without a port it is that literal, MACH_PORT_NULL or MACH_PORT_DEAD.
struct model_right {
    mach_msg_type_name_t kind; // MACH_MSG_TYPE_PORT_RECEIVE, _SEND or _SEND_ONCE, as the receiver will read it
    struct model_port *port;
    mach_port_name_t literal;
};

struct model_message {
    struct model_message *next;
    mach_msg_id_t id;
    struct model_right destination, reply;
    bool complex;
    unsigned count; // of rights in the body
    struct model_right rights[MODEL_RIGHTS];
    unsigned words; // of data behind them
};

extern struct model_name model_names[MODEL_NAMES];

// Forgets everything.
void model_reset(void);

struct model_name *model_find(mach_port_name_t name);
struct model_name *model_with_index(mach_port_name_t index);
// The name under which the task has the receive right or send rights of a port, if any.
struct model_name *model_name_of(const struct model_port *port);
unsigned model_count_names(void);
unsigned model_count_ports(void);
unsigned model_count_messages(void);
unsigned model_slot(const struct model_name *name);

void model_allocate(mach_port_right_t right, mach_port_name_t name);
// Gives up everything that the name has.
void model_destroy(struct model_name *name);
// Lowers or raises user references, which has been found possible; at 0 the right goes.
void model_change_references(struct model_name *name, mach_port_right_t right, mach_port_delta_t delta);
mach_port_urefs_t model_references(const struct model_name *name, mach_port_right_t right);
bool model_has_send_rights(const struct model_port *port);
unsigned model_send_once_rights(const struct model_port *port);

// What the receiver reads for a disposition; 0 for one out of range.
mach_msg_type_name_t model_kind(mach_msg_type_name_t disposition);
bool model_can_copy_in(const struct model_name *name, mach_msg_type_name_t disposition, bool dead_is_good);
struct model_right model_copy_in(struct model_name *name, mach_msg_type_name_t disposition);
// The name that a right will have, or 0 when the library has to choose one.
mach_port_name_t model_known_name(const struct model_right *right);
// Puts the right under the name that is known, or this one.
void model_copy_out(const struct model_right *right, mach_port_name_t name);
void model_drop(const struct model_right *right);

// Whether a port's receive right may not be sent to the destination, on whose way or queue it would wait for itself.
bool model_is_circular(const struct model_port *right, const struct model_port *destination);
mach_msg_size_t model_size(const struct model_message *message);
void model_enqueue(struct model_message *message);
// Takes the first message; the right that it was sent by is used up.
struct model_message *model_dequeue(struct model_port *port);
void model_destroy_message(struct model_message *message);

#endif

// The bootstrap's routines by message.
#include "bootstrap_support.h"

static _Thread_local struct mig_message message;

static kern_return_t right_in(kern_return_t code, mach_msg_type_name_t disposition, mach_port_t *port) {
    if (code != KERN_SUCCESS) return code;
    const struct bootstrap_port_reply *out = (const void *)&message;
    if (out->port.type != MACH_MSG_PORT_DESCRIPTOR || out->port.disposition != disposition) return WRONG_REPLY;
    *port = out->port.name;
    return code;
}

static struct bootstrap_name_request *begin_name(mach_port_t bp, mach_msg_id_t id, const char *name) {
    struct bootstrap_name_request *in = begin_request(&message, bp, id, sizeof(*in));
    in->NDR = NDR_record;
    (void)mig_strncpy(in->name, name, sizeof(in->name));
    return in;
}

static kern_return_t m_look_up(mach_port_t bp, const char *name, mach_port_t *port) {
    begin_name(bp, 404, name);
    return right_in(exchange(&message, 40, 40, 1), MOVE_SEND, port);
}

static kern_return_t m_check_in(mach_port_t bp, const char *name, mach_port_t *port) {
    begin_name(bp, 402, name);
    return right_in(exchange(&message, 40, 40, 1), MOVE_RECEIVE, port);
}

static kern_return_t m_create_service(mach_port_t bp, char *name, mach_port_t *port) {
    begin_name(bp, 410, name);
    return right_in(exchange(&message, 40, 40, 1), MOVE_SEND, port);
}

static kern_return_t m_status(mach_port_t bp, char *name, bootstrap_status_t *status) {
    begin_name(bp, 407, name);
    kern_return_t code = exchange(&message, 40, 40, 0);
    if (code == KERN_SUCCESS) *status = ((const struct bootstrap_status_reply *)&message)->status;
    return code;
}

static void set_right(mach_msg_port_descriptor_t *descriptor, mach_port_t port) {
    descriptor->name = port;
    descriptor->disposition = COPY_SEND;
    descriptor->type = MACH_MSG_PORT_DESCRIPTOR;
}

// A body that is refused has taken the right to reply, whose port is told (S12).
static kern_return_t settle(kern_return_t code) {
    if (code == MACH_SEND_INVALID_RIGHT) (void)receive_simple(reply_port, NULL);
    return code;
}

static kern_return_t m_register(mach_port_t bp, char *name, mach_port_t port) {
    struct bootstrap_register_request *in = begin_complex(&message, bp, 403, sizeof(*in));
    set_right(&in->port, port);
    in->NDR = NDR_record;
    (void)mig_strncpy(in->name, name, sizeof(in->name));
    return settle(exchange_simple(&message));
}

static kern_return_t m_subset(mach_port_t bp, mach_port_t requestor, mach_port_t *subset) {
    struct bootstrap_subset_request *in = begin_complex(&message, bp, 409, sizeof(*in));
    set_right(&in->requestor, requestor);
    return right_in(settle(exchange(&message, 40, 40, 1)), MOVE_SEND, subset);
}

static kern_return_t m_create_server(mach_port_t bp, char *command, uid_t user, boolean_t on_demand,
                                     mach_port_t *server) {
    struct bootstrap_server_request *in = begin_request(&message, bp, 400, sizeof(*in));
    in->NDR = NDR_record;
    (void)mig_strncpy(in->command, command, sizeof(in->command));
    in->user = user;
    in->on_demand = (uint32_t)on_demand;
    return right_in(exchange(&message, 40, 40, 1), MOVE_SEND, server);
}

static kern_return_t m_unprivileged(mach_port_t bp, mach_port_t *port) {
    begin_request(&message, bp, 401, 24);
    return right_in(exchange(&message, 40, 40, 1), MOVE_SEND, port);
}

static kern_return_t m_parent(mach_port_t bp, mach_port_t *port) {
    begin_request(&message, bp, 406, 24);
    return right_in(exchange(&message, 40, 40, 1), MOVE_SEND, port);
}

const struct bootstrap_routines bootstrap_calls = {
#define CALL(routine) .routine = routine,
    BOOTSTRAP_ROUTINES(CALL)
#undef CALL
};

const struct bootstrap_routines bootstrap_messages = {
    .bootstrap_create_server = m_create_server,
    .bootstrap_unprivileged = m_unprivileged,
    .bootstrap_check_in = m_check_in,
    .bootstrap_register = m_register,
    .bootstrap_look_up = m_look_up,
    .bootstrap_parent = m_parent,
    .bootstrap_status = m_status,
    .bootstrap_subset = m_subset,
    .bootstrap_create_service = m_create_service,
};

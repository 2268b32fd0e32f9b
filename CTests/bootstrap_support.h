// What the tests of the bootstrap share: each routine by call and by message.
#ifndef CTESTS_BOOTSTRAP_SUPPORT_H
#define CTESTS_BOOTSTRAP_SUPPORT_H

#include "mig_support.h"
#include "task_support.h"

#include <servers/bootstrap.h>

#define BOOTSTRAP_ROUTINES(X)                                                                                          \
    X(bootstrap_create_server)                                                                                         \
    X(bootstrap_unprivileged)                                                                                          \
    X(bootstrap_check_in)                                                                                              \
    X(bootstrap_register)                                                                                              \
    X(bootstrap_look_up)                                                                                               \
    X(bootstrap_parent)                                                                                                \
    X(bootstrap_status)                                                                                                \
    X(bootstrap_subset)                                                                                                \
    X(bootstrap_create_service)

struct bootstrap_routines {
#define MEMBER_OF(routine) __typeof__(routine) *routine;
    BOOTSTRAP_ROUTINES(MEMBER_OF)
#undef MEMBER_OF
};
extern const struct bootstrap_routines bootstrap_calls, bootstrap_messages;

// Requests as MIG lays them out.
#pragma pack(push, 4)
struct bootstrap_name_request {
    mach_msg_header_t head;
    NDR_record_t NDR;
    name_t name;
};
struct bootstrap_register_request {
    mach_msg_header_t head;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t port;
    NDR_record_t NDR;
    name_t name;
};
struct bootstrap_subset_request {
    mach_msg_header_t head;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t requestor;
};
struct bootstrap_server_request {
    mach_msg_header_t head;
    NDR_record_t NDR;
    cmd_t command;
    uint32_t user;
    uint32_t on_demand;
};
struct bootstrap_port_reply {
    mach_msg_header_t head;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t port;
};
struct bootstrap_status_reply {
    mach_msg_header_t head;
    NDR_record_t NDR;
    kern_return_t code;
    int32_t status;
};
#pragma pack(pop)

_Static_assert(sizeof(struct bootstrap_name_request) == 160, "402, 404, 407, 410");
_Static_assert(sizeof(struct bootstrap_register_request) == 176, "403");
_Static_assert(offsetof(struct bootstrap_register_request, name) == 48, "403");
_Static_assert(sizeof(struct bootstrap_subset_request) == 40, "409");
_Static_assert(sizeof(struct bootstrap_server_request) == 552, "400");
_Static_assert(offsetof(struct bootstrap_server_request, user) == 544, "400");
_Static_assert(sizeof(struct bootstrap_port_reply) == 40, "500, 501, 502, 504, 506, 509, 510");
_Static_assert(sizeof(struct bootstrap_status_reply) == 40, "507");

#endif

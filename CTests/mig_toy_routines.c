// The routines behind the stubs of mig_toy.h: small, and each gives up what its request brought. They run on servers' threads, so a wrong argument is told by the code that they return: 1000 and more.
#include "mig_toy.h"

atomic_int toy_notices, toy_notice_sum, toy_later_number;
_Atomic mach_port_t toy_later_reply;
_Atomic mach_msg_type_name_t toy_later_disposition;

kern_return_t do_toy_ints(mach_port_t server, int32_t number, uint64_t wide, int32_t *next, uint64_t *triple) {
    if (server == MACH_PORT_NULL) return 1000;
    *next = number + 1;
    *triple = 3 * wide;
    return KERN_SUCCESS;
}

kern_return_t do_toy_structs(mach_port_t server, toy_pair_t pair, toy_pair_t *turned) {
    (void)server;
    turned->x = -pair.x;
    turned->y = -pair.y;
    for (size_t i = 0; i < sizeof(pair.tag); i++) turned->tag[i] = pair.tag[sizeof(pair.tag) - 1 - i];
    return KERN_SUCCESS;
}

kern_return_t do_toy_fixed_array(mach_port_t server, const int32_t *array, int32_t *turned) {
    (void)server;
    for (unsigned i = 0; i < TOY_FIXED; i++) turned[i] = array[TOY_FIXED - 1 - i];
    return KERN_SUCCESS;
}

kern_return_t do_toy_variable_array(mach_port_t server, const int32_t *array, mach_msg_type_number_t count,
                                    int32_t *doubled, mach_msg_type_number_t *doubled_count) {
    (void)server;
    if (*doubled_count < count) return 1001;
    for (unsigned i = 0; i < count; i++) doubled[i] = 2 * array[i];
    *doubled_count = count;
    return KERN_SUCCESS;
}

kern_return_t do_toy_two_arrays(mach_port_t server, const int32_t *first, mach_msg_type_number_t first_count,
                                const char *second, mach_msg_type_number_t second_count, int32_t last, int32_t *sum) {
    (void)server;
    int32_t it = last;
    for (unsigned i = 0; i < first_count; i++) it += first[i];
    for (unsigned i = 0; i < second_count; i++) it += second[i];
    *sum = it;
    return KERN_SUCCESS;
}

kern_return_t do_toy_strings(mach_port_t server, const char *name, char *greeting) {
    (void)server;
    memcpy(greeting, "hello ", 6);
    size_t length = strlen(name);
    if (length > TOY_STRING - 7) length = TOY_STRING - 7;
    memcpy(greeting + 6, name, length);
    greeting[6 + length] = 0;
    return KERN_SUCCESS;
}

static void turn(const char *from, char *to, size_t size) {
    for (size_t i = 0; i < size; i++) to[i] = from[size - 1 - i];
}

// The reply is memory of the server's own, which stays.
kern_return_t do_toy_memory(mach_port_t server, vm_offset_t data, mach_msg_type_number_t count, vm_offset_t *turned,
                            mach_msg_type_number_t *turned_count) {
    static _Thread_local char memory[1 << 16];
    (void)server;
    if (count > sizeof(memory)) return 1002;
    turn((const char *)data, memory, count);
    *turned = (vm_offset_t)memory;
    *turned_count = count;
    return vm_deallocate(mach_task_self(), data, count);
}

// The reply is memory that goes with it.
kern_return_t do_toy_memory_given(mach_port_t server, vm_offset_t data, mach_msg_type_number_t count,
                                  vm_offset_t *turned, mach_msg_type_number_t *turned_count) {
    (void)server;
    *turned = 0;
    kern_return_t code = vm_allocate(mach_task_self(), turned, count, VM_FLAGS_ANYWHERE);
    if (code != KERN_SUCCESS) return code;
    turn((const char *)data, (char *)*turned, count);
    *turned_count = count;
    return vm_deallocate(mach_task_self(), data, count);
}

static mach_msg_return_t use_up(mach_port_t port, mach_msg_type_name_t disposition, mach_msg_id_t id) {
    mach_msg_header_t it = {.msgh_bits = MACH_MSGH_BITS(disposition, 0), .msgh_remote_port = port, .msgh_id = id};
    return mach_msg(&it, MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof(it), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

// Takes the message that waits in the receive right, and sends one with each of the others.
kern_return_t do_toy_give_ports(mach_port_t server, const mach_port_t *ports) {
    (void)server;
    struct {
        mach_msg_header_t header;
        mach_msg_trailer_t trailer;
    } message;
    mach_msg_return_t code =
        mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), ports[0], 0, MACH_PORT_NULL);
    if (code != MACH_MSG_SUCCESS) return code;
    if (message.header.msgh_id != TOY_GIVEN_ID) return 1003;
    code = mach_port_mod_refs(mach_task_self(), ports[0], MACH_PORT_RIGHT_RECEIVE, -1);
    for (unsigned i = 1; i < TOY_RIGHTS && code == KERN_SUCCESS; i++)
        code = use_up(ports[i], i == 2 || i == 5 ? 18 : 17, TOY_GIVEN_ID + (mach_msg_id_t)i);
    return code;
}

// A port of the client's from now on, with a send right; the rest leads to the server.
kern_return_t do_toy_take_ports(mach_port_t server, mach_port_t *ports) {
    task_t self = mach_task_self();
    mach_msg_type_name_t disposition;
    kern_return_t code = mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &ports[0]);
    if (code == KERN_SUCCESS) code = mach_port_insert_right(self, ports[0], ports[0], MACH_MSG_TYPE_MAKE_SEND);
    if (code == KERN_SUCCESS)
        code = mach_port_extract_right(self, server, MACH_MSG_TYPE_MAKE_SEND_ONCE, &ports[2], &disposition);
    ports[1] = ports[0];
    ports[3] = ports[4] = ports[5] = server;
    return code;
}

kern_return_t do_toy_polymorphic(mach_port_t server, mach_port_t port, mach_msg_type_name_t disposition,
                                 mach_port_t *back, mach_msg_type_name_t *back_disposition) {
    (void)server;
    *back = port;
    *back_disposition = disposition;
    return KERN_SUCCESS;
}

kern_return_t do_toy_port_array(mach_port_t server, mach_port_t *ports, mach_msg_type_number_t count,
                                mach_port_t **turned, mach_msg_type_number_t *turned_count) {
    (void)server;
    for (unsigned i = 0; i < count / 2; i++) {
        mach_port_t it = ports[i];
        ports[i] = ports[count - 1 - i];
        ports[count - 1 - i] = it;
    }
    *turned = ports;
    *turned_count = count;
    return KERN_SUCCESS;
}

kern_return_t do_toy_notice(mach_port_t server, int32_t number) {
    (void)server;
    atomic_fetch_add(&toy_notice_sum, number);
    atomic_fetch_add(&toy_notices, 1);
    return KERN_SUCCESS;
}

kern_return_t do_toy_timed_notice(mach_port_t server, int32_t number) { return do_toy_notice(server, number); }

kern_return_t do_toy_later(mach_port_t server, mach_port_t reply, mach_msg_type_name_t disposition, int32_t number,
                           int32_t *next) {
    (void)server;
    (void)next;
    atomic_store(&toy_later_number, number);
    atomic_store(&toy_later_disposition, disposition);
    atomic_store(&toy_later_reply, reply);
    return MIG_NO_REPLY;
}

mach_msg_return_t toy_answer_later(mach_port_t reply, mach_msg_type_name_t disposition, kern_return_t code,
                                   int32_t next) {
    __Reply__toy_later_t it;
    memset(&it, 0, sizeof(it));
    it.Head.msgh_bits = MACH_MSGH_BITS(disposition, 0);
    it.Head.msgh_remote_port = reply;
    it.Head.msgh_id = TOY_LATER + 100;
    it.NDR = NDR_record;
    it.RetCode = code;
    it.next = next;
    mach_msg_size_t size = code == KERN_SUCCESS ? sizeof(it) : sizeof(mig_reply_error_t);
    return mach_msg(&it.Head, MACH_SEND_MSG, size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

kern_return_t do_toy_security(mach_port_t server, security_token_t *token, security_token_t sender) {
    (void)server;
    *token = sender;
    return KERN_SUCCESS;
}

kern_return_t do_toy_audit(mach_port_t server, audit_token_t *token, audit_token_t sender) {
    (void)server;
    *token = sender;
    return KERN_SUCCESS;
}

// A routine that fails leaves what came with the request to the server's loop.
kern_return_t do_toy_fail(mach_port_t server, kern_return_t code, mach_port_t port, vm_offset_t data,
                          mach_msg_type_number_t count) {
    (void)server;
    if (code != KERN_SUCCESS) return code;
    code = mach_port_deallocate(mach_task_self(), port);
    return code != KERN_SUCCESS ? code : vm_deallocate(mach_task_self(), data, count);
}

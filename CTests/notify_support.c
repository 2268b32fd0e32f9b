// Asking for notifications, and looking at those that come.
#include "notify_support.h"

// ---- Requests

kern_return_t ask(mach_port_t name, mach_msg_id_t id, mach_port_mscount_t sync, mach_port_t notify,
                  mach_port_t *previous) {
    return mach_port_request_notification(SELF, name, id, sync, notify, MAKE_SEND_ONCE, previous);
}

void check_arm(mach_port_t name, mach_msg_id_t id, mach_port_mscount_t sync, mach_port_t notify, const char *file,
               int line) {
    mach_port_t previous = 0x5a5a5a5a;
    support_assert_code(ask(name, id, sync, notify, &previous), KERN_SUCCESS, "mach_port_request_notification", file,
                        line);
    _assert_int_equal(previous, MACH_PORT_NULL, file, line);
}

void check_ask_fails(mach_port_t name, mach_msg_id_t id, mach_port_mscount_t sync, mach_port_t notify,
                     kern_return_t code, const char *file, int line) {
    mach_port_t previous = 0x5a5a5a5a;
    support_assert_code(ask(name, id, sync, notify, &previous), code, "mach_port_request_notification", file, line);
    _assert_int_equal(previous, 0x5a5a5a5a, file, line);
}

mach_port_t cancel(mach_port_t name, mach_msg_id_t id) {
    mach_port_t previous = 0x5a5a5a5a;
    assert_success(ask(name, id, 0, MACH_PORT_NULL, &previous));
    return previous;
}

void check_send_once_to(mach_port_t right, mach_port_t port, const char *file, int line) {
    mach_msg_id_t id = 0;
    _assert_int_equal(type(right), MACH_PORT_TYPE_SEND_ONCE, file, line);
    support_assert_code(send_simple(right, MOVE_SEND_ONCE, 4711), MACH_MSG_SUCCESS, "mach_msg", file, line);
    support_assert_code(receive_simple(port, &id), MACH_MSG_SUCCESS, "mach_msg", file, line);
    _assert_int_equal(id, 4711, file, line);
}

mach_port_type_t listed_type(mach_port_t name) {
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    assert_success(mach_port_names(SELF, &names, &count, &types, &type_count));
    mach_port_type_t found = MACH_PORT_TYPE_NONE;
    for (mach_msg_type_number_t i = 0; i < count; i++) {
        if (names[i] == name) found = types[i];
    }
    assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)));
    assert_success(vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)));
    return found;
}

// ---- Notifications

void check_notification(mach_port_t port, mach_msg_id_t id, uint32_t value, const char *file, int line) {
    struct test_message received;
    support_assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS, "receiving a notification", file, line);
    _assert_int_equal(received.header.msgh_id, id, file, line);
    _assert_int_equal(received.header.msgh_bits, 0x1200, file, line);
    _assert_int_equal(received.header.msgh_remote_port, MACH_PORT_NULL, file, line);
    _assert_int_equal(received.header.msgh_size, id == SEND_ONCE ? 24 : 36, file, line);
    if (id != SEND_ONCE) _assert_int_equal(received.words[2], value, file, line);
}

mach_port_t check_port_destroyed(mach_port_t port, const char *file, int line) {
    struct test_message received;
    support_assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS, "receiving a notification", file, line);
    _assert_int_equal(received.header.msgh_id, PORT_DESTROYED, file, line);
    _assert_int_equal(received.header.msgh_size, 40, file, line);
    _assert_int_equal(received.ports[0].disposition, MACH_MSG_TYPE_PORT_RECEIVE, file, line);
    return received.ports[0].name;
}

// ---- Sending

mach_msg_return_t send_asking(mach_port_t destination, mach_msg_type_name_t disposition, mach_msg_id_t id) {
    struct test_message message = message_to(destination, disposition, id);
    mach_msg_return_t code = mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT | MACH_SEND_NOTIFY,
                                      sizeof(mach_msg_header_t), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
    if (code == MACH_SEND_TIMED_OUT) (void)mach_port_deallocate(SELF, message.header.msgh_remote_port);
    return code;
}

mach_port_t make_full_port(void) {
    mach_port_t port = port_with_send();
    set_limit(port, 1);
    queue_messages(port, 1);
    return port;
}

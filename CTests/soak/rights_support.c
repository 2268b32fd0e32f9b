// Rights and messages in short, and accounts that nothing may be missing from.
#include "rights_support.h"

bool soak_is_in(int64_t code, const int64_t *codes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (codes[i] == code) return true;
    }
    return false;
}

uint64_t soak_mix(uint64_t a, uint64_t b) {
    uint64_t z = a * 0x9e3779b97f4a7c15u + b + 0x632be59bd9b4e019u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

// ---- Rights

mach_port_t soak_port(void) {
    mach_port_t port = MACH_PORT_NULL;
    MUST_DO(mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port));
    return port;
}

mach_port_t soak_port_with_send(void) {
    mach_port_t port = soak_port();
    MUST_DO(mach_port_insert_right(SELF, port, port, MACH_MSG_TYPE_MAKE_SEND));
    return port;
}

mach_port_t soak_set(void) {
    mach_port_t set = MACH_PORT_NULL;
    MUST_DO(mach_port_allocate(SELF, MACH_PORT_RIGHT_PORT_SET, &set));
    return set;
}

task_t soak_task(void) {
    task_t task = MACH_PORT_NULL;
    MUST_DO(task_create(SELF, NULL, 0, FALSE, &task));
    return task;
}

void soak_limit(mach_port_t port, mach_port_msgcount_t limit) {
    mach_port_limits_t limits = {.mpl_qlimit = limit};
    MUST_DO(mach_port_set_attributes(SELF, port, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
                                     MACH_PORT_LIMITS_INFO_COUNT));
}

mach_port_name_t soak_give(task_t task, mach_port_t right, mach_msg_type_name_t disposition) {
    for (mach_port_name_t name = (2 + chance(50)) << 8 | 3;; name += 0x100) {
        kern_return_t code = mach_port_insert_right(task, name, right, disposition);
        if (code == KERN_SUCCESS) return name;
        MUST_BE_ONE_OF(code, KERN_NAME_EXISTS, KERN_FAILURE);
    }
}

// ---- Messages

mach_msg_return_t soak_send(mach_msg_header_t *header, mach_msg_size_t size, mach_msg_option_t option,
                            mach_msg_timeout_t timeout) {
    return mach_msg(header, MACH_SEND_MSG | option, size, 0, MACH_PORT_NULL, timeout, MACH_PORT_NULL);
}

mach_msg_return_t soak_receive(mach_msg_header_t *header, mach_msg_size_t size, mach_port_t name,
                               mach_msg_option_t option, mach_msg_timeout_t timeout) {
    return mach_msg(header, MACH_RCV_MSG | option, 0, size, name, timeout, MACH_PORT_NULL);
}

// ---- Accounts

// Any message that an account or a home may get.
struct returned {
    mach_msg_header_t header;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t right;
    unsigned char rest[512]; // a trailer, or more of a message
};

void open_account(struct account *account) {
    account->port = soak_port();
    atomic_store(&account->made, 0);
}

void read_account(struct account *account) {
    struct returned message;
    unsigned long long taken = 0;
    mach_msg_return_t code;
    while ((code = soak_receive(&message.header, sizeof(message), account->port, MACH_RCV_TIMEOUT, 0)) == 0) {
        // Who uses a right may send others along.
        mach_msg_destroy(&message.header);
        taken++;
    }
    MUST_BE(code, MACH_RCV_TIMED_OUT);
    atomic_fetch_sub(&account->made, taken);
}

void close_account(struct account *account) {
    read_account(account);
    MUST_BE(atomic_load(&account->made), 0);
    mach_port_status_t status;
    mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;
    MUST_DO(mach_port_get_attributes(SELF, account->port, MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&status, &count));
    MUST_BE(status.mps_sorights, 0);
    MUST_DO(mach_port_destroy(SELF, account->port));
}

void open_home(struct home *home) {
    home->port = soak_port();
    home->out = 0;
}

mach_port_t make_token(struct home *home) {
    mach_port_t token = soak_port(), previous = MACH_PORT_NULL;
    MUST_DO(mach_port_request_notification(SELF, token, MACH_NOTIFY_PORT_DESTROYED, 0, home->port,
                                           MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous));
    home->out += 1;
    return token;
}

void welcome_tokens(struct home *home) {
    struct returned message;
    mach_msg_return_t code;
    while ((code = soak_receive(&message.header, sizeof(message), home->port, MACH_RCV_TIMEOUT, 0)) == 0) {
        MUST_BE(message.header.msgh_id, MACH_NOTIFY_PORT_DESTROYED);
        MUST_BE(message.right.disposition, MACH_MSG_TYPE_PORT_RECEIVE);
        MUST_DO(mach_port_destroy(SELF, message.right.name));
        MUST(home->out > 0);
        home->out -= 1;
    }
    MUST_BE(code, MACH_RCV_TIMED_OUT);
}

void close_home(struct home *home) {
    welcome_tokens(home);
    MUST_BE(home->out, 0);
    MUST_DO(mach_port_destroy(SELF, home->port));
}

// An input is a sequence of messages between three tasks that carry rights of every disposition, guarded rights, port
// arrays and memory; and of what happens to rights and tasks while they are on their way.
#include "fuzz_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { STEPS = 60 };

static void send_one(struct input *input, uint8_t how) {
    unsigned char message[LARGEST_MESSAGE] __attribute__((aligned(8)));
    mach_msg_size_t size = build_message(input, acting, message);
    mach_msg_option_t option = MACH_SEND_MSG | (how & 8 ? MACH_SEND_NOTIFY : 0);
    mach_port_name_t receiver = MACH_PORT_NULL;
    if (how & 16) {
        option |= MACH_RCV_MSG | (how & 32 ? MACH_RCV_GUARDED_DESC : 0);
        receiver = choose_name(acting, next_byte(input));
    }
    (void)call(message, option, size, how & 16 ? LARGEST_MESSAGE : 0, receiver, how & 7);
}

static void receive_one(struct input *input, uint8_t how) {
    static const mach_msg_size_t sizes[] = {LARGEST_MESSAGE, LARGEST_MESSAGE, LARGEST_MESSAGE, 64};
    uint8_t selector = next_byte(input);
    mach_msg_option_t option = MACH_RCV_MSG | (how & 8 ? MACH_RCV_GUARDED_DESC : 0) | (how & 16 ? MACH_RCV_LARGE : 0);
    option |= MACH_RCV_TRAILER_ELEMENTS(how & 32 ? MACH_RCV_TRAILER_AV : 0);
    (void)call(NULL, option, 0, sizes[selector >> 6], choose_name(acting, selector), how & 7);
}

static void change_right(struct input *input, uint8_t how) {
    mach_port_name_t name = choose_name(acting, next_byte(input));
    switch (how & 7) {
    case 0:
        (void)TRY(mach_port_destroy(SELF, name));
        break;
    case 1:
        (void)TRY(mach_port_deallocate(SELF, name));
        break;
    case 2:
        (void)TRY(mach_port_mod_refs(SELF, name, MACH_PORT_RIGHT_RECEIVE, -1));
        break;
    case 3:
        (void)TRY(mach_port_mod_refs(SELF, name, how >> 3 & 3, how & 0x80 ? -1 : 1));
        break;
    case 4:
        (void)TRY(mach_port_insert_right(SELF, name, name, MACH_MSG_TYPE_MAKE_SEND));
        break;
    case 5:
        (void)TRY(mach_port_destruct(SELF, name, how & 8 ? -1 : 0, how & 16 ? GUARD : 0));
        break;
    case 6: {
        mach_port_limits_t limits = {how >> 3 & 7};
        (void)TRY(mach_port_set_attributes(SELF, name, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
                                           MACH_PORT_LIMITS_INFO_COUNT));
        break;
    }
    default: {
        mach_port_t new_name = MACH_PORT_NULL;
        if (TRY(mach_port_allocate(SELF, how & 8 ? MACH_PORT_RIGHT_PORT_SET : MACH_PORT_RIGHT_RECEIVE,
                                   out(0, &new_name))) == KERN_SUCCESS) {
            record_name(acting, new_name);
            if (how & 16) (void)TRY(mach_port_insert_right(SELF, new_name, new_name, MACH_MSG_TYPE_MAKE_SEND));
        }
    }
    }
}

static void guard_right(struct input *input, uint8_t how) {
    mach_port_name_t name = choose_name(acting, next_byte(input));
    switch (how & 3) {
    case 0:
        (void)TRY(mach_port_guard(SELF, name, GUARD, (how & 4) != 0));
        break;
    case 1:
        (void)TRY(mach_port_unguard(SELF, name, how & 4 ? 0 : GUARD));
        break;
    case 2:
        (void)TRY(mach_port_guard_with_flags(SELF, name, how & 16 ? 0 : GUARD, how >> 2 & 3));
        break;
    default:
        (void)TRY(mach_port_swap_guard(SELF, name, how & 4 ? 0 : GUARD, how & 8 ? 0 : GUARD));
        break;
    }
}

// Between tasks without a message.
static void move_right(struct input *input, uint8_t how) {
    mach_port_name_t task = choose_name(acting, how & 1 ? NEXT_TASK : LAST_TASK);
    mach_port_name_t theirs = next_byte(input), mine = next_byte(input);
    unsigned other = (acting + (how & 1 ? 1 : TASKS - 1)) % TASKS;
    mach_msg_type_name_t disposition = choose_disposition(next_byte(input));
    theirs = choose_name(other, (uint8_t)theirs);
    if (how & 2) {
        mach_port_t right = MACH_PORT_NULL;
        mach_msg_type_name_t kind;
        if (TRY(mach_port_extract_right(task, theirs, disposition, out(0, &right), out(1, &kind))) == KERN_SUCCESS)
            record_name(acting, right);
    } else {
        (void)TRY(mach_port_insert_right(task, theirs, choose_name(acting, (uint8_t)mine), disposition));
    }
}

static void ask_for_notification(struct input *input, uint8_t how) {
    static const mach_msg_id_t ids[] = {MACH_NOTIFY_DEAD_NAME, MACH_NOTIFY_NO_SENDERS, MACH_NOTIFY_PORT_DESTROYED,
                                        MACH_NOTIFY_SEND_POSSIBLE};
    mach_port_name_t name = choose_name(acting, next_byte(input)), notify = choose_name(acting, next_byte(input));
    mach_port_t previous = MACH_PORT_NULL;
    mach_msg_type_name_t disposition = how & 8 ? MACH_MSG_TYPE_MOVE_SEND_ONCE : MACH_MSG_TYPE_MAKE_SEND_ONCE;
    if (TRY(mach_port_request_notification(SELF, name, ids[how & 3], how & 4 ? 1 : 0, notify, disposition,
                                           out(0, &previous))) == KERN_SUCCESS)
        record_name(acting, previous);
}

static void change_set(struct input *input, uint8_t how) {
    mach_port_name_t member = choose_name(acting, next_byte(input)), set = choose_name(acting, next_byte(input));
    switch (how & 3) {
    case 0:
        (void)TRY(mach_port_insert_member(SELF, member, set));
        break;
    case 1:
        (void)TRY(mach_port_extract_member(SELF, member, set));
        break;
    case 2:
        (void)TRY(mach_port_move_member(SELF, member, set));
        break;
    default: {
        int descriptor;
        if (TRY(mach_linux_port_fd(SELF, member, out(0, &descriptor))) == KERN_SUCCESS) keep_descriptor(descriptor);
    }
    }
}

// Rights that tasks and threads keep.
static void keep_right(struct input *input, uint8_t how) {
    mach_port_name_t name = choose_name(acting, next_byte(input)), right = choose_name(acting, next_byte(input));
    switch (how & 3) {
    case 0: {
        mach_port_t ports[3] = {name, right, name};
        (void)TRY(mach_ports_register(SELF, ports, how >> 2 & 3));
        break;
    }
    case 1:
        (void)TRY(task_set_special_port(name, how >> 2 & 15, right));
        break;
    case 2:
        (void)TRY(task_set_exception_ports(
            SELF, EXC_MASK_GUARD, right,
            (exception_behavior_t)((how & 4 ? MACH_EXCEPTION_CODES : 0) | EXCEPTION_DEFAULT), 0));
        break;
    default:
        (void)TRY(thread_set_exception_ports(names[acting][THREAD], EXC_MASK_GUARD, right, EXCEPTION_DEFAULT, 0));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = begin_bytes(bytes, size);
    if (size > 1024) return -1;
    begin_input(TASKS);
    for (unsigned i = 0; i < STEPS && input.left > 0; i++) {
        uint8_t code = next_byte(&input), how = next_byte(&input);
        if (!act_as(code >> 6 == 3 ? acting : code >> 6)) continue;
        if (code & 16) disturb(next_byte(&input));
        switch (code & 15) {
        default:
            send_one(&input, how);
            break;
        case 4:
        case 5:
        case 6:
            receive_one(&input, how);
            break;
        case 7:
        case 8:
            change_right(&input, how);
            break;
        case 9:
            guard_right(&input, how);
            break;
        case 10:
            move_right(&input, how);
            break;
        case 11:
            ask_for_notification(&input, how);
            break;
        case 12:
            change_set(&input, how);
            break;
        case 13:
            keep_right(&input, how);
            break;
        case 14:
            if (how & 1) {
                make_child(acting, false);
            } else {
                (void)TRY(task_terminate(choose_name(acting, how >> 1)));
            }
            break;
        case 15:
            MUST(mach_linux_check() == KERN_SUCCESS);
            break;
        }
        calm();
    }
    end_input();
    return 0;
}

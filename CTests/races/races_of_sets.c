// Races of port sets: members come and go under receivers; descriptors tell of queues that change.
#include "race_support.h"

#include <poll.h>
#include <unistd.h>

enum { PORTS = 2 };
static mach_port_t ports[PORTS], set, other_set;
static bool in_set[PORTS], in_other[PORTS]; // of the thread that changes them

// ---- Members enter and leave a set under receivers on the set, with senders blocked on the members.

static void post_to_one(struct racer *me) {
    while (me->posted < me->letters) MUST_DO(post_letter(me, me->index, ports[me->index], 0, 0));
}

static void take_from_set(struct racer *me) { take_letters(me, set, 2); }

static void change_once(unsigned i) {
    switch (chance(5)) {
    case 0:
        MUST_BE(mach_port_insert_member(SELF, ports[i], set), in_set[i] ? KERN_ALREADY_IN_SET : KERN_SUCCESS);
        in_set[i] = true;
        break;
    case 1:
        MUST_BE(mach_port_extract_member(SELF, ports[i], set), in_set[i] ? KERN_SUCCESS : KERN_NOT_IN_SET);
        in_set[i] = false;
        break;
    case 2:
        MUST_DO(mach_port_move_member(SELF, ports[i], other_set));
        in_set[i] = false;
        in_other[i] = true;
        break;
    case 3:
        MUST_DO(mach_port_move_member(SELF, ports[i], MACH_PORT_NULL));
        in_set[i] = in_other[i] = false;
        break;
    default:
        MUST_BE(mach_port_insert_member(SELF, ports[i], other_set), in_other[i] ? KERN_ALREADY_IN_SET : KERN_SUCCESS);
        in_other[i] = true;
    }
}

static void change_sets(struct racer *me) {
    (void)me;
    for (unsigned i = 0; i < 3; i++) change_once(chance(PORTS));
    for (unsigned i = 0; i < PORTS; i++) {
        if (!in_set[i]) MUST_DO(mach_port_insert_member(SELF, ports[i], set));
    }
}

// Waits on a member for a message that does not fit, so that it takes none.
static void look_at_member(struct racer *me) {
    (void)me;
    mach_msg_header_t header;
    for (unsigned i = 0; i < 2; i++) {
        MUST_BE_ONE_OF(
            soak_receive(&header, 8, chance(2) == 0 ? ports[0] : other_set, MACH_RCV_LARGE | MACH_RCV_TIMEOUT, 2),
            MACH_RCV_TOO_LARGE, MACH_RCV_TIMED_OUT);
    }
}

static void must_be_members(mach_port_t name, const bool *are) {
    mach_port_name_array_t members = NULL;
    mach_msg_type_number_t count = 0;
    MUST_DO(mach_port_get_set_status(SELF, name, &members, &count));
    unsigned expected = 0;
    for (unsigned i = 0; i < PORTS; i++) {
        bool is_listed = false;
        for (unsigned j = 0; j < count; j++) is_listed |= members[j] == ports[i];
        MUST_BE(is_listed, are[i]);
        expected += are[i];
    }
    MUST_BE(count, expected);
    if (count > 0) MUST_DO(vm_deallocate(SELF, (vm_address_t)members, count * sizeof(*members)));
}

static void changing_members(void) {
    set = soak_set();
    other_set = soak_set();
    for (unsigned i = 0; i < PORTS; i++) {
        ports[i] = soak_port_with_send();
        soak_limit(ports[i], 1 + chance(2));
        in_other[i] = false;
        in_set[i] = chance(2) == 0;
        if (in_set[i]) MUST_DO(mach_port_insert_member(SELF, ports[i], set));
    }
    RUN_RACE({.body = post_to_one, .letters = 2, .index = 0}, {.body = post_to_one, .letters = 2, .index = 1},
             {.body = take_from_set}, {.body = take_from_set}, {.body = change_sets}, {.body = look_at_member});
    must_be_members(set, (bool[PORTS]){true, true});
    must_be_members(other_set, in_other);
    must_be_empty(set);
    must_be_empty(other_set);
    close_letters(ALL_ARRIVE);
    for (unsigned i = 0; i < PORTS; i++) {
        must_be_empty(ports[i]);
        MUST_DO(mach_port_destroy(SELF, ports[i]));
    }
    MUST_DO(mach_port_destroy(SELF, set));
    MUST_DO(mach_port_destroy(SELF, other_set));
}

// ---- The descriptor of a port and of its set against send, receive, and the port's way out of the set.

static int port_fd, set_fd; // -1 when none was made

static bool is_readable(int fd) {
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    int count = poll(&polled, 1, 0);
    MUST(count >= 0 && (polled.revents & ~POLLIN) == 0);
    return count == 1;
}

static void open_descriptors(struct racer *me) {
    if ((me->index & 1) != 0) MUST_DO(mach_linux_port_fd(SELF, ports[0], &port_fd));
    if ((me->index & 2) != 0) MUST_DO(mach_linux_port_fd(SELF, set, &set_fd));
}

static void post_freely(struct racer *me) {
    while (me->posted < me->letters) MUST_DO(post_letter(me, 0, ports[0], 0, 0));
}

static void take_some(struct racer *me) {
    for (unsigned taken = 0; taken < me->index;) {
        struct parcel parcel;
        bool from_set = chance(3) != 0;
        mach_msg_return_t code = take(me, &parcel, from_set ? set : ports[0], from_set ? MACH_RCV_TIMEOUT : 0, 1);
        MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, from_set ? MACH_RCV_TIMED_OUT : 0);
        taken += code == MACH_MSG_SUCCESS;
    }
}

static void leave_and_enter(struct racer *me) {
    for (unsigned i = 0; i < me->index; i++) {
        if (in_set[0]) MUST_DO(mach_port_extract_member(SELF, ports[0], set));
        if (!in_set[0]) MUST_DO(mach_port_insert_member(SELF, ports[0], set));
        in_set[0] = !in_set[0];
    }
}

static void check_descriptors(bool has_messages) {
    if (port_fd >= 0) MUST_BE(is_readable(port_fd), has_messages);
    if (set_fd >= 0) MUST_BE(is_readable(set_fd), has_messages && in_set[0]);
}

static void descriptors(void) {
    enum { ALL = 4 };
    set = soak_set();
    ports[0] = soak_port_with_send();
    soak_limit(ports[0], 1 + chance(ALL));
    in_set[0] = chance(2) == 0;
    if (in_set[0]) MUST_DO(mach_port_insert_member(SELF, ports[0], set));
    port_fd = set_fd = -1;
    unsigned which = 1 + chance(3), made_before = chance(4) & which;
    unsigned taken = chance(2) == 0 ? ALL : chance(ALL);
    open_descriptors(&(struct racer){.index = made_before});
    if (ALL - taken > 1) soak_limit(ports[0], ALL - taken);
    RUN_RACE({.body = post_freely, .letters = 2}, {.body = post_freely, .letters = 2},
             {.body = take_some, .index = taken}, {.body = leave_and_enter, .index = chance(4)},
             {.body = open_descriptors, .index = which & ~made_before});
    MUST_BE(race_status(ports[0]).mps_msgcount, ALL - taken);
    check_descriptors(taken < ALL);
    MUST_BE(drain(chance(2) == 0 && in_set[0] ? set : ports[0], 0), ALL - taken);
    check_descriptors(false);
    close_letters(ALL_ARRIVE);
    MUST_DO(mach_port_destroy(SELF, ports[0]));
    if (port_fd >= 0) MUST(is_readable(port_fd));
    if (set_fd >= 0) MUST(!is_readable(set_fd));
    MUST_DO(mach_port_destroy(SELF, set));
    if (set_fd >= 0) MUST(is_readable(set_fd));
    if (port_fd >= 0) close(port_fd);
    if (set_fd >= 0) close(set_fd);
}

const struct race races_of_sets[] = {{"changing_members", changing_members}, {"descriptors", descriptors}, {0}};

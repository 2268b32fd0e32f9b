// The bootstrap: every routine and code, by call and by message; lives and ends of services, subsets and servers; a server of the program's own. Rows B1-B16.
#include "bootstrap_support.h"

#include <mach/mach_error.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct bootstrap_routines *by; // the way of the running test

// Every test runs both ways.
static void run_both_ways(void (*test)(void)) {
    by = &bootstrap_calls;
    test();
    open_reply_port();
    by = &bootstrap_messages;
    test();
    close_reply_port();
}
#define BOTH_WAYS(name)                                                                                                \
    static void name##_body(void);                                                                                     \
    static void name(void **state) {                                                                                   \
        (void)state;                                                                                                   \
        run_both_ways(name##_body);                                                                                    \
    }                                                                                                                  \
    static void name##_body(void)

#define BP bootstrap_port

// Nothing may have changed; by message the reply port has.
static void check_unchanged(struct picture picture) {
    if (by == &bootstrap_calls)
        assert_unchanged(picture);
    else
        free(picture.names);
}

static char service[] = "org.example.service";
static const mach_port_t NOT_SET = 0x5a5a5a5a;

static mach_port_t create(mach_port_t bp, char *name) {
    mach_port_t port = NOT_SET;
    assert_success(by->bootstrap_create_service(bp, name, &port));
    return port;
}

static mach_port_t check_in(mach_port_t bp, const char *name) {
    mach_port_t port = NOT_SET;
    assert_success(by->bootstrap_check_in(bp, name, &port));
    return port;
}

static mach_port_t look_up(mach_port_t bp, const char *name) {
    mach_port_t port = NOT_SET;
    assert_success(by->bootstrap_look_up(bp, name, &port));
    return port;
}

static bootstrap_status_t status_of(mach_port_t bp, char *name) {
    bootstrap_status_t status = 77;
    assert_success(by->bootstrap_status(bp, name, &status));
    return status;
}

static mach_port_t subset_of(mach_port_t bp, mach_port_t requestor) {
    mach_port_t port = NOT_SET;
    assert_success(by->bootstrap_subset(bp, requestor, &port));
    return port;
}

static mach_port_t server_in(mach_port_t bp, boolean_t on_demand) {
    mach_port_t port = NOT_SET;
    char none[] = "";
    assert_success(by->bootstrap_create_server(bp, none, geteuid(), on_demand, &port));
    return port;
}

static void expect_unknown(mach_port_t bp, char *name) {
    mach_port_t port = NOT_SET;
    bootstrap_status_t status = 77;
    assert_code(by->bootstrap_look_up(bp, name, &port), BOOTSTRAP_UNKNOWN_SERVICE);
    assert_code(by->bootstrap_status(bp, name, &status), BOOTSTRAP_UNKNOWN_SERVICE);
    assert_int_equal(port, NOT_SET);
    assert_int_equal(status, 77);
}

static void take_away(mach_port_t bp, char *name) { assert_success(by->bootstrap_register(bp, name, MACH_PORT_NULL)); }

static void release_send(mach_port_t name) { assert_success(mach_port_deallocate(SELF, name)); }

static void end_receive(mach_port_t name) {
    assert_success(mach_port_mod_refs(SELF, name, MACH_PORT_RIGHT_RECEIVE, -1));
}

// ---- The port

// B1
static void the_process_has_a_bootstrap_port(void **state) {
    (void)state;
    mach_port_t port = MACH_PORT_NULL;
    assert_int_equal(type(BP), MACH_PORT_TYPE_SEND);
    assert_success(task_get_bootstrap_port(SELF, &port));
    assert_int_equal(port, BP);
    release_send(port);
    task_t task = make_task();
    assert_success(task_get_bootstrap_port(task, &port));
    assert_int_equal(port, BP);
    release_send(port);
    assert_int_equal(count_names_in(task), 1);
    end_task(task);
    natural_t kind = 0;
    mach_vm_address_t object = 0;
    assert_success(mach_port_kobject(SELF, BP, &kind, &object));
    assert_int_equal(kind, 256);
    assert_true(object != 0);
}

// B1: in another task it has the name that it is given.
BOTH_WAYS(a_task_finds_services_through_the_port_that_it_inherits) {
    mach_port_t port = create(BP, service), receive = check_in(BP, service);
    assert_int_equal(port, receive);
    task_t task = make_task();
    enter(task);
    mach_port_t bootstrap = MACH_PORT_NULL, found = MACH_PORT_NULL;
    assert_success(task_get_bootstrap_port(SELF, &bootstrap));
    assert_success(bootstrap_look_up(bootstrap, service, &found));
    assert_int_equal(send_simple(found, MACH_MSG_TYPE_COPY_SEND, 42), MACH_MSG_SUCCESS);
    leave();
    mach_msg_id_t id = 0;
    assert_success(receive_simple(receive, &id));
    assert_int_equal(id, 42);
    end_task(task);
    end_receive(receive);
    release_send(port);
    take_away(BP, service);
}

// B2
BOTH_WAYS(what_is_no_bootstrap_port_cannot_be_asked) {
    mach_port_t dead = make_dead_name(1), receive = make_port(), set = make_set(), out = NOT_SET;
    mach_port_t none[] = {MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03, dead, receive, set};
    bootstrap_status_t status = 77;
    (void)mig_get_reply_port();
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        char command[] = "";
        assert_code(by->bootstrap_look_up(none[i], service, &out), MACH_SEND_INVALID_DEST);
        assert_code(by->bootstrap_check_in(none[i], service, &out), MACH_SEND_INVALID_DEST);
        assert_code(by->bootstrap_create_service(none[i], service, &out), MACH_SEND_INVALID_DEST);
        assert_code(by->bootstrap_register(none[i], service, SELF), MACH_SEND_INVALID_DEST);
        assert_code(by->bootstrap_status(none[i], service, &status), MACH_SEND_INVALID_DEST);
        assert_code(by->bootstrap_subset(none[i], SELF, &out), MACH_SEND_INVALID_DEST);
        assert_code(by->bootstrap_create_server(none[i], command, 0, FALSE, &out), MACH_SEND_INVALID_DEST);
        assert_code(by->bootstrap_unprivileged(none[i], &out), MACH_SEND_INVALID_DEST);
        assert_code(by->bootstrap_parent(none[i], &out), MACH_SEND_INVALID_DEST);
    }
    assert_int_equal(out, NOT_SET);
    assert_int_equal(status, 77);
    check_unchanged(picture);
    // Kernel ports of other kinds know other routines by these ids.
    assert_code(by->bootstrap_look_up(SELF, service, &out), MIG_BAD_ARGUMENTS);
    assert_true(by->bootstrap_create_service(SELF, service, &out) != KERN_SUCCESS);
    assert_int_equal(out, NOT_SET);
    mig_dealloc_reply_port(mig_get_reply_port());
    destroy(dead);
    destroy(receive);
    destroy(set);
}

static void null_pointers_are_invalid_arguments(void **state) {
    (void)state;
    mach_port_t out = NOT_SET;
    bootstrap_status_t status = 77;
    char command[] = "";
    assert_code(bootstrap_look_up(BP, NULL, &out), KERN_INVALID_ARGUMENT);
    assert_code(bootstrap_look_up(BP, service, NULL), KERN_INVALID_ARGUMENT);
    assert_code(bootstrap_check_in(BP, NULL, &out), KERN_INVALID_ARGUMENT);
    assert_code(bootstrap_check_in(BP, service, NULL), KERN_INVALID_ARGUMENT);
    assert_code(bootstrap_create_service(BP, NULL, &out), KERN_INVALID_ARGUMENT);
    assert_code(bootstrap_create_service(BP, service, NULL), KERN_INVALID_ARGUMENT);
    assert_code(bootstrap_register(BP, NULL, MACH_PORT_NULL), KERN_INVALID_ARGUMENT);
    assert_code(bootstrap_status(BP, NULL, &status), KERN_INVALID_ARGUMENT);
    assert_code(bootstrap_status(BP, service, NULL), KERN_INVALID_ARGUMENT);
    assert_code(bootstrap_subset(BP, SELF, NULL), KERN_INVALID_ARGUMENT);
    assert_code(bootstrap_create_server(BP, NULL, geteuid(), FALSE, &out), KERN_INVALID_ARGUMENT);
    assert_code(bootstrap_create_server(BP, command, geteuid(), FALSE, NULL), KERN_INVALID_ARGUMENT);
    assert_code(bootstrap_unprivileged(BP, NULL), KERN_INVALID_ARGUMENT);
    assert_code(bootstrap_parent(BP, NULL), KERN_INVALID_ARGUMENT);
    assert_int_equal(out, NOT_SET);
    by = &bootstrap_calls;
    expect_unknown(BP, service);
}

// B3
static void names_have_up_to_127_bytes(void **state) {
    (void)state;
    char longest[160], other[128];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = 0;
    memcpy(other, longest, 127);
    other[127] = 0;
    by = &bootstrap_calls;
    mach_port_t port = create(BP, longest);
    // What is longer is cut.
    assert_int_equal(look_up(BP, other), port);
    other[126] = 'y';
    expect_unknown(BP, other);
    other[126] = 0;
    expect_unknown(BP, other);
    take_away(BP, longest);
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_DEAD_NAME, -2));
    // The empty name is one, and so is any sequence of bytes.
    char empty[] = "", bytes[] = "\xff\x80 \n/";
    mach_port_t first = create(BP, empty), second = create(BP, bytes);
    assert_true(first != second);
    assert_int_equal(look_up(BP, empty), first);
    assert_int_equal(look_up(BP, bytes), second);
    take_away(BP, empty);
    take_away(BP, bytes);
    assert_success(mach_port_mod_refs(SELF, first, MACH_PORT_RIGHT_DEAD_NAME, -2));
    assert_success(mach_port_mod_refs(SELF, second, MACH_PORT_RIGHT_DEAD_NAME, -2));
}

// ---- Services

// B4, B5, B6
BOTH_WAYS(a_created_service_is_there_before_anyone_serves_it) {
    expect_unknown(BP, service);
    mach_port_t port = create(BP, service), again = NOT_SET;
    assert_int_equal(type(port), MACH_PORT_TYPE_SEND);
    assert_int_equal(status_of(BP, service), BOOTSTRAP_STATUS_INACTIVE);
    assert_int_equal(look_up(BP, service), port);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    assert_code(by->bootstrap_create_service(BP, service, &again), BOOTSTRAP_NAME_IN_USE);
    assert_int_equal(again, NOT_SET);
    take_away(BP, service);
    expect_unknown(BP, service);
    assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_DEAD_NAME, -2));
}

// B6, B7
BOTH_WAYS(messages_wait_for_the_check_in) {
    mach_port_t port = create(BP, service);
    for (mach_msg_id_t id = 1; id <= 5; id++) assert_success(send_simple(port, MACH_MSG_TYPE_COPY_SEND, id));
    assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, 6), MACH_SEND_TIMED_OUT);
    mach_port_t receive = check_in(BP, service);
    assert_int_equal(receive, port);
    assert_int_equal(type(receive), MACH_PORT_TYPE_SEND_RECEIVE);
    mach_port_status_t now = status(receive);
    assert_int_equal(now.mps_mscount, 0);
    assert_int_equal(now.mps_seqno, 0);
    for (mach_msg_id_t id = 1; id <= 5; id++) {
        mach_msg_id_t got = 0;
        assert_success(receive_simple(receive, &got));
        assert_int_equal(got, id);
    }
    assert_int_equal(status_of(BP, service), BOOTSTRAP_STATUS_ACTIVE);
    mach_port_t second = NOT_SET;
    assert_code(by->bootstrap_check_in(BP, service, &second), BOOTSTRAP_SERVICE_ACTIVE);
    assert_code(by->bootstrap_register(BP, service, port), BOOTSTRAP_SERVICE_ACTIVE);
    assert_code(by->bootstrap_register(BP, service, MACH_PORT_NULL), BOOTSTRAP_SERVICE_ACTIVE);
    assert_code(by->bootstrap_create_service(BP, service, &second), BOOTSTRAP_NAME_IN_USE);
    assert_int_equal(second, NOT_SET);
    end_receive(receive);
    take_away(BP, service);
    destroy(port);
}

// B7: with each way to lose a receive right.
BOTH_WAYS(a_service_that_was_created_can_be_checked_in_again) {
    mach_port_t port = create(BP, service);
    for (int how = 0; how < 5; how++) {
        mach_port_t receive = check_in(BP, service);
        assert_int_equal(receive, port);
        assert_success(send_simple(port, MACH_MSG_TYPE_COPY_SEND, 100 + how));
        // The send right goes with mach_port_destroy and the task.
        if (how == 1 || how == 4) assert_int_equal(look_up(BP, service), port);
        switch (how) {
        case 0:
            end_receive(receive);
            break;
        case 1:
            destroy(receive);
            break;
        case 2:
            assert_success(mach_port_destruct(SELF, receive, 0, 0));
            break;
        case 3: { // in a message that ends
            mach_port_t carrier = port_with_send();
            struct {
                mach_msg_header_t header;
                mach_msg_body_t body;
                mach_msg_port_descriptor_t right;
            } message = {.header = {.msgh_bits = MACH_MSGH_BITS_COMPLEX | COPY_SEND, .msgh_remote_port = carrier},
                         .body = {.msgh_descriptor_count = 1},
                         .right = {.name = receive, .disposition = MOVE_RECEIVE, .type = MACH_MSG_PORT_DESCRIPTOR}};
            assert_success(mach_msg(&message.header, MACH_SEND_MSG, sizeof(message), 0, 0, 0, 0));
            assert_int_equal(status_of(BP, service), BOOTSTRAP_STATUS_ACTIVE);
            destroy(carrier);
            break;
        }
        case 4: { // with its task
            task_t task = make_task();
            (void)give(task, receive, MACH_MSG_TYPE_MOVE_RECEIVE);
            assert_int_equal(status_of(BP, service), BOOTSTRAP_STATUS_ACTIVE);
            end_task(task);
            break;
        }
        }
        assert_int_equal(status_of(BP, service), BOOTSTRAP_STATUS_INACTIVE);
        if (how == 1) port = look_up(BP, service);
        assert_int_equal(type(port), MACH_PORT_TYPE_SEND);
        // What waited waits on.
        receive = check_in(BP, service);
        mach_msg_id_t id = 0;
        assert_success(receive_simple(receive, &id));
        assert_int_equal(id, 100 + how);
        end_receive(receive);
    }
    take_away(BP, service);
    destroy(port);
}

// B7
BOTH_WAYS(a_check_in_makes_a_service_that_no_one_has_created) {
    mach_port_t receive = check_in(BP, service), second = NOT_SET;
    assert_int_equal(type(receive), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(status_of(BP, service), BOOTSTRAP_STATUS_ACTIVE);
    assert_code(by->bootstrap_check_in(BP, service, &second), BOOTSTRAP_SERVICE_ACTIVE);
    assert_int_equal(look_up(BP, service), receive);
    assert_int_equal(type(receive), MACH_PORT_TYPE_SEND_RECEIVE);
    end_receive(receive);
    expect_unknown(BP, service);
    assert_int_equal(type(receive), MACH_PORT_TYPE_DEAD_NAME);
    release_send(receive);
}

// B7: a program's own request comes first.
BOTH_WAYS(a_program_that_asked_for_the_receive_right_gets_it_before_the_bootstrap) {
    mach_port_t port = create(BP, service), receive = check_in(BP, service), notify = make_port();
    request(SELF, receive, MACH_NOTIFY_PORT_DESTROYED, 0, notify);
    end_receive(receive);
    assert_int_equal(status_of(BP, service), BOOTSTRAP_STATUS_ACTIVE);
    struct notification notification = expect_notification(notify, MACH_NOTIFY_PORT_DESTROYED);
    assert_int_equal(notification.right.name, port);
    end_receive(port);
    assert_int_equal(status_of(BP, service), BOOTSTRAP_STATUS_INACTIVE);
    take_away(BP, service);
    release_send(port);
    destroy(notify);
}

// B8
BOTH_WAYS(a_registered_service_vanishes_with_its_port) {
    mach_port_t port = port_with_send(), other = port_with_send();
    assert_success(by->bootstrap_register(BP, service, port));
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    assert_int_equal(look_up(BP, service), port);
    assert_int_equal(status_of(BP, service), BOOTSTRAP_STATUS_ACTIVE);
    assert_code(by->bootstrap_register(BP, service, other), BOOTSTRAP_SERVICE_ACTIVE);
    assert_code(by->bootstrap_register(BP, service, MACH_PORT_NULL), BOOTSTRAP_SERVICE_ACTIVE);
    mach_port_t out = NOT_SET;
    assert_code(by->bootstrap_check_in(BP, service, &out), BOOTSTRAP_SERVICE_ACTIVE);
    assert_code(by->bootstrap_create_service(BP, service, &out), BOOTSTRAP_NAME_IN_USE);
    // One port may serve several names.
    char second[] = "org.example.second";
    assert_success(by->bootstrap_register(BP, second, port));
    assert_int_equal(look_up(BP, second), port);
    kill_port(port);
    expect_unknown(BP, service);
    expect_unknown(BP, second);
    assert_success(by->bootstrap_register(BP, service, other));
    destroy(other);
    expect_unknown(BP, service);
    destroy(port);
}

// B8
BOTH_WAYS(what_cannot_be_registered) {
    mach_port_t dead = make_dead_name(1), receive = make_port(), set = make_set();
    struct picture picture = take_picture();
    take_away(BP, service); // nothing is there
    assert_code(by->bootstrap_register(BP, service, MACH_PORT_DEAD), BOOTSTRAP_NO_MEMORY);
    assert_code(by->bootstrap_register(BP, service, dead), BOOTSTRAP_NO_MEMORY);
    assert_code(by->bootstrap_register(BP, service, receive), MACH_SEND_INVALID_RIGHT);
    assert_code(by->bootstrap_register(BP, service, set), MACH_SEND_INVALID_RIGHT);
    assert_code(by->bootstrap_register(BP, service, 0x7fffff03), MACH_SEND_INVALID_RIGHT);
    expect_unknown(BP, service);
    check_unchanged(picture);
    destroy(dead);
    destroy(receive);
    destroy(set);
}

// B8
BOTH_WAYS(registering_replaces_a_service_that_waits) {
    mach_port_t port = create(BP, service), other = port_with_send(), reply = make_port();
    struct simple_message message = {.header = {.msgh_bits = MACH_MSGH_BITS(COPY_SEND, MAKE_SEND_ONCE),
                                                .msgh_remote_port = port,
                                                .msgh_local_port = reply}};
    assert_success(mach_msg(&message.header, MACH_SEND_MSG, 24, 0, 0, 0, 0));
    assert_success(by->bootstrap_register(BP, service, other));
    assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);
    expect_send_once_notification(reply);
    assert_int_equal(look_up(BP, service), other);
    destroy(other);
    destroy(reply);
    release_send(port);
}

// B8: a port that has no receive right in any space, and one of the kernel's.
BOTH_WAYS(any_send_right_can_be_registered) {
    task_t task = make_task();
    assert_success(by->bootstrap_register(BP, service, task));
    assert_int_equal(look_up(BP, service), task);
    assert_success(mach_port_deallocate(SELF, task));
    end_task(task);
    expect_unknown(BP, service);
    mach_port_t carrier = MACH_PORT_NULL, port = make_send_only(1, &carrier);
    assert_success(by->bootstrap_register(BP, service, port));
    destroy(carrier);
    expect_unknown(BP, service);
    release_send(port);
}

// B4: many names, so that the table grows.
BOTH_WAYS(a_thousand_services_are_found) {
    enum { MANY = 1000 };
    static mach_port_t ports[MANY];
    char name[32];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "service %d", i);
        ports[i] = i % 2 == 0 ? create(BP, name) : check_in(BP, name);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "service %d", i);
        assert_int_equal(look_up(BP, name), ports[i]);
        release_send(ports[i]);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "service %d", i);
        if (i % 2 == 0) take_away(BP, name);
        destroy(ports[i]);
        expect_unknown(BP, name);
    }
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// B8: each record is found at the front of the port's chain, so that the end costs no more than the beginning.
static void a_port_of_many_services_ends_quickly(void **state) {
    (void)state;
    enum { MANY = 20000 };
    by = &bootstrap_calls;
    mach_port_t port = port_with_send();
    char name[32];
    double start = seconds();
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "service %d", i);
        assert_success(bootstrap_register(BP, name, port));
    }
    double registered = seconds();
    destroy(port);
    double ended = seconds();
    expect_unknown(BP, name);
    if (ended - registered > 10 * (registered - start))
        fail_msg("%g s, and %g s to end", registered - start, ended - registered);
}

// ---- Subsets

// B9
BOTH_WAYS(a_subset_sees_what_is_above_and_hides_what_is_its_own) {
    mach_port_t requestor = port_with_send(), subset = subset_of(BP, requestor), inner = subset_of(subset, requestor);
    mach_port_t above = create(BP, service);
    assert_int_equal(look_up(subset, service), above);
    assert_int_equal(look_up(inner, service), above);
    assert_int_equal(status_of(inner, service), BOOTSTRAP_STATUS_INACTIVE);
    // The same name again, below.
    mach_port_t below = create(subset, service);
    assert_true(below != above);
    assert_int_equal(look_up(subset, service), below);
    assert_int_equal(look_up(inner, service), below);
    assert_int_equal(look_up(BP, service), above);
    // Checking in, registering and creating look in one place alone.
    mach_port_t own = check_in(inner, service);
    assert_true(own != above && own != below);
    assert_int_equal(status_of(subset, service), BOOTSTRAP_STATUS_INACTIVE);
    char second[] = "org.example.second";
    assert_success(by->bootstrap_register(inner, second, requestor));
    assert_int_equal(look_up(inner, second), requestor);
    expect_unknown(subset, second);
    expect_unknown(BP, second);
    take_away(inner, second + 1); // nothing is there
    take_away(BP, service);
    destroy(own);
    kill_port(requestor);
    assert_int_equal(type(below), MACH_PORT_TYPE_DEAD_NAME);
    destroy(requestor);
    destroy(subset);
    destroy(inner);
    destroy(above);
    destroy(below);
}

// B9
BOTH_WAYS(a_subset_ends_with_its_requestor) {
    mach_port_t requestor = port_with_send(), other = port_with_send(), notify = make_port();
    mach_port_t subset = subset_of(BP, requestor), inner = subset_of(subset, other), server = server_in(inner, FALSE);
    char names[4][16] = {"waits", "checked in", "registered", "the server's"};
    mach_port_t waiting = create(subset, names[0]);
    mach_port_t checked_in = create(subset, names[1]);
    assert_int_equal(check_in(subset, names[1]), checked_in);
    assert_success(by->bootstrap_register(inner, names[2], notify == 0 ? 0 : other));
    mach_port_t servers = create(server, names[3]);
    request(SELF, subset, MACH_NOTIFY_DEAD_NAME, 0, notify);
    kill_port(requestor);
    expect_notified(notify, MACH_NOTIFY_DEAD_NAME, subset);
    assert_int_equal(type(subset), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(inner), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(server), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(waiting), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(servers), MACH_PORT_TYPE_DEAD_NAME);
    // Whoever had checked in keeps the right, and then it ends as any.
    assert_int_equal(type(checked_in), MACH_PORT_TYPE_SEND_RECEIVE);
    end_receive(checked_in);
    assert_int_equal(type(checked_in), MACH_PORT_TYPE_DEAD_NAME);
    mach_port_t out = NOT_SET;
    assert_code(by->bootstrap_look_up(subset, names[0], &out), MACH_SEND_INVALID_DEST);
    mig_dealloc_reply_port(mig_get_reply_port()); // a dead port is no longer known as one of the library's
    for (int i = 0; i < 4; i++) expect_unknown(BP, names[i]);
    mach_port_t all[] = {requestor, other, notify, subset, inner, server, waiting, checked_in, servers};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

// B9
BOTH_WAYS(a_subset_stays_without_senders_and_ends_alone) {
    mach_port_t requestor = port_with_send(), first = subset_of(BP, requestor), second = subset_of(BP, requestor);
    assert_true(first != second);
    mach_port_t port = create(first, service);
    destroy(first);
    assert_int_equal(type(port), MACH_PORT_TYPE_SEND);
    // The inner subset of another requestor ends first.
    mach_port_t other = port_with_send(), inner = subset_of(second, other), deep = create(inner, service);
    destroy(other);
    assert_int_equal(type(inner), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(deep), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(second), MACH_PORT_TYPE_SEND);
    destroy(requestor);
    assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(second), MACH_PORT_TYPE_DEAD_NAME);
    mach_port_t all[] = {second, port, inner, deep};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

// B9
BOTH_WAYS(who_may_not_ask_for_a_subset) {
    mach_port_t dead = make_dead_name(1), receive = make_port(), out = NOT_SET;
    struct picture picture = take_picture();
    assert_code(by->bootstrap_subset(BP, MACH_PORT_NULL, &out), BOOTSTRAP_NOT_PRIVILEGED);
    assert_code(by->bootstrap_subset(BP, MACH_PORT_DEAD, &out), BOOTSTRAP_NO_MEMORY);
    assert_code(by->bootstrap_subset(BP, dead, &out), BOOTSTRAP_NO_MEMORY);
    assert_code(by->bootstrap_subset(BP, receive, &out), MACH_SEND_INVALID_RIGHT);
    assert_int_equal(out, NOT_SET);
    check_unchanged(picture);
    destroy(dead);
    // Not more than a hundred inside one another.
    insert_send(receive);
    mach_port_t subsets[101] = {BP};
    for (int i = 1; i <= 100; i++) subsets[i] = subset_of(subsets[i - 1], receive);
    assert_code(by->bootstrap_subset(subsets[100], receive, &out), BOOTSTRAP_NO_MEMORY);
    mach_port_t port = create(BP, service);
    assert_int_equal(look_up(subsets[100], service), port);
    take_away(BP, service);
    destroy(receive);
    for (int i = 1; i <= 100; i++) destroy(subsets[i]);
    destroy(port);
}

// B9: each subset's requestor is a service of the one before; the first death ends them all, and nothing recurses.
static void a_long_chain_of_subsets_ends_at_once(void **state) {
    (void)state;
    enum { LONG = 20000 };
    by = &bootstrap_calls;
    mach_port_t first = port_with_send(), requestor = first;
    char name[32];
    for (int i = 0; i < LONG; i++) {
        mach_port_t subset = subset_of(BP, requestor);
        snprintf(name, sizeof(name), "link %d", i);
        mach_port_t next = create(subset, name);
        release_send(subset);
        if (requestor != first) release_send(requestor);
        requestor = next;
    }
    destroy(first);
    assert_int_equal(type(requestor), MACH_PORT_TYPE_DEAD_NAME);
    release_send(requestor);
}

// ---- Servers

// B10
BOTH_WAYS(only_its_server_serves_a_service) {
    mach_port_t server = server_in(BP, TRUE), out = NOT_SET;
    mach_port_t port = create(server, service);
    // Everyone sees it.
    assert_int_equal(look_up(BP, service), port);
    assert_int_equal(status_of(BP, service), BOOTSTRAP_STATUS_ON_DEMAND);
    assert_code(by->bootstrap_create_service(BP, service, &out), BOOTSTRAP_NAME_IN_USE);
    assert_code(by->bootstrap_check_in(BP, service, &out), BOOTSTRAP_NOT_PRIVILEGED);
    assert_code(by->bootstrap_register(BP, service, SELF), BOOTSTRAP_NOT_PRIVILEGED);
    assert_code(by->bootstrap_register(BP, service, MACH_PORT_NULL), BOOTSTRAP_NOT_PRIVILEGED);
    mach_port_t other = server_in(BP, FALSE);
    assert_code(by->bootstrap_check_in(other, service, &out), BOOTSTRAP_NOT_PRIVILEGED);
    mach_port_t receive = check_in(server, service);
    assert_int_equal(receive, port);
    assert_int_equal(status_of(server, service), BOOTSTRAP_STATUS_ACTIVE);
    assert_code(by->bootstrap_check_in(BP, service, &out), BOOTSTRAP_NOT_PRIVILEGED);
    assert_code(by->bootstrap_check_in(server, service, &out), BOOTSTRAP_SERVICE_ACTIVE);
    end_receive(receive);
    // What belongs to no server may be served through the port of one.
    char second[] = "org.example.second";
    mach_port_t free_port = create(BP, second);
    assert_int_equal(check_in(other, second), free_port);
    end_receive(free_port);
    assert_int_equal(status_of(other, second), BOOTSTRAP_STATUS_INACTIVE);
    take_away(other, second);
    take_away(server, service);
    mach_port_t all[] = {server, other, port, free_port};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

// B10
BOTH_WAYS(the_services_of_a_server_end_with_its_last_sender) {
    mach_port_t server = server_in(BP, FALSE);
    char second[] = "org.example.second", third[] = "org.example.third";
    mach_port_t waiting = create(server, service), active = create(server, second), implicit = check_in(server, third);
    assert_int_equal(status_of(BP, service), BOOTSTRAP_STATUS_INACTIVE);
    assert_int_equal(check_in(server, second), active);
    mach_port_t others = create(BP, "org.example.others");
    assert_success(mach_port_mod_refs(SELF, server, MACH_PORT_RIGHT_SEND, 1));
    release_send(server);
    assert_int_equal(look_up(BP, service), waiting);
    release_send(server);
    assert_int_equal(type(server), MACH_PORT_TYPE_NONE);
    expect_unknown(BP, service);
    expect_unknown(BP, second);
    expect_unknown(BP, third);
    assert_int_equal(type(waiting), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(active), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_int_equal(type(implicit), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(look_up(BP, "org.example.others"), others);
    take_away(BP, "org.example.others");
    mach_port_t all[] = {waiting, active, implicit, others};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

// B10: a server's port in a message that ends, and in a task that ends.
BOTH_WAYS(a_server_ends_wherever_its_last_right_is) {
    mach_port_t server = server_in(BP, FALSE), port = create(server, service);
    task_t task = make_task();
    (void)give(task, server, MACH_MSG_TYPE_MOVE_SEND);
    assert_int_equal(look_up(BP, service), port);
    end_task(task);
    expect_unknown(BP, service);
    destroy(port);
}

// B10
BOTH_WAYS(a_server_with_a_program_is_refused) {
    char program[] = "/bin/true", none[] = "";
    mach_port_t out = NOT_SET;
    struct picture picture = take_picture();
    assert_code(by->bootstrap_create_server(BP, program, geteuid(), FALSE, &out), KERN_NOT_SUPPORTED);
    if (geteuid() != 0) {
        assert_code(by->bootstrap_create_server(BP, none, geteuid() + 1, FALSE, &out), BOOTSTRAP_NOT_PRIVILEGED);
        assert_code(by->bootstrap_create_server(BP, program, geteuid() + 1, FALSE, &out), BOOTSTRAP_NOT_PRIVILEGED);
    }
    assert_int_equal(out, NOT_SET);
    check_unchanged(picture);
}

// B11, B12
BOTH_WAYS(unprivileged_and_parent_lead_upwards) {
    mach_port_t requestor = port_with_send(), subset = subset_of(BP, requestor), server = server_in(subset, FALSE);
    mach_port_t out = NOT_SET;
    assert_success(by->bootstrap_unprivileged(server, &out));
    assert_int_equal(out, subset);
    assert_success(by->bootstrap_unprivileged(subset, &out));
    assert_int_equal(out, subset);
    assert_success(by->bootstrap_unprivileged(BP, &out));
    assert_int_equal(out, BP);
    release_send(BP);
    out = NOT_SET;
    if (geteuid() == 0) {
        assert_success(by->bootstrap_parent(server, &out));
        assert_int_equal(out, BP);
        assert_success(by->bootstrap_parent(subset, &out));
        assert_int_equal(out, BP);
        assert_success(by->bootstrap_parent(BP, &out));
        assert_int_equal(out, BP);
        assert_success(mach_port_mod_refs(SELF, BP, MACH_PORT_RIGHT_SEND, -3));
    } else {
        assert_code(by->bootstrap_parent(subset, &out), BOOTSTRAP_NOT_PRIVILEGED);
        assert_int_equal(out, NOT_SET);
    }
    destroy(requestor);
    destroy(subset);
    destroy(server);
}

static int ask_as_nobody(void *unused) {
    (void)unused;
    mach_port_t out = NOT_SET;
    char none[] = "", program[] = "/bin/true";
    STEP(1, seteuid(12345) == 0);
    open_reply_port();
    const struct bootstrap_routines *ways[] = {&bootstrap_calls, &bootstrap_messages};
    for (int i = 0; i < 2; i++) {
        STEP(2, ways[i]->bootstrap_parent(BP, &out) == BOOTSTRAP_NOT_PRIVILEGED);
        STEP(3, ways[i]->bootstrap_create_server(BP, none, 0, FALSE, &out) == BOOTSTRAP_NOT_PRIVILEGED);
        STEP(4, ways[i]->bootstrap_create_server(BP, program, 0, FALSE, &out) == BOOTSTRAP_NOT_PRIVILEGED);
        STEP(5, ways[i]->bootstrap_create_server(BP, program, 12345, FALSE, &out) == KERN_NOT_SUPPORTED);
        STEP(6, out == NOT_SET);
        STEP(7, ways[i]->bootstrap_create_server(BP, none, 12345, FALSE, &out) == KERN_SUCCESS && out != NOT_SET);
        out = NOT_SET;
    }
    return 0;
}

// B10, B12
static void only_root_asks_for_parents_and_for_other_users(void **state) {
    (void)state;
    if (geteuid() != 0) skip();
    assert_int_equal(in_forked_child(ask_as_nobody, NULL), 0);
}

// ---- Messages

// B13
static void requests_of_another_form_are_bad_arguments(void **state) {
    (void)state;
    open_reply_port();
    static struct mig_message message;
    const struct {
        mach_msg_id_t id;
        size_t size;
        bool is_complex;
    } forms[] = {{400, 552, false}, {401, 24, false},  {402, 160, false}, {403, 176, true}, {404, 160, false},
                 {406, 24, false},  {407, 160, false}, {409, 40, true},   {410, 160, false}};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        for (int change = -4; change <= 4; change += 8) {
            if ((int)forms[i].size + change < 28 && change < 0) continue;
            begin_request(&message, BP, forms[i].id, forms[i].size + (size_t)change);
            assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
        }
        if (forms[i].is_complex) {
            begin_request(&message, BP, forms[i].id, forms[i].size);
            assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
            begin_complex(&message, BP, forms[i].id, forms[i].size);
            port_at(&message, 28)->name = SELF;
            port_at(&message, 28)->disposition = MAKE_SEND_ONCE;
            assert_code(exchange_simple(&message), MACH_SEND_INVALID_RIGHT);
            expect_send_once_notification(reply_port);
        } else if (forms[i].size > 24) {
            // A string without end.
            begin_request(&message, BP, forms[i].id, forms[i].size);
            memset(message.bytes + 32, 'x', forms[i].size - 32);
            assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
        }
    }
    // Other ids, also those that are the host's at its own port.
    for (mach_msg_id_t id = 400; id < 500; id++) {
        bool is_served = false;
        for (size_t i = 0; i < COUNT_OF(forms); i++) is_served |= forms[i].id == id;
        begin_request(&message, BP, id, 24);
        if (!is_served) assert_code(exchange_simple(&message), MIG_BAD_ID);
    }
    begin_request(&message, BP, 3401, 24);
    assert_code(exchange_simple(&message), KERN_INVALID_ARGUMENT);
    close_reply_port();
}

// B13: what a failing request has carried ends.
static void a_failing_request_ends_what_it_carries(void **state) {
    (void)state;
    open_reply_port();
    by = &bootstrap_messages;
    mach_port_t active = port_with_send(), port = port_with_send(), notify = make_port();
    assert_success(by->bootstrap_register(BP, service, active));
    request(SELF, port, MACH_NOTIFY_NO_SENDERS, 1, notify);
    static struct mig_message message;
    struct bootstrap_register_request *in = begin_complex(&message, BP, 403, sizeof(*in));
    in->port.name = port;
    in->port.disposition = MOVE_SEND;
    in->port.type = MACH_MSG_PORT_DESCRIPTOR;
    strcpy(in->name, service);
    assert_code(exchange_simple(&message), BOOTSTRAP_SERVICE_ACTIVE);
    (void)expect_notification(notify, MACH_NOTIFY_NO_SENDERS);
    destroy(active);
    destroy(port);
    destroy(notify);
    close_reply_port();
}

// B14: a reply that carries the receive right into its own queue, or that no one gets, gives it back.
static void a_check_in_whose_reply_is_lost_can_be_made_again(void **state) {
    (void)state;
    by = &bootstrap_calls;
    mach_port_t port = create(BP, service);
    struct bootstrap_name_request request = {.head = {.msgh_bits = MACH_MSGH_BITS(COPY_SEND, COPY_SEND),
                                                      .msgh_remote_port = BP,
                                                      .msgh_local_port = port,
                                                      .msgh_id = 402}};
    strcpy(request.name, service);
    mach_port_t replies[] = {port, MACH_PORT_NULL, SELF};
    for (size_t i = 0; i < COUNT_OF(replies); i++) {
        request.head.msgh_local_port = replies[i];
        request.head.msgh_bits = MACH_MSGH_BITS(COPY_SEND, replies[i] == MACH_PORT_NULL ? 0 : COPY_SEND);
        assert_success(mach_msg(&request.head, MACH_SEND_MSG, sizeof(request), 0, 0, 0, 0));
        assert_int_equal(status_of(BP, service), BOOTSTRAP_STATUS_INACTIVE);
    }
    mach_port_t receive = check_in(BP, service);
    assert_int_equal(receive, port);
    expect_no_message(receive);
    end_receive(receive);
    take_away(BP, service);
    destroy(port);
}

// ---- A server of the program's own

struct own_server {
    mach_port_t port;
    mach_msg_id_t ids[16];
    size_t sizes[16];
    char texts[16][160];
    int served;
    int wanted;
    kern_return_t answer; // 0: a result
    mach_port_t result;
    int spoil; // what is wrong with the reply
};

enum { NOTHING_WRONG, OTHER_ID, NO_REPLY, SHORT_REPLY, WRONG_DISPOSITION, RESULT_WITHOUT_RIGHT };

static int64_t serve(void *argument) {
    struct own_server *server = argument;
    while (server->served < server->wanted) {
        struct {
            union {
                mach_msg_header_t header;
                struct bootstrap_name_request name;
                struct bootstrap_register_request registered;
                struct bootstrap_server_request server;
            };
            mach_msg_max_trailer_t trailer;
        } request;
        if (mach_msg(&request.header, MACH_RCV_MSG, 0, sizeof(request), server->port, 0, 0) != 0) return 1;
        int n = server->served++;
        server->ids[n] = request.header.msgh_id;
        server->sizes[n] = request.header.msgh_size;
        const char *text = "";
        if (request.header.msgh_size == 160) text = request.name.name;
        if (request.header.msgh_size == 176) text = request.registered.name;
        if (request.header.msgh_size == 552) text = request.server.command;
        snprintf(server->texts[n], sizeof(server->texts[n]), "%s", text);
        union {
            struct bootstrap_port_reply port;
            struct bootstrap_status_reply status;
            mig_reply_error_t error;
        } reply;
        memset(&reply, 0, sizeof(reply));
        mach_msg_header_t *head = &reply.error.Head;
        head->msgh_bits = MACH_MSGH_BITS(MOVE_SEND_ONCE, 0);
        head->msgh_remote_port = request.header.msgh_remote_port;
        head->msgh_id = request.header.msgh_id + 100 + (server->spoil == OTHER_ID ? 1 : 0);
        mach_msg_size_t size = 36;
        if (server->answer != 0) {
            reply.error.RetCode = server->answer;
        } else if (request.header.msgh_id == 407) {
            reply.status.status = BOOTSTRAP_STATUS_ON_DEMAND;
            size = 40;
        } else if (request.header.msgh_id != 403) {
            head->msgh_bits |= MACH_MSGH_BITS_COMPLEX;
            reply.port.body.msgh_descriptor_count = 1;
            reply.port.port.name = server->result;
            reply.port.port.disposition =
                (request.header.msgh_id == 402) != (server->spoil == WRONG_DISPOSITION) ? MOVE_RECEIVE : COPY_SEND;
            reply.port.port.type = MACH_MSG_PORT_DESCRIPTOR;
            size = 40;
        }
        if (server->spoil == SHORT_REPLY) size = 32;
        if (server->spoil == RESULT_WITHOUT_RIGHT) head->msgh_bits &= ~MACH_MSGH_BITS_COMPLEX, size = 36;
        bool answers = server->spoil != NO_REPLY;
        if (!answers) (void)mach_port_deallocate(SELF, request.header.msgh_remote_port);
        request.header.msgh_remote_port = MACH_PORT_NULL;
        mach_msg_destroy(&request.header);
        if (answers && mach_msg(head, MACH_SEND_MSG, size, 0, 0, 0, 0) != 0) return 2;
    }
    return 0;
}

// B15
static void a_bootstrap_server_of_the_programs_own_gets_requests_as_messages(void **state) {
    (void)state;
    mach_port_t result = port_with_send(), movable = make_port(), out = NOT_SET;
    struct own_server own = {.port = port_with_send(), .wanted = 10, .result = result};
    struct test_thread thread;
    bootstrap_status_t status = 77;
    start_thread(&thread, serve, &own);
    char command[] = "/usr/bin/anything -x", longest[200];
    memset(longest, 'z', sizeof(longest));
    longest[199] = 0;
    assert_success(bootstrap_create_server(own.port, command, 7, TRUE, &out));
    assert_int_equal(out, result);
    assert_success(bootstrap_unprivileged(own.port, &out));
    assert_success(bootstrap_register(own.port, service, result));
    assert_success(bootstrap_look_up(own.port, service, &out));
    assert_success(bootstrap_parent(own.port, &out));
    assert_success(bootstrap_status(own.port, service, &status));
    assert_int_equal(status, BOOTSTRAP_STATUS_ON_DEMAND);
    assert_success(bootstrap_subset(own.port, result, &out));
    assert_success(bootstrap_create_service(own.port, service, &out));
    assert_success(bootstrap_look_up(own.port, longest, &out));
    assert_int_equal(out, result);
    own.result = movable;
    assert_success(bootstrap_check_in(own.port, service, &out));
    assert_int_equal(type(out), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(join_thread(&thread), 0);
    const mach_msg_id_t ids[] = {400, 401, 403, 404, 406, 407, 409, 410, 404, 402};
    const size_t sizes[] = {552, 24, 176, 160, 24, 160, 40, 160, 160, 160};
    for (int i = 0; i < own.wanted; i++) {
        assert_int_equal(own.ids[i], ids[i]);
        assert_int_equal(own.sizes[i], sizes[i]);
    }
    assert_string_equal(own.texts[0], command);
    assert_string_equal(own.texts[2], service);
    assert_string_equal(own.texts[3], service);
    assert_int_equal(strlen(own.texts[8]), 127);
    destroy(own.port);
    destroy(result);
    destroy(out);
    mig_dealloc_reply_port(mig_get_reply_port());
}

// B15
static void what_a_server_of_the_programs_own_gets_wrong(void **state) {
    (void)state;
    const struct {
        int spoil;
        kern_return_t answer, code;
    } cases[] = {{NOTHING_WRONG, 1234, 1234},
                 {NOTHING_WRONG, BOOTSTRAP_UNKNOWN_SERVICE, BOOTSTRAP_UNKNOWN_SERVICE},
                 {OTHER_ID, 0, MIG_REPLY_MISMATCH},
                 {NO_REPLY, 0, MIG_SERVER_DIED},
                 {SHORT_REPLY, 5, MIG_TYPE_ERROR},
                 {WRONG_DISPOSITION, 0, MIG_TYPE_ERROR},
                 {RESULT_WITHOUT_RIGHT, 0, MIG_TYPE_ERROR}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        mach_port_t result = port_with_send(), out = NOT_SET;
        struct own_server own = {.port = port_with_send(),
                                 .wanted = 1,
                                 .result = result,
                                 .spoil = cases[i].spoil,
                                 .answer = cases[i].answer};
        struct test_thread thread;
        start_thread(&thread, serve, &own);
        kern_return_t code = bootstrap_look_up(own.port, service, &out);
        assert_int_equal(join_thread(&thread), 0);
        if (code != cases[i].code) fail_msg("case %zu: %d, not %d", i, code, cases[i].code);
        assert_int_equal(out, NOT_SET);
        destroy(own.port);
        if (type(result) != MACH_PORT_TYPE_NONE) destroy(result);
    }
    mig_dealloc_reply_port(mig_get_reply_port());
}

// ---- Fork, words

static int look_at_a_fresh_bootstrap(void *unused) {
    (void)unused;
    mach_port_t port = NOT_SET, receive = NOT_SET;
    STEP(1, bootstrap_look_up(BP, service, &port) == BOOTSTRAP_UNKNOWN_SERVICE);
    STEP(2, bootstrap_create_service(BP, service, &port) == KERN_SUCCESS);
    STEP(3, bootstrap_check_in(BP, service, &receive) == KERN_SUCCESS && receive == port);
    STEP(4, send_simple(port, MACH_MSG_TYPE_COPY_SEND, 3) == MACH_MSG_SUCCESS);
    STEP(5, receive_simple(receive, NULL) == MACH_MSG_SUCCESS);
    return 0;
}

// B16
static void a_forked_child_has_a_bootstrap_of_its_own(void **state) {
    (void)state;
    by = &bootstrap_calls;
    mach_port_t port = create(BP, service), requestor = port_with_send(), subset = subset_of(BP, requestor);
    assert_int_equal(in_forked_child(look_at_a_fresh_bootstrap, NULL), 0);
    assert_int_equal(look_up(subset, service), port);
    assert_int_equal(status_of(BP, service), BOOTSTRAP_STATUS_INACTIVE);
    take_away(BP, service);
    destroy(port);
    destroy(requestor);
    destroy(subset);
}

static void codes_have_words(void **state) {
    (void)state;
    for (kern_return_t code = BOOTSTRAP_NOT_PRIVILEGED; code <= BOOTSTRAP_NO_CHILDREN; code++) {
        const char *words = mach_error_string(code), *sentence = bootstrap_strerror(code);
        assert_true(strlen(sentence) > 10 && strlen(words) > strlen(sentence));
        assert_string_equal(words + strlen(words) - strlen(sentence), sentence);
    }
    assert_string_equal(bootstrap_strerror(BOOTSTRAP_SUCCESS), "done");
    assert_string_equal(bootstrap_strerror(BOOTSTRAP_UNKNOWN_SERVICE), "no service has this name");
    assert_string_equal(bootstrap_strerror(MACH_SEND_INVALID_DEST), "no right to send to the destination");
    assert_string_equal(bootstrap_strerror(1199), "no error has this code");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(the_process_has_a_bootstrap_port),
        TASK_TEST(a_task_finds_services_through_the_port_that_it_inherits),
        TASK_TEST(what_is_no_bootstrap_port_cannot_be_asked),
        TASK_TEST(null_pointers_are_invalid_arguments),
        TASK_TEST(names_have_up_to_127_bytes),
        TASK_TEST(a_created_service_is_there_before_anyone_serves_it),
        TASK_TEST(messages_wait_for_the_check_in),
        TASK_TEST(a_service_that_was_created_can_be_checked_in_again),
        TASK_TEST(a_check_in_makes_a_service_that_no_one_has_created),
        TASK_TEST(a_program_that_asked_for_the_receive_right_gets_it_before_the_bootstrap),
        TASK_TEST(a_registered_service_vanishes_with_its_port),
        TASK_TEST(what_cannot_be_registered),
        TASK_TEST(registering_replaces_a_service_that_waits),
        TASK_TEST(any_send_right_can_be_registered),
        TASK_TEST(a_thousand_services_are_found),
        TASK_TEST(a_port_of_many_services_ends_quickly),
        TASK_TEST(a_subset_sees_what_is_above_and_hides_what_is_its_own),
        TASK_TEST(a_subset_ends_with_its_requestor),
        TASK_TEST(a_subset_stays_without_senders_and_ends_alone),
        TASK_TEST(who_may_not_ask_for_a_subset),
        TASK_TEST(a_long_chain_of_subsets_ends_at_once),
        TASK_TEST(only_its_server_serves_a_service),
        TASK_TEST(the_services_of_a_server_end_with_its_last_sender),
        TASK_TEST(a_server_ends_wherever_its_last_right_is),
        TASK_TEST(a_server_with_a_program_is_refused),
        TASK_TEST(unprivileged_and_parent_lead_upwards),
        TASK_TEST(only_root_asks_for_parents_and_for_other_users),
        TASK_TEST(requests_of_another_form_are_bad_arguments),
        TASK_TEST(a_failing_request_ends_what_it_carries),
        TASK_TEST(a_check_in_whose_reply_is_lost_can_be_made_again),
        TASK_TEST(a_bootstrap_server_of_the_programs_own_gets_requests_as_messages),
        TASK_TEST(what_a_server_of_the_programs_own_gets_wrong),
        TASK_TEST(a_forked_child_has_a_bootstrap_of_its_own),
        TASK_TEST(codes_have_words),
    };
    return TASK_RUN(tests);
}

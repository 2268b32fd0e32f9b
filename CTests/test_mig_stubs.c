// Stubs of every kind of argument, of early and late generators, exchanged over the library: between threads, between tasks, ten thousand times, and with everything wrong that a message can have wrong. Rows I12, S9, V6, T18.
#include "mig_service_support.h"
#include "mig_toy.h"
#include "ool_support.h"

#include <sched.h>

// ---- One round of all routines

// Rounds run on threads that must not assert: they end with the number of the line that was not right.
#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) return __LINE__;                                                                             \
    } while (0)

static int ints(const struct toy_user *user, mach_port_t server) {
    static const int32_t numbers[] = {0, 1, -1, INT32_MAX - 1, INT32_MIN};
    static const uint64_t wides[] = {0, 1, 0x100000000, 0x5555555555555555, 0xfedcba9876543210};
    for (unsigned i = 0; i < COUNT_OF(numbers); i++) {
        int32_t next = 0;
        uint64_t triple = 0;
        EXPECT(user->ints(server, numbers[i], wides[i], &next, &triple) == KERN_SUCCESS);
        EXPECT(next == numbers[i] + 1 && triple == 3 * wides[i]);
    }
    return 0;
}

static int structures_and_arrays(const struct toy_user *user, mach_port_t server) {
    toy_pair_t pair = {7, 2.5f, "abcdefghijk"}, turned = {0, 0, ""};
    EXPECT(user->structs(server, pair, &turned) == KERN_SUCCESS);
    EXPECT(turned.x == -7 && turned.y == -2.5f && turned.tag[0] == 0 && memcmp(turned.tag + 1, "kjihgfedcba", 11) == 0);

    toy_variable_t array, doubled;
    for (int i = 0; i < TOY_VARIABLE; i++) array[i] = 1000 * i + 3;
    toy_fixed_t fixed;
    EXPECT(user->fixed_array(server, array, fixed) == KERN_SUCCESS);
    for (int i = 0; i < TOY_FIXED; i++) EXPECT(fixed[i] == array[TOY_FIXED - 1 - i]);

    static const mach_msg_type_number_t counts[] = {0, 1, 31, TOY_VARIABLE};
    for (unsigned i = 0; i < COUNT_OF(counts); i++) {
        mach_msg_type_number_t count = TOY_VARIABLE;
        memset(doubled, 0, sizeof(doubled));
        EXPECT(user->variable_array(server, array, counts[i], doubled, &count) == KERN_SUCCESS);
        EXPECT(count == counts[i]);
        for (unsigned j = 0; j < TOY_VARIABLE; j++) EXPECT(doubled[j] == (j < count ? 2 * array[j] : 0));
    }
    mach_msg_type_number_t count = 3; // room for less than comes
    EXPECT(user->variable_array(server, array, 5, doubled, &count) == MIG_ARRAY_TOO_LARGE && count == 5);
    EXPECT(user->variable_array(server, array, TOY_VARIABLE + 1, doubled, &count) == MIG_ARRAY_TOO_LARGE);

    char bytes[TOY_STRING];
    memset(bytes, 1, sizeof(bytes));
    for (unsigned first = 0; first <= TOY_VARIABLE; first += 16) {
        for (unsigned second = 0; second <= TOY_STRING; second += 7) {
            int32_t sum = 0, wanted = -5 + (int32_t)second;
            for (unsigned i = 0; i < first; i++) wanted += array[i];
            EXPECT(user->two_arrays(server, array, first, bytes, second, -5, &sum) == KERN_SUCCESS && sum == wanted);
        }
    }
    return 0;
}

static int strings(const struct toy_user *user, mach_port_t server) {
    char greeting[TOY_STRING], longest[80];
    memset(longest, 'x', sizeof(longest));
    longest[79] = 0;
    EXPECT(user->strings(server, "", greeting) == KERN_SUCCESS && strcmp(greeting, "hello ") == 0);
    EXPECT(user->strings(server, "a", greeting) == KERN_SUCCESS && strcmp(greeting, "hello a") == 0);
    EXPECT(user->strings(server, "port", greeting) == KERN_SUCCESS && strcmp(greeting, "hello port") == 0);
    EXPECT(user->strings(server, longest, greeting) == KERN_SUCCESS); // cut off on both sides
    EXPECT(strlen(greeting) == TOY_STRING - 1 && strncmp(greeting, "hello xxx", 9) == 0);
    return 0;
}

static const mach_msg_type_number_t memory_sizes[] = {0, 1, 100, 4096, 4097, 1 << 16};

static int memory(const struct toy_user *user, mach_port_t server) {
    static _Thread_local char bytes[1 << 16];
    for (unsigned i = 0; i < COUNT_OF(memory_sizes); i++) {
        mach_msg_type_number_t size = memory_sizes[i], count = 77;
        for (unsigned j = 0; j < size; j++) bytes[j] = (char)(j * 7 + i);
        for (int given = 0; given < 2; given++) {
            vm_offset_t turned = 1, data = (vm_offset_t)bytes;
            if (given) {
                EXPECT(vm_allocate(SELF, &data, size, VM_FLAGS_ANYWHERE) == KERN_SUCCESS);
                if (size != 0) memcpy((void *)data, bytes, size);
            }
            EXPECT((given ? user->memory_given : user->memory)(server, data, size, &turned, &count) == KERN_SUCCESS);
            EXPECT(count == size && (turned == 0) == (size == 0)); // D2
            for (unsigned j = 0; j < size; j++) EXPECT(((char *)turned)[j] == bytes[size - 1 - j]);
            EXPECT(vm_deallocate(SELF, turned, size) == KERN_SUCCESS);
        }
    }
    return 0;
}

static mach_msg_return_t send_id(mach_port_t port, mach_msg_type_name_t disposition, mach_msg_id_t id) {
    return send_simple(port, disposition, id);
}

static int new_port(mach_port_t *port, mach_port_urefs_t sends) {
    EXPECT(mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, port) == KERN_SUCCESS);
    for (mach_port_urefs_t i = 0; i < sends; i++)
        EXPECT(mach_port_insert_right(SELF, *port, *port, MACH_MSG_TYPE_MAKE_SEND) == KERN_SUCCESS);
    return 0;
}

static mach_port_urefs_t count_refs(mach_port_t name, mach_port_right_t right) {
    mach_port_urefs_t count = 0x5a5a;
    return mach_port_get_refs(SELF, name, right, &count) == KERN_SUCCESS ? count : 0x5a5a;
}

static int given_ports(const struct toy_user *user, mach_port_t server) {
    mach_port_t ports[TOY_RIGHTS], target;
    mach_msg_type_name_t disposition;
    EXPECT(new_port(&ports[0], 0) == 0 && new_port(&target, 2) == 0);
    EXPECT(send_id(ports[0], MACH_MSG_TYPE_MAKE_SEND, TOY_GIVEN_ID) == MACH_MSG_SUCCESS);
    EXPECT(mach_port_extract_right(SELF, target, MACH_MSG_TYPE_MAKE_SEND_ONCE, &ports[2], &disposition) ==
           KERN_SUCCESS);
    ports[1] = ports[3] = ports[4] = ports[5] = target;
    EXPECT(user->give_ports(server, ports) == KERN_SUCCESS);
    EXPECT(count_refs(target, MACH_PORT_RIGHT_SEND) == 1); // one was moved, one only copied
    for (int i = 1; i < TOY_RIGHTS; i++) {
        mach_msg_id_t id = 0;
        EXPECT(receive_simple(target, &id) == MACH_MSG_SUCCESS && id == TOY_GIVEN_ID + i);
    }
    EXPECT(receive_simple(target, NULL) == MACH_RCV_TIMED_OUT);
    return mach_port_destroy(SELF, target) == KERN_SUCCESS ? 0 : __LINE__;
}

static int taken_ports(const struct toy_user *user, mach_port_t server) {
    mach_port_t ports[TOY_RIGHTS] = {0};
    mach_port_type_t it = 0;
    EXPECT(user->take_ports(server, ports) == KERN_SUCCESS);
    EXPECT(mach_port_type(SELF, ports[0], &it) == KERN_SUCCESS && it == MACH_PORT_TYPE_SEND_RECEIVE);
    EXPECT(ports[1] == ports[0] && ports[3] == server && ports[4] == server && ports[2] != ports[5]);
    for (int i = 2; i < TOY_RIGHTS; i += 3) {
        EXPECT(mach_port_type(SELF, ports[i], &it) == KERN_SUCCESS && it == MACH_PORT_TYPE_SEND_ONCE);
        EXPECT(mach_port_deallocate(SELF, ports[i]) == KERN_SUCCESS); // T18: the server is told, and does not mind
    }
    EXPECT(mach_port_deallocate(SELF, server) == KERN_SUCCESS && mach_port_deallocate(SELF, server) == KERN_SUCCESS);
    return mach_port_destroy(SELF, ports[0]) == KERN_SUCCESS ? 0 : __LINE__;
}

static int polymorphic_ports(const struct toy_user *user, mach_port_t server) {
    for (mach_msg_type_name_t given = 16; given <= 21; given++) {
        mach_port_t port, right, back = 1;
        mach_msg_type_name_t got = 0;
        EXPECT(new_port(&port, 1) == 0);
        right = port;
        if (given == 18)
            EXPECT(mach_port_extract_right(SELF, port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &right, &got) == KERN_SUCCESS);
        EXPECT(user->polymorphic(server, right, given, &back, &got) == KERN_SUCCESS);
        bool once = given == 18 || given == 21;
        EXPECT(got == (given == 16 ? 16u : once ? 18u : 17u));
        EXPECT(once ? back != port && count_refs(back, MACH_PORT_RIGHT_SEND_ONCE) == 1 : back == port);
        EXPECT(count_refs(port, MACH_PORT_RIGHT_RECEIVE) == 1);
        EXPECT(count_refs(port, MACH_PORT_RIGHT_SEND) == (given == 19 || given == 20 ? 2 : 1));
        if (once) EXPECT(mach_port_deallocate(SELF, back) == KERN_SUCCESS);
        EXPECT(mach_port_destroy(SELF, port) == KERN_SUCCESS);
    }
    for (int i = 0; i < 2; i++) { // D1
        mach_port_t none = i == 0 ? MACH_PORT_NULL : MACH_PORT_DEAD, back = 1;
        mach_msg_type_name_t got;
        EXPECT(user->polymorphic(server, none, MACH_MSG_TYPE_COPY_SEND, &back, &got) == KERN_SUCCESS && back == none);
    }
    return 0;
}

static int port_arrays(const struct toy_user *user, mach_port_t server) {
    mach_port_t ports[5], *turned = NULL;
    for (unsigned i = 0; i < COUNT_OF(ports); i++) EXPECT(new_port(&ports[i], 1) == 0);
    mach_port_t middle = ports[2];
    ports[2] = MACH_PORT_NULL;
    for (mach_msg_type_number_t size = 0; size <= COUNT_OF(ports); size++) {
        mach_msg_type_number_t count = 77;
        EXPECT(user->port_array(server, ports, size, &turned, &count) == KERN_SUCCESS);
        EXPECT(count == size && (turned == NULL) == (size == 0)); // D4
        for (unsigned i = 0; i < size; i++) {
            EXPECT(turned[i] == ports[size - 1 - i]);
            if (turned[i] == MACH_PORT_NULL) continue;
            EXPECT(count_refs(turned[i], MACH_PORT_RIGHT_SEND) == 2);
            EXPECT(mach_port_deallocate(SELF, turned[i]) == KERN_SUCCESS);
        }
        EXPECT(vm_deallocate(SELF, (vm_address_t)turned, size * sizeof(*turned)) == KERN_SUCCESS);
    }
    ports[2] = middle;
    for (unsigned i = 0; i < COUNT_OF(ports); i++) EXPECT(mach_port_destroy(SELF, ports[i]) == KERN_SUCCESS);
    return 0;
}

static int tokens(const struct toy_user *user, mach_port_t server) {
    security_token_t security = {{77, 77}};
    audit_token_t audit = {{0}};
    EXPECT(user->security(server, &security) == KERN_SUCCESS);
    EXPECT(security.val[0] == geteuid() && security.val[1] == getegid()); // V18
    EXPECT(user->audit(server, &audit) == KERN_SUCCESS);
    EXPECT(audit.val[1] == geteuid() && audit.val[2] == getegid() && audit.val[5] == (unsigned)getpid());
    return 0;
}

static int errors(const struct toy_user *user, mach_port_t server) {
    static char bytes[5000];
    static const kern_return_t codes[] = {KERN_FAILURE, KERN_SUCCESS, 5, MIG_BAD_ARGUMENTS, -1, MIG_REMOTE_ERROR};
    mach_port_t port;
    EXPECT(new_port(&port, 0) == 0);
    for (unsigned i = 0; i < COUNT_OF(codes); i++)
        EXPECT(user->failing(server, codes[i], port, (vm_offset_t)bytes, sizeof(bytes)) == codes[i]);
    EXPECT(mach_port_destroy(SELF, port) == KERN_SUCCESS);
    EXPECT(user->skipped(server) == MIG_BAD_ID);
    EXPECT(user->notice(server, 1) == KERN_SUCCESS);
    EXPECT(user->timed_notice(server, 1, 10000) == KERN_SUCCESS);
    return 0;
}

// All of it; this many calls.
enum { CALLS = 5 + 1 + 1 + 5 + 50 + 4 + 12 + 1 + 1 + 8 + 6 + 2 + 6 + 3 };

static int64_t all_routines(const struct toy_user *user, mach_port_t server) {
    int (*const parts[])(const struct toy_user *, mach_port_t) = {
        ints,        structures_and_arrays, strings,     memory, given_ports,
        taken_ports, polymorphic_ports,     port_arrays, tokens, errors,
    };
    for (unsigned i = 0; i < COUNT_OF(parts); i++) {
        int line = parts[i](user, server);
        if (line != 0) return line;
    }
    return 0;
}

// ---- Placements

struct rounds {
    const struct toy_user *user;
    mach_port_t server; // in the client's task
    unsigned count;
};

static int64_t run_rounds(void *argument) {
    struct rounds *it = argument;
    for (unsigned i = 0; i < it->count; i++) {
        int64_t line = all_routines(it->user, it->server);
        if (line != 0) return line;
    }
    return 0;
}

static void make_toy_service(struct service *service, task_t task, unsigned variant) {
    make_service(service, task);
    service->demux = toy_servers[variant]->demux;
    service->max_size = TOY_MAX_SIZE;
    service->options = MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT);
}

// What counts upward on a server's port counts from 0 again, so that pictures are alike.
static void start_anew(const struct service *service) {
    task_t task = service->task == MACH_PORT_NULL ? SELF : service->task;
    assert_success(mach_port_set_seqno(task, service->name, 0));
    assert_success(mach_port_set_mscount(task, service->name, 0));
}

enum { SAME_TASK, SERVER_APART, CLIENT_APART, BOTH_APART, PLACEMENTS };

// Every variant of clients with every variant of servers, each so many rounds, after which every count is where it was.
static void exchange(int placement, unsigned rounds) {
    task_t client = placement == CLIENT_APART || placement == BOTH_APART ? make_task() : MACH_PORT_NULL;
    task_t server = placement == SERVER_APART || placement == BOTH_APART ? make_task() : MACH_PORT_NULL;
    for (unsigned i = 0; i < TOY_USERS * TOY_SERVERS; i++) {
        struct service service;
        make_toy_service(&service, server, i / TOY_USERS);
        start_service(&service);
        struct rounds it = {toy_users[i % TOY_USERS], service.port, 1};
        if (client != MACH_PORT_NULL) it.server = give(client, service.port, MACH_MSG_TYPE_COPY_SEND);
        assert_int_equal(act_as(client, run_rounds, &it), 0); // what is made once is made
        rest_service(&service);

        int notices = toy_notices;
        mach_linux_statistics_data_t before, after;
        start_anew(&service);
        struct picture picture = take_picture();
        struct name_list names = names_in(client != MACH_PORT_NULL ? client : SELF);
        mach_linux_statistics(&before);
        it.count = rounds;
        assert_int_equal(act_as(client, run_rounds, &it), 0);
        rest_service(&service);
        mach_linux_statistics(&after);
        assert_memory_equal(&before, &after, sizeof(before));
        assert_int_equal(count_names_in(client != MACH_PORT_NULL ? client : SELF), names.count);
        start_anew(&service);
        assert_unchanged(picture);
        assert_int_equal(toy_notices - notices, 2 * rounds);
        assert_code(stop_service(&service), MACH_RCV_PORT_CHANGED); // V2
        if (client != MACH_PORT_NULL) assert_success(mach_port_destroy(client, it.server));
    }
    if (client != MACH_PORT_NULL) end_task(client);
    if (server != MACH_PORT_NULL) end_task(server);
}

#define MANY ROUNDS_OF(10000 / CALLS + 1, 5)

static void ten_thousand_calls_between_threads_leave_all_counts(void **state) {
    (void)state;
    exchange(SAME_TASK, MANY);
}

static void ten_thousand_calls_to_another_task_leave_all_counts(void **state) {
    (void)state;
    exchange(SERVER_APART, MANY);
}

static void ten_thousand_calls_from_another_task_leave_all_counts(void **state) {
    (void)state;
    exchange(CLIENT_APART, MANY);
}

static void ten_thousand_calls_between_two_other_tasks_leave_all_counts(void **state) {
    (void)state;
    exchange(BOTH_APART, MANY);
}

static void many_clients_share_a_server(void **state) {
    (void)state;
    struct service service;
    make_toy_service(&service, MACH_PORT_NULL, 1);
    start_service(&service);
    struct actor actors[6];
    struct rounds rounds[6];
    for (unsigned i = 0; i < COUNT_OF(actors); i++) {
        rounds[i] = (struct rounds){toy_users[i % TOY_USERS], service.port, ROUNDS_OF(20, 2)};
        task_t task = i < 3 ? MACH_PORT_NULL : make_task();
        if (task != MACH_PORT_NULL) rounds[i].server = give(task, service.port, MACH_MSG_TYPE_COPY_SEND);
        start_actor(&actors[i], task, run_rounds, &rounds[i]);
    }
    for (unsigned i = 0; i < COUNT_OF(actors); i++) {
        assert_int_equal(join_actor(&actors[i]), 0);
        if (actors[i].task != MACH_PORT_NULL) end_task(actors[i].task);
    }
    assert_code(stop_service(&service), MACH_RCV_PORT_CHANGED);
}

// ---- Time-outs, late replies

struct later {
    const struct toy_user *user;
    mach_port_t server;
    int32_t next;
};

static int64_t call_later(void *argument) {
    struct later *it = argument;
    return it->user->later(it->server, 41, 60000, &it->next);
}

static mach_port_t wait_for_later(void) {
    while (atomic_load(&toy_later_reply) == MACH_PORT_NULL) sched_yield();
    return atomic_exchange(&toy_later_reply, MACH_PORT_NULL);
}

static void a_server_may_answer_later(void **state) {
    (void)state;
    for (unsigned i = 0; i < TOY_USERS; i++) {
        struct service service;
        make_toy_service(&service, MACH_PORT_NULL, i % TOY_SERVERS);
        start_service(&service);
        for (int code = 0; code < 3; code++) {
            struct test_thread thread;
            struct later later = {toy_users[i], service.port, 0};
            start_thread(&thread, call_later, &later);
            mach_port_t reply = wait_for_later();
            assert_int_equal(toy_later_disposition, 18);
            assert_int_equal(toy_later_number, 41);
            assert_int_equal(type(reply), MACH_PORT_TYPE_SEND_ONCE);
            if (code == 2) { // or never: T18
                assert_success(mach_port_deallocate(SELF, reply));
                assert_code(join_thread(&thread), MIG_SERVER_DIED);
                continue;
            }
            assert_code(toy_answer_later(reply, 18, code, 43), MACH_MSG_SUCCESS);
            assert_code(join_thread(&thread), code);
            assert_int_equal(later.next, code == 0 ? 43 : 0);
        }
        assert_code(stop_service(&service), MACH_RCV_PORT_CHANGED);
    }
}

static mach_port_t reply_port_of(const struct toy_user *user) {
    return user->special ? mig_get_special_reply_port() : mig_get_reply_port();
}

static void a_call_that_times_out_changes_the_reply_port(void **state) {
    (void)state;
    for (unsigned i = 0; i < TOY_USERS; i++) {
        struct service service;
        make_toy_service(&service, MACH_PORT_NULL, i % TOY_SERVERS);
        start_service(&service);
        mach_port_t old = reply_port_of(toy_users[i]);
        int32_t next = 7;
        assert_code(toy_users[i]->later(service.port, 1, 1, &next), MACH_RCV_TIMED_OUT);
        assert_int_equal(next, 7);
        mach_port_t reply = wait_for_later();
        assert_int_equal(type(reply), MACH_PORT_TYPE_DEAD_NAME); // the late answer finds nobody
        assert_code(toy_answer_later(reply, 18, KERN_SUCCESS, 2), MACH_SEND_INVALID_DEST);
        destroy(reply);
        assert_int_equal(type(reply_port_of(toy_users[i])) & MACH_PORT_TYPE_RECEIVE, MACH_PORT_TYPE_RECEIVE);
        assert_int_not_equal(reply_port_of(toy_users[i]), old);
        assert_int_equal(ints(toy_users[i], service.port), 0);
        assert_code(stop_service(&service), MACH_RCV_PORT_CHANGED);
    }
}

static void a_send_that_times_out_comes_back(void **state) {
    (void)state;
    for (unsigned i = 0; i < TOY_USERS; i++) {
        mach_port_t port = port_with_send();
        set_limit(port, 1);
        assert_code(toy_users[i]->timed_notice(port, 5, 0), MACH_MSG_SUCCESS);
        for (mach_msg_timeout_t timeout = 0; timeout < 3; timeout++) {
            assert_code(toy_users[i]->timed_notice(port, 6, timeout), MACH_SEND_TIMED_OUT);
            // S9: the right that was copied came back as one more reference. Late stubs destroy what came back.
            assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), toy_users[i]->modern ? 1 : 2);
            if (!toy_users[i]->modern) assert_success(mach_port_deallocate(SELF, port));
        }
        struct test_message message;
        assert_code(receive_now(port, &message, 0), MACH_MSG_SUCCESS);
        assert_int_equal(message.header.msgh_id, TOY_TIMED_NOTICE);
        assert_int_equal(message.header.msgh_remote_port, MACH_PORT_NULL);
        assert_int_equal(message.header.msgh_size, sizeof(__Request__toy_timed_notice_t));
        expect_no_message(port);
        destroy(port);
    }
}

// ---- Servers that are gone

static void a_dead_server_is_told_at_once_and_keeps_the_reply_port(void **state) {
    (void)state;
    mach_port_t dead = make_dead_name(1), none[] = {MACH_PORT_NULL, MACH_PORT_DEAD, dead, unknown_name()};
    for (unsigned i = 0; i < TOY_USERS; i++) {
        mach_port_t old = reply_port_of(toy_users[i]);
        for (unsigned j = 0; j < COUNT_OF(none); j++) {
            struct picture picture = take_picture();
            int32_t next;
            uint64_t triple;
            assert_code(toy_users[i]->ints(none[j], 1, 1, &next, &triple), MACH_SEND_INVALID_DEST);
            assert_code(toy_users[i]->notice(none[j], 1), MACH_SEND_INVALID_DEST);
            assert_unchanged(picture);
        }
        assert_int_equal(reply_port_of(toy_users[i]), old);
    }
    destroy(dead);
}

struct plain_call {
    const struct toy_user *user;
    mach_port_t server;
};

static int64_t call_ints(void *argument) {
    struct plain_call *it = argument;
    int32_t next;
    uint64_t triple;
    return it->user->ints(it->server, 1, 1, &next, &triple);
}

static void a_server_that_dies_is_told_to_its_clients(void **state) {
    (void)state;
    for (unsigned i = 0; i < TOY_USERS; i++) {
        for (int received = 0; received < 3; received++) {
            mach_port_t port = port_with_send();
            struct plain_call call = {toy_users[i], port};
            struct test_thread thread;
            start_thread(&thread, call_ints, &call);
            wait_until_blocked(&thread);
            struct test_message request;
            if (received > 0) assert_code(receive_now(port, &request, 0), MACH_MSG_SUCCESS);
            kill_port(port); // with the request in its queue, or not
            if (received == 1) assert_success(mach_port_deallocate(SELF, request.header.msgh_remote_port));
            if (received == 2) mach_msg_destroy(&request.header);
            assert_code(join_thread(&thread), MIG_SERVER_DIED);
            destroy(port);
        }
    }
}

static void a_task_that_ends_takes_its_servers_along(void **state) {
    (void)state;
    for (unsigned i = 0; i < TOY_USERS; i++) {
        task_t task = make_task();
        struct service service;
        make_toy_service(&service, task, 0);
        struct plain_call call = {toy_users[i], service.port};
        struct test_thread thread;
        start_thread(&thread, call_ints, &call);
        wait_until_blocked(&thread);
        end_task(task);
        assert_code(join_thread(&thread), MIG_SERVER_DIED);
        destroy(service.port);
    }
}

// ---- Replies that are wrong: what the client sees

// One call of a client of a task of its own, which goes with whatever the client lost.
struct faulty {
    const struct toy_user *user;
    mach_port_name_t server;
    int which;
};
enum { CALL_INTS, CALL_MEMORY, CALL_TAKE, CALL_ARRAY, CALL_VARIABLE, CALL_STRING };

static int64_t call_one(void *argument) {
    struct faulty *it = argument;
    int32_t numbers[TOY_VARIABLE] = {0};
    uint64_t wide;
    vm_offset_t data;
    mach_msg_type_number_t count = TOY_VARIABLE;
    mach_port_t ports[TOY_RIGHTS], *array;
    char string[TOY_STRING];
    switch (it->which) {
    case CALL_INTS:
        return it->user->ints(it->server, 1, 2, numbers, &wide);
    case CALL_MEMORY: {
        kern_return_t code = it->user->memory(it->server, (vm_offset_t) "abc", 3, &data, &count);
        return code != KERN_SUCCESS ? code : vm_deallocate(SELF, data, count);
    }
    case CALL_TAKE:
        return it->user->take_ports(it->server, ports);
    case CALL_ARRAY:
        return it->user->port_array(it->server, NULL, 0, &array, &count);
    case CALL_VARIABLE:
        return it->user->variable_array(it->server, numbers, 0, numbers, &count);
    default:
        return it->user->strings(it->server, "", string);
    }
}

// A reply that would be right, for a fault to change.
struct reply {
    union {
        mach_msg_header_t head;
        mach_msg_base_t base;
        mig_reply_error_t error;
        __Reply__toy_ints_t ints;
        __Reply__toy_memory_t memory;
        __Reply__toy_take_ports_t take;
        __Reply__toy_port_array_t array;
        __Reply__toy_variable_array_t variable;
        __Reply__toy_strings_t string;
        union toy_message longest;
    };
};

static const mach_msg_size_t reply_sizes[] = {
    sizeof(__Reply__toy_ints_t),
    sizeof(__Reply__toy_memory_t),
    sizeof(__Reply__toy_take_ports_t),
    sizeof(__Reply__toy_port_array_t),
    sizeof(__Reply__toy_variable_array_t) - 4 * TOY_VARIABLE,
    sizeof(__Reply__toy_strings_t) - TOY_STRING + 4,
};

typedef void fault(struct reply *reply, mach_port_t witness);

// Has the reply of this call changed by the fault; what the client's stub returns. The witness is a port of ours that rights in the reply may lead to.
static kern_return_t reply_with(const struct toy_user *user, int which, fault *change, mach_port_t witness) {
    task_t task = make_task();
    mach_port_t port = port_with_send();
    struct faulty faulty = {user, give(task, port, MACH_MSG_TYPE_COPY_SEND), which};
    struct actor actor;
    start_actor(&actor, task, call_one, &faulty);
    struct carrier request;
    assert_code(mach_msg(&request.header, MACH_RCV_MSG, 0, sizeof(request), port, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
    struct reply reply;
    memset(&reply, 0, sizeof(reply));
    reply.head.msgh_bits = MACH_MSGH_BITS(18, 0);
    reply.head.msgh_remote_port = request.header.msgh_remote_port;
    reply.head.msgh_id = request.header.msgh_id + 100;
    reply.head.msgh_size = reply_sizes[which];
    if (which == CALL_MEMORY || which == CALL_TAKE || which == CALL_ARRAY) {
        reply.head.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
        reply.base.body.msgh_descriptor_count = which == CALL_TAKE ? TOY_RIGHTS : 1;
    }
    if (which == CALL_MEMORY) {
        reply.memory.turned = (mach_msg_ool_descriptor_t){
            .address = "abcd", .size = 4, .copy = MACH_MSG_VIRTUAL_COPY, .type = MACH_MSG_OOL_DESCRIPTOR};
        reply.memory.turnedCnt = 4;
    }
    for (unsigned i = 0; which == CALL_TAKE && i < TOY_RIGHTS; i++) {
        static const mach_msg_type_name_t dispositions[] = {16, 20, 21, 20, 20, 21};
        mach_port_t moved = i == 0 ? make_port() : witness;
        reply.take.ports[i] = (mach_msg_port_descriptor_t){
            .name = moved, .disposition = dispositions[i], .type = MACH_MSG_PORT_DESCRIPTOR};
    }
    if (which == CALL_ARRAY)
        reply.array.ports = (mach_msg_ool_ports_descriptor_t){.disposition = 19, .type = MACH_MSG_OOL_PORTS_DESCRIPTOR};
    if (which == CALL_STRING) reply.string.greetingCnt = 1;
    if (request.header.msgh_bits & MACH_MSGH_BITS_COMPLEX) {
        request.header.msgh_remote_port = MACH_PORT_NULL;
        mach_msg_destroy(&request.header);
    }
    change(&reply, witness);
    assert_code(mach_msg(&reply.head, MACH_SEND_MSG, reply.head.msgh_size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
                MACH_MSG_SUCCESS);
    kern_return_t code = (kern_return_t)join_actor(&actor);
    end_task(task);
    destroy(port);
    return code;
}

static void nothing(struct reply *reply, mach_port_t witness) { (void)reply, (void)witness; }
static void other_id(struct reply *reply, mach_port_t witness) { (void)witness, reply->head.msgh_id += 1; }
static void request_id(struct reply *reply, mach_port_t witness) { (void)witness, reply->head.msgh_id -= 100; }
static void send_once_id(struct reply *reply, mach_port_t witness) {
    (void)witness, reply->head.msgh_id = MACH_NOTIFY_SEND_ONCE;
}
static void dead_name_id(struct reply *reply, mach_port_t witness) {
    (void)witness, reply->head.msgh_id = MACH_NOTIFY_DEAD_NAME;
}
static void too_short(struct reply *reply, mach_port_t witness) { (void)witness, reply->head.msgh_size -= 4; }
static void too_long(struct reply *reply, mach_port_t witness) { (void)witness, reply->head.msgh_size += 4; }
static void header_alone(struct reply *reply, mach_port_t witness) {
    (void)witness;
    reply->head.msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
    reply->head.msgh_size = sizeof(mach_msg_header_t);
}
static void complex_without_rights(struct reply *reply, mach_port_t witness) {
    (void)witness;
    reply->head.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
    reply->base.body.msgh_descriptor_count = 0;
}
static void not_complex(struct reply *reply, mach_port_t witness) {
    (void)witness;
    reply->head.msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
}
static void error_of(struct reply *reply, kern_return_t code) {
    reply->head.msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
    reply->head.msgh_size = sizeof(mig_reply_error_t);
    reply->error.RetCode = code;
}
static void an_error(struct reply *reply, mach_port_t witness) { (void)witness, error_of(reply, 77); }
static void an_error_of_zero(struct reply *reply, mach_port_t witness) { (void)witness, error_of(reply, 0); }
static void a_reply_to_the_reply(struct reply *reply, mach_port_t witness) {
    reply->head.msgh_bits |= MACH_MSGH_BITS(0, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    reply->head.msgh_local_port = witness;
}
static void larger_count(struct reply *reply, mach_port_t witness) { (void)witness, reply->memory.turnedCnt += 1; }
static void rights_for_memory(struct reply *reply, mach_port_t witness) {
    mach_msg_port_descriptor_t it = {.name = witness, .disposition = 20, .type = MACH_MSG_PORT_DESCRIPTOR};
    memcpy(&reply->memory.turned, &it, sizeof(it));
}
static void another_disposition(struct reply *reply, mach_port_t witness) {
    (void)witness;
    reply->take.ports[3].disposition = 21;
}
static void null_rights(struct reply *reply, mach_port_t witness) { (void)witness, reply->take.ports[3].name = 0; }
static void one_right_less(struct reply *reply, mach_port_t witness) {
    (void)witness;
    reply->base.body.msgh_descriptor_count -= 1;
}
static void array_disposition(struct reply *reply, mach_port_t witness) {
    (void)witness;
    reply->array.ports.disposition = 21;
}
static void array_count(struct reply *reply, mach_port_t witness) { (void)witness, reply->array.portsCnt = 1; }
static void longer_than_sent(struct reply *reply, mach_port_t witness) {
    (void)witness, reply->variable.doubledCnt = 1;
}
static void longer_than_any(struct reply *reply, mach_port_t witness) {
    (void)witness;
    reply->variable.doubledCnt = 0x40000000; // 4 times that is 0
}
static void string_without_end(struct reply *reply, mach_port_t witness) {
    (void)witness;
    memset(reply->string.greeting, 'x', 4);
    reply->string.greetingCnt = 4;
}

// An early client loses memory that comes in a reply that it does not take: not tried.
#define NOT_TRIED 12345

static void what_a_client_makes_of_a_reply(void **state) {
    (void)state;
    const struct {
        const char *what;
        int which;
        fault *fault;
        kern_return_t late, early;
    } faults[] = {
        {"all well", CALL_INTS, nothing, KERN_SUCCESS, KERN_SUCCESS},
        {"all well", CALL_MEMORY, nothing, KERN_SUCCESS, KERN_SUCCESS},
        {"all well", CALL_TAKE, nothing, KERN_SUCCESS, KERN_SUCCESS},
        {"all well", CALL_ARRAY, nothing, KERN_SUCCESS, KERN_SUCCESS},
        {"all well", CALL_VARIABLE, nothing, KERN_SUCCESS, KERN_SUCCESS},
        {"all well", CALL_STRING, nothing, KERN_SUCCESS, KERN_SUCCESS},
        {"another id", CALL_INTS, other_id, MIG_REPLY_MISMATCH, MIG_REPLY_MISMATCH},
        {"another id", CALL_TAKE, other_id, MIG_REPLY_MISMATCH, MIG_REPLY_MISMATCH},
        {"the request's id", CALL_INTS, request_id, MIG_REPLY_MISMATCH, MIG_REPLY_MISMATCH},
        {"SEND_ONCE", CALL_INTS, send_once_id, MIG_SERVER_DIED, MIG_SERVER_DIED},
        {"SEND_ONCE", CALL_MEMORY, send_once_id, MIG_SERVER_DIED, NOT_TRIED},
        {"DEAD_NAME", CALL_INTS, dead_name_id, MIG_REPLY_MISMATCH, MIG_REPLY_MISMATCH},
        {"too short", CALL_INTS, too_short, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"too long", CALL_INTS, too_long, MACH_RCV_TOO_LARGE, MACH_RCV_TOO_LARGE},
        {"too short", CALL_MEMORY, too_short, MIG_TYPE_ERROR, NOT_TRIED},
        {"too long", CALL_VARIABLE, too_long, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"too long", CALL_STRING, too_long, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"a header alone", CALL_INTS, header_alone, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"complex", CALL_INTS, complex_without_rights, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"complex, no memory", CALL_MEMORY, complex_without_rights, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"not complex", CALL_MEMORY, not_complex, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"an error", CALL_INTS, an_error, 77, 77},
        {"an error", CALL_MEMORY, an_error, 77, 77},
        {"an error of 0", CALL_INTS, an_error_of_zero, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"an error of 0", CALL_MEMORY, an_error_of_zero, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"a remote port", CALL_INTS, a_reply_to_the_reply, MIG_TYPE_ERROR, KERN_SUCCESS},
        {"a remote port", CALL_TAKE, a_reply_to_the_reply, MIG_TYPE_ERROR, KERN_SUCCESS},
        {"size and count differ", CALL_MEMORY, larger_count, MIG_TYPE_ERROR, NOT_TRIED},
        {"size and count differ", CALL_ARRAY, array_count, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"a port for memory", CALL_MEMORY, rights_for_memory, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"another right", CALL_TAKE, another_disposition, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"a null right", CALL_TAKE, null_rights, KERN_SUCCESS, KERN_SUCCESS},
        {"a right less", CALL_TAKE, one_right_less, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"other rights", CALL_ARRAY, array_disposition, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"a longer array", CALL_VARIABLE, longer_than_sent, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"the longest array", CALL_VARIABLE, longer_than_any, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
        {"an endless string", CALL_STRING, string_without_end, MIG_TYPE_ERROR, MIG_TYPE_ERROR},
    };
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        for (unsigned j = 0; j < TOY_USERS; j++) {
            kern_return_t wanted = toy_users[j]->modern ? faults[i].late : faults[i].early;
            if (wanted == NOT_TRIED) continue;
            mach_port_t witness = port_with_send();
            kern_return_t code = reply_with(toy_users[j], faults[i].which, faults[i].fault, witness);
            if (code != wanted)
                print_error("%s, stub %d, client %s\n", faults[i].what, faults[i].which, toy_users[j]->name);
            assert_code(code, wanted);
            destroy(witness);
        }
    }
}

// ---- Requests that are wrong: what the server says

struct request {
    union {
        mach_msg_header_t head;
        mach_msg_base_t base;
        __Request__toy_ints_t ints;
        __Request__toy_variable_array_t variable;
        __Request__toy_two_arrays_t two;
        __Request__toy_strings_t string;
        __Request__toy_memory_t memory;
        __Request__toy_give_ports_t give;
        __Request__toy_port_array_t array;
        __Request__toy_fail_t fail;
        __Request__toy_notice_t notice;
        char room[1024];
    };
};

// Sends a request by hand; the code in the reply, which must be an error reply as it should be.
static kern_return_t request_by_hand(mach_port_t server, struct request *request) {
    mach_port_t reply = mig_get_reply_port();
    request->head.msgh_bits |= MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    request->head.msgh_remote_port = server;
    request->head.msgh_local_port = reply;
    mach_msg_id_t id = request->head.msgh_id;
    union {
        struct request sent;
        struct test_message received;
    } it = {.sent = *request};
    assert_code(mach_msg(&it.sent.head, MACH_SEND_MSG | MACH_RCV_MSG, request->head.msgh_size, sizeof(it), reply, 0,
                         MACH_PORT_NULL),
                MACH_MSG_SUCCESS);
    mig_reply_error_t *error = (mig_reply_error_t *)&it;
    assert_int_equal(error->Head.msgh_bits, MACH_MSGH_BITS(0, 18));
    assert_int_equal(error->Head.msgh_id, id + 100);
    assert_int_equal(error->Head.msgh_size, 36);
    assert_int_equal(error->Head.msgh_remote_port, MACH_PORT_NULL);
    assert_memory_equal(&error->NDR, &NDR_record, sizeof(NDR_record));
    return error->RetCode;
}

static struct request plain_request(mach_msg_id_t id, mach_msg_size_t size) {
    struct request it;
    memset(&it, 0, sizeof(it));
    it.head.msgh_id = id;
    it.head.msgh_size = size;
    return it;
}

static struct request complex_request(mach_msg_id_t id, mach_msg_size_t size, unsigned descriptors) {
    struct request it = plain_request(id, size);
    it.head.msgh_bits = MACH_MSGH_BITS_COMPLEX;
    it.base.body.msgh_descriptor_count = descriptors;
    return it;
}

static mach_msg_port_descriptor_t right_to(mach_port_t port, mach_msg_type_name_t disposition) {
    return (mach_msg_port_descriptor_t){
        .name = port, .disposition = disposition & 0xff, .type = MACH_MSG_PORT_DESCRIPTOR};
}

static mach_msg_ool_descriptor_t memory_of(const void *address, mach_msg_size_t size) {
    return (mach_msg_ool_descriptor_t){.address = (void *)(uintptr_t)address,
                                       .size = size,
                                       .copy = MACH_MSG_VIRTUAL_COPY,
                                       .type = MACH_MSG_OOL_DESCRIPTOR};
}

static void simple_requests_that_are_wrong(mach_port_t server) {
    struct request it;
    for (mach_msg_size_t size = 24; size < 100; size += 4) { // not exact
        it = plain_request(TOY_INTS, size);
        if (size != sizeof(it.ints)) assert_code(request_by_hand(server, &it), MIG_BAD_ARGUMENTS);
    }
    it = complex_request(TOY_INTS, sizeof(it.ints), 0);
    assert_code(request_by_hand(server, &it), MIG_BAD_ARGUMENTS);
    static const mach_msg_id_t ids[] = {TOY_SKIPPED, TOY_BASE - 1, TOY_END,   0,
                                        -1,          INT32_MAX,    INT32_MIN, TOY_INTS + 100};
    for (unsigned i = 0; i < COUNT_OF(ids); i++) {
        it = plain_request(ids[i], 24);
        if (ids[i] < INT32_MAX - 100) assert_code(request_by_hand(server, &it), MIG_BAD_ID);
    }
    static const mach_msg_type_number_t counts[] = {2, 4, TOY_VARIABLE + 1, 0x40000003, 0xffffffff};
    for (unsigned i = 0; i < COUNT_OF(counts); i++) { // three elements, says the size
        it = plain_request(TOY_VARIABLE_ARRAY, sizeof(it.variable) - 4 * TOY_VARIABLE + 12);
        it.variable.arrayCnt = counts[i];
        assert_code(request_by_hand(server, &it), MIG_BAD_ARGUMENTS);
        it = plain_request(TOY_TWO_ARRAYS, sizeof(it.two) - 4 * TOY_VARIABLE - TOY_STRING + 12);
        it.two.firstCnt = counts[i];
        assert_code(request_by_hand(server, &it), MIG_BAD_ARGUMENTS);
    }
    for (unsigned i = 0; i < COUNT_OF(counts); i++) {
        it = plain_request(TOY_STRINGS, sizeof(it.string) - TOY_STRING + 12);
        it.string.nameCnt = counts[i];
        assert_code(request_by_hand(server, &it), MIG_BAD_ARGUMENTS);
    }
    it = plain_request(TOY_STRINGS, sizeof(it.string) - TOY_STRING + 12);
    it.string.nameCnt = 12;
    memset(it.string.name, 'x', 12);
    assert_code(request_by_hand(server, &it), MIG_BAD_ARGUMENTS); // no end
}

static void complex_requests_that_are_wrong(mach_port_t server) {
    mach_port_t port = port_with_send();
    struct request it;
    for (int fault = 0; fault < 9; fault++) {
        it = complex_request(TOY_FAIL, sizeof(it.fail), 2);
        it.fail.port = right_to(port, 19);
        it.fail.data = memory_of("abcd", 4);
        it.fail.dataCnt = 4;
        kern_return_t wanted = MIG_TYPE_ERROR;
        switch (fault) {
        case 0:
            it.fail.port.disposition = 21;
            break;
        case 1:
            it.fail.dataCnt = 5;
            break;
        case 2:
            it.fail.data.size = 3;
            break;
        case 3:
            it.fail.code = wanted = KERN_NO_ACCESS;
            break; // I12: the routine's own
        case 4:
            it.head.msgh_size += 4, wanted = MIG_BAD_ARGUMENTS;
            break;
        case 5:
            it.head.msgh_size -= 4, wanted = MIG_BAD_ARGUMENTS;
            break;
        case 6:
            it.base.body.msgh_descriptor_count = 1, wanted = MIG_BAD_ARGUMENTS;
            break;
        case 7:
            it.base.body.msgh_descriptor_count = 0, wanted = MIG_BAD_ARGUMENTS;
            break;
        default:
            it.head.msgh_bits = 0, wanted = MIG_BAD_ARGUMENTS;
            break;
        }
        assert_code(request_by_hand(server, &it), wanted);
    }
    // In place of a port, memory; in place of memory, an array of ports.
    it = complex_request(TOY_POLYMORPHIC, 44, 1);
    it.memory.data = memory_of("abcd", 4);
    assert_code(request_by_hand(server, &it), MIG_BAD_ARGUMENTS); // 4 bytes longer than a port
    it = complex_request(TOY_MEMORY, sizeof(it.memory), 1);
    it.array.ports = (mach_msg_ool_ports_descriptor_t){
        .address = &port, .count = 1, .disposition = 19, .type = MACH_MSG_OOL_PORTS_DESCRIPTOR};
    it.memory.dataCnt = 1;
    assert_code(request_by_hand(server, &it), MIG_TYPE_ERROR);
    it.head.msgh_id = TOY_PORT_ARRAY;
    it.array.ports.disposition = 21;
    assert_code(request_by_hand(server, &it), MIG_TYPE_ERROR);
    it.array.ports.disposition = 20;
    it.array.portsCnt = 2;
    assert_code(request_by_hand(server, &it), MIG_TYPE_ERROR);
    for (unsigned i = 0; i < TOY_RIGHTS; i++) { // each right in turn another than the one wanted
        mach_port_t moved = make_port();
        it = complex_request(TOY_GIVE_PORTS, sizeof(it.give), TOY_RIGHTS);
        for (unsigned j = 0; j < TOY_RIGHTS; j++) {
            static const mach_msg_type_name_t right[] = {16, 20, 21, 20, 20, 21}, wrong[] = {20, 21, 20, 21, 21, 20};
            it.give.ports[j] = right_to(j == 0 ? moved : port, j == i ? wrong[j] : right[j]);
        }
        assert_code(request_by_hand(server, &it), MIG_TYPE_ERROR);
        // I12: the receive right died with the request; as a send right it did not.
        assert_int_equal(type(moved), i == 0 ? MACH_PORT_TYPE_RECEIVE : MACH_PORT_TYPE_NONE);
        if (i == 0) destroy(moved);
        drain(port); // send-once rights that were destroyed
    }
    // Nothing of all this is left: one reference, no send-once right.
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    drain(port);
    assert_int_equal(status(port).mps_sorights, 0);
    destroy(port);
}

static void a_server_refuses_what_is_wrong_and_gives_it_all_back(void **state) {
    (void)state;
    for (unsigned i = 0; i < TOY_SERVERS; i++) {
        struct service service;
        make_toy_service(&service, MACH_PORT_NULL, i);
        service.max_size = sizeof(struct request);
        start_service(&service);
        simple_requests_that_are_wrong(service.port);
        rest_service(&service);
        mach_linux_statistics_data_t before, after;
        mach_linux_statistics(&before);
        complex_requests_that_are_wrong(service.port);
        rest_service(&service);
        mach_linux_statistics(&after);
        assert_memory_equal(&before, &after, sizeof(before));
        assert_code(stop_service(&service), MACH_RCV_PORT_CHANGED);
    }
}

static void tokens_need_a_trailer_that_has_them(void **state) {
    (void)state;
    static const struct {
        int elements;
        kern_return_t security, audit;
    } trailers[] = {
        {MACH_RCV_TRAILER_NULL, MIG_TRAILER_ERROR, MIG_TRAILER_ERROR},
        {MACH_RCV_TRAILER_SEQNO, MIG_TRAILER_ERROR, MIG_TRAILER_ERROR},
        {MACH_RCV_TRAILER_SENDER, KERN_SUCCESS, MIG_TRAILER_ERROR},
        {MACH_RCV_TRAILER_AUDIT, KERN_SUCCESS, KERN_SUCCESS},
        {MACH_RCV_TRAILER_CTX, KERN_SUCCESS, KERN_SUCCESS},
        {MACH_RCV_TRAILER_AV, KERN_SUCCESS, KERN_SUCCESS},
        {MACH_RCV_TRAILER_LABELS, KERN_SUCCESS, KERN_SUCCESS},
    };
    for (size_t i = 0; i < COUNT_OF(trailers); i++) {
        struct service service;
        make_toy_service(&service, MACH_PORT_NULL, i % TOY_SERVERS);
        service.options = (mach_msg_options_t)MACH_RCV_TRAILER_ELEMENTS(trailers[i].elements);
        start_service(&service);
        for (unsigned j = 0; j < TOY_USERS; j++) {
            security_token_t security;
            audit_token_t audit;
            assert_code(toy_users[j]->security(service.port, &security), trailers[i].security);
            assert_code(toy_users[j]->audit(service.port, &audit), trailers[i].audit);
        }
        assert_code(stop_service(&service), MACH_RCV_PORT_CHANGED);
    }
}

// ---- Sizes

static void a_request_larger_than_the_server_expects_is_lost_and_ends_it(void **state) {
    (void)state;
    for (int once = 0; once < 2; once++) {
        for (unsigned i = 0; i < TOY_USERS; i++) {
            struct service service;
            make_toy_service(&service, MACH_PORT_NULL, i % TOY_SERVERS);
            service.max_size = sizeof(__Request__toy_ints_t) - 4;
            service.serve = once ? mach_msg_server_once : mach_msg_server;
            start_service(&service);
            struct plain_call call = {toy_users[i], service.port};
            assert_code(call_ints(&call), MIG_SERVER_DIED); // V6
            assert_code(join_service(&service), MACH_RCV_TOO_LARGE);
            destroy(service.port);
        }
    }
}

static void with_rcv_large_a_server_grows_as_it_must(void **state) {
    (void)state;
    for (unsigned i = 0; i < TOY_USERS; i++) {
        struct service service;
        make_toy_service(&service, MACH_PORT_NULL, i % TOY_SERVERS);
        service.max_size = 24;
        service.options |= MACH_RCV_LARGE;
        start_service(&service);
        assert_int_equal(all_routines(toy_users[i], service.port), 0);
        assert_code(stop_service(&service), MACH_RCV_PORT_CHANGED);
    }
}

static void once_is_once(void **state) {
    (void)state;
    for (unsigned i = 0; i < TOY_USERS; i++) {
        struct service service;
        make_toy_service(&service, MACH_PORT_NULL, i % TOY_SERVERS);
        service.serve = mach_msg_server_once;
        struct plain_call call = {toy_users[i], service.port};
        for (int j = 0; j < 3; j++) {
            start_service(&service);
            assert_code(call_ints(&call), KERN_SUCCESS);
            assert_code(join_service(&service), MACH_MSG_SUCCESS);
        }
        // An error of the stubs is none of the server's.
        start_service(&service);
        assert_code(toy_users[i]->skipped(service.port), MIG_BAD_ID);
        assert_code(join_service(&service), MACH_MSG_SUCCESS);
        start_service(&service);
        assert_code(toy_users[i]->notice(service.port, 1), KERN_SUCCESS);
        assert_code(join_service(&service), MACH_MSG_SUCCESS);
        destroy(service.port);
    }
}

// ---- Tables

static void every_routine_is_found_by_its_id(void **state) {
    (void)state;
    for (unsigned i = 0; i < TOY_SERVERS; i++) {
        for (mach_msg_id_t id = TOY_BASE - 2; id < TOY_END + 2; id++) {
            mach_msg_header_t request = {
                .msgh_id = id, .msgh_bits = 0x1512, .msgh_remote_port = 0x33, .msgh_local_port = 0x44};
            bool known = id >= TOY_BASE && id < TOY_END && id != TOY_SKIPPED;
            assert_int_equal(toy_servers[i]->routine(&request) != NULL, known);
            if (known) continue;
            mig_reply_error_t reply;
            memset(&reply, 0x5a, sizeof(reply));
            assert_int_equal(toy_servers[i]->demux(&request, &reply.Head), FALSE);
            assert_int_equal(reply.Head.msgh_bits, 0x12);
            assert_int_equal(reply.Head.msgh_remote_port, 0x33);
            assert_int_equal(reply.Head.msgh_local_port, MACH_PORT_NULL);
            assert_int_equal(reply.Head.msgh_size, 36);
            assert_int_equal(reply.Head.msgh_id, id + 100);
            assert_int_equal(reply.RetCode, MIG_BAD_ID);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        MIG_TEST(every_routine_is_found_by_its_id),
        MIG_TEST(ten_thousand_calls_between_threads_leave_all_counts),
        MIG_TEST(ten_thousand_calls_to_another_task_leave_all_counts),
        MIG_TEST(ten_thousand_calls_from_another_task_leave_all_counts),
        MIG_TEST(ten_thousand_calls_between_two_other_tasks_leave_all_counts),
        MIG_TEST(many_clients_share_a_server),
        MIG_TEST(a_server_may_answer_later),
        MIG_TEST(a_call_that_times_out_changes_the_reply_port),
        MIG_TEST(a_send_that_times_out_comes_back),
        MIG_TEST(a_dead_server_is_told_at_once_and_keeps_the_reply_port),
        MIG_TEST(a_server_that_dies_is_told_to_its_clients),
        MIG_TEST(a_task_that_ends_takes_its_servers_along),
        MIG_TEST(what_a_client_makes_of_a_reply),
        MIG_TEST(a_server_refuses_what_is_wrong_and_gives_it_all_back),
        MIG_TEST(tokens_need_a_trailer_that_has_them),
        MIG_TEST(a_request_larger_than_the_server_expects_is_lost_and_ends_it),
        MIG_TEST(with_rcv_large_a_server_grows_as_it_must),
        MIG_TEST(once_is_once),
    };
    return TASK_RUN(tests);
}

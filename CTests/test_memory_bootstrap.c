// The bootstrap's routines, called and asked for by message, at each of their allocations: the documented code, nothing changed, and the same call then works.
#include "memory_allocator.h"
#include "memory_support.h"

#include "bootstrap_support.h"

#include <unistd.h>

extern __typeof__(mach_linux_check) mach_linux_check __attribute__((weak));

static const struct bootstrap_routines *by;
static mach_port_t bootstrap, port, requestor, result;
static char service[] = "org.example.short", none[] = "";
static bool is_created; // the service was there before the call

static kern_return_t call_look_up(void) { return by->bootstrap_look_up(bootstrap, service, &result); }
static kern_return_t call_check_in(void) { return by->bootstrap_check_in(bootstrap, service, &result); }
static kern_return_t call_create(void) { return by->bootstrap_create_service(bootstrap, service, &result); }
static kern_return_t call_register(void) { return by->bootstrap_register(bootstrap, service, port); }
static kern_return_t call_subset(void) { return by->bootstrap_subset(bootstrap, requestor, &result); }
static kern_return_t call_server(void) {
    return by->bootstrap_create_server(bootstrap, none, geteuid(), FALSE, &result);
}
static kern_return_t call_unprivileged(void) { return by->bootstrap_unprivileged(bootstrap, &result); }
static kern_return_t call_status(void) {
    bootstrap_status_t status = 77;
    return by->bootstrap_status(bootstrap, service, &status);
}

struct operation {
    const char *what;
    kern_return_t (*call)(void);
    bool creates;   // the service is to be there before
    bool names;     // it has a result whose name may find no room
    unsigned least; // by call, with a full space, so many allocations at least
};

// What is there must be what was before.
static void expect_nothing_changed(const struct operation *it, unsigned n, kern_return_t code) {
    bootstrap_status_t status = 77;
    kern_return_t is = bootstrap_status(bootstrap, service, &status);
    bool good =
        is_created ? is == KERN_SUCCESS && status == BOOTSTRAP_STATUS_INACTIVE : is == BOOTSTRAP_UNKNOWN_SERVICE;
    if (!good || result != 0x5a5a5a5a || (mach_linux_check != NULL && mach_linux_check() != KERN_SUCCESS))
        fail_msg("%s, allocation %u, code %d: status %d, result 0x%x", it->what, n, code, is, result);
}

static bool is_allowed(const struct operation *it, kern_return_t code) {
    if (code == KERN_SUCCESS || code == BOOTSTRAP_NO_MEMORY) return true;
    if (code == KERN_RESOURCE_SHORTAGE) return it->names;
    // No memory for the request or for its reply; none to tell of that; none for the name of what the reply has (D7).
    return by == &bootstrap_messages &&
           (code == MACH_SEND_NO_BUFFER || code == MIG_SERVER_DIED || code == MACH_RCV_TIMED_OUT ||
            (it->names && code == (MACH_RCV_BODY_ERROR | MACH_MSG_IPC_KERNEL)));
}

// False when the call did not come to the n-th allocation.
static bool attempt(const struct operation *it, enum failing failing, unsigned n) {
    task_t task = make_task();
    enter(task);
    if (by == &bootstrap_messages) open_reply_port();
    assert_success(task_get_bootstrap_port(SELF, &bootstrap));
    port = port_with_send();
    requestor = port_with_send();
    is_created = it->creates;
    mach_port_t made = MACH_PORT_NULL;
    if (it->creates) {
        assert_success(bootstrap_create_service(bootstrap, service, &made));
        assert_success(mach_port_deallocate(SELF, made));
    }
    fill_names(SELF);
    result = 0x5a5a5a5a;
    fail_allocation(failing, n);
    kern_return_t code = it->call();
    bool reached = stop_failing();
    if (!is_allowed(it, code)) fail_msg("%s, allocation %u: code %d (0x%x)", it->what, n, code, code);
    bool is_lost = code == MIG_SERVER_DIED || code == (MACH_RCV_BODY_ERROR | MACH_MSG_IPC_KERNEL);
    if (code != KERN_SUCCESS) {
        // Of a reply without its right the routine's work remains, or goes with the right.
        if (code != (MACH_RCV_BODY_ERROR | MACH_MSG_IPC_KERNEL)) expect_nothing_changed(it, n, code);
        if (by == &bootstrap_messages) {
            close_reply_port();
            open_reply_port();
        }
        if (is_lost && bootstrap_register(bootstrap, service, MACH_PORT_NULL) == KERN_SUCCESS && it->creates)
            assert_success(bootstrap_create_service(bootstrap, service, &made));
        assert_success(it->call());
    }
    if (by == &bootstrap_messages) close_reply_port();
    leave();
    end_task(task);
    assert_success(bootstrap_register(bootstrap_port, service, MACH_PORT_NULL));
    return reached;
}

static void run_operation(const struct operation *it) {
    for (enum failing failing = ONE; failing <= ALL; failing++) {
        unsigned n = 1;
        while (attempt(it, failing, n)) {
            if (++n > 100) fail_msg("%s allocates without end", it->what);
        }
        if (n - 1 < it->least) fail_msg("%s: %u allocations, %u at least expected", it->what, n - 1, it->least);
    }
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    need_failing_allocations();
    const struct operation operations[] = {
        {"bootstrap_look_up", call_look_up, true, true, 1},
        {"bootstrap_check_in", call_check_in, true, true, 1},
        {"bootstrap_check_in of a new service", call_check_in, false, true, 2},
        {"bootstrap_create_service", call_create, false, true, 2},
        {"bootstrap_register", call_register, false, false, 1},
        {"bootstrap_register in place of another", call_register, true, false, 1},
        {"bootstrap_subset", call_subset, false, true, 3},
        {"bootstrap_create_server", call_server, false, true, 2},
        {"bootstrap_unprivileged", call_unprivileged, false, false, 0},
        {"bootstrap_status", call_status, true, false, 0},
    };
    const struct bootstrap_routines *ways[] = {&bootstrap_calls, &bootstrap_messages};
    for (unsigned way = 0; way < COUNT_OF(ways); way++) {
        by = ways[way];
        for (size_t i = 0; i < COUNT_OF(operations); i++) run_operation(&operations[i]);
    }
}

// B15: without a reply port a server of the program's own is not asked, so that nothing is done of which the caller hears nothing.
static void no_request_goes_out_without_a_reply_port(void **state) {
    (void)state;
    need_failing_allocations();
    mach_port_t own = port_with_send();
    for (enum failing failing = ONE; failing <= ALL; failing++) {
        task_t task = make_task();
        mach_port_t bp = give(task, own, MACH_MSG_TYPE_COPY_SEND);
        enter(task);
        fill_names(SELF);
        mach_port_t receive = 0x5a5a5a5a;
        fail_allocation(failing, 1);
        kern_return_t code = bootstrap_check_in(bp, service, &receive);
        assert_true(stop_failing());
        assert_code(code, KERN_RESOURCE_SHORTAGE);
        assert_int_equal(receive, 0x5a5a5a5a);
        leave();
        expect_no_message(own);
        end_task(task);
    }
    destroy(own);
}

// The table of services has grown already, and needs no more memory, or grows later.
static void the_table_of_services_grows_or_not(void **state) {
    (void)state;
    need_failing_allocations();
    by = &bootstrap_calls;
    static mach_port_t ports[300];
    char name[32];
    unsigned failures = 0;
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "%d", i);
        for (unsigned n = 1;; n++) {
            fail_allocation(ONE, n);
            kern_return_t code = bootstrap_check_in(bootstrap_port, name, &ports[i]);
            bool reached = stop_failing();
            failures += code != KERN_SUCCESS;
            if (code == KERN_SUCCESS) {
                if (!reached) break;
                assert_success(mach_port_mod_refs(SELF, ports[i], MACH_PORT_RIGHT_RECEIVE, -1));
            } else {
                assert_true(code == BOOTSTRAP_NO_MEMORY || code == KERN_RESOURCE_SHORTAGE);
            }
        }
    }
    assert_true(failures >= 300);
    for (int i = 0; i < 300; i++) {
        mach_port_t found = MACH_PORT_NULL;
        snprintf(name, sizeof(name), "%d", i);
        assert_success(bootstrap_look_up(bootstrap_port, name, &found));
        assert_int_equal(found, ports[i]);
        destroy(ports[i]);
        assert_code(bootstrap_look_up(bootstrap_port, name, &found), BOOTSTRAP_UNKNOWN_SERVICE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(every_allocation_may_fail),
        TASK_TEST(no_request_goes_out_without_a_reply_port),
        TASK_TEST(the_table_of_services_grows_or_not),
    };
    return TASK_RUN(tests);
}

// What every C test shares: the set-up that demands each test gives back all it took, short ways to make rights, and threads that report codes.
#ifndef CTESTS_SUPPORT_H
#define CTESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mach/mach.h>
#include <mach/mach_linux.h>

#include <pthread.h>

#define SELF            mach_task_self()
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// Names whose index is as high as it may get, and the first index beyond (Choices: 4,194,303 names).
#define LAST_INDEX   4194303u
#define INDEX_BEYOND 4194304u

// ---- The frame around each test

// One test: before it the statistics are recorded, after it they must be back at that record and, in the checked flavour, all invariants must hold.
#define TEST(function) cmocka_unit_test_setup_teardown(function, support_setup, support_teardown)
// All tests of a program; the value is main's result.
#define RUN(tests) cmocka_run_group_tests(tests, support_warm_up, NULL)

int support_warm_up(void **state);
int support_setup(void **state);
int support_teardown(void **state);

// ---- Assertions (main thread only)

// The call's code must be this one; says which call returned what.
#define assert_code(call, code) support_assert_code((int64_t)(call), (int64_t)(code), #call, __FILE__, __LINE__)
#define assert_success(call)    assert_code(call, KERN_SUCCESS)
void support_assert_code(int64_t got, int64_t wanted, const char *call, const char *file, int line);

// The space of this task as a program can see it: every name with its type and counts, every receive right with its status and context.
struct picture {
    size_t count;
    struct picture_name *names;
};
struct picture take_picture(void);
// Nothing that the picture shows may have changed; frees it.
#define assert_unchanged(picture) support_assert_unchanged(picture, __FILE__, __LINE__)
void support_assert_unchanged(struct picture picture, const char *file, int line);

// 32-bit values to pass for any argument: small, large, at the edges of names, rights, dispositions and signs.
extern const uint32_t edge_values[];
extern const size_t edge_value_count;

// ---- Rights (each function fails the test when the library refuses)

mach_port_t make_port(void);                         // a receive right
mach_port_t make_set(void);                          // an empty port set
mach_port_t port_with_send(void);                    // receive and one send user reference under one name
mach_port_t port_with_sends(mach_port_urefs_t refs); // the same with so many send user references
mach_port_t make_send_once(mach_port_t port);        // a send-once right to a port whose receive right we hold
mach_port_t make_dead_name(mach_port_urefs_t refs);  // a name of a port that died, with so many user references
// A live port of which only a send right (so many references) is left in the space: its receive right waits in a message on *carrier,
// which the caller destroys in the end; then the name is dead.
mach_port_t make_send_only(mach_port_urefs_t refs, mach_port_t *carrier);
void insert_send(mach_port_t port); // MAKE_SEND under the port's own name
void kill_port(mach_port_t port);   // mod_refs RECEIVE -1: what send rights there are become dead names
void destroy(mach_port_t name);     // mach_port_destroy
void put_in_set(mach_port_t port, mach_port_t set);

mach_port_urefs_t refs(mach_port_t name, mach_port_right_t right);
mach_port_type_t type(mach_port_t name); // MACH_PORT_TYPE_NONE for a name that is not in use
mach_port_status_t status(mach_port_t port);
bool is_member(mach_port_t port, mach_port_t set);

// ---- Messages without body

struct simple_message {
    mach_msg_header_t header;
    union {
        mach_msg_max_trailer_t trailer;
        char space[256];
    };
};

// Sends a header alone, without waiting (MACH_SEND_TIMEOUT, 0 ms).
mach_msg_return_t send_simple(mach_port_t destination, mach_msg_type_name_t disposition, mach_msg_id_t id);
// Receives what is there, without waiting (MACH_RCV_TIMEOUT, 0 ms); *id (may be null) is set on success only.
mach_msg_return_t receive_simple(mach_port_t name, mach_msg_id_t *id);
// The same, with the whole message.
mach_msg_return_t receive_message(mach_port_t name, struct simple_message *message);
// One send-once notification must wait on the port, and is taken.
void expect_send_once_notification(mach_port_t port);
// No message may wait on the port or set.
void expect_no_message(mach_port_t name);

// ---- Threads

// A thread that ends with a code. No assertion may run in it: cmocka's longjmp belongs to the main thread.
struct test_thread {
    pthread_t thread;
    int64_t (*body)(void *argument);
    void *argument;
    int64_t result;
    _Atomic int id; // kernel's thread id, 0 until it runs
};

void start_thread(struct test_thread *thread, int64_t (*body)(void *argument), void *argument);
// Waits for its end and returns its code.
int64_t join_thread(struct test_thread *thread);
// Returns when the thread sleeps in the kernel, so that it is known to have blocked.
void wait_until_blocked(struct test_thread *thread);

#endif

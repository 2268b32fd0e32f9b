// What the tests of tasks share: making and ending tasks, acting as one, looking at another's names, and notifications.
#ifndef CTESTS_TASK_SUPPORT_H
#define CTESTS_TASK_SUPPORT_H

#include "message_support.h"

#include <mach/notify.h>

// ---- The frame around each test

// As TEST, and a test that fails while the thread acts as another task leaves the next one in the process's task.
#define TASK_TEST(function) cmocka_unit_test_setup_teardown(function, support_setup, task_teardown)
int task_teardown(void **state);
// All tests of a program, as RUN; what pthread_mach_thread_np keeps for the main thread is made first.
#define TASK_RUN(tests) cmocka_run_group_tests(tests, task_warm_up, NULL)
int task_warm_up(void **state);

// ---- Tasks (main thread)

// The first name of every task: its own port.
#define OWN_TASK 0x103u
// The first name of the slot with this index.
#define NAME_AT(index) ((mach_port_name_t)((index) << 8 | 3))

task_t make_task(void);             // a child of the task that the caller acts as
task_t make_task_of(task_t parent); // a child of another
void terminate(task_t task);        // ends it; its name must be a dead name then
void end_task(task_t task);         // ends it and gives its name up
void enter(task_t task);            // the calling thread acts as the task
void leave(void);                   // ... as the process's task again
uint64_t live_tasks(void);

// ---- The names of another task

struct name_list {
    unsigned count;
    struct {
        mach_port_name_t name;
        mach_port_type_t type;
    } names[64];
};
struct name_list names_in(task_t task);
unsigned count_names_in(task_t task);
// The task has no name but that of its own port.
#define assert_empty(task) check_empty(task, __FILE__, __LINE__)
void check_empty(task_t task, const char *file, int line);

mach_port_t make_port_in(task_t task);
mach_port_type_t type_in(task_t task, mach_port_name_t name); // MACH_PORT_TYPE_NONE for a name that is not in use
mach_port_urefs_t refs_in(task_t task, mach_port_name_t name, mach_port_right_t right);
mach_port_status_t status_in(task_t task, mach_port_name_t port);
mach_port_name_t free_name_in(task_t task);

// Puts a right of the caller's into the task under a name that was free there; returns the name.
mach_port_name_t give(task_t task, mach_port_t right, mach_msg_type_name_t disposition);
// Takes a right out of the task; returns its name in the caller's space.
mach_port_t take(task_t task, mach_port_name_t name, mach_msg_type_name_t disposition);

// ---- Notifications

struct notification {
    mach_msg_header_t header;
    union {
        struct {
            mach_msg_body_t body;
            mach_msg_port_descriptor_t right; // PORT_DESTROYED
        };
        struct {
            NDR_record_t NDR;
            uint32_t value; // a name, or NO_SENDERS' count
        };
    };
    mach_msg_max_trailer_t trailer;
};

// Asks for a notification to a port of the caller's; there must have been no earlier request.
void request(task_t task, mach_port_name_t name, mach_msg_id_t id, mach_port_mscount_t sync, mach_port_t notify);
// The next message on the port, which must be a notification of this kind.
struct notification expect_notification(mach_port_t port, mach_msg_id_t id);
// ... with this name or count in it.
#define expect_notified(port, id, value) check_notified(port, id, value, __FILE__, __LINE__)
void check_notified(mach_port_t port, mach_msg_id_t id, uint32_t value, const char *file, int line);

// ---- Threads and processes

// A thread that acts as a task while its body runs. It ends with the body's result, or ADOPT_FAILED and the code.
struct actor {
    struct test_thread thread;
    task_t task; // as the process's task names it
    int64_t (*body)(void *argument);
    void *argument;
};
#define ADOPT_FAILED ((int64_t)1 << 40)
void start_actor(struct actor *actor, task_t task, int64_t (*body)(void *argument), void *argument);
int64_t join_actor(struct actor *actor);
int64_t act_as(task_t task, int64_t (*body)(void *argument), void *argument); // both in one

// A thread in one mach_msg call while it acts as a task; the caller is prepared as for begin_blocked.
struct task_caller {
    struct caller caller;
    struct actor actor;
};
void begin_blocked_as(struct task_caller *caller, task_t task);
mach_msg_return_t finish_as(struct task_caller *caller);

// Runs the body in a forked child: 0 if all was well there, else the number of the step that failed; 1000 and a signal's number if one ended it.
int in_forked_child(int (*body)(void *argument), void *argument);
// The same for a child that is forked already.
int wait_for_child(int child);
// For such bodies: leaves the function with the step's number, at most 255 for an exit status has no room for more, unless the statement holds.
#define STEP(number, statement)                                                                                        \
    do {                                                                                                               \
        if (!(statement)) return number;                                                                               \
    } while (0)

#endif

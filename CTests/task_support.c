// Making and ending tasks, acting as one, looking at another's names, and notifications.
#include "task_support.h"

#include <mach/pthread_np.h>
#include <mach/task.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- The frame around each test

int task_teardown(void **state) {
    (void)mach_linux_task_adopt(MACH_PORT_NULL);
    return support_teardown(state);
}

int task_warm_up(void **state) {
    (void)pthread_mach_thread_np(pthread_self());
    return support_warm_up(state);
}

// ---- Tasks

task_t make_task_of(task_t parent) {
    task_t task = MACH_PORT_NULL;
    assert_success(task_create(parent, NULL, 0, FALSE, &task));
    assert_true(MACH_PORT_VALID(task));
    return task;
}

task_t make_task(void) { return make_task_of(SELF); }

void terminate(task_t task) {
    assert_success(task_terminate(task));
    assert_int_equal(type(task), MACH_PORT_TYPE_DEAD_NAME);
}

void end_task(task_t task) {
    terminate(task);
    destroy(task);
}

void enter(task_t task) { assert_success(mach_linux_task_adopt(task)); }

void leave(void) { assert_success(mach_linux_task_adopt(MACH_PORT_NULL)); }

uint64_t live_tasks(void) {
    mach_linux_statistics_data_t now;
    mach_linux_statistics(&now);
    return now.tasks;
}

// ---- The names of another task

struct name_list names_in(task_t task) {
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    assert_success(mach_port_names(task, &names, &count, &types, &type_count));
    assert_int_equal(count, type_count);
    struct name_list list;
    memset(&list, 0, sizeof(list));
    assert_true(count <= COUNT_OF(list.names));
    list.count = count;
    for (unsigned i = 0; i < count; i++) {
        list.names[i].name = names[i];
        list.names[i].type = types[i];
    }
    assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)));
    assert_success(vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)));
    return list;
}

unsigned count_names_in(task_t task) { return names_in(task).count; }

void check_empty(task_t task, const char *file, int line) {
    struct name_list list = names_in(task);
    if (list.count == 1 && list.names[0].name == OWN_TASK && list.names[0].type == MACH_PORT_TYPE_SEND) return;
    for (unsigned i = 0; i < list.count; i++)
        print_error("the task has the name 0x%x of type 0x%x\n", list.names[i].name, list.names[i].type);
    _fail(file, line);
}

mach_port_t make_port_in(task_t task) {
    mach_port_t port = MACH_PORT_NULL;
    assert_success(mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &port));
    assert_true(MACH_PORT_VALID(port));
    return port;
}

mach_port_type_t type_in(task_t task, mach_port_name_t name) {
    mach_port_type_t it = 0x5a5a5a5a;
    kern_return_t code = mach_port_type(task, name, &it);
    if (code == KERN_INVALID_NAME) return MACH_PORT_TYPE_NONE;
    assert_success(code);
    return it;
}

mach_port_urefs_t refs_in(task_t task, mach_port_name_t name, mach_port_right_t right) {
    mach_port_urefs_t count = 0x5a5a5a5a;
    assert_success(mach_port_get_refs(task, name, right, &count));
    return count;
}

mach_port_status_t status_in(task_t task, mach_port_name_t port) {
    mach_port_status_t it;
    memset(&it, 0x5a, sizeof(it));
    mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;
    assert_success(mach_port_get_attributes(task, port, MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&it, &count));
    assert_int_equal(count, MACH_PORT_RECEIVE_STATUS_COUNT);
    return it;
}

mach_port_name_t free_name_in(task_t task) {
    mach_port_name_t name = make_port_in(task);
    assert_success(mach_port_destroy(task, name));
    return name;
}

mach_port_name_t give(task_t task, mach_port_t right, mach_msg_type_name_t disposition) {
    mach_port_name_t name = free_name_in(task);
    assert_success(mach_port_insert_right(task, name, right, disposition));
    return name;
}

mach_port_t take(task_t task, mach_port_name_t name, mach_msg_type_name_t disposition) {
    mach_port_t right = MACH_PORT_NULL;
    mach_msg_type_name_t type = 0;
    assert_success(mach_port_extract_right(task, name, disposition, &right, &type));
    return right;
}

// ---- Notifications

void request(task_t task, mach_port_name_t name, mach_msg_id_t id, mach_port_mscount_t sync, mach_port_t notify) {
    mach_port_t previous = 0x5a5a5a5a;
    assert_success(
        mach_port_request_notification(task, name, id, sync, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous));
    assert_int_equal(previous, MACH_PORT_NULL);
}

// The next message, whatever it is.
static struct notification next_message(mach_port_t port, const char *file, int line) {
    struct notification it;
    memset(&it, 0, sizeof(it));
    support_assert_code(mach_msg(&it.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(it), port, 0, MACH_PORT_NULL),
                        MACH_MSG_SUCCESS, "receiving a notification", file, line);
    return it;
}

struct notification expect_notification(mach_port_t port, mach_msg_id_t id) {
    struct notification it = next_message(port, __FILE__, __LINE__);
    assert_int_equal(it.header.msgh_id, id);
    return it;
}

void check_notified(mach_port_t port, mach_msg_id_t id, uint32_t value, const char *file, int line) {
    struct notification it = next_message(port, file, line);
    if (it.header.msgh_id == id && it.value == value) return;
    print_error("notification %d with 0x%x came, %d with 0x%x should\n", it.header.msgh_id, it.value, id, value);
    _fail(file, line);
}

// ---- Threads and processes

static int64_t adopt_and_run(void *argument) {
    struct actor *actor = argument;
    kern_return_t code = mach_linux_task_adopt(actor->task);
    if (code != KERN_SUCCESS) return ADOPT_FAILED | code;
    int64_t result = actor->body(actor->argument);
    code = mach_linux_task_adopt(MACH_PORT_NULL);
    return code == KERN_SUCCESS ? result : (ADOPT_FAILED | code);
}

void start_actor(struct actor *actor, task_t task, int64_t (*body)(void *argument), void *argument) {
    actor->task = task;
    actor->body = body;
    actor->argument = argument;
    start_thread(&actor->thread, adopt_and_run, actor);
}

int64_t join_actor(struct actor *actor) { return join_thread(&actor->thread); }

int64_t act_as(task_t task, int64_t (*body)(void *argument), void *argument) {
    struct actor actor;
    start_actor(&actor, task, body, argument);
    return join_actor(&actor);
}

static int64_t call(void *argument) {
    struct caller *caller = argument;
    mach_msg_return_t code = mach_msg(&caller->message.header, caller->option, caller->send_size, caller->receive_size,
                                      caller->receive_name, caller->timeout, MACH_PORT_NULL);
    caller->done = true;
    return code;
}

// The thread is the caller's own, for that is where expect_blocked looks.
static int64_t adopt_and_call(void *argument) {
    struct task_caller *it = argument;
    return adopt_and_run(&it->actor);
}

void begin_blocked_as(struct task_caller *caller, task_t task) {
    caller->actor.task = task;
    caller->actor.body = call;
    caller->actor.argument = &caller->caller;
    start_thread(&caller->caller.thread, adopt_and_call, caller);
    expect_blocked(&caller->caller);
}

mach_msg_return_t finish_as(struct task_caller *caller) { return (mach_msg_return_t)finish(&caller->caller); }

int wait_for_child(int child) {
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return -1;
    if (WIFSIGNALED(status)) return 1000 + WTERMSIG(status);
    return WEXITSTATUS(status);
}

int in_forked_child(int (*body)(void *argument), void *argument) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(30); // a hanging child is killed, and reported as such
        _exit(body(argument));
    }
    return wait_for_child(child);
}

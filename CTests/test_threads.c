// Threads: their ports, which die with them; their pthreads; which task each acts as; and how blocked ones end with their task.
#include "task_support.h"

#include <mach/pthread_np.h>
#include <mach/task.h>
#include <mach/thread_act.h>

#include <sched.h>
#include <stdatomic.h>

// A thread that makes itself known, and stays until told to go.
struct guest {
    struct test_thread thread;
    _Atomic mach_port_t port; // its own name for itself, one reference
    atomic_bool go;
    mach_port_t gate; // it waits for a message here
};

static int64_t stay(void *argument) {
    struct guest *guest = argument;
    mach_port_t port = mach_thread_self();
    if (port == MACH_PORT_NULL) return 1;
    atomic_store(&guest->port, port);
    struct simple_message message;
    return mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), guest->gate, 0, MACH_PORT_NULL);
}

static void let_in(struct guest *guest) {
    atomic_store(&guest->port, MACH_PORT_NULL);
    guest->gate = port_with_send();
    start_thread(&guest->thread, stay, guest);
    while (atomic_load(&guest->port) == MACH_PORT_NULL) sched_yield();
}

static void let_go(struct guest *guest) {
    assert_code(send_simple(guest->gate, MACH_MSG_TYPE_COPY_SEND, 0), MACH_MSG_SUCCESS);
    assert_code(join_thread(&guest->thread), MACH_MSG_SUCCESS);
    destroy(guest->gate);
}

// ---- A thread's port

static void a_threads_port_dies_with_the_thread(void **state) {
    (void)state;
    struct guest guest;
    mach_port_t notify = make_port();
    let_in(&guest);
    mach_port_t thread = guest.port;
    assert_int_equal(type(thread), MACH_PORT_TYPE_SEND);
    request(SELF, thread, MACH_NOTIFY_DEAD_NAME, 0, notify);
    expect_no_message(notify);
    let_go(&guest);
    expect_notified(notify, MACH_NOTIFY_DEAD_NAME, thread);
    assert_int_equal(type(thread), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(refs(thread, MACH_PORT_RIGHT_DEAD_NAME), 2); // T13
    destroy(thread);
    destroy(notify);
}

static int64_t leave_a_thread_port(void *argument) {
    *(mach_port_t *)argument = mach_thread_self();
    pthread_exit(NULL);
}

static void a_threads_port_dies_also_at_pthread_exit(void **state) {
    (void)state;
    struct test_thread thread;
    mach_port_t port = MACH_PORT_NULL;
    start_thread(&thread, leave_a_thread_port, &port);
    (void)join_thread(&thread);
    assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);
    destroy(port);
}

static int64_t only_calls(void *argument) {
    (void)argument;
    mach_port_t port = MACH_PORT_NULL;
    kern_return_t code = mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port);
    return code != KERN_SUCCESS ? code : mach_port_destroy(SELF, port);
}

static void threads_that_end_leave_nothing(void **state) {
    (void)state;
    uint64_t ports = 0;
    for (int i = 0; i < 50; i++) {
        struct test_thread thread;
        start_thread(&thread, only_calls, NULL);
        assert_code(join_thread(&thread), KERN_SUCCESS);
        if (i == 0) ports = live_ports();
    }
    assert_int_equal(live_ports(), ports);
}

static int64_t name_all(void *argument) {
    mach_port_t *name = argument;
    *name = mach_thread_self();
    return *name == mach_thread_self() ? 0 : 1;
}

static void a_new_thread_is_not_an_old_one(void **state) {
    (void)state;
    // Thread ids and records of the system come again; ports do not.
    mach_port_t names[20];
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        struct test_thread thread;
        start_thread(&thread, name_all, &names[i]);
        assert_code(join_thread(&thread), 0);
        for (unsigned j = 0; j < i; j++) assert_int_not_equal(names[i], names[j]);
    }
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        assert_int_equal(type(names[i]), MACH_PORT_TYPE_DEAD_NAME);
        destroy(names[i]);
    }
}

static void a_thread_port_can_be_sent_and_outlived(void **state) {
    (void)state;
    struct guest guest;
    task_t task = make_task();
    let_in(&guest);
    mach_port_name_t there = give(task, guest.port, MACH_MSG_TYPE_COPY_SEND);
    mach_port_t got = MACH_PORT_NULL;
    enter(task);
    assert_success(thread_get_special_port(there, THREAD_KERNEL_PORT, &got));
    assert_int_equal(got, there);
    leave();
    let_go(&guest);
    assert_int_equal(type_in(task, there), MACH_PORT_TYPE_DEAD_NAME);
    enter(task);
    assert_code(thread_get_special_port(there, THREAD_KERNEL_PORT, &got), KERN_INVALID_ARGUMENT);
    leave();
    destroy(guest.port);
    end_task(task);
}

// ---- pthreads

static void a_pthread_has_the_port_of_its_thread(void **state) {
    (void)state;
    mach_port_t mine = mach_thread_self();
    mach_port_urefs_t start = refs(mine, MACH_PORT_RIGHT_SEND);
    assert_int_equal(pthread_mach_thread_np(pthread_self()), mine);
    assert_int_equal(refs(mine, MACH_PORT_RIGHT_SEND), start); // it takes no reference
    assert_true(pthread_equal(pthread_from_mach_thread_np(mine), pthread_self()));
    struct guest guests[3];
    for (unsigned i = 0; i < COUNT_OF(guests); i++) let_in(&guests[i]);
    for (unsigned i = 0; i < COUNT_OF(guests); i++) {
        assert_int_equal(pthread_mach_thread_np(guests[i].thread.thread), guests[i].port);
        assert_true(pthread_equal(pthread_from_mach_thread_np(guests[i].port), guests[i].thread.thread));
    }
    for (unsigned i = 0; i < COUNT_OF(guests); i++) {
        let_go(&guests[i]);
        assert_true(pthread_from_mach_thread_np(guests[i].port) == 0); // a dead name
        destroy(guests[i].port);
    }
    assert_success(mach_port_deallocate(SELF, mine));
}

static void what_is_no_thread_has_no_pthread(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), dead = make_dead_name(1), host = mach_host_self(), set = make_set();
    mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03, port, dead, host, set, SELF};
    for (size_t i = 0; i < COUNT_OF(names); i++) assert_true(pthread_from_mach_thread_np(names[i]) == 0);
    assert_success(mach_port_deallocate(SELF, host));
    destroy(port);
    destroy(dead);
    destroy(set);
}

static void a_thread_has_a_name_of_its_own_in_each_task(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t mine = mach_thread_self();
    enter(task);
    mach_port_t there = mach_thread_self();
    assert_int_equal(pthread_mach_thread_np(pthread_self()), there);
    assert_true(pthread_equal(pthread_from_mach_thread_np(there), pthread_self()));
    leave();
    assert_int_equal(pthread_mach_thread_np(pthread_self()), mine);
    assert_success(mach_port_deallocate(SELF, mine));
    end_task(task);
}

// ---- Which task a thread acts as

static int64_t count_own_names(void *argument) {
    (void)argument;
    ipc_info_space_basic_t info;
    kern_return_t code = mach_port_space_basic_info(SELF, &info);
    return code == KERN_SUCCESS ? (int64_t)info.iisb_table_inuse : -1;
}

static void adopting_concerns_the_calling_thread_alone(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t port = make_port();
    int64_t ours = count_own_names(NULL);
    assert_int_not_equal(ours, 1);
    assert_int_equal(act_as(task, count_own_names, NULL), 1);
    assert_int_equal(count_own_names(NULL), ours);
    enter(task);
    assert_int_equal(count_own_names(NULL), 1);
    // A thread that starts now starts in the task of the process.
    struct test_thread thread;
    start_thread(&thread, count_own_names, NULL);
    assert_int_equal(join_thread(&thread), ours);
    leave();
    destroy(port);
    end_task(task);
}

static int64_t end_without_returning(void *argument) { return mach_linux_task_adopt(*(task_t *)argument); }

static void a_thread_may_end_in_the_task_that_it_adopted(void **state) {
    (void)state;
    task_t task = make_task();
    struct test_thread thread;
    start_thread(&thread, end_without_returning, &task);
    assert_code(join_thread(&thread), KERN_SUCCESS);
    assert_empty(task);
    start_thread(&thread, end_without_returning, &task);
    assert_code(join_thread(&thread), KERN_SUCCESS);
    end_task(task);
}

struct worker {
    struct actor actor;
    mach_port_name_t port;
    unsigned rounds;
};

// Makes, uses and gives back ports in the task that it acts as.
static int64_t work(void *argument) {
    struct worker *worker = argument;
    for (unsigned i = 0; i < worker->rounds; i++) {
        mach_port_t port = MACH_PORT_NULL;
        if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) != KERN_SUCCESS) return 1;
        if (send_simple(port, MACH_MSG_TYPE_MAKE_SEND, (mach_msg_id_t)i) != MACH_MSG_SUCCESS) return 2;
        mach_msg_id_t id = -1;
        if (receive_simple(port, &id) != MACH_MSG_SUCCESS || id != (mach_msg_id_t)i) return 3;
        mach_port_t reply = mach_reply_port();
        if (reply == MACH_PORT_NULL) return 4;
        if (mach_port_destroy(SELF, reply) != KERN_SUCCESS) return 5;
        if (mach_port_destroy(SELF, port) != KERN_SUCCESS) return 6;
    }
    return 0;
}

static void threads_act_as_different_tasks_at_the_same_time(void **state) {
    (void)state;
    task_t tasks[3] = {make_task(), make_task(), make_task()};
    struct worker workers[6];
    for (unsigned i = 0; i < COUNT_OF(workers); i++) {
        workers[i].rounds = 300;
        start_actor(&workers[i].actor, tasks[i % 3], work, &workers[i]);
    }
    struct worker own = {.rounds = 300};
    assert_code(work(&own), 0);
    for (unsigned i = 0; i < COUNT_OF(workers); i++) assert_code(join_actor(&workers[i].actor), 0);
    for (unsigned i = 0; i < COUNT_OF(tasks); i++) {
        assert_empty(tasks[i]);
        end_task(tasks[i]);
    }
}

static int64_t change_tasks(void *argument) {
    task_t *tasks = argument;
    for (unsigned i = 0; i < 1000; i++) {
        kern_return_t code = mach_linux_task_adopt(tasks[i % 2]);
        if (code != KERN_SUCCESS) return code;
        if (count_own_names(NULL) != 1) return 100;
        code = mach_linux_task_adopt(MACH_PORT_NULL);
        if (code != KERN_SUCCESS) return code;
    }
    return 0;
}

static void a_thread_may_change_tasks_often(void **state) {
    (void)state;
    task_t tasks[2] = {make_task(), make_task()};
    struct test_thread threads[3];
    for (unsigned i = 0; i < COUNT_OF(threads); i++) start_thread(&threads[i], change_tasks, tasks);
    for (unsigned i = 0; i < COUNT_OF(threads); i++) assert_code(join_thread(&threads[i]), 0);
    end_task(tasks[0]);
    end_task(tasks[1]);
}

// ---- Blocked threads of a dying task

// What a thread does after its blocked call was ended by the end of its task: nothing has a name any more, and it goes home.
struct orphan {
    struct test_thread thread;
    task_t task;
    mach_port_name_t port; // in the task
    mach_port_t home;      // in the process's task
    mach_msg_option_t option;
    mach_msg_timeout_t timeout;
};

static int64_t be_orphaned(void *argument) {
    struct orphan *orphan = argument;
    if (mach_linux_task_adopt(orphan->task) != KERN_SUCCESS) return 1;
    struct simple_message message;
    mach_msg_return_t code = mach_msg(&message.header, MACH_RCV_MSG | orphan->option, 0, sizeof(message), orphan->port,
                                      orphan->timeout, MACH_PORT_NULL);
    if (code != MACH_RCV_PORT_CHANGED) return code;
    mach_port_t port = MACH_PORT_NULL;
    if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) != KERN_INVALID_TASK) return 2;
    if (receive_simple(orphan->port, NULL) != MACH_RCV_INVALID_NAME) return 3;
    if (mach_linux_task_adopt(MACH_PORT_NULL) != KERN_SUCCESS) return 4;
    return send_simple(orphan->home, MACH_MSG_TYPE_COPY_SEND, 3);
}

static void blocked_threads_of_a_dying_task_go_on(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_name_t port = make_port_in(task), set = MACH_PORT_NULL;
    assert_success(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &set));
    mach_port_t home = port_with_send();
    struct orphan orphans[4];
    for (unsigned i = 0; i < COUNT_OF(orphans); i++) {
        orphans[i] = (struct orphan){.task = task, .port = i % 2 == 0 ? port : set, .home = home};
        if (i >= 2) {
            orphans[i].option = MACH_RCV_TIMEOUT;
            orphans[i].timeout = 60000;
        }
        start_thread(&orphans[i].thread, be_orphaned, &orphans[i]);
        wait_until_blocked(&orphans[i].thread);
    }
    uint64_t start = milliseconds();
    terminate(task);
    for (unsigned i = 0; i < COUNT_OF(orphans); i++) assert_code(join_thread(&orphans[i].thread), MACH_MSG_SUCCESS);
    assert_true(milliseconds() - start < 30000); // long before the time-out
    for (unsigned i = 0; i < COUNT_OF(orphans); i++) expect_message(home, 3);
    destroy(home);
    destroy(task);
}

static void a_thread_that_waits_in_another_task_is_left_alone(void **state) {
    (void)state;
    task_t dying = make_task(), living = make_task();
    mach_port_name_t port = make_port_in(living);
    mach_port_t right = take(living, port, MACH_MSG_TYPE_MAKE_SEND), mine = port_with_send();
    struct task_caller other;
    prepare_receiver(&other.caller, port);
    begin_blocked_as(&other, living);
    struct caller own;
    block_receiver(&own, mine);
    end_task(dying);
    expect_blocked(&other.caller);
    expect_blocked(&own);
    assert_code(send_simple(right, MACH_MSG_TYPE_MOVE_SEND, 1), MACH_MSG_SUCCESS);
    assert_code(send_simple(mine, MACH_MSG_TYPE_COPY_SEND, 1), MACH_MSG_SUCCESS);
    assert_code(finish_as(&other), MACH_MSG_SUCCESS);
    assert_code(finish(&own), MACH_MSG_SUCCESS);
    destroy(mine);
    end_task(living);
}

static int64_t end_in_ended_task(void *argument) {
    task_t task = *(task_t *)argument;
    if (mach_linux_task_adopt(task) != KERN_SUCCESS) return 1;
    mach_port_t thread = mach_thread_self(), reply = mach_reply_port();
    if (thread == MACH_PORT_NULL || reply == MACH_PORT_NULL) return 2;
    return task_terminate(SELF);
}

static void a_thread_may_end_in_a_task_that_has_ended(void **state) {
    (void)state;
    task_t task = make_task();
    struct test_thread thread;
    start_thread(&thread, end_in_ended_task, &task);
    assert_code(join_thread(&thread), KERN_SUCCESS);
    assert_int_equal(type(task), MACH_PORT_TYPE_DEAD_NAME);
    destroy(task);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(a_threads_port_dies_with_the_thread),
        TASK_TEST(a_threads_port_dies_also_at_pthread_exit),
        TASK_TEST(threads_that_end_leave_nothing),
        TASK_TEST(a_new_thread_is_not_an_old_one),
        TASK_TEST(a_thread_port_can_be_sent_and_outlived),
        TASK_TEST(a_pthread_has_the_port_of_its_thread),
        TASK_TEST(what_is_no_thread_has_no_pthread),
        TASK_TEST(a_thread_has_a_name_of_its_own_in_each_task),
        TASK_TEST(adopting_concerns_the_calling_thread_alone),
        TASK_TEST(a_thread_may_end_in_the_task_that_it_adopted),
        TASK_TEST(threads_act_as_different_tasks_at_the_same_time),
        TASK_TEST(a_thread_may_change_tasks_often),
        TASK_TEST(blocked_threads_of_a_dying_task_go_on),
        TASK_TEST(a_thread_that_waits_in_another_task_is_left_alone),
        TASK_TEST(a_thread_may_end_in_a_task_that_has_ended),
    };
    return TASK_RUN(tests);
}

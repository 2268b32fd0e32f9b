// fork, vfork and posix_spawn: the child is a new task that works at once, and the parent notices nothing.
#include "stress.h"
#include "task_support.h"

#include <mach/pthread_np.h>
#include <mach/task.h>
#include <mach/thread_act.h>

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

// ---- What a child does. No assertion of cmocka may fail in it: each step has a number, which is the exit status.

static mach_linux_statistics_data_t statistics(void) {
    mach_linux_statistics_data_t now;
    mach_linux_statistics(&now);
    return now;
}

static bool is_new_space(void) {
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    if (mach_port_names(SELF, &names, &count, &types, &type_count) != KERN_SUCCESS) return false;
    bool is = count == 2 && names[0] == OWN_TASK && names[1] == bootstrap_port;
    for (unsigned i = 0; i < count; i++) is = is && types[i] == MACH_PORT_TYPE_SEND;
    return vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)) == KERN_SUCCESS &&
           vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)) == KERN_SUCCESS && is;
}

static mach_msg_return_t child_receive(mach_port_t port, mach_msg_id_t *id) {
    struct simple_message message;
    mach_msg_return_t code =
        mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), port, 10000, MACH_PORT_NULL);
    if (code == MACH_MSG_SUCCESS) *id = message.header.msgh_id;
    return code;
}

static int64_t send_from_thread(void *argument) {
    return send_simple(*(mach_port_t *)argument, MACH_MSG_TYPE_COPY_SEND, 9);
}

static void *send_from_pthread(void *argument) { return (void *)(intptr_t)send_from_thread(argument); }

// Everything works at once: ports, messages, notifications, tasks, registered ports, memory; and what it made it gives back.
static int use_everything(void *unused) {
    (void)unused;
    // What is made once, on first use, is made before anything is counted.
    mach_port_t first_host = mach_host_self(), first_thread = mach_thread_self();
    STEP(8, mach_port_deallocate(SELF, first_host) == KERN_SUCCESS);
    STEP(9, mach_port_deallocate(SELF, first_thread) == KERN_SUCCESS);
    (void)pthread_mach_thread_np(pthread_self());
    mach_linux_trim();
    mach_linux_statistics_data_t start = statistics();
    mach_port_t port = MACH_PORT_NULL, notify = MACH_PORT_NULL, previous = MACH_PORT_NULL, set = MACH_PORT_NULL;
    mach_msg_id_t id = 0;
    STEP(10, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
    STEP(11, mach_port_insert_right(SELF, port, port, MACH_MSG_TYPE_MAKE_SEND) == KERN_SUCCESS);
    STEP(12, (notify = mach_reply_port()) != MACH_PORT_NULL);
    STEP(13, send_simple(port, MACH_MSG_TYPE_COPY_SEND, 5) == MACH_MSG_SUCCESS);
    STEP(14, child_receive(port, &id) == MACH_MSG_SUCCESS && id == 5);
    STEP(15, mach_port_allocate(SELF, MACH_PORT_RIGHT_PORT_SET, &set) == KERN_SUCCESS);
    STEP(16, mach_port_insert_member(SELF, port, set) == KERN_SUCCESS);
    STEP(17, mach_port_request_notification(SELF, port, MACH_NOTIFY_NO_SENDERS, 1, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
                                            &previous) == KERN_SUCCESS);
    STEP(18, mach_ports_register(SELF, &port, 1) == KERN_SUCCESS);
    task_t task = MACH_PORT_NULL;
    STEP(19, task_create(SELF, NULL, 0, FALSE, &task) == KERN_SUCCESS);
    STEP(20, statistics().tasks == start.tasks + 1);
    STEP(21, mach_linux_task_adopt(task) == KERN_SUCCESS);
    mach_port_array_t ports = NULL;
    mach_msg_type_number_t count = 0;
    STEP(22, mach_ports_lookup(SELF, &ports, &count) == KERN_SUCCESS && count == 3);
    STEP(23, send_simple(ports[0], MACH_MSG_TYPE_MOVE_SEND, 6) == MACH_MSG_SUCCESS);
    STEP(24, vm_deallocate(SELF, (vm_address_t)ports, count * sizeof(*ports)) == KERN_SUCCESS);
    STEP(25, mach_linux_task_adopt(MACH_PORT_NULL) == KERN_SUCCESS);
    STEP(26, child_receive(set, &id) == MACH_MSG_SUCCESS && id == 6);
    STEP(27, task_terminate(task) == KERN_SUCCESS);
    STEP(28, mach_port_deallocate(SELF, task) == KERN_SUCCESS);
    STEP(29, mach_ports_register(SELF, NULL, 0) == KERN_SUCCESS);
    STEP(30, mach_port_deallocate(SELF, port) == KERN_SUCCESS);
    STEP(31, child_receive(notify, &id) == MACH_MSG_SUCCESS && id == MACH_NOTIFY_NO_SENDERS);
    STEP(32, mach_port_insert_right(SELF, port, port, MACH_MSG_TYPE_MAKE_SEND) == KERN_SUCCESS);
    mach_port_t thread = mach_thread_self(), host = mach_host_self();
    STEP(33, MACH_PORT_VALID(thread) && MACH_PORT_VALID(host) && thread != host);
    STEP(34, pthread_mach_thread_np(pthread_self()) == thread);
    STEP(35, mach_port_deallocate(SELF, thread) == KERN_SUCCESS && mach_port_deallocate(SELF, host) == KERN_SUCCESS);
    STEP(36, mach_port_destroy(SELF, set) == KERN_SUCCESS && mach_port_destroy(SELF, port) == KERN_SUCCESS);
    STEP(37, mach_port_destroy(SELF, notify) == KERN_SUCCESS);
    mach_linux_trim();
    mach_linux_statistics_data_t end = statistics();
    STEP(38, end.tasks == start.tasks && end.ports == start.ports && end.sets == start.sets);
    STEP(39,
         end.messages == start.messages && end.rights == start.rights && end.memory_regions == start.memory_regions);
    return 0;
}

// A thread of the child's own wakes a receive of the child's.
static int use_a_thread(void *unused) {
    (void)unused;
    mach_port_t port = MACH_PORT_NULL;
    mach_msg_id_t id = 0;
    STEP(50, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
    STEP(51, mach_port_insert_right(SELF, port, port, MACH_MSG_TYPE_MAKE_SEND) == KERN_SUCCESS);
    pthread_t thread;
    STEP(52, pthread_create(&thread, NULL, send_from_pthread, &port) == 0);
    STEP(53, child_receive(port, &id) == MACH_MSG_SUCCESS && id == 9);
    void *result = NULL;
    STEP(54, pthread_join(thread, &result) == 0 && result == NULL);
    STEP(55, mach_port_destroy(SELF, port) == KERN_SUCCESS);
    return 0;
}

// ---- The new task

static int look_around(void *argument) {
    mach_port_t parents_port = *(mach_port_t *)argument;
    STEP(1, mach_task_self() == OWN_TASK); // N3
    STEP(2, is_new_space());               // X5
    mach_linux_statistics_data_t now = statistics();
    STEP(3, now.tasks == 1 && now.sets == 0 && now.messages == 0 && now.rights == 2);
    mach_port_urefs_t count = 0;
    STEP(4, mach_port_get_refs(SELF, SELF, MACH_PORT_RIGHT_SEND, &count) == KERN_SUCCESS && count == 1);
    mach_port_type_t type = 0;
    STEP(5, mach_port_type(SELF, parents_port, &type) == KERN_INVALID_NAME);
    STEP(6, send_simple(parents_port, MACH_MSG_TYPE_COPY_SEND, 1) == MACH_SEND_INVALID_DEST);
    STEP(7, receive_simple(parents_port, NULL) == MACH_RCV_INVALID_NAME);
    return use_everything(NULL);
}

static void a_forked_child_is_a_new_task_with_an_empty_space(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(5), set = make_set();
    put_in_set(port, set);
    queue_messages(port, 3);
    task_t task = make_task();
    (void)make_port_in(task);
    assert_int_equal(in_forked_child(look_around, &port), 0);
    assert_int_equal(in_forked_child(use_a_thread, NULL), 0);
    end_task(task);
    destroy(set);
    destroy(port);
}

static int look_for_ports(void *unused) {
    (void)unused;
    mach_port_array_t ports = NULL;
    mach_msg_type_number_t count = 0;
    STEP(1, mach_ports_lookup(SELF, &ports, &count) == KERN_SUCCESS && count == 3);
    for (unsigned i = 0; i < 3; i++) STEP(2, ports[i] == MACH_PORT_NULL);
    STEP(3, vm_deallocate(SELF, (vm_address_t)ports, count * sizeof(*ports)) == KERN_SUCCESS);
    int empty[] = {TASK_SEATBELT_PORT, TASK_ACCESS_PORT, TASK_DEBUG_CONTROL_PORT};
    for (size_t i = 0; i < COUNT_OF(empty); i++) {
        mach_port_t port = 0x5a5a5a5a;
        STEP(4, task_get_special_port(SELF, empty[i], &port) == KERN_SUCCESS && port == MACH_PORT_NULL);
    }
    exception_mask_t masks[EXC_TYPES_COUNT];
    mach_port_t handlers[EXC_TYPES_COUNT];
    exception_behavior_t behaviors[EXC_TYPES_COUNT];
    thread_state_flavor_t flavors[EXC_TYPES_COUNT];
    count = EXC_TYPES_COUNT;
    STEP(5, task_get_exception_ports(SELF, EXC_MASK_ALL, masks, &count, handlers, behaviors, flavors) == KERN_SUCCESS);
    for (unsigned i = 0; i < count; i++) STEP(6, handlers[i] == MACH_PORT_NULL);
    mach_port_t thread = mach_thread_self();
    count = EXC_TYPES_COUNT;
    STEP(7,
         thread_get_exception_ports(thread, EXC_MASK_ALL, masks, &count, handlers, behaviors, flavors) == KERN_SUCCESS);
    for (unsigned i = 0; i < count; i++) STEP(8, handlers[i] == MACH_PORT_NULL);
    mach_port_t host = MACH_PORT_NULL, same = mach_host_self();
    STEP(9, task_get_host_port(SELF, &host) == KERN_SUCCESS && MACH_PORT_VALID(host) && host == same);
    mach_port_t itself = MACH_PORT_NULL;
    STEP(10, task_get_kernel_port(SELF, &itself) == KERN_SUCCESS && itself == SELF);
    mach_port_t bootstrap = MACH_PORT_NULL;
    STEP(11, task_get_bootstrap_port(SELF, &bootstrap) == KERN_SUCCESS && bootstrap == bootstrap_port);
    return 0;
}

static void a_forked_child_has_no_registered_special_or_exception_ports(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), thread = mach_thread_self();
    mach_port_t ports[3] = {port, port, port};
    exception_behavior_t behavior = (exception_behavior_t)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES);
    assert_success(mach_ports_register(SELF, ports, 3));
    assert_success(task_set_bootstrap_port(SELF, port));
    assert_success(task_set_special_port(SELF, TASK_DEBUG_CONTROL_PORT, port));
    assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, port, behavior, 0));
    assert_success(thread_set_exception_ports(thread, EXC_MASK_GUARD, port, behavior, 0));
    struct picture picture = take_picture();
    assert_int_equal(in_forked_child(look_for_ports, NULL), 0);
    assert_unchanged(picture);
    assert_success(thread_set_exception_ports(thread, EXC_MASK_GUARD, MACH_PORT_NULL, behavior, 0));
    assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, MACH_PORT_NULL, behavior, 0));
    assert_success(task_set_special_port(SELF, TASK_DEBUG_CONTROL_PORT, MACH_PORT_NULL));
    assert_success(task_set_bootstrap_port(SELF, MACH_PORT_NULL));
    assert_success(mach_ports_register(SELF, NULL, 0));
    assert_success(mach_port_deallocate(SELF, thread));
    destroy(port);
}

static int look_around_from_another_task(void *argument) {
    int step = look_around(argument);
    if (step != 0) return step;
    STEP(100, mach_linux_task_adopt(MACH_PORT_NULL) == KERN_SUCCESS);
    STEP(101, mach_port_deallocate(SELF, pthread_mach_thread_np(pthread_self())) == KERN_SUCCESS);
    return is_new_space() ? 0 : 102;
}

static void a_thread_that_acts_as_another_task_forks_a_process(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_t unused = NAME_AT(4000);
    enter(task);
    mach_port_t port = make_port();
    assert_int_equal(in_forked_child(look_around_from_another_task, &unused), 0);
    assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE); // the parent's thread acts as it did
    assert_int_equal(count_names_in(SELF), 2);
    leave();
    end_task(task);
}

static int fork_again(void *unused) {
    (void)unused;
    int step = use_everything(NULL);
    if (step != 0) return step;
    mach_port_t port = MACH_PORT_NULL;
    STEP(100, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
    pid_t child = fork();
    if (child == 0) _exit(is_new_space() ? use_everything(NULL) : 101);
    return wait_for_child(child);
}

static void a_forked_child_may_fork(void **state) {
    (void)state;
    assert_int_equal(in_forked_child(fork_again, NULL), 0);
}

// ---- The audit token

static bool own_token(audit_token_t *token) {
    mach_port_t port = MACH_PORT_NULL;
    struct simple_message message;
    if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) != KERN_SUCCESS) return false;
    if (send_simple(port, MACH_MSG_TYPE_MAKE_SEND, 1) != MACH_MSG_SUCCESS) return false;
    mach_msg_option_t option = MACH_RCV_MSG | MACH_RCV_TIMEOUT | MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT);
    if (mach_msg(&message.header, option, 0, sizeof(message), port, 0, MACH_PORT_NULL) != MACH_MSG_SUCCESS)
        return false;
    *token = ((mach_msg_max_trailer_t *)((char *)&message + message.header.msgh_size))->msgh_audit;
    return mach_port_destroy(SELF, port) == KERN_SUCCESS;
}

static int compare_tokens(void *argument) {
    audit_token_t *parents = argument, token;
    STEP(1, own_token(&token));
    STEP(2, token.val[5] == (unsigned)getpid()); // V18
    STEP(3, token.val[5] != parents->val[5]);    // V18
    STEP(4, token.val[7] != parents->val[7]);    // V18: the pid version
    STEP(5, token.val[1] == parents->val[1] && token.val[2] == parents->val[2]);
    audit_token_t again;
    STEP(6, own_token(&again) && memcmp(&again, &token, sizeof(token)) == 0);
    return 0;
}

static void the_pid_version_of_the_audit_token_changes(void **state) {
    (void)state;
    audit_token_t before, after;
    assert_true(own_token(&before));
    assert_int_equal(in_forked_child(compare_tokens, &before), 0);
    assert_true(own_token(&after));
    assert_memory_equal(&before, &after, sizeof(before)); // the parent's stays
}

// ---- The parent

static void a_fork_changes_nothing_in_the_parent(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(3), set = make_set(), other = make_port(), notify = make_port();
    put_in_set(port, set);
    queue_messages(port, 2);
    insert_send(other);
    request(SELF, other, MACH_NOTIFY_DEAD_NAME, 0, notify);
    task_t task = make_task();
    struct caller receiver;
    block_receiver(&receiver, other);
    mach_linux_statistics_data_t before = statistics();
    struct picture picture = take_picture();
    assert_int_equal(in_forked_child(use_everything, NULL), 0);
    assert_unchanged(picture);
    mach_linux_statistics_data_t after = statistics();
    assert_memory_equal(&before, &after, sizeof(before));
    expect_blocked(&receiver);
    assert_code(send_simple(other, MACH_MSG_TYPE_COPY_SEND, 8), MACH_MSG_SUCCESS);
    assert_code(finish(&receiver), MACH_MSG_SUCCESS);
    expect_message(set, 0);
    expect_message(set, 1);
    assert_success(mach_port_mod_refs(SELF, other, MACH_PORT_RIGHT_RECEIVE, -1));
    expect_notified(notify, MACH_NOTIFY_DEAD_NAME, other);
    destroy(other);
    end_task(task);
    destroy(notify);
    destroy(set);
    destroy(port);
}

static int end_at_once(void *unused) {
    (void)unused;
    return 0;
}

static void a_child_that_never_uses_the_library_disturbs_nobody(void **state) {
    (void)state;
    struct picture picture = take_picture();
    for (int i = 0; i < 20; i++) assert_int_equal(in_forked_child(end_at_once, NULL), 0);
    assert_unchanged(picture);
}

// ---- fork in a storm

struct storm {
    struct test_thread threads[4];
    atomic_bool stop;
    mach_port_t port;
    _Atomic uint64_t rounds;
};

// Every round takes and frees locks of all kinds: names, ports, sets, queues, blocking, tasks, memory.
static int64_t rage(void *argument) {
    struct storm *storm = argument;
    while (!atomic_load(&storm->stop)) {
        mach_port_t port = MACH_PORT_NULL, set = MACH_PORT_NULL;
        if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) != KERN_SUCCESS) return 1;
        if (mach_port_insert_right(SELF, port, port, MACH_MSG_TYPE_MAKE_SEND) != KERN_SUCCESS) return 2;
        if (mach_port_allocate(SELF, MACH_PORT_RIGHT_PORT_SET, &set) != KERN_SUCCESS) return 3;
        if (mach_port_insert_member(SELF, port, set) != KERN_SUCCESS) return 4;
        if (send_simple(port, MACH_MSG_TYPE_COPY_SEND, 1) != MACH_MSG_SUCCESS) return 5;
        mach_msg_return_t code = send_simple(storm->port, MACH_MSG_TYPE_COPY_SEND, 2); // shared by all
        if (code != MACH_MSG_SUCCESS && code != MACH_SEND_TIMED_OUT) return 6;
        if (receive_simple(set, NULL) != MACH_MSG_SUCCESS) return 7;
        code = receive_simple(storm->port, NULL);
        if (code != MACH_MSG_SUCCESS && code != MACH_RCV_TIMED_OUT) return 8;
        task_t task = MACH_PORT_NULL;
        if (task_create(SELF, NULL, 0, FALSE, &task) != KERN_SUCCESS) return 9;
        if (mach_port_insert_right(task, NAME_AT(6), port, MACH_MSG_TYPE_COPY_SEND) != KERN_SUCCESS) return 10;
        if (task_terminate(task) != KERN_SUCCESS) return 11;
        if (mach_port_deallocate(SELF, task) != KERN_SUCCESS) return 12;
        vm_address_t address = 0;
        if (vm_allocate(SELF, &address, 1, VM_FLAGS_ANYWHERE) != KERN_SUCCESS) return 13;
        if (vm_deallocate(SELF, address, 1) != KERN_SUCCESS) return 14;
        if (mach_port_destroy(SELF, set) != KERN_SUCCESS || mach_port_destroy(SELF, port) != KERN_SUCCESS) return 15;
        atomic_fetch_add(&storm->rounds, 1);
    }
    return 0;
}

static int use_in_storm(void *unused) {
    (void)unused;
    STEP(1, is_new_space());
    return use_everything(NULL);
}

static void fork_in_the_middle_of_a_storm(void **state) {
    (void)state;
    static struct storm storm;
    atomic_store(&storm.stop, false);
    atomic_store(&storm.rounds, 0);
    storm.port = port_with_send();
    for (size_t i = 0; i < COUNT_OF(storm.threads); i++) start_thread(&storm.threads[i], rage, &storm);
    while (atomic_load(&storm.rounds) < 10) sched_yield();
    uint64_t end = milliseconds() + 2000;
    int failed = 0, forks = 0;
    while (failed == 0 && milliseconds() < end && forks < ROUNDS_OF(1000, 100)) {
        failed = in_forked_child(use_in_storm, NULL);
        forks++;
    }
    atomic_store(&storm.stop, true);
    for (size_t i = 0; i < COUNT_OF(storm.threads); i++) assert_code(join_thread(&storm.threads[i]), 0);
    assert_int_equal(failed, 0);
    assert_true(forks > 0);
    destroy(storm.port);
}

struct forker {
    struct test_thread thread;
    int forks;
};

static int64_t fork_often(void *argument) {
    struct forker *forker = argument;
    for (int i = 0; i < forker->forks; i++) {
        int step = in_forked_child(use_in_storm, NULL);
        if (step != 0) return step;
    }
    return 0;
}

static void several_threads_fork_at_the_same_time(void **state) {
    (void)state;
    struct forker forkers[3];
    for (size_t i = 0; i < COUNT_OF(forkers); i++) {
        forkers[i].forks = ROUNDS_OF(30, 5);
        start_thread(&forkers[i].thread, fork_often, &forkers[i]);
    }
    for (size_t i = 0; i < COUNT_OF(forkers); i++) assert_code(join_thread(&forkers[i].thread), 0);
}

// ---- vfork, posix_spawn, exec, descriptors

// A shell that ends with the number of the first open descriptor after standard error, 0 if there is none.
static char look_for_descriptors[] =
    "i=3; while [ $i -lt 256 ]; do [ -e /proc/$$/fd/$i ] && exit $i; i=$((i+1)); done; exit 0";
static char *shell_arguments[] = {"sh", "-c", look_for_descriptors, NULL};
static char *true_arguments[] = {"sh", "-c", "exit 0", NULL};

static void vfork_and_exec_touch_nothing(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    queue_messages(port, 1);
    mach_linux_statistics_data_t before = statistics();
    struct picture picture = take_picture();
    pid_t child = vfork();
    if (child == 0) {
        execve("/bin/sh", true_arguments, environ);
        _exit(127);
    }
    assert_int_equal(wait_for_child(child), 0);
    assert_int_equal(mach_task_self(), OWN_TASK);
    assert_unchanged(picture);
    mach_linux_statistics_data_t after = statistics();
    assert_memory_equal(&before, &after, sizeof(before));
    expect_message(port, 0);
    destroy(port);
    assert_int_equal(in_forked_child(use_everything, NULL), 0);
}

static unsigned open_descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    if (directory == NULL) return ~0u;
    unsigned count = 0;
    while (readdir(directory) != NULL) count++;
    closedir(directory);
    return count;
}

static int count_descriptors(void *argument) {
    unsigned parents = *(unsigned *)argument;
    STEP(1, open_descriptors() <= parents);
    int step = use_everything(NULL);
    if (step != 0) return step;
    return 0;
}

// In a program of its own, started with no descriptor but the three: every other one is the library's.
static int descriptors_of_a_fresh_program(void) {
    mach_port_t port = MACH_PORT_NULL;
    audit_token_t token;
    STEP(1, use_everything(NULL) == 0);
    STEP(2, use_a_thread(NULL) == 0);
    STEP(3, own_token(&token));
    STEP(4, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        // Of the library's descriptors the child has none, not even one that would be closed at exec.
        for (int i = 3; i < 256; i++)
            if (fcntl(i, F_GETFD) != -1) _exit(i);
        _exit(0);
    }
    STEP(5, wait_for_child(child) == 0);
    STEP(6, posix_spawn(&child, "/bin/sh", NULL, NULL, shell_arguments, environ) == 0);
    STEP(7, wait_for_child(child) == 0);
    child = vfork();
    if (child == 0) {
        execve("/bin/sh", shell_arguments, environ);
        _exit(127);
    }
    STEP(8, wait_for_child(child) == 0);
    execve("/bin/sh", shell_arguments, environ);
    return 9;
}

static const char *program;
static char fresh_argument[] = "--look-at-descriptors";

static void no_descriptor_of_the_library_stays_after_fork_spawn_or_exec(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        for (int i = 3; i < 4096; i++) (void)close(i);
        char *arguments[] = {(char *)(uintptr_t)program, fresh_argument, NULL};
        execve("/proc/self/exe", arguments, environ);
        _exit(127);
    }
    assert_int_equal(wait_for_child(child), 0);
}

static void a_fork_opens_no_descriptor_in_either(void **state) {
    (void)state;
    unsigned before = open_descriptors();
    assert_int_equal(in_forked_child(count_descriptors, &before), 0);
    assert_int_equal(open_descriptors(), before);
}

static void a_spawned_program_runs(void **state) {
    (void)state;
    struct picture picture = take_picture();
    pid_t child = 0;
    assert_int_equal(posix_spawn(&child, "/bin/sh", NULL, NULL, true_arguments, environ), 0);
    assert_int_equal(wait_for_child(child), 0);
    assert_unchanged(picture);
}

int main(int count, char **arguments) {
    program = arguments[0];
    if (count > 1 && strcmp(arguments[1], fresh_argument) == 0) return descriptors_of_a_fresh_program();
    const struct CMUnitTest tests[] = {
        TASK_TEST(a_forked_child_is_a_new_task_with_an_empty_space),
        TASK_TEST(a_forked_child_has_no_registered_special_or_exception_ports),
        TASK_TEST(a_thread_that_acts_as_another_task_forks_a_process),
        TASK_TEST(a_forked_child_may_fork),
        TASK_TEST(the_pid_version_of_the_audit_token_changes),
        TASK_TEST(a_fork_changes_nothing_in_the_parent),
        TASK_TEST(a_child_that_never_uses_the_library_disturbs_nobody),
        TASK_TEST(fork_in_the_middle_of_a_storm),
        TASK_TEST(several_threads_fork_at_the_same_time),
        TASK_TEST(vfork_and_exec_touch_nothing),
        TASK_TEST(no_descriptor_of_the_library_stays_after_fork_spawn_or_exec),
        TASK_TEST(a_fork_opens_no_descriptor_in_either),
        TASK_TEST(a_spawned_program_runs),
    };
    return TASK_RUN(tests);
}

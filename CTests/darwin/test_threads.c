// What <pthread.h> adds.
#include <pthread.h>

#include <sys/syscall.h>

#include <mach/mach.h>

#include "darwin_test.h"

static uint64_t kernel_id(void) { return (uint64_t)syscall(SYS_gettid); }

// Where libc says that a thread's stack is.
static void check_stack(pthread_t thread) {
    pthread_attr_t attributes;
    void *start;
    size_t size;
    assert_int_equal(pthread_getattr_np(thread, &attributes), 0);
    assert_int_equal(pthread_attr_getstack(&attributes, &start, &size), 0);
    pthread_attr_destroy(&attributes);
    assert_ptr_equal(pthread_get_stackaddr_np(thread), (char *)start + size);
    assert_int_equal(pthread_get_stacksize_np(thread), size);
}

struct other {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    bool runs, may_end;
    uint64_t id;
    bool is_main;
    mach_port_t port;
    char name[16];
};

static void *run(void *argument) {
    struct other *other = argument;
    pthread_setname_np("another");
    pthread_mutex_lock(&other->mutex);
    other->id = kernel_id();
    other->is_main = pthread_main_np() != 0;
    other->port = mach_thread_self();
    pthread_getname_np(pthread_self(), other->name, sizeof other->name);
    other->runs = true;
    pthread_cond_broadcast(&other->condition);
    while (!other->may_end) pthread_cond_wait(&other->condition, &other->mutex);
    pthread_mutex_unlock(&other->mutex);
    mach_port_deallocate(mach_task_self(), other->port);
    return NULL;
}

static void threads_have_numbers_names_ports_and_stacks(void **state) {
    (void)state;
    struct other other = {.mutex = PTHREAD_MUTEX_INITIALIZER, .condition = PTHREAD_COND_INITIALIZER};
    pthread_t thread;
    uint64_t id = 0;
    assert_int_equal(pthread_create(&thread, NULL, run, &other), 0);
    pthread_mutex_lock(&other.mutex);
    while (!other.runs) pthread_cond_wait(&other.condition, &other.mutex);
    pthread_mutex_unlock(&other.mutex);

    assert_int_equal(pthread_threadid_np(thread, &id), 0);
    assert_true(id == other.id);
    assert_false(other.is_main);
    assert_int_equal(pthread_mach_thread_np(thread), other.port);
    assert_true(pthread_equal(pthread_from_mach_thread_np(other.port), thread));
    assert_string_equal(other.name, "another");
    check_stack(thread);

    // With two arguments libc's own call.
    assert_int_equal(pthread_setname_np(thread, "renamed"), 0);
    assert_int_equal(pthread_getname_np(thread, other.name, sizeof other.name), 0);
    assert_string_equal(other.name, "renamed");

    pthread_mutex_lock(&other.mutex);
    other.may_end = true;
    pthread_cond_broadcast(&other.condition);
    pthread_mutex_unlock(&other.mutex);
    pthread_join(thread, NULL);
}

static void the_calling_thread_knows_itself(void **state) {
    (void)state;
    uint64_t id = 0, same = 0;
    assert_int_equal(pthread_threadid_np(NULL, &id), 0);
    assert_int_equal(pthread_threadid_np(0, &same), 0);
    assert_true(same == id);
    assert_int_equal(pthread_threadid_np(pthread_self(), &same), 0);
    assert_true(id == kernel_id() && same == id);
    assert_int_equal(pthread_threadid_np(0, NULL), EINVAL);
    assert_true(pthread_main_np());
    pthread_yield_np();
    check_stack(pthread_self());
}

// The first thread of a child is its main thread, whoever made it.
static void *fork_here(void *argument) {
    (void)argument;
    pid_t child = fork();
    if (child == 0) {
        uint64_t id;
        _exit(pthread_main_np() && pthread_threadid_np(0, &id) == 0 && id == kernel_id() ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status == 0 ? argument : NULL;
}

static void a_child_has_a_main_thread(void **state) {
    (void)state;
    pthread_t thread;
    void *result;
    int right;
    assert_int_equal(pthread_create(&thread, NULL, fork_here, &right), 0);
    pthread_join(thread, &result);
    assert_ptr_equal(result, &right);
}

static void a_wait_for_so_long_ends(void **state) {
    (void)state;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    struct timespec before, after, wait = {0, 20000000}, wrong = {0, 1000000000};
    pthread_mutex_lock(&mutex);
    clock_gettime(CLOCK_MONOTONIC, &before);
    // It may be woken without a reason, but not for ever.
    int result;
    do result = pthread_cond_timedwait_relative_np(&condition, &mutex, &wait);
    while (result == 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_int_equal(result, ETIMEDOUT);
    assert_true((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >= 20000000);
    assert_int_equal(pthread_cond_timedwait_relative_np(&condition, &mutex, &wrong), EINVAL);
    pthread_mutex_unlock(&mutex);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_have_numbers_names_ports_and_stacks),
        cmocka_unit_test(the_calling_thread_knows_itself),
        cmocka_unit_test(a_child_has_a_main_thread),
        cmocka_unit_test(a_wait_for_so_long_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

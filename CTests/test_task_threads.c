// Which threads a task has, by call and by message: those that have called the library and those that have not. Rows J10, J12, U1, U12.
#define _GNU_SOURCE // unshare
#include "information_support.h"

#include <mach/mk_timer.h>
#include <mach/pthread_np.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 600 };

// The ids of the threads of a list, in its order; gives up the rights and the list.
static size_t take_list(thread_act_array_t list, mach_msg_type_number_t count, int *ids) {
    for (mach_msg_type_number_t i = 0; i < count; i++) {
        struct thread_identifier_info info;
        mach_msg_type_number_t words = THREAD_IDENTIFIER_INFO_COUNT;
        assert_int_equal(type(list[i]), MACH_PORT_TYPE_SEND);
        assert_success(thread_info(list[i], THREAD_IDENTIFIER_INFO, (thread_info_t)&info, &words));
        if (i < MOST) ids[i] = (int)info.thread_id;
        assert_success(mach_port_deallocate(SELF, list[i]));
    }
    if (count > 0) assert_success(vm_deallocate(SELF, (vm_address_t)list, count * sizeof(*list)));
    return count;
}

static size_t threads_of(const struct information_way *way, task_t task, int *ids) {
    thread_act_array_t list = (thread_act_array_t)(uintptr_t)1;
    mach_msg_type_number_t count = 77;
    assert_success(way->task_threads(task, &list, &count));
    if (count == 0) assert_null(list);
    return take_list(list, count, ids);
}

static bool has(const int *ids, size_t count, int id) {
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id) return true;
    return false;
}

static mach_port_t port_of(const struct information_way *way, int id) {
    thread_act_array_t list;
    mach_msg_type_number_t count;
    mach_port_t found = MACH_PORT_NULL;
    assert_success(way->task_threads(SELF, &list, &count));
    for (mach_msg_type_number_t i = 0; i < count; i++) {
        struct thread_identifier_info info;
        mach_msg_type_number_t words = THREAD_IDENTIFIER_INFO_COUNT;
        assert_success(thread_info(list[i], THREAD_IDENTIFIER_INFO, (thread_info_t)&info, &words));
        if ((int)info.thread_id == id)
            found = list[i];
        else
            assert_success(mach_port_deallocate(SELF, list[i]));
    }
    assert_success(vm_deallocate(SELF, (vm_address_t)list, count * sizeof(*list)));
    assert_int_not_equal(found, MACH_PORT_NULL);
    return found;
}

// J10
static void all_threads_of_the_process_are_listed(void **state) {
    (void)state;
    enum { THREADS = 70 }; // more than are read at a time
    static struct standing_thread threads[THREADS];
    static int expected[MOST], got[MOST];
    for (size_t i = 0; i < THREADS; i++) start_standing(&threads[i]);
    for (size_t i = 0; i < THREADS; i += 3) {
        mach_port_t name = let_call(&threads[i]);
        assert_success(mach_port_deallocate(SELF, name));
    }
    for
        each_way(way) {
            size_t wanted = linux_threads(expected, MOST);
            size_t count = threads_of(way, SELF, got);
            assert_int_equal(count, wanted);
            assert_memory_equal(got, expected, count * sizeof(*got));
            assert_true(has(got, count, getpid()));
        }
    for (size_t i = 0; i < THREADS; i++) end_standing(&threads[i]);
    for
        each_way(way) {
            size_t count = threads_of(way, SELF, got);
            for (size_t i = 0; i < THREADS; i++) assert_false(has(got, count, threads[i].id));
        }
}

// J10
static void a_thread_has_the_same_port_before_and_after_its_first_call(void **state) {
    (void)state;
    for
        each_way(way) {
            struct standing_thread thread;
            start_standing(&thread);
            mach_port_t listed = port_of(way, thread.id);
            assert_int_equal(refs(listed, MACH_PORT_RIGHT_SEND), 1);
            struct thread_identifier_info info;
            mach_msg_type_number_t words = THREAD_IDENTIFIER_INFO_COUNT;
            assert_success(way->thread_info(listed, THREAD_IDENTIFIER_INFO, (thread_info_t)&info, &words));
            assert_int_equal(info.thread_handle, 0);
            assert_true(pthread_from_mach_thread_np(listed) == 0);
            assert_int_equal(pthread_mach_thread_np(thread.thread), MACH_PORT_NULL);
            // What others have given it is its own.
            mach_port_t special = port_with_send(), got = MACH_PORT_NULL;
            assert_success(thread_set_special_port(listed, THREAD_KERNEL_PORT, special));

            assert_int_equal(let_call(&thread), listed);
            assert_int_equal(refs(listed, MACH_PORT_RIGHT_SEND), 2);
            assert_int_equal(pthread_mach_thread_np(thread.thread), listed);
            assert_success(way->thread_info(listed, THREAD_IDENTIFIER_INFO, (thread_info_t)&info, &words));
            assert_int_equal(info.thread_handle, (uintptr_t)thread.thread);
            assert_success(thread_get_special_port(listed, THREAD_KERNEL_PORT, &got));
            assert_int_equal(got, special);
            assert_success(mach_port_deallocate(SELF, got));
            assert_int_equal(port_of(way, thread.id), listed);
            assert_int_equal(refs(listed, MACH_PORT_RIGHT_SEND), 3);

            end_standing(&thread);
            assert_int_equal(type(listed), MACH_PORT_TYPE_DEAD_NAME);
            assert_success(mach_port_mod_refs(SELF, listed, MACH_PORT_RIGHT_DEAD_NAME, -3));
            destroy(special);
        }
}

// J10, U1
static void a_thread_that_never_called_is_missed_when_someone_looks(void **state) {
    (void)state;
    for
        each_way(way) {
            struct standing_thread thread;
            start_standing(&thread);
            mach_port_t listed = port_of(way, thread.id);
            end_standing(&thread);
            assert_int_equal(type(listed), MACH_PORT_TYPE_SEND);
            struct thread_basic_info info;
            mach_msg_type_number_t words = THREAD_BASIC_INFO_COUNT;
            assert_code(way->thread_info(listed, THREAD_BASIC_INFO, (thread_info_t)&info, &words),
                        KERN_INVALID_ARGUMENT);
            assert_int_equal(type(listed), MACH_PORT_TYPE_DEAD_NAME);
            assert_success(mach_port_deallocate(SELF, listed));

            start_standing(&thread);
            listed = port_of(way, thread.id);
            end_standing(&thread);
            int ids[MOST];
            (void)threads_of(way, SELF, ids);
            assert_int_equal(type(listed), MACH_PORT_TYPE_DEAD_NAME);
            assert_success(mach_port_deallocate(SELF, listed));
        }
}

// J10
static void a_thread_of_the_library_is_no_threads_of_the_task(void **state) {
    (void)state;
    static int before[MOST], after[MOST], ids[MOST];
    size_t count = threads_of(&information_ways[0], SELF, before);
    mach_port_t timer = mk_timer_create();
    assert_success(mk_timer_arm(timer, UINT64_MAX));
    assert_int_equal(linux_threads(ids, MOST), count + 1);
    for
        each_way(way) {
            assert_int_equal(threads_of(way, SELF, after), count);
            assert_memory_equal(before, after, count * sizeof(*before));
        }
    assert_success(mk_timer_destroy(timer));
}

static int64_t list_own(void *argument) {
    (void)argument;
    int ids[MOST];
    thread_act_array_t list;
    mach_msg_type_number_t count;
    if (task_threads(SELF, &list, &count) != KERN_SUCCESS) return -1;
    if (count != 1 || list[0] != mach_thread_self()) return -2;
    (void)ids;
    return vm_deallocate(SELF, (vm_address_t)list, sizeof(*list)) == KERN_SUCCESS ? syscall(SYS_gettid) : -3;
}

// J12
static void another_tasks_threads_are_those_that_act_for_it(void **state) {
    (void)state;
    task_t task = make_task();
    int ids[MOST];
    for
        each_way(way) {
            assert_int_equal(threads_of(way, task, ids), 0);
            struct actor actor;
            start_actor(&actor, task, list_own, NULL);
            int64_t id = join_actor(&actor);
            assert_true(id > 0);
            wait_until_gone((int)id);
            assert_int_equal(threads_of(way, task, ids), 0);
        }
    // The caller itself, which its old task has not any more.
    mach_port_t self = mach_thread_self();
    enter(task);
    assert_int_equal(list_own(NULL), getpid());
    leave();
    assert_int_equal(threads_of(&information_ways[0], task, ids), 0);
    assert_success(mach_port_deallocate(SELF, self));
    end_task(task);
}

// J10
static void what_is_no_task_has_no_threads(void **state) {
    (void)state;
    task_t ended = make_task();
    mach_port_t name = MACH_PORT_NULL, thread = mach_thread_self();
    assert_success(task_get_special_port(SELF, TASK_NAME_PORT, &name));
    assert_success(task_terminate(ended));
    thread_act_array_t list = (thread_act_array_t)(uintptr_t)1;
    mach_msg_type_number_t count = 77;
    for
        each_way(way) {
            assert_code(way->task_threads(name, &list, &count), KERN_INVALID_ARGUMENT);
            assert_code(way->task_threads(thread, &list, &count), KERN_INVALID_ARGUMENT);
        }
    const mach_port_t none[] = {MACH_PORT_NULL, MACH_PORT_DEAD, ended, 0x7fff03};
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_code(task_threads(none[i], &list, &count), KERN_INVALID_ARGUMENT);
    assert_code(task_threads(SELF, NULL, &count), KERN_INVALID_ARGUMENT);
    assert_code(task_threads(SELF, &list, NULL), KERN_INVALID_ARGUMENT);
    assert_true(list == (thread_act_array_t)(uintptr_t)1 && count == 77);
    assert_success(mach_port_deallocate(SELF, name));
    assert_success(mach_port_deallocate(SELF, thread));
    assert_success(mach_port_deallocate(SELF, ended));
}

// ---- Threads that come and go meanwhile

static _Atomic bool is_over;

static void *call_once(void *argument) {
    (void)argument;
    (void)mach_port_deallocate(mach_task_self(), mach_thread_self());
    return NULL;
}
static void *call_never(void *argument) { return argument; }

static int64_t come_and_go(void *argument) {
    unsigned rounds = 0;
    while (!is_over) {
        pthread_t threads[4];
        for (unsigned i = 0; i < 4; i++)
            if (pthread_create(&threads[i], NULL, i & 1 ? call_once : call_never, argument) != 0) return -1;
        for (unsigned i = 0; i < 4; i++) (void)pthread_join(threads[i], NULL);
        rounds++;
    }
    return rounds;
}

// J10
static void threads_may_come_and_go_meanwhile(void **state) {
    (void)state;
    static int own[MOST], ids[MOST];
    is_over = false;
    struct test_thread threads[2];
    start_thread(&threads[0], come_and_go, NULL);
    start_thread(&threads[1], come_and_go, NULL);
    for (unsigned round = 0; round < 200; round++) {
        const struct information_way *way = &information_ways[round & 1];
        thread_act_array_t list;
        mach_msg_type_number_t count;
        assert_success(way->task_threads(SELF, &list, &count));
        assert_true(count >= 3);
        size_t found = 0;
        for (mach_msg_type_number_t i = 0; i < count; i++) {
            struct thread_extended_info info;
            mach_msg_type_number_t words = THREAD_EXTENDED_INFO_COUNT;
            kern_return_t code = thread_info(list[i], THREAD_EXTENDED_INFO, (thread_info_t)&info, &words);
            assert_true(code == KERN_SUCCESS || code == KERN_INVALID_ARGUMENT || code == KERN_TERMINATED);
            found += code == KERN_SUCCESS;
            assert_success(mach_port_deallocate(SELF, list[i]));
        }
        assert_true(found >= 3);
        assert_success(vm_deallocate(SELF, (vm_address_t)list, count * sizeof(*list)));
    }
    is_over = true;
    assert_true(join_thread(&threads[0]) > 0 && join_thread(&threads[1]) > 0);
    wait_until_gone(threads[0].id);
    wait_until_gone(threads[1].id);
    // The last of those that came and went may be on their way still.
    size_t count;
    do count = threads_of(&information_ways[0], SELF, ids);
    while (count != linux_threads(own, MOST) || memcmp(own, ids, count * sizeof(*own)) != 0);
}

// ---- Threads that live while others end

static _Atomic bool may_end, may_leave;
static _Atomic unsigned standing;

static void *end_soon(void *argument) {
    while (!may_end) usleep(500);
    for (volatile size_t i = (size_t)(uintptr_t)argument * 20; i > 0; i--) {}
    return NULL;
}

static void *live_on(void *argument) {
    int *id = argument;
    *id = (int)syscall(SYS_gettid);
    standing++;
    while (!may_leave) usleep(2000);
    return NULL;
}

// J10: Linux passes over threads in the list when others before them end.
static void threads_that_live_are_listed_while_others_end(void **state) {
    (void)state;
    enum { ENDING = 300, LIVING = 100, ROUNDS = 25, LISTS = 6 };
    static int living[LIVING], ids[MOST];
    pthread_t ending[ENDING], others[LIVING];
    pthread_attr_t small;
    assert_int_equal(pthread_attr_init(&small), 0);
    assert_int_equal(pthread_attr_setstacksize(&small, 256 << 10), 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        may_end = may_leave = false;
        standing = 0;
        for (size_t i = 0; i < ENDING; i++)
            assert_int_equal(pthread_create(&ending[i], &small, end_soon, (void *)(uintptr_t)i), 0);
        for (size_t i = 0; i < LIVING; i++)
            assert_int_equal(pthread_create(&others[i], &small, live_on, &living[i]), 0);
        while (standing < LIVING) usleep(500);
        may_end = true;
        for (unsigned each = 0; each < LISTS; each++) {
            thread_act_array_t list;
            mach_msg_type_number_t count;
            size_t found = 0;
            assert_success(information_ways[each & 1].task_threads(SELF, &list, &count));
            for (mach_msg_type_number_t i = 0; i < count; i++) {
                struct thread_identifier_info info;
                mach_msg_type_number_t words = THREAD_IDENTIFIER_INFO_COUNT;
                if (thread_info(list[i], THREAD_IDENTIFIER_INFO, (thread_info_t)&info, &words) == KERN_SUCCESS)
                    ids[found++] = (int)info.thread_id;
                assert_success(mach_port_deallocate(SELF, list[i]));
            }
            assert_success(vm_deallocate(SELF, (vm_address_t)list, count * sizeof(*list)));
            for (size_t i = 0; i < LIVING; i++) assert_true(has(ids, found, living[i]));
        }
        may_leave = true;
        for (size_t i = 0; i < ENDING; i++) assert_int_equal(pthread_join(ending[i], NULL), 0);
        for (size_t i = 0; i < LIVING; i++) assert_int_equal(pthread_join(others[i], NULL), 0);
    }
    assert_int_equal(pthread_attr_destroy(&small), 0);
    // Those that were listed and have ended keep nothing.
    (void)threads_of(&information_ways[0], SELF, ids);
}

// ---- Ids that are used again

// Starts a thread that has the id of one that has ended; false where the system does not let us, or others take it.
static bool start_with_id(struct standing_thread *thread, int id) {
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        FILE *last = fopen("/proc/sys/kernel/ns_last_pid", "w");
        if (!last) return false;
        bool is_written = fprintf(last, "%d", id - 1) > 0;
        if (fclose(last) != 0 || !is_written) return false;
        start_standing(thread);
        if (thread->id == id) return true;
        end_standing(thread);
    }
    return false;
}

// J10
static void a_port_does_not_outlive_its_thread_when_the_id_is_used_again(void **state) {
    (void)state;
    for
        each_way(way) {
            struct standing_thread first, second;
            start_standing(&first);
            mach_port_t listed = port_of(way, first.id);
            end_standing(&first);
            usleep(20000); // the system tells threads of one id apart by the hundredth of a second
            if (!start_with_id(&second, first.id)) {
                assert_success(mach_port_deallocate(SELF, listed));
                skip();
            }
            mach_port_t own = let_call(&second);
            assert_int_not_equal(own, listed);
            assert_success(mach_port_deallocate(SELF, port_of(way, second.id)));
            assert_int_equal(type(listed), MACH_PORT_TYPE_DEAD_NAME);
            assert_success(mach_port_deallocate(SELF, listed));
            end_standing(&second);
            assert_success(mach_port_deallocate(SELF, own));
        }
}

// J10: the port that a thread was listed with is its own, whatever its first call finds.
static void a_first_call_without_descriptors_finds_the_threads_port(void **state) {
    (void)state;
    for
        each_way(way) {
            struct standing_thread thread;
            start_standing(&thread);
            mach_port_t listed = port_of(way, thread.id);
            struct rlimit limit, none;
            assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
            none = limit;
            none.rlim_cur = 0;
            assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
            mach_port_t own = let_call(&thread);
            assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
            assert_int_equal(own, listed);
            assert_int_equal(refs(listed, MACH_PORT_RIGHT_SEND), 2);
            end_standing(&thread);
            assert_success(mach_port_mod_refs(SELF, listed, MACH_PORT_RIGHT_DEAD_NAME, -2));
        }
}

// ---- A /proc of others

static int without_its_proc(void *argument) {
    (void)argument;
    thread_act_array_t list;
    mach_msg_type_number_t count = 0;
    STEP(1, task_threads(SELF, &list, &count) == KERN_FAILURE && count == 0);
    struct thread_basic_info info;
    count = THREAD_BASIC_INFO_COUNT;
    STEP(2, thread_info(mach_thread_self(), THREAD_BASIC_INFO, (thread_info_t)&info, &count) == KERN_FAILURE);
    struct task_thread_times_info times;
    count = TASK_THREAD_TIMES_INFO_COUNT;
    STEP(3, task_info(SELF, TASK_THREAD_TIMES_INFO, (task_info_t)&times, &count) == KERN_FAILURE);
    return 0;
}

static int in_a_namespace(void *argument) {
    enum { NOT_ALLOWED = 77 };
    if (unshare(CLONE_NEWPID) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) return NOT_ALLOWED;
    return in_forked_child(without_its_proc, argument);
}

// J10, U1: ids of another namespace are no threads of ours.
static void a_proc_of_other_ids_tells_nothing(void **state) {
    (void)state;
    int code = in_forked_child(in_a_namespace, NULL);
    if (code == 77) skip();
    assert_int_equal(code, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(all_threads_of_the_process_are_listed),
        TASK_TEST(a_thread_has_the_same_port_before_and_after_its_first_call),
        TASK_TEST(a_thread_that_never_called_is_missed_when_someone_looks),
        TASK_TEST(another_tasks_threads_are_those_that_act_for_it),
        TASK_TEST(what_is_no_task_has_no_threads),
        TASK_TEST(threads_may_come_and_go_meanwhile),
        TASK_TEST(threads_that_live_are_listed_while_others_end),
        TASK_TEST(a_port_does_not_outlive_its_thread_when_the_id_is_used_again),
        TASK_TEST(a_first_call_without_descriptors_finds_the_threads_port),
        TASK_TEST(a_proc_of_other_ids_tells_nothing),
        // The thread of the timers stays.
        TASK_TEST(a_thread_of_the_library_is_no_threads_of_the_task),
    };
    return INFORMATION_RUN(tests);
}

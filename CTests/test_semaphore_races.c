// Semaphores among signal handlers, threads that leave their waits, forks and storms: no count is lost or taken twice, and no call hangs.
// Rows X1, X2, X5, X7, Y3, Y4, Y5, Y11.
#define _GNU_SOURCE // REG_EFL
#include "stress.h"
#include "task_support.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define NO_WAIT        ((mach_timespec_t){0, 0})
#define NANOSECONDS(n) ((mach_timespec_t){0, n})
enum { PATIENCE = 20000 }; // milliseconds for what is sure to happen

#define SKIP_UNDER_TSAN()                                                                                              \
    do {                                                                                                               \
        (void)state;                                                                                                   \
        if (UNDER_TSAN) skip();                                                                                        \
    } while (0)

static semaphore_t make_semaphore(int value) {
    semaphore_t semaphore = MACH_PORT_NULL;
    assert_success(semaphore_create(SELF, &semaphore, SYNC_POLICY_FIFO, value));
    return semaphore;
}

static void end_semaphore(semaphore_t semaphore) { assert_success(semaphore_destroy(SELF, semaphore)); }

static unsigned take_counts(semaphore_t semaphore) {
    unsigned count = 0;
    while (semaphore_timedwait(semaphore, NO_WAIT) == KERN_SUCCESS) count++;
    return count;
}

static void set_handler(int signal, void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(signal, &action, NULL), 0);
}

static void wait_until(atomic_bool *flag) {
    uint64_t end = milliseconds() + PATIENCE;
    while (!atomic_load(flag) && milliseconds() < end) sched_yield();
    assert_true(atomic_load(flag));
}

static unsigned random_below(unsigned *seed, unsigned bound) {
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % bound;
}

static int64_t wait_once(void *argument) { return semaphore_wait(*(semaphore_t *)argument); }

static void block_waiter(struct test_thread *thread, semaphore_t *semaphore) {
    start_thread(thread, wait_once, semaphore);
    wait_until_blocked(thread);
}

// ---- System calls

enum { NO_FILTER = 200 };

// From now on every system call but the end of the process ends it with SIGSYS.
static bool forbid_system_calls(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {COUNT_OF(filter), filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int use_without_system_calls(void *argument) {
    bool blocks = *(bool *)argument;
    semaphore_t semaphore = MACH_PORT_NULL, other = MACH_PORT_NULL;
    STEP(1, semaphore_create(SELF, &semaphore, SYNC_POLICY_FIFO, 0) == KERN_SUCCESS);
    STEP(2, semaphore_create(SELF, &other, SYNC_POLICY_LIFO, 0) == KERN_SUCCESS);
    if (!forbid_system_calls()) return NO_FILTER;
    for (unsigned i = 0; i < 1000; i++) {
        STEP(3, semaphore_signal(semaphore) == KERN_SUCCESS && semaphore_signal(semaphore) == KERN_SUCCESS);
        STEP(4, semaphore_wait(semaphore) == KERN_SUCCESS);
        STEP(5, semaphore_wait_signal(semaphore, other) == KERN_SUCCESS);
        STEP(6, semaphore_timedwait_signal(other, semaphore, (mach_timespec_t){1, 0}) == KERN_SUCCESS);
        STEP(7, semaphore_timedwait(semaphore, (mach_timespec_t){1, 0}) == KERN_SUCCESS);
        STEP(8, semaphore_timedwait(semaphore, NO_WAIT) == KERN_OPERATION_TIMED_OUT);
        STEP(9, semaphore_signal_all(semaphore) == KERN_SUCCESS);
        STEP(10, semaphore_signal_thread(semaphore, MACH_PORT_NULL) == KERN_NOT_WAITING);
    }
    if (blocks) (void)semaphore_timedwait(semaphore, NANOSECONDS(1000));
    return 0;
}

static void what_need_not_wait_or_wake_makes_no_system_call(void **state) {
    (void)state;
    if (UNDER_TSAN || UNDER_ASAN) skip(); // they make their own
    bool blocks = false;
    int result = in_forked_child(use_without_system_calls, &blocks);
    if (result == NO_FILTER) skip();
    assert_int_equal(result, 0); // Y3
    // The filter would have noticed.
    blocks = true;
    assert_int_equal(in_forked_child(use_without_system_calls, &blocks), 1000 + SIGSYS);
}

// ---- Interrupted waits

static void do_nothing(int signal) { (void)signal; }

static int64_t wait_and_signal_once(void *argument) {
    semaphore_t *semaphores = argument;
    return semaphore_wait_signal(semaphores[0], semaphores[1]);
}

static void any_handled_signal_cuts_a_wait_short_and_no_count_is_lost(void **state) {
    (void)state;
    const int flags[] = {0, SA_RESTART};
    semaphore_t semaphores[2] = {make_semaphore(0), make_semaphore(0)};
    for (size_t i = 0; i < 2 * COUNT_OF(flags); i++) {
        set_handler(SIGUSR1, do_nothing, flags[i / 2]);
        struct test_thread thread;
        start_thread(&thread, i % 2 == 0 ? wait_once : wait_and_signal_once, semaphores);
        wait_until_blocked(&thread);
        assert_int_equal(pthread_kill(thread.thread, SIGUSR1), 0);
        assert_code(join_thread(&thread), KERN_ABORTED); // X1, Y4
        assert_int_equal(take_counts(semaphores[1]), i % 2);
        assert_success(semaphore_signal(semaphores[0]));
        assert_int_equal(take_counts(semaphores[0]), 1);
    }
    end_semaphore(semaphores[0]);
    end_semaphore(semaphores[1]);
}

static int64_t wait_with_cancellation_pending(void *argument) {
    struct test_thread *thread = argument;
    semaphore_t semaphore = (semaphore_t)thread->result;
    thread->result = semaphore_wait(semaphore);
    pthread_testcancel();
    return -2;
}

static int64_t wait_for_cancellation(void *argument) {
    struct {
        struct test_thread *thread;
        semaphore_t semaphore;
    } *it = argument;
    it->thread->result = (int64_t)it->semaphore;
    return wait_with_cancellation_pending(it->thread);
}

static void a_wait_is_no_cancellation_point(void **state) {
    SKIP_UNDER_TSAN();
    struct test_thread thread;
    struct {
        struct test_thread *thread;
        semaphore_t semaphore;
    } it = {&thread, make_semaphore(0)};
    start_thread(&thread, wait_for_cancellation, &it);
    wait_until_blocked(&thread);
    assert_int_equal(pthread_cancel(thread.thread), 0);
    wait_until_blocked(&thread);
    assert_success(semaphore_signal(it.semaphore));
    void *end = NULL;
    assert_int_equal(pthread_join(thread.thread, &end), 0);
    assert_ptr_equal(end, PTHREAD_CANCELED);
    assert_code(thread.result, KERN_SUCCESS); // Choices
    end_semaphore(it.semaphore);
}

// ---- Handlers that signal

static semaphore_t handled;        // what handlers signal
static _Atomic unsigned signalled; // how often they have
static _Atomic int64_t wrong_code; // what they got besides success

static void signal_from_handler(int signal) {
    (void)signal;
    int saved = errno;
    errno = 12345;
    kern_return_t code = semaphore_signal(handled);
    if (code != KERN_SUCCESS)
        atomic_store(&wrong_code, code);
    else
        atomic_fetch_add(&signalled, 1);
    if (errno != 12345) atomic_store(&wrong_code, -1);
    errno = saved;
}

// Threads that take what they can until the semaphore is destroyed.
enum { HELPERS = 2 };
static _Atomic unsigned taken;

static int64_t take_until_destroyed(void *argument) {
    (void)argument;
    while (true) {
        kern_return_t code = semaphore_wait(handled);
        if (code == KERN_TERMINATED) return KERN_SUCCESS;
        if (code != KERN_SUCCESS) return code;
        atomic_fetch_add(&taken, 1);
    }
}

// All that was signalled must be taken in the end, and nothing more.
static void expect_all_taken(unsigned by_others) {
    uint64_t end = milliseconds() + PATIENCE;
    while (atomic_load(&taken) + by_others < atomic_load(&signalled) && milliseconds() < end) sched_yield();
    assert_int_equal(atomic_load(&taken) + by_others, atomic_load(&signalled));
}

static void begin_handling(void) {
    handled = make_semaphore(0);
    assert_success(mach_port_mod_refs(SELF, handled, MACH_PORT_RIGHT_SEND, 1));
    atomic_store(&signalled, 0);
    atomic_store(&taken, 0);
    atomic_store(&wrong_code, 0);
}

static void end_handling(struct test_thread *helpers, unsigned count) {
    end_semaphore(handled);
    for (unsigned i = 0; i < count; i++) assert_success((kern_return_t)join_thread(&helpers[i]));
    assert_success(mach_port_deallocate(SELF, handled));
    assert_int_equal(atomic_load(&wrong_code), 0);
}

static atomic_bool may_end;

static int64_t stay_out_of_the_library(void *argument) {
    (void)argument;
    while (!atomic_load(&may_end)) sched_yield();
    return 0;
}

static void a_handler_signals_on_a_thread_that_never_called(void **state) {
    (void)state;
    begin_handling();
    set_handler(SIGUSR1, signal_from_handler, SA_RESTART);
    atomic_store(&may_end, false);
    struct test_thread thread;
    start_thread(&thread, stay_out_of_the_library, NULL);
    while (thread.id == 0) sched_yield();
    assert_int_equal(pthread_kill(thread.thread, SIGUSR1), 0);
    assert_success(semaphore_wait(handled)); // Y5
    atomic_store(&may_end, true);
    assert_code(join_thread(&thread), 0);
    assert_int_equal(atomic_load(&signalled), 1);
    end_handling(NULL, 0);
}

static int64_t wait_for_own_handler(void *argument) {
    (void)argument;
    return semaphore_wait(handled);
}

static void a_handler_signals_what_its_own_thread_waits_for(void **state) {
    (void)state;
    begin_handling();
    set_handler(SIGUSR1, signal_from_handler, 0);
    for (unsigned i = 0; i < 20; i++) {
        struct test_thread thread;
        start_thread(&thread, wait_for_own_handler, NULL);
        wait_until_blocked(&thread);
        assert_int_equal(pthread_kill(thread.thread, SIGUSR1), 0);
        // ThreadSanitizer runs the handler after the call.
        int64_t code = join_thread(&thread);
        if (UNDER_TSAN)
            (void)take_counts(handled);
        else
            assert_success((kern_return_t)code); // Y5
        assert_int_equal(take_counts(handled), 0);
    }
    end_handling(NULL, 0);
}

// What the main thread is doing when signals come.
struct work {
    const char *what;
    kern_return_t (*once)(void); // KERN_SUCCESS: a count was taken
    bool signals;                // it signals once itself
    unsigned stride;             // so many instructions further at each try
};

static mach_port_t work_port;

static kern_return_t signal_it(void) {
    return semaphore_signal(handled) == KERN_SUCCESS ? KERN_NOT_WAITING : KERN_FAILURE;
}
static kern_return_t poll_it(void) { return semaphore_timedwait(handled, NO_WAIT); }
static kern_return_t wait_for_it(void) { return semaphore_timedwait(handled, NANOSECONDS(1)); }
static kern_return_t wait_and_signal_it(void) { return semaphore_timedwait_signal(handled, handled, NANOSECONDS(1)); }
static kern_return_t count_references(void) {
    if (mach_port_mod_refs(SELF, handled, MACH_PORT_RIGHT_SEND, 1) != KERN_SUCCESS) return KERN_FAILURE;
    if (mach_port_deallocate(SELF, handled) != KERN_SUCCESS) return KERN_FAILURE;
    return KERN_NOT_WAITING;
}
static kern_return_t make_and_end_port(void) {
    mach_port_t port = MACH_PORT_NULL;
    if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) != KERN_SUCCESS) return KERN_FAILURE;
    if (mach_port_insert_right(SELF, port, port, MACH_MSG_TYPE_MAKE_SEND) != KERN_SUCCESS) return KERN_FAILURE;
    return mach_port_destroy(SELF, port) == KERN_SUCCESS ? KERN_NOT_WAITING : KERN_FAILURE;
}
// The message carries the semaphore's right.
static kern_return_t send_and_receive(void) {
    struct {
        mach_msg_header_t header;
        mach_msg_body_t body;
        mach_msg_port_descriptor_t right;
        mach_msg_trailer_t trailer;
    } message = {.header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX,
                            .msgh_remote_port = work_port},
                 .body = {1},
                 .right = {.name = handled, .disposition = MACH_MSG_TYPE_COPY_SEND, .type = MACH_MSG_PORT_DESCRIPTOR}};
    const mach_msg_size_t size = sizeof(message) - sizeof(message.trailer);
    if (mach_msg(&message.header, MACH_SEND_MSG, size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL)) return KERN_FAILURE;
    if (mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), work_port, 0, MACH_PORT_NULL)) return KERN_FAILURE;
    return mach_port_deallocate(SELF, message.right.name) == KERN_SUCCESS ? KERN_NOT_WAITING : KERN_FAILURE;
}
static kern_return_t make_and_end_semaphore(void) {
    semaphore_t other = MACH_PORT_NULL;
    if (semaphore_create(SELF, &other, SYNC_POLICY_FIFO, 0) != KERN_SUCCESS) return KERN_FAILURE;
    return semaphore_destroy(SELF, other) == KERN_SUCCESS ? KERN_NOT_WAITING : KERN_FAILURE;
}

static const struct work works[] = {
    {"signal", signal_it, true, 1},
    {"poll", poll_it, false, 1},
    {"wait", wait_for_it, false, 1},
    {"wait and signal", wait_and_signal_it, true, 3},
    {"references", count_references, false, 17},
    {"ports", make_and_end_port, false, 61},
    {"messages", send_and_receive, false, 61},
    {"other semaphores", make_and_end_semaphore, false, 61},
};

// How a piece of work may end besides.
static bool is_expected(kern_return_t code) {
    return code == KERN_SUCCESS || code == KERN_NOT_WAITING || code == KERN_OPERATION_TIMED_OUT || code == KERN_ABORTED;
}

static atomic_bool stop;

static int64_t hail(void *argument) {
    pthread_t target = *(pthread_t *)argument;
    while (!atomic_load(&stop)) {
        if (pthread_kill(target, SIGUSR1) != 0) return 1;
        for (unsigned i = 0; i < 20; i++) sched_yield();
    }
    return 0;
}

static void handlers_signal_whatever_the_thread_is_doing(void **state) {
    (void)state;
    for (unsigned helper_count = 0; helper_count <= HELPERS; helper_count += HELPERS) {
        begin_handling();
        work_port = port_with_send();
        set_handler(SIGUSR1, signal_from_handler, SA_RESTART);
        struct test_thread helpers[HELPERS], hailing;
        for (unsigned i = 0; i < helper_count; i++) {
            start_thread(&helpers[i], take_until_destroyed, NULL);
            wait_until_blocked(&helpers[i]);
        }
        // Helpers are left alone by the signals.
        pthread_t self = pthread_self();
        atomic_store(&stop, false);
        start_thread(&hailing, hail, &self);
        unsigned mine = 0, bad = 0;
        for (unsigned round = 0; round < ROUNDS_OF(3000, 300); round++) {
            const struct work *work = &works[round % COUNT_OF(works)];
            for (unsigned i = 0; i < 10; i++) {
                kern_return_t code = work->once();
                bad += !is_expected(code);
                mine += code == KERN_SUCCESS;
                if (work->signals) atomic_fetch_add(&signalled, 1);
            }
        }
        atomic_store(&stop, true);
        assert_code(join_thread(&hailing), 0);
        assert_int_equal(bad, 0);
        if (helper_count == 0) mine += take_counts(handled);
        expect_all_taken(mine);
        destroy(work_port);
        end_handling(helpers, helper_count);
    }
}

#if defined(__x86_64__)
// ---- A handler after each single instruction

static volatile long step, wanted_step;

static void count_step(int signal, siginfo_t *info, void *context) {
    (void)info;
    if (++step < wanted_step) return;
    signal_from_handler(signal);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~0x100l;
}

// The flag by which the processor traps after each instruction; what lies below the stack pointer stays as it is.
#define BEGIN_STEPS()                                                                                                  \
    __asm__ volatile("subq $128, %%rsp; pushfq; orq $0x100, (%%rsp); popfq; addq $128, %%rsp" ::: "memory", "cc")
#define END_STEPS()                                                                                                    \
    __asm__ volatile("subq $128, %%rsp; pushfq; andq $~0x100, (%%rsp); popfq; addq $128, %%rsp" ::: "memory", "cc")

// The work is done once, and after so many instructions of it a handler signals. False when it has fewer.
static bool try_step(const struct work *work, long at, unsigned *mine) {
    step = 0;
    wanted_step = at;
    BEGIN_STEPS();
    kern_return_t code = work->once();
    END_STEPS();
    bool reached = step >= at;
    if (!is_expected(code)) fail_msg("%s, step %ld: code %d", work->what, at, code);
    *mine += code == KERN_SUCCESS;
    if (work->signals) atomic_fetch_add(&signalled, 1);
    return reached;
}

static void a_handler_signals_after_any_instruction(void **state) {
    (void)state;
    if (UNDER_TSAN || UNDER_ASAN) skip(); // too many instructions, and not those of the library
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_sigaction = count_step;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    assert_int_equal(sigaction(SIGTRAP, &action, NULL), 0);
    for (unsigned helper_count = 0; helper_count <= HELPERS; helper_count += HELPERS) {
        for (size_t i = 0; i < COUNT_OF(works); i++) {
            begin_handling();
            work_port = port_with_send();
            struct test_thread helpers[HELPERS];
            for (unsigned j = 0; j < helper_count; j++) start_thread(&helpers[j], take_until_destroyed, NULL);
            long at = 1;
            unsigned mine = works[i].once() == KERN_SUCCESS;
            atomic_fetch_add(&signalled, works[i].signals);
            if (helper_count == 0) mine += take_counts(handled);
            for (;; at += works[i].stride) {
                for (unsigned j = 0; j < helper_count; j++) wait_until_blocked(&helpers[j]);
                bool reached = try_step(&works[i], at, &mine);
                if (helper_count == 0) mine += take_counts(handled);
                expect_all_taken(mine);
                if (!reached) break;
            }
            assert_true(at > 50);
            destroy(work_port);
            end_handling(helpers, helper_count);
        }
    }
}

// X1: who waits longest gets the count, wherever in its call the newcomer is.
static void a_newcomer_never_takes_the_count_of_who_waits(void **state) {
    (void)state;
    if (UNDER_TSAN || UNDER_ASAN) skip();
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_sigaction = count_step;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    assert_int_equal(sigaction(SIGTRAP, &action, NULL), 0);
    kern_return_t (*const calls[])(void) = {poll_it, wait_for_it};
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        begin_handling();
        long at = 1;
        for (bool reached = true; reached; at++) {
            struct test_thread first;
            start_thread(&first, wait_for_own_handler, NULL);
            wait_until_blocked(&first);
            step = 0;
            wanted_step = at;
            BEGIN_STEPS();
            kern_return_t code = calls[i]();
            END_STEPS();
            reached = step >= at;
            if (code != KERN_OPERATION_TIMED_OUT) fail_msg("step %ld: code %d", at, code);
            if (!reached) assert_success(semaphore_signal(handled));
            assert_success((kern_return_t)join_thread(&first));
        }
        assert_true(at > 50);
        end_handling(NULL, 0);
    }
}

// The semaphore itself ends meanwhile, and its name and memory go.
static void a_handler_signals_after_any_instruction_of_the_end(void **state) {
    (void)state;
    if (UNDER_TSAN || UNDER_ASAN) skip();
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_sigaction = count_step;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    assert_int_equal(sigaction(SIGTRAP, &action, NULL), 0);
    unsigned outcomes[3] = {0};
    for (unsigned helper_count = 0; helper_count <= 1; helper_count++) {
        bool reached = true;
        for (long at = 1; reached; at += 17) {
            handled = make_semaphore(0);
            atomic_store(&wrong_code, 0);
            semaphore_t name = handled;
            struct test_thread helper;
            if (helper_count > 0) block_waiter(&helper, &name);
            step = 0;
            wanted_step = at;
            BEGIN_STEPS();
            kern_return_t code = semaphore_destroy(SELF, handled);
            END_STEPS();
            reached = step >= at;
            assert_success(code);
            int64_t got = atomic_load(&wrong_code);
            assert_true(got == KERN_SUCCESS || got == KERN_TERMINATED || got == KERN_INVALID_NAME);
            if (reached) outcomes[got == KERN_SUCCESS ? 0 : got == KERN_TERMINATED ? 1 : 2]++;
            if (helper_count > 0) {
                int64_t end = join_thread(&helper);
                assert_true(end == KERN_TERMINATED || (end == KERN_SUCCESS && got == KERN_SUCCESS));
            }
        }
    }
    assert_true(outcomes[0] > 4);
    assert_true(outcomes[2] > 4);
}
#endif

// ---- Threads that leave a wait

enum way { JUMP, CANCEL, EXIT, WAYS };
enum next { CALL_AGAIN, END, NEXTS };
enum { LEFT = 42 };

struct leaver {
    struct test_thread thread;
    semaphore_t semaphore;
    enum way way;
    sigjmp_buf out;
    atomic_bool in_handler, go, left, call_again, called_again, end;
};

static _Thread_local struct leaver *leaver_here;

static void leave_from_handler(int signal) {
    (void)signal;
    struct leaver *leaver = leaver_here;
    atomic_store(&leaver->in_handler, true);
    while (!atomic_load(&leaver->go)) sched_yield();
    if (leaver->way == JUMP) siglongjmp(leaver->out, 1);
    pthread_exit(NULL);
}

static int64_t wait_until_made_to_leave(void *argument) {
    struct leaver *leaver = argument;
    leaver_here = leaver;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    if (sigsetjmp(leaver->out, 1) == 0) {
        (void)semaphore_wait(leaver->semaphore);
        return 1; // it came back
    }
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL);
    atomic_store(&leaver->left, true);
    while (!atomic_load(&leaver->end)) {
        if (atomic_exchange(&leaver->call_again, false)) {
            (void)semaphore_timedwait(MACH_PORT_NULL, NO_WAIT);
            atomic_store(&leaver->called_again, true);
        }
        sched_yield();
    }
    return LEFT;
}

static void begin_leaver(struct leaver *leaver, enum way way, semaphore_t semaphore) {
    set_handler(SIGUSR2, leave_from_handler, SA_RESTART);
    memset(leaver, 0, sizeof(*leaver));
    leaver->way = way;
    leaver->semaphore = semaphore;
    start_thread(&leaver->thread, wait_until_made_to_leave, leaver);
    wait_until_blocked(&leaver->thread);
}

static void enter_handler(struct leaver *leaver) {
    assert_int_equal(pthread_kill(leaver->thread.thread, SIGUSR2), 0);
    wait_until(&leaver->in_handler);
}

// It leaves; and calls again, or ends.
static void make_leave(struct leaver *leaver, enum next next) {
    if (leaver->way != JUMP) {
        if (leaver->way == CANCEL)
            assert_int_equal(pthread_cancel(leaver->thread.thread), 0);
        else
            atomic_store(&leaver->go, true);
        assert_code(join_thread(&leaver->thread), -1); // its body never returned
        return;
    }
    atomic_store(&leaver->go, true);
    wait_until(&leaver->left);
    if (next == CALL_AGAIN) {
        atomic_store(&leaver->call_again, true);
        wait_until(&leaver->called_again);
    }
    atomic_store(&leaver->end, true);
    assert_code(join_thread(&leaver->thread), LEFT);
}

#define FOR_EACH_WAY(way, next)                                                                                        \
    for (enum way way = JUMP; way < WAYS; way++)                                                                       \
        for (enum next next = CALL_AGAIN; next < (way == JUMP ? NEXTS : 1); next++)

static void a_thread_that_leaves_gives_its_place_up(void **state) {
    SKIP_UNDER_TSAN();
    semaphore_t semaphore = make_semaphore(0);
    FOR_EACH_WAY(way, next) {
        struct leaver leaver;
        struct test_thread second;
        begin_leaver(&leaver, way, semaphore);
        block_waiter(&second, &semaphore);
        enter_handler(&leaver);
        make_leave(&leaver, next);
        assert_success(semaphore_signal(semaphore)); // Y11
        assert_success((kern_return_t)join_thread(&second));
        assert_int_equal(take_counts(semaphore), 0);
    }
    end_semaphore(semaphore);
}

static void a_count_for_a_thread_that_leaves_goes_to_the_next(void **state) {
    SKIP_UNDER_TSAN();
    semaphore_t semaphore = make_semaphore(0);
    FOR_EACH_WAY(way, next) {
        for (unsigned others = 0; others < 2; others++) {
            struct leaver leaver;
            struct test_thread second;
            begin_leaver(&leaver, way, semaphore);
            if (others) block_waiter(&second, &semaphore);
            enter_handler(&leaver);
            assert_success(semaphore_signal(semaphore)); // it is the leaver's
            make_leave(&leaver, next);
            if (others) assert_success((kern_return_t)join_thread(&second)); // Y11
            assert_int_equal(take_counts(semaphore), others ? 0 : 1);
        }
    }
    end_semaphore(semaphore);
}

static void what_was_no_count_does_not_come_back(void **state) {
    SKIP_UNDER_TSAN();
    semaphore_t semaphore = make_semaphore(0);
    FOR_EACH_WAY(way, next) {
        for (unsigned how = 0; how < 2; how++) {
            struct leaver leaver;
            begin_leaver(&leaver, way, semaphore);
            enter_handler(&leaver);
            if (how == 0)
                assert_success(semaphore_signal_all(semaphore));
            else
                assert_success(semaphore_signal_thread(semaphore, MACH_PORT_NULL));
            make_leave(&leaver, next);
            assert_int_equal(take_counts(semaphore), 0); // Y11
        }
    }
    end_semaphore(semaphore);
}

static void a_semaphore_may_end_while_a_thread_has_left_it(void **state) {
    SKIP_UNDER_TSAN();
    FOR_EACH_WAY(way, next) {
        for (unsigned how = 0; how < 3; how++) {
            semaphore_t semaphore = make_semaphore(0);
            struct leaver leaver;
            begin_leaver(&leaver, way, semaphore);
            enter_handler(&leaver);
            if (how == 2) assert_success(semaphore_signal(semaphore));
            if (how == 0)
                destroy(semaphore);
            else
                end_semaphore(semaphore);
            make_leave(&leaver, next);
        }
    }
}

// ---- Forks

static int use_in_child(void *argument) {
    semaphore_t parents = *(semaphore_t *)argument, semaphore = MACH_PORT_NULL;
    STEP(1, semaphore_signal(parents) == KERN_INVALID_NAME); // X5
    STEP(2, semaphore_timedwait(parents, NO_WAIT) == KERN_INVALID_NAME);
    for (unsigned i = 0; i < 100; i++) {
        STEP(3, semaphore_create(SELF, &semaphore, SYNC_POLICY_FIFO, 1) == KERN_SUCCESS);
        STEP(4, semaphore_wait(semaphore) == KERN_SUCCESS);
        STEP(5, semaphore_timedwait(semaphore, NANOSECONDS(1000)) == KERN_OPERATION_TIMED_OUT);
        STEP(6, semaphore_signal(semaphore) == KERN_SUCCESS && semaphore_signal_all(semaphore) == KERN_SUCCESS);
        STEP(7, semaphore_wait(semaphore) == KERN_SUCCESS);
        if (i % 2 == 0) STEP(8, semaphore_destroy(SELF, semaphore) == KERN_SUCCESS);
    }
    return 0;
}

static void a_forked_child_has_none_and_makes_its_own(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(0);
    struct test_thread waiter;
    block_waiter(&waiter, &semaphore);
    assert_int_equal(in_forked_child(use_in_child, &semaphore), 0);
    assert_success(semaphore_signal(semaphore));
    assert_success((kern_return_t)join_thread(&waiter));
    end_semaphore(semaphore);
}

static int64_t use_until_stopped(void *argument) {
    semaphore_t semaphore = *(semaphore_t *)argument;
    while (!atomic_load(&stop)) {
        if (semaphore_signal(semaphore) != KERN_SUCCESS) return 1;
        (void)semaphore_timedwait(semaphore, NANOSECONDS(10000));
        semaphore_t other = MACH_PORT_NULL;
        if (semaphore_create(SELF, &other, SYNC_POLICY_FIFO, 0) != KERN_SUCCESS) return 2;
        if (semaphore_destroy(SELF, other) != KERN_SUCCESS) return 3;
    }
    return 0;
}

static void children_forked_in_a_storm_make_their_own(void **state) {
    (void)state;
    semaphore_t semaphore = make_semaphore(0);
    struct test_thread threads[2];
    atomic_store(&stop, false);
    for (unsigned i = 0; i < COUNT_OF(threads); i++) start_thread(&threads[i], use_until_stopped, &semaphore);
    int result = 0;
    for (unsigned i = 0; i < ROUNDS_OF(50, 10) && result == 0; i++) result = in_forked_child(use_in_child, &semaphore);
    atomic_store(&stop, true);
    for (unsigned i = 0; i < COUNT_OF(threads); i++) assert_code(join_thread(&threads[i]), 0);
    assert_int_equal(result, 0);
    end_semaphore(semaphore);
}

// ---- Storms

enum { STORMERS = 6 };

struct stormer {
    struct test_thread thread;
    unsigned seed, index;
    unsigned long signals, takes;
    atomic_bool is_done;
};

static semaphore_t storm_semaphore;
static _Atomic mach_port_t storm_threads[STORMERS];

// Waits in every way, and signals.
static int64_t wait_and_signal_often(struct stormer *me) {
    for (unsigned i = 0; i < 200; i++) {
        kern_return_t code = KERN_SUCCESS;
        switch (random_below(&me->seed, 6)) {
        case 0:
            code = semaphore_timedwait(storm_semaphore, NANOSECONDS((int)random_below(&me->seed, 20000)));
            break;
        case 1:
            code = semaphore_timedwait(storm_semaphore, NO_WAIT);
            break;
        case 2:
            me->signals++;
            code = semaphore_timedwait_signal(storm_semaphore, storm_semaphore,
                                              NANOSECONDS((int)random_below(&me->seed, 20000)));
            break;
        case 3:
            // Others may take the count, and the main thread makes up for it.
            me->signals++;
            if (semaphore_signal(storm_semaphore) != KERN_SUCCESS) return 1;
            code = semaphore_wait(storm_semaphore);
            break;
        default:
            me->signals++;
            if (semaphore_signal(storm_semaphore) != KERN_SUCCESS) return 1;
            continue;
        }
        if (code == KERN_SUCCESS)
            me->takes++;
        else if (code != KERN_OPERATION_TIMED_OUT && code != KERN_ABORTED)
            return code;
    }
    return 0;
}

static int64_t wait_and_signal(void *argument) {
    struct stormer *me = argument;
    int64_t code = wait_and_signal_often(me);
    atomic_store(&me->is_done, true);
    return code;
}

// What may still wait gets a count now and then; how many that were.
static unsigned wait_for_stormers(struct stormer *stormers) {
    unsigned signals = 0;
    for (unsigned i = 0; i < STORMERS; i++) {
        for (unsigned n = 1; !atomic_load(&stormers[i].is_done); n++) {
            if (n % 1000 == 0) {
                assert_success(semaphore_signal(storm_semaphore));
                signals++;
            }
            sched_yield();
        }
    }
    return signals;
}

static void in_a_storm_no_count_is_lost_or_taken_twice(void **state) {
    (void)state;
    set_handler(SIGUSR1, do_nothing, SA_RESTART);
    for (int policy = SYNC_POLICY_FIFO; policy <= SYNC_POLICY_LIFO; policy += SYNC_POLICY_LIFO) {
        assert_success(semaphore_create(SELF, &storm_semaphore, policy, 0));
        for (unsigned round = 0; round < ROUNDS_OF(100, 20); round++) {
            struct stormer stormers[STORMERS];
            unsigned long signals = 0, takes = 0;
            for (unsigned i = 0; i < STORMERS; i++) {
                stormers[i] = (struct stormer){.seed = round * STORMERS + i + 1};
                start_thread(&stormers[i].thread, wait_and_signal, &stormers[i]);
            }
            for (unsigned i = 0; i < 20; i++) {
                pthread_kill(stormers[i % STORMERS].thread.thread, SIGUSR1);
                sched_yield();
            }
            signals += wait_for_stormers(stormers);
            for (unsigned i = 0; i < STORMERS; i++) {
                assert_code(join_thread(&stormers[i].thread), 0);
                signals += stormers[i].signals;
                takes += stormers[i].takes;
            }
            assert_int_equal(takes + take_counts(storm_semaphore), signals);
        }
        end_semaphore(storm_semaphore);
    }
}

enum { SLOTS = 4 };
static _Atomic semaphore_t storm_slots[SLOTS];

static bool is_stormy(kern_return_t code) {
    switch (code) {
    case KERN_SUCCESS:
    case KERN_OPERATION_TIMED_OUT:
    case KERN_TERMINATED:
    case KERN_ABORTED:
    case KERN_NOT_WAITING:
    case KERN_INVALID_NAME:       // the name is gone
    case KERN_INVALID_CAPABILITY: // ... or a thread's by now
        return true;
    default:
        return false;
    }
}

// Everything at once, on semaphores that come and go.
static int64_t do_anything(void *argument) {
    struct stormer *me = argument;
    mach_port_t self = mach_thread_self();
    atomic_store(&storm_threads[me->index], self);
    kern_return_t bad = KERN_SUCCESS;
    for (unsigned i = 0; i < 150 && bad == KERN_SUCCESS; i++) {
        _Atomic semaphore_t *slot = &storm_slots[random_below(&me->seed, SLOTS)];
        semaphore_t one = atomic_load(slot), other = atomic_load(&storm_slots[random_below(&me->seed, SLOTS)]);
        mach_timespec_t time = NANOSECONDS((int)random_below(&me->seed, 20000));
        kern_return_t code = KERN_SUCCESS;
        switch (random_below(&me->seed, 9)) {
        case 0: {
            semaphore_t fresh = MACH_PORT_NULL;
            int policy = random_below(&me->seed, 2) == 0 ? SYNC_POLICY_FIFO : SYNC_POLICY_LIFO;
            code = semaphore_create(SELF, &fresh, policy, (int)random_below(&me->seed, 2));
            if (code != KERN_SUCCESS) break;
            semaphore_t old = atomic_exchange(slot, fresh);
            code = random_below(&me->seed, 3) == 0 ? mach_port_deallocate(SELF, old) : semaphore_destroy(SELF, old);
            if (code != KERN_SUCCESS) bad = code;
            break;
        }
        case 1:
        case 2:
            code = semaphore_signal(one);
            break;
        case 3:
            code = semaphore_signal_all(one);
            break;
        case 4:
            code = semaphore_signal_thread(one, MACH_PORT_NULL);
            break;
        case 5: {
            mach_port_t thread = atomic_load(&storm_threads[random_below(&me->seed, STORMERS)]);
            code = semaphore_signal_thread(one, thread);
            if (code == KERN_INVALID_ARGUMENT) code = KERN_SUCCESS; // it has ended
            break;
        }
        case 6:
            code = semaphore_timedwait(one, time);
            break;
        case 7:
            code = semaphore_timedwait_signal(one, other, time);
            break;
        default:
            code = semaphore_timedwait(one, NO_WAIT);
        }
        if (!is_stormy(code)) bad = code;
    }
    atomic_store(&storm_threads[me->index], MACH_PORT_DEAD);
    (void)mach_port_deallocate(SELF, self);
    return bad;
}

static void semaphores_and_threads_come_and_go_in_a_storm(void **state) {
    (void)state;
    set_handler(SIGUSR1, do_nothing, SA_RESTART);
    for (unsigned i = 0; i < SLOTS; i++) atomic_store(&storm_slots[i], make_semaphore(1));
    for (unsigned round = 0; round < ROUNDS_OF(200, 40); round++) {
        struct stormer stormers[STORMERS];
        for (unsigned i = 0; i < STORMERS; i++) {
            stormers[i] = (struct stormer){.seed = round * STORMERS + i + 1, .index = i};
            atomic_store(&storm_threads[i], MACH_PORT_DEAD);
            start_thread(&stormers[i].thread, do_anything, &stormers[i]);
        }
        for (unsigned i = 0; i < 20; i++) {
            pthread_kill(stormers[i % STORMERS].thread.thread, SIGUSR1);
            sched_yield();
        }
        for (unsigned i = 0; i < STORMERS; i++) assert_success((kern_return_t)join_thread(&stormers[i].thread));
    }
    for (unsigned i = 0; i < SLOTS; i++) end_semaphore(atomic_load(&storm_slots[i]));
}

// Tasks that own semaphores end while threads of others use them.
static int64_t use_others(void *argument) {
    semaphore_t *semaphore = argument;
    kern_return_t code;
    do {
        code = semaphore_timedwait(*semaphore, NANOSECONDS(5000));
        if (code == KERN_OPERATION_TIMED_OUT || code == KERN_SUCCESS) code = semaphore_signal(*semaphore);
    } while (code == KERN_SUCCESS);
    return code;
}

static void owners_may_end_in_a_storm(void **state) {
    (void)state;
    for (unsigned round = 0; round < ROUNDS_OF(200, 40); round++) {
        task_t task = make_task();
        semaphore_t semaphores[3];
        struct test_thread threads[3];
        for (unsigned i = 0; i < 3; i++) {
            assert_success(semaphore_create(task, &semaphores[i], SYNC_POLICY_FIFO, 0));
            start_thread(&threads[i], use_others, &semaphores[i / 2]);
        }
        for (unsigned i = 0; i < round % 50; i++) sched_yield();
        end_task(task);
        for (unsigned i = 0; i < 3; i++) assert_code(join_thread(&threads[i]), KERN_TERMINATED); // X7
        for (unsigned i = 0; i < 3; i++) assert_success(mach_port_deallocate(SELF, semaphores[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(what_need_not_wait_or_wake_makes_no_system_call),
        TASK_TEST(any_handled_signal_cuts_a_wait_short_and_no_count_is_lost),
        TASK_TEST(a_wait_is_no_cancellation_point),
        TASK_TEST(a_handler_signals_on_a_thread_that_never_called),
        TASK_TEST(a_handler_signals_what_its_own_thread_waits_for),
        TASK_TEST(handlers_signal_whatever_the_thread_is_doing),
#if defined(__x86_64__)
        TASK_TEST(a_handler_signals_after_any_instruction),
        TASK_TEST(a_newcomer_never_takes_the_count_of_who_waits),
        TASK_TEST(a_handler_signals_after_any_instruction_of_the_end),
#endif
        TASK_TEST(a_thread_that_leaves_gives_its_place_up),
        TASK_TEST(a_count_for_a_thread_that_leaves_goes_to_the_next),
        TASK_TEST(what_was_no_count_does_not_come_back),
        TASK_TEST(a_semaphore_may_end_while_a_thread_has_left_it),
        TASK_TEST(a_forked_child_has_none_and_makes_its_own),
        TASK_TEST(children_forked_in_a_storm_make_their_own),
        TASK_TEST(in_a_storm_no_count_is_lost_or_taken_twice),
        TASK_TEST(semaphores_and_threads_come_and_go_in_a_storm),
        TASK_TEST(owners_may_end_in_a_storm),
    };
    return TASK_RUN(tests);
}

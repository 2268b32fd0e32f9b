// Semaphores in a storm: waits of every kind, with time-outs, interrupted by handlers that signal themselves, left by jumps, exits and cancellations, ended
// with their task; signals to all and to certain threads, some of which have gone; and semaphores that are destroyed and made anew under all that. Every
// count of a semaphore that lasts is taken once.
#include "soak_support.h"

#include <setjmp.h>
#include <signal.h>

#include <mach/semaphore.h>
#include <mach/sync_policy.h>

enum { LEAVERS = 4, TAKERS = 3, SIGNALLERS = 2, USERS = 2, SLOTS = 3, KNOWN = TAKERS + 1 };
enum way { RETURN, JUMP, EXIT, CANCEL, WAYS };
#define NO_WAIT ((mach_timespec_t){0, 0})

// The semaphores that last. All that is given to the first is taken, to the last count; only threads that do not leave
// their waits are woken there without one. The second wakes all, and any.
static semaphore_t exact, woken, other;
static atomic_ullong given, taken;             // of `exact`: counts and wakes; waits that succeeded
static atomic_ullong woken_given, woken_taken; // of `woken`: counts alone
static atomic_ullong other_given;
static atomic_uint running; // threads that may block in a wait without end

static _Atomic semaphore_t slots[SLOTS]; // those that do not last
static _Atomic mach_port_t known[KNOWN]; // threads that wait on `exact`
static _Atomic task_t guest_task;        // the one that the guest acts as, to be ended
static _Thread_local struct leaver *here;

struct leaver {
    struct soak_thread thread;
    enum way way;
    unsigned delay;
    sigjmp_buf out;
    atomic_bool in_handler, go;
};
static struct leaver leavers[LEAVERS];

static mach_timespec_t short_time(void) { return (mach_timespec_t){0, (int)chance(200000)}; }

static unsigned counts_of(semaphore_t semaphore) {
    unsigned count = 0;
    while (semaphore_timedwait(semaphore, NO_WAIT) == KERN_SUCCESS) count++;
    return count;
}

static void give(void) {
    MUST_DO(semaphore_signal(exact));
    atomic_fetch_add(&given, 1);
}

static void take_exact(kern_return_t code) {
    MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_OPERATION_TIMED_OUT, KERN_ABORTED);
    if (code == KERN_SUCCESS) atomic_fetch_add(&taken, 1);
    soak_did(1);
}

// ---- Waits on the semaphores that last

static void signal_in_handler(int signal) {
    (void)signal;
    give();
}

static void take(struct soak_thread *thread) {
    atomic_store(&known[thread->index], mach_thread_self());
    while (!soak_over()) {
        kern_return_t code;
        switch (chance(8)) {
        case 0:
            take_exact(semaphore_timedwait(exact, NO_WAIT));
            break;
        case 1:
        case 2:
            take_exact(semaphore_timedwait(exact, short_time()));
            break;
        case 3:
            take_exact(semaphore_wait_signal(exact, other));
            atomic_fetch_add(&other_given, 1);
            break;
        case 4:
            // Counted first: whoever takes the count must not be ahead.
            atomic_fetch_add(&given, 1);
            take_exact(semaphore_timedwait_signal(exact, exact, short_time()));
            break;
        case 5:
            code = semaphore_timedwait(woken, short_time());
            MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_OPERATION_TIMED_OUT, KERN_ABORTED);
            if (code == KERN_SUCCESS) atomic_fetch_add(&woken_taken, 1);
            soak_did(1);
            break;
        default:
            take_exact(semaphore_wait(exact));
            break;
        }
    }
    atomic_fetch_sub(&running, 1);
}

static void give_counts(struct soak_thread *thread) {
    (void)thread;
    while (!soak_over()) {
        kern_return_t code;
        switch (chance(8)) {
        case 0:
            MUST_DO(semaphore_signal_all(woken));
            break;
        case 1:
            MUST_DO(semaphore_signal(woken));
            atomic_fetch_add(&woken_given, 1);
            break;
        case 2:
            MUST_BE_ONE_OF(semaphore_signal_thread(woken, MACH_PORT_NULL), KERN_SUCCESS, KERN_NOT_WAITING);
            break;
        case 3: {
            mach_port_t certain = atomic_load(&known[chance(KNOWN)]);
            if (certain == MACH_PORT_NULL) break;
            code = semaphore_signal_thread(exact, certain);
            MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_NOT_WAITING, KERN_INVALID_ARGUMENT);
            if (code == KERN_SUCCESS) atomic_fetch_add(&given, 1);
            break;
        }
        default:
            give();
            break;
        }
        soak_did(1);
        if (chance(4) == 0) sched_yield();
    }
}

// Handlers of those who wait; and threads that wait once, and are gone while their port is still known.
static void disturb_takers(struct soak_thread *thread) {
    struct soak_thread *takers = thread->argument;
    while (!soak_over()) {
        MUST_BE(pthread_kill(takers[chance(TAKERS)].thread, SIGUSR1), 0);
        for (unsigned i = 0; i < 20; i++) sched_yield();
        soak_did(1);
    }
}

static void wait_once(struct soak_thread *thread) {
    (void)thread;
    mach_port_t self = mach_thread_self(), before = atomic_exchange(&known[TAKERS], self);
    take_exact(semaphore_timedwait(exact, short_time()));
    if (before != MACH_PORT_NULL) MUST_DO(mach_port_destroy(SELF, before));
}

static void start_short_threads(struct soak_thread *thread) {
    (void)thread;
    while (!soak_over()) {
        struct soak_thread one = {.body = wait_once};
        soak_start(&one);
        soak_join(&one);
    }
}

// ---- Waits that are left

// Stays above the wait until told to go on; cancellation comes by itself.
static void stay(int signal) {
    (void)signal;
    struct leaver *leaver = here;
    atomic_store(&leaver->in_handler, true);
    while (!atomic_load(&leaver->go)) sched_yield();
    for (unsigned i = 0; i < leaver->delay; i++) sched_yield();
    if (leaver->way == JUMP) siglongjmp(leaver->out, 1);
    if (leaver->way == EXIT) pthread_exit(NULL);
    while (leaver->way == CANCEL) sched_yield();
}

static void block(struct soak_thread *thread) {
    struct leaver *leaver = thread->argument;
    here = leaver;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    if (sigsetjmp(leaver->out, 1) == 0) {
        kern_return_t code = semaphore_wait(exact);
        pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL);
        take_exact(code);
        atomic_fetch_sub(&running, 1);
        return;
    }
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL);
    // The next call gives up the one before, or the end of the thread does.
    if (chance(2) == 0) take_exact(semaphore_timedwait(exact, NO_WAIT));
}

static void start_leaver(struct leaver *leaver) {
    memset(leaver, 0, sizeof(*leaver));
    leaver->way = UNDER_TSAN ? RETURN : chance(WAYS);
    leaver->delay = chance(200);
    if (leaver->way == RETURN) atomic_fetch_add(&running, 1);
    leaver->thread.body = block;
    leaver->thread.argument = leaver;
    soak_start(&leaver->thread);
    soak_wait_until_blocked(&leaver->thread);
    // (ThreadSanitizer calls handlers when the thread is not in the wait any more: there all return.)
    if (UNDER_TSAN) return;
    MUST_BE(pthread_kill(leaver->thread.thread, SIGUSR2), 0);
    while (!atomic_load(&leaver->in_handler)) sched_yield();
}

// ---- A thread whose task ends

static void be_a_guest(struct soak_thread *thread) {
    (void)thread;
    while (!soak_over()) {
        task_t task = soak_task();
        mach_port_name_t inside = soak_give(task, exact, MACH_MSG_TYPE_COPY_SEND);
        MUST_DO(mach_linux_task_adopt(task));
        atomic_store(&guest_task, task);
        for (;;) {
            kern_return_t code = chance(2) == 0 ? semaphore_wait(inside) : semaphore_timedwait(inside, short_time());
            if (code == KERN_INVALID_NAME) break; // it has ended
            take_exact(code);
        }
        MUST_DO(mach_linux_task_adopt(MACH_PORT_NULL));
    }
    atomic_fetch_sub(&running, 1);
}

static void end_guest_task(void) {
    task_t task = atomic_exchange(&guest_task, MACH_PORT_NULL);
    if (task == MACH_PORT_NULL) return;
    MUST_DO(task_terminate(task));
    MUST_DO(mach_port_deallocate(SELF, task));
}

// ---- Semaphores that end

static semaphore_t make_semaphore(task_t owner, unsigned count) {
    semaphore_t semaphore = MACH_PORT_NULL;
    int policy = chance(2) == 0 ? SYNC_POLICY_FIFO : SYNC_POLICY_LIFO;
    MUST_DO(semaphore_create(owner, &semaphore, policy, (int)count));
    return semaphore;
}

// A slot's semaphore goes: with its owner, its name or by itself.
static void renew(_Atomic semaphore_t *slot) {
    task_t owner = MACH_PORT_NULL;
    semaphore_t semaphore = MACH_PORT_NULL;
    if (chance(2) == 0) {
        semaphore = make_semaphore(SELF, chance(3));
        semaphore_t before = atomic_exchange(slot, semaphore);
        if (before != MACH_PORT_NULL) MUST_DO(semaphore_destroy(SELF, before));
        return;
    }
    owner = soak_task();
    semaphore = make_semaphore(owner, chance(3));
    semaphore_t before = atomic_exchange(slot, semaphore);
    if (before != MACH_PORT_NULL) MUST_DO(semaphore_destroy(SELF, before));
    for (unsigned i = chance(40); i > 0; i--) sched_yield();
    before = atomic_exchange(slot, MACH_PORT_NULL);
    MUST_BE(before, semaphore);
    switch (chance(3)) {
    case 0:
        MUST_DO(semaphore_destroy(owner, semaphore));
        break;
    case 1:
        // Only the owner's end reaches those who wait.
        MUST_DO(mach_port_deallocate(SELF, semaphore));
        break;
    default:
        MUST_DO(task_terminate(owner));
        MUST_DO(mach_port_deallocate(SELF, semaphore));
        MUST_DO(mach_port_deallocate(SELF, owner));
        return;
    }
    MUST_DO(task_terminate(owner));
    MUST_DO(mach_port_deallocate(SELF, owner));
}

static void end_things(struct soak_thread *thread) {
    (void)thread;
    while (!soak_over()) {
        renew(&slots[chance(SLOTS)]);
        if (chance(8) == 0) end_guest_task();
        for (unsigned i = chance(20); i > 0; i--) sched_yield();
        soak_did(1);
    }
}

static void use_slots(struct soak_thread *thread) {
    (void)thread;
    while (!soak_over()) {
        semaphore_t semaphore = atomic_load(&slots[chance(SLOTS)]);
        if (semaphore == MACH_PORT_NULL) {
            sched_yield();
            continue;
        }
        kern_return_t code;
        switch (chance(8)) {
        case 0:
            code = semaphore_signal_all(semaphore);
            break;
        case 1:
            code = semaphore_signal_thread(semaphore, MACH_PORT_NULL);
            break;
        case 2:
            code = semaphore_wait(semaphore);
            break;
        case 3:
            code = semaphore_timedwait(semaphore, short_time());
            break;
        case 4:
            code = semaphore_timedwait_signal(semaphore, atomic_load(&slots[chance(SLOTS)]), short_time());
            break;
        default:
            code = semaphore_signal(semaphore);
            break;
        }
        // A name may mean something else by now, or nothing.
        MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_TERMINATED, KERN_OPERATION_TIMED_OUT, KERN_NOT_WAITING,
                       KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_CAPABILITY);
        soak_did(1);
    }
    atomic_fetch_sub(&running, 1);
}

// ---- A round

static void handle(int signal, void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = chance(2) == 0 ? SA_RESTART : 0;
    MUST_BE(sigaction(signal, &action, NULL), 0);
}

static void one_round(void) {
    exact = make_semaphore(SELF, 0);
    woken = make_semaphore(SELF, 0);
    other = make_semaphore(SELF, 0);
    atomic_store(&given, 0);
    atomic_store(&taken, 0);
    atomic_store(&woken_given, 0);
    atomic_store(&woken_taken, 0);
    atomic_store(&other_given, 0);
    atomic_store(&running, 0);
    handle(SIGUSR1, signal_in_handler);
    handle(SIGUSR2, stay);
    for (unsigned i = 0; i < LEAVERS; i++) start_leaver(&leavers[i]);

    enum { REST = TAKERS + SIGNALLERS + USERS + 4 };
    struct soak_thread threads[REST] = {0};
    unsigned count = 0;
    atomic_fetch_add(&running, TAKERS + USERS + 1);
    for (unsigned i = 0; i < TAKERS; i++) threads[count++] = (struct soak_thread){.body = take, .index = i};
    for (unsigned i = 0; i < USERS; i++) threads[count++] = (struct soak_thread){.body = use_slots};
    threads[count++] = (struct soak_thread){.body = be_a_guest};
    unsigned blocking = count;
    for (unsigned i = 0; i < SIGNALLERS; i++) threads[count++] = (struct soak_thread){.body = give_counts};
    threads[count++] = (struct soak_thread){.body = end_things};
    threads[count++] = (struct soak_thread){.body = disturb_takers, .argument = threads};
    threads[count++] = (struct soak_thread){.body = start_short_threads};
    for (unsigned i = 0; i < count; i++) soak_start(&threads[i]);
    for (unsigned i = 0; i < LEAVERS; i++) {
        for (unsigned j = chance(300); j > 0; j--) sched_yield();
        atomic_store(&leavers[i].go, true);
        if (leavers[i].way == CANCEL) MUST_BE(pthread_cancel(leavers[i].thread.thread), 0);
    }

    // Those that do not wait end by themselves; the others are woken then.
    for (unsigned i = blocking; i < count; i++) soak_join(&threads[i]);
    for (unsigned i = 0; i < SLOTS; i++) {
        semaphore_t semaphore = atomic_exchange(&slots[i], MACH_PORT_NULL);
        if (semaphore != MACH_PORT_NULL) MUST_DO(semaphore_destroy(SELF, semaphore));
    }
    while (atomic_load(&running) > 0) {
        end_guest_task();
        give();
        sched_yield();
    }
    for (unsigned i = 0; i < blocking; i++) soak_join(&threads[i]);
    for (unsigned i = 0; i < LEAVERS; i++) soak_join(&leavers[i].thread);

    atomic_fetch_add(&taken, counts_of(exact));
    MUST_BE(atomic_load(&taken), atomic_load(&given));
    MUST(atomic_load(&woken_taken) + counts_of(woken) >= atomic_load(&woken_given));
    MUST_BE(counts_of(other), atomic_load(&other_given));
    MUST_DO(semaphore_destroy(SELF, exact));
    MUST_DO(semaphore_destroy(SELF, woken));
    MUST_DO(semaphore_destroy(SELF, other));
    for (unsigned i = 0; i < KNOWN; i++) {
        mach_port_t thread = atomic_exchange(&known[i], MACH_PORT_NULL);
        if (thread != MACH_PORT_NULL) MUST_DO(mach_port_destroy(SELF, thread));
    }
}

int main(void) { return soak("semaphores", one_round); }

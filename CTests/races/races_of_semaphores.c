// Races of semaphores: counts against time-outs and signals, the ends of a semaphore, certain threads, and memory that another semaphore has by now.
#include "race_support.h"

static semaphore_t semaphore, other;

static semaphore_t make_semaphore(task_t owner) {
    semaphore_t made = MACH_PORT_NULL;
    MUST_DO(semaphore_create(owner, &made, chance(3) == 0 ? SYNC_POLICY_LIFO : SYNC_POLICY_FIFO, 0));
    return made;
}

static kern_return_t look(semaphore_t it) { return semaphore_timedwait(it, (mach_timespec_t){0, 0}); }

static unsigned counts_of(semaphore_t it) {
    unsigned count = 0;
    while (look(it) == KERN_SUCCESS) count++;
    return count;
}

static mach_timespec_t short_time(void) { return (mach_timespec_t){0, (int)chance(3)}; }

// What a racer has done; each writes its own.
struct deeds {
    unsigned signals, takes, others;
};

// ---- Every count is taken once, whatever else ends waits.

static void signal_some(struct racer *me) {
    struct deeds *mine = me->argument;
    for (; mine->signals < me->index; mine->signals++) MUST_DO(semaphore_signal(semaphore));
}

// Takes so many counts, however often it is disturbed.
static void take_counts(struct racer *me) {
    struct deeds *mine = me->argument;
    while (mine->takes < me->index) {
        kern_return_t code;
        switch (chance(4)) {
        case 0:
            code = semaphore_timedwait(semaphore, short_time());
            break;
        case 1:
            mine->others++;
            code = semaphore_wait_signal(semaphore, other);
            break;
        default:
            code = semaphore_wait(semaphore);
        }
        MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_OPERATION_TIMED_OUT, KERN_ABORTED);
        mine->takes += code == KERN_SUCCESS;
    }
}

// Takes what it finds, and puts it back; waits on what it signals itself.
static void borrow_counts(struct racer *me) {
    struct deeds *mine = me->argument;
    for (unsigned i = 0; i < 3; i++) {
        kern_return_t code = chance(2) == 0 ? look(semaphore) : semaphore_timedwait(semaphore, short_time());
        MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_OPERATION_TIMED_OUT, KERN_ABORTED);
        if (code == KERN_SUCCESS) {
            mine->takes++;
            mine->signals++;
            MUST_DO(semaphore_signal(semaphore));
        }
        mine->signals++;
        code = semaphore_timedwait_signal(semaphore, semaphore, short_time());
        MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_OPERATION_TIMED_OUT, KERN_ABORTED);
        mine->takes += code == KERN_SUCCESS;
    }
}

static void counts(void) {
    struct deeds deeds[5];
    memset(deeds, 0, sizeof(deeds));
    semaphore = make_semaphore(SELF);
    other = make_semaphore(SELF);
    RUN_RACE({.body = signal_some, .index = 3, .argument = &deeds[0]},
             {.body = signal_some, .index = 2, .argument = &deeds[1]},
             {.body = take_counts, .index = 3, .argument = &deeds[2]},
             {.body = take_counts, .index = 2, .argument = &deeds[3]}, {.body = borrow_counts, .argument = &deeds[4]});
    close_letters(ALL_ARRIVE);
    struct deeds all = {0, 0, 0};
    for (unsigned i = 0; i < COUNT_OF(deeds); i++) {
        all.signals += deeds[i].signals;
        all.takes += deeds[i].takes;
        all.others += deeds[i].others;
    }
    MUST_BE(all.takes + counts_of(semaphore), all.signals);
    MUST_BE(counts_of(other), all.others);
    MUST_DO(semaphore_destroy(SELF, semaphore));
    MUST_DO(semaphore_destroy(SELF, other));
}

// ---- A semaphore ends in one way or another under those who use it.

static task_t owner;

enum { BY_DESTROY, BY_OWNER, WITHOUT_NAME, ENDS };

static void wait_until_ended(struct racer *me) {
    (void)me;
    kern_return_t code;
    do {
        code = chance(3) == 0 ? semaphore_timedwait(semaphore, short_time()) : semaphore_wait(semaphore);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_OPERATION_TIMED_OUT, KERN_ABORTED, KERN_TERMINATED, KERN_INVALID_NAME);
    } while (code != KERN_TERMINATED && code != KERN_INVALID_NAME);
}

static void signal_until_ended(struct racer *me) {
    for (unsigned i = 0; i < me->index; i++) {
        kern_return_t code;
        switch (chance(4)) {
        case 0:
            code = semaphore_signal_all(semaphore);
            break;
        case 1:
            code = semaphore_signal_thread(semaphore, MACH_PORT_NULL);
            if (code == KERN_NOT_WAITING) code = KERN_SUCCESS;
            break;
        default:
            code = semaphore_signal(semaphore);
        }
        MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_TERMINATED, KERN_INVALID_NAME);
    }
}

static void end_semaphore(struct racer *me) {
    switch (me->index) {
    case BY_DESTROY:
        MUST_DO(semaphore_destroy(owner, semaphore));
        MUST_DO(task_terminate(owner));
        break;
    case BY_OWNER:
        MUST_DO(task_terminate(owner));
        MUST_DO(mach_port_destroy(SELF, semaphore));
        break;
    default:
        MUST_DO(mach_port_destroy(SELF, semaphore));
        MUST_DO(task_terminate(owner));
    }
}

static void end_of_semaphore(void) {
    owner = soak_task();
    semaphore = make_semaphore(owner);
    RUN_RACE({.body = wait_until_ended}, {.body = wait_until_ended}, {.body = signal_until_ended, .index = 4},
             {.body = signal_until_ended, .index = 2}, {.body = end_semaphore, .index = chance(ENDS)});
    close_letters(ALL_ARRIVE);
    MUST_BE(look(semaphore), KERN_INVALID_NAME);
    MUST_DO(mach_port_deallocate(SELF, owner));
}

// ---- A certain thread is woken, or another, or it has gone.

static _Atomic mach_port_t waiting_thread;

static void wait_as_known(struct racer *me) {
    struct deeds *mine = me->argument;
    mach_port_t self = mach_thread_self();
    atomic_store_explicit(&waiting_thread, self, memory_order_relaxed);
    while (mine->takes < me->index) {
        kern_return_t code = semaphore_wait(semaphore);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_ABORTED);
        mine->takes += code == KERN_SUCCESS;
    }
}

static void wake_known(struct racer *me) {
    struct deeds *mine = me->argument;
    for (unsigned i = 0; i < 6; i++) {
        mach_port_t thread = atomic_load_explicit(&waiting_thread, memory_order_relaxed);
        if (thread == MACH_PORT_NULL) continue;
        kern_return_t code = semaphore_signal_thread(semaphore, thread);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_NOT_WAITING, KERN_INVALID_ARGUMENT);
        mine->signals += code == KERN_SUCCESS;
    }
}

static void known_thread(void) {
    struct deeds deeds[4];
    memset(deeds, 0, sizeof(deeds));
    atomic_store_explicit(&waiting_thread, MACH_PORT_NULL, memory_order_relaxed);
    semaphore = make_semaphore(SELF);
    other = make_semaphore(SELF);
    RUN_RACE({.body = wait_as_known, .index = 2, .argument = &deeds[0]}, {.body = wake_known, .argument = &deeds[1]},
             {.body = signal_some, .index = 4, .argument = &deeds[2]},
             {.body = take_counts, .index = 2, .argument = &deeds[3]});
    close_letters(ALL_ARRIVE);
    unsigned signals = deeds[1].signals + deeds[2].signals;
    MUST_BE(deeds[0].takes + deeds[3].takes + counts_of(semaphore), signals);
    MUST_DO(mach_port_destroy(SELF, atomic_load_explicit(&waiting_thread, memory_order_relaxed)));
    MUST_DO(semaphore_destroy(SELF, semaphore));
    MUST_DO(semaphore_destroy(SELF, other));
}

// ---- A name is signalled while its semaphore's memory becomes another's, under another name of the same slot.

static semaphore_t reborn;

static void signal_stale(struct racer *me) {
    for (unsigned i = 0; i < me->index; i++) {
        kern_return_t code = chance(2) == 0 ? semaphore_signal(semaphore) : look(semaphore);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_TERMINATED, KERN_INVALID_NAME, KERN_OPERATION_TIMED_OUT);
    }
}

static void make_reborn(struct racer *me) {
    (void)me;
    if (chance(2) == 0)
        MUST_DO(semaphore_destroy(SELF, semaphore));
    else
        MUST_DO(mach_port_destroy(SELF, semaphore));
    MUST_DO(semaphore_create(SELF, &reborn, SYNC_POLICY_FIFO, 1));
    if (chance(2) == 0) {
        MUST_DO(semaphore_wait(reborn));
        MUST_DO(semaphore_signal(reborn));
    }
}

static void reborn_semaphore(void) {
    semaphore = make_semaphore(SELF);
    RUN_RACE({.body = signal_stale, .index = 3}, {.body = signal_stale, .index = 4}, {.body = make_reborn});
    close_letters(ALL_ARRIVE);
    MUST_BE(counts_of(reborn), 1);
    MUST_DO(semaphore_destroy(SELF, reborn));
}

const struct race races_of_semaphores[] = {{"counts", counts},
                                           {"end_of_semaphore", end_of_semaphore},
                                           {"known_thread", known_thread},
                                           {"reborn_semaphore", reborn_semaphore},
                                           {0}};

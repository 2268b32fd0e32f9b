// An allocator that fails when told to, and trials of calls at each of their allocations and system calls.
#include "memory_support.h"

#include <errno.h>

#include <mach/mig.h>
#include <mach/task.h>

extern __typeof__(mach_linux_check) mach_linux_check __attribute__((weak));
extern __typeof__(mach_linux_inject) mach_linux_inject __attribute__((weak));

// ---- The allocator

static __thread unsigned until_failure; // 0: no failing
static __thread enum failing how;
static __thread bool has_failed;

bool library_injects(void) { return mach_linux_inject != NULL; }

void fail_allocation(enum failing failing, unsigned n) {
    if (library_injects()) {
        (void)mach_linux_inject(MACH_LINUX_FAULT_ALLOCATION, n, failing == ALL);
        return;
    }
    how = failing;
    has_failed = false;
    until_failure = n;
}

void fail_next(enum fault fault, enum failing failing, unsigned n) {
    if (fault == ALLOCATION) return fail_allocation(failing, n);
    (void)mach_linux_inject(MACH_LINUX_FAULT_SYSTEM_CALL, n, failing == ALL);
}

bool stop_failing(void) {
    if (library_injects()) return mach_linux_inject(0, 0, false) > 0;
    until_failure = 0;
    return has_failed;
}

bool allocation_fails(void) {
    if (until_failure == 0) return false;
    if (until_failure > 1) {
        until_failure -= 1;
        return false;
    }
    if (how == ONE) until_failure = 0;
    has_failed = true;
    errno = ENOMEM;
    return true;
}

_Atomic long live_allocations;

// ---- Trials

#define LAST_OF_CHUNK 31u

void fill_names(task_t task) {
    mach_port_name_t name = 0;
    do assert_success(mach_port_allocate(task, MACH_PORT_RIGHT_DEAD_NAME, &name));
    while (name >> 8 != LAST_OF_CHUNK);
}

static void complain(const struct trial *trial, const struct scene *scene, const char *what) {
    print_error("%s, %s %u%s: %s\n", trial->what, scene->fault == ALLOCATION ? "allocation" : "system call", scene->n,
                scene->failing == ALL ? " and all after it" : "", what);
}

static void demand(const struct trial *trial, const struct scene *scene, bool holds, const char *what) {
    if (holds) return;
    complain(trial, scene, what);
    fail();
}

static void demand_code(const struct trial *trial, const struct scene *scene, int64_t got, int64_t wanted,
                        const char *what) {
    if (got != wanted) complain(trial, scene, what);
    support_assert_code(got, wanted, trial->what, __FILE__, __LINE__);
}

static mach_linux_statistics_data_t statistics(void) {
    mach_linux_statistics_data_t now;
    memset(&now, 0, sizeof(now));
    mach_linux_statistics(&now);
    return now;
}

// All that the call could have changed, as far as a program can see it.
struct view {
    struct picture picture;
    struct name_list others;
    mach_linux_statistics_data_t statistics;
    struct scene scene;
};

static void look(struct view *view, const struct scene *scene) {
    view->scene = *scene;
    view->picture = take_picture();
    memset(&view->others, 0, sizeof(view->others));
    if (scene->other != MACH_PORT_NULL) view->others = names_in(scene->other);
    view->statistics = statistics();
}

static void demand_unchanged(const struct trial *trial, const struct scene *scene, struct view *view) {
    mach_linux_statistics_data_t now = statistics();
    demand(trial, scene, memcmp(&now, &view->statistics, sizeof(now)) == 0, "the statistics have changed");
    demand(trial, scene, memcmp(&scene->message, &view->scene.message, sizeof(scene->message)) == 0,
           "the message was written");
    demand(trial, scene, memcmp(&scene->carrier, &view->scene.carrier, sizeof(scene->carrier)) == 0,
           "the message was written");
    demand(trial, scene, memcmp(&scene->out, &view->scene.out, sizeof(scene->out)) == 0, "an output was written");
    assert_unchanged(view->picture);
    if (scene->other == MACH_PORT_NULL) return;
    struct name_list others = names_in(scene->other);
    demand(trial, scene, memcmp(&others, &view->others, sizeof(others)) == 0, "the other task's names have changed");
}

static void demand_order(const struct trial *trial, const struct scene *scene) {
    if (mach_linux_check == NULL) return;
    demand(trial, scene, mach_linux_check() == KERN_SUCCESS, "mach_linux_check() found a broken invariant");
}

// A request to the kernel counts its replies at the port that they go to.
static void reset_reply_port(void) {
    if (reply_port != MACH_PORT_NULL) assert_success(mach_port_set_seqno(SELF, reply_port, 0));
}

// The code that a call must have whose n-th allocation has failed.
static int64_t wanted_code(const struct trial *trial, const struct scene *scene) {
    if (trial->codes[0] == 0) {
        int64_t code = trial->second_failure != 0 && scene->n >= 2 ? trial->second_failure : trial->failure;
        return code == KERN_SUCCESS ? WORKS : code;
    }
    int64_t code = 0;
    for (unsigned i = 0; i < COUNT_OF(trial->codes) && i < scene->n && trial->codes[i] != 0; i++)
        code = trial->codes[i];
    if (code == GOES_ROUND) return scene->failing == ONE ? WORKS : trial->second_failure;
    if (code == NO_ANSWER) return scene->failing == ONE ? MIG_SERVER_DIED : MACH_RCV_TIMED_OUT;
    return code;
}

// What must hold after a call that failed: nothing has changed, and the same call then works.
static void demand_nothing(const struct trial *trial, struct scene *scene, struct view *view) {
    if (trial->ended != NULL) trial->ended(scene);
    view->scene.code = scene->code;
    view->scene.number = scene->number;
    reset_reply_port();
    demand_unchanged(trial, scene, view);
    memset(&view->picture, 0, sizeof(view->picture));
    demand_code(trial, scene, trial->call(scene), KERN_SUCCESS, "the same call with memory");
    if (trial->succeeded != NULL) trial->succeeded(scene);
}

// Looks at what a call has done one of whose allocations, or system calls, has failed; whether the call has.
static bool judge(const struct trial *trial, struct scene *scene, struct view *view) {
    void (*failed)(struct scene *) = trial->failed;
    if (scene->fault == SYSTEM_CALL) {
        if (scene->code == KERN_SUCCESS) return false;
        bool is_documented = false;
        for (unsigned i = 0; i < COUNT_OF(trial->system_failures); i++)
            is_documented |= trial->system_failures[i] == scene->code;
        if (!is_documented) print_error("code 0x%llx\n", (unsigned long long)scene->code);
        demand(trial, scene, is_documented, "the code without the system call");
        failed = trial->shorted;
    } else {
        int64_t wanted = wanted_code(trial, scene);
        if (wanted == WORKS) return false;
        demand_code(trial, scene, scene->code, wanted, "the code without memory");
        if (trial->codes[0] == 0 && trial->second_failure != 0 && scene->n >= 2) failed = trial->second_failed;
    }
    if (failed != NULL)
        failed(scene);
    else
        demand_nothing(trial, scene, view);
    return true;
}

// Makes the call in a fresh task with the n-th allocation or system call failing; false when it did not come to that.
static bool attempt(const struct trial *trial, enum fault fault, enum failing failing, unsigned n, bool *fails) {
    mach_linux_trim(); // what is kept for later calls is not theirs
    mach_linux_statistics_data_t before = statistics();
    long allocations = live_allocations;
    task_t task = make_task();
    enter(task);
    static struct scene scene;
    static struct view view;
    memset(&scene, 0, sizeof(scene));
    scene.argument = trial->argument;
    scene.fault = fault;
    scene.failing = failing;
    scene.n = n;
    fill_untouched(&scene.out, sizeof(scene.out));
    if (trial->prepare != NULL) trial->prepare(&scene);
    if (trial->is_full) fill_names(SELF);
    reset_reply_port();
    look(&view, &scene);
    mach_linux_trim();

    errno = 0;
    fail_next(fault, failing, n);
    int64_t code = trial->call(&scene);
    bool reached = stop_failing();
    scene.code = code;
    demand_order(trial, &scene);
    if (reached && judge(trial, &scene, &view)) {
        *fails = true;
    } else {
        demand_code(trial, &scene, code, KERN_SUCCESS, reached ? "a call that can do without" : "a call with memory");
        if (trial->succeeded != NULL) trial->succeeded(&scene);
    }
    free(view.picture.names);
    if (trial->finish != NULL) trial->finish(&scene);
    if (scene.other != MACH_PORT_NULL) end_task(scene.other);
    demand_order(trial, &scene);
    leave();
    end_task(task);
    reply_port = MACH_PORT_NULL;
    mig_dealloc_reply_port(MACH_PORT_NULL); // the thread forgets what it kept for the task
    demand_order(trial, &scene);
    mach_linux_trim();
    mach_linux_statistics_data_t after = statistics();
    if (memcmp(&before, &after, sizeof(before)) != 0)
        print_error("regions %d, messages %d, ports %d\n", (int)(after.memory_regions - before.memory_regions),
                    (int)(after.messages - before.messages), (int)(after.ports - before.ports));
    demand(trial, &scene, memcmp(&before, &after, sizeof(before)) == 0, "something is left of it");
    demand(trial, &scene, live_allocations == allocations, "memory is left of it");
    return reached;
}

static void run_faults(const struct trial *trial, enum fault fault, unsigned least) {
    bool may_fail = fault == SYSTEM_CALL && trial->system_failures[0] != KERN_SUCCESS, fails = false;
    for (enum failing failing = ONE; failing <= ALL; failing++) {
        unsigned n = 1;
        while (attempt(trial, fault, failing, n, &fails)) {
            if (++n <= 1000) continue;
            print_error("%s goes on without end\n", trial->what);
            fail();
        }
        if (n - 1 >= least) continue;
        print_error("%s: %u %s failed, %u at least should\n", trial->what, n - 1,
                    fault == ALLOCATION ? "allocations" : "system calls", least);
        fail();
    }
    if (may_fail && !fails) fail_msg("%s works without each of its system calls", trial->what);
}

void run_trial(const struct trial *trial) {
    unsigned least = trial->least != 0 ? trial->least : trial->failure != KERN_SUCCESS;
    for (unsigned i = 0; i < COUNT_OF(trial->codes) && trial->codes[i] != 0; i++)
        if (trial->least == 0) least = i + 1;
    // The memory of ports and sets is kept for others, so the program's malloc does not see each of them.
    run_faults(trial, ALLOCATION, library_injects() ? least : 0);
    if (library_injects()) run_faults(trial, SYSTEM_CALL, trial->least_system_calls);
}

// An allocator that fails when told to, and trials of calls at each of their allocations.
#include "memory_support.h"

#include <errno.h>

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
    print_error("%s, allocation %u%s: %s\n", trial->what, scene->n, scene->failing == ALL ? " and all after it" : "",
                what);
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

// Makes the call in a fresh task with the n-th allocation failing; false when it did not come to that.
static bool attempt(const struct trial *trial, enum failing failing, unsigned n) {
    mach_linux_trim(); // what is kept for later calls is not theirs
    mach_linux_statistics_data_t before = statistics();
    long allocations = live_allocations;
    task_t task = make_task();
    enter(task);
    struct scene scene;
    memset(&scene, 0, sizeof(scene));
    scene.argument = trial->argument;
    scene.failing = failing;
    scene.n = n;
    fill_untouched(&scene.out, sizeof(scene.out));
    if (trial->prepare != NULL) trial->prepare(&scene);
    if (trial->is_full) fill_names(SELF);
    struct view view;
    look(&view, &scene);

    errno = 0;
    fail_allocation(failing, n);
    int64_t code = trial->call(&scene);
    bool reached = stop_failing();
    demand_order(trial, &scene);

    bool is_second = trial->second_failure != 0 && n >= 2;
    void (*failed)(struct scene *) = is_second ? trial->second_failed : trial->failed;
    if (reached && trial->failure != KERN_SUCCESS) {
        demand_code(trial, &scene, code, is_second ? trial->second_failure : trial->failure, "the code without memory");
        if (failed != NULL) {
            failed(&scene);
        } else {
            demand_unchanged(trial, &scene, &view);
            memset(&view.picture, 0, sizeof(view.picture));
            demand_code(trial, &scene, trial->call(&scene), KERN_SUCCESS, "the same call with memory");
            if (trial->succeeded != NULL) trial->succeeded(&scene);
        }
    } else {
        demand_code(trial, &scene, code, KERN_SUCCESS, reached ? "a call that needs no memory" : "a call with memory");
        if (trial->succeeded != NULL) trial->succeeded(&scene);
    }
    free(view.picture.names);
    if (scene.other != MACH_PORT_NULL) end_task(scene.other);
    demand_order(trial, &scene);
    leave();
    end_task(task);
    demand_order(trial, &scene);
    mach_linux_trim();
    mach_linux_statistics_data_t after = statistics();
    demand(trial, &scene, memcmp(&before, &after, sizeof(before)) == 0, "something is left of it");
    demand(trial, &scene, live_allocations == allocations, "memory is left of it");
    return reached;
}

void run_trial(const struct trial *trial) {
    unsigned least = trial->least != 0 ? trial->least : trial->failure != KERN_SUCCESS;
    for (enum failing failing = ONE; failing <= ALL; failing++) {
        unsigned n = 1;
        while (attempt(trial, failing, n)) {
            if (++n <= 1000) continue;
            print_error("%s allocates without end\n", trial->what);
            fail();
        }
        if (n - 1 >= least) continue;
        print_error("%s: %u allocations failed, %u at least should\n", trial->what, n - 1, least);
        fail();
    }
}

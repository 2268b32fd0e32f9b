// races SEEDS [NAME...]: runs every race, or those named, with so many seeds, one line each: seeds, distinct courses of turns, time. The first seed is
// RACE_SEED or comes from the clock; what fails is printed with the seed that repeats it.
#define _GNU_SOURCE // pthread_setattr_default_np
#include "race_support.h"

#include "../stress.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static const char *present_name;
static char repetition[512]; // how to repeat the present seed

static const struct race *const all_races[] = {races_of_rights,        races_of_waits,    races_of_sets,
                                               races_of_notifications, races_of_tasks,    races_of_names,
                                               races_of_semaphores,    races_of_bootstrap};

static void note_repetition(void) {
    const char *command = getenv("RACE_COMMAND");
    snprintf(repetition, sizeof(repetition), "%s: failed; repeat with RACE_SEED=%" PRIu64 " %s 1 %s\n", present_name,
             race_seed, command != NULL ? command : "races", present_name);
}

void soak_fail(const char *file, int line, const char *what, int64_t got, int64_t wanted) {
    fprintf(stderr, "%s:%d: %s", file, line, what);
    if (got != wanted) {
        fprintf(stderr, " is %" PRId64 " (0x%" PRIx64 "), should be %" PRId64 " (0x%" PRIx64 ")", got, (uint64_t)got,
                wanted, (uint64_t)wanted);
    }
    fprintf(stderr, "\n%s", repetition);
    fflush(NULL);
    if (getenv("RACE_ABORT") != NULL) abort();
    _exit(1);
}

static void write_text(const char *text) {
    if (write(STDERR_FILENO, text, strlen(text)) < 0) _exit(2);
}

// A sanitizer has reported what is wrong; what it calls before it ends the program.
void __sanitizer_set_death_callback(void (*callback)(void));
static void report_death(void) {
    if (present_name != NULL) write_text(repetition);
}

static void report_signal(int signal) {
    write_text(signal == SIGALRM ? "a seed without end\n" : "the library has stopped the program\n");
    write_text(repetition);
    _exit(1);
}

static uint64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void read_counts(mach_linux_statistics_data_t *counts) {
    mach_linux_trim();
    mach_linux_statistics(counts);
}

// Says what differs; whether nothing does.
static bool is_back(const char *what, uint64_t before, uint64_t after) {
    if (before != after) fprintf(stderr, "%" PRIu64 " %s before the race, %" PRIu64 " after it\n", before, what, after);
    return before == after;
}

static uint64_t run_seed(const struct race *race, uint64_t seed) {
    mach_linux_statistics_data_t before, after;
    begin_race(seed);
    note_repetition();
    alarm(60);
    read_counts(&before);
    race->run();
    read_counts(&after);
    bool good = is_back("tasks", before.tasks, after.tasks);
    good &= is_back("ports", before.ports, after.ports);
    good &= is_back("sets", before.sets, after.sets);
    good &= is_back("names", before.rights, after.rights);
    good &= is_back("messages", before.messages, after.messages);
    good &= is_back("memory regions", before.memory_regions, after.memory_regions);
    MUST_DO(mach_linux_check());
    MUST(good);
    return race_course;
}

// AddressSanitizer clears its notes on a thread's whole stack when that ends: most of the time of a race with stacks of the usual size.
static void make_stacks_small(void) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return;
    if (pthread_attr_setstacksize(&attributes, 256 * 1024) == 0) (void)pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
}

static int compare(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return a < b ? -1 : a > b;
}

static size_t count_distinct(uint64_t *numbers, size_t count) {
    qsort(numbers, count, sizeof(*numbers), compare);
    size_t distinct = count > 0;
    for (size_t i = 1; i < count; i++) distinct += numbers[i] != numbers[i - 1];
    return distinct;
}

static void run_all(const struct race *race, uint64_t first, size_t seeds) {
    uint64_t *courses = calloc(seeds, sizeof(*courses)), start = milliseconds();
    if (courses == NULL) exit(2);
    present_name = race->name;
    for (size_t i = 0; i < seeds; i++) {
        courses[i] = run_seed(race, first + i);
        // Now and then whether a seed does repeat its course.
        if (i % 100 == 0) MUST_BE(run_seed(race, first + i), courses[i]);
    }
    uint64_t took = milliseconds() - start;
    size_t distinct = count_distinct(courses, seeds);
    printf("  %s %-18s %6zu seeds, %6zu courses, %7" PRIu64 " ms\n", UNDER_TSAN ? "tsan" : "asan", race->name, seeds,
           distinct, took);
    fflush(stdout);
    free(courses);
    present_name = NULL;
}

static bool is_wanted(const struct race *race, char **names) {
    if (*names == NULL) return true;
    for (; *names != NULL; names++) {
        if (strcmp(*names, race->name) == 0) return true;
    }
    return false;
}

int main(int count, char **arguments) {
    if (count < 2) {
        fprintf(stderr, "usage: races SEEDS [NAME...]\n");
        return 2;
    }
    size_t seeds = strtoull(arguments[1], NULL, 0);
    const char *text = getenv("RACE_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t first = text != NULL && *text != 0 ? strtoull(text, NULL, 0)
                                                : soak_mix((uint64_t)now.tv_sec, (uint64_t)now.tv_nsec) >> 16;
    printf("  %s races: RACE_SEED=%" PRIu64 "\n", UNDER_TSAN ? "tsan" : "asan", first);
    fflush(stdout);
    signal(SIGALRM, report_signal);
    signal(SIGILL, report_signal);
    __sanitizer_set_death_callback(report_death);
    make_stacks_small();
    // What the library makes once is made before anything is counted.
    mach_port_t host = mach_host_self(), thread = mach_thread_self();
    (void)mach_port_deallocate(SELF, host);
    (void)mach_port_deallocate(SELF, thread);
    unsigned found = 0;
    for (size_t i = 0; i < COUNT_OF(all_races); i++) {
        for (const struct race *race = all_races[i]; race->name != NULL; race++) {
            if (!is_wanted(race, arguments + 2)) continue;
            found++;
            run_all(race, first, seeds);
        }
    }
    if (found == 0) fprintf(stderr, "there is no such race\n");
    return found == 0 ? 2 : 0;
}

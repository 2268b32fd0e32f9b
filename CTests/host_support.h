// What the tests of the host and its processors share: every routine by call and by message, and what Linux says itself.
#ifndef CTESTS_HOST_SUPPORT_H
#define CTESTS_HOST_SUPPORT_H

#include "mig_support.h"

#include <mach/mach_host.h>
#include <mach/processor.h>
#include <mach/processor_set.h>

// ---- The frame around each test

// The thread has a reply port, `host` is the host's.
#define HOST_TEST(function) cmocka_unit_test_setup_teardown(function, host_setup, host_teardown)
int host_setup(void **state);
int host_teardown(void **state);
extern mach_port_t host;

// ---- Both ways

struct host_way {
    const char *name;
    __typeof__(host_info) *info;
    __typeof__(host_statistics) *statistics, *priv_statistics;
    __typeof__(host_statistics64) *statistics64;
    __typeof__(host_kernel_version) *kernel_version;
    __typeof__(host_get_boot_info) *boot_info;
    __typeof__(_host_page_size) *page_size;
    __typeof__(host_processor_info) *processor_infos;
    __typeof__(host_processors) *processors;
    __typeof__(host_processor_sets) *processor_sets;
    __typeof__(processor_set_default) *default_set;
    __typeof__(host_processor_set_priv) *set_priv;
    __typeof__(processor_info) *processor;
    __typeof__(processor_get_assignment) *assignment;
    __typeof__(processor_set_info) *set_info;
    __typeof__(processor_set_statistics) *set_statistics;
    __typeof__(processor_set_tasks) *tasks;
    __typeof__(processor_set_threads) *threads;
};
extern const struct host_way host_ways[2];

// A request of a header alone, or with words behind the NDR record, that must be answered without results.
kern_return_t ask_plain(mach_msg_id_t id, mach_port_t port, unsigned words, ...);
// The same with a right in a descriptor.
kern_return_t ask_with_port(mach_msg_id_t id, mach_port_t port, mach_port_t carried, mach_msg_type_name_t disposition,
                            unsigned words, ...);
// The last reply, whose rights or memory no one wants, ends.
void drop_reply(void);
// A request whose reply is one port right.
kern_return_t ask_for_port(mach_msg_id_t id, mach_port_t port, mach_port_t *answer);

// ---- What Linux says

// The number of a line of /proc/meminfo or /proc/vmstat; UINT64_MAX for a line that is not there.
uint64_t linux_figure(const char *file, const char *name);
// user, nice, system, idle, waiting, interrupts (two), of "cpu" or "cpu3" in /proc/stat; false when there is no such line.
bool linux_ticks(const char *line, uint64_t ticks[7]);
// The numbers of processors in a file of /sys; returns how many.
unsigned linux_processors(const char *file, bool *numbers, unsigned limit);

enum { MOST_PROCESSORS = 4096 };

// ---- Other systems than this one

// What Linux is to say in a child: a text for each path, none for all others below /proc and /sys.
struct linux_text {
    const char *path, *text;
};
// Runs `body` in a forked child that finds these texts and no others; `host` is the child's. It returns 0, or the line at which something was wrong. Skips the test
// where the system lets no one change what it sees.
void with_linux_texts(const struct linux_text *texts, size_t count, int (*body)(void));
// For use in it.
#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) return __LINE__;                                                                             \
    } while (0)

#endif

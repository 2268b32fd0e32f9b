// What has happened on the machine: load, ticks, memory; beside what Linux says of it, and on systems that say something else, or nothing. Rows H6-H10, H23.
#include "host_support.h"

#include <unistd.h>

// Readings before and after a call come closer to it when tried again; so many tries must bring one that encloses it.
enum { TRIES = 1000 };

static bool is_between(uint64_t one, uint64_t value, uint64_t other) {
    return one < other ? one <= value && value <= other : other <= value && value <= one;
}

typedef kern_return_t statistics_call(host_t host, host_flavor_t flavor, integer_t *info,
                                      mach_msg_type_number_t *count);

// All ways there are.
static statistics_call *const calls[] = {host_statistics, host_statistics64, host_priv_statistics};
static statistics_call *call_at(size_t i) {
    const struct host_way *message = &host_ways[1];
    switch (i) {
    case 0:
    case 1:
    case 2:
        return calls[i];
    case 3:
        return message->statistics;
    case 4:
        return message->statistics64;
    default:
        return message->priv_statistics;
    }
}
enum { CALLS = 6 };
static bool is_wide(size_t i) { return i == 1 || i == 4; }

// ---- Ticks

// As the library has it from Linux's figures (H7).
static void expected_ticks(const uint64_t linux_has[7], uint32_t ticks[4]) {
    ticks[CPU_STATE_USER] = (uint32_t)linux_has[0];
    ticks[CPU_STATE_NICE] = (uint32_t)linux_has[1];
    ticks[CPU_STATE_SYSTEM] = (uint32_t)(linux_has[2] + linux_has[5] + linux_has[6]);
    ticks[CPU_STATE_IDLE] = (uint32_t)(linux_has[3] + linux_has[4]);
}

// H7
static void ticks_are_linuxs(void **state) {
    (void)state;
    assert_int_equal(sysconf(_SC_CLK_TCK), 100);
    for (size_t i = 0; i < CALLS; i++) {
        bool enclosed = false;
        for (int attempt = 0; attempt < TRIES && !enclosed; attempt++) {
            uint64_t linux_has[7];
            uint32_t before[4], after[4];
            host_cpu_load_info_data_t told;
            mach_msg_type_number_t count = HOST_CPU_LOAD_INFO_COUNT;
            assert_true(linux_ticks("cpu", linux_has));
            expected_ticks(linux_has, before);
            assert_success(call_at(i)(host, HOST_CPU_LOAD_INFO, (integer_t *)&told, &count));
            assert_true(linux_ticks("cpu", linux_has));
            expected_ticks(linux_has, after);
            assert_int_equal(count, 4);
            enclosed = true;
            for (int j = 0; j < CPU_STATE_MAX; j++) {
                // A difference, for the counts come round.
                enclosed = enclosed && told.cpu_ticks[j] - before[j] <= after[j] - before[j];
            }
        }
        if (!enclosed) fail_msg("way %zu never told ticks as Linux does", i);
    }
}

// ---- Load

static void read_load(integer_t load[3]) {
    FILE *file = fopen("/proc/loadavg", "re");
    assert_non_null(file);
    for (int i = 0; i < 3; i++) {
        unsigned whole, hundredths;
        assert_int_equal(fscanf(file, "%u.%2u", &whole, &hundredths), 2);
        load[i] = (integer_t)(whole * 1000 + hundredths * 10);
    }
    fclose(file);
}

// H8
static void load_averages_are_linuxs(void **state) {
    (void)state;
    integer_t processors = (integer_t)sysconf(_SC_NPROCESSORS_ONLN) * 1000;
    for (size_t i = 0; i < CALLS; i++) {
        integer_t before[3], after[3];
        host_load_info_data_t told;
        do {
            mach_msg_type_number_t count = HOST_LOAD_INFO_COUNT;
            read_load(before);
            assert_success(call_at(i)(host, HOST_LOAD_INFO, (integer_t *)&told, &count));
            assert_int_equal(count, 6);
            read_load(after);
        } while (memcmp(before, after, sizeof(before)) != 0);
        assert_memory_equal(told.avenrun, before, sizeof(before));
        for (int j = 0; j < 3; j++) {
            int64_t factor = before[j] > processors ? (int64_t)processors * 1000 / (before[j] + 1000)
                                                    : (int64_t)processors - before[j];
            assert_int_equal(told.mach_factor[j], factor);
        }
    }
}

// ---- Memory

static uint64_t pages(const char *name) {
    uint64_t kibibytes = linux_figure("/proc/meminfo", name);
    return kibibytes == UINT64_MAX ? 0 : kibibytes * 1024 / vm_page_size;
}

static uint64_t events(const char *name) {
    uint64_t count = linux_figure("/proc/vmstat", name);
    return count == UINT64_MAX ? 0 : count;
}

static vm_statistics64_data_t wide_memory(statistics_call *call) {
    vm_statistics64_data_t told;
    mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
    memset(&told, 0x5a, sizeof(told));
    assert_success(call(host, HOST_VM_INFO64, (integer_t *)&told, &count));
    assert_int_equal(count, 38);
    return told;
}

static void figures_now(vm_statistics64_data_t *now) {
    memset(now, 0, sizeof(*now));
    now->free_count = (natural_t)pages("MemFree");
    now->active_count = (natural_t)pages("Active");
    now->inactive_count = (natural_t)pages("Inactive");
    now->external_page_count =
        (natural_t)((linux_figure("/proc/meminfo", "Active(file)") + linux_figure("/proc/meminfo", "Inactive(file)")) *
                    1024 / vm_page_size);
    now->internal_page_count =
        (natural_t)((linux_figure("/proc/meminfo", "Active(anon)") + linux_figure("/proc/meminfo", "Inactive(anon)")) *
                    1024 / vm_page_size);
    now->compressor_page_count = (natural_t)pages("Zswap");
    now->total_uncompressed_pages_in_compressor = pages("Zswapped");
    now->faults = events("pgfault");
    now->reactivations = events("pgactivate");
    now->pageins = events("pgpgin") * 1024 / vm_page_size;
    now->pageouts = events("pgpgout") * 1024 / vm_page_size;
    now->swapins = events("pswpin");
    now->swapouts = events("pswpout");
    now->purges = events("pglazyfreed");
    now->decompressions = events("zswpin");
    now->compressions = events("zswpout");
}

static bool enclose(const vm_statistics64_data_t *before, const vm_statistics64_data_t *told,
                    const vm_statistics64_data_t *after) {
#define ENCLOSED(field) is_between(before->field, told->field, after->field)
    return ENCLOSED(free_count) && ENCLOSED(active_count) && ENCLOSED(inactive_count) &&
           ENCLOSED(external_page_count) && ENCLOSED(internal_page_count) && ENCLOSED(compressor_page_count) &&
           ENCLOSED(total_uncompressed_pages_in_compressor) && ENCLOSED(faults) && ENCLOSED(reactivations) &&
           ENCLOSED(pageins) && ENCLOSED(pageouts) && ENCLOSED(swapins) && ENCLOSED(swapouts) && ENCLOSED(purges) &&
           ENCLOSED(decompressions) && ENCLOSED(compressions);
#undef ENCLOSED
}

// H9
static void memory_is_linuxs(void **state) {
    (void)state;
    for (size_t i = 0; i < CALLS; i++) {
        if (!is_wide(i)) continue;
        bool enclosed = false;
        for (int attempt = 0; attempt < TRIES && !enclosed; attempt++) {
            vm_statistics64_data_t before, after;
            figures_now(&before);
            vm_statistics64_data_t told = wide_memory(call_at(i));
            figures_now(&after);
            enclosed = enclose(&before, &told, &after);
            // All pages are somewhere; each figure has lost a part of a page at most.
            uint64_t sum = (uint64_t)told.free_count + told.active_count + told.inactive_count + told.wire_count +
                           told.compressor_page_count;
            assert_true(sum <= pages("MemTotal") && sum + 5 >= pages("MemTotal"));
            // What Linux does not tell.
            assert_true(told.zero_fill_count == 0 && told.cow_faults == 0 && told.lookups == 0 && told.hits == 0);
            assert_true(told.purgeable_count == 0 && told.speculative_count == 0 && told.throttled_count == 0);
        }
        if (!enclosed) fail_msg("way %zu never told memory as Linux does", i);
    }
}

// H9
static void faults_are_counted(void **state) {
    (void)state;
    enum { PAGES = 64 };
    uint64_t before = wide_memory(host_statistics64).faults;
    vm_address_t memory = 0;
    assert_success(vm_allocate(SELF, &memory, PAGES * vm_page_size, VM_FLAGS_ANYWHERE));
    for (vm_size_t i = 0; i < PAGES; i++) *(volatile char *)(memory + i * vm_page_size) = 1;
    assert_success(vm_deallocate(SELF, memory, PAGES * vm_page_size));
    assert_true(wide_memory(host_statistics64).faults > before);
}

// H10
static void old_programs_have_room_for_fewer_words(void **state) {
    (void)state;
    const struct {
        host_flavor_t flavor;
        mach_msg_type_number_t counts[3];
    } cases[] = {{HOST_VM_INFO, {12, 14, 15}},
                 {HOST_VM_INFO64, {24, 38, 38}},
                 {HOST_LOAD_INFO, {6, 6, 6}},
                 {HOST_CPU_LOAD_INFO, {4, 4, 4}}};
    for (size_t i = 0; i < CALLS; i++) {
        for (size_t j = 0; j < COUNT_OF(cases); j++) {
            if (cases[j].flavor == HOST_VM_INFO64 && !is_wide(i)) continue;
            for (mach_msg_type_number_t room = 0; room <= 42; room++) {
                integer_t words[48];
                memset(words, 0x5a, sizeof(words));
                mach_msg_type_number_t count = room, wanted = 0;
                for (int k = 0; k < 3; k++) {
                    if (room >= cases[j].counts[k]) wanted = cases[j].counts[k];
                }
                kern_return_t code = call_at(i)(host, cases[j].flavor, words, &count);
                assert_int_equal(code, wanted == 0 ? KERN_FAILURE : KERN_SUCCESS);
                assert_int_equal(count, wanted == 0 ? room : wanted);
                for (mach_msg_type_number_t k = wanted; k < 48; k++) assert_int_equal(words[k], 0x5a5a5a5a);
            }
        }
    }
}

// H10: the narrow structure has the same figures.
static void both_structures_agree(void **state) {
    (void)state;
    for (size_t i = 0; i < CALLS; i++) {
        bool enclosed = false;
        for (int attempt = 0; attempt < TRIES && !enclosed; attempt++) {
            vm_statistics_data_t told;
            mach_msg_type_number_t count = HOST_VM_INFO_COUNT;
            vm_statistics64_data_t before = wide_memory(host_statistics64);
            assert_success(call_at(i)(host, HOST_VM_INFO, (integer_t *)&told, &count));
            vm_statistics64_data_t after = wide_memory(host_statistics64);
            enclosed = true;
#define PEGGED(value)   ((value) > UINT32_MAX ? UINT32_MAX : (value))
#define ENCLOSED(field) enclosed = enclosed && is_between(PEGGED(before.field), told.field, PEGGED(after.field))
            ENCLOSED(free_count);
            ENCLOSED(active_count);
            ENCLOSED(inactive_count);
            ENCLOSED(wire_count);
            ENCLOSED(zero_fill_count);
            ENCLOSED(reactivations);
            ENCLOSED(pageins);
            ENCLOSED(pageouts);
            ENCLOSED(faults);
            ENCLOSED(cow_faults);
            ENCLOSED(lookups);
            ENCLOSED(hits);
            ENCLOSED(purgeable_count);
            ENCLOSED(purges);
            ENCLOSED(speculative_count);
#undef ENCLOSED
        }
        if (!enclosed) fail_msg("way %zu never told the same in both structures", i);
    }
}

// ---- Codes

// H6
static void other_flavors_have_codes_of_their_own(void **state) {
    (void)state;
    const struct {
        host_flavor_t flavor;
        mach_msg_type_number_t room;
        kern_return_t narrow, wide;
    } cases[] = {
        {HOST_VM_INFO64, 38, KERN_INVALID_ARGUMENT, KERN_SUCCESS},
        {HOST_EXTMOD_INFO64, 11, KERN_INVALID_ARGUMENT, KERN_FAILURE},
        {HOST_EXTMOD_INFO64, 12, KERN_INVALID_ARGUMENT, KERN_NOT_SUPPORTED},
        {HOST_EXPIRED_TASK_INFO, 11, KERN_FAILURE, KERN_FAILURE},
        {HOST_EXPIRED_TASK_INFO, 12, KERN_NOT_SUPPORTED, KERN_NOT_SUPPORTED},
        {0, 48, KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT},
        {7, 48, KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT},
        {-1, 48, KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT},
        {INT32_MIN, 0, KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT},
    };
    for (size_t i = 0; i < CALLS; i++) {
        for (size_t j = 0; j < COUNT_OF(cases); j++) {
            integer_t words[48];
            memset(words, 0x5a, sizeof(words));
            mach_msg_type_number_t count = cases[j].room;
            kern_return_t wanted = is_wide(i) ? cases[j].wide : cases[j].narrow;
            assert_code(call_at(i)(host, cases[j].flavor, words, &count), wanted);
            if (wanted == KERN_SUCCESS) continue;
            assert_int_equal(count, cases[j].room);
            for (size_t k = 0; k < 48; k++) assert_int_equal(words[k], 0x5a5a5a5a);
            // The host is looked at first.
            assert_code(call_at(i)(SELF, cases[j].flavor, words, &count), KERN_INVALID_HOST);
        }
    }
}

// ---- Other systems

static const struct linux_text made_up[] = {
    {"/proc/meminfo", "MemTotal:       10000000 kB\nMemFree:         1000004 kB\nMemAvailable:    9 kB\n"
                      "Active:          2000008 kB\nInactive:        3000000 kB\nActive(anon):     400000 kB\n"
                      "Inactive(anon):   800000 kB\nActive(file):    1600008 kB\nInactive(file):  2200000 kB\n"
                      "Zswap:              4000 kB\nZswapped:          16000 kB\nActive_not:      1 kB\n"},
    {"/proc/vmstat",
     "nr_free_pages 5\npgpgin 4444\npgpgout 8888\npswpin 11\npswpout 12\npgactivate 18446744073709551615\n"
     "pgfault 5000000000\npgmajfault 6\npglazyfreed 77\nzswpin 21\nzswpout 22\n"},
    {"/proc/stat", "cpu  4294967290 3 5 7 100 1000 10000 9 9 9\ncpu0 1 2 3 4 5 6 7 8 9 10\ncpu6 11 12 13 14\nintr 1\n"},
    {"/proc/loadavg", "0.50 5.00 1234567890.25 1/85 2098\n"},
    {"/sys/devices/system/cpu/online", "0,6\n"},
};

static int tell_made_up(void) {
    uint64_t page = vm_page_size / 1024;
    for (size_t i = 0; i < CALLS; i++) {
        host_cpu_load_info_data_t ticks;
        mach_msg_type_number_t count = HOST_CPU_LOAD_INFO_COUNT;
        EXPECT(call_at(i)(host, HOST_CPU_LOAD_INFO, (integer_t *)&ticks, &count) == KERN_SUCCESS);
        EXPECT(ticks.cpu_ticks[CPU_STATE_USER] == 4294967290 && ticks.cpu_ticks[CPU_STATE_NICE] == 3);
        EXPECT(ticks.cpu_ticks[CPU_STATE_SYSTEM] == 11005 && ticks.cpu_ticks[CPU_STATE_IDLE] == 107);
        host_load_info_data_t load;
        count = HOST_LOAD_INFO_COUNT;
        EXPECT(call_at(i)(host, HOST_LOAD_INFO, (integer_t *)&load, &count) == KERN_SUCCESS);
        EXPECT(load.avenrun[0] == 500 && load.avenrun[1] == 5000 && load.avenrun[2] == INT32_MAX);
        EXPECT(load.mach_factor[0] == 1500 && load.mach_factor[1] == 333 && load.mach_factor[2] == 0);
        vm_statistics_data_t narrow;
        count = HOST_VM_INFO_COUNT;
        EXPECT(call_at(i)(host, HOST_VM_INFO, (integer_t *)&narrow, &count) == KERN_SUCCESS);
        EXPECT(narrow.faults == UINT32_MAX && narrow.reactivations == UINT32_MAX); // they do not fit
        EXPECT(narrow.free_count == 1000004 / page && narrow.purges == 77);
        if (!is_wide(i)) continue;
        vm_statistics64_data_t told;
        count = HOST_VM_INFO64_COUNT;
        EXPECT(call_at(i)(host, HOST_VM_INFO64, (integer_t *)&told, &count) == KERN_SUCCESS);
        EXPECT(told.free_count == 1000004 / page && told.active_count == 2000008 / page);
        EXPECT(told.inactive_count == 3000000 / page);
        EXPECT(told.wire_count == (10000000 - 1000004 - 2000008 - 3000000 - 4000) / page);
        EXPECT(told.internal_page_count == 1200000 / page && told.external_page_count == 3800008 / page);
        EXPECT(told.compressor_page_count == 4000 / page);
        EXPECT(told.total_uncompressed_pages_in_compressor == 16000 / page);
        EXPECT(told.pageins == 4444 / page && told.pageouts == 8888 / page);
        EXPECT(told.swapins == 11 && told.swapouts == 12 && told.purges == 77);
        EXPECT(told.faults == 5000000000 && told.reactivations == UINT64_MAX);
        EXPECT(told.decompressions == 21 && told.compressions == 22);
    }
    return 0;
}

// H7-H10
static void each_figure_has_its_place(void **state) {
    (void)state;
    with_linux_texts(made_up, COUNT_OF(made_up), tell_made_up);
}

// Every flavor fails, and writes nothing.
static int fail_to_tell(void) {
    const host_flavor_t flavors[] = {HOST_LOAD_INFO, HOST_VM_INFO, HOST_CPU_LOAD_INFO, HOST_VM_INFO64};
    for (size_t i = 0; i < CALLS; i++) {
        for (size_t j = 0; j < COUNT_OF(flavors); j++) {
            if (flavors[j] == HOST_VM_INFO64 && !is_wide(i)) continue;
            integer_t words[48];
            memset(words, 0x5a, sizeof(words));
            mach_msg_type_number_t count = 48;
            EXPECT(call_at(i)(host, flavors[j], words, &count) == KERN_FAILURE);
            EXPECT(count == 48);
            for (size_t k = 0; k < 48; k++) EXPECT(words[k] == 0x5a5a5a5a);
        }
    }
    for (size_t way = 0; way < 2; way++) {
        integer_t words[48];
        mach_msg_type_number_t count = 48;
        static kernel_boot_info_t text = "unchanged";
        EXPECT(host_ways[way].info(host, HOST_BASIC_INFO, words, &count) == KERN_FAILURE && count == 48);
        EXPECT(host_ways[way].boot_info(host, text) == KERN_FAILURE && strcmp(text, "unchanged") == 0);
        // This needs no text.
        EXPECT(host_ways[way].info(host, HOST_PRIORITY_INFO, words, &count) == KERN_SUCCESS);
        kernel_version_t version;
        EXPECT(host_ways[way].kernel_version(host, version) == KERN_SUCCESS && strncmp(version, "Linux ", 6) == 0);
    }
    return 0;
}

// H23
static void a_system_that_says_nothing_is_a_failure(void **state) {
    (void)state;
    with_linux_texts(NULL, 0, fail_to_tell);
}

// H23
static void texts_that_are_cut_are_a_failure(void **state) {
    (void)state;
    const struct linux_text cut[] = {
        {"/proc/meminfo", "MemTotal:       10000000 kB\nMemFree:         1000004 kB\nActive:  200 kB\nInactive:   300"},
        {"/proc/vmstat", "nr_free_pages 5\npgpgin 4444\npgfault 500"},
        {"/proc/stat", "cpu  1 2 3 4 5 6 7\ncpu0 1 2 3"},
        {"/proc/loadavg", "0.50 5.00 1.2"},
        {"/sys/devices/system/cpu/online", "0-"},
        {"/sys/devices/system/cpu/present", "0-1"},
    };
    with_linux_texts(cut, COUNT_OF(cut), fail_to_tell);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HOST_TEST(ticks_are_linuxs),
        HOST_TEST(load_averages_are_linuxs),
        HOST_TEST(memory_is_linuxs),
        HOST_TEST(faults_are_counted),
        HOST_TEST(old_programs_have_room_for_fewer_words),
        HOST_TEST(both_structures_agree),
        HOST_TEST(other_flavors_have_codes_of_their_own),
        HOST_TEST(each_figure_has_its_place),
        HOST_TEST(a_system_that_says_nothing_is_a_failure),
        HOST_TEST(texts_that_are_cut_are_a_failure),
    };
    return RUN(tests);
}

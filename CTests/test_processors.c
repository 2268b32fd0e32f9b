// Processors and their set: ports, what they tell, what runs there, and what is refused. Rows H11-H20, H23, H24, H26.
#include "host_support.h"

#include <sys/wait.h>
#include <unistd.h>

enum { TRIES = 1000 };

static mach_port_t set_name, set_control;
static processor_array_t processors;
static mach_msg_type_number_t processor_count;

static int set_up(void **state) {
    if (host_setup(state) != 0) return -1;
    if (processor_set_default(host, &set_name) != KERN_SUCCESS) return -1;
    if (host_processor_set_priv(host, set_name, &set_control) != KERN_SUCCESS) return -1;
    return host_processors(host, &processors, &processor_count) == KERN_SUCCESS ? 0 : -1;
}

static int tear_down(void **state) {
    (void)mach_linux_task_adopt(MACH_PORT_NULL);
    for (mach_msg_type_number_t i = 0; i < processor_count; i++) (void)mach_port_deallocate(SELF, processors[i]);
    (void)vm_deallocate(SELF, (vm_address_t)processors, processor_count * sizeof(*processors));
    (void)mach_port_deallocate(SELF, set_name);
    (void)mach_port_deallocate(SELF, set_control);
    return host_teardown(state);
}

#define PROCESSOR_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static natural_t kind_of(mach_port_t port) {
    natural_t kind;
    mach_vm_address_t token;
    assert_success(mach_port_kobject(SELF, port, &kind, &token));
    assert_true(token != 0);
    return kind;
}

static void give_back(mach_port_t *list, mach_msg_type_number_t count) {
    for (mach_msg_type_number_t i = 0; i < count; i++) assert_success(mach_port_deallocate(SELF, list[i]));
    assert_success(vm_deallocate(SELF, (vm_address_t)list, count * sizeof(*list)));
}

// ---- Which there are

// H11
static void every_processor_has_one_port(void **state) {
    (void)state;
    static bool numbers[MOST_PROCESSORS];
    assert_int_equal(processor_count, linux_processors("/sys/devices/system/cpu/present", numbers, MOST_PROCESSORS));
    for (size_t way = 0; way < 2; way++) {
        processor_array_t list = NULL;
        mach_msg_type_number_t count = 0;
        assert_success(host_ways[way].processors(host, &list, &count));
        assert_int_equal(count, processor_count);
        for (mach_msg_type_number_t i = 0; i < count; i++) {
            assert_int_equal(list[i], processors[i]);
            assert_int_equal(refs(list[i], MACH_PORT_RIGHT_SEND), 2);
            assert_int_equal(kind_of(list[i]), 5);
            for (mach_msg_type_number_t j = 0; j < i; j++) assert_true(list[i] != list[j]);
        }
        give_back(list, count);
        list = (processor_array_t)0x5a5a;
        assert_code(host_ways[way].processors(set_name, &list, &count), KERN_INVALID_ARGUMENT);
        assert_true(list == (processor_array_t)0x5a5a);
    }
    assert_code(host_processors(host, NULL, &processor_count), KERN_INVALID_ARGUMENT);
    assert_code(host_processors(host, &processors, NULL), KERN_INVALID_ARGUMENT);
}

// ---- What they tell

// H12, H13
static void processors_tell_what_they_are(void **state) {
    (void)state;
    static bool present[MOST_PROCESSORS], online[MOST_PROCESSORS];
    for (size_t way = 0; way < 2; way++) {
        linux_processors("/sys/devices/system/cpu/present", present, MOST_PROCESSORS);
        linux_processors("/sys/devices/system/cpu/online", online, MOST_PROCESSORS);
        natural_t told = 0;
        processor_info_array_t words = NULL;
        mach_msg_type_number_t count = 0;
        assert_success(host_ways[way].processor_infos(host, PROCESSOR_BASIC_INFO, &told, &words, &count));
        assert_int_equal(told, processor_count);
        assert_int_equal(count, told * PROCESSOR_BASIC_INFO_COUNT);
        int number = -1;
        for (natural_t i = 0; i < told; i++) {
            while (!present[++number]) {}
            processor_basic_info_data_t of_all, of_one;
            memcpy(&of_all, words + i * PROCESSOR_BASIC_INFO_COUNT, sizeof(of_all));
            mach_msg_type_number_t room = PROCESSOR_BASIC_INFO_COUNT + way;
            mach_port_t owner = MACH_PORT_NULL;
            assert_success(host_ways[way].processor(processors[i], PROCESSOR_BASIC_INFO, &owner,
                                                    (processor_info_t)&of_one, &room));
            assert_int_equal(room, PROCESSOR_BASIC_INFO_COUNT);
            assert_int_equal(owner, host);
            assert_success(mach_port_deallocate(SELF, owner));
            assert_memory_equal(&of_all, &of_one, sizeof(of_all));
            host_basic_info_data_t basic;
            room = HOST_BASIC_INFO_COUNT;
            assert_success(host_info(host, HOST_BASIC_INFO, (host_info_t)&basic, &room));
            assert_int_equal(of_one.cpu_type, basic.cpu_type);
            assert_int_equal(of_one.cpu_subtype, basic.cpu_subtype);
            assert_int_equal(of_one.running, online[number]);
            assert_int_equal(of_one.slot_num, number);
            assert_int_equal(of_one.is_master, i == 0);
        }
        assert_success(vm_deallocate(SELF, (vm_address_t)words, count * sizeof(*words)));
    }
}

static void ticks_now(const char *name, uint32_t ticks[4]) {
    uint64_t linux_has[7] = {0};
    (void)linux_ticks(name, linux_has);
    ticks[CPU_STATE_USER] = (uint32_t)linux_has[0];
    ticks[CPU_STATE_NICE] = (uint32_t)linux_has[1];
    ticks[CPU_STATE_SYSTEM] = (uint32_t)(linux_has[2] + linux_has[5] + linux_has[6]);
    ticks[CPU_STATE_IDLE] = (uint32_t)(linux_has[3] + linux_has[4]);
}

static bool are_between(const uint32_t before[4], const integer_t *told, const uint32_t after[4]) {
    for (int i = 0; i < CPU_STATE_MAX; i++) {
        if ((uint32_t)told[i] - before[i] > after[i] - before[i]) return false;
    }
    return true;
}

// H12, H13
static void ticks_of_processors_are_linuxs(void **state) {
    (void)state;
    for (size_t way = 0; way < 2; way++) {
        for (mach_msg_type_number_t i = 0; i < processor_count; i++) {
            processor_basic_info_data_t basic;
            mach_msg_type_number_t count = PROCESSOR_BASIC_INFO_COUNT;
            mach_port_t owner;
            assert_success(
                processor_info(processors[i], PROCESSOR_BASIC_INFO, &owner, (processor_info_t)&basic, &count));
            assert_success(mach_port_deallocate(SELF, owner));
            char name[20];
            (void)snprintf(name, sizeof(name), "cpu%d", basic.slot_num);
            bool enclosed = false;
            for (int attempt = 0; attempt < TRIES && !enclosed; attempt++) {
                uint32_t before[4], after[4];
                integer_t of_one[4];
                natural_t told;
                processor_info_array_t of_all;
                ticks_now(name, before);
                count = 12;
                assert_success(
                    host_ways[way].processor(processors[i], PROCESSOR_CPU_LOAD_INFO, &owner, of_one, &count));
                assert_int_equal(count, PROCESSOR_CPU_LOAD_INFO_COUNT);
                assert_success(host_ways[way].processor_infos(host, PROCESSOR_CPU_LOAD_INFO, &told, &of_all, &count));
                assert_int_equal(told, processor_count);
                assert_int_equal(count, told * PROCESSOR_CPU_LOAD_INFO_COUNT);
                ticks_now(name, after);
                enclosed = are_between(before, of_one, after) && are_between(before, of_all + 4 * i, after);
                assert_success(vm_deallocate(SELF, (vm_address_t)of_all, count * sizeof(*of_all)));
                assert_success(mach_port_deallocate(SELF, owner));
            }
            if (!enclosed) fail_msg("%s never told its ticks as Linux does", name);
        }
    }
}

// H12, H13
static void other_flavors_and_short_room_are_failures(void **state) {
    (void)state;
    const processor_flavor_t none[] = {0, 3, -1, PROCESSOR_PM_REGS_INFO, PROCESSOR_TEMPERATURE, INT32_MAX};
    for (size_t way = 0; way < 2; way++) {
        integer_t words[12];
        memset(words, 0x5a, sizeof(words));
        mach_msg_type_number_t count = 12;
        mach_port_t owner = 0x5a5a;
        natural_t told = 7;
        processor_info_array_t array = NULL;
        for (size_t i = 0; i < COUNT_OF(none); i++) {
            assert_code(host_ways[way].processor(processors[0], none[i], &owner, words, &count), KERN_FAILURE);
            assert_code(host_ways[way].processor_infos(host, none[i], &told, &array, &count), KERN_FAILURE);
        }
        assert_int_equal(count, 12);
        for (mach_msg_type_number_t room = 0; room < 5; room++) {
            count = room;
            assert_code(host_ways[way].processor(processors[0], PROCESSOR_BASIC_INFO, &owner, words, &count),
                        KERN_FAILURE);
            if (room == 4) continue;
            assert_code(host_ways[way].processor(processors[0], PROCESSOR_CPU_LOAD_INFO, &owner, words, &count),
                        KERN_FAILURE);
            assert_int_equal(count, room);
        }
        assert_code(host_ways[way].processor_infos(processors[0], PROCESSOR_BASIC_INFO, &told, &array, &count),
                    KERN_INVALID_ARGUMENT);
        assert_code(host_ways[way].processor(host, PROCESSOR_BASIC_INFO, &owner, words, &count), KERN_INVALID_ARGUMENT);
        assert_true(owner == 0x5a5a && told == 7 && array == NULL);
        for (size_t i = 0; i < 12; i++) assert_int_equal(words[i], 0x5a5a5a5a);
    }
    mach_msg_type_number_t count = 12;
    integer_t words[12];
    mach_port_t owner;
    natural_t told;
    processor_info_array_t array;
    assert_code(processor_info(processors[0], 1, NULL, words, &count), KERN_INVALID_ARGUMENT);
    assert_code(processor_info(processors[0], 1, &owner, NULL, &count), KERN_INVALID_ARGUMENT);
    assert_code(processor_info(processors[0], 1, &owner, words, NULL), KERN_INVALID_ARGUMENT);
    assert_code(host_processor_info(host, 1, NULL, &array, &count), KERN_INVALID_ARGUMENT);
    assert_code(host_processor_info(host, 1, &told, NULL, &count), KERN_INVALID_ARGUMENT);
    assert_code(host_processor_info(host, 1, &told, &array, NULL), KERN_INVALID_ARGUMENT);
}

// ---- Control

// H14; the first processor is online.
static void processors_are_the_systems_to_command(void **state) {
    (void)state;
    integer_t command[12] = {0};
    mach_port_t processor = processors[0];
    assert_code(processor_start(processor), KERN_FAILURE);
    assert_code(ask_plain(3000, processor, 0), KERN_FAILURE);
    assert_code(processor_exit(processor), KERN_NOT_SUPPORTED);
    assert_code(ask_plain(3001, processor, 0), KERN_NOT_SUPPORTED);
    assert_code(processor_control(processor, command, 12), KERN_FAILURE);
    assert_code(processor_control(processor, NULL, 0), KERN_FAILURE);
    assert_code(ask_plain(3003, processor, 1, 0), KERN_FAILURE);
    assert_code(ask_plain(3003, processor, 13, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), KERN_FAILURE);
    assert_code(ask_plain(3003, processor, 14, 13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), MIG_BAD_ARGUMENTS);
    assert_code(processor_assign(processor, set_control, FALSE), KERN_FAILURE);
    assert_code(ask_with_port(3004, processor, set_control, COPY_SEND, 1, FALSE), KERN_FAILURE);
    const mach_port_t others[] = {host, SELF, set_name, set_control, MACH_PORT_NULL, MACH_PORT_DEAD};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        mach_port_t port = 0x5a5a;
        assert_code(processor_start(others[i]), KERN_INVALID_ARGUMENT);
        assert_code(processor_exit(others[i]), KERN_INVALID_ARGUMENT);
        assert_code(processor_control(others[i], command, 12), KERN_INVALID_ARGUMENT);
        assert_code(processor_assign(others[i], set_control, FALSE), KERN_FAILURE);
        assert_code(processor_get_assignment(others[i], &port), KERN_INVALID_ARGUMENT);
        assert_int_equal(port, 0x5a5a);
        if (!MACH_PORT_VALID(others[i])) continue;
        assert_code(ask_plain(3000, others[i], 0), KERN_INVALID_ARGUMENT);
        assert_code(ask_plain(3001, others[i], 0), KERN_INVALID_ARGUMENT);
        assert_code(ask_plain(3003, others[i], 1, 0), KERN_INVALID_ARGUMENT);
        assert_code(ask_with_port(3004, others[i], set_control, COPY_SEND, 1, FALSE), KERN_FAILURE);
        assert_code(ask_for_port(3005, others[i], &port), KERN_INVALID_ARGUMENT);
    }
    for (size_t way = 0; way < 2; way++) {
        mach_port_t set = MACH_PORT_NULL;
        assert_success(host_ways[way].assignment(processor, &set));
        assert_int_equal(set, set_name);
        assert_success(mach_port_deallocate(SELF, set));
    }
    assert_code(processor_get_assignment(processor, NULL), KERN_INVALID_ARGUMENT);
}

// A machine of eight processors, of which five are online, in three cores or four.
static const struct linux_text partly[] = {
    {"/proc/meminfo", "MemTotal: 1048576 kB\nMemFree: 4 kB\nActive: 4 kB\nInactive: 4 kB\n"},
    {"/proc/loadavg", "0.50 0.50 0.50 1/85 2098\n"},
    {"/proc/stat", "cpu  1 2 3 4 5 6 7\ncpu0 1 2 3 4 5 6 7\ncpu2 100 200 300 400 500 600 700 8 9 10\ncpu3 0 0 0 0\n"
                   "cpu9 1 1 1 1\nintr 5\n"},
    {"/sys/devices/system/cpu/present", "0-5,8,10-10\n"},
    {"/sys/devices/system/cpu/online", "0,2-3,8,10\n"},
    {"/sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0,2\n"},
    {"/sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "0,2\n"},
    {"/sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "3,8\n"},
    {"/sys/devices/system/cpu/cpu8/topology/thread_siblings_list", "3,8\n"},
};

static int look_at_the_machine(void) {
    const int numbers[] = {0, 1, 2, 3, 4, 5, 8, 10};
    const bool online[] = {true, false, true, true, false, false, true, true};
    host_basic_info_data_t basic;
    mach_msg_type_number_t count = HOST_BASIC_INFO_COUNT;
    EXPECT(host_info(host, HOST_BASIC_INFO, (host_info_t)&basic, &count) == KERN_SUCCESS);
    EXPECT(basic.max_cpus == 8 && basic.avail_cpus == 5 && basic.logical_cpu == 5 && basic.logical_cpu_max == 8);
    EXPECT(basic.physical_cpu == 3 && basic.physical_cpu_max == 3);
#if defined(__x86_64__)
    EXPECT(basic.cpu_threadtype == CPU_THREADTYPE_INTEL_HTT);
#endif
    EXPECT(basic.max_mem == 1u << 30 && basic.memory_size == 1u << 30);
    for (size_t way = 0; way < 2; way++) {
        processor_array_t list;
        natural_t told;
        processor_info_array_t ticks;
        EXPECT(host_ways[way].processors(host, &list, &count) == KERN_SUCCESS && count == 8);
        EXPECT(host_ways[way].processor_infos(host, PROCESSOR_CPU_LOAD_INFO, &told, &ticks, &count) == KERN_SUCCESS);
        EXPECT(told == 8 && count == 32);
        EXPECT(ticks[8] == 100 && ticks[9] == 1600 && ticks[10] == 900 && ticks[11] == 200); // that of number 2
        for (int i = 0; i < 32; i++) EXPECT(i / 4 == 0 || i / 4 == 2 || ticks[i] == 0);      // what is not told is 0
        for (int i = 0; i < 8; i++) {
            processor_basic_info_data_t info;
            mach_port_t owner, set = MACH_PORT_NULL;
            count = PROCESSOR_BASIC_INFO_COUNT;
            EXPECT(host_ways[way].processor(list[i], PROCESSOR_BASIC_INFO, &owner, (processor_info_t)&info, &count) ==
                   KERN_SUCCESS);
            EXPECT(info.slot_num == numbers[i] && info.running == online[i] && info.is_master == (i == 0));
            EXPECT(host_ways[way].assignment(list[i], &set) == (online[i] ? KERN_SUCCESS : KERN_FAILURE));
            EXPECT(MACH_PORT_VALID(set) == online[i]);
            EXPECT(processor_start(list[i]) == (online[i] ? KERN_FAILURE : KERN_NOT_SUPPORTED));
            EXPECT(processor_exit(list[i]) == (online[i] ? KERN_NOT_SUPPORTED : KERN_SUCCESS));
            EXPECT(ask_plain(3000, list[i], 0) == (online[i] ? KERN_FAILURE : KERN_NOT_SUPPORTED));
            EXPECT(ask_plain(3001, list[i], 0) == (online[i] ? KERN_NOT_SUPPORTED : KERN_SUCCESS));
        }
    }
    mach_port_t set;
    integer_t words[5];
    count = 5;
    EXPECT(processor_set_default(host, &set) == KERN_SUCCESS);
    mach_port_t owner;
    EXPECT(processor_set_info(set, PROCESSOR_SET_BASIC_INFO, &owner, words, &count) == KERN_SUCCESS && words[0] == 5);
    count = 5;
    EXPECT(processor_set_statistics(set, PROCESSOR_SET_LOAD_INFO, words, &count) == KERN_SUCCESS);
    EXPECT(words[2] == 500 && words[3] == 4500);
    return 0;
}

// H1, H11-H14, H16, H17
static void processors_that_are_offline_are_there(void **state) {
    (void)state;
    with_linux_texts(partly, COUNT_OF(partly), look_at_the_machine);
}

// Without /sys those count that have ticks.
static int look_without_sys(void) {
    host_basic_info_data_t basic;
    mach_msg_type_number_t count = HOST_BASIC_INFO_COUNT;
    EXPECT(host_info(host, HOST_BASIC_INFO, (host_info_t)&basic, &count) == KERN_SUCCESS);
    EXPECT(basic.max_cpus == 4 && basic.avail_cpus == 4 && basic.physical_cpu == 4 && basic.cpu_threadtype == 0);
    return 0;
}

// H23
static void where_only_ticks_are_told_their_processors_count(void **state) {
    (void)state;
    with_linux_texts(partly, 3, look_without_sys);
}

static int look_at_nothing(void) {
    for (size_t way = 0; way < 2; way++) {
        processor_array_t list = NULL;
        natural_t told = 7;
        processor_info_array_t array = NULL;
        mach_msg_type_number_t count = 7;
        mach_port_t set, owner;
        integer_t words[5];
        EXPECT(host_ways[way].processors(host, &list, &count) == KERN_FAILURE);
        EXPECT(host_ways[way].processor_infos(host, PROCESSOR_BASIC_INFO, &told, &array, &count) == KERN_FAILURE);
        EXPECT(host_ways[way].processor_infos(host, PROCESSOR_CPU_LOAD_INFO, &told, &array, &count) == KERN_FAILURE);
        EXPECT(list == NULL && told == 7 && array == NULL && count == 7);
        EXPECT(host_ways[way].default_set(host, &set) == KERN_SUCCESS);
        count = 5;
        EXPECT(host_ways[way].set_info(set, PROCESSOR_SET_BASIC_INFO, &owner, words, &count) == KERN_FAILURE);
        EXPECT(host_ways[way].set_statistics(set, PROCESSOR_SET_LOAD_INFO, words, &count) == KERN_FAILURE);
        EXPECT(host_ways[way].set_info(set, PROCESSOR_SET_ENABLED_POLICIES, &owner, words, &count) == KERN_SUCCESS);
    }
    return 0;
}

// H23
static void where_none_is_told_there_is_a_failure(void **state) {
    (void)state;
    with_linux_texts(NULL, 0, look_at_nothing);
}

// ---- The set

// H15
static void there_is_one_set_with_two_ports(void **state) {
    (void)state;
    assert_int_equal(kind_of(set_name), 7);
    assert_int_equal(kind_of(set_control), 6);
    for (size_t way = 0; way < 2; way++) {
        mach_port_t name = MACH_PORT_NULL, control = MACH_PORT_NULL;
        assert_success(host_ways[way].default_set(host, &name));
        assert_int_equal(name, set_name);
        assert_int_equal(refs(name, MACH_PORT_RIGHT_SEND), 2);
        // Both ports lead to the control port.
        assert_success(host_ways[way].set_priv(host, set_name, &control));
        assert_int_equal(control, set_control);
        assert_success(host_ways[way].set_priv(host, set_control, &control));
        assert_int_equal(refs(control, MACH_PORT_RIGHT_SEND), 3);
        const mach_port_t others[] = {host, SELF, processors[0], MACH_PORT_NULL, MACH_PORT_DEAD};
        for (size_t i = 0; i < COUNT_OF(others); i++)
            assert_code(host_ways[way].set_priv(host, others[i], &control), KERN_INVALID_ARGUMENT);
        assert_code(host_ways[way].set_priv(SELF, set_name, &control), KERN_INVALID_ARGUMENT);
        assert_code(host_ways[way].default_set(SELF, &name), KERN_INVALID_ARGUMENT);
        mach_port_t *list = NULL;
        mach_msg_type_number_t count = 0;
        assert_success(host_ways[way].processor_sets(host, &list, &count));
        assert_int_equal(count, 1);
        assert_int_equal(list[0], set_name);
        give_back(list, count);
        assert_code(host_ways[way].processor_sets(SELF, &list, &count), KERN_INVALID_ARGUMENT);
        assert_success(mach_port_deallocate(SELF, set_name));
        assert_success(mach_port_mod_refs(SELF, set_control, MACH_PORT_RIGHT_SEND, -2));
    }
    mach_port_t made = 7, named = 7;
    assert_code(processor_set_create(host, &made, &named), KERN_FAILURE);
    assert_true(made == 7 && named == 7);
    assert_code(processor_set_destroy(set_control), KERN_FAILURE);
    assert_code(ask_plain(4001, set_control, 0), KERN_FAILURE);
    assert_code(processor_set_default(host, NULL), KERN_INVALID_ARGUMENT);
    assert_code(host_processor_set_priv(host, set_name, NULL), KERN_INVALID_ARGUMENT);
    assert_code(host_processor_sets(host, NULL, NULL), KERN_INVALID_ARGUMENT);
}

// H16
static void the_set_tells_about_scheduling(void **state) {
    (void)state;
    const struct {
        int flavor;
        mach_msg_type_number_t words;
        integer_t values[2];
    } cases[] = {
        {PROCESSOR_SET_BASIC_INFO, 2, {(integer_t)sysconf(_SC_NPROCESSORS_ONLN), POLICY_TIMESHARE}},
        {PROCESSOR_SET_ENABLED_POLICIES, 1, {POLICY_TIMESHARE | POLICY_RR | POLICY_FIFO, 0}},
        {PROCESSOR_SET_TIMESHARE_DEFAULT, 1, {31, 0}},
        {PROCESSOR_SET_TIMESHARE_LIMITS, 1, {95, 0}},
        {PROCESSOR_SET_RR_DEFAULT, 2, {31, 1}},
        {PROCESSOR_SET_RR_LIMITS, 1, {95, 0}},
        {PROCESSOR_SET_FIFO_DEFAULT, 1, {31, 0}},
        {PROCESSOR_SET_FIFO_LIMITS, 1, {95, 0}},
    };
    const mach_port_t ports[] = {set_name, set_control};
    for (size_t way = 0; way < 2; way++) {
        for (size_t port = 0; port < 2; port++) {
            for (size_t i = 0; i < COUNT_OF(cases); i++) {
                for (mach_msg_type_number_t room = 0; room <= 6; room++) {
                    integer_t words[6];
                    memset(words, 0x5a, sizeof(words));
                    mach_msg_type_number_t count = room;
                    mach_port_t owner = 0x5a5a;
                    bool fits = room >= cases[i].words;
                    assert_code(host_ways[way].set_info(ports[port], cases[i].flavor, &owner, words, &count),
                                fits ? KERN_SUCCESS : KERN_FAILURE);
                    assert_int_equal(count, fits ? cases[i].words : room);
                    for (mach_msg_type_number_t j = 0; j < 6; j++) {
                        bool written = fits && j < cases[i].words;
                        assert_int_equal(words[j], written ? cases[i].values[j] : 0x5a5a5a5a);
                    }
                    assert_int_equal(owner, fits ? host : 0x5a5a);
                    if (fits) assert_success(mach_port_deallocate(SELF, owner));
                }
            }
        }
        integer_t words[6];
        mach_msg_type_number_t count = 5;
        mach_port_t owner = 0x5a5a;
        const int none[] = {0, PROCESSOR_SET_LOAD_INFO, 6, 12, 32, -1};
        for (size_t i = 0; i < COUNT_OF(none); i++)
            assert_code(host_ways[way].set_info(set_name, none[i], &owner, words, &count), KERN_INVALID_ARGUMENT);
        assert_code(host_ways[way].set_info(host, PROCESSOR_SET_BASIC_INFO, &owner, words, &count),
                    KERN_INVALID_ARGUMENT);
        assert_int_equal(owner, 0x5a5a);
    }
    mach_msg_type_number_t count = 5;
    integer_t words[5];
    mach_port_t owner;
    assert_code(processor_set_info(set_name, PROCESSOR_SET_BASIC_INFO, NULL, words, &count), KERN_INVALID_ARGUMENT);
    assert_code(processor_set_info(set_name, PROCESSOR_SET_BASIC_INFO, &owner, NULL, &count), KERN_INVALID_ARGUMENT);
    assert_code(processor_set_info(set_name, PROCESSOR_SET_BASIC_INFO, &owner, words, NULL), KERN_INVALID_ARGUMENT);
}

// H17
static void the_set_tells_its_load(void **state) {
    (void)state;
    task_t child = make_task();
    for (size_t way = 0; way < 2; way++) {
        host_load_info_data_t before, after;
        processor_set_load_info_data_t told;
        do {
            mach_msg_type_number_t count = HOST_LOAD_INFO_COUNT;
            assert_success(host_statistics(host, HOST_LOAD_INFO, (host_info_t)&before, &count));
            count = 5;
            assert_success(host_ways[way].set_statistics(way == 0 ? set_name : set_control, PROCESSOR_SET_LOAD_INFO,
                                                         (processor_set_info_t)&told, &count));
            assert_int_equal(count, PROCESSOR_SET_LOAD_INFO_COUNT);
            count = HOST_LOAD_INFO_COUNT;
            assert_success(host_statistics(host, HOST_LOAD_INFO, (host_info_t)&after, &count));
        } while (memcmp(&before, &after, sizeof(before)) != 0);
        assert_int_equal(told.load_average, before.avenrun[0]);
        assert_int_equal(told.mach_factor, before.mach_factor[0]);
        assert_int_equal(told.task_count, live_tasks());
        assert_int_equal(told.thread_count, 1);
        integer_t words[5];
        for (mach_msg_type_number_t room = 0; room < 4; room++) {
            mach_msg_type_number_t count = room;
            assert_code(host_ways[way].set_statistics(set_name, PROCESSOR_SET_LOAD_INFO, words, &count), KERN_FAILURE);
        }
        mach_msg_type_number_t count = 5;
        assert_code(host_ways[way].set_statistics(set_name, PROCESSOR_SET_BASIC_INFO, words, &count),
                    KERN_INVALID_ARGUMENT);
        assert_code(host_ways[way].set_statistics(host, PROCESSOR_SET_LOAD_INFO, words, &count),
                    KERN_INVALID_PROCESSOR_SET);
        assert_int_equal(count, 5);
    }
    mach_msg_type_number_t count = 5;
    integer_t words[5];
    assert_code(processor_set_statistics(MACH_PORT_NULL, PROCESSOR_SET_LOAD_INFO, words, &count),
                KERN_INVALID_PROCESSOR_SET);
    assert_code(processor_set_statistics(set_name, PROCESSOR_SET_LOAD_INFO, NULL, &count), KERN_INVALID_ARGUMENT);
    assert_code(processor_set_statistics(set_name, PROCESSOR_SET_LOAD_INFO, words, NULL), KERN_INVALID_ARGUMENT);
    end_task(child);
}

// ---- What runs there

// H18
static void tasks_of_the_process_are_listed(void **state) {
    (void)state;
    enum { CHILDREN = 5 };
    task_t children[CHILDREN];
    for (int i = 0; i < CHILDREN; i++) children[i] = make_task();
    for (size_t way = 0; way < 2; way++) {
        task_array_t list = NULL;
        mach_msg_type_number_t count = 0;
        assert_success(host_ways[way].tasks(set_control, &list, &count));
        assert_int_equal(count, CHILDREN + 1);
        assert_int_equal(list[0], SELF);
        for (int i = 0; i < CHILDREN; i++) {
            assert_int_equal(list[i + 1], children[i]);
            assert_int_equal(refs(children[i], MACH_PORT_RIGHT_SEND), 2);
        }
        give_back(list, count);
        // In another task they have names of its own.
        mach_port_t control = give(children[0], set_control, COPY_SEND);
        close_reply_port();
        enter(children[0]);
        open_reply_port();
        assert_success(host_ways[way].tasks(control, &list, &count));
        assert_int_equal(count, CHILDREN + 1);
        assert_int_equal(list[1], OWN_TASK);
        for (mach_msg_type_number_t i = 0; i < count; i++) assert_int_equal(kind_of(list[i]), 2);
        // The process's own task is among them: to look at, and not to end.
        give_back(list, count);
        assert_success(mach_port_deallocate(SELF, control));
        close_reply_port();
        leave();
        open_reply_port();
        // The name of the set gives no access.
        assert_code(host_ways[way].tasks(set_name, &list, &count), KERN_INVALID_ARGUMENT);
        assert_code(host_ways[way].tasks(host, &list, &count), KERN_INVALID_ARGUMENT);
    }
    for (int i = 0; i < CHILDREN; i++) {
        end_task(children[i]);
        task_array_t list = NULL;
        mach_msg_type_number_t count = 0;
        assert_success(processor_set_tasks(set_control, &list, &count));
        assert_int_equal(count, CHILDREN - i);
        give_back(list, count);
    }
    task_array_t list;
    mach_msg_type_number_t count;
    assert_code(processor_set_tasks(set_control, NULL, &count), KERN_INVALID_ARGUMENT);
    assert_code(processor_set_tasks(set_control, &list, NULL), KERN_INVALID_ARGUMENT);
    assert_code(processor_set_tasks(MACH_PORT_NULL, &list, &count), KERN_INVALID_ARGUMENT);
}

// A thread that calls the library, tells its port, and waits.
struct sleeper {
    mach_port_t wake, ready;
    mach_port_t self;
};

static int64_t call_and_wait(void *argument) {
    struct sleeper *it = argument;
    it->self = mach_thread_self();
    mach_msg_return_t code = send_simple(it->ready, MAKE_SEND, 1);
    if (code != MACH_MSG_SUCCESS) return code;
    struct simple_message message;
    return mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), it->wake, 0, MACH_PORT_NULL);
}

// H19
static void threads_that_have_called_are_listed(void **state) {
    (void)state;
    enum { SLEEPERS = 3 };
    struct test_thread threads[SLEEPERS];
    struct sleeper sleepers[SLEEPERS];
    mach_port_t own = mach_thread_self();
    for (int i = 0; i < SLEEPERS; i++) {
        sleepers[i] = (struct sleeper){make_port(), make_port(), 0};
        start_thread(&threads[i], call_and_wait, &sleepers[i]);
        struct simple_message message;
        assert_success(
            mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), sleepers[i].ready, 0, MACH_PORT_NULL));
    }
    for (size_t way = 0; way < 2; way++) {
        thread_act_array_t list = NULL;
        mach_msg_type_number_t count = 0;
        assert_success(host_ways[way].threads(set_control, &list, &count));
        assert_int_equal(count, SLEEPERS + 1);
        assert_int_equal(list[0], own);
        for (int i = 0; i < SLEEPERS; i++) {
            assert_int_equal(list[i + 1], sleepers[i].self);
            assert_int_equal(kind_of(list[i + 1]), 1);
        }
        give_back(list, count);
        assert_code(host_ways[way].threads(set_name, &list, &count), KERN_INVALID_ARGUMENT);
        assert_code(host_ways[way].threads(SELF, &list, &count), KERN_INVALID_ARGUMENT);
    }
    for (int i = 0; i < SLEEPERS; i++) {
        assert_success(send_simple(sleepers[i].wake, MAKE_SEND, 2));
        assert_int_equal(join_thread(&threads[i]), MACH_MSG_SUCCESS);
        thread_act_array_t list = NULL;
        mach_msg_type_number_t count = 0;
        assert_success(processor_set_threads(set_control, &list, &count));
        assert_int_equal(count, SLEEPERS - i);
        give_back(list, count);
        destroy(sleepers[i].wake);
        destroy(sleepers[i].ready);
        assert_success(mach_port_deallocate(SELF, sleepers[i].self)); // a dead name
    }
    assert_success(mach_port_deallocate(SELF, own));
    assert_code(processor_set_threads(set_control, NULL, NULL), KERN_INVALID_ARGUMENT);
}

enum { ROUNDS = 200 };

static int64_t come_and_go(void *argument) {
    (void)argument;
    mach_port_t self = mach_thread_self();
    return mach_port_deallocate(SELF, self);
}

static int64_t start_and_join(void *argument) {
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        struct test_thread thread;
        start_thread(&thread, come_and_go, NULL);
        if (join_thread(&thread) != KERN_SUCCESS) return 1;
        task_t child;
        if (task_create(SELF, NULL, 0, FALSE, &child) != KERN_SUCCESS) return 2;
        if (task_terminate(child) != KERN_SUCCESS || mach_port_deallocate(SELF, child) != KERN_SUCCESS) return 3;
    }
    return 0;
}

// H18, H19: what ends while it is listed leaves nothing behind.
static void tasks_and_threads_come_and_go_meanwhile(void **state) {
    (void)state;
    struct test_thread other;
    start_thread(&other, start_and_join, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        mach_port_t *list = NULL;
        mach_msg_type_number_t count = 0;
        assert_success(processor_set_threads(set_control, &list, &count));
        assert_in_range(count, 1, 3);
        give_back(list, count);
        assert_success(processor_set_tasks(set_control, &list, &count));
        assert_in_range(count, 1, 2);
        give_back(list, count);
    }
    assert_int_equal(join_thread(&other), 0);
}

// ---- What is refused

// H20
static void the_sets_policies_cannot_be_changed(void **state) {
    (void)state;
    integer_t words[5] = {0};
    unsigned total = 7;
    vm_size_t space = 7, resident = 7, usage = 7;
    vm_offset_t stack = 7;
    assert_code(processor_set_max_priority(set_control, 31, TRUE), KERN_INVALID_ARGUMENT);
    assert_code(processor_set_policy_enable(set_control, POLICY_RR), KERN_INVALID_ARGUMENT);
    assert_code(processor_set_policy_disable(set_control, POLICY_RR, TRUE), KERN_INVALID_ARGUMENT);
    assert_code(processor_set_policy_control(set_control, 1, words, 5, TRUE), KERN_INVALID_ARGUMENT);
    assert_code(processor_set_stack_usage(set_control, &total, &space, &resident, &usage, &stack), KERN_NOT_SUPPORTED);
    assert_true(total == 7 && space == 7 && resident == 7 && usage == 7 && stack == 7);
    assert_code(ask_plain(4002, set_control, 2, 31, TRUE), KERN_INVALID_ARGUMENT);
    assert_code(ask_plain(4003, set_control, 1, POLICY_RR), KERN_INVALID_ARGUMENT);
    assert_code(ask_plain(4004, set_control, 2, POLICY_RR, TRUE), KERN_INVALID_ARGUMENT);
    assert_code(ask_plain(4008, set_control, 0), KERN_NOT_SUPPORTED);
    // An array between arguments: its count must be that of the message.
    assert_code(ask_plain(4007, set_control, 3, 1, 0, TRUE), KERN_INVALID_ARGUMENT);
    assert_code(ask_plain(4007, set_control, 8, 1, 5, 0, 0, 0, 0, 0, TRUE), KERN_INVALID_ARGUMENT);
    assert_code(ask_plain(4007, set_control, 8, 1, 4, 0, 0, 0, 0, 0, TRUE), MIG_BAD_ARGUMENTS);
    assert_code(ask_plain(4007, set_control, 9, 1, 6, 0, 0, 0, 0, 0, 0, TRUE), MIG_BAD_ARGUMENTS);
    assert_code(ask_plain(4007, set_control, 2, 1, 0), MIG_BAD_ARGUMENTS);
}

// ---- Forks

// H26
static int look_in_the_child(void) {
    // The names are the child's; the parent's are gone.
    mach_port_t *list;
    mach_msg_type_number_t count;
    EXPECT(processor_set_tasks(set_control, &list, &count) == KERN_INVALID_ARGUMENT);
    mach_port_t own = mach_host_self(), name, control;
    EXPECT(processor_set_default(own, &name) == KERN_SUCCESS);
    EXPECT(host_processor_set_priv(own, name, &control) == KERN_SUCCESS);
    EXPECT(processor_set_tasks(control, &list, &count) == KERN_SUCCESS && count == 1 && list[0] == SELF);
    EXPECT(processor_set_threads(control, &list, &count) == KERN_SUCCESS && count == 1);
    EXPECT(host_processors(own, &list, &count) == KERN_SUCCESS && count == processor_count);
    natural_t kind;
    mach_vm_address_t token;
    for (mach_msg_type_number_t i = 0; i < count; i++)
        EXPECT(mach_port_kobject(SELF, list[i], &kind, &token) == KERN_SUCCESS && kind == 5);
    return 0;
}

static void a_forked_child_has_ports_of_its_own(void **state) {
    (void)state;
    task_t other = make_task();
    fflush(NULL);
    pid_t child = fork();
    assert_true(child != -1);
    if (child == 0) _exit(look_in_the_child() == 0 ? 0 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    end_task(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROCESSOR_TEST(every_processor_has_one_port),
        PROCESSOR_TEST(processors_tell_what_they_are),
        PROCESSOR_TEST(ticks_of_processors_are_linuxs),
        PROCESSOR_TEST(other_flavors_and_short_room_are_failures),
        PROCESSOR_TEST(processors_are_the_systems_to_command),
        PROCESSOR_TEST(processors_that_are_offline_are_there),
        PROCESSOR_TEST(where_only_ticks_are_told_their_processors_count),
        PROCESSOR_TEST(where_none_is_told_there_is_a_failure),
        PROCESSOR_TEST(there_is_one_set_with_two_ports),
        PROCESSOR_TEST(the_set_tells_about_scheduling),
        PROCESSOR_TEST(the_set_tells_its_load),
        PROCESSOR_TEST(tasks_of_the_process_are_listed),
        PROCESSOR_TEST(threads_that_have_called_are_listed),
        PROCESSOR_TEST(tasks_and_threads_come_and_go_meanwhile),
        PROCESSOR_TEST(the_sets_policies_cannot_be_changed),
        PROCESSOR_TEST(a_forked_child_has_ports_of_its_own),
    };
    return RUN(tests);
}

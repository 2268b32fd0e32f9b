// What the host tells about the machine and the system, its ports, and what it refuses. Rows H1-H5, H21, H22, H24, H25.
#define _GNU_SOURCE // sched_setaffinity
#include "host_support.h"

#include <mach/host_reboot.h>
#include <mach/host_special_ports.h>
#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

// ---- host_info

static host_basic_info_data_t basic_info(const struct host_way *way) {
    host_basic_info_data_t info;
    mach_msg_type_number_t count = HOST_BASIC_INFO_COUNT;
    assert_success(way->info(host, HOST_BASIC_INFO, (host_info_t)&info, &count));
    assert_int_equal(count, 12);
    return info;
}

// H1
static void the_host_counts_its_processors_and_memory(void **state) {
    (void)state;
    static bool numbers[MOST_PROCESSORS];
    for (size_t way = 0; way < 2; way++) {
        unsigned present = linux_processors("/sys/devices/system/cpu/present", numbers, MOST_PROCESSORS);
        unsigned online = linux_processors("/sys/devices/system/cpu/online", numbers, MOST_PROCESSORS);
        host_basic_info_data_t info = basic_info(&host_ways[way]);
        assert_int_equal(info.max_cpus, present);
        assert_int_equal(info.avail_cpus, online);
        assert_int_equal(info.logical_cpu_max, present);
        assert_int_equal(info.logical_cpu, online);
        assert_int_equal(info.avail_cpus, sysconf(_SC_NPROCESSORS_ONLN));
        assert_true(info.physical_cpu >= 1 && info.physical_cpu <= info.logical_cpu);
        assert_int_equal(info.physical_cpu_max, info.physical_cpu);
        uint64_t memory = linux_figure("/proc/meminfo", "MemTotal") * 1024;
        assert_int_equal(info.max_mem, memory);
        assert_int_equal(info.memory_size, memory > 0x80000000u ? 0x80000000u : memory);
    }
}

// H1
static void cores_are_told_from_processors(void **state) {
    (void)state;
    static bool numbers[MOST_PROCESSORS], siblings[MOST_PROCESSORS];
    linux_processors("/sys/devices/system/cpu/online", numbers, MOST_PROCESSORS);
    unsigned cores = 0;
    for (unsigned i = 0; i < MOST_PROCESSORS; i++) {
        if (!numbers[i]) continue;
        char path[100];
        (void)snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", i);
        if (access(path, R_OK) != 0) {
            cores++;
            continue;
        }
        linux_processors(path, siblings, MOST_PROCESSORS);
        unsigned first = 0;
        while (!siblings[first]) first++;
        cores += first == i;
    }
    for (size_t way = 0; way < 2; way++) assert_int_equal(basic_info(&host_ways[way]).physical_cpu, cores);
}

// H1: what the process may run on does not matter.
static void processors_that_the_process_must_not_use_count(void **state) {
    (void)state;
    cpu_set_t all, one;
    assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    host_basic_info_data_t info = basic_info(&host_ways[0]);
    assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
    assert_int_equal(info.avail_cpus, sysconf(_SC_NPROCESSORS_ONLN));
}

// H1, H25
static void the_kind_of_machine_has_a_name(void **state) {
    (void)state;
    for (size_t way = 0; way < 2; way++) {
        host_basic_info_data_t info = basic_info(&host_ways[way]);
        char *name = NULL, *subname = NULL;
        slot_name(info.cpu_type, info.cpu_subtype, &name, &subname);
#if defined(__x86_64__)
        assert_int_equal(info.cpu_type, CPU_TYPE_X86);
        assert_int_equal(info.cpu_subtype, CPU_SUBTYPE_X86_ARCH1);
        assert_string_equal(name, "x86");
        assert_int_equal(info.cpu_threadtype,
                         info.physical_cpu < info.logical_cpu ? CPU_THREADTYPE_INTEL_HTT : CPU_THREADTYPE_NONE);
#else
        assert_int_equal(info.cpu_type, CPU_TYPE_ARM64);
        assert_int_equal(info.cpu_subtype, CPU_SUBTYPE_ARM64_V8);
        assert_string_equal(name, "arm64");
        assert_int_equal(info.cpu_threadtype, CPU_THREADTYPE_NONE);
#endif
        assert_string_not_equal(subname, "unknown");
    }
}

// H2
static void old_programs_have_room_for_five_words(void **state) {
    (void)state;
    for (size_t way = 0; way < 2; way++) {
        host_basic_info_data_t whole = basic_info(&host_ways[way]);
        for (mach_msg_type_number_t room = 0; room <= 14; room++) {
            integer_t words[16];
            memset(words, 0x5a, sizeof(words));
            mach_msg_type_number_t count = room;
            kern_return_t code = host_ways[way].info(host, HOST_BASIC_INFO, words, &count);
            mach_msg_type_number_t written = room < 5 ? 0 : room < 12 ? 5 : 12;
            assert_int_equal(code, room < 5 ? KERN_FAILURE : KERN_SUCCESS);
            assert_int_equal(count, room < 5 ? room : written);
            assert_memory_equal(words, &whole, written * 4);
            for (mach_msg_type_number_t i = written; i < 16; i++) assert_int_equal(words[i], 0x5a5a5a5a);
        }
    }
}

// H3
static void scheduling_is_told(void **state) {
    (void)state;
    for (size_t way = 0; way < 2; way++) {
        host_sched_info_data_t info = {-1, -1};
        mach_msg_type_number_t count = 1;
        assert_code(host_ways[way].info(host, HOST_SCHED_INFO, (host_info_t)&info, &count), KERN_FAILURE);
        assert_int_equal(info.min_timeout, -1);
        // The turn changes with what else runs.
        struct timespec before, after;
        do {
            assert_int_equal(sched_rr_get_interval(0, &before), 0);
            count = 9;
            assert_success(host_ways[way].info(host, HOST_SCHED_INFO, (host_info_t)&info, &count));
            assert_int_equal(sched_rr_get_interval(0, &after), 0);
        } while (before.tv_sec != after.tv_sec || before.tv_nsec != after.tv_nsec);
        assert_int_equal(count, HOST_SCHED_INFO_COUNT);
        assert_int_equal(info.min_timeout, 1);
        int64_t milliseconds = before.tv_sec * 1000 + (before.tv_nsec + 999999) / 1000000;
        assert_int_equal(info.min_quantum, milliseconds < 1 ? 1 : milliseconds);
    }
}

// H3
static void the_scale_of_priorities_is_told(void **state) {
    (void)state;
    const integer_t priorities[] = {80, 80, 64, 31, 0, 0, 0, 79};
    for (size_t way = 0; way < 2; way++) {
        host_priority_info_data_t info;
        mach_msg_type_number_t count = 7;
        assert_code(host_ways[way].info(host, HOST_PRIORITY_INFO, (host_info_t)&info, &count), KERN_FAILURE);
        count = 8;
        assert_success(host_ways[way].info(host, HOST_PRIORITY_INFO, (host_info_t)&info, &count));
        assert_int_equal(count, 8);
        assert_memory_equal(&info, priorities, sizeof(priorities));
    }
}

// H4
static void other_flavors_have_codes_of_their_own(void **state) {
    (void)state;
    const struct {
        host_flavor_t flavor;
        mach_msg_type_number_t room;
        kern_return_t code;
    } cases[] = {
        {HOST_RESOURCE_SIZES, 4, KERN_FAILURE},   {HOST_RESOURCE_SIZES, 5, KERN_INVALID_ARGUMENT},
        {HOST_VM_PURGABLE, 67, KERN_FAILURE},     {HOST_VM_PURGABLE, 68, KERN_NOT_SUPPORTED},
        {HOST_DEBUG_INFO_INTERNAL, 0, 46},        {HOST_DEBUG_INFO_INTERNAL, 68, KERN_NOT_SUPPORTED},
        {0, 68, KERN_INVALID_ARGUMENT},           {2, 68, KERN_INVALID_ARGUMENT},
        {6, 68, KERN_INVALID_ARGUMENT},           {11, 68, KERN_INVALID_ARGUMENT},
        {-1, 68, KERN_INVALID_ARGUMENT},          {INT32_MAX, 0, KERN_INVALID_ARGUMENT},
        {HOST_SEMAPHORE_TRAPS, 68, KERN_SUCCESS}, {HOST_SEMAPHORE_TRAPS, 0, KERN_SUCCESS},
        {HOST_MACH_MSG_TRAP, 68, KERN_SUCCESS},   {HOST_MACH_MSG_TRAP, 0, KERN_SUCCESS},
    };
    for (size_t way = 0; way < 2; way++) {
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            integer_t words[68];
            memset(words, 0x5a, sizeof(words));
            mach_msg_type_number_t count = cases[i].room;
            assert_code(host_ways[way].info(host, cases[i].flavor, words, &count), cases[i].code);
            assert_int_equal(count, cases[i].code == KERN_SUCCESS ? 0 : cases[i].room);
            for (size_t j = 0; j < 68; j++) assert_int_equal(words[j], 0x5a5a5a5a);
        }
    }
}

// ---- The system

// H5
static void the_system_has_a_version(void **state) {
    (void)state;
    struct utsname name;
    assert_int_equal(uname(&name), 0);
    char wanted[KERNEL_VERSION_MAX] = "";
    (void)snprintf(wanted, sizeof(wanted), "%s %s %s %s", name.sysname, name.release, name.version, name.machine);
    for (size_t way = 0; way < 2; way++) {
        kernel_version_t text;
        memset(text, 0x5a, sizeof(text));
        assert_success(host_ways[way].kernel_version(host, text));
        assert_memory_equal(text, wanted, sizeof(text)); // with NULs to its end
    }
}

// H5
static void the_command_line_is_told(void **state) {
    (void)state;
    static char wanted[KERNEL_BOOT_INFO_MAX];
    FILE *file = fopen("/proc/cmdline", "re");
    assert_non_null(file);
    size_t length = fread(wanted, 1, sizeof(wanted) - 1, file);
    fclose(file);
    assert_true(length > 0);
    if (wanted[length - 1] == '\n') wanted[length - 1] = '\0';
    for (size_t way = 0; way < 2; way++) {
        static kernel_boot_info_t text;
        memset(text, 0x5a, sizeof(text));
        assert_success(host_ways[way].boot_info(host, text));
        assert_memory_equal(text, wanted, sizeof(text));
        assert_code(host_ways[way].boot_info(SELF, text), KERN_INVALID_HOST);
    }
}

// H5
static void pages_have_a_size(void **state) {
    (void)state;
    for (size_t way = 0; way < 2; way++) {
        vm_size_t size = 7;
        assert_code(host_ways[way].page_size(SELF, &size), KERN_INVALID_ARGUMENT);
        assert_int_equal(size, 7);
        assert_success(host_ways[way].page_size(host, &size));
        assert_int_equal(size, sysconf(_SC_PAGESIZE));
    }
    // This one does not look at the host.
    const mach_port_t any[] = {host, SELF, MACH_PORT_NULL, MACH_PORT_DEAD, 0x12345};
    for (size_t i = 0; i < COUNT_OF(any); i++) {
        vm_size_t size = 7;
        assert_success(host_page_size(any[i], &size));
        assert_int_equal(size, sysconf(_SC_PAGESIZE));
    }
    assert_code(host_page_size(host, NULL), KERN_INVALID_ARGUMENT);
}

// H24
static void the_host_alone_tells_of_itself(void **state) {
    (void)state;
    mach_port_t thread = mach_thread_self(), own = port_with_send(), dead = make_dead_name(1);
    const mach_port_t others[] = {SELF, thread, own, dead, MACH_PORT_NULL, MACH_PORT_DEAD, 0x12345};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        integer_t words[256];
        mach_msg_type_number_t count = 68;
        static kernel_boot_info_t text;
        vm_size_t size;
        mach_port_t port = 0x5a5a;
        memset(words, 0x5a, sizeof(words));
        assert_code(host_info(others[i], HOST_BASIC_INFO, words, &count), KERN_INVALID_ARGUMENT);
        assert_code(host_statistics(others[i], HOST_LOAD_INFO, words, &count), KERN_INVALID_HOST);
        assert_code(host_priv_statistics(others[i], HOST_LOAD_INFO, words, &count), KERN_INVALID_HOST);
        assert_code(host_statistics64(others[i], HOST_LOAD_INFO, words, &count), KERN_INVALID_HOST);
        assert_code(host_kernel_version(others[i], text), KERN_INVALID_ARGUMENT);
        assert_code(_host_page_size(others[i], &size), KERN_INVALID_ARGUMENT);
        assert_code(host_get_io_master(others[i], &port), KERN_INVALID_ARGUMENT);
        assert_code(processor_set_default(others[i], &port), KERN_INVALID_ARGUMENT);
        assert_code(host_get_boot_info(others[i], text), KERN_INVALID_HOST);
        assert_int_equal(words[0], 0x5a5a5a5a);
        assert_int_equal(count, 68);
        assert_int_equal(port, 0x5a5a);
    }
    destroy(own);
    destroy(dead);
    assert_success(mach_port_deallocate(SELF, thread));
}

// H24
static void null_outputs_are_invalid_arguments(void **state) {
    (void)state;
    integer_t words[68];
    mach_msg_type_number_t count = 68;
    assert_code(host_info(host, HOST_BASIC_INFO, NULL, &count), KERN_INVALID_ARGUMENT);
    assert_code(host_info(host, HOST_BASIC_INFO, words, NULL), KERN_INVALID_ARGUMENT);
    assert_code(host_statistics(host, HOST_LOAD_INFO, NULL, &count), KERN_INVALID_ARGUMENT);
    assert_code(host_statistics64(host, HOST_LOAD_INFO, words, NULL), KERN_INVALID_ARGUMENT);
    assert_code(host_kernel_version(host, NULL), KERN_INVALID_ARGUMENT);
    assert_code(host_get_boot_info(host, NULL), KERN_INVALID_ARGUMENT);
    assert_code(_host_page_size(host, NULL), KERN_INVALID_ARGUMENT);
    assert_code(host_get_io_master(host, NULL), KERN_INVALID_ARGUMENT);
    assert_code(host_default_memory_manager(host, NULL, 0), KERN_INVALID_ARGUMENT);
    assert_code(get_dp_control_port(host, NULL), KERN_INVALID_ARGUMENT);
    assert_code(host_get_UNDServer(host, NULL), KERN_INVALID_ARGUMENT);
}

// ---- Ports of the host's

// H21
static void there_is_no_port_for_devices_and_no_pager(void **state) {
    (void)state;
    mach_port_t port = 7;
    assert_success(host_get_io_master(host, &port));
    assert_int_equal(port, MACH_PORT_NULL);
    port = 7;
    assert_success(ask_for_port(205, host, &port));
    assert_int_equal(port, MACH_PORT_NULL);
    port = MACH_PORT_NULL;
    assert_success(host_default_memory_manager(host, &port, 0));
    assert_int_equal(port, MACH_PORT_NULL);
    port = port_with_send();
    mach_port_t pager = port;
    assert_code(host_default_memory_manager(host, &pager, 0), KERN_NO_ACCESS);
    assert_int_equal(pager, port);
    assert_code(host_default_memory_manager(SELF, &pager, 0), KERN_INVALID_HOST);
    assert_code(ask_with_port(403, host, port, MAKE_SEND, 1, 0), KERN_NO_ACCESS);
    assert_code(ask_with_port(403, SELF, port, MAKE_SEND, 1, 0), KERN_INVALID_HOST);
    destroy(port);
}

// H21
static void the_pagers_port_is_kept(void **state) {
    (void)state;
    for (int by_message = 0; by_message < 2; by_message++) {
        mach_port_t port = port_with_send(), told = 7;
        assert_success(by_message ? ask_with_port(421, host, port, COPY_SEND, 0) : set_dp_control_port(host, port));
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
        assert_int_equal(status(port).mps_srights, TRUE);
        assert_success(by_message ? ask_for_port(422, host, &told) : get_dp_control_port(host, &told));
        assert_int_equal(told, port);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
        assert_code(set_dp_control_port(SELF, port), KERN_INVALID_HOST);
        assert_code(get_dp_control_port(SELF, &told), KERN_INVALID_HOST);
        assert_code(ask_with_port(421, SELF, port, COPY_SEND, 0), KERN_INVALID_HOST);
        assert_code(ask_for_port(422, SELF, &told), KERN_INVALID_HOST);
        assert_code(set_dp_control_port(host, 0x12345), MACH_SEND_INVALID_RIGHT);
        assert_success(set_dp_control_port(host, MACH_PORT_NULL));
        assert_success(get_dp_control_port(host, &told));
        assert_int_equal(told, MACH_PORT_NULL);
        destroy(port);
    }
}

// H21
static void the_port_for_notices_is_a_special_port(void **state) {
    (void)state;
    for (int by_message = 0; by_message < 2; by_message++) {
        mach_port_t port = port_with_send(), told = 7;
        assert_success(by_message ? ask_with_port(423, host, port, COPY_SEND, 0) : host_set_UNDServer(host, port));
        assert_success(by_message ? ask_for_port(424, host, &told) : host_get_UNDServer(host, &told));
        assert_int_equal(told, port);
        assert_success(host_get_user_notification_port(host, &told));
        assert_int_equal(told, port);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 3);
        assert_code(host_set_UNDServer(SELF, port), KERN_INVALID_ARGUMENT);
        assert_code(ask_for_port(424, SELF, &told), KERN_INVALID_ARGUMENT);
        assert_success(host_set_UNDServer(host, MACH_PORT_NULL));
        destroy(port);
    }
}

// ---- What is refused

// H22
static void the_machine_is_not_started_anew(void **state) {
    (void)state;
    const int options[] = {0, HOST_REBOOT_HALT, HOST_REBOOT_UPSDELAY, HOST_REBOOT_DEBUGGER, -1};
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        assert_code(host_reboot(host, options[i]), KERN_NOT_SUPPORTED);
        assert_code(ask_plain(401, host, 1, options[i]), KERN_NOT_SUPPORTED);
        assert_code(host_reboot(SELF, options[i]), KERN_INVALID_HOST);
        assert_code(host_reboot(MACH_PORT_NULL, options[i]), KERN_INVALID_HOST);
        assert_code(ask_plain(401, SELF, 1, options[i]), KERN_INVALID_HOST);
    }
}

// H22
static void no_one_tells_that_the_time_of_day_was_set(void **state) {
    (void)state;
    mach_port_t port = make_port();
    assert_code(host_request_notification(host, HOST_NOTIFY_CALENDAR_CHANGE, port), KERN_NOT_SUPPORTED);
    assert_code(host_request_notification(host, 1, port), KERN_INVALID_ARGUMENT);
    assert_code(host_request_notification(host, -1, port), KERN_INVALID_ARGUMENT);
    assert_code(host_request_notification(host, 1, MACH_PORT_NULL), KERN_INVALID_CAPABILITY);
    assert_code(host_request_notification(host, 0, MACH_PORT_DEAD), KERN_INVALID_CAPABILITY);
    assert_code(host_request_notification(SELF, 0, port), KERN_INVALID_ARGUMENT);
    expect_no_message(port);
    // By message the right is made, and ends.
    const struct {
        mach_port_t at;
        uint32_t kind;
        kern_return_t code;
    } cases[] = {{host, 0, KERN_NOT_SUPPORTED}, {host, 1, KERN_INVALID_ARGUMENT}, {SELF, 0, KERN_INVALID_ARGUMENT}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_code(ask_with_port(217, cases[i].at, port, MAKE_SEND_ONCE, 1, cases[i].kind), cases[i].code);
        expect_send_once_notification(port);
    }
    assert_code(ask_with_port(217, host, MACH_PORT_NULL, MAKE_SEND_ONCE, 1, 0), KERN_INVALID_CAPABILITY);
    assert_code(ask_with_port(217, host, MACH_PORT_DEAD, MOVE_SEND_ONCE, 1, 0), KERN_INVALID_CAPABILITY);
    destroy(port);
}

// H22
static void the_kernels_insides_are_not_told(void **state) {
    (void)state;
    hash_info_bucket_array_t buckets = NULL;
    lockgroup_info_array_t groups = NULL;
    kmod_args_t modules = NULL;
    mach_msg_type_number_t count = 7, other = 7;
    kmod_t module = 7;
    vm_address_t address = 7;
    vm_offset_t response = 7, log = 7;
    kern_return_t result = 7;
    uint32_t flags = 7;
    mach_port_t thread = mach_thread_self();
    assert_code(host_virtual_physical_table_info(host, &buckets, &count), KERN_FAILURE);
    assert_code(host_lockgroup_info(host, &groups, &count), KERN_NOT_SUPPORTED);
    assert_code(host_lockgroup_info(SELF, &groups, &count), KERN_INVALID_HOST);
    assert_code(kmod_get_info(host, &modules, &count), KERN_NOT_SUPPORTED);
    assert_code(kmod_create(host, 0, &module), KERN_NOT_SUPPORTED);
    assert_code(kmod_destroy(host, 1), KERN_NOT_SUPPORTED);
    assert_code(kmod_control(host, 1, 1, &modules, &count), KERN_NOT_SUPPORTED);
    assert_code(kext_request(host, 0, 0, 0, &response, &count, &log, &other, &result), KERN_NOT_SUPPORTED);
    assert_code(host_set_atm_diagnostic_flag(host, 1), KERN_NOT_SUPPORTED);
    assert_code(host_get_atm_diagnostic_flag(host, &flags), KERN_NOT_SUPPORTED);
    assert_code(host_set_atm_diagnostic_flag(SELF, 1), KERN_INVALID_ARGUMENT);
    assert_code(host_get_atm_diagnostic_flag(SELF, &flags), KERN_INVALID_ARGUMENT);
    assert_code(host_set_multiuser_config_flags(host, 1), KERN_NOT_SUPPORTED);
    assert_code(host_get_multiuser_config_flags(host, &flags), KERN_NOT_SUPPORTED);
    assert_code(host_check_multiuser_mode(host, &flags), KERN_NOT_SUPPORTED);
    assert_code(thread_wire(host, thread, TRUE), KERN_NOT_SUPPORTED);
    assert_code(thread_wire(SELF, thread, TRUE), KERN_INVALID_ARGUMENT);
    assert_code(vm_allocate_cpm(host, SELF, &address, vm_page_size, VM_FLAGS_ANYWHERE), KERN_NOT_SUPPORTED);
    assert_code(vm_allocate_cpm(SELF, SELF, &address, vm_page_size, VM_FLAGS_ANYWHERE), KERN_INVALID_HOST);
    assert_null(buckets);
    assert_null(groups);
    assert_null(modules);
    assert_true(count == 7 && other == 7 && module == 7 && address == 7 && response == 7 && log == 7);
    assert_true(result == 7 && flags == 7);
    assert_success(mach_port_deallocate(SELF, thread));
}

// H22
static void nor_by_message(void **state) {
    (void)state;
    const struct {
        mach_msg_id_t id;
        unsigned words;
        kern_return_t code, elsewhere;
    } cases[] = {
        {207, 0, KERN_NOT_SUPPORTED, KERN_NOT_SUPPORTED},
        {209, 0, KERN_FAILURE, KERN_FAILURE},
        {214, 0, KERN_FAILURE, KERN_FAILURE},
        {218, 0, KERN_NOT_SUPPORTED, KERN_INVALID_HOST},
        {225, 1, KERN_NOT_SUPPORTED, KERN_INVALID_ARGUMENT},
        {228, 1, KERN_NOT_SUPPORTED, KERN_NOT_SUPPORTED},
        {409, 2, KERN_NOT_SUPPORTED, KERN_NOT_SUPPORTED},
        {410, 1, KERN_NOT_SUPPORTED, KERN_NOT_SUPPORTED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_code(ask_plain(cases[i].id, host, cases[i].words, 0, 0), cases[i].code);
        assert_code(ask_plain(cases[i].id, SELF, cases[i].words, 0, 0), cases[i].elsewhere);
    }
    mach_port_t thread = mach_thread_self();
    assert_code(ask_with_port(405, host, thread, COPY_SEND, 1, 1), KERN_NOT_SUPPORTED);
    assert_code(ask_with_port(405, SELF, thread, COPY_SEND, 1, 1), KERN_INVALID_ARGUMENT);
    assert_code(ask_with_port(406, host, SELF, COPY_SEND, 5, 0, 0, 4096, 0, 1), KERN_NOT_SUPPORTED);
    assert_code(ask_with_port(406, SELF, SELF, COPY_SEND, 5, 0, 0, 4096, 0, 1), KERN_INVALID_HOST);
    assert_success(mach_port_deallocate(SELF, thread));
    // With memory, which ends.
    const struct {
        mach_msg_id_t id;
        size_t size;
    } carriers[] = {{411, 64}, {425, 60}};
    for (size_t i = 0; i < COUNT_OF(carriers); i++) {
        static char bytes[100];
        struct mig_message message;
        begin_complex(&message, host, carriers[i].id, carriers[i].size);
        mach_msg_ool_descriptor_t *memory = (mach_msg_ool_descriptor_t *)(message.bytes + 28);
        memory->address = bytes;
        memory->size = sizeof(bytes);
        memory->copy = MACH_MSG_VIRTUAL_COPY;
        memory->type = MACH_MSG_OOL_DESCRIPTOR;
        set_word(&message, carriers[i].size - 4, sizeof(bytes));
        assert_code(exchange_simple(&message), KERN_NOT_SUPPORTED);
    }
}

// ---- slot_name

// H25
static void types_of_machines_have_names(void **state) {
    (void)state;
    const struct {
        cpu_type_t type;
        cpu_subtype_t subtype;
        const char *name, *subname;
    } cases[] = {
        {CPU_TYPE_X86_64, CPU_SUBTYPE_X86_64_ALL, "x86-64", "x86-64"},
        {CPU_TYPE_X86_64, CPU_SUBTYPE_X86_64_H, "x86-64", "x86-64 Haswell"},
        {CPU_TYPE_X86_64, (cpu_subtype_t)(CPU_SUBTYPE_X86_64_ALL | CPU_SUBTYPE_LIB64), "x86-64", "x86-64"},
        {CPU_TYPE_I386, CPU_SUBTYPE_I386_ALL, "x86", "Intel 80386"},
        {CPU_TYPE_I386, CPU_SUBTYPE_PENTII_M5, "x86", "Intel Pentium II, model 5"},
        {CPU_TYPE_I386, CPU_SUBTYPE_XEON_MP, "x86", "Intel Xeon MP"},
        {CPU_TYPE_I386, CPU_SUBTYPE_INTEL(15, 15), "x86", "unknown"},
        {CPU_TYPE_ARM64, CPU_SUBTYPE_ARM64_V8, "arm64", "ARM64 v8"},
        {CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V7EM, "arm", "ARM v7E-M"},
        {CPU_TYPE_ARM, 1, "arm", "unknown"},
        {CPU_TYPE_POWERPC, CPU_SUBTYPE_POWERPC_750, "ppc", "PowerPC 750"},
        {CPU_TYPE_POWERPC64, CPU_SUBTYPE_POWERPC_970, "ppc64", "PowerPC 970"},
        {CPU_TYPE_VAX, CPU_SUBTYPE_UVAXIII, "vax", "MicroVAX III"},
        {CPU_TYPE_MC680x0, CPU_SUBTYPE_MC68030_ONLY, "mc680x0", "MC68030"},
        {CPU_TYPE_MC88000, CPU_SUBTYPE_MC88110, "mc88000", "MC88110"},
        {CPU_TYPE_MC98000, CPU_SUBTYPE_MC98601, "mc98000", "MC98601"},
        {CPU_TYPE_HPPA, CPU_SUBTYPE_HPPA_7100LC, "hppa", "HP PA-RISC 7100LC"},
        {CPU_TYPE_SPARC, CPU_SUBTYPE_SPARC_ALL, "sparc", "SPARC"},
        {CPU_TYPE_I860, CPU_SUBTYPE_I860_860, "i860", "Intel 80860"},
        {8, CPU_SUBTYPE_MIPS_R3000, "mips", "MIPS R3000"},
        {CPU_TYPE_ANY, CPU_SUBTYPE_MULTIPLE, "unknown", "unknown"},
        {0, 0, "unknown", "unknown"},
        {2, 3, "unknown", "unknown"},
        {INT32_MAX, INT32_MIN, "unknown", "unknown"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *name = NULL, *subname = NULL;
        slot_name(cases[i].type, cases[i].subtype, &name, &subname);
        assert_string_equal(name, cases[i].name);
        assert_string_equal(subname, cases[i].subname);
        char *alone = NULL;
        slot_name(cases[i].type, cases[i].subtype, &alone, NULL);
        assert_ptr_equal(alone, name);
        slot_name(cases[i].type, cases[i].subtype, NULL, &alone);
        assert_string_equal(alone, subname);
    }
    slot_name(CPU_TYPE_ARM64, 0, NULL, NULL);
    // No two subtypes of a type are called the same.
    for (cpu_subtype_t one = 0; one < 256; one++) {
        for (cpu_subtype_t other = 0; other < one; other++) {
            char *name, *same;
            slot_name(CPU_TYPE_X86, one, NULL, &name);
            slot_name(CPU_TYPE_X86, other, NULL, &same);
            assert_true(strcmp(name, same) != 0 || strcmp(name, "unknown") == 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HOST_TEST(the_host_counts_its_processors_and_memory),
        HOST_TEST(cores_are_told_from_processors),
        HOST_TEST(processors_that_the_process_must_not_use_count),
        HOST_TEST(the_kind_of_machine_has_a_name),
        HOST_TEST(old_programs_have_room_for_five_words),
        HOST_TEST(scheduling_is_told),
        HOST_TEST(the_scale_of_priorities_is_told),
        HOST_TEST(other_flavors_have_codes_of_their_own),
        HOST_TEST(the_system_has_a_version),
        HOST_TEST(the_command_line_is_told),
        HOST_TEST(pages_have_a_size),
        HOST_TEST(the_host_alone_tells_of_itself),
        HOST_TEST(null_outputs_are_invalid_arguments),
        HOST_TEST(there_is_no_port_for_devices_and_no_pager),
        HOST_TEST(the_pagers_port_is_kept),
        HOST_TEST(the_port_for_notices_is_a_special_port),
        HOST_TEST(the_machine_is_not_started_anew),
        HOST_TEST(no_one_tells_that_the_time_of_day_was_set),
        HOST_TEST(the_kernels_insides_are_not_told),
        HOST_TEST(nor_by_message),
        HOST_TEST(types_of_machines_have_names),
    };
    return RUN(tests);
}

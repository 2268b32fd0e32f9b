// The routines of the host, its processors and their set with each of their allocations and system calls failing, one after another, by call and by message: a documented code or no answer (K12), nothing lost, and the same then works. Rows H23, K12.
#include "memory_allocator.h"

#include "host_support.h"

#include <mach/host_reboot.h>

#define LOST_RIGHTS (MACH_RCV_BODY_ERROR | MACH_MSG_IPC_KERNEL)

// What operations work on, in a task of their own.
static struct {
    mach_port_t host, set, control, processor, port;
    bool by_message;
    const struct host_way *way;
} it;

struct operation {
    const char *name;
    kern_return_t (*call)(void);
    kern_return_t code;  // with memory
    kern_return_t other; // without something, besides KERN_RESOURCE_SHORTAGE
};

// ---- What is told

static integer_t words[256];
static mach_msg_type_number_t room;
static mach_port_t *list;

static kern_return_t give_back(kern_return_t code, void *array, size_t size) {
    // What could not be given back is there, and goes at the next try.
    if (code == KERN_SUCCESS && vm_deallocate(SELF, (vm_address_t)array, room * size) != KERN_SUCCESS) {
        (void)stop_failing();
        if (vm_deallocate(SELF, (vm_address_t)array, room * size) != KERN_SUCCESS) return -1;
    }
    return code;
}

#define WORDS(function, member, port, flavor)                                                                          \
    static kern_return_t function(void) {                                                                              \
        room = 68;                                                                                                     \
        return it.way->member(port, flavor, words, &room);                                                             \
    }
WORDS(basic_info, info, it.host, HOST_BASIC_INFO)
WORDS(load_info, statistics, it.host, HOST_LOAD_INFO)
WORDS(priv_load_info, priv_statistics, it.host, HOST_CPU_LOAD_INFO)
WORDS(memory_info, statistics64, it.host, HOST_VM_INFO64)
WORDS(set_load, set_statistics, it.set, PROCESSOR_SET_LOAD_INFO)

static kern_return_t version(void) {
    kernel_version_t text;
    return it.way->kernel_version(it.host, text);
}
static kern_return_t boot_info(void) {
    static kernel_boot_info_t text;
    return it.way->boot_info(it.host, text);
}
static kern_return_t page_size(void) {
    vm_size_t size;
    return it.way->page_size(it.host, &size);
}
static kern_return_t processor_infos(void) {
    natural_t processors;
    processor_info_array_t array = NULL;
    kern_return_t code = it.way->processor_infos(it.host, PROCESSOR_CPU_LOAD_INFO, &processors, &array, &room);
    return give_back(code, array, sizeof(*array));
}
static kern_return_t one_processor(void) {
    mach_port_t owner;
    room = 12;
    return it.way->processor(it.processor, PROCESSOR_BASIC_INFO, &owner, words, &room);
}
static kern_return_t set_info(void) {
    mach_port_t owner;
    room = 5;
    return it.way->set_info(it.set, PROCESSOR_SET_BASIC_INFO, &owner, words, &room);
}

#define LIST(function, member, port)                                                                                   \
    static kern_return_t function(void) {                                                                              \
        list = NULL;                                                                                                   \
        kern_return_t code = it.way->member(port, &list, &room);                                                       \
        return give_back(code, list, sizeof(*list));                                                                   \
    }
LIST(list_processors, processors, it.host)
LIST(list_sets, processor_sets, it.host)
LIST(list_tasks, tasks, it.control)
LIST(list_threads, threads, it.control)

static mach_port_t got;
static kern_return_t default_set(void) { return it.way->default_set(it.host, &got); }
static kern_return_t set_priv(void) { return it.way->set_priv(it.host, it.set, &got); }
static kern_return_t assignment(void) { return it.way->assignment(it.processor, &got); }

// ---- Ports that are kept, and what is refused

#define EITHER(function, call, message)                                                                                \
    static kern_return_t function(void) { return it.by_message ? (message) : (call); }

EITHER(io_master, host_get_io_master(it.host, &got), ask_for_port(205, it.host, &got))
EITHER(set_pager, set_dp_control_port(it.host, it.port), ask_with_port(421, it.host, it.port, COPY_SEND, 0))
EITHER(get_pager, get_dp_control_port(it.host, &got), ask_for_port(422, it.host, &got))
EITHER(set_notices, host_set_UNDServer(it.host, it.port), ask_with_port(423, it.host, it.port, COPY_SEND, 0))
EITHER(get_notices, host_get_UNDServer(it.host, &got), ask_for_port(424, it.host, &got))
static mach_port_t pager;
EITHER(default_pager, host_default_memory_manager(it.host, &pager, 0),
       ask_with_port(403, it.host, it.port, COPY_SEND, 1, 0))
EITHER(start, processor_start(it.processor), ask_plain(3000, it.processor, 0))
EITHER(stop, processor_exit(it.processor), ask_plain(3001, it.processor, 0))
EITHER(command, processor_control(it.processor, words, 0), ask_plain(3003, it.processor, 1, 0))
EITHER(assign, processor_assign(it.processor, it.control, 0),
       ask_with_port(3004, it.processor, it.control, COPY_SEND, 1, 0))
EITHER(create_set, processor_set_create(it.host, &got, &got), ask_plain(214, it.host, 0))
EITHER(destroy_set, processor_set_destroy(it.control), ask_plain(4001, it.control, 0))
EITHER(max_priority, processor_set_max_priority(it.control, 1, 0), ask_plain(4002, it.control, 2, 1, 0))
EITHER(enable, processor_set_policy_enable(it.control, 1), ask_plain(4003, it.control, 1, 1))
EITHER(disable, processor_set_policy_disable(it.control, 1, 0), ask_plain(4004, it.control, 2, 1, 0))
static unsigned stacks;
static vm_size_t size;
EITHER(stack_usage, processor_set_stack_usage(it.control, &stacks, &size, &size, &size, &size),
       ask_plain(4008, it.control, 0))
EITHER(reboot, host_reboot(it.host, HOST_REBOOT_HALT), ask_plain(401, it.host, 1, HOST_REBOOT_HALT))
EITHER(notification, host_request_notification(it.host, 0, it.port),
       ask_with_port(217, it.host, it.port, MAKE_SEND_ONCE, 1, 0))
static hash_info_bucket_array_t buckets;
static lockgroup_info_array_t groups;
static kmod_args_t modules;
static kmod_t module;
EITHER(table_info, host_virtual_physical_table_info(it.host, &buckets, &room), ask_plain(209, it.host, 0))
EITHER(lock_groups, host_lockgroup_info(it.host, &groups, &room), ask_plain(218, it.host, 0))
EITHER(module_info, kmod_get_info(it.host, &modules, &room), ask_plain(207, it.host, 0))
EITHER(make_module, kmod_create(it.host, 0, &module), ask_plain(409, it.host, 2, 0, 0))
EITHER(end_module, kmod_destroy(it.host, 1), ask_plain(410, it.host, 1, 1))
EITHER(activity, host_set_atm_diagnostic_flag(it.host, 1), ask_plain(225, it.host, 1, 1))
EITHER(users, host_set_multiuser_config_flags(it.host, 1), ask_plain(228, it.host, 1, 1))
EITHER(wire_thread, thread_wire(it.host, it.port, TRUE), ask_with_port(405, it.host, it.port, COPY_SEND, 1, 1))
static vm_address_t address;
EITHER(contiguous, vm_allocate_cpm(it.host, SELF, &address, 4096, 1),
       ask_with_port(406, it.host, SELF, COPY_SEND, 5, 0, 0, 4096, 0, 1))

static const struct operation operations[] = {
    {"host_info", basic_info, KERN_SUCCESS, 0},
    {"host_kernel_version", version, KERN_SUCCESS, 0},
    {"_host_page_size", page_size, KERN_SUCCESS, 0},
    {"host_processor_info", processor_infos, KERN_SUCCESS, 0},
    {"host_get_io_master", io_master, KERN_SUCCESS, 0},
    {"kmod_get_info", module_info, KERN_NOT_SUPPORTED, 0},
    {"host_virtual_physical_table_info", table_info, KERN_FAILURE, 0},
    {"processor_set_default", default_set, KERN_SUCCESS, 0},
    {"processor_set_create", create_set, KERN_FAILURE, 0},
    {"host_statistics", load_info, KERN_SUCCESS, 0},
    {"host_request_notification", notification, KERN_NOT_SUPPORTED, 0},
    {"host_lockgroup_info", lock_groups, KERN_NOT_SUPPORTED, 0},
    {"host_statistics64", memory_info, KERN_SUCCESS, 0},
    {"host_set_atm_diagnostic_flag", activity, KERN_NOT_SUPPORTED, 0},
    {"host_set_multiuser_config_flags", users, KERN_NOT_SUPPORTED, 0},
    {"host_get_boot_info", boot_info, KERN_SUCCESS, 0},
    {"host_reboot", reboot, KERN_NOT_SUPPORTED, 0},
    {"host_priv_statistics", priv_load_info, KERN_SUCCESS, 0},
    {"host_default_memory_manager", default_pager, KERN_SUCCESS, KERN_NO_ACCESS},
    {"thread_wire", wire_thread, KERN_NOT_SUPPORTED, 0},
    {"vm_allocate_cpm", contiguous, KERN_NOT_SUPPORTED, 0},
    {"host_processors", list_processors, KERN_SUCCESS, 0},
    {"kmod_create", make_module, KERN_NOT_SUPPORTED, 0},
    {"kmod_destroy", end_module, KERN_NOT_SUPPORTED, 0},
    {"host_processor_sets", list_sets, KERN_SUCCESS, 0},
    {"host_processor_set_priv", set_priv, KERN_SUCCESS, 0},
    {"set_dp_control_port", set_pager, KERN_SUCCESS, 0},
    {"get_dp_control_port", get_pager, KERN_SUCCESS, 0},
    {"host_set_UNDServer", set_notices, KERN_SUCCESS, 0},
    {"host_get_UNDServer", get_notices, KERN_SUCCESS, 0},
    {"processor_start", start, KERN_FAILURE, 0},
    {"processor_exit", stop, KERN_NOT_SUPPORTED, 0},
    {"processor_info", one_processor, KERN_SUCCESS, 0},
    {"processor_control", command, KERN_FAILURE, 0},
    {"processor_assign", assign, KERN_FAILURE, 0},
    {"processor_get_assignment", assignment, KERN_SUCCESS, 0},
    {"processor_set_statistics", set_load, KERN_SUCCESS, 0},
    {"processor_set_destroy", destroy_set, KERN_FAILURE, 0},
    {"processor_set_max_priority", max_priority, KERN_INVALID_ARGUMENT, 0},
    {"processor_set_policy_enable", enable, KERN_INVALID_ARGUMENT, 0},
    {"processor_set_policy_disable", disable, KERN_INVALID_ARGUMENT, 0},
    {"processor_set_tasks", list_tasks, KERN_SUCCESS, 0},
    {"processor_set_threads", list_threads, KERN_SUCCESS, 0},
    {"processor_set_stack_usage", stack_usage, KERN_NOT_SUPPORTED, 0},
    {"processor_set_info", set_info, KERN_SUCCESS, 0},
};
_Static_assert(COUNT_OF(operations) == 45, "as test_memory_routines.c says");

// ---- Trials

static bool may_be(const struct operation *operation, kern_return_t code) {
    if (code == operation->code || code == KERN_RESOURCE_SHORTAGE) return true;
    if (operation->other != 0 && code == operation->other) return true;
    if (!it.by_message) return false;
    return code == MACH_SEND_NO_BUFFER || code == MACH_RCV_TIMED_OUT || code == MIG_SERVER_DIED || code == LOST_RIGHTS;
}

static void prepare(size_t way) {
    it.by_message = way == 1;
    it.way = &host_ways[way];
    it.host = mach_host_self();
    it.port = port_with_send();
    pager = MACH_PORT_NULL;
    mach_port_t *processors;
    mach_msg_type_number_t count;
    assert_success(processor_set_default(it.host, &it.set));
    assert_success(host_processor_set_priv(it.host, it.set, &it.control));
    assert_success(host_processors(it.host, &processors, &count));
    it.processor = processors[0];
    assert_success(vm_deallocate(SELF, (vm_address_t)processors, count * sizeof(*processors)));
    open_reply_port();
}

static mach_linux_statistics_data_t counts(void) {
    mach_linux_statistics_data_t now;
    mach_linux_trim();
    mach_linux_statistics(&now);
    return now;
}

// False when nothing failed any more.
static bool attempt(const struct operation *operation, size_t way, enum fault fault, enum failing failing, unsigned n) {
    mach_linux_statistics_data_t before = counts();
    task_t task = make_task();
    enter(task);
    prepare(way);
    mach_linux_trim();
    fail_next(fault, failing, n);
    kern_return_t code = operation->call();
    bool reached = stop_failing();
    if (!may_be(operation, code))
        fail_msg("%s, %s, %s %u: code %d (0x%x)", operation->name, it.way->name,
                 fault == ALLOCATION ? "allocation" : "system call", n, code, code);
    if (code == LOST_RIGHTS) drop_reply();
    close_reply_port();
    open_reply_port();
    kern_return_t again = operation->call();
    if (again != operation->code && (operation->other == 0 || again != operation->other))
        fail_msg("%s, %s, after %u: code %d (0x%x)", operation->name, it.way->name, n, again, again);
    if (operation->call == set_pager) assert_success(set_dp_control_port(it.host, MACH_PORT_NULL));
    if (operation->call == set_notices) assert_success(host_set_UNDServer(it.host, MACH_PORT_NULL));
    close_reply_port();
    leave();
    end_task(task);
    mach_linux_statistics_data_t after = counts();
    if (memcmp(&before, &after, sizeof(before)) != 0)
        fail_msg("%s, %s, %u: something is left: ports %d, rights %d, messages %d, regions %d", operation->name,
                 it.way->name, n, (int)(after.ports - before.ports), (int)(after.rights - before.rights),
                 (int)(after.messages - before.messages), (int)(after.memory_regions - before.memory_regions));
    return reached;
}

static void try_all(enum fault fault) {
    for (size_t i = 0; i < COUNT_OF(operations); i++) {
        for (size_t way = 0; way < 2; way++) {
            for (enum failing failing = ONE; failing <= ALL; failing++) {
                unsigned n = 1;
                while (attempt(&operations[i], way, fault, failing, n)) {
                    if (++n > 200) fail_msg("%s needs something without end", operations[i].name);
                }
                // A request and its reply are memory, at least.
                if (way == 1 && fault == ALLOCATION && n < 3)
                    fail_msg("%s by message: %u allocations", operations[i].name, n - 1);
            }
        }
    }
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    need_failing_allocations();
    try_all(ALLOCATION);
}

static void every_system_call_may_fail(void **state) {
    (void)state;
    if (!library_injects()) skip();
    try_all(SYSTEM_CALL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(every_allocation_may_fail),
        TASK_TEST(every_system_call_may_fail),
    };
    return TASK_RUN(tests);
}

// What a program has from the start: its task, host and thread ports, reply ports, pages and memory.
#include "support.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mach/mach_vm.h>

static const char lose_task_argument[] = "--lose-the-task-port";
static const char *program;

// ---- The task's own port

static void the_task_port_is_there_before_main(void **state) {
    (void)state;
    assert_int_equal(mach_task_self_, 0x103); // N3
    assert_int_equal(mach_task_self(), mach_task_self_);
    assert_int_equal(current_task(), mach_task_self_);
    assert_int_equal(type(SELF), MACH_PORT_TYPE_SEND);
    assert_int_equal(mach_init(), 0);
    assert_int_equal(mach_init(), 0);
    assert_int_equal(mach_task_self_, 0x103);
}

static void the_macro_adds_no_reference_and_the_functions_one_each(void **state) {
    (void)state;
    mach_port_urefs_t start = refs(SELF, MACH_PORT_RIGHT_SEND);
    for (int i = 0; i < 10; i++) assert_int_equal(mach_task_self(), 0x103); // R15
    assert_int_equal(refs(SELF, MACH_PORT_RIGHT_SEND), start);              // R15
    assert_int_equal((mach_task_self)(), 0x103);                            // R15
    assert_int_equal(refs(SELF, MACH_PORT_RIGHT_SEND), start + 1);          // R15
    assert_int_equal(task_self_trap(), 0x103);
    assert_int_equal(refs(SELF, MACH_PORT_RIGHT_SEND), start + 2); // R15
    assert_success(mach_port_deallocate(SELF, SELF));              // X3
    assert_success(mach_port_mod_refs(SELF, SELF, MACH_PORT_RIGHT_SEND, -1));
    assert_int_equal(refs(SELF, MACH_PORT_RIGHT_SEND), start);
}

static void task_host_and_thread_references_stop_at_65534(void **state) {
    (void)state;
    mach_port_t (*calls[])(void) = {mach_task_self, mach_host_self, mach_thread_self,
                                    task_self_trap, host_self_trap, thread_self_trap};
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        mach_port_t name = calls[i]();
        mach_port_urefs_t start = refs(name, MACH_PORT_RIGHT_SEND);
        assert_success(mach_port_mod_refs(SELF, name, MACH_PORT_RIGHT_SEND, 65534 - (mach_port_delta_t)start));
        assert_int_equal(calls[i](), name);
        assert_int_equal(refs(name, MACH_PORT_RIGHT_SEND), 65534); // R16
        assert_success(mach_port_mod_refs(SELF, name, MACH_PORT_RIGHT_SEND, (mach_port_delta_t)start - 65535));
    }
}

// In a process of its own: the exit status names the step that failed.
static int lose_task(void) {
    mach_port_type_t it = 77;
    mach_port_t port = 0;
    if (mach_port_allocate(0x103, MACH_PORT_RIGHT_RECEIVE, &port) != KERN_SUCCESS) return 1;
    if (mach_port_destroy(0x103, 0x103) != KERN_SUCCESS) return 2; // X3: an ordinary name
    if (mach_port_type(0x103, port, &it) != KERN_INVALID_TASK) return 3;
    if (it != 77) return 4;
    mach_port_t task = task_self_trap();
    if (!MACH_PORT_VALID(task)) return 5;
    mach_port_urefs_t count = 77;
    if (mach_port_get_refs(task, task, MACH_PORT_RIGHT_SEND, &count) != KERN_SUCCESS || count != 1) return 6;
    if (mach_port_type(task, port, &it) != KERN_SUCCESS || it != MACH_PORT_TYPE_RECEIVE) return 7;
    if (mach_port_destroy(task, port) != KERN_SUCCESS) return 8;
    return 0;
}

static void the_name_of_the_task_port_may_be_lost_and_had_again(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/proc/self/exe", program, lose_task_argument, (char *)NULL);
        _exit(126);
    }
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
}

static void the_task_port_is_an_ordinary_send_right(void **state) {
    (void)state;
    struct picture picture = take_picture();
    assert_code(mach_port_mod_refs(SELF, SELF, MACH_PORT_RIGHT_RECEIVE, -1), KERN_INVALID_RIGHT); // X3
    assert_code(mach_port_mod_refs(SELF, SELF, MACH_PORT_RIGHT_DEAD_NAME, -1), KERN_INVALID_RIGHT);
    assert_success(mach_port_mod_refs(SELF, SELF, MACH_PORT_RIGHT_SEND, 5)); // X3
    assert_success(mach_port_mod_refs(SELF, SELF, MACH_PORT_RIGHT_SEND, -5));
    assert_unchanged(picture);
}

// ---- The host's port

static void the_host_port_gains_a_reference_with_each_call(void **state) {
    (void)state;
    mach_port_t host = mach_host_self();
    assert_int_equal(type(host), MACH_PORT_TYPE_SEND);
    assert_int_not_equal(host, SELF);
    mach_port_urefs_t start = refs(host, MACH_PORT_RIGHT_SEND);
    assert_int_equal(mach_host_self(), host);
    assert_int_equal(refs(host, MACH_PORT_RIGHT_SEND), start + 1); // R15
    assert_int_equal(host_self_trap(), host);
    assert_int_equal(refs(host, MACH_PORT_RIGHT_SEND), start + 2); // R15
    assert_success(mach_port_mod_refs(SELF, host, MACH_PORT_RIGHT_SEND, -3));
}

static void the_host_port_name_goes_with_its_last_reference(void **state) {
    (void)state;
    mach_port_t host = mach_host_self();
    assert_success(mach_port_destroy(SELF, host)); // X3
    assert_int_equal(type(host), MACH_PORT_TYPE_NONE);
    host = mach_host_self();
    assert_int_equal(refs(host, MACH_PORT_RIGHT_SEND), 1); // X3
    assert_success(mach_port_deallocate(SELF, host));
    assert_int_equal(type(host), MACH_PORT_TYPE_NONE);
    assert_code(mach_port_deallocate(SELF, host), KERN_INVALID_NAME);
}

// ---- Thread ports

static int64_t name_of_this_thread(void *unused) {
    (void)unused;
    mach_port_t first = mach_thread_self(), second = thread_self_trap();
    return first == second ? (int64_t)first : -1;
}

static int64_t name_of_the_host(void *unused) {
    (void)unused;
    return mach_host_self();
}

static void the_thread_port_gains_a_reference_with_each_call(void **state) {
    (void)state;
    mach_port_t thread = mach_thread_self();
    assert_int_equal(type(thread), MACH_PORT_TYPE_SEND);
    mach_port_urefs_t start = refs(thread, MACH_PORT_RIGHT_SEND);
    assert_int_equal(mach_thread_self(), thread);
    assert_int_equal(refs(thread, MACH_PORT_RIGHT_SEND), start + 1); // R15
    assert_int_equal(thread_self_trap(), thread);
    assert_int_equal(refs(thread, MACH_PORT_RIGHT_SEND), start + 2); // R15
    assert_success(mach_port_mod_refs(SELF, thread, MACH_PORT_RIGHT_SEND, -3));
}

static void each_thread_has_a_port_that_dies_with_it(void **state) {
    (void)state;
    mach_port_t mine = mach_thread_self();
    struct test_thread thread;
    start_thread(&thread, name_of_this_thread, NULL);
    int64_t name = join_thread(&thread);
    assert_true(name > 0);
    assert_int_not_equal(name, mine);
    assert_int_equal(type((mach_port_t)name), MACH_PORT_TYPE_DEAD_NAME); // X3
    assert_int_equal(refs((mach_port_t)name, MACH_PORT_RIGHT_DEAD_NAME), 2);
    assert_success(mach_port_deallocate(SELF, (mach_port_t)name));
    assert_success(mach_port_deallocate(SELF, (mach_port_t)name));
    assert_int_equal(type((mach_port_t)name), MACH_PORT_TYPE_NONE);
    assert_int_equal(type(mine), MACH_PORT_TYPE_SEND);
    assert_success(mach_port_deallocate(SELF, mine));
}

static void all_threads_have_one_host_port(void **state) {
    (void)state;
    mach_port_t host = mach_host_self();
    mach_port_urefs_t start = refs(host, MACH_PORT_RIGHT_SEND);
    struct test_thread thread;
    start_thread(&thread, name_of_the_host, NULL);
    assert_int_equal(join_thread(&thread), host);
    assert_int_equal(refs(host, MACH_PORT_RIGHT_SEND), start + 1);
    assert_success(mach_port_mod_refs(SELF, host, MACH_PORT_RIGHT_SEND, -2));
}

// ---- Reply ports

static void a_reply_port_is_a_bare_receive_right(void **state) {
    (void)state;
    mach_port_t first = mach_reply_port(), second = mach_reply_port();
    assert_int_not_equal(first, second);
    assert_int_equal(type(first), MACH_PORT_TYPE_RECEIVE); // R15
    mach_port_status_t it = status(first);
    assert_int_equal(it.mps_qlimit, 5);
    assert_int_equal(it.mps_mscount, 0);
    assert_int_equal(it.mps_srights, 0);
    assert_int_equal(it.mps_sorights, 0);
    assert_code(send_simple(first, MACH_MSG_TYPE_MAKE_SEND_ONCE, 3), MACH_MSG_SUCCESS);
    mach_msg_id_t id = 0;
    assert_code(receive_simple(first, &id), MACH_MSG_SUCCESS);
    assert_int_equal(id, 3);
    kill_port(first);
    kill_port(second);
}

// ---- Pages and memory

// How msync sees the page: mapped or not.
static bool is_mapped(vm_address_t address) { return msync((void *)address, vm_page_size, MS_ASYNC) == 0; }

static void the_page_size_is_the_systems(void **state) {
    (void)state;
    assert_int_equal(vm_page_size, sysconf(_SC_PAGESIZE));
    assert_int_equal(vm_page_mask, vm_page_size - 1);
    assert_int_equal((vm_size_t)1 << vm_page_shift, vm_page_size);
}

static void allocated_memory_is_zero_and_can_be_written(void **state) {
    (void)state;
    vm_size_t sizes[] = {1, vm_page_size - 1, vm_page_size, vm_page_size + 1, 1000000, 64 << 20};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        vm_address_t address = 0x5a5a5a5a;
        assert_success(vm_allocate(SELF, &address, sizes[i], VM_FLAGS_ANYWHERE));
        assert_int_not_equal(address, 0);
        assert_int_equal(address & vm_page_mask, 0);
        volatile unsigned char *bytes = (volatile unsigned char *)address;
        vm_size_t whole = (sizes[i] + vm_page_mask) & ~(vm_size_t)vm_page_mask;
        for (vm_size_t offset = 0; offset < whole; offset += 509) assert_int_equal(bytes[offset], 0);
        bytes[0] = 1;
        bytes[whole - 1] = 2; // to the end of the page
        assert_int_equal(bytes[whole - 1], 2);
        assert_success(vm_deallocate(SELF, address, sizes[i]));
        mach_linux_trim(); // single pages are kept for the next request
        assert_false(is_mapped(address));

        mach_vm_address_t wide = 0x5a5a5a5a;
        assert_success(mach_vm_allocate(SELF, &wide, sizes[i], VM_FLAGS_ANYWHERE));
        *(volatile unsigned char *)wide = 1;
        assert_success(mach_vm_deallocate(SELF, wide, sizes[i]));
        mach_linux_trim();
        assert_false(is_mapped(wide));
    }
}

static void part_of_a_region_may_be_given_back(void **state) {
    (void)state;
    vm_address_t address = 0;
    assert_success(vm_allocate(SELF, &address, 6 * vm_page_size, VM_FLAGS_ANYWHERE));
    for (int i = 0; i < 6; i++) ((char *)address)[i * (long)vm_page_size] = (char)('a' + i);
    // The range is widened to whole pages.
    assert_success(vm_deallocate(SELF, address + 2 * vm_page_size + 100, vm_page_size));
    assert_true(is_mapped(address + vm_page_size));
    assert_false(is_mapped(address + 2 * vm_page_size));
    assert_false(is_mapped(address + 3 * vm_page_size));
    assert_true(is_mapped(address + 4 * vm_page_size));
    assert_int_equal(((char *)address)[0], 'a');
    assert_int_equal(((char *)address)[vm_page_size], 'b');
    assert_int_equal(((char *)address)[4 * vm_page_size], 'e');
    assert_int_equal(((char *)address)[5 * vm_page_size], 'f');
    assert_success(vm_deallocate(SELF, address, 2 * vm_page_size));
    assert_success(vm_deallocate(SELF, address + 4 * vm_page_size, 2 * vm_page_size));
    assert_false(is_mapped(address));
    assert_false(is_mapped(address + 5 * vm_page_size));
}

static void neighbouring_regions_go_with_one_call(void **state) {
    (void)state;
    vm_address_t address = 0;
    assert_success(vm_allocate(SELF, &address, 3 * vm_page_size, VM_FLAGS_ANYWHERE));
    assert_success(vm_deallocate(SELF, address, 3 * vm_page_size));
    for (vm_size_t i = 0; i < 3; i++) {
        vm_address_t page = address + i * vm_page_size;
        assert_success(vm_allocate(SELF, &page, vm_page_size, VM_FLAGS_FIXED));
        assert_int_equal(page, address + i * vm_page_size);
    }
    assert_success(vm_deallocate(SELF, address, 3 * vm_page_size));
    assert_false(is_mapped(address + vm_page_size));
}

static void memory_at_a_fixed_address(void **state) {
    (void)state;
    vm_address_t address = 0;
    assert_success(vm_allocate(SELF, &address, 4 * vm_page_size, VM_FLAGS_ANYWHERE));
    assert_success(vm_deallocate(SELF, address, 4 * vm_page_size));
    vm_address_t fixed = address + vm_page_size + 123;
    assert_success(vm_allocate(SELF, &fixed, 1, VM_FLAGS_FIXED));
    assert_int_equal(fixed, address + vm_page_size); // rounded down
    *(char *)fixed = 'x';

    vm_address_t again = address;
    assert_code(vm_allocate(SELF, &again, 2 * vm_page_size, VM_FLAGS_FIXED), KERN_NO_SPACE);
    assert_int_equal(again, address);
    again = fixed + 5;
    assert_code(vm_allocate(SELF, &again, 1, VM_FLAGS_FIXED), KERN_NO_SPACE);
    assert_int_equal(again, fixed + 5);
    mach_vm_address_t wide = fixed;
    assert_code(mach_vm_allocate(SELF, &wide, 1, VM_FLAGS_FIXED), KERN_NO_SPACE);
    assert_int_equal(wide, fixed);
    assert_int_equal(*(char *)fixed, 'x');
    assert_false(is_mapped(address));

    again = fixed;
    assert_success(vm_allocate(SELF, &again, 1, VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE));
    assert_int_equal(again, fixed);
    assert_int_equal(*(volatile char *)fixed, 0);
    assert_success(vm_deallocate(SELF, fixed, 1));
}

static void size_zero_is_no_memory(void **state) {
    (void)state;
    vm_address_t address = 0x5a5a5a5a;
    assert_success(vm_allocate(SELF, &address, 0, VM_FLAGS_ANYWHERE));
    assert_int_equal(address, 0);
    address = 0x5a5a5a5a;
    assert_success(vm_allocate(SELF, &address, 0, VM_FLAGS_FIXED));
    assert_int_equal(address, 0);
    mach_vm_address_t wide = 0x5a5a5a5a;
    assert_success(mach_vm_allocate(SELF, &wide, 0, VM_FLAGS_ANYWHERE));
    assert_int_equal(wide, 0);
    vm_address_t addresses[] = {0, 1, vm_page_size, (vm_address_t)&address, ~(vm_address_t)0, (vm_address_t)1 << 63};
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        assert_success(vm_deallocate(SELF, addresses[i], 0));      // Choices
        assert_success(mach_vm_deallocate(SELF, addresses[i], 0)); // Choices
    }
}

static void impossible_memory_is_refused(void **state) {
    (void)state;
    vm_address_t address = 0x5a5a5000;
    // Sizes that vanish when rounded, and sizes that no address space has.
    assert_code(vm_allocate(SELF, &address, ~(vm_size_t)0, VM_FLAGS_ANYWHERE), KERN_INVALID_ARGUMENT);
    assert_code(vm_allocate(SELF, &address, ~(vm_size_t)0 - vm_page_size + 2, VM_FLAGS_ANYWHERE),
                KERN_INVALID_ARGUMENT);
    assert_code(vm_allocate(SELF, &address, ~(vm_size_t)0, VM_FLAGS_FIXED), KERN_INVALID_ARGUMENT);
    assert_code(vm_allocate(SELF, &address, (vm_size_t)1 << 62, VM_FLAGS_ANYWHERE), KERN_NO_SPACE);
    assert_code(vm_allocate(SELF, &address, (vm_size_t)1 << 63, VM_FLAGS_ANYWHERE), KERN_NO_SPACE);
    // Flags that are none.
    int flags[] = {0x4, 0x8, 0x80, 0x100, 0x800, 0x2000, 0x8000, 0x80000, 0x100000, 0x200000, 0x400000, 0x800000};
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        assert_code(vm_allocate(SELF, &address, vm_page_size, VM_FLAGS_ANYWHERE | flags[i]), KERN_INVALID_ARGUMENT);
        assert_code(vm_allocate(SELF, &address, 0, VM_FLAGS_ANYWHERE | flags[i]),
                    KERN_INVALID_ARGUMENT); // before the size
    }
    assert_int_equal(address, 0x5a5a5000);
    assert_code(vm_allocate(SELF, NULL, vm_page_size, VM_FLAGS_ANYWHERE), KERN_INVALID_ARGUMENT);
    assert_code(mach_vm_allocate(SELF, NULL, vm_page_size, VM_FLAGS_ANYWHERE), KERN_INVALID_ARGUMENT);
    // Ranges that pass the end of all addresses.
    assert_code(vm_deallocate(SELF, ~(vm_address_t)0, 2), KERN_INVALID_ARGUMENT);
    assert_code(vm_deallocate(SELF, vm_page_size, ~(vm_size_t)0), KERN_INVALID_ARGUMENT);
    assert_code(mach_vm_deallocate(SELF, ~(mach_vm_address_t)0, 2), KERN_INVALID_ARGUMENT);
}

static void memory_needs_a_task(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), dead = make_dead_name(1), host = mach_host_self(), thread = mach_thread_self();
    mach_port_t tasks[] = {MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03, port, dead, host, thread};
    vm_address_t kept = 0;
    assert_success(vm_allocate(SELF, &kept, vm_page_size, VM_FLAGS_ANYWHERE));
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        vm_address_t address = 0x5a5a5000;
        mach_vm_address_t wide = 0x5a5a5000;
        assert_code(vm_allocate(tasks[i], &address, vm_page_size, VM_FLAGS_ANYWHERE), KERN_INVALID_ARGUMENT);
        assert_code(mach_vm_allocate(tasks[i], &wide, vm_page_size, VM_FLAGS_ANYWHERE), KERN_INVALID_ARGUMENT);
        assert_code(vm_deallocate(tasks[i], kept, vm_page_size), KERN_INVALID_ARGUMENT);
        assert_code(mach_vm_deallocate(tasks[i], kept, vm_page_size), KERN_INVALID_ARGUMENT);
        assert_int_equal(address, 0x5a5a5000);
        assert_int_equal(wide, 0x5a5a5000);
        assert_true(is_mapped(kept));
    }
    assert_success(vm_deallocate(SELF, kept, vm_page_size));
    assert_success(mach_port_deallocate(SELF, host));
    assert_success(mach_port_deallocate(SELF, thread));
    destroy(port);
    destroy(dead);
}

int main(int count, char **arguments) {
    program = arguments[0];
    if (count > 1 && strcmp(arguments[1], lose_task_argument) == 0) return lose_task();
    const struct CMUnitTest tests[] = {
        TEST(the_task_port_is_there_before_main),
        TEST(the_macro_adds_no_reference_and_the_functions_one_each),
        TEST(task_host_and_thread_references_stop_at_65534),
        TEST(the_name_of_the_task_port_may_be_lost_and_had_again),
        TEST(the_task_port_is_an_ordinary_send_right),
        TEST(the_host_port_gains_a_reference_with_each_call),
        TEST(the_host_port_name_goes_with_its_last_reference),
        TEST(the_thread_port_gains_a_reference_with_each_call),
        TEST(each_thread_has_a_port_that_dies_with_it),
        TEST(all_threads_have_one_host_port),
        TEST(a_reply_port_is_a_bare_receive_right),
        TEST(the_page_size_is_the_systems),
        TEST(allocated_memory_is_zero_and_can_be_written),
        TEST(part_of_a_region_may_be_given_back),
        TEST(neighbouring_regions_go_with_one_call),
        TEST(memory_at_a_fixed_address),
        TEST(size_zero_is_no_memory),
        TEST(impossible_memory_is_refused),
        TEST(memory_needs_a_task),
    };
    return RUN(tests);
}

// Threads that change the same address space: entries made of memory while others unmap it, protections beside maximums, forks. What one does must not reach another's memory. Rows A4, A5, A10, A21, A24, A28.
#define _GNU_SOURCE // MAP_FIXED_NOREPLACE
#include "vm_support.h"

#include <sched.h>
#include <unistd.h>

enum { MOST = 4 };
static _Atomic bool is_over;

struct worker {
    struct test_thread thread;
    char *place;
    unsigned long seed;
    mach_port_t entry;
};
static struct worker workers[MOST];

static unsigned next_random(struct worker *worker, unsigned limit) {
    worker->seed = worker->seed * 6364136223846793005ul + 1442695040888963407ul;
    return (unsigned)(worker->seed >> 33) % limit;
}

static void run_together(unsigned count, int64_t (*const bodies[])(void *)) {
    is_over = false;
    for (unsigned i = 0; i < count; i++) {
        workers[i].seed = i * 977 + 5;
        start_thread(&workers[i].thread, bodies[i], &workers[i]);
    }
    // The first one says when it is enough.
    int64_t result = join_thread(&workers[0].thread);
    is_over = true;
    for (unsigned i = 1; i < count; i++) {
        int64_t other = join_thread(&workers[i].thread);
        if (other != 0) fail_msg("thread %u: %lld", i, (long long)other);
    }
    if (result != 0) fail_msg("thread 0: %lld", (long long)result);
}

// ---- Memory that is converted and unmapped

// Allocates at its place, fills, deallocates, maps something of its own there, and looks at it all the while.
static int64_t come_and_go(void *argument) {
    struct worker *it = argument;
    for (int round = 0; round < ROUNDS_OF(3000, 300); round++) {
        vm_address_t address = (vm_address_t)it->place;
        kern_return_t code = vm_allocate(SELF, &address, 4 * PAGE, VM_FLAGS_FIXED);
        if (code != KERN_SUCCESS) return code;
        memset((void *)address, 1, PAGE);
        if (next_random(it, 2)) sched_yield();
        if (vm_deallocate(SELF, address, 4 * PAGE) != KERN_SUCCESS) return -1;
        volatile char *mine =
            mmap(it->place, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (mine == MAP_FAILED) return -2; // someone's memory is where it was
        for (int page = 0; page < 4; page++) mine[page * PAGE] = 7;
        for (int look = 0; look < 20; look++)
            for (int page = 0; page < 4; page++)
                if (mine[page * PAGE] != 7) return -3;
        munmap(it->place, 4 * PAGE);
    }
    return 0;
}

// Makes entries of that memory, or shares it otherwise.
static int64_t convert_all_the_while(void *argument) {
    struct worker *it = argument;
    while (!is_over) {
        memory_object_size_t size = 4 * PAGE;
        mach_port_t entry = MACH_PORT_NULL;
        vm_address_t address = (vm_address_t)it->place;
        vm_address_t other = 0;
        int current, maximum;
        kern_return_t code;
        switch (next_random(it, 3)) {
        case 0:
            code = mach_make_memory_entry_64(SELF, &size, address, VM_PROT_READ, &entry, MACH_PORT_NULL);
            if (code == KERN_SUCCESS && mach_port_deallocate(SELF, entry) != KERN_SUCCESS) return -1;
            break;
        case 1:
            code = vm_remap(SELF, &other, 4 * PAGE, 0, VM_FLAGS_ANYWHERE, SELF, address, FALSE, &current, &maximum,
                            VM_INHERIT_COPY);
            if (code == KERN_SUCCESS && vm_deallocate(SELF, other, 4 * PAGE) != KERN_SUCCESS) return -2;
            break;
        default:
            code = vm_inherit(SELF, address, 4 * PAGE, VM_INHERIT_SHARE);
            break;
        }
        // A hole that is filled again when it is looked for is taken for a shortage.
        if (code != KERN_SUCCESS && code != KERN_INVALID_ADDRESS && code != KERN_NOT_SUPPORTED &&
            code != KERN_PROTECTION_FAILURE && code != KERN_RESOURCE_SHORTAGE)
            return code;
    }
    return 0;
}

static void unmapping_waits_for_a_conversion(void **state) {
    (void)state;
    workers[0].place = workers[1].place = far_place(4 * PAGE);
    run_together(2, (int64_t(*const[])(void *)){come_and_go, convert_all_the_while});
}

// ---- Protections and maximums

static int64_t lower_maximums(void *argument) {
    struct worker *it = argument;
    for (int round = 0; round < ROUNDS_OF(5000, 500); round++) {
        vm_address_t address = 0;
        if (vm_allocate(SELF, &address, 2 * PAGE, VM_FLAGS_ANYWHERE) != KERN_SUCCESS) return -1;
        __atomic_store_n(&workers[1].place, (char *)address, __ATOMIC_RELEASE);
        if (vm_protect(SELF, address, 2 * PAGE, TRUE, VM_PROT_READ) != KERN_SUCCESS) return -2;
        // Whatever others do, it is not more from now on.
        for (int look = 0; look < 3; look++) {
            struct vm_region_basic_info_64 info;
            vm_address_t start = address;
            vm_size_t size = 0;
            mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
            if (vm_region_64(SELF, &start, &size, VM_REGION_BASIC_INFO_64, (int *)&info, &count, NULL) != KERN_SUCCESS)
                return -3;
            if (info.protection & ~VM_PROT_READ || info.max_protection != VM_PROT_READ) return -4;
        }
        __atomic_store_n(&workers[1].place, NULL, __ATOMIC_RELEASE);
        if (vm_deallocate(SELF, address, 2 * PAGE) != KERN_SUCCESS) return -5;
        (void)it;
    }
    return 0;
}

static int64_t raise_protections(void *argument) {
    struct worker *it = argument;
    while (!is_over) {
        char *place = __atomic_load_n(&it->place, __ATOMIC_ACQUIRE);
        if (place == NULL) continue;
        kern_return_t code = vm_protect(SELF, (vm_address_t)place, PAGE, FALSE, VM_PROT_DEFAULT);
        if (code != KERN_SUCCESS && code != KERN_PROTECTION_FAILURE && code != KERN_INVALID_ADDRESS) return code;
    }
    return 0;
}

static void a_maximum_holds_against_others(void **state) {
    (void)state;
    workers[1].place = NULL;
    run_together(2, (int64_t(*const[])(void *)){lower_maximums, raise_protections});
}

// ---- Entries

// One entry that all map, copy and drop.
static int64_t use_entry(void *argument) {
    struct worker *it = argument;
    for (int round = 0; it == workers ? round < ROUNDS_OF(2000, 200) : !is_over; round++) {
        vm_address_t address = 0;
        boolean_t copy = next_random(it, 2) == 0;
        if (vm_map(SELF, &address, 2 * PAGE, 0, VM_FLAGS_ANYWHERE, it->entry, 0, copy, VM_PROT_READ, VM_PROT_READ,
                   VM_INHERIT_COPY) != KERN_SUCCESS)
            return -1;
        if (*(volatile char *)(address + PAGE) != 3) return -2;
        memory_object_size_t size = PAGE;
        mach_port_t part = MACH_PORT_NULL;
        if (mach_make_memory_entry_64(SELF, &size, PAGE, VM_PROT_READ, &part, it->entry) != KERN_SUCCESS) return -3;
        if (mach_port_deallocate(SELF, part) != KERN_SUCCESS) return -4;
        if (vm_deallocate(SELF, address, 2 * PAGE) != KERN_SUCCESS) return -5;
    }
    return 0;
}

static int child_of_many(void *argument) {
    const char *shared = argument;
    if (shared[PAGE] != 3) return 1;
    vm_address_t address = 0;
    if (vm_allocate(SELF, &address, PAGE, VM_FLAGS_ANYWHERE) != KERN_SUCCESS) return 2;
    return vm_protect(SELF, address, PAGE, FALSE, VM_PROT_READ) == KERN_SUCCESS ? 0 : 3;
}

static int64_t fork_all_the_while(void *argument) {
    struct worker *it = argument;
    while (!is_over) {
        int code = in_child(child_of_many, it->place);
        if (code != 0) return code;
    }
    return 0;
}

static void many_use_one_entry(void **state) {
    (void)state;
    mach_port_t entry = make_new_entry(2 * PAGE, 3);
    char *shared = map_entry(entry, 0, 2 * PAGE, 3);
    memset(shared + PAGE, 3, PAGE);
    for (int i = 0; i < MOST; i++) {
        workers[i].entry = entry;
        workers[i].place = shared;
    }
    run_together(4, (int64_t(*const[])(void *)){use_entry, use_entry, use_entry, fork_all_the_while});
    give_back_memory(shared, 2 * PAGE);
    assert_success(mach_port_deallocate(SELF, entry));
}

// Each its own, sent to a port that all receive from.
static int64_t send_entries(void *argument) {
    struct worker *it = argument;
    for (int round = 0; it == workers ? round < ROUNDS_OF(1000, 100) : !is_over; round++) {
        memory_object_size_t size = PAGE;
        mach_port_t entry = MACH_PORT_NULL;
        if (mach_make_memory_entry_64(SELF, &size, 0, MAP_MEM_NAMED_CREATE | 3, &entry, MACH_PORT_NULL) != KERN_SUCCESS)
            return -1;
        struct {
            mach_msg_header_t header;
            mach_msg_body_t body;
            mach_msg_port_descriptor_t right;
            mach_msg_trailer_t trailer;
        } message;
        memset(&message, 0, sizeof(message));
        message.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
        message.header.msgh_remote_port = it->entry; // the port
        message.body.msgh_descriptor_count = 1;
        message.right.name = entry;
        message.right.disposition = MOVE_SEND;
        kern_return_t code = mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof(message) - 8, 0,
                                      MACH_PORT_NULL, 0, MACH_PORT_NULL);
        if (code == MACH_SEND_TIMED_OUT) { // it comes back as it was
            if (mach_port_deallocate(SELF, message.right.name) != KERN_SUCCESS) return -2;
        } else if (code != MACH_MSG_SUCCESS) {
            return code;
        }
        code = mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), it->entry, 0,
                        MACH_PORT_NULL);
        if (code == MACH_RCV_TIMED_OUT) continue;
        if (code != MACH_MSG_SUCCESS) return code;
        vm_address_t address = 0;
        if (vm_map(SELF, &address, PAGE, 0, VM_FLAGS_ANYWHERE, message.right.name, 0, FALSE, 3, 3, VM_INHERIT_NONE) !=
            KERN_SUCCESS)
            return -3;
        *(volatile char *)address = 1;
        if (mach_port_deallocate(SELF, message.right.name) != KERN_SUCCESS) return -4;
        if (vm_deallocate(SELF, address, PAGE) != KERN_SUCCESS) return -5;
    }
    return 0;
}

static void entries_are_passed_around(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    for (int i = 0; i < MOST; i++) workers[i].entry = port;
    run_together(3, (int64_t(*const[])(void *)){send_entries, send_entries, send_entries});
    destroy(port);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(unmapping_waits_for_a_conversion),
        TASK_TEST(a_maximum_holds_against_others),
        TASK_TEST(many_use_one_entry),
        TASK_TEST(entries_are_passed_around),
    };
    return TASK_RUN(tests);
}

// Threads that change the same address space: entries made of memory while others unmap it, protections beside maximums, forks. What one does must not reach another's memory. Rows A4, A5, A10, A21, A24, A28.
#define _GNU_SOURCE // MAP_FIXED_NOREPLACE
#include "vm_support.h"

#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/syscall.h>
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

// ---- In the midst of a system call of the library's

// What a test does while the library's call is about to reach the system, or has just done so; once each time it is set.
static _Atomic(void (*)(void *place)) before_advice, before_move, before_sharing, after_failure, after_unmapping;
static char *watched;

static void happen(_Atomic(void (*)(void *)) *event, void *place) {
    if (place != watched || watched == NULL) return;
    void (*body)(void *) = atomic_exchange(event, NULL);
    if (body != NULL) body(place);
}

int madvise(void *address, size_t size, int advice) {
    if (advice == MADV_DONTNEED) happen(&before_advice, address);
    return (int)syscall(SYS_madvise, address, size, advice);
}

void *mremap(void *address, size_t size, size_t new_size, int flags, ...) {
    va_list list;
    va_start(list, flags);
    void *place = flags & MREMAP_FIXED ? va_arg(list, void *) : NULL;
    va_end(list);
    if (size == 0) happen(&before_sharing, address);
    happen(&before_move, place);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): so the system says where it is
    void *result = (void *)syscall(SYS_mremap, address, size, new_size, flags, place);
    if (result == MAP_FAILED && size == 0) happen(&after_failure, address);
    return result;
}

// A sanitizer's, where there is one.
int __interceptor_munmap(void *address, size_t size) __attribute__((weak));
int munmap(void *address, size_t size) {
    int result =
        __interceptor_munmap != NULL ? __interceptor_munmap(address, size) : (int)syscall(SYS_munmap, address, size);
    happen(&after_unmapping, address);
    return result;
}

// Says so, and gives another thread time to do its part, which it may only be able to after this.
static _Atomic int stage;
static void let_the_other_go_on(void *place) {
    (void)place;
    stage = 1;
    for (int i = 0; i < 200 && stage == 1; i++) usleep(1000);
}
static void await_stage(void) {
    while (stage == 0) sched_yield();
}

static int64_t purge_all(void *argument) {
    (void)argument;
    int state = 0;
    return vm_purgable_control(SELF, 0, VM_PURGABLE_PURGE_ALL, &state);
}

// A25: what is volatile may be given back while another thread empties it; what is mapped there then is not emptied.
static void what_is_purged_is_not_anothers(void **state) {
    (void)state;
    vm_address_t start = 0;
    int volatility = VM_PURGABLE_VOLATILE;
    assert_success(vm_allocate(SELF, &start, 4 * PAGE, VM_FLAGS_ANYWHERE | VM_FLAGS_PURGABLE));
    assert_success(vm_purgable_control(SELF, start, VM_PURGABLE_SET_STATE, &volatility));
    stage = 0;
    watched = (char *)start;
    before_advice = let_the_other_go_on;
    start_thread(&workers[0].thread, purge_all, NULL);
    await_stage();
    assert_success(vm_deallocate(SELF, start, 4 * PAGE));
    char *mine =
        mmap((void *)start, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    assert_ptr_equal(mine, (void *)start);
    memset(mine, 7, 4 * PAGE);
    stage = 2;
    assert_int_equal(join_thread(&workers[0].thread), 0);
    for (int page = 0; page < 4; page++) assert_int_equal(mine[page * PAGE], 7);
    watched = NULL;
    assert_int_equal(munmap(mine, 4 * PAGE), 0);
}

static void read_what_is_converted(void *place) {
    vm_offset_t data = 0;
    mach_msg_type_number_t count = 0;
    kern_return_t code = vm_read(SELF, (vm_address_t)place, 2 * PAGE, &data, &count);
    if (code == KERN_SUCCESS && *(char *)data == 3) code = vm_deallocate(SELF, data, count);
    stage = code == KERN_SUCCESS ? 5 : 1000 + code;
}

// A8, A21: memory stays memory while it becomes an entry.
static void what_is_converted_can_be_read(void **state) {
    (void)state;
    vm_address_t start = 0;
    assert_success(vm_allocate(SELF, &start, 2 * PAGE, VM_FLAGS_ANYWHERE));
    memset((void *)start, 3, 2 * PAGE);
    stage = 0;
    watched = (char *)start;
    before_move = read_what_is_converted;
    mach_port_t entry = make_entry((void *)start, 2 * PAGE, 3);
    watched = NULL;
    assert_int_equal(stage, 5);
    assert_success(mach_port_deallocate(SELF, entry));
    give_back_memory((void *)start, 2 * PAGE);
}

static int64_t map_over(void *argument) {
    struct worker *it = argument;
    vm_address_t start = (vm_address_t)it->place;
    kern_return_t code = vm_map(SELF, &start, 2 * PAGE, 0, VM_FLAGS_OVERWRITE, it->entry, 0, FALSE, 3, 3, 1);
    if (code == KERN_SUCCESS) memset(it->place, 9, 2 * PAGE);
    stage = 3;
    return code;
}
static void await_the_mapping(void *place) {
    (void)place;
    stage = 2;
    for (int i = 0; i < 200 && stage == 2; i++) usleep(1000);
}
static void let_it_be_converted(void *place) {
    before_move = await_the_mapping;
    let_the_other_go_on(place);
}

// A17, A21: what replaces memory that another thread makes an entry of comes before or after it, not between.
static void what_replaces_memory_stays(void **state) {
    (void)state;
    vm_address_t start = 0;
    assert_success(vm_allocate(SELF, &start, 2 * PAGE, VM_FLAGS_ANYWHERE));
    memset((void *)start, 3, 2 * PAGE);
    workers[0].place = (char *)start;
    workers[0].entry = make_new_entry(2 * PAGE, 3);
    stage = 0;
    watched = (char *)start;
    before_move = let_it_be_converted;
    start_thread(&workers[0].thread, map_over, &workers[0]);
    await_stage();
    mach_port_t entry = make_entry((void *)start, 2 * PAGE, 3);
    assert_int_equal(join_thread(&workers[0].thread), 0);
    watched = NULL;
    before_move = NULL;
    assert_int_equal(*(char *)start, 9);
    assert_int_equal(((char *)start)[PAGE], 9);
    assert_success(mach_port_deallocate(SELF, entry));
    assert_success(mach_port_deallocate(SELF, workers[0].entry));
    give_back_memory((void *)start, 2 * PAGE);
}

static char *place_of_mine, *mine_or_none;
static void put_private_memory(void *place) {
    assert_ptr_equal(mmap(place, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
                     place);
}
static void map_mine(void *place) {
    (void)place;
    char *mine =
        mmap(place_of_mine, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    mine_or_none = mine == MAP_FAILED ? NULL : mine;
}

// A19: what cannot be shared after all leaves its place to whoever got it meanwhile.
static void a_place_that_is_not_used_is_given_back_once(void **state) {
    (void)state;
    struct area area = make_area(ANON_SHARED, 2);
    vm_address_t place = (vm_address_t)far_place(2 * PAGE);
    int current = 0, maximum = 0;
    place_of_mine = (char *)place;
    watched = area.start;
    before_sharing = put_private_memory;
    after_failure = map_mine;
    assert_code(vm_remap(SELF, &place, 2 * PAGE, 0, VM_FLAGS_FIXED, SELF, (vm_address_t)area.start, FALSE, &current,
                         &maximum, VM_INHERIT_COPY),
                KERN_NOT_SUPPORTED);
    watched = NULL;
    assert_null(after_failure);
    assert_int_equal(is_mapped(place_of_mine), mine_or_none != NULL);
    if (mine_or_none != NULL) assert_int_equal(munmap(mine_or_none, 2 * PAGE), 0);
    end_area(&area);
}

static void map_mine_and_await_a_fork(void *place) {
    char *mine =
        mmap(place, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (mine == place) memset(mine, 7, 2 * PAGE);
    let_the_other_go_on(place);
}
static int64_t give_back(void *argument) { return vm_deallocate(SELF, (vm_address_t)argument, 2 * PAGE); }
static int look_at_mine(void *argument) {
    const char *mine = argument;
    return is_mapped(mine) && is_mapped(mine + PAGE) && mine[0] == 7 && mine[PAGE] == 7 ? 0 : 1;
}

// A28: a child keeps what was mapped in the place of memory that another thread was just giving back.
static void a_child_keeps_what_took_the_place_of_memory(void **state) {
    (void)state;
    vm_address_t start = 0;
    assert_success(vm_allocate(SELF, &start, 2 * PAGE, VM_FLAGS_ANYWHERE));
    stage = 0;
    watched = (char *)start;
    after_unmapping = map_mine_and_await_a_fork;
    start_thread(&workers[0].thread, give_back, watched);
    await_stage();
    int result = in_child(look_at_mine, (void *)start);
    stage = 2;
    assert_int_equal(join_thread(&workers[0].thread), 0);
    watched = NULL;
    assert_int_equal(result, 0);
    assert_int_equal(munmap((void *)start, 2 * PAGE), 0);
}

static int64_t protect_though_cancelled(void *argument) {
    pthread_cancel(pthread_self());
    kern_return_t code = vm_protect(SELF, (vm_address_t)argument, PAGE, FALSE, VM_PROT_READ);
    kern_return_t other = vm_inherit(SELF, (vm_address_t)argument, 3 * PAGE, VM_INHERIT_NONE); // behind it is a hole
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    stage = code == KERN_SUCCESS && other == KERN_SUCCESS ? 5 : 6;
    return 0;
}

// A4, A7: a thread that is to be cancelled finishes its call, and leaves nothing locked.
static void a_cancelled_thread_finishes_its_call(void **state) {
    (void)state;
    struct area area = make_area(ANON_PRIVATE, 2);
    assert_int_equal(munmap(area.start + PAGE, PAGE), 0);
    stage = 0;
    start_thread(&workers[0].thread, protect_though_cancelled, area.start);
    (void)join_thread(&workers[0].thread);
    assert_int_equal(stage, 5);
    end_area(&area);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(unmapping_waits_for_a_conversion),
        TASK_TEST(a_maximum_holds_against_others),
        TASK_TEST(many_use_one_entry),
        TASK_TEST(entries_are_passed_around),
        TASK_TEST(what_is_purged_is_not_anothers),
        TASK_TEST(what_is_converted_can_be_read),
        TASK_TEST(what_replaces_memory_stays),
        TASK_TEST(a_place_that_is_not_used_is_given_back_once),
        TASK_TEST(a_child_keeps_what_took_the_place_of_memory),
        TASK_TEST(a_cancelled_thread_finishes_its_call),
    };
    return TASK_RUN(tests);
}

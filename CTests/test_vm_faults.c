// The routines on memory with each of their allocations and system calls failing, one after another, by call and by message, in a library that can be told to: a documented code, nothing lost and nothing half done, and the same call then works.
#define _GNU_SOURCE // MAP_ANONYMOUS
#include "memory_support.h"
#include "vm_support.h"

#include <unistd.h>

extern __typeof__(mach_linux_check) mach_linux_check __attribute__((weak));
extern __typeof__(mach_linux_inject) mach_linux_inject __attribute__((weak));

enum { COUNT = 6 };

// What an operation works on: made anew for each.
static struct {
    char *ours, *shared, *foreign, *file; // COUNT pages each: vm_allocate, of the entry, mmap, a file's
    mach_port_t entry, host;
    vm_address_t purgable;
    // what the operation has made
    vm_address_t made;
    vm_size_t made_size;
    mach_port_t made_entry;
    bool has_list;
} it;

// KERN_RESOURCE_SHORTAGE alone is what a failing system or allocation may give, but for these.
struct operation {
    const char *name;
    kern_return_t (*call)(void);
    bool (*worked)(void);    // the effect
    bool (*unchanged)(void); // in place of the usual test after a failure
    kern_return_t others[2]; // further codes
    unsigned least;          // so many system calls it makes at least
};

static vm_address_t place(char *start, unsigned page) { return (vm_address_t)start + page * PAGE; }

// ---- The operations

static kern_return_t protect(void) { return vm->vm_protect(SELF, place(it.ours, 1), 2 * PAGE, FALSE, VM_PROT_READ); }
static bool is_protected(void) { return region_at(it.ours + PAGE).protection == VM_PROT_READ; }
static bool is_not_protected(void) {
    for (int i = 0; i < COUNT; i++)
        if (protection_of(it.ours + i * PAGE) != 3 || region_at(it.ours + i * PAGE).max_protection != 7) return false;
    return true;
}
static kern_return_t limit(void) { return vm->vm_protect(SELF, place(it.ours, 1), 2 * PAGE, TRUE, VM_PROT_READ); }
static bool is_limited(void) { return region_at(it.ours + PAGE).max_protection == VM_PROT_READ && is_protected(); }
static kern_return_t protect_file(void) {
    return vm->vm_protect(SELF, place(it.file, 1), 2 * PAGE, FALSE, VM_PROT_READ | VM_PROT_WRITE);
}
static bool is_file(void) { return protection_of(it.file + PAGE) == 3; }
static kern_return_t privatize(void) {
    return vm->vm_protect(SELF, place(it.shared, 1), 2 * PAGE, FALSE, VM_PROT_COPY | VM_PROT_DEFAULT);
}
static bool is_private(void) { return !region_at(it.shared + PAGE).shared && it.shared[PAGE] == 2; }
// A6: it may be private by then.
static bool is_readable_as_before(void) { return it.shared[PAGE] == 2 && it.shared[2 * PAGE] == 3; }

static kern_return_t inherit_none(void) { return vm->vm_inherit(SELF, place(it.ours, 1), PAGE, VM_INHERIT_NONE); }
static bool is_not_inherited(void) { return region_at(it.ours + PAGE).inheritance == VM_INHERIT_NONE; }
static bool is_inherited(void) { return region_at(it.ours + PAGE).inheritance == VM_INHERIT_COPY; }
static kern_return_t inherit_shared(void) {
    return vm->vm_inherit(SELF, place(it.ours, 1), 2 * PAGE, VM_INHERIT_SHARE);
}
static bool is_inherited_shared(void) {
    return region_at(it.ours + PAGE).inheritance == VM_INHERIT_SHARE && it.ours[PAGE] == 2 && it.ours[2 * PAGE] == 3;
}

static kern_return_t wire(void) { return vm->vm_wire(it.host, SELF, place(it.ours, 1), PAGE, VM_PROT_READ); }
static bool is_wired(void) { return region_at(it.ours + PAGE).user_wired_count == 1; }
static bool is_not_wired(void) { return region_at(it.ours + PAGE).user_wired_count == 0; }

static kern_return_t read_pages(void) {
    mach_msg_type_number_t count = 0;
    kern_return_t code = vm->vm_read(SELF, place(it.foreign, 0) + 3, 3 * PAGE, &it.made, &count);
    it.made_size = code == KERN_SUCCESS ? count : 0;
    return code;
}
static bool is_read(void) { return it.made_size == 3 * PAGE && ((char *)it.made)[PAGE] == 2; }
static vm_read_entry_t list;
static kern_return_t read_list(void) {
    for (int i = 0; i < 3; i++) {
        list[i].address = place(it.foreign, (unsigned)i);
        list[i].size = (vm_size_t)(i + 1) * PAGE;
    }
    kern_return_t code = vm->vm_read_list(SELF, list, 3);
    for (int i = 0; i < 3; i++)
        if (code != KERN_SUCCESS && list[i].address != place(it.foreign, (unsigned)i)) return -1;
    it.has_list = code == KERN_SUCCESS;
    return code;
}
static bool is_list(void) { return *(char *)list[2].address == 3 && ((char *)list[1].address)[PAGE] == 3; }
static kern_return_t write_pages(void) {
    static char data[4 * 65536];
    memset(data, 9, sizeof(data));
    return vm->vm_write(SELF, place(it.ours, 1), (vm_offset_t)data, (mach_msg_type_number_t)(2 * PAGE));
}
static bool is_written(void) { return it.ours[PAGE] == 9 && it.ours[3 * PAGE - 1] == 9 && it.ours[3 * PAGE] == 4; }
static bool is_not_written(void) { return it.ours[PAGE] == 2 && it.ours[2 * PAGE] == 3; }
static kern_return_t copy_pages(void) {
    return vm->vm_copy(SELF, place(it.ours, 1), 2 * PAGE, place(it.ours, 2)); // overlapping
}
static bool is_copied(void) { return it.ours[2 * PAGE] == 2 && it.ours[3 * PAGE] == 3; }
static bool is_not_copied(void) { return it.ours[2 * PAGE] == 3 && it.ours[3 * PAGE] == 4; }

static kern_return_t behave(void) { return vm->vm_behavior_set(SELF, place(it.ours, 1), PAGE, VM_BEHAVIOR_RANDOM); }
static bool is_random(void) { return region_at(it.ours + PAGE).behavior == VM_BEHAVIOR_RANDOM; }
static bool is_usual(void) { return region_at(it.ours + PAGE).behavior == VM_BEHAVIOR_DEFAULT; }
static kern_return_t reuse(void) { return vm->vm_behavior_set(SELF, place(it.foreign, 1), PAGE, VM_BEHAVIOR_REUSABLE); }
static kern_return_t deactivate(void) { return vm->vm_msync(SELF, place(it.ours, 1), PAGE, VM_SYNC_DEACTIVATE); }

static kern_return_t made(vm_address_t address, vm_size_t size, kern_return_t code) {
    it.made = code == KERN_SUCCESS ? address : 0;
    it.made_size = code == KERN_SUCCESS ? size : 0;
    return code;
}
static kern_return_t map_by(mach_port_t entry, vm_address_t mask, boolean_t copy, vm_inherit_t inheritance,
                            int current) {
    vm_address_t address = 0;
    kern_return_t code = vm->vm_map(SELF, &address, 2 * PAGE, mask, VM_FLAGS_ANYWHERE, entry, entry ? PAGE : 0, copy,
                                    current, VM_PROT_DEFAULT, inheritance);
    return made(address, 2 * PAGE, code);
}
static kern_return_t map_zero(void) { return map_by(MACH_PORT_NULL, 0, FALSE, VM_INHERIT_NONE, VM_PROT_READ); }
static kern_return_t map_aligned(void) { return map_by(MACH_PORT_NULL, 0xfffff, FALSE, VM_INHERIT_COPY, 3); }
static kern_return_t map_shared(void) { return map_by(it.entry, 0, FALSE, VM_INHERIT_NONE, VM_PROT_READ); }
static kern_return_t map_shared_aligned(void) { return map_by(it.entry, 0xfffff, FALSE, VM_INHERIT_SHARE, 3); }
static kern_return_t map_copy(void) { return map_by(it.entry, 0, TRUE, VM_INHERIT_COPY, 3); }
static bool is_zero(void) { return *(volatile char *)it.made == 0; }
static bool is_of_entry(void) { return ((char *)it.made)[PAGE] == 3; }
static kern_return_t map_over(void) {
    vm_address_t address = place(it.ours, 1);
    return vm->vm_map(SELF, &address, 2 * PAGE, 0, VM_FLAGS_OVERWRITE, it.entry, 2 * PAGE, FALSE, VM_PROT_READ,
                      VM_PROT_READ, VM_INHERIT_COPY);
}
static bool is_mapped_over(void) { return it.ours[PAGE] == 3 && region_at(it.ours + PAGE).max_protection == 1; }
static kern_return_t map_fixed(void) {
    vm_address_t address = place(it.ours, COUNT + 1);
    kern_return_t code =
        vm->vm_map(SELF, &address, 2 * PAGE, 0, VM_FLAGS_FIXED, it.entry, PAGE, FALSE, 3, 3, VM_INHERIT_COPY);
    return made(address, 2 * PAGE, code);
}
static kern_return_t remap_by(char *from, boolean_t copy) {
    vm_address_t address = 0;
    int current = -1, maximum = -1;
    kern_return_t code = vm->vm_remap(SELF, &address, 2 * PAGE, 0, VM_FLAGS_ANYWHERE, SELF, place(from, 1), copy,
                                      &current, &maximum, VM_INHERIT_COPY);
    if (code != KERN_SUCCESS && (address != 0 || current != -1 || maximum != -1)) return -1;
    return made(address, 2 * PAGE, code);
}
static kern_return_t remap_shared(void) { return remap_by(it.shared, FALSE); }
static kern_return_t remap_ours(void) { return remap_by(it.ours, FALSE); }
static kern_return_t remap_copy(void) { return remap_by(it.foreign, TRUE); }
static bool is_remapped(void) { return ((char *)it.made)[PAGE] == 3; }
// It may be shared by then, which shows.
static bool is_as_before(void) {
    return it.ours[PAGE] == 2 && it.ours[2 * PAGE] == 3 && protection_of(it.ours + PAGE) == 3;
}
static kern_return_t superpage(void) {
    vm_address_t address = 0;
    kern_return_t code = vm_allocate(SELF, &address, 2 << 20, VM_FLAGS_ANYWHERE | VM_FLAGS_SUPERPAGE_SIZE_2MB);
    return made(address, 2 << 20, code);
}

static kern_return_t entry_by(int permission, void *start, mach_port_t parent) {
    memory_object_size_t size = 2 * PAGE;
    mach_port_t entry = MACH_PORT_NULL;
    kern_return_t code = vm->mach_make_memory_entry_64(SELF, &size, (memory_object_offset_t)(uintptr_t)start,
                                                       permission, &entry, parent);
    if (code != KERN_SUCCESS && (size != 2 * PAGE || entry != MACH_PORT_NULL)) return -1;
    it.made_entry = entry;
    return code;
}
static kern_return_t new_entry(void) { return entry_by(MAP_MEM_NAMED_CREATE | 3, NULL, MACH_PORT_NULL); }
static kern_return_t part_entry(void) { return entry_by(3, (void *)PAGE, it.entry); }
static kern_return_t entry_of_ours(void) { return entry_by(3, it.ours + PAGE, MACH_PORT_NULL); }
static kern_return_t entry_of_shared(void) { return entry_by(3, it.shared + PAGE, MACH_PORT_NULL); }
static kern_return_t entry_of_copy(void) { return entry_by(MAP_MEM_VM_COPY | 3, it.foreign + PAGE, MACH_PORT_NULL); }
static kern_return_t entry_of_range(void) { return entry_by(MAP_MEM_VM_SHARE | 3, it.shared + PAGE, MACH_PORT_NULL); }
static bool is_entry(void) { return type(it.made_entry) == MACH_PORT_TYPE_SEND; }

static kern_return_t ask_region(void) {
    vm_address_t start = place(it.foreign, 1);
    vm_size_t size = 77;
    struct vm_region_extended_info info;
    mach_msg_type_number_t count = VM_REGION_EXTENDED_INFO_COUNT;
    kern_return_t code = vm->vm_region(SELF, &start, &size, VM_REGION_EXTENDED_INFO, (int *)&info, &count, NULL);
    if (code != KERN_SUCCESS) return size == 77 && start == place(it.foreign, 1) ? code : -1;
    return info.pages_resident + info.pages_swapped_out >= COUNT ? code : -2;
}
static kern_return_t ask_page(void) {
    int disposition = -1, references = -1;
    kern_return_t code = vm->vm_map_page_query(SELF, place(it.ours, 1), &disposition, &references);
    return code == KERN_SUCCESS || disposition == -1 ? code : -1;
}

static kern_return_t make_volatile(void) {
    int state = VM_PURGABLE_VOLATILE;
    kern_return_t code = vm->vm_purgable_control(SELF, it.purgable, VM_PURGABLE_SET_STATE, &state);
    return code;
}
static kern_return_t purge(void) {
    int state = VM_PURGABLE_EMPTY;
    return vm->vm_purgable_control(SELF, it.purgable, VM_PURGABLE_SET_STATE, &state);
}
static bool is_purged(void) { return *(char *)it.purgable == 0; }
static bool is_not_purged(void) { return *(char *)it.purgable == 1; }

#define ANY NULL, NULL, {0}, 0
static const struct operation operations[] = {
    {"vm_protect", protect, is_protected, is_not_protected, {0}, 1},
    {"vm_protect of the maximum", limit, is_limited, is_not_protected, {0}, 1},
    {"vm_protect of a file", protect_file, is_file, NULL, {0}, 2},
    {"vm_protect with a copy", privatize, is_private, is_readable_as_before, {0}, 4},
    {"vm_inherit", inherit_none, is_not_inherited, is_inherited, {0}, 1},
    {"vm_inherit, shared", inherit_shared, is_inherited_shared, is_as_before, {0}, 4},
    {"vm_wire", wire, is_wired, is_not_wired, {0}, 2},
    {"vm_read", read_pages, is_read, NULL, {0}, 2},
    {"vm_read_list", read_list, is_list, NULL, {0}, 3},
    {"vm_write", write_pages, is_written, is_not_written, {MACH_MSG_VM_KERNEL}, 1},
    {"vm_copy", copy_pages, is_copied, is_not_copied, {0}, 2},
    {"vm_behavior_set", behave, is_random, is_usual, {0}, 1},
    {"vm_behavior_set, reusable", reuse, ANY},
    {"vm_msync", deactivate, ANY},
    {"vm_map of fresh memory", map_zero, is_zero, NULL, {0}, 2},
    {"vm_map of fresh memory, aligned", map_aligned, is_zero, NULL, {0}, 2},
    {"vm_map", map_shared, is_of_entry, NULL, {0}, 3},
    {"vm_map, aligned", map_shared_aligned, is_of_entry, NULL, {0}, 4},
    {"vm_map of a copy", map_copy, is_of_entry, NULL, {0}, 2},
    {"vm_map over memory", map_over, is_mapped_over, is_not_written, {0}, 4},
    {"vm_map at a place", map_fixed, is_of_entry, NULL, {0}, 4},
    {"vm_remap of shared memory", remap_shared, is_remapped, NULL, {0}, 3},
    {"vm_remap of the library's memory", remap_ours, is_remapped, is_as_before, {0}, 6},
    {"vm_remap of a copy", remap_copy, is_remapped, NULL, {0}, 3},
    {"vm_allocate of superpages", superpage, is_zero, NULL, {0}, 2},
    {"mach_make_memory_entry, new", new_entry, is_entry, NULL, {0}, 1},
    {"mach_make_memory_entry of an entry", part_entry, is_entry, NULL, {0}, 0},
    {"mach_make_memory_entry of the library's memory", entry_of_ours, is_entry, is_as_before, {0}, 4},
    {"mach_make_memory_entry of shared memory", entry_of_shared, is_entry, NULL, {0}, 2},
    {"mach_make_memory_entry of a copy", entry_of_copy, is_entry, NULL, {0}, 2},
    {"mach_make_memory_entry of a range", entry_of_range, is_entry, NULL, {0}, 2},
    {"vm_region", ask_region, NULL, NULL, {0}, 4},
    {"vm_map_page_query", ask_page, NULL, NULL, {0}, 2},
    {"vm_purgable_control, volatile", make_volatile, NULL, is_not_purged, {0}, 2},
    {"vm_purgable_control, empty", purge, is_purged, is_not_purged, {0}, 1},
};

// ---- Trials

static void number(char *start) {
    for (int i = 0; i < COUNT; i++) memset(start + i * PAGE, i + 1, PAGE);
}

static void set_up(void) {
    memset(&it, 0, sizeof(it));
    it.host = mach_host_self();
    it.entry = make_new_entry(COUNT * PAGE, 3);
    it.shared = map_entry(it.entry, 0, COUNT * PAGE, 3);
    it.foreign = mmap(NULL, COUNT * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    it.file = mmap(NULL, COUNT * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(it.foreign != MAP_FAILED && it.file != MAP_FAILED);
    assert_int_equal(mprotect(it.file, COUNT * PAGE, PROT_READ), 0);
    vm_address_t address = (vm_address_t)far_place((COUNT + 4) * PAGE);
    assert_success(vm_allocate(SELF, &address, COUNT * PAGE, VM_FLAGS_FIXED));
    it.ours = (char *)address;
    assert_success(vm_allocate(SELF, &it.purgable, 3 * PAGE, VM_FLAGS_ANYWHERE | VM_FLAGS_PURGABLE));
    memset((void *)it.purgable, 1, 3 * PAGE);
    number(it.ours);
    number(it.shared);
    number(it.foreign);
}

static void give_back_made(void) {
    if (it.made_size > 0) give_back_memory((void *)it.made, it.made_size);
    it.made_size = 0;
    if (it.made_entry != MACH_PORT_NULL) assert_success(mach_port_deallocate(SELF, it.made_entry));
    it.made_entry = MACH_PORT_NULL;
    for (int i = 0; it.has_list && i < 3; i++) give_back_memory((void *)list[i].address, list[i].size);
    it.has_list = false;
}

static void tear_down(void) {
    give_back_made();
    give_back_memory(it.shared, COUNT * PAGE);
    give_back_memory(it.ours, COUNT * PAGE);
    give_back_memory((void *)it.purgable, 3 * PAGE);
    munmap(it.foreign, COUNT * PAGE);
    munmap(it.file, COUNT * PAGE);
    assert_success(mach_port_deallocate(SELF, it.entry));
    assert_success(mach_port_deallocate(SELF, it.host));
}

static void demand(const struct operation *operation, enum fault fault, enum failing failing, unsigned n, bool holds,
                   const char *what, kern_return_t code) {
    if (holds) return;
    print_error("%s%s, %s %u%s, code %d: %s\n", operation->name, vm->by_message ? " by message" : "",
                fault == ALLOCATION ? "allocation" : "system call", n, failing == ALL ? " and all after it" : "", code,
                what);
    fail();
}

static mach_linux_statistics_data_t statistics(void) {
    mach_linux_statistics_data_t now;
    memset(&now, 0, sizeof(now));
    mach_linux_statistics(&now);
    return now;
}

// By message the request or its reply may fail instead.
static bool is_documented(const struct operation *operation, kern_return_t code) {
    if (code == KERN_RESOURCE_SHORTAGE) return true;
    for (size_t i = 0; i < COUNT_OF(operation->others); i++)
        if (operation->others[i] != 0 && operation->others[i] == code) return true;
    if (!vm->by_message) return false;
    return code == MACH_SEND_NO_BUFFER || code == MACH_RCV_TIMED_OUT || code == MIG_SERVER_DIED ||
           code == MACH_MSG_VM_KERNEL || code == (MACH_RCV_BODY_ERROR | MACH_MSG_IPC_KERNEL) ||
           code == (MACH_RCV_BODY_ERROR | MACH_MSG_IPC_SPACE);
}

static bool attempt(const struct operation *operation, enum fault fault, enum failing failing, unsigned n) {
    mach_linux_trim();
    mach_linux_statistics_data_t before = statistics();
    task_t task = make_task();
    enter(task);
    open_reply_port();
    set_up();
    mach_linux_trim();
    mach_linux_statistics_data_t ready = statistics();
    fail_next(fault, failing, n);
    kern_return_t code = operation->call();
    bool reached = stop_failing();
    demand(operation, fault, failing, n, mach_linux_check() == KERN_SUCCESS, "a broken invariant", code);
    // The reply of a routine that has done its work may be lost: then so is what it made.
    bool is_lost = vm->by_message && code != KERN_SUCCESS && code != KERN_RESOURCE_SHORTAGE;
    if (code == KERN_SUCCESS) {
        demand(operation, fault, failing, n, operation->worked == NULL || operation->worked(), "not what it says",
               code);
        give_back_made();
    } else {
        demand(operation, fault, failing, n, reached && is_documented(operation, code), "the code", code);
        mach_linux_trim();
        mach_linux_statistics_data_t now = statistics();
        if (operation->unchanged == NULL && !is_lost)
            demand(operation, fault, failing, n, memcmp(&now, &ready, sizeof(now)) == 0, "something is left", code);
        if (operation->unchanged != NULL && !is_lost)
            demand(operation, fault, failing, n, operation->unchanged(), "half of it is done", code);
    }
    tear_down();
    leave();
    end_task(task);
    reply_port = MACH_PORT_NULL;
    mach_linux_trim();
    mach_linux_statistics_data_t after = statistics();
    if (!is_lost)
        demand(operation, fault, failing, n, memcmp(&before, &after, sizeof(before)) == 0, "something is left of it",
               code);
    // And without failures it works.
    task = make_task();
    enter(task);
    open_reply_port();
    set_up();
    code = operation->call();
    demand(operation, fault, failing, n, code == KERN_SUCCESS && (operation->worked == NULL || operation->worked()),
           "does not work afterwards", code);
    tear_down();
    leave();
    end_task(task);
    reply_port = MACH_PORT_NULL;
    mach_linux_trim();
    return reached;
}

static void run_all(enum fault fault) {
    for (size_t i = 0; i < COUNT_OF(operations); i++) {
        for (enum failing failing = ONE; failing <= ALL; failing++) {
            unsigned n = 1;
            while (attempt(&operations[i], fault, failing, n))
                if (++n > 200) fail_msg("%s goes on without end", operations[i].name);
            if (fault == SYSTEM_CALL && n - 1 < operations[i].least && failing == ONE)
                fail_msg("%s makes %u system calls, %u at least expected", operations[i].name, n - 1,
                         operations[i].least);
        }
    }
}

static void each_system_call_may_fail(void **state) {
    (void)state;
    if (mach_linux_inject == NULL) skip();
    for (int way = 0; way < 2; way++) {
        vm = way == 0 ? &memory_calls : &memory_messages;
        run_all(SYSTEM_CALL);
    }
    vm = &memory_calls;
}

static void each_allocation_may_fail(void **state) {
    (void)state;
    if (mach_linux_inject == NULL) skip();
    for (int way = 0; way < 2; way++) {
        vm = way == 0 ? &memory_calls : &memory_messages;
        run_all(ALLOCATION);
    }
    vm = &memory_calls;
}

static void operations_work_without_failures(void **state) {
    (void)state;
    for (int way = 0; way < 2; way++) {
        vm = way == 0 ? &memory_calls : &memory_messages;
        for (size_t i = 0; i < COUNT_OF(operations); i++) {
            task_t task = make_task();
            enter(task);
            open_reply_port();
            set_up();
            kern_return_t code = operations[i].call();
            if (code != KERN_SUCCESS || (operations[i].worked != NULL && !operations[i].worked()))
                fail_msg("%s: code %d", operations[i].name, code);
            tear_down();
            leave();
            end_task(task);
            reply_port = MACH_PORT_NULL;
        }
    }
    vm = &memory_calls;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(operations_work_without_failures),
        TASK_TEST(each_system_call_may_fail),
        TASK_TEST(each_allocation_may_fail),
    };
    return TASK_RUN(tests);
}

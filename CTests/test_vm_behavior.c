// How memory will be used, what is behind it, and purgable memory. Rows A1, A11, A12, A25, A27.
#define _GNU_SOURCE // memfd_create
#include "vm_support.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

// ---- Behaviors

// A12: what stays, on every kind of memory.
static void keep_behaviors(void) {
    const int behaviors[] = {VM_BEHAVIOR_RANDOM, VM_BEHAVIOR_SEQUENTIAL, VM_BEHAVIOR_DEFAULT};
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct area area = make_area(kind, 4);
        for (size_t i = 0; i < COUNT_OF(behaviors); i++) {
            assert_success(vm->vm_behavior_set(SELF, (vm_address_t)area.start + PAGE + 1, PAGE, behaviors[i]));
            assert_int_equal(region_at(area.start + PAGE).behavior, behaviors[i]);
            assert_int_equal(region_at(area.start + 2 * PAGE).behavior, behaviors[i]);
            assert_int_equal(region_at(area.start).behavior, VM_BEHAVIOR_DEFAULT);
            assert_int_equal(region_at(area.start + 3 * PAGE).behavior, VM_BEHAVIOR_DEFAULT);
        }
        end_area(&area);
    }
}
static void behaviors_stay(void **state) {
    (void)state;
    each_way(keep_behaviors);
}

// A12: what is done at once leaves what memory holds alone, but for those that may lose it.
static void act_at_once(void) {
    const int gentle[] = {VM_BEHAVIOR_WILLNEED, VM_BEHAVIOR_DONTNEED, VM_BEHAVIOR_PAGEOUT};
    for (enum kind kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < COUNT_OF(gentle); i++) {
            struct area area = make_area(kind, 3);
            kern_return_t code = vm->mach_vm_behavior_set(SELF, (vm_address_t)area.start, area.size, gentle[i]);
            if (code != KERN_SUCCESS && code != KERN_NOT_SUPPORTED)
                fail_msg("%s, behavior %d: code %d", kind_names[kind], gentle[i], code);
            if (i == 0) assert_success(code);
            if (area.protection != VM_PROT_NONE)
                for (size_t j = 0; j < area.size; j++) assert_int_equal(area.start[j], (char)(j / PAGE + 1));
            end_area(&area);
        }
    }
}
static void acting_at_once_loses_nothing(void **state) {
    (void)state;
    each_way(act_at_once);
}

// A12: private memory may lose what it holds, other memory does not.
static void lose_contents(void) {
    const int behaviors[] = {VM_BEHAVIOR_FREE, VM_BEHAVIOR_REUSABLE};
    for (enum kind kind = 0; kind < KINDS; kind++) {
        if (kind == STACK) continue;
        bool is_plain = kind == ALLOCATED || kind == ANON_PRIVATE || kind == HUGE_PAGES;
        bool is_private = is_plain || kind == ANON_READ_ONLY || kind == ANON_NONE;
        for (size_t i = 0; i < COUNT_OF(behaviors); i++) {
            struct area area = make_area(kind, 3);
            vm_address_t start = (vm_address_t)area.start;
            kern_return_t wanted = is_private ? KERN_SUCCESS : KERN_NOT_SUPPORTED;
            if (i == 1) wanted = is_plain ? KERN_SUCCESS : KERN_INVALID_ADDRESS;
            kern_return_t code = vm->vm_behavior_set(SELF, start, area.size, behaviors[i]);
            if (code != wanted) fail_msg("%s, behavior %d: code %d", kind_names[kind], behaviors[i], code);
            if (i == 1) {
                assert_code(vm->vm_behavior_set(SELF, start, area.size, VM_BEHAVIOR_CAN_REUSE), wanted);
                assert_code(vm->vm_behavior_set(SELF, start, area.size, VM_BEHAVIOR_REUSE), wanted);
            }
            if (area.protection != VM_PROT_NONE) {
                char first = *area.start; // what it was, or nothing
                assert_true(first == 1 || (is_private && first == 0));
            }
            if (is_plain) {
                memset(area.start, 6, area.size);
                assert_all(area.start, area.size, 6);
            }
            end_area(&area);
        }
    }
}
static void some_behaviors_lose_contents(void **state) {
    (void)state;
    each_way(lose_contents);
}

// A1, A12
static void behave_wrongly(void) {
    struct area area = make_area(ALLOCATED, 4);
    vm_address_t start = (vm_address_t)area.start;
    const int unknown[] = {-1, 12, 13, 0x7fffffff};
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        assert_code(vm->vm_behavior_set(SELF, start, PAGE, unknown[i]), KERN_INVALID_ARGUMENT);
        assert_code(vm->vm_behavior_set(SELF, start - PAGE, PAGE, unknown[i]), KERN_INVALID_ARGUMENT);
        assert_code(vm->vm_behavior_set(SELF, (vm_address_t)1 << 63, PAGE, unknown[i]), KERN_NO_SPACE);
        assert_success(vm->vm_behavior_set(SELF, start, 0, unknown[i]));
    }
    for (int behavior = VM_BEHAVIOR_DEFAULT; behavior <= VM_BEHAVIOR_PAGEOUT; behavior++) {
        assert_code(vm->vm_behavior_set(SELF, start + 3 * PAGE, PAGE + 1, behavior), KERN_INVALID_ADDRESS);
        assert_code(vm->vm_behavior_set(SELF, start - 1, 2, behavior), KERN_INVALID_ADDRESS);
        assert_code(vm->vm_behavior_set(SELF, start, ~(vm_size_t)0, behavior), KERN_INVALID_ARGUMENT);
        assert_code(vm->vm_behavior_set(SELF, ~(vm_address_t)0 - 8, 8, behavior), KERN_NO_SPACE);
    }
    assert_code(vm->vm_behavior_set(SELF, start, PAGE, VM_BEHAVIOR_RSEQNTL), KERN_NOT_SUPPORTED);
    assert_code(vm->vm_behavior_set(SELF, start, PAGE, VM_BEHAVIOR_ZERO_WIRED_PAGES), KERN_NOT_SUPPORTED);
    assert_int_equal(region_at(area.start).behavior, VM_BEHAVIOR_DEFAULT);
    end_area(&area);
}
static void bad_behaviors_are_refused(void **state) {
    (void)state;
    each_way(behave_wrongly);
}

// ---- Files

// A11: what was written to memory is in the file.
static void write_back(void) {
    char path[] = "/tmp/libmach-test-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    unlink(path);
    assert_int_equal(ftruncate(file, (off_t)(4 * PAGE)), 0);
    char *start = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    assert_true(start != MAP_FAILED);
    const vm_sync_t flags[] = {VM_SYNC_SYNCHRONOUS,
                               VM_SYNC_ASYNCHRONOUS,
                               VM_SYNC_SYNCHRONOUS | VM_SYNC_INVALIDATE,
                               VM_SYNC_ASYNCHRONOUS | VM_SYNC_CONTIGUOUS,
                               VM_SYNC_INVALIDATE,
                               0,
                               VM_SYNC_DEACTIVATE | VM_SYNC_CONTIGUOUS};
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        memset(start + PAGE, (int)i + 1, PAGE);
        assert_success(vm->vm_msync(SELF, (vm_address_t)start + PAGE + 5, PAGE, flags[i]));
        char byte = 0;
        assert_int_equal(pread(file, &byte, 1, (off_t)PAGE), 1);
        assert_int_equal(byte, (int)i + 1);
        assert_all(start + PAGE, PAGE, (unsigned char)(i + 1));
    }
    munmap(start, 4 * PAGE);
    close(file);
}
static void memory_is_written_back(void **state) {
    (void)state;
    each_way(write_back);
}

// A11
static void synchronize_wrongly(void) {
    struct area area = make_area(ALLOCATED, 4);
    vm_address_t start = (vm_address_t)area.start;
    assert_code(vm->vm_msync(SELF, start, PAGE, VM_SYNC_SYNCHRONOUS | VM_SYNC_ASYNCHRONOUS), KERN_INVALID_ARGUMENT);
    assert_code(vm->vm_msync(SELF, start, 0, VM_SYNC_SYNCHRONOUS | VM_SYNC_ASYNCHRONOUS), KERN_INVALID_ARGUMENT);
    assert_code(vm->vm_msync(SELF, start, ~(vm_size_t)0, 0), KERN_INVALID_ARGUMENT);
    const vm_sync_t flags[] = {0, VM_SYNC_SYNCHRONOUS, VM_SYNC_ASYNCHRONOUS, VM_SYNC_DEACTIVATE, VM_SYNC_KILLPAGES};
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        // A hole is passed over, unless it matters.
        assert_success(vm->mach_vm_msync(SELF, start - PAGE, 6 * PAGE, flags[i]));
        assert_code(vm->mach_vm_msync(SELF, start - PAGE, 6 * PAGE, flags[i] | VM_SYNC_CONTIGUOUS),
                    KERN_INVALID_ADDRESS);
        assert_success(vm->vm_msync(SELF, start, 4 * PAGE, flags[i] | VM_SYNC_CONTIGUOUS));
        assert_success(vm->vm_msync(SELF, (vm_address_t)1 << 63, PAGE, flags[i]));
        assert_code(vm->vm_msync(SELF, (vm_address_t)1 << 63, PAGE, flags[i] | VM_SYNC_CONTIGUOUS),
                    KERN_INVALID_ADDRESS);
        assert_success(vm->vm_msync(SELF, 1, 0, flags[i] | VM_SYNC_CONTIGUOUS));
    }
    assert_int_equal((int)syscall(SYS_mlock, area.start, PAGE), 0);
    assert_code(vm->vm_msync(SELF, start, PAGE, VM_SYNC_INVALIDATE), KERN_FAILURE);
    assert_int_equal((int)syscall(SYS_munlock, area.start, PAGE), 0);
    end_area(&area);
    if (vm->by_message) return;
    assert_code(vm_msync(MACH_PORT_NULL, start, PAGE, 0), KERN_INVALID_TASK);
    assert_code(mach_vm_msync(MACH_PORT_DEAD, start, PAGE, 0), KERN_INVALID_TASK);
}
static void holes_matter_if_they_are_to(void **state) {
    (void)state;
    each_way(synchronize_wrongly);
}

// A11: a page of the pool, and one of a message, is a hole.
static void what_no_program_has_is_a_hole(void **state) {
    (void)state;
    vm_address_t page = 0;
    assert_success(vm_allocate(SELF, &page, PAGE, VM_FLAGS_ANYWHERE));
    assert_success(vm_deallocate(SELF, page, PAGE));
    assert_success(vm_msync(SELF, page, PAGE, 0));
    assert_code(vm_msync(SELF, page, PAGE, VM_SYNC_CONTIGUOUS), KERN_INVALID_ADDRESS);
    assert_code(vm_behavior_set(SELF, page, PAGE, VM_BEHAVIOR_DEFAULT), KERN_INVALID_ADDRESS);
}

// ---- Attributes of the machine

// A27
static void set_attributes(void) {
    int value = MATTR_VAL_CACHE_FLUSH;
    assert_code(vm->vm_machine_attribute(SELF, 1, PAGE, MATTR_CACHE, &value), KERN_NOT_SUPPORTED);
    assert_code(vm->mach_vm_machine_attribute(SELF, 1, PAGE, MATTR_MIGRATE, &value), KERN_NOT_SUPPORTED);
    assert_code(vm->vm_machine_attribute(SELF, 1, ~(vm_size_t)0, MATTR_CACHE, &value), KERN_INVALID_ARGUMENT);
    assert_success(vm->vm_machine_attribute(SELF, 1, 0, MATTR_CACHE, &value));
    assert_int_equal(value, MATTR_VAL_CACHE_FLUSH);
    if (!vm->by_message) assert_code(vm_machine_attribute(SELF, 1, 1, 1, NULL), KERN_INVALID_ARGUMENT);
}
static void the_machine_has_no_attributes(void **state) {
    (void)state;
    each_way(set_attributes);
}

// ---- Purgable memory

static int purge(vm_address_t address, int control, int state) {
    assert_success(vm->vm_purgable_control(SELF, address, control, &state));
    return state;
}
static int set_state(vm_address_t address, int state) { return purge(address, VM_PURGABLE_SET_STATE, state); }
static int get_state(vm_address_t address) { return purge(address, VM_PURGABLE_GET_STATE, 0); }

static vm_address_t make_purgable(vm_size_t size) {
    vm_address_t start = 0;
    assert_success(vm_allocate(SELF, &start, size, VM_FLAGS_ANYWHERE | VM_FLAGS_PURGABLE));
    return start;
}

// A25
static void change_states(void) {
    vm_address_t start = make_purgable(5 * PAGE);
    memset((void *)start, 8, 5 * PAGE);
    assert_int_equal(get_state(start + 3 * PAGE + 7), VM_PURGABLE_NONVOLATILE);
    assert_int_equal(set_state(start + PAGE, VM_PURGABLE_VOLATILE), VM_PURGABLE_NONVOLATILE);
    assert_int_equal(get_state(start), VM_PURGABLE_VOLATILE);
    assert_int_equal(set_state(start, VM_PURGABLE_VOLATILE | VM_VOLATILE_GROUP_3), VM_PURGABLE_VOLATILE);
    int before = set_state(start, VM_PURGABLE_NONVOLATILE);
    assert_true(before == VM_PURGABLE_VOLATILE || before == VM_PURGABLE_EMPTY); // if memory is short just now
    assert_all((void *)start, 5 * PAGE, before == VM_PURGABLE_VOLATILE ? 8 : 0);
    // Emptied at once.
    memset((void *)start, 8, 5 * PAGE);
    assert_int_equal(set_state(start, VM_PURGABLE_EMPTY), VM_PURGABLE_NONVOLATILE);
    assert_int_equal(set_state(start, VM_PURGABLE_VOLATILE), VM_PURGABLE_EMPTY); // and stays so
    assert_int_equal(get_state(start), VM_PURGABLE_EMPTY);
    assert_int_equal(set_state(start, VM_PURGABLE_NONVOLATILE), VM_PURGABLE_EMPTY);
    assert_all((void *)start, 5 * PAGE, 0);
    memset((void *)start, 8, 5 * PAGE);
    assert_int_equal(set_state(start, VM_PURGABLE_VOLATILE | VM_PURGABLE_DEBUG_EMPTY), VM_PURGABLE_NONVOLATILE);
    assert_int_equal(set_state(start, VM_PURGABLE_NONVOLATILE), VM_PURGABLE_EMPTY);
    assert_all((void *)start, 5 * PAGE, 0);
    // Never again.
    assert_int_equal(set_state(start, VM_PURGABLE_DENY), VM_PURGABLE_NONVOLATILE);
    int state = 0;
    assert_code(vm->vm_purgable_control(SELF, start, VM_PURGABLE_GET_STATE, &state), KERN_INVALID_ARGUMENT);
    give_back_memory((void *)start, 5 * PAGE);
}
static void purgable_memory_changes_its_state(void **state) {
    (void)state;
    each_way(change_states);
}

// A25: some of it is gone, as the system might take it: all of it is then, and the caller is told.
static void lose_a_page(void) {
    for (int page = 0; page < 3; page++) {
        for (int touch = 0; touch < 3; touch++) {
            vm_address_t start = make_purgable(3 * PAGE);
            memset((void *)start, 8, 3 * PAGE);
            assert_int_equal(set_state(start, VM_PURGABLE_VOLATILE), VM_PURGABLE_NONVOLATILE);
            volatile char *gone = (char *)start + (vm_size_t)page * PAGE;
            assert_int_equal(madvise((void *)(uintptr_t)gone, PAGE, MADV_DONTNEED), 0);
            if (touch == 1) assert_int_equal(*gone, 0);
            assert_int_equal(set_state(start, VM_PURGABLE_NONVOLATILE), VM_PURGABLE_EMPTY);
            assert_all((void *)start, 3 * PAGE, 0);
            give_back_memory((void *)start, 3 * PAGE);
        }
    }
}
static void what_lost_a_page_is_empty(void **state) {
    (void)state;
    each_way(lose_a_page);
}

// A25
static void purge_all(void) {
    vm_address_t one = make_purgable(2 * PAGE), two = make_purgable(PAGE), three = make_purgable(PAGE);
    memset((void *)one, 1, 2 * PAGE);
    memset((void *)two, 2, PAGE);
    memset((void *)three, 3, PAGE);
    set_state(one, VM_PURGABLE_VOLATILE);
    set_state(two, VM_PURGABLE_VOLATILE);
    assert_int_equal(purge(12345, VM_PURGABLE_PURGE_ALL, 77), 77); // whatever the address
    assert_int_equal(get_state(one), VM_PURGABLE_EMPTY);
    assert_int_equal(set_state(two, VM_PURGABLE_NONVOLATILE), VM_PURGABLE_EMPTY);
    assert_all((void *)two, PAGE, 0);
    assert_all((void *)three, PAGE, 3);
    give_back_memory((void *)one, 2 * PAGE);
    give_back_memory((void *)two, PAGE);
    give_back_memory((void *)three, PAGE);
}
static void all_volatile_memory_is_purged(void **state) {
    (void)state;
    each_way(purge_all);
}

// A25: what is wired stays, whatever is purged, and cannot be allowed to go. It keeps nothing else.
static void purge_beside_wired_memory(void) {
    mach_port_t host = mach_host_self();
    vm_address_t places[] = {make_purgable(PAGE), make_purgable(PAGE), make_purgable(PAGE)};
    for (int i = 0; i < 3; i++) {
        memset((void *)places[i], 1, PAGE);
        set_state(places[i], VM_PURGABLE_VOLATILE);
    }
    assert_success(vm_wire(host, SELF, places[0], PAGE, VM_PROT_READ));
    assert_success(vm_wire(host, SELF, places[2], PAGE, VM_PROT_READ));
    purge(0, VM_PURGABLE_PURGE_ALL, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(set_state(places[i], VM_PURGABLE_NONVOLATILE),
                         i == 1 ? VM_PURGABLE_EMPTY : VM_PURGABLE_VOLATILE);
        assert_all((void *)places[i], PAGE, i != 1);
    }
    int state = VM_PURGABLE_VOLATILE;
    assert_code(vm->vm_purgable_control(SELF, places[0], VM_PURGABLE_SET_STATE, &state), KERN_NOT_SUPPORTED);
    state = VM_PURGABLE_EMPTY;
    assert_code(vm->vm_purgable_control(SELF, places[0], VM_PURGABLE_SET_STATE, &state), KERN_NOT_SUPPORTED);
    assert_all((void *)places[0], PAGE, 1);
    for (int i = 0; i < 3; i++) give_back_memory((void *)places[i], PAGE);
    assert_success(mach_port_deallocate(SELF, host));
}
// A25, A26: what the system has dropped before is told as lost, though it is wired now.
static void wire_dropped_memory(void) {
    mach_port_t host = mach_host_self();
    vm_address_t start = make_purgable(6 * PAGE);
    memset((void *)start, 1, 6 * PAGE);
    set_state(start, VM_PURGABLE_VOLATILE);
    assert_int_equal(madvise((void *)(start + 2 * PAGE), PAGE, MADV_DONTNEED), 0);
    assert_success(vm_wire(host, SELF, start + PAGE, 4 * PAGE, VM_PROT_READ));
    assert_int_equal(set_state(start + 3 * PAGE, VM_PURGABLE_NONVOLATILE), VM_PURGABLE_EMPTY);
    assert_all((void *)(start + PAGE), 4 * PAGE, 0);
    for (int i = 0; i < 6; i += 5) {
        assert_int_equal(set_state(start + i * PAGE, VM_PURGABLE_NONVOLATILE), VM_PURGABLE_VOLATILE);
        assert_all((void *)(start + i * PAGE), PAGE, 1);
    }
    give_back_memory((void *)start, 6 * PAGE);
    assert_success(mach_port_deallocate(SELF, host));
}
static void what_was_dropped_before_it_was_wired_is_lost(void **state) {
    (void)state;
    each_way(wire_dropped_memory);
}

static void wired_memory_is_not_purged(void **state) {
    (void)state;
    each_way(purge_beside_wired_memory);
}

// A1, A25
static void purge_wrongly(void) {
    vm_address_t start = make_purgable(2 * PAGE);
    struct area plain = make_area(ALLOCATED, 2), other = make_area(ANON_PRIVATE, 1), none = make_area(ANON_NONE, 1);
    int state = VM_PURGABLE_VOLATILE;
    assert_code(vm->vm_purgable_control(SELF, start, 3, &state), KERN_INVALID_ARGUMENT);
    assert_code(vm->vm_purgable_control(SELF, start, -1, &state), KERN_INVALID_ARGUMENT);
    const int bad[] = {4, 8, 0x800, 0x4000, 0x8000, 0x20000, -1};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        state = bad[i];
        if (bad[i] & ~VM_PURGABLE_ALL_MASKS)
            assert_code(vm->mach_vm_purgable_control(SELF, start, VM_PURGABLE_SET_STATE, &state),
                        KERN_INVALID_ARGUMENT);
        assert_int_equal(state, bad[i]);
    }
    state = VM_PURGABLE_VOLATILE;
    for (int control = VM_PURGABLE_SET_STATE; control <= VM_PURGABLE_GET_STATE; control++) {
        assert_code(vm->vm_purgable_control(SELF, (vm_address_t)plain.start, control, &state), KERN_INVALID_ARGUMENT);
        assert_code(vm->vm_purgable_control(SELF, (vm_address_t)other.start, control, &state), KERN_INVALID_ARGUMENT);
        assert_code(vm->vm_purgable_control(SELF, (vm_address_t)none.start, control, &state), KERN_PROTECTION_FAILURE);
        assert_code(vm->vm_purgable_control(SELF, (vm_address_t)none.start - 1, control, &state), KERN_INVALID_ADDRESS);
        assert_code(vm->vm_purgable_control(SELF, 0, control, &state), KERN_INVALID_ADDRESS);
        assert_code(vm->vm_purgable_control(SELF, ~(vm_address_t)0, control, &state), KERN_INVALID_ADDRESS);
    }
    assert_success(vm->vm_protect(SELF, start, PAGE, FALSE, VM_PROT_READ));
    assert_code(vm->vm_purgable_control(SELF, start, VM_PURGABLE_GET_STATE, &state), KERN_PROTECTION_FAILURE);
    assert_int_equal(get_state(start + PAGE), VM_PURGABLE_NONVOLATILE); // the other part
    if (!vm->by_message) assert_code(vm_purgable_control(SELF, start, 1, NULL), KERN_INVALID_ARGUMENT);
    give_back_memory((void *)start, 2 * PAGE);
    end_area(&plain);
    end_area(&other);
    end_area(&none);
}
static void bad_purging_is_refused(void **state) {
    (void)state;
    each_way(purge_wrongly);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(behaviors_stay),
        TASK_TEST(acting_at_once_loses_nothing),
        TASK_TEST(some_behaviors_lose_contents),
        TASK_TEST(bad_behaviors_are_refused),
        TASK_TEST(memory_is_written_back),
        TASK_TEST(holes_matter_if_they_are_to),
        TASK_TEST(what_no_program_has_is_a_hole),
        TASK_TEST(the_machine_has_no_attributes),
        TASK_TEST(purgable_memory_changes_its_state),
        TASK_TEST(what_lost_a_page_is_empty),
        TASK_TEST(all_volatile_memory_is_purged),
        TASK_TEST(wired_memory_is_not_purged),
        TASK_TEST(what_was_dropped_before_it_was_wired_is_lost),
        TASK_TEST(bad_purging_is_refused),
    };
    return TASK_RUN(tests);
}

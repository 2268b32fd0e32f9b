// What may be done with memory, what a forked child gets of it, and wired memory. Rows A1, A2, A4–A7, A26, A28.
#define _GNU_SOURCE // mremap
#include "vm_support.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const int all_protections[] = {0, 1, 2, 3, 4, 5, 6, 7};

// ---- Protection

// A4
static void protect_each_kind(void) {
    for (enum kind kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < COUNT_OF(all_protections); i++) {
            int wanted = all_protections[i];
            struct area area = make_area(kind, 4);
            bool is_refused = kind == FILE_READ_ONLY && wanted & VM_PROT_WRITE;
            is_refused |= kind == ENTRY_MAPPED && wanted & VM_PROT_EXECUTE; // beyond its maximum
            kern_return_t code = vm->vm_protect(SELF, (vm_address_t)area.start + PAGE, 2 * PAGE, FALSE, wanted);
            if (code != (is_refused ? KERN_PROTECTION_FAILURE : KERN_SUCCESS))
                fail_msg("%s, protection %d: code %d", kind_names[kind], wanted, code);
            int now = is_refused ? area.protection : wanted;
            assert_int_equal(protection_of(area.start), area.protection);
            assert_int_equal(protection_of(area.start + PAGE), now);
            assert_int_equal(protection_of(area.start + 2 * PAGE), now);
            assert_int_equal(protection_of(area.start + 3 * PAGE), area.protection);
            assert_int_equal(region_at(area.start + PAGE).protection, now);
            end_area(&area);
        }
    }
}
static void protection_is_set_on_every_kind_of_memory(void **state) {
    (void)state;
    each_way(protect_each_kind);
}

// A4: touching a byte of a page is meaning the page.
static void protect_bytes(void) {
    struct area area = make_area(ALLOCATED, 4);
    assert_success(vm->mach_vm_protect(SELF, (vm_address_t)area.start + PAGE + 5, PAGE, FALSE, VM_PROT_READ));
    assert_int_equal(protection_of(area.start), 3);
    assert_int_equal(protection_of(area.start + PAGE), 1);
    assert_int_equal(protection_of(area.start + 2 * PAGE), 1);
    assert_int_equal(protection_of(area.start + 3 * PAGE), 3);
    assert_success(vm->vm_protect(SELF, (vm_address_t)area.start + 5, 0, FALSE, VM_PROT_NONE));
    assert_int_equal(protection_of(area.start), 3);
    end_area(&area);
}
static void protection_reaches_over_whole_pages(void **state) {
    (void)state;
    each_way(protect_bytes);
}

// A1, A4
static void protect_wrongly(void) {
    struct area area = make_area(ALLOCATED, 4);
    vm_address_t start = (vm_address_t)area.start;
    const int bad[] = {8, 0x20, 0x40, 0x47, -1, 0x100};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_code(vm->vm_protect(SELF, start, PAGE, FALSE, bad[i]), KERN_INVALID_ARGUMENT);
        assert_code(vm->vm_protect(SELF, start, 0, FALSE, bad[i]), KERN_INVALID_ARGUMENT);
    }
    assert_code(vm->vm_protect(SELF, start, ~(vm_size_t)0, FALSE, 1), KERN_INVALID_ARGUMENT);
    assert_code(vm->vm_protect(SELF, ~(vm_address_t)0, 2, FALSE, 1), KERN_INVALID_ARGUMENT);
    assert_success(vm->vm_protect(SELF, ~(vm_address_t)0, 0, FALSE, 1)); // nothing, wherever that is
    assert_code(vm->vm_protect(SELF, ~(vm_address_t)0 - PAGE, PAGE, FALSE, 1), KERN_INVALID_ADDRESS);
    assert_code(vm->vm_protect(SELF, 0, PAGE, FALSE, 1), KERN_INVALID_ADDRESS);
    // A hole before, in the middle and behind; nothing changes.
    assert_code(vm->vm_protect(SELF, start - PAGE, 2 * PAGE, FALSE, 1), KERN_INVALID_ADDRESS);
    assert_code(vm->vm_protect(SELF, start + 3 * PAGE, 2 * PAGE, FALSE, 1), KERN_INVALID_ADDRESS);
    assert_success(vm_deallocate(SELF, start + 2 * PAGE, PAGE));
    assert_code(vm->vm_protect(SELF, start, 4 * PAGE, FALSE, 1), KERN_INVALID_ADDRESS);
    for (int page = 0; page < 4; page++)
        if (page != 2) assert_int_equal(protection_of(area.start + page * PAGE), 3);
    end_area(&area);
    if (vm->by_message) return;
    assert_code(vm_protect(MACH_PORT_NULL, start, PAGE, FALSE, 1), KERN_INVALID_ARGUMENT);
    assert_code(vm_protect(MACH_PORT_DEAD, start, PAGE, FALSE, 1), KERN_INVALID_ARGUMENT);
    assert_code(vm_protect(mach_host_self(), start, PAGE, FALSE, 1), KERN_INVALID_ARGUMENT);
}
static void bad_protections_and_ranges_are_refused(void **state) {
    (void)state;
    each_way(protect_wrongly);
}

// A5
static void limit_protection(void) {
    struct area area = make_area(ALLOCATED, 4);
    vm_address_t start = (vm_address_t)area.start;
    assert_int_equal(region_at(area.start).max_protection, VM_PROT_ALL);
    assert_success(vm->vm_protect(SELF, start + PAGE, PAGE, TRUE, VM_PROT_READ | VM_PROT_EXECUTE));
    struct vm_region_basic_info_64 info = region_at(area.start + PAGE);
    assert_int_equal(info.protection, VM_PROT_READ); // what was there and is allowed
    assert_int_equal(info.max_protection, VM_PROT_READ | VM_PROT_EXECUTE);
    assert_int_equal(protection_of(area.start + PAGE), VM_PROT_READ);
    assert_int_equal(region_at(area.start + 2 * PAGE).max_protection, VM_PROT_ALL);
    assert_int_equal(protection_of(area.start + 2 * PAGE), 3);
    // Nothing beyond the limit, on any page, and nothing else then.
    assert_code(vm->vm_protect(SELF, start, 4 * PAGE, FALSE, 3), KERN_PROTECTION_FAILURE);
    assert_code(vm->vm_protect(SELF, start + PAGE, PAGE, TRUE, 3), KERN_PROTECTION_FAILURE);
    assert_int_equal(protection_of(area.start + PAGE), VM_PROT_READ);
    assert_success(vm->vm_protect(SELF, start, 4 * PAGE, FALSE, VM_PROT_READ | VM_PROT_EXECUTE));
    assert_int_equal(protection_of(area.start + PAGE), 5);
    // Whichever comes first.
    assert_success(vm_deallocate(SELF, start + 3 * PAGE, PAGE));
    assert_code(vm->vm_protect(SELF, start, 4 * PAGE, FALSE, 3), KERN_PROTECTION_FAILURE);
    assert_code(vm->vm_protect(SELF, start + 2 * PAGE, 2 * PAGE, FALSE, 3), KERN_INVALID_ADDRESS);
    assert_success(vm_deallocate(SELF, start, PAGE));
    assert_code(vm->vm_protect(SELF, start, 2 * PAGE, FALSE, 3), KERN_INVALID_ADDRESS);
    end_area(&area);
}
static void a_maximum_is_a_limit_for_good(void **state) {
    (void)state;
    each_way(limit_protection);
}

// A5: of other memory the system knows no limit.
static void limit_other_memory(void) {
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct area area = make_area(kind, 2);
        bool is_ours = kind == ALLOCATED || kind == ENTRY_MAPPED;
        assert_code(vm->vm_protect(SELF, (vm_address_t)area.start, PAGE, TRUE, VM_PROT_READ),
                    is_ours ? KERN_SUCCESS : KERN_NOT_SUPPORTED);
        kern_return_t code = vm->vm_protect(SELF, (vm_address_t)area.start + PAGE, PAGE, TRUE, VM_PROT_ALL);
        assert_code(code, kind == ENTRY_MAPPED ? KERN_PROTECTION_FAILURE : KERN_SUCCESS);
        assert_int_equal(protection_of(area.start + PAGE), area.protection);
        end_area(&area);
    }
}
static void a_maximum_is_for_memory_of_the_library(void **state) {
    (void)state;
    each_way(limit_other_memory);
}

// A6
static void copy_by_protecting(void) {
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct area area = make_area(kind, 3);
        char *other = NULL;
        if (area.is_shared) {
            other = mremap(area.start, 0, area.size, MREMAP_MAYMOVE);
            assert_true(other != MAP_FAILED);
        }
        int wanted = VM_PROT_READ | VM_PROT_WRITE;
        assert_success(vm->vm_protect(SELF, (vm_address_t)area.start + PAGE, PAGE, FALSE, wanted | VM_PROT_COPY));
        assert_int_equal(protection_of(area.start + PAGE), wanted);
        assert_int_equal(protection_of(area.start), area.protection);
        assert_all(area.start + PAGE, PAGE, 2);
        memset(area.start + PAGE, 77, PAGE);
        if (other != NULL) {
            assert_int_equal(mprotect(other, area.size, PROT_READ), 0);
            assert_all(other + PAGE, PAGE, 2); // no longer shared
            assert_false(region_at(area.start + PAGE).shared);
            assert_true(region_at(area.start).shared);
            munmap(other, area.size);
        }
        end_area(&area);
    }
}
static void a_copy_may_be_written_to(void **state) {
    (void)state;
    each_way(copy_by_protecting);
}

// A6: writing is allowed from then on, whatever the maximum was; more is not.
static void copy_beyond_maximum(void) {
    mach_port_t entry = make_new_entry(2 * PAGE, VM_PROT_READ);
    char *start = map_entry(entry, 0, 2 * PAGE, VM_PROT_READ);
    assert_code(vm->vm_protect(SELF, (vm_address_t)start, PAGE, FALSE, 3), KERN_PROTECTION_FAILURE);
    assert_code(vm->vm_protect(SELF, (vm_address_t)start, PAGE, FALSE, 7 | VM_PROT_COPY), KERN_PROTECTION_FAILURE);
    assert_success(vm->vm_protect(SELF, (vm_address_t)start, PAGE, FALSE, 3 | VM_PROT_COPY));
    *start = 9;
    assert_int_equal(region_at(start).max_protection, 3);
    assert_int_equal(region_at(start + PAGE).max_protection, 1);
    assert_success(vm->vm_protect(SELF, (vm_address_t)start, PAGE, FALSE, 1));
    assert_success(vm->vm_protect(SELF, (vm_address_t)start, PAGE, FALSE, 3));
    assert_int_equal(*start, 9);
    give_back_memory(start, 2 * PAGE);
    assert_success(mach_port_deallocate(SELF, entry));
}
static void a_copy_raises_the_maximum(void **state) {
    (void)state;
    each_way(copy_beyond_maximum);
}

// A2
static void protect_what_no_program_has(void) {
    vm_address_t page = 0;
    assert_success(vm_allocate(SELF, &page, PAGE, VM_FLAGS_ANYWHERE));
    assert_success(vm_deallocate(SELF, page, PAGE));
    assert_code(vm->vm_protect(SELF, page, PAGE, FALSE, VM_PROT_NONE), KERN_INVALID_ADDRESS);
    // A page that was protected is as others when it comes again.
    assert_success(vm_allocate(SELF, &page, PAGE, VM_FLAGS_ANYWHERE));
    assert_success(vm->vm_protect(SELF, page, PAGE, TRUE, VM_PROT_READ));
    assert_success(vm_deallocate(SELF, page, PAGE));
    for (int i = 0; i < 300; i++) {
        vm_address_t next = 0;
        assert_success(vm_allocate(SELF, &next, PAGE, VM_FLAGS_ANYWHERE));
        assert_int_equal(region_at((void *)next).max_protection, VM_PROT_ALL);
        *(volatile char *)next = 1;
        assert_success(vm_deallocate(SELF, next, PAGE));
    }
}
static void pages_that_were_given_back_are_no_memory(void **state) {
    (void)state;
    each_way(protect_what_no_program_has);
}

// ---- Inheritance

static int sum_of_pages(void *argument) {
    const struct area *area = argument;
    int sum = 0;
    for (size_t i = 0; i < area->size; i += PAGE) sum += is_mapped(area->start + i) ? area->start[i] : 10;
    return sum;
}

// A7: what the system does for every kind.
static void inherit_nothing(void) {
    for (enum kind kind = 0; kind < KINDS; kind++) {
        if (kind == ANON_NONE) continue;
        struct area area = make_area(kind, 4); // pages with 1, 2, 3, 4
        assert_int_equal(in_child(sum_of_pages, &area), 10);
        vm_address_t middle = (vm_address_t)area.start + PAGE;
        assert_success(vm->vm_inherit(SELF, middle + 7, PAGE, VM_INHERIT_NONE)); // two pages
        assert_int_equal(region_at(area.start + PAGE).inheritance, VM_INHERIT_NONE);
        assert_int_equal(region_at(area.start).inheritance, area.is_shared ? VM_INHERIT_SHARE : VM_INHERIT_COPY);
        assert_int_equal(in_child(sum_of_pages, &area), 25);
        assert_all(area.start + PAGE, PAGE, 2); // the parent has it still
        vm_inherit_t usual = area.is_shared ? VM_INHERIT_SHARE : VM_INHERIT_COPY;
        assert_success(vm->mach_vm_inherit(SELF, middle, 2 * PAGE, usual));
        assert_int_equal(region_at(area.start + PAGE).inheritance, usual);
        assert_int_equal(in_child(sum_of_pages, &area), 10);
        end_area(&area);
    }
}
static void a_child_does_not_have_what_it_is_not_to_have(void **state) {
    (void)state;
    each_way(inherit_nothing);
}

static int write_to_pages(void *argument) {
    const struct area *area = argument;
    int before = area->start[PAGE];
    memset(area->start, 99, area->size);
    return before;
}

// A7, A28
static void inherit_sharing(void) {
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct area area = make_area(kind, 3);
        bool is_ours = kind == ALLOCATED || kind == ENTRY_MAPPED;
        vm_address_t start = (vm_address_t)area.start;
        kern_return_t share = is_ours || area.is_shared ? KERN_SUCCESS : KERN_NOT_SUPPORTED;
        kern_return_t copy = is_ours || !area.is_shared ? KERN_SUCCESS : KERN_NOT_SUPPORTED;
        if (area.protection & VM_PROT_WRITE) {
            assert_code(vm->vm_inherit(SELF, start, area.size, VM_INHERIT_SHARE), share);
            assert_int_equal(in_child(write_to_pages, &area), 2);
            assert_all(area.start, PAGE, share == KERN_SUCCESS ? 99 : 1);
            memset(area.start, 5, area.size);
            assert_code(vm->vm_inherit(SELF, start, area.size, VM_INHERIT_COPY), copy);
            assert_int_equal(in_child(write_to_pages, &area), 5);
            assert_all(area.start, PAGE, copy == KERN_SUCCESS ? 5 : 99);
        }
        end_area(&area);
    }
}
static void a_child_shares_or_copies(void **state) {
    (void)state;
    each_way(inherit_sharing);
}

// A7: what is converted keeps its contents and its protection, page by page.
static void share_in_parts(void) {
    struct area area = make_area(ALLOCATED, 600);
    memset(area.start + 300 * PAGE, 0, 200 * PAGE);
    assert_int_equal(madvise(area.start + 100 * PAGE, 100 * PAGE, MADV_DONTNEED), 0);
    vm_address_t start = (vm_address_t)area.start;
    assert_success(vm->vm_protect(SELF, start + 2 * PAGE, PAGE, FALSE, VM_PROT_READ));
    assert_success(vm->vm_inherit(SELF, start + 4 * PAGE, PAGE, VM_INHERIT_NONE));
    assert_success(vm->vm_inherit(SELF, start, area.size, VM_INHERIT_SHARE));
    for (int page = 0; page < 600; page++) {
        bool is_zero = (page >= 100 && page < 200) || (page >= 300 && page < 500);
        assert_all(area.start + page * PAGE, PAGE, is_zero ? 0 : (unsigned char)(page + 1));
        assert_int_equal(protection_of(area.start + page * PAGE), page == 2 ? 1 : 3);
    }
    assert_int_equal(region_at(area.start).inheritance, VM_INHERIT_SHARE);
    assert_true(region_at(area.start).shared);
    end_area(&area);
}
static void what_becomes_shared_stays_as_it_is(void **state) {
    (void)state;
    each_way(share_in_parts);
}

// A7: memory that cannot be read, or is wired or purgable, is not converted.
static void share_what_cannot_be(void) {
    struct area area = make_area(ALLOCATED, 2);
    vm_address_t start = (vm_address_t)area.start;
    assert_success(vm->vm_protect(SELF, start, PAGE, FALSE, VM_PROT_NONE));
    assert_code(vm->vm_inherit(SELF, start, PAGE, VM_INHERIT_SHARE), KERN_PROTECTION_FAILURE);
    assert_int_equal(region_at(area.start).inheritance, VM_INHERIT_COPY);
    assert_success(vm->vm_wire(mach_host_self(), SELF, start + PAGE, PAGE, VM_PROT_READ));
    assert_code(vm->vm_inherit(SELF, start + PAGE, PAGE, VM_INHERIT_SHARE), KERN_NOT_SUPPORTED);
    end_area(&area);
    vm_address_t purgable = 0;
    assert_success(vm_allocate(SELF, &purgable, PAGE, VM_FLAGS_ANYWHERE | VM_FLAGS_PURGABLE));
    assert_code(vm->vm_inherit(SELF, purgable, PAGE, VM_INHERIT_SHARE), KERN_NOT_SUPPORTED);
    give_back_memory((void *)purgable, PAGE);
    assert_success(mach_port_mod_refs(SELF, mach_host_self(), MACH_PORT_RIGHT_SEND, -2));
}
static void some_memory_does_not_become_shared(void **state) {
    (void)state;
    each_way(share_what_cannot_be);
}

// A1, A7
static void inherit_wrongly(void) {
    struct area area = make_area(ALLOCATED, 3);
    vm_address_t start = (vm_address_t)area.start;
    const vm_inherit_t bad[] = {3, 4, 0x80000000, ~0u};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_code(vm->vm_inherit(SELF, start, PAGE, bad[i]), KERN_INVALID_ARGUMENT);
        assert_code(vm->vm_inherit(SELF, start, 0, bad[i]), KERN_INVALID_ARGUMENT);
    }
    assert_code(vm->vm_inherit(SELF, start, ~(vm_size_t)0, VM_INHERIT_NONE), KERN_INVALID_ARGUMENT);
    // Holes are passed over.
    assert_success(vm_deallocate(SELF, start + PAGE, PAGE));
    assert_success(vm->vm_inherit(SELF, start - PAGE, 6 * PAGE, VM_INHERIT_NONE));
    assert_int_equal(region_at(area.start).inheritance, VM_INHERIT_NONE);
    assert_int_equal(region_at(area.start + 2 * PAGE).inheritance, VM_INHERIT_NONE);
    assert_success(vm->vm_inherit(SELF, (vm_address_t)1 << 63, PAGE, VM_INHERIT_NONE));
    assert_success(vm->vm_inherit(SELF, start, 0, VM_INHERIT_COPY));
    assert_int_equal(region_at(area.start).inheritance, VM_INHERIT_NONE);
    end_area(&area);
}
static void bad_inheritances_are_refused(void **state) {
    (void)state;
    each_way(inherit_wrongly);
}

static int look_at_own_memory(void *argument) {
    const struct area *area = argument;
    vm_offset_t data = 0;
    mach_msg_type_number_t count = 0;
    if (vm_read(SELF, (vm_address_t)area->start, PAGE, &data, &count) != KERN_INVALID_ADDRESS) return 1;
    if (vm_read(SELF, (vm_address_t)area->start + PAGE, PAGE, &data, &count) != KERN_SUCCESS) return 2;
    if (*(char *)data != 2) return 3;
    if (vm_deallocate(SELF, data, count) != KERN_SUCCESS) return 4;
    if (vm_deallocate(SELF, (vm_address_t)area->start, area->size) != KERN_SUCCESS) return 5;
    vm_address_t again = (vm_address_t)area->start;
    return vm_allocate(SELF, &again, area->size, VM_FLAGS_FIXED) == KERN_SUCCESS ? 0 : 6;
}

// A28
static void a_child_knows_what_it_has(void **state) {
    (void)state;
    struct area area = make_area(ALLOCATED, 3);
    assert_success(vm_inherit(SELF, (vm_address_t)area.start, PAGE, VM_INHERIT_NONE));
    assert_int_equal(in_child(look_at_own_memory, &area), 0);
    end_area(&area);
}

// ---- Wiring

static size_t locked_kilobytes(void) {
    FILE *status = fopen("/proc/self/status", "r");
    assert_non_null(status);
    char line[200];
    size_t size = 0;
    while (fgets(line, sizeof(line), status) != NULL) (void)sscanf(line, "VmLck: %zu kB", &size);
    (void)fclose(status);
    return size;
}

static mach_port_t host;

// A26
static void wire_each_kind(void) {
    host = mach_host_self();
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct area area = make_area(kind, 4);
        vm_address_t start = (vm_address_t)area.start;
        size_t before = locked_kilobytes();
        int access = area.protection & VM_PROT_WRITE ? 3 : 1;
        kern_return_t code = vm->vm_wire(host, SELF, start + PAGE, PAGE + 1, access);
        assert_code(code, kind == ANON_NONE ? KERN_PROTECTION_FAILURE : KERN_SUCCESS);
        bool is_wired = code == KERN_SUCCESS;
        assert_int_equal(locked_kilobytes() - before, is_wired ? 2 * PAGE / 1024 : 0);
        assert_int_equal(region_at(area.start + PAGE).user_wired_count, is_wired);
        assert_int_equal(region_at(area.start).user_wired_count, 0);
        if (is_wired) assert_success(vm->mach_vm_wire(host, SELF, start + PAGE, PAGE, access));
        assert_success(vm->mach_vm_wire(host, SELF, start, area.size, VM_PROT_NONE)); // however often
        assert_int_equal(locked_kilobytes(), before);
        assert_int_equal(region_at(area.start + PAGE).user_wired_count, 0);
        end_area(&area);
    }
    assert_success(mach_port_deallocate(SELF, host));
}
static void memory_is_wired_and_let_go(void **state) {
    (void)state;
    each_way(wire_each_kind);
}

// A26
static void wire_wrongly(void) {
    host = mach_host_self();
    struct area area = make_area(ALLOCATED, 4);
    vm_address_t start = (vm_address_t)area.start;
    size_t before = locked_kilobytes();
    assert_code(vm->vm_wire(host, SELF, start, PAGE, 8), KERN_INVALID_ARGUMENT);
    assert_code(vm->vm_wire(host, SELF, start, PAGE, 0x40), KERN_INVALID_ARGUMENT);
    assert_code(vm->vm_wire(host, SELF, start, ~(vm_size_t)0, 1), KERN_INVALID_ARGUMENT);
    assert_success(vm->vm_wire(host, SELF, 0, 0, 1));
    assert_success(vm->vm_wire(host, SELF, ~(vm_address_t)0, 0, 1));
    assert_success(vm->vm_protect(SELF, start + PAGE, PAGE, FALSE, VM_PROT_READ));
    assert_code(vm->vm_wire(host, SELF, start, 2 * PAGE, 3), KERN_PROTECTION_FAILURE);
    assert_code(vm->vm_wire(host, SELF, start, 5 * PAGE, 1), KERN_INVALID_ADDRESS);
    assert_code(vm->vm_wire(host, SELF, start, 5 * PAGE, 0), KERN_INVALID_ADDRESS);
    assert_int_equal(locked_kilobytes(), before);
    if (geteuid() != 0) {
        struct rlimit old, none = {0, 0};
        assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &old), 0);
        none.rlim_max = old.rlim_max;
        assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &none), 0);
        assert_code(vm->vm_wire(host, SELF, start, PAGE, 1), KERN_RESOURCE_SHORTAGE);
        assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &old), 0);
    }
    assert_int_equal(locked_kilobytes(), before);
    assert_int_equal(region_at(area.start).user_wired_count, 0);
    // The host first, then the task.
    assert_code(vm->vm_wire(host, MACH_PORT_NULL, start, PAGE, 1), KERN_INVALID_TASK);
    assert_code(vm->vm_wire(host, host, start, PAGE, 1), KERN_INVALID_TASK);
    assert_code(vm->vm_wire(SELF, SELF, start, PAGE, 1), KERN_INVALID_HOST);
    if (!vm->by_message) {
        assert_code(vm_wire(MACH_PORT_NULL, MACH_PORT_NULL, start, PAGE, 99), KERN_INVALID_HOST);
        assert_code(mach_vm_wire(MACH_PORT_DEAD, SELF, start, PAGE, 1), KERN_INVALID_HOST);
    }
    end_area(&area);
    assert_success(mach_port_deallocate(SELF, host));
}
static void bad_wirings_are_refused(void **state) {
    (void)state;
    each_way(wire_wrongly);
}

// Wires what the child of a wired page may, and then more.
static int wire_to_the_limit(void *argument) {
    const struct area *area = argument;
    vm_address_t start = (vm_address_t)area->start;
    if (locked_kilobytes() != 0 || region_at(area->start).user_wired_count != 0) return 1;
    host = mach_host_self();
    if (vm_wire(host, SELF, start, PAGE, VM_PROT_READ) != KERN_SUCCESS) return 2;
    struct rlimit limit = {PAGE, PAGE};
    if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 3;
    // Root has no limit. Whoever changes what it is may not look at itself any more, unless it says so.
    if (geteuid() == 0 && (setresuid(-1, 65534, -1) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0)) return 4;
    if (vm_wire(host, SELF, start, 3 * PAGE, VM_PROT_READ) != KERN_RESOURCE_SHORTAGE) return 5;
    if (locked_kilobytes() != PAGE / 1024 || region_at(area->start).user_wired_count != 1) return 6;
    return region_at(area->start + PAGE).user_wired_count == 0 ? 0 : 7;
}

// A26: nothing is wired in a child, and a failure lets nothing go that was wired before.
static void a_failing_wiring_and_a_fork_change_nothing_else(void **state) {
    (void)state;
    struct area area = make_area(ALLOCATED, 3);
    host = mach_host_self();
    assert_success(vm_wire(host, SELF, (vm_address_t)area.start, PAGE, VM_PROT_READ));
    assert_int_equal(in_child(wire_to_the_limit, &area), 0);
    assert_int_equal(region_at(area.start).user_wired_count, 1);
    end_area(&area);
    assert_success(mach_port_deallocate(SELF, host));
}

// A26, A19, A6: pages are wired at a place. What shares them is not; what takes their place is.
static void wiring_is_of_a_place(void **state) {
    (void)state;
    host = mach_host_self();
    size_t before = locked_kilobytes();
    struct area area = make_area(ENTRY_MAPPED, 2);
    vm_address_t start = (vm_address_t)area.start, other = 0;
    assert_success(vm_wire(host, SELF, start, area.size, VM_PROT_READ));
    int current = 0, maximum = 0;
    assert_success(vm_remap(SELF, &other, area.size, 0, VM_FLAGS_ANYWHERE, SELF, start, FALSE, &current, &maximum,
                            VM_INHERIT_COPY));
    assert_int_equal(region_at((void *)other).user_wired_count, 0);
    assert_int_equal(locked_kilobytes() - before, area.size / 1024);
    assert_success(vm_protect(SELF, start, PAGE, FALSE, VM_PROT_COPY | VM_PROT_DEFAULT));
    assert_int_equal(region_at(area.start).user_wired_count, 1);
    assert_int_equal(locked_kilobytes() - before, area.size / 1024);
    give_back_memory((void *)other, area.size);
    end_area(&area);
    assert_int_equal(locked_kilobytes(), before);
    assert_success(mach_port_deallocate(SELF, host));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(protection_is_set_on_every_kind_of_memory),
        TASK_TEST(protection_reaches_over_whole_pages),
        TASK_TEST(bad_protections_and_ranges_are_refused),
        TASK_TEST(a_maximum_is_a_limit_for_good),
        TASK_TEST(a_maximum_is_for_memory_of_the_library),
        TASK_TEST(a_copy_may_be_written_to),
        TASK_TEST(a_copy_raises_the_maximum),
        TASK_TEST(pages_that_were_given_back_are_no_memory),
        TASK_TEST(a_child_does_not_have_what_it_is_not_to_have),
        TASK_TEST(a_child_shares_or_copies),
        TASK_TEST(what_becomes_shared_stays_as_it_is),
        TASK_TEST(some_memory_does_not_become_shared),
        TASK_TEST(bad_inheritances_are_refused),
        TASK_TEST(a_child_knows_what_it_has),
        TASK_TEST(memory_is_wired_and_let_go),
        TASK_TEST(bad_wirings_are_refused),
        TASK_TEST(a_failing_wiring_and_a_fork_change_nothing_else),
        TASK_TEST(wiring_is_of_a_place),
    };
    return TASK_RUN(tests);
}

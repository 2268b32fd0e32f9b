// Memory entries: made, mapped, sent, and gone with their last right. Rows A18, A20–A24, A28, A29.
#define _GNU_SOURCE // mremap
#include "vm_support.h"

#include <unistd.h>

static kern_return_t make(memory_object_size_t *size, const void *start, int permission, mach_port_t *entry,
                          mach_port_t parent) {
    return vm->mach_make_memory_entry_64(SELF, size, (memory_object_offset_t)(uintptr_t)start, permission, entry,
                                         parent);
}
static mach_port_t make_part(mach_port_t parent, size_t offset, memory_object_size_t size, int permission) {
    mach_port_t part = MACH_PORT_NULL;
    assert_success(make(&size, (void *)offset, permission, &part, parent));
    return part;
}
static kern_return_t map(vm_address_t *address, size_t size, int flags, mach_port_t entry, size_t offset,
                         boolean_t copy, int current, int maximum) {
    return vm->vm_map_64(SELF, address, size, 0, flags, entry, offset, copy, current, maximum, VM_INHERIT_SHARE);
}
static void drop(mach_port_t entry) { assert_success(mach_port_deallocate(SELF, entry)); }

// ---- New memory

// A20, A18
static void make_new(void) {
    mach_port_t entry = make_new_entry(3 * PAGE + 1, 3);
    assert_int_equal(type(entry), MACH_PORT_TYPE_SEND);
    assert_int_equal(refs(entry, MACH_PORT_RIGHT_SEND), 1);
    natural_t kind = 0;
    mach_vm_address_t token = 0;
    assert_success(mach_port_kobject(SELF, entry, &kind, &token));
    assert_int_equal(kind, 28); // R19
    assert_true(token != 0);
    char *one = map_entry(entry, 0, 4 * PAGE, 3), *two = map_entry(entry, PAGE, 2 * PAGE, 3);
    assert_all(one, 4 * PAGE, 0);
    memset(one, 5, 4 * PAGE);
    assert_all(two, 2 * PAGE, 5);
    two[PAGE] = 6;
    assert_int_equal(one[2 * PAGE], 6);
    struct vm_region_basic_info_64 info = region_at(two);
    assert_int_equal(info.offset, PAGE);
    assert_true(info.shared);
    assert_int_equal(info.max_protection, 3);
    // What is mapped outlives the entry.
    drop(entry);
    give_back_memory(one, 4 * PAGE);
    assert_int_equal(two[PAGE], 6);
    give_back_memory(two, 2 * PAGE);
}
static void an_entry_is_mapped_more_than_once(void **state) {
    (void)state;
    each_way(make_new);
}

// A18
static void limit_mapping(void) {
    mach_port_t entry = make_new_entry(2 * PAGE, VM_PROT_READ);
    vm_address_t address = 7;
    for (int current = 0; current <= VM_PROT_ALL; current++) {
        for (int maximum = 0; maximum <= VM_PROT_ALL; maximum++) {
            bool fits = !(current & ~VM_PROT_READ) && !(maximum & ~VM_PROT_READ);
            kern_return_t code = map(&address, PAGE, VM_FLAGS_ANYWHERE, entry, 0, FALSE, current, maximum);
            assert_code(code, fits ? KERN_SUCCESS : KERN_INVALID_RIGHT);
            if (!fits) continue;
            assert_int_equal(protection_of((char *)address), current);
            give_back_memory((void *)address, PAGE);
        }
    }
    // As much as can be had.
    assert_success(map(&address, PAGE, VM_FLAGS_ANYWHERE, entry, 0, FALSE, 7 | VM_PROT_IS_MASK, 7 | VM_PROT_IS_MASK));
    assert_int_equal(protection_of((char *)address), VM_PROT_READ);
    assert_int_equal(region_at((void *)address).max_protection, VM_PROT_READ);
    give_back_memory((void *)address, PAGE);
    // Places in it.
    address = 7;
    const struct {
        size_t offset, size;
        kern_return_t code;
    } places[] = {{0, 2 * PAGE, 0},
                  {PAGE, PAGE, 0},
                  {0, 2 * PAGE + 1, 4},
                  {PAGE, PAGE + 1, 4},
                  {2 * PAGE, 1, 4},
                  {1, PAGE, 4},
                  {PAGE, ~(size_t)0, 4},
                  {~(size_t)0, PAGE, 4},
                  {~(size_t)0 << 12, 2 * PAGE, 4},
                  {0, 1, 0}};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        for (boolean_t copy = FALSE; copy <= TRUE; copy++) {
            kern_return_t code = map(&address, places[i].size, VM_FLAGS_ANYWHERE, entry, places[i].offset, copy, 1, 1);
            assert_code(code, places[i].code);
            if (code == KERN_SUCCESS)
                give_back_memory((void *)address, places[i].size);
            else
                assert_int_equal(address, 7);
            address = 7;
        }
    }
    assert_code(map(&address, PAGE, VM_FLAGS_ANYWHERE | VM_FLAGS_PURGABLE, entry, 0, FALSE, 1, 1),
                KERN_INVALID_ARGUMENT);
    drop(entry);
}
static void an_entry_limits_what_is_mapped(void **state) {
    (void)state;
    each_way(limit_mapping);
}

// A18: a copy is the caller's own.
static void map_copies(void) {
    mach_port_t entry = make_new_entry(3 * PAGE, 3);
    char *shared = map_entry(entry, 0, 3 * PAGE, 3);
    for (int page = 0; page < 3; page++) memset(shared + page * PAGE, page + 1, PAGE);
    vm_address_t copy = 0;
    assert_success(vm->vm_map(SELF, &copy, 2 * PAGE, 0, VM_FLAGS_ANYWHERE, entry, PAGE, TRUE, 3, 3, VM_INHERIT_COPY));
    assert_false(region_at((void *)copy).shared);
    assert_all((char *)copy + PAGE, PAGE, 3);
    memset(shared, 9, 3 * PAGE);
    assert_all((char *)copy, PAGE, 2);
    memset((char *)copy, 8, 2 * PAGE);
    assert_all(shared, 3 * PAGE, 9);
    give_back_memory((void *)copy, 2 * PAGE);
    give_back_memory(shared, 3 * PAGE);
    drop(entry);
}
static void a_copy_is_private(void **state) {
    (void)state;
    each_way(map_copies);
}

// A18: at a place, over what is there, and at multiples.
static void map_to_places(void) {
    mach_port_t entry = make_new_entry(2 * PAGE, 3);
    char *shared = map_entry(entry, 0, 2 * PAGE, 3);
    memset(shared, 4, 2 * PAGE);
    for (boolean_t copy = FALSE; copy <= TRUE; copy++) {
        vm_address_t place = (vm_address_t)far_place(6 * PAGE), wanted = place + PAGE;
        assert_success(map(&wanted, 2 * PAGE, VM_FLAGS_FIXED, entry, 0, copy, 3, 3));
        assert_int_equal(wanted, place + PAGE);
        assert_all((char *)wanted, 2 * PAGE, 4);
        vm_address_t taken = place + 2 * PAGE;
        assert_code(map(&taken, 2 * PAGE, VM_FLAGS_FIXED, entry, 0, copy, 3, 3), KERN_NO_SPACE);
        memset((char *)wanted, 1, copy ? 2 * PAGE : 0);
        assert_success(map(&taken, 2 * PAGE, VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE, entry, 0, copy, 1, 3));
        assert_all((char *)taken, 2 * PAGE, 4);
        give_back_memory((void *)wanted, 3 * PAGE);
        vm_address_t bad[] = {0, ~(vm_address_t)0, (vm_address_t)1 << 63};
        for (size_t i = 0; i < COUNT_OF(bad); i++)
            assert_code(map(&bad[i], PAGE, VM_FLAGS_FIXED, entry, 0, copy, 3, 3), KERN_INVALID_ADDRESS);
        vm_address_t aligned = 0;
        assert_success(vm->vm_map(SELF, &aligned, PAGE, 0x3ffff, VM_FLAGS_ANYWHERE, entry, PAGE, copy, 3, 3, 1));
        assert_int_equal(aligned & 0x3ffff, 0);
        assert_all((char *)aligned, PAGE, 4);
        give_back_memory((void *)aligned, PAGE);
    }
    give_back_memory(shared, 2 * PAGE);
    drop(entry);
}
static void an_entry_goes_where_it_is_to_be(void **state) {
    (void)state;
    each_way(map_to_places);
}

// ---- Memory that is there

// A21: the library's memory becomes shared, as it is.
static void make_of_allocated(void) {
    struct area area = make_area(ALLOCATED, 6);
    mach_port_t entry = make_entry(area.start + PAGE, 3 * PAGE, 3);
    for (int page = 0; page < 6; page++) {
        assert_all(area.start + page * PAGE, PAGE, (unsigned char)(page + 1));
        assert_int_equal(region_at(area.start + page * PAGE).shared, page >= 1 && page <= 3);
    }
    char *other = map_entry(entry, 0, 3 * PAGE, 3);
    assert_all(other + 2 * PAGE, PAGE, 4);
    memset(other, 77, PAGE);
    assert_all(area.start + PAGE, PAGE, 77);
    area.start[2 * PAGE] = 66;
    assert_int_equal(other[PAGE], 66);
    // Once more, of what is shared already: the same memory.
    mach_port_t again = make_entry(area.start + 2 * PAGE, 2 * PAGE, 1);
    char *third = map_entry(again, 0, 2 * PAGE, 1);
    assert_int_equal(*third, 66);
    area.start[3 * PAGE] = 55;
    assert_int_equal(third[PAGE], 55);
    end_area(&area);
    assert_int_equal(third[PAGE], 55);
    give_back_memory(third, 2 * PAGE);
    give_back_memory(other, 3 * PAGE);
    drop(entry);
    drop(again);
}
static void allocated_memory_is_shared(void **state) {
    (void)state;
    each_way(make_of_allocated);
}

// A21: every kind.
static void make_of_each_kind(void) {
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct area area = make_area(kind, 3);
        bool is_possible = area.is_shared || kind == ALLOCATED;
        for (int protection = 0; protection <= VM_PROT_ALL; protection++) {
            memory_object_size_t size = 2 * PAGE;
            mach_port_t entry = 77;
            kern_return_t code = make(&size, area.start + PAGE, protection, &entry, MACH_PORT_NULL);
            kern_return_t wanted = protection & ~area.protection ? KERN_PROTECTION_FAILURE
                                   : is_possible                 ? KERN_SUCCESS
                                                                 : KERN_NOT_SUPPORTED;
            if (code != wanted) fail_msg("%s, protection %d: code %d", kind_names[kind], protection, code);
            assert_int_equal(size, 2 * PAGE);
            if (code != KERN_SUCCESS) {
                assert_int_equal(entry, 77);
                continue;
            }
            char *other = map_entry(entry, 0, 2 * PAGE, protection);
            if (protection & VM_PROT_READ) assert_all(other + PAGE, PAGE, 3);
            if (protection & VM_PROT_WRITE) {
                other[0] = 100;
                assert_int_equal(area.start[PAGE], 100);
                other[0] = 2;
            }
            give_back_memory(other, 2 * PAGE);
            drop(entry);
        }
        end_area(&area);
    }
}
static void shared_memory_of_every_kind_is_made_an_entry(void **state) {
    (void)state;
    each_way(make_of_each_kind);
}

// A21: as far as it is one piece; pages count that the range touches.
static void make_of_parts(void) {
    struct area area = make_area(ALLOCATED, 6);
    assert_success(vm_deallocate(SELF, (vm_address_t)area.start + 4 * PAGE, PAGE));
    memory_object_size_t size = 5 * PAGE;
    mach_port_t entry = MACH_PORT_NULL;
    assert_success(make(&size, area.start + PAGE + 5, 3, &entry, MACH_PORT_NULL));
    assert_int_equal(size, 3 * PAGE);
    drop(entry);
    size = 2 * PAGE;
    assert_success(make(&size, area.start + PAGE / 2, 3, &entry, MACH_PORT_NULL)); // private, then shared
    assert_int_equal(size, PAGE);
    drop(entry);
    assert_code(make(&size, area.start + 4 * PAGE, 3, &entry, MACH_PORT_NULL), KERN_INVALID_ADDRESS);
    end_area(&area);
    struct area shared = make_area(ANON_SHARED, 4);
    assert_int_equal(mprotect(shared.start + PAGE, PAGE, PROT_READ), 0);
    size = 10 * PAGE;
    assert_success(make(&size, shared.start, 1, &entry, MACH_PORT_NULL));
    assert_int_equal(size, 4 * PAGE);
    drop(entry);
    end_area(&shared);
}
static void an_entry_ends_where_its_memory_does(void **state) {
    (void)state;
    each_way(make_of_parts);
}

// A21: what is set for the memory stays.
static void convert_with_attributes(void) {
    struct area area = make_area(ALLOCATED, 4);
    vm_address_t start = (vm_address_t)area.start;
    assert_success(vm->vm_protect(SELF, start + PAGE, PAGE, FALSE, VM_PROT_READ));
    assert_success(vm->vm_inherit(SELF, start + 2 * PAGE, PAGE, VM_INHERIT_NONE));
    assert_success(vm->vm_protect(SELF, start + 3 * PAGE, PAGE, TRUE, VM_PROT_READ));
    mach_port_t entry = make_entry(area.start, 4 * PAGE, VM_PROT_READ);
    const int protections[] = {3, 1, 3, 1}, maximums[] = {7, 7, 7, 1}, inheritances[] = {1, 1, 2, 1};
    for (int page = 0; page < 4; page++) {
        struct vm_region_basic_info_64 info = region_at(area.start + page * PAGE);
        assert_int_equal(info.protection, protections[page]);
        assert_int_equal(info.max_protection, maximums[page]);
        assert_int_equal(info.inheritance, inheritances[page]);
        assert_true(info.shared);
    }
    char *other = map_entry(entry, 0, 4 * PAGE, VM_PROT_READ);
    for (int page = 0; page < 4; page++) assert_all(other + page * PAGE, PAGE, (unsigned char)(page + 1));
    give_back_memory(other, 4 * PAGE);
    drop(entry);
    end_area(&area);
    // More than its maximum, though it has it just now.
    area = make_area(ALLOCATED, 1);
    assert_success(vm->vm_protect(SELF, (vm_address_t)area.start, PAGE, TRUE, VM_PROT_READ));
    assert_int_equal(mprotect(area.start, PAGE, PROT_READ | PROT_WRITE), 0);
    memory_object_size_t size = PAGE;
    assert_code(make(&size, area.start, 3, &entry, MACH_PORT_NULL), KERN_INVALID_RIGHT);
    end_area(&area);
    // What cannot be read, is wired or purgable does not become shared.
    area = make_area(ALLOCATED, 2);
    assert_success(vm->vm_protect(SELF, (vm_address_t)area.start, PAGE, FALSE, VM_PROT_NONE));
    assert_code(make(&size, area.start, 0, &entry, MACH_PORT_NULL), KERN_PROTECTION_FAILURE);
    end_area(&area);
    vm_address_t purgable = 0;
    assert_success(vm_allocate(SELF, &purgable, PAGE, VM_FLAGS_ANYWHERE | VM_FLAGS_PURGABLE));
    assert_code(make(&size, (void *)purgable, 3, &entry, MACH_PORT_NULL), KERN_NOT_SUPPORTED);
    give_back_memory((void *)purgable, PAGE);
}
static void converted_memory_keeps_its_attributes(void **state) {
    (void)state;
    each_way(convert_with_attributes);
}

// ---- Parts, copies and the rest

// A22
static void make_parts(void) {
    mach_port_t entry = make_new_entry(8 * PAGE, 3);
    char *all = map_entry(entry, 0, 8 * PAGE, 3);
    for (int page = 0; page < 8; page++) all[page * PAGE] = (char)page;
    mach_port_t part = make_part(entry, 2 * PAGE, 4 * PAGE, 3), less = make_part(part, PAGE, 2 * PAGE, VM_PROT_READ);
    drop(entry);
    char *middle = map_entry(part, PAGE, 2 * PAGE, 3), *read_only = map_entry(less, 0, 2 * PAGE, 1);
    assert_int_equal(*middle, 3);
    assert_int_equal(read_only[PAGE], 4);
    middle[PAGE] = 40;
    assert_int_equal(read_only[PAGE], 40);
    vm_address_t address = 0;
    assert_code(map(&address, PAGE, VM_FLAGS_ANYWHERE, less, 0, FALSE, 3, 3), KERN_INVALID_RIGHT);
    assert_code(map(&address, 3 * PAGE, VM_FLAGS_ANYWHERE, less, 0, FALSE, 1, 1), KERN_INVALID_ARGUMENT);
    mach_port_t more = 77;
    memory_object_size_t size = PAGE;
    assert_code(make(&size, NULL, 3, &more, less), KERN_PROTECTION_FAILURE);
    assert_code(make(&size, (void *)(2 * PAGE), 1, &more, less), KERN_INVALID_ARGUMENT);
    assert_code(make(&size, (void *)~(uintptr_t)0, 1, &more, less), KERN_INVALID_ARGUMENT);
    size = 2 * PAGE + 1;
    assert_code(make(&size, NULL, 1, &more, less), KERN_INVALID_ARGUMENT);
    size = ~(memory_object_size_t)0;
    assert_code(make(&size, (void *)PAGE, 1, &more, less), KERN_INVALID_ARGUMENT);
    assert_int_equal(more, 77);
    more = make_part(less, 0, PAGE, 7 | VM_PROT_IS_MASK);
    assert_success(map(&address, PAGE, VM_FLAGS_ANYWHERE, more, 0, FALSE, 1, 1));
    give_back_memory((void *)address, PAGE);
    drop(more);
    drop(part);
    drop(less);
    give_back_memory(all, 8 * PAGE);
    give_back_memory(middle, 2 * PAGE);
    give_back_memory(read_only, 2 * PAGE);
}
static void parts_of_an_entry_are_entries(void **state) {
    (void)state;
    each_way(make_parts);
}

// A23
static void make_snapshots(void) {
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct area area = make_area(kind, 3);
        memory_object_size_t size = 2 * PAGE;
        mach_port_t entry = 77;
        kern_return_t code = make(&size, area.start + PAGE, MAP_MEM_VM_COPY | 3, &entry, MACH_PORT_NULL);
        assert_code(code, area.protection & VM_PROT_READ ? KERN_SUCCESS : KERN_PROTECTION_FAILURE);
        if (code == KERN_SUCCESS) {
            if (area.protection & VM_PROT_WRITE) memset(area.start, 99, area.size);
            char *one = map_entry(entry, 0, 2 * PAGE, 3), *two = map_entry(entry, 0, 2 * PAGE, 3);
            assert_all(one, PAGE, 2);
            memset(one, 50, 2 * PAGE);
            assert_all(two + PAGE, PAGE, 3); // each its own
            give_back_memory(one, 2 * PAGE);
            give_back_memory(two, 2 * PAGE);
            // It is one thing: nothing is made of it, and at a place it is mapped whole.
            mach_port_t part = 77;
            assert_code(make(&size, NULL, 1, &part, entry), KERN_INVALID_ARGUMENT);
            vm_address_t place = (vm_address_t)far_place(4 * PAGE);
            assert_code(map(&place, PAGE, VM_FLAGS_FIXED, entry, 0, FALSE, 3, 3), KERN_INVALID_ARGUMENT);
            assert_code(map(&place, PAGE, VM_FLAGS_FIXED, entry, PAGE, FALSE, 3, 3), KERN_INVALID_ARGUMENT);
            assert_success(map(&place, 2 * PAGE, VM_FLAGS_FIXED, entry, 0, FALSE, 3, 3));
            give_back_memory((void *)place, 2 * PAGE);
            drop(entry);
        }
        end_area(&area);
    }
}
static void an_entry_may_be_of_a_copy(void **state) {
    (void)state;
    each_way(make_snapshots);
}

// A23
static void make_shares(void) {
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct area area = make_area(kind, 3);
        memory_object_size_t size = 3 * PAGE;
        mach_port_t entry = 77;
        kern_return_t code = make(&size, area.start, MAP_MEM_VM_SHARE | 1, &entry, MACH_PORT_NULL);
        assert_code(code, area.is_shared || kind == ALLOCATED ? KERN_SUCCESS : KERN_NOT_SUPPORTED);
        if (code == KERN_SUCCESS) {
            char *other = map_entry(entry, 0, 3 * PAGE, 1);
            if (area.protection & VM_PROT_WRITE) area.start[2 * PAGE] = 88;
            assert_int_equal(other[2 * PAGE], area.start[2 * PAGE]);
            give_back_memory(other, 3 * PAGE);
            drop(entry);
            assert_code(make(&size, area.start, MAP_MEM_VM_SHARE | 7, &entry, MACH_PORT_NULL), KERN_PROTECTION_FAILURE);
            entry = MACH_PORT_NULL;
            assert_success(make(&size, area.start, MAP_MEM_VM_SHARE | VM_PROT_IS_MASK | 7, &entry, MACH_PORT_NULL));
            drop(entry);
        }
        // All of it, or nothing.
        size = 4 * PAGE;
        kern_return_t wanted = kind == STACK ? KERN_NOT_SUPPORTED : KERN_INVALID_ADDRESS;
        assert_code(make(&size, area.start, MAP_MEM_VM_SHARE | 1, &entry, MACH_PORT_NULL), wanted);
        end_area(&area);
    }
}
static void an_entry_may_be_of_a_whole_range(void **state) {
    (void)state;
    each_way(make_shares);
}

// A23: the address of the data is kept.
static void keep_data_address(void) {
    struct area area = make_area(ALLOCATED, 4);
    memory_object_size_t size = PAGE;
    mach_port_t entry = MACH_PORT_NULL;
    assert_success(make(&size, area.start + PAGE + 100, MAP_MEM_USE_DATA_ADDR | 3, &entry, MACH_PORT_NULL));
    assert_int_equal(size, 2 * PAGE - 100);
    vm_address_t address = 0;
    assert_success(map(&address, 50, VM_FLAGS_ANYWHERE | VM_FLAGS_RETURN_DATA_ADDR, entry, 0, FALSE, 3, 3));
    assert_int_equal(address % PAGE, 100);
    area.start[PAGE + 110] = 61;
    assert_int_equal(*((char *)address + 10), 61);
    give_back_memory((void *)address, 50);
    assert_success(map(&address, PAGE, VM_FLAGS_ANYWHERE, entry, 0, FALSE, 3, 3));
    assert_int_equal(((char *)address)[110], 61);
    give_back_memory((void *)address, PAGE);
    size = 20;
    mach_port_t part = MACH_PORT_NULL;
    assert_success(make(&size, (void *)10, MAP_MEM_USE_DATA_ADDR | 1, &part, entry));
    assert_success(map(&address, 20, VM_FLAGS_ANYWHERE | VM_FLAGS_RETURN_DATA_ADDR, part, 0, FALSE, 1, 1));
    assert_int_equal(address % PAGE, 110);
    assert_int_equal(*(char *)address, 61);
    give_back_memory((void *)address, 20);
    drop(part);
    drop(entry);
    end_area(&area);
}
static void an_entry_may_keep_the_address_of_its_data(void **state) {
    (void)state;
    each_way(keep_data_address);
}

// A23
static void make_again(void) {
    struct area area = make_area(ALLOCATED, 3);
    mach_port_t entry = make_entry(area.start, 2 * PAGE, 3), again = MACH_PORT_NULL;
    memory_object_size_t size = 2 * PAGE;
    assert_success(make(&size, area.start, MAP_MEM_NAMED_REUSE | 3, &again, entry));
    assert_int_equal(again, entry);
    assert_int_equal(refs(entry, MACH_PORT_RIGHT_SEND), 2);
    drop(again);
    const struct {
        size_t offset;
        memory_object_size_t size;
        int protection;
    } others[] = {{0, PAGE, 3}, {0, 2 * PAGE, 1}, {PAGE, PAGE, 3}, {2 * PAGE, PAGE, 3}};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        size = others[i].size;
        assert_success(
            make(&size, area.start + others[i].offset, MAP_MEM_NAMED_REUSE | others[i].protection, &again, entry));
        assert_true(again != entry);
        drop(again);
    }
    drop(entry);
    end_area(&area);
}
static void an_entry_is_reused_for_the_same_memory(void **state) {
    (void)state;
    each_way(make_again);
}

// A1, A20, A23
static void make_wrongly(void) {
    struct area area = make_area(ALLOCATED, 1);
    memory_object_size_t size = PAGE;
    mach_port_t entry = 77, parent = make_new_entry(PAGE, 1), port = port_with_send();
    assert_code(make(&size, NULL, MAP_MEM_ONLY, &entry, MACH_PORT_NULL), KERN_INVALID_ARGUMENT);
    assert_code(make(&size, NULL, MAP_MEM_ONLY | MAP_MEM_USE_DATA_ADDR, &entry, parent), KERN_INVALID_ARGUMENT);
    assert_code(make(&size, NULL, MAP_MEM_ONLY | MAP_MEM_WCOMB << 24, &entry, parent), KERN_INVALID_RIGHT);
    assert_code(make(&size, NULL, MAP_MEM_NAMED_CREATE | MAP_MEM_USE_DATA_ADDR | 3, &entry, MACH_PORT_NULL),
                KERN_INVALID_ARGUMENT);
    assert_code(make(&size, NULL, MAP_MEM_NAMED_CREATE | MAP_MEM_PURGABLE | 1, &entry, MACH_PORT_NULL),
                KERN_INVALID_ARGUMENT);
    assert_code(make(&size, NULL, MAP_MEM_NAMED_CREATE | MAP_MEM_PURGABLE | 3, &entry, MACH_PORT_NULL),
                KERN_NOT_SUPPORTED);
    assert_code(make(&size, NULL, MAP_MEM_NAMED_CREATE | MAP_MEM_IO << 24 | 3, &entry, MACH_PORT_NULL),
                KERN_NOT_SUPPORTED);
    assert_code(make(&size, area.start, MAP_MEM_WCOMB << 24 | 3, &entry, MACH_PORT_NULL), KERN_NOT_SUPPORTED);
    assert_code(make(&size, NULL, 1, &entry, 0x5553), MACH_SEND_INVALID_RIGHT);
    if (vm->by_message) expect_send_once_notification(reply_port);
    size = ~(memory_object_size_t)0;
    assert_code(make(&size, area.start, 3, &entry, MACH_PORT_NULL), KERN_INVALID_ARGUMENT);
    size = 0;
    assert_code(make(&size, area.start, 3, &entry, MACH_PORT_NULL), KERN_INVALID_ARGUMENT);
    size = PAGE;
    assert_code(make(&size, (void *)((uintptr_t)1 << 63), 3, &entry, MACH_PORT_NULL), KERN_INVALID_ADDRESS);
    assert_code(make(&size, NULL, 1, &entry, MACH_PORT_NULL), KERN_INVALID_ADDRESS);
    assert_int_equal(entry, 77);
    assert_int_equal(size, PAGE);
    // A port that is no entry stands for none.
    assert_success(make(&size, area.start, 3, &entry, port));
    drop(entry);
    assert_success(make(&size, NULL, MAP_MEM_ONLY, &entry, parent));
    assert_int_equal(entry, MACH_PORT_NULL);
    // Nothing at all is an entry too.
    size = 0;
    assert_success(make(&size, NULL, MAP_MEM_NAMED_CREATE | 3, &entry, MACH_PORT_NULL));
    vm_address_t address = 0;
    assert_code(map(&address, 1, VM_FLAGS_ANYWHERE, entry, 0, FALSE, 1, 1), KERN_INVALID_ARGUMENT);
    drop(entry);
    drop(parent);
    destroy(port);
    end_area(&area);
    if (vm->by_message) return;
    assert_code(mach_make_memory_entry_64(SELF, NULL, 0, 3, &entry, 0), KERN_INVALID_ARGUMENT);
    assert_code(mach_make_memory_entry_64(SELF, &size, 0, 3, NULL, 0), KERN_INVALID_ARGUMENT);
    assert_code(mach_make_memory_entry_64(MACH_PORT_NULL, &size, 0, 3, &entry, 0), KERN_INVALID_TASK);
}
static void bad_entries_are_refused(void **state) {
    (void)state;
    each_way(make_wrongly);
}

// A20: the other two calls.
static void make_by_others(void) {
    vm_size_t narrow = 3;
    mach_port_t one = MACH_PORT_NULL, two = MACH_PORT_NULL;
    assert_success(vm->mach_make_memory_entry(SELF, &narrow, 0, MAP_MEM_NAMED_CREATE | 3, &one, MACH_PORT_NULL));
    assert_int_equal(narrow, PAGE);
    memory_object_size_t wide = 3;
    assert_success(vm->_mach_make_memory_entry(SELF, &wide, 0, 1, &two, one));
    assert_int_equal(wide, PAGE);
    mach_vm_address_t address = 0;
    assert_success(vm->mach_vm_map(SELF, &address, PAGE, 0, VM_FLAGS_ANYWHERE, two, 0, FALSE, 1, 1, VM_INHERIT_NONE));
    assert_int_equal(region_at((void *)(uintptr_t)address).inheritance, VM_INHERIT_NONE);
    give_back_memory((void *)(uintptr_t)address, PAGE);
    drop(one);
    drop(two);
}
static void each_call_makes_entries(void **state) {
    (void)state;
    each_way(make_by_others);
}

// ---- Rights

// A24: an entry travels, and ends with its last right wherever that is.
static void an_entry_travels(void **state) {
    (void)state;
    task_t other = make_task();
    mach_port_t theirs = make_port_in(other), to_them = take(other, theirs, MAKE_SEND);
    mach_port_t entry = make_new_entry(2 * PAGE, 3);
    char *mine = map_entry(entry, 0, 2 * PAGE, 3);
    strcpy(mine + PAGE, "for you");
    struct carrier message;
    begin_carrier(&message, to_them, 1);
    message.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    add_right(&message, entry, MOVE_SEND);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_int_equal(type(entry), MACH_PORT_TYPE_NONE);
    enter(other);
    assert_code(receive_carrier(theirs, &message), MACH_MSG_SUCCESS);
    mach_port_t received = right_at(&message, 0)->name;
    assert_int_equal(type(received), MACH_PORT_TYPE_SEND);
    char *its = map_entry(received, 0, 2 * PAGE, 3);
    assert_string_equal(its + PAGE, "for you");
    its[PAGE] = 'F';
    leave();
    assert_string_equal(mine + PAGE, "For you");
    uint64_t before = live_regions();
    end_task(other); // and its right with it
    assert_int_equal(live_regions(), before - 1);
    assert_string_equal(its + PAGE, "For you");
    give_back_memory(mine, 2 * PAGE);
    give_back_memory(its, 2 * PAGE);
    drop(to_them);
}

// A24: in a message that is destroyed, and by dead-name requests.
static void entries_end(void **state) {
    (void)state;
    uint64_t before = live_regions(), ports = live_ports();
    mach_port_t port = port_with_send(), notify = make_port();
    mach_port_t entry = make_new_entry(PAGE, 3);
    request(SELF, entry, DEAD_NAME, 0, notify);
    struct carrier message;
    begin_carrier(&message, port, 1);
    add_right(&message, entry, COPY_SEND);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_int_equal(live_regions(), before + 1);
    drop(entry); // the message has one
    expect_notified(notify, PORT_DELETED, entry);
    assert_int_equal(live_regions(), before + 1);
    destroy(port);
    assert_int_equal(live_regions(), before);
    destroy(notify);
    assert_int_equal(live_ports(), ports);
}

// A24: what arrives at an entry's port is answered by the id alone.
static void an_entry_serves_nothing(void **state) {
    (void)state;
    open_reply_port();
    mach_port_t entry = make_new_entry(PAGE, 3);
    struct mig_message message;
    begin_request(&message, entry, 70, 24);
    assert_code(exchange_simple(&message), MIG_BAD_ID);
    begin_request(&message, entry, 4800, 52);
    assert_code(exchange_simple(&message), KERN_INVALID_ARGUMENT);
    char *mapped = map_entry(entry, 0, PAGE, 3);
    give_back_memory(mapped, PAGE);
    drop(entry);
    close_reply_port();
}

// A24
static void many_entries_need_no_descriptors(void **state) {
    (void)state;
    enum { MANY = 3000 };
    static mach_port_t entries[MANY];
    static char *places[MANY];
    for (int i = 0; i < MANY; i++) {
        entries[i] = make_new_entry(PAGE, 3);
        places[i] = map_entry(entries[i], 0, PAGE, 3);
        *places[i] = (char)i;
    }
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(*places[i], (char)i);
        drop(entries[i]);
        give_back_memory(places[i], PAGE);
    }
}

// ---- Children

struct inherited {
    char *copied, *shared, *none;
    mach_port_t entry;
};
static int use_inherited(void *argument) {
    const struct inherited *it = argument;
    if (is_mapped(it->none)) return 1;
    if (*it->copied != 5 || *it->shared != 5) return 2;
    *it->copied = 6;
    it->copied[2 * PAGE] = 8;
    *it->shared = 7;
    // The space is empty, and with it the entry.
    vm_address_t address = 0;
    if (vm_map(SELF, &address, PAGE, 0, VM_FLAGS_ANYWHERE, it->entry, 0, FALSE, 3, 3, 1) == KERN_SUCCESS) return 3;
    vm_size_t size = PAGE;
    mach_port_t mine = MACH_PORT_NULL;
    if (mach_make_memory_entry(SELF, &size, 0, MAP_MEM_NAMED_CREATE | 3, &mine, MACH_PORT_NULL) != 0) return 4;
    if (vm_map(SELF, &address, PAGE, 0, VM_FLAGS_ANYWHERE, mine, 0, FALSE, 3, 3, 1) != KERN_SUCCESS) return 5;
    if (vm_deallocate(SELF, (vm_address_t)it->copied, 3 * PAGE) != KERN_SUCCESS) return 6;
    return 0;
}

// A28: a child copies what it is to copy, though it is shared with others in the parent.
static void a_child_copies_shared_memory(void **state) {
    (void)state;
    struct inherited it = {.entry = make_new_entry(3 * PAGE, 3)};
    vm_address_t address = 0;
    char **places[] = {&it.shared, &it.copied, &it.none};
    for (vm_inherit_t inheritance = 0; inheritance <= VM_INHERIT_NONE; inheritance++) {
        assert_success(vm_map(SELF, &address, 3 * PAGE, 0, VM_FLAGS_ANYWHERE, it.entry, 0, FALSE, 3, 3, inheritance));
        *places[inheritance] = (char *)address;
    }
    assert_success(vm_protect(SELF, (vm_address_t)it.copied + PAGE, PAGE, FALSE, VM_PROT_NONE));
    *it.shared = 5;
    assert_int_equal(in_child(use_inherited, &it), 0);
    assert_int_equal(*it.shared, 7);
    assert_int_equal(*it.copied, 7); // here it is shared
    assert_int_equal(it.copied[2 * PAGE], 0);
    for (int i = 0; i < 3; i++) give_back_memory(*places[i], 3 * PAGE);
    drop(it.entry);
}

// A7, A19, A21: a file that the program has put in the place of memory stays what it is there.
static void a_file_in_the_place_of_memory_is_not_converted(void **state) {
    (void)state;
    for (int it = 0; it < 6; it++) {
        struct area file = make_area(it % 2 ? FILE_SHARED : FILE_PRIVATE, 2);
        vm_address_t start = 0, other = 0;
        assert_success(vm_allocate(SELF, &start, 2 * PAGE, VM_FLAGS_ANYWHERE));
        // The mapping moves, no page of it has been touched there.
        assert_int_not_equal(mremap(file.start, file.size, file.size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start),
                             MAP_FAILED);
        vm_size_t size = 2 * PAGE;
        mach_port_t entry = MACH_PORT_NULL;
        int current = 0, maximum = 0;
        kern_return_t code;
        if (it / 2 == 0) {
            code = mach_make_memory_entry(SELF, &size, start, 3, &entry, MACH_PORT_NULL);
        } else if (it / 2 == 1) {
            code = vm_remap(SELF, &other, 2 * PAGE, 0, VM_FLAGS_ANYWHERE, SELF, start, FALSE, &current, &maximum, 1);
        } else {
            code = vm_inherit(SELF, start, 2 * PAGE, VM_INHERIT_SHARE);
        }
        bool is_shared = it % 2 && it / 2 < 2;
        assert_code(code, is_shared ? KERN_SUCCESS : KERN_NOT_SUPPORTED);
        if (entry != MACH_PORT_NULL) other = (vm_address_t)map_entry(entry, 0, 2 * PAGE, 3);
        assert_int_equal(*(char *)start, 1);
        assert_int_equal(((char *)start)[PAGE], 2);
        if (is_shared) {
            *(char *)start = 9;
            assert_int_equal(*(char *)other, 9);
            give_back_memory((void *)other, 2 * PAGE);
        }
        if (entry != MACH_PORT_NULL) drop(entry);
        give_back_memory((void *)start, 2 * PAGE);
        end_area(&file);
    }
}

// ---- Messages

// A29: shared memory, and memory with attributes, is not handed over: what is received is a copy.
static void what_is_set_for_memory_stays_with_it(void **state) {
    (void)state;
    enum { SHARED, READ_ONLY, LIMITED, NOT_INHERITED, PURGABLE, WIRED, PLAIN, CASES };
    mach_port_t port = port_with_send(), host = mach_host_self();
    for (int it = 0; it < CASES; it++) {
        vm_address_t start = 0;
        int flags = VM_FLAGS_ANYWHERE | (it == PURGABLE ? VM_FLAGS_PURGABLE : 0);
        assert_success(vm_allocate(SELF, &start, 4 * PAGE, flags));
        memset((void *)start, 3, 4 * PAGE);
        mach_port_t entry = MACH_PORT_NULL;
        char *other = NULL;
        if (it == SHARED) {
            entry = make_entry((void *)start, 4 * PAGE, 3);
            other = map_entry(entry, 0, 4 * PAGE, 3);
        }
        if (it == READ_ONLY) assert_success(vm_protect(SELF, start, PAGE, FALSE, VM_PROT_READ));
        if (it == LIMITED) assert_success(vm_protect(SELF, start, PAGE, TRUE, VM_PROT_DEFAULT));
        if (it == NOT_INHERITED) assert_success(vm_inherit(SELF, start, PAGE, VM_INHERIT_NONE));
        if (it == WIRED) assert_success(vm_wire(host, SELF, start, PAGE, VM_PROT_READ));
        struct carrier message;
        begin_carrier(&message, port, 1);
        add_memory(&message, (void *)start, SIZE(4 * PAGE))->deallocate = TRUE;
        assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
        if (it != PLAIN) assert_false(is_mapped((void *)start));
        if (other != NULL) memset(other, 4, 4 * PAGE);
        assert_code(receive_carrier(port, &message), MACH_MSG_SUCCESS);
        char *received = memory_at(&message, 0)->address;
        if (it == PLAIN) assert_ptr_equal(received, (void *)start);
        assert_all(received, 4 * PAGE, 3);
        memset(received, 5, 4 * PAGE);
        struct vm_region_basic_info_64 info = region_at(received);
        assert_int_equal(info.protection, 3);
        assert_int_equal(info.max_protection, VM_PROT_ALL);
        assert_int_equal(info.inheritance, VM_INHERIT_COPY);
        assert_int_equal(info.user_wired_count, 0);
        assert_false(info.shared);
        give_back_memory(received, 4 * PAGE);
        if (other != NULL) {
            give_back_memory(other, 4 * PAGE);
            drop(entry);
        }
    }
    // What cannot be read cannot be sent.
    vm_address_t start = 0;
    assert_success(vm_allocate(SELF, &start, 2 * PAGE, VM_FLAGS_ANYWHERE));
    assert_success(vm_protect(SELF, start, PAGE, FALSE, VM_PROT_NONE));
    struct carrier message;
    begin_carrier(&message, port, 1);
    add_memory(&message, (void *)start, SIZE(2 * PAGE))->deallocate = TRUE;
    assert_bad_body(&message, MACH_SEND_INVALID_MEMORY);
    give_back_memory((void *)start, 2 * PAGE);
    destroy(port);
    drop(host);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(an_entry_is_mapped_more_than_once),
        TASK_TEST(an_entry_limits_what_is_mapped),
        TASK_TEST(a_copy_is_private),
        TASK_TEST(an_entry_goes_where_it_is_to_be),
        TASK_TEST(allocated_memory_is_shared),
        TASK_TEST(shared_memory_of_every_kind_is_made_an_entry),
        TASK_TEST(an_entry_ends_where_its_memory_does),
        TASK_TEST(converted_memory_keeps_its_attributes),
        TASK_TEST(parts_of_an_entry_are_entries),
        TASK_TEST(an_entry_may_be_of_a_copy),
        TASK_TEST(an_entry_may_be_of_a_whole_range),
        TASK_TEST(an_entry_may_keep_the_address_of_its_data),
        TASK_TEST(an_entry_is_reused_for_the_same_memory),
        TASK_TEST(bad_entries_are_refused),
        TASK_TEST(each_call_makes_entries),
        TASK_TEST(an_entry_travels),
        TASK_TEST(entries_end),
        TASK_TEST(an_entry_serves_nothing),
        TASK_TEST(many_entries_need_no_descriptors),
        TASK_TEST(a_child_copies_shared_memory),
        TASK_TEST(a_file_in_the_place_of_memory_is_not_converted),
        TASK_TEST(what_is_set_for_memory_stays_with_it),
    };
    return TASK_RUN(tests);
}

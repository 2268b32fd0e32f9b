// Where memory is put: vm_allocate, vm_map and vm_remap. Rows A1, A3, A17–A19, A28.
#define _GNU_SOURCE // mremap
#include "vm_support.h"

#include <unistd.h>

#define HUGE ((vm_size_t)2 << 20)

static kern_return_t map_zero(vm_address_t *address, vm_size_t size, vm_address_t mask, int flags, int protection,
                              vm_inherit_t inheritance) {
    return vm->vm_map(SELF, address, size, mask, flags, MACH_PORT_NULL, 0, FALSE, protection, VM_PROT_ALL, inheritance);
}

// A place where nothing is, with room around it.
static vm_address_t free_place(size_t size) { return (vm_address_t)far_place(size); }

// ---- Fresh memory

// A17
static void map_fresh(void) {
    for (int protection = 0; protection <= VM_PROT_ALL; protection++) {
        for (vm_inherit_t inheritance = 0; inheritance <= VM_INHERIT_NONE; inheritance++) {
            vm_address_t address = 0;
            assert_success(
                map_zero(&address, 2 * PAGE + 1, 0, VM_FLAGS_ANYWHERE | VM_MAKE_TAG(9), protection, inheritance));
            assert_int_equal(address % PAGE, 0);
            struct vm_region_basic_info_64 info = region_at((void *)address);
            assert_int_equal(info.protection, protection);
            assert_int_equal(info.max_protection, VM_PROT_ALL);
            assert_int_equal(info.inheritance, inheritance);
            assert_int_equal(info.shared, inheritance == VM_INHERIT_SHARE);
            assert_int_equal(protection_of((char *)address + 2 * PAGE), protection);
            assert_success(vm->vm_protect(SELF, address, 3 * PAGE, FALSE, VM_PROT_READ));
            assert_all((char *)address, 3 * PAGE, 0);
            give_back_memory((void *)address, 3 * PAGE);
        }
    }
}
static void fresh_memory_is_as_asked_for(void **state) {
    (void)state;
    each_way(map_fresh);
}

static int write_one(void *argument) {
    if (!is_mapped(argument)) return 2;
    *(char *)argument = 1;
    return 1;
}

// A17, A28
static void map_for_children(void) {
    for (vm_inherit_t inheritance = 0; inheritance <= VM_INHERIT_NONE; inheritance++) {
        vm_address_t address = 0;
        assert_success(map_zero(&address, PAGE, 0, VM_FLAGS_ANYWHERE, 3, inheritance));
        assert_int_equal(in_child(write_one, (void *)address), inheritance == VM_INHERIT_NONE ? 2 : 1);
        assert_int_equal(*(char *)address, inheritance == VM_INHERIT_SHARE);
        give_back_memory((void *)address, PAGE);
    }
}
static void children_get_what_they_are_to(void **state) {
    (void)state;
    each_way(map_for_children);
}

// A17
static void map_aligned(void) {
    const vm_address_t masks[] = {0, PAGE - 1, 0xffff, 0xfffff, 0x10000, 0x3fffffff};
    for (size_t i = 0; i < COUNT_OF(masks); i++) {
        vm_address_t address = 0;
        assert_success(map_zero(&address, 3 * PAGE, masks[i], VM_FLAGS_ANYWHERE, 3, VM_INHERIT_COPY));
        assert_int_equal(address & masks[i], 0);
        memset((void *)address, 1, 3 * PAGE);
        give_back_memory((void *)address, 3 * PAGE);
    }
    vm_address_t address = 0;
    assert_code(map_zero(&address, PAGE, (vm_address_t)1 << 50, VM_FLAGS_ANYWHERE, 3, 1), KERN_NO_SPACE);
    address = free_place(64 * PAGE);
    vm_address_t odd = (address | 0xffff) + 1 + PAGE;
    assert_code(map_zero(&odd, PAGE, 0xffff, VM_FLAGS_FIXED, 3, 1), KERN_NO_SPACE);
    odd -= PAGE;
    assert_success(map_zero(&odd, PAGE, 0xffff, VM_FLAGS_FIXED, 3, 1));
    give_back_memory((void *)odd, PAGE);
}
static void addresses_avoid_the_mask(void **state) {
    (void)state;
    each_way(map_aligned);
}

// A3, A17
static void map_fixed(void) {
    vm_address_t place = free_place(10 * PAGE), address = place + 3 * PAGE + 9;
    assert_success(map_zero(&address, 2 * PAGE, 0, VM_FLAGS_FIXED, 3, 1));
    assert_int_equal(address, place + 3 * PAGE);
    memset((void *)address, 1, 2 * PAGE);
    for (vm_address_t near = place + 2 * PAGE; near <= place + 4 * PAGE; near += PAGE) {
        vm_address_t wanted = near;
        assert_code(map_zero(&wanted, 2 * PAGE, 0, VM_FLAGS_FIXED, 3, 1), KERN_NO_SPACE);
        assert_int_equal(wanted, near);
    }
    assert_all((void *)address, 2 * PAGE, 1);
    vm_address_t over = place + 4 * PAGE;
    assert_success(map_zero(&over, 2 * PAGE, 0, VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE, VM_PROT_READ, 1));
    assert_all((void *)address, PAGE, 1);
    assert_all((void *)over, 2 * PAGE, 0);
    const vm_address_t bad[] = {0, (vm_address_t)1 << 47, (vm_address_t)1 << 63, ~(vm_address_t)0};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (UNDER_TSAN && i == 1) continue; // its mmap asks for address 0 instead
        vm_address_t wanted = bad[i];
        assert_code(map_zero(&wanted, PAGE, 0, VM_FLAGS_FIXED, 3, 1), KERN_INVALID_ADDRESS);
        assert_code(map_zero(&wanted, PAGE, 0, VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE, 3, 1), KERN_INVALID_ADDRESS);
    }
    give_back_memory((void *)address, 3 * PAGE);
}
static void fixed_memory_is_where_it_is_to_be(void **state) {
    (void)state;
    each_way(map_fixed);
}

// A1, A17
static void map_wrongly(void) {
    vm_address_t address = 7;
    const int flags[] = {4, 8, 0x20, 0x40, 0x80, 0x8000, 0x80000, 0x200000, 0x400000};
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        assert_code(map_zero(&address, PAGE, 0, VM_FLAGS_ANYWHERE | flags[i], 3, 1), KERN_INVALID_ARGUMENT);
    assert_code(map_zero(&address, PAGE, 0, VM_FLAGS_ANYWHERE, 8, 1), KERN_INVALID_ARGUMENT);
    assert_code(map_zero(&address, PAGE, 0, VM_FLAGS_ANYWHERE, 0x13, 1), KERN_INVALID_ARGUMENT);
    assert_code(map_zero(&address, PAGE, 0, VM_FLAGS_ANYWHERE, 3, 3), KERN_INVALID_ARGUMENT);
    assert_code(map_zero(&address, 0, 0, VM_FLAGS_ANYWHERE, 3, 1), KERN_INVALID_ARGUMENT);
    assert_code(map_zero(&address, ~(vm_size_t)0, 0, VM_FLAGS_ANYWHERE, 3, 1), KERN_INVALID_ARGUMENT);
    assert_code(map_zero(&address, (vm_size_t)1 << 62, 0, VM_FLAGS_ANYWHERE, 3, 1), KERN_NO_SPACE);
    assert_code(vm->vm_map(SELF, &address, PAGE, 0, VM_FLAGS_ANYWHERE, MACH_PORT_NULL, 0, FALSE, 3, 8, 1),
                KERN_INVALID_ARGUMENT);
    // What is no entry.
    assert_code(vm->vm_map(SELF, &address, PAGE, 0, VM_FLAGS_ANYWHERE, SELF, 0, FALSE, 3, 3, 1), KERN_INVALID_OBJECT);
    mach_port_t port = port_with_send(), bare = make_port();
    assert_code(vm->vm_map(SELF, &address, PAGE, 0, VM_FLAGS_ANYWHERE, port, 0, FALSE, 3, 3, 1), KERN_INVALID_OBJECT);
    assert_code(vm->vm_map(SELF, &address, PAGE, 0, VM_FLAGS_ANYWHERE, bare, 0, FALSE, 3, 3, 1),
                MACH_SEND_INVALID_RIGHT);
    assert_code(vm->vm_map(SELF, &address, PAGE, 0, VM_FLAGS_ANYWHERE, 0x5553, 0, FALSE, 3, 3, 1),
                MACH_SEND_INVALID_RIGHT);
    assert_int_equal(address, 7);
    for (int i = 0; vm->by_message && i < 2; i++) expect_send_once_notification(reply_port); // of requests not sent
    // A name that died stands for fresh memory, as MACH_PORT_NULL does.
    mach_port_t dead = make_dead_name(1);
    assert_success(vm->vm_map(SELF, &address, PAGE, 0, VM_FLAGS_ANYWHERE, dead, 5, TRUE, 3, 3, 1));
    assert_all((void *)address, PAGE, 0);
    give_back_memory((void *)address, PAGE);
    destroy(port);
    destroy(bare);
    destroy(dead);
    if (vm->by_message) return;
    assert_code(vm_map(SELF, NULL, PAGE, 0, 1, 0, 0, FALSE, 3, 3, 1), KERN_INVALID_ARGUMENT);
    assert_code(vm_map(MACH_PORT_NULL, &address, PAGE, 0, 1, 0, 0, FALSE, 3, 3, 1), KERN_INVALID_ARGUMENT);
}
static void bad_mappings_are_refused(void **state) {
    (void)state;
    each_way(map_wrongly);
}

// A3
static void superpages_are_a_hint(void **state) {
    (void)state;
    vm_address_t address = 0;
    assert_success(vm_allocate(SELF, &address, 1, VM_FLAGS_ANYWHERE | VM_FLAGS_SUPERPAGE_SIZE_ANY));
    assert_int_equal(address % HUGE, 0);
    memset((void *)address, 1, HUGE); // rounded up
    give_back_memory((void *)address, HUGE);
    assert_success(vm_allocate(SELF, &address, 2 * HUGE, VM_FLAGS_ANYWHERE | VM_FLAGS_SUPERPAGE_SIZE_2MB));
    assert_int_equal(address % HUGE, 0);
    memset((void *)address, 1, 2 * HUGE);
    give_back_memory((void *)address, PAGE); // in parts, as other memory
    give_back_memory((void *)address, 2 * HUGE);
    assert_code(vm_allocate(SELF, &address, HUGE + PAGE, VM_FLAGS_ANYWHERE | VM_FLAGS_SUPERPAGE_SIZE_2MB),
                KERN_INVALID_ARGUMENT);
    assert_code(vm_allocate(SELF, &address, HUGE, VM_FLAGS_ANYWHERE | 0x30000), KERN_INVALID_ARGUMENT);
    assert_code(vm_allocate(SELF, &address, HUGE, VM_FLAGS_ANYWHERE | 0x70000), KERN_INVALID_ARGUMENT);
    vm_address_t place = (free_place(3 * HUGE) | (HUGE - 1)) + 1, odd = place + PAGE;
    assert_code(vm_allocate(SELF, &odd, HUGE, VM_FLAGS_FIXED | VM_FLAGS_SUPERPAGE_SIZE_2MB), KERN_NO_SPACE);
    assert_success(vm_allocate(SELF, &place, HUGE, VM_FLAGS_FIXED | VM_FLAGS_SUPERPAGE_SIZE_2MB));
    give_back_memory((void *)place, HUGE);
}

// A3: tags go with memory and its parts.
static void tags_are_kept(void **state) {
    (void)state;
    for (vm_size_t pages = 1; pages <= 3; pages += 2) {
        vm_address_t address = 0;
        assert_success(vm_allocate(SELF, &address, pages * PAGE, VM_FLAGS_ANYWHERE | VM_MAKE_TAG(VM_MEMORY_JAVA)));
        vm_address_t start = address;
        vm_size_t size = 0;
        struct vm_region_extended_info info;
        mach_msg_type_number_t count = VM_REGION_EXTENDED_INFO_COUNT;
        assert_success(vm_region(SELF, &start, &size, VM_REGION_EXTENDED_INFO, (int *)&info, &count, NULL));
        assert_int_equal(info.user_tag, VM_MEMORY_JAVA);
        give_back_memory((void *)address, pages * PAGE);
        assert_success(vm_allocate(SELF, &address, PAGE, VM_FLAGS_ANYWHERE));
        start = address;
        assert_success(vm_region(SELF, &start, &size, VM_REGION_EXTENDED_INFO, (int *)&info, &count, NULL));
        assert_int_equal(info.user_tag, 0);
        give_back_memory((void *)address, PAGE);
    }
}

// ---- Memory that is there

static kern_return_t remap(vm_address_t *to, const void *from, vm_size_t size, int flags, boolean_t copy, int *current,
                           int *maximum) {
    return vm->vm_remap(SELF, to, size, 0, flags, SELF, (vm_address_t)from, copy, current, maximum, VM_INHERIT_COPY);
}

// A19: every kind, copied.
static void remap_copies(void) {
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct area area = make_area(kind, 5);
        vm_address_t copy = 77;
        int current = -1, maximum = -1;
        kern_return_t code =
            remap(&copy, area.start + PAGE + 5, 2 * PAGE + 1, VM_FLAGS_ANYWHERE, TRUE, &current, &maximum);
        if (kind == ANON_NONE) {
            assert_code(code, KERN_PROTECTION_FAILURE);
            assert_int_equal(copy, 77);
            assert_int_equal(current, -1);
        } else {
            assert_success(code);
            assert_int_equal(current, area.protection);
            assert_int_equal(maximum, kind == ENTRY_MAPPED ? 3 : 7);
            assert_int_equal(protection_of((char *)copy), area.protection);
            assert_int_equal(region_at((void *)copy).max_protection, maximum);
            for (size_t i = 0; i < 3; i++) assert_all((char *)copy + i * PAGE, PAGE, (unsigned char)(i + 2));
            if (area.protection & VM_PROT_WRITE) {
                memset((char *)copy, 9, PAGE);
                assert_all(area.start + PAGE, PAGE, 2);
            }
            give_back_memory((void *)copy, 3 * PAGE);
        }
        end_area(&area);
    }
}
static void memory_of_every_kind_is_mapped_as_a_copy(void **state) {
    (void)state;
    each_way(remap_copies);
}

// A19: every kind, shared.
static void remap_shared(void) {
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct area area = make_area(kind, 5);
        vm_address_t other = 77;
        int current = -1, maximum = -1;
        kern_return_t code = remap(&other, area.start + PAGE, 3 * PAGE, VM_FLAGS_ANYWHERE, FALSE, &current, &maximum);
        if (!area.is_shared && kind != ALLOCATED) {
            assert_code(code, KERN_NOT_SUPPORTED);
            assert_int_equal(other, 77);
            end_area(&area);
            continue;
        }
        assert_success(code);
        assert_int_equal(current, area.protection);
        assert_int_equal(maximum, kind == ENTRY_MAPPED ? 3 : kind == FILE_READ_ONLY ? 5 : 7);
        for (size_t i = 0; i < 3; i++) assert_all((char *)other + i * PAGE, PAGE, (unsigned char)(i + 2));
        assert_true(region_at((void *)other).shared);
        if (area.protection & VM_PROT_WRITE) {
            memset((char *)other + PAGE, 9, PAGE);
            assert_all(area.start + 2 * PAGE, PAGE, 9);
            area.start[PAGE] = 11;
            assert_int_equal(*(char *)other, 11);
        }
        assert_all(area.start, PAGE, 1);
        assert_all(area.start + 4 * PAGE, PAGE, 5);
        // Each may go before the other.
        if (kind & 1) {
            end_area(&area);
            assert_all((char *)other + 2 * PAGE, PAGE, 4);
            give_back_memory((void *)other, 3 * PAGE);
        } else {
            give_back_memory((void *)other, 3 * PAGE);
            assert_all(area.start + 4 * PAGE, PAGE, 5);
            end_area(&area);
        }
    }
}
static void shared_memory_is_mapped_again(void **state) {
    (void)state;
    each_way(remap_shared);
}

// A19: fixed, over other memory, over itself, and with the address of the data.
static void remap_to_places(void) {
    struct area area = make_area(ALLOCATED, 6);
    int current = 0, maximum = 0;
    for (boolean_t copy = FALSE; copy <= TRUE; copy++) {
        vm_address_t place = free_place(8 * PAGE), wanted = place + PAGE + 3;
        assert_success(remap(&wanted, area.start, 2 * PAGE, VM_FLAGS_FIXED, copy, &current, &maximum));
        assert_int_equal(wanted, place + PAGE);
        assert_all((char *)wanted + PAGE, PAGE, 2);
        vm_address_t taken = place + 2 * PAGE;
        assert_code(remap(&taken, area.start, 2 * PAGE, VM_FLAGS_FIXED, copy, &current, &maximum), KERN_NO_SPACE);
        assert_success(remap(&taken, area.start + 3 * PAGE, 2 * PAGE, VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE, copy,
                             &current, &maximum));
        assert_all((char *)place + PAGE, PAGE, 1);
        assert_all((char *)place + 2 * PAGE, PAGE, 4);
        assert_all((char *)place + 3 * PAGE, PAGE, 5);
        give_back_memory((void *)(place + PAGE), 3 * PAGE);
        vm_address_t none = 0;
        assert_code(remap(&none, area.start, PAGE, VM_FLAGS_FIXED, copy, &current, &maximum), KERN_INVALID_ADDRESS);
        vm_address_t data = 0;
        assert_success(remap(&data, area.start + PAGE - 4, 8, VM_FLAGS_ANYWHERE | VM_FLAGS_RETURN_DATA_ADDR, copy,
                             &current, &maximum));
        assert_int_equal(data % PAGE, PAGE - 4);
        assert_int_equal(((char *)data)[3], 1);
        assert_int_equal(((char *)data)[4], 2);
        give_back_memory((void *)data, 8);
        vm_address_t sealed = 0;
        assert_success(remap(&sealed, area.start, PAGE, VM_FLAGS_ANYWHERE | VM_FLAGS_RESILIENT_CODESIGN, copy, &current,
                             &maximum));
        assert_int_equal(current, VM_PROT_READ);
        assert_int_equal(maximum, VM_PROT_READ);
        assert_int_equal(protection_of((char *)sealed), VM_PROT_READ);
        give_back_memory((void *)sealed, PAGE);
    }
    end_area(&area);
    // A private copy in place of itself.
    area = make_area(ANON_SHARED, 4);
    char *other = mremap(area.start, 0, area.size, MREMAP_MAYMOVE);
    assert_true(other != MAP_FAILED);
    vm_address_t self = (vm_address_t)area.start;
    assert_success(remap(&self, area.start, 2 * PAGE, VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE, TRUE, &current, &maximum));
    assert_int_equal(self, area.start);
    memset(area.start, 33, 2 * PAGE);
    assert_all(other, PAGE, 1);
    area.start[2 * PAGE] = 44;
    assert_int_equal(other[2 * PAGE], 44);
    munmap(other, area.size);
    end_area(&area);
}
static void a_mapping_goes_where_it_is_to_be(void **state) {
    (void)state;
    each_way(remap_to_places);
}

// A1, A19
static void remap_wrongly(void) {
    struct area area = make_area(ALLOCATED, 4);
    int current = -1, maximum = -1;
    vm_address_t to = 7;
    for (boolean_t copy = FALSE; copy <= TRUE; copy++) {
        assert_code(remap(&to, area.start, 0, VM_FLAGS_ANYWHERE, copy, &current, &maximum), KERN_INVALID_ARGUMENT);
        assert_code(remap(&to, area.start, PAGE, VM_FLAGS_ANYWHERE | 2, copy, &current, &maximum),
                    KERN_INVALID_ARGUMENT);
        assert_code(remap(&to, area.start, PAGE, VM_FLAGS_ANYWHERE | VM_MAKE_TAG(1), copy, &current, &maximum),
                    KERN_INVALID_ARGUMENT);
        assert_code(remap(&to, area.start, ~(vm_size_t)0, VM_FLAGS_ANYWHERE, copy, &current, &maximum),
                    KERN_INVALID_ARGUMENT);
        assert_code(remap(&to, area.start + 3 * PAGE, 2 * PAGE, VM_FLAGS_ANYWHERE, copy, &current, &maximum),
                    KERN_INVALID_ADDRESS);
        assert_code(remap(&to, area.start - 1, 2, VM_FLAGS_ANYWHERE, copy, &current, &maximum), KERN_INVALID_ADDRESS);
        assert_code(vm->vm_remap(SELF, &to, PAGE, 0, VM_FLAGS_ANYWHERE, SELF, (vm_address_t)area.start, copy, &current,
                                 &maximum, 3),
                    KERN_INVALID_ARGUMENT);
        assert_code(vm->vm_remap(SELF, &to, PAGE, 0, VM_FLAGS_ANYWHERE, MACH_PORT_NULL, (vm_address_t)area.start, copy,
                                 &current, &maximum, 1),
                    KERN_INVALID_ARGUMENT);
        mach_port_t port = port_with_send();
        assert_code(vm->mach_vm_remap(SELF, (mach_vm_address_t *)&to, PAGE, 0, VM_FLAGS_ANYWHERE, port,
                                      (vm_address_t)area.start, copy, &current, &maximum, 1),
                    KERN_INVALID_ARGUMENT);
        destroy(port);
    }
    assert_success(vm->vm_protect(SELF, (vm_address_t)area.start, PAGE, FALSE, VM_PROT_NONE));
    assert_code(remap(&to, area.start, PAGE, VM_FLAGS_ANYWHERE, TRUE, &current, &maximum), KERN_PROTECTION_FAILURE);
    assert_code(remap(&to, area.start, PAGE, VM_FLAGS_ANYWHERE, FALSE, &current, &maximum), KERN_PROTECTION_FAILURE);
    assert_int_equal(to, 7);
    assert_int_equal(current, -1);
    assert_int_equal(maximum, -1);
    // Two that are one behind the other are not one.
    struct area shared = make_area(ANON_SHARED, 2);
    char *behind = mmap(shared.start + 2 * PAGE, PAGE, 3, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    assert_true(behind == shared.start + 2 * PAGE);
    assert_code(remap(&to, shared.start, 3 * PAGE, VM_FLAGS_ANYWHERE, FALSE, &current, &maximum), KERN_NOT_SUPPORTED);
    // Parts of one that differ in what they allow are.
    assert_int_equal(mprotect(shared.start + PAGE, PAGE, PROT_READ), 0);
    assert_success(remap(&to, shared.start, 2 * PAGE, VM_FLAGS_ANYWHERE, FALSE, &current, &maximum));
    assert_int_equal(current, VM_PROT_READ);
    assert_all((char *)to + PAGE, PAGE, 2);
    give_back_memory((void *)to, 2 * PAGE);
    munmap(behind, PAGE);
    end_area(&shared);
    end_area(&area);
}
static void bad_remappings_are_refused(void **state) {
    (void)state;
    each_way(remap_wrongly);
}

// A19: into a task of the process, which shares its memory.
static void remap_between_tasks(void) {
    task_t other = make_task();
    struct area area = make_area(ALLOCATED, 1);
    vm_address_t to = 0;
    int current, maximum;
    assert_success(vm->vm_remap(other, &to, PAGE, 0, VM_FLAGS_ANYWHERE, other, (vm_address_t)area.start, FALSE,
                                &current, &maximum, VM_INHERIT_NONE));
    area.start[0] = 17;
    assert_int_equal(*(char *)to, 17);
    assert_int_equal(region_at((void *)to).inheritance, VM_INHERIT_NONE);
    give_back_memory((void *)to, PAGE);
    end_area(&area);
    end_task(other);
}
static void tasks_share_memory(void **state) {
    (void)state;
    each_way(remap_between_tasks);
}

// What no program can have is not mapped, so there is nothing to give back; the stack lies just below.
static void addresses_beyond_all_hold_nothing(void **state) {
    (void)state;
    const vm_address_t above[] = {(vm_address_t)1 << 57, ((vm_address_t)1 << 63) - PAGE, (vm_address_t)1 << 63, -PAGE};
    for (size_t i = 0; i < COUNT_OF(above); i++) {
        assert_success(vm_deallocate(SELF, above[i], PAGE - 1));
        assert_code(vm_deallocate(SELF, above[i], -above[i] + PAGE), KERN_INVALID_ARGUMENT);
    }
    // From a page that is the last of all to the end of the numbers.
    vm_address_t last = (((vm_address_t)__builtin_frame_address(0)) | 0xffffffff) & -PAGE;
    for (kern_return_t code = KERN_SUCCESS; code == KERN_SUCCESS;) {
        vm_size_t size;
        vm_region_basic_info_data_64_t info;
        mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
        mach_port_t object;
        code = vm_region_64(SELF, &last, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count, &object);
        if (code == KERN_SUCCESS) last += size;
    }
    assert_success(vm_deallocate(SELF, last, -last - PAGE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(fresh_memory_is_as_asked_for),
        TASK_TEST(children_get_what_they_are_to),
        TASK_TEST(addresses_avoid_the_mask),
        TASK_TEST(fixed_memory_is_where_it_is_to_be),
        TASK_TEST(bad_mappings_are_refused),
        TASK_TEST(superpages_are_a_hint),
        TASK_TEST(tags_are_kept),
        TASK_TEST(memory_of_every_kind_is_mapped_as_a_copy),
        TASK_TEST(shared_memory_is_mapped_again),
        TASK_TEST(a_mapping_goes_where_it_is_to_be),
        TASK_TEST(bad_remappings_are_refused),
        TASK_TEST(tasks_share_memory),
        TASK_TEST(addresses_beyond_all_hold_nothing),
    };
    return TASK_RUN(tests);
}

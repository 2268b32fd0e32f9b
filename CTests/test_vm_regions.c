// What can be asked about memory: regions and pages, on every kind of mapping. Rows A1, A2, A13–A16.
#define _GNU_SOURCE // mremap
#include "vm_support.h"

#include <sys/syscall.h>
#include <unistd.h>

// What the system's own list says of the mapping at an address, or the next.
struct system_mapping {
    uintptr_t start, end;
    int protection;
    bool is_shared;
    unsigned long long offset;
};
static bool next_mapping(uintptr_t address, struct system_mapping *found) {
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    char line[5000];
    bool is_found = false;
    while (!is_found && fgets(line, sizeof(line), maps) != NULL) {
        unsigned long start, end;
        char bits[5];
        if (sscanf(line, "%lx-%lx %4s %llx", &start, &end, bits, &found->offset) != 4) continue;
        if (end <= address || start >> 63 != 0) continue;
        found->start = start;
        found->end = end;
        found->is_shared = bits[3] == 's';
        found->protection = (bits[0] == 'r' ? 1 : 0) | (bits[1] == 'w' ? 2 : 0) | (bits[2] == 'x' ? 4 : 0);
        is_found = true;
    }
    (void)fclose(maps);
    return is_found;
}

struct found {
    vm_address_t start;
    vm_size_t size;
    struct vm_region_basic_info_64 info;
};
static kern_return_t find(vm_address_t address, struct found *found) {
    mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
    mach_port_t object = 5;
    found->start = address;
    return vm->vm_region_64(SELF, &found->start, &found->size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&found->info,
                            &count, &object);
}

// A13
static void describe_each_kind(void) {
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct area area = make_area(kind, 5);
        struct found found;
        assert_success(find((vm_address_t)area.start + 2 * PAGE + 9, &found));
        if (kind != STACK) { // its upper part is in use
            assert_int_equal(found.start, area.start);
            assert_int_equal(found.size, area.size);
        }
        assert_int_equal(found.info.protection, area.protection);
        assert_int_equal(found.info.shared, area.is_shared);
        assert_int_equal(found.info.reserved, FALSE);
        assert_int_equal(found.info.offset, 0);
        assert_int_equal(found.info.behavior, VM_BEHAVIOR_DEFAULT);
        assert_int_equal(found.info.user_wired_count, 0);
        int maximum = kind == FILE_READ_ONLY ? VM_PROT_READ | VM_PROT_EXECUTE : VM_PROT_ALL;
        if (kind == ENTRY_MAPPED) maximum = VM_PROT_DEFAULT;
        assert_int_equal(found.info.max_protection, maximum);
        assert_int_equal(found.info.inheritance, area.is_shared ? VM_INHERIT_SHARE : VM_INHERIT_COPY);
        end_area(&area);
    }
}
static void regions_of_every_kind_are_described(void **state) {
    (void)state;
    each_way(describe_each_kind);
}

// A13: what other calls of Linux have set shows for memory that is not the library's.
static void describe_advice(void) {
    struct area area = make_area(ANON_PRIVATE, 4);
    assert_int_equal(madvise(area.start, PAGE, MADV_DONTFORK), 0);
    assert_int_equal(madvise(area.start + PAGE, PAGE, MADV_SEQUENTIAL), 0);
    assert_int_equal(madvise(area.start + 2 * PAGE, PAGE, MADV_RANDOM), 0);
    assert_int_equal((int)syscall(SYS_mlock, area.start + 3 * PAGE, PAGE), 0);
    assert_int_equal(region_at(area.start).inheritance, VM_INHERIT_NONE);
    assert_int_equal(region_at(area.start + PAGE).inheritance, VM_INHERIT_COPY);
    assert_int_equal(region_at(area.start + PAGE).behavior, VM_BEHAVIOR_SEQUENTIAL);
    assert_int_equal(region_at(area.start + 2 * PAGE).behavior, VM_BEHAVIOR_RANDOM);
    assert_int_equal(region_at(area.start + 3 * PAGE).user_wired_count, 1);
    assert_int_equal(region_at(area.start).user_wired_count, 0);
    end_area(&area);
}
static void what_the_system_knows_is_told(void **state) {
    (void)state;
    each_way(describe_advice);
}

// A13: an allocation is a region, and so is what is left of one, or has become different.
static void describe_parts(void) {
    struct area area = make_area(ALLOCATED, 8);
    vm_address_t start = (vm_address_t)area.start, next = start + 8 * PAGE;
    assert_success(vm_allocate(SELF, &next, PAGE, VM_FLAGS_FIXED));
    struct found found;
    assert_success(find(start, &found));
    assert_int_equal(found.size, 8 * PAGE); // not the neighbour
    assert_success(vm->vm_protect(SELF, start + 3 * PAGE, PAGE, FALSE, VM_PROT_READ));
    assert_success(vm_deallocate(SELF, start + 6 * PAGE, PAGE));
    const struct {
        int at, first, count, protection;
    } parts[] = {{0, 0, 3, 3}, {2, 0, 3, 3}, {3, 3, 1, 1}, {4, 4, 2, 3},
                 {5, 4, 2, 3}, {6, 7, 1, 3}, {7, 7, 1, 3}, {8, 8, 1, 3}};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        assert_success(find(start + (vm_size_t)parts[i].at * PAGE, &found));
        assert_int_equal(found.start, start + (vm_size_t)parts[i].first * PAGE);
        assert_int_equal(found.size, (vm_size_t)parts[i].count * PAGE);
        assert_int_equal(found.info.protection, parts[i].protection);
    }
    assert_success(vm_deallocate(SELF, next, PAGE));
    end_area(&area);
}
static void parts_are_regions_of_their_own(void **state) {
    (void)state;
    each_way(describe_parts);
}

// A13: all regions, one after the other, are what the system lists, but for what no program has.
static void walk(void) {
    vm_address_t page = 0;
    assert_success(vm_allocate(SELF, &page, PAGE, VM_FLAGS_ANYWHERE));
    assert_success(vm_deallocate(SELF, page, PAGE)); // kept
    mach_port_t entry = make_new_entry(7 * PAGE, 3);
    vm_address_t address = 0;
    unsigned regions = 0;
    bool saw_stack = false;
    for (;;) {
        struct found found;
        kern_return_t code = find(address, &found);
        if (code == KERN_INVALID_ADDRESS) break;
        assert_success(code);
        // What an allocator maps meanwhile can join a mapping that was passed already.
        assert_true(found.size > 0 && found.start + found.size > address);
        struct system_mapping mapping;
        assert_true(next_mapping(found.start, &mapping));
        assert_true(mapping.start <= found.start && found.start + found.size <= mapping.end);
        assert_int_equal(found.info.protection, mapping.protection);
        assert_int_equal(found.info.shared, mapping.is_shared);
        assert_true(page < found.start || page >= found.start + found.size);
        vm_address_t frame = (vm_address_t)__builtin_frame_address(0);
        saw_stack |= frame >= found.start && frame < found.start + found.size;
        address = found.start + found.size;
        regions++;
    }
    assert_true(regions > 10 && saw_stack);
    assert_success(mach_port_deallocate(SELF, entry));
}
static void all_memory_is_walked(void **state) {
    (void)state;
    each_way(walk);
}

// A14
static void ask_by_flavor(void) {
    const struct {
        int flavor;
        mach_msg_type_number_t words;
    } flavors[] = {
        {VM_REGION_BASIC_INFO, 8}, {VM_REGION_BASIC_INFO_64, 9}, {VM_REGION_TOP_INFO, 5}, {VM_REGION_EXTENDED_INFO, 9}};
    struct area area = make_area(ALLOCATED, 3);
    for (size_t i = 0; i < COUNT_OF(flavors); i++) {
        for (mach_msg_type_number_t room = 0; room < 20; room++) {
            int info[20];
            fill_untouched(info, sizeof(info));
            int untouched = info[19];
            vm_address_t start = (vm_address_t)area.start;
            vm_size_t size = 1;
            mach_msg_type_number_t count = room;
            kern_return_t code = vm->vm_region(SELF, &start, &size, flavors[i].flavor, info, &count, NULL);
            if (room < flavors[i].words) {
                assert_code(code, KERN_INVALID_ARGUMENT);
                assert_int_equal(count, room);
                assert_int_equal(size, 1);
                assert_int_equal(info[0], untouched);
                continue;
            }
            assert_success(code);
            assert_int_equal(count, flavors[i].words);
            assert_int_equal(size, 3 * PAGE);
            assert_int_equal(info[flavors[i].words], untouched);
        }
    }
    // The wide calls take the first flavor for the second.
    int info[20];
    vm_address_t start = (vm_address_t)area.start;
    vm_size_t size = 0;
    mach_msg_type_number_t count = 8;
    assert_code(vm->vm_region_64(SELF, &start, &size, VM_REGION_BASIC_INFO, info, &count, NULL), KERN_INVALID_ARGUMENT);
    mach_vm_address_t wide = start;
    mach_vm_size_t wide_size = 0;
    count = 9;
    assert_success(vm->mach_vm_region(SELF, &wide, &wide_size, VM_REGION_BASIC_INFO, info, &count, NULL));
    assert_int_equal(count, 9);
    const int unknown[] = {0, 1, 8, 11, 14, -1};
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        count = 20;
        assert_code(vm->vm_region(SELF, &start, &size, unknown[i], info, &count, NULL), KERN_INVALID_ARGUMENT);
    }
    end_area(&area);
    if (vm->by_message) return;
    assert_code(vm_region(SELF, NULL, &size, 9, info, &count, NULL), KERN_INVALID_ARGUMENT);
    assert_code(vm_region(SELF, &start, NULL, 9, info, &count, NULL), KERN_INVALID_ARGUMENT);
    assert_code(vm_region(SELF, &start, &size, 9, NULL, &count, NULL), KERN_INVALID_ARGUMENT);
    assert_code(vm_region(SELF, &start, &size, 9, info, NULL, NULL), KERN_INVALID_ARGUMENT);
    assert_code(vm_region(MACH_PORT_NULL, &start, &size, 9, info, &count, NULL), KERN_INVALID_ARGUMENT);
}
static void flavors_need_their_room(void **state) {
    (void)state;
    each_way(ask_by_flavor);
}

static struct vm_region_extended_info extended_at(const void *address) {
    vm_address_t start = (vm_address_t)address;
    vm_size_t size = 0;
    struct vm_region_extended_info info;
    mach_msg_type_number_t count = VM_REGION_EXTENDED_INFO_COUNT;
    assert_success(vm->vm_region(SELF, &start, &size, VM_REGION_EXTENDED_INFO, (vm_region_info_t)&info, &count, NULL));
    return info;
}

static struct vm_region_top_info top_at(const void *address) {
    vm_address_t start = (vm_address_t)address;
    vm_size_t size = 0;
    struct vm_region_top_info info;
    mach_msg_type_number_t count = VM_REGION_TOP_INFO_COUNT;
    assert_success(vm->vm_region(SELF, &start, &size, VM_REGION_TOP_INFO, (vm_region_info_t)&info, &count, NULL));
    return info;
}

// A14: figures are of pages that there are, and of this region alone.
static void count_pages(void) {
    vm_address_t start = 0;
    assert_success(
        vm_allocate(SELF, &start, 100 * PAGE, VM_FLAGS_ANYWHERE | VM_MAKE_TAG(VM_MEMORY_APPLICATION_SPECIFIC_1)));
    struct vm_region_extended_info info = extended_at((void *)start);
    assert_int_equal(info.pages_resident, 0);
    assert_int_equal(info.share_mode, SM_EMPTY);
    assert_int_equal(info.ref_count, 0);
    assert_int_equal(info.user_tag, VM_MEMORY_APPLICATION_SPECIFIC_1);
    for (int i = 0; i < 40; i++) *(char *)(start + (vm_size_t)(i * 2) * PAGE) = 1;
    info = extended_at((void *)start);
    assert_int_equal(info.pages_resident + info.pages_swapped_out, 40);
    assert_int_equal(info.share_mode, SM_PRIVATE);
    assert_int_equal(info.ref_count, 1);
    assert_int_equal(info.external_pager, 0);
    assert_int_equal(info.protection, 3);
    struct vm_region_top_info top = top_at((void *)start);
    assert_int_equal(top.private_pages_resident, info.pages_resident);
    assert_int_equal(top.shared_pages_resident, 0);
    assert_success(vm->vm_protect(SELF, start + 50 * PAGE, 50 * PAGE, FALSE, VM_PROT_READ));
    assert_int_equal(extended_at((void *)start).pages_resident + extended_at((void *)start).pages_swapped_out, 25);
    give_back_memory((void *)start, 100 * PAGE);

    struct area file = make_area(FILE_PRIVATE, 3), shared = make_area(ANON_SHARED, 3);
    assert_int_equal(extended_at(file.start).share_mode, SM_COW);
    assert_int_equal(extended_at(file.start).external_pager, 1);
    assert_int_equal(extended_at(shared.start).share_mode, SM_SHARED);
    assert_int_equal(extended_at(shared.start).external_pager, 0);
    assert_int_equal(top_at(shared.start).shared_pages_resident, 3);
    // What is mapped twice is one object; what is not is not.
    char *again = mremap(shared.start, 0, shared.size, MREMAP_MAYMOVE);
    assert_true(again != MAP_FAILED);
    assert_int_equal(top_at(again).obj_id, top_at(shared.start).obj_id);
    assert_true(top_at(again).obj_id != top_at(file.start).obj_id);
    munmap(again, shared.size);
    end_area(&file);
    end_area(&shared);
    // The first thread's stack is known as such, malloc's memory behind the program too.
    assert_int_equal(extended_at(__builtin_frame_address(0)).user_tag, VM_MEMORY_STACK);
}
static void pages_are_counted(void **state) {
    (void)state;
    each_way(count_pages);
}

// A15
static void ask_recursively(void) {
    struct area area = make_area(FILE_SHARED, 4);
    memset(area.start, 1, 2 * PAGE);
    for (mach_msg_type_number_t room = 0; room < 20; room++) {
        int info[20];
        fill_untouched(info, sizeof(info));
        int untouched = info[19];
        vm_address_t start = (vm_address_t)area.start;
        vm_size_t size = 1;
        natural_t depth = 9;
        mach_msg_type_number_t count = room;
        kern_return_t code = vm->vm_region_recurse_64(SELF, &start, &size, &depth, info, &count);
        if (room < 12) {
            assert_code(code, KERN_INVALID_ARGUMENT);
            assert_int_equal(depth, 9);
            assert_int_equal(info[0], untouched);
            continue;
        }
        assert_success(code);
        assert_int_equal(depth, 0);
        assert_int_equal(start, area.start);
        assert_int_equal(size, area.size);
        assert_int_equal(count, room < 16 ? 12 : room < 17 ? 16 : 17);
        assert_int_equal(info[count], untouched);
        if (room < 16) {
            const struct vm_region_submap_short_info_64 *brief = (const void *)info;
            assert_int_equal(brief->protection, 3);
            assert_int_equal(brief->share_mode, SM_SHARED);
            assert_int_equal(brief->external_pager, 1);
            assert_int_equal(brief->ref_count, 1);
        } else {
            const struct vm_region_submap_info_64 *full = (const void *)info;
            assert_int_equal(full->protection, 3);
            assert_int_equal(full->max_protection, 7);
            assert_int_equal(full->inheritance, VM_INHERIT_SHARE);
            assert_int_equal(full->is_submap, FALSE);
            assert_true(full->pages_resident >= 2);
            assert_int_equal(full->object_id, top_at(area.start).obj_id);
        }
        start = (vm_address_t)area.start;
        count = room;
        code = vm->vm_region_recurse(SELF, &start, &size, &depth, info, &count);
        assert_code(code, room < 15 ? KERN_INVALID_ARGUMENT : KERN_SUCCESS);
        if (room >= 15) assert_int_equal(count, 15);
    }
    // An offset in the file.
    assert_success(vm->vm_protect(SELF, (vm_address_t)area.start + 3 * PAGE, PAGE, FALSE, VM_PROT_READ));
    assert_int_equal(region_at(area.start + 3 * PAGE).offset, 3 * PAGE);
    mach_vm_address_t start = (mach_vm_address_t)(uintptr_t)area.start + 3 * PAGE;
    mach_vm_size_t size = 0;
    natural_t depth = 0;
    struct vm_region_submap_info_64 info;
    mach_msg_type_number_t count = VM_REGION_SUBMAP_INFO_COUNT_64;
    assert_success(vm->mach_vm_region_recurse(SELF, &start, &size, &depth, (int *)&info, &count));
    assert_int_equal(info.offset, 3 * PAGE);
    end_area(&area);
    start = (mach_vm_address_t)1 << 47;
    assert_code(vm->mach_vm_region_recurse(SELF, &start, &size, &depth, (int *)&info, &count), KERN_INVALID_ADDRESS);
    start = ~(mach_vm_address_t)0;
    assert_code(vm->mach_vm_region_recurse(SELF, &start, &size, &depth, (int *)&info, &count), KERN_INVALID_ADDRESS);
}
static void regions_have_one_level(void **state) {
    (void)state;
    each_way(ask_recursively);
}

// A16
static void query_pages(void) {
    struct area area = make_area(ALLOCATED, 3), file = make_area(FILE_PRIVATE, 2), shared = make_area(FILE_SHARED, 1);
    int disposition = -1, references = -1;
    vm_address_t untouched = 0;
    assert_success(vm_allocate(SELF, &untouched, 3 * PAGE, VM_FLAGS_ANYWHERE));
    assert_success(vm->vm_map_page_query(SELF, untouched + 5, &disposition, &references));
    assert_int_equal(disposition, 0);
    assert_int_equal(references, 0);
    assert_success(
        vm->mach_vm_page_query(SELF, (mach_vm_address_t)(uintptr_t)area.start + PAGE, &disposition, &references));
    assert_true(disposition == VM_PAGE_QUERY_PAGE_PRESENT || disposition == VM_PAGE_QUERY_PAGE_PAGED_OUT);
    assert_int_equal(references, disposition == VM_PAGE_QUERY_PAGE_PRESENT);
    // Written to, a page of a private mapping is its own.
    assert_success(vm->vm_map_page_query(SELF, (vm_address_t)file.start, &disposition, &references));
    assert_int_equal(disposition & ~VM_PAGE_QUERY_PAGE_PAGED_OUT,
                     VM_PAGE_QUERY_PAGE_PRESENT | VM_PAGE_QUERY_PAGE_COPIED);
    *(volatile char *)shared.start = 1;
    assert_success(vm->vm_map_page_query(SELF, (vm_address_t)shared.start, &disposition, &references));
    assert_true(disposition & VM_PAGE_QUERY_PAGE_EXTERNAL);
    disposition = references = -1;
    assert_code(vm->vm_map_page_query(SELF, (vm_address_t)area.start - PAGE, &disposition, &references),
                KERN_INVALID_ADDRESS);
    assert_code(vm->vm_map_page_query(SELF, 0, &disposition, &references), KERN_INVALID_ADDRESS);
    assert_code(vm->vm_map_page_query(SELF, ~(vm_address_t)0, &disposition, &references), KERN_INVALID_ADDRESS);
    assert_int_equal(disposition, -1);

    for (mach_msg_type_number_t room = 0; room < 12; room++) {
        int info[12];
        fill_untouched(info, sizeof(info));
        int was = info[11];
        mach_msg_type_number_t count = room;
        kern_return_t code =
            vm->mach_vm_page_info(SELF, (vm_address_t)area.start + 9, VM_PAGE_INFO_BASIC, info, &count);
        assert_code(code, room == 7 || room == 8 ? KERN_SUCCESS : KERN_INVALID_ARGUMENT);
        assert_int_equal(count, room);
        assert_int_equal(info[room == 7 || room == 8 ? room : 0], was);
        if (code != KERN_SUCCESS) continue;
        const struct vm_page_info_basic *basic = (const void *)info;
        assert_int_equal(basic->depth, 0);
        assert_int_equal(basic->offset, 9);
        assert_true(basic->object_id != 0);
    }
    mach_msg_type_number_t count = VM_PAGE_INFO_BASIC_COUNT;
    int info[8];
    assert_code(vm->mach_vm_page_info(SELF, (vm_address_t)area.start, 2, info, &count), KERN_INVALID_ARGUMENT);
    assert_code(vm->mach_vm_page_info(SELF, (vm_address_t)area.start - PAGE, 1, info, &count), KERN_INVALID_ADDRESS);
    give_back_memory((void *)untouched, 3 * PAGE);
    end_area(&area);
    end_area(&file);
    end_area(&shared);
}
static void pages_are_described(void **state) {
    (void)state;
    each_way(query_pages);
}

// A16: a page that a child has too.
static int hold(void *argument) {
    int *ends = argument;
    char byte;
    (void)!write(ends[3], "", 1);
    return read(ends[0], &byte, 1) == 1 ? 0 : 1;
}
static void a_page_that_others_have_is_told(void **state) {
    (void)state;
    struct area area = make_area(ALLOCATED, 1);
    int ends[4];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pipe(ends + 2), 0);
    pid_t child = fork();
    if (child == 0) _exit(hold(ends));
    char byte;
    assert_int_equal(read(ends[2], &byte, 1), 1);
    int disposition = 0, references = 0;
    assert_success(vm_map_page_query(SELF, (vm_address_t)area.start, &disposition, &references));
    if (disposition & VM_PAGE_QUERY_PAGE_PRESENT) assert_int_equal(references, 2);
    assert_int_equal(write(ends[1], "", 1), 1);
    for (int i = 0; i < 4; i++) close(ends[i]);
    end_area(&area);
}

// A30
static void pages_are_rounded_to(void **state) {
    (void)state;
    assert_int_equal(vm_page_size, (vm_size_t)sysconf(_SC_PAGESIZE));
    assert_int_equal(vm_page_mask, vm_page_size - 1);
    assert_int_equal((vm_size_t)1 << vm_page_shift, vm_page_size);
    assert_int_equal(vm_kernel_page_size, vm_page_size);
    assert_int_equal(vm_kernel_page_mask, vm_page_mask);
    assert_int_equal(vm_kernel_page_shift, vm_page_shift);
    const vm_size_t values[] = {0, 1, vm_page_size - 1, vm_page_size, vm_page_size + 1, 10 * vm_page_size + 7};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        vm_size_t down = values[i] / vm_page_size * vm_page_size;
        vm_size_t up = (values[i] + vm_page_size - 1) / vm_page_size * vm_page_size;
        assert_int_equal(trunc_page(values[i]), down);
        assert_int_equal(round_page(values[i]), up);
        assert_int_equal(mach_vm_trunc_page(values[i]), down);
        assert_int_equal(mach_vm_round_page(values[i]), up);
        assert_int_equal(trunc_page_kernel(values[i]), down);
        assert_int_equal(round_page_kernel(values[i]), up);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(regions_of_every_kind_are_described),
        TASK_TEST(what_the_system_knows_is_told),
        TASK_TEST(parts_are_regions_of_their_own),
        TASK_TEST(all_memory_is_walked),
        TASK_TEST(flavors_need_their_room),
        TASK_TEST(pages_are_counted),
        TASK_TEST(regions_have_one_level),
        TASK_TEST(pages_are_described),
        TASK_TEST(a_page_that_others_have_is_told),
        TASK_TEST(pages_are_rounded_to),
    };
    return TASK_RUN(tests);
}

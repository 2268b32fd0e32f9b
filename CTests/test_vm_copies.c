// Reading, writing and copying memory that may not be there, on every kind of mapping. Rows A1, A2, A8–A10.
#define _GNU_SOURCE // memfd_create
#include "vm_support.h"

#include <sys/uio.h>
#include <unistd.h>

static bool is_readable(const struct area *area) { return (area->protection & VM_PROT_READ) != 0; }
static bool is_writable(const struct area *area) { return (area->protection & VM_PROT_WRITE) != 0; }

// What each byte of an area is.
static void check_numbers(const char *bytes, size_t from, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != (char)((from + i) / PAGE + 1)) fail_msg("byte %zu is %d", i, bytes[i]);
}

// ---- Reading

// A8
static void read_each_kind(void) {
    const size_t sizes[] = {1, 100, 8168, PAGE, PAGE + 1, 2 * PAGE, 5 * PAGE - 7};
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct area area = make_area(kind, 6);
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            for (size_t offset = 0; offset < 8; offset += 7) {
                vm_offset_t data = 1;
                mach_msg_type_number_t count = 2;
                kern_return_t code = vm->vm_read(SELF, (vm_address_t)area.start + offset, sizes[i], &data, &count);
                if (!is_readable(&area)) {
                    assert_code(code, KERN_PROTECTION_FAILURE);
                    assert_int_equal(data, 1);
                    assert_int_equal(count, 2);
                    continue;
                }
                assert_success(code);
                assert_int_equal(count, sizes[i]);
                assert_int_equal(data % PAGE, 0);
                check_numbers((char *)data, offset, sizes[i]);
                size_t rest = round_page(sizes[i]) - sizes[i];
                assert_all((char *)data + sizes[i], rest, 0);
                memset((void *)data, 9, sizes[i]); // it is a copy
                check_numbers(area.start, 0, area.size);
                give_back_memory((void *)data, count);
            }
        }
        end_area(&area);
    }
}
static void memory_of_every_kind_is_read(void **state) {
    (void)state;
    each_way(read_each_kind);
}

static void read_wrongly(void) {
    struct area area = make_area(ANON_PRIVATE, 5);
    vm_address_t start = (vm_address_t)area.start;
    vm_offset_t data = 1;
    mach_msg_type_number_t count = 2;
    // A8: gaps before, in the middle and behind; a page that may not be read.
    assert_code(vm->vm_read(SELF, start - 1, 2, &data, &count), KERN_INVALID_ADDRESS);
    assert_code(vm->mach_vm_read(SELF, start + 4 * PAGE, PAGE + 1, &data, &count), KERN_INVALID_ADDRESS);
    assert_int_equal(mprotect(area.start + PAGE, PAGE, PROT_NONE), 0);
    assert_int_equal(munmap(area.start + 3 * PAGE, PAGE), 0);
    assert_code(vm->vm_read(SELF, start, 5 * PAGE, &data, &count), KERN_PROTECTION_FAILURE);
    assert_code(vm->vm_read(SELF, start + 2 * PAGE, 3 * PAGE, &data, &count), KERN_INVALID_ADDRESS);
    assert_code(vm->vm_read(SELF, start + 2 * PAGE, 2 * PAGE - 1, &data, &count), KERN_INVALID_ADDRESS);
    assert_code(vm->vm_read(SELF, 0, 1, &data, &count), KERN_INVALID_ADDRESS);
    assert_code(vm->vm_read(SELF, ~(vm_address_t)0, 2, &data, &count), KERN_INVALID_ADDRESS);
    assert_code(vm->vm_read(SELF, (vm_address_t)1 << 63, 1, &data, &count), KERN_INVALID_ADDRESS);
    assert_code(vm->vm_read(SELF, start, (vm_size_t)1 << 32, &data, &count), KERN_INVALID_ARGUMENT);
    assert_int_equal(data, 1);
    assert_int_equal(count, 2);
    assert_success(vm->vm_read(SELF, 5, 0, &data, &count));
    assert_int_equal(data, 0);
    assert_int_equal(count, 0);
    end_area(&area);
    if (vm->by_message) return;
    assert_code(vm_read(SELF, start, 1, NULL, &count), KERN_INVALID_ARGUMENT);
    assert_code(vm_read(SELF, start, 1, &data, NULL), KERN_INVALID_ARGUMENT);
    assert_code(vm_read(MACH_PORT_NULL, start, 1, &data, &count), KERN_INVALID_ARGUMENT);
}
static void what_cannot_be_read_is_told(void **state) {
    (void)state;
    each_way(read_wrongly);
}

// A8: beyond the end of a file there are pages and nothing in them.
static void read_beyond_the_end(void) {
    int file = memfd_create("short", MFD_CLOEXEC);
    assert_int_equal(ftruncate(file, (off_t)PAGE), 0);
    char *start = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    assert_true(start != MAP_FAILED);
    vm_offset_t data = 1;
    mach_msg_type_number_t count = 0;
    assert_code(vm->vm_read(SELF, (vm_address_t)start, 2 * PAGE, &data, &count), KERN_MEMORY_ERROR);
    assert_code(vm->vm_copy(SELF, (vm_address_t)start + PAGE, 10, (vm_address_t)start), KERN_MEMORY_ERROR);
    assert_code(vm->vm_copy(SELF, (vm_address_t)start, 10, (vm_address_t)start + PAGE), KERN_MEMORY_ERROR);
    assert_success(vm->vm_read(SELF, (vm_address_t)start, PAGE, &data, &count));
    give_back_memory((void *)data, count);
    munmap(start, 3 * PAGE);
    close(file);
}
static void what_is_not_in_a_file_is_an_error(void **state) {
    (void)state;
    each_way(read_beyond_the_end);
}

// A2: pages of a message, of no one, and of a memory entry.
static void read_what_no_program_has(void) {
    vm_address_t page = 0;
    vm_offset_t data = 0;
    mach_msg_type_number_t count = 0;
    assert_success(vm_allocate(SELF, &page, PAGE, VM_FLAGS_ANYWHERE));
    *(char *)page = 1;
    assert_success(vm_deallocate(SELF, page, PAGE));
    assert_code(vm->vm_read(SELF, page, 1, &data, &count), KERN_INVALID_ADDRESS);
    assert_code(vm->vm_copy(SELF, (vm_address_t)&page, 8, page), KERN_INVALID_ADDRESS);

    mach_port_t port = port_with_send();
    vm_address_t memory = 0;
    assert_success(vm_allocate(SELF, &memory, 3 * PAGE, VM_FLAGS_ANYWHERE));
    memset((void *)memory, 4, 3 * PAGE);
    struct carrier message;
    begin_carrier(&message, port, 1);
    add_memory(&message, (void *)memory, SIZE(3 * PAGE))->deallocate = TRUE;
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_code(vm->vm_read(SELF, memory, 1, &data, &count), KERN_INVALID_ADDRESS);
    assert_code(vm->vm_write(SELF, memory + PAGE, (vm_offset_t)&page, 8), KERN_INVALID_ADDRESS);
    destroy(port);
}
static void memory_in_transit_is_none(void **state) {
    (void)state;
    each_way(read_what_no_program_has);
}

// A9
static void read_lists(void) {
    struct area one = make_area(ALLOCATED, 3), other = make_area(ANON_READ_ONLY, 2);
    static vm_read_entry_t list;
    memset(list, 0, sizeof(list));
    list[0].address = (vm_address_t)one.start + 5;
    list[0].size = 2 * PAGE;
    list[1].address = 12345; // of no bytes
    list[2].address = (vm_address_t)other.start;
    list[2].size = 1;
    list[3].address = 77;
    list[3].size = 78;
    assert_success(vm->vm_read_list(SELF, list, 3));
    check_numbers((char *)list[0].address, 5, 2 * PAGE);
    assert_int_equal(list[0].size, 2 * PAGE);
    assert_int_equal(list[1].address, 0);
    assert_int_equal(*(char *)list[2].address, 1);
    assert_int_equal(list[3].address, 77);
    assert_int_equal(list[3].size, 78);
    give_back_memory((void *)list[0].address, 2 * PAGE);
    give_back_memory((void *)list[2].address, 1);

    static mach_vm_read_entry_t wide;
    for (unsigned i = 0; i < VM_MAP_ENTRY_MAX; i++) {
        wide[i].address = (mach_vm_address_t)(uintptr_t)one.start + i;
        wide[i].size = 1 + i % 7;
    }
    assert_success(vm->mach_vm_read_list(SELF, wide, VM_MAP_ENTRY_MAX));
    for (unsigned i = 0; i < VM_MAP_ENTRY_MAX; i++) {
        check_numbers((char *)(uintptr_t)wide[i].address, i, 1 + i % 7);
        give_back_memory((void *)(uintptr_t)wide[i].address, 1);
    }
    assert_success(vm->vm_read_list(SELF, list, 0));
    end_area(&one);
    end_area(&other);
}
static void lists_are_read(void **state) {
    (void)state;
    each_way(read_lists);
}

// A9: all or nothing.
static void read_bad_lists(void) {
    struct area area = make_area(ALLOCATED, 3), none = make_area(ANON_NONE, 1);
    static vm_read_entry_t list, before;
    memset(list, 0, sizeof(list));
    for (unsigned i = 0; i < 4; i++) {
        list[i].address = (vm_address_t)area.start;
        list[i].size = PAGE;
    }
    list[3].address = (vm_address_t)none.start;
    memcpy(before, list, sizeof(list));
    uint64_t regions = live_regions();
    assert_code(vm->vm_read_list(SELF, list, 4), KERN_PROTECTION_FAILURE);
    list[2].address = before[2].address = 0;
    assert_code(vm->vm_read_list(SELF, list, 4), KERN_INVALID_ADDRESS);
    assert_code(vm->vm_read_list(SELF, list, VM_MAP_ENTRY_MAX + 1), KERN_INVALID_ARGUMENT);
    assert_code(vm->vm_read_list(SELF, list, ~0u), KERN_INVALID_ARGUMENT);
    assert_memory_equal(list, before, sizeof(list));
    assert_int_equal(live_regions(), regions);
    if (!vm->by_message) assert_code(vm_read_list(SELF, NULL, 1), KERN_INVALID_ARGUMENT);
    end_area(&area);
    end_area(&none);
}
static void a_list_with_a_bad_place_is_left_alone(void **state) {
    (void)state;
    each_way(read_bad_lists);
}

// ---- Writing

// Writes `size` bytes of `data` over an area in one of these ways.
enum way { WRITE, COPY, OVERWRITE, WIDE_WRITE, WIDE_OVERWRITE, WAYS };
static kern_return_t put(enum way way, vm_address_t to, const void *from, vm_size_t size) {
    vm_size_t copied = 0;
    mach_vm_size_t copied_wide = 0;
    kern_return_t code;
    switch (way) {
    case WRITE:
        return vm->vm_write(SELF, to, (vm_offset_t)from, (mach_msg_type_number_t)size);
    case COPY:
        return vm->mach_vm_copy(SELF, (mach_vm_address_t)(uintptr_t)from, size, to);
    case WIDE_WRITE:
        return vm->mach_vm_write(SELF, to, (vm_offset_t)from, (mach_msg_type_number_t)size);
    case WIDE_OVERWRITE:
        code = vm->mach_vm_read_overwrite(SELF, (mach_vm_address_t)(uintptr_t)from, size, to, &copied_wide);
        assert_int_equal(copied_wide, code == KERN_SUCCESS ? size : 0);
        return code;
    default:
        code = vm->vm_read_overwrite(SELF, (vm_address_t)from, size, to, &copied);
        assert_int_equal(copied, code == KERN_SUCCESS ? size : 0);
        return code;
    }
}

// A10
static void write_each_kind(void) {
    static char data[5 * 65536];
    for (size_t i = 0; i < sizeof(data); i++) data[i] = (char)(i * 7 + 100);
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct area area = make_area(kind, 5);
        const size_t sizes[] = {1, PAGE, PAGE + 3, 4 * PAGE - 1};
        for (enum way way = 0; way < WAYS; way++) {
            for (size_t i = 0; i < COUNT_OF(sizes); i++) {
                kern_return_t code = put(way, (vm_address_t)area.start + 13, data + i, sizes[i]);
                if (code != (is_writable(&area) ? KERN_SUCCESS : KERN_PROTECTION_FAILURE))
                    fail_msg("%s, way %d: code %d", kind_names[kind], way, code);
                if (!is_writable(&area)) continue;
                assert_memory_equal(area.start + 13, data + i, sizes[i]);
                check_numbers(area.start, 0, 13);
                check_numbers(area.start + 13 + sizes[i], 13 + sizes[i], area.size - 13 - sizes[i]);
                for (size_t j = 0; j < area.size; j++) area.start[j] = (char)(j / PAGE + 1);
            }
        }
        end_area(&area);
    }
}
static void memory_of_every_kind_is_written_to(void **state) {
    (void)state;
    each_way(write_each_kind);
}

// A10: nothing is written when not all can be.
static void write_wrongly(void) {
    static char data[8 * 65536];
    memset(data, 50, sizeof(data));
    for (enum way way = 0; way < WAYS; way++) {
        struct area area = make_area(ANON_PRIVATE, 6);
        vm_address_t start = (vm_address_t)area.start;
        assert_code(put(way, start - 1, data, 2), KERN_INVALID_ADDRESS);
        assert_code(put(way, start + 5 * PAGE, data, PAGE + 1), KERN_INVALID_ADDRESS);
        assert_int_equal(mprotect(area.start + 2 * PAGE, PAGE, PROT_READ), 0);
        assert_code(put(way, start, data, 4 * PAGE), KERN_PROTECTION_FAILURE);
        assert_code(put(way, start + 2 * PAGE, data, 1), KERN_PROTECTION_FAILURE);
        assert_code(put(way, start + 2 * PAGE - 1, data, 2), KERN_PROTECTION_FAILURE);
        assert_int_equal(munmap(area.start + 4 * PAGE, PAGE), 0);
        assert_code(put(way, start + 3 * PAGE, data, 3 * PAGE), KERN_INVALID_ADDRESS);
        assert_code(put(way, start, data, 6 * PAGE), KERN_PROTECTION_FAILURE); // the first that is met
        assert_code(put(way, 0, data, 1), KERN_INVALID_ADDRESS);
        assert_code(put(way, ~(vm_address_t)0 - 4, data, 10), KERN_INVALID_ADDRESS);
        assert_success(put(way, 5, data, 0));
        check_numbers(area.start, 0, 4 * PAGE);
        check_numbers(area.start + 5 * PAGE, 5 * PAGE, PAGE);
        end_area(&area);
    }
}
static void what_cannot_be_written_to_is_told(void **state) {
    (void)state;
    each_way(write_wrongly);
}

// A10: the source is looked at first.
static void write_from_nothing(void) {
    struct area none = make_area(ANON_NONE, 2), target = make_area(ALLOCATED, 4);
    vm_address_t to = (vm_address_t)target.start;
    for (enum way way = 0; way < WAYS; way++) {
        bool is_refused_by_send = vm->by_message && (way == WRITE || way == WIDE_WRITE); // S8
        kern_return_t bad = is_refused_by_send ? MACH_SEND_INVALID_MEMORY : KERN_PROTECTION_FAILURE;
        assert_code(put(way, to, none.start, 1), bad);
        assert_code(put(way, to, none.start, 2 * PAGE), bad);
        assert_code(put(way, 0, none.start, 2), bad);
        bad = is_refused_by_send ? MACH_SEND_INVALID_MEMORY : KERN_INVALID_ADDRESS;
        assert_code(put(way, to, none.start - 1, 1), bad);
        assert_code(put(way, to, (char *)8, 2 * PAGE), bad);
        if (is_refused_by_send)
            for (int i = 0; i < 5; i++) expect_send_once_notification(reply_port); // the requests' rights to reply
    }
    check_numbers(target.start, 0, target.size);
    end_area(&none);
    end_area(&target);
}
static void what_cannot_be_copied_from_is_told(void **state) {
    (void)state;
    each_way(write_from_nothing);
}

// A10: as if the source had been read before.
static void copy_in_place(void) {
    const long distances[] = {0, 1, -1, 100, -100, 4096, -4096, 70000, -70000};
    size_t size = 40 * PAGE;
    struct area area = make_area(ALLOCATED, 100);
    unsigned char *before = malloc(area.size);
    assert_non_null(before);
    for (size_t i = 0; i < COUNT_OF(distances); i++) {
        fill_pattern(area.start, area.size, (unsigned)i);
        memcpy(before, area.start, area.size);
        char *from = area.start + 30 * PAGE + 5, *to = from + distances[i];
        assert_success(vm->vm_copy(SELF, (vm_address_t)from, size, (vm_address_t)to));
        memmove(before + (to - area.start), before + (from - area.start), size);
        assert_memory_equal(area.start, before, area.size);
    }
    free(before);
    end_area(&area);
}
static void overlapping_memory_is_copied_as_it_was(void **state) {
    (void)state;
    each_way(copy_in_place);
}

// A10: much memory, and memory of other pages.
static void a_copy_of_many_pages(void **state) {
    (void)state;
    size_t size = (size_t)40 << 20;
    char *from = map_private(size), *to = allocate(size);
    fill_pattern(from, size, 1);
    assert_success(vm_copy(SELF, (vm_address_t)from, size, (vm_address_t)to));
    assert_pattern(to, size, 1);
    vm_offset_t data = 0;
    mach_msg_type_number_t count = 0;
    assert_success(vm_read(SELF, (vm_address_t)to, size, &data, &count));
    assert_pattern((void *)data, size, 1);
    deallocate((void *)data, size);
    deallocate(to, size);
    munmap(from, size);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(memory_of_every_kind_is_read),
        TASK_TEST(what_cannot_be_read_is_told),
        TASK_TEST(what_is_not_in_a_file_is_an_error),
        TASK_TEST(memory_in_transit_is_none),
        TASK_TEST(lists_are_read),
        TASK_TEST(a_list_with_a_bad_place_is_left_alone),
        TASK_TEST(memory_of_every_kind_is_written_to),
        TASK_TEST(what_cannot_be_written_to_is_told),
        TASK_TEST(what_cannot_be_copied_from_is_told),
        TASK_TEST(overlapping_memory_is_copied_as_it_was),
        TASK_TEST(a_copy_of_many_pages),
    };
    return TASK_RUN(tests);
}

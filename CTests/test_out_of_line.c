// Memory in messages: copies and pages that change hands, everything that is refused, and what becomes of the memory when the message does not arrive. Rows D2, D3, D5, S8, S9, S12, X4.
#include "ool_support.h"

#include <mach/task.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdatomic.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum { MOVE_RECEIVE = 16, MOVE_SEND = 17, MOVE_SEND_ONCE = 18, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21 };

// How memory is sent.
enum { PLAIN = 0, DEALLOCATE = 1, PHYSICAL = 2, VOLATILE = 4 };

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)

static void set_how(mach_msg_ool_descriptor_t *it, int how) {
    it->deallocate = (how & DEALLOCATE) != 0;
    it->copy = how & PHYSICAL ? MACH_MSG_PHYSICAL_COPY : MACH_MSG_VIRTUAL_COPY;
    it->type = how & VOLATILE ? MACH_MSG_OOL_VOLATILE_DESCRIPTOR : MACH_MSG_OOL_DESCRIPTOR;
}

// The received descriptor tells what was sent, in fresh pages.
static void check_received(mach_msg_ool_descriptor_t it, size_t size, int how) {
    assert_int_equal(it.type, how & VOLATILE ? 3 : 1);
    assert_int_equal(it.copy, how & PHYSICAL ? 0 : 1);       // D3: kept
    assert_int_equal(it.deallocate, how & PHYSICAL ? 0 : 1); // D3: whether the copy was virtual
    assert_int_equal(it.size, size);
    if (size == 0) {
        assert_null(it.address); // D2
        return;
    }
    assert_non_null(it.address);
    assert_int_equal((uintptr_t)it.address % PAGE, 0);
}

static void send_memory(mach_port_t port, const void *address, size_t size, int how) {
    struct carrier message;
    begin_carrier(&message, port, 1);
    set_how(add_memory(&message, address, SIZE(size)), how);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
}

static mach_msg_ool_descriptor_t receive_memory(mach_port_t port, size_t size, int how) {
    struct carrier received;
    assert_code(receive_carrier(port, &received), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_bits, 0x80001100u);
    assert_int_equal(received.header.msgh_size, 44);
    assert_int_equal(received.body.msgh_descriptor_count, 1);
    assert_untouched(&received, 52, sizeof(received));
    mach_msg_ool_descriptor_t it = *memory_at(&received, 0);
    check_received(it, size, how);
    return it;
}

// Sends memory through a port of its own and receives it.
static mach_msg_ool_descriptor_t pass(const void *address, size_t size, int how) {
    mach_port_t port = make_port();
    send_memory(port, address, size, how);
    mach_msg_ool_descriptor_t it = receive_memory(port, size, how);
    destroy(port);
    return it;
}

// The memory has this pattern, is the receiver's to write, and is given back.
static void use_up(mach_msg_ool_descriptor_t it, unsigned seed) {
    assert_pattern(it.address, it.size, seed);
    memset(it.address, 0x42, (it.size + PAGE - 1) & ~(PAGE - 1));
    deallocate(it.address, it.size);
}

// Behind its size a snapshot is zero up to the end of the page.
static void check_tail(mach_msg_ool_descriptor_t it) {
    assert_all((char *)it.address + it.size, -it.size & (PAGE - 1), 0);
}

static const size_t sizes_in_bytes[] = {1, KIB(64), MIB(1), MIB(2), MIB(2) + 1, MIB(5)};
static const int sizes_in_pages[] = {-1, 0, 1}; // bytes more than a page

static size_t size_number(size_t i) {
    return i < COUNT_OF(sizes_in_bytes) ? sizes_in_bytes[i]
                                        : PAGE + (size_t)sizes_in_pages[i - COUNT_OF(sizes_in_bytes)];
}
#define SIZES (COUNT_OF(sizes_in_bytes) + COUNT_OF(sizes_in_pages))

// ---- Copies

static void memory_of_every_size_arrives_as_it_was(void **state) {
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        size_t size = size_number(i);
        char *memory = map_private(size);
        fill_pattern(memory, size, (unsigned)i);
        for (int how = 0; how < 8; how += 2) { // D2, D3
            mach_msg_ool_descriptor_t it = pass(memory, size, how);
            assert_ptr_not_equal(it.address, memory);
            check_tail(it);
            use_up(it, (unsigned)i);
            assert_pattern(memory, size, (unsigned)i);
        }
        munmap(memory, size);
    }
}

static void memory_need_not_begin_at_a_page(void **state) {
    (void)state;
    const size_t offsets[] = {1, 3, 8, 100, PAGE - 1, PAGE + 5};
    char *memory = map_private(MIB(6));
    fill_pattern(memory, MIB(6), 0);
    for (size_t i = 0; i < SIZES; i++) {
        size_t size = size_number(i);
        for (size_t j = 0; j < COUNT_OF(offsets); j++) {
            mach_msg_ool_descriptor_t it = pass(memory + offsets[j], size, PLAIN);
            assert_memory_equal(it.address, memory + offsets[j], size); // D2
            check_tail(it);
            deallocate(it.address, it.size);
        }
    }
    munmap(memory, MIB(6));
}

static void what_the_sender_writes_after_the_send_does_not_arrive(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (size_t i = 0; i < SIZES; i++) {
        size_t size = size_number(i);
        char *memory = map_private(size);
        for (int how = 0; how < 8; how += 2) {
            fill_pattern(memory, size, 3);
            send_memory(port, memory, size, how);
            memset(memory, 0xee, size);
            use_up(receive_memory(port, size, how), 3); // Choices: a snapshot
        }
        munmap(memory, size);
    }
    destroy(port);
}

static void what_the_receiver_writes_stays_with_it(void **state) {
    (void)state;
    size_t size = 3 * PAGE + 100;
    char *memory = allocate(size);
    fill_pattern(memory, size, 4);
    mach_msg_ool_descriptor_t first = pass(memory, size, PLAIN), second = pass(memory, size, PHYSICAL);
    assert_ptr_not_equal(first.address, second.address);
    memset(first.address, 0x11, 4 * PAGE);
    assert_pattern(memory, size, 4);
    assert_pattern(second.address, size, 4);
    deallocate(memory, size);
    assert_all(first.address, 4 * PAGE, 0x11);
    use_up(second, 4);
    deallocate(first.address, first.size);
}

static void a_copy_has_no_bytes_of_the_sender_behind_its_size(void **state) {
    (void)state;
    // The pages that the library used last hold something, and so does the sender's memory behind the range.
    for (size_t pages = 1; pages < 4; pages++) {
        size_t whole = pages * PAGE;
        char *memory = map_private(whole);
        memset(memory, 0xff, whole);
        for (size_t size = whole - PAGE + 1; size < whole; size += 333) {
            void *dirty = allocate(PAGE);
            memset(dirty, 0xdd, PAGE);
            deallocate(dirty, PAGE);
            for (int how = 0; how < 8; how += 2) {
                mach_msg_ool_descriptor_t it = pass(memory, size, how);
                assert_all(it.address, size, 0xff);
                check_tail(it);
                deallocate(it.address, it.size);
            }
        }
        munmap(memory, whole);
    }
}

static void a_size_of_zero_has_no_memory_whatever_the_address(void **state) {
    (void)state;
    char *closed = map_private(PAGE), *open = allocate(2 * PAGE);
    assert_int_equal(mprotect(closed, PAGE, PROT_NONE), 0);
    const void *addresses[] = {NULL,
                               (void *)1,
                               closed,
                               closed + 5,
                               open,
                               open + 1,
                               far_place(PAGE),
                               (void *)~0ul,
                               (void *)(~0ul & ~0xffful),
                               (void *)(1ul << 63),
                               (void *)0xffff800000000000ul};
    fill_pattern(open, 2 * PAGE, 1);
    uint64_t regions = live_regions();
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        for (int how = 0; how < 8; how++) {
            mach_msg_ool_descriptor_t it = pass(addresses[i], 0, how); // D2
            deallocate(it.address, it.size);
        }
    }
    assert_int_equal(live_regions(), regions);
    assert_pattern(open, 2 * PAGE, 1);
    assert_int_equal(mapped_pages(closed, PAGE), 1);
    munmap(closed, PAGE);
    deallocate(open, 2 * PAGE);
}

static void the_deallocate_byte_counts_whatever_its_value(void **state) {
    (void)state;
    mach_port_t port = make_port();
    const int values[] = {1, 2, 0x7f, 0x80, 0xff};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        char *memory = map_private(PAGE);
        fill_pattern(memory, PAGE, 9);
        struct carrier message;
        begin_carrier(&message, port, 1);
        ((unsigned char *)add_memory(&message, memory, SIZE(PAGE)))[8] = (unsigned char)values[i];
        assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
        assert_int_equal(mapped_pages(memory, PAGE), 0); // D3
        use_up(receive_memory(port, PAGE, PLAIN), 9);    // D3: 1 and nothing else
    }
    destroy(port);
}

// ---- Where the memory may be

static void memory_on_the_stack_and_constant_data_can_be_sent(void **state) {
    (void)state;
    char local[10000];
    static char global[5000];
    fill_pattern(local, sizeof(local), 5);
    fill_pattern(global, sizeof(global), 6);
    use_up(pass(local, sizeof(local), PLAIN), 5);
    use_up(pass(global, sizeof(global), PHYSICAL), 6);
    mach_msg_ool_descriptor_t it = pass("constant", 9, PLAIN);
    assert_string_equal(it.address, "constant");
    deallocate(it.address, it.size);
}

static void memory_of_the_c_allocator_is_copied(void **state) {
    (void)state;
    const size_t sizes[] = {1, 100, 5000, KIB(200), MIB(3)};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        char *memory = malloc(sizes[i]);
        assert_non_null(memory);
        fill_pattern(memory, sizes[i], 7);
        mach_msg_ool_descriptor_t it = pass(memory, sizes[i], PLAIN);
        memset(memory, 0, sizes[i]);
        free(memory);
        use_up(it, 7);
    }
}

// An open file of that size without a name, with a pattern in it.
static int make_file(size_t size, unsigned seed) {
    int file = (int)syscall(SYS_memfd_create, "test", 1u);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, (off_t)size), 0);
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    fill_pattern(memory, size, seed);
    munmap(memory, size);
    return file;
}

static void *map_file(int file, size_t size, int protection, int sharing) {
    void *memory = mmap(far_place(size), size, protection, sharing, file, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    return memory;
}

static void a_file_mapping_arrives_as_a_copy_of_its_own(void **state) {
    (void)state;
    const size_t sizes[] = {100, 3 * PAGE, KIB(256), MIB(4)};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (int variant = 0; variant < 8; variant++) {
            size_t size = sizes[i];
            int file = make_file(size, 8), how = variant & 1 ? DEALLOCATE : PLAIN;
            char *memory = map_file(file, size, variant & 4 ? PROT_READ : PROT_READ | PROT_WRITE,
                                    variant & 2 ? MAP_SHARED : MAP_PRIVATE);
            char *witness = map_file(file, size, PROT_READ | PROT_WRITE, MAP_SHARED);
            mach_port_t port = make_port();
            send_memory(port, memory, size, how);
            assert_int_equal(mapped_pages(memory, size) == 0, how == DEALLOCATE); // D3
            assert_int_equal(pwrite(file, "changed", 7, 50), 7);
            assert_int_equal(witness[50], 'c');
            mach_msg_ool_descriptor_t it = receive_memory(port, size, how);
            assert_pattern(it.address, size, 8); // a snapshot
            memset(it.address, 0, size);
            assert_pattern(witness, 50, 8); // nor does the file see the receiver's writes
            deallocate(it.address, size);
            munmap(memory, size);
            munmap(witness, size);
            close(file);
            destroy(port);
        }
    }
}

static void shared_memory_does_not_change_hands(void **state) {
    (void)state;
    // Two mappings of the same pages: what is sent must not go on being the other.
    size_t size = KIB(512);
    int file = make_file(size, 1);
    char *other = map_file(file, size, PROT_READ | PROT_WRITE, MAP_SHARED);
    mach_msg_ool_descriptor_t it = pass(map_file(file, size, PROT_READ | PROT_WRITE, MAP_SHARED), size, DEALLOCATE);
    memset(other, 0x77, size);
    use_up(it, 1);
    assert_all(other, size, 0x77);
    munmap(other, size);
    close(file);
}

static void read_only_memory_is_copied_and_arrives_writable(void **state) {
    (void)state;
    const size_t sizes[] = {10, PAGE, KIB(128), MIB(4)};
    mach_port_t port = make_port();
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (int how = 0; how < 4; how++) {
            char *memory = map_private(sizes[i]);
            fill_pattern(memory, sizes[i], 2);
            assert_int_equal(mprotect(memory, sizes[i], PROT_READ), 0);
            send_memory(port, memory, sizes[i], how);
            size_t left = mapped_pages(memory, sizes[i]);
            assert_int_equal(left, how & DEALLOCATE ? 0 : (sizes[i] + PAGE - 1) / PAGE); // D3
            use_up(receive_memory(port, sizes[i], how), 2);
            munmap(memory, sizes[i]);
        }
    }
    destroy(port);
}

static void memory_of_several_kinds_is_sent_as_one(void **state) {
    (void)state;
    size_t size = KIB(256), half = size / 2;
    for (int variant = 0; variant < 4; variant++) {
        mach_port_t port = make_port();
        char *memory = map_private(size);
        vm_address_t middle = (vm_address_t)(memory + half);
        if (variant == 0) assert_success(vm_allocate(SELF, &middle, half, VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE));
        fill_pattern(memory, size, 3);
        if (variant == 1) assert_int_equal(mprotect(memory + half, half, PROT_READ), 0);
        if (variant == 2) assert_int_equal(madvise(memory + half, half, MADV_DONTFORK), 0);
        if (variant == 3) {
            int file = make_file(half, 0);
            void *at = mmap(memory + half, half, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
            assert_ptr_equal(at, memory + half);
            fill_pattern(memory, size, 3);
            close(file);
        }
        send_memory(port, memory, size, DEALLOCATE);
        mach_linux_trim();
        assert_int_equal(mapped_pages(memory, size), 0); // D3
        use_up(receive_memory(port, size, DEALLOCATE), 3);
        destroy(port);
    }
}

// ---- Pages that change hands

static void memory_of_vm_allocate_arrives_where_it_was(void **state) {
    (void)state;
    const size_t sizes[] = {PAGE, 3 * PAGE, KIB(64), MIB(2), UNDER_TSAN ? MIB(8) : MIB(64)};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (int how = 1; how < 8; how += 2) {
            vm_address_t address = 0;
            if (how & PHYSICAL) {
                address = (vm_address_t)allocate(sizes[i]);
            } else {
                assert_success(vm_allocate(SELF, &address, sizes[i], VM_FLAGS_ANYWHERE));
            }
            fill_pattern((void *)address, sizes[i], 5);
            mach_msg_ool_descriptor_t it = pass((void *)address, sizes[i], how);
            assert_ptr_equal(it.address, address); // D3, Choices
            use_up(it, 5);
            mach_linux_trim();
            assert_int_equal(mapped_pages(it.address, sizes[i]), 0);
        }
    }
}

static void a_size_that_is_no_multiple_of_the_page_takes_whole_pages(void **state) {
    (void)state;
    const size_t sizes[] = {1, PAGE - 1, PAGE + 1, 3 * PAGE - 100};
    mach_port_t port = make_port();
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        size_t whole = (sizes[i] + PAGE - 1) & ~(PAGE - 1);
        char *memory = allocate(whole + PAGE);
        fill_pattern(memory, whole + PAGE, 6);
        send_memory(port, memory, sizes[i], DEALLOCATE);
        deallocate(memory, whole); // has no effect on what is in transit
        mach_msg_ool_descriptor_t it = receive_memory(port, sizes[i], DEALLOCATE);
        assert_ptr_equal(it.address, memory); // D3
        use_up(it, 6);
        mach_linux_trim();
        assert_int_equal(mapped_pages(memory, whole), 0);
        assert_int_equal(mapped_pages(memory + whole, PAGE), 1);
        assert_pattern(memory + whole, PAGE, (unsigned)(6 + whole * 7 + (whole >> 8) * 13));
        deallocate(memory + whole, PAGE);
    }
    destroy(port);
}

static void a_part_of_a_region_changes_hands_and_the_rest_stays(void **state) {
    (void)state;
    const struct { size_t from, count; } parts[] = {{0, 1}, {0, 2}, {2, 1}, {1, 3}, {4, 1}, {3, 2}, {0, 5}};
    mach_port_t port = make_port();
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        char *memory = allocate(5 * PAGE), *part = memory + parts[i].from * PAGE;
        size_t size = parts[i].count * PAGE;
        for (size_t page = 0; page < 5; page++) fill_pattern(memory + page * PAGE, PAGE, (unsigned)page);
        send_memory(port, part, size, DEALLOCATE);
        // The rest works while the part is away.
        for (size_t page = 0; page < 5; page++) {
            if (page >= parts[i].from && page < parts[i].from + parts[i].count) continue;
            assert_pattern(memory + page * PAGE, PAGE, (unsigned)page);
            memset(memory + page * PAGE, 0x99, PAGE);
        }
        mach_msg_ool_descriptor_t it = receive_memory(port, size, DEALLOCATE);
        assert_ptr_equal(it.address, part); // D3
        for (size_t page = 0; page < parts[i].count; page++)
            assert_pattern(part + page * PAGE, PAGE, (unsigned)(parts[i].from + page));
        deallocate(it.address, size);
        for (size_t page = 0; page < 5; page++) {
            if (page >= parts[i].from && page < parts[i].from + parts[i].count) continue;
            assert_all(memory + page * PAGE, PAGE, 0x99);
        }
        deallocate(memory, 5 * PAGE);
        mach_linux_trim();
        assert_int_equal(mapped_pages(memory, 5 * PAGE), 0);
    }
    destroy(port);
}

static void regions_side_by_side_change_hands_together(void **state) {
    (void)state;
    char *memory = far_place(6 * PAGE);
    for (int i = 2; i >= 0; i--) {
        vm_address_t address = (vm_address_t)memory + (size_t)i * 2 * PAGE;
        assert_success(vm_allocate(SELF, &address, 2 * PAGE, VM_FLAGS_FIXED));
    }
    fill_pattern(memory, 6 * PAGE, 1);
    mach_msg_ool_descriptor_t it = pass(memory + PAGE, 4 * PAGE, DEALLOCATE);
    assert_ptr_equal(it.address, memory + PAGE); // D3
    assert_pattern(memory, 6 * PAGE, 1);
    deallocate(it.address, it.size);
    deallocate(memory, 6 * PAGE);
}

static void received_memory_goes_on_where_it_is(void **state) {
    (void)state;
    const size_t sizes[] = {10, PAGE, PAGE + 1, KIB(64), MIB(3)};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        char *source = map_private(sizes[i]);
        fill_pattern(source, sizes[i], 8);
        mach_msg_ool_descriptor_t it = pass(source, sizes[i], PLAIN);
        for (int hop = 0; hop < 5; hop++) {
            mach_msg_ool_descriptor_t next = pass(it.address, sizes[i], DEALLOCATE);
            assert_ptr_equal(next.address, it.address); // Choices
            check_tail(next);
        }
        use_up(it, 8);
        munmap(source, sizes[i]);
    }
}

static void private_memory_of_the_program_leaves_it(void **state) {
    (void)state;
    const size_t sizes[] = {PAGE, 5 * PAGE, KIB(64) - PAGE, KIB(64), KIB(64) + 1, MIB(2), MIB(5) + 77};
    mach_port_t port = make_port();
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (int how = 1; how < 8; how += 2) {
            size_t whole = (sizes[i] + PAGE - 1) & ~(PAGE - 1);
            // A page on either side stays.
            char *around = map_private(whole + 2 * PAGE), *memory = around + PAGE;
            fill_pattern(around, whole + 2 * PAGE, 9);
            unsigned seed = (unsigned)(9 + PAGE * 7 + (PAGE >> 8) * 13);
            send_memory(port, memory, sizes[i], how);
            assert_int_equal(mapped_pages(memory, whole), 0); // D3
            assert_int_equal(mapped_pages(around, PAGE), 1);
            assert_int_equal(mapped_pages(memory + whole, PAGE), 1);
            errno = 0;
            assert_int_equal(msync(memory, whole, MS_ASYNC), -1);
            assert_int_equal(errno, ENOMEM);
            mach_msg_ool_descriptor_t it = receive_memory(port, sizes[i], how);
            use_up(it, seed);
            mach_linux_trim();
            assert_pattern(around, PAGE, 9);
            munmap(around, PAGE);
            munmap(memory + whole, PAGE);
        }
    }
    destroy(port);
}

static void unaligned_memory_takes_the_pages_that_it_touches(void **state) {
    (void)state;
    const size_t offsets[] = {1, 100, PAGE - 1}, sizes[] = {1, 2, PAGE, KIB(64), MIB(3)};
    mach_port_t port = make_port();
    for (int of_library = 0; of_library < 2; of_library++) {
        for (size_t i = 0; i < COUNT_OF(offsets); i++) {
            for (size_t j = 0; j < COUNT_OF(sizes); j++) {
                size_t touched = (offsets[i] + sizes[j] + PAGE - 1) & ~(PAGE - 1), whole = touched + 2 * PAGE;
                char *around = of_library ? allocate(whole) : map_private(whole), *memory = around + PAGE;
                fill_pattern(memory + offsets[i], sizes[j], 4);
                around[PAGE - 1] = 1;
                memory[touched] = 2;
                send_memory(port, memory + offsets[i], sizes[j], DEALLOCATE);
                mach_linux_trim();
                assert_int_equal(mapped_pages(memory, touched), 0); // D3
                assert_int_equal(around[PAGE - 1], 1);
                assert_int_equal(memory[touched], 2);
                mach_msg_ool_descriptor_t it = receive_memory(port, sizes[j], DEALLOCATE);
                check_tail(it);
                use_up(it, 4);
                deallocate(around, PAGE);
                deallocate(memory + touched, PAGE);
            }
        }
    }
    destroy(port);
}

static void giving_back_memory_in_transit_does_nothing_to_it(void **state) {
    (void)state;
    mach_port_t port = make_port();
    char *memory = allocate(7 * PAGE), *part = memory + 2 * PAGE;
    fill_pattern(memory, 7 * PAGE, 1);
    unsigned seed = (unsigned)(1 + 2 * PAGE * 7 + (2 * PAGE >> 8) * 13);
    send_memory(port, part, 3 * PAGE, DEALLOCATE);
    deallocate(part, 3 * PAGE);
    deallocate(part + PAGE, 1);
    deallocate(part + PAGE, 3 * PAGE); // the page behind goes
    deallocate(memory, 3 * PAGE);      // the two before go
    deallocate(memory, 7 * PAGE);      // and the last
    mach_linux_trim();
    assert_int_equal(mapped_pages(memory, 2 * PAGE), 0);
    assert_int_equal(mapped_pages(part, 3 * PAGE), 3);
    assert_int_equal(mapped_pages(part + 3 * PAGE, 2 * PAGE), 0);
    mach_msg_ool_descriptor_t it = receive_memory(port, 3 * PAGE, DEALLOCATE);
    assert_ptr_equal(it.address, part);
    use_up(it, seed);
    mach_linux_trim();
    assert_int_equal(mapped_pages(part, 3 * PAGE), 0);
    // A single page as well, which the library might otherwise keep for the next request.
    vm_address_t page = 0, pages[8];
    assert_success(vm_allocate(SELF, &page, PAGE, VM_FLAGS_ANYWHERE));
    fill_pattern((void *)page, PAGE, 2);
    send_memory(port, (void *)page, PAGE, DEALLOCATE);
    deallocate((void *)page, PAGE);
    for (int i = 0; i < 8; i++) {
        assert_success(vm_allocate(SELF, &pages[i], PAGE, VM_FLAGS_ANYWHERE));
        assert_int_not_equal(pages[i], page);
        memset((void *)pages[i], 0xff, PAGE);
    }
    it = receive_memory(port, PAGE, DEALLOCATE);
    assert_ptr_equal(it.address, page);
    use_up(it, 2);
    for (int i = 0; i < 8; i++) deallocate((void *)pages[i], PAGE);
    destroy(port);
}

static void memory_in_transit_is_not_sent_again(void **state) {
    (void)state;
    mach_port_t port = make_port();
    char *memory = allocate(2 * PAGE);
    fill_pattern(memory, 2 * PAGE, 3);
    send_memory(port, memory, 2 * PAGE, DEALLOCATE);
    send_memory(port, memory, 2 * PAGE, DEALLOCATE); // a copy of what the stale pointer shows
    mach_msg_ool_descriptor_t first = receive_memory(port, 2 * PAGE, DEALLOCATE);
    mach_msg_ool_descriptor_t second = receive_memory(port, 2 * PAGE, DEALLOCATE);
    assert_ptr_equal(first.address, memory);
    assert_ptr_not_equal(second.address, memory);
    memset(second.address, 0, 2 * PAGE);
    use_up(first, 3);
    deallocate(second.address, second.size);
    destroy(port);
}

static void received_memory_can_be_given_back_in_parts_and_any_order(void **state) {
    (void)state;
    const unsigned char orders[][5] = {{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {2, 0, 4, 1, 3}, {1, 3, 0, 2, 4}};
    char *memory = map_private(5 * PAGE);
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        for (int in_place = 0; in_place < 2; in_place++) {
            char *source = in_place ? allocate(5 * PAGE) : memory;
            for (unsigned page = 0; page < 5; page++) fill_pattern(source + page * PAGE, PAGE, page);
            mach_msg_ool_descriptor_t it = pass(source, 5 * PAGE, in_place ? DEALLOCATE : PLAIN);
            for (int j = 0; j < 5; j++) {
                for (int k = j; k < 5; k++)
                    assert_pattern((char *)it.address + orders[i][k] * PAGE, PAGE, orders[i][k]);
                deallocate((char *)it.address + orders[i][j] * PAGE, j & 1 ? 1 : PAGE);
            }
        }
    }
    munmap(memory, 5 * PAGE);
}

// ---- Several descriptors

static void descriptors_of_all_kinds_travel_in_one_message(void **state) {
    (void)state;
    mach_port_t port = make_port(), other = port_with_sends(3), names[2] = {other, MACH_PORT_NULL};
    char text[] = "some text", *moved = allocate(2 * PAGE), *numbers = map_private(PAGE);
    fill_pattern(moved, 2 * PAGE, 1);
    fill_pattern(numbers, PAGE, 2);
    struct carrier message, received;
    begin_carrier(&message, port, 1);
    add_right(&message, other, MAKE_SEND_ONCE);
    set_how(add_memory(&message, text, sizeof(text)), VOLATILE | PHYSICAL);
    add_right(&message, other, COPY_SEND);
    add_array(&message, names, 2, COPY_SEND);
    set_how(add_memory(&message, moved, SIZE(2 * PAGE)), DEALLOCATE);
    set_how(add_memory(&message, NULL, 0), VOLATILE);
    add_right(&message, MACH_PORT_DEAD, MOVE_SEND);
    set_how(add_memory(&message, numbers, SIZE(PAGE)), PHYSICAL);
    assert_int_equal(message.header.msgh_size, 28 + 3 * 12 + 5 * 16);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_code(receive_carrier(port, &received), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_size, 28 + 3 * 12 + 5 * 16); // D5
    assert_int_equal(received.body.msgh_descriptor_count, 8);
    assert_int_equal(right_at(&received, 0)->disposition, MOVE_SEND_ONCE);
    check_received(*memory_at(&received, 1), sizeof(text), VOLATILE | PHYSICAL);
    assert_string_equal(memory_at(&received, 1)->address, text);
    assert_int_equal(right_at(&received, 2)->name, other);
    assert_int_equal(array_at(&received, 3)->count, 2);
    assert_int_equal(((mach_port_t *)array_at(&received, 3)->address)[0], other);
    assert_int_equal(((mach_port_t *)array_at(&received, 3)->address)[1], MACH_PORT_NULL);
    check_received(*memory_at(&received, 4), 2 * PAGE, DEALLOCATE);
    assert_ptr_equal(memory_at(&received, 4)->address, moved);
    check_received(*memory_at(&received, 5), 0, VOLATILE);
    assert_int_equal(right_at(&received, 6)->name, MACH_PORT_DEAD);
    check_received(*memory_at(&received, 7), PAGE, PHYSICAL);
    use_up(*memory_at(&received, 4), 1);
    use_up(*memory_at(&received, 7), 2);
    deallocate(memory_at(&received, 1)->address, sizeof(text));
    deallocate(array_at(&received, 3)->address, 8);
    assert_int_equal(refs(other, MACH_PORT_RIGHT_SEND), 5);
    destroy(right_at(&received, 0)->name);
    munmap(numbers, PAGE);
    destroy(other);
    destroy(port);
}

static void hundreds_of_pieces_travel_together(void **state) {
    (void)state;
    enum { MANY = 600 };
    mach_port_t port = make_port();
    char *memory = map_private(KIB(128));
    fill_pattern(memory, KIB(128), 0);
    struct carrier message, received;
    begin_carrier(&message, port, 1);
    for (size_t i = 0; i < MANY; i++) {
        if (i % 7 == 3) {
            add_right(&message, port, MAKE_SEND);
        } else if (i % 11 == 5) {
            char *page = allocate(PAGE);
            fill_pattern(page, PAGE, (unsigned)i);
            set_how(add_memory(&message, page, SIZE(PAGE)), DEALLOCATE);
        } else {
            add_memory(&message, memory + i, SIZE(i * 19));
        }
    }
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_code(receive_carrier(port, &received), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_size, message.header.msgh_size);
    for (size_t i = 0; i < MANY; i++) {
        if (i % 7 == 3) {
            assert_int_equal(right_at(&received, (unsigned)i)->name, port);
            continue;
        }
        mach_msg_ool_descriptor_t it = *memory_at(&received, (unsigned)i);
        if (i % 11 == 5) {
            assert_ptr_equal(it.address, memory_at(&message, (unsigned)i)->address);
            use_up(it, (unsigned)i);
        } else {
            check_received(it, i * 19, PLAIN);
            if (i > 0) assert_memory_equal(it.address, memory + i, it.size);
            deallocate(it.address, it.size);
        }
    }
    munmap(memory, KIB(128));
    destroy(port);
}

static void data_behind_the_descriptors_arrives_as_it_was(void **state) {
    (void)state;
    mach_port_t port = make_port();
    char text[] = "out of line";
    for (mach_msg_size_t data = 4; data < 2000; data += 332) {
        struct carrier message, received;
        begin_carrier(&message, port, 1);
        add_memory(&message, text, sizeof(text));
        add_right(&message, port, MAKE_SEND);
        add_memory(&message, text, sizeof(text));
        fill_pattern(message.bytes + 44, data, 6);
        message.header.msgh_size += data;
        assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
        assert_code(receive_carrier(port, &received), MACH_MSG_SUCCESS);
        assert_int_equal(received.header.msgh_size, 72 + data);
        assert_pattern(received.bytes + 44, data, 6);
        assert_untouched(&received, 72 + data + 8, sizeof(received));
        assert_string_equal(memory_at(&received, 0)->address, text);
        assert_string_equal(memory_at(&received, 2)->address, text);
        mach_msg_destroy(&received.header); // D3
    }
    destroy(port);
}

static void one_piece_can_be_sent_twice_in_a_message(void **state) {
    (void)state;
    mach_port_t port = make_port();
    char *memory = map_private(KIB(128));
    fill_pattern(memory, KIB(128), 5);
    struct carrier message, received;
    begin_carrier(&message, port, 1);
    add_memory(&message, memory, SIZE(KIB(128)));
    set_how(add_memory(&message, memory, SIZE(KIB(128))), DEALLOCATE);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_code(receive_carrier(port, &received), MACH_MSG_SUCCESS);
    mach_msg_ool_descriptor_t first = *memory_at(&received, 0), second = *memory_at(&received, 1);
    assert_ptr_not_equal(first.address, second.address);
    use_up(first, 5);
    use_up(second, 5);
    // With deallocate twice the second one is no longer there.
    memory = map_private(KIB(128));
    begin_carrier(&message, port, 1);
    set_how(add_memory(&message, memory, SIZE(KIB(128))), DEALLOCATE);
    set_how(add_memory(&message, memory, SIZE(KIB(128))), DEALLOCATE);
    assert_bad_body(&message, MACH_SEND_INVALID_MEMORY); // S8
    assert_int_equal(mapped_pages(memory, KIB(128)), 0);
    destroy(port);
}

// ---- What is refused

// A send of this range fails and leaves it alone.
static void refuse_memory(const void *address, mach_msg_size_t size) {
    mach_port_t port = make_port();
    for (int how = 0; how < 8; how++) {
        struct carrier message;
        begin_carrier(&message, port, 1);
        set_how(add_memory(&message, address, size), how);
        assert_bad_body(&message, MACH_SEND_INVALID_MEMORY); // S8, D2
        expect_no_message(port);
    }
    assert_int_equal(status(port).mps_mscount, 8); // S12: they were made
    destroy(port);
}

static void an_address_without_memory_is_invalid(void **state) {
    (void)state;
    refuse_memory(NULL, 1);
    refuse_memory(NULL, SIZE(PAGE));
    refuse_memory(NULL, SIZE(MIB(4)));
    refuse_memory((void *)1, 1);
    char *nowhere = far_place(MIB(4));
    refuse_memory(nowhere, 1);
    refuse_memory(nowhere, SIZE(PAGE));
    refuse_memory(nowhere + 7, SIZE(MIB(3)));
}

static void an_address_that_no_program_has_is_invalid(void **state) {
    (void)state;
    const uintptr_t addresses[] = {0xffffffffffffffff, 0xfffffffffffffffe, 0xfffffffffffff000, 0xffffffff00000000,
                                   0xffff800000000000, 0x8000000000000000, 0x7fffffffffffffff, 0x7ffffffffffff000};
    const mach_msg_size_t sizes[] = {1, 2, 0xfff, 0x1000, 0x1001, 0x2000, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff};
    for (size_t i = 0; i < COUNT_OF(addresses); i++)
        for (size_t j = 0; j < COUNT_OF(sizes); j++) refuse_memory((void *)addresses[i], sizes[j]); // D2
}

static void memory_that_may_not_be_read_is_invalid(void **state) {
    (void)state;
    char *memory = map_private(KIB(256));
    assert_int_equal(mprotect(memory, KIB(256), PROT_NONE), 0);
    refuse_memory(memory, 1);
    refuse_memory(memory + 9, SIZE(PAGE));
    refuse_memory(memory, SIZE(KIB(256)));
    assert_int_equal(mapped_pages(memory, KIB(256)), KIB(256) / PAGE);
    munmap(memory, KIB(256));
}

static void memory_of_which_a_page_may_not_be_read_is_invalid(void **state) {
    (void)state;
    const size_t sizes[] = {2 * PAGE, 3 * PAGE, KIB(64), KIB(512), MIB(5)};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        size_t pages = sizes[i] / PAGE;
        const size_t bad[] = {0, 1, pages / 2, pages - 1};
        for (size_t j = 0; j < COUNT_OF(bad); j++) {
            for (int is_hole = 0; is_hole < 2; is_hole++) {
                char *memory = map_private(sizes[i]), *page = memory + bad[j] * PAGE;
                memset(memory, 0x31, sizes[i]);
                assert_int_equal(is_hole ? munmap(page, PAGE) : mprotect(page, PAGE, PROT_NONE), 0);
                refuse_memory(memory, SIZE(sizes[i])); // D2
                // It ends, or begins, one byte within the bad page.
                if (bad[j] > 0) refuse_memory(page - 1, 2);
                if (bad[j] + 1 < pages) refuse_memory(page + PAGE - 1, 2);
                assert_int_equal(mapped_pages(memory, sizes[i]), pages - (size_t)is_hole);
                for (size_t k = 0; k < pages; k++)
                    if (k != bad[j]) assert_all(memory + k * PAGE, PAGE, 0x31);
                munmap(memory, sizes[i]);
            }
        }
    }
}

static void memory_before_a_page_that_may_not_be_read_is_good(void **state) {
    (void)state;
    char *memory = map_private(4 * PAGE);
    fill_pattern(memory, 3 * PAGE, 7);
    assert_int_equal(mprotect(memory + 3 * PAGE, PAGE, PROT_NONE), 0);
    use_up(pass(memory, 3 * PAGE, PLAIN), 7);
    for (size_t size = 1; size < 20; size++) {
        mach_msg_ool_descriptor_t it = pass(memory + 3 * PAGE - size, size, PLAIN);
        assert_memory_equal(it.address, memory + 3 * PAGE - size, size);
        deallocate(it.address, size);
    }
    munmap(memory, 4 * PAGE);
}

static void a_mapping_beyond_the_end_of_its_file_is_invalid(void **state) {
    (void)state;
    int file = make_file(PAGE, 1);
    for (int i = 0; i < 2; i++) {
        char *memory = map_file(file, KIB(128), PROT_READ | PROT_WRITE, i ? MAP_SHARED : MAP_PRIVATE);
        refuse_memory(memory, SIZE(KIB(128))); // to read it would be SIGBUS
        refuse_memory(memory + PAGE, 1);
        use_up(pass(memory, PAGE, PLAIN), 1);
        munmap(memory, KIB(128));
    }
    close(file);
}

static void a_huge_size_is_invalid_memory_without_taking_any(void **state) {
    (void)state;
    // Nothing behind the first page, for as far as a size reaches.
    size_t size = (size_t)8 << 30;
    char *memory = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) skip();
    assert_int_equal(mprotect(memory, PAGE, PROT_READ | PROT_WRITE), 0);
    refuse_memory(memory, 0xffffffff);
    refuse_memory(memory, 0xfffff000);
    refuse_memory(memory, 0x80000000);
    munmap(memory, size);
}

// A message that fails in its third descriptor: a send-once reply to `reply`, a right and memory before it.
struct failing {
    mach_port_t port, reply, right;
    char *memory;
    struct carrier message;
};

static void begin_failing(struct failing *it) {
    it->port = make_port();
    it->reply = make_port();
    it->right = port_with_sends(3);
    it->memory = allocate(2 * PAGE);
    begin_carrier(&it->message, it->port, 1);
    set_carrier_reply(&it->message, it->reply, MAKE_SEND_ONCE);
    add_right(&it->message, it->right, MOVE_SEND);
    set_how(add_memory(&it->message, it->memory, SIZE(2 * PAGE)), DEALLOCATE);
}

// The send fails. `is_late`: what came before it is gone by then.
static void end_failing(struct failing *it, mach_msg_return_t code, bool is_late) {
    struct carrier before = it->message;
    uint64_t messages = live_messages();
    assert_code(send_carrier(&it->message), code);
    assert_memory_equal(&before, &it->message, sizeof(before)); // S8
    expect_no_message(it->port);
    expect_send_once_notification(it->reply); // S12
    expect_no_message(it->reply);
    assert_int_equal(live_messages(), messages);
    assert_int_equal(status(it->port).mps_mscount, 1); // S12: it stays raised
    assert_false(status(it->port).mps_srights);
    assert_int_equal(refs(it->right, MACH_PORT_RIGHT_SEND), is_late ? 2 : 3); // S8
    mach_linux_trim();
    assert_int_equal(mapped_pages(it->memory, 2 * PAGE), is_late ? 0 : 2); // S8, D3
    if (!is_late) deallocate(it->memory, 2 * PAGE);
    destroy(it->port);
    destroy(it->reply);
    destroy(it->right);
}

static void bad_memory_ends_what_came_before_it(void **state) {
    (void)state;
    for (int how = 0; how < 8; how++) {
        char *half = map_private(2 * PAGE);
        memset(half, 0x5c, 2 * PAGE);
        assert_int_equal(mprotect(half + PAGE, PAGE, PROT_NONE), 0);
        struct failing it;
        begin_failing(&it);
        set_how(add_memory(&it.message, half, SIZE(2 * PAGE)), how);
        add_right(&it.message, it.right, MOVE_SEND); // is not reached
        end_failing(&it, MACH_SEND_INVALID_MEMORY, true);
        assert_int_equal(mapped_pages(half, 2 * PAGE), 2); // the failing one's is not touched
        assert_all(half, PAGE, 0x5c);
        munmap(half, 2 * PAGE);
    }
}

static void a_bad_right_ends_the_memory_before_it(void **state) {
    (void)state;
    for (int variant = 0; variant < 2; variant++) {
        struct failing it;
        begin_failing(&it);
        add_right(&it.message, variant ? it.right : 0x7fffff03, variant ? 99 : COPY_SEND);
        char *later = allocate(2 * PAGE);
        fill_pattern(later, 2 * PAGE, 1);
        set_how(add_memory(&it.message, later, SIZE(2 * PAGE)), DEALLOCATE); // is not reached
        end_failing(&it, MACH_SEND_INVALID_RIGHT, true);
        assert_pattern(later, 2 * PAGE, 1);
        deallocate(later, 2 * PAGE);
    }
}

static void moved_memory_of_the_program_ends_with_a_bad_body(void **state) {
    (void)state;
    mach_port_t port = make_port();
    char *moved = map_private(KIB(256)), *copied = map_private(PAGE);
    struct carrier message;
    begin_carrier(&message, port, 1);
    set_how(add_memory(&message, moved, SIZE(KIB(256))), DEALLOCATE);
    set_how(add_memory(&message, copied, SIZE(PAGE)), DEALLOCATE);
    add_memory(&message, NULL, 1);
    assert_bad_body(&message, MACH_SEND_INVALID_MEMORY); // S8
    assert_int_equal(mapped_pages(moved, KIB(256)), 0);
    assert_int_equal(mapped_pages(copied, PAGE), 0);
    destroy(port);
}

static void a_bad_copy_option_is_found_before_any_right_moves(void **state) {
    (void)state;
    for (unsigned copy = 2; copy < 256; copy++) {
        for (unsigned kind = 1; kind < 4; kind += 2) {
            struct failing it;
            begin_failing(&it);
            mach_msg_ool_descriptor_t *bad = add_memory(&it.message, it.memory, copy & 1 ? 0 : 1);
            bad->copy = copy & 0xff;
            bad->type = kind & 0xff;
            end_failing(&it, MACH_SEND_INVALID_TYPE, false); // D2
        }
    }
    // Also one whose memory, or a right before it, is bad.
    struct failing it;
    begin_failing(&it);
    add_right(&it.message, 0x7fffff03, MOVE_SEND);
    add_memory(&it.message, NULL, 100)->copy = 2;
    end_failing(&it, MACH_SEND_INVALID_TYPE, false);
}

static void an_unknown_type_ends_the_memory_before_it(void **state) {
    (void)state;
    for (unsigned kind = 5; kind < 256; kind += 10) {
        struct failing it;
        begin_failing(&it);
        add_right(&it.message, it.right, MOVE_SEND)->type = kind & 0xff;
        end_failing(&it, MACH_SEND_INVALID_TYPE, true); // S8, D5
    }
}

static void memory_descriptors_past_the_end_are_too_small(void **state) {
    (void)state;
    for (unsigned kind = MACH_MSG_OOL_DESCRIPTOR; kind <= MACH_MSG_OOL_VOLATILE_DESCRIPTOR; kind++) {
        // By 1 to 15 bytes, of which only whole words are not too small by themselves.
        for (mach_msg_size_t missing = 1; missing < 16; missing++) {
            struct failing it;
            begin_failing(&it);
            add_memory(&it.message, it.memory, 1)->type = kind & 0xff;
            it.message.header.msgh_size -= missing;
            if (missing % 4 == 0) {
                end_failing(&it, MACH_SEND_MSG_TOO_SMALL, false); // S8
                continue;
            }
            assert_bad_body(&it.message, MACH_SEND_MSG_TOO_SMALL); // S1
            assert_int_equal(status(it.port).mps_mscount, 0);
            deallocate(it.memory, 2 * PAGE);
            destroy(it.port);
            destroy(it.reply);
            destroy(it.right);
        }
    }
}

static void more_descriptors_than_there_are_is_too_small(void **state) {
    (void)state;
    const mach_msg_size_t counts[] = {3,          4,          100,        0x0fffffff, 0x10000000, 0x10000001,
                                      0x15555556, 0x20000000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct failing it;
        begin_failing(&it);
        it.message.body.msgh_descriptor_count = counts[i];
        end_failing(&it, MACH_SEND_MSG_TOO_SMALL, false); // S8, D5
        // The data behind would make good descriptors for a while.
        begin_failing(&it);
        for (int j = 0; j < 50; j++) set_how(add_memory(&it.message, NULL, 0), PLAIN);
        it.message.body.msgh_descriptor_count = counts[i] < 100 ? 53 : counts[i];
        end_failing(&it, MACH_SEND_MSG_TOO_SMALL, false);
    }
}

static void memory_descriptors_in_a_simple_message_are_data(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct carrier message, received;
    begin_carrier(&message, port, 1);
    set_how(add_memory(&message, (void *)8, 500), DEALLOCATE);
    message.header.msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_code(receive_carrier(port, &received), MACH_MSG_SUCCESS);
    assert_memory_equal(&message.body, &received.body, 20);
    destroy(port);
}

// ---- Other threads

// A thread that does something to memory until it is told to stop.
struct meddler {
    struct test_thread thread;
    char *memory;
    size_t size;
    _Atomic bool stop;
    _Atomic unsigned rounds;
};

static int64_t write_on(void *argument) {
    struct meddler *it = argument;
    for (unsigned char value = 0x10; !it->stop; value ^= 0x30) {
        for (size_t i = 0; i < it->size; i += 61)
            atomic_store_explicit((_Atomic unsigned char *)it->memory + i, value, memory_order_relaxed);
        it->rounds++;
    }
    return 0;
}

// Takes the pages away and brings them back, zero; no one else is ever put there.
static int64_t map_and_unmap(void *argument) {
    struct meddler *it = argument;
    while (!it->stop) {
        int kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
        if (mmap(it->memory, it->size, PROT_NONE, kind, -1, 0) != it->memory) return 1;
        if (mmap(it->memory, it->size, PROT_READ | PROT_WRITE, kind, -1, 0) != it->memory) return 2;
        if (mprotect(it->memory + it->size / 2, it->size - it->size / 2, PROT_NONE) != 0) return 3;
        if (mprotect(it->memory, it->size, PROT_READ) != 0) return 4;
        it->rounds++;
    }
    return 0;
}

static void begin_meddling(struct meddler *it, size_t size, int64_t (*body)(void *argument)) {
    memset(it, 0, sizeof(*it));
    it->memory = map_private(size);
    it->size = size;
    start_thread(&it->thread, body, it);
    while (it->rounds == 0) sched_yield();
}

static void end_meddling(struct meddler *it) {
    it->stop = true;
    assert_int_equal(join_thread(&it->thread), 0);
    munmap(it->memory, it->size);
}

static void memory_may_change_while_it_is_sent(void **state) {
    (void)state;
    const size_t sizes[] = {100, PAGE, KIB(64), MIB(3)};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct meddler it;
        begin_meddling(&it, sizes[i], write_on);
        for (int round = 0; round < ROUNDS_OF(60, 10); round++) {
            mach_msg_ool_descriptor_t got = pass(it.memory, sizes[i], round & 1 ? PHYSICAL : PLAIN);
            const unsigned char *bytes = got.address;
            for (size_t j = 0; j < sizes[i]; j++) {
                if (j % 61 == 0) {
                    assert_true(bytes[j] == 0x10 || bytes[j] == 0x20);
                } else {
                    assert_int_equal(bytes[j], 0);
                }
            }
            check_tail(got);
            deallocate(got.address, got.size);
        }
        end_meddling(&it);
    }
}

static void memory_may_vanish_while_it_is_sent(void **state) {
    (void)state;
    const size_t sizes[] = {2 * PAGE, KIB(64), MIB(3)};
    mach_port_t port = make_port();
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct meddler it;
        begin_meddling(&it, sizes[i], map_and_unmap);
        for (int round = 0; round < ROUNDS_OF(400, 60); round++) {
            struct carrier message;
            begin_carrier(&message, port, 1);
            set_how(add_memory(&message, it.memory + (round & 2 ? 8 : 0), SIZE(sizes[i] - 8)),
                    round & 1 ? PHYSICAL : 0);
            mach_msg_return_t code = send_carrier(&message);
            if (code == MACH_SEND_INVALID_MEMORY) continue; // S8
            assert_code(code, MACH_MSG_SUCCESS);
            mach_msg_ool_descriptor_t got = receive_memory(port, sizes[i] - 8, round & 1 ? PHYSICAL : PLAIN);
            assert_all(got.address, (sizes[i] + PAGE - 1) & ~(PAGE - 1), 0);
            deallocate(got.address, got.size);
        }
        expect_no_message(port);
        end_meddling(&it);
    }
    destroy(port);
}

struct relay {
    mach_port_t from, to;
    unsigned rounds;
};

// Each round receives memory, adds 1 to its first word in every page, and sends it on in place.
static int64_t pass_on(void *argument) {
    struct relay *it = argument;
    for (unsigned i = 0; i < it->rounds; i++) {
        struct {
            mach_msg_base_t base;
            mach_msg_ool_descriptor_t memory;
            mach_msg_max_trailer_t trailer;
        } message;
        mach_msg_return_t code =
            mach_msg(&message.base.header, MACH_RCV_MSG, 0, sizeof(message), it->from, 0, MACH_PORT_NULL);
        if (code != MACH_MSG_SUCCESS) return code;
        for (size_t at = 0; at < message.memory.size; at += PAGE) ++*(uint32_t *)((char *)message.memory.address + at);
        message.memory.deallocate = TRUE;
        message.base.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
        message.base.header.msgh_remote_port = it->to;
        message.base.header.msgh_local_port = MACH_PORT_NULL;
        code = mach_msg(&message.base.header, MACH_SEND_MSG, sizeof(message.base) + sizeof(message.memory), 0,
                        MACH_PORT_NULL, 0, MACH_PORT_NULL);
        if (code != MACH_MSG_SUCCESS) return code;
    }
    return 0;
}

static void memory_wanders_between_threads_in_place(void **state) {
    (void)state;
    enum { PIECES = 4 };
    const unsigned rounds = ROUNDS_OF(4000, 400);
    mach_port_t there = port_with_send(), back = port_with_send();
    struct relay relays[2] = {{there, back, rounds * PIECES}, {back, there, (rounds - 1) * PIECES}};
    struct test_thread threads[2];
    char *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = allocate((i + 1) * PAGE);
        send_memory(there, pieces[i], (i + 1) * PAGE, DEALLOCATE);
    }
    for (int i = 0; i < 2; i++) start_thread(&threads[i], pass_on, &relays[i]);
    for (int i = 0; i < 2; i++) assert_int_equal(join_thread(&threads[i]), 0);
    for (size_t i = 0; i < PIECES; i++) {
        mach_msg_ool_descriptor_t it = receive_memory(back, (i + 1) * PAGE, DEALLOCATE);
        assert_ptr_equal(it.address, pieces[i]);
        for (size_t at = 0; at < it.size; at += PAGE)
            assert_int_equal(*(uint32_t *)((char *)it.address + at), 2 * rounds - 1);
        deallocate(it.address, it.size);
    }
    destroy(there);
    destroy(back);
}

// A receive that blocks gets the memory handed to it.
static void a_waiting_receiver_gets_the_memory(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct caller receiver;
    block_receiver(&receiver, port);
    char *memory = allocate(3 * PAGE);
    fill_pattern(memory, 3 * PAGE, 2);
    send_memory(port, memory, 3 * PAGE, DEALLOCATE);
    assert_code(finish(&receiver), MACH_MSG_SUCCESS);
    mach_msg_ool_descriptor_t it;
    memcpy(&it, receiver.message.ports, sizeof(it));
    check_received(it, 3 * PAGE, DEALLOCATE);
    assert_ptr_equal(it.address, memory);
    use_up(it, 2);
    destroy(port);
}

// ---- Messages that do not arrive

static void memory_in_the_queue_of_a_port_that_dies_is_freed(void **state) {
    (void)state;
    mach_port_t port = make_port();
    set_limit(port, 10);
    uint64_t regions = live_regions(), messages = live_messages();
    char *own = allocate(3 * PAGE), *page = allocate(PAGE), *theirs = map_private(KIB(256)),
         *source = map_private(PAGE);
    for (int how = 0; how < 8; how += 2) send_memory(port, source, PAGE, how);
    send_memory(port, own, 3 * PAGE, DEALLOCATE);
    send_memory(port, page, 100, DEALLOCATE | PHYSICAL);
    send_memory(port, theirs, KIB(256), DEALLOCATE | VOLATILE);
    assert_int_equal(live_messages(), messages + 7);
    assert_int_equal(mapped_pages(own, 3 * PAGE), 3);
    destroy(port);
    assert_int_equal(live_messages(), messages);
    assert_int_equal(live_regions(), regions);
    mach_linux_trim();
    assert_int_equal(mapped_pages(own, 3 * PAGE), 0);
    assert_int_equal(mapped_pages(page, PAGE), 0);
    assert_int_equal(mapped_pages(theirs, KIB(256)), 0);
    assert_int_equal(mapped_pages(source, PAGE), 1);
    munmap(source, PAGE);
}

static void the_memory_of_a_circular_message_is_freed(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    char *memory = allocate(2 * PAGE);
    struct carrier message;
    begin_carrier(&message, port, 1);
    set_how(add_memory(&message, memory, SIZE(2 * PAGE)), DEALLOCATE);
    add_right(&message, port, MOVE_RECEIVE);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS); // C1
    assert_int_equal(mapped_pages(memory, 2 * PAGE), 0);
    assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);
    destroy(port);
}

static void destroying_a_received_message_frees_virtual_copies_only(void **state) {
    (void)state;
    mach_port_t port = make_port();
    char *source = map_private(2 * PAGE);
    fill_pattern(source, 2 * PAGE, 6);
    for (int how = 0; how < 8; how++) {
        char *memory = how & DEALLOCATE ? allocate(2 * PAGE) : source;
        fill_pattern(memory, 2 * PAGE, 6);
        struct carrier message, received;
        begin_carrier(&message, port, 1);
        set_how(add_memory(&message, memory, SIZE(2 * PAGE)), how);
        add_right(&message, port, MAKE_SEND);
        assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
        assert_code(receive_carrier(port, &received), MACH_MSG_SUCCESS);
        mach_msg_ool_descriptor_t it = *memory_at(&received, 0);
        mach_msg_destroy(&received.header);
        assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE); // the rights behind it are found
        if (how & (PHYSICAL | VOLATILE)) {
            use_up(it, 6); // D3: it was not marked for that; volatile memory is skipped
        } else {
            assert_int_equal(mapped_pages(it.address, 2 * PAGE), 0); // D3
        }
    }
    munmap(source, 2 * PAGE);
    destroy(port);
}

static void destroying_a_message_that_was_not_sent_frees_what_was_to_go(void **state) {
    (void)state;
    char *gone = allocate(2 * PAGE), *kept = allocate(2 * PAGE);
    struct carrier message;
    begin_carrier(&message, MACH_PORT_NULL, 1);
    set_how(add_memory(&message, gone, SIZE(2 * PAGE)), DEALLOCATE | PHYSICAL);
    set_how(add_memory(&message, kept, SIZE(2 * PAGE)), PLAIN);
    set_how(add_memory(&message, NULL, 0), DEALLOCATE);
    mach_msg_destroy(&message.header);
    assert_int_equal(mapped_pages(gone, 2 * PAGE), 0);
    assert_int_equal(mapped_pages(kept, 2 * PAGE), 2);
    deallocate(kept, 2 * PAGE);
}

static void a_message_too_large_to_receive_frees_its_memory(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (int how = 0; how < 8; how++) {
        char *memory = allocate(2 * PAGE);
        send_memory(port, memory, 2 * PAGE, how);
        if (!(how & DEALLOCATE)) deallocate(memory, 2 * PAGE);
        struct test_message received;
        assert_code(receive_limited(port, &received, 0, 48), MACH_RCV_TOO_LARGE); // V6
        assert_int_equal(received.header.msgh_size, 24);
        expect_no_message(port);
        assert_int_equal(mapped_pages(memory, 2 * PAGE), 0);
    }
    destroy(port);
}

static void with_large_it_keeps_its_memory(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (int how = 0; how < 8; how++) {
        char *memory = allocate(2 * PAGE);
        fill_pattern(memory, 2 * PAGE, 4);
        send_memory(port, memory, 2 * PAGE, how);
        for (mach_msg_size_t size = 0; size < 52; size += 4) {
            struct test_message received;
            assert_code(receive_limited(port, &received, MACH_RCV_LARGE, size), MACH_RCV_TOO_LARGE); // V5
            assert_int_equal(received.header.msgh_size, 44);
        }
        mach_msg_ool_descriptor_t it = receive_memory(port, 2 * PAGE, how);
        assert_int_equal(it.address == memory, how & DEALLOCATE);
        use_up(it, 4);
        if (!(how & DEALLOCATE)) deallocate(memory, 2 * PAGE);
    }
    destroy(port);
}

static void a_timed_out_message_comes_back_with_its_memory(void **state) {
    (void)state;
    const size_t sizes[] = {0, 10, 2 * PAGE, KIB(128)};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (int variant = 0; variant < 16; variant++) {
            int how = variant & 7;
            size_t size = sizes[i];
            bool in_place = how & DEALLOCATE && variant & 8;
            mach_port_t port = make_port(), other = make_port();
            set_limit(port, 1);
            assert_code(send_simple(port, MAKE_SEND_ONCE, 1), MACH_MSG_SUCCESS);
            size_t room = size == 0 ? 1 : size;
            char *memory = variant & 8 ? allocate(room) : map_private(room);
            fill_pattern(memory, size, 3);
            struct carrier message;
            begin_carrier(&message, port, 2);
            add_right(&message, other, MAKE_SEND);
            set_how(add_memory(&message, memory, SIZE(size)), how);
            message.header.msgh_size += 4;
            message.bytes[28] = 0x6e;
            assert_code(send_carrier(&message), MACH_SEND_TIMED_OUT);
            assert_int_equal(message.header.msgh_bits, 0x80000011u); // S9
            assert_int_equal(message.header.msgh_size, 60);
            assert_int_equal(message.header.msgh_remote_port, port);
            assert_int_equal(message.body.msgh_descriptor_count, 2);
            assert_int_equal(right_at(&message, 0)->name, other);
            assert_int_equal(right_at(&message, 0)->disposition, 17);
            assert_int_equal(message.bytes[28], 0x6e);
            mach_msg_ool_descriptor_t back = *memory_at(&message, 1);
            check_received(back, size, how); // S9: as a receiver would read it
            if (size > 0) assert_int_equal(back.address == memory, in_place);
            assert_pattern(back.address, size, 3);
            // The same buffer goes out as it is; a virtual copy is marked to go for good.
            expect_message(port, 1);
            assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
            if (size > 0 && how & PHYSICAL) deallocate(back.address, size);
            struct carrier received;
            assert_code(receive_carrier(port, &received), MACH_MSG_SUCCESS);
            check_received(*memory_at(&received, 1), size, how);
            if (size > 0 && !(how & PHYSICAL)) assert_ptr_equal(memory_at(&received, 1)->address, back.address);
            if (size > 0) use_up(*memory_at(&received, 1), 3);
            if (size == 0 || !(how & DEALLOCATE)) deallocate(memory, room);
            assert_int_equal(refs(other, MACH_PORT_RIGHT_SEND), 1);
            destroy(other);
            destroy(port);
        }
    }
}

static void a_message_that_came_back_can_be_destroyed(void **state) {
    (void)state;
    mach_port_t port = make_port();
    set_limit(port, 1);
    assert_code(send_simple(port, MAKE_SEND_ONCE, 1), MACH_MSG_SUCCESS);
    char *memory = allocate(3 * PAGE);
    struct carrier message;
    begin_carrier(&message, port, 2);
    add_memory(&message, memory, SIZE(3 * PAGE));
    set_how(add_memory(&message, memory, SIZE(3 * PAGE)), DEALLOCATE);
    assert_code(send_carrier(&message), MACH_SEND_TIMED_OUT);
    assert_ptr_equal(memory_at(&message, 1)->address, memory);
    mach_msg_destroy(&message.header); // S9, D3
    assert_int_equal(mapped_pages(memory, 3 * PAGE), 0);
    expect_message(port, 1);
    destroy(port);
}

static void a_peek_tells_the_size_of_the_kernels_form(void **state) {
    (void)state;
    mach_port_t port = make_port(), names[3] = {MACH_PORT_NULL, MACH_PORT_NULL, MACH_PORT_NULL};
    char byte = 1;
    struct carrier message;
    for (unsigned rights = 0; rights < 3; rights++) {
        for (unsigned pieces = 0; pieces < 4; pieces++) {
            begin_carrier(&message, port, 77);
            for (unsigned i = 0; i < rights; i++) add_right(&message, MACH_PORT_NULL, 0);
            for (unsigned i = 0; i < pieces; i++) {
                if (i == 1) add_array(&message, names, 3, COPY_SEND);
                if (i != 1) set_how(add_memory(&message, &byte, 1), i == 2 ? VOLATILE : PLAIN);
            }
            message.header.msgh_size += 8;
            assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
            mach_port_seqno_t seqno = 0;
            mach_msg_size_t size = 0;
            mach_msg_id_t id = 0;
            mach_msg_max_trailer_t trailer;
            mach_msg_type_number_t count = sizeof(trailer);
            assert_success(
                mach_port_peek(SELF, port, 0, &seqno, &size, &id, (mach_msg_trailer_info_t)&trailer, &count));
            assert_int_equal(id, 77);
            assert_int_equal(size, 36 + 12 * rights + 16 * pieces + 8 + 4 * rights); // X4
            assert_code(receive_carrier(port, &message), MACH_MSG_SUCCESS);
            assert_int_equal(message.header.msgh_size, 36 + 12 * rights + 16 * pieces);
            if (pieces > 2) deallocate(memory_at(&message, rights + 2)->address, 1);
            if (pieces > 2) memory_at(&message, rights + 2)->address = NULL;
            mach_msg_destroy(&message.header);
        }
    }
    destroy(port);
}

// ---- Tasks and processes

static void memory_goes_from_task_to_task(void **state) {
    (void)state;
    mach_port_t port = make_port();
    task_t task = make_task();
    mach_port_name_t name = give(task, port, MACH_MSG_TYPE_MAKE_SEND);
    struct carrier message;
    char *source = map_private(2 * PAGE);
    fill_pattern(source, 2 * PAGE, 1);
    enter(task);
    char *memory = allocate(2 * PAGE);
    fill_pattern(memory, 2 * PAGE, 2);
    begin_carrier(&message, name, 1);
    message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    add_memory(&message, source, SIZE(2 * PAGE));
    set_how(add_memory(&message, memory, SIZE(2 * PAGE)), DEALLOCATE);
    mach_msg_return_t code = send_carrier(&message);
    deallocate(memory, 2 * PAGE); // by the sending task, of what is in transit
    leave();
    assert_code(code, MACH_MSG_SUCCESS);
    assert_success(vm_deallocate(task, (vm_address_t)memory, 2 * PAGE));
    struct carrier received;
    end_task(task); // what it sent stays
    assert_code(receive_carrier(port, &received), MACH_MSG_SUCCESS);
    assert_ptr_equal(memory_at(&received, 1)->address, memory);
    use_up(*memory_at(&received, 0), 1);
    use_up(*memory_at(&received, 1), 2);
    munmap(source, 2 * PAGE);
    destroy(port);
}

static void memory_in_the_queue_of_a_task_that_ends_is_freed(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_name_t theirs = make_port_in(task);
    mach_port_t port = take(task, theirs, MAKE_SEND);
    char *memory = allocate(2 * PAGE);
    struct carrier message;
    begin_carrier(&message, port, 1);
    message.header.msgh_bits = MACH_MSGH_BITS(MOVE_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    set_how(add_memory(&message, memory, SIZE(2 * PAGE)), DEALLOCATE);
    assert_code(send_carrier(&message), MACH_MSG_SUCCESS);
    assert_int_equal(mapped_pages(memory, 2 * PAGE), 2);
    end_task(task);
    assert_int_equal(mapped_pages(memory, 2 * PAGE), 0);
}

// For children: sends through a port of its own and receives. The codes of both, or what was wrong with what came.
enum { WRONG = 0x7000 };
static int64_t pass_in_child(const void *address, size_t size, int how, mach_msg_ool_descriptor_t *got) {
    struct {
        mach_msg_base_t base;
        mach_msg_ool_descriptor_t memory;
        mach_msg_max_trailer_t trailer;
    } message;
    mach_port_t port = MACH_PORT_NULL;
    if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) != KERN_SUCCESS) return WRONG;
    memset(&message, 0, sizeof(message));
    message.base.header.msgh_bits = MACH_MSGH_BITS(MAKE_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    message.base.header.msgh_remote_port = port;
    message.base.body.msgh_descriptor_count = 1;
    set_how(&message.memory, how);
    message.memory.address = (void *)(uintptr_t)address;
    message.memory.size = SIZE(size);
    mach_msg_return_t code =
        mach_msg(&message.base.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, 44, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
    if (code == MACH_MSG_SUCCESS)
        code = mach_msg(&message.base.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), port, 0,
                        MACH_PORT_NULL);
    if (mach_port_destroy(SELF, port) != KERN_SUCCESS) return WRONG + 1;
    *got = message.memory;
    if (code == MACH_MSG_SUCCESS && (got->size != size || (uintptr_t)got->address % PAGE != 0)) return WRONG + 2;
    return code;
}

static bool has_pattern(const void *memory, size_t size) {
    const unsigned char *bytes = memory;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != (unsigned char)(i * 7 + (i >> 8) * 13 + 1)) return false;
    return true;
}

static int give_back_in_child(mach_msg_ool_descriptor_t it) {
    return vm_deallocate(SELF, (vm_address_t)it.address, it.size) == KERN_SUCCESS;
}

struct inheritance {
    char *allocated, *mapped, *transit;
};

static int send_what_was_inherited(void *argument) {
    struct inheritance *it = argument;
    mach_msg_ool_descriptor_t got;
    STEP(1, pass_in_child(it->mapped, KIB(128), PLAIN, &got) == MACH_MSG_SUCCESS);
    STEP(2, has_pattern(got.address, KIB(128)) && give_back_in_child(got));
    STEP(3, pass_in_child(it->allocated, 3 * PAGE, DEALLOCATE, &got) == MACH_MSG_SUCCESS);
    STEP(4, got.address == it->allocated && has_pattern(got.address, 3 * PAGE));
    memset(got.address, 0, 3 * PAGE);
    STEP(5, give_back_in_child(got) && mapped_pages(it->allocated, 3 * PAGE) == 0);
    STEP(6, pass_in_child(it->mapped, KIB(128), DEALLOCATE, &got) == MACH_MSG_SUCCESS);
    STEP(7, has_pattern(got.address, KIB(128)) && mapped_pages(it->mapped, KIB(128)) == 0);
    memset(got.address, 0, KIB(128));
    STEP(8, give_back_in_child(got));
    STEP(9, pass_in_child(it->mapped, KIB(128), PLAIN, &got) == MACH_SEND_INVALID_MEMORY);
    vm_address_t page = 0;
    STEP(10, vm_allocate(SELF, &page, PAGE, VM_FLAGS_ANYWHERE) == KERN_SUCCESS);
    STEP(11, pass_in_child((void *)page, PAGE, DEALLOCATE, &got) == MACH_MSG_SUCCESS);
    STEP(12, (vm_address_t)got.address == page && give_back_in_child(got));
    return 0;
}

static void a_forked_child_sends_memory_of_its_own(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct inheritance it = {allocate(3 * PAGE), map_private(KIB(128)), allocate(2 * PAGE)};
    fill_pattern(it.allocated, 3 * PAGE, 1);
    fill_pattern(it.mapped, KIB(128), 1);
    fill_pattern(it.transit, 2 * PAGE, 2);
    send_memory(port, it.transit, 2 * PAGE, DEALLOCATE);
    assert_int_equal(in_forked_child(send_what_was_inherited, &it), 0);
    // The parent has everything still.
    assert_pattern(it.allocated, 3 * PAGE, 1);
    assert_pattern(it.mapped, KIB(128), 1);
    use_up(receive_memory(port, 2 * PAGE, DEALLOCATE), 2);
    deallocate(it.allocated, 3 * PAGE);
    munmap(it.mapped, KIB(128));
    destroy(port);
}

enum { NO_FILTER = 200 };

// From now on process_vm_readv and process_vm_writev fail with this error, as some sandboxes have it.
static bool forbid_reading(unsigned error) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_writev, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT_OF(filter), filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

struct forbidden {
    unsigned error;
    char *good, *half;
};

static int send_without_reading(void *argument) {
    struct forbidden *it = argument;
    if (!forbid_reading(it->error)) return NO_FILTER;
    struct iovec local = {&argument, 1}, remote = {it->good, 1};
    STEP(1, syscall(SYS_process_vm_readv, getpid(), &local, 1ul, &remote, 1ul, 0ul) == -1 && errno == (int)it->error);
    const size_t sizes[] = {1, 100, PAGE, PAGE + 1, KIB(64), MIB(3) + 5};
    mach_msg_ool_descriptor_t got;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (int how = 0; how < 8; how += 2) {
            STEP(2, pass_in_child(it->good, sizes[i], how, &got) == MACH_MSG_SUCCESS);
            STEP(3, has_pattern(got.address, sizes[i]) && give_back_in_child(got));
        }
    }
    STEP(4, pass_in_child(it->good + 1, 3 * PAGE, PLAIN, &got) == MACH_MSG_SUCCESS);
    STEP(5, memcmp(got.address, it->good + 1, 3 * PAGE) == 0 && give_back_in_child(got));
    // Bad memory is found, and left as it was.
    for (int how = 0; how < 8; how++) {
        STEP(10, pass_in_child(NULL, 1, how, &got) == MACH_SEND_INVALID_MEMORY);
        STEP(11, pass_in_child((void *)~0ul, 2, how, &got) == MACH_SEND_INVALID_MEMORY);
        STEP(12, pass_in_child((void *)0xffff800000000000ul, PAGE, how, &got) == MACH_SEND_INVALID_MEMORY);
        STEP(13, pass_in_child(it->half, 2 * PAGE, how, &got) == MACH_SEND_INVALID_MEMORY);
        STEP(14, pass_in_child(it->half + PAGE - 1, 2, how, &got) == MACH_SEND_INVALID_MEMORY);
        STEP(15, pass_in_child(it->half + PAGE, KIB(512), how, &got) == MACH_SEND_INVALID_MEMORY);
        STEP(16, pass_in_child(it->half, KIB(512), how, &got) == MACH_SEND_INVALID_MEMORY);
        STEP(17, mapped_pages(it->half, KIB(512)) == KIB(512) / PAGE);
    }
    STEP(18, pass_in_child(it->half, PAGE, PLAIN, &got) == MACH_MSG_SUCCESS && give_back_in_child(got));
    STEP(19, pass_in_child(it->good, PAGE, DEALLOCATE, &got) == MACH_MSG_SUCCESS);
    STEP(20, has_pattern(got.address, PAGE) && mapped_pages(it->good, PAGE) == 0 && give_back_in_child(got));
    return 0;
}

static void it_works_where_the_process_may_not_read_itself(void **state) {
    (void)state;
    const unsigned errors[] = {EPERM, ENOSYS};
    struct forbidden it = {0, map_private(MIB(4)), map_private(KIB(512))};
    fill_pattern(it.good, MIB(4), 1);
    assert_int_equal(mprotect(it.half + PAGE, PAGE, PROT_NONE), 0);
    int result = 0;
    for (size_t i = 0; i < COUNT_OF(errors) && result == 0; i++) {
        it.error = errors[i];
        result = in_forked_child(send_without_reading, &it);
    }
    munmap(it.good, MIB(4));
    munmap(it.half, KIB(512));
    if (result == NO_FILTER) skip();
    assert_int_equal(result, 0);
}

// ---- Pages that the library keeps

static void a_page_that_comes_back_reads_as_zero(void **state) {
    (void)state;
    const int protections[] = {PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE};
    for (size_t i = 0; i < COUNT_OF(protections); i++) {
        for (int round = 0; round < 40; round++) {
            vm_address_t pages[8];
            for (int j = 0; j < 8; j++) {
                assert_success(vm_allocate(SELF, &pages[j], PAGE, VM_FLAGS_ANYWHERE));
                assert_all((void *)pages[j], PAGE, 0);
                memset((void *)pages[j], 0xb7, PAGE); // and it can be written
                if (j & 1 && mprotect((void *)pages[j], PAGE, protections[i]) != 0) fail();
            }
            for (int j = 0; j < 8; j++) deallocate((void *)pages[j], PAGE);
            // Those that carry memory take from the same store.
            mach_msg_ool_descriptor_t it = pass("x", 1, PLAIN);
            check_tail(it);
            memset(it.address, 0xc8, PAGE);
            deallocate(it.address, 1);
        }
    }
}

static void a_stale_pointer_does_not_show_in_the_next_owners_page(void **state) {
    (void)state;
    // Written after it was given back, while the library may still keep it.
    for (int round = 0; round < 20; round++) {
        vm_address_t page = 0, next = 0;
        assert_success(vm_allocate(SELF, &page, PAGE, VM_FLAGS_ANYWHERE));
        deallocate((void *)page, PAGE);
        if (mapped_pages((void *)page, PAGE) == 1) memset((void *)page, 0xff, PAGE);
        assert_success(vm_allocate(SELF, &next, PAGE, VM_FLAGS_ANYWHERE));
        assert_all((void *)next, PAGE, 0);
        mach_msg_ool_descriptor_t it = pass("ab", 2, PLAIN);
        check_tail(it);
        deallocate(it.address, 2);
        deallocate((void *)next, PAGE);
    }
}

static void trimming_gives_pages_back_to_the_system(void **state) {
    (void)state;
    enum { MANY = 400 };
    static vm_address_t pages[MANY];
    mach_linux_trim();
    for (int i = 0; i < MANY; i++) {
        pages[i] = (vm_address_t)allocate(PAGE);
        memset((void *)pages[i], 1, PAGE);
    }
    mach_linux_trim(); // not those in use
    for (int i = 0; i < MANY; i++) assert_all((void *)pages[i], PAGE, 1);
    for (int i = 0; i < MANY; i++) deallocate((void *)pages[i], PAGE);
    mach_linux_trim();
    for (int i = 0; i < MANY; i++) assert_int_equal(mapped_pages((void *)pages[i], PAGE), 0);
    vm_address_t page = 0;
    assert_success(vm_allocate(SELF, &page, PAGE, VM_FLAGS_ANYWHERE));
    assert_all((void *)page, PAGE, 0);
    deallocate((void *)page, PAGE);
}

static void a_page_unmapped_behind_the_librarys_back_does_no_harm(void **state) {
    (void)state;
    for (int round = 0; round < 10; round++) {
        char *page = allocate(PAGE);
        assert_int_equal(munmap(page, PAGE), 0);
        deallocate(page, PAGE);
        vm_address_t next = 0;
        assert_success(vm_allocate(SELF, &next, PAGE, VM_FLAGS_ANYWHERE));
        assert_all((void *)next, PAGE, 0);
        memset((void *)next, 1, PAGE);
        deallocate((void *)next, PAGE);
    }
}

static void the_place_of_a_page_that_was_given_back_is_free(void **state) {
    (void)state;
    for (int flags = VM_FLAGS_FIXED; flags <= (VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE); flags += VM_FLAGS_OVERWRITE) {
        vm_address_t page = 0, others[8];
        assert_success(vm_allocate(SELF, &page, PAGE, VM_FLAGS_ANYWHERE));
        memset((void *)page, 0xff, PAGE);
        deallocate((void *)page, PAGE);
        vm_address_t again = page;
        assert_success(vm_allocate(SELF, &again, PAGE, flags));
        assert_int_equal(again, page);
        assert_all((void *)again, PAGE, 0);
        memset((void *)again, 0x33, PAGE);
        for (int i = 0; i < 8; i++) {
            assert_success(vm_allocate(SELF, &others[i], PAGE, VM_FLAGS_ANYWHERE));
            assert_int_not_equal(others[i], page);
        }
        mach_linux_trim();
        assert_all((void *)again, PAGE, 0x33);
        for (int i = 0; i < 8; i++) deallocate((void *)others[i], PAGE);
        deallocate((void *)again, PAGE);
    }
}

static void a_page_given_back_twice_has_one_next_owner(void **state) {
    (void)state;
    vm_address_t page = 0, next[8];
    assert_success(vm_allocate(SELF, &page, PAGE, VM_FLAGS_ANYWHERE));
    deallocate((void *)page, PAGE);
    deallocate((void *)page, PAGE);
    for (int i = 0; i < 8; i++) {
        assert_success(vm_allocate(SELF, &next[i], PAGE, VM_FLAGS_ANYWHERE));
        memset((void *)next[i], i + 1, PAGE);
    }
    for (int i = 0; i < 8; i++) {
        assert_all((void *)next[i], PAGE, (unsigned char)(i + 1));
        deallocate((void *)next[i], PAGE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(memory_of_every_size_arrives_as_it_was),
        TASK_TEST(memory_need_not_begin_at_a_page),
        TASK_TEST(what_the_sender_writes_after_the_send_does_not_arrive),
        TASK_TEST(what_the_receiver_writes_stays_with_it),
        TASK_TEST(a_copy_has_no_bytes_of_the_sender_behind_its_size),
        TASK_TEST(a_size_of_zero_has_no_memory_whatever_the_address),
        TASK_TEST(the_deallocate_byte_counts_whatever_its_value),
        TASK_TEST(memory_on_the_stack_and_constant_data_can_be_sent),
        TASK_TEST(memory_of_the_c_allocator_is_copied),
        TASK_TEST(a_file_mapping_arrives_as_a_copy_of_its_own),
        TASK_TEST(shared_memory_does_not_change_hands),
        TASK_TEST(read_only_memory_is_copied_and_arrives_writable),
        TASK_TEST(memory_of_several_kinds_is_sent_as_one),
        TASK_TEST(memory_of_vm_allocate_arrives_where_it_was),
        TASK_TEST(a_size_that_is_no_multiple_of_the_page_takes_whole_pages),
        TASK_TEST(a_part_of_a_region_changes_hands_and_the_rest_stays),
        TASK_TEST(regions_side_by_side_change_hands_together),
        TASK_TEST(received_memory_goes_on_where_it_is),
        TASK_TEST(private_memory_of_the_program_leaves_it),
        TASK_TEST(unaligned_memory_takes_the_pages_that_it_touches),
        TASK_TEST(giving_back_memory_in_transit_does_nothing_to_it),
        TASK_TEST(memory_in_transit_is_not_sent_again),
        TASK_TEST(received_memory_can_be_given_back_in_parts_and_any_order),
        TASK_TEST(descriptors_of_all_kinds_travel_in_one_message),
        TASK_TEST(hundreds_of_pieces_travel_together),
        TASK_TEST(data_behind_the_descriptors_arrives_as_it_was),
        TASK_TEST(one_piece_can_be_sent_twice_in_a_message),
        TASK_TEST(an_address_without_memory_is_invalid),
        TASK_TEST(an_address_that_no_program_has_is_invalid),
        TASK_TEST(memory_that_may_not_be_read_is_invalid),
        TASK_TEST(memory_of_which_a_page_may_not_be_read_is_invalid),
        TASK_TEST(memory_before_a_page_that_may_not_be_read_is_good),
        TASK_TEST(a_mapping_beyond_the_end_of_its_file_is_invalid),
        TASK_TEST(a_huge_size_is_invalid_memory_without_taking_any),
        TASK_TEST(bad_memory_ends_what_came_before_it),
        TASK_TEST(a_bad_right_ends_the_memory_before_it),
        TASK_TEST(moved_memory_of_the_program_ends_with_a_bad_body),
        TASK_TEST(a_bad_copy_option_is_found_before_any_right_moves),
        TASK_TEST(an_unknown_type_ends_the_memory_before_it),
        TASK_TEST(memory_descriptors_past_the_end_are_too_small),
        TASK_TEST(more_descriptors_than_there_are_is_too_small),
        TASK_TEST(memory_descriptors_in_a_simple_message_are_data),
        TASK_TEST(memory_may_change_while_it_is_sent),
        TASK_TEST(memory_may_vanish_while_it_is_sent),
        TASK_TEST(memory_wanders_between_threads_in_place),
        TASK_TEST(a_waiting_receiver_gets_the_memory),
        TASK_TEST(memory_in_the_queue_of_a_port_that_dies_is_freed),
        TASK_TEST(the_memory_of_a_circular_message_is_freed),
        TASK_TEST(destroying_a_received_message_frees_virtual_copies_only),
        TASK_TEST(destroying_a_message_that_was_not_sent_frees_what_was_to_go),
        TASK_TEST(a_message_too_large_to_receive_frees_its_memory),
        TASK_TEST(with_large_it_keeps_its_memory),
        TASK_TEST(a_timed_out_message_comes_back_with_its_memory),
        TASK_TEST(a_message_that_came_back_can_be_destroyed),
        TASK_TEST(a_peek_tells_the_size_of_the_kernels_form),
        TASK_TEST(memory_goes_from_task_to_task),
        TASK_TEST(memory_in_the_queue_of_a_task_that_ends_is_freed),
        TASK_TEST(a_forked_child_sends_memory_of_its_own),
        TASK_TEST(it_works_where_the_process_may_not_read_itself),
        TASK_TEST(a_page_that_comes_back_reads_as_zero),
        TASK_TEST(a_stale_pointer_does_not_show_in_the_next_owners_page),
        TASK_TEST(trimming_gives_pages_back_to_the_system),
        TASK_TEST(the_place_of_a_page_that_was_given_back_is_free),
        TASK_TEST(a_page_given_back_twice_has_one_next_owner),
        TASK_TEST(a_page_unmapped_behind_the_librarys_back_does_no_harm),
    };
    return TASK_RUN(tests);
}

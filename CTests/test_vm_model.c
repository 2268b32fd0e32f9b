// Random operations on memory beside a model of the address space: every code, and afterwards every page's contents, protection, maximum, inheritance and sharing, in the parent and in a child. Rows A2, A4–A7, A10, A13, A17, A19, A28.
#define _GNU_SOURCE // MAP_FIXED_NOREPLACE
#include "vm_support.h"

#include <errno.h>
#include <unistd.h>

enum { PAGES = 24, FRAMES = 1 << 16, STEPS = UNDER_TSAN ? 100 : 300, MOST = 6 };

// What a page holds; several may have it.
static unsigned char frames[FRAMES];
static unsigned frame_count, object_count;

struct page {
    bool is_mapped, is_ours, is_shared;
    int protection, maximum;
    vm_inherit_t inheritance;
    unsigned frame, object, index; // of shared memory: what it is part of
};
static struct page pages[PAGES];
static char *arena;
static unsigned long seed, run_number;
static unsigned step;
static char what[200];

static unsigned next_random(unsigned limit) {
    seed = seed * 6364136223846793005ul + 1442695040888963407ul;
    return (unsigned)(seed >> 33) % limit;
}

static vm_address_t address_of(unsigned page) { return (vm_address_t)arena + page * PAGE; }

static struct page fresh(bool is_ours, bool is_shared, unsigned char value) {
    assert_true(frame_count < FRAMES);
    frames[frame_count] = value;
    return (struct page){.is_mapped = true,
                         .is_ours = is_ours,
                         .is_shared = is_shared,
                         .protection = 3,
                         .maximum = VM_PROT_ALL,
                         .inheritance = is_shared ? VM_INHERIT_SHARE : VM_INHERIT_COPY,
                         .frame = frame_count++};
}

static void expect(kern_return_t got, kern_return_t wanted) {
    if (got != wanted) fail_msg("run %lu, step %u, %s: code %d, should be %d", run_number, step, what, got, wanted);
}

#define SAY(...) (void)snprintf(what, sizeof(what), __VA_ARGS__)

// INVALID_ADDRESS or PROTECTION_FAILURE, whichever comes first in a range.
static kern_return_t access_to(unsigned first, unsigned count, int access) {
    for (unsigned i = first; i < first + count; i++) {
        if (!pages[i].is_mapped) return KERN_INVALID_ADDRESS;
        if (access & ~pages[i].protection) return KERN_PROTECTION_FAILURE;
    }
    return KERN_SUCCESS;
}

// ---- Operations

struct range {
    unsigned first, count;
};
static struct range some_pages(void) {
    unsigned count = 1 + next_random(MOST);
    return (struct range){next_random(PAGES - count + 1), count};
}

static bool is_free(struct range it) {
    for (unsigned i = it.first; i < it.first + it.count; i++)
        if (pages[i].is_mapped) return false;
    return true;
}

static void allocate_pages(void) {
    struct range it = some_pages();
    bool over = next_random(3) == 0;
    SAY("vm_allocate %u+%u%s", it.first, it.count, over ? " over" : "");
    vm_address_t address = address_of(it.first);
    kern_return_t code =
        vm_allocate(SELF, &address, it.count * PAGE - next_random(9), over ? VM_FLAGS_OVERWRITE : VM_FLAGS_FIXED);
    expect(code, over || is_free(it) ? KERN_SUCCESS : KERN_NO_SPACE);
    if (code != KERN_SUCCESS) return;
    for (unsigned i = it.first; i < it.first + it.count; i++) pages[i] = fresh(true, false, 0);
}

static void map_pages(void) {
    struct range it = some_pages();
    bool shared = next_random(2) == 0;
    SAY("mmap %u+%u%s", it.first, it.count, shared ? " shared" : "");
    void *got = mmap(arena + it.first * PAGE, it.count * PAGE, PROT_READ | PROT_WRITE,
                     (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == MAP_FAILED) {
        // Also where the library keeps a page that was given back.
        assert_int_equal(errno, EEXIST);
        return;
    }
    assert_true(is_free(it));
    unsigned object = ++object_count;
    for (unsigned i = 0; i < it.count; i++) {
        struct page *page = &pages[it.first + i];
        *page = fresh(false, shared, 0);
        page->object = object;
        page->index = i;
    }
}

static void deallocate_pages(void) {
    struct range it = some_pages();
    SAY("vm_deallocate %u+%u", it.first, it.count);
    expect(vm_deallocate(SELF, address_of(it.first) + next_random(2), it.count * PAGE - 1), KERN_SUCCESS);
    for (unsigned i = it.first; i < it.first + it.count; i++) pages[i].is_mapped = false;
}

static kern_return_t check_protection(struct range it, int wanted, bool *all_ours) {
    *all_ours = true;
    for (unsigned i = it.first; i < it.first + it.count; i++) {
        if (!pages[i].is_mapped) return KERN_INVALID_ADDRESS;
        if (pages[i].is_ours && wanted & ~pages[i].maximum) return KERN_PROTECTION_FAILURE;
        *all_ours &= pages[i].is_ours;
    }
    return KERN_SUCCESS;
}

static void protect_pages(void) {
    struct range it = some_pages();
    int wanted = (int)next_random(4), way = (int)next_random(6); // 0: maximum, 1: copy
    if (way == 0) wanted |= (int)next_random(2) * 7;
    bool all_ours;
    kern_return_t code = check_protection(it, way == 1 ? wanted & ~VM_PROT_WRITE : wanted, &all_ours);
    if (code == KERN_SUCCESS && way == 0 && !all_ours && wanted != VM_PROT_ALL) code = KERN_NOT_SUPPORTED;
    SAY("vm_protect %u+%u %d way %d", it.first, it.count, wanted, way);
    expect(
        vm->vm_protect(SELF, address_of(it.first), it.count * PAGE, way == 0, wanted | (way == 1 ? VM_PROT_COPY : 0)),
        code);
    if (code != KERN_SUCCESS || (way == 0 && !all_ours)) return;
    for (unsigned i = it.first; i < it.first + it.count; i++) {
        struct page *page = &pages[i];
        if (way == 0) {
            page->maximum = wanted;
            page->protection &= wanted;
            continue;
        }
        if (way == 1) {
            if (page->is_shared) {
                struct page mine = fresh(page->is_ours, false, frames[page->frame]);
                mine.maximum = page->maximum;
                if (page->inheritance == VM_INHERIT_NONE) mine.inheritance = VM_INHERIT_NONE;
                *page = mine;
            }
            if (page->is_ours) page->maximum |= VM_PROT_WRITE;
        }
        page->protection = wanted;
    }
}

static void protect_by_system(void) {
    unsigned i = next_random(PAGES);
    if (!pages[i].is_mapped || pages[i].is_ours) return;
    pages[i].protection = (int)next_random(4);
    SAY("mprotect %u %d", i, pages[i].protection);
    assert_int_equal(mprotect(arena + i * PAGE, PAGE, pages[i].protection), 0);
}

static void become_shared(struct range it) {
    unsigned object = ++object_count;
    for (unsigned i = 0; i < it.count; i++) {
        struct page *page = &pages[it.first + i];
        page->is_shared = true;
        page->object = object;
        page->index = i;
    }
}

static void inherit_pages(void) {
    struct range it = some_pages();
    vm_inherit_t wanted = next_random(3);
    kern_return_t code = KERN_SUCCESS;
    for (unsigned i = it.first; i < it.first + it.count && code == KERN_SUCCESS; i++) {
        const struct page *page = &pages[i];
        if (!page->is_mapped || page->is_ours || wanted == VM_INHERIT_NONE) continue;
        if (page->is_shared != (wanted == VM_INHERIT_SHARE)) code = KERN_NOT_SUPPORTED;
    }
    for (unsigned i = it.first; i < it.first + it.count && code == KERN_SUCCESS; i++) {
        const struct page *page = &pages[i];
        bool converts = page->is_mapped && page->is_ours && !page->is_shared && wanted == VM_INHERIT_SHARE;
        if (converts && !(page->protection & VM_PROT_READ)) code = KERN_PROTECTION_FAILURE;
    }
    SAY("vm_inherit %u+%u %u", it.first, it.count, wanted);
    expect(vm->vm_inherit(SELF, address_of(it.first), it.count * PAGE, wanted), code);
    if (code != KERN_SUCCESS) return;
    for (unsigned i = it.first; i < it.first + it.count; i++) {
        if (!pages[i].is_mapped) continue;
        pages[i].inheritance = wanted;
        // Each by itself: which of them make one object is not told here.
        if (wanted == VM_INHERIT_SHARE && pages[i].is_ours && !pages[i].is_shared) {
            become_shared((struct range){i, 1});
            pages[i].object |= 1u << 31;
        }
    }
}

static void copy_pages(void) {
    struct range from = some_pages();
    unsigned to = next_random(PAGES - from.count + 1);
    kern_return_t code = access_to(from.first, from.count, VM_PROT_READ);
    if (code == KERN_SUCCESS) code = access_to(to, from.count, VM_PROT_WRITE);
    SAY("vm_copy %u+%u to %u", from.first, from.count, to);
    expect(vm->vm_copy(SELF, address_of(from.first), from.count * PAGE, address_of(to)), code);
    if (code != KERN_SUCCESS) return;
    unsigned char values[MOST];
    for (unsigned i = 0; i < from.count; i++) values[i] = frames[pages[from.first + i].frame];
    for (unsigned i = 0; i < from.count; i++) frames[pages[to + i].frame] = values[i];
}

static void write_pages(void) {
    static char data[MOST * 65536];
    struct range it = some_pages();
    unsigned char value = (unsigned char)(1 + next_random(255));
    memset(data, value, it.count * PAGE);
    kern_return_t code = access_to(it.first, it.count, VM_PROT_WRITE);
    SAY("vm_write %u+%u", it.first, it.count);
    expect(vm->vm_write(SELF, address_of(it.first), (vm_offset_t)data, (mach_msg_type_number_t)(it.count * PAGE)),
           code);
    if (code != KERN_SUCCESS) return;
    for (unsigned i = it.first; i < it.first + it.count; i++) frames[pages[i].frame] = value;
}

// Whether a range is of one object, page after page; those whose object is not known to the model are not looked at.
static bool is_one_object(struct range it, bool *known) {
    *known = true;
    for (unsigned i = it.first; i < it.first + it.count; i++) {
        if (!pages[i].is_shared) return false;
        if (pages[i].object >> 31 && it.count > 1) *known = false;
        if (i > it.first && (pages[i].object != pages[i - 1].object || pages[i].index != pages[i - 1].index + 1))
            return !*known; // perhaps
    }
    return true;
}

static void remap_pages(void) {
    struct range it = some_pages();
    unsigned to = next_random(PAGES - it.count + 1);
    boolean_t copy = next_random(2) == 0;
    bool over = next_random(2) == 0, known = true;
    vm_inherit_t inheritance = next_random(3);
    kern_return_t code = access_to(it.first, it.count, copy ? VM_PROT_READ : 0);
    int current = VM_PROT_ALL, maximum = VM_PROT_ALL;
    if (code == KERN_SUCCESS && !copy) {
        unsigned convertible = 0;
        bool is_readable = true;
        for (unsigned i = it.first; i < it.first + it.count; i++) {
            if (!pages[i].is_ours || pages[i].is_shared) break;
            convertible++;
            is_readable &= (pages[i].protection & VM_PROT_READ) != 0;
        }
        if (convertible == it.count) {
            if (is_readable)
                become_shared(it);
            else
                code = KERN_PROTECTION_FAILURE;
        } else if (convertible > 0 || !is_one_object(it, &known)) {
            code = KERN_NOT_SUPPORTED;
        }
        if (!known) return;
    }
    struct page made[MOST];
    for (unsigned i = 0; code == KERN_SUCCESS && i < it.count; i++) {
        made[i] = pages[it.first + i];
        current &= made[i].protection;
        if (made[i].is_ours) maximum &= made[i].maximum;
    }
    if (code == KERN_SUCCESS && !over && !is_free((struct range){to, it.count})) code = KERN_NO_SPACE;
    SAY("vm_remap %u+%u to %u%s%s", it.first, it.count, to, copy ? " copy" : "", over ? " over" : "");
    vm_address_t address = address_of(to);
    int got_current = -1, got_maximum = -1;
    expect(vm->vm_remap(SELF, &address, it.count * PAGE, 0, over ? VM_FLAGS_OVERWRITE : VM_FLAGS_FIXED, SELF,
                        address_of(it.first), copy, &got_current, &got_maximum, inheritance),
           code);
    if (code != KERN_SUCCESS) return;
    if (got_current != current || got_maximum != maximum)
        fail_msg("run %lu, step %u, %s: protections %d, %d, should be %d, %d", run_number, step, what, got_current,
                 got_maximum, current, maximum);
    for (unsigned i = 0; i < it.count; i++) {
        struct page page = copy ? fresh(true, inheritance == VM_INHERIT_SHARE, frames[made[i].frame]) : made[i];
        if (copy) page.object = 1u << 31; // not known to the model
        page.is_ours = true;
        page.protection = current;
        page.maximum = maximum;
        page.inheritance = inheritance;
        pages[to + i] = page;
    }
}

static void map_zeros(void) {
    struct range it = some_pages();
    bool over = next_random(2) == 0;
    int protection = (int)next_random(4), maximum = (int)next_random(8);
    vm_inherit_t inheritance = next_random(3);
    SAY("vm_map %u+%u", it.first, it.count);
    vm_address_t address = address_of(it.first);
    kern_return_t code = over || is_free(it) ? KERN_SUCCESS : KERN_NO_SPACE;
    expect(vm->vm_map(SELF, &address, it.count * PAGE, 0, over ? VM_FLAGS_OVERWRITE : VM_FLAGS_FIXED, MACH_PORT_NULL, 0,
                      FALSE, protection, maximum, inheritance),
           code);
    if (code != KERN_SUCCESS) return;
    unsigned object = ++object_count;
    for (unsigned i = 0; i < it.count; i++) {
        struct page page = fresh(true, inheritance == VM_INHERIT_SHARE, 0);
        page.protection = protection;
        page.maximum = maximum;
        page.inheritance = inheritance;
        page.object = object;
        page.index = i;
        pages[it.first + i] = page;
    }
}

static void store(void) {
    unsigned i = next_random(PAGES);
    if (!pages[i].is_mapped || !(pages[i].protection & VM_PROT_WRITE)) return;
    frames[pages[i].frame] = (unsigned char)next_random(256);
    memset(arena + i * PAGE, frames[pages[i].frame], PAGE);
}

// ---- Comparison

static void compare(void) {
    static unsigned char copy[65536];
    for (unsigned i = 0; i < PAGES; i++) {
        const struct page *page = &pages[i];
        vm_size_t size = 0;
        kern_return_t code = vm->vm_read_overwrite(SELF, address_of(i), PAGE, (vm_address_t)copy, &size);
        kern_return_t wanted = access_to(i, 1, VM_PROT_READ);
        if (code != wanted)
            fail_msg("run %lu, step %u, %s: page %u reads as %d, should be %d", run_number, step, what, i, code,
                     wanted);
        if (code == KERN_SUCCESS) {
            for (size_t j = 0; j < PAGE; j += PAGE / 4)
                if (copy[j] != frames[page->frame])
                    fail_msg("run %lu, step %u, %s: page %u holds %d, should be %d", run_number, step, what, i, copy[j],
                             frames[page->frame]);
        }
        vm_address_t start = address_of(i);
        struct vm_region_basic_info_64 info;
        mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
        assert_success(
            vm->vm_region_64(SELF, &start, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count, NULL));
        bool is_there = start <= address_of(i);
        if (is_there != page->is_mapped)
            fail_msg("run %lu, step %u, %s: page %u is there: %d", run_number, step, what, i, is_there);
        if (!is_there) continue;
        assert_true(start + size > address_of(i));
        if (info.protection != page->protection || info.max_protection != page->maximum ||
            info.inheritance != page->inheritance || (info.shared != 0) != page->is_shared)
            fail_msg("run %lu, step %u, %s: page %u has protection %d, maximum %d, inheritance %u, shared %d; should "
                     "be %d, %d, %u, %d",
                     run_number, step, what, i, info.protection, info.max_protection, info.inheritance, info.shared,
                     page->protection, page->maximum, page->inheritance, page->is_shared);
        // A region is all of one kind.
        for (vm_address_t other = start; other < start + size; other += PAGE) {
            if (other < (vm_address_t)arena || other >= address_of(PAGES)) continue;
            const struct page *neighbour = &pages[(other - (vm_address_t)arena) / PAGE];
            assert_true(neighbour->is_mapped && neighbour->protection == page->protection);
        }
    }
}

// In a child: what it has, and then something else in all that it can write to. 100 and more: the page that is wrong.
static int live_as_child(void *argument) {
    (void)argument;
    for (unsigned i = 0; i < PAGES; i++) {
        const struct page *page = &pages[i];
        bool is_there = page->is_mapped && page->inheritance != VM_INHERIT_NONE;
        if (is_mapped(arena + i * PAGE) != is_there) return 100 + (int)i;
        if (is_there && page->protection & VM_PROT_READ && (unsigned char)arena[i * PAGE] != frames[page->frame])
            return 130 + (int)i;
    }
    for (unsigned i = 0; i < PAGES; i++) {
        const struct page *page = &pages[i];
        if (page->is_mapped && page->inheritance != VM_INHERIT_NONE && page->protection & VM_PROT_WRITE)
            memset(arena + i * PAGE, 200, PAGE);
    }
    return 0;
}

static void fork_a_child(void) {
    SAY("fork");
    int code = in_child(live_as_child, NULL);
    if (code != 0) fail_msg("run %lu, step %u: the child says %d", run_number, step, code);
    for (unsigned i = 0; i < PAGES; i++) {
        const struct page *page = &pages[i];
        if (page->is_mapped && page->inheritance == VM_INHERIT_SHARE && page->protection & VM_PROT_WRITE)
            frames[page->frame] = 200;
    }
    compare();
}

// ---- Runs

static void run(unsigned long number) {
    run_number = number;
    seed = number * 7919 + 1;
    frame_count = object_count = 0;
    memset(pages, 0, sizeof(pages));
    arena = far_place(PAGES * PAGE);
    static void (*const operations[])(void) = {allocate_pages,   allocate_pages, map_pages,     map_pages,
                                               deallocate_pages, protect_pages,  protect_pages, protect_by_system,
                                               inherit_pages,    copy_pages,     write_pages,   remap_pages,
                                               remap_pages,      map_zeros,      store};
    for (step = 0; step < STEPS; step++) {
        operations[next_random(COUNT_OF(operations))]();
        // Asking for all that is known of mappings takes long beside a sanitizer's own memory.
        if (step % (UNDER_TSAN ? 5 : 1) == 0) compare();
        if (step % 100 == 99) fork_a_child();
    }
    assert_success(vm_deallocate(SELF, (vm_address_t)arena, PAGES * PAGE));
    mach_linux_trim();
}

static void run_some(void) {
    for (unsigned long number = 1; number <= ROUNDS_OF(12, 2); number++) run(number + (vm->by_message ? 1000 : 0));
}
static void memory_is_as_the_model_says(void **state) {
    (void)state;
    each_way(run_some);
}

int main(void) {
    const struct CMUnitTest tests[] = {TASK_TEST(memory_is_as_the_model_says)};
    return TASK_RUN(tests);
}

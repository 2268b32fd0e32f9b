/* The process's memory: what is mapped where, what is done with it, and copies that find bad addresses out. */
#define _GNU_SOURCE /* mremap */
#include "clinux.h"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/uio.h>

// -- What is mapped -----------------------------------------------------------------------------------------------------

// Of the thread: the process's own directory is empty once its first thread has ended.
int clinux_open_maps(void) { return clinux_open("/proc/thread-self/maps", 0); }
int clinux_open_details(void) { return clinux_open("/proc/thread-self/smaps", 0); }
int clinux_open_pages(void) { return clinux_open("/proc/thread-self/pagemap", 0); }

// What PROCMAP_QUERY of Linux 6.11 takes and gives; older headers do not have it.
struct mapping_query {
    uint64_t size, flags, address;
    uint64_t start, end, kind, page_size, offset, inode;
    uint32_t major, minor, name_size, build_id_size;
    uint64_t name, build_id;
};
#define MAPPING_QUERY      _IOWR('f', 17, struct mapping_query)
#define MAPPING_READABLE   1
#define MAPPING_WRITABLE   2
#define MAPPING_EXECUTABLE 4
#define MAPPING_SHARED     8
#define MAPPING_OR_NEXT    16

int clinux_query_mapping(int maps, uintptr_t address, uintptr_t end) {
    char name[8] = "";
    struct mapping_query query = {
        .size = sizeof query, .address = address, .name_size = sizeof name, .name = (uintptr_t)name};
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return -1;
    int saved = errno;
    long result = syscall(SYS_ioctl, maps, MAPPING_QUERY, &query);
    // A name that does not fit is none of those that matter.
    int error = result == -1 ? errno : 0;
    errno = saved;
    if (error == ENAMETOOLONG || error == ENOENT) return 0;
    if (error != 0) return -1;
    bool is_ordinary = name[0] == '\0' || strcmp(name, "[heap]") == 0;
    bool is_private =
        (query.kind & (MAPPING_READABLE | MAPPING_WRITABLE | MAPPING_SHARED)) == (MAPPING_READABLE | MAPPING_WRITABLE);
    return is_ordinary && is_private && query.inode == 0 && query.start <= address && query.end >= end;
}

int clinux_find_mapping(int maps, uintptr_t address, clinux_mapping *mapping) {
    char name[40] = "";
    struct mapping_query query = {.size = sizeof query,
                                  .flags = MAPPING_OR_NEXT,
                                  .address = address,
                                  .name_size = sizeof name,
                                  .name = (uintptr_t)name};
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return -1;
    int saved = errno;
    long result = syscall(SYS_ioctl, maps, MAPPING_QUERY, &query);
    if (result == -1 && errno == ENAMETOOLONG) {
        // The names that matter fit.
        query.name_size = 0;
        query.name = 0;
        result = syscall(SYS_ioctl, maps, MAPPING_QUERY, &query);
    }
    int error = result == -1 ? errno : 0;
    errno = saved;
    if (error == ENOENT) return 0;
    if (error != 0) return -1;
    mapping->name = 0;
    for (int i = 0; i < 8; i++) mapping->name = mapping->name << 8 | (unsigned char)name[i];
    mapping->start = (uintptr_t)query.start;
    mapping->end = (uintptr_t)query.end;
    mapping->offset = query.offset;
    mapping->inode = query.inode;
    mapping->major = query.major;
    mapping->minor = query.minor;
    mapping->is_shared = (query.kind & MAPPING_SHARED) != 0;
    mapping->protection = (query.kind & MAPPING_READABLE ? PROT_READ : 0) |
                          (query.kind & MAPPING_WRITABLE ? PROT_WRITE : 0) |
                          (query.kind & MAPPING_EXECUTABLE ? PROT_EXEC : 0);
    return 1;
}

// -- What is in pages ---------------------------------------------------------------------------------------------------

#define WORD_PRESENT   (UINT64_C(1) << 63)
#define WORD_SWAPPED   (UINT64_C(1) << 62)
#define WORD_OF_FILE   (UINT64_C(1) << 61)
#define WORD_EXCLUSIVE (UINT64_C(1) << 56)

static bool read_words(int pages, uint64_t number, size_t count, uint64_t *words) {
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return false;
    int saved = errno;
    long length = syscall(SYS_pread64, pages, words, count * sizeof *words, number * sizeof *words);
    errno = saved;
    return length == (long)(count * sizeof *words);
}

bool clinux_read_pages(int pages, uint64_t number, size_t count, uint8_t *bits) {
    uint64_t words[256];
    if (count > 256 || !read_words(pages, number, count, words)) return false;
    for (size_t i = 0; i < count; i++) {
        bits[i] = (uint8_t)((words[i] & WORD_PRESENT ? CLINUX_PAGE_PRESENT : 0) |
                            (words[i] & WORD_SWAPPED ? CLINUX_PAGE_SWAPPED : 0) |
                            (words[i] & WORD_OF_FILE ? CLINUX_PAGE_OF_FILE : 0) |
                            ((words[i] & (WORD_PRESENT | WORD_EXCLUSIVE)) == WORD_PRESENT ? CLINUX_PAGE_SHARED : 0));
    }
    return true;
}

// What PAGEMAP_SCAN of Linux 6.7 takes and gives: runs of pages, without looking at each that is not there.
struct page_scan {
    uint64_t size, flags, start, end, walk_end, runs, run_count, most_pages;
    uint64_t inverted, all_of, any_of, shown;
};
struct page_run {
    uint64_t start, end, kinds;
};
#define PAGE_SCAN    _IOWR('f', 16, struct page_scan)
#define SCAN_PRESENT 8
#define SCAN_SWAPPED 16

static bool scan_pages(int pages, uintptr_t start, uintptr_t end, uint64_t *present, uint64_t *swapped) {
    struct page_run runs[32];
    *present = *swapped = 0;
    while (start < end) {
        struct page_scan scan = {.size = sizeof scan,
                                 .start = start,
                                 .end = end,
                                 .runs = (uintptr_t)runs,
                                 .run_count = 32,
                                 .any_of = SCAN_PRESENT | SCAN_SWAPPED,
                                 .shown = SCAN_PRESENT | SCAN_SWAPPED};
        long count = syscall(SYS_ioctl, pages, PAGE_SCAN, &scan);
        if (count < 0) return false;
        for (long i = 0; i < count; i++) {
            uint64_t size = (runs[i].end - runs[i].start) / clinux_page_size();
            if (runs[i].kinds & SCAN_PRESENT) *present += size;
            if (runs[i].kinds & SCAN_SWAPPED) *swapped += size;
        }
        if (scan.walk_end <= start) return false;
        start = (uintptr_t)scan.walk_end;
    }
    return true;
}

bool clinux_count_pages(int pages, uintptr_t start, uintptr_t end, uint64_t *present, uint64_t *swapped) {
    int saved = errno;
    bool done = !clinux_fails(CLINUX_SYSTEM_CALL) && scan_pages(pages, start, end, present, swapped);
    errno = saved;
    if (done) return true;
    *present = *swapped = 0;
    const size_t page = clinux_page_size();
    while (start < end) {
        uint64_t words[256];
        size_t count = (end - start) / page < 256 ? (end - start) / page : 256;
        if (!read_words(pages, start / page, count, words)) return false;
        for (size_t i = 0; i < count; i++) {
            *present += (words[i] & WORD_PRESENT) != 0;
            *swapped += (words[i] & WORD_SWAPPED) != 0;
        }
        start += count * page;
    }
    return true;
}

// -- What is done with pages --------------------------------------------------------------------------------------------

// A system call that fails as one does that is short of something.
#define ERROR_OF(call)                                                                                                 \
    do {                                                                                                               \
        if (clinux_fails(CLINUX_SYSTEM_CALL)) return ENOMEM;                                                           \
        int saved = errno;                                                                                             \
        int error = (call) == -1 ? errno : 0;                                                                          \
        errno = saved;                                                                                                 \
        return error;                                                                                                  \
    } while (0)

int clinux_protect(uintptr_t address, size_t size, int protection) {
    ERROR_OF(mprotect((void *)address, size, protection));
}
// Not the C library's functions: sanitizers let those do nothing.
int clinux_lock_pages(uintptr_t address, size_t size) { ERROR_OF(syscall(SYS_mlock, address, size)); }
int clinux_unlock_pages(uintptr_t address, size_t size) { ERROR_OF(syscall(SYS_munlock, address, size)); }
int clinux_advise(uintptr_t address, size_t size, clinux_advice advice) {
    ERROR_OF(madvise((void *)address, size, (int)advice));
}

// How often the calling thread was given a page while it filled a range; -1 when it cannot be told.
static __attribute__((noinline)) long fill(uintptr_t address, size_t size, int *error) {
    struct rusage before, after;
    if (getrusage(RUSAGE_THREAD, &before) != 0) return -1;
    if (madvise((void *)address, size, (int)CLINUX_ADVICE_FILL) != 0) *error = errno;
    if (getrusage(RUSAGE_THREAD, &after) != 0) return -1;
    return after.ru_minflt + after.ru_majflt - before.ru_minflt - before.ru_majflt;
}

int clinux_fill(uintptr_t address, size_t size, bool *was_there) {
    *was_there = false;
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return ENOMEM;
    int saved = errno;
    int error = 0;
    // Once for nothing: the pages of the code itself, and of the stack, would count as well.
    (void)fill(address, 0, &error);
    *was_there = fill(address, size, &error) == 0;
    errno = saved;
    return error;
}

int clinux_sync(uintptr_t address, size_t size, int flags) {
    // Not the C library's function: that is a cancellation point.
    int saved = errno;
    int error = syscall(SYS_msync, address, size, flags) == -1 ? errno : 0;
    errno = saved;
    return error;
}

void *clinux_reserve_like(uintptr_t address, size_t size, size_t unit) {
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return NULL;
    int saved = errno;
    size_t room = size + unit;
    char *start =
        room < size ? MAP_FAILED : mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) {
        errno = saved;
        return NULL;
    }
    size_t before = (address - (uintptr_t)start) & (unit - 1);
    if (before > 0) munmap(start, before);
    if (before < unit) munmap(start + before + size, unit - before);
    errno = saved;
    return start + before;
}

bool clinux_move(uintptr_t from, size_t size, void *to) {
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return false;
    int saved = errno;
    bool moved = mremap((void *)from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) != MAP_FAILED;
    errno = saved;
    return moved;
}

void *clinux_share(uintptr_t from, size_t size, void *to, int *error) {
    if (clinux_fails(CLINUX_SYSTEM_CALL)) {
        *error = ENOMEM;
        return NULL;
    }
    int saved = errno;
    // Of a shared mapping, no bytes move: it stays, and the pages are mapped again.
    void *memory = to == NULL ? mremap((void *)from, 0, size, MREMAP_MAYMOVE)
                              : mremap((void *)from, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
    *error = memory == MAP_FAILED ? errno : 0;
    errno = saved;
    return memory == MAP_FAILED ? NULL : memory;
}

// -- Memory that a program names ------------------------------------------------------------------------------------

bool clinux_is_readable(const void *address) {
    // A signal mask is eight bytes. What to do with it is no number that there is, and is looked at after the reading.
    const uintptr_t last = (uintptr_t)address | (clinux_page_size() - 1);
    const void *mask = last - (uintptr_t)address < 7 ? (const void *)(last - 7) : address;
    int saved = errno;
    long result = syscall(SYS_rt_sigprocmask, -1, mask, NULL, 8UL);
    bool readable = !(result == -1 && errno == EFAULT);
    errno = saved;
    return readable;
}

// Whether the word of four bytes that an address lies in can be written to: nothing is added to it in one step. A waiter
// of that word would be woken without need.
static bool is_writable(const void *address) {
    static uint32_t nothing;
    int saved = errno;
    uintptr_t word = (uintptr_t)address & ~(uintptr_t)3;
    long result = syscall(SYS_futex, &nothing, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0UL, word,
                          FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_LT, 0));
    bool writable = !(result == -1 && errno == EFAULT);
    errno = saved;
    return writable;
}

/* Where a sandbox forbids the call that copies and checks at once: a page at a time, which others can unmap in
   between. */
static bool copy_page_by_page(char *to, const char *from, size_t size, bool checks_target) {
    size_t page = clinux_page_size();
    while (size > 0) {
        size_t part = page - ((uintptr_t)from & (page - 1));
        size_t room = page - ((uintptr_t)to & (page - 1));
        if (checks_target && part > room) part = room;
        if (part > size) part = size;
        if (!clinux_is_readable(from)) return false;
        if (checks_target && !is_writable(to)) return false;
        memcpy(to, from, part);
        to += part;
        from += part;
        size -= part;
    }
    return true;
}

// The system reads as the mapping allows, and writes as the processor does, which is the same.
static bool copy_checked(char *to, const char *from, size_t size, bool checks_target) {
    int saved = errno;
    bool done = true;
    while (size > 0) {
        if (clinux_fails(CLINUX_SYSTEM_CALL)) {
            done = copy_page_by_page(to, from, size, checks_target);
            break;
        }
        struct iovec local = {to, size}, remote = {(void *)from, size};
        // The thread, not the process: that cannot be named so once its first thread has ended.
        long length = syscall(SYS_process_vm_readv, syscall(SYS_gettid), &local, 1UL, &remote, 1UL, 0UL);
        if (length <= 0) {
            done = length == -1 && errno != EFAULT && copy_page_by_page(to, from, size, checks_target);
            break;
        }
        to += length;
        from += length;
        size -= (size_t)length;
    }
    errno = saved;
    return done;
}

bool clinux_copy_checked(void *to, const void *from, size_t size) { return copy_checked(to, from, size, false); }
bool clinux_write_checked(void *to, const void *from, size_t size) { return copy_checked(to, from, size, true); }

/*
 * The system calls and C library calls that the kernel needs, as static inline functions that Swift can import
 * where there is no Glibc module. Every name starts with clinux_. Nothing here keeps state but the one thread-local.
 */
#ifndef CLINUX_H
#define CLINUX_H

#include <errno.h>
#include <linux/futex.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clinux_process.h"

/* What the library keeps for the calling thread: NULL until its first call. */
extern _Thread_local void *clinux_thread_slot __attribute__((visibility("hidden"), tls_model("initial-exec")));

static inline void *clinux_thread(void) { return clinux_thread_slot; }
static inline void clinux_set_thread(void *thread) { clinux_thread_slot = thread; }

/* What the checked flavours can be told to let fail; a system call fails as if the system were short of something. */
typedef enum { CLINUX_ALLOCATION = 1, CLINUX_SYSTEM_CALL = 2 } clinux_fault;

#if defined(CHECKED)
/* Whether the next allocation or system call of the calling thread is to fail. */
bool clinux_fails(clinux_fault kind) __attribute__((visibility("hidden")));
/* From now on the n-th of these kinds, counted from 1, fails, and all after it if so wanted; 0 for none. Returns how
   many have failed since this was last called. */
uint32_t clinux_inject(int kinds, uint32_t n, bool all) __attribute__((visibility("hidden")));
#else
static inline bool clinux_fails(clinux_fault kind) { return kind == 0; }
#endif

/* A race: threads of a checked flavour that take turns as a seed chooses. */
#if defined(CHECKED)
enum { CLINUX_MOST_RACERS = 16 };

typedef struct {
    void (*run)(void *argument);
    void *argument;
} clinux_body;

/* Of the calling thread; NULL when it is in no race. */
extern _Thread_local struct clinux_racer *clinux_racer_slot
    __attribute__((visibility("hidden"), tls_model("initial-exec")));

/* Runs each body in a thread of its own until all have ended, destructors and all. Returns 0 and which turns there were
   as a number, EINVAL, ENOMEM, EAGAIN (not enough threads), or EDEADLK when all that are left sleep for ever. */
int clinux_race(uint64_t seed, const clinux_body *bodies, uint32_t count, uint64_t *course)
    __attribute__((visibility("hidden")));
/* Where the turn may pass to another. */
void clinux_step(void) __attribute__((visibility("hidden")));
/* What clinux_futex_wait and clinux_futex_wake do in a race. */
int clinux_race_wait(const void *word, uint32_t expected, uint64_t deadline) __attribute__((visibility("hidden")));
void clinux_race_wake(const void *word, int count) __attribute__((visibility("hidden")));

static inline void clinux_may_step(void) {
    if (clinux_racer_slot != NULL) clinux_step();
}
#else
static inline void clinux_may_step(void) {}
#endif

/* Lets other threads run. */
static inline void clinux_yield(void) { sched_yield(); }

/* Memory of the C allocator: NULL when there is none. */
static inline void *clinux_allocate(size_t size) { return clinux_fails(CLINUX_ALLOCATION) ? NULL : malloc(size); }
static inline void *clinux_allocate_zeroed(size_t count, size_t size) {
    return clinux_fails(CLINUX_ALLOCATION) ? NULL : calloc(count, size);
}
static inline void *clinux_allocate_aligned(size_t alignment, size_t size) { return aligned_alloc(alignment, size); }
static inline void clinux_free(void *memory) { free(memory); }
/* Gives free memory of the C allocator back to the system. */
static inline void clinux_trim(void) { malloc_trim(0); }
static inline void clinux_copy(void *to, const void *from, size_t size) { memcpy(to, from, size); }
/* Copies so many words of four bytes, each by a load of its own. */
static inline void clinux_copy_words(void *to, const void *from, size_t count) {
    typedef uint32_t word __attribute__((aligned(1), may_alias));
    for (size_t i = 0; i < count; i++) ((word *)to)[i] = ((const volatile word *)from)[i];
}

#if defined(CHECKED)
/* Tells AddressSanitizer, if that is there, that memory is not to be touched, or is again. */
void clinux_poison(const void *address, size_t size) __attribute__((visibility("hidden")));
void clinux_unpoison(const void *address, size_t size) __attribute__((visibility("hidden")));
#endif

/* A hint to the processor that memory will be read soon, whether it is there or not. */
static inline void clinux_prefetch(const void *address) { __builtin_prefetch(address); }

/* A hint to the processor that the caller spins. */
static inline void clinux_pause(void) {
    clinux_may_step();
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/*
 * Sleeps while *word is expected. deadline is in nanoseconds of CLOCK_MONOTONIC, UINT64_MAX for none; with none, the
 * kernel restarts the wait by itself after a handler that was installed with SA_RESTART.
 * Returns 0 (woken, perhaps for nothing), EAGAIN, EINTR or ETIMEDOUT; errno stays as it was.
 */
static inline int clinux_futex_wait(const void *word, uint32_t expected, uint64_t deadline) {
#if defined(CHECKED)
    if (clinux_racer_slot != NULL) return clinux_race_wait(word, expected, deadline);
#endif
    struct timespec at = {(time_t)(deadline / 1000000000u), (long)(deadline % 1000000000u)};
    int saved = errno;
    long result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                          deadline == UINT64_MAX ? NULL : &at, NULL, FUTEX_BITSET_MATCH_ANY);
    int error = result == -1 ? errno : 0;
    errno = saved;
    return error;
}

/* Wakes at most count threads that sleep on word; a word whose memory is gone is no error. errno stays as it was. */
static inline void clinux_futex_wake(const void *word, int count) {
#if defined(CHECKED)
    if (clinux_racer_slot != NULL) return clinux_race_wake(word, count);
#endif
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count, NULL, NULL, 0);
    errno = saved;
}

/* The CPU that the caller runs on; in a race always the same. */
int32_t clinux_cpu(void) __attribute__((visibility("hidden")));

/* Nanoseconds of CLOCK_MONOTONIC. */
static inline uint64_t clinux_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Nanoseconds of another clock of the system; it never fails for those that the library asks. */
static inline uint64_t clinux_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The resolution of a clock, in nanoseconds. */
static inline int32_t clinux_clock_resolution(clockid_t clock) {
    struct timespec resolution;
    clock_getres(clock, &resolution);
    return (int32_t)(resolution.tv_sec * 1000000000 + resolution.tv_nsec);
}

static const clockid_t clinux_real_time = CLOCK_REALTIME;
static const clockid_t clinux_monotonic_time = CLOCK_MONOTONIC;
static const clockid_t clinux_coarse_time = CLOCK_MONOTONIC_COARSE;
static const clockid_t clinux_boot_time = CLOCK_BOOTTIME;

/*
 * Starts a thread that no one waits for, with all signals blocked, a small stack, and time-outs as exact as the system
 * has them. Its name has at most 15 letters. False when the system has none to give. errno stays as it was. One caller
 * at a time.
 */
bool clinux_start_thread(void *(*body)(void *), const char *name) __attribute__((visibility("hidden")));

/* Where clinux_map puts pages: at the address only if nothing is mapped there, or in place of what is. */
typedef enum {
    CLINUX_MAP_ANYWHERE = 0,
    CLINUX_MAP_FREE = MAP_FIXED_NOREPLACE,
    CLINUX_MAP_OVER = MAP_FIXED
} clinux_placing;

/* Fresh zero pages, shared with forked children or private, with a protection of PROT_ bits. NULL on failure, the cause
   in *error. */
static inline void *clinux_map_as(void *hint, size_t size, clinux_placing placing, int protection, bool shared,
                                  int *error) {
    if (clinux_fails(CLINUX_SYSTEM_CALL)) {
        *error = ENOMEM;
        return NULL;
    }
    int saved = errno;
    int flags = (shared ? MAP_SHARED | MAP_NORESERVE : MAP_PRIVATE) | MAP_ANONYMOUS | (int)placing;
    void *memory = mmap(hint, size, protection, flags, -1, 0);
    *error = memory == MAP_FAILED ? errno : 0;
    errno = saved;
    return memory == MAP_FAILED ? NULL : memory;
}

/* Fresh private zero pages to read and write. NULL on failure, the cause in *error. */
static inline void *clinux_map(void *hint, size_t size, clinux_placing placing, int *error) {
    return clinux_map_as(hint, size, placing, PROT_READ | PROT_WRITE, false, error);
}

/* Gives pages back; 0 or the errno value. */
static inline int clinux_unmap(uintptr_t address, size_t size) {
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return ENOMEM;
    int saved = errno;
    int error = munmap((void *)address, size) == -1 ? errno : 0;
    errno = saved;
    return error;
}

/* Fresh private zero pages that are all there already; NULL on failure. */
static inline void *clinux_map_populated(size_t size) {
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return NULL;
    int saved = errno;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    errno = saved;
    return memory == MAP_FAILED ? NULL : memory;
}

/*
 * Room for size bytes at an address that has the same remainder by unit, a power of two, as the given one: nothing can
 * be read or written there yet. NULL on failure.
 */
void *clinux_reserve_like(uintptr_t address, size_t size, size_t unit) __attribute__((visibility("hidden")));

/* Fresh private zero pages, huge ones of so many bytes where the system has them; NULL on failure. */
static inline void *clinux_map_huge(size_t size, size_t huge) {
    int saved = errno;
    void *memory = clinux_reserve_like(0, size, huge);
    if (memory != NULL) {
        if (mprotect(memory, size, PROT_READ | PROT_WRITE) == 0) {
            madvise(memory, size, MADV_HUGEPAGE);
        } else {
            munmap(memory, size);
            memory = NULL;
        }
    }
    errno = saved;
    return memory;
}

/*
 * Moves private pages to a reserved place of the same size; what was at their old address is gone. On failure the place
 * may be reserved no more, or even someone else's.
 */
bool clinux_move(uintptr_t from, size_t size, void *to) __attribute__((visibility("hidden")));

/*
 * Makes private pages without a file readable and writable, whatever they were, and lets the system drop what they
 * hold.
 * False for other pages, and where there are none.
 */
static inline bool clinux_renew(uintptr_t address, size_t size) {
    if (clinux_fails(CLINUX_SYSTEM_CALL)) return false;
    int saved = errno;
    bool done =
        madvise((void *)address, size, MADV_FREE) == 0 && mprotect((void *)address, size, PROT_READ | PROT_WRITE) == 0;
    errno = saved;
    return done;
}

/* Copies from memory that may not be readable as a whole: then false, and some of it may have been copied. */
bool clinux_copy_checked(void *to, const void *from, size_t size) __attribute__((visibility("hidden")));

/* As clinux_copy_checked, where it is the target that may not be writable; both may be a program's. */
bool clinux_write_checked(void *to, const void *from, size_t size) __attribute__((visibility("hidden")));

/* Whether the eight bytes, or what of them is in the same page, can be read at address. */
bool clinux_is_readable(const void *address) __attribute__((visibility("hidden")));

/* What is done with mapped pages, whoever mapped them. Each gives 0 or the errno value; errno stays as it was. */
int clinux_protect(uintptr_t address, size_t size, int protection) __attribute__((visibility("hidden")));
int clinux_lock_pages(uintptr_t address, size_t size) __attribute__((visibility("hidden")));
int clinux_unlock_pages(uintptr_t address, size_t size) __attribute__((visibility("hidden")));

/* Advice that madvise takes; older headers do not have all. */
typedef enum {
    CLINUX_ADVICE_NORMAL = 0,
    CLINUX_ADVICE_RANDOM = 1,
    CLINUX_ADVICE_SEQUENTIAL = 2,
    CLINUX_ADVICE_WILL_NEED = 3,
    CLINUX_ADVICE_ZERO = 4, /* MADV_DONTNEED: what private memory without a file holds is lost */
    CLINUX_ADVICE_FREE = 8,
    CLINUX_ADVICE_NO_FORK = 10,
    CLINUX_ADVICE_FORK = 11,
    CLINUX_ADVICE_HUGE = 14,
    CLINUX_ADVICE_COLD = 20,
    CLINUX_ADVICE_PAGE_OUT = 21,
    CLINUX_ADVICE_FILL = 23 /* MADV_POPULATE_WRITE */
} clinux_advice;
int clinux_advise(uintptr_t address, size_t size, clinux_advice advice) __attribute__((visibility("hidden")));

/* How clinux_sync brings pages and their file in line. ENOMEM when some of the range is not mapped; the rest is done. */
typedef enum {
    CLINUX_SYNC_LATER = MS_ASYNC,
    CLINUX_SYNC_NOW = MS_SYNC,
    CLINUX_SYNC_STALE = MS_INVALIDATE
} clinux_sync_flags;
int clinux_sync(uintptr_t address, size_t size, int flags) __attribute__((visibility("hidden")));
/* Whether all of a page-aligned range is mapped. */
static inline bool clinux_is_mapped(uintptr_t address, size_t size) {
    // Not the C library's function: that is a cancellation point, and locks are held.
    int saved = errno;
    bool mapped = syscall(SYS_msync, address, size, MS_ASYNC) == 0;
    errno = saved;
    return mapped;
}

/*
 * Maps pages of a shared mapping, which may not be readable there, a second time: at a place that is reserved, or where
 * there is room if to is NULL. NULL on failure, the cause in *error.
 */
void *clinux_share(uintptr_t from, size_t size, void *to, int *error) __attribute__((visibility("hidden")));

/* Gives each page of a range that lacks one a zero page (MADV_POPULATE_WRITE), and tells whether none lacked one, as far as that can be
 * known: it may miss that when the thread was given another page meanwhile, but never says so wrongly. An errno value, or 0. */
int clinux_fill(uintptr_t address, size_t size, bool *was_there) __attribute__((visibility("hidden")));

/* A mapping of the process. */
typedef struct {
    uintptr_t start, end;
    uint64_t offset, inode;
    uint32_t major, minor;
    int protection; /* PROT_ bits */
    bool is_shared;
    uint64_t name; /* its first eight letters, the first one highest */
} clinux_mapping;
/* The mapping that covers an address, or the next one. 1; 0 when there is none; -1 when the system cannot tell so. */
int clinux_find_mapping(int maps, uintptr_t address, clinux_mapping *mapping) __attribute__((visibility("hidden")));
/* The same as clinux_open_maps, with all that is known of each mapping. */
int clinux_open_details(void) __attribute__((visibility("hidden")));

/* What is in each page of the process: a word for each. -1 on failure. */
int clinux_open_pages(void) __attribute__((visibility("hidden")));
enum { CLINUX_PAGE_PRESENT = 1, CLINUX_PAGE_SWAPPED = 2, CLINUX_PAGE_OF_FILE = 4, CLINUX_PAGE_SHARED = 8 };
/* The words of so many pages from a page's number on, at most 256, as CLINUX_PAGE_ bits. False on failure. */
bool clinux_read_pages(int pages, uint64_t number, size_t count, uint8_t *bits) __attribute__((visibility("hidden")));
/* How many pages of a range are there, and how many are swapped out. False when the system cannot tell so. */
bool clinux_count_pages(int pages, uintptr_t start, uintptr_t end, uint64_t *present, uint64_t *swapped)
    __attribute__((visibility("hidden")));

/* The list of the process's mappings; -1 on failure. For these three, errno stays as it was. */
int clinux_open_maps(void) __attribute__((visibility("hidden")));
/* Whether one mapping of private, readable and writable memory without a file covers a range; -1: the system cannot
   tell so. */
int clinux_query_mapping(int maps, uintptr_t address, uintptr_t end) __attribute__((visibility("hidden")));
/* Opens a file to read, with further flags of open. The errno value as a negative number on failure, as of the next. */
int clinux_open(const char *path, int flags) __attribute__((visibility("hidden")));
long clinux_read(int file, void *buffer, size_t size) __attribute__((visibility("hidden")));
void clinux_close(int file) __attribute__((visibility("hidden")));

/* An event counter that polls readable after it was raised, until it is lowered; -1 on failure. errno stays. */
int clinux_event_make(void) __attribute__((visibility("hidden")));
void clinux_event_raise(int event) __attribute__((visibility("hidden")));
void clinux_event_lower(int event) __attribute__((visibility("hidden")));
bool clinux_is_raised(int event) __attribute__((visibility("hidden")));
/* A further descriptor of the same thing, close-on-exec; -1 on failure. errno stays as it was. */
int clinux_duplicate(int file) __attribute__((visibility("hidden")));

/* A number that no one can guess; 0 where the system has none to give. */
static inline uint64_t clinux_secret(void) {
    uint64_t secret = 0;
    int saved = errno;
    if (syscall(SYS_getrandom, &secret, sizeof secret, 1 /* do not wait */) != sizeof secret) secret = 0;
    errno = saved;
    return secret;
}

static inline size_t clinux_page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static inline bool clinux_equal(const char *one, const char *other) { return strcmp(one, other) == 0; }
static inline void clinux_set_errno(int value) { errno = value; }

static inline pthread_t clinux_this_thread(void) { return pthread_self(); }

/*
 * A guard violation that no handler hears of: what LIBMACH_GUARD said at load, "log" (a line on standard error), "kill"
 * (SIGKILL), or nothing.
 */
void clinux_report_guard(uint32_t name, uint32_t flavor, uint64_t expected, uint64_t given)
    __attribute__((visibility("hidden")));
void clinux_read_environment(void) __attribute__((visibility("hidden")));

/*
 * Writes a line to the standard error, in one piece if the system takes it so: prefix and text, or, with a type that is
 * not NULL, prefix, type, text, and the code in hexadecimal. A NULL prefix is an empty string. errno stays as it was.
 */
void clinux_write_error(const char *prefix, const char *type, const char *text, uint32_t code)
    __attribute__((visibility("hidden")));

/* Ends the process at once. */
void clinux_kill(void) __attribute__((visibility("hidden")));

/*
 * At the end of a thread that may have been cancelled: tells AddressSanitizer, where that is at work, that the frames
 * below the caller's are gone. Cancellation does not, and their red zones would stay.
 */
void clinux_forget_frames(void) __attribute__((visibility("hidden")));

/* Runs destroy(value) when a thread that called clinux_keep_until_exit(key, value) ends. */
static inline bool clinux_make_exit_key(pthread_key_t *key, void (*destroy)(void *)) {
    return pthread_key_create(key, destroy) == 0;
}
static inline bool clinux_keep_until_exit(pthread_key_t key, void *value) {
    return pthread_setspecific(key, value) == 0;
}

/* Runs prepare before a fork, then parent and child in these, before fork returns. */
static inline bool clinux_around_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
    return pthread_atfork(prepare, parent, child) == 0;
}

/* The words of an audit token that the system knows; the login uid is UINT32_MAX where there is none. */
uint32_t clinux_login_user(void) __attribute__((visibility("hidden")));
static inline uint32_t clinux_effective_user(void) { return (uint32_t)geteuid(); }
static inline uint32_t clinux_effective_group(void) { return (uint32_t)getegid(); }
static inline uint32_t clinux_real_user(void) { return (uint32_t)getuid(); }
static inline uint32_t clinux_real_group(void) { return (uint32_t)getgid(); }
static inline uint32_t clinux_process(void) { return (uint32_t)getpid(); }
static inline uint32_t clinux_session(void) { return (uint32_t)getsid(0); }

/* -- Where the system tells about itself, in host.c. For all of them, errno stays as it was. */

typedef enum {
    CLINUX_STAT,         /* ticks of all processors, and of each */
    CLINUX_MEMINFO,      /* memory, in KiB */
    CLINUX_VMSTAT,       /* what has happened to memory */
    CLINUX_LOADAVG,      /* load averages */
    CLINUX_COMMAND_LINE, /* what the kernel was started with */
    CLINUX_CPUS_ONLINE,  /* numbers of processors: 0-3,5 */
    CLINUX_CPUS_PRESENT
} clinux_text;

/* A file to read a text from, as clinux_open gives it. */
int clinux_open_text(clinux_text text) __attribute__((visibility("hidden")));
/* The same for the numbers of the processors in the same core as one that is online. */
int clinux_open_siblings(uint32_t cpu) __attribute__((visibility("hidden")));
/* Name, release and version of the system and the kind of machine, cut if need be; how long that is, without its NUL. */
size_t clinux_system_version(char *text, size_t size) __attribute__((visibility("hidden")));

#endif

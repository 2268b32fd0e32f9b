// os_unfair_lock and OSSpinLock: one at a time, waiting, who has it, mistakes, fork.
#include <libkern/OSAtomic.h>
#include <os/lock.h>

#include <pthread.h>
#include <time.h>

#include "darwin_test.h"

enum { THREADS = 4, ROUNDS = 20000 };

static uint64_t processor_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void sleep_for(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static os_unfair_lock unfair = OS_UNFAIR_LOCK_INIT;
static OSSpinLock spin = OS_SPINLOCK_INIT;
static int counted, spin_counted;

static void *count_unfairly(void *argument) {
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        os_unfair_lock_lock(&unfair);
        counted++;
        os_unfair_lock_unlock(&unfair);
    }
    return NULL;
}

static void *count_spinning(void *argument) {
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        OSSpinLockLock(&spin);
        spin_counted++;
        OSSpinLockUnlock(&spin);
    }
    return NULL;
}

static void run(void *(*body)(void *)) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, body, NULL), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
}

static void one_thread_at_a_time(void **state) {
    (void)state;
    run(count_unfairly);
    assert_int_equal(counted, THREADS * ROUNDS);
    assert_int_equal(unfair._os_unfair_lock_opaque, 0);
    run(count_spinning);
    assert_int_equal(spin_counted, THREADS * ROUNDS);
    assert_int_equal(spin, 0);
}

static void trying_does_not_wait(void **state) {
    (void)state;
    os_unfair_lock lock = OS_UNFAIR_LOCK_INIT;
    assert_true(os_unfair_lock_trylock(&lock));
    assert_false(os_unfair_lock_trylock(&lock));
    os_unfair_lock_unlock(&lock);
    assert_true(os_unfair_lock_trylock(&lock));
    os_unfair_lock_unlock(&lock);
    OSSpinLock other = OS_SPINLOCK_INIT;
    assert_true(OSSpinLockTry(&other));
    assert_false(OSSpinLockTry(&other));
    OSSpinLockUnlock(&other);
    assert_true(OSSpinLockTry(&other));
}

static void the_owner_is_known(void **state) {
    (void)state;
    os_unfair_lock lock = OS_UNFAIR_LOCK_INIT;
    os_unfair_lock_assert_not_owner(&lock);
    os_unfair_lock_lock(&lock);
    os_unfair_lock_assert_owner(&lock);
    os_unfair_lock_unlock(&lock);
    os_unfair_lock_assert_not_owner(&lock);
}

static void *is_not_owner(void *lock) {
    os_unfair_lock_assert_not_owner(lock);
    return os_unfair_lock_trylock(lock) ? lock : NULL;
}

static void another_thread_is_not_the_owner(void **state) {
    (void)state;
    os_unfair_lock lock = OS_UNFAIR_LOCK_INIT;
    pthread_t thread;
    void *result = &lock;
    os_unfair_lock_lock(&lock);
    assert_int_equal(pthread_create(&thread, NULL, is_not_owner, &lock), 0);
    pthread_join(thread, &result);
    assert_null(result);
    os_unfair_lock_unlock(&lock);
}

// ---- Waiting

static volatile int32_t is_waiting;

static void *wait_for_unfair(void *lock) {
    OSAtomicIncrement32Barrier(&is_waiting);
    os_unfair_lock_lock(lock);
    os_unfair_lock_unlock(lock);
    return NULL;
}

static void *wait_for_spin(void *lock) {
    OSAtomicIncrement32Barrier(&is_waiting);
    OSSpinLockLock(lock);
    OSSpinLockUnlock(lock);
    return NULL;
}

// Starts three threads that wait, looks at the time all together use meanwhile, and lets them go.
static uint64_t time_of_waiting(void *(*wait)(void *), void *lock, void (*unlock)(void *)) {
    pthread_t threads[3];
    is_waiting = 0;
    for (size_t i = 0; i < COUNT_OF(threads); i++) assert_int_equal(pthread_create(&threads[i], NULL, wait, lock), 0);
    while (OSAtomicAdd32Barrier(0, &is_waiting) < (int32_t)COUNT_OF(threads)) sleep_for(1);
    sleep_for(50);
    uint64_t start = processor_time();
    sleep_for(300);
    uint64_t used = processor_time() - start;
    unlock(lock);
    for (size_t i = 0; i < COUNT_OF(threads); i++) pthread_join(threads[i], NULL);
    return used;
}

static void unlock_unfair(void *lock) { os_unfair_lock_unlock(lock); }

static void unlock_spin(void *lock) { OSSpinLockUnlock(lock); }

// Three threads that spin would use 600 ms of two processors, at least 300.
static void who_waits_long_sleeps(void **state) {
    (void)state;
    os_unfair_lock lock = OS_UNFAIR_LOCK_INIT;
    os_unfair_lock_lock(&lock);
    assert_true(time_of_waiting(wait_for_unfair, &lock, unlock_unfair) < 100000000);
    assert_int_equal(lock._os_unfair_lock_opaque, 0);
    OSSpinLock other = OS_SPINLOCK_INIT;
    OSSpinLockLock(&other);
    assert_true(time_of_waiting(wait_for_spin, (void *)(uintptr_t)&other, unlock_spin) < 250000000);
}

static void handle(int signal_number) { (void)signal_number; }

// A signal to a thread that waits neither ends the wait nor changes errno.
static void *wait_with_errno(void *lock) {
    errno = 12345;
    OSAtomicIncrement32Barrier(&is_waiting);
    os_unfair_lock_lock(lock);
    int after = errno;
    os_unfair_lock_assert_owner(lock);
    os_unfair_lock_unlock(lock);
    return after == 12345 ? lock : NULL;
}

static void signals_do_not_end_the_wait(void **state) {
    (void)state;
    os_unfair_lock lock = OS_UNFAIR_LOCK_INIT;
    struct sigaction action = {.sa_handler = handle};
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    pthread_t thread;
    void *result = NULL;
    is_waiting = 0;
    os_unfair_lock_lock(&lock);
    assert_int_equal(pthread_create(&thread, NULL, wait_with_errno, &lock), 0);
    while (OSAtomicAdd32Barrier(0, &is_waiting) == 0) sleep_for(1);
    for (int i = 0; i < 20; i++) {
        sleep_for(1);
        assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
    }
    os_unfair_lock_unlock(&lock);
    pthread_join(thread, &result);
    assert_ptr_equal(result, &lock);
}

// ---- Mistakes

static os_unfair_lock free_lock = OS_UNFAIR_LOCK_INIT;

static void *take_and_end(void *lock) {
    os_unfair_lock_lock(lock);
    return NULL;
}

static void mistakes_end_the_program(void **state) {
    (void)state;
    os_unfair_lock mine = OS_UNFAIR_LOCK_INIT;
    assert_traps(os_unfair_lock_lock(&mine); os_unfair_lock_lock(&mine));
    assert_traps(os_unfair_lock_unlock(&free_lock));
    assert_traps(os_unfair_lock_assert_owner(&free_lock));
    assert_traps(os_unfair_lock_lock(&mine); os_unfair_lock_assert_not_owner(&mine));
    os_unfair_lock theirs = OS_UNFAIR_LOCK_INIT;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, take_and_end, &theirs), 0);
    pthread_join(thread, NULL);
    assert_traps(os_unfair_lock_unlock(&theirs));
    assert_traps(os_unfair_lock_assert_owner(&theirs));
}

// ---- Fork

// Locks that nobody had are as good in the child; one that was held is not to be had there.
static void a_child_has_no_lock_of_its_parent(void **state) {
    (void)state;
    os_unfair_lock held = OS_UNFAIR_LOCK_INIT, other = OS_UNFAIR_LOCK_INIT;
    os_unfair_lock_lock(&held);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (os_unfair_lock_trylock(&held)) _exit(1);
        os_unfair_lock_assert_not_owner(&held);
        os_unfair_lock_lock(&other);
        os_unfair_lock_assert_owner(&other);
        os_unfair_lock_unlock(&other);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    os_unfair_lock_assert_owner(&held);
    os_unfair_lock_unlock(&held);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_at_a_time),     cmocka_unit_test(trying_does_not_wait),
        cmocka_unit_test(the_owner_is_known),       cmocka_unit_test(another_thread_is_not_the_owner),
        cmocka_unit_test(who_waits_long_sleeps),    cmocka_unit_test(signals_do_not_end_the_wait),
        cmocka_unit_test(mistakes_end_the_program), cmocka_unit_test(a_child_has_no_lock_of_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

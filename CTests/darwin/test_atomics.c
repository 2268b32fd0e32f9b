// Operations of <libkern/OSAtomic.h>: what each gives, and that none is lost among threads.
#include <libkern/OSAtomic.h>

#include <pthread.h>

#include "darwin_test.h"

static void sums_give_the_new_value(void **state) {
    (void)state;
    volatile int32_t small = 5;
    volatile OSAtomic_int64_aligned64_t large = INT64_C(0x100000000);
    assert_int_equal(OSAtomicAdd32(-7, &small), -2);
    assert_int_equal(OSAtomicAdd32Barrier(4, &small), 2);
    assert_int_equal(OSAtomicIncrement32(&small), 3);
    assert_int_equal(OSAtomicIncrement32Barrier(&small), 4);
    assert_int_equal(OSAtomicDecrement32(&small), 3);
    assert_int_equal(OSAtomicDecrement32Barrier(&small), 2);
    assert_int_equal(small, 2);
    assert_true(OSAtomicAdd64(1, &large) == INT64_C(0x100000001));
    assert_true(OSAtomicAdd64Barrier(-1, &large) == INT64_C(0x100000000));
    assert_true(OSAtomicDecrement64(&large) == INT64_C(0xffffffff));
    assert_true(OSAtomicDecrement64Barrier(&large) == INT64_C(0xfffffffe));
    assert_true(OSAtomicIncrement64(&large) == INT64_C(0xffffffff));
    assert_true(OSAtomicIncrement64Barrier(&large) == INT64_C(0x100000000));
    small = INT32_MAX;
    assert_int_equal(OSAtomicIncrement32(&small), INT32_MIN);
}

static void bits_give_the_new_value_or_the_one_before(void **state) {
    (void)state;
    volatile uint32_t bits = 0xc;
    assert_int_equal(OSAtomicOr32(0x3, &bits), 0xf);
    assert_int_equal(OSAtomicAnd32(0x5, &bits), 0x5);
    assert_int_equal(OSAtomicXor32(0xf, &bits), 0xa);
    assert_int_equal(OSAtomicOr32Orig(0x1, &bits), 0xa);
    assert_int_equal(OSAtomicAnd32Orig(0x3, &bits), 0xb);
    assert_int_equal(OSAtomicXor32Orig(0x1, &bits), 0x3);
    assert_int_equal(OSAtomicOr32Barrier(0x8, &bits), 0xa);
    assert_int_equal(OSAtomicAnd32Barrier(0xe, &bits), 0xa);
    assert_int_equal(OSAtomicXor32Barrier(0x2, &bits), 0x8);
    assert_int_equal(OSAtomicOr32OrigBarrier(0x1, &bits), 0x8);
    assert_int_equal(OSAtomicAnd32OrigBarrier(0x1, &bits), 0x9);
    assert_int_equal(OSAtomicXor32OrigBarrier(0x1, &bits), 0x1);
    assert_int_equal(bits, 0);
}

static void only_the_old_value_is_exchanged(void **state) {
    (void)state;
    volatile int32_t word = 1;
    volatile int64_t large __attribute__((aligned(8))) = 1;
    volatile int number = 1;
    volatile long length = 1;
    int a, b;
    void *volatile pointer = &a;
    assert_false(OSAtomicCompareAndSwap32(2, 3, &word));
    assert_int_equal(word, 1);
    assert_true(OSAtomicCompareAndSwap32(1, 3, &word));
    assert_true(OSAtomicCompareAndSwap32Barrier(3, 4, &word));
    assert_int_equal(word, 4);
    assert_false(OSAtomicCompareAndSwap64(2, 3, &large));
    assert_true(OSAtomicCompareAndSwap64(1, INT64_C(1) << 40, &large));
    assert_true(OSAtomicCompareAndSwap64Barrier(INT64_C(1) << 40, 5, &large));
    assert_true(large == 5);
    assert_false(OSAtomicCompareAndSwapInt(2, 3, &number));
    assert_true(OSAtomicCompareAndSwapIntBarrier(1, 3, &number));
    assert_int_equal(number, 3);
    assert_false(OSAtomicCompareAndSwapLong(2, 3, &length));
    assert_true(OSAtomicCompareAndSwapLongBarrier(1, 3, &length));
    assert_int_equal(length, 3);
    assert_false(OSAtomicCompareAndSwapPtr(&b, &b, &pointer));
    assert_ptr_equal(pointer, &a);
    assert_true(OSAtomicCompareAndSwapPtrBarrier(&a, &b, &pointer));
    assert_ptr_equal(pointer, &b);
    OSMemoryBarrier();
}

// Bits are counted from the high end of each byte.
static void single_bits_are_found_where_darwin_has_them(void **state) {
    (void)state;
    uint8_t bytes[4] = {0};
    assert_false(OSAtomicTestAndSet(0, bytes));
    assert_true(OSAtomicTestAndSet(0, bytes));
    assert_int_equal(bytes[0], 0x80);
    assert_false(OSAtomicTestAndSetBarrier(15, bytes));
    assert_int_equal(bytes[1], 0x01);
    assert_false(OSAtomicTestAndSetBarrier(17, bytes));
    assert_int_equal(bytes[2], 0x40);
    assert_true(OSAtomicTestAndClear(17, bytes));
    assert_false(OSAtomicTestAndClear(17, bytes));
    assert_true(OSAtomicTestAndClearBarrier(0, bytes));
    assert_int_equal(bytes[0], 0);
    assert_int_equal(bytes[2], 0);
    assert_int_equal(bytes[1], 0x01);
}

// ---- Lists

struct element {
    int before;
    void *link;
    int number;
};
#define LINK offsetof(struct element, link)

static void the_last_or_the_first_is_taken(void **state) {
    (void)state;
    OSQueueHead stack = OS_ATOMIC_QUEUE_INIT;
    OSFifoQueueHead queue = OS_ATOMIC_FIFO_QUEUE_INIT;
    struct element elements[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
    assert_null(OSAtomicDequeue(&stack, LINK));
    assert_null(OSAtomicFifoDequeue(&queue, LINK));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) OSAtomicEnqueue(&stack, &elements[i], LINK);
        for (int i = 2; i >= 0; i--) assert_ptr_equal(OSAtomicDequeue(&stack, LINK), &elements[i]);
        assert_null(OSAtomicDequeue(&stack, LINK));
        for (int i = 0; i < 3; i++) OSAtomicFifoEnqueue(&queue, &elements[i], LINK);
        for (int i = 0; i < 3; i++) assert_ptr_equal(OSAtomicFifoDequeue(&queue, LINK), &elements[i]);
        assert_null(OSAtomicFifoDequeue(&queue, LINK));
    }
    for (int i = 0; i < 3; i++) assert_int_equal(elements[i].number, i);
}

// ---- Threads

enum { THREADS = 4, ROUNDS = 20000 };

static volatile int32_t sum;
static volatile OSAtomic_int64_aligned64_t large_sum;
static volatile int32_t maximum;
static volatile uint32_t parity;
static OSQueueHead shared_stack = OS_ATOMIC_QUEUE_INIT;
static OSFifoQueueHead shared_queue = OS_ATOMIC_FIFO_QUEUE_INIT;

// Each moves what it can take from one list to the other, counting in the element without any other protection.
static void *work(void *argument) {
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        OSAtomicIncrement32(&sum);
        OSAtomicAdd64Barrier(3, &large_sum);
        OSAtomicXor32(1, &parity);
        int32_t seen;
        do seen = __atomic_load_n(&maximum, __ATOMIC_RELAXED);
        while (!OSAtomicCompareAndSwap32Barrier(seen, seen + 1, &maximum));
        struct element *element = OSAtomicDequeue(&shared_stack, LINK);
        if (element != NULL) {
            element->number++;
            OSAtomicFifoEnqueue(&shared_queue, element, LINK);
        }
        element = OSAtomicFifoDequeue(&shared_queue, LINK);
        if (element != NULL) {
            element->number++;
            OSAtomicEnqueue(&shared_stack, element, LINK);
        }
    }
    return NULL;
}

static void nothing_is_lost_among_threads(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    struct element elements[5] = {{0}};
    for (size_t i = 0; i < COUNT_OF(elements); i++) OSAtomicEnqueue(&shared_stack, &elements[i], LINK);
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, work, NULL), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    assert_int_equal(sum, THREADS * ROUNDS);
    assert_int_equal(large_sum, 3 * THREADS * ROUNDS);
    assert_int_equal(maximum, THREADS * ROUNDS);
    assert_int_equal(parity, 0);
    size_t left = 0;
    int moves = 0;
    struct element *element;
    while ((element = OSAtomicDequeue(&shared_stack, LINK)) != NULL) left++, moves += element->number;
    while ((element = OSAtomicFifoDequeue(&shared_queue, LINK)) != NULL) left++, moves += element->number;
    assert_int_equal(left, COUNT_OF(elements));
    assert_true(moves > 0 && moves <= 2 * THREADS * ROUNDS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_give_the_new_value),
        cmocka_unit_test(bits_give_the_new_value_or_the_one_before),
        cmocka_unit_test(only_the_old_value_is_exchanged),
        cmocka_unit_test(single_bits_are_found_where_darwin_has_them),
        cmocka_unit_test(the_last_or_the_first_is_taken),
        cmocka_unit_test(nothing_is_lost_among_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

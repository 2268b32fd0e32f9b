/// Operations that no other thread sees half done, on compiler built-ins. Those whose name ends in Barrier also order what
/// the thread reads and writes before and after them; the others do not.
#ifndef _OSATOMIC_H_
#define _OSATOMIC_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libkern/OSAtomicQueue.h>
#include <libkern/OSSpinLockDeprecated.h>

typedef int64_t __attribute__((__aligned__(8))) OSAtomic_int64_aligned64_t;

#define _OSATOMIC static __inline__ __attribute__((__unused__))

/* -- Sums: each gives the new value -------------------------------------------------------------------------------- */

_OSATOMIC int32_t OSAtomicAdd32(int32_t amount, volatile int32_t *value) {
    return __atomic_add_fetch(value, amount, __ATOMIC_RELAXED);
}

_OSATOMIC int32_t OSAtomicIncrement32(volatile int32_t *value) {
    return __atomic_add_fetch(value, 1, __ATOMIC_RELAXED);
}

_OSATOMIC int32_t OSAtomicDecrement32(volatile int32_t *value) {
    return __atomic_sub_fetch(value, 1, __ATOMIC_RELAXED);
}

_OSATOMIC int32_t OSAtomicAdd32Barrier(int32_t amount, volatile int32_t *value) {
    return __atomic_add_fetch(value, amount, __ATOMIC_SEQ_CST);
}

_OSATOMIC int32_t OSAtomicIncrement32Barrier(volatile int32_t *value) {
    return __atomic_add_fetch(value, 1, __ATOMIC_SEQ_CST);
}

_OSATOMIC int32_t OSAtomicDecrement32Barrier(volatile int32_t *value) {
    return __atomic_sub_fetch(value, 1, __ATOMIC_SEQ_CST);
}

_OSATOMIC int64_t OSAtomicAdd64(int64_t amount, volatile OSAtomic_int64_aligned64_t *value) {
    return __atomic_add_fetch(value, amount, __ATOMIC_RELAXED);
}

_OSATOMIC int64_t OSAtomicIncrement64(volatile OSAtomic_int64_aligned64_t *value) {
    return __atomic_add_fetch(value, 1, __ATOMIC_RELAXED);
}

_OSATOMIC int64_t OSAtomicDecrement64(volatile OSAtomic_int64_aligned64_t *value) {
    return __atomic_sub_fetch(value, 1, __ATOMIC_RELAXED);
}

_OSATOMIC int64_t OSAtomicAdd64Barrier(int64_t amount, volatile OSAtomic_int64_aligned64_t *value) {
    return __atomic_add_fetch(value, amount, __ATOMIC_SEQ_CST);
}

_OSATOMIC int64_t OSAtomicIncrement64Barrier(volatile OSAtomic_int64_aligned64_t *value) {
    return __atomic_add_fetch(value, 1, __ATOMIC_SEQ_CST);
}

_OSATOMIC int64_t OSAtomicDecrement64Barrier(volatile OSAtomic_int64_aligned64_t *value) {
    return __atomic_sub_fetch(value, 1, __ATOMIC_SEQ_CST);
}

/* -- Bits: each gives the new value, or with Orig the one before ------------------------------------------------------ */

_OSATOMIC int32_t OSAtomicOr32(uint32_t mask, volatile uint32_t *value) {
    return (int32_t)__atomic_or_fetch(value, mask, __ATOMIC_RELAXED);
}

_OSATOMIC int32_t OSAtomicOr32Orig(uint32_t mask, volatile uint32_t *value) {
    return (int32_t)__atomic_fetch_or(value, mask, __ATOMIC_RELAXED);
}

_OSATOMIC int32_t OSAtomicOr32Barrier(uint32_t mask, volatile uint32_t *value) {
    return (int32_t)__atomic_or_fetch(value, mask, __ATOMIC_SEQ_CST);
}

_OSATOMIC int32_t OSAtomicOr32OrigBarrier(uint32_t mask, volatile uint32_t *value) {
    return (int32_t)__atomic_fetch_or(value, mask, __ATOMIC_SEQ_CST);
}

_OSATOMIC int32_t OSAtomicAnd32(uint32_t mask, volatile uint32_t *value) {
    return (int32_t)__atomic_and_fetch(value, mask, __ATOMIC_RELAXED);
}

_OSATOMIC int32_t OSAtomicAnd32Orig(uint32_t mask, volatile uint32_t *value) {
    return (int32_t)__atomic_fetch_and(value, mask, __ATOMIC_RELAXED);
}

_OSATOMIC int32_t OSAtomicAnd32Barrier(uint32_t mask, volatile uint32_t *value) {
    return (int32_t)__atomic_and_fetch(value, mask, __ATOMIC_SEQ_CST);
}

_OSATOMIC int32_t OSAtomicAnd32OrigBarrier(uint32_t mask, volatile uint32_t *value) {
    return (int32_t)__atomic_fetch_and(value, mask, __ATOMIC_SEQ_CST);
}

_OSATOMIC int32_t OSAtomicXor32(uint32_t mask, volatile uint32_t *value) {
    return (int32_t)__atomic_xor_fetch(value, mask, __ATOMIC_RELAXED);
}

_OSATOMIC int32_t OSAtomicXor32Orig(uint32_t mask, volatile uint32_t *value) {
    return (int32_t)__atomic_fetch_xor(value, mask, __ATOMIC_RELAXED);
}

_OSATOMIC int32_t OSAtomicXor32Barrier(uint32_t mask, volatile uint32_t *value) {
    return (int32_t)__atomic_xor_fetch(value, mask, __ATOMIC_SEQ_CST);
}

_OSATOMIC int32_t OSAtomicXor32OrigBarrier(uint32_t mask, volatile uint32_t *value) {
    return (int32_t)__atomic_fetch_xor(value, mask, __ATOMIC_SEQ_CST);
}

/* -- Exchange, if the value is still the old one ---------------------------------------------------------------------- */

_OSATOMIC bool OSAtomicCompareAndSwap32(int32_t oldValue, int32_t newValue, volatile int32_t *value) {
    return __atomic_compare_exchange_n(value, &oldValue, newValue, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

_OSATOMIC bool OSAtomicCompareAndSwap32Barrier(int32_t oldValue, int32_t newValue, volatile int32_t *value) {
    return __atomic_compare_exchange_n(value, &oldValue, newValue, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

_OSATOMIC bool OSAtomicCompareAndSwap64(int64_t oldValue, int64_t newValue,
                                        volatile OSAtomic_int64_aligned64_t *value) {
    return __atomic_compare_exchange_n(value, &oldValue, newValue, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

_OSATOMIC bool OSAtomicCompareAndSwap64Barrier(int64_t oldValue, int64_t newValue,
                                               volatile OSAtomic_int64_aligned64_t *value) {
    return __atomic_compare_exchange_n(value, &oldValue, newValue, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

_OSATOMIC bool OSAtomicCompareAndSwapInt(int oldValue, int newValue, volatile int *value) {
    return __atomic_compare_exchange_n(value, &oldValue, newValue, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

_OSATOMIC bool OSAtomicCompareAndSwapIntBarrier(int oldValue, int newValue, volatile int *value) {
    return __atomic_compare_exchange_n(value, &oldValue, newValue, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

_OSATOMIC bool OSAtomicCompareAndSwapLong(long oldValue, long newValue, volatile long *value) {
    return __atomic_compare_exchange_n(value, &oldValue, newValue, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

_OSATOMIC bool OSAtomicCompareAndSwapLongBarrier(long oldValue, long newValue, volatile long *value) {
    return __atomic_compare_exchange_n(value, &oldValue, newValue, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

_OSATOMIC bool OSAtomicCompareAndSwapPtr(void *oldValue, void *newValue, void *volatile *value) {
    return __atomic_compare_exchange_n(value, &oldValue, newValue, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

_OSATOMIC bool OSAtomicCompareAndSwapPtrBarrier(void *oldValue, void *newValue, void *volatile *value) {
    return __atomic_compare_exchange_n(value, &oldValue, newValue, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* -- One bit: each gives whether it was set. Bit n is the one of 0x80 >> (n % 8) in byte n / 8 ----------------------------- */

_OSATOMIC bool OSAtomicTestAndSet(uint32_t n, volatile void *address) {
    uint8_t bit = (uint8_t)(0x80u >> (n & 7));
    return (__atomic_fetch_or((volatile uint8_t *)address + (n >> 3), bit, __ATOMIC_RELAXED) & bit) != 0;
}

_OSATOMIC bool OSAtomicTestAndClear(uint32_t n, volatile void *address) {
    uint8_t bit = (uint8_t)(0x80u >> (n & 7));
    return (__atomic_fetch_and((volatile uint8_t *)address + (n >> 3), (uint8_t)~bit, __ATOMIC_RELAXED) & bit) != 0;
}

_OSATOMIC bool OSAtomicTestAndSetBarrier(uint32_t n, volatile void *address) {
    uint8_t bit = (uint8_t)(0x80u >> (n & 7));
    return (__atomic_fetch_or((volatile uint8_t *)address + (n >> 3), bit, __ATOMIC_SEQ_CST) & bit) != 0;
}

_OSATOMIC bool OSAtomicTestAndClearBarrier(uint32_t n, volatile void *address) {
    uint8_t bit = (uint8_t)(0x80u >> (n & 7));
    return (__atomic_fetch_and((volatile uint8_t *)address + (n >> 3), (uint8_t)~bit, __ATOMIC_SEQ_CST) & bit) != 0;
}

/// Orders what the thread reads and writes before and after.
_OSATOMIC void OSMemoryBarrier(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

#endif

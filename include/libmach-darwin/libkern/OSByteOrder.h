/// Bytes in the order of this machine, in the other order, from the low one up and from the high one down.
#ifndef _OS_OSBYTEORDER_H
#define _OS_OSBYTEORDER_H

#include <stdint.h>

/* The machine's order as Darwin's compilers tell it. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#ifndef __BIG_ENDIAN__
#define __BIG_ENDIAN__ 1
#endif
#else
#ifndef __LITTLE_ENDIAN__
#define __LITTLE_ENDIAN__ 1
#endif
#endif

enum { OSUnknownByteOrder, OSLittleEndian, OSBigEndian };

/// The order of this machine.
static __inline__ int32_t OSHostByteOrder(void) {
#if defined(__BIG_ENDIAN__)
    return OSBigEndian;
#else
    return OSLittleEndian;
#endif
}

/* -- Turned round -------------------------------------------------------------------------------------------------- */

/* Constants when they are given constants. */
#define OSSwapConstInt16(x) ((uint16_t)__builtin_bswap16((uint16_t)(x)))
#define OSSwapConstInt32(x) ((uint32_t)__builtin_bswap32((uint32_t)(x)))
#define OSSwapConstInt64(x) ((uint64_t)__builtin_bswap64((uint64_t)(x)))

#define OSSwapInt16(x) OSSwapConstInt16(x)
#define OSSwapInt32(x) OSSwapConstInt32(x)
#define OSSwapInt64(x) OSSwapConstInt64(x)

/* -- In memory, at a distance in bytes, which need not be a multiple of the size -------------------------------------- */

static __inline__ uint16_t _OSReadInt16(const volatile void *base, uintptr_t byteOffset) {
    uint16_t data;
    __builtin_memcpy(&data, (const char *)(uintptr_t)base + byteOffset, sizeof(data));
    return data;
}

static __inline__ void _OSWriteInt16(volatile void *base, uintptr_t byteOffset, uint16_t data) {
    __builtin_memcpy((char *)(uintptr_t)base + byteOffset, &data, sizeof(data));
}

static __inline__ uint16_t OSReadSwapInt16(const volatile void *base, uintptr_t byteOffset) {
    return OSSwapInt16(_OSReadInt16(base, byteOffset));
}

static __inline__ void OSWriteSwapInt16(volatile void *base, uintptr_t byteOffset, uint16_t data) {
    _OSWriteInt16(base, byteOffset, OSSwapInt16(data));
}

static __inline__ uint32_t _OSReadInt32(const volatile void *base, uintptr_t byteOffset) {
    uint32_t data;
    __builtin_memcpy(&data, (const char *)(uintptr_t)base + byteOffset, sizeof(data));
    return data;
}

static __inline__ void _OSWriteInt32(volatile void *base, uintptr_t byteOffset, uint32_t data) {
    __builtin_memcpy((char *)(uintptr_t)base + byteOffset, &data, sizeof(data));
}

static __inline__ uint32_t OSReadSwapInt32(const volatile void *base, uintptr_t byteOffset) {
    return OSSwapInt32(_OSReadInt32(base, byteOffset));
}

static __inline__ void OSWriteSwapInt32(volatile void *base, uintptr_t byteOffset, uint32_t data) {
    _OSWriteInt32(base, byteOffset, OSSwapInt32(data));
}

static __inline__ uint64_t _OSReadInt64(const volatile void *base, uintptr_t byteOffset) {
    uint64_t data;
    __builtin_memcpy(&data, (const char *)(uintptr_t)base + byteOffset, sizeof(data));
    return data;
}

static __inline__ void _OSWriteInt64(volatile void *base, uintptr_t byteOffset, uint64_t data) {
    __builtin_memcpy((char *)(uintptr_t)base + byteOffset, &data, sizeof(data));
}

static __inline__ uint64_t OSReadSwapInt64(const volatile void *base, uintptr_t byteOffset) {
    return OSSwapInt64(_OSReadInt64(base, byteOffset));
}

static __inline__ void OSWriteSwapInt64(volatile void *base, uintptr_t byteOffset, uint64_t data) {
    _OSWriteInt64(base, byteOffset, OSSwapInt64(data));
}

/* -- In a certain order -------------------------------------------------------------------------------------------- */

#if defined(__BIG_ENDIAN__)

#define OSReadBigInt16(base, byteOffset)           _OSReadInt16(base, byteOffset)
#define OSWriteBigInt16(base, byteOffset, data)    _OSWriteInt16(base, byteOffset, data)
#define OSReadLittleInt16(base, byteOffset)        OSReadSwapInt16(base, byteOffset)
#define OSWriteLittleInt16(base, byteOffset, data) OSWriteSwapInt16(base, byteOffset, data)
#define OSSwapHostToBigConstInt16(x)               ((uint16_t)(x))
#define OSSwapBigToHostConstInt16(x)               ((uint16_t)(x))
#define OSSwapHostToLittleConstInt16(x)            OSSwapConstInt16(x)
#define OSSwapLittleToHostConstInt16(x)            OSSwapConstInt16(x)
#define OSSwapHostToBigInt16(x)                    ((uint16_t)(x))
#define OSSwapBigToHostInt16(x)                    ((uint16_t)(x))
#define OSSwapHostToLittleInt16(x)                 OSSwapInt16(x)
#define OSSwapLittleToHostInt16(x)                 OSSwapInt16(x)
#define OSReadBigInt32(base, byteOffset)           _OSReadInt32(base, byteOffset)
#define OSWriteBigInt32(base, byteOffset, data)    _OSWriteInt32(base, byteOffset, data)
#define OSReadLittleInt32(base, byteOffset)        OSReadSwapInt32(base, byteOffset)
#define OSWriteLittleInt32(base, byteOffset, data) OSWriteSwapInt32(base, byteOffset, data)
#define OSSwapHostToBigConstInt32(x)               ((uint32_t)(x))
#define OSSwapBigToHostConstInt32(x)               ((uint32_t)(x))
#define OSSwapHostToLittleConstInt32(x)            OSSwapConstInt32(x)
#define OSSwapLittleToHostConstInt32(x)            OSSwapConstInt32(x)
#define OSSwapHostToBigInt32(x)                    ((uint32_t)(x))
#define OSSwapBigToHostInt32(x)                    ((uint32_t)(x))
#define OSSwapHostToLittleInt32(x)                 OSSwapInt32(x)
#define OSSwapLittleToHostInt32(x)                 OSSwapInt32(x)
#define OSReadBigInt64(base, byteOffset)           _OSReadInt64(base, byteOffset)
#define OSWriteBigInt64(base, byteOffset, data)    _OSWriteInt64(base, byteOffset, data)
#define OSReadLittleInt64(base, byteOffset)        OSReadSwapInt64(base, byteOffset)
#define OSWriteLittleInt64(base, byteOffset, data) OSWriteSwapInt64(base, byteOffset, data)
#define OSSwapHostToBigConstInt64(x)               ((uint64_t)(x))
#define OSSwapBigToHostConstInt64(x)               ((uint64_t)(x))
#define OSSwapHostToLittleConstInt64(x)            OSSwapConstInt64(x)
#define OSSwapLittleToHostConstInt64(x)            OSSwapConstInt64(x)
#define OSSwapHostToBigInt64(x)                    ((uint64_t)(x))
#define OSSwapBigToHostInt64(x)                    ((uint64_t)(x))
#define OSSwapHostToLittleInt64(x)                 OSSwapInt64(x)
#define OSSwapLittleToHostInt64(x)                 OSSwapInt64(x)

#else

#define OSReadLittleInt16(base, byteOffset)        _OSReadInt16(base, byteOffset)
#define OSWriteLittleInt16(base, byteOffset, data) _OSWriteInt16(base, byteOffset, data)
#define OSReadBigInt16(base, byteOffset)           OSReadSwapInt16(base, byteOffset)
#define OSWriteBigInt16(base, byteOffset, data)    OSWriteSwapInt16(base, byteOffset, data)
#define OSSwapHostToLittleConstInt16(x)            ((uint16_t)(x))
#define OSSwapLittleToHostConstInt16(x)            ((uint16_t)(x))
#define OSSwapHostToBigConstInt16(x)               OSSwapConstInt16(x)
#define OSSwapBigToHostConstInt16(x)               OSSwapConstInt16(x)
#define OSSwapHostToLittleInt16(x)                 ((uint16_t)(x))
#define OSSwapLittleToHostInt16(x)                 ((uint16_t)(x))
#define OSSwapHostToBigInt16(x)                    OSSwapInt16(x)
#define OSSwapBigToHostInt16(x)                    OSSwapInt16(x)
#define OSReadLittleInt32(base, byteOffset)        _OSReadInt32(base, byteOffset)
#define OSWriteLittleInt32(base, byteOffset, data) _OSWriteInt32(base, byteOffset, data)
#define OSReadBigInt32(base, byteOffset)           OSReadSwapInt32(base, byteOffset)
#define OSWriteBigInt32(base, byteOffset, data)    OSWriteSwapInt32(base, byteOffset, data)
#define OSSwapHostToLittleConstInt32(x)            ((uint32_t)(x))
#define OSSwapLittleToHostConstInt32(x)            ((uint32_t)(x))
#define OSSwapHostToBigConstInt32(x)               OSSwapConstInt32(x)
#define OSSwapBigToHostConstInt32(x)               OSSwapConstInt32(x)
#define OSSwapHostToLittleInt32(x)                 ((uint32_t)(x))
#define OSSwapLittleToHostInt32(x)                 ((uint32_t)(x))
#define OSSwapHostToBigInt32(x)                    OSSwapInt32(x)
#define OSSwapBigToHostInt32(x)                    OSSwapInt32(x)
#define OSReadLittleInt64(base, byteOffset)        _OSReadInt64(base, byteOffset)
#define OSWriteLittleInt64(base, byteOffset, data) _OSWriteInt64(base, byteOffset, data)
#define OSReadBigInt64(base, byteOffset)           OSReadSwapInt64(base, byteOffset)
#define OSWriteBigInt64(base, byteOffset, data)    OSWriteSwapInt64(base, byteOffset, data)
#define OSSwapHostToLittleConstInt64(x)            ((uint64_t)(x))
#define OSSwapLittleToHostConstInt64(x)            ((uint64_t)(x))
#define OSSwapHostToBigConstInt64(x)               OSSwapConstInt64(x)
#define OSSwapBigToHostConstInt64(x)               OSSwapConstInt64(x)
#define OSSwapHostToLittleInt64(x)                 ((uint64_t)(x))
#define OSSwapLittleToHostInt64(x)                 ((uint64_t)(x))
#define OSSwapHostToBigInt64(x)                    OSSwapInt64(x)
#define OSSwapBigToHostInt64(x)                    OSSwapInt64(x)

#endif

/* Of an int. */
#define OSReadBigInt(x, y)        OSReadBigInt32(x, y)
#define OSWriteBigInt(x, y, z)    OSWriteBigInt32(x, y, z)
#define OSSwapBigToHostInt(x)     OSSwapBigToHostInt32(x)
#define OSSwapHostToBigInt(x)     OSSwapHostToBigInt32(x)
#define OSReadLittleInt(x, y)     OSReadLittleInt32(x, y)
#define OSWriteLittleInt(x, y, z) OSWriteLittleInt32(x, y, z)
#define OSSwapHostToLittleInt(x)  OSSwapHostToLittleInt32(x)
#define OSSwapLittleToHostInt(x)  OSSwapLittleToHostInt32(x)

#endif

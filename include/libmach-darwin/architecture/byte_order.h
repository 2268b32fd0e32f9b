/// The byte order of machines, and turning bytes round.
#ifndef _ARCHITECTURE_BYTE_ORDER_H_
#define _ARCHITECTURE_BYTE_ORDER_H_

#include <libkern/OSByteOrder.h>

enum NXByteOrder { NX_UnknownByteOrder, NX_LittleEndian, NX_BigEndian };

/// The order of this machine.
static __inline__ enum NXByteOrder NXHostByteOrder(void) {
    return OSHostByteOrder() == OSBigEndian ? NX_BigEndian : NX_LittleEndian;
}

static __inline__ unsigned short NXSwapShort(unsigned short inv) { return OSSwapInt16(inv); }
static __inline__ unsigned int NXSwapInt(unsigned int inv) { return OSSwapInt32(inv); }
static __inline__ unsigned long long NXSwapLongLong(unsigned long long inv) { return OSSwapInt64(inv); }

static __inline__ unsigned short NXSwapBigShortToHost(unsigned short x) { return OSSwapBigToHostInt16(x); }
static __inline__ unsigned int NXSwapBigIntToHost(unsigned int x) { return OSSwapBigToHostInt32(x); }
static __inline__ unsigned long long NXSwapBigLongLongToHost(unsigned long long x) { return OSSwapBigToHostInt64(x); }
static __inline__ unsigned short NXSwapHostShortToBig(unsigned short x) { return OSSwapHostToBigInt16(x); }
static __inline__ unsigned int NXSwapHostIntToBig(unsigned int x) { return OSSwapHostToBigInt32(x); }
static __inline__ unsigned long long NXSwapHostLongLongToBig(unsigned long long x) { return OSSwapHostToBigInt64(x); }

static __inline__ unsigned short NXSwapLittleShortToHost(unsigned short x) { return OSSwapLittleToHostInt16(x); }
static __inline__ unsigned int NXSwapLittleIntToHost(unsigned int x) { return OSSwapLittleToHostInt32(x); }
static __inline__ unsigned long long NXSwapLittleLongLongToHost(unsigned long long x) {
    return OSSwapLittleToHostInt64(x);
}
static __inline__ unsigned short NXSwapHostShortToLittle(unsigned short x) { return OSSwapHostToLittleInt16(x); }
static __inline__ unsigned int NXSwapHostIntToLittle(unsigned int x) { return OSSwapHostToLittleInt32(x); }
static __inline__ unsigned long long NXSwapHostLongLongToLittle(unsigned long long x) {
    return OSSwapHostToLittleInt64(x);
}

#endif

// Bytes turned round, in registers and in memory.
#include <libkern/OSByteOrder.h>
#include <libkern/OSTypes.h>

#include <architecture/byte_order.h>
#include <arpa/inet.h>

#include "darwin_test.h"

// A constant may be needed where nothing else can stand.
static const UInt32 constants[] = {OSSwapConstInt32(0x01020304), OSSwapHostToBigConstInt16(0x0102)};
_Static_assert(OSSwapConstInt16(0x1234) == 0x3412, "a constant");

static void every_size_is_turned_round(void **state) {
    (void)state;
    assert_int_equal(OSSwapInt16(0x1234), 0x3412);
    assert_int_equal(OSSwapInt32(0x12345678), 0x78563412);
    assert_true(OSSwapInt64(0x0123456789abcdefull) == 0xefcdab8967452301ull);
    assert_int_equal(constants[0], 0x04030201);
    assert_int_equal(NXSwapShort(0x1234), 0x3412);
    assert_int_equal(NXSwapInt(0x12345678), 0x78563412);
    assert_true(NXSwapLongLong(0x0123456789abcdefull) == 0xefcdab8967452301ull);
}

static void big_is_the_networks_order(void **state) {
    (void)state;
    assert_int_equal(OSSwapHostToBigInt16(0x1234), htons(0x1234));
    assert_int_equal(OSSwapBigToHostInt32(0x12345678), ntohl(0x12345678));
    assert_int_equal(NXSwapHostIntToBig(0x12345678), htonl(0x12345678));
    assert_int_equal(NXSwapBigShortToHost(0x1234), ntohs(0x1234));
    assert_int_equal(OSSwapHostToBigInt(5), htonl(5));
    bool is_little = htons(1) != 1;
    assert_int_equal(OSHostByteOrder(), is_little ? OSLittleEndian : OSBigEndian);
    assert_int_equal(NXHostByteOrder(), is_little ? NX_LittleEndian : NX_BigEndian);
    assert_int_equal(OSSwapHostToLittleInt32(7), is_little ? 7 : 0x07000000);
    assert_true(OSSwapLittleToHostInt64(7) == (is_little ? 7 : 0x0700000000000000ull));
    assert_int_equal(NXSwapHostIntToLittle(7), is_little ? 7 : 0x07000000);
}

// Also where no number of that size may lie.
static void memory_is_read_and_written_at_any_distance(void **state) {
    (void)state;
    UInt8 bytes[16] = {0xff, 1, 2, 3, 4, 5, 6, 7, 8, 0xff};
    assert_int_equal(OSReadBigInt16(bytes, 1), 0x0102);
    assert_int_equal(OSReadLittleInt16(bytes, 1), 0x0201);
    assert_int_equal(OSReadBigInt32(bytes, 1), 0x01020304);
    assert_int_equal(OSReadLittleInt32(bytes, 1), 0x04030201);
    assert_true(OSReadBigInt64(bytes, 1) == 0x0102030405060708ull);
    assert_true(OSReadLittleInt64(bytes, 1) == 0x0807060504030201ull);
    OSWriteBigInt32(bytes, 3, 0xaabbccdd);
    const UInt8 wanted[10] = {0xff, 1, 2, 0xaa, 0xbb, 0xcc, 0xdd, 7, 8, 0xff};
    assert_memory_equal(bytes, wanted, sizeof wanted);
    OSWriteLittleInt32(bytes, 3, 0xaabbccdd);
    assert_int_equal(OSReadBigInt32(bytes, 3), 0xddccbbaa);
    OSWriteLittleInt16(bytes, 5, 0x1122);
    assert_int_equal(bytes[5], 0x22);
    OSWriteBigInt64(bytes, 1, 0x0102030405060708ull);
    assert_int_equal(bytes[1], 1);
    assert_int_equal(bytes[8], 8);
    assert_int_equal(bytes[0], 0xff);
    assert_int_equal(bytes[9], 0xff);
    OSWriteLittleInt64(bytes, 1, 0x0102030405060708ull);
    assert_int_equal(bytes[1], 8);
    OSWriteBigInt16(bytes, 1, 0x0102);
    assert_int_equal(bytes[1], 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_is_turned_round),
        cmocka_unit_test(big_is_the_networks_order),
        cmocka_unit_test(memory_is_read_and_written_at_any_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

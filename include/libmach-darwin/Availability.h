/// Numbers of releases of other systems, and marks that say since when those have a call. What this library does is what
/// OS X 10.11 does, so that release is the one that programs are told of.
#pragma GCC system_header
#ifndef _LIBMACH_DARWIN_AVAILABILITY_H_
#define _LIBMACH_DARWIN_AVAILABILITY_H_

#include_next <Availability.h>

/* -- Releases ------------------------------------------------------------------------------------------------------ */

#define __MAC_10_0    1000
#define __MAC_10_1    1010
#define __MAC_10_2    1020
#define __MAC_10_3    1030
#define __MAC_10_4    1040
#define __MAC_10_5    1050
#define __MAC_10_6    1060
#define __MAC_10_7    1070
#define __MAC_10_8    1080
#define __MAC_10_9    1090
#define __MAC_10_10   101000
#define __MAC_10_10_2 101002
#define __MAC_10_10_3 101003
#define __MAC_10_11   101100
#define __MAC_10_11_2 101102
#define __MAC_10_11_3 101103
#define __MAC_10_11_4 101104
#define __MAC_10_12   101200
#define __MAC_10_12_1 101201
#define __MAC_10_12_2 101202
#define __MAC_10_12_4 101204
#define __MAC_10_13   101300
#define __MAC_10_13_1 101301
#define __MAC_10_13_2 101302
#define __MAC_10_13_4 101304
#define __MAC_10_14   101400
#define __MAC_10_14_1 101401
#define __MAC_10_14_4 101404
#define __MAC_10_15   101500
#define __MAC_10_15_1 101501
#define __MAC_10_15_4 101504
#define __MAC_10_16   101600
#define __MAC_11_0    110000
#define __MAC_11_1    110100
#define __MAC_11_3    110300
#define __MAC_12_0    120000
#define __MAC_13_0    130000
#define __MAC_14_0    140000
#define __MAC_15_0    150000
#define __MAC_NA      9999 /* not available */

#define __IPHONE_2_0  20000
#define __IPHONE_2_1  20100
#define __IPHONE_2_2  20200
#define __IPHONE_3_0  30000
#define __IPHONE_3_1  30100
#define __IPHONE_3_2  30200
#define __IPHONE_4_0  40000
#define __IPHONE_4_1  40100
#define __IPHONE_4_2  40200
#define __IPHONE_4_3  40300
#define __IPHONE_5_0  50000
#define __IPHONE_5_1  50100
#define __IPHONE_6_0  60000
#define __IPHONE_6_1  60100
#define __IPHONE_7_0  70000
#define __IPHONE_7_1  70100
#define __IPHONE_8_0  80000
#define __IPHONE_8_1  80100
#define __IPHONE_8_2  80200
#define __IPHONE_8_3  80300
#define __IPHONE_8_4  80400
#define __IPHONE_9_0  90000
#define __IPHONE_9_1  90100
#define __IPHONE_9_2  90200
#define __IPHONE_9_3  90300
#define __IPHONE_10_0 100000
#define __IPHONE_10_1 100100
#define __IPHONE_10_2 100200
#define __IPHONE_10_3 100300
#define __IPHONE_11_0 110000
#define __IPHONE_12_0 120000
#define __IPHONE_13_0 130000
#define __IPHONE_14_0 140000
#define __IPHONE_15_0 150000
#define __IPHONE_NA   99999

/* What a program is compiled for, and the latest whose calls it may use. */
#ifndef __MAC_OS_X_VERSION_MIN_REQUIRED
#define __MAC_OS_X_VERSION_MIN_REQUIRED __MAC_10_11
#endif
#ifndef __MAC_OS_X_VERSION_MAX_ALLOWED
#define __MAC_OS_X_VERSION_MAX_ALLOWED __MAC_10_11
#endif

/* -- Marks on declarations, which mean nothing here ---------------------------------------------------------------- */

#define API_AVAILABLE(...)
#define API_AVAILABLE_BEGIN(...)
#define API_AVAILABLE_END
#define API_DEPRECATED(...)
#define API_DEPRECATED_WITH_REPLACEMENT(...)
#define API_DEPRECATED_BEGIN(...)
#define API_DEPRECATED_END
#define API_UNAVAILABLE(...)
#define API_UNAVAILABLE_BEGIN(...)
#define API_UNAVAILABLE_END
#define API_OBSOLETED(...)
#define API_OBSOLETED_WITH_REPLACEMENT(...)
#define SPI_AVAILABLE(...)
#define SPI_DEPRECATED(...)
#define __SPI_AVAILABLE(...)
#define __API_AVAILABLE_BEGIN(...)
#define __API_AVAILABLE_END
#define __API_DEPRECATED_BEGIN(...)
#define __API_DEPRECATED_END
#define __API_UNAVAILABLE_BEGIN(...)
#define __API_UNAVAILABLE_END
#define __OS_AVAILABILITY(...)
#define __OS_AVAILABILITY_MSG(...)
#define __OSX_AVAILABLE_BUT_DEPRECATED_MSG(...)
#define __OSX_DEPRECATED(...)
#define __IOS_DEPRECATED(...)
#define __TVOS_DEPRECATED(...)
#define __WATCHOS_DEPRECATED(...)
#define __OS_EXTENSION_UNAVAILABLE(...)
#define __OSX_EXTENSION_UNAVAILABLE(...)
#define __IOS_EXTENSION_UNAVAILABLE(...)
#define __SWIFT_UNAVAILABLE
#define __SWIFT_UNAVAILABLE_MSG(...)

#endif

/// The flavors of a thread's state on this machine: which registers it has, and in which order. Calls keep a flavor and
/// give it back; the structures behind the numbers are not declared.
#ifndef _MACH_MACHINE_THREAD_STATUS_H_
#define _MACH_MACHINE_THREAD_STATUS_H_

#include <mach/machine/thread_state.h>
#include <mach/message.h>

#if defined(__aarch64__) || defined(__arm__)

#define ARM_THREAD_STATE         1
#define ARM_UNIFIED_THREAD_STATE 1
#define ARM_VFP_STATE            2
#define ARM_EXCEPTION_STATE      3
#define ARM_DEBUG_STATE          4
#define THREAD_STATE_NONE        5
#define ARM_THREAD_STATE64       6
#define ARM_EXCEPTION_STATE64    7
#define ARM_THREAD_STATE32       9
#define ARM_DEBUG_STATE32        14
#define ARM_DEBUG_STATE64        15
#define ARM_NEON_STATE           16
#define ARM_NEON_STATE64         17

#define MACHINE_THREAD_STATE 1

/// Whether a flavor has this number.
#define VALID_THREAD_STATE_FLAVOR(x)                                                                                   \
    (((x) >= 1 && (x) <= 7) || (x) == ARM_THREAD_STATE32 || ((x) >= ARM_DEBUG_STATE32 && (x) <= ARM_NEON_STATE64))

#else

#define i386_THREAD_STATE     1
#define i386_FLOAT_STATE      2
#define i386_EXCEPTION_STATE  3
#define x86_THREAD_STATE32    1
#define x86_FLOAT_STATE32     2
#define x86_EXCEPTION_STATE32 3
#define x86_THREAD_STATE64    4
#define x86_FLOAT_STATE64     5
#define x86_EXCEPTION_STATE64 6
#define x86_THREAD_STATE      7 /* of either width, and the structure says which; so are the two below */
#define x86_FLOAT_STATE       8
#define x86_EXCEPTION_STATE   9
#define x86_DEBUG_STATE32     10
#define x86_DEBUG_STATE64     11
#define x86_DEBUG_STATE       12
#define THREAD_STATE_NONE     13
#define x86_AVX_STATE32       16
#define x86_AVX_STATE64       17
#define x86_AVX_STATE         18

#define MACHINE_THREAD_STATE         7

/// Whether a flavor has this number.
#define VALID_THREAD_STATE_FLAVOR(x) (((x) >= 1 && (x) <= 13) || ((x) >= 16 && (x) <= 18))

#endif

#define THREAD_MACHINE_STATE_MAX THREAD_STATE_MAX

#endif

/// The types of exceptions, and in which messages they are told.
///
/// An exception belongs to a thread. It is told to the first handler that there is for its type: the thread's, then its
/// task's, then the host's. A handler is a port with a behavior, which says what the message carries, and a flavor,
/// which says what state of the thread if any.
#ifndef _MACH_EXCEPTION_TYPES_H_
#define _MACH_EXCEPTION_TYPES_H_

#include <stdint.h>

#include <mach/machine/exception.h>
#include <mach/machine/vm_types.h>
#include <mach/port.h>
#include <mach/thread_status.h>

/// The type of an exception: EXC_.
typedef int exception_type_t;

/* Each comes with a code and a subcode. This library raises EXC_GUARD alone; handlers may be set for all. */
#define EXC_BAD_ACCESS      1  /* memory could not be reached: kern_return_t, address */
#define EXC_BAD_INSTRUCTION 2  /* an instruction that is none, or not allowed */
#define EXC_ARITHMETIC      3  /* a division by zero and the like */
#define EXC_EMULATION       4  /* an instruction that has to be emulated */
#define EXC_SOFTWARE        5  /* raised by software: EXC_SOFT_SIGNAL ... */
#define EXC_BREAKPOINT      6  /* a breakpoint or a single step */
#define EXC_SYSCALL         7  /* a system call */
#define EXC_MACH_SYSCALL    8  /* a Mach system call */
#define EXC_RPC_ALERT       9  /* an alert of a remote call */
#define EXC_CRASH           10 /* the task ended abnormally */
#define EXC_RESOURCE        11 /* a limit on a resource was passed */
#define EXC_GUARD           12 /* a guard was violated: EXC_GUARD_DECODE_ below, value of the guard */
#define EXC_CORPSE_NOTIFY   13 /* the task ended abnormally and its remains are kept */

#define FIRST_EXCEPTION 1

/* Codes of EXC_SOFTWARE. */
#define EXC_SOFT_SIGNAL 0x10003 /* a signal */
#define EXC_MACF_MIN    0x20000
#define EXC_MACF_MAX    0x2ffff

/// A set of types, one bit each.
typedef unsigned int exception_mask_t;

#define EXC_MASK_BAD_ACCESS      0x0002
#define EXC_MASK_BAD_INSTRUCTION 0x0004
#define EXC_MASK_ARITHMETIC      0x0008
#define EXC_MASK_EMULATION       0x0010
#define EXC_MASK_SOFTWARE        0x0020
#define EXC_MASK_BREAKPOINT      0x0040
#define EXC_MASK_SYSCALL         0x0080
#define EXC_MASK_MACH_SYSCALL    0x0100
#define EXC_MASK_RPC_ALERT       0x0200
#define EXC_MASK_CRASH           0x0400
#define EXC_MASK_RESOURCE        0x0800
#define EXC_MASK_GUARD           0x1000
#define EXC_MASK_CORPSE_NOTIFY   0x2000

#define EXC_MASK_ALL   0x1bfe /* all but EXC_MASK_CRASH and EXC_MASK_CORPSE_NOTIFY */
#define EXC_MASK_VALID 0x3ffe /* all: what a call accepts */

/// What the message carries: EXCEPTION_, with MACH_EXCEPTION_CODES or without.
typedef int exception_behavior_t;

#define EXCEPTION_DEFAULT        1 /* the thread's and the task's port: exception_raise, msgh_id 2401 */
#define EXCEPTION_STATE          2 /* the thread's state: exception_raise_state, 2402 */
#define EXCEPTION_STATE_IDENTITY 3 /* both: exception_raise_state_identity, 2403 */

#define MACH_EXCEPTION_CODES 0x80000000U /* code and subcode of 64 bits, and ids higher by 4 */

typedef integer_t exception_data_type_t;
typedef int64_t mach_exception_data_type_t;
typedef exception_data_type_t *exception_data_t;
typedef mach_exception_data_type_t *mach_exception_data_t;
typedef mach_exception_data_type_t mach_exception_code_t;
typedef mach_exception_data_type_t mach_exception_subcode_t;

/* What calls list about handlers: arrays with room for EXC_TYPES_COUNT elements. */
typedef exception_mask_t *exception_mask_array_t;
typedef exception_behavior_t *exception_behavior_array_t;
typedef thread_state_flavor_t *exception_flavor_array_t;
typedef mach_port_t *exception_port_array_t;

/* The code of EXC_GUARD: what is guarded (GUARD_TYPE_MACH_PORT for a port), what was attempted (kGUARD_EXC_), and the
   name of the port. */
#define EXC_GUARD_DECODE_GUARD_TYPE(code)   ((uint64_t)(code) >> 61 & 0x7U)
#define EXC_GUARD_DECODE_GUARD_FLAVOR(code) ((uint64_t)(code) >> 32 & 0x1fffffffU)
#define EXC_GUARD_DECODE_GUARD_TARGET(code) ((uint32_t)(code))

#define GUARD_TYPE_NONE 0x0 /* no guard; the others are in <mach/port.h> */

#endif

/// What the library's own code needs of the public headers and Swift does not import: exported variables, and macros
/// with arguments or casts. Not installed.
#ifndef CMACH_PRIVATE_H
#define CMACH_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include <mach/mach.h>
#include <mach/mach_vm.h>
#include <mach/notify.h>
#include <mach/port_descriptions.h>

/* -- Exported variables -------------------------------------------------------------------------------------------- */

/// The variable mach_task_self_, which a program may have copied into its own data: always read and written through the
/// symbol.
static inline mach_port_name_t cmach_task_self(void) { return mach_task_self_; }
static inline void cmach_set_task_self(mach_port_name_t name) { mach_task_self_ = name; }

static inline mach_port_t cmach_bootstrap_port(void) { return bootstrap_port; }
static inline void cmach_set_bootstrap_port(mach_port_t name) { bootstrap_port = name; }

static inline NDR_record_t cmach_ndr_record(void) { return NDR_record; }

static inline vm_size_t cmach_page_size(void) { return vm_page_size; }

/// Sets vm_page_size and what follows from it. `size` is in bytes and a power of two.
static inline void cmach_set_page_size(vm_size_t size) {
    vm_page_size = vm_kernel_page_size = size;
    vm_page_mask = vm_kernel_page_mask = size - 1;
    vm_page_shift = vm_kernel_page_shift = __builtin_ctzl(size);
}

/* -- Macros -------------------------------------------------------------------------------------------------------- */

static inline mach_port_name_t cmach_port_index(mach_port_name_t name) { return MACH_PORT_INDEX(name); }
static inline mach_port_name_t cmach_port_generation(mach_port_name_t name) { return MACH_PORT_GEN(name); }
static inline mach_port_name_t cmach_port_make(natural_t index, natural_t generation) {
    return MACH_PORT_MAKE(index, generation);
}
static inline mach_port_type_t cmach_port_type(mach_port_right_t right) { return MACH_PORT_TYPE(right); }
static inline bool cmach_port_valid(mach_port_name_t name) { return MACH_PORT_VALID(name); }

static inline mach_msg_bits_t cmach_bits(mach_msg_type_name_t remote, mach_msg_type_name_t local,
                                         mach_msg_type_name_t voucher, mach_msg_bits_t other) {
    return MACH_MSGH_BITS_SET(remote, local, voucher, other);
}
static inline mach_msg_type_name_t cmach_bits_remote(mach_msg_bits_t bits) { return MACH_MSGH_BITS_REMOTE(bits); }
static inline mach_msg_type_name_t cmach_bits_local(mach_msg_bits_t bits) { return MACH_MSGH_BITS_LOCAL(bits); }
static inline mach_msg_type_name_t cmach_bits_voucher(mach_msg_bits_t bits) { return MACH_MSGH_BITS_VOUCHER(bits); }

/// The size in bytes of the trailer that `option` asks for.
static inline mach_msg_size_t cmach_requested_trailer_size(mach_msg_option_t option) {
    return REQUESTED_TRAILER_SIZE(option);
}
/// The trailer elements that `option` asks for: a MACH_RCV_TRAILER_ number.
static inline int cmach_trailer_elements(mach_msg_option_t option) { return GET_RCV_ELEMENTS(option); }
static inline size_t cmach_round_msg(mach_msg_size_t size) { return round_msg(size); }

/// Whether a handler may ask for this state.
static inline bool cmach_flavor_valid(thread_state_flavor_t flavor) { return VALID_THREAD_STATE_FLAVOR(flavor); }

/// A behavior without MACH_EXCEPTION_CODES: EXCEPTION_DEFAULT, EXCEPTION_STATE or EXCEPTION_STATE_IDENTITY, or a number
/// that is none of them.
static inline exception_behavior_t cmach_behavior_kind(exception_behavior_t behavior) {
    return (exception_behavior_t)((unsigned int)behavior & ~MACH_EXCEPTION_CODES);
}
/// Whether a behavior wants codes of 64 bits.
static inline bool cmach_behavior_wide(exception_behavior_t behavior) {
    return ((unsigned int)behavior & MACH_EXCEPTION_CODES) != 0;
}

/// The code of EXC_GUARD for a port: `flavor` is what was attempted, a kGUARD_EXC_ number.
static inline mach_exception_data_type_t cmach_guard_code(uint32_t flavor, mach_port_name_t name) {
    return (mach_exception_data_type_t)((uint64_t)GUARD_TYPE_MACH_PORT << 61 | (uint64_t)flavor << 32 | name);
}

/* -- Errors -------------------------------------------------------------------------------------------------------- */

/// What an error means, and whether it has words of its own; what its system and subsystem are called. Never NULL.
const char *cmach_error_text(int32_t code, bool *is_known) __attribute__((visibility("hidden")));
/// The sentence alone.
const char *cmach_error_sentence(int32_t code) __attribute__((visibility("hidden")));
const char *cmach_error_type(int32_t code) __attribute__((visibility("hidden")));

/* -- Exception messages -------------------------------------------------------------------------------------------- */

/* Values of msgh_id; the reply's is higher by 100. */
#define CMACH_EXCEPTION_RAISE                     2401
#define CMACH_EXCEPTION_RAISE_STATE               2402
#define CMACH_EXCEPTION_RAISE_STATE_IDENTITY      2403
#define CMACH_MACH_EXCEPTION_RAISE                2405
#define CMACH_MACH_EXCEPTION_RAISE_STATE          2406
#define CMACH_MACH_EXCEPTION_RAISE_STATE_IDENTITY 2407

/* Requests as sent. Two codes always go: codeCnt is 2. Where a message carries the thread's state, the structure ends
   at the state's first byte: old_stateCnt words follow, THREAD_STATE_MAX at most, and msgh_size counts them. */

#pragma pack(push, 4)

/// EXCEPTION_DEFAULT.
typedef struct {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t thread;
    mach_msg_port_descriptor_t task;
    NDR_record_t NDR;
    exception_type_t exception;
    mach_msg_type_number_t codeCnt;
    exception_data_type_t code[2];
} cmach_exception_raise_request;

/// EXCEPTION_STATE.
typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    exception_type_t exception;
    mach_msg_type_number_t codeCnt;
    exception_data_type_t code[2];
    thread_state_flavor_t flavor;
    mach_msg_type_number_t old_stateCnt;
} cmach_exception_raise_state_request;

/// EXCEPTION_STATE_IDENTITY.
typedef struct {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t thread;
    mach_msg_port_descriptor_t task;
    NDR_record_t NDR;
    exception_type_t exception;
    mach_msg_type_number_t codeCnt;
    exception_data_type_t code[2];
    thread_state_flavor_t flavor;
    mach_msg_type_number_t old_stateCnt;
} cmach_exception_raise_state_identity_request;

/// EXCEPTION_DEFAULT with MACH_EXCEPTION_CODES.
typedef struct {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t thread;
    mach_msg_port_descriptor_t task;
    NDR_record_t NDR;
    exception_type_t exception;
    mach_msg_type_number_t codeCnt;
    mach_exception_data_type_t code[2];
} cmach_mach_exception_raise_request;

/// EXCEPTION_STATE with MACH_EXCEPTION_CODES.
typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    exception_type_t exception;
    mach_msg_type_number_t codeCnt;
    mach_exception_data_type_t code[2];
    thread_state_flavor_t flavor;
    mach_msg_type_number_t old_stateCnt;
} cmach_mach_exception_raise_state_request;

/// EXCEPTION_STATE_IDENTITY with MACH_EXCEPTION_CODES.
typedef struct {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t thread;
    mach_msg_port_descriptor_t task;
    NDR_record_t NDR;
    exception_type_t exception;
    mach_msg_type_number_t codeCnt;
    mach_exception_data_type_t code[2];
    thread_state_flavor_t flavor;
    mach_msg_type_number_t old_stateCnt;
} cmach_mach_exception_raise_state_identity_request;

#pragma pack(pop)

_Static_assert(sizeof(cmach_exception_raise_request) == 76, "2401");
_Static_assert(sizeof(cmach_exception_raise_state_request) == 56, "2402");
_Static_assert(sizeof(cmach_exception_raise_state_identity_request) == 84, "2403");
_Static_assert(sizeof(cmach_mach_exception_raise_request) == 84, "2405");
_Static_assert(sizeof(cmach_mach_exception_raise_state_request) == 64, "2406");
_Static_assert(sizeof(cmach_mach_exception_raise_state_identity_request) == 92, "2407");
_Static_assert(offsetof(cmach_exception_raise_request, code) == 68, "2401");
_Static_assert(offsetof(cmach_exception_raise_state_request, code) == 40, "2402");
_Static_assert(offsetof(cmach_exception_raise_state_identity_request, flavor) == 76, "2403");
_Static_assert(offsetof(cmach_mach_exception_raise_request, code) == 68, "2405");
_Static_assert(offsetof(cmach_mach_exception_raise_state_request, flavor) == 56, "2406");
_Static_assert(offsetof(cmach_mach_exception_raise_state_identity_request, flavor) == 84, "2407");

/* -- Notification messages ----------------------------------------------------------------------------------------- */

/* Their sizes as sent, which end where the trailer of the structures in <mach/notify.h> begins. */
#define CMACH_NOTIFY_NAME_SIZE           36 /* port deleted, send possible, dead name */
#define CMACH_NOTIFY_PORT_DESTROYED_SIZE 40
#define CMACH_NOTIFY_NO_SENDERS_SIZE     36
#define CMACH_NOTIFY_SEND_ONCE_SIZE      24

_Static_assert(offsetof(mach_dead_name_notification_t, trailer) == CMACH_NOTIFY_NAME_SIZE, "size");
_Static_assert(offsetof(mach_port_destroyed_notification_t, trailer) == CMACH_NOTIFY_PORT_DESTROYED_SIZE, "size");
_Static_assert(offsetof(mach_no_senders_notification_t, trailer) == CMACH_NOTIFY_NO_SENDERS_SIZE, "size");
_Static_assert(offsetof(mach_send_once_notification_t, trailer) == CMACH_NOTIFY_SEND_ONCE_SIZE, "size");

#endif

/// What the library's own code needs of the public headers and Swift does not import: exported variables, and macros
/// with arguments or casts. Not installed.
#ifndef CMACH_PRIVATE_H
#define CMACH_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include <mach/mach.h>
#include <mach/mach_vm.h>

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
    vm_page_size = size;
    vm_page_mask = size - 1;
    vm_page_shift = __builtin_ctzl(size);
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

#endif

/// The types of interfaces that trace activities. The library has none of these.
#ifndef _ATM_ATM_TYPES_H_
#define _ATM_ATM_TYPES_H_

#include <stdint.h>

#include <mach/mach_types.h>

typedef uint32_t atm_action_t;
typedef uint64_t atm_guard_t;
typedef uint64_t atm_aid_t;
typedef uint64_t aid_t;
typedef uint32_t atm_subaid32_t;
typedef uint64_t mach_atm_subaid_t;
typedef uint64_t atm_mailbox_offset_t;
typedef uint64_t subaid_t;
typedef uint64_t mailbox_offset_t;
typedef mach_port_t atm_memory_descriptor_t;
typedef atm_memory_descriptor_t *atm_memory_descriptor_array_t;
typedef uint64_t *atm_memory_size_array_t;

#endif

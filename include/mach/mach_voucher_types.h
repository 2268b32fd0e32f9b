/// The types of vouchers. This library makes none, so every name in them is MACH_PORT_NULL.
#ifndef _MACH_VOUCHER_TYPES_H_
#define _MACH_VOUCHER_TYPES_H_

#include <stdint.h>

#include <mach/message.h>
#include <mach/port.h>

typedef mach_port_t mach_voucher_t;
typedef mach_port_name_t mach_voucher_name_t;
typedef mach_voucher_name_t *mach_voucher_name_array_t;
typedef mach_voucher_t ipc_voucher_t;
typedef mach_port_t mach_voucher_attr_manager_t;
typedef mach_port_t mach_voucher_attr_control_t;
typedef mach_port_t ipc_voucher_attr_manager_t;
typedef mach_port_t ipc_voucher_attr_control_t;

#define MACH_VOUCHER_NULL              0U
#define MACH_VOUCHER_NAME_NULL         0U
#define MACH_VOUCHER_NAME_ARRAY_NULL   ((mach_voucher_name_array_t)0)
#define IPC_VOUCHER_NULL               0U
#define MACH_VOUCHER_ATTR_MANAGER_NULL 0U
#define MACH_VOUCHER_ATTR_CONTROL_NULL 0U
#define IPC_VOUCHER_ATTR_MANAGER_NULL  0U
#define IPC_VOUCHER_ATTR_CONTROL_NULL  0U

typedef uint32_t mach_voucher_selector_t;

#define MACH_VOUCHER_SELECTOR_CURRENT   0U
#define MACH_VOUCHER_SELECTOR_EFFECTIVE 1U

typedef uint32_t mach_voucher_attr_key_t;
typedef mach_voucher_attr_key_t *mach_voucher_attr_key_array_t;

#define MACH_VOUCHER_ATTR_KEY_ALL  0xffffffffU
#define MACH_VOUCHER_ATTR_KEY_NONE 0U

typedef uint8_t *mach_voucher_attr_content_t;
typedef uint32_t mach_voucher_attr_content_size_t;
typedef uint32_t mach_voucher_attr_command_t;
typedef uint32_t mach_voucher_attr_recipe_command_t;
typedef mach_voucher_attr_recipe_command_t *mach_voucher_attr_recipe_command_array_t;

typedef uint8_t *mach_voucher_attr_raw_recipe_t;
typedef mach_voucher_attr_raw_recipe_t mach_voucher_attr_raw_recipe_array_t;
typedef mach_msg_type_number_t mach_voucher_attr_raw_recipe_size_t;
typedef mach_msg_type_number_t mach_voucher_attr_raw_recipe_array_size_t;
typedef mach_msg_type_number_t mach_voucher_attr_recipe_size_t;

typedef uint64_t mach_voucher_attr_value_handle_t;
typedef mach_voucher_attr_value_handle_t *mach_voucher_attr_value_handle_array_t;
typedef mach_msg_type_number_t mach_voucher_attr_value_handle_array_size_t;
typedef uint32_t mach_voucher_attr_value_reference_t;
typedef uint32_t mach_voucher_attr_value_flags_t;
typedef uint32_t mach_voucher_attr_control_flags_t;
typedef uint32_t mach_voucher_attr_importance_refs;

#endif

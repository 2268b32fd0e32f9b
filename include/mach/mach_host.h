/// What any program may ask of the host. The calls that change it are in <mach/host_priv.h>.
#ifndef _MACH_MACH_HOST_H_
#define _MACH_MACH_HOST_H_

#include <sys/cdefs.h>

#include <mach/clock_types.h>
#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/mach_voucher_types.h>
#include <mach/std_types.h>

__BEGIN_DECLS

/// Gives a send right to the port of a clock, SYSTEM_CLOCK or CALENDAR_CLOCK, which the caller owns: its name gains a
/// user reference with each call.
///
///   KERN_SUCCESS            `*clock_serv` is the name
///   KERN_INVALID_ARGUMENT   the host is null or no port of the host; there is no such clock; or `clock_serv` is a null
///                           pointer
///   KERN_RESOURCE_SHORTAGE  no memory
///   KERN_NO_SPACE           no name is left
kern_return_t host_get_clock_service(host_t host, clock_id_t clock_id, clock_serv_t *clock_serv);

/* -- Vouchers, and flags of the kernel ----------------------------------------------------------------------------- */

/* There are none: these give KERN_NOT_SUPPORTED, whatever is passed. */

kern_return_t host_create_mach_voucher(host_t host, mach_voucher_attr_raw_recipe_array_t recipes,
                                       mach_msg_type_number_t recipesCnt, ipc_voucher_t *voucher);
kern_return_t host_register_mach_voucher_attr_manager(host_t host, mach_voucher_attr_manager_t attr_manager,
                                                      mach_voucher_attr_value_handle_t default_value,
                                                      mach_voucher_attr_key_t *new_key,
                                                      ipc_voucher_attr_control_t *new_attr_control);
kern_return_t host_register_well_known_mach_voucher_attr_manager(host_t host, mach_voucher_attr_manager_t attr_manager,
                                                                 mach_voucher_attr_value_handle_t default_value,
                                                                 mach_voucher_attr_key_t key,
                                                                 ipc_voucher_attr_control_t *new_attr_control);
kern_return_t host_set_atm_diagnostic_flag(host_t host_priv, uint32_t diagnostic_flag);
kern_return_t host_get_atm_diagnostic_flag(host_t host, uint32_t *diagnostic_flag);
kern_return_t host_set_multiuser_config_flags(host_t host_priv, uint32_t multiuser_flags);
kern_return_t host_get_multiuser_config_flags(host_t host, uint32_t *multiuser_flags);
kern_return_t host_check_multiuser_mode(host_t host, uint32_t *multiuser_mode);

__END_DECLS

#endif

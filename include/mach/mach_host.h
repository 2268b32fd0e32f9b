/// What any program may ask of the host. The calls that change it are in <mach/host_priv.h>.
///
/// The first argument is the port of the host, from mach_host_self(). It is only looked at. Ports, memory and names that
/// a call gives belong to the caller. A call that fails changes nothing: no right is taken, no output is written. Every
/// call gives KERN_INVALID_ARGUMENT for an output that is a null pointer, KERN_RESOURCE_SHORTAGE when there is no memory
/// or file descriptor, and for what is no port of the host the code that is listed with it.
///
/// What calls tell of the machine and the system they read anew each time where Linux tells it, in /proc and /sys; where
/// it does not, they fail. The manual pages say what each figure is.
#ifndef _MACH_MACH_HOST_H_
#define _MACH_MACH_HOST_H_

#include <sys/cdefs.h>

#include <mach/clock_types.h>
#include <mach/host_info.h>
#include <mach/host_notify.h>
#include <mach/kern_return.h>
#include <mach/kmod.h>
#include <mach/mach_types.h>
#include <mach/processor_info.h>
#include <mach/mach_voucher_types.h>
#include <mach/std_types.h>
#include <mach_debug/mach_debug_types.h>

__BEGIN_DECLS

/* -- The machine --------------------------------------------------------------------------------------------------- */

/// Tells about the host: HOST_BASIC_INFO, HOST_SCHED_INFO or HOST_PRIORITY_INFO. `*host_info_outCnt` is how many words
/// there is room for, and becomes how many were written. HOST_BASIC_INFO is content with 5 words, for old programs.
/// HOST_SEMAPHORE_TRAPS and HOST_MACH_MSG_TRAP only say, by succeeding without a word, that there are such calls.
///
///   KERN_INVALID_ARGUMENT  the host is none; the flavor is none, or HOST_RESOURCE_SIZES
///   KERN_FAILURE           not enough room, or Linux does not say
///   KERN_NOT_SUPPORTED     HOST_VM_PURGABLE, HOST_DEBUG_INFO_INTERNAL
kern_return_t host_info(host_t host, host_flavor_t flavor, host_info_t host_info_out,
                        mach_msg_type_number_t *host_info_outCnt);

/// Tells which system this is: its name, release, version and machine, as uname(2) has them.
///
///   KERN_INVALID_ARGUMENT  the host is none
kern_return_t host_kernel_version(host_t host, kernel_version_t kernel_version);

/// Tells the size of a page in bytes. host_page_size in <mach/mach_init.h> is the same without looking at the host.
///
///   KERN_INVALID_ARGUMENT  the host is none
kern_return_t _host_page_size(host_t host, vm_size_t *out_page_size);

/// Gives the port for devices, HOST_IO_MASTER_PORT: MACH_PORT_NULL.
///
///   KERN_INVALID_ARGUMENT  the host is none
kern_return_t host_get_io_master(host_t host, io_master_t *io_master);

/// Gives a send right to the port of a clock, SYSTEM_CLOCK or CALENDAR_CLOCK, which the caller owns: its name gains a
/// user reference with each call.
///
///   KERN_SUCCESS            `*clock_serv` is the name
///   KERN_INVALID_ARGUMENT   the host is null or no port of the host; there is no such clock; or `clock_serv` is a null
///                           pointer
///   KERN_RESOURCE_SHORTAGE  no memory
///   KERN_NO_SPACE           no name is left
kern_return_t host_get_clock_service(host_t host, clock_id_t clock_id, clock_serv_t *clock_serv);

/* -- Statistics ---------------------------------------------------------------------------------------------------- */

/// Tells what has happened: HOST_LOAD_INFO, HOST_VM_INFO or HOST_CPU_LOAD_INFO. `*host_info_outCnt` is how many words
/// there is room for, and becomes how many were written. HOST_VM_INFO is content with 12 or 14 words, for old programs.
///
///   KERN_INVALID_HOST      the host is none
///   KERN_INVALID_ARGUMENT  the flavor is none
///   KERN_FAILURE           not enough room, or Linux does not say
///   KERN_NOT_SUPPORTED     HOST_EXPIRED_TASK_INFO
kern_return_t host_statistics(host_t host_priv, host_flavor_t flavor, host_info_t host_info_out,
                              mach_msg_type_number_t *host_info_outCnt);

/// The same, and HOST_VM_INFO64, which is content with 24 words. HOST_EXTMOD_INFO64 is KERN_NOT_SUPPORTED.
kern_return_t host_statistics64(host_t host_priv, host_flavor_t flavor, host_info64_t host_info64_out,
                                mach_msg_type_number_t *host_info64_outCnt);

/* -- Processors ---------------------------------------------------------------------------------------------------- */

/// Tells PROCESSOR_BASIC_INFO or PROCESSOR_CPU_LOAD_INFO of all processors, the words of one behind those of the other,
/// by ascending number. `*out_processor_count` becomes how many processors these are, `*out_processor_infoCnt` how many
/// words. The array is memory that the caller gives back with vm_deallocate.
///
///   KERN_INVALID_ARGUMENT  the host is none
///   KERN_FAILURE           the flavor is none, or Linux does not say
kern_return_t host_processor_info(host_t host, processor_flavor_t flavor, natural_t *out_processor_count,
                                  processor_info_array_t *out_processor_info,
                                  mach_msg_type_number_t *out_processor_infoCnt);

/// Gives a send right to the name port of the one set of processors.
///
///   KERN_INVALID_ARGUMENT  the host is none
///   KERN_NO_SPACE          no name is left
kern_return_t processor_set_default(host_t host, processor_set_name_t *default_set);

/// Was to make a set of processors. KERN_FAILURE, whatever is passed.
kern_return_t processor_set_create(host_t host, processor_set_t *new_set, processor_set_name_t *new_name);

/* -- Vouchers ------------------------------------------------------------------------------------------------------ */

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

/* -- Refused ------------------------------------------------------------------------------------------------------- */

/// Was to ask for a message when the time of day is set.
///
///   KERN_INVALID_ARGUMENT    the host is none, or `notify_type` is not HOST_NOTIFY_CALENDAR_CHANGE
///   KERN_INVALID_CAPABILITY  `notify_port` is MACH_PORT_NULL or MACH_PORT_DEAD
///   KERN_NOT_SUPPORTED       otherwise
kern_return_t host_request_notification(host_t host, host_flavor_t notify_type, mach_port_t notify_port);

/// Was to tell how full a table of pages is. KERN_FAILURE, whatever is passed.
kern_return_t host_virtual_physical_table_info(host_t host, hash_info_bucket_array_t *info,
                                               mach_msg_type_number_t *infoCnt);

/// Was to tell about the kernel's locks. KERN_INVALID_HOST when the host is none, otherwise KERN_NOT_SUPPORTED.
kern_return_t host_lockgroup_info(host_t host, lockgroup_info_array_t *lockgroup_info,
                                  mach_msg_type_number_t *lockgroup_infoCnt);

/// Was to list the kernel's modules. KERN_NOT_SUPPORTED, whatever is passed; so are the other calls of this name.
kern_return_t kmod_get_info(host_t host, kmod_args_t *modules, mach_msg_type_number_t *modulesCnt);

/// Were flags for tracing activities. KERN_INVALID_ARGUMENT when the host is none, otherwise KERN_NOT_SUPPORTED.
kern_return_t host_set_atm_diagnostic_flag(host_t host_priv, uint32_t diagnostic_flag);
kern_return_t host_get_atm_diagnostic_flag(host_t host, uint32_t *diagnostic_flag);

/// Were flags for several users at a time. KERN_NOT_SUPPORTED, whatever is passed.
kern_return_t host_set_multiuser_config_flags(host_t host_priv, uint32_t multiuser_flags);
kern_return_t host_get_multiuser_config_flags(host_t host, uint32_t *multiuser_flags);
kern_return_t host_check_multiuser_mode(host_t host, uint32_t *multiuser_mode);

__END_DECLS

#endif

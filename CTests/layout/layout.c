/// Holds the public headers against Apple's ABI: the size of every structure, the place of every field, the value of
/// every constant, the exact type of every function and integer. The numbers stand here a second time, so that neither
/// side can change alone. Needs nothing but the headers; prints what differs and exits non-zero.
#include <stdint.h>
#include <stdio.h>

#include <TargetConditionals.h>
#include <UserNotification/UNDTypes.h>
#include <atm/atm_types.h>
#include <device/device_types.h>
#include <mach/clock_reply.h>
#include <mach/mk_timer.h>
#include <mach/exc.h>
#include <mach/exception.h>
#include <mach/mach.h>
#include <mach/mach_error.h>
#include <mach/mach_exc.h>
#include <mach/mach_linux.h>
#include <mach/mach_param.h>
#include <mach/mach_sync_ipc.h>
#include <mach/mach_vm.h>
#include <mach/mach_voucher.h>
#include <mach/mig_log.h>
#include <mach/notify.h>
#include <mach/notify_server.h>
#include <mach/port_descriptions.h>
#include <mach/thread_switch.h>
#include <mach/vm_param.h>
#include <mach_debug/mach_debug.h>
#include <servers/bootstrap.h>
#include <servers/netname_defs.h>

#include "check.h"
#include "constants.h"
#include "host.h"
#include "information.h"
#include "structures.h"

static void integers(void) {
    SAME(natural_t, unsigned int);
    SAME(integer_t, int);
    SAME(boolean_t, unsigned int);
    SAME(kern_return_t, int);
    SAME(mach_error_t, int);
    SAME(bootstrap_status_t, int);
    SAME(bootstrap_property_t, unsigned int);
    SAME(vm_offset_t, uintptr_t);
    SAME(vm_size_t, uintptr_t);
    SAME(vm_address_t, uintptr_t);
    SAME(pointer_t, uintptr_t);
    SAME(mach_vm_address_t, uint64_t);
    SAME(mach_vm_offset_t, uint64_t);
    SAME(mach_vm_size_t, uint64_t);
    SAME(mach_port_context_t, uint64_t);
    SAME(vm_object_offset_t, uint64_t);
    SAME(vm_object_size_t, uint64_t);
    SAME(vm_prot_t, int);
    SAME(vm_inherit_t, unsigned int);
    SAME(vm_map_t, unsigned int);
    SAME(mach_port_name_t, unsigned int);
    SAME(mach_port_t, unsigned int);
    SAME(mach_port_right_t, unsigned int);
    SAME(mach_port_type_t, unsigned int);
    SAME(mach_port_urefs_t, unsigned int);
    SAME(mach_port_delta_t, int);
    SAME(mach_port_seqno_t, unsigned int);
    SAME(mach_port_mscount_t, unsigned int);
    SAME(mach_port_msgcount_t, unsigned int);
    SAME(mach_port_rights_t, unsigned int);
    SAME(mach_port_srights_t, unsigned int);
    SAME(mach_port_flavor_t, int);
    SAME(mach_msg_timeout_t, unsigned int);
    SAME(mach_msg_bits_t, unsigned int);
    SAME(mach_msg_size_t, unsigned int);
    SAME(mach_msg_id_t, int);
    SAME(mach_msg_type_name_t, unsigned int);
    SAME(mach_msg_copy_options_t, unsigned int);
    SAME(mach_msg_descriptor_type_t, unsigned int);
    SAME(mach_msg_trailer_type_t, unsigned int);
    SAME(mach_msg_trailer_size_t, unsigned int);
    SAME(mach_msg_type_size_t, unsigned int);
    SAME(mach_msg_type_number_t, unsigned int);
    SAME(mach_msg_option_t, int);
    SAME(mach_msg_options_t, int);
    SAME(mach_msg_return_t, int);
    SAME(mach_msg_guard_flags_t, unsigned int);
    SAME(task_t, unsigned int);
    SAME(thread_t, unsigned int);
    SAME(host_t, unsigned int);
    SAME(ipc_space_t, unsigned int);
    SAME(semaphore_t, unsigned int);
    SAME(lock_set_t, unsigned int);
    SAME(sync_policy_t, int);
    SAME(clock_serv_t, unsigned int);
    SAME(processor_set_t, unsigned int);
    SAME(notify_port_t, unsigned int);
    SAME(mach_port_name_array_t, unsigned int *);
    SAME(mach_port_array_t, unsigned int *);
    SAME(mach_port_type_array_t, unsigned int *);
    SAME(mach_port_info_t, int *);
    SAME(mach_msg_trailer_info_t, char *);
    SAME(task_array_t, unsigned int *);
    SAME(mach_port_options_ptr_t, mach_port_options_t *);
    SAME(exception_type_t, int);
    SAME(exception_mask_t, unsigned int);
    SAME(exception_behavior_t, int);
    SAME(exception_data_type_t, int);
    SAME(mach_exception_data_type_t, int64_t);
    SAME(mach_exception_code_t, int64_t);
    SAME(mach_exception_subcode_t, int64_t);
    SAME(exception_data_t, int *);
    SAME(mach_exception_data_t, int64_t *);
    SAME(exception_mask_array_t, unsigned int *);
    SAME(exception_behavior_array_t, int *);
    SAME(exception_flavor_array_t, int *);
    SAME(exception_port_array_t, unsigned int *);
    SAME(exception_handler_array_t, unsigned int *);
    SAME(thread_state_flavor_t, int);
    SAME(thread_state_flavor_array_t, int *);
    SAME(thread_state_t, unsigned int *);
    SAME(task_special_port_t, int);
    SAME(host_priv_t, unsigned int);
    SAME(thread_act_t, unsigned int);
    SAME(ledger_array_t, unsigned int *);
    SAME(ipc_info_name_array_t, ipc_info_name_t *);
    SAME(ipc_info_tree_name_array_t, ipc_info_tree_name_t *);
    SAME(mach_msg_option64_t, uint64_t);
    SAME(ipc_space_read_t, unsigned int);
    SAME(ipc_space_inspect_t, unsigned int);
    SAME(mach_service_port_info_t, mach_service_port_info_data_t *);
    SAME(task_flavor_t, unsigned int);
    SAME(task_info_t, int *);
    SAME(task_policy_flavor_t, unsigned int);
    SAME(task_policy_t, int *);
    SAME(thread_flavor_t, unsigned int);
    SAME(thread_info_t, int *);
    SAME(thread_policy_flavor_t, unsigned int);
    SAME(thread_policy_t, int *);
    SAME(policy_t, int);
    SAME(policy_base_t, int *);
    SAME(policy_limit_t, int *);
    SAME(policy_info_t, int *);
    SAME(host_flavor_t, int);
    SAME(host_info_t, int *);
    SAME(host_info64_t, int *);
    SAME(processor_flavor_t, int);
    SAME(processor_info_t, int *);
    SAME(processor_info_array_t, int *);
    SAME(processor_set_flavor_t, int);
    SAME(processor_set_info_t, int *);
    SAME(vm_region_flavor_t, int);
    SAME(vm_region_info_t, int *);
    SAME(vm_region_recurse_info_t, int *);
    SAME(vm_page_info_flavor_t, int);
    SAME(vm_page_info_t, int *);
    SAME(vm_behavior_t, int);
    SAME(vm_sync_t, unsigned int);
    SAME(vm_purgable_t, int);
    SAME(vm_machine_attribute_t, unsigned int);
    SAME(vm_machine_attribute_val_t, int);
    SAME(memory_object_t, unsigned int);
    SAME(memory_object_name_t, unsigned int);
    SAME(memory_object_default_t, unsigned int);
    SAME(memory_object_offset_t, unsigned long long);
    SAME(memory_object_size_t, unsigned long long);
    SAME(memory_object_cluster_size_t, unsigned int);
    SAME(memory_object_info_t, int *);
    SAME(clock_id_t, int);
    SAME(clock_flavor_t, int);
    SAME(clock_attr_t, int *);
    SAME(clock_res_t, int);
    SAME(alarm_type_t, int);
    SAME(sleep_type_t, int);
    SAME(mach_voucher_t, unsigned int);
    SAME(ipc_voucher_t, unsigned int);
    SAME(mach_voucher_selector_t, uint32_t);
    SAME(mach_voucher_attr_key_t, uint32_t);
    SAME(mach_voucher_attr_command_t, uint32_t);
    SAME(mach_voucher_attr_content_t, uint8_t *);
    SAME(mach_voucher_attr_raw_recipe_t, uint8_t *);
    SAME(mach_voucher_attr_raw_recipe_array_t, uint8_t *);
    SAME(mach_voucher_attr_value_handle_t, uint64_t);
    SAME(voucher_mach_msg_state_t, struct voucher_mach_msg_state_s *);
    SAME(io_buf_ptr_t, char *);
    SAME(UNDReplyRef, unsigned int);
    SAME(atm_guard_t, uint64_t);
    SAME(mig_stub_routine_t, void (*)(mach_msg_header_t *, mach_msg_header_t *));
    SAME(mig_server_routine_t, mig_routine_t(*)(mach_msg_header_t *));
    SAME(mig_impl_routine_t, kern_return_t(*)(void));
    // These constants serve as values of unsigned types.
    TYPE(MACH_PORT_DEAD, unsigned int, "MACH_PORT_DEAD");
    TYPE(MACH_PORT_RIGHT_RECEIVE, unsigned int, "MACH_PORT_RIGHT_RECEIVE");
    TYPE(MACH_PORT_TYPE_SEND, unsigned int, "MACH_PORT_TYPE_SEND");
    TYPE(MACH_PORT_TYPE_DNREQUEST, unsigned int, "MACH_PORT_TYPE_DNREQUEST");
    TYPE(MACH_MSG_TIMEOUT_NONE, unsigned int, "MACH_MSG_TIMEOUT_NONE");
    TYPE(MACH_MSG_SIZE_MAX, unsigned int, "MACH_MSG_SIZE_MAX");
    TYPE(MACH_MSG_TYPE_POLYMORPHIC, unsigned int, "MACH_MSG_TYPE_POLYMORPHIC");
    TYPE(MACH_MSGH_BITS_COMPLEX, unsigned int, "MACH_MSGH_BITS_COMPLEX");
    TYPE(MACH_EXCEPTION_CODES, unsigned int, "MACH_EXCEPTION_CODES");
    TYPE(MACH_PORT_RECEIVE_STATUS_COUNT, unsigned int, "MACH_PORT_RECEIVE_STATUS_COUNT");
}

static void macros(void) {
    VALUE(MACH_PORT_MAKE(5U, 0x07000000U), 0x507);
    VALUE(MACH_PORT_INDEX(0x12345607U), 0x123456);
    VALUE(MACH_PORT_GEN(0x12345687U), 0x87000000);
    VALUE(MACH_PORT_MAKE(MACH_PORT_INDEX(0xfedcba9bU), MACH_PORT_GEN(0xfedcba9bU)), 0xfedcba9b); // N1
    VALUE(MACH_PORT_VALID(0U), 0);
    VALUE(MACH_PORT_VALID(0xffffffffU), 0);
    VALUE(MACH_PORT_VALID(0x103U), 1);
    VALUE(MACH_PORT_TYPE(0U), 0x10000);
    VALUE(MACH_PORT_TYPE(5U), 0x200000);

    VALUE(MACH_MSGH_BITS(19, 21), 0x1513); // S10
    VALUE(MACH_MSGH_BITS_SET(19, 21, 17, 0x80000000U), 0x80111513);
    VALUE(MACH_MSGH_BITS_SET(0xff, 0xff, 0xff, 0xffffffffU), 0xffffffff);
    VALUE(MACH_MSGH_BITS_SET_PORTS(0xff, 0xff, 0xff), 0x1f1f1f);
    VALUE(MACH_MSGH_BITS_REMOTE(0x80111513U), 19);
    VALUE(MACH_MSGH_BITS_LOCAL(0x80111513U), 21);
    VALUE(MACH_MSGH_BITS_VOUCHER(0x80111513U), 17);
    VALUE(MACH_MSGH_BITS_PORTS(0x80111513U), 0x111513);
    VALUE(MACH_MSGH_BITS_OTHER(0x80111513U), 0x80000000);
    VALUE(MACH_MSGH_BITS_HAS_REMOTE(0x13U), 1);
    VALUE(MACH_MSGH_BITS_HAS_REMOTE(0x1f00U), 0);
    VALUE(MACH_MSGH_BITS_HAS_LOCAL(0x100U), 1);
    VALUE(MACH_MSGH_BITS_HAS_LOCAL(0x1fU), 0);
    VALUE(MACH_MSGH_BITS_HAS_VOUCHER(0x10000U), 1);
    VALUE(MACH_MSGH_BITS_HAS_VOUCHER(0x1f1fU), 0);
    VALUE(MACH_MSGH_BITS_IS_COMPLEX(0x80000000U), 1);
    VALUE(MACH_MSGH_BITS_IS_COMPLEX(0x7fffffffU), 0);
    VALUE(MACH_MSGH_BITS_RAISED_IMPORTANCE(0x20000000U), 1);
    VALUE(MACH_MSGH_BITS_HOLDS_IMPORTANCE_ASSERTION(0x10000000U), 1);
    VALUE(MACH_MSG_TYPE_PORT_ANY(15), 0);
    VALUE(MACH_MSG_TYPE_PORT_ANY(16), 1);
    VALUE(MACH_MSG_TYPE_PORT_ANY(21), 1);
    VALUE(MACH_MSG_TYPE_PORT_ANY(22), 0);
    VALUE(MACH_MSG_TYPE_PORT_ANY_SEND(16), 0);
    VALUE(MACH_MSG_TYPE_PORT_ANY_SEND(17), 1);
    VALUE(MACH_MSG_TYPE_PORT_ANY_SEND(21), 1);
    VALUE(MACH_MSG_TYPE_PORT_ANY_RIGHT(18), 1);
    VALUE(MACH_MSG_TYPE_PORT_ANY_RIGHT(19), 0);

    VALUE(round_msg(0), 0);
    VALUE(round_msg(24), 24);
    VALUE(round_msg(25), 28);
    VALUE(round_msg(0xfffffffdU), 0x100000000);

    VALUE(MACH_RCV_TRAILER_TYPE(1), 0x10000000);
    VALUE(MACH_RCV_TRAILER_ELEMENTS(3), 0x03000000);
    VALUE(GET_RCV_ELEMENTS(0x13000002), 3);
    VALUE(REQUESTED_TRAILER_SIZE(0x00000002), 8); // V13
    VALUE(REQUESTED_TRAILER_SIZE(0x01000000), 12);
    VALUE(REQUESTED_TRAILER_SIZE(0x02000000), 20);
    VALUE(REQUESTED_TRAILER_SIZE(0x03000000), 52);
    VALUE(REQUESTED_TRAILER_SIZE(0x04000000), 60);
    VALUE(REQUESTED_TRAILER_SIZE(0x05000000), 68);
    VALUE(REQUESTED_TRAILER_SIZE(0x07000000), 68);
    VALUE(REQUESTED_TRAILER_SIZE(0x08000000), 68);
    VALUE(REQUESTED_TRAILER_SIZE(0x73000000), 52);

    VALUE(err_system(4), 0x10000000);
    VALUE(err_sub(1), 0x4000);
    VALUE(err_get_system(0x10004003), 4);
    VALUE(err_get_sub(0x10004003), 1);
    VALUE(err_get_code(0x10004003), 3);
    VALUE(err_get_system(-1), 0x3f);
    VALUE(unix_err(2), 0xc002);
    VALUE(VM_MAKE_TAG(20), 0x14000000);
    const uint64_t guarded = 0x2000001000000507; // flavor 16, name 0x507
    check((long long)EXC_GUARD_DECODE_GUARD_TYPE(guarded), 1, "EXC_GUARD_DECODE_GUARD_TYPE");
    check((long long)EXC_GUARD_DECODE_GUARD_FLAVOR(guarded), 16, "EXC_GUARD_DECODE_GUARD_FLAVOR");
    check((long long)EXC_GUARD_DECODE_GUARD_TARGET(guarded), 0x507, "EXC_GUARD_DECODE_GUARD_TARGET");
    VALUE(EXC_GUARD_DECODE_GUARD_TYPE(-1LL), 7);
    VALUE(EXC_GUARD_DECODE_GUARD_FLAVOR(-1LL), 0x1fffffff);
    VALUE(EXC_GUARD_DECODE_GUARD_TARGET(-1LL), 0xffffffff);
    VALUE(VALID_THREAD_STATE_FLAVOR(-1), 0);
    VALUE(VALID_THREAD_STATE_FLAVOR(0), 0);
    VALUE(VALID_THREAD_STATE_FLAVOR(1), 1);
    VALUE(VALID_THREAD_STATE_FLAVOR(THREAD_STATE_NONE), 1);
    VALUE(VALID_THREAD_STATE_FLAVOR(MACHINE_THREAD_STATE), 1);
    VALUE(VALID_THREAD_STATE_FLAVOR(THREAD_STATE_FLAVOR_LIST_NEW), 0);
#if defined(__x86_64__)
    VALUE(VALID_THREAD_STATE_FLAVOR(13), 1);
    VALUE(VALID_THREAD_STATE_FLAVOR(14), 0);
    VALUE(VALID_THREAD_STATE_FLAVOR(15), 0);
    VALUE(VALID_THREAD_STATE_FLAVOR(16), 1);
    VALUE(VALID_THREAD_STATE_FLAVOR(18), 1);
    VALUE(VALID_THREAD_STATE_FLAVOR(19), 0);
#endif
    VALUE(host_set_host_port(0, 0), 4);
    VALUE(host_set_host_priv_port(0, 0), 4);
    VALUE(host_set_io_master_port(0, 0), 4);
    mach_timespec_t sum = {1, 600000000}, half = {0, 500000000};
    check(CMP_MACH_TIMESPEC(&sum, &half) > 0, 1, "CMP_MACH_TIMESPEC");
    ADD_MACH_TIMESPEC(&sum, &half);
    check(sum.tv_sec, 2, "ADD_MACH_TIMESPEC");
    check(sum.tv_nsec, 100000000, "ADD_MACH_TIMESPEC");
    SUB_MACH_TIMESPEC(&sum, &half);
    check(sum.tv_sec, 1, "SUB_MACH_TIMESPEC");
    check(sum.tv_nsec, 600000000, "SUB_MACH_TIMESPEC");
    check(CMP_MACH_TIMESPEC(&half, &sum) < 0, 1, "CMP_MACH_TIMESPEC");
    check(BAD_MACH_TIMESPEC(&sum), 0, "BAD_MACH_TIMESPEC");
    VALUE(BAD_ALRMTYPE(1), 0);
    VALUE(BAD_ALRMTYPE(2), 1);
    int flags = VM_FLAGS_ANYWHERE, tag;
    VM_SET_FLAGS_ALIAS(flags, 240);
    VM_GET_FLAGS_ALIAS(flags, tag);
    check((unsigned int)flags, 0xf0000001, "VM_SET_FLAGS_ALIAS");
    check(tag, 240, "VM_GET_FLAGS_ALIAS");

    const security_token_t security = KERNEL_SECURITY_TOKEN_VALUE;
    const audit_token_t audit = KERNEL_AUDIT_TOKEN_VALUE;
    check(security.val[0], 0, "KERNEL_SECURITY_TOKEN_VALUE");
    check(security.val[1], 1, "KERNEL_SECURITY_TOKEN_VALUE");
    for (int word = 0; word < 8; word++) check(audit.val[word], 0, "KERNEL_AUDIT_TOKEN_VALUE");
}

// What #if has to understand.
#if MACH_PORT_NULL != 0 || MACH_PORT_DEAD != 0xffffffff || MACH_PORT_TYPE_DEAD_NAME != 0x100000 ||                     \
    EXC_MASK_VALID != 0x3ffe || MACH_MSG_TYPE_MAKE_SEND != 20 || MACH_SEND_INVALID_DEST != 0x10000003 ||               \
    KERN_INVALID_RIGHT != 17 || !__MigTypeCheck || !__MigPackStructs
#error a constant does not serve in #if
#endif

static void functions(void) {
    FUNCTION(mach_task_self, mach_port_t, void);
    FUNCTION(mach_host_self, mach_port_t, void);
    FUNCTION(mach_thread_self, mach_port_t, void);
    FUNCTION(mach_init, int, void);
    FUNCTION(mach_reply_port, mach_port_name_t, void);
    FUNCTION(task_self_trap, mach_port_name_t, void);
    FUNCTION(host_self_trap, mach_port_name_t, void);
    FUNCTION(thread_self_trap, mach_port_name_t, void);
    FUNCTION(vm_allocate, kern_return_t, vm_map_t, vm_address_t *, vm_size_t, int);
    FUNCTION(vm_deallocate, kern_return_t, vm_map_t, vm_address_t, vm_size_t);
    FUNCTION(mach_vm_allocate, kern_return_t, vm_map_t, mach_vm_address_t *, mach_vm_size_t, int);
    FUNCTION(mach_vm_deallocate, kern_return_t, vm_map_t, mach_vm_address_t, mach_vm_size_t);
    FUNCTION(mach_msg, mach_msg_return_t, mach_msg_header_t *, mach_msg_option_t, mach_msg_size_t, mach_msg_size_t,
             mach_port_name_t, mach_msg_timeout_t, mach_port_name_t);
    FUNCTION(mach_msg_overwrite, mach_msg_return_t, mach_msg_header_t *, mach_msg_option_t, mach_msg_size_t,
             mach_msg_size_t, mach_port_name_t, mach_msg_timeout_t, mach_port_name_t, mach_msg_header_t *,
             mach_msg_size_t);
    FUNCTION(mach_msg_destroy, void, mach_msg_header_t *);
    FUNCTION(mach_msg_send, mach_msg_return_t, mach_msg_header_t *);
    FUNCTION(mach_msg_receive, mach_msg_return_t, mach_msg_header_t *);
    FUNCTION(mach_msg_server, mach_msg_return_t, boolean_t(*)(mach_msg_header_t *, mach_msg_header_t *),
             mach_msg_size_t, mach_port_t, mach_msg_options_t);
    FUNCTION(mach_msg_server_once, mach_msg_return_t, boolean_t(*)(mach_msg_header_t *, mach_msg_header_t *),
             mach_msg_size_t, mach_port_t, mach_msg_options_t);
    FUNCTION(mach_msg_server_importance, mach_msg_return_t, boolean_t(*)(mach_msg_header_t *, mach_msg_header_t *),
             mach_msg_size_t, mach_port_t, mach_msg_options_t);
    FUNCTION(mach_msg2_internal, mach_msg_return_t, void *, mach_msg_option64_t, uint64_t, uint64_t, uint64_t, uint64_t,
             uint64_t, uint64_t);
    FUNCTION(mach_msg2, mach_msg_return_t, void *, mach_msg_option64_t, mach_msg_header_t, mach_msg_size_t,
             mach_msg_size_t, mach_port_t, uint64_t, uint32_t);
    FUNCTION(mig_reply_setup, void, mach_msg_header_t *, mach_msg_header_t *);
    FUNCTION(voucher_mach_msg_set, boolean_t, mach_msg_header_t *);
    FUNCTION(voucher_mach_msg_clear, void, mach_msg_header_t *);
    FUNCTION(voucher_mach_msg_adopt, voucher_mach_msg_state_t, mach_msg_header_t *);
    FUNCTION(voucher_mach_msg_revert, void, voucher_mach_msg_state_t);
    FUNCTION(mig_get_reply_port, mach_port_t, void);
    FUNCTION(mig_put_reply_port, void, mach_port_t);
    FUNCTION(mig_dealloc_reply_port, void, mach_port_t);
    FUNCTION(mig_get_special_reply_port, mach_port_t, void);
    FUNCTION(mig_dealloc_special_reply_port, void, mach_port_t);
    FUNCTION(mig_strncpy, int, char *, const char *, int);
    FUNCTION(mig_strncpy_zerofill, int, char *, const char *, int);
    FUNCTION(mig_allocate, void, vm_address_t *, vm_size_t);
    FUNCTION(mig_deallocate, void, vm_address_t, vm_size_t);
    FUNCTION(exc_server, boolean_t, mach_msg_header_t *, mach_msg_header_t *);
    FUNCTION(exc_server_routine, mig_routine_t, mach_msg_header_t *);
    FUNCTION(mach_exc_server, boolean_t, mach_msg_header_t *, mach_msg_header_t *);
    FUNCTION(mach_exc_server_routine, mig_routine_t, mach_msg_header_t *);
    FUNCTION(clock_reply_server, boolean_t, mach_msg_header_t *, mach_msg_header_t *);
    FUNCTION(clock_reply_server_routine, mig_routine_t, mach_msg_header_t *);
    FUNCTION(notify_server, boolean_t, mach_msg_header_t *, mach_msg_header_t *);
    FUNCTION(notify_server_routine, mig_routine_t, mach_msg_header_t *);
    FUNCTION(catch_exception_raise, kern_return_t, mach_port_t, mach_port_t, mach_port_t, exception_type_t,
             exception_data_t, mach_msg_type_number_t);
    FUNCTION(catch_exception_raise_state, kern_return_t, mach_port_t, exception_type_t, const exception_data_t,
             mach_msg_type_number_t, int *, const thread_state_t, mach_msg_type_number_t, thread_state_t,
             mach_msg_type_number_t *);
    FUNCTION(catch_exception_raise_state_identity, kern_return_t, mach_port_t, mach_port_t, mach_port_t,
             exception_type_t, exception_data_t, mach_msg_type_number_t, int *, thread_state_t, mach_msg_type_number_t,
             thread_state_t, mach_msg_type_number_t *);
    FUNCTION(catch_mach_exception_raise, kern_return_t, mach_port_t, mach_port_t, mach_port_t, exception_type_t,
             mach_exception_data_t, mach_msg_type_number_t);
    FUNCTION(catch_mach_exception_raise_state, kern_return_t, mach_port_t, exception_type_t,
             const mach_exception_data_t, mach_msg_type_number_t, int *, const thread_state_t, mach_msg_type_number_t,
             thread_state_t, mach_msg_type_number_t *);
    FUNCTION(catch_mach_exception_raise_state_identity, kern_return_t, mach_port_t, mach_port_t, mach_port_t,
             exception_type_t, mach_exception_data_t, mach_msg_type_number_t, int *, thread_state_t,
             mach_msg_type_number_t, thread_state_t, mach_msg_type_number_t *);
    FUNCTION(clock_alarm_reply, kern_return_t, clock_reply_t, kern_return_t, alarm_type_t, mach_timespec_t);
    FUNCTION(do_mach_notify_port_deleted, kern_return_t, mach_port_t, mach_port_name_t);
    FUNCTION(do_mach_notify_send_possible, kern_return_t, mach_port_t, mach_port_name_t);
    FUNCTION(do_mach_notify_port_destroyed, kern_return_t, mach_port_t, mach_port_t);
    FUNCTION(do_mach_notify_no_senders, kern_return_t, mach_port_t, mach_port_mscount_t);
    FUNCTION(do_mach_notify_send_once, kern_return_t, mach_port_t);
    FUNCTION(do_mach_notify_dead_name, kern_return_t, mach_port_t, mach_port_name_t);
    FUNCTION(mach_port_names, kern_return_t, ipc_space_t, mach_port_name_array_t *, mach_msg_type_number_t *,
             mach_port_type_array_t *, mach_msg_type_number_t *);
    FUNCTION(mach_port_type, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_type_t *);
    FUNCTION(mach_port_rename, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_name_t);
    FUNCTION(mach_port_allocate_name, kern_return_t, ipc_space_t, mach_port_right_t, mach_port_name_t);
    FUNCTION(mach_port_allocate, kern_return_t, ipc_space_t, mach_port_right_t, mach_port_name_t *);
    FUNCTION(mach_port_destroy, kern_return_t, ipc_space_t, mach_port_name_t);
    FUNCTION(mach_port_deallocate, kern_return_t, ipc_space_t, mach_port_name_t);
    FUNCTION(mach_port_get_refs, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_right_t, mach_port_urefs_t *);
    FUNCTION(mach_port_mod_refs, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_right_t, mach_port_delta_t);
    FUNCTION(mach_port_peek, kern_return_t, ipc_space_t, mach_port_name_t, mach_msg_trailer_type_t, mach_port_seqno_t *,
             mach_msg_size_t *, mach_msg_id_t *, mach_msg_trailer_info_t, mach_msg_type_number_t *);
    FUNCTION(mach_port_set_mscount, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_mscount_t);
    FUNCTION(mach_port_get_set_status, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_name_array_t *,
             mach_msg_type_number_t *);
    FUNCTION(mach_port_move_member, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_name_t);
    FUNCTION(mach_port_insert_right, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_t, mach_msg_type_name_t);
    FUNCTION(mach_port_extract_right, kern_return_t, ipc_space_t, mach_port_name_t, mach_msg_type_name_t, mach_port_t *,
             mach_msg_type_name_t *);
    FUNCTION(mach_port_set_seqno, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_seqno_t);
    FUNCTION(mach_port_get_attributes, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_flavor_t,
             mach_port_info_t, mach_msg_type_number_t *);
    FUNCTION(mach_port_set_attributes, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_flavor_t,
             mach_port_info_t, mach_msg_type_number_t);
    FUNCTION(mach_port_allocate_qos, kern_return_t, ipc_space_t, mach_port_right_t, mach_port_qos_t *,
             mach_port_name_t *);
    FUNCTION(mach_port_allocate_full, kern_return_t, ipc_space_t, mach_port_right_t, mach_port_t, mach_port_qos_t *,
             mach_port_name_t *);
    FUNCTION(task_set_port_space, kern_return_t, ipc_space_t, int);
    FUNCTION(mach_port_get_srights, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_rights_t *);
    FUNCTION(mach_port_space_info, kern_return_t, ipc_space_t, ipc_info_space_t *, ipc_info_name_array_t *,
             mach_msg_type_number_t *, ipc_info_tree_name_array_t *, mach_msg_type_number_t *);
    FUNCTION(mach_port_dnrequest_info, kern_return_t, ipc_space_t, mach_port_name_t, unsigned *, unsigned *);
    FUNCTION(mach_port_kernel_object, kern_return_t, ipc_space_t, mach_port_name_t, unsigned *, unsigned *);
    FUNCTION(mach_port_insert_member, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_name_t);
    FUNCTION(mach_port_extract_member, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_name_t);
    FUNCTION(mach_port_get_context, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_context_t *);
    FUNCTION(mach_port_set_context, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_context_t);
    FUNCTION(mach_port_kobject, kern_return_t, ipc_space_t, mach_port_name_t, natural_t *, mach_vm_address_t *);
    FUNCTION(mach_port_space_basic_info, kern_return_t, ipc_space_t, ipc_info_space_basic_t *);
    FUNCTION(mach_port_kobject_description, kern_return_t, ipc_space_read_t, mach_port_name_t, natural_t *,
             mach_vm_address_t *, kobject_description_t);
    FUNCTION(mach_port_is_connection_for_service, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_name_t,
             uint64_t *);
    FUNCTION(mach_port_get_service_port_info, kern_return_t, ipc_space_read_t, mach_port_name_t,
             mach_service_port_info_data_t *);
    FUNCTION(mach_port_assert_attributes, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_flavor_t,
             mach_port_info_t, mach_msg_type_number_t);
    FUNCTION(mach_port_request_notification, kern_return_t, ipc_space_t, mach_port_name_t, mach_msg_id_t,
             mach_port_mscount_t, mach_port_t, mach_msg_type_name_t, mach_port_t *);
    FUNCTION(mach_port_guard, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_context_t, boolean_t);
    FUNCTION(mach_port_guard_with_flags, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_context_t, uint64_t);
    FUNCTION(mach_port_swap_guard, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_context_t,
             mach_port_context_t);
    FUNCTION(mach_port_unguard, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_context_t);
    FUNCTION(mach_port_construct, kern_return_t, ipc_space_t, mach_port_options_ptr_t, mach_port_context_t,
             mach_port_name_t *);
    FUNCTION(mach_port_destruct, kern_return_t, ipc_space_t, mach_port_name_t, mach_port_delta_t, mach_port_context_t);
    FUNCTION(semaphore_create, kern_return_t, task_t, semaphore_t *, int, int);
    FUNCTION(semaphore_destroy, kern_return_t, task_t, semaphore_t);
    FUNCTION(semaphore_signal, kern_return_t, semaphore_t);
    FUNCTION(semaphore_signal_all, kern_return_t, semaphore_t);
    FUNCTION(semaphore_signal_thread, kern_return_t, semaphore_t, thread_t);
    FUNCTION(semaphore_wait, kern_return_t, semaphore_t);
    FUNCTION(semaphore_timedwait, kern_return_t, semaphore_t, mach_timespec_t);
    FUNCTION(semaphore_wait_signal, kern_return_t, semaphore_t, semaphore_t);
    FUNCTION(semaphore_timedwait_signal, kern_return_t, semaphore_t, semaphore_t, mach_timespec_t);
    FUNCTION(lock_set_create, kern_return_t, task_t, lock_set_t *, int, int);
    FUNCTION(lock_set_destroy, kern_return_t, task_t, lock_set_t);
    FUNCTION(lock_acquire, kern_return_t, lock_set_t, int);
    FUNCTION(lock_release, kern_return_t, lock_set_t, int);
    FUNCTION(lock_try, kern_return_t, lock_set_t, int);
    FUNCTION(lock_make_stable, kern_return_t, lock_set_t, int);
    FUNCTION(lock_handoff, kern_return_t, lock_set_t, int);
    FUNCTION(lock_handoff_accept, kern_return_t, lock_set_t, int);
    FUNCTION(task_create, kern_return_t, task_t, ledger_array_t, mach_msg_type_number_t, boolean_t, task_t *);
    FUNCTION(task_terminate, kern_return_t, task_t);
    FUNCTION(mach_ports_register, kern_return_t, task_t, mach_port_array_t, mach_msg_type_number_t);
    FUNCTION(mach_ports_lookup, kern_return_t, task_t, mach_port_array_t *, mach_msg_type_number_t *);
    FUNCTION(task_get_special_port, kern_return_t, task_t, int, mach_port_t *);
    FUNCTION(task_set_special_port, kern_return_t, task_t, int, mach_port_t);
    FUNCTION(thread_get_special_port, kern_return_t, thread_act_t, int, mach_port_t *);
    FUNCTION(thread_set_special_port, kern_return_t, thread_act_t, int, mach_port_t);
    FUNCTION(host_get_special_port, kern_return_t, host_priv_t, int, int, mach_port_t *);
    FUNCTION(host_set_special_port, kern_return_t, host_priv_t, int, mach_port_t);
    FUNCTION(task_set_exception_ports, kern_return_t, task_t, exception_mask_t, mach_port_t, exception_behavior_t,
             thread_state_flavor_t);
    FUNCTION(task_get_exception_ports, kern_return_t, task_t, exception_mask_t, exception_mask_array_t,
             mach_msg_type_number_t *, exception_handler_array_t, exception_behavior_array_t, exception_flavor_array_t);
    FUNCTION(task_swap_exception_ports, kern_return_t, task_t, exception_mask_t, mach_port_t, exception_behavior_t,
             thread_state_flavor_t, exception_mask_array_t, mach_msg_type_number_t *, exception_handler_array_t,
             exception_behavior_array_t, exception_flavor_array_t);
    FUNCTION(thread_set_exception_ports, kern_return_t, thread_act_t, exception_mask_t, mach_port_t,
             exception_behavior_t, thread_state_flavor_t);
    FUNCTION(thread_get_exception_ports, kern_return_t, thread_act_t, exception_mask_t, exception_mask_array_t,
             mach_msg_type_number_t *, exception_handler_array_t, exception_behavior_array_t, exception_flavor_array_t);
    FUNCTION(thread_swap_exception_ports, kern_return_t, thread_act_t, exception_mask_t, mach_port_t,
             exception_behavior_t, thread_state_flavor_t, exception_mask_array_t, mach_msg_type_number_t *,
             exception_handler_array_t, exception_behavior_array_t, exception_flavor_array_t);
    FUNCTION(host_set_exception_ports, kern_return_t, host_priv_t, exception_mask_t, mach_port_t, exception_behavior_t,
             thread_state_flavor_t);
    FUNCTION(host_get_exception_ports, kern_return_t, host_priv_t, exception_mask_t, exception_mask_array_t,
             mach_msg_type_number_t *, exception_handler_array_t, exception_behavior_array_t, exception_flavor_array_t);
    FUNCTION(host_swap_exception_ports, kern_return_t, host_priv_t, exception_mask_t, mach_port_t, exception_behavior_t,
             thread_state_flavor_t, exception_mask_array_t, mach_msg_type_number_t *, exception_handler_array_t,
             exception_behavior_array_t, exception_flavor_array_t);
    FUNCTION(mach_host_special_port_description, const char *, int);
    FUNCTION(mach_task_special_port_description, const char *, int);
    FUNCTION(mach_thread_special_port_description, const char *, int);
    FUNCTION(mach_host_special_port_for_id, int, const char *);
    FUNCTION(mach_task_special_port_for_id, int, const char *);
    FUNCTION(mach_thread_special_port_for_id, int, const char *);
    FUNCTION(mach_absolute_time, uint64_t, void);
    FUNCTION(mach_approximate_time, uint64_t, void);
    FUNCTION(mach_continuous_time, uint64_t, void);
    FUNCTION(mach_continuous_approximate_time, uint64_t, void);
    FUNCTION(mach_timebase_info, kern_return_t, struct mach_timebase_info *);
    FUNCTION(mach_timebase_info_trap, kern_return_t, struct mach_timebase_info *);
    FUNCTION(mach_wait_until, kern_return_t, uint64_t);
    FUNCTION(mach_get_times, kern_return_t, uint64_t *, uint64_t *, struct timespec *);
    FUNCTION(mach_boottime_usec, uint64_t, void);
    FUNCTION(mk_timer_create, mach_port_name_t, void);
    FUNCTION(mk_timer_destroy, kern_return_t, mach_port_name_t);
    FUNCTION(mk_timer_arm, kern_return_t, mach_port_name_t, uint64_t);
    FUNCTION(mk_timer_arm_leeway, kern_return_t, mach_port_name_t, uint64_t, uint64_t, uint64_t);
    FUNCTION(mk_timer_cancel, kern_return_t, mach_port_name_t, uint64_t *);
    FUNCTION(host_get_clock_service, kern_return_t, host_t, clock_id_t, clock_serv_t *);
    FUNCTION(host_get_clock_control, kern_return_t, host_priv_t, clock_id_t, clock_ctrl_t *);
    FUNCTION(clock_get_time, kern_return_t, clock_serv_t, mach_timespec_t *);
    FUNCTION(clock_get_attributes, kern_return_t, clock_serv_t, clock_flavor_t, clock_attr_t, mach_msg_type_number_t *);
    FUNCTION(clock_alarm, kern_return_t, clock_serv_t, alarm_type_t, mach_timespec_t, clock_reply_t);
    FUNCTION(clock_set_time, kern_return_t, clock_ctrl_t, mach_timespec_t);
    FUNCTION(clock_set_attributes, kern_return_t, clock_ctrl_t, clock_flavor_t, clock_attr_t, mach_msg_type_number_t);
    FUNCTION(clock_sleep, kern_return_t, mach_port_t, int, mach_timespec_t, mach_timespec_t *);
    FUNCTION(clock_sleep_trap, kern_return_t, mach_port_name_t, sleep_type_t, int, int, mach_timespec_t *);
    FUNCTION(pthread_mach_thread_np, mach_port_t, pthread_t);
    FUNCTION(pthread_from_mach_thread_np, pthread_t, mach_port_t);
    FUNCTION(mach_error, void, const char *, mach_error_t);
    FUNCTION(mach_error_string, char *, mach_error_t);
    FUNCTION(mach_error_type, char *, mach_error_t);
    FUNCTION(bootstrap_create_server, kern_return_t, mach_port_t, cmd_t, uid_t, boolean_t, mach_port_t *);
    FUNCTION(bootstrap_subset, kern_return_t, mach_port_t, mach_port_t, mach_port_t *);
    FUNCTION(bootstrap_unprivileged, kern_return_t, mach_port_t, mach_port_t *);
    FUNCTION(bootstrap_parent, kern_return_t, mach_port_t, mach_port_t *);
    FUNCTION(bootstrap_register, kern_return_t, mach_port_t, name_t, mach_port_t);
    FUNCTION(bootstrap_create_service, kern_return_t, mach_port_t, name_t, mach_port_t *);
    FUNCTION(bootstrap_check_in, kern_return_t, mach_port_t, const name_t, mach_port_t *);
    FUNCTION(bootstrap_look_up, kern_return_t, mach_port_t, const name_t, mach_port_t *);
    FUNCTION(bootstrap_status, kern_return_t, mach_port_t, name_t, bootstrap_status_t *);
    FUNCTION(bootstrap_strerror, const char *, kern_return_t);
    FUNCTION(mach_voucher_extract_attr_content, kern_return_t, ipc_voucher_t, mach_voucher_attr_key_t,
             mach_voucher_attr_content_t, mach_msg_type_number_t *);
    FUNCTION(mach_voucher_extract_attr_recipe, kern_return_t, ipc_voucher_t, mach_voucher_attr_key_t,
             mach_voucher_attr_raw_recipe_t, mach_msg_type_number_t *);
    FUNCTION(mach_voucher_extract_all_attr_recipes, kern_return_t, ipc_voucher_t, mach_voucher_attr_raw_recipe_array_t,
             mach_msg_type_number_t *);
    FUNCTION(mach_voucher_attr_command, kern_return_t, ipc_voucher_t, mach_voucher_attr_key_t,
             mach_voucher_attr_command_t, mach_voucher_attr_content_t, mach_msg_type_number_t,
             mach_voucher_attr_content_t, mach_msg_type_number_t *);
    FUNCTION(mach_voucher_debug_info, kern_return_t, ipc_space_t, mach_port_name_t,
             mach_voucher_attr_raw_recipe_array_t, mach_msg_type_number_t *);
    FUNCTION(mach_voucher_deallocate, kern_return_t, mach_port_name_t);
    FUNCTION(host_create_mach_voucher, kern_return_t, host_t, mach_voucher_attr_raw_recipe_array_t,
             mach_msg_type_number_t, ipc_voucher_t *);
    FUNCTION(task_get_mach_voucher, kern_return_t, task_t, mach_voucher_selector_t, ipc_voucher_t *);
    FUNCTION(task_set_mach_voucher, kern_return_t, task_t, ipc_voucher_t);
    FUNCTION(task_swap_mach_voucher, kern_return_t, task_t, ipc_voucher_t, ipc_voucher_t *);
    FUNCTION(thread_get_mach_voucher, kern_return_t, thread_act_t, mach_voucher_selector_t, ipc_voucher_t *);
    FUNCTION(thread_set_mach_voucher, kern_return_t, thread_act_t, ipc_voucher_t);
    FUNCTION(thread_swap_mach_voucher, kern_return_t, thread_act_t, ipc_voucher_t, ipc_voucher_t *);
    FUNCTION(mach_linux_task_adopt, kern_return_t, task_t);
    FUNCTION(mach_linux_statistics, void, struct mach_linux_statistics *);
    FUNCTION(mach_linux_port_fd, kern_return_t, ipc_space_t, mach_port_name_t, int *);
    FUNCTION(mach_linux_trim, void, void);
    FUNCTION(mach_linux_check, kern_return_t, void);
    TYPE(&mach_task_self_, mach_port_t *, "mach_task_self_");
    TYPE(&bootstrap_port, mach_port_t *, "bootstrap_port");
    TYPE(&NDR_record, NDR_record_t *, "NDR_record");
    TYPE(&vm_page_size, vm_size_t *, "vm_page_size");
    TYPE(&vm_page_mask, vm_size_t *, "vm_page_mask");
    TYPE(&vm_page_shift, int *, "vm_page_shift");
}

int main(void) {
    integers();
    structures();
    ports();
    messages();
    codes();
    notifications();
    exceptions();
    special_ports();
    stubs();
    errors();
    memory();
    limits();
    clocks();
    host();
    vouchers();
    bootstrap();
    elsewhere();
    macros();
    functions();
    information_structures();
    information_constants();
    information_functions();
    printf("%d of %d sizes, places and values differ\n", failures, checks);
    return failures != 0 || checks == 0;
}

/// Every structure: its size and alignment in bytes, and its fields, each with its place and size. Places and sizes of
/// bit fields are in bits.
#ifndef LAYOUT_STRUCTURES_H
#define LAYOUT_STRUCTURES_H

#include "check.h"

static void structures(void) {
    STRUCT(mach_msg_header_t, 24, 4);
    FIELD(mach_msg_header_t, msgh_bits, 0, 4);
    FIELD(mach_msg_header_t, msgh_size, 4, 4);
    FIELD(mach_msg_header_t, msgh_remote_port, 8, 4);
    FIELD(mach_msg_header_t, msgh_local_port, 12, 4);
    FIELD(mach_msg_header_t, msgh_voucher_port, 16, 4);
    FIELD(mach_msg_header_t, msgh_reserved, 16, 4);
    FIELD(mach_msg_header_t, msgh_id, 20, 4);

    STRUCT(mach_msg_body_t, 4, 4);
    FIELD(mach_msg_body_t, msgh_descriptor_count, 0, 4);

    STRUCT(mach_msg_base_t, 28, 4);
    FIELD(mach_msg_base_t, header, 0, 24);
    FIELD(mach_msg_base_t, body, 24, 4);

    STRUCT(mach_msg_type_descriptor_t, 12, 4);
    FIELD(mach_msg_type_descriptor_t, pad1, 0, 4);
    FIELD(mach_msg_type_descriptor_t, pad2, 4, 4);
    BITS(mach_msg_type_descriptor_t, pad3, 64, 24);
    BITS(mach_msg_type_descriptor_t, type, 88, 8);

    STRUCT(mach_msg_port_descriptor_t, 12, 4);
    FIELD(mach_msg_port_descriptor_t, name, 0, 4);
    FIELD(mach_msg_port_descriptor_t, pad1, 4, 4);
    BITS(mach_msg_port_descriptor_t, pad2, 64, 16);
    BITS(mach_msg_port_descriptor_t, disposition, 80, 8);
    BITS(mach_msg_port_descriptor_t, type, 88, 8);

#ifdef __LP64__
    STRUCT(mach_msg_ool_descriptor_t, 16, 4);
    FIELD(mach_msg_ool_descriptor_t, address, 0, 8);
    BITS(mach_msg_ool_descriptor_t, deallocate, 64, 8);
    BITS(mach_msg_ool_descriptor_t, copy, 72, 8);
    BITS(mach_msg_ool_descriptor_t, pad1, 80, 8);
    BITS(mach_msg_ool_descriptor_t, type, 88, 8);
    FIELD(mach_msg_ool_descriptor_t, size, 12, 4);

    STRUCT(mach_msg_ool_ports_descriptor_t, 16, 4);
    FIELD(mach_msg_ool_ports_descriptor_t, address, 0, 8);
    BITS(mach_msg_ool_ports_descriptor_t, deallocate, 64, 8);
    BITS(mach_msg_ool_ports_descriptor_t, copy, 72, 8);
    BITS(mach_msg_ool_ports_descriptor_t, disposition, 80, 8);
    BITS(mach_msg_ool_ports_descriptor_t, type, 88, 8);
    FIELD(mach_msg_ool_ports_descriptor_t, count, 12, 4);

#endif
    STRUCT(mach_msg_ool_descriptor32_t, 12, 4);
    FIELD(mach_msg_ool_descriptor32_t, address, 0, 4);
    FIELD(mach_msg_ool_descriptor32_t, size, 4, 4);
    BITS(mach_msg_ool_descriptor32_t, deallocate, 64, 8);
    BITS(mach_msg_ool_descriptor32_t, copy, 72, 8);
    BITS(mach_msg_ool_descriptor32_t, pad1, 80, 8);
    BITS(mach_msg_ool_descriptor32_t, type, 88, 8);

    STRUCT(mach_msg_ool_descriptor64_t, 16, 4);
    FIELD(mach_msg_ool_descriptor64_t, address, 0, 8);
    BITS(mach_msg_ool_descriptor64_t, deallocate, 64, 8);
    BITS(mach_msg_ool_descriptor64_t, copy, 72, 8);
    BITS(mach_msg_ool_descriptor64_t, pad1, 80, 8);
    BITS(mach_msg_ool_descriptor64_t, type, 88, 8);
    FIELD(mach_msg_ool_descriptor64_t, size, 12, 4);

    STRUCT(mach_msg_ool_ports_descriptor32_t, 12, 4);
    FIELD(mach_msg_ool_ports_descriptor32_t, address, 0, 4);
    FIELD(mach_msg_ool_ports_descriptor32_t, count, 4, 4);
    BITS(mach_msg_ool_ports_descriptor32_t, deallocate, 64, 8);
    BITS(mach_msg_ool_ports_descriptor32_t, copy, 72, 8);
    BITS(mach_msg_ool_ports_descriptor32_t, disposition, 80, 8);
    BITS(mach_msg_ool_ports_descriptor32_t, type, 88, 8);

    STRUCT(mach_msg_ool_ports_descriptor64_t, 16, 4);
    FIELD(mach_msg_ool_ports_descriptor64_t, address, 0, 8);
    BITS(mach_msg_ool_ports_descriptor64_t, deallocate, 64, 8);
    BITS(mach_msg_ool_ports_descriptor64_t, copy, 72, 8);
    BITS(mach_msg_ool_ports_descriptor64_t, disposition, 80, 8);
    BITS(mach_msg_ool_ports_descriptor64_t, type, 88, 8);
    FIELD(mach_msg_ool_ports_descriptor64_t, count, 12, 4);

    STRUCT(mach_msg_guarded_port_descriptor_t, 16, 4);
    FIELD(mach_msg_guarded_port_descriptor_t, context, 0, 8);
    BITS(mach_msg_guarded_port_descriptor_t, flags, 64, 16);
    BITS(mach_msg_guarded_port_descriptor_t, disposition, 80, 8);
    BITS(mach_msg_guarded_port_descriptor_t, type, 88, 8);
    FIELD(mach_msg_guarded_port_descriptor_t, name, 12, 4);

    STRUCT(mach_msg_descriptor_t, 16, 4);
    FIELD(mach_msg_descriptor_t, port, 0, 12);
    FIELD(mach_msg_descriptor_t, out_of_line, 0, 16);
    FIELD(mach_msg_descriptor_t, ool_ports, 0, 16);
    FIELD(mach_msg_descriptor_t, type, 0, 12);
    FIELD(mach_msg_descriptor_t, guarded_port, 0, 16);

    STRUCT(security_token_t, 8, 4);
    FIELD(security_token_t, val, 0, 8);

    STRUCT(audit_token_t, 32, 4);
    FIELD(audit_token_t, val, 0, 32);

    STRUCT(msg_labels_t, 4, 4);
    FIELD(msg_labels_t, sender, 0, 4);

    STRUCT(mach_msg_trailer_t, 8, 4);
    FIELD(mach_msg_trailer_t, msgh_trailer_type, 0, 4);
    FIELD(mach_msg_trailer_t, msgh_trailer_size, 4, 4);

    STRUCT(mach_msg_seqno_trailer_t, 12, 4);
    FIELD(mach_msg_seqno_trailer_t, msgh_trailer_type, 0, 4);
    FIELD(mach_msg_seqno_trailer_t, msgh_trailer_size, 4, 4);
    FIELD(mach_msg_seqno_trailer_t, msgh_seqno, 8, 4);

    STRUCT(mach_msg_security_trailer_t, 20, 4);
    FIELD(mach_msg_security_trailer_t, msgh_trailer_type, 0, 4);
    FIELD(mach_msg_security_trailer_t, msgh_trailer_size, 4, 4);
    FIELD(mach_msg_security_trailer_t, msgh_seqno, 8, 4);
    FIELD(mach_msg_security_trailer_t, msgh_sender, 12, 8);

    STRUCT(mach_msg_audit_trailer_t, 52, 4);
    FIELD(mach_msg_audit_trailer_t, msgh_trailer_type, 0, 4);
    FIELD(mach_msg_audit_trailer_t, msgh_trailer_size, 4, 4);
    FIELD(mach_msg_audit_trailer_t, msgh_seqno, 8, 4);
    FIELD(mach_msg_audit_trailer_t, msgh_sender, 12, 8);
    FIELD(mach_msg_audit_trailer_t, msgh_audit, 20, 32);

    STRUCT(mach_msg_context_trailer_t, 60, 4);
    FIELD(mach_msg_context_trailer_t, msgh_trailer_type, 0, 4);
    FIELD(mach_msg_context_trailer_t, msgh_trailer_size, 4, 4);
    FIELD(mach_msg_context_trailer_t, msgh_seqno, 8, 4);
    FIELD(mach_msg_context_trailer_t, msgh_sender, 12, 8);
    FIELD(mach_msg_context_trailer_t, msgh_audit, 20, 32);
    FIELD(mach_msg_context_trailer_t, msgh_context, 52, 8);

    STRUCT(mach_msg_mac_trailer_t, 68, 4);
    FIELD(mach_msg_mac_trailer_t, msgh_trailer_type, 0, 4);
    FIELD(mach_msg_mac_trailer_t, msgh_trailer_size, 4, 4);
    FIELD(mach_msg_mac_trailer_t, msgh_seqno, 8, 4);
    FIELD(mach_msg_mac_trailer_t, msgh_sender, 12, 8);
    FIELD(mach_msg_mac_trailer_t, msgh_audit, 20, 32);
    FIELD(mach_msg_mac_trailer_t, msgh_context, 52, 8);
    FIELD(mach_msg_mac_trailer_t, msgh_ad, 60, 4);
    FIELD(mach_msg_mac_trailer_t, msgh_labels, 64, 4);

    STRUCT(mach_msg_max_trailer_t, 68, 4);
    FIELD(mach_msg_max_trailer_t, msgh_trailer_type, 0, 4);
    FIELD(mach_msg_max_trailer_t, msgh_trailer_size, 4, 4);
    FIELD(mach_msg_max_trailer_t, msgh_seqno, 8, 4);
    FIELD(mach_msg_max_trailer_t, msgh_sender, 12, 8);
    FIELD(mach_msg_max_trailer_t, msgh_audit, 20, 32);
    FIELD(mach_msg_max_trailer_t, msgh_context, 52, 8);
    FIELD(mach_msg_max_trailer_t, msgh_ad, 60, 4);
    FIELD(mach_msg_max_trailer_t, msgh_labels, 64, 4);

    STRUCT(mach_msg_format_0_trailer_t, 20, 4);
    FIELD(mach_msg_format_0_trailer_t, msgh_trailer_type, 0, 4);
    FIELD(mach_msg_format_0_trailer_t, msgh_trailer_size, 4, 4);
    FIELD(mach_msg_format_0_trailer_t, msgh_seqno, 8, 4);
    FIELD(mach_msg_format_0_trailer_t, msgh_sender, 12, 8);

    STRUCT(mach_msg_empty_send_t, 24, 4);
    FIELD(mach_msg_empty_send_t, header, 0, 24);

    STRUCT(mach_msg_empty_rcv_t, 32, 4);
    FIELD(mach_msg_empty_rcv_t, header, 0, 24);
    FIELD(mach_msg_empty_rcv_t, trailer, 24, 8);

    STRUCT(mach_msg_empty_t, 32, 4);
    FIELD(mach_msg_empty_t, send, 0, 24);
    FIELD(mach_msg_empty_t, rcv, 0, 32);

    STRUCT(NDR_record_t, 8, 1);
    FIELD(NDR_record_t, mig_vers, 0, 1);
    FIELD(NDR_record_t, if_vers, 1, 1);
    FIELD(NDR_record_t, reserved1, 2, 1);
    FIELD(NDR_record_t, mig_encoding, 3, 1);
    FIELD(NDR_record_t, int_rep, 4, 1);
    FIELD(NDR_record_t, char_rep, 5, 1);
    FIELD(NDR_record_t, float_rep, 6, 1);
    FIELD(NDR_record_t, reserved2, 7, 1);

    STRUCT(mig_reply_error_t, 36, 4);
    FIELD(mig_reply_error_t, Head, 0, 24);
    FIELD(mig_reply_error_t, NDR, 24, 8);
    FIELD(mig_reply_error_t, RetCode, 32, 4);

    STRUCT(mach_port_deleted_notification_t, 56, 4);
    FIELD(mach_port_deleted_notification_t, not_header, 0, 24);
    FIELD(mach_port_deleted_notification_t, NDR, 24, 8);
    FIELD(mach_port_deleted_notification_t, not_port, 32, 4);
    FIELD(mach_port_deleted_notification_t, trailer, 36, 20);

    STRUCT(mach_send_possible_notification_t, 56, 4);
    FIELD(mach_send_possible_notification_t, not_header, 0, 24);
    FIELD(mach_send_possible_notification_t, NDR, 24, 8);
    FIELD(mach_send_possible_notification_t, not_port, 32, 4);
    FIELD(mach_send_possible_notification_t, trailer, 36, 20);

    STRUCT(mach_dead_name_notification_t, 56, 4);
    FIELD(mach_dead_name_notification_t, not_header, 0, 24);
    FIELD(mach_dead_name_notification_t, NDR, 24, 8);
    FIELD(mach_dead_name_notification_t, not_port, 32, 4);
    FIELD(mach_dead_name_notification_t, trailer, 36, 20);

    STRUCT(mach_port_destroyed_notification_t, 60, 4);
    FIELD(mach_port_destroyed_notification_t, not_header, 0, 24);
    FIELD(mach_port_destroyed_notification_t, not_body, 24, 4);
    FIELD(mach_port_destroyed_notification_t, not_port, 28, 12);
    FIELD(mach_port_destroyed_notification_t, trailer, 40, 20);

    STRUCT(mach_no_senders_notification_t, 56, 4);
    FIELD(mach_no_senders_notification_t, not_header, 0, 24);
    FIELD(mach_no_senders_notification_t, NDR, 24, 8);
    FIELD(mach_no_senders_notification_t, not_count, 32, 4);
    FIELD(mach_no_senders_notification_t, trailer, 36, 20);

    STRUCT(mach_send_once_notification_t, 44, 4);
    FIELD(mach_send_once_notification_t, not_header, 0, 24);
    FIELD(mach_send_once_notification_t, trailer, 24, 20);

    STRUCT(mach_port_status_t, 40, 4);
    FIELD(mach_port_status_t, mps_pset, 0, 4);
    FIELD(mach_port_status_t, mps_seqno, 4, 4);
    FIELD(mach_port_status_t, mps_mscount, 8, 4);
    FIELD(mach_port_status_t, mps_qlimit, 12, 4);
    FIELD(mach_port_status_t, mps_msgcount, 16, 4);
    FIELD(mach_port_status_t, mps_sorights, 20, 4);
    FIELD(mach_port_status_t, mps_srights, 24, 4);
    FIELD(mach_port_status_t, mps_pdrequest, 28, 4);
    FIELD(mach_port_status_t, mps_nsrequest, 32, 4);
    FIELD(mach_port_status_t, mps_flags, 36, 4);

    STRUCT(mach_port_limits_t, 4, 4);
    FIELD(mach_port_limits_t, mpl_qlimit, 0, 4);

    STRUCT(mach_port_info_ext_t, 68, 4);
    FIELD(mach_port_info_ext_t, mpie_status, 0, 40);
    FIELD(mach_port_info_ext_t, mpie_boost_cnt, 40, 4);
    FIELD(mach_port_info_ext_t, reserved, 44, 24);

    STRUCT(mach_port_guard_info_t, 8, 8);
    FIELD(mach_port_guard_info_t, mpgi_guard, 0, 8);

    STRUCT(mach_service_port_info_data_t, 256, 1);
    FIELD(mach_service_port_info_data_t, mspi_string_name, 0, 255);
    FIELD(mach_service_port_info_data_t, mspi_domain_type, 255, 1);

    STRUCT(mach_port_qos_t, 8, 4);
    BITS(mach_port_qos_t, name, 0, 1);
    BITS(mach_port_qos_t, prealloc, 1, 1);
    BITS(mach_port_qos_t, pad1, 2, 30);
    FIELD(mach_port_qos_t, len, 4, 4);

    STRUCT(mach_port_options_t, 24, 8);
    FIELD(mach_port_options_t, flags, 0, 4);
    FIELD(mach_port_options_t, mpl, 4, 4);
    FIELD(mach_port_options_t, reserved, 8, 16);

    STRUCT(ipc_info_space_t, 24, 4);
    FIELD(ipc_info_space_t, iis_genno_mask, 0, 4);
    FIELD(ipc_info_space_t, iis_table_size, 4, 4);
    FIELD(ipc_info_space_t, iis_table_next, 8, 4);
    FIELD(ipc_info_space_t, iis_tree_size, 12, 4);
    FIELD(ipc_info_space_t, iis_tree_small, 16, 4);
    FIELD(ipc_info_space_t, iis_tree_hash, 20, 4);

    STRUCT(ipc_info_space_basic_t, 24, 4);
    FIELD(ipc_info_space_basic_t, iisb_genno_mask, 0, 4);
    FIELD(ipc_info_space_basic_t, iisb_table_size, 4, 4);
    FIELD(ipc_info_space_basic_t, iisb_table_next, 8, 4);
    FIELD(ipc_info_space_basic_t, iisb_table_inuse, 12, 4);
    FIELD(ipc_info_space_basic_t, iisb_reserved, 16, 8);

    STRUCT(ipc_info_name_t, 28, 4);
    FIELD(ipc_info_name_t, iin_name, 0, 4);
    FIELD(ipc_info_name_t, iin_collision, 4, 4);
    FIELD(ipc_info_name_t, iin_type, 8, 4);
    FIELD(ipc_info_name_t, iin_urefs, 12, 4);
    FIELD(ipc_info_name_t, iin_object, 16, 4);
    FIELD(ipc_info_name_t, iin_next, 20, 4);
    FIELD(ipc_info_name_t, iin_hash, 24, 4);

    STRUCT(ipc_info_tree_name_t, 36, 4);
    FIELD(ipc_info_tree_name_t, iitn_name, 0, 28);
    FIELD(ipc_info_tree_name_t, iitn_lchild, 28, 4);
    FIELD(ipc_info_tree_name_t, iitn_rchild, 32, 4);

    STRUCT(symtab_name_t, 32, 1);
    STRUCT(kobject_description_t, 512, 1);
    STRUCT(kernel_version_t, 512, 1);
    STRUCT(kernel_boot_info_t, 4096, 1);
    STRUCT(netname_name_t, 80, 1);

    STRUCT(mach_timebase_info_data_t, 8, 4);
    FIELD(mach_timebase_info_data_t, numer, 0, 4);
    FIELD(mach_timebase_info_data_t, denom, 4, 4);

    STRUCT(mk_timer_expire_msg_t, 48, 4);
    FIELD(mk_timer_expire_msg_t, header, 0, 24);
    FIELD(mk_timer_expire_msg_t, unused, 24, 24);

    STRUCT(mach_timespec_t, 8, 4);
    FIELD(mach_timespec_t, tv_sec, 0, 4);
    FIELD(mach_timespec_t, tv_nsec, 4, 4);

    STRUCT(struct mach_vm_read_entry, 16, 4);
    FIELD(struct mach_vm_read_entry, address, 0, 8);
    FIELD(struct mach_vm_read_entry, size, 8, 8);
    STRUCT(mach_vm_read_entry_t, 4096, 4);

#ifdef __LP64__
    STRUCT(struct vm_read_entry, 16, 4);
    FIELD(struct vm_read_entry, address, 0, 8);
    FIELD(struct vm_read_entry, size, 8, 8);
    STRUCT(vm_read_entry_t, 4096, 4);

    STRUCT(struct routine_descriptor, 40, 8);
    FIELD(struct routine_descriptor, impl_routine, 0, 8);
    FIELD(struct routine_descriptor, stub_routine, 8, 8);
    FIELD(struct routine_descriptor, argc, 16, 4);
    FIELD(struct routine_descriptor, descr_count, 20, 4);
    FIELD(struct routine_descriptor, arg_descr, 24, 8);
    FIELD(struct routine_descriptor, max_reply_msg, 32, 4);

    STRUCT(struct mig_subsystem, 72, 8);
    FIELD(struct mig_subsystem, server, 0, 8);
    FIELD(struct mig_subsystem, start, 8, 4);
    FIELD(struct mig_subsystem, end, 12, 4);
    FIELD(struct mig_subsystem, maxsize, 16, 4);
    FIELD(struct mig_subsystem, reserved, 24, 8);
    FIELD(struct mig_subsystem, routine, 32, 40);

    STRUCT(mig_symtab_t, 24, 8);
    FIELD(mig_symtab_t, ms_routine_name, 0, 8);
    FIELD(mig_symtab_t, ms_routine_number, 8, 4);
    FIELD(mig_symtab_t, ms_routine, 16, 8);

    STRUCT(struct rpc_routine_arg_descriptor, 16, 4);
    FIELD(struct rpc_routine_arg_descriptor, type, 0, 4);
    FIELD(struct rpc_routine_arg_descriptor, size, 4, 4);
    FIELD(struct rpc_routine_arg_descriptor, count, 8, 4);
    FIELD(struct rpc_routine_arg_descriptor, offset, 12, 4);

    STRUCT(struct rpc_routine_descriptor, 40, 8);
    FIELD(struct rpc_routine_descriptor, impl_routine, 0, 8);
    FIELD(struct rpc_routine_descriptor, stub_routine, 8, 8);
    FIELD(struct rpc_routine_descriptor, argc, 16, 4);
    FIELD(struct rpc_routine_descriptor, descr_count, 20, 4);
    FIELD(struct rpc_routine_descriptor, arg_descr, 24, 8);
    FIELD(struct rpc_routine_descriptor, max_reply_msg, 32, 4);

    STRUCT(struct rpc_signature, 56, 8);
    FIELD(struct rpc_signature, rd, 0, 40);
    FIELD(struct rpc_signature, rad, 40, 16);

    STRUCT(struct rpc_subsystem, 88, 8);
    FIELD(struct rpc_subsystem, reserved, 0, 8);
    FIELD(struct rpc_subsystem, start, 8, 4);
    FIELD(struct rpc_subsystem, end, 12, 4);
    FIELD(struct rpc_subsystem, maxsize, 16, 4);
    FIELD(struct rpc_subsystem, base_addr, 24, 8);
    FIELD(struct rpc_subsystem, routine, 32, 40);
    FIELD(struct rpc_subsystem, arg_descriptor, 72, 16);

#endif
    STRUCT(vm_region_basic_info_data_64_t, 36, 4);
    FIELD(vm_region_basic_info_data_64_t, protection, 0, 4);
    FIELD(vm_region_basic_info_data_64_t, max_protection, 4, 4);
    FIELD(vm_region_basic_info_data_64_t, inheritance, 8, 4);
    FIELD(vm_region_basic_info_data_64_t, shared, 12, 4);
    FIELD(vm_region_basic_info_data_64_t, reserved, 16, 4);
    FIELD(vm_region_basic_info_data_64_t, offset, 20, 8);
    FIELD(vm_region_basic_info_data_64_t, behavior, 28, 4);
    FIELD(vm_region_basic_info_data_64_t, user_wired_count, 32, 2);

    STRUCT(vm_region_basic_info_data_t, 32, 4);
    FIELD(vm_region_basic_info_data_t, protection, 0, 4);
    FIELD(vm_region_basic_info_data_t, max_protection, 4, 4);
    FIELD(vm_region_basic_info_data_t, inheritance, 8, 4);
    FIELD(vm_region_basic_info_data_t, shared, 12, 4);
    FIELD(vm_region_basic_info_data_t, reserved, 16, 4);
    FIELD(vm_region_basic_info_data_t, offset, 20, 4);
    FIELD(vm_region_basic_info_data_t, behavior, 24, 4);
    FIELD(vm_region_basic_info_data_t, user_wired_count, 28, 2);

    STRUCT(vm_region_top_info_data_t, 20, 4);
    FIELD(vm_region_top_info_data_t, obj_id, 0, 4);
    FIELD(vm_region_top_info_data_t, ref_count, 4, 4);
    FIELD(vm_region_top_info_data_t, private_pages_resident, 8, 4);
    FIELD(vm_region_top_info_data_t, shared_pages_resident, 12, 4);
    FIELD(vm_region_top_info_data_t, share_mode, 16, 1);

    STRUCT(vm_region_extended_info_data_t, 36, 4);
    FIELD(vm_region_extended_info_data_t, protection, 0, 4);
    FIELD(vm_region_extended_info_data_t, user_tag, 4, 4);
    FIELD(vm_region_extended_info_data_t, pages_resident, 8, 4);
    FIELD(vm_region_extended_info_data_t, pages_shared_now_private, 12, 4);
    FIELD(vm_region_extended_info_data_t, pages_swapped_out, 16, 4);
    FIELD(vm_region_extended_info_data_t, pages_dirtied, 20, 4);
    FIELD(vm_region_extended_info_data_t, ref_count, 24, 4);
    FIELD(vm_region_extended_info_data_t, shadow_depth, 28, 2);
    FIELD(vm_region_extended_info_data_t, external_pager, 30, 1);
    FIELD(vm_region_extended_info_data_t, share_mode, 31, 1);
    FIELD(vm_region_extended_info_data_t, pages_reusable, 32, 4);

    STRUCT(vm_region_submap_info_data_t, 60, 4);
    FIELD(vm_region_submap_info_data_t, protection, 0, 4);
    FIELD(vm_region_submap_info_data_t, max_protection, 4, 4);
    FIELD(vm_region_submap_info_data_t, inheritance, 8, 4);
    FIELD(vm_region_submap_info_data_t, offset, 12, 4);
    FIELD(vm_region_submap_info_data_t, user_tag, 16, 4);
    FIELD(vm_region_submap_info_data_t, pages_resident, 20, 4);
    FIELD(vm_region_submap_info_data_t, pages_shared_now_private, 24, 4);
    FIELD(vm_region_submap_info_data_t, pages_swapped_out, 28, 4);
    FIELD(vm_region_submap_info_data_t, pages_dirtied, 32, 4);
    FIELD(vm_region_submap_info_data_t, ref_count, 36, 4);
    FIELD(vm_region_submap_info_data_t, shadow_depth, 40, 2);
    FIELD(vm_region_submap_info_data_t, external_pager, 42, 1);
    FIELD(vm_region_submap_info_data_t, share_mode, 43, 1);
    FIELD(vm_region_submap_info_data_t, is_submap, 44, 4);
    FIELD(vm_region_submap_info_data_t, behavior, 48, 4);
    FIELD(vm_region_submap_info_data_t, object_id, 52, 4);
    FIELD(vm_region_submap_info_data_t, user_wired_count, 56, 2);

    STRUCT(vm_region_submap_info_data_64_t, 68, 4);
    FIELD(vm_region_submap_info_data_64_t, protection, 0, 4);
    FIELD(vm_region_submap_info_data_64_t, max_protection, 4, 4);
    FIELD(vm_region_submap_info_data_64_t, inheritance, 8, 4);
    FIELD(vm_region_submap_info_data_64_t, offset, 12, 8);
    FIELD(vm_region_submap_info_data_64_t, user_tag, 20, 4);
    FIELD(vm_region_submap_info_data_64_t, pages_resident, 24, 4);
    FIELD(vm_region_submap_info_data_64_t, pages_shared_now_private, 28, 4);
    FIELD(vm_region_submap_info_data_64_t, pages_swapped_out, 32, 4);
    FIELD(vm_region_submap_info_data_64_t, pages_dirtied, 36, 4);
    FIELD(vm_region_submap_info_data_64_t, ref_count, 40, 4);
    FIELD(vm_region_submap_info_data_64_t, shadow_depth, 44, 2);
    FIELD(vm_region_submap_info_data_64_t, external_pager, 46, 1);
    FIELD(vm_region_submap_info_data_64_t, share_mode, 47, 1);
    FIELD(vm_region_submap_info_data_64_t, is_submap, 48, 4);
    FIELD(vm_region_submap_info_data_64_t, behavior, 52, 4);
    FIELD(vm_region_submap_info_data_64_t, object_id, 56, 4);
    FIELD(vm_region_submap_info_data_64_t, user_wired_count, 60, 2);
    FIELD(vm_region_submap_info_data_64_t, pages_reusable, 64, 4);

    STRUCT(vm_region_submap_short_info_data_64_t, 48, 4);
    FIELD(vm_region_submap_short_info_data_64_t, protection, 0, 4);
    FIELD(vm_region_submap_short_info_data_64_t, max_protection, 4, 4);
    FIELD(vm_region_submap_short_info_data_64_t, inheritance, 8, 4);
    FIELD(vm_region_submap_short_info_data_64_t, offset, 12, 8);
    FIELD(vm_region_submap_short_info_data_64_t, user_tag, 20, 4);
    FIELD(vm_region_submap_short_info_data_64_t, ref_count, 24, 4);
    FIELD(vm_region_submap_short_info_data_64_t, shadow_depth, 28, 2);
    FIELD(vm_region_submap_short_info_data_64_t, external_pager, 30, 1);
    FIELD(vm_region_submap_short_info_data_64_t, share_mode, 31, 1);
    FIELD(vm_region_submap_short_info_data_64_t, is_submap, 32, 4);
    FIELD(vm_region_submap_short_info_data_64_t, behavior, 36, 4);
    FIELD(vm_region_submap_short_info_data_64_t, object_id, 40, 4);
    FIELD(vm_region_submap_short_info_data_64_t, user_wired_count, 44, 2);

    STRUCT(vm_page_info_basic_data_t, 32, 8);
    FIELD(vm_page_info_basic_data_t, disposition, 0, 4);
    FIELD(vm_page_info_basic_data_t, ref_count, 4, 4);
    FIELD(vm_page_info_basic_data_t, object_id, 8, 8);
    FIELD(vm_page_info_basic_data_t, offset, 16, 8);
    FIELD(vm_page_info_basic_data_t, depth, 24, 4);
    FIELD(vm_page_info_basic_data_t, __pad, 28, 4);

    STRUCT(struct mach_linux_statistics, 48, 8);
    FIELD(struct mach_linux_statistics, tasks, 0, 8);
    FIELD(struct mach_linux_statistics, ports, 8, 8);
    FIELD(struct mach_linux_statistics, sets, 16, 8);
    FIELD(struct mach_linux_statistics, rights, 24, 8);
    FIELD(struct mach_linux_statistics, messages, 32, 8);
    FIELD(struct mach_linux_statistics, memory_regions, 40, 8);
}

#endif

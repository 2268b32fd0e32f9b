// The wire format of the kernel's routines on 64-bit systems: what a request and its reply look like, with size and offsets asserted.
// A request without arguments is a header, a reply without results is mig_reply_error_t; they have no structure here.
#ifndef CTESTS_MIG_WIRE_H
#define CTESTS_MIG_WIRE_H

#include <stddef.h>

#include <mach/mach.h>

#define AT_1(type, field, offset)      (offsetof(type, field) == (offset))
#define AT_2(type, field, offset, ...) (AT_1(type, field, offset) && AT_1(type, __VA_ARGS__))
#define AT_3(type, field, offset, ...) (AT_1(type, field, offset) && AT_2(type, __VA_ARGS__))
#define AT_4(type, field, offset, ...) (AT_1(type, field, offset) && AT_3(type, __VA_ARGS__))
#define AT_5(type, field, offset, ...) (AT_1(type, field, offset) && AT_4(type, __VA_ARGS__))
#define AT_6(type, field, offset, ...) (AT_1(type, field, offset) && AT_5(type, __VA_ARGS__))
#define AT_7(type, field, offset, ...) (AT_1(type, field, offset) && AT_6(type, __VA_ARGS__))
#define AT_8(type, field, offset, ...) (AT_1(type, field, offset) && AT_7(type, __VA_ARGS__))
#define AT_9(type, field, offset, ...) (AT_1(type, field, offset) && AT_8(type, __VA_ARGS__))
// LAYOUT_n(structure, its size, and n times a field and its offset)
#define LAYOUT_3(name, size, ...) _Static_assert(sizeof(struct name) == (size) && AT_3(struct name, __VA_ARGS__), #name)
#define LAYOUT_4(name, size, ...) _Static_assert(sizeof(struct name) == (size) && AT_4(struct name, __VA_ARGS__), #name)
#define LAYOUT_5(name, size, ...) _Static_assert(sizeof(struct name) == (size) && AT_5(struct name, __VA_ARGS__), #name)
#define LAYOUT_6(name, size, ...) _Static_assert(sizeof(struct name) == (size) && AT_6(struct name, __VA_ARGS__), #name)
#define LAYOUT_7(name, size, ...) _Static_assert(sizeof(struct name) == (size) && AT_7(struct name, __VA_ARGS__), #name)
#define LAYOUT_8(name, size, ...) _Static_assert(sizeof(struct name) == (size) && AT_8(struct name, __VA_ARGS__), #name)
#define LAYOUT_9(name, size, ...) _Static_assert(sizeof(struct name) == (size) && AT_9(struct name, __VA_ARGS__), #name)

#pragma pack(push, 4)

_Static_assert(sizeof(mach_msg_header_t) == 24, "a request without arguments");
_Static_assert(sizeof(mig_reply_error_t) == 36, "a reply without results");
_Static_assert(offsetof(mig_reply_error_t, NDR) == 24 && offsetof(mig_reply_error_t, RetCode) == 32, "its fields");

// ---- mach_port, 3200

struct mach_port_names_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_ool_descriptor_t names;
    mach_msg_ool_descriptor_t types;
    NDR_record_t NDR;
    mach_msg_type_number_t namesCnt;
    mach_msg_type_number_t typesCnt;
};
LAYOUT_7(mach_port_names_reply, 76, Head, 0, msgh_body, 24, names, 28, types, 44, NDR, 60, namesCnt, 68, typesCnt, 72);

struct mach_port_type_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
};
LAYOUT_3(mach_port_type_request, 36, Head, 0, NDR, 24, name, 32);

struct mach_port_type_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    mach_port_type_t ptype;
};
LAYOUT_4(mach_port_type_reply, 40, Head, 0, NDR, 24, RetCode, 32, ptype, 36);

struct mach_port_rename_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t old_name;
    mach_port_name_t new_name;
};
LAYOUT_4(mach_port_rename_request, 40, Head, 0, NDR, 24, old_name, 32, new_name, 36);

struct mach_port_allocate_name_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_right_t right;
    mach_port_name_t name;
};
LAYOUT_4(mach_port_allocate_name_request, 40, Head, 0, NDR, 24, right, 32, name, 36);

struct mach_port_allocate_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_right_t right;
};
LAYOUT_3(mach_port_allocate_request, 36, Head, 0, NDR, 24, right, 32);

struct mach_port_allocate_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    mach_port_name_t name;
};
LAYOUT_4(mach_port_allocate_reply, 40, Head, 0, NDR, 24, RetCode, 32, name, 36);

struct mach_port_destroy_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
};
LAYOUT_3(mach_port_destroy_request, 36, Head, 0, NDR, 24, name, 32);

struct mach_port_deallocate_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
};
LAYOUT_3(mach_port_deallocate_request, 36, Head, 0, NDR, 24, name, 32);

struct mach_port_get_refs_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_right_t right;
};
LAYOUT_4(mach_port_get_refs_request, 40, Head, 0, NDR, 24, name, 32, right, 36);

struct mach_port_get_refs_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    mach_port_urefs_t refs;
};
LAYOUT_4(mach_port_get_refs_reply, 40, Head, 0, NDR, 24, RetCode, 32, refs, 36);

struct mach_port_mod_refs_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_right_t right;
    mach_port_delta_t delta;
};
LAYOUT_5(mach_port_mod_refs_request, 44, Head, 0, NDR, 24, name, 32, right, 36, delta, 40);

struct mach_port_peek_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_msg_trailer_type_t trailer_type;
    mach_port_seqno_t request_seqnop;
    mach_msg_type_number_t trailer_infopCnt;
};
LAYOUT_6(mach_port_peek_request, 48, Head, 0, NDR, 24, name, 32, trailer_type, 36, request_seqnop, 40, trailer_infopCnt,
         44);

struct mach_port_peek_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    mach_port_seqno_t request_seqnop;
    mach_msg_size_t msg_sizep;
    mach_msg_id_t msg_idp;
    mach_msg_type_number_t trailer_infopCnt;
    char trailer_infop[68];
};
LAYOUT_8(mach_port_peek_reply, 120, Head, 0, NDR, 24, RetCode, 32, request_seqnop, 36, msg_sizep, 40, msg_idp, 44,
         trailer_infopCnt, 48, trailer_infop, 52);

struct mach_port_set_mscount_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_mscount_t mscount;
};
LAYOUT_4(mach_port_set_mscount_request, 40, Head, 0, NDR, 24, name, 32, mscount, 36);

struct mach_port_get_set_status_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
};
LAYOUT_3(mach_port_get_set_status_request, 36, Head, 0, NDR, 24, name, 32);

struct mach_port_get_set_status_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_ool_descriptor_t members;
    NDR_record_t NDR;
    mach_msg_type_number_t membersCnt;
};
LAYOUT_5(mach_port_get_set_status_reply, 56, Head, 0, msgh_body, 24, members, 28, NDR, 44, membersCnt, 52);

struct mach_port_move_member_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t member;
    mach_port_name_t after;
};
LAYOUT_4(mach_port_move_member_request, 40, Head, 0, NDR, 24, member, 32, after, 36);

struct mach_port_request_notification_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t notify;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_msg_id_t msgid;
    mach_port_mscount_t sync;
};
LAYOUT_7(mach_port_request_notification_request, 60, Head, 0, msgh_body, 24, notify, 28, NDR, 40, name, 48, msgid, 52,
         sync, 56);

struct mach_port_request_notification_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t previous;
};
LAYOUT_3(mach_port_request_notification_reply, 40, Head, 0, msgh_body, 24, previous, 28);

struct mach_port_insert_right_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t poly;
    NDR_record_t NDR;
    mach_port_name_t name;
};
LAYOUT_5(mach_port_insert_right_request, 52, Head, 0, msgh_body, 24, poly, 28, NDR, 40, name, 48);

struct mach_port_extract_right_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_msg_type_name_t msgt_name;
};
LAYOUT_4(mach_port_extract_right_request, 40, Head, 0, NDR, 24, name, 32, msgt_name, 36);

struct mach_port_extract_right_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t poly;
};
LAYOUT_3(mach_port_extract_right_reply, 40, Head, 0, msgh_body, 24, poly, 28);

struct mach_port_set_seqno_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_seqno_t seqno;
};
LAYOUT_4(mach_port_set_seqno_request, 40, Head, 0, NDR, 24, name, 32, seqno, 36);

struct mach_port_get_attributes_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_flavor_t flavor;
    mach_msg_type_number_t port_info_outCnt;
};
LAYOUT_5(mach_port_get_attributes_request, 44, Head, 0, NDR, 24, name, 32, flavor, 36, port_info_outCnt, 40);

struct mach_port_get_attributes_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    mach_msg_type_number_t port_info_outCnt;
    integer_t port_info_out[17];
};
LAYOUT_5(mach_port_get_attributes_reply, 108, Head, 0, NDR, 24, RetCode, 32, port_info_outCnt, 36, port_info_out, 40);

struct mach_port_set_attributes_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_flavor_t flavor;
    mach_msg_type_number_t port_infoCnt;
    integer_t port_info[17];
};
LAYOUT_6(mach_port_set_attributes_request, 112, Head, 0, NDR, 24, name, 32, flavor, 36, port_infoCnt, 40, port_info,
         44);

struct mach_port_allocate_qos_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_right_t right;
    mach_port_qos_t qos;
};
LAYOUT_4(mach_port_allocate_qos_request, 44, Head, 0, NDR, 24, right, 32, qos, 36);

struct mach_port_allocate_qos_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    mach_port_qos_t qos;
    mach_port_name_t name;
};
LAYOUT_5(mach_port_allocate_qos_reply, 48, Head, 0, NDR, 24, RetCode, 32, qos, 36, name, 44);

struct mach_port_allocate_full_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t proto;
    NDR_record_t NDR;
    mach_port_right_t right;
    mach_port_qos_t qos;
    mach_port_name_t name;
};
LAYOUT_7(mach_port_allocate_full_request, 64, Head, 0, msgh_body, 24, proto, 28, NDR, 40, right, 48, qos, 52, name, 60);

struct mach_port_allocate_full_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    mach_port_qos_t qos;
    mach_port_name_t name;
};
LAYOUT_5(mach_port_allocate_full_reply, 48, Head, 0, NDR, 24, RetCode, 32, qos, 36, name, 44);

struct task_set_port_space_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    int table_entries;
};
LAYOUT_3(task_set_port_space_request, 36, Head, 0, NDR, 24, table_entries, 32);

struct mach_port_get_srights_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
};
LAYOUT_3(mach_port_get_srights_request, 36, Head, 0, NDR, 24, name, 32);

struct mach_port_get_srights_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    mach_port_rights_t srights;
};
LAYOUT_4(mach_port_get_srights_reply, 40, Head, 0, NDR, 24, RetCode, 32, srights, 36);

struct mach_port_space_info_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_ool_descriptor_t table_info;
    mach_msg_ool_descriptor_t tree_info;
    NDR_record_t NDR;
    ipc_info_space_t space_info;
    mach_msg_type_number_t table_infoCnt;
    mach_msg_type_number_t tree_infoCnt;
};
LAYOUT_8(mach_port_space_info_reply, 100, Head, 0, msgh_body, 24, table_info, 28, tree_info, 44, NDR, 60, space_info,
         68, table_infoCnt, 92, tree_infoCnt, 96);

struct mach_port_dnrequest_info_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
};
LAYOUT_3(mach_port_dnrequest_info_request, 36, Head, 0, NDR, 24, name, 32);

struct mach_port_dnrequest_info_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    unsigned dnr_total;
    unsigned dnr_used;
};
LAYOUT_5(mach_port_dnrequest_info_reply, 44, Head, 0, NDR, 24, RetCode, 32, dnr_total, 36, dnr_used, 40);

struct mach_port_kernel_object_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
};
LAYOUT_3(mach_port_kernel_object_request, 36, Head, 0, NDR, 24, name, 32);

struct mach_port_kernel_object_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    natural_t object_type;
    unsigned object_addr;
};
LAYOUT_5(mach_port_kernel_object_reply, 44, Head, 0, NDR, 24, RetCode, 32, object_type, 36, object_addr, 40);

struct mach_port_insert_member_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_name_t pset;
};
LAYOUT_4(mach_port_insert_member_request, 40, Head, 0, NDR, 24, name, 32, pset, 36);

struct mach_port_extract_member_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_name_t pset;
};
LAYOUT_4(mach_port_extract_member_request, 40, Head, 0, NDR, 24, name, 32, pset, 36);

struct mach_port_get_context_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
};
LAYOUT_3(mach_port_get_context_request, 36, Head, 0, NDR, 24, name, 32);

struct mach_port_get_context_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    mach_port_context_t context;
};
LAYOUT_4(mach_port_get_context_reply, 44, Head, 0, NDR, 24, RetCode, 32, context, 36);

struct mach_port_set_context_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_context_t context;
};
LAYOUT_4(mach_port_set_context_request, 44, Head, 0, NDR, 24, name, 32, context, 36);

struct mach_port_kobject_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
};
LAYOUT_3(mach_port_kobject_request, 36, Head, 0, NDR, 24, name, 32);

struct mach_port_kobject_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    natural_t object_type;
    mach_vm_address_t object_addr;
};
LAYOUT_5(mach_port_kobject_reply, 48, Head, 0, NDR, 24, RetCode, 32, object_type, 36, object_addr, 40);

struct mach_port_construct_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_ool_descriptor_t options;
    NDR_record_t NDR;
    mach_port_context_t context;
};
LAYOUT_5(mach_port_construct_request, 60, Head, 0, msgh_body, 24, options, 28, NDR, 44, context, 52);

struct mach_port_construct_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    mach_port_name_t name;
};
LAYOUT_4(mach_port_construct_reply, 40, Head, 0, NDR, 24, RetCode, 32, name, 36);

struct mach_port_destruct_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_delta_t srdelta;
    mach_port_context_t guard;
};
LAYOUT_5(mach_port_destruct_request, 48, Head, 0, NDR, 24, name, 32, srdelta, 36, guard, 40);

struct mach_port_guard_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_context_t guard;
    boolean_t strict;
};
LAYOUT_5(mach_port_guard_request, 48, Head, 0, NDR, 24, name, 32, guard, 36, strict, 44);

struct mach_port_unguard_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_context_t guard;
};
LAYOUT_4(mach_port_unguard_request, 44, Head, 0, NDR, 24, name, 32, guard, 36);

struct mach_port_space_basic_info_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    ipc_info_space_basic_t basic_info;
};
LAYOUT_4(mach_port_space_basic_info_reply, 60, Head, 0, NDR, 24, RetCode, 32, basic_info, 36);

struct mach_port_guard_with_flags_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_context_t guard;
    uint64_t flags;
};
LAYOUT_5(mach_port_guard_with_flags_request, 52, Head, 0, NDR, 24, name, 32, guard, 36, flags, 44);

struct mach_port_swap_guard_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_context_t old_guard;
    mach_port_context_t new_guard;
};
LAYOUT_5(mach_port_swap_guard_request, 52, Head, 0, NDR, 24, name, 32, old_guard, 36, new_guard, 44);

// ---- task, 3400

struct task_create_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_ool_ports_descriptor_t ledgers;
    NDR_record_t NDR;
    mach_msg_type_number_t ledgersCnt;
    boolean_t inherit_memory;
};
LAYOUT_6(task_create_request, 60, Head, 0, msgh_body, 24, ledgers, 28, NDR, 44, ledgersCnt, 52, inherit_memory, 56);

struct task_create_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t child_task;
};
LAYOUT_3(task_create_reply, 40, Head, 0, msgh_body, 24, child_task, 28);

struct mach_ports_register_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_ool_ports_descriptor_t init_port_set;
    NDR_record_t NDR;
    mach_msg_type_number_t init_port_setCnt;
};
LAYOUT_5(mach_ports_register_request, 56, Head, 0, msgh_body, 24, init_port_set, 28, NDR, 44, init_port_setCnt, 52);

struct mach_ports_lookup_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_ool_ports_descriptor_t init_port_set;
    NDR_record_t NDR;
    mach_msg_type_number_t init_port_setCnt;
};
LAYOUT_5(mach_ports_lookup_reply, 56, Head, 0, msgh_body, 24, init_port_set, 28, NDR, 44, init_port_setCnt, 52);

struct task_get_special_port_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    int which_port;
};
LAYOUT_3(task_get_special_port_request, 36, Head, 0, NDR, 24, which_port, 32);

struct task_get_special_port_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t special_port;
};
LAYOUT_3(task_get_special_port_reply, 40, Head, 0, msgh_body, 24, special_port, 28);

struct task_set_special_port_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t special_port;
    NDR_record_t NDR;
    int which_port;
};
LAYOUT_5(task_set_special_port_request, 52, Head, 0, msgh_body, 24, special_port, 28, NDR, 40, which_port, 48);

struct semaphore_create_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    int policy;
    int value;
};
LAYOUT_4(semaphore_create_request, 40, Head, 0, NDR, 24, policy, 32, value, 36);

struct semaphore_create_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t semaphore;
};
LAYOUT_3(semaphore_create_reply, 40, Head, 0, msgh_body, 24, semaphore, 28);

struct semaphore_destroy_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t semaphore;
};
LAYOUT_3(semaphore_destroy_request, 40, Head, 0, msgh_body, 24, semaphore, 28);

struct task_set_exception_ports_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t new_port;
    NDR_record_t NDR;
    exception_mask_t exception_mask;
    exception_behavior_t behavior;
    thread_state_flavor_t new_flavor;
};
LAYOUT_7(task_set_exception_ports_request, 60, Head, 0, msgh_body, 24, new_port, 28, NDR, 40, exception_mask, 48,
         behavior, 52, new_flavor, 56);

struct task_get_exception_ports_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    exception_mask_t exception_mask;
};
LAYOUT_3(task_get_exception_ports_request, 36, Head, 0, NDR, 24, exception_mask, 32);

struct task_get_exception_ports_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t old_handlers[32];
    NDR_record_t NDR;
    mach_msg_type_number_t masksCnt;
    exception_mask_t masks[32];
    exception_behavior_t old_behaviors[32];
    thread_state_flavor_t old_flavors[32];
};
LAYOUT_8(task_get_exception_ports_reply, 808, Head, 0, msgh_body, 24, old_handlers, 28, NDR, 412, masksCnt, 420, masks,
         424, old_behaviors, 552, old_flavors, 680);

struct task_swap_exception_ports_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t new_port;
    NDR_record_t NDR;
    exception_mask_t exception_mask;
    exception_behavior_t behavior;
    thread_state_flavor_t new_flavor;
};
LAYOUT_7(task_swap_exception_ports_request, 60, Head, 0, msgh_body, 24, new_port, 28, NDR, 40, exception_mask, 48,
         behavior, 52, new_flavor, 56);

struct task_swap_exception_ports_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t old_handlerss[32];
    NDR_record_t NDR;
    mach_msg_type_number_t masksCnt;
    exception_mask_t masks[32];
    exception_behavior_t old_behaviors[32];
    thread_state_flavor_t old_flavors[32];
};
LAYOUT_8(task_swap_exception_ports_reply, 808, Head, 0, msgh_body, 24, old_handlerss, 28, NDR, 412, masksCnt, 420,
         masks, 424, old_behaviors, 552, old_flavors, 680);

// ---- thread_act, 3600

struct thread_get_special_port_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    int which_port;
};
LAYOUT_3(thread_get_special_port_request, 36, Head, 0, NDR, 24, which_port, 32);

struct thread_get_special_port_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t special_port;
};
LAYOUT_3(thread_get_special_port_reply, 40, Head, 0, msgh_body, 24, special_port, 28);

struct thread_set_special_port_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t special_port;
    NDR_record_t NDR;
    int which_port;
};
LAYOUT_5(thread_set_special_port_request, 52, Head, 0, msgh_body, 24, special_port, 28, NDR, 40, which_port, 48);

struct thread_set_exception_ports_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t new_port;
    NDR_record_t NDR;
    exception_mask_t exception_mask;
    exception_behavior_t behavior;
    thread_state_flavor_t new_flavor;
};
LAYOUT_7(thread_set_exception_ports_request, 60, Head, 0, msgh_body, 24, new_port, 28, NDR, 40, exception_mask, 48,
         behavior, 52, new_flavor, 56);

struct thread_get_exception_ports_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    exception_mask_t exception_mask;
};
LAYOUT_3(thread_get_exception_ports_request, 36, Head, 0, NDR, 24, exception_mask, 32);

struct thread_get_exception_ports_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t old_handlers[32];
    NDR_record_t NDR;
    mach_msg_type_number_t masksCnt;
    exception_mask_t masks[32];
    exception_behavior_t old_behaviors[32];
    thread_state_flavor_t old_flavors[32];
};
LAYOUT_8(thread_get_exception_ports_reply, 808, Head, 0, msgh_body, 24, old_handlers, 28, NDR, 412, masksCnt, 420,
         masks, 424, old_behaviors, 552, old_flavors, 680);

struct thread_swap_exception_ports_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t new_port;
    NDR_record_t NDR;
    exception_mask_t exception_mask;
    exception_behavior_t behavior;
    thread_state_flavor_t new_flavor;
};
LAYOUT_7(thread_swap_exception_ports_request, 60, Head, 0, msgh_body, 24, new_port, 28, NDR, 40, exception_mask, 48,
         behavior, 52, new_flavor, 56);

struct thread_swap_exception_ports_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t old_handlers[32];
    NDR_record_t NDR;
    mach_msg_type_number_t masksCnt;
    exception_mask_t masks[32];
    exception_behavior_t old_behaviors[32];
    thread_state_flavor_t old_flavors[32];
};
LAYOUT_8(thread_swap_exception_ports_reply, 808, Head, 0, msgh_body, 24, old_handlers, 28, NDR, 412, masksCnt, 420,
         masks, 424, old_behaviors, 552, old_flavors, 680);

// ---- host_priv, 400

struct host_get_special_port_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    int node;
    int which;
};
LAYOUT_4(host_get_special_port_request, 40, Head, 0, NDR, 24, node, 32, which, 36);

struct host_get_special_port_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t port;
};
LAYOUT_3(host_get_special_port_reply, 40, Head, 0, msgh_body, 24, port, 28);

struct host_set_special_port_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t port;
    NDR_record_t NDR;
    int which;
};
LAYOUT_5(host_set_special_port_request, 52, Head, 0, msgh_body, 24, port, 28, NDR, 40, which, 48);

struct host_set_exception_ports_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t new_port;
    NDR_record_t NDR;
    exception_mask_t exception_mask;
    exception_behavior_t behavior;
    thread_state_flavor_t new_flavor;
};
LAYOUT_7(host_set_exception_ports_request, 60, Head, 0, msgh_body, 24, new_port, 28, NDR, 40, exception_mask, 48,
         behavior, 52, new_flavor, 56);

struct host_get_exception_ports_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    exception_mask_t exception_mask;
};
LAYOUT_3(host_get_exception_ports_request, 36, Head, 0, NDR, 24, exception_mask, 32);

struct host_get_exception_ports_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t old_handlers[32];
    NDR_record_t NDR;
    mach_msg_type_number_t masksCnt;
    exception_mask_t masks[32];
    exception_behavior_t old_behaviors[32];
    thread_state_flavor_t old_flavors[32];
};
LAYOUT_8(host_get_exception_ports_reply, 808, Head, 0, msgh_body, 24, old_handlers, 28, NDR, 412, masksCnt, 420, masks,
         424, old_behaviors, 552, old_flavors, 680);

struct host_swap_exception_ports_request {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t new_port;
    NDR_record_t NDR;
    exception_mask_t exception_mask;
    exception_behavior_t behavior;
    thread_state_flavor_t new_flavor;
};
LAYOUT_7(host_swap_exception_ports_request, 60, Head, 0, msgh_body, 24, new_port, 28, NDR, 40, exception_mask, 48,
         behavior, 52, new_flavor, 56);

struct host_swap_exception_ports_reply {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t old_handlerss[32];
    NDR_record_t NDR;
    mach_msg_type_number_t masksCnt;
    exception_mask_t masks[32];
    exception_behavior_t old_behaviors[32];
    thread_state_flavor_t old_flavors[32];
};
LAYOUT_8(host_swap_exception_ports_reply, 808, Head, 0, msgh_body, 24, old_handlerss, 28, NDR, 412, masksCnt, 420,
         masks, 424, old_behaviors, 552, old_flavors, 680);

// ---- mach_vm, 4800, and vm_map, 3800, whose structures are the same

struct mach_vm_allocate_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_vm_address_t address;
    mach_vm_size_t size;
    int flags;
};
LAYOUT_5(mach_vm_allocate_request, 52, Head, 0, NDR, 24, address, 32, size, 40, flags, 48);

struct mach_vm_allocate_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    mach_vm_address_t address;
};
LAYOUT_4(mach_vm_allocate_reply, 44, Head, 0, NDR, 24, RetCode, 32, address, 36);

struct mach_vm_deallocate_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_vm_address_t address;
    mach_vm_size_t size;
};
LAYOUT_4(mach_vm_deallocate_request, 48, Head, 0, NDR, 24, address, 32, size, 40);

#pragma pack(pop)

#endif

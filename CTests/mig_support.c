// Requests and replies as MIG makes them, and runs of the same calls both ways.
#include "mig_support.h"

// ---- Messages

uint32_t word_at(const struct mig_message *message, size_t offset) { return message->words[offset / 4]; }

void set_word(struct mig_message *message, size_t offset, uint32_t value) { message->words[offset / 4] = value; }

void set_pointer(struct mig_message *message, size_t offset, const void *value) {
    memcpy(message->bytes + offset, &value, sizeof(value));
}

mach_msg_port_descriptor_t *port_at(struct mig_message *message, size_t offset) {
    return (mach_msg_port_descriptor_t *)(message->bytes + offset);
}

_Thread_local mach_port_t reply_port;

void *begin_request(struct mig_message *message, mach_port_t port, mach_msg_id_t id, size_t size) {
    memset(message, 0, size);
    message->header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, MAKE_SEND_ONCE);
    message->header.msgh_size = SIZE(size);
    message->header.msgh_remote_port = port;
    message->header.msgh_local_port = reply_port;
    message->header.msgh_id = id;
    return message;
}

void *begin_complex(struct mig_message *message, mach_port_t port, mach_msg_id_t id, size_t size) {
    begin_request(message, port, id, size);
    message->header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
    message->base.body.msgh_descriptor_count = 1;
    return message;
}

void open_reply_port(void) { reply_port = mach_reply_port(); }

void close_reply_port(void) {
    (void)mach_port_destroy(SELF, reply_port);
    reply_port = MACH_PORT_NULL;
}

mach_msg_return_t send_request(struct mig_message *message) {
    return mach_msg(&message->header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, message->header.msgh_size, 0, MACH_PORT_NULL,
                    0, MACH_PORT_NULL);
}

mach_msg_return_t receive_reply(mach_port_t port, struct mig_message *message) {
    fill_untouched(message, sizeof(*message));
    return mach_msg(&message->header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(*message), port, 0, MACH_PORT_NULL);
}

// Where the reply is not as it should be: a number for each reason, 0 when it is.
static int fault_in(const struct mig_message *reply, mach_msg_id_t id, size_t least, size_t most,
                    unsigned descriptors) {
    const mach_msg_header_t *header = &reply->header;
    bool complex = (header->msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0;
    if ((header->msgh_bits & ~MACH_MSGH_BITS_COMPLEX) != MACH_MSGH_BITS(0, MOVE_SEND_ONCE)) return 1;
    if (header->msgh_remote_port != MACH_PORT_NULL) return 2;
    if (header->msgh_local_port != reply_port) return 3;
    if (header->msgh_id != (mach_msg_id_t)((uint32_t)id + 100)) return 4;
    if (header->msgh_voucher_port != MACH_PORT_NULL) return 5;
    const mach_msg_trailer_t *trailer = (const void *)(reply->bytes + header->msgh_size);
    if (trailer->msgh_trailer_type != MACH_MSG_TRAILER_FORMAT_0 || trailer->msgh_trailer_size != 8) return 6;
    if (complex) {
        if (descriptors == 0) return 7;
        if (reply->base.body.msgh_descriptor_count != descriptors) return 8;
        return header->msgh_size < least || header->msgh_size > most || header->msgh_size % 4 != 0 ? 9 : 0;
    }
    if (memcmp(&reply->error.NDR, &NDR_record, sizeof(NDR_record)) != 0) return 10;
    if (reply->error.RetCode != KERN_SUCCESS) return header->msgh_size == sizeof(mig_reply_error_t) ? 0 : 11;
    if (descriptors != 0) return 12; // a success without what it should bring
    return header->msgh_size < least || header->msgh_size > most || header->msgh_size % 4 != 0 ? 13 : 0;
}

kern_return_t exchange(struct mig_message *message, size_t least, size_t most, unsigned descriptors) {
    mach_msg_id_t id = message->header.msgh_id;
    mach_msg_return_t code =
        mach_msg(&message->header, MACH_SEND_MSG | MACH_RCV_MSG | MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT,
                 message->header.msgh_size, sizeof(*message), reply_port, 0, MACH_PORT_NULL);
    if (code != MACH_MSG_SUCCESS) return code;
    if (message->header.msgh_id == SEND_ONCE) return MIG_SERVER_DIED;
    int fault = fault_in(message, id, least, most, descriptors);
    if (fault != 0) return WRONG_REPLY + fault;
    return message->header.msgh_bits & MACH_MSGH_BITS_COMPLEX ? KERN_SUCCESS : message->error.RetCode;
}

kern_return_t exchange_simple(struct mig_message *message) {
    return exchange(message, sizeof(mig_reply_error_t), sizeof(mig_reply_error_t), 0);
}

// ---- Descriptors

static void put_port(mach_msg_port_descriptor_t *at, mach_port_t name, mach_msg_type_name_t disposition) {
    at->name = name;
    at->disposition = disposition & 0xff;
    at->type = MACH_MSG_PORT_DESCRIPTOR;
}

static bool is_port(const mach_msg_port_descriptor_t *at, mach_msg_type_name_t disposition) {
    return at->type == MACH_MSG_PORT_DESCRIPTOR && at->disposition == disposition;
}

// Memory that came in a reply: D3, D4.
static bool is_memory(const mach_msg_ool_descriptor_t *at, size_t size) {
    return at->type == MACH_MSG_OOL_DESCRIPTOR && at->copy == MACH_MSG_VIRTUAL_COPY && at->deallocate == TRUE &&
           at->size == size && (at->address == NULL) == (size == 0);
}

// ---- Routines by message

#define BEGIN(routine, id, port)                                                                                       \
    struct mig_message message;                                                                                        \
    struct routine##_request *in = begin_request(&message, port, id, sizeof(*in));                                     \
    in->NDR = NDR_record
#define BEGIN_COMPLEX(routine, id, port)                                                                               \
    struct mig_message message;                                                                                        \
    struct routine##_request *in = begin_complex(&message, port, id, sizeof(*in));                                     \
    in->NDR = NDR_record
#define BEGIN_PLAIN(id, port)                                                                                          \
    struct mig_message message;                                                                                        \
    begin_request(&message, port, id, sizeof(mach_msg_header_t))
// The reply may be shorter than its structure by so many bytes.
#define EXCHANGE(routine, shorter, descriptors)                                                                        \
    const struct routine##_reply *out = (const void *)&message;                                                        \
    kern_return_t code = exchange(&message, sizeof(*out) - (shorter), sizeof(*out), descriptors);                      \
    if (code != KERN_SUCCESS) return code
#define MUST(statement)                                                                                                \
    if (!(statement)) return WRONG_REPLY + 0x100

// Requests of names alone.
#define OF_NAME(routine, id)                                                                                           \
    static kern_return_t m_##routine(ipc_space_t task, mach_port_name_t name) {                                        \
        BEGIN(routine, id, task);                                                                                      \
        in->name = name;                                                                                               \
        return exchange_simple(&message);                                                                              \
    }
// Requests of a name and another value.
#define OF_TWO(routine, id, first_type, first, second_type, second)                                                    \
    static kern_return_t m_##routine(ipc_space_t task, first_type first, second_type second) {                         \
        BEGIN(routine, id, task);                                                                                      \
        in->first = first;                                                                                             \
        in->second = second;                                                                                           \
        return exchange_simple(&message);                                                                              \
    }
#define OF_THREE(routine, id, second_type, second, third_type, third)                                                  \
    static kern_return_t m_##routine(ipc_space_t task, mach_port_name_t name, second_type second, third_type third) {  \
        BEGIN(routine, id, task);                                                                                      \
        in->name = name;                                                                                               \
        in->second = second;                                                                                           \
        in->third = third;                                                                                             \
        return exchange_simple(&message);                                                                              \
    }
// One result for a name.
#define RESULT_OF_NAME(routine, id, type, result)                                                                      \
    static kern_return_t m_##routine(ipc_space_t task, mach_port_name_t name, type *result) {                          \
        BEGIN(routine, id, task);                                                                                      \
        in->name = name;                                                                                               \
        EXCHANGE(routine, 0, 0);                                                                                       \
        *result = out->result;                                                                                         \
        return KERN_SUCCESS;                                                                                           \
    }
#define TWO_RESULTS_OF_NAME(routine, id, type, result, other_type, other)                                              \
    static kern_return_t m_##routine(ipc_space_t task, mach_port_name_t name, type *result, other_type *other) {       \
        BEGIN(routine, id, task);                                                                                      \
        in->name = name;                                                                                               \
        EXCHANGE(routine, 0, 0);                                                                                       \
        *result = out->result;                                                                                         \
        *other = out->other;                                                                                           \
        return KERN_SUCCESS;                                                                                           \
    }

static kern_return_t m_mach_port_names(ipc_space_t task, mach_port_name_array_t *names,
                                       mach_msg_type_number_t *namesCnt, mach_port_type_array_t *types,
                                       mach_msg_type_number_t *typesCnt) {
    BEGIN_PLAIN(3200, task);
    EXCHANGE(mach_port_names, 0, 2);
    MUST(is_memory(&out->names, out->namesCnt * sizeof(**names)));
    MUST(is_memory(&out->types, out->typesCnt * sizeof(**types)));
    *names = out->names.address;
    *namesCnt = out->namesCnt;
    *types = out->types.address;
    *typesCnt = out->typesCnt;
    return KERN_SUCCESS;
}

RESULT_OF_NAME(mach_port_type, 3201, mach_port_type_t, ptype)
OF_TWO(mach_port_rename, 3202, mach_port_name_t, old_name, mach_port_name_t, new_name)
OF_TWO(mach_port_allocate_name, 3203, mach_port_right_t, right, mach_port_name_t, name)

static kern_return_t m_mach_port_allocate(ipc_space_t task, mach_port_right_t right, mach_port_name_t *name) {
    BEGIN(mach_port_allocate, 3204, task);
    in->right = right;
    EXCHANGE(mach_port_allocate, 0, 0);
    *name = out->name;
    return KERN_SUCCESS;
}

OF_NAME(mach_port_destroy, 3205)
OF_NAME(mach_port_deallocate, 3206)

static kern_return_t m_mach_port_get_refs(ipc_space_t task, mach_port_name_t name, mach_port_right_t right,
                                          mach_port_urefs_t *refs) {
    BEGIN(mach_port_get_refs, 3207, task);
    in->name = name;
    in->right = right;
    EXCHANGE(mach_port_get_refs, 0, 0);
    *refs = out->refs;
    return KERN_SUCCESS;
}

OF_THREE(mach_port_mod_refs, 3208, mach_port_right_t, right, mach_port_delta_t, delta)

static kern_return_t m_mach_port_peek(ipc_space_t task, mach_port_name_t name, mach_msg_trailer_type_t trailer_type,
                                      mach_port_seqno_t *request_seqnop, mach_msg_size_t *msg_sizep,
                                      mach_msg_id_t *msg_idp, mach_msg_trailer_info_t trailer_infop,
                                      mach_msg_type_number_t *trailer_infopCnt) {
    BEGIN(mach_port_peek, 3209, task);
    in->name = name;
    in->trailer_type = trailer_type;
    in->request_seqnop = *request_seqnop;
    in->trailer_infopCnt = *trailer_infopCnt;
    EXCHANGE(mach_port_peek, 68, 0);
    MUST(out->Head.msgh_size == sizeof(*out) - 68 + ((out->trailer_infopCnt + 3) & ~3u));
    MUST(out->trailer_infopCnt <= *trailer_infopCnt);
    *request_seqnop = out->request_seqnop;
    *msg_sizep = out->msg_sizep;
    *msg_idp = out->msg_idp;
    memcpy(trailer_infop, out->trailer_infop, out->trailer_infopCnt);
    *trailer_infopCnt = out->trailer_infopCnt;
    return KERN_SUCCESS;
}

OF_TWO(mach_port_set_mscount, 3210, mach_port_name_t, name, mach_port_mscount_t, mscount)

static kern_return_t m_mach_port_get_set_status(ipc_space_t task, mach_port_name_t name,
                                                mach_port_name_array_t *members, mach_msg_type_number_t *membersCnt) {
    BEGIN(mach_port_get_set_status, 3211, task);
    in->name = name;
    EXCHANGE(mach_port_get_set_status, 0, 1);
    MUST(is_memory(&out->members, out->membersCnt * sizeof(**members)));
    *members = out->members.address;
    *membersCnt = out->membersCnt;
    return KERN_SUCCESS;
}

OF_TWO(mach_port_move_member, 3212, mach_port_name_t, member, mach_port_name_t, after)

static kern_return_t m_mach_port_request_notification(ipc_space_t task, mach_port_name_t name, mach_msg_id_t msgid,
                                                      mach_port_mscount_t sync, mach_port_t notify,
                                                      mach_msg_type_name_t notifyPoly, mach_port_t *previous) {
    BEGIN_COMPLEX(mach_port_request_notification, 3213, task);
    put_port(&in->notify, notify, notifyPoly);
    in->name = name;
    in->msgid = msgid;
    in->sync = sync;
    EXCHANGE(mach_port_request_notification, 0, 1);
    MUST(is_port(&out->previous, MOVE_SEND_ONCE));
    *previous = out->previous.name;
    return KERN_SUCCESS;
}

static kern_return_t m_mach_port_insert_right(ipc_space_t task, mach_port_name_t name, mach_port_t poly,
                                              mach_msg_type_name_t polyPoly) {
    BEGIN_COMPLEX(mach_port_insert_right, 3214, task);
    put_port(&in->poly, poly, polyPoly);
    in->name = name;
    return exchange_simple(&message);
}

static kern_return_t m_mach_port_extract_right(ipc_space_t task, mach_port_name_t name, mach_msg_type_name_t msgt_name,
                                               mach_port_t *poly, mach_msg_type_name_t *polyPoly) {
    BEGIN(mach_port_extract_right, 3215, task);
    in->name = name;
    in->msgt_name = msgt_name;
    EXCHANGE(mach_port_extract_right, 0, 1);
    MUST(is_port(&out->poly, out->poly.disposition));
    *poly = out->poly.name;
    *polyPoly = out->poly.disposition;
    return KERN_SUCCESS;
}

OF_TWO(mach_port_set_seqno, 3216, mach_port_name_t, name, mach_port_seqno_t, seqno)

static kern_return_t m_mach_port_get_attributes(ipc_space_t task, mach_port_name_t name, mach_port_flavor_t flavor,
                                                mach_port_info_t port_info_out,
                                                mach_msg_type_number_t *port_info_outCnt) {
    BEGIN(mach_port_get_attributes, 3217, task);
    in->name = name;
    in->flavor = flavor;
    in->port_info_outCnt = *port_info_outCnt;
    EXCHANGE(mach_port_get_attributes, 68, 0);
    MUST(out->Head.msgh_size == sizeof(*out) - 68 + 4 * out->port_info_outCnt);
    MUST(out->port_info_outCnt <= *port_info_outCnt);
    memcpy(port_info_out, out->port_info_out, 4 * out->port_info_outCnt);
    *port_info_outCnt = out->port_info_outCnt;
    return KERN_SUCCESS;
}

static kern_return_t m_mach_port_set_attributes(ipc_space_t task, mach_port_name_t name, mach_port_flavor_t flavor,
                                                mach_port_info_t port_info, mach_msg_type_number_t port_infoCnt) {
    BEGIN(mach_port_set_attributes, 3218, task);
    in->name = name;
    in->flavor = flavor;
    in->port_infoCnt = port_infoCnt;
    if (port_infoCnt > COUNT_OF(in->port_info)) return MIG_ARRAY_TOO_LARGE;
    if (port_info != NULL) memcpy(in->port_info, port_info, 4 * port_infoCnt);
    in->Head.msgh_size = SIZE(sizeof(*in) - 68 + 4 * port_infoCnt);
    return exchange_simple(&message);
}

static kern_return_t m_mach_port_allocate_qos(ipc_space_t task, mach_port_right_t right, mach_port_qos_t *qos,
                                              mach_port_name_t *name) {
    BEGIN(mach_port_allocate_qos, 3219, task);
    in->right = right;
    in->qos = *qos;
    EXCHANGE(mach_port_allocate_qos, 0, 0);
    *qos = out->qos;
    *name = out->name;
    return KERN_SUCCESS;
}

static kern_return_t m_mach_port_allocate_full(ipc_space_t task, mach_port_right_t right, mach_port_t proto,
                                               mach_port_qos_t *qos, mach_port_name_t *name) {
    BEGIN_COMPLEX(mach_port_allocate_full, 3220, task);
    put_port(&in->proto, proto, COPY_SEND);
    in->right = right;
    in->qos = *qos;
    in->name = *name;
    EXCHANGE(mach_port_allocate_full, 0, 0);
    *qos = out->qos;
    *name = out->name;
    return KERN_SUCCESS;
}

static kern_return_t m_task_set_port_space(ipc_space_t task, int table_entries) {
    BEGIN(task_set_port_space, 3221, task);
    in->table_entries = table_entries;
    return exchange_simple(&message);
}

RESULT_OF_NAME(mach_port_get_srights, 3222, mach_port_rights_t, srights)

static kern_return_t m_mach_port_space_info(ipc_space_t task, ipc_info_space_t *space_info,
                                            ipc_info_name_array_t *table_info, mach_msg_type_number_t *table_infoCnt,
                                            ipc_info_tree_name_array_t *tree_info,
                                            mach_msg_type_number_t *tree_infoCnt) {
    BEGIN_PLAIN(3223, task);
    EXCHANGE(mach_port_space_info, 0, 2);
    MUST(is_memory(&out->table_info, out->table_infoCnt * sizeof(**table_info)));
    MUST(is_memory(&out->tree_info, out->tree_infoCnt * sizeof(**tree_info)));
    *space_info = out->space_info;
    *table_info = out->table_info.address;
    *table_infoCnt = out->table_infoCnt;
    *tree_info = out->tree_info.address;
    *tree_infoCnt = out->tree_infoCnt;
    return KERN_SUCCESS;
}

TWO_RESULTS_OF_NAME(mach_port_dnrequest_info, 3224, unsigned, dnr_total, unsigned, dnr_used)
TWO_RESULTS_OF_NAME(mach_port_kernel_object, 3225, unsigned, object_type, unsigned, object_addr)
OF_TWO(mach_port_insert_member, 3226, mach_port_name_t, name, mach_port_name_t, pset)
OF_TWO(mach_port_extract_member, 3227, mach_port_name_t, name, mach_port_name_t, pset)
RESULT_OF_NAME(mach_port_get_context, 3228, mach_port_context_t, context)
OF_TWO(mach_port_set_context, 3229, mach_port_name_t, name, mach_port_context_t, context)
TWO_RESULTS_OF_NAME(mach_port_kobject, 3230, natural_t, object_type, mach_vm_address_t, object_addr)

static kern_return_t m_mach_port_construct(ipc_space_t task, mach_port_options_ptr_t options,
                                           mach_port_context_t context, mach_port_name_t *name) {
    BEGIN_COMPLEX(mach_port_construct, 3231, task);
    in->options.address = options;
    in->options.size = sizeof(*options);
    in->options.copy = MACH_MSG_VIRTUAL_COPY;
    in->options.type = MACH_MSG_OOL_DESCRIPTOR;
    in->context = context;
    EXCHANGE(mach_port_construct, 0, 0);
    *name = out->name;
    return KERN_SUCCESS;
}

OF_THREE(mach_port_destruct, 3232, mach_port_delta_t, srdelta, mach_port_context_t, guard)
OF_THREE(mach_port_guard, 3233, mach_port_context_t, guard, boolean_t, strict)
OF_TWO(mach_port_unguard, 3234, mach_port_name_t, name, mach_port_context_t, guard)

static kern_return_t m_mach_port_space_basic_info(ipc_space_t task, ipc_info_space_basic_t *basic_info) {
    BEGIN_PLAIN(3235, task);
    EXCHANGE(mach_port_space_basic_info, 0, 0);
    *basic_info = out->basic_info;
    return KERN_SUCCESS;
}

OF_THREE(mach_port_guard_with_flags, 3237, mach_port_context_t, guard, uint64_t, flags)
OF_THREE(mach_port_swap_guard, 3238, mach_port_context_t, old_guard, mach_port_context_t, new_guard)

static void put_array(mach_msg_ool_ports_descriptor_t *at, mach_port_array_t names, mach_msg_type_number_t count) {
    at->address = names;
    at->count = count;
    at->copy = MACH_MSG_VIRTUAL_COPY;
    at->disposition = COPY_SEND;
    at->type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
}

static kern_return_t m_task_create(task_t target_task, ledger_array_t ledgers, mach_msg_type_number_t ledgersCnt,
                                   boolean_t inherit_memory, task_t *child_task) {
    BEGIN_COMPLEX(task_create, 3400, target_task);
    put_array(&in->ledgers, (mach_port_array_t)ledgers, ledgersCnt);
    in->ledgersCnt = ledgersCnt;
    in->inherit_memory = inherit_memory;
    EXCHANGE(task_create, 0, 1);
    MUST(is_port(&out->child_task, MOVE_SEND));
    *child_task = out->child_task.name;
    return KERN_SUCCESS;
}

static kern_return_t m_task_terminate(task_t target_task) {
    BEGIN_PLAIN(3401, target_task);
    return exchange_simple(&message);
}

static kern_return_t m_semaphore_create(task_t task, semaphore_t *semaphore, int policy, int value) {
    BEGIN(semaphore_create, 3418, task);
    in->policy = policy;
    in->value = value;
    EXCHANGE(semaphore_create, 0, 1);
    MUST(is_port(&out->semaphore, MOVE_SEND));
    *semaphore = out->semaphore.name;
    return KERN_SUCCESS;
}

static kern_return_t m_semaphore_destroy(task_t task, semaphore_t semaphore) {
    struct mig_message message;
    struct semaphore_destroy_request *in = begin_complex(&message, task, 3419, sizeof(*in));
    in->semaphore.name = semaphore;
    in->semaphore.disposition = MOVE_SEND;
    return exchange_simple(&message);
}

static kern_return_t m_mach_ports_register(task_t target_task, mach_port_array_t init_port_set,
                                           mach_msg_type_number_t init_port_setCnt) {
    BEGIN_COMPLEX(mach_ports_register, 3403, target_task);
    put_array(&in->init_port_set, init_port_set, init_port_setCnt);
    in->init_port_setCnt = init_port_setCnt;
    return exchange_simple(&message);
}

static kern_return_t m_mach_ports_lookup(task_t target_task, mach_port_array_t *init_port_set,
                                         mach_msg_type_number_t *init_port_setCnt) {
    BEGIN_PLAIN(3404, target_task);
    EXCHANGE(mach_ports_lookup, 0, 1);
    const mach_msg_ool_ports_descriptor_t *array = &out->init_port_set;
    MUST(array->type == MACH_MSG_OOL_PORTS_DESCRIPTOR && array->disposition == MOVE_SEND && array->address != NULL);
    MUST(array->copy == MACH_MSG_VIRTUAL_COPY && array->deallocate == TRUE); // D4
    MUST(array->count == out->init_port_setCnt);
    *init_port_set = array->address;
    *init_port_setCnt = out->init_port_setCnt;
    return KERN_SUCCESS;
}

#define GET_SPECIAL_PORT(routine, id)                                                                                  \
    static kern_return_t m_##routine(mach_port_t port, int which, mach_port_t *special_port) {                         \
        BEGIN(routine, id, port);                                                                                      \
        in->which_port = which;                                                                                        \
        EXCHANGE(routine, 0, 1);                                                                                       \
        MUST(is_port(&out->special_port, MOVE_SEND));                                                                  \
        *special_port = out->special_port.name;                                                                        \
        return KERN_SUCCESS;                                                                                           \
    }
#define SET_SPECIAL_PORT(routine, id, which_field, field)                                                              \
    static kern_return_t m_##routine(mach_port_t port, int which, mach_port_t special_port) {                          \
        BEGIN_COMPLEX(routine, id, port);                                                                              \
        put_port(&in->field, special_port, COPY_SEND);                                                                 \
        in->which_field = which;                                                                                       \
        return exchange_simple(&message);                                                                              \
    }
#define SET_EXCEPTION_PORTS(routine, id)                                                                               \
    static kern_return_t m_##routine(mach_port_t port, exception_mask_t exception_mask, mach_port_t new_port,          \
                                     exception_behavior_t behavior, thread_state_flavor_t new_flavor) {                \
        BEGIN_COMPLEX(routine, id, port);                                                                              \
        put_port(&in->new_port, new_port, COPY_SEND);                                                                  \
        in->exception_mask = exception_mask;                                                                           \
        in->behavior = behavior;                                                                                       \
        in->new_flavor = new_flavor;                                                                                   \
        return exchange_simple(&message);                                                                              \
    }

GET_SPECIAL_PORT(task_get_special_port, 3409)
SET_SPECIAL_PORT(task_set_special_port, 3410, which_port, special_port)
GET_SPECIAL_PORT(thread_get_special_port, 3610)
SET_SPECIAL_PORT(thread_set_special_port, 3611, which_port, special_port)
SET_SPECIAL_PORT(host_set_special_port, 413, which, port)
SET_EXCEPTION_PORTS(task_set_exception_ports, 3413)
SET_EXCEPTION_PORTS(thread_set_exception_ports, 3613)
SET_EXCEPTION_PORTS(host_set_exception_ports, 414)

// The reply of get and swap: always 32 descriptors, and three arrays one behind the other of as many elements as there are handlers.
static kern_return_t take_exception_ports(struct mig_message *message, exception_mask_array_t masks,
                                          mach_msg_type_number_t *masksCnt, exception_handler_array_t handlers,
                                          exception_behavior_array_t behaviors, exception_flavor_array_t flavors) {
    const struct task_get_exception_ports_reply *out = (const void *)message;
    kern_return_t code = exchange(message, sizeof(*out) - 384, sizeof(*out), 32);
    if (code != KERN_SUCCESS) return code;
    mach_msg_type_number_t count = out->masksCnt;
    MUST(count <= 32 && count <= *masksCnt);
    MUST(out->Head.msgh_size == sizeof(*out) - 384 + 12 * count);
    for (mach_msg_type_number_t i = 0; i < 32; i++) {
        MUST(is_port(&out->old_handlers[i], MOVE_SEND));
        MUST(i < count || out->old_handlers[i].name == MACH_PORT_NULL);
        if (i < count) handlers[i] = out->old_handlers[i].name;
    }
    const unsigned char *arrays = message->bytes + offsetof(struct task_get_exception_ports_reply, masks);
    memcpy(masks, arrays, 4 * count);
    memcpy(behaviors, arrays + 4 * count, 4 * count);
    memcpy(flavors, arrays + 8 * count, 4 * count);
    *masksCnt = count;
    return KERN_SUCCESS;
}

#define GET_EXCEPTION_PORTS(routine, id)                                                                               \
    static kern_return_t m_##routine(mach_port_t port, exception_mask_t exception_mask, exception_mask_array_t masks,  \
                                     mach_msg_type_number_t *masksCnt, exception_handler_array_t old_handlers,         \
                                     exception_behavior_array_t old_behaviors, exception_flavor_array_t old_flavors) { \
        BEGIN(routine, id, port);                                                                                      \
        in->exception_mask = exception_mask;                                                                           \
        return take_exception_ports(&message, masks, masksCnt, old_handlers, old_behaviors, old_flavors);              \
    }
#define SWAP_EXCEPTION_PORTS(routine, id)                                                                              \
    static kern_return_t m_##routine(mach_port_t port, exception_mask_t exception_mask, mach_port_t new_port,          \
                                     exception_behavior_t behavior, thread_state_flavor_t new_flavor,                  \
                                     exception_mask_array_t masks, mach_msg_type_number_t *masksCnt,                   \
                                     exception_handler_array_t old_handlers, exception_behavior_array_t old_behaviors, \
                                     exception_flavor_array_t old_flavors) {                                           \
        BEGIN_COMPLEX(routine, id, port);                                                                              \
        put_port(&in->new_port, new_port, COPY_SEND);                                                                  \
        in->exception_mask = exception_mask;                                                                           \
        in->behavior = behavior;                                                                                       \
        in->new_flavor = new_flavor;                                                                                   \
        return take_exception_ports(&message, masks, masksCnt, old_handlers, old_behaviors, old_flavors);              \
    }

GET_EXCEPTION_PORTS(task_get_exception_ports, 3414)
GET_EXCEPTION_PORTS(thread_get_exception_ports, 3614)
GET_EXCEPTION_PORTS(host_get_exception_ports, 415)
SWAP_EXCEPTION_PORTS(task_swap_exception_ports, 3415)
SWAP_EXCEPTION_PORTS(thread_swap_exception_ports, 3615)
SWAP_EXCEPTION_PORTS(host_swap_exception_ports, 416)

static kern_return_t m_host_get_special_port(host_priv_t host_priv, int node, int which, mach_port_t *port) {
    BEGIN(host_get_special_port, 412, host_priv);
    in->node = node;
    in->which = which;
    EXCHANGE(host_get_special_port, 0, 1);
    MUST(is_port(&out->port, MOVE_SEND));
    *port = out->port.name;
    return KERN_SUCCESS;
}

static kern_return_t allocate_by_message(mach_msg_id_t id, vm_map_t task, mach_vm_address_t *address,
                                         mach_vm_size_t size, int flags) {
    BEGIN(mach_vm_allocate, id, task);
    in->address = *address;
    in->size = size;
    in->flags = flags;
    EXCHANGE(mach_vm_allocate, 0, 0);
    *address = out->address;
    return KERN_SUCCESS;
}

static kern_return_t deallocate_by_message(mach_msg_id_t id, vm_map_t task, mach_vm_address_t address,
                                           mach_vm_size_t size) {
    BEGIN(mach_vm_deallocate, id, task);
    in->address = address;
    in->size = size;
    return exchange_simple(&message);
}

static kern_return_t m_vm_allocate(vm_map_t target_task, vm_address_t *address, vm_size_t size, int flags) {
    mach_vm_address_t wide = *address;
    kern_return_t code = allocate_by_message(3801, target_task, &wide, size, flags);
    if (code == KERN_SUCCESS) *address = (vm_address_t)wide;
    return code;
}

static kern_return_t m_vm_deallocate(vm_map_t target_task, vm_address_t address, vm_size_t size) {
    return deallocate_by_message(3802, target_task, address, size);
}

static kern_return_t m_mach_vm_allocate(vm_map_t target, mach_vm_address_t *address, mach_vm_size_t size, int flags) {
    return allocate_by_message(4800, target, address, size, flags);
}

static kern_return_t m_mach_vm_deallocate(vm_map_t target, mach_vm_address_t address, mach_vm_size_t size) {
    return deallocate_by_message(4801, target, address, size);
}

const struct routines direct_calls = {.by_message = false,
#define DIRECT(routine) .routine = routine,
                                      PORT_ROUTINES(DIRECT) OTHER_ROUTINES(DIRECT)
#undef DIRECT
};

const struct routines message_calls = {.by_message = true,
#define MESSAGE(routine) .routine = m_##routine,
                                       PORT_ROUTINES(MESSAGE) OTHER_ROUTINES(MESSAGE)
#undef MESSAGE
};

// ---- Shapes of requests

#define REQUEST(routine) #routine
#define SIZE_OF(routine) sizeof(struct routine##_request)
#define SPACE(routine, id)                                                                                             \
    { REQUEST(routine), id, SIZE_OF(routine), TO_TASK, NOTHING, 0, KERN_INVALID_TASK, false }
#define SPACE_PLAIN(routine, id)                                                                                       \
    { REQUEST(routine), id, 24, TO_TASK, NOTHING, 0, KERN_INVALID_TASK, false }
#define SPACE_WITH(routine, id, carried, disposition)                                                                  \
    { REQUEST(routine), id, SIZE_OF(routine), TO_TASK, carried, disposition, KERN_INVALID_TASK, false }
#define OTHER(routine, id, receiver)                                                                                   \
    { REQUEST(routine), id, SIZE_OF(routine), receiver, NOTHING, 0, KERN_INVALID_ARGUMENT, false }
#define OTHER_PLAIN(routine, id)                                                                                       \
    { REQUEST(routine), id, 24, TO_TASK, NOTHING, 0, KERN_INVALID_ARGUMENT, false }
#define OTHER_WITH(routine, id, receiver, carried)                                                                     \
    { REQUEST(routine), id, SIZE_OF(routine), receiver, carried, MOVE_SEND, KERN_INVALID_ARGUMENT, false }

const struct shape shapes[] = {
    SPACE_PLAIN(mach_port_names, 3200),
    SPACE(mach_port_type, 3201),
    {"mach_port_rename", 3202, 40, TO_TASK, NOTHING, 0, KERN_NOT_SUPPORTED, false}, // N7
    SPACE(mach_port_allocate_name, 3203),
    SPACE(mach_port_allocate, 3204),
    SPACE(mach_port_destroy, 3205),
    SPACE(mach_port_deallocate, 3206),
    SPACE(mach_port_get_refs, 3207),
    SPACE(mach_port_mod_refs, 3208),
    SPACE(mach_port_peek, 3209),
    SPACE(mach_port_set_mscount, 3210),
    SPACE(mach_port_get_set_status, 3211),
    SPACE(mach_port_move_member, 3212),
    SPACE_WITH(mach_port_request_notification, 3213, ONE_PORT, MOVE_SEND_ONCE),
    SPACE_WITH(mach_port_insert_right, 3214, ONE_PORT, 0),
    SPACE(mach_port_extract_right, 3215),
    SPACE(mach_port_set_seqno, 3216),
    SPACE(mach_port_get_attributes, 3217),
    {"mach_port_set_attributes", 3218, 44, TO_TASK, NOTHING, 0, KERN_INVALID_TASK, true},
    SPACE(mach_port_allocate_qos, 3219),
    SPACE_WITH(mach_port_allocate_full, 3220, ONE_PORT, MOVE_SEND),
    SPACE(task_set_port_space, 3221),
    SPACE(mach_port_get_srights, 3222),
    SPACE_PLAIN(mach_port_space_info, 3223),
    SPACE(mach_port_dnrequest_info, 3224),
    SPACE(mach_port_kernel_object, 3225),
    SPACE(mach_port_insert_member, 3226),
    SPACE(mach_port_extract_member, 3227),
    SPACE(mach_port_get_context, 3228),
    SPACE(mach_port_set_context, 3229),
    SPACE(mach_port_kobject, 3230),
    SPACE_WITH(mach_port_construct, 3231, ONE_MEMORY, 0),
    SPACE(mach_port_destruct, 3232),
    SPACE(mach_port_guard, 3233),
    SPACE(mach_port_unguard, 3234),
    SPACE_PLAIN(mach_port_space_basic_info, 3235),
    SPACE(mach_port_guard_with_flags, 3237),
    SPACE(mach_port_swap_guard, 3238),
    OTHER_WITH(task_create, 3400, TO_TASK, ONE_ARRAY),
    OTHER_PLAIN(task_terminate, 3401),
    OTHER_WITH(mach_ports_register, 3403, TO_TASK, ONE_ARRAY),
    OTHER_PLAIN(mach_ports_lookup, 3404),
    OTHER(task_get_special_port, 3409, TO_TASK),
    OTHER_WITH(task_set_special_port, 3410, TO_TASK, ONE_PORT),
    OTHER_WITH(task_set_exception_ports, 3413, TO_TASK, ONE_PORT),
    OTHER(task_get_exception_ports, 3414, TO_TASK),
    OTHER_WITH(task_swap_exception_ports, 3415, TO_TASK, ONE_PORT),
    {"lock_set_create", 3416, 40, TO_TASK, NOTHING, 0, KERN_NOT_SUPPORTED, false}, // Y13
    {"lock_set_destroy", 3417, 40, TO_TASK, ONE_PORT, MOVE_SEND, KERN_NOT_SUPPORTED, false},
    OTHER(semaphore_create, 3418, TO_TASK),
    OTHER_WITH(semaphore_destroy, 3419, TO_TASK, ONE_PORT),
    {"lock_acquire", 617000, 36, TO_TASK, NOTHING, 0, KERN_NOT_SUPPORTED, false},
    {"lock_release", 617001, 36, TO_TASK, NOTHING, 0, KERN_NOT_SUPPORTED, false},
    {"lock_try", 617002, 36, TO_TASK, NOTHING, 0, KERN_NOT_SUPPORTED, false},
    {"lock_make_stable", 617003, 36, TO_TASK, NOTHING, 0, KERN_NOT_SUPPORTED, false},
    {"lock_handoff", 617004, 36, TO_TASK, NOTHING, 0, KERN_NOT_SUPPORTED, false},
    {"lock_handoff_accept", 617005, 36, TO_TASK, NOTHING, 0, KERN_NOT_SUPPORTED, false},
    OTHER(thread_get_special_port, 3610, TO_THREAD),
    OTHER_WITH(thread_set_special_port, 3611, TO_THREAD, ONE_PORT),
    OTHER_WITH(thread_set_exception_ports, 3613, TO_THREAD, ONE_PORT),
    OTHER(thread_get_exception_ports, 3614, TO_THREAD),
    OTHER_WITH(thread_swap_exception_ports, 3615, TO_THREAD, ONE_PORT),
    OTHER(host_get_special_port, 412, TO_HOST),
    OTHER_WITH(host_set_special_port, 413, TO_HOST, ONE_PORT),
    OTHER_WITH(host_set_exception_ports, 414, TO_HOST, ONE_PORT),
    OTHER(host_get_exception_ports, 415, TO_HOST),
    OTHER_WITH(host_swap_exception_ports, 416, TO_HOST, ONE_PORT),
    {"vm_allocate", 3801, 52, TO_TASK, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"vm_deallocate", 3802, 48, TO_TASK, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    OTHER(mach_vm_allocate, 4800, TO_TASK),
    OTHER(mach_vm_deallocate, 4801, TO_TASK),
// Each routine on memory twice: vm_map and mach_vm.
#define MEMORY_WITH(name, narrow, wide, size, carried, disposition, foreign)                                           \
    {"vm_" name, narrow, size, TO_TASK, carried, disposition, foreign, false}, {                                       \
        "mach_vm_" name, wide, size, TO_TASK, carried, disposition, foreign, false                                     \
    }
#define MEMORY(name, narrow, wide, size) MEMORY_WITH(name, narrow, wide, size, NOTHING, 0, KERN_INVALID_ARGUMENT)
    MEMORY("protect", 3803, 4802, 56),
    MEMORY("inherit", 3804, 4803, 52),
    MEMORY("read", 3805, 4804, 48),
    MEMORY("read_list", 3806, 4805, 4132),
    MEMORY_WITH("write", 3807, 4806, 64, ONE_BYTES, 0, KERN_INVALID_ARGUMENT),
    MEMORY("copy", 3808, 4807, 56),
    MEMORY("read_overwrite", 3809, 4808, 56),
    MEMORY_WITH("msync", 3810, 4809, 52, NOTHING, 0, KERN_INVALID_TASK),
    MEMORY("behavior_set", 3811, 4810, 52),
    MEMORY_WITH("map", 3812, 4811, 100, ONE_PORT, MOVE_SEND, KERN_INVALID_ARGUMENT),
    MEMORY("machine_attribute", 3813, 4812, 56),
    MEMORY_WITH("remap", 3814, 4813, 92, ONE_PORT, MOVE_SEND, KERN_INVALID_ARGUMENT),
    MEMORY_WITH("make_memory_entry", 3816, 4817, 68, ONE_PORT, MOVE_SEND, KERN_INVALID_TASK),
    MEMORY("page_query", 3817, 4814, 40),
    MEMORY("region_recurse", 3821, 4815, 48),
    MEMORY("region_64", 3824, 4816, 48),
    MEMORY("purgable_control", 3830, 4818, 48),
    {"vm_region", 3800, 48, TO_TASK, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"vm_region_recurse_64", 3822, 48, TO_TASK, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"mach_make_memory_entry_64", 3825, 68, TO_TASK, ONE_PORT, MOVE_SEND, KERN_INVALID_TASK, false},
    {"vm_map_64", 3826, 100, TO_TASK, ONE_PORT, MOVE_SEND, KERN_INVALID_ARGUMENT, false},
    {"mach_vm_page_info", 4819, 48, TO_TASK, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"vm_wire", 404, 68, TO_HOST, ONE_PORT, MOVE_SEND, KERN_INVALID_HOST, false},
    {"mach_vm_wire", 418, 68, TO_HOST, ONE_PORT, MOVE_SEND, KERN_INVALID_HOST, false},
    {"host_info", 200, 40, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"host_kernel_version", 201, 24, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"_host_page_size", 202, 24, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"host_processor_info", 204, 36, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"host_get_io_master", 205, 24, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"kmod_get_info", 207, 24, TO_HOST, NOTHING, 0, KERN_NOT_SUPPORTED, false},
    {"host_virtual_physical_table_info", 209, 24, TO_HOST, NOTHING, 0, KERN_FAILURE, false},
    {"processor_set_default", 213, 24, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"processor_set_create", 214, 24, TO_HOST, NOTHING, 0, KERN_FAILURE, false},
    {"host_statistics", 216, 40, TO_HOST, NOTHING, 0, KERN_INVALID_HOST, false},
    {"host_request_notification", 217, 52, TO_HOST, ONE_PORT, MOVE_SEND_ONCE, KERN_INVALID_ARGUMENT, false},
    {"host_lockgroup_info", 218, 24, TO_HOST, NOTHING, 0, KERN_INVALID_HOST, false},
    {"host_statistics64", 219, 40, TO_HOST, NOTHING, 0, KERN_INVALID_HOST, false},
    {"host_set_atm_diagnostic_flag", 225, 36, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"host_set_multiuser_config_flags", 228, 36, TO_HOST, NOTHING, 0, KERN_NOT_SUPPORTED, false},
    {"host_get_boot_info", 400, 24, TO_HOST, NOTHING, 0, KERN_INVALID_HOST, false},
    {"host_reboot", 401, 36, TO_HOST, NOTHING, 0, KERN_INVALID_HOST, false},
    {"host_priv_statistics", 402, 40, TO_HOST, NOTHING, 0, KERN_INVALID_HOST, false},
    {"host_default_memory_manager", 403, 52, TO_HOST, ONE_PORT, MOVE_SEND, KERN_INVALID_HOST, false},
    {"thread_wire", 405, 52, TO_HOST, ONE_PORT, MOVE_SEND, KERN_INVALID_ARGUMENT, false},
    {"vm_allocate_cpm", 406, 68, TO_HOST, ONE_PORT, MOVE_SEND, KERN_INVALID_HOST, false},
    {"host_processors", 407, 24, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"kmod_create", 409, 40, TO_HOST, NOTHING, 0, KERN_NOT_SUPPORTED, false},
    {"kmod_destroy", 410, 36, TO_HOST, NOTHING, 0, KERN_NOT_SUPPORTED, false},
    {"host_processor_sets", 419, 24, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"host_processor_set_priv", 420, 40, TO_HOST, ONE_PORT, MOVE_SEND, KERN_INVALID_ARGUMENT, false},
    {"set_dp_control_port", 421, 40, TO_HOST, ONE_PORT, MOVE_SEND, KERN_INVALID_HOST, false},
    {"get_dp_control_port", 422, 24, TO_HOST, NOTHING, 0, KERN_INVALID_HOST, false},
    {"host_set_UNDServer", 423, 40, TO_HOST, ONE_PORT, MOVE_SEND, KERN_INVALID_ARGUMENT, false},
    {"host_get_UNDServer", 424, 24, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    // These are no routines of the host; it answers as any other port that is not theirs.
    {"processor_start", 3000, 24, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"processor_exit", 3001, 24, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"processor_info", 3002, 40, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"processor_get_assignment", 3005, 24, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"processor_control", 3003, 36, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, true},
    {"processor_assign", 3004, 52, TO_HOST, ONE_PORT, MOVE_SEND, KERN_FAILURE, false},
    {"processor_set_statistics", 4000, 40, TO_HOST, NOTHING, 0, KERN_INVALID_PROCESSOR_SET, false},
    {"processor_set_destroy", 4001, 24, TO_HOST, NOTHING, 0, KERN_FAILURE, false},
    {"processor_set_max_priority", 4002, 40, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"processor_set_policy_enable", 4003, 36, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"processor_set_policy_disable", 4004, 40, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"processor_set_tasks", 4005, 24, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"processor_set_threads", 4006, 24, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
    {"processor_set_stack_usage", 4008, 24, TO_HOST, NOTHING, 0, KERN_NOT_SUPPORTED, false},
    {"processor_set_info", 4009, 40, TO_HOST, NOTHING, 0, KERN_INVALID_ARGUMENT, false},
};
const size_t shape_count = COUNT_OF(shapes);

void make_request(struct mig_message *message, const struct shape *shape, mach_port_t port) {
    static mach_port_options_t options;
    if (shape->carried == NOTHING) {
        begin_request(message, port, shape->id, shape->size);
        if (shape->size > 24) memcpy(message->bytes + 24, &NDR_record, sizeof(NDR_record));
        return;
    }
    begin_complex(message, port, shape->id, shape->size);
    size_t end = 28;
    mach_msg_type_name_t disposition = shape->disposition == MOVE_SEND_ONCE ? MAKE_SEND_ONCE : COPY_SEND;
    if (shape->carried == ONE_PORT) {
        put_port(port_at(message, 28), MACH_PORT_NULL, disposition);
        end += sizeof(mach_msg_port_descriptor_t);
    } else {
        mach_msg_ool_descriptor_t *memory = (mach_msg_ool_descriptor_t *)(message->bytes + 28);
        end += sizeof(*memory);
        if (shape->carried == ONE_MEMORY) {
            memory->address = &options;
            memory->size = sizeof(options);
            memory->copy = MACH_MSG_VIRTUAL_COPY;
            memory->type = MACH_MSG_OOL_DESCRIPTOR;
        } else if (shape->carried == ONE_BYTES) {
            memory->copy = MACH_MSG_VIRTUAL_COPY;
            memory->type = MACH_MSG_OOL_DESCRIPTOR;
        } else {
            put_array((mach_msg_ool_ports_descriptor_t *)memory, NULL, 0);
        }
    }
    memcpy(message->bytes + end, &NDR_record, sizeof(NDR_record));
}

// ---- Transcripts

struct transcript {
    size_t count;
    struct {
        const char *what;
        uint64_t value;
    } notes[6000];
};
static struct transcript transcripts[2], *transcript = &transcripts[0];

void note(const char *what, uint64_t value) {
    if (transcript->count == COUNT_OF(transcript->notes)) return;
    transcript->notes[transcript->count].what = what;
    transcript->notes[transcript->count].value = value;
    transcript->count++;
}

struct line {
    uint64_t name, type, sends, dead, context;
    mach_port_status_t status;
};

static int by_contents(const void *left, const void *right) { return memcmp(left, right, sizeof(struct line)); }

// Every name of a task of the caller's but one, with what can be known of it.
static void note_space(task_t task, mach_port_name_t but, bool without_names) {
    struct name_list list = names_in(task);
    struct line lines[COUNT_OF(list.names)];
    memset(lines, 0, sizeof(lines));
    for (unsigned i = 0; i < list.count; i++) {
        mach_port_name_t name = list.names[i].name;
        if (name == but) continue;
        struct line *it = &lines[i];
        it->name = without_names ? 0 : name;
        it->type = list.names[i].type;
        if (it->type & MACH_PORT_TYPE_SEND) it->sends = refs_in(task, name, MACH_PORT_RIGHT_SEND);
        if (it->type & MACH_PORT_TYPE_DEAD_NAME) it->dead = refs_in(task, name, MACH_PORT_RIGHT_DEAD_NAME);
        if (it->type & MACH_PORT_TYPE_RECEIVE) {
            it->status = status_in(task, name);
            mach_port_context_t context = 0;
            assert_success(mach_port_get_context(task, name, &context));
            it->context = context;
        }
    }
    qsort(lines, list.count, sizeof(*lines), by_contents);
    note("names in a task", list.count);
    for (unsigned i = 0; i < list.count; i++) {
        note("a name", lines[i].name);
        note("its type", lines[i].type);
        note("its send references", lines[i].sends);
        note("its dead-name references", lines[i].dead);
        note("its context", lines[i].context);
        uint32_t words[sizeof(mach_port_status_t) / 4];
        memcpy(words, &lines[i].status, sizeof(words));
        if (lines[i].type & MACH_PORT_TYPE_RECEIVE) {
            static const char *const fields[] = {"in a set", "seqno",       "make-send count", "limit",      "messages",
                                                 "onces",    "send rights", "port-destroyed",  "no-senders", "flags"};
            for (size_t j = 0; j < COUNT_OF(words); j++) note(fields[j], words[j]);
        }
    }
}

// ---- Runs

// Acts as the target.
static void make_things(mach_port_name_t *names) {
    mach_port_t previous = MACH_PORT_NULL;
    names[NOTIFY] = make_port();
    names[RECEIVE] = make_port();
    names[SEND_AND] = port_with_sends(2);
    mach_port_t carrier = MACH_PORT_NULL;
    names[SEND_ONLY] = make_send_only(2, &carrier);
    names[CARRIER] = carrier;
    names[ONCE] = make_send_once(names[RECEIVE]);
    names[EMPTY_SET] = make_set();
    names[FULL_SET] = make_set();
    names[MEMBER] = make_port();
    put_in_set(names[MEMBER], names[FULL_SET]);
    names[DEAD] = make_dead_name(2);
    names[GUARDED] = port_with_send();
    assert_success(mach_port_guard(SELF, names[GUARDED], 7, FALSE));
    names[STRICT] = make_port();
    assert_success(mach_port_guard(SELF, names[STRICT], 9, TRUE));
    names[FULL] = port_with_send();
    set_limit(names[FULL], 1);
    queue_messages(names[FULL], 1);
    names[WATCHED] = port_with_send();
    assert_success(
        mach_port_request_notification(SELF, names[WATCHED], DEAD_NAME, 0, names[NOTIFY], MAKE_SEND_ONCE, &previous));
    assert_success(
        mach_port_request_notification(SELF, names[WATCHED], NO_SENDERS, 0, names[NOTIFY], MAKE_SEND_ONCE, &previous));
    names[OWN] = SELF;
    names[UNUSED] = 0x12343;
    names[NULL_NAME] = MACH_PORT_NULL;
    names[DEAD_VALUE] = MACH_PORT_DEAD;
}

static void run_once(void (*body)(struct run *run), bool other, const uint32_t *arguments,
                     const struct routines *call) {
    struct run run;
    memset(&run, 0, sizeof(run));
    run.call = call;
    run.arguments = arguments;
    task_t caller = make_task(), target = other ? make_task() : caller;
    run.task = other ? give(caller, target, COPY_SEND) : OWN_TASK;
    enter(caller);
    open_reply_port();
    leave();
    enter(target);
    make_things(run.names);
    leave();
    enter(caller);
    body(&run);
    leave();
    // A reply port's sequence number counts the replies.
    if (type(target) != MACH_PORT_TYPE_DEAD_NAME)
        note_space(target, other ? MACH_PORT_NULL : reply_port, run.names_differ);
    if (other) note_space(caller, reply_port, run.names_differ);
    if (type(target) != MACH_PORT_TYPE_DEAD_NAME) terminate(target);
    destroy(target);
    if (other) end_task(caller);
    reply_port = MACH_PORT_NULL;
}

void both_ways(void (*body)(struct run *run), bool other, const uint32_t *arguments, const char *what) {
    for (int way = 0; way < 2; way++) {
        transcript = &transcripts[way];
        transcript->count = 0;
        run_once(body, other, arguments, way == 0 ? &direct_calls : &message_calls);
    }
    const struct transcript *a = &transcripts[0], *b = &transcripts[1];
    if (a->count == COUNT_OF(a->notes)) fail_msg("the transcript has no room");
    for (size_t i = 0; i < a->count || i < b->count; i++) {
        bool same = i < a->count && i < b->count && a->notes[i].value == b->notes[i].value &&
                    strcmp(a->notes[i].what, b->notes[i].what) == 0;
        if (same) continue;
        print_error("%s, on %s task: note %zu differs\n", what, other ? "another" : "its own", i);
        for (size_t j = i < 4 ? 0 : i - 4; j < i + 3; j++) {
            if (j < a->count)
                print_error("  by call     %s: 0x%llx\n", a->notes[j].what, (unsigned long long)a->notes[j].value);
            if (j < b->count)
                print_error("  by message  %s: 0x%llx\n", b->notes[j].what, (unsigned long long)b->notes[j].value);
        }
        fail();
    }
}

void note_right(const char *what, mach_port_name_t name) {
    note(what, MACH_PORT_VALID(name) ? 1 : name);
    note("its type", MACH_PORT_VALID(name) ? type(name) : 0);
}

// ---- Sweeps

static const struct sweep *swept;
static kern_return_t last_code;

static void sweep_once(struct run *run) {
    uint32_t arguments[COUNT_OF(swept->domains)];
    for (size_t i = 0; swept->domains[i].count != 0; i++)
        arguments[i] = swept->domains[i].is_thing ? run->names[run->arguments[i]] : run->arguments[i];
    last_code = swept->call(run, arguments);
    note("the code", (uint64_t)(int64_t)last_code);
}

static void describe(char *text, size_t size, const uint32_t *arguments) {
    size_t length = (size_t)snprintf(text, size, "%s", swept->name);
    for (size_t i = 0; swept->domains[i].count != 0 && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, swept->domains[i].is_thing ? ", thing %u" : ", 0x%x",
                                   arguments[i]);
}

void run_sweep(const struct sweep *sweep) {
    swept = sweep;
    bool seen[COUNT_OF(sweep->codes)] = {false};
    size_t places[COUNT_OF(sweep->domains)] = {0};
    for (bool more = true; more;) {
        uint32_t arguments[COUNT_OF(sweep->domains)] = {0};
        for (size_t i = 0; sweep->domains[i].count != 0; i++)
            arguments[i] = sweep->domains[i].is_thing ? (uint32_t)places[i] : sweep->domains[i].values[places[i]];
        char what[120];
        describe(what, sizeof(what), arguments);
        for (int other = 0; other < 2; other++) {
            both_ways(sweep_once, other, arguments, what);
            bool known = false;
            for (size_t i = 0; sweep->codes[i] != END_OF_CODES; i++) {
                if (sweep->codes[i] != last_code) continue;
                known = seen[i] = true;
            }
            if (!known) fail_msg("%s: code %d", what, last_code);
        }
        more = false;
        for (size_t i = 0; sweep->domains[i].count != 0 && !more; i++) {
            more = ++places[i] < sweep->domains[i].count;
            if (!more) places[i] = 0;
        }
    }
    for (size_t i = 0; sweep->codes[i] != END_OF_CODES; i++)
        if (!seen[i]) fail_msg("%s never gave the code %d", sweep->name, sweep->codes[i]);
}

// The client's stubs of mig_toy.h, in one variant. mig_toy_user.c includes this once for each, with
//   TOY_NAME(name)  the stub's name
//   TOY_MODERN      1: the reserved field is set, the reply's remote port looked at, a reply that is not taken destroyed
//   TOY_SPECIAL     1: the reply comes to the thread's special reply port

#if TOY_SPECIAL
#define TOY_REPLY_PORT()    mig_get_special_reply_port()
#define TOY_DEALLOCATE(it)  mig_dealloc_special_reply_port(it)
#define TOY_PUT(it)         ((void)(it))
#define TOY_SPECIAL_OPTIONS (MACH_SEND_SYNC_OVERRIDE | MACH_RCV_SYNC_WAIT)
#else
#define TOY_REPLY_PORT()    mig_get_reply_port()
#define TOY_DEALLOCATE(it)  mig_dealloc_reply_port(it)
#define TOY_PUT(it)         mig_put_reply_port(it)
#define TOY_SPECIAL_OPTIONS 0
#endif

// Request and reply share their memory. The old generator leaves fields of the header as they happen to be.
#define TOY_MESSAGE(routine)                                                                                           \
    typedef __Request__##routine##_t Request;                                                                          \
    typedef __Reply__##routine##_t __Reply;                                                                            \
    typedef struct {                                                                                                   \
        __Reply reply;                                                                                                 \
        mach_msg_trailer_t trailer;                                                                                    \
    } Reply;                                                                                                           \
    union {                                                                                                            \
        Request In;                                                                                                    \
        Reply Out;                                                                                                     \
    } Mess;                                                                                                            \
    memset(&Mess, 0xa5, sizeof(Mess));                                                                                 \
    Request *InP = &Mess.In;                                                                                           \
    __Reply *Out0P __attribute__((unused)) = &Mess.Out.reply

// The whole exchange, and the return from the stub unless the reply can be taken.
#define TOY_CALL(complex, id, size, option, timeout, descriptors, least)                                               \
    do {                                                                                                               \
        TOY_NAME(fill_header)(&InP->Head, complex, server, id);                                                        \
        kern_return_t result =                                                                                         \
            TOY_NAME(exchange)(&InP->Head, (mach_msg_size_t)(size), (mach_msg_size_t)sizeof(Reply), option, timeout);  \
        if (result != MACH_MSG_SUCCESS) return result;                                                                 \
        result = TOY_NAME(check_reply)(&Out0P->Head, (id) + 100, descriptors, least, sizeof(__Reply));                 \
        if (result != MACH_MSG_SUCCESS) return TOY_NAME(refuse)(&Out0P->Head, result);                                 \
    } while (0)

#if TOY_MODERN
#define TOY_DESTROY(head) mach_msg_destroy(head)
#else
#define TOY_DESTROY(head) ((void)(head))
#endif

static void TOY_NAME(fill_header)(mach_msg_header_t *head, bool complex, mach_port_t server, mach_msg_id_t id) {
    head->msgh_bits = (complex ? MACH_MSGH_BITS_COMPLEX : 0) | MACH_MSGH_BITS(19, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    head->msgh_remote_port = server;
    head->msgh_local_port = TOY_REPLY_PORT();
    head->msgh_id = id;
#if TOY_MODERN
    head->msgh_voucher_port = 0;
#endif
}

static mach_msg_return_t TOY_NAME(exchange)(mach_msg_header_t *head, mach_msg_size_t size, mach_msg_size_t limit,
                                            mach_msg_option_t option, mach_msg_timeout_t timeout) {
    mach_port_t reply = head->msgh_local_port;
    mach_msg_return_t result = mach_msg(head, MACH_SEND_MSG | MACH_RCV_MSG | TOY_SPECIAL_OPTIONS | option, size, limit,
                                        reply, timeout, MACH_PORT_NULL);
    switch (result) {
    case MACH_MSG_SUCCESS:
        break;
    case MACH_SEND_INVALID_DATA:
    case MACH_SEND_INVALID_DEST:
    case MACH_SEND_INVALID_HEADER:
        TOY_PUT(reply);
        break;
    default:
        TOY_DEALLOCATE(reply);
    }
    return result;
}

// __MIG_check__Reply: everything about a reply that does not depend on its arguments.
static kern_return_t TOY_NAME(check_reply)(mach_msg_header_t *head, mach_msg_id_t id, unsigned descriptors,
                                           size_t least, size_t most) {
    if (head->msgh_id != id) return head->msgh_id == MACH_NOTIFY_SEND_ONCE ? MIG_SERVER_DIED : MIG_REPLY_MISMATCH;
    bool simple = !(head->msgh_bits & MACH_MSGH_BITS_COMPLEX);
    kern_return_t code = simple ? ((mig_reply_error_t *)head)->RetCode : KERN_SUCCESS;
    bool shaped =
        descriptors == 0 ? simple : !simple && ((mach_msg_base_t *)head)->body.msgh_descriptor_count == descriptors;
    if (!shaped || head->msgh_size < least || head->msgh_size > most) {
        if (!simple || head->msgh_size != sizeof(mig_reply_error_t) || code == KERN_SUCCESS) return MIG_TYPE_ERROR;
    }
#if TOY_MODERN
    if (head->msgh_remote_port != MACH_PORT_NULL) return MIG_TYPE_ERROR;
#endif
    return code;
}

static kern_return_t TOY_NAME(refuse)(mach_msg_header_t *head, kern_return_t code) {
    TOY_DESTROY(head);
    return code;
}

#define TOY_REFUSE_UNLESS(condition, code)                                                                             \
    do {                                                                                                               \
        if (!(condition)) return TOY_NAME(refuse)(&Out0P->Head, code);                                                 \
    } while (0)

static kern_return_t TOY_NAME(ints)(mach_port_t server, int32_t number, uint64_t wide, int32_t *next,
                                    uint64_t *triple) {
    TOY_MESSAGE(toy_ints);
    InP->NDR = NDR_record;
    InP->number = number;
    InP->wide = wide;
    TOY_CALL(false, TOY_INTS, sizeof(Request), MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE, 0, sizeof(__Reply));
    *next = Out0P->next;
    *triple = Out0P->triple;
    return KERN_SUCCESS;
}

static kern_return_t TOY_NAME(structs)(mach_port_t server, toy_pair_t pair, toy_pair_t *turned) {
    TOY_MESSAGE(toy_structs);
    InP->NDR = NDR_record;
    InP->pair = pair;
    TOY_CALL(false, TOY_STRUCTS, sizeof(Request), MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE, 0, sizeof(__Reply));
    *turned = Out0P->turned;
    return KERN_SUCCESS;
}

static kern_return_t TOY_NAME(fixed_array)(mach_port_t server, const int32_t *array, int32_t *turned) {
    TOY_MESSAGE(toy_fixed_array);
    InP->NDR = NDR_record;
    memcpy(InP->array, array, sizeof(InP->array));
    TOY_CALL(false, TOY_FIXED_ARRAY, sizeof(Request), MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE, 0, sizeof(__Reply));
    memcpy(turned, Out0P->turned, sizeof(Out0P->turned));
    return KERN_SUCCESS;
}

static kern_return_t TOY_NAME(variable_array)(mach_port_t server, const int32_t *array, mach_msg_type_number_t count,
                                              int32_t *doubled, mach_msg_type_number_t *doubled_count) {
    TOY_MESSAGE(toy_variable_array);
    InP->NDR = NDR_record;
    if (count > TOY_VARIABLE) return MIG_ARRAY_TOO_LARGE;
    memcpy(InP->array, array, 4 * count);
    InP->arrayCnt = count;
    TOY_CALL(false, TOY_VARIABLE_ARRAY, sizeof(Request) - 4 * TOY_VARIABLE + 4 * count, MACH_MSG_OPTION_NONE,
             MACH_MSG_TIMEOUT_NONE, 0, sizeof(__Reply) - 4 * TOY_VARIABLE);
    mach_msg_type_number_t got = Out0P->doubledCnt;
    TOY_REFUSE_UNLESS(got <= TOY_VARIABLE && Out0P->Head.msgh_size == sizeof(__Reply) - 4 * TOY_VARIABLE + 4 * got,
                      MIG_TYPE_ERROR);
    if (got > *doubled_count) {
        memcpy(doubled, Out0P->doubled, 4 * *doubled_count);
        *doubled_count = got;
        return TOY_NAME(refuse)(&Out0P->Head, MIG_ARRAY_TOO_LARGE);
    }
    memcpy(doubled, Out0P->doubled, 4 * got);
    *doubled_count = got;
    return KERN_SUCCESS;
}

static kern_return_t TOY_NAME(two_arrays)(mach_port_t server, const int32_t *first, mach_msg_type_number_t first_count,
                                          const char *second, mach_msg_type_number_t second_count, int32_t last,
                                          int32_t *sum) {
    TOY_MESSAGE(toy_two_arrays);
    InP->NDR = NDR_record;
    if (first_count > TOY_VARIABLE || second_count > TOY_STRING) return MIG_ARRAY_TOO_LARGE;
    memcpy(InP->first, first, 4 * first_count);
    InP->firstCnt = first_count;
    // What follows a variable array moves up to its end.
    mach_msg_size_t delta = 4 * first_count, size = sizeof(Request) - 4 * TOY_VARIABLE - TOY_STRING + delta;
    InP = (Request *)((pointer_t)InP + delta - 4 * TOY_VARIABLE);
    memcpy(InP->second, second, second_count);
    InP->secondCnt = second_count;
    delta = (second_count + 3) & ~3u;
    size += delta;
    InP = (Request *)((pointer_t)InP + delta - TOY_STRING);
    InP->last = last;
    InP = &Mess.In;
    TOY_CALL(false, TOY_TWO_ARRAYS, size, MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE, 0, sizeof(__Reply));
    *sum = Out0P->sum;
    return KERN_SUCCESS;
}

static kern_return_t TOY_NAME(strings)(mach_port_t server, const char *name, char *greeting) {
    TOY_MESSAGE(toy_strings);
    InP->NDR = NDR_record;
#if TOY_MODERN
    InP->nameCnt = (mach_msg_type_number_t)mig_strncpy_zerofill(InP->name, name, TOY_STRING);
#else
    InP->nameCnt = (mach_msg_type_number_t)mig_strncpy(InP->name, name, TOY_STRING);
#endif
    InP->nameOffset = 0;
    TOY_CALL(false, TOY_STRINGS, sizeof(Request) - TOY_STRING + ((InP->nameCnt + 3) & ~3u), MACH_MSG_OPTION_NONE,
             MACH_MSG_TIMEOUT_NONE, 0, sizeof(__Reply) - TOY_STRING);
    size_t room = Out0P->Head.msgh_size - (sizeof(__Reply) - TOY_STRING);
    TOY_REFUSE_UNLESS(Out0P->greetingCnt <= TOY_STRING && room == ((Out0P->greetingCnt + 3) & ~3u), MIG_TYPE_ERROR);
    TOY_REFUSE_UNLESS(memchr(Out0P->greeting, 0, room) != NULL, MIG_TYPE_ERROR);
    (void)mig_strncpy(greeting, Out0P->greeting, TOY_STRING);
    return KERN_SUCCESS;
}

static void TOY_NAME(fill_memory)(mach_msg_ool_descriptor_t *it, vm_offset_t address, mach_msg_size_t size,
                                  boolean_t given) {
    it->address = (void *)address;
    it->size = size;
    it->deallocate = given;
    it->copy = MACH_MSG_VIRTUAL_COPY;
    it->pad1 = 0;
    it->type = MACH_MSG_OOL_DESCRIPTOR;
}

static kern_return_t TOY_NAME(send_memory)(mach_port_t server, mach_msg_id_t id, boolean_t given, vm_offset_t data,
                                           mach_msg_type_number_t count, vm_offset_t *turned,
                                           mach_msg_type_number_t *turned_count) {
    TOY_MESSAGE(toy_memory);
    InP->msgh_body.msgh_descriptor_count = 1;
    TOY_NAME(fill_memory)(&InP->data, data, count, given);
    InP->NDR = NDR_record;
    InP->dataCnt = count;
    TOY_CALL(true, id, sizeof(Request), MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE, 1, sizeof(__Reply));
    TOY_REFUSE_UNLESS(Out0P->turned.type == MACH_MSG_OOL_DESCRIPTOR, MIG_TYPE_ERROR);
    TOY_REFUSE_UNLESS(Out0P->turned.size == Out0P->turnedCnt, MIG_TYPE_ERROR);
    *turned = (vm_offset_t)Out0P->turned.address;
    *turned_count = Out0P->turnedCnt;
    return KERN_SUCCESS;
}

static kern_return_t TOY_NAME(memory)(mach_port_t server, vm_offset_t data, mach_msg_type_number_t count,
                                      vm_offset_t *turned, mach_msg_type_number_t *turned_count) {
    return TOY_NAME(send_memory)(server, TOY_MEMORY, FALSE, data, count, turned, turned_count);
}

static kern_return_t TOY_NAME(memory_given)(mach_port_t server, vm_offset_t data, mach_msg_type_number_t count,
                                            vm_offset_t *turned, mach_msg_type_number_t *turned_count) {
    return TOY_NAME(send_memory)(server, TOY_MEMORY_GIVEN, TRUE, data, count, turned, turned_count);
}

static void TOY_NAME(fill_port)(mach_msg_port_descriptor_t *it, mach_port_t port, mach_msg_type_name_t disposition) {
    it->name = port;
    it->pad1 = 0;
    it->pad2 = 0;
    it->disposition = disposition & 0xff;
    it->type = MACH_MSG_PORT_DESCRIPTOR;
}

static kern_return_t TOY_NAME(give_ports)(mach_port_t server, const mach_port_t *ports) {
    TOY_MESSAGE(toy_give_ports);
    InP->msgh_body.msgh_descriptor_count = TOY_RIGHTS;
    for (unsigned i = 0; i < TOY_RIGHTS; i++) TOY_NAME(fill_port)(&InP->ports[i], ports[i], 16 + i);
    TOY_CALL(true, TOY_GIVE_PORTS, sizeof(Request), MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE, 0, sizeof(__Reply));
    return KERN_SUCCESS;
}

static kern_return_t TOY_NAME(take_ports)(mach_port_t server, mach_port_t *ports) {
    static const mach_msg_type_name_t wanted[TOY_RIGHTS] = {16, 17, 18, 17, 17, 18};
    TOY_MESSAGE(toy_take_ports);
    TOY_CALL(false, TOY_TAKE_PORTS, sizeof(Request), MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE, TOY_RIGHTS,
             sizeof(__Reply));
    for (unsigned i = 0; i < TOY_RIGHTS; i++)
        TOY_REFUSE_UNLESS(Out0P->ports[i].type == MACH_MSG_PORT_DESCRIPTOR && Out0P->ports[i].disposition == wanted[i],
                          MIG_TYPE_ERROR);
    for (unsigned i = 0; i < TOY_RIGHTS; i++) ports[i] = Out0P->ports[i].name;
    return KERN_SUCCESS;
}

static kern_return_t TOY_NAME(polymorphic)(mach_port_t server, mach_port_t port, mach_msg_type_name_t disposition,
                                           mach_port_t *back, mach_msg_type_name_t *back_disposition) {
    TOY_MESSAGE(toy_polymorphic);
    InP->msgh_body.msgh_descriptor_count = 1;
    TOY_NAME(fill_port)(&InP->port, port, disposition);
    TOY_CALL(true, TOY_POLYMORPHIC, sizeof(Request), MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE, 1, sizeof(__Reply));
    TOY_REFUSE_UNLESS(Out0P->port.type == MACH_MSG_PORT_DESCRIPTOR, MIG_TYPE_ERROR);
    *back = Out0P->port.name;
    *back_disposition = Out0P->port.disposition;
    return KERN_SUCCESS;
}

static kern_return_t TOY_NAME(port_array)(mach_port_t server, const mach_port_t *ports, mach_msg_type_number_t count,
                                          mach_port_t **turned, mach_msg_type_number_t *turned_count) {
    TOY_MESSAGE(toy_port_array);
    InP->msgh_body.msgh_descriptor_count = 1;
    InP->ports.address = (void *)(uintptr_t)ports;
    InP->ports.count = count;
    InP->ports.deallocate = FALSE;
    InP->ports.copy = MACH_MSG_VIRTUAL_COPY;
    InP->ports.disposition = 19;
    InP->ports.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
    InP->NDR = NDR_record;
    InP->portsCnt = count;
    TOY_CALL(true, TOY_PORT_ARRAY, sizeof(Request), MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE, 1, sizeof(__Reply));
    TOY_REFUSE_UNLESS(Out0P->ports.type == MACH_MSG_OOL_PORTS_DESCRIPTOR && Out0P->ports.disposition == 17,
                      MIG_TYPE_ERROR);
    TOY_REFUSE_UNLESS(Out0P->ports.count == Out0P->portsCnt, MIG_TYPE_ERROR);
    *turned = Out0P->ports.address;
    *turned_count = Out0P->portsCnt;
    return KERN_SUCCESS;
}

static kern_return_t TOY_NAME(send_notice)(mach_port_t server, mach_msg_id_t id, int32_t number,
                                           mach_msg_option_t option, mach_msg_timeout_t timeout) {
    __Request__toy_notice_t Mess, *InP = &Mess;
    memset(&Mess, 0xa5, sizeof(Mess));
    InP->NDR = NDR_record;
    InP->number = number;
    InP->Head.msgh_bits = MACH_MSGH_BITS(19, 0);
    InP->Head.msgh_remote_port = server;
    InP->Head.msgh_local_port = MACH_PORT_NULL;
    InP->Head.msgh_id = id;
#if TOY_MODERN
    InP->Head.msgh_voucher_port = 0;
#endif
    mach_msg_return_t result = mach_msg(&InP->Head, MACH_SEND_MSG | option, (mach_msg_size_t)sizeof(Mess), 0,
                                        MACH_PORT_NULL, timeout, MACH_PORT_NULL);
    if (result == MACH_SEND_TIMED_OUT) TOY_DESTROY(&InP->Head);
    return result;
}

static kern_return_t TOY_NAME(notice)(mach_port_t server, int32_t number) {
    return TOY_NAME(send_notice)(server, TOY_NOTICE, number, MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE);
}

static kern_return_t TOY_NAME(timed_notice)(mach_port_t server, int32_t number, mach_msg_timeout_t timeout) {
    return TOY_NAME(send_notice)(server, TOY_TIMED_NOTICE, number, MACH_SEND_TIMEOUT, timeout);
}

static kern_return_t TOY_NAME(later)(mach_port_t server, int32_t number, mach_msg_timeout_t timeout, int32_t *next) {
    TOY_MESSAGE(toy_later);
    InP->NDR = NDR_record;
    InP->number = number;
    TOY_CALL(false, TOY_LATER, sizeof(Request), MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT, timeout, 0, sizeof(__Reply));
    *next = Out0P->next;
    return KERN_SUCCESS;
}

static kern_return_t TOY_NAME(skipped)(mach_port_t server) {
    TOY_MESSAGE(toy_notice);
    InP->NDR = NDR_record;
    InP->number = 0;
    TOY_CALL(false, TOY_SKIPPED, sizeof(Request), MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE, 0, sizeof(__Reply));
    return KERN_SUCCESS;
}

static kern_return_t TOY_NAME(security)(mach_port_t server, security_token_t *token) {
    TOY_MESSAGE(toy_security);
    TOY_CALL(false, TOY_SECURITY, sizeof(Request), MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE, 0, sizeof(__Reply));
    *token = Out0P->token;
    return KERN_SUCCESS;
}

static kern_return_t TOY_NAME(audit)(mach_port_t server, audit_token_t *token) {
    TOY_MESSAGE(toy_audit);
    TOY_CALL(false, TOY_AUDIT, sizeof(Request), MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE, 0, sizeof(__Reply));
    *token = Out0P->token;
    return KERN_SUCCESS;
}

static kern_return_t TOY_NAME(failing)(mach_port_t server, kern_return_t code, mach_port_t port, vm_offset_t data,
                                       mach_msg_type_number_t count) {
    TOY_MESSAGE(toy_fail);
    InP->msgh_body.msgh_descriptor_count = 2;
    TOY_NAME(fill_port)(&InP->port, port, 20);
    TOY_NAME(fill_memory)(&InP->data, data, count, FALSE);
    InP->NDR = NDR_record;
    InP->code = code;
    InP->dataCnt = count;
    TOY_CALL(true, TOY_FAIL, sizeof(Request), MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE, 0, sizeof(__Reply));
    return KERN_SUCCESS;
}

static const struct toy_user TOY_NAME(user) = {
    .name = TOY_LABEL,
    .special = TOY_SPECIAL,
    .modern = TOY_MODERN,
    .ints = TOY_NAME(ints),
    .structs = TOY_NAME(structs),
    .fixed_array = TOY_NAME(fixed_array),
    .variable_array = TOY_NAME(variable_array),
    .two_arrays = TOY_NAME(two_arrays),
    .strings = TOY_NAME(strings),
    .memory = TOY_NAME(memory),
    .memory_given = TOY_NAME(memory_given),
    .give_ports = TOY_NAME(give_ports),
    .take_ports = TOY_NAME(take_ports),
    .polymorphic = TOY_NAME(polymorphic),
    .port_array = TOY_NAME(port_array),
    .notice = TOY_NAME(notice),
    .timed_notice = TOY_NAME(timed_notice),
    .later = TOY_NAME(later),
    .skipped = TOY_NAME(skipped),
    .security = TOY_NAME(security),
    .audit = TOY_NAME(audit),
    .failing = TOY_NAME(failing),
};

#undef TOY_REPLY_PORT
#undef TOY_DEALLOCATE
#undef TOY_PUT
#undef TOY_SPECIAL_OPTIONS
#undef TOY_MESSAGE
#undef TOY_CALL
#undef TOY_DESTROY
#undef TOY_REFUSE_UNLESS
#undef TOY_NAME
#undef TOY_LABEL
#undef TOY_MODERN
#undef TOY_SPECIAL

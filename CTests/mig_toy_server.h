// The server's stubs of mig_toy.h, in one variant. mig_toy_server.c includes this once for each, with
//   TOY_NAME(name)  the stub's name
//   TOY_LABEL       the variant's
//   TOY_MODERN      1: the reserved field of the reply is set

#define MIG_RETURN_ERROR(reply, code)                                                                                  \
    do {                                                                                                               \
        ((mig_reply_error_t *)(reply))->RetCode = code;                                                                \
        ((mig_reply_error_t *)(reply))->NDR = NDR_record;                                                              \
        return;                                                                                                        \
    } while (0)

#define TOY_ROUTINE(routine)                                                                                           \
    typedef __Request__##routine##_t __Request;                                                                        \
    typedef __Reply__##routine##_t Reply;                                                                              \
    __Request *In0P __attribute__((unused)) = (__Request *)InHeadP;                                                    \
    Reply *OutP = (Reply *)OutHeadP

#define TOY_REQUIRE(condition, code)                                                                                   \
    do {                                                                                                               \
        if (!(condition)) MIG_RETURN_ERROR(OutP, code);                                                                \
    } while (0)

// __MIG_check__Request: the shape of a request.
#define TOY_CHECK(descriptors, least)                                                                                  \
    TOY_REQUIRE(TOY_NAME(is_shaped)(InHeadP, descriptors, least, sizeof(__Request)), MIG_BAD_ARGUMENTS)

#define TOY_CHECK_PORT(it, wanted)                                                                                     \
    TOY_REQUIRE((it).type == MACH_MSG_PORT_DESCRIPTOR && (it).disposition == (wanted), MIG_TYPE_ERROR)

// Ends the stub of a routine that failed; else completes a reply of this size.
#define TOY_REPLY(size)                                                                                                \
    do {                                                                                                               \
        if (OutP->RetCode != KERN_SUCCESS) MIG_RETURN_ERROR(OutP, OutP->RetCode);                                      \
        OutP->NDR = NDR_record;                                                                                        \
        OutP->Head.msgh_size = (mach_msg_size_t)(size);                                                                \
    } while (0)
#define TOY_COMPLEX_REPLY(descriptors)                                                                                 \
    do {                                                                                                               \
        if (RetCode != KERN_SUCCESS) MIG_RETURN_ERROR(OutP, RetCode);                                                  \
        OutP->Head.msgh_bits |= MACH_MSGH_BITS_COMPLEX;                                                                \
        OutP->Head.msgh_size = (mach_msg_size_t)sizeof(Reply);                                                         \
        OutP->msgh_body.msgh_descriptor_count = descriptors;                                                           \
    } while (0)

static bool TOY_NAME(is_shaped)(mach_msg_header_t *head, unsigned descriptors, size_t least, size_t most) {
    bool complex = (head->msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0;
    if (complex != (descriptors != 0)) return false;
    if (complex && ((mach_msg_base_t *)head)->body.msgh_descriptor_count != descriptors) return false;
    return head->msgh_size >= least && head->msgh_size <= most;
}

// The trailer of a request, or null when it does not reach as far as this.
static mach_msg_max_trailer_t *TOY_NAME(trailer)(mach_msg_header_t *head, size_t size) {
    mach_msg_max_trailer_t *it = (mach_msg_max_trailer_t *)((vm_offset_t)head + round_msg(head->msgh_size));
    if (it->msgh_trailer_type != MACH_MSG_TRAILER_FORMAT_0) return NULL;
    return it->msgh_trailer_size < size ? NULL : it;
}

static void TOY_NAME(Xints)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_ints);
    TOY_CHECK(0, sizeof(__Request));
    uint64_t triple = 0;
    OutP->RetCode = do_toy_ints(In0P->Head.msgh_local_port, In0P->number, In0P->wide, &OutP->next, &triple);
    OutP->triple = triple;
    TOY_REPLY(sizeof(Reply));
}

static void TOY_NAME(Xstructs)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_structs);
    TOY_CHECK(0, sizeof(__Request));
    OutP->RetCode = do_toy_structs(In0P->Head.msgh_local_port, In0P->pair, &OutP->turned);
    TOY_REPLY(sizeof(Reply));
}

static void TOY_NAME(Xfixed_array)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_fixed_array);
    TOY_CHECK(0, sizeof(__Request));
    OutP->RetCode = do_toy_fixed_array(In0P->Head.msgh_local_port, In0P->array, OutP->turned);
    TOY_REPLY(sizeof(Reply));
}

static void TOY_NAME(Xvariable_array)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_variable_array);
    size_t fixed = sizeof(__Request) - 4 * TOY_VARIABLE;
    TOY_CHECK(0, fixed);
    TOY_REQUIRE(In0P->arrayCnt <= TOY_VARIABLE, MIG_BAD_ARGUMENTS);
    TOY_REQUIRE(In0P->Head.msgh_size == fixed + 4 * In0P->arrayCnt, MIG_BAD_ARGUMENTS);
    OutP->doubledCnt = TOY_VARIABLE;
    OutP->RetCode = do_toy_variable_array(In0P->Head.msgh_local_port, In0P->array, In0P->arrayCnt, OutP->doubled,
                                          &OutP->doubledCnt);
    TOY_REPLY(sizeof(Reply) - 4 * TOY_VARIABLE + 4 * OutP->doubledCnt);
}

static void TOY_NAME(Xtwo_arrays)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_two_arrays);
    size_t fixed = sizeof(__Request) - 4 * TOY_VARIABLE - TOY_STRING;
    TOY_CHECK(0, fixed);
    mach_msg_size_t size = In0P->Head.msgh_size, delta = 4 * In0P->firstCnt;
    TOY_REQUIRE(In0P->firstCnt <= TOY_VARIABLE && size >= fixed + delta, MIG_BAD_ARGUMENTS);
    __Request *In1P = (__Request *)((pointer_t)In0P + delta - 4 * TOY_VARIABLE);
    mach_msg_size_t delta1 = (In1P->secondCnt + 3) & ~3u;
    TOY_REQUIRE(In1P->secondCnt <= TOY_STRING && size == fixed + delta + delta1, MIG_BAD_ARGUMENTS);
    __Request *In2P = (__Request *)((pointer_t)In1P + delta1 - TOY_STRING);
    OutP->RetCode = do_toy_two_arrays(In0P->Head.msgh_local_port, In0P->first, In0P->firstCnt, In1P->second,
                                      In1P->secondCnt, In2P->last, &OutP->sum);
    TOY_REPLY(sizeof(Reply));
}

static void TOY_NAME(Xstrings)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_strings);
    size_t fixed = sizeof(__Request) - TOY_STRING;
    TOY_CHECK(0, fixed);
    size_t room = In0P->Head.msgh_size - fixed;
    TOY_REQUIRE(In0P->nameCnt <= TOY_STRING && room == ((In0P->nameCnt + 3) & ~3u), MIG_BAD_ARGUMENTS);
    TOY_REQUIRE(memchr(In0P->name, 0, room < TOY_STRING ? room : TOY_STRING) != NULL, MIG_BAD_ARGUMENTS);
    OutP->RetCode = do_toy_strings(In0P->Head.msgh_local_port, In0P->name, OutP->greeting);
    if (OutP->RetCode != KERN_SUCCESS) MIG_RETURN_ERROR(OutP, OutP->RetCode);
    OutP->greetingOffset = 0;
    OutP->greetingCnt = (mach_msg_type_number_t)strlen(OutP->greeting) + 1;
    TOY_REPLY(sizeof(Reply) - TOY_STRING + ((OutP->greetingCnt + 3) & ~3u));
}

static void TOY_NAME(describe_memory)(mach_msg_ool_descriptor_t *it, vm_offset_t address, mach_msg_size_t size,
                                      boolean_t given) {
    it->address = (void *)address;
    it->size = size;
    it->deallocate = given;
    it->copy = MACH_MSG_VIRTUAL_COPY;
    it->pad1 = 0;
    it->type = MACH_MSG_OOL_DESCRIPTOR;
}

static void TOY_NAME(Xmemory)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_memory);
    TOY_CHECK(1, sizeof(__Request));
    TOY_REQUIRE(In0P->data.type == MACH_MSG_OOL_DESCRIPTOR, MIG_TYPE_ERROR);
    TOY_REQUIRE(In0P->data.size == In0P->dataCnt, MIG_TYPE_ERROR);
    bool given = In0P->Head.msgh_id == TOY_MEMORY_GIVEN;
    vm_offset_t turned = 0;
    mach_msg_type_number_t count = 0;
    kern_return_t RetCode = (given ? do_toy_memory_given : do_toy_memory)(
        In0P->Head.msgh_local_port, (vm_offset_t)In0P->data.address, In0P->data.size, &turned, &count);
    TOY_COMPLEX_REPLY(1);
    TOY_NAME(describe_memory)(&OutP->turned, turned, count, given);
    OutP->NDR = NDR_record;
    OutP->turnedCnt = count;
}

static void TOY_NAME(Xgive_ports)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    static const mach_msg_type_name_t wanted[TOY_RIGHTS] = {16, 17, 18, 17, 17, 18};
    TOY_ROUTINE(toy_give_ports);
    TOY_CHECK(TOY_RIGHTS, sizeof(__Request));
    mach_port_t ports[TOY_RIGHTS];
    for (unsigned i = 0; i < TOY_RIGHTS; i++) {
        TOY_CHECK_PORT(In0P->ports[i], wanted[i]);
        ports[i] = In0P->ports[i].name;
    }
    OutP->RetCode = do_toy_give_ports(In0P->Head.msgh_local_port, ports);
    TOY_REPLY(sizeof(Reply));
}

static void TOY_NAME(describe_port)(mach_msg_port_descriptor_t *it, mach_port_t port,
                                    mach_msg_type_name_t disposition) {
    it->name = port;
    it->pad1 = 0;
    it->pad2 = 0;
    it->disposition = disposition & 0xff;
    it->type = MACH_MSG_PORT_DESCRIPTOR;
}

static void TOY_NAME(Xtake_ports)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_take_ports);
    TOY_CHECK(0, sizeof(__Request));
    mach_port_t ports[TOY_RIGHTS];
    kern_return_t RetCode = do_toy_take_ports(In0P->Head.msgh_local_port, ports);
    TOY_COMPLEX_REPLY(TOY_RIGHTS);
    for (unsigned i = 0; i < TOY_RIGHTS; i++) TOY_NAME(describe_port)(&OutP->ports[i], ports[i], 16 + i);
}

static void TOY_NAME(Xpolymorphic)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_polymorphic);
    TOY_CHECK(1, sizeof(__Request));
    TOY_REQUIRE(In0P->port.type == MACH_MSG_PORT_DESCRIPTOR, MIG_TYPE_ERROR);
    mach_port_t back = MACH_PORT_NULL;
    mach_msg_type_name_t disposition = 0;
    kern_return_t RetCode =
        do_toy_polymorphic(In0P->Head.msgh_local_port, In0P->port.name, In0P->port.disposition, &back, &disposition);
    TOY_COMPLEX_REPLY(1);
    TOY_NAME(describe_port)(&OutP->port, back, disposition);
}

static void TOY_NAME(Xport_array)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_port_array);
    TOY_CHECK(1, sizeof(__Request));
    TOY_REQUIRE(In0P->ports.type == MACH_MSG_OOL_PORTS_DESCRIPTOR && In0P->ports.disposition == 17, MIG_TYPE_ERROR);
    TOY_REQUIRE(In0P->ports.count == In0P->portsCnt, MIG_TYPE_ERROR);
    mach_port_t *turned = NULL;
    mach_msg_type_number_t count = 0;
    kern_return_t RetCode =
        do_toy_port_array(In0P->Head.msgh_local_port, In0P->ports.address, In0P->ports.count, &turned, &count);
    TOY_COMPLEX_REPLY(1);
    OutP->ports.address = turned;
    OutP->ports.count = count;
    OutP->ports.deallocate = TRUE;
    OutP->ports.copy = MACH_MSG_VIRTUAL_COPY;
    OutP->ports.disposition = 17;
    OutP->ports.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
    OutP->NDR = NDR_record;
    OutP->portsCnt = count;
}

// One-way routines answer nothing: there is nowhere to.
static void TOY_NAME(Xnotice)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_notice);
    TOY_CHECK(0, sizeof(__Request));
    OutP->RetCode = do_toy_notice(In0P->Head.msgh_local_port, In0P->number);
}

static void TOY_NAME(Xtimed_notice)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_timed_notice);
    TOY_CHECK(0, sizeof(__Request));
    OutP->RetCode = do_toy_timed_notice(In0P->Head.msgh_local_port, In0P->number);
}

static void TOY_NAME(Xlater)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_later);
    TOY_CHECK(0, sizeof(__Request));
    OutP->RetCode = do_toy_later(In0P->Head.msgh_local_port, In0P->Head.msgh_remote_port,
                                 MACH_MSGH_BITS_REMOTE(In0P->Head.msgh_bits), In0P->number, &OutP->next);
    TOY_REPLY(sizeof(Reply));
}

static void TOY_NAME(Xsecurity)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_security);
    TOY_CHECK(0, sizeof(__Request));
    mach_msg_max_trailer_t *TrailerP =
        TOY_NAME(trailer)(InHeadP, offsetof(mach_msg_max_trailer_t, msgh_sender) + sizeof(security_token_t));
    TOY_REQUIRE(TrailerP != NULL, MIG_TRAILER_ERROR);
    OutP->RetCode = do_toy_security(In0P->Head.msgh_local_port, &OutP->token, TrailerP->msgh_sender);
    TOY_REPLY(sizeof(Reply));
}

static void TOY_NAME(Xaudit)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_audit);
    TOY_CHECK(0, sizeof(__Request));
    mach_msg_max_trailer_t *TrailerP =
        TOY_NAME(trailer)(InHeadP, offsetof(mach_msg_max_trailer_t, msgh_audit) + sizeof(audit_token_t));
    TOY_REQUIRE(TrailerP != NULL, MIG_TRAILER_ERROR);
    OutP->RetCode = do_toy_audit(In0P->Head.msgh_local_port, &OutP->token, TrailerP->msgh_audit);
    TOY_REPLY(sizeof(Reply));
}

static void TOY_NAME(Xfail)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    TOY_ROUTINE(toy_fail);
    TOY_CHECK(2, sizeof(__Request));
    TOY_CHECK_PORT(In0P->port, 17);
    TOY_REQUIRE(In0P->data.type == MACH_MSG_OOL_DESCRIPTOR, MIG_TYPE_ERROR);
    TOY_REQUIRE(In0P->data.size == In0P->dataCnt, MIG_TYPE_ERROR);
    OutP->RetCode = do_toy_fail(In0P->Head.msgh_local_port, In0P->code, In0P->port.name,
                                (vm_offset_t)In0P->data.address, In0P->data.size);
    TOY_REPLY(sizeof(Reply));
}

static mig_routine_t TOY_NAME(routine)(mach_msg_header_t *InHeadP);

#define TOY_ENTRY(routine, arguments, name)                                                                            \
    { 0, TOY_NAME(routine), arguments, 0, (routine_arg_descriptor_t)0, (mach_msg_size_t)sizeof(__Reply__##name##_t) }

static const struct {
    mig_server_routine_t server;
    mach_msg_id_t start;
    mach_msg_id_t end;
    mach_msg_size_t maxsize;
    vm_address_t reserved;
    struct routine_descriptor routine[TOY_END - TOY_BASE];
} TOY_NAME(subsystem) = {
    TOY_NAME(routine),
    TOY_BASE,
    TOY_END,
    (mach_msg_size_t)sizeof(union toy_message),
    (vm_address_t)0,
    {
        TOY_ENTRY(Xints, 6, toy_ints),
        TOY_ENTRY(Xstructs, 3, toy_structs),
        TOY_ENTRY(Xfixed_array, 3, toy_fixed_array),
        TOY_ENTRY(Xvariable_array, 5, toy_variable_array),
        TOY_ENTRY(Xtwo_arrays, 7, toy_two_arrays),
        TOY_ENTRY(Xstrings, 3, toy_strings),
        TOY_ENTRY(Xmemory, 5, toy_memory),
        TOY_ENTRY(Xmemory, 5, toy_memory_given),
        TOY_ENTRY(Xgive_ports, 7, toy_give_ports),
        TOY_ENTRY(Xtake_ports, 7, toy_take_ports),
        TOY_ENTRY(Xpolymorphic, 5, toy_polymorphic),
        TOY_ENTRY(Xport_array, 5, toy_port_array),
        TOY_ENTRY(Xnotice, 2, toy_notice),
        TOY_ENTRY(Xtimed_notice, 2, toy_timed_notice),
        TOY_ENTRY(Xlater, 3, toy_later),
        {0, 0, 0, 0, 0, 0},
        TOY_ENTRY(Xsecurity, 5, toy_security),
        TOY_ENTRY(Xaudit, 11, toy_audit),
        TOY_ENTRY(Xfail, 5, toy_fail),
    },
};

static mig_routine_t TOY_NAME(routine)(mach_msg_header_t *InHeadP) {
    unsigned number = (unsigned)InHeadP->msgh_id - TOY_BASE;
    if (number >= TOY_END - TOY_BASE) return 0;
    return TOY_NAME(subsystem).routine[number].stub_routine;
}

static boolean_t TOY_NAME(demux)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP) {
    OutHeadP->msgh_bits = MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(InHeadP->msgh_bits), 0);
    OutHeadP->msgh_remote_port = InHeadP->msgh_remote_port;
    OutHeadP->msgh_size = (mach_msg_size_t)sizeof(mig_reply_error_t);
    OutHeadP->msgh_local_port = MACH_PORT_NULL;
    OutHeadP->msgh_id = InHeadP->msgh_id + 100;
#if TOY_MODERN
    OutHeadP->msgh_voucher_port = 0;
#endif
    mig_routine_t routine = TOY_NAME(routine)(InHeadP);
    if (routine == 0) {
        ((mig_reply_error_t *)OutHeadP)->NDR = NDR_record;
        ((mig_reply_error_t *)OutHeadP)->RetCode = MIG_BAD_ID;
        return FALSE;
    }
    (*routine)(InHeadP, OutHeadP);
    return TRUE;
}

static const struct toy_server TOY_NAME(server) = {TOY_LABEL, TOY_NAME(demux), TOY_NAME(routine)};

#undef MIG_RETURN_ERROR
#undef TOY_ROUTINE
#undef TOY_REQUIRE
#undef TOY_CHECK
#undef TOY_CHECK_PORT
#undef TOY_REPLY
#undef TOY_COMPLEX_REPLY
#undef TOY_ENTRY
#undef TOY_NAME
#undef TOY_LABEL
#undef TOY_MODERN

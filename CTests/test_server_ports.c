// Every routine of the mach_port subsystem by message and by call: with all combinations of arguments of interest, on the caller's own task and on another, the code, the results and what is in both tasks afterwards are the same. Where a message differs by nature, both outcomes are told. Rows N4-N11, R1-R20, I1-I12, T1-T23, Q8, Q9, Q12, P1-P8, G1-G10, X4.
#include "mig_support.h"

#define UNSET 0x5a5a5a5a

// The values of most arguments.
#define SOME_RIGHTS VALUES(0, 1, 2, 3, 4, 5, 6, 7, 0xffffffff)
#define SOME_DELTAS VALUES(0, 1, 2, 0xffffffff, 0xfffffffe, 0xfffffffd, 65534, 0x7fffffff, 0x80000000)
#define SOME_COUNTS VALUES(0, 1, 7, 0x7fffffff, 0xffffffff)
#define SOME_GUARDS VALUES(0, 7, 9, 0xffffffff)

// ---- Calls of sweeps: each notes what came out

#define CALL(routine, ...) run->call->routine(run->task, __VA_ARGS__)

static kern_return_t type_of(struct run *run, const uint32_t *a) {
    mach_port_type_t it = UNSET;
    kern_return_t code = CALL(mach_port_type, a[0], &it);
    note("ptype", it);
    return code;
}

static kern_return_t rename_to(struct run *run, const uint32_t *a) { return CALL(mach_port_rename, a[0], a[1]); }

static kern_return_t allocate_name(struct run *run, const uint32_t *a) {
    return CALL(mach_port_allocate_name, a[0], a[1]);
}

static kern_return_t allocate_right(struct run *run, const uint32_t *a) {
    mach_port_name_t name = UNSET;
    kern_return_t code = CALL(mach_port_allocate, a[0], &name);
    note("name", name);
    return code;
}

static kern_return_t destroy_name(struct run *run, const uint32_t *a) { return CALL(mach_port_destroy, a[0]); }

static kern_return_t deallocate_name(struct run *run, const uint32_t *a) { return CALL(mach_port_deallocate, a[0]); }

static kern_return_t get_refs(struct run *run, const uint32_t *a) {
    mach_port_urefs_t count = UNSET;
    kern_return_t code = CALL(mach_port_get_refs, a[0], a[1], &count);
    note("refs", count);
    return code;
}

static kern_return_t mod_refs(struct run *run, const uint32_t *a) {
    return CALL(mach_port_mod_refs, a[0], a[1], (mach_port_delta_t)a[2]);
}

static kern_return_t peek(struct run *run, const uint32_t *a) {
    mach_port_seqno_t seqno = a[2];
    mach_msg_size_t size = UNSET;
    mach_msg_id_t id = UNSET;
    char trailer[80];
    memset(trailer, 0x5a, sizeof(trailer));
    mach_msg_type_number_t count = a[3];
    kern_return_t code = CALL(mach_port_peek, a[0], (mach_msg_trailer_type_t)a[1], &seqno, &size, &id, trailer, &count);
    note("seqno", seqno);
    note("size", size);
    note("id", (uint64_t)id);
    note("count", count);
    for (size_t i = 0; i < sizeof(trailer); i++) note("trailer", (unsigned char)trailer[i]);
    return code;
}

static kern_return_t set_mscount(struct run *run, const uint32_t *a) { return CALL(mach_port_set_mscount, a[0], a[1]); }

static kern_return_t set_seqno(struct run *run, const uint32_t *a) { return CALL(mach_port_set_seqno, a[0], a[1]); }

static kern_return_t get_set_status(struct run *run, const uint32_t *a) {
    mach_port_name_array_t members = (mach_port_name_array_t)UNSET;
    mach_msg_type_number_t count = UNSET;
    kern_return_t code = CALL(mach_port_get_set_status, a[0], &members, &count);
    note("count", count);
    if (code != KERN_SUCCESS) return code;
    note("array", members != NULL);
    for (mach_msg_type_number_t i = 0; i < count; i++) note("member", members[i]);
    assert_success(vm_deallocate(SELF, (vm_address_t)members, count * sizeof(*members)));
    return code;
}

static kern_return_t move_member(struct run *run, const uint32_t *a) { return CALL(mach_port_move_member, a[0], a[1]); }

static kern_return_t insert_member(struct run *run, const uint32_t *a) {
    return CALL(mach_port_insert_member, a[0], a[1]);
}

static kern_return_t extract_member(struct run *run, const uint32_t *a) {
    return CALL(mach_port_extract_member, a[0], a[1]);
}

// Asks for a notification to a port of the caller's; a[3] says with what right.
static kern_return_t request_it(struct run *run, const uint32_t *a) {
    mach_port_t previous = UNSET, notify = make_port();
    mach_port_t right = notify;
    mach_msg_type_name_t disposition = MAKE_SEND_ONCE;
    run->names_differ = true; // the previous right
    if (a[3] == 0) right = MACH_PORT_NULL;
    if (a[3] == 2) {
        right = make_send_once(notify);
        disposition = MOVE_SEND_ONCE;
    }
    if (a[3] == 3) {
        right = make_send_once(notify);
        kill_port(notify);
        notify = make_port();
        disposition = MOVE_SEND_ONCE;
    }
    kern_return_t code =
        CALL(mach_port_request_notification, a[0], (mach_msg_id_t)a[1], a[2], right, disposition, &previous);
    if (code == KERN_SUCCESS)
        note_right("previous", previous);
    else
        note("previous", previous);
    mach_port_status_t now = status(notify);
    note("notifications", now.mps_msgcount); // T20
    note("requests", now.mps_sorights);
    return code;
}

static kern_return_t extract_it(struct run *run, const uint32_t *a) {
    mach_port_t poly = UNSET;
    mach_msg_type_name_t disposition = UNSET;
    run->names_differ = true;
    // Nothing more could be asked of a task that gave its own name away.
    if (a[0] == SELF && run->task == SELF && a[1] == MOVE_SEND) return KERN_SUCCESS;
    kern_return_t code = CALL(mach_port_extract_right, a[0], a[1], &poly, &disposition);
    note("polyPoly", disposition);
    if (code == KERN_SUCCESS)
        note_right("poly", poly);
    else
        note("poly", poly);
    return code;
}

static kern_return_t get_attributes(struct run *run, const uint32_t *a) {
    integer_t words[32];
    for (size_t i = 0; i < COUNT_OF(words); i++) words[i] = UNSET;
    mach_msg_type_number_t count = a[2];
    kern_return_t code = CALL(mach_port_get_attributes, a[0], (mach_port_flavor_t)a[1], words, &count);
    note("count", count);
    // Q8: NULL and DEAD leave the count as it was. Words of the reply that the routine did not write are 0.
    bool is_one = !MACH_PORT_VALID(a[0]) && a[1] == MACH_PORT_DNREQUESTS_SIZE && code == KERN_SUCCESS;
    for (size_t i = 0; i < (is_one ? 1 : COUNT_OF(words)); i++) note("info", (uint32_t)words[i]);
    for (size_t i = 1; is_one && run->call->by_message && i < count; i++) assert_int_equal(words[i], 0);
    return code;
}

static kern_return_t set_attributes(struct run *run, const uint32_t *a) {
    integer_t words[17] = {(integer_t)a[3]};
    return CALL(mach_port_set_attributes, a[0], (mach_port_flavor_t)a[1], words, a[2]);
}

// The quality of service of a combination: 1 a wanted name, 2 memory in reserve.
static mach_port_qos_t quality(uint32_t bits, uint32_t length) {
    mach_port_qos_t qos;
    memset(&qos, 0, sizeof(qos));
    qos.name = bits & 1;
    qos.prealloc = bits >> 1 & 1;
    qos.len = length;
    return qos;
}

static void note_quality(const mach_port_qos_t *qos) {
    uint32_t words[2];
    memcpy(words, qos, sizeof(words));
    note("qos", words[0]);
    note("its length", words[1]);
}

static kern_return_t allocate_qos(struct run *run, const uint32_t *a) {
    mach_port_name_t name = UNSET;
    mach_port_qos_t qos = quality(a[1], a[2]);
    kern_return_t code = CALL(mach_port_allocate_qos, a[0], &qos, &name);
    note("name", name);
    note_quality(&qos);
    return code;
}

static kern_return_t allocate_full(struct run *run, const uint32_t *a) {
    mach_port_name_t name = a[3];
    mach_port_qos_t qos = quality(a[1] & 3, a[2]);
    mach_port_t proto = a[1] & 4 ? mach_task_self() : MACH_PORT_NULL;
    kern_return_t code = CALL(mach_port_allocate_full, a[0], proto, &qos, &name);
    note("name", name);
    note_quality(&qos);
    return code;
}

static kern_return_t set_port_space(struct run *run, const uint32_t *a) { return CALL(task_set_port_space, (int)a[0]); }

static kern_return_t get_srights(struct run *run, const uint32_t *a) {
    mach_port_rights_t count = UNSET;
    kern_return_t code = CALL(mach_port_get_srights, a[0], &count);
    note("srights", count);
    return code;
}

static kern_return_t dnrequest_info(struct run *run, const uint32_t *a) {
    unsigned total = UNSET, used = UNSET;
    kern_return_t code = CALL(mach_port_dnrequest_info, a[0], &total, &used);
    note("total", total);
    note("used", used);
    return code;
}

static kern_return_t kernel_object(struct run *run, const uint32_t *a) {
    unsigned kind = UNSET, object = UNSET, again = UNSET;
    kern_return_t code = CALL(mach_port_kernel_object, a[0], &kind, &object);
    if (code == KERN_SUCCESS) {
        assert_success(mach_port_kernel_object(run->task, a[0], &kind, &again));
        assert_int_equal(object, again); // R19: its token is the same by either way
    }
    note("kind", kind);
    note("object", object != 0);
    return code;
}

static kern_return_t kobject(struct run *run, const uint32_t *a) {
    natural_t kind = UNSET;
    mach_vm_address_t object = UNSET, again = UNSET;
    kern_return_t code = CALL(mach_port_kobject, a[0], &kind, &object);
    if (code == KERN_SUCCESS) {
        assert_success(mach_port_kobject(run->task, a[0], &kind, &again));
        assert_int_equal(object, again); // R19
    }
    note("kind", kind);
    note("object", object != 0);
    return code;
}

static kern_return_t get_context(struct run *run, const uint32_t *a) {
    mach_port_context_t context = UNSET;
    kern_return_t code = CALL(mach_port_get_context, a[0], &context);
    note("context", context);
    return code;
}

// A context or guard with something in both halves.
static mach_port_context_t wide(uint32_t value) {
    return value > 9 ? (mach_port_context_t)value << 32 | 0x12345678 : value;
}

static kern_return_t set_context(struct run *run, const uint32_t *a) {
    return CALL(mach_port_set_context, a[0], wide(a[1]));
}

static kern_return_t construct(struct run *run, const uint32_t *a) {
    mach_port_name_t name = UNSET;
    mach_port_options_t options;
    memset(&options, 0x77, sizeof(options)); // G10: the reserved words are not looked at
    options.flags = a[0];
    options.mpl.mpl_qlimit = a[1];
    kern_return_t code = CALL(mach_port_construct, &options, wide(a[2]), &name);
    note("name", name);
    return code;
}

static kern_return_t destruct(struct run *run, const uint32_t *a) {
    return CALL(mach_port_destruct, a[0], (mach_port_delta_t)a[1], wide(a[2]));
}

static kern_return_t guard(struct run *run, const uint32_t *a) {
    return CALL(mach_port_guard, a[0], wide(a[1]), (boolean_t)a[2]);
}

static kern_return_t unguard(struct run *run, const uint32_t *a) { return CALL(mach_port_unguard, a[0], wide(a[1])); }

static kern_return_t guard_with_flags(struct run *run, const uint32_t *a) {
    return CALL(mach_port_guard_with_flags, a[0], wide(a[1]), a[2]);
}

static kern_return_t swap_guard(struct run *run, const uint32_t *a) {
    return CALL(mach_port_swap_guard, a[0], wide(a[1]), wide(a[2]));
}

// ---- Sweeps

static void sweep_all(const struct sweep *sweeps, size_t count) {
    for (size_t i = 0; i < count; i++) run_sweep(&sweeps[i]);
}

static void names_and_allocation_are_the_same_by_message(void **state) {
    (void)state;
    static const struct sweep sweeps[] = {
        {"mach_port_type", type_of, {ALL_THINGS, NO_MORE}, {KERN_SUCCESS, KERN_INVALID_NAME, END_OF_CODES}}, // R13
        {"mach_port_rename",
         rename_to,
         {ALL_THINGS, VALUES(0, 0x12343), NO_MORE},
         {KERN_NOT_SUPPORTED, END_OF_CODES}}, // N7
        {"mach_port_allocate_name",
         allocate_name,
         {SOME_RIGHTS, ALL_THINGS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_VALUE, KERN_NAME_EXISTS, END_OF_CODES}}, // N5, N6, N11
        {"mach_port_allocate_name",
         allocate_name,
         {VALUES(1, 3), VALUES(3, 7, 0x107, 0x12340, 0x12342, INDEX_BEYOND << 8 | 3, LAST_INDEX << 8 | 3), NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_VALUE, KERN_FAILURE, KERN_NO_SPACE, END_OF_CODES}}, // N5
        {"mach_port_allocate",
         allocate_right,
         {SOME_RIGHTS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_VALUE, END_OF_CODES}}, // N6
        {"mach_port_allocate_qos",
         allocate_qos,
         {SOME_RIGHTS, VALUES(0, 1, 2, 3), VALUES(0, 100, 0xffffffff), NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_VALUE, KERN_INVALID_ARGUMENT, KERN_RESOURCE_SHORTAGE, END_OF_CODES}}, // N10
        {"mach_port_allocate_full",
         allocate_full,
         {VALUES(0, 1, 3, 4), VALUES(0, 1, 2, 3, 4, 7), VALUES(0, 100, 0xffffffff),
          VALUES(0, 0x103, 0x12343, 0xffffffff), NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_VALUE, KERN_RESOURCE_SHORTAGE, KERN_NAME_EXISTS, END_OF_CODES}}, // N10
    };
    sweep_all(sweeps, COUNT_OF(sweeps));
}

static void references_are_the_same_by_message(void **state) {
    (void)state;
    static const struct sweep sweeps[] = {
        {"mach_port_destroy",
         destroy_name,
         {ALL_THINGS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, END_OF_CODES}}, // R10
        {"mach_port_deallocate",
         deallocate_name,
         {ALL_THINGS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, END_OF_CODES}}, // R9
        {"mach_port_get_refs",
         get_refs,
         {ALL_THINGS, SOME_RIGHTS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_VALUE, END_OF_CODES}}, // R1
        {"mach_port_mod_refs",
         mod_refs,
         {ALL_THINGS, SOME_RIGHTS, SOME_DELTAS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_VALUE, KERN_UREFS_OVERFLOW,
          END_OF_CODES}}, // R2-R8, R11, R12
    };
    sweep_all(sweeps, COUNT_OF(sweeps));
}

static void attributes_of_receive_rights_are_the_same_by_message(void **state) {
    (void)state;
    static const struct sweep sweeps[] = {
        {"mach_port_set_mscount",
         set_mscount,
         {ALL_THINGS, SOME_COUNTS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, END_OF_CODES}}, // R14
        {"mach_port_set_seqno",
         set_seqno,
         {ALL_THINGS, SOME_COUNTS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, END_OF_CODES}}, // R14
        {"mach_port_get_attributes",
         get_attributes,
         {ALL_THINGS, VALUES(0, 1, 2, 3, 4, 5, 6, 7, 0xffffffff), VALUES(0, 1, 9, 10, 16, 17), NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_ARGUMENT, KERN_FAILURE,
          END_OF_CODES}}, // Q8, Q9
        {"mach_port_set_attributes",
         set_attributes,
         {ALL_THINGS, VALUES(0, 1, 2, 3, 4, 5, 6, 0xffffffff), VALUES(0, 1, 17), VALUES(0, 3, 1024, 1025), NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_ARGUMENT, KERN_INVALID_VALUE, KERN_FAILURE,
          END_OF_CODES}}, // Q12
        {"mach_port_get_srights",
         get_srights,
         {ALL_THINGS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, END_OF_CODES}}, // R19
        {"mach_port_dnrequest_info",
         dnrequest_info,
         {ALL_THINGS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, END_OF_CODES}}, // R19, R20
        {"mach_port_kernel_object",
         kernel_object,
         {ALL_THINGS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, END_OF_CODES}}, // R19
        {"mach_port_kobject",
         kobject,
         {ALL_THINGS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, END_OF_CODES}}, // R19
        {"mach_port_get_context",
         get_context,
         {ALL_THINGS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, END_OF_CODES}}, // R14, G1
        {"mach_port_set_context",
         set_context,
         {ALL_THINGS, SOME_GUARDS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_ARGUMENT, END_OF_CODES}}, // R14, G1
        {"mach_port_peek",
         peek,
         {ALL_THINGS, VALUES(0, 0x01000000, 0x03000000, 0x04000000, 0x07000000), VALUES(0, 1, 0xffffffff),
          VALUES(0, 8, 12, 51, 52, 68), NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_VALUE, KERN_FAILURE, END_OF_CODES}}, // X4
    };
    sweep_all(sweeps, COUNT_OF(sweeps));
}

static void sets_are_the_same_by_message(void **state) {
    (void)state;
    static const struct sweep sweeps[] = {
        {"mach_port_get_set_status",
         get_set_status,
         {ALL_THINGS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, END_OF_CODES}}, // P6
        {"mach_port_move_member",
         move_member,
         {ALL_THINGS, ALL_THINGS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, END_OF_CODES}}, // P2, P8
        {"mach_port_insert_member",
         insert_member,
         {ALL_THINGS, ALL_THINGS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_ALREADY_IN_SET, END_OF_CODES}}, // P1, P8
        {"mach_port_extract_member",
         extract_member,
         {ALL_THINGS, ALL_THINGS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_NOT_IN_SET, END_OF_CODES}}, // P1, P8
    };
    sweep_all(sweeps, COUNT_OF(sweeps));
}

static void guards_are_the_same_by_message(void **state) {
    (void)state;
    static const struct sweep sweeps[] = {
        {"mach_port_construct",
         construct,
         {VALUES(0, 1, 2, 4, 8, 0x10, 0x13, 0x21, 0x31, 0x40, 0x7f, 0xffff0000), VALUES(0, 1024, 1025), SOME_GUARDS,
          NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_VALUE, END_OF_CODES}}, // G5, G6, G10
        {"mach_port_destruct",
         destruct,
         {ALL_THINGS, SOME_DELTAS, SOME_GUARDS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_VALUE, KERN_INVALID_ARGUMENT,
          END_OF_CODES}}, // G3
        {"mach_port_guard",
         guard,
         {ALL_THINGS, SOME_GUARDS, VALUES(0, 1, 2), NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_ARGUMENT, END_OF_CODES}}, // G1, R14
        {"mach_port_unguard",
         unguard,
         {ALL_THINGS, SOME_GUARDS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_ARGUMENT, END_OF_CODES}}, // G2, R14
        {"mach_port_guard_with_flags",
         guard_with_flags,
         {ALL_THINGS, SOME_GUARDS, VALUES(0, 1, 2, 3, 0xffffffff), NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_ARGUMENT, END_OF_CODES}}, // G1
        {"mach_port_swap_guard",
         swap_guard,
         {ALL_THINGS, SOME_GUARDS, SOME_GUARDS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_ARGUMENT, END_OF_CODES}}, // G2
    };
    sweep_all(sweeps, COUNT_OF(sweeps));
}

static void requests_for_notifications_are_the_same_by_message(void **state) {
    (void)state;
    static const struct sweep sweep = {"mach_port_request_notification",
                                       request_it,
                                       {ALL_THINGS, VALUES(0, 65, 66, 69, 70, 71, 72, 0xffffffff),
                                        VALUES(0, 1, 0xffffffff), VALUES(0, 1, 2, 3), NO_MORE},
                                       {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_VALUE,
                                        KERN_INVALID_ARGUMENT, KERN_INVALID_CAPABILITY, END_OF_CODES}}; // T1-T23
    run_sweep(&sweep);
}

static void extracted_rights_are_the_same_by_message(void **state) {
    (void)state;
    static const struct sweep sweep = {
        "mach_port_extract_right",
        extract_it,
        {ALL_THINGS, VALUES(0, 1, 15, 16, 17, 18, 19, 20, 21, 22, 0xff, 0x110, 0xffffffff), NO_MORE},
        {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_VALUE, END_OF_CODES}}; // I7, I8, I9, I11
    run_sweep(&sweep);
}

// ---- Pictures of a whole space

static void note_pictures(struct run *run) {
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    expect_code(CALL(mach_port_names, &names, &count, &types, &type_count), KERN_SUCCESS); // N8
    assert_int_equal(count, type_count);
    for (mach_msg_type_number_t i = 0; i < count; i++) {
        note("name", names[i]);
        note("type", types[i]);
    }
    deallocate(names, count * sizeof(*names));
    deallocate(types, count * sizeof(*types));

    ipc_info_space_t space;
    ipc_info_name_array_t table = NULL;
    ipc_info_tree_name_array_t tree = (ipc_info_tree_name_array_t)&space;
    mach_msg_type_number_t slots = 0, branches = 1;
    expect_code(CALL(mach_port_space_info, &space, &table, &slots, &tree, &branches), KERN_SUCCESS); // R20
    uint32_t words[6];
    memcpy(words, &space, sizeof(words));
    for (size_t i = 0; i < COUNT_OF(words); i++) note("space", words[i]);
    note("slots", slots);
    assert_null(tree);
    assert_int_equal(branches, 0);
    for (mach_msg_type_number_t i = 0; i < slots; i++) {
        note("slot", table[i].iin_name);
        note("type", table[i].iin_type);
        note("urefs", table[i].iin_urefs);
        note("object", table[i].iin_object != 0);
    }
    deallocate(table, slots * sizeof(*table));

    ipc_info_space_basic_t basic;
    expect_code(CALL(mach_port_space_basic_info, &basic), KERN_SUCCESS); // R20
    memcpy(words, &basic, sizeof(words));
    for (size_t i = 0; i < COUNT_OF(words); i++) note("basic", words[i]);
}

static void pictures_of_a_space_are_the_same_by_message(void **state) {
    (void)state;
    for (int other = 0; other < 2; other++) both_ways(note_pictures, other, NULL, "pictures");
}

static void grow_and_note(struct run *run) {
    expect_code(CALL(task_set_port_space, 0), KERN_SUCCESS);
    expect_code(CALL(task_set_port_space, 100), KERN_SUCCESS);
    expect_code(CALL(task_set_port_space, (int)INDEX_BEYOND + 1), KERN_NO_SPACE); // N9
    note_pictures(run);
}

static void a_space_grows_the_same_by_message(void **state) {
    (void)state;
    static const struct sweep sweep = {
        "task_set_port_space", set_port_space, {VALUES(0, 1, 30, 2000), NO_MORE}, {KERN_SUCCESS, END_OF_CODES}}; // N9
    run_sweep(&sweep);
    for (int other = 0; other < 2; other++) both_ways(grow_and_note, other, NULL, "growing");
}

// ---- Rights that requests carry: where a message differs

// Rights of the caller's to insert.
struct material {
    mach_port_t port; // a receive right with two send references
    mach_port_t once, dead;
};

static struct material make_material(void) {
    struct material it = {port_with_sends(2), MACH_PORT_NULL, make_dead_name(2)};
    it.once = make_send_once(it.port);
    return it;
}

// What succeeds, or fails without a right to lose, is the same by message.
static void insert_good_rights(struct run *run) {
    struct material it = make_material();
    run->names_differ = true;
    expect_code(CALL(mach_port_insert_right, 0x20003, it.port, COPY_SEND), run->task == SELF ? KERN_RIGHT_EXISTS : 0);
    mach_port_name_t name = run->task == SELF ? it.port : 0x20003;
    expect_code(CALL(mach_port_insert_right, name, it.port, COPY_SEND), KERN_SUCCESS);
    expect_code(CALL(mach_port_insert_right, name, it.port, MAKE_SEND), KERN_SUCCESS);
    expect_code(CALL(mach_port_insert_right, name, it.port, MOVE_SEND), KERN_SUCCESS);
    expect_code(CALL(mach_port_insert_right, 0x30003, it.port, MAKE_SEND_ONCE), KERN_SUCCESS);
    expect_code(CALL(mach_port_insert_right, 0x40003, it.once, MOVE_SEND_ONCE), KERN_SUCCESS);
    expect_code(CALL(mach_port_insert_right, name, it.port, MOVE_RECEIVE), KERN_SUCCESS); // I5
    note("the send-once right's type", type(it.once));
    // Names that mean something else, that cannot be, and ports that are none.
    mach_port_t more = port_with_send();
    expect_code(CALL(mach_port_insert_right, run->names[EMPTY_SET], more, COPY_SEND),
                run->task == SELF ? KERN_RIGHT_EXISTS : KERN_NAME_EXISTS); // I3, I4
    expect_code(CALL(mach_port_insert_right, 3, more, COPY_SEND), KERN_FAILURE);
    expect_code(CALL(mach_port_insert_right, run->names[EMPTY_SET] ^ 0x80, more, COPY_SEND), KERN_FAILURE);
    expect_code(CALL(mach_port_insert_right, INDEX_BEYOND << 8 | 3, more, COPY_SEND), KERN_NO_SPACE);
    expect_code(CALL(mach_port_insert_right, 0x50000, more, COPY_SEND), KERN_INVALID_VALUE);                // N5
    expect_code(CALL(mach_port_insert_right, MACH_PORT_NULL, more, COPY_SEND), KERN_INVALID_VALUE);         // I1
    expect_code(CALL(mach_port_insert_right, MACH_PORT_DEAD, more, COPY_SEND), KERN_INVALID_VALUE);         // I1
    expect_code(CALL(mach_port_insert_right, 0x50003, MACH_PORT_NULL, COPY_SEND), KERN_INVALID_CAPABILITY); // I2
    expect_code(CALL(mach_port_insert_right, 0x50003, MACH_PORT_DEAD, MOVE_RECEIVE), KERN_INVALID_CAPABILITY);
    expect_code(CALL(mach_port_insert_right, 0x50003, it.dead, COPY_SEND), KERN_INVALID_CAPABILITY); // I2
    expect_code(CALL(mach_port_insert_right, 0x50003, MACH_PORT_NULL, 0), KERN_INVALID_VALUE);       // I1
    expect_code(CALL(mach_port_insert_right, 0x50003, MACH_PORT_DEAD, 22), KERN_INVALID_VALUE);      // I1
    expect_code(CALL(mach_port_insert_right, MACH_PORT_NULL, MACH_PORT_NULL, COPY_SEND), KERN_INVALID_VALUE);
    note("references left", refs(more, MACH_PORT_RIGHT_SEND));
    note("dead-name references", refs(it.dead, MACH_PORT_RIGHT_DEAD_NAME));
}

static void inserted_rights_are_the_same_by_message(void **state) {
    (void)state;
    for (int other = 0; other < 2; other++) both_ways(insert_good_rights, other, NULL, "inserting");
}

// Acts as a fresh task with a second one to work on.
static task_t enter_pair(task_t *other, task_t *outer) {
    task_t caller = make_task();
    *outer = make_task();
    *other = give(caller, *outer, COPY_SEND);
    enter(caller);
    open_reply_port();
    return caller;
}

static void leave_pair(task_t caller, task_t outer) {
    leave();
    end_task(caller);
    end_task(outer);
    reply_port = MACH_PORT_NULL;
}

// S12: the send took the right to reply before it looked at the body.
static void expect_refused_body(void) {
    expect_send_once_notification(reply_port);
    assert_success(mach_port_set_seqno(SELF, reply_port, 0));
}

static void a_right_that_the_caller_lacks_is_refused_by_the_send(void **state) {
    (void)state;
    task_t other, outer, caller = enter_pair(&other, &outer);
    struct material it = make_material();
    mach_port_t set = make_set(), carrier, only = make_send_only(1, &carrier);
    const struct {
        mach_port_t poly;
        mach_msg_type_name_t disposition;
        kern_return_t code; // by call; by message the send fails (D1, S8)
    } cases[] = {
        {0x7fff03, COPY_SEND, KERN_INVALID_NAME}, // I2
        {it.once, COPY_SEND, KERN_INVALID_RIGHT},
        {it.once, MOVE_RECEIVE, KERN_INVALID_RIGHT},
        {it.port, MOVE_SEND_ONCE, KERN_INVALID_RIGHT},
        {set, MAKE_SEND, KERN_INVALID_RIGHT}, // I8
        {only, MAKE_SEND, KERN_INVALID_RIGHT},
        {only, MAKE_SEND_ONCE, KERN_INVALID_RIGHT},
        {only, MOVE_RECEIVE, KERN_INVALID_RIGHT},
        {it.dead, MAKE_SEND, KERN_INVALID_RIGHT},
        {it.port, 0, KERN_INVALID_VALUE},
        {it.port, 15, KERN_INVALID_VALUE}, // I1
        {it.port, 22, KERN_INVALID_VALUE},
        {it.once, 255, KERN_INVALID_VALUE},
    };
    for (int own = 0; own < 2; own++) {
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            task_t task = own ? SELF : other;
            struct picture picture = take_picture();
            assert_code(direct_calls.mach_port_insert_right(task, 0x60003, cases[i].poly, cases[i].disposition),
                        cases[i].code);
            assert_code(message_calls.mach_port_insert_right(task, 0x60003, cases[i].poly, cases[i].disposition),
                        MACH_SEND_INVALID_RIGHT);
            expect_refused_body();
            assert_unchanged(picture);
        }
    }
    leave_pair(caller, outer);
}

static void a_right_that_could_not_be_inserted_stays_or_ends_with_its_message(void **state) {
    (void)state;
    // I6: by call it stays with the caller. I12: by message it was taken out of the caller's space and ends.
    const struct {
        mach_port_name_t target;
        kern_return_t code;
    } cases[] = {{0x103, KERN_NAME_EXISTS},
                 {MACH_PORT_NULL, KERN_INVALID_VALUE},
                 {MACH_PORT_DEAD, KERN_INVALID_VALUE},
                 {3, KERN_FAILURE},
                 {0x107, KERN_FAILURE},
                 {INDEX_BEYOND << 8 | 3, KERN_NO_SPACE},
                 {0x60001, KERN_INVALID_VALUE}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        task_t other, outer, caller = enter_pair(&other, &outer);
        for (int by_message = 0; by_message < 2; by_message++) {
            const struct routines *call = by_message ? &message_calls : &direct_calls;
            mach_port_t port = port_with_sends(2), watch = make_port();
            // Send.
            assert_code(call->mach_port_insert_right(other, cases[i].target, port, MOVE_SEND), cases[i].code);
            assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), by_message ? 1 : 2);
            // Made rights count, whatever becomes of them (T2), but are gone.
            assert_code(call->mach_port_insert_right(other, cases[i].target, port, MAKE_SEND_ONCE), cases[i].code);
            if (by_message) expect_send_once_notification(port);
            expect_no_message(port);
            assert_int_equal(status(port).mps_sorights, 0);
            // Send-once.
            mach_port_t once = make_send_once(port);
            assert_code(call->mach_port_insert_right(other, cases[i].target, once, MOVE_SEND_ONCE), cases[i].code);
            assert_int_equal(type(once), by_message ? MACH_PORT_TYPE_NONE : MACH_PORT_TYPE_SEND_ONCE);
            if (by_message) expect_send_once_notification(port);
            expect_no_message(port);
            if (!by_message) destroy(once);
            if (!by_message) expect_send_once_notification(port);
            // Receive: its port dies.
            request(SELF, port, DEAD_NAME, 0, watch);
            assert_code(call->mach_port_insert_right(other, cases[i].target, port, MOVE_RECEIVE), cases[i].code);
            assert_int_equal(type(port) & MACH_PORT_TYPE_ALL_RIGHTS,
                             by_message ? MACH_PORT_TYPE_DEAD_NAME : MACH_PORT_TYPE_SEND_RECEIVE);
            if (by_message)
                expect_notified(watch, DEAD_NAME, port);
            else
                expect_no_message(watch);
            destroy(port);
            destroy(watch);
        }
        // A dead name, which is no capability: by message its reference is gone.
        mach_port_t dead = make_dead_name(3);
        assert_code(mach_port_insert_right(other, 0x60003, dead, MOVE_SEND), KERN_INVALID_CAPABILITY);
        assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 3);
        assert_code(message_calls.mach_port_insert_right(other, 0x60003, dead, MOVE_SEND), KERN_INVALID_CAPABILITY);
        assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 2);
        assert_code(message_calls.mach_port_insert_right(other, 0x60003, dead, MOVE_SEND_ONCE),
                    KERN_INVALID_CAPABILITY);
        assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 1);
        leave(); // the other's own name
        assert_empty(outer);
        enter(caller);
        leave_pair(caller, outer);
    }
}

static void a_right_at_its_limit_is_lost_with_its_message(void **state) {
    (void)state;
    task_t other, outer, caller = enter_pair(&other, &outer);
    mach_port_t port = port_with_send();
    mach_port_name_t name = give(other, port, COPY_SEND);
    assert_success(mach_port_mod_refs(other, name, MACH_PORT_RIGHT_SEND, 65533));
    assert_code(mach_port_insert_right(other, name, port, MOVE_SEND), KERN_UREFS_OVERFLOW); // I5
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    assert_code(message_calls.mach_port_insert_right(other, name, port, MOVE_SEND), KERN_UREFS_OVERFLOW);
    assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE); // I12
    assert_int_equal(refs_in(other, name, MACH_PORT_RIGHT_SEND), 65534);
    leave_pair(caller, outer);
}

static void a_notify_right_of_another_kind_is_a_type_error(void **state) {
    (void)state;
    task_t other, outer, caller = enter_pair(&other, &outer);
    mach_port_t watched = make_port();
    for (int own = 0; own < 2; own++) {
        task_t task = own ? SELF : other;
        mach_port_name_t name = own ? watched : make_port_in(other);
        mach_port_t previous = UNSET;
        // T21: what arrives is no send-once right. A copied right leaves no trace, a moved one ends with the message.
        const mach_msg_type_name_t dispositions[] = {COPY_SEND, MAKE_SEND, MOVE_SEND};
        for (size_t i = 0; i < COUNT_OF(dispositions); i++) {
            mach_port_t notify = port_with_sends(2);
            assert_code(mach_port_request_notification(task, name, DEAD_NAME, 0, notify, dispositions[i], &previous),
                        MIG_TYPE_ERROR);
            mach_port_urefs_t before = refs(notify, MACH_PORT_RIGHT_SEND);
            assert_code(message_calls.mach_port_request_notification(task, name, DEAD_NAME, 0, notify, dispositions[i],
                                                                     &previous),
                        MIG_TYPE_ERROR);
            assert_int_equal(refs(notify, MACH_PORT_RIGHT_SEND), before - (dispositions[i] == MOVE_SEND)); // I12
            expect_no_message(notify);
            destroy(notify);
        }
        // A receive right ends with its port.
        mach_port_t notify = port_with_send();
        assert_code(
            message_calls.mach_port_request_notification(task, name, DEAD_NAME, 0, notify, MOVE_RECEIVE, &previous),
            MIG_TYPE_ERROR);
        assert_int_equal(type(notify), MACH_PORT_TYPE_DEAD_NAME);
        destroy(notify);
        // NULL must come as a send-once right too.
        const mach_msg_type_name_t wrong[] = {0, MOVE_RECEIVE, MOVE_SEND, COPY_SEND, MAKE_SEND, 22};
        for (size_t i = 0; i < COUNT_OF(wrong); i++) {
            assert_code(mach_port_request_notification(task, name, DEAD_NAME, 0, MACH_PORT_NULL, wrong[i], &previous),
                        MIG_TYPE_ERROR);
            assert_code(message_calls.mach_port_request_notification(task, name, DEAD_NAME, 0, MACH_PORT_NULL, wrong[i],
                                                                     &previous),
                        MIG_TYPE_ERROR);
        }
        // A right that the caller lacks is refused by the send.
        notify = make_port();
        assert_code(mach_port_request_notification(task, name, DEAD_NAME, 0, notify, MOVE_SEND_ONCE, &previous),
                    MACH_SEND_INVALID_RIGHT);
        assert_code(
            message_calls.mach_port_request_notification(task, name, DEAD_NAME, 0, notify, MOVE_SEND_ONCE, &previous),
            MACH_SEND_INVALID_RIGHT);
        expect_refused_body();
        assert_int_equal(previous, UNSET);
        destroy(notify);
    }
    leave_pair(caller, outer);
}

static void a_failed_request_sends_send_once_to_the_notify_port(void **state) {
    (void)state;
    task_t other, outer, caller = enter_pair(&other, &outer);
    for (int by_message = 0; by_message < 2; by_message++) {
        const struct routines *call = by_message ? &message_calls : &direct_calls;
        mach_port_t notify = make_port(), previous = UNSET, once = make_send_once(notify);
        assert_code(
            call->mach_port_request_notification(other, 0x7fff03, DEAD_NAME, 0, notify, MAKE_SEND_ONCE, &previous),
            KERN_INVALID_NAME);
        expect_send_once_notification(notify); // T20
        assert_code(call->mach_port_request_notification(other, 0x103, 99, 0, once, MOVE_SEND_ONCE, &previous),
                    KERN_INVALID_VALUE); // T16
        expect_send_once_notification(notify);
        assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
        assert_int_equal(previous, UNSET);
        destroy(notify);
    }
    leave_pair(caller, outer);
}

// The notifications of a request that came by message, and the right that it replaced.
static void cause_notifications(struct run *run) {
    run->names_differ = true;
    mach_port_t first = make_port(), second = make_port(), previous = UNSET;
    mach_port_name_t name = run->names[SEND_AND];
    expect_code(CALL(mach_port_request_notification, name, DEAD_NAME, 0, first, MAKE_SEND_ONCE, &previous), 0);
    note_right("previous", previous);
    expect_code(CALL(mach_port_request_notification, name, DEAD_NAME, 0, second, MAKE_SEND_ONCE, &previous), 0);
    note_right("previous", previous); // T8
    assert_code(send_simple(previous, MOVE_SEND_ONCE, 77), MACH_MSG_SUCCESS);
    expect_message(first, 77);
    expect_code(CALL(mach_port_mod_refs, name, MACH_PORT_RIGHT_RECEIVE, -1), KERN_SUCCESS);
    expect_notified(second, DEAD_NAME, name); // C2
    expect_code(CALL(mach_port_request_notification, run->names[WATCHED], DEAD_NAME, 0, MACH_PORT_NULL, MAKE_SEND_ONCE,
                     &previous),
                KERN_SUCCESS);
    note_right("previous", previous);
    expect_code(
        CALL(mach_port_request_notification, run->names[FULL], PORT_DESTROYED, 0, first, MAKE_SEND_ONCE, &previous),
        KERN_SUCCESS);
    expect_code(CALL(mach_port_destroy, run->names[FULL]), KERN_SUCCESS);
    struct notification it = expect_notification(first, PORT_DESTROYED); // T14
    note("the port's messages", status(it.right.name).mps_msgcount);
}

static void notifications_come_whichever_way_they_were_asked_for(void **state) {
    (void)state;
    for (int other = 0; other < 2; other++) both_ways(cause_notifications, other, NULL, "notifications");
}

// ---- Task arguments that are no task

static void a_request_to_a_name_that_is_no_task_is_not_sent(void **state) {
    (void)state;
    open_reply_port();
    mach_port_t dead = make_dead_name(1), once_port = make_port(), port = make_port();
    const mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fff03, dead, port};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        mach_port_type_t it = UNSET;
        struct picture picture = take_picture();
        // Choices: the direct call has the routine's own code.
        assert_code(direct_calls.mach_port_type(names[i], port, &it), KERN_INVALID_TASK);
        assert_code(message_calls.mach_port_type(names[i], port, &it), MACH_SEND_INVALID_DEST);
        assert_int_equal(it, UNSET);
        assert_unchanged(picture);
    }
    destroy(dead);
    destroy(once_port);
    destroy(port);
    close_reply_port();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(names_and_allocation_are_the_same_by_message),
        TASK_TEST(references_are_the_same_by_message),
        TASK_TEST(attributes_of_receive_rights_are_the_same_by_message),
        TASK_TEST(sets_are_the_same_by_message),
        TASK_TEST(guards_are_the_same_by_message),
        TASK_TEST(requests_for_notifications_are_the_same_by_message),
        TASK_TEST(extracted_rights_are_the_same_by_message),
        TASK_TEST(pictures_of_a_space_are_the_same_by_message),
        TASK_TEST(a_space_grows_the_same_by_message),
        TASK_TEST(inserted_rights_are_the_same_by_message),
        TASK_TEST(a_right_that_the_caller_lacks_is_refused_by_the_send),
        TASK_TEST(a_right_that_could_not_be_inserted_stays_or_ends_with_its_message),
        TASK_TEST(a_right_at_its_limit_is_lost_with_its_message),
        TASK_TEST(a_notify_right_of_another_kind_is_a_type_error),
        TASK_TEST(a_failed_request_sends_send_once_to_the_notify_port),
        TASK_TEST(notifications_come_whichever_way_they_were_asked_for),
        TASK_TEST(a_request_to_a_name_that_is_no_task_is_not_sent),
    };
    return TASK_RUN(tests);
}

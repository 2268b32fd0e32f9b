// The newest routines of the mach_port subsystem, 3236 and 3239 to 3242, by message and by call: what they answer, how their requests and replies are laid out, and what is no request of theirs. Rows R14, R19, G1, G4, G11, I12, T20, and Choices for arguments that are no task.
#include "mig_support.h"

#define UNSET 0x5a5a5a5a
#define GUARD 0xfeedface12345678u

// ---- The wire

#pragma pack(push, 4)

struct mach_port_special_reply_port_reset_link_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
};
LAYOUT_3(mach_port_special_reply_port_reset_link_request, 36, Head, 0, NDR, 24, name, 32);

struct mach_port_kobject_description_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
};
LAYOUT_3(mach_port_kobject_description_request, 36, Head, 0, NDR, 24, name, 32);

struct mach_port_kobject_description_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    natural_t object_type;
    mach_vm_address_t object_addr;
    mach_msg_type_number_t descriptionOffset;
    mach_msg_type_number_t descriptionCnt;
    char description[512];
};
LAYOUT_8(mach_port_kobject_description_reply, 568, Head, 0, NDR, 24, RetCode, 32, object_type, 36, object_addr, 40,
         descriptionOffset, 48, descriptionCnt, 52, description, 56);
// With the empty text, which is padded to a word.
#define EMPTY_REPLY 60

struct mach_port_is_connection_for_service_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t connection_port;
    mach_port_name_t service_port;
};
LAYOUT_4(mach_port_is_connection_for_service_request, 40, Head, 0, NDR, 24, connection_port, 32, service_port, 36);

struct mach_port_is_connection_for_service_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    uint64_t filter_policy_id;
};
LAYOUT_4(mach_port_is_connection_for_service_reply, 44, Head, 0, NDR, 24, RetCode, 32, filter_policy_id, 36);

struct mach_port_get_service_port_info_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
};
LAYOUT_3(mach_port_get_service_port_info_request, 36, Head, 0, NDR, 24, name, 32);

struct mach_port_get_service_port_info_reply {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    mach_service_port_info_data_t sp_info_out;
};
LAYOUT_4(mach_port_get_service_port_info_reply, 292, Head, 0, NDR, 24, RetCode, 32, sp_info_out, 36);

struct mach_port_assert_attributes_request {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_port_name_t name;
    mach_port_flavor_t flavor;
    mach_msg_type_number_t infoCnt;
    integer_t info[17];
};
LAYOUT_6(mach_port_assert_attributes_request, 112, Head, 0, NDR, 24, name, 32, flavor, 36, infoCnt, 40, info, 44);

#pragma pack(pop)

_Static_assert(sizeof(mach_port_guard_info_t) == 4 * MACH_PORT_GUARD_INFO_COUNT, "the guard fills its words");
_Static_assert(sizeof(mach_service_port_info_data_t) == 256, "the largest result");
_Static_assert(offsetof(mach_service_port_info_data_t, mspi_domain_type) == 255, "its last byte");

// ---- The routines by message, as stubs make them

#define BEGIN(routine, id, task)                                                                                       \
    struct mig_message message;                                                                                        \
    struct routine##_request *in = begin_request(&message, task, id, sizeof(*in));                                     \
    in->NDR = NDR_record
#define MUST(statement)                                                                                                \
    if (!(statement)) return WRONG_REPLY + 0x100

// No call stands beside this one.
static kern_return_t m_mach_port_special_reply_port_reset_link(ipc_space_t task, mach_port_name_t name) {
    BEGIN(mach_port_special_reply_port_reset_link, 3236, task);
    in->name = name;
    return exchange(&message, 40, 40, 0);
}

static kern_return_t m_mach_port_kobject_description(ipc_space_read_t task, mach_port_name_t name,
                                                     natural_t *object_type, mach_vm_address_t *object_addr,
                                                     kobject_description_t description) {
    BEGIN(mach_port_kobject_description, 3239, task);
    in->name = name;
    const struct mach_port_kobject_description_reply *out = (const void *)&message;
    kern_return_t code = exchange(&message, EMPTY_REPLY, EMPTY_REPLY, 0);
    if (code != KERN_SUCCESS) return code;
    MUST(out->descriptionOffset == 0 && out->descriptionCnt == 1);
    MUST(word_at(&message, 56) == 0);
    *object_type = out->object_type;
    *object_addr = out->object_addr;
    (void)mig_strncpy(description, out->description, sizeof(kobject_description_t));
    return KERN_SUCCESS;
}

static kern_return_t m_mach_port_is_connection_for_service(ipc_space_t task, mach_port_name_t connection_port,
                                                           mach_port_name_t service_port, uint64_t *filter_policy_id) {
    BEGIN(mach_port_is_connection_for_service, 3240, task);
    in->connection_port = connection_port;
    in->service_port = service_port;
    const struct mach_port_is_connection_for_service_reply *out = (const void *)&message;
    kern_return_t code = exchange(&message, sizeof(*out), sizeof(*out), 0);
    if (code == KERN_SUCCESS) *filter_policy_id = out->filter_policy_id;
    return code;
}

static kern_return_t m_mach_port_get_service_port_info(ipc_space_read_t task, mach_port_name_t name,
                                                       mach_service_port_info_data_t *sp_info_out) {
    BEGIN(mach_port_get_service_port_info, 3241, task);
    in->name = name;
    const struct mach_port_get_service_port_info_reply *out = (const void *)&message;
    kern_return_t code = exchange(&message, sizeof(*out), sizeof(*out), 0);
    if (code == KERN_SUCCESS) *sp_info_out = out->sp_info_out;
    return code;
}

static kern_return_t m_mach_port_assert_attributes(ipc_space_t task, mach_port_name_t name, mach_port_flavor_t flavor,
                                                   mach_port_info_t info, mach_msg_type_number_t infoCnt) {
    BEGIN(mach_port_assert_attributes, 3242, task);
    if (infoCnt > COUNT_OF(in->info)) return MIG_ARRAY_TOO_LARGE;
    in->name = name;
    in->flavor = flavor;
    in->infoCnt = infoCnt;
    memcpy(in->info, info, 4 * infoCnt);
    in->Head.msgh_size = 44 + 4 * infoCnt;
    return exchange_simple(&message);
}

#define CALL(routine, ...)                                                                                             \
    (run->call->by_message ? m_##routine(run->task, __VA_ARGS__) : routine(run->task, __VA_ARGS__))

// ---- The same by message

// R19: the type and the token are those of mach_port_kobject, and so are the codes.
static kern_return_t describe_object(struct run *run, const uint32_t *a) {
    natural_t kind = UNSET, other_kind = UNSET;
    mach_vm_address_t object = UNSET, other = UNSET;
    kobject_description_t text, untouched;
    memset(text, 0x5a, sizeof(text));
    memset(untouched, 0x5a, sizeof(untouched));
    kern_return_t code = CALL(mach_port_kobject_description, a[0], &kind, &object, text);
    assert_code(mach_port_kobject(run->task, a[0], &other_kind, &other), code);
    assert_int_equal(kind, other_kind); // UNSET on failure
    assert_int_equal(object, other);
    // An empty text is its end alone.
    assert_int_equal(text[0], code == KERN_SUCCESS ? 0 : 0x5a);
    assert_memory_equal(text + 1, untouched + 1, sizeof(text) - 1);
    note("kind", kind);
    note("object", object != 0);
    return code;
}

static kern_return_t is_connection(struct run *run, const uint32_t *a) {
    uint64_t policy = UNSET;
    kern_return_t code = CALL(mach_port_is_connection_for_service, a[0], a[1], &policy);
    assert_int_equal(policy, UNSET);
    return code;
}

static kern_return_t get_service(struct run *run, const uint32_t *a) {
    mach_service_port_info_data_t it, untouched;
    memset(&it, 0x5a, sizeof(it));
    untouched = it;
    kern_return_t code = CALL(mach_port_get_service_port_info, a[0], &it);
    assert_memory_equal(&it, &untouched, sizeof(it));
    return code;
}

static kern_return_t assert_guard(struct run *run, const uint32_t *a) {
    integer_t words[17];
    memset(words, 0x5a, sizeof(words));
    words[0] = (integer_t)a[3];
    words[1] = 0;
    return CALL(mach_port_assert_attributes, a[0], (mach_port_flavor_t)a[1], words, a[2]);
}

static void the_newest_routines_are_the_same_by_message(void **state) {
    (void)state;
    static const struct sweep sweeps[] = {
        {"mach_port_kobject_description",
         describe_object,
         {ALL_THINGS, NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, END_OF_CODES}}, // R19
        {"mach_port_is_connection_for_service",
         is_connection,
         {ALL_THINGS, ALL_THINGS, NO_MORE},
         {KERN_INVALID_NAME, KERN_NOT_SUPPORTED, END_OF_CODES}},
        {"mach_port_get_service_port_info",
         get_service,
         {ALL_THINGS, NO_MORE},
         {KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_CAPABILITY, END_OF_CODES}},
        {"mach_port_assert_attributes",
         assert_guard,
         {ALL_THINGS, VALUES(0, 1, 7, 8, 9, 0xffffffff), VALUES(0, 1, 2, 17), VALUES(0, 7, 9), NO_MORE},
         {KERN_SUCCESS, KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_ARGUMENT, KERN_FAILURE, END_OF_CODES}},
    };
    for (size_t i = 0; i < COUNT_OF(sweeps); i++) run_sweep(&sweeps[i]);
}

// ---- Which code comes first

static void expect_all_codes(struct run *run) {
    const struct {
        enum thing thing;
        kern_return_t service, guard; // of 3241, and of 3242 with the guard 9
    } things[] = {
        {RECEIVE, KERN_INVALID_CAPABILITY, KERN_INVALID_ARGUMENT},
        {SEND_AND, KERN_INVALID_CAPABILITY, KERN_INVALID_ARGUMENT},
        {GUARDED, KERN_INVALID_CAPABILITY, KERN_INVALID_ARGUMENT},
        {STRICT, KERN_INVALID_CAPABILITY, KERN_SUCCESS},
        {MEMBER, KERN_INVALID_CAPABILITY, KERN_INVALID_ARGUMENT},
        {SEND_ONLY, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT},
        {ONCE, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT},
        {EMPTY_SET, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT},
        {FULL_SET, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT},
        {DEAD, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT},
        {OWN, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT},
        {UNUSED, KERN_INVALID_NAME, KERN_INVALID_NAME},
        {NULL_NAME, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT}, // not INVALID_NAME, as R14 has it elsewhere
        {DEAD_VALUE, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT},
    };
    integer_t words[17] = {9, 0};
    mach_service_port_info_data_t service;
    for (size_t i = 0; i < COUNT_OF(things); i++) {
        mach_port_name_t name = run->names[things[i].thing];
        expect_code(CALL(mach_port_get_service_port_info, name, &service), things[i].service);
        expect_code(CALL(mach_port_assert_attributes, name, MACH_PORT_GUARD_INFO, words, 2), things[i].guard);
        expect_code(CALL(mach_port_assert_attributes, name, MACH_PORT_GUARD_INFO, words, 17), things[i].guard);
        // The flavor comes first, then the count, and both before the name.
        expect_code(CALL(mach_port_assert_attributes, name, MACH_PORT_GUARD_INFO, words, 1), KERN_FAILURE);
        expect_code(CALL(mach_port_assert_attributes, name, MACH_PORT_GUARD_INFO, words, 0), KERN_FAILURE);
        expect_code(CALL(mach_port_assert_attributes, name, MACH_PORT_LIMITS_INFO, words, 2), KERN_INVALID_ARGUMENT);
        expect_code(CALL(mach_port_assert_attributes, name, 9, words, 0), KERN_INVALID_ARGUMENT);
        // Names that mean nothing are as good as any here: nothing is looked up.
        uint64_t policy = UNSET;
        bool valid = MACH_PORT_VALID(name);
        expect_code(CALL(mach_port_is_connection_for_service, name, 0x7fff03, &policy),
                    valid ? KERN_NOT_SUPPORTED : KERN_INVALID_NAME);
        expect_code(CALL(mach_port_is_connection_for_service, 0x7fff03, name, &policy),
                    valid ? KERN_NOT_SUPPORTED : KERN_INVALID_NAME);
        assert_int_equal(policy, UNSET);
    }
}

static void codes_come_in_the_same_order_by_message(void **state) {
    (void)state;
    for (int other = 0; other < 2; other++) both_ways(expect_all_codes, other, NULL, "codes");
}

// ---- What a name stands for

static void expect_kind(struct run *run, mach_port_t name, natural_t wanted) {
    natural_t kind = UNSET, other_kind = UNSET;
    mach_vm_address_t object = UNSET, other = UNSET;
    kobject_description_t text = "untouched";
    mach_port_name_t there = run->task == SELF ? name : give(run->task, name, COPY_SEND);
    expect_code(CALL(mach_port_kobject_description, there, &kind, &object, text), KERN_SUCCESS);
    assert_success(mach_port_kobject(SELF, name, &other_kind, &other));
    assert_int_equal(kind, wanted);
    assert_int_equal(other_kind, wanted);
    assert_int_not_equal(object, 0);
    assert_int_equal(object, other); // R19: in whichever task, by whichever name
    assert_string_equal(text, "");
}

static void describe_kernel_ports(struct run *run) {
    run->names_differ = true;
    mach_port_t task_name = MACH_PORT_NULL, thread = mach_thread_self(), host = mach_host_self();
    assert_success(task_get_special_port(SELF, 3, &task_name)); // TASK_NAME_PORT
    natural_t host_kind = UNSET;
    mach_vm_address_t object = UNSET;
    assert_success(mach_port_kobject(SELF, host, &host_kind, &object));
    assert_in_range(host_kind, 3, 4);
    expect_kind(run, thread, 1);
    expect_kind(run, SELF, 2);
    expect_kind(run, host, host_kind);
    expect_kind(run, task_name, 20);
    assert_success(mach_port_deallocate(SELF, thread));
    assert_success(mach_port_deallocate(SELF, host));
    assert_success(mach_port_deallocate(SELF, task_name));
}

static void kernel_ports_have_their_kind_and_no_text(void **state) {
    (void)state;
    for (int other = 0; other < 2; other++) both_ways(describe_kernel_ports, other, NULL, "kernel ports");
}

static void calls_need_a_place_for_what_they_return(void **state) {
    (void)state;
    natural_t kind = UNSET;
    mach_vm_address_t object = UNSET;
    kobject_description_t text = "untouched";
    assert_code(mach_port_kobject_description(SELF, SELF, NULL, &object, text), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_kobject_description(SELF, SELF, &kind, NULL, text), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_kobject_description(SELF, SELF, &kind, &object, NULL), KERN_INVALID_ARGUMENT);
    assert_int_equal(kind, UNSET);
    assert_int_equal(object, UNSET);
    assert_string_equal(text, "untouched");
    // Nothing is ever written here.
    assert_code(mach_port_is_connection_for_service(SELF, SELF, SELF, NULL), KERN_NOT_SUPPORTED);
    assert_code(mach_port_get_service_port_info(SELF, SELF, NULL), KERN_INVALID_RIGHT);
    // No words can be read: whatever their count.
    assert_code(mach_port_assert_attributes(SELF, SELF, MACH_PORT_GUARD_INFO, NULL, 2), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_assert_attributes(SELF, SELF, MACH_PORT_GUARD_INFO, NULL, 0), KERN_INVALID_ARGUMENT);
}

// ---- Guards that are not as asserted

// The next exception is this violation, by this thread, and tells this guard.
static void expect_violation(mach_port_t handler, mach_port_name_t name, unsigned flavor, uint64_t guard) {
    struct mig_message it;
    assert_code(receive_reply(handler, &it), MACH_MSG_SUCCESS);
    assert_int_equal(it.header.msgh_id, 2405); // mach_exception_raise
    assert_int_equal(it.header.msgh_size, 84);
    assert_int_equal(it.header.msgh_local_port, handler);
    assert_int_equal(it.base.body.msgh_descriptor_count, 2);
    mach_port_t thread = mach_thread_self();
    assert_int_equal(port_at(&it, 28)->name, thread); // G11: the thread that asked
    assert_int_equal(port_at(&it, 40)->name, SELF);   // and its task, not the port's
    assert_int_equal(word_at(&it, 60), EXC_GUARD);
    assert_int_equal(word_at(&it, 64), 2);
    uint64_t codes[2];
    memcpy(codes, it.bytes + 68, sizeof(codes));
    assert_int_equal(codes[0], (uint64_t)1 << 61 | (uint64_t)flavor << 32 | name); // G4
    assert_int_equal(codes[1], guard);                                             // G11
    mach_msg_destroy(&it.header);
    assert_success(mach_port_deallocate(SELF, thread));
}

static void set_handler(task_t task, mach_port_t handler) {
    assert_success(task_set_exception_ports(task, EXC_MASK_GUARD, handler,
                                            (exception_behavior_t)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES), 0));
}

struct look {
    mach_port_status_t status;
    mach_port_context_t context;
};

static struct look look_at(task_t task, mach_port_name_t port) {
    struct look it;
    memset(&it, 0, sizeof(it));
    it.status = status_in(task, port);
    assert_success(mach_port_get_context(task, port, &it.context));
    return it;
}

enum { NONE, WEAK, STRICTLY, WEAK_AND_BOUND, STRICTLY_AND_BOUND };

static mach_port_t port_in_with(task_t task, int how, uint64_t guard) {
    mach_port_t port = make_port_in(task);
    uint64_t flags = how >= WEAK_AND_BOUND ? MPG_IMMOVABLE_RECEIVE : 0;
    if (how == STRICTLY || how == STRICTLY_AND_BOUND) flags |= MPG_STRICT;
    if (how == NONE)
        assert_success(mach_port_set_context(task, port, guard));
    else
        assert_success(mach_port_guard_with_flags(task, port, guard, flags));
    return port;
}

static kern_return_t assert_this(struct run *run, mach_port_name_t name, uint64_t guard) {
    mach_port_guard_info_t info = {guard};
    return CALL(mach_port_assert_attributes, name, MACH_PORT_GUARD_INFO, (mach_port_info_t)&info,
                MACH_PORT_GUARD_INFO_COUNT);
}

static void assert_right_and_wrong_guards(struct run *run) {
    const struct {
        int how;
        uint64_t guard, asserted;
        unsigned violation; // 0: none
    } cases[] = {
        {STRICTLY, GUARD, GUARD, 0},
        {STRICTLY, 0, 0, 0},
        {STRICTLY, ~(uint64_t)0, ~(uint64_t)0, 0},
        {STRICTLY_AND_BOUND, GUARD, GUARD, 0},
        {STRICTLY, GUARD, 0, kGUARD_EXC_INCORRECT_GUARD},
        {STRICTLY, GUARD, (uint32_t)GUARD, kGUARD_EXC_INCORRECT_GUARD},
        {STRICTLY, GUARD, GUARD ^ 1, kGUARD_EXC_INCORRECT_GUARD},
        {STRICTLY, GUARD, GUARD ^ 0x8000000000000000, kGUARD_EXC_INCORRECT_GUARD},
        {STRICTLY, 0, GUARD, kGUARD_EXC_INCORRECT_GUARD},
        {STRICTLY_AND_BOUND, GUARD, ~GUARD, kGUARD_EXC_INCORRECT_GUARD},
        // A guard that is not strict is not what was asserted, whatever its value.
        {WEAK, GUARD, GUARD, kGUARD_EXC_INCORRECT_GUARD},
        {WEAK, GUARD, 1, kGUARD_EXC_INCORRECT_GUARD},
        {WEAK, 0, 0, kGUARD_EXC_INCORRECT_GUARD},
        {WEAK_AND_BOUND, GUARD, GUARD, kGUARD_EXC_INCORRECT_GUARD},
        // Nor is a context a guard.
        {NONE, 0, 0, kGUARD_EXC_UNGUARDED},
        {NONE, 0, GUARD, kGUARD_EXC_UNGUARDED},
        {NONE, GUARD, GUARD, kGUARD_EXC_UNGUARDED},
    };
    mach_port_t handler = port_with_send(), of_target = port_with_send();
    if (run->task != SELF) set_handler(run->task, of_target);
    set_handler(SELF, handler);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        mach_port_name_t port = port_in_with(run->task, cases[i].how, cases[i].guard);
        struct look before = look_at(run->task, port);
        for (int again = 0; again < 2; again++) {
            expect_code(assert_this(run, port, cases[i].asserted),
                        cases[i].violation == 0 ? KERN_SUCCESS : KERN_INVALID_ARGUMENT);
            if (cases[i].violation != 0)
                expect_violation(handler, port, cases[i].violation,
                                 cases[i].violation == kGUARD_EXC_UNGUARDED ? 0 : cases[i].guard);
            expect_no_message(handler);
            expect_no_message(of_target);
        }
        struct look after = look_at(run->task, port);
        assert_memory_equal(&before, &after, sizeof(before));
        assert_success(mach_port_destruct(run->task, port, 0, cases[i].guard));
    }
    // Failures of another kind are no violations.
    integer_t words[17] = {1, 0};
    for (int thing = 0; thing < THINGS; thing++) {
        mach_port_name_t name = run->names[thing];
        bool receive = MACH_PORT_VALID(name) && thing != UNUSED && type_in(run->task, name) & MACH_PORT_TYPE_RECEIVE;
        if (!receive) (void)CALL(mach_port_assert_attributes, name, MACH_PORT_GUARD_INFO, words, 2);
        (void)CALL(mach_port_assert_attributes, name, MACH_PORT_GUARD_INFO, words, 1);
        (void)CALL(mach_port_assert_attributes, name, MACH_PORT_LIMITS_INFO, words, 2);
        expect_no_message(handler);
    }
    // A full handler is not waited for.
    set_limit(handler, 0);
    expect_code(assert_this(run, run->names[STRICT], 7), KERN_INVALID_ARGUMENT);
    expect_code(assert_this(run, run->names[STRICT], 9), KERN_SUCCESS);
    // One that died is none, and neither has the caller one any more.
    kill_port(handler);
    expect_code(assert_this(run, run->names[STRICT], 7), KERN_INVALID_ARGUMENT);
    set_handler(SELF, MACH_PORT_NULL);
    expect_code(assert_this(run, run->names[STRICT], 7), KERN_INVALID_ARGUMENT);
    expect_no_message(of_target);
    if (run->task != SELF) set_handler(run->task, MACH_PORT_NULL);
    destroy(handler);
    destroy(of_target);
}

static void an_assertion_that_fails_is_a_violation_of_the_callers(void **state) {
    (void)state;
    for (int other = 0; other < 2; other++) both_ways(assert_right_and_wrong_guards, other, NULL, "assertions");
}

// ---- Requests made by hand

// The calling thread acts as `caller`, and asks about `task`.
struct place {
    task_t caller, outer; // as the process's task names them
    task_t task;
    mach_port_t witness;
};

static struct place enter_place(void) {
    struct place it = {make_task(), make_task(), 0, 0};
    it.task = give(it.caller, it.outer, COPY_SEND);
    enter(it.caller);
    open_reply_port();
    it.witness = make_port();
    return it;
}

static void leave_place(struct place *it) {
    leave();
    end_task(it->caller);
    end_task(it->outer);
    reply_port = MACH_PORT_NULL;
}

// What a well-formed request of zeroes is answered.
static const struct {
    struct shape shape;
    kern_return_t code;
} newer[] = {
    {{"mach_port_special_reply_port_reset_link", 3236, 36, TO_TASK, NOTHING, 0, KERN_NOT_SUPPORTED, false},
     KERN_NOT_SUPPORTED},
    {{"mach_port_kobject_description", 3239, 36, TO_TASK, NOTHING, 0, KERN_INVALID_TASK, false}, KERN_INVALID_NAME},
    {{"mach_port_is_connection_for_service", 3240, 40, TO_TASK, NOTHING, 0, KERN_INVALID_TASK, false},
     KERN_INVALID_NAME},
    {{"mach_port_get_service_port_info", 3241, 36, TO_TASK, NOTHING, 0, KERN_INVALID_TASK, false}, KERN_INVALID_RIGHT},
    {{"mach_port_assert_attributes", 3242, 44, TO_TASK, NOTHING, 0, KERN_INVALID_TASK, true}, KERN_INVALID_ARGUMENT},
};

static void a_request_of_another_form_is_a_bad_argument(void **state) {
    (void)state;
    struct place place = enter_place();
    for (size_t i = 0; i < COUNT_OF(newer); i++) {
        const struct shape *shape = &newer[i].shape;
        unsigned names = count_names_in(place.task);
        struct mig_message message;
        memset(&message, 0, sizeof(message));
        make_request(&message, shape, place.task);
        assert_code(exchange_simple(&message), newer[i].code);
        for (int more = -12; more <= 80; more += 4) {
            if (more == 0) continue;
            memset(&message, 0, sizeof(message));
            make_request(&message, shape, place.task);
            message.header.msgh_size = (mach_msg_size_t)((int)shape->size + more);
            assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
        }
        // Complex without a descriptor, and with one, which ends (I12): the header's bit is enough.
        make_request(&message, shape, place.task);
        message.header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
        message.base.body.msgh_descriptor_count = 0;
        assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
        for (mach_msg_size_t size = 40; size <= 44; size += 4) {
            memset(&message, 0, sizeof(message));
            make_request(&message, shape, place.task);
            message.header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
            message.header.msgh_size = size;
            message.base.body.msgh_descriptor_count = 1;
            mach_msg_port_descriptor_t *port = port_at(&message, 28);
            memset(port, 0, sizeof(*port));
            port->name = place.witness;
            port->disposition = MAKE_SEND_ONCE;
            assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
            expect_send_once_notification(place.witness);
        }
        expect_no_message(place.witness);
        assert_int_equal(count_names_in(place.task), names);
    }
    leave_place(&place);
}

static void asserted_words_are_as_many_as_their_count_says(void **state) {
    (void)state;
    struct place place = enter_place();
    mach_port_name_t port = port_in_with(place.task, STRICTLY, GUARD);
    const mach_msg_type_number_t counts[] = {0, 1, 2, 3, 16, 17, 18, 0x40000000, 0x40000001, 0xfffffff5, 0xffffffff};
    for (mach_msg_type_number_t words = 0; words <= 19; words++) {
        for (size_t i = 0; i < COUNT_OF(counts) + 1; i++) {
            mach_msg_type_number_t count = i < COUNT_OF(counts) ? counts[i] : words;
            struct mig_message message;
            memset(&message, 0xff, sizeof(message)); // words beyond the guard are not looked at
            begin_request(&message, place.task, 3242, 44);
            message.header.msgh_size = 44 + 4 * words;
            set_word(&message, 32, port);
            set_word(&message, 36, MACH_PORT_GUARD_INFO);
            set_word(&message, 40, count);
            set_word(&message, 44, (uint32_t)GUARD);
            set_word(&message, 48, (uint32_t)(GUARD >> 32));
            kern_return_t code = words < 2 ? KERN_FAILURE : KERN_SUCCESS;
            assert_code(exchange_simple(&message), words == count && words <= 17 ? code : MIG_BAD_ARGUMENTS);
        }
    }
    // A stub does not even send more.
    integer_t many[18] = {0};
    assert_code(m_mach_port_assert_attributes(place.task, port, MACH_PORT_GUARD_INFO, many, 18), MIG_ARRAY_TOO_LARGE);
    assert_success(mach_port_destruct(place.task, port, 0, GUARD));
    leave_place(&place);
}

static void a_description_is_sixty_bytes_and_no_more(void **state) {
    (void)state;
    struct place place = enter_place();
    mach_port_name_t port = make_port_in(place.task);
    const mach_port_name_t names[] = {port, OWN_TASK};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        natural_t kind = UNSET;
        mach_vm_address_t object = UNSET;
        assert_success(mach_port_kobject(place.task, names[i], &kind, &object));
        struct mig_message message;
        begin_request(&message, place.task, 3239, 36);
        set_word(&message, 32, names[i]);
        assert_code(send_request(&message), MACH_MSG_SUCCESS);
        assert_code(receive_reply(reply_port, &message), MACH_MSG_SUCCESS);
        assert_int_equal(message.header.msgh_bits, MACH_MSGH_BITS(0, MOVE_SEND_ONCE));
        assert_int_equal(message.header.msgh_size, EMPTY_REPLY);
        assert_int_equal(message.header.msgh_id, 3339);
        assert_memory_equal(message.bytes + 24, &NDR_record, sizeof(NDR_record));
        assert_int_equal(word_at(&message, 32), KERN_SUCCESS);
        assert_int_equal(word_at(&message, 36), kind);
        assert_memory_equal(message.bytes + 40, &object, sizeof(object));
        assert_int_equal(word_at(&message, 48), 0); // the offset
        assert_int_equal(word_at(&message, 52), 1); // the count, of the text's end
        assert_int_equal(word_at(&message, 56), 0); // which is padded
        for (size_t j = EMPTY_REPLY + 8; j < sizeof(message); j++) assert_int_equal(message.bytes[j], UNTOUCHED);
    }
    leave_place(&place);
}

static void what_only_old_kernels_for_debugging_had_is_not_supported(void **state) {
    (void)state;
    struct place place = enter_place();
    mach_port_t port = make_port();
    const mach_port_name_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fff03, port, reply_port, OWN_TASK};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_code(m_mach_port_special_reply_port_reset_link(SELF, names[i]), KERN_NOT_SUPPORTED);
        assert_code(m_mach_port_special_reply_port_reset_link(place.task, names[i]), KERN_NOT_SUPPORTED);
    }
    leave_place(&place);
}

static void a_request_without_a_reply_port_does_its_work(void **state) {
    (void)state;
    struct place place = enter_place();
    mach_port_t handler = port_with_send();
    set_handler(SELF, handler);
    mach_port_name_t port = port_in_with(place.task, STRICTLY, GUARD);
    for (size_t i = 0; i < COUNT_OF(newer); i++) {
        struct mig_message message;
        make_request(&message, &newer[i].shape, place.task);
        message.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0);
        message.header.msgh_local_port = MACH_PORT_NULL;
        assert_code(send_request(&message), MACH_MSG_SUCCESS);
    }
    expect_no_message(handler);
    struct mig_message message;
    begin_request(&message, place.task, 3242, 52);
    message.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0);
    message.header.msgh_local_port = MACH_PORT_NULL;
    set_word(&message, 32, port);
    set_word(&message, 36, MACH_PORT_GUARD_INFO);
    set_word(&message, 40, MACH_PORT_GUARD_INFO_COUNT);
    assert_code(send_request(&message), MACH_MSG_SUCCESS);
    expect_violation(handler, port, kGUARD_EXC_INCORRECT_GUARD, GUARD);
    expect_no_message(handler);
    set_handler(SELF, MACH_PORT_NULL);
    destroy(handler);
    assert_success(mach_port_destruct(place.task, port, 0, GUARD));
    leave_place(&place);
}

// ---- Task arguments that are no task

// All routines with this task, by call or by message; a valid name, and arguments of which all else would be refused.
static void expect_from_all(bool by_message, task_t task, mach_port_name_t name, kern_return_t code,
                            kern_return_t unsupported) {
    const struct run of = {.call = by_message ? &message_calls : &direct_calls, .task = task}, *run = &of;
    const mach_port_name_t names[] = {name, MACH_PORT_NULL, MACH_PORT_DEAD};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        natural_t kind = UNSET;
        mach_vm_address_t object = UNSET;
        uint64_t policy = UNSET;
        integer_t words[2] = {0, 0};
        kobject_description_t text = "untouched";
        mach_service_port_info_data_t service, untouched;
        memset(&service, 0x5a, sizeof(service));
        untouched = service;
        assert_code(CALL(mach_port_kobject_description, names[i], &kind, &object, text), code);
        assert_code(CALL(mach_port_is_connection_for_service, names[i], name, &policy), code);
        assert_code(CALL(mach_port_is_connection_for_service, name, names[i], &policy), code);
        assert_code(CALL(mach_port_get_service_port_info, names[i], &service), code);
        assert_code(CALL(mach_port_assert_attributes, names[i], MACH_PORT_GUARD_INFO, words, 2), code);
        assert_code(CALL(mach_port_assert_attributes, names[i], MACH_PORT_GUARD_INFO, words, 0), code);
        assert_code(CALL(mach_port_assert_attributes, names[i], MACH_PORT_LIMITS_INFO, words, 1), code);
        if (by_message) assert_code(m_mach_port_special_reply_port_reset_link(task, names[i]), unsupported);
        assert_int_equal(kind, UNSET);
        assert_int_equal(object, UNSET);
        assert_int_equal(policy, UNSET);
        assert_string_equal(text, "untouched");
        assert_memory_equal(&service, &untouched, sizeof(service));
    }
}

static void a_name_that_is_no_task_has_no_names(void **state) {
    (void)state;
    open_reply_port();
    task_t ended = make_task();
    terminate(ended);
    mach_port_t dead = make_dead_name(1), port = make_port(), set = make_set(), other = port_with_send();
    const mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fff03, ended, dead, port, set};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct picture picture = take_picture();
        // Choices: the direct call has the routine's own code.
        expect_from_all(false, names[i], port, KERN_INVALID_TASK, 0);
        expect_from_all(true, names[i], port, MACH_SEND_INVALID_DEST, MACH_SEND_INVALID_DEST);
        assert_unchanged(picture);
    }
    expect_from_all(false, other, port, KERN_INVALID_TASK, 0);
    destroy(ended);
    destroy(dead);
    destroy(port);
    destroy(set);
    destroy(other);
    close_reply_port();
}

static void a_kernel_port_that_is_no_task_has_no_names(void **state) {
    (void)state;
    open_reply_port();
    mach_port_t task_name = MACH_PORT_NULL, port = make_port();
    assert_success(task_get_special_port(SELF, 3, &task_name)); // TASK_NAME_PORT
    const mach_port_t names[] = {mach_thread_self(), mach_host_self(), task_name};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        expect_from_all(false, names[i], port, KERN_INVALID_TASK, 0);
        expect_from_all(true, names[i], port, KERN_INVALID_TASK, KERN_NOT_SUPPORTED);
        // The form is looked at before the port.
        for (size_t j = 0; j < COUNT_OF(newer); j++) {
            struct mig_message message;
            memset(&message, 0, sizeof(message));
            make_request(&message, &newer[j].shape, names[i]);
            message.header.msgh_size += 4;
            assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
        }
        assert_success(mach_port_deallocate(SELF, names[i]));
    }
    destroy(port);
    close_reply_port();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(the_newest_routines_are_the_same_by_message),
        TASK_TEST(codes_come_in_the_same_order_by_message),
        TASK_TEST(kernel_ports_have_their_kind_and_no_text),
        TASK_TEST(calls_need_a_place_for_what_they_return),
        TASK_TEST(an_assertion_that_fails_is_a_violation_of_the_callers),
        TASK_TEST(a_request_of_another_form_is_a_bad_argument),
        TASK_TEST(asserted_words_are_as_many_as_their_count_says),
        TASK_TEST(a_description_is_sixty_bytes_and_no_more),
        TASK_TEST(what_only_old_kernels_for_debugging_had_is_not_supported),
        TASK_TEST(a_request_without_a_reply_port_does_its_work),
        TASK_TEST(a_name_that_is_no_task_has_no_names),
        TASK_TEST(a_kernel_port_that_is_no_task_has_no_names),
    };
    return TASK_RUN(tests);
}

// The task argument, the name and the output pointers of every call: each bad one has its code, and nothing changes.
#include "support.h"

// What the calls work on, and what they must leave alone: outputs are filled with a pattern before each call.
static struct { mach_port_t port, set; } fixture;

static union outputs {
    struct {
        mach_port_name_array_t names;
        mach_port_type_array_t types;
        mach_msg_type_number_t count, second_count;
        mach_port_t name;
        mach_port_type_t type;
        mach_port_urefs_t refs;
        mach_msg_type_name_t disposition;
        mach_port_seqno_t sequence;
        mach_msg_size_t size;
        mach_msg_id_t id;
        mach_msg_max_trailer_t trailer;
        mach_port_context_t context;
        integer_t info[32];
        mach_port_rights_t rights;
        natural_t kind;
        mach_vm_address_t address;
        unsigned first, second;
        ipc_info_space_t space;
        ipc_info_name_array_t slots;
        ipc_info_tree_name_array_t tree;
        ipc_info_space_basic_t basic;
    };
    unsigned char bytes[1024];
} out, untouched;

static void fill_outputs(void) {
    memset(&out, 0x5a, sizeof(out));
    out.count = 32; // room for every trailer and flavor
    memcpy(&untouched, &out, sizeof(out));
}

// Each call with valid arguments except those given: a task, or a name of the calling task.
static kern_return_t call_names(mach_port_t task, mach_port_name_t name) {
    (void)name;
    return mach_port_names(task, &out.names, &out.count, &out.types, &out.second_count);
}
static kern_return_t call_type(mach_port_t task, mach_port_name_t name) {
    return mach_port_type(task, name, &out.type);
}
static kern_return_t call_rename(mach_port_t task, mach_port_name_t name) {
    return mach_port_rename(task, name, 0x12303);
}
static kern_return_t call_allocate_name(mach_port_t task, mach_port_name_t name) {
    (void)name;
    return mach_port_allocate_name(task, MACH_PORT_RIGHT_RECEIVE, 0x12303);
}
static kern_return_t call_allocate(mach_port_t task, mach_port_name_t name) {
    (void)name;
    return mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &out.name);
}
static kern_return_t call_allocate_qos(mach_port_t task, mach_port_name_t name) {
    (void)name;
    mach_port_qos_t qos = {0};
    return mach_port_allocate_qos(task, MACH_PORT_RIGHT_RECEIVE, &qos, &out.name);
}
static kern_return_t call_allocate_full(mach_port_t task, mach_port_name_t name) {
    (void)name;
    mach_port_qos_t qos = {0};
    return mach_port_allocate_full(task, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_NULL, &qos, &out.name);
}
static kern_return_t call_destroy(mach_port_t task, mach_port_name_t name) { return mach_port_destroy(task, name); }
static kern_return_t call_deallocate(mach_port_t task, mach_port_name_t name) {
    return mach_port_deallocate(task, name);
}
static kern_return_t call_get_refs(mach_port_t task, mach_port_name_t name) {
    return mach_port_get_refs(task, name, MACH_PORT_RIGHT_SEND, &out.refs);
}
static kern_return_t call_mod_refs(mach_port_t task, mach_port_name_t name) {
    return mach_port_mod_refs(task, name, MACH_PORT_RIGHT_RECEIVE, -1);
}
static kern_return_t call_peek(mach_port_t task, mach_port_name_t name) {
    return mach_port_peek(task, name, 0, &out.sequence, &out.size, &out.id, (mach_msg_trailer_info_t)&out.trailer,
                          &out.count);
}
static kern_return_t call_set_mscount(mach_port_t task, mach_port_name_t name) {
    return mach_port_set_mscount(task, name, 8);
}
static kern_return_t call_set_seqno(mach_port_t task, mach_port_name_t name) {
    return mach_port_set_seqno(task, name, 8);
}
static kern_return_t call_get_context(mach_port_t task, mach_port_name_t name) {
    return mach_port_get_context(task, name, &out.context);
}
static kern_return_t call_set_context(mach_port_t task, mach_port_name_t name) {
    return mach_port_set_context(task, name, 8);
}
static kern_return_t call_get_set_status(mach_port_t task, mach_port_name_t name) {
    return mach_port_get_set_status(task, name, &out.names, &out.count);
}
static kern_return_t call_move_member(mach_port_t task, mach_port_name_t name) {
    return mach_port_move_member(task, name, fixture.set);
}
static kern_return_t call_insert_member(mach_port_t task, mach_port_name_t name) {
    return mach_port_insert_member(task, name, fixture.set);
}
static kern_return_t call_extract_member(mach_port_t task, mach_port_name_t name) {
    return mach_port_extract_member(task, name, fixture.set);
}
static kern_return_t call_insert_right(mach_port_t task, mach_port_name_t name) {
    return mach_port_insert_right(task, fixture.port, name, MACH_MSG_TYPE_MAKE_SEND);
}
static kern_return_t call_extract_right(mach_port_t task, mach_port_name_t name) {
    return mach_port_extract_right(task, name, MACH_MSG_TYPE_MAKE_SEND, &out.name, &out.disposition);
}
static kern_return_t call_get_attributes(mach_port_t task, mach_port_name_t name) {
    return mach_port_get_attributes(task, name, MACH_PORT_RECEIVE_STATUS, out.info, &out.count);
}
static kern_return_t call_set_attributes(mach_port_t task, mach_port_name_t name) {
    integer_t limit = 8;
    return mach_port_set_attributes(task, name, MACH_PORT_LIMITS_INFO, &limit, 1);
}
static kern_return_t call_get_srights(mach_port_t task, mach_port_name_t name) {
    return mach_port_get_srights(task, name, &out.rights);
}
static kern_return_t call_kobject(mach_port_t task, mach_port_name_t name) {
    return mach_port_kobject(task, name, &out.kind, &out.address);
}
static kern_return_t call_kernel_object(mach_port_t task, mach_port_name_t name) {
    return mach_port_kernel_object(task, name, &out.first, &out.second);
}
static kern_return_t call_dnrequest_info(mach_port_t task, mach_port_name_t name) {
    return mach_port_dnrequest_info(task, name, &out.first, &out.second);
}
static kern_return_t call_space_info(mach_port_t task, mach_port_name_t name) {
    (void)name;
    return mach_port_space_info(task, &out.space, &out.slots, &out.count, &out.tree, &out.second_count);
}
static kern_return_t call_space_basic_info(mach_port_t task, mach_port_name_t name) {
    (void)name;
    return mach_port_space_basic_info(task, &out.basic);
}
static kern_return_t call_set_port_space(mach_port_t task, mach_port_name_t name) {
    (void)name;
    return task_set_port_space(task, 100);
}

// The codes for a name that is null, dead, unknown; NO_NAME where the call has none.
enum { NO_NAME = -1 };
static const struct {
    const char *title;
    kern_return_t (*call)(mach_port_t task, mach_port_name_t name);
    kern_return_t null, dead, unknown;
} calls[] = {
    {"names", call_names, NO_NAME, NO_NAME, NO_NAME},
    {"type", call_type, KERN_INVALID_NAME, KERN_SUCCESS, KERN_INVALID_NAME},             // R13
    {"rename", call_rename, KERN_NOT_SUPPORTED, KERN_NOT_SUPPORTED, KERN_NOT_SUPPORTED}, // N7
    {"allocate_name", call_allocate_name, NO_NAME, NO_NAME, NO_NAME},
    {"allocate", call_allocate, NO_NAME, NO_NAME, NO_NAME},
    {"allocate_qos", call_allocate_qos, NO_NAME, NO_NAME, NO_NAME},
    {"allocate_full", call_allocate_full, NO_NAME, NO_NAME, NO_NAME},
    {"destroy", call_destroy, KERN_SUCCESS, KERN_SUCCESS, KERN_INVALID_NAME},                                 // R10
    {"deallocate", call_deallocate, KERN_SUCCESS, KERN_SUCCESS, KERN_INVALID_NAME},                           // R9
    {"get_refs", call_get_refs, KERN_SUCCESS, KERN_SUCCESS, KERN_INVALID_NAME},                               // R1
    {"mod_refs", call_mod_refs, KERN_INVALID_NAME, KERN_INVALID_NAME, KERN_INVALID_NAME},                     // R2
    {"peek", call_peek, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT, KERN_INVALID_NAME},                           // R14
    {"set_mscount", call_set_mscount, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT, KERN_INVALID_NAME},             // R14
    {"set_seqno", call_set_seqno, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT, KERN_INVALID_NAME},                 // R14
    {"get_context", call_get_context, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT, KERN_INVALID_NAME},             // R14
    {"set_context", call_set_context, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT, KERN_INVALID_NAME},             // R14
    {"get_set_status", call_get_set_status, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT, KERN_INVALID_NAME},       // P6
    {"move_member", call_move_member, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT, KERN_INVALID_NAME},             // P2
    {"insert_member", call_insert_member, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT, KERN_INVALID_NAME},         // P8
    {"extract_member", call_extract_member, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT, KERN_INVALID_NAME},       // P8
    {"insert_right", call_insert_right, KERN_INVALID_CAPABILITY, KERN_INVALID_CAPABILITY, KERN_INVALID_NAME}, // I2
    {"extract_right", call_extract_right, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT, KERN_INVALID_NAME},         // I7
    {"get_attributes", call_get_attributes, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT, KERN_INVALID_NAME},       // Q8
    {"set_attributes", call_set_attributes, KERN_INVALID_RIGHT, KERN_INVALID_RIGHT, KERN_INVALID_NAME},       // Q12
    {"get_srights", call_get_srights, KERN_INVALID_NAME, KERN_INVALID_NAME, KERN_INVALID_NAME},               // R19
    {"kobject", call_kobject, KERN_INVALID_NAME, KERN_INVALID_NAME, KERN_INVALID_NAME},                       // R19
    {"kernel_object", call_kernel_object, KERN_INVALID_NAME, KERN_INVALID_NAME, KERN_INVALID_NAME},           // R19
    {"dnrequest_info", call_dnrequest_info, KERN_INVALID_NAME, KERN_INVALID_NAME, KERN_INVALID_NAME},         // R19
    {"space_info", call_space_info, NO_NAME, NO_NAME, NO_NAME},
    {"space_basic_info", call_space_basic_info, NO_NAME, NO_NAME, NO_NAME},
    {"set_port_space", call_set_port_space, NO_NAME, NO_NAME, NO_NAME},
};

static void check(size_t which, mach_port_t task, mach_port_name_t name, kern_return_t code) {
    struct picture picture = take_picture();
    fill_outputs();
    kern_return_t got = calls[which].call(task, name);
    if (got != code) print_error("mach_port call %s, task 0x%x, name 0x%x\n", calls[which].title, task, name);
    assert_code(got, code);
    if (code != KERN_SUCCESS) assert_memory_equal(&out, &untouched, sizeof(out));
    assert_unchanged(picture);
}

static void a_task_that_is_none_is_an_invalid_task(void **state) {
    (void)state;
    fixture.port = make_port();
    fixture.set = make_set();
    put_in_set(fixture.port, fixture.set);
    mach_port_t carrier, host = mach_host_self(), thread = mach_thread_self(), dead = make_dead_name(2),
                         send = make_send_only(1, &carrier);
    mach_port_t once = make_send_once(fixture.port), unnoticed_carrier,
                unnoticed = make_send_only(1, &unnoticed_carrier);
    destroy(unnoticed_carrier);
    mach_port_t tasks[] = {MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03, 1,    0x102, 0x107, fixture.port,
                           fixture.set,    host,           thread,     dead, send,  once,  unnoticed};
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        for (size_t j = 0; j < COUNT_OF(tasks); j++) {
            // rename answers the same to everyone: it looks at none of its arguments (N7).
            kern_return_t code = calls[i].call == call_rename ? KERN_NOT_SUPPORTED : KERN_INVALID_TASK; // Choices
            check(i, tasks[j], fixture.port, code);
            // The task comes before the name.
            check(i, tasks[j], MACH_PORT_NULL, code);
            check(i, tasks[j], MACH_PORT_DEAD, code);
            check(i, tasks[j], 0x7fffff03, code);
        }
    }
    assert_true(is_member(fixture.port, fixture.set));
    assert_success(mach_port_deallocate(SELF, host));
    assert_success(mach_port_deallocate(SELF, thread));
    mach_port_t all[] = {fixture.port, once, fixture.set, dead, send, carrier, unnoticed};
    for (size_t i = 0; i < COUNT_OF(all); i++) destroy(all[i]);
}

static void a_name_that_is_none_has_its_code(void **state) {
    (void)state;
    fixture.port = make_port();
    fixture.set = make_set();
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        if (calls[i].null == NO_NAME) continue;
        for (size_t j = 0; j < edge_value_count; j++) {
            mach_port_name_t name = edge_values[j];
            kern_return_t code = name == MACH_PORT_NULL   ? calls[i].null
                                 : name == MACH_PORT_DEAD ? calls[i].dead
                                                          : calls[i].unknown;
            check(i, SELF, name, code);
        }
        check(i, SELF, fixture.port + 4, calls[i].unknown);
        check(i, SELF, fixture.port ^ 1, calls[i].unknown);
        check(i, SELF, fixture.port ^ 2, calls[i].unknown);
    }
    destroy(fixture.port);
    destroy(fixture.set);
}

static void a_null_output_is_an_invalid_argument(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    mach_port_qos_t qos = {0}, named = {.name = 1}, preallocated = {.prealloc = 1, .len = 64};
    mach_msg_trailer_info_t trailer = (mach_msg_trailer_info_t)&out.trailer;
    assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, 1), MACH_MSG_SUCCESS); // something for peek to find
    struct picture picture = take_picture();
    fill_outputs();
    mach_port_right_t rights[] = {MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_PORT_SET, MACH_PORT_RIGHT_DEAD_NAME};
    for (size_t i = 0; i < COUNT_OF(rights); i++) {
        assert_code(mach_port_allocate(SELF, rights[i], NULL), KERN_INVALID_ARGUMENT);
        assert_code(mach_port_allocate_qos(SELF, rights[i], &qos, NULL), KERN_INVALID_ARGUMENT);
        assert_code(mach_port_allocate_qos(SELF, rights[i], NULL, &out.name), KERN_INVALID_ARGUMENT);
        assert_code(mach_port_allocate_full(SELF, rights[i], MACH_PORT_NULL, &qos, NULL), KERN_INVALID_ARGUMENT);
        assert_code(mach_port_allocate_full(SELF, rights[i], MACH_PORT_NULL, &named, NULL), KERN_INVALID_ARGUMENT);
        assert_code(mach_port_allocate_full(SELF, rights[i], MACH_PORT_NULL, NULL, &out.name), KERN_INVALID_ARGUMENT);
    }
    assert_code(mach_port_allocate_full(SELF, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_NULL, &preallocated, NULL),
                KERN_INVALID_ARGUMENT);
    assert_code(mach_port_type(SELF, port, NULL), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_get_refs(SELF, port, MACH_PORT_RIGHT_SEND, NULL), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_get_refs(SELF, MACH_PORT_NULL, MACH_PORT_RIGHT_SEND, NULL), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_peek(SELF, port, 0, NULL, &out.size, &out.id, trailer, &out.count), KERN_INVALID_ARGUMENT);
    assert_code(mach_port_peek(SELF, port, 0, &out.sequence, NULL, &out.id, trailer, &out.count),
                KERN_INVALID_ARGUMENT);
    assert_code(mach_port_peek(SELF, port, 0, &out.sequence, &out.size, NULL, trailer, &out.count),
                KERN_INVALID_ARGUMENT);
    assert_code(mach_port_peek(SELF, port, 0, &out.sequence, &out.size, &out.id, NULL, &out.count),
                KERN_INVALID_ARGUMENT);
    assert_code(mach_port_peek(SELF, port, 0, &out.sequence, &out.size, &out.id, trailer, NULL), KERN_INVALID_ARGUMENT);
    assert_memory_equal(&out, &untouched, sizeof(out));
    assert_unchanged(picture);
    destroy(port);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_task_that_is_none_is_an_invalid_task),
        TEST(a_name_that_is_none_has_its_code),
        TEST(a_null_output_is_an_invalid_argument),
    };
    return RUN(tests);
}

// Routines of tasks and threads that are declared and not supported, or only fail: the same code for whatever is passed, by call and by message, and what a request carried ends. Rows J21, J22, U14.
#include "information_support.h"

#include <mach/processor_set.h>

// Calls with nothing, and with things that are there: nothing is written.
#define EXPECT_BOTH(code, with_nothing, with_things)                                                                   \
    do {                                                                                                               \
        assert_code(with_nothing, code);                                                                               \
        assert_code(with_things, code);                                                                                \
    } while (0)

static mach_port_t thread, port;

// J21, U14
static void calls_say_so_whatever_is_passed(void **state) {
    (void)state;
    const kern_return_t none = KERN_NOT_SUPPORTED, failure = KERN_FAILURE;
    integer_t words[8] = {1};
    natural_t registers[THREAD_STATE_MAX] = {1};
    mach_msg_type_number_t count = 4;
    mach_port_t out = 0x5a5a;
    emulation_vector_t vector = NULL;
    int number = 0x5a5a;
    EXPECT_BOTH(none, task_suspend(0), task_suspend(SELF));
    EXPECT_BOTH(none, task_resume(0), task_resume(SELF));
    EXPECT_BOTH(none, task_suspend2(0, NULL), task_suspend2(SELF, &out));
    EXPECT_BOTH(none, task_resume2(0), task_resume2(port));
    EXPECT_BOTH(none, thread_create(0, NULL), thread_create(SELF, &out));
    EXPECT_BOTH(none, thread_create_running(0, 0, NULL, 0, NULL), thread_create_running(SELF, 1, registers, 4, &out));
    EXPECT_BOTH(none, task_get_state(0, 0, NULL, NULL), task_get_state(SELF, 1, registers, &count));
    EXPECT_BOTH(none, task_set_state(0, 0, NULL, 0), task_set_state(SELF, 1, registers, 4));
    EXPECT_BOTH(none, task_sample(0, 0), task_sample(SELF, port));
    EXPECT_BOTH(none, task_set_emulation(0, 0, 0), task_set_emulation(SELF, 1, 1));
    EXPECT_BOTH(none, task_get_emulation_vector(0, NULL, NULL, NULL),
                task_get_emulation_vector(SELF, &number, &vector, &count));
    EXPECT_BOTH(none, task_set_emulation_vector(0, 0, NULL, 0), task_set_emulation_vector(SELF, 1, vector, 1));
    EXPECT_BOTH(none, task_set_phys_footprint_limit(0, 0, NULL), task_set_phys_footprint_limit(SELF, -1, &number));
    EXPECT_BOTH(failure, task_policy(0, 0, NULL, 0, 0, 0), task_policy(SELF, POLICY_RR, words, 2, TRUE, TRUE));
    EXPECT_BOTH(failure, task_set_policy(0, 0, 0, NULL, 0, NULL, 0, 0),
                task_set_policy(SELF, port, POLICY_RR, words, 2, words, 1, TRUE));
    EXPECT_BOTH(failure, task_assign(0, 0, 0), task_assign(SELF, port, TRUE));
    EXPECT_BOTH(failure, task_assign_default(0, 0), task_assign_default(SELF, TRUE));
    EXPECT_BOTH(failure, task_set_ras_pc(0, 0, 0), task_set_ras_pc(SELF, 1, 1));

    EXPECT_BOTH(none, thread_terminate(0), thread_terminate(thread));
    EXPECT_BOTH(none, act_get_state(0, 0, NULL, NULL), act_get_state(thread, 1, registers, &count));
    EXPECT_BOTH(none, act_set_state(0, 0, NULL, 0), act_set_state(thread, 1, registers, 4));
    EXPECT_BOTH(none, thread_get_state(0, 0, NULL, NULL), thread_get_state(thread, 1, registers, &count));
    EXPECT_BOTH(none, thread_set_state(0, 0, NULL, 0), thread_set_state(thread, 1, registers, 4));
    EXPECT_BOTH(none, thread_suspend(0), thread_suspend(thread));
    EXPECT_BOTH(none, thread_resume(0), thread_resume(thread));
    EXPECT_BOTH(none, thread_abort(0), thread_abort(thread));
    EXPECT_BOTH(none, thread_abort_safely(0), thread_abort_safely(thread));
    EXPECT_BOTH(none, thread_policy(0, 0, NULL, 0, 0), thread_policy(thread, POLICY_TIMESHARE, words, 1, TRUE));
    EXPECT_BOTH(none, thread_set_policy(0, 0, 0, NULL, 0, NULL, 0),
                thread_set_policy(thread, port, POLICY_RR, words, 2, words, 1));
    EXPECT_BOTH(none, thread_sample(0, 0), thread_sample(thread, port));
    EXPECT_BOTH(none, etap_trace_thread(0, 0), etap_trace_thread(thread, TRUE));
    EXPECT_BOTH(failure, thread_assign(0, 0), thread_assign(thread, port));
    EXPECT_BOTH(failure, thread_assign_default(0), thread_assign_default(thread));
    assert_true(out == 0x5a5a && number == 0x5a5a && count == 4 && vector == NULL && words[0] == 1);
    assert_int_equal(registers[0], 1);
}

// ---- By message

enum carried_by { PLAIN, ONE_RIGHT, MEMORY };
struct form {
    mach_msg_id_t id;
    enum carried_by carried;
    mach_msg_size_t size;   // without an element of its array
    mach_msg_size_t behind; // bytes behind the array
    unsigned most;          // elements; 0: no array
    kern_return_t code;
};

static const struct form task_forms[] = {
    {3407, PLAIN, 24, 0, 0, KERN_NOT_SUPPORTED},     {3408, PLAIN, 24, 0, 0, KERN_NOT_SUPPORTED},
    {3411, PLAIN, 24, 0, 0, KERN_NOT_SUPPORTED},     {3412, PLAIN, 40, 0, THREAD_STATE_MAX, KERN_NOT_SUPPORTED},
    {3422, ONE_RIGHT, 40, 0, 0, KERN_NOT_SUPPORTED}, {3423, PLAIN, 48, 8, 5, KERN_FAILURE},
    {3424, PLAIN, 44, 0, 0, KERN_NOT_SUPPORTED},     {3425, PLAIN, 24, 0, 0, KERN_NOT_SUPPORTED},
    {3426, MEMORY, 60, 0, 0, KERN_NOT_SUPPORTED},    {3427, PLAIN, 48, 0, 0, KERN_FAILURE},
    {3429, ONE_RIGHT, 52, 0, 0, KERN_FAILURE},       {3430, PLAIN, 36, 0, 0, KERN_FAILURE},
    {3433, PLAIN, 40, 0, 0, KERN_NOT_SUPPORTED},     {3434, PLAIN, 40, 0, THREAD_STATE_MAX, KERN_NOT_SUPPORTED},
    {3435, PLAIN, 36, 0, 0, KERN_NOT_SUPPORTED},     {3436, PLAIN, 24, 0, 0, KERN_NOT_SUPPORTED},
    {3437, PLAIN, 24, 0, 0, KERN_NOT_SUPPORTED},
};
static const struct form thread_forms[] = {
    {3600, PLAIN, 24, 0, 0, KERN_NOT_SUPPORTED},
    {3601, PLAIN, 40, 0, 0, KERN_NOT_SUPPORTED},
    {3602, PLAIN, 40, 0, THREAD_STATE_MAX, KERN_NOT_SUPPORTED},
    {3603, PLAIN, 40, 0, 0, KERN_NOT_SUPPORTED},
    {3604, PLAIN, 40, 0, THREAD_STATE_MAX, KERN_NOT_SUPPORTED},
    {3605, PLAIN, 24, 0, 0, KERN_NOT_SUPPORTED},
    {3606, PLAIN, 24, 0, 0, KERN_NOT_SUPPORTED},
    {3607, PLAIN, 24, 0, 0, KERN_NOT_SUPPORTED},
    {3608, PLAIN, 24, 0, 0, KERN_NOT_SUPPORTED},
    {3616, PLAIN, 44, 4, 5, KERN_NOT_SUPPORTED},
    {3619, ONE_RIGHT, 40, 0, 0, KERN_NOT_SUPPORTED},
    {3620, PLAIN, 36, 0, 0, KERN_NOT_SUPPORTED},
    {3621, ONE_RIGHT, 40, 0, 0, KERN_FAILURE},
    {3622, PLAIN, 24, 0, 0, KERN_FAILURE},
};

// A well-formed request with so many elements; what it carries is copied from `port`.
static void make(struct mig_message *message, const struct form *form, mach_port_t to, unsigned elements) {
    size_t size = form->size + 4 * elements;
    begin_request(message, to, form->id, size);
    size_t at = 24;
    if (form->carried != PLAIN) {
        message->header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
        message->base.body.msgh_descriptor_count = 1;
        at = 28;
    }
    if (form->carried == ONE_RIGHT) {
        mach_msg_port_descriptor_t *right = port_at(message, at);
        right->name = port;
        right->disposition = MAKE_SEND;
        right->type = MACH_MSG_PORT_DESCRIPTOR;
        at += 12;
    }
    if (form->carried == MEMORY) {
        mach_msg_ool_descriptor_t *memory = (void *)(message->bytes + at);
        memory->address = (void *)(uintptr_t)message;
        memory->size = 16;
        memory->copy = MACH_MSG_VIRTUAL_COPY;
        memory->type = MACH_MSG_OOL_DESCRIPTOR;
        at += 16;
    }
    if (size > at) memcpy(message->bytes + at, &NDR_record, sizeof(NDR_record));
    if (form->most > 0) set_word(message, form->size - form->behind - 4, elements);
}

static void answers(const struct form *form, mach_port_t to) {
    struct mig_message message;
    const unsigned elements[] = {0, 1, form->most};
    for (unsigned i = 0; i < (form->most > 0 ? 3 : 1); i++) {
        make(&message, form, to, elements[i]);
        assert_code(exchange_simple(&message), form->code);
    }
    assert_int_equal(status(port).mps_srights, 1); // with the send right that it has anyway
    // Other forms.
    make(&message, form, to, 0);
    message.header.msgh_size += 4;
    assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
    if (form->size > 24) {
        make(&message, form, to, 0);
        message.header.msgh_size -= 4;
        if (form->carried == PLAIN) assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
    }
    if (form->most > 0) {
        make(&message, form, to, 1);
        set_word(&message, form->size - form->behind - 4, 2);
        assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
        make(&message, form, to, form->most + 1);
        assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
    }
    if (form->carried == ONE_RIGHT) {
        make(&message, form, to, 0);
        port_at(&message, 28)->disposition = MAKE_SEND_ONCE;
        assert_code(exchange_simple(&message), MIG_TYPE_ERROR);
        expect_send_once_notification(port);
    }
    assert_int_equal(status(port).mps_srights, 1);
}

// J22, U14
static void messages_say_so_too(void **state) {
    (void)state;
    mach_port_t host = mach_host_self();
    for (size_t i = 0; i < COUNT_OF(task_forms); i++) {
        answers(&task_forms[i], SELF);
        answers(&task_forms[i], host);
    }
    for (size_t i = 0; i < COUNT_OF(thread_forms); i++) {
        answers(&thread_forms[i], thread);
        answers(&thread_forms[i], SELF);
    }
    assert_success(mach_port_deallocate(SELF, host));
}

// J22
static void the_rest_of_the_subsystems_is_unknown(void **state) {
    (void)state;
    const mach_msg_id_t ids[] = {3428, 3432, 3438, 3442, 3451, 3454, 3456, 3459, 3499, 3624, 3628, 3699};
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        struct mig_message message;
        begin_request(&message, ids[i] < 3600 ? SELF : thread, ids[i], 24);
        assert_code(exchange_simple(&message), MIG_BAD_ID);
    }
}

// J21, U14
static void there_is_one_set_of_processors(void **state) {
    (void)state;
    mach_port_t host = mach_host_self(), set = MACH_PORT_NULL, got = MACH_PORT_NULL;
    assert_success(processor_set_default(host, &set));
    const mach_port_urefs_t before = refs(set, MACH_PORT_RIGHT_SEND);
    assert_success(task_get_assignment(SELF, &got));
    assert_int_equal(got, set);
    assert_success(thread_get_assignment(thread, &got));
    assert_int_equal(got, set);
    const mach_port_t to[] = {SELF, thread};
    const mach_msg_id_t ids[] = {3431, 3623};
    for (size_t i = 0; i < 2; i++) {
        struct mig_message message;
        begin_request(&message, to[i], ids[i], 24);
        assert_code(exchange(&message, 40, 40, 1), KERN_SUCCESS);
        assert_int_equal(port_at(&message, 28)->name, set);
        begin_request(&message, host, ids[i], 24);
        assert_code(exchange_simple(&message), i == 0 ? KERN_FAILURE : KERN_INVALID_ARGUMENT);
    }
    assert_int_equal(refs(set, MACH_PORT_RIGHT_SEND), before + 4);
    got = 0x5a5a;
    assert_code(task_get_assignment(MACH_PORT_NULL, &got), KERN_FAILURE);
    assert_code(task_get_assignment(thread, &got), KERN_FAILURE);
    assert_code(thread_get_assignment(MACH_PORT_NULL, &got), KERN_INVALID_ARGUMENT);
    assert_code(thread_get_assignment(SELF, &got), KERN_INVALID_ARGUMENT);
    assert_int_equal(got, 0x5a5a);
    assert_code(task_get_assignment(SELF, NULL), KERN_INVALID_ARGUMENT);
    assert_code(thread_get_assignment(thread, NULL), KERN_INVALID_ARGUMENT);
    assert_success(mach_port_mod_refs(SELF, set, MACH_PORT_RIGHT_SEND, -5));
    assert_success(mach_port_deallocate(SELF, host));
}

static int warm_up(void **state) {
    int result = information_warm_up(state);
    thread = mach_thread_self();
    port = port_with_send();
    return result;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(calls_say_so_whatever_is_passed),
        TASK_TEST(messages_say_so_too),
        TASK_TEST(there_is_one_set_of_processors),
        TASK_TEST(the_rest_of_the_subsystems_is_unknown),
    };
    return cmocka_run_group_tests(tests, warm_up, NULL);
}

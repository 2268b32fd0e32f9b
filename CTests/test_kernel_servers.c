// Requests to kernel ports: what is wrong with one and what becomes of what it carried, the reply as a message like any other, and many of them. Rows I12, C1, C3, D3, D4, Q3, Q4, S12, T17, T21, V8, V13, X3; MIG's own checks are those of its generated servers.
#include "mig_support.h"

#include <sys/mman.h>

#define UNSET 0x5a5a5a5a

// ---- Places for requests

// The calling thread acts as `caller` and can name a port of each kind; what requests do, they do to `task`.
struct place {
    task_t caller, outer; // as the process's task names them
    task_t task, task_name;
    mach_port_t host, thread, witness;
};

static struct place enter_place(void) {
    struct place it = {make_task(), make_task(), 0, 0, 0, 0, 0};
    it.task = give(it.caller, it.outer, COPY_SEND);
    enter(it.caller);
    open_reply_port();
    it.host = mach_host_self();
    it.thread = mach_thread_self();
    assert_success(task_get_special_port(it.task, 3, &it.task_name)); // TASK_NAME_PORT
    it.witness = make_port();
    return it;
}

static void leave_place(struct place *it) {
    leave();
    end_task(it->caller);
    if (type(it->outer) == MACH_PORT_TYPE_DEAD_NAME)
        destroy(it->outer);
    else
        end_task(it->outer);
    reply_port = MACH_PORT_NULL;
}

static mach_port_t port_for(const struct place *place, const struct shape *shape) {
    if (shape->receiver == TO_THREAD) return place->thread;
    return shape->receiver == TO_HOST ? place->host : place->task;
}

// Lets the descriptor carry a send-once right to the witness, a kind that no routine but one takes.
static void carry_send_once(struct mig_message *message, const struct place *place) {
    port_at(message, 28)->name = place->witness;
    port_at(message, 28)->disposition = MAKE_SEND_ONCE;
}

// The same in an array, or nothing for memory.
static void carry_something(struct mig_message *message, const struct shape *shape, const struct place *place) {
    if (shape->carried == ONE_PORT) carry_send_once(message, place);
    if (shape->carried != ONE_ARRAY) return;
    mach_msg_ool_ports_descriptor_t *array = (mach_msg_ool_ports_descriptor_t *)(message->bytes + 28);
    array->address = (void *)(uintptr_t)&place->witness;
    array->count = 1;
    array->disposition = MAKE_SEND_ONCE;
}

// As many send-once rights to the witness have ended, and nothing else has happened to it.
static void expect_ended(const struct place *place, unsigned count) {
    for (unsigned i = 0; i < count; i++) expect_send_once_notification(place->witness); // I12
    expect_no_message(place->witness);
    mach_port_status_t now = status(place->witness);
    assert_int_equal(now.mps_sorights, 0);
    assert_false(now.mps_srights);
}

// What the routine could have changed in its task.
struct effects {
    uint64_t names, tasks, ports, messages, regions;
};

static struct effects effects_now(const struct place *place) {
    mach_linux_statistics_data_t now;
    mach_linux_statistics(&now);
    return (struct effects){count_names_in(place->task), now.tasks, now.ports, now.messages, now.memory_regions};
}

static void expect_effects(struct effects before, const struct place *place, const char *what) {
    struct effects now = effects_now(place);
    if (memcmp(&before, &now, sizeof(now)) == 0) return;
    fail_msg("%s changed something: names %llu to %llu, tasks %llu to %llu, ports %llu to %llu, messages %llu to %llu, "
             "regions %llu to %llu",
             what, (unsigned long long)before.names, (unsigned long long)now.names, (unsigned long long)before.tasks,
             (unsigned long long)now.tasks, (unsigned long long)before.ports, (unsigned long long)now.ports,
             (unsigned long long)before.messages, (unsigned long long)now.messages, (unsigned long long)before.regions,
             (unsigned long long)now.regions);
}

static bool is_mig_code(kern_return_t code) { return code <= -300 && code >= -309; }

// The request must be answered with this code, and change nothing; `ended` rights to the witness come back.
static void expect_answer(const char *what, struct mig_message *message, const struct shape *shape,
                          const struct place *place, kern_return_t code, unsigned ended) {
    struct effects before = effects_now(place);
    kern_return_t got = exchange_simple(message);
    if (got != code) fail_msg("%s, %s: code %d (0x%x), should be %d", shape->name, what, got, got, code);
    expect_ended(place, ended);
    expect_effects(before, place, what);
}

// ---- Requests with something wrong

static void every_routine_answers_a_well_formed_request(void **state) {
    (void)state;
    for (size_t i = 0; i < shape_count; i++) {
        struct place place = enter_place();
        struct mig_message message;
        make_request(&message, &shapes[i], port_for(&place, &shapes[i]));
        assert_code(send_request(&message), MACH_MSG_SUCCESS);
        assert_code(receive_reply(reply_port, &message), MACH_MSG_SUCCESS);
        assert_int_equal(message.header.msgh_id, shapes[i].id + 100);
        if (!(message.header.msgh_bits & MACH_MSGH_BITS_COMPLEX) && is_mig_code(message.error.RetCode))
            fail_msg("%s: code %d", shapes[i].name, message.error.RetCode);
        if (shapes[i].id == 3400) terminate(port_at(&message, 28)->name);
        mach_msg_destroy(&message.header);
        leave_place(&place);
    }
}

static void a_request_of_another_size_is_a_bad_argument(void **state) {
    (void)state;
    struct place place = enter_place();
    for (size_t i = 0; i < shape_count; i++) {
        const struct shape *shape = &shapes[i];
        for (int more = -8; more <= 8; more += 4) {
            if (more == 0 || (int)shape->size + more < 24) continue;
            struct mig_message message;
            memset(&message, 0, sizeof(message));
            make_request(&message, shape, port_for(&place, shape));
            // What is missing must be arguments: a descriptor beyond the end is refused by the send.
            size_t least = shape->carried == NOTHING ? 24 : shape->carried == ONE_PORT ? 40 : 44;
            if (shape->size + (size_t)more < least) continue;
            carry_something(&message, shape, &place);
            message.header.msgh_size = shape->size + (mach_msg_size_t)more;
            expect_answer("another size", &message, shape, &place, MIG_BAD_ARGUMENTS,
                          shape->carried == ONE_PORT || shape->carried == ONE_ARRAY);
        }
    }
    leave_place(&place);
}

static void a_descriptor_more_or_less_is_a_bad_argument(void **state) {
    (void)state;
    struct place place = enter_place();
    for (size_t i = 0; i < shape_count; i++) {
        const struct shape *shape = &shapes[i];
        struct mig_message message;
        if (shape->carried == NOTHING) {
            // Complex without a descriptor: the count takes the place of the NDR record's first word.
            memset(&message, 0, sizeof(message));
            make_request(&message, shape, port_for(&place, shape));
            message.header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
            if (message.header.msgh_size < 28) message.header.msgh_size = 28;
            expect_answer("complex", &message, shape, &place, MIG_BAD_ARGUMENTS, 0);
            // ... and with one.
            if (shape->size < 40) continue;
            make_request(&message, shape, port_for(&place, shape));
            message.header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
            message.base.body.msgh_descriptor_count = 1;
            memset(port_at(&message, 28), 0, sizeof(mach_msg_port_descriptor_t));
            carry_send_once(&message, &place);
            expect_answer("complex with a right", &message, shape, &place, MIG_BAD_ARGUMENTS, 1);
            continue;
        }
        // None.
        memset(&message, 0, sizeof(message));
        make_request(&message, shape, port_for(&place, shape));
        message.base.body.msgh_descriptor_count = 0;
        expect_answer("no descriptor", &message, shape, &place, MIG_BAD_ARGUMENTS, 0);
        // Not complex.
        make_request(&message, shape, port_for(&place, shape));
        message.header.msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
        carry_something(&message, shape, &place);
        expect_answer("not complex", &message, shape, &place, MIG_BAD_ARGUMENTS, 0);
        // Two: the second is where the NDR record should be, if there is one.
        if (shape->carried == ONE_PORT && shape->size == 40) continue;
        make_request(&message, shape, port_for(&place, shape));
        carry_something(&message, shape, &place);
        message.base.body.msgh_descriptor_count = 2;
        size_t second = shape->carried == ONE_PORT ? 40 : 44;
        memset(port_at(&message, second), 0, sizeof(mach_msg_port_descriptor_t));
        port_at(&message, second)->name = place.witness;
        port_at(&message, second)->disposition = MAKE_SEND_ONCE;
        expect_answer("two descriptors", &message, shape, &place, MIG_BAD_ARGUMENTS,
                      shape->carried == ONE_MEMORY || shape->carried == ONE_BYTES ? 1 : 2);
    }
    leave_place(&place);
}

static void a_descriptor_of_another_kind_is_a_type_error(void **state) {
    (void)state;
    struct place place = enter_place();
    for (size_t i = 0; i < shape_count; i++) {
        const struct shape *shape = &shapes[i];
        // Nor is there room for a longer descriptor where nothing follows.
        if (shape->carried == NOTHING || (shape->carried == ONE_PORT && shape->size == 40)) continue;
        for (enum carried kind = ONE_PORT; kind <= ONE_ARRAY; kind++) {
            if (kind == shape->carried) continue;
            // The size stays right: a longer descriptor takes from the arguments, which all are 0.
            struct mig_message message;
            begin_complex(&message, port_for(&place, shape), shape->id, shape->size);
            static const char some[16];
            mach_msg_ool_descriptor_t *memory = (mach_msg_ool_descriptor_t *)(message.bytes + 28);
            unsigned ended = 1;
            if (kind == ONE_MEMORY) {
                memory->address = (void *)(uintptr_t)some;
                memory->size = sizeof(some);
                memory->copy = MACH_MSG_VIRTUAL_COPY;
                memory->type = MACH_MSG_OOL_DESCRIPTOR;
                ended = 0;
            } else if (kind == ONE_ARRAY) {
                mach_msg_ool_ports_descriptor_t *array = (mach_msg_ool_ports_descriptor_t *)memory;
                array->address = &place.witness;
                array->count = 1;
                array->disposition = MAKE_SEND_ONCE;
                array->type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
            } else {
                carry_send_once(&message, &place);
            }
            expect_answer("another kind", &message, shape, &place, MIG_TYPE_ERROR, ended);
        }
    }
    leave_place(&place);
}

static void a_right_of_another_kind_is_a_type_error(void **state) {
    (void)state;
    struct place place = enter_place();
    for (size_t i = 0; i < shape_count; i++) {
        const struct shape *shape = &shapes[i];
        if (shape->disposition == 0) continue;
        // A send-once right, moved and made, and a receive right; a send right where a send-once right must be.
        struct mig_message message;
        mach_msg_type_name_t wrong = shape->disposition == MOVE_SEND ? MAKE_SEND_ONCE : MAKE_SEND;
        for (int array = 0; array < 2; array++) {
            if (array != (shape->carried == ONE_ARRAY)) continue;
            make_request(&message, shape, port_for(&place, shape));
            carry_something(&message, shape, &place);
            if (!array) port_at(&message, 28)->disposition = wrong & 0xff;
            expect_answer("another right", &message, shape, &place, MIG_TYPE_ERROR, wrong == MAKE_SEND_ONCE);
            // The receive right's port dies.
            mach_port_t port = port_with_send();
            request(SELF, port, DEAD_NAME, 0, place.witness);
            uint64_t live = live_ports();
            make_request(&message, shape, port_for(&place, shape));
            if (array) {
                carry_something(&message, shape, &place);
                ((mach_msg_ool_ports_descriptor_t *)(message.bytes + 28))->address = &port;
                ((mach_msg_ool_ports_descriptor_t *)(message.bytes + 28))->disposition = MOVE_RECEIVE;
            } else {
                port_at(&message, 28)->name = port;
                port_at(&message, 28)->disposition = MOVE_RECEIVE;
            }
            assert_code(exchange_simple(&message), MIG_TYPE_ERROR);
            expect_notified(place.witness, DEAD_NAME, port);
            assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME);
            destroy(port);
            assert_int_equal(live_ports(), live - 1);
        }
        // NULL with a disposition of another kind, or none (T21).
        if (shape->carried != ONE_PORT) continue;
        const mach_msg_type_name_t nulls[] = {0, 15, 22, MOVE_RECEIVE,
                                              shape->disposition == MOVE_SEND ? MOVE_SEND_ONCE : COPY_SEND};
        for (size_t j = 0; j < COUNT_OF(nulls); j++) {
            make_request(&message, shape, port_for(&place, shape));
            port_at(&message, 28)->disposition = nulls[j] & 0xff;
            expect_answer("NULL of another kind", &message, shape, &place, MIG_TYPE_ERROR, 0);
        }
    }
    leave_place(&place);
}

static void options_of_another_size_are_a_type_error(void **state) {
    (void)state;
    struct place place = enter_place();
    static char memory[64];
    for (mach_msg_size_t size = 0; size <= 48; size += 4) {
        if (size == sizeof(mach_port_options_t)) continue;
        struct mig_message message;
        struct mach_port_construct_request *in = begin_complex(&message, place.task, 3231, sizeof(*in));
        in->options.address = memory;
        in->options.size = size;
        in->options.copy = MACH_MSG_PHYSICAL_COPY;
        in->options.type = MACH_MSG_OOL_DESCRIPTOR;
        struct effects before = effects_now(&place);
        assert_code(exchange_simple(&message), MIG_TYPE_ERROR);
        expect_effects(before, &place, "options");
    }
    leave_place(&place);
}

// Memory that changes hands is not looked at on its way: the routine finds out, and does not fault.
static void options_that_cannot_be_read_are_an_invalid_argument(void **state) {
    (void)state;
    struct place place = enter_place();
    vm_address_t memory = 0;
    assert_success(vm_allocate(SELF, &memory, vm_page_size, VM_FLAGS_ANYWHERE));
    assert_int_equal(mprotect((void *)memory, vm_page_size, PROT_NONE), 0);
    struct mig_message message;
    struct mach_port_construct_request *in = begin_complex(&message, place.task, 3231, sizeof(*in));
    in->options.address = (void *)memory;
    in->options.size = sizeof(mach_port_options_t);
    in->options.deallocate = TRUE;
    in->options.copy = MACH_MSG_VIRTUAL_COPY;
    in->options.type = MACH_MSG_OOL_DESCRIPTOR;
    assert_code(exchange_simple(&message), KERN_INVALID_ARGUMENT);
    leave_place(&place);
}

static void an_array_that_is_not_as_long_as_its_count_says_is_a_bad_argument(void **state) {
    (void)state;
    struct place place = enter_place();
    mach_port_t port = make_port_in(place.task);
    for (mach_msg_type_number_t words = 0; words <= 18; words++) {
        const mach_msg_type_number_t counts[] = {0, 1, 2, 16, 17, 18, 0x40000000, 0x40000001, 0xffffffff};
        for (size_t i = 0; i < COUNT_OF(counts); i++) {
            struct mig_message message;
            memset(&message, 0, sizeof(message));
            struct mach_port_set_attributes_request *in =
                begin_request(&message, place.task, 3218, 44 + 4 * (size_t)words);
            in->NDR = NDR_record;
            in->name = port;
            in->flavor = MACH_PORT_LIMITS_INFO;
            in->port_infoCnt = counts[i];
            in->port_info[0] = 77;
            kern_return_t code = exchange_simple(&message);
            bool fits = words <= 17 && counts[i] == words;
            if (!fits)
                assert_code(code, MIG_BAD_ARGUMENTS);
            else
                assert_code(code, words < MACH_PORT_LIMITS_INFO_COUNT ? KERN_FAILURE : KERN_SUCCESS);
            assert_int_equal(status_in(place.task, port).mps_qlimit, fits && words > 0 ? 77 : 5);
            if (fits && words > 0) {
                mach_port_limits_t limits = {5};
                assert_success(mach_port_set_attributes(place.task, port, MACH_PORT_LIMITS_INFO,
                                                        (mach_port_info_t)&limits, MACH_PORT_LIMITS_INFO_COUNT));
            }
        }
    }
    leave_place(&place);
}

static void a_result_array_has_at_most_what_its_type_holds(void **state) {
    (void)state;
    struct place place = enter_place();
    mach_port_t port = make_port_in(place.task);
    // The client's count is cut to what the reply can hold: no room of the client's is believed.
    const mach_msg_type_number_t counts[] = {10, 17, 18, 1000, 0x40000000, 0xffffffff};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct mig_message message;
        struct mach_port_get_attributes_request *in = begin_request(&message, place.task, 3217, sizeof(*in));
        in->NDR = NDR_record;
        in->name = port;
        in->flavor = MACH_PORT_RECEIVE_STATUS;
        in->port_info_outCnt = counts[i];
        const struct mach_port_get_attributes_reply *out = (const void *)&message;
        assert_code(exchange(&message, sizeof(*out) - 28, sizeof(*out) - 28, 0), KERN_SUCCESS);
        assert_int_equal(out->port_info_outCnt, MACH_PORT_RECEIVE_STATUS_COUNT);
        // NULL: the count stays what it was, at most 17 (Q8).
        in = begin_request(&message, place.task, 3217, sizeof(*in));
        in->NDR = NDR_record;
        in->flavor = MACH_PORT_DNREQUESTS_SIZE;
        in->port_info_outCnt = counts[i];
        assert_code(exchange(&message, sizeof(*out) - 68, sizeof(*out), 0), KERN_SUCCESS);
        assert_int_equal(out->port_info_outCnt, counts[i] < 17 ? counts[i] : 17);
        for (size_t j = 0; j < out->port_info_outCnt; j++) assert_int_equal(out->port_info_out[j], 0);
    }
    leave_place(&place);
}

static void a_record_of_another_kind_is_not_looked_at(void **state) {
    (void)state;
    struct place place = enter_place();
    mach_port_t port = make_port_in(place.task);
    struct mig_message message;
    struct mach_port_type_request *in = begin_request(&message, place.task, 3201, sizeof(*in));
    memset(&in->NDR, 0xff, sizeof(in->NDR));
    in->name = port;
    const struct mach_port_type_reply *out = (const void *)&message;
    assert_code(exchange(&message, sizeof(*out), sizeof(*out), 0), KERN_SUCCESS);
    assert_int_equal(out->ptype, MACH_PORT_TYPE_RECEIVE);
    leave_place(&place);
}

static void a_voucher_field_without_bits_is_not_looked_at(void **state) {
    (void)state;
    struct place place = enter_place();
    const mach_port_t values[] = {0xdeadbeef, MACH_PORT_DEAD, place.witness, place.task};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        for (size_t j = 0; j < 2; j++) {
            struct mig_message message;
            struct mach_port_type_request *in = begin_request(&message, place.task, 3201, sizeof(*in));
            in->name = j == 0 ? 0x103 : 0x7fff03;
            in->Head.msgh_voucher_port = values[i];
            // The reply's own voucher field is NULL, as `exchange` demands.
            if (j == 0)
                assert_code(exchange(&message, 40, 40, 0), KERN_SUCCESS);
            else
                assert_code(exchange(&message, 40, 40, 0), KERN_INVALID_NAME);
        }
    }
    expect_ended(&place, 0);
    leave_place(&place);
}

// ---- Ids and ports

static void an_unknown_id_is_a_bad_id_and_what_it_carried_ends(void **state) {
    (void)state;
    struct place place = enter_place();
    const mach_msg_id_t ids[] = {0,          1,      -1,     (-0x7fffffff - 1),
                                 0x7fffffff, 64,     65,     69,
                                 70,         71,     72,     199,
                                 299,        300,    399,    499,
                                 3100,       3199,   3243,   3300,
                                 3399,       3499,   3599,   3699,
                                 3799,       3899,   4799,   4899,
                                 5000,       616999, 617006, 617200};
    const mach_port_t ports[] = {place.task, place.task_name, place.thread, place.host};
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        for (size_t j = 0; j < COUNT_OF(ports); j++) {
            struct shape shape = {"an unknown id", ids[i], 36, TO_TASK, NOTHING, 0, 0, false};
            struct mig_message message;
            make_request(&message, &shape, ports[j]);
            expect_answer("plain", &message, &shape, &place, MIG_BAD_ID, 0);
            shape.carried = ONE_PORT;
            shape.size = 48;
            make_request(&message, &shape, ports[j]);
            carry_send_once(&message, &place);
            expect_answer("with a right", &message, &shape, &place, MIG_BAD_ID, 1);
        }
    }
    leave_place(&place);
}

static void a_routine_of_another_kind_of_port_has_its_own_code(void **state) {
    (void)state;
    struct place place = enter_place();
    const mach_port_t ports[] = {place.task, place.task_name, place.thread, place.host};
    for (size_t i = 0; i < shape_count; i++) {
        const struct shape *shape = &shapes[i];
        for (size_t j = 0; j < COUNT_OF(ports); j++) {
            if (ports[j] == port_for(&place, shape)) continue;
            struct mig_message message;
            make_request(&message, shape, ports[j]);
            expect_answer("another port", &message, shape, &place, shape->foreign, 0);
            // What a well-formed request carries ends, too.
            make_request(&message, shape, ports[j]);
            if (shape->disposition == MOVE_SEND_ONCE || shape->id == 3214) {
                carry_send_once(&message, &place);
                expect_answer("another port, a right", &message, shape, &place, shape->foreign, 1);
            } else if (shape->carried == ONE_PORT) {
                port_at(&message, 28)->name = place.witness;
                port_at(&message, 28)->disposition = MAKE_SEND;
                expect_answer("another port, a right", &message, shape, &place, shape->foreign, 0);
            }
            // A bad form is found first.
            make_request(&message, shape, ports[j]);
            message.header.msgh_size += shape->variable ? 72 : 4;
            message.words[message.header.msgh_size / 4 - 1] = 0;
            expect_answer("another port, another size", &message, shape, &place, MIG_BAD_ARGUMENTS, 0);
        }
    }
    leave_place(&place);
}

static void a_request_to_an_ordinary_port_queues(void **state) {
    (void)state;
    struct place place = enter_place();
    set_limit(place.witness, 1024);
    insert_send(place.witness);
    for (size_t i = 0; i < shape_count; i++) {
        struct mig_message message;
        make_request(&message, &shapes[i], place.witness);
        assert_code(send_request(&message), MACH_MSG_SUCCESS);
        expect_no_message(reply_port);
        assert_code(receive_reply(place.witness, &message), MACH_MSG_SUCCESS);
        assert_int_equal(message.header.msgh_id, shapes[i].id);
        assert_int_equal(message.header.msgh_size, shapes[i].size);
        assert_int_equal(type(message.header.msgh_remote_port), MACH_PORT_TYPE_SEND_ONCE);
        mach_msg_destroy(&message.header);
        expect_send_once_notification(reply_port);
    }
    leave_place(&place);
}

static void a_dead_task_takes_no_request(void **state) {
    (void)state;
    struct place place = enter_place();
    mach_port_t name_port = place.task_name;
    assert_success(task_terminate(place.task));
    for (size_t i = 0; i < shape_count; i++) {
        struct mig_message message;
        make_request(&message, &shapes[i], place.task);
        carry_something(&message, &shapes[i], &place);
        assert_code(send_request(&message), MACH_SEND_INVALID_DEST);
        expect_no_message(place.witness); // S5
        make_request(&message, &shapes[i], name_port);
        assert_code(send_request(&message), MACH_SEND_INVALID_DEST);
    }
    expect_no_message(reply_port);
    leave_place(&place);
}

// ---- What ends, and when

static void what_a_failed_request_carried_ends_in_order_before_the_reply(void **state) {
    (void)state;
    struct place place = enter_place();
    // Every step shows on one port: two ports that die, and the reply.
    mach_port_t log = make_port(), first = port_with_send(), second = port_with_send();
    set_limit(log, 100);
    request(SELF, first, DEAD_NAME, 0, log);
    request(SELF, second, DEAD_NAME, 0, log);
    struct test_message message = message_to(place.task, COPY_SEND, 3214);
    set_reply(&message, log, MAKE_SEND_ONCE);
    add_port(&message, second, MOVE_RECEIVE);
    add_port(&message, log, MAKE_SEND_ONCE);
    add_port(&message, first, MOVE_RECEIVE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    expect_notified(log, DEAD_NAME, second); // C3: from the first descriptor to the last
    expect_send_once_notification(log);
    expect_notified(log, DEAD_NAME, first);
    expect_message(log, 3314); // I12: the request is gone when the reply comes
    expect_no_message(log);
    leave_place(&place);
}

static void a_request_gives_up_the_right_that_it_was_sent_to(void **state) {
    (void)state;
    struct place place = enter_place();
    assert_success(mach_port_mod_refs(SELF, place.task, MACH_PORT_RIGHT_SEND, 2)); // X3
    for (int good = 0; good < 2; good++) {
        struct mig_message message;
        struct mach_port_type_request *in = begin_request(&message, place.task, 3201, sizeof(*in));
        in->Head.msgh_bits = MACH_MSGH_BITS(MOVE_SEND, MAKE_SEND_ONCE);
        in->name = good ? OWN_TASK : 0x7fff03;
        assert_code(exchange(&message, 40, 40, 0), good ? KERN_SUCCESS : KERN_INVALID_NAME);
        assert_int_equal(refs(place.task, MACH_PORT_RIGHT_SEND), 2 - good);
    }
    leave_place(&place);
}

// ---- Replies

static void a_reply_is_what_a_stub_looks_for(void **state) {
    (void)state;
    struct place place = enter_place();
    mach_port_t port = make_port_in(place.task);
    struct mig_message message;
    struct mach_port_type_request *in = begin_request(&message, place.task, 3201, sizeof(*in));
    in->name = port;
    assert_code(send_request(&message), MACH_MSG_SUCCESS);
    assert_int_equal(status(reply_port).mps_msgcount, 1); // served before the send returns
    assert_code(receive_reply(reply_port, &message), MACH_MSG_SUCCESS);
    assert_int_equal(message.header.msgh_bits, 0x1200);
    assert_int_equal(message.header.msgh_size, 40);
    assert_int_equal(message.header.msgh_remote_port, MACH_PORT_NULL);
    assert_int_equal(message.header.msgh_local_port, reply_port);
    assert_int_equal(message.header.msgh_voucher_port, MACH_PORT_NULL);
    assert_int_equal(message.header.msgh_id, 3301);
    assert_memory_equal(message.bytes + 24, &NDR_record, sizeof(NDR_record));
    assert_int_equal(word_at(&message, 32), KERN_SUCCESS);
    assert_int_equal(word_at(&message, 36), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(word_at(&message, 40), MACH_MSG_TRAILER_FORMAT_0);
    assert_int_equal(word_at(&message, 44), 8); // V7
    assert_untouched(&message, 48, sizeof(message));
    // An error is a header, the record and the code.
    in = begin_request(&message, place.task, 3201, sizeof(*in));
    in->name = 0x7fff03;
    assert_code(send_request(&message), MACH_MSG_SUCCESS);
    assert_code(receive_reply(reply_port, &message), MACH_MSG_SUCCESS);
    assert_int_equal(message.header.msgh_bits, 0x1200);
    assert_int_equal(message.header.msgh_size, 36);
    assert_memory_equal(message.bytes + 24, &NDR_record, sizeof(NDR_record));
    assert_int_equal(word_at(&message, 32), KERN_INVALID_NAME);
    assert_int_equal(word_at(&message, 40), 8);
    assert_untouched(&message, 44, sizeof(message));
    // So is an error of a routine whose success is complex.
    begin_request(&message, place.task, 3215, sizeof(struct mach_port_extract_right_request));
    assert_code(send_request(&message), MACH_MSG_SUCCESS);
    assert_code(receive_reply(reply_port, &message), MACH_MSG_SUCCESS);
    assert_int_equal(message.header.msgh_bits, 0x1200);
    assert_int_equal(message.header.msgh_size, 36);
    leave_place(&place);
}

static void a_reply_of_rights_alone_has_no_record(void **state) {
    (void)state;
    struct place place = enter_place();
    mach_port_t port = make_port_in(place.task);
    struct mig_message message;
    struct mach_port_extract_right_request *in = begin_request(&message, place.task, 3215, sizeof(*in));
    in->NDR = NDR_record;
    in->name = port;
    in->msgt_name = MAKE_SEND;
    assert_code(send_request(&message), MACH_MSG_SUCCESS);
    assert_code(receive_reply(reply_port, &message), MACH_MSG_SUCCESS);
    assert_int_equal(message.header.msgh_bits, 0x80001200);
    assert_int_equal(message.header.msgh_size, 40);
    assert_int_equal(message.base.body.msgh_descriptor_count, 1);
    assert_int_equal(port_at(&message, 28)->type, MACH_MSG_PORT_DESCRIPTOR);
    assert_int_equal(port_at(&message, 28)->disposition, MOVE_SEND);
    assert_int_equal(word_at(&message, 44), 8);
    assert_untouched(&message, 48, sizeof(message));
    leave_place(&place);
}

static void a_reply_comes_from_the_kernel(void **state) {
    (void)state;
    struct place place = enter_place();
    for (mach_port_seqno_t seqno = 0; seqno < 3; seqno++) {
        struct mig_message message;
        begin_request(&message, place.task, 3201, sizeof(struct mach_port_type_request));
        assert_code(send_request(&message), MACH_MSG_SUCCESS);
        fill_untouched(&message, sizeof(message));
        assert_code(mach_msg(&message.header,
                             MACH_RCV_MSG | MACH_RCV_TIMEOUT | MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT), 0,
                             sizeof(message), reply_port, 0, MACH_PORT_NULL),
                    MACH_MSG_SUCCESS);
        const mach_msg_audit_trailer_t *trailer = (const void *)(message.bytes + message.header.msgh_size);
        assert_int_equal(trailer->msgh_trailer_size, 52);
        assert_int_equal(trailer->msgh_seqno, seqno); // Q6: the reply port's own
        assert_int_equal(trailer->msgh_sender.val[0], 0);
        assert_int_equal(trailer->msgh_sender.val[1], 1); // T17
        for (size_t i = 0; i < COUNT_OF(trailer->msgh_audit.val); i++) assert_int_equal(trailer->msgh_audit.val[i], 0);
        assert_untouched(&message, message.header.msgh_size + 52u, sizeof(message));
    }
    leave_place(&place);
}

// A request that leaves its mark: it makes a name in the task.
static mach_port_name_t next_name = 0x20003;

static void begin_marking(struct mig_message *message, const struct place *place) {
    struct mach_port_allocate_name_request *in = begin_request(message, place->task, 3203, sizeof(*in));
    in->NDR = NDR_record;
    in->right = MACH_PORT_RIGHT_RECEIVE;
    in->name = next_name;
}

#define expect_mark(place) check_mark(place, __FILE__, __LINE__)
static void check_mark(const struct place *place, const char *file, int line) {
    if (type_in(place->task, next_name) != MACH_PORT_TYPE_RECEIVE) _fail(file, line);
    next_name += 0x100;
}

static void a_routine_runs_without_a_reply_port(void **state) {
    (void)state;
    struct place place = enter_place();
    uint64_t messages = live_messages();
    struct mig_message message;
    const mach_msg_type_name_t dispositions[] = {0, MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE};
    for (size_t i = 0; i < COUNT_OF(dispositions); i++) {
        for (int dead = 0; dead < 2; dead++) {
            if (dead && dispositions[i] == 0) continue;
            begin_marking(&message, &place);
            message.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, dispositions[i]);
            message.header.msgh_local_port = dead ? MACH_PORT_DEAD : MACH_PORT_NULL;
            assert_code(send_request(&message), MACH_MSG_SUCCESS);
            expect_mark(&place);
        }
    }
    // A name of a dead port.
    mach_port_t dead = make_dead_name(3);
    const mach_msg_type_name_t moves[] = {COPY_SEND, MOVE_SEND, MOVE_SEND_ONCE};
    for (size_t i = 0; i < COUNT_OF(moves); i++) {
        begin_marking(&message, &place);
        message.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, moves[i]);
        message.header.msgh_local_port = dead;
        assert_code(send_request(&message), MACH_MSG_SUCCESS); // S7
        expect_mark(&place);
        assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 3 - i);
    }
    assert_int_equal(live_messages(), messages);
    leave_place(&place);
}

static void results_without_a_reply_port_end(void **state) {
    (void)state;
    struct place place = enter_place();
    uint64_t messages = live_messages();
    mach_port_t port = make_port_in(place.task);
    struct mig_message message;
    uint64_t regions = live_regions();
    begin_request(&message, place.task, 3200, sizeof(mach_msg_header_t)); // memory
    message.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0);
    message.header.msgh_local_port = MACH_PORT_NULL;
    assert_code(send_request(&message), MACH_MSG_SUCCESS);
    assert_int_equal(live_regions(), regions);
    struct mach_port_extract_right_request *in = begin_request(&message, place.task, 3215, sizeof(*in)); // a right
    in->Head.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0);
    in->Head.msgh_local_port = MACH_PORT_NULL;
    in->name = port;
    in->msgt_name = MAKE_SEND_ONCE;
    assert_code(send_request(&message), MACH_MSG_SUCCESS);
    assert_int_equal(status_in(place.task, port).mps_msgcount, 1); // SEND_ONCE
    // The same when the reply does not fit its receiver.
    in = begin_request(&message, place.task, 3215, sizeof(*in));
    in->name = port;
    in->msgt_name = MAKE_SEND_ONCE;
    assert_code(send_request(&message), MACH_MSG_SUCCESS);
    assert_code(mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, 47, reply_port, 0, MACH_PORT_NULL),
                MACH_RCV_TOO_LARGE); // V6
    assert_int_equal(status_in(place.task, port).mps_msgcount, 2);
    // A receive right dies.
    in = begin_request(&message, place.task, 3215, sizeof(*in));
    in->Head.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0);
    in->Head.msgh_local_port = MACH_PORT_NULL;
    in->name = port;
    in->msgt_name = MOVE_RECEIVE;
    uint64_t live = live_ports();
    assert_code(send_request(&message), MACH_MSG_SUCCESS);
    assert_int_equal(live_ports(), live - 1);
    assert_int_equal(live_messages(), messages);
    leave_place(&place);
}

static void a_reply_may_go_by_a_send_right(void **state) {
    (void)state;
    struct place place = enter_place();
    mach_port_t port = port_with_sends(3);
    const struct {
        mach_msg_type_name_t disposition;
        mach_port_urefs_t left;
    } cases[] = {{COPY_SEND, 3}, {MAKE_SEND, 3}, {MOVE_SEND, 2}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct mig_message message;
        begin_marking(&message, &place);
        message.header.msgh_local_port = port;
        message.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, cases[i].disposition);
        assert_code(send_request(&message), MACH_MSG_SUCCESS);
        expect_mark(&place);
        assert_code(receive_reply(port, &message), MACH_MSG_SUCCESS);
        assert_int_equal(message.header.msgh_bits, 0x1100);
        assert_int_equal(message.header.msgh_id, 3303);
        assert_int_equal(message.header.msgh_remote_port, MACH_PORT_NULL);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), cases[i].left);
    }
    leave_place(&place);
}

static void a_reply_by_send_once_right_finds_room_in_a_full_queue(void **state) {
    (void)state;
    struct place place = enter_place();
    set_limit(reply_port, 0);
    mach_port_type_t it = UNSET;
    assert_success(message_calls.mach_port_type(place.task, OWN_TASK, &it)); // Q2
    assert_int_equal(it, MACH_PORT_TYPE_SEND);
    leave_place(&place);
}

// A marking request with a send right to a port with a full queue for its reply.
static void begin_marking_full(struct test_message *message, const struct place *place, mach_port_t full) {
    struct mig_message it;
    begin_marking(&it, place);
    memset(message, 0, sizeof(*message));
    memcpy(message, &it, it.header.msgh_size);
    set_reply(message, full, MAKE_SEND);
}

static void a_sender_waits_for_room_for_its_reply(void **state) {
    (void)state;
    open_reply_port();
    task_t task = make_task();
    struct place place = {.task = task};
    mach_port_t full = make_port();
    set_limit(full, 1);
    queue_messages(full, 1);
    struct test_message message;
    begin_marking_full(&message, &place, full);
    struct caller sender;
    prepare_sender(&sender, &message);
    begin_blocked(&sender);
    expect_mark(&place); // the routine has run
    expect_message(full, 0);
    assert_code(finish(&sender), MACH_MSG_SUCCESS);
    expect_message(full, 3303);
    // Within its time-out; when that is over the reply ends, and the send has succeeded all the same.
    queue_messages(full, 1);
    for (mach_msg_timeout_t timeout = 0; timeout <= 30; timeout += 30) {
        begin_marking_full(&message, &place, full);
        uint64_t started = milliseconds();
        assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, message.header.msgh_size, 0,
                             MACH_PORT_NULL, timeout, MACH_PORT_NULL),
                    MACH_MSG_SUCCESS);
        assert_true(milliseconds() - started >= timeout);
        expect_mark(&place);
        assert_int_equal(status(full).mps_msgcount, 1);
    }
    expect_message(full, 0);
    expect_no_message(full);
    assert_false(status(full).mps_srights);
    queue_messages(full, 1);
    // The port dies meanwhile.
    begin_marking_full(&message, &place, full);
    prepare_sender(&sender, &message);
    begin_blocked(&sender);
    expect_mark(&place);
    destroy(full);
    assert_code(finish(&sender), MACH_MSG_SUCCESS); // Q4
    end_task(task);
    close_reply_port();
}

static void a_reply_to_a_kernel_port_ends(void **state) {
    (void)state;
    struct place place = enter_place();
    uint64_t messages = live_messages();
    const mach_port_t ports[] = {place.task, place.host, place.thread, place.task_name};
    for (size_t i = 0; i < COUNT_OF(ports); i++) {
        struct mig_message message;
        begin_marking(&message, &place);
        message.header.msgh_local_port = ports[i];
        message.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, COPY_SEND);
        assert_code(send_request(&message), MACH_MSG_SUCCESS);
        expect_mark(&place);
    }
    assert_int_equal(live_messages(), messages);
    leave_place(&place);
}

static void a_reply_may_go_to_another_task(void **state) {
    (void)state;
    struct place place = enter_place();
    // A send-once right to a port of the other task; the result is a right to a port of the caller's.
    mach_port_t there = make_port_in(place.task), right = take(place.task, there, MAKE_SEND_ONCE);
    mach_port_t port = make_port();
    struct mig_message message;
    struct mach_port_extract_right_request *in = begin_request(&message, SELF, 3215, sizeof(*in));
    in->NDR = NDR_record;
    in->Head.msgh_local_port = right;
    in->Head.msgh_bits = MACH_MSGH_BITS(COPY_SEND, MOVE_SEND_ONCE);
    in->name = port;
    in->msgt_name = MAKE_SEND;
    assert_code(send_request(&message), MACH_MSG_SUCCESS);
    assert_int_equal(type(right), MACH_PORT_TYPE_NONE);
    assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE);
    leave();
    enter(place.outer);
    assert_code(receive_reply(there, &message), MACH_MSG_SUCCESS);
    assert_int_equal(message.header.msgh_local_port, there);
    assert_int_equal(message.header.msgh_id, 3315);
    mach_port_t name = port_at(&message, 28)->name;
    assert_int_equal(type(name), MACH_PORT_TYPE_SEND);
    assert_code(send_simple(name, COPY_SEND, 9), MACH_MSG_SUCCESS);
    leave();
    enter(place.caller);
    expect_message(port, 9);
    leave_place(&place);
}

static void one_call_sends_and_receives(void **state) {
    (void)state;
    struct place place = enter_place();
    // With a time-out of nothing, and with none.
    for (int timed = 0; timed < 2; timed++) {
        struct mig_message message;
        begin_marking(&message, &place);
        mach_msg_option_t option = MACH_SEND_MSG | MACH_RCV_MSG | (timed ? MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT : 0);
        assert_code(
            mach_msg(&message.header, option, message.header.msgh_size, sizeof(message), reply_port, 0, MACH_PORT_NULL),
            MACH_MSG_SUCCESS);
        assert_int_equal(message.header.msgh_id, 3303);
        expect_mark(&place);
    }
    // A receiver with no room beyond what the stub reserves: the reply and 8 bytes.
    struct mig_message message;
    begin_marking(&message, &place);
    assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, message.header.msgh_size, 44, reply_port, 0,
                         MACH_PORT_NULL),
                MACH_MSG_SUCCESS);
    expect_mark(&place);
    // The reply stays where it went when the receive half names something else (Q14).
    begin_marking(&message, &place);
    assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, message.header.msgh_size, sizeof(message),
                         0x7fff03, 0, MACH_PORT_NULL),
                MACH_RCV_INVALID_NAME);
    expect_mark(&place);
    expect_message(reply_port, 3303);
    leave_place(&place);
}

static void a_reply_that_carries_its_own_port_away_ends_with_it(void **state) {
    (void)state;
    struct place place = enter_place();
    uint64_t messages = live_messages();
    struct mig_message message;
    struct mach_port_extract_right_request *in = begin_request(&message, SELF, 3215, sizeof(*in));
    in->NDR = NDR_record;
    in->name = reply_port;
    in->msgt_name = MOVE_RECEIVE;
    uint64_t live = live_ports();
    assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG | MACH_RCV_TIMEOUT, message.header.msgh_size,
                         sizeof(message), reply_port, 0, MACH_PORT_NULL),
                MACH_RCV_INVALID_NAME); // C1
    assert_int_equal(live_ports(), live - 1);
    assert_int_equal(live_messages(), messages);
    assert_int_equal(type(reply_port), MACH_PORT_TYPE_NONE);
    leave_place(&place);
}

static void a_reply_that_closes_a_chain_of_ports_ends_with_them(void **state) {
    (void)state;
    struct place place = enter_place();
    uint64_t messages = live_messages();
    // The reply port's receive right waits in the queue of the port that the reply would carry.
    mach_port_t carrier = make_port(), replies = make_port(), right = make_send_once(replies);
    put_in_transit(replies, carrier);
    uint64_t live = live_ports();
    struct mig_message message;
    struct mach_port_extract_right_request *in = begin_request(&message, SELF, 3215, sizeof(*in));
    in->NDR = NDR_record;
    in->Head.msgh_local_port = right;
    in->Head.msgh_bits = MACH_MSGH_BITS(COPY_SEND, MOVE_SEND_ONCE);
    in->name = carrier;
    in->msgt_name = MOVE_RECEIVE;
    assert_code(send_request(&message), MACH_MSG_SUCCESS);
    assert_int_equal(live_ports(), live - 2); // C1
    assert_int_equal(live_messages(), messages);
    leave_place(&place);
}

static void a_right_in_a_reply_is_in_transit(void **state) {
    (void)state;
    struct place place = enter_place();
    uint64_t live = live_ports(), messages = live_messages();
    // The reply with the port waits at `replies`, whose own right is then sent to that port.
    mach_port_t port = port_with_send(), replies = make_port();
    struct mig_message message;
    struct mach_port_extract_right_request *in = begin_request(&message, SELF, 3215, sizeof(*in));
    in->NDR = NDR_record;
    in->Head.msgh_local_port = replies;
    in->name = port;
    in->msgt_name = MOVE_RECEIVE;
    assert_code(send_request(&message), MACH_MSG_SUCCESS);
    assert_int_equal(type(port), MACH_PORT_TYPE_SEND);
    struct test_message carrier = message_to(port, COPY_SEND, 1);
    add_port(&carrier, replies, MOVE_RECEIVE);
    assert_code(send_now(&carrier), MACH_MSG_SUCCESS);
    assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME); // C1: both have ended
    destroy(port);
    assert_int_equal(live_ports(), live);
    assert_int_equal(live_messages(), messages);
    leave_place(&place);
}

// ---- Many

// One of a variety of calls that leave everything as it was.
static kern_return_t one_of_many(unsigned n, task_t task, mach_port_t port, mach_port_t mine) {
    const struct routines *call = &message_calls;
    kern_return_t code;
    switch (n % 10) {
    case 0: {
        mach_port_type_t it;
        return call->mach_port_type(task, port, &it);
    }
    case 1: {
        mach_port_name_t name = MACH_PORT_NULL;
        code = call->mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &name);
        return code ? code : call->mach_port_destroy(task, name);
    }
    case 2: {
        mach_port_name_t *names;
        mach_port_type_t *types;
        mach_msg_type_number_t count, same;
        code = call->mach_port_names(task, &names, &count, &types, &same);
        if (code) return code;
        code = vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names));
        return code ? code : vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types));
    }
    case 3: {
        mach_port_t right = MACH_PORT_NULL;
        mach_msg_type_name_t disposition;
        code = call->mach_port_extract_right(task, port, MAKE_SEND, &right, &disposition);
        return code ? code : mach_port_deallocate(SELF, right);
    }
    case 4: {
        mach_port_t *slots;
        mach_msg_type_number_t count;
        code = call->mach_ports_lookup(task, &slots, &count);
        return code ? code : vm_deallocate(SELF, (vm_address_t)slots, count * sizeof(*slots));
    }
    case 5: { // the notify right ends with the request
        mach_port_t previous;
        code = call->mach_port_request_notification(task, 0x7fff03, DEAD_NAME, 0, mine, MAKE_SEND_ONCE, &previous);
        if (code != KERN_INVALID_NAME) return code ? code : KERN_FAILURE;
        return receive_simple(mine, NULL);
    }
    case 6: {
        mach_port_options_t options = {.flags = MPO_QLIMIT | MPO_INSERT_SEND_RIGHT, .mpl.mpl_qlimit = 9};
        mach_port_name_t name;
        code = call->mach_port_construct(task, &options, 0, &name);
        return code ? code : call->mach_port_destruct(task, name, -1, 0);
    }
    case 7: {
        vm_address_t address = 0;
        code = call->vm_allocate(task, &address, 10000, VM_FLAGS_ANYWHERE);
        return code ? code : call->vm_deallocate(task, address, 10000);
    }
    case 8: {
        struct mig_message message;
        begin_request(&message, task, 3199, sizeof(mach_msg_header_t));
        code = exchange_simple(&message);
        return code == MIG_BAD_ID ? KERN_SUCCESS : code ? code : KERN_FAILURE;
    }
    default: {
        integer_t words[17];
        mach_msg_type_number_t count = 17;
        return call->mach_port_get_attributes(task, port, MACH_PORT_RECEIVE_STATUS, words, &count);
    }
    }
}

static void ten_thousand_calls_leave_every_count_where_it_was(void **state) {
    (void)state;
    open_reply_port();
    task_t task = make_task();
    mach_port_t port = make_port_in(task), mine = make_port();
    for (unsigned n = 0; n < 10; n++) assert_success(one_of_many(n, task, port, mine));
    mach_linux_trim();
    mach_linux_statistics_data_t before, after;
    mach_linux_statistics(&before);
    for (unsigned n = 0; n < 10000; n++) assert_success(one_of_many(n, task, port, mine));
    mach_linux_trim();
    mach_linux_statistics(&after);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_int_equal(count_names_in(task), 2);
    end_task(task);
    destroy(mine);
    close_reply_port();
}

struct worker {
    struct test_thread thread;
    task_t task;
    mach_port_t port;
    unsigned first;
};

static int64_t call_again_and_again(void *argument) {
    struct worker *worker = argument;
    mach_port_t mine = MACH_PORT_NULL;
    open_reply_port();
    kern_return_t code = mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &mine);
    for (unsigned n = 0; n < ROUNDS_OF(5000, 600) && code == KERN_SUCCESS; n++)
        code = one_of_many(worker->first + n, worker->task, worker->port, mine);
    if (code == KERN_SUCCESS) code = mach_port_destroy(SELF, mine);
    close_reply_port();
    return code;
}

static void threads_call_the_same_task_at_once(void **state) {
    (void)state;
    for (int own = 0; own < 2; own++) {
        task_t task = own ? SELF : make_task();
        mach_port_t port = make_port_in(task);
        struct worker workers[4];
        for (unsigned i = 0; i < COUNT_OF(workers); i++) {
            workers[i].task = task;
            workers[i].port = port;
            workers[i].first = i * 3;
            start_thread(&workers[i].thread, call_again_and_again, &workers[i]);
        }
        for (unsigned i = 0; i < COUNT_OF(workers); i++) assert_success(join_thread(&workers[i].thread));
        assert_success(mach_port_destroy(task, port));
        if (own) continue;
        assert_empty(task);
        end_task(task);
    }
}

// Until the task is gone: then the request is not sent, or the routine finds none.
static int64_t call_until_the_end(void *argument) {
    struct worker *worker = argument;
    kern_return_t code;
    open_reply_port();
    do {
        mach_port_name_t name;
        code = message_calls.mach_port_allocate(worker->task, MACH_PORT_RIGHT_RECEIVE, &name);
    } while (code == KERN_SUCCESS);
    close_reply_port();
    // A task that ends between the send and the service takes the request with it: Q4.
    bool is_end = code == MACH_SEND_INVALID_DEST || code == KERN_INVALID_TASK || code == MIG_SERVER_DIED;
    return is_end ? KERN_SUCCESS : code;
}

static void a_task_may_end_while_threads_call_it(void **state) {
    (void)state;
    for (unsigned round = 0; round < ROUNDS_OF(100, 20); round++) {
        task_t task = make_task();
        struct worker workers[3];
        for (unsigned i = 0; i < COUNT_OF(workers); i++) {
            workers[i].task = task;
            start_thread(&workers[i].thread, call_until_the_end, &workers[i]);
        }
        ipc_info_space_basic_t info;
        do assert_success(mach_port_space_basic_info(task, &info));
        while (info.iisb_table_inuse < 10);
        terminate(task);
        for (unsigned i = 0; i < COUNT_OF(workers); i++) assert_success(join_thread(&workers[i].thread));
        destroy(task);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(every_routine_answers_a_well_formed_request),
        TASK_TEST(a_request_of_another_size_is_a_bad_argument),
        TASK_TEST(a_descriptor_more_or_less_is_a_bad_argument),
        TASK_TEST(a_descriptor_of_another_kind_is_a_type_error),
        TASK_TEST(a_right_of_another_kind_is_a_type_error),
        TASK_TEST(options_of_another_size_are_a_type_error),
        TASK_TEST(options_that_cannot_be_read_are_an_invalid_argument),
        TASK_TEST(an_array_that_is_not_as_long_as_its_count_says_is_a_bad_argument),
        TASK_TEST(a_result_array_has_at_most_what_its_type_holds),
        TASK_TEST(a_record_of_another_kind_is_not_looked_at),
        TASK_TEST(a_voucher_field_without_bits_is_not_looked_at),
        TASK_TEST(an_unknown_id_is_a_bad_id_and_what_it_carried_ends),
        TASK_TEST(a_routine_of_another_kind_of_port_has_its_own_code),
        TASK_TEST(a_request_to_an_ordinary_port_queues),
        TASK_TEST(a_dead_task_takes_no_request),
        TASK_TEST(what_a_failed_request_carried_ends_in_order_before_the_reply),
        TASK_TEST(a_request_gives_up_the_right_that_it_was_sent_to),
        TASK_TEST(a_reply_is_what_a_stub_looks_for),
        TASK_TEST(a_reply_of_rights_alone_has_no_record),
        TASK_TEST(a_reply_comes_from_the_kernel),
        TASK_TEST(a_routine_runs_without_a_reply_port),
        TASK_TEST(results_without_a_reply_port_end),
        TASK_TEST(a_reply_may_go_by_a_send_right),
        TASK_TEST(a_reply_by_send_once_right_finds_room_in_a_full_queue),
        TASK_TEST(a_sender_waits_for_room_for_its_reply),
        TASK_TEST(a_reply_to_a_kernel_port_ends),
        TASK_TEST(a_reply_may_go_to_another_task),
        TASK_TEST(one_call_sends_and_receives),
        TASK_TEST(a_reply_that_carries_its_own_port_away_ends_with_it),
        TASK_TEST(a_reply_that_closes_a_chain_of_ports_ends_with_them),
        TASK_TEST(a_right_in_a_reply_is_in_transit),
        TASK_TEST(ten_thousand_calls_leave_every_count_where_it_was),
        TASK_TEST(threads_call_the_same_task_at_once),
        TASK_TEST(a_task_may_end_while_threads_call_it),
    };
    return TASK_RUN(tests);
}

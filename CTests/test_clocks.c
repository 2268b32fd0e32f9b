// The host's clocks: their ports, time, attributes and alarms, by call and by message. Rows Z5-Z10, Z19, Z20.
#include "mig_support.h"
#include "task_support.h"

#include <mach/clock.h>
#include <mach/clock_priv.h>
#include <mach/clock_reply.h>
#include <mach/mach_host.h>
#include <mach/mach_time.h>
#include <time.h>

#define SECOND NSEC_PER_SEC

// ---- The wire

#pragma pack(push, 4)
struct clock_number_request {
    mach_msg_header_t head;
    NDR_record_t NDR;
    int32_t clock_id;
};
struct clock_port_reply {
    mach_msg_header_t head;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t clock;
};
struct time_reply {
    mach_msg_header_t head;
    NDR_record_t NDR;
    kern_return_t code;
    mach_timespec_t time;
};
struct attributes_request {
    mach_msg_header_t head;
    NDR_record_t NDR;
    int32_t flavor;
    uint32_t count;
};
struct attributes_reply {
    mach_msg_header_t head;
    NDR_record_t NDR;
    kern_return_t code;
    uint32_t count;
    int32_t attribute[1];
};
struct alarm_request {
    mach_msg_header_t head;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t port;
    NDR_record_t NDR;
    int32_t type;
    mach_timespec_t time;
};
struct set_time_request {
    mach_msg_header_t head;
    NDR_record_t NDR;
    mach_timespec_t time;
};
struct set_attributes_request {
    mach_msg_header_t head;
    NDR_record_t NDR;
    int32_t flavor;
    uint32_t count;
    int32_t attribute[1];
};
struct alarm_message {
    mach_msg_header_t head;
    NDR_record_t NDR;
    kern_return_t code;
    int32_t type;
    mach_timespec_t time;
    mach_msg_max_trailer_t trailer;
};
#pragma pack(pop)

_Static_assert(sizeof(struct clock_number_request) == 36, "206, 408");
_Static_assert(sizeof(struct clock_port_reply) == 40, "306, 508");
_Static_assert(sizeof(struct time_reply) == 44 && offsetof(struct time_reply, time) == 36, "1100");
_Static_assert(sizeof(struct attributes_request) == 40 && offsetof(struct attributes_request, count) == 36, "1001");
_Static_assert(sizeof(struct attributes_reply) == 44 && offsetof(struct attributes_reply, attribute) == 40, "1101");
_Static_assert(sizeof(struct alarm_request) == 60 && offsetof(struct alarm_request, type) == 48, "1002");
_Static_assert(offsetof(struct alarm_request, time) == 52, "1002");
_Static_assert(sizeof(struct set_time_request) == 40 && offsetof(struct set_time_request, time) == 32, "1200");
_Static_assert(sizeof(struct set_attributes_request) == 44, "1201");
_Static_assert(offsetof(struct alarm_message, trailer) == 48 && offsetof(struct alarm_message, time) == 40, "3125107");

// ---- Every routine by message

static struct mig_message message;

static kern_return_t port_by_message(mach_msg_id_t id, mach_port_t host, clock_id_t which, mach_port_t *clock) {
    struct clock_number_request *in = begin_request(&message, host, id, sizeof(*in));
    in->NDR = NDR_record;
    in->clock_id = which;
    kern_return_t code = exchange(&message, 40, 40, 1);
    if (code != KERN_SUCCESS) return code;
    const struct clock_port_reply *out = (const void *)&message;
    if (out->clock.type != MACH_MSG_PORT_DESCRIPTOR || out->clock.disposition != MOVE_SEND) return WRONG_REPLY;
    *clock = out->clock.name;
    return code;
}

static kern_return_t m_service(host_t host, clock_id_t which, clock_serv_t *clock) {
    return port_by_message(206, host, which, clock);
}

static kern_return_t m_control(host_priv_t host, clock_id_t which, clock_ctrl_t *clock) {
    return port_by_message(408, host, which, clock);
}

static kern_return_t m_get_time(clock_serv_t clock, mach_timespec_t *time) {
    begin_request(&message, clock, 1000, 24);
    kern_return_t code = exchange(&message, 44, 44, 0);
    if (code == KERN_SUCCESS) *time = ((const struct time_reply *)&message)->time;
    return code;
}

static kern_return_t m_get_attributes(clock_serv_t clock, clock_flavor_t flavor, clock_attr_t attribute,
                                      mach_msg_type_number_t *count) {
    struct attributes_request *in = begin_request(&message, clock, 1001, sizeof(*in));
    in->NDR = NDR_record;
    in->flavor = flavor;
    in->count = *count;
    kern_return_t code = exchange(&message, 44, 44, 0);
    if (code != KERN_SUCCESS) return code;
    const struct attributes_reply *out = (const void *)&message;
    *count = out->count;
    *attribute = out->attribute[0];
    return code;
}

static kern_return_t alarm_by_message(clock_serv_t clock, alarm_type_t type, mach_timespec_t time, mach_port_t port,
                                      mach_msg_type_name_t disposition) {
    struct alarm_request *in = begin_complex(&message, clock, 1002, sizeof(*in));
    in->port.name = port;
    in->port.disposition = disposition & 0xff;
    in->port.type = MACH_MSG_PORT_DESCRIPTOR;
    in->NDR = NDR_record;
    in->type = type;
    in->time = time;
    return exchange_simple(&message);
}

static kern_return_t m_alarm(clock_serv_t clock, alarm_type_t type, mach_timespec_t time, clock_reply_t port) {
    return alarm_by_message(clock, type, time, port, MAKE_SEND_ONCE);
}

static kern_return_t m_set_time(clock_ctrl_t clock, mach_timespec_t time) {
    struct set_time_request *in = begin_request(&message, clock, 1200, sizeof(*in));
    in->NDR = NDR_record;
    in->time = time;
    return exchange_simple(&message);
}

static kern_return_t m_set_attributes(clock_ctrl_t clock, clock_flavor_t flavor, clock_attr_t attribute,
                                      mach_msg_type_number_t count) {
    struct set_attributes_request *in = begin_request(&message, clock, 1201, 40 + 4 * count);
    in->NDR = NDR_record;
    in->flavor = flavor;
    in->count = count;
    if (count > 0) in->attribute[0] = attribute[0];
    return exchange_simple(&message);
}

static const struct way {
    const char *name;
    __typeof__(host_get_clock_service) *service;
    __typeof__(host_get_clock_control) *control;
    __typeof__(clock_get_time) *get_time;
    __typeof__(clock_get_attributes) *get_attributes;
    __typeof__(clock_alarm) *alarm;
    __typeof__(clock_set_time) *set_time;
    __typeof__(clock_set_attributes) *set_attributes;
} ways[] = {{"call", host_get_clock_service, host_get_clock_control, clock_get_time, clock_get_attributes, clock_alarm,
             clock_set_time, clock_set_attributes},
            {"message", m_service, m_control, m_get_time, m_get_attributes, m_alarm, m_set_time, m_set_attributes}};

// What each test needs.
static mach_port_t host, clocks[2], controls[2];

static int set_up(void **state) {
    if (support_setup(state) != 0) return -1;
    open_reply_port();
    host = mach_host_self();
    for (clock_id_t i = 0; i < 2; i++) {
        if (host_get_clock_service(host, i, &clocks[i]) != KERN_SUCCESS) return -1;
        if (host_get_clock_control(host, i, &controls[i]) != KERN_SUCCESS) return -1;
    }
    return 0;
}

static int tear_down(void **state) {
    (void)mach_linux_task_adopt(MACH_PORT_NULL);
    for (clock_id_t i = 0; i < 2; i++) {
        (void)mach_port_deallocate(SELF, clocks[i]);
        (void)mach_port_deallocate(SELF, controls[i]);
    }
    (void)mach_port_deallocate(SELF, host);
    close_reply_port();
    return support_teardown(state);
}

#define CLOCK_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static uint64_t nanoseconds(mach_timespec_t time) { return time.tv_sec * SECOND + (uint64_t)time.tv_nsec; }

static mach_timespec_t timespec_of(uint64_t nanoseconds) {
    return (mach_timespec_t){(unsigned)(nanoseconds / SECOND), (clock_res_t)(nanoseconds % SECOND)};
}

// ---- Ports

// Z5
static void a_clock_has_two_ports(void **state) {
    (void)state;
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        for (clock_id_t i = 0; i < 2; i++) {
            mach_port_t port = MACH_PORT_NULL;
            mach_port_urefs_t before = refs(clocks[i], MACH_PORT_RIGHT_SEND);
            assert_success(ways[way].service(host, i, &port));
            assert_int_equal(port, clocks[i]);
            assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), before + 1);
            assert_success(mach_port_deallocate(SELF, port));
            before = refs(controls[i], MACH_PORT_RIGHT_SEND);
            assert_success(ways[way].control(host, i, &port));
            assert_int_equal(port, controls[i]);
            assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), before + 1);
            assert_success(mach_port_deallocate(SELF, port));
            natural_t kind;
            mach_vm_address_t token;
            assert_success(mach_port_kobject(SELF, clocks[i], &kind, &token));
            assert_int_equal(kind, 25);
            assert_true(token != 0);
            assert_success(mach_port_kobject(SELF, controls[i], &kind, &token));
            assert_int_equal(kind, 26);
        }
    }
    assert_true(clocks[0] != clocks[1] && controls[0] != controls[1] && clocks[0] != controls[0]);
}

// Z5
static void there_are_two_clocks_at_the_host_alone(void **state) {
    (void)state;
    const clock_id_t none[] = {-1, 2, 3, INT32_MAX, INT32_MIN};
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        mach_port_t port = 0x5a5a;
        for (size_t i = 0; i < COUNT_OF(none); i++) {
            assert_code(ways[way].service(host, none[i], &port), KERN_INVALID_ARGUMENT);
            assert_code(ways[way].control(host, none[i], &port), KERN_INVALID_ARGUMENT);
        }
        assert_code(ways[way].service(SELF, SYSTEM_CLOCK, &port), KERN_INVALID_ARGUMENT);
        assert_code(ways[way].control(clocks[0], SYSTEM_CLOCK, &port), KERN_INVALID_ARGUMENT);
        assert_int_equal(port, 0x5a5a);
    }
    assert_code(host_get_clock_service(MACH_PORT_NULL, SYSTEM_CLOCK, &(mach_port_t){0}), KERN_INVALID_ARGUMENT);
    assert_code(host_get_clock_control(MACH_PORT_DEAD, SYSTEM_CLOCK, &(mach_port_t){0}), KERN_INVALID_ARGUMENT);
    assert_code(host_get_clock_service(host, SYSTEM_CLOCK, NULL), KERN_INVALID_ARGUMENT);
    assert_code(host_get_clock_control(host, SYSTEM_CLOCK, NULL), KERN_INVALID_ARGUMENT);
}

// ---- Time and attributes

// Z6
static void a_clock_tells_its_time(void **state) {
    (void)state;
    const clockid_t linux_clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME};
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        for (clock_id_t i = 0; i < 2; i++) {
            for (unsigned control = 0; control < 2; control++) {
                mach_timespec_t told;
                struct timespec before, after;
                clock_gettime(linux_clocks[i], &before);
                assert_success(ways[way].get_time(control ? controls[i] : clocks[i], &told));
                clock_gettime(linux_clocks[i], &after);
                assert_true(told.tv_nsec >= 0 && told.tv_nsec < (clock_res_t)SECOND);
                assert_true((uint64_t)before.tv_sec * SECOND + (uint64_t)before.tv_nsec <= nanoseconds(told));
                assert_true(nanoseconds(told) <= (uint64_t)after.tv_sec * SECOND + (uint64_t)after.tv_nsec);
            }
        }
    }
}

// Z7
static void a_clock_tells_its_resolution(void **state) {
    (void)state;
    struct timespec resolution[2];
    clock_getres(CLOCK_MONOTONIC, &resolution[0]);
    clock_getres(CLOCK_REALTIME, &resolution[1]);
    const clock_flavor_t flavors[] = {CLOCK_GET_TIME_RES, CLOCK_ALARM_CURRES, CLOCK_ALARM_MINRES, CLOCK_ALARM_MAXRES};
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        for (clock_id_t i = 0; i < 2; i++) {
            for (size_t flavor = 0; flavor < COUNT_OF(flavors); flavor++) {
                for (mach_msg_type_number_t room = 1; room <= 3; room++) {
                    int value = 77;
                    mach_msg_type_number_t count = room;
                    mach_port_t port = room == 2 ? controls[i] : clocks[i];
                    assert_success(ways[way].get_attributes(port, flavors[flavor], &value, &count));
                    assert_int_equal(count, 1);
                    assert_int_equal(value, i == 1 && flavor > 0 ? 0 : resolution[i].tv_nsec);
                }
            }
        }
    }
}

// Z7
static void other_attributes_are_not_there(void **state) {
    (void)state;
    const clock_flavor_t none[] = {0, 2, 6, -1, INT32_MAX};
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        int value = 77;
        mach_msg_type_number_t count = 1;
        for (size_t i = 0; i < COUNT_OF(none); i++) {
            assert_code(ways[way].get_attributes(clocks[0], none[i], &value, &count), KERN_INVALID_VALUE);
            assert_code(ways[way].get_attributes(clocks[1], none[i], &value, &count), KERN_INVALID_VALUE);
        }
        count = 0;
        assert_code(ways[way].get_attributes(clocks[0], CLOCK_GET_TIME_RES, &value, &count), KERN_FAILURE);
        assert_code(ways[way].get_attributes(clocks[1], 9, &value, &count), KERN_FAILURE);
        assert_int_equal(count, 0);
        assert_int_equal(value, 77);
    }
}

// Z8
static void no_clock_can_be_set(void **state) {
    (void)state;
    int value = 1;
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        for (clock_id_t i = 0; i < 2; i++) {
            assert_code(ways[way].set_time(controls[i], (mach_timespec_t){1, 2}), KERN_FAILURE);
            assert_code(ways[way].set_attributes(controls[i], CLOCK_ALARM_CURRES, &value, 1), KERN_FAILURE);
            assert_code(ways[way].set_attributes(controls[i], CLOCK_ALARM_CURRES, &value, 0), KERN_FAILURE);
            assert_code(ways[way].set_time(clocks[i], (mach_timespec_t){1, 2}), KERN_INVALID_ARGUMENT);
            assert_code(ways[way].set_attributes(clocks[i], CLOCK_ALARM_CURRES, &value, 1), KERN_INVALID_ARGUMENT);
        }
    }
}

// Z6, Z8
static void other_ports_are_no_clocks(void **state) {
    (void)state;
    mach_port_t own = port_with_send(), thread = mach_thread_self(), port = make_port();
    const mach_port_t served[] = {SELF, host, thread};
    for (size_t i = 0; i < COUNT_OF(served); i++) {
        for (size_t way = 0; way < COUNT_OF(ways); way++) {
            mach_timespec_t time = {77, 77};
            int value = 77;
            mach_msg_type_number_t count = 1;
            assert_code(ways[way].get_time(served[i], &time), KERN_INVALID_ARGUMENT);
            assert_code(ways[way].get_attributes(served[i], 1, &value, &count), KERN_INVALID_ARGUMENT);
            assert_code(ways[way].set_time(served[i], time), KERN_INVALID_ARGUMENT);
            assert_code(ways[way].set_attributes(served[i], 1, &value, 1), KERN_INVALID_ARGUMENT);
            assert_code(ways[way].alarm(served[i], TIME_RELATIVE, time, port), KERN_INVALID_ARGUMENT);
            // What the request carried has ended: I12.
            if (way == 1) expect_send_once_notification(port);
            assert_int_equal(time.tv_sec, 77);
        }
    }
    const mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD, own, unknown_name()};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        mach_timespec_t time = {0, 0};
        assert_code(clock_get_time(names[i], &time), KERN_INVALID_ARGUMENT);
        assert_code(clock_set_time(names[i], time), KERN_INVALID_ARGUMENT);
        assert_code(clock_alarm(names[i], TIME_RELATIVE, time, port), KERN_INVALID_ARGUMENT);
    }
    assert_code(clock_get_time(clocks[0], NULL), KERN_INVALID_ARGUMENT);
    mach_msg_type_number_t count = 1;
    assert_code(clock_get_attributes(clocks[0], 1, NULL, &count), KERN_INVALID_ARGUMENT);
    assert_code(clock_get_attributes(clocks[0], 1, &(int){0}, NULL), KERN_INVALID_ARGUMENT);
    expect_no_message(port);
    destroy(port);
    destroy(own);
    assert_success(mach_port_deallocate(SELF, thread));
}

// K4
static void the_form_of_requests_is_tested(void **state) {
    (void)state;
    const struct {
        mach_msg_id_t id;
        mach_port_t port;
        size_t size;
        bool varies;
    } plain[] = {{206, host, 36, false},       {408, host, 36, false},         {1000, clocks[0], 24, false},
                 {1001, clocks[0], 40, false}, {1200, controls[0], 40, false}, {1201, controls[0], 40, true}};
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        begin_request(&message, plain[i].port, plain[i].id, plain[i].size + (plain[i].varies ? 8 : 4));
        if (plain[i].varies) set_word(&message, 36, 2);
        assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
        if (plain[i].size > 24) {
            begin_request(&message, plain[i].port, plain[i].id, plain[i].size - 4);
            assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
        }
        begin_request(&message, plain[i].port, plain[i].id, plain[i].size + 4);
        message.header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
        assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
    }
    begin_request(&message, controls[0], 1201, 44);
    assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS); // the count says 0
    begin_request(&message, clocks[0], 1002, 60);
    assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
    begin_complex(&message, clocks[0], 1002, 56);
    port_at(&message, 28)->type = MACH_MSG_PORT_DESCRIPTOR;
    assert_code(exchange_simple(&message), MIG_BAD_ARGUMENTS);
    const mach_msg_id_t none[] = {199, 203, 208, 299, 399, 417, 426, 999, 1003, 1199, 1202};
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        begin_request(&message, clocks[0], none[i], 24);
        assert_code(exchange_simple(&message), MIG_BAD_ID);
    }
}

// ---- Alarms

// The alarm's message, which must come; how it looks in all but code and time.
static struct alarm_message expect_alarm(mach_port_t port, int type) {
    struct alarm_message alarm;
    memset(&alarm, 0x5a, sizeof(alarm));
    assert_code(mach_msg(&alarm.head, MACH_RCV_MSG | MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT), 0,
                         sizeof(alarm), port, 0, MACH_PORT_NULL),
                MACH_MSG_SUCCESS);
    assert_int_equal(alarm.head.msgh_bits, MACH_MSGH_BITS(0, MOVE_SEND_ONCE));
    assert_int_equal(alarm.head.msgh_size, 48);
    assert_int_equal(alarm.head.msgh_remote_port, MACH_PORT_NULL);
    assert_int_equal(alarm.head.msgh_local_port, port);
    assert_int_equal(alarm.head.msgh_id, 3125107);
    assert_memory_equal(&alarm.NDR, &NDR_record, sizeof(NDR_record));
    assert_int_equal(alarm.type, type);
    assert_int_equal(alarm.trailer.msgh_sender.val[0], 0);
    assert_int_equal(alarm.trailer.msgh_sender.val[1], 1);
    for (unsigned i = 0; i < 8; i++) assert_int_equal(alarm.trailer.msgh_audit.val[i], 0);
    return alarm;
}

// Z10
static void an_alarm_comes_once_and_never_early(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        for (unsigned i = 0; i < 100; i++) {
            uint64_t length = i * 20000u, before = mach_absolute_time();
            int type = i & 1 ? TIME_ABSOLUTE : TIME_RELATIVE;
            uint64_t end = before + length;
            mach_timespec_t time = timespec_of(type == TIME_ABSOLUTE ? end : length);
            assert_success(ways[way].alarm(i & 2 ? clocks[0] : controls[0], type, time, port));
            struct alarm_message alarm = expect_alarm(port, type);
            uint64_t after = mach_absolute_time();
            assert_int_equal(alarm.code, KERN_SUCCESS);
            assert_true(nanoseconds(alarm.time) >= end && nanoseconds(alarm.time) <= after);
        }
    }
    expect_no_message(port);
    assert_int_equal(status(port).mps_sorights, 0);
    destroy(port);
}

// Z10: the message is there when the call returns.
static void an_alarm_for_a_time_that_has_passed_is_there_at_once(void **state) {
    (void)state;
    mach_port_t port = make_port();
    const struct {
        int type;
        mach_timespec_t time;
    } past[] = {{TIME_ABSOLUTE, {0, 0}}, {TIME_ABSOLUTE, {0, 999999999}}, {TIME_RELATIVE, {0, 0}}};
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        for (size_t i = 0; i < COUNT_OF(past); i++) {
            uint64_t before = mach_absolute_time();
            assert_success(ways[way].alarm(clocks[0], past[i].type, past[i].time, port));
            assert_int_equal(status(port).mps_msgcount, 1);
            struct alarm_message alarm = expect_alarm(port, past[i].type);
            assert_int_equal(alarm.code, KERN_SUCCESS);
            assert_true(nanoseconds(alarm.time) >= before);
        }
    }
    destroy(port);
}

// Z9
static void an_alarm_says_that_its_time_is_none(void **state) {
    (void)state;
    mach_port_t port = make_port();
    const struct {
        int type;
        mach_timespec_t time;
    } bad[] = {{2, {1, 1}},
               {-1, {1, 1}},
               {0x100, {1, 1}},
               {TIME_RELATIVE, {1, -1}},
               {TIME_RELATIVE, {1, (int)SECOND}},
               {TIME_ABSOLUTE, {0, INT32_MIN}},
               {TIME_ABSOLUTE, {0, INT32_MAX}}};
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        for (size_t i = 0; i < COUNT_OF(bad); i++) {
            uint64_t before = mach_absolute_time();
            assert_success(ways[way].alarm(clocks[0], bad[i].type, bad[i].time, port));
            assert_int_equal(status(port).mps_msgcount, 1);
            struct alarm_message alarm = expect_alarm(port, bad[i].type);
            assert_int_equal(alarm.code, KERN_INVALID_VALUE);
            assert_true(nanoseconds(alarm.time) >= before && nanoseconds(alarm.time) <= mach_absolute_time());
        }
    }
    destroy(port);
}

// Z9
static void alarms_need_the_system_clock_and_a_port(void **state) {
    (void)state;
    mach_port_t port = make_port(), only = make_dead_name(1);
    const mach_timespec_t time = {1, 0};
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        assert_code(ways[way].alarm(clocks[1], TIME_RELATIVE, time, port), KERN_FAILURE);
        if (way == 1) expect_send_once_notification(port); // I12
        assert_code(ways[way].alarm(controls[1], 7, time, port), KERN_FAILURE);
        if (way == 1) expect_send_once_notification(port);
        assert_code(ways[way].alarm(clocks[0], TIME_RELATIVE, time, MACH_PORT_NULL), KERN_INVALID_CAPABILITY);
        assert_code(ways[way].alarm(clocks[0], TIME_RELATIVE, time, MACH_PORT_DEAD), KERN_INVALID_CAPABILITY);
        assert_code(ways[way].alarm(clocks[0], TIME_RELATIVE, time, only), MACH_SEND_INVALID_RIGHT);
        assert_code(ways[way].alarm(clocks[0], TIME_RELATIVE, time, unknown_name()), MACH_SEND_INVALID_RIGHT);
        assert_code(ways[way].alarm(clocks[0], TIME_RELATIVE, time, host), MACH_SEND_INVALID_RIGHT);
    }
    expect_no_message(port);
    assert_int_equal(status(port).mps_sorights, 0);
    destroy(only);
    destroy(port);
}

// Z9
static void a_request_may_carry_any_right_that_can_be_sent_to(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), once = make_send_once(port), receive = make_port();
    const mach_timespec_t now = {0, 0};
    assert_success(alarm_by_message(clocks[0], TIME_ABSOLUTE, now, port, COPY_SEND));
    struct alarm_message alarm;
    assert_success(mach_msg(&alarm.head, MACH_RCV_MSG, 0, sizeof(alarm), port, 0, MACH_PORT_NULL));
    assert_int_equal(alarm.head.msgh_bits, MACH_MSGH_BITS(0, MOVE_SEND));
    assert_int_equal(alarm.head.msgh_id, 3125107);
    assert_success(alarm_by_message(clocks[0], TIME_RELATIVE, (mach_timespec_t){0, 1000}, once, MOVE_SEND_ONCE));
    assert_int_equal(expect_alarm(port, TIME_RELATIVE).code, KERN_SUCCESS);
    assert_code(alarm_by_message(clocks[0], TIME_ABSOLUTE, now, receive, MOVE_RECEIVE), KERN_INVALID_CAPABILITY);
    assert_int_equal(type(receive), MACH_PORT_TYPE_NONE); // it has ended with the request: I12
    assert_code(alarm_by_message(clocks[0], TIME_ABSOLUTE, now, MACH_PORT_NULL, COPY_SEND), KERN_INVALID_CAPABILITY);
    destroy(port);
}

// Z10
static void an_alarm_does_not_wait_for_room(void **state) {
    (void)state;
    mach_port_t port = make_port();
    set_limit(port, 1);
    queue_messages(port, 1);
    assert_success(clock_alarm(clocks[0], TIME_ABSOLUTE, (mach_timespec_t){0, 0}, port));
    uint64_t end = mach_absolute_time() + 1000000;
    assert_success(clock_alarm(clocks[0], TIME_ABSOLUTE, timespec_of(end), port));
    expect_message(port, 0);
    (void)expect_alarm(port, TIME_ABSOLUTE);
    assert_true(nanoseconds(expect_alarm(port, TIME_ABSOLUTE).time) >= end);
    destroy(port);
}

// Z10
static void an_alarm_whose_port_has_died_ends(void **state) {
    (void)state;
    uint64_t ports = live_ports(), messages = live_messages();
    mach_port_t port = make_port(), last = make_port();
    uint64_t end = mach_absolute_time() + 2000000;
    assert_success(clock_alarm(clocks[0], TIME_ABSOLUTE, timespec_of(end), port));
    destroy(port);
    assert_int_equal(live_ports(), ports + 2); // the alarm still has its right
    assert_success(clock_alarm(clocks[0], TIME_ABSOLUTE, timespec_of(end + 1), last));
    (void)expect_alarm(last, TIME_ABSOLUTE);
    assert_int_equal(live_ports(), ports + 1);
    assert_int_equal(live_messages(), messages);
    destroy(last);
}

// Z10: a send right in an alarm is a send right, and ends as one.
static void a_port_hears_when_an_alarm_had_its_last_send_right(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), notify = make_port();
    request(SELF, port, NO_SENDERS, 1, notify);
    uint64_t end = mach_absolute_time() + 1000000;
    assert_success(alarm_by_message(clocks[0], TIME_ABSOLUTE, timespec_of(end), port, MOVE_SEND));
    struct alarm_message alarm;
    assert_success(mach_msg(&alarm.head, MACH_RCV_MSG, 0, sizeof(alarm), port, 0, MACH_PORT_NULL));
    assert_true(nanoseconds(alarm.time) >= end);
    expect_notified(notify, NO_SENDERS, 1);
    destroy(port);
    destroy(notify);
}

// Z10: many at once, to one port; they are told in the order in which they were sent.
static void alarms_come_in_the_order_of_their_times(void **state) {
    (void)state;
    enum { ALARMS = 500 };
    mach_port_t port = make_port();
    uint64_t start = mach_absolute_time() + 5000000, last = 0;
    for (unsigned i = 0; i < ALARMS; i++) {
        // 7 has no factor in common with 500: a permutation.
        assert_success(clock_alarm(clocks[0], TIME_ABSOLUTE, timespec_of(start + i * 7 % ALARMS * 10000), port));
    }
    for (unsigned i = 0; i < ALARMS; i++) {
        uint64_t time = nanoseconds(expect_alarm(port, TIME_ABSOLUTE).time);
        assert_true(time >= last && time >= start + i * 10000);
        last = time;
    }
    expect_no_message(port);
    destroy(port);
}

static int alarm_program_calls;
kern_return_t clock_alarm_reply(clock_reply_t port, kern_return_t code, alarm_type_t type, mach_timespec_t time) {
    alarm_program_calls++;
    return port != MACH_PORT_NULL && code == KERN_SUCCESS && type == TIME_RELATIVE && nanoseconds(time) > 0
               ? KERN_SUCCESS
               : KERN_FAILURE;
}

// The server for alarms understands them.
static void the_server_for_alarms_takes_them(void **state) {
    (void)state;
    mach_port_t port = make_port();
    alarm_program_calls = 0;
    assert_success(clock_alarm(clocks[0], TIME_RELATIVE, (mach_timespec_t){0, 1000}, port));
    assert_success(mach_msg_server_once(clock_reply_server, 128, port, MACH_MSG_OPTION_NONE));
    assert_int_equal(alarm_program_calls, 1);
    destroy(port);
}

// Z19: a child has neither the clocks' names nor the alarms of its parent, and both of its own.
static int in_child(void *argument) {
    (void)argument;
    mach_port_t clock, port, its_host = mach_host_self();
    STEP(1, host_get_clock_service(its_host, SYSTEM_CLOCK, &clock) == KERN_SUCCESS);
    STEP(2, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
    uint64_t end = mach_absolute_time() + 1000000;
    STEP(3, clock_alarm(clock, TIME_ABSOLUTE, timespec_of(end), port) == KERN_SUCCESS);
    struct alarm_message alarm;
    STEP(4, mach_msg(&alarm.head, MACH_RCV_MSG, 0, sizeof(alarm), port, 0, MACH_PORT_NULL) == MACH_MSG_SUCCESS);
    STEP(5, nanoseconds(alarm.time) >= end);
    STEP(6, receive_simple(port, NULL) == MACH_RCV_TIMED_OUT);
    return 0;
}

static void a_child_has_alarms_of_its_own(void **state) {
    (void)state;
    mach_port_t port = make_port();
    uint64_t end = mach_absolute_time() + 20000000;
    assert_success(clock_alarm(clocks[0], TIME_ABSOLUTE, timespec_of(end), port));
    assert_int_equal(in_forked_child(in_child, NULL), 0);
    assert_true(nanoseconds(expect_alarm(port, TIME_ABSOLUTE).time) >= end);
    destroy(port);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CLOCK_TEST(a_clock_has_two_ports),
        CLOCK_TEST(there_are_two_clocks_at_the_host_alone),
        CLOCK_TEST(a_clock_tells_its_time),
        CLOCK_TEST(a_clock_tells_its_resolution),
        CLOCK_TEST(other_attributes_are_not_there),
        CLOCK_TEST(no_clock_can_be_set),
        CLOCK_TEST(other_ports_are_no_clocks),
        CLOCK_TEST(the_form_of_requests_is_tested),
        CLOCK_TEST(an_alarm_comes_once_and_never_early),
        CLOCK_TEST(an_alarm_for_a_time_that_has_passed_is_there_at_once),
        CLOCK_TEST(an_alarm_says_that_its_time_is_none),
        CLOCK_TEST(alarms_need_the_system_clock_and_a_port),
        CLOCK_TEST(a_request_may_carry_any_right_that_can_be_sent_to),
        CLOCK_TEST(an_alarm_does_not_wait_for_room),
        CLOCK_TEST(an_alarm_whose_port_has_died_ends),
        CLOCK_TEST(a_port_hears_when_an_alarm_had_its_last_send_right),
        CLOCK_TEST(alarms_come_in_the_order_of_their_times),
        CLOCK_TEST(the_server_for_alarms_takes_them),
        CLOCK_TEST(a_child_has_alarms_of_its_own),
    };
    return TASK_RUN(tests);
}

// mach_port_peek: what waits in a queue, without taking it. Row X4.
#include "message_support.h"

#include <unistd.h>

enum { MOVE_SEND = 17, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21 };

// One call's outputs, filled with a pattern before it.
struct peek {
    mach_port_seqno_t seqno;
    mach_msg_size_t size;
    mach_msg_id_t id;
    union {
        mach_msg_max_trailer_t trailer;
        char bytes[128];
    };
    mach_msg_type_number_t count;
};

static kern_return_t peek(struct peek *it, mach_port_t name, unsigned elements, mach_port_seqno_t seqno,
                          mach_msg_type_number_t count) {
    fill_untouched(it, sizeof(*it));
    it->seqno = seqno;
    it->count = count;
    return mach_port_peek(SELF, name, (mach_msg_trailer_type_t)MACH_RCV_TRAILER_ELEMENTS(elements), &it->seqno,
                          &it->size, &it->id, it->bytes, &it->count);
}

// The call fails with this code and writes nothing.
static void refuse(mach_port_t name, unsigned elements, mach_port_seqno_t seqno, mach_msg_type_number_t count,
                   kern_return_t code) {
    struct peek it, before;
    struct picture picture = take_picture();
    fill_untouched(&before, sizeof(before));
    before.seqno = seqno;
    before.count = count;
    assert_code(peek(&it, name, elements, seqno, count), code);
    assert_memory_equal(&before, &it, sizeof(it));
    assert_unchanged(picture);
}

static void the_first_message_is_told_and_stays(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 1234);
    set_inline_size(&message, 100);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    queue_messages(port, 1);
    for (int i = 0; i < 2; i++) {
        struct peek it;
        assert_success(peek(&it, port, 0, 0, 8)); // X4: 0 means the first
        assert_int_equal(it.seqno, 0);
        assert_int_equal(it.size, 108); // X4: 8 more than on the wire
        assert_int_equal(it.id, 1234);
        assert_int_equal(it.count, 8);
        assert_int_equal(it.trailer.msgh_trailer_type, 0);
        assert_untouched(it.bytes, 8, sizeof(it.bytes));
        assert_int_equal(status(port).mps_msgcount, 2); // X4: it stays
        assert_int_equal(status(port).mps_seqno, 0);
    }
    expect_message(port, 1234);
    destroy(port);
}

static void a_number_picks_the_message(void **state) {
    (void)state;
    mach_port_t port = make_port();
    set_limit(port, 10);
    queue_messages(port, 5);
    assert_success(mach_port_set_seqno(SELF, port, 40));
    struct peek it;
    for (unsigned i = 0; i < 5; i++) {
        assert_success(peek(&it, port, MACH_RCV_TRAILER_SEQNO, 40 + i, 12)); // X4
        assert_int_equal(it.seqno, 40 + i);
        assert_int_equal(it.id, i);
        assert_int_equal(it.size, 32);
        assert_int_equal(it.trailer.msgh_seqno, 40 + i); // X4
    }
    assert_success(peek(&it, port, MACH_RCV_TRAILER_SEQNO, 0, 12));
    assert_int_equal(it.seqno, 40); // X4: the number found
    assert_int_equal(it.trailer.msgh_seqno, 40);
    assert_int_equal(it.id, 0);
    const mach_port_seqno_t outside[] = {1, 39, 45, 46, 0x7fffffff, 0xffffffff};
    for (size_t i = 0; i < COUNT_OF(outside); i++)
        refuse(port, MACH_RCV_TRAILER_SEQNO, outside[i], 12, KERN_FAILURE); // X4
    // The range moves with the queue.
    expect_message(port, 0);
    refuse(port, 0, 40, 8, KERN_FAILURE);
    assert_success(peek(&it, port, 0, 0, 8));
    assert_int_equal(it.seqno, 41);
    assert_int_equal(it.id, 1);
    destroy(port);
}

static void an_empty_queue_fails(void **state) {
    (void)state;
    mach_port_t port = make_port();
    refuse(port, 0, 0, 8, KERN_FAILURE); // X4
    assert_success(mach_port_set_seqno(SELF, port, 5));
    refuse(port, 0, 5, 8, KERN_FAILURE);
    destroy(port);
}

static void trailers_up_to_the_audit_token_are_told(void **state) {
    (void)state;
    mach_port_t port = make_port();
    assert_success(mach_port_set_context(SELF, port, 0x5150));
    queue_messages(port, 1);
    const mach_msg_type_number_t sizes[] = {8, 12, 20, 52};
    for (unsigned elements = 0; elements < 4; elements++) {
        for (mach_msg_type_number_t room = sizes[elements]; room <= 68; room += 4) {
            struct peek it;
            assert_success(peek(&it, port, elements, 0, room));
            assert_int_equal(it.count, sizes[elements]); // X4
            assert_int_equal(it.trailer.msgh_trailer_type, 0);
            if (elements >= 2) {
                assert_int_equal(it.trailer.msgh_sender.val[0], geteuid());
                assert_int_equal(it.trailer.msgh_sender.val[1], getegid());
            }
            if (elements >= 3) {
                assert_int_equal(it.trailer.msgh_audit.val[1], geteuid());
                assert_int_equal(it.trailer.msgh_audit.val[2], getegid());
                assert_int_equal(it.trailer.msgh_audit.val[3], getuid());
                assert_int_equal(it.trailer.msgh_audit.val[4], getgid());
                assert_int_equal(it.trailer.msgh_audit.val[5], getpid());
            }
            assert_untouched(it.bytes, sizes[elements], sizeof(it.bytes));
        }
    }
    destroy(port);
}

static void more_than_the_audit_token_or_too_little_room_is_invalid(void **state) {
    (void)state;
    mach_port_t port = make_port();
    queue_messages(port, 1);
    for (unsigned elements = 4; elements < 16; elements++) refuse(port, elements, 0, 68, KERN_INVALID_VALUE); // X4
    const mach_msg_type_number_t sizes[] = {8, 12, 20, 52};
    for (unsigned elements = 0; elements < 4; elements++) {
        refuse(port, elements, 0, sizes[elements] - 1, KERN_INVALID_VALUE); // X4
        refuse(port, elements, 0, 0, KERN_INVALID_VALUE);
    }
    destroy(port);
}

static void descriptors_count_in_the_form_the_kernel_has(void **state) {
    (void)state;
    mach_port_t port = make_port(), other = make_port();
    set_limit(port, 100);
    mach_msg_size_t count = 0;
    for (; count < 6; count++) {
        struct test_message message = message_to(port, MAKE_SEND, (mach_msg_id_t)count);
        for (mach_msg_size_t i = 0; i < count; i++) add_port(&message, other, MAKE_SEND);
        if (count == 0) message.header.msgh_size = 28;
        message.header.msgh_size += 8; // data behind them
        assert_code(send_now(&message), MACH_MSG_SUCCESS);
        struct peek it;
        assert_success(peek(&it, port, 0, count, 8));
        assert_int_equal(it.id, count);
        assert_int_equal(it.size, 28 + 12 * count + 8 + 8 + 4 * count); // X4
    }
    destroy(port);
    destroy(other);
}

static void a_notification_is_seen_like_any_message(void **state) {
    (void)state;
    mach_port_t port = make_port();
    destroy(make_send_once(port));
    struct peek it;
    assert_success(peek(&it, port, MACH_RCV_TRAILER_AUDIT, 0, 52));
    assert_int_equal(it.id, 71);
    assert_int_equal(it.size, 32);
    assert_int_equal(it.trailer.msgh_sender.val[0], 0);
    assert_int_equal(it.trailer.msgh_sender.val[1], 1); // T17
    for (int i = 0; i < 8; i++) assert_int_equal(it.trailer.msgh_audit.val[i], 0);
    destroy(port);
}

static void only_a_receive_right_can_be_peeked_at(void **state) {
    (void)state;
    mach_port_t carrier, owner = make_port(), once = make_send_once(owner), set = make_set(), dead = make_dead_name(1),
                         send = make_send_only(1, &carrier), unknown = unknown_name();
    refuse(MACH_PORT_NULL, 0, 0, 8, KERN_INVALID_RIGHT); // R14
    refuse(MACH_PORT_DEAD, 0, 0, 8, KERN_INVALID_RIGHT); // R14
    refuse(unknown, 0, 0, 8, KERN_INVALID_NAME);
    const mach_port_t others[] = {once, set, dead, send};
    for (size_t i = 0; i < COUNT_OF(others); i++) refuse(others[i], 0, 0, 8, KERN_INVALID_RIGHT);
    // NULL and DEAD are seen before the trailer, the trailer before other names.
    refuse(MACH_PORT_NULL, 9, 0, 0, KERN_INVALID_RIGHT);
    refuse(unknown, 9, 0, 68, KERN_INVALID_VALUE);
    refuse(set, 0, 0, 4, KERN_INVALID_VALUE);
    destroy(once);
    destroy(owner);
    destroy(set);
    destroy(dead);
    destroy(carrier);
    destroy(send);
}

static void null_outputs_are_invalid_arguments(void **state) {
    (void)state;
    mach_port_t port = make_port();
    queue_messages(port, 1);
    for (int missing = 0; missing < 5; missing++) {
        struct peek it, before;
        fill_untouched(&it, sizeof(it));
        it.seqno = 0;
        it.count = 8;
        before = it;
        assert_code(mach_port_peek(SELF, port, 0, missing == 0 ? NULL : &it.seqno, missing == 1 ? NULL : &it.size,
                                   missing == 2 ? NULL : &it.id, missing == 3 ? NULL : it.bytes,
                                   missing == 4 ? NULL : &it.count),
                    KERN_INVALID_ARGUMENT);
        assert_memory_equal(&before, &it, sizeof(it));
    }
    expect_message(port, 0);
    destroy(port);
}

static void another_task_argument_is_an_invalid_task(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    queue_messages(port, 1);
    const mach_port_t tasks[] = {MACH_PORT_NULL, MACH_PORT_DEAD, port, 0x7fffff03};
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        struct peek it, before;
        fill_untouched(&it, sizeof(it));
        it.seqno = 0;
        it.count = 8;
        before = it;
        assert_code(mach_port_peek(tasks[i], port, 0, &it.seqno, &it.size, &it.id, it.bytes, &it.count),
                    KERN_INVALID_TASK);
        assert_memory_equal(&before, &it, sizeof(it));
    }
    destroy(port);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_first_message_is_told_and_stays),
        TEST(a_number_picks_the_message),
        TEST(an_empty_queue_fails),
        TEST(trailers_up_to_the_audit_token_are_told),
        TEST(more_than_the_audit_token_or_too_little_room_is_invalid),
        TEST(descriptors_count_in_the_form_the_kernel_has),
        TEST(a_notification_is_seen_like_any_message),
        TEST(only_a_receive_right_can_be_peeked_at),
        TEST(null_outputs_are_invalid_arguments),
        TEST(another_task_argument_is_an_invalid_task),
    };
    return RUN(tests);
}

// Receiving: names, sizes, what a message looks like on arrival, trailers and buffers. Rows V1 to V18 but for those that need a blocked receiver.
#include "message_support.h"

#include <sys/types.h>
#include <unistd.h>

enum { MOVE_RECEIVE = 16, MOVE_SEND = 17, MOVE_SEND_ONCE = 18, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21 };

static const mach_msg_size_t trailer_sizes[16] = {8, 12, 20, 52, 60, 68, 68, 68, 68, 68, 68, 68, 68, 68, 68, 68};

static mach_port_t port_with_message(mach_msg_size_t size) {
    mach_port_t port = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 9);
    set_inline_size(&message, size);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    return port;
}

// ---- Names

static void only_a_receive_right_or_a_set_can_be_received_from(void **state) {
    (void)state;
    mach_port_t carrier, owner = make_port(), once = make_send_once(owner), dead = make_dead_name(2),
                         send = make_send_only(2, &carrier);
    const mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD, unknown_name(), 0x7fffff03, 1, 3,
                                 once,           dead,           send,           SELF};
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct test_message received;
        assert_code(receive_now(names[i], &received, 0), MACH_RCV_INVALID_NAME); // V1
        assert_untouched(&received, 0, sizeof(received));
        assert_code(mach_msg(&received.header, MACH_RCV_MSG, 0, sizeof(received), names[i], 0, MACH_PORT_NULL),
                    MACH_RCV_INVALID_NAME); // and does not wait
        assert_code(receive_now(names[i], &received, MACH_RCV_LARGE | MACH_RCV_LARGE_IDENTITY), MACH_RCV_INVALID_NAME);
        assert_untouched(&received, 0, sizeof(received));
    }
    assert_unchanged(picture);
    destroy(once);
    destroy(owner);
    destroy(dead);
    destroy(carrier);
    destroy(send);
}

static void a_member_of_a_set_can_still_be_received_from(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set();
    put_in_set(port, set);
    queue_messages(port, 2);
    expect_message(port, 0); // V3
    expect_message(set, 1);
    expect_no_message(port);
    expect_no_message(set);
    destroy(port);
    destroy(set);
}

static void an_empty_set_times_out(void **state) {
    (void)state;
    mach_port_t set = make_set();
    struct test_message received;
    assert_code(receive_now(set, &received, 0), MACH_RCV_TIMED_OUT); // V4
    assert_untouched(&received, 0, sizeof(received));
    uint64_t start = milliseconds();
    assert_code(
        mach_msg(&received.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(received), set, 60, MACH_PORT_NULL),
        MACH_RCV_TIMED_OUT); // V4: on expiry
    assert_true(milliseconds() - start >= 59);
    assert_untouched(&received, 0, sizeof(received));
    destroy(set);
}

static void an_empty_port_times_out(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct test_message received;
    assert_code(receive_now(port, &received, 0), MACH_RCV_TIMED_OUT);
    uint64_t start = milliseconds();
    assert_code(
        mach_msg(&received.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(received), port, 60, MACH_PORT_NULL),
        MACH_RCV_TIMED_OUT);
    assert_true(milliseconds() - start >= 59);
    assert_untouched(&received, 0, sizeof(received));
    destroy(port);
}

static void messages_of_one_port_arrive_in_the_order_they_were_sent(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set();
    set_limit(port, 100);
    put_in_set(port, set);
    queue_messages(port, 100);
    for (int i = 0; i < 100; i++) expect_message(i % 3 == 0 ? port : set, i);
    destroy(port);
    destroy(set);
}

static void a_set_gives_what_waits_on_any_member(void **state) {
    (void)state;
    mach_port_t set = make_set(), other = make_set(), ports[8];
    for (int i = 0; i < 8; i++) {
        ports[i] = make_port();
        put_in_set(ports[i], set);
        put_in_set(ports[i], other);
        assert_code(send_simple(ports[i], MAKE_SEND, 100 + i), MACH_MSG_SUCCESS);
    }
    unsigned seen = 0;
    for (int i = 0; i < 8; i++) {
        struct test_message received;
        assert_code(receive_now(i % 2 ? set : other, &received, 0), MACH_MSG_SUCCESS);
        unsigned which = (unsigned)received.header.msgh_id - 100;
        assert_in_range(which, 0, 7);
        assert_int_equal(received.header.msgh_local_port, ports[which]); // V8: the member's name, not the set's
        seen |= 1u << which;
    }
    assert_int_equal(seen, 0xff); // P4: the order between members is no one's business
    expect_no_message(set);
    expect_no_message(other);
    for (int i = 0; i < 8; i++) destroy(ports[i]);
    destroy(set);
    destroy(other);
}

// ---- Too large, with MACH_RCV_LARGE

static void a_large_message_stays_and_tells_its_size(void **state) {
    (void)state;
    mach_port_t port = port_with_message(100);
    const mach_msg_size_t sizes[] = {0, 4, 8, 23, 24, 31, 32, 99, 100, 107};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct test_message received;
        assert_code(receive_limited(port, &received, MACH_RCV_LARGE, sizes[i]), MACH_RCV_TOO_LARGE); // V5, V10
        assert_int_equal(received.header.msgh_size, 100); // V5: without the trailer
        assert_untouched(&received, 0, 4);
        assert_untouched(&received, 8, sizeof(received));
        assert_int_equal(status(port).mps_msgcount, 1); // V5
    }
    struct test_message received;
    assert_code(
        receive_limited(port, &received, MACH_RCV_LARGE | MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO), 112),
        MACH_MSG_SUCCESS);
    assert_int_equal(trailer_of(&received)->msgh_seqno, 0); // V5: no number was used up
    assert_inline_pattern(&received, 100);
    destroy(port);
}

static void the_size_test_counts_the_trailer(void **state) {
    (void)state;
    for (unsigned elements = 0; elements < 16; elements++) {
        mach_port_t port = port_with_message(64);
        mach_msg_size_t needed = 64 + trailer_sizes[elements];
        struct test_message received;
        mach_msg_option_t option = MACH_RCV_LARGE | MACH_RCV_TRAILER_ELEMENTS((int)elements);
        assert_code(receive_limited(port, &received, option, needed - 1), MACH_RCV_TOO_LARGE); // V10
        assert_int_equal(received.header.msgh_size, 64);
        assert_code(receive_limited(port, &received, option, needed - 4), MACH_RCV_TOO_LARGE);
        assert_code(receive_limited(port, &received, option, needed), MACH_MSG_SUCCESS); // V10
        assert_untouched(&received, needed, sizeof(received));
        destroy(port);
    }
}

static void a_large_message_can_tell_where_it_is(void **state) {
    (void)state;
    mach_port_t port = port_with_message(100), set = make_set();
    put_in_set(port, set);
    const mach_port_t names[] = {port, set};
    for (size_t i = 0; i < 2; i++) {
        struct test_message received;
        assert_code(receive_limited(names[i], &received, MACH_RCV_LARGE | MACH_RCV_LARGE_IDENTITY, 40),
                    MACH_RCV_TOO_LARGE);
        assert_int_equal(received.header.msgh_local_port, port); // V5: the member's name
        assert_int_equal(received.header.msgh_size, 100);
        assert_untouched(&received, 0, 4);
        assert_untouched(&received, 8, 12);
        assert_untouched(&received, 16, sizeof(received));
        assert_code(receive_limited(names[i], &received, MACH_RCV_LARGE, 40), MACH_RCV_TOO_LARGE);
        assert_untouched(&received, 8, sizeof(received)); // not without the option
    }
    assert_int_equal(status(port).mps_msgcount, 1);
    destroy(port);
    destroy(set);
}

static void identity_without_large_has_no_effect(void **state) {
    (void)state;
    mach_port_t port = port_with_message(100);
    struct test_message received;
    assert_code(receive_limited(port, &received, MACH_RCV_LARGE_IDENTITY, 60), MACH_RCV_TOO_LARGE);
    assert_int_equal(received.header.msgh_size, 24); // V6
    expect_no_message(port);
    destroy(port);
}

static void the_size_told_for_descriptors_is_that_of_the_sent_message(void **state) {
    (void)state;
    mach_port_t port = make_port(), other = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 9), received;
    for (int i = 0; i < 5; i++) add_port(&message, other, MAKE_SEND_ONCE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(receive_limited(port, &received, MACH_RCV_LARGE, 40), MACH_RCV_TOO_LARGE);
    assert_int_equal(received.header.msgh_size, 88); // V5, V10
    assert_code(receive_limited(port, &received, MACH_RCV_LARGE, 95), MACH_RCV_TOO_LARGE);
    assert_code(receive_limited(port, &received, MACH_RCV_LARGE, 96), MACH_MSG_SUCCESS);
    mach_msg_destroy(&received.header);
    drain(other);
    destroy(port);
    destroy(other);
}

// ---- Too large, without

static void a_large_message_is_destroyed_and_answered_by_its_header(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(1), watch = make_port(), carried = port_with_send();
    struct test_message message = message_to(port, MOVE_SEND, 77), received;
    set_reply(&message, watch, MAKE_SEND_ONCE);
    add_port(&message, watch, MAKE_SEND_ONCE);
    add_port(&message, carried, MOVE_RECEIVE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(receive_limited(port, &received, 0, 52), MACH_RCV_TOO_LARGE); // V6
    assert_int_equal(received.header.msgh_size, 24);                          // V15
    assert_int_equal(received.header.msgh_bits, 0x80001112u);                 // V15: reply type and COMPLEX stay
    assert_int_equal(received.header.msgh_remote_port, MACH_PORT_NULL);       // V15
    assert_int_equal(received.header.msgh_local_port, port);                  // V15
    assert_int_equal(received.header.msgh_id, 77);
    assert_int_equal(trailer_of(&received)->msgh_trailer_type, 0);
    assert_int_equal(trailer_of(&received)->msgh_trailer_size, 8);
    assert_untouched(&received, 32, sizeof(received));
    expect_send_once_notification(watch); // V6: the reply
    expect_send_once_notification(watch); // and the descriptor
    expect_no_message(watch);
    assert_int_equal(type(carried), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE); // the destination's right is gone
    assert_false(status(port).mps_srights);
    expect_no_message(port);
    destroy(port);
    destroy(watch);
    destroy(carried);
}

static void a_header_answer_has_the_requested_trailer(void **state) {
    (void)state;
    for (unsigned elements = 0; elements < 16; elements++) {
        mach_port_t port = port_with_message(200);
        assert_success(mach_port_set_context(SELF, port, 0x1122334455667788));
        assert_success(mach_port_set_seqno(SELF, port, 41));
        struct test_message received;
        assert_code(receive_limited(port, &received, MACH_RCV_TRAILER_ELEMENTS((int)elements), 196),
                    MACH_RCV_TOO_LARGE); // V6
        assert_int_equal(received.header.msgh_size, 24);
        assert_int_equal(received.header.msgh_bits, 0x1100);
        const mach_msg_max_trailer_t *trailer = trailer_of(&received);
        mach_msg_size_t size = trailer_sizes[elements];
        assert_int_equal(trailer->msgh_trailer_type, 0);
        assert_int_equal(trailer->msgh_trailer_size, size);
        if (size >= 12) assert_int_equal(trailer->msgh_seqno, 41); // V15
        if (size >= 20) {
            assert_int_equal(trailer->msgh_sender.val[0], 0); // V6, V15
            assert_int_equal(trailer->msgh_sender.val[1], 1);
        }
        if (size >= 60) assert_int_equal(trailer->msgh_context, 0x1122334455667788); // V15
        assert_untouched(&received, 24 + size, sizeof(received));
        assert_int_equal(status(port).mps_seqno, 42); // the destroyed message had used its number
        destroy(port);
    }
}

static void a_header_answer_uses_up_a_send_once_destination(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct test_message message = message_to(port, MAKE_SEND_ONCE, 9), received;
    set_inline_size(&message, 100);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(receive_limited(port, &received, 0, 64), MACH_RCV_TOO_LARGE);
    assert_int_equal(received.header.msgh_bits, 0x1200);
    assert_int_equal(received.header.msgh_local_port, port);
    assert_int_equal(status(port).mps_sorights, 0);
    expect_no_message(port); // quietly: no notification
    destroy(port);
}

static void a_buffer_too_small_for_the_answer_gets_no_byte_beyond_its_end(void **state) {
    (void)state;
    for (mach_msg_size_t size = 0; size < 32; size++) {
        mach_port_t port = make_port(), watch = make_port();
        struct test_message message = message_to(port, MAKE_SEND, 9), received;
        set_reply(&message, watch, MAKE_SEND_ONCE);
        assert_code(send_now(&message), MACH_MSG_SUCCESS);
        assert_code(receive_limited(port, &received, 0, size), MACH_RCV_TOO_LARGE); // V6, V10
        assert_untouched(&received, size, sizeof(received));
        expect_send_once_notification(watch); // V6: the message is lost all the same
        expect_no_message(port);
        destroy(port);
        destroy(watch);
    }
}

static void huge_receive_sizes_are_no_limit(void **state) {
    (void)state;
    const mach_msg_size_t sizes[] = {0x7fffffff, 0x80000000, 0xffffffbc, 0xfffffff8, 0xffffffff};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        mach_port_t port = port_with_message(100);
        struct test_message received;
        assert_code(receive_limited(port, &received, MACH_RCV_TRAILER_ELEMENTS(8), sizes[i]),
                    MACH_MSG_SUCCESS); // V10: nothing wraps
        assert_inline_pattern(&received, 100);
        assert_untouched(&received, 168, sizeof(received));
        destroy(port);
    }
}

// ---- Buffers

static void a_null_buffer_with_large_leaves_the_message(void **state) {
    (void)state;
    mach_port_t port = port_with_message(100);
    assert_code(mach_msg(NULL, MACH_RCV_MSG | MACH_RCV_LARGE | MACH_RCV_TIMEOUT, 0, 40, port, 0, MACH_PORT_NULL),
                MACH_RCV_INVALID_DATA); // V14
    assert_code(mach_msg(NULL, MACH_RCV_MSG | MACH_RCV_LARGE | MACH_RCV_TIMEOUT, 0, 0, port, 0, MACH_PORT_NULL),
                MACH_RCV_INVALID_DATA); // V14
    assert_code(mach_msg_overwrite(NULL, MACH_RCV_MSG | MACH_RCV_LARGE | MACH_RCV_LARGE_IDENTITY | MACH_RCV_TIMEOUT, 0,
                                   40, port, 0, MACH_PORT_NULL, NULL, 0),
                MACH_RCV_INVALID_DATA);
    expect_message(port, 9);
    destroy(port);
}

static void a_null_buffer_is_invalid_data(void **state) {
    (void)state;
    const mach_msg_size_t sizes[] = {0, 24, 60, 108, 1000, 0xffffffff};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        mach_port_t port = port_with_message(100);
        assert_code(mach_msg(NULL, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizes[i], port, 0, MACH_PORT_NULL),
                    MACH_RCV_INVALID_DATA);
        drain(port);
        destroy(port);
    }
}

static void a_separate_receive_buffer_gets_the_message(void **state) {
    (void)state;
    mach_port_t port = port_with_message(60);
    struct test_message buffer, receive;
    fill_untouched(&buffer, sizeof(buffer));
    fill_untouched(&receive, sizeof(receive));
    // V9: what is in it before is no scatter list, and the option that once said so does nothing.
    receive.header.msgh_bits = MACH_MSGH_BITS_COMPLEX;
    receive.body.msgh_descriptor_count = 3;
    assert_code(mach_msg_overwrite(&buffer.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT | MACH_RCV_OVERWRITE, 0,
                                   sizeof(receive), port, 0, MACH_PORT_NULL, &receive.header, 12),
                MACH_MSG_SUCCESS); // V11
    assert_untouched(&buffer, 0, sizeof(buffer));
    assert_int_equal(receive.header.msgh_id, 9);
    assert_inline_pattern(&receive, 60);
    assert_untouched(&receive, 68, sizeof(receive));
    destroy(port);
}

static void a_separate_buffer_alone_is_enough_to_receive(void **state) {
    (void)state;
    mach_port_t port = port_with_message(60);
    struct test_message receive;
    fill_untouched(&receive, sizeof(receive));
    assert_code(mach_msg_overwrite(NULL, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(receive), port, 0, MACH_PORT_NULL,
                                   &receive.header, 0),
                MACH_MSG_SUCCESS); // V11
    assert_inline_pattern(&receive, 60);
    destroy(port);
}

static void without_a_separate_buffer_the_message_itself_serves(void **state) {
    (void)state;
    mach_port_t port = port_with_message(60);
    struct test_message buffer;
    fill_untouched(&buffer, sizeof(buffer));
    assert_code(mach_msg_overwrite(&buffer.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(buffer), port, 0,
                                   MACH_PORT_NULL, NULL, 0),
                MACH_MSG_SUCCESS); // V11
    assert_inline_pattern(&buffer, 60);
    destroy(port);
}

static void a_separate_buffer_gets_errors_too(void **state) {
    (void)state;
    mach_port_t port = port_with_message(100);
    struct test_message buffer, receive;
    fill_untouched(&buffer, sizeof(buffer));
    fill_untouched(&receive, sizeof(receive));
    assert_code(mach_msg_overwrite(&buffer.header,
                                   MACH_RCV_MSG | MACH_RCV_TIMEOUT | MACH_RCV_LARGE | MACH_RCV_LARGE_IDENTITY, 0, 40,
                                   port, 0, MACH_PORT_NULL, &receive.header, 0),
                MACH_RCV_TOO_LARGE);
    assert_int_equal(receive.header.msgh_size, 100); // V11
    assert_int_equal(receive.header.msgh_local_port, port);
    assert_untouched(&buffer, 0, sizeof(buffer));
    fill_untouched(&receive, sizeof(receive));
    assert_code(mach_msg_overwrite(&buffer.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, 40, port, 0, MACH_PORT_NULL,
                                   &receive.header, 0),
                MACH_RCV_TOO_LARGE);
    assert_int_equal(receive.header.msgh_size, 24); // V11
    assert_int_equal(receive.header.msgh_local_port, port);
    assert_untouched(&receive, 32, sizeof(receive));
    assert_untouched(&buffer, 0, sizeof(buffer));
    destroy(port);
}

static void a_call_with_two_buffers_sends_one_and_fills_the_other(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 12), receive;
    set_reply(&message, port, MAKE_SEND_ONCE);
    set_inline_size(&message, 48);
    struct test_message before = message;
    fill_untouched(&receive, sizeof(receive));
    assert_code(mach_msg_overwrite(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, 48, sizeof(receive), port, 0,
                                   MACH_PORT_NULL, &receive.header, 0),
                MACH_MSG_SUCCESS);
    assert_memory_equal(&before, &message, sizeof(message));
    assert_int_equal(receive.header.msgh_id, 12);
    assert_inline_pattern(&receive, 48);
    destroy(receive.header.msgh_remote_port);
    drain(port);
    destroy(port);
}

static void the_notify_argument_is_not_looked_at(void **state) {
    (void)state;
    mach_port_t port = make_port();
    const mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD, port, 0x7fffff03, 1};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct test_message message = message_to(port, MAKE_SEND, 12);
        assert_code(mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG | MACH_RCV_NOTIFY, 24, sizeof(message), port,
                             0, names[i]),
                    MACH_MSG_SUCCESS); // V12
        assert_int_equal(message.header.msgh_id, 12);
    }
    destroy(port);
}

// ---- The header

static void the_header_arrives_swapped(void **state) {
    (void)state;
    const struct {
        mach_msg_type_name_t destination, reply;
        mach_msg_bits_t bits;
    } cases[] = {
        {MOVE_SEND, MAKE_SEND_ONCE, 0x1112}, {COPY_SEND, MAKE_SEND_ONCE, 0x1112},
        {MAKE_SEND, MAKE_SEND_ONCE, 0x1112}, {MAKE_SEND_ONCE, MAKE_SEND_ONCE, 0x1212},
        {MOVE_SEND, COPY_SEND, 0x1111},      {COPY_SEND, MOVE_SEND, 0x1111},
        {MAKE_SEND, MAKE_SEND, 0x1111},      {MAKE_SEND_ONCE, COPY_SEND, 0x1211},
        {MAKE_SEND_ONCE, 0, 0x1200},         {COPY_SEND, 0, 0x1100},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        mach_port_t port = port_with_sends(2), reply = port_with_sends(2);
        struct test_message message = message_to(port, cases[i].destination, -5), received;
        if (cases[i].reply != 0) set_reply(&message, reply, cases[i].reply);
        assert_code(send_now(&message), MACH_MSG_SUCCESS);
        assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
        assert_int_equal(received.header.msgh_bits, cases[i].bits); // V8
        assert_int_equal(received.header.msgh_size, 24);
        assert_int_equal(received.header.msgh_local_port, port); // V8
        assert_int_equal(received.header.msgh_id, -5);
        assert_int_equal(received.header.msgh_voucher_port, 0);
        if (cases[i].reply == 0) {
            assert_int_equal(received.header.msgh_remote_port, MACH_PORT_NULL);
        } else if ((cases[i].bits & 0x1f) == 0x11) {
            assert_int_equal(received.header.msgh_remote_port, reply); // V8: merged with the name that is there
        } else {
            assert_int_equal(type(received.header.msgh_remote_port),
                             MACH_PORT_TYPE_SEND_ONCE); // V8: but for send-once rights
            destroy(received.header.msgh_remote_port);
        }
        destroy(port);
        destroy(reply);
    }
}

static void a_send_right_without_a_name_here_gets_a_fresh_one(void **state) {
    (void)state;
    mach_port_t port = make_port(), carrier, send = make_send_only(2, &carrier);
    // Both references leave the space in one message; the next one finds the name of the first.
    struct test_message message = message_to(port, MAKE_SEND, 1), received;
    set_reply(&message, send, MOVE_SEND);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_int_equal(type(send), MACH_PORT_TYPE_NONE);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    mach_port_t name = received.header.msgh_remote_port;
    assert_int_equal(type(name), MACH_PORT_TYPE_SEND);
    assert_int_equal(refs(name, MACH_PORT_RIGHT_SEND), 1);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_remote_port, name); // V8
    assert_int_equal(refs(name, MACH_PORT_RIGHT_SEND), 2);
    // And the receive right joins them.
    assert_int_equal(take_from_transit(carrier), name); // I9
    assert_int_equal(type(name), MACH_PORT_TYPE_SEND_RECEIVE);
    destroy(name);
    destroy(carrier);
    destroy(port);
}

static void a_send_reply_joins_a_bare_receive_right(void **state) {
    (void)state;
    mach_port_t port = make_port(), reply = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 1), received;
    set_reply(&message, reply, MAKE_SEND);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_remote_port, reply); // V8, I9
    assert_int_equal(type(reply), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_int_equal(refs(reply, MACH_PORT_RIGHT_SEND), 1);
    destroy(port);
    destroy(reply);
}

static void a_reply_port_that_died_on_the_way_is_dead(void **state) {
    (void)state;
    const mach_msg_type_name_t dispositions[] = {MAKE_SEND, MAKE_SEND_ONCE};
    for (size_t i = 0; i < 2; i++) {
        mach_port_t port = make_port(), reply = make_port();
        struct test_message message = message_to(port, MAKE_SEND, 1), received;
        set_reply(&message, reply, dispositions[i]);
        assert_code(send_now(&message), MACH_MSG_SUCCESS);
        destroy(reply);
        assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
        assert_int_equal(received.header.msgh_remote_port, MACH_PORT_DEAD); // V8
        assert_int_equal(received.header.msgh_bits, i == 0 ? 0x1111 : 0x1112);
        destroy(port);
    }
}

static void a_reply_that_died_does_not_join_the_name_of_old(void **state) {
    (void)state;
    mach_port_t port = make_port(), reply = port_with_send();
    struct test_message message = message_to(port, MAKE_SEND, 1), received;
    set_reply(&message, reply, COPY_SEND);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    kill_port(reply);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_remote_port, MACH_PORT_DEAD); // V8
    assert_int_equal(refs(reply, MACH_PORT_RIGHT_DEAD_NAME), 1);
    destroy(reply);
    destroy(port);
}

static void a_reply_at_the_limit_of_references_is_absorbed(void **state) {
    (void)state;
    mach_port_t port = make_port(), reply = port_with_sends(65534);
    struct test_message message = message_to(port, MAKE_SEND, 1), received;
    set_reply(&message, reply, MAKE_SEND);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_remote_port, reply);
    assert_int_equal(refs(reply, MACH_PORT_RIGHT_SEND), 65534); // R16
    destroy(reply);
    destroy(port);
}

static void a_voucher_field_without_type_passes_through(void **state) {
    (void)state;
    mach_port_t port = make_port();
    const mach_port_name_t values[] = {0, 1, 0x103, 0x7fffff03, 0xffffffff};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        for (int wanted = 0; wanted < 2; wanted++) {
            struct test_message message = message_to(port, MAKE_SEND, 1), received;
            message.header.msgh_voucher_port = values[i];
            assert_code(send_now(&message), MACH_MSG_SUCCESS);
            assert_code(receive_now(port, &received, wanted ? MACH_RCV_VOUCHER : 0), MACH_MSG_SUCCESS);
            assert_int_equal(received.header.msgh_voucher_port, values[i]); // V8
            assert_int_equal(received.header.msgh_bits, 0x1100);
        }
    }
    destroy(port);
}

static void a_null_voucher_shows_its_type_only_to_who_wants_vouchers(void **state) {
    (void)state;
    mach_port_t port = make_port();
    const mach_msg_type_name_t dispositions[] = {MOVE_SEND, COPY_SEND};
    for (size_t i = 0; i < 2; i++) {
        for (int wanted = 0; wanted < 2; wanted++) {
            struct test_message message = message_to(port, MAKE_SEND, 1), received;
            message.header.msgh_bits |= dispositions[i] << 16;
            assert_code(send_now(&message), MACH_MSG_SUCCESS);
            assert_code(receive_now(port, &received, wanted ? MACH_RCV_VOUCHER : 0), MACH_MSG_SUCCESS);
            assert_int_equal(received.header.msgh_bits, wanted ? 0x111100 : 0x1100); // V8
            assert_int_equal(received.header.msgh_voucher_port, MACH_PORT_NULL);
        }
    }
    destroy(port);
}

// ---- Trailers

static void trailer_constants_have_their_historic_values(void **state) {
    (void)state;
    assert_int_equal(sizeof(mach_msg_trailer_t), 8);
    assert_int_equal(sizeof(mach_msg_seqno_trailer_t), 12);
    assert_int_equal(sizeof(mach_msg_security_trailer_t), 20);
    assert_int_equal(sizeof(mach_msg_audit_trailer_t), 52);
    assert_int_equal(sizeof(mach_msg_context_trailer_t), 60);
    assert_int_equal(sizeof(mach_msg_max_trailer_t), 68);
    for (int elements = 0; elements < 16; elements++) {
        assert_int_equal(REQUESTED_TRAILER_SIZE(MACH_RCV_TRAILER_ELEMENTS(elements)), trailer_sizes[elements]); // V13
        assert_int_equal(REQUESTED_TRAILER_SIZE(0xf0ffffffu | ((unsigned)elements << 24)),
                         trailer_sizes[elements]); // type bits are ignored
    }
}

// The audit session: the login uid is -1 where none was set.
static uint32_t login_uid(void) {
    FILE *file = fopen("/proc/self/loginuid", "r");
    unsigned uid = 0xffffffff;
    if (file == NULL) return uid;
    if (fscanf(file, "%u", &uid) != 1) uid = 0xffffffff;
    fclose(file);
    return uid;
}

static void check_trailer(const struct test_message *message, unsigned elements, mach_port_seqno_t seqno,
                          mach_port_context_t context) {
    const mach_msg_max_trailer_t *trailer = trailer_of(message);
    mach_msg_size_t size = trailer_sizes[elements];
    assert_int_equal(trailer->msgh_trailer_type, 0); // V13
    assert_int_equal(trailer->msgh_trailer_size, size);
    if (size >= 12) assert_int_equal(trailer->msgh_seqno, seqno);
    if (size >= 20) {
        assert_int_equal(trailer->msgh_sender.val[0], geteuid()); // V13, V18
        assert_int_equal(trailer->msgh_sender.val[1], getegid());
    }
    if (size >= 52) {
        assert_int_equal(trailer->msgh_audit.val[0], login_uid()); // V18
        assert_int_equal(trailer->msgh_audit.val[1], geteuid());
        assert_int_equal(trailer->msgh_audit.val[2], getegid());
        assert_int_equal(trailer->msgh_audit.val[3], getuid());
        assert_int_equal(trailer->msgh_audit.val[4], getgid());
        assert_int_equal(trailer->msgh_audit.val[5], getpid());
        assert_int_equal(trailer->msgh_audit.val[6], getsid(0));
    }
    if (size >= 60) assert_int_equal(trailer->msgh_context, context); // V13: of the port
    if (size >= 68) {
        assert_int_equal(trailer->msgh_ad, 0); // V13
        assert_int_equal(trailer->msgh_labels.sender, 0);
    }
}

static void every_trailer_holds_what_was_asked_for(void **state) {
    (void)state;
    for (unsigned kind = 0; kind < 16; kind++) {
        for (unsigned elements = 0; elements < 16; elements++) {
            mach_port_t port = make_port();
            assert_success(mach_port_set_seqno(SELF, port, 1000 + elements));
            struct test_message message = message_to(port, MAKE_SEND, 1), received;
            set_inline_size(&message, 24 + 4 * elements);
            assert_code(send_now(&message), MACH_MSG_SUCCESS);
            assert_success(mach_port_set_context(
                SELF, port, 0xfedcba9876543210 + elements)); // V13: the context is that at the receive
            mach_msg_size_t size = 24 + 4 * elements + trailer_sizes[elements];
            mach_msg_option_t option = (mach_msg_option_t)((kind << 28) | (elements << 24));
            assert_code(receive_limited(port, &received, option, size), MACH_MSG_SUCCESS);
            assert_int_equal(received.header.msgh_size, 24 + 4 * elements); // V7: never counts the trailer
            check_trailer(&received, elements, 1000 + elements, 0xfedcba9876543210 + elements);
            assert_untouched(&received, size, sizeof(received)); // V13
            destroy(port);
        }
    }
}

static void a_trailer_follows_descriptors_too(void **state) {
    (void)state;
    mach_port_t port = make_port(), other = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 1), received;
    add_port(&message, other, MAKE_SEND_ONCE);
    add_port(&message, MACH_PORT_NULL, 0);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_code(receive_limited(port, &received, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT), 52 + 52),
                MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_size, 52);
    check_trailer(&received, MACH_RCV_TRAILER_AUDIT, 0, 0); // V7
    assert_untouched(&received, 104, sizeof(received));
    destroy(received.ports[0].name);
    drain(other);
    destroy(port);
    destroy(other);
}

static void the_pid_version_stays_within_a_process(void **state) {
    (void)state;
    mach_port_t port = make_port();
    uint32_t versions[2];
    for (int i = 0; i < 2; i++) {
        struct test_message received;
        queue_messages(port, 1);
        assert_code(receive_now(port, &received, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT)), MACH_MSG_SUCCESS);
        versions[i] = trailer_of(&received)->msgh_audit.val[7]; // V18
    }
    assert_int_equal(versions[0], versions[1]);
    destroy(port);
}

static void the_context_of_the_port_of_a_set_is_told(void **state) {
    (void)state;
    mach_port_t set = make_set(), ports[] = {make_port(), make_port()};
    for (unsigned i = 0; i < 2; i++) {
        put_in_set(ports[i], set);
        assert_success(mach_port_set_context(SELF, ports[i], 100 + i));
        queue_messages(ports[i], 1);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct test_message received;
        assert_code(receive_now(set, &received, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_CTX)), MACH_MSG_SUCCESS);
        assert_int_equal(trailer_of(&received)->msgh_context,
                         received.header.msgh_local_port == ports[0] ? 100 : 101); // V13
    }
    for (unsigned i = 0; i < 2; i++) destroy(ports[i]);
    destroy(set);
}

// ---- Random options

static uint32_t next_random(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 32);
}

static void unknown_options_are_dropped(void **state) {
    (void)state;
    uint64_t seed = 20260103;
    mach_port_t port = make_port();
    set_limit(port, 3);
    unsigned queued = 0;
    for (int i = 0; i < 20000; i++) {
        struct test_message message = message_to(port, MAKE_SEND, 3);
        set_inline_size(&message, 40);
        uint32_t random = next_random(&seed) | MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT;
        unsigned elements = (random >> 24) & 15;
        mach_msg_return_t wanted = MACH_MSG_SUCCESS;
        bool receives = (random & MACH_RCV_MSG) != 0;
        if (random & MACH_SEND_MSG) {
            if (queued == 3) { // Q11: MACH_SEND_ALWAYS is no option of a program
                wanted = MACH_SEND_TIMED_OUT;
                receives = false; // Q7
            } else {
                queued++;
            }
        }
        if (receives) {
            if (queued == 0) {
                wanted = MACH_RCV_TIMED_OUT;
            } else {
                queued--;
            }
        }
        assert_code(
            mach_msg(&message.header, (mach_msg_option_t)random, 40, sizeof(message), port, 0, next_random(&seed)),
            wanted); // Q11
        if (wanted == MACH_MSG_SUCCESS && receives) {
            assert_int_equal(message.header.msgh_size, 40);
            assert_int_equal(trailer_of(&message)->msgh_trailer_size, trailer_sizes[elements]);
        }
        // What came back from a full queue is given up.
        if (wanted == MACH_SEND_TIMED_OUT) mach_msg_destroy(&message.header);
        assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE);
        assert_int_equal(status(port).mps_msgcount, queued);
    }
    destroy(port);
}

static void a_call_that_neither_sends_nor_receives_succeeds(void **state) {
    (void)state;
    const uint32_t options[] = {0, 0xfffffffc, MACH_SEND_TIMEOUT, MACH_RCV_TIMEOUT | MACH_RCV_LARGE};
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        assert_code(mach_msg(NULL, (mach_msg_option_t)options[i], 3, 3, MACH_PORT_DEAD, 0, MACH_PORT_DEAD),
                    MACH_MSG_SUCCESS);
        assert_code(
            mach_msg_overwrite(NULL, (mach_msg_option_t)options[i], 3, 3, MACH_PORT_DEAD, 0, MACH_PORT_DEAD, NULL, 3),
            MACH_MSG_SUCCESS);
    }
    assert_unchanged(picture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(only_a_receive_right_or_a_set_can_be_received_from),
        TEST(a_member_of_a_set_can_still_be_received_from),
        TEST(an_empty_set_times_out),
        TEST(an_empty_port_times_out),
        TEST(messages_of_one_port_arrive_in_the_order_they_were_sent),
        TEST(a_set_gives_what_waits_on_any_member),
        TEST(a_large_message_stays_and_tells_its_size),
        TEST(the_size_test_counts_the_trailer),
        TEST(a_large_message_can_tell_where_it_is),
        TEST(identity_without_large_has_no_effect),
        TEST(the_size_told_for_descriptors_is_that_of_the_sent_message),
        TEST(a_large_message_is_destroyed_and_answered_by_its_header),
        TEST(a_header_answer_has_the_requested_trailer),
        TEST(a_header_answer_uses_up_a_send_once_destination),
        TEST(a_buffer_too_small_for_the_answer_gets_no_byte_beyond_its_end),
        TEST(huge_receive_sizes_are_no_limit),
        TEST(a_null_buffer_with_large_leaves_the_message),
        TEST(a_null_buffer_is_invalid_data),
        TEST(a_separate_receive_buffer_gets_the_message),
        TEST(a_separate_buffer_alone_is_enough_to_receive),
        TEST(without_a_separate_buffer_the_message_itself_serves),
        TEST(a_separate_buffer_gets_errors_too),
        TEST(a_call_with_two_buffers_sends_one_and_fills_the_other),
        TEST(the_notify_argument_is_not_looked_at),
        TEST(the_header_arrives_swapped),
        TEST(a_send_right_without_a_name_here_gets_a_fresh_one),
        TEST(a_send_reply_joins_a_bare_receive_right),
        TEST(a_reply_port_that_died_on_the_way_is_dead),
        TEST(a_reply_that_died_does_not_join_the_name_of_old),
        TEST(a_reply_at_the_limit_of_references_is_absorbed),
        TEST(a_voucher_field_without_type_passes_through),
        TEST(a_null_voucher_shows_its_type_only_to_who_wants_vouchers),
        TEST(trailer_constants_have_their_historic_values),
        TEST(every_trailer_holds_what_was_asked_for),
        TEST(a_trailer_follows_descriptors_too),
        TEST(the_pid_version_stays_within_a_process),
        TEST(the_context_of_the_port_of_a_set_is_told),
        TEST(unknown_options_are_dropped),
        TEST(a_call_that_neither_sends_nor_receives_succeeds),
    };
    return RUN(tests);
}

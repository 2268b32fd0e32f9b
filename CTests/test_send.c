// Sending: which messages are refused, in which order the checks are made, and what each disposition takes. Rows S1 to S12.
#include "message_support.h"

// Every bit that a sender's header may hold, and the others.
#define USER_BITS    0x801f1f1fu
#define FOREIGN_BITS 0x7fe0e0e0u
#define BODY_LIMIT   50331580u

enum { MOVE_RECEIVE = 16, MOVE_SEND = 17, MOVE_SEND_ONCE = 18, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21 };

static mach_msg_return_t send_sized(struct test_message *message, mach_msg_size_t size) {
    return mach_msg(&message->header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

// ---- Sizes

static void a_message_shorter_than_its_header_is_too_small(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 1);
    for (mach_msg_size_t size = 0; size < 24; size++) assert_refused(&message, size, MACH_SEND_MSG_TOO_SMALL); // S1
    expect_no_message(port);
    destroy(port);
}

static void a_size_that_is_no_multiple_of_four_is_too_small(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 1);
    const mach_msg_size_t sizes[] = {25,       26,         27,         29,         101,        50331579,  50331581,
                                     50331583, 0x7fffffff, 0x80000001, 0xfffffffd, 0xfffffffe, 0xffffffff};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) assert_refused(&message, sizes[i], MACH_SEND_MSG_TOO_SMALL); // S1
    expect_no_message(port);
    destroy(port);
}

static void a_message_beyond_the_body_limit_is_too_large(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct test_message message = message_to(port, MAKE_SEND, 1);
    const mach_msg_size_t sizes[] = {50331584, 50331588, 0x04000000, 0x7ffffffc, 0x80000000, 0xffffff00, 0xfffffffc};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) assert_refused(&message, sizes[i], MACH_SEND_TOO_LARGE); // S1
    expect_no_message(port);
    destroy(port);
}

static void the_largest_message_arrives_whole(void **state) {
    (void)state;
    mach_port_t port = make_port();
    uint32_t *sent = malloc(BODY_LIMIT), *received = malloc(BODY_LIMIT + 8);
    assert_non_null(sent);
    assert_non_null(received);
    for (size_t i = 0; i < BODY_LIMIT / 4; i++) sent[i] = (uint32_t)i * 2654435761u;
    memset(received, 0, BODY_LIMIT + 8);
    struct test_message message = message_to(port, MAKE_SEND, 7);
    memcpy(sent, &message.header, sizeof(message.header));
    mach_msg_header_t *header = (mach_msg_header_t *)received;
    assert_code(mach_msg((mach_msg_header_t *)sent, MACH_SEND_MSG | MACH_SEND_TIMEOUT, BODY_LIMIT, 0, MACH_PORT_NULL, 0,
                         MACH_PORT_NULL),
                MACH_MSG_SUCCESS); // S1
    assert_code(mach_msg(header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, BODY_LIMIT + 8, port, 0, MACH_PORT_NULL),
                MACH_MSG_SUCCESS);
    assert_int_equal(header->msgh_size, BODY_LIMIT);
    assert_memory_equal(sent + 6, received + 6, BODY_LIMIT - 24);
    free(sent);
    free(received);
    destroy(port);
}

static void every_inline_size_arrives_whole(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (mach_msg_size_t size = 24; size <= 512; size += 4) {
        struct test_message message = message_to(port, MAKE_SEND, 3), received;
        set_inline_size(&message, size);
        assert_code(send_now(&message), MACH_MSG_SUCCESS);
        assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
        assert_int_equal(received.header.msgh_size, size);
        assert_inline_pattern(&received, size);
        assert_untouched(&received, size + 8, sizeof(received)); // V13
    }
    destroy(port);
}

static void the_size_in_the_header_is_not_looked_at(void **state) {
    (void)state;
    mach_port_t port = make_port();
    const mach_msg_size_t claims[] = {0, 1, 23, 25, 0x7fffffff, 0xffffffff};
    for (size_t i = 0; i < COUNT_OF(claims); i++) {
        struct test_message message = message_to(port, MAKE_SEND, 3), received;
        message.header.msgh_size = claims[i];
        assert_code(send_sized(&message, 40), MACH_MSG_SUCCESS); // S1
        assert_int_equal(message.header.msgh_size, claims[i]);
        assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
        assert_int_equal(received.header.msgh_size, 40); // S1
    }
    destroy(port);
}

static void a_null_message_is_invalid_data(void **state) {
    (void)state;
    struct picture picture = take_picture();
    struct test_message receive;
    fill_untouched(&receive, sizeof(receive));
    assert_code(mach_msg(NULL, MACH_SEND_MSG, 24, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL), MACH_SEND_INVALID_DATA); // S11
    assert_code(mach_msg(NULL, MACH_SEND_MSG | MACH_RCV_MSG, 24, 100, MACH_PORT_NULL, 0, MACH_PORT_NULL),
                MACH_SEND_INVALID_DATA);
    assert_code(mach_msg_overwrite(NULL, MACH_SEND_MSG | MACH_RCV_MSG, 24, sizeof(receive), MACH_PORT_NULL, 0,
                                   MACH_PORT_NULL, &receive.header, 0),
                MACH_SEND_INVALID_DATA);
    assert_untouched(&receive, 0, sizeof(receive));
    assert_unchanged(picture);
}

static void a_successful_send_leaves_the_buffer_as_it_was(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(3);
    struct test_message message = message_to(port, COPY_SEND, 3);
    set_reply(&message, port, MAKE_SEND_ONCE);
    add_port(&message, port, MOVE_SEND);
    struct test_message before = message;
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_memory_equal(&before, &message, sizeof(message));
    destroy(port);
}

// ---- Header bits

static void the_header_bits_have_their_historic_values(void **state) {
    (void)state;
    assert_int_equal(MACH_MSGH_BITS_REMOTE_MASK, 0x1f); // S10
    assert_int_equal(MACH_MSGH_BITS_LOCAL_MASK, 0x1f00);
    assert_int_equal(MACH_MSGH_BITS_VOUCHER_MASK, 0x1f0000);
    assert_int_equal(MACH_MSGH_BITS_COMPLEX, 0x80000000u);
    assert_int_equal(MACH_MSGH_BITS_RAISEIMP, 0x20000000u);
    assert_int_equal(MACH_MSGH_BITS_IMPHOLDASRT, 0x10000000u);
    assert_int_equal(MACH_MSGH_BITS_CIRCULAR, 0x10000000u);
    assert_int_equal(MACH_MSGH_BITS_USER, 0x801f1f1fu);
    assert_int_equal(MACH_MSGH_BITS_USED, 0xb01f1f1fu);
    assert_int_equal(MACH_MSGH_BITS(MAKE_SEND, MAKE_SEND_ONCE), 0x1514);
    assert_int_equal(MACH_MSGH_BITS_SET(1, 2, 3, 0x80000000u), 0x80030201u);
    assert_int_equal(MACH_MSGH_BITS_REMOTE(0x801f1514u), 20);
    assert_int_equal(MACH_MSGH_BITS_LOCAL(0x801f1514u), 21);
    assert_int_equal(MACH_MSGH_BITS_VOUCHER(0x80131514u), 19);
}

static void bits_that_a_sender_may_not_set_are_masked_off(void **state) {
    (void)state;
    mach_port_t port = make_port();
    struct test_message received;
    for (unsigned bit = 0; bit <= 32; bit++) {
        uint32_t extra = bit == 32 ? FOREIGN_BITS : (1u << bit) & FOREIGN_BITS;
        struct test_message message = message_to(port, MAKE_SEND, 4);
        message.header.msgh_bits |= extra;
        assert_code(send_now(&message), MACH_MSG_SUCCESS); // S2
        assert_int_equal(message.header.msgh_bits, MAKE_SEND | extra);
        assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
        assert_int_equal(received.header.msgh_bits, 0x1100); // S2: MOVE_SEND local and nothing else
    }
    destroy(port);
}

static void the_destination_needs_a_disposition_that_sends(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(2);
    for (mach_msg_type_name_t disposition = 0; disposition < 32; disposition++) {
        struct test_message message = message_to(port, disposition, 4);
        bool valid = disposition == MOVE_SEND || disposition == COPY_SEND || disposition == MAKE_SEND ||
                     disposition == MAKE_SEND_ONCE;
        if (valid) {
            assert_code(send_now(&message), MACH_MSG_SUCCESS); // S3
            expect_message(port, 4);
        } else {
            assert_refused(&message, 24,
                           disposition == MOVE_SEND_ONCE ? MACH_SEND_INVALID_DEST : MACH_SEND_INVALID_HEADER); // S3, S4
        }
    }
    destroy(port);
}

static void a_reply_disposition_must_send_or_be_nothing(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (mach_msg_type_name_t disposition = 0; disposition < 32; disposition++) {
        struct test_message message = message_to(port, MAKE_SEND, 4), received;
        set_reply(&message, MACH_PORT_NULL, disposition);
        if (disposition == 0 || (disposition >= MOVE_SEND && disposition <= MAKE_SEND_ONCE)) {
            assert_code(send_now(&message), MACH_MSG_SUCCESS); // S3: a type with a null name is allowed
            assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
            assert_int_equal(received.header.msgh_remote_port, MACH_PORT_NULL);
            mach_msg_type_name_t shown = disposition == 0                                                 ? 0
                                         : disposition == MOVE_SEND_ONCE || disposition == MAKE_SEND_ONCE ? 18
                                                                                                          : 17;
            assert_int_equal(received.header.msgh_bits, 0x1100 | shown); // V16
        } else {
            assert_refused(&message, 24, MACH_SEND_INVALID_HEADER); // S3
        }
    }
    destroy(port);
}

static void a_reply_name_without_disposition_is_an_invalid_header(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    const mach_port_t names[] = {port, 1, 0x7fffff03, MACH_PORT_DEAD};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct test_message message = message_to(port, COPY_SEND, 4);
        set_reply(&message, names[i], 0);
        assert_refused(&message, 24, MACH_SEND_INVALID_HEADER); // S3
    }
    destroy(port);
}

static void a_header_of_zeros_is_invalid(void **state) {
    (void)state;
    struct test_message message;
    memset(&message, 0, sizeof(message));
    assert_refused(&message, 24, MACH_SEND_INVALID_HEADER); // S11
    assert_refused(&message, 100, MACH_SEND_INVALID_HEADER);
    message.header.msgh_bits = MACH_MSGH_BITS_COMPLEX;
    assert_refused(&message, 100, MACH_SEND_INVALID_HEADER);
}

// ---- Destination and reply that cannot be copied in

static void check_destination(mach_port_t name, mach_msg_type_name_t disposition) {
    struct test_message message = message_to(name, disposition, 4);
    assert_refused(&message, 24, MACH_SEND_INVALID_DEST); // S4, S5
}

static void a_destination_that_is_null_dead_or_unknown_is_invalid(void **state) {
    (void)state;
    const mach_port_t names[] = {
        MACH_PORT_NULL, MACH_PORT_DEAD, unknown_name(), 0x3ffffc03, 0x7fffff03, 0xfffffefc, 1, 3};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        for (mach_msg_type_name_t disposition = MOVE_SEND; disposition <= MAKE_SEND_ONCE; disposition++)
            check_destination(names[i], disposition); // S4
    }
}

static void a_destination_without_the_right_is_invalid(void **state) {
    (void)state;
    mach_port_t carrier, receive = make_port(), set = make_set(), dead = make_dead_name(2),
                         send = make_send_only(2, &carrier);
    mach_port_t once = make_send_once(receive);
    const struct {
        mach_port_t name;
        mach_msg_type_name_t dispositions[5];
    } cases[] = {
        {receive, {MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND}},
        {send, {MOVE_SEND_ONCE, MAKE_SEND, MAKE_SEND_ONCE}},
        {once, {MOVE_SEND, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE}},
        {set, {MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE}},
        {dead, {MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE}}, // S7: never for the destination
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t j = 0; j < 5 && cases[i].dispositions[j] != 0; j++)
            check_destination(cases[i].name, cases[i].dispositions[j]); // S4
    }
    destroy(once);
    destroy(receive);
    destroy(set);
    destroy(dead);
    destroy(carrier);
    destroy(send);
}

static void a_port_that_died_unnoticed_is_an_invalid_destination(void **state) {
    (void)state;
    mach_port_t carrier, send = make_send_only(3, &carrier);
    destroy(carrier); // the receive right dies with the message that holds it
    struct test_message message = message_to(send, MOVE_SEND, 4);
    assert_code(send_now(&message), MACH_SEND_INVALID_DEST); // Q4: dead at copy-in
    assert_int_equal(type(send), MACH_PORT_TYPE_DEAD_NAME);
    assert_int_equal(refs(send, MACH_PORT_RIGHT_DEAD_NAME), 3); // S5
    destroy(send);
}

static void check_reply(mach_port_t destination, mach_port_t name, mach_msg_type_name_t disposition) {
    struct test_message message = message_to(destination, MAKE_SEND, 4);
    set_reply(&message, name, disposition);
    assert_refused(&message, 24, MACH_SEND_INVALID_REPLY); // S4, S5
    message = message_to(destination, MOVE_SEND, 4);
    set_reply(&message, name, disposition);
    assert_refused(&message, 24, MACH_SEND_INVALID_REPLY);
}

static void a_reply_port_that_is_unknown_or_without_the_right_is_invalid(void **state) {
    (void)state;
    mach_port_t destination = port_with_send();
    mach_port_t carrier, receive = make_port(), set = make_set(), dead = make_dead_name(2),
                         send = make_send_only(2, &carrier);
    mach_port_t once = make_send_once(receive), unknown = unknown_name();
    const struct {
        mach_port_t name;
        mach_msg_type_name_t dispositions[5];
    } cases[] = {
        {unknown, {MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE}},
        {0x7fffff03, {MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE}},
        {receive, {MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND}},
        {send, {MOVE_SEND_ONCE, MAKE_SEND, MAKE_SEND_ONCE}},
        {once, {MOVE_SEND, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE}},
        {set, {MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE}},
        {dead, {MAKE_SEND, MAKE_SEND_ONCE}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t j = 0; j < 5 && cases[i].dispositions[j] != 0; j++)
            check_reply(destination, cases[i].name, cases[i].dispositions[j]); // S4
    }
    expect_no_message(destination);
    expect_no_message(receive); // the send-once right was not touched
    destroy(once);
    destroy(receive);
    destroy(set);
    destroy(dead);
    destroy(carrier);
    destroy(send);
    destroy(destination);
}

// ---- Vouchers

static void only_a_copied_or_moved_null_voucher_passes(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (mach_msg_type_name_t disposition = 0; disposition < 32; disposition++) {
        struct test_message message = message_to(port, MAKE_SEND, 4), received;
        message.header.msgh_bits |= disposition << 16;
        if (disposition == 0 || disposition == MOVE_SEND || disposition == COPY_SEND) {
            assert_code(send_now(&message), MACH_MSG_SUCCESS); // S4
            assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
            assert_int_equal(received.header.msgh_bits, 0x1100); // V8: without MACH_RCV_VOUCHER the bits read 0
            assert_int_equal(received.header.msgh_voucher_port, MACH_PORT_NULL);
        } else {
            assert_refused(&message, 24, MACH_SEND_INVALID_VOUCHER); // S4
        }
    }
    destroy(port);
}

static void a_port_that_is_no_voucher_is_an_invalid_voucher(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(2), other = port_with_send(), set = make_set(), dead = make_dead_name(1);
    const mach_port_t names[] = {other, port, set, dead, unknown_name(), MACH_PORT_DEAD, 0x7fffff03, SELF};
    const mach_msg_type_name_t dispositions[] = {MOVE_SEND, COPY_SEND};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        for (size_t j = 0; j < 2; j++) {
            struct test_message message = message_to(port, COPY_SEND, 4);
            message.header.msgh_bits |= dispositions[j] << 16;
            message.header.msgh_voucher_port = names[i];
            assert_refused(&message, 24, MACH_SEND_INVALID_VOUCHER); // S4
        }
    }
    destroy(port);
    destroy(other);
    destroy(set);
    destroy(dead);
}

// ---- The order of the checks

static void the_checks_are_made_in_order(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), receive = make_port(), dead = make_dead_name(1), unknown = unknown_name();
    // Size comes before the message is read.
    assert_code(mach_msg(NULL, MACH_SEND_MSG, 20, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
                MACH_SEND_MSG_TOO_SMALL); // S11
    assert_code(mach_msg(NULL, MACH_SEND_MSG, 26, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL), MACH_SEND_MSG_TOO_SMALL);
    assert_code(mach_msg(NULL, MACH_SEND_MSG, 50331584, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL), MACH_SEND_TOO_LARGE);
    const struct {
        mach_port_t destination;
        mach_msg_type_name_t disposition;
        mach_port_t reply;
        mach_msg_type_name_t reply_disposition;
        mach_port_t voucher;
        mach_msg_type_name_t voucher_disposition;
        mach_msg_return_t code;
    } cases[] = {
        {MACH_PORT_NULL, 16, unknown, COPY_SEND, unknown, COPY_SEND, MACH_SEND_INVALID_HEADER},
        {MACH_PORT_NULL, COPY_SEND, unknown, 0, unknown, COPY_SEND, MACH_SEND_INVALID_HEADER},
        {MACH_PORT_DEAD, COPY_SEND, unknown, 22, unknown, COPY_SEND, MACH_SEND_INVALID_HEADER},
        {MACH_PORT_NULL, COPY_SEND, unknown, COPY_SEND, unknown, COPY_SEND,
         MACH_SEND_INVALID_DEST}, // S11: null and dead before the voucher
        {MACH_PORT_DEAD, COPY_SEND, unknown, COPY_SEND, unknown, MAKE_SEND, MACH_SEND_INVALID_DEST},
        {unknown, COPY_SEND, unknown, COPY_SEND, receive, COPY_SEND,
         MACH_SEND_INVALID_VOUCHER}, // the voucher before an unknown destination
        {unknown, COPY_SEND, receive, COPY_SEND, MACH_PORT_NULL, MAKE_SEND, MACH_SEND_INVALID_VOUCHER},
        {unknown, COPY_SEND, receive, COPY_SEND, MACH_PORT_NULL, 0, MACH_SEND_INVALID_DEST}, // unknown before the reply
        {unknown, COPY_SEND, unknown, COPY_SEND, MACH_PORT_NULL, 0, MACH_SEND_INVALID_DEST},
        {receive, COPY_SEND, unknown, COPY_SEND, MACH_PORT_NULL, 0,
         MACH_SEND_INVALID_REPLY}, // the reply before a lacking right
        {receive, COPY_SEND, port, MOVE_SEND_ONCE, MACH_PORT_NULL, 0, MACH_SEND_INVALID_REPLY},
        {dead, COPY_SEND, receive, COPY_SEND, MACH_PORT_NULL, 0,
         MACH_SEND_INVALID_REPLY}, // and before a dead destination
        {dead, COPY_SEND, port, COPY_SEND, MACH_PORT_NULL, 0, MACH_SEND_INVALID_DEST},
        {receive, COPY_SEND, port, MOVE_SEND, MACH_PORT_NULL, 0, MACH_SEND_INVALID_DEST},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        // A bad descriptor as well: the body comes last.
        struct test_message message = message_to(cases[i].destination, cases[i].disposition, 4);
        set_reply(&message, cases[i].reply, cases[i].reply_disposition);
        message.header.msgh_bits |= cases[i].voucher_disposition << 16;
        message.header.msgh_voucher_port = cases[i].voucher;
        add_port(&message, unknown, 99);
        assert_refused(&message, 40, cases[i].code); // S11
    }
    destroy(port);
    destroy(receive);
    destroy(dead);
}

// ---- What the dispositions of the destination take

// Receives and compares the header but for the voucher.
static void expect_header(mach_port_t port, mach_msg_bits_t bits, mach_port_t remote, mach_msg_id_t id) {
    struct test_message received;
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_bits, bits);
    assert_int_equal(received.header.msgh_size, 24);
    assert_int_equal(received.header.msgh_remote_port, remote);
    assert_int_equal(received.header.msgh_local_port, port);
    assert_int_equal(received.header.msgh_id, id);
}

static void a_moved_destination_takes_one_reference(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(2);
    assert_code(send_simple(port, MOVE_SEND, 5), MACH_MSG_SUCCESS);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    assert_code(send_simple(port, MOVE_SEND, 6), MACH_MSG_SUCCESS);
    assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE);
    assert_true(status(port).mps_srights);         // T4: the queued messages hold theirs
    assert_int_equal(status(port).mps_mscount, 1); // T2: a move is no make
    expect_header(port, 0x1100, MACH_PORT_NULL, 5);
    expect_header(port, 0x1100, MACH_PORT_NULL, 6);
    assert_false(status(port).mps_srights);
    destroy(port);
}

static void a_moved_last_reference_frees_the_name(void **state) {
    (void)state;
    mach_port_t carrier, send = make_send_only(1, &carrier);
    assert_code(send_simple(send, MOVE_SEND, 5), MACH_MSG_SUCCESS);
    assert_int_equal(type(send), MACH_PORT_TYPE_NONE);
    mach_port_t again = take_from_transit(carrier);
    assert_int_equal(type(again), MACH_PORT_TYPE_RECEIVE);
    expect_header(again, 0x1100, MACH_PORT_NULL, 5); // Q13
    destroy(again);
    destroy(carrier);
}

static void a_copied_destination_takes_nothing(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    assert_code(send_simple(port, COPY_SEND, 5), MACH_MSG_SUCCESS);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    assert_int_equal(status(port).mps_mscount, 1); // T2
    expect_header(port, 0x1100, MACH_PORT_NULL, 5);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    assert_true(status(port).mps_srights);
    destroy(port);
}

static void a_made_destination_raises_the_make_send_count(void **state) {
    (void)state;
    mach_port_t port = make_port();
    assert_code(send_simple(port, MAKE_SEND, 5), MACH_MSG_SUCCESS);
    assert_code(send_simple(port, MAKE_SEND, 6), MACH_MSG_SUCCESS);
    assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(status(port).mps_mscount, 2); // T2
    assert_true(status(port).mps_srights);
    expect_header(port, 0x1100, MACH_PORT_NULL, 5);
    expect_header(port, 0x1100, MACH_PORT_NULL, 6);
    assert_false(status(port).mps_srights);
    assert_int_equal(status(port).mps_mscount, 2);
    destroy(port);
}

static void a_made_send_once_destination_counts_until_received(void **state) {
    (void)state;
    mach_port_t port = make_port();
    assert_code(send_simple(port, MAKE_SEND_ONCE, 5), MACH_MSG_SUCCESS);
    assert_int_equal(status(port).mps_sorights, 1);
    assert_int_equal(status(port).mps_mscount, 0); // T2
    expect_header(port, 0x1200, MACH_PORT_NULL, 5);
    assert_int_equal(status(port).mps_sorights, 0);
    destroy(port);
}

static void a_moved_send_once_destination_frees_the_name(void **state) {
    (void)state;
    mach_port_t port = make_port(), once = make_send_once(port);
    assert_code(send_simple(once, MOVE_SEND_ONCE, 5), MACH_MSG_SUCCESS);
    assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
    assert_int_equal(status(port).mps_sorights, 1);
    expect_header(port, 0x1200, MACH_PORT_NULL, 5);
    assert_int_equal(status(port).mps_sorights, 0);
    expect_no_message(port);
    destroy(port);
}

// ---- What the dispositions of the reply take

static void each_reply_disposition_takes_what_it_says(void **state) {
    (void)state;
    const struct {
        mach_msg_type_name_t disposition;
        mach_msg_bits_t bits;
        mach_port_urefs_t left, after; // send references after the send, and after the receive
        mach_port_mscount_t made;
    } cases[] = {
        {MOVE_SEND, 0x1111, 1, 2, 1},
        {COPY_SEND, 0x1111, 2, 3, 1},
        {MAKE_SEND, 0x1111, 2, 3, 2},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        mach_port_t port = make_port(), reply = port_with_sends(2);
        struct test_message message = message_to(port, MAKE_SEND, 5);
        set_reply(&message, reply, cases[i].disposition);
        assert_code(send_now(&message), MACH_MSG_SUCCESS);
        assert_int_equal(refs(reply, MACH_PORT_RIGHT_SEND), cases[i].left);
        assert_int_equal(status(reply).mps_mscount, cases[i].made); // T2
        expect_header(port, cases[i].bits, reply, 5);               // I9: the right joins the name that is there
        assert_int_equal(refs(reply, MACH_PORT_RIGHT_SEND), cases[i].after);
        destroy(port);
        destroy(reply);
    }
}

static void a_send_once_reply_arrives_under_a_name_of_its_own(void **state) {
    (void)state;
    mach_port_t port = make_port(), reply = port_with_send();
    for (int moved = 0; moved < 2; moved++) {
        mach_port_t once = moved ? make_send_once(reply) : MACH_PORT_NULL;
        struct test_message message = message_to(port, MAKE_SEND, 5), received;
        set_reply(&message, moved ? once : reply, moved ? MOVE_SEND_ONCE : MAKE_SEND_ONCE);
        assert_code(send_now(&message), MACH_MSG_SUCCESS);
        if (moved) assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
        assert_int_equal(status(reply).mps_sorights, 1);
        assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
        assert_int_equal(received.header.msgh_bits, 0x1112);
        mach_port_t name = received.header.msgh_remote_port;
        assert_int_not_equal(name, reply); // I9: send-once rights never share a name
        assert_int_equal(type(name), MACH_PORT_TYPE_SEND_ONCE);
        assert_code(send_simple(name, MOVE_SEND_ONCE, 6), MACH_MSG_SUCCESS);
        expect_header(reply, 0x1200, MACH_PORT_NULL, 6);
        assert_int_equal(refs(reply, MACH_PORT_RIGHT_SEND), 1);
    }
    destroy(port);
    destroy(reply);
}

static void a_null_or_dead_reply_name_needs_no_right(void **state) {
    (void)state;
    mach_port_t port = make_port();
    for (mach_msg_type_name_t disposition = MOVE_SEND; disposition <= MAKE_SEND_ONCE; disposition++) {
        mach_msg_bits_t shown = disposition == MOVE_SEND_ONCE || disposition == MAKE_SEND_ONCE ? 0x1112 : 0x1111;
        const mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD};
        for (size_t i = 0; i < 2; i++) {
            struct test_message message = message_to(port, MAKE_SEND, 5);
            set_reply(&message, names[i], disposition);
            assert_code(send_now(&message), MACH_MSG_SUCCESS); // S3
            expect_header(port, shown, names[i], 5);           // V16
        }
    }
    destroy(port);
}

static void a_dead_name_as_reply_arrives_as_dead(void **state) {
    (void)state;
    const struct {
        mach_msg_type_name_t disposition;
        mach_msg_bits_t bits;
        mach_port_urefs_t left;
    } cases[] = {{COPY_SEND, 0x1111, 3}, {MOVE_SEND, 0x1111, 2}, {MOVE_SEND_ONCE, 0x1112, 2}};
    mach_port_t port = make_port();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        mach_port_t dead = make_dead_name(3);
        struct test_message message = message_to(port, MAKE_SEND, 5);
        set_reply(&message, dead, cases[i].disposition);
        assert_code(send_now(&message), MACH_MSG_SUCCESS); // S7
        assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), cases[i].left);
        expect_header(port, cases[i].bits, MACH_PORT_DEAD, 5); // S7
        destroy(dead);
    }
    // The last reference frees the name.
    mach_port_t dead = make_dead_name(1);
    struct test_message message = message_to(port, MAKE_SEND, 5);
    set_reply(&message, dead, MOVE_SEND);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_int_equal(type(dead), MACH_PORT_TYPE_NONE);
    expect_header(port, 0x1111, MACH_PORT_DEAD, 5);
    destroy(port);
}

static void a_send_once_right_that_died_goes_as_reply_by_any_send_disposition(void **state) {
    (void)state;
    mach_port_t port = make_port();
    const mach_msg_type_name_t dispositions[] = {MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND};
    for (size_t i = 0; i < COUNT_OF(dispositions); i++) {
        mach_port_t gone = make_port(), once = make_send_once(gone);
        destroy(gone);
        struct test_message message = message_to(port, MAKE_SEND, 5);
        set_reply(&message, once, dispositions[i]);
        assert_code(send_now(&message), MACH_MSG_SUCCESS); // S7: the name is a dead name by now
        expect_header(port, dispositions[i] == MOVE_SEND_ONCE ? 0x1112 : 0x1111, MACH_PORT_DEAD, 5);
        if (dispositions[i] == COPY_SEND) destroy(once);
        assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
    }
    destroy(port);
}

static void two_names_of_one_port_are_copied_in_each_for_itself(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), once = make_send_once(port);
    struct test_message message = message_to(port, MOVE_SEND, 5), received;
    set_reply(&message, once, MOVE_SEND_ONCE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_int_equal(type(port), MACH_PORT_TYPE_RECEIVE);
    assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_bits, 0x1112);
    assert_int_equal(type(received.header.msgh_remote_port), MACH_PORT_TYPE_SEND_ONCE);
    destroy(received.header.msgh_remote_port);
    destroy(port);
}

// ---- Destination and reply under one name

#define OK    MACH_MSG_SUCCESS
#define DEST  MACH_SEND_INVALID_DEST
#define REPLY MACH_SEND_INVALID_REPLY

// One row per destination disposition, one column per reply disposition: MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE.
typedef const mach_msg_return_t matrix[5][5];

static matrix receive_only = {
    {REPLY, REPLY, REPLY, DEST, DEST}, {REPLY, REPLY, REPLY, DEST, DEST}, {REPLY, REPLY, REPLY, DEST, DEST},
    {REPLY, REPLY, REPLY, OK, OK},     {REPLY, REPLY, REPLY, OK, OK},
};
static matrix receive_and_one_send = {
    {DEST, REPLY, OK, OK, OK}, {DEST, REPLY, DEST, DEST, DEST}, {OK, REPLY, OK, OK, OK},
    {OK, REPLY, OK, OK, OK},   {OK, REPLY, OK, OK, OK},
};
static matrix receive_and_two_sends = {
    {OK, REPLY, OK, OK, OK}, {DEST, REPLY, DEST, DEST, DEST}, {OK, REPLY, OK, OK, OK},
    {OK, REPLY, OK, OK, OK}, {OK, REPLY, OK, OK, OK},
};
static matrix one_send = {
    {DEST, REPLY, OK, REPLY, REPLY},   {DEST, REPLY, DEST, REPLY, REPLY}, {OK, REPLY, OK, REPLY, REPLY},
    {DEST, REPLY, DEST, REPLY, REPLY}, {DEST, REPLY, DEST, REPLY, REPLY},
};
static matrix two_sends = {
    {OK, REPLY, OK, REPLY, REPLY},     {DEST, REPLY, DEST, REPLY, REPLY}, {OK, REPLY, OK, REPLY, REPLY},
    {DEST, REPLY, DEST, REPLY, REPLY}, {DEST, REPLY, DEST, REPLY, REPLY},
};
static matrix send_once = {
    {REPLY, DEST, REPLY, REPLY, REPLY}, {REPLY, DEST, REPLY, REPLY, REPLY}, {REPLY, DEST, REPLY, REPLY, REPLY},
    {REPLY, DEST, REPLY, REPLY, REPLY}, {REPLY, DEST, REPLY, REPLY, REPLY},
};
static matrix dead_name = {
    {DEST, DEST, DEST, REPLY, REPLY}, {DEST, DEST, DEST, REPLY, REPLY}, {DEST, DEST, DEST, REPLY, REPLY},
    {DEST, DEST, DEST, REPLY, REPLY}, {DEST, DEST, DEST, REPLY, REPLY},
};
static matrix port_set = {
    {REPLY, REPLY, REPLY, REPLY, REPLY}, {REPLY, REPLY, REPLY, REPLY, REPLY}, {REPLY, REPLY, REPLY, REPLY, REPLY},
    {REPLY, REPLY, REPLY, REPLY, REPLY}, {REPLY, REPLY, REPLY, REPLY, REPLY},
};

enum kind {
    RECEIVE_ONLY,
    RECEIVE_AND_ONE_SEND,
    RECEIVE_AND_TWO_SENDS,
    ONE_SEND,
    TWO_SENDS,
    SEND_ONCE,
    DEAD_NAME,
    PORT_SET
};

static void check_matrix(enum kind kind, matrix codes) {
    for (unsigned i = 0; i < 25; i++) {
        mach_msg_type_name_t destination = MOVE_SEND + i / 5, reply = MOVE_SEND + i % 5;
        mach_port_t carrier = MACH_PORT_NULL, name = MACH_PORT_NULL;
        switch (kind) {
        case RECEIVE_ONLY:
            name = make_port();
            break;
        case RECEIVE_AND_ONE_SEND:
            name = port_with_sends(1);
            break;
        case RECEIVE_AND_TWO_SENDS:
            name = port_with_sends(2);
            break;
        case ONE_SEND:
            name = make_send_only(1, &carrier);
            break;
        case TWO_SENDS:
            name = make_send_only(2, &carrier);
            break;
        case SEND_ONCE:
            carrier = make_port(), name = make_send_once(carrier);
            break;
        case DEAD_NAME:
            name = make_dead_name(2);
            break;
        case PORT_SET:
            name = make_set();
            break;
        }
        struct test_message message = message_to(name, destination, 5);
        set_reply(&message, name, reply);
        mach_msg_return_t wanted = codes[i / 5][i % 5];
        if (wanted != OK) {
            assert_refused(&message, 24, wanted); // S6, S5
        } else {
            mach_port_urefs_t had = refs(name, MACH_PORT_RIGHT_SEND);
            assert_code(send_now(&message), MACH_MSG_SUCCESS); // S6
            mach_port_urefs_t moved = (destination == MOVE_SEND) + (reply == MOVE_SEND);
            mach_port_type_t left = type(name);
            assert_int_equal(left & MACH_PORT_TYPE_SEND, had > moved ? MACH_PORT_TYPE_SEND : 0);
            if (left != MACH_PORT_TYPE_NONE) assert_int_equal(refs(name, MACH_PORT_RIGHT_SEND), had - moved);
            if (left & MACH_PORT_TYPE_RECEIVE) {
                assert_int_equal(status(name).mps_mscount,
                                 (had != 0) + (destination == MAKE_SEND) + (reply == MAKE_SEND)); // T2
                assert_int_equal(status(name).mps_sorights,
                                 (destination == MAKE_SEND_ONCE) + (reply == MAKE_SEND_ONCE));
            }
        }
        if (type(name) != MACH_PORT_TYPE_NONE) destroy(name);
        if (carrier != MACH_PORT_NULL) destroy(carrier);
        // A name that a moved send right left, or a dead name after its port.
        if (type(name) != MACH_PORT_TYPE_NONE) destroy(name);
    }
}

static void one_name_with_a_receive_right_alone_for_both(void **state) {
    (void)state;
    check_matrix(RECEIVE_ONLY, receive_only); // S6
}

static void one_name_with_receive_and_one_send_for_both(void **state) {
    (void)state;
    check_matrix(RECEIVE_AND_ONE_SEND, receive_and_one_send); // S6
}

static void one_name_with_receive_and_two_sends_for_both(void **state) {
    (void)state;
    check_matrix(RECEIVE_AND_TWO_SENDS, receive_and_two_sends); // S6
}

static void one_name_with_one_send_for_both(void **state) {
    (void)state;
    check_matrix(ONE_SEND, one_send); // S6
}

static void one_name_with_two_sends_for_both(void **state) {
    (void)state;
    check_matrix(TWO_SENDS, two_sends); // S6
}

static void one_send_once_right_for_both(void **state) {
    (void)state;
    check_matrix(SEND_ONCE, send_once); // S6
}

static void one_dead_name_for_both(void **state) {
    (void)state;
    check_matrix(DEAD_NAME, dead_name); // S6, S7
}

static void one_port_set_for_both(void **state) {
    (void)state;
    check_matrix(PORT_SET, port_set); // S6
}

static void one_reference_moved_and_copied_gives_two_rights(void **state) {
    (void)state;
    mach_port_t carrier, send = make_send_only(1, &carrier);
    struct test_message message = message_to(send, MOVE_SEND, 5), received;
    set_reply(&message, send, COPY_SEND);
    assert_code(send_now(&message), MACH_MSG_SUCCESS); // S6
    assert_int_equal(type(send), MACH_PORT_TYPE_NONE);
    mach_port_t port = take_from_transit(carrier);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_bits, 0x1111);
    assert_int_equal(received.header.msgh_remote_port, port);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    destroy(port);
    destroy(carrier);
}

// ---- Bad bodies

// A message whose header moves a send right to the destination and a send-once right for the reply, and whose descriptors so far move one
// right of each kind; the test appends what is bad.
struct bad_body {
    mach_port_t destination, watch, sent, received, later;
    struct test_message message;
};

static void start_bad_body(struct bad_body *it) {
    it->destination = port_with_sends(2);
    it->watch = make_port();
    it->sent = port_with_sends(2);
    it->received = port_with_send();
    it->later = port_with_send();
    it->message = message_to(it->destination, MOVE_SEND, 5);
    set_reply(&it->message, it->watch, MAKE_SEND_ONCE);
    add_port(&it->message, it->sent, MOVE_SEND);
    add_port(&it->message, it->received, MOVE_RECEIVE);
    add_port(&it->message, it->watch, MAKE_SEND_ONCE);
}

static void give_up_bad_body(struct bad_body *it) {
    drain(it->watch);
    destroy(it->destination);
    destroy(it->watch);
    destroy(it->sent);
    destroy(it->received);
    destroy(it->later);
}

// Header rights and the three earlier descriptors are gone; what follows the bad one is untouched, and so is the buffer.
static void check_bad_body(struct bad_body *it, mach_msg_size_t size, mach_msg_return_t code,
                           unsigned descriptors_consumed) {
    struct test_message before = it->message;
    uint64_t messages = live_messages();
    assert_code(send_sized(&it->message, size), code);
    assert_memory_equal(&before, &it->message, sizeof(before)); // S8
    expect_no_message(it->destination);
    assert_int_equal(refs(it->destination, MACH_PORT_RIGHT_SEND), 1); // S8: the header's right was consumed
    assert_int_equal(refs(it->sent, MACH_PORT_RIGHT_SEND), descriptors_consumed > 0 ? 1 : 2);
    assert_int_equal(type(it->received),
                     descriptors_consumed > 1 ? MACH_PORT_TYPE_DEAD_NAME : MACH_PORT_TYPE_SEND_RECEIVE);
    expect_send_once_notification(it->watch); // S12: the reply
    if (descriptors_consumed > 2) expect_send_once_notification(it->watch);
    expect_no_message(it->watch);
    assert_int_equal(type(it->later), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_int_equal(refs(it->later, MACH_PORT_RIGHT_SEND), 1);
    assert_int_equal(live_messages(), messages);
    give_up_bad_body(it);
}

static void a_body_name_without_the_right_is_an_invalid_right(void **state) {
    (void)state;
    mach_port_t carrier, receive = make_port(), set = make_set(), dead = make_dead_name(2),
                         send = make_send_only(2, &carrier);
    mach_port_t owner = make_port(), once = make_send_once(owner), both = port_with_send(), unknown = unknown_name();
    const struct {
        mach_port_t name;
        mach_msg_type_name_t dispositions[6];
    } cases[] = {
        {receive, {MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND}},
        {send, {16, MOVE_SEND_ONCE, MAKE_SEND, MAKE_SEND_ONCE}},
        {both, {MOVE_SEND_ONCE}},
        {once, {16, MOVE_SEND, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE}},
        {set, {16, MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE}},
        {dead, {16, MAKE_SEND, MAKE_SEND_ONCE}},
        {unknown, {16, MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE}},
        {0x7fffff03, {16, MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t j = 0; j < 6 && cases[i].dispositions[j] != 0; j++) {
            struct bad_body body;
            start_bad_body(&body);
            mach_port_type_t before = type(cases[i].name);
            add_port(&body.message, cases[i].name, cases[i].dispositions[j]);
            add_port(&body.message, body.later, MOVE_SEND);
            check_bad_body(&body, body.message.header.msgh_size, MACH_SEND_INVALID_RIGHT, 3); // S8
            assert_int_equal(type(cases[i].name), before);
        }
    }
    assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 2);
    assert_int_equal(refs(send, MACH_PORT_RIGHT_SEND), 2);
    destroy(receive);
    destroy(set);
    destroy(dead);
    destroy(once);
    destroy(owner);
    destroy(both);
    destroy(carrier);
    destroy(send);
}

static void a_disposition_out_of_range_on_a_valid_name_is_an_invalid_right(void **state) {
    (void)state;
    for (mach_msg_type_name_t disposition = 0; disposition < 256; disposition++) {
        if (disposition >= 16 && disposition <= MAKE_SEND_ONCE) continue;
        struct bad_body body;
        start_bad_body(&body);
        add_port(&body.message, body.later, disposition);
        check_bad_body(&body, body.message.header.msgh_size, MACH_SEND_INVALID_RIGHT, 3); // S8, D1
    }
}

static void an_unknown_descriptor_type_is_an_invalid_type(void **state) {
    (void)state;
    for (unsigned kind = 5; kind < 256; kind++) {
        struct bad_body body;
        start_bad_body(&body);
        add_port(&body.message, body.later, MOVE_SEND);
        body.message.ports[3].type = kind & 0xff;
        check_bad_body(&body, body.message.header.msgh_size, MACH_SEND_INVALID_TYPE, 3); // S8, D5
    }
}

static void descriptors_past_the_end_are_too_small_before_any_right_moves(void **state) {
    (void)state;
    const mach_msg_size_t counts[] = {4,          5,          6,          100,        0x1000,    0x10000000,
                                      0x15555555, 0x15555556, 0x7fffffff, 0x80000000, 0xffffffff};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct bad_body body;
        start_bad_body(&body);
        mach_msg_size_t size = body.message.header.msgh_size;
        body.message.body.msgh_descriptor_count = counts[i];
        check_bad_body(&body, size, MACH_SEND_MSG_TOO_SMALL, 0); // S8
    }
    for (mach_msg_size_t cut = 4; cut <= 12; cut += 4) {
        struct bad_body body;
        start_bad_body(&body);
        check_bad_body(&body, body.message.header.msgh_size - cut, MACH_SEND_MSG_TOO_SMALL,
                       0); // S8: cut off within the last one
    }
}

static void a_descriptor_past_the_end_counts_before_a_bad_one(void **state) {
    (void)state;
    struct bad_body body;
    start_bad_body(&body);
    add_port(&body.message, 0x7fffff03, MOVE_SEND);
    body.message.ports[0].type = 200;
    check_bad_body(&body, body.message.header.msgh_size - 4, MACH_SEND_MSG_TOO_SMALL, 0); // S8
}

static void a_bad_first_descriptor_leaves_the_others(void **state) {
    (void)state;
    struct bad_body body;
    start_bad_body(&body);
    body.message.ports[0].disposition = 99;
    check_bad_body(&body, body.message.header.msgh_size, MACH_SEND_INVALID_RIGHT, 0); // S8
}

static void a_failed_body_uses_up_a_send_once_destination(void **state) {
    (void)state;
    for (int moved = 0; moved < 2; moved++) {
        mach_port_t destination = make_port(), watch = make_port();
        mach_port_t once = moved ? make_send_once(destination) : MACH_PORT_NULL,
                    reply = moved ? make_send_once(watch) : MACH_PORT_NULL;
        struct test_message message =
            message_to(moved ? once : destination, moved ? MOVE_SEND_ONCE : MAKE_SEND_ONCE, 5);
        set_reply(&message, moved ? reply : watch, moved ? MOVE_SEND_ONCE : MAKE_SEND_ONCE);
        add_port(&message, destination, 99);
        assert_code(send_now(&message), MACH_SEND_INVALID_RIGHT);
        expect_send_once_notification(destination); // S12
        expect_send_once_notification(watch);       // S12
        expect_no_message(destination);
        expect_no_message(watch);
        assert_int_equal(status(destination).mps_sorights, 0);
        destroy(destination);
        destroy(watch);
        assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
        assert_int_equal(type(reply), MACH_PORT_TYPE_NONE);
    }
}

static void a_failed_body_leaves_the_raised_make_send_count(void **state) {
    (void)state;
    mach_port_t destination = make_port(), reply = make_port();
    struct test_message message = message_to(destination, MAKE_SEND, 5);
    set_reply(&message, reply, MAKE_SEND);
    add_port(&message, reply, MAKE_SEND);
    add_port(&message, 0x7fffff03, MAKE_SEND);
    assert_code(send_now(&message), MACH_SEND_INVALID_RIGHT);
    assert_int_equal(status(destination).mps_mscount, 1); // S12
    assert_int_equal(status(reply).mps_mscount, 2);       // S12
    assert_false(status(destination).mps_srights);
    assert_false(status(reply).mps_srights);
    destroy(destination);
    destroy(reply);
}

static void a_failed_body_destroys_header_then_descriptors(void **state) {
    (void)state;
    mach_port_t ports[] = {make_port(), make_port(), make_port(), make_port()};
    struct witnesses witnesses;
    block_witnesses(&witnesses, ports, 4);
    struct test_message message = message_to(ports[2], MAKE_SEND_ONCE, 5);
    set_reply(&message, ports[0], MAKE_SEND_ONCE);
    add_port(&message, ports[3], MAKE_SEND_ONCE);
    add_port(&message, ports[1], MAKE_SEND_ONCE);
    add_port(&message, 0x7fffff03, MAKE_SEND_ONCE);
    assert_code(send_now(&message), MACH_SEND_INVALID_RIGHT);
    const mach_port_t order[] = {ports[2], ports[0], ports[3], ports[1]};
    expect_witnessed(&witnesses, order); // S12, C3: destination, reply, descriptors
    for (size_t i = 0; i < 4; i++) destroy(ports[i]);
}

// ---- The message that comes back

// A port whose queue is full, with this many send references.
static mach_port_t full_port(mach_port_urefs_t sends) {
    mach_port_t port = sends == 0 ? make_port() : port_with_sends(sends);
    set_limit(port, 1);
    assert_code(send_simple(port, MAKE_SEND_ONCE, 1), MACH_MSG_SUCCESS);
    return port;
}

static void a_timed_out_message_comes_back_with_its_destination(void **state) {
    (void)state;
    const struct {
        mach_msg_type_name_t disposition;
        mach_port_urefs_t after;
        mach_port_mscount_t made;
    } cases[] = {{MOVE_SEND, 2, 1}, {COPY_SEND, 3, 1}, {MAKE_SEND, 3, 2}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        mach_port_t port = full_port(2);
        struct test_message message = message_to(port, cases[i].disposition, 5);
        message.header.msgh_bits |= FOREIGN_BITS;
        message.header.msgh_size = 77;
        set_inline_size(&message, 44);
        message.header.msgh_size = 77;
        memset(message.bytes + 20, UNTOUCHED, 100);
        assert_code(send_sized(&message, 44), MACH_SEND_TIMED_OUT);
        assert_int_equal(message.header.msgh_bits, 0x11); // S9: a MOVE, not swapped, foreign bits gone
        assert_int_equal(message.header.msgh_size, 44);
        assert_int_equal(message.header.msgh_remote_port, port);
        assert_int_equal(message.header.msgh_local_port, MACH_PORT_NULL);
        assert_int_equal(message.header.msgh_id, 5);
        assert_inline_pattern(&message, 44);
        assert_untouched(&message, 44, 144);                                // S9: no trailer
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), cases[i].after); // S9: COPY and MAKE came back as one more
        assert_int_equal(status(port).mps_mscount, cases[i].made);
        // The same buffer goes out as it is.
        expect_message(port, 1);
        assert_code(send_now(&message), MACH_MSG_SUCCESS);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), cases[i].after - 1); // S9: a resend moves it
        expect_message(port, 5);
        destroy(port);
    }
}

static void a_timed_out_message_comes_back_with_its_reply_right(void **state) {
    (void)state;
    const struct {
        mach_msg_type_name_t disposition;
        mach_port_urefs_t after;
        mach_port_mscount_t made;
    } cases[] = {{MOVE_SEND, 2, 1}, {COPY_SEND, 3, 1}, {MAKE_SEND, 3, 2}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        mach_port_t port = full_port(1), reply = port_with_sends(2);
        struct test_message message = message_to(port, COPY_SEND, 5);
        set_reply(&message, reply, cases[i].disposition);
        assert_code(send_now(&message), MACH_SEND_TIMED_OUT);
        assert_int_equal(message.header.msgh_bits, 0x1111); // S9
        assert_int_equal(message.header.msgh_remote_port, port);
        assert_int_equal(message.header.msgh_local_port, reply);
        assert_int_equal(refs(reply, MACH_PORT_RIGHT_SEND), cases[i].after);
        assert_int_equal(status(reply).mps_mscount, cases[i].made);
        destroy(port);
        destroy(reply);
    }
}

static void a_send_once_reply_comes_back_under_a_fresh_name(void **state) {
    (void)state;
    for (int moved = 0; moved < 2; moved++) {
        mach_port_t port = full_port(1), watch = port_with_send(), once = moved ? make_send_once(watch) : watch;
        struct test_message message = message_to(port, COPY_SEND, 5);
        set_reply(&message, once, moved ? MOVE_SEND_ONCE : MAKE_SEND_ONCE);
        assert_code(send_now(&message), MACH_SEND_TIMED_OUT);
        assert_int_equal(message.header.msgh_bits, 0x1211); // S9
        assert_int_not_equal(message.header.msgh_local_port, once);
        assert_int_equal(type(message.header.msgh_local_port), MACH_PORT_TYPE_SEND_ONCE);
        if (moved) assert_int_equal(type(once), MACH_PORT_TYPE_NONE); // S9
        assert_int_equal(status(watch).mps_sorights, 1);
        expect_no_message(watch);
        // It is still good for one message.
        expect_message(port, 1);
        assert_code(send_now(&message), MACH_MSG_SUCCESS);
        assert_int_equal(type(message.header.msgh_local_port), MACH_PORT_TYPE_NONE);
        destroy(port); // and fires with the message that holds it
        expect_send_once_notification(watch);
        destroy(watch);
    }
}

static void a_reply_that_names_no_port_comes_back_as_it_was(void **state) {
    (void)state;
    mach_port_t port = full_port(1), dead = make_dead_name(1);
    const struct {
        mach_port_t name;
        mach_msg_type_name_t disposition;
        mach_msg_bits_t bits;
        mach_port_t after;
    } cases[] = {
        {MACH_PORT_NULL, 0, 0x0011, MACH_PORT_NULL},
        {MACH_PORT_NULL, COPY_SEND, 0x1111, MACH_PORT_NULL},
        {MACH_PORT_DEAD, MAKE_SEND_ONCE, 0x1211, MACH_PORT_DEAD},
        {dead, MOVE_SEND, 0x1111, MACH_PORT_DEAD}, // S7
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct test_message message = message_to(port, MAKE_SEND, 5);
        set_reply(&message, cases[i].name, cases[i].disposition);
        assert_code(send_now(&message), MACH_SEND_TIMED_OUT);
        assert_int_equal(message.header.msgh_bits, cases[i].bits); // S9
        assert_int_equal(message.header.msgh_local_port, cases[i].after);
    }
    assert_int_equal(type(dead), MACH_PORT_TYPE_NONE);
    destroy(port);
}

static void the_descriptors_of_a_timed_out_message_come_back(void **state) {
    (void)state;
    mach_port_t port = full_port(1), sends[] = {port_with_sends(2), port_with_sends(2), port_with_sends(2)};
    mach_port_t watch = make_port(), once = make_send_once(watch), whole = make_port(), held = port_with_send(),
                dead = make_dead_name(2);
    assert_success(mach_port_set_context(SELF, whole, 0x1234));
    struct test_message message = message_to(port, COPY_SEND, 5);
    add_port(&message, sends[0], MOVE_SEND);
    add_port(&message, sends[1], COPY_SEND);
    add_port(&message, sends[2], MAKE_SEND);
    add_port(&message, watch, MAKE_SEND_ONCE);
    add_port(&message, once, MOVE_SEND_ONCE);
    add_port(&message, whole, MOVE_RECEIVE);
    add_port(&message, held, MOVE_RECEIVE);
    add_port(&message, MACH_PORT_NULL, COPY_SEND);
    add_port(&message, dead, COPY_SEND);
    struct test_message before = message;
    assert_code(send_now(&message), MACH_SEND_TIMED_OUT);
    assert_int_equal(message.header.msgh_bits, 0x80000011u); // S9
    assert_int_equal(message.header.msgh_size, before.header.msgh_size);
    assert_int_equal(message.body.msgh_descriptor_count, 9);
    const mach_msg_type_name_t dispositions[] = {17, 17, 17, 18, 18, 16, 16, 17, 17};
    for (unsigned i = 0; i < 9; i++) {
        assert_int_equal(message.ports[i].disposition, dispositions[i]); // S9
        assert_int_equal(message.ports[i].type, MACH_MSG_PORT_DESCRIPTOR);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(message.ports[i].name, sends[i]);
        assert_int_equal(refs(sends[i], MACH_PORT_RIGHT_SEND), i == 0 ? 2 : 3); // S9
    }
    assert_int_equal(type(message.ports[3].name), MACH_PORT_TYPE_SEND_ONCE);
    assert_int_equal(type(message.ports[4].name), MACH_PORT_TYPE_SEND_ONCE);
    assert_int_not_equal(message.ports[3].name, message.ports[4].name);
    assert_int_equal(status(watch).mps_sorights, 2);
    assert_int_equal(type(message.ports[5].name), MACH_PORT_TYPE_RECEIVE);
    mach_port_context_t context = 1;
    assert_success(mach_port_get_context(SELF, message.ports[5].name, &context));
    assert_int_equal(context, 0); // T19: it was taken in, after all
    assert_int_equal(message.ports[6].name, held);
    assert_int_equal(type(held), MACH_PORT_TYPE_SEND_RECEIVE);
    assert_int_equal(message.ports[7].name, MACH_PORT_NULL);
    assert_int_equal(message.ports[8].name, MACH_PORT_DEAD);
    assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 2);
    destroy(message.ports[3].name);
    destroy(message.ports[4].name);
    destroy(message.ports[5].name);
    for (unsigned i = 0; i < 3; i++) destroy(sends[i]);
    destroy(watch);
    destroy(held);
    destroy(dead);
    destroy(port);
}

static void a_message_that_fails_otherwise_does_not_come_back(void **state) {
    (void)state;
    mach_port_t port = full_port(1), dead = make_dead_name(1);
    struct test_message message = message_to(dead, COPY_SEND, 5);
    set_reply(&message, port, COPY_SEND);
    assert_refused(&message, 24, MACH_SEND_INVALID_DEST); // S5: not pseudo-received
    message = message_to(port, COPY_SEND, 5);
    add_port(&message, port, 99);
    struct test_message before = message;
    assert_code(send_now(&message), MACH_SEND_INVALID_RIGHT); // the body is looked at before the queue
    assert_memory_equal(&before, &message, sizeof(before));   // S8
    destroy(port);
    destroy(dead);
}

// ---- Random bits

static uint32_t next_random(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 32);
}

static void random_header_bits_give_the_code_of_the_rows(void **state) {
    (void)state;
    uint64_t seed = 20260101;
    mach_port_t port = port_with_sends(60000);
    uint64_t messages = live_messages();
    for (int i = 0; i < 20000; i++) {
        struct test_message message, received;
        memset(&message, 0, sizeof(message));
        uint32_t random = next_random(&seed);
        // Half of them with plausible dispositions, so that the later checks are reached too.
        if (i & 1)
            random = (random & ~0x1f1f1fu) | (16 + (random & 7) % 6) | ((16 + ((random >> 8) & 7) % 6) << 8) |
                     ((random >> 3) % 3 == 0 ? 0x130000 : 0);
        message.header.msgh_bits = random;
        message.header.msgh_remote_port = port;
        mach_msg_type_name_t destination = random & 0x1f, reply = (random >> 8) & 0x1f, voucher = (random >> 16) & 0x1f;
        mach_msg_return_t wanted = MACH_MSG_SUCCESS;
        if (destination < 17 || destination > 21 || (reply != 0 && (reply < 17 || reply > 21))) {
            wanted = MACH_SEND_INVALID_HEADER;
        } else if (voucher != 0 && voucher != 17 && voucher != 19) {
            wanted = MACH_SEND_INVALID_VOUCHER;
        } else if (destination == 18) {
            wanted = MACH_SEND_INVALID_DEST;
        }
        assert_code(send_sized(&message, 28), wanted);
        if (wanted == MACH_MSG_SUCCESS) {
            assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
            mach_msg_bits_t shown = destination == 21 ? 0x1200 : 0x1100;
            shown |= reply == 0 ? 0 : reply == 18 || reply == 21 ? 0x12 : 0x11;
            assert_int_equal(received.header.msgh_bits, shown | (random & 0x80000000u)); // S2, D5
        }
        assert_int_equal(live_messages(), messages);
    }
    destroy(port);
}

static void random_messages_neither_crash_nor_leak(void **state) {
    (void)state;
    uint64_t seed = 20260102;
    for (int i = 0; i < 3000; i++) {
        mach_port_t ports[] = {port_with_sends(3), make_port(),    make_set(), make_dead_name(2),
                               MACH_PORT_NULL,     MACH_PORT_DEAD, 0x7fffff03, SELF};
        ports[7] = make_send_once(ports[1]);
        struct test_message message;
        memset(&message, 0, sizeof(message));
        uint32_t random = next_random(&seed);
        message.header.msgh_bits =
            (random & 0x80000000u) | (17 + random % 5) | ((random >> 4) % 4 == 0 ? 0 : (17 + (random >> 6) % 5) << 8);
        message.header.msgh_remote_port = ports[next_random(&seed) % 3 == 0 ? next_random(&seed) % 8 : 0];
        message.header.msgh_local_port =
            (message.header.msgh_bits & 0x1f00) == 0 ? MACH_PORT_NULL : ports[next_random(&seed) % 8];
        message.body.msgh_descriptor_count = next_random(&seed) % 6;
        for (unsigned j = 0; j < 5; j++) {
            message.ports[j].name = ports[next_random(&seed) % 8];
            message.ports[j].disposition =
                (next_random(&seed) % 10 == 0 ? next_random(&seed) : 16 + next_random(&seed) % 6) & 0xff;
            message.ports[j].type = next_random(&seed) % 20 == 0 ? 200 : MACH_MSG_PORT_DESCRIPTOR;
        }
        (void)send_sized(&message, 28 + 12 * (next_random(&seed) % 6));
        // Whatever happened: what is named is destroyed, and the frame around the test finds what leaked.
        mach_port_name_array_t names = NULL;
        mach_port_type_array_t types = NULL;
        mach_msg_type_number_t count = 0, type_count = 0;
        struct test_message received;
        for (unsigned j = 0; j < 3; j++) (void)receive_now(ports[j], &received, 0);
        for (unsigned j = 0; j < 8; j++) {
            if (ports[j] != MACH_PORT_NULL && ports[j] != MACH_PORT_DEAD) (void)mach_port_destroy(SELF, ports[j]);
        }
        assert_success(mach_port_names(SELF, &names, &count, &types, &type_count));
        for (unsigned j = 0; j < count; j++) {
            if (names[j] != SELF && names[j] != bootstrap_port) (void)mach_port_destroy(SELF, names[j]);
        }
        assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)));
        assert_success(vm_deallocate(SELF, (vm_address_t)types, type_count * sizeof(*types)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_message_shorter_than_its_header_is_too_small),
        TEST(a_size_that_is_no_multiple_of_four_is_too_small),
        TEST(a_message_beyond_the_body_limit_is_too_large),
        TEST(the_largest_message_arrives_whole),
        TEST(every_inline_size_arrives_whole),
        TEST(the_size_in_the_header_is_not_looked_at),
        TEST(a_null_message_is_invalid_data),
        TEST(a_successful_send_leaves_the_buffer_as_it_was),
        TEST(the_header_bits_have_their_historic_values),
        TEST(bits_that_a_sender_may_not_set_are_masked_off),
        TEST(the_destination_needs_a_disposition_that_sends),
        TEST(a_reply_disposition_must_send_or_be_nothing),
        TEST(a_reply_name_without_disposition_is_an_invalid_header),
        TEST(a_header_of_zeros_is_invalid),
        TEST(a_destination_that_is_null_dead_or_unknown_is_invalid),
        TEST(a_destination_without_the_right_is_invalid),
        TEST(a_port_that_died_unnoticed_is_an_invalid_destination),
        TEST(a_reply_port_that_is_unknown_or_without_the_right_is_invalid),
        TEST(only_a_copied_or_moved_null_voucher_passes),
        TEST(a_port_that_is_no_voucher_is_an_invalid_voucher),
        TEST(the_checks_are_made_in_order),
        TEST(a_moved_destination_takes_one_reference),
        TEST(a_moved_last_reference_frees_the_name),
        TEST(a_copied_destination_takes_nothing),
        TEST(a_made_destination_raises_the_make_send_count),
        TEST(a_made_send_once_destination_counts_until_received),
        TEST(a_moved_send_once_destination_frees_the_name),
        TEST(each_reply_disposition_takes_what_it_says),
        TEST(a_send_once_reply_arrives_under_a_name_of_its_own),
        TEST(a_null_or_dead_reply_name_needs_no_right),
        TEST(a_dead_name_as_reply_arrives_as_dead),
        TEST(a_send_once_right_that_died_goes_as_reply_by_any_send_disposition),
        TEST(two_names_of_one_port_are_copied_in_each_for_itself),
        TEST(one_name_with_a_receive_right_alone_for_both),
        TEST(one_name_with_receive_and_one_send_for_both),
        TEST(one_name_with_receive_and_two_sends_for_both),
        TEST(one_name_with_one_send_for_both),
        TEST(one_name_with_two_sends_for_both),
        TEST(one_send_once_right_for_both),
        TEST(one_dead_name_for_both),
        TEST(one_port_set_for_both),
        TEST(one_reference_moved_and_copied_gives_two_rights),
        TEST(a_body_name_without_the_right_is_an_invalid_right),
        TEST(a_disposition_out_of_range_on_a_valid_name_is_an_invalid_right),
        TEST(an_unknown_descriptor_type_is_an_invalid_type),
        TEST(descriptors_past_the_end_are_too_small_before_any_right_moves),
        TEST(a_descriptor_past_the_end_counts_before_a_bad_one),
        TEST(a_bad_first_descriptor_leaves_the_others),
        TEST(a_failed_body_uses_up_a_send_once_destination),
        TEST(a_failed_body_leaves_the_raised_make_send_count),
        TEST(a_failed_body_destroys_header_then_descriptors),
        TEST(a_timed_out_message_comes_back_with_its_destination),
        TEST(a_timed_out_message_comes_back_with_its_reply_right),
        TEST(a_send_once_reply_comes_back_under_a_fresh_name),
        TEST(a_reply_that_names_no_port_comes_back_as_it_was),
        TEST(the_descriptors_of_a_timed_out_message_come_back),
        TEST(a_message_that_fails_otherwise_does_not_come_back),
        TEST(random_header_bits_give_the_code_of_the_rows),
        TEST(random_messages_neither_crash_nor_leak),
    };
    return RUN(tests);
}

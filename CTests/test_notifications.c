// Notifications within one task: how they are asked for, when they come, what they look like, in which order, and what they do to references. Rows T1 to T26.
#include "notify_support.h"

#define REQUESTS 5000u

// ---- What they look like

static void ids_and_sizes_are_the_historic_ones(void **state) {
    (void)state;
    assert_int_equal(MACH_NOTIFY_PORT_DELETED, PORT_DELETED);
    assert_int_equal(MACH_NOTIFY_SEND_POSSIBLE, SEND_POSSIBLE);
    assert_int_equal(MACH_NOTIFY_PORT_DESTROYED, PORT_DESTROYED);
    assert_int_equal(MACH_NOTIFY_NO_SENDERS, NO_SENDERS);
    assert_int_equal(MACH_NOTIFY_SEND_ONCE, SEND_ONCE);
    assert_int_equal(MACH_NOTIFY_DEAD_NAME, DEAD_NAME);
    assert_int_equal(sizeof(mach_port_deleted_notification_t), 56);
    assert_int_equal(sizeof(mach_send_possible_notification_t), 56);
    assert_int_equal(sizeof(mach_port_destroyed_notification_t), 60);
    assert_int_equal(sizeof(mach_no_senders_notification_t), 56);
    assert_int_equal(sizeof(mach_send_once_notification_t), 44);
    assert_int_equal(sizeof(mach_dead_name_notification_t), 56);
}

// Each makes its notification come to the port, leaves nothing else behind, and returns the name or count in it.
static uint32_t cause_port_deleted(mach_port_t notify) {
    mach_port_t port = make_port(), once = make_send_once(port);
    arm(once, DEAD_NAME, 0, notify);
    assert_success(mach_port_deallocate(SELF, once));
    destroy(port);
    return once;
}
static uint32_t cause_send_possible(mach_port_t notify) {
    mach_port_t port = port_with_send();
    arm(port, SEND_POSSIBLE, 1, notify);
    destroy(port);
    return port;
}
static uint32_t cause_no_senders(mach_port_t notify) {
    mach_port_t port = make_port();
    for (int i = 0; i < 3; i++) insert_send(port);
    arm(port, NO_SENDERS, 0, notify);
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, -3));
    destroy(port);
    return 3;
}
static uint32_t cause_dead_name(mach_port_t notify) {
    mach_port_t port = port_with_send();
    arm(port, DEAD_NAME, 0, notify);
    kill_port(port);
    destroy(port);
    return port;
}

static const struct {
    mach_msg_id_t id;
    uint32_t (*cause)(mach_port_t notify);
} with_value[] = {
    {PORT_DELETED, cause_port_deleted},
    {SEND_POSSIBLE, cause_send_possible},
    {NO_SENDERS, cause_no_senders},
    {DEAD_NAME, cause_dead_name},
};

static void a_notification_is_laid_out_as_its_structure_says(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(with_value); i++) {
        mach_port_t notify = make_port();
        assert_success(mach_port_set_seqno(SELF, notify, 8));
        uint32_t value = with_value[i].cause(notify);
        assert_int_equal(status(notify).mps_msgcount, 1);
        assert_int_equal(status(notify).mps_sorights, 1); // the notification's own
        assert_int_equal(status(notify).mps_mscount, 0);
        struct test_message received;
        assert_code(receive_limited(notify, &received, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SENDER), 56),
                    MACH_MSG_SUCCESS);
        const mach_dead_name_notification_t *notification = (const mach_dead_name_notification_t *)&received;
        assert_int_equal(notification->not_header.msgh_bits, 0x1200); // T17
        assert_int_equal(notification->not_header.msgh_size, 36);
        assert_int_equal(notification->not_header.msgh_remote_port, MACH_PORT_NULL); // T17
        assert_int_equal(notification->not_header.msgh_local_port, notify);
        assert_int_equal(notification->not_header.msgh_voucher_port, 0);
        assert_int_equal(notification->not_header.msgh_id, with_value[i].id);
        assert_memory_equal(&notification->NDR, &NDR_record, sizeof(NDR_record));
        assert_int_equal(notification->not_port, value);
        assert_int_equal(notification->trailer.msgh_trailer_type, 0);
        assert_int_equal(notification->trailer.msgh_trailer_size, 20);
        assert_int_equal(notification->trailer.msgh_seqno, 8);
        assert_int_equal(notification->trailer.msgh_sender.val[0], 0); // T17
        assert_int_equal(notification->trailer.msgh_sender.val[1], 1);
        assert_untouched(&received, 56, sizeof(received));
        assert_int_equal(status(notify).mps_sorights, 0);
        expect_no_message(notify);
        destroy(notify);
    }
}

static void port_destroyed_is_laid_out_as_its_structure_says(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = make_port();
    arm(port, PORT_DESTROYED, 0, notify);
    destroy(port);
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    struct test_message received;
    assert_code(receive_limited(notify, &received, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SENDER), 60),
                MACH_MSG_SUCCESS);
    const mach_port_destroyed_notification_t *notification = (const mach_port_destroyed_notification_t *)&received;
    assert_int_equal(notification->not_header.msgh_bits, 0x80001200); // T17
    assert_int_equal(notification->not_header.msgh_size, 40);
    assert_int_equal(notification->not_header.msgh_remote_port, MACH_PORT_NULL); // T17
    assert_int_equal(notification->not_header.msgh_local_port, notify);
    assert_int_equal(notification->not_header.msgh_voucher_port, 0);
    assert_int_equal(notification->not_header.msgh_id, PORT_DESTROYED);
    assert_int_equal(notification->not_body.msgh_descriptor_count, 1);
    assert_int_equal(notification->not_port.disposition, MACH_MSG_TYPE_PORT_RECEIVE); // T14
    assert_int_equal(notification->not_port.type, MACH_MSG_PORT_DESCRIPTOR);
    assert_int_equal(notification->trailer.msgh_trailer_type, 0);
    assert_int_equal(notification->trailer.msgh_trailer_size, 20);
    assert_int_equal(notification->trailer.msgh_seqno, 0);
    assert_int_equal(notification->trailer.msgh_sender.val[0], 0); // T17
    assert_int_equal(notification->trailer.msgh_sender.val[1], 1);
    assert_untouched(&received, 60, sizeof(received));
    assert_int_equal(type(notification->not_port.name), MACH_PORT_TYPE_RECEIVE);
    destroy(notification->not_port.name);
    destroy(notify);
}

static void a_notification_is_from_nobody(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(with_value); i++) {
        mach_port_t notify = make_port();
        assert_success(mach_port_set_context(SELF, notify, 0xabc));
        (void)with_value[i].cause(notify);
        struct test_message received;
        assert_code(receive_now(notify, &received, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_LABELS)),
                    MACH_MSG_SUCCESS);
        const mach_msg_max_trailer_t *trailer = trailer_of(&received);
        assert_int_equal(trailer->msgh_trailer_size, 68);
        assert_int_equal(trailer->msgh_sender.val[0], 0); // T17
        assert_int_equal(trailer->msgh_sender.val[1], 1);
        for (int word = 0; word < 8; word++) assert_int_equal(trailer->msgh_audit.val[word], 0); // T17
        assert_int_equal(trailer->msgh_context, 0xabc);
        destroy(notify);
    }
}

static void a_notification_wakes_a_receiver_and_comes_through_a_set(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(with_value); i++) {
        mach_port_t notify = make_port(), set = make_set();
        put_in_set(notify, set);
        struct caller receiver;
        block_receiver(&receiver, set);
        uint32_t value = with_value[i].cause(notify);
        assert_code(finish(&receiver), MACH_MSG_SUCCESS);
        assert_int_equal(receiver.message.header.msgh_id, with_value[i].id);
        assert_int_equal(receiver.message.header.msgh_local_port, notify);
        assert_int_equal(receiver.message.words[2], value);
        destroy(notify);
        destroy(set);
    }
}

static void notifications_come_in_the_order_of_their_causes(void **state) {
    (void)state;
    mach_port_t notify = make_port();
    uint32_t values[COUNT_OF(with_value) * 2];
    for (size_t i = 0; i < COUNT_OF(values); i++) values[i] = with_value[i % COUNT_OF(with_value)].cause(notify);
    for (size_t i = 0; i < COUNT_OF(values); i++)
        expect_notification(notify, with_value[i % COUNT_OF(with_value)].id, values[i]);
    expect_no_message(notify);
    destroy(notify);
}

// ---- How the right to notify is given

static void the_right_is_made_from_the_receive_right_or_moved(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = port_with_send(), previous = 0x5a5a5a5a;
    assert_success(mach_port_request_notification(SELF, port, DEAD_NAME, 0, notify, MAKE_SEND_ONCE, &previous)); // T21
    assert_int_equal(previous, MACH_PORT_NULL);
    assert_int_equal(status(notify).mps_sorights, 1);
    assert_int_equal(status(notify).mps_mscount, 0); // T2: a send-once right is no send right
    mach_port_t once = make_send_once(notify);
    assert_success(mach_port_request_notification(SELF, port, DEAD_NAME, 0, once, MOVE_SEND_ONCE, &previous)); // T21
    assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
    assert_send_once_to(previous, notify); // T8
    assert_int_equal(status(notify).mps_sorights, 1);
    destroy(port);
    expect_notification(notify, PORT_DELETED, port); // T12
    destroy(notify);
}

static void a_right_that_is_no_send_once_right_is_refused(void **state) {
    (void)state;
    const mach_msg_type_name_t sends[] = {MOVE_SEND, COPY_SEND, MAKE_SEND};
    for (size_t i = 0; i < COUNT_OF(sends); i++) {
        mach_port_t notify = port_with_sends(3), port = port_with_send(), previous = 0x5a5a5a5a;
        assert_code(mach_port_request_notification(SELF, port, DEAD_NAME, 0, notify, sends[i], &previous),
                    MIG_TYPE_ERROR); // T21
        assert_int_equal(previous, 0x5a5a5a5a);
        assert_int_equal(type(port), MACH_PORT_TYPE_SEND_RECEIVE);
        assert_int_equal(refs(notify, MACH_PORT_RIGHT_SEND), sends[i] == MOVE_SEND ? 2 : 3); // I12
        expect_no_message(notify);
        destroy(port);
        destroy(notify);
    }
    mach_port_t notify = make_port(), port = port_with_send(), previous = 0x5a5a5a5a;
    assert_code(mach_port_request_notification(SELF, port, DEAD_NAME, 0, notify, MOVE_RECEIVE, &previous),
                MIG_TYPE_ERROR); // T21
    assert_int_equal(previous, 0x5a5a5a5a);
    assert_int_equal(type(notify), MACH_PORT_TYPE_NONE); // I12: it was moved
    destroy(port);
}

static void a_right_that_is_lacking_is_refused(void **state) {
    (void)state;
    mach_port_t carrier, send = make_send_only(1, &carrier), set = make_set(), dead = make_dead_name(1);
    mach_port_t receive = make_port(), once = make_send_once(receive), nothing = unknown_name();
    mach_port_t port = port_with_send();
    const struct {
        mach_port_t notify;
        mach_msg_type_name_t disposition;
    } lacking[] = {
        {send, MAKE_SEND_ONCE},    {once, MAKE_SEND_ONCE},    {dead, MAKE_SEND_ONCE}, {set, MAKE_SEND_ONCE},
        {nothing, MAKE_SEND_ONCE}, {receive, MOVE_SEND_ONCE}, {send, MOVE_SEND_ONCE}, {set, MOVE_SEND_ONCE},
        {nothing, MOVE_SEND_ONCE}, {receive, COPY_SEND},      {receive, MOVE_SEND},   {once, COPY_SEND},
        {once, MOVE_SEND},         {send, MAKE_SEND},         {once, MOVE_RECEIVE},   {send, MOVE_RECEIVE},
        {dead, MOVE_RECEIVE},      {set, MOVE_RECEIVE},       {nothing, COPY_SEND},   {set, COPY_SEND},
    };
    for (size_t i = 0; i < COUNT_OF(lacking); i++) {
        struct picture picture = take_picture();
        mach_port_t previous = 0x5a5a5a5a;
        assert_code(mach_port_request_notification(SELF, port, DEAD_NAME, 0, lacking[i].notify, lacking[i].disposition,
                                                   &previous),
                    MACH_SEND_INVALID_RIGHT); // D1
        assert_int_equal(previous, 0x5a5a5a5a);
        assert_unchanged(picture);
    }
    for (mach_msg_type_name_t disposition = 0; disposition < 64; disposition++) {
        if (disposition >= MOVE_RECEIVE && disposition <= MAKE_SEND_ONCE) continue;
        struct picture picture = take_picture();
        mach_port_t previous = 0x5a5a5a5a;
        assert_code(mach_port_request_notification(SELF, port, DEAD_NAME, 0, receive, disposition, &previous),
                    MACH_SEND_INVALID_RIGHT); // D1
        assert_unchanged(picture);
    }
    destroy(once);
    destroy(receive);
    destroy(port);
    destroy(set);
    destroy(dead);
    destroy(carrier);
    destroy(send);
}

static void null_cancels_if_its_disposition_gives_send_once(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = port_with_send();
    for (mach_msg_type_name_t disposition = 0; disposition < 32; disposition++) {
        bool good = disposition == MAKE_SEND_ONCE || disposition == MOVE_SEND_ONCE;
        arm(port, DEAD_NAME, 0, notify);
        mach_port_t previous = 0x5a5a5a5a;
        assert_code(mach_port_request_notification(SELF, port, DEAD_NAME, 0, MACH_PORT_NULL, disposition, &previous),
                    good ? KERN_SUCCESS : MIG_TYPE_ERROR); // T21
        if (!good) {
            assert_int_equal(previous, 0x5a5a5a5a);
            assert_int_equal(type(port), MACH_PORT_TYPE_SEND_RECEIVE | MACH_PORT_TYPE_DNREQUEST);
            previous = cancel(port, DEAD_NAME);
        }
        assert_send_once_to(previous, notify);
    }
    destroy(port);
    destroy(notify);
}

static void a_dead_right_to_notify_is_no_capability(void **state) {
    (void)state;
    const mach_msg_id_t ids[] = {PORT_DESTROYED, NO_SENDERS, SEND_POSSIBLE, DEAD_NAME, 0};
    mach_port_t port = port_with_send(), previous = 0x5a5a5a5a;
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        for (mach_msg_type_name_t disposition = 0; disposition < 32; disposition++) {
            bool once = disposition == MAKE_SEND_ONCE || disposition == MOVE_SEND_ONCE;
            assert_code(mach_port_request_notification(SELF, port, ids[i], 1, MACH_PORT_DEAD, disposition, &previous),
                        once ? KERN_INVALID_CAPABILITY : MIG_TYPE_ERROR); // T14, T21; before id and sync are looked at
        }
        mach_port_t dead = make_dead_name(5);
        assert_code(mach_port_request_notification(SELF, port, ids[i], 1, dead, MOVE_SEND_ONCE, &previous),
                    KERN_INVALID_CAPABILITY);                       // T14
        assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 4); // S7
        assert_code(mach_port_request_notification(SELF, port, ids[i], 1, dead, COPY_SEND, &previous),
                    MIG_TYPE_ERROR); // T21
        assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 4);
        assert_code(mach_port_request_notification(SELF, port, ids[i], 1, dead, MOVE_SEND, &previous),
                    MIG_TYPE_ERROR); // T21
        assert_int_equal(refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 3);
        destroy(dead);
    }
    assert_int_equal(previous, 0x5a5a5a5a);
    assert_int_equal(type(port), MACH_PORT_TYPE_SEND_RECEIVE);
    destroy(port);
}

static void a_right_may_not_be_moved_away_to_ask_about_itself(void **state) {
    (void)state;
    mach_port_t port = make_port(), once = make_send_once(port), previous = 0x5a5a5a5a;
    assert_code(mach_port_request_notification(SELF, once, DEAD_NAME, 0, once, MOVE_SEND_ONCE, &previous),
                KERN_INVALID_NAME);
    assert_int_equal(previous, 0x5a5a5a5a);
    assert_int_equal(type(once), MACH_PORT_TYPE_NONE);
    expect_notification(port, SEND_ONCE, 0); // T20
    expect_no_message(port);
    destroy(port);
}

static void moving_a_right_to_notify_deletes_its_own_request(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), notify = make_port(), once = make_send_once(notify), previous = 0x5a5a5a5a;
    arm(once, DEAD_NAME, 0, notify);
    assert_success(mach_port_request_notification(SELF, port, DEAD_NAME, 0, once, MOVE_SEND_ONCE, &previous));
    assert_int_equal(previous, MACH_PORT_NULL);
    expect_notification(notify, PORT_DELETED, once); // T12
    expect_no_message(notify);
    assert_send_once_to(cancel(port, DEAD_NAME), notify);
    destroy(port);
    destroy(notify);
}

// ---- Requests that fail

static void every_failing_request_posts_send_once(void **state) {
    (void)state;
    mach_port_t carrier, send = make_send_only(1, &carrier), set = make_set(), dead = make_dead_name(1);
    mach_port_t full_dead = make_dead_name(65535), receive = make_port(), once = make_send_once(receive);
    mach_port_t nothing = unknown_name(), notify = make_port();
    const struct {
        mach_port_t name;
        mach_msg_id_t id;
        mach_port_mscount_t sync;
        kern_return_t code;
    } failing[] = {
        {receive, PORT_DESTROYED, 1, KERN_INVALID_VALUE},          // T14
        {MACH_PORT_NULL, PORT_DESTROYED, 1, KERN_INVALID_VALUE},   // T14: sync comes first
        {receive, PORT_DESTROYED, 0xffffffff, KERN_INVALID_VALUE}, // T14
        {MACH_PORT_NULL, PORT_DESTROYED, 0, KERN_INVALID_RIGHT},   // R14
        {MACH_PORT_DEAD, PORT_DESTROYED, 0, KERN_INVALID_RIGHT},   // R14
        {nothing, PORT_DESTROYED, 0, KERN_INVALID_NAME},
        {send, PORT_DESTROYED, 0, KERN_INVALID_RIGHT},
        {once, PORT_DESTROYED, 0, KERN_INVALID_RIGHT},
        {set, PORT_DESTROYED, 0, KERN_INVALID_RIGHT},
        {dead, PORT_DESTROYED, 0, KERN_INVALID_RIGHT},
        {MACH_PORT_NULL, NO_SENDERS, 0, KERN_INVALID_RIGHT}, // R14
        {MACH_PORT_DEAD, NO_SENDERS, 0, KERN_INVALID_RIGHT}, // R14
        {nothing, NO_SENDERS, 0, KERN_INVALID_NAME},
        {send, NO_SENDERS, 0, KERN_INVALID_RIGHT},
        {once, NO_SENDERS, 0, KERN_INVALID_RIGHT},
        {set, NO_SENDERS, 0, KERN_INVALID_RIGHT},
        {dead, NO_SENDERS, 0, KERN_INVALID_RIGHT},
        {MACH_PORT_NULL, DEAD_NAME, 1, KERN_INVALID_ARGUMENT}, // T6
        {MACH_PORT_DEAD, DEAD_NAME, 1, KERN_INVALID_ARGUMENT}, // T6
        {nothing, DEAD_NAME, 1, KERN_INVALID_NAME},
        {set, DEAD_NAME, 0, KERN_INVALID_RIGHT},                   // T6
        {set, DEAD_NAME, 1, KERN_INVALID_RIGHT},                   // T6
        {dead, DEAD_NAME, 0, KERN_INVALID_ARGUMENT},               // T7
        {full_dead, DEAD_NAME, 1, KERN_UREFS_OVERFLOW},            // T7
        {full_dead, DEAD_NAME, 0, KERN_INVALID_ARGUMENT},          // T7
        {MACH_PORT_NULL, SEND_POSSIBLE, 1, KERN_INVALID_ARGUMENT}, // T6
        {MACH_PORT_DEAD, SEND_POSSIBLE, 0, KERN_INVALID_ARGUMENT}, // T6
        {nothing, SEND_POSSIBLE, 0, KERN_INVALID_NAME},
        {set, SEND_POSSIBLE, 0, KERN_INVALID_RIGHT},        // T6
        {set, SEND_POSSIBLE, 1, KERN_INVALID_RIGHT},        // T6
        {full_dead, SEND_POSSIBLE, 0, KERN_UREFS_OVERFLOW}, // T7
        {full_dead, SEND_POSSIBLE, 1, KERN_UREFS_OVERFLOW}, // T7
    };
    for (size_t i = 0; i < COUNT_OF(failing); i++) {
        struct picture picture = take_picture();
        assert_ask_fails(failing[i].name, failing[i].id, failing[i].sync, notify, failing[i].code);
        expect_notification(notify, SEND_ONCE, 0); // T20
        expect_no_message(notify);
        mach_port_t moved = make_send_once(notify), previous = 0x5a5a5a5a;
        assert_code(mach_port_request_notification(SELF, failing[i].name, failing[i].id, failing[i].sync, moved,
                                                   MOVE_SEND_ONCE, &previous),
                    failing[i].code);
        assert_int_equal(previous, 0x5a5a5a5a);
        assert_int_equal(type(moved), MACH_PORT_TYPE_NONE); // I12
        expect_notification(notify, SEND_ONCE, 0);          // T20
        expect_no_message(notify);
        assert_success(mach_port_set_seqno(SELF, notify, 0));
        assert_unchanged(picture);
    }
    destroy(once);
    destroy(receive);
    destroy(notify);
    destroy(set);
    destroy(dead);
    destroy(full_dead);
    destroy(carrier);
    destroy(send);
}

static void unknown_notifications_are_no_values(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), notify = make_port(), nothing = unknown_name();
    const mach_port_t names[] = {port, MACH_PORT_NULL, MACH_PORT_DEAD, nothing};
    for (int64_t id = -2; id < 200 + (int64_t)edge_value_count; id++) {
        mach_msg_id_t it = (mach_msg_id_t)(id < 200 ? id : edge_values[id - 200]);
        if (it == SEND_POSSIBLE || it == PORT_DESTROYED || it == NO_SENDERS || it == DEAD_NAME) continue;
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            assert_ask_fails(names[i], it, 0, notify, KERN_INVALID_VALUE); // T16
            expect_notification(notify, SEND_ONCE, 0);                     // T20
            assert_ask_fails(names[i], it, 0, MACH_PORT_NULL, KERN_INVALID_VALUE);
        }
    }
    expect_no_message(notify);
    destroy(port);
    destroy(notify);
}

static void a_request_in_no_task_takes_nothing(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), notify = make_port(), once = make_send_once(notify);
    mach_port_t dead = make_dead_name(1), host = mach_host_self();
    const mach_port_t no_tasks[] = {MACH_PORT_NULL, MACH_PORT_DEAD, port, dead, host, 0x12345678};
    for (size_t i = 0; i < COUNT_OF(no_tasks); i++) {
        struct picture picture = take_picture();
        mach_port_t previous = 0x5a5a5a5a;
        assert_code(mach_port_request_notification(no_tasks[i], port, DEAD_NAME, 0, once, MOVE_SEND_ONCE, &previous),
                    KERN_INVALID_TASK);
        assert_int_equal(previous, 0x5a5a5a5a);
        assert_unchanged(picture);
    }
    mach_port_t previous;
    assert_code(mach_port_request_notification(SELF, port, DEAD_NAME, 0, notify, MAKE_SEND_ONCE, NULL),
                KERN_INVALID_ARGUMENT);
    drain(notify);
    assert_success(ask(port, DEAD_NAME, 0, MACH_PORT_NULL, &previous));
    assert_int_equal(previous, MACH_PORT_NULL); // nothing was registered
    destroy(once);
    destroy(port);
    destroy(notify);
    destroy(dead);
    assert_success(mach_port_deallocate(SELF, host));
}

static void nothing_to_cancel_is_no_error(void **state) {
    (void)state;
    mach_port_t carrier, send = make_send_only(1, &carrier), set = make_set(), dead = make_dead_name(1);
    mach_port_t receive = make_port(), once = make_send_once(receive), both = port_with_send();
    const mach_port_t names[] = {send, set, dead, receive, once, both};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        for (mach_port_mscount_t sync = 0; sync < 2; sync++) {
            mach_port_t previous = 0x5a5a5a5a;
            assert_success(ask(names[i], DEAD_NAME, sync, MACH_PORT_NULL, &previous)); // T6, T22
            assert_int_equal(previous, MACH_PORT_NULL);
            previous = 0x5a5a5a5a;
            assert_success(ask(names[i], SEND_POSSIBLE, sync, MACH_PORT_NULL, &previous)); // T6, T22
            assert_int_equal(previous, MACH_PORT_NULL);
        }
        assert_ask_fails(names[i], PORT_DESTROYED, 1, MACH_PORT_NULL, KERN_INVALID_VALUE); // T14
        if (names[i] == receive || names[i] == both) {
            assert_int_equal(cancel(names[i], PORT_DESTROYED), MACH_PORT_NULL);
            assert_int_equal(cancel(names[i], NO_SENDERS), MACH_PORT_NULL);
        } else {
            assert_ask_fails(names[i], PORT_DESTROYED, 0, MACH_PORT_NULL, KERN_INVALID_RIGHT);
            assert_ask_fails(names[i], NO_SENDERS, 0, MACH_PORT_NULL, KERN_INVALID_RIGHT);
        }
    }
    const mach_port_t no_names[] = {MACH_PORT_NULL, MACH_PORT_DEAD};
    for (size_t i = 0; i < COUNT_OF(no_names); i++) {
        assert_ask_fails(no_names[i], DEAD_NAME, 0, MACH_PORT_NULL, KERN_INVALID_ARGUMENT);     // T6
        assert_ask_fails(no_names[i], SEND_POSSIBLE, 0, MACH_PORT_NULL, KERN_INVALID_ARGUMENT); // T6
        assert_ask_fails(no_names[i], PORT_DESTROYED, 0, MACH_PORT_NULL, KERN_INVALID_RIGHT);   // R14
        assert_ask_fails(no_names[i], NO_SENDERS, 0, MACH_PORT_NULL, KERN_INVALID_RIGHT);       // R14
    }
    destroy(once);
    destroy(receive);
    destroy(both);
    destroy(set);
    destroy(dead);
    destroy(carrier);
    destroy(send);
}

// ---- No senders

static void no_senders_at_registration_depends_on_senders_and_sync(void **state) {
    (void)state;
    const mach_port_mscount_t counts[] = {0, 1, 5, 0x80000000, 0xffffffff};
    const mach_port_mscount_t syncs[] = {0, 1, 4, 5, 6, 0x7fffffff, 0x80000000, 0xffffffff};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        for (size_t j = 0; j < COUNT_OF(syncs); j++) {
            mach_port_t notify = make_port(), port = make_port();
            assert_success(mach_port_set_mscount(SELF, port, counts[i]));
            arm(port, NO_SENDERS, syncs[j], notify);
            if (syncs[j] <= counts[i]) {
                expect_notification(notify, NO_SENDERS, counts[i]); // T1
                assert_false(status(port).mps_nsrequest);           // T3
                assert_int_equal(cancel(port, NO_SENDERS), MACH_PORT_NULL);
            } else {
                assert_true(status(port).mps_nsrequest); // T1
                assert_send_once_to(cancel(port, NO_SENDERS), notify);
                assert_false(status(port).mps_nsrequest);
            }
            assert_success(mach_port_set_mscount(SELF, port, counts[i]));
            insert_send(port);
            arm(port, NO_SENDERS, syncs[j], notify); // T1: with a sender never at once
            expect_no_message(notify);
            assert_success(mach_port_deallocate(SELF, port));
            // The sync is not looked at again.
            expect_notification(notify, NO_SENDERS, counts[i] + 1); // T2
            expect_no_message(notify);
            destroy(port);
            destroy(notify);
        }
    }
}

static void no_senders_comes_once_when_the_last_send_right_goes(void **state) {
    (void)state;
    for (int how = 0; how < 4; how++) {
        mach_port_t notify = make_port(), port = make_port(), other = make_port();
        arm(port, NO_SENDERS, 1, notify); // T1: armed before the first send right
        insert_send(port);
        insert_send(port);
        expect_no_message(notify);
        assert_success(mach_port_deallocate(SELF, port));
        expect_no_message(notify); // one is left
        if (how == 0) {
            assert_success(mach_port_deallocate(SELF, port));
        } else if (how == 1) {
            assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, -1));
        } else if (how == 2) {
            struct test_message message = message_to(other, MAKE_SEND, 0);
            add_port(&message, port, MOVE_SEND);
            assert_code(send_now(&message), MACH_MSG_SUCCESS);
            expect_no_message(notify); // it is in transit
            assert_true(status(port).mps_srights);
            drain(other); // comes back under the same name
            expect_no_message(notify);
            assert_success(mach_port_deallocate(SELF, port));
        } else {
            struct test_message message = message_to(port, MOVE_SEND, 9);
            assert_code(send_now(&message), MACH_MSG_SUCCESS);
            expect_no_message(notify); // T4
            expect_message(port, 9);
        }
        expect_notification(notify, NO_SENDERS, 2);
        assert_false(status(port).mps_nsrequest); // T3
        insert_send(port);
        assert_success(mach_port_deallocate(SELF, port));
        expect_no_message(notify); // T3
        assert_int_equal(cancel(port, NO_SENDERS), MACH_PORT_NULL);
        destroy(port);
        destroy(other);
        destroy(notify);
    }
}

static void the_make_send_count_counts_what_is_made(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = make_port(), other = make_port();
    arm(port, NO_SENDERS, 1, notify);
    insert_send(port); // 1
    mach_port_t extracted = MACH_PORT_NULL;
    mach_msg_type_name_t disposition = 0;
    assert_success(mach_port_extract_right(SELF, port, MAKE_SEND, &extracted, &disposition)); // 2
    assert_int_equal(extracted, port);
    struct test_message message = message_to(other, MAKE_SEND, 0);
    add_port(&message, port, MAKE_SEND); // 3
    add_port(&message, port, COPY_SEND);
    add_port(&message, port, MAKE_SEND); // 4
    add_port(&message, port, MOVE_SEND);
    add_port(&message, port, MAKE_SEND_ONCE);
    set_reply(&message, port, MAKE_SEND); // 5
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    assert_success(mach_port_extract_right(SELF, port, COPY_SEND, &extracted, &disposition));
    assert_int_equal(status(port).mps_mscount, 5); // T2
    struct test_message received;
    assert_code(receive_now(other, &received, 0), MACH_MSG_SUCCESS);
    destroy(received.ports[4].name);
    expect_notification(port, SEND_ONCE, 0);
    mach_port_urefs_t count = refs(port, MACH_PORT_RIGHT_SEND);
    expect_no_message(notify);
    assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, -(mach_port_delta_t)count));
    expect_notification(notify, NO_SENDERS, 5); // T2
    arm(port, NO_SENDERS, 6, notify);
    assert_int_equal(status(port).mps_mscount, 5); // T2: neither firing nor registering sets it back
    insert_send(port);
    assert_success(mach_port_set_mscount(SELF, port, 77));
    assert_success(mach_port_deallocate(SELF, port));
    expect_notification(notify, NO_SENDERS, 77); // T2
    destroy(port);
    destroy(other);
    destroy(notify);
}

static void a_queued_message_is_a_sender(void **state) {
    (void)state;
    for (int how = 0; how < 2; how++) {
        mach_port_t notify = make_port(), port = make_port();
        arm(port, NO_SENDERS, 1, notify);
        queue_messages(port, 2);
        assert_true(status(port).mps_srights);
        struct test_message received;
        if (how == 0) {
            expect_message(port, 0);
            expect_no_message(notify); // T4
            expect_message(port, 1);
        } else {
            // A message that does not fit is destroyed.
            for (int i = 0; i < 2; i++) {
                expect_no_message(notify); // T4
                assert_code(receive_limited(port, &received, 0, 28), MACH_RCV_TOO_LARGE);
            }
        }
        expect_notification(notify, NO_SENDERS, 2); // T4
        assert_false(status(port).mps_srights);
        destroy(port);
        destroy(notify);
    }
}

static void a_send_once_right_is_no_sender(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = make_port(), once = make_send_once(port);
    arm(port, NO_SENDERS, 0, notify);
    expect_notification(notify, NO_SENDERS, 0); // T1
    arm(port, NO_SENDERS, 1, notify);
    assert_success(mach_port_deallocate(SELF, once));
    expect_notification(port, SEND_ONCE, 0);
    expect_no_message(notify);
    assert_send_once_to(cancel(port, NO_SENDERS), notify);
    destroy(port);
    destroy(notify);
}

static void a_no_senders_request_is_replaced_and_cancelled(void **state) {
    (void)state;
    mach_port_t first = make_port(), second = make_port(), port = port_with_send(), previous = MACH_PORT_NULL;
    arm(port, NO_SENDERS, 0, first);
    assert_success(ask(port, NO_SENDERS, 0, second, &previous));
    assert_send_once_to(previous, first); // T3
    assert_send_once_to(cancel(port, NO_SENDERS), second);
    assert_success(mach_port_deallocate(SELF, port));
    expect_no_message(first);
    expect_no_message(second);
    // A request that is answered at once gives back the one before as well.
    arm(port, NO_SENDERS, 100, first);
    assert_success(ask(port, NO_SENDERS, 1, second, &previous));
    expect_notification(second, NO_SENDERS, 1);
    assert_send_once_to(previous, first); // T3
    assert_int_equal(cancel(port, NO_SENDERS), MACH_PORT_NULL);
    // What was given back can be registered again.
    insert_send(port);
    arm(port, NO_SENDERS, 0, first);
    mach_port_t back = cancel(port, NO_SENDERS);
    assert_success(mach_port_request_notification(SELF, port, NO_SENDERS, 0, back, MOVE_SEND_ONCE, &previous));
    assert_int_equal(previous, MACH_PORT_NULL);
    assert_success(mach_port_deallocate(SELF, port));
    expect_notification(first, NO_SENDERS, 2);
    expect_no_message(first);
    destroy(port);
    destroy(first);
    destroy(second);
}

static void death_turns_a_no_senders_request_into_send_once(void **state) {
    (void)state;
    for (int how = 0; how < 6; how++) {
        mach_port_t notify = make_port(), port = port_with_send(), carrier = make_port();
        arm(port, NO_SENDERS, 0, notify);
        bool senders_first = false;
        if (how == 0) {
            kill_port(port); // T5
        } else if (how == 1) {
            assert_success(mach_port_destruct(SELF, port, 0, 0)); // T5
        } else if (how == 2) {
            put_in_transit(port, carrier);
            drain(carrier);
            kill_port(port); // T5
        } else if (how == 3) {
            put_in_transit(port, carrier);
            destroy(carrier); // T5
            carrier = make_port();
        } else if (how == 4) {
            destroy(port);
            senders_first = true;
        } else {
            assert_success(mach_port_destruct(SELF, port, -1, 0));
            senders_first = true;
        }
        expect_notification(notify, senders_first ? NO_SENDERS : SEND_ONCE, 1); // T5, R17
        expect_no_message(notify);
        if (!senders_first) {
            assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), 1); // a request of the port, not of the name
            destroy(port);
        }
        destroy(carrier);
        destroy(notify);
    }
}

static void a_no_senders_request_moves_with_the_receive_right(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = port_with_send(), carrier = make_port();
    arm(port, NO_SENDERS, 0, notify);
    arm(port, PORT_DESTROYED, 0, notify);
    put_in_transit(port, carrier);
    expect_no_message(notify);
    assert_int_equal(take_from_transit(carrier), port);
    assert_int_equal(status(port).mps_mscount, 0); // T19
    assert_true(status(port).mps_nsrequest);       // T19
    assert_true(status(port).mps_pdrequest);       // T19
    put_in_transit(port, carrier);
    assert_success(mach_port_deallocate(SELF, port)); // the last one, while it is in transit
    expect_notification(notify, NO_SENDERS, 0);       // T19: the count began anew
    mach_port_t back = take_from_transit(carrier);
    assert_false(status(back).mps_nsrequest);
    assert_send_once_to(cancel(back, PORT_DESTROYED), notify);
    expect_no_message(notify);
    destroy(back);
    destroy(carrier);
    destroy(notify);
}

static void a_port_may_be_told_of_itself(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    arm(port, NO_SENDERS, 0, port);
    arm(port, DEAD_NAME, 0, port);
    assert_success(mach_port_deallocate(SELF, port));
    expect_notification(port, NO_SENDERS, 1);
    insert_send(port);
    arm(port, NO_SENDERS, 0, port);
    kill_port(port); // both find their port dead
    assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), 2);
    destroy(port);
}

// ---- Dead names

static void a_dead_name_notification_brings_a_reference(void **state) {
    (void)state;
    const mach_port_urefs_t counts[] = {1, 2, 3, 65533, 65534};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        for (int how = 0; how < 3; how++) {
            mach_port_t notify = make_port(), carrier = MACH_PORT_NULL, name;
            if (how == 0) {
                name = make_send_only(counts[i], &carrier);
            } else {
                name = port_with_sends(counts[i]);
            }
            arm(name, DEAD_NAME, 0, notify);
            if (how == 0) {
                destroy(carrier); // the port dies with the message
            } else if (how == 1) {
                kill_port(name);
            } else {
                assert_success(mach_port_destruct(SELF, name, 0, 0));
            }
            expect_notification(notify, DEAD_NAME, name);
            expect_no_message(notify);
            assert_int_equal(type(name), MACH_PORT_TYPE_DEAD_NAME);
            assert_int_equal(refs(name, MACH_PORT_RIGHT_DEAD_NAME), counts[i] + 1); // T13, R11
            destroy(name);
            destroy(notify);
        }
    }
}

static void without_a_request_no_reference_is_brought(void **state) {
    (void)state;
    mach_port_t notify = make_port(), carrier, send = make_send_only(3, &carrier), both = port_with_sends(4);
    arm(send, DEAD_NAME, 0, notify);
    arm(both, DEAD_NAME, 0, notify);
    assert_send_once_to(cancel(send, DEAD_NAME), notify);
    assert_send_once_to(cancel(both, DEAD_NAME), notify);
    destroy(carrier);
    kill_port(both);
    assert_int_equal(refs(send, MACH_PORT_RIGHT_DEAD_NAME), 3);
    assert_int_equal(refs(both, MACH_PORT_RIGHT_DEAD_NAME), 4); // R11
    expect_no_message(notify);
    destroy(send);
    destroy(both);
    destroy(notify);
}

static void a_send_once_name_dies_with_two_references(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = make_port(), once = make_send_once(port), other = make_send_once(port);
    arm(once, DEAD_NAME, 0, notify); // T6
    assert_int_equal(type(once), MACH_PORT_TYPE_SEND_ONCE | MACH_PORT_TYPE_DNREQUEST);
    destroy(port);
    expect_notification(notify, DEAD_NAME, once);
    expect_no_message(notify);
    assert_int_equal(refs(once, MACH_PORT_RIGHT_DEAD_NAME), 2); // T13
    assert_int_equal(refs(other, MACH_PORT_RIGHT_DEAD_NAME), 1);
    destroy(once);
    destroy(other);
    destroy(notify);
}

// Every way to look at a name that died unseen: all must find the dead name with the reference of the notification.
enum { LOOK_TYPE, LOOK_REFS, LOOK_DEALLOCATE, LOOK_ADD, LOOK_SEND_REFS, LOOK_SEND_TO, LOOK_COPY, LOOK_REQUEST, LOOKS };

static void a_name_turns_dead_when_it_is_looked_at(void **state) {
    (void)state;
    for (int look = 0; look < LOOKS; look++) {
        mach_port_t notify = make_port(), carrier, name = make_send_only(3, &carrier), extracted = 0;
        mach_msg_type_name_t disposition = 0;
        arm(name, DEAD_NAME, 0, notify);
        destroy(carrier);
        mach_port_urefs_t left = 4; // T13
        switch (look) {
        case LOOK_TYPE:
            assert_int_equal(listed_type(name), MACH_PORT_TYPE_DEAD_NAME); // N8: tells, and changes nothing
            assert_int_equal(type(name), MACH_PORT_TYPE_DEAD_NAME);        // R13
            break;
        case LOOK_REFS:
            assert_int_equal(refs(name, MACH_PORT_RIGHT_SEND), 0);
            break;
        case LOOK_DEALLOCATE:
            assert_success(mach_port_deallocate(SELF, name));
            left = 3;
            break;
        case LOOK_ADD:
            assert_success(mach_port_mod_refs(SELF, name, MACH_PORT_RIGHT_DEAD_NAME, 7)); // R7
            left = 11;
            break;
        case LOOK_SEND_REFS:
            assert_code(mach_port_mod_refs(SELF, name, MACH_PORT_RIGHT_SEND, -1), KERN_INVALID_RIGHT); // R7
            break;
        case LOOK_SEND_TO:
            assert_code(send_simple(name, COPY_SEND, 0), MACH_SEND_INVALID_DEST);
            break;
        case LOOK_COPY:
            assert_success(mach_port_extract_right(SELF, name, MOVE_SEND, &extracted, &disposition)); // I11
            assert_int_equal(extracted, MACH_PORT_DEAD);
            left = 3;
            break;
        default:
            assert_ask_fails(name, DEAD_NAME, 0, MACH_PORT_NULL, KERN_INVALID_ARGUMENT); // T22
            assert_int_equal(cancel(name, DEAD_NAME), MACH_PORT_NULL);                   // T22: now it is a dead name
            break;
        }
        assert_int_equal(refs(name, MACH_PORT_RIGHT_DEAD_NAME), left);
        assert_int_equal(refs(name, MACH_PORT_RIGHT_DEAD_NAME), left); // counted once
        expect_notification(notify, DEAD_NAME, name);
        expect_no_message(notify);
        destroy(name);
        destroy(notify);
    }
}

static void destroying_a_name_that_died_deletes_nothing(void **state) {
    (void)state;
    mach_port_t notify = make_port(), carrier, name = make_send_only(3, &carrier);
    arm(name, DEAD_NAME, 0, notify);
    destroy(carrier);
    destroy(name); // as the first look
    expect_notification(notify, DEAD_NAME, name);
    expect_no_message(notify); // no PORT_DELETED: the request was answered
    destroy(notify);
}

static void a_request_on_a_dead_name_is_answered_at_once_or_refused(void **state) {
    (void)state;
    mach_port_t notify = make_port();
    for (int lazy = 0; lazy < 2; lazy++) {
        const struct {
            mach_msg_id_t id;
            mach_port_mscount_t sync;
            bool answered;
        } requests[] = {
            {DEAD_NAME, 0, false},    {DEAD_NAME, 1, true},     {DEAD_NAME, 0xffffffff, true},
            {SEND_POSSIBLE, 0, true}, {SEND_POSSIBLE, 1, true},
        };
        for (size_t i = 0; i < COUNT_OF(requests); i++) {
            mach_port_t carrier = MACH_PORT_NULL, name = lazy ? make_send_only(2, &carrier) : make_dead_name(2);
            if (lazy) destroy(carrier);
            if (requests[i].answered) {
                arm(name, requests[i].id, requests[i].sync, notify); // T7
                expect_notification(notify, DEAD_NAME, name);
            } else {
                assert_ask_fails(name, requests[i].id, requests[i].sync, notify, KERN_INVALID_ARGUMENT); // T7
                expect_notification(notify, SEND_ONCE, 0);
            }
            expect_no_message(notify);
            assert_int_equal(type(name), MACH_PORT_TYPE_DEAD_NAME);
            assert_int_equal(refs(name, MACH_PORT_RIGHT_DEAD_NAME), requests[i].answered ? 3 : 2); // T7
            destroy(name);
        }
    }
    mach_port_t name = make_dead_name(65534);
    arm(name, DEAD_NAME, 1, notify);
    expect_notification(notify, DEAD_NAME, name);
    assert_int_equal(refs(name, MACH_PORT_RIGHT_DEAD_NAME), 65535);
    assert_ask_fails(name, DEAD_NAME, 1, notify, KERN_UREFS_OVERFLOW); // T7
    expect_notification(notify, SEND_ONCE, 0);
    destroy(name);
    destroy(notify);
}

static void a_name_whose_port_died_answers_a_new_request_besides_the_old(void **state) {
    (void)state;
    mach_port_t first = make_port(), second = make_port(), carrier, name = make_send_only(1, &carrier);
    arm(name, DEAD_NAME, 0, first);
    destroy(carrier);
    arm(name, DEAD_NAME, 1, second); // T7: the previous one is gone, not given back
    expect_notification(first, DEAD_NAME, name);
    expect_notification(second, DEAD_NAME, name);
    assert_int_equal(refs(name, MACH_PORT_RIGHT_DEAD_NAME), 3); // T13 and T7
    destroy(name);
    destroy(first);
    destroy(second);
}

static void a_name_has_one_place_for_requests(void **state) {
    (void)state;
    mach_port_t ports[3] = {make_port(), make_port(), make_port()};
    mach_port_t receive = make_port(), carrier, send = make_send_only(1, &carrier), both = make_full_port();
    mach_port_t base = make_port(), once = make_send_once(base);
    const mach_port_t names[] = {receive, send, both, once};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        mach_port_t previous = 0x5a5a5a5a;
        mach_port_type_t bare = type(names[i]);
        arm(names[i], DEAD_NAME, 0, ports[0]);
        assert_int_equal(listed_type(names[i]), bare | MACH_PORT_TYPE_DNREQUEST); // N8
        assert_success(ask(names[i], SEND_POSSIBLE, 0, ports[1], &previous));
        assert_send_once_to(previous, ports[0]);                           // T8
        assert_int_equal(listed_type(names[i]), bare | REQUEST_BITS);      // N8
        assert_int_equal(type(names[i]), bare | MACH_PORT_TYPE_DNREQUEST); // R13
        assert_success(ask(names[i], DEAD_NAME, 0, ports[2], &previous));
        assert_send_once_to(previous, ports[1]); // T8
        assert_int_equal(listed_type(names[i]), bare | MACH_PORT_TYPE_DNREQUEST);
        assert_success(ask(names[i], DEAD_NAME, 1, ports[0], &previous));
        assert_send_once_to(previous, ports[2]); // T8
        // Either kind cancels either.
        assert_send_once_to(cancel(names[i], SEND_POSSIBLE), ports[0]); // T8
        assert_int_equal(listed_type(names[i]), bare);
        arm(names[i], SEND_POSSIBLE, 0, ports[1]);
        assert_send_once_to(cancel(names[i], DEAD_NAME), ports[1]); // T8
        assert_int_equal(type(names[i]), bare);
        assert_int_equal(cancel(names[i], DEAD_NAME), MACH_PORT_NULL);
    }
    for (size_t i = 0; i < COUNT_OF(ports); i++) {
        assert_int_equal(status(ports[i]).mps_sorights, 0);
        expect_no_message(ports[i]); // T12: cancelling deletes no name
        destroy(ports[i]);
    }
    destroy(receive);
    destroy(carrier);
    destroy(send);
    destroy(both);
    destroy(once);
    destroy(base);
}

static void a_right_whose_port_died_comes_back_dead(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), previous = MACH_PORT_NULL;
    const mach_msg_id_t ids[] = {DEAD_NAME, SEND_POSSIBLE, NO_SENDERS, PORT_DESTROYED};
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        mach_port_t notify = make_port(), other = make_port();
        arm(port, ids[i], 0, notify);
        destroy(notify);
        if (ids[i] == DEAD_NAME) assert_int_equal(type(port), MACH_PORT_TYPE_SEND_RECEIVE | MACH_PORT_TYPE_DNREQUEST);
        assert_success(ask(port, ids[i], 0, other, &previous));
        assert_int_equal(previous, MACH_PORT_DEAD); // D7
        destroy(other);
        assert_int_equal(cancel(port, ids[i]), MACH_PORT_DEAD);
        assert_int_equal(cancel(port, ids[i]), MACH_PORT_NULL);
    }
    destroy(port);
}

static void a_request_whose_port_died_still_brings_the_reference(void **state) {
    (void)state;
    mach_port_t notify = make_port(), carrier, send = make_send_only(1, &carrier), both = port_with_send();
    arm(send, DEAD_NAME, 0, notify);
    arm(both, DEAD_NAME, 0, notify);
    destroy(notify);
    destroy(carrier);
    kill_port(both);
    assert_int_equal(refs(send, MACH_PORT_RIGHT_DEAD_NAME), 2); // T13: that it vanished is not known
    assert_int_equal(refs(both, MACH_PORT_RIGHT_DEAD_NAME), 2); // R11
    destroy(send);
    destroy(both);
}

static void a_request_stays_while_the_receive_right_travels(void **state) {
    (void)state;
    mach_port_t notify = make_port(), carrier = make_port(), port = port_with_sends(2);
    arm(port, DEAD_NAME, 0, notify);
    put_in_transit(port, carrier); // the name stays, with its send right
    assert_int_equal(type(port), MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_DNREQUEST);
    assert_int_equal(take_from_transit(carrier), port);
    assert_int_equal(type(port), MACH_PORT_TYPE_SEND_RECEIVE | MACH_PORT_TYPE_DNREQUEST);
    expect_no_message(notify);
    put_in_transit(port, carrier);
    destroy(carrier);
    expect_notification(notify, DEAD_NAME, port);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), 3); // T13
    destroy(port);
    destroy(notify);
}

// ---- Deleted names

static void deleting_a_name_with_a_request_is_told(void **state) {
    (void)state;
    const mach_msg_id_t ids[] = {DEAD_NAME, SEND_POSSIBLE};
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        for (int how = 0; how < 12; how++) {
            mach_port_t notify = make_port(), other = make_port(), carrier = MACH_PORT_NULL, name;
            struct test_message message = message_to(other, MAKE_SEND, 1);
            bool send = how < 5, once = how >= 5 && how < 9;
            if (send) {
                name = make_send_only(1, &carrier);
            } else {
                name = make_port();
                if (once) carrier = name, name = make_send_once(carrier);
            }
            arm(name, ids[i], 0, notify);
            switch (how) {
            case 0:
            case 5:
                assert_success(mach_port_deallocate(SELF, name));
                break;
            case 1:
                assert_success(mach_port_mod_refs(SELF, name, MACH_PORT_RIGHT_SEND, -1));
                break;
            case 6:
                assert_success(mach_port_mod_refs(SELF, name, MACH_PORT_RIGHT_SEND_ONCE, -1));
                break;
            case 2:
            case 7:
            case 9:
                destroy(name);
                break;
            case 3:
                add_port(&message, name, MOVE_SEND);
                assert_code(send_now(&message), MACH_MSG_SUCCESS);
                break;
            case 4: // as a destination it is held by a message to a port in transit
                assert_code(send_simple(name, MOVE_SEND, 3), MACH_MSG_SUCCESS);
                break;
            case 8:
                add_port(&message, name, MOVE_SEND_ONCE);
                assert_code(send_now(&message), MACH_MSG_SUCCESS);
                break;
            case 10:
                kill_port(name);
                break;
            default:
                add_port(&message, name, MOVE_RECEIVE);
                assert_code(send_now(&message), MACH_MSG_SUCCESS);
                break;
            }
            assert_int_equal(type(name), MACH_PORT_TYPE_NONE);
            expect_notification(notify, PORT_DELETED, name); // T12, R17
            expect_no_message(notify);
            destroy(other);
            if (carrier != MACH_PORT_NULL) destroy(carrier);
            destroy(notify);
        }
    }
}

static void a_name_that_stays_is_not_told_deleted(void **state) {
    (void)state;
    mach_port_t notify = make_port(), carrier, send = make_send_only(3, &carrier), both = port_with_sends(2);
    arm(send, DEAD_NAME, 0, notify);
    arm(both, DEAD_NAME, 0, notify);
    assert_success(mach_port_deallocate(SELF, send));
    assert_success(mach_port_mod_refs(SELF, send, MACH_PORT_RIGHT_SEND, -1));
    assert_success(mach_port_mod_refs(SELF, both, MACH_PORT_RIGHT_SEND, -2)); // the receive right keeps the name
    assert_int_equal(type(both), MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_DNREQUEST);
    insert_send(both);
    expect_no_message(notify); // T12
    assert_send_once_to(cancel(send, DEAD_NAME), notify);
    assert_send_once_to(cancel(both, DEAD_NAME), notify);
    destroy(send);
    destroy(both);
    destroy(carrier);
    expect_no_message(notify); // T12: cancelled
    destroy(notify);
}

static void a_deletion_is_told_before_the_message_arrives(void **state) {
    (void)state;
    mach_port_t port = make_port(), carrier, send = make_send_only(1, &carrier);
    arm(send, DEAD_NAME, 0, port);
    struct test_message message = message_to(port, MAKE_SEND, 5), received;
    add_port(&message, send, MOVE_SEND);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    expect_notification(port, PORT_DELETED, send); // T12: at copyin
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_id, 5);
    destroy(received.ports[0].name);
    destroy(port);
    destroy(carrier);
}

// ---- Order

static void the_last_send_right_tells_no_senders_then_deleted(void **state) {
    (void)state;
    for (int how = 0; how < 3; how++) {
        mach_port_t notify = make_port(), carrier = make_port(), port = port_with_send();
        arm(port, NO_SENDERS, 0, notify);
        put_in_transit(port, carrier);
        arm(port, DEAD_NAME, 0, notify);
        if (how == 0) assert_success(mach_port_deallocate(SELF, port));
        if (how == 1) assert_success(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, -1));
        if (how == 2) destroy(port);
        expect_notification(notify, NO_SENDERS, 0); // T24
        expect_notification(notify, PORT_DELETED, port);
        expect_no_message(notify);
        destroy(carrier);
        destroy(notify);
    }
}

static void a_send_once_right_tells_send_once_then_deleted(void **state) {
    (void)state;
    for (int how = 0; how < 3; how++) {
        mach_port_t port = make_port(), once = make_send_once(port);
        arm(once, DEAD_NAME, 0, port);
        if (how == 0) assert_success(mach_port_deallocate(SELF, once));
        if (how == 1) assert_success(mach_port_mod_refs(SELF, once, MACH_PORT_RIGHT_SEND_ONCE, -1));
        if (how == 2) destroy(once);
        expect_notification(port, SEND_ONCE, 0); // T24
        expect_notification(port, PORT_DELETED, once);
        expect_no_message(port);
        destroy(port);
    }
}

// A port with a send-once name beside it; requests on both names, and for no senders, all to one port; one message is queued whose reply right tells when it dies.
struct dying {
    mach_port_t notify, port, once;
};

static struct dying make_dying(bool send) {
    struct dying it = {make_port(), make_port(), MACH_PORT_NULL};
    it.once = make_send_once(it.port);
    if (send) insert_send(it.port);
    struct test_message message = message_to(it.port, MAKE_SEND_ONCE, 0); // holds no send right
    set_reply(&message, it.notify, MAKE_SEND_ONCE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    arm(it.port, NO_SENDERS, 100, it.notify);
    arm(it.port, DEAD_NAME, 0, it.notify);
    arm(it.once, DEAD_NAME, 0, it.notify);
    return it;
}

static void free_dying(struct dying *it) {
    expect_no_message(it->notify);
    assert_int_equal(refs(it->once, MACH_PORT_RIGHT_DEAD_NAME), 2);
    destroy(it->once);
    destroy(it->notify);
}

static void death_goes_from_no_senders_to_messages_to_dead_names(void **state) {
    (void)state;
    // A name with the receive right alone.
    for (int how = 0; how < 3; how++) {
        struct dying it = make_dying(false);
        if (how == 0) kill_port(it.port);
        if (how == 1) destroy(it.port);
        if (how == 2) assert_success(mach_port_destruct(SELF, it.port, 0, 0));
        expect_notification(it.notify, SEND_ONCE, 0);          // C2, T24: the request for no senders
        expect_notification(it.notify, SEND_ONCE, 0);          // C2: the message's reply right
        expect_notification(it.notify, DEAD_NAME, it.once);    // C2
        expect_notification(it.notify, PORT_DELETED, it.port); // T24
        free_dying(&it);
    }
    // With a send right that stays as a dead name.
    for (int how = 0; how < 2; how++) {
        struct dying it = make_dying(true);
        if (how == 0) kill_port(it.port);
        if (how == 1) assert_success(mach_port_destruct(SELF, it.port, 0, 0));
        expect_notification(it.notify, SEND_ONCE, 0);
        expect_notification(it.notify, SEND_ONCE, 0);
        struct test_message first, second;
        assert_code(receive_now(it.notify, &first, 0), MACH_MSG_SUCCESS);
        assert_code(receive_now(it.notify, &second, 0), MACH_MSG_SUCCESS);
        assert_int_equal(first.header.msgh_id, DEAD_NAME);
        assert_int_equal(second.header.msgh_id, DEAD_NAME);
        assert_true((first.words[2] == it.port && second.words[2] == it.once) ||
                    (first.words[2] == it.once && second.words[2] == it.port));
        assert_int_equal(refs(it.port, MACH_PORT_RIGHT_DEAD_NAME), 2); // R11
        destroy(it.port);
        free_dying(&it);
    }
}

static void destroy_tells_death_then_no_senders_then_deleted(void **state) {
    (void)state;
    struct dying it = make_dying(true);
    destroy(it.port);
    expect_notification(it.notify, SEND_ONCE, 0);       // the message's reply right
    expect_notification(it.notify, DEAD_NAME, it.once); // T24
    expect_notification(it.notify, NO_SENDERS, 1);      // T24, T5, R17
    expect_notification(it.notify, PORT_DELETED, it.port);
    assert_int_equal(type(it.port), MACH_PORT_TYPE_NONE); // R17
    free_dying(&it);
}

static void destruct_tells_no_senders_then_death_then_deleted(void **state) {
    (void)state;
    struct dying it = make_dying(true);
    assert_success(mach_port_destruct(SELF, it.port, -1, 0));
    expect_notification(it.notify, NO_SENDERS, 1); // T24, T5
    expect_notification(it.notify, SEND_ONCE, 0);  // the message's reply right
    expect_notification(it.notify, DEAD_NAME, it.once);
    expect_notification(it.notify, PORT_DELETED, it.port);
    assert_int_equal(type(it.port), MACH_PORT_TYPE_NONE);
    free_dying(&it);
}

// ---- Many requests

static int by_value(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static int request_table(mach_port_t port, unsigned *used) {
    unsigned total = 77;
    *used = 77;
    assert_success(mach_port_dnrequest_info(SELF, port, &total, used));
    int size = 77;
    mach_msg_type_number_t count = 1;
    assert_success(mach_port_get_attributes(SELF, port, MACH_PORT_DNREQUESTS_SIZE, (mach_port_info_t)&size, &count));
    assert_int_equal(size, total); // R20
    return size;
}

static void a_port_has_thousands_of_requests(void **state) {
    (void)state;
    mach_port_t port = make_port(), notify = make_port();
    mach_port_t *names = calloc(REQUESTS, sizeof(*names));
    uint32_t *told = calloc(REQUESTS, sizeof(*told));
    assert_non_null(names);
    assert_non_null(told);
    unsigned used = 0;
    for (unsigned i = 0; i < REQUESTS; i++) {
        names[i] = make_send_once(port);
        arm(names[i], i % 2 ? SEND_POSSIBLE : DEAD_NAME, 0, notify);
    }
    int size = request_table(port, &used);
    assert_true(size > (int)REQUESTS);
    assert_int_equal(used, REQUESTS);
    assert_int_equal(status(notify).mps_sorights, REQUESTS);
    // A third is cancelled, a third deleted, and the places are used again.
    unsigned live = REQUESTS;
    for (unsigned i = 0; i < REQUESTS; i++) {
        if (i % 3 == 0) {
            mach_port_t previous = cancel(names[i], DEAD_NAME);
            assert_success(mach_port_mod_refs(SELF, previous, MACH_PORT_RIGHT_SEND_ONCE, -1));
            expect_notification(notify, SEND_ONCE, 0);
            live--;
        } else if (i % 3 == 1) {
            assert_success(mach_port_deallocate(SELF, names[i]));
            expect_notification(port, SEND_ONCE, 0);
            expect_notification(notify, PORT_DELETED, names[i]);
            live--;
        }
    }
    assert_int_equal(request_table(port, &used), size);
    assert_int_equal(used, live);
    for (unsigned i = 0; i < REQUESTS; i++) {
        if (i % 3 == 1) names[i] = make_send_once(port);
        if (i % 3 != 2) arm(names[i], DEAD_NAME, 1, notify);
    }
    assert_int_equal(request_table(port, &used), size);
    assert_int_equal(used, REQUESTS);
    destroy(port);
    assert_int_equal(status(notify).mps_msgcount, REQUESTS); // T25: far beyond its limit
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct test_message received;
        assert_code(receive_now(notify, &received, 0), MACH_MSG_SUCCESS);
        assert_int_equal(received.header.msgh_id, DEAD_NAME); // T11
        told[i] = received.words[2];
        assert_int_equal(refs(names[i], MACH_PORT_RIGHT_DEAD_NAME), 2); // T13
    }
    expect_no_message(notify);
    qsort(names, REQUESTS, sizeof(*names), by_value);
    qsort(told, REQUESTS, sizeof(*told), by_value);
    assert_memory_equal(names, told, REQUESTS * sizeof(*names)); // each was told once
    for (unsigned i = 0; i < REQUESTS; i++) destroy(names[i]);
    destroy(notify);
    free(names);
    free(told);
}

static void the_table_of_requests_is_as_large_as_needed(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), notify = make_port(), names[4];
    const int sizes[] = {2, 4, 4, 8}; // R20: one place less than the size can be used
    unsigned used = 0;
    assert_int_equal(request_table(port, &used), 0); // R20
    for (unsigned i = 0; i < 4; i++) {
        names[i] = i == 0 ? port : make_send_once(port);
        arm(names[i], DEAD_NAME, 0, notify);
        assert_int_equal(request_table(port, &used), sizes[i]); // R20
        assert_int_equal(used, i + 1);
    }
    // Requests of the port itself need no place.
    arm(port, NO_SENDERS, 0, notify);
    arm(port, PORT_DESTROYED, 0, notify);
    assert_int_equal(request_table(port, &used), 8);
    assert_int_equal(used, 4);
    mach_port_t previous = MACH_PORT_NULL;
    assert_success(ask(port, SEND_POSSIBLE, 0, notify, &previous));
    assert_send_once_to(previous, notify);
    (void)request_table(port, &used);
    assert_int_equal(used, 4); // replaced
    assert_send_once_to(cancel(port, PORT_DESTROYED), notify);
    for (unsigned i = 1; i < 4; i++) destroy(names[i]);
    (void)request_table(port, &used);
    assert_int_equal(used, 1);
    destroy(port);
    destroy(notify);
}

static void the_table_of_names_shows_requests(void **state) {
    (void)state;
    mach_port_t port = make_port(), once = make_send_once(port), notify = make_port();
    arm(port, DEAD_NAME, 0, notify);
    arm(once, SEND_POSSIBLE, 0, notify);
    ipc_info_space_t space;
    ipc_info_name_array_t slots = NULL;
    ipc_info_tree_name_array_t tree = NULL;
    mach_msg_type_number_t count = 0, tree_count = 0;
    assert_success(mach_port_space_info(SELF, &space, &slots, &count, &tree, &tree_count));
    unsigned found = 0;
    for (mach_msg_type_number_t i = 0; i < count; i++) {
        if (slots[i].iin_name == port) {
            assert_int_equal(slots[i].iin_type, MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_DNREQUEST); // R20
            found++;
        }
        if (slots[i].iin_name == once) {
            assert_int_equal(slots[i].iin_type, MACH_PORT_TYPE_SEND_ONCE | REQUEST_BITS); // R20
            found++;
        }
    }
    assert_int_equal(found, 2);
    assert_success(vm_deallocate(SELF, (vm_address_t)slots, count * sizeof(*slots)));
    destroy(once);
    destroy(port);
    destroy(notify);
}

// ---- Sending possible

static void send_possible_is_answered_at_once_unless_the_queue_is_full(void **state) {
    (void)state;
    mach_port_t notify = make_port(), receive = make_port(), both = port_with_send();
    mach_port_t carrier, send = make_send_only(1, &carrier), full = make_full_port(), once = make_send_once(full);
    mach_port_t host = mach_host_self(), zero = port_with_send();
    set_limit(zero, 0);
    const mach_port_t at_once[] = {receive, both, send, once, SELF, host}; // T9: kernel ports are never full
    for (size_t i = 0; i < COUNT_OF(at_once); i++) {
        mach_port_type_t bare = listed_type(at_once[i]);
        arm(at_once[i], SEND_POSSIBLE, 1, notify);
        expect_notification(notify, SEND_POSSIBLE, at_once[i]); // T9
        assert_int_equal(listed_type(at_once[i]), bare);        // T23
        arm(at_once[i], SEND_POSSIBLE, 0xffffffff, notify);
        expect_notification(notify, SEND_POSSIBLE, at_once[i]);
        // It gives back what was there.
        arm(at_once[i], DEAD_NAME, 0, notify);
        mach_port_t previous = MACH_PORT_NULL;
        assert_success(ask(at_once[i], SEND_POSSIBLE, 1, notify, &previous));
        expect_notification(notify, SEND_POSSIBLE, at_once[i]);
        assert_send_once_to(previous, notify); // T8
        assert_int_equal(listed_type(at_once[i]), bare);
        // With sync 0 it is not answered until a sender finds the queue full.
        arm(at_once[i], SEND_POSSIBLE, 0, notify);
        expect_no_message(notify); // T10
        assert_int_equal(listed_type(at_once[i]), bare | REQUEST_BITS);
        assert_send_once_to(cancel(at_once[i], SEND_POSSIBLE), notify);
    }
    const mach_port_t waiting[] = {full, zero};
    for (size_t i = 0; i < COUNT_OF(waiting); i++) {
        arm(waiting[i], SEND_POSSIBLE, 1, notify);
        expect_no_message(notify); // T9
        assert_int_equal(listed_type(waiting[i]), MACH_PORT_TYPE_SEND_RECEIVE | MACH_PORT_TYPE_DNREQUEST |
                                                      MACH_PORT_TYPE_SPREQUEST);                    // N8: armed
        assert_int_equal(type(waiting[i]), MACH_PORT_TYPE_SEND_RECEIVE | MACH_PORT_TYPE_DNREQUEST); // R13
    }
    expect_message(full, 0);
    expect_notification(notify, SEND_POSSIBLE, full); // T11
    destroy(once);
    destroy(receive);
    destroy(both);
    destroy(carrier);
    destroy(send);
    destroy(full);
    expect_no_message(notify); // T23
    destroy(zero);
    expect_notification(notify, PORT_DELETED, zero);
    destroy(notify);
    assert_success(mach_port_deallocate(SELF, host));
}

static void a_sender_that_finds_the_queue_full_arms_the_request(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = make_full_port();
    mach_port_type_t bare = MACH_PORT_TYPE_SEND_RECEIVE,
                     asked = bare | MACH_PORT_TYPE_DNREQUEST | MACH_PORT_TYPE_SPREQUEST;
    arm(port, SEND_POSSIBLE, 0, notify);
    assert_int_equal(listed_type(port), asked | MACH_PORT_TYPE_SPREQUEST_DELAYED);
    // A sender without MACH_SEND_NOTIFY does not.
    struct test_message message = message_to(port, COPY_SEND, 1);
    assert_code(send_now(&message), MACH_SEND_TIMED_OUT);
    assert_success(mach_port_deallocate(SELF, port)); // the right that came back
    assert_int_equal(listed_type(port), asked | MACH_PORT_TYPE_SPREQUEST_DELAYED);
    expect_message(port, 0);
    expect_no_message(notify); // T10
    // Nor does one that finds room.
    assert_code(send_asking(port, COPY_SEND, 2), MACH_MSG_SUCCESS);
    assert_int_equal(listed_type(port), asked | MACH_PORT_TYPE_SPREQUEST_DELAYED);
    expect_message(port, 2);
    expect_no_message(notify); // T10
    // Nor one through a send-once right.
    queue_messages(port, 1);
    assert_code(send_asking(port, MAKE_SEND_ONCE, 3), MACH_MSG_SUCCESS);
    assert_int_equal(listed_type(port), asked | MACH_PORT_TYPE_SPREQUEST_DELAYED); // T10
    expect_message(port, 0);
    expect_message(port, 3);
    expect_no_message(notify);
    queue_messages(port, 1);
    assert_code(send_asking(port, COPY_SEND, 4), MACH_SEND_TIMED_OUT);
    assert_int_equal(listed_type(port), asked); // T10: armed
    assert_code(send_asking(port, COPY_SEND, 4), MACH_SEND_TIMED_OUT);
    expect_no_message(notify);
    expect_message(port, 0);
    expect_notification(notify, SEND_POSSIBLE, port); // T11
    expect_no_message(notify);
    assert_int_equal(listed_type(port), bare); // T23
    assert_code(send_asking(port, COPY_SEND, 5), MACH_MSG_SUCCESS);
    expect_message(port, 5);
    expect_no_message(notify);                                     // T23
    assert_int_equal(cancel(port, SEND_POSSIBLE), MACH_PORT_NULL); // T23
    destroy(port);
    destroy(notify);
}

static void a_sender_without_a_request_arms_none(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = make_full_port();
    assert_code(send_asking(port, COPY_SEND, 1), MACH_SEND_TIMED_OUT);
    arm(port, DEAD_NAME, 0, notify);
    assert_code(send_asking(port, COPY_SEND, 1), MACH_SEND_TIMED_OUT);
    assert_int_equal(listed_type(port), MACH_PORT_TYPE_SEND_RECEIVE | MACH_PORT_TYPE_DNREQUEST);
    expect_message(port, 0);
    expect_no_message(notify); // T10: dead-name requests are not armed
    assert_send_once_to(cancel(port, DEAD_NAME), notify);
    // What an earlier request found does not count for a later one.
    queue_messages(port, 1);
    arm(port, SEND_POSSIBLE, 1, notify);
    assert_send_once_to(cancel(port, SEND_POSSIBLE), notify);
    arm(port, SEND_POSSIBLE, 0, notify);
    expect_message(port, 0);
    expect_no_message(notify);
    destroy(port);
    expect_notification(notify, PORT_DELETED, port);
    destroy(notify);
}

static void only_a_message_that_is_received_makes_sending_possible(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = port_with_send();
    struct test_message received;
    set_limit(port, 3);
    queue_messages(port, 3);
    arm(port, SEND_POSSIBLE, 1, notify);
    assert_code(receive_limited(port, &received, MACH_RCV_LARGE, 28), MACH_RCV_TOO_LARGE);
    expect_no_message(notify); // it is still there
    mach_port_seqno_t seqno = 0;
    mach_msg_size_t size = 0;
    mach_msg_id_t id = 0;
    mach_msg_max_trailer_t trailer;
    mach_msg_type_number_t room = sizeof(trailer);
    assert_success(mach_port_peek(SELF, port, 0, &seqno, &size, &id, (mach_msg_trailer_info_t)&trailer, &room));
    expect_no_message(notify);
    assert_code(receive_limited(port, &received, 0, 28), MACH_RCV_TOO_LARGE);
    assert_int_equal(status(port).mps_msgcount, 2);
    expect_no_message(notify); // T11: thrown away as too large
    set_limit(port, 10);
    expect_no_message(notify); // T11: nor by a larger limit
    assert_code(send_asking(port, COPY_SEND, 7), MACH_MSG_SUCCESS);
    expect_no_message(notify);
    mach_port_t set = make_set();
    put_in_set(port, set);
    expect_message(set, 1);
    expect_notification(notify, SEND_POSSIBLE, port); // T11: though there is room since long
    expect_message(set, 2);
    expect_message(set, 7);
    expect_no_message(notify); // T23
    destroy(set);
    destroy(port);
    destroy(notify);
}

static void a_receive_tells_even_when_a_waiting_sender_takes_the_place(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = make_full_port();
    struct caller sender;
    block_sender(&sender, port, 9);
    arm(port, SEND_POSSIBLE, 1, notify);
    expect_message(port, 0);
    expect_notification(notify, SEND_POSSIBLE, port); // T11
    assert_code(finish(&sender), MACH_MSG_SUCCESS);
    assert_int_equal(status(port).mps_msgcount, 1); // it is full again
    arm(port, SEND_POSSIBLE, 1, notify);
    expect_no_message(notify); // T9
    expect_message(port, 9);
    expect_notification(notify, SEND_POSSIBLE, port);
    destroy(port);
    destroy(notify);
}

static void a_blocked_receiver_takes_the_message_and_tells(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = port_with_send();
    set_limit(port, 0);
    arm(port, SEND_POSSIBLE, 1, notify); // full though it is empty
    struct caller receiver;
    block_receiver(&receiver, port);
    assert_code(send_simple(port, MAKE_SEND_ONCE, 5), MACH_MSG_SUCCESS);
    assert_code(finish(&receiver), MACH_MSG_SUCCESS);
    expect_notification(notify, SEND_POSSIBLE, port); // T11
    destroy(port);
    destroy(notify);
}

static void a_send_possible_request_tells_of_death(void **state) {
    (void)state;
    for (mach_port_mscount_t sync = 0; sync < 2; sync++) {
        mach_port_t notify = make_port(), port = make_full_port();
        arm(port, SEND_POSSIBLE, sync, notify);
        kill_port(port);
        expect_notification(notify, DEAD_NAME, port); // T11
        expect_no_message(notify);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), 2); // T13, R11
        destroy(port);
        destroy(notify);
    }
}

static void a_send_possible_request_that_was_answered_brings_no_reference(void **state) {
    (void)state;
    for (int how = 0; how < 4; how++) {
        mach_port_t notify = make_port(), port = make_full_port(), carrier = make_port();
        arm(port, SEND_POSSIBLE, 1, notify);
        if (how >= 2) {
            put_in_transit(port, carrier);
            assert_int_equal(take_from_transit(carrier), port);
        }
        expect_message(port, 0);
        expect_notification(notify, SEND_POSSIBLE, port);
        assert_int_equal(type(port), MACH_PORT_TYPE_SEND_RECEIVE); // T23
        if (how == 0) kill_port(port);
        if (how == 1) assert_success(mach_port_destruct(SELF, port, 0, 0));
        if (how == 2) put_in_transit(port, carrier), destroy(carrier);
        if (how == 3) destroy(port);
        expect_no_message(notify); // T23: neither dead name nor deleted
        if (how != 3) {
            assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), 1); // T23
            destroy(port);
        }
        if (how != 2) destroy(carrier);
        destroy(notify);
    }
}

// Two senders race for one place, one of them asking to be told; messages are received until both are through. The one that asks waits for notifications alone: were one lost, it would end with a time-out.
#define RACE_MESSAGES 3000

struct race {
    mach_port_t port, notify;
};

static int64_t send_when_told(void *argument) {
    struct race *race = argument;
    for (int sent = 0; sent < RACE_MESSAGES;) {
        mach_port_t previous = MACH_PORT_NULL;
        kern_return_t code = ask(race->port, SEND_POSSIBLE, 0, race->notify, &previous);
        if (code != KERN_SUCCESS || previous != MACH_PORT_NULL) return code + 1;
        while ((code = send_asking(race->port, COPY_SEND, 1)) == MACH_MSG_SUCCESS) {
            if (++sent == RACE_MESSAGES) return 0;
        }
        if (code != MACH_SEND_TIMED_OUT) return code;
        struct test_message received;
        code = mach_msg(&received.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(received), race->notify, 60000,
                        MACH_PORT_NULL);
        if (code != MACH_MSG_SUCCESS) return code;
        if (received.header.msgh_id != SEND_POSSIBLE || received.words[2] != race->port) return 2;
    }
    return 0;
}

static int64_t send_and_wait(void *argument) {
    struct race *race = argument;
    for (int i = 0; i < RACE_MESSAGES; i++) {
        struct test_message message = message_to(race->port, COPY_SEND, 2);
        mach_msg_return_t code = mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof(message.header), 0,
                                          MACH_PORT_NULL, 60000, MACH_PORT_NULL);
        if (code != MACH_MSG_SUCCESS) return code;
    }
    return 0;
}

static void a_sender_that_asked_is_never_forgotten(void **state) {
    (void)state;
    struct race race = {port_with_send(), make_port()};
    set_limit(race.port, 1);
    struct test_thread told, waiting;
    start_thread(&told, send_when_told, &race);
    start_thread(&waiting, send_and_wait, &race);
    mach_msg_return_t code = MACH_MSG_SUCCESS;
    struct test_message received;
    int count = 0;
    for (; count < 2 * RACE_MESSAGES && code == MACH_MSG_SUCCESS; count++) {
        code = mach_msg(&received.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(received), race.port, 60000,
                        MACH_PORT_NULL);
    }
    if (code != MACH_MSG_SUCCESS) kill_port(race.port); // lets the senders end
    int64_t first = join_thread(&told), second = join_thread(&waiting);
    assert_code(code, MACH_MSG_SUCCESS);
    assert_int_equal(first, 0); // T10, T11
    assert_int_equal(second, 0);
    destroy(race.port);
    destroy(race.notify);
}

// ---- Port destroyed

enum { BY_MOD_REFS, BY_DESTROY, BY_DESTRUCT, BY_MESSAGE, ENDS };

// Ends the receive right, of a name without send rights.
static void end_receive(mach_port_t port, int how) {
    mach_port_t carrier;
    switch (how) {
    case BY_MOD_REFS:
        kill_port(port);
        break;
    case BY_DESTROY:
        destroy(port);
        break;
    case BY_DESTRUCT:
        assert_success(mach_port_destruct(SELF, port, 0, 0));
        break;
    default:
        carrier = make_port();
        put_in_transit(port, carrier);
        destroy(carrier);
        break;
    }
}

static void a_destroyed_port_travels_whole(void **state) {
    (void)state;
    for (int how = 0; how < ENDS; how++) {
        uint64_t ports = live_ports();
        mach_port_t notify = make_port(), port = make_port(), set = make_set(), senders = make_port();
        mach_port_t once = make_send_once(port), dead = make_port();
        queue_messages(port, 3);
        set_limit(port, 7);
        put_in_set(port, set);
        arm(port, PORT_DESTROYED, 0, notify);
        assert_true(status(port).mps_pdrequest);
        arm(port, NO_SENDERS, 100, senders);
        arm(once, DEAD_NAME, 0, dead);
        assert_success(mach_port_set_seqno(SELF, port, 12));
        assert_success(mach_port_set_context(SELF, port, 0x1234));
        end_receive(port, how);
        assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
        assert_int_equal(type(once), MACH_PORT_TYPE_SEND_ONCE | MACH_PORT_TYPE_DNREQUEST);
        mach_port_t back = expect_port_destroyed(notify); // T14
        expect_no_message(notify);
        expect_no_message(senders); // T5: stays armed
        expect_no_message(dead);
        assert_int_equal(type(back), MACH_PORT_TYPE_RECEIVE);
        mach_port_status_t now = status(back);
        assert_int_equal(now.mps_pset, 0); // C2
        assert_int_equal(now.mps_seqno, 0);
        assert_int_equal(now.mps_mscount, 0);
        assert_int_equal(now.mps_qlimit, 7);
        assert_int_equal(now.mps_msgcount, 3);
        assert_int_equal(now.mps_sorights, 1);
        assert_true(now.mps_srights);
        assert_true(now.mps_nsrequest);  // T5
        assert_false(now.mps_pdrequest); // used up
        assert_false(is_member(back, set));
        mach_port_context_t context = 0x5a;
        assert_success(mach_port_get_context(SELF, back, &context));
        assert_int_equal(context, 0); // C2
        for (int i = 0; i < 3; i++) expect_message(back, i);
        expect_notification(senders, NO_SENDERS, 0); // the messages were the last senders
        assert_code(send_simple(once, MOVE_SEND_ONCE, 77), MACH_MSG_SUCCESS);
        expect_notification(dead, PORT_DELETED, once);
        expect_message(back, 77);
        end_receive(back, how); // without a request it dies
        expect_no_message(notify);
        destroy(notify);
        destroy(senders);
        destroy(dead);
        destroy(set);
        assert_int_equal(live_ports(), ports);
    }
}

static void the_send_right_of_a_destroyed_port_stays(void **state) {
    (void)state;
    for (int how = 0; how < 3; how++) {
        mach_port_t notify = make_port(), port = port_with_sends(3), dead = make_port();
        arm(port, PORT_DESTROYED, 0, notify);
        arm(port, DEAD_NAME, 0, dead);
        mach_port_urefs_t left = 3;
        if (how == 0) {
            kill_port(port);
        } else if (how == 1) {
            assert_success(mach_port_destruct(SELF, port, 0, 0));
        } else {
            assert_success(mach_port_destruct(SELF, port, -2, 0));
            left = 1;
        }
        assert_int_equal(type(port), MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_DNREQUEST); // R11, G3
        assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), left);
        expect_no_message(dead);
        assert_code(send_simple(port, COPY_SEND, 5), MACH_MSG_SUCCESS); // it lives
        assert_int_equal(expect_port_destroyed(notify), port);          // I9: joins its send right
        assert_int_equal(type(port), MACH_PORT_TYPE_SEND_RECEIVE | MACH_PORT_TYPE_DNREQUEST);
        expect_message(port, 5);
        kill_port(port);
        expect_notification(dead, DEAD_NAME, port);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), left + 1);
        expect_no_message(notify);
        destroy(port);
        destroy(dead);
        destroy(notify);
    }
}

static void destroying_the_name_of_a_destroyed_port_drops_its_send_right(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = port_with_sends(3);
    arm(port, PORT_DESTROYED, 0, notify);
    arm(port, NO_SENDERS, 0, notify);
    arm(port, DEAD_NAME, 0, notify);
    destroy(port);
    assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
    mach_port_t back = expect_port_destroyed(notify); // T24: first the port
    expect_notification(notify, NO_SENDERS, 1);       // T24, R17
    expect_notification(notify, PORT_DELETED, port);  // T24
    expect_no_message(notify);
    assert_false(status(back).mps_srights);
    destroy(back);
    destroy(notify);
}

static void receivers_leave_a_destroyed_port_and_senders_wait_on(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = make_port(), full = make_full_port();
    arm(port, PORT_DESTROYED, 0, notify);
    arm(full, PORT_DESTROYED, 0, notify);
    struct caller receiver, sender;
    block_receiver(&receiver, port);
    block_sender(&sender, full, 8);
    destroy(port);
    assert_code(finish(&receiver), MACH_RCV_PORT_CHANGED); // C2, V2
    destroy(full);
    expect_blocked(&sender); // Q13
    mach_port_t first = expect_port_destroyed(notify), second = expect_port_destroyed(notify);
    expect_blocked(&sender);
    expect_message(second, 0);
    assert_code(finish(&sender), MACH_MSG_SUCCESS);
    expect_message(second, 8);
    destroy(first);
    destroy(second);
    destroy(notify);
}

static void a_port_is_saved_again_and_again(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = make_port();
    for (int i = 0; i < 100; i++) {
        arm(port, PORT_DESTROYED, 0, notify);
        end_receive(port, i % ENDS);
        port = expect_port_destroyed(notify);
    }
    destroy(port);
    expect_no_message(notify);
    destroy(notify);
}

static void a_port_destroyed_request_is_replaced_and_cancelled(void **state) {
    (void)state;
    mach_port_t first = make_port(), second = make_port(), port = make_port(), previous = MACH_PORT_NULL;
    arm(port, PORT_DESTROYED, 0, first);
    assert_success(ask(port, PORT_DESTROYED, 0, second, &previous)); // T14
    assert_send_once_to(previous, first);
    assert_send_once_to(cancel(port, PORT_DESTROYED), second);
    assert_false(status(port).mps_pdrequest);
    destroy(port);
    expect_no_message(first);
    expect_no_message(second);
    destroy(first);
    destroy(second);
}

static void a_port_whose_notification_is_never_received_dies_with_it(void **state) {
    (void)state;
    mach_port_t notify = make_port(), dead = make_port(), port = port_with_send();
    uint64_t ports = live_ports();
    arm(port, PORT_DESTROYED, 0, notify);
    arm(port, DEAD_NAME, 0, dead);
    kill_port(port);
    expect_no_message(dead);
    destroy(notify);
    expect_notification(dead, DEAD_NAME, port);
    assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), 2);
    destroy(port);
    assert_int_equal(live_ports(), ports - 2);
    destroy(dead);
}

static void a_port_that_nobody_can_be_told_of_dies(void **state) {
    (void)state;
    for (int how = 0; how < ENDS; how++) {
        uint64_t ports = live_ports(), messages = live_messages();
        mach_port_t dead = make_port();
        // The port to notify is dead.
        mach_port_t notify = make_port(), port = make_port(), once = make_send_once(port);
        arm(port, PORT_DESTROYED, 0, notify);
        arm(once, DEAD_NAME, 0, dead);
        queue_messages(port, 2);
        destroy(notify);
        end_receive(port, how);
        expect_notification(dead, DEAD_NAME, once); // T26
        destroy(once);
        // It is the port itself.
        port = make_port(), once = make_send_once(port);
        arm(port, PORT_DESTROYED, 0, port);
        arm(once, DEAD_NAME, 0, dead);
        end_receive(port, how);
        expect_notification(dead, DEAD_NAME, once); // T26
        destroy(once);
        // Its receive right lies in the port's own queue: nobody could ever receive it.
        notify = make_port(), port = make_port(), once = make_send_once(port);
        mach_port_t other = make_send_once(notify);
        arm(port, PORT_DESTROYED, 0, notify);
        arm(once, DEAD_NAME, 0, dead);
        put_in_transit(notify, port);
        end_receive(port, how);
        expect_notification(dead, DEAD_NAME, once); // T26, C1
        assert_int_equal(type(other), MACH_PORT_TYPE_DEAD_NAME);
        expect_no_message(dead);
        destroy(once);
        destroy(other);
        destroy(dead);
        assert_int_equal(live_ports(), ports);
        assert_int_equal(live_messages(), messages);
    }
}

static void a_saved_port_with_a_send_right_dies_when_nobody_can_be_told(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = port_with_sends(2);
    arm(port, PORT_DESTROYED, 0, notify);
    destroy(notify);
    kill_port(port);
    assert_int_equal(type(port), MACH_PORT_TYPE_DEAD_NAME); // T26
    assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), 2);
    destroy(port);
}

// ---- Where notifications go

static void no_queue_limit_holds_a_notification_up(void **state) {
    (void)state;
    mach_port_t notify = make_port();
    set_limit(notify, 0);
    uint32_t values[COUNT_OF(with_value)];
    for (size_t i = 0; i < COUNT_OF(with_value); i++) values[i] = with_value[i].cause(notify); // T25
    assert_int_equal(status(notify).mps_msgcount, COUNT_OF(with_value));
    for (size_t i = 0; i < COUNT_OF(with_value); i++) expect_notification(notify, with_value[i].id, values[i]);
    set_limit(notify, 2);
    (void)cause_no_senders(notify);
    (void)cause_no_senders(notify);
    struct test_message message = message_to(notify, MAKE_SEND, 0);
    assert_code(send_now(&message), MACH_SEND_TIMED_OUT); // but they count
    assert_success(mach_port_deallocate(SELF, notify));
    destroy(notify);
}

static void notifications_vanish_when_their_port_is_dead(void **state) {
    (void)state;
    uint64_t messages = live_messages();
    mach_port_t notify = make_port(), port = port_with_send(), once = make_send_once(port),
                deleted = make_send_once(port);
    arm(port, NO_SENDERS, 0, notify);
    arm(port, DEAD_NAME, 0, notify);
    arm(once, DEAD_NAME, 0, notify);
    arm(deleted, DEAD_NAME, 0, notify);
    destroy(notify);
    destroy(deleted);
    expect_notification(port, SEND_ONCE, 0);
    assert_success(mach_port_deallocate(SELF, port));
    destroy(port);
    destroy(once);
    assert_int_equal(live_messages(), messages); // T25
}

static void notifications_vanish_at_65534_messages(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = make_port();
    arm(port, NO_SENDERS, 1, notify);
    arm(port, DEAD_NAME, 0, notify);
    for (int i = 0; i < 65534; i++) assert_success(mach_port_deallocate(SELF, make_send_once(notify)));
    assert_int_equal(status(notify).mps_msgcount, 65534);
    insert_send(port);
    assert_success(mach_port_deallocate(SELF, port));
    assert_false(status(port).mps_nsrequest); // T25: it went off
    destroy(port);
    assert_int_equal(status(notify).mps_msgcount, 65534); // T25
    assert_int_equal(status(notify).mps_sorights, 65534);
    expect_notification(notify, SEND_ONCE, 0);
    port = port_with_send();
    arm(port, NO_SENDERS, 0, notify);
    assert_success(mach_port_deallocate(SELF, port));
    assert_int_equal(status(notify).mps_msgcount, 65534); // there is room for one
    for (int i = 0; i < 65533; i++) expect_notification(notify, SEND_ONCE, 0);
    expect_notification(notify, NO_SENDERS, 1);
    expect_no_message(notify);
    destroy(port);
    destroy(notify);
}

static void a_notification_goes_to_a_port_in_transit(void **state) {
    (void)state;
    mach_port_t notify = make_port(), carrier = make_port(), port = port_with_send();
    arm(port, NO_SENDERS, 0, notify);
    put_in_transit(notify, carrier);
    assert_success(mach_port_deallocate(SELF, port));
    mach_port_t back = take_from_transit(carrier);
    expect_notification(back, NO_SENDERS, 1);
    destroy(back);
    destroy(carrier);
    destroy(port);
}

// Ports in each other's queues, each of which tells the next that it dies: no depth is too much.
static void a_long_chain_of_notifications_ends(void **state) {
    (void)state;
    mach_port_t last = make_port(), next = last;
    for (unsigned i = 0; i < 20000; i++) {
        // It tells the one before, whose receive right waits in its queue, of its death.
        mach_port_t port = make_port();
        arm(port, NO_SENDERS, 1, next);
        if (next != last) put_in_transit(next, port);
        next = port;
    }
    destroy(next);
    expect_notification(last, SEND_ONCE, 0); // T5
    expect_no_message(last);
    destroy(last);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(ids_and_sizes_are_the_historic_ones),
        TEST(a_notification_is_laid_out_as_its_structure_says),
        TEST(port_destroyed_is_laid_out_as_its_structure_says),
        TEST(a_notification_is_from_nobody),
        TEST(a_notification_wakes_a_receiver_and_comes_through_a_set),
        TEST(notifications_come_in_the_order_of_their_causes),
        TEST(the_right_is_made_from_the_receive_right_or_moved),
        TEST(a_right_that_is_no_send_once_right_is_refused),
        TEST(a_right_that_is_lacking_is_refused),
        TEST(null_cancels_if_its_disposition_gives_send_once),
        TEST(a_dead_right_to_notify_is_no_capability),
        TEST(a_right_may_not_be_moved_away_to_ask_about_itself),
        TEST(moving_a_right_to_notify_deletes_its_own_request),
        TEST(every_failing_request_posts_send_once),
        TEST(unknown_notifications_are_no_values),
        TEST(a_request_in_no_task_takes_nothing),
        TEST(nothing_to_cancel_is_no_error),
        TEST(no_senders_at_registration_depends_on_senders_and_sync),
        TEST(no_senders_comes_once_when_the_last_send_right_goes),
        TEST(the_make_send_count_counts_what_is_made),
        TEST(a_queued_message_is_a_sender),
        TEST(a_send_once_right_is_no_sender),
        TEST(a_no_senders_request_is_replaced_and_cancelled),
        TEST(death_turns_a_no_senders_request_into_send_once),
        TEST(a_no_senders_request_moves_with_the_receive_right),
        TEST(a_port_may_be_told_of_itself),
        TEST(a_dead_name_notification_brings_a_reference),
        TEST(without_a_request_no_reference_is_brought),
        TEST(a_send_once_name_dies_with_two_references),
        TEST(a_name_turns_dead_when_it_is_looked_at),
        TEST(destroying_a_name_that_died_deletes_nothing),
        TEST(a_request_on_a_dead_name_is_answered_at_once_or_refused),
        TEST(a_name_whose_port_died_answers_a_new_request_besides_the_old),
        TEST(a_name_has_one_place_for_requests),
        TEST(a_right_whose_port_died_comes_back_dead),
        TEST(a_request_whose_port_died_still_brings_the_reference),
        TEST(a_request_stays_while_the_receive_right_travels),
        TEST(deleting_a_name_with_a_request_is_told),
        TEST(a_name_that_stays_is_not_told_deleted),
        TEST(a_deletion_is_told_before_the_message_arrives),
        TEST(the_last_send_right_tells_no_senders_then_deleted),
        TEST(a_send_once_right_tells_send_once_then_deleted),
        TEST(death_goes_from_no_senders_to_messages_to_dead_names),
        TEST(destroy_tells_death_then_no_senders_then_deleted),
        TEST(destruct_tells_no_senders_then_death_then_deleted),
        TEST(a_port_has_thousands_of_requests),
        TEST(the_table_of_requests_is_as_large_as_needed),
        TEST(the_table_of_names_shows_requests),
        TEST(send_possible_is_answered_at_once_unless_the_queue_is_full),
        TEST(a_sender_that_finds_the_queue_full_arms_the_request),
        TEST(a_sender_without_a_request_arms_none),
        TEST(only_a_message_that_is_received_makes_sending_possible),
        TEST(a_receive_tells_even_when_a_waiting_sender_takes_the_place),
        TEST(a_blocked_receiver_takes_the_message_and_tells),
        TEST(a_send_possible_request_tells_of_death),
        TEST(a_send_possible_request_that_was_answered_brings_no_reference),
        TEST(a_sender_that_asked_is_never_forgotten),
        TEST(a_destroyed_port_travels_whole),
        TEST(the_send_right_of_a_destroyed_port_stays),
        TEST(destroying_the_name_of_a_destroyed_port_drops_its_send_right),
        TEST(receivers_leave_a_destroyed_port_and_senders_wait_on),
        TEST(a_port_is_saved_again_and_again),
        TEST(a_port_destroyed_request_is_replaced_and_cancelled),
        TEST(a_port_whose_notification_is_never_received_dies_with_it),
        TEST(a_port_that_nobody_can_be_told_of_dies),
        TEST(a_saved_port_with_a_send_right_dies_when_nobody_can_be_told),
        TEST(no_queue_limit_holds_a_notification_up),
        TEST(notifications_vanish_when_their_port_is_dead),
        TEST(notifications_vanish_at_65534_messages),
        TEST(a_notification_goes_to_a_port_in_transit),
        TEST(a_long_chain_of_notifications_ends),
    };
    return RUN(tests);
}

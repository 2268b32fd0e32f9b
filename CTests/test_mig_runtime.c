// What stubs are built on: mach_msg_server and all its exits, reply ports, strings, memory, vouchers that do not exist, and mach_msg2. Rows Q3, S9, S11, V1, V2, V5, V6, T18.
#include "mig_service_support.h"
#include "ool_support.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

enum { MOVE_RECEIVE = 16, MOVE_SEND = 17, MOVE_SEND_ONCE = 18, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21 };

// ---- mach_msg_send, mach_msg_receive

static void send_and_receive_take_their_arguments_from_the_message(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    struct test_message message = message_to(port, COPY_SEND, 5), received;
    set_inline_size(&message, 100);
    assert_code(mach_msg_send(&message.header), MACH_MSG_SUCCESS);
    fill_untouched(&received, sizeof(received));
    received.header.msgh_local_port = port;
    received.header.msgh_size = 108; // message and trailer, and not a byte more
    assert_code(mach_msg_receive(&received.header), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_id, 5);
    assert_int_equal(received.header.msgh_size, 100);
    assert_inline_pattern(&received, 100);
    assert_untouched(&received, 108, sizeof(received));

    assert_code(mach_msg_send(&message.header), MACH_MSG_SUCCESS);
    received.header.msgh_local_port = port;
    received.header.msgh_size = 107;
    assert_code(mach_msg_receive(&received.header), MACH_RCV_TOO_LARGE); // V6
    expect_no_message(port);

    message.header.msgh_size = 20;
    assert_code(mach_msg_send(&message.header), MACH_SEND_MSG_TOO_SMALL);
    message.header.msgh_size = 24;
    message.header.msgh_remote_port = MACH_PORT_NULL;
    assert_code(mach_msg_send(&message.header), MACH_SEND_INVALID_DEST);
    received.header.msgh_local_port = unknown_name();
    received.header.msgh_size = 200;
    assert_code(mach_msg_receive(&received.header), MACH_RCV_INVALID_NAME);
    destroy(port);
}

static int64_t send_message(void *argument) { return mach_msg_send(argument); }
static int64_t receive_into(void *argument) { return mach_msg_receive(argument); }

static void send_and_receive_wait_as_long_as_it_takes(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    set_limit(port, 1);
    queue_messages(port, 1);
    struct test_message message = message_to(port, COPY_SEND, 7), received;
    struct test_thread thread;
    start_thread(&thread, send_message, &message);
    wait_until_blocked(&thread);
    expect_message(port, 0);
    assert_code(join_thread(&thread), MACH_MSG_SUCCESS);
    expect_message(port, 7);

    received.header.msgh_local_port = port;
    received.header.msgh_size = sizeof(received);
    start_thread(&thread, receive_into, &received);
    wait_until_blocked(&thread);
    assert_code(mach_msg_send(&message.header), MACH_MSG_SUCCESS);
    assert_code(join_thread(&thread), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_id, 7);

    received.header.msgh_local_port = port;
    received.header.msgh_size = sizeof(received);
    start_thread(&thread, receive_into, &received);
    wait_until_blocked(&thread);
    kill_port(port);
    assert_code(join_thread(&thread), MACH_RCV_PORT_CHANGED); // V2
    destroy(port);
}

// ---- mach_msg_server: a routine whose behaviour the test chooses

typedef boolean_t demux(mach_msg_header_t *request, mach_msg_header_t *reply);

static void prepare_reply(mach_msg_header_t *request, mach_msg_header_t *reply, kern_return_t code) {
    reply->msgh_bits = MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(request->msgh_bits), 0);
    reply->msgh_remote_port = request->msgh_remote_port;
    reply->msgh_size = sizeof(mig_reply_error_t);
    reply->msgh_local_port = MACH_PORT_NULL;
    reply->msgh_id = request->msgh_id + 100;
    ((mig_reply_error_t *)reply)->NDR = NDR_record;
    ((mig_reply_error_t *)reply)->RetCode = code;
}

// What the last request looked like to demux.
static struct {
    unsigned calls;
    mach_msg_header_t request, reply;
    mach_msg_trailer_t trailer;
    kern_return_t old_code; // in the reply's buffer
    mach_port_t port;       // in the request's first descriptor
} seen;
static kern_return_t answer;
static boolean_t demux_result;
static mach_port_t witness; // a port for rights in replies

static void see(mach_msg_header_t *request, mach_msg_header_t *reply) {
    seen.calls += 1;
    seen.request = *request;
    seen.reply = *reply;
    seen.old_code = ((mig_reply_error_t *)reply)->RetCode;
    memcpy(&seen.trailer, (char *)request + round_msg(request->msgh_size), sizeof(seen.trailer));
    if (request->msgh_bits & MACH_MSGH_BITS_COMPLEX)
        seen.port = ((mach_msg_port_descriptor_t *)((mach_msg_base_t *)request + 1))->name;
}

static boolean_t demux_answers(mach_msg_header_t *request, mach_msg_header_t *reply) {
    see(request, reply);
    prepare_reply(request, reply, answer);
    return demux_result;
}

static boolean_t demux_does_nothing(mach_msg_header_t *request, mach_msg_header_t *reply) {
    see(request, reply);
    return demux_result;
}

// A reply with a port made of the witness, by the disposition in `answer`.
static boolean_t demux_gives_a_port(mach_msg_header_t *request, mach_msg_header_t *reply) {
    see(request, reply);
    prepare_reply(request, reply, 0);
    struct test_message *it = (struct test_message *)reply;
    it->header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
    it->header.msgh_size = 40;
    it->body.msgh_descriptor_count = 1;
    it->ports[0] = (mach_msg_port_descriptor_t){
        .name = witness, .disposition = (unsigned)answer & 0xff, .type = MACH_MSG_PORT_DESCRIPTOR};
    return demux_result;
}

static boolean_t demux_gives_a_port_to_nobody(mach_msg_header_t *request, mach_msg_header_t *reply) {
    (void)demux_gives_a_port(request, reply);
    reply->msgh_remote_port = MACH_PORT_NULL;
    return demux_result;
}

static boolean_t demux_gives_memory(mach_msg_header_t *request, mach_msg_header_t *reply) {
    see(request, reply);
    prepare_reply(request, reply, 0);
    struct carrier *it = (struct carrier *)reply;
    vm_address_t address = 0;
    if (vm_allocate(SELF, &address, 10000, VM_FLAGS_ANYWHERE) != KERN_SUCCESS) return FALSE;
    reply->msgh_bits |= MACH_MSGH_BITS_COMPLEX;
    reply->msgh_size = 44;
    it->body.msgh_descriptor_count = 1;
    mach_msg_ool_descriptor_t memory = {.address = (void *)address,
                                        .size = 10000,
                                        .deallocate = TRUE,
                                        .copy = MACH_MSG_VIRTUAL_COPY,
                                        .type = MACH_MSG_OOL_DESCRIPTOR};
    memcpy(it->bytes, &memory, sizeof(memory));
    return TRUE;
}

static boolean_t demux_sends_a_fragment(mach_msg_header_t *request, mach_msg_header_t *reply) {
    see(request, reply);
    prepare_reply(request, reply, 0);
    reply->msgh_size = 20;
    return TRUE;
}

static boolean_t demux_ends_the_port(mach_msg_header_t *request, mach_msg_header_t *reply) {
    see(request, reply);
    prepare_reply(request, reply, 0);
    (void)mach_port_mod_refs(SELF, request->msgh_local_port, MACH_PORT_RIGHT_RECEIVE, -1);
    return TRUE;
}

#define SERVED_SIZE 512 // what the servers of these tests have room for

static mach_msg_return_t serve_once(demux *routine, mach_port_t port, mach_msg_options_t options) {
    memset(&seen, 0, sizeof(seen));
    return mach_msg_server_once(routine, SERVED_SIZE, port, options);
}

// What is queued, until a receive would wait.
static mach_msg_return_t serve_queue(demux *routine, mach_port_t port, mach_msg_options_t options) {
    memset(&seen, 0, sizeof(seen));
    return mach_msg_server(routine, SERVED_SIZE, port, options | MACH_RCV_TIMEOUT);
}

static struct test_message request_to(mach_port_t port, mach_port_t reply, mach_msg_type_name_t disposition) {
    struct test_message it = message_to(port, COPY_SEND, 1000);
    set_reply(&it, reply, disposition);
    return it;
}

static mig_reply_error_t take_reply(mach_port_t reply) {
    struct test_message it;
    mig_reply_error_t error;
    assert_code(receive_now(reply, &it, 0), MACH_MSG_SUCCESS);
    assert_int_equal(it.header.msgh_size, 36);
    memcpy(&error, &it, sizeof(error));
    return error;
}

// Both servers, which must do the same: once, and with a loop that ends when nothing is queued.
static const struct {
    mach_msg_return_t (*serve)(demux *routine, mach_port_t port, mach_msg_options_t options);
    mach_msg_return_t done; // what it returns when all went well
} loops[] = {{serve_once, MACH_MSG_SUCCESS}, {serve_queue, MACH_RCV_TIMED_OUT}};

static void the_reply_alone_decides_and_not_what_demux_returns(void **state) {
    (void)state;
    static const kern_return_t answers[] = {KERN_SUCCESS, KERN_FAILURE, MIG_BAD_ID, MIG_BAD_ARGUMENTS, -1};
    mach_port_t port = port_with_send(), reply = make_port();
    for (unsigned i = 0; i < COUNT_OF(loops); i++) {
        for (unsigned j = 0; j < COUNT_OF(answers); j++) {
            for (demux_result = FALSE; demux_result <= TRUE; demux_result++) {
                answer = answers[j];
                struct test_message request = request_to(port, reply, MAKE_SEND_ONCE);
                assert_code(send_now(&request), MACH_MSG_SUCCESS);
                assert_code(loops[i].serve(demux_answers, port, 0), loops[i].done);
                assert_int_equal(seen.calls, 1);
                assert_int_equal(seen.request.msgh_bits, MACH_MSGH_BITS(MOVE_SEND_ONCE, MOVE_SEND));
                assert_int_equal(seen.request.msgh_local_port, port);
                assert_int_equal(seen.request.msgh_size, 24);
                assert_int_equal(seen.trailer.msgh_trailer_size, 8);
                mig_reply_error_t it = take_reply(reply);
                assert_int_equal(it.RetCode, answers[j]);
                assert_int_equal(it.Head.msgh_id, 1100);
                assert_int_equal(it.Head.msgh_bits, MACH_MSGH_BITS(0, MOVE_SEND_ONCE));
            }
        }
    }
    destroy(port);
    destroy(reply);
}

static void a_demux_that_writes_nothing_sends_nothing(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), reply = make_port();
    demux_result = FALSE;
    for (unsigned i = 0; i < COUNT_OF(loops); i++) {
        for (int j = 0; j < 3; j++) {
            struct test_message request = request_to(port, reply, MAKE_SEND_ONCE);
            assert_code(send_now(&request), MACH_MSG_SUCCESS);
        }
        assert_code(loops[i].serve(demux_does_nothing, port, 0), loops[i].done);
        for (unsigned j = 0; j < 3 - (i == 0 ? 1 : 3); j++) // once was one of three
            assert_code(loops[i].serve(demux_does_nothing, port, 0), loops[i].done);
        // The buffer of the reply is always blank.
        assert_int_equal(seen.reply.msgh_bits, 0);
        assert_int_equal(seen.reply.msgh_remote_port, MACH_PORT_NULL);
        assert_int_equal(seen.old_code, 0);
        expect_no_message(reply);
    }
    // The reply rights are the program's to use.
    assert_int_equal(status(reply).mps_sorights, 6);
    assert_success(mach_port_deallocate(SELF, seen.request.msgh_remote_port));
    expect_send_once_notification(reply);
    struct name_list names = names_in(SELF);
    for (unsigned i = 0; i < names.count; i++)
        if (names.names[i].type == MACH_PORT_TYPE_SEND_ONCE)
            assert_success(mach_port_deallocate(SELF, names.names[i].name));
    drain(reply);
    destroy(port);
    destroy(reply);
}

// Answers the first request alone.
static boolean_t demux_answers_once(mach_msg_header_t *request, mach_msg_header_t *reply) {
    return (seen.calls == 0 ? demux_answers : demux_does_nothing)(request, reply);
}

static void an_earlier_reply_is_not_left_in_the_buffer(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), reply = make_port(), given = make_port();
    for (int i = 0; i < 3; i++) {
        struct test_message request = request_to(port, i == 0 ? reply : MACH_PORT_NULL, i == 0 ? MAKE_SEND_ONCE : 0);
        add_port(&request, given, MAKE_SEND);
        assert_code(send_now(&request), MACH_MSG_SUCCESS);
    }
    answer = KERN_FAILURE;
    assert_code(serve_queue(demux_answers_once, port, 0), MACH_RCV_TIMED_OUT);
    assert_int_equal(seen.calls, 3);
    assert_int_equal(seen.reply.msgh_bits, 0);
    assert_int_equal(seen.reply.msgh_remote_port, MACH_PORT_NULL);
    assert_int_equal(seen.old_code, 0);
    assert_int_equal(take_reply(reply).RetCode, KERN_FAILURE);
    expect_no_message(reply);
    assert_int_equal(refs(given, MACH_PORT_RIGHT_SEND), 2); // of the requests that no error destroyed
    assert_success(mach_port_mod_refs(SELF, given, MACH_PORT_RIGHT_SEND, -2));
    destroy(port);
    destroy(reply);
    destroy(given);
}

static void no_reply_leaves_everything_to_the_routine(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), reply = make_port(), given = make_port();
    for (unsigned i = 0; i < COUNT_OF(loops); i++) {
        struct test_message request = request_to(port, reply, MAKE_SEND_ONCE);
        add_port(&request, given, MAKE_SEND);
        answer = MIG_NO_REPLY;
        assert_code(send_now(&request), MACH_MSG_SUCCESS);
        assert_code(loops[i].serve(demux_answers, port, 0), loops[i].done);
        expect_no_message(reply);
        assert_int_equal(seen.port, given);
        assert_int_equal(refs(given, MACH_PORT_RIGHT_SEND), 1);
        assert_int_equal(type(seen.request.msgh_remote_port), MACH_PORT_TYPE_SEND_ONCE);
        assert_success(mach_port_deallocate(SELF, given));
        assert_code(send_simple(seen.request.msgh_remote_port, MOVE_SEND_ONCE, 3), MACH_MSG_SUCCESS);
        expect_message(reply, 3);
    }
    destroy(port);
    destroy(reply);
    destroy(given);
}

static void an_error_destroys_what_the_request_brought(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), reply = make_port(), given = make_port();
    char *memory = map_private(20000);
    for (unsigned i = 0; i < COUNT_OF(loops); i++) {
        for (int with_reply = 0; with_reply < 2; with_reply++) {
            mach_port_t moved = make_port(), names[] = {given, MACH_PORT_NULL, given};
            struct carrier request;
            begin_carrier(&request, port, 1000);
            if (with_reply) set_carrier_reply(&request, reply, MAKE_SEND_ONCE);
            add_right(&request, given, MAKE_SEND_ONCE);
            add_right(&request, moved, MOVE_RECEIVE);
            add_memory(&request, memory, 20000);
            add_array(&request, names, 3, MAKE_SEND);
            answer = KERN_NO_ACCESS;
            assert_code(send_carrier(&request), MACH_MSG_SUCCESS);
            uint64_t regions = live_regions();
            assert_code(loops[i].serve(demux_answers, port, 0), loops[i].done);
            assert_int_equal(live_regions() <= regions, 1);
            if (with_reply) assert_int_equal(take_reply(reply).RetCode, KERN_NO_ACCESS);
            expect_no_message(reply);
            expect_send_once_notification(given); // T18
            assert_int_equal(type(moved), MACH_PORT_TYPE_NONE);
            assert_int_equal(refs(given, MACH_PORT_RIGHT_SEND), 0);
        }
    }
    munmap(memory, 20000);
    destroy(port);
    destroy(reply);
    destroy(given);
}

static void success_leaves_what_the_request_brought(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), reply = make_port(), given = make_port();
    for (unsigned i = 0; i < COUNT_OF(loops); i++) {
        struct test_message request = request_to(port, reply, MAKE_SEND_ONCE);
        add_port(&request, given, MAKE_SEND);
        answer = KERN_SUCCESS;
        assert_code(send_now(&request), MACH_MSG_SUCCESS);
        assert_code(loops[i].serve(demux_answers, port, 0), loops[i].done);
        assert_int_equal(take_reply(reply).RetCode, KERN_SUCCESS);
        assert_int_equal(refs(given, MACH_PORT_RIGHT_SEND), 1);
        assert_success(mach_port_deallocate(SELF, given));
        // A complex reply is a success, whatever stands where a code would.
        witness = given;
        answer = MAKE_SEND;
        request = request_to(port, reply, MAKE_SEND_ONCE);
        add_port(&request, given, MAKE_SEND);
        assert_code(send_now(&request), MACH_MSG_SUCCESS);
        assert_code(loops[i].serve(demux_gives_a_port, port, 0), loops[i].done);
        struct test_message it;
        assert_code(receive_now(reply, &it, 0), MACH_MSG_SUCCESS);
        assert_int_equal(it.header.msgh_bits, MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS(0, MOVE_SEND_ONCE));
        assert_int_equal(it.ports[0].name, given);
        assert_int_equal(refs(given, MACH_PORT_RIGHT_SEND), 2);
        assert_success(mach_port_mod_refs(SELF, given, MACH_PORT_RIGHT_SEND, -2));
    }
    destroy(port);
    destroy(reply);
    destroy(given);
}

static void a_reply_to_nobody_is_destroyed(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), reply = make_port();
    witness = make_port();
    answer = MAKE_SEND_ONCE;
    for (unsigned i = 0; i < COUNT_OF(loops); i++) {
        struct test_message request = message_to(port, COPY_SEND, 1000);
        assert_code(send_now(&request), MACH_MSG_SUCCESS);
        assert_code(loops[i].serve(demux_gives_a_port, port, 0), loops[i].done); // there is no reply port
        expect_send_once_notification(witness);
        request = request_to(port, reply, MAKE_SEND_ONCE);
        assert_code(send_now(&request), MACH_MSG_SUCCESS);
        assert_code(loops[i].serve(demux_gives_a_port_to_nobody, port, 0), loops[i].done);
        expect_send_once_notification(witness);
        assert_success(mach_port_deallocate(SELF, seen.request.msgh_remote_port));
        expect_send_once_notification(reply);
    }
    destroy(port);
    destroy(reply);
    destroy(witness);
}

static void a_reply_whose_port_is_dead_is_destroyed_and_forgotten(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    for (unsigned i = 0; i < COUNT_OF(loops); i++) {
        for (int sends = 0; sends < 2; sends++) {
            demux *const routines[] = {demux_answers, demux_gives_a_port, demux_gives_memory};
            for (unsigned j = 0; j < COUNT_OF(routines); j++) {
                mach_port_t reply = make_port();
                witness = make_port();
                struct test_message request = request_to(port, reply, sends ? MAKE_SEND : MAKE_SEND_ONCE);
                assert_code(send_now(&request), MACH_MSG_SUCCESS);
                kill_port(reply);
                struct picture picture = take_picture();
                uint64_t regions = live_regions();
                answer = j == 0 ? KERN_SUCCESS : MAKE_SEND_ONCE;
                assert_code(loops[i].serve(routines[j], port, 0), loops[i].done);
                assert_int_equal(seen.calls, 1);
                assert_int_equal(seen.request.msgh_remote_port, MACH_PORT_DEAD); // V8
                assert_int_equal(live_regions(), regions);
                if (j == 1) expect_send_once_notification(witness); // made and destroyed
                free(picture.names);
                expect_no_message(witness);
                destroy(witness);
            }
        }
    }
    destroy(port);
}

// The port of the reply dies while the routine runs, so that its name is a dead one.
static boolean_t demux_loses_the_client(mach_msg_header_t *request, mach_msg_header_t *reply) {
    (void)demux_gives_a_port(request, reply);
    (void)mach_port_mod_refs(SELF, (mach_port_t)request->msgh_id, MACH_PORT_RIGHT_RECEIVE, -1);
    return TRUE;
}
static boolean_t demux_loses_the_client_plainly(mach_msg_header_t *request, mach_msg_header_t *reply) {
    (void)demux_answers(request, reply);
    (void)mach_port_mod_refs(SELF, (mach_port_t)request->msgh_id, MACH_PORT_RIGHT_RECEIVE, -1);
    return TRUE;
}

static void a_client_that_dies_during_its_call_leaves_no_dead_name(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    witness = make_port();
    for (unsigned i = 0; i < COUNT_OF(loops); i++) {
        for (int sends = 0; sends < 2; sends++) {
            for (int plain = 0; plain < 2; plain++) {
                mach_port_t reply = make_port();
                struct test_message request = request_to(port, reply, sends ? MAKE_SEND : MAKE_SEND_ONCE);
                request.header.msgh_id = (mach_msg_id_t)reply;
                assert_code(send_now(&request), MACH_MSG_SUCCESS);
                answer = plain ? KERN_SUCCESS : MAKE_SEND_ONCE;
                assert_code(loops[i].serve(plain ? demux_loses_the_client_plainly : demux_loses_the_client, port, 0),
                            loops[i].done);
                if (!plain) expect_send_once_notification(witness);
                assert_int_equal(type(seen.request.msgh_remote_port), MACH_PORT_TYPE_NONE);
                assert_int_equal(type(reply), MACH_PORT_TYPE_NONE);
            }
        }
    }
    destroy(witness);
    destroy(port);
}

static void a_full_reply_port_does_not_hold_the_server_up(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), reply = make_port();
    witness = make_port();
    set_limit(reply, 1);
    queue_messages(reply, 1);
    for (unsigned i = 0; i < COUNT_OF(loops); i++) {
        demux *const routines[] = {demux_answers, demux_gives_a_port, demux_gives_memory};
        for (unsigned j = 0; j < COUNT_OF(routines); j++) {
            uint64_t regions = live_regions();
            struct test_message request = request_to(port, reply, MAKE_SEND);
            assert_code(send_now(&request), MACH_MSG_SUCCESS);
            answer = j == 0 ? KERN_SUCCESS : MAKE_SEND_ONCE;
            assert_code(loops[i].serve(routines[j], port, 0), loops[i].done); // Q3
            assert_int_equal(status(reply).mps_msgcount, 1);
            assert_int_equal(refs(reply, MACH_PORT_RIGHT_SEND), 0); // S9: came back, and was destroyed
            if (j == 1) expect_send_once_notification(witness);
            expect_no_message(witness);
            assert_int_equal(live_regions(), regions);
            // A send-once right needs no room.
            request = request_to(port, reply, MAKE_SEND_ONCE);
            assert_code(send_now(&request), MACH_MSG_SUCCESS);
            answer = 5;
            assert_code(loops[i].serve(demux_answers, port, 0), loops[i].done);
            assert_int_equal(status(reply).mps_msgcount, 2);
            expect_message(reply, 0);
            assert_int_equal(take_reply(reply).RetCode, 5);
            queue_messages(reply, 1);
        }
    }
    destroy(witness);
    destroy(port);
    destroy(reply);
}

static void a_reply_that_cannot_be_sent_ends_the_server(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), reply = make_port();
    witness = MACH_PORT_NULL;
    for (unsigned i = 0; i < COUNT_OF(loops); i++) {
        struct test_message request = request_to(port, reply, MAKE_SEND_ONCE);
        assert_code(send_now(&request), MACH_MSG_SUCCESS);
        assert_code(loops[i].serve(demux_sends_a_fragment, port, 0), MACH_SEND_MSG_TOO_SMALL); // S11: takes nothing
        assert_int_equal(type(seen.request.msgh_remote_port), MACH_PORT_TYPE_SEND_ONCE);
        assert_success(mach_port_deallocate(SELF, seen.request.msgh_remote_port));
        expect_send_once_notification(reply);
        witness = make_port();
        answer = COPY_SEND; // which it has not
        assert_code(send_now(&request), MACH_MSG_SUCCESS);
        assert_code(loops[i].serve(demux_gives_a_port, port, 0), MACH_SEND_INVALID_RIGHT);
        expect_send_once_notification(reply); // S12
        destroy(witness);
    }
    destroy(port);
    destroy(reply);
}

static void errors_of_receiving_are_returned(void **state) {
    (void)state;
    mach_port_t dead = make_dead_name(1), carrier, send = make_send_only(1, &carrier);
    const mach_port_t none[] = {MACH_PORT_NULL, MACH_PORT_DEAD, dead, send, unknown_name()};
    mach_port_t port = port_with_send();
    for (unsigned i = 0; i < COUNT_OF(loops); i++) {
        for (unsigned j = 0; j < COUNT_OF(none); j++)
            assert_code(loops[i].serve(demux_answers, none[j], 0), MACH_RCV_INVALID_NAME); // V1
        assert_code(loops[i].serve(demux_answers, port, MACH_RCV_TIMEOUT), MACH_RCV_TIMED_OUT);
        // One byte more than the buffer: the message is lost, and its sender told.
        struct test_message request = request_to(port, port, MAKE_SEND_ONCE);
        set_inline_size(&request, SERVED_SIZE + 4);
        assert_code(send_now(&request), MACH_MSG_SUCCESS);
        assert_code(loops[i].serve(demux_answers, port, 0), MACH_RCV_TOO_LARGE); // V6
        assert_int_equal(seen.calls, 0);
        expect_send_once_notification(port);
        // As large as the buffer: the trailer has room of its own, whichever is asked for.
        for (int elements = 0; elements < 9; elements++) {
            request = message_to(port, COPY_SEND, 1000);
            set_inline_size(&request, SERVED_SIZE);
            assert_code(send_now(&request), MACH_MSG_SUCCESS);
            assert_code(loops[i].serve(demux_answers, port, (int)MACH_RCV_TRAILER_ELEMENTS(elements)), loops[i].done);
            assert_int_equal(seen.trailer.msgh_trailer_size,
                             REQUESTED_TRAILER_SIZE(MACH_RCV_TRAILER_ELEMENTS(elements)));
        }
    }
    destroy(port);
    destroy(dead);
    destroy(carrier);
    destroy(send);
}

static void options_to_send_and_receive_are_not_the_callers_to_give(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), reply = make_port();
    static const mach_msg_options_t options[] = {MACH_SEND_MSG,    MACH_RCV_MSG,      MACH_SEND_MSG | MACH_RCV_MSG,
                                                 MACH_RCV_VOUCHER, MACH_SEND_TRAILER, MACH_SEND_TIMEOUT};
    for (unsigned i = 0; i < COUNT_OF(loops); i++) {
        for (unsigned j = 0; j < COUNT_OF(options); j++) {
            struct test_message request = request_to(port, reply, MAKE_SEND_ONCE);
            assert_code(send_now(&request), MACH_MSG_SUCCESS);
            answer = 9;
            assert_code(loops[i].serve(demux_answers, port, options[j]), loops[i].done);
            assert_int_equal(take_reply(reply).RetCode, 9);
        }
    }
    destroy(port);
    destroy(reply);
}

static void a_server_serves_a_port_set(void **state) {
    (void)state;
    mach_port_t set = make_set(), ports[3], reply = make_port();
    for (unsigned i = 0; i < COUNT_OF(ports); i++) {
        ports[i] = port_with_send();
        put_in_set(ports[i], set);
        struct test_message request = request_to(ports[i], reply, MAKE_SEND_ONCE);
        assert_code(send_now(&request), MACH_MSG_SUCCESS);
    }
    answer = 0;
    assert_code(serve_queue(demux_answers, set, 0), MACH_RCV_TIMED_OUT);
    assert_int_equal(seen.calls, 3);
    for (unsigned i = 0; i < COUNT_OF(ports); i++) {
        (void)take_reply(reply);
        destroy(ports[i]);
    }
    destroy(reply);
    destroy(set);
}

static void with_rcv_large_the_buffer_grows(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), reply = make_port();
    static const mach_msg_size_t sizes[] = {SERVED_SIZE + 4, 4088, 4092, 4096, 8192, 12000, 24, 12000, 9000};
    static struct carrier it;
    for (unsigned i = 0; i < COUNT_OF(loops); i++) {
        for (unsigned j = 0; j < COUNT_OF(sizes); j++) {
            memset(&it, 0, sizeof(it.header));
            it.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, MAKE_SEND_ONCE);
            it.header.msgh_remote_port = port;
            it.header.msgh_local_port = reply;
            assert_code(mach_msg(&it.header, MACH_SEND_MSG, sizes[j], 0, MACH_PORT_NULL, 0, MACH_PORT_NULL), 0);
            if (i == 1 && j % 3 != 2) continue; // the loop takes three at a time
            answer = 1;
            assert_code(loops[i].serve(demux_answers, port, MACH_RCV_LARGE), loops[i].done);
            assert_int_equal(seen.calls, i == 1 ? 3 : 1);
            assert_int_equal(seen.request.msgh_size, sizes[j]);
            assert_int_equal(seen.trailer.msgh_trailer_size, 8);
            for (unsigned k = 0; k < (i == 1 ? 3 : 1); k++) assert_int_equal(take_reply(reply).RetCode, 1);
        }
    }
    destroy(port);
    destroy(reply);
}

static void a_server_without_memory_says_so(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    queue_messages(port, 1);
    for (unsigned i = 0; i < 2; i++) { // more than fits any address space that is left
        struct rlimit old, none;
        assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
        none = old;
        none.rlim_cur = 0;
        if (UNDER_ASAN || UNDER_TSAN) break;
        assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
        mach_msg_return_t code = (i == 0 ? mach_msg_server : mach_msg_server_once)(demux_answers, 0x40000000, port, 0);
        assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
        assert_true(code == KERN_NO_SPACE || code == KERN_RESOURCE_SHORTAGE);
        assert_int_equal(status(port).mps_msgcount, 1);
    }
    destroy(port);
}

static void a_loop_goes_on_until_its_port_is_gone(void **state) {
    (void)state;
    for (int importance = 0; importance < 2; importance++) {
        struct service service;
        make_service(&service, MACH_PORT_NULL);
        service.demux = demux_answers;
        service.max_size = SERVED_SIZE;
        service.serve = importance ? mach_msg_server_importance : mach_msg_server;
        memset(&seen, 0, sizeof(seen));
        answer = 0;
        start_service(&service);
        mach_port_t reply = make_port();
        for (int i = 0; i < 100; i++) {
            struct test_message it = request_to(service.port, reply, MAKE_SEND_ONCE);
            assert_code(mach_msg(&it.header, MACH_SEND_MSG | MACH_RCV_MSG, 24, sizeof(it), reply, 0, MACH_PORT_NULL),
                        0);
            assert_int_equal(it.header.msgh_size, 36);
        }
        assert_code(stop_service(&service), MACH_RCV_PORT_CHANGED); // V2
        assert_int_equal(seen.calls, 100);
        destroy(reply);
    }
}

static void the_last_reply_goes_out_though_the_port_is_gone(void **state) {
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(loops); i++) {
        mach_port_t port = port_with_send(), reply = make_port();
        struct test_message request = request_to(port, reply, MAKE_SEND_ONCE);
        assert_code(send_now(&request), MACH_MSG_SUCCESS);
        assert_code(loops[i].serve(demux_ends_the_port, port, 0), i == 0 ? MACH_MSG_SUCCESS : MACH_RCV_INVALID_NAME);
        (void)take_reply(reply);
        destroy(reply);
        destroy(port);
    }
}

static void a_port_that_moves_away_ends_its_server(void **state) {
    (void)state;
    struct service service;
    make_service(&service, MACH_PORT_NULL);
    service.demux = demux_answers;
    service.max_size = SERVED_SIZE;
    mach_port_t carrier = make_port();
    start_service(&service);
    rest_service(&service);
    put_in_transit(service.port, carrier);
    assert_code(join_service(&service), MACH_RCV_PORT_CHANGED); // V2
    destroy(carrier);
    destroy(service.port);
}

static void ignore_signal(int number) { (void)number; }

static void a_signal_ends_a_server_only_when_it_asked_for_that(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = ignore_signal}, old;
    sigaction(SIGUSR1, &action, &old);
    struct service service;
    make_service(&service, MACH_PORT_NULL);
    service.demux = demux_answers;
    service.max_size = SERVED_SIZE;
    start_service(&service);
    rest_service(&service);
    unsigned long switches = switches_of(&service.actor.thread);
    pthread_kill(service.actor.thread.thread, SIGUSR1);
    while (switches_of(&service.actor.thread) == switches) sched_yield();
    assert_code(stop_service(&service), MACH_RCV_PORT_CHANGED);
    make_service(&service, MACH_PORT_NULL);
    service.demux = demux_answers;
    service.max_size = SERVED_SIZE;
    service.options = MACH_RCV_INTERRUPT;
    start_service(&service);
    rest_service(&service);
    pthread_kill(service.actor.thread.thread, SIGUSR1);
    assert_code(join_service(&service), MACH_RCV_INTERRUPTED);
    destroy(service.port);
    sigaction(SIGUSR1, &old, NULL);
}

// ---- Reply ports

// The two kinds, with the same rules.
static const struct {
    mach_port_t (*get)(void);
    void (*deallocate)(mach_port_t port);
} kinds[] = {{mig_get_reply_port, mig_dealloc_reply_port},
             {mig_get_special_reply_port, mig_dealloc_special_reply_port}};

static void a_thread_keeps_its_reply_port(void **state) {
    (void)state;
    assert_int_not_equal(kinds[0].get(), kinds[1].get());
    for (unsigned i = 0; i < COUNT_OF(kinds); i++) {
        mach_port_t port = kinds[i].get();
        assert_true(type(port) & MACH_PORT_TYPE_RECEIVE);
        assert_int_equal(status(port).mps_qlimit, MACH_PORT_QLIMIT_DEFAULT);
        for (int j = 0; j < 10; j++) assert_int_equal(kinds[i].get(), port);
        struct picture picture = take_picture();
        mig_put_reply_port(port);
        mig_put_reply_port(MACH_PORT_NULL);
        mig_put_reply_port(MACH_PORT_DEAD);
        mig_put_reply_port(0x12345678);
        assert_unchanged(picture);
        assert_int_equal(kinds[i].get(), port);
    }
    assert_int_equal(type(mig_get_reply_port()), MACH_PORT_TYPE_RECEIVE);
}

struct two_names {
    mach_port_t names[2], again[2];
};

static int64_t get_both(void *argument) {
    struct two_names *it = argument;
    for (int i = 0; i < 2; i++) it->names[i] = kinds[i].get();
    for (int i = 0; i < 2; i++) it->again[i] = kinds[i].get();
    for (int i = 0; i < 2; i++) {
        mach_port_type_t type = 0;
        if (mach_port_type(SELF, it->names[i], &type) != KERN_SUCCESS || !(type & MACH_PORT_TYPE_RECEIVE)) return 1;
    }
    return 0;
}

static void each_thread_has_its_own_which_ends_with_it(void **state) {
    (void)state;
    uint64_t ports = live_ports(); // of a process in which threads have been and gone
    for (int i = 0; i < 20; i++) {
        struct test_thread thread;
        struct two_names it;
        start_thread(&thread, get_both, &it);
        assert_int_equal(join_thread(&thread), 0);
        for (int j = 0; j < 2; j++) {
            assert_int_equal(it.names[j], it.again[j]);
            assert_int_not_equal(it.names[j], kinds[j].get());
            assert_int_equal(type(it.names[j]), MACH_PORT_TYPE_NONE);
        }
        assert_int_equal(live_ports(), ports);
    }
}

static int64_t get_in_two_tasks(void *argument) {
    task_t task = *(task_t *)argument;
    struct two_names here, there, here_again, there_again;
    if (get_both(&here) != 0) return 1;
    if (mach_linux_task_adopt(task) != KERN_SUCCESS) return 2;
    if (get_both(&there) != 0) return 3;
    if (mach_linux_task_adopt(MACH_PORT_NULL) != KERN_SUCCESS) return 4;
    if (get_both(&here_again) != 0 || memcmp(&here, &here_again, sizeof(here)) != 0) return 5;
    if (mach_linux_task_adopt(task) != KERN_SUCCESS) return 6;
    if (get_both(&there_again) != 0 || memcmp(&there, &there_again, sizeof(there)) != 0) return 7;
    return 0;
}

static void each_task_that_a_thread_acts_as_has_its_own(void **state) {
    (void)state;
    task_t task = make_task();
    assert_empty(task);
    for (int i = 0; i < 5; i++) {
        struct test_thread thread;
        start_thread(&thread, get_in_two_tasks, &task);
        assert_int_equal(join_thread(&thread), 0);
        assert_empty(task); // gone with the thread, though it ended as another task
    }
    // They go with the task as well.
    mach_port_t here = mig_get_reply_port();
    enter(task);
    mach_port_t there = mig_get_reply_port(), special = mig_get_special_reply_port();
    leave();
    assert_int_equal(mig_get_reply_port(), here);
    assert_int_equal(type_in(task, there), MACH_PORT_TYPE_RECEIVE);
    assert_true(type_in(task, special) & MACH_PORT_TYPE_RECEIVE);
    end_task(task);
    assert_int_equal(mig_get_reply_port(), here);
    task = make_task();
    enter(task); // another, though perhaps in the place of the first
    there = mig_get_reply_port();
    leave();
    assert_int_equal(type_in(task, there), MACH_PORT_TYPE_RECEIVE);
    end_task(task);
}

static void giving_up_a_reply_port_ends_it(void **state) {
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(kinds); i++) {
        mach_port_t port = kinds[i].get(), other = kinds[1 - i].get();
        uint64_t ports = live_ports();
        kinds[i].deallocate(port);
        assert_int_equal(type(port), MACH_PORT_TYPE_NONE);
        assert_int_equal(live_ports(), ports - 1);
        mach_port_t next = kinds[i].get();
        assert_int_not_equal(next, port);
        assert_int_equal(kinds[i].get(), next);
        assert_int_equal(live_ports(), ports);
        assert_int_equal(kinds[1 - i].get(), other);
        // A late reply goes with it.
        mach_port_t once = make_send_once(next);
        kinds[i].deallocate(next);
        assert_code(send_simple(once, MOVE_SEND_ONCE, 1), MACH_SEND_INVALID_DEST);
        destroy(once);
    }
}

static void another_name_is_given_up_as_well(void **state) {
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(kinds); i++) {
        mach_port_t port = port_with_sends(3), bare = make_port(), set = make_set(), dead = make_dead_name(2);
        mach_port_t once = make_send_once(bare);
        const struct {
            mach_port_t name;
            mach_port_right_t right;
            mach_port_urefs_t left;
        } names[] = {
            {port, MACH_PORT_RIGHT_SEND, 2},
            {bare, MACH_PORT_RIGHT_RECEIVE, 1},
            {set, MACH_PORT_RIGHT_PORT_SET, 1},
            {dead, MACH_PORT_RIGHT_DEAD_NAME, 1},
            {MACH_PORT_NULL, 1, 1},
            {MACH_PORT_DEAD, 1, 1},
        };
        for (unsigned j = 0; j < COUNT_OF(names); j++) {
            mach_port_t own = kinds[i].get();
            kinds[i].deallocate(names[j].name);
            assert_int_equal(type(own), MACH_PORT_TYPE_NONE);
            if (MACH_PORT_VALID(names[j].name)) assert_int_equal(refs(names[j].name, names[j].right), names[j].left);
        }
        (void)kinds[i].get();
        kinds[i].deallocate(once);
        expect_send_once_notification(bare); // T18
        // Without a reply port there is nothing to give up, whatever the name.
        struct picture picture = take_picture();
        kinds[i].deallocate(port);
        kinds[i].deallocate(dead);
        kinds[i].deallocate(MACH_PORT_NULL);
        kinds[i].deallocate(0x12345678);
        assert_unchanged(picture);
        assert_true(MACH_PORT_VALID(kinds[i].get()));
        destroy(port);
        destroy(bare);
        destroy(set);
        destroy(dead);
    }
}

static void a_reply_port_that_was_destroyed_by_hand_can_be_given_up(void **state) {
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(kinds); i++) {
        mach_port_t port = kinds[i].get();
        destroy(port);
        kinds[i].deallocate(port);
        mach_port_t next = kinds[i].get();
        assert_true(type(next) & MACH_PORT_TYPE_RECEIVE);
    }
}

static int get_after_fork(void *argument) {
    const mach_port_t *parents = argument;
    (void)parents;
    mach_linux_statistics_data_t before, after;
    mach_linux_statistics(&before);
    struct two_names it;
    STEP(1, get_both(&it) == 0);
    mach_linux_statistics(&after);
    STEP(2, after.ports == before.ports + 2 && after.rights == before.rights + 2);
    STEP(3, it.names[0] == it.again[0] && it.names[1] == it.again[1] && it.names[0] != it.names[1]);
    for (int i = 0; i < 2; i++) kinds[i].deallocate(it.names[i]);
    mach_linux_statistics(&after);
    STEP(4, after.ports == before.ports && after.rights == before.rights);
    STEP(5, get_both(&it) == 0);
    return 0;
}

static void a_forked_child_makes_its_own(void **state) {
    (void)state;
    mach_port_t ports[] = {mig_get_reply_port(), mig_get_special_reply_port()};
    assert_int_equal(in_forked_child(get_after_fork, ports), 0);
    assert_int_equal(mig_get_reply_port(), ports[0]);
    assert_int_equal(mig_get_special_reply_port(), ports[1]);
}

// ---- Strings

static void strings_are_copied_and_always_end(void **state) {
    (void)state;
    static const struct {
        const char *source;
        int length, result;
        const char *copied;
    } cases[] = {
        {"", 8, 1, ""},
        {"", 1, 1, ""},
        {"", 2, 1, ""},
        {"a", 1, 1, ""},
        {"a", 2, 2, "a"},
        {"ab", 2, 2, "a"},
        {"ab", 3, 3, "ab"},
        {"ab", 8, 3, "ab"},
        {"abcdefg", 8, 8, "abcdefg"},
        {"abcdefgh", 8, 8, "abcdefg"},
        {"abcdefghijkl", 8, 8, "abcdefg"},
    };
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        for (int zero = 0; zero < 2; zero++) {
            char room[16];
            fill_untouched(room, sizeof(room));
            int result = (zero ? mig_strncpy_zerofill : mig_strncpy)(room, cases[i].source, cases[i].length);
            assert_int_equal(result, cases[i].result);
            assert_string_equal(room, cases[i].copied);
            size_t end = strlen(cases[i].copied) + 1;
            if (zero)
                for (; end < (size_t)cases[i].length; end++) assert_int_equal(room[end], 0);
            assert_untouched(room, end, sizeof(room));
        }
    }
}

static void no_room_is_no_string(void **state) {
    (void)state;
    static const int lengths[] = {0, -1, INT32_MIN};
    for (unsigned i = 0; i < COUNT_OF(lengths); i++) {
        char room[4];
        fill_untouched(room, sizeof(room));
        assert_int_equal(mig_strncpy(room, "abc", lengths[i]), 0);
        assert_int_equal(mig_strncpy_zerofill(room, "abc", lengths[i]), 0);
        assert_int_equal(mig_strncpy_zerofill(room, NULL, lengths[i]), 0);
        assert_untouched(room, 0, sizeof(room));
    }
    assert_int_equal(mig_strncpy_zerofill(NULL, "abc", 4), 0);
    for (int length = 1; length < 8; length++) {
        char room[8];
        fill_untouched(room, sizeof(room));
        assert_int_equal(mig_strncpy_zerofill(room, NULL, length), 0);
        for (int i = 0; i < length; i++) assert_int_equal(room[i], 0);
        assert_untouched(room, (size_t)length, sizeof(room));
    }
}

// ---- Memory, replies, vouchers, numbers

static void memory_is_allocated_and_given_back(void **state) {
    (void)state;
    static const vm_size_t sizes[] = {1, 4096, 4097, 1 << 20};
    uint64_t regions = live_regions();
    for (unsigned i = 0; i < COUNT_OF(sizes); i++) {
        vm_address_t address = 1;
        mig_allocate(&address, sizes[i]);
        assert_true(address != 0 && address % PAGE == 0);
        assert_all((void *)address, sizes[i], 0);
        memset((void *)address, 1, sizes[i]);
        mig_deallocate(address, sizes[i]);
    }
    assert_int_equal(live_regions(), regions);
    vm_address_t address = 1;
    mig_allocate(&address, (vm_size_t)1 << 62); // more than there is
    assert_int_equal(address, 0);
    address = 1;
    mig_allocate(&address, 0);
    assert_int_equal(address, 0);
    mig_deallocate(0, 0);
}

static void a_reply_is_set_up_from_its_request(void **state) {
    (void)state;
    struct {
        mach_msg_header_t header;
        char more[8];
    } request = {.header = {.msgh_bits = 0x80000000u | MACH_MSGH_BITS(COPY_SEND, MAKE_SEND_ONCE),
                            .msgh_size = 32,
                            .msgh_remote_port = 0x503,
                            .msgh_local_port = 0x603,
                            .msgh_voucher_port = 0x703,
                            .msgh_id = 4000}},
      kept = request;
    struct {
        mig_reply_error_t error;
        char more[8];
    } reply;
    fill_untouched(&reply, sizeof(reply));
    mig_reply_setup(&request.header, &reply.error.Head);
    assert_memory_equal(&request, &kept, sizeof(request));
    assert_int_equal(reply.error.Head.msgh_bits, MACH_MSGH_BITS(MAKE_SEND_ONCE, 0));
    assert_int_equal(reply.error.Head.msgh_size, 36);
    assert_int_equal(reply.error.Head.msgh_remote_port, 0x603);
    assert_int_equal(reply.error.Head.msgh_local_port, MACH_PORT_NULL);
    assert_int_equal(reply.error.Head.msgh_id, 4100);
    assert_memory_equal(&reply.error.NDR, &NDR_record, 8);
    assert_untouched(&reply, offsetof(mig_reply_error_t, RetCode), sizeof(reply));
}

static void there_are_no_vouchers(void **state) {
    (void)state;
    struct test_message message = message_to(0x503, COPY_SEND, 1), kept = message;
    message.header.msgh_voucher_port = kept.header.msgh_voucher_port = 0x1234;
    assert_int_equal(voucher_mach_msg_set(&message.header), FALSE);
    voucher_mach_msg_clear(&message.header);
    assert_true(voucher_mach_msg_adopt(&message.header) == VOUCHER_MACH_MSG_STATE_UNCHANGED);
    assert_true((uintptr_t)VOUCHER_MACH_MSG_STATE_UNCHANGED == UINTPTR_MAX);
    voucher_mach_msg_revert(VOUCHER_MACH_MSG_STATE_UNCHANGED);
    voucher_mach_msg_revert(NULL);
    assert_memory_equal(&message, &kept, sizeof(message));
}

static void numbers_are_little_endian(void **state) {
    (void)state;
    static const unsigned char bytes[8] = {0, 0, 0, 0, 1, 0, 0, 0};
    assert_int_equal(sizeof(NDR_record), 8);
    assert_memory_equal(&NDR_record, bytes, 8);
    assert_int_equal(NDR_record.int_rep, NDR_INT_LITTLE_ENDIAN);
}

// ---- mach_msg2

static mach_msg_return_t call_2(struct test_message *message, mach_msg_option64_t option, mach_msg_size_t size,
                                mach_msg_size_t limit, mach_port_t name, uint64_t timeout) {
    return mach_msg2(message, option, message->header, size, limit, name, timeout, 0);
}

// The same message by mach_msg and by mach_msg2: codes and buffers must be the same.
static void both_ways(struct test_message message, mach_msg_option_t option, mach_msg_size_t size,
                      mach_msg_size_t limit, mach_port_t name) {
    struct test_message other = message;
    mach_msg_return_t plain = mach_msg(&message.header, option, size, limit, name, 0, MACH_PORT_NULL);
    assert_code(call_2(&other, (mach_msg_option64_t)(uint32_t)option | MACH64_SEND_MQ_CALL, size, limit, name, 0),
                plain);
    assert_memory_equal(&message, &other, sizeof(message));
}

static void mach_msg2_does_what_mach_msg_does(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), reply = make_port(), given = make_port();
    mach_msg_option_t send = MACH_SEND_MSG | MACH_SEND_TIMEOUT, receive = MACH_RCV_MSG | MACH_RCV_TIMEOUT;
    struct test_message it = request_to(port, reply, COPY_SEND);
    both_ways(it, send, 24, 0, 0); // INVALID_REPLY
    it = message_to(port, COPY_SEND, 77);
    both_ways(it, send, 24, 0, 0);
    fill_untouched(&it, sizeof(it));
    assert_success(mach_port_set_seqno(SELF, port, 0));
    both_ways(it, receive, 0, sizeof(it), port);
    both_ways(it, receive, 0, sizeof(it), port);
    static const mach_msg_size_t sizes[] = {0, 20, 23, 25, 26};
    it = message_to(port, COPY_SEND, 77);
    for (unsigned i = 0; i < COUNT_OF(sizes); i++) both_ways(it, send, sizes[i], 0, 0);
    static const mach_msg_bits_t bits[] = {0, 16, 22, 31, MACH_MSGH_BITS(COPY_SEND, 22), MACH_MSGH_BITS(0, 21)};
    for (unsigned i = 0; i < COUNT_OF(bits); i++) {
        it.header.msgh_bits = bits[i];
        both_ways(it, send, 24, 0, 0);
    }
    it = message_to(unknown_name(), COPY_SEND, 1);
    both_ways(it, send, 24, 0, 0);
    both_ways(it, receive, 0, sizeof(it), unknown_name());
    both_ways(it, 0, 0, 0, 0);
    // With rights in the body, sent and received in one call.
    it = request_to(port, reply, MAKE_SEND_ONCE);
    add_port(&it, given, MAKE_SEND);
    assert_code(call_2(&it, MACH64_SEND_MSG | MACH64_RCV_MSG, it.header.msgh_size, sizeof(it), port, 0), 0);
    assert_int_equal(it.header.msgh_bits, MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS(MOVE_SEND_ONCE, MOVE_SEND));
    assert_int_equal(it.header.msgh_id, 1000);
    assert_int_equal(it.ports[0].name, given);
    mach_msg_destroy(&it.header);
    expect_send_once_notification(reply);
    assert_int_equal(refs(given, MACH_PORT_RIGHT_SEND), 0);
    destroy(port);
    destroy(reply);
    destroy(given);
}

static void mach_msg2_takes_the_header_from_its_arguments(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    struct test_message message = message_to(port, COPY_SEND, 5), sent, received;
    set_inline_size(&message, 60);
    sent = message;
    memset(&sent.header, 0, sizeof(sent.header)); // not looked at, but for the descriptors
    assert_code(mach_msg2(&sent, MACH64_SEND_MSG | MACH64_SEND_MQ_CALL, message.header, 60, 0, 0, 0, 0x12345678), 0);
    assert_code(receive_now(port, &received, 0), MACH_MSG_SUCCESS);
    assert_int_equal(received.header.msgh_id, 5);
    assert_inline_pattern(&received, 60);
    destroy(port);
}

static void mach_msg2_waits_in_milliseconds(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    struct test_message it = message_to(port, COPY_SEND, 1);
    uint64_t start = milliseconds();
    assert_code(call_2(&it, MACH64_RCV_MSG | MACH64_RCV_TIMEOUT, 0, sizeof(it), port, 20), MACH_RCV_TIMED_OUT);
    assert_in_range(milliseconds() - start, 19, 5000);
    set_limit(port, 1);
    queue_messages(port, 1);
    it = message_to(port, MAKE_SEND, 1);
    assert_code(call_2(&it, MACH64_SEND_MSG | MACH64_SEND_TIMEOUT, 24, 0, 0, 1), MACH_SEND_TIMED_OUT);
    assert_int_equal(it.header.msgh_bits, MACH_MSGH_BITS(MOVE_SEND, 0)); // S9
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 2);
    destroy(port);
}

static void mach_msg2_refuses_vectors(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    queue_messages(port, 1);
    struct test_message message = message_to(port, COPY_SEND, 5), kept = message;
    struct picture picture = take_picture();
    mach_msg_header_t none = {0};
    struct {
        uint64_t data, receive;
        uint32_t send_size, receive_size;
    } vectors[2] = {{(uintptr_t)&message, 0, 24, sizeof(message)}, {0, 0, 0, 0}};
    for (int i = 0; i < 2; i++) {
        mach_msg_option64_t vector = MACH64_MSG_VECTOR;
        if (i == 1) none = message.header;
        assert_code(mach_msg2_internal(vectors, vector | MACH64_SEND_MSG, (uint64_t)2 << 32 | none.msgh_bits,
                                       none.msgh_remote_port, 0, 0, 2, 0),
                    MACH_SEND_INVALID_OPTIONS);
        assert_code(mach_msg2_internal(vectors, vector | MACH64_SEND_MSG | MACH64_RCV_MSG,
                                       (uint64_t)2 << 32 | none.msgh_bits, none.msgh_remote_port, 0,
                                       (uint64_t)port << 32, 2, 0),
                    MACH_SEND_INVALID_OPTIONS);
        assert_code(mach_msg2_internal(vectors, vector | MACH64_RCV_MSG, 0, 0, 0, (uint64_t)port << 32, 2, 0),
                    MACH_RCV_INVALID_ARGUMENTS);
    }
    assert_memory_equal(&message, &kept, sizeof(message));
    assert_unchanged(picture); // one message, as before
    expect_message(port, 0);
    destroy(port);
}

static int64_t receive_with_mach_msg2(void *argument) {
    struct caller *it = argument;
    return mach_msg2(&it->message, (mach_msg_option64_t)(uint32_t)it->option, it->message.header, 0, it->receive_size,
                     it->receive_name, 0, 0);
}

static void mach_msg2_goes_on_after_a_signal_unless_asked_otherwise(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = ignore_signal}, old;
    sigaction(SIGUSR1, &action, &old);
    mach_port_t port = port_with_send();
    for (int asks = 0; asks < 2; asks++) {
        static struct caller it;
        it.option = MACH_RCV_MSG | (asks ? MACH_RCV_INTERRUPT : 0);
        it.receive_size = sizeof(it.message);
        it.receive_name = port;
        start_thread(&it.thread, receive_with_mach_msg2, &it);
        wait_until_blocked(&it.thread);
        unsigned long switches = switches_of(&it.thread);
        pthread_kill(it.thread.thread, SIGUSR1);
        if (asks) {
            assert_code(join_thread(&it.thread), MACH_RCV_INTERRUPTED);
            continue;
        }
        while (switches_of(&it.thread) == switches) sched_yield();
        assert_code(send_simple(port, COPY_SEND, 3), MACH_MSG_SUCCESS);
        assert_code(join_thread(&it.thread), MACH_MSG_SUCCESS);
        assert_int_equal(it.message.header.msgh_id, 3);
    }
    destroy(port);
    sigaction(SIGUSR1, &old, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        MIG_TEST(send_and_receive_take_their_arguments_from_the_message),
        MIG_TEST(send_and_receive_wait_as_long_as_it_takes),
        MIG_TEST(the_reply_alone_decides_and_not_what_demux_returns),
        MIG_TEST(a_demux_that_writes_nothing_sends_nothing),
        MIG_TEST(an_earlier_reply_is_not_left_in_the_buffer),
        MIG_TEST(no_reply_leaves_everything_to_the_routine),
        MIG_TEST(an_error_destroys_what_the_request_brought),
        MIG_TEST(success_leaves_what_the_request_brought),
        MIG_TEST(a_reply_to_nobody_is_destroyed),
        MIG_TEST(a_reply_whose_port_is_dead_is_destroyed_and_forgotten),
        MIG_TEST(a_client_that_dies_during_its_call_leaves_no_dead_name),
        MIG_TEST(a_full_reply_port_does_not_hold_the_server_up),
        MIG_TEST(a_reply_that_cannot_be_sent_ends_the_server),
        MIG_TEST(errors_of_receiving_are_returned),
        MIG_TEST(options_to_send_and_receive_are_not_the_callers_to_give),
        MIG_TEST(a_server_serves_a_port_set),
        MIG_TEST(with_rcv_large_the_buffer_grows),
        MIG_TEST(a_server_without_memory_says_so),
        MIG_TEST(a_loop_goes_on_until_its_port_is_gone),
        MIG_TEST(the_last_reply_goes_out_though_the_port_is_gone),
        MIG_TEST(a_port_that_moves_away_ends_its_server),
        MIG_TEST(a_signal_ends_a_server_only_when_it_asked_for_that),
        MIG_TEST(a_thread_keeps_its_reply_port),
        MIG_TEST(each_thread_has_its_own_which_ends_with_it),
        MIG_TEST(each_task_that_a_thread_acts_as_has_its_own),
        MIG_TEST(giving_up_a_reply_port_ends_it),
        MIG_TEST(another_name_is_given_up_as_well),
        MIG_TEST(a_reply_port_that_was_destroyed_by_hand_can_be_given_up),
        MIG_TEST(a_forked_child_makes_its_own),
        MIG_TEST(strings_are_copied_and_always_end),
        MIG_TEST(no_room_is_no_string),
        MIG_TEST(memory_is_allocated_and_given_back),
        MIG_TEST(a_reply_is_set_up_from_its_request),
        MIG_TEST(there_are_no_vouchers),
        MIG_TEST(numbers_are_little_endian),
        MIG_TEST(mach_msg2_does_what_mach_msg_does),
        MIG_TEST(mach_msg2_takes_the_header_from_its_arguments),
        MIG_TEST(mach_msg2_waits_in_milliseconds),
        MIG_TEST(mach_msg2_refuses_vectors),
        MIG_TEST(mach_msg2_goes_on_after_a_signal_unless_asked_otherwise),
    };
    return TASK_RUN(tests);
}

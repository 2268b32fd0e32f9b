// A program that links the servers of exceptions, alarms and notifications and defines none of their routines: they know no message. Row I12.
#include "mig_service_support.h"

#include <mach/clock_reply.h>
#include <mach/exc.h>
#include <mach/mach_exc.h>
#include <mach/notify_server.h>
#include <mach/task.h>
#include <mach/thread_status.h>

static const struct {
    boolean_t (*demux)(mach_msg_header_t *request, mach_msg_header_t *reply);
    mig_routine_t (*routine)(mach_msg_header_t *request);
} servers[] = {
    {exc_server, exc_server_routine},
    {mach_exc_server, mach_exc_server_routine},
    {notify_server, notify_server_routine},
    {clock_reply_server, clock_reply_server_routine},
};

static void without_routines_no_id_is_known(void **state) {
    (void)state;
    static const mach_msg_id_t ids[] = {64,   65,   66,   69,   70,   71,   72,   73,      2400,    2401,
                                        2402, 2403, 2404, 2405, 2406, 2407, 2408, 3125107, 3125108, 0};
    for (unsigned i = 0; i < COUNT_OF(servers); i++) {
        for (unsigned j = 0; j < COUNT_OF(ids); j++) {
            for (mach_msg_size_t size = 24; size < 100; size += 4) {
                struct test_message request;
                mig_reply_error_t reply;
                memset(&request, 0, sizeof(request));
                memset(&reply, UNTOUCHED, sizeof(reply));
                request.header.msgh_id = ids[j];
                request.header.msgh_size = size;
                request.header.msgh_bits = MACH_MSGH_BITS(18, 17);
                request.header.msgh_remote_port = 0x1003;
                request.header.msgh_local_port = 0x2003;
                assert_null(servers[i].routine(&request.header));
                assert_int_equal(servers[i].demux(&request.header, &reply.Head), FALSE);
                assert_int_equal(reply.RetCode, MIG_BAD_ID);
                assert_memory_equal(&reply.NDR, &NDR_record, 8);
                assert_int_equal(reply.Head.msgh_bits, MACH_MSGH_BITS(18, 0));
                assert_int_equal(reply.Head.msgh_size, 36);
                assert_int_equal(reply.Head.msgh_remote_port, 0x1003);
                assert_int_equal(reply.Head.msgh_local_port, MACH_PORT_NULL);
                assert_int_equal(reply.Head.msgh_voucher_port, 0);
                assert_int_equal(reply.Head.msgh_id, ids[j] + 100);
            }
        }
    }
}

static void an_exception_that_nobody_knows_is_destroyed(void **state) {
    (void)state;
    mach_port_t handler = port_with_send(), thread = mach_thread_self();
    for (uint32_t behavior = 1; behavior <= 3; behavior++) {
        for (int wide = 0; wide < 2; wide++) {
            assert_success(task_set_exception_ports(
                SELF, EXC_MASK_GUARD, handler, (exception_behavior_t)(behavior | (wide ? MACH_EXCEPTION_CODES : 0)),
                MACHINE_THREAD_STATE));
            mach_port_t port = make_port();
            mach_port_urefs_t threads = refs(thread, MACH_PORT_RIGHT_SEND), tasks = refs(SELF, MACH_PORT_RIGHT_SEND);
            assert_success(mach_port_guard(SELF, port, 7, FALSE));
            assert_code(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1), KERN_INVALID_RIGHT);
            assert_code(mach_msg_server_once(wide ? mach_exc_server : exc_server, 8192, handler, 0), MACH_MSG_SUCCESS);
            expect_no_message(handler);
            assert_int_equal(refs(thread, MACH_PORT_RIGHT_SEND), threads);
            assert_int_equal(refs(SELF, MACH_PORT_RIGHT_SEND), tasks);
            assert_success(mach_port_unguard(SELF, port, 7));
            destroy(port);
        }
    }
    assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0));
    assert_success(mach_port_deallocate(SELF, thread));
    destroy(handler);
}

static void a_port_in_a_notification_that_nobody_knows_is_destroyed(void **state) {
    (void)state;
    mach_port_t notify = make_port(), port = make_port();
    request(SELF, port, MACH_NOTIFY_PORT_DESTROYED, 0, notify);
    uint64_t ports = live_ports();
    destroy(port);
    assert_int_equal(live_ports(), ports);
    assert_code(mach_msg_server_once(notify_server, 64, notify, 0), MACH_MSG_SUCCESS);
    assert_int_equal(live_ports(), ports - 1);
    assert_success(mach_port_deallocate(SELF, make_send_once(notify)));
    assert_code(mach_msg_server_once(notify_server, 64, notify, 0), MACH_MSG_SUCCESS); // no reply to nobody
    expect_no_message(notify);
    destroy(notify);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        MIG_TEST(without_routines_no_id_is_known),
        MIG_TEST(an_exception_that_nobody_knows_is_destroyed),
        MIG_TEST(a_port_in_a_notification_that_nobody_knows_is_destroyed),
    };
    return TASK_RUN(tests);
}

// What an audit token says, of words made up and of a message's trailer.
#include <bsm/libbsm.h>

#include <mach/mach.h>

#include "darwin_test.h"

static void each_word_has_its_place(void **state) {
    (void)state;
    audit_token_t token = {{10, 11, 12, 13, 14, 15, 16, 17}};
    assert_int_equal(audit_token_to_auid(token), 10);
    assert_int_equal(audit_token_to_euid(token), 11);
    assert_int_equal(audit_token_to_egid(token), 12);
    assert_int_equal(audit_token_to_ruid(token), 13);
    assert_int_equal(audit_token_to_rgid(token), 14);
    assert_int_equal(audit_token_to_pid(token), 15);
    assert_int_equal(audit_token_to_asid(token), 16);
    assert_int_equal(audit_token_to_pidversion(token), 17);
    audit_token_t nobody = {{AU_DEFAUDITID, 0, 0, 0, 0, 0, 0, 0}};
    assert_true(audit_token_to_auid(nobody) == (uid_t)-1);
}

static void all_words_come_at_once(void **state) {
    (void)state;
    audit_token_t token = {{10, 11, 12, 13, 14, 15, 16, 17}};
    uid_t auid = 0, euid = 0, ruid = 0;
    gid_t egid = 0, rgid = 0;
    pid_t pid = 0;
    au_asid_t asid = 0;
    au_tid_t tid = {99, 99};
    audit_token_to_au32(token, &auid, &euid, &egid, &ruid, &rgid, &pid, &asid, &tid);
    assert_int_equal(auid, 10);
    assert_int_equal(euid, 11);
    assert_int_equal(egid, 12);
    assert_int_equal(ruid, 13);
    assert_int_equal(rgid, 14);
    assert_int_equal(pid, 15);
    assert_int_equal(asid, 16);
    assert_int_equal(tid.port, 17);
    assert_int_equal(tid.machine, 0);
    audit_token_to_au32(token, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    pid = 0;
    audit_token_to_au32(token, NULL, NULL, NULL, NULL, NULL, &pid, NULL, NULL);
    assert_int_equal(pid, 15);
}

static void a_message_says_who_sent_it(void **state) {
    (void)state;
    struct {
        mach_msg_header_t header;
        mach_msg_audit_trailer_t trailer;
    } message = {0};
    mach_port_t port;
    assert_int_equal(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port), KERN_SUCCESS);
    message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
    message.header.msgh_remote_port = port;
    assert_int_equal(
        mach_msg(&message.header, MACH_SEND_MSG, sizeof message.header, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
        MACH_MSG_SUCCESS);
    mach_msg_option_t option = MACH_RCV_MSG | MACH_RCV_TRAILER_TYPE(MACH_MSG_TRAILER_FORMAT_0) |
                               MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT);
    assert_int_equal(mach_msg(&message.header, option, 0, sizeof message, port, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
    audit_token_t token = message.trailer.msgh_audit;
    assert_int_equal(audit_token_to_pid(token), getpid());
    assert_int_equal(audit_token_to_euid(token), geteuid());
    assert_int_equal(audit_token_to_egid(token), getegid());
    assert_int_equal(audit_token_to_ruid(token), getuid());
    assert_int_equal(audit_token_to_rgid(token), getgid());
    assert_int_equal(audit_token_to_asid(token), getsid(0));
    mach_port_mod_refs(mach_task_self(), port, MACH_PORT_RIGHT_RECEIVE, -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_word_has_its_place),
        cmocka_unit_test(all_words_come_at_once),
        cmocka_unit_test(a_message_says_who_sent_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

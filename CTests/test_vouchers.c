// Vouchers: there are none. Every call and request says so, and changes nothing. Row W1.
#include "mig_support.h"
#include "task_support.h"

#include <mach/mach_host.h>
#include <mach/mach_voucher.h>

// What was there before must be there after, whatever is passed.
static void every_call_is_not_supported(void **state) {
    (void)state;
    uint8_t bytes[64];
    memset(bytes, 0x5a, sizeof(bytes));
    mach_port_t dead = make_dead_name(1), set = make_set();
    mach_port_t host = mach_host_self(), thread = mach_thread_self();
    mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD, 0x7fffff03, SELF, host, thread, dead, set};
    struct picture picture = take_picture();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        mach_port_t name = names[i], out = 0x5a5a5a5a;
        mach_msg_type_number_t count = sizeof(bytes);
        uint32_t word = 0x5a5a5a5a;
        const kern_return_t codes[] = {
            mach_voucher_extract_attr_content(name, 1, bytes, &count),
            mach_voucher_extract_attr_recipe(name, 1, bytes, &count),
            mach_voucher_extract_all_attr_recipes(name, bytes, &count),
            mach_voucher_attr_command(name, 1, 2, bytes, 8, bytes, &count),
            mach_voucher_debug_info(name, name, bytes, &count),
            host_create_mach_voucher(name, bytes, 8, &out),
            host_register_mach_voucher_attr_manager(name, name, 1, &word, &out),
            host_register_well_known_mach_voucher_attr_manager(name, name, 1, 2, &out),
            task_get_mach_voucher(name, 0, &out),
            task_set_mach_voucher(name, name),
            task_swap_mach_voucher(name, name, &out),
            thread_get_mach_voucher(name, 0, &out),
            thread_set_mach_voucher(name, name),
            thread_swap_mach_voucher(name, name, &out),
            mach_voucher_extract_attr_content(name, 1, NULL, NULL),
            host_create_mach_voucher(name, NULL, 0, NULL),
            thread_swap_mach_voucher(name, name, NULL),
        };
        for (size_t j = 0; j < COUNT_OF(codes); j++) assert_int_equal(codes[j], KERN_NOT_SUPPORTED);
        assert_true(out == 0x5a5a5a5a && word == 0x5a5a5a5a && count == sizeof(bytes));
        for (size_t j = 0; j < sizeof(bytes); j++) assert_int_equal(bytes[j], 0x5a);
    }
    assert_unchanged(picture);
    destroy(dead);
    destroy(set);
    assert_success(mach_port_deallocate(SELF, host));
    assert_success(mach_port_deallocate(SELF, thread));
}

static const mach_msg_id_t ids[] = {222, 223, 224, 3439, 3440, 3441, 3625, 3626, 3627, 5400, 5401, 5402, 5403, 5404};

// At any kernel port, and in any form; what a request carries ends.
static void every_request_is_not_supported(void **state) {
    (void)state;
    open_reply_port();
    static struct mig_message message;
    mach_port_t host = mach_host_self(), thread = mach_thread_self();
    mach_port_t ports[] = {SELF, host, thread, bootstrap_port};
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        for (size_t j = 0; j < COUNT_OF(ports); j++) {
            for (size_t size = 24; size <= 60; size += 4) {
                begin_request(&message, ports[j], ids[i], size);
                assert_code(exchange_simple(&message), KERN_NOT_SUPPORTED);
            }
            mach_port_t port = port_with_send(), notify = make_port();
            request(SELF, port, MACH_NOTIFY_NO_SENDERS, 1, notify);
            begin_complex(&message, ports[j], ids[i], 52);
            port_at(&message, 28)->name = port;
            port_at(&message, 28)->disposition = MOVE_SEND;
            port_at(&message, 28)->type = MACH_MSG_PORT_DESCRIPTOR;
            assert_code(exchange_simple(&message), KERN_NOT_SUPPORTED);
            (void)expect_notification(notify, MACH_NOTIFY_NO_SENDERS);
            destroy(port);
            destroy(notify);
        }
    }
    assert_success(mach_port_deallocate(SELF, host));
    assert_success(mach_port_deallocate(SELF, thread));
    close_reply_port();
}

static void a_voucher_name_is_given_up_as_any(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(2), receive = make_port();
    assert_success(mach_voucher_deallocate(port));
    assert_int_equal(refs(port, MACH_PORT_RIGHT_SEND), 1);
    assert_success(mach_voucher_deallocate(MACH_PORT_NULL));
    assert_success(mach_voucher_deallocate(MACH_PORT_DEAD));
    assert_code(mach_voucher_deallocate(0x7fffff03), KERN_INVALID_NAME);
    assert_code(mach_voucher_deallocate(receive), KERN_INVALID_RIGHT);
    destroy(port);
    destroy(receive);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(every_call_is_not_supported),
        TASK_TEST(every_request_is_not_supported),
        TASK_TEST(a_voucher_name_is_given_up_as_any),
    };
    return TASK_RUN(tests);
}

// The program's routines of the demultiplexers are found although it is compiled with hidden symbols.
#include "mig_support.h"

#include <mach/exc.h>
#include <mach/mach_exc.h>
#include <mach/notify_server.h>

#pragma GCC visibility push(hidden)

kern_return_t catch_exception_raise(mach_port_t exception_port, mach_port_t thread, mach_port_t task,
                                    exception_type_t exception, exception_data_t code, mach_msg_type_number_t codeCnt) {
    (void)exception_port, (void)thread, (void)task, (void)exception, (void)code, (void)codeCnt;
    return KERN_SUCCESS;
}

kern_return_t do_mach_notify_send_once(mach_port_t notify) {
    (void)notify;
    return KERN_SUCCESS;
}

#pragma GCC visibility pop

static void hidden_routines_are_found(void **state) {
    (void)state;
    mach_msg_header_t request;
    memset(&request, 0, sizeof(request));
    request.msgh_id = 2401;
    assert_non_null(exc_server_routine(&request));
    request.msgh_id = 2402; // not defined here
    assert_null(exc_server_routine(&request));
    request.msgh_id = MACH_NOTIFY_SEND_ONCE;
    assert_non_null(notify_server_routine(&request));
    request.msgh_id = 2405;
    assert_null(mach_exc_server_routine(&request));
}

int main(void) {
    const struct CMUnitTest tests[] = {TEST(hidden_routines_are_found)};
    return RUN(tests);
}

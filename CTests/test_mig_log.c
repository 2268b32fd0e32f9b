// The program's part of stubs that are made for tracing: they call it when it wants to be told. <mach/mig_log.h>
#include "support.h"

#include <mach/mig_log.h>

int mig_errors, mig_tracing;

static unsigned traced, failed;
static mach_msg_id_t last;

void MigEventTracer(mig_who_t who, mig_which_event_t what, mach_msg_id_t msgh_id, unsigned int size, unsigned int kpd,
                    unsigned int retcode, unsigned int ports, unsigned int oolports, unsigned int ool, char *file,
                    unsigned int line) {
    (void)who, (void)what, (void)size, (void)kpd, (void)retcode, (void)ports, (void)oolports, (void)ool, (void)file;
    traced += line > 0;
    last = msgh_id;
}

void MigEventErrors(mig_who_t who, mig_which_error_t what, void *par, char *file, unsigned int line) {
    (void)who, (void)par, (void)file;
    failed += what == MACH_MSG_ERROR_UNKNOWN_ID && line > 0;
}

static char this_file[] = __FILE__;

static void log_both(mach_msg_id_t id) {
    LOG_TRACE(MACH_MSG_LOG_SERVER, MACH_MSG_REQUEST_BEING_RCVD, id, 24, 0, 0, 0, 0, 0, this_file, __LINE__);
    LOG_ERRORS(MACH_MSG_LOG_SERVER, MACH_MSG_ERROR_UNKNOWN_ID, &id, this_file, __LINE__);
}

static void a_program_is_told_what_it_asks_for(void **state) {
    (void)state;
    log_both(1);
    assert_true(traced == 0 && failed == 0);
    mig_tracing = 1;
    log_both(2);
    assert_true(traced == 1 && failed == 0 && last == 2);
    mig_tracing = 0, mig_errors = 1;
    log_both(3);
    assert_true(traced == 1 && failed == 1 && last == 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {TEST(a_program_is_told_what_it_asks_for)};
    return RUN(tests);
}

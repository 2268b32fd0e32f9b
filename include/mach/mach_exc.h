/// A server for exception messages with codes of 64 bits: ids 2405 to 2407. Behaviors with MACH_EXCEPTION_CODES.
#ifndef _MACH_MACH_EXC_H_
#define _MACH_MACH_EXC_H_

#include <string.h>
#include <sys/cdefs.h>

#include <mach/boolean.h>
#include <mach/exception_types.h>
#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/message.h>
#include <mach/mig.h>
#include <mach/mig_errors.h>
#include <mach/ndr.h>
#include <mach/notify.h>
#include <mach/port.h>

__BEGIN_DECLS

/* -- The program's routines ---------------------------------------------------------------------------------------- */

/* Seen by the library, whatever the program is compiled with. */
#pragma GCC visibility push(default)

/* As in <mach/exc.h>. The codes lie in the message, at a multiple of 4 bytes. */

/// EXCEPTION_DEFAULT.
kern_return_t catch_mach_exception_raise(mach_port_t exception_port, mach_port_t thread, mach_port_t task,
                                         exception_type_t exception, mach_exception_data_t code,
                                         mach_msg_type_number_t codeCnt);

/// EXCEPTION_STATE.
kern_return_t catch_mach_exception_raise_state(mach_port_t exception_port, exception_type_t exception,
                                               const mach_exception_data_t code, mach_msg_type_number_t codeCnt,
                                               int *flavor, const thread_state_t old_state,
                                               mach_msg_type_number_t old_stateCnt, thread_state_t new_state,
                                               mach_msg_type_number_t *new_stateCnt);

/// EXCEPTION_STATE_IDENTITY.
kern_return_t catch_mach_exception_raise_state_identity(mach_port_t exception_port, mach_port_t thread,
                                                        mach_port_t task, exception_type_t exception,
                                                        mach_exception_data_t code, mach_msg_type_number_t codeCnt,
                                                        int *flavor, thread_state_t old_state,
                                                        mach_msg_type_number_t old_stateCnt, thread_state_t new_state,
                                                        mach_msg_type_number_t *new_stateCnt);

#pragma GCC visibility pop

/* -- The library's ------------------------------------------------------------------------------------------------- */

/// As exc_server.
boolean_t mach_exc_server(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP);

/// As exc_server_routine.
mig_routine_t mach_exc_server_routine(mach_msg_header_t *InHeadP);

__END_DECLS

#endif

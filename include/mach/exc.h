/// A server for exception messages with codes of 32 bits: ids 2401 to 2403. Behaviors without MACH_EXCEPTION_CODES.
#ifndef _MACH_EXC_H_
#define _MACH_EXC_H_

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

/* The program defines those whose messages it wants. With KERN_SUCCESS a routine takes over the rights that came with
   the message, `thread` and `task`; with another code mach_msg_server destroys them. MIG_NO_REPLY leaves the answer to
   the program. Counts are of elements. */

/// EXCEPTION_DEFAULT.
kern_return_t catch_exception_raise(mach_port_t exception_port, mach_port_t thread, mach_port_t task,
                                    exception_type_t exception, exception_data_t code, mach_msg_type_number_t codeCnt);

/// EXCEPTION_STATE. `*new_stateCnt` comes as the room in `new_state`, and goes as the words written.
kern_return_t catch_exception_raise_state(mach_port_t exception_port, exception_type_t exception,
                                          const exception_data_t code, mach_msg_type_number_t codeCnt, int *flavor,
                                          const thread_state_t old_state, mach_msg_type_number_t old_stateCnt,
                                          thread_state_t new_state, mach_msg_type_number_t *new_stateCnt);

/// EXCEPTION_STATE_IDENTITY.
kern_return_t catch_exception_raise_state_identity(mach_port_t exception_port, mach_port_t thread, mach_port_t task,
                                                   exception_type_t exception, exception_data_t code,
                                                   mach_msg_type_number_t codeCnt, int *flavor,
                                                   thread_state_t old_state, mach_msg_type_number_t old_stateCnt,
                                                   thread_state_t new_state, mach_msg_type_number_t *new_stateCnt);

#pragma GCC visibility pop

/* -- The library's ------------------------------------------------------------------------------------------------- */

/// Serves one request: takes it apart, calls the program's routine and makes the reply, for mach_msg_server to send.
/// The buffer of the reply has room for THREAD_STATE_MAX words and two more than an error reply. Gives TRUE when it was
/// a request of this server's, whatever the routine said; FALSE for any other message, and for one whose routine the
/// program does not define. The reply is then an error reply with MIG_BAD_ID. Its code for a request that looks wrong
/// is MIG_BAD_ARGUMENTS, or MIG_TYPE_ERROR when a descriptor is no send right.
boolean_t exc_server(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP);

/// Gives the stub that serves this request, or a null pointer when exc_server would give FALSE.
mig_routine_t exc_server_routine(mach_msg_header_t *InHeadP);

__END_DECLS

#endif

/// How stubs that are made and compiled for tracing tell what they do. The library does not listen: a program that
/// wants such stubs defines the two functions and the two variables.
#ifndef _MACH_MIG_LOG_H_
#define _MACH_MIG_LOG_H_

#include <sys/cdefs.h>

#include <mach/message.h>

/// Which side of a call.
typedef enum { MACH_MSG_LOG_USER, MACH_MSG_LOG_SERVER } mig_who_t;

/// What becomes of a message.
typedef enum {
    MACH_MSG_REQUEST_BEING_SENT,
    MACH_MSG_REQUEST_BEING_RCVD,
    MACH_MSG_REPLY_BEING_SENT,
    MACH_MSG_REPLY_BEING_RCVD
} mig_which_event_t;

/// What is wrong with one.
typedef enum { MACH_MSG_ERROR_WHILE_PARSING, MACH_MSG_ERROR_UNKNOWN_ID } mig_which_error_t;

__BEGIN_DECLS

/* The program's. */
extern int mig_errors;
extern int mig_tracing;
extern void MigEventTracer(mig_who_t who, mig_which_event_t what, mach_msg_id_t msgh_id, unsigned int size,
                           unsigned int kpd, unsigned int retcode, unsigned int ports, unsigned int oolports,
                           unsigned int ool, char *file, unsigned int line);
extern void MigEventErrors(mig_who_t who, mig_which_error_t what, void *par, char *file, unsigned int line);

__END_DECLS

#define LOG_ERRORS                                                                                                     \
    if (mig_errors) MigEventErrors
#define LOG_TRACE                                                                                                      \
    if (mig_tracing) MigEventTracer

#endif

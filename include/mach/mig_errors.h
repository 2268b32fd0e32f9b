/// The errors of stubs, and the reply that carries them.
#ifndef _MACH_MIG_ERRORS_H_
#define _MACH_MIG_ERRORS_H_

#include <sys/cdefs.h>

#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/mig.h>
#include <mach/ndr.h>

#define MIG_TYPE_ERROR      -300 /* the reply does not look as it should */
#define MIG_REPLY_MISMATCH  -301 /* the reply answers another request */
#define MIG_REMOTE_ERROR    -302 /* the server found an error */
#define MIG_BAD_ID          -303 /* no routine has this id */
#define MIG_BAD_ARGUMENTS   -304 /* the request does not look as it should */
#define MIG_NO_REPLY        -305 /* the server is not to answer, or not yet */
#define MIG_EXCEPTION       -306 /* the server raised an exception */
#define MIG_ARRAY_TOO_LARGE -307 /* the array does not fit the caller's */
#define MIG_SERVER_DIED     -308 /* the server died before it answered */
#define MIG_TRAILER_ERROR   -309 /* the trailer is missing or of another format */

#pragma pack(push, 4)

/// The reply to a request that failed.
typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
} mig_reply_error_t;

#pragma pack(pop)

#ifndef __NDR_convert__mig_reply_error_t__defined
#define __NDR_convert__mig_reply_error_t__defined

__BEGIN_DECLS

/// Brings an error reply into the byte order of this machine.
static __inline__ void __NDR_convert__mig_reply_error_t(mig_reply_error_t *reply) {
#ifdef __NDR_convert__int_rep__kern_return_t__defined
    if (reply->NDR.int_rep != NDR_record.int_rep)
        __NDR_convert__int_rep__kern_return_t(&reply->RetCode, reply->NDR.int_rep);
#else
    (void)reply;
#endif
}

__END_DECLS

#endif

#endif

/// What an audit token says, which the trailer of a message brings: who sent it.
#ifndef _LIBBSM_H_
#define _LIBBSM_H_

#include <sys/cdefs.h>
#include <sys/types.h>

#include <bsm/audit.h>
#include <mach/message.h>

__BEGIN_DECLS

/* One word of it each: the user who logged in, effective user and group, real user and group, process, session, and the
   version of the process's number. */
uid_t audit_token_to_auid(audit_token_t atoken);
uid_t audit_token_to_euid(audit_token_t atoken);
gid_t audit_token_to_egid(audit_token_t atoken);
uid_t audit_token_to_ruid(audit_token_t atoken);
gid_t audit_token_to_rgid(audit_token_t atoken);
pid_t audit_token_to_pid(audit_token_t atoken);
au_asid_t audit_token_to_asid(audit_token_t atoken);
int audit_token_to_pidversion(audit_token_t atoken);

/// All of them at once. Any pointer may be null. `*tidp` gets the version of the process's number as its port, and 0 as
/// its machine.
void audit_token_to_au32(audit_token_t atoken, uid_t *auidp, uid_t *euidp, gid_t *egidp, uid_t *ruidp, gid_t *rgidp,
                         pid_t *pidp, au_asid_t *asidp, au_tid_t *tidp);

__END_DECLS

#endif

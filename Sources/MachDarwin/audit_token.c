// The words of an audit token.
#include <bsm/libbsm.h>

#include <stddef.h>

uid_t audit_token_to_auid(audit_token_t atoken) { return atoken.val[0]; }

uid_t audit_token_to_euid(audit_token_t atoken) { return atoken.val[1]; }

gid_t audit_token_to_egid(audit_token_t atoken) { return atoken.val[2]; }

uid_t audit_token_to_ruid(audit_token_t atoken) { return atoken.val[3]; }

gid_t audit_token_to_rgid(audit_token_t atoken) { return atoken.val[4]; }

pid_t audit_token_to_pid(audit_token_t atoken) { return (pid_t)atoken.val[5]; }

au_asid_t audit_token_to_asid(audit_token_t atoken) { return (au_asid_t)atoken.val[6]; }

int audit_token_to_pidversion(audit_token_t atoken) { return (int)atoken.val[7]; }

void audit_token_to_au32(audit_token_t atoken, uid_t *auidp, uid_t *euidp, gid_t *egidp, uid_t *ruidp, gid_t *rgidp,
                         pid_t *pidp, au_asid_t *asidp, au_tid_t *tidp) {
    if (auidp != NULL) *auidp = audit_token_to_auid(atoken);
    if (euidp != NULL) *euidp = audit_token_to_euid(atoken);
    if (egidp != NULL) *egidp = audit_token_to_egid(atoken);
    if (ruidp != NULL) *ruidp = audit_token_to_ruid(atoken);
    if (rgidp != NULL) *rgidp = audit_token_to_rgid(atoken);
    if (pidp != NULL) *pidp = audit_token_to_pid(atoken);
    if (asidp != NULL) *asidp = audit_token_to_asid(atoken);
    if (tidp != NULL) *tidp = (au_tid_t){.port = (dev_t)audit_token_to_pidversion(atoken), .machine = 0};
}

/// Types of the audit system, of which there is no more here than what messages bring.
#ifndef _BSM_AUDIT_H
#define _BSM_AUDIT_H

#include <sys/types.h>

typedef uid_t au_id_t;
typedef pid_t au_asid_t;

/// Where someone logged in.
struct au_tid {
    dev_t port;
    u_int32_t machine;
};
typedef struct au_tid au_tid_t;

#define AU_DEFAUDITID  ((uid_t)-1) /* nobody has logged in */
#define AU_DEFAUDITSID 0           /* no session */

#endif

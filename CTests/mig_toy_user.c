// The client's stubs of mig_toy.h in all variants: of the generator's early releases, of its late ones, and with special reply ports.
#include "mig_toy.h"

#include <mach/mach_init.h>

// No header had these when stubs were first made: they declare what they call.
extern mach_port_t mig_get_reply_port(void);
extern void mig_dealloc_reply_port(mach_port_t);
extern void mig_put_reply_port(mach_port_t);
extern mach_port_t mig_get_special_reply_port(void);
extern void mig_dealloc_special_reply_port(mach_port_t);
extern int mig_strncpy(char *, const char *, int);
extern int mig_strncpy_zerofill(char *, const char *, int);
extern void mach_msg_destroy(mach_msg_header_t *);

#define TOY_NAME(name) early_##name
#define TOY_LABEL      "early"
#define TOY_MODERN     0
#define TOY_SPECIAL    0
#include "mig_toy_user.h"

#define TOY_NAME(name) late_##name
#define TOY_LABEL      "late"
#define TOY_MODERN     1
#define TOY_SPECIAL    0
#include "mig_toy_user.h"

#define TOY_NAME(name) special_##name
#define TOY_LABEL      "special"
#define TOY_MODERN     1
#define TOY_SPECIAL    1
#include "mig_toy_user.h"

const struct toy_user *const toy_users[TOY_USERS] = {&early_user, &late_user, &special_user};

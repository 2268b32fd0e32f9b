/// The types of scheduling policies as old calls pass them.
#ifndef _MACH_POLICY_H_
#define _MACH_POLICY_H_

#include <mach/machine/vm_types.h>

typedef int policy_t;

/* Words; which structures they make says the policy. */
typedef integer_t *policy_base_t;
typedef integer_t *policy_limit_t;
typedef integer_t *policy_info_t;

#endif

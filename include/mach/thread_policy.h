/// The types of a thread's scheduling policy.
#ifndef _MACH_THREAD_POLICY_H_
#define _MACH_THREAD_POLICY_H_

#include <mach/machine/vm_types.h>

typedef natural_t thread_policy_flavor_t;
typedef integer_t *thread_policy_t; /* words; which structure they make says the flavor */

#endif

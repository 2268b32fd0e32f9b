/// The types of a task's scheduling policy.
#ifndef _MACH_TASK_POLICY_H_
#define _MACH_TASK_POLICY_H_

#include <mach/machine/vm_types.h>

typedef natural_t task_policy_flavor_t;
typedef integer_t *task_policy_t; /* words; which structure they make says the flavor */

#endif

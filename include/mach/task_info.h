/// The types of what a task tells about itself.
#ifndef _MACH_TASK_INFO_H_
#define _MACH_TASK_INFO_H_

#include <mach/machine/vm_types.h>

typedef natural_t task_flavor_t;
typedef integer_t *task_info_t; /* words; which structure they make says the flavor */

#define TASK_INFO_MAX 1024 /* words, at most */

#endif

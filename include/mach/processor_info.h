/// The types of what processors and processor sets tell about themselves.
#ifndef _MACH_PROCESSOR_INFO_H_
#define _MACH_PROCESSOR_INFO_H_

#include <mach/machine/vm_types.h>

typedef int processor_flavor_t;
typedef int processor_set_flavor_t;

/* Words; which structure they make says the flavor. */
typedef integer_t *processor_info_t;
typedef integer_t *processor_info_array_t;
typedef integer_t *processor_set_info_t;

#define PROCESSOR_INFO_MAX     1024 /* words, at most */
#define PROCESSOR_SET_INFO_MAX 1024

#endif

/// The types of what a thread tells about itself.
#ifndef _MACH_THREAD_INFO_H_
#define _MACH_THREAD_INFO_H_

#include <mach/machine/vm_types.h>

typedef natural_t thread_flavor_t;
typedef integer_t *thread_info_t; /* words; which structure they make says the flavor */

#define THREAD_INFO_MAX 32 /* words, at most */

#endif

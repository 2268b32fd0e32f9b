/// What any program may ask of the host. The calls that change it are in <mach/host_priv.h>.
#ifndef _mach_host_user_
#define _mach_host_user_

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/std_types.h>

#endif

/// What any program may ask of the host. The calls that change it are in <mach/host_priv.h>.
#ifndef _MACH_MACH_HOST_H_
#define _MACH_MACH_HOST_H_

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/std_types.h>

#endif

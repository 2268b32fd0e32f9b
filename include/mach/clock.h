/// Asking clocks. The calls of this interface are not in this release; its types are.
#ifndef _MACH_CLOCK_H_
#define _MACH_CLOCK_H_

#include <mach/clock_types.h>
#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/std_types.h>

#endif

/// Sets of processors. The calls of this interface are not in this release; its types are.
#ifndef _MACH_PROCESSOR_SET_H_
#define _MACH_PROCESSOR_SET_H_

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/std_types.h>

#endif

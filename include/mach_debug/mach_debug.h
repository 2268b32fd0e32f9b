/// Calls for looking inside.
#ifndef _MACH_DEBUG_MACH_DEBUG_H_
#define _MACH_DEBUG_MACH_DEBUG_H_

#include <mach/mach_interface.h>
#include <mach/mach_port.h>
#include <mach_debug/mach_debug_types.h>

#endif

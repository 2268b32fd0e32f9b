/// How a thread lets others run; see thread_switch in <mach/mach_traps.h>.
#ifndef _MACH_THREAD_SWITCH_H_
#define _MACH_THREAD_SWITCH_H_

#include <mach/kern_return.h>
#include <mach/mach_traps.h>
#include <mach/mach_types.h>
#include <mach/message.h>

#define SWITCH_OPTION_NONE    0 /* lets another thread run */
#define SWITCH_OPTION_DEPRESS 1 /* the same: the call ends as soon as the thread has the processor again */
#define SWITCH_OPTION_WAIT    2 /* waits for so many milliseconds */

/* Further numbers are taken as well: 3 waits, in microseconds; 4 is as 1; 5 is as 2. */
#define valid_switch_option(opt) (0 <= (opt) && (opt) <= 5)

#endif

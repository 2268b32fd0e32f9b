/// Semaphores and sets of locks.
#ifndef _MACH_SYNC_H_
#define _MACH_SYNC_H_

#include <mach/lock_set.h>
#include <mach/semaphore.h>

#endif

/// The interfaces to the host, to ports, tasks, threads, semaphores and memory.
#ifndef _MACH_INTERFACE_H_
#define _MACH_INTERFACE_H_

#include <mach/clock.h>
#include <mach/clock_priv.h>
#include <mach/host_priv.h>
#include <mach/lock_set.h>
#include <mach/mach_host.h>
#include <mach/mach_port.h>
#include <mach/processor.h>
#include <mach/processor_set.h>
#include <mach/semaphore.h>
#include <mach/task.h>
#include <mach/thread_act.h>
#include <mach/vm_map.h>

#endif

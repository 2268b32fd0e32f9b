/// Limits of the system.
#ifndef _MACH_MACH_PARAM_H_
#define _MACH_MACH_PARAM_H_

/// How many ports a task can have registered.
#define TASK_PORT_REGISTER_MAX 3

#endif

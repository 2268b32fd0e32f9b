/// The state of a thread: its registers, as words. What they mean depends on the flavor and on the machine.
#ifndef _MACH_THREAD_STATUS_H_
#define _MACH_THREAD_STATUS_H_

#include <mach/machine/thread_state.h>
#include <mach/machine/thread_status.h>
#include <mach/machine/vm_types.h>

typedef natural_t *thread_state_t;
typedef natural_t thread_state_data_t[THREAD_STATE_MAX];

typedef int thread_state_flavor_t;
typedef thread_state_flavor_t *thread_state_flavor_array_t;

/* Flavors that list the flavors. */
#define THREAD_STATE_FLAVOR_LIST      0
#define THREAD_STATE_FLAVOR_LIST_NEW  128
#define THREAD_STATE_FLAVOR_LIST_10_9 129

#endif

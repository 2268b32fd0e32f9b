/// The size of a thread's state on this machine.
#ifndef _MACH_MACHINE_THREAD_STATE_H_
#define _MACH_MACHINE_THREAD_STATE_H_

/* The largest state, in words of 4 bytes. */
#if defined(__aarch64__) || defined(__arm__)
#define ARM_THREAD_STATE_MAX 1296
#define THREAD_STATE_MAX     1296
#else
#define I386_THREAD_STATE_MAX 224
#define THREAD_STATE_MAX      224
#endif

#endif

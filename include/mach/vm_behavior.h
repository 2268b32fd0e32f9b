/// How a program will use memory.
#ifndef _MACH_VM_BEHAVIOR_H_
#define _MACH_VM_BEHAVIOR_H_

typedef int vm_behavior_t;

/* How it will be used from now on. */
#define VM_BEHAVIOR_DEFAULT    0
#define VM_BEHAVIOR_RANDOM     1
#define VM_BEHAVIOR_SEQUENTIAL 2 /* upwards */
#define VM_BEHAVIOR_RSEQNTL    3 /* downwards */

/* What is done at once. */
#define VM_BEHAVIOR_WILLNEED         4  /* fetch it */
#define VM_BEHAVIOR_DONTNEED         5  /* let it go first when memory is short; it keeps what it holds */
#define VM_BEHAVIOR_FREE             6  /* what it holds may be lost */
#define VM_BEHAVIOR_ZERO_WIRED_PAGES 7  /* clear wired pages when they are unmapped */
#define VM_BEHAVIOR_REUSABLE         8  /* as VM_BEHAVIOR_FREE, for memory that will be used again */
#define VM_BEHAVIOR_REUSE            9  /* it is used again */
#define VM_BEHAVIOR_CAN_REUSE        10 /* whether VM_BEHAVIOR_REUSABLE would work */
#define VM_BEHAVIOR_PAGEOUT          11 /* take it out of memory */

#endif

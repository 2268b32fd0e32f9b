/// How memory is brought in line with what is behind it.
#ifndef _MACH_VM_SYNC_H_
#define _MACH_VM_SYNC_H_

typedef unsigned int vm_sync_t;

#define VM_SYNC_ASYNCHRONOUS  0x01U /* begin to write */
#define VM_SYNC_SYNCHRONOUS   0x02U /* write, and wait for the end */
#define VM_SYNC_INVALIDATE    0x04U /* other copies are out of date */
#define VM_SYNC_KILLPAGES     0x08U /* what the pages hold may be lost */
#define VM_SYNC_DEACTIVATE    0x10U /* let the pages go first when memory is short */
#define VM_SYNC_CONTIGUOUS    0x20U /* addresses without memory are an error */
#define VM_SYNC_REUSABLEPAGES 0x40U

#endif

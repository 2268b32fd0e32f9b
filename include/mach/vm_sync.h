/// How memory is brought in line with what is behind it.
#ifndef _MACH_VM_SYNC_H_
#define _MACH_VM_SYNC_H_

typedef unsigned int vm_sync_t;

#endif

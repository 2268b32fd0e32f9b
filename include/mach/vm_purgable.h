/// Memory that may be emptied when memory is short.
#ifndef _MACH_VM_PURGABLE_H_
#define _MACH_VM_PURGABLE_H_

typedef int vm_purgable_t;

#endif

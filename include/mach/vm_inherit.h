/// What becomes of memory in a child task.
#ifndef _MACH_VM_INHERIT_H_
#define _MACH_VM_INHERIT_H_

typedef unsigned int vm_inherit_t;

#define VM_INHERIT_SHARE       0U /* parent and child see the same memory */
#define VM_INHERIT_COPY        1U /* the child gets a copy */
#define VM_INHERIT_NONE        2U /* the child does not have it */
#define VM_INHERIT_DONATE_COPY 3U /* never implemented */

#define VM_INHERIT_DEFAULT    1U
#define VM_INHERIT_LAST_VALID 2U

#endif

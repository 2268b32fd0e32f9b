/// What may be done with memory.
#ifndef _MACH_VM_PROT_H_
#define _MACH_VM_PROT_H_

typedef int vm_prot_t;

#define VM_PROT_NONE    0x00
#define VM_PROT_READ    0x01
#define VM_PROT_WRITE   0x02
#define VM_PROT_EXECUTE 0x04

#define VM_PROT_DEFAULT 0x03 /* of fresh memory: read and write */
#define VM_PROT_ALL     0x07

/* Values that are no protection, and mean something in single calls only. */
#define VM_PROT_NO_CHANGE  0x08
#define VM_PROT_COPY       0x10 /* gain write access by way of a private copy */
#define VM_PROT_WANTS_COPY 0x10 /* between a pager and its kernel */
#define VM_PROT_IS_MASK    0x40 /* the other bits limit a protection instead of setting it */

#endif

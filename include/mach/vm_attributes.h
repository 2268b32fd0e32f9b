/// What a machine can do with memory, by attribute.
#ifndef _MACH_VM_ATTRIBUTES_H_
#define _MACH_VM_ATTRIBUTES_H_

typedef unsigned int vm_machine_attribute_t;
typedef int vm_machine_attribute_val_t;

#endif

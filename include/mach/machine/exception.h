/// What exceptions are on this machine.
#ifndef _MACH_MACHINE_EXCEPTION_H_
#define _MACH_MACHINE_EXCEPTION_H_

#define EXC_TYPES_COUNT    14 /* types, with type 0, which none has */
#define EXCEPTION_CODE_MAX 2  /* code and subcode */

#define EXC_MASK_MACHINE 0 /* no types of this machine's own */

#endif

/// The types of the calls that once managed modules of the kernel. Those calls are refused.
#ifndef _MACH_KMOD_H_
#define _MACH_KMOD_H_

typedef int kmod_t;
typedef int kmod_control_flavor_t;
typedef void *kmod_args_t; /* out-of-line bytes */

#endif

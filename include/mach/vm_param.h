/// Page size and address range.
#ifndef _MACH_VM_PARAM_H_
#define _MACH_VM_PARAM_H_

#include <mach/machine/vm_param.h>
#include <mach/machine/vm_types.h>
#include <mach/vm_page_size.h>

/// TRUE when an address or a size in bytes is a multiple of the page size.
#define page_aligned(x) ((vm_page_mask & (x)) == 0)

#endif

/// Looking into vouchers. The calls of this interface are not in this release; its types are.
#ifndef _MACH_MACH_VOUCHER_H_
#define _MACH_MACH_VOUCHER_H_

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/mach_voucher_types.h>
#include <mach/std_types.h>

#endif

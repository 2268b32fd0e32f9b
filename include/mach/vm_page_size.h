/// The size of a page, and rounding to it.
#ifndef _VM_PAGE_SIZE_H_
#define _VM_PAGE_SIZE_H_

#include <sys/cdefs.h>

#include <mach/machine/vm_types.h>

__BEGIN_DECLS

/* What Swift may read from any thread: set before main, or the program's business. */
#ifdef __swift__
#define __MACH_ANY_THREAD __attribute__((swift_attr("nonisolated(unsafe)")))
#else
#define __MACH_ANY_THREAD
#endif

/// Set before main to the values of the machine; a program only reads them. The size is a power of two, in bytes.
extern vm_size_t vm_page_size __MACH_ANY_THREAD;
extern vm_size_t vm_page_mask __MACH_ANY_THREAD; /* vm_page_size - 1 */
extern int vm_page_shift __MACH_ANY_THREAD;      /* vm_page_size == 1 << vm_page_shift */

/// The pages that the system itself works with: the same here.
extern vm_size_t vm_kernel_page_size __MACH_ANY_THREAD;
extern vm_size_t vm_kernel_page_mask __MACH_ANY_THREAD;
extern int vm_kernel_page_shift __MACH_ANY_THREAD;

__END_DECLS

/* Round an address or a size in bytes down or up to whole pages. */
#define trunc_page(x) ((x) & ~(vm_page_size - 1))
#define round_page(x) trunc_page((x) + (vm_page_size - 1))

#define trunc_page_kernel(x) ((x) & ~vm_kernel_page_mask)
#define round_page_kernel(x) trunc_page_kernel((x) + vm_kernel_page_mask)

/* The same for the types that are 64 bits wide everywhere. */
#define mach_vm_trunc_page(x) ((mach_vm_offset_t)(x) & ~(mach_vm_offset_t)vm_page_mask)
#define mach_vm_round_page(x) mach_vm_trunc_page((mach_vm_offset_t)(x) + (mach_vm_offset_t)vm_page_mask)

#endif

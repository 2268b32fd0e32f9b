/// Page size and address range of the machine.
///
/// The names PAGE_SIZE, PAGE_SHIFT and PAGE_MASK are left alone when another header has defined them. Beware of
/// PAGE_MASK then: <sys/user.h> gives it the complementary meaning. `vm_page_size`, `vm_page_shift` and `vm_page_mask`
/// of <mach/vm_page_size.h> always tell the truth.
#ifndef _MACH_MACHINE_VM_PARAM_H_
#define _MACH_MACHINE_VM_PARAM_H_

#ifndef BYTE_SIZE
#define BYTE_SIZE 8 /* bits in a byte */
#endif

#if defined(__x86_64__)
#ifndef PAGE_SIZE
#define PAGE_SIZE 4096
#endif
#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#endif
#ifndef PAGE_MASK
#define PAGE_MASK 4095
#endif
#else /* the page size is chosen when the system starts */
#ifndef PAGE_SIZE
#define PAGE_SIZE vm_page_size
#endif
#ifndef PAGE_SHIFT
#define PAGE_SHIFT vm_page_shift
#endif
#ifndef PAGE_MASK
#define PAGE_MASK vm_page_mask
#endif
#endif

#define VM_MIN_ADDRESS ((vm_offset_t)0)
#define VM_MAX_ADDRESS ((vm_offset_t)0x00007ffffffff000UL) /* end of a 47-bit address space */

#define MACH_VM_MIN_ADDRESS ((mach_vm_offset_t)0)
#define MACH_VM_MAX_ADDRESS ((mach_vm_offset_t)0x00007ffffffff000UL)

#endif

/// The types of what can be asked about memory, and lists of places in it.
#ifndef _MACH_VM_REGION_H_
#define _MACH_VM_REGION_H_

#include <mach/machine/vm_types.h>
#include <mach/vm_types.h>

typedef int vm_region_flavor_t;
typedef int vm_page_info_flavor_t;

/* Words; which structure they make says the flavor. */
typedef int *vm_region_info_t;
typedef int *vm_region_info_64_t;
typedef int *vm_region_recurse_info_t;
typedef int *vm_region_recurse_info_64_t;
typedef int *vm_page_info_t;

#define VM_REGION_INFO_MAX 1024 /* words, at most */
#define VM_MAP_ENTRY_MAX   256  /* places in a list */

#pragma pack(push, 4)

struct vm_read_entry {
    vm_address_t address;
    vm_size_t size; /* bytes */
};
struct mach_vm_read_entry {
    mach_vm_address_t address;
    mach_vm_size_t size; /* bytes */
};

#pragma pack(pop)

typedef struct vm_read_entry vm_read_entry_t[VM_MAP_ENTRY_MAX];
typedef struct mach_vm_read_entry mach_vm_read_entry_t[VM_MAP_ENTRY_MAX];

#endif

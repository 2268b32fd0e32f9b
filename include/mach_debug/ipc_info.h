/// What mach_port_space_info and mach_port_space_basic_info tell.
#ifndef _MACH_DEBUG_IPC_INFO_H_
#define _MACH_DEBUG_IPC_INFO_H_

#include <mach/boolean.h>
#include <mach/machine/vm_types.h>
#include <mach/port.h>

/// The table of a task's names.
typedef struct ipc_info_space {
    natural_t iis_genno_mask; /* bits of a name that hold its generation */
    natural_t iis_table_size; /* slots */
    natural_t iis_table_next; /* slots after the table grows next */
    natural_t iis_tree_size;  /* 0 */
    natural_t iis_tree_small; /* 0 */
    natural_t iis_tree_hash;  /* 0 */
} ipc_info_space_t;

typedef struct ipc_info_space_basic {
    natural_t iisb_genno_mask;
    natural_t iisb_table_size;
    natural_t iisb_table_next;
    natural_t iisb_table_inuse; /* slots with a name, without slot 0 */
    natural_t iisb_reserved[2]; /* 0 */
} ipc_info_space_basic_t;

/// One slot of the table.
typedef struct ipc_info_name {
    mach_port_name_t iin_name;
    integer_t iin_collision;     /* 0 */
    mach_port_type_t iin_type;   /* rights and requests; 0 for a free slot */
    mach_port_urefs_t iin_urefs; /* user references */
    natural_t iin_object;        /* stands for the port; no address */
    natural_t iin_next;          /* next free slot, or the request */
    natural_t iin_hash;
} ipc_info_name_t;

typedef ipc_info_name_t *ipc_info_name_array_t;

/// Never filled: names once overflowed into a tree.
typedef struct ipc_info_tree_name {
    ipc_info_name_t iitn_name;
    mach_port_name_t iitn_lchild;
    mach_port_name_t iitn_rchild;
} ipc_info_tree_name_t;

typedef ipc_info_tree_name_t *ipc_info_tree_name_array_t;

#endif

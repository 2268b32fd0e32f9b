/// The kinds of ports: what stands behind a name.
#ifndef _MACH_MACH_TYPES_H_
#define _MACH_MACH_TYPES_H_

#include <stdint.h>
#include <sys/cdefs.h>

#include <mach/clock_types.h>
#include <mach/exception_types.h>
#include <mach/host_info.h>
#include <mach/host_notify.h>
#include <mach/host_special_ports.h>
#include <mach/kmod.h>
#include <mach/mach_voucher_types.h>
#include <mach/machine/vm_types.h>
#include <mach/memory_object_types.h>
#include <mach/message.h>
#include <mach/policy.h>
#include <mach/port.h>
#include <mach/processor_info.h>
#include <mach/task_info.h>
#include <mach/task_policy.h>
#include <mach/task_special_ports.h>
#include <mach/thread_info.h>
#include <mach/thread_policy.h>
#include <mach/thread_special_ports.h>
#include <mach/thread_status.h>
#include <mach/vm_attributes.h>
#include <mach/vm_behavior.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>
#include <mach/vm_purgable.h>
#include <mach/vm_region.h>
#include <mach/vm_statistics.h>
#include <mach/vm_sync.h>
#include <mach/vm_types.h>

typedef mach_port_t task_t;
typedef mach_port_t task_name_t;
typedef mach_port_t task_suspension_token_t;
typedef mach_port_t task_id_token_t;
typedef mach_port_t thread_t;
typedef mach_port_t thread_act_t;
typedef mach_port_t ipc_space_t; /* the names of a task: the task's port */
typedef mach_port_t ipc_space_read_t;
typedef mach_port_t ipc_space_inspect_t;
typedef mach_port_t coalition_t;
typedef mach_port_t host_t;
typedef mach_port_t host_priv_t;
typedef mach_port_t host_security_t;
typedef mach_port_t processor_t;
typedef mach_port_t processor_set_t;
typedef mach_port_t processor_set_control_t;
typedef mach_port_t processor_set_name_t;
typedef mach_port_t semaphore_t;
typedef mach_port_t lock_set_t;
typedef mach_port_t ledger_t;
typedef mach_port_t alarm_t;
typedef mach_port_t clock_serv_t;
typedef mach_port_t clock_ctrl_t;
typedef mach_port_t clock_reply_t;
typedef mach_port_t bootstrap_t;
typedef mach_port_t mem_entry_name_port_t;
typedef mach_port_t exception_handler_t;
typedef mach_port_t vm_task_entry_t;
typedef mach_port_t io_master_t;
typedef mach_port_t UNDServerRef;

typedef task_t *task_array_t;
typedef thread_t *thread_array_t;
typedef thread_act_t *thread_act_array_t;
typedef processor_set_t *processor_set_array_t;
typedef processor_set_t *processor_set_name_array_t;
typedef processor_t *processor_array_t;
typedef ledger_t *ledger_array_t;
typedef exception_handler_t *exception_handler_array_t;

/* The same under their older names. */
typedef task_t task_port_t;
typedef task_array_t task_port_array_t;
typedef thread_t thread_port_t;
typedef thread_array_t thread_port_array_t;
typedef ipc_space_t ipc_space_port_t;
typedef host_t host_name_t;
typedef host_t host_name_port_t;
typedef processor_set_t processor_set_port_t;
typedef processor_set_t processor_set_name_port_t;
typedef processor_set_array_t processor_set_name_port_array_t;
typedef processor_set_t processor_set_control_port_t;
typedef processor_t processor_port_t;
typedef processor_array_t processor_port_array_t;
typedef thread_act_t thread_act_port_t;
typedef thread_act_array_t thread_act_port_array_t;
typedef semaphore_t semaphore_port_t;
typedef lock_set_t lock_set_port_t;
typedef ledger_t ledger_port_t;
typedef ledger_array_t ledger_port_array_t;
typedef alarm_t alarm_port_t;
typedef clock_serv_t clock_serv_port_t;
typedef clock_ctrl_t clock_ctrl_port_t;
typedef exception_handler_t exception_port_t;
typedef exception_handler_array_t exception_port_arrary_t; /* spelled so everywhere */

#define TASK_NULL          0U
#define TASK_NAME_NULL     0U
#define THREAD_NULL        0U
#define THR_ACT_NULL       0U
#define IPC_SPACE_NULL     0U
#define COALITION_NULL     0U
#define HOST_NULL          0U
#define HOST_PRIV_NULL     0U
#define HOST_SECURITY_NULL 0U
#define PROCESSOR_SET_NULL 0U
#define PROCESSOR_NULL     0U
#define SEMAPHORE_NULL     0U
#define LOCK_SET_NULL      0U
#define LEDGER_NULL        0U
#define ALARM_NULL         0U
#define UND_SERVER_NULL    0U
#define TID_NULL           ((uint64_t)0)

/* Which port of a task: task_identity_token_get_task_port. */
#define TASK_FLAVOR_CONTROL 0 /* its own */
#define TASK_FLAVOR_READ    1
#define TASK_FLAVOR_INSPECT 2
#define TASK_FLAVOR_NAME    3 /* the one that only names it */

/* Optional guard exceptions: task_set_exc_guard_behavior. */
typedef uint32_t task_exc_guard_behavior_t;
#define TASK_EXC_GUARD_NONE       0x00
#define TASK_EXC_GUARD_VM_DELIVER 0x01
#define TASK_EXC_GUARD_VM_ONCE    0x02
#define TASK_EXC_GUARD_VM_CORPSE  0x04
#define TASK_EXC_GUARD_VM_FATAL   0x08
#define TASK_EXC_GUARD_VM_ALL     0x0f
#define TASK_EXC_GUARD_MP_DELIVER 0x10
#define TASK_EXC_GUARD_MP_ONCE    0x20
#define TASK_EXC_GUARD_MP_CORPSE  0x40
#define TASK_EXC_GUARD_MP_FATAL   0x80
#define TASK_EXC_GUARD_MP_ALL     0xf0
#define TASK_EXC_GUARD_ALL        0xff

typedef natural_t ledger_item_t;
typedef int64_t ledger_amount_t;

#define LEDGER_ITEM_INFINITY  0xffffffffU
#define LEDGER_LIMIT_INFINITY ((ledger_amount_t)INT64_MAX)

typedef mach_vm_offset_t *emulation_vector_t;
typedef char *user_subsystem_t;
typedef char *labelstr_t;

#include <mach/std_types.h>

#endif

/// Memory that may be emptied when memory is short.
#ifndef _MACH_VM_PURGABLE_H_
#define _MACH_VM_PURGABLE_H_

typedef int vm_purgable_t;

/* What vm_purgable_control does. */
#define VM_PURGABLE_SET_STATE 0 /* sets a state, tells the one before */
#define VM_PURGABLE_GET_STATE 1
#define VM_PURGABLE_PURGE_ALL 2 /* empties all volatile memory */

/* States: the low bits of the state argument. */
#define VM_PURGABLE_STATE_MIN   0
#define VM_PURGABLE_STATE_MAX   3
#define VM_PURGABLE_STATE_MASK  3
#define VM_PURGABLE_NONVOLATILE 0 /* it keeps what it holds */
#define VM_PURGABLE_VOLATILE    1 /* it may be emptied at any time */
#define VM_PURGABLE_EMPTY       2 /* it has been, or is to be, emptied */
#define VM_PURGABLE_DENY        3 /* it is not purgable, and will not be again */

/* In which order volatile memory would go. The library accepts these and the system chooses. */
#define VM_VOLATILE_ORDER_SHIFT         4
#define VM_VOLATILE_ORDER_MASK          (1 << VM_VOLATILE_ORDER_SHIFT)
#define VM_VOLATILE_MAKE_FIRST_IN_GROUP (1 << VM_VOLATILE_ORDER_SHIFT)
#define VM_VOLATILE_MAKE_LAST_IN_GROUP  (0 << VM_VOLATILE_ORDER_SHIFT)
#define VM_PURGABLE_ORDERING_SHIFT      5
#define VM_PURGABLE_ORDERING_MASK       (1 << VM_PURGABLE_ORDERING_SHIFT)
#define VM_PURGABLE_ORDERING_OBSOLETE   (1 << VM_PURGABLE_ORDERING_SHIFT)
#define VM_PURGABLE_ORDERING_NORMAL     (0 << VM_PURGABLE_ORDERING_SHIFT)
#define VM_PURGABLE_BEHAVIOR_SHIFT      6
#define VM_PURGABLE_BEHAVIOR_MASK       (1 << VM_PURGABLE_BEHAVIOR_SHIFT)
#define VM_PURGABLE_BEHAVIOR_FIFO       (0 << VM_PURGABLE_BEHAVIOR_SHIFT)
#define VM_PURGABLE_BEHAVIOR_LIFO       (1 << VM_PURGABLE_BEHAVIOR_SHIFT)
#define VM_VOLATILE_GROUP_SHIFT         8
#define VM_VOLATILE_GROUP_MASK          (7 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_0             (0 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_1             (1 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_2             (2 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_3             (3 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_4             (4 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_5             (5 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_6             (6 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_7             (7 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_DEFAULT       VM_VOLATILE_GROUP_0
#define VM_PURGABLE_DEBUG_SHIFT         12
#define VM_PURGABLE_DEBUG_MASK          (3 << VM_PURGABLE_DEBUG_SHIFT)
#define VM_PURGABLE_DEBUG_EMPTY         (1 << VM_PURGABLE_DEBUG_SHIFT) /* empty it as soon as it is volatile */
#define VM_PURGABLE_DEBUG_FAULT         (2 << VM_PURGABLE_DEBUG_SHIFT)
#define VM_PURGABLE_NO_AGING_SHIFT      16
#define VM_PURGABLE_NO_AGING_MASK       (1 << VM_PURGABLE_NO_AGING_SHIFT)
#define VM_PURGABLE_NO_AGING            (1 << VM_PURGABLE_NO_AGING_SHIFT)

/* All bits that a state may have. */
#define VM_PURGABLE_ALL_MASKS 0x137f3

#endif

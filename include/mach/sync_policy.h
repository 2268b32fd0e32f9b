/// In which order threads that wait on a semaphore get its counts.
#ifndef _MACH_SYNC_POLICY_H_
#define _MACH_SYNC_POLICY_H_

typedef int sync_policy_t;

#define SYNC_POLICY_FIFO           0x0 /* the one that came first */
#define SYNC_POLICY_FIXED_PRIORITY 0x1 /* by priority: not offered */
#define SYNC_POLICY_REVERSED       0x2 /* the other way round */
#define SYNC_POLICY_ORDER_MASK     0x3
#define SYNC_POLICY_LIFO           (SYNC_POLICY_FIFO | SYNC_POLICY_REVERSED) /* the one that came last */

#define SYNC_POLICY_MAX 0x7 /* no policy is larger */

#endif

/// The codes of `kern_return_t`. Zero is success; the pages of the calls say which code means what there.
#ifndef _MACH_KERN_RETURN_H_
#define _MACH_KERN_RETURN_H_

#include <mach/machine/kern_return.h>

#define KERN_SUCCESS                  0  /* done */
#define KERN_INVALID_ADDRESS          1  /* no memory is at this address, or can be */
#define KERN_PROTECTION_FAILURE       2  /* the memory is there but may not be used this way */
#define KERN_NO_SPACE                 3  /* no free addresses, or no free port names, of the kind asked for */
#define KERN_INVALID_ARGUMENT         4  /* an argument that this call cannot accept */
#define KERN_FAILURE                  5  /* cannot be done; the call's description says why */
#define KERN_RESOURCE_SHORTAGE        6  /* memory ran out; trying again may help */
#define KERN_NOT_RECEIVER             7  /* the task does not receive from this port */
#define KERN_NO_ACCESS                8  /* not permitted */
#define KERN_MEMORY_FAILURE           9  /* the memory object behind the address is gone for good */
#define KERN_MEMORY_ERROR             10 /* the memory object behind the address gave no data this time */
#define KERN_ALREADY_IN_SET           11 /* the port is a member of that set already */
#define KERN_NOT_IN_SET               12 /* the port is not a member of that set */
#define KERN_NAME_EXISTS              13 /* the name is in use */
#define KERN_ABORTED                  14 /* the operation was cut short */
#define KERN_INVALID_NAME             15 /* the name stands for nothing in this task */
#define KERN_INVALID_TASK             16 /* the task argument is no task, or a dead one */
#define KERN_INVALID_RIGHT            17 /* the name stands for a right, but not for one that serves here */
#define KERN_INVALID_VALUE            18 /* a number out of its range */
#define KERN_UREFS_OVERFLOW           19 /* the name cannot count that many user references */
#define KERN_INVALID_CAPABILITY       20 /* the right that was handed over is null, dead or of the wrong kind */
#define KERN_RIGHT_EXISTS             21 /* the task knows this port under another name */
#define KERN_INVALID_HOST             22 /* the host argument is no host */
#define KERN_MEMORY_PRESENT           23 /* data was supplied for a page that is there already */
#define KERN_MEMORY_DATA_MOVED        24 /* between a pager and its kernel: the page moved into a copy */
#define KERN_MEMORY_RESTART_COPY      25 /* inside a kernel: take the quicker way to copy */
#define KERN_INVALID_PROCESSOR_SET    26 /* the argument controls no processor set */
#define KERN_POLICY_LIMIT             27 /* scheduling values beyond the thread's limits */
#define KERN_INVALID_POLICY           28 /* a scheduling policy that the processor set does not offer */
#define KERN_INVALID_OBJECT           29 /* a pager failed to set up its memory object */
#define KERN_ALREADY_WAITING          30 /* another thread waits for this event */
#define KERN_DEFAULT_SET              31 /* the default processor set cannot be destroyed */
#define KERN_EXCEPTION_PROTECTED      32 /* the exception port is protected, or its exception is being handled */
#define KERN_INVALID_LEDGER           33 /* a ledger was needed */
#define KERN_INVALID_MEMORY_CONTROL   34 /* the argument controls no memory object */
#define KERN_INVALID_SECURITY         35 /* the argument is no host security port */
#define KERN_NOT_DEPRESSED            36 /* the thread's priority was not depressed */
#define KERN_TERMINATED               37 /* the object has been terminated */
#define KERN_LOCK_SET_DESTROYED       38 /* the lock set has been destroyed */
#define KERN_LOCK_UNSTABLE            39 /* the lock's owner died with it */
#define KERN_LOCK_OWNED               40 /* another thread owns the lock */
#define KERN_LOCK_OWNED_SELF          41 /* the calling thread owns the lock */
#define KERN_SEMAPHORE_DESTROYED      42 /* the semaphore has been destroyed */
#define KERN_RPC_SERVER_TERMINATED    43 /* the server died before it answered */
#define KERN_RPC_TERMINATE_ORPHAN     44 /* end an abandoned activation */
#define KERN_RPC_CONTINUE_ORPHAN      45 /* let an abandoned activation go on */
#define KERN_NOT_SUPPORTED            46 /* this library does not offer the call, or not for these arguments */
#define KERN_NODE_DOWN                47 /* the other machine is down or cannot be reached */
#define KERN_NOT_WAITING              48 /* the thread to be woken does not wait */
#define KERN_OPERATION_TIMED_OUT      49 /* time ran out before the event came */
#define KERN_CODESIGN_ERROR           50 /* a page failed its signature check */
#define KERN_POLICY_STATIC            51 /* this property cannot be changed now */
#define KERN_INSUFFICIENT_BUFFER_SIZE 52 /* the buffer is too small for the answer */

#define KERN_RETURN_MAX 0x100 /* no code is larger */

#endif

/// What this library has beyond Mach.
#ifndef _MACH_MACH_LINUX_H_
#define _MACH_MACH_LINUX_H_

#include <stdint.h>
#include <sys/cdefs.h>

#include <mach/kern_return.h>
#include <mach/mach_types.h>

__BEGIN_DECLS

/// How much is alive in this process.
struct mach_linux_statistics {
    uint64_t tasks;
    uint64_t ports;
    uint64_t sets;           /* port sets */
    uint64_t rights;         /* names in use, of all tasks */
    uint64_t messages;       /* sent and not yet received */
    uint64_t memory_regions; /* of programs, or carried by messages, and not yet given back */
};
typedef struct mach_linux_statistics mach_linux_statistics_data_t;

/// Writes the present counts to `*statistics`; a null pointer is left alone. While other threads are at work each count
/// is right by itself, but they need not belong to the same moment.
void mach_linux_statistics(struct mach_linux_statistics *statistics);

/// Gives memory that the library keeps for later use back to the system, but for that of ports and port sets, which is
/// only ever used for such again. Calls in other threads go on meanwhile.
void mach_linux_trim(void);

/// Lets the calling thread act as a task of this process, whose port `task` is in the task as which it acts now.
/// From then on every name that the thread passes or gets is one of that task, mach_task_self() names that task, and
/// mach_reply_port and the reply port that the library keeps for the thread are that task's. Memory stays what it is.
/// MACH_PORT_NULL returns to the task of the process. `task` is only looked at; the right stays where it was.
///
///   KERN_SUCCESS            done
///   KERN_INVALID_ARGUMENT   `task` is dead, or no port of a task of this process
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t mach_linux_task_adopt(task_t task);

/// Makes a file descriptor that tells when a message waits on a receive right or port set of `task`, for poll, select,
/// epoll, io_uring and event loops built on them. Writes it to `*fd`.
///
/// It polls readable (POLLIN) as long as at least one message is queued on the port, or on any member of the set, and
/// each message that is queued is an event of its own for edge-triggered watchers. A message that goes straight to a
/// thread which waits in mach_msg is not queued. When the right is gone from the task (destroyed, moved away, or the
/// task has ended) it stays readable, and receiving says what happened. So, when it is readable, receive with
/// MACH_RCV_TIMEOUT and a time-out of 0.
///
/// The caller owns the descriptor and closes it; it is close-on-exec, and only to be polled, not to be read or written.
/// Each call makes a further one. The library keeps one of its own for each port and set that was asked for, until the
/// right is gone. A forked child inherits its parent's descriptors, which go on to tell of the parent's ports.
///
///   KERN_SUCCESS            `*fd` is a new descriptor
///   KERN_INVALID_ARGUMENT   `fd` is a null pointer
///   KERN_INVALID_TASK       `task` is not a task
///   KERN_INVALID_NAME       `name` is unknown, MACH_PORT_NULL or MACH_PORT_DEAD
///   KERN_INVALID_RIGHT      `name` is neither a receive right nor a port set
///   KERN_RESOURCE_SHORTAGE  no memory, or the process may not open more descriptors
kern_return_t mach_linux_port_fd(ipc_space_t task, mach_port_name_t name, int *fd);

/// Verifies every invariant of the library, at a moment when no other thread uses it. Only a library that was built for
/// checking has this symbol.
///
///   KERN_SUCCESS  all hold
///   KERN_FAILURE  one is broken
kern_return_t mach_linux_check(void);

/* Faults for mach_linux_inject. */
#define MACH_LINUX_FAULT_ALLOCATION  1 /* memory of the C allocator */
#define MACH_LINUX_FAULT_SYSTEM_CALL 2 /* a system call that may fail for want of something */

/// Lets what the calling thread does in the library fail: from now on the `n`-th allocation or system call of the
/// kinds that `kinds` names, counted from 1, and if `all` is set all after it. 0 ends that. Gives the number of those
/// that have failed since it was last called. Only a library that was built for checking has this symbol.
uint32_t mach_linux_inject(int kinds, uint32_t n, boolean_t all);

/// One thread of a race: `run` is called with `argument`.
struct mach_linux_racer {
    void (*run)(void *argument);
    void *argument;
};

#define MACH_LINUX_RACERS_MAX 16

/// Runs `count` functions at once, each in a new thread, so that the same `seed` lets the same things happen in the
/// same order: one thread runs at a time, and whenever it takes or gives back a lock of the library, sleeps or wakes
/// another, the seed chooses who goes on. Time-outs pass, and signals seem to come to calls that tell of them, when the
/// seed says so. Returns when all threads have ended. The threads must not wait for each other but in this library's
/// calls and loops around `mach_linux_step`. Writes a number that is the same for the same course of turns to `*course`
/// unless that is a null pointer. One race at a time. Only a library that was built for checking has this symbol.
///
///   KERN_SUCCESS              all have ended
///   KERN_INVALID_ARGUMENT     `count` is 0 or more than MACH_LINUX_RACERS_MAX, or `racers` is a null pointer
///   KERN_OPERATION_TIMED_OUT  all that are left sleep for ever, and go on doing so
///   KERN_RESOURCE_SHORTAGE    the system has no threads for it
kern_return_t mach_linux_race(uint64_t seed, const struct mach_linux_racer *racers, uint32_t count, uint64_t *course);

/// Lets another thread of the race go on if the seed says so. Only a library that was built for checking has this
/// symbol.
void mach_linux_step(void);

__END_DECLS

#endif

/// Lists that threads put elements on and take them from without a lock of the program's.
///
/// An element is memory of the caller's that holds a pointer for the list, `offset` bytes from its start. It is the list's
/// from the time it is put on until it is taken.
#ifndef _OSATOMICQUEUE_H_
#define _OSATOMICQUEUE_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/cdefs.h>

/// A list of which the element that came last is taken first. The fields are not for programs.
typedef struct {
    void *opaque1;
    long opaque2;
} __attribute__((__aligned__(16))) OSQueueHead;

#define OS_ATOMIC_QUEUE_INIT                                                                                           \
    { NULL, 0 }

/// A list of which the element that came first is taken first.
typedef struct {
    void *opaque1;
    void *opaque2;
    int opaque3;
} __attribute__((__aligned__(16))) OSFifoQueueHead;

#define OS_ATOMIC_FIFO_QUEUE_INIT                                                                                      \
    { NULL, NULL, 0 }

__BEGIN_DECLS

/// Puts `element` on `list`.
void OSAtomicEnqueue(OSQueueHead *list, void *element, size_t offset);

/// Takes an element, or gives a null pointer when there is none. `offset` is the one it was put on with.
void *OSAtomicDequeue(OSQueueHead *list, size_t offset);

/* The same for the other kind of list. */
void OSAtomicFifoEnqueue(OSFifoQueueHead *list, void *element, size_t offset);
void *OSAtomicFifoDequeue(OSFifoQueueHead *list, size_t offset);

__END_DECLS

#endif

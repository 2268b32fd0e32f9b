// Lists that several threads use at once. A spin lock in the head makes each step one: an element that is taken, used otherwise and put back does
// no harm then, and the program may give its memory back as soon as it has taken it.
#include <libkern/OSAtomic.h>

static void **link_of(void *element, size_t offset) { return (void **)(void *)((char *)element + offset); }

static volatile OSSpinLock *lock_of(OSQueueHead *list) { return (volatile OSSpinLock *)&list->opaque2; }

void OSAtomicEnqueue(OSQueueHead *list, void *element, size_t offset) {
    OSSpinLockLock(lock_of(list));
    *link_of(element, offset) = list->opaque1;
    list->opaque1 = element;
    OSSpinLockUnlock(lock_of(list));
}

void *OSAtomicDequeue(OSQueueHead *list, size_t offset) {
    OSSpinLockLock(lock_of(list));
    void *element = list->opaque1;
    if (element != NULL) list->opaque1 = *link_of(element, offset);
    OSSpinLockUnlock(lock_of(list));
    return element;
}

// opaque1 is the first element, opaque2 the last.
void OSAtomicFifoEnqueue(OSFifoQueueHead *list, void *element, size_t offset) {
    OSSpinLockLock(&list->opaque3);
    *link_of(element, offset) = NULL;
    if (list->opaque1 == NULL)
        list->opaque1 = element;
    else
        *link_of(list->opaque2, offset) = element;
    list->opaque2 = element;
    OSSpinLockUnlock(&list->opaque3);
}

void *OSAtomicFifoDequeue(OSFifoQueueHead *list, size_t offset) {
    OSSpinLockLock(&list->opaque3);
    void *element = list->opaque1;
    if (element != NULL) list->opaque1 = *link_of(element, offset);
    OSSpinLockUnlock(&list->opaque3);
    return element;
}

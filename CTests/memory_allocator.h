// The allocator of a program whose allocations fail when told to, the library's included. One file of the program has it.
#ifndef CTESTS_MEMORY_ALLOCATOR_H
#define CTESTS_MEMORY_ALLOCATOR_H

#include "memory_support.h"

#if ALLOCATIONS_CAN_FAIL
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

static void *counted(void *memory) {
    live_allocations += memory != NULL;
    return memory;
}

void *malloc(size_t size) { return allocation_fails() ? NULL : counted(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return allocation_fails() ? NULL : counted(__libc_calloc(count, size)); }

void *realloc(void *memory, size_t size) {
    if (allocation_fails()) return NULL;
    void *moved = __libc_realloc(memory, size);
    live_allocations += (memory == NULL && moved != NULL) - (memory != NULL && size == 0);
    return moved;
}

void free(void *memory) {
    live_allocations -= memory != NULL;
    __libc_free(memory);
}
#endif

#endif

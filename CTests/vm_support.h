// What the tests of the routines on memory share: each routine as a call and by message, kinds of mappings, and what the system says of them.
#ifndef CTESTS_VM_SUPPORT_H
#define CTESTS_VM_SUPPORT_H

#include "mig_support.h"

#include <sys/mman.h>

#define MEMORY_ROUTINES(X)                                                                                             \
    X(vm_protect)                                                                                                      \
    X(vm_inherit)                                                                                                      \
    X(vm_read)                                                                                                         \
    X(vm_read_list)                                                                                                    \
    X(vm_write)                                                                                                        \
    X(vm_copy)                                                                                                         \
    X(vm_read_overwrite)                                                                                               \
    X(vm_msync)                                                                                                        \
    X(vm_behavior_set)                                                                                                 \
    X(vm_map)                                                                                                          \
    X(vm_map_64)                                                                                                       \
    X(vm_machine_attribute)                                                                                            \
    X(vm_remap)                                                                                                        \
    X(mach_make_memory_entry)                                                                                          \
    X(mach_make_memory_entry_64)                                                                                       \
    X(vm_map_page_query)                                                                                               \
    X(vm_region)                                                                                                       \
    X(vm_region_64)                                                                                                    \
    X(vm_region_recurse)                                                                                               \
    X(vm_region_recurse_64)                                                                                            \
    X(vm_purgable_control)                                                                                             \
    X(vm_wire)                                                                                                         \
    X(mach_vm_protect)                                                                                                 \
    X(mach_vm_inherit)                                                                                                 \
    X(mach_vm_read)                                                                                                    \
    X(mach_vm_read_list)                                                                                               \
    X(mach_vm_write)                                                                                                   \
    X(mach_vm_copy)                                                                                                    \
    X(mach_vm_read_overwrite)                                                                                          \
    X(mach_vm_msync)                                                                                                   \
    X(mach_vm_behavior_set)                                                                                            \
    X(mach_vm_map)                                                                                                     \
    X(mach_vm_machine_attribute)                                                                                       \
    X(mach_vm_remap)                                                                                                   \
    X(mach_vm_page_query)                                                                                              \
    X(mach_vm_page_info)                                                                                               \
    X(mach_vm_region)                                                                                                  \
    X(mach_vm_region_recurse)                                                                                          \
    X(_mach_make_memory_entry)                                                                                         \
    X(mach_vm_purgable_control)                                                                                        \
    X(mach_vm_wire)

// All routines on memory but the two of OTHER_ROUTINES, as calls or as messages.
struct memory_routines {
    bool by_message;
#define MEMBER_OF(routine) __typeof__(routine) *routine;
    MEMORY_ROUTINES(MEMBER_OF)
#undef MEMBER_OF
};
extern const struct memory_routines memory_calls, memory_messages;

// The routines that a test uses: it runs once with each.
extern const struct memory_routines *vm;
// Runs a body by call and by message, as a task of its own; what it takes it must give back.
void each_way(void (*body)(void));

// ---- Kinds of mappings

enum kind {
    ALLOCATED,      // vm_allocate
    ENTRY_MAPPED,   // vm_map of a memory entry
    ANON_PRIVATE,   // mmap
    ANON_SHARED,    //
    FILE_PRIVATE,   // of a file that was opened to read and write
    FILE_SHARED,    //
    FILE_READ_ONLY, // shared, of a file that was opened to read
    ANON_READ_ONLY, // private
    ANON_NONE,      // private, PROT_NONE
    HUGE_PAGES,     // private, with the advice to use such
    STACK,          // of a thread that waits
    KINDS
};
extern const char *const kind_names[KINDS];

struct area {
    enum kind kind;
    char *start;
    size_t size;
    int protection; // VM_PROT_ bits
    bool is_shared, has_file;
    void *owner; // of a stack: its thread
};
// Pages of that kind, each byte of which is its page's number plus 1 where they can be read and the kind has contents of its own. Around them is nothing that a program has.
struct area make_area(enum kind kind, size_t pages);
void end_area(struct area *area);
// What mincore and /proc/self/maps say: whether a page is mapped, and for what it may be used.
bool is_mapped(const void *page);
int protection_of(const void *page);

// ---- Short ways

// The region at an address, which must be there.
struct vm_region_basic_info_64 region_at(const void *address);
// A send right to an entry.
mach_port_t make_entry(void *start, size_t size, int permission);
mach_port_t make_new_entry(size_t size, int protection);
char *map_entry(mach_port_t entry, size_t offset, size_t size, int protection);
// Gives back memory of the library.
void give_back_memory(const void *start, size_t size);
// Runs a function in a forked child; its result is the child's code.
int in_child(int (*body)(void *argument), void *argument);

#endif

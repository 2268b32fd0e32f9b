// What the tests of out-of-line memory and of port arrays share: messages with descriptors of any kind, and memory whose place and contents can be asked about.
#ifndef CTESTS_OOL_SUPPORT_H
#define CTESTS_OOL_SUPPORT_H

#include "stress.h"
#include "task_support.h"

#include <mach/vm_page_size.h>

#include <sys/mman.h>
#include <unistd.h>

// ---- Messages

// A message with room for hundreds of descriptors, inline data behind them, and any trailer.
struct carrier {
    mach_msg_header_t header;
    mach_msg_body_t body;
    unsigned char bytes[12000];
};

// A complex message without descriptors yet: the port gets it by MAKE_SEND.
void begin_carrier(struct carrier *message, mach_port_t destination, mach_msg_id_t id);
void set_carrier_reply(struct carrier *message, mach_port_t reply, mach_msg_type_name_t disposition);
// Each appends a descriptor, which the test may go on to change: virtual copy, no deallocate.
mach_msg_ool_descriptor_t *add_memory(struct carrier *message, const void *address, mach_msg_size_t size);
mach_msg_ool_ports_descriptor_t *add_array(struct carrier *message, const mach_port_t *names, mach_msg_size_t count,
                                           mach_msg_type_name_t disposition);
mach_msg_port_descriptor_t *add_right(struct carrier *message, mach_port_t name, mach_msg_type_name_t disposition);
// The descriptors of a message by their number.
mach_msg_type_descriptor_t *descriptor_at(struct carrier *message, unsigned index);
mach_msg_ool_descriptor_t *memory_at(struct carrier *message, unsigned index);
mach_msg_ool_ports_descriptor_t *array_at(struct carrier *message, unsigned index);
mach_msg_port_descriptor_t *right_at(struct carrier *message, unsigned index);

// Sends without waiting; a send that succeeds leaves the buffer as it was.
mach_msg_return_t send_carrier(struct carrier *message);
// Receives without waiting, into a buffer that is filled with UNTOUCHED first.
mach_msg_return_t receive_carrier(mach_port_t name, struct carrier *message);
// The send fails with this code, leaves the buffer as it was, no message behind, and all memory of the library's.
#define assert_bad_body(message, code) check_bad_body(message, code, __FILE__, __LINE__)
void check_bad_body(struct carrier *message, mach_msg_return_t code, const char *file, int line);

// ---- Memory

// The page size, as a constant of the program's run.
#define PAGE ((size_t)vm_page_size)
// What descriptors take.
#define SIZE(bytes) ((mach_msg_size_t)(bytes))

// An address where nothing is mapped, nor will be unless it is asked for: far below all else in the process.
void *far_place(size_t size);
// Private anonymous memory of the program's, from mmap, in a place of that kind.
void *map_private(size_t size);
// Memory from vm_allocate, in a place of that kind.
void *allocate(size_t size);
void deallocate(const void *address, size_t size); // vm_deallocate, which must succeed
// How many of the pages that the range touches are mapped.
size_t mapped_pages(const void *address, size_t size);

void fill_pattern(void *memory, size_t size, unsigned seed);
#define assert_pattern(memory, size, seed) check_pattern(memory, size, seed, __FILE__, __LINE__)
void check_pattern(const void *memory, size_t size, unsigned seed, const char *file, int line);
// Every byte has this value.
#define assert_all(memory, size, value) check_all(memory, size, value, __FILE__, __LINE__)
void check_all(const void *memory, size_t size, unsigned char value, const char *file, int line);

// Regions that the library has handed out or carries.
uint64_t live_regions(void);

#endif

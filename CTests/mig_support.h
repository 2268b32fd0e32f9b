// What the tests of the kernel's servers share: requests and replies as MIG makes them, every routine by message beside its direct call, and runs of the same calls both ways whose outcomes must be the same.
#ifndef CTESTS_MIG_SUPPORT_H
#define CTESTS_MIG_SUPPORT_H

#include "mig_wire.h"
#include "ool_support.h"

#include <mach/host_priv.h>
#include <mach/mach_vm.h>
#include <mach/task.h>
#include <mach/thread_act.h>
#include <mach/vm_map.h>

enum { MOVE_RECEIVE = 16, MOVE_SEND = 17, MOVE_SEND_ONCE = 18, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21 };

enum { PORT_DELETED = 65, SEND_POSSIBLE = 66, PORT_DESTROYED = 69, NO_SENDERS = 70, SEND_ONCE = 71, DEAD_NAME = 72 };

// ---- Messages

// A request to a kernel port, or its reply with any trailer.
struct mig_message {
    union {
        mach_msg_header_t header;
        mach_msg_base_t base;
        mig_reply_error_t error;
        uint32_t words[1100];
        unsigned char bytes[4400];
    };
};

// The 32-bit word or the pointer at this offset.
uint32_t word_at(const struct mig_message *message, size_t offset);
void set_word(struct mig_message *message, size_t offset, uint32_t value);
void set_pointer(struct mig_message *message, size_t offset, const void *value);
// The descriptor at this offset, 28 for the first.
mach_msg_port_descriptor_t *port_at(struct mig_message *message, size_t offset);

// Zeroes so many bytes and writes a header: the port by COPY_SEND, the thread's reply port by MAKE_SEND_ONCE. Returns the message.
void *begin_request(struct mig_message *message, mach_port_t port, mach_msg_id_t id, size_t size);
// The same for a message with one descriptor, which is still to be written.
void *begin_complex(struct mig_message *message, mach_port_t port, mach_msg_id_t id, size_t size);

// The reply port of the calling thread's requests, made in its task. Each task that the thread acts as needs a new one.
extern _Thread_local mach_port_t reply_port;
void open_reply_port(void);
void close_reply_port(void);

// Sends the request without waiting, and nothing else.
mach_msg_return_t send_request(struct mig_message *message);
// Receives without waiting; the buffer is filled with UNTOUCHED first.
mach_msg_return_t receive_reply(mach_port_t port, struct mig_message *message);

// What a code is when the reply is not as a client's stub demands; what is wrong is added to it.
#define WRONG_REPLY 0x77770000
// Sends the request and receives its reply in one call that does not wait, and looks at the reply as a stub does: its header, descriptor count and size (in these bounds), or an error of 36 bytes. The code in the reply, or mach_msg's. For any thread.
kern_return_t exchange(struct mig_message *message, size_t least, size_t most, unsigned descriptors);
// The same for a request whose reply is an error or has no results.
kern_return_t exchange_simple(struct mig_message *message);

// ---- Routines

#define PORT_ROUTINES(X)                                                                                               \
    X(mach_port_names)                                                                                                 \
    X(mach_port_type)                                                                                                  \
    X(mach_port_rename)                                                                                                \
    X(mach_port_allocate_name)                                                                                         \
    X(mach_port_allocate)                                                                                              \
    X(mach_port_destroy)                                                                                               \
    X(mach_port_deallocate)                                                                                            \
    X(mach_port_get_refs)                                                                                              \
    X(mach_port_mod_refs)                                                                                              \
    X(mach_port_peek)                                                                                                  \
    X(mach_port_set_mscount)                                                                                           \
    X(mach_port_get_set_status)                                                                                        \
    X(mach_port_move_member)                                                                                           \
    X(mach_port_request_notification)                                                                                  \
    X(mach_port_insert_right)                                                                                          \
    X(mach_port_extract_right)                                                                                         \
    X(mach_port_set_seqno)                                                                                             \
    X(mach_port_get_attributes)                                                                                        \
    X(mach_port_set_attributes)                                                                                        \
    X(mach_port_allocate_qos)                                                                                          \
    X(mach_port_allocate_full)                                                                                         \
    X(task_set_port_space)                                                                                             \
    X(mach_port_get_srights)                                                                                           \
    X(mach_port_space_info)                                                                                            \
    X(mach_port_dnrequest_info)                                                                                        \
    X(mach_port_kernel_object)                                                                                         \
    X(mach_port_insert_member)                                                                                         \
    X(mach_port_extract_member)                                                                                        \
    X(mach_port_get_context)                                                                                           \
    X(mach_port_set_context)                                                                                           \
    X(mach_port_kobject)                                                                                               \
    X(mach_port_construct)                                                                                             \
    X(mach_port_destruct)                                                                                              \
    X(mach_port_guard)                                                                                                 \
    X(mach_port_unguard)                                                                                               \
    X(mach_port_space_basic_info)                                                                                      \
    X(mach_port_guard_with_flags)                                                                                      \
    X(mach_port_swap_guard)
#define OTHER_ROUTINES(X)                                                                                              \
    X(task_create)                                                                                                     \
    X(task_terminate)                                                                                                  \
    X(semaphore_create)                                                                                                \
    X(semaphore_destroy)                                                                                               \
    X(mach_ports_register)                                                                                             \
    X(mach_ports_lookup)                                                                                               \
    X(task_get_special_port)                                                                                           \
    X(task_set_special_port)                                                                                           \
    X(task_set_exception_ports)                                                                                        \
    X(task_get_exception_ports)                                                                                        \
    X(task_swap_exception_ports)                                                                                       \
    X(thread_get_special_port)                                                                                         \
    X(thread_set_special_port)                                                                                         \
    X(thread_set_exception_ports)                                                                                      \
    X(thread_get_exception_ports)                                                                                      \
    X(thread_swap_exception_ports)                                                                                     \
    X(host_get_special_port)                                                                                           \
    X(host_set_special_port)                                                                                           \
    X(host_set_exception_ports)                                                                                        \
    X(host_get_exception_ports)                                                                                        \
    X(host_swap_exception_ports)                                                                                       \
    X(vm_allocate)                                                                                                     \
    X(vm_deallocate)                                                                                                   \
    X(mach_vm_allocate)                                                                                                \
    X(mach_vm_deallocate)

// All routines of the kernel's servers, as calls or as messages.
struct routines {
    bool by_message;
#define MEMBER_OF(routine) __typeof__(routine) *routine;
    PORT_ROUTINES(MEMBER_OF) OTHER_ROUTINES(MEMBER_OF)
#undef MEMBER_OF
};
extern const struct routines direct_calls, message_calls;

// ---- Shapes of requests

enum receiver { TO_TASK, TO_THREAD, TO_HOST };
enum carried { NOTHING, ONE_PORT, ONE_MEMORY, ONE_ARRAY, ONE_BYTES }; // ONE_BYTES: memory whose size is an argument

// How the request of a routine must look.
struct shape {
    const char *name;
    mach_msg_id_t id;
    mach_msg_size_t size;
    enum receiver receiver;
    enum carried carried;
    mach_msg_type_name_t disposition; // that its descriptor must have on arrival; 0: any
    kern_return_t foreign;            // the answer when the port is of another kind
    bool variable;                    // it ends with an array and is given here without an element
};
extern const struct shape shapes[];
extern const size_t shape_count;
// A well-formed request with arguments of zero and no right: every routine answers it, and what it does then, if anything, it does to the receiver alone.
void make_request(struct mig_message *message, const struct shape *shape, mach_port_t port);

// ---- Runs

// Things that stand under names in a run's target.
enum thing {
    RECEIVE,    // a receive right
    SEND_AND,   // a receive right with two send references
    SEND_ONLY,  // a send right with two references, its receive right in a message on CARRIER
    ONCE,       // a send-once right to RECEIVE
    EMPTY_SET,  // a set
    FULL_SET,   // a set with MEMBER
    MEMBER,     // a receive right
    DEAD,       // a dead name with two references
    GUARDED,    // a receive right with the guard 7, and a send right
    STRICT,     // a receive right with the strict guard 9
    FULL,       // a receive right with a send right and a full queue of one message
    WATCHED,    // a receive right with a send right, a dead-name and a no-senders request
    CARRIER,    // a receive right
    NOTIFY,     // a receive right to which requests send
    OWN,        // the task's own name
    UNUSED,     // a name that could be used
    NULL_NAME,  // MACH_PORT_NULL
    DEAD_VALUE, // MACH_PORT_DEAD
    THINGS
};

// One run: a thread that acts as a fresh task, the caller, and works on itself or on another fresh task.
struct run {
    const struct routines *call;
    const uint32_t *arguments;
    task_t task;                    // the target, as the caller names it
    mach_port_name_t names[THINGS]; // in the target
    bool names_differ;              // names of rights that calls return need not be the same both ways
};

// Runs the body with direct calls and with messages, on equal tasks, itself (own) or another: what it notes and what is in both tasks in the end must be the same. 0, or how many notes differ.
void both_ways(void (*body)(struct run *run), bool other, const uint32_t *arguments, const char *what);
// Something that must be the same both ways.
void note(const char *what, uint64_t value);
// The code of a call, which must be this one.
#define expect_code(call, code)                                                                                        \
    do {                                                                                                               \
        int64_t got_ = (call);                                                                                         \
        note(#call, (uint64_t)got_);                                                                                   \
        support_assert_code(got_, code, #call, __FILE__, __LINE__);                                                    \
    } while (0)
// A right that a call returned under a name of the caller's, which need not be the same: whether it is NULL or DEAD, else its type.
void note_right(const char *what, mach_port_name_t name);

// ---- Sweeps

// The values that an argument takes, or all things.
struct domain {
    size_t count; // 0 ends the list of domains
    bool is_thing;
    uint32_t values[16];
};
#define VALUES(...)                                                                                                    \
    {                                                                                                                  \
        COUNT_OF(((const uint32_t[]){__VA_ARGS__})), false, { __VA_ARGS__ }                                            \
    }
#define ALL_THINGS                                                                                                     \
    {                                                                                                                  \
        THINGS, true, { 0 }                                                                                            \
    }
#define NO_MORE                                                                                                        \
    {                                                                                                                  \
        0, false, { 0 }                                                                                                \
    }

#define END_OF_CODES 0x7fffffff
// A routine with every combination of arguments, both ways, on the caller's own task and on another.
struct sweep {
    const char *name;
    kern_return_t (*call)(struct run *run, const uint32_t *arguments); // notes what comes out
    struct domain domains[5];
    kern_return_t codes[12]; // those that occur, no more and no fewer
};
void run_sweep(const struct sweep *sweep);

#endif
